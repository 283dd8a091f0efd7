// LoRA view: the change of every matrix, real and recorded. A grid chooses the matrix, a slider cuts its change to rank r; blocks and
// singular values follow. left (side, k) times right (k, side), cut to the first r columns and rows, is the block of rank r.
export default {
  render({ model, el }) {
    const matrices = model.get("matrices"), cut = model.get("cut");
    const NAMES = { q_proj: "consulta (q)", k_proj: "chave (k)", v_proj: "valor (v)", o_proj: "saída (o)", gate_proj: "porta", up_proj: "subida", down_proj: "descida" };
    const kinds = Object.keys(NAMES).filter((kind) => matrices.some((row) => row.kind === kind)), layers = [...new Set(matrices.map((row) => row.layer))].sort((a, b) => a - b);
    const most = Math.max(...matrices.map((row) => row.full.values.length));
    let rank = model.get("rank"), which = "full", pick = matrices.reduce((best, row) => (moved(row, "full") > moved(best, "full") ? row : best));

    function moved(row, way) { return row[way].norm / row.weight; }
    // int8 in base64 with one scale -> {at(row, column), rows, columns}
    function decode({ scale, shape: [rows, columns], data }) {
      const values = Int8Array.from(atob(data), (c) => c.charCodeAt(0));
      return { rows, columns, at: (i, j) => (values[i * columns + j] * scale) / 127 };
    }

    const heard = announcer(), how = h("output", {}), lead = h("p", { class: "lv-lead" }), said = h("p", { class: "lv-said" }), whole = h("p", { class: "lv-said" }), bars = h("div", { class: "lv-bars" });
    const slider = h("input", { type: "range", name: "rank", min: "0", max: String(most), step: "1", value: String(rank), oninput: () => { rank = +slider.value; draw(); } });
    const ways = ["full", "lora"].map((way) => h("button", { type: "button", class: "llm-link", "aria-pressed": String(way === which), onclick: () => { which = way; drawGrid(); } }, way === "full" ? "ajuste inteiro" : "LoRA"));
    const cells = new Map();
    const grid = h("table", { class: "lv-grid" },
      h("thead", {}, h("tr", {}, h("th", { scope: "col" }, "camada"), kinds.map((kind) => h("th", { scope: "col" }, NAMES[kind])))),
      h("tbody", {}, layers.map((layer) => h("tr", {}, h("th", { scope: "row" }, String(layer + 1)), kinds.map((kind) => {
        const row = matrices.find((each) => each.layer === layer && each.kind === kind);
        if (!row) return h("td", {});
        const button = h("button", { type: "button", class: "lv-cell", onclick: () => { pick = row; drawGrid(); draw(); } });
        cells.set(row, button);
        return h("td", {}, button);
      })))));
    const panels = ["A mudança do ajuste inteiro", "Reconstruída com rank r", "O que ficou de fora", "A mudança do LoRA"].map((title) => ({ title: h("figcaption", {}, title), box: h("div", {}) }));

    function drawGrid() {
      const top = Math.max(...matrices.map((row) => moved(row, which)));
      for (const [row, button] of cells) {
        const share = moved(row, which);
        button.style.setProperty("--tint", `${Math.round(8 + (62 * share) / top)}%`);
        button.textContent = fmtPercent(share).replace("\u00a0", "");
        button.setAttribute("aria-label", `${NAMES[row.kind]}, camada ${row.layer + 1}: mudou ${fmtPercent(share)} do próprio tamanho`);
        button.setAttribute("aria-pressed", String(row === pick));
      }
      ways.forEach((button, i) => button.setAttribute("aria-pressed", String(which === ["full", "lora"][i])));
    }
    // A block as squares: sign by colour and by a line across, size by ink.
    function picture(box, value, side, top, label) {
      if (!box.firstChild) box.replaceChildren(svg("svg", { viewBox: `0 0 ${side * 8} ${side * 8}`, role: "img" }, Array.from({ length: side * side }, (_, n) => svg("rect", { x: 8 * (n % side), y: 8 * Math.floor(n / side), width: 7.4, height: 7.4 }))));
      const image = box.firstChild;
      image.setAttribute("aria-label", label);
      [...image.children].forEach((rect, n) => {
        const v = value(Math.floor(n / side), n % side);
        rect.setAttribute("class", v < 0 ? "lv-less" : "lv-more");
        rect.setAttribute("fill-opacity", Math.min(1, 0.04 + Math.abs(v) / top).toFixed(2));
      });
    }
    function draw() {
      const [rows, columns] = pick.shape, block = decode(pick.block), lora = decode(pick.lora_block), left = decode(pick.left), right = decode(pick.right), side = block.rows;
      const rebuilt = (i, j) => { let sum = 0; for (let k = 0; k < Math.min(rank, left.columns); k++) sum += left.at(i, k) * right.at(k, j); return sum; };
      const values = [block.at, rebuilt, (i, j) => block.at(i, j) - rebuilt(i, j), lora.at], top = Math.max(pick.block.scale, 1e-9);
      const total = pick.full.norm ** 2 || 1, energy = Math.min(1, pick.full.values.slice(0, rank).reduce((sum, s) => sum + s * s, 0) / total);
      panels[1].title.textContent = `Reconstruída com rank ${rank}`;
      panels.forEach(({ box, title }, p) => picture(box, values[p], side, p === 3 ? Math.max(pick.lora_block.scale, 1e-9) : top, `${title.textContent}: ${side} linhas por ${side} colunas da matriz`));
      how.textContent = String(rank);
      lead.replaceChildren(h("strong", {}, `${NAMES[pick.kind]}, camada ${pick.layer + 1}`), `: ${fmtNumber(rows)} × ${fmtNumber(columns)}. O ajuste inteiro mudou-a em ${fmtPercent(moved(pick, "full"))} do tamanho dela; o LoRA, em ${fmtPercent(moved(pick, "lora"))}.`);
      said.textContent = rank ? `Rank ${rank} guarda ${fmtPercent(energy)} da energia da mudança com ${fmtNumber(rank * (rows + columns))} números, em vez de ${fmtNumber(rows * columns)} (${fmtPercent((rank * (rows + columns)) / (rows * columns))}).`
        : "Rank 0 não guarda nada: a matriz volta a ser a do modelo base.";
      const known = cut.filter((each) => each.rank !== null && each.rank <= rank).at(-1), all = cut.find((each) => each.rank === null);
      whole.textContent = known && all ? `Com todas as matrizes cortadas em rank ${known.rank}, o modelo ajustado acerta ${known.right} de ${known.n} resenhas da prova; sem corte, ${all.right}.` : "";
      drawBars(energy);
      heard.say(`${lead.textContent} ${said.textContent}`);
    }
    function drawBars() {
      const width = Math.max(260, bars.clientWidth || 600), height = 130, left = 8, bottom = 22, step = (width - left) / most, top = Math.max(pick.full.values[0], pick.lora.values[0], 1e-9), y = (s) => (height - bottom) * (1 - s / top);
      bars.replaceChildren(svg("svg", { viewBox: `0 0 ${width} ${height}`, width, height, role: "img", "aria-label": `Valores singulares: o maior do ajuste inteiro é ${fmtNumber(pick.full.values[0], 3)}; o do LoRA, ${fmtNumber(pick.lora.values[0], 3)}, e a partir do ${pick.lora.values.length + 1}º o LoRA tem zero` },
        pick.full.values.map((s, k) => svg("rect", { x: left + k * step, y: y(s), width: Math.max(1, step - 3), height: height - bottom - y(s), class: k < rank ? "lv-bar lv-in" : "lv-bar" })),
        pick.lora.values.map((s, k) => svg("path", { class: "lv-mark", d: `M${left + k * step + step / 2 - 1.5} ${y(s) - 4.5}l4.5 4.5l-4.5 4.5l-4.5 -4.5z` })),
        svg("line", { x1: left, x2: width, y1: height - bottom, y2: height - bottom }),
        [1, 8, 16, 24, 32].filter((k) => k <= most).map((k) => svg("text", { x: left + (k - 0.5) * step - 1.5, y: height - 6, "text-anchor": "middle" }, String(k)))));
    }
    const watch = typeof ResizeObserver === "undefined" ? null : new ResizeObserver(() => drawBars());

    build(el, null, [
      h("p", { class: "lv-ways", role: "group", "aria-label": "De que ajuste mostrar o tamanho" }, h("span", {}, "Quanto cada matriz mudou, no"), ways),
      h("div", { class: "lv-scroll" }, grid), lead,
      h("label", { class: "llm-range lv-rank" }, "Rank", slider, how),
      h("div", { class: "lv-panels" }, panels.map(({ title, box }) => h("figure", {}, title, box))),
      said, whole,
      h("p", { class: "lv-note" }, "Valores singulares da mudança, do maior ao menor. Cheias: as direções que o rank guarda. Losangos: os do LoRA."),
      bars, heard.el,
    ]);
    drawGrid();
    draw();
    watch?.observe(bars);
    el.dataset.state = "recorded";
    return () => { watch?.disconnect(); heard.say.cancel(); };
  },
};
