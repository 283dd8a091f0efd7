// uses style: paper_search
// RankFusion: a weight for each list, their weighted reciprocal rank fusion, and nDCG@10 on half of the searches (“ajuste”). The other
// half (“teste”) is seen only by pressing a button, and each look is written down beside the weights that it judged.
export default {
  render({ model, el }) {
    const ways = model.get("ways"), group = freshId();
    const forms = model.get("forms").map((form) => ({ ...form, parts: [...form.parts], grades: form.grades.map(unpackGrades), lists: form.lists.map((lists) => lists.map(unpackList)) }));
    let form = forms.find((each) => each.key === model.get("form")), weights = [...model.get("weights")], constant = 60, looks = [];

    // nDCG of each search of a part, by the fusion with some weights (and by one list alone: a single weight).
    function fused(need, given) {
      const scores = new Map();
      given.forEach((weight, way) => { if (weight) form.lists[way][need].forEach((text, i) => scores.set(text, (scores.get(text) ?? 0) + weight / (constant + i + 1))); });
      return [...scores].sort((a, b) => b[1] - a[1] || a[0] - b[0]).map(([text]) => text);
    }
    const needs = (part) => form.parts.map((each, i) => (each === part ? i : -1)).filter((i) => i >= 0);
    const marks = (given, part) => needs(part).map((need) => ndcgOf(fused(need, given), form.grades[need]));
    const alone = (way) => ways.map((_, i) => +(i === way));

    const picture = h("div", { class: "rf-picture" }), said = h("p", { class: "rf-said", "aria-live": "polite" }), log = h("tbody");
    const table = h("table", { class: "rf-log", hidden: true }, h("caption", {}, "Pesos que você conferiu no teste"), h("thead", {}, h("tr", {}, ["Pesos", "ajuste", "teste"].map((name) => h("th", { scope: "col" }, name)))), log);
    const chips = forms.map((each) => h("label", { class: "ps-chip" }, h("input", { type: "radio", name: group, value: each.key, checked: each === form, onchange: () => { form = each; singles = null; looks = []; drawLog(); draw(); } }), h("span", {}, each.label)));
    const sliders = ways.map(({ label }, i) => {
      const out = h("output", {}), input = h("input", { type: "range", name: `w${i}`, min: "0", max: "1", step: "0.05", value: String(weights[i]), oninput: () => { weights[i] = +input.value; soon(); } });
      return { input, out, row: h("label", { class: "llm-range rf-weight" }, h("span", {}, label), input, out) };
    });
    const kOut = h("output", {}), kInput = h("input", { type: "range", name: "constant", min: "0", max: "100", step: "5", value: "60", oninput: () => { constant = +kInput.value; singles = null; soon(); } });
    const best = h("button", { type: "button", class: "llm-button", onclick: search }, "Achar os melhores pesos no ajuste");
    const check = h("button", { type: "button", class: "llm-button llm-button-main", onclick: look }, "Conferir no teste");

    let singles = null; // of the present form: each list alone
    function draw() {
      singles ??= ways.map((_, way) => meanInterval(marks(alone(way), "d")));
      sliders.forEach(({ input, out }, i) => { if (+input.value !== weights[i]) input.value = String(weights[i]); setText(out, fmtNumber(weights[i], 2)); });
      setText(kOut, String(constant));
      const none = weights.every((weight) => !weight), mine = none ? null : marks(weights, "d"), now = mine && meanInterval(mine);
      const top = singles.reduce((a, b, i) => (b.value > singles[a].value ? i : a), 0);
      check.disabled = none;
      const rows = [...ways.map((way, i) => ({ label: way.label, ...singles[i], kind: "alone" })), ...(now ? [{ label: "sua fusão", ...now, kind: "mine" }] : [])];
      const seen = looks.at(-1);
      if (seen && seen.weights.join() === weights.join() && seen.constant === constant) rows.push({ label: "sua fusão, no teste", ...seen.test, kind: "test" });
      plot(rows);
      if (none) return void setText(said, "Com todos os pesos em zero não há lista: suba ao menos um.");
      const single = marks(alone(top), "d"), gain = meanInterval(mine.map((value, i) => value - single[i]));
      const verdict = gain.low > 0 ? "acima de zero" : gain.high < 0 ? "abaixo de zero" : "inclui o zero: pode ser acaso";
      setText(said, `Sua fusão: ${fmtInterval(now)} em ${mine.length} buscas de ajuste. Diferença para a melhor lista sozinha (${ways[top].label}): ${fmtInterval(gain, "+")}; o intervalo ${verdict.startsWith("inclui") ? "" : "fica "}${verdict}.`);
    }
    function halved(label) { // a long name in two lines: the room beside the marks is fixed
      const cut = label.length > 34 ? label.lastIndexOf(" ", 30) : -1;
      return cut > 0 ? [label.slice(0, cut), label.slice(cut + 1)] : [label];
    }
    function plot(rows) {
      const wide = (el.clientWidth || 640) > 520, W = wide ? 680 : 340, left = wide ? 250 : 12, right = wide ? 130 : 12, step = wide ? 30 : 46, H = rows.length * step + 34;
      const x = (v) => left + (W - left - right) * v, parts = [0, 0.25, 0.5, 0.75, 1].flatMap((v) => [
        svg("line", { x1: x(v), x2: x(v), y1: 4, y2: H - 26, class: "rf-grid" }), svg("text", { x: x(v), y: H - 8, "text-anchor": v === 0 ? "start" : v === 1 ? "end" : "middle", class: "rf-axis" }, fmtNumber(v, 2))]);
      rows.forEach((row, i) => {
        const y = i * step + (wide ? 18 : 32), tone = row.kind === "alone" ? "var(--llm-muted)" : "var(--llm-prob)";
        parts.push(svg("line", { x1: x(row.low), x2: x(row.high), y1: y, y2: y, stroke: tone, "stroke-width": row.kind === "alone" ? 2 : 3.5 }));
        parts.push(row.kind === "test" ? svg("rect", { x: x(row.value) - 5.5, y: y - 5.5, width: 11, height: 11, fill: "var(--llm-paper)", stroke: tone, "stroke-width": 2.5, transform: `rotate(45 ${x(row.value)} ${y})` }) : svg("circle", { cx: x(row.value), cy: y, r: row.kind === "alone" ? 4.5 : 6, fill: tone }));
        const lines = wide ? halved(row.label) : [`${row.label}: ${fmtNumber(row.value, 2)}`];
        lines.forEach((line, j) => parts.push(svg("text", { x: wide ? left - 12 : left, y: wide ? y + 4 + 15 * (j - (lines.length - 1) / 2) : y - 12, "text-anchor": wide ? "end" : "start", class: row.kind === "alone" ? "rf-label" : "rf-label rf-mine" }, line)));
        if (wide) parts.push(svg("text", { x: W - right + 12, y: y + 4, class: row.kind === "alone" ? "rf-label" : "rf-label rf-mine" }, fmtInterval(row)));
      });
      picture.replaceChildren(svg("svg", { viewBox: `0 0 ${W} ${H}`, role: "img", "aria-label": `nDCG@10: ${rows.map((row) => `${row.label}, ${fmtInterval(row)}`).join("; ")}` }, ...parts));
    }
    const soon = oncePerFrame(draw);

    function search() { // the weights of many that do best on “ajuste”: sixths, by rounds over one list at a time
      const steps = [0, 0.2, 0.4, 0.6, 0.8, 1], score = (given) => (given.some(Boolean) ? meanOf(marks(given, "d")) : -1);
      let now = weights.some(Boolean) ? [...weights] : ways.map(() => 1), most = score(now);
      for (let round = 0; round < 3; round++) {
        const before = most;
        for (let i = 0; i < ways.length; i++) for (const step of steps) {
          const tried = now.map((weight, j) => (j === i ? step : weight)), got = score(tried);
          if (got > most + 1e-9) [now, most] = [tried, got];
        }
        if (most === before) break;
      }
      weights = now;
      draw();
    }
    function look() {
      const test = meanInterval(marks(weights, "t"));
      looks.push({ weights: [...weights], constant, dev: meanInterval(marks(weights, "d")), test });
      drawLog();
      draw();
    }
    function drawLog() {
      table.hidden = !looks.length;
      log.replaceChildren(...looks.map((each) => h("tr", {}, h("th", { scope: "row" }, ways.map((way, i) => (each.weights[i] ? `${way.label} ${fmtNumber(each.weights[i], 2)}` : "")).filter(Boolean).join(" + "), each.constant === 60 ? "" : `; k = ${each.constant}`), h("td", {}, fmtInterval(each.dev)), h("td", {}, fmtInterval(each.test)))));
    }

    build(el, null, [
      h("div", { class: "rf-chips", role: "radiogroup", "aria-label": "Como as buscas são escritas" }, chips),
      h("div", { class: "rf-weights" }, sliders.map(({ row }) => row), h("label", { class: "llm-range rf-weight" }, h("span", {}, "constante k"), kInput, kOut)),
      picture, said, h("div", { class: "rf-buttons" }, best, check), table,
    ]);
    draw();
    const watch = new ResizeObserver(soon);
    watch.observe(el);
    return () => watch.disconnect();
  },
};
