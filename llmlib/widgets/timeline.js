// Timeline: dates across, parameters up (log), one band on top for sizes never published. Shape says architecture,
// hollow says closed weights, colour says stage. One Tab stop in the drawing; arrows walk in order of date.
const SHAPES = {
  "decodificador": "M-6,0A6,6 0 1 0 6,0A6,6 0 1 0 -6,0Z",
  "codificador": "M-5.4,-5.4H5.4V5.4H-5.4Z",
  "codificador-decodificador": "M0,-6.6L6.4,5H-6.4Z",
  "permutação": "M0,-7.4L7.4,0L0,7.4L-7.4,0Z",
  "não divulgada": "M-4.8,-6.4L0,-1.6L4.8,-6.4L6.4,-4.8L1.6,0L6.4,4.8L4.8,6.4L0,1.6L-4.8,6.4L-6.4,4.8L-1.6,0L-6.4,-4.8Z",
};
const BAND = 64, TOP = 14, BOTTOM = 26, HEIGHT = 400;
const MARKS = [[0.1, "100 milhões"], [1, "1 bilhão"], [10, "10 bilhões"], [100, "100 bilhões"], [1000, "1 trilhão"]];
const time = (date) => { const [y, m, d] = date.split("-").map(Number); return y + (m - 1) / 12 + (d - 1) / 365; };

export default {
  render({ model, el }) {
    const rows = model.get("rows"), families = [...new Set(rows.map((row) => row.familia))].sort((a, b) => a.localeCompare(b, "pt"));
    const id = freshId(), hear = announcer();
    const choice = { familia: "", pesos: "", etapa: "" };
    let chosen = Math.max(0, rows.findIndex((row) => row.nome === "ChatGPT"));

    // ---- filters, which are the legend too
    const select = h("select", { id: `${id}-f`, onchange: (event) => { choice.familia = event.target.value; filter(); } },
      h("option", { value: "" }, "todas"), families.map((name) => h("option", { value: name }, name)));
    const radios = (key, title, options) => h("fieldset", { class: "llm-choice" }, h("legend", {}, title),
      [["", "todos"], ...options].map(([value, text, kind]) => h("label", {},
        h("input", { type: "radio", name: `${id}-${key}`, value, checked: value === "", onchange: () => { choice[key] = value; filter(); } }),
        kind && h("i", { class: `llm-key ${kind}`, "aria-hidden": "true" }), text)));
    const controls = h("div", { class: "llm-controls" },
      h("p", { class: "llm-choice" }, h("label", { for: `${id}-f` }, "Família "), select),
      radios("pesos", "Pesos", [["abertos", "abertos", "llm-key-open"], ["fechados", "fechados", "llm-key-closed"]]),
      radios("etapa", "Etapa", [["base", "base", "llm-key-base"], ["instruído", "instruído", "llm-key-instruct"]]));
    const count = h("p", { class: "llm-count", role: "status" });

    // ---- drawing
    const plot = svg("svg", { class: "llm-timeline", role: "group", "aria-label": "Modelos no tempo, por tamanho" });
    const axes = svg("g", { "aria-hidden": "true" }), points = svg("g", {});
    const ring = svg("circle", { class: "llm-ring", r: 11, "aria-hidden": "true" }), name = svg("text", { class: "llm-name", "aria-hidden": "true" });
    const labels = svg("g", { class: "llm-labels", "aria-hidden": "true" });
    plot.append(axes, labels, points, ring, name);
    const nodes = rows.map((row, i) => svg("path", {
      d: SHAPES[row.arquitetura], tabindex: "-1", role: "button", "aria-label": `${row.nome}, ${row.dia}, ${row.organizacao}, ${row.tamanho}`,
      class: `llm-model ${row.pesos === "abertos" ? "llm-open" : "llm-closed"} ${row.etapa === "base" || row.etapa === "tarefa" ? "llm-of-base" : "llm-of-instruct"}`,
      onclick: () => pick(i), onfocus: () => pick(i),
    }));
    points.append(...nodes);
    const places = rows.map(() => [0, 0]);
    const left = 8;

    function layout() {
      const width = Math.max(300, Math.round(el.clientWidth || 640));
      plot.setAttribute("viewBox", `0 0 ${width} ${HEIGHT}`);
      const x = (t) => left + 8 + ((t - 2017.2) / (2027 - 2017.2)) * (width - left - 20);
      const y = (bi) => HEIGHT - BOTTOM - ((Math.log10(bi) + 1.3) / 4.95) * (HEIGHT - BOTTOM - TOP - BAND);
      const line = (y0, text, kind) => [svg("line", { class: kind, x1: left, x2: width, y1: y0, y2: y0 }), svg("text", { class: "llm-tick", x: left, y: text === MARKS[0][1] ? y0 + 13 : y0 - 4 }, text)];
      axes.replaceChildren(
        svg("rect", { class: "llm-band", x: left, y: TOP, width: width - left, height: BAND - 12 }),
        svg("text", { class: "llm-tick", x: left + 4, y: TOP + 12 }, "tamanho não divulgado"),
        ...MARKS.flatMap(([bi, text]) => line(y(bi), text, "llm-grid")),
        ...[2017, 2018, 2019, 2020, 2021, 2022, 2023, 2024, 2025, 2026].map((year) => svg("text", {
          class: "llm-tick", x: x(year + 0.5), y: HEIGHT - 8, "text-anchor": "middle" }, width < 520 ? `’${year % 100}` : year)));
      const band = [];
      rows.forEach((row, i) => {
        const at = x(time(row.data));
        let up = row.bi == null ? TOP + 24 : y(row.bi);
        if (row.bi == null) { // stack what would overlap in the band
          while (band.some(([bx, by]) => Math.abs(bx - at) < 12 && Math.abs(by - up) < 10)) up += 11;
          if (up > TOP + BAND - 16) up = TOP + 24 + (i % 3) * 5;
          band.push([at, up]);
        }
        places[i] = [at, up];
        nodes[i].setAttribute("transform", `translate(${at},${up})`);
      });
      writeLabels();
      aim();
    }
    // Names beside their points, where neither another name nor another point is in the way; the oldest first.
    function writeLabels() {
      const list = visible(), width = plot.viewBox.baseVal.width;
      const taken = list.map((i) => [places[i][0] - 7, places[i][1] - 7, places[i][0] + 7, places[i][1] + 7]);
      const free = (box) => box[0] > 2 && box[2] < width - 2 && box[3] < HEIGHT - BOTTOM && taken.every((other) => box[2] < other[0] || box[0] > other[2] || box[3] < other[1] || box[1] > other[3]);
      labels.replaceChildren();
      for (const i of list) {
        const [x, y] = places[i], wide = rows[i].nome.length * 6.8 + 2;
        const spots = [["start", x + 11, y + 4, x + 10], ["end", x - 11, y + 4, x - 10 - wide], ["middle", x, y - 11, x - wide / 2], ["middle", x, y + 20, x - wide / 2]];
        for (const [anchor, tx, ty, from] of spots) {
          const box = [from, ty - 10, from + wide, ty + 3];
          if (!free(box)) continue;
          taken.push(box);
          labels.append(svg("text", { x: tx, y: ty, "text-anchor": anchor, "data-at": i }, rows[i].nome));
          break;
        }
      }
    }
    // A finger is wider than a point: the nearest visible one answers.
    plot.addEventListener("click", (event) => {
      if (event.target.closest(".llm-model")) return;
      const box = plot.getBoundingClientRect(), scale = plot.viewBox.baseVal.width / box.width;
      const at = [(event.clientX - box.left) * scale, (event.clientY - box.top) * scale];
      const far = (i) => Math.hypot(places[i][0] - at[0], places[i][1] - at[1]);
      const near = visible().sort((a, b) => far(a) - far(b))[0];
      if (near !== undefined && far(near) < 34) pick(near);
    });

    // ---- one model in words
    const card = h("div", { class: "llm-card" });
    const step = (by) => () => { const list = visible(), at = list.indexOf(chosen); if (list.length) pick(list[(at + by + list.length) % list.length]); };
    const walk = h("p", { class: "llm-walk" }, h("button", { type: "button", onclick: step(-1) }, "← anterior"), h("button", { type: "button", onclick: step(1) }, "seguinte →"));
    function pick(i) {
      chosen = i;
      const row = rows[i];
      card.replaceChildren(h("p", {}, h("strong", {}, row.nome), ` · ${row.organizacao} · ${row.dia}`), h("p", {}, row.nota),
        h("p", { class: "llm-facts" }, `${row.tamanho === "não divulgado" ? "Tamanho não divulgado" : `${row.tamanho} de parâmetros`} · arquitetura: ${row.arquitetura} · pesos ${row.pesos} · ${row.etapa} · `,
          h("a", { href: row.link }, "fonte")));
      hear.say(`${row.nome}, ${row.dia}. ${row.nota}`);
      aim();
    }
    function aim() {
      const [at, up] = places[chosen], width = plot.viewBox.baseVal?.width || 640;
      ring.setAttribute("transform", `translate(${at},${up})`);
      name.textContent = rows[chosen].nome;
      name.setAttribute("text-anchor", at > width * 0.7 ? "end" : at < width * 0.2 ? "start" : "middle");
      name.setAttribute("x", at);
      name.setAttribute("y", up > 60 ? up - 16 : up + 26);
      const nameX = name.getAttribute("text-anchor") === "end" ? at - 40 : name.getAttribute("text-anchor") === "start" ? at + 40 : at, nameY = +name.getAttribute("y");
      for (const label of labels.children) { // the chosen one's name is drawn larger: what is below it steps aside
        const near = Math.abs(+label.getAttribute("y") - nameY) < 14 && Math.abs(places[label.dataset.at][0] - nameX) < 64;
        label.toggleAttribute("hidden", near || +label.dataset.at === chosen);
      }
      nodes.forEach((node, i) => { node.setAttribute("tabindex", i === chosen && !node.hasAttribute("hidden") ? "0" : "-1"); node.toggleAttribute("aria-current", i === chosen); });
    }
    plot.addEventListener("keydown", (event) => {
      const list = visible(), at = list.indexOf(chosen);
      const next = { ArrowRight: at + 1, ArrowUp: at + 1, ArrowLeft: at - 1, ArrowDown: at - 1, Home: 0, End: list.length - 1 }[event.key];
      if (next === undefined || !list.length) return;
      event.preventDefault();
      nodes[list[Math.max(0, Math.min(list.length - 1, next))]].focus();
    });

    // ---- filter, table
    const fits = (row) => (!choice.familia || row.familia === choice.familia) && (!choice.pesos || row.pesos === choice.pesos)
      && (!choice.etapa || row.etapa.includes(choice.etapa));
    const visible = () => rows.map((_, i) => i).filter((i) => fits(rows[i]));
    const body = h("tbody");
    const table = h("details", { class: "llm-more-data" }, h("summary", {}, "Ver em tabela"),
      h("div", { class: "llm-scroll", tabindex: "0", role: "region", "aria-label": "Tabela dos modelos" }, h("table", { class: "llm-table" },
        h("thead", {}, h("tr", {}, ["Data", "Modelo", "Organização", "Arquitetura", "Pesos", "Etapa", "Parâmetros"].map((text) => h("th", { scope: "col" }, text)))), body)));
    function filter() {
      const list = visible();
      nodes.forEach((node, i) => node.toggleAttribute("hidden", !list.includes(i)));
      ring.toggleAttribute("hidden", !list.length);
      name.toggleAttribute("hidden", !list.length);
      const silent = list.filter((i) => rows[i].bi == null).length;
      count.textContent = list.length ? `${fmtNumber(list.length)} ${list.length === 1 ? "modelo" : "modelos"}; ${fmtNumber(silent)} sem tamanho divulgado.`
        : "Nenhum modelo da tabela com esses filtros.";
      walk.hidden = card.hidden = !list.length;
      writeLabels();
      if (list.length) pick(list.includes(chosen) ? chosen : list[0]);
      body.replaceChildren(...list.map((i) => h("tr", {}, [rows[i].dia, h("a", { href: rows[i].link }, rows[i].nome), rows[i].organizacao, rows[i].arquitetura, rows[i].pesos, rows[i].etapa, rows[i].tamanho].map((cell) => h("td", {}, cell)))));
    }
    const shapes = h("p", { class: "llm-shapes" }, Object.keys(SHAPES).map((text) => h("span", {},
      svg("svg", { viewBox: "-9 -9 18 18", "aria-hidden": "true" }, svg("path", { d: SHAPES[text] })), text)));
    el.append(controls, plot, shapes, count, walk, card, table, hear.el);
    const watch = new ResizeObserver(layout);
    watch.observe(el);
    layout();
    filter();
    return () => watch.disconnect();
  },
};
