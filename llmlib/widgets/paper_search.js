// uses part: rank_fusion.lists
// uses engine: search
// PaperSearch: one search, several ways side by side. The Boolean one is answered and explained here, as it is typed; examples are
// recorded; the other ways on the reader's own words ask the host.
export default {
  render({ model, el, host }) {
    const vocabulary = model.get("vocabulary"), names = model.get("descriptors"), ways = model.get("ways"), examples = model.get("examples");
    const documents = model.get("documents").map(([id, title, text, year, study, keywords, d]) =>
      ({ id, title, text, year, study: vocabulary.studies[study].name, keywords, descriptors: d.map((i) => names[i]) }));
    const at = new Map(documents.map((each, i) => [each.id, i])), group = freshId();
    let lay = model.get("lay"), shown = ways[0].key, chosen = null, lists = {}, grades = {}, turn = 0;
    const searches = {}; // by lay: made at first use
    const search = () => (searches[lay] ??= makeBoolean(documents, vocabulary, lay));

    const { text, write } = textField({ value: examples[0].text, label: "O que procurar nos resumos", oninput: changed });
    const pill = statePill(el, host.compute ? "booleana e BM25 respondem a cada letra" : "sem modelo aqui: a booleana e o BM25 respondem; as outras, só nos exemplos");
    const heard = announcer(), wrong = h("p", { class: "ps-wrong", role: "alert" }), note = h("p", { class: "ps-small" });
    const tree = h("ul", { class: "ps-tree", "aria-label": "Como a busca foi lida" }), reading = h("p", { class: "ps-read" });
    const layBox = h("input", { type: "checkbox", name: "lay", checked: lay, onchange: () => { lay = layBox.checked; changed(); } });
    const chips = ways.map((way) => h("label", { class: "ps-chip" },
      h("input", { type: "radio", name: group, value: way.key, checked: way.key === shown, onchange: () => { shown = way.key; drawColumns(); } }), h("span", {}, way.label)));
    const columns = ways.map((way) => ({ way, score: h("p", { class: "ps-score" }), list: h("ol", { class: "ps-hits" }), box: null }));
    for (const each of columns) each.box = h("section", { class: "ps-column", "aria-label": each.way.label }, h("p", { class: "ps-name" }, each.way.label), h("p", { class: "ps-what" }, each.way.what), each.score, each.list);
    const detail = h("div", { class: "ps-detail", "aria-live": "polite" });

    // BM25 needs no model: it is computed here, with the words as typed or with more.
    const written = documents.map((each) => LLM.words(`${each.title}\n${each.text}`));
    let index = null, expand = "";
    const added = h("p", { class: "ps-small ps-added" });
    const expanders = [["", "como digitada"], ["vocabulary", "+ vocabulário"], ["rm3", "+ RM3"]].map(([key, label]) => h("label", { class: "ps-lay" },
      h("input", { type: "radio", name: `${group}-expand`, value: key, checked: !key, onchange: () => { expand = key; drawWords(); drawColumns(); } }), label));
    function drawWords() {
      if (!ways.some((way) => way.key === "bm25")) return;
      index ??= new LLM.BM25(written);
      const query = LLM.words(bare()), weights = expand === "rm3" ? rm3(bare(), index, written) : expand ? byVocabulary(bare(), search()) : null;
      const scores = weights ? weightedScores(index, weights) : index.scores(query), own = new Set(query);
      lists.bm25 = LLM.best(scores, 10).filter(([, score]) => score > 0).map(([i]) => i);
      const fresh = weights ? [...weights].filter(([word]) => !own.has(word)).sort((a, b) => b[1] - a[1]).slice(0, 8) : [];
      setText(added, !weights ? "" : fresh.length ? `No BM25 entraram: ${fresh.map(([word, weight]) => `${word} ${fmtNumber(weight, 2)}`).join(", ")}.` : "Nenhuma palavra entrou: nada na busca leva a um nome do vocabulário.");
    }

    // What the other ways read: the words, without operators, fields and signs.
    const bare = () => text.value.replace(/\[[^\]]*\]?/g, " ").replace(/["()*]/g, " ").replace(/(^|\s)(AND|OR|NOT|E|OU|NÃO)(?=\s|$)/gu, "$1").replace(/\s+/g, " ").trim();
    const marks = (grade) => (grade == null ? [] : h("span", { class: "ps-grade", title: `relevância ${grade}` }, "●".repeat(grade) + "○".repeat(3 - grade), h("span", { class: "llm-unseen" }, `relevância ${grade} de 3. `)));
    function drawColumns() {
      for (const { way, score, list, box } of columns) {
        const ranking = lists[way.key], graded = Object.keys(grades).length > 0;
        box.classList.toggle("ps-shown", way.key === shown);
        list.classList.toggle("llm-wait", ranking === undefined);
        const now = `${ranking?.join()}|${Object.values(grades).join()}|${graded}`;
        if (ranking === undefined || list.dataset.drawn === now) continue; // a list that stays keeps the reader's place in it
        list.dataset.drawn = now;
        const points = ranking && graded ? ndcgOf(ranking, grades) : null;
        const many = way.key === "booleana" && ranking ? `${fmtNumber(ranking.length)} de ${documents.length}` : "";
        setText(score, ranking === null ? (way.key === "booleana" ? "não foi lida" : "só ao vivo") : [points == null ? "" : `nDCG@10 ${fmtNumber(points, 2)}`, many].filter(Boolean).join(" · ") || "\u00a0");
        list.replaceChildren(...(ranking ?? []).slice(0, 5).map((i) => h("li", {}, h("button", { type: "button", class: "ps-hit", "data-at": String(i), "aria-pressed": String(i === chosen), onclick: () => pick(i) }, marks(graded ? grades[i] ?? 0 : null), documents[i].title, h("small", {}, ` ${documents[i].year}`)))),
          ...(ranking?.length === 0 ? [h("li", { class: "ps-none" }, "nada")] : []));
      }
    }
    function pick(i) {
      chosen = i;
      for (const hit of el.querySelectorAll(".ps-hit")) hit.setAttribute("aria-pressed", String(+hit.dataset.at === i));
      const document = documents[i], sought = new Set(LLM.words(bare()));
      const parts = document.text.split(/([\p{L}\p{N}_]+)/u).map((part) => (sought.has(LLM.fold(part)) ? h("mark", {}, part) : part));
      const places = columns.filter(({ way }) => lists[way.key]).map(({ way }) => { const rank = lists[way.key].indexOf(i); return `${way.label}: ${rank < 0 ? (way.key === "booleana" ? "descartado" : "depois do 10º") : `${rank + 1}º`}`; });
      detail.replaceChildren(h("p", { class: "ps-title" }, marks(Object.keys(grades).length ? grades[i] ?? 0 : null), document.title), h("p", { class: "ps-small" }, `${document.study}, ${document.year}. Descritores: ${document.descriptors.join(", ")}.`),
        h("p", { class: "ps-abstract" }, parts), h("p", { class: "ps-small" }, `${places.join(" · ")}. ${sought.size ? "Marcadas: as palavras que a busca e o resumo têm em comum." : ""}`));
    }
    function drawReading() {
      try {
        const node = search().parse(text.value), top = explained(node, search());
        lists.booleana = search().find(node);
        wrong.replaceChildren();
        text.removeAttribute("aria-invalid");
        tree.replaceChildren(top);
        setText(reading, `Lida como: ${search().written(node)}`);
        heard.say(`Booleana: ${fmtNumber(lists.booleana.length)} resumos.`);
      } catch (error) {
        if (error.start === undefined) throw error;
        lists.booleana = null;
        text.setAttribute("aria-invalid", "true");
        const typed = text.value;
        wrong.replaceChildren(h("span", { class: "ps-typed", "aria-hidden": "true" }, typed.slice(0, error.start), h("mark", {}, typed.slice(error.start, error.end) || "\u00a0"), typed.slice(error.end)), error.message);
        tree.replaceChildren();
        setText(reading, "");
        heard.say(error.message);
      }
    }

    const ask = latest(host, pill);
    async function askAll(mine) {
      const query = bare();
      for (const { way } of columns) {
        if (lists[way.key] !== undefined) continue;
        if (!host.compute) { lists[way.key] = null; continue; }
        const { judge, ...how } = way.ask; // judge: a model that puts what was found in another order
        const answer = query && (await ask("search", { collection: "ciencia", query, k: judge ? 20 : 10, size: 160, overlap: 0, ...how }));
        if (mine !== turn) return;
        let found = answer ? answer.hits.map((hit) => at.get(hit.document)).filter((i) => i !== undefined) : answer === "" ? [] : null;
        if (found?.length && judge) {
          const again = await ask("rerank", { model: judge, query, texts: found.map((i) => `${documents[i].title}. ${documents[i].text}`) });
          if (mine !== turn) return;
          found = again && LLM.best(again.scores, 10).map(([i]) => found[i]);
        }
        lists[way.key] = found;
        setText(note, answer?.note ?? "");
        drawColumns();
      }
      drawColumns();
    }
    const soon = debounce(() => askAll(turn), 150);
    function changed() {
      const example = examples.find((each) => each.text === text.value);
      turn += 1;
      grades = example?.grades ?? {};
      lists = { ...example?.ways };
      chosen = null;
      for (const { list } of columns) delete list.dataset.drawn;
      detail.replaceChildren();
      setText(note, "");
      drawReading();
      drawWords();
      drawColumns();
      soon();
    }
    function add(sign) { // put into the text where the caret stands
      text.setRangeText(sign, text.selectionStart, text.selectionEnd, "end");
      write(text.value);
      text.focus();
    }

    build(el, null, [
      text, h("div", { class: "llm-under" }, pill.el),
      h("p", { class: "nt-examples ps-examples", role: "group", "aria-label": "Buscas para experimentar" }, h("span", {}, "Experimente"),
        examples.map((each) => h("button", { type: "button", class: "llm-link", onclick: () => write(each.text) }, each.label))),
      h("div", { class: "ps-tools" }, h("p", { role: "group", "aria-label": "Acrescentar à busca" }, [[" AND ", "E"], [" OR ", "OU"], [" NOT ", "NÃO"], ["[título]", "[título]"], ["[descritor]", "[descritor]"], ["[ano]", "[ano]"], ["*", "começa por *"]]
        .map(([sign, label]) => h("button", { type: "button", class: "ps-sign", onclick: () => add(sign) }, label))), h("label", { class: "ps-lay" }, layBox, "o vocabulário conhece termos leigos")),
      wrong, tree, reading,
      h("div", { class: "ps-expand", role: "radiogroup", "aria-label": "Palavras do BM25" }, h("span", {}, "BM25"), expanders), added,
      h("div", { class: "ps-chips", role: "radiogroup", "aria-label": "Que busca mostrar" }, chips),
      h("div", { class: "ps-columns", "--ps-ways": String(ways.length) }, columns.map((each) => each.box)), note, detail, heard.el,
    ]);
    const first = examples[0];
    grades = first.grades;
    lists = { ...first.ways };
    drawReading();
    drawWords();
    for (const { way } of columns) if (lists[way.key] === undefined) lists[way.key] = null;
    drawColumns();
    return () => { soon.cancel(); heard.say.cancel(); };
  },
};
