// The fake of fake.py behind the worker's protocol: {id, method, params} → {id, result} or {id, error}.
const WORDS = /*WORDS*/[];
const CONTEXT = 255, MASK = 4294967296;
const piecesOf = (text) => (text.match(/ ?[^ \n]+|\n| /g) ?? []).map((piece) => ({ id: ([...piece].reduce((sum, c) => sum + c.codePointAt(0), 0) * 7) % 2000 + 40, text: piece }));
function uniform(seed, step) {
  let x = (seed + 0x9e3779b9 * (step + 1)) % MASK | 0;
  x ^= x >>> 16; x = Math.imul(x, 0x21f0aaad); x ^= x >>> 15; x = Math.imul(x, 0x735a2d97); x ^= x >>> 15;
  return (x >>> 0) / MASK;
}
function next({ text = "", ids, k = 10, sampling, generated = 0 }) {
  const pieces = piecesOf(text), last = ids ? ids.at(-1) : pieces.at(-1)?.id, seed = last ?? 3;
  const order = WORDS.map((_, i) => i).sort((a, b) => ((a + 1) * (seed + 13) * 2654435761) % 4093 - ((b + 1) * (seed + 13) * 2654435761) % 4093 || a - b);
  const weights = order.map((_, rank) => 0.62 ** rank), total = weights.reduce((a, b) => a + b);
  const top = order.slice(0, k).map((i, rank) => ({ id: i, text: WORDS[i], p: weights[rank] / total, logit: 3 + Math.log(weights[rank]) }));
  const answer = { tokens: pieces.slice(-CONTEXT), cut: Math.max(0, pieces.length - CONTEXT), top, rest: 1 - top.reduce((a, t) => a + t.p, 0) };
  if (!sampling) return answer;
  const hot = weights.map((w) => w ** (1 / Math.max(sampling.temperature ?? 1, 1e-3))), sum = hot.reduce((a, b) => a + b);
  top.forEach((row, rank) => { row.q = hot[rank] / sum; });
  const u = uniform(sampling.seed ?? 0, generated);
  let reached = 0, rank = -1;
  while (reached <= u && rank < hot.length - 1) reached += hot[++rank] / sum;
  answer.chosen = { id: order[rank], text: WORDS[order[rank]], p: weights[rank] / total, q: hot[rank] / sum };
  return answer;
}
const said = ({ text = "", messages }) => (messages ? messages.map((each) => each.content).join(" ") : text);
function encode(params) {
  const pieces = piecesOf(said(params));
  return { tokens: pieces.slice(-CONTEXT), cut: Math.max(0, pieces.length - CONTEXT) };
}
// As FakeLM.generate; one turn of the event loop a token, so that a cancel is heard.
const cancelled = new Set();
async function generate({ max_new_tokens = 40, k = 0, sampling = {}, stop = [], written = [], ...request }, id) {
  const ids = [...written], start = piecesOf(said(request)).map((token) => token.id);
  const write = () => ids.filter((each) => each < WORDS.length && WORDS[each] !== "<|endoftext|>").map((each) => WORDS[each]).join("");
  let reason = "length";
  for (let step = 0; step < max_new_tokens && reason === "length"; step++) {
    await new Promise((go) => setTimeout(go, 2));
    if (cancelled.has(id)) { reason = "cancelled"; break; }
    const { chosen, top } = next({ ids: [...start, ...ids], k: Math.max(k, 1), sampling, generated: ids.length });
    ids.push(chosen.id);
    self.postMessage({ id, event: { token: chosen, top } });
    reason = chosen.text === "<|endoftext|>" ? "eos" : stop.some((each) => write().includes(each)) ? "stop" : reason;
  }
  const text = write(), ends = stop.map((each) => text.indexOf(each)).filter((at) => at >= 0);
  return { ids, text: text.slice(0, Math.min(text.length, ...ends)), reason, cut: 0 };
}
// Vectors of length 1 that count letters; a score that counts shared words, as fake as the rest and as repeatable.
function embed({ texts = [] }) {
  const vectors = new Float32Array(texts.length * 26);
  texts.forEach((text, row) => {
    const counts = vectors.subarray(row * 26, row * 26 + 26).fill(0.01);
    for (const c of text.toLowerCase().normalize("NFD")) if (c >= "a" && c <= "z") counts[c.charCodeAt(0) - 97] += 1;
    const length = Math.hypot(...counts);
    counts.forEach((v, i) => { counts[i] = v / length; });
  });
  return { vectors, vectors_shape: [texts.length, 26] };
}
const shared = (query, text) => new Set(query.toLowerCase().split(/\s+/).filter((word) => text.toLowerCase().includes(word))).size;
const rerank = ({ query, texts }) => ({ scores: Float32Array.from(texts, (text) => shared(query, text) - text.length / 1e4) });
self.onmessage = ({ data: { id, method, params, cancel } }) => {
  if (cancel !== undefined) return cancelled.add(cancel);
  if (id === undefined) return;
  try {
    if (method === "load") {
      if (!params.file.whole) throw new Error("O arquivo do modelo mini-base está incompleto ou corrompido. Para refazê-lo: make book.");
      return self.postMessage({ id, result: {} });
    }
    if (method === "generate") return generate(params, id).then((result) => self.postMessage({ id, result }));
    if (method === "embed" || method === "rerank") return self.postMessage({ id, result: method === "embed" ? embed(params) : rerank(params) });
    if (method !== "next" && method !== "encode") throw new Error(`O motor de teste não sabe fazer ${method}.`);
    self.postMessage({ id, result: method === "next" ? next(params) : encode(params) });
  } catch (error) { self.postMessage({ id, error: error.message }); }
};
