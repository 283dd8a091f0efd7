// AttentionView: all heads small, one of them large as arcs over the tokens and as a matrix. Recorded first; live from the first
// change of the text. The small maps are painted once a text; a hover touches only the large one.
export default {
  render({ model, el, host }) {
    const SMALL = 48; // pixels of a small map
    let maps = unpackWeights(model.get("maps")), tokens = model.get("tokens"), cut = model.get("cut");
    let [layer, head] = model.get("start"), first = "show", side = "from", pinned = null, aimed = null, weights = maps.weights, colour;
    const examples = host.compute ? model.get("examples") : [];

    const field = host.compute && textField({ value: model.get("text"), label: "Texto que o modelo lê", oninput: changed });
    const pill = statePill(el, host.compute && "mude o texto e os mapas mudam"), heard = announcer(), count = h("p", { class: "llm-pill" });
    const nameOf = (at) => (at === 0 && SPECIAL[tokens[0].text] ? "início" : spoken(tokens[at].text));
    const map = () => layer * maps.H + head;
    const at = (query, key) => weights[(map() * maps.T + query) * maps.T + key];

    // -- all heads --
    const grid = h("div", { class: "av-grid", role: "group", "aria-label": "Todas as cabeças: uma linha por camada. Escolha uma para ver grande." });
    let buttons = [];
    function makeGrid() {
      buttons = [];
      grid.style.setProperty("--heads", maps.H);
      const nodes = [h("span"), ...Array.from({ length: maps.H }, (_, j) => h("span", { class: "av-heads", "aria-hidden": "true" }, String(j + 1)))];
      for (let l = 0; l < maps.L; l++) {
        nodes.push(h("span", { class: "av-layer", "aria-hidden": "true" }, String(l + 1)));
        for (let j = 0; j < maps.H; j++) {
          const button = h("button", { type: "button", class: "av-head", tabIndex: -1, "aria-label": `camada ${l + 1}, cabeça ${j + 1}`, onclick: () => choose(l, j), onfocus: () => choose(l, j) }, h("canvas", { "aria-hidden": "true" }));
          buttons.push(button);
          nodes.push(button);
        }
      }
      grid.replaceChildren(...nodes);
    }
    grid.addEventListener("keydown", (event) => {
      const step = { ArrowLeft: [0, -1], ArrowRight: [0, 1], ArrowUp: [-1, 0], ArrowDown: [1, 0], Home: [0, -maps.H], End: [0, maps.H] }[event.key];
      if (!step) return;
      event.preventDefault();
      const clamp = (value, most) => Math.max(0, Math.min(most - 1, value));
      buttons[clamp(layer + step[0], maps.L) * maps.H + clamp(head + step[1], maps.H)].focus();
    });
    function choose(l, j) {
      if (l === layer && j === head) return;
      [layer, head] = [l, j];
      drawHead();
      heard.say(`${title.textContent}. ${said.textContent}`);
    }
    const paintGrid = () => buttons.forEach((button, i) => paintMap(button.firstChild, weights, i, maps.T, colour, SMALL));

    // -- one head: arcs over the tokens --
    const title = h("p", { class: "av-title" });
    const strip = tokenStrip({ label: "Tokens: escolha um para ver para onde ele olha", last: Infinity });
    const arcs = h("canvas", { class: "av-arcs", "aria-hidden": "true" }), stage = h("div", { class: "av-stage" }, arcs, strip.el);
    let places = []; // of each token: {x, top, left, right, line}, from one layout
    let nodes = [];
    strip.el.addEventListener("pointerover", (event) => { const token = event.target.closest?.(".llm-token"); if (token) aim(+token.dataset.at); });
    strip.el.addEventListener("pointerleave", () => aim(pinned));
    let held = null; // what was pinned before a press, which focuses the token, and so pins it, before it clicks
    strip.el.addEventListener("pointerdown", () => { held = pinned; });
    strip.el.addEventListener("click", (event) => { const token = event.target.closest?.(".llm-token"); if (token) { pinned = held === +token.dataset.at ? null : +token.dataset.at; aim(pinned); } });
    strip.el.addEventListener("focusin", (event) => { const token = event.target.closest?.(".llm-token"); if (token) aim((pinned = +token.dataset.at)); });
    strip.el.addEventListener("keydown", (event) => { if (event.key === "Escape") aim((pinned = null)); });

    function layOut() {
      const box = stage.getBoundingClientRect();
      places = nodes.map((node) => { const r = node.getBoundingClientRect(); return { x: r.left + r.width / 2 - box.left, top: r.top - box.top }; });
      const scale = Math.min(2, devicePixelRatio || 1);
      arcs.width = Math.max(1, Math.round(box.width * scale));
      arcs.height = Math.max(1, Math.round(box.height * scale));
      arcs.getContext("2d").setTransform(scale, 0, 0, scale, 0, 0);
    }
    // A curve from the token that looks to the one that it looks at; higher for those further apart.
    function arc(pen, query, key, w) {
      const a = places[query], b = places[key];
      pen.globalAlpha = Math.min(1, 0.12 + 0.88 * w);
      pen.lineWidth = 1 + 3 * w;
      pen.beginPath();
      pen.moveTo(a.x, a.top);
      if (query === key) pen.ellipse(a.x, a.top - 5, 5, 5, 0, Math.PI / 2, 2.5 * Math.PI);
      else {
        const lift = Math.min(22, 7 + Math.abs(a.x - b.x) * 0.09), high = Math.min(a.top, b.top) - lift;
        pen.bezierCurveTo(a.x + (b.x - a.x) * 0.15, Math.max(high, a.top - 26), b.x - (b.x - a.x) * 0.15, Math.max(high, b.top - 26), b.x, b.top);
      }
      pen.stroke();
    }
    function drawArcs() {
      const pen = arcs.getContext("2d"), { T } = maps, wanted = [];
      pen.clearRect(0, 0, arcs.width, arcs.height);
      if (places.length !== T) return;
      if (aimed != null) for (let j = 0; j < T; j++) {
        const [query, key] = side === "from" ? [aimed, j] : [j, aimed], w = at(query, key);
        if (w >= 0.01) wanted.push([w, query, key]);
      }
      else for (let t = 0; t < T; t++) for (let j = 0; j < T; j++) { const w = at(t, j); if (w >= 0.2 && j !== t) wanted.push([w, t, j]); }
      wanted.sort((a, b) => b[0] - a[0]);
      pen.strokeStyle = `rgb(${colour.join(" ")})`;
      for (const [w, query, key] of wanted.slice(0, 300)) arc(pen, query, key, w);
      pen.globalAlpha = 1;
    }
    let tints = [], marked = null; // what is written on the nodes: only what differs is written again
    function tint() {
      nodes.forEach((node, i) => {
        const w = aimed == null ? 0 : Math.round(100 * (side === "from" ? at(aimed, i) : at(i, aimed))) / 100;
        if (w !== (tints[i] ?? 0)) node.style.setProperty("--w", (tints[i] = w));
      });
      if (marked !== nodes[aimed]) { marked?.classList.remove("av-aimed"); (marked = nodes[aimed])?.classList.add("av-aimed"); }
    }

    // -- one head: matrix --
    const matrix = h("canvas", { role: "img" }), row = h("div", { class: "av-row", hidden: true }), spot = h("div", { class: "av-spot", hidden: true });
    const frame = h("div", { class: "av-frame" }, matrix, row, spot), labels = h("div", { class: "av-labels", "aria-hidden": "true" });
    frame.addEventListener("pointermove", (event) => {
      const box = frame.getBoundingClientRect(), { T } = maps, place = (v, size) => Math.max(0, Math.min(T - 1, Math.floor((v / size) * T)));
      const query = place(event.clientY - box.top, box.height), key = place(event.clientX - box.left, box.width);
      aim(side === "from" ? query : key, [query, key]);
    });
    frame.addEventListener("pointerleave", () => aim(pinned));

    // -- what it says --
    const said = h("p", { class: "av-said" }), firstNote = h("p", { class: "av-note" }), cutNote = h("p", { class: "av-note", hidden: true });
    const pick = (label, options, value, set) => h("label", { class: "av-pick" }, label, h("select", { onchange: (event) => set(event.target.value) }, options.map(([key, text]) => h("option", { value: key, selected: key === value }, text))));
    const picks = [
      pick("Mostrar ", [["from", "para onde o token olha"], ["to", "quem olha para o token"]], side, (value) => { side = value; aim(aimed); }),
      pick("Primeira posição ", [["show", "como é"], ["hide", "escondida"], ["deal", "redistribuída"]], first, (value) => { first = value; weights = shownWeights(maps, first); paintGrid(); drawHead(); }),
    ];
    const rows = h("tbody");
    const table = h("details", { class: "llm-details", ontoggle: drawTable }, h("summary", {}, "Ver em tabela"),
      h("div", { class: "av-scroll", tabIndex: 0 }, h("table", {}, h("thead", {}, h("tr", {}, h("th", { scope: "col" }, "De"), h("th", { scope: "col" }, "Para onde olha mais"))), rows)));
    // The n strongest of a token: [weight, position].
    function best(query, n) {
      const found = [];
      for (let j = 0; j < maps.T; j++) { const w = side === "from" || n === 3 ? at(query, j) : at(j, query); if (w >= 0.005) found.push([w, j]); }
      return found.sort((a, b) => b[0] - a[0]).slice(0, n);
    }
    const listed = (found) => found.map(([w, j]) => `${nameOf(j)} ${fmtPercent(w)}`).join(", ") || "nada que passe de 0,5 %";
    function drawTable() {
      if (table.open) rows.replaceChildren(...tokens.map((_, t) => h("tr", {}, h("td", {}, nameOf(t)), h("td", {}, listed(best(t, 3))))));
    }
    function strongest() {
      let found = [0, 0, 0];
      for (let t = 1; t < maps.T; t++) for (let j = 1; j < t; j++) { const w = at(t, j); if (w > found[0]) found = [w, t, j]; }
      return found;
    }
    let top = [0, 0, 0];
    function speak(cell) {
      const where = aimed == null ? "" : `${nameOf(aimed)}, posição ${aimed}`;
      if (maps.T === 1) setText(said, "Só há a marca do início: ela olha para si mesma, em toda cabeça.");
      else if (cell) setText(said, `De ${nameOf(cell[0])} (posição ${cell[0]}) para ${nameOf(cell[1])} (posição ${cell[1]}): ${fmtPercent(at(...cell))} da atenção.`);
      else if (aimed != null) setText(said, side === "from" ? `De ${where}, para: ${listed(best(aimed, 5))}.` : `Para ${where}, olham: ${listed(best(aimed, 5))}.`);
      else setText(said, top[0] ? `O olhar mais forte para trás: de ${nameOf(top[1])} para ${nameOf(top[2])}, ${fmtPercent(top[0])}. Aponte um token, ou um ponto da matriz.` : "Aponte um token, ou um ponto da matriz.");
    }
    function aim(token, cell) {
      aimed = token != null && token < maps.T ? token : null;
      tint();
      drawArcs();
      const { T } = maps;
      row.hidden = aimed == null;
      row.style.cssText = side === "from" ? `top:${(100 * aimed) / T}%;height:${100 / T}%;left:0;width:100%` : `left:${(100 * aimed) / T}%;width:${100 / T}%;top:0;height:100%`;
      spot.hidden = !cell;
      if (cell) spot.style.cssText = `top:${(100 * cell[0]) / T}%;left:${(100 * cell[1]) / T}%;width:${100 / T}%;height:${100 / T}%`;
      speak(cell);
    }
    function drawHead() {
      const { T } = maps;
      setText(title, `Camada ${layer + 1}, cabeça ${head + 1}`);
      buttons.forEach((button, i) => { const on = i === map(); button.tabIndex = on ? 0 : -1; button.setAttribute("aria-pressed", on); });
      paintMap(matrix, weights, map(), T, colour);
      top = strongest();
      aim(aimed);
      matrix.setAttribute("aria-label", `Matriz de atenção, ${T} por ${T}: cada linha é um token que olha, cada coluna um token olhado. ${said.textContent}`);
      let mark = 0;
      for (let t = 1; t < T; t++) mark += maps.weights[(map() * T + t) * T] / (T - 1);
      const who = SPECIAL[tokens[0].text] ? "A marca do início" : `A primeira posição, ${nameOf(0)},`;
      setText(firstNote, T < 2 ? "" : `${who} recebe ${fmtPercent(mark)} da atenção desta cabeça, em média. ${{ show: "Uma cabeça sem o que fazer costuma descansar ali.", hide: "Está escondida: as linhas já não somam 100 %.", deal: "Está fora, e o que ela recebia foi dividido entre as outras na proporção delas: não é mais a conta do modelo." }[first]}`);
      drawTable();
    }
    function drawText() {
      strip.draw(tokens.map((token, i) => (i === 0 && SPECIAL[token.text] ? { ...token, text: "início" } : token)));
      nodes = [...strip.el.querySelectorAll(".llm-token")];
      tints = nodes.map((node) => +node.style.getPropertyValue("--w") || 0); // the strip keeps the nodes of tokens that stay
      nodes.forEach((node, i) => { node.setAttribute("aria-label", `${nameOf(i)}, posição ${i}`); node.dataset.tag = `posição ${i}`; });
      setText(count, maps.T === 1 ? "1 posição" : `${fmtNumber(maps.T)} posições`);
      cutNote.hidden = !cut;
      setText(cutNote, `O texto não cabe inteiro: os mapas são dos últimos ${fmtNumber(maps.T)} tokens; ${fmtNumber(cut)} ficaram de fora.`);
      labels.hidden = maps.T > 28;
      labels.replaceChildren(...(labels.hidden ? [] : tokens.map((_, i) => h("span", {}, nameOf(i).replace(/[“”]/g, "")))));
      layOut();
    }
    function draw(fresh) {
      weights = shownWeights(maps, first);
      if (fresh || buttons.length !== maps.L * maps.H) makeGrid();
      paintGrid();
      drawText();
      drawHead();
    }

    const ask = latest(host, pill);
    async function answer() {
      const now = await ask("trace", { text: field.text.value, only: "attentions" });
      if (!now) return;
      const found = mapsOf(now);
      if (!found) { pill.set("error", "este modelo não devolve mapas de atenção; abra-o com attn_implementation=\"eager\""); return; }
      [maps, tokens, cut, pinned, aimed] = [found, now.tokens, now.cut ?? 0, null, null];
      [layer, head] = [Math.min(layer, maps.L - 1), Math.min(head, maps.H - 1)];
      draw();
      heard.say(`${title.textContent}. ${said.textContent}`);
    }
    const soon = debounce(answer, 40);
    function changed() { model.set("text", field.text.value); soon(); }

    colour = colourOf(el, "--llm-attn");
    build(el, null, [
      field?.text, h("div", { class: "llm-under" }, pill.el, count),
      examples.length > 0 && h("p", { class: "av-examples", role: "group", "aria-label": "Textos para experimentar" }, h("span", {}, "Experimente"),
        examples.map((each) => h("button", { type: "button", class: "llm-link", onclick: () => field.write(each) }, each || "texto vazio"))),
      cutNote,
      h("div", { class: "av-two" }, h("div", { class: "av-all" }, h("p", { class: "av-axes", "aria-hidden": "true" }, "linhas: camadas · colunas: cabeças"), grid), h("div", { class: "av-large" }, title, h("div", { class: "av-matrix" }, labels, frame))),
      stage, said, h("div", { class: "av-picks" }, picks), firstNote, table, heard.el,
    ]);
    draw(true);
    const fit = new ResizeObserver(() => { layOut(); drawArcs(); });
    fit.observe(stage);
    const stop = onTheme(() => { colour = colourOf(el, "--llm-attn"); paintGrid(); drawHead(); });
    return () => { soon.cancel(); fit.disconnect(); stop(); };
  },
};
