// Leash: the answers to one question, a reward, and beta. Bar: after; mark: the model of the start. Exact, by the formula of the tilt.
// uses engine: preference
const LEASH_REWARDS = { right: "acertar", long: "ser comprida", short: "ser curta" };

export default {
  render({ model, el }) {
    const P = LLM.preference, bank = model.get("bank"), MOST = 9, LOW = Math.log(0.1), HIGH = Math.log(10);
    let entry = bank[0], reward = model.get("reward"), beta = model.get("beta");
    const bars = tokenBars({ label: "Probabilidade de cada resposta, depois", verb: "ver" }), said = h("p", { class: "lsh-said" }), heard = announcer(), out = h("output", {});
    const slider = h("input", { type: "range", name: "beta", min: "0", max: "100", step: "1", value: String(Math.round((100 * (Math.log(beta) - LOW)) / (HIGH - LOW))), oninput: () => { beta = Math.exp(LOW + ((HIGH - LOW) * +slider.value) / 100); draw(); } });
    const name = freshId();
    const rewards = h("fieldset", { class: "lsh-choice" }, h("legend", {}, "A recompensa paga por"), Object.entries(LEASH_REWARDS).map(([value, text]) =>
      h("label", {}, h("input", { type: "radio", name, value, checked: value === reward, onchange: () => { reward = value; draw(); } }), text)));
    const questions = h("p", { class: "lsh-examples", role: "group", "aria-label": "Perguntas gravadas" }, h("span", {}, "Pergunta"),
      bank.map((each) => h("button", { type: "button", class: "llm-link lsh-pick", "aria-pressed": String(each === entry), onclick: (event) => {
        entry = each;
        for (const button of questions.querySelectorAll("button")) button.setAttribute("aria-pressed", String(button === event.currentTarget));
        draw();
      } }, each.question)));
    const worth = (a) => (reward === "right" ? a.right : reward === "long" ? a.traits[0] : -a.traits[0]);

    function draw() {
      const { answers } = entry, total = answers.reduce((sum, a) => sum + a.count, 0), drawn = answers.map((a) => a.count / total);
      const rewards = answers.map(worth), after = P.tilted(drawn, rewards, beta), kl = P.divergence(after, drawn);
      const mean = (weights, values) => weights.reduce((sum, w, i) => sum + w * values[i], 0), right = answers.map((a) => a.right);
      const order = answers.map((a, i) => i).sort((a, b) => drawn[b] - drawn[a] || a - b);
      const keep = [...new Set([...order.slice(0, MOST - 3), ...[...order].sort((a, b) => after[b] - after[a]).slice(0, 3)])].slice(0, MOST);
      bars.draw({ items: keep.map((i) => ({ id: i, text: `${answers[i].right ? "✓" : "✗"} ${answers[i].text || "(nada)"}`.replace(/\s/g, "\u00a0"), p: drawn[i], q: after[i] })), rest: Math.max(0, 1 - keep.reduce((sum, i) => sum + after[i], 0)) });
      out.textContent = `β = ${fmtNumber(beta, beta < 1 ? 2 : 1)}`;
      slider.setAttribute("aria-valuetext", out.textContent);
      said.textContent = `Recompensa média: ${fmtNumber(mean(drawn, rewards), 2)} antes, ${fmtNumber(mean(after, rewards), 2)} depois. Certas: ${fmtPercent(mean(drawn, right))} antes, ${fmtPercent(mean(after, right))} depois. Distância: ${fmtNumber(kl, 2)} nats.`;
      heard.say(said.textContent);
    }
    build(el, null, [
      questions, rewards,
      h("label", { class: "llm-range lsh-beta" }, "Coleira: solta", slider, "presa", out), bars.el, said,
      h("p", { class: "lsh-key" }, "Barra: depois de puxar. Traço em pé: o modelo de partida. ✓ certa, ✗ errada."), heard.el,
    ]);
    draw();
    el.dataset.state = "recorded";
    return () => { heard.say.cancel(); };
  },
};
