// A search of few words becomes a search of more words, each with a weight: the twin of llmlib/scratch/expansion.py. Expects LLM
// (`// uses engine: search`). Weights are Maps, word -> weight. Draws nothing.
const KEEP = 0.5, FEEDBACK = 10, TERMS = 10;
function sharesOf(counted) {
  const total = [...counted.values()].reduce((sum, weight) => sum + weight, 0) || 1;
  return new Map([...counted].map(([word, weight]) => [word, weight / total]));
}
const countOf = (words) => words.reduce((counts, word) => counts.set(word, (counts.get(word) ?? 0) + 1), new Map());
function mixed(query, added, keep = KEEP) {
  const own = sharesOf(countOf(query));
  if (!added.size) return own;
  const other = sharesOf(added);
  return new Map([...new Set([...own.keys(), ...other.keys()])].map((word) => [word, keep * (own.get(word) ?? 0) + (1 - keep) * (other.get(word) ?? 0)]));
}
// The BM25 of every text, each word by its weight.
function weightedScores(index, weights) {
  const total = new Float64Array(index.size);
  for (const [word, weight] of weights) index.scores([word]).forEach((score, i) => { total[i] += weight * score; });
  return total;
}
// search: what makeBoolean gives.
function byVocabulary(text, search) {
  const typed = LLM.words(text), added = new Map();
  for (let at = 0; at < typed.length; at++)
    for (let size = Math.min(search.longest, typed.length - at); size > 0; size--) {
      const found = search.matched(typed.slice(at, at + size));
      if (!found) continue;
      for (const word of new Set(found.flatMap(LLM.words))) added.set(word, (added.get(word) ?? 0) + 1);
      at += size - 1;
      break;
    }
  return mixed(typed, added);
}
function rm3(text, index, texts) {
  const query = LLM.words(text), first = LLM.best(index.scores(query), FEEDBACK).filter(([, score]) => score > 0);
  const trust = [...sharesOf(new Map(first)).values()], model = new Map();
  first.forEach(([place], i) => { for (const [word, share] of sharesOf(countOf(texts[place]))) model.set(word, (model.get(word) ?? 0) + trust[i] * share); });
  const best = [...model].sort((a, b) => b[1] - a[1] || (a[0] < b[0] ? -1 : 1)).slice(0, TERMS);
  return mixed(query, new Map(best));
}
