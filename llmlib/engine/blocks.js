// What the other families are built of: memory, products, norms, attention with any mask, and what to say of a text that
// does not fit. Part of each of their pieces (encoder.js, seq2seq.js, permutation.js); knows no architecture.
// Shapes: T queries, S keys, H heads, E size of a head.
const { shown } = engine;

class Blocks {
  // file: the object of a page file; room: floats of each array that a pass needs; longest: positions of a text.
  constructor({ name, config, tensors }, weights, code, room, { H, E, longest: S }) {
    const scratch = { attn: H * S * S, one: S * E, two: S * E, turned: S * E };
    Object.assign(this, { name, config, longest: S }, LLM.place(tensors, weights, code, { ...room, ...scratch }));
  }

  // out (T, m) = x (T, n) @ the weight (m, n) transposed, or rows of it from `row` on
  linear(out, x, name, T, n, m, row = 0) {
    this.kernel.matmul(out, x, this.arrays[name].subarray(row * n), T, n, m, n);
  }

  // out (rows, n) = (x - mean) / deviation * w + b; b may be missing
  layerNorm(out, x, name, rows, n, eps) {
    const w = this.arrays[`${name}.weight`], b = this.arrays[`${name}.bias`];
    for (let at = 0; at < rows * n; at += n) {
      let mean = 0, square = 0;
      for (let i = at; i < at + n; i++) mean += x[i];
      mean /= n;
      for (let i = at; i < at + n; i++) square += (x[i] - mean) ** 2;
      const scale = 1 / Math.sqrt(square / n + eps);
      for (let i = 0; i < n; i++) out[at + i] = (x[at + i] - mean) * scale * w[i] + (b ? b[i] : 0);
    }
  }

  // z (T, H*E): each head's mix of the values v (S, H*E) by softmax of q (T, H*E) times keys k (S, H*E); `adjust(h, scores)`
  // scales, biases or masks a head's scores (T, S) in place (-Infinity: unseen). Returns the maps (H, T, S): a view.
  attention(z, q, k, v, T, S, H, E, adjust) {
    const { kernel, arrays: { attn, one, two, turned } } = this, width = H * E;
    for (let h = 0; h < H; h++) {
      const scores = attn.subarray(h * T * S, (h + 1) * T * S), head = h * E;
      for (let t = 0; t < T; t++) for (let e = 0; e < E; e++) one[t * E + e] = q[t * width + head + e];
      kernel.matmul(scores, one, k.subarray(head), T, E, S, width);
      adjust(h, scores);
      softmaxRows(scores, T, S);
      for (let s = 0; s < S; s++) for (let e = 0; e < E; e++) turned[e * S + s] = v[s * width + head + e];
      kernel.matmul(two, scores, turned, T, S, E, S);
      for (let t = 0; t < T; t++) for (let e = 0; e < E; e++) z[t * width + head + e] = two[t * E + e];
    }
    return attn.subarray(0, H * T * S);
  }

  // Rows of an embedding, one below the other.
  gather(out, name, ids, n) {
    ids.forEach((id, t) => out.set(this.arrays[name].subarray(id * n, (id + 1) * n), t * n));
  }

  // Throws a sentence where the ids are none that this model can read.
  check(ids, V) {
    if (!ids.length || !ids.every((id) => id >>> 0 === id && id < V)) throw Error(`${this.name} lê tokens de 0 a ${V - 1}.`);
    if (ids.length > this.longest) throw Error(tooLong(this, ids.length));
  }
}

function softmaxRows(scores, T, S) {
  for (let at = 0; at < T * S; at += S) {
    let top = -Infinity, sum = 0;
    for (let i = at; i < at + S; i++) if (scores[i] > top) top = scores[i];
    for (let i = at; i < at + S; i++) sum += scores[i] = Math.exp(scores[i] - top);
    for (let i = at; i < at + S; i++) scores[i] /= sum;
  }
}
const addTo = (x, h, n) => { for (let i = 0; i < n; i++) x[i] += h[i]; };

const tooLong = ({ name, longest }, size) => `O texto tem ${size} tokens, e ${name} lê no máximo ${longest}.`;
// Throws where there is nothing to read.
function mustSay(text, what) {
  if (!text.trim()) throw Error(`O texto está vazio: ${what}.`);
}
// The k best tokens of a row of logits.
function bestOf(logits, k) {
  const p = LLM.softmax(logits), top = [];
  if (k > 0) for (const id of LLM.descending(p)) if (top.push({ ...shown(id), p: p[id] }) >= k) break;
  return top;
}
function count(k, V) {
  if (!(Number.isInteger(k) && k >= 1 && k <= V)) throw Error(`k deve ser de 1 a ${V}; veio ${k}.`);
  return k;
}
// The parts of a result that `only` asks for, of those there are; without it, the usual ones.
function wanted(only, usual, all) {
  const list = only == null ? usual : [only].flat(), wrong = list.find((part) => !all.includes(part));
  if (wrong !== undefined) throw Error(`A resposta não tem a parte “${wrong}”; tem ${all.join(", ")}.`);
  return new Set(list);
}
const put = (result, name, array, ...shape) => Object.assign(result, { [name]: array, [`${name}_shape`]: shape });
// Tokens of a text as `encode` gives them: no mark, nothing cut.
const encode = ({ text = "" }) => ({ tokens: engine.tokenizer.encode(String(text)).map(shown), cut: 0 });
const MASK = "<|mask|>", NO_GAP = `Não há nenhuma lacuna: escreva ${MASK} no lugar de uma palavra.`;
const WRITE_GAP = `escreva uma frase com ${MASK} no lugar de uma palavra`;
