// Step sums: twenty sums, four ways of asking, counted as they come, with their intervals; the text behind each answer is one key away.
// uses engine: sampling
export default {
  render({ model, el, host }) {
    const models = model.get("models"), ways = model.get("ways"), recording = model.get("recording"), live = !!host.compute, COUNT = recording.length;
    let who = 0, size = model.get("terms"), seed = model.get("seed"), rows = recording, stop = null, picked = null;
    const pill = statePill(el, live && "rode outras somas"), heard = announcer(), name = freshId();

    const run = h("button", { type: "button", class: "llm-button llm-button-main", hidden: !live, onclick: () => (stop ? stop() : runAll(seed + 1)) }, `Rodar outras ${COUNT} somas`);
    const models_ = models.length > 1 && h("fieldset", { class: "ss-models" }, h("legend", {}, "Modelo"), models.map((each, i) => h("label", {}, h("input", { type: "radio", name, checked: i === 0, disabled: !live, onchange: () => { who = i; runAll(seed); } }), each.title)));
    const sizes = h("label", { class: "ss-size" }, "Números em cada soma", h("select", { disabled: !live, onchange: (event) => { size = +event.target.value; runAll(seed); } }, [2, 3, 4, 5].map((n) => h("option", { value: String(n), selected: n === size }, String(n)))));
    const head = h("tr", {}, h("th", { scope: "col" }, "Soma")), body = h("tbody"), counts = h("ol", { class: "ss-counts", "aria-label": "Quantas somas certas em cada jeito" });
    const table = h("table", { class: "ss-table" }, h("caption", { class: "llm-unseen" }, "As somas e o que cada jeito respondeu"), h("thead", {}, head), body);
    const detail = h("div", { class: "ss-detail" }, h("p", {}, "Escolha uma resposta na tabela para ler o que foi escrito."));
    head.append(...ways.map(({ label }) => h("th", { scope: "col" }, label)));

    const right = (row, way) => row[way]?.answer === ssTotal(row.terms);
    function explain(row, way) {
      picked = { row, way };
      const { label } = ways.find(({ key }) => key === way), prompt = way === "laid" ? "" : ssPrompts[way](row.terms, ssSolved(row.terms.length));
      detail.replaceChildren(h("p", {}, h("strong", {}, `${ssAddition(row.terms)}, ${label}`), right(row, way) ? " ✓" : ` ✗ (certo: ${ssTotal(row.terms)})`),
        h("pre", {}, h("span", { class: "ss-given" }, prompt), prompt && !prompt.endsWith("\n") ? " " : "", way === "laid" ? row[way].text.split(/(?<== )(\d+)/).map((part, i) => (i % 2 ? h("mark", {}, part) : h("span", { class: "ss-given" }, part))) : h("mark", {}, row[way].text || "(nada)")));
    }
    const settle = roving(body, () => [...body.querySelectorAll("button")]);
    function draw() {
      body.replaceChildren(...rows.map((row) => h("tr", {}, h("th", { scope: "row" }, ssAddition(row.terms)), ways.map(({ key, label }) => {
        if (!row[key]) return h("td", {}, "…");
        const ok = right(row, key);
        return h("td", {}, h("button", { type: "button", tabIndex: -1, class: ok ? "ss-cell ss-ok" : "ss-cell", "aria-label": `${ssAddition(row.terms)}, ${label}: ${row[key].answer ?? "nada"}, ${ok ? "certo" : "errado"}`, onclick: () => explain(row, key) }, `${row[key].answer ?? "–"} ${ok ? "✓" : "✗"}`));
      }))));
      counts.replaceChildren(...ways.map(({ key, label, what }) => {
        const made = rows.filter((row) => row[key]), hits = made.filter((row) => right(row, key)).length, n = made.length, { p, low, high } = n ? shareOf(hits, n) : { p: 0, low: 0, high: 1 };
        return h("li", { class: "ss-count" }, h("span", { class: "ss-way" }, label, h("small", {}, what)),
          h("span", { class: "ss-track", "--w": p, "--low": low, "--high": high }, h("span", { class: "ss-fill" }), h("span", { class: "ss-range" })),
          h("span", { class: "ss-number" }, `${hits} de ${n}`, h("small", {}, n ? `${fmtPercent(low)} a ${fmtPercent(high)}` : "")));
      }));
      settle();
    }
    const write = (name_) => async (text, room, end) => (await host.compute("generate", { model: name_, text, max_new_tokens: room, stop: end, sampling: { temperature: 0 } })).text;
    async function runAll(next) {
      stop?.();
      let stopped = false;
      const mine = (stop = () => { stopped = true; });
      seed = next;
      rows = ssSums(seed, COUNT, size).map((terms) => ({ terms }));
      run.textContent = "Parar";
      detail.replaceChildren(h("p", {}, "Escolha uma resposta na tabela para ler o que foi escrito."));
      draw();
      const slow = setTimeout(() => pill.set("loading"), 250), batch = rows, ask = write(models[who].model);
      try {
        for (const row of batch) {
          for (const { key } of ways) {
            if (stopped) return;
            const made = await ssRun(ask, key, row.terms);
            if (stopped) return;
            row[key] = made;
          }
          pill.set("live", host.where);
          clearTimeout(slow);
          draw();
        }
        heard.say(ways.map(({ key, label }) => `${label}: ${batch.filter((row) => right(row, key)).length} de ${COUNT}`).join("; "));
      } catch (error) {
        if (!stopped) pill.set("error", error.message);
      } finally {
        clearTimeout(slow);
        if (stop === mine) { stop = null; run.textContent = `Rodar outras ${COUNT} somas`; rows = rows.filter((row) => ways.every(({ key }) => row[key])); if (!rows.length) rows = recording; draw(); }
      }
    }

    build(el, null, [
      models_, h("div", { class: "llm-foot" }, run, sizes), h("div", { class: "llm-under" }, pill.el), counts,
      h("details", { class: "llm-details ss-all", open: true }, h("summary", {}, `As ${COUNT} somas`), h("div", { class: "ss-scroll", tabIndex: 0, role: "region", "aria-label": "As somas, uma a uma" }, table)), detail, heard.el,
    ]);
    draw();
    const first = ways.find(({ key }) => key === "laid") ?? ways[0];
    explain(rows[0], first.key);
    return () => { stop?.(); heard.say.cancel(); };
  },
};
