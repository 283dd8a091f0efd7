// Playground, part 1: the controls, the presets, and what makes a value good. The names are those of
// llmlib.scratch.sampling, of Hugging Face and of OpenAI. Knows no page and no model.
const PG_CONTROLS = [
  { name: "temperature", label: "Temperatura", low: 0, high: 2, step: 0.05, usual: 1, digits: 2, help: "Abaixo de 1, favorece os mais prováveis; acima, aproxima todos. Em 0 não há sorteio." },
  { name: "top_p", label: "Top-p", low: 0, high: 1, step: 0.01, usual: 1, digits: 2, off: 1, help: "Só os melhores tokens que, juntos, somam esta probabilidade." },
  { name: "top_k", label: "Top-k", low: 0, high: 100, step: 1, usual: 0, digits: 0, off: 0, help: "Só os k tokens mais prováveis." },
  { name: "min_p", label: "Min-p", low: 0, high: 1, step: 0.01, usual: 0, digits: 2, off: 0, help: "Só quem tem ao menos esta fração da probabilidade do melhor." },
  { name: "repetition_penalty", label: "Penalidade de repetição", low: 0.5, high: 2, step: 0.05, usual: 1, digits: 2, off: 1, help: "Torna menos provável o que já está no texto, pedido incluído." },
  { name: "frequency_penalty", label: "Penalidade de frequência", low: -2, high: 2, step: 0.1, usual: 0, digits: 1, off: 0, help: "Tira do logit este tanto a cada vez que o token já foi escrito." },
  { name: "presence_penalty", label: "Penalidade de presença", low: -2, high: 2, step: 0.1, usual: 0, digits: 1, off: 0, help: "Tira do logit este tanto, uma vez só, de quem já foi escrito." },
  { name: "max_new_tokens", label: "Máximo de tokens", low: 0, high: 512, step: 1, usual: 60, digits: 0, help: "Quantos tokens a resposta pode ter." },
  { name: "seed", label: "Semente", low: 0, high: 2 ** 31 - 1, step: 1, usual: 0, digits: 0, help: "Mesmo pedido, mesmos controles e mesma semente dão o mesmo texto." },
];
const PG_SAMPLING = PG_CONTROLS.map(({ name }) => name).filter((name) => name !== "max_new_tokens");
const PG_MOST_STOPS = 4, PG_LONGEST_STOP = 40; // four is what OpenAI's API takes

// A preset says every control of the draw; the maximum, the stops and the seed stay as they are.
const PG_PRESETS = [
  { name: "puro", say: "o sorteio que o modelo propõe", set: {} },
  { name: "sem sorteio", say: "sempre o mais provável", set: { temperature: 0 } },
  { name: "equilibrado", say: "alguma variação, sem a cauda", set: { temperature: 0.7, top_p: 0.9 } },
  { name: "criativo", say: "mais variação, sem a cauda", set: { temperature: 1.2, min_p: 0.05 } },
  { name: "sem repetir", say: "penaliza o que já foi escrito", set: { temperature: 0.7, top_p: 0.9, frequency_penalty: 0.6, presence_penalty: 0.3 } },
];
const pgPresetControls = PG_SAMPLING.filter((name) => name !== "seed");
const pgUsual = () => Object.fromEntries([...PG_CONTROLS.map(({ name, usual }) => [name, usual]), ["stop", []]]);
const pgApply = (settings, preset) => {
  const fresh = { ...settings };
  for (const { name, usual } of PG_CONTROLS) if (pgPresetControls.includes(name)) fresh[name] = preset.set[name] ?? usual;
  return fresh;
};
const pgPresetOf = (settings) => PG_PRESETS.find((preset) => pgPresetControls.every((name) => pgApply(settings, preset)[name] === settings[name]));

// Whether `value` may be the control's value; what it becomes, or undefined.
function pgValue({ low, high, step }, value) {
  if (typeof value !== "number" || !Number.isFinite(value) || value < low || value > high) return undefined;
  if (step >= 1 && !Number.isInteger(value)) return undefined;
  return value;
}
// Settings from data that may be anything: good values are taken, each bad one leaves a sentence in `notes`.
function pgSettings(data, notes) {
  const settings = pgUsual();
  for (const control of PG_CONTROLS) {
    if (!Object.hasOwn(data, control.name)) continue;
    const value = pgValue(control, data[control.name]);
    if (value === undefined) notes.push(`${control.label} não é um número de ${fmtNumber(control.low, control.digits)} a ${fmtNumber(control.high, control.digits)}`);
    else settings[control.name] = value;
  }
  if (Object.hasOwn(data, "stop")) {
    const good = Array.isArray(data.stop) && data.stop.every((each) => typeof each === "string");
    if (!good || pgStopProblem(data.stop)) notes.push("as sequências de parada não servem");
    else settings.stop = [...data.stop];
  }
  return settings;
}

// Stop sequences as the reader writes them: one a line, \n for a line break. Empty lines do not count.
const pgReadStops = (text) => text.split("\n").filter(Boolean)
  .map((line) => line.replace(/\\(n|t|\\)/g, (_, sign) => ({ n: "\n", t: "\t", "\\": "\\" })[sign]));
const pgWriteStops = (stops) => stops.map((stop) => stop.replace(/[\\\n\t]/g, (sign) => ({ "\n": "\\n", "\t": "\\t", "\\": "\\\\" })[sign])).join("\n");
function pgStopProblem(stops) {
  if (stops.length > PG_MOST_STOPS) return `São no máximo ${PG_MOST_STOPS} sequências de parada; há ${stops.length}.`;
  if (stops.some((stop) => !stop)) return "Uma sequência de parada vazia pararia antes de começar.";
  if (stops.some((stop) => [...stop].length > PG_LONGEST_STOP)) return `Uma sequência de parada tem no máximo ${PG_LONGEST_STOP} caracteres.`;
  return "";
}
