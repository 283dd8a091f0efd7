// Word trainer: word vectors are learned while one watches. Left, words of a few groups on the plane in which they differ most;
// right, the nearest neighbours of some words. The recorded run is drawn first; a press asks the host to train. A pause is a
// cancel: the host keeps the vectors, and goes on when asked.
// uses part: embedding_map.plot
// uses part: embedding_map.space
// uses style: embedding_map
const LEAST_SCORE = 24; // words on the plane, for a score to be told
export default {
  render({ model, el, host }) {
    const groups = model.get("groups"), recording = model.get("recording"), names = Object.keys(groups), own = model.get("text");
    const recipe = { ...model.get("recipe") }, groupOf = new Map(names.flatMap((name, g) => groups[name].map((word) => [word, g])));
    const id = freshId();
    let watch = [...model.get("watch")], source = model.get("corpus") || "capítulo", run = null, at = null; // at: the moment shown; null: the last
    let shown = { ...recording, moments: [...recording.moments], recorded: true }, plot = null, plotted = "", alive = null;

    // ---- what is seen
    const pill = statePill(el, host.compute && "aperte Treinar e o treino acontece aqui"), heard = announcer();
    const stage = h("div", { class: "wt-stage" }), lists = h("div", { class: "wt-lists" }), said = h("p", { class: "em-said" }), notice = h("p", { class: "em-hint", role: "alert", hidden: true });
    const curve = svg("svg", { class: "wt-curve", role: "img" });
    const go = h("button", { type: "button", class: "llm-button llm-button-main", onclick: () => (alive ? alive.abort() : train()) }), again = h("button", { type: "button", class: "llm-button", onclick: restart, hidden: true }, "Recomeçar");
    const time = h("input", { type: "range", min: "0", step: "1", "aria-label": "Momento do treino que é mostrado", oninput: () => { at = +time.value >= shown.moments.length - 1 ? null : +time.value; draw(); } });
    const legend = h("div", { class: "em-legend" }, names.map((name, g) => h("span", { class: "wt-key", "--tone": plotTone(g) }, plotSign(g), name)));
    const watched = h("input", { type: "text", class: "em-word", value: watch.join(", "), "aria-label": "Palavras a seguir, até três", autocomplete: "off", autocapitalize: "off", spellcheck: false, onchange: follow });

    // ---- choices
    const CHOICES = { window: [1, 2, 3, 5, 8], epochs: [1, 3, 6, 12, 24], size: [2, 8, 16, 48, 96], rate: [0.01, 0.05, 0.2, 1] };
    const pick = (label, key, options) => h("label", { class: "llm-range" }, label, h("select", { name: key, onchange: (event) => { key === "source" ? (source = event.target.value) : (recipe[key] = +event.target.value); changed(); } },
      options.map(([value, text]) => h("option", { value, selected: String(value) === String(key === "source" ? source : recipe[key]) }, text))));
    const numbers = (key) => [...new Set([...CHOICES[key], recipe[key]])].sort((a, b) => a - b).map((n) => [n, n.toLocaleString("pt-BR")]);
    const seed = h("input", { type: "number", name: "seed", min: "0", max: "999999", value: String(recipe.seed), onchange: () => { recipe.seed = Math.min(999999, Math.max(0, Math.floor(+seed.value) || 0)); changed(); } });
    const pasted = h("textarea", { class: "wt-own", name: "own", hidden: true, spellcheck: false, placeholder: "Cole aqui muitas páginas: um romance, suas mensagens. O texto não sai do seu computador.", "aria-label": "Seu texto", oninput: changed });
    const options = h("fieldset", { class: "wt-options" }, pick("Janela", "window", numbers("window")), pick("Leituras", "epochs", numbers("epochs")), pick("Números por palavra", "size", numbers("size")), pick("Passo", "rate", numbers("rate")),
      h("label", { class: "llm-range" }, "Semente", seed), pick("Texto", "source", [...(own ? [["capítulo", "o deste capítulo"]] : []), ["prosa", "a prosa do curso"], ["seu", "um texto seu"]]));
    function changed() {
      pasted.hidden = source !== "seu";
      if (!alive) { run = null; draw(); }
    }

    // ---- training
    const newRun = () => ({ moments: [], shown: [], start: null });
    const complain = (text) => { notice.hidden = !text; setText(notice, text); };
    async function train() {
      complain("");
      const fresh = !run, text = source === "seu" ? pasted.value : own;
      if (fresh) { run = newRun(); at = null; shown = run; again.hidden = true; }
      const params = { run: id, watch, groups, moments: 60, ...(fresh && { ...recipe, ...(source === "prosa" ? { corpus: "prosa" } : { text }) }) };
      const mine = (alive = new AbortController()), now = run;
      options.disabled = pasted.disabled = true;
      pill.set("loading", fresh ? "preparando o texto…" : "treinando…");
      draw();
      try {
        const end = await host.compute("learn_words", params, { signal: mine.signal, onEvent: (event) => told(now, event) });
        now.reason = end.reason;
        pill.set("live", end.reason === "cancelled" ? "em pausa" : host.where);
      } catch (error) {
        if (!now.moments.length) { run = null; shown = { ...recording, moments: [...recording.moments], recorded: true }; }
        complain(error.message);
        pill.set("error", "");
      }
      alive = null;
      options.disabled = pasted.disabled = false;
      again.hidden = !run;
      draw();
    }
    function told(now, event) {
      if (event.start) { now.start = event.start; return pill.set("loading", "treinando…"); }
      now.shown = event.shown;
      now.moments.push(event);
      if (now === shown) soon();
    }
    function restart() { run = null; train(); }
    async function follow() {
      const words = [...new Set(watched.value.normalize("NFC").toLowerCase().split(/[\s,;]+/).filter(Boolean))].slice(0, 3);
      if (!words.length) return;
      watch = words;
      if (run && run === shown && run.moments.length) {
        try {
          const look = await host.compute("look_words", { run: id, watch, groups });
          Object.assign(run.moments.at(-1), { near: look.near });
        } catch (error) { complain(error.message); }
      }
      draw();
    }

    // ---- drawing
    const current = () => shown.moments[at ?? shown.moments.length - 1];
    function draw() {
      const moment = current(), over = run?.reason === "length";
      setText(go, alive ? "Pausar" : run && !over ? "Continuar" : "Treinar");
      go.hidden = !host.compute;
      go.disabled = over && !alive;
      time.max = Math.max(0, shown.moments.length - 1);
      time.value = at ?? time.max;
      if (!moment) return;
      drawPlane(moment);
      drawLists(moment);
      drawCurve();
      const few = shown.shown.length < LEAST_SCORE;
      setText(said, `${fmtPercent(moment.done)} do treino, ${fmtCount(moment.pairs, "pares")}${moment.speed ? `, ${fmtCount(moment.speed)} por segundo` : ""}. ${few ? "O texto tem poucas palavras dos grupos: não há placar."
        : `De ${fmtNumber(shown.shown.length)} palavras dos grupos, ${fmtPercent(moment.score)} têm por vizinha mais próxima uma do próprio grupo.`}`);
      if (!alive) heard.say(said.textContent);
    }
    const soon = oncePerFrame(draw);
    function drawPlane(moment) {
      const key = shown.shown.join(" ");
      if (!plot || plotted !== key) {
        plot?.close();
        const ids = names.map((name, g) => ({ name, ids: [...shown.shown.keys()].filter((i) => groupOf.get(shown.shown[i]) === g) }));
        plot = wordPlot({ words: shown.shown, groups: ids, label: "Palavras dos grupos no plano em que mais diferem. Setas andam de palavra em palavra.", onpick: (i) => { watched.value = shown.shown[i]; follow(); plot.mark({ pinned: i }); } });
        plotted = key;
        stage.replaceChildren(plot.el);
      }
      if (!moment.points.length) return;
      plot.go(Float32Array.from(moment.points.flat()));
      const pinned = shown.shown.indexOf(watch[0]);
      plot.mark({ pinned: pinned < 0 ? null : pinned });
    }
    function drawLists(moment) {
      lists.replaceChildren(...watch.map((word) => {
        const near = moment.near?.[word];
        return h("div", {}, h("p", { class: "em-side" }, `Perto de “${word}”`), near?.length ? h("ol", { class: "wt-near" }, near.map(([other, cosine]) => {
          const g = groupOf.get(other) ?? -1;
          return h("li", { "--tone": plotTone(g), "--w": Math.max(0, cosine).toFixed(2) }, plotSign(g), h("span", {}, other), h("span", { class: "wt-cosine" }, fmtNumber(cosine, 2)));
        })) : h("p", { class: "em-hint" }, near === null ? "O texto não tem esta palavra vezes bastantes." : "Treine para ver os vizinhos desta palavra."));
      }));
    }
    // Two lines on one time: the share with a neighbour of its own group, and the loss.
    function drawCurve() {
      const width = Math.max(260, el.clientWidth || 640), height = 110, moments = shown.moments, x = (m) => 4 + (width - 92) * m.done;
      const losses = moments.filter((m) => m.loss != null), top = Math.max(...losses.map((m) => m.loss), 0.1), y = (v) => height - 18 - (height - 30) * v;
      const path = (list, value) => list.map((m, i) => `${i ? "L" : "M"}${x(m).toFixed(1)},${y(value(m)).toFixed(1)}`).join(""), now = current(), end = (list, value, text, cls) => list.length && svg("text", { class: cls, x: x(list.at(-1)) + 6, y: y(value(list.at(-1))) + 4 }, text);
      const share = (m) => m.score ?? 0, loss = (m) => m.loss / top, shareEnd = y(share(moments.at(-1)));
      let lossEnd = losses.length && y(loss(losses.at(-1))); // where the two lines end together, the name of one moves aside
      if (Math.abs(lossEnd - shareEnd) < 13) lossEnd = shareEnd + (lossEnd >= shareEnd || shareEnd < 26 ? 13 : -13);
      curve.setAttribute("viewBox", `0 0 ${width} ${height}`);
      curve.setAttribute("aria-label", `Ao longo do treino, vizinhos do mesmo grupo: de ${fmtPercent(share(moments[0]))} a ${fmtPercent(share(moments.at(-1)))}.`);
      curve.replaceChildren(...[svg("line", { class: "wt-axis", x1: 4, x2: width - 88, y1: y(0), y2: y(0) }), svg("path", { class: "wt-loss", d: path(losses, loss) }), svg("path", { class: "wt-share", d: path(moments, share) }),
        end(moments, share, "mesmo grupo", "wt-share-name"), losses.length && svg("text", { class: "wt-loss-name", x: x(losses.at(-1)) + 6, y: lossEnd + 4 }, "perda"), svg("circle", { class: "wt-now", cx: x(now), cy: y(share(now)), r: 4 }), svg("text", { class: "wt-time", x: 4, y: height - 3 }, "início"), svg("text", { class: "wt-time", x: width - 88, y: height - 3, "text-anchor": "end" }, "fim do treino")].filter(Boolean));
    }

    build(el, null, [
      h("div", { class: "wt-top" }, go, again, h("label", { class: "llm-range" }, "Momento", time), h("label", { class: "llm-range" }, "Seguir", watched)), notice,
      h("div", { class: "wt-both" }, h("div", {}, stage, legend), lists), curve, said,
      h("div", { class: "llm-foot" }, pill.el, host.compute && h("details", { class: "llm-details" }, h("summary", {}, "Mudar o treino"), options, pasted)), heard.el,
    ]);
    draw();
    return () => { alive?.abort(); plot?.close(); heard.say.cancel(); };
  },
};
