// Forgetting: loss before (ring) and after (disc) tuning on each kind of text, one way at a time. Nothing is computed but places.
export default {
  render({ model, el }) {
    const ways = model.get("ways");
    let chosen = 0;
    const heard = announcer(), rows = h("ol", { class: "fg-rows", "aria-label": "Tipos de texto" }), said = h("p", { class: "fg-said" });
    const picks = ways.map((way, i) => h("button", { type: "button", class: "llm-link", "aria-pressed": String(i === 0), onclick: () => { chosen = i; draw(); } }, way.label));
    const signed = (x) => { const size = fmtNumber(Math.abs(x), 2); return /[1-9]/.test(size) ? `${x < 0 ? "−" : "+"}${size}` : size; };
    const top = Math.max(...ways.flatMap((way) => way.rows.flatMap((row) => [row.before, row.after]))) * 1.05;

    function draw() {
      const { label, rows: all } = ways[chosen], gap = (row) => row.after - row.before;
      picks.forEach((button, i) => button.setAttribute("aria-pressed", String(i === chosen)));
      const sorted = [...all].sort((a, b) => gap(b) - gap(a));
      rows.replaceChildren(...sorted.map((row) => {
        const low = Math.min(row.before, row.after) / top, high = Math.max(row.before, row.after) / top, clear = row.low > 0 || row.high < 0;
        return h("li", { class: "fg-row", "--low": low, "--high": high, "--before": row.before / top, "--after": row.after / top, "data-side": gap(row) >= 0 ? "worse" : "better" },
          h("span", { class: "fg-kind" }, row.kind), h("span", { class: "fg-track", "aria-hidden": "true" }, h("i", { class: "fg-line" }), h("i", { class: "fg-before" }), h("i", { class: "fg-after" })),
          h("span", { class: "fg-number" }, `${fmtNumber(row.before, 2)} → ${fmtNumber(row.after, 2)}`), h("span", { class: "fg-gap" }, `${signed(gap(row))} (${signed(row.low)} a ${signed(row.high)})${clear ? "" : " ≈"}`));
      }));
      const worse = all.filter((row) => row.low > 0).length, better = all.filter((row) => row.high < 0).length, mean = all.reduce((sum, row) => sum + gap(row), 0) / all.length;
      said.replaceChildren(h("strong", {}, label), `: em média, ${signed(mean)} nats por token. A perda subiu em ${worse} dos ${all.length} tipos, desceu em ${better}; nos outros o intervalo inclui o zero (≈).`);
      heard.say(said.textContent);
    }

    build(el, null, [
      h("p", { class: "fg-picks", role: "group", "aria-label": "Maneira de treinar" }, h("span", {}, "Depois de"), picks),
      said, rows, h("p", { class: "fg-key" }, "Anel: perda do modelo base. Disco: depois do ajuste. Mais à direita é pior. Entre parênteses, o intervalo de 95 % da mudança."), heard.el,
    ]);
    draw();
    el.dataset.state = "recorded";
    return () => heard.say.cancel();
  },
};
