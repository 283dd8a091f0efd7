// TokenizerView: the reader's text as tokens, ids and bytes. The vocabularies are in the state: nothing is asked of a model.
// uses engine: tokenizer
// Short texts are cut at once; long ones in a Worker made from the same script, so that typing never waits.
// Of a huge text the field shows only the beginning: laying out a megabyte would hold the page for seconds.
const LONG = 20_000, PAGE = 240, HUGE = 50_000, HEAD = 2_000;

// A tokenizer of the engine from what the state holds: merges as a flat list of ids, each of which made the next id.
function unpack(LLM, { special, merges }, alphabet) {
  const tokens = [...special, ...alphabet], names = [];
  for (let i = 0; i < merges.length; i += 2) {
    const [left, right] = [tokens[merges[i]], tokens[merges[i + 1]]];
    names.push(`${left} ${right}`);
    tokens.push(left + right);
  }
  return new LLM.Tokenizer({ tokens, merges: names, special: Object.fromEntries(special.map((name, id) => [name, id])) });
}
// As its encode, but a word that comes again is not cut again: a megabyte of prose takes a fraction of a second.
function encodeAll(LLM, tokenizer, text, known = new Map()) {
  const ids = [];
  for (const part of text.split(tokenizer.marks)) {
    const mark = tokenizer.special.get(part);
    if (mark !== undefined) { ids.push(mark); continue; }
    for (const word of LLM.Tokenizer.split(part)) {
      let cut = known.get(word);
      if (!cut) known.set(word, (cut = tokenizer.word(word)));
      for (const id of cut) ids.push(id);
    }
  }
  return Int32Array.from(ids);
}
function workerOf(tokenizers, alphabet) {
  const text = `const LLM = (${makeLLM})();\n${unpack}\n${encodeAll}\nlet opened;
onmessage = ({ data: { id, text, tokenizers, alphabet } }) => {
  if (tokenizers) return void (opened = tokenizers.map((each) => unpack(LLM, each, alphabet)));
  const all = opened.map((each) => encodeAll(LLM, each, text));
  postMessage({ id, all }, all.map((ids) => ids.buffer));
};`;
  const worker = new Worker(URL.createObjectURL(new Blob([text], { type: "text/javascript" })));
  worker.postMessage({ tokenizers, alphabet });
  return worker;
}

// Characters that cannot be seen get their number: zero-width joiners, direction marks, controls, odd spaces.
const UNSEEN = /[\p{Cc}\p{Cf}\p{Zl}\p{Zp}\u00a0\u1680\u2000-\u200a\u202f\u205f\u3000\ufe00-\ufe0f\u{e0100}-\u{e01ef}]/gu;
const code = (c) => `U+${c.codePointAt(0).toString(16).toUpperCase().padStart(4, "0")}`;
const seen = (text) => text.replace(UNSEEN, (c) => (c === "\n" || c === "\t" ? c : `⟨${code(c)}⟩`)).replace(/^\p{M}/u, "◌$&");
const hex = (bytes) => Array.from(bytes, (b) => b.toString(16).toUpperCase().padStart(2, "0")).join(" ");
const plural = (n, one, many) => `${fmtNumber(n)} ${n === 1 ? one : many}`;

export default {
  render({ model, el }) {
    const alphabet = model.get("alphabet"), described = model.get("tokenizers");
    const opened = described.map((each) => unpack(LLM, each, alphabet));
    const known = described.map(() => new Map());
    let which = 0, below = model.get("below"), all = [], ids = [], from = 0, chosen = null, asked = 0, worker, bytes = new Uint8Array();

    const { text, write } = textField({ value: model.get("text"), label: "Texto para cortar em tokens", oninput: changed });
    let held = null; // the whole text, where the field shows only its beginning
    const whole = () => held ?? text.value;
    const heldNote = h("p", { class: "tv-odd", hidden: true });
    function hold(all) {
      held = all;
      text.value = `${all.slice(0, HEAD)}…`;
      text.readOnly = true;
      heldNote.hidden = false;
      heldNote.replaceChildren(`O texto tem ${fmtNumber(all.length)} caracteres: o campo mostra o começo, e o corte é do texto inteiro. `,
        h("button", { type: "button", class: "llm-link", onclick: () => { release(); write(""); text.focus(); } }, "Limpar e escrever outro"));
    }
    function release() { held = null; text.readOnly = false; heldNote.hidden = true; }
    text.addEventListener("paste", (event) => {
      const pasted = event.clipboardData?.getData("text") ?? "";
      if (pasted.length <= HUGE || held !== null) return;
      event.preventDefault();
      hold(text.value.slice(0, text.selectionStart) + pasted + text.value.slice(text.selectionEnd));
      changed();
    });
    // Before the field's own listener, which would measure it.
    el.addEventListener("input", (event) => { if (event.target === text && held === null && text.value.length > HUGE) hold(text.value); }, true);
    const size = h("p", { class: "llm-pill", role: "status" }), heard = announcer();
    const strip = tokenStrip({ label: "Tokens do texto", last: PAGE });
    const pager = h("p", { class: "tv-pager", hidden: true }), card = h("div", { class: "tv-card" });
    const back = h("p", { class: "tv-back" }), odd = h("p", { class: "tv-odd", hidden: true });
    const rival = h("div", { class: "tv-rivals", hidden: opened.length < 2 });

    const bytesOf = (id) => (opened[which].names.has(id) ? new TextEncoder().encode(opened[which].names.get(id)) : Uint8Array.from(opened[which].bytes[id]));
    const look = (id) => seen(opened[which].text(id));

    // -- cutting --
    function changed() { model.set("text", whole()); whole().length > LONG ? later() : now(); }
    function now() { later.cancel(); asked += 1; settle(opened.map((each, i) => encodeAll(LLM, each, whole(), known[i]))); }
    const later = debounce(() => {
      const id = ++asked;
      size.textContent = "cortando…";
      try {
        worker ??= workerOf(described, alphabet);
      } catch {
        return now(); // no Worker here: the page itself cuts
      }
      worker.onmessage = ({ data }) => { if (data.id === asked) settle(data.all); };
      worker.onerror = (event) => { event.preventDefault?.(); worker = undefined; if (id === asked) now(); };
      worker.postMessage({ id, text: whole() });
    }, 120);
    function settle(answer) {
      all = answer;
      bytes = new TextEncoder().encode(whole());
      from = 0;
      chosen = null;
      draw();
    }

    // -- drawing --
    function draw() {
      ids = all[which];
      const value = whole();
      let points = 0;
      for (let i = 0; i < value.length; i += value.codePointAt(i) > 0xffff ? 2 : 1) points += 1;
      const words = (value.match(/\S+/g) ?? []).length;
      const seenLetters = value.length <= LONG && Intl.Segmenter ? [...new Intl.Segmenter("pt", { granularity: "grapheme" }).segment(value)].length : points;
      size.textContent = [
        seenLetters !== points && plural(seenLetters, "letra na tela", "letras na tela"),
        plural(points, "caractere", "caracteres"), plural(bytes.length, "byte", "bytes"), plural(ids.length, "token", "tokens"),
        words > 0 && `${fmtNumber(ids.length / words, 2)} por palavra`,
      ].filter(Boolean).join(" · ");
      drawOdd(value);
      drawRivals();
      drawBack();
      drawPage();
      heard.say(value ? plural(ids.length, "token", "tokens") : "Texto vazio: nenhum token.");
    }
    function drawOdd(value) {
      const lone = (value.match(/\p{Surrogate}/gu) ?? []).length, nul = value.split("\0").length - 1, special = ids.reduce((n, id) => n + opened[which].names.has(id), 0);
      const notes = [
        lone && `${plural(lone, "metade de caractere", "metades de caractere")} (substituto sem par) não existe em UTF-8 e virou �.`,
        nul && `${plural(nul, "caractere nulo", "caracteres nulos")} (U+0000): para o tokenizador, um byte como os outros.`,
        special && `${plural(special, "token especial", "tokens especiais")}: o nome inteiro é um token só, e o modelo o lê como marca, não como texto.`,
      ].filter(Boolean);
      odd.hidden = !notes.length;
      odd.textContent = notes.join(" ");
    }
    function drawRivals() {
      const most = Math.max(1, ...all.map((each) => each.length));
      rival.replaceChildren(h("p", { class: "tv-label", id: rivalId }, "Cortado pelo tokenizador"), h("div", { role: "radiogroup", "aria-labelledby": rivalId }, described.map(({ name }, i) =>
        h("label", { class: "tv-rival" },
          h("input", { type: "radio", name: group, checked: i === which, onchange: () => { which = i; chosen = null; from = 0; draw(); rival.querySelectorAll("input")[i].focus(); } }),
          h("span", {}, name), h("span", { class: "tv-track" }, h("span", { class: "tv-fill", "--w": all[i].length / most })), h("output", {}, plural(all[i].length, "token", "tokens"))))));
    }
    function drawBack() {
      let at = 0, same = true;
      for (const id of ids) for (const byte of bytesOf(id)) same = same && bytes[at++] === byte;
      same = same && at === bytes.length;
      back.replaceChildren(...(ids.length === 0 ? ["Texto vazio: nenhum token, e nada a desfazer."] : [
        h("strong", {}, same ? "Ida e volta exata. " : "A volta não deu o mesmo texto. "),
        `Os ${plural(at, "byte", "bytes")} dos ${plural(ids.length, "token", "tokens")}, em fila, ${same ? "são os do texto" : "não são os do texto"}.`]));
      back.classList.toggle("tv-wrong", !same);
    }
    function drawPage() {
      const shown = Array.from(ids.subarray(from, from + PAGE), (id) => ({ id, text: look(id) }));
      strip.draw(shown);
      strip.el.dataset.below = below;
      if (below) strip.el.querySelectorAll(".llm-token").forEach((each, i) => { each.dataset.low = below === "id" ? shown[i].id : hex(bytesOf(shown[i].id)); });
      const last = Math.min(ids.length, from + PAGE), button = (label, to, off) => h("button", { type: "button", class: "llm-link", disabled: off, onclick: () => { from = to; chosen = null; drawPage(); } }, label);
      pager.hidden = ids.length <= PAGE;
      if (!pager.hidden) {
        const jump = h("input", { type: "range", min: "0", max: String(Math.floor((ids.length - 1) / PAGE)), value: String(from / PAGE), "aria-label": "Página de tokens", "aria-valuetext": `tokens ${from + 1} a ${last}`,
          onchange: () => { from = +jump.value * PAGE; chosen = null; drawPage(); pager.querySelector("input").focus(); } });
        pager.replaceChildren(button("Anteriores", Math.max(0, from - PAGE), from === 0), jump, h("span", {}, `tokens ${fmtNumber(from + 1)} a ${fmtNumber(last)} de ${fmtNumber(ids.length)}`), button("Seguintes", from + PAGE, last === ids.length));
      }
      drawCard();
    }
    // The token under the cursor: id, bytes, which character they belong to, and the merges that built it.
    function drawCard() {
      strip.el.querySelectorAll(".llm-token").forEach((each, i) => each.classList.toggle("tv-chosen", from + i === chosen));
      if (chosen == null) return card.replaceChildren(h("p", { class: "tv-hint" }, ids.length ? "Escolha um token para ver do que ele é feito." : "Escreva algo: cada pedaço aparece aqui."));
      const id = ids[chosen], own = bytesOf(id), special = opened[which].names.has(id);
      const rows = [["Número", String(id)], ["Bytes", hex(own)]];
      if (!special) rows.push(["Caracteres", characters(own)]);
      const steps = special ? [] : births(id);
      rows.push(["Nasceu", special ? "reservado antes do treinamento: nenhuma junção o forma" : steps.length ? `na ${fmtNumber(steps.at(-1).rank + 1)}ª junção` : "é um dos 256 bytes do começo"]);
      card.replaceChildren(h("p", { class: "tv-name" }, tokenNodes(look(id))), h("dl", {}, rows.map(([what, value]) => [h("dt", {}, what), h("dd", {}, value)])),
        ...(steps.length > 1 ? [h("p", { class: "tv-steps" }, "Junções, da mais antiga à mais nova: ", steps.flatMap(({ left, right }, i) => [i ? "; " : "", h("span", { class: "tv-join" }, tokenNodes(look(left)), " + ", tokenNodes(look(right)))]), ".")] : []));
    }
    function births(id) {
      const { special, merges } = described[which], start = special.length + 256, found = new Map();
      const walk = (each) => {
        const rank = each - start;
        if (rank < 0 || found.has(rank)) return;
        const [left, right] = [merges[2 * rank], merges[2 * rank + 1]];
        found.set(rank, { rank, left, right });
        walk(left);
        walk(right);
      };
      walk(id);
      return [...found.values()].sort((a, b) => a.rank - b.rank);
    }
    function characters(own) {
      try {
        return [...new TextDecoder("utf-8", { fatal: true, ignoreBOM: true }).decode(own)].map((c) => `${seen(c) === c && c.trim() ? `${c} ` : ""}${code(c)}`).join(", ");
      } catch {
        let start = 0;
        for (const each of ids.subarray(0, chosen)) start += bytesOf(each).length;
        let first = start, last = start + own.length;
        while (first > 0 && (bytes[first] & 0xc0) === 0x80) first -= 1;
        while (last < bytes.length && (bytes[last] & 0xc0) === 0x80) last += 1;
        const around = new TextDecoder().decode(bytes.subarray(first, last));
        return `só uma parte: ${plural(own.length, "byte", "bytes")} dos ${last - first} de “${seen(around)}”`;
      }
    }
    const pick = (event) => {
      const at = event.target.closest?.(".llm-token")?.dataset.at;
      if (at !== undefined && from + +at !== chosen) { chosen = from + +at; drawCard(); }
    };
    strip.el.addEventListener("focusin", pick);
    strip.el.addEventListener("click", pick);

    const group = freshId(), rivalId = freshId(), lowGroup = freshId();
    const examples = model.get("examples");
    const lows = h("fieldset", { class: "tv-lows" }, h("legend", {}, "Embaixo de cada token"), [["id", "número"], ["bytes", "bytes"], ["", "nada"]].map(([value, label]) =>
      h("label", {}, h("input", { type: "radio", name: lowGroup, checked: value === below, onchange: () => { below = value; drawPage(); } }), label)));
    build(el, null, [
      text, h("div", { class: "llm-under" }, size),
      examples.length > 0 && h("p", { class: "nt-examples", role: "group", "aria-label": "Textos para experimentar" }, h("span", {}, "Experimente"),
        examples.map(([label, each]) => h("button", { type: "button", class: "llm-link", onclick: () => { release(); write(each); } }, label || "texto vazio"))),
      heldNote, rival, strip.el, pager, card, odd, back, lows, heard.el,
    ]);
    now();
    return () => { later.cancel(); asked = -1; worker?.terminate(); };
  },
};
