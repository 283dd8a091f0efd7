// ReadApart: what the model says of each passage, read alone, and of two read together, weighed and added up. Recorded first;
// caution, weight and fewer passages are sums of what is here; another question, or more passages, asks `search`, `encode`, `generate`.
// uses part: injection_lab.guard
// uses part: answer_judge.rules
// uses part: rag_pipeline.reader
// uses style: rag_pipeline
const RA_CHOICES = 20, RA_PAIR = 2, RA_MOST = 6; // CHOICES and PAIR of rag_apart.py

export default {
  render({ model, el, host }) {
    const live = !!host.compute, recorded = model.get("recorded"), { k, size, overlap, titles, ...start } = model.get("settings"), context = model.get("context");
    let now = recorded[0], count = k, { caution, weight } = start, asks = 0, stop = null, rows = [];

    const box = h("div", { class: "ra" }), pill = statePill(el, live && "mude a cautela ou a pergunta"), heard = announcer();
    const question = textField({ value: now.question, label: "Pergunta", oninput: changed, readOnly: !live });
    const chips = h("p", { class: "rag-chips", role: "group", "aria-label": "Perguntas gravadas" }, recorded.map((each) => h("button", { type: "button", class: "llm-link", onclick: () => question.write(each.question) }, each.label)));
    const range = (label, min, max, step, value, words, onmove) => {
      const out = h("output", {}, words(value)), input = h("input", { type: "range", min: String(min), max: String(max), step: String(step), value: String(value), "aria-label": label, disabled: min >= max, oninput: () => { setText(out, words(+input.value)); onmove(+input.value); } });
      return h("label", { class: "llm-range" }, label, input, out);
    };
    const most = live ? RA_MOST : Math.min(...recorded.map((each) => each.readings.length));
    const many = range("Trechos lidos", 1, most, 1, k, String, (value) => { count = value; if (!complete) { if (live) soon(ask); } else if (lacking()) soon(more); else settle(); });
    const careful = range("Cautela", 0, 2, 0.05, caution, (x) => fmtNumber(x, 2), (value) => { caution = value; drawSums(); });
    const jointly = range("Peso dos juntos", 0, 1, 0.05, weight, (x) => fmtNumber(x, 2), (value) => { weight = value; drawSums(); });
    const note = h("p", { class: "rag-note", role: "status" }), list = h("ol", { class: "ra-rows", "aria-label": "Trechos, o de maior peso primeiro" }), joint = makeTogether();
    const bars = h("ol", { class: "ra-sums", "aria-label": "Somas das leituras" }), answer = h("p", { class: "rag-answer ra-answer" });

    // -- one row a passage; how much of it is drawn follows what is known
    const keyOf = (hit) => `${hit.document}:${hit.start}:${hit.end}`;
    function track() {
      const fill = h("span", { class: "llm-fill" }), number = h("span", { class: "llm-number" });
      return { el: h("span", { class: "llm-track" }, fill, number), set(w, text) { for (const part of [fill, number]) part.style.setProperty("--w", w); setText(number, text); } };
    }
    function weighing(row) {
      return h("p", { class: "ra-trust" }, h("span", { class: "ra-word" }, "peso"), row.track.el);
    }
    function makeRow(hit, i, alone) {
      const row = { track: track(), said: h("p", { class: "ra-said" }), text: h("p", { class: "ra-text" }) };
      row.box = h("details", { class: "ra-passage" }, h("summary", {}, h("b", {}, `[${i + 1}]`), " ", h("span", {}, hit.title)), row.text);
      row.li = h("li", { class: "ra-row" }, row.box, ...(alone ? [weighing(row), row.said] : [h("p", { class: "ra-word" }, "só lido junto")]));
      return row;
    }
    function makeTogether() {
      const row = { track: track(), said: h("p", { class: "ra-said" }), name: h("p", { class: "ra-pair" }) };
      row.li = h("li", { class: "ra-row ra-together" }, row.name, weighing(row), row.said);
      return row;
    }
    const saying = (words, reading) => (reading ? [words, h("q", {}, reading.value || RA_REFUSAL), ` com ${fmtPercent(reading.p)}`, h("span", { class: "ra-refusal" }, `chance de recusar: ${fmtPercent(reading.refusal)}`)] : [h("span", { class: "ra-word" }, "lendo…")]);
    function drawRows({ hits, readings, linked, joint: told, question: asked }) {
      const n = Math.min(count, hits.length), { known, linked: places } = raNumbered(hits.slice(0, n), linked);
      const keyed = known.map((hit, i) => `${hit.document}:${hit.start}:${hit.end}/${i}/${i < n}`);
      rows = keyed.map((key, i) => (rows[i]?.key === key ? rows[i] : Object.assign(makeRow(known[i], i, i < n), { key })));
      rows.forEach((row, i) => {
        const reading = i < n ? readings[i] : told, text = ragFlat(known[i].text), place = reading?.value ? ragFound(reading.value, text, asked) : null;
        row.text.replaceChildren(...(place ? [text.slice(0, place[0]), h("mark", {}, text.slice(...place)), text.slice(place[1])] : [text]));
        row.said.replaceChildren(...saying("Lendo só ele, o modelo diz ", reading));
      });
      joint.name.replaceChildren(...places.flatMap((place, i) => [...(i ? [" e "] : []), h("b", {}, `[${place + 1}]`)]), places.length > 1 ? " juntos, num prompt só" : " num prompt só");
      joint.said.replaceChildren(...saying("Lendo assim, o modelo diz ", told));
      setChildren(list, [...rows, joint].map(({ li }) => li));
      weigh(hits.slice(0, n));
    }
    function weigh(hits) {
      const shares = raMixed(raTrust(hits.map(({ score }) => score)), weight);
      [...rows.slice(0, hits.length), joint].forEach((row, i) => row.track.set(shares[i], fmtPercent(shares[i])));
    }

    // -- the sums, and what they decide
    function drawSums() {
      const hits = now.hits.slice(0, Math.min(count, now.readings.length)), all = [...now.readings.slice(0, hits.length), now.joint];
      const { shares, sums, value, source, text } = raJoined(all, hits.map(({ score }) => score), caution, weight, raNumbered(hits, now.linked).linked);
      weigh(hits);
      const refusal = caution * sums.refusal, limit = Math.max(ceiling(Math.max(refusal, sums.answers[0]?.[1] ?? 0)), refusal);
      const terms = (part, among = () => true) => all.map((reading, i) => among(reading) && `${i < hits.length ? `[${i + 1}]` : "juntos"} ${fmtPercent(shares[i])} × ${fmtPercent(reading[part])}`).filter(Boolean).join(" + ");
      const bar = (label, score, sum, wins, look = "") => {
        const line = track();
        line.set(score / limit, fmtPercent(score));
        if (wins) line.el.lastChild.append(h("span", { class: "ra-verdict" }, " vence"));
        return h("li", { class: `ra-sum${look}`, "data-wins": wins ? "" : null }, h("span", { class: "ra-label" }, label), line.el, h("span", { class: "ra-terms" }, sum));
      };
      bars.replaceChildren(...sums.answers.map(([each, score]) => bar(h("q", {}, each.replace(/\.+$/, "")), score, terms("p", (reading) => raSame(reading.value) === raSame(each)), each === value)),
        bar("recusa × cautela", refusal, `(${terms("refusal")}) × ${fmtNumber(caution, 2)}`, !value, " ra-refuses"));
      answer.replaceChildren(...(value ? [text.slice(0, -`[${source}]`.length), h("button", { type: "button", class: "rag-cite", "aria-label": `Ver o trecho ${source}`, onclick: () => show(source) }, `[${source}]`)] : [text]));
      heard.say(`Decisão: ${text} ${sums.answers.length ? `Melhor resposta, ${fmtPercent(sums.answers[0][1])}; ` : ""}recusa vezes cautela, ${fmtPercent(refusal)}.`);
    }
    function show(n) {
      rows[n - 1].box.open = true;
      rows[n - 1].box.querySelector("summary").focus();
    }
    function draw() {
      drawRows(now);
      drawSums();
    }

    // -- asking
    let complete = true; // does what is drawn answer the question in the field?
    const say = (words) => setText(note, words);
    const tokensOf = async (text) => { const { tokens, cut } = await host.compute("encode", { messages: [{ role: "user", content: text }] }); return tokens.length + (cut ?? 0); };
    const lacking = () => live && complete && now.readings.length < count && !now.spent;
    const talk = (text, signal, onEvent) => host.compute("generate", { messages: [{ role: "user", content: text }], max_new_tokens: RAG_ROOM, k: onEvent ? RA_CHOICES : 0, sampling: { temperature: 0 } }, { onEvent, signal });
    async function read(asked, sources, signal) {
      const { text, used } = await ragPrompt(asked, sources, tokensOf, context), told = [];
      const { text: said } = await talk(text, signal, (event) => told.push(event));
      return { used: used.length, ...raReading(said, told.map(({ token }) => token.p), told[0]?.top ?? []) };
    }
    // Everything of one question that is not known yet; rows fill as readings arrive, and the sums when all are there.
    async function work(asked, before, fresh) {
      const wanted = count, { signal } = stop, collection = model.get("collection");
      const search = (more) => host.compute("search", { collection, query: asked, by: "convex", rerank: 0, size, overlap, ...more }, { onEvent: ({ done, total }) => total && fresh() && say(`calculando os vetores: ${fmtNumber(done)} de ${fmtNumber(total)} trechos`) });
      const found = await search({ k: wanted });
      if (!fresh()) return;
      const linked = before?.linked ?? (await search({ k: RA_PAIR, hops: 2 })).hits;
      if (!fresh()) return;
      const keyOf = (hit) => `${hit.document}:${hit.start}:${hit.end}`, known = new Map((before?.readings ?? []).map((reading, i) => [keyOf(before.hits[i]), reading]));
      const next = { question: asked, hits: found.hits, readings: found.hits.slice(0, wanted).map((hit) => known.get(keyOf(hit))), linked, joint: before?.joint };
      say([found.note, ...(found.notes ?? [])].filter(Boolean).join(" "));
      drawRows(next);
      for (let i = 0; i < next.readings.length; i++) {
        next.readings[i] ??= await read(asked, [ragSource(found.hits[i], titles)], signal);
        if (!fresh()) return;
        drawRows(next);
      }
      if (!next.joint) {
        next.joint = await read(asked, linked.map((hit) => ragSource(hit, titles)), signal);
        if (!fresh()) return;
        next.linked = linked.slice(0, next.joint.used);
      }
      next.spent = next.readings.length < wanted; // the collection has no more passages
      now = next;
      complete = true;
      draw();
    }
    async function run(stage) {
      const ticket = ++asks, fresh = () => ticket === asks, slow = setTimeout(() => fresh() && pill.set("loading"), 250), whole = complete;
      stop?.abort();
      stop = new AbortController();
      waiting(true);
      try {
        await stage(fresh);
        if (fresh()) { box.classList.remove("ra-stale"); pill.set("live", host.where); }
      } catch (error) {
        if (fresh()) { draw(); say(error.message); box.classList.toggle("ra-stale", !whole); pill.set("error", "veja o aviso"); }
      } finally {
        clearTimeout(slow);
        if (fresh()) waiting(false);
      }
    }
    const waiting = (on) => { for (const node of [bars, answer]) node.classList.toggle("llm-wait", on); };
    // What is known is all that is asked for: whatever was being asked counts no more.
    function settle() {
      asks += 1;
      stop?.abort();
      soon.cancel();
      say("");
      draw();
      waiting(false);
      box.classList.remove("ra-stale");
      if (recorded.includes(now)) pill.set("recorded"); else pill.set("live", host.where);
    }
    const ask = (fresh) => {
      const asked = ragSplit(question.text.value).join(" ");
      if (!asked) throw new Error("Escreva uma pergunta: sem ela não há o que procurar.");
      return work(asked, null, fresh);
    };
    const more = (fresh) => work(now.question, now, fresh);
    const soon = debounce((stage) => run(stage), 350);
    function changed() {
      asks += 1;
      stop?.abort();
      soon.cancel();
      const kept = recorded.find((each) => each.question === question.text.value);
      [...chips.children].forEach((chip, i) => chip.setAttribute("aria-pressed", String(recorded[i].question === question.text.value)));
      complete = !!kept;
      if (!kept) { if (live) soon(ask); return; }
      now = kept;
      settle();
      if (lacking()) soon(more);
    }

    build(box, null, [question.text, chips, note, h("div", { class: "ra-controls" }, many, jointly, careful), list, h("p", { class: "ra-title" }, "Somadas as leituras"), bars, answer]);
    build(el, null, [box, h("div", { class: "llm-under" }, pill.el), heard.el]);
    changed();
    return () => { asks += 1; soon.cancel(); heard.say.cancel(); stop?.abort(); };
  },
};
