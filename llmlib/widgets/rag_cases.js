// RagCases: a case at a time, stage by stage: what was found, what was read, what was answered, and which stage failed.
// uses part: injection_lab.guard
// uses part: rag_pipeline.reader
// uses part: answer_judge.rules
// uses part: answer_judge.view
// uses style: answer_judge

export default {
  render({ model, el, host }) {
    const cases = model.get("cases"), orders = model.get("orders"), opening = model.get("settings"), name = model.get("model_name"), live = !!host.compute, heard = announcer();
    let now = cases[0], asks = 0, made = now.record, question = now.question;
    let setting = { collection: model.get("collection"), ...opening, temperature: 0, seed: 1 };
    const pill = statePill(el, live && "mude a pergunta ou um ajuste");

    // -- what the reader chooses
    const chips = cases.map((each) => h("button", { type: "button", class: "llm-link", "aria-pressed": "false", onclick: () => open(each) }, each.label));
    const text = h("textarea", { class: "rx-question", name: "question", rows: 1, spellcheck: false, "aria-label": "Pergunta", readOnly: !live, oninput: () => { reworded(); soon(); } });
    const wordings = h("p", { class: "aj-chips rx-wordings", role: "group", "aria-label": "Outros jeitos de perguntar" });
    const select = (label, options, value, onpick) => { const node = h("select", { class: "rx-select", disabled: !live, onchange: () => onpick(node.value) }, options.map(([key, words]) => h("option", { value: key, selected: key === value }, words))); return { node, el: h("label", { class: "rx-control" }, label, node) }; };
    const range = (label, min, max, step, value, words, onmove) => { const out = h("output", {}, words(value)), node = h("input", { type: "range", name: label, min, max, step, value: String(value), disabled: !live, oninput: () => { out.textContent = words(+node.value); onmove(+node.value); } }); return { node, set: (x) => { node.value = String(x); out.textContent = words(x); }, el: h("label", { class: "llm-range rx-control" }, label, node, out) }; };
    const by = select("Procurar por", opening.ways, setting.by, (value) => change({ by: value }));
    const sizes = select("Trechos de", opening.sizes.map(([size]) => [String(size), `${size} palavras`]), String(setting.size), (value) => { const [size, overlap] = opening.sizes.find(([each]) => String(each) === value); change({ size, overlap }); });
    const k = range("Quantos trechos", "1", "8", "1", setting.k, (x) => String(x), (value) => change({ k: value }));
    const heat = range("Temperatura", "0", "1.2", "0.2", 0, (x) => fmtNumber(x, 1), (value) => change({ temperature: value }));
    const again = h("button", { type: "button", class: "llm-link", disabled: !live, onclick: () => change({ seed: setting.seed + 1 }) }, "sortear outra vez");
    const rerank = h("input", { type: "checkbox", name: "rerank", disabled: !live, onchange: () => change({ rerank: rerank.checked ? opening.reranks : 0 }) });
    const titles = h("input", { type: "checkbox", name: "titles", disabled: !live, onchange: () => change({ titles: titles.checked }) });
    const titlesLine = h("label", { class: "rx-control rx-check" }, titles, "com o título do documento");
    const twice = h("input", { type: "checkbox", name: "hops", disabled: !live, onchange: () => change({ hops: twice.checked ? 2 : 1 }) });
    const twiceLine = h("label", { class: "rx-control rx-check" }, twice, "buscar de novo, com os nomes que o primeiro trecho traz");
    const rerankLine = h("label", { class: "rx-control rx-check", hidden: !opening.reranks }, rerank, `reordenar os ${opening.reranks} primeiros, com o mini-rerank`);

    // -- what came of it
    const cause = h("p", { class: "rx-cause" }), note = h("p", { class: "aj-forms" }), where = h("p", { class: "rx-where" }), sources = ajSources({ label: "Trechos achados" });
    const prompt = h("pre", { class: "rx-prompt" }), reply = h("p", { class: "rx-reply" }), verdict = ajVerdictLine(), checks = h("ul", { class: "aj-checks", "aria-label": "Fontes citadas" });
    const bare = h("p", { class: "rx-reply rx-bare" }), bareVerdict = ajVerdictLine(), forms = h("p", { class: "aj-forms" });

    const ask = () => ({ ...question, pergunta: text.value });
    function draw() {
      const asked = ask(), read = made.hits.slice(0, made.used), said = ajJudge(made.text, asked, read), found = ajAttribution(made.text, asked, read), why = ajCause(made.text, asked, read, orders), served = ajRight(said, asked);
      cause.dataset.ok = String(served);
      cause.replaceChildren(h("strong", {}, served ? "✓ não falhou" : `✗ ${why}`), served ? "" : `: ${AJ_CAUSES[why]}.`);
      note.textContent = made === now.record ? now.note : made.note ?? "";
      note.hidden = !note.textContent;
      const places = rcPlaces(made.places, question), told = (place) => (place ? `${place}º lugar` : `fora dos ${made.places.length} primeiros`);
      where.textContent = !places.length ? "Nenhum documento responde a esta pergunta: nada há para achar."
        : places.length === 1 ? `O trecho que responde ficou em ${told(places[0])}.` : `São precisos ${places.length} fatos, que ficaram em: ${places.map(told).join("; ")}.`;
      sources.draw(made.hits, question, orders, found, (i) => [made.hits[i].bridge ? h("em", {}, `achado com “${made.hits[i].bridge}”`) : "", i >= made.used ? h("em", {}, "não coube no prompt") : ""]);
      [...sources.el.children].forEach((node, i) => node.classList.toggle("rx-out", i >= made.used));
      prompt.textContent = made.prompt;
      reply.textContent = made.text || "(nada)";
      verdict.draw(said, served);
      checks.replaceChildren(...(found.length ? ajChecks(found) : said === "recusada" ? [] : [h("li", { class: "aj-check" }, "Nenhuma fonte citada: não há o que conferir.")]));
      bare.textContent = made.bare || "(nada)";
      bareVerdict.draw(ajJudge(made.bare, asked, []));
      heard.say(`Resposta: ${made.text}. Veredito: ${said}. ${served ? "Não falhou." : `Falha: ${why}.`}`);
    }
    function reworded() { [...wordings.querySelectorAll("button")].forEach((button, i) => button.setAttribute("aria-pressed", String(question.jeitos[i] === text.value))); fit(); }
    const fit = () => { text.style.height = "auto"; text.style.height = `${text.scrollHeight + 2}px`; };
    function open(each) {
      asks += 1;
      now = each;
      made = each.record;
      question = each.question;
      chips.forEach((chip, i) => chip.setAttribute("aria-pressed", String(cases[i] === each)));
      text.value = question.pergunta;
      wordings.replaceChildren(h("span", {}, "Outro jeito"), ...question.jeitos.map((words) => h("button", { type: "button", class: "llm-link", disabled: !live, onclick: () => { text.value = words; reworded(); run(); } }, words)));
      wordings.hidden = question.jeitos.length < 2;
      const { respostas = [], superadas = [] } = question;
      forms.textContent = respostas.length ? `Certa: ${respostas[0]}.${superadas.length ? ` Já foi: ${superadas[0]}.` : ""}` : "Certa: nenhum documento diz, e o certo é recusar.";
      setting = { ...setting, ...opening, temperature: 0 };
      by.node.value = setting.by;
      sizes.node.value = String(setting.size);
      k.set(setting.k);
      heat.set(0);
      rerank.checked = setting.rerank > 0;
      twice.checked = setting.hops > 1;
      titles.checked = setting.titles;
      again.hidden = true;
      reworded();
      draw();
      pill.set("recorded");
      busy(false);
    }
    const busy = (on) => { for (const node of [sources.el, reply, verdict.el, checks, cause, where, bare, bareVerdict.el]) node.classList.toggle("llm-wait", on); };
    function change(values) {
      setting = { ...setting, ...values };
      again.hidden = !setting.temperature;
      soon();
    }
    async function run() {
      const mine = (asks += 1), left = () => mine !== asks;
      soon.cancel();
      if (!text.value.trim()) { pill.set("error", "Escreva uma pergunta: sem ela não há o que procurar."); return; }
      busy(true);
      const slow = setTimeout(() => !left() && pill.set("loading"), 150);
      try {
        const result = await rcRun(host.compute, name, text.value, setting, model.get("context"), left);
        if (result) { made = result; draw(); pill.set("live", host.where); }
      } catch (error) {
        if (!left()) pill.set("error", error.message);
      }
      clearTimeout(slow);
      if (!left()) busy(false);
    }
    const soon = debounce(run, 250);

    const half = (words, ...nodes) => h("div", { class: "rx-half" }, h("p", { class: "rx-title" }, words), nodes);
    const stage = (words, ...nodes) => h("section", { class: "rx-stage" }, h("p", { class: "rx-title" }, words), nodes);
    build(el, null, [
      h("p", { class: "aj-chips", role: "group", "aria-label": "Casos" }, h("span", {}, "Caso"), chips),
      text, wordings, h("div", { class: "llm-under" }, pill.el),
      h("div", { class: "rx-controls" }, by.el, rerankLine, twiceLine, sizes.el, k.el, titlesLine, heat.el, again),
      h("div", { class: "rx-halves" }, half("Sem documentos", bare, bareVerdict.el), half("Com os trechos achados", reply, verdict.el, checks)),
      forms, cause, note,
      stage("Achado", where, sources.el, h("details", { class: "llm-details" }, h("summary", {}, "O prompt, como o modelo o recebe"), prompt)),
      heard.el,
    ]);
    open(now);
    requestAnimationFrame(fit);
    return () => { asks += 1; soon.cancel(); heard.say.cancel(); };
  },
};
