// AnswerJudge: an answer, the sources that it had, and the verdict of the rules, at each letter. No model: the rules are all.
export default {
  render({ model, el }) {
    const cases = model.get("cases"), heard = announcer();
    let now = cases[0];
    const reply = h("textarea", { class: "aj-reply", name: "reply", rows: 1, spellcheck: false, "aria-label": "Resposta a julgar", oninput: () => draw() });
    const question = h("p", { class: "aj-question" }), forms = h("p", { class: "aj-forms" }), note = h("p", { class: "aj-forms" });
    const verdict = ajVerdictLine(), checks = h("ul", { class: "aj-checks", "aria-label": "Fontes citadas" }), sources = ajSources({ label: "O que o modelo leu" });
    const chips = cases.map((each) => h("button", { type: "button", class: "llm-link", "aria-pressed": "false", onclick: () => open(each) }, each.label));

    function open(each) {
      now = each;
      chips.forEach((chip, i) => chip.setAttribute("aria-pressed", String(cases[i] === each)));
      reply.value = each.reply;
      question.textContent = each.question.pergunta;
      const { respostas = [], superadas = [] } = each.question;
      forms.textContent = respostas.length ? `Formas aceitas: ${respostas.join(" · ")}.${superadas.length ? ` Valor antigo: ${superadas.join(" · ")}.` : ""}` : "Nenhum documento diz: o certo é recusar.";
      draw();
    }
    function draw() {
      const found = ajAttribution(reply.value, now.question, now.sources), said = ajJudge(reply.value, now.question, now.sources);
      verdict.draw(said, ajRight(said, now.question));
      checks.replaceChildren(...(found.length ? ajChecks(found) : [h("li", { class: "aj-check" }, "Nenhuma fonte citada: não há o que conferir.")]));
      sources.draw(now.sources, now.question, [], found);
      note.textContent = reply.value === now.reply ? now.note : "";
      note.hidden = !note.textContent;
      heard.say(`Veredito: ${said}. ${found.map(({ number, kind }) => `Fonte ${number}: ${kind}.`).join(" ")}`);
    }
    build(el, null, [
      h("p", { class: "aj-chips", role: "group", "aria-label": "Respostas prontas" }, h("span", {}, "Respostas"), chips),
      h("p", { class: "aj-name" }, "Pergunta"), question, forms,
      h("p", { class: "aj-name" }, "Resposta"), reply, verdict.el, checks, note,
      h("p", { class: "aj-name" }, "O que o modelo leu"), sources.el, heard.el,
    ]);
    open(now);
    el.dataset.state = "recorded";
    return () => heard.say.cancel();
  },
};
