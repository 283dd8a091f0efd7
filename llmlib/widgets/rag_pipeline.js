// RAG pipeline: a question, the passages found, the prompt, the answer with its sources. Each stage is on the page, each may be
// changed, and what comes after it follows. Recorded first; from the first change on, `search`, `encode` and `generate` are asked.
// uses engine: search
// uses part: injection_lab.guard
// uses part: answer_judge.rules
const RAG_HOLDS = {
  literal: ["✓", "diz isso, com estas palavras"], palavras: ["≈", "tem as palavras, mas não seguidas"], ausente: ["✗", "não traz essas palavras"], inexistente: ["✗", "não existe"],
};
const RAG_CANDIDATES = 10; // how many are read again, by the model that Python named

export default {
  render({ model, el, host }) {
    const live = !!host.compute, recorded = model.get("recorded"), start = model.get("settings"), context = model.get("context"), orders = model.get("orders");
    const use = { k: start.k, by: start.by, rerank: start.rerank, size: start.size, overlap: start.overlap, titles: start.titles, hops: start.hops };
    const texts = new Map(Object.entries(model.get("documents")));
    let own = false, hits = [], made = null, byHand = false, asks = 0, stop = null, shownDocument = null;

    // -- what the reader sees
    const box = h("div", { class: "rag" });
    const pill = statePill(el, live && "mude a pergunta, um trecho ou o prompt"), heard = announcer();
    const question = textField({ value: recorded[0].question, label: "Pergunta", oninput: changed, readOnly: !live });
    const chips = h("p", { class: "rag-chips", role: "group", "aria-label": "Perguntas gravadas" }, recorded.map((each) => h("button", { type: "button", class: "llm-link", onclick: () => { question.write(each.question); changed(true); } }, each.label)));
    const radios = (legend, name, pairs, value, onpick) => h("fieldset", { class: "rag-set", disabled: !live }, h("legend", {}, legend), pairs.map(([key, label]) => h("label", {}, h("input", { type: "radio", name: `${name}-${id}`, value: String(key), checked: key === value, onchange: () => onpick(key) }), label)));
    const id = freshId();
    const range = (label, key, min, max) => {
      const out = h("output", {}, String(use[key]));
      return h("label", { class: "llm-range" }, label, h("input", { type: "range", min: String(min), max: String(max), value: String(use[key]), disabled: !live, "aria-label": label, oninput: (event) => { use[key] = Number(event.target.value); out.textContent = use[key]; changed(); } }), out);
    };
    const place = radios("Onde procurar", "place", [[false, `documentos de ${model.get("collection").replace(/^./, (c) => c.toUpperCase())}`], [true, "um texto seu"]], false, (value) => { own = value; mine.hidden = !own; changed(); });
    const mineText = h("textarea", { class: "rag-own", rows: 5, spellcheck: false, "aria-label": "O seu texto", placeholder: "Cole aqui um texto. Uma linha com --- começa outro documento.", readOnly: !live, oninput: changed });
    mineText.value = model.get("own");
    const file = h("input", { type: "file", accept: ".txt,.md,text/plain", hidden: true, "aria-label": "Arquivo de texto", onchange: async () => {
      const text = (await file.files[0]?.text()) ?? "", bad = ragUnreadable(text);
      file.value = "";
      if (bad) return say(bad);
      mineText.value = text;
      changed();
    } });
    const mine = h("div", { class: "rag-mine", hidden: true }, mineText, h("button", { type: "button", class: "llm-link", disabled: !live, onclick: () => file.click() }, "abrir um arquivo de texto"), file);
    const ways = radios("Procurar por", "by", start.ways, use.by, (value) => { use.by = value; changed(); });
    const again = h("label", { class: "rag-check" }, h("input", { type: "checkbox", checked: use.rerank > 0, disabled: !live, onchange: (event) => { use.rerank = event.target.checked ? start.rerank || RAG_CANDIDATES : 0; changed(); } }), `reordenar: o ${start.reranker} lê a pergunta com cada trecho`);
    const twice = h("label", { class: "rag-check" }, h("input", { type: "checkbox", checked: use.hops > 1, disabled: !live, onchange: (event) => { use.hops = event.target.checked ? 2 : 1; changed(); } }), "buscar de novo, com os nomes que o primeiro trecho traz");
    const sizes = h("label", { class: "llm-range" }, "Trechos de", h("select", { disabled: !live, "aria-label": "Tamanho dos trechos", onchange: (event) => { [use.size, use.overlap] = event.target.value.split(",").map(Number); changed(); } },
      start.sizes.map(([size, overlap]) => h("option", { value: `${size},${overlap}`, selected: size === use.size && overlap === use.overlap }, `${size} palavras, ${overlap} repetidas`))));
    const titled = h("label", { class: "rag-check" }, h("input", { type: "checkbox", checked: use.titles, disabled: !live, onchange: (event) => { use.titles = event.target.checked; soonBuild(); } }), "com o título de cada documento");
    const note = h("p", { class: "rag-note", role: "status" }), list = h("ol", { class: "rag-hits", "aria-label": "Trechos achados, o melhor primeiro" });
    const prompt = ragField({ label: "Prompt que o modelo vai receber", rows: 4, readOnly: !live, look: "rag-prompt", oninput: () => { byHand = true; redo.hidden = false; markPrompt(); soonReply(); } });
    const redo = h("button", { type: "button", class: "llm-link", hidden: true, onclick: () => { byHand = false; redo.hidden = true; run(assemble); } }, "refazer a partir dos trechos");
    const bar = h("ol", { class: "rag-window", "aria-hidden": "true" }), sums = h("p", { class: "rag-sums" });
    const answer = h("p", { class: "rag-answer" }), checks = h("ul", { class: "rag-checks", "aria-label": "Fontes conferidas" }), bare = h("p", { class: "rag-bare" }), times = h("p", { class: "rag-times" });
    const strip = tokenStrip({ label: "A resposta, token a token" }), stripBox = h("details", { class: "llm-details" }, h("summary", {}, "A resposta, token a token"), strip.el);
    const paper = h("div", { class: "rag-paper", tabIndex: 0, role: "group", "aria-label": "Texto do documento" }), paperTitle = h("span", {}), paperBox = h("div", { class: "rag-document", role: "group", hidden: true, "aria-label": "Documento" }, h("p", { class: "rag-step" }, h("b", { "aria-hidden": "true" }, "▤"), paperTitle), paper);
    const say = (words) => { note.textContent = words; };

    // -- stage 2: what was found
    const knownOrders = (documentId) => (own ? [] : orders.filter((each) => each.document === documentId));
    const shownOf = (hit) => hit.edited ?? ragFlat(hit.text);
    // Orders planted in the document of a passage, where its words stand in `text`, besides what looks like one.
    const ordersIn = (hit, text) => [...ragOrders(text), ...(hit?.edited === null ? knownOrders(hit.document) : []).map((each) => ragFound(hit.text.slice(Math.max(0, each.start - hit.start), Math.max(0, each.end - hit.start)), text))
      .filter(Boolean).map(([start, end]) => ({ start, end, look: "rag-order" }))];
    const spanOf = (hit) => (hit.edited == null ? hit : { ...hit, text: hit.edited, start: 0, end: hit.edited.length });
    const RANKS = [["bm25", "palavras"], ["dense", "vetores"], ["rerank", "releitura"]];
    function drawHits() {
      list.replaceChildren(...hits.map((hit, i) => {
        const field = ragField({ label: `Trecho ${i + 1}`, readOnly: !live, oninput: () => { hit.edited = field.area.value; markHit(hit); soonBuild(); } });
        const number = h("b", { class: "rag-number" }), box = h("input", { type: "checkbox", checked: hit.on, disabled: !live, "aria-label": `Usar o trecho ${i + 1} no prompt`, onchange: (event) => { hit.on = event.target.checked; soonBuild(); } });
        const ranks = RANKS.filter(([key]) => hit.ranks[key]).map(([key, word]) => `${word} ${hit.ranks[key]}º`).join(" · ");
        const way = hit.bridge ? [h("b", {}, `com “${hit.bridge}”`), `: ${ranks}`] : ranks;
        field.write(shownOf(hit));
        Object.assign(hit, { field, number, li: h("li", { class: "rag-hit" }, h("p", { class: "rag-head" }, h("label", { class: "rag-use" }, box, number), h("button", { type: "button", class: "llm-link", onclick: () => openDocument(hit) }, hit.title), h("span", { class: "rag-ranks" }, way)), field.el) });
        return hit.li;
      }));
      hits.forEach((hit) => markHit(hit));
    }
    function markHit(hit, value) {
      const text = shownOf(hit), place = value && ragFound(value, text, question.text.value);
      hit.field.mark([...ragShared(text, question.text.value), ...ordersIn(hit, text), ...(place ? [{ start: place[0], end: place[1], look: "rag-said" }] : [])]);
    }
    function numberHits() {
      hits.forEach((hit) => {
        const n = 1 + (made?.used ?? []).findIndex((source) => source.hit === hit);
        setText(hit.number, n ? `[${n}]` : "–");
        hit.li.classList.toggle("rag-out", !n);
        if (n) hit.li.dataset.source = n; else delete hit.li.dataset.source;
      });
    }

    // -- stage 3: the prompt. What is in it is read from its own words, so that it holds for one written by hand.
    const parts = () => {
      const text = prompt.area.value, heads = [...text.matchAll(/^\[(\d+)\] |^Pergunta: /gm)];
      return heads.map((each, i) => ({ number: Number(each[1] ?? 0), start: each.index, from: each.index + each[0].length, end: heads[i + 1]?.index ?? text.length })).filter(({ number }) => number);
    };
    function markPrompt(span) {
      const text = prompt.area.value;
      prompt.mark([...parts().flatMap(({ number, start, from, end }) => [{ start, end, look: "rag-source", source: number },
        ...ordersIn(byHand ? null : made?.used[number - 1]?.hit, text.slice(from, end)).map((mark) => ({ ...mark, start: from + mark.start, end: from + mark.end }))]),
        ...(span ? [{ ...span, look: "rag-said" }] : [])]);
    }
    function fillBar(parts, total) {
      const free = context - RAG_ROOM - total;
      bar.replaceChildren(...[...parts, ...(free > 0 ? [[free, "", "rag-free"]] : []), [RAG_ROOM, "", "rag-room"]].map(([tokens, label, look, source]) => h("li", { class: look, "--n": tokens, "data-source": source }, label)));
    }
    function drawWindow(weights, total) {
      const [form, ...each] = weights, room = RAG_ROOM, out = made.left_out;
      fillBar([[form, "", "rag-form"], ...each.map((tokens, i) => [tokens, `[${i + 1}]`, "rag-source", i + 1])], total);
      sums.textContent = `${fmtNumber(total)} de ${fmtNumber(context - room)} tokens: ${[`pergunta e formato ${form}`, ...each.map((tokens, i) => `[${i + 1}] ${tokens}`)].join(" · ")}. Outros ${room} ficam para a resposta.`
        + (out.length ? ` ${out.length === 1 ? "Ficou de fora, por não caber," : "Ficaram de fora, por não caber,"} ${out.map(({ title }) => `“${title}”`).join(", ")}.` : "")
        + (made.words_cut ? ` Do trecho [1] foram cortadas as ${fmtNumber(made.words_cut)} últimas palavras.` : "");
    }
    function drawPrompt(weights) {
      byHand = false;
      redo.hidden = true;
      prompt.write(made.text);
      markPrompt();
      numberHits();
      drawWindow(weights, made.tokens);
    }

    // -- stage 4: the answer, and its sources looked up
    const cite = (n) => h("button", { type: "button", class: "rag-cite", "data-source": n, "aria-label": `Ver a fonte ${n}`, onclick: () => openCitation(n) }, `[${n}]`);
    let read = null;
    function sourcesNow() {
      if (!byHand) return made.used;
      const found = [];
      for (const { number, from, end } of parts()) found[number - 1] = { start: from, end: end, text: prompt.area.value.slice(from, end).trimEnd() };
      return found;
    }
    function drawAnswer(text) {
      const used = sourcesNow();
      read = ragRead(text, { used, question: question.text.value });
      answer.replaceChildren(...(text ? text.split(/(\[\d[\d,; ]*\])/).filter(Boolean).map((piece) => (/^\[\d[\d,; ]*\]$/.test(piece) ? piece.match(/\d+/g).map((n) => cite(Number(n))) : piece)).flat() : [h("em", {}, "(nada)")]));
      const lines = read.citations.map(({ number, holds }) => [RAG_HOLDS[holds][0], `o trecho [${number}] ${RAG_HOLDS[holds][1]}`, holds]);
      if (read.refused) lines.push(["○", "disse que não há resposta no que leu", "recusa"]);
      else if (!read.citations.length && used.some(Boolean)) {
        const where = used.findIndex((source) => source && ragFound(read.value, source.text, question.text.value));
        lines.push(["?", `não disse de onde tirou${where >= 0 ? `; as palavras estão no trecho [${where + 1}]` : "; e nenhum trecho tem essas palavras"}`, where >= 0 ? "palavras" : "ausente"]);
      }
      checks.replaceChildren(...lines.map(([sign, words, holds]) => h("li", { "data-holds": holds }, h("b", { "aria-hidden": "true" }, sign), words)));
      for (const { number, holds, start: a, end: b } of read.citations) {
        if (holds !== "literal") continue;
        if (byHand) { markPrompt({ start: a, end: b }); continue; }
        const source = made.used[number - 1], place = ragFound(read.value, source.sent, question.text.value), part = parts().find((each) => each.number === number);
        markHit(source.hit, read.value);
        if (place && part) markPrompt({ start: part.from + place[0], end: part.from + place[1] });
        reveal(source.hit.field);
        reveal(prompt);
      }
      heard.say(`Resposta: ${text || "nada"}. ${lines.map(([, words]) => words).join("; ")}.`);
    }
    function openCitation(n) {
      const cited = read?.citations.find(({ number }) => number === n), source = byHand ? null : made.used[n - 1];
      if (source) openDocument(source.hit, cited?.holds === "literal" ? cited : null);
      else say(byHand ? "O prompt foi escrito à mão: o trecho citado está marcado nele." : `Não há trecho [${n}]: o modelo citou uma fonte que não recebeu.`);
    }

    // -- the document of a passage
    async function textOf(documentId) {
      if (own) return ownDocuments().find((each) => each.id === documentId);
      if (!texts.has(documentId)) {
        const { chunks: [whole] } = await host.compute("chunk", { collection: model.get("collection"), document: documentId, size: 5000, overlap: 0 });
        texts.set(documentId, { title: whole.title, text: " ".repeat(whole.start) + whole.text });
      }
      return texts.get(documentId);
    }
    async function openDocument(hit, span) {
      shownDocument = hit;
      const found = await textOf(hit.document).catch((error) => { say(error.message); });
      if (!found || shownDocument !== hit) return;
      const text = found.text ?? found.texto;
      paperTitle.textContent = hit.title;
      paper.replaceChildren(...ragPieces(text, [{ start: hit.start, end: hit.end, look: "rag-source" }, ...ragOrders(text, knownOrders(hit.document)), ...(span && hit.edited == null ? [{ start: span.start, end: span.end, look: "rag-said" }] : [])]));
      paperBox.hidden = false;
      const aim = paper.querySelector(".rag-said") ?? paper.querySelector(".rag-source");
      if (aim) paper.scrollTop = aim.offsetTop - paper.clientHeight / 3;
      paperBox.scrollIntoView({ block: "nearest", behavior: still() ? "auto" : "smooth" });
      paper.focus({ preventScroll: true });
    }

    // -- asking
    const ask = () => question.text.value.trim();
    const ownDocuments = () => mineText.value.split(/^\s*---\s*$/m).map((text, i) => ({ id: `seu-${i + 1}`, titulo: "", texto: text })); // a title that the reader did not write would be searched too
    const slim = ({ document, title, start, end, text, bridge, ...ways }) => ({ document, title: title || `Seu texto, ${document.slice(4)}`, start, end, text, bridge, ranks: Object.fromEntries(RANKS.map(([key]) => [key, ways[key]?.rank])), on: true, edited: null });
    const count = async (text) => { const { tokens, cut } = await host.compute("encode", { messages: [{ role: "user", content: text }] }); return tokens.length + (cut ?? 0); };
    const talk = (text, options) => host.compute("generate", { messages: [{ role: "user", content: text }], max_new_tokens: RAG_ROOM, sampling: { temperature: 0 } }, options);

    async function search(fresh) {
      if (!ask()) throw new Error("Escreva uma pergunta: sem ela não há o que procurar.");
      const bad = own && !mineText.value.trim() && "Cole um texto, ou abra um arquivo: ainda não há onde procurar.";
      if (bad) throw new Error(bad);
      const { titles, ...how } = use, from = performance.now(), where = own ? { documents: ownDocuments() } : { collection: model.get("collection") };
      const found = await host.compute("search", { ...where, ...how, query: ask(), reranker: start.reranker }, { onEvent: ({ done, total }) => total && fresh() && say(`calculando os vetores: ${fmtNumber(done)} de ${fmtNumber(total)} trechos`) });
      if (!fresh()) return;
      took.search = performance.now() - from;
      hits = found.hits.map(slim);
      say([found.note, ...(found.notes ?? [])].filter(Boolean).join(" ") || (hits.length ? "" : "Nenhum trecho tem palavras da pergunta: o prompt vai sem contexto."));
      drawHits();
      await assemble(fresh);
    }
    async function assemble(fresh) {
      const sources = hits.filter(({ on }) => on).map((hit) => ({ ...ragSource(spanOf(hit), use.titles && !own), hit }));
      const next = await ragPrompt(ask(), sources, count, context);
      const sizes = [await count(next.question)];
      for (let n = 1; n <= next.used.length; n++) sizes.push(n === next.used.length ? next.tokens : await count(ragMessage(next.question, next.used.slice(0, n))));
      if (!fresh()) return;
      made = next;
      drawPrompt(sizes.map((total, i) => (i ? total - sizes[i - 1] : total)));
      await reply(fresh);
    }
    const took = {};
    async function reply(fresh) {
      const words = prompt.area.value, total = byHand ? await count(words) : made.tokens;
      if (byHand) {
        sums.textContent = `${fmtNumber(total)} de ${fmtNumber(context - RAG_ROOM)} tokens, com o prompt que você escreveu.`;
        fillBar([[total, "", "rag-form"]], total);
      }
      if (total > context - RAG_ROOM) throw new Error(`O prompt ocupa ${fmtNumber(total)} tokens, e cabem ${context - RAG_ROOM}: encurte-o.`);
      stop?.abort();
      const { signal } = (stop = new AbortController()), from = performance.now(), tokens = [];
      let first = null;
      const onEvent = ({ token }) => {
        if (!fresh()) return;
        first ??= performance.now() - from;
        tokens.push(token);
        answer.replaceChildren(tokens.filter(({ text }) => !SPECIAL[text]).map(({ text }) => text).join("").trimStart(), h("span", { class: "rag-caret", "aria-hidden": "true" }));
      };
      checks.replaceChildren();
      const { text } = await talk(words, { onEvent, signal });
      if (!fresh()) return;
      drawAnswer(text.trim());
      strip.draw(tokens);
      setText(times, [took.search && `busca ${fmtNumber(took.search)} ms`, first && `primeiro token ${fmtNumber(first)} ms`, `resposta inteira ${fmtNumber(performance.now() - from)} ms`].filter(Boolean).join(" · "));
      const alone = await talk(ask(), { signal });
      if (fresh()) drawBare(alone.text.trim());
    }
    // A field that shows only some lines is scrolled to what the answer says, unless somebody is writing in it.
    function reveal({ el: field }) {
      const said = field.querySelector(".rag-said");
      if (said && !field.matches(":focus-within")) field.scrollTop = Math.max(0, said.offsetTop - field.clientHeight / 3);
    }
    const drawBare = (text) => bare.replaceChildren("Sem documento nenhum, o mesmo modelo: ", h("q", {}, text || "(nada)"));

    const stale = (yes) => box.classList.toggle("rag-stale", yes); // what stands there answers another question
    // Runs a stage and those after it; what the reader does meanwhile makes an older run count no more.
    async function run(stage) {
      const ticket = ++asks, fresh = () => ticket === asks;
      const slow = setTimeout(() => fresh() && pill.set("loading"), 250);
      answer.classList.add("llm-wait");
      took.search = null;
      try {
        await stage(fresh);
        if (fresh()) { stale(false); pill.set("live", host.where); }
      } catch (error) {
        if (fresh()) { say(error.message); stale(true); pill.set("error", "veja o aviso"); }
      } finally {
        clearTimeout(slow);
        if (fresh()) answer.classList.remove("llm-wait");
      }
    }
    const soon = debounce(() => run(search), 350), soonBuild = debounce(() => run(assemble), 350), soonReply = debounce(() => run(reply), 500);
    const untouched = () => !own && Object.keys(use).every((key) => use[key] === start[key]);
    function changed(pressed) {
      asks += 1;
      for (const later of [soon, soonBuild, soonReply]) later.cancel();
      const kept = untouched() && recorded.find((each) => each.question === question.text.value);
      [...chips.children].forEach((chip, i) => chip.setAttribute("aria-pressed", String(recorded[i].question === question.text.value)));
      paperBox.hidden = true;
      if (kept) showRecorded(kept);
      else if (live) pressed === true ? run(search) : soon();
    }
    function showRecorded(kept) {
      hits = kept.hits.map((hit) => ({ ...hit, on: true, edited: null }));
      drawHits();
      const used = hits.map((hit) => ({ ...ragSource(hit, use.titles), hit })), n = kept.weights.length - 1;
      made = { question: kept.question, text: kept.prompt, used: used.slice(0, n), left_out: used.slice(n), words_cut: 0, tokens: kept.weights.reduce((a, b) => a + b, 0) };
      say("");
      drawPrompt(kept.weights);
      drawAnswer(kept.text);
      strip.draw(kept.tokens);
      drawBare(kept.bare);
      times.textContent = "";
      answer.classList.remove("llm-wait");
      stale(false);
      pill.set("recorded");
    }

    // -- one passage, everywhere it appears
    function light(event) {
      const n = event.type === "pointerleave" ? null : event.target.closest?.("[data-source]")?.dataset.source;
      for (const node of el.querySelectorAll("[data-source]")) node.classList.toggle("rag-hot", n != null && node.dataset.source === n);
    }
    for (const kind of ["pointerover", "focusin"]) box.addEventListener(kind, light);
    box.addEventListener("pointerleave", light);

    const step = (n, title, ...rest) => h("p", { class: "rag-step" }, h("b", { "aria-hidden": "true" }, n), h("span", {}, title), ...rest);
    build(box, null, [
        h("div", { class: "rag-side" },
          h("div", { class: "rag-stage", role: "group", "aria-label": "Etapa 1: pergunta" }, step("1", "Pergunta"), question.text, chips),
          h("div", { class: "rag-stage", role: "group", "aria-label": "Etapa 2: busca" }, step("2", "Busca"), place, mine, h("div", { class: "rag-controls" }, ways, again, twice, range("Trechos pedidos", "k", 1, 8), sizes), note, list)),
        h("div", { class: "rag-side" },
          h("div", { class: "rag-stage", role: "group", "aria-label": "Etapa 3: prompt" }, step("3", "Prompt", redo), titled, prompt.el, bar, sums),
          h("div", { class: "rag-stage", role: "group", "aria-label": "Etapa 4: resposta" }, step("4", "Resposta"), answer, checks, bare, times, stripBox, paperBox)),
    ]);
    build(el, null, [box, h("div", { class: "llm-under" }, pill.el), heard.el]);
    changed();
    return () => { for (const each of [soon, soonBuild, soonReply]) each.cancel(); heard.say.cancel(); asks += 1; stop?.abort(); };
  },
};
