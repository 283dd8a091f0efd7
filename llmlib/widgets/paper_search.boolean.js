// Boolean search in the page: the twin of llmlib/scratch/boolean.py, letter by letter: same trees, same sentences, same order. Expects
// LLM.fold and LLM.words (`// uses engine: search`). Draws nothing.
// makeBoolean(documents [{title, text, keywords, descriptors, study, year}], vocabulary {descriptors, studies}, lay?)
function makeBoolean(documents, rows, lay = true) {
  const MOST = 256, OPERATORS = { AND: "and", E: "and", OR: "or", OU: "or", NOT: "not", "NÃO": "not" };
  const FIELDS = { titulo: "título", resumo: "resumo", "palavra-chave": "palavra-chave", descritor: "descritor", "descritor:exato": "descritor:exato", estudo: "estudo", ano: "ano" };
  const TOKEN = /\s*(?:(?<open>\()|(?<close>\))|(?<quote>")|(?<word>[^\s()"[\]]+)|(?<tag>[[\]]))/y;
  const { fold, words } = LLM, plain = (text) => (fold(text).match(/[\p{L}\p{N}_]+/gu) ?? []).join(" ");
  const fail = (sentence, start, end) => { throw Object.assign(new Error(sentence), { start, end }); };

  // ---- vocabulary
  const narrower = {}, entries = {}, everything = {}, studies = {}, byWords = new Map();
  for (const row of rows.descriptors) {
    narrower[row.name] = row.narrower;
    everything[row.name] = [...row.entries, ...row.lay];
    entries[row.name] = lay ? everything[row.name] : row.entries;
  }
  for (const row of rows.studies) studies[row.name] = row.entries;
  for (const [kind, table] of [["descriptor", entries], ["study", studies]])
    for (const [name, phrases] of Object.entries(table))
      for (const phrase of [name, ...phrases]) {
        const key = words(phrase).join(" ");
        if (!byWords.has(key)) byWords.set(key, [kind, name]);
      }
  const longest = Math.max(...[...byWords.keys()].map((key) => key.split(" ").length));
  const below = (name) => [name, ...(narrower[name] ?? []).flatMap(below)];
  const table = (kind) => (kind === "descriptor" ? entries : studies);
  const named = (kind, value) => Object.keys(table(kind)).find((name) => plain(name) === plain(value));
  function like(kind, value) {
    const sought = new Set(words(value));
    return Object.entries(kind === "descriptor" ? everything : studies).filter(([name, phrases]) => [name, ...phrases].some((phrase) => words(phrase).some((word) => sought.has(word)))).map(([name]) => name).slice(0, 3);
  }

  const texts = documents.map((each) => ({ "título": ` ${plain(each.title)} `, resumo: ` ${plain(each.text)} `, "palavra-chave": ` ${each.keywords.map(plain).join(" | ")} ` }));
  const known = new Set(texts.flatMap((fields) => Object.values(fields).flatMap((text) => text.split(" "))));

  // ---- reading a query
  const node = (kind, value = "", field = "", children = []) => ({ kind, value, field, children });
  const join = (nodes) => nodes.reduce((left, right) => node("and", "", "", [left, right]));
  function next(text, at) {
    TOKEN.lastIndex = at;
    const found = TOKEN.exec(text);
    if (!found) return null;
    const [kind, typed] = Object.entries(found.groups).find(([, value]) => value !== undefined);
    return { kind, typed, start: TOKEN.lastIndex - typed.length, end: TOKEN.lastIndex };
  }
  function parse(text) {
    if (!plain(text)) fail("Escreva o que procurar.", 0, text.length);
    const many = text.match(/[()]|[^\s()]+/g).length;
    if (many > MOST) fail(`A busca tem ${many} partes, e cabem ${MOST}: encurte-a.`, 0, text.length);
    return sequence(text, 0, null)[0];
  }
  function sequence(text, at, opened) {
    let left = null, operator = null, token;
    while ((token = next(text, at))) {
      if (token.kind === "close") {
        if (opened === null) fail("Este parêntese fecha um que não foi aberto.", token.start, token.end);
        break;
      }
      if (token.kind === "tag") fail("Um campo vem logo depois de um termo: cochilo[título].", token.start, text.length);
      if (token.kind === "word" && Object.hasOwn(OPERATORS, token.typed)) {
        if (!left) fail(`Falta um termo antes de ${token.typed}.`, token.start, token.end);
        if (operator) fail(`${operator.typed} e ${token.typed} estão juntos: falta um termo entre os dois.`, operator.start, token.end);
        operator = token;
        at = token.end;
        continue;
      }
      let found;
      [found, at] = operand(text, at);
      left = left ? node(operator ? OPERATORS[operator.typed] : "and", "", "", [left, found]) : found;
      operator = null;
    }
    if (operator) fail(`Falta um termo depois de ${operator.typed}.`, operator.start, operator.end);
    if (opened !== null && token?.kind !== "close") fail("Falta fechar este parêntese.", opened, opened + 1);
    if (!left) fail("Não há nada entre os parênteses.", opened ?? 0, at + 1);
    return [left, at];
  }
  function operand(text, at) {
    let token = next(text, at);
    const { start } = token;
    if (token.kind === "open") {
      const [found, end] = sequence(text, token.end, start);
      return [found, next(text, end).end];
    }
    if (token.kind === "quote") {
      const close = text.indexOf('"', token.end);
      if (close < 0) fail("Falta fechar estas aspas.", start, text.length);
      const [field, end] = tag(text, close + 1);
      return [leaf("phrase", text.slice(token.end, close), field, start, end), end];
    }
    let end = at, many = 0;
    while ((token = next(text, end)) && token.kind === "word" && !Object.hasOwn(OPERATORS, token.typed)) {
      end = token.end;
      many += 1;
      const [field, after] = tag(text, end);
      if (field) return [leaf(many > 1 ? "phrase" : "word", text.slice(start, end), field, start, after), after];
    }
    return [mapped(text.slice(start, end), start, end), end];
  }
  function tag(text, at) {
    if (text[at] !== "[") return ["", at];
    const close = text.indexOf("]", at);
    if (close < 0) fail("Falta fechar este colchete.", at, text.length);
    const field = FIELDS[fold(text.slice(at + 1, close).trim())];
    if (!field) fail(`Não existe o campo ${text.slice(at, close + 1)}. Existem: ${Object.values(FIELDS).join(", ")}.`, at, close + 1);
    return [field, close + 1];
  }
  function leaf(kind, value, field, start, end) {
    if (!plain(value)) fail("Este termo não tem letras nem números.", start, end);
    if (field === "ano") {
      const years = /^\s*(\d{4})(?:\s*:\s*(\d{4}))?\s*$/.exec(value);
      if (!years) fail("Um ano se escreve 2015[ano]; um intervalo, 2015:2020[ano].", start, end);
      return node("year", `${years[1]}:${years[2] ?? years[1]}`, field);
    }
    if (field.startsWith("descritor") || field === "estudo") {
      const what = field === "estudo" ? "study" : "descriptor", name = named(what, value);
      if (!name) {
        const near = like(what, value).join(", ");
        fail(`“${value.trim()}” não é um ${what === "study" ? "tipo de estudo" : "descritor"}.${near && ` Parecidos: ${near}.`}`, start, end);
      }
      return node(what, name, field);
    }
    if (value.endsWith("*")) {
      if (plain(value).length < 3) fail("Antes do asterisco são precisas ao menos três letras.", start, end);
      return node("prefix", plain(value), field);
    }
    return node(plain(value).includes(" ") ? "phrase" : "word", plain(value), field);
  }
  function mapped(typed, start, end) {
    let flat = typed.trim().split(/\s+/).flatMap((each) => (each.endsWith("*") ? [[each, true]] : words(each).map((word) => [word, false])));
    if (!flat.length) fail("Só há palavras vazias aqui, que todo texto tem: escreva um assunto.", start, end);
    const parts = [];
    while (flat.length) {
      let size = Math.min(longest, flat.length), found;
      for (; size > 0; size--) {
        const run = flat.slice(0, size);
        found = !run.some(([, prefix]) => prefix) && byWords.get(run.map(([word]) => word).join(" "));
        if (found) break;
      }
      if (found) {
        const run = flat.slice(0, size).map(([word]) => word);
        parts.push(node("mapped", run.join(" "), "", [node(found[0], found[1], found[0] === "study" ? "estudo" : "descritor"), join(run.map((word) => node("word", word)))]));
      } else {
        const [word, prefix] = flat[0];
        size = 1;
        parts.push(prefix ? leaf("word", word, "", start, end) : node(known.has(word) ? "word" : "ignored", word));
      }
      flat = flat.slice(size);
    }
    return join(parts);
  }

  // ---- answering it
  const blank = (each) => each.kind === "ignored" || (each.kind === "and" && each.children.every(blank));
  function keeps(each, at) {
    const { kind, value, field, children } = each, document = documents[at];
    if (kind === "and") {
      const wanted = children.filter((child) => !blank(child));
      return wanted.length > 0 && wanted.every((child) => keeps(child, at));
    }
    if (kind === "not") return keeps(children[0], at) && !keeps(children[1], at);
    if (kind === "or" || kind === "mapped") return children.some((child) => keeps(child, at));
    if (kind === "descriptor") return (field.endsWith("exato") ? [value] : below(value)).some((name) => document.descriptors.includes(name));
    if (kind === "study") return document.study === value;
    if (kind === "year") { const [first, last] = value.split(":").map(Number); return first <= document.year && document.year <= last; }
    if (kind === "ignored") return false;
    const sought = kind === "prefix" ? ` ${value}` : ` ${value} `;
    return Object.entries(texts[at]).some(([name, text]) => (!field || field === name) && text.includes(sought));
  }
  const kept = (each) => documents.map((_, at) => at).filter((at) => keeps(each, at));
  const find = (each) => kept(each).sort((a, b) => documents[b].year - documents[a].year || a - b);
  function written({ kind, value, field, children }) {
    if (kind === "mapped") return `(${written(children[0])} OR ${written(children[1])})`;
    if (children.length) return `(${written(children[0])} ${kind.toUpperCase()} ${written(children[1])})`;
    if (kind === "ignored") return `⟨${value}⟩`;
    const shown = kind === "prefix" ? `${value}*` : value, quoted = ["phrase", "descriptor", "study"].includes(kind) ? `"${shown}"` : shown;
    return field ? `${quoted}[${field}]` : quoted;
  }
  // What words that lead to a name lead to: the name and all that leads to it.
  function matched(run) {
    const found = byWords.get(run.join(" "));
    return found && [found[1], ...table(found[0])[found[1]]];
  }
  return { parse, find, kept, written, below, matched, longest };
}
