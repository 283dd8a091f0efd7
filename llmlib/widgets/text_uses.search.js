// Search: the texts nearest to a typed one, by each system side by side. An example may know its right answer.
function tuSearch({ texts, more, text: first, systems, live, pill, heard, examples }) {
  const right = more.right ?? {}, best = 5; // example -> place of its right text
  const { text, write } = textField({ value: first, label: "Texto a procurar", oninput: changed, readOnly: !live });
  const bm25 = new LLM.BM25(texts.map(LLM.words)), verdict = h("p", { class: "tu-verdict" });
  const columns = systems.map((system) => ({ system, list: h("ol", { class: "tu-hits" }), said: h("p", { class: "tu-said" }) }));
  let turn = 0;

  function draw(column, scores, asked) {
    const answer = right[asked], order = tuBest(scores, texts.length), found = order.slice(0, best).filter((place) => scores[place] !== 0);
    column.rank = answer == null ? null : scores[answer] !== 0 ? order.indexOf(answer) + 1 : 0;
    column.list.replaceChildren(...found.map((place) => h("li", { class: place === answer ? "tu-right" : "" },
      h("span", { class: "tu-score" }, fmtNumber(scores[place], 2)), h("span", {}, tuMarked(texts[place], asked), place === answer && h("strong", {}, " ✓ é esta")))));
    column.said.textContent = found.length ? "" : "Nenhum texto da lista tem uma destas palavras.";
  }
  async function answer() {
    const asked = text.value.trim(), order = ++turn;
    if (!asked) {
      for (const column of columns) { column.list.replaceChildren(); column.said.textContent = "Escreva uma pergunta."; }
      verdict.textContent = "";
      return;
    }
    for (const column of columns) {
      const words = column.system.key === "words", v = words ? null : await column.system.of(asked);
      if (order !== turn) return;
      if (words || v) draw(column, words ? bm25.scores(LLM.words(asked)) : column.system.vectors.map((x) => tuDot(x, v)), asked);
      else { column.rank = null; column.list.replaceChildren(); } // nobody could make its vector: the pill says why
    }
    const place = (rank) => (rank ? `em ${rank}º lugar` : "fora da lista: nenhuma palavra em comum");
    verdict.textContent = columns.every((column) => column.rank != null) && columns.length
      ? `A pergunta certa vem ${columns.map((column) => `${place(column.rank)} para ${column.system.title}`).join("; ")}.` : "";
    heard.say(`Mais parecida: ${columns[0].list.firstChild?.textContent ?? "nenhuma"}. ${verdict.textContent}`);
  }
  const soon = debounce(answer, 60);
  function changed() { soon(); }
  return {
    nodes: [text, h("div", { class: "llm-under" }, pill.el), tuExamples("Perguntas gravadas", examples.map((each) => [each, () => write(each)])),
      h("div", { class: "tu-columns" }, columns.map((column) => h("section", { class: "tu-column", "aria-label": `Resultados por ${column.system.title}` }, h("p", { class: "tu-title" }, column.system.title), column.list, column.said))),
      verdict, h("p", { class: "tu-key" }, "Sublinhadas: as palavras que o resultado tem em comum com a busca.")],
    start: answer, stop: () => soon.cancel(),
  };
}
