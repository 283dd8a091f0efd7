// Word space: vectors of words, and what products of them say. The twin of llmlib/scratch/vectors.py, apart from any drawing.
const spaceBytes = (text) => Uint8Array.from(atob(text), (c) => c.charCodeAt(0));

// words, {shape: [V, D], data: int8 in base64}. Vectors have length 1 here.
function wordSpace(words, { shape: [V, D], data }) {
  const whole = new Int8Array(spaceBytes(data).buffer), unit = new Float32Array(V * D), number = new Map(words.map((word, i) => [word, i]));
  const scaleTo = (row, at) => { // a vector to length 1
    let length = 0;
    for (let i = 0; i < D; i++) length += row[at + i] ** 2;
    length = Math.sqrt(length) || 1;
    return Float64Array.from({ length: D }, (_, i) => row[at + i] / length);
  };
  for (let w = 0; w < V; w++) unit.set(scaleTo(whole, w * D), w * D);
  const vector = (w) => unit.subarray(w * D, (w + 1) * D);
  const cosine = (w, v) => { let sum = 0; for (let i = 0; i < D; i++) sum += unit[w * D + i] * v[i]; return sum; };
  const along = (direction) => { const v = scaleTo(direction, 0); return Float64Array.from({ length: V }, (_, w) => cosine(w, v)); };
  // [[word number, cosine]], nearest first, without some
  function nearest(direction, k, without = []) {
    const cosines = along(direction), left = new Set(without);
    return [...cosines.keys()].filter((w) => !left.has(w)).sort((a, b) => cosines[b] - cosines[a] || a - b).slice(0, k).map((w) => [w, cosines[w]]);
  }
  const sum = (...terms) => Float64Array.from({ length: D }, (_, i) => terms.reduce((s, [sign, w]) => s + sign * unit[w * D + i], 0));
  return {
    words, V, D, number, vector, along, nearest,
    between: (a, b) => cosine(a, vector(b)),
    neighbours: (w, k) => nearest(vector(w), k, [w]),
    analogy: (a, b, c, k, repeat = false) => nearest(sum([1, b], [-1, a], [1, c]), k, repeat ? [] : [a, b, c]),
    axis: (pairs) => scaleTo(sum(...pairs.flatMap(([from, to]) => [[1, to], [-1, from]])), 0),
  };
}

// Where a word is not: what the reader may have meant, by its first letters.
function spaceMeant(space, text) {
  for (let n = text.length; n > 1; n--) {
    const found = space.words.filter((word) => word.startsWith(text.slice(0, n))).slice(0, 4);
    if (found.length) return found;
  }
  return [];
}
