// ApiCall: a request as form, JSON, Python and curl, and its answer in the API's own shape, piece by piece. The form and the JSON
// are two views of one text; what is sent is that text, so that its mistakes are answered as a server would answer them.
export default {
  render({ model, el, host }) {
    const chat = model.get("chat"), modelName = model.get("request").model, id = freshId();
    let json = JSON.stringify(model.get("request"), null, 2), body = model.get("request"), tab = "json", picked = -1, running = null, shownFor = json;
    let lines = [], tokens = [], tops = [], status = 200, stale = false, timer;

    // -- the request --
    const area = h("textarea", { class: "api-json", spellcheck: false, autocapitalize: "off", autocomplete: "off", rows: 9, "aria-label": "O pedido, em JSON", readOnly: !host.compute, oninput: () => { json = area.value; try { const given = JSON.parse(json); if (given && typeof given === "object" && !Array.isArray(given)) { body = given; drawForm(); } } catch { /* said when it is sent */ } drawRequest(false); } });
    const code = h("pre", { class: "api-code", tabIndex: 0 });
    const tabs = { json: "JSON", python: "Python", curl: "curl" };
    const tabNodes = Object.entries(tabs).map(([key, label]) => h("button", { type: "button", role: "tab", id: `${id}-${key}`, class: "api-tab", "aria-controls": `${id}-panel`, onclick: () => { tab = key; drawRequest(); } }, label));
    const tabList = h("div", { role: "tablist", class: "api-tabs", "aria-label": "O pedido como" }, tabNodes);
    roving(tabList, () => tabNodes, (node) => { tab = node.id.slice(id.length + 1); drawRequest(); });
    const panel = h("div", { role: "tabpanel", id: `${id}-panel`, class: "api-panel" }, area, code);

    const prompt = textField({ value: chat ? body.messages.at(-1).content : body.prompt, readOnly: !host.compute, label: chat ? "Mensagem do usuário" : "prompt: o texto que o modelo vai continuar", oninput: () => {
      if (chat) body = { ...body, messages: [...(Array.isArray(body.messages) ? body.messages.slice(0, -1) : []), { role: "user", content: prompt.text.value }] };
      else body = { ...body, prompt: prompt.text.value };
      write();
    } });
    const controls = [];
    // A field of the request: `usual` leaves it out, as the API's own default.
    function slider(name, low, high, step, usual, digits) {
      const out = h("output", {}), input = h("input", { type: "range", min: String(low), max: String(high), step: String(step), oninput: () => set(name, +input.value, usual) });
      controls.push(() => { const value = typeof body[name] === "number" ? body[name] : usual; if (value != null) input.value = String(value); out.textContent = value == null ? "livre" : fmtNumber(value, digits); input.setAttribute("aria-valuetext", out.textContent); });
      return h("label", { class: "llm-range api-field" }, h("code", {}, name), input, out);
    }
    function set(name, value, usual) {
      const { [name]: _, ...rest } = body;
      body = value === usual ? rest : name in body ? { ...body, [name]: value } : { ...rest, [name]: value };
      write();
    }
    const stopBox = h("input", { type: "text", class: "api-stop", spellcheck: false, placeholder: "nenhum", oninput: () => set("stop", stopBox.value.replaceAll("\\n", "\n"), "") });
    controls.push(() => { const now = [body.stop ?? ""].flat()[0]; if (document.activeElement !== stopBox) stopBox.value = String(now).replaceAll("\n", "\\n"); });
    const streamBox = h("input", { type: "checkbox", onchange: () => set("stream", streamBox.checked, false) });
    controls.push(() => { streamBox.checked = body.stream === true; });
    const logsOut = h("output", {}), logs = h("input", { type: "range", min: "0", max: "5", oninput: () => {
      const k = +logs.value, { logprobs: _, top_logprobs: __, ...rest } = body;
      body = k ? { ...rest, ...(chat ? { logprobs: true, top_logprobs: k } : { logprobs: k }) } : rest;
      write();
    } });
    controls.push(() => { const k = chat ? (body.logprobs === true ? body.top_logprobs ?? 0 : 0) : typeof body.logprobs === "number" ? body.logprobs : 0; logs.value = String(k); logsOut.textContent = k || "não"; });
    const form = h("div", { class: "api-form" },
      slider("temperature", 0, 2, 0.05, 1, 2), slider("max_tokens", 1, 64, 1, 16, 0), slider("top_p", 0.05, 1, 0.05, 1, 2),
      slider("frequency_penalty", -2, 2, 0.1, 0, 1), slider("presence_penalty", -2, 2, 0.1, 0, 1), slider("seed", 0, 99, 1, null, 0),
      h("label", { class: "llm-range api-field" }, h("code", {}, chat ? "top_logprobs" : "logprobs"), logs, logsOut),
      h("label", { class: "llm-range api-field" }, h("code", {}, "stop"), stopBox),
      h("label", { class: "llm-range api-field api-check" }, h("code", {}, "stream"), streamBox));

    function write() { json = JSON.stringify(body, null, 2); drawForm(); drawRequest(); }
    function drawForm() {
      for (const each of controls) each();
      const said = chat ? body.messages?.at?.(-1)?.content : body.prompt;
      if (isText(said) && document.activeElement !== prompt.text && prompt.text.value !== said) { prompt.text.value = said; prompt.fit(); }
    }
    function drawRequest(rewrite = true) {
      tabNodes.forEach((node) => { const on = node.id === `${id}-${tab}`; node.setAttribute("aria-selected", String(on)); node.tabIndex = on ? 0 : -1; if (on) panel.setAttribute("aria-labelledby", node.id); });
      area.hidden = tab !== "json";
      code.hidden = tab === "json";
      if (rewrite && area.value !== json) area.value = json;
      area.rows = Math.min(16, json.split("\n").length + 1);
      code.textContent = tab === "python" ? apiPythonCode(body, chat) : apiCurl(json, chat, body.stream === true);
      stale = json !== shownFor;
      response.classList.toggle("api-stale", stale && !running);
      staleNote.hidden = !stale || !!running || !host.compute;
    }

    // -- the answer --
    const pill = statePill(el, host.compute && "mude o pedido e envie"), heard = announcer();
    const send = h("button", { type: "button", class: "llm-button llm-button-main", onclick: () => (running ? stop() : ask()) }, "Enviar");
    const slow = h("input", { type: "checkbox", checked: !still() });
    const statusLine = h("p", { class: "api-status" }), staleNote = h("p", { class: "api-note", hidden: true }, "O pedido mudou. A resposta abaixo é do pedido anterior.");
    const strip = tokenStrip({ label: "O texto da resposta, token por token", onpick: pick });
    const list = h("ol", { class: "api-lines", "aria-label": "A resposta, linha por linha", tabIndex: 0 }), whole = h("pre", { class: "api-code", tabIndex: 0 });
    const detail = h("p", { class: "api-detail" }), bars = tokenBars({ label: "O que mais poderia ter vindo" });
    const response = h("div", { class: "api-response" }, staleNote, strip.el, list, whole, detail, bars.el);

    function pick(i) {
      picked = picked === i ? -1 : i;
      drawLines();
      drawDetail();
    }
    function drawDetail() {
      const token = tokens[picked];
      detail.hidden = bars.el.hidden = !token;
      if (!token) return;
      const log = fmtNumber(Math.log(Math.max(token.p, 1e-30)), 3);
      detail.replaceChildren("O token ", h("strong", {}, spoken(token.text)), ` veio com logprob ${log}. Para ter a probabilidade: e elevado a ${log} = ${fmtPercent(token.p)}.`);
      const top = tops[picked] ?? [];
      bars.el.hidden = !top.length;
      if (top.length) bars.draw({ items: top.map((t) => ({ ...t, chosen: t.id === token.id })), rest: Math.max(0, 1 - top.reduce((sum, t) => sum + t.p, 0)) });
    }
    function drawLines() {
      list.hidden = status !== 200 || body0().stream !== true;
      whole.hidden = !list.hidden;
      [...list.children].forEach((node) => node.classList.toggle("api-picked", node.dataset.token === String(picked) && picked >= 0));
      list.querySelector(".api-picked")?.scrollIntoView({ block: "nearest", inline: "nearest" });
    }
    const body0 = () => { try { return JSON.parse(shownFor); } catch { return {}; } };
    function addLine(text, token) {
      const i = token ?? -1;
      lines.push(text);
      list.append(h("li", { "data-token": String(i), onclick: i >= 0 ? () => pick(i) : null }, h("span", { class: "api-data" }, "data: "), text));
      list.scrollTop = list.scrollHeight;
    }
    function clear() {
      lines = []; tokens = []; tops = []; picked = -1;
      list.replaceChildren();
      whole.textContent = "";
      strip.draw([]);
      drawDetail();
    }
    function say(code, text) {
      status = code;
      statusLine.replaceChildren(h("strong", {}, `HTTP ${code}`), ` ${text}`);
      statusLine.classList.toggle("api-bad", code !== 200);
    }
    function show(step, ends, answer, streamed) {
      const chunk = answer.token(step, ends), i = tokens.length;
      if (!ends) { tokens.push({ ...step.token }); tops.push(step.top ?? []); }
      strip.draw(tokens);
      if (streamed) addLine(JSON.stringify(chunk), ends ? undefined : i);
    }
    function finish(answer, reason, read, streamed, asked) {
      if (streamed) {
        addLine(JSON.stringify(answer.last(reason)));
        if (asked.stream_options?.include_usage) addLine(JSON.stringify({ ...answer.whole(reason, read), choices: [] }));
        addLine("[DONE]");
      } else {
        answer.last(reason);
        whole.textContent = JSON.stringify(answer.whole(reason, read), null, 2);
      }
      say(200, `${streamed ? "text/event-stream" : "application/json"}, ${fmtNumber(answer.written)} tokens, fim: ${["eos", "stop"].includes(reason) ? "stop" : "length"}`);
      drawLines();
      heard.say(`Resposta: ${answer.text}`);
    }
    const fresh = () => Array.from({ length: 12 }, () => Math.floor(Math.random() * 16).toString(16)).join("");
    const ended = (token) => token.text === "<|endoftext|>" || token.text === "<|im_end|>";

    function playRecording() {
      const { prompt_tokens, steps, reason } = model.get("recording"), asked = apiRead(json, chat, modelName);
      const answer = apiAnswer(asked, chat, modelName, fresh(), Math.floor(Date.now() / 1000)), streamed = asked.stream === true;
      clear();
      if (streamed && answer.first()) addLine(JSON.stringify(answer.first()));
      steps.forEach((step) => show(step, reason === "eos" && step === steps.at(-1), answer, streamed));
      finish(answer, reason, prompt_tokens, streamed, asked);
      list.scrollTop = 0;
    }
    function fail(error) {
      clear();
      say(error.status ?? 400, { 404: "Not Found", 500: "Internal Server Error" }[error.status] ?? "Bad Request");
      whole.textContent = JSON.stringify({ error: { message: error.message, type: "invalid_request_error", param: error.param ?? null, code: error.code ?? null } }, null, 2);
      drawLines();
      heard.say(`Erro: ${error.message}`);
    }
    function stop() { running?.abort(); }
    async function ask() {
      let asked;
      shownFor = json;
      try { asked = apiRead(json, chat, modelName); } catch (error) { fail(error); drawRequest(false); return; }
      const streamed = asked.stream === true, mine = (running = new AbortController()), queue = [];
      const answer = apiAnswer(asked, chat, modelName, fresh(), Math.floor(Date.now() / 1000));
      clear();
      send.textContent = "Interromper";
      say(200, streamed ? "text/event-stream, chegando…" : "calculando…");
      pill.set("loading");
      drawLines();
      drawRequest(false);
      if (streamed && answer.first()) addLine(JSON.stringify(answer.first()));
      let drained = null, result = null;
      const pace = () => (streamed && slow.checked && !still() ? 70 : 0);
      function drain() {
        if (!el.isConnected) { mine.abort(); return drained?.(); }
        const step = queue.shift();
        if (step) show(step, ended(step.token), answer, streamed);
        if (mine.signal.aborted || (result && !queue.length)) return drained?.();
        timer = setTimeout(drain, step ? pace() : 8);
      }
      const over = new Promise((go) => { drained = go; });
      drain();
      try {
        const question = apiQuestion(asked), what = question.messages ? { messages: question.messages } : { text: question.text };
        const read = (await host.compute("encode", what)).tokens.length + 1;
        result = await host.compute("generate", question, { signal: mine.signal, onEvent: (event) => queue.push(event) });
        pill.set("live", host.where);
        await over;
        if (mine.signal.aborted) say(200, "interrompido: o cliente desligou no meio, e o servidor parou de calcular");
        else finish(answer, result.reason, read, streamed, asked);
        if (mine.signal.aborted) drawLines();
      } catch (error) {
        clearTimeout(timer);
        pill.set("error", error.message);
        fail(Object.assign(new Error(error.message), { status: 500 }));
      }
      running = null;
      send.textContent = "Enviar";
      drawRequest(false);
    }
    el.addEventListener("keydown", (event) => { if (event.key === "Enter" && (event.ctrlKey || event.metaKey) && host.compute && !running) { event.preventDefault(); ask(); } });

    build(el, null, [
      prompt.text, h("div", { class: "llm-under" }, pill.el),
      host.compute && form,
      h("div", { class: "api-sides" },
        h("div", { class: "api-side", role: "group", "aria-label": "Pedido" }, h("p", { class: "api-head" }, h("strong", {}, "POST"), ` /v1${apiPath(chat)}`), tabList, panel,
          host.compute && h("div", { class: "api-send" }, send, h("label", { class: "llm-range" }, slow, "no ritmo da leitura"))),
        h("div", { class: "api-side", role: "group", "aria-label": "Resposta" }, statusLine, response)),
      heard.el,
    ]);
    drawForm();
    drawRequest();
    playRecording();
    return () => { clearTimeout(timer); running?.abort(); };
  },
};
