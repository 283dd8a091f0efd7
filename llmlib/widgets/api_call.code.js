// The request as the reader would send it to the local server: Python with the official client, and curl.
const API_URL = "http://127.0.0.1:8080/v1";
const apiPath = (chat) => (chat ? "/chat/completions" : "/completions");
// A JSON value as Python writes it.
function apiPython(value, indent = "") {
  if (value === null) return "None";
  if (typeof value === "boolean") return value ? "True" : "False";
  if (Array.isArray(value)) return `[${value.map((each) => apiPython(each, indent)).join(", ")}]`;
  if (typeof value === "object") return `{${Object.entries(value).map(([key, each]) => `${JSON.stringify(key)}: ${apiPython(each, indent)}`).join(", ")}}`;
  return JSON.stringify(value);
}
function apiPythonCode(body, chat) {
  const own = Object.entries(body).filter(([name]) => !API_EXTRA.includes(name)), extra = Object.entries(body).filter(([name]) => API_EXTRA.includes(name));
  if (extra.length) own.push(["extra_body", Object.fromEntries(extra)]);
  const call = `client.${chat ? "chat.completions" : "completions"}.create(\n${own.map(([name, value]) => `    ${name}=${apiPython(value)},\n`).join("")})`;
  const said = chat ? (body.stream ? "parte.choices[0].delta.content or \"\"" : "resposta.choices[0].message.content") : body.stream ? "parte.choices[0].text" : "resposta.choices[0].text";
  const use = body.stream ? `for parte in resposta:\n    print(${said}, end="", flush=True)` : `print(${said})`;
  return `from openai import OpenAI\n\nclient = OpenAI(base_url="${API_URL}", api_key="nenhuma")\nresposta = ${call}\n${use}\n`;
}
const apiCurl = (text, chat, stream) => `curl ${stream ? "-N " : ""}${API_URL}${apiPath(chat)} \\\n  -H "Content-Type: application/json" \\\n  -d '${text.replaceAll("'", "'\\''")}'\n`;
