// The prompt from passages, the answer read back, orders in a text: the twin of llmlib/rag.py, kept equal by a test.
// A source is {document, title, start, end, text, sent}, as Python's; nothing here asks a model.
// Needs injection_lab.guard (ilSentences) and, to read answers, answer_judge.rules (what a citation and a refusal are).
const RAG_ROOM = 40;
const RAG_EDGE = "(?<![\\p{L}\\p{N}_])", RAG_END = "(?![\\p{L}\\p{N}_])";
const RAG_VERBS = "(?:ignor(?:e|em|ar)|esque(?:ça|çam|cer)|desconsider(?:e|em|ar)|respond(?:a|am|er)|di(?:ga|gam|zer)|repita|revele|escreva|copie|não use)";
const RAG_ORDER = new RegExp(`${RAG_EDGE}${RAG_VERBS}${RAG_END}`, "iu"), RAG_FIRST = new RegExp(`^${RAG_VERBS}${RAG_END}`, "iu");
const RAG_ADDRESSED = new RegExp(`${RAG_EDGE}(?:assistentes?|modelos? de linguagem|inteligência artificial|ia|robôs?|sistema|instrução|instruções|comando|prompt)${RAG_END}`, "iu");
const ragWords = (text) => [...text.matchAll(/[\p{L}\p{N}]+/gu)].map((each) => ({ word: each[0].toLowerCase(), raw: each[0], start: each.index, end: each.index + each[0].length }));
const ragBare = (text) => text.replace(/^[ \-–—•“"']+/, "");
const ragSplit = (text) => text.split(/\s+/u).filter(Boolean);

// A passage on one line; only the rows of a table or of a list keep lines of their own.
function ragFlat(text) {
  const lines = text.split("\n").map((line) => ragSplit(line).join(" ")).filter(Boolean);
  const row = (line) => line.startsWith("|") || line.endsWith("|") || line.startsWith("- ") || line.startsWith("• ");
  return lines.map((line, i) => (i === 0 ? line : (row(line) || row(lines[i - 1]) ? "\n" : " ") + line)).join("");
}
// A hit as a source of a prompt; `titled`: after the title of its document.
function ragSource({ document, title, start, end, text }, titled = false) {
  const flat = ragFlat(text), head = titled && title ? ragFlat(title).replace(/\.+$/, "") + (flat.startsWith("|") ? ":\n" : ". ") : "";
  return { document, title, start, end, text, sent: head + flat };
}
const ragMessage = (question, sources) =>
  (sources.length ? [`Pergunta: ${question}`, "Contexto:", ...sources.map(({ sent }, i) => `[${i + 1}] ${sent}`), `Pergunta: ${question}`].join("\n") : question);

// The message that asks `question` of the sources, best first; `size` counts the tokens of one, and `context` is the window.
// What does not fit is left out from the worst up; of a single one too long the beginning stays.
async function ragPrompt(question, sources, size, context, room = RAG_ROOM) {
  question = ragSplit(question).join(" ");
  if (!question) throw new Error("Escreva uma pergunta: sem ela não há o que procurar.");
  const limit = context - room, tokens = (list) => size(ragMessage(question, list));
  let kept = [...sources], cut = 0, total = await tokens(kept);
  while (kept.length && total > limit) { kept.pop(); total = await tokens(kept); }
  if (sources.length && !kept.length) {
    const words = sources[0].sent.split(" "), first = (n) => ({ ...sources[0], sent: words.slice(0, n).join(" ") });
    let low = 0, high = words.length - 1; // the most words that fit
    while (low < high) {
      const middle = Math.ceil((low + high) / 2);
      if (await tokens([first(middle)]) <= limit) low = middle; else high = middle - 1;
    }
    if (low) { kept = [first(low)]; cut = words.length - low; total = await tokens(kept); }
  }
  if (total > limit) throw new Error(`A pergunta ocupa ${fmtNumber(total)} tokens, e cabem ${limit} (os outros ${room} são da resposta): encurte-a.`);
  return { question, text: ragMessage(question, kept), used: kept, left_out: sources.slice(kept.length), words_cut: cut, tokens: total };
}

const ragSentenceAt = (text, place) => { let at = 0; return ilSentences(text).find((each) => (at += each.length) > place) ?? ""; };
// Where the words of `value` stand in a row in `text`: [start, end], in the sentence most like the question, or null.
function ragFound(value, text, question = "") {
  const wanted = ragWords(value).map(({ word }) => word), words = ragWords(text);
  const asked = new Set(ragWords(question).filter(({ raw }) => [...raw].length > 3).map(({ word }) => word));
  let best = null;
  for (let i = 0; wanted.length && i + wanted.length <= words.length; i++) {
    if (!wanted.every((word, j) => words[i + j].word === word)) continue;
    const near = new Set(ragWords(ragSentenceAt(text, words[i].start)).map(({ word }) => word)), shared = [...asked].filter((word) => near.has(word)).length;
    if (!best || shared > best[0]) best = [shared, words[i].start, words[i + wanted.length - 1].end];
  }
  return best && best.slice(1);
}
function ragChecked(number, value, used, question) {
  const source = used[number - 1];
  if (!source) return { number, holds: "inexistente", start: 0, end: 0 };
  const place = ragFound(value, source.text, question);
  if (place) return { number, holds: "literal", start: source.start + place[0], end: source.start + place[1] };
  const there = new Set(ragWords(source.text).map(({ word }) => word));
  const needed = ragWords(value).filter(({ raw }) => [...raw].length > 3 || !/^\p{L}+$/u.test(raw) || /^\p{Lu}/u.test(raw));
  return { number, holds: needed.length && needed.every(({ word }) => there.has(word)) ? "palavras" : "ausente", start: source.start, end: source.end };
}
// What was said without its marks, and each source that it named, looked up.
function ragRead(text, { used, question }) {
  const value = text.replace(AJ_CITATION, "").trim();
  return { text, value, refused: ajRefuses(text), citations: ajCited(text).map((n) => ragChecked(n, value, used, question)) };
}
// Spans of sentences that read like an order to a program. A hint for a reader, no defence.
function ragSuspicious(text) {
  const spans = [];
  let at = 0;
  for (const each of ilSentences(text)) {
    const bare = each.trim(), start = at + each.length - each.trimStart().length;
    if (RAG_ORDER.test(bare) && (RAG_ADDRESSED.test(bare) || RAG_FIRST.test(ragBare(bare)))) spans.push([start, start + bare.length]);
    at += each.length;
  }
  return spans;
}
