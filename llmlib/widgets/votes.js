// Votes: prefer one of two answers; a reward model learns from every vote, shows its doubt, and chooses among n answers.
// Recorded answers first; a question of the reader's asks the model for new ones.
// uses engine: preference
export default {
  render({ model, el, host }) {
    const P = LLM.preference, names = model.get("traits_names"), recorded = model.get("pairs"), bank = model.get("bank"), MOST = 32;
    const deal = () => recorded.map((each, i) => ({ ...each, number: i }));
    let left = deal(), pair = null, votes = [], reward = P.fit([], names.length);
    let asked = bank[0], drawn = [], n = model.get("n"), seed = 1, busy = false;

    // ---- the vote
    const pill = statePill(el, host.compute && "pergunte algo e o modelo responde"), heard = announcer();
    const question = h("p", { class: "vot-question" }), counter = h("p", { class: "vot-count" }), told = h("p", { class: "vot-told" });
    const cards = [0, 1].map((side) => {
      const said = h("span", { class: "vot-said" });
      return { said, el: h("button", { type: "button", class: "vot-card", onclick: () => vote(side) }, h("span", { class: "vot-side" }, h("span", { class: "llm-unseen" }, "Prefiro a resposta "), side ? "B" : "A"), said) };
    });
    const undo = h("button", { type: "button", class: "llm-link", onclick: takeBack }, "Desfazer");
    const again = h("button", { type: "button", class: "llm-link", onclick: restart }, "Recomeçar");
    const skip = h("button", { type: "button", class: "llm-link", onclick: () => { left.push(left.shift()); next(); } }, "Pular");
    const others = h("p", { class: "vot-others", role: "group", "aria-label": "Deixar que outros votem nos pares que faltam" }, h("span", {}, "Ou deixe votar"),
      h("button", { type: "button", class: "llm-link", onclick: () => crowd(0) }, "quem confere se está certo"),
      h("button", { type: "button", class: "llm-link", onclick: () => crowd(1) }, "quem só olha o tamanho"));

    // The next pair is the one of which the reward doubts most what you will say.
    function next() {
      if (votes.length) left.sort((a, b) => doubt(b) - doubt(a));
      pair = left[0] ?? null;
      show();
    }
    const doubt = (each) => P.margin(reward, each.answers[0].traits, each.answers[1].traits).deviation;
    function learn() {
      reward = P.fit(votes.map((v) => v.winner.traits.map((x, i) => x - v.loser.traits[i])), names.length);
    }
    function add(one, other, each) {
      const guess = P.margin(reward, one.traits, other.traits).p;
      votes.push({ winner: one, loser: other, pair: each, guess });
      learn();
      return guess;
    }
    function vote(side) {
      if (!pair || busy) return;
      const [one, other] = side ? [pair.answers[1], pair.answers[0]] : pair.answers;
      const guess = add(one, other, pair);
      left = left.filter((each) => each !== pair);
      const bet = votes.length === 1 ? "Antes do primeiro voto a recompensa não tinha aposta: 50 %." : `Antes do seu voto, a recompensa dava ${fmtPercent(guess)} à resposta que você escolheu.`;
      const truth = one.right == null ? "" : one.right === other.right ? "" : one.right ? " A escolhida é a certa." : " A outra é que é a certa; o voto vale assim mesmo.";
      told.textContent = bet + truth;
      next();
      heard.say(`${told.textContent} ${summary()}`);
    }
    function crowd(hurry) {
      for (const each of left) {
        const [a, b] = each.answers, value = (x) => (hurry ? x.traits[0] : x.right ?? 0);
        if (value(a) !== value(b)) value(a) > value(b) ? add(a, b, each) : add(b, a, each);
      }
      left = [];
      told.textContent = hurry ? "Votaram sempre na mais comprida." : "Votaram sempre na certa; onde as duas estavam certas ou erradas, não votaram.";
      next();
      heard.say(`${told.textContent} ${summary()}`);
    }
    function takeBack() {
      const last = votes.pop();
      if (!last) return;
      learn();
      left.unshift(last.pair);
      told.textContent = "Voto desfeito.";
      pair = last.pair;
      show();
    }
    function restart() {
      votes = []; left = deal(); told.textContent = "";
      learn();
      next();
    }
    function show() {
      const later = votes.slice(1), hits = later.filter((v) => v.guess > 0.5).length; // before the first vote there is no bet
      counter.textContent = `${fmtNumber(votes.length)} ${votes.length === 1 ? "voto" : "votos"}${later.length ? ` · a recompensa previu ${fmtNumber(hits)} dos ${fmtNumber(later.length)} depois do primeiro` : ""}`;
      question.textContent = pair ? pair.question : "Não há mais pares gravados. Faça uma pergunta abaixo, ou recomece.";
      cards.forEach((card, side) => {
        card.el.hidden = !pair;
        card.said.textContent = pair ? pair.answers[side].text || "(nada)" : "";
      });
      undo.disabled = again.disabled = !votes.length;
      skip.disabled = left.length < 2;
      for (const button of others.querySelectorAll("button")) button.disabled = !left.length;
      drawWeights();
      drawChoice();
    }

    // ---- what it learned: each weight with its doubt (two standard deviations)
    const rows = names.map((name) => {
      const line = h("span", { class: "vot-line" }), dot = h("span", { class: "vot-dot" }), word = h("span", { class: "vot-word" });
      return { line, dot, word, el: h("li", { class: "vot-weight" }, h("span", { class: "vot-name" }, name), h("span", { class: "vot-axis", "aria-hidden": "true" }, line, dot), word) };
    });
    function drawWeights() {
      const spans = reward.weights.map((w, i) => 2 * Math.sqrt(reward.covariance[i][i]));
      const limit = Math.max(4, ...reward.weights.map((w, i) => Math.abs(w) + spans[i]));
      rows.forEach((row, i) => {
        const w = reward.weights[i], low = w - spans[i], high = w + spans[i], place = (x) => 50 + (50 * x) / limit;
        row.line.style.left = `${place(low)}%`;
        row.line.style.width = `${place(high) - place(low)}%`;
        row.dot.style.left = `${place(w)}%`;
        const sure = low > 0 ? "a favor" : high < 0 ? "contra" : "não se sabe";
        row.el.dataset.sure = low > 0 ? "for" : high < 0 ? "against" : "unknown";
        row.word.textContent = `${Math.abs(w) < 0.05 ? "" : w < 0 ? "−" : "+"}${fmtNumber(Math.abs(w), 1)} ± ${fmtNumber(spans[i], 1)} · ${sure}`;
      });
    }
    const summary = () => {
      const sure = rows.map((row, i) => [row.el.dataset.sure, names[i]]).filter(([s]) => s !== "unknown").map(([s, name]) => `${name} ${s === "for" ? "a favor" : "contra"}`);
      return sure.length ? `Aprendeu: ${sure.join(", ")}.` : "Ainda não tem certeza de nada.";
    };

    // ---- the best of n
    const { text, write } = textField({ value: asked.question, label: "Pergunta cujas respostas a recompensa vai ordenar", oninput: () => {}, readOnly: !host.compute });
    const nOut = h("output", {}), slider = h("input", { type: "range", name: "n", min: "1", max: String(MOST), value: String(n), oninput: () => { n = +slider.value; drawChoice(); } });
    const list = h("ol", { class: "vot-answers", "aria-label": "Respostas, da maior à menor recompensa" }), choice = h("p", { class: "vot-choice" });
    const examples = h("p", { class: "vot-examples", role: "group", "aria-label": "Perguntas gravadas" }, h("span", {}, "Gravadas"),
      bank.map((each) => h("button", { type: "button", class: "llm-link", onclick: () => recall(each) }, each.question)));
    const fresh = host.compute && h("button", { type: "button", class: "llm-button", onclick: ask }, "Sortear respostas novas");
    // The recorded answers in an order that looks drawn, each as often as it came.
    function shuffled(each) {
      const all = each.answers.flatMap((a) => Array(a.count).fill(a)), size = all.length;
      return all.map((_, i) => all[(i * 7919 + 3) % size]).slice(0, MOST);
    }
    function recall(each) {
      asked = each;
      write(each.question);
      drawn = shuffled(each);
      drawChoice();
    }
    function drawChoice() {
      const some = drawn.slice(0, n), at = new Map();
      for (const a of some) at.set(a.text, { a, times: (at.get(a.text)?.times ?? 0) + 1 });
      const order = [...at.values()].map((each) => ({ ...each, r: P.reward(reward, each.a.traits) })).sort((x, y) => y.r - x.r);
      const best = order[0];
      list.replaceChildren(...order.slice(0, 8).map(({ a, times, r }, i) => {
        const gap = best && i ? P.margin(reward, best.a.traits, a.traits) : null;
        const mark = a.right == null ? "" : a.right ? "✓ certa" : "✗ errada";
        return h("li", { class: i ? "vot-answer" : "vot-answer vot-best" },
          h("span", { class: "vot-text" }, a.text || "(nada)", times > 1 && h("small", {}, ` × ${times}`)),
          h("span", { class: "vot-mark", "data-right": a.right == null ? null : String(a.right) }, mark),
          h("span", { class: "vot-gap" }, gap ? `−${fmtNumber(Math.abs(gap.mean), 1)} ± ${fmtNumber(2 * gap.deviation, 1)}` : votes.length ? "ficaria com esta" : "sem votos, tanto faz"));
      }));
      if (order.length > 8) list.append(h("li", { class: "vot-answer vot-more" }, `e mais ${order.length - 8} diferentes`));
      nOut.textContent = `${fmtNumber(some.length)} ${some.length === 1 ? "resposta" : "respostas"}`;
      choice.textContent = best ? `De ${fmtNumber(some.length)} ${some.length === 1 ? "resposta" : "respostas"}, ${fmtNumber(order.length)} ${order.length === 1 ? "diferente" : "diferentes"}. À direita, quanto cada uma vale a menos que a escolhida, com a dúvida.` : "";
    }
    async function one(words, k) {
      const logs = [];
      const onEvent = ({ token }) => logs.push(Math.log(Math.max(token.p, 1e-12)));
      const result = await host.compute("generate", { messages: [{ role: "user", content: words }], max_new_tokens: 28, sampling: { temperature: 1, seed: k } }, { onEvent });
      const said = result.text.trim(), known = [...bank, ...recorded].find((each) => each.question === words)?.answers.find((a) => a.text === said);
      return { text: said, right: known ? known.right : null, traits: P.traits(words, said, logs.reduce((a, b) => a + b, 0) / Math.max(1, logs.length)) };
    }
    // New answers to whatever the field says: they are ordered, and the two first different ones become a pair to vote on.
    async function ask() {
      const words = text.value.trim();
      if (busy) return;
      if (!words) { choice.textContent = "Escreva uma pergunta antes de sortear."; return; }
      busy = fresh.disabled = true;
      const slow = setTimeout(() => pill.set("loading"), 200);
      try {
        const made = [];
        for (let i = 0; i < n || i < 2; i++) {
          made.push(await one(words, seed++));
          drawn = made.slice();
          drawChoice();
        }
        const other = made.find((a) => a.text !== made[0].text);
        if (other) {
          left = [{ question: words, answers: [made[0], other] }, ...left.filter((each) => each.number !== undefined || each.question !== words)];
          pair = left[0];
          told.textContent = "O par acima é novo: as duas primeiras respostas diferentes que saíram.";
        } else told.textContent = "Saiu sempre a mesma resposta: não há o que comparar.";
        pill.set("live", host.where);
        show();
        heard.say(told.textContent);
      } catch (error) {
        pill.set("error", error.message);
      } finally {
        clearTimeout(slow);
        busy = fresh.disabled = false;
      }
    }

    build(el, null, [
      h("div", { class: "llm-under" }, counter, pill.el),
      question, h("div", { class: "vot-cards", role: "group", "aria-label": "Qual resposta você prefere?" }, cards.map((card) => card.el)),
      told, h("p", { class: "vot-tools" }, undo, skip, again), others,
      h("p", { class: "vot-title" }, "O que a recompensa aprendeu"),
      h("ul", { class: "vot-weights" }, rows.map((row) => row.el)),
      h("p", { class: "vot-key" }, "À direita do zero, o traço conta a favor; a faixa é a dúvida (dois desvios). Enquanto ela cruza o zero, não se sabe."),
      h("p", { class: "vot-title" }, "O que ela faz: a melhor de n"),
      text, examples,
      h("div", { class: "vot-run" }, h("label", { class: "llm-range" }, "Escolher entre", slider, nOut), fresh),
      choice, list, heard.el,
    ]);
    drawn = shuffled(asked);
    next();
    return () => { heard.say.cancel(); };
  },
};
