// Numbers as colour: one square a number, indigo above zero, orange below, the paper at zero; and weights from 0 to 1 in
// one hue. The exact number is said where the pointer or the keyboard stands. Knows nothing of models.
function palette(el) {
  const read = (name) => getComputedStyle(el).getPropertyValue(`--llm-${name}`).trim();
  const rgb = (hex) => [1, 3, 5].map((i) => parseInt(hex.slice(i, i + 2), 16));
  const [zero, more, less] = ["paper", "instruct", "attn"].map((name) => rgb(read(name)));
  // from -255 to 255 in 511 colours, as ABGR; a square root leaves small numbers visible, and from afar the large ones stand out
  const ramp = (low, high, power) => Uint32Array.from({ length: 511 }, (_, i) => {
    const to = i < 255 ? low : high, [r, g, b] = zero.map((c, k) => Math.round(c + (to[k] - c) * (Math.abs(i - 255) / 255) ** power));
    return 0xff000000 | (b << 16) | (g << 8) | r;
  });
  return { signed: ramp(less, more, 0.5), far: ramp(less, more, 1), weight: ramp(zero, less, 0.5) };
}
// Where the scale of T rows ends: 49 of 50 numbers are within it, the first row left out, for the mark before a text runs
// to sizes that no other token reaches.
function limitOf(values, T) {
  const first = T > 1 ? values.length / T : 0, step = Math.max(1, Math.floor((values.length - first) / 600));
  const sizes = new Float32Array(Math.ceil((values.length - first) / step));
  for (let i = 0; i < sizes.length; i++) sizes[i] = Math.abs(values[first + i * step]);
  sizes.sort();
  return sizes[Math.min(sizes.length - 1, Math.floor(0.98 * sizes.length))] || 1;
}
// n values from `from` on, into pixels of a picture `stride` wide: `columns` a row, top left at (x, y); `up`: first row lowest.
function paint(pixels, stride, x, y, values, from, n, columns, limit, colours, up = false) {
  const rows = Math.ceil(n / columns), scale = 255 / limit;
  for (let row = 0; row < rows; row++) {
    const at = (y + (up ? rows - 1 - row : row)) * stride + x, start = from + row * columns, end = Math.min(columns, n - row * columns);
    for (let c = 0; c < end; c++) {
      const v = values[start + c] * scale;
      pixels[at + c] = colours[v > 255 ? 510 : v < -255 ? 0 : (v + 255.5) | 0];
    }
  }
}
// width × height pixels onto a canvas; `fill` gets a Uint32Array of them.
function picture(canvas, width, height, fill) {
  if (canvas.width !== width) canvas.width = width;
  if (canvas.height !== height) canvas.height = height;
  const image = new ImageData(width, height);
  fill(new Uint32Array(image.data.buffer));
  canvas.getContext("2d").putImageData(image, 0, 0);
}

// A vector as a heat strip, one control: the pointer or the arrows walk over its numbers, a click or Enter opens one.
// draw({values, from, n, columns, limit, colours, name, at, said(i)}): at, the marked number, or -1.
function heatStrip({ onpeek, onopen }) {
  const canvas = h("canvas", { "aria-hidden": "true" }), mark = h("span", { class: "mc-mark" });
  const el = h("div", { class: "mc-heat", role: "slider", tabIndex: 0, "aria-valuemin": "1", onkeydown: key, onpointermove: move, onclick: (event) => { const i = under(event); if (i >= 0) { go(i); onopen(i); } },
    onpointerleave: () => onpeek?.(-1), onfocus: () => { if (el.matches(":focus-visible")) go(Math.max(0, at)); } }, canvas, mark);
  let now = { n: 1, columns: 1 }, at = -1;
  function under(event) {
    const box = canvas.getBoundingClientRect(), rows = Math.ceil(now.n / now.columns);
    const column = Math.floor(((event.clientX - box.left) / box.width) * now.columns), row = Math.floor(((event.clientY - box.top) / box.height) * rows), i = row * now.columns + column;
    return column < 0 || column >= now.columns || row < 0 || i < 0 || i >= now.n ? -1 : i;
  }
  function move(event) {
    const i = under(event);
    if (i >= 0) onpeek?.(i);
  }
  function key(event) {
    const i = Math.max(0, at), next = { ArrowRight: i + 1, ArrowLeft: i - 1, ArrowDown: i + now.columns, ArrowUp: i - now.columns, Home: 0, End: now.n - 1 }[event.key];
    if (event.key === "Enter" || event.key === " ") onopen(i);
    else if (next !== undefined && next >= 0 && next < now.n) { go(next); onpeek?.(next); }
    else if (next === undefined) return;
    event.preventDefault();
    event.stopPropagation();
  }
  function go(i) {
    at = i;
    const rows = Math.ceil(now.n / now.columns);
    mark.hidden = i < 0;
    mark.style.cssText = `left:${(100 * (i % now.columns)) / now.columns}%;top:${(100 * Math.floor(i / now.columns)) / rows}%;width:${100 / now.columns}%;height:${100 / rows}%`;
    el.setAttribute("aria-valuenow", String(Math.max(0, i) + 1));
    el.setAttribute("aria-valuetext", i < 0 ? `${now.n} números` : now.said(i));
  }
  function draw(next) {
    now = next;
    const rows = Math.ceil(now.n / now.columns);
    picture(canvas, now.columns, rows, (pixels) => paint(pixels, now.columns, 0, 0, now.values, now.from, now.n, now.columns, now.limit, now.colours.signed));
    el.style.setProperty("--columns", now.columns);
    el.style.setProperty("--rows", rows);
    el.setAttribute("aria-label", now.name);
    el.setAttribute("aria-valuemax", String(now.n));
    go(now.at ?? -1);
  }
  return { el, draw };
}

// What the colours mean; with a limit, the numbers at the ends of the scale.
function heatLegend() {
  const low = h("span"), high = h("span");
  const el = h("p", { class: "mc-legend" }, low, h("span", { class: "mc-ramp", "aria-hidden": "true" }), high);
  return { el, draw(limit) {
    setText(low, limit ? `−${fmtSig(limit, 2)} ou menos` : "negativo");
    setText(high, limit ? `${fmtSig(limit, 2)} ou mais` : "positivo; cada parte na sua escala");
  } };
}
