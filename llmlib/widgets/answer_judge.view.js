// What a verdict and a checked source look like: for AnswerJudge and RagCases. The rules are in answer_judge.rules.js.
const AJ_VERDICTS = {
  certa: ["✓", "disse uma das formas aceitas"], superada: ["↺", "disse o valor que um documento mais novo corrigiu"], errada: ["≠", "disse outra coisa que estava no que leu"],
  inventada: ["✦", "disse o que não estava em nada do que leu"], recusada: ["○", "disse que o texto não diz, ou que não sabe"],
};
const AJ_KINDS = {
  sustenta: ["✓", "o trecho afirma isto"], superada: ["↺", "o trecho afirma isto, e um documento mais novo o corrige"], repete: ["≈", "o trecho traz este valor, dito de outra coisa"],
  "não diz": ["✗", "o trecho não diz isto"], "não existe": ["∅", "não há fonte com este número"],
};
const AJ_SPANS = { apoio: "responde", velho: "valor antigo", ordem: "ordem plantada", citado: "o valor está aqui" };

// A verdict in words, with its sign and colour; `served`: whether the one who asked was well served.
function ajVerdictLine() {
  const el = h("p", { class: "aj-verdict" });
  return {
    el,
    draw(verdict, served) {
      el.dataset.verdict = verdict;
      el.replaceChildren(h("strong", {}, `${AJ_VERDICTS[verdict][0]} ${verdict}`), h("span", {}, ` ${AJ_VERDICTS[verdict][1]}`), ...(served === undefined ? [] : [h("em", {}, served ? " · era o que devia dizer" : " · não era o que devia dizer")]));
    },
  };
}
// The citations of a reply, each with what its source says.
const ajChecks = (checks) => checks.map(({ number, kind }) => h("li", { class: "aj-check", "data-kind": kind }, h("strong", {}, `[${number}] ${AJ_KINDS[kind][0]} ${kind}`), `: ${AJ_KINDS[kind][1]}`));

// Spans of a source worth marking: {start, end, kind, cut}, places in its own text, apart from each other.
function ajSpansOf(source, question, orders, checks = []) {
  const inside = (each, kind) => {
    const start = Math.max(each.inicio, source.start), end = Math.min(each.fim, source.end);
    return each.documento === source.document && start < end ? [{ start: start - source.start, end: end - source.start, kind, cut: end - start < each.fim - each.inicio }] : [];
  };
  const found = [
    ...orders.flatMap((each) => inside(each, "ordem")),
    ...(question.apoios ?? []).flatMap((each) => inside(each, each.vale ? "apoio" : "velho")),
    ...checks.filter(({ kind }) => kind === "repete").map(({ start, end }) => ({ start, end, kind: "citado", cut: false })),
  ];
  const kept = [];
  for (const span of found) if (!kept.some((each) => span.start < each.end && each.start < span.end)) kept.push(span);
  return kept.sort((a, b) => a.start - b.start);
}
function ajMarked(text, spans) {
  const nodes = [];
  let at = 0;
  for (const { start, end, kind, cut } of spans) {
    const label = AJ_SPANS[kind] + (cut ? ", cortado" : "");
    nodes.push(text.slice(at, start), h("mark", { class: "aj-mark", "data-kind": kind }, text.slice(start, end), h("small", {}, label)));
    at = end;
  }
  return [...nodes, text.slice(at)];
}
// The list of what the model read. draw(sources, question, orders, checks, more(i) → nodes)
function ajSources({ label = "Trechos" } = {}) {
  const el = h("ol", { class: "aj-sources", "aria-label": label });
  return {
    el,
    draw(sources, question, orders = [], checks = [], more = () => []) {
      el.replaceChildren(...sources.map((source, i) => h("li", { class: "aj-source" },
        h("p", { class: "aj-title" }, h("strong", {}, `[${i + 1}]`), ` ${source.title ?? source.document} `, more(i)),
        h("p", { class: "aj-text" }, ajMarked(source.text, ajSpansOf(source, question, orders, checks.filter(({ number }) => number === i + 1)))))));
    },
  };
}
