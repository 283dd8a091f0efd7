// Pieces of words: runs of 3 to 5 letters, hashed to rows of a table that they share. The twin of llmlib/scratch/subwords.py.
function pieceRuns(word, shortest = 3, longest = 5) {
  const letters = Array.from(`<${word}>`), out = [];
  for (let n = shortest; n <= Math.min(letters.length, longest); n++) for (let i = 0; i + n <= letters.length; i++) out.push(letters.slice(i, i + n).join(""));
  return out;
}
// FNV-1a of the bytes, each read as a signed number.
function pieceRow(run, buckets) {
  let code = 2166136261;
  for (const byte of new TextEncoder().encode(run)) code = Math.imul(code ^ (byte > 127 ? byte - 256 : byte), 16777619);
  return (code >>> 0) % buckets;
}
// table: {shape: [buckets, D], data} -> {runs: [{text, row, vector}], vector: their mean}
function pieceTable({ shape: [buckets, D], data }) {
  const rows = new Int8Array(spaceBytes(data).buffer);
  return (word) => {
    const runs = pieceRuns(word).map((text) => { const row = pieceRow(text, buckets); return { text, row, vector: rows.subarray(row * D, (row + 1) * D) }; });
    const vector = Float64Array.from({ length: D }, (_, i) => runs.reduce((sum, run) => sum + run.vector[i], 0) / Math.max(1, runs.length));
    return { runs, vector };
  };
}
