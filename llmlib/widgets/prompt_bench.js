// Prompt bench: parts that the reader switches, edits and reorders → the tokens that the model gets, its answer, the probability
// of the right answer, and the same probability after each change of one part. The first state of a task is recorded.
// uses engine: sampling
const PB_HEADS = { role: "papel", instruction: "instrução", context: "contexto" };
const PB_MOST = 8;
// p of the last n ids of a pass: from the whole pass of the engine, or from the losses that a kernel has counted.
function pbProbability({ losses, logits, logits_shape }, ids, n) {
  if (losses) return Math.exp(-losses.slice(-n).reduce((a, b) => a + b, 0));
  const V = logits_shape[1], last = logits_shape[0] - 1;
  let p = 1;
  for (let i = n; i > 0; i--) p *= LLM.softmax(logits.slice((last - i) * V, (last - i + 1) * V))[ids.at(-i)];
  return p;
}

export default {
  render({ model, el, host }) {
    const tasks = model.get("tasks"), models = model.get("models"), layouts = model.get("layouts"), prefix = model.get("prefix"), room = model.get("room");
    let task = tasks[0], who = 0, state, before = null, asks = 0;
    const live = !!host.compute, heard = announcer();
    const pill = statePill(el, live && "mude uma parte e o modelo responde de novo");

    // -- the parts; what is switched off stays written, and does not count
    const open = () => {
      const { prompt } = task;
      state = { heads: Object.fromEntries(Object.keys(PB_HEADS).map((key) => [key, { text: prompt[key], on: !!prompt[key].trim() }])),
        examples: prompt.examples.map(([x, y]) => ({ x, y, on: true })), item: prompt.item, answer: task.answer, layout: prompt.layout, cue: prompt.cue };
      before = null;
    };
    const current = () => ({ ...Object.fromEntries(Object.entries(state.heads).map(([key, { text, on }]) => [key, on ? text : ""])),
      examples: state.examples.filter(({ on }) => on).map(({ x, y }) => [x, y]), item: state.item, cue: state.cue, layout: state.layout });
    const layout = () => layouts.find(({ label }) => label === state.layout).parts;
    const recorded = () => JSON.stringify({ ...current(), answer: state.answer }) === JSON.stringify({ ...Object.fromEntries(["role", "instruction", "context", "examples", "item", "cue", "layout"].map((key) => [key, task.prompt[key]])), answer: task.answer });

    const field = (value, label, oninput, look = "") => {
      const node = h("input", { type: "text", class: `pb-field ${look}`, value, "aria-label": label, spellcheck: "false", autocomplete: "off", readOnly: !live, oninput: () => { oninput(node.value); changed(); } });
      return node;
    };
    const tick = (checked, label, onchange) => h("input", { type: "checkbox", class: "pb-tick", checked, disabled: !live, "aria-label": label, onchange: (event) => { onchange(event.target.checked); changed(); } });
    const editor = h("div", { class: "pb-editor" });
    const row = (name, control, ...content) => h("div", { class: "pb-row", "data-part": name }, control ?? h("span"), h("span", { class: "pb-name" }, name), ...content);
    function drawEditor(focus) {
      const examples = h("ol", { class: "pb-examples", "aria-label": "Exemplos, na ordem em que o modelo os lê" }, state.examples.map((each, i) => {
        const move = (by, sign, label) => h("button", { type: "button", class: "pb-move", "aria-label": `${label} o exemplo ${i + 1}`, title: label, disabled: !live || !state.examples[i + by], onclick: () => {
          state.examples.splice(i + by, 0, ...state.examples.splice(i, 1));
          drawEditor([i + by, by < 0 ? 0 : 1]);
          changed();
        } }, sign);
        return h("li", { class: each.on ? "pb-example" : "pb-example pb-off" },
          tick(each.on, `Usar o exemplo ${i + 1}`, (on) => { each.on = on; drawEditor(); }),
          field(each.x, `Entrada do exemplo ${i + 1}`, (text) => { each.x = text; }), h("span", { "aria-hidden": "true" }, "→"),
          field(each.y, `Resposta do exemplo ${i + 1}`, (text) => { each.y = text; }), move(-1, "↑", "Subir"), move(1, "↓", "Descer"));
      }));
      const all = state.examples.some(({ on }) => on);
      editor.replaceChildren(
        ...Object.entries(PB_HEADS).map(([key, name]) => {
          const part = state.heads[key];
          return row(name, tick(part.on, `Usar ${name}`, (on) => { part.on = on; }), field(part.text, name, (text) => { part.text = text; part.on = !!text.trim(); editor.querySelector(`[data-part="${name}"] .pb-tick`).checked = part.on; }));
        }),
        row("exemplos", tick(all, "Usar exemplos", (on) => { for (const each of state.examples) each.on = on; drawEditor(); }), h("div", {}, examples,
          live && h("button", { type: "button", class: "llm-link", disabled: state.examples.length >= PB_MOST, onclick: () => { state.examples.push({ x: "", y: "", on: false }); drawEditor(); editor.querySelector(".pb-example:last-child .pb-field").focus(); } }, "acrescentar um exemplo"))),
        row("entrada", null, field(state.item, "Entrada: o que se pergunta", (text) => { state.item = text; })),
        row("deixa", tick(state.cue, "Terminar com a deixa da resposta", (on) => { state.cue = on; }),
          h("select", { class: "pb-field", "aria-label": "Formato", disabled: !live, onchange: (event) => { state.layout = event.target.value; changed(); } }, layouts.map(({ label }) => h("option", { value: label, selected: label === state.layout }, `formato ${label}`)))),
        row("certa", null, field(state.answer, "Resposta certa, que o modelo não vê", (text) => { state.answer = text; }, "pb-right")),
      );
      if (focus) {
        const buttons = editor.querySelectorAll(".pb-example")[focus[0]].querySelectorAll(".pb-move");
        (buttons[focus[1]].disabled ? buttons[1 - focus[1]] : buttons[focus[1]]).focus();
      }
    }

    // -- what comes out
    const runs = h("div", { class: "pb-runs" }), count = h("span", { class: "pb-count" }), strip = tokenStrip({ label: "O que o modelo respondeu, token por token" });
    const verdict = h("p", { class: "pb-verdict" }), bars = h("ol", { class: "pb-bars", "aria-label": "Probabilidade da resposta certa, com o prompt como está e com uma mudança de cada vez" });
    const same = (a, b) => a.trim().replace(/[ .]+$/, "").toLowerCase() === b.trim().replace(/[ .]+$/, "").toLowerCase();
    function drawTokens(tokens) {
      const pieces = pbPieces(current(), layout());
      runs.replaceChildren(...pbRuns(tokens, pieces, models[who].form).map(({ part, tokens: mine }) => {
        const one = tokenStrip({ label: `Parte do prompt: ${part}`, last: 400 });
        one.draw(mine);
        return h("div", { class: "pb-run", "data-part": part }, h("span", { class: "pb-name" }, part), one.el);
      }));
      count.textContent = `${fmtNumber(tokens.length)} tokens`;
    }
    function drawAnswer(text, written) {
      const right = same(text, state.answer);
      strip.draw(written.filter(({ text: each }) => each !== "\n"));
      verdict.replaceChildren(h("strong", {}, right ? "✓ certa" : "✗ não é a certa"), text.trim() ? "" : " (nada antes da quebra de linha)");
      verdict.classList.toggle("pb-ok", right);
    }
    function drawWorth(worth) {
      const now = worth[0][1];
      bars.replaceChildren(...worth.map(([name, p], i) => h("li", { class: i ? "pb-bar" : "pb-bar pb-first" }, h("span", { class: "pb-label" }, name),
        h("span", { class: "pb-track", "--w": p, "--now": now }, h("span", { class: "pb-fill" }), i > 0 && h("span", { class: "pb-now" })), h("span", { class: "pb-number" }, fmtPercent(p),
          i === 0 && before != null && Math.abs(before - p) > 0.0005 ? h("small", {}, ` era ${fmtPercent(before)}`) : ""))));
    }
    function drawRecord() {
      const made = task.records[who];
      drawTokens(made.tokens);
      drawAnswer(made.text, made.written);
      drawWorth(Object.entries(made.worth));
    }

    // -- asking: the newest prompt wins
    const words = (text) => (models[who].form === "chat" ? { messages: [{ role: "user", content: text }] } : { text });
    async function worthOf(prompt, parts) {
      const name = models[who].model, text = pbText(prompt, parts);
      const given = await host.compute("encode", { model: name, ...words(text) });
      const begin = models[who].form === "chat" ? prefix : text.endsWith("\n") ? "" : " ";
      const after = (await host.compute("encode", { model: name, text: begin + state.answer.trim() })).tokens.map(({ id }) => id);
      const ids = [...given.tokens.map(({ id }) => id), ...after];
      return { tokens: given.tokens, cut: given.cut, p: pbProbability(await host.compute("trace", { model: name, ids, only: "losses" }), ids, after.length) };
    }
    async function ask() {
      const ticket = ++asks, prompt = current(), parts = layout(), fresh = () => ticket === asks;
      if (!state.answer.trim() || !state.item.trim()) return pill.set("error", "escreva a entrada e a resposta certa");
      const slow = setTimeout(() => pill.set("loading"), 250);
      bars.classList.add("llm-wait");
      try {
        const worth = [];
        for (const [name, changedPrompt] of pbVariants(prompt)) {
          const { tokens, p } = await worthOf(changedPrompt, parts);
          if (!fresh()) return;
          worth.push([name, p]);
          if (worth.length > 1) continue;
          drawTokens(tokens);
          const written = [];
          const result = await host.compute("generate", { model: models[who].model, ...words(pbText(prompt, parts)), max_new_tokens: room, stop: ["\n"], sampling: { temperature: 0 } }, { onEvent: ({ token }) => written.push(token) });
          if (!fresh()) return;
          drawAnswer(result.text, written);
        }
        drawWorth(worth);
        before = worth[0][1];
        pill.set("live", host.where);
        heard.say(`Resposta: ${strip.el.textContent.replace(/·/g, " ")}, ${verdict.textContent}. Probabilidade da certa: ${fmtPercent(worth[0][1])}.`);
      } catch (error) {
        if (fresh()) pill.set("error", error.message);
      } finally {
        clearTimeout(slow);
        if (fresh()) bars.classList.remove("llm-wait");
      }
    }
    const soon = debounce(ask, 180);
    function changed() {
      asks += 1;
      if (recorded()) { soon.cancel(); bars.classList.remove("llm-wait"); drawRecord(); before = task.records[who].worth["como está"]; }
      else if (live) { before ??= task.records[who].worth["como está"]; soon(); }
    }
    function choose(each) {
      task = each;
      open();
      for (const [i, button] of [...examples.querySelectorAll("button")].entries()) button.setAttribute("aria-pressed", String(tasks[i] === task));
      drawEditor();
      changed();
    }
    const examples = h("p", { class: "pb-tasks", role: "group", "aria-label": "Tarefas" }, h("span", {}, "Tarefa"), tasks.map((each) => h("button", { type: "button", class: "llm-link", "aria-pressed": String(each === task), onclick: () => choose(each) }, each.label)));
    const name = freshId();
    const models_ = models.length > 1 && h("fieldset", { class: "pb-models" }, h("legend", {}, "Modelo"), models.map((each, i) => h("label", {}, h("input", { type: "radio", name, checked: i === who, onchange: () => { who = i; before = null; changed(); } }), each.title, h("small", {}, each.form === "chat" ? " (mensagem)" : " (texto solto)"))));

    open();
    build(el, null, [
      examples, models_, editor, h("div", { class: "llm-under" }, pill.el),
      h("div", { class: "pb-answer" }, h("span", { class: "pb-title" }, "O modelo responde"), strip.el, verdict),
      h("p", { class: "pb-title" }, "Probabilidade da resposta certa"), bars,
      h("p", { class: "pb-title" }, "O que o modelo recebeu", count), runs, heard.el,
    ]);
    drawEditor();
    drawRecord();
    return () => { soon.cancel(); heard.say.cancel(); asks += 1; };
  },
};
