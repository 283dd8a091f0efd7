// Review lab: what several classifiers say about a review, and one that learns here from the reader's labels.
// The hidden states come from host.compute("trace"); the counting classifier needs no model. Recorded first, live second.
export default {
  render({ model, el, host }) {
    const words = model.get("words"), head = model.get("head"), bank = model.get("bank"), unseen = model.get("unseen"), recorded = model.get("recorded");
    const live = !!host.compute, D = head.w.length, seen = new Map(); // text -> standardised hidden state
    const given = []; // the reader's {text, label}
    let mine = null, history = [], at = 0, turn = 0, now = { words: countWords(model.get("text"), words), head: recorded.head, mine: null };
    if (!live) now.words.p = recorded.words;

    const { text, write } = textField({ value: model.get("text"), label: "Resenha que os classificadores vão ler", oninput: changed, readOnly: !live });
    const pill = statePill(el, live && "mude a resenha e o modelo responde"), heard = announcer();
    const bars = { words: bar("Contar palavras", `${fmtNumber(head.labels)} rótulos, sem rede`), head: bar("Modelo congelado", `${fmtNumber(head.labels)} rótulos`), mine: bar("O seu", "ensine abaixo") };
    const known = h("p", { class: "rl-known" }), examples = live ? model.get("examples") : [];
    const card = h("p", { class: "rl-card" }), score = h("p", { class: "rl-score", role: "status" }), list = h("ol", { class: "rl-given", "aria-label": "Resenhas que você rotulou" }), curve = h("div", { class: "rl-curve" });
    const button = (label, word, from) => h("button", { type: "button", class: "llm-button", onclick: () => teach(from(), label) }, word);
    const mineNow = () => text.value.trim(), next = () => bank[at];

    // A bar that leaves the middle: to the right "positiva", to the left "negativa".
    function bar(name, note) {
      const fill = h("span", { class: "rl-fill" }), number = h("span", { class: "rl-number" }), small = h("span", { class: "rl-note" }, note);
      const row = h("li", { class: "rl-row" }, h("span", { class: "rl-name" }, name, " ", small), h("span", { class: "rl-track", "aria-hidden": "true" }, fill), number);
      const draw = (p, why) => {
        row.classList.toggle("rl-none", p == null);
        fill.style.setProperty("--from", `${50 * Math.min(1, 2 * (p ?? 0.5))}%`);
        fill.style.setProperty("--size", `${100 * Math.abs((p ?? 0.5) - 0.5)}%`);
        fill.dataset.side = (p ?? 0.5) >= 0.5 ? "yes" : "no";
        number.textContent = p == null ? why : `${p >= 0.5 ? "positiva" : "negativa"}, ${fmtPercent(Math.max(p, 1 - p))}`;
      };
      return { row, draw, note: (words) => { small.textContent = words; } };
    }

    // Features of texts: the mean hidden state after the layer that the heads look at, on the scale they learned on; asks for
    // the missing ones. The page sends every state of a pass, a kernel the mean alone.
    async function vectors(texts) {
      for (const each of new Set(texts)) if (!seen.has(each)) seen.set(each, standard(featuresOf(await host.compute("trace", { text: each }), head.layer), head));
      return texts.map((each) => seen.get(each));
    }
    // Runs `work`; says in the pill that it waits, that it is live, or what went wrong.
    async function asking(work) {
      const slow = setTimeout(() => pill.set("loading"), 80);
      try {
        const result = await work();
        pill.set("live", host.where);
        return result;
      } catch (error) {
        pill.set("error", error.message);
        return null;
      } finally { clearTimeout(slow); }
    }

    async function answer() {
      const asked = text.value, order = ++turn;
      now = { words: countWords(asked, words), head: now.head, mine: now.mine };
      if (!asked.trim()) { now = { words: null, head: null, mine: null }; return draw(); }
      drawWords();
      const found = await asking(() => vectors([asked]));
      if (!found || order !== turn) return;
      now.head = chance(found[0], head.w, head.b);
      now.mine = mine && chance(found[0], mine.w, mine.b);
      draw();
      heard.say(`Contar palavras: ${bars.words.row.lastChild.textContent}. Modelo congelado: ${bars.head.row.lastChild.textContent}.`);
    }
    const soon = debounce(answer, 60);
    function changed() { model.set("text", text.value); soon(); }

    async function teach(review, label) {
      if (!review) { score.textContent = "Escreva uma resenha antes de rotular."; return; }
      const old = given.find((each) => each.text === review);
      old ? (old.label = label) : given.push({ text: review, label });
      if (review === next()) at += 1;
      await learn();
    }
    async function forget(i) {
      given.splice(i, 1);
      await learn();
      (list.querySelector("button") ?? text).focus();
    }
    // Trains the reader's classifier from zero on all labels, and measures it on reviews that nobody learned from.
    async function learn() {
      drawGiven();
      const labels = given.map((each) => each.label);
      if (new Set(labels).size < 2) {
        mine = now.mine = null;
        score.textContent = given.length ? `Falta ao menos uma ${labels[0] ? "negativa" : "positiva"}: com um lado só não há o que separar.` : "";
        return draw();
      }
      const found = await asking(async () => [await vectors(given.map((each) => each.text)), await vectors(unseen.map((each) => each.texto))]);
      if (!found) return;
      const began = performance.now();
      mine = fitHead(found[0], labels, head.decay);
      const took = performance.now() - began, right = (w, b) => found[1].filter((x, i) => (chance(x, w, b) >= 0.5) === (unseen[i].rotulo === 1)).length;
      const hits = right(mine.w, mine.b), theirs = right(head.w, head.b), { p, low, high } = shareOf(hits, unseen.length);
      history = history.filter((each) => each.n < given.length).concat({ n: given.length, p });
      bars.mine.note(`${fmtNumber(given.length)} rótulos`);
      score.replaceChildren(`Com ${fmtNumber(given.length)} rótulos, treinado em ${fmtNumber(Math.max(1, took))} ms, o seu acerta `, h("strong", {}, `${hits} de ${unseen.length}`),
        ` resenhas que ele não viu (intervalo de 95 %: ${fmtPercent(low)} a ${fmtPercent(high)}). O de ${fmtNumber(head.labels)} rótulos acerta ${theirs}.`);
      drawCurve();
      answer();
    }

    function drawWords() {
      const { known: found, p } = now.words;
      bars.words.draw(p);
      const shown = [...found].sort((a, b) => Math.abs(b[1]) - Math.abs(a[1])).slice(0, 8);
      known.replaceChildren(...(shown.length ? ["O que pesou na contagem: ", ...shown.flatMap(([word, push], i) => [i ? " " : "", h("span", { class: "rl-word", "data-side": push >= 0 ? "yes" : "no" }, `${word} ${push >= 0 ? "+" : "−"}${fmtNumber(Math.abs(push), 1)}`)])]
        : ["Nenhuma destas palavras estava nas resenhas rotuladas: a contagem não tem em que se apoiar."]));
    }
    function draw() {
      if (!now.words) {
        for (const each of Object.values(bars)) each.draw(null, "escreva uma resenha");
        return known.replaceChildren("");
      }
      drawWords();
      bars.head.draw(now.head);
      if (!mine) bars.mine.note("ensine abaixo");
      bars.mine.draw(now.mine, "ainda sem rótulos dos dois lados");
    }
    function drawGiven() {
      card.textContent = next() ? next() : "A pilha acabou. Escreva as suas.";
      for (const each of pile) each.disabled = !next();
      list.replaceChildren(...given.map((each, i) => h("li", { "data-side": each.label ? "yes" : "no" }, h("span", {}, each.label ? "+ " : "− ", each.text),
        h("button", { type: "button", class: "llm-link", "aria-label": `Tirar o rótulo de: ${each.text}`, onclick: () => forget(i) }, "tirar"))));
    }
    function drawCurve() {
      const width = 220, height = 74, most = Math.max(8, ...history.map((each) => each.n)), x = (n) => 26 + (n / most) * (width - 36), y = (p) => 8 + (1 - p) * (height - 24);
      curve.replaceChildren(svg("svg", { viewBox: `0 0 ${width} ${height}`, width, height, role: "img", "aria-label": `A sua curva: ${history.map((each) => `${each.n} rótulos, ${fmtPercent(each.p)}`).join("; ")}` },
        [0.5, 1].map((p) => svg("g", {}, svg("line", { x1: 26, x2: width - 6, y1: y(p), y2: y(p) }), svg("text", { x: 22, y: y(p) + 4, "text-anchor": "end" }, fmtNumber(100 * p)))),
        svg("path", { d: history.map((each, i) => `${i ? "L" : "M"}${x(each.n).toFixed(1)} ${y(each.p).toFixed(1)}`).join("") }),
        history.map((each) => svg("circle", { cx: x(each.n), cy: y(each.p), r: 3 })), svg("text", { x: width - 6, y: height - 2, "text-anchor": "end" }, `${most} rótulos`)));
    }
    const pile = [button(1, "Positiva", next), button(0, "Negativa", next), h("button", { type: "button", class: "llm-link", onclick: () => { bank.push(bank.splice(at, 1)[0]); drawGiven(); } }, "pular")];

    build(el, null, [
      text, h("div", { class: "llm-under" }, pill.el),
      examples.length > 0 && h("p", { class: "rl-examples", role: "group", "aria-label": "Resenhas para experimentar" }, h("span", {}, "Experimente"),
        examples.map((each) => h("button", { type: "button", class: "llm-link", onclick: () => write(each) }, each))),
      h("ul", { class: "rl-bars", "aria-label": "O que cada classificador diz" }, Object.values(bars).map((each) => each.row)), known,
      live && h("section", { class: "rl-teach", "aria-label": "Ensinar o seu classificador" },
        h("p", { class: "rl-lead" }, h("strong", {}, "Ensine o seu. "), "Ele só vê os rótulos que você der, sobre os mesmos números internos do modelo congelado."),
        h("p", { class: "rl-do", role: "group", "aria-label": "Rotular a resenha escrita acima" }, h("span", {}, "A resenha de cima é"), button(1, "positiva", mineNow), button(0, "negativa", mineNow)),
        h("div", { class: "rl-pile" }, h("span", { class: "rl-note" }, "ou esta, da pilha:"), card, h("p", { class: "rl-do", role: "group", "aria-label": "Rotular a resenha da pilha" }, pile)),
        score, h("div", { class: "rl-result" }, curve, list)),
      heard.el,
    ]);
    draw();
    drawGiven();
    return () => { soon.cancel(); heard.say.cancel(); };
  },
};
