// TrainLM: the reader trains a small model and watches its loss and its text. The recorded run is drawn first; a press asks
// the host to train, which tells it by small events. A pause is a cancel: the host keeps the model, and goes on when asked.
const MOST = 400000; // characters of a pasted text that are kept; the host reads fewer
const TICKS = 4, WIDTHS = [50, 100, 200, 500, 1000, 2000, 5000, 10000, 20000];
const CHOICES = { layers: [1, 2, 3, 4], hidden_size: [32, 64, 96, 128], batch: [4, 8, 16, 32], context: [16, 32, 64, 128] };

export default {
  render({ model, el, host }) {
    const recording = model.get("recording"), slices = model.get("slices"), fixed = model.get("recipe"), own = model.get("text");
    const steps = model.get("steps"), id = freshId();
    const choice = { source: model.get("corpus") || "capítulo", ...fixed };
    let run = null; // {key, choice, ends, alive: what aborts it, reason}
    let shown = { ...recording, samples: [...recording.samples], validations: [...recording.validations], ends: recording.losses.length, recorded: true };
    let at = null; // the step whose text is shown; null: the last
    let frame = 0, opening = false, pastes = 0;

    // ---- what the reader sees
    const pill = statePill(el, host.compute && "aperte Treinar e o treino acontece aqui"), heard = announcer();
    const facts = h("p", { class: "llm-pill" });
    const sample = h("p", { class: "tlm-sample", dir: "auto", lang: "pt" }), when = h("span"), lost = h("span");
    const plot = svg("svg", { class: "tlm-plot", role: "img" });
    const time = h("input", { type: "range", min: "0", step: "1", "aria-label": "Momento do treino cujo texto é mostrado", oninput: () => { shown.asked = false; at = +time.value >= shown.samples.length - 1 ? null : +time.value; draw(); } });
    const button = (label, onclick, kind = "") => h("button", { type: "button", class: `llm-button ${kind}`, onclick }, label);
    const go = button("", () => (run?.alive ? pause() : train()), "llm-button-main tlm-go"), stopButton = button("Parar", stop);
    const progress = h("p", { class: "tlm-progress" });
    const notice = h("div", { class: "tlm-notice", role: "alert", hidden: true });
    const prompt = h("input", { type: "text", name: "prompt", maxlength: "200", "aria-label": "Começo de um texto, que o modelo treinado continua", placeholder: "Era uma vez", onkeydown: (event) => event.key === "Enter" && write() });
    const ask = h("div", { class: "tlm-ask", hidden: true }, prompt, button("Continuar o texto", write));

    // ---- choices
    const pick = (label, key, options) => h("label", { class: "llm-range" }, label,
      h("select", { name: key, onchange: (event) => { choice[key] = key === "source" ? event.target.value : +event.target.value; changed(); } },
        options.map(([value, text]) => h("option", { value, selected: String(value) === String(choice[key]) }, text))));
    const numbers = (key) => [...new Set([...CHOICES[key], fixed[key]])].sort((a, b) => a - b).map((n) => [n, n]);
    const rateOut = h("output"), rate = h("input", { type: "range", min: "-4", max: "0.5", step: "0.1", name: "learning_rate", value: String(Math.log10(choice.learning_rate)),
      oninput: () => { choice.learning_rate = rounded(10 ** rate.value); changed(); if (run) steer(); } });
    const seed = h("input", { type: "number", name: "seed", min: "0", max: "999999", value: String(choice.seed), onchange: () => { choice.seed = Math.max(0, Math.floor(+seed.value) || 0); changed(); } });
    const pasted = h("textarea", { class: "tlm-own", name: "own", hidden: true, spellcheck: false, placeholder: "Cole aqui pelo menos algumas páginas: uma música repetida, um conto, suas mensagens. O texto não sai do seu computador.", "aria-label": "Seu texto, para o modelo aprender", oninput: () => { if (pasted.value.length > MOST) pasted.value = pasted.value.slice(0, MOST); pastes += 1; changed(); } });
    const size = h("p", { class: "tlm-progress", hidden: true });
    const locked = h("fieldset", { class: "tlm-locked", style: "display: contents; border: 0" },
      pick("Texto", "source", [...(own ? [["capítulo", "o deste capítulo"]] : []), ...Object.entries(slices), ["seu", "um texto seu"]]),
      pick("Camadas", "layers", numbers("layers")), pick("Largura", "hidden_size", numbers("hidden_size")));
    const more = h("fieldset", { style: "display: contents; border: 0" }, pick("Janelas por passo", "batch", numbers("batch")),
      pick("Contexto", "context", numbers("context")), h("label", { class: "llm-range" }, "Semente", seed));

    // ---- numbers and drawing
    function rounded(x) { return Number(x.toPrecision(2)); }
    const short = (x) => (x == null || !Number.isFinite(x) ? "–" : fmtNumber(x, 2));
    const rateText = (x) => x.toLocaleString("pt-BR", { maximumFractionDigits: 5 });
    const speed = (x) => (x >= 950 ? `${fmtNumber(x / 1000)} mil` : fmtNumber(x));
    const finite = (list) => list.filter((x) => x != null && Number.isFinite(x));
    const recent = () => { const last = finite(shown.losses.slice(-20)); return last.length ? last.reduce((a, b) => a + b) / last.length : null; };

    function drawPlot() {
      const { start, losses, validations } = shown, width = Math.max(280, Math.round(plot.clientWidth || el.clientWidth || 640));
      const height = width < 480 ? 230 : 270, left = 26, right = width - 66, low = height - 26, done = losses.length;
      const ends = Math.max(done, Math.min(shown.ends, WIDTHS.find((n) => n > done) ?? shown.ends), 1); // the curve fills the plot as it grows
      const highest = [...finite(losses), ...finite(validations.map(([, loss]) => loss)), start.uniform].reduce((a, b) => Math.max(a, b)), top = Math.max(start.uniform * 1.08, Math.min(highest * 1.05, start.uniform * 3));
      const x = (step) => left + (right - left) * step / ends, y = (loss) => low - (low - 16) * Math.min(loss, top) / top;
      const line = (points) => points.map(([a, b], i) => `${i ? "L" : "M"}${a.toFixed(1)},${b.toFixed(1)}`).join("");
      const bucket = Math.max(1, Math.ceil(losses.length / 160)), means = [];
      for (let i = 0; i < losses.length; i += bucket) {
        const part = finite(losses.slice(i, i + bucket));
        if (part.length) means.push([i + part.length / 2, part.reduce((a, b) => a + b) / part.length]);
      }
      const smooth = means.map(([step], i) => { // mean of five neighbours
        const near = means.slice(Math.max(0, i - 2), i + 3);
        return [x(step), y(near.reduce((sum, [, loss]) => sum + loss, 0) / near.length)];
      });
      const held = validations.filter(([, loss]) => loss != null && Number.isFinite(loss));
      const labels = []; // at the right end: kept apart
      if (smooth.length > 2) labels.push([smooth.at(-1)[1], "treino", "tlm-train-name", recent()]);
      if (held.length) labels.push([y(held.at(-1)[1]), "prova", "tlm-valid-name", held.at(-1)[1]]);
      labels.sort((a, b) => a[0] - b[0]);
      if (labels.length === 2 && labels[1][0] - labels[0][0] < 30) {
        const middle = Math.min(low - 32, (labels[0][0] + labels[1][0]) / 2);
        [labels[0][0], labels[1][0]] = [middle - 15, middle + 15];
      }
      if (labels[0]?.[0] < 30) labels.forEach((label, i) => { label[0] = Math.max(label[0], 30 + 30 * i); });
      for (const label of labels) label[0] = Math.min(label[0], low - 14);
      const end = x(done), references = [[start.uniform, "às cegas"], [start.unigram, "contando letras"], [start.bigram, "contando pares"]];
      const step = stepShown(), unit = top > 12 ? 5 : 1;
      plot.setAttribute("viewBox", `0 0 ${width} ${height}`);
      plot.setAttribute("aria-label", `Perda por caractere ao longo de ${fmtNumber(losses.length)} passos. ${sentence()}`);
      plot.replaceChildren(
        ...Array.from({ length: Math.floor(top / unit) + 1 }, (_, i) => i * unit).flatMap((loss) => [
          svg("line", { class: loss ? "tlm-grid" : "tlm-axis", x1: left, x2: right, y1: y(loss), y2: y(loss) }),
          svg("text", { x: left - 6, y: y(loss) + 4, "text-anchor": "end" }, loss)]),
        ...Array.from({ length: TICKS + 1 }, (_, i) => Math.round(ends * i / TICKS)).map((n, i) =>
          svg("text", { x: x(n), y: height - 8, "text-anchor": i ? "middle" : "start" }, i === TICKS && width > 420 ? `${fmtNumber(n)} passos` : fmtNumber(n))),
        ...references.flatMap(([loss, name], i) => [
          svg("line", { class: "tlm-reference", x1: left, x2: right, y1: y(loss), y2: y(loss) }),
          references.slice(0, i).some(([other]) => Math.abs(y(other) - y(loss)) < 13) ? "" // no room for its name
            : svg("text", { class: "tlm-halo", x: right, y: y(loss) - 5, "text-anchor": "end" }, `${name} ${short(loss)}`)]),
        svg("path", { class: "tlm-raw", d: line(means.map(([n, loss]) => [x(n), y(loss)])) }),
        svg("path", { class: "tlm-train", d: line(smooth) }),
        svg("path", { class: "tlm-valid", d: line(held.map(([n, loss]) => [x(n), y(loss)])) }),
        ...held.slice(-40).map(([n, loss]) => svg("circle", { class: "tlm-dot", cx: x(n), cy: y(loss), r: 2.6 })),
        at == null ? "" : svg("line", { class: "tlm-cursor", x1: x(step), x2: x(step), y1: 12, y2: low }),
        ...labels.map(([place, name, kind, loss]) => svg("text", { class: `tlm-halo ${kind}`, x: Math.min(end, right) + 7, y: place - 2 }, name, svg("tspan", { x: Math.min(end, right) + 7, dy: 13 }, short(loss)))),
        svg("text", { x: 0, y: 9 }, "perda (nats por caractere)"));
    }
    const index = () => at ?? shown.samples.length - 1;
    const stepShown = () => shown.samples[index()]?.[0] ?? 0;
    const sentence = () => {
      const held = shown.validations.at(-1)?.[1];
      return `Perda no treino ${short(recent())}; na prova, ${short(held)}.`;
    };
    function draw() {
      frame = 0;
      const { start } = shown, running = !!run?.alive, [step, text] = shown.samples[index()] ?? [0, ""];
      const held = shown.validations.find(([n]) => n === step)?.[1];
      facts.textContent = `${fmtNumber(start.parameters)} parâmetros · ${fmtNumber(start.characters)} caracteres, ${fmtNumber(start.vocabulary)} diferentes · ${fmtNumber(start.held_out)} guardados para a prova`;
      if (!shown.asked) sample.textContent = text || "…";
      when.textContent = shown.asked ? "O modelo continua o seu começo" : step ? `O que ele escreve no passo ${fmtNumber(step)}` : "O que ele escreve antes de treinar";
      lost.textContent = shown.asked ? "" : `perda na prova ${short(held)}`;
      time.max = String(Math.max(0, shown.samples.length - 1));
      time.value = String(index());
      time.setAttribute("aria-valuetext", `passo ${step}`);
      time.disabled = shown.samples.length < 2;
      drawPlot();
      go.textContent = running ? "Pausar" : opening ? "Preparando…" : run && !differs() ? "Continuar" : "Treinar";
      go.disabled = opening || !host.compute;
      stopButton.disabled = !run;
      locked.disabled = more.disabled = pasted.disabled = running || opening;
      const done = shown.losses.length;
      progress.textContent = opening ? "preparando o texto e o modelo…" : run ? `passo ${fmtNumber(done)} de ${fmtNumber(shown.ends)}${shown.speed ? ` · ${speed(shown.speed)} caracteres por segundo` : ""}`
        : shown.recorded ? `gravação de ${fmtNumber(done)} passos` : `parado no passo ${fmtNumber(done)}`;
      rateOut.textContent = rateText(choice.learning_rate);
      rate.setAttribute("aria-valuetext", rateOut.textContent);
      pasted.hidden = size.hidden = choice.source !== "seu";
      size.textContent = pasted.value ? `${fmtNumber(pasted.value.length)} caracteres colados` : "O texto fica no seu computador: nada é enviado.";
      ask.hidden = !run || opening;
    }
    const soon = () => { frame ||= requestAnimationFrame(draw); };

    // ---- training
    const textOf = () => (choice.source === "seu" ? pasted.value : own);
    const params = () => { const { source, ...recipe } = choice; return source in slices ? { ...recipe, corpus: source } : { ...recipe, text: textOf() }; };
    const fingerprint = () => JSON.stringify({ ...choice, learning_rate: 0, pastes: choice.source === "seu" && pastes }); // not the text: it may be long
    const differs = () => run.made !== fingerprint();
    function changed() { if (!run?.alive) { say(); } soon(); }
    function say(...nodes) { notice.hidden = !nodes.length; notice.replaceChildren(...nodes); }

    async function train() {
      const fresh = !run || differs();
      say();
      at = null;
      if (fresh) { opening = true; pill.set("loading", "preparando o treino"); run = { key: id, made: fingerprint(), rate: choice.learning_rate }; }
      const mine = run, alive = mine.alive = new AbortController();
      const before = shown;
      soon();
      try {
        const asked = { run: mine.key, steps: fresh ? steps : Math.max(shown.ends - shown.losses.length, 0) || steps, every: model.get("every"), ...(fresh ? params() : { learning_rate: choice.learning_rate }) };
        if (!fresh && shown.losses.length >= shown.ends) shown.ends += steps;
        const result = await host.compute("train", asked, { signal: alive.signal, onEvent: (event) => run === mine && hear(event, fresh ? steps : shown.ends) });
        if (run !== mine) return;
        mine.alive = null;
        pill.set("live", host.where);
        if (result.reason === "diverged") { mine.made = ""; explain(result); } // nothing to go on from
        heard.say(result.reason === "length" ? `Fim: ${sentence()}` : "Treino em pausa.");
      } catch (error) {
        if (run !== mine) return;
        run = null;
        shown = before;
        settle();
        say(error.message);
      }
      opening = false;
      soon();
    }
    function hear(event, ends) {
      if (event.start) {
        opening = false;
        if (choice.learning_rate !== run.rate) steer();
        shown = { start: event.start, losses: [], validations: [], samples: [], speed: 0, ends };
        pill.set("live", host.where);
        if (event.start.cut) say(`O texto é longo: o modelo lê os primeiros ${fmtNumber(event.start.characters)} caracteres.`);
      } else {
        shown.losses.push(...event.losses);
        if (event.speed) shown.speed = event.speed;
        if (event.sample !== undefined) {
          shown.asked = false;
          const put = (list, value) => { if (list.at(-1)?.[0] === event.step) list.pop(); list.push([event.step, value]); };
          put(shown.validations, event.validation);
          put(shown.samples, event.sample);
          if (event.step % (8 * model.get("every")) === 0) heard.say(`Passo ${fmtNumber(event.step)}. ${sentence()}`);
        }
      }
      if (!el.isConnected) return pause();
      soon();
    }
    function explain({ step, learning_rate }) {
      const safe = Math.min(fixed.learning_rate, rounded(learning_rate / 10)), last = finite(shown.losses).at(-1);
      say(h("span", {}, `O treino divergiu no passo ${fmtNumber(step)}: a perda ${last == null ? "deixou de ser um número" : `foi a ${short(last)}, pior que tratar todos os caracteres como iguais (${short(shown.start.uniform)})`}. `,
        `Com taxa ${rateText(learning_rate)}, cada passo anda tanto que passa do ponto, e o seguinte parte de um lugar pior.`),
        button(`Recomeçar com taxa ${rateText(safe)}`, () => { choice.learning_rate = safe; rate.value = String(Math.log10(safe)); run = null; train(); }));
    }
    function pause() { run?.alive?.abort(); }
    function stop() {
      pause();
      run = null; // what still comes of it is not heard
      opening = false;
      say();
      settle();
      soon();
    }
    const settle = () => (shown.recorded ? pill.set("recorded") : pill.set("live", host.where));
    const steer = debounce(async () => {
      // while it opens there is nothing to steer: hear() sends what was chosen meanwhile
      try { if (run?.alive && !opening) await host.compute("adjust", { run: run.key, learning_rate: choice.learning_rate }); } catch (error) { say(error.message); }
    }, 60);
    async function write() {
      const mine = run;
      if (!mine) return;
      if (mine.alive) pause();
      try {
        const answer = await host.compute("write", { run: mine.key, prompt: prompt.value || prompt.placeholder, length: 220, temperature: 0.7, seed: mine.seed = (mine.seed ?? -1) + 1 });
        shown.asked = true;
        sample.replaceChildren(h("span", { class: "tlm-given" }, answer.prompt), answer.text);
        heard.say(`${answer.prompt}${answer.text}`);
      } catch (error) { say(error.message); }
      soon();
    }

    build(el, null, [
      h("div", { class: "llm-under" }, pill.el, facts),
      h("div", { class: "tlm-caption" }, when, lost), sample,
      h("div", { class: "tlm-controls" }, host.compute && [go, stopButton], progress),
      notice,
      plot, h("label", { class: "llm-range tlm-time" }, "Início", time, "agora"),
      h("p", { class: "tlm-progress" }, "Pontilhadas, as perdas de quem não treina: às cegas, todos os caracteres valem o mesmo; contando, vale o que foi frequente no texto."),
      host.compute && [
        ask,
        h("div", { class: "tlm-choices" }, locked, h("label", { class: "llm-range" }, "Taxa de aprendizado", rate, rateOut)),
        pasted, size,
        h("details", { class: "llm-details" }, h("summary", {}, "Janelas, contexto e semente"), h("div", { class: "tlm-choices" }, more)),
      ],
      heard.el,
    ]);
    draw();
    let wide = el.clientWidth;
    const resized = new ResizeObserver(() => { if (el.clientWidth !== wide) { wide = el.clientWidth; soon(); } });
    resized.observe(el);
    return () => { pause(); cancelAnimationFrame(frame); steer.cancel(); resized.disconnect(); };
  },
};
