// MeasuredCurves: four measures against one control at a time, with their intervals; the reader picks the control and a point.
export default {
  render({ model, el }) {
    const curves = model.get("curves"), series = model.get("series"), group = freshId();
    const DASHES = ["", "7 4", "2 3", "9 3 2 3"]; // never colour alone
    let curve = curves[0], at = curve.off ?? 0;

    const picture = h("div", { class: "mc-picture" }), heard = announcer();
    const chips = curves.map((each) => h("label", { class: "mc-chip" },
      h("input", { type: "radio", name: group, value: each.name, checked: each === curve, onchange: () => { curve = each; at = each.off ?? 0; draw(); } }), h("span", {}, each.label)));
    const named = h("span", {}), shown = h("output", {}), slider = h("input", { type: "range", name: "point", min: "0", oninput: () => { at = +slider.value; draw(); } });
    const fixed = h("p", { class: "mc-small" }), rows = h("tbody");
    const table = h("table", { class: "mc-table" }, h("thead", {}, h("tr", {}, ["Medida", "Valor", "Intervalo de 95 %"].map((name) => h("th", { scope: "col" }, name)))), rows);

    // The frame is drawn for a control and a width; moving the point changes only what follows it.
    let frame = {};
    const cells = series.map(({ label, colour, what }, k) => {
      const swatch = svg("svg", { viewBox: "0 0 26 8", class: "mc-swatch", "aria-hidden": "true" }, svg("line", { x1: 0, x2: 26, y1: 4, y2: 4, stroke: `var(--llm-${colour})`, "stroke-width": 2.5, "stroke-dasharray": DASHES[k] }));
      const value = h("td"), interval = h("td");
      rows.append(h("tr", {}, h("th", { scope: "row", title: what }, swatch, label, h("small", {}, what)), value, interval));
      return { value, interval };
    });
    function drawFrame(wide) {
      const W = wide ? 680 : 340, H = wide ? 300 : 260, left = 40, right = wide ? 130 : 14, top = 10, bottom = 34;
      const n = curve.points.length, x = (i) => left + ((W - left - right) * i) / Math.max(1, n - 1), y = (p) => top + (H - top - bottom) * (1 - p);
      const parts = [0, 0.25, 0.5, 0.75, 1].flatMap((p) => [
        svg("line", { x1: left, x2: W - right, y1: y(p), y2: y(p), class: "mc-grid" }),
        svg("text", { x: left - 6, y: y(p) + 4, "text-anchor": "end", class: "mc-axis" }, fmtPercent(p))]);
      const few = !wide && n > 6;
      const labels = curve.points.map((point, i) => svg("text", { x: x(i), y: H - bottom + 18, "text-anchor": "middle", class: "mc-axis" }, point.text === "desligado" ? "desl." : point.text));
      const cursor = svg("line", { y1: top, y2: H - bottom, class: "mc-cursor" });
      parts.push(...labels, cursor);
      const ends = [], dots = [];
      series.forEach(({ name, label, colour }, k) => {
        const known = curve.points.map((point, i) => [i, point[name]]).filter(([, value]) => value);
        if (!known.length) return;
        const tone = `var(--llm-${colour})`, line = (key) => known.map(([i, value]) => `${x(i)},${y(value[key])}`);
        parts.push(svg("polygon", { points: [...line("low"), ...line("high").reverse()].join(" "), fill: tone, opacity: 0.15 }));
        parts.push(svg("polyline", { points: line("value").join(" "), fill: "none", stroke: tone, "stroke-width": 2, "stroke-dasharray": DASHES[k] }));
        dots.push({ name, el: svg("circle", { r: 4, fill: tone }) });
        parts.push(dots.at(-1).el);
        ends.push({ label, tone, y: y(known.at(-1)[1].value) });
      });
      if (wide) { // names at the ends, pushed apart where they would overlap
        let floor = -Infinity;
        for (const end of ends.sort((a, b) => a.y - b.y)) {
          floor = Math.max(end.y, floor + 15);
          parts.push(svg("text", { x: W - right + 8, y: floor + 4, fill: end.tone, class: "mc-name" }, end.label));
        }
      }
      picture.replaceChildren(svg("svg", { viewBox: `0 0 ${W} ${H}`, role: "img", "aria-label": `Medidas contra ${curve.label}: os números estão na tabela abaixo.` }, ...parts));
      slider.max = String(n - 1);
      setText(named, curve.label);
      fixed.textContent = `${curve.fixed ? `Com ${curve.fixed}. ` : "Com os outros controles desligados. "}${model.get("caption")}`;
      return { curve, wide, x, y, few, labels, cursor, dots };
    }
    function draw() {
      const wide = (el.clientWidth || 640) > 480;
      if (frame.curve !== curve || frame.wide !== wide) frame = drawFrame(wide);
      const { x, y, few, labels, cursor, dots } = frame, point = curve.points[at];
      labels.forEach((label, i) => {
        label.classList.toggle("mc-here", i === at);
        label.toggleAttribute("hidden", few && i % 2 === 1 && i !== at);
      });
      for (const end of ["x1", "x2"]) cursor.setAttribute(end, x(at));
      for (const dot of dots) {
        dot.el.toggleAttribute("hidden", !point[dot.name]);
        if (point[dot.name]) for (const [key, place] of [["cx", x(at)], ["cy", y(point[dot.name].value)]]) dot.el.setAttribute(key, place);
      }
      slider.value = String(at);
      setText(shown, point.text);
      slider.setAttribute("aria-valuetext", shown.textContent);
      series.forEach(({ name }, k) => {
        const value = point[name];
        setText(cells[k].value, value ? fmtPercent(value.value) : "–");
        setText(cells[k].interval, value ? `${fmtPercent(value.low)} a ${fmtPercent(value.high)}` : "sem sorteio, um texto só");
      });
      heard.say(`${curve.label} ${shown.textContent}: ${series.map(({ name, label }) => (curve.points[at][name] ? `${label} ${fmtPercent(curve.points[at][name].value)}` : "")).filter(Boolean).join("; ")}`);
    }
    build(el, null, [
      h("div", { class: "mc-chips", role: "radiogroup", "aria-label": "Controle" }, chips),
      picture, h("label", { class: "llm-range mc-slider" }, named, slider, shown), table, fixed, heard.el,
    ]);
    draw();
    const watch = globalThis.ResizeObserver && new ResizeObserver(debounce(draw, 100));
    watch?.observe(el);
    return () => { watch?.disconnect(); heard.say.cancel(); };
  },
};
