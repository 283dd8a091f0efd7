// Next token: the text as tokens, and the distribution of what may come. Recorded first; live from the first change of the text.
export default {
  render({ model, el, host }) {
    const MOST = 30;
    let { tokens, cut, top } = model.get("recording");
    let k = model.get("k");

    const { text, write } = textField({ value: model.get("text"), label: "Texto que o modelo vai continuar", oninput: changed, readOnly: !host.compute });
    const count = h("p", { class: "llm-pill" }), pill = statePill(el, host.compute && "mude o texto e o modelo responde"), heard = announcer();
    const slot = h("span", { class: "llm-slot" });
    const strip = tokenStrip({ tail: slot });
    const best = h("p", { class: "llm-best" }), cutNote = h("p", { class: "nt-cut", hidden: true });
    const bars = tokenBars({ label: "Próximos tokens mais prováveis", onpick: host.compute && ((item) => write(text.value + item.text)), onpeek: fill });
    const rows = h("tbody");
    const table = h("details", { class: "llm-details", ontoggle: drawTable }, h("summary", {}, "Ver em tabela"),
      h("table", {}, h("thead", {}, h("tr", {}, ["Token", "Número", "Probabilidade"].map((name) => h("th", { scope: "col" }, name)))), rows));
    const howMany = h("output", {});
    const slider = h("input", { type: "range", min: "3", max: String(MOST), value: String(k), oninput: () => { k = +slider.value; draw(); } });
    const examples = host.compute ? model.get("examples") : [];

    function fill(item) { slot.replaceChildren(...tokenNodes((item ?? top[0]).text)); }
    function drawTable() {
      if (table.open) rows.replaceChildren(...top.slice(0, k).map((item) => h("tr", {}, h("td", {}, tokenNodes(item.text)), h("td", {}, String(item.id)), h("td", {}, fmtPercent(item.p)))));
    }
    function draw() {
      const shown = top.slice(0, k);
      bars.draw({ items: shown, rest: Math.max(0, 1 - shown.reduce((sum, item) => sum + item.p, 0)) });
      howMany.textContent = k;
      drawTable();
    }
    function drawText() {
      strip.draw(tokens);
      fill(top[0]);
      count.textContent = tokens.length === 1 ? "1 token" : `${fmtNumber(tokens.length)} tokens`;
      const message = ["Mais provável: ", h("strong", {}, spoken(top[0].text)), `, ${fmtPercent(top[0].p)}`];
      best.replaceChildren(...message, host.compute ? h("span", { class: "nt-hint" }, ". Escolha uma barra para continuar o texto.") : "");
      cutNote.hidden = !cut;
      cutNote.textContent = `O texto não cabe inteiro: usei os últimos ${fmtNumber(tokens.length)} tokens; ${fmtNumber(cut)} ficaram de fora.`;
      draw();
    }

    const ask = latest(host, pill);
    async function answer() {
      const now = await ask("next", { text: text.value, k: MOST });
      if (!now) return;
      ({ tokens, cut, top } = now);
      drawText();
      heard.say(`Mais provável: ${spoken(top[0].text)}, ${fmtPercent(top[0].p)}`);
    }
    const soon = debounce(answer, 40);
    function changed() { model.set("text", text.value); soon(); }

    build(el, null, [
      text, h("div", { class: "llm-under" }, pill.el, count),
      examples.length > 0 && h("p", { class: "nt-examples", role: "group", "aria-label": "Textos para experimentar" }, h("span", {}, "Experimente"),
        examples.map((each) => h("button", { type: "button", class: "llm-link", onclick: () => write(each) }, each || "texto vazio"))),
      strip.el, cutNote, best, bars.el,
      h("div", { class: "llm-foot" }, h("label", { class: "llm-range" }, "Barras", slider, howMany), table),
      heard.el,
    ]);
    drawText();
    return () => soon.cancel();
  },
};
