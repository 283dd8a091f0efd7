// SamplingView: the distribution before and after every control, and texts made with the same controls.
// The rules are the engine's own, applied here to the recorded scores, so that a slider needs no model and no wait.
// uses engine: sampling
export default {
  render({ model, el, host }) {
    const MOST = 4096, MARKED = 0.0005, { mark, context, vocabulary } = Object.fromEntries(["mark", "context", "vocabulary"].map((name) => [name, model.get(name)]));
    const controls = model.get("controls"), systems = model.get("systems"), first = model.get("recording");
    const settings = { ...model.get("start") }, start = { ...settings, stop: [...settings.stop] };
    let { tokens, cut, written } = first, scores = scoresOf(first.entries, first.tail), chosen = controls[0], k = model.get("k"), now;

    // ---- the scores, in the order of the ids, those known only as a histogram after them
    function scoresOf(entries, tail) {
      const known = [...entries].sort((a, b) => a[0] - b[0]), logits = known.map((entry) => entry[2]);
      for (const [logit, count] of tail) for (let i = 0; i < count; i++) logits.push(logit);
      const before = LLM.softmax(logits), order = []; // what no control changes
      for (const each of LLM.descending(before)) if (order.push(each) >= 60) break;
      let bits = 0;
      for (const p of before) if (p > 0) bits -= p * Math.log2(p);
      return { known, logits, before, order, bits, place: new Map(known.map((entry, i) => [entry[0], i])) };
    }
    function scoresFrom(top, rest) {
      const missing = vocabulary - top.length, scale = top[0].logit - Math.log(top[0].p);
      return scoresOf(top.map((each) => [each.id, each.text, each.logit]), missing > 0 && rest > 0 ? [[scale + Math.log(rest / missing), missing]] : []);
    }
    const rules = () => { const { max_new_tokens, stop, ...rest } = settings; return rest; };
    const idsNow = () => [...(mark == null ? [] : [mark]), ...[...tokens, ...written].map((each) => each.id)];

    // Everything that a figure needs, from the scores and the settings: under a millisecond for 3 thousand tokens.
    function work() {
      const { logits, place, known, before, order } = scores, s = LLM.settings(rules());
      const places = (list) => list.map((id) => place.get(id)).filter((at) => at !== undefined);
      const made = places(written.map((each) => each.id)), ids = [...places(idsNow().slice(0, idsNow().length - written.length)), ...made];
      const p = (changes) => LLM.distribution(logits, ids, made.length, { ...s, ...changes });
      const after = p({});
      // A rule is to blame for a token if with that rule, and those before it alone, the token is gone. Rules after it that are
      // off change nothing.
      const noMin = s.min_p > 0 ? p({ min_p: 0 }) : after, noTop = s.top_p < 1 ? p({ top_p: 1, min_p: 0 }) : noMin;
      const gone = s.temperature < 1e-5 ? [["temperatura 0", after]] : [["top-k", noTop], ["top-p", noMin], ["min-p", after]];
      const blame = (at) => (after[at] > 0 ? "" : gone.find(([, left]) => left[at] === 0)[0]);
      const at = LLM.draw(after, LLM.uniform(s.seed, written.length));
      const counts = new Map();
      for (const each of [...tokens, ...written]) counts.set(each.id, (counts.get(each.id) ?? 0) + 1);
      let alive = 0, lost = 0, bits = 0;
      for (let i = 0; i < after.length; i++) {
        if (after[i] > 0) { alive += 1; bits -= after[i] * Math.log2(after[i]); } else lost += before[i];
      }
      return { before, after, blame, at, order, alive, lost, bits: [scores.bits, bits], counts, known, greedy: s.temperature < 1e-5 };
    }
    const itemAt = (at) => {
      const [id, text] = now.known[at] ?? [-1, "…"];
      return { id, text, p: now.before[at], q: now.after[at], at, cut: now.blame(at), count: now.counts.get(id) ?? 0, chosen: at === now.at };
    };

    // ---- what the reader sees
    const { text, write } = textField({ value: model.get("text"), label: "Texto que o modelo vai continuar", oninput: edited, readOnly: !host.compute });
    const pill = statePill(el, host.compute && "mova os controles ou mude o texto"), heard = announcer();
    const strip = tokenStrip({ label: "Texto, token por token" });
    const cutNote = h("p", { class: "sv-small", hidden: true });
    const said = h("p", { class: "llm-best" }), bars = tokenBars({ label: "Próximos tokens, antes e depois dos controles", onpick: host.compute && append });
    const pin = h("span", { class: "sv-pin" });
    const rulers = ["antes", "depois"].map((name, i) => ({ name, parts: [], line: h("div", { class: "sv-line" }, i === 1 && pin) }));
    const ruler = h("div", { class: "sv-ruler", "aria-hidden": "true" }, rulers.map(({ name, line }) => h("div", { class: "sv-pair" }, h("span", { class: "sv-side" }, name), line)));
    const strong = () => h("strong"), words = () => document.createTextNode("");
    const saying = [strong(), words(), strong(), "."], drawing = [words(), strong(), "."];
    said.append(...saying);
    const drawn = h("p", { class: "sv-small" }, drawing);
    const rows = h("tbody");
    const table = h("details", { class: "llm-details", ontoggle: drawTable }, h("summary", {}, "Ver em tabela"),
      h("table", {}, h("thead", {}, h("tr", {}, ["Token", "Antes", "Depois", "Cortado por", "Vezes no texto"].map((name) => h("th", { scope: "col" }, name)))), rows));
    const howMany = h("output", {}), barsRange = h("input", { type: "range", min: "5", max: "40", value: String(k), name: "bars", oninput: () => { k = +barsRange.value; draw(); } });

    // -- the controls: one chip each, and the panel of the one chosen
    const group = freshId();
    const chips = controls.map((control) => {
      const value = h("output", { class: "sv-value" });
      const radio = h("input", { type: "radio", name: group, value: control.name, checked: control === chosen, onchange: () => { chosen = control; drawPanel(); } });
      return { control, value, radio, el: h("label", { class: "sv-chip" }, radio, h("span", {}, control.label, " "), value) };
    });
    const chipBox = h("div", { class: "sv-chips", role: "radiogroup", "aria-label": "Controles" }, chips.map((chip) => chip.el));
    const slider = h("input", { type: "range", name: "value", min: "0", oninput: () => set(chosen.name, chosen.values[+slider.value]) });
    const shownValue = h("output", {}), sliderName = h("span", { class: "llm-unseen" });
    const sliderBox = h("label", { class: "llm-range sv-slider" }, sliderName, slider, shownValue);
    const off = h("button", { type: "button", class: "llm-link", onclick: () => { stopNote = ""; set(chosen.name, start[chosen.name]); } }, "Voltar ao início");
    const stopText = h("input", { type: "text", class: "sv-input", name: "stop", autocomplete: "off", spellcheck: false, "aria-label": "Nova sequência de parada", onkeydown: (event) => { if (event.key === "Enter") { event.preventDefault(); addStop(stopText.value); } } });
    const stopList = h("ul", { class: "sv-stops", "aria-label": "Sequências de parada" });
    const button = (label, onclick, more = {}) => h("button", { type: "button", class: "llm-button", onclick, ...more }, label);
    const stopBox = h("div", { class: "sv-stopbox" }, stopText, button("Acrescentar", () => addStop(stopText.value)),
      [[".", "ponto"], ["\n", "quebra de linha"], [" e", "“ e”"]].map(([each, label]) => h("button", { type: "button", class: "llm-link", onclick: () => addStop(each) }, label)), stopList);
    const when = h("p", { class: "sv-when" }), note = h("p", { class: "sv-note", "aria-live": "polite" }), names = h("p", { class: "sv-names" });
    const panel = h("div", { class: "sv-panel" }, h("div", { class: "sv-set" }, sliderBox, stopBox, off), note, when, names);

    // -- texts
    const count = h("output", {}), howManyTexts = h("input", { type: "range", name: "texts", min: "1", max: "10", value: String(model.get("samples") || 1), oninput: () => { drawTexts(); textsSoon(); } });
    const list = h("ol", { class: "sv-texts", "aria-label": "Textos gerados com estes controles" }), variety = h("p", { class: "sv-small" });
    let texts = first.texts.map((each) => ({ ...each, recorded: true })), stale = false, empty = false;
    const lines = new WeakMap(); // text -> its line in the list

    function fit(name, value) {
      if (name === "stop") return value.length ? value.map((each) => `“${each.replace(/\n/g, "↵")}”`).join(" ") : "nenhuma";
      if (name === "max_new_tokens") return value === 1 ? "1 token" : `${fmtNumber(value)} tokens`;
      const { off: usual } = controls.find((each) => each.name === name);
      if (value === usual && name !== "temperature" && name !== "seed") return "desligado";
      const digits = Number.isInteger(value) ? 0 : Number.isInteger(Math.round(value * 1e6) / 1e5) ? 1 : 2;
      return (value < 0 ? "−" : "") + fmtNumber(Math.abs(value), digits);
    }
    function noteOf({ name, notes }) {
      const value = settings[name];
      if (name === "stop") return stopNote;
      if (name === "seed") return now.greedy ? "Com temperatura 0 não há sorteio: a semente não muda nada." : `O passo ${written.length + 1} com esta semente sorteia ${fmtNumber(LLM.uniform(value, written.length), 3)}.`;
      const room = context && context - idsNow().length + 1;
      if (name === "max_new_tokens" && context && value > room) return `O modelo enxerga ${fmtNumber(context)} tokens e o texto já ocupa ${fmtNumber(idsNow().length)}: só cabem ${fmtNumber(Math.max(0, room))}, e ali ele para, peça quanto pedir.`;
      if (/penalty/.test(name) && name !== "repetition_penalty" && value && !written.length) return "Nada foi gerado ainda, e esta penalidade só conta o que o modelo gerou: dê alguns passos.";
      const test = { "=": (x) => value === x, "<": (x) => value < x, ">": (x) => value > x };
      return notes.find(([sign, limit]) => test[sign](limit))?.[2] ?? "";
    }
    let stopNote = "";
    function addStop(raw) {
      const each = raw.replace(/\\n/g, "\n").replace(/\\t/g, "\t");
      if (!each) stopNote = "Uma sequência vazia está em todo lugar e pararia o texto antes da primeira letra: é ignorada.";
      else if (settings.stop.includes(each)) stopNote = "Essa já está na lista.";
      else if (settings.stop.length >= 4) stopNote = "Quatro é o máximo da API da OpenAI, e o daqui: tire uma antes.";
      else {
        stopNote = "";
        stopText.value = "";
        return set("stop", [...settings.stop, each]);
      }
      drawPanel();
    }
    const redraw = oncePerFrame(() => {
      draw();
      drawPanel();
      textsSoon();
      heard.say(said.textContent);
    });
    function set(name, value) {
      settings[name] = value;
      now = work();
      redraw();
    }
    let panelOf, stopsOf;
    function drawPanel() {
      const isStop = chosen.name === "stop";
      sliderBox.hidden = isStop;
      stopBox.hidden = !isStop;
      if (!isStop) {
        let at = chosen.values.indexOf(settings[chosen.name]);
        if (at < 0) chosen = { ...chosen, values: [...chosen.values, settings[chosen.name]].sort((a, b) => a - b) }, at = chosen.values.indexOf(settings[chosen.name]);
        slider.max = String(chosen.values.length - 1);
        slider.value = String(at);
        setText(shownValue, fit(chosen.name, settings[chosen.name]));
        slider.setAttribute("aria-valuetext", shownValue.textContent);
      }
      off.hidden = JSON.stringify(settings[chosen.name]) === JSON.stringify(start[chosen.name]);
      if (stopsOf !== settings.stop) stopList.replaceChildren(...(stopsOf = settings.stop).map((each) => h("li", {}, h("button", { type: "button", class: "sv-stop", "aria-label": `Tirar ${spoken(each)}`, onclick: () => { stopNote = ""; set("stop", settings.stop.filter((other) => other !== each)); } }, tokenNodes(each), " ×"))));
      setText(note, noteOf(chosen));
      note.hidden = !note.textContent;
      if (panelOf !== chosen.name) {
        panelOf = chosen.name;
        sliderName.textContent = chosen.label;
        when.textContent = chosen.when;
        names.replaceChildren(...chosen.names.flatMap((name, i) => [i ? " · " : "", `${systems[i]}: `, name === "—" ? "não tem" : h("code", {}, name)]));
      }
      for (const chip of chips) {
        setText(chip.value, fit(chip.control.name, settings[chip.control.name]));
        chip.el.classList.toggle("sv-moved", JSON.stringify(settings[chip.control.name]) !== JSON.stringify(chip.control.name === "stop" ? [] : chip.control.off));
      }
    }
    function drawTable() {
      if (table.open) rows.replaceChildren(...now.order.slice(0, k).map(itemAt).map((item) => h("tr", {},
        h("td", {}, tokenNodes(item.text)), h("td", {}, fmtPercent(item.p)), h("td", {}, fmtPercent(item.q)), h("td", {}, item.cut || "–"), h("td", {}, String(item.count)))));
    }
    // Two lines from 0 to 1: the model's shares, what will be cut last and hatched; and the shares of the draw, under its pin.
    function drawRuler(listed) {
      const sum = (list, key) => list.reduce((total, item) => total + item[key], 0);
      const kept = listed.filter((item) => !item.cut), cut = listed.filter((item) => item.cut);
      const others = (name, p, more = {}) => ({ text: name, p, q: p, ...more });
      const before = [...kept, others("outros", 1 - now.lost - sum(kept, "p")), ...cut, others("outros", now.lost - sum(cut, "p"), { cut: "sim" })];
      const after = [...kept].sort((a, b) => b.q - a.q || a.at - b.at);
      after.push(others("outros", 1 - sum(after, "q")));
      // The spans stay from one move to the next, and those not needed now are hidden.
      const lay = ({ line, parts }, list, key, look) => {
        let from = 0, used = 0;
        for (const item of list) {
          if (!(item[key] > 0.0008)) continue;
          const part = (parts[used] ??= { el: line.insertBefore(h("span"), line === pin.parentNode ? pin : null) }), named = item[key] > 0.09;
          const kind = `sv-part ${look(item)}`, text = named ? `${item.id} ${item.text}` : "";
          if (part.kind !== kind) part.el.className = part.kind = kind;
          if (part.text !== text) part.el.replaceChildren(...(named ? (item.id === undefined ? [item.text] : tokenNodes(item.text)) : [])), part.text = text;
          part.el.style.left = `${100 * from}%`;
          part.el.style.width = `${100 * item[key]}%`;
          from += item[key];
          used += 1;
        }
        parts.forEach((part, i) => { part.el.hidden = i >= used; });
      };
      lay(rulers[0], before, "p", (item) => (item.cut ? "sv-lost" : item.id === undefined ? "sv-rest" : ""));
      lay(rulers[1], after, "q", (item) => (item.chosen ? "sv-hit" : item.id === undefined ? "sv-rest" : ""));
      pin.hidden = now.greedy;
      pin.style.setProperty("--from", LLM.uniform(settings.seed, written.length));
    }
    function draw() {
      const listed = now.order.map(itemAt), items = listed.slice(0, k), one = itemAt(now.at);
      if (!items.some((item) => item.chosen) && one.id >= 0) items.push(one);
      const sum = (key) => items.reduce((total, item) => total + item[key], 0);
      const others = now.after.length - items.length, othersAlive = now.alive - items.filter((item) => item.q > 0).length;
      for (const item of items) {
        const moved = Math.abs(item.q - item.p) >= MARKED, times = item.count > 1 ? ` · ${item.count}× no texto` : item.count ? " · já no texto" : "";
        item.note = (item.cut ? `cortado: ${item.cut}` : fmtPercent(item.q)) + (moved ? ` (era ${fmtPercent(item.p)})` : "") + times;
      }
      const left = Math.max(0, 1 - sum("q"));
      bars.draw({ items, rest: left, least: MARKED, restNote: `${fmtPercent(left)} em ${fmtNumber(othersAlive)} de ${fmtNumber(others)} (eram ${fmtPercent(Math.max(0, 1 - sum("p")))})` });
      items.forEach((item, i) => bars.el.children[i].classList.toggle("sv-cut", !!item.cut));
      setText(howMany, String(k));
      const some = now.alive < now.after.length, write = (nodes, texts) => texts.forEach((text, i) => setText(nodes[i], text));
      write(saying, [some ? `${fmtNumber(now.alive)} de ${fmtNumber(now.after.length)}` : "",
        (some ? ` tokens continuam no sorteio; os cortados somavam ${fmtPercent(now.lost)}. ` : `Nenhum token cortado: ${fmtNumber(now.alive)} no sorteio. `) + `Dúvida: ${fmtNumber(now.bits[0], 1)} bits antes, `,
        `${fmtNumber(Math.max(0, now.bits[1]), 1)} depois`]);
      write(drawing, [now.greedy ? "Sem sorteio: sai " : `O sorteio deu ${fmtNumber(LLM.uniform(settings.seed, written.length), 2)}: cai em `, one.id < 0 ? "um dos outros" : spoken(one.text)]);
      drawRuler(listed);
      drawTable();
      stepButton.disabled = ended() || one.id < 0 && !host.compute;
      undoButton.disabled = !written.length;
    }
    function drawText() {
      strip.draw([...tokens, ...written]);
      cutNote.hidden = !cut;
      cutNote.textContent = cut ? `O texto não cabe inteiro no contexto: ${fmtNumber(cut)} tokens do começo ficaram de fora.` : "";
    }

    // ---- asking for the next distribution
    const ask = latest(host, pill), ended = () => written.at(-1)?.text === "<|endoftext|>";
    async function look(what) {
      const answer = await ask("next", { ...what, k: MOST, generated: written.length });
      if (!answer) return false;
      if (what.text !== undefined) ({ tokens, cut } = answer);
      scores = scoresFrom(answer.top, answer.rest);
      now = work();
      drawText();
      draw();
      drawPanel();
      textsSoon();
      heard.say(said.textContent);
      return true;
    }
    const again = () => look({ ids: [...tokens, ...written].map((each) => each.id) });
    async function append(item) {
      if (item.id < 0 || ended()) return;
      const old = written;
      written = [...written, { id: item.id, text: item.text, p: item.p }];
      drawText();
      if (!ended() && !(await again()) && el.closest(".llm-widget")?.dataset.state === "error") { written = old; drawText(); }
      else if (ended()) { now = work(); draw(); heard.say("O modelo encerrou o texto."); }
    }
    const step = () => append(itemAt(now.at)), undo = () => { written = written.slice(0, -1); drawText(); again(); };
    const stepButton = button("Passo", step), undoButton = button("Desfazer", undo);
    const freshSeed = button("Sortear de novo", () => { settings.seed += 1; set("seed", settings.seed); });
    const soon = debounce(() => look({ text: text.value }), 40);
    function edited() { written = []; soon(); }

    // ---- texts with the same controls: recorded first, made again when a control moves
    const reasons = {
      stop: () => "parou na sequência de parada", length: () => `parou no limite de ${fit("max_new_tokens", settings.max_new_tokens)}`,
      eos: () => "o modelo encerrou o texto", context: () => `o contexto de ${fmtNumber(context)} tokens acabou`, cancelled: () => "interrompido",
    };
    function drawTexts() {
      const want = model.get("samples") ? +howManyTexts.value : 0;
      count.textContent = want;
      const none = !settings.max_new_tokens;
      setChildren(list, (none ? [] : texts.slice(0, want)).map((each) => {
        if (!lines.has(each)) {
          const strip = tokenStrip({ label: "Texto gerado", last: 60 }), end = h("p", { class: "sv-small" });
          lines.set(each, { strip, end, el: h("li", {}, strip.el, end) });
        }
        const line = lines.get(each);
        line.strip.draw(each.tokens);
        let at = 0;
        const nodes = [...line.strip.el.querySelectorAll(".llm-token")], skipped = each.tokens.length - nodes.length;
        each.tokens.forEach((token, i) => {
          nodes[i - skipped]?.classList.toggle("sv-gone", each.reason === "stop" && at >= each.text.length);
          at += token.text.length;
        });
        setText(line.end, each.reason ? reasons[each.reason]() : "escrevendo…");
        return line.el;
      }));
      const done = texts.slice(0, want).filter((each) => each.reason && each.text.trim());
      const pairs = done.flatMap((each) => { const words = each.text.toLowerCase().match(/[\p{L}\p{N}-]+/gu) ?? []; return words.slice(1).map((word, i) => `${words[i]} ${word}`); });
      variety.textContent = none ? "Com tamanho 0 nada é escrito, e o modelo nem é chamado." : done.length < 2 ? "" :
        `${fmtNumber(new Set(done.map((each) => each.text)).size)} textos diferentes em ${fmtNumber(done.length)}${pairs.length ? `; de cada 100 pares de palavras, ${fmtNumber((100 * new Set(pairs).size) / pairs.length)} são diferentes` : ""}.`;
      list.classList.toggle("llm-wait", stale);
      empty = none;
    }
    let turn = 0, controller, painting = 0;
    const paint = () => { painting ||= requestAnimationFrame(() => { painting = 0; drawTexts(); }); };
    async function generate() {
      if (!model.get("samples") || !host.compute) return;
      const mine = ++turn, want = +howManyTexts.value, { max_new_tokens, stop } = settings, seed = settings.seed;
      controller?.abort();
      controller = new AbortController();
      stale = false;
      texts = [];
      if (!max_new_tokens || ended()) return drawTexts();
      const before = written.map((each) => each.text).join("").length, ids = tokens.map((each) => each.id);
      for (let i = 0; i < want && mine === turn; i++) {
        const fresh = { tokens: [], text: "", reason: "" };
        texts.push(fresh);
        try {
          const result = await host.compute("generate", { ids, max_new_tokens, stop, sampling: { ...rules(), seed: seed + i }, ...(written.length && { written: written.map((each) => each.id) }) }, {
            signal: controller.signal,
            onEvent: ({ token }) => { if (mine === turn) { fresh.tokens.push(token); paint(); } },
          });
          if (mine !== turn) return;
          fresh.text = result.text.slice(before);
          fresh.reason = result.reason;
        } catch (error) {
          if (mine === turn) { texts.pop(); pill.set("error", error.message); }
          break;
        }
        pill.set("live", host.where);
        drawTexts();
      }
    }
    const later = debounce(generate, 250);
    function textsSoon() {
      if (!model.get("samples")) return;
      stale = true;
      if (!settings.max_new_tokens !== empty) drawTexts();
      list.classList.add("llm-wait");
      if (host.compute) later();
      else variety.textContent = "Estes textos são os gravados, com os controles do início: aqui não há modelo que escreva outros.";
    }

    const examples = host.compute ? model.get("examples") : [];
    build(el, null, [
      text, h("div", { class: "llm-under" }, pill.el),
      examples.length > 0 && h("p", { class: "sv-examples", role: "group", "aria-label": "Textos para experimentar" }, h("span", {}, "Experimente"),
        examples.map((each) => h("button", { type: "button", class: "llm-link", onclick: () => write(each) }, each.replace(/\n/g, " ↵ ")))),
      controls.length > 1 && chipBox, panel,
      said, bars.el, ruler, h("div", { class: "sv-do" }, drawn, host.compute && [stepButton, undoButton, freshSeed]),
      strip.el, cutNote,
      h("div", { class: "llm-foot" }, h("label", { class: "llm-range" }, "Barras", barsRange, howMany), table),
      h("p", { class: "sv-key" }, "Barra cheia: a chance no sorteio. Barra clara: a probabilidade que o modelo deu. Listrada: cortada."),
      model.get("samples") > 0 && h("div", { class: "sv-make" }, h("p", { class: "sv-head" }, h("label", { class: "llm-range" }, "Textos com estes controles", howManyTexts, count)), list, variety),
      heard.el,
    ]);
    now = work();
    drawText();
    draw();
    drawPanel();
    drawTexts();
    return () => { soon.cancel(); later.cancel(); heard.say.cancel(); controller?.abort(); turn += 1; };
  },
};
