// Words of a text and their vectors, from what `trace` answers: twins of words(), vectors() and cosine() in llmlib/scratch/contextual.py.
const ctLetter = (text) => text[0] === "⟨" || /^[\p{L}\p{M}]/u.test(text);
const ctEndsInLetter = (text) => text.endsWith("⟩") || /[\p{L}\p{M}]$/u.test(text);
// Tokens, the mark first -> [{from, to, text}]: a word goes on as long as tokens begin with a letter; a blank begins another.
function ctWords(tokens) {
  const found = [];
  tokens.forEach(({ text }, at) => {
    if (at === 0 || !text.trim()) return;
    const last = found.at(-1);
    if (last && last.to === at && ctLetter(text) && ctEndsInLetter(last.text)) Object.assign(last, { to: at + 1, text: last.text + text });
    else found.push({ from: at, to: at + 1, text: text.trim() });
  });
  return found;
}
// states (L+1, T, D) flat -> the mean of the positions from `from` to `to`, one array (D) a layer.
function ctVectors(states, [rows, T, D], from, to) {
  return Array.from({ length: rows }, (_, row) => {
    const out = new Float32Array(D);
    for (let t = from; t < to; t++) for (let d = 0; d < D; d++) out[d] += states[(row * T + t) * D + d] / (to - from);
    return out;
  });
}
function ctCosine(a, b) {
  let ab = 0, aa = 0, bb = 0;
  for (let i = 0; i < a.length; i++) { ab += a[i] * b[i]; aa += a[i] * a[i]; bb += b[i] * b[i]; }
  return ab / Math.max(Math.sqrt(aa * bb), 1e-12);
}
// One sentence through one model: its words, and a function that gives the vectors of one of them.
async function ctRead(compute, model, text) {
  const { tokens, cut, hidden_states, hidden_states_shape } = await compute("trace", { model, text, only: ["hidden_states"] });
  if (cut) throw new Error(`A frase não cabe inteira no contexto do ${model}.`);
  return { words: ctWords(tokens), vectors: ({ from, to }) => ctVectors(hidden_states, hidden_states_shape, from, to) };
}
// The word of `words` that is called as another's `at`-th, and as often before it: tokenizers may cut differently.
function ctSame(words, others, at) {
  const text = words[at].text, nth = words.slice(0, at).filter((each) => each.text === text).length;
  return others.filter((each) => each.text === text)[nth];
}
