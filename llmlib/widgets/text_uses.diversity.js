// Variety: how many different texts a list has in effect (the Vendi score), and what each line adds to it.
function tuDiversity({ more, systems, all, live, pill, heard }) {
  const presets = more.lists, most = 12; // name -> texts
  const names = Object.keys(presets), field = h("textarea", { name: "text", class: "tu-lines", rows: 8, spellcheck: false, readOnly: !live, "aria-label": "Lista de textos, um por linha", oninput: () => soon() });
  const totals = h("ol", { class: "tu-bars", "aria-label": "Textos diferentes, para cada quem compara" }), adds = h("ol", { class: "tu-bars tu-adds", "aria-label": "O que cada linha acrescenta" }), said = h("p", { class: "tu-verdict" });
  const buttons = tuExamples("Listas prontas", names.map((name) => [name, () => show(name)]));
  let turn = 0;

  function show(name) { field.value = presets[name].join("\n"); draw(); }
  async function draw() {
    const order = ++turn, every = field.value.split("\n").map((line) => line.trim()).filter(Boolean), lines = every.slice(0, most);
    if (!lines.length) { totals.replaceChildren(); adds.replaceChildren(); said.textContent = "Escreva um texto por linha."; return; }
    const scores = [];
    let first = null;
    for (const system of systems) {
      const X = await all(system, lines);
      if (order !== turn) return;
      if (!X) continue;
      first ??= X;
      scores.push([system, tuVendi(X)]);
    }
    if (!first) return;
    totals.replaceChildren(...scores.map(([system, n]) => tuBar(system.title, n / lines.length, `${fmtNumber(n, 1)} de ${lines.length}`)));
    const whole = tuVendi(first), without = lines.map((_, i) => (lines.length > 1 ? whole - tuVendi(first.filter((__, j) => j !== i)) : whole));
    adds.replaceChildren(...lines.map((line, i) => tuBar(line, without[i], fmtNumber(without[i], 2), "tu-long")));
    said.textContent = `Para o ${scores[0][0].title}, ${lines.length === 1 ? "este texto vale por um" : `estes ${lines.length} textos valem por ${fmtNumber(scores[0][1], 1)} diferentes`}.${every.length > most ? ` Só as ${most} primeiras linhas contam.` : ""}`;
    heard.say(said.textContent);
  }
  const soon = debounce(draw, 250);
  return {
    nodes: [field, h("div", { class: "llm-under" }, pill.el), buttons, said, h("p", { class: "tu-title" }, "Textos diferentes, em efeito"), totals, h("p", { class: "tu-title" }, `O que cada linha acrescenta, para o ${systems[0].title}`), adds],
    start: () => show(names[0]), stop: () => soon.cancel(),
  };
}
