// Tied words: the words of a text, one of them chosen, and for each earlier word three bars: the attention that it gets, how much of the
// bet changes hands without it, and how fast it begins to change. Recorded first; a text of the reader's is measured by the model.
export default {
  render({ model, el, host }) {
    const recordings = model.get("recordings"), profile = model.get("profile"), neutral = model.get("neutral");
    const canAsk = !!host.compute && neutral.length > 0;
    // The mark that opens every text is the one that ends texts, and here it is their beginning.
    const nodes = (text, at) => (at === 0 && SPECIAL[text] ? [h("i", { class: "llm-special" }, "início")] : tokenNodes(text));
    const nameOf = (at) => (at === 0 && SPECIAL[study.words[0]] ? "“início”" : spoken(study.words[at]));
    let study = tiedOpen(recordings[0]), pinned = model.get("at"), peeked = null, kind = "mean", way = "deleted", job = 0;

    const { text, fit } = textField({ value: study.text, label: "Texto a medir", oninput: () => { const known = recordings.find((each) => each.text === text.value); if (known) open(known); else soon(); }, readOnly: !canAsk });
    const pill = statePill(el, canAsk && "escolha uma palavra, ou mude o texto"), heard = announcer(), note = h("p", { class: "tw-note", hidden: true });
    const soon = debounce(measure, 350);
    function open(recording) {
      job += 1; // what is being measured is no longer wanted
      soon.cancel();
      text.value = recording.text;
      fit();
      pill.set("recorded", "escolha uma palavra, ou mude o texto");
      show(tiedOpen(recording), recording === recordings[0] ? model.get("at") : recording.words.length - 1);
    }
    async function measure() {
      const mine = ++job, asked = text.value;
      pill.set("loading", "medindo…");
      try {
        const found = await tiedMeasure(host.compute, asked, neutral, (done, all) => {
          if (mine !== job) return false;
          pill.set("loading", `${done} de ${all} palavras`);
          return true;
        });
        if (!found || mine !== job) return;
        pill.set("live", host.where);
        show(found, Math.max(0, found.words.findLastIndex((word) => word.trim())));
      } catch (error) {
        if (mine === job) pill.set("error", error.message);
      }
    }

    // ---- the strip of words
    const strip = h("ol", { class: "llm-strip tw-strip", "aria-label": "Palavras: escolha a que olha para as outras" });
    let buttons = [];
    const settle = roving(strip, () => buttons, (item) => { if (item.at !== pinned) { pinned = item.at; peeked = null; draw(); } });
    strip.addEventListener("pointerleave", () => { if (peeked !== null) { peeked = null; draw(); } });

    // ---- the table
    const ATTENTION = [["mean", "média das cabeças"], ["best", "a cabeça que mais olha"], ["flow", "seguida pelas camadas"]];
    const kindPick = h("select", { "aria-label": "Que atenção mostrar", onchange: () => { kind = kindPick.value; draw(); } });
    const WAYS = [["deleted", "apagada"], ["faded", "trocada pela média"]];
    const wayPick = h("select", { "aria-label": "Como tirar a palavra", onchange: () => { way = wayPick.value; draw(); } }, WAYS.map(([value, name]) => h("option", { value }, name)));
    const head = h("div", { class: "tw-row tw-head" }, h("span", {}, "palavra"),
      h("label", { class: "tw-attn" }, h("strong", {}, "atenção"), kindPick), h("label", { class: "tw-gone" }, h("strong", {}, "sem ela"), wayPick), h("span", { class: "tw-rate" }, h("strong", {}, "gradiente"), h("span", { class: "tw-small" }, "mudança por passo")));
    const list = h("ol", { class: "tw-rows", "aria-label": "Uma palavra por linha: atenção, mudança sem ela, gradiente" }), rows = [];
    const COLUMNS = ["attn", "gone", "rate"];
    function makeRow() {
      const name = h("span", { class: "tw-name" }), cells = COLUMNS.map((column) => {
        const fill = h("span", { class: "tw-fill" }), tick = h("span", { class: "tw-tick" }), number = h("span", { class: "tw-number" });
        return { el: h("span", { class: `tw-bar tw-${column}` }, fill, tick, number), fill, tick, number };
      });
      return { el: h("li", { class: "tw-row" }, name, cells.map((cell) => cell.el)), name, cells };
    }
    const said = h("p", { class: "tw-said" }), agreed = h("p", { class: "tw-said" }), legend = h("p", { class: "tw-note" }, h("span", { class: "tw-key-tick", "aria-hidden": "true" }), " o que a distância, sozinha, faria esperar. Em cinza, a marca de início e a própria palavra: não entram na comparação.");
    legend.hidden = !Object.keys(profile).length;

    function attention(word, other) {
      const { layers: L, heads: H } = study;
      if (kind === "flow") return study.flow[word][other];
      if (kind !== "mean" && kind !== "best") { const [l, head] = kind.split(",").map(Number); return study.attention(l, head, word, other); }
      let sum = 0, most = 0;
      for (let l = 0; l < L; l++) for (let head = 0; head < H; head++) {
        const weight = study.attention(l, head, word, other);
        sum += weight;
        most = Math.max(most, weight);
      }
      return kind === "best" ? most : sum / (L * H);
    }
    // What the place of a word, alone, makes one expect of a measure; null where that was not measured.
    function expected(name, word, other) {
      const known = profile[name];
      if (!known) return null;
      return other === 0 ? known.mark : known.distance[Math.min(word - other, known.distance.length - 1)];
    }
    function draw() {
      const word = Math.min(peeked ?? pinned, study.words.length - 1), n = word + 1, name = nameOf(word);
      const values = { attn: [], gone: [], rate: [] }, names = { attn: { mean: "attention", best: "best" }[kind], gone: way, rate: "rate" };
      for (let other = 0; other < n; other++) {
        values.attn.push(attention(word, other));
        values.gone.push(study[way][other][word]);
        values.rate.push(study.rate[other][word]);
      }
      for (const button of buttons) {
        button.setAttribute("aria-pressed", String(button.at === pinned));
        button.classList.toggle("tw-asks", button.at === word);
        button.style.setProperty("--p", button.at < n ? values.attn[button.at].toFixed(4) : 0);
        button.classList.toggle("tw-later", button.at > word);
      }
      const tops = Object.fromEntries(COLUMNS.map((column) => {
        const expect = values[column].map((_, other) => expected(names[column], word, other) ?? 0), counts = (other) => other > 0 && other < word;
        return [column, Math.max(column === "rate" ? 0.02 : 0.05, ...values[column], ...expect.filter((_, other) => counts(other)))];
      }));
      while (rows.length < n) rows.push(makeRow());
      for (let other = 0; other < n; other++) {
        const row = rows[other], outside = other === 0 || other === word;
        if (row.text !== study.words[other]) row.name.replaceChildren(...nodes((row.text = study.words[other]), other));
        row.el.classList.toggle("tw-outside", outside);
        COLUMNS.forEach((column, c) => {
          const cell = row.cells[c], value = values[column][other], expect = expected(names[column], word, other), none = column === "gone" && way === "deleted" && outside;
          cell.fill.style.setProperty("--w", none ? 0 : Math.min(1, value / tops[column]));
          cell.tick.hidden = expect === null || none || outside;
          if (expect !== null) cell.tick.style.setProperty("--w", Math.min(1, expect / tops[column]));
          setText(cell.number, none ? "–" : column === "rate" ? fmtNumber(value, 2) : fmtPercent(value));
        });
      }
      setChildren(list, rows.slice(0, n).map((row) => row.el));
      tell(word, values, names, name);
    }
    function tell(word, values, names, name) {
      if (word < 2) {
        setText(said, word === 0 ? "A marca de início não vê nada antes dela." : `Antes de ${name} não há nenhuma palavra: só a marca de início do texto.`);
        setText(agreed, "");
        return;
      }
      const earlier = Object.fromEntries(COLUMNS.map((column) => [column, values[column].slice(1, word)]));
      const first = (column) => earlier[column].indexOf(Math.max(...earlier[column]));
      const [a, g, r] = COLUMNS.map(first), other = (i) => spoken(study.words[i + 1]);
      const expect = expected(names.attn, word, a + 1), times = expect ? earlier.attn[a] / expect : null;
      const lead = `Em ${name}, quem mais recebe atenção é ${other(a)}${times ? ` (${fmtNumber(times, 1)} vezes o que a distância faria esperar)` : ""}. `;
      setText(said, lead + (a === g ? `É também a palavra cuja falta mais muda a aposta: ${fmtPercent(earlier.gone[g])} dela.` : `Mas a falta que mais muda a aposta é a de ${other(g)}: ${fmtPercent(earlier.gone[g])} dela, contra ${fmtPercent(earlier.gone[a])} sem ${other(a)}.`)
        + (r === g ? "" : ` Pelo gradiente, ${other(r)}.`));
      const pairs = ((word - 1) * (word - 2)) / 2;
      setText(agreed, pairs < 3 ? "" : `De ${fmtNumber(pairs)} pares de palavras anteriores, atenção e falta concordam sobre qual pesa mais em ${fmtPercent(tiedAgreement(earlier.attn, earlier.gone))}; gradiente e falta, em ${fmtPercent(tiedAgreement(earlier.rate, earlier.gone))}. Ao acaso seria a metade.`);
      heard.say(said.textContent);
    }
    function show(next, word) {
      study = next;
      pinned = Math.min(word, study.words.length - 1);
      peeked = null;
      buttons = study.words.map((each, at) => {
        const button = h("button", { type: "button", class: "llm-token tw-token", tabIndex: -1, "aria-label": nameOf(at), onclick: () => button.focus(), onpointerenter: (event) => { if (event.pointerType === "mouse" && peeked !== at) { peeked = at; draw(); } } }, nodes(each, at));
        button.at = at;
        return button;
      });
      setChildren(strip, buttons.map((button) => h("li", {}, button)));
      const headsOf = Array.from({ length: study.layers * study.heads }, (_, i) => [`${Math.floor(i / study.heads)},${i % study.heads}`, `camada ${Math.floor(i / study.heads) + 1}, cabeça ${(i % study.heads) + 1}`]);
      kindPick.replaceChildren(...[...ATTENTION, ...headsOf].map(([value, name]) => h("option", { value }, name)));
      kindPick.value = kind;
      note.hidden = !study.cut;
      setText(note, `Aqui se medem ${TIED_MOST} tokens de cada vez: usei o fim do texto; ${fmtNumber(study.cut)} ${study.cut === 1 ? "token ficou" : "tokens ficaram"} de fora.`);
      draw();
      settle();
    }

    build(el, null, [
      text, h("div", { class: "llm-under" }, pill.el),
      recordings.length > 1 && h("p", { class: "tw-examples", role: "group", "aria-label": "Textos já medidos" }, h("span", {}, "Já medidos"), recordings.map((each) => h("button", { type: "button", class: "llm-link", onclick: () => open(each) }, each.text))),
      note, strip, head, list, said, agreed, legend, heard.el,
    ]);
    show(study, pinned);
    return () => { job += 1; soon.cancel(); heard.say.cancel(); };
  },
};
