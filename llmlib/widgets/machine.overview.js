// The whole machine in one drawing: a column a token, climbing from the embedding through the layers to the output; every
// square is a number of this text, so each part is as large as its tensor. What moves between columns is drawn as wires.
// A part opens by its button or where it is clicked; the arrows walk over parts (up, down) and tokens (left, right).
const MOST_COLUMNS = 96; // of a longer text, a window around the chosen token

// Where everything lies, in squares from the top: bands (a row of squares for each E numbers), zones that open, wires.
function towerPlan(sizes) {
  const rows = (kind) => Math.ceil(widthOf(kind, sizes) / sizes.E), bands = [], zones = [], wires = [];
  let y = 0;
  const band = (kind, l) => { bands.push({ kind, l, y, rows: rows(kind) }); y += rows(kind) + 1; };
  const zone = (view, l, inside, before = 0, after = 0) => {
    const top = y;
    y += before;
    inside();
    y += after;
    zones.push({ view, l, y: top, rows: y - top });
    y += 2;
  };
  zone("out", null, () => band("norm", null), 17, 1);
  for (let l = sizes.L - 1; l >= 0; l--) {
    const top = y;
    zone("layer", l, () => band("resid", l), 0, 0);
    zone("mlp", l, () => ["down_proj", "act", "up_proj", "gate_proj"].forEach((kind) => band(kind, l)), 1);
    zone("attn", l, () => {
      ["o_proj", "z"].forEach((kind) => band(kind, l));
      wires.push({ l, y, rows: 15 });
      y += 16;
      ["v_proj", "k", "q"].forEach((kind) => band(kind, l));
    }, 1);
    zones.push({ view: "whole", l, y: top, rows: y - top - 2 });
    y += 3;
  }
  zone("embed", null, () => band("embed_tokens", null), 1, 18);
  return { bands, zones, wires, rows: y };
}

function overview(app) {
  const { sizes, n, go, peek } = app, { E, H, M, L } = sizes, plan = towerPlan(sizes), gap = 2;
  const scale = Math.max(1, Math.min(2.4, 680 / plan.rows)), high = (rows) => `${(rows * scale).toFixed(1)}px`;
  const canvas = h("canvas", { "aria-hidden": "true" }), lit = h("span", { class: "mc-lit", "aria-hidden": "true" });
  const wire = svg("svg", { class: "mc-wires", "aria-hidden": "true", preserveAspectRatio: "none" });
  const answer = h("span", { class: "mc-answer", "aria-hidden": "true" });
  const field = h("div", { class: "mc-field", onpointermove: hover, onpointerleave: () => peek(null), onclick: click });
  const tokens = h("div", { class: "mc-tokens", role: "group", "aria-label": "Tokens, um por coluna" });
  const scroll = h("div", { class: "mc-scroll" }, field, tokens), labels = h("div", { class: "mc-labels", role: "group", "aria-label": "Partes da máquina, da saída (no alto) ao embedding" });
  const el = h("div", { class: "mc-tower" }, labels, scroll);
  const settle = roving(tokens, () => [...tokens.querySelectorAll("button")]);

  const WORDS = { out: ["saída", "norma e logits"], mlp: ["MLP", `${fmtNumber(M)} neurônios`], attn: ["atenção", `${H} cabeças`], embed: ["embedding", `${fmtNumber(sizes.V)} linhas`], layer: ["", ""] };
  const where = (view, l) => (l == null ? "" : `camada ${l + 1}, `);
  const shape = { out: `; ${sizes.D} números por token`, embed: `; ${sizes.D} números por token`, attn: ` de ${E} números, ${sizes.K} de chave e valor`, mlp: "", whole: "inteira: atenção e MLP" };
  const buttons = plan.zones.filter((zone) => zone.view !== "layer").map((zone) => {
    const { view, l } = zone, open = view === "whole" ? "layer" : view;
    const button = h("button", { type: "button", class: `mc-part mc-${view}`, tabIndex: -1, "data-view": open, "data-l": l, onclick: (event) => go({ view: open, l: l ?? app.at.l }, event), onkeydown: step,
      "aria-label": `Abrir ${view === "whole" ? `camada ${l + 1} ` : `${where(view, l)}${WORDS[view].join(" ")}`}${shape[view]}` },
      view === "whole" ? h("span", {}, `camada ${l + 1}`) : [h("b", {}, WORDS[view][0]), " ", h("small", {}, WORDS[view][1])]);
    button.style.cssText = `top:${high(zone.y)};height:${high(zone.rows)}`;
    zone.button = button;
    zone.ground = h("span", { class: `mc-ground mc-ground-${view}`, "aria-hidden": "true" });
    zone.ground.style.cssText = button.style.cssText;
    return button;
  });
  const grounds = plan.zones.filter((zone) => zone.ground).map((zone) => zone.ground), parts = [...buttons].sort((a, b) => parseFloat(a.style.top) - parseFloat(b.style.top));
  labels.append(...parts);
  parts.at(-1).tabIndex = 0;
  labels.style.height = high(plan.rows);
  field.style.height = high(plan.rows);
  field.append(...grounds, lit, canvas, wire, answer);

  function step(event) {
    const i = parts.indexOf(event.currentTarget), next = { ArrowUp: i - 1, ArrowDown: i + 1, Home: 0, End: parts.length - 1 }[event.key], side = { ArrowLeft: -1, ArrowRight: 1 }[event.key];
    if (side) app.token(app.at.t + side);
    else if (parts[next]) { for (const each of parts) each.tabIndex = each === parts[next] ? 0 : -1; parts[next].focus(); }
    else return;
    event.preventDefault();
  }
  // what lies under the pointer: {t, zone, band, i}
  let first = 0, shown = 0;
  function under(event) {
    const box = field.getBoundingClientRect(), x = ((event.clientX - box.left) / box.width) * shown, y = ((event.clientY - box.top) / box.height) * plan.rows;
    const t = first + Math.max(0, Math.min(shown - 1, Math.floor(x))), inside = (each) => y >= each.y && y < each.y + each.rows;
    const band = plan.bands.find(inside), zone = plan.zones.find((each) => each.view !== "whole" && inside(each));
    if (!band) return { t, zone };
    const column = Math.floor((x % 1) * (E + gap)), i = (band.rows - 1 - Math.floor(y - band.y)) * E + column;
    return { t, zone, band, i: column < E && i < widthOf(band.kind, sizes) ? i : -1 };
  }
  let warm = null;
  function hover(event) {
    const { t, zone, band, i } = under(event);
    if (warm !== zone?.button) { warm?.classList.remove("mc-warm"); (warm = zone?.button)?.classList.add("mc-warm"); }
    peek(band && i >= 0 ? { kind: band.kind, l: band.l, t, i } : zone ? { t, say: `${zone.l == null ? "" : `Camada ${zone.l + 1}, `}${WORDS[zone.view][0] || "saída da camada"}: clique para abrir` } : null);
  }
  function click(event) {
    const { t, zone } = under(event);
    if (zone) go({ view: zone.view, l: zone.l ?? app.at.l, t }, event);
  }

  let drawn = []; // buttons of the tokens
  function drawTokens(all) {
    const wide = Math.max(...all.slice(first, first + shown).map((token) => [...(token.text in SPECIAL ? "marca" : token.text)].length));
    tokens.classList.toggle("mc-turned", wide * 8.2 + 8 > app.column(shown));
    drawn = Array.from({ length: shown }, (_, i) => {
      const t = first + i, seen = (event) => event.currentTarget.matches(":focus-visible") && app.token(t);
      return h("button", { type: "button", tabIndex: -1, class: "mc-token", "data-t": t, onclick: () => app.token(t), onfocus: seen, "aria-label": `Coluna ${t}: ${n.word(t)}` }, h("span", {}, n.nodes(t)));
    });
    const focused = tokens.contains(document.activeElement);
    tokens.replaceChildren(...drawn);
    if (focused) drawn[app.at.t - first]?.focus();
    settle();
  }
  // The chosen column: its light, its wires, its answer.
  function drawChosen() {
    const { t } = app.at, T = n.tokens().length, c = t - first, width = 100 / shown;
    if (c < 0 || c >= shown) return draw();
    drawn.forEach((button, i) => { button.setAttribute("aria-pressed", String(i === c)); button.tabIndex = i === c ? 0 : -1; });
    lit.style.cssText = `left:${c * width}%;width:${width}%`;
    wire.setAttribute("viewBox", `0 0 ${shown} ${plan.rows}`);
    wire.replaceChildren(...plan.wires.flatMap(({ l, y, rows }) => {
      const map = n.of("attn", l), paths = [];
      for (let j = Math.max(first, 0); j <= t; j++) {
        let mean = 0;
        for (let head = 0; head < H; head++) mean += map[(head * T + t) * T + j] / H;
        if (mean < 0.01) continue;
        const from = j - first + 0.5, to = c + 0.5, low = y + rows, high = y;
        paths.push(svg("path", { d: `M${from} ${low}C${from} ${low - 0.55 * rows} ${to} ${high + 0.55 * rows} ${to} ${high}`, "stroke-width": (1.2 + 8 * mean).toFixed(1), "stroke-opacity": Math.min(1, 0.35 + 1.2 * mean).toFixed(2) }));
      }
      return paths;
    }));
    const best = app.best();
    answer.hidden = !best;
    if (best) answer.replaceChildren("→ ", ...tokenNodes(best.top[0].text));
    const side = c > shown / 2;
    answer.style.cssText = side ? `right:${100 - (c + 1) * width}%` : `left:${c * width}%`;
    const box = scroll.getBoundingClientRect(), column = (scroll.scrollWidth / shown) * c;
    if (scroll.scrollWidth > box.width + 1 && (column < scroll.scrollLeft || column > scroll.scrollLeft + box.width - 40)) scroll.scrollLeft = column - box.width / 2;
  }
  function draw() {
    const all = n.tokens(), T = all.length;
    shown = Math.min(T, MOST_COLUMNS);
    first = Math.max(0, Math.min(T - shown, app.at.t - Math.floor(shown / 2)));
    scroll.style.setProperty("--columns", shown);
    canvas.style.imageRendering = field.clientWidth * devicePixelRatio < shown * (E + gap) ? "auto" : "pixelated"; // fewer points than squares
    const stride = shown * (E + gap);
    picture(canvas, stride, Math.ceil(plan.rows), (pixels) => {
      for (const { kind, l, y, rows } of plan.bands) {
        const values = n.of(kind, l ?? L - 1), width = widthOf(kind, sizes), limit = app.limit(kind, l ?? L - 1);
        for (let c = 0; c < shown; c++) paint(pixels, stride, c * (E + gap), y, values, (first + c) * width, width, E, limit, app.colours().far, true);
      }
    });
    drawTokens(all);
    drawChosen();
  }
  return { el, draw, drawChosen };
}
