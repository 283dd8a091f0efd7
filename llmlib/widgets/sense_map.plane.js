// The plane in which vectors differ most, for vectors that are more numbers than they are many: twin of plane() in
// llmlib/scratch/contextual.py, by the products of the vectors with each other. vectors: arrays (D).
function smPlane(vectors) {
  const N = vectors.length, D = vectors[0].length, middle = new Float64Array(D);
  for (const v of vectors) for (let d = 0; d < D; d++) middle[d] += v[d] / N;
  const away = vectors.map((v) => Float64Array.from(v, (x, d) => x - middle[d]));
  const dot = (a, b) => { let sum = 0; for (let d = 0; d < a.length; d++) sum += a[d] * b[d]; return sum; };
  const products = away.map((a) => Float64Array.from(away, (b) => dot(a, b)));
  const directions = [], total = products.reduce((sum, row, i) => sum + row[i], 0);
  let kept = 0;
  for (let axis = 0; axis < 2; axis++) { // the largest eigenvector, by repeated products; then it is taken away
    let u = Float64Array.from({ length: N }, (_, i) => Math.sin(1 + 7 * i + axis)), size = 0;
    for (let turn = 0; turn < 400; turn++) {
      const next = products.map((row) => dot(row, u));
      size = Math.hypot(...next);
      if (size < 1e-12) break;
      u = Float64Array.from(next, (x) => x / size);
    }
    for (let i = 0; i < N; i++) for (let j = 0; j < N; j++) products[i][j] -= size * u[i] * u[j];
    const direction = new Float64Array(D);
    away.forEach((v, i) => { for (let d = 0; d < D; d++) direction[d] += v[d] * u[i]; });
    const length = Math.hypot(...direction) || 1;
    directions.push(direction.map((x) => x / length));
    kept += size;
  }
  const place = (v) => directions.map((direction) => dot(Float64Array.from(v, (x, d) => x - middle[d]), direction));
  return { place, kept: total > 1e-12 ? kept / total : 1 };
}
