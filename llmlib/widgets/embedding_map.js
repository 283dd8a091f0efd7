// Embedding map: thousands of words on a plane, one of them chosen. Three things to do with vectors: its neighbours, arithmetic
// on any three words, an axis between any two. The plane is a shadow of the vectors: lines go to the real neighbours.
export default {
  render({ model, el }) {
    const words = model.get("words"), space = wordSpace(words, model.get("vectors")), groups = model.get("groups"), heights = model.get("heights"), V = words.length;
    const flat = model.get("views").map(({ label, places }) => ({ label, places: Float32Array.from(new Int16Array(spaceBytes(places).buffer), (v) => v / 32000) }));
    const AXIS = flat.length; // the view of the axis, after the given ones
    let pinned = space.number.get(model.get("word")), mode = model.get("mode"), view = mode === "eixo" ? AXIS : 0, only = null, repeat = false;
    let three = model.get("analogy").map((w) => space.number.get(w)), pairs = model.get("pairs").map((pair) => pair.map((w) => space.number.get(w)));
    const always = model.get("marks").map((w) => space.number.get(w)), name = (i) => `“${words[i]}”`, wrong = new Set();
    let direction = space.axis(pairs), stands = space.along(direction);

    const plot = wordPlot({ words, groups, label: `Mapa de ${fmtNumber(V)} palavras. Setas andam de palavra em palavra; mais e menos aproximam e afastam; zero mostra tudo.`,
      onpick: (i) => { pinned = i; field.value = words[i]; update(); } });
    const heard = announcer(), said = h("p", { class: "em-said" }), hint = h("p", { class: "em-hint", role: "status", hidden: true });

    // ---- words that the reader types
    const list = h("datalist", { id: freshId() }, [...words].sort((a, b) => a.localeCompare(b, "pt-BR")).map((word) => h("option", { value: word })));
    function wordField(label, value, onword) {
      const input = h("input", { type: "text", class: "em-word", value: words[value], "aria-label": label, list: list.id, autocomplete: "off", autocapitalize: "off", spellcheck: false });
      input.addEventListener("input", () => {
        const text = input.value.trim().toLowerCase().normalize("NFC"), found = space.number.get(text);
        input.setAttribute("aria-invalid", String(found === undefined));
        found === undefined ? wrong.add(input) : wrong.delete(input);
        if (found !== undefined) onword(found);
        tell(text && found === undefined ? text : "");
      });
      return input;
    }
    // One sentence on a word that is not there, with words that are.
    function tell(text) {
      hint.hidden = !text;
      if (!text) return;
      const meant = spaceMeant(space, text);
      setText(hint, `“${text.length > 30 ? `${text.slice(0, 30)}…` : text}” não está entre as ${fmtNumber(V)} palavras do mapa.${meant.length ? ` Estão: ${meant.join(", ")}.` : ""}`);
    }

    // ---- the three parts
    const field = wordField("Procurar uma palavra", pinned, (i) => { pinned = i; update(true); });
    const bars = tokenBars({ label: "Palavras e seus cossenos", verb: "ir para", onpick: ({ id }) => { pinned = id; field.value = words[id]; mode === "vizinhos" ? update(true) : plot.show([id]); redraw(); } });
    const formula = three.map((value, at) => wordField(["Primeira palavra", "Segunda palavra", "Terceira palavra"][at], value, (i) => { three[at] = i; update(true); }));
    const allowed = h("input", { type: "checkbox", onchange: () => { repeat = allowed.checked; update(); } });
    const sum = h("div", { class: "em-form", hidden: true }, formula[0], h("span", {}, "está para"), formula[1], h("span", {}, "assim como"), formula[2], h("span", {}, "está para…"),
      h("label", { class: "em-check" }, allowed, " aceitar de volta uma das três"));
    const ends = [0, 1].map((end) => wordField(["Um lado do eixo", "Outro lado do eixo"][end], pairs[0][end], (i) => { pairs = [end ? [pairs[0][0], i] : [i, pairs[0][1]]]; aim(); }));
    const many = h("button", { type: "button", class: "llm-link", hidden: pairs.length < 2, onclick: () => { pairs = model.get("pairs").map((pair) => pair.map((w) => space.number.get(w))); ends.forEach((input, end) => { input.value = words[pairs[0][end]]; wrong.delete(input); }); tell(""); aim(); } }, `média de ${model.get("pairs").length} pares`);
    const line = h("div", { class: "em-form", hidden: true }, h("span", {}, "de"), ends[0], h("span", {}, "a"), ends[1], many);
    const sides = h("div", { class: "em-sides", hidden: true });
    function aim() {
      direction = space.axis(pairs);
      stands = space.along(direction);
      look(true);
      update();
    }
    const MODES = [["vizinhos", "Vizinhos"], ["analogia", "Analogia"], ["eixo", "Eixo"]];
    const tabs = h("div", { class: "em-tabs", role: "group", "aria-label": "O que fazer com os vetores" }, MODES.map(([value, label]) =>
      h("button", { type: "button", class: "llm-button", "data-mode": value, onclick: () => { mode = value; if ((mode === "eixo") !== (view === AXIS)) { view = mode === "eixo" ? AXIS : 0; pick.value = view; look(true); } update(true); } }, label)));
    const pick = h("select", { "aria-label": "Como pôr no plano", onchange: () => { view = +pick.value; look(true); update(); } },
      [...flat.map(({ label }) => label), "o eixo"].map((label, i) => h("option", { value: i }, label)));
    pick.value = view;
    const legend = h("div", { class: "em-legend", role: "group", "aria-label": "Grupos: mostrar um só" }, groups.map((group, g) =>
      h("button", { type: "button", class: "em-group", "--tone": plotTone(g), "aria-pressed": "false", onclick: () => { only = only === g ? null : g; redraw(); } }, plotSign(g), group.name)));

    // ---- what is shown
    function look(glide) {
      if (view < AXIS) return plot.go(flat[view].places, { glide });
      const places = new Float32Array(2 * V), widest = Math.max(...stands.map(Math.abs)), tallest = Math.max(...heights, 1e-6);
      for (let i = 0; i < V; i++) { places[2 * i] = stands[i] / widest; places[2 * i + 1] = heights[i] / tallest; }
      plot.go(places, { glide, free: true });
    }
    let near = [], arrows = [];
    function redraw() {
      for (const [g, button] of [...legend.children].entries()) button.setAttribute("aria-pressed", String(only === g));
      plot.mark({ pinned, near, arrows, always, only, guide: view === AXIS ? pairs[0].map((i) => words[i]) : null });
    }
    function update(bring = false) {
      for (const button of tabs.children) button.setAttribute("aria-pressed", String(button.dataset.mode === mode));
      sum.hidden = mode !== "analogia";
      line.hidden = sides.hidden = mode !== "eixo";
      bars.el.hidden = mode === "eixo";
      near = [];
      arrows = [];
      const show = (found) => bars.draw({ items: found.map(([id, cosine]) => ({ id, text: words[id], p: Math.max(0, cosine), note: fmtNumber(cosine, 2) })) });
      if (mode === "vizinhos") {
        const found = space.neighbours(pinned, 8);
        near = found.map(([i]) => i);
        show(found);
        setText(said, `Os vizinhos de ${name(pinned)} pelo cosseno. As linhas mostram onde o plano os pôs.`);
      } else if (mode === "analogia") {
        const [a, b, c] = three, found = space.analogy(a, b, c, 5, repeat), [[d, cosine]] = found, own = [a, b, c].includes(d);
        arrows = [[a, b], ...(own && d === c ? [] : [[c, d]])];
        show(found);
        setText(said, `${name(a)} está para ${name(b)} assim como ${name(c)} está para ${name(d)}, pelas contas. Cosseno ${fmtNumber(cosine, 2)}.${own ? " A resposta é uma das três: somar e subtrair quase não saiu do lugar." : ""}`);
      } else {
        const order = [...stands.keys()].sort((x, y) => stands[x] - stands[y]), told = always.length ? always : [pinned];
        const column = (title, ids) => h("div", {}, h("p", { class: "em-side" }, title), h("ol", {}, ids.map((i) =>
          h("li", {}, h("button", { type: "button", class: "llm-link", onclick: () => { pinned = i; field.value = words[i]; redraw(); } }, words[i]), h("span", {}, ` ${fmtNumber(stands[i], 2)}`)))));
        setChildren(sides, [column(`Mais para ${name(pairs[0][0])}`, order.slice(0, 7)), column(`Mais para ${name(pairs[0][1])}`, order.slice(-7).reverse())]);
        setText(said, `${told.map((i) => `${name(i)} em ${fmtNumber(stands[i], 2)}`).join("; ")}. Zero é o meio; na altura, quantas vezes a palavra aparece.`);
      }
      redraw();
      if (bring && view < AXIS) plot.show(mode === "analogia" ? [...three, ...arrows.flat()] : [pinned]);
      heard.say(`${said.textContent} ${near.slice(0, 4).map((i) => words[i]).join(", ")}`);
    }

    const button = (label, text, onclick) => h("button", { type: "button", class: "em-zoom", "aria-label": label, title: label, onclick }, text);
    build(el, null, [
      list,
      h("div", { class: "em-bar" }, h("label", { class: "em-search" }, h("span", {}, "Procurar"), field), h("label", { class: "em-view" }, h("span", {}, "No plano"), pick)),
      h("div", { class: "em-frame" }, plot.el, h("div", { class: "em-buttons" }, button("Aproximar", "+", () => plot.zoomAt(1.5)), button("Afastar", "−", () => plot.zoomAt(1 / 1.5)), button("Mostrar tudo", "⤢", () => plot.home()))),
      groups.length > 0 && legend, tabs, sum, line, hint, said, bars.el, sides, heard.el,
    ]);
    look(false);
    update();
    return () => { plot.close(); heard.say.cancel(); };
  },
};
