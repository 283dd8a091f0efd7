// The vectors that models make of texts: those recorded are at hand, the others are asked for once.
const TU_MOST = 400; // letters of a typed text that are read
// -> (key, texts) => their vectors in order, or null: nobody can make them, or a newer question is on its way.
function tuVectors(recorded, ask) {
  const known = new Map(recorded.flatMap(({ text, vectors }) => Object.entries(vectors).map(([key, packed]) => [`${key}\n${text}`, tuUnpack(packed)[0]])));
  return async (key, texts) => {
    const missing = [...new Set(texts)].filter((text) => !known.has(`${key}\n${text}`));
    if (missing.length) {
      const found = ask && await ask("embed", { texts: missing.map((text) => text.slice(0, TU_MOST)), model: key });
      if (!found) return null;
      tuRows(found.vectors, found.vectors_shape).forEach((v, i) => known.set(`${key}\n${missing[i]}`, v));
    }
    return texts.map((text) => known.get(`${key}\n${text}`));
  };
}
// Whose vectors: a radio for each. -> {el, get()}
function tuChooser(systems, onchange) {
  const name = freshId();
  let chosen = systems[0];
  const el = h("fieldset", { class: "tu-choose" }, h("legend", {}, "Quem compara"), systems.map((system) =>
    h("label", {}, h("input", { type: "radio", name, value: system.key, checked: system === chosen, onchange: () => { chosen = system; onchange(); } }), system.title)));
  return { el, get: () => chosen };
}
// What the reader may try with a click: [[word, call], …].
const tuExamples = (label, pairs) => pairs.length > 0 && h("p", { class: "tu-examples", role: "group", "aria-label": label }, h("span", {}, "Experimente"),
  pairs.map(([word, call]) => h("button", { type: "button", class: "llm-link", onclick: call }, word)));
