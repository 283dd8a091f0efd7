// ScalingView: measured losses, the law that fits them and the band of laws that the same runs allow. The reader leaves a
// size or an amount of text out, bets, and only then sees what was measured there.
export default {
  render({ model, el }) {
    const runs = model.get("runs"), fits = model.get("fits"), id = freshId();
    const sorted = (key) => [...new Set(runs.map((run) => run[key]))].sort((a, b) => a - b);
    const sizes = sorted("parameters"), budgets = sorted("tokens");
    let axis = "tokens", fit = 0, revealed = true, n = sizes.at(-1), d = budgets.at(-1), bet = null;

    const trim = (x, digits) => fmtNumber(x, digits).replace(/,0+$/, "");
    const flops = (a, b) => 6 * a * b;
    const sci = (x) => { const e = Math.floor(Math.log10(x)); return `${fmtNumber(x / 10 ** e, 1)} × 10${String(e).replace(/\d/g, (c) => "⁰¹²³⁴⁵⁶⁷⁸⁹"[c])}`; };
    const loss = ([a, b, e, alpha, beta], N, D) => Math.exp(e) + Math.exp(a - alpha * Math.log(N)) + Math.exp(b - beta * Math.log(D));
    const quantile = (list, q) => { const s = [...list].sort((x, y) => x - y), at = q * (s.length - 1), low = Math.floor(at); return s[low] + (s[Math.ceil(at)] - s[low]) * (at - low); };
    function predicted(N, D) {
      const [best, ...others] = fits[fit].laws, all = others.map((law) => loss(law, N, D));
      return [loss(best, N, D), quantile(all, 0.025), quantile(all, 0.975)];
    }
    const away = (run) => fits[fit].without.key && run[fits[fit].without.key] === fits[fit].without.value;

    // -- controls --
    const radios = h("fieldset", { class: "sc-choice" }, h("legend", {}, "No eixo horizontal"), [["tokens", "tokens lidos"], ["parameters", "parâmetros"], ["flops", "operações"]].map(([value, label]) =>
      h("label", {}, h("input", { type: "radio", name: `${id}-x`, value, checked: value === axis, onchange: () => { axis = value; draw(); } }), label)));
    const label = ({ key, value }) => (!key ? "nada: ajustar com tudo" : key === "parameters" ? `os modelos de ${fmtCount(value, "parâmetros")}` : `os treinos de ${fmtCount(value, "tokens")}`);
    const leave = h("select", { id: `${id}-s`, onchange: () => { fit = +leave.value; revealed = !fits[fit].without.key; bet = null; aim(); draw(); } },
      fits.map((each, i) => h("option", { value: i }, label(each.without))));
    const show = h("button", { type: "button", class: "llm-button llm-button-main", onclick: () => { revealed = true; draw(); heard.say(verdict.textContent); } }, "Mostrar o medido");
    const bets = h("input", { type: "range", name: "bet", min: "0", max: "100", "aria-label": "A sua aposta para a perda", oninput: () => { bet = fromBet(); draw(); } });
    const betOut = h("output", {}), betBox = h("label", { class: "llm-range" }, "A sua aposta", bets, betOut);
    const logSlider = (name, low, high, get, set) => h("input", { type: "range", name, min: "0", max: "400", value: "0", oninput: (event) => { set(low * (high / low) ** (event.target.value / 400)); draw(); } });
    const [nLow, nHigh, dLow, dHigh] = [sizes[0] / 4, sizes.at(-1) * 1000, budgets[0] / 4, budgets.at(-1) * 1000];
    const nIn = logSlider("parameters", nLow, nHigh, null, (v) => { n = v; }), dIn = logSlider("tokens", dLow, dHigh, null, (v) => { d = v; });
    const nOut = h("output", { class: "sc-out" }), dOut = h("output", { class: "sc-out" });
    const verdict = h("p", { class: "llm-best" }), note = h("p", { class: "sc-note" }), unsure = h("p", { class: "sc-note" }), heard = announcer();
    const plot = svg("svg", { class: "sc-plot", role: "img" });
    const place = (input, v, low, high) => { input.value = String(Math.round((400 * Math.log(v / low)) / Math.log(high / low))); };

    // The point that the reader bets on: of what was left out, the largest and longest training.
    function aim() {
      const left = runs.filter(away);
      if (!left.length) return;
      const last = left.reduce((a, b) => (b.parameters * b.tokens > a.parameters * a.tokens ? b : a));
      n = last.parameters;
      d = last.tokens;
    }
    const betRange = () => [Math.max(0, Math.min(...runs.map((run) => run.loss)) - 1), Math.max(...runs.map((run) => run.loss))];
    const fromBet = () => { const [low, high] = betRange(); return low + ((high - low) * bets.value) / 100; };
    const measuredAt = () => { const found = runs.filter((run) => run.parameters === n && run.tokens === d); return found.length ? found.reduce((sum, run) => sum + run.loss, 0) / found.length : null; };

    function draw() {
      const { without } = fits[fit], [best, low, high] = predicted(n, d), hidden = without.key && !revealed, real = measuredAt();
      place(nIn, n, nLow, nHigh);
      place(dIn, d, dLow, dHigh);
      nOut.textContent = fmtCount(n);
      dOut.textContent = fmtCount(d);
      nIn.setAttribute("aria-valuetext", `${fmtCount(n, "parâmetros")}`);
      dIn.setAttribute("aria-valuetext", `${fmtCount(d, "tokens")}`);
      show.hidden = betBox.hidden = !hidden;
      betOut.textContent = bet == null ? "–" : fmtNumber(bet, 2);
      const far = n > sizes.at(-1) * 1.01 || n < sizes[0] * 0.99 || d > budgets.at(-1) * 1.01 || d < budgets[0] * 0.99;
      verdict.replaceChildren(`Com ${fmtCount(n, "parâmetros")} e ${fmtCount(d, "tokens")} a lei prevê perda `, h("strong", {}, fmtNumber(best, 2)), ` (95 % das leis: ${fmtNumber(low, 2)} a ${fmtNumber(high, 2)}).`,
        ...(real != null && !hidden ? [" Medido: ", h("strong", {}, fmtNumber(real, 2)), real >= low && real <= high ? ", dentro da faixa." : ", fora da faixa."] : []),
        ...(bet != null && real != null && !hidden ? [` A sua aposta, ${fmtNumber(bet, 2)}, errou por ${fmtNumber(Math.abs(bet - real), 2)}; a lei, por ${fmtNumber(Math.abs(best - real), 2)}.`] : []));
      note.textContent = hidden ? "A lei foi ajustada sem esses treinos. Aposte, e só depois mostre o que foi medido."
        : far ? "Fora do que foi treinado, isto é extrapolação: a faixa só conta o acaso dos treinos, e não se a lei continua valendo." : "";
      const spread = (i, f = (v) => v) => [0.025, 0.975].map((q) => quantile(fits[fit].laws.slice(1).map((law) => f(law[i], law)), q));
      const [floorLow, floorHigh] = spread(2, Math.exp), [growLow, growHigh] = spread(3, (_, law) => 10 ** (law[4] / Math.max(1e-9, law[3] + law[4])));
      const floor = floorHigh < 0.05 ? "o piso E, que o ajuste leva a zero porque nenhum treino chegou perto dele" : `o piso E, entre ${fmtNumber(floorLow, 2)} e ${fmtNumber(floorHigh, 2)}`;
      unsure.textContent = `O que estes treinos deixam indeterminado: ${floor}; e o melhor tamanho com dez vezes mais operações, de ${fmtNumber(growLow, 1)} a ${fmtNumber(growHigh, 1)} vezes o de antes.`;
      drawPlot(hidden, best, low, high);
    }

    function drawPlot(hidden, best, low, high) {
      const width = Math.max(300, Math.round(plot.clientWidth || el.clientWidth || 640)), H = 360, left = 34, right = axis === "flops" ? 16 : 96, bottom = 44;
      const value = axis === "flops" ? (run) => flops(run.parameters, run.tokens) : (run) => run[axis];
      const mine = { parameters: n, tokens: d }, xs = [...runs.map(value), value(mine)], ys = [...runs.map((run) => run.loss), best, low, high];
      if (axis !== "flops") ys.push(predicted(sizes[0], axis === "tokens" ? Math.min(...xs) * 0.9 : budgets[0])[2]);
      const x0 = Math.log(Math.min(...xs)) - 0.1, x1 = Math.log(Math.max(...xs)) + 0.1, y0 = Math.log(Math.max(0.02, Math.min(...ys)) * 0.92), y1 = Math.log(Math.max(...ys) * 1.06);
      const x = (v) => left + ((Math.log(v) - x0) / (x1 - x0)) * (width - left - right), y = (v) => 10 + (1 - (Math.log(Math.max(v, 0.02)) - y0) / (y1 - y0)) * (H - 10 - bottom);
      const parts = [];
      const marks = [0.02, 0.05, 0.1, 0.2, 0.5, 1, 1.5, 2, 3, 4, 5, 7].filter((v) => Math.log(v) > y0 && Math.log(v) < y1);
      marks.forEach((v) => parts.push(svg("line", { class: "sc-grid", x1: left, x2: width - right, y1: y(v), y2: y(v) }), svg("text", { x: left - 6, y: y(v) + 4, "text-anchor": "end" }, trim(v, v < 0.1 ? 2 : 1))));
      const span = x1 - x0, decades = [];
      for (let e = Math.ceil(x0 / Math.LN10); e <= x1 / Math.LN10; e++) decades.push(10 ** e);
      const across = decades.length > 1 ? decades.filter((_, i) => i % Math.ceil(decades.length / (width < 500 ? 3 : 6)) === 0) : axis === "tokens" ? budgets : axis === "parameters" ? sizes : decades;
      across.forEach((v) => parts.push(svg("text", { x: Math.min(width - right - 8, Math.max(left + 14, x(v))), y: H - bottom + 18, "text-anchor": "middle" }, axis === "flops" ? sci(v) : fmtCount(v))));
      const name = { tokens: "tokens lidos", parameters: "parâmetros (sem a tabela de tokens)", flops: "operações do treino, 6ND" }[axis];
      parts.push(svg("text", { x: left, y: H - 6 }, width < 500 ? name : `${name}; na vertical, a perda. As duas escalas são logarítmicas.`));

      // curves of the law: one for each size (or amount of text); in compute, the best division of each budget
      const steps = Array.from({ length: 25 }, (_, i) => Math.exp(x0 + (span * i) / 24));
      const family = axis === "tokens" ? sizes : axis === "parameters" ? budgets : [null];
      const places = family.map((fixed) => steps.map((v) => {
        if (axis === "tokens") return [fixed, v];
        if (axis === "parameters") return [v, fixed];
        const [a, b, , alpha, beta] = fits[fit].laws[0], s = Math.max(0.02, alpha + beta), N = Math.exp((a - b + Math.log(Math.max(alpha, 1e-3) / Math.max(beta, 1e-3))) / s) * (v / 6) ** (beta / s);
        return [N, v / 6 / N];
      }));
      const names = [];
      places.forEach((points, i) => {
        const three = points.map(([N, D]) => predicted(N, D)), line = (k) => three.map((p, j) => `${x(steps[j]).toFixed(1)},${y(p[k]).toFixed(1)}`);
        parts.push(svg("path", { class: "sc-band", d: `M${line(1).join("L")}L${line(2).reverse().join("L")}Z` }), svg("path", { class: "sc-law", d: `M${line(0).join("L")}` }));
        if (family[i]) names.push([y(three.at(-1)[0]), fmtCount(family[i])]);
      });
      names.sort((a, b) => a[0] - b[0]);
      let floor = -99;
      names.forEach((each) => { floor = each[0] = Math.max(each[0], floor + 13); });
      names.forEach(([at, text]) => parts.push(svg("text", { class: "sc-name", x: width - right + 6, y: at + 4 }, text)));
      for (const run of runs) {
        const out = away(run), unseen = hidden && out;
        if (unseen) continue;
        parts.push(svg("circle", { class: out ? "sc-run sc-out-run" : "sc-run", cx: x(value(run)), cy: y(run.loss), r: 4 }, svg("title", {}, `${fmtCount(run.parameters, "parâmetros")}, ${fmtCount(run.tokens, "tokens")}: perda ${fmtNumber(run.loss, 2)}`)));
      }
      const px = x(value(mine));
      parts.push(svg("line", { class: "sc-mine", x1: px, x2: px, y1: y(low), y2: y(high) }), svg("path", { class: "sc-mine", d: `M${px - 6},${y(best)}H${px + 6}` }));
      if (bet != null) parts.push(svg("path", { class: "sc-bet", d: `M${px},${y(bet) - 7}L${px + 7},${y(bet)}L${px},${y(bet) + 7}L${px - 7},${y(bet)}Z` }));
      plot.setAttribute("viewBox", `0 0 ${width} ${H}`);
      plot.setAttribute("aria-label", `${runs.length} treinos e a lei ajustada${fits[fit].without.key ? `, sem ${label(fits[fit].without)}` : ""}. ${verdict.textContent}`);
      plot.replaceChildren(...parts);
    }

    build(el, null, [
      radios, plot,
      h("p", { class: "sc-leave" }, h("label", { for: `${id}-s` }, "Deixar de fora do ajuste "), leave),
      h("div", { class: "sc-bets" }, betBox, show), note, verdict,
      h("div", { class: "sc-free" }, h("label", { class: "llm-range" }, "Parâmetros", nIn, nOut), h("label", { class: "llm-range" }, "Tokens", dIn, dOut)),
      unsure, heard.el,
    ]);
    draw();
    const watch = new ResizeObserver(() => draw());
    watch.observe(el);
    return () => watch.disconnect();
  },
};
