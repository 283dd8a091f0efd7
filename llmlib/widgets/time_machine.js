// TimeMachine: one slider over the checkpoints of a training. Recorded for the first text; for another text the host
// loads the checkpoint that the slider stands on, and what it answered is kept, so that going back is immediate.
export default {
  render({ model, el, host }) {
    const MOST = 24, LEVELS = "0123456789ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz+-";
    const moments = model.get("moments"), words = model.get("words"), [layers, heads] = model.get("shape");
    const name = model.get("model_name"), sampling = model.get("sampling"), length = model.get("length");
    const groups = [...new Set(words.map((word) => word.group))];
    let [layer, head] = model.get("start"), at = moments.length - 1, ticket = 0, timer;
    let answers = new Map(); // moment -> {tokens, bits, written, weight(l, h, t, j)} of the present text

    // -- what was recorded --
    const recordedTokens = model.get("tokens");
    function recorded(moment) {
      const T = Math.min(MOST, recordedTokens.length), one = (T * (T + 1)) / 2;
      const weight = (l, h, t, j) => LEVELS.indexOf(moment.attention[(l * heads + h) * one + (t * (t + 1)) / 2 + j]) / 63;
      return { tokens: recordedTokens, bits: moment.bits, written: moment.written, weight, T };
    }
    const recall = () => { answers = new Map(moments.map((moment, i) => [i, recorded(moment)])); };

    // -- live --
    const { text } = textField({ value: model.get("text"), label: "Texto que o modelo de cada momento vai continuar", oninput: edited, readOnly: !host.compute });
    const pill = statePill(el, host.compute && "mude o texto e o modelo daquele momento responde"), heard = announcer();
    // logits (T, V) -> bits of each token after the first
    function surprises(logits, ids) {
      const V = logits.length / ids.length;
      return ids.slice(1).map((next, t) => {
        const row = logits.subarray(t * V, (t + 1) * V);
        let top = -Infinity, sum = 0;
        for (const v of row) if (v > top) top = v;
        for (const v of row) sum += Math.exp(v - top);
        return (top + Math.log(sum) - row[next]) / Math.LN2;
      });
    }
    let flying = ""; // the question on its way, so that it is not asked twice
    async function ask(i) {
      const question = `${i} ${text.value}`;
      soon.cancel();
      if (flying === question) return;
      flying = question;
      const mine = ++ticket, now = { model: `${name}@${moments[i].name}`, text: text.value };
      const slow = setTimeout(() => { if (mine === ticket) pill.set("loading"); }, 80);
      try {
        const trace = await host.compute("trace", now), written = [];
        if (mine !== ticket) return;
        await host.compute("generate", { ...now, max_new_tokens: length, sampling }, { onEvent: (event) => written.push(event.token) });
        if (mine !== ticket) return;
        const full = trace.tokens.length, T = Math.min(MOST, full), { attentions } = trace;
        const kept = new Float32Array(layers * heads * T * T); // what is drawn: a long text's maps are large
        for (let map = 0; map < layers * heads; map++) for (let t = 0; t < T; t++) for (let j = 0; j <= t; j++)
          kept[(map * T + t) * T + j] = attentions[(map * full + t) * full + j];
        answers.set(i, {
          tokens: trace.tokens, written, T, bits: surprises(Float32Array.from(trace.logits), trace.tokens.map((token) => token.id)),
          weight: (l, h, t, j) => kept[((l * heads + h) * T + t) * T + j],
        });
        pill.set("live", host.where);
        draw();
      } catch (error) {
        if (mine === ticket) pill.set("error", error.message);
      } finally {
        clearTimeout(slow);
        if (flying === question) flying = "";
      }
    }
    const soon = debounce(() => ask(at), 250);
    function edited() {
      stop();
      ticket += 1;
      flying = "";
      if (text.value === model.get("text")) { recall(); pill.set("recorded"); draw(); return; }
      answers = new Map();
      draw();
      soon();
    }

    // -- the slider --
    const when = h("output", {});
    const slider = h("input", { type: "range", name: "moment", min: "0", max: String(moments.length - 1), value: String(at), "aria-label": "Momento do treino", oninput: () => { stop(); go(+slider.value); } });
    const play = h("button", { type: "button", class: "llm-button llm-button-main tm-play", onclick: () => (timer ? stop() : start()) });
    function go(next) {
      at = next;
      slider.value = String(at);
      if (!answers.has(at) && host.compute) ask(at);
      draw();
    }
    function start() {
      if (at === moments.length - 1) go(0);
      timer = setInterval(() => {
        if (!el.isConnected || at === moments.length - 1) return stop();
        if (answers.has(at)) go(at + 1); // live: waits for the moment it stands on
        if (at === moments.length - 1 && answers.has(at)) stop();
      }, 1100);
      drawPlay();
    }
    function stop() { clearInterval(timer); timer = undefined; drawPlay(); }
    function drawPlay() {
      play.replaceChildren(timer ? "Pausar" : "Tocar");
    }

    // -- the drawing --
    const strip = tokenStrip({ label: "O texto e a continuação daquele momento" });
    const said = h("p", { class: "llm-best" }), mapNote = h("p", { class: "tm-note" }), headNote = h("p", { class: "tm-note" });
    const many = (n, what = "") => (n >= 1e4 ? fmtCount(n, what) : `${fmtNumber(n)} ${what}`.trimEnd());
    const average = (list) => list.reduce((a, b) => a + b, 0) / Math.max(1, list.length);

    const attention = svg("svg", { class: "tm-attention", role: "img" });
    const choose = (label, count, value, set) => h("label", { class: "tm-choice" }, label, h("select", { onchange: (event) => { set(+event.target.value); drawAttention(); } },
      Array.from({ length: count }, (_, i) => h("option", { value: i, selected: i === value }, String(i + 1)))));
    function drawAttention() {
      const now = answers.get(at);
      attention.classList.toggle("llm-wait", !now);
      if (!now) return;
      const { T, tokens, weight } = now, cell = 300 / Math.max(T, 8), left = 92, top = 62, size = cell * T;
      attention.setAttribute("viewBox", `0 0 ${left + size + 4} ${top + size + 4}`);
      const names = tokens.slice(0, T).map((token) => (token.text === "<|endoftext|>" ? "início" : token.text.trim() ? token.text.trim() : "␣").slice(0, 11));
      const parts = [];
      let best = [0, 0, 0];
      for (let t = 0; t < T; t++) {
        parts.push(svg("text", { x: left - 5, y: top + (t + 0.72) * cell, "text-anchor": "end" }, names[t]));
        parts.push(svg("text", { x: 0, y: 0, transform: `translate(${left + (t + 0.7) * cell} ${top - 5}) rotate(-60)` }, names[t]));
        for (let j = 0; j <= t; j++) {
          const w = weight(layer, head, t, j);
          if (t > 1 && j && j < t && w > best[0]) best = [w, t, j];
          parts.push(svg("rect", { x: left + j * cell, y: top + t * cell, width: cell - 1, height: cell - 1, "fill-opacity": Math.max(0.03, w) }, svg("title", {}, `${names[t]} olha para ${names[j]}: ${fmtPercent(w)}`)));
        }
      }
      attention.replaceChildren(...parts);
      const [w, t, j] = best, message = w ? `Fora do início e de si mesmo, o olhar mais forte: “${names[t]}” para “${names[j]}”, ${fmtPercent(w)}.` : "";
      headNote.textContent = message + (tokens.length > T ? ` O desenho mostra os primeiros ${T} tokens.` : "");
      attention.setAttribute("aria-label", `Atenção da camada ${layer + 1}, cabeça ${head + 1}. ${message}`);
    }

    const MARKS = ["M-4,0A4,4 0 1 0 4,0A4,4 0 1 0 -4,0Z", "M-4,-4H4V4H-4Z", "M0,-5L5,4H-5Z", "M0,-5.5L5.5,0L0,5.5L-5.5,0Z", "M-1.6,-5H1.6V-1.6H5V1.6H1.6V5H-1.6V1.6H-5V-1.6H-1.6Z"];
    const dots = words.map((word) => {
      const g = groups.indexOf(word.group) % MARKS.length;
      return svg("g", { class: `tm-word tm-group-${g}` }, svg("path", { d: MARKS[g] }), svg("text", { x: 7, y: 4 }, word.text));
    });
    const map = svg("svg", { class: "tm-map", role: "img", viewBox: "0 0 400 364" }, dots);
    const key = h("p", { class: "tm-key" }, groups.map((group, g) => h("span", { class: `tm-group-${g % MARKS.length}` }, svg("svg", { viewBox: "-6 -6 12 12", width: 11, height: 11, "aria-hidden": "true" }, svg("path", { d: MARKS[g % MARKS.length] })), ` ${group}`)));
    const reach = 1.05 * Math.max(...moments.at(-1).map.flat().map(Math.abs)); // of the last moment; what lies further waits at the edge
    const inside = (v) => Math.max(-1, Math.min(1, v / reach));
    function drawMap() {
      const now = moments[at], places = now.map.map(([x, y]) => [192 + inside(x) * 180, 182 - inside(y) * 168]);
      // A label goes where it hides no dot and no label before it: right, left, above, below; else it waits for the next moment.
      const taken = places.map(([x, y]) => [x - 5, y - 5, x + 5, y + 5]);
      places.forEach(([px, py], i) => {
        const text = dots[i].lastChild, wide = 6.6 * text.textContent.length;
        dots[i].style.transform = `translate(${px}px, ${py}px)`;
        const place = [[7, 4, 0], [-7, 4, 1], [0, -9, 0.5], [0, 17, 0.5]].find(([dx, dy, share]) => {
          const left = px + dx - share * wide, box = [left, py + dy - 11, left + wide, py + dy + 3];
          const free = box[0] >= 0 && box[2] <= 400 && !taken.some((b, j) => j !== i && box[0] < b[2] && b[0] < box[2] && box[1] < b[3] && b[1] < box[3]);
          if (free) taken.push(box);
          return free;
        });
        text.setAttribute("visibility", place ? "visible" : "hidden");
        if (!place) return;
        text.setAttribute("x", place[0]);
        text.setAttribute("y", place[1]);
        text.setAttribute("text-anchor", ["start", "middle", "end"][place[2] * 2]);
      });
      const chance = model.get("chance");
      mapNote.textContent = `${now.near} de ${words.length} palavras têm por vizinha mais próxima uma do próprio grupo; ao acaso seriam ${fmtNumber(chance, 1)}. O plano mostra ${fmtPercent(now.share)} das diferenças entre elas.`;
      map.setAttribute("aria-label", `Mapa dos embeddings. ${mapNote.textContent}`);
    }

    // Losses along the way: one line a kind, log of tokens across; a second, lower panel for induction.
    const kinds = [...new Set(moments.flatMap((moment) => Object.keys(moment.validation ?? {})))].sort();
    const curves = svg("svg", { class: "tm-curves", role: "img" });
    const STROKES = ["none", "7 3", "2 3", "9 3 2 3"];
    function drawCurves() {
      const width = Math.max(300, Math.round(curves.clientWidth || el.clientWidth || 640)), room = 124, H = Math.max(236, 14 * (kinds.length + 2)), low = H + 84, left = 30;
      const first = Math.log(moments[0].tokens || 1), last = Math.log(moments.at(-1).tokens || 2);
      const x = (moment) => left + ((Math.log(moment.tokens || 1) - first) / (last - first || 1)) * (width - left - room);
      const own = moments.map((_, i) => (answers.has(i) ? average(answers.get(i).bits) * Math.LN2 : null));
      const series = kinds.map((kind) => [kind, moments.map((moment) => moment.validation?.[kind] ?? null)]);
      const all = [...series.flatMap(([, ys]) => ys), ...own].filter((v) => v != null), top = Math.max(...all, 1);
      const y = (v) => 12 + (1 - v / top) * (H - 24);
      const path = (ys, f = y) => { let pen = "M"; return ys.map((v, i) => (v == null ? ((pen = "M"), "") : `${pen === "M" ? ((pen = "L"), "M") : "L"}${x(moments[i]).toFixed(1)},${f(v).toFixed(1)}`)).join(""); };
      const parts = Array.from({ length: 40 }, (_, v) => v).filter((v) => v <= top && (top < 9 || v % 2 === 0)).flatMap((v) => [svg("line", { class: "tm-grid", x1: left, x2: width - room, y1: y(v), y2: y(v) }), svg("text", { x: left - 6, y: y(v) + 4, "text-anchor": "end" }, String(v))]);
      parts.push(svg("line", { class: "tm-now", x1: x(moments[at]), x2: x(moments[at]), y1: 6, y2: low }));
      const names = [];
      series.forEach(([kind, ys], i) => {
        parts.push(svg("path", { class: "tm-line", d: path(ys), "stroke-dasharray": STROKES[i % 4] }));
        const end = ys.findLast((v) => v != null);
        if (end != null) names.push([y(end), kind, "", y(end)]);
      });
      parts.push(svg("path", { class: "tm-line tm-own", d: path(own) }), ...own.map((v, i) => (v == null ? "" : svg("circle", { class: "tm-dot", cx: x(moments[i]), cy: y(v), r: i === at ? 5 : 3 }))).filter(Boolean));
      const mine = own.findLast((v) => v != null);
      if (mine != null) names.push([y(mine), "o seu texto", "tm-own-name", y(mine)]);
      names.sort((a, b) => a[0] - b[0]);
      let floor = -99;
      for (const each of names) floor = each[0] = Math.max(each[0], floor + 13);
      const over = Math.max(0, floor - (H - 4));
      names.forEach(([place, label, look, from]) => parts.push(svg("path", { class: "tm-lead", d: `M${width - room + 2},${from}L${width - room + 13},${place - over}` }), svg("text", { class: look, x: width - room + 16, y: place - over + 4 }, label)));
      const share = (v) => low - v * 58;
      parts.push(svg("line", { class: "tm-grid", x1: left, x2: width - room, y1: share(0), y2: share(0) }), svg("line", { class: "tm-grid", x1: left, x2: width - room, y1: share(1), y2: share(1) }),
        svg("text", { x: left - 6, y: share(0) + 4, "text-anchor": "end" }, "0"), svg("text", { x: left - 6, y: share(1) + 4, "text-anchor": "end" }, "1"),
        svg("path", { class: "tm-line tm-induction", d: path(moments.map((moment) => moment.induction), share) }),
        svg("text", { class: "tm-induction-name", x: width - room + 7, y: share(moments.at(-1).induction ?? 0) + 4 }, "indução"));
      const ticks = width < 500 ? [0, moments.length - 1] : [0, Math.floor((moments.length - 1) / 2), moments.length - 1];
      parts.push(...ticks.map((i) => svg("text", { x: x(moments[i]), y: low + 18, "text-anchor": i ? (i === moments.length - 1 ? "end" : "middle") : "start" }, many(moments[i].tokens))));
      parts.push(svg("text", { x: width - room + 7, y: low + 18 }, "tokens lidos"));
      curves.setAttribute("viewBox", `0 0 ${width} ${low + 26}`);
      curves.setAttribute("aria-label", `Perda (nats por token) por tipo de texto, e indução, ao longo do treino. Neste momento: ${kinds.map((kind) => `${kind} ${fmtNumber(moments[at].validation[kind] ?? 0, 2)}`).join(", ")}.`);
      curves.replaceChildren(...parts);
    }

    function draw() {
      const now = answers.get(at), moment = moments[at];
      when.textContent = `${many(moment.tokens, "tokens")} lidos`;
      slider.setAttribute("aria-valuetext", when.textContent);
      strip.el.classList.toggle("llm-wait", !now);
      said.classList.toggle("llm-wait", !now);
      if (now) {
        strip.draw([...now.tokens.slice(1).map(({ id: number, text: piece }) => ({ id: number, text: piece })), ...now.written]);
        const bits = average(now.bits);
        if (!now.bits.length) said.replaceChildren("Sem texto não há surpresa a medir; a continuação começa do nada.");
        else said.replaceChildren("O texto custava ", h("strong", {}, `${fmtNumber(bits, 1)} bits`), " por token, em média: a hesitação de quem escolhe entre ", h("strong", {}, fmtNumber(2 ** bits, 2 ** bits < 10 ? 1 : 0)), " opções.");
        heard.say(`${when.textContent}. ${fmtNumber(bits, 1)} bits por token. ${now.written.map((token) => token.text).join("")}`);
      }
      drawAttention();
      drawMap();
      drawCurves();
    }

    recall();
    drawPlay();
    build(el, null, [
      text, h("div", { class: "llm-under" }, pill.el),
      h("div", { class: "tm-when" }, play, h("span", { class: "tm-slide" }, slider), when),
      strip.el, said,
      h("div", { class: "tm-two" },
        h("div", {}, h("p", { class: "tm-title" }, "Para onde uma cabeça olha"),
          h("p", { class: "tm-choices" }, choose("Camada ", layers, layer, (i) => { layer = i; }), choose("Cabeça ", heads, head, (i) => { head = i; })), attention, headNote),
        h("div", {}, h("p", { class: "tm-title" }, "Onde ficam as palavras"), key, map, mapNote)),
      h("p", { class: "tm-title" }, "O que aprende primeiro: a perda de cada tipo de texto, em nats por token"), curves, heard.el,
    ]);
    draw();
    const fit = new ResizeObserver(() => drawCurves());
    fit.observe(el);
    return () => { stop(); soon.cancel(); fit.disconnect(); ticket += 1; };
  },
};
