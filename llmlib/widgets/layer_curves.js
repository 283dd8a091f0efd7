// LayerCurves: curves measured after every layer, with their intervals. The reader chooses the group of cases, the curves and the
// layer that is told in numbers. Nothing is computed but places.
// uses style: ways_curve
export default {
  render({ model, el }) {
    const curves = model.get("curves"), groups = model.get("groups"), [floor, roof] = [model.get("bottom"), model.get("top")], what = model.get("what"), fmt = model.get("percent") ? (v) => fmtPercent(Math.max(0, v)) : (v) => fmtNumber(v, 2);
    const on = new Set(model.get("shown")), rows = groups[0].curves[curves[0].key].length;
    let part = 0, at = rows - 1;
    const style = (key) => curves.findIndex((curve) => curve.key === key) % 6, points = (key) => groups[part].curves[key];
    const layerName = (row) => (row ? `camada ${row}` : "entrada"), chosen = () => curves.filter((curve) => on.has(curve.key));
    const heard = announcer(), plot = h("div", { class: "wc-plot" }), said = h("ul", { class: "wc-said" }), how = h("output", {});
    const slider = h("input", { type: "range", name: "layer", min: "0", max: String(rows - 1), step: "1", value: String(at), oninput: () => { at = +slider.value; draw(); } });
    const choose = h("select", { name: "group", onchange: () => { part = choose.selectedIndex; draw(); } }, groups.map((group) => h("option", {}, group.label)));
    const picks = curves.map(({ key, label }) => h("button", { type: "button", class: "llm-link wc-pick", "data-style": style(key), "aria-pressed": String(on.has(key)), onclick: () => toggle(key) }, mark(key), label));

    // The mark of a curve, beside its name and on its points: a shape each, never colour alone.
    function shape(key, x, y, r = 4.5) {
      const d = [
        `M${x - r} ${y}a${r} ${r} 0 1 0 ${2 * r} 0a${r} ${r} 0 1 0 ${-2 * r} 0z`, `M${x - r} ${y - r}h${2 * r}v${2 * r}h${-2 * r}z`, `M${x} ${y - r - 1}l${r + 1} ${r + 1}l${-r - 1} ${r + 1}l${-r - 1} ${-r - 1}z`,
        `M${x} ${y - r - 1}l${r + 1} ${2 * r}h${-2 * r - 2}z`, `M${x} ${y + r + 1}l${r + 1} ${-2 * r}h${-2 * r - 2}z`, `M${x - r - 1} ${y}h${2 * r + 2}`,
      ][style(key)];
      return svg("path", { class: "wc-mark", "data-style": style(key), d });
    }
    function mark(key) { return svg("svg", { viewBox: "0 0 14 14", width: 14, height: 14, "aria-hidden": "true" }, shape(key, 7, 7)); }
    function toggle(key) {
      if (on.has(key) && on.size > 1) on.delete(key); else on.add(key);
      curves.forEach((curve, i) => picks[i].setAttribute("aria-pressed", String(on.has(curve.key))));
      draw();
    }
    function drawPlot() {
      const width = Math.max(280, plot.clientWidth || 640), small = width < 480, height = small ? 250 : 300, left = 46, right = small ? 14 : 150, top = 12, bottom = 44;
      const x = (i) => left + 16 + ((width - left - right - 32) * i) / (rows - 1), y = (v) => top + ((roof - Math.min(roof, Math.max(floor, v))) / (roof - floor)) * (height - top - bottom);
      const steps = [0, 0.25, 0.5, 0.75, 1].filter((v) => v >= floor && v <= roof);
      const grid = steps.map((v) => svg("g", {}, svg("line", { x1: left, x2: width - right, y1: y(v), y2: y(v), class: "wc-grid" }), svg("text", { x: left - 6, y: y(v) + 4, "text-anchor": "end" }, fmt(v))));
      const lowest = Math.min(...groups[part].lines.map(({ value }) => value)); // its name stands below it, away from the curves
      const levels = groups[part].lines.map(({ label, value }) => svg("g", { class: "lc-level" }, svg("line", { x1: left, x2: width - right, y1: y(value), y2: y(value) }), svg("text", { x: width - right - 34, y: y(value) + (value === lowest ? 15 : -5), "text-anchor": "end" }, `${label}: ${fmt(value)}`)));
      const ticks = Array.from({ length: rows }, (_, i) => svg("text", { x: x(i), y: height - bottom + 18, "text-anchor": "middle", class: i === at ? "wc-here" : null }, i ? String(i) : "entrada"));
      let last = Infinity;
      const names = small ? [] : chosen().map((curve) => ({ curve, y: y(points(curve.key).at(-1).value) })).sort((a, b) => b.y - a.y)
        .map((name) => { last = Math.min(name.y, last - 16); return svg("text", { x: width - right + 4, y: last + 4, class: "wc-name", "data-style": style(name.curve.key) }, name.curve.label); });
      const lines = chosen().map(({ key }, k) => {
        const mine = points(key), shift = (k - (on.size - 1) / 2) * 6;
        return svg("g", { class: "wc-way", "data-style": style(key) },
          svg("path", { class: "wc-line", d: mine.map((point, i) => `${i ? "L" : "M"}${(x(i) + shift).toFixed(1)} ${y(point.value).toFixed(1)}`).join("") }),
          mine.map((point, i) => [svg("line", { x1: x(i) + shift, x2: x(i) + shift, y1: y(point.low), y2: y(point.high), class: i === at ? "wc-bar wc-now" : "wc-bar" }), shape(key, x(i) + shift, y(point.value))]));
      });
      const alt = chosen().map(({ key, label }) => `${label}: ${points(key).map((point, i) => `${layerName(i)}, ${fmt(point.value)}`).join("; ")}`).join(". ");
      plot.replaceChildren(svg("svg", { viewBox: `0 0 ${width} ${height}`, width, height, role: "img", "aria-label": `${what}, ${groups[part].label}. ${alt}` },
        grid, ticks, svg("text", { x: (left + width - right) / 2, y: height - 6, "text-anchor": "middle" }, "depois de qual camada"), lines, levels, names));
    }
    function draw() {
      drawPlot();
      setText(how, layerName(at));
      slider.setAttribute("aria-valuetext", layerName(at));
      said.replaceChildren(...chosen().map(({ key, label }) => {
        const point = points(key)[at];
        return h("li", {}, mark(key), ` ${label}: `, h("strong", {}, fmt(point.value)), ` (${fmt(point.low)} a ${fmt(point.high)})`);
      }));
      heard.say(`${groups[part].label}, ${layerName(at)}. ${said.textContent}`);
    }
    const watch = typeof ResizeObserver === "undefined" ? null : new ResizeObserver(() => drawPlot());

    build(el, null, [
      h("p", { class: "wc-picks", role: "group", "aria-label": "Curvas" }, picks), plot,
      h("div", { class: "wc-controls" }, h("label", { class: "llm-range" }, "Camada", slider, how), groups.length > 1 && h("label", { class: "wc-part" }, `${model.get("ask")} `, choose)),
      said, h("p", { class: "wc-key" }, `Em cada camada, ${what}. Barra vertical: intervalo de 95 %.`), heard.el,
    ]);
    draw();
    watch?.observe(plot);
    el.dataset.state = "recorded";
    return () => { watch?.disconnect(); heard.say.cancel(); };
  },
};
