// How a Boolean search was read: every part of it in words, with how many texts it keeps. Draws a list; decides nothing.
const OPERATION = { and: ["E", "tudo isto:"], or: ["OU", "ao menos um:"], not: ["NÃO", "o primeiro, sem o segundo:"] };
const PLACE = { "": "em qualquer campo", "título": "no título", resumo: "no resumo", "palavra-chave": "nas palavras-chave" };

// Parts joined by one operator are one list: ((a E b) E c) reads as “tudo isto: a, b, c”; (a NÃO b) has two parts, always.
function chained(node, kind) {
  if (kind === "not") return node.children;
  return node.children.flatMap((child) => (child.kind === kind ? chained(child, kind) : [child]));
}

function partInWords(node, search) {
  const { kind, value, field } = node;
  if (kind === "word") return [`“${value}” `, PLACE[field]];
  if (kind === "phrase") return [`“${value}”, nesta ordem, `, PLACE[field]];
  if (kind === "prefix") return [`palavras que começam por “${value}”, `, PLACE[field]];
  if (kind === "study") return ["estudo: ", h("strong", {}, value)];
  if (kind === "year") { const [first, last] = value.split(":"); return [first === last ? `do ano ${first}` : `de ${first} a ${last}`]; }
  if (kind === "ignored") return [`“${value}” não está em nenhum resumo: não conta`];
  if (kind === "mapped") return [`“${value}” leva a um nome do vocabulário: vale o nome, ou as palavras`];
  const under = field.endsWith("exato") ? 0 : search.below(value).length - 1;
  return ["descritor ", h("strong", {}, value), under ? ` e ${under === 1 ? "o que está abaixo dele" : `os ${under} abaixo dele`}` : ""];
}

// One part and what is inside it. Words of which all must be there, as the words of a name, are one line.
function explained(node, search) {
  const operation = OPERATION[node.kind];
  const parts = operation ? chained(node, node.kind) : node.kind === "mapped" ? node.children : [];
  const together = node.kind === "and" && parts.every((part) => part.kind === "word" && !part.field);
  const count = node.kind === "ignored" ? "" : fmtNumber(search.kept(node).length);
  const said = together ? ["as palavras ", parts.map((part, i) => [i ? " + " : "", `“${part.value}”`])] : operation ? operation[1] : partInWords(node, search);
  return h("li", { class: `ps-part ps-${node.kind}` },
    h("span", { class: "ps-line" }, operation && !together && h("b", { class: "ps-op" }, operation[0]), h("span", { class: "ps-said" }, said),
      h("span", { class: "ps-count" }, count, count && h("span", { class: "llm-unseen" }, " resumos"))),
    parts.length > 0 && !together && h("ul", {}, parts.map((part) => explained(part, search))));
}
