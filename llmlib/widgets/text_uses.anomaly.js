// Find strangers: every text of a box is as strange as it is far from its nearest neighbours among texts known to be usual.
function tuAnomaly({ texts, labels, more, text: first, systems, live, pill, heard, examples }) {
  // labels: "" for the usual texts that are the measure, "normal" and "intruso" for those of the box.
  const usual = texts.map((_, i) => i).filter((i) => !labels[i]), box = texts.map((_, i) => i).filter((i) => labels[i]), k = 5, intruders = box.filter((i) => labels[i] === "intruso").length;
  const axis = h("div", { class: "tu-axis" }), list = h("ol", { class: "tu-hits", "aria-label": "Os mais estranhos" }), said = h("p", { class: "tu-verdict" }), truth = h("input", { type: "checkbox", onchange: draw });
  const { text, write } = textField({ value: first, label: "Um texto seu, para pôr na caixa", oninput: () => soon(), readOnly: !live });
  const choose = tuChooser(systems, count), slider = tuRange("apontar", { min: 1, max: Math.max(2, Math.round(box.length / 2)), value: intruders, format: (n) => (n === 1 ? "o primeiro" : `os ${fmtNumber(n)} primeiros`) }, draw);
  let strange = [], mine = null, turn = 0;
  text.placeholder = "um texto seu, para pôr na caixa";

  function count() {
    const X = choose.get().vectors, measure = usual.map((i) => X[i]);
    strange = box.map((i) => tuStrangeness(measure, X[i], k));
    place();
  }
  async function place() {
    const order = ++turn, asked = text.value.trim(), system = choose.get(), v = asked && (await system.of(asked));
    if (order !== turn) return;
    mine = v ? tuStrangeness(usual.map((i) => system.vectors[i]), v, k) : null;
    draw();
  }
  function draw() {
    const order = tuBest(strange, box.length), pointed = new Set(order.slice(0, slider.get())), every = mine == null ? strange : [...strange, mine];
    const low = Math.min(...every), high = Math.max(...every), at = (x) => `${(3 + (94 * (x - low)) / (high - low || 1)).toFixed(1)}%`, open = truth.checked;
    const lanes = [];
    const dots = order.map((j) => {
      const x = 100 * ((strange[j] - low) / (high - low || 1));
      let lane = lanes.findIndex((last) => Math.abs(last - x) > 2.2);
      if (lane < 0) lane = lanes.length;
      lanes[lane] = x;
      return h("span", { class: `tu-dot${pointed.has(j) ? " tu-pointed" : ""}${open && labels[box[j]] === "intruso" ? " tu-intruder" : ""}`, style: `left:${at(strange[j])}; --lane:${lane}`, title: texts[box[j]] });
    });
    axis.style.setProperty("--lanes", Math.max(4, lanes.length));
    axis.replaceChildren(...dots, mine == null ? "" : h("span", { class: "tu-dot tu-yours", style: `left:${at(mine)}; --lane:-1` }, h("span", { class: mine - low > 0.6 * (high - low) ? "tu-flip" : "" }, "o seu")), h("span", { class: "tu-ends" }, h("span", {}, `comum ${fmtNumber(low, 2)}`), h("span", {}, `estranho ${fmtNumber(high, 2)}`)));
    list.replaceChildren(...order.slice(0, slider.get()).map((j) => h("li", { class: open && labels[box[j]] === "intruso" ? "tu-right" : "" }, h("span", { class: "tu-score" }, fmtNumber(strange[j], 2)), h("span", {}, texts[box[j]], open && h("strong", {}, labels[box[j]] === "intruso" ? " ✓ intruso" : " ✗ era da casa")))));
    const hits = [...pointed].filter((j) => labels[box[j]] === "intruso").length;
    said.textContent = `${open ? `Achou ${hits} dos ${intruders} intrusos, com ${pointed.size - hits} ${pointed.size - hits === 1 ? "alarme falso" : "alarmes falsos"}.` : `Há ${intruders} intrusos entre ${box.length} textos. Quais você apontaria?`}${mine == null ? "" : ` O seu texto é mais estranho que ${strange.filter((x) => x < mine).length} dos ${box.length}.`}`;
    heard.say(said.textContent);
  }
  const soon = debounce(place, 80);
  return {
    nodes: [h("div", { class: "tu-controls" }, choose.el, slider.el, h("label", { class: "tu-check" }, truth, "mostrar os intrusos")), axis, said, list, live && text, h("div", { class: "llm-under" }, pill.el), live && tuExamples("Textos para experimentar", examples.map((each) => [each, () => write(each)]))],
    start: count, stop: () => soon.cancel(),
  };
}
