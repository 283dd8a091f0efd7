// Ranked lists and their marks: unpack, nDCG@10 (the grade is the gain, as in llmlib/scratch/ranking_metrics.py), and the mean of many
// searches with its 95 % bootstrap interval. Twin of the packing in rank_fusion.py; draws nothing.
const unpackList = (text) => Array.from({ length: text.length / 2 }, (_, i) => parseInt(text.slice(2 * i, 2 * i + 2), 36));
function unpackGrades(text) { // "0a3 0b1" without the space: place and grade
  const found = {};
  for (let i = 0; i < text.length; i += 3) found[parseInt(text.slice(i, i + 2), 36)] = +text[i + 2];
  return found;
}
const dcgOf = (gains) => gains.slice(0, 10).reduce((sum, gain, i) => sum + gain / Math.log2(i + 2), 0);
function ndcgOf(ranking, grades) {
  const best = dcgOf(Object.values(grades).sort((a, b) => b - a));
  return best ? dcgOf(ranking.slice(0, 10).map((i) => grades[i] ?? 0)) / best : 0;
}
// Small, seeded, the same in every browser.
function dice(seed) {
  let state = seed >>> 0;
  return () => {
    state = (state + 0x6d2b79f5) | 0;
    let t = Math.imul(state ^ (state >>> 15), 1 | state);
    t = (t + Math.imul(t ^ (t >>> 7), 61 | t)) ^ t;
    return ((t ^ (t >>> 14)) >>> 0) / 4294967296;
  };
}
const meanOf = (values) => values.reduce((sum, value) => sum + value, 0) / values.length;
function meanInterval(values, draws = 600) {
  const roll = dice(7), means = [];
  for (let d = 0; d < draws; d++) {
    let sum = 0;
    for (let i = 0; i < values.length; i++) sum += values[Math.floor(roll() * values.length)];
    means.push(sum / values.length);
  }
  means.sort((a, b) => a - b);
  const cut = (q) => means[Math.min(draws - 1, Math.max(0, Math.round(q * (draws - 1))))];
  return { value: meanOf(values), low: cut(0.025), high: cut(0.975) };
}
const fmtInterval = ({ value, low, high }, sign = "") => `${sign && value > 0 ? "+" : ""}${fmtNumber(value, 2)} (${fmtNumber(low, 2)} a ${fmtNumber(high, 2)})`;
