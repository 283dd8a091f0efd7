// From logits to the next token: penalties, temperature, top-k, top-p, min-p, and a draw that a seed repeats.
// Does: the rules of llmlib.scratch.sampling in float64, so both give the same text. Does not: run the model.

const CONTROLS = { // name: [default, smallest, largest]
  temperature: [1, 0, 100], top_k: [0, 0, 1e6], top_p: [1, 0, 1], min_p: [0, 0, 1],
  repetition_penalty: [1, 0.01, 100], frequency_penalty: [0, -100, 100], presence_penalty: [0, -100, 100],
  seed: [0, -1e15, 1e15],
};
const WHOLE = ["top_k", "seed"];
// Plain loops: `map` and `reduce` would take longer than the model.
const highest = (values) => {
  let top = -Infinity;
  for (const value of values) if (value > top) top = value;
  return top;
};
const normalise = (p) => { // in place
  let total = 0;
  for (const value of p) total += value;
  for (let i = 0; i < p.length; i++) p[i] /= total;
  return p;
};

// All the controls, with defaults for those not given.
LLM.settings = (given) => {
  const all = {};
  for (const name of Object.keys({ ...CONTROLS, ...given })) {
    const [usual, low, high] = CONTROLS[name] ?? [], value = all[name] = given?.[name] ?? usual;
    if (!(value >= low && value <= high)) throw Error(usual === undefined ? `${name} não é um controle da amostragem.` :
      `${name} deve ficar entre ${low} e ${high}; veio ${value}.`);
    if (WHOLE.includes(name) && !Number.isInteger(value)) throw Error(`${name} é um número inteiro; veio ${value}.`);
  }
  return all;
};

// logits -> probabilities
LLM.softmax = (logits) => {
  const p = new Float64Array(logits), top = highest(p);
  for (let i = 0; i < p.length; i++) p[i] = Math.exp(p[i] - top);
  return normalise(p);
};

// The ids of positive probability, highest first, ties by smaller id; in tiers, since few are ever asked for.
LLM.descending = function* (p) {
  for (let low = highest(p), high = Infinity; high > 0; high = low) {
    low = low > 1e-300 ? low / 8 : 0;
    const tier = [];
    for (let id = 0; id < p.length; id++) if (p[id] > low && p[id] <= high) tier.push(id);
    yield* tier.sort((a, b) => p[b] - p[a] || a - b);
  }
};

// logits (V), all the ids before, and how many of them (the last) were generated -> probabilities (V) by the rules s,
// in the order of transformers; frequency and presence penalties count generated tokens only, as OpenAI's do.
LLM.distribution = (logits, ids, generated, s) => {
  const x = new Float64Array(logits);
  for (const id of new Set(ids)) x[id] = x[id] < 0 ? x[id] * s.repetition_penalty : x[id] / s.repetition_penalty;
  const recent = ids.slice(Math.max(0, ids.length - generated));
  for (const id of recent) x[id] -= s.frequency_penalty;
  for (const id of new Set(recent)) x[id] -= s.presence_penalty;
  if (s.temperature < 1e-5) { // greedy: everything on the first of the highest; dividing by less would overflow
    const best = x.indexOf(highest(x));
    return x.fill(0).fill(1, best, best + 1);
  }
  for (let i = 0; i < x.length; i++) x[i] /= s.temperature;
  if (s.top_k > 0 && s.top_k < x.length) {
    const last = x.slice().sort()[x.length - s.top_k];
    for (let i = 0; i < x.length; i++) if (x[i] < last) x[i] = -Infinity;
  }
  let p = LLM.softmax(x);
  if (s.top_p < 1) { // the smallest set of the best whose mass reaches top_p
    const kept = x.fill(0);
    let mass = 0;
    for (const id of LLM.descending(p)) {
      if (mass && mass >= s.top_p) break; // the favourite stays even at 0
      mass += kept[id] = p[id];
    }
    p = kept;
  }
  const least = s.min_p * highest(p);
  for (let i = 0; i < p.length; i++) if (p[i] < least) p[i] = 0;
  return normalise(p);
};

// A number in [0, 1) that depends on seed and step only: a 32-bit mixer of a counter.
LLM.uniform = (seed, step) => {
  let x = (seed + Math.imul(0x9e3779b9, step + 1)) >>> 0;
  x = Math.imul(x ^ (x >>> 16), 0x21f0aaad);
  x = Math.imul(x ^ (x >>> 15), 0x735a2d97);
  return ((x ^ (x >>> 15)) >>> 0) / 2 ** 32;
};

// The id in whose slice u falls, when the slices lie side by side, the widest first.
LLM.draw = (p, u) => {
  let mass = 0, id;
  for (id of LLM.descending(p)) if ((mass += p[id]) > u) break;
  return id;
};
