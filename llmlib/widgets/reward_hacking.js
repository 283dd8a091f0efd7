// Reward hacking: simulated voters, the reward fitted to their votes, and the best of n by it, computed again at every move.
// Votes are cast on the even questions of the bank; both rewards are measured on the odd ones.
// uses engine: sampling
// uses engine: preference
function pickAnswer(answers, u) {
  let left = u * answers.reduce((sum, a) => sum + a.count, 0);
  for (const a of answers) if ((left -= a.count) < 0) return a;
  return answers.at(-1);
}
// -> {reward, points: [{n, proxy, true, kl, bound}], kept(n, question): the answer kept most often}
function study(bank, draws, hurry, votes, seed = 0) {
  const P = LLM.preference, voted = bank.filter((_, i) => i % 2 === 0), asked = bank.filter((_, i) => i % 2), differences = [];
  const size = bank[0].answers[0].traits.length, ends = (a) => [a.right, a.traits[0]];
  for (let drawn = 0; differences.length < votes && drawn < 20 * votes; drawn++) {
    const u = (i) => LLM.uniform(seed, 4 * drawn + i), { answers } = voted[Math.floor(u(0) * voted.length)];
    const one = pickAnswer(answers, u(1)), other = pickAnswer(answers, u(2));
    if (one.text === other.text) continue;
    const won = P.vote(ends(one), ends(other), hurry, u(3)), [winner, loser] = won ? [one, other] : [other, one];
    differences.push(winner.traits.map((v, i) => v - loser.traits[i]));
  }
  const reward = P.fit(differences, size);
  const rows = asked.map(({ question, answers }) => {
    const counts = answers.map((a) => a.count), total = counts.reduce((a, b) => a + b, 0);
    return { question, answers, counts, share: counts.map((c) => c / total), scores: answers.map((a) => P.reward(reward, a.traits)) };
  });
  const every = rows.flatMap((row) => row.scores.flatMap((s, i) => Array(row.counts[i]).fill(s)));
  const mean = (list) => list.reduce((a, b) => a + b, 0) / list.length, middle = mean(every);
  const spread = Math.sqrt(mean(every.map((s) => (s - middle) ** 2))) || 1;
  const points = draws.map((n) => {
    const each = rows.map((row) => {
      const kept = P.bestOfN(row.scores, n, row.counts), over = (values) => kept.reduce((sum, w, i) => sum + w * values[i], 0);
      return [(over(row.scores) - middle) / spread, over(row.answers.map((a) => a.right)), P.divergence(kept, row.share)];
    });
    const [proxy, truth, kl] = [0, 1, 2].map((i) => mean(each.map((e) => e[i])));
    return { n, proxy, true: truth, kl, bound: P.bound(n) };
  });
  const kept = (n, i) => {
    const row = rows[i], chances = P.bestOfN(row.scores, n, row.counts), at = chances.indexOf(Math.max(...chances));
    return { question: row.question, ...row.answers[at], chance: chances[at] };
  };
  return { reward, points, kept, asked: rows.length };
}

export default {
  render({ model, el }) {
    const bank = model.get("bank"), draws = model.get("draws"), names = model.get("traits_names");
    let hurry = model.get("hurry"), votes = model.get("votes"), at = draws.indexOf(model.get("n")), found = null;
    const heard = announcer(), said = h("p", { class: "rh-said" }), list = h("ol", { class: "rh-kept", "aria-label": "A resposta que fica mais vezes" }), learned = h("p", { class: "rh-learned" });
    const range = (name, label, props, value, oninput) => {
      const out = h("output", {}), slider = h("input", { type: "range", name, ...props, value: String(value), oninput: () => { oninput(+slider.value); } });
      return { out, slider, el: h("label", { class: "llm-range rh-range" }, label, slider, out) };
    };
    const rush = range("hurry", "Pressa de quem vota", { min: "0", max: "1", step: "0.05" }, hurry, (v) => { hurry = v; again(); });
    const many = range("votes", "Votos dados", { min: "10", max: "400", step: "10" }, votes, (v) => { votes = v; again(); });
    const force = range("n", "Melhor de n", { min: "0", max: String(draws.length - 1), step: "1" }, at, (v) => { at = v; draw(); });
    const panels = [
      { key: "proxy", title: "O que a recompensa aprendida diz", unit: (v) => `${v < 0 ? "−" : "+"}${fmtNumber(Math.abs(v), 1)}`, plot: h("div", { class: "rh-plot" }) },
      { key: "true", title: "O que é verdade: respostas certas", unit: fmtPercent, plot: h("div", { class: "rh-plot" }) },
    ];

    function drawPanel({ key, title, unit, plot }) {
      const width = Math.max(250, plot.clientWidth || 320), height = 190, left = 44, right = 52, top = 14, bottom = 34;
      const values = found.points.map((p) => p[key]);
      const [low, high] = key === "true" ? [0, 1] : [Math.min(-0.5, ...values), Math.max(2, ...values)];
      const x = (i) => left + ((width - left - right) * i) / (draws.length - 1), y = (v) => top + (1 - (v - low) / (high - low)) * (height - top - bottom);
      const grid = (key === "true" ? [0, 0.5, 1] : [0, 1, 2].filter((v) => v <= high)).map((v) => svg("g", {}, svg("line", { x1: left, x2: width - right, y1: y(v), y2: y(v), class: "rh-grid" }), svg("text", { x: left - 6, y: y(v) + 4, "text-anchor": "end" }, key === "true" ? fmtPercent(v) : fmtNumber(v))));
      const ticks = draws.map((n, i) => (width > 330 || i % 2 === 0 || i === at) && svg("text", { x: x(i), y: height - bottom + 18, "text-anchor": "middle", class: i === at ? "rh-here" : null }, String(n)));
      const line = values.map((v, i) => `${i ? "L" : "M"}${x(i).toFixed(1)} ${y(v).toFixed(1)}`).join("");
      plot.replaceChildren(svg("svg", { viewBox: `0 0 ${width} ${height}`, width, height, role: "img", "aria-label": `${title}, de n = 1 a n = ${draws.at(-1)}: ${found.points.map((p) => `${p.n}, ${unit(p[key])}`).join("; ")}` },
        grid, ticks, svg("line", { x1: left, x2: width - right, y1: y(values[0]), y2: y(values[0]), class: "rh-start" }),
        svg("path", { d: line, class: `rh-line rh-${key}` }), values.map((v, i) => svg("circle", { cx: x(i), cy: y(v), r: i === at ? 6 : 2.5, class: `rh-dot rh-${key}` })),
        svg("text", { x: x(at) + (at > draws.length - 3 ? 10 : 8), y: y(values[at]) - 9, class: "rh-now" }, unit(values[at]))));
    }
    function draw() {
      const p = found.points[at], start = found.points[0], n = draws[at];
      rush.out.textContent = hurry === 0 ? "nenhuma: olha se está certo" : hurry === 1 ? "toda: só olha o tamanho" : fmtPercent(hurry);
      many.out.textContent = fmtNumber(votes);
      force.out.textContent = `n = ${n}`;
      force.slider.setAttribute("aria-valuetext", `n = ${n}`);
      panels.forEach(drawPanel);
      const up = p.proxy - start.proxy > 0.05, change = p.true - start.true, hacked = up && change < -0.01;
      said.dataset.hacked = String(hacked);
      said.replaceChildren(h("strong", {}, n === 1 ? "Com n = 1 nada se escolhe: é o próprio modelo." : hacked ? "A recompensa subiu e o acerto caiu." : up && change > 0.01 ? "As duas sobem juntas." : "O acerto quase não mudou."),
        ` Recompensa aprendida: ${panels[0].unit(p.proxy)} desvios. Certas: ${fmtPercent(start.true)} sem escolher, ${fmtPercent(p.true)} aqui. Distância do modelo: ${fmtNumber(p.kl, 2)} nats, de no máximo ${fmtNumber(p.bound, 2)}.`);
      const weights = found.reward.weights.map((w, i) => [Math.abs(w), `${names[i]} ${w < 0 ? "−" : "+"}${fmtNumber(Math.abs(w), 1)}`]).sort((a, b) => b[0] - a[0]);
      learned.textContent = `A recompensa aprendeu: ${weights.map((w) => w[1]).join(", ")}.`;
      list.replaceChildren(...Array.from({ length: Math.min(5, found.asked) }, (_, i) => {
        const kept = found.kept(n, i);
        return h("li", { class: "rh-row" }, h("span", { class: "rh-question" }, kept.question), h("span", { class: "rh-answer" }, kept.text || "(nada)"), h("span", { class: "rh-mark", "data-right": String(kept.right) }, kept.right ? "✓ certa" : "✗ errada"));
      }));
      heard.say(said.textContent);
    }
    function again() {
      found = study(bank, draws, hurry, votes);
      draw();
    }
    const watch = typeof ResizeObserver === "undefined" ? null : new ResizeObserver(() => panels.forEach(drawPanel));

    build(el, null, [
      h("div", { class: "rh-controls" }, force.el, rush.el, many.el), said,
      h("div", { class: "rh-panels" }, panels.map((panel) => h("section", {}, h("p", { class: "rh-title" }, panel.title), panel.plot))),
      learned, h("p", { class: "rh-title" }, "A resposta que fica mais vezes"), list,
      h("p", { class: "rh-key" }, "Os votos são sobre metade das perguntas; as curvas, sobre a outra metade. A tracejada é o modelo sem escolha nenhuma."),
      heard.el,
    ]);
    again();
    watch?.observe(panels[0].plot);
    el.dataset.state = "recorded";
    return () => { watch?.disconnect(); heard.say.cancel(); };
  },
};
