// A plane of words that can be moved and brought nearer. Thousands of dots are a few paths, drawn anew at each move; labels are
// the words that find room, the wanted ones first. Knows places on the screen; what words mean is told to it.
const PLOT_SIGNS = [ // a shape for each group, so that colour is never alone; the last is for words of no group
  (x, y) => `M${x} ${y}m-3 0a3 3 0 1 0 6 0a3 3 0 1 0 -6 0`, (x, y) => `M${x} ${y}m-2.7 -2.7h5.4v5.4h-5.4z`, (x, y) => `M${x} ${y}m0 -3.6l3.5 6h-7z`,
  (x, y) => `M${x} ${y}m0 -3.9l3.3 3.9l-3.3 3.9l-3.3 -3.9z`, (x, y) => `M${x} ${y}m-3.3 -1.1h2.2v-2.2h2.2v2.2h2.2v2.2h-2.2v2.2h-2.2v-2.2h-2.2z`,
  (x, y) => `M${x} ${y}m0 3.6l3.5 -6h-7z`, (x, y) => `M${x} ${y}m-3.4 -1.2h6.8v2.4h-6.8z`,
];
const PLOT_DOT = (x, y) => `M${x} ${y}m-1.6 0a1.6 1.6 0 1 0 3.2 0a1.6 1.6 0 1 0 -3.2 0`;
const PLOT_TONES = ["attn", "value", "query", "instruct", "right", "key", "invented"];

// label: of the figure for a screen reader; group(i): number of the group of a word, or -1; onpick(i), onpeek(i or null).
function wordPlot({ words, groups, label, onpick, onpeek }) {
  const V = words.length, of = new Int16Array(V).fill(-1);
  groups.forEach(({ ids }, g) => { for (const i of ids) of[i] = g; });
  const dots = [...groups, null].map((each, g) => svg("path", { class: each ? "em-dots" : "em-dots em-others", "--tone": each ? `var(--llm-${PLOT_TONES[g % PLOT_TONES.length]})` : "var(--llm-muted)" }));
  const guides = svg("g"), ties = svg("g"), rings = svg("g"), names = svg("g", { class: "em-names" });
  const picture = svg("svg", { class: "em-picture", "aria-hidden": "true" }, guides, dots.at(-1), dots.slice(0, -1), ties, rings, names);
  const el = h("div", { class: "em-map", tabIndex: 0, role: "application", "aria-label": label, "aria-roledescription": "mapa de palavras" }, picture);
  const pool = [];
  let places = new Float32Array(2 * V), free = false, W = 0, H = 0, zoom = 1, centre = [0, 0], box = [-1, -1, 1, 1], frame = 0;
  let marks = { pinned: null, near: [], arrows: [], always: [], only: null, guide: null }, peeked = null;

  // ---- from the plane to the screen and back
  const scale = () => {
    const x = (W - (free ? 100 : 36)) / (box[2] - box[0] || 1), y = (H - 36) / (box[3] - box[1] || 1);
    return free ? [x * zoom, y * zoom] : [Math.min(x, y) * zoom, Math.min(x, y) * zoom];
  };
  const screen = (i) => { const [x, y] = scale(); return [W / 2 + (places[2 * i] - centre[0]) * x, H / 2 - (places[2 * i + 1] - centre[1]) * y]; };
  function fit() {
    box = [Infinity, Infinity, -Infinity, -Infinity];
    for (let i = 0; i < V; i++) for (const a of [0, 1]) { box[a] = Math.min(box[a], places[2 * i + a]); box[2 + a] = Math.max(box[2 + a], places[2 * i + a]); }
    centre = [(box[0] + box[2]) / 2, (box[1] + box[3]) / 2];
    zoom = 1;
  }
  function zoomAt(factor, x = W / 2, y = H / 2) {
    const before = scale(), next = Math.max(1, Math.min(40, zoom * factor)), ratio = next / zoom;
    centre = [centre[0] + ((x - W / 2) / before[0]) * (1 - 1 / ratio), centre[1] - ((y - H / 2) / before[1]) * (1 - 1 / ratio)];
    zoom = next;
    keepInside();
    soon();
  }
  const keepInside = () => { for (const a of [0, 1]) centre[a] = Math.max(box[a], Math.min(box[2 + a], centre[a])); };
  function move(dx, dy) {
    const [x, y] = scale();
    centre = [centre[0] - dx / x, centre[1] + dy / y];
    keepInside();
    soon();
  }

  // ---- drawing
  const seen = (i) => marks.only === null || of[i] === marks.only;
  function draw() {
    W = el.clientWidth || 640;
    H = el.clientHeight || 420;
    picture.setAttribute("viewBox", `0 0 ${W} ${H}`);
    const parts = dots.map(() => []), at = new Float32Array(2 * V), [sx, sy] = scale();
    for (let i = 0; i < V; i++) {
      const x = (at[2 * i] = W / 2 + (places[2 * i] - centre[0]) * sx), y = (at[2 * i + 1] = H / 2 - (places[2 * i + 1] - centre[1]) * sy);
      if (x < -4 || y < -4 || x > W + 4 || y > H + 4) continue;
      const g = of[i] < 0 ? dots.length - 1 : of[i];
      parts[g].push((of[i] < 0 ? PLOT_DOT : PLOT_SIGNS[g % PLOT_SIGNS.length])(x.toFixed(1), y.toFixed(1)));
    }
    parts.forEach((each, g) => { dots[g].setAttribute("d", each.join("")); dots[g].classList.toggle("em-faint", marks.only !== null && g !== marks.only); });
    drawTies(at);
    drawNames(at);
    drawGuide(sx);
  }
  const soon = oncePerFrame(draw);
  function drawTies(at) {
    const p = (i) => [at[2 * i], at[2 * i + 1]], line = (a, b, cls) => { const [x1, y1] = p(a), [x2, y2] = p(b); return svg("line", { class: cls, x1, y1, x2, y2 }); };
    const arrow = ([a, b], solid) => {
      const [x1, y1] = p(a), [x2, y2] = p(b), turn = Math.atan2(y2 - y1, x2 - x1), head = (t) => `${x2 - 9 * Math.cos(turn + t)} ${y2 - 9 * Math.sin(turn + t)}`;
      return svg("path", { class: `em-arrow ${solid ? "" : "em-guess"}`, d: `M${x1} ${y1}L${x2} ${y2}M${head(0.4)}L${x2} ${y2}L${head(-0.4)}` });
    };
    ties.replaceChildren(...marks.near.map((i) => line(marks.pinned, i, "em-tie")), ...marks.arrows.map((each, n) => arrow(each, n === 0)));
    const ring = (i, cls) => svg("circle", { class: cls, cx: at[2 * i], cy: at[2 * i + 1], r: 6.5 });
    rings.replaceChildren(...marks.near.map((i) => ring(i, "em-ring")), ...marks.always.map((i) => ring(i, "em-ring em-mark")),
      ...[marks.pinned, peeked].filter((i) => i !== null).map((i) => ring(i, "em-ring em-pinned")));
  }
  function drawNames(at) {
    const taken = [], size = 12.5, most = W < 480 ? 34 : 76;
    let used = 0;
    function put(i, cls, must, moves = [0]) { // moves: up or down, tried in turn; above, the right edge is of the buttons
      const width = 0.57 * size * words[i].length + 4, right = at[2 * i] + 7 + width < W - (at[2 * i + 1] < 150 ? 46 : 0), x = right ? at[2 * i] + 7 : at[2 * i] - 7 - width;
      let y = at[2 * i + 1];
      if (at[2 * i] < 0 || y < 4 || at[2 * i] > W || y > H - 4) return;
      const move = moves.find((dy) => !taken.some((r) => x < r[2] && x + width > r[0] && y + dy - 8 < r[3] && y + dy + 8 > r[1]));
      if (move === undefined && !must) return;
      y += move ?? 0;
      taken.push([x, y - 8, x + width, y + 8]);
      const node = (pool[used] ??= svg("text"));
      used += 1;
      node.setAttribute("x", (right ? x : x + width).toFixed(1));
      node.setAttribute("y", (y + 4.2).toFixed(1));
      node.setAttribute("text-anchor", right ? "start" : "end");
      node.setAttribute("class", cls);
      setText(node, words[i]);
    }
    const wanted = [...new Set([marks.pinned, peeked, ...marks.arrows.flat()].filter((i) => i !== null))], told = new Set(wanted);
    for (const i of wanted) put(i, "em-name em-strong", true);
    for (const i of [...marks.always, ...marks.near]) if (!told.has(i)) { told.add(i); put(i, "em-name em-strong", false, [0, -14, 14]); }
    const strong = used;
    for (let i = 0; i < V && used < strong + most; i++) if (!told.has(i) && seen(i)) put(i, "em-name", false);
    setChildren(names, pool.slice(0, used));
  }
  function drawGuide(sx) {
    if (!marks.guide) return guides.replaceChildren();
    const x = W / 2 + (0 - centre[0]) * sx, text = (at, anchor, words) => svg("text", { class: "em-end", x: at, y: H - 8, "text-anchor": anchor }, words);
    guides.replaceChildren(svg("line", { class: "em-guide", x1: x, x2: x, y1: 0, y2: H }), text(10, "start", `← ${marks.guide[0]}`), text(W - 10, "end", `${marks.guide[1]} →`));
  }

  // ---- moving there: places glide from one view to the next
  function go(next, options = {}) {
    const from = places, fromBox = box, fromCentre = centre, fromZoom = zoom;
    cancelAnimationFrame(frame);
    free = !!options.free;
    places = next;
    fit();
    if (still() || !options.glide) return soon();
    const to = { places, box, centre }, start = performance.now(), mix = (a, b, t) => a.map((v, i) => v + (b[i] - v) * t);
    const step = (now) => {
      const t = Math.min(1, (now - start) / 450), ease = t * t * (3 - 2 * t);
      places = t < 1 ? Float32Array.from(to.places, (v, i) => from[i] + (v - from[i]) * ease) : to.places;
      box = mix(fromBox, to.box, ease);
      centre = mix(fromCentre, to.centre, ease);
      zoom = fromZoom + (1 - fromZoom) * ease;
      draw();
      if (t < 1) frame = requestAnimationFrame(step);
    };
    frame = requestAnimationFrame(step);
  }

  // ---- pointers, wheel, keys
  const held = new Map();
  let moved = 0, pinch = 0;
  const spot = (event) => { const r = el.getBoundingClientRect(); return [event.clientX - r.left, event.clientY - r.top]; };
  function nearestTo([x, y], reach) {
    let best = reach * reach, who = null;
    for (let i = 0; i < V; i++) {
      const [px, py] = screen(i), d = (px - x) ** 2 + (py - y) ** 2;
      if (d < best && seen(i)) { best = d; who = i; }
    }
    return who;
  }
  const peek = (i) => { if (i !== peeked) { peeked = i; onpeek?.(i); soon(); } };
  el.addEventListener("pointerdown", (event) => {
    if (event.button > 0) return;
    held.set(event.pointerId, spot(event));
    if (held.size === 1) moved = 0;
    pinch = 0;
    try { el.setPointerCapture(event.pointerId); } catch { /* a made-up pointer has none */ }
  });
  el.addEventListener("pointermove", (event) => {
    const now = spot(event), before = held.get(event.pointerId);
    if (!before) { if (event.pointerType === "mouse") peek(nearestTo(now, 12)); return; }
    held.set(event.pointerId, now);
    moved += Math.hypot(now[0] - before[0], now[1] - before[1]);
    if (moved < 5) return;
    el.classList.add("em-dragging");
    if (held.size === 2) {
      const [a, b] = [...held.values()], apart = Math.hypot(a[0] - b[0], a[1] - b[1]);
      if (pinch) zoomAt(apart / pinch, (a[0] + b[0]) / 2, (a[1] + b[1]) / 2);
      pinch = apart;
      move((now[0] - before[0]) / 2, (now[1] - before[1]) / 2);
    } else move(now[0] - before[0], now[1] - before[1]);
  });
  const release = (event) => {
    const last = held.get(event.pointerId);
    held.delete(event.pointerId);
    pinch = 0;
    if (!held.size) el.classList.remove("em-dragging");
    if (last && event.type === "pointerup" && moved < 5 && !held.size) { const who = nearestTo(last, 18); if (who !== null) onpick(who); }
  };
  for (const name of ["pointerup", "pointercancel"]) el.addEventListener(name, release);
  el.addEventListener("pointerleave", () => peek(null));
  el.addEventListener("dblclick", (event) => zoomAt(2, ...spot(event)));
  el.addEventListener("wheel", (event) => { // a page that scrolls past it is left alone
    if (document.activeElement !== el && !event.ctrlKey && !event.metaKey) return;
    event.preventDefault();
    zoomAt(Math.exp(-event.deltaY * (event.ctrlKey ? 0.01 : 0.002)), ...spot(event));
  }, { passive: false });
  el.addEventListener("keydown", (event) => {
    const way = { ArrowRight: [1, 0], ArrowLeft: [-1, 0], ArrowUp: [0, -1], ArrowDown: [0, 1] }[event.key];
    if (way && event.shiftKey) move(-40 * way[0], -40 * way[1]);
    else if (way) step(way);
    else if (event.key === "+" || event.key === "=") zoomAt(1.5);
    else if (event.key === "-") zoomAt(1 / 1.5);
    else if (event.key === "0") home();
    else return;
    event.preventDefault();
  });
  // The nearest word in a direction from the pinned one: the farther off the line, the farther it counts.
  function step([dx, dy]) {
    const [x, y] = marks.pinned === null ? [W / 2, H / 2] : screen(marks.pinned);
    let best = Infinity, who = null;
    for (let i = 0; i < V; i++) {
      if (i === marks.pinned || !seen(i)) continue;
      const [px, py] = screen(i), ahead = (px - x) * dx + (py - y) * dy, aside = Math.abs((px - x) * dy) + Math.abs((py - y) * dx);
      if (ahead > 0.5 && aside < 2 * ahead + 1 && ahead + 2 * aside < best) { best = ahead + 2 * aside; who = i; }
    }
    if (who !== null) onpick(who);
  }
  const home = () => { fit(); soon(); };
  const resize = new ResizeObserver(() => soon());
  resize.observe(el);

  return {
    el, go, zoomAt, home, soon, screen,
    mark(next) { marks = { ...marks, ...next }; soon(); },
    // Brings words into view, if one is outside.
    show(ids) {
      const out = ids.some((i) => { const [x, y] = screen(i); return x < 10 || y < 10 || x > W - 10 || y > H - 10; });
      if (!out || !W) return;
      const xs = ids.map((i) => places[2 * i]), ys = ids.map((i) => places[2 * i + 1]), span = (v, w) => w / Math.max(1e-6, Math.max(...v) - Math.min(...v));
      centre = [xs, ys].map((v) => (Math.max(...v) + Math.min(...v)) / 2);
      zoom = Math.max(1, Math.min(zoom, 0.7 * span(xs, box[2] - box[0]), 0.7 * span(ys, box[3] - box[1])));
      soon();
    },
    close() { cancelAnimationFrame(frame); resize.disconnect(); },
  };
}
// The same sign, for a legend.
const plotSign = (g) => svg("svg", { class: "em-sign", viewBox: "0 0 10 10", "aria-hidden": "true" }, svg("path", { d: (g < 0 ? PLOT_DOT : PLOT_SIGNS[g % PLOT_SIGNS.length])(5, 5) }));
const plotTone = (g) => (g < 0 ? "var(--llm-muted)" : `var(--llm-${PLOT_TONES[g % PLOT_TONES.length]})`);
