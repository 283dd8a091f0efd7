// What the figures of sentence vectors count with: twin of llmlib/scratch/sentence_uses.py and of the TF-IDF of scikit-learn.
// A vector is a Float32Array of length 1; a collection is an array of them. Needs LLM.words (engine: search), LLM.uniform (sampling).
const tuDot = (a, b) => { let sum = 0; for (let d = 0; d < a.length; d++) sum += a[d] * b[d]; return sum; };
function tuUnit(v) {
  const length = Math.hypot(...v);
  return length ? Float32Array.from(v, (x) => x / length) : Float32Array.from(v);
}
// {shape: [N, D], data: base64 of int8} -> N vectors.
function tuUnpack({ shape: [N, D], data }) {
  const bytes = Uint8Array.from(atob(data), (c) => c.charCodeAt(0)), steps = new Int8Array(bytes.buffer);
  return Array.from({ length: N }, (_, n) => tuUnit(steps.subarray(n * D, (n + 1) * D)));
}
const tuRows = (flat, [N, D]) => Array.from({ length: N }, (_, n) => tuUnit(Array.prototype.slice.call(flat, n * D, (n + 1) * D)));
function tuMean(vectors) {
  const sum = new Float32Array(vectors[0].length);
  for (const v of vectors) for (let d = 0; d < sum.length; d++) sum[d] += v[d] / vectors.length;
  return sum;
}
// Places of the k highest scores, the best first; equal ones keep their order.
const tuBest = (scores, k) => LLM.best(scores, k).map(([place]) => place);

// Counting words: text -> vector, rare words of the collection weighing more. A text of unknown words gets zeros.
function tuWords(texts) {
  const place = new Map(), having = [];
  const split = texts.map((text) => LLM.words(text));
  for (const words of split) for (const word of new Set(words)) {
    if (!place.has(word)) { place.set(word, having.length); having.push(0); }
    having[place.get(word)] += 1;
  }
  const idf = having.map((n) => Math.log((1 + texts.length) / (1 + n)) + 1);
  const encode = (words) => {
    const v = new Float64Array(idf.length);
    for (const word of words) if (place.has(word)) v[place.get(word)] += 1;
    for (let d = 0; d < v.length; d++) if (v[d]) v[d] = (1 + Math.log(v[d])) * idf[d];
    return tuUnit(v);
  };
  return { vectors: split.map(encode), encode: (text) => encode(LLM.words(text)) };
}

function tuProfile(liked, disliked, dislike = 0.5) {
  const wanted = new Float64Array((liked[0] ?? disliked[0]).length), good = liked.length && tuMean(liked), bad = disliked.length && tuMean(disliked);
  for (let d = 0; d < wanted.length; d++) wanted[d] = (good ? good[d] : 0) - (bad ? dislike * bad[d] : 0);
  return tuUnit(wanted);
}
function tuDiverse(collection, query, k, variety) {
  const like = collection.map((v) => tuDot(v, query)), repeated = collection.map(() => -1), chosen = [];
  while (chosen.length < Math.min(k, collection.length)) {
    let best = -1, top = -Infinity;
    like.forEach((x, i) => {
      const score = (1 - variety) * x - variety * repeated[i];
      if (!chosen.includes(i) && score > top) { top = score; best = i; }
    });
    chosen.push(best);
    collection.forEach((v, i) => { repeated[i] = Math.max(repeated[i], tuDot(v, collection[best])); });
  }
  return chosen;
}
// -> [[label, share], …] by share.
function tuVote(labelled, labels, query, k) {
  const like = labelled.map((v) => tuDot(v, query)), weights = new Map();
  for (const i of tuBest(like, k)) weights.set(labels[i], (weights.get(labels[i]) ?? 0) + Math.max(like[i], 1e-6));
  const total = [...weights.values()].reduce((a, b) => a + b, 0);
  return [...weights].map(([label, w]) => [label, w / total]).sort((a, b) => b[1] - a[1]);
}
// k-means on the sphere -> the group of each vector.
function tuClusters(vectors, k, seed = 0, rounds = 50) {
  const N = vectors.length, centres = [vectors[Math.floor(LLM.uniform(seed, 0) * N)]];
  while (centres.length < k) {
    let sum = 0;
    const below = vectors.map((v) => (sum += Math.max(1 - Math.max(...centres.map((c) => tuDot(v, c))), 0)));
    const mark = LLM.uniform(seed, centres.length) * sum, at = below.findIndex((x) => x > mark);
    centres.push(vectors[at < 0 ? N - 1 : at]);
  }
  let group = vectors.map(() => -1);
  for (let round = 0; round < rounds; round++) {
    const moved = vectors.map((v) => tuBest(centres.map((c) => tuDot(v, c)), 1)[0]);
    if (moved.every((g, i) => g === group[i])) break;
    group = moved;
    for (let c = 0; c < k; c++) {
      const own = vectors.filter((_, i) => group[i] === c);
      if (own.length) centres[c] = tuUnit(tuMean(own));
    }
  }
  return { group, centres };
}
// How much two ways of grouping agree: 1 the same, 0 as by chance (Hubert & Arabie 1985), as scikit-learn's adjusted_rand_score.
function tuAgreement(a, b) {
  const table = new Map(), rows = new Map(), columns = new Map(), pairs = (n) => (n * (n - 1)) / 2;
  const add = (map, key) => map.set(key, (map.get(key) ?? 0) + 1), sum = (map) => [...map.values()].reduce((s, n) => s + pairs(n), 0);
  a.forEach((x, i) => { add(table, `${x}\n${b[i]}`); add(rows, x); add(columns, b[i]); });
  const chance = (sum(rows) * sum(columns)) / pairs(a.length), most = (sum(rows) + sum(columns)) / 2;
  return most === chance ? 1 : (sum(table) - chance) / (most - chance);
}
// Mean distance of a vector to its k nearest in the collection; `but`: the place of the vector itself, left out.
function tuStrangeness(collection, query, k, but = -1) {
  const like = collection.map((v) => tuDot(v, query)).filter((_, i) => i !== but).sort((a, b) => b - a).slice(0, k);
  return 1 - like.reduce((a, b) => a + b, 0) / like.length;
}
// How many different texts, in effect: exp of the entropy of the eigenvalues of the cosines, by Jacobi's rotations.
function tuVendi(vectors) {
  const n = vectors.length, A = vectors.map((a) => vectors.map((b) => tuDot(a, b) / n));
  for (let sweep = 0; sweep < 30; sweep++) {
    let off = 0;
    for (let p = 0; p < n; p++) for (let q = p + 1; q < n; q++) off += A[p][q] ** 2;
    if (off < 1e-18) break;
    for (let p = 0; p < n; p++) for (let q = p + 1; q < n; q++) {
      if (Math.abs(A[p][q]) < 1e-14) continue;
      const angle = 0.5 * Math.atan2(2 * A[p][q], A[q][q] - A[p][p]), c = Math.cos(angle), s = Math.sin(angle);
      for (let i = 0; i < n; i++) { const x = A[i][p], y = A[i][q]; A[i][p] = c * x - s * y; A[i][q] = s * x + c * y; }
      for (let i = 0; i < n; i++) { const x = A[p][i], y = A[q][i]; A[p][i] = c * x - s * y; A[q][i] = s * x + c * y; }
    }
  }
  return Math.exp(-A.reduce((sum, row, i) => sum + (row[i] > 1e-12 ? row[i] * Math.log(row[i]) : 0), 0));
}
