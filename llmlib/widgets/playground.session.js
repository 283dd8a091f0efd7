// Playground, part 2: a session as data: into a link, into a file, and back. What comes back may be broken or hostile:
// nothing of it is used before it is checked, and what is not good is left out with a sentence. Text stays text.
const PG_FORMAT = "playground", PG_VERSION = 1;
const PG_LIMITS = { link: 12000, file: 4e6, text: 20000, turns: 40, tokens: 4096 };

// ---- link: #pg-<key>-v1-<base64url of the JSON>: a fragment that is also a good id, so that the page's own scripts are at ease
function pgToLink(key, session) {
  const bytes = new TextEncoder().encode(JSON.stringify(session));
  let text = "";
  for (const byte of bytes) text += String.fromCharCode(byte);
  return `pg-${key}-v${PG_VERSION}-${btoa(text).replace(/\+/g, "-").replace(/\//g, "_").replace(/=+$/, "")}`;
}
// null when the fragment is not for this figure; {data} or {error}, a sentence.
function pgFromLink(key, fragment) {
  const begin = `pg-${key}-v`;
  if (!fragment.startsWith(begin)) return null;
  const [, version, code] = /^(\d{1,6})-([A-Za-z0-9_-]*)$/.exec(fragment.slice(begin.length)) ?? [];
  if (!version) return { error: "O link está incompleto ou foi alterado" };
  if (+version !== PG_VERSION) return { error: `O link é da versão ${version}, e esta página lê a ${PG_VERSION}` };
  if (code.length > PG_LIMITS.link) return { error: "O link é longo demais" };
  try {
    const bytes = Uint8Array.from(atob(code.replace(/-/g, "+").replace(/_/g, "/")), (c) => c.charCodeAt(0));
    return { data: JSON.parse(new TextDecoder("utf-8", { fatal: true }).decode(bytes)) };
  } catch {
    return { error: "O link está incompleto ou foi alterado" };
  }
}

// ---- what a session says
// {mode, system, prompt, sides: [{model, settings}], turns: [{user, answers: [{text, …}]}]}; a link carries no tokens.
function pgSession(state, whole) {
  const answer = ({ model, text, reason, tokens, rate }) => (whole ? { model, text, reason, rate, tokens } : { text });
  const turns = state.mode === "chat" || whole ? state.turns : [];
  return {
    ...(whole && { formato: PG_FORMAT, versao: PG_VERSION }),
    mode: state.mode, system: state.system, prompt: state.prompt,
    sides: state.sides.map(({ model, settings }) => ({ model, settings })),
    turns: turns.map(({ user, answers }) => ({ user, answers: answers.map((each) => each && answer(each)) })),
  };
}

// Data of any kind -> {session, notes}; throws a sentence when it is no session at all.
function pgCheckSession(data, names) {
  const plain = (value) => value !== null && typeof value === "object" && !Array.isArray(value);
  const own = (object, name) => (Object.hasOwn(object, name) ? object[name] : undefined);
  if (!plain(data) || !["text", "chat"].includes(own(data, "mode")) || !Array.isArray(own(data, "sides"))) throw new Error("O conteúdo não é uma sessão deste playground");
  const notes = [];
  const text = (value, what) => {
    if (value === undefined) return "";
    if (typeof value === "string" && value.length <= PG_LIMITS.text) return value.toWellFormed?.() ?? value;
    notes.push(`${what} não é um texto de até ${fmtNumber(PG_LIMITS.text)} letras`);
    return "";
  };
  const sides = data.sides.slice(0, 2).filter(plain).map((side) => {
    let model = own(side, "model");
    if (!names.includes(model)) {
      notes.push("o modelo pedido não está nesta página");
      model = names[0];
    }
    return { model, settings: pgSettings(plain(own(side, "settings")) ? side.settings : {}, notes) };
  });
  if (!sides.length) throw new Error("O conteúdo não é uma sessão deste playground");
  let turns = own(data, "turns") ?? [];
  if (!Array.isArray(turns) || turns.length > PG_LIMITS.turns || !turns.every((turn) => plain(turn) && typeof own(turn, "user") === "string" && Array.isArray(own(turn, "answers")))) {
    notes.push("a conversa não pôde ser lida");
    turns = [];
  }
  turns = turns.map((turn) => ({
    user: text(turn.user, "uma mensagem"),
    answers: sides.map((side, s) => (plain(turn.answers[s]) ? pgAnswer(turn.answers[s], side, text, own) : null)),
  }));
  return { notes: [...new Set(notes)], session: { mode: data.mode, system: text(own(data, "system"), "a mensagem de sistema"), prompt: text(own(data, "prompt"), "o pedido"), sides, turns } };
}
function pgAnswer(data, side, text, own) {
  const p = (value) => (typeof value === "number" && value >= 0 && value <= 1 ? value : 0);
  const token = (each) => ({ id: each.id, text: each.text.slice(0, 200), p: p(each.p), q: p(each.q), ...(each.forced === true && { forced: true }) });
  const good = (each) => each !== null && typeof each === "object" && Number.isSafeInteger(each.id) && each.id >= 0 && typeof each.text === "string";
  const given = own(data, "tokens"), read = [];
  if (Array.isArray(given) && given.length <= PG_LIMITS.tokens && given.every(good)) for (const each of given)
    read.push({ ...token(each), ...(Array.isArray(each.top) && each.top.length <= 20 && each.top.every(good) && { top: each.top.map(token) }) });
  const reasons = ["length", "stop", "eos", "context", "cancelled"], reason = reasons.includes(own(data, "reason")) ? data.reason : null;
  return { model: side.model, settings: side.settings, text: text(own(data, "text"), "uma resposta"), tokens: read, reason, done: true };
}
const pgExplain = (notes) => (notes.length ? `Ficou de fora o que não servia: ${notes.join("; ")}.` : "");

// ---- copying: the clipboard where the page may use it, a selection where not
async function pgCopy(text) {
  try {
    await navigator.clipboard.writeText(text);
    return true;
  } catch {
    const field = h("textarea", { style: "position:fixed;opacity:0" }, text);
    document.body.append(field);
    field.select();
    const done = document.execCommand("copy");
    field.remove();
    return done;
  }
}
function pgSave(name, text) {
  const address = URL.createObjectURL(new Blob([text], { type: "application/json" }));
  h("a", { href: address, download: name }).click();
  setTimeout(() => URL.revokeObjectURL(address), 1000);
}
