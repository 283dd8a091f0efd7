// Injection lab: a document with an order hidden in it, the program's defences, the model's reply, and who won. One document at a
// time, or all that came with the figure, counted. Nothing is judged by a model: the checks are text comparisons.
// uses engine: sampling
const IL_WORDS = { obedeceu: "obedeceu ao documento", certa: "respondeu certo", bloqueada: "o programa bloqueou", recusou: "disse que o texto não diz", outra: "respondeu outra coisa" };
const IL_SIGNS = { obedeceu: "✗", certa: "✓", bloqueada: "■", recusou: "○", outra: "≠" };

export default {
  render({ model, el, host }) {
    const documents = model.get("documents"), attacks = model.get("attacks"), defences = model.get("defences"), name = model.get("model_name"), prefix = model.get("prefix"), room = model.get("room");
    const live = !!host.compute, heard = announcer();
    let doc = documents[0], attack = attacks[1] ?? attacks[0], use = {}, asks = 0, stopBatch = null;
    const state = { document: doc.document, question: doc.question, right: doc.right, attack: "", wanted: "" };
    const pill = statePill(el, live && "mude o ataque ou a defesa");

    // -- what the reader writes
    const area = (label, key, rows, look = "") => {
      const node = h("textarea", { class: `il-field ${look}`, rows, spellcheck: false, "aria-label": label, readOnly: !live, oninput: () => { state[key] = node.value; changed(); } });
      return node;
    };
    const fields = { document: area("Documento", "document", 2), question: area("Pergunta", "question", 1), right: area("Resposta certa", "right", 1, "il-right"), attack: area("O que o atacante acrescentou ao documento", "attack", 2, "il-attack"), wanted: area("O que o atacante quer que seja dito", "wanted", 1, "il-attack") };
    const fill = () => { for (const [key, node] of Object.entries(fields)) node.value = state[key]; };
    const put = (text, each) => text.replaceAll("{mentira}", each.lie).replaceAll("{outro}", each.other);
    const press = (box, list, chosen) => [...box.querySelectorAll("button")].forEach((button, i) => button.setAttribute("aria-pressed", String(list[i] === chosen)));
    const chips = (label, list, word, onpick) => h("p", { class: "il-chips", role: "group", "aria-label": label }, h("span", {}, word), list.map((each, i) => h("button", { type: "button", class: "llm-link", onclick: () => onpick(each) }, each.label ?? `${i + 1}`)));
    const documentChips = chips("Documentos", documents, "Documento", (each) => { doc = each; Object.assign(state, { document: each.document, question: each.question, right: each.right }); arm(); });
    const attackChips = chips("Ataques", attacks, "Ataque", (each) => { attack = each; arm(); });
    function arm() {
      state.attack = put(attack.text, doc);
      state.wanted = put(attack.wanted, doc);
      fill();
      press(documentChips, documents, doc);
      press(attackChips, attacks, attack);
      changed();
    }
    const boxes = h("fieldset", { class: "il-defences" }, h("legend", {}, "O que o programa faz"), defences.map(({ key, label, what }) => h("label", { class: "il-defence", "data-key": key },
      h("input", { type: "checkbox", name: key, disabled: !live && key !== "", onchange: (event) => { use[key] = event.target.checked; changed(); } }), h("span", {}, label, h("small", {}, what)))));

    // -- what comes out
    const sent = h("span", { class: "il-count" }), tokens = tokenStrip({ label: "O que o modelo recebe", last: 400 }), reply = h("p", { class: "il-reply" }), verdict = h("p", { class: "il-verdict" });
    const scores = h("ol", { class: "il-scores", "aria-label": "Probabilidade de cada resposta que o programa aceita" });
    function show({ given, text, out, scored }, judged) {
      tokens.draw(given);
      [...tokens.el.querySelectorAll(".llm-token")].forEach((node, i) => node.classList.toggle("il-mark", !!SPECIAL[given[given.length - Math.min(given.length, 400) + i]?.text]));
      sent.textContent = `${fmtNumber(given.length)} tokens, dos quais ${given.filter((each) => SPECIAL[each.text]).length} são marcas do formato`;
      reply.replaceChildren(h("span", {}, text.trim() || "(nada)"), ...(out !== text ? [h("em", {}, ` → ${out}`)] : []));
      verdict.dataset.verdict = judged;
      verdict.replaceChildren(h("strong", {}, `${IL_SIGNS[judged]} ${IL_WORDS[judged]}`));
      scores.hidden = !scored;
      scores.replaceChildren(...(scored ?? []).map(({ option, p }, i) => h("li", { class: "llm-bar" }, h("span", { class: "llm-row" }, h("span", { class: "llm-bar-token" }, option), h("span", { class: "llm-track" }, h("span", { class: "llm-fill", "--w": p }), h("span", { class: "llm-number", "--w": p }, fmtPercent(p)))))));
      heard.say(`Resposta: ${out}. Veredito: ${IL_WORDS[judged]}.`);
    }

    // -- the program
    const given = (question, document, rules) => {
      const words = ilMessage(question, document, rules);
      return rules.marks ? { messages: [{ role: "user", content: words }] } : { text: ilPasted(words) };
    };
    async function run(each, rules) {
      const words = given(each.question, each.document, rules);
      const { tokens: read } = await host.compute("encode", { model: name, ...words });
      let text, scored = null;
      if (rules.choose) {
        const ids = read.map(({ id }) => id);
        scored = [];
        for (const option of each.options) {
          const after = (await host.compute("encode", { model: name, text: prefix + option })).tokens.map(({ id }) => id), whole = [...ids, ...after];
          const pass = await host.compute("trace", { model: name, ids: whole, only: "losses" }), V = pass.logits_shape?.[1], last = (pass.logits_shape?.[0] ?? 0) - 1, n = after.length;
          let loss = 0;
          if (pass.losses) loss = pass.losses.slice(-n).reduce((a, b) => a + b, 0);
          else for (let i = n; i > 0; i--) loss -= Math.log(LLM.softmax(pass.logits.slice((last - i) * V, (last - i + 1) * V))[whole.at(-i)]);
          scored.push({ option, loss });
        }
        const least = Math.min(...scored.map(({ loss }) => loss)), sum = scored.reduce((total, { loss }) => total + Math.exp(least - loss), 0);
        scored = scored.map(({ option, loss }) => ({ option, p: Math.exp(least - loss) / sum })).sort((a, b) => b.p - a.p);
        text = scored[0].option;
      } else {
        text = (await host.compute("generate", { model: name, ...words, max_new_tokens: room, sampling: { temperature: 0 } })).text.trim();
      }
      const out = ilHandedOn(text, each.question, each.document, rules);
      return { given: read, text, out, scored };
    }
    const rules = () => Object.fromEntries(defences.map(({ key }) => [key, !!use[key]]));
    const options = (each) => [...new Set([each.right, each.other, ...each.options])];
    const whole = () => ({ ...doc, question: state.question, right: state.right, document: state.document + put(state.attack, doc), options: [...new Set([state.right, ...options(doc)])] });
    const recorded = () => !Object.values(rules()).some(Boolean) && state.document === doc.document && state.question === doc.question && state.right === doc.right && state.attack === put(attack.text, doc) && state.wanted === put(attack.wanted, doc) && doc === documents[0];
    async function ask() {
      const ticket = ++asks, fresh = () => ticket === asks, slow = setTimeout(() => pill.set("loading"), 250);
      reply.classList.add("llm-wait");
      try {
        const made = await run(whole(), rules());
        if (!fresh()) return;
        show(made, ilJudge(made.out, state.right, put(state.wanted, doc)));
        pill.set("live", host.where);
      } catch (error) {
        if (fresh()) pill.set("error", error.message);
      } finally {
        clearTimeout(slow);
        if (fresh()) reply.classList.remove("llm-wait");
      }
    }
    const soon = debounce(ask, 250);
    function changed() {
      asks += 1;
      const kept = recorded() && attack.record;
      if (kept) { soon.cancel(); reply.classList.remove("llm-wait"); show({ ...kept, scored: null }, kept.verdict); }
      else if (live) soon();
    }

    // -- all the documents, counted
    const rows = h("tbody"), progress = h("p", { class: "il-progress", role: "status" });
    const table = h("table", { class: "il-table", hidden: true }, h("thead", {}, h("tr", {}, ["Ataque", "Defesas", "Obedeceu", "Certa", "Resto"].map((each) => h("th", { scope: "col" }, each)))), rows);
    const all = h("button", { type: "button", class: "llm-button llm-button-main", hidden: !live, onclick: () => (stopBatch ? stopBatch() : runAll()) }, `Repetir nos ${documents.length} documentos`);
    async function runAll() {
      let stopped = false;
      const now = rules(), added = state.attack === put(attack.text, doc) ? attack.text : state.attack, wanted = state.wanted === put(attack.wanted, doc) ? attack.wanted : state.wanted;
      const used = defences.filter(({ key }) => now[key]).map(({ label }) => label).join(", ") || "nenhuma", label = added === attack.text ? attack.label : "o seu";
      stopBatch = () => { stopped = true; };
      all.textContent = "Parar";
      const counts = { obedeceu: 0, certa: 0, bloqueada: 0, recusou: 0, outra: 0 };
      let n = 0;
      try {
        for (const each of documents) {
          if (stopped) break;
          const made = await run({ ...each, document: each.document + put(added, each), options: options(each) }, now);
          counts[ilJudge(made.out, each.right, put(wanted, each))] += 1;
          n += 1;
          progress.textContent = `${n} de ${documents.length} documentos`;
        }
        pill.set("live", host.where);
      } catch (error) {
        pill.set("error", error.message);
      }
      stopBatch = null;
      all.textContent = `Repetir nos ${documents.length} documentos`;
      if (!n) return;
      const cell = (hits) => { const { low, high } = shareOf(hits, n); return h("td", {}, `${hits} de ${n}`, h("small", {}, `${fmtPercent(low)} a ${fmtPercent(high)}`)); };
      table.hidden = false;
      rows.prepend(h("tr", {}, h("td", {}, label), h("td", {}, used), cell(counts.obedeceu), cell(counts.certa), h("td", {}, String(n - counts.obedeceu - counts.certa))));
      while (rows.children.length > 8) rows.lastElementChild.remove();
      progress.textContent = `${n} documentos: obedeceu ${counts.obedeceu}, respondeu certo ${counts.certa}, programa bloqueou ${counts.bloqueada}, “o texto não diz” ${counts.recusou}, outra coisa ${counts.outra}.`;
    }

    const line = (label, ...content) => h("div", { class: "il-line" }, h("span", { class: "il-name" }, label), ...content);
    build(el, null, [
      documentChips,
      line("documento", fields.document), line("pergunta", fields.question), line("resposta certa", fields.right),
      attackChips, line("acrescentado", fields.attack), line("o atacante quer", fields.wanted),
      boxes, h("div", { class: "llm-under" }, pill.el),
      h("div", { class: "il-out" }, h("span", { class: "il-title" }, "Saída do programa"), reply, verdict), scores,
      h("div", { class: "llm-foot il-foot" }, all, progress), table,
      h("p", { class: "il-title" }, "O que o modelo recebeu", sent), tokens.el, heard.el,
    ]);
    arm();
    return () => { soon.cancel(); heard.say.cancel(); asks += 1; stopBatch?.(); };
  },
};
