// A text that the reader may change, with marks painted behind it, and a still one with the same marks.
// A mark is {start, end, look, source?, label?}: look is a class, source the number of the passage that it belongs to, label
// what stands where it begins.

// Nodes of `text`, cut where marks begin and end; overlapping marks add their classes.
function ragPieces(text, marks) {
  const kept = marks.map((mark) => ({ ...mark, start: Math.max(0, mark.start), end: Math.min(text.length, mark.end) })).filter(({ start, end }) => start < end);
  const cuts = [...new Set([0, text.length, ...kept.flatMap(({ start, end }) => [start, end])])].sort((a, b) => a - b);
  return cuts.slice(1).map((end, i) => {
    const piece = text.slice(cuts[i], end), over = kept.filter((mark) => mark.start <= cuts[i] && end <= mark.end);
    if (!over.length) return document.createTextNode(piece);
    return h("mark", { class: over.map(({ look }) => look).join(" "), "data-source": over.map(({ source }) => source).filter(Boolean).join(" ") || null, "data-label": over.find((mark) => mark.label && mark.start === cuts[i])?.label }, piece);
  });
}
// el, area (a textarea), write(text), mark(marks). The mirror behind it has the same words, so it also gives the height.
function ragField({ label, rows = 1, readOnly, oninput, look = "" }) {
  let marks = [];
  const mirror = h("div", { class: "rag-mirror", "aria-hidden": "true" });
  const area = h("textarea", { rows, spellcheck: false, autocomplete: "off", "aria-label": label, readOnly, oninput: () => { marks = []; paint(); oninput?.(); } });
  const paint = () => mirror.replaceChildren(...ragPieces(area.value, marks), "\u200b");
  return {
    el: h("div", { class: `rag-field ${look}` }, h("div", { class: "rag-stack" }, mirror, area)), area,
    write(text) { if (area.value !== text) area.value = text; marks = []; paint(); },
    mark(next) { marks = next; paint(); },
  };
}

// Words of a text that the question also has, accents and capitals aside, but not the small ones that every sentence has.
const ragFold = (text) => text.toLowerCase().normalize("NFD").replace(/\p{M}/gu, "");
function ragShared(text, question) {
  const asked = new Set(ragWords(question).map(({ raw }) => ragFold(raw)).filter((word) => word.length > 3 || /\d/.test(word)));
  return ragWords(text).filter(({ raw }) => asked.has(ragFold(raw))).map(({ start, end }) => ({ start, end, look: "rag-asked" }));
}
// Orders planted in a document (known spans) or that look like one, as marks of a piece of it that starts at `from`.
function ragOrders(text, known = [], from = 0) {
  const spans = [...ragSuspicious(text), ...known.map(({ start, end }) => [start - from, end - from])];
  return spans.filter(([start, end]) => end > 0 && start < text.length).map(([start, end]) => ({ start, end, look: "rag-order" }));
}
// Why a pasted text or a file is no text to be searched, as a sentence, or "". Needs `// uses engine: search`.
function ragUnreadable(text) {
  try {
    LLM.documents([{ id: "seu texto", titulo: "", texto: text }]);
    return "";
  } catch (error) { return error.message; }
}
