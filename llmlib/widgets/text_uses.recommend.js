// Recommend: what the reader liked and did not like makes one vector; the rest is ordered by it, with as much variety as asked.
function tuRecommend({ texts, labels, names, more, systems, live, pill, heard }) {
  const liked = new Set(more.liked ?? []), disliked = new Set(), shelf = h("ul", { class: "tu-shelf", "aria-label": "O que você já avaliou" }), list = h("ol", { class: "tu-hits tu-cards", "aria-label": "Recomendações" }), said = h("p", { class: "tu-verdict" });
  const { text } = textField({ value: "", label: "Ou escreva o que você procura", oninput: () => soon(), readOnly: !live });
  const choose = tuChooser(systems, draw), variety = tuRange("variedade", { min: 0, max: 0.8, step: 0.1, value: 0, format: (x) => fmtNumber(x, 1) }, () => draw());
  let typed = null, turn = 0;
  text.placeholder = "ou escreva o que você procura";

  async function draw() {
    const system = choose.get(), asked = text.value.trim(), order = ++turn;
    typed = asked && live ? await system.of(asked) : null;
    if (order !== turn) return;
    const X = system.vectors, good = [...liked].map((i) => X[i]);
    if (typed) good.push(typed);
    shelf.replaceChildren(...[...liked, ...disliked].map((i) => h("li", { "data-side": liked.has(i) ? "yes" : "no" }, h("span", {}, liked.has(i) ? "gostei: " : "não gostei: ", texts[i]),
      h("button", { type: "button", class: "llm-link", "aria-label": `Tirar da estante: ${texts[i]}`, onclick: () => { liked.delete(i); disliked.delete(i); draw().then(() => (shelf.querySelector("button") ?? list.querySelector("button"))?.focus()); } }, "tirar"))));
    if (!good.length && !disliked.size) { list.replaceChildren(); said.textContent = "Diga de que você gosta: sem isso não há o que recomendar."; return; }
    const wanted = tuProfile(good, [...disliked].map((i) => X[i])), left = texts.map((_, i) => i).filter((i) => !liked.has(i) && !disliked.has(i));
    const chosen = tuDiverse(left.map((i) => X[i]), wanted, 6, variety.get()).map((at) => left[at]);
    const mark = (i, into) => () => { into.add(i); draw().then(() => list.querySelector("button")?.focus()); };
    list.replaceChildren(...chosen.map((i) => {
      const why = tuBest([...liked].map((j) => tuDot(X[i], X[j])), 1).map((at) => [...liked][at])[0];
      return h("li", {}, h("span", { class: "tu-score" }, fmtNumber(tuDot(X[i], wanted), 2)), h("span", {}, texts[i], h("span", { class: "tu-why" }, ` ${names[labels[i]] ?? labels[i]}`, why != null && ` · perto de “${texts[why].split(/[.:]/)[0]}”`),
        h("span", { class: "tu-do" }, h("button", { type: "button", class: "llm-link", "aria-label": `Gostei: ${texts[i]}`, onclick: mark(i, liked) }, "gostei"), h("button", { type: "button", class: "llm-link", "aria-label": `Não gostei: ${texts[i]}`, onclick: mark(i, disliked) }, "não gostei"))));
    }));
    const wantedLabels = new Set([...liked].map((i) => labels[i])), same = chosen.filter((i) => wantedLabels.has(labels[i])).length;
    said.textContent = liked.size ? `${same} de ${chosen.length} são de um tema de que você gostou; há ${new Set(chosen.map((i) => labels[i])).size} temas na lista.` : "";
    heard.say(`Primeira recomendação: ${texts[chosen[0]]}. ${said.textContent}`);
  }
  const soon = debounce(draw, 80);
  return {
    nodes: [h("p", { class: "tu-title" }, "Você já avaliou"), shelf, live && text, h("div", { class: "llm-under" }, pill.el), h("div", { class: "tu-controls" }, choose.el, variety.el), h("p", { class: "tu-title" }, "Leia também"), list, said],
    start: draw, stop: () => soon.cancel(),
  };
}
