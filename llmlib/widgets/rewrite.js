// Rewrite: a task, a text, what an encoder-decoder writes of it token by token, and how each written token looks at the source.
// Recorded pairs play with no model; a text of the reader's is streamed, and its maps are asked for when it is done.
const RW_ROOM = 96, RW_REASONS = { eos: "Parou por conta própria.", length: "Foi cortado no limite.", cancelled: "Interrompido." };

export default {
  render({ model, el, host }) {
    const tasks = model.get("tasks"), recordings = model.get("recordings"), live = !!host.compute;
    let run = recordings[0], task = run.task, layer = "all", at = 0, asked = 0, abort = null;

    const field = textField({ value: run.text, label: "Texto de entrada", oninput: edited, readOnly: !live });
    field.text.maxLength = 800;
    field.text.dir = "auto";
    const pill = statePill(el, live && "mude o texto ou a tarefa, e o modelo reescreve"), heard = announcer();
    const choice = h("select", { class: "rw-tasks", "aria-label": "Tarefa", disabled: !live, onchange: () => { task = choice.value; ask(); } }, Object.keys(tasks).map((name) => h("option", { value: name }, name)));
    choice.value = task;
    const examples = h("p", { class: "rw-examples", role: "group", "aria-label": "Pedidos gravados" }, h("span", {}, "Gravados"),
      recordings.map((each) => h("button", { type: "button", class: "llm-link", onclick: () => recall(each) }, `${each.task}: ${each.text.length > 60 ? `${each.text.slice(0, 57)}…` : each.text}`)));

    const source = h("ol", { class: "llm-strip rw-source", "aria-label": "A fonte, que o codificador lê" });
    const out = h("ol", { class: "llm-strip rw-out", "aria-label": "O que o decodificador escreve, token por token" });
    const settle = roving(out, () => [...out.querySelectorAll("button")]);
    const told = h("p", { class: "rw-told" }), end = h("p", { class: "rw-end" }), layers = h("fieldset", { class: "rw-layers" });
    const radio = freshId();

    // -- drawing
    function mapAt() { // the weights (S) of the written token `at`
      const { maps } = run;
      if (!maps?.length || !maps[0][at]) return null;
      if (layer !== "all") return maps[+layer][at];
      return maps[0][at].map((_, s) => maps.reduce((sum, each) => sum + each[at][s], 0) / maps.length);
    }
    function drawLayers() {
      const count = run.maps?.length ?? 0;
      layers.hidden = count < 2;
      if (layers.dataset.count === String(count)) return;
      layers.dataset.count = String(count);
      if (layer !== "all" && +layer >= count) layer = "all";
      layers.replaceChildren(h("legend", {}, "Atenção cruzada"), ...["all", ...Array(count).keys()].map((each) => h("label", {},
        h("input", { type: "radio", name: radio, value: String(each), checked: String(each) === String(layer), onchange: () => { layer = String(each); look(at); } }),
        each === "all" ? "média das camadas" : `camada ${each + 1}`)));
    }
    function drawSource() {
      source.replaceChildren(...(run.source ?? []).map((token) => h("li", {}, h("span", { class: "llm-token rw-read", title: `nº ${token.id}` }, tokenNodes(token.text)))));
    }
    function look(i) {
      at = i;
      const weights = mapAt(), cells = [...source.querySelectorAll(".rw-read")];
      [...out.querySelectorAll("button")].forEach((button, j) => button.setAttribute("aria-pressed", String(j === at && !!weights)));
      if (!weights) return setText(told, run.tokens.length ? "" : "Nada foi escrito.");
      const most = Math.max(...weights);
      cells.forEach((cell, s) => { cell.style.setProperty("--a", weights[s] ?? 0); cell.classList.toggle("rw-most", weights[s] === most); });
      const best = weights.indexOf(most);
      setText(told, `Ao escrever ${spoken(run.tokens[at].text)}, o decodificador põe ${fmtPercent(most)} da atenção em ${spoken(run.source[best].text)}.`);
    }
    function drawOut() {
      out.replaceChildren(...run.tokens.map((token, i) => h("li", {}, h("button", {
        type: "button", class: "llm-token", tabIndex: -1, "data-p": true, "--p": token.p, "data-tag": fmtPercent(token.p), "aria-pressed": "false",
        "aria-label": `${spoken(token.text)}, probabilidade ${fmtPercent(token.p)}`, onfocus: () => look(i), onclick: () => look(i), onpointerenter: () => look(i),
      }, tokenNodes(token.text)))));
      settle();
    }
    const plain = () => run.tokens.filter((token) => !SPECIAL[token.text]).map((token) => token.text).join("").trim();
    function draw(done = true) {
      drawSource();
      drawOut();
      drawLayers();
      el.classList.toggle("rw-busy", !done);
      out.classList.remove("llm-wait");
      setText(end, done ? RW_REASONS[run.reason] ?? "" : "Escrevendo…");
      const read = new Set((run.source ?? []).map((token) => token.id));
      if (done) look(Math.max(0, run.tokens.findIndex((token) => !read.has(token.id)))); // what the source did not have
      else setText(told, "");
    }

    // -- asking: the newest request wins
    async function ask() {
      const ticket = ++asked, words = field.text.value.trim();
      abort?.abort();
      abort = new AbortController();
      if (!words) {
        run = { source: [], tokens: [], reason: null, maps: [] };
        draw();
        return setText(told, "Escreva um texto: o codificador precisa de algo para ler.");
      }
      const text = tasks[task] + words, fresh = { task, text: words, source: [], tokens: [], reason: null, maps: [] };
      out.classList.add("llm-wait");
      const slow = setTimeout(() => pill.set("loading"), 80);
      try {
        let drawn = 0;
        const result = await host.compute("rewrite", { model: model.get("model_name"), text, max_new_tokens: RW_ROOM }, {
          signal: abort.signal,
          onEvent: ({ token }) => {
            if (ticket !== asked) return;
            run = fresh;
            run.tokens.push({ id: token.id, text: token.text, p: token.p });
            if (performance.now() - drawn < 30) return; // a screen shows no more
            drawn = performance.now();
            draw(false);
          },
        });
        if (ticket !== asked) return;
        run = fresh;
        run.reason = result.reason;
        if (run.tokens.length) {
          const found = await host.compute("trace", { model: model.get("model_name"), text, target: run.tokens.map((token) => token.id), only: "cross_attentions" });
          if (ticket !== asked) return;
          run.source = found.tokens;
          run.maps = rwMeans(found.cross_attentions, found.cross_attentions_shape);
        }
        draw();
        pill.set("live", host.where);
        heard.say(`${task}: ${plain() || "nada"}`);
      } catch (error) {
        if (ticket === asked) { out.classList.remove("llm-wait"); pill.set("error", error.message); }
      } finally {
        clearTimeout(slow);
      }
    }
    const soon = debounce(ask, 350);
    function edited() { soon(); }
    function recall(each) {
      soon.cancel(); // the answer is recorded: nobody is asked
      asked += 1;
      abort?.abort();
      field.text.value = each.text;
      field.fit();
      run = each;
      task = choice.value = each.task;
      draw();
      heard.say(`${task}: ${plain()}`);
    }

    build(el, null, [
      h("div", { class: "rw-head" }, choice, field.text), h("div", { class: "llm-under" }, pill.el), examples,
      h("p", { class: "rw-label" }, "O codificador lê"), source,
      h("p", { class: "rw-label" }, "O decodificador escreve: escolha um token"), out, end, told, layers, heard.el,
    ]);
    draw();
    return () => { soon.cancel(); heard.say.cancel(); asked += 1; abort?.abort(); };
  },
};

// Flat (L, H, U, S) → one (U, S) a layer, the mean of its heads.
function rwMeans(flat, [L, H, U, S]) {
  return Array.from({ length: L }, (_, l) => Array.from({ length: U }, (_, u) => Array.from({ length: S }, (_, s) => {
    let sum = 0;
    for (let head = 0; head < H; head++) sum += flat[((l * H + head) * U + u) * S + s];
    return sum / H;
  })));
}
