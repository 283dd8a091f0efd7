// How a token is written and said; the mark that opens every text is the one that ends texts, and here it is their beginning.
const walkNodes = (tokens, at) => (at === 0 && SPECIAL[tokens[0].text] ? [h("i", { class: "llm-special" }, "início")] : tokenNodes(tokens[at].text));
const walkSpoken = (tokens, at) => (at === 0 && SPECIAL[tokens[0].text] ? "“início”" : spoken(tokens[at].text));


// Vectors as little bars, up for positive and down for negative; a vector of few numbers shows them too. Used by the walk of a head.
const FEW = 6; // numbers that fit in writing

// One vector. draw(values, {top, edited: index -> bool, touched: is anything edited, chosen, name}): heights by `top`. onpick(i) on a click.
function walkVector(kind, size, onpick) {
  const box = h("div", { class: `hw-vector hw-${kind}`, role: "img" });
  const bars = Array.from({ length: size }, (_, i) => svg("rect", { x: i * 5 + 0.5, width: 4, onclick: () => onpick?.(i) }));
  const hits = Array.from({ length: size }, (_, i) => svg("rect", { class: "hw-hit", x: i * 5, y: 0, width: 5, height: 30, onclick: () => onpick?.(i) }));
  const drawing = svg("svg", { viewBox: `0 0 ${size * 5} 30`, preserveAspectRatio: "none", "aria-hidden": "true" },
    svg("line", { x1: 0, x2: size * 5, y1: 15, y2: 15 }), bars, onpick && hits);
  const numbers = size <= FEW && h("p", { class: "hw-few", "aria-hidden": "true" }, Array.from({ length: size }, () => h("span")));
  build(box, null, [drawing, numbers]);
  let last = {};
  function draw(values, { top, edited = () => false, touched = false, chosen = -1, name }) {
    const same = !touched && !last.touched && last.values === values && last.top === top && last.chosen === chosen && last.name === name;
    last = { values, top, touched, chosen, name };
    if (same) return; // passing over tokens changes weights, and no vector but q
    box.setAttribute("aria-label", `${name}: ${values.length} números${size <= FEW ? `, ${values.map((x) => fmtNumber(x, 2)).join("; ")}` : `, de ${fmtNumber(Math.min(...values), 2)} a ${fmtNumber(Math.max(...values), 2)}`}`);
    values.forEach((x, i) => {
      const height = Math.max(0.4, Math.min(14.5, (14.5 * Math.abs(x)) / top));
      bars[i].setAttribute("y", (x < 0 ? 15 : 15 - height).toFixed(2));
      bars[i].setAttribute("height", height.toFixed(2));
      bars[i].setAttribute("class", `${edited(i) ? "hw-edited" : ""} ${chosen === i ? "hw-chosen" : ""}`);
      if (numbers) setText(numbers.children[i], fmtNumber(x, Number.isInteger(x) ? 0 : 2));
    });
  }
  return { el: box, draw };
}

// The row of one token in the table of the walk. pick(part, i) when the reader chooses a number of it; peek(true/false) on entering and leaving.
function walkRow(E, size, { pick, look }) {
  const token = h("span", { class: "hw-name" }), row = {};
  const number = (part) => h("button", { type: "button", class: `hw-number hw-${part}`, tabIndex: -1, onclick: () => pick(part, 0) });
  const k = walkVector("k", E, (i) => pick("k", i)), v = walkVector("v", size, (i) => pick("v", i));
  const score = number("score"), scaled = h("span", { class: "hw-number hw-scaled" }), masked = h("span", { class: "hw-number hw-masked" });
  const fill = h("span", { class: "hw-fill" }), share = h("button", { type: "button", class: "hw-number hw-weight", tabIndex: -1, onclick: () => pick("weight", 0) });
  row.el = h("li", { class: "hw-row", onpointerenter: look },
    token, k.el, score, scaled, masked, h("span", { class: "hw-bar" }, fill, share), v.el);
  // state: a row of walkHead, what is edited in it, the scale of the bars
  row.draw = (state, { tokens, tops, isEdited, touched, chosen, asks }) => {
    const name = walkSpoken(tokens, state.s);
    if (row.named !== name) token.replaceChildren(...walkNodes(tokens, state.s));
    row.named = name;
    row.el.classList.toggle("hw-hidden", state.hidden);
    row.el.classList.toggle("hw-self", asks);
    k.draw(state.k, { top: tops.k, edited: (i) => isEdited("k", i), touched, chosen: chosen?.part === "k" ? chosen.i : -1, name: `chave de ${name}` });
    v.draw(state.v, { top: tops.v, edited: (i) => isEdited("v", i), touched, chosen: chosen?.part === "v" ? chosen.i : -1, name: `valor de ${name}` });
    v.el.style.setProperty("--fade", Math.max(0.16, Math.min(1, state.weight)).toFixed(3));
    setText(score, fmtNumber(state.score, 2));
    setText(scaled, fmtNumber(state.scaled, 2));
    setText(masked, state.hidden ? "−∞" : fmtNumber(state.masked, 2));
    setText(share, fmtPercent(state.weight));
    share.setAttribute("aria-label", `peso de ${name}: ${fmtPercent(state.weight)}; mudar`);
    score.setAttribute("aria-label", `nota de ${name}: ${fmtNumber(state.score, 2)}; mudar`);
    fill.style.setProperty("--w", Math.max(0, Math.min(1, state.weight)));
    for (const [part, node] of [["score", score], ["weight", share]]) {
      node.classList.toggle("hw-edited", isEdited(part, 0));
      node.classList.toggle("hw-chosen", chosen?.part === part);
    }
  };
  row.buttons = [score, share];
  return row;
}
