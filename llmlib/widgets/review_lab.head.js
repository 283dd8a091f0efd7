// The reader's classifier: twin of fit_head in llmlib/scratch/classify.py, step by step. points: arrays of D numbers; labels: 0 or 1.
function fitHead(points, labels, decay, steps = 300) {
  const N = points.length, D = points[0].length;
  const square = points.reduce((sum, x) => sum + x.reduce((s, v) => s + v * v, 0), 0) / N;
  const rate = 1 / (decay + 0.25 * (1 + square));
  let w = new Float64Array(D), b = 0, aheadW = new Float64Array(D), aheadB = 0;
  for (let step = 0; step < steps; step++) {
    const slope = new Float64Array(D), speed = step / (step + 3);
    let slopeB = 0;
    points.forEach((x, n) => {
      const gap = (chance(x, aheadW, aheadB) - labels[n]) / N;
      for (let d = 0; d < D; d++) slope[d] += gap * x[d];
      slopeB += gap;
    });
    for (let d = 0; d < D; d++) {
      const next = aheadW[d] - rate * (slope[d] + decay * aheadW[d]);
      aheadW[d] = next + speed * (next - w[d]);
      w[d] = next;
    }
    const nextB = aheadB - rate * slopeB;
    aheadB = nextB + speed * (nextB - b);
    b = nextB;
  }
  return { w, b };
}
// Probability that a line gives: 1 / (1 + exp(-(w·x + b))).
function chance(x, w, b) {
  let sum = b;
  for (let d = 0; d < x.length; d++) sum += w[d] * x[d];
  return 1 / (1 + Math.exp(-sum));
}
// A trace -> the mean state of its tokens after a layer, position 0 (the document's mark) left out: pool in classify.py.
function featuresOf({ features, hidden_states: states, hidden_states_shape: [, T, D] = [] }, layer) {
  if (features) return features;
  const mean = new Float64Array(D);
  for (let t = 1; t < T; t++) for (let d = 0; d < D; d++) mean[d] += states[(layer * T + t) * D + d] / (T - 1);
  return mean;
}
const standard = (x, { mean, spread }) => Float64Array.from(x, (v, d) => (v - mean[d]) / spread[d] / Math.sqrt(mean.length));
// The classifier that counts: TF-IDF of the words of two letters and more, of length one, times their weights.
// -> {p, known: [[word, push]]}: what each known word added to the sum.
function countWords(text, words) {
  const times = new Map();
  for (const [word] of text.toLowerCase().matchAll(/[\p{L}\p{N}_]{2,}/gu)) if (word && Object.hasOwn(words, word)) times.set(word, (times.get(word) ?? 0) + 1);
  const size = Math.hypot(...[...times].map(([word, n]) => n * words[word][0])) || 1;
  const known = [...times].map(([word, n]) => [word, (n * words[word][0] * words[word][1]) / size]);
  return { known, p: 1 / (1 + Math.exp(-known.reduce((sum, [, push]) => sum + push, words[""][1]))) };
}
