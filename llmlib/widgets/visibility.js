// Visibility: one sentence, one word to predict, four families: what each has in front of it, in words and as a mask.
// The rules are those of llmlib/scratch/visibility.py. Nothing here asks a model.
const VIS_MOST = 12, VIS_CELL = 10;
const VIS_FAMILIES = [
  { key: "decoder", title: "Decodificador", models: "GPT, Llama, Qwen, mini-base", rule: "o que está à esquerda" },
  { key: "encoder", title: "Codificador", models: "BERT, ModernBERT, mini-bert", rule: "os dois lados, menos ela mesma, que está escondida" },
  { key: "encoder_decoder", title: "Codificador-decodificador", models: "T5, BART, mini-t5", rule: "a fonte inteira e o que já escreveu" },
  { key: "permutation", title: "Permutação", models: "XLNet, mini-xlnet", rule: "o que veio antes na ordem, de qualquer lado" },
];
// Does the family see column j when it predicts word i? Columns of the encoder-decoder: first the source, then what is written.
function visSees(key, i, j, n, turn) {
  if (key === "decoder") return j < i;
  if (key === "encoder") return j !== i;
  if (key === "encoder_decoder") return j < n || j - n < i;
  return turn[j] < turn[i];
}

export default {
  render({ model, el }) {
    let words = [], at = model.get("at"), order = model.get("order"), first = true;
    const field = textField({ value: model.get("text"), label: "Frase", oninput: changed });
    field.text.maxLength = 400;
    field.text.dir = "auto";
    const hint = freshId(), note = h("p", { class: "llm-pill", role: "status" }), heard = announcer(), told = h("p", { class: "vis-told" });

    // -- the word to predict
    const picks = h("ol", { class: "vis-picks", "aria-label": "Escolha a palavra que os modelos vão prever", dir: "auto" });
    roving(picks, () => [...picks.querySelectorAll("button")]);
    function choose(i) { at = i; model.set("at", i); draw(); }

    // -- the order of the permutation: drag a word, or Shift and an arrow
    const places = h("ol", { class: "vis-order", "aria-label": "Ordem em que as palavras são previstas" });
    const settlePlaces = roving(places, () => [...places.querySelectorAll("button")]);
    function move(from, to) {
      to = Math.max(0, Math.min(order.length - 1, to));
      if (from === to) return;
      const next = order.slice(), [one] = next.splice(from, 1);
      next.splice(to, 0, one);
      setOrder(next);
      places.querySelectorAll("button")[to].focus();
      heard.say(`“${words[one]}” passa a ser a ${to + 1}ª a ser prevista`);
    }
    places.addEventListener("keydown", (event) => {
      const step = { ArrowRight: 1, ArrowDown: 1, ArrowLeft: -1, ArrowUp: -1 }[event.key];
      const from = [...places.querySelectorAll("button")].indexOf(document.activeElement);
      if (!step || !event.shiftKey || from < 0) return;
      event.preventDefault();
      event.stopImmediatePropagation(); // the arrow moves the word, not the focus
      move(from, from + step);
    }, true);
    let dragged = null;
    places.addEventListener("pointerdown", (event) => {
      const button = event.target.closest("button");
      if (!button || event.button) return;
      dragged = order[[...places.querySelectorAll("button")].indexOf(button)];
    });
    const drop = () => { dragged = null; places.classList.remove("vis-dragging"); };
    const drag = (event) => {
      if (dragged === null) return;
      const over = document.elementFromPoint(event.clientX, event.clientY)?.closest(".vis-order button");
      const to = over && places.contains(over) ? [...places.querySelectorAll("button")].indexOf(over) : -1;
      if (to < 0 || order[to] === dragged) return;
      event.preventDefault();
      places.classList.add("vis-dragging");
      move(order.indexOf(dragged), to);
    };
    addEventListener("pointermove", drag);
    addEventListener("pointerup", drop);
    addEventListener("pointercancel", drop);
    function setOrder(next) { order = next; model.set("order", order); draw(); }
    function shuffle() {
      const next = order.slice();
      for (let i = next.length - 1; i > 0; i--) { const j = Math.floor(Math.random() * (i + 1)); [next[i], next[j]] = [next[j], next[i]]; }
      setOrder(next);
      heard.say(`Nova ordem: ${order.map((i) => words[i]).join(", ")}`);
    }

    const panels = VIS_FAMILIES.map((family) => {
      const source = h("p", { class: "vis-line", dir: "auto" }), line = h("p", { class: "vis-line", dir: "auto" }), count = h("p", { class: "vis-count" });
      const grid = svg("svg", { class: "vis-mask", role: "img" });
      grid.addEventListener("pointerover", ({ target }) => say(family.key, target.dataset));
      grid.addEventListener("pointerleave", () => say());
      grid.addEventListener("click", ({ target }) => { if (target.dataset.i) choose(+target.dataset.i); });
      const own = family.key === "permutation" && h("div", { class: "vis-own" },
        h("p", { class: "vis-hint", id: hint }, "Ordem da previsão: arraste, ou use Shift com as setas"), places,
        h("button", { type: "button", class: "llm-link", onclick: shuffle }, "embaralhar"),
        h("button", { type: "button", class: "llm-link", onclick: () => setOrder(words.map((_, i) => i)) }, "da esquerda para a direita"),
        h("button", { type: "button", class: "llm-link", onclick: () => setOrder(words.map((_, i) => i).reverse()) }, "de trás para a frente"));
      const box = h("section", { class: `vis-panel vis-${family.key}`, "aria-label": family.title },
        h("p", { class: "vis-title" }, family.title), h("p", { class: "vis-models" }, family.models),
        family.key === "encoder_decoder" && h("p", { class: "vis-which" }, "lê"), family.key === "encoder_decoder" && source,
        family.key === "encoder_decoder" && h("p", { class: "vis-which" }, "escreve"), line, count, grid, own);
      return { family, box, source, line, count, grid };
    });
    function say(key, { i, j } = {}) {
      if (key === undefined || i === undefined) return setText(told, "");
      const n = words.length, from = +j, sees = visSees(key, +i, from, n, turns());
      const where = key === "encoder_decoder" ? (from < n ? " da fonte" : " do que escreve") : "";
      setText(told, `Para prever “${words[+i]}”, ${sees ? "vê" : "não vê"} “${words[from % n]}”${where}.`);
    }
    const turns = () => { const turn = []; order.forEach((word, k) => { turn[word] = k; }); return turn; };

    // -- drawing
    const blank = (word) => h("span", { class: "vis-blank", "aria-hidden": "true" }, "·".repeat(Math.max(1, Math.min(9, [...word].length))));
    const slot = () => h("span", { class: "vis-slot" }, "?");
    function wordsOf(sees, hole) {
      return words.flatMap((word, j) => [j ? " " : "", hole && j === at ? slot() : sees(j) ? h("span", { class: "vis-seen" }, word) : blank(word)]);
    }
    function drawMask({ family: { key, title, rule }, grid }, turn) {
      const n = words.length, gap = key === "encoder_decoder" ? 0.6 : 0, columns = key === "encoder_decoder" ? 2 * n : n;
      grid.setAttribute("viewBox", `-1 -1 ${(columns + gap) * VIS_CELL + 2} ${n * VIS_CELL + 2}`);
      grid.style.setProperty("--columns", columns);
      const x = (j) => (j + (gap && j >= n ? gap : 0)) * VIS_CELL, cells = [];
      for (let i = 0; i < n; i++)
        for (let j = 0; j < columns; j++) {
          const seen = visSees(key, i, j, n, turn), self = (key === "encoder_decoder" ? j - n : j) === i;
          cells.push(svg("rect", { class: `${seen ? "vis-on" : "vis-off"}${self ? " vis-self" : ""}`, x: x(j) + 0.75, y: i * VIS_CELL + 0.75, width: VIS_CELL - 1.5, height: VIS_CELL - 1.5, "data-i": i, "data-j": j }));
        }
      cells.push(svg("rect", { class: "vis-row", x: -0.5, y: at * VIS_CELL - 0.5, width: (columns + gap) * VIS_CELL + 1, height: VIS_CELL + 1 }));
      grid.replaceChildren(...cells);
      grid.setAttribute("aria-label", `Máscara (${title.toLowerCase()}): ${n} linhas, uma por palavra prevista; vê ${rule}.`);
    }
    let pickButtons = [], placeButtons = []; // one a word, made with the sentence: what is redrawn keeps its focus
    function make() {
      pickButtons = words.map((word, i) => h("button", { type: "button", class: "vis-pick", tabIndex: -1, onclick: () => choose(i), onfocus: () => { if (i !== at) choose(i); } }, word));
      picks.replaceChildren(...pickButtons.map((button) => h("li", {}, button)));
      placeButtons = words.map((word) => ({ button: h("button", { type: "button", class: "vis-place", tabIndex: -1, "aria-describedby": hint }), place: h("b"), word }));
      for (const one of placeButtons) {
        one.button.append(one.place, h("span", { class: "llm-unseen" }, "ª a ser prevista:"), " ", one.word);
        one.li = h("li", {}, one.button);
      }
    }
    function draw() {
      const n = words.length, turn = turns();
      pickButtons.forEach((button, i) => { button.setAttribute("aria-pressed", String(i === at)); button.tabIndex = i === at ? 0 : -1; });
      setChildren(places, order.map((i) => placeButtons[i].li));
      placeButtons.forEach(({ button, place }, i) => {
        setText(place, String(turn[i] + 1));
        button.classList.toggle("vis-chosen", i === at);
      });
      settlePlaces();
      for (const panel of panels) {
        const { key, rule } = panel.family, column = (j) => (key === "encoder_decoder" ? n + j : j);
        const seen = words.filter((_, j) => visSees(key, at, column(j), n, turn)).length + (key === "encoder_decoder" ? n : 0);
        if (key === "encoder_decoder") panel.source.replaceChildren(...wordsOf(() => true, false));
        panel.line.replaceChildren(...wordsOf((j) => visSees(key, at, column(j), n, turn), true));
        setText(panel.count, `Vê ${seen} de ${key === "encoder_decoder" ? 2 * n - 1 : n - 1}: ${rule}.`);
        drawMask(panel, turn);
      }
      if (!first) heard.say(panels.map(({ family, count }) => `${family.title}: ${count.textContent}`).join(" "));
      first = false;
    }

    function read() {
      const all = field.text.value.split(/\s+/u).filter(Boolean);
      if (!all.length) {
        setText(note, "Escreva ao menos uma palavra: a figura guarda a última frase.");
        return false;
      }
      const before = words.length;
      words = all.slice(0, VIS_MOST);
      setText(note, all.length > VIS_MOST ? `A figura desenha as primeiras ${VIS_MOST} palavras; ${all.length - VIS_MOST} ficaram de fora.` : words.length === 1 ? "Com uma palavra só, não há nada à volta para ver." : "Aqui cada palavra vale por um token.");
      at = Math.min(at, words.length - 1);
      if (before !== words.length && (before || order.length !== words.length)) order = [...order.filter((i) => i < words.length), ...words.map((_, i) => i).filter((i) => !order.includes(i))];
      make();
      return true;
    }
    function changed() { model.set("text", field.text.value); if (read()) draw(); }

    read();
    build(el, null, [
      field.text, h("div", { class: "llm-under" }, note),
      h("p", { class: "vis-ask" }, "Prever a palavra"), picks,
      h("div", { class: "vis-panels" }, panels.map((panel) => panel.box)),
      told, h("p", { class: "vis-key" }, h("span", { class: "vis-on vis-sample" }), " vê  ", h("span", { class: "vis-off vis-sample" }), " não vê  ", h("span", { class: "vis-self vis-sample" }), " a própria palavra. Cada linha do quadro é uma palavra a prever; a contornada é a escolhida."),
      heard.el,
    ]);
    draw();
    return () => { removeEventListener("pointermove", drag); removeEventListener("pointerup", drop); removeEventListener("pointercancel", drop); heard.say.cancel(); };
  },
};
