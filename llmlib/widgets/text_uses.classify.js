// Classify: the labels of the nearest labelled texts decide. How many are labelled is a slider, and the score on texts that have no
// label here is counted again at each move.
function tuClassify({ texts, labels, names, more, text: first, systems, live, pill, heard, examples }) {
  const classes = [...new Set(labels)], deepest = Math.min(...classes.map((c) => labels.filter((each) => each === c).length)), neighbours = 5;
  const sizes = [1, 2, 4, 8, 16, 32].filter((n) => n <= deepest), rank = labels.map((label, i) => labels.slice(0, i).filter((each) => each === label).length);
  const { text, write } = textField({ value: first, label: "Texto a classificar", oninput: () => soon(), readOnly: !live });
  const bars = h("ol", { class: "tu-bars", "aria-label": "Parte dos votos de cada classe" }), near = h("ol", { class: "tu-hits", "aria-label": "Vizinhos que votaram" }), score = h("p", { class: "tu-verdict", role: "status" });
  const choose = tuChooser(systems, () => { measure(); draw(); });
  const slider = tuRange("exemplos por classe", { min: 0, max: sizes.length - 1, value: sizes.length - 1, format: (i) => fmtNumber(sizes[i]) }, () => { measure(); draw(); });
  const unseen = Object.fromEntries(systems.map((system) => [system.key, null]));
  let turn = 0;

  const labelled = () => texts.map((_, i) => i).filter((i) => rank[i] < sizes[slider.get()]);
  async function testVectors(system) {
    return (unseen[system.key] ??= system.key === "words" ? await Promise.all(more.test.texts.map(system.of)) : tuUnpack(more.test.vectors[system.key]));
  }
  async function measure() {
    const system = choose.get(), own = labelled(), X = own.map((i) => system.vectors[i]), y = own.map((i) => labels[i]), tested = await testVectors(system);
    if (system !== choose.get()) return;
    const k = Math.min(neighbours, sizes[slider.get()]), hits = tested.filter((v, i) => tuVote(X, y, v, k)[0][0] === more.test.labels[i]).length, { p, low, high } = shareOf(hits, tested.length);
    const most = Math.max(...classes.map((c) => more.test.labels.filter((each) => each === c).length)) / tested.length;
    score.replaceChildren("Em textos sem rótulo aqui, acerta ", h("strong", {}, `${hits} de ${tested.length}`), `: ${fmtPercent(p)} (intervalo de 95 %: ${fmtPercent(low)} a ${fmtPercent(high)}). Dizer sempre a classe mais comum acertaria ${fmtPercent(most)}.`);
  }
  async function draw() {
    const asked = text.value.trim(), order = ++turn, system = choose.get();
    if (!asked) { bars.replaceChildren(); near.replaceChildren(h("li", {}, h("span", {}), h("span", {}, "Escreva um texto."))); return; }
    const v = await system.of(asked);
    if (order !== turn) return;
    if (!v) { bars.replaceChildren(); near.replaceChildren(); return; } // nobody could make its vector: the pill says why
    const own = labelled(), X = own.map((i) => system.vectors[i]), y = own.map((i) => labels[i]), k = Math.min(neighbours, sizes[slider.get()]);
    const like = X.map((x) => tuDot(x, v)), votes = tuVote(X, y, v, k);
    bars.replaceChildren(...votes.map(([label, share]) => tuBar(names[label] ?? label, share, fmtPercent(share))));
    near.replaceChildren(...tuBest(like, k).map((at) => h("li", {}, h("span", { class: "tu-score" }, fmtNumber(like[at], 2)), h("span", {}, tuMarked(texts[own[at]], asked), h("span", { class: "tu-why" }, ` ${names[y[at]] ?? y[at]}`)))));
    heard.say(`Classe: ${names[votes[0][0]] ?? votes[0][0]}, ${fmtPercent(votes[0][1])} dos votos.`);
  }
  const soon = debounce(draw, 60);
  return {
    nodes: [text, h("div", { class: "llm-under" }, pill.el), tuExamples("Textos para experimentar", examples.map((each) => [each, () => write(each)])), h("div", { class: "tu-columns" },
      h("section", { class: "tu-column", "aria-label": "Votos" }, h("p", { class: "tu-title" }, "Votos"), bars), h("section", { class: "tu-column", "aria-label": "Vizinhos" }, h("p", { class: "tu-title" }, "Vizinhos que votaram"), near)),
    h("div", { class: "tu-controls" }, choose.el, slider.el), score],
    start: () => { measure(); draw(); }, stop: () => soon.cancel(),
  };
}
