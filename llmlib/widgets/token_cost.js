// TokenCost: a row a tokenizer, a dot the ratio of Portuguese to English tokens, a line its interval. Everything is recorded.
export default {
  render({ model, el }) {
    const rows = model.get("rows"), pairs = model.get("pairs"), registers = model.get("registers");
    let register = registers[0], chosen = null, order = "por ano";
    const ends = rows.flatMap((row) => Object.values(row.ratios).flatMap(([, low, high]) => [low, high]));
    const least = Math.log(Math.min(0.8, ...ends)) - 0.03, most = Math.log(Math.max(1.25, ...ends)) + 0.03;
    const at = (ratio) => (Math.log(ratio) - least) / (most - least); // equal factors are equal distances
    const ticks = [0.5, 0.75, 1, 1.5, 2, 3].filter((t) => at(t) > 0.02 && at(t) < 0.98);

    const list = h("ol", { class: "tc-rows", "aria-label": "Tokenizadores" }), message = h("p", { class: "llm-best" }), heard = announcer(), card = h("div", { class: "tc-card" });
    const select = (label, options, onchange) => h("label", { class: "llm-range" }, label, h("select", { onchange }, options.map((each) => h("option", { value: each }, each))));
    const settle = roving(list, () => [...list.querySelectorAll("button")]);

    function draw() {
      const held = document.activeElement?.dataset?.row, shown = [...rows];
      if (order !== "por ano") shown.sort((a, b) => a.ratios[register][0] - b.ratios[register][0]);
      const above = shown.filter((row) => row.ratios[register][1] > 1).length, below = shown.filter((row) => row.ratios[register][2] < 1).length;
      message.replaceChildren(`Em ${above} de ${rows.length} o português custa mais; em ${below || "nenhum"}, menos`, above + below < rows.length ? `; em ${rows.length - above - below} o intervalo inclui o empate.` : ".");
      list.replaceChildren(h("li", { class: "tc-axis", "aria-hidden": "true" }, h("span"), h("span", { class: "tc-track" }, ticks.map((t) => h("span", { class: t === 1 ? "tc-tick tc-one" : "tc-tick", "--x": at(t) }, t === 1 ? "igual" : `× ${fmtNumber(t, t % 1 ? (t * 10) % 1 ? 2 : 1 : 0)}`)))), ...shown.map((row) => {
        const [value, low, high] = row.ratios[register], mine = row === chosen;
        return h("li", {}, h("button", { type: "button", class: `tc-row${row.course ? " tc-course" : ""}`, "data-row": row.name, tabIndex: -1, "aria-expanded": String(mine),
          onclick: () => { chosen = mine ? null : row; draw(); } },
          h("span", { class: "tc-name" }, row.name), " ",
          h("span", { class: "tc-track" }, h("span", { class: "tc-even", "--x": at(1) }), h("span", { class: "tc-line", "--x": at(low), "--w": at(high) - at(low) }), h("span", { class: "tc-dot", "--x": at(value) }), h("span", { class: "tc-value", "--x": at(high) }, fmtNumber(value, 2))),
          h("span", { class: "llm-unseen" }, ` tokens em português para cada um em inglês, de ${fmtNumber(low, 2)} a ${fmtNumber(high, 2)}`)));
      }));
      if (held) [...list.querySelectorAll("button")].find((each) => each.dataset.row === held)?.focus();
      settle();
      drawCard();
      heard.say(message.textContent);
    }
    // The sentences behind a dot, from the dearest to the cheapest.
    function drawCard() {
      if (!chosen) return card.replaceChildren(h("p", { class: "tc-hint" }, "Escolha um tokenizador para ver as frases que fazem o ponto."));
      const mine = pairs.map((pair, i) => ({ ...pair, pair: chosen.counts[i] })).filter((each) => register === registers[0] || each.registro === register)
        .sort((a, b) => b.pair[0] / b.pair[1] - a.pair[0] / a.pair[1]);
      const ends = mine.length > 8 ? [...mine.slice(0, 4), null, ...mine.slice(-4)] : mine;
      card.replaceChildren(h("p", { class: "tc-hint" }, `${chosen.name}, vocabulário de ${fmtNumber(chosen.vocabulary)}: da frase mais cara em português à mais barata.`),
        h("ul", {}, ends.map((each) => (each ? h("li", { class: "tc-pair" }, h("span", {}, each.pt), h("span", { class: "tc-n" }, fmtNumber(each.pair[0])), h("span", { class: "tc-en", lang: "en" }, each.en), h("span", { class: "tc-n" }, fmtNumber(each.pair[1]))) : h("li", { class: "tc-hint" }, `… mais ${mine.length - 8} …`)))));
    }

    build(el, null, [
      h("div", { class: "tc-controls" },
        registers.length > 2 && select("Registro", registers, (event) => { register = event.target.value; draw(); }),
        select("Ordem", ["por ano", "do mais barato"], (event) => { order = event.target.value; draw(); })),
      message, h("p", { class: "tc-hint" }, "Tokens em português para cada token em inglês, nas mesmas frases. O traço é o intervalo de 95 %."),
      list, card, heard.el,
    ]);
    draw();
    return () => {};
  },
};
