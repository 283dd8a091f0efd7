// What the answer looks like: OpenAI's shapes, whole and in pieces, from the tokens that the model wrote. Twin of llmlib/serve.
// Pieces of letters wait until the letter is whole, and what may be the beginning of a stop text waits too.
function apiAnswer(asked, chat, modelName, id, created) {
  const k = apiTop(asked), stops = asked.stop ?? [], decoder = new TextDecoder();
  const head = { id: `${chat ? "chatcmpl" : "cmpl"}-${id}`, created, model: modelName };
  let waiting = "", offset = chat ? 0 : [...asked.prompt].length, written = 0, done = false;
  const rows = [], texts = [];

  function bytes(text) { // "⟨C3⟩" is a byte; everything else is itself
    return Uint8Array.from(text.split(/(⟨[0-9A-F]{2}⟩)/).filter(Boolean).flatMap((part) =>
      /^⟨[0-9A-F]{2}⟩$/.test(part) ? [parseInt(part.slice(1, 3), 16)] : [...new TextEncoder().encode(part)]));
  }
  const log = (p) => +Math.log(Math.max(p, 1e-30)).toFixed(4);
  const row = (token, top) => ({ token: token.text, logprob: log(token.p), bytes: [...bytes(token.text)], top_logprobs: top.slice(0, k).map((t) => ({ token: t.text, logprob: log(t.p), bytes: [...bytes(t.text)] })) });
  function logprobs(list) {
    if (k === null || !list.length) return null;
    if (chat) return { content: list, refusal: null };
    const places = list.map((each) => { const at = offset; offset += [...each.token].length; return at; });
    return { tokens: list.map((e) => e.token), token_logprobs: list.map((e) => e.logprob), top_logprobs: list.map((e) => Object.fromEntries(e.top_logprobs.map((t) => [t.token, t.logprob]))), text_offset: places };
  }
  const held = () => { const most = Math.max(0, ...stops.map((s) => s.length)) - 1; for (let n = Math.min(most, waiting.length); n > 0; n--) if (stops.some((s) => s.startsWith(waiting.slice(-n)))) return n; return 0; };

  return {
    get text() { return texts.join(""); },
    get written() { return written; },
    first: () => (chat ? piece({ delta: { role: "assistant", content: "" } }, null, null) : null),
    // One token: the chunk to send now.
    token({ token, top = [] }, ends) {
      written += 1;
      const list = [];
      if (!ends && !done) { waiting += decoder.decode(bytes(token.text), { stream: true }); list.push(row(token, top)); rows.push(list[0]); }
      const places = stops.map((s) => waiting.indexOf(s)).filter((at) => at >= 0);
      if (places.length) { waiting = waiting.slice(0, Math.min(...places)); done = true; }
      const keep = done ? 0 : held(), ready = waiting.slice(0, waiting.length - keep);
      waiting = waiting.slice(waiting.length - keep);
      texts.push(ready);
      return piece(chat ? { delta: { content: ready } } : { text: ready }, logprobs(list), null);
    },
    last(reason) {
      const rest = done ? "" : waiting + decoder.decode();
      texts.push(rest);
      return piece(chat ? { delta: { content: rest } } : { text: rest }, null, finish(reason));
    },
    usage: (read) => ({ prompt_tokens: read, completion_tokens: written, total_tokens: read + written }),
    whole(reason, read) {
      offset = chat ? 0 : [...asked.prompt].length;
      const part = chat ? { message: { role: "assistant", content: texts.join("") } } : { text: texts.join("") };
      return { ...head, object: chat ? "chat.completion" : "text_completion", choices: [{ index: 0, ...part, logprobs: logprobs(rows), finish_reason: finish(reason) }], usage: this.usage(read) };
    },
  };
  function finish(reason) { return ["eos", "stop"].includes(reason) ? "stop" : "length"; }
  function piece(part, logs, reason) {
    return { choices: [{ ...part, index: 0, logprobs: logs, finish_reason: reason }], ...head, object: chat ? "chat.completion.chunk" : "text_completion" };
  }
}
