// Each passage read alone, and the readings added up: the twin of llmlib/scratch/marginal.py and of what llmlib/rag_apart.py
// makes of them, kept equal by a test. A reading is {value, p, refusal, cited}, sums are {answers: [[value, score]], refusal}, as
// Python's. Needs answer_judge.rules. Nothing here asks a model.
const RA_REFUSAL = "O texto não diz.", RA_SHARPNESS = 10;

// Shares of the passages, which add up to 1: a softmax of sharpness × score.
function raTrust(scores, sharpness = RA_SHARPNESS) {
  const top = scores.length ? Math.max(...scores) : 0, raised = scores.map((score) => Math.exp(sharpness * (score - top))), total = raised.reduce((a, b) => a + b, 0);
  return raised.map((each) => each / total);
}
// Those shares and, last, that of the reading of several passages: with none read alone it has all.
const raMixed = (shares, weight) => (shares.length ? [...shares.map((share) => (1 - weight) * share), weight] : [1]);
// What equal answers share: small letters, one blank between words, no point at the end.
const raSame = (value) => value.toLowerCase().split(/\s+/u).filter(Boolean).join(" ").replace(/^[ .]+|[ .]+$/g, "");

function raAddUp(readings, shares) {
  if (readings.length !== shares.length) throw new Error(`São ${readings.length} leituras e ${shares.length} pesos: é um peso para cada leitura.`);
  const sums = new Map(), first = new Map();
  let refusal = 0;
  readings.forEach((reading, i) => {
    const key = raSame(reading.value);
    refusal += shares[i] * reading.refusal;
    if (!key) return;
    sums.set(key, (sums.get(key) ?? 0) + shares[i] * reading.p);
    if (!first.has(key)) first.set(key, reading.value);
  });
  return { answers: [...sums].sort((a, b) => b[1] - a[1]).map(([key, score]) => [first.get(key), score]), refusal };
}
// The best answer, or "" for a refusal: no reading has one, or caution × refusal is above it.
const raDecide = ({ answers, refusal }, caution) => (!answers.length || caution * refusal > answers[0][1] ? "" : answers[0][0]);

// A reading from a text, its tokens' probabilities, and the likeliest first tokens ({text, p} each).
function raReading(text, chances, first) {
  const begins = first.filter((each) => each.text.trim() && RA_REFUSAL.startsWith(each.text.trim()));
  return { value: ajRefuses(text) ? "" : text.replace(AJ_CITATION, "").trim(), p: chances.reduce((a, b) => a * b, 1), refusal: begins.reduce((sum, each) => sum + each.p, 0), cited: ajCited(text)[0] ?? 0 };
}
// All passages, each once, and the places of the pair's among them.
function raNumbered(alone, pair) {
  const spot = (each) => `${each.document}:${each.start}:${each.end}`, known = [...alone], places = new Map(known.map((each, n) => [spot(each), n]));
  for (const each of pair) if (!places.has(spot(each))) { places.set(spot(each), known.length); known.push(each); }
  return { known, linked: pair.map((each) => places.get(spot(each))) };
}
// Readings and the scores that found the passages read alone, made into {shares, sums, value, source, text}; source is 0 for a
// refusal. linked: the places of the passages that the last reading is of, if it is of several.
function raJoined(readings, scores, caution, weight = 0, linked = []) {
  const shares = linked.length ? raMixed(raTrust(scores), weight) : raTrust(scores), sums = raAddUp(readings, shares), value = raDecide(sums, caution);
  let said = -1, most = -1;
  readings.forEach((each, i) => { if (value && raSame(each.value) === raSame(value) && shares[i] * each.p > most) { most = shares[i] * each.p; said = i; } });
  const source = said < 0 ? 0 : said < scores.length ? said + 1 : (linked[readings[said].cited - 1] ?? linked[0]) + 1;
  return { shares, sums, value, source, text: value ? `${value.replace(/\.+$/, "")}. [${source}]` : RA_REFUSAL };
}
