// What stands around the machine's stage: the steppers that go to a neighbour, and the tower in small.

// A named pair of buttons around a value; arrows work on both. value() -> [nodes or text, at the first?, at the last?].
function stepper(name, value, move, there) {
  const shown = h("span", { class: "mc-step-value" });
  const side = (by, sign, word) => h("button", { type: "button", "aria-label": `${name} ${word}`, onclick: () => move(by) }, sign);
  const less = side(-1, "‹", "anterior"), more = side(1, "›", "seguinte");
  const box = h("div", { class: "mc-stepper", role: "group", "aria-label": name, onkeydown }, h("small", {}, name), less, shown, more);
  function onkeydown(event) {
    const by = { ArrowLeft: -1, ArrowDown: -1, ArrowRight: 1, ArrowUp: 1 }[event.key];
    if (!by) return;
    event.preventDefault();
    move(by);
  }
  return { el: box, draw() {
    box.hidden = !there();
    if (box.hidden) return;
    const [node, first, last] = value();
    shown.replaceChildren(...[node].flat());
    less.disabled = first;
    more.disabled = last;
  } };
}

// For the mouse alone: the crumbs and the steppers say and do the same.
function miniTower(L, go) {
  const block = (view, l) => h("span", { "data-view": view, "data-l": l, class: l == null && "mc-mini-out" });
  const layers = Array.from({ length: L }, (_, up) => L - 1 - up);
  const open = (event) => { const { view, l } = event.target.dataset; if (view) go({ view, l: +l || 0 }, event); };
  const el = h("div", { class: "mc-mini", "aria-hidden": "true", onclick: open }, block("out"),
    layers.map((l) => h("span", { class: "mc-mini-layer" }, block("mlp", l), block("attn", l))), block("embed"));
  // part: where one is: out, embed, mlp, attn, or a whole layer
  return { el, draw(part, layer) {
    for (const each of el.querySelectorAll("[data-view]")) {
      const { view, l } = each.dataset, whole = part === "layer" && l !== undefined;
      each.classList.toggle("mc-here", (view === part || whole) && (l === undefined || +l === layer));
    }
  } };
}
