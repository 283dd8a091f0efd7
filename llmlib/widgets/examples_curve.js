// Examples curve: measured shares over numbers of examples. One curve stands out, with its intervals and a mark for each seed;
// the slider walks the sizes, and the answers below walk with it. Nothing is computed but places.
export default {
  render({ model, el }) {
    const sizes = model.get("sizes"), times = model.get("times"), curves = model.get("curves"), answers = model.get("answers"), say = model.get("words");
    let at = sizes.length - 1, chosen = 0;
    const heard = announcer(), plot = h("div", { class: "exc-plot" }), said = h("p", { class: "exc-said" }), how = h("output", {});
    const slider = h("input", { type: "range", min: "0", max: String(sizes.length - 1), step: "1", value: String(at), oninput: () => { at = +slider.value; draw(); } });
    const picks = curves.map((curve, i) => h("button", { type: "button", class: "llm-link exc-pick", "aria-pressed": String(i === 0), onclick: () => pick(i) }, curve.label));
    const list = h("dl", { class: "exc-answers", "aria-label": "Respostas gravadas do modelo" });
    const words = (i) => (sizes[i] ? `${fmtNumber(sizes[i])} ${sizes[i] === 1 ? say.one : say.many}` : say.none);
    const often = (n) => `cada uma lida ${fmtNumber(n, n < 10 ? 1 : 0)} ${n === 1 ? "vez" : "vezes"}`;

    function pick(i) {
      chosen = i;
      picks.forEach((button, each) => button.setAttribute("aria-pressed", String(each === i)));
      draw();
    }
    function drawPlot() {
      const width = Math.max(280, plot.clientWidth || 640), height = width < 480 ? 210 : 260, left = 46, right = 14, top = 12, bottom = 46;
      const x = (i) => left + ((width - left - right) * (i + 0.35)) / (sizes.length - 0.3), y = (p) => top + (1 - p) * (height - top - bottom);
      const line = (points) => points.map((point, i) => `${i ? "L" : "M"}${x(i).toFixed(1)} ${y(point.value).toFixed(1)}`).join("");
      const grid = [0, 0.25, 0.5, 0.75, 1].map((p) => svg("g", {}, svg("line", { x1: left, x2: width - right, y1: y(p), y2: y(p), class: "exc-grid" }), svg("text", { x: left - 6, y: y(p) + 4, "text-anchor": "end" }, fmtPercent(p))));
      const ticks = sizes.map((size, i) => svg("text", { x: x(i), y: height - bottom + 18, "text-anchor": "middle", class: i === at ? "exc-here" : null }, fmtNumber(size)));
      const { points } = curves[chosen];
      const bars = points.map((point, i) => svg("g", { class: i === at ? "exc-point exc-here" : "exc-point" },
        svg("line", { x1: x(i), x2: x(i), y1: y(point.low), y2: y(point.high) }),
        [point.low, point.high].map((p) => svg("line", { x1: x(i) - 4, x2: x(i) + 4, y1: y(p), y2: y(p) })),
        point.seeds.map((p, s) => svg("path", { class: "exc-seed", d: `M${x(i) + 7 + 5 * s} ${y(p) - 3.5}l3.5 3.5l-3.5 3.5l-3.5 -3.5z` })),
        svg("circle", { cx: x(i), cy: y(point.value), r: i === at ? 6 : 4 })));
      plot.replaceChildren(svg("svg", { viewBox: `0 0 ${width} ${height}`, width, height, role: "img", "aria-label": `${curves[chosen].label}: ${points.map((point, i) => `${fmtNumber(sizes[i])}, ${fmtPercent(point.value)}`).join("; ")}` },
        grid, ticks, svg("text", { x: (left + width - right) / 2, y: height - 6, "text-anchor": "middle" }, say.axis),
        svg("line", { x1: x(at), x2: x(at), y1: top, y2: height - bottom, class: "exc-now" }),
        curves.map((curve, i) => i !== chosen && svg("path", { d: line(curve.points), class: "exc-line" })),
        svg("path", { d: line(points), class: "exc-line exc-main" }), bars));
    }
    function draw() {
      const point = curves[chosen].points[at];
      drawPlot();
      how.textContent = words(at);
      slider.setAttribute("aria-valuetext", words(at));
      said.replaceChildren(`Com ${words(at)}${sizes[at] && times.length ? `, ${often(times[at])}` : ""}: `, h("strong", {}, fmtPercent(point.value)), ` de acertos em “${curves[chosen].label}” (intervalo de 95 %: ${fmtPercent(point.low)} a ${fmtPercent(point.high)}).`);
      list.replaceChildren(...answers.flatMap(({ prompt, texts }) => [h("dt", {}, prompt.replace(/\n/g, " ↵ ")), h("dd", {}, texts[at] || "(nada)")]));
      heard.say(said.textContent);
    }
    const watch = typeof ResizeObserver === "undefined" ? null : new ResizeObserver(() => drawPlot());

    build(el, null, [
      h("p", { class: "exc-picks", role: "group", "aria-label": `${say.group}: qual mostrar` }, h("span", {}, say.group), picks),
      plot,
      h("label", { class: "llm-range exc-slide" }, say.slider, slider, how),
      said, answers.length && list,
      h("p", { class: "exc-key" }, say.key),
      heard.el,
    ]);
    draw();
    watch?.observe(plot);
    el.dataset.state = "recorded";
    return () => { watch?.disconnect(); heard.say.cancel(); };
  },
};
