// Runs the text that the page's Worker runs (llmlib.engine.source) in node, and does what pytest asks, line by line.
// In: {"body", "args"} as JSON, body = the inside of an async function (LLM, ask, send, args). Out: {"value" | "error"}.
// ask(method, params, onEvent) and send(message) speak the worker's protocol. Typed arrays travel as {"f32": base64}.
import { readFileSync } from "node:fs";
import { createInterface } from "node:readline";
import { runInThisContext } from "node:vm";

const calls = new Map();
let last = 0;
globalThis.self = {};
globalThis.postMessage = (data) => calls.get(data.id)?.(data);
runInThisContext(readFileSync(process.argv[2], "utf8"), { filename: "engine.js" });

// onEvent(event, id) may call send({cancel: id}).
const send = (data) => self.onmessage({ data });
const ask = (method, params, onEvent) => new Promise((resolve, reject) => {
  const id = ++last, events = [];
  calls.set(id, ({ event, result, error }) => {
    if (event) return events.push(event), onEvent?.(event, id);
    error === undefined ? resolve({ ...result, events }) : reject(new Error(error));
  });
  send({ id, method, params });
});

const pack = (_, v) => v instanceof Float64Array ? Array.from(v) :
  ArrayBuffer.isView(v) ? { f32: Buffer.from(v.buffer, v.byteOffset, v.byteLength).toString("base64") } : v;
const AsyncFunction = (async () => {}).constructor;
for await (const line of createInterface({ input: process.stdin })) {
  const { body, args } = JSON.parse(line);
  let answer;
  try {
    answer = { value: (await new AsyncFunction("LLM", "ask", "send", "args", body)(LLM, ask, send, args)) ?? null };
  } catch (error) {
    answer = { error: error.message };
  }
  process.stdout.write(JSON.stringify(answer, pack) + "\n");
}
process.exit(0);
