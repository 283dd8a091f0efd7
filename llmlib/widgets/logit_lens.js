// Logit lens: rows are layers, columns are positions; each cell says the token that the model would say if it stopped there.
// Recorded first; live from the first change of the text, by `trace` with `lens` and by `encode` for the names of new tokens.
// uses style: next_token
export default {
  render({ model, el, host }) {
    const MOST = 8, COLUMNS = 24;
    let data = model.get("recording"), from = 0, picked = null;
    const names = new Map(Object.entries(data.words).map(([id, text]) => [+id, text]));

    // -- what a place says --
    const size = () => { const [rows, T, k] = data.shape; return { rows, T, k }; };
    const best = (row, t, j = 0) => { const { T, k } = size(), at = (row * T + t) * k + j; return { id: data.ids[at], text: names.get(data.ids[at]) ?? "?", p: data.p[at] ?? 0 }; };
    const last = (t) => best(size().rows - 1, t);
    function settled(t) {
      let row = size().rows - 1;
      while (row && best(row - 1, t).id === last(t).id) row--;
      return row;
    }
    // The final answer's probability at a row, or null where it is not among those kept.
    function chance(row, t) {
      for (let j = 0; j < size().k; j++) if (best(row, t, j).id === last(t).id) return best(row, t, j).p;
      return null;
    }
    const after = (t) => (t ? `depois de ${spoken(data.tokens[t].text)}` : "no início do texto");

    // -- the figure --
    const { text, write } = textField({ value: model.get("text"), label: "Texto que a lente vai ler", oninput: changed, readOnly: !host.compute });
    const pill = statePill(el, host.compute && "mude o texto e o modelo responde"), heard = announcer(), count = h("p", { class: "llm-pill" });
    const examples = host.compute ? model.get("examples") : [];
    const grid = cellGrid({ label: "O token favorito depois de cada camada, em cada posição", kind: "ll-table", onpick: pick, onpeek: peek });
    const said = h("p", { class: "llm-best" }), story = h("p", { class: "ll-story" });
    const bars = tokenBars({ label: "Tokens mais prováveis se o modelo parasse aqui" });
    const back = h("button", { type: "button", class: "llm-button", onclick: () => move(-1) }, "‹ antes"), on = h("button", { type: "button", class: "llm-button", onclick: () => move(1) }, "depois ›");
    const where = h("output"), pager = h("p", { class: "ll-pager" }, back, where, on), cutNote = h("p", { class: "nt-cut" });

    const width = () => Math.min(COLUMNS, size().T);
    function move(step) {
      from = Math.max(0, Math.min(size().T - width(), from + step * (COLUMNS - 4)));
      draw();
    }
    function cell(row, t) {
      const token = best(row, t), final = token.id === last(t).id;
      return { nodes: tokenNodes(token.text), p: token.p, kind: final ? "ll-same" : "", said: `${layerName(row)}, ${after(t)}: ${spoken(token.text)}, ${fmtPercent(token.p)}${final ? ", a resposta final" : ""}` };
    }
    function draw() {
      const { rows, T } = size(), shown = Array.from({ length: width() }, (_, i) => from + i);
      grid.draw({
        heads: [{ label: "depois de", cells: shown.map((t) => (t ? tokenNodes(data.tokens[t].text) : h("i", { class: "llm-special" }, "início"))) }],
        rows: Array.from({ length: rows }, (_, row) => ({ label: layerName(row), cells: shown.map((t) => cell(row, t)) })),
        foot: { label: "decidida em", cells: shown.map((t) => (settled(t) ? String(settled(t)) : "emb.")) },
      });
      pager.hidden = T <= COLUMNS;
      setText(where, `posições ${from + 1} a ${from + shown.length} de ${fmtNumber(T)}`);
      back.disabled = from === 0;
      on.disabled = from + shown.length >= T;
      cutNote.hidden = !data.cut;
      setText(cutNote, `O texto não cabe inteiro: usei os últimos ${fmtNumber(T - 1)} tokens; ${fmtNumber(data.cut)} ficaram de fora.`);
      setText(count, T === 2 ? "1 token" : `${fmtNumber(T - 1)} tokens`);
      show(picked ?? [rows - 1, T - 1]);
    }
    // A place in numbers: the bars, and how the final answer grew.
    function show([row, t]) {
      const { rows, T, k } = size();
      [row, t] = [Math.min(row, rows - 1), Math.min(t, T - 1)];
      const token = best(row, t), items = Array.from({ length: k }, (_, j) => best(row, t, j));
      grid.mark(row, t - from);
      said.replaceChildren(`${layerName(row)[0].toUpperCase()}${layerName(row).slice(1)}, ${after(t)}: `, h("strong", {}, spoken(token.text)), `, ${fmtPercent(token.p)}`);
      bars.draw({ items, rest: Math.max(0, 1 - items.reduce((sum, item) => sum + item.p, 0)) });
      const path = Array.from({ length: rows }, (_, r) => [r, chance(r, t)]);
      const grown = path.filter(([, p]) => p != null).map(([r, p]) => `${r ? r : "embedding"}, ${fmtPercent(p)}`);
      setText(story, `A resposta final aqui é ${spoken(last(t).text)}. Por camada: ${grown.join("; ")}${grown.length < rows ? `. Nas outras, fora das ${k} primeiras.` : "."}`);
    }
    function pick(row, column) { picked = [row, from + column]; show(picked); heard.say(`${said.textContent}. ${story.textContent}`); }
    function peek(to) { show(to ? [to[0], from + to[1]] : picked ?? [size().rows - 1, size().T - 1]); }

    // -- live --
    async function lens(method, params) {
      const answer = await host.compute(method, params);
      answer.tokens.forEach((token) => names.set(token.id, token.text));
      for (;;) {
        const missing = [...new Set(answer.lens.ids)].filter((id) => !names.has(id)).sort((a, b) => a - b);
        if (!missing.length) return answer;
        const { tokens } = await host.compute("encode", { ids: missing });
        if (!tokens.some((token) => !names.has(token.id))) throw new Error(`O modelo não soube dizer que token é o de número ${missing[0]}.`);
        tokens.forEach((token) => names.set(token.id, token.text));
      }
    }
    const ask = latest({ where: host.where, compute: lens }, pill);
    async function answer() {
      const now = await ask("trace", { text: text.value, only: [], lens: MOST });
      if (!now) return;
      data = { tokens: now.tokens, cut: now.cut, ids: now.lens.ids, p: now.lens.p, shape: now.lens_shape };
      picked = null;
      from = Math.max(0, size().T - COLUMNS);
      draw();
      grid.toColumn(width() - 1);
      heard.say(said.textContent);
    }
    const soon = debounce(answer, 60);
    function changed() { model.set("text", text.value); soon(); }

    from = Math.max(0, size().T - COLUMNS);
    build(el, null, [
      text, h("div", { class: "llm-under" }, pill.el, count),
      examples.length > 0 && h("p", { class: "nt-examples", role: "group", "aria-label": "Textos para experimentar" }, h("span", {}, "Experimente"),
        examples.map((each) => h("button", { type: "button", class: "llm-link", onclick: () => write(each) }, each || "texto vazio"))),
      cutNote, pager, grid.el, said, bars.el, story, heard.el,
    ]);
    draw();
    grid.toColumn(width() - 1);
    return () => { soon.cancel(); heard.say.cancel(); };
  },
};
