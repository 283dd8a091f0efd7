// Retries: each row is a client, each mark a request; below, the crowd that the server sees. The simulation is the twin of
// llmlib/scratch/retry.py, with the same draws; four rules of waiting, compared on the same clients.
export default {
  render({ model, el }) {
    const RULES = [["já", "tentar de novo já"], ["fixa", "espera fixa"], ["exponencial", "espera que dobra"], ["sorteada", "que dobra, sorteada"]];
    const set = { clients: model.get("clients"), capacity: model.get("capacity"), down: model.get("down"), tries: model.get("tries"), seed: model.get("seed") };
    const WINDOW = 0.1, LEFT = 0.5, ROOM = 99; // in percent of the width
    let rule = "já", id = freshId();

    function uniform(seed, step) {
      let x = (seed + Math.imul(0x9e3779b9, step + 1)) >>> 0;
      x = Math.imul(x ^ (x >>> 16), 0x21f0aaad);
      x = Math.imul(x ^ (x >>> 15), 0x735a2d97);
      return ((x ^ (x >>> 15)) >>> 0) / 2 ** 32;
    }
    function wait(how, attempt, u, base = 0.2, most = 3) {
      const top = Math.min(most, base * 2 ** attempt);
      return { já: 0, fixa: base, exponencial: top, sorteada: u * top }[how];
    }
    function simulate(how) {
      let step = 0;
      const draw = () => uniform(set.seed, step++), served = new Map(), log = [];
      const queue = Array.from({ length: set.clients }, (_, client) => ({ at: draw() * 0.3, client, attempt: 0 }));
      const before = (a, b) => a.at - b.at || a.client - b.client || a.attempt - b.attempt;
      queue.sort(before);
      while (queue.length) {
        const { at, client, attempt } = queue.shift(), slot = Math.floor(at / WINDOW + 1e-9);
        const ok = at >= set.down && (served.get(slot) ?? 0) < set.capacity;
        log.push({ client, at, ok, attempt });
        if (ok) served.set(slot, (served.get(slot) ?? 0) + 1);
        else if (attempt + 1 < set.tries) {
          const next = { at: at + 0.05 + wait(how, attempt, draw()), client, attempt: attempt + 1 };
          let place = queue.length;
          while (place > 0 && before(next, queue[place - 1]) < 0) place -= 1;
          queue.splice(place, 0, next);
        }
      }
      const good = log.filter((a) => a.ok);
      return { log, requests: log.length, answered: good.length, last: good.length === set.clients ? Math.max(...good.map((a) => a.at)) : null };
    }

    const picks = RULES.map(([key, label]) => h("label", { class: "rt-pick" }, h("input", { type: "radio", name: id, value: key, checked: key === rule, onchange: () => { rule = key; draw(); } }), label));
    const sliders = [];
    function slider(label, key, low, high, step, show) {
      const out = h("output", {}), input = h("input", { type: "range", min: String(low), max: String(high), step: String(step), value: String(set[key]), oninput: () => { set[key] = +input.value; draw(); } });
      sliders.push(() => { out.textContent = show(set[key]); input.setAttribute("aria-valuetext", out.textContent); });
      return h("label", { class: "llm-range" }, label, input, out);
    }
    const figure = svg("svg", { class: "rt-figure", role: "img", preserveAspectRatio: "none" }), axis = h("div", { class: "rt-axis", "aria-hidden": "true" });
    const crowd = svg("svg", { class: "rt-crowd", role: "img", preserveAspectRatio: "none" }), crowdNote = h("p", { class: "rt-note" });
    const result = h("p", { class: "llm-best" }), body = h("tbody"), heard = announcer();
    const table = h("table", { class: "rt-table" }, h("thead", {}, h("tr", {}, ["Como esperar", "Pedidos feitos", "Atendidos", "Último atendido"].map((t) => h("th", { scope: "col" }, t)))), body);

    function draw() {
      for (const each of sliders) each();
      const all = Object.fromEntries(RULES.map(([key]) => [key, simulate(key)])), now = all[rule];
      const end = Math.max(1.2 * set.down + 1, ...now.log.map((a) => a.at)) * 1.02, rows = set.clients, high = Math.min(14, Math.max(5, 260 / rows));
      const x = (t) => LEFT + (ROOM * t) / end, H = rows * high;
      figure.setAttribute("viewBox", `0 0 100 ${H}`);
      figure.style.height = `${H}px`;
      figure.setAttribute("aria-label", `${set.clients} clientes ao longo de ${fmtNumber(end, 1)} segundos; o servidor não atende ninguém antes de ${fmtNumber(set.down, 1)} s. ${now.requests} pedidos, ${now.answered} clientes atendidos.`);
      const parts = [svg("rect", { x: x(0), y: 0, width: Math.max(0, x(set.down) - x(0)), height: H, class: "rt-down" })];
      const mine = Array.from({ length: rows }, () => []);
      for (const a of now.log) mine[a.client].push(a);
      mine.forEach((list, i) => {
        const y = (i + 0.5) * high;
        parts.push(svg("line", { x1: x(list[0].at), x2: x(list.at(-1).at), y1: y, y2: y, class: "rt-wait" }));
        for (const a of list) parts.push(svg("rect", { x: x(a.at) - 0.22, y: y - high * 0.34, width: a.ok ? 0.9 : 0.44, height: high * 0.68, class: a.ok ? "rt-ok" : "rt-no" }));
        if (!list.at(-1).ok) parts.push(svg("line", { x1: x(list.at(-1).at) + 0.6, x2: x(list.at(-1).at) + 0.6, y1: y - high * 0.45, y2: y + high * 0.45, class: "rt-quit" }));
      });
      figure.replaceChildren(...parts);
      const step = end > 20 ? 5 : end > 8 ? 2 : end > 3 ? 1 : 0.5;
      axis.replaceChildren(...Array.from({ length: Math.floor(end / step) + 1 }, (_, i) => h("span", { "--x": x(i * step) / 100 }, `${fmtNumber(i * step, step < 1 ? 1 : 0)} s`)));
      const slots = new Map();
      for (const a of now.log) { const s = Math.floor(a.at / WINDOW + 1e-9); slots.set(s, (slots.get(s) ?? 0) + 1); }
      const most = Math.max(set.capacity, ...slots.values()), CH = 60;
      crowd.setAttribute("viewBox", `0 0 100 ${CH}`);
      crowd.setAttribute("aria-label", `Pedidos que chegam a cada décimo de segundo: no pior momento, ${Math.max(...slots.values())}; o servidor dá conta de ${set.capacity}.`);
      crowd.replaceChildren(...[...slots].map(([s, n]) => svg("rect", { x: x(s * WINDOW), y: CH - (CH * n) / most, width: Math.max(0.25, (ROOM * WINDOW) / end - 0.08), height: (CH * n) / most, class: n > set.capacity || s * WINDOW < set.down - 1e-9 ? "rt-over" : "rt-fits" })),
        svg("line", { x1: 0, x2: 100, y1: CH - (CH * set.capacity) / most, y2: CH - (CH * set.capacity) / most, class: "rt-line" }));
      crowdNote.textContent = `Pedidos por décimo de segundo: até ${fmtNumber(Math.max(...slots.values()))}. O traço é o que o servidor atende: ${set.capacity}.`;
      const left = set.clients - now.answered;
      result.replaceChildren(h("strong", {}, left ? `${left} de ${set.clients} desistiram` : `Todos os ${set.clients} foram atendidos`), left ? `, depois de ${set.tries} tentativas cada.` : `, o último aos ${fmtNumber(now.last, 1)} s.`, ` Foram ${fmtNumber(now.requests)} pedidos; ${fmtNumber(now.requests - now.answered)} falharam.`);
      body.replaceChildren(...RULES.map(([key, label]) => h("tr", { class: key === rule ? "rt-now" : null }, h("th", { scope: "row" }, label), h("td", {}, fmtNumber(all[key].requests)), h("td", {}, `${all[key].answered} de ${set.clients}`), h("td", {}, all[key].last == null ? "nem todos" : `${fmtNumber(all[key].last, 1)} s`))));
      heard.say(result.textContent);
    }
    build(el, null, [
      h("fieldset", { class: "rt-rules" }, h("legend", { class: "llm-unseen" }, "O que faz um cliente que falhou"), picks),
      result, figure, axis,
      h("p", { class: "rt-note" }, "Cada linha é um cliente; cada marca, um pedido: estreita e vermelha, falhou; larga e verde, foi atendido; um risco em pé, desistiu. Fundo rosado: servidor fora do ar."),
      crowdNote, crowd, table,
      h("div", { class: "llm-foot" },
        slider("Clientes", "clients", 2, 60, 1, (v) => fmtNumber(v)), slider("Atende por 0,1 s", "capacity", 1, 10, 1, (v) => fmtNumber(v)),
        slider("Fora do ar", "down", 0, 5, 0.1, (v) => `${fmtNumber(v, 1)} s`), slider("Tentativas", "tries", 1, 15, 1, (v) => fmtNumber(v)),
        h("button", { type: "button", class: "llm-link", onclick: () => { set.seed += 1; draw(); } }, "Sortear de novo")),
      heard.el,
    ]);
    draw();
    return () => {};
  },
};
