// Similarity: the reader's sentences and the table of their cosines, by the model or the count of words that is chosen. What a
// sentence is for a model is asked once; every other change of the table is arithmetic here.
// uses engine: search
// uses engine: sampling
// uses part: text_uses.math
// uses part: text_uses.models
// uses style: text_uses
const SIM_MOST = 8;

export default {
  render({ model, el, host }) {
    const live = !!host.compute, examples = model.get("examples"), pill = statePill(el, live && "mude uma frase e a tabela muda"), heard = announcer();
    const ask = tuVectors(model.get("recorded"), live && latest(host, pill)), systems = model.get("systems");
    let texts = [...model.get("texts")], at = [0, 1], table = null, turn = 0;
    const list = h("ol", { class: "sim-texts", "aria-label": "Frases" }), grid = h("div", { class: "sim-grid", role: "group", "aria-label": "Semelhança de cada par de frases" }), said = h("p", { class: "sim-said" });
    const choose = tuChooser(systems, answer);
    const more = h("button", { type: "button", class: "llm-link", onclick: () => { texts.push(""); write(); list.lastChild.querySelector("input").focus(); } }, "+ mais uma frase");
    const settle = roving(grid, () => [...grid.querySelectorAll("button")], (cell) => { at = cell.dataset.at.split(",").map(Number); tell(); });

    // The vectors of the sentences, null for an empty one; or null at all while they are on their way.
    async function vectors({ key }) {
      if (key === "words") return tuWords(texts).vectors.map((v, i) => (texts[i].trim() ? v : null));
      const written = texts.filter((text) => text.trim()), found = await ask(key, written);
      return found && texts.map((text) => (text.trim() ? found[written.indexOf(text)] : null));
    }
    async function answer() {
      const order = ++turn, X = await vectors(choose.get());
      if (!X || order !== turn) return;
      table = X.map((a) => X.map((b) => (a && b ? tuDot(a, b) : null)));
      draw();
    }
    function draw() {
      if (at[0] >= texts.length || at[1] >= texts.length) at = [0, 1];
      grid.style.setProperty("--n", texts.length);
      grid.replaceChildren(h("span"), ...texts.map((_, i) => h("span", { class: "sim-head", "aria-hidden": "true" }, i + 1)), ...texts.flatMap((_, i) => [h("span", { class: "sim-head", "aria-hidden": "true" }, i + 1),
        ...texts.map((__, j) => (j > i ? h("span", { class: "sim-none" }) : j === i ? h("span", { class: "sim-cell sim-self", "aria-hidden": "true" }, "1") : cell(i, j)))]));
      settle();
      tell();
    }
    function cell(i, j) {
      const x = table[i][j];
      return h("button", { type: "button", tabIndex: -1, class: "sim-cell", "data-at": `${j},${i}`, "aria-label": `Frases ${j + 1} e ${i + 1}: ${x == null ? "sem texto" : fmtNumber(x, 2)}`, "--x": Math.max(0, x ?? 0), onpointerenter: () => { at = [j, i]; tell(); } }, x == null ? "–" : fmtNumber(x, 2));
    }
    function tell() {
      const [i, j] = at, x = table?.[i]?.[j];
      for (const each of grid.querySelectorAll("button")) each.classList.toggle("sim-now", each.dataset.at === `${i},${j}`);
      for (const [n, row] of [...list.children].entries()) row.classList.toggle("sim-now", n === i || n === j);
      if (x === undefined) return;
      said.replaceChildren(...(x === null ? ["Escreva as duas frases."] : ["Frases ", h("strong", {}, i + 1), " e ", h("strong", {}, j + 1), `: cosseno ${fmtNumber(x, 2)} para ${choose.get().title}.`]));
      if (x != null) heard.say(said.textContent);
    }
    const soon = debounce(answer, 50);
    function write() {
      list.replaceChildren(...texts.map((text, i) => h("li", {}, h("span", { class: "sim-number", "aria-hidden": "true" }, i + 1), h("input", { type: "text", name: "text", class: "sim-text", value: text, "aria-label": `Frase ${i + 1}`, maxLength: TU_MOST, spellcheck: false, autocomplete: "off", readOnly: !live, oninput: (event) => { texts[i] = event.target.value; soon(); } }),
        live && texts.length > 2 && h("button", { type: "button", class: "llm-link sim-less", "aria-label": `Tirar a frase ${i + 1}`, onclick: () => { texts.splice(i, 1); write(); list.querySelector("input").focus(); } }, "tirar"))));
      more.disabled = texts.length >= SIM_MOST;
      answer();
    }
    build(el, null, [
      list, h("div", { class: "llm-under" }, live && more, pill.el),
      tuExamples("Frases para experimentar", Object.entries(examples).map(([word, given]) => [word, () => { texts = [...given]; write(); }])),
      h("div", { class: "tu-controls" }, choose.el), grid, said, heard.el,
    ]);
    write();
    return () => { soon.cancel(); heard.say.cancel(); };
  },
};
