// Playground, part 5: one side's panel: which model, which preset, and every control. Changes `side` in place and says so.
function pgSidePanel({ side, models, onchange, onmodel }) {
  const select = (label, options, onpick) => {
    const el = h("select", { class: "pg-select", "aria-label": label, onchange: () => onpick(el.value) }, options.map(([value, text]) => h("option", { value }, text)));
    return el;
  };
  const letter = h("span", { class: "pg-letter", "aria-hidden": "true", hidden: true });
  const model = select("Modelo", models.map(({ name }) => [name, name]), (name) => { side.model = name; draw(); onmodel(); });
  const preset = select("Ajuste pronto", [...PG_PRESETS.map(({ name, say }) => [name, `${name}: ${say}`]), ["", "seu próprio ajuste"]], (name) => {
    const found = PG_PRESETS.find((each) => each.name === name);
    if (found) side.settings = pgApply(side.settings, found);
    changed();
  });
  const rows = PG_CONTROLS.map((control) => {
    const { name, label, low, high, step, digits, help, off } = control, hint = freshId();
    const out = h("output", {});
    const input = name === "seed"
      ? h("input", { type: "number", class: "pg-number", name, min: String(low), max: String(high), step: "1", inputmode: "numeric", "aria-describedby": hint })
      : h("input", { type: "range", name, min: String(low), max: String(high), step: String(step), "aria-describedby": hint });
    input.addEventListener("input", () => {
      const value = pgValue(control, input.value === "" ? NaN : +input.value);
      input.setAttribute("aria-invalid", String(value === undefined));
      if (value === undefined) return;
      side.settings[name] = value;
      changed(input);
    });
    return {
      el: h("div", { class: "pg-control" }, h("label", {}, h("span", {}, label), input, out), h("p", { id: hint }, help)),
      draw(busy) {
        const value = side.settings[name], text = off === value ? "sem efeito" : fmtNumber(value, digits);
        if (input !== busy) input.value = String(value);
        if (name === "seed") return;
        out.textContent = text;
        input.setAttribute("aria-valuetext", text);
      },
    };
  });
  const stopNote = h("p", { role: "status" }), stopHint = freshId();
  const stops = h("textarea", { class: "pg-stops", name: "stop", rows: 2, spellcheck: false, "aria-describedby": stopHint, oninput: () => {
    const list = pgReadStops(stops.value), problem = pgStopProblem(list);
    stopNote.textContent = problem;
    stops.setAttribute("aria-invalid", String(!!problem));
    if (problem) return;
    side.settings.stop = list;
    changed(stops);
  } });
  const stopRow = h("div", { class: "pg-control" }, h("label", {}, h("span", {}, "Sequências de parada"), stops), h("p", { id: stopHint }, "Uma por linha; \\n é a quebra de linha. O texto termina antes da primeira que aparecer."), stopNote);
  const all = h("details", { class: "llm-details pg-all" }, h("summary", {}, "Todos os controles"), h("div", { class: "pg-controls" }, rows.map((row) => row.el), stopRow));
  const note = h("p", { hidden: true });
  const el = h("div", { class: "pg-side" }, h("div", { class: "pg-choose" }, letter, model, preset), note, all);

  function changed(busy) {
    draw(busy);
    onchange();
  }
  function draw(busy) {
    model.value = side.model;
    model.dataset.kind = models.find(({ name }) => name === side.model)?.chat ? "instruct" : "base";
    preset.value = pgPresetOf(side.settings)?.name ?? "";
    for (const row of rows) row.draw(busy);
    if (stops !== busy) stops.value = pgWriteStops(side.settings.stop);
  }
  draw();
  return {
    el, draw,
    name(text) { letter.textContent = text; letter.hidden = !text; el.setAttribute("role", "group"); el.setAttribute("aria-label", text ? `Ajustes do lado ${text}` : "Ajustes"); },
    note(text) { note.textContent = text; note.hidden = !text; },
    lock(locked) { for (const each of el.querySelectorAll("select, input, textarea")) each.disabled = locked; },
  };
}
