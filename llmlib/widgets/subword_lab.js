// Subword lab: a word is typed; its runs of letters stand as chips, each tinted by how much it agrees with their sum; below, the
// known words that are nearest to that sum. Beside it, what a table of whole words would say of the same word.
// uses part: embedding_map.space
const LONGEST_WORD = 40;
export default {
  render({ model, el }) {
    const words = model.get("words"), space = wordSpace(words, model.get("vectors")), pieces = pieceTable(model.get("table")), examples = model.get("examples");
    const { text, fit, write } = textField({ value: model.get("word"), label: "Uma palavra, conhecida ou não", oninput: () => soon() });
    const told = h("p", { class: "sl-told" }), chips = h("ol", { class: "sl-chips", "aria-label": "Pedaços da palavra" }), heard = announcer();
    const bars = tokenBars({ label: "Palavras conhecidas mais próximas", verb: "escrever", onpick: ({ text: word }) => write(word) }), whole = h("p", { class: "sl-whole" });
    text.maxLength = 200;
    function draw() {
      const typed = text.value.normalize("NFC").toLowerCase().trim(), word = (typed.match(/[\p{L}\p{Nl}\p{No}]+(?:-[\p{L}\p{Nl}\p{No}]+)*/u) ?? [""])[0].slice(0, LONGEST_WORD);
      const one = word && typed === word, known = space.number.get(word);
      for (const part of [chips, bars.el]) part.hidden = !word;
      if (!word) { setText(told, "Escreva uma palavra: o que está no campo não tem letras."); setText(whole, ""); return; }
      const { runs, vector } = pieces(word), length = Math.hypot(...vector) || 1;
      const agree = runs.map((run) => { const l = Math.hypot(...run.vector) || 1; return run.vector.reduce((sum, x, i) => sum + x * vector[i], 0) / (l * length); });
      setText(told, `${one ? "" : `Só a primeira palavra conta, até ${LONGEST_WORD} letras. `}“${word}” ${known === undefined ? "não está" : "está"} entre as ${fmtNumber(words.length)} conhecidas. Ela tem ${runs.length} ${runs.length === 1 ? "pedaço" : "pedaços"}; os mais tingidos puxam mais para onde a soma ficou.`);
      chips.replaceChildren(...runs.map((run, i) => h("li", { "--p": Math.max(0, agree[i]).toFixed(3), title: `linha ${run.row} da tabela; cosseno com a soma: ${fmtNumber(agree[i], 2)}` }, run.text)));
      const found = space.nearest(known === undefined ? vector : space.vector(known), 6, known === undefined ? [] : [known]);
      bars.draw({ items: found.map(([id, cosine]) => ({ id, text: words[id], p: Math.max(0, cosine), note: fmtNumber(cosine, 2) })) });
      setText(whole, known === undefined ? `Numa tabela de palavras inteiras, como a do Word2Vec, “${word}” não tem linha: não há vetor, nem vizinhos.` : "Esta palavra tem também uma linha própria, somada à dos pedaços.");
      heard.say(`${told.textContent} Perto: ${found.slice(0, 3).map(([i]) => words[i]).join(", ")}`);
    }
    const soon = oncePerFrame(draw);
    build(el, null, [text, examples.length > 0 && h("p", { class: "sl-examples", role: "group", "aria-label": "Palavras para tentar" }, examples.map((word) => h("button", { type: "button", class: "llm-link", onclick: () => write(word) }, word))),
      told, chips, bars.el, whole, heard.el]);
    fit();
    draw();
    return () => heard.say.cancel();
  },
};
