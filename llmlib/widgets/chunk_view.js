// ChunkView: a document with its chunks drawn in it, cut again at each move of a slider. A sentence that answers a question is
// followed through the cut; what the same cut does to a whole collection was counted before and stands in a grid.
// uses engine: search
// uses part: rag_pipeline.field
// uses style: rag_pipeline
export default {
  render({ model, el }) {
    const documents = model.get("documents"), grid = model.get("grid"), id = freshId();
    let size = model.get("size"), overlap = model.get("overlap"), at = 0, chosen = null, hot = null, cut = [], own = false;
    const heard = announcer();

    const slider = (label, value, min, max, step, onmove) => {
      const out = h("output", {}), input = h("input", { type: "range", min: String(min), max: String(max), step: String(step), value: String(value), "aria-label": label, oninput: () => onmove(Number(input.value)) });
      return { el: h("label", { class: "llm-range" }, h("span", {}, label), input, out), input, show: (words) => setText(out, words) };
    };
    const sizeBar = slider("Palavras de cada trecho", size, 10, 150, 10, (value) => { size = value; overlap = Math.min(overlap, size - 5); draw(); });
    const overlapBar = slider("Palavras repetidas", overlap, 0, 60, 5, (value) => { overlap = Math.min(value, size - 5); draw(); });
    const pick = slider("Trecho em destaque", 0, 0, 1, 1, (value) => { hot = value ? value - 1 : null; light(); });
    const chips = h("p", { class: "rag-chips", role: "group", "aria-label": "Documentos" }, documents.map((each, i) => h("button", { type: "button", class: "llm-link", onclick: () => choose(i) }, each.title)), h("button", { type: "button", class: "llm-link", onclick: () => choose(-1) }, "um texto seu"));
    const mine = h("textarea", { class: "rag-own", rows: 5, hidden: true, spellcheck: false, "aria-label": "O seu texto", placeholder: "Cole aqui um texto.", oninput: () => open() });
    mine.value = model.get("own");
    const ask = h("select", { "aria-label": "Pergunta cuja resposta se acompanha", onchange: () => { chosen = ask.value === "" ? null : Number(ask.value); draw(); } });
    const asking = h("label", { class: "cv-ask" }, "A frase que responde a", ask);
    const verdict = h("p", { class: "cv-verdict", role: "status" }), counts = h("p", { class: "cv-counts" }), whole = h("p", { class: "cv-counts" });
    const map = h("div", { class: "cv-map", "aria-hidden": "true", onpointermove: aim, onpointerleave: () => { hot = Number(pick.input.value) ? Number(pick.input.value) - 1 : null; light(); } });
    const paper = h("div", { class: "cv-paper", tabIndex: 0, role: "region", "aria-label": "O documento, com os trechos" });
    const chart = h("div", { class: "cv-chart" });

    const source = () => (own ? { title: "O seu texto", text: mine.value, questions: [] } : documents[at]);
    function choose(i) {
      own = i < 0;
      if (!own) at = i;
      [...chips.children].forEach((button, n) => button.setAttribute("aria-pressed", String(own ? n === documents.length : n === i)));
      mine.hidden = !own;
      open();
    }
    function open() {
      const { questions } = source();
      chosen = questions.length ? 0 : null;
      asking.hidden = !questions.length;
      ask.replaceChildren(h("option", { value: "" }, "(nenhuma pergunta)"), ...questions.map((each, i) => h("option", { value: String(i), selected: i === 0 }, each.text)));
      hot = null;
      pick.input.value = "0";
      draw();
    }
    const holds = ([a, b], { start, end }) => a <= start && end <= b;
    const touches = ([a, b], { start, end }) => a < end && start < b;
    const words = (text) => (text.match(/\S+/gu) ?? []).length;

    const draw = oncePerFrame(() => {
      const { text, questions, title } = source(), bad = own && text.trim() ? ragUnreadable(text) : "", span = questions[chosen];
      sizeBar.input.value = size;
      overlapBar.input.value = overlap;
      sizeBar.show(String(size));
      overlapBar.show(`${overlap} (${fmtPercent(overlap / size)})`);
      cut = bad || !text.trim() ? [] : LLM.windows(text, size, overlap);
      paper.replaceChildren(...(bad ? [] : ragPieces(text, [
        ...cut.map(([start, end], i) => ({ start, end, look: i % 2 ? "cv-odd" : "cv-even", source: i + 1, label: String(i + 1) })),
        ...(span ? [{ start: span.start, end: span.end, look: "rag-said" }] : []),
      ])));
      drawMap(text, span);
      pick.input.max = cut.length;
      if (hot != null && hot >= cut.length) { hot = null; pick.input.value = "0"; }
      const all = words(text), kept = cut.reduce((sum, [a, b]) => sum + words(text.slice(a, b)), 0);
      setText(counts, bad || (all ? `“${title}”: ${fmtNumber(all)} palavras em ${cut.length === 1 ? "um trecho" : `${fmtNumber(cut.length)} trechos`}, que somam ${fmtNumber(kept)} palavras${kept > all ? ` (${fmtPercent(kept / all - 1)} a mais, pela repetição)` : ""}.` : "Cole um texto: ainda não há o que cortar."));
      drawVerdict(span, questions);
      drawChart();
      light();
    });
    function drawVerdict(span, questions) {
      verdict.hidden = !span;
      if (!span) return;
      const inside = cut.map((each, i) => (holds(each, span) ? i + 1 : 0)).filter(Boolean), parts = cut.map((each, i) => (touches(each, span) ? i + 1 : 0)).filter(Boolean);
      verdict.dataset.whole = String(inside.length > 0);
      const kept = questions.filter((each) => cut.some((piece) => holds(piece, each))).length;
      const said = (inside.length ? `✓ A frase está inteira ${inside.length === 1 ? `no trecho ${inside[0]}` : `nos trechos ${inside.join(" e ")}`}.` : `✗ A frase foi cortada: ${parts.length > 1 ? `um pedaço está no trecho ${parts[0]}, outro no ${parts.at(-1)}` : "nenhum trecho a tem inteira"}.`)
        + ` De ${questions.length === 1 ? "uma frase que responde" : `${questions.length} frases que respondem`} a perguntas neste documento, ${kept === 1 ? "uma ficou inteira" : `${kept} ficaram inteiras`}.`;
      setText(verdict, said);
      heard.say(said);
    }

    // One bar a chunk, on as many rows as keep neighbours apart; a band where the sentence stands.
    function drawMap(text, span) {
      const rows = Math.min(5, Math.ceil(size / (size - overlap))), length = Math.max(1, text.length), place = (x) => `${(100 * x) / length}%`;
      map.style.setProperty("--rows", cut.length > 1 ? Math.max(2, rows) : 1);
      map.replaceChildren(...(span ? [h("span", { class: "cv-band", "--from": place(span.start), "--size": place(span.end - span.start) })] : []),
        ...cut.map(([a, b], i) => h("span", { class: `cv-bar ${i % 2 ? "cv-odd" : "cv-even"}`, "data-source": i + 1, "--from": place(a), "--size": place(b - a), "--row": i % (cut.length > 1 ? Math.max(2, rows) : 1) }, cut.length <= 14 ? String(i + 1) : "")));
    }
    function aim(event) {
      const n = Number(event.target.dataset.source);
      hot = n ? n - 1 : null;
      light();
    }
    function light() {
      for (const node of el.querySelectorAll("[data-source]")) node.classList.toggle("rag-hot", hot != null && node.dataset.source.split(" ").includes(String(hot + 1)));
      const [a, b] = cut[hot] ?? [], { text } = source();
      pick.show(hot == null ? "nenhum" : `${hot + 1} de ${cut.length}`);
      pick.input.setAttribute("aria-valuetext", hot == null ? "nenhum" : `trecho ${hot + 1}: ${text.slice(a, b).slice(0, 120)}`);
    }

    // The whole collection, by size, for this overlap and for none.
    const WIDTH = 420, HEIGHT = 150, LEFT = 44, BOTTOM = 26;
    function drawChart() {
      if (!grid.sizes) return;
      const i = grid.sizes.indexOf(size), j = grid.overlaps.indexOf(overlap), share = (s, o) => (grid.kept[s][o] == null ? null : grid.kept[s][o] / grid.spans);
      const x = (value) => LEFT + ((WIDTH - LEFT - 14) * (value - 10)) / 140, y = (value) => 8 + (HEIGHT - BOTTOM - 8) * (1 - value);
      const line = (o, look) => svg("polyline", { class: look, points: grid.sizes.map((each, s) => [each, share(s, o)]).filter(([, value]) => value != null).map(([each, value]) => `${x(each)},${y(value)}`).join(" ") });
      const now = share(i, j), none = share(i, 0);
      chart.replaceChildren(svg("svg", { viewBox: `0 0 ${WIDTH} ${HEIGHT}`, role: "img", "aria-label": `Frases inteiras na coleção, por tamanho: ${fmtPercent(now)} com este corte` },
        [0, 0.5, 1].map((value) => [svg("line", { class: "cv-rule", x1: LEFT, x2: WIDTH - 14, y1: y(value), y2: y(value) }), svg("text", { class: "cv-tick", x: LEFT - 6, y: y(value) + 4, "text-anchor": "end" }, fmtPercent(value))]),
        [10, 50, 100, 150].map((value) => svg("text", { class: "cv-tick", x: x(value), y: HEIGHT - 8, "text-anchor": "middle" }, value === 150 ? "150" : String(value))),
        overlap ? line(0, "cv-none") : null, line(j, "cv-line"), svg("circle", { class: "cv-dot", cx: x(size), cy: y(now), r: 5 }),
        overlap ? svg("text", { class: "cv-tick", x: x(150) , y: y(share(grid.sizes.length - 1, 0)) + 16, "text-anchor": "end" }, "sem repetição") : null));
      setText(whole, `Na coleção inteira, este corte dá ${fmtNumber(grid.chunks[i][j])} trechos e deixa inteiras ${fmtPercent(now)} das ${fmtNumber(grid.spans)} frases que respondem a perguntas${overlap ? `; sem repetição seriam ${fmtNumber(grid.chunks[i][0])} trechos e ${fmtPercent(none)}` : ""}.`);
    }

    build(el, null, [
      chips, mine, h("div", { class: "rag-controls" }, sizeBar.el, overlapBar.el), map, pick.el, counts, asking, verdict, paper,
      h("figure", { class: "cv-all", hidden: !grid.sizes }, h("figcaption", {}, "Frases que respondem e ficam inteiras, por palavras de cada trecho"), chart, whole), heard.el,
    ]);
    choose(0);
    return () => heard.say.cancel();
  },
};
