// Quiz: radios, a check, feedback for the chosen option in a live region. Keeps nothing and sends nothing.
export default {
  render({ model, el }) {
    const questions = model.get("questions"), right = questions.map(() => false), id = freshId();
    const rich = (text) => text.split(/`([^`]+)`/).map((part, i) => (i % 2 ? h("code", {}, part) : part));
    const marks = questions.map(() => h("span", { class: "quiz-mark" })), total = h("span");
    const progress = h("p", { class: "quiz-progress", role: "status" }, h("span", { class: "quiz-marks", "aria-hidden": "true" }, marks), total);
    function count() {
      const many = right.filter(Boolean).length;
      right.forEach((good, i) => marks[i].classList.toggle("quiz-done", good));
      total.textContent = `Você acertou ${many} de ${questions.length}.`;
    }

    function ask({ pergunta, opcoes }, number) {
      const name = `${id}-${number}`, said = h("p", { class: "quiz-said", "aria-live": "polite" });
      const rows = opcoes.map((option, i) => {
        const radio = h("input", { type: "radio", name, value: String(i), onchange: clear });
        return { radio, el: h("label", { class: "quiz-option" }, radio, h("span", {}, rich(option.texto)), h("span", { class: "quiz-sign", "aria-hidden": "true" })) };
      });
      const check = h("button", { type: "submit", class: "llm-button" }, "Conferir");
      const again = h("button", { type: "button", class: "llm-link", hidden: true, onclick: retry }, "Tentar de novo");
      function clear() {
        for (const row of rows) delete row.el.dataset.result;
        said.replaceChildren();
        again.hidden = true;
      }
      function retry() {
        clear();
        for (const row of rows) { row.radio.checked = false; row.radio.disabled = false; }
        check.hidden = false;
        right[number] = false;
        count();
        rows[0].radio.focus();
      }
      function verify(event) {
        event.preventDefault();
        const chosen = rows.findIndex((row) => row.radio.checked);
        if (chosen < 0) return said.replaceChildren("Escolha uma opção antes de conferir.");
        const option = opcoes[chosen];
        rows[chosen].el.dataset.result = option.certa ? "right" : "wrong";
        said.replaceChildren(h("strong", {}, option.certa ? "Certo. " : "Ainda não. "), ...rich(option.retorno));
        if (!option.certa) return;
        again.hidden = false;
        for (const row of rows) row.radio.disabled = !row.radio.checked;
        check.hidden = true;
        right[number] = true;
        count();
        if (check.contains(document.activeElement) || document.activeElement === document.body) again.focus();
      }
      return h("form", { class: "quiz-question", onsubmit: verify },
        h("fieldset", {}, h("legend", {}, h("span", { class: "quiz-number" }, `${number + 1}`), h("span", {}, rich(pergunta))), rows.map((row) => row.el)),
        h("div", { class: "quiz-answer" }, check, said, again));
    }
    build(el, null, [questions.map(ask), progress]);
    count();
  },
};
