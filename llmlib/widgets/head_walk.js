// Head walk: one head, one query. q on top, a row for each token (key, score, scaled, masked, weight, value), z below. Any number of q, k, v,
// any score and any weight may be changed, and what follows moves. Recorded first; another text or layer, and what a change does to
// the model's next bet, come from host.compute.
export default {
  render({ model, el, host }) {
    const MOST = 24, BARS = 6; // rows of the table; tokens in the bet
    const byHand = !model.get("model_name") && !model.get("text") && model.get("layers") === 1;
    const packed = model.get("arrays");
    let arrays = Object.fromEntries(Object.entries(packed).map(([name, part]) => [name, walkUnpack(part)]));
    let tokens = model.get("tokens"), cut = 0, layer = model.get("layer"), head = model.get("head"), pinned = model.get("at"), peeked = null;
    let mask = true, divide = true, edits = new Map(), chosen = { part: "q", s: 0, i: 0 }, focusRow = null, live = null, view, now;
    const layers = model.get("layers"), texts = new Map();

    // ---- what asks
    const canAsk = !!host.compute && !byHand;
    const { text, write } = textField({ value: model.get("text"), label: "Texto que o modelo lê", oninput: () => soon(), readOnly: !canAsk });
    const pill = statePill(el, canAsk && "mude o texto, ou um número"), count = h("p", { class: "llm-pill" }), heard = announcer();
    const cutNote = h("p", { class: "hw-note", hidden: true });
    const ask = canAsk && latest(host, pill);
    const partsOf = (l) => ["q", "k", "v_proj", "z", "attn"].map((part) => `layers.${l}.self_attn.${part}`);
    async function fetchAll() {
      const l = layer, found = await ask("trace", { text: text.value, only: "logits", keep: partsOf(l) });
      if (!found || l !== layer) return null;
      const part = (name) => walkArray(found.activations[`layers.${l}.self_attn.${name}`], found.activations_shapes[`layers.${l}.self_attn.${name}`]);
      return { tokens: found.tokens, cut: found.cut ?? 0, layer: l, arrays: { q: part("q"), k: part("k"), v: part("v_proj") }, z: part("z"), attn: part("attn"), logits: found.logits, V: found.logits_shape[1] };
    }
    async function answer() {
      const found = await fetchAll();
      if (!found) return;
      const stayed = found.tokens.length === tokens.length;
      live = found;
      ({ arrays, tokens, cut } = found);
      if (!stayed) pinned = tokens.length - 1;
      peeked = focusRow = null;
      forget();
      drawAll();
    }
    const soon = debounce(answer, 60);

    // ---- the token strip: hover shows a token's row, focus or click keeps it
    const strip = h("ol", { class: "llm-strip hw-strip", "aria-label": "Tokens: escolha o que pergunta" }), stripButtons = [];
    const settle = roving(strip, () => stripButtons, (item) => { if (item.at !== pinned) { pinned = item.at; chosen = { ...chosen, s: Math.min(chosen.s, tokens.length - 1) }; peeked = focusRow = null; drawAll(); } });
    strip.addEventListener("pointerleave", () => { if (peeked !== null) { peeked = null; draw(); } });
    function makeStrip() {
      if (strip.tokens === tokens) return; // remade under the reader's hands it would lose the focus
      strip.tokens = tokens;
      const from = Math.max(0, tokens.length - 120);
      stripButtons.length = 0;
      for (let at = from; at < tokens.length; at++) {
        const button = h("button", { type: "button", class: "llm-token hw-token", tabIndex: at === pinned ? 0 : -1, onclick: () => button.focus(), onpointerenter: (event) => { if (event.pointerType === "mouse" && peeked !== at) { peeked = at; draw(); } } }, walkNodes(tokens, at));
        button.at = at;
        stripButtons.push(button);
      }
      setChildren(strip, [...(from ? [h("li", { class: "llm-more" }, `… +${fmtNumber(from)}`)] : []), ...stripButtons.map((button) => h("li", {}, button))]);
    }

    // ---- controls
    const slider = (label, max, value, oninput) => {
      const out = h("output"), input = h("input", { type: "range", min: "1", max: String(max), value: String(value + 1), oninput: () => oninput(+input.value - 1) });
      return { el: h("label", { class: "llm-range" }, label, input, out), show: (x) => setText(out, `${x + 1} de ${max}`) };
    };
    const layerPick = layers > 1 && canAsk && slider("Camada", layers, layer, (x) => { layer = x; layerPick.show(x); soon(); });
    const heads = arrays.q.shape[1];
    const headPick = heads > 1 && slider("Cabeça", heads, head, (x) => { head = x; forget(); drawAll(); });
    const box = (label, oninput) => { const input = h("input", { type: "checkbox", checked: true, oninput: () => { oninput(input.checked); edited(); } }); return h("label", { class: "hw-check" }, input, label); };
    const boxes = [box("dividir por √", (on) => { divide = on; }), box("máscara", (on) => { mask = on; })];
    boxes[0].append(String(arrays.q.shape[2]));

    // ---- the table
    const q = walkVector("q", arrays.q.shape[2], (i) => choose("q", 0, i)), z = walkVector("z", arrays.v.shape[2]);
    const qName = h("span", { class: "hw-name" }), total = h("span", { class: "hw-total" });
    const list = h("ol", { class: "hw-rows", "aria-label": "Um token por linha: chave, nota, nota dividida, máscara, peso e valor" });
    const rest = h("p", { class: "hw-note", hidden: true });
    const rows = new Map();
    const heading = h("p", { class: "hw-row hw-head", "aria-hidden": "true" }, ["token", "chave (k)", "q·k", "", "máscara", "peso", "valor (v)"].map((name) => h("span", {}, name)));
    const table = h("div", { class: "hw-table", role: "group", "aria-label": "O caminho de uma cabeça" },
      h("p", { class: "hw-row hw-ask" }, qName, q.el, h("span", { class: "hw-label" }, "consulta (q)")), heading, list, rest,
      h("div", { class: "hw-row hw-sum" }, h("span", { class: "hw-name" }, "soma"), h("span", { class: "hw-label hw-z-label" }, "resultado (z)"), total, z.el));
    const told = h("p", { class: "hw-told" }), check = h("p", { class: "hw-note" });

    // ---- the editor: what a click on the figure does, by keyboard
    const PARTS = [["q", "consulta (q)"], ["k", "chave (k)"], ["v", "valor (v)"], ["score", "nota q·k"], ["weight", "peso"]];
    const partPick = h("select", { "aria-label": "O que mudar", onchange: () => choose(partPick.value, chosen.s, 0) }, PARTS.map(([value, name]) => h("option", { value }, name)));
    const rowPick = h("select", { "aria-label": "De que token", onchange: () => choose(chosen.part, +rowPick.value, chosen.i) });
    const placePick = h("input", { type: "number", min: "1", max: String(arrays.q.shape[2]), step: "1", "aria-label": "Que número do vetor", oninput: () => { const i = Math.round(+placePick.value) - 1; if (i >= 0 && i < +placePick.max) choose(chosen.part, chosen.s, i, true); } });
    const range = h("input", { type: "range", step: "any", "aria-label": "Valor novo", oninput: () => change(+range.value) });
    const exact = h("input", { type: "number", step: "any", class: "hw-exact", "aria-label": "Valor novo, por extenso", onchange: () => { if (Number.isFinite(exact.valueAsNumber)) change(exact.valueAsNumber); } });
    const undo = h("button", { type: "button", class: "llm-link", onclick: () => { edits.delete(keyOf(chosen)); edited(); } }, "desfazer este");
    const reset = h("button", { type: "button", class: "llm-link", onclick: () => { edits.clear(); edited(); } }, "desfazer todos");
    const placeBox = h("label", { class: "hw-place" }, "nº", placePick), rowBox = h("label", {}, "de", rowPick);
    const editor = h("fieldset", { class: "hw-editor" }, h("legend", {}, "Mude um número"), partPick, rowBox, placeBox, h("span", { class: "hw-set" }, range, exact), undo, reset);
    const keyOf = ({ part, s, i }) => walkKey(part, pinned, s, i);
    const forget = () => { edits.clear(); };
    function choose(part, s, i, typing) {
      chosen = { part, s, i: part === "score" || part === "weight" ? 0 : i };
      focusRow = part === "q" ? focusRow : s;
      peeked = null;
      draw(typing);
    }
    const edited = oncePerFrame(() => { draw(); bet(); });
    function change(value) { edits.set(keyOf(chosen), value); edited(); }

    // ---- what it does to the model's bet: this head's z put in at this position, through the engine
    const betTitle = h("p", { class: "llm-best" }), bars = tokenBars({ label: "Próximo token depois deste: traço antes, barra depois da mudança" });
    const betBox = h("div", { class: "hw-bet", hidden: true }, betTitle, bars.el);
    let betNumber = 0;
    async function named(ids) {
      const missing = ids.filter((id) => !texts.has(id));
      if (missing.length) {
        const { tokens: found } = await host.compute("trace", { ids: missing, only: [] });
        missing.forEach((id, i) => texts.set(id, found[found.length - missing.length + i].text));
      }
      return ids.map((id) => texts.get(id));
    }
    const bet = debounce(async () => {
      if (!canAsk) return;
      const number = ++betNumber, t = pinned, changed = edits.size > 0 || !mask || !divide;
      if (!changed) { betBox.hidden = true; return; }
      try {
        if (!live) {
          const found = await fetchAll();
          if (!found || number !== betNumber) return;
          live = found;
        }
        const [, H, E] = live.z.shape, values = Array.from(live.z.values.slice(t * H * E, (t + 1) * H * E));
        walkHead(walkView(live.arrays, head), t, { mask, divide }, edits).z.forEach((x, i) => { values[head * E + i] = x; });
        const first = live.tokens.slice(1, t + 1).map((each) => each.id), name = `layers.${live.layer}.self_attn.z`;
        const after = await host.compute("trace", { ids: first, only: "logits", patch: [{ name, position: t, values }] });
        if (number !== betNumber) return;
        const V = live.V, p = walkSoftmax(live.logits.slice(t * V, (t + 1) * V)), r = walkSoftmax(after.logits.slice(t * V, (t + 1) * V));
        const best = (x) => Array.from(x.keys()).sort((a, b) => x[b] - x[a]).slice(0, BARS);
        const ids = [...new Set([...best(p).slice(0, 4), ...best(r).slice(0, 4)])].sort((a, b) => r[b] - r[a]).slice(0, BARS), names = await named(ids);
        if (number !== betNumber) return;
        betBox.hidden = false;
        setText(betTitle, `Só com esta cabeça mudada aqui, ${fmtPercent(walkChange(p, r))} da aposta no token seguinte muda de lugar. Traço: antes; barra: depois.`);
        bars.draw({ items: ids.map((id, i) => ({ id, text: names[i], p: p[id], q: r[id] })) });
        el.dataset.bet = String(number);
      } catch (error) {
        pill.set("error", error.message);
      }
    }, 120);

    // ---- drawing
    function shown(t) {
      if (tokens.length <= MOST) return now.rows;
      const always = new Set([0, t, focusRow ?? t, chosen.s, ...[...edits.keys()].map((key) => +key.split(",")[2])]);
      const byWeight = [...now.rows].sort((a, b) => always.has(b.s) - always.has(a.s) || b.weight - a.weight || b.s - a.s);
      return byWeight.slice(0, MOST).sort((a, b) => a.s - b.s);
    }
    function draw(typing) {
      const t = peeked ?? pinned, name = walkSpoken(tokens, t), most = (numbers, least) => numbers.reduce((top, x) => Math.max(top, Math.abs(x)), least);
      now = walkHead(view, t, { mask, divide }, edits);
      const drawn = shown(t), isEdited = (s) => (part, i) => edits.has(walkKey(part, t, s, i)), largest = (part) => drawn.reduce((top, row) => most(row[part], top), 0.5);
      const tops = { q: most(now.q, 0.5), k: largest("k"), v: largest("v") };
      setText(heading.children[3], divide ? `÷√${view.E}` : "sem ÷");
      qName.replaceChildren(...walkNodes(tokens, t));
      q.draw(now.q, { top: tops.q, touched: edits.size > 0, edited: (i) => isEdited(0)("q", i), chosen: chosen.part === "q" ? chosen.i : -1, name: `consulta de ${name}` });
      z.draw(now.z, { top: Math.max(0.5, ...now.z.map(Math.abs)), name: "resultado" });
      for (const row of drawn) {
        if (!rows.has(row.s)) rows.set(row.s, walkRow(view.E, view.size, { pick: (part, i) => choose(part, row.s, i), look: () => { if (focusRow !== row.s) { focusRow = row.s; tell(); } } }));
        rows.get(row.s).draw(row, { tokens, tops, isEdited: isEdited(row.s), touched: edits.size > 0, chosen: chosen.s === row.s && chosen.part !== "q" ? chosen : null, asks: row.s === t });
      }
      setChildren(list, drawn.map((row) => rows.get(row.s).el));
      const left = now.rows.length - drawn.length;
      rest.hidden = !left;
      if (left) setText(rest, `${left === 1 ? "Outro token, que recebe" : `Outros ${fmtNumber(left)} tokens, que somam`} ${fmtPercent(Math.max(0, now.total - drawn.reduce((sum, row) => sum + row.weight, 0)))} do peso, não ${left === 1 ? "coube" : "couberam"}.`);
      setText(total, Math.abs(now.total - 1) < 0.0005 ? fmtPercent(1) : fmtPercent(now.total));
      total.classList.toggle("hw-wrong", Math.abs(now.total - 1) > 0.0005);
      for (const button of stripButtons) {
        button.style.setProperty("--p", Math.max(0, Math.min(1, now.rows[button.at].weight)).toFixed(4));
        button.setAttribute("aria-pressed", String(button.at === pinned));
        button.classList.toggle("hw-asks", button.at === t);
        button.setAttribute("aria-label", `${walkSpoken(tokens, button.at)}: peso ${fmtPercent(now.rows[button.at].weight)} na pergunta de ${name}`);
      }
      tell();
      drawEditor(typing);
      heard.say(`${name} dá o maior peso a ${bestOf().name}, ${fmtPercent(bestOf().weight)}`);
    }
    const bestOf = () => { const best = now.rows.reduce((a, b) => (b.weight > a.weight ? b : a)); return { ...best, name: walkSpoken(tokens, best.s) }; };
    // The walk of one pair, in one sentence with its numbers.
    function tell() {
      const t = peeked ?? pinned, row = now.rows[focusRow ?? bestOf().s], other = walkSpoken(tokens, row.s), f = (x) => fmtNumber(x, byHand && Number.isInteger(x) ? 0 : 2);
      const grown = now.rows.reduce((sum, each) => sum + Math.exp(each.masked), 0);
      for (const each of rows.entries()) each[1].el.classList.toggle("hw-told-row", each[0] === row.s);
      const products = now.q.slice(0, 2).map((x, i) => `${f(x)} × ${f(row.k[i])}`).join(" + ") + (view.E > 2 ? " + …" : "");
      const steps = [`${walkSpoken(tokens, t)} pergunta a ${other}: ${products} = ${f(row.score)}`, divide ? `÷ √${view.E} = ${f(row.scaled)}` : "sem dividir"];
      if (row.hidden) steps.push("vem depois: a máscara põe −∞, e o peso é 0");
      else steps.push(Number.isFinite(grown) && grown < 1e6 ? `e^${f(row.masked)} ÷ ${f(grown)} = ${fmtPercent(row.weight)}` : `softmax: ${fmtPercent(row.weight)}`, `o valor de ${other} entra no resultado vezes ${fmtNumber(row.weight, 3)}`);
      setText(told, `${steps.join(" → ")}.`);
    }
    function drawEditor(typing) {
      const { part, s, i } = chosen, vector = part === "q" || part === "k" || part === "v", t = pinned;
      const state = peeked === null ? now : walkHead(view, t, { mask, divide }, edits);
      const value = part === "q" ? state.q[i] : vector ? state.rows[s][part][i] : state.rows[s][part];
      const size = part === "weight" ? 1 : Math.max(3, 1.6 * Math.max(...(part === "score" ? state.rows.map((row) => Math.abs(row.score)) : (part === "q" ? state.q : state.rows[s][part]).map(Math.abs))));
      partPick.value = part;
      rowBox.hidden = part === "q";
      rowPick.value = String(s);
      placeBox.hidden = !vector;
      placePick.max = String(part === "v" ? view.size : view.E);
      if (!typing) placePick.value = String(i + 1);
      range.min = String(part === "weight" ? 0 : -size);
      range.max = String(size);
      range.value = String(value);
      range.setAttribute("aria-valuetext", fmtNumber(value, 3));
      if (document.activeElement !== exact && !el.getRootNode().activeElement?.matches?.(".hw-exact")) exact.value = String(+value.toFixed(3));
      const was = edits.has(keyOf(chosen));
      undo.disabled = !was;
      setText(undo, was ? `desfazer (era ${fmtNumber(walkValue(view, t, { mask, divide }, edits, part, s, i), 2)})` : "desfazer este");
      reset.hidden = edits.size < 2;
    }
    function drawAll() {
      view = walkView(arrays, head);
      chosen = { ...chosen, s: Math.min(chosen.s, tokens.length - 1) };
      pinned = Math.min(pinned, tokens.length - 1);
      now = walkHead(view, pinned, { mask, divide }, edits);
      rows.clear();
      makeStrip();
      rowPick.replaceChildren(...tokens.map((each, s) => h("option", { value: String(s) }, `${walkSpoken(tokens, s)} (${s})`)));
      count.textContent = tokens.length === 1 ? "só a marca de início" : `${fmtNumber(tokens.length - 1)} ${tokens.length === 2 ? "token" : "tokens"} e a marca de início`;
      cutNote.hidden = !cut;
      setText(cutNote, `O texto não cabe inteiro: usei o fim; ${fmtNumber(cut)} tokens ficaram de fora.`);
      layerPick && layerPick.show(layer);
      headPick && headPick.show(head);
      check.hidden = !live || live.layer !== layer;
      if (!check.hidden) {
        const [, T] = live.attn.shape, clean = walkHead(view, pinned, { mask: true, divide: true }, new Map());
        const gap = Math.max(...clean.rows.map((row, s) => Math.abs(row.weight - live.attn.values[(head * T + pinned) * T + s])));
        setText(check, `Refeitos aqui e comparados com os do modelo, os pesos diferem no máximo em ${gap < 1e-6 ? "menos de 0,000001" : fmtNumber(gap, 6)}.`);
      }
      draw();
      settle();
      bet();
    }

    const examples = canAsk ? model.get("examples") : [];
    build(el, null, [
      !byHand && [text, h("div", { class: "llm-under" }, pill.el, count)],
      examples.length > 0 && h("p", { class: "hw-examples", role: "group", "aria-label": "Textos para experimentar" }, h("span", {}, "Experimente"), examples.map((each) => h("button", { type: "button", class: "llm-link", onclick: () => write(each) }, each))),
      cutNote, strip,
      h("div", { class: "llm-foot hw-controls" }, layerPick && layerPick.el, headPick && headPick.el, boxes),
      table, told, editor, betBox, check, heard.el,
    ]);
    if (byHand) el.dataset.state = "recorded";
    drawAll();
    return () => { soon.cancel(); bet.cancel(); heard.say.cancel(); betNumber += 1; };
  },
};
