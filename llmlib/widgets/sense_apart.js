// SenseApart: two sentences of the reader's, a word chosen in each, and how far apart its vectors are after each layer, in several
// models. Recorded first; live from the first word that is chosen or changed. A sentence goes through a model once: choosing
// another word of it is arithmetic.
// uses style: ways_curve
const SA_MARKS = ["circle", "square", "diamond"];

export default {
  render({ model, el, host }) {
    const live = !!host.compute, sides = model.get("sides"), recording = model.get("recording"), id = freshId();
    const texts = [...model.get("texts")], words = recording.words.map((list) => list.map((text) => ({ text }))), at = [...recording.at];
    const known = new Map(); // model and text → promise of what it made of it
    let cosines = recording.cosines, relative = true, asked = 0, layer = sides[0].chance.length - 1;

    const pill = statePill(el, live && "clique em outra palavra, ou escreva"), heard = announcer();
    const note = h("p", { class: "sa-note", role: "status" }), said = h("ul", { class: "sa-said" }), plot = h("div", { class: "sa-plot" }), how = h("output", {}), ruler = h("p", { class: "sa-key" }, "0 %: o mesmo vetor. 100 %: tão longe uma da outra quanto duas palavras sorteadas nessa camada desse modelo.");
    const lines = texts.map((text, i) => {
      const field = textField({ value: text, label: `${i ? "Segunda" : "Primeira"} frase`, oninput: () => typed(i), readOnly: !live });
      field.text.maxLength = 300;
      field.text.dir = "auto";
      const strip = h("ol", { class: "llm-strip sa-strip", "aria-label": `Palavras da ${i ? "segunda" : "primeira"} frase: escolha uma`, dir: "auto" });
      return { ...field, strip, settle: roving(strip, () => [...strip.querySelectorAll("button")]) };
    });
    const rows = sides[0].chance.length;
    const slider = h("input", { type: "range", name: "layer", min: "0", max: String(rows - 1), step: "1", value: String(layer), oninput: () => { layer = +slider.value; drawAll(); } });
    const ways = h("fieldset", { class: "sa-ways" }, h("legend", {}, "Medir"), [[true, "sobre o acaso"], [false, "1 − cosseno"]].map(([value, label]) =>
      h("label", {}, h("input", { type: "radio", name: `${id}-w`, checked: value, onchange: () => { relative = value; drawAll(); } }), label)));
    const examples = live ? [texts.map((text, i) => [text, words[i][at[i]].text]), ...model.get("examples")] : [];

    const shownSides = () => (cosines ? sides.map((side, i) => ({ side, i })).filter(({ i }) => cosines[i]) : []);
    const layerName = (row) => (row ? `camada ${row}` : "entrada");
    const value = (i, row) => {
      const gap = 1 - cosines[i][row];
      return gap < 1e-6 ? 0 : relative ? gap / Math.max(1 - sides[i].chance[row], 1e-12) : gap; // below: one vector, and rounding
    };
    const shown = (x) => (relative ? fmtPercent(Math.max(0, x)) : fmtNumber(x, 2));

    // -- drawing
    function drawStrip(i) {
      const { strip, settle } = lines[i], held = [...strip.querySelectorAll("button")].indexOf(document.activeElement);
      strip.replaceChildren(...words[i].map(({ text }, k) => h("li", {}, h("button", {
        type: "button", class: "llm-token sa-word", tabIndex: -1, disabled: !live, "aria-pressed": String(k === at[i]), onclick: () => choose(i, k),
      }, text))));
      settle();
      if (held >= 0) strip.querySelectorAll("button")[Math.min(held, words[i].length - 1)]?.focus();
    }
    function mark(i, x, y, r = 4.5) {
      const d = { circle: `M${x - r} ${y}a${r} ${r} 0 1 0 ${2 * r} 0a${r} ${r} 0 1 0 ${-2 * r} 0z`, square: `M${x - r} ${y - r}h${2 * r}v${2 * r}h${-2 * r}z`, diamond: `M${x} ${y - r - 1}l${r + 1} ${r + 1}l${-r - 1} ${r + 1}l${-r - 1} ${-r - 1}z` }[SA_MARKS[i % 3]];
      return svg("path", { class: "wc-mark", "data-style": i % 6, d });
    }
    function drawPlot() {
      const width = Math.max(280, plot.clientWidth || 640), small = width < 480, height = small ? 230 : 270, left = 50, right = small ? 14 : 120, top = 14, bottom = 42;
      const here = shownSides(), all = [0, ...here.flatMap(({ side, i }) => side.chance.map((_, row) => value(i, row)))];
      const limit = Math.max(relative ? 1.1 : 0.2, ...all) * 1.04, x = (row) => left + 12 + ((width - left - right - 24) * row) / (rows - 1), y = (v) => top + (1 - Math.max(v, 0) / limit) * (height - top - bottom);
      const steps = (relative ? [0, 0.25, 0.5, 0.75, 1, 1.5, 2, 3] : [0, 0.25, 0.5, 0.75, 1, 1.25]).filter((v) => v <= limit);
      const grid = steps.map((v) => svg("g", {}, svg("line", { x1: left, x2: width - right, y1: y(v), y2: y(v), class: relative && v === 1 ? "wc-grid wc-half" : "wc-grid" }), svg("text", { x: left - 6, y: y(v) + 4, "text-anchor": "end" }, relative ? fmtPercent(v) : fmtNumber(v, 2))));
      const ticks = Array.from({ length: rows }, (_, row) => svg("text", { x: x(row), y: height - bottom + 18, "text-anchor": "middle", class: row === layer ? "wc-here" : null }, row ? String(row) : "entrada"));
      let last = Infinity;
      const names = small ? [] : here.map(({ side, i }) => ({ side, i, y: y(value(i, rows - 1)) })).sort((a, b) => b.y - a.y).map((name) => {
        last = Math.min(name.y, last - 16);
        return svg("text", { x: width - right + 6, y: last + 4, class: "wc-name", "data-style": name.i % 6 }, name.side.title);
      });
      const curves = here.map(({ side, i }) => svg("g", { class: "wc-way", "data-style": i % 6 },
        svg("path", { class: "wc-line", d: side.chance.map((_, row) => `${row ? "L" : "M"}${x(row).toFixed(1)} ${y(value(i, row)).toFixed(1)}`).join("") }),
        side.chance.map((_, row) => mark(i, x(row), y(value(i, row)), row === layer ? 6 : 4))));
      const alt = here.map(({ side, i }) => `${side.title}: ${side.chance.map((_, row) => `${layerName(row)}, ${shown(value(i, row))}`).join("; ")}`).join(". ") || "à espera do modelo";
      plot.replaceChildren(svg("svg", { viewBox: `0 0 ${width} ${height}`, width, height, role: "img", "aria-label": `Afastamento por camada. ${alt}` },
        grid, svg("line", { class: "sa-here", x1: x(layer), x2: x(layer), y1: top, y2: height - bottom }), ticks,
        svg("text", { x: (left + width - right) / 2, y: height - 5, "text-anchor": "middle" }, "depois de qual camada"), curves, names,
        relative && !small && svg("text", { x: width - right - 26, y: y(1) - 5, "text-anchor": "end", class: "sa-chance" }, "como duas palavras sorteadas")));
    }
    function drawAll() {
      drawPlot();
      setText(how, layerName(layer));
      ruler.hidden = !relative;
      slider.setAttribute("aria-valuetext", layerName(layer));
      said.replaceChildren(...shownSides().map(({ side, i }) => h("li", {}, svg("svg", { viewBox: "0 0 14 14", width: 14, height: 14, "aria-hidden": "true" }, mark(i, 7, 7)),
        ` ${side.title}: `, h("strong", {}, shown(value(i, layer))), h("span", { class: "sa-raw" }, ` cosseno ${fmtNumber(cosines[i][layer], 2)}; ao acaso, ${fmtNumber(side.chance[layer], 2)}`))));
      const pair = at.map((k, i) => words[i][k]?.text);
      setText(note, pair.some((text) => !text) ? "Escreva ao menos uma palavra em cada frase." : pair[0] !== pair[1] ? `“${pair[0]}” e “${pair[1]}” não têm a mesma grafia: já na entrada os vetores são outros.` : "");
    }
    function speak() {
      if (cosines?.every(Boolean)) heard.say(`${words[0][at[0]].text} e ${words[1][at[1]].text}, ${layerName(layer)}: ${sides.map((side, i) => `${side.title}, ${shown(value(i, layer))}`).join("; ")}.`);
    }

    // -- asking: the newest question wins
    function read(name, text) {
      const key = `${name} ${text}`;
      if (!known.has(key)) {
        const reading = ctRead(host.compute, name, text);
        reading.catch(() => known.delete(key));
        known.set(key, reading);
        if (known.size > 12 * sides.length) known.delete(known.keys().next().value);
      }
      return known.get(key);
    }
    async function ask() {
      const ticket = ++asked;
      if (!texts.every((text) => text.trim())) {
        texts.forEach((text, i) => { if (!text.trim()) { words[i] = []; drawStrip(i); } });
        cosines = null;
        return drawAll();
      }
      const slow = setTimeout(() => pill.set("loading"), 80), now = sides.map(() => null);
      for (const part of [plot, said]) part.classList.add("llm-wait"); // old curves stay, dimmed, until the new ones come
      try {
        for (const [i, side] of sides.entries()) { // one after the other: each is drawn when it is there
          const found = [await read(side.model, texts[0]), await read(side.model, texts[1])];
          if (ticket !== asked) return;
          if (!i) found.forEach(take);
          if (at.some((k) => k < 0)) break;
          const [left, right] = found.map((each, j) => each.vectors(ctSame(words[j], each.words, at[j])));
          now[i] = left.map((vector, row) => ctCosine(vector, right[row]));
          cosines = [...now];
          for (const part of [plot, said]) part.classList.remove("llm-wait");
          drawAll();
        }
        if (at.some((k) => k < 0)) { cosines = null; drawAll(); }
        pill.set("live", host.where);
        speak();
      } catch (error) {
        if (ticket === asked) pill.set("error", error.message);
      } finally {
        clearTimeout(slow);
        if (ticket === asked) for (const part of [plot, said]) part.classList.remove("llm-wait");
      }
    }
    function take({ words: found }, i) {
      const before = words[i][at[i]]?.text;
      words[i] = found;
      if (found[at[i]]?.text !== before) at[i] = keep(found, before, i);
      drawStrip(i);
    }
    // Where the choice goes when the sentence has changed: the same word, else one that both sentences have, else the last word.
    function keep(now, before, i) {
      const same = now.findIndex((each) => each.text === before);
      if (same >= 0) return same;
      const others = new Set(words[1 - i].map((each) => each.text)), letters = /^\p{L}{3,}/u;
      const shared = now.findLastIndex((each) => letters.test(each.text) && others.has(each.text));
      return shared >= 0 ? shared : Math.max(now.findLastIndex((each) => letters.test(each.text)), now.length ? 0 : -1);
    }
    const soon = debounce(ask, 60);
    function typed(i) { asked += 1; texts[i] = lines[i].text.value; model.set("texts", [...texts]); soon(); }
    function choose(i, k) {
      at[i] = k;
      const text = words[i][k].text, twin = words[1 - i].findIndex((each) => each.text === text);
      if (twin >= 0) at[1 - i] = twin; // the same word in the other sentence, where it has it
      drawStrip(0);
      drawStrip(1);
      ask();
    }
    function open(pair) {
      pair.forEach(([text, word], i) => {
        texts[i] = lines[i].text.value = text;
        lines[i].fit();
        words[i] = [{ text: word }];
        at[i] = 0;
      });
      ask();
    }

    const watch = typeof ResizeObserver === "undefined" ? null : new ResizeObserver(() => drawPlot());
    build(el, null, [
      lines.map(({ text, strip }) => h("div", { class: "sa-line" }, text, strip)),
      h("div", { class: "llm-under" }, pill.el), note,
      examples.length > 1 && h("p", { class: "sa-examples", role: "group", "aria-label": "Pares para experimentar" }, h("span", {}, "Experimente"),
        examples.map((pair) => h("button", { type: "button", class: "llm-link", onclick: () => open(pair) }, `${pair[0][1]}: ${pair.map(([text]) => text).join(" / ")}`))),
      plot, h("div", { class: "sa-controls" }, h("label", { class: "llm-range" }, "Camada", slider, how), ways), said,
      ruler, heard.el,
    ]);
    drawStrip(0);
    drawStrip(1);
    drawAll();
    watch?.observe(plot);
    return () => { watch?.disconnect(); soon.cancel(); heard.say.cancel(); asked += 1; };
  },
};
