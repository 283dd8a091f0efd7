// HeadSwitches: heads as switches. What a job loses without those that are off, against as many drawn by lot.
// Recorded: where heads look and what each is worth alone. Live: every sum after a switch.
export default {
  render({ model, el, host }) {
    const jobs = model.get("jobs"), [L, H] = model.get("shape"), draws = model.get("draws"), total = L * H;
    let job = jobs[model.get("start")], off = new Set(), ticket = 0, reveal = false, after = null, lot = null;

    const pill = statePill(el, host.compute ? "desligue uma cabeça" : "aqui não há modelo que calcule"), heard = announcer();

    // -- the model --
    const perToken = (each) => Math.exp(-each);
    const mean = (values) => values.reduce((a, b) => a + b, 0) / values.length;
    const base = () => ({ losses: job.examples.map((each) => each.loss) });
    async function lossOf(ids, start, ablate) {
      const { losses } = await host.compute("trace", { ids, ablate, only: "losses" });
      if (!losses) throw new Error("Este modelo não sabe desligar cabeças.");
      return Array.from(losses).slice(start - ids.length); // of the right tokens: the last ones
    }
    // Loss of each example with some heads off, and in how many pairs the right word still wins; null if it is no longer asked.
    async function measure(heads, mine) {
      const ablate = heads.map((i) => [Math.floor(i / H), i % H]), losses = [];
      let wins = 0, pairs = 0;
      for (const { ids, start, wrong } of job.examples) {
        const right = await lossOf(ids, start, ablate);
        if (mine !== ticket) return null;
        losses.push(mean(right));
        if (!wrong.length) continue;
        const other = await lossOf([...ids.slice(0, start), ...wrong], start, ablate);
        if (mine !== ticket) return null;
        pairs += 1;
        wins += right.reduce((a, b) => a + b, 0) < other.reduce((a, b) => a + b, 0);
      }
      return { losses, wins, pairs };
    }
    // Sets of k different heads, the same every time.
    function drawn(k, number) {
      const order = Array.from({ length: total }, (_, i) => i);
      let x = 0x9e3779b9 * (number + 1);
      for (let i = 0; i < k; i++) {
        x = Math.imul(x ^ (x >>> 15), 0x735a2d97 + i); x ^= x >>> 13;
        const j = i + ((x >>> 0) % (total - i));
        [order[i], order[j]] = [order[j], order[i]];
      }
      return order.slice(0, k);
    }
    async function run() {
      const mine = ++ticket, heads = [...off].sort((a, b) => a - b);
      after = lot = null;
      draw();
      if (!heads.length || !host.compute) return;
      const slow = setTimeout(() => { if (mine === ticket) pill.set("loading"); }, 80);
      try {
        const first = await measure(heads, mine);
        if (!first) return;
        after = first;
        pill.set("live", host.where);
        draw();
        heard.say(message.textContent);
        if (heads.length === total) return; // any draw would be the same
        const several = [];
        for (let i = 0; i < draws; i++) {
          const one = await measure(drawn(heads.length, i), mine);
          if (!one) return;
          several.push(mean(one.losses));
          lot = several;
          draw();
        }
      } catch (error) {
        if (mine === ticket) pill.set("error", error.message);
      } finally {
        clearTimeout(slow);
      }
    }
    const soon = debounce(run, 150);
    function change(next) { off = new Set(next); ticket += 1; after = lot = null; draw(); off.size ? soon() : (soon.cancel(), pill.set("recorded")); }

    // -- the switches --
    const buttons = Array.from({ length: total }, (_, i) => h("button", {
      type: "button", class: "hs-head", tabIndex: i ? -1 : 0, disabled: !host.compute, onclick: () => { const next = new Set(off); next.has(i) ? next.delete(i) : next.add(i); change(next); },
    }, h("span", { class: "hs-look" }), h("span", { class: "hs-worth" }), h("span", { class: "hs-cross", "aria-hidden": "true" }, "×")));
    const grid = h("div", { class: "hs-grid", role: "group", "aria-label": "Cabeças: uma linha por camada. Setas andam, espaço liga e desliga.", "--heads": String(H) },
      h("span"), Array.from({ length: H }, (_, j) => h("span", { class: "hs-name", "aria-hidden": "true" }, String(j + 1))),
      Array.from({ length: L }, (_, l) => [h("span", { class: "hs-name hs-layer", "aria-hidden": "true" }, String(l + 1)), buttons.slice(l * H, (l + 1) * H)]));
    grid.addEventListener("keydown", (event) => {
      const here = buttons.indexOf(document.activeElement), step = { ArrowLeft: -1, ArrowRight: 1, ArrowUp: -H, ArrowDown: H }[event.key];
      if (here < 0 || !step) return;
      event.preventDefault();
      const next = here + step;
      if (next < 0 || next >= total || (Math.abs(step) === 1 && Math.floor(next / H) !== Math.floor(here / H))) return;
      for (const each of buttons) each.tabIndex = -1;
      buttons[next].tabIndex = 0;
      buttons[next].focus();
    });
    const ranked = (values) => Array.from({ length: total }, (_, i) => i).sort((a, b) => values[Math.floor(b / H)][b % H] - values[Math.floor(a / H)][a % H]);
    const several = (text, call) => h("button", { type: "button", class: "llm-link", disabled: !host.compute, onclick: () => change(call()) }, text);
    const quick = h("p", { class: "hs-quick" },
      several("desligar as 3 que mais olham", () => ranked(job.scores).slice(0, 3)), several("as 3 que mais fazem falta", () => ranked(job.effects).slice(0, 3)),
      several("todas", () => Array.from({ length: total }, (_, i) => i)), several("religar", () => []));
    const peek = h("label", { class: "hs-peek" }, h("input", { type: "checkbox", name: "reveal", onchange: (event) => { reveal = event.target.checked; draw(); } }), " mostrar também quanto cada uma faz falta sozinha (medido antes)");

    const group = freshId(), choice = h("fieldset", { class: "hs-jobs" }, h("legend", {}, "Serviço"), jobs.map((each) => h("label", {},
      h("input", { type: "radio", name: group, checked: each === job, onchange: () => { job = each; change([]); } }), ` ${each.name}`)));
    const means = h("p", { class: "hs-means" });

    // -- what is lost --
    const bar = (label) => {
      const fill = h("span", { class: "llm-fill" }), number = h("span", { class: "llm-number" }), range = h("span", { class: "hs-range", hidden: true });
      return { fill, number, range, li: h("li", { class: "llm-bar" }, h("span", { class: "llm-row" }, h("span", { class: "llm-bar-token" }, label), h("span", { class: "llm-track" }, fill, range, number))) };
    };
    const bars = { before: bar("com todas"), after: bar("sem essas"), lot: bar("sem sorteadas") };
    const results = h("ol", { class: "hs-bars", "aria-label": "Probabilidade de cada token certo" }, Object.values(bars).map((each) => each.li));
    const message = h("p", { class: "hs-message" });
    const list = h("ol", { class: "hs-examples" });
    const cases = h("details", { class: "llm-details", ontoggle: drawCases }, h("summary", {}, "Ver os exemplos"), list);

    function show(each, p, wait) {
      each.li.classList.toggle("llm-wait", wait);
      for (const part of [each.fill, each.number]) part.style.setProperty("--w", p ?? 0);
      setText(each.number, p == null ? "…" : fmtPercent(p));
    }
    function drawCases() {
      if (!cases.open) return;
      list.replaceChildren(...job.examples.map(({ words, start, loss }, i) => h("li", {},
        h("span", { class: "hs-text" }, start > 16 ? "… " : "", words.slice(Math.max(1, start - 16), start).flatMap((word) => tokenNodes(word)), h("strong", {}, words.slice(start, start + 8).flatMap((word) => tokenNodes(word))), words.length - start > 8 ? " …" : ""),
        h("span", { class: "hs-change" }, `${fmtPercent(perToken(loss))}${after ? ` → ${fmtPercent(perToken(after.losses[i]))}` : ""}`))));
    }
    function draw() {
      const before = mean(base().losses), k = off.size, top = Math.max(...job.scores.flat(), 1e-9), worth = Math.max(...job.effects.flat(), 1e-9);
      setText(means, `O que pede: ${job.means}. A faixa de cada cabeça diz quanto da atenção dela cai ali.`);
      buttons.forEach((button, i) => {
        const [l, j] = [Math.floor(i / H), i % H], on = !off.has(i);
        button.setAttribute("aria-pressed", on);
        button.setAttribute("aria-label", `camada ${l + 1}, cabeça ${j + 1}, ${on ? "ligada" : "desligada"}; ${fmtPercent(job.scores[l][j])} da atenção${reveal ? `; sozinha, a perda muda ${fmtNumber(job.effects[l][j], 2)}` : ""}`);
        button.title = `camada ${l + 1}, cabeça ${j + 1}: ${fmtPercent(job.scores[l][j])}`;
        button.children[0].style.setProperty("--w", Math.max(0, job.scores[l][j] / top));
        button.children[1].style.setProperty("--w", reveal ? Math.max(0, job.effects[l][j] / worth) : 0);
        button.children[2].hidden = on;
      });
      show(bars.before, perToken(before), false);
      show(bars.after, k ? (after && perToken(mean(after.losses))) : perToken(before), k > 0 && !after);
      const same = k === total && after, chance = same ? [mean(after.losses)] : lot;
      show(bars.lot, k ? (chance && perToken(mean(chance))) : perToken(before), k > 0 && !chance);
      bars.lot.range.hidden = !chance || same;
      if (chance) bars.lot.range.style.cssText = `--low:${perToken(Math.max(...chance))};--high:${perToken(Math.min(...chance))}`;
      if (!k) setText(message, host.compute ? "Todas ligadas. Antes de desligar: qual delas vai fazer falta?" : "Aqui não há modelo que calcule: vale o que foi medido antes.");
      else if (after) {
        const now = mean(after.losses), rise = now - before, enough = lot?.length === draws;
        const compared = same ? " Não sobrou nenhuma: qualquer sorteio daria o mesmo." : enough ? ` Com ${k === 1 ? "uma sorteada" : `${k} sorteadas`}, ${fmtNumber(mean(lot), 2)} em média, ${fmtNumber(Math.min(...lot), 2)} a ${fmtNumber(Math.max(...lot), 2)} em ${draws} sorteios.` : "";
        const kept = after.pairs ? ` A forma certa ainda vence em ${after.wins} de ${after.pairs}.` : "";
        setText(message, `Sem ${k === 1 ? "essa cabeça" : k === total ? "nenhuma cabeça" : `essas ${k}`}, a perda em cada token certo foi de ${fmtNumber(before, 2)} a ${fmtNumber(now, 2)} (${rise >= 0 ? "+" : "−"}${fmtNumber(Math.abs(rise), 2)}).${kept}${compared}`);
      } else setText(message, `${k === 1 ? "Uma cabeça desligada" : `${k} cabeças desligadas`}: calculando…`);
      drawCases();
    }

    build(el, null, [choice, means, h("div", { class: "hs-two" }, h("div", {}, h("p", { class: "hs-title", "aria-hidden": "true" }, "linhas: camadas · colunas: cabeças"), grid, quick, peek), h("div", {}, h("p", { class: "hs-title" }, "Probabilidade de cada token certo (média geométrica)"), results, message)), cases, h("div", { class: "llm-under" }, pill.el), heard.el]);
    draw();
    return () => { soon.cancel(); ticket += 1; };
  },
};
