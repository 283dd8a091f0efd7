// RankLists: one column for each way of searching; a line follows each passage from column to column. Recorded first; for a
// question of the reader's own `search` is asked once for each way. The sum of reciprocal ranks is written out for the
// one chosen, and the mean of its scores is given.
// uses part: rag_pipeline.field
// uses part: rag_pipeline.reader
// uses part: injection_lab.guard
// uses style: rag_pipeline
const RL_CONSTANT = 60; // of reciprocal rank fusion, as in llmlib.scratch.retrieval

export default {
  render({ model, el, host }) {
    const live = !!host.compute, ways = model.get("ways"), recorded = model.get("recorded"), passages = { ...model.get("passages") }, { depth, rerank, size, overlap } = model.get("settings");
    let now = recorded[0], chosen = null, asks = 0;
    const pill = statePill(el, live && "escreva outra pergunta"), heard = announcer();
    const question = textField({ value: now.question, label: "Pergunta", oninput: changed, readOnly: !live });
    const chips = h("p", { class: "rag-chips", role: "group", "aria-label": "Perguntas gravadas" }, recorded.map((each) => h("button", { type: "button", class: "llm-link", onclick: () => question.write(each.question) }, each.label)));
    const note = h("p", { class: "rag-note", role: "status" }), chart = h("div", { class: "rl-chart" });
    const list = h("ol", { class: "rl-list", "aria-label": "Trechos achados por algum dos jeitos" }), settle = roving(list, () => [...list.querySelectorAll("button")], (button) => choose(button.dataset.key));
    const detail = h("div", { class: "rl-detail" });

    // Keys in the order of the joined list, and after them those that only one way found.
    const keys = () => [...new Set([...(now.lists.hybrid ?? []), ...Object.values(now.lists).flat()])];
    const placeIn = (way, key) => now.lists[way]?.indexOf(key) + 1 || 0;
    const sentence = (key) => ways.map(([way, label]) => `${label} ${placeIn(way, key) ? `${placeIn(way, key)}º` : "–"}`).join(" · ");

    const WIDTH = 460, ROW = 34, TOP = 30, LEFT = 46, RIGHT = 40;
    const x = (column) => LEFT + ((WIDTH - LEFT - RIGHT) * column) / (ways.length - 1), y = (place) => TOP + ROW * (place - 0.5), out = () => TOP + ROW * (depth + 0.45);
    function drawChart() {
      const height = out() + 22;
      const lines = keys().map((key) => {
        const places = ways.map(([way]) => placeIn(way, key)), right = now.answers.includes(key), parts = [];
        places.forEach((place, i) => { // solid between two places shown, dotted on the way out
          if (i && (place || places[i - 1])) parts.push(svg("line", { class: place && places[i - 1] ? "rl-line" : "rl-line rl-away", x1: x(i - 1), x2: x(i), y1: places[i - 1] ? y(places[i - 1]) : out(), y2: place ? y(place) : out() }));
        });
        return svg("g", { class: `rl-track${right ? " rl-right" : ""}`, "data-key": key, onclick: () => choose(key), onpointerenter: () => choose(key) }, parts,
          places.map((place, i) => place && svg("circle", { cx: x(i), cy: y(place), r: 10 })), places.map((place, i) => place && right && svg("text", { x: x(i), y: y(place) + 4.5, "text-anchor": "middle", class: "rl-tick" }, "✓")));
      });
      chart.replaceChildren(svg("svg", { viewBox: `0 0 ${WIDTH} ${height}`, "aria-hidden": "true" },
        ways.map(([, label], i) => svg("text", { class: "rl-way", x: x(i), y: 16, "text-anchor": "middle" }, label)),
        Array.from({ length: depth }, (_, i) => svg("text", { class: "rl-place", x: LEFT - 20, y: y(i + 1) + 4, "text-anchor": "end" }, `${i + 1}º`)),
        svg("text", { class: "rl-place", x: LEFT - 20, y: out() + 4, "text-anchor": "end" }, "fora"), lines));
    }
    function drawList() {
      list.replaceChildren(...keys().map((key) => h("li", {}, h("button", { type: "button", class: "rl-item", "data-key": key, tabIndex: -1, onclick: () => choose(key) },
        h("span", { class: "rl-mark", "aria-hidden": "true" }, now.answers.includes(key) ? "✓" : ""), h("span", { class: "rl-title" }, passages[key].title, now.answers.includes(key) ? h("span", { class: "llm-unseen" }, " (tem a resposta)") : null), h("span", { class: "rl-places" }, sentence(key))))));
      settle();
    }
    function choose(key) {
      chosen = key;
      for (const node of el.querySelectorAll("[data-key]")) node.classList.toggle("rl-hot", node.dataset.key === key);
      const each = passages[key];
      if (!each) return detail.replaceChildren();
      const ranks = now.ranks[key] ?? {}, parts = [["bm25", "palavras"], ["dense", "vetores"]].filter(([way]) => ranks[way]);
      const total = parts.reduce((sum, [way]) => sum + 1 / (RL_CONSTANT + ranks[way]), 0);
      detail.replaceChildren(h("p", { class: "rl-name" }, each.title), h("p", { class: "rl-text" }, ragPieces(each.text, ragShared(each.text, question.text.value))),
        h("p", { class: "rl-sum" }, parts.length ? `Por lugares: ${parts.map(([way]) => `1/(${RL_CONSTANT} + ${ranks[way]})`).join(" + ")} = ${fmtNumber(total, 4)}${parts.length < 2 ? ` (só ${parts[0][1]})` : ""}.` : "", key in now.scores ? ` Por notas: ${fmtNumber(now.scores[key], 2)}.` : ""));
    }
    function draw() {
      chart.classList.remove("llm-wait");
      drawChart();
      drawList();
      choose(now.answers[0] ?? keys()[0]);
      const first = now.answers.length ? ways.map(([way, label]) => [label, Math.min(...now.answers.map((key) => placeIn(way, key) || Infinity))]) : [];
      if (first.length) heard.say(`O trecho com a resposta: ${first.map(([label, n]) => `${label}, ${n === Infinity ? "fora" : `${n}º`}`).join("; ")}.`);
    }

    async function search(fresh) {
      const lists = {}, ranks = {}, scores = {};
      for (const [way] of ways) {
        const by = way === "rerank" ? { by: "hybrid", rerank } : { by: way, rerank: 0 };
        const found = await host.compute("search", { collection: model.get("collection"), size, overlap, k: depth, ...by, query: question.text.value.trim() });
        if (!fresh()) return;
        if (found.note) note.textContent = found.note;
        lists[way] = found.hits.map((hit) => {
          const key = `${hit.document}:${hit.start}`;
          passages[key] = { title: hit.title, text: ragFlat(hit.text) };
          for (const each of ["bm25", "dense"]) if (hit[each]) (ranks[key] ??= {})[each] = hit[each].rank;
          if (way === "convex") scores[key] = hit.score;
          return key;
        });
      }
      now = { question: question.text.value, lists, ranks, scores, answers: [] };
      draw();
    }
    async function run() {
      const ticket = ++asks, fresh = () => ticket === asks, slow = setTimeout(() => fresh() && pill.set("loading"), 150);
      note.textContent = "";
      try {
        await search(fresh);
        if (fresh()) pill.set("live", host.where);
      } catch (error) {
        if (fresh()) { note.textContent = error.message; pill.set("error", "veja o aviso"); }
      } finally { clearTimeout(slow); if (fresh()) chart.classList.remove("llm-wait"); }
    }
    const soon = debounce(run, 300);
    function changed() {
      asks += 1;
      const kept = recorded.find((each) => each.question === question.text.value);
      [...chips.children].forEach((chip, i) => chip.setAttribute("aria-pressed", String(recorded[i] === kept)));
      if (kept) { soon.cancel(); note.textContent = ""; now = kept; pill.set("recorded"); draw(); }
      else if (live) { chart.classList.add("llm-wait"); soon(); }
    }

    build(el, null, [question.text, chips, note, h("div", { class: "rl-two" }, chart, h("div", { class: "rl-side" }, list, detail)), h("div", { class: "llm-under" }, pill.el), heard.el]);
    changed();
    return () => { soon.cancel(); heard.say.cancel(); asks += 1; };
  },
};
