// Adoption: one row a service, the bar is the time from launch to the milestone. The scale may be of logs (each mark is ten
// times the last) or linear; the counting may be narrowed. A row opens its source and its caveat.
// uses style: timeline
const MILESTONES = { "1m": "1 milhão", "100m": "100 milhões" };
const TICKS = [[1 / 24, "1 hora"], [1, "1 dia"], [10, "10 dias"], [100, "100 dias"], [1000, "1.000", " dias"]];
const LOW = 1 / 30, HIGH = 2200;

export default {
  render({ model, el }) {
    const rows = model.get("rows"), id = freshId(), hear = announcer();
    const choice = { mark: "100m", scale: "log", counting: "" };
    let open = null;
    const radio = (key, value, text) => h("label", {}, h("input", {
      type: "radio", name: `${id}-${key}`, value, checked: choice[key] === value, onchange: () => { choice[key] = value; draw(); } }), text);
    const select = h("select", { id: `${id}-c`, onchange: (event) => { choice.counting = event.target.value; draw(); } });
    const kinds = [...new Set(rows.flatMap((row) => Object.values(row.marcas).map((mark) => mark.conta)))];
    select.append(h("option", { value: "" }, "qualquer coisa"), ...kinds.map((kind) => h("option", { value: kind }, kind)));
    const controls = h("div", { class: "llm-controls" },
      h("fieldset", { class: "llm-choice" }, h("legend", {}, "Até"), Object.entries(MILESTONES).map(([key, text]) => radio("mark", key, text))),
      h("fieldset", { class: "llm-choice" }, h("legend", {}, "Escala"), radio("scale", "log", "logarítmica"), radio("scale", "linear", "linear")),
      h("p", { class: "llm-choice" }, h("label", { for: `${id}-c` }, "Contando "), select));
    const list = h("ol", { class: "llm-adoption", "aria-label": "Tempo até a marca, do mais rápido ao mais lento" });
    const scale = h("div", { class: "llm-adoption-scale", "aria-hidden": "true" });
    const note = h("p", { class: "llm-count" });

    const place = (days) => (choice.scale === "linear" ? days / HIGH : Math.log(days / LOW) / Math.log(HIGH / LOW));
    function draw() {
      const shown = rows.filter((row) => row.marcas[choice.mark] && (!choice.counting || row.marcas[choice.mark].conta === choice.counting))
        .sort((a, b) => a.marcas[choice.mark].dias - b.marcas[choice.mark].dias);
      const ticks = choice.scale === "log" ? TICKS : [[0, "0"], [500, "500"], [1000, "1.000"], [1500, "1.500"], [2000, "2.000", " dias"]];
      scale.replaceChildren(...ticks.map(([days, text, unit]) => h("span", { "--x": place(days) }, text, unit && h("i", {}, unit))));
      list.replaceChildren(...shown.map((row) => {
        const mark = row.marcas[choice.mark], isOpen = open === row.nome;
        const more = h("div", { class: "llm-card", id: `${id}-${row.nome.replace(/\W/g, "")}`, hidden: !isOpen },
          h("p", {}, row.ressalva), h("p", { class: "llm-facts" }, `Lançado em ${row.ano} · conta ${mark.conta} · `, h("a", { href: mark.link }, "fonte")));
        const button = h("button", { type: "button", class: "llm-adoption-row", "aria-expanded": String(isOpen), "aria-controls": more.id,
          onclick: () => { open = isOpen ? null : row.nome; draw(); [...list.querySelectorAll("button")][shown.indexOf(row)]?.focus(); } },
          h("span", { class: "llm-adoption-name" }, h("span", {}, row.nome)),
          h("span", { class: "llm-adoption-track" }, h("span", { class: `llm-adoption-bar llm-of-${kinds.indexOf(mark.conta)}`, "--x": Math.max(0.004, place(mark.dias)) })),
          h("span", { class: "llm-adoption-value" }, h("b", {}, mark.texto), ` ${mark.conta}`));
        return h("li", { class: row.nome === "ChatGPT" ? "llm-mine" : "" }, button, more);
      }));
      const missing = rows.filter((row) => !row.marcas[choice.mark]).map((row) => row.nome);
      note.textContent = !shown.length ? "Nenhum serviço da tabela com essa contagem nesta marca."
        : missing.length && !choice.counting ? `Sem número com fonte para ${MILESTONES[choice.mark]}: ${missing.join(", ")}.` : "";
      hear.say(shown.length ? `Até ${MILESTONES[choice.mark]}${choice.counting ? `, contando ${choice.counting}` : ""}: ${shown.map((row) => `${row.nome}, ${row.marcas[choice.mark].texto}`).join("; ")}.` : note.textContent);
    }
    el.append(controls, list, scale, note, hear.el);
    draw();
    return () => hear.say.cancel();
  },
};
