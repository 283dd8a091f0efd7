// Machine: the running model as one figure, from the text to the next token, that opens from the whole down to one number.
// State is one place, `at`: which view, token, layer, head, kind of vector and number; every control moves it, and draw()
// draws what it says. Recorded first; the engine is asked when the text changes, or when a sum needs a row of weights.
export default {
  render({ model, el, host }) {
    const sizes = model.get("sizes"), { L, H } = sizes, recording = model.get("recording"), n = numbersOf(sizes, model.get("gains"));
    const recorded = Object.entries(recording.numbers).map(([name, packed]) => [name, float32(packed)]);
    let source = "recorded", at = { view: "machine", t: recording.tokens.length - 1, l: 0, h: 0, kind: null, i: null, s: null }, past = [];
    let best = new Map(), limits = new Map(), rows = new Map(), failure = null, cut = recording.cut, asked = model.get("text");

    function adopt(tokens) {
      n.reset(tokens);
      best = new Map();
      limits = new Map();
    }
    adopt(recording.tokens);
    for (const [name, array] of recorded) n.put(name, array);
    recording.best.forEach((each, t) => best.set(t, each));

    // ---- what the views need
    let colours = palette(el);
    const app = {
      sizes, n, canAsk: !!host.compute, get at() { return at; }, colours: () => colours, best: () => best.get(at.t), source: () => source, failed: () => failure,
      go, token(t) { const next = Math.max(0, Math.min(n.tokens().length - 1, t)); if (next !== at.t) go({ t: next, s: null }); }, row: ({ name, row }) => rows.get(`${name}:${row}`), title,
      // a number that another was made of: its vector, or its place in the head or the output
      follow: (to, event) => go({ s: null, view: { logit: "out", p: "out" }[to.kind] ?? "vec", ...to }, event),
      column: (shown) => Math.max(scrollWidth() / shown, 16),
      limit(kind, l) {
        const name = nameOf(kind, l ?? 0, L);
        if (!limits.has(name)) limits.set(name, limitOf(n.get(name), n.tokens().length));
        return limits.get(name);
      },
      said: (kind, l, t, i) => `nº ${i + 1}${KINDS[kind].heads ? `, cabeça ${Math.floor(i / sizes.E) + 1}` : ""}: ${fmtSig(n.of(kind, l ?? 0)[t * widthOf(kind, sizes) + i])}`,
      peek,
    };
    function title({ kind, l, t, i, s }) {
      const tokens = n.tokens(), layer = ofLayers(kind) ? `, camada ${l + 1}` : "", item = best.get(t)?.top[i];
      if (kind === "score" || kind === "attn") return `${KINDS[kind].short}: ${n.word(t)} → ${n.word(i)}, cabeça ${at.h + 1}${layer}`;
      if (item && (kind === "logit" || kind === "p")) return `${KINDS[kind].short} de ${spoken(item.text)}`;
      return `${KINDS[kind].short} nº ${i + 1}, de ${n.word(s ?? t)}${layer}`;
    }

    // ---- the frame
    const { text, write } = textField({ value: model.get("text"), label: "Texto que entra na máquina", oninput: changed, readOnly: !host.compute });
    const count = h("p", { class: "llm-pill" }), pill = statePill(el, host.compute && "mude o texto e a máquina calcula"), heard = announcer();
    const cutNote = h("p", { class: "mc-note", hidden: true }), crumbs = h("ol"), trail = h("nav", { class: "mc-crumbs", "aria-label": "Onde você está na máquina" }, crumbs);
    const back = h("button", { type: "button", class: "llm-link mc-back", hidden: true, onclick: () => { const last = past.pop(); at = { ...last, t: Math.min(last.t, n.tokens().length - 1) }; arrive(); } }, "‹ voltar");
    const readout = h("output", { class: "mc-readout" }), legend = heatLegend(), panel = numberPanel(app);
    const bars = tokenBars({ label: "Próximos tokens mais prováveis", verb: "abrir", onpick: (item) => go({ view: "out", kind: "p", i: best.get(at.t).top.findIndex((each) => each.id === item.id) }) });
    const lead = h("p", { class: "llm-best" }), size = h("p", { class: "mc-note" }), side = h("aside", { class: "mc-side", "aria-label": "Próximo token e legenda" }, lead, bars.el, size);
    const stage = h("div", { class: "mc-stage" }), tower = overview(app), examples = host.compute ? model.get("examples") : [];
    const map = miniTower(L, go);
    const makers = { layer: layerView, attn: attentionView, mlp: mlpView, head: headView, embed: embedView, out: outView, vec: vectorView };
    let view = { name: "machine", el: tower.el, draw: tower.draw, drawn: true };

    // ---- steppers: the neighbours of where one stands
    const most = () => (["logit", "p"].includes(at.kind) ? best.get(at.t)?.top.length ?? 1 : ["score", "attn"].includes(at.kind) ? at.t + 1 : widthOf(at.kind, sizes));
    const bounded = (key, by, limit) => go({ [key]: Math.max(0, Math.min(limit - 1, at[key] + by)) });
    const inHead = () => at.view === "head" && ["q", "k", "v_proj", "z"].includes(at.kind); // there a number belongs to the head
    const withinHead = (i) => { const first = at.i - (at.i % sizes.E); return Math.max(first, Math.min(first + sizes.E - 1, i)); };
    const layered = () => ["layer", "attn", "mlp", "head"].includes(at.view) || (at.view === "vec" && ofLayers(at.kind));
    const counted = (i, size) => [`${i + 1} de ${fmtNumber(size)}`, i === 0, i === size - 1];
    const toHead = (by) => go({ h: Math.max(0, Math.min(H - 1, at.h + by)), ...(inHead() ? { kind: null, i: null } : {}) });
    const toNumber = (by) => (inHead() ? go({ i: withinHead(at.i + by) }) : bounded("i", by, most()));
    const steppers = [
      stepper("Token", () => [n.nodes(at.t), at.t === 0, at.t === n.tokens().length - 1], (by) => app.token(at.t + by), () => true),
      stepper("Camada", () => counted(at.l, L), (by) => bounded("l", by, L), layered),
      stepper("Cabeça", () => counted(at.h, H), toHead, () => at.view === "head"),
      stepper("Número", () => (inHead() ? counted(at.i % sizes.E, sizes.E) : counted(at.i, most())), toNumber, () => at.i != null),
    ];

    // ---- going somewhere
    function crumbsOf() {
      const { view, l, h: head, kind, i } = at, list = [["Máquina", { view: "machine", kind: null, i: null }]];
      const part = view === "vec" ? KINDS[kind].part : view;
      if (layered()) list.push([`Camada ${l + 1}`, { view: "layer", kind: null, i: null }]);
      if (part === "attn" || part === "head") list.push(["Atenção", { view: "attn", kind: null, i: null }]);
      if (part === "mlp") list.push(["MLP", { view: "mlp", kind: null, i: null }]);
      if (part === "embed") list.push(["Embedding", { view: "embed", kind: null, i: null }]);
      if (part === "out") list.push(["Saída", { view: "out", kind: null, i: null }]);
      if (part === "head") list.push([`Cabeça ${head + 1}`, { view: "head", kind: null, i: null }]);
      if (view === "vec") list.push([KINDS[kind].short, { view: "vec", kind, i: null }]);
      if (i != null) list.push([view === "vec" ? `nº ${i + 1}` : `${KINDS[kind].short}${["q", "k", "v_proj", "z"].includes(kind) ? ` nº ${(i % sizes.E) + 1}` : ""}`, { view, kind, i }]);
      return list;
    }
    function go(to, event) {
      const before = at, fresh = { s: null, ...to };
      if (to.view && to.view !== "vec" && to.kind === undefined) Object.assign(fresh, { kind: null, i: null });
      at = { ...at, ...fresh };
      if (to.s === undefined && !to.view) at.s = before.view === at.view && to.t === undefined ? before.s : null;
      if (at.s != null && at.s === at.t && ["q", "z"].includes(at.kind)) at.s = null;
      if (["score", "attn"].includes(at.kind) && at.i > at.t) at.i = at.t;
      if (at.view === "vec" && KINDS[at.kind].heads === "H" && at.i != null) at.h = Math.floor(at.i / sizes.E);
      if (to.view && (to.view !== before.view || to.kind !== before.kind)) past = [...past.slice(-29), before];
      arrive(before, event);
    }
    let told = "";
    function arrive(before, event) {
      const same = view.name === at.view;
      panel.fresh();
      if (!same) {
        const made = at.view === "machine" ? tower : makers[at.view](app);
        view = { name: at.view, el: made.el, draw: made.draw, heading: made.heading, drawn: at.view === "machine" };
        stage.replaceChildren(view.el, ...(at.view === "machine" ? [side] : []));
        zoom(event);
      }
      fetch(); // what is not there yet
      if (ready() && same && before && view.name === "machine" && before.t !== at.t) { tower.drawChosen(); drawRest(); } else draw();
      if (!same && el.contains(document.activeElement) === false && event?.detail === 0) view.heading?.focus();
      if (event && !same && at.view !== "machine") { view.heading?.focus({ preventScroll: true }); const top = trail.getBoundingClientRect().top; if (top < 0) trail.scrollIntoView({ block: "start" }); }
      const now = crumbsOf().map(([name]) => name).join(", ");
      if (now !== told) heard.say((told = now));
    }
    // The part that opens grows out of where it was clicked.
    function zoom(event) {
      if (still() || !event?.clientX) return;
      const box = stage.getBoundingClientRect();
      const transformOrigin = `${event.clientX - box.left}px ${Math.max(0, event.clientY - box.top)}px`;
      const frames = [{ opacity: 0, transform: "scale(.94)", transformOrigin }, { opacity: 1, transform: "none", transformOrigin }];
      view.el.animate?.(frames, { duration: 180, easing: "ease-out" });
    }
    function peek(what) {
      if (!what) return setText(readout, "");
      if (what.say) return setText(readout, what.say);
      const { kind, l, t, i } = what;
      setText(readout, `${KINDS[kind].short}${l == null ? "" : `, camada ${l + 1}`}, ${n.word(t)}, ${app.said(kind, l, t, i)}`);
    }

    // ---- drawing
    const scrollWidth = () => Math.max(160, (stage.clientWidth || el.clientWidth || 600) - (stage.clientWidth > 700 ? 420 : 96));
    function draw() {
      const T = n.tokens().length;
      setText(count, T === 2 ? "1 token e a marca de início" : T === 1 ? "só a marca de início" : `${fmtNumber(T - 1)} tokens e a marca de início`);
      cutNote.hidden = !cut;
      if (cut) setText(cutNote, `O texto não cabe inteiro: usei os últimos ${fmtNumber(T - 1)} tokens; ${fmtNumber(cut)} ficaram de fora.`);
      stage.classList.toggle("llm-wait", !ready());
      view.el.hidden = !ready() && !view.drawn;
      if (!ready()) return; // answer() draws it
      view.drawn = true;
      view.draw();
      drawRest();
    }
    function drawRest() {
      const now = best.get(at.t), list = crumbsOf(), T = n.tokens().length;
      const crumb = ([name, to], i) => (i === list.length - 1 ? h("span", { "aria-current": "location" }, name) : h("button", { type: "button", class: "llm-link", onclick: (event) => go(to, event) }, name));
      crumbs.replaceChildren(...list.map((each, i) => h("li", {}, crumb(each, i))));
      back.hidden = past.length === 0;
      for (const each of steppers) each.draw();
      map.el.hidden = at.view === "machine";
      map.draw(at.view === "vec" ? KINDS[at.kind].part : at.view === "head" ? "attn" : at.view, at.l);
      side.classList.toggle("llm-wait", !now);
      if (at.view === "machine") {
        if (now) {
          lead.replaceChildren("Depois de ", h("strong", {}, n.word(at.t)), ", o mais provável é ", h("strong", {}, spoken(now.top[0].text)), `, ${fmtPercent(now.top[0].p)}`);
          bars.draw({ items: now.top.slice(0, 7), rest: Math.max(0, 1 - now.top.slice(0, 7).reduce((sum, item) => sum + item.p, 0)) });
        }
        const squares = towerPlan(sizes).bands.reduce((sum, { kind }) => sum + widthOf(kind, sizes), 0) * T;
        const columns = `${T} ${T === 1 ? "coluna" : "colunas"} de ${fmtNumber(squares / T)}`;
        setText(size, `Cada quadrado é um número deste texto: ${fmtNumber(squares)} ao todo, ${columns}. As linhas dos vetores têm ${sizes.E} números: o tamanho de uma cabeça. Abra uma parte para ver de que é feita.`);
      }
      const kind = at.view === "vec" || (at.view === "head" && inHead()) ? at.kind : null;
      legend.draw(kind ? app.limit(kind, at.l) : null);
      panel.draw();
    }

    // ---- asking the engine
    const ask = latest(host, pill);
    let turn = 0;
    const everything = () => towerPlan(sizes).bands.map(({ kind, l }) => nameOf(kind, l ?? L - 1, L)).concat(Array.from({ length: L }, (_, l) => nameOf("attn", l, L)));
    const ofLayer = (l) => ["x", "input_layernorm", "q_proj", "k_proj", "v_proj", "q_norm", "k_norm", "q", "k", "attn", "z", "o_proj", "post_attention_layernorm", "gate_proj", "up_proj", "act", "down_proj", "resid"].map((kind) => nameOf(kind, l, L));
    function needs() {
      const stream = ["embed_tokens", ...Array.from({ length: L }, (_, l) => [nameOf("o_proj", l, L), nameOf("down_proj", l, L)]).flat()];
      if (at.view === "machine") return everything();
      if (at.view === "out" || at.kind === "norm") return ["norm", nameOf("resid", L - 1, L)];
      if (at.view === "embed" || at.kind === "embed_tokens") return ["embed_tokens"];
      return [...new Set([...ofLayer(at.l), ...(at.view === "vec" && KINDS[at.kind].part === "layer" ? stream : [])])];
    }
    // Live: the numbers, the next tokens and the row of weights that the open view lacks, one question after the other.
    async function answer() {
      const mine = ++turn, now = text.value, other = source === "recorded" || now !== asked;
      const keep = other ? needs() : n.lacks(needs());
      failure = null;
      if (keep.length) {
        const found = await ask("trace", { text: now, keep, only: [] });
        if (!found || mine !== turn) return lost(mine);
        if (other) {
          const last = at.t === n.tokens().length - 1, T = found.tokens.length;
          adopt(found.tokens);
          peek(null); // the number under the pointer was another's
          source = "live";
          asked = now;
          cut = found.cut;
          at = { ...at, t: last ? T - 1 : Math.min(at.t, T - 1), s: at.s == null ? null : Math.min(at.s, T - 1) };
          if (["score", "attn"].includes(at.kind)) at.i = Math.min(at.i, at.t);
        }
        for (const [name, values] of Object.entries(found.activations)) n.put(name, float32(values));
        draw();
      }
      if (!best.has(at.t)) {
        const { t } = at, found = await ask("next", { ids: n.tokens().slice(0, t + 1).map((token) => token.id), k: BEST_SHOWN });
        if (!found || mine !== turn) return lost(mine);
        best.set(t, { top: found.top, rest: found.rest });
        if (at.view === "machine") { tower.drawChosen(); drawRest(); } else draw();
        heard.say(`Mais provável depois de ${n.word(t)}: ${spoken(found.top[0].text)}, ${fmtPercent(found.top[0].p)}`);
      }
      const want = wanted();
      if (want) {
        const found = await ask("weights", { name: want.name, rows: [want.row] });
        if (!found || mine !== turn) return lost(mine);
        rows.set(`${want.name}:${want.row}`, float32(found.values));
        panel.draw();
      }
    }
    function lost(mine) {
      if (mine !== turn || (el.closest(".llm-widget") ?? el).dataset.state !== "error") return;
      failure = "O modelo não respondeu, e sem os pesos os termos não podem ser mostrados.";
      panel.draw();
    }
    function wanted() {
      if (at.kind == null || at.i == null) return null;
      const now = best.get(at.t);
      if (!ready() || (["logit", "p"].includes(at.kind) && !now?.top[at.i])) return null;
      const { wants } = explain(n, sizes, at, now);
      return wants && !app.row(wants) ? wants : null;
    }
    // After a move. While the recording holds, only a sum asks for something: the weights, and with them the engine's own numbers.
    const ready = () => source === "recorded" || !n.lacks(needs()).length;
    function fetch() {
      if (host.compute && (!ready() || !best.has(at.t) || wanted())) answer();
    }
    const soon = debounce(answer, 40);
    function changed() { model.set("text", text.value); soon(); }

    // ---- keys, theme, width
    function up(event) {
      if (event.key !== "Escape" || at.view === "machine") return;
      const list = crumbsOf();
      event.preventDefault();
      go(list.at(-2)[1], event);
      if (at.view === "machine") stage.querySelector(`[data-view="${past.at(-1)?.view === "layer" ? "layer" : "attn"}"]`)?.focus({ preventScroll: true });
    }
    const repaint = () => { colours = palette(el); draw(); };
    const theme = new MutationObserver(repaint), dark = matchMedia("(prefers-color-scheme: dark)");
    theme.observe(document.documentElement, { attributes: true, attributeFilter: ["data-theme", "theme"] });
    theme.observe(document.body, { attributes: true, attributeFilter: ["data-jp-theme-light", "class"] }); // notebooks
    dark.addEventListener("change", repaint);
    const wide = new ResizeObserver(oncePerFrame(() => { if (at.view === "machine" && ready()) tower.draw(); }));

    build(el, null, [
      text, h("div", { class: "llm-under" }, pill.el, count),
      examples.length > 0 && h("p", { class: "mc-examples", role: "group", "aria-label": "Textos para experimentar" }, h("span", {}, "Experimente"), examples.map((each) => h("button", { type: "button", class: "llm-link", onclick: () => write(each) }, each || "texto vazio"))),
      cutNote, h("div", { class: "mc-where" }, trail, back), h("div", { class: "mc-steppers" }, steppers.map((each) => each.el)),
      h("div", { class: "mc-body", onkeydown: up }, map.el, h("div", { class: "mc-main" }, h("div", { class: "mc-scale" }, legend.el, readout), stage, panel.el)), heard.el,
    ]);
    stage.append(tower.el, side);
    draw();
    wide.observe(stage);
    return () => { soon.cancel(); theme.disconnect(); wide.disconnect(); dark.removeEventListener("change", repaint); };
  },
};
