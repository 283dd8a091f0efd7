// kit.js: what every widget draws with. Inlined above each widget's module, so these names are in scope there.
// Text goes into the page through h() as text nodes, never as HTML. Nothing here knows a model or a page.

// ---- DOM ---------------------------------------------------------------------------------------------------------
function build(node, props, children) {
  for (const [key, value] of Object.entries(props ?? {})) {
    if (value == null || value === false) continue;
    if (key.startsWith("on")) node.addEventListener(key.slice(2), value);
    else if (key.startsWith("--")) node.style.setProperty(key, value);
    else if (key in node && !(node instanceof SVGElement) && typeof value !== "string") node[key] = value;
    else node.setAttribute(key, value === true ? "" : value);
  }
  node.append(...children.flat(Infinity).filter((child) => child != null && child !== false));
  return node;
}
// h("p", {class: "x", onclick: f, "--w": .5}, "text", node, …): children are nodes or plain text.
const h = (tag, props, ...children) => build(document.createElement(tag), props, children);
const svg = (tag, props, ...children) => build(document.createElementNS("http://www.w3.org/2000/svg", tag), props, children);

// For what is drawn at every move of a slider: a node that stays keeps its place, its focus and its layout, and a text
// is written only where it differs.
function setChildren(box, nodes) {
  const wanted = new Set(nodes);
  for (const child of [...box.childNodes]) if (!wanted.has(child)) child.remove();
  let at = box.firstChild;
  for (const node of nodes) node === at ? (at = at.nextSibling) : box.insertBefore(node, at);
}
const setText = (node, text) => { if (node.textContent !== text) node.textContent = text; };
// At most one call a frame: the first of a frame at once, what comes after it with the next frame.
function oncePerFrame(call) {
  let held = false, again = false;
  const run = () => {
    if (held) { again = true; return; }
    held = true;
    call();
    requestAnimationFrame(() => { held = false; if (again) { again = false; run(); } });
  };
  return run;
}

const still = () => matchMedia("(prefers-reduced-motion: reduce)").matches;
let lastId = 0;
const freshId = () => `llm-${++lastId}-${Math.random().toString(36).slice(2, 7)}`;

// The last call of a burst, `ms` after it.
function debounce(call, ms) {
  let timer;
  const later = (...args) => { clearTimeout(timer); timer = setTimeout(() => call(...args), ms); };
  later.cancel = () => clearTimeout(timer);
  return later;
}

// ---- numbers -----------------------------------------------------------------------------------------------------
const formats = []; // by digits: toLocaleString makes a new one at each call, 20 times as slow
const fmtNumber = (x, digits = 0) =>
  (formats[digits] ??= new Intl.NumberFormat("pt-BR", { minimumFractionDigits: digits, maximumFractionDigits: digits })).format(x).replace(/^-(?=[0,]+$)/, "").replace("-", "−");

// 23 %, 4,2 %, 0,31 %, < 0,01 %: the twin of percent() in fallback.py.
function fmtPercent(p) {
  const text = p <= 0 ? "0" : p < 0.00005 ? "< 0,01" : p < 0.00995 ? fmtNumber(p * 100, 2)
    : p < 0.0995 || (p >= 0.995 && p < 0.9995) ? fmtNumber(p * 100, 1)
    : p < 0.995 || p >= 1 ? fmtNumber(p * 100) : "> 99,9";
  return `${text}\u00a0%`;
}
// A share of n with its 95 % interval (Wilson): the twin of share() in llmlib/measure.py.
function shareOf(hits, n) {
  const z = 1.959964, p = hits / n, middle = p + (z * z) / (2 * n), scale = 1 + (z * z) / n;
  const spread = z * Math.sqrt((p * (1 - p)) / n + (z * z) / (4 * n * n));
  return { p, low: hits ? (middle - spread) / scale : 0, high: hits < n ? (middle + spread) / scale : 1 };
}
// 2500000 -> [2.5, "milhões"], 37960 -> null; and as a sentence counts: "38 mil tokens", "1 milhão de tokens". Twins of scaled()
// and count() in fallback.py.
function scaled(x) {
  const [scale, one, many] = [[1e12, "trilhão", "trilhões"], [1e9, "bilhão", "bilhões"], [1e6, "milhão", "milhões"]].find(([least]) => x >= 0.9995 * least) ?? [];
  return scale ? [x / scale, x < 1.95 * scale ? one : many] : null;
}
function fmtCount(x, what = "") {
  const large = scaled(x), noun = what && ` ${large ? "de " : ""}${what}`;
  return (large ? `${fmtNumber(large[0], 1).replace(/,0$/, "")} ${large[1]}` : x >= 999.5 ? `${fmtNumber(x / 1e3)} mil` : fmtNumber(x)) + noun;
}
// Where the scale of bars ends, so that it changes seldom.
const ceiling = (top) => [0.1, 0.2, 0.35, 0.6].find((limit) => top <= limit) ?? 1;

// ---- tokens: one look everywhere ---------------------------------------------------------------------------------
const SPECIAL = { "<|endoftext|>": "fim do texto", "<|im_start|>": "início de turno", "<|im_end|>": "fim de turno", "<|pad|>": "preenchimento" };
const SIGNS = { " ": "·", "\n": "↵", "\t": "⇥" };
// Nodes of a token: spaces become a dot, line breaks ↵, special tokens their Portuguese name.
function tokenNodes(text) {
  if (SPECIAL[text]) return [h("i", { class: "llm-special" }, SPECIAL[text])];
  return text.split(/([ \n\t])/).filter(Boolean).map((part) => (SIGNS[part] ? h("i", { class: "llm-sp", "aria-hidden": "true" }, SIGNS[part]) : part));
}
// The same as a sentence says it.
const spoken = (text) => SPECIAL[text] ?? { "": "nada", " ": "espaço", "\n": "quebra de linha" }[text] ?? `“${text.trim() || "espaços"}”`;
// Can it be typed? Special tokens and loose bytes (⟨C3⟩) cannot be put into a text.
const typable = (text) => !SPECIAL[text] && !/⟨[0-9A-F]{2}⟩/.test(text) && text !== "";

// One Tab stop for many items: arrows, Home and End move inside; `items()` are the focusable nodes, in order.
function roving(box, items, onfocus) {
  const all = () => items().filter((item) => !item.disabled);
  const aim = (item) => { for (const each of items()) each.tabIndex = each === item ? 0 : -1; };
  box.addEventListener("keydown", (event) => {
    const list = all(), at = list.indexOf(document.activeElement);
    const next = { ArrowRight: at + 1, ArrowDown: at + 1, ArrowLeft: at - 1, ArrowUp: at - 1, Home: 0, End: list.length - 1 }[event.key];
    if (next === undefined || at < 0) return;
    event.preventDefault();
    list[Math.max(0, Math.min(list.length - 1, next))].focus();
  });
  box.addEventListener("focusin", (event) => {
    const item = all().find((each) => each.contains(event.target));
    if (item) { aim(item); onfocus?.(item); }
  });
  return () => { const list = all(); if (!list.some((item) => item.tabIndex === 0)) aim(list[0]); };
}

// The token strip. draw([{id, text, p?, plain?}]): p tints the token and fills the rule under it; `onpick(i)` makes those with a p buttons.
function tokenStrip({ label = "Tokens do texto", last = 120, onpick, tail } = {}) {
  const el = h("ol", { class: "llm-strip", "aria-label": label });
  const settle = roving(el, () => [...el.querySelectorAll(".llm-token")]);
  const more = h("li", { class: "llm-more" }), end = tail && h("li", { class: "llm-tail" }, tail);
  let drawn = new Map(); // place in the text -> the token there and its node
  function make(each, at) {
    const chance = each.p == null ? "" : fmtPercent(each.p);
    const props = {
      class: "llm-token", tabIndex: -1, "data-at": at, "data-tag": `nº ${each.id}${chance && ` · ${chance}`}`, "data-p": each.p != null, "--p": each.p,
      "aria-label": `${spoken(each.text)}, token número ${each.id}${chance && `, probabilidade ${chance}`}`,
    };
    return onpick && each.p != null ? h("li", {}, h("button", { ...props, type: "button", onclick: () => onpick(at) }, tokenNodes(each.text)))
      : h("li", props, tokenNodes(each.text));
  }
  function draw(tokens) {
    const from = Math.max(0, tokens.length - last), held = document.activeElement?.dataset?.at;
    const focused = el.contains(document.activeElement), fresh = new Map();
    for (let at = from; at < tokens.length; at++) {
      const { id, text, p } = tokens[at], old = drawn.get(at);
      fresh.set(at, old?.id === id && old.text === text && old.p === p ? old : { id, text, p, node: make(tokens[at], at) });
    }
    drawn = fresh;
    if (from) setText(more, `… +${fmtNumber(from)}`);
    setChildren(el, [...(from ? [more] : []), ...[...drawn.values()].map((each) => each.node), ...(end ? [end] : [])]);
    if (focused && held != null && !el.contains(document.activeElement)) el.querySelector(`[data-at="${held}"]`)?.focus();
    settle();
  }
  return { el, draw };
}

// ---- bars --------------------------------------------------------------------------------------------------------
// draw({items: [{id, text, p, q?, chosen?, note?}], rest, restNote?}): q, where given, is the bar and p a mark on it; a note
// stands in place of the number. Where redraws follow each other, as under a slider, the bars jump instead of gliding.
function tokenBars({ label, verb = "acrescentar", onpick, onpeek } = {}) {
  const el = h("ol", { class: "llm-bars", "aria-label": label });
  const rows = [];
  let items = [], drawnAt = -Infinity;
  const settle = roving(el, () => rows.slice(0, items.length).map((row) => row.button), (button) => onpeek?.(items[rows.findIndex((row) => row.button === button)]));
  function makeRow(i) {
    const row = { token: h("span", { class: "llm-bar-token" }), mark: h("span", { class: "llm-mark", hidden: true }), fill: h("span", { class: "llm-fill" }), number: h("span", { class: "llm-number" }) };
    row.button = h("button", { class: "llm-row", type: "button", tabIndex: -1, onclick: () => onpick?.(items[i]), onpointerenter: () => onpeek?.(items[i]) },
      row.token, " ", h("span", { class: "llm-track" }, row.fill, row.mark, row.number), " ", onpick && h("span", { class: "llm-verb" }, verb));
    row.li = h("li", { class: "llm-bar" }, row.button);
    return row;
  }
  const rest = { fill: h("span", { class: "llm-fill" }), number: h("span", { class: "llm-number" }), token: h("span", { class: "llm-bar-token" }, "outros") };
  rest.li = h("li", { class: "llm-bar llm-rest" }, h("span", { class: "llm-row" }, rest.token, h("span", { class: "llm-track" }, rest.fill, rest.number)));
  el.addEventListener("pointerleave", () => onpeek?.(null));
  el.addEventListener("focusout", (event) => { if (!el.contains(event.relatedTarget)) onpeek?.(null); });

  function draw({ items: next, rest: left, restNote, least = 0.002 }) {
    const now = performance.now();
    el.classList.toggle("llm-quick", now - drawnAt < 150);
    drawnAt = now;
    items = next;
    const shown = (item) => item.q ?? item.p;
    const limit = ceiling(Math.max(0, left ?? 0, ...items.map((item) => Math.max(item.p, shown(item)))));
    items.forEach((item, i) => {
      const row = (rows[i] ??= makeRow(i));
      if (row.text !== item.text) row.token.replaceChildren(...tokenNodes((row.text = item.text)), item.text.trim() ? "" : h("span", { class: "llm-unseen" }, spoken(item.text)));
      row.fill.style.setProperty("--w", shown(item) / limit);
      row.number.style.setProperty("--w", Math.max(shown(item), item.p) / limit); // clear of the mark
      setText(row.number, item.note ?? fmtPercent(shown(item)));
      row.mark.hidden = item.q == null || Math.abs(item.q - item.p) < least;
      row.mark.style.setProperty("--w", item.p / limit);
      row.li.classList.toggle("llm-chosen", !!item.chosen);
      row.button.disabled = !onpick || (verb === "acrescentar" && !typable(item.text));
    });
    for (const part of [rest.fill, rest.number]) part.style.setProperty("--w", (left ?? 0) / limit);
    setText(rest.number, restNote ?? fmtPercent(left ?? 0));
    const want = [...items.map((_, i) => rows[i].li), ...(left == null ? [] : [rest.li])];
    if (el.children.length !== want.length || el.lastElementChild !== want.at(-1)) setChildren(el, want);
    settle();
  }
  return { el, draw };
}

// ---- text --------------------------------------------------------------------------------------------------------
// The reader's text, as tall as it needs up to five lines. `write` changes it as typing would.
function textField({ value, label, oninput, readOnly }) {
  const text = h("textarea", { name: "text", class: "llm-text", rows: 1, spellcheck: false, autocomplete: "off", autocapitalize: "off", "aria-label": label, readOnly });
  const fit = () => {
    text.style.height = "auto";
    text.style.height = `${Math.min(text.scrollHeight + 2, 6.5 * parseFloat(getComputedStyle(text).fontSize))}px`;
  };
  const changed = () => { fit(); oninput(); };
  text.value = value;
  text.addEventListener("input", changed);
  requestAnimationFrame(fit);
  document.fonts?.ready.then(fit);
  return { text, fit, write(next) { text.value = next; text.scrollTop = text.scrollHeight; changed(); } };
}

// ---- state in words, announcements -------------------------------------------------------------------------------
const WORDS = { recorded: "gravado", loading: "carregando o modelo…", live: "ao vivo", error: "sem modelo" };
// The pill that says where the numbers come from. Writes data-state on the widget's root, for the page and for tests.
function statePill(el, note) {
  const word = h("span"), more = h("span", { class: "llm-note" });
  const pill = h("p", { class: "llm-pill", role: "status" }, h("span", { class: "llm-dot", "aria-hidden": "true" }), word, more);
  const set = (state, text = state === "recorded" ? note : "") => {
    (el.closest(".llm-widget") ?? el).dataset.state = state;
    word.textContent = WORDS[state];
    more.textContent = text ? ` · ${text}` : "";
  };
  set("recorded");
  return { el: pill, set };
}

// A polite live region that speaks only when things have settled, so that typing does not flood a screen reader.
function announcer() {
  const el = h("p", { class: "llm-hear llm-unseen", "aria-live": "polite" });
  return { el, say: debounce((text) => { if (el.textContent !== text) el.textContent = text; }, 500) };
}

// Asks host.compute (the caller sees to it that there is one); only the newest question matters: older ones resolve to null. Keeps the pill true.
function latest(host, pill) {
  let waiting = null, busy = false, live = false;
  async function pump() {
    busy = true;
    while (waiting) {
      const { method, params, resolve } = waiting;
      waiting = null;
      const slow = setTimeout(() => pill.set("loading"), live ? 1000 : 80);
      try {
        const result = await host.compute(method, params);
        live = true;
        if (!waiting) pill.set("live", host.where);
        resolve(waiting ? null : result);
      } catch (error) {
        if (!waiting) pill.set("error", error.message);
        resolve(null);
      }
      clearTimeout(slow);
    }
    busy = false;
  }
  return (method, params) => new Promise((resolve) => {
    waiting?.resolve(null);
    waiting = { method, params, resolve };
    if (!busy) pump();
  });
}

// ---- hosts -------------------------------------------------------------------------------------------------------
// In a notebook the kernel computes: messages {id, method, params} out, {id, event}, {id, result} or {id, error} back.
function kernelHost(model) {
  if (!model.get("live")) return { compute: null };
  const open = new Map();
  model.on("msg:custom", (message) => {
    const call = open.get(message.id);
    if (!call) return;
    if ("event" in message) return call.onEvent?.(message.event);
    open.delete(message.id);
    "error" in message ? call.reject(new Error(message.error)) : call.resolve(message.result);
  });
  return {
    where: "no seu Python",
    compute: (method, params, { onEvent, signal } = {}) => new Promise((resolve, reject) => {
      const id = freshId();
      open.set(id, { resolve, reject, onEvent });
      signal?.addEventListener("abort", () => model.send({ cancel: id }));
      model.send({ id, method, params });
    }),
  };
}
// What anywidget calls (it has a `host` of its own, which computes nothing), or host.js, which brings ours and the root.
const asWidget = (name, widget) => ({
  render({ model, el, host }) {
    if (host?.compute !== undefined) return widget.render({ model, el, host });
    const root = h("div", { class: "llm-widget", "data-widget": name, "data-state": "recorded" });
    el.append(root);
    return widget.render({ model, el: root, host: kernelHost(model) });
  },
});
