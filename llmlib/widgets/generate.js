// Generate: the loop that writes. A tree of tokens grows from the prompt; `here` is the node where the text ends now.
// The recorded run is its first branch and plays with no model; leaving it (another token, temperature, seed, text) asks one.
export default {
  render({ model, el, host }) {
    const END = "<|endoftext|>", k = model.get("k"), length = model.get("max_new_tokens");
    const fixed = model.get("sampling");
    let { temperature, seed } = fixed, speed = 2, playing = false, timer, limit = length;
    let prompt, root, here, past; // prompt: {tokens, cut}; past: where "Desfazer" goes back to

    const rule = () => `${temperature}|${seed}`;
    const node = (parent, token) => ({ parent, token, children: [], known: null });
    const path = (at) => { const list = []; for (; at.parent; at = at.parent) list.unshift(at); return list; };
    const ended = (at) => at.token?.text === END;
    function child(at, token) {
      let next = at.children.find((each) => each.token.id === token.id);
      if (!next) at.children.push((next = node(at, token)));
      return next;
    }
    function plant(tokens, cut) {
      prompt = { tokens, cut };
      root = here = node(null, null);
      past = [];
      limit = length;
    }
    function plantRecording() {
      const { tokens, cut, steps } = model.get("recording");
      plant(tokens, cut);
      let at = root;
      for (const step of steps) {
        at.known = { ...step, rule: rule() };
        at = child(at, step.chosen);
      }
      at.parent.children.pop(); // the last draw was not taken: its distribution is the end of the recording
      if (steps.at(-1).chosen.text === END) child(at.parent, steps.at(-1).chosen);
    }

    // -- what the reader sees --
    const { text, write } = textField({ value: model.get("prompt"), label: "Início do texto, que o modelo vai continuar", oninput: edited, readOnly: !host.compute });
    const pill = statePill(el, host.compute && "escolha outro token e o modelo responde"), heard = announcer(), count = h("p", { class: "llm-pill" });
    const slot = h("span", { class: "llm-slot" });
    const strip = tokenStrip({ tail: slot, label: "Texto até agora, token por token", onpick: (i) => go(path(here)[i - prompt.tokens.length]) });
    const bars = tokenBars({ label: "De onde sai o próximo token", verb: "escolher", onpick: host.compute && ((item) => { pause(); go(child(here, item)); }), onpeek: fill });
    const ruler = h("div", { class: "gen-ruler", "aria-hidden": "true" }), drawn = h("p", { class: "gen-drawn" });
    const play = h("button", { type: "button", class: "llm-button llm-button-main gen-play", onclick: () => (playing ? pause() : start()) });
    const button = (label, onclick) => h("button", { type: "button", class: "llm-button", onclick }, label);
    const stepButton = button("Passo", () => { pause(); step(); }), undoButton = button("Desfazer", undo), againButton = button("Recomeçar", restart);
    const heatOut = h("output", {}), seedOut = h("output", {});
    const heat = h("input", { type: "range", min: "0", max: "2", step: "0.05", value: String(temperature), oninput: () => { temperature = +heat.value; changed(); } });
    const pace = h("input", { type: "range", min: "1", max: "10", value: String(speed), class: "gen-pace", oninput: () => { speed = +pace.value; } });
    const branches = h("div", { class: "gen-branches" });

    function fill(item) { slot.replaceChildren(...(item ? tokenNodes(item.text) : [])); }
    function drawRuler({ top, chosen }) {
      const u = uniform(seed, path(here).length);
      let from = 0;
      const parts = [...top].sort((a, b) => b.q - a.q || a.id - b.id).filter((item) => item.q > 0.0005).map((item) => {
        const part = h("span", { class: item.id === chosen.id ? "gen-part gen-hit" : "gen-part", "--from": from, "--w": item.q }, item.q > 0.09 ? tokenNodes(item.text) : "");
        from += item.q;
        return part;
      });
      ruler.replaceChildren(...parts, h("span", { class: "gen-pin", "--from": u }));
      ruler.hidden = !temperature;
      const outside = top.some((item) => item.id === chosen.id) ? "" : ", fora das barras mais prováveis";
      drawn.replaceChildren(temperature ? `O sorteio deu ${fmtNumber(u, 2)}: cai em ` : "Temperatura 0: sem sorteio, sai o mais provável: ", h("strong", {}, spoken(chosen.text)), `${outside}.`);
    }
    function drawBranches() {
      const mine = new Set([root, ...path(here)]), leaves = [];
      const walk = (at) => { if (!at.children.length && !mine.has(at)) leaves.push(at); at.children.forEach(walk); };
      walk(root);
      branches.replaceChildren(...(leaves.length && (host.compute || past.length) ? [h("p", {}, "Outros caminhos"), h("ul", {}, leaves.slice(-8).reverse().map((leaf) => {
        const all = path(leaf), split = all.findIndex((each) => !mine.has(each)), fresh = all.slice(split);
        const before = split ? all[split - 1].token : prompt.tokens.at(-1);
        return h("li", {}, h("button", { type: "button", class: "gen-branch", onclick: () => { pause(); go(leaf); } },
          h("span", { class: "gen-after" }, before ? ["depois de ", tokenNodes(before.text)] : "do início"),
          h("span", { class: "gen-way" }, fresh.slice(0, 16).flatMap((each) => tokenNodes(each.token.text)), fresh.length > 16 ? "…" : "")));
      }))] : []));
    }
    function draw() {
      const way = path(here), over = ended(here), known = here.known;
      strip.draw([...prompt.tokens, ...way.map((each) => each.token)]);
      slot.hidden = over;
      count.textContent = `${fmtNumber(way.length)} de ${limit} tokens escritos${prompt.cut ? `; ${fmtNumber(prompt.cut)} do início ficaram de fora` : ""}`;
      for (const each of [bars.el, ruler, drawn]) { each.hidden = over; each.classList.toggle("llm-wait", !known); }
      if (known && !over) {
        const { chosen } = known, items = known.top.map((item) => ({ ...item, chosen: item.id === chosen.id }));
        if (!items.some((item) => item.chosen)) items.push({ ...chosen, chosen: true });
        bars.draw({ items, rest: Math.max(0, 1 - items.reduce((sum, item) => sum + item.q, 0)) });
        fill(null);
        drawRuler(known);
      }
      play.replaceChildren(svg("svg", { viewBox: "0 0 10 10", width: 11, height: 11, "aria-hidden": "true" }, svg("path", { d: playing ? "M1 0h3v10H1zM6 0h3v10H6z" : "M1 0l9 5-9 5z", fill: "currentColor" })), playing ? "Pausar" : "Tocar");
      play.disabled = stepButton.disabled = over;
      undoButton.disabled = !past.length;
      againButton.disabled = here === root;
      heatOut.textContent = fmtNumber(temperature, 2);
      heat.setAttribute("aria-valuetext", heatOut.textContent);
      seedOut.textContent = seed;
      drawBranches();
    }

    // -- asking --
    const ask = latest(host, pill);
    // Sees to it that `here` has its distribution under the rule of now; false when nobody answered.
    async function know() {
      const at = here, want = rule();
      if (ended(at) || at.known?.rule === want) return true;
      if (!host.compute) return false;
      const way = path(at), ids = [...prompt.tokens.map((each) => each.id), ...way.map((each) => each.token.id)];
      const what = prompt.tokens.stale ? { text: text.value } : { ids };
      const answer = await ask("next", { ...what, k, sampling: { ...fixed, temperature, seed }, generated: way.length });
      if (!answer) return false;
      at.known = { top: answer.top, chosen: answer.chosen, rule: want };
      if (prompt.tokens.stale) prompt = { tokens: answer.tokens, cut: answer.cut };
      return at === here && want === rule();
    }
    async function show() {
      draw();
      if (here.known?.rule === rule()) return true;
      const good = await know();
      if (good) draw();
      else if (el.closest(".llm-widget")?.dataset.state === "error" && past.length && !here.known) { here = past.pop(); draw(); }
      return good;
    }
    function go(next, remember = true) {
      if (!next || next === here) return;
      if (remember) past.push(here);
      here = next;
      heard.say(`${ended(here) ? "O modelo encerrou o texto." : here.token ? `Último token: ${spoken(here.token.text)}` : "De volta ao início."}`);
      return show();
    }
    async function step() {
      if (ended(here) || !(await know())) return false;
      await go(child(here, here.known.chosen));
      return true;
    }
    function undo() { pause(); go(past.pop(), false); }
    function restart() { pause(); go(root); }
    function pause() { clearTimeout(timer); playing = false; draw(); }
    function start() {
      playing = true;
      if (path(here).length >= limit) limit += length;
      tick();
    }
    async function tick() {
      const good = el.isConnected && (await step());
      if (!playing) return;
      if (!good || !el.isConnected || ended(here) || path(here).length >= limit) return pause();
      timer = setTimeout(tick, 1000 / speed);
      draw();
    }
    const soon = debounce(show, 40);
    function changed() { pause(); show(); }
    function edited() {
      pause();
      plant(Object.assign([], { stale: true }), 0); // its tokens come with the first answer
      soon();
    }

    plantRecording();
    build(el, null, [
      text, h("div", { class: "llm-under" }, pill.el, count),
      strip.el,
      h("div", { class: "gen-controls" }, play, stepButton, undoButton, againButton),
      drawn, ruler, bars.el,
      h("div", { class: "llm-foot" },
        host.compute && h("label", { class: "llm-range" }, "Temperatura", heat, heatOut),
        h("label", { class: "llm-range" }, "Velocidade", pace),
        host.compute && h("span", { class: "llm-range" }, h("button", { type: "button", class: "llm-link", onclick: () => { seed += 1; changed(); } }, "Sortear de novo"), "semente ", seedOut)),
      host.compute && h("p", { class: "gen-key" }, "A barra é a chance no sorteio; o traço, a probabilidade que o modelo deu."),
      branches, heard.el,
    ]);
    draw();
    return () => { clearTimeout(timer); playing = false; soon.cancel(); };
  },
};

// The draw of the course: a number in [0, 1) from seed and step, as llmlib.scratch.sampling and the engine have it.
function uniform(seed, step) {
  let x = (seed + Math.imul(0x9e3779b9, step + 1)) >>> 0;
  x = Math.imul(x ^ (x >>> 16), 0x21f0aaad);
  x = Math.imul(x ^ (x >>> 15), 0x735a2d97);
  return ((x ^ (x >>> 15)) >>> 0) / 2 ** 32;
}
