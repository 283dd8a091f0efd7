// Rope view: one query and one key as E/2 hands of clocks. Position turns each clock at its own speed; the score is the sum, over clocks, of
// length times length times the cosine of the angle between the hands. The distance moves it; moving both together does not.
export default {
  render({ model, el, host }) {
    const FARTHEST = 64, SIDE = 40, theta = model.get("theta"), layers = model.get("layers");
    const open = ({ shape, data }) => ({ shape, values: new Float32Array(Uint8Array.from(atob(data), (c) => c.charCodeAt(0)).buffer) });
    let arrays = Object.fromEntries(Object.entries(model.get("arrays")).map(([name, part]) => [name, open(part)]));
    let tokens = model.get("tokens"), layer = model.get("layer"), head = model.get("head"), query = model.get("query"), key = model.get("key");
    let distance = Math.max(0, query - key), start = 0;

    // The mark that opens every text is the one that ends texts, and here it is their beginning.
    const nameOf = (t) => (t === 0 && SPECIAL[tokens[0].text] ? "“início”" : spoken(tokens[t].text));
    const { text } = textField({ value: model.get("text"), label: "Texto de onde vêm a consulta e a chave", oninput: () => soon(), readOnly: !host.compute });
    const pill = statePill(el, "mova a distância"), heard = announcer(), ask = host.compute && latest(host, pill);
    async function answer() {
      const asked = layer, names = ["q", "k"].map((part) => `layers.${asked}.self_attn.${part}_norm`);
      const found = await ask("trace", { text: text.value, only: [], keep: names });
      if (!found || asked !== layer) return;
      const stayed = found.tokens.length === tokens.length;
      tokens = found.tokens;
      arrays = Object.fromEntries(["q", "k"].map((part, i) => [part, { shape: found.activations_shapes[names[i]], values: found.activations[names[i]] }]));
      if (!stayed) { query = tokens.length - 1; key = Math.max(0, query - 1); distance = query - key; }
      drawTokens();
      draw();
    }
    const soon = debounce(answer, 60);

    const pick = (label, set) => { const list = h("select", { "aria-label": label, onchange: () => { set(+list.value); distance = Math.max(0, query - key); draw(); } }); return list; };
    const queryPick = pick("De que token é a consulta", (x) => { query = x; }), keyPick = pick("De que token é a chave", (x) => { key = x; });
    const slider = (label, min, max, oninput) => { const out = h("output"), input = h("input", { type: "range", min: String(min), max: String(max), step: "1", oninput: () => { oninput(+input.value); } }); return { el: h("label", { class: "llm-range" }, label, input, out), input, out }; };
    const redraw = oncePerFrame(() => draw());
    const far = slider("Distância", 0, FARTHEST, (x) => { distance = x; redraw(); }), both = slider("Empurrar as duas", 0, 200, (x) => { start = x; redraw(); });
    const layerPick = layers > 1 && host.compute && slider("Camada", 1, layers, (x) => { layer = x - 1; setText(layerPick.out, `${x} de ${layers}`); soon(); });
    const heads = arrays.q.shape[1], headPick = heads > 1 && slider("Cabeça", 1, heads, (x) => { head = x - 1; redraw(); });

    const half = arrays.q.shape[2] / 2, speed = Array.from({ length: half }, (_, i) => theta ** (-i / half)); // radians a position
    const clocks = speed.map((w, i) => {
      const q = svg("line", { class: "rv-q", x1: 0, y1: 0 }), k = svg("line", { class: "rv-k", x1: 0, y1: 0 });
      const period = (2 * Math.PI) / w;
      const box = svg("svg", { viewBox: "-24 -24 48 48", width: SIDE, height: SIDE, role: "img" }, svg("circle", { r: 22 }), k, q);
      return { el: h("li", {}, box, h("span", { "aria-hidden": "true" }, period < 1000 ? fmtNumber(period, period < 10 ? 1 : 0) : `${fmtNumber(period / 1000)} mil`)), box, q, k, period, i };
    });
    const lead = h("p", { class: "llm-best" }), curve = h("div", { class: "rv-curve" }), again = h("p", { class: "rv-note" });

    // Length and angle of each pair (i, i + half) of one vector.
    function pairs(part, t) {
      const { shape: [, all, E], values } = arrays[part], own = part === "q" ? head : Math.floor((head * all) / arrays.q.shape[1]), from = (t * all + own) * E;
      return speed.map((_, i) => { const x = values[from + i], y = values[from + i + half]; return { r: Math.hypot(x, y), a: Math.atan2(y, x) }; });
    }
    function draw() {
      const q = pairs("q", query), k = pairs("k", key), most = { q: Math.max(...q.map((p) => p.r)), k: Math.max(...k.map((p) => p.r)) };
      const part = (i, d) => (q[i].r * k[i].r * Math.cos(q[i].a - k[i].a + d * speed[i])) / Math.sqrt(2 * half);
      const score = (d) => speed.reduce((sum, _, i) => sum + part(i, d), 0);
      clocks.forEach((clock, i) => {
        const aq = q[i].a + (start + distance) * speed[i], ak = k[i].a + start * speed[i];
        for (const [node, angle, length] of [[clock.q, aq, q[i].r / most.q], [clock.k, ak, k[i].r / most.k]]) {
          node.setAttribute("x2", (21 * Math.sqrt(length) * Math.cos(angle)).toFixed(2));
          node.setAttribute("y2", (-21 * Math.sqrt(length) * Math.sin(angle)).toFixed(2));
        }
        clock.box.setAttribute("aria-label", `Par ${i + 1}: uma volta a cada ${fmtNumber(clock.period)} posições; soma ${fmtNumber(part(i, distance), 2)} à nota`);
        clock.box.setAttribute("class", part(i, distance) < 0 ? "rv-against" : "rv-with");
        clock.box.style.setProperty("--tint", `${Math.min(32, 40 * Math.abs(part(i, distance))).toFixed(0)}%`);
      });
      far.input.value = String(distance);
      both.input.value = String(start);
      setText(far.out, distance === 1 ? "1 token" : `${distance} tokens`);
      setText(both.out, String(start));
      if (headPick) { headPick.input.value = String(head + 1); setText(headPick.out, `${head + 1} de ${heads}`); }
      if (layerPick) { layerPick.input.value = String(layer + 1); setText(layerPick.out, `${layer + 1} de ${layers}`); }
      queryPick.value = String(query);
      keyPick.value = String(key);
      setText(lead, `${nameOf(query)} olha para ${nameOf(key)} a ${distance} ${distance === 1 ? "token" : "tokens"} de distância: nota ${fmtNumber(score(distance), 2)}.`);
      setText(again, `Consulta na posição ${start + distance}, chave na ${start}. Empurre as duas juntas: todos os ponteiros giram, e a nota continua ${fmtNumber(score(distance), 2)}.`);
      drawCurve(score);
      heard.say(lead.textContent);
    }
    function drawCurve(score) {
      const width = Math.max(260, curve.clientWidth || 640), height = 150, left = 40, bottom = 24, all = Array.from({ length: FARTHEST + 1 }, (_, d) => score(d));
      const low = Math.min(0, ...all), high = Math.max(0.1, ...all), x = (d) => left + ((width - left - 8) * d) / FARTHEST, y = (s) => 8 + (height - bottom - 8) * (1 - (s - low) / (high - low));
      const step = [0.5, 1, 2, 5, 10, 20].find((s) => (high - low) / s <= 4) ?? 50, marks = [];
      for (let s = Math.ceil(low / step) * step; s <= high; s += step) marks.push(s);
      curve.replaceChildren(svg("svg", { viewBox: `0 0 ${width} ${height}`, width, height, role: "img", "aria-label": `Nota por distância: ${[0, 1, 4, 16, 64].map((d) => `${d}, ${fmtNumber(all[d], 2)}`).join("; ")}` },
        marks.map((s) => [svg("line", { x1: left, x2: width - 8, y1: y(s), y2: y(s), class: Math.abs(s) < 1e-9 ? "rv-zero" : "" }), svg("text", { x: left - 6, y: y(s) + 4, "text-anchor": "end" }, fmtNumber(Math.abs(s) < 1e-9 ? 0 : s, step < 1 ? 1 : 0))]),
        [0, 16, 32, 48, 64].map((d) => svg("text", { x: x(d), y: height - 6, "text-anchor": "middle" }, String(d))),
        svg("text", { x: width - 8, y: 12, "text-anchor": "end" }, "nota, por distância em tokens"),
        svg("path", { class: "rv-line", d: all.map((s, d) => `${d ? "L" : "M"}${x(d).toFixed(1)} ${y(s).toFixed(1)}`).join("") }),
        svg("circle", { cx: x(distance), cy: y(all[distance]), r: 5 })));
    }
    function drawTokens() {
      for (const list of [queryPick, keyPick]) list.replaceChildren(...tokens.map((_, t) => h("option", { value: String(t) }, `${nameOf(t)} (${t})`)));
    }
    const watch = typeof ResizeObserver === "undefined" ? null : new ResizeObserver(() => draw());

    build(el, null, [
      text, h("div", { class: "llm-under" }, pill.el),
      h("div", { class: "rv-picks" }, h("label", { class: "rv-of-q" }, "consulta (q) de ", queryPick), h("label", { class: "rv-of-k" }, "chave (k) de ", keyPick)),
      h("div", { class: "llm-foot" }, far.el, both.el, layerPick && layerPick.el, headPick && headPick.el),
      lead, h("ol", { class: "rv-clocks", "aria-label": "Um relógio por par de números" }, clocks.map((clock) => clock.el)),
      h("p", { class: "rv-note" }, `Embaixo de cada relógio, em quantas posições ele dá uma volta. Fundo liso: o par soma à nota; listrado: tira dela. A nota já está dividida por √${2 * half}.`),
      curve, again, heard.el,
    ]);
    drawTokens();
    draw();
    watch?.observe(curve);
    return () => { watch?.disconnect(); soon.cancel(); heard.say.cancel(); };
  },
};
