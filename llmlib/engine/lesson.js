// Lessons: a small model learns a text, one character at a time, and the page hears how it goes.
// Does: the methods train, adjust and write, in the worker of worker.js; the same steps, from the same first weights on the
// same windows, as llmlib/scratch/small_lm.py, and the same sentences for a text that cannot be learned from.
// Does not: compute gradients (train.js), or find texts (the page does).
const LEAST = 500, MOST = 300000, FEWEST = 5, ALPHABET = 200, RARE = 0.01, HELD_OUT = 0.1; // of characters.py
const WINDOWS = 24, WARMUP = 20; // of small_lm.py
const RECIPE = { // name: [default, smallest, largest, label]
  layers: [2, 1, 6, "O número de camadas"], hidden_size: [64, 16, 128, "A largura"],
  learning_rate: [0.005, 1e-6, 10, "A taxa de aprendizado"], batch: [16, 1, 64, "O lote"], context: [64, 8, 256, "O contexto"],
  seed: [0, 0, 1e9, "A semente"],
};
const decimal = (x) => x.toLocaleString("pt-BR", { useGrouping: false, maximumFractionDigits: 20 });
const dots = (n) => String(n).replace(/\B(?=(\d{3})+$)/g, ".");

function recipe(params) {
  const all = {};
  for (const [name, [usual, low, high, label]] of Object.entries(RECIPE)) {
    const value = all[name] = params[name] ?? usual;
    if (!(value >= low && value <= high && (name === "learning_rate" || Number.isInteger(value))))
      throw Error(`${label} vai de ${decimal(low)} a ${decimal(high)}; veio ${decimal(value)}.`);
  }
  if (all.hidden_size % 16) throw Error(`A largura é um múltiplo de 16; veio ${all.hidden_size}.`);
  return all;
}

// One code for each character (NFC), one kind of line break, no control characters, no halves of characters.
const clean = (text) => text.replace(/[\ud800-\udbff](?![\udc00-\udfff])|(?<![\ud800-\udbff])[\udc00-\udfff]/g, "\ufffd")
  .normalize("NFC").replace(/\r\n?/g, "\n").replace(/[\x00-\x08\x0b-\x1f\x7f\ufeff]/g, "").replaceAll("\t", " ");
const counted = (characters) => {
  const counts = new Map();
  for (const c of characters) counts.set(c, (counts.get(c) ?? 0) + 1);
  return counts;
};
const ranked = (counts) => [...counts.keys()].sort((a, b) => counts.get(b) - counts.get(a) || a.codePointAt() - b.codePointAt());

// text -> {vocabulary, ids of each character, train, valid, cut}
function prepare(text, context) {
  let characters = Array.from(clean(String(text)).replace(/^[ \n]+|[ \n]+$/g, ""));
  const least = Math.max(LEAST, 4 * (context + 1)), length = characters.length;
  if (length < least) throw Error(`O texto tem ${dots(length)} caracteres, e o treino precisa de pelo menos ${dots(least)}: ` +
    "uma parte fica guardada para a prova. Cole um texto maior.");
  characters = characters.slice(0, MOST);
  let counts = counted(characters);
  if (counts.size > ALPHABET) {
    const kept = new Set(ranked(counts).slice(0, ALPHABET - 1)), before = counts.size;
    characters = characters.map((c) => (kept.has(c) ? c : "\ufffd"));
    const rare = [...counts].reduce((sum, [c, n]) => sum + (kept.has(c) ? 0 : n), 0);
    if (rare > RARE * characters.length) throw Error(`O texto usa ${dots(before)} caracteres diferentes, e este modelo lê um caractere ` +
      `por vez e distingue até ${ALPHABET}. Alfabetos como o latino, o grego, o cirílico e o árabe cabem; ` +
      "escritas com milhares de sinais pedem outro tokenizador.");
    counts = counted(characters);
  }
  if (counts.size < FEWEST) throw Error(`O texto só tem ${counts.size} caracteres diferentes: não há o que aprender nele.`);
  const vocabulary = ranked(counts), ids = new Map(vocabulary.map((c, i) => [c, i]));
  const all = Int32Array.from(characters, (c) => ids.get(c));
  const held = Math.max(Math.floor(HELD_OUT * all.length), context + 1);
  return { vocabulary, ids, train: all.slice(0, -held), valid: all.slice(-held), cut: Math.max(0, length - MOST) };
}

// Mean -ln p of the held-out characters for guesses that need no training: all alike; as often as they came; as often as
// they came after the one before. Counts smoothed as in ngram.py (Witten and Bell).
function untrained({ vocabulary: { length: V }, train, valid }) {
  const one = new Float64Array(V), two = new Float64Array(V * V), after = new Float64Array(V);
  for (let i = 1; i < train.length; i++) {
    one[train[i]]++;
    if (!two[train[i - 1] * V + train[i]]++) after[train[i - 1]]++; // how many different ones followed
  }
  const from = one.map((_, a) => two.subarray(a * V, a * V + V).reduce((sum, n) => sum + n, 0));
  const seen = train.length - 1, different = one.reduce((sum, n) => sum + (n > 0), 0);
  let unigram = 0, bigram = 0;
  for (let i = 1; i < valid.length; i++) {
    const a = valid[i - 1], b = valid[i], p = (one[b] + different / V) / (seen + different);
    unigram -= Math.log(p);
    bigram -= Math.log(from[a] ? (two[a * V + b] + after[a] * p) / (from[a] + after[a]) : p);
  }
  return { uniform: Math.log(V), unigram: unigram / (valid.length - 1), bigram: bigram / (valid.length - 1) };
}

class Lesson {
  constructor(text, choices) {
    const { layers, hidden_size, context, seed } = this.recipe = choices, heads = hidden_size / 16;
    this.text = prepare(text, context);
    this.trainer = new LLM.Trainer({
      vocab_size: this.text.vocabulary.length, hidden_size, intermediate_size: Math.floor(11 * hidden_size / 4), num_hidden_layers: layers,
      num_attention_heads: heads, num_key_value_heads: heads % 2 ? heads : heads / 2, head_dim: 16, max_position_embeddings: context,
      rope_theta: 1e4, rms_norm_eps: 1e-6 }, LLM.trainWasm && LLM.bytes(LLM.trainWasm));
    this.rate = choices.learning_rate;
    this.seconds = 0;
    this.latest = []; // losses of the last steps
    let done = 0;
    for (const [name, [, inputs]] of Object.entries(this.trainer.shapes)) {
      const weight = this.trainer.weights[name];
      if (!inputs) { weight.fill(1); continue; }
      const std = (name.includes("embed") ? 0.02 : inputs ** -0.5) / (/o_proj|down_proj/.test(name) ? Math.sqrt(2 * layers) : 1);
      for (let i = 0; i < weight.length; i++) weight[i] = (2 * LLM.uniform(4 * seed, done++) - 1) * Math.sqrt(3) * std;
    }
  }
  get step() { return this.trainer.steps; }

  start() {
    const { train, valid, cut, vocabulary } = this.text;
    return { characters: train.length + valid.length, held_out: valid.length, cut, vocabulary: vocabulary.length,
      parameters: this.trainer.count, backend: this.trainer.kernel.name, ...untrained(this.text) };
  }

  // windows of T + 1 characters that begin at starts, one after the other
  windows(ids, starts) {
    const T = this.recipe.context, rows = new Int32Array(starts.length * (T + 1));
    starts.forEach((start, i) => rows.set(ids.subarray(start, start + T + 1), i * (T + 1)));
    return rows;
  }

  learn() {
    const { batch, context, seed } = this.recipe, { train } = this.text, began = performance.now();
    const starts = Array.from({ length: batch }, (_, i) => Math.floor(LLM.uniform(4 * seed + 1, this.step * batch + i) * (train.length - context)));
    const { loss, norm } = this.trainer.step(this.windows(train, starts), { rate: this.rate * Math.min(1, (this.step + 1) / WARMUP) });
    this.seconds += (performance.now() - began) / 1000;
    this.latest = [...this.latest.slice(-7), loss];
    return { loss, norm };
  }

  validate() {
    const T = this.recipe.context, { valid } = this.text, count = Math.min(WINDOWS, Math.max(1, Math.floor((valid.length - 1) / T)));
    return this.trainer.loss(this.windows(valid, Array.from({ length: count }, (_, i) =>
      Math.floor(i * (valid.length - T - 1) / Math.max(1, count - 1)))));
  }

  get diverged() {
    const mean = this.latest.reduce((sum, loss) => sum + loss, 0) / Math.max(1, this.latest.length);
    return !Number.isFinite(mean) || (this.latest.length === 8 && mean > 1.5 * Math.log(this.text.vocabulary.length));
  }

  // Continues prompt by length characters, read by the model of model.js with the weights of now. When the context is full,
  // its first half is forgotten.
  write({ prompt = "", length = 160, temperature = 0.8, seed = 0 }) {
    const { config, weights, shapes, kernel } = this.trainer, { ids, vocabulary } = this.text, T = config.max_position_embeddings;
    const tensors = Object.entries(weights).map(([name, array]) => [name, shapes[name], "f32", array.byteOffset]);
    if (this.writer) for (const [name, array] of Object.entries(weights)) this.writer.arrays[name].set(array);
    else this.writer = new LLM.Model({ config, tensors }, new Uint8Array(kernel.memory), LLM.wasm && LLM.bytes(LLM.wasm));
    this.writer.seen = []; // what it keeps was computed with other weights
    const known = Array.from(clean(prompt), (c) => ids.get(c)).filter((id) => id !== undefined), written = [];
    let window = (known.length ? known : [ids.get("\n") ?? 0]).slice(-T);
    for (let step = 0; step < length; step++) {
      if (window.length > T) window = window.slice(-Math.floor(T / 2));
      const p = LLM.distribution(this.writer.forward(window), window, 0, LLM.settings({ temperature }));
      const id = LLM.draw(p, LLM.uniform(seed, step));
      if (id === undefined) break; // weights that are no numbers any more
      written.push(id);
      window.push(id);
    }
    const text = (list) => list.map((id) => vocabulary[id]).join("");
    return { prompt: text(known), text: text(written) };
  }
}

const lessons = new Map();
const lesson = (run) => {
  if (!lessons.has(run)) throw Error("Este modelo ainda não começou a treinar.");
  return lessons.get(run);
};

Object.assign(methods, {
  // Events: {start}, where a text is given; then {step, losses of the steps since the last event, norm, speed}, and every
  // `every` steps also {validation, sample}. A cancel is a pause: train without a text goes on.
  async train({ run = "", text, steps = 1000, every = 25, ...params }, id, send) {
    if (text !== undefined) {
      lessons.clear(); // one at a time: a model and its gradients take memory
      lessons.set(run, new Lesson(text, recipe(params)));
      send({ start: lesson(run).start() });
    }
    const now = lesson(run), { batch, context } = now.recipe, end = now.step + steps;
    if (params.learning_rate !== undefined) now.rate = recipe(params).learning_rate;
    let losses = [], norm = null, told = performance.now();
    while (true) {
      const { step, diverged } = now, over = step >= end || diverged, measured = step % every === 0 || over;
      if (measured || performance.now() - told > 100) {
        send({ step, losses, norm, speed: step * batch * context / Math.max(now.seconds, 1e-9),
          ...(measured && { validation: now.validate(), sample: now.write({}).text }) });
        losses = [];
        told = performance.now();
      }
      if (over) return { reason: diverged ? "diverged" : "length", step, learning_rate: now.rate };
      await breathe(); // a pause, another learning rate, or a text to write may have come
      if (cancelled.has(id)) {
        if (losses.length) send({ step, losses, norm, speed: step * batch * context / Math.max(now.seconds, 1e-9) });
        return { reason: "cancelled", step, learning_rate: now.rate };
      }
      const made = now.learn();
      losses.push(made.loss);
      norm = made.norm;
    }
  },
  adjust({ run = "", learning_rate }) { return { learning_rate: lesson(run).rate = recipe({ learning_rate }).learning_rate }; },
  write({ run = "", ...params }) { return lesson(run).write(params); },
});
