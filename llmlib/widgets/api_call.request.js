// What a request may say, and the sentence for each mistake: the twin of llmlib/serve/request.py, which the tests hold to it.
const API_EXTRA = ["top_k", "min_p", "repetition_penalty"]; // not OpenAI's: in extra_body with the official client
const apiShown = (value) => { const text = JSON.stringify(value) ?? "nada"; return text.length <= 60 ? text : `${text.slice(0, 59)}…`; };
const apiError = (message, param = null, code = null, status = 400) => Object.assign(new Error(message), { param, code, status });

const apiNumber = (low, high, { whole = false, open = false } = {}) => (name, value) => {
  const fits = typeof value === "number" && (!whole || Number.isInteger(value)) && (open ? value > low : value >= low) && value <= high;
  if (!fits) throw apiError(`${name} é ${whole ? "um inteiro" : "um número"} ${open ? `maior que ${low} e até ${high}` : `de ${low} a ${high}`}; veio ${apiShown(value)}.`, name);
  return value;
};
const apiKind = (fits, what) => (name, value) => {
  if (!fits(value)) throw apiError(`${name} é ${what}; veio ${apiShown(value)}.`, name);
  return value;
};
function apiStop(name, value) {
  const texts = typeof value === "string" ? [value] : value;
  if (!Array.isArray(texts) || texts.length > 16 || texts.some((t) => typeof t !== "string")) throw apiError(`stop é um texto, ou uma lista de até 16; veio ${apiShown(value)}.`, name);
  if (texts.includes("")) throw apiError("stop não pode ter um texto vazio: ele pararia antes do primeiro token.", name);
  return texts;
}
function apiMessages(name, value) {
  if (!Array.isArray(value) || !value.length) throw apiError("messages é uma lista com pelo menos uma mensagem.", name);
  const roles = ["system", "developer", "user", "assistant", "tool"];
  value.forEach((each, i) => {
    const at = `messages[${i}]`;
    if (each === null || typeof each !== "object" || Array.isArray(each)) throw apiError(`${at} é um objeto com role e content; veio ${apiShown(each)}.`, at);
    if (!roles.includes(each.role)) throw apiError(`${at}.role é um de ${roles.join(", ")}; veio ${apiShown(each.role ?? null)}.`, at);
    if (typeof each.content !== "string") throw apiError(`${at}.content é um texto; veio ${apiShown(each.content ?? null)}.`, at);
  });
  return value;
}
const isText = (value) => typeof value === "string", isFlag = (value) => typeof value === "boolean";
const API_COMMON = {
  model: apiKind(isText, "um texto"), stream: apiKind(isFlag, "true ou false"),
  stream_options: apiKind((v) => v !== null && typeof v === "object", "um objeto"),
  max_tokens: apiNumber(1, 1000000, { whole: true }), temperature: apiNumber(0, 2), top_p: apiNumber(0, 1, { open: true }),
  n: apiNumber(1, 8, { whole: true }), stop: apiStop, seed: apiNumber(-(2 ** 63), 2 ** 63 - 1, { whole: true }),
  frequency_penalty: apiNumber(-2, 2), presence_penalty: apiNumber(-2, 2),
  top_k: apiNumber(0, 1000000, { whole: true }), min_p: apiNumber(0, 1), repetition_penalty: apiNumber(0, 100, { open: true }),
};
const API_FIELDS = {
  text: { ...API_COMMON, prompt: apiKind(isText, "um texto ou uma lista de textos"), logprobs: apiNumber(0, 20, { whole: true }) },
  chat: { ...API_COMMON, messages: apiMessages, logprobs: apiKind(isFlag, "true ou false"), top_logprobs: apiNumber(0, 20, { whole: true }), max_completion_tokens: apiNumber(1, 1000000, { whole: true }) },
};
// What the server does and this figure does not: said, rather than ignored.
const API_ELSEWHERE = ["response_format", "tools", "tool_choice", "logit_bias"];

// How near two names are: the edits between them.
function apiEdits(a, b) {
  let row = Array.from({ length: b.length + 1 }, (_, j) => j);
  for (let i = 1; i <= a.length; i++) {
    const next = [i];
    for (let j = 1; j <= b.length; j++) next[j] = Math.min(row[j] + 1, next[j - 1] + 1, row[j - 1] + (a[i - 1] !== b[j - 1]));
    row = next;
  }
  return row.at(-1);
}

// JSON text -> the checked request; throws the API's error.
function apiRead(text, chat, modelName) {
  let given;
  try { given = JSON.parse(text); } catch { throw apiError(`O pedido não é JSON: ${apiWhere(text)}.`); }
  if (given === null || typeof given !== "object" || Array.isArray(given)) throw apiError('O pedido é um objeto JSON: {"model": …}.');
  const known = API_FIELDS[chat ? "chat" : "text"], asked = {};
  for (const [name, value] of Object.entries(given)) {
    if (value === null) continue;
    if (API_ELSEWHERE.includes(name)) throw apiError(`Esta figura não faz ${name}; o servidor local faz.`, name, "unsupported_parameter");
    if (!Object.hasOwn(known, name)) {
      const near = Object.keys(known).map((each) => [apiEdits(name, each), each]).sort((a, b) => a[0] - b[0])[0];
      const hint = near[0] <= Math.max(2, name.length / 3) ? ` Você quis dizer ${near[1]}?` : ` Os que existem: ${Object.keys(known).sort().join(", ")}.`;
      throw apiError(`Não conheço o campo ${name}.${hint}`, name, "unknown_parameter");
    }
    asked[name] = known[name](name, value);
  }
  const needed = chat ? "messages" : "prompt";
  if (!(needed in asked)) throw apiError(`Falta ${needed} no pedido.`, needed, "missing_required_parameter");
  if ((asked.model ?? modelName) !== modelName) throw apiError(`Este servidor tem o modelo ${modelName}; veio ${asked.model}.`, "model", "model_not_found", 404);
  if ((asked.frequency_penalty || asked.presence_penalty) && ![undefined, 1].includes(asked.repetition_penalty)) throw apiError("frequency_penalty e presence_penalty não se combinam com repetition_penalty neste servidor.", "repetition_penalty");
  return asked;
}
// Where the JSON breaks: the longest beginning that could still become JSON ends there.
function apiWhere(text) {
  let at = text.length;
  try { JSON.parse(text); } catch (error) { at = +(/position (\d+)/.exec(error.message)?.[1] ?? text.length); }
  const before = text.slice(0, at).split("\n");
  return `linha ${before.length}, coluna ${before.at(-1).length + 1}`;
}
const apiTop = (asked) => (asked.logprobs === true ? asked.top_logprobs ?? 0 : asked.logprobs === false ? null : asked.logprobs ?? null);
// The question for host.compute.
function apiQuestion(asked) {
  const names = ["temperature", "top_p", "top_k", "min_p", "repetition_penalty", "frequency_penalty", "presence_penalty", "seed"];
  const sampling = Object.fromEntries(names.filter((name) => name in asked).map((name) => [name, asked[name]]));
  if (!("seed" in asked)) sampling.seed = Math.floor(Math.random() * 2 ** 31); // as a server does
  const what = asked.messages ? { messages: asked.messages.map((m) => ({ role: m.role === "developer" ? "system" : m.role, content: m.content })) } : { text: asked.prompt };
  return { ...what, sampling, stop: asked.stop ?? [], k: apiTop(asked) ?? 0, max_new_tokens: asked.max_completion_tokens ?? asked.max_tokens ?? 16 };
}
