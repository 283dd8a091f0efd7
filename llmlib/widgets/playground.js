// Playground: text or conversation, one side or two, every control, tokens with their alternatives, links, files and code.
// Its parts (playground.*.js) hold the controls, the session as data, the code, an answer's view and a side's panel; this file
// keeps the state, asks the host, and lays things out. A run is recorded; whatever the reader changes is computed by the host.
export default {
  render({ model, el, host }) {
    const K = 6, key = model.get("key"), where = host.where;
    const all = model.get("models"), here = all.filter(({ bundled }) => bundled || !host.address); // a page has the bundled ones only
    const models = here.length ? here : all; // with none of those the recording is all there is
    const names = models.map(({ name }) => name), about = (name) => models.find((each) => each.name === name) ?? {};
    const recorded = structuredClone(model.get("session"));
    const state = { mode: recorded.mode, system: recorded.system, prompt: recorded.prompt, sides: recorded.sides, turns: recorded.turns };
    for (const side of state.sides) if (!names.includes(side.model)) side.model = names[0];
    const past = [], stash = {};
    let spare = null, running = null, asked = null, asTokens = false, slow = false, codeKind = "llmlib", codeSide = 0, blocks = [];

    // -- pieces --
    const pill = statePill(el, host.compute && "mude o pedido ou um controle e gere de novo"), heard = announcer();
    const notice = h("p", { class: "pg-notice", role: "status", hidden: true });
    const say = (text) => { notice.textContent = text; notice.hidden = !text; };
    const button = (label, onclick, look = "") => h("button", { type: "button", class: `llm-button ${look}`, onclick }, label);
    const check = (label, onchange) => { const box = h("input", { type: "checkbox", onchange: () => onchange(box.checked) }); return { box, el: h("label", { class: "pg-check" }, box, label) }; };
    const group = freshId();
    const modes = [["text", "Texto"], ["chat", "Conversa"]].map(([value, label]) => {
      const box = h("input", { type: "radio", name: group, value, onchange: () => setMode(value) });
      return { value, box, el: h("label", { class: "pg-mode" }, box, h("span", {}, label)) };
    });
    const compare = check("dois lado a lado", setCompare), tokensBox = check("ver os tokens", (on) => { asTokens = on; drawAll(); });
    const pace = h("select", { class: "pg-select", "aria-label": "Velocidade", onchange: () => { slow = pace.value === "slow"; } },
      h("option", { value: "full" }, "toda a velocidade"), h("option", { value: "slow" }, "ritmo de leitura"));
    const sidesBox = h("div", { class: "pg-columns" }), talk = h("ol", { class: "pg-talk", "aria-label": "Conversa" });
    const { text, fit, write } = textField({ value: state.prompt, label: "Pedido", oninput: edited, readOnly: !host.compute });
    text.maxLength = PG_LIMITS.text;
    const system = h("textarea", { class: "pg-system", rows: 2, maxLength: PG_LIMITS.text, readOnly: !host.compute, oninput: () => { state.system = system.value; soon(); } });
    const systemRow = h("details", { class: "llm-details pg-system-row" }, h("summary", {}, "Mensagem de sistema"), h("label", {}, h("span", { class: "llm-unseen" }, "Mensagem de sistema"), system));
    const meter = h("p", { class: "llm-pill pg-count", role: "status" }), gauge = h("div", { class: "pg-gauge", "aria-hidden": "true" }, h("i", {}), h("b", {}));
    const go = button("", () => (state.mode === "chat" ? send() : start(null)), "llm-button-main pg-go");
    const stop = button("Parar", halt), again = button("Outra versão", another), more = button("Continuar", resume), back = button("Desfazer", undo), clear = button("Limpar", wipe);
    const result = h("div", { class: "pg-result" });
    const strip = tokenStrip({ label: "O que o modelo recebe, token por token", last: 512 });
    const received = h("details", { class: "llm-details", ontoggle: () => received.open && count() }, h("summary", {}, "O que o modelo recebe"), strip.el);
    const kinds = h("select", { class: "pg-select", "aria-label": "Biblioteca", onchange: () => { codeKind = kinds.value; drawCode(); } },
      [["llmlib", "llmlib"], ["transformers", "transformers"], ["openai", "cliente da OpenAI"]].map(([value, label]) => h("option", { value }, label)));
    const whose = h("select", { class: "pg-select", "aria-label": "Lado", onchange: () => { codeSide = +whose.value; drawCode(); } }, h("option", { value: "0" }, "lado A"), h("option", { value: "1" }, "lado B"));
    const code = h("code", {}), codeBox = h("pre", { class: "pg-code", tabIndex: 0, "aria-label": "Código em Python" }, code);
    const program = h("details", { class: "llm-details", ontoggle: () => drawCode() }, h("summary", {}, "Código em Python"),
      h("div", { class: "pg-row" }, kinds, whose, button("Copiar", () => copied(code.textContent, "Código copiado."))), codeBox);
    const file = h("input", { type: "file", accept: "application/json,.json", hidden: true, "aria-label": "Arquivo de sessão", onchange: openFile });

    // -- the state in other forms --
    const panels = () => blocks.map((block) => block.panel);
    const messagesBefore = (t, s) => [
      ...(state.system.trim() ? [{ role: "system", content: state.system }] : []),
      ...state.turns.slice(0, t).flatMap((turn) => [{ role: "user", content: turn.user }, { role: "assistant", content: turn.answers[s]?.text ?? "" }]),
    ];
    const requestOf = (t, s) => (state.mode === "chat" ? { messages: [...messagesBefore(t, s), { role: "user", content: state.turns[t].user }] } : { text: state.turns[t].user });
    // What would be asked next: what is in the field, or else the last turn again.
    function pending(s) {
      if (state.mode === "text") return { text: state.prompt };
      const open = state.prompt.trim() || !state.turns.length, t = state.turns.length - (open ? 0 : 1);
      return { messages: [...messagesBefore(t, s), { role: "user", content: open ? state.prompt : state.turns[t].user }] };
    }
    const remember = () => { past.push({ prompt: state.prompt, turns: state.turns.map(({ user, answers }) => ({ user, answers: [...answers] })) }); if (past.length > 50) past.shift(); };
    const last = () => state.turns.length - 1;

    // -- asking --
    const ask = latest(host, pill);
    // How many tokens the request has, against the window.
    async function count() {
      if (!host.compute || running) return;
      const { model: name, settings } = state.sides[0], answer = await ask("encode", { model: name, ...pending(0) });
      if (answer) drawCount(answer.tokens.length + answer.cut + 1, settings.max_new_tokens, about(name).context, answer.tokens);
    }
    const soon = debounce(() => { count(); drawCode(); }, 150);
    function drawCount(used, most, context, tokens) {
      const room = context ? Math.max(0, context - used) : most;
      meter.textContent = `Pedido: ${fmtNumber(used)} tokens${context ? ` de ${fmtNumber(context)} da janela` : ""}. ` + (most === 0 ? "Com máximo 0, nada será escrito."
        : room === 0 ? "Não cabe: encurte o texto." : room < most ? `Só cabem mais ${fmtNumber(room)}, menos que o máximo de ${fmtNumber(most)}.` : `Resposta: até ${fmtNumber(most)}.`);
      gauge.hidden = !context;
      gauge.style.setProperty("--used", Math.min(1, used / (context || 1)));
      gauge.style.setProperty("--most", Math.min(1 - Math.min(1, used / (context || 1)), Math.min(room, most) / (context || 1)));
      if (tokens && received.open) strip.draw(tokens);
    }

    // One answer of side s in turn t, after the tokens in `written`. `before`: what must have been computed first.
    function compose(t, s, written, limit, before, name = state.sides[s].model) {
      const settings = structuredClone(state.sides[s].settings), { max_new_tokens: _, stop: stops, ...sampling } = settings;
      const answer = { model: name, settings, tokens: [...written], text: "", reason: null, done: false }, { signal } = running.control;
      state.turns[t].answers[s] = answer;
      const reveal = pgReveal(answer, () => slow, (shown) => drawAnswer(t, s, shown), written.length);
      running.reveals.push(reveal);
      const work = async () => {
        await before;
        if (signal.aborted) return "cancelled";
        const request = requestOf(t, s), { tokens, cut } = await host.compute("encode", { model: name, ...request });
        const used = tokens.length + cut + 1 + written.length, { context } = about(name);
        if (!answer.tokens.length) drawCount(used, settings.max_new_tokens, context, tokens);
        if (context && used >= context) throw new Error(`O texto ocupa ${fmtNumber(used)} tokens e a janela de ${name} tem ${fmtNumber(context)}: não sobra lugar para a resposta. Encurte-o.`);
        let first, newest;
        const onEvent = ({ token, top }) => {
          newest = performance.now();
          if (first === undefined) { first = newest; pill.set("live", where); }
          if (!signal.aborted) answer.tokens.push({ ...token, top });
        };
        const said = await host.compute("generate", { model: name, ...request, k: K, max_new_tokens: limit, sampling, stop: stops, written: written.map(({ id }) => id) }, { signal, onEvent });
        const came = answer.tokens.length - written.length;
        if (came > 1 && newest > first) answer.rate = (came - 1) / (newest - first) * 1000;
        if (said.reason !== "cancelled") answer.text = said.text;
        return said.reason;
      };
      const computed = work().then((reason) => { answer.reason = reason; }, (error) => { answer.error = error.message; }).then(() => { answer.done = true; });
      return { computed, shown: Promise.all([computed, reveal.done]).then(([, shown]) => {
        if (shown < answer.tokens.length || answer.reason === "cancelled") { // stopped by the reader: what is on the screen stands
          answer.tokens.length = Math.min(shown, answer.tokens.length);
          answer.reason = "cancelled";
        }
        if (answer.reason === "cancelled" || answer.error) answer.text = pgText(answer.tokens);
        drawAnswer(t, s, answer.tokens.length);
      }) };
    }
    // jobs: [[t, s, written, limit, model]]. Sides that share a model take turns: its cache holds one text.
    async function run(jobs) {
      say("");
      running = { control: new AbortController(), reveals: [] };
      drawButtons();
      pill.set("loading");
      const queue = {}, all = jobs.map(([t, s, written, limit, name = state.sides[s].model]) => {
        const { computed, shown } = compose(t, s, written, limit, queue[name], name);
        queue[name] = computed;
        return shown;
      });
      await Promise.all(all);
      running = null;
      const answers = jobs.map(([t, s]) => state.turns[t]?.answers[s]).filter(Boolean), failed = answers.find((each) => each.error && !each.tokens.length);
      failed ? pill.set("error", failed.error) : pill.set("live", where);
      heard.say(answers.map((each, i) => `${answers.length > 1 ? `Lado ${"AB"[i]}: ` : ""}${each.error ?? `${each.text.slice(0, 600)}. ${ending(each)}`}`).join(" "));
      drawAll();
      soon();
    }
    function halt() {
      running?.control.abort();
      running?.reveals.forEach((reveal) => reveal.stop());
    }

    // -- what the reader does --
    // user: what the new turn says; null in text mode, where the field is the turn.
    function start(user) {
      if (running || !host.compute) return;
      if (state.sides.every(({ settings }) => settings.max_new_tokens === 0)) { count(); return say("Com máximo de 0 tokens nada é escrito: o texto só foi contado. Aumente o máximo para gerar."); }
      remember();
      if (user === null) state.turns = [{ user: state.prompt, answers: [] }];
      else state.turns.push({ user, answers: [] });
      drawTurns();
      return run(state.sides.map(({ settings }, s) => [last(), s, [], settings.max_new_tokens]).filter(([, , , limit]) => limit))
        .then(() => { if (user === null && !state.turns[0]?.user) say("Sem pedido, o modelo começou um texto do nada: do token que abre todo documento."); });
    }
    function send() {
      const user = state.prompt;
      if (!user.trim()) return say("Escreva uma mensagem antes de enviar.");
      if (state.sides.some(({ settings }) => settings.max_new_tokens > 0)) write("");
      state.prompt = text.value;
      start(user);
    }
    function another() {
      if (running || last() < 0) return;
      remember();
      for (const { settings } of state.sides) settings.seed = (settings.seed + 1) % 2 ** 31;
      panels().forEach((panel) => panel.draw());
      if (state.mode === "text") state.turns = [{ user: state.prompt, answers: [] }];
      else state.turns[last()] = { user: state.turns[last()].user, answers: [] };
      drawTurns();
      run(state.sides.map(({ settings }, s) => [last(), s, [], settings.max_new_tokens || 60]));
    }
    const unfinished = (answer) => answer && !answer.error && ["length", "cancelled"].includes(answer.reason) && answer.tokens.length;
    function resume() {
      const turn = state.turns[last()];
      if (running || !turn) return;
      remember();
      run(turn.answers.flatMap((answer, s) => (unfinished(answer) && state.sides[s] ? [[last(), s, answer.tokens, state.sides[s].settings.max_new_tokens || 60, answer.model]] : [])));
    }
    async function branch(t, s, i, item, byKeys) {
      const old = state.turns[t].answers[s], was = old.tokens[i];
      if (running || item.id === was.id) return;
      remember();
      const { id, text: said, p, q } = item, tokens = [...old.tokens.slice(0, i), { id, text: said, p, q, top: was.top, forced: true }];
      state.turns.length = t + 1; // what came after answered another text
      if (PG_ENDS.has(said)) {
        state.turns[t].answers[s] = { ...old, tokens, text: pgText(tokens), reason: "eos", rate: null };
        return drawAll();
      }
      drawTurns();
      await run([[t, s, tokens, Math.max(1, state.sides[s].settings.max_new_tokens - tokens.length), old.model]]);
      if (byKeys) cells[t]?.[s]?.view.focus(i);
    }
    function undo() {
      const before = past.pop();
      if (running || !before) return;
      state.turns = before.turns;
      state.prompt = text.value = before.prompt;
      fit();
      drawAll();
      soon();
    }
    function wipe() {
      remember();
      state.turns = [];
      write("");
      drawAll();
      text.focus();
    }
    function setMode(mode) {
      if (running) halt();
      stash[state.mode] = { turns: state.turns, prompt: state.prompt }; // each mode keeps its own
      Object.assign(state, { mode, turns: [], prompt: "", ...stash[mode] });
      past.length = 0;
      text.value = state.prompt;
      drawAll();
      fit();
      soon();
    }
    function setCompare(on) {
      if (running) halt();
      if (on) state.sides.push(spare ?? { model: names.find((name) => name !== state.sides[0].model) ?? names[0], settings: { ...structuredClone(state.sides[0].settings), ...(names.length < 2 && { temperature: state.sides[0].settings.temperature ? 0 : 1 }) } });
      else [spare] = state.sides.splice(1);
      codeSide = 0;
      drawAll();
      soon();
    }
    function edited() {
      state.prompt = text.value;
      drawStale();
      soon();
    }
    async function copied(what, done) { say((await pgCopy(what)) ? done : "O navegador não deixou copiar: selecione o texto e copie."); }
    function share() {
      const fragment = pgToLink(key, pgSession(state, false));
      if (fragment.length > PG_LIMITS.link) return say("A sessão é longa demais para um link: salve-a num arquivo.");
      const forced = state.turns.some((turn) => turn.answers.some((answer) => answer?.tokens.some((token) => token.forced)));
      copied(host.address.link(fragment), `Link copiado: leva o pedido, os modelos e os controles${state.mode === "chat" ? ", e a conversa" : ""}.${forced ? " Os desvios que você escolheu só vão no arquivo." : ""}`);
    }
    function take(data, from) {
      try {
        const { session, notes } = pgCheckSession(data, names);
        if (running) halt();
        Object.assign(state, session);
        past.length = 0;
        spare = null;
        text.value = state.prompt;
        system.value = state.system;
        systemRow.open = !!state.system;
        drawAll();
        fit();
        say(`${from}${notes.length ? ` ${pgExplain(notes)}` : ""}`);
        return true;
      } catch (error) {
        say(`${error.message}: foi ignorado, e a figura ficou como estava.`);
        return false;
      }
    }
    async function openFile() {
      const [chosen] = file.files;
      file.value = "";
      if (!chosen) return;
      if (chosen.size > PG_LIMITS.file) return say("O arquivo é grande demais para ser uma sessão: foi ignorado.");
      let data;
      try { data = JSON.parse(await chosen.text()); } catch { return say("O arquivo não é JSON: foi ignorado, e a figura ficou como estava."); }
      if (data?.formato !== PG_FORMAT || data?.versao !== PG_VERSION) return say("O arquivo não é uma sessão deste playground, ou é de outra versão: foi ignorado.");
      if (take(data, "Sessão aberta.") && host.compute) soon();
    }
    function readLink() {
      const found = pgFromLink(key, host.address.fragment());
      if (!found) return;
      if (found.error) say(`${found.error}: foi ignorado, e a figura ficou como estava.`);
      else take(found.data, "Pedido aberto do link. Aperte o botão para gerar: a mesma semente dá o mesmo texto.");
      requestAnimationFrame(() => el.scrollIntoView({ block: "start" }));
    }

    // -- drawing --
    function ending(answer) {
      const count = `${fmtNumber(answer.tokens.length)} ${answer.tokens.length === 1 ? "token" : "tokens"}`;
      const rate = answer.rate ? `, ${fmtNumber(answer.rate)} por segundo` : "";
      const why = { length: "parou no máximo", stop: "parou na sequência de parada", eos: "o modelo encerrou", context: "acabou a janela de contexto", cancelled: "você parou" }[answer.reason];
      return `${count}${rate}${why ? `: ${why}` : ""}.`;
    }
    function cell(t, s) {
      const view = pgAnswerView({ label: `Resposta${state.sides.length > 1 ? ` do lado ${"AB"[s]}` : ""}: setas andam pelos tokens, Enter abre as alternativas`, onbranch: host.compute && ((i, item, byKeys) => branch(t, s, i, item, byKeys)) });
      const name = h("p", { class: "pg-name" }), note = h("p", { class: "pg-ending" });
      return { view, name, note, el: h("div", { class: "pg-cell" }, name, view.el, note) };
    }
    let cells = []; // cells[t][s]
    function drawAnswer(t, s, shown) {
      const place = cells[t]?.[s], answer = state.turns[t]?.answers[s];
      if (!place) return;
      const kind = about(answer?.model).chat ? "instruct" : "base";
      place.name.replaceChildren(...(answer ? [state.sides.length > 1 ? `${"AB"[s]} · ` : "", h("span", { "data-kind": kind }, answer.model)] : []));
      place.view.draw(answer, shown ?? answer?.tokens.length ?? 0, asTokens);
      place.note.textContent = !answer ? "" : answer.error ?? (answer.done && answer.tokens.length ? ending(answer) : "");
      place.note.classList.toggle("pg-problem", !!answer?.error);
      if (answer?.done && answer.reason === "stop") {
        let length = 0, keep = 0;
        while (keep < answer.tokens.length && length < answer.text.length) length = pgText(answer.tokens.slice(0, ++keep)).length;
        place.view.cut(keep);
      }
    }
    function drawTurns() {
      cells = state.turns.map((_, t) => state.sides.map((_, s) => cell(t, s)));
      const columns = (t) => h("div", { class: "pg-columns" }, cells[t].map((each) => each.el));
      const chat = state.mode === "chat";
      talk.hidden = !chat || !state.turns.length;
      talk.replaceChildren(...(chat ? state.turns.map((turn, t) => h("li", {}, h("p", { class: "pg-name" }, "Você"), h("p", { class: "pg-user" }, turn.user), columns(t))) : []));
      result.replaceChildren(...(chat || !state.turns.length ? [] : [columns(0)]));
      state.turns.forEach((_, t) => state.sides.forEach((_, s) => drawAnswer(t, s)));
      drawStale();
    }
    function drawStale() {
      const stale = state.mode === "text" && state.turns.length > 0 && state.turns[0].user !== state.prompt;
      result.classList.toggle("pg-stale", stale);
      drawButtons();
    }
    function drawButtons() {
      const chat = state.mode === "chat", dead = !host.compute, turn = state.turns[last()], focused = document.activeElement;
      go.textContent = chat ? "Enviar" : "Gerar";
      go.disabled = dead || !!running;
      stop.disabled = !running;
      again.disabled = dead || !!running || !turn;
      more.disabled = dead || !!running || !turn?.answers.some(unfinished);
      back.disabled = !!running || !past.length;
      clear.disabled = dead || !!running || (!state.turns.length && !state.prompt);
      for (const each of [compare.box, ...modes.map(({ box }) => box)]) each.disabled = dead || !!running;
      panels().forEach((panel) => panel.lock(dead));
      // A disabled button hears no Escape: while the model writes, the focus waits on "Parar".
      if (running && [go, again, more].includes(focused)) {
        asked = focused;
        stop.focus();
      } else if (!running && focused === stop && asked) (asked.disabled ? go : asked).focus();
    }
    function drawSides() {
      if (blocks.length !== state.sides.length || blocks.some(({ side }, s) => side !== state.sides[s])) {
        blocks = state.sides.map((side) => ({ side, panel: pgSidePanel({ side, models, onchange: soon, onmodel: () => { drawSides(); soon(); } }) }));
        sidesBox.replaceChildren(...panels().map((panel) => panel.el));
      }
      panels().forEach((panel, s) => {
        const { model: name } = state.sides[s];
        panel.draw();
        panel.name(state.sides.length > 1 ? "AB"[s] : "");
        panel.note(state.mode === "chat" && !about(name).chat ? `${name} é um modelo base: não foi treinado no formato de conversa.` : "");
      });
    }
    function drawCode() {
      whose.hidden = state.sides.length < 2;
      whose.value = String(codeSide);
      if (!program.open) return;
      const { model: name, settings } = state.sides[codeSide], { messages } = pending(codeSide);
      code.textContent = PG_CODE[codeKind]({ mode: state.mode, model: name, settings, prompt: state.prompt, messages });
    }
    function drawAll() {
      const chat = state.mode === "chat";
      for (const { value, box } of modes) box.checked = value === state.mode;
      compare.box.checked = state.sides.length > 1;
      text.setAttribute("aria-label", chat ? "Sua mensagem" : "Texto que o modelo vai continuar");
      text.placeholder = chat ? "Escreva uma mensagem" : "Escreva o começo de um texto";
      systemRow.hidden = !chat;
      el.classList.toggle("pg-two", state.sides.length > 1);
      drawSides();
      drawTurns();
      drawCode();
    }

    text.addEventListener("keydown", (event) => {
      if (event.key !== "Enter" || event.isComposing || !(event.ctrlKey || event.metaKey || (state.mode === "chat" && !event.shiftKey))) return;
      event.preventDefault();
      if (!go.disabled) go.click();
    });
    el.addEventListener("keydown", (event) => { if (event.key === "Escape" && running) halt(); });
    system.value = state.system;
    systemRow.open = !!state.system;
    build(el, null, [
      h("div", { class: "pg-row pg-top" }, h("fieldset", { class: "pg-modes" }, h("legend", { class: "llm-unseen" }, "Modo"), modes.map((each) => each.el)), compare.el),
      sidesBox, systemRow, talk, text,
      h("div", { class: "llm-under" }, pill.el, meter), gauge,
      h("div", { class: "pg-row pg-actions" }, go, stop, again, more, back, clear),
      h("div", { class: "pg-row pg-look" }, h("label", { class: "pg-check" }, "Velocidade", pace), tokensBox.el),
      notice, result,
      h("div", { class: "pg-foot" }, received, program,
        h("div", { class: "pg-row" }, host.address && h("button", { type: "button", class: "llm-link", onclick: share }, "Copiar link"),
          h("button", { type: "button", class: "llm-link", onclick: () => pgSave("sessao-playground.json", `${JSON.stringify(pgSession(state, true), null, 1)}\n`) }, "Salvar sessão"),
          h("button", { type: "button", class: "llm-link", onclick: () => file.click() }, "Abrir sessão"), file)),
      heard.el,
    ]);
    const first = model.get("received");
    drawAll();
    drawCount(first.length + 1, state.sides[0].settings.max_new_tokens, about(state.sides[0].model).context);
    strip.draw(first);
    const forget = host.address?.onchange(readLink);
    if (host.address) readLink();
    return () => { halt(); soon.cancel(); heard.say.cancel(); forget?.(); };
  },
};
