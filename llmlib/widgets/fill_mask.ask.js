// What the figure asks of each family, and its answer as {gaps: [{text, tokens, top}], passes}: twins of the functions of
// fill_mask.py. `words` are {lead, word}; `hidden` their places in the order they were hidden; `truth` a Map place → tokens.
const FM_MASK = "<|mask|>", FM_SPAN = /^<extra_id_(\d+)>$/, FM_ASKED = 20;
const fmCut = (text) => [...text.matchAll(/(\s*)([\p{L}\p{M}]+(?:-\p{L}+)*|\p{N}|\S)/gu)].map(([, lead, word]) => ({ lead, word }));
const fmGap = (tokens, top) => ({ text: tokens.map((each) => each.text).join(""), tokens, top });
const fmPlaces = (hidden) => [...hidden].sort((a, b) => a - b);

async function fmMasked(ask, side, { words, hidden, truth }) {
  const text = words.map(({ lead, word }, i) => lead + (truth.has(i) ? FM_MASK.repeat(truth.get(i).length) : word)).join("");
  const start = new Map();
  let at = 0;
  for (const place of fmPlaces(hidden)) { start.set(place, at); at += truth.get(place).length; }
  const params = { model: side.model, text, k: FM_ASKED };
  if (side.way === "order") params.order = hidden.flatMap((place) => truth.get(place).map((_, i) => start.get(place) + i));
  const { top } = await ask("fill", params);
  if (top.length !== at) throw new Error("A frase não cabe inteira no contexto deste modelo.");
  const gaps = fmPlaces(hidden).map((place) => {
    const first = start.get(place);
    return fmGap(truth.get(place).map((_, i) => top[first + i][0]), top[first]);
  });
  return { gaps, passes: side.way === "both" ? 1 : at };
}

async function fmLeft(ask, side, { words, truth, tokens }) {
  let ids = [], text = "", passes = 0;
  const gaps = [];
  for (const [i, { lead, word }] of words.entries()) {
    if (!truth.has(i)) { text += lead + word; continue; }
    ids = [...ids, ...(await tokens(text)).map((token) => token.id)];
    text = "";
    const written = [];
    let first;
    for (const _ of truth.get(i)) {
      const { top } = await ask("next", { model: side.model, ids, k: FM_ASKED });
      first ??= top;
      passes += 1;
      written.push(top[0]);
      ids = [...ids, top[0].id];
    }
    gaps.push(fmGap(written, first));
  }
  return { gaps, passes };
}

async function fmSpans(ask, side, { words, truth }) {
  let source = "";
  const spans = [];
  for (const [i, { lead, word }] of words.entries()) {
    if (!truth.has(i)) source += lead + word;
    else if (truth.has(i - 1)) spans.at(-1).push(i);
    else { source += `${lead}<extra_id_${spans.length}>`; spans.push([i]); }
  }
  const pieces = [...truth.values()].reduce((sum, each) => sum + each.length, 0), said = new Map();
  let at = -1, passes = 1;
  await ask("rewrite", { model: side.model, text: source, max_new_tokens: Math.min(96, 2 * pieces + 2 * spans.length + 4) }, {
    onEvent: ({ token }) => {
      passes += 1;
      const mark = FM_SPAN.exec(token.text);
      if (mark) at = +mark[1];
      else if (!SPECIAL[token.text]) said.set(at, [...(said.get(at) ?? []), token]);
    },
  });
  const gaps = spans.flatMap((span, number) => span.map((place) => fmGap(place === span[0] ? (said.get(number) ?? []) : [], [])));
  return { gaps, passes };
}
const FM_ASK = { both: fmMasked, order: fmMasked, left: fmLeft, spans: fmSpans };
