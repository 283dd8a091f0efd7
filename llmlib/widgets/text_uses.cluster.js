// Group: k-means over the texts, with nobody's labels; the labels are shown only afterwards, to see what the groups have to do with them.
function tuCluster({ texts, labels, names, systems, live, pill, heard, text: first }) {
  const classes = [...new Set(labels)].sort(), letter = (label) => (names[label] ?? label).slice(0, 2);
  const groups = h("ol", { class: "tu-groups", "aria-label": "Grupos" }), said = h("p", { class: "tu-verdict" }), truth = h("input", { type: "checkbox", onchange: draw });
  const { text } = textField({ value: first, label: "Texto a pôr num grupo", oninput: () => soon(), readOnly: !live });
  const choose = tuChooser(systems, count), slider = tuRange("grupos", { min: 2, max: 12, value: classes.length }, count);
  const again = h("button", { type: "button", class: "llm-button", onclick: () => { seed += 1; count(); } }, "Outro sorteio");
  const split = texts.map((each) => new Set(LLM.words(each))), inAll = new Map(), written = new Map(); // words count without accents, and are shown with them
  for (const word of texts.flatMap((each) => each.toLowerCase().match(/[\p{L}\p{N}_]+/gu) ?? [])) written.set(LLM.words(word)[0], word);
  for (const words of split) for (const word of words) inAll.set(word, (inAll.get(word) ?? 0) + 1);
  let seed = 0, found = null, mine = -1, turn = 0;

  function count() {
    found = tuClusters(choose.get().vectors, slider.get(), seed);
    place();
  }
  // Words that a group has more often than the others: share inside minus share in all.
  function marks(own) {
    const times = new Map();
    for (const i of own) for (const word of split[i]) times.set(word, (times.get(word) ?? 0) + 1);
    return [...times].filter(([, n]) => n > 1).map(([word, n]) => [word, n / own.length - inAll.get(word) / texts.length]).sort((a, b) => b[1] - a[1]).slice(0, 3).map(([word]) => written.get(word));
  }
  async function place() {
    const order = ++turn, asked = text.value.trim(), v = asked && (await choose.get().of(asked));
    if (order !== turn) return;
    mine = v ? tuBest(found.centres.map((c) => tuDot(c, v)), 1)[0] : -1;
    draw();
  }
  function draw() {
    const X = choose.get().vectors, open = truth.checked;
    const rows = found.centres.map((centre, c) => ({ c, centre, own: texts.map((_, i) => i).filter((i) => found.group[i] === c) })).filter((row) => row.own.length).sort((a, b) => b.own.length - a.own.length);
    groups.replaceChildren(...rows.map(({ c, centre, own }) => {
      const nearest = tuBest(own.map((i) => tuDot(X[i], centre)), 3).map((at) => own[at]), words = marks(own);
      return h("li", { class: c === mine ? "tu-group tu-mine" : "tu-group" }, h("p", { class: "tu-title" }, `${own.length} ${own.length === 1 ? "texto" : "textos"}`, words.length > 0 && h("span", { class: "tu-why" }, ` ${words.join(", ")}`), c === mine && h("strong", {}, " ◂ o seu")),
        open && h("p", { class: "tu-squares", role: "img", "aria-label": classes.map((label) => [names[label] ?? label, own.filter((i) => labels[i] === label).length]).filter(([, n]) => n).map(([name, n]) => `${name}: ${n}`).join("; ") },
          [...own].sort((a, b) => classes.indexOf(labels[a]) - classes.indexOf(labels[b])).map((i) => h("span", { class: "tu-square", "data-class": classes.indexOf(labels[i]) % 8, title: `${names[labels[i]] ?? labels[i]}: ${texts[i]}` }, letter(labels[i])))),
        h("ul", {}, nearest.map((i) => h("li", {}, texts[i]))));
    }));
    const agreement = tuAgreement(found.group, labels);
    said.textContent = open ? `Acordo dos grupos com os tipos: ${fmtNumber(agreement, 2)} (1 seria igual; 0, o que o acaso dá). ${classes.map((label) => `${letter(label)} = ${names[label] ?? label}`).join(", ")}.` : "Os grupos foram feitos sem rótulo nenhum. Ao lado do número de textos estão palavras mais comuns nesse grupo que nos outros. Abra os tipos só depois de dar um nome a cada um.";
    heard.say(`${rows.length} grupos. ${open ? said.textContent : ""}`);
  }
  const soon = debounce(place, 80);
  return {
    nodes: [h("div", { class: "tu-controls" }, choose.el, slider.el, again, h("label", { class: "tu-check" }, truth, "mostrar os tipos")), groups, said, live && h("p", { class: "tu-title" }, "Em que grupo cai o seu texto?"), live && text, h("div", { class: "llm-under" }, pill.el)],
    start: count, stop: () => soon.cancel(),
  };
}
