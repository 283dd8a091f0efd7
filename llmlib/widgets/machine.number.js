// One number laid open: what it is, the terms of its sum with the largest first, each leading to the number it was made
// of, and our own result beside the engine's. Draws what explain() says.
function numberPanel(app) {
  const TERMS = 6;
  const title = h("p", { class: "mc-head", tabIndex: -1 }), value = h("output", { class: "mc-value" }), how = h("p", { class: "mc-lead" }), body = h("div", { class: "mc-account" }), check = h("p", { class: "mc-check", role: "status" });
  const el = h("section", { class: "mc-number", hidden: true }, h("div", { class: "mc-top" }, title, value), how, body, check);
  let most = TERMS;

  const link = (label, to) => (to ? h("button", { type: "button", class: "llm-link", onclick: (event) => app.follow(to, event) }, label) : h("span", {}, label));
  const bar = (v, top) => h("td", { class: "mc-bar", "aria-hidden": "true" }, h("span", { class: v < 0 ? "mc-less" : "mc-more-bar", "--w": Math.abs(v) / top }));
  const signed = (v, digits) => (v < 0 ? "" : "+") + fmtSig(v, digits);

  function table({ terms, heads, exp, after, mine, others }) {
    const order = terms.map((term, j) => ({ ...term, j })).sort((a, b) => Math.abs(b.v) - Math.abs(a.v)), top = Math.abs(order[0].v) || 1;
    const shown = order.slice(0, most);
    if (mine !== undefined && !shown.some((term) => term.j === mine)) shown.splice(-1, 1, order.find((term) => term.j === mine));
    const left = terms.length - shown.length + (others?.count ?? 0), total = terms.reduce((sum, term) => sum + term.v, 0) + (others?.v ?? 0), rest = total - shown.reduce((sum, term) => sum + term.v, 0);
    const cells = (term) => (exp ? [h("td", {}, fmtSig(term.a)), h("td", { class: "mc-op" }, "→"), h("td", {}, fmtSig(term.v))]
      : [h("td", {}, fmtSig(term.a)), h("td", { class: "mc-op" }, "×"), h("td", {}, fmtSig(term.b)), h("td", { class: "mc-op" }, "="), h("td", {}, h("b", {}, signed(term.v)))]);
    const span = exp ? 3 : 5, line = (name, text, look) => h("tr", { class: look }, h("th", { scope: "row" }, name), h("td", { colspan: String(span) }, text), h("td"));
    return h("div", { class: "mc-wide" }, h("table", { class: "mc-terms" },
      h("thead", {}, h("tr", {}, h("th", { scope: "col" }, "termo"), h("th", { scope: "col" }, heads[0]), h("td"), h("th", { scope: "col" }, heads[1]), !exp && h("td"), !exp && h("th", { scope: "col" }, "produto"), h("td"))),
      h("tbody", {}, shown.map((term) => h("tr", { class: term.j === mine ? "mc-mine" : null }, h("th", { scope: "row" }, link(term.label, term.to)), cells(term), bar(term.v, top))),
        left > 0 && line(left === 1 ? "o outro" : `os outros ${fmtNumber(left)}`, signed(rest), "mc-others"), line("soma", exp ? fmtSig(total, 4) : signed(total, 4), "mc-total"),
        after && line(after.text, signed(total / after.by, 4), "mc-total"))),
    terms.length > TERMS && h("button", { type: "button", class: "llm-link", onclick: () => { most = most > TERMS ? TERMS : 24; draw(); } }, most > TERMS ? "Mostrar menos termos" : `Mostrar ${Math.min(24, terms.length)} termos`));
  }
  // Contributions to one number of the residual stream, or of the heads to what attention writes.
  function shares(groups) {
    const top = Math.max(...groups.map((each) => Math.abs(each.v))) || 1;
    return [h("p", { class: "mc-lead" }, groups[0].label === "embedding" ? "De onde este número vem, desde o começo:" : "O mesmo, cabeça por cabeça:"), h("table", { class: "mc-terms" }, h("tbody", {}, groups.map((each) =>
      h("tr", {}, h("th", { scope: "row" }, link(each.label, each.to)), h("td", {}, h("b", {}, signed(each.v))), bar(each.v, top)))))];
  }
  // RoPE: the pair as an arrow, before and after the turn.
  function dial({ angle, x, y }) {
    const size = Math.hypot(x, y) || 1, turn = angle % (2 * Math.PI), start = Math.atan2(y, x);
    const end = (by) => [60 + 46 * Math.cos(start + by), 60 - 46 * Math.sin(start + by)], line = (x1, y1, x2, y2, look) => svg("line", { x1, y1, x2, y2, class: look });
    const arrow = ([a, b], look) => [line(60, 60, a, b, look), svg("circle", { cx: a, cy: b, r: 4, class: look })];
    const arc = turn > 0.01 && svg("path", { d: `M${end(0).join(" ")}A46 46 0 ${turn > Math.PI ? 1 : 0} 0 ${end(turn).join(" ")}`, class: "mc-arc" });
    const said = `Uma seta de tamanho ${fmtSig(size)}, girada de ${fmtSig((turn * 180) / Math.PI)} graus`;
    return h("figure", { class: "mc-dial" }, svg("svg", { viewBox: "0 0 120 120", role: "img", "aria-label": said },
      svg("circle", { cx: 60, cy: 60, r: 46, class: "mc-round" }), line(8, 60, 112, 60, "mc-round"), line(60, 8, 60, 112, "mc-round"), arc, arrow(end(0), "mc-before"), arrow(end(turn), "mc-after")),
    h("figcaption", {}, "antes (fina) e depois (grossa)"));
  }

  function draw() {
    const { at } = app, open = at.kind != null && at.i != null;
    el.hidden = !open;
    if (!open) return;
    const best = app.best();
    if (["logit", "p"].includes(at.kind) && !best?.top[at.i]) { el.hidden = true; return; }
    const first = explain(app.n, app.sizes, at, best), row = first.wants && app.row(first.wants), found = row ? explain(app.n, app.sizes, at, best, row) : first;
    setText(title, app.title(at));
    setText(value, at.kind === "attn" || at.kind === "p" ? `${fmtSig(found.value, 4)} (${fmtPercent(found.value)})` : fmtSig(found.value, 4));
    setText(how, found.how);
    el.dataset.hue = KINDS[at.kind].hue ?? "";
    body.replaceChildren(...[
      found.turn && dial(found.turn),
      found.steps && h("table", { class: "mc-terms" }, h("tbody", {}, found.steps.map((step) => h("tr", {}, h("th", { scope: "row" }, link(step.label, step.to)), h("td", {}, h("b", {}, step.text ?? fmtSig(step.v, 4))))))),
      found.terms && table(found),
      found.formula && h("p", { class: "mc-formula" }, found.formula((v) => fmtSig(v, 4)).replace(/([×+−÷]) (−[\d.,]+)/g, "$1 ($2)"), " = ", h("b", {}, fmtSig(found.ours, 4))),
      found.groups && shares(found.groups),
    ].flat().filter(Boolean));
    if (found.ours === undefined) {
      check.dataset.is = "wait";
      setText(check, app.canAsk ? app.failed() ?? "Buscando a linha de pesos no modelo…" : "Para ver os termos é preciso ter os pesos do modelo, e esta página só tem o que foi gravado.");
    } else {
      // float32 keeps 7 figures of each term: what is left over is measured against the terms, not against their sum
      const gap = Math.abs(found.ours - found.value), scale = Math.max(Math.abs(found.value), ...(found.terms ?? []).map((term) => Math.abs(term.v)), 1e-6), close = gap / scale < (app.source() === "recorded" ? 1e-2 : 1e-4);
      check.dataset.is = !close ? "wrong" : app.source() === "recorded" ? "recorded" : "right";
      const difference = gap ? `diferença ${fmtSig(gap, 2)}` : "sem diferença";
      setText(check, app.source() === "recorded" && close ? `Conta feita aqui: ${fmtSig(found.ours, 5)}, sobre os números gravados (3 algarismos).`
        : found.own ? `Conta feita aqui: ${fmtSig(found.ours, 5)}. O motor não guarda as notas: o que ele faz delas, os pesos, confere na softmax.`
          : close ? `Conta feita aqui: ${fmtSig(found.ours, 6)} · motor: ${fmtSig(found.value, 6)} · ${difference}. Confere.` : `Conta feita aqui: ${fmtSig(found.ours, 6)} · motor: ${fmtSig(found.value, 6)} · ${difference}. Não confere.`);
    }
  }
  return { el, title, draw, fresh() { most = TERMS; } };
}
