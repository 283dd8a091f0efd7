// SenseMap: the occurrences of a word as points, by layer. Recorded for all words and models; a sentence of the reader's is put
// into the same plane, live: all sentences of the word go through the model once, and the rest is arithmetic.
// uses part: sense_apart.words
// uses style: sense_apart
export default {
  render({ model, el, host }) {
    const live = !!host.compute, sides = model.get("sides"), words = model.get("words"), maps = model.get("maps"), id = freshId();
    const rows = maps[0][0].kept.length, read = new Map(); // model + word → promise of its sentences' vectors
    let side = 0, word = 0, layer = model.get("layer"), picked = null, own = null, asked = 0;

    const pill = statePill(el), heard = announcer(), plot = h("div", { class: "sm-plot" }), how = h("output", {}), sentence = h("p", { class: "sm-sentence", dir: "auto" }), kept = h("p", { class: "sm-kept" });
    const chooseWord = h("select", { name: "word", onchange: () => { word = chooseWord.selectedIndex; picked = own = null; fresh(); } }, words.map((each) => h("option", {}, each.word)));
    const radios = h("fieldset", { class: "sa-ways" }, h("legend", {}, "Modelo"), sides.map(({ title }, i) => h("label", {}, h("input", { type: "radio", name: `${id}-m`, checked: i === 0, onchange: () => { side = i; fresh(); } }), title)));
    const slider = h("input", { type: "range", name: "layer", min: "0", max: String(rows - 1), step: "1", value: String(layer), oninput: () => { layer = +slider.value; drawSoon(); } });
    const key = h("p", { class: "sm-key" });
    const field = live && textField({ value: "", label: "Uma frase sua com a palavra", oninput: () => soon() });
    if (field) { field.text.maxLength = 300; field.text.dir = "auto"; }
    const verdict = h("p", { class: "sm-verdict", role: "status" });
    const layerName = (row) => (row ? `camada ${row}` : "entrada");
    const drawSoon = oncePerFrame(() => draw());
    let settle = () => {};

    const dot = (sense, x, y, r = 5) => (sense === "a" ? svg("circle", { class: "sm-dot sm-a", cx: x, cy: y, r }) : sense === "b" ? svg("path", { class: "sm-dot sm-b", d: `M${x} ${y - r - 1}l${r + 1} ${2 * r + 1}h${-2 * r - 2}z` })
      : svg("path", { class: "sm-dot sm-own", d: `M${x} ${y - 9}l2.6 6 6.4.5-4.9 4.2 1.6 6.3L${x} ${y + 4}l-5.7 3 1.6-6.3-4.9-4.2 6.4-.5z` }));

    function draw() {
      const here = words[word], places = maps[side][word], width = Math.max(280, plot.clientWidth || 640), height = Math.min(420, Math.max(280, width * 0.6));
      const flat = places.x[layer].every((v) => v === 0), mine = own?.places?.[layer];
      const reach = Math.max(1, ...(mine ? mine.map(Math.abs) : [])), x = (v) => width / 2 + (v / reach) * (width / 2 - 22), y = (v) => height / 2 - (v / reach) * (height / 2 - 20);
      const held = document.activeElement?.dataset?.at;
      const points = here.texts.map((text, i) => {
        const node = svg("g", { class: "sm-point", role: "button", tabindex: "-1", "data-at": i, "aria-label": `${here.names[here.senses[i]]}: ${text}`, "aria-pressed": String(picked === i),
          onclick: () => { picked = i; draw(); }, onpointerenter: () => tell(i), onfocus: () => tell(i) },
          svg("circle", { class: "sm-touch", cx: x(places.x[layer][i]), cy: y(places.y[layer][i]), r: 12 }), dot(here.senses[i], x(places.x[layer][i]), y(places.y[layer][i]), picked === i ? 8 : 5));
        node.addEventListener("keydown", (event) => { if (event.key === "Enter" || event.key === " ") { event.preventDefault(); picked = i; draw(); } });
        return node;
      });
      const figure = svg("svg", { viewBox: `0 0 ${width} ${height}`, width, height, role: "group", "aria-label": `Mapa de “${here.word}” no ${sides[side].model}, ${layerName(layer)}: ${here.texts.length} frases` },
        svg("line", { class: "sm-axis", x1: 8, x2: width - 8, y1: height / 2, y2: height / 2 }), svg("line", { class: "sm-axis", x1: width / 2, x2: width / 2, y1: 8, y2: height - 8 }),
        flat && svg("text", { class: "sm-flat", x: width / 2, y: height / 2 - 16, "text-anchor": "middle" }, "um vetor só para todas as frases"), points, mine && dot("own", x(mine[0]), y(mine[1])));
      plot.replaceChildren(figure);
      settle();
      if (held != null) figure.querySelector(`[data-at="${held}"]`)?.focus();
      setText(how, layerName(layer));
      slider.setAttribute("aria-valuetext", layerName(layer));
      setText(kept, flat ? "Na entrada a frase ainda não entrou na conta." : `Este plano guarda ${fmtPercent(places.kept[layer])} da variação dos ${fmtNumber(here.texts.length)} vetores; o resto fica fora do desenho.`);
      key.replaceChildren(svg("svg", { viewBox: "0 0 14 14", width: 14, height: 14, "aria-hidden": "true" }, dot("a", 7, 7)), ` ${here.names.a} `, svg("svg", { viewBox: "0 0 14 14", width: 14, height: 14, "aria-hidden": "true" }, dot("b", 7, 7)), ` ${here.names.b}`);
      tell(picked);
      if (field) field.text.placeholder = `uma frase com “${here.word}”`;
      setText(verdict, own ? `A sua frase, na ${layerName(layer)}: ${own.near[layer]}` : "");
    }
    function tell(i) {
      if (i == null) return setText(sentence, "Passe por um ponto, ou ande com as setas, para ler a frase.");
      const { texts, senses, names } = words[word];
      sentence.replaceChildren(h("span", { class: "sm-sense" }, `${names[senses[i]]}: `), texts[i]);
    }
    settle = roving(plot, () => [...plot.querySelectorAll(".sm-point")], (node) => heard.say(node.getAttribute("aria-label")));

    // -- live: the reader's sentence in the same plane
    function all() {
      const name = `${sides[side].model} ${words[word].word}`, { texts, word: wanted } = words[word];
      if (!read.has(name)) {
        const reading = (async () => {
          const found = [];
          for (const text of texts) {
            const one = await ctRead(host.compute, sides[side].model, text);
            found.push(one.vectors(one.words.find((each) => each.text === wanted)));
          }
          return Array.from({ length: rows }, (_, row) => found.map((vectors) => vectors[row]));
        })();
        reading.catch(() => read.delete(name));
        read.set(name, reading);
      }
      return read.get(name);
    }
    const mean = (vectors) => { const out = new Float64Array(vectors[0].length); for (const v of vectors) for (let d = 0; d < out.length; d++) out[d] += v[d] / vectors.length; return out; };
    async function ask() {
      const ticket = ++asked, text = field.text.value, { word: wanted, senses, names } = words[word];
      own = null;
      if (!text.trim()) return draw();
      const slow = setTimeout(() => pill.set("loading"), 80);
      try {
        const { words: cut, vectors } = await ctRead(host.compute, sides[side].model, text), at = cut.find((each) => each.text === wanted);
        if (ticket !== asked) return;
        if (!at) throw new Error(`Escreva uma frase em que apareça “${wanted}”, em minúsculas.`);
        const mine = vectors(at), others = await all();
        if (ticket !== asked) return;
        const recorded = maps[side][word], found = { places: [], near: [] };
        others.forEach((layerVectors, row) => {
          const { place } = smPlane(layerVectors), drawn = layerVectors.map(place), spot = place(mine[row]), size = Math.max(1e-9, ...drawn.flat().map(Math.abs));
          // An axis may point either way: the recorded one decides.
          found.places.push(spot.map((v, axis) => {
            const old = recorded[axis ? "y" : "x"][row];
            return ((drawn.reduce((sum, each, i) => sum + each[axis] * old[i], 0) < 0 ? -1 : 1) * v) / size;
          }));
          const sums = ["a", "b"].map((sense) => ctCosine(mine[row], mean(layerVectors.filter((_, i) => senses[i] === sense))));
          const gap = Math.abs(sums[0] - sums[1]);
          found.near.push(gap < 1e-4 ? "o mesmo vetor de todas." : `mais perto de “${names[sums[0] > sums[1] ? "a" : "b"]}” (cosseno com a média: ${fmtNumber(Math.max(...sums), 3)}, contra ${fmtNumber(Math.min(...sums), 3)}).`);
        });
        if (recorded.x[0].every((v) => v === 0)) found.places[0] = [0, 0];
        own = found;
        pill.set("live", host.where);
        draw();
        heard.say(verdict.textContent);
      } catch (error) {
        if (ticket === asked) { pill.set("error", error.message); draw(); }
      } finally {
        clearTimeout(slow);
      }
    }
    const soon = debounce(ask, 250);
    function fresh() { draw(); if (field && field.text.value.trim()) ask(); else asked += 1; }

    const watch = typeof ResizeObserver === "undefined" ? null : new ResizeObserver(drawSoon);
    build(el, null, [
      h("div", { class: "sm-top" }, h("label", { class: "wc-part" }, "Palavra ", chooseWord), sides.length > 1 && radios), key, plot,
      h("div", { class: "sa-controls" }, h("label", { class: "llm-range" }, "Camada", slider, how)), sentence, kept,
      field && [h("p", { class: "sm-ask" }, "Ponha uma frase sua no mapa"), field.text, verdict], h("div", { class: "llm-under" }, pill.el), heard.el,
    ]);
    draw();
    watch?.observe(plot);
    return () => { watch?.disconnect(); soon.cancel(); heard.say.cancel(); asked += 1; };
  },
};
