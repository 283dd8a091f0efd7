// RankingMetrics: move a result up or down, change its grade or how many count, and see which metric moves, with its sum.
const RK_GRADES = ["não serve", "serve pouco", "serve", "é o que se queria"];

export default {
  render({ model, el }) {
    const items = model.get("items").map((item, i) => ({ ...item, i })), orders = model.get("orders"), absent = model.get("absent"), heard = announcer();
    let order = orders[0].order.map((i) => items[i]), k = model.get("k"), before = null;

    const kOut = h("output", {}), slider = h("input", { type: "range", name: "k", min: "1", max: String(items.length), value: String(k), oninput: () => { k = +slider.value; draw(); } });
    const list = h("ol", { class: "rk-list", "aria-label": "Resultados, do primeiro ao último" });
    const chips = orders.map((each) => h("button", { type: "button", class: "llm-link", onclick: () => { for (const item of items) item.grade = model.get("items")[item.i].grade; order = each.order.map((i) => items[i]); draw(); } }, each.label));
    const cards = Object.fromEntries(Object.entries({ recall: "recall", precision: "precisão", rr: "RR", ndcg: "nDCG" }).map(([key, label]) => {
      const parts = { label: h("span", { class: "rk-name" }), value: h("strong", {}), moved: h("span", { class: "rk-moved" }), fill: h("span", { class: "rk-fill" }), sum: h("span", { class: "rk-sum" }), word: label };
      parts.el = h("li", { class: "rk-card", "data-metric": key }, parts.label, h("span", { class: "rk-value" }, parts.value, parts.moved), h("span", { class: "rk-bar", "aria-hidden": "true" }, parts.fill), parts.sum);
      return [key, parts];
    }));

    for (const item of items) {
      item.place = h("span", { class: "rk-place" });
      item.up = h("button", { type: "button", class: "rk-step", onclick: () => shift(item, -1, item.up) }, "↑");
      item.down = h("button", { type: "button", class: "rk-step", onclick: () => shift(item, 1, item.down) }, "↓");
      item.button = h("button", { type: "button", class: "rk-grade", onclick: () => { item.grade = (item.grade + 1) % RK_GRADES.length; draw(); } });
      item.grip = h("span", { class: "rk-grip", "aria-hidden": "true", onpointerdown: (event) => drag(item, event) }, "⠿");
      item.li = h("li", { class: "rk-item" }, item.grip, item.place, h("span", { class: "rk-title" }, item.title, item.note && h("small", {}, item.note)), item.button, h("span", { class: "rk-steps" }, item.up, item.down));
    }
    function shift(item, by, button) {
      const at = order.indexOf(item), to = at + by;
      if (to < 0 || to >= order.length) return;
      order.splice(to, 0, order.splice(at, 1)[0]);
      draw();
      (button.disabled ? (button === item.up ? item.down : item.up) : button).focus();
    }
    function drag(item, event) {
      event.preventDefault();
      item.li.classList.add("rk-held");
      const move = ({ clientY }) => {
        const to = order.filter((each) => each !== item && each.li.getBoundingClientRect().top + each.li.offsetHeight / 2 < clientY).length;
        if (order.indexOf(item) === to) return;
        order.splice(to, 0, order.splice(order.indexOf(item), 1)[0]);
        draw();
      };
      const end = () => {
        item.li.classList.remove("rk-held");
        document.removeEventListener("pointermove", move);
        for (const name of ["pointerup", "pointercancel"]) document.removeEventListener(name, end);
      };
      // On the document: a node that moves in the list loses the pointer that it had captured.
      document.addEventListener("pointermove", move);
      for (const name of ["pointerup", "pointercancel"]) document.addEventListener(name, end);
    }
    const two = (x) => fmtNumber(x, 2), terms = (grades) => grades.map((grade, i) => grade && `${grade}/${i ? fmtNumber(Math.log2(i + 2), 2).replace(/,?0+$/, "") : 1}`).filter(Boolean).join(" + ") || "0";
    function sums(found, grades) {
      const top = grades.slice(0, k), right = top.filter(Boolean).length, all = [...grades, ...absent].filter(Boolean).length, first = top.findIndex((grade) => grade > 0);
      return {
        recall: `${right} dos ${all} que servem`, precision: `${right} dos ${k} mostrados`,
        rr: first < 0 ? "nenhum que serve" : `1 ÷ ${first + 1}, o lugar do primeiro que serve`,
        ndcg: `(${terms(top)}) ÷ (${terms(found.ideal)})`,
      };
    }
    function draw() {
      const grades = order.map(({ grade }) => grade), found = rkMetrics(grades, absent, k), said = sums(found, grades);
      order.forEach((item, i) => {
        item.li.classList.toggle("rk-out", i >= k);
        item.li.classList.toggle("rk-last", i === k - 1);
        setText(item.place, String(i + 1));
        item.li.dataset.grade = item.grade;
        item.button.replaceChildren(h("span", { class: "rk-dots", "aria-hidden": "true" }, "●".repeat(item.grade) + "○".repeat(3 - item.grade)), h("span", { class: "rk-word" }, RK_GRADES[item.grade]));
        item.button.setAttribute("aria-label", `Relevância de “${item.title}”: ${item.grade} de 3, ${RK_GRADES[item.grade]}. Mudar`);
        item.up.setAttribute("aria-label", `Subir “${item.title}”, que está no lugar ${i + 1}`);
        item.down.setAttribute("aria-label", `Descer “${item.title}”, que está no lugar ${i + 1}`);
        item.up.disabled = i === 0;
        item.down.disabled = i === order.length - 1;
      });
      setChildren(list, order.map(({ li }) => li));
      setText(kOut, String(k));
      const told = [];
      for (const [key, card] of Object.entries(cards)) {
        const change = before ? found[key] - before[key] : 0;
        setText(card.label, key === "rr" ? "RR (a média é o MRR)" : `${card.word}@${k}`);
        setText(card.value, two(found[key]));
        setText(card.moved, Math.abs(change) < 0.005 ? (before ? "= igual" : "") : `${change > 0 ? "▲" : "▼"} ${two(Math.abs(change))}`);
        card.fill.style.setProperty("--w", found[key]);
        setText(card.sum, said[key]);
        told.push(`${card.word} ${two(found[key])}`);
      }
      before = found;
      heard.say(told.join(", "));
    }
    build(el, null, [
      h("p", { class: "rk-query" }, h("span", {}, "Busca"), ` “${model.get("query")}”`),
      h("p", { class: "rk-chips", role: "group", "aria-label": "Ordens" }, h("span", {}, "Ordem"), chips),
      h("ul", { class: "rk-cards", "aria-label": "Métricas desta ordem" }, Object.values(cards).map((card) => card.el)),
      h("label", { class: "llm-range rk-k" }, "Contam os", slider, kOut, "primeiros"), list,
      absent.filter(Boolean).length > 0 && h("p", { class: "rk-absent" }, absent.filter(Boolean).length === 1 ? "Fora da lista há mais um que serve: ele entra na conta do recall e do nDCG." : `Fora da lista há mais ${absent.filter(Boolean).length} que servem: eles entram na conta do recall e do nDCG.`), heard.el,
    ]);
    draw();
    el.dataset.state = "recorded";
    return () => heard.say.cancel();
  },
};
