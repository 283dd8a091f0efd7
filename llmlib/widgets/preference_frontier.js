// Preference frontier: measured reward against distance, one kind of voter and one reward at a time.
// The slider walks along the chosen method; its answers stand beside those of the start. Nothing is computed but places.
const PF_REWARDS = { true: "respostas certas", proxy: "recompensa aprendida" };
const PF_SLIDE = { bon: "Respostas sorteadas, n", rloo: "Passos de treino", dpo: "Passos de treino" };
const PF_WORD = { bon: (p) => `n = ${p.strength}`, rloo: (p) => `passo ${p.strength}`, dpo: (p) => `passo ${p.strength}` };

export default {
  render({ model, el }) {
    const curves = model.get("curves"), judges = model.get("judges"), questions = model.get("questions"), start = model.get("start");
    let judge = judges.at(-1).key, shown = "true", method = curves.find((c) => c.judge === judge).method, at = 0;
    const again = new Set(curves.map((c) => `${c.judge}/${c.method}`)).size < curves.length; // a method with several seeds
    const plot = h("div", { class: "pf-plot" }), said = h("p", { class: "pf-said" }), out = h("output", {}), heard = announcer(), force = h("span", {});
    const slider = h("input", { type: "range", name: "point", min: "0", step: "1", oninput: () => { at = +slider.value; draw(); } });
    const table = h("dl", { class: "pf-answers", "aria-label": "Respostas no ponto escolhido" });
    const choices = (label, options, now, pick) => {
      const name = freshId();
      return h("fieldset", { class: "pf-choice" }, h("legend", {}, label), Object.entries(options).map(([value, text]) =>
        h("label", {}, h("input", { type: "radio", name, value, checked: value === now, onchange: () => { pick(value); } }), text)));
    };
    const picks = h("p", { class: "pf-picks", role: "group", "aria-label": "Método em destaque" });
    const mine = () => curves.filter((c) => c.judge === judge);
    const chosen = () => mine().find((c) => c.method === method) ?? mine()[0];
    const value = (v) => (shown === "true" ? fmtPercent(v) : `${v < 0 ? "−" : "+"}${fmtNumber(Math.abs(v), 1)}`);

    function reset() {
      const methods = [...new Map(mine().map((c) => [c.method, c.label]))];
      if (!methods.some(([key]) => key === method)) method = methods[0][0];
      picks.replaceChildren(h("span", {}, "Seguir com"), ...methods.map(([key, label]) =>
        h("button", { type: "button", class: `llm-link pf-pick pf-${key}`, "aria-pressed": String(key === method), onclick: () => { method = key; reset(); picks.querySelector('[aria-pressed="true"]').focus(); } }, label)));
      at = chosen().points.length - 1;
      slider.max = String(at);
      slider.value = String(at);
      draw();
    }
    function drawPlot() {
      const width = Math.max(280, plot.clientWidth || 640), height = width < 480 ? 250 : 300, left = 50, right = 16, top = 14, bottom = 44;
      const all = mine().flatMap((c) => c.points), far = Math.max(0.5, ...all.map((p) => Math.max(p.kl.value, p.bound ?? 0))) * 1.05;
      const low = shown === "true" ? 0 : Math.min(-0.5, ...all.map((p) => p.proxy.low)), high = shown === "true" ? 1 : Math.max(1, ...all.map((p) => p.proxy.high));
      const x = (v) => left + ((width - left - right) * v) / far, y = (v) => top + (1 - (v - low) / (high - low)) * (height - top - bottom);
      const unit = far > 12 ? 4 : far > 6 ? 2 : far > 3 ? 1 : far > 1.2 ? 0.5 : 0.2, xs = Array.from({ length: Math.floor(far / unit) + 1 }, (_, i) => i * unit);
      const ys = shown === "true" ? [0, 0.25, 0.5, 0.75, 1] : Array.from({ length: Math.floor(high) - Math.ceil(low) + 1 }, (_, i) => Math.ceil(low) + i);
      const zero = shown === "true" ? start.value : 0;
      const grid = [ys.map((v) => svg("g", {}, svg("line", { x1: left, x2: width - right, y1: y(v), y2: y(v), class: "pf-grid" }), svg("text", { x: left - 6, y: y(v) + 4, "text-anchor": "end" }, shown === "true" ? fmtPercent(v) : fmtNumber(v)))),
        xs.map((v) => svg("text", { x: x(v), y: height - bottom + 18, "text-anchor": "middle" }, fmtNumber(v, unit < 1 ? 1 : 0))),
        svg("text", { x: (left + width - right) / 2, y: height - 6, "text-anchor": "middle" }, "distância do modelo de partida (KL, em nats)")];
      const shape = { bon: (a, b, r) => svg("circle", { cx: a, cy: b, r }), rloo: (a, b, r) => svg("path", { d: `M${a - r} ${b + r * 0.8}L${a} ${b - r}L${a + r} ${b + r * 0.8}Z` }), dpo: (a, b, r) => svg("rect", { x: a - r * 0.85, y: b - r * 0.85, width: r * 1.7, height: r * 1.7 }) };
      const lines = mine().map((c) => {
        const own = c === chosen(), dots = c.points.map((p, i) => {
          const big = own && i === at, a = x(p.kl.value), b = y(p[shown].value), bar = own || p === c.points.at(-1);
          return svg("g", {}, bar && svg("line", { x1: a, x2: a, y1: y(p[shown].low), y2: y(p[shown].high), class: "pf-bar" }), own && c.method !== "bon" && svg("line", { x1: x(p.kl.low), x2: Math.min(width - right, x(p.kl.high)), y1: b, y2: b, class: "pf-bar" }), shape[c.method](a, b, big ? 7 : 4));
        });
        const d = [`M${x(0)} ${y(zero)}`, ...c.points.map((p) => `L${x(p.kl.value).toFixed(1)} ${y(p[shown].value).toFixed(1)}`)].join("");
        const bounds = own && c.points.filter((p) => p.bound).map((p) => svg("path", { class: "pf-bound", d: `M${x(p.bound)} ${y(p[shown].value) - 5}v10` }));
        return svg("g", { class: `pf-curve pf-${c.method}${own ? " pf-own" : ""}` }, svg("path", { d, class: "pf-line" }), bounds, dots);
      });
      const label = mine().map((c) => `${c.label}: ${c.points.map((p) => `${fmtNumber(p.kl.value, 1)} nats, ${value(p[shown].value)}`).join("; ")}`).join(". ");
      plot.replaceChildren(svg("svg", { viewBox: `0 0 ${width} ${height}`, width, height, role: "img", "aria-label": `${PF_REWARDS[shown]} por distância. ${label}` },
        grid, svg("line", { x1: left, x2: width - right, y1: y(zero), y2: y(zero), class: "pf-start" }), lines));
    }
    function draw() {
      const curve = chosen(), p = curve.points[at], first = curves.find((c) => c.judge === judge && c.method === "bon")?.points[0];
      drawPlot();
      out.textContent = PF_WORD[curve.method](p);
      force.textContent = PF_SLIDE[curve.method];
      slider.setAttribute("aria-valuetext", out.textContent);
      said.replaceChildren(h("strong", {}, `${curve.label}, ${out.textContent}: `), `${fmtPercent(p.true.value)} de respostas certas (${fmtPercent(p.true.low)} a ${fmtPercent(p.true.high)}; eram ${fmtPercent(start.value)}), recompensa aprendida ${p.proxy.value < 0 ? "−" : "+"}${fmtNumber(Math.abs(p.proxy.value), 1)} desvios, a ${fmtNumber(p.kl.value, 2)} nats do modelo de partida${p.bound ? ` (a fórmula permite até ${fmtNumber(p.bound, 2)})` : ""}; ${fmtNumber(p.words, 1)} palavras por resposta.`);
      table.replaceChildren(...questions.flatMap((question, i) => (p.answers?.[i] === undefined ? [] : [
        h("dt", {}, question), h("dd", {}, p.answers[i] || "(nada)", first?.answers && p !== first && h("small", {}, ` antes: ${first.answers[i] || "(nada)"}`))])));
      heard.say(said.textContent);
    }
    const watch = typeof ResizeObserver === "undefined" ? null : new ResizeObserver(() => drawPlot());

    build(el, null, [
      h("div", { class: "pf-top" },
        choices("Quem vota", Object.fromEntries(judges.map((j) => [j.key, j.label])), judge, (v) => { judge = v; reset(); }),
        choices("Mostrar", PF_REWARDS, shown, (v) => { shown = v; draw(); })),
      picks, plot,
      h("label", { class: "llm-range pf-slide" }, force, slider, out), said, table,
      h("p", { class: "pf-key" }, `Círculo: melhor de n. Triângulo: gradiente de política. Quadrado: DPO. Barras: intervalo de 95 %. Tracejada: o modelo de partida. Riscos em pé: até onde a fórmula da melhor de n iria.${again ? " Quem treina tem mais de uma corrida; o controle anda na primeira." : ""}`),
      heard.el,
    ]);
    reset();
    watch?.observe(plot);
    el.dataset.state = "recorded";
    return () => { watch?.disconnect(); heard.say.cancel(); };
  },
};
