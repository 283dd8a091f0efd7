// Word dimensions: a slider walks through the numbers of the vectors; at its two ends stand the words with the most and the least
// of it. A button turns all vectors by one random rotation: every number changes, no neighbour does.
// uses part: embedding_map.plot
// uses part: embedding_map.space
// uses engine: sampling
// uses style: embedding_map
const END_WORDS = 8;
// D directions at right angles, drawn: row i is the direction that becomes number i. A Gram-Schmidt of normal draws.
function turnOf(D, seed) {
  let step = 0;
  const normal = () => Math.sqrt(-2 * Math.log(1 - LLM.uniform(seed, step++))) * Math.cos(2 * Math.PI * LLM.uniform(seed, step++)), rows = [];
  while (rows.length < D) {
    const row = Float64Array.from({ length: D }, normal);
    for (const other of rows) { const along = other.reduce((sum, x, i) => sum + x * row[i], 0); for (let i = 0; i < D; i++) row[i] -= along * other[i]; }
    const length = Math.hypot(...row);
    if (length > 1e-6) rows.push(row.map((x) => x / length));
  }
  return rows;
}
export default {
  render({ model, el }) {
    const words = model.get("words"), space = wordSpace(words, model.get("vectors")), groups = model.get("groups"), { D } = space, of = new Map(groups.flatMap(({ ids }, g) => ids.map((i) => [i, g])));
    const plain = Array.from({ length: D }, (_, i) => Float64Array.from({ length: D }, (_, j) => +(i === j)));
    let axes = plain, turns = 0, at = model.get("at") - 1, word = space.number.get(model.get("word"));
    const heard = announcer(), out = h("output"), slider = h("input", { type: "range", min: "1", max: String(D), step: "1", value: String(at + 1), "aria-label": `Qual dos ${D} números`, oninput: () => { at = +slider.value - 1; draw(); } });
    const turn = h("button", { type: "button", class: "llm-button llm-button-main", onclick: () => { turns += 1; axes = turnOf(D, turns); draw(); } }, "Girar tudo"), back = h("button", { type: "button", class: "llm-button", onclick: () => { turns = 0; axes = plain; draw(); } }, "Desfazer");
    const most = h("ol", { class: "wd-end" }), least = h("ol", { class: "wd-end" }), said = h("p", { class: "em-said" }), near = h("ol", { class: "wd-near", "aria-label": "Vizinhos" }), numbers = svg("svg", { class: "wd-numbers", role: "img", viewBox: "0 0 640 90", preserveAspectRatio: "none" });
    const purity = (ids) => { const counts = new Map(); for (const i of ids) if (of.has(i)) counts.set(of.get(i), (counts.get(of.get(i)) ?? 0) + 1); return Math.max(0, ...counts.values()); };
    const item = (i, value) => { const g = of.get(i) ?? -1; return h("li", { "--tone": plotTone(g) }, plotSign(g), h("button", { type: "button", class: "llm-link", onclick: () => { word = i; draw(); } }, words[i]), h("span", { class: "wt-cosine" }, fmtNumber(value, 2))); };
    function draw() {
      const values = space.along(axes[at]), order = [...values.keys()].sort((a, b) => values[b] - values[a] || a - b), top = order.slice(0, END_WORDS), low = order.slice(-END_WORDS).reverse();
      setText(out, `${at + 1} de ${D}`);
      most.replaceChildren(...top.map((i) => item(i, values[i])));
      least.replaceChildren(...low.map((i) => item(i, values[i])));
      near.replaceChildren(...space.neighbours(word, 6).map(([i, cosine]) => h("li", {}, `${words[i]} `, h("span", { class: "wt-cosine" }, fmtNumber(cosine, 3)))));
      back.disabled = !turns;
      const vector = axes.map((axis) => axis.reduce((sum, x, i) => sum + x * space.vector(word)[i], 0)), big = Math.max(...vector.map(Math.abs)), wide = 640 / D;
      numbers.setAttribute("aria-label", `Os ${D} números do vetor de “${words[word]}”.`);
      numbers.replaceChildren(...vector.map((x, i) => { const tall = (Math.abs(x) / big) * 44; return svg("rect", { class: i === at ? "wd-number wd-here" : "wd-number", x: i * wide + 1, width: wide - 2, y: x > 0 ? 45 - tall : 45, height: Math.max(0.5, tall) }); }));
      setText(said, `${turns ? `Depois de ${turns} ${turns === 1 ? "giro" : "giros"}, número` : "Número"} ${at + 1}: nas ${END_WORDS} palavras de cada ponta, o grupo mais comum tem ${purity(top)} de um lado e ${purity(low)} do outro.`);
      setText(title, `Vizinhos de “${words[word]}”${turns ? ", depois do giro" : ""}`);
      heard.say(`${said.textContent} Vizinhos de ${words[word]}: ${near.textContent}`);
    }
    const title = h("p", { class: "em-side" });
    build(el, null, [
      h("div", { class: "wt-top" }, h("label", { class: "llm-range" }, "Número", slider, out), turn, back), h("div", { class: "em-legend" }, groups.map(({ name }, g) => h("span", { class: "wt-key", "--tone": plotTone(g) }, plotSign(g), name))),
      h("div", { class: "wd-three" }, h("div", {}, h("p", { class: "em-side" }, "As que mais têm"), most), h("div", {}, h("p", { class: "em-side" }, "As que menos têm"), least), h("div", { class: "wd-beside" }, title, near)), numbers, said, heard.el,
    ]);
    draw();
    return () => heard.say.cancel();
  },
};
