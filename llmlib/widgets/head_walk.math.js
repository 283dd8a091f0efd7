// The sums of one head, apart from any drawing. Shapes: T tokens, H query heads, K key heads, E size of a head.
// Edits: a Map from "part,t,s,i" to a number: part q (of token t, number i), k and v (of token s, number i), score and weight
// (of the pair t, s). What is not edited is computed from what comes before it.

// {shape, data} of the state, or an array with its shape as the engine gives them -> {shape, values}
const walkArray = (values, shape) => ({ shape, values });
function walkUnpack({ shape, data }) {
  const bytes = Uint8Array.from(atob(data), (c) => c.charCodeAt(0));
  return walkArray(new Float32Array(bytes.buffer), shape);
}

// One head of {q (T, H, E), k and v (T, K, E)} -> {T, E, row(part, t) -> E numbers}; heads share keys in groups.
function walkView(arrays, head) {
  const [T, H, E] = arrays.q.shape, size = arrays.v.shape[2];
  const made = { q: [], k: [], v: [] }; // each row is read once
  const row = (part, t) => {
    const { shape: [, heads, n], values } = arrays[part], own = part === "q" ? head : Math.floor((head * heads) / H);
    return (made[part][t] ??= Array.from({ length: n }, (_, i) => values[(t * heads + own) * n + i]));
  };
  return { T, E, size, row };
}

const walkKey = (part, t, s, i) => `${part},${part === "k" || part === "v" ? "" : t},${part === "q" ? "" : s},${part === "score" || part === "weight" ? "" : i}`;

// Everything for the query of token t: q (E), and for each token s its k, score, scaled, masked, weight and v; z, and the sum of the weights.
function walkHead(view, t, { mask, divide }, edits = new Map()) {
  const edited = (part, s) => {
    const row = view.row(part, part === "q" ? t : s);
    return edits.size ? row.map((x, i) => edits.get(walkKey(part, t, s, i)) ?? x) : row;
  };
  const q = edited("q", t), rows = [];
  for (let s = 0; s < view.T; s++) {
    const k = edited("k", s), v = edited("v", s);
    const score = edits.get(walkKey("score", t, s)) ?? q.reduce((sum, x, i) => sum + x * k[i], 0);
    const scaled = divide ? score / Math.sqrt(view.E) : score;
    rows.push({ s, k, v, score, scaled, hidden: mask && s > t, masked: mask && s > t ? -Infinity : scaled });
  }
  const top = Math.max(...rows.map((row) => row.masked)), grown = rows.map((row) => Math.exp(row.masked - top));
  const all = grown.reduce((a, b) => a + b, 0);
  rows.forEach((row, s) => { row.weight = edits.get(walkKey("weight", t, s)) ?? grown[s] / all; });
  const z = new Array(view.size).fill(0);
  for (const row of rows) if (row.weight) for (let i = 0; i < view.size; i++) z[i] += row.weight * row.v[i];
  return { q, rows, z, total: rows.reduce((sum, row) => sum + row.weight, 0) };
}

// The original number that an edit of this place would replace.
function walkValue(view, t, options, edits, part, s, i) {
  const without = new Map(edits);
  without.delete(walkKey(part, t, s, i));
  const now = walkHead(view, t, options, without);
  return part === "q" ? now.q[i] : part === "k" || part === "v" ? now.rows[s][part][i] : now.rows[s][part];
}

// Probabilities of one row of logits, and how much of them changes hands between two.
function walkSoftmax(logits) {
  let top = -Infinity, sum = 0;
  for (const x of logits) if (x > top) top = x;
  const p = Float64Array.from(logits, (x) => Math.exp(x - top));
  for (const x of p) sum += x;
  return p.map((x) => x / sum);
}
const walkChange = (p, q) => p.reduce((sum, x, i) => sum + Math.abs(x - q[i]), 0) / 2;
