// Word vectors learned in the page: the twin of llmlib/scratch/word2vec.py, word_lesson.py and of a few lines of vectors.py.
// Does: the methods learn_words and look_words, in the worker of worker.js; with the same seed the same pairs, the same drawn
// words and, up to rounding, the same vectors. Does not: find texts (the page does), or draw. A piece: its names are its own.
const { methods, breathe, cancelled } = engine;
const decimal = (x) => x.toLocaleString("pt-BR", { useGrouping: false, maximumFractionDigits: 20 });
const CHOICES = { // name: [default, smallest, largest, label]
  size: [48, 2, 128, "O tamanho dos vetores"], window: [3, 1, 10, "A janela"], negatives: [5, 1, 20, "O número de palavras sorteadas"],
  epochs: [6, 1, 40, "O número de leituras"], min_count: [5, 1, 1000, "O mínimo de vezes"], sample: [1e-3, 0, 1, "O desbaste"],
  rate: [0.05, 1e-4, 1, "A taxa de aprendizado"], batch: [256, 1, 4096, "O lote"], seed: [0, 0, 1e6, "A semente"],
};
const FRACTIONS = ["sample", "rate"], FEWEST_WORDS = 200, MOST_LETTERS = 2e6;
const STREAM = { first: 0, keep: 1, reach: 2, noise: 3 };

const splitWords = (text) => text.normalize("NFC").toLowerCase().match(/[\p{L}\p{Nl}\p{No}]+(?:-[\p{L}\p{Nl}\p{No}]+)*/gu) ?? [];

function choices(params) {
  const all = {};
  for (const [name, [usual, low, high, label]] of Object.entries(CHOICES)) {
    const value = all[name] = params[name] ?? usual;
    if (!(value >= low && value <= high && (FRACTIONS.includes(name) || Number.isInteger(value))))
      throw Error(`${label} vai de ${decimal(low)} a ${decimal(high)}; veio ${decimal(value)}.`);
  }
  return all;
}

class WordLesson {
  constructor(text, recipe) {
    this.recipe = recipe;
    const texts = String(text).slice(0, MOST_LETTERS).split(/\n\s*\n/).map(splitWords), counts = new Map();
    for (const words of texts) for (const word of words) counts.set(word, (counts.get(word) ?? 0) + 1);
    const total = [...counts.values()].reduce((sum, n) => sum + n, 0);
    if (total < FEWEST_WORDS) throw Error(`O texto tem ${total} palavras, e são precisas pelo menos ${FEWEST_WORDS}. Cole um texto maior.`);
    this.words = [...counts.keys()].filter((word) => counts.get(word) >= recipe.min_count)
      .sort((a, b) => counts.get(b) - counts.get(a) || (a < b ? -1 : 1));
    if (this.words.length < 2) throw Error(`Menos de duas palavras aparecem ${recipe.min_count} vezes: não há o que comparar.`);
    this.number = new Map(this.words.map((word, i) => [word, i]));
    this.counts = this.words.map((word) => counts.get(word));
    const V = this.words.length, D = recipe.size, known = this.counts.reduce((sum, n) => sum + n, 0);
    const ids = [], of = [];
    texts.forEach((words, at) => { for (const word of words) if (this.number.has(word)) { ids.push(this.number.get(word)); of.push(at); } });
    this.ids = Int32Array.from(ids);
    this.of = Int32Array.from(of);
    this.chance = this.counts.map((n) => { const ratio = recipe.sample / (n / known); return recipe.sample ? Math.min(1, Math.sqrt(ratio) + ratio) : 1; });
    let mass = 0;
    this.noise = Float64Array.from(this.counts, (n) => (mass += n ** 0.75)).map((m) => m / mass);
    this.seed = (stream) => 4 * recipe.seed + STREAM[stream];
    this.vectors = Float32Array.from({ length: V * D }, (_, i) => (LLM.uniform(this.seed("first"), i) - 0.5) / D);
    this.contexts = new Float32Array(V * D);
    Object.assign(this, { epoch: -1, at: 0, pairs: null, seen: 0, seconds: 0, losses: [], cut: Math.max(0, text.length - MOST_LETTERS) });
  }

  // (centre, neighbour) pairs of one reading, in the order of the text.
  reading(number) {
    const { ids, of, recipe } = this, N = ids.length, kept = [], reach = [];
    for (let i = 0; i < N; i++) {
      if (LLM.uniform(this.seed("keep"), number * N + i) >= this.chance[ids[i]]) continue;
      kept.push(i);
      reach.push(1 + Math.floor(recipe.window * LLM.uniform(this.seed("reach"), number * N + i)));
    }
    const centres = [], neighbours = [];
    for (let i = 0; i < kept.length; i++) for (let d = 1; d <= reach[i]; d++) for (const j of [i - d, i + d])
      if (j >= 0 && j < kept.length && of[kept[j]] === of[kept[i]]) { centres.push(ids[kept[i]]); neighbours.push(ids[kept[j]]); }
    return { centres: Int32Array.from(centres), neighbours: Int32Array.from(neighbours) };
  }

  // The word in whose slice of the noise u falls.
  drawn(u) {
    let low = 0, high = this.noise.length;
    while (low < high) { const middle = (low + high) >> 1; this.noise[middle] > u ? (high = middle) : (low = middle + 1); }
    return low;
  }

  // One step of gradient descent on B pairs; `others`: for each the neighbour, then the K drawn words. Returns the mean loss.
  step(centres, others, rate) {
    const D = this.recipe.size, B = centres.length, J = others.length / B, { vectors, contexts } = this;
    const before = new Float32Array(B * D), change = new Float32Array(B * D), errors = new Float32Array(B * J);
    let loss = 0;
    for (let b = 0; b < B; b++) {
      const w = centres[b] * D, row = b * D;
      for (let i = 0; i < D; i++) before[row + i] = vectors[w + i];
      for (let j = 0; j < J; j++) {
        const other = others[b * J + j];
        if (j && other === others[b * J]) continue; // the neighbour itself was drawn: it does not count
        const c = other * D;
        let score = 0;
        for (let i = 0; i < D; i++) score += before[row + i] * contexts[c + i];
        const e = Math.exp(-Math.abs(score)), sigmoid = score >= 0 ? 1 / (1 + e) : e / (1 + e);
        loss += Math.log1p(e) + Math.max(0, j ? score : -score);
        const error = errors[b * J + j] = rate * ((j ? 0 : 1) - sigmoid);
        for (let i = 0; i < D; i++) change[row + i] += error * contexts[c + i];
      }
    }
    for (let b = 0; b < B; b++) {
      const w = centres[b] * D, row = b * D;
      for (let j = 0; j < J; j++) {
        const error = errors[b * J + j], c = others[b * J + j] * D;
        if (error) for (let i = 0; i < D; i++) contexts[c + i] += error * before[row + i];
      }
      for (let i = 0; i < D; i++) vectors[w + i] += change[row + i];
    }
    return loss / B;
  }

  get done() { return this.over ? 1 : (Math.max(0, this.epoch) + (this.pairs ? this.at / this.pairs.centres.length : 0)) / this.recipe.epochs; }
  get over() { return this.epoch >= this.recipe.epochs; }

  // The next batch of the run; false where it is over.
  learn() {
    const { batch, negatives: K, rate, epochs } = this.recipe, began = performance.now();
    while (!this.pairs || this.at >= this.pairs.centres.length) {
      this.epoch += 1;
      this.at = 0;
      if (this.over) return false;
      this.pairs = this.reading(this.epoch);
    }
    const centres = this.pairs.centres.subarray(this.at, this.at + batch), others = new Int32Array(centres.length * (1 + K));
    for (let b = 0; b < centres.length; b++) {
      others[b * (1 + K)] = this.pairs.neighbours[this.at + b];
      for (let k = 0; k < K; k++) others[b * (1 + K) + 1 + k] = this.drawn(LLM.uniform(this.seed("noise"), (this.seen + b) * K + k));
    }
    this.losses.push(this.step(centres, others, rate * Math.max(0.01, 1 - this.done)));
    this.at += batch;
    this.seen += centres.length;
    this.seconds += (performance.now() - began) / 1000;
    return true;
  }

  // Rows of length 1 of some words, as one Float64Array.
  rows(numbers) {
    const D = this.recipe.size, out = new Float64Array(numbers.length * D);
    numbers.forEach((number, n) => {
      let length = 0;
      for (let i = 0; i < D; i++) length += this.vectors[number * D + i] ** 2;
      for (let i = 0; i < D; i++) out[n * D + i] = this.vectors[number * D + i] / (Math.sqrt(length) || 1);
    });
    return out;
  }

  near(word, k) {
    if (!this.number.has(word)) return null;
    const D = this.recipe.size, all = (this.all ??= this.words.map((_, i) => i)), u = this.rows(all), at = this.number.get(word);
    const cosine = (n) => { let sum = 0; for (let i = 0; i < D; i++) sum += u[n * D + i] * u[at * D + i]; return sum; };
    return all.map((n) => [n, cosine(n)]).filter(([n]) => n !== at).sort((a, b) => b[1] - a[1]).slice(0, k).map(([n, x]) => [this.words[n], x]);
  }

  // groups: {name: words} -> those that the text has, the plane of their differences, and how many have a neighbour of their own group.
  look({ groups = {}, watch = [], k = 6 }) {
    const D = this.recipe.size, shown = Object.entries(groups).flatMap(([name, words]) => words.filter((w) => this.number.has(w)).map((w) => [w, name]));
    const u = this.rows(shown.map(([w]) => this.number.get(w))), n = shown.length;
    let same = 0;
    for (let a = 0; a < n; a++) {
      let best = -2, who = -1;
      for (let b = 0; b < n; b++) {
        if (a === b) continue;
        let sum = 0;
        for (let i = 0; i < D; i++) sum += u[a * D + i] * u[b * D + i];
        if (sum > best) { best = sum; who = b; }
      }
      same += who >= 0 && shown[a][1] === shown[who][1];
    }
    const points = n > 2 ? this.plane(u, n) : [];
    return { near: Object.fromEntries(watch.map((w) => [w, this.near(w, k)])), points, shown: shown.map(([w]) => w), score: n ? same / n : null };
  }

  // `Plane` of vectors.py: orthogonal iteration from where the axes were.
  plane(u, n, turns = 20) {
    const D = this.recipe.size, x = Float64Array.from(u);
    for (let i = 0; i < D; i++) {
      let mean = 0;
      for (let a = 0; a < n; a++) mean += x[a * D + i] / n;
      for (let a = 0; a < n; a++) x[a * D + i] -= mean;
    }
    const dot = (p, q) => p.reduce((sum, v, i) => sum + v * q[i], 0), long = (p) => { const l = Math.sqrt(dot(p, p)) || 1; return p.map((v) => v / l); };
    const upright = ([p, q]) => { const first = long(p), along = dot(q, first); return [first, long(q.map((v, i) => v - along * first[i]))]; };
    const along = (axis) => Array.from({ length: n }, (_, a) => { let sum = 0; for (let i = 0; i < D; i++) sum += x[a * D + i] * axis[i]; return sum; });
    this.axes ??= upright([1, 2].map((wave) => Array.from({ length: D }, (_, i) => Math.sin(i * wave + 1))));
    for (let turn = 0; turn < turns; turn++) {
      this.axes = upright(this.axes.map((axis) => {
        const places = along(axis), next = new Array(D).fill(0);
        for (let a = 0; a < n; a++) for (let i = 0; i < D; i++) next[i] += places[a] * x[a * D + i];
        return next;
      }));
    }
    const [first, second] = this.axes.map(along);
    return first.map((v, a) => [v, second[a]]);
  }
}

const wordLessons = new Map();
const wordLesson = (run) => {
  if (!wordLessons.has(run)) throw Error("Estes vetores ainda não começaram a ser treinados.");
  return wordLessons.get(run);
};

Object.assign(methods, {
  // Events: {start}, where a text is given; then {done, pairs, loss, speed, near, points, shown, score}, some a second. A cancel is a
  // pause: learn_words without a text goes on.
  async learn_words({ run = "", text, watch = [], groups = {}, moments = 40, ...params }, id, send) {
    if (text !== undefined) {
      wordLessons.clear();
      wordLessons.set(run, new WordLesson(text, choices(params)));
      const { words, ids, cut } = wordLesson(run);
      send({ start: { vocabulary: words.length, words: ids.length, cut, common: words.slice(0, 200) } });
    }
    const now = wordLesson(run);
    Object.assign(now, { watch, groups });
    let told = now.done;
    const tell = () => {
      const loss = now.losses.length ? now.losses.reduce((sum, x) => sum + x, 0) / now.losses.length : null;
      now.losses = [];
      told = now.done;
      send({ done: now.done, pairs: now.seen, loss, speed: now.seen / Math.max(now.seconds, 1e-9), ...now.look(now) });
    };
    if (!now.seen) tell(); // before the first step: as drawn
    while (true) {
      await breathe();
      if (cancelled.has(id)) { tell(); return { reason: "cancelled", done: now.done }; }
      for (const until = performance.now() + 12; performance.now() < until;) if (!now.learn()) { tell(); return { reason: "length", done: 1 }; }
      if (now.done - told >= 1 / moments) tell();
    }
  },
  // {run, watch, groups} -> near, points, score; while it trains, the events that follow tell of these words.
  look_words({ run = "", watch = [], groups = {} }) {
    const now = wordLesson(run);
    Object.assign(now, { watch, groups });
    return now.look(now);
  },
});
