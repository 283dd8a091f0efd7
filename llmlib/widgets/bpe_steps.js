// BPESteps: learns byte pair encoding from the reader's text and walks through it, merge by merge, both ways.
// uses engine: tokenizer
// All merges are learned when the text changes, in slices that never hold the page; a step only redraws.
const MOST_CHARACTERS = 50_000, STRIP = 160, CANDIDATES = 7, SLICE = 10;

export default {
  render({ model, el }) {
    const most = model.get("most");
    let words = [], steps = [], tokens = [], begun = 0, step = 0, playing, learning = 0, cutNote = "", over = false;
    // steps[k] = {left, right, count, id, length} is the merge k + 1; candidates[k], the best pairs after k merges.
    let candidates = [];

    const { text, write } = textField({ value: model.get("text"), label: "Texto de que o tokenizador aprende", oninput: changed });
    const size = h("p", { class: "llm-pill", role: "status" }), heard = announcer(), note = h("p", { class: "bs-note", hidden: true });
    const told = h("p", { class: "llm-best bs-told" });
    const strip = tokenStrip({ label: "O texto, cortado com as junções feitas até aqui", last: STRIP });
    const pairs = h("ol", { class: "llm-bars bs-pairs", "aria-label": "Pares mais comuns agora" }), pairsTitle = h("p", { class: "bs-label" });
    const list = h("ol", { class: "bs-vocabulary", "aria-label": "Tokens aprendidos, do mais novo ao mais antigo" }), listTitle = h("p", { class: "bs-label" });
    const curve = h("div", { class: "bs-curve" });
    const slider = h("input", { type: "range", min: "0", value: "0", oninput: () => { stop(); go(+slider.value); } }), where = h("output", {});
    const button = (label, onclick, look = "") => h("button", { type: "button", class: `llm-button ${look}`, onclick }, label);
    const start = button("Início", () => { stop(); go(0); }), back = button("Voltar", () => { stop(); go(step - 1); });
    const next = button("Juntar", () => { stop(); go(step + 1); }, "llm-button-main"), play = button("Tocar", () => (playing ? stop() : run()));

    // A huge text is cut before the field lays it out: that alone would hold the page for seconds.
    const shorten = (all) => { cutNote = `O texto é grande: fiquei com os primeiros ${fmtNumber(MOST_CHARACTERS)} caracteres. `; text.value = all.slice(0, MOST_CHARACTERS); };
    text.addEventListener("paste", (event) => {
      const pasted = event.clipboardData?.getData("text") ?? "";
      if (pasted.length <= MOST_CHARACTERS) return;
      event.preventDefault();
      shorten(text.value.slice(0, text.selectionStart) + pasted);
      stop();
      learn();
    });
    el.addEventListener("input", (event) => { if (event.target === text) { cutNote = ""; if (text.value.length > MOST_CHARACTERS) shorten(text.value); } }, true);

    // -- learning --
    const pause = () => new Promise((go) => setTimeout(go));
    const soon = debounce(learn, 120);
    function changed() { stop(); model.set("text", text.value); text.value.length > 5_000 ? soon() : learn(); }
    async function learn(first = 0) {
      const mine = ++learning, used = text.value;
      if (used.length > 5_000) { size.textContent = "aprendendo…"; await pause(); if (mine !== learning) return; }
      const pieces = LLM.Tokenizer.split(used), learner = new Learner(pieces);
      words = pieces.slice(0, 400);
      tokens = learner.tokens;
      begun = learner.length;
      steps = [];
      candidates = [learner.best(CANDIDATES)];
      over = false;
      let until = performance.now() + SLICE;
      while (steps.length < most) {
        const merge = learner.step();
        if (!merge) { over = true; break; }
        steps.push(merge);
        candidates.push(learner.best(CANDIDATES));
        if (performance.now() > until) {
          await pause();
          if (mine !== learning) return;
          until = performance.now() + SLICE;
        }
      }
      step = Math.min(first, steps.length);
      drawText(used, pieces.length);
      draw();
    }

    // -- what the reader sees --
    const shownToken = (id) => tokens[id] && showBytes(tokens[id]);
    function drawText(used, pieces) {
      const spaced = (used.match(/\S+/g) ?? []).length;
      spacedWords = spaced;
      size.textContent = `${fmtNumber(spaced)} ${spaced === 1 ? "palavra" : "palavras"} · ${fmtNumber(begun)} bytes · ${fmtNumber(steps.length)} ${steps.length === 1 ? "junção possível" : "junções possíveis"}`;
      note.hidden = steps.length > 0 && !cutNote;
      note.textContent = cutNote + (steps.length ? "" : used ? "Nenhum par de vizinhos aparece duas vezes: não há o que juntar. Escreva um texto em que algo se repita." : "Escreva um texto: é dele que o tokenizador vai aprender.");
      slider.max = String(steps.length);
      slider.disabled = !steps.length;
    }
    let spacedWords = 0;
    const perWord = (k) => (k ? steps[k - 1].length : begun) / Math.max(1, spacedWords);

    // Words as they are cut after k merges: of the pairs that have one of those merges, the oldest first.
    function cutWords(k) {
      const rank = new Map(steps.slice(0, k).map((merge, i) => [merge.left * KEY + merge.right, i])), known = new Map(), utf8 = new TextEncoder();
      const cut = [];
      for (const word of words) {
        if (!known.has(word)) {
          const ids = Array.from(utf8.encode(word).subarray(0, 400), (byte) => ID_OF_BYTE[byte]);
          for (;;) {
            let best = Infinity, at = -1;
            for (let i = 0; i + 1 < ids.length; i++) { const r = rank.get(ids[i] * KEY + ids[i + 1]); if (r < best) { best = r; at = i; } }
            if (at < 0) break;
            ids.splice(at, 2, steps[best].id);
          }
          known.set(word, ids);
        }
        cut.push(...known.get(word));
        if (cut.length >= STRIP) break;
      }
      return cut.slice(0, STRIP);
    }
    function draw() {
      const merge = steps[step - 1], coming = steps[step], length = step ? merge.length : begun;
      told.replaceChildren(...(merge ? [
        `Junção ${fmtNumber(step)}: `, h("strong", {}, tokenNodes(shownToken(merge.left))), " e ", h("strong", {}, tokenNodes(shownToken(merge.right))),
        ` estavam lado a lado ${fmtNumber(merge.count)} vezes. Viraram `, h("strong", { class: "bs-new" }, tokenNodes(shownToken(merge.id))), `, token nº ${merge.id}. `,
        `O texto caiu para ${fmtNumber(length)} tokens, ${fmtNumber(perWord(step), 2)} por palavra.`,
      ] : [`Antes de começar: cada byte é um token. São ${fmtNumber(begun)}, ${fmtNumber(perWord(0), 2)} por palavra.`]));
      const cut = cutWords(step);
      strip.draw(cut.map((id) => ({ id, text: shownToken(id) })));
      strip.el.querySelectorAll(".llm-token").forEach((each, i) => each.classList.toggle("bs-new", !!merge && cut[i] === merge.id));
      more.textContent = length > cut.length ? `Os primeiros ${fmtNumber(cut.length)} de ${fmtNumber(length)} tokens.` : "";
      drawPairs(coming);
      drawVocabulary();
      drawCurve();
      slider.value = String(step);
      where.textContent = `${fmtNumber(step)} de ${fmtNumber(steps.length)}`;
      slider.setAttribute("aria-valuetext", `${step} de ${steps.length} junções`);
      back.disabled = start.disabled = step === 0;
      next.disabled = play.disabled = step >= steps.length;
      heard.say(told.textContent);
    }
    function drawPairs(coming) {
      const found = candidates[step] ?? [], top = Math.max(1, ...found.map((each) => each.count));
      const tied = coming && found.length > 1 && found[0].count === found[1].count;
      pairsTitle.textContent = !found.length ? "Não há pares: cada palavra já é um token só." : coming ? `Pares vizinhos, contados agora${tied ? "; no empate, vence o de números menores" : ""}` : over ? "Nenhum par aparece mais de uma vez: acabou." : "A figura para aqui; um tokenizador de verdade continuaria.";
      pairs.replaceChildren(...found.map((pair, i) => h("li", { class: `llm-bar${i === 0 && coming ? " bs-first" : ""}` },
        h("span", { class: "llm-row" }, h("span", { class: "llm-bar-token" }, tokenNodes(shownToken(pair.left)), h("i", { class: "bs-plus" }, " + "), tokenNodes(shownToken(pair.right))), " ",
          h("span", { class: "llm-track" }, h("span", { class: "llm-fill", "--w": pair.count / top }), h("span", { class: "llm-number", "--w": pair.count / top }, `${fmtNumber(pair.count)}${i === 0 && coming ? " · a próxima junção" : ""}`))))));
    }
    function drawVocabulary() {
      listTitle.textContent = `Vocabulário: 256 bytes + ${fmtNumber(step)} ${step === 1 ? "token aprendido" : "tokens aprendidos"}`;
      list.replaceChildren(...steps.slice(0, step).slice(-40).reverse().map((merge, i) => h("li", { class: i ? "llm-token" : "llm-token bs-new", title: `nº ${merge.id}` }, tokenNodes(shownToken(merge.id)))), ...(step > 40 ? [h("li", { class: "llm-more" }, `… +${fmtNumber(step - 40)}`)] : []));
    }
    // Tokens per word after each merge; a click goes there.
    const H = 150, LEFT = 36, RIGHT = 14, TOP = 12, BOTTOM = 24;
    function drawCurve() {
      if (!steps.length) return curve.replaceChildren();
      const W = Math.max(280, curve.clientWidth || 640); // as wide as it stands, so that its letters keep their size
      const n = steps.length, high = perWord(0), x = (k) => LEFT + (W - LEFT - RIGHT) * (k / n), y = (v) => H - BOTTOM - (H - TOP - BOTTOM) * (v / high);
      const points = [...Array(n + 1).keys()].map((k) => `${x(k).toFixed(1)},${y(perWord(k)).toFixed(1)}`).join(" ");
      const label = (props, words) => svg("text", { "font-size": 13, fill: "currentColor", ...props }, words);
      const one = 1 <= high ? [svg("line", { x1: LEFT, x2: W - RIGHT, y1: y(1), y2: y(1), stroke: "var(--llm-rule)", "stroke-dasharray": "3 4" }), label({ x: LEFT - 6, y: y(1) + 4, "text-anchor": "end" }, "1")] : [];
      const picture = svg("svg", { viewBox: `0 0 ${W} ${H}`, role: "img", "aria-label": `Tokens por palavra: de ${fmtNumber(high, 2)} no começo a ${fmtNumber(perWord(n), 2)} depois de ${n} junções; agora, ${fmtNumber(perWord(step), 2)}.` },
        one, svg("line", { x1: LEFT, x2: W - RIGHT, y1: H - BOTTOM, y2: H - BOTTOM, stroke: "var(--llm-muted)" }),
        label({ x: LEFT - 6, y: y(high) + 8, "text-anchor": "end" }, fmtNumber(high, 1)), label({ x: LEFT, y: H - 6 }, "0"), label({ x: W - RIGHT, y: H - 6, "text-anchor": "end" }, `${fmtNumber(n)} ${n === 1 ? "junção" : "junções"}`),
        svg("polyline", { points, fill: "none", stroke: "var(--llm-prob)", "stroke-width": 2.5, "stroke-linejoin": "round" }),
        svg("circle", { cx: x(step), cy: y(perWord(step)), r: 6, fill: "var(--llm-prob)", stroke: "var(--llm-paper)", "stroke-width": 2 }),
        label({ x: Math.min(W - RIGHT - 30, x(step) + 10), y: Math.max(TOP + 12, y(perWord(step)) - 8), "font-weight": 600 }, fmtNumber(perWord(step), 2)));
      picture.addEventListener("click", (event) => {
        const box = picture.getBoundingClientRect(), at = ((event.clientX - box.left) / box.width) * W;
        stop();
        go(Math.round(((at - LEFT) / (W - LEFT - RIGHT)) * n));
      });
      curve.replaceChildren(h("p", { class: "bs-label" }, "Tokens por palavra, junção a junção"), picture);
    }

    // -- walking --
    function go(to) { step = Math.max(0, Math.min(steps.length, to)); draw(); }
    function stop() { clearTimeout(playing); playing = undefined; play.textContent = "Tocar"; }
    function run() {
      play.textContent = "Pausar";
      const tick = () => {
        if (!el.isConnected || step >= steps.length) return stop();
        go(step + 1);
        playing = setTimeout(tick, step < 12 ? 900 : 220);
      };
      playing = setTimeout(tick, 0);
    }

    const more = h("p", { class: "bs-label" }), examples = model.get("examples");
    build(el, null, [
      text, h("div", { class: "llm-under" }, size),
      examples.length > 0 && h("p", { class: "nt-examples", role: "group", "aria-label": "Textos para experimentar" }, h("span", {}, "Experimente"),
        examples.map(([label, each]) => h("button", { type: "button", class: "llm-link", onclick: () => { cutNote = ""; write(each); } }, label))),
      note,
      h("div", { class: "bs-controls" }, next, back, play, start),
      h("label", { class: "llm-range bs-slider" }, "Junções", slider, where),
      told, strip.el, more,
      h("div", { class: "bs-two" }, h("div", {}, pairsTitle, pairs), h("div", {}, listTitle, list)),
      curve, heard.el,
    ]);
    learn(model.get("step"));
    return () => { stop(); soon.cancel(); learning = -1; };
  },
};

// Bytes as a reader sees them: whole characters as they are, a part of one as ⟨C3⟩.
function showBytes(bytes) {
  let out = "";
  for (let i = 0; i < bytes.length;) {
    const b = bytes[i], n = b < 192 ? 1 : b < 224 ? 2 : b < 240 ? 3 : 4;
    try {
      out += new TextDecoder("utf-8", { fatal: true, ignoreBOM: true }).decode(Uint8Array.from(bytes.slice(i, i + n)));
      i += n;
    } catch {
      out += `⟨${bytes[i++].toString(16).toUpperCase().padStart(2, "0")}⟩`;
    }
  }
  return out.replace(/[\p{Cc}\p{Cf}\ufe0f]/gu, (c) => (c === "\n" || c === "\t" ? c : `⟨U+${c.codePointAt(0).toString(16).toUpperCase().padStart(4, "0")}⟩`)).replace(/^\p{M}/u, "◌$&");
}
