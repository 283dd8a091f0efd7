// The three measures of a text, asked of a model: the twin of llmlib/scratch/importance.py, apart from any drawing.
const TIED_LITTLE = 0.005; // of the way to the neutral vector, for the derivative
const TIED_MOST = 64; // tokens that are measured

const tiedInWord = (text) => /^ ?[\p{L}\p{M}\p{N}⟨⟩]+$/u.test(text);
// Positions of the tokens of each word; marks, spaces and the sign of the document stand alone.
function tiedWords(tokens) {
  const groups = [];
  tokens.forEach((text, at) => {
    if (at > 0 && !text.startsWith(" ") && tiedInWord(text) && tiedInWord(tokens[at - 1])) groups.at(-1).push(at);
    else groups.push([at]);
  });
  return groups;
}

// A word whose letters were cut into loose bytes, ⟨C3⟩⟨A7⟩, as letters again where they make some.
const tiedWhole = (text) => text.replace(/(?:⟨[0-9A-F]{2}⟩)+/g, (run) => {
  try {
    return new TextDecoder("utf-8", { fatal: true }).decode(Uint8Array.from(run.match(/[0-9A-F]{2}/g), (byte) => parseInt(byte, 16)));
  } catch {
    return run;
  }
});

function tiedProbabilities(logits, t, V) {
  const p = new Float64Array(V);
  let top = -Infinity, sum = 0;
  for (let i = 0; i < V; i++) top = Math.max(top, (p[i] = logits[t * V + i]));
  for (let i = 0; i < V; i++) sum += p[i] = Math.exp(p[i] - top);
  for (let i = 0; i < V; i++) p[i] /= sum;
  return p;
}
function tiedVariation(p, q) {
  let sum = 0;
  for (let i = 0; i < p.length; i++) sum += Math.abs(p[i] - q[i]);
  return sum / 2;
}

// Attention followed through the layers, (L, H, T, T) -> (T, T): half by the heads' mean, half stays where it is.
function tiedRollout(attentions, [L, H, T]) {
  let flow = Array.from({ length: T }, (_, t) => Array.from({ length: T }, (_, s) => +(t === s)));
  for (let l = 0; l < L; l++) {
    const before = flow;
    flow = before.map((_, t) => {
      const row = before[t].map((x) => x / 2);
      for (let m = 0; m <= t; m++) {
        let weight = 0;
        for (let head = 0; head < H; head++) weight += attentions[((l * H + head) * T + t) * T + m];
        weight /= 2 * H;
        for (let s = 0; s <= m; s++) row[s] += weight * before[m][s];
      }
      return row;
    });
  }
  return flow;
}

// compute(method, params), text, neutral (D) -> measures at the last token of each word; step(done, all) after each pass, false stops.
// deleted, faded, rate (W, W): row is taken away, column sees it. attention(l, h, word, other); flow (W, W).
async function tiedMeasure(compute, text, neutral, step) {
  const encoded = await compute("encode", { text });
  const ids = encoded.tokens.map((token) => token.id).slice(-(TIED_MOST - 1)), cut = encoded.cut + encoded.tokens.length - ids.length;
  const first = await compute("trace", { ids, only: ["attentions", "logits"], keep: ["embed_tokens"] });
  const tokens = first.tokens.map((token) => token.text), x = first.activations.embed_tokens, D = neutral.length, [T, V] = first.logits_shape;
  const groups = tiedWords(tokens), ends = groups.map((places) => places.at(-1)), W = groups.length, shape = first.attentions_shape;
  const before = ends.map((t) => tiedProbabilities(first.logits, t, V)), made = { deleted: [], faded: [], rate: [] };
  let done = 0;
  async function see(params, places) { // places: where the end of each word is now, or −1
    const { logits } = await compute("trace", { ...params, only: "logits" });
    return ends.map((_, word) => (places[word] < 0 ? 0 : tiedVariation(before[word], tiedProbabilities(logits, places[word], V))));
  }
  const offset = first.tokens.length - ids.length; // 1 where the model begins with its mark
  const fading = (places, amount) => places.map((t) => ({
    name: "embed_tokens", position: t, values: Array.from({ length: D }, (_, i) => x[t * D + i] + amount * (neutral[i] - x[t * D + i])),
  }));
  for (let word = 0; word < W; word++) {
    const places = groups[word], seen = ends.map((t, w) => (w < word ? -1 : t));
    const kept = ids.filter((_, i) => !places.includes(i + offset)), moved = ends.map((t, w) => (w <= word ? -1 : t - places.length));
    made.deleted.push(word && moved.some((t) => t >= 0) ? await see({ ids: kept }, moved) : ends.map(() => 0));
    made.faded.push(await see({ ids, patch: fading(places, 1) }, seen));
    made.rate.push((await see({ ids, patch: fading(places, TIED_LITTLE) }, seen)).map((change) => change / TIED_LITTLE));
    if (step(++done, W) === false) return null;
  }
  const onWord = (row, places) => places.reduce((sum, s) => sum + row(s), 0), flow = tiedRollout(first.attentions, shape);
  return {
    text, cut, words: groups.map((places) => tiedWhole(places.map((t) => tokens[t]).join(""))), layers: shape[0], heads: shape[1], ...made,
    attention: (l, head, word, other) => onWord((s) => first.attentions[((l * shape[1] + head) * T + ends[word]) * T + s], groups[other]),
    flow: ends.map((t) => groups.map((places) => onWord((s) => flow[t][s], places))),
  };
}

// A recorded text as tiedMeasure gives it.
function tiedOpen(recording) {
  const open = ({ shape, scale, data }) => {
    const bytes = Uint8Array.from(atob(data), (c) => c.charCodeAt(0)), whole = new Uint16Array(bytes.buffer);
    return { shape, at: (...places) => (whole[places.reduce((sum, place, i) => sum * shape[i] + place, 0)] * scale) / 65535 };
  };
  const W = recording.words.length, table = (name) => { const part = open(recording[name]); return Array.from({ length: W }, (_, i) => Array.from({ length: W }, (_, j) => part.at(i, j))); };
  const attentions = open(recording.attentions);
  return {
    text: recording.text, cut: 0, words: recording.words, layers: attentions.shape[0], heads: attentions.shape[1], attention: attentions.at,
    flow: table("rollout"), deleted: table("deleted"), faded: table("faded"), rate: table("rate"),
  };
}

// In how many pairs of words do two lists say the same about which weighs more? A pair that one cannot tell apart counts half.
function tiedAgreement(a, b) {
  let sum = 0, pairs = 0;
  for (let i = 0; i < a.length; i++) for (let j = i + 1; j < a.length; j++, pairs++) sum += Math.sign(a[i] - a[j]) * Math.sign(b[i] - b[j]);
  return (1 + sum / pairs) / 2;
}
