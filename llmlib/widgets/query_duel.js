// QueryDuel: one bar a search, up where the first way wins and down where the second does, in order; the search that the reader stands on
// is opened below: what was typed, what each way brought, and counted reasons.
// uses part: rank_fusion.lists
// uses style: paper_search
export default {
  render({ model, el }) {
    const titles = model.get("titles"), ways = model.get("ways"), group = freshId();
    const forms = model.get("forms").map((form) => ({ ...form, rows: form.rows.map((row) => ({ ...row, grades: unpackGrades(row.grades), lists: row.lists.map(unpackList) })) }));
    let form = forms.find((each) => each.key === model.get("form")), [a, b] = model.get("pair"), order = [], at = 0;

    const chips = forms.map((each) => h("label", { class: "ps-chip" }, h("input", { type: "radio", name: group, value: each.key, checked: each === form, onchange: () => { form = each; at = 0; sort(); } }), h("span", {}, each.label)));
    const chooser = (label, which) => {
      const select = h("select", { "aria-label": label, onchange: () => { which ? (b = +select.value) : (a = +select.value); at = 0; sort(); } }, ways.map((way, i) => h("option", { value: String(i), selected: i === (which ? b : a) }, way.label)));
      return h("label", { class: `qd-pick qd-${which ? "b" : "a"}` }, h("span", { class: "qd-arrow", "aria-hidden": "true" }, which ? "▼" : "▲"), select);
    };
    const picture = h("div", { class: "qd-picture" }), said = h("p", { class: "qd-said", "aria-live": "polite" }), heard = announcer();
    const out = h("output", {}), slider = h("input", { type: "range", name: "search", min: "0", oninput: () => { at = +slider.value; show(); } });
    const opened = h("div", { class: "qd-opened" });

    function sort() {
      order = form.rows.map((row) => { const [x, y] = [a, b].map((way) => ndcgOf(row.lists[way], row.grades)); return { row, x, y, gap: x - y }; }).sort((p, q) => q.gap - p.gap);
      slider.max = String(order.length - 1);
      const gap = meanInterval(order.map((each) => each.gap)), wins = order.filter((each) => each.gap > 1e-9).length, losses = order.filter((each) => each.gap < -1e-9).length;
      const verdict = a === b ? "É a mesma busca dos dois lados." : gap.low > 0 ? `No conjunto, ${ways[a].label} fica à frente.` : gap.high < 0 ? `No conjunto, ${ways[b].label} fica à frente.` : "O intervalo inclui o zero: no conjunto, não dá para dizer quem fica à frente.";
      setText(said, `▲ vence em ${wins}, ▼ em ${losses}, empate em ${order.length - wins - losses}. Diferença média de nDCG@10: ${fmtInterval(gap, "+")}. ${verdict}`);
      draw();
      show();
    }
    let bars = [];
    function draw() {
      const wide = (el.clientWidth || 640) > 520, W = wide ? 680 : 340, H = wide ? 220 : 190, left = 30, n = order.length, step = (W - left - 4) / n, y = (v) => H / 2 - (H / 2 - 8) * v;
      const parts = [-1, -0.5, 0, 0.5, 1].flatMap((v) => [svg("line", { x1: left, x2: W, y1: y(v), y2: y(v), class: v ? "rf-grid" : "qd-zero" }), svg("text", { x: left - 5, y: y(v) + 4, "text-anchor": "end", class: "rf-axis" }, fmtNumber(Math.abs(v), v % 1 ? 1 : 0))]);
      bars = order.map(({ gap }, i) => {
        const bar = svg("rect", { x: left + 2 + i * step, width: Math.max(1.5, step - 1.5), y: gap >= 0 ? y(gap) : y(0), height: Math.max(1.5, Math.abs(y(0) - y(gap))), class: gap > 1e-9 ? "qd-bar qd-up" : gap < -1e-9 ? "qd-bar qd-down" : "qd-bar qd-even" });
        const hit = svg("rect", { x: left + 2 + i * step, width: step, y: 0, height: H, class: "qd-hit", onclick: () => { at = i; show(); } });
        parts.push(bar, hit);
        return bar;
      });
      picture.replaceChildren(svg("svg", { viewBox: `0 0 ${W} ${H}`, role: "img", "aria-label": `Diferença de nDCG@10, busca por busca, entre ${ways[a].label}, para cima, e ${ways[b].label}, para baixo. Os números estão no texto.` }, ...parts));
    }
    const dots = (grade) => h("span", { class: "ps-grade" }, "●".repeat(grade) + "○".repeat(3 - grade), h("span", { class: "llm-unseen" }, `relevância ${grade} de 3. `));
    function side(row, way, mark) {
      const list = row.lists[way].slice(0, 5);
      return h("section", { class: "qd-side" }, h("p", { class: "qd-name" }, `${mark} ${ways[way].label}`), h("p", { class: "ps-score" }, `nDCG@10 ${fmtNumber(ndcgOf(row.lists[way], row.grades), 2)}`),
        h("ol", {}, list.length ? list.map((i) => h("li", {}, dots(row.grades[i] ?? 0), titles[i])) : h("li", { class: "ps-none" }, "nenhum resultado")));
    }
    function reasons(row) {
      const found = [], full = Object.values(row.grades).filter((g) => g === 3).length, partly = Object.values(row.grades).filter((g) => g === 2).length;
      const present = row.words - row.absent.length;
      found.push(row.absent.length ? `De ${row.words} palavras com conteúdo, ${present === 0 ? "nenhuma está" : present === 1 ? "1 está" : `${present} estão`} em algum resumo relevante; faltam ${row.absent.map((word) => `“${word}”`).join(", ")}.` : `As ${row.words} palavras com conteúdo estão em algum resumo relevante.`);
      if (row.requires.length) found.push(`A busca exige mais do que o assunto: ${row.requires.join(" e ").toLowerCase()}.`);
      found.push(`Na coleção, ${full === 1 ? "1 resumo cumpre" : `${full} resumos cumprem`} tudo o que se pede${partly ? ` e ${partly === 1 ? "1 cumpre" : `${partly} cumprem`} parte` : ""}.`);
      for (const way of new Set([a, b])) if (!row.found[way]) found.push(`A busca ${ways[way].label} não trouxe nada: exigiu todas as palavras ao mesmo tempo.`);
      return found;
    }
    function show() {
      const { row, gap } = order[at];
      if (+slider.value !== at) slider.value = String(at);
      bars.forEach((bar, i) => bar.classList.toggle("qd-here", i === at));
      setText(out, `${at + 1} de ${order.length}`);
      opened.replaceChildren(h("p", { class: "qd-text" }, `“${row.text}”`), h("ul", { class: "qd-why" }, reasons(row).map((each) => h("li", {}, each))), h("div", { class: "qd-sides" }, side(row, a, "▲"), side(row, b, "▼")));
      heard.say(`${row.text} ${gap > 1e-9 ? ways[a].label : gap < -1e-9 ? ways[b].label : "ninguém"} vence por ${fmtNumber(Math.abs(gap), 2)}.`);
    }
    const resized = oncePerFrame(() => { draw(); show(); });
    build(el, null, [
      h("div", { class: "qd-forms", role: "radiogroup", "aria-label": "Como as buscas são escritas" }, chips),
      h("div", { class: "qd-picks" }, chooser("Busca de cima", 0), chooser("Busca de baixo", 1)),
      picture, h("label", { class: "llm-range qd-walk" }, "Busca", slider, out), said, opened, heard.el,
    ]);
    sort();
    let width = el.clientWidth;
    const watch = new ResizeObserver(() => { if (el.clientWidth !== width) { width = el.clientWidth; resized(); } });
    watch.observe(el);
    return () => { watch.disconnect(); heard.say.cancel(); };
  },
};
