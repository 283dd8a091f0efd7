// Compare: on the left a table of counts, which travels with the figure; on the right the model that the host runs.
// The slider is the memory of the left side; the tokens that it sees are marked in the strip.
function unpackCounts(text) {
  const found = new Map();
  for (const line of text.split("\n")) {
    const [context, seen, row] = line.split("|");
    found.set(context, [seen, row]);
  }
  return found;
}

export default {
  render({ model, el, host }) {
    const ROWS = 6, start = model.get("start"), vocabulary = model.get("vocabulary");
    const tables = model.get("tables").map(unpackCounts), recordings = model.get("recordings");
    let memory = model.get("memory"), { tokens, cut, top } = recordings[0];

    const { text, write } = textField({ value: recordings[0].text, label: "Texto que os dois modelos vão continuar", oninput: changed, readOnly: !host.compute });
    const pill = statePill(el, host.compute && "mude o texto e o transformer responde"), heard = announcer();
    const strip = tokenStrip();
    const memoryOut = h("output", {});
    const slider = h("input", { type: "range", name: "memory", min: "0", max: String(tables.length - 1), value: String(memory), oninput: () => { memory = +slider.value; draw(); } });
    const pick = host.compute && ((item) => write(text.value + item.text));
    const left = tokenBars({ label: "Apostas da contagem", onpick: pick }), right = tokenBars({ label: "Apostas do transformer", onpick: pick });
    const said = h("p", { class: "cmp-note" }), cutNote = h("p", { class: "cmp-note", hidden: true });
    const examples = h("p", { class: "nt-examples", role: "group", "aria-label": "Textos gravados" }, h("span", {}, "Experimente"),
      recordings.map((each) => h("button", { type: "button", class: "llm-link", onclick: () => recall(each) }, each.text.replace(/\n/g, " ↵ "))));

    // The longest memory that the table knows, from `memory` down.
    function count() {
      const ids = [start, ...tokens.map((token) => token.id)];
      for (let size = Math.min(memory, ids.length); ; size--) {
        const found = tables[size].get(ids.slice(ids.length - size).map((id) => id.toString(36)).join(" "));
        if (!found) continue;
        const numbers = found[1].split(" ").map((each) => parseInt(each, 36)), items = [];
        for (let i = 0; i < numbers.length; i += 2) items.push({ id: numbers[i], text: vocabulary[numbers[i]], p: numbers[i + 1] / 1000 });
        return { size, seen: parseInt(found[0], 36), items };
      }
    }
    const plural = (number, one, many) => `${fmtNumber(number)} ${number === 1 ? one : many}`;
    function draw() {
      const { size, seen, items } = count();
      const short = memory > size && tokens.length + 1 >= memory;
      left.draw({ items, rest: Math.max(0, 1 - items.reduce((sum, item) => sum + item.p, 0)) });
      memoryOut.textContent = plural(memory, "token", "tokens");
      const window = size === 0 ? "Não olha o texto: só sabe quais tokens são comuns." : size === 1 ? `Viu este token ${plural(seen, "vez", "vezes")}.` : `Viu estes ${size} tokens, nesta ordem, ${plural(seen, "vez", "vezes")}.`;
      said.textContent = short ? `Nunca viu (ou quase) os últimos ${memory} tokens: recuou para ${size === 0 ? "nenhum" : size}. ${window}` : window;
      const nodes = [...strip.el.querySelectorAll(".llm-token")];
      nodes.forEach((node, i) => node.classList.toggle("cmp-seen", i >= nodes.length - size));
      return items;
    }
    function drawAll() {
      strip.draw(tokens);
      right.draw({ items: top.slice(0, ROWS), rest: Math.max(0, 1 - top.slice(0, ROWS).reduce((sum, item) => sum + item.p, 0)) });
      const items = draw();
      cutNote.hidden = !cut;
      cutNote.textContent = cut ? `O texto não cabe inteiro no transformer: ${fmtNumber(cut)} tokens do começo ficaram de fora.` : "";
      heard.say(`Contagem: ${spoken(items[0].text)}, ${fmtPercent(items[0].p)}. Transformer: ${spoken(top[0].text)}, ${fmtPercent(top[0].p)}.`);
    }
    function recall(recording) {
      text.value = recording.text;
      if (host.compute) write(recording.text);
      soon.cancel(); // the answer is recorded: nobody is asked
      ({ tokens, cut, top } = recording);
      drawAll();
    }
    const ask = latest(host, pill);
    const soon = debounce(async () => {
      const now = await ask("next", { text: text.value, k: ROWS });
      if (now) { ({ tokens, cut, top } = now); drawAll(); }
    }, 40);
    function changed() { soon(); }

    build(el, null, [
      text, h("div", { class: "llm-under" }, pill.el), examples,
      h("label", { class: "llm-range cmp-memory" }, "Memória da contagem", slider, memoryOut),
      strip.el, cutNote,
      h("div", { class: "cmp-sides" },
        h("div", {}, h("p", { class: "cmp-title" }, "Contagem"), left.el, said),
        h("div", {}, h("p", { class: "cmp-title" }, "Transformer"), right.el, h("p", { class: "cmp-note" }, "Olha o texto inteiro, com pesos que calcula na hora."))),
      heard.el,
    ]);
    drawAll();
    return () => { soon.cancel(); heard.say.cancel(); };
  },
};
