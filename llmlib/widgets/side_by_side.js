// Side by side: two models, the same words. Each side says how the words reach it: alone, or as a message of a conversation.
// Recorded prompts play with no model; a text of the reader's is streamed from both.
const SBS_REASONS = {
  eos: "Parou por conta própria.", length: "Não parou: foi cortado no limite.", stop: "Parou na sequência de parada.",
  context: "Parou porque o contexto acabou.", cancelled: "Interrompido.",
};
const SBS_FORMS = { text: "texto solto", chat: "mensagem" };

export default {
  render({ model, el, host }) {
    const length = model.get("max_new_tokens"), sampling = model.get("sampling"), recordings = model.get("recordings");
    let recording = recordings[0], asked = 0, abort = null;

    const { text, write } = textField({ value: recording.text, label: "Texto que os dois modelos recebem", oninput: edited, readOnly: !host.compute });
    const pill = statePill(el, host.compute && "mude o texto e os dois respondem"), heard = announcer();
    const examples = h("p", { class: "sbs-examples", role: "group", "aria-label": "Textos gravados" }, h("span", {}, "Experimente"),
      recordings.map((each) => h("button", { type: "button", class: "llm-link", onclick: () => recall(each) }, each.text.replace(/\n/g, " ↵ "))));

    const sides = model.get("sides").map((side, number) => {
      const strip = tokenStrip({ label: `O que escreveu o ${side.title.toLowerCase()}, token por token` }), end = h("p", { class: "sbs-end" }), name = freshId();
      const forms = h("fieldset", { class: "sbs-forms" }, h("legend", {}, "Recebe como"),
        Object.entries(SBS_FORMS).map(([form, label]) => h("label", {}, h("input", { type: "radio", name, value: form, checked: side.form === form, onchange: () => { one.form = form; reform(one); } }), label)));
      const one = { ...side, number, strip, end, run: null };
      one.el = h("section", { class: `sbs-side ${number ? "sbs-instruct" : "sbs-base"}`, "aria-label": side.title },
        h("p", { class: "sbs-title" }, side.title, h("span", { class: "sbs-model" }, side.model)), forms, strip.el, end);
      return one;
    });
    const plain = (run) => run.tokens.filter((token) => !SPECIAL[token.text]).map((token) => token.text).join("").trim();
    function show(side, run, done) {
      side.run = run;
      side.strip.draw(run.tokens);
      side.strip.el.classList.remove("llm-wait");
      side.end.textContent = done ? SBS_REASONS[run.reason] : "Escrevendo…";
      side.end.classList.toggle("sbs-alone", done && run.reason === "eos");
    }
    const announce = () => heard.say(sides.map((side) => `${side.title}: ${plain(side.run) || "nada"}.`).join(" "));

    // -- asking: the newest text wins, and what was being written for an older one is cancelled
    async function answer(side, ticket, signal) {
      const run = { tokens: [], reason: null };
      let drawn = 0;
      const onEvent = ({ token }) => {
        if (ticket !== asked) return;
        run.tokens.push({ id: token.id, text: token.text, p: token.p });
        if (performance.now() - drawn < 30) return; // a screen shows no more
        drawn = performance.now();
        show(side, run, false);
      };
      const words = side.form === "text" ? { text: text.value } : { messages: [{ role: "user", content: text.value }] };
      const result = await host.compute("generate", { model: side.model, ...words, max_new_tokens: length, sampling }, { onEvent, signal });
      if (ticket === asked) show(side, { ...run, reason: result.reason }, true);
    }
    async function ask(which) {
      const ticket = ++asked;
      abort?.abort();
      abort = new AbortController();
      recording = null;
      for (const side of which) side.strip.el.classList.add("llm-wait"); // what is there answers another text
      const slow = setTimeout(() => pill.set("loading"), 300);
      try {
        for (const side of which) await answer(side, ticket, abort.signal);
        if (ticket !== asked) return;
        pill.set("live", host.where);
        announce();
      } catch (error) {
        if (ticket === asked) pill.set("error", error.message);
      } finally {
        clearTimeout(slow);
      }
    }
    const soon = debounce(() => ask(sides), 350);
    function edited() { soon(); }
    function recall(each) {
      text.value = each.text;
      write(each.text);
      soon.cancel(); // the answer is recorded: nobody is asked
      asked += 1;
      abort?.abort();
      recording = each;
      for (const side of sides) show(side, each.runs[side.number][side.form], true);
      announce();
    }
    function reform(side) {
      if (recording) show(side, recording.runs[side.number][side.form], true);
      else if (host.compute) ask(sides);
    }

    build(el, null, [
      text, h("div", { class: "llm-under" }, pill.el), examples,
      h("div", { class: "sbs-sides" }, sides.map((side) => side.el)),
      h("p", { class: "sbs-key" }, `Cada faixa mostra o que o modelo acrescentou, em até ${length} tokens; quanto mais cheia a linha, mais provável era o token.`),
      heard.el,
    ]);
    for (const side of sides) show(side, recording.runs[side.number][side.form], true);
    return () => { soon.cancel(); heard.say.cancel(); asked += 1; abort?.abort(); };
  },
};
