// Model parts: where the parameters, the operations or the memory of a model are, at the length that the slider says.
export default {
  render({ model, el }) {
    const models = model.get("models"), parts = model.get("parts"), id = freshId();
    let at = models[0], T = model.get("tokens"), view = "parameters";

    const large = (x) => (x >= 1e12 ? `${fmtNumber(x / 1e12, x < 1e14 ? 1 : 0)} tri` : x >= 1e9 ? `${fmtNumber(x / 1e9, 1)} bi` : x >= 1e6 ? `${fmtNumber(x / 1e6, 1)} mi` : fmtNumber(x));
    const bytes = (x) => (x >= 1e9 ? `${fmtNumber(x / 1e9, 1)} GB` : x >= 1e6 ? `${fmtNumber(x / 1e6, 1)} MB` : `${fmtNumber(x / 1e3)} KB`);
    const count = (x, what) => fmtCount(x, what), tokens = (n) => `${fmtNumber(n)} ${n === 1 ? "token" : "tokens"}`;
    const VIEWS = {
      parameters: ["os parâmetros", () => countParameters(at), "parâmetros"],
      read: ["ler o texto de uma vez", () => countFlops(at, T, 0, 1), "operações"],
      write: ["escrever mais um token, com cache", () => countFlops(at, 1, Math.max(0, T - 1)), "operações"],
    };

    // -- controls --
    const box = h("select", { id: `${id}-m`, onchange: () => { at = models[box.selectedIndex]; limit(); draw(); } }, models.map((each) => h("option", {}, each.nome)));
    const radios = h("fieldset", { class: "mp-views" }, h("legend", {}, "Onde estão"), Object.entries(VIEWS).map(([key, [label]]) =>
      h("label", {}, h("input", { type: "radio", name: id, value: key, checked: key === view, onchange: () => { view = key; draw(); } }), label)));
    const input = h("input", { type: "range", name: "tokens", min: "0", max: "1000", oninput: () => { T = Math.max(1, Math.min(at.max_position_embeddings, Math.round(at.max_position_embeddings ** (input.value / 1000)))); draw(); } });
    const shown = h("output"), slider = h("label", { class: "llm-range mp-slider" }, "Tokens no contexto", input, shown);
    function limit() {
      T = Math.min(T, at.max_position_embeddings);
      input.value = String(Math.round((1000 * Math.log(T)) / Math.log(at.max_position_embeddings)));
    }

    // -- the figure: a row a part, made once --
    const rows = parts.map((part) => {
      const fill = h("span", { class: "mp-fill", "--c": `var(--llm-${part.colour})` }), share = h("span", { class: "mp-share" }), number = h("span", { class: "mp-number" });
      const li = h("li", { class: "mp-row" }, h("span", { class: "mp-label" }, part.label, h("small", {}, part.what)), h("span", { class: "mp-track" }, fill, share), number);
      return { key: part.key, fill, share, number, li };
    });
    const list = h("ol", { class: "mp-list", "aria-label": "Partes do modelo" }, rows.map((row) => row.li));
    const total = h("p", { class: "llm-best" }), notes = h("ul", { class: "mp-notes" }), heard = announcer();
    const draw = oncePerFrame(() => {
      const [, sum, unit] = VIEWS[view], found = sum(), all = addUp(found);
      setText(shown, tokens(T));
      input.setAttribute("aria-valuetext", shown.textContent);
      const limitOf = ceiling(Math.max(...Object.values(found)) / all);
      for (const row of rows) {
        const value = found[row.key];
        row.li.hidden = value === undefined;
        row.fill.style.setProperty("--w", (value ?? 0) / all / limitOf);
        row.share.style.setProperty("--w", (value ?? 0) / all / limitOf);
        setText(row.share, fmtPercent((value ?? 0) / all));
        setText(row.number, large(value ?? 0));
      }
      total.replaceChildren(`${at.nome}${{ parameters: "", read: `, ler ${tokens(T)} de uma vez`, write: `, escrever mais um depois de ${tokens(Math.max(0, T - 1))}` }[view]}: `, h("strong", {}, count(all, unit)));
      const P = addUp(countParameters(at)), read = addUp(countFlops(at, T, 0, 1)), cached = countCache(at, T), tied = at.tie_word_embeddings;
      const meet = countFlops(at, T, 0, 1), pair = (meet.scores + meet.mix) / addUp(meet);
      const lines = [
        `Pesos em 16 bits: ${bytes(2 * P)}. Cache de ${tokens(T)}: ${bytes(2 * cached)}, ${fmtPercent(cached / P)} do tamanho dos pesos.`,
        `Ler ${tokens(T)} de uma vez, com a saída só do último: ${count(read / T, "operações por token")}, ${fmtNumber(read / T / P, 1)} por parâmetro.`,
        `A parte em que os tokens se encontram (notas e mistura) é ${fmtPercent(pair)} do trabalho de ler, a única que cresce com o quadrado do texto.`,
        tied ? "Embedding e saída são a mesma tabela: conta uma vez nos parâmetros e uma vez no trabalho." : "Embedding e saída são duas tabelas.",
      ];
      notes.replaceChildren(...lines.map((line) => h("li", {}, line)), ...(at.link ? [h("li", {}, "Medidas do modelo: ", h("a", { href: at.link, rel: "noopener" }, at.fonte || "config.json"), ".")] : []));
      heard.say(`${total.textContent}. ${lines[0]}`);
    });

    build(el, null, [
      h("p", { class: "mp-pick" }, h("label", { for: `${id}-m` }, "Modelo "), box), radios, slider, total, list, notes, heard.el,
    ]);
    limit();
    draw();
    return () => heard.say.cancel();
  },
};
