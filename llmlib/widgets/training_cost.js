// TrainingCost: the sum that turns a model's size into hours, energy, money and CO2, written out line by line while the
// reader moves it. The arithmetic is that of llmlib/scratch/cost.py; sources are links beside the numbers that they give.
export default {
  render({ model, el }) {
    const machines = model.get("machines"), grids = model.get("grids"), models = model.get("models"), id = freshId();
    const named = (list, name) => list.find((row) => row.nome === name);
    let run, machine, grid, N, D, share, watts, price, pue, count = 8;

    const pick = (name) => {
      run = named(models, name);
      machine = named(machines, run.maquina);
      grid = named(grids, run.rede);
      [N, D, pue] = [run.parametros, run.tokens, run.pue];
      share = run.utilizacao ?? machine.utilizacao;
      watts = run.watts ?? machine.watts;
      price = run.dolar_hora ?? machine.dolar_hora ?? 0;
    };
    pick(model.get("start"));

    // -- numbers in words --
    function amount(x) {
      const [value, word] = scaled(x) ?? (x >= 999.5 ? [x / 1e3, "mil"] : []);
      if (word) return `${fmtNumber(value, value < (word === "mil" ? 9.995 : 99.95) ? 1 : 0).replace(/,0$/, "")} ${word}`;
      return x >= 10 || x === 0 ? fmtNumber(x) : fmtNumber(x, Math.min(8, Math.max(1, Math.ceil(1 - Math.log10(x)))));
    }
    const power = (e) => String(e).replace(/./g, (c) => "⁻⁰¹²³⁴⁵⁶⁷⁸⁹"["-0123456789".indexOf(c)]);
    function sci(x) { const [m, e] = x.toExponential(1).split("e"); return `${m.replace(".", ",")} × 10${power(+e)}`; }
    function span(hours) {
      return hours < 1 / 60 ? `${fmtNumber(hours * 3600)} segundos` : hours < 1.5 ? `${fmtNumber(hours * 60)} minutos` : hours < 72 ? `${fmtNumber(hours)} horas`
        : hours < 24 * 700 ? `${fmtNumber(hours / 24)} dias` : `${amount(hours / 8766)} anos`;
    }

    // -- controls --
    const link = (row, key = "link") => row?.[key] && h("a", { href: row[key], rel: "noopener", class: "tc-source" }, "fonte");
    const options = (list, now) => list.map((row) => h("option", { value: row.nome, selected: row.nome === now }, row.nome));
    const select = (label, list, get, set) => {
      const box = h("select", { id: `${id}-${label}`, onchange: () => { set(box.value); draw(); } }, options(list, get()));
      return { box, row: h("p", { class: "tc-pick" }, h("label", { for: box.id }, label), box) };
    };
    const runBox = select("Treino", models, () => run.nome, (name) => { pick(name); settle(); });
    const machineBox = select("Máquina", machines, () => machine.nome, (name) => {
      machine = named(machines, name);
      [share, watts, price] = [machine.utilizacao, machine.watts, machine.dolar_hora ?? 0];
      settle();
    });
    const gridBox = select("Rede elétrica", grids, () => grid.nome, (name) => { grid = named(grids, name); });
    const sliders = [];
    function slider(label, low, high, log, get, set, show) {
      const out = h("output", {}), to = (v) => (log ? Math.log(v / low) / Math.log(high / low) : (v - low) / (high - low));
      const input = h("input", { type: "range", min: "0", max: "1000", oninput: () => { const q = input.value / 1000; set(log ? low * (high / low) ** q : low + (high - low) * q); draw(); } });
      sliders.push({
        draw() { out.textContent = show(get()); input.setAttribute("aria-valuetext", out.textContent); },
        settle() { input.value = String(Math.round(1000 * Math.max(0, Math.min(1, to(get()))))); },
      });
      return h("label", { class: "tc-slide" }, h("span", {}, label), input, out);
    }
    const round2 = (v) => Number(v.toPrecision(2));
    const controls = h("div", { class: "tc-controls" },
      slider("Parâmetros", 1e6, 2e12, true, () => N, (v) => { N = round2(v); }, amount),
      slider("Tokens", 1e7, 1e14, true, () => D, (v) => { D = round2(v); }, amount),
      slider("Aproveitamento", 0.02, 0.8, false, () => share, (v) => { share = Math.round(v * 100) / 100; }, (v) => fmtPercent(v)),
      slider("Dólares por hora", 0, 10, false, () => price, (v) => { price = Math.round(v * 20) / 20; }, (v) => fmtNumber(v, 2)),
      slider("PUE", 1, 2.2, false, () => pue, (v) => { pue = Math.round(v * 100) / 100; }, (v) => fmtNumber(v, 2)),
      slider("Processadores", 1, 30000, true, () => count, (v) => { count = Math.max(1, Math.round(v < 20 ? v : round2(v))); }, (v) => fmtNumber(v)));
    const settle = () => { for (const each of sliders) each.settle(); machineBox.box.value = machine.nome; gridBox.box.value = grid.nome; runBox.box.value = run.nome; };

    // -- the sum, written out --
    const sum = h("dl", { class: "tc-sum" }), beside = h("div", { class: "tc-beside" }), notes = h("p", { class: "tc-note" }), heard = announcer();
    function draw() {
      for (const each of sliders) each.draw();
      const flops = 6 * N * D, hours = flops / (machine.tflops * 1e12 * share) / 3600, kwh = (hours * watts) / 1000 * pue, dollars = hours * price, kg = (kwh * grid.gco2_kwh) / 1000;
      const line = (what, how, result, from) => [h("dt", {}, what), h("dd", {}, h("span", { class: "tc-how" }, how, " = "), h("strong", {}, result), from && [" ", from])];
      sum.replaceChildren(...[
        line("Operações", `6 × ${amount(N)} × ${amount(D)}`, sci(flops)),
        line("Horas de processador", `${sci(flops)} ÷ (${amount(machine.tflops)} TFLOP/s × ${fmtPercent(share)}) ÷ 3.600`, `${amount(hours)} h`, link(machine)),
        line("No relógio", `${amount(hours)} h ÷ ${fmtNumber(count)}`, span(hours / count)),
        line("Energia", `${amount(hours)} h × ${fmtNumber(watts)} W × ${fmtNumber(pue, 2)}`, kwh >= 1000 ? `${amount(kwh / 1000)} MWh` : `${amount(kwh)} kWh`),
        line("Aluguel", `${amount(hours)} h × US$ ${fmtNumber(price, 2)}`, `US$ ${amount(dollars)}`, link(machine, "link_preco")),
        line("CO₂", `${kwh >= 1000 ? `${amount(kwh / 1000)} MWh` : `${amount(kwh)} kWh`} × ${fmtNumber(grid.gco2_kwh, grid.gco2_kwh % 1 ? 1 : 0)} g/kWh (${grid.ano})`, kg >= 1000 ? `${amount(kg / 1000)} t` : kg >= 1 ? `${amount(kg)} kg` : `${amount(kg * 1000)} g`, link(grid)),
      ].flat());
      const same = N === run.parametros && D === run.tokens;
      const told = [["horas de processador", run.relatado_horas, hours], ["MWh", run.relatado_mwh, kwh / 1000], ["toneladas de CO₂", run.relatado_t, kg / 1000], ["dólares", run.relatado_dolar, dollars]].filter(([, given]) => given != null);
      beside.replaceChildren(...(same && told.length ? [h("p", {}, h("strong", {}, "Foi publicado"), " ", link(run)), h("ul", {}, told.map(([unit, given, ours]) =>
        h("li", {}, `${amount(given)}${given >= 999500 ? " de" : ""} ${unit}; esta conta dá ${amount(ours)} (${Math.abs(ours / given - 1) < 0.005 ? "o mesmo" : `${fmtNumber(Math.abs(ours / given - 1) * 100)} % a ${ours > given ? "mais" : "menos"}`})`)))] : []));
      notes.textContent = [same ? run.nota : "", machine.nota, grid.nota].filter(Boolean).join(" ");
      heard.say(`${amount(hours)} horas, ${amount(dollars)} dólares, ${amount(kg)} quilos de CO₂.`);
    }

    build(el, null, [h("div", { class: "tc-picks" }, runBox.row, machineBox.row, gridBox.row), controls, sum, beside, notes, heard.el]);
    settle();
    draw();
    return () => {};
  },
};
