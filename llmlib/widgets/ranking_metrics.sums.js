// Recall, precision, reciprocal rank and nDCG of one list: the twin of llmlib/scratch/ranking_metrics.py, kept equal by a test.
const rkDcg = (gains) => gains.reduce((sum, gain, i) => sum + gain / Math.log2(i + 2), 0);
// grades: of the list, in order; absent: of relevant items that it does not have.
function rkMetrics(grades, absent, k) {
  const right = (list) => list.filter((grade) => grade > 0).length, all = [...grades, ...absent], top = grades.slice(0, k);
  const first = top.findIndex((grade) => grade > 0), ideal = [...all].sort((a, b) => b - a).slice(0, k);
  return { recall: right(all) ? right(top) / right(all) : 0, precision: right(top) / k, rr: first < 0 ? 0 : 1 / (first + 1), ndcg: right(all) ? rkDcg(top) / rkDcg(ideal) : 0, ideal };
}
