// Six tools over one list of texts: search, recommend, classify, group, find strangers, measure variety. Each is a part of this
// widget (text_uses.<mode>.js) that draws what text_uses.math.js counts. Whose vectors are compared is the reader's choice: a
// model's (recorded in the state; of a typed text asked by "embed") or a count of words, made here.
// uses engine: search
// uses engine: sampling
const TU_MODES = { search: tuSearch, recommend: tuRecommend, classify: tuClassify, cluster: tuCluster, anomaly: tuAnomaly, diversity: tuDiversity };

// What the parts share. systems: [{key, title, vectors, of(text) -> vector, or null where nobody can make it}].
function tuShared({ model, host, el, note }) {
  const texts = model.get("texts"), recorded = model.get("recorded"), pill = statePill(el, host.compute && note);
  const ask = tuVectors(recorded, host.compute && latest(host, pill));
  const systems = model.get("systems").map(({ key, title, vectors }) => {
    const count = key === "words" && tuWords(texts);
    return { key, title, vectors: count ? count.vectors : tuUnpack(vectors), of: async (text) => (count ? count.encode(text) : (await ask(key, [text]))?.[0]) };
  });
  // Several texts at once, as a list that the reader edits has them.
  const all = async ({ key }, list) => (key === "words" ? tuWords(list).vectors : ask(key, list));
  return { texts, labels: model.get("labels"), names: model.get("names"), more: model.get("more"), text: model.get("text"), systems, all, live: !!host.compute, pill, heard: announcer(), examples: recorded.map((each) => each.text) };
}
// A text with the words that it shares with another underlined; small words do not count.
function tuMarked(text, other) {
  const also = new Set(LLM.words(other));
  return text.split(/([\p{L}\p{N}_]+)/u).map((part) => (also.has(LLM.words(part)[0]) ? h("u", { class: "tu-same" }, part) : part));
}
// A bar with its number: share 0 to 1 of the width.
const tuBar = (label, share, number, look = "") => h("li", { class: `tu-bar ${look}` }, h("span", { class: "tu-name" }, label), h("span", { class: "tu-track", "aria-hidden": "true" }, h("span", { class: "tu-fill", "--w": Math.max(0, Math.min(1, share)) })), h("span", { class: "tu-number" }, number));

export default {
  render({ model, el, host }) {
    const mode = model.get("mode"), shared = tuShared({ model, host, el, note: mode === "diversity" ? "mude a lista" : "escreva o seu" });
    const tool = TU_MODES[mode](shared);
    el.dataset.mode = mode;
    build(el, null, [tool.nodes, shared.heard.el]);
    tool.start();
    return () => { tool.stop?.(); shared.heard.say.cancel(); };
  },
};
