// ApiCost: tokens in, tokens out, how many times, and whose prices: one bar a model, and the sum of the chosen one written out.
// The arithmetic is that of `cost` in api_cost.py. Prices carry their date and a link to where they were published.
export default {
  render({ model, el }) {
    const rows = model.get("rows"), set = { read: model.get("read"), written: model.get("written"), calls: model.get("calls"), rate: model.get("rate"), cached: 0, batch: false };
    let chosen = rows[0].nome;

    const own = (row) => {
      const again = row.cache ?? row.entrada, one = set.read * ((1 - set.cached) * row.entrada + set.cached * again) + set.written * row.saida;
      return ((set.calls * one) / 1e6) * (set.batch && row.lote != null ? row.lote : 1);
    };
    const reais = (row) => own(row) * (row.moeda === "USD" ? set.rate : 1);
    const sign = { USD: "US$", BRL: "R$" };
    function money(x, unit = "R$") {
      const digits = x === 0 || x >= 0.995 ? 2 : Math.min(8, 2 - Math.floor(Math.log10(x)));
      return `${unit}\u00a0${fmtNumber(x, x >= 9995 ? 0 : digits).replace(/(,\d{2}\d*?)0+$/, "$1")}`;
    }
    const price = (x) => fmtNumber(x, x < 0.095 ? (x < 0.0095 ? 3 : 2) : 2).replace(/^(\d+,\d\d)0$/, "$1");

    // A slider over powers of ten, with 1, 2, 3, 5 … between: a job is known to one digit.
    const STEPS = Array.from({ length: 8 }, (_, e) => [1, 1.5, 2, 3, 5, 7].map((m) => m * 10 ** e)).flat().filter(Number.isInteger);
    const sliders = [];
    function slider(label, key, low, high, show = (v) => fmtNumber(v)) {
      const list = [...new Set([...STEPS.filter((v) => v >= low && v <= high), set[key]])].sort((a, b) => a - b), out = h("output", {});
      const input = h("input", { type: "range", min: "0", max: String(list.length - 1), value: String(list.indexOf(set[key])), oninput: () => { set[key] = list[+input.value]; draw(); } });
      sliders.push(() => { out.textContent = show(set[key]); input.setAttribute("aria-valuetext", out.textContent); });
      return h("label", { class: "ac-slide" }, h("span", {}, label), input, out);
    }
    const cachedOut = h("output", {}), cached = h("input", { type: "range", min: "0", max: "0.95", step: "0.05", value: "0", oninput: () => { set.cached = +cached.value; draw(); } });
    sliders.push(() => { cachedOut.textContent = fmtPercent(set.cached); cached.setAttribute("aria-valuetext", cachedOut.textContent); });
    const batch = h("input", { type: "checkbox", onchange: () => { set.batch = batch.checked; draw(); } });
    const rate = h("input", { type: "number", min: "0.1", max: "100", step: "0.05", value: String(set.rate), class: "ac-rate", oninput: () => {
      const value = +rate.value;
      rateNote.hidden = value >= 0.1 && value <= 100;
      if (rateNote.hidden) { set.rate = value; draw(); }
    } });
    const rateNote = h("p", { class: "ac-bad", role: "status", hidden: true }, "A cotação vai de 0,1 a 100 reais por dólar.");

    const list = h("ol", { class: "ac-list", "aria-label": "Custo por modelo, do mais barato ao mais caro" });
    const nodes = new Map(rows.map((row) => {
      const number = h("span", { class: "llm-number" }), fill = h("span", { class: "llm-fill" });
      const button = h("button", { type: "button", class: "llm-row", tabIndex: -1, onclick: () => { chosen = row.nome; draw(); } }, h("span", { class: "llm-bar-token" }, row.nome), h("span", { class: "llm-track" }, fill, number));
      return [row.nome, { row, button, number, fill, li: h("li", { class: "llm-bar" }, button) }];
    }));
    const settle = roving(list, () => [...list.children].map((li) => li.firstChild));
    const sum = h("p", { class: "ac-sum" }), note = h("p", { class: "ac-note" }), heard = announcer();

    function draw() {
      for (const each of sliders) each();
      const order = [...nodes.values()].sort((a, b) => reais(a.row) - reais(b.row)), most = reais(order.at(-1).row);
      for (const each of order) {
        const value = reais(each.row);
        for (const part of [each.fill, each.number]) part.style.setProperty("--w", value / most);
        each.number.textContent = money(value);
        each.button.setAttribute("aria-pressed", String(each.row.nome === chosen));
      }
      if (order.some((each, i) => list.children[i] !== each.li)) {
        const held = list.contains(document.activeElement) ? document.activeElement : null;
        list.replaceChildren(...order.map((each) => each.li));
        held?.focus();
      }
      settle();
      const { row } = nodes.get(chosen), unit = sign[row.moeda], again = row.cache ?? row.entrada;
      const cut = set.batch && row.lote != null ? row.lote : 1, fresh = set.read * (1 - set.cached), old = set.read * set.cached;
      const short = (x) => fmtNumber(x, Number.isInteger(Math.round(x * 100) / 100) ? 0 : 1);
      sum.replaceChildren(
        h("strong", {}, row.nome), `: ${fmtNumber(set.calls)} × (${short(fresh)} × ${unit} ${price(row.entrada)}`,
        old ? ` + ${short(old)} × ${unit} ${price(again)}` : "", ` + ${fmtNumber(set.written)} × ${unit} ${price(row.saida)}) ÷ 1 milhão`,
        cut !== 1 ? ` × ${fmtNumber(cut, 1)}` : "", ` = ${money(own(row), unit)}`,
        row.moeda === "USD" ? ` × ${fmtNumber(set.rate, 2)} = ${money(reais(row))}` : "", ".");
      note.replaceChildren(
        `${row.nota} `, set.cached && row.cache == null ? "Não publica preço de cache: contamos o preço cheio. " : "", set.batch && row.lote == null ? "Não publica desconto de lote. " : "",
        `Preço de ${row.data.split("-").reverse().join("/")}: `, h("a", { href: row.link, rel: "noopener" }, "onde o preço está"), ".");
      heard.say(`${row.nome}: ${money(reais(row))}`);
    }
    build(el, null, [
      h("div", { class: "ac-form" },
        slider("Tokens lidos por pedido", "read", 10, 1e6), slider("Tokens escritos por pedido", "written", 1, 1e5), slider("Pedidos", "calls", 1, 1e7),
        h("label", { class: "ac-slide" }, h("span", {}, "Lidos de novo (cache)"), cached, cachedOut)),
      h("div", { class: "ac-foot" }, h("label", { class: "llm-range" }, batch, "pode esperar (lote)"), h("label", { class: "llm-range" }, "1 dólar = R$", rate)),
      rateNote, list, sum, note, heard.el,
    ]);
    draw();
    return () => {};
  },
};
