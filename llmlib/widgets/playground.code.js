// Playground, part 3: the same request as a Python program: llmlib, transformers and the OpenAI client.
// A JSON string is also a Python string, so whatever the reader wrote arrives whole. Only what is not usual is written.
const pgPython = (value) => (Array.isArray(value) ? `[${value.map(pgPython).join(", ")}]` : typeof value === "number" ? String(value) : JSON.stringify(value));
const pgMessages = (messages) => `[\n${messages.map(({ role, content }) => `    {"role": "${role}", "content": ${JSON.stringify(content)}},`).join("\n")}\n]`;
// The controls that are not at rest, in the order of the table; seed and maximum always.
function pgGiven(settings, only) {
  const given = PG_CONTROLS.filter(({ name, usual }) => (!only || only.includes(name)) && (settings[name] !== usual || name === "max_new_tokens" || name === "seed"))
    .map(({ name }) => [name, settings[name]]);
  if (settings.stop.length && (!only || only.includes("stop"))) given.push(["stop", settings.stop]);
  return given;
}
const pgArguments = (pairs) => pairs.map(([name, value]) => `    ${name}=${typeof value === "string" ? value : pgPython(value)},`).join("\n");

const PG_CODE = {
  // request: {mode, model, settings, prompt, messages}
  llmlib({ mode, model, settings, prompt, messages }) {
    const given = pgArguments(pgGiven(settings));
    const head = `from llmlib import load\n\nlm = load(${JSON.stringify(model)})\n`;
    return mode === "chat" ? `${head}messages = ${pgMessages(messages)}\nprint(lm.chat(\n    messages,\n${given}\n))\n`
      : `${head}print(lm.generate(\n    ${JSON.stringify(prompt)},\n${given}\n))\n`;
  },
  transformers({ mode, model, settings, prompt, messages }) {
    const bundled = !model.includes("/"), greedy = settings.temperature === 0;
    const shared = ["temperature", "top_p", "min_p", "repetition_penalty"].filter((name) => !greedy || name === "repetition_penalty");
    const pairs = [["max_new_tokens", settings.max_new_tokens], ["do_sample", greedy ? "False" : "True"],
      ...pgGiven(settings, shared), ...(greedy ? [] : [["top_k", settings.top_k]])];
    if (settings.stop.length) pairs.push(["stop_strings", settings.stop], ["tokenizer", "tokenizer"]);
    const missing = ["frequency_penalty", "presence_penalty"].filter((name) => settings[name]);
    return `${bundled ? "from llmlib.data import model_path\n" : ""}from transformers import AutoModelForCausalLM, AutoTokenizer, set_seed

name = ${bundled ? `model_path(${JSON.stringify(model)})` : JSON.stringify(model)}
tokenizer = AutoTokenizer.from_pretrained(name)
model = AutoModelForCausalLM.from_pretrained(name, dtype="float32")
${mode === "chat" ? `messages = ${pgMessages(messages)}
inputs = tokenizer.apply_chat_template(messages, add_generation_prompt=True, return_dict=True, return_tensors="pt")`
    : `prompt = ${JSON.stringify(prompt)}
inputs = tokenizer((tokenizer.bos_token or "") + prompt, add_special_tokens=False, return_tensors="pt")`}
${missing.map((name) => `# transformers não tem ${name}: sem ele, o resultado é outro\n`).join("")}set_seed(${settings.seed})  # o sorteio de transformers é outro: a mesma semente dá outro texto
output = model.generate(
    **inputs,
${pgArguments(pairs)}
)
print(tokenizer.decode(output[0, inputs["input_ids"].shape[1] :], skip_special_tokens=True))
`;
  },
  openai({ mode, model, settings, prompt, messages }) {
    const own = [["max_tokens", settings.max_new_tokens], ...pgGiven(settings, ["temperature", "top_p", "frequency_penalty", "presence_penalty", "seed", "stop"])];
    const extra = pgGiven(settings, ["top_k", "min_p", "repetition_penalty"]);
    if (extra.length) own.push(["extra_body", `{${extra.map(([name, value]) => `"${name}": ${pgPython(value)}`).join(", ")}}`]);
    const served = model.includes("/") ? model : `${model}`;
    return `# Antes, em outro terminal: python -m llmlib.serve --model ${served} --port 8080
from openai import OpenAI

client = OpenAI(base_url="http://127.0.0.1:8080/v1", api_key="sem-chave")
${mode === "chat" ? `answer = client.chat.completions.create(
    model=${JSON.stringify(model)},
    messages=${pgMessages(messages).replace(/\n/g, "\n    ")},
${pgArguments(own)}
)
print(answer.choices[0].message.content)` : `answer = client.completions.create(
    model=${JSON.stringify(model)},
    prompt=${JSON.stringify(prompt)},
${pgArguments(own)}
)
print(answer.choices[0].text)`}
`;
  },
};
