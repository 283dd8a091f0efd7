// From logits to the next token: penalties, temperature, top-k, top-p, min-p, and a draw that a seed repeats.
// Does: the rules of llmlib.scratch.sampling in float64, so both give the same text. Does not: run the model.
"use strict";
{
  const LLM = (globalThis.LLM ??= {});
  const DEFAULTS = { temperature: 1, top_k: 0, top_p: 1, min_p: 0, repetition_penalty: 1, frequency_penalty: 0,
    presence_penalty: 0, seed: 0 };

  // Settings with their defaults; throws a Portuguese sentence on a value that has no meaning.
  function settings(given = {}) {
    const s = { ...DEFAULTS, ...given };
    const rules = { temperature: [(v) => v >= 0, "não pode ser negativa"],
      top_k: [(v) => v >= 0 && Number.isInteger(v), "deve ser um inteiro a partir de 0 (0 desliga)"],
      top_p: [(v) => v > 0 && v <= 1, "deve ficar entre 0 e 1 (1 desliga)"],
      min_p: [(v) => v >= 0 && v <= 1, "deve ficar entre 0 e 1 (0 desliga)"],
      repetition_penalty: [(v) => v > 0, "deve ser maior que 0 (1 desliga)"] };
    for (const [name, value] of Object.entries(s)) {
      const [holds, sentence] = rules[name] ?? [() => name in DEFAULTS, "não é um controle da amostragem"];
      if (!Number.isFinite(value) || !holds(value)) throw Error(`${name} ${sentence}; veio ${value}.`);
    }
    return s;
  }

  // logits -> probabilities, float64
  function softmax(logits) {
    const p = Float64Array.from(logits), top = p.reduce((a, b) => Math.max(a, b));
    let sum = 0;
    for (let i = 0; i < p.length; i++) sum += p[i] = Math.exp(p[i] - top);
    return p.map((v) => v / sum);
  }

  // Ids by probability, highest first, ties by smaller id; lazily, in tiers, since a draw rarely needs many.
  function* descending(p) {
    for (let high = Infinity, low = p.reduce((a, b) => Math.max(a, b)) / 8; high > 0; [high, low] = [low, low < 1e-300 ? 0 : low / 16]) {
      const tier = [];
      for (let i = 0; i < p.length; i++) if (p[i] > low && p[i] <= high) tier.push(i);
      yield* tier.sort((a, b) => p[b] - p[a] || a - b);
    }
  }

  // logits (V), all ids before, how many of the last ones were generated -> probabilities (V) after every rule,
  // in the order of transformers; frequency and presence penalties count generated tokens only, as OpenAI does.
  function distribution(logits, ids, generated, s) {
    const x = Float64Array.from(logits);
    for (const id of new Set(ids)) x[id] = x[id] < 0 ? x[id] * s.repetition_penalty : x[id] / s.repetition_penalty;
    const count = new Map();
    for (const id of ids.slice(ids.length - generated)) count.set(id, (count.get(id) ?? 0) + 1);
    for (const [id, n] of count) x[id] -= s.frequency_penalty * n + s.presence_penalty;
    if (s.temperature === 0) { // greedy: all the probability on the first of the highest
      const best = x.indexOf(x.reduce((a, b) => Math.max(a, b)));
      return x.fill(0).fill(1, best, best + 1);
    }
    for (let i = 0; i < x.length; i++) x[i] /= s.temperature;
    if (s.top_k > 0 && s.top_k < x.length) {
      const last = Float64Array.from(x).sort()[x.length - s.top_k];
      for (let i = 0; i < x.length; i++) if (x[i] < last) x[i] = -Infinity;
    }
    let p = softmax(x);
    if (s.top_p < 1) { // the smallest set whose probabilities reach top_p
      const kept = new Float64Array(p.length);
      let sum = 0;
      for (const id of descending(p)) {
        if (sum >= s.top_p) break;
        kept[id] = p[id];
        sum += p[id];
      }
      p = kept;
    }
    const least = s.min_p * p.reduce((a, b) => Math.max(a, b));
    let sum = 0;
    for (let i = 0; i < p.length; i++) sum += p[i] = p[i] < least ? 0 : p[i];
    return p.map((v) => v / sum);
  }

  // A number in [0, 1) that depends only on seed and step (32-bit mixing by counter).
  function uniform(seed, step) {
    let x = (seed + Math.imul(0x9e3779b9, step + 1)) >>> 0;
    x = Math.imul(x ^ (x >>> 16), 0x21f0aaad);
    x = Math.imul(x ^ (x >>> 15), 0x735a2d97);
    return ((x ^ (x >>> 15)) >>> 0) / 2 ** 32;
  }

  // The first id, by descending probability, at which the running sum passes u.
  function draw(p, u) {
    let sum = 0, id;
    for (id of descending(p)) if (p[id] > 0 && (sum += p[id]) > u) break;
    return id;
  }

  Object.assign(LLM, { settings, softmax, descending, distribution, uniform, draw });
}
