// How a Boolean search was read: every part of it in words, with how many texts it keeps. Draws a list; decides nothing.
const OPERATION = { and: ["E", "tudo isto:"], or: ["OU", "ao menos um:"], not: ["NÃO", "o primeiro, sem o segundo:"] };
const PLACE = { "": "em qualquer campo", "título": "no título", resumo: "no resumo", "palavra-chave": "nas palavras-chave" };

// Parts joined by one operator are one list: ((a E b) E c) reads as “tudo isto: a, b, c”.
function chained(node, kind) {
  return node.kind === kind && kind !== "not" ? node.children.flatMap((child) => chained(child, kind)) : [node];
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

// → {el, found: Set of places}
function explained(node, search) {
  const operation = OPERATION[node.kind];
  const parts = operation ? chained(node, node.kind) : node.kind === "mapped" ? node.children : [];
  const inside = parts.map((part) => explained(part, search).el);
  const found = search.kept(node);
  const count = node.kind === "ignored" ? "" : fmtNumber(found.length);
  const el = h("li", { class: `ps-part ps-${node.kind}` },
    h("span", { class: "ps-line" },
      operation && h("b", { class: "ps-op" }, operation[0]), h("span", { class: "ps-said" }, operation ? operation[1] : partInWords(node, search)),
      h("span", { class: "ps-count" }, count, count && h("span", { class: "llm-unseen" }, " resumos"))),
    inside.length > 0 && h("ul", {}, inside));
  return { el, found };
}
