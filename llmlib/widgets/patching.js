// Patching: a vector of the first sentence put into the second, at each layer and position; the cell is how much of the way
// from the second answer to the first it takes. Cells are computed one by one, so that nothing waits and a change cancels.
// uses style: logit_lens
// uses style: next_token
// uses part: logit_lens.grid
function patchProblem(tokens, [a, b], longest) {
  const [n, m] = tokens.map((each) => each.length);
  if (n !== m) return `As duas frases precisam ter o mesmo número de tokens: a primeira tem ${n} e a segunda, ${m}.`;
  if (n === 0) return "As frases estão vazias: escreva duas.";
  if (n > longest) return `Cada casa da figura são duas passagens pelo modelo: use frases de até ${longest} tokens; estas têm ${n}.`;
  if (tokens[0].every((token, i) => token.id === tokens[1][i].id)) return "As duas frases são iguais: mude uma palavra em uma delas.";
  if (a.id === b.id) return `Depois das duas o modelo diz o mesmo, ${spoken(a.text)}: escreva em “respostas” o que cada uma pede.`;
  return "";
}
const tooClose = ([a, b]) => `As duas frases dão a mesma vantagem a ${spoken(a.text)} sobre ${spoken(b.text)}: não há diferença para levar de uma à outra.`;

export default {
  render({ model, el, host }) {
    const parts = model.get("parts"), { longest, top: TOP, least } = model.get("limits"), id = freshId();
    let data = model.get("recording"), part = parts[0], picked = null, peeked = null, turn = 0, job = null;
    const names = new Map(Object.entries(data.words).map(([key, text]) => [+key, text]));

    // -- controls --
    const pill = statePill(el, host.compute && "mude uma frase e o modelo responde"), heard = announcer();
    const fields = ["Frase de onde sai o vetor", "Frase que recebe o vetor"].map((label, i) => textField({ value: model.get("texts")[i], label, oninput: () => soon(), readOnly: !host.compute }));
    const strips = [tokenStrip({ label: "Tokens da primeira frase" }), tokenStrip({ label: "Tokens da segunda frase" })];
    const wanted = model.get("answers").map((value, i) => h("input", { type: "text", class: "pa-answer", value, size: "9", name: `answer-${i}`, autocomplete: "off", spellcheck: "false", placeholder: "a favorita", readOnly: !host.compute, "aria-label": `Resposta que a ${i ? "segunda" : "primeira"} frase pede; vazia, a favorita do modelo`, oninput: () => soon() }));
    const swap = h("button", { type: "button", class: "llm-button", onclick: () => set([fields[1].text.value, fields[0].text.value, wanted[1].value, wanted[0].value]) }, "Inverter as frases");
    const which = h("select", { id: `${id}-p`, onchange: () => { part = parts[which.selectedIndex]; run(); } }, parts.map((each) => h("option", {}, each.label)));
    const examples = host.compute ? model.get("examples") : [];
    function set([one, other, a = "", b = ""]) {
      [wanted[0].value, wanted[1].value] = [a, b];
      [[0, one], [1, other]].forEach(([i, text]) => { fields[i].text.value = text; fields[i].fit(); });
      run();
    }

    // -- the figure --
    const grid = cellGrid({ label: "Parte do caminho que cada troca leva, por camada e posição", kind: "pa-table", onpick: pick, onpeek: (to) => { peeked = to; show(); } });
    const bar = h("progress", { class: "pa-bar", value: 0, max: 1, "aria-label": "Trocas já feitas" }), done = h("span"), progress = h("p", { class: "pa-progress", hidden: true }, bar, done);
    const trouble = h("p", { class: "pa-trouble", role: "status", hidden: true }), scale = h("p", { class: "pa-scale" }), said = h("p", { class: "llm-best" });
    const bars = tokenBars({ label: "O próximo token da segunda frase, com a troca" }), key = h("p", { class: "pa-key" });
    const figure = h("div", {}, scale, progress, grid.el, said, bars.el, key);

    const cellOf = (r, t) => {
      const m = data.moved[r]?.[t];
      const place = `${rowName(r)}, ${spoken(data.tokens[1][t].text)}`;
      if (m === undefined) return { nodes: "", said: `${place}: ainda não calculado`, kind: "pa-wait" };
      if (m === null) return { nodes: "·", said: `${place}: igual nas duas frases, nada a trocar`, kind: "pa-none" };
      const written = fmtNumber(100 * m);
      return { nodes: written, p: Math.min(1, Math.abs(m)), kind: m < -0.005 ? "pa-back" : "", said: `${place}: ${written} % do caminho` };
    };
    const shown = () => data.part ?? parts[0]; // what the numbers on the page are about, while others are on their way
    const rowName = (r) => layerName(shown().first ? r : r + 1);
    function draw() {
      const T = data.tokens[0].length, differ = (t) => data.tokens[0][t].id !== data.tokens[1][t].id;
      const nodes = (token, t) => (t ? h("span", { class: differ(t) ? "pa-differ" : "" }, tokenNodes(token.text)) : h("i", { class: "llm-special" }, "início"));
      grid.draw({
        heads: ["da frase", "para"].map((label, i) => ({ label, cells: data.tokens[i].map(nodes) })),
        rows: Array.from({ length: data.rows ?? data.moved.length }, (_, r) => ({ label: rowName(r), cells: Array.from({ length: T }, (_, t) => cellOf(r, t)) })),
      });
      const [high, low] = data.scores, [a, b] = data.answers;
      const odds = (x) => { // a score in words: who is likelier, and how many times
        const [one, other] = x >= 0 ? [a, b] : [b, a], n = Math.exp(Math.abs(x));
        return [h("strong", {}, spoken(one.text)), ` é ${n < 9.95 ? fmtNumber(n, 1) : fmtCount(n)} vezes mais provável que `, spoken(other.text)];
      };
      scale.replaceChildren("Na primeira frase, ", ...odds(high), "; na segunda, ", ...odds(low), ". Em cada casa, quanto desse caminho, em %, uma só troca percorre.");
      show();
    }
    const changed = () => data.tokens[0].findIndex((token, t) => token.id !== data.tokens[1][t].id);
    const strongest = () => {
      let found = [0, 0], most = -Infinity;
      data.moved.slice(0, shown().first ? -1 : undefined).forEach((row, r) => row.forEach((m, t) => { if (m != null && m > most) [most, found] = [m, [r, t]]; }));
      return found;
    };
    // What a patch does to the answer: the bars are the new chances, the mark on each the old one.
    async function show() {
      const mine = picked ?? strongest(), [r, t] = peeked ?? mine, m = data.moved[r]?.[t];
      const token = spoken(data.tokens[0][t].text), here = rowName(r);
      if (job && !picked && !peeked) { // the strongest is not known yet
        grid.mark(-1, -1);
        said.replaceChildren();
        setChildren(bars.el, []);
        return setText(key, "");
      }
      grid.mark(...mine);
      if (m == null) {
        said.replaceChildren(m === null ? `${here}, ${token}: o vetor é o mesmo nas duas frases. Antes da primeira palavra diferente não há o que trocar.` : "");
        setChildren(bars.el, []);
        setText(key, "");
        return;
      }
      said.replaceChildren(`Com o vetor de ${token} (${here}) vindo da primeira frase: `, h("strong", {}, `${cellOf(r, t).nodes}\u00a0%`), " do caminho");
      const at = `${r},${t}`, tops = data.tops[at] ?? (host.compute && !peeked && (await listed(r, t, at)));
      if (!tops || data.tops[at] !== tops) return;
      const old = new Map(data.before);
      const items = tops.map(([token, p]) => ({ id: token, text: names.get(token) ?? "?", p: old.get(token) ?? 0, q: p }));
      bars.draw({ items, rest: Math.max(0, 1 - items.reduce((sum, item) => sum + item.q, 0)) });
      setText(key, "A barra é a chance depois da troca; o traço vertical, a de antes.");
    }
    async function listed(r, t, at) {
      const mine = data;
      const answer = await host.compute("trace", { ids: idsOf(1), only: [], lens: TOP, patch: [patchOf(r, t)] }).catch(() => null);
      if (!answer || mine !== data) return null;
      const tops = Array.from(answer.lens.ids.slice(-TOP), (token, j) => [token, answer.lens.p.at(j - TOP)]);
      await name(tops.map(([token]) => token));
      return (mine.tops[at] = tops);
    }
    function pick(r, t) { picked = [r, t]; peeked = null; show(); heard.say(cellOf(r, t).said); }

    // -- live --
    const idsOf = (i) => data.tokens[i].slice(1).map((token) => token.id);
    const activation = (r, { first, name }) => (first ? (r ? `layers.${r - 1}.${name}` : "embed_tokens") : `layers.${r}.${name}`);
    function patchOf(r, t) {
      const values = data.given[r], size = values.length / data.tokens[0].length;
      return { name: activation(r, shown()), position: t, values: values.slice(t * size, (t + 1) * size) };
    }
    async function name(ids) {
      for (;;) {
        const missing = [...new Set(ids)].filter((each) => !names.has(each)).sort((a, b) => a - b);
        if (!missing.length) return;
        const { tokens } = await host.compute("encode", { ids: missing });
        if (!tokens.some((token) => !names.has(token.id))) throw new Error(`O modelo não soube dizer que token é o de número ${missing[0]}.`);
        tokens.forEach((token) => names.set(token.id, token.text));
      }
    }
    async function firstToken(word) {
      const plain = word.trim();
      return (await host.compute("encode", { text: /^[\p{L}\p{N}]/u.test(plain) ? ` ${plain}` : word })).tokens[0];
    }
    // log p(first answer) - log p(second) after a sentence, from the losses of the two texts with an answer added.
    async function score(ids, answers, patch) {
      const losses = [];
      for (const answer of answers) losses.push((await host.compute("trace", { ids: [...ids, answer.id], only: "losses", patch })).losses.at(-1));
      return losses[1] - losses[0];
    }
    function say(sentence) {
      trouble.hidden = !sentence;
      setText(trouble, sentence);
      figure.hidden = !!sentence;
      for (const strip of strips) strip.el.hidden = !sentence; // the figure's own head shows the tokens of a pair that fits
    }

    async function run() {
      const mine = ++turn, what = part, stale = () => mine !== turn, texts = fields.map((each) => each.text.value);
      soon.cancel();
      job = null;
      const slow = setTimeout(() => pill.set("loading"), 150);
      try {
        const starts = [];
        for (const text of texts) starts.push(await host.compute("next", { text, k: 30 }));
        const answers = [];
        for (const i of [0, 1]) answers.push(wanted[i].value.trim() ? await firstToken(wanted[i].value) : starts[i].top[0]);
        if (stale()) return;
        clearTimeout(slow);
        pill.set("live", host.where);
        starts.forEach((start, i) => { strips[i].draw(start.tokens); start.top.forEach((token) => names.set(token.id, token.text)); });
        const wrong = patchProblem(starts.map((start) => start.tokens), answers, longest);
        if (wrong) return say(wrong);
        const ids = starts.map((start) => start.tokens.map((token) => token.id));
        const [rows] = (await host.compute("trace", { ids: ids[0], only: [], lens: 1 })).lens_shape, L = rows - 1;
        const every = Array.from({ length: what.first ? rows : L }, (_, r) => activation(r, what));
        const kept = [];
        for (const each of ids) kept.push(await host.compute("trace", { ids: each, only: [], keep: every }));
        const scores = [await score(ids[0], answers, []), await score(ids[1], answers, [])];
        if (stale()) return;
        if (Math.abs(scores[0] - scores[1]) < least) return say(tooClose(answers));
        const T = kept[0].tokens.length;
        data = {
          part: what, tokens: kept.map((each) => each.tokens), answers, scores, rows: every.length, moved: every.map(() => []), tops: {},
          before: starts[1].top.map((token) => [token.id, token.p]), given: every.map((each) => kept[0].activations[each]),
        };
        const found = every.map((each) => kept[1].activations[each]), places = [];
        picked = peeked = null;
        for (let r = 0; r < every.length; r++) for (let t = 0; t < T; t++) {
          const size = data.given[r].length / T;
          let same = true;
          for (let i = t * size; same && i < (t + 1) * size; i++) same = data.given[r][i] === found[r][i];
          if (same) data.moved[r][t] = null; else places.push([r, t]);
        }
        say("");
        job = mine;
        draw();
        grid.toColumn(changed());
        progress.hidden = false;
        for (const [n, [r, t]] of places.entries()) {
          const now = await score(ids[1], answers, [patchOf(r, t)]);
          if (stale()) return;
          data.moved[r][t] = (now - scores[1]) / (scores[0] - scores[1]);
          grid.update(r, t, cellOf(r, t));
          bar.value = (n + 1) / places.length;
          setText(done, `${n + 1} de ${places.length} trocas`);
        }
        progress.hidden = true;
        job = null;
        await show();
        heard.say(said.textContent);
      } catch (error) {
        if (!stale()) { progress.hidden = true; job = null; pill.set("error", error.message); }
      } finally { clearTimeout(slow); }
    }
    const soon = debounce(run, 350);

    strips.forEach((strip, i) => strip.draw(data.tokens[i].slice(1)));
    build(el, null, [
      examples.length > 0 && h("p", { class: "nt-examples", role: "group", "aria-label": "Pares para experimentar" }, h("span", {}, "Experimente"),
        examples.map((each) => h("button", { type: "button", class: "llm-link", onclick: () => set(each) }, `${each[0]} / ${each[1]}`.replace(/\n/g, " ↵ ")))),
      fields.map(({ text }, i) => h("div", { class: "pa-side" }, text, strips[i].el, h("label", { class: "pa-want" }, "resposta ", wanted[i]))),
      h("div", { class: "llm-under" }, pill.el),
      host.compute && h("div", { class: "pa-tools" }, swap, h("span", {}, h("label", { for: which.id }, "Trocar "), which)),
      trouble, figure, heard.el,
    ]);
    say("");
    draw();
    grid.toColumn(changed());
    return () => { turn++; soon.cancel(); heard.say.cancel(); };
  },
};
