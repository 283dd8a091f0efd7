// A slider that says its value, and calls once a frame.
function tuRange(label, { min, max, step = 1, value, format = fmtNumber }, oninput) {
  const out = h("output", {}, format(value));
  const input = h("input", { type: "range", min, max, step, value: String(value), "aria-label": label, "aria-valuetext": format(value), oninput: () => {
    out.textContent = format(+input.value);
    input.setAttribute("aria-valuetext", format(+input.value));
    moved();
  } });
  const moved = oncePerFrame(() => oninput(+input.value));
  return { el: h("label", { class: "llm-range" }, label, input, out), get: () => +input.value };
}
