// KV cache: the measured cost of one more token, with and without, against the length of the text; measured again at a press,
// on the reader's machine, by the same questions that every figure asks. The worker computes: the page goes on.
const median = (list) => [...list].sort((a, b) => a - b)[list.length >> 1];

// A text that goes on from the last call reuses its keys and values; one that begins with another token cannot.
async function kvMeasure(compute, lengths, vocabulary, tries, onpoint, clock = () => performance.now()) {
  for (const n of lengths) {
    const text = Array.from({ length: n + tries }, (_, i) => 4 + (i % (vocabulary - 4)));
    const ask = async (ids) => { const start = clock(); await compute("next", { ids, k: 1 }); return clock() - start; };
    await ask(text.slice(0, n));
    const cached = [], uncached = [];
    for (let i = 0; i < tries; i++) cached.push(await ask(text.slice(0, n + 1 + i)));
    for (let i = 0; i < tries; i++) uncached.push(await ask([5 + i, ...text.slice(1, n)]));
    if (!onpoint({ tokens: n, cached: median(cached), uncached: median(uncached) })) return;
  }
}

export default {
  render({ model, el, host }) {
    const recorded = model.get("curves"), context = model.get("context"), numbers = model.get("numbers"), sizes = model.get("sizes");
    const TRIES = 5, longest = context - 2 - TRIES, WAYS = [["uncached", "sem cache", "loss", ""], ["cached", "com cache", "right", "7 4"]];
    const lengths = [...new Set([4, 16, 32, 64, 128, 256, 512, 1024].filter((n) => n < 0.8 * longest).concat(longest))];
    let curves = recorded, where = model.get("where"), length = recorded.at(-1).tokens, running = 0;

    const ms = (x) => `${fmtNumber(x, x < 1 ? 2 : x < 10 ? 1 : 0)}\u00a0ms`;
    const time = (x) => (x < 950 ? ms(x) : `${fmtNumber(x / 1000, x < 9500 ? 1 : 0)}\u00a0s`);
    const at = (way, n) => { // between two measured lengths, a straight line
      const j = Math.max(1, curves.findIndex((each) => each.tokens >= n)), [a, b] = [curves[j - 1], curves[j] ?? curves[j - 1]];
      const share = b.tokens === a.tokens ? 0 : Math.max(0, Math.min(1, (n - a.tokens) / (b.tokens - a.tokens)));
      return a[way] + share * (b[way] - a[way]);
    };
    const total = (way, n) => { let sum = 0; for (let i = 1; i <= n; i++) sum += at(way, i); return sum; };

    const plot = svg("svg", { class: "kv-plot", role: "img" }), heard = announcer(), pill = statePill(el, "");
    const slider = h("input", { type: "range", name: "tokens", min: "1", step: "1", oninput: () => { length = +slider.value; draw(); } }), shown = h("output");
    const button = h("button", { type: "button", class: "llm-button llm-button-main", onclick: () => (running ? stop() : measure()) });
    const one = h("dd"), all = h("dd"), memory = h("dd"), caption = h("p", { class: "kv-note" });
    const sum = h("dl", { class: "kv-sum" }, h("dt", {}, "O próximo token"), one, h("dt", {}, "O texto inteiro, token por token"), all, h("dt", {}, "O que o cache guarda"), memory);

    function draw() {
      const top = curves.at(-1).tokens;
      length = Math.min(length, top);
      slider.max = String(top);
      slider.value = String(length);
      setText(shown, `${fmtNumber(length)} ${length === 1 ? "token" : "tokens"}`);
      slider.setAttribute("aria-valuetext", shown.textContent);
      const [slow, fast] = [at("uncached", length), at("cached", length)], [far, near] = [total("uncached", length), total("cached", length)];
      const times = (x) => `${fmtNumber(x, x < 9.95 ? 1 : 0)} ${x < 1.95 ? "vez" : "vezes"}`;
      one.replaceChildren(`sem cache, ${ms(slow)}; com, ${ms(fast)}: `, h("strong", {}, times(slow / fast)));
      all.replaceChildren(`sem cache, ${time(far)}; com, ${time(near)}: `, h("strong", {}, times(far / near)));
      const bytes = 2 * numbers * length, unit = bytes >= 1e6 ? `${fmtNumber(bytes / 1e6, 1)} MB` : `${fmtNumber(bytes / 1e3)} KB`;
      memory.replaceChildren(h("span", { class: "kv-how" }, `2 × ${sizes.layers} camadas × ${sizes.heads} cabeças × ${sizes.head} × ${fmtNumber(length)} = `), h("strong", {}, `${fmtCount(numbers * length, "números")}`), `, ${unit} em 16 bits`);
      setText(caption, `${where[0].toUpperCase()}${where.slice(1)}. Medianas; os milissegundos são de uma máquina, a razão viaja melhor.`);
      button.textContent = running ? "Parar" : "Medir nesta máquina";
      drawPlot();
    }
    function drawPlot() {
      const W = Math.max(300, Math.round(plot.clientWidth || el.clientWidth || 640)), H = W < 480 ? 240 : 280, left = 48, right = W < 480 ? 14 : 92, top = 12, bottom = 40;
      const end = Math.max(curves.at(-1).tokens, 2), most = Math.max(...curves.flatMap((each) => [each.cached, each.uncached])) * 1.05;
      const step = 10 ** Math.floor(Math.log10(most)), tick = most / step > 5 ? 2 * step : most / step > 2 ? step : step / 2;
      const x = (n) => left + ((W - left - right) * n) / end, y = (t) => top + (H - top - bottom) * (1 - t / most);
      const nodes = [];
      for (let t = 0; t <= most; t += tick) nodes.push(svg("line", { class: "kv-grid", x1: left, x2: W - right, y1: y(t), y2: y(t) }), svg("text", { x: left - 6, y: y(t) + 4, "text-anchor": "end" }, fmtNumber(t, tick < 1 ? (tick < 0.1 ? 2 : 1) : 0)));
      const across = end > 400 ? 100 : end > 150 ? 50 : end > 40 ? 20 : 5;
      for (let n = 0; n <= end; n += across * (W < 480 ? 2 : 1)) nodes.push(svg("text", { x: x(n), y: H - bottom + 17, "text-anchor": "middle" }, fmtNumber(n)));
      nodes.push(svg("text", { x: left, y: H - 5 }, "tokens já lidos; na vertical, ms para o seguinte"));
      nodes.push(svg("line", { class: "kv-cursor", x1: x(length), x2: x(length), y1: top, y2: H - bottom }));
      for (const [way, label, colour, dash] of WAYS) {
        const tone = `var(--llm-${colour})`;
        nodes.push(svg("polyline", { points: curves.map((each) => `${x(each.tokens).toFixed(1)},${y(each[way]).toFixed(1)}`).join(" "), fill: "none", stroke: tone, "stroke-width": 2.5, "stroke-dasharray": dash }));
        for (const each of curves) nodes.push(svg("circle", { cx: x(each.tokens), cy: y(each[way]), r: 3, fill: tone }));
        nodes.push(svg("circle", { cx: x(length), cy: y(at(way, length)), r: 5, fill: tone }));
        const name = `kv-name kv-${way}`, middle = 0.6 * end; // on a phone the names stand on the curves, else at their ends
        nodes.push(W < 480 ? svg("text", { x: x(middle) - 8, y: y(at(way, middle)) - 8, "text-anchor": "end", class: name }, label) : svg("text", { x: x(end) + 8, y: y(curves.at(-1)[way]) + 4, class: name }, label));
      }
      plot.setAttribute("viewBox", `0 0 ${W} ${H}`);
      plot.setAttribute("aria-label", `Tempo do próximo token por tokens já lidos. Com ${fmtNumber(curves.at(-1).tokens)} tokens: sem cache, ${ms(curves.at(-1).uncached)}; com cache, ${ms(curves.at(-1).cached)}.`);
      plot.replaceChildren(...nodes);
    }

    function stop() { running = 0; back(); }
    function back() { if (curves.length < 2) [curves, where] = [recorded, model.get("where")]; draw(); }
    async function measure() {
      const mine = (running = Date.now()), found = [];
      pill.set("loading");
      button.textContent = "Parar";
      try {
        await host.compute("next", { ids: [5], k: 1 }); // the model is there from here on
        if (running !== mine) return;
        pill.set("live", `medindo ${host.where}…`);
        await kvMeasure(host.compute, lengths, model.get("vocabulary"), TRIES, (point) => {
          if (running !== mine) return false;
          found.push(point);
          if (found.length > 1) { curves = found; where = `medido agora, ${host.where}`; length = point.tokens; draw(); }
          return true;
        });
        if (running !== mine) return;
        running = 0;
        pill.set("live", host.where);
        draw();
        heard.say(`Medido: com ${fmtNumber(length)} tokens, ${one.textContent}.`);
      } catch (error) {
        if (running !== mine) return;
        running = 0;
        pill.set("error", error.message);
        back();
      }
    }

    build(el, null, [
      plot, h("label", { class: "llm-range kv-slider" }, "Já lidos", slider, shown), sum, caption,
      host.compute ? h("div", { class: "llm-under" }, button, pill.el) : pill.el, heard.el,
    ]);
    draw();
    const watch = globalThis.ResizeObserver && new ResizeObserver(debounce(draw, 100));
    watch?.observe(el);
    return () => { running = 0; watch?.disconnect(); heard.say.cancel(); };
  },
};
