// Attention maps: unpacked from text (the other half of packed.py), changed by what is done with the first position, and painted.
// {L, H, T, weights}: weights (L, H, T, T) in one Float32Array; row t of a map is where position t looks.
const AV_DIGITS = Array.from({ length: 95 }, (_, i) => String.fromCharCode(32 + i)).filter((c) => !'"\\<>&'.includes(c));

function unpackWeights({ shape: [L, H, T], causal, digits, data }) {
  const place = new Int32Array(128), base = AV_DIGITS.length, top = base ** digits - 1, weights = new Float32Array(L * H * T * T);
  AV_DIGITS.forEach((c, i) => { place[c.charCodeAt(0)] = i; });
  let at = 0;
  for (let row = 0; row < L * H * T; row++) {
    const from = row * T, seen = causal ? (row % T) + 1 : T;
    let sum = 0;
    for (let j = 0; j < seen; j++) {
      const step = digits === 1 ? place[data.charCodeAt(at++)] : place[data.charCodeAt(at++)] * base + place[data.charCodeAt(at++)];
      sum += weights[from + j] = (step / top) ** 2;
    }
    if (digits === 1 && sum) for (let j = 0; j < seen; j++) weights[from + j] /= sum;
  }
  return { L, H, T, weights };
}

// What a host answered to trace: packed by a kernel, or as the engine has it. null where there are no maps.
function mapsOf({ maps, attentions, attentions_shape: shape }) {
  if (maps) return unpackWeights(maps);
  if (!attentions || !shape) return null;
  return { L: shape[0], H: shape[1], T: shape[3], weights: new Float32Array(attentions) };
}

// The maps as they are shown: with the first position ("show"), without it ("hide"), or with its share dealt among the others
// in proportion to what they had ("deal").
function shownWeights({ weights, T }, first) {
  if (first === "show" || T < 2) return weights;
  const out = weights.slice();
  for (let from = 0; from < out.length; from += T) {
    const rest = 1 - out[from];
    out[from] = 0;
    if (first === "deal" && rest > 1e-4) for (let j = from + 1; j < from + T; j++) out[j] /= rest;
  }
  return out;
}

// One map on a canvas of at most `most` pixels a side, the strongest weight of each pixel kept, so that a thin diagonal survives.
function paintMap(canvas, weights, map, T, [r, g, b], most = Infinity) {
  const size = Math.min(T, most), image = new ImageData(size, size), strong = new Float32Array(size * size);
  for (let t = 0; t < T; t++) {
    const y = Math.floor((t * size) / T) * size, from = (map * T + t) * T;
    for (let j = 0; j < T; j++) {
      const w = weights[from + j];
      if (!w) continue;
      const at = y + Math.floor((j * size) / T);
      if (w > strong[at]) strong[at] = w;
    }
  }
  for (let at = 0; at < strong.length; at++) {
    image.data[4 * at] = r; image.data[4 * at + 1] = g; image.data[4 * at + 2] = b;
    image.data[4 * at + 3] = 255 * Math.min(1, strong[at]) ** 0.6; // small weights stay visible
  }
  if (canvas.width !== size || canvas.height !== size) canvas.width = canvas.height = size;
  canvas.getContext("2d").putImageData(image, 0, 0);
}

// A colour of the course as numbers, of the theme that the page has now.
function colourOf(el, name) {
  const probe = h("span", { style: `color: var(${name})`, hidden: true });
  el.append(probe);
  const text = getComputedStyle(probe).color;
  probe.remove();
  return (text.match(/[\d.]+/g) ?? [128, 80, 0]).slice(0, 3).map(Number);
}

// Calls back when the page turns light or dark. Returns how to stop.
function onTheme(call) {
  const seen = new MutationObserver(call), system = matchMedia("(prefers-color-scheme: dark)");
  for (const node of [document.documentElement, document.body]) seen.observe(node, { attributes: true, attributeFilter: ["data-theme", "theme", "class", "data-jp-theme-light"] });
  system.addEventListener("change", call);
  return () => { seen.disconnect(); system.removeEventListener("change", call); };
}
