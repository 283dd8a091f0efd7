// One question through the whole way: search, prompt, answer, and the same question without documents. Asks `compute` for all of it.
const RC_DEPTH = 20;
// setting: {collection, by, rerank, hops, size, overlap, k, titles, temperature, seed}; `left()` says whether someone has asked anew meanwhile.
async function rcRun(compute, name, question, setting, context, left) {
  const { collection, by, rerank, hops, size, overlap, k, titles, temperature, seed } = setting;
  const found = await compute("search", { model: name, collection, query: question, k: RC_DEPTH, by, rerank, hops, size, overlap });
  if (left()) return null;
  const message = (content) => ({ model: name, messages: [{ role: "user", content }] });
  const tokens = async (text) => { const { tokens: given, cut } = await compute("encode", message(text)); return given.length + (cut ?? 0); };
  const write = async (text) => (await compute("generate", { ...message(text), max_new_tokens: RAG_ROOM, sampling: { temperature, seed } })).text.trim();
  const prompt = await ragPrompt(question, found.hits.slice(0, k).map((hit) => ragSource(hit, titles)), tokens, context);
  if (left()) return null;
  const text = await write(prompt.text);
  if (left()) return null;
  const bare = await write(prompt.question);
  return left() ? null : { hits: found.hits.slice(0, k), used: prompt.used.length, prompt: prompt.text, text, bare, places: found.hits.map((hit) => [hit.document, hit.start, hit.end]), note: found.note };
}
// Where the evidence stands: for each fact needed, the first place in the list that states it, or 0.
function rcPlaces(places, question) {
  const facts = [...new Set((question.apoios ?? []).map((each) => each.fato))];
  const list = places.map(([document, start, end]) => ({ document, start, end }));
  return facts.map((fact) => 1 + list.findIndex((source) => question.apoios.some((each) => each.fato === fact && each.vale && ajCovers(source, each))));
}
