// FillMask: the reader hides words of a sentence; each family fills them, with what it may look at. Recorded first; live from the
// first word that is hidden or changed.
const FM_MOST = 40, FM_SHOWN = 5;
const FM_WAYS = {
  both: ["Codificador", "vê os dois lados"],
  left: ["Decodificador", "vê só a esquerda"],
  order: ["Permutação", "na ordem em que você escondeu"],
  spans: ["Codificador-decodificador", "lê com os buracos e escreve o que falta"],
};

export default {
  render({ model, el, host }) {
    const live = !!host.compute, known = new Map(); // text → its tokens
    let words = fmCut(model.get("text")), beyond = 0, hidden = model.get("hidden"), gap = hidden[0], asked = 0;
    let truth = new Map(fmPlaces(hidden).map((place, i) => [place, model.get("recording").truth[i]]));
    let answers = model.get("recording").answers;

    const field = textField({ value: model.get("text"), label: "Frase em que se escondem palavras", oninput: typed, readOnly: !live });
    field.text.maxLength = 300;
    field.text.dir = "auto";
    const pill = statePill(el, live && "clique numa palavra para escondê-la"), heard = announcer();
    const picks = h("ol", { class: "fm-words", "aria-label": "Palavras da frase: escolha as que ficam escondidas", dir: "auto" });
    const settle = roving(picks, () => [...picks.querySelectorAll("button")]);
    const note = h("p", { class: "fm-note", role: "status" });
    const gaps = h("fieldset", { class: "fm-gaps" });
    const examples = live ? [{ text: model.get("text"), hidden: model.get("hidden") }, ...model.get("examples")] : [];

    const sides = model.get("sides").map((side) => {
      const line = h("p", { class: "fm-line", dir: "auto" }), end = h("p", { class: "fm-end" });
      const bars = tokenBars({ label: `Palpites do ${side.model}` });
      const [title, rule] = FM_WAYS[side.way];
      const box = h("section", { class: `fm-side fm-${side.way}`, "aria-label": title },
        h("p", { class: "fm-title" }, title, h("span", { class: "fm-model" }, side.model)), h("p", { class: "fm-rule" }, rule), line, bars.el, end);
      return { ...side, title, line, bars, end, box };
    });

    // -- drawing
    const shownWord = (place) => words[place].word;
    function drawWords() {
      const held = [...picks.querySelectorAll("button")].indexOf(document.activeElement);
      picks.replaceChildren(...words.map(({ word }, place) => {
        const turn = hidden.indexOf(place);
        return h("li", {}, h("button", {
          type: "button", class: "fm-word", tabIndex: -1, disabled: !live, "aria-pressed": String(turn >= 0), onclick: () => toggle(place),
        }, word, turn >= 0 && h("span", { class: "llm-unseen" }, ", escondida"), turn >= 0 && hidden.length > 1 && h("sup", {}, String(turn + 1))));
      }));
      settle();
      if (held >= 0) picks.querySelectorAll("button")[Math.min(held, words.length - 1)]?.focus();
    }
    const gapName = freshId();
    function drawGaps() {
      gaps.hidden = hidden.length < 2;
      gaps.replaceChildren(h("legend", {}, "Barras da lacuna"), ...fmPlaces(hidden).map((place) => h("label", {},
        h("input", { type: "radio", name: gapName, value: String(place), checked: place === gap, onchange: () => { gap = place; drawAnswers(); } }), shownWord(place))));
    }
    function filledLine(answer) {
      const places = fmPlaces(hidden);
      return words.flatMap(({ lead, word }, i) => {
        const at = places.indexOf(i);
        if (at < 0) return [lead, word];
        const one = answer.gaps[at], tokens = truth.get(i), same = one.tokens.length === tokens.length && one.tokens.every((token, j) => token.id === tokens[j].id);
        if (!one.tokens.length && places[at - 1] === i - 1) return []; // this span is shown where it begins
        return [lead, h("span", { class: `fm-guess${same ? " fm-same" : ""}`, title: same ? "a palavra escondida" : "" }, one.text.trim() ? tokenNodes(one.text.trim()) : "…")];
      });
    }
    function drawAnswers() {
      if (!answers && hidden.length) return; // they are on their way
      const at = fmPlaces(hidden).indexOf(gap);
      sides.forEach((side, i) => {
        const answer = answers?.[i];
        side.box.classList.remove("llm-wait");
        side.line.hidden = side.bars.el.hidden = !answer || !!answer.error;
        if (!answer || answer.error) return setText(side.end, answer?.error ?? "");
        side.line.replaceChildren(...filledLine(answer));
        const { top } = answer.gaps[at], pieces = truth.get(gap), first = pieces[0];
        side.bars.el.hidden = !top.length;
        const shown = top.slice(0, FM_SHOWN).map((item) => ({ ...item, note: `${fmtPercent(item.p)}${item.id === first?.id ? " ◂ a escondida" : ""}` }));
        if (top.length) side.bars.draw({ items: shown, rest: Math.max(0, 1 - shown.reduce((sum, item) => sum + item.p, 0)) });
        const rank = top.findIndex((item) => item.id === first?.id);
        const where = !top.length ? "Escreve uma resposta, sem lista de palpites. " : rank >= FM_SHOWN ? `A escondida está em ${rank + 1}º lugar, com ${fmtPercent(top[rank].p)}. ` : rank < 0 ? `A escondida não está entre os ${top.length} primeiros. ` : "";
        const piece = top.length && pieces.length > 1 ? `A palavra tinha ${pieces.length} pedaços; as barras são do primeiro. ` : "";
        setText(side.end, `${where}${piece}${answer.passes === 1 ? "1 passada" : `${answer.passes} passadas`} do modelo.`);
      });
    }
    function drawNote() {
      setText(note, beyond > 0 ? `A figura usa as primeiras ${FM_MOST} palavras; ${beyond} ficaram de fora.` : !words.length ? "Escreva uma frase com ao menos uma palavra." : !hidden.length ? "Nenhuma palavra está escondida: clique numa delas."
        : hidden.length === words.length ? "Tudo está escondido: sobram o começo, o fim e o número de pedaços." : "");
    }
    function draw() { drawWords(); drawGaps(); drawNote(); drawAnswers(); }

    // -- asking: the newest question wins
    async function tokens(text) {
      if (!text) return [];
      if (!known.has(text)) {
        const reader = sides.find((side) => side.way === "left") ?? sides[0];
        known.set(text, (await host.compute("encode", { model: reader.model, text })).tokens);
      }
      return known.get(text);
    }
    async function ask() {
      const ticket = ++asked;
      if (!hidden.length) return; // `change` has drawn that; a word built again here would lose a click under way
      for (const side of sides) side.box.classList.add("llm-wait");
      const slow = setTimeout(() => pill.set("loading"), 80);
      const question = { words, hidden: [...hidden], truth: new Map(), tokens }, found = sides.map(() => null);
      let failed = 0, message = "";
      try {
        for (const place of hidden) question.truth.set(place, await tokens(words[place].lead + words[place].word));
        for (const [i, side] of sides.entries()) {
          try {
            found[i] = await FM_ASK[side.way](host.compute, side, question);
          } catch (error) {
            failed += 1;
            message = error.message;
            found[i] = { error: message };
          }
          if (ticket !== asked) return;
          truth = question.truth;
          answers = found;
          drawAnswers();
          for (const later of sides.slice(i + 1)) later.box.classList.add("llm-wait");
        }
        failed === sides.length ? pill.set("error", message) : pill.set("live", host.where);
        heard.say(sides.map((side, i) => (found[i].error ? "" : `${side.title}: ${found[i].gaps.map((each) => each.text.trim()).join(", ")}.`)).join(" "));
      } catch (error) {
        if (ticket === asked) pill.set("error", error.message);
      } finally {
        clearTimeout(slow);
      }
    }
    const soon = debounce(ask, 60);
    function toggle(place) {
      hidden = hidden.includes(place) ? hidden.filter((each) => each !== place) : [...hidden, place];
      gap = hidden.includes(place) ? place : (hidden.at(-1) ?? null);
      model.set("hidden", hidden);
      change();
    }
    function change() { // what is on the screen answers another question
      asked += 1;
      answers = null;
      draw(); // the old answers stay, dimmed, until the new ones come
      for (const side of sides) side.box.classList.toggle("llm-wait", hidden.length > 0);
      soon();
    }
    function typed() {
      const before = words.map(({ word }) => word), all = fmCut(field.text.value);
      words = all.slice(0, FM_MOST);
      beyond = all.length - FM_MOST;
      // A gap stays with its word: those before the change keep their place, those after it count from the end.
      let same = 0;
      while (same < words.length && words[same].word === before[same]) same += 1;
      const shift = words.length - before.length;
      hidden = hidden.map((place) => (place < same ? place : place + shift)).filter((place, i, list) => place >= 0 && place < words.length && list.indexOf(place) === i);
      gap = hidden.includes(gap) ? gap : (hidden.at(-1) ?? null);
      model.set("text", field.text.value);
      change();
    }
    function open(example) {
      field.text.value = example.text;
      field.fit();
      words = fmCut(example.text);
      beyond = 0;
      hidden = [...example.hidden];
      gap = hidden[0] ?? null;
      change();
    }

    build(el, null, [
      field.text, h("div", { class: "llm-under" }, pill.el),
      examples.length > 1 && h("p", { class: "fm-examples", role: "group", "aria-label": "Frases para experimentar" }, h("span", {}, "Experimente"),
        examples.map((each) => h("button", { type: "button", class: "llm-link", onclick: () => open(each) }, each.text))),
      h("p", { class: "fm-ask" }, live ? "Esconda ou mostre palavras" : "Palavras escondidas"), picks, note, gaps,
      h("div", { class: "fm-sides" }, sides.map((side) => side.box)), heard.el,
    ]);
    draw();
    return () => { soon.cancel(); heard.say.cancel(); asked += 1; };
  },
};
