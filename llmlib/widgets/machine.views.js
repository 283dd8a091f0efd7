// The machine's parts opened, one view each: a layer, its attention, one head, its MLP, the embedding, the output, and one
// vector large. A view is {el, draw()}: draw() is called at every change of text, token, layer, head or number.
// app: {n, sizes, at, go, peek, limit, colours, best, token}: see machine.js.

// One vector of the chosen token: a title that opens it, its shape in words, and the strip.
function vectorCard(app, kind, { columns, note } = {}) {
  const { sizes, n } = app, info = KINDS[kind], width = widthOf(kind, sizes), heads = info.heads && sizes[info.heads];
  const layer = () => (ofLayers(kind) ? app.at.l : null);
  const strip = heatStrip({ onpeek: (i) => app.peek(i < 0 ? null : { kind, l: layer(), t: app.at.t, i }), onopen: (i) => app.go({ view: "vec", kind, i }) });
  const shape = heads ? `${heads} cabeças × ${sizes.E}` : `${fmtNumber(width)} números`, more = h("span", { class: "mc-more" });
  const el = h("div", { class: "mc-card", "data-kind": kind, "data-hue": info.hue },
    h("p", { class: "mc-title" }, h("button", { type: "button", class: "llm-link", onclick: (event) => app.go({ view: "vec", kind, i: null }, event) }, info.short), h("small", {}, shape), more), strip.el);
  return { el, draw() {
    const { t, l } = app.at, values = n.of(kind, l ?? 0);
    strip.draw({ values, from: t * width, n: width, columns: columns ?? sizes.E, limit: app.limit(kind, l), colours: app.colours(),
      name: `${info.short} de ${n.word(t)}: ${shape}. As setas andam, Enter abre um número.`, said: (i) => app.said(kind, l, t, i) });
    if (note) setText(more, note(values, t * width, width));
  } };
}
const lengthOf = (values, from, n) => `tamanho ${fmtSig(Math.hypot(...values.subarray(from, from + n)))}`;

// A numbered account of the sum, step by step.
function stepsView(app, title, lead, steps) {
  const cards = steps.flatMap(({ cards = [] }) => cards), heading = h("p", { class: "mc-head", tabIndex: -1 }), intro = h("p", { class: "mc-lead" });
  const el = h("section", { class: "mc-view" }, heading, intro, h("ol", { class: "mc-steps" }, steps.map(({ say, open, cards = [], sign }) =>
    h("li", { class: "mc-step" }, h("div", { class: "mc-say" }, h("p", {}, sign && h("b", { class: "mc-sign" }, sign), say), open && h("button", { type: "button", class: "llm-button", onclick: (event) => app.go(open, event) }, open.word)),
      cards.length > 0 && h("div", { class: "mc-cards" }, cards.map((card) => card.el))))));
  return { el, heading, draw() {
    setText(heading, title());
    setText(intro, lead());
    for (const card of cards) card.draw();
  } };
}
const tokenSaid = (app) => app.n.word(app.at.t);

function layerView(app) {
  const card = (kind) => vectorCard(app, kind, { note: lengthOf });
  return stepsView(app, () => `Camada ${app.at.l + 1} de ${app.sizes.L}`, () => `O que acontece com ${tokenSaid(app)} nesta camada: duas partes leem o fluxo residual, e cada uma soma a ele o que achou.`, [
    { say: "O fluxo residual chega da camada de baixo.", cards: [card("x")] },
    { say: "A atenção busca informação nos tokens anteriores e escreve.", open: { view: "attn", word: "Abrir a atenção" }, cards: [card("o_proj")], sign: "+ " },
    { say: "A soma das duas.", cards: [card("mid")], sign: "= " },
    { say: "A MLP olha só para este token e escreve.", open: { view: "mlp", word: "Abrir a MLP" }, cards: [card("down_proj")], sign: "+ " },
    { say: "A soma sobe para a camada seguinte.", cards: [card("resid")], sign: "= " },
  ]);
}

function mlpView(app) {
  const card = (kind) => vectorCard(app, kind);
  return stepsView(app, () => `MLP da camada ${app.at.l + 1}`, () => `${fmtNumber(app.sizes.M)} neurônios leem ${tokenSaid(app)}, sem olhar para os outros tokens (SwiGLU).`, [
    { say: "A norma deixa o vetor com tamanho parecido em todos os tokens.", cards: [card("post_attention_layernorm")] },
    { say: `Duas matrizes fazem, de ${app.sizes.D} números, duas vezes ${app.sizes.M}.`, cards: [card("gate_proj"), card("up_proj")] },
    { say: "A porta, passada pela SiLU, multiplica a subida: a maioria dos neurônios fica perto de zero.", cards: [card("act")] },
    { say: `A matriz de descida volta a ${app.sizes.D} números, que são somados ao fluxo.`, cards: [card("down_proj")] },
  ]);
}

function embedView(app) {
  const card = vectorCard(app, "embed_tokens");
  return stepsView(app, () => "Embedding", () => { const { id } = app.n.tokens()[app.at.t]; return `${tokenSaid(app)} é o token número ${id}: entra na máquina como a linha ${id} de uma tabela aprendida.`; }, [
    { say: `Uma linha de uma tabela de ${fmtNumber(app.sizes.V)} × ${fmtNumber(app.sizes.D)}. O mesmo token entra sempre com os mesmos números.`, cards: [card] }]);
}

function attentionView(app) {
  const card = (kind) => vectorCard(app, kind), heads = headsCard(app), { H, K } = app.sizes;
  return stepsView(app, () => `Atenção da camada ${app.at.l + 1}`, () => `Como ${tokenSaid(app)} busca informação nos tokens até ele. Cada linha de quadrados é uma cabeça.`, [
    { say: "A norma deixa o vetor com tamanho parecido em todos os tokens.", cards: [card("input_layernorm")] },
    { say: `Três matrizes fazem a consulta (${H} cabeças), a chave e o valor (${K} cabeças).`, cards: ["q_proj", "k_proj", "v_proj"].map(card) },
    { say: "Consulta e chave passam por uma norma própria, cabeça a cabeça.", cards: ["q_norm", "k_norm"].map(card) },
    { say: "RoPE gira consulta e chave conforme a posição do token no texto.", cards: ["q", "k"].map(card) },
    { say: `Cada cabeça compara a sua consulta com as chaves. ${H === K ? "Cada uma tem chave e valor próprios." : `Chave e valor são divididos: ${H / K} consultas usam a mesma chave.`} Abra uma cabeça.`, cards: [heads] },
    { say: "Cada cabeça mistura os valores com os seus pesos.", cards: [card("z")] },
    { say: "A matriz de saída junta as cabeças e escreve no fluxo residual.", cards: [card("o_proj")] },
  ]);
}

// All heads at a glance, those that share a key and a value side by side.
function headsCard(app) {
  const { H, K } = app.sizes, buttons = [];
  const el = h("div", { class: "mc-heads" }, Array.from({ length: K }, (_, g) => h("div", { class: "mc-group", role: "group", "aria-label": `Cabeças que usam a chave e o valor ${g + 1}` },
    h("p", {}, `chave e valor ${g + 1}`), h("div", {}, Array.from({ length: H }, (_, head) => head).filter((head) => groupOf(head, app.sizes) === g).map((head) => {
      const canvas = h("canvas", { "aria-hidden": "true" }), mark = h("span", { class: "mc-row-mark", "aria-hidden": "true" }), said = h("small", {});
      const button = h("button", { type: "button", class: "mc-map", onclick: (event) => app.go({ view: "head", h: head, kind: null, i: null }, event) }, h("span", {}, canvas, mark), h("b", {}, `cabeça ${head + 1}`), h("span", { class: "llm-unseen" }, " olha mais para "), said);
      buttons[head] = { canvas, mark, said };
      return button;
    })))));
  return { el, draw() {
    const tokens = app.n.tokens(), T = tokens.length, map = app.n.of("attn", app.at.l), t = app.at.t;
    buttons.forEach(({ canvas, mark, said }, head) => {
      mark.style.cssText = `top:${(100 * t) / T}%;height:${100 / T}%`;
      paintMap(app, canvas, map, head, T);
      const row = map.subarray((head * T + t) * T, (head * T + t) * T + t + 1), j = row.indexOf(Math.max(...row));
      setText(said, `${app.n.word(j)} ${fmtPercent(row[j])}`);
    });
  } };
}
// The map of a head (T, T).
function paintMap(app, canvas, map, head, T) {
  const { weight } = app.colours();
  picture(canvas, T, T, (pixels) => {
    for (let t = 0; t < T; t++) for (let j = 0; j <= t; j++) pixels[t * T + j] = weight[255 + Math.round(255 * map[(head * T + t) * T + j])];
  });
}

const MOST_ROWS = 24; // of a longer text, the heaviest
function headView(app) {
  const { n, sizes } = app, { H, K, E } = sizes;
  const heading = h("p", { class: "mc-head", tabIndex: -1 }), lead = h("p", { class: "mc-lead" }), rest = h("p", { class: "mc-rest" });
  const map = h("canvas", { class: "mc-big", "aria-hidden": "true", onclick: (event) => app.token(Math.floor(((event.clientY - map.getBoundingClientRect().top) / map.clientHeight) * n.tokens().length)), onpointermove: hoverMap, onpointerleave: () => app.peek(null) });
  const row = h("span", { class: "mc-row-mark", "aria-hidden": "true" });
  const strip = (kind, s) => heatStrip({ onpeek: (e) => app.peek(e < 0 ? null : { kind, l: app.at.l, t: s() ?? app.at.t, i: place(kind, e) }), onopen: (e) => app.go({ view: "head", kind, i: place(kind, e), s: s() }) });
  const first = (kind) => (KINDS[kind].heads === "H" ? app.at.h : groupOf(app.at.h, sizes)) * E, place = (kind, e) => first(kind) + e;
  const q = strip("q", () => null), z = strip("z", () => null), body = h("tbody"), made = [];
  const cap = (kind, text) => h("p", { class: "mc-title", "data-hue": KINDS[kind].hue }, h("span", {}, text), h("small", {}, `${E} números`));
  const el = h("section", { class: "mc-view" }, heading, lead, h("div", { class: "mc-headrow" },
    h("div", { class: "mc-headsteps" },
      h("div", { class: "mc-card" }, cap("q", "1. A consulta deste token"), q.el),
      h("p", { class: "mc-title" }, h("span", {}, "2. Comparada com a chave de cada token; os pesos misturam os valores")),
      h("div", { class: "mc-wide" }, h("table", { class: "mc-table" }, h("thead", {}, h("tr", {}, ["token", "chave (k)", "nota", "peso", "valor (v)"].map((name, i) => h("th", { scope: "col", class: i % 3 === 1 ? "mc-left" : null }, name)))), body)), rest,
      h("div", { class: "mc-card" }, cap("z", "3. A mistura que sai da cabeça"), z.el)),
    h("figure", { class: "mc-mapbox" }, h("div", {}, map, row), h("figcaption", {}, "Linha: o token que olha. Coluna: para onde olha; mais escuro, mais peso. Clique numa linha."))));
  function hoverMap(event) {
    const box = map.getBoundingClientRect(), T = n.tokens().length, t = Math.floor(((event.clientY - box.top) / box.height) * T), j = Math.floor(((event.clientX - box.left) / box.width) * T);
    app.peek(t >= 0 && t < T && j >= 0 && j <= t ? { say: `${n.word(t)} olha para ${n.word(j)} com peso ${fmtPercent(n.of("attn", app.at.l)[(app.at.h * T + t) * T + j])}` } : null);
  }
  function makeRow() {
    const own = { s: 0 }, k = strip("k", () => own.s), v = strip("v_proj", () => own.s);
    const token = h("th", { scope: "row" }), score = h("button", { type: "button", class: "mc-num", onclick: () => app.go({ view: "head", kind: "score", i: own.s, s: null }) });
    const fill = h("span", { class: "mc-fill" }), text = h("span"), weight = h("button", { type: "button", class: "mc-num mc-weight", onclick: () => app.go({ view: "head", kind: "attn", i: own.s, s: null }) }, fill, text);
    return Object.assign(own, { k, v, token, score, fill, text, weight, tr: h("tr", {}, token, h("td", {}, k.el), h("td", {}, score), h("td", {}, weight), h("td", {}, v.el)) });
  }
  const drawStrip = (strip, kind, s, name, own) => strip.draw({ values: n.of(kind, app.at.l), from: s * widthOf(kind, sizes) + first(kind), n: E, columns: E, limit: app.limit(kind, app.at.l), colours: app.colours(), name,
    at: app.at.kind === kind && (app.at.s ?? null) === own ? app.at.i - first(kind) : -1, said: (e) => app.said(kind, app.at.l, s, place(kind, e)) });
  return { el, heading, draw() {
    const { l, t, h: head } = app.at, tokens = n.tokens(), T = tokens.length, g = groupOf(head, sizes), weights = n.of("attn", l).subarray((head * T + t) * T, (head * T + t) * T + t + 1);
    const scores = sums.scores(n.of("q", l), n.of("k", l), t, head, sizes), mates = Array.from({ length: H }, (_, each) => each).filter((each) => each !== head && groupOf(each, sizes) === g);
    setText(heading, `Cabeça ${head + 1} da camada ${l + 1}`);
    setText(lead, `${n.word(t)} procura nos tokens até ele. Chave e valor: os de número ${g + 1} de ${K}${mates.length ? `, divididos com a cabeça ${mates.map((each) => each + 1).join(" e a ")}` : ""}.`);
    const shown = Array.from(weights, (_, j) => j).sort((a, b) => weights[b] - weights[a]).slice(0, MOST_ROWS).sort((a, b) => a - b);
    while (made.length < shown.length) made.push(makeRow());
    drawStrip(q, "q", t, `consulta de ${n.word(t)}, cabeça ${head + 1}: ${E} números. As setas andam, Enter abre um número.`, null);
    drawStrip(z, "z", t, `mistura de ${n.word(t)}, cabeça ${head + 1}: ${E} números. As setas andam, Enter abre um número.`, null);
    shown.forEach((j, r) => {
      const each = made[r], said = n.word(j), chosen = (kind) => String(app.at.kind === kind && app.at.i === j);
      each.s = j;
      each.token.replaceChildren(...n.nodes(j));
      drawStrip(each.k, "k", j, `chave de ${said}: ${E} números`, j);
      drawStrip(each.v, "v_proj", j, `valor de ${said}: ${E} números`, j);
      setText(each.score, fmtSig(scores[j]));
      setText(each.text, fmtPercent(weights[j]));
      each.fill.style.setProperty("--w", weights[j]);
      each.score.setAttribute("aria-label", `nota com ${said}: ${fmtSig(scores[j])}. Abrir a conta`);
      each.weight.setAttribute("aria-label", `peso em ${said}: ${fmtPercent(weights[j])}. Abrir a conta`);
      each.score.setAttribute("aria-pressed", chosen("score"));
      each.weight.setAttribute("aria-pressed", chosen("attn"));
    });
    setChildren(body, made.slice(0, shown.length).map((each) => each.tr));
    const left = weights.length - shown.length;
    rest.hidden = !left;
    if (left) setText(rest, `Os outros ${left} tokens somam ${fmtPercent(1 - shown.reduce((sum, j) => sum + weights[j], 0))}.`);
    paintMap(app, map, n.of("attn", l), head, T);
    row.style.cssText = `top:${(100 * t) / T}%;height:${100 / T}%`;
  } };
}

function outView(app) {
  const card = vectorCard(app, "norm"), rows = h("tbody");
  const bars = tokenBars({ label: "Próximos tokens mais prováveis", verb: "abrir", onpick: (item) => app.go({ view: "out", kind: "p", i: app.best().top.findIndex((each) => each.id === item.id) }) });
  const logits = { el: h("div", { class: "mc-wide" }, h("table", { class: "mc-table" }, h("thead", {}, h("tr", {}, ["token", "número", "logit"].map((name) => h("th", { scope: "col" }, name)))), rows)), draw() {
    const best = app.best();
    rows.replaceChildren(...(best?.top ?? []).map((item, i) => h("tr", {}, h("th", { scope: "row" }, wordNodes(item.text)), h("td", {}, String(item.id)),
      h("td", {}, h("button", { type: "button", class: "mc-num", "aria-pressed": String(app.at.kind === "logit" && app.at.i === i), "aria-label": `logit de ${spoken(item.text)}: ${fmtSig(item.logit)}. Abrir a conta`, onclick: () => app.go({ view: "out", kind: "logit", i }) }, fmtSig(item.logit))))));
  } };
  const chances = { el: bars.el, draw() { const best = app.best(); if (best) bars.draw({ items: best.top.map((item, i) => ({ ...item, chosen: false, i })), rest: best.rest }); } };
  return stepsView(app, () => "Saída", () => `Do alto da coluna de ${tokenSaid(app)} sai uma aposta para o token seguinte.`, [
    { say: "A última norma.", cards: [card] },
    { say: `Cada um dos ${fmtNumber(app.sizes.V)} tokens tem uma linha na matriz de saída; o produto dela com a norma é o seu logit. A softmax faz dos logits probabilidades. Os ${BEST_SHOWN} maiores:`, cards: [logits, chances] },
  ]);
}
const BEST_SHOWN = 12;

// One vector large, and the same vector of every token below it.
function vectorView(app) {
  const { n, sizes } = app, heading = h("p", { class: "mc-head", tabIndex: -1 }), lead = h("p", { class: "mc-lead" }), facts = h("p", { class: "mc-facts" }), links = h("p", { class: "mc-links" });
  const strip = heatStrip({ onpeek: (i) => app.peek(i < 0 ? null : { kind: app.at.kind, l: app.at.l, t: app.at.t, i }), onopen: (i) => app.go({ view: "vec", kind: app.at.kind, i }) });
  const all = h("canvas", { "aria-hidden": "true", onclick: (event) => app.token(first + Math.floor(((event.clientY - all.getBoundingClientRect().top) / all.clientHeight) * rows)), onpointermove: hover, onpointerleave: () => app.peek(null) }), mark = h("span", { class: "mc-row-mark", "aria-hidden": "true" });
  const box = h("div", { class: "mc-all" }, all, mark), caption = h("p", { class: "mc-legend" });
  const el = h("section", { class: "mc-view" }, heading, lead, links, h("div", { class: "mc-card mc-large" }, strip.el), facts, caption, box);
  let first = 0, rows = 1;
  function hover(event) {
    const area = all.getBoundingClientRect(), width = widthOf(app.at.kind, sizes), t = first + Math.floor(((event.clientY - area.top) / area.height) * rows), i = Math.floor(((event.clientX - area.left) / area.width) * width);
    if (t >= first && t < first + rows && i >= 0 && i < width) app.peek({ kind: app.at.kind, l: app.at.l, t, i });
  }
  const link = (kind) => h("button", { type: "button", class: "llm-link", onclick: (event) => app.go(KINDS[kind].part === "head" ? { view: "head", kind: null, i: null, h: app.at.h ?? 0 } : ["logit", "p"].includes(kind) ? { view: "out", kind: null, i: null } : { view: "vec", kind, i: null, l: app.at.kind === "norm" ? sizes.L - 1 : app.at.kind === "embed_tokens" ? 0 : app.at.l }, event) }, KINDS[kind].short);
  const joined = (word, kinds) => (kinds.length ? [h("span", {}, word), ...kinds.map(link)] : []);
  return { el, heading, draw() {
    const { kind, l, t, i } = app.at, info = KINDS[kind], width = widthOf(kind, sizes), values = n.of(kind, l ?? 0), from = t * width, tokens = n.tokens(), own = values.subarray(from, from + width);
    const heads = info.heads && sizes[info.heads];
    setText(heading, `${info.short}${ofLayers(kind) ? `, camada ${l + 1}` : ""}, de ${n.word(t)}`);
    setText(lead, `${info.says} ${heads ? `${heads} cabeças de ${sizes.E} números, uma por linha.` : `${fmtNumber(width)} números.`}`);
    links.replaceChildren(...joined("Vem de", info.from), ...joined("Vai para", info.to));
    strip.draw({ values, from, n: width, columns: sizes.E, limit: app.limit(kind, l), colours: app.colours(), at: i ?? -1, name: `${info.short} de ${n.word(t)}: ${fmtNumber(width)} números. As setas andam, Enter abre a conta de um.`, said: (each) => app.said(kind, l, t, each) });
    setText(facts, `Menor ${fmtSig(Math.min(...own))} · maior ${fmtSig(Math.max(...own))} · ${lengthOf(values, from, width)}`);
    rows = Math.min(tokens.length, MOST_COLUMNS);
    first = Math.max(0, Math.min(tokens.length - rows, t - Math.floor(rows / 2)));
    picture(all, width, rows, (pixels) => { for (let r = 0; r < rows; r++) paint(pixels, width, 0, r, values, (first + r) * width, width, width, app.limit(kind, l), app.colours().signed); });
    box.style.setProperty("--rows", rows);
    mark.style.cssText = `top:${(100 * (t - first)) / rows}%;height:${100 / rows}%`;
    setText(caption, `O mesmo vetor nos ${rows} tokens, um por linha; esta é a de ${n.word(t)}.`);
  } };
}
