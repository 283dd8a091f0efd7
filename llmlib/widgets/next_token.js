// Next token: the text as tokens, and the distribution of what may come. Recorded first; live from the first change of the text.
export default {
  render({ model, el, host }) {
    const MOST = 30;
    let { tokens, cut, top } = model.get("recording");
    let k = model.get("k");

    const text = h("textarea", { name: "text", rows: 1, spellcheck: false, autocomplete: "off", "aria-label": "Texto que o modelo vai continuar", class: "nt-text" });
    text.value = model.get("text");
    text.readOnly = !host.compute;
    const slot = h("span", { class: "nt-slot", "aria-hidden": "true" });
    const strip = tokenStrip({ tail: slot });
    const best = h("p", { class: "llm-best" });
    const cutNote = h("p", { class: "llm-cut", hidden: true });
    const pill = statePill(el), heard = announcer();
    const bars = tokenBars({ label: "Próximos tokens mais prováveis", onpick: host.compute ? append : null, onpeek: (item) => fillSlot(item ?? top[0]) });
    const rows = h("tbody");
    const table = h("details", { class: "llm-table", ontoggle: () => table.open && drawTable() }, h("summary", {}, "Ver em tabela"),
      h("table", {}, h("thead", {}, h("tr", {}, ["Token", "Número", "Probabilidade"].map((name) => h("th", { scope: "col" }, name)))), rows));
    const howMany = h("output", {});
    const slider = h("input", { type: "range", min: "3", max: String(MOST), value: String(k), "aria-label": "Quantos tokens mostrar", oninput: () => { k = +slider.value; draw(); } });
    const examples = model.get("examples").filter(() => host.compute);

    const fillSlot = (item) => slot.replaceChildren(...(item ? tokenNodes(item.text) : []));
    function drawTable() {
      rows.replaceChildren(...top.slice(0, k).map((item) => h("tr", {}, h("td", {}, tokenNodes(item.text)), h("td", {}, String(item.id)), h("td", {}, fmtPercent(item.p)))));
    }
    function draw() {
      const shown = top.slice(0, k);
      strip.draw(tokens);
      fillSlot(top[0]);
      bars.draw({ items: shown, rest: Math.max(0, 1 - shown.reduce((sum, item) => sum + item.p, 0)) });
      best.replaceChildren("Mais provável: ", h("strong", {}, spoken(top[0].text)), `, ${fmtPercent(top[0].p)}`);
      howMany.textContent = k;
      cutNote.hidden = !cut;
      cutNote.textContent = cut ? `O modelo lê até ${fmtNumber(tokens.length)} tokens: usei os últimos ${fmtNumber(tokens.length)}; ${fmtNumber(cut)} ficaram de fora.` : "";
      if (table.open) drawTable();
    }

    const ask = host.compute && latest(host, pill);
    async function answer() {
      const now = await ask("next", { text: text.value, k: MOST });
      if (!now) return;
      ({ tokens, cut, top } = now);
      draw();
      heard.say(best.textContent);
    }
    const soon = debounce(answer, 40);
    function fit() { // the field is as tall as its text, up to five lines
      text.style.height = "auto";
      text.style.height = `${Math.min(text.scrollHeight, 5.2 * 1.5 * parseFloat(getComputedStyle(text).fontSize))}px`;
    }
    function write(value) {
      text.value = value;
      model.set("text", value);
      fit();
      soon();
    }
    function append(item) { write(text.value + item.text); }
    text.addEventListener("input", () => write(text.value));

    build(el, null, [
      h("div", { class: "nt-head" }, text, pill.el),
      examples.length ? h("p", { class: "nt-examples" }, h("span", {}, "Experimente: "), examples.map((each) => h("button", { type: "button", onclick: () => { write(each); text.focus(); } }, each || "(texto vazio)"))) : null,
      strip.el, cutNote, best, bars.el,
      h("div", { class: "nt-foot" }, h("label", { class: "llm-range" }, "Mostrar", slider, howMany), table),
      heard.el,
    ]);
    draw();
    fit();
    const resized = new ResizeObserver(fit);
    resized.observe(el);
    return () => { soon.cancel(); resized.disconnect(); };
  },
};
