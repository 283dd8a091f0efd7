// Ways curve: measured shares of several ways of training over numbers of labels. The reader chooses ways, part of the test and
// size; the sentences below follow. Nothing is computed but places.
export default {
  render({ model, el }) {
    const sizes = model.get("sizes"), ways = model.get("ways"), groups = model.get("groups"), pairs = model.get("pairs"), examples = model.get("examples");
    const on = new Set(model.get("shown"));
    let part = 0, at = sizes.length - 1;
    const style = (key) => ways.findIndex((way) => way.key === key) % 6;
    const heard = announcer(), plot = h("div", { class: "wc-plot" }), said = h("ul", { class: "wc-said" }), gap = h("p", { class: "wc-gap" }), how = h("output", {}), list = h("ol", { class: "wc-examples", "aria-label": "Cinco resenhas da prova" });
    const slider = h("input", { type: "range", name: "size", min: "0", max: String(sizes.length - 1), step: "1", value: String(at), oninput: () => { at = +slider.value; draw(); } });
    const choose = h("select", { name: "part", onchange: () => { part = choose.selectedIndex; draw(); } }, groups.map((group) => h("option", {}, `${group.label} (${fmtNumber(group.n)})`)));
    const picks = ways.map((way) => h("button", { type: "button", class: "llm-link wc-pick", "data-style": style(way.key), "aria-pressed": String(on.has(way.key)), onclick: () => toggle(way.key) }, mark(way.key), way.label));
    const labels = (n) => `${fmtNumber(n)} rótulos`;
    const points = (key) => groups[part].ways[key];
    const chosen = () => ways.filter((way) => on.has(way.key));

    // The mark of a way, beside its name and on its curve: a shape each, never colour alone.
    function shape(key, x, y, r = 4.5) {
      const paths = [
        `M${x - r} ${y}a${r} ${r} 0 1 0 ${2 * r} 0a${r} ${r} 0 1 0 ${-2 * r} 0z`, `M${x - r} ${y - r}h${2 * r}v${2 * r}h${-2 * r}z`, `M${x} ${y - r - 1}l${r + 1} ${r + 1}l${-r - 1} ${r + 1}l${-r - 1} ${-r - 1}z`,
        `M${x} ${y - r - 1}l${r + 1} ${2 * r}h${-2 * r - 2}z`, `M${x} ${y + r + 1}l${r + 1} ${-2 * r}h${-2 * r - 2}z`, `M${x - r - 1} ${y}h${2 * r + 2}`,
      ];
      return svg("path", { class: "wc-mark", "data-style": style(key), d: paths[style(key)] });
    }
    function mark(key) { return svg("svg", { viewBox: "0 0 14 14", width: 14, height: 14, "aria-hidden": "true" }, shape(key, 7, 7)); }
    function toggle(key) {
      if (on.has(key) && on.size > 1) on.delete(key); else on.add(key);
      ways.forEach((way, i) => picks[i].setAttribute("aria-pressed", String(on.has(way.key))));
      draw();
    }
    function drawPlot() {
      const width = Math.max(280, plot.clientWidth || 640), small = width < 480, height = small ? 240 : 290, left = 46, right = small ? 14 : 130, top = 12, bottom = 46;
      const all = groups.flatMap((group) => ways.flatMap((way) => group.ways[way.key].map((point) => point.low))), floor = Math.max(0, Math.min(0.4, Math.floor(Math.min(...all) * 10) / 10));
      const x = (i) => left + 14 + ((width - left - right - 28) * i) / (sizes.length - 1), y = (p) => top + ((1 - p) / (1 - floor)) * (height - top - bottom);
      const steps = [0, 0.25, 0.5, 0.75, 1].filter((p) => p >= floor);
      const grid = steps.map((p) => svg("g", {}, svg("line", { x1: left, x2: width - right, y1: y(p), y2: y(p), class: p === 0.5 ? "wc-grid wc-half" : "wc-grid" }), svg("text", { x: left - 6, y: y(p) + 4, "text-anchor": "end" }, fmtPercent(p))));
      const ticks = sizes.map((size, i) => svg("text", { x: x(i), y: height - bottom + 18, "text-anchor": "middle", class: i === at ? "wc-here" : null }, fmtNumber(size)));
      let last = Infinity;
      const names = small ? [] : chosen().map((way) => ({ way, y: y(points(way.key).at(-1).value) })).sort((a, b) => b.y - a.y)
        .map((name) => { last = Math.min(name.y, last - 16); return svg("text", { x: width - right + 2, y: last + 4, class: "wc-name", "data-style": style(name.way.key) }, name.way.label); });
      const lines = chosen().map((way, k) => {
        const mine = points(way.key), shift = (k - (on.size - 1) / 2) * 5;
        return svg("g", { class: "wc-way", "data-style": style(way.key) },
          svg("path", { class: "wc-line", d: mine.map((point, i) => `${i ? "L" : "M"}${(x(i) + shift).toFixed(1)} ${y(point.value).toFixed(1)}`).join("") }),
          mine.map((point, i) => [svg("line", { x1: x(i) + shift, x2: x(i) + shift, y1: y(point.low), y2: y(point.high), class: i === at ? "wc-bar wc-now" : "wc-bar" }), shape(way.key, x(i) + shift, y(point.value))]));
      });
      plot.replaceChildren(svg("svg", { viewBox: `0 0 ${width} ${height}`, width, height, role: "img", "aria-label": `${groups[part].label}: ${chosen().map((way) => `${way.label}, ${points(way.key).map((point, i) => `${fmtNumber(sizes[i])}: ${fmtPercent(point.value)}`).join(", ")}`).join("; ")}` },
        grid, ticks, svg("text", { x: (left + width - right) / 2, y: height - 6, "text-anchor": "middle" }, "resenhas com rótulo"), lines, names));
    }
    function difference() {
      const two = chosen();
      if (two.length !== 2) return "Deixe só duas maneiras ligadas para ler a diferença entre elas.";
      if (part !== 0) return "A diferença pareada foi calculada na prova inteira: escolha a primeira parte.";
      const [a, b] = two, pair = pairs.find((each) => each.n === sizes[at] && [each.a, each.b].includes(a.key) && [each.a, each.b].includes(b.key));
      if (!pair) return "";
      const sign = pair.a === a.key ? 1 : -1, ends = [sign * pair.low, sign * pair.high].sort((p, q) => p - q), value = sign * pair.value;
      const points = (p) => `${p < 0 ? "−" : "+"}${fmtNumber(100 * Math.abs(p), 1)}`;
      const verdict = ends[0] > 0 ? `${a.label} acerta mais` : ends[1] < 0 ? `${b.label} acerta mais` : "o intervalo inclui o zero: com esta prova não se separa uma da outra";
      return `${a.label} menos ${b.label}, com ${labels(sizes[at])}: ${points(value)} pontos (intervalo de 95 %: ${points(ends[0])} a ${points(ends[1])}): ${verdict}.`;
    }
    function draw() {
      drawPlot();
      how.textContent = labels(sizes[at]);
      slider.setAttribute("aria-valuetext", labels(sizes[at]));
      said.replaceChildren(...chosen().map((way) => {
        const point = points(way.key)[at];
        return h("li", {}, mark(way.key), ` ${way.label}: `, h("strong", {}, fmtPercent(point.value)), ` (${fmtPercent(point.low)} a ${fmtPercent(point.high)})`);
      }));
      gap.textContent = difference();
      list.replaceChildren(...examples.map(({ text, label, right }) => h("li", {}, h("p", {}, `“${text}” `, h("span", { class: "wc-truth" }, label ? "positiva" : "negativa")),
        h("p", { class: "wc-who" }, chosen().map((way) => {
          const share = right[way.key][at], word = share >= 0.999 ? "acerta" : share <= 0.001 ? "erra" : "oscila";
          return h("span", { class: "wc-answer", "data-word": word }, mark(way.key), `${way.label} ${{ acerta: "✓", erra: "✗", oscila: "±" }[word]} ${word}`);
        })))));
      heard.say(`${labels(sizes[at])}, ${groups[part].label}. ${gap.textContent}`);
    }
    const watch = typeof ResizeObserver === "undefined" ? null : new ResizeObserver(() => drawPlot());

    build(el, null, [
      h("p", { class: "wc-picks", role: "group", "aria-label": "Maneiras de treinar" }, picks),
      plot,
      h("div", { class: "wc-controls" }, h("label", { class: "llm-range" }, "Rótulos", slider, how), h("label", { class: "wc-part" }, "Parte da prova ", choose)),
      said, gap,
      examples.length > 0 && h("details", { class: "llm-details", open: false }, h("summary", {}, "Ver resenhas da prova e quem as acerta"), list),
      h("p", { class: "wc-key" }, "Barra vertical: intervalo de 95 % sobre resenhas e sementes. Linha mais forte em 50 %: o acaso."),
      heard.el,
    ]);
    draw();
    watch?.observe(plot);
    el.dataset.state = "recorded";
    return () => { watch?.disconnect(); heard.say.cancel(); };
  },
};
