// A second search from what the first one found: the twin of llmlib/scratch/hops.py and of Index.search(hops=2).
// It stands behind search.js, which a widget may borrow without it.
{

const REACH = 10, NAME_WORD = /[\p{L}\p{N}]+(?:[-'’][\p{L}\p{N}]+)*/gu, LINKS = new Set(["de", "da", "do", "das", "dos", "e"]);
const capital = (text) => /^\p{Uppercase}/u.test(text);
// The sentence of a passage that shares most words with the question; of equals, the first.
LLM.closest = (question, passage) => {
  const asked = new Set(LLM.words(question));
  let found = "", most = -1;
  for (const each of passage.match(/[^.!?\n]*[.!?\n]+|[^.!?\n]+/g) ?? []) {
    const shared = new Set(LLM.words(each).filter((word) => asked.has(word))).size;
    if (shared > most) [found, most] = [each, shared];
  }
  return found.trim();
};
// Runs of words in capitals with nothing but a blank, or a small word of names, between them: [[{at, end, text}, …], …].
function runsOf(sentence) {
  const runs = [];
  let end = null, link = false; // of the run that may still grow
  for (const { 0: text, index: at } of sentence.matchAll(NAME_WORD)) {
    const between = end === null ? null : sentence.slice(end, at), word = { at, end: at + text.length, text };
    if (capital(text)) {
      between === " " ? runs.at(-1).push(word) : runs.push([word]);
      [end, link] = [word.end, false];
    } else if (between === " " && LINKS.has(text) && !link) [end, link] = [word.end, true];
    else end = null;
  }
  return runs;
}
// Proper names of a sentence with some word that the question has not, in their order, each once.
LLM.names = (sentence, question = "") => {
  const asked = new Set(LLM.words(question)), found = [], first = sentence.match(NAME_WORD) && sentence.search(/[\p{L}\p{N}]/u);
  for (let run of runsOf(sentence)) {
    while (run.length && LLM.isSmall(run[0].text)) run = run.slice(1);
    if (!run.length || (run.length === 1 && run[0].at === first)) continue;
    const name = sentence.slice(run[0].at, run.at(-1).end);
    if (!LLM.words(name).every((word) => asked.has(word)) && !found.includes(name)) found.push(name);
  }
  return found;
};
// Whether a text has a name, however it is written.
const inWords = (text) => ` ${(LLM.fold(text).match(NAME_WORD) ?? []).join(" ")} `;
LLM.speaksOf = (text, name) => inWords(text).includes(inWords(name));

// What a first search found, with the best of the second ones, by the names that its best chunk brings, in the second place.
LLM.bridged = async (search, query, first, params) => {
  const [anchor, ...rest] = first.hits, here = ({ document, start }) => `${document} ${start}`;
  let second = null;
  for (const name of LLM.names(LLM.closest(query, anchor.text), query)) {
    const again = await search({ ...params, query: `${query} ${name}`, rerank: 0, hops: 1, k: REACH });
    for (const [part, took] of Object.entries(again.ms)) if (took !== null) first.ms[part] = (first.ms[part] ?? 0) + took;
    const hit = again.hits.find(({ document, title, text }) => document !== anchor.document && LLM.speaksOf(title ? `${title}. ${text}` : text, name));
    if (hit && !(second && second.score >= hit.score)) second = { ...hit, bridge: name };
  }
  if (!second) return first;
  const order = [anchor, second, ...rest.filter((hit) => here(hit) !== here(second))].slice(0, first.hits.length);
  return { ...first, hits: order.map((hit, at) => ({ ...hit, rank: at + 1 })) };
};

}
