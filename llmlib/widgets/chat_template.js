// Chat template: messages that the reader edits → the tokens that the model gets, which of them the loss counts, and the loss
// of each. A bar stands on every token: full where the loss counts it, hollow where it does not; its height is the loss.
const CT_ROLES = { system: "sistema", user: "usuário", assistant: "assistente" }, CT_START = "<|im_start|>", CT_END = "<|im_end|>";
const CT_TOP = 8; // nats at which a bar is full: the model hesitates among 3,000 tokens

// Who speaks in each token, and whether it is said or format; the twin of `counted` in chat_template.py.
function ctTurns(tokens) {
  const turns = [];
  let turn = null, header = "", open = false;
  for (const [at, token] of tokens.entries()) {
    if (token.text === CT_START) turns.push((turn = { from: at, role: null })), (header = ""), (open = false);
    if (turn) turn.to = at + 1;
    token.said = open ? turn.role : null;
    if (token.text === CT_END) open = false;
    else if (turn && turn.role === null && token.text !== CT_START) {
      if (token.text.startsWith("\n")) (turn.role = header), (open = true);
      header += token.text;
    }
  }
  return turns;
}
// -log p of each id: from the whole pass where the engine gives it, or as the kernel has counted it.
function ctLosses({ losses, logits, logits_shape }, ids) {
  if (losses) return losses;
  const V = logits_shape[1], from = logits_shape[0] - 1 - ids.length;
  return ids.map((id, i) => {
    const row = logits.subarray((from + i) * V, (from + i + 1) * V);
    let top = -Infinity, sum = 0;
    for (const x of row) if (x > top) top = x;
    for (const x of row) sum += Math.exp(x - top);
    return top + Math.log(sum) - row[id];
  });
}

export default {
  render({ model, el, host }) {
    const recordings = model.get("recordings"), models = model.get("models"), prefix = model.get("prefix"), room = model.get("room"), blind = Math.log(model.get("vocabulary"));
    const MOST = 8; // messages
    let { messages, tokens, losses } = recordings[0], chosen = models.length - 1, all = false, recorded = true, busy = false;
    messages = messages.map((each) => ({ ...each }));

    const pill = statePill(el, host.compute && "mude uma mensagem e os tokens mudam"), heard = announcer(), count = h("p", { class: "llm-pill" });
    const examples = h("p", { class: "ct-examples", role: "group", "aria-label": "Conversas gravadas" }, h("span", {}, "Experimente"),
      recordings.map((each) => h("button", { type: "button", class: "llm-link", onclick: () => recall(each) }, each.label)));
    const list = h("ol", { class: "ct-messages", "aria-label": "Mensagens" });
    const add = h("button", { type: "button", class: "llm-button", onclick: append }, "Acrescentar mensagem");
    const reply = h("button", { type: "button", class: "llm-button llm-button-main", onclick: () => respond() }, "Deixar o modelo responder");
    const strips = h("div", { class: "ct-turns" }), sum = h("p", { class: "ct-sum" }), note = h("p", { class: "ct-note", role: "status" });
    const radio = (legend, options, at, onpick) => {
      const name = freshId();
      return h("fieldset", { class: "ct-choice" }, h("legend", {}, legend), options.map((label, i) =>
        h("label", {}, h("input", { type: "radio", name, checked: i === at, onchange: () => onpick(i) }), label)));
    };
    const who = models.length > 1 && radio("Perda segundo o", models.map((each) => each.title.toLowerCase()), chosen, (i) => { chosen = i; remeasure(); });
    const what = radio("A perda conta", ["só a resposta", "tudo o que foi dito"], 0, (i) => { all = i === 1; draw(); });

    // -- the messages
    function drawMessages() {
      list.replaceChildren(...messages.map((message, i) => {
        const field = h("textarea", { class: "ct-content", rows: 1, spellcheck: false, readOnly: !host.compute, "aria-label": `Mensagem ${i + 1}`, oninput: () => { message.content = field.value; fit(); changed(); } });
        const fit = () => { field.style.height = "auto"; field.style.height = `${Math.min(field.scrollHeight + 2, 180)}px`; };
        const role = h("select", { class: "ct-role", "aria-label": `Quem diz a mensagem ${i + 1}`, disabled: !host.compute, onchange: () => { message.role = role.value; row.dataset.role = role.value; changed(); } },
          Object.entries(CT_ROLES).map(([value, label]) => h("option", { value, selected: value === message.role }, label)));
        const drop = h("button", { type: "button", class: "ct-drop", "aria-label": `Apagar a mensagem ${i + 1}`, title: "Apagar", disabled: messages.length === 1, onclick: () => { messages.splice(i, 1); drawMessages(); changed(); (list.children[Math.min(i, messages.length - 1)].querySelector("textarea")).focus(); } }, "×");
        const row = h("li", { class: "ct-message", "data-role": message.role }, role, field, host.compute && drop);
        field.value = message.content;
        requestAnimationFrame(fit);
        return row;
      }));
      add.disabled = messages.length >= MOST;
      add.hidden = reply.hidden = !host.compute;
      reply.disabled = busy || messages.length >= MOST || messages.at(-1).role === "assistant";
    }
    function append() {
      messages.push({ role: messages.at(-1).role === "user" ? "assistant" : "user", content: "" });
      drawMessages();
      changed();
      list.lastElementChild.querySelector("textarea").focus();
    }
    function recall(each) {
      asks += 1;
      soon.cancel();
      ({ tokens, losses } = each);
      messages = each.messages.map((message) => ({ ...message }));
      recorded = true;
      note.textContent = "";
      drawMessages();
      draw();
    }

    // -- the tokens
    const counts = (token) => (all ? token.said !== null : token.said === "assistant");
    function draw() {
      const shown = losses[models[chosen].model], turns = ctTurns(tokens);
      strips.replaceChildren(...turns.map((turn) => {
        const strip = tokenStrip({ label: `Turno: ${CT_ROLES[turn.role] ?? "convite ao assistente"}`, last: 1000 });
        const mine = tokens.slice(turn.from, turn.to);
        strip.draw(mine);
        [...strip.el.querySelectorAll(".llm-token")].forEach((node, i) => {
          const token = mine[i], loss = shown?.[turn.from + i], counted = counts(token);
          node.classList.add("ct-token");
          node.classList.toggle("ct-taught", counted);
          node.classList.toggle("ct-mark", !!SPECIAL[token.text]);
          const said = loss == null ? "" : `perda ${fmtNumber(loss, 2)}`;
          node.dataset.tag = `nº ${token.id}${said && ` · ${said}`}${counted ? " · conta" : " · não conta"}`;
          node.setAttribute("aria-label", `${spoken(token.text)}, token número ${token.id}${said && `, ${said}`}, ${counted ? "a perda conta" : "a perda não conta"}`);
          if (loss != null) node.style.setProperty("--loss", Math.min(1, loss / CT_TOP));
        });
        return h("div", { class: "ct-turn", "data-role": turn.role ?? "invite" }, h("span", { class: "ct-who" }, CT_ROLES[turn.role] ?? "convite"), strip.el);
      }));
      const own = tokens.map((token, i) => [counts(token), shown?.[i]]).filter(([yes]) => yes).map(([, loss]) => loss);
      count.textContent = `${fmtNumber(tokens.length)} tokens; a perda conta ${fmtNumber(own.length)}`;
      const mean = own.reduce((a, b) => a + b, 0) / own.length, name = models[chosen].title.toLowerCase();
      sum.replaceChildren(...(!own.length ? ["Nenhum token conta: o assistente ainda não falou. O último turno é o convite, e é daí que o modelo escreve."]
        : !shown ? [""] : ["Perda média nos tokens que contam: ", h("strong", {}, `${fmtNumber(mean, 2)} nats`), `, segundo o ${name}: `,
          mean > blind ? `pior que apostar às cegas no vocabulário inteiro (${fmtNumber(blind, 2)} nats).` : `ele hesita, em média, entre ${fmtNumber(Math.exp(mean), mean < 4 ? 1 : 0)} opções a cada token.`]));
      heard.say(sum.textContent);
    }

    // -- asking: the newest conversation wins
    let asks = 0;
    const said = () => messages.map(({ role, content }) => ({ role, content: role === "assistant" && prefix ? prefix + content.trim() : content }));
    async function attempt(work) {
      const ticket = ++asks, slow = setTimeout(() => pill.set("loading"), 200);
      try {
        await work(() => ticket === asks);
        if (ticket === asks) pill.set("live", host.where);
      } catch (error) {
        if (ticket === asks) pill.set("error", error.message);
      } finally {
        clearTimeout(slow);
      }
    }
    async function measure(current) {
      const name = models[chosen].model;
      if (losses[name]) return draw();
      const ids = tokens.map((token) => token.id), known = losses;
      const found = ctLosses(await host.compute("trace", { model: name, ids, only: "losses" }), ids);
      if (!current()) return;
      known[name] = found;
      draw();
    }
    const ask = () => attempt(async (current) => {
      const answer = await host.compute("encode", { model: models[chosen].model, messages: said() });
      if (!current()) return;
      tokens = answer.tokens.map(({ id, text }) => ({ id, text }));
      if (messages.at(-1).role === "assistant") tokens = tokens.slice(0, tokens.findLastIndex((token) => token.text === CT_START));
      losses = {};
      recorded = false;
      note.textContent = answer.cut ? `A conversa não cabe no contexto: ${fmtNumber(answer.cut)} tokens do começo ficaram de fora.` : "";
      await measure(current);
    });
    const soon = debounce(ask, 60);
    function changed() {
      reply.disabled = busy || messages.length >= MOST || messages.at(-1).role === "assistant";
      if (host.compute) soon();
    }
    function remeasure() {
      if (losses[models[chosen].model]) draw();
      else if (host.compute) attempt(measure);
    }
    const respond = () => attempt(async (current) => {
      busy = reply.disabled = true;
      try {
        const { text } = await host.compute("generate", { model: models[chosen].model, messages: said(), max_new_tokens: room, sampling: { temperature: 0 } });
        if (!current()) return;
        messages.push({ role: "assistant", content: text.trim() });
      } finally {
        busy = false;
        drawMessages();
      }
      soon();
    });

    build(el, null, [
      examples, list, h("div", { class: "ct-actions" }, reply, add),
      h("div", { class: "llm-under" }, pill.el, count), note,
      h("div", { class: "ct-choices" }, what, who),
      strips, sum,
      h("p", { class: "ct-key" }, [["ct-swatch ct-full", "a perda conta"], ["ct-swatch", "a perda não conta"]].map(([look, words]) => h("span", {}, h("i", { class: look, "aria-hidden": "true" }), words)),
        h("span", {}, `A altura da barra é a perda do token; ela para de crescer em ${CT_TOP} nats.`)),
      heard.el,
    ]);
    drawMessages();
    draw();
    return () => { soon.cancel(); heard.say.cancel(); asks += 1; };
  },
};
