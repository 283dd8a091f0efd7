// RagCurves: verdicts at each setting as parted bars, one control at a time; a setting picked shows its intervals and its answers.
// uses part: answer_judge.rules
// uses part: answer_judge.view
// uses style: answer_judge
export default {
  render({ model, el }) {
    const sweeps = model.get("sweeps"), questions = model.get("questions"), kinds = Object.keys(AJ_VERDICTS), heard = announcer(), group = freshId();
    let sweep = sweeps[0], at = 0, which = "answerable";
    const radios = (name, list, chosen, onpick) => list.map(([value, label]) => h("label", { class: "rc-chip" }, h("input", { type: "radio", name: `${group}-${name}`, value, checked: value === chosen, onchange: () => onpick(value) }), h("span", {}, label)));
    const controls = radios("sweep", sweeps.map((each) => [each.name, each.label]), sweep.name, (name) => { sweep = sweeps.find((each) => each.name === name); at = 0; draw(); });
    const asked = radios("kind", [["answerable", "têm resposta"], ["unanswerable", "não têm"]], which, (value) => { which = value; draw(); });
    const list = h("ol", { class: "rc-list", "aria-label": "Ajustes medidos" }), rows = h("tbody"), fixed = h("p", { class: "rc-small" }), key = h("p", { class: "rc-small rc-key" });
    const head = h("th", { scope: "col" }), spread = h("th", { scope: "col" }), table = h("table", { class: "rc-table" }, h("thead", {}, h("tr", {}, head, h("th", { scope: "col" }, "Parte"), spread)), rows);
    const replies = h("dl", { class: "rc-replies", "aria-label": "Respostas neste ajuste" });
    const swatch = (verdict) => h("span", { class: "rc-part rc-swatch", "data-verdict": verdict, "aria-hidden": "true" });

    const settle = roving(list, () => [...list.querySelectorAll("button")], (button) => { const i = [...list.querySelectorAll("button")].indexOf(button); if (i !== at) { at = i; pick(); } });
    function draw() {
      const points = sweep.points;
      list.replaceChildren(...points.map((point, i) => {
        const parts = point[which], told = parts ? kinds.map((kind) => `${kind} ${fmtPercent(parts[kind].value)}`).join(", ") : "sem medida";
        return h("li", {}, h("button", { type: "button", class: "rc-row", tabIndex: i === at ? 0 : -1, onclick: () => { at = i; pick(); } },
          h("span", { class: "rc-label" }, point.label, h("span", { class: "llm-unseen" }, `: ${told}`)),
          h("span", { class: "rc-bar", "aria-hidden": "true" }, parts && kinds.map((kind) => parts[kind].value > 0 && h("span", { class: "rc-part", "data-verdict": kind, "--w": parts[kind].value }, parts[kind].value >= 0.09 ? h("b", {}, fmtPercent(parts[kind].value)) : "")),
            which === "answerable" && h("span", { class: "rc-found", "--w": point.found.value }))));
      }));
      settle();
      key.replaceChildren(...kinds.map((kind) => h("span", { class: "rc-legend" }, swatch(kind), kind)), ...(which === "answerable" ? [h("span", { class: "rc-legend" }, h("span", { class: "rc-tick", "aria-hidden": "true" }), "o trecho que responde foi lido")] : []));
      fixed.textContent = `${sweep.what[0].toUpperCase()}${sweep.what.slice(1)}. O resto fica: ${sweep.fixed}. ${model.get("caption")}`;
      pick();
    }
    function pick() {
      const point = sweep.points[at], parts = point[which];
      [...list.querySelectorAll("button")].forEach((button, i) => { button.setAttribute("aria-pressed", String(i === at)); button.tabIndex = i === at ? 0 : -1; });
      head.textContent = `${sweep.label}: ${point.label}`;
      spread.textContent = `Intervalo de 95 %${parts ? ` (${fmtNumber(parts.certa.n)} perguntas)` : ""}`;
      const row = (label, share, mark) => h("tr", {}, h("th", { scope: "row" }, mark, label), h("td", {}, fmtPercent(share.value)), h("td", {}, `${fmtPercent(share.low)} a ${fmtPercent(share.high)}`));
      rows.replaceChildren(...(parts ? kinds.map((kind) => row(kind, parts[kind], swatch(kind))) : []), ...(which === "answerable" ? [row("o trecho que responde foi lido", point.found, h("span", { class: "rc-tick rc-swatch", "aria-hidden": "true" }))] : []));
      replies.replaceChildren(...questions.flatMap(({ text, right }, i) => {
        const [said, verdict] = point.replies[i];
        return verdict ? [h("dt", {}, text, h("small", {}, right ? `certa: ${right}` : "nenhum documento diz")), h("dd", { "data-verdict": verdict }, said || "(nada)", h("span", { class: "aj-verdict", "data-verdict": verdict }, h("strong", {}, ` ${AJ_VERDICTS[verdict][0]} ${verdict}`)))] : [];
      }));
      if (parts) heard.say(`${sweep.label} ${point.label}: ${kinds.map((kind) => `${kind} ${fmtPercent(parts[kind].value)}`).join(", ")}`);
    }
    build(el, null, [
      h("div", { class: "rc-chips", role: "radiogroup", "aria-label": "O que muda" }, h("span", {}, "O que muda"), controls),
      h("div", { class: "rc-chips", role: "radiogroup", "aria-label": "Quais perguntas" }, h("span", {}, "Perguntas que"), asked),
      key, list, table, questions.length > 0 && h("p", { class: "aj-name" }, "As mesmas perguntas, neste ajuste"), replies, fixed, heard.el,
    ]);
    draw();
    el.dataset.state = "recorded";
    return () => heard.say.cancel();
  },
};
