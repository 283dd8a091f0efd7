// Compressor: a column of bits over each token, and the whole text's size beside that of real compressors. Bits come from the
// recording, then from the host's `trace`; deflate is the browser's own CompressionStream, run here on what the reader writes.
export default {
  render({ model, el, host }) {
    let tokens = model.get("tokens"), sizes = model.get("sizes"), cut = 0;
    let shownText = model.get("text"), turn = 0, stale = false;
    const weigh = model.get("model_bytes"), HIGHEST = 16;

    const { text, write } = textField({ value: shownText, label: "Texto a comprimir", oninput: changed, readOnly: !host.compute });
    const pill = statePill(el, host.compute && "escreva outro texto e veja o custo de cada token"), count = h("p", { class: "llm-pill" }), heard = announcer();
    const strip = h("ol", { class: "llm-strip cp-strip", "aria-label": "Bits de cada token" });
    const settle = roving(strip, () => [...strip.querySelectorAll(".llm-token")]);
    const rows = h("ol", { class: "cp-rows", "aria-label": "Tamanho do texto" }), said = h("p", { class: "llm-best" }), price = h("p", { class: "cp-note" });
    const examples = host.compute ? model.get("examples") : [];
    const utf8 = (string) => new TextEncoder().encode(string);
    const bytesOf = (piece) => utf8(piece.replace(/⟨[0-9A-F]{2}⟩/g, "~")).length; // a loose byte is shown as ⟨C3⟩
    const total = () => tokens.reduce((sum, token) => sum + token.bits, 0);

    // Bytes of `data` after raw deflate, or null where the browser has none.
    async function deflated(data) {
      if (!globalThis.CompressionStream) return null;
      try {
        const out = new Blob([data]).stream().pipeThrough(new CompressionStream("deflate-raw"));
        return (await new Response(out).arrayBuffer()).byteLength;
      } catch {
        return null;
      }
    }

    function drawStrip() {
      const last = tokens.slice(-160), left = tokens.length - last.length;
      strip.replaceChildren(...(left ? [h("li", { class: "llm-more" }, `… +${fmtNumber(left)}`)] : []), ...last.map((token) => h("li", {
        class: "llm-token", tabIndex: -1, "data-tag": `${fmtNumber(token.bits, 1)} bits · ${fmtPercent(2 ** -token.bits)}`,
        "--b": Math.min(1, token.bits / HIGHEST), "aria-label": `${spoken(token.text)}: ${fmtNumber(token.bits, 1)} bits, probabilidade ${fmtPercent(2 ** -token.bits)}`,
      }, tokenNodes(token.text))));
      settle();
    }
    function drawSizes() {
      const plain = utf8(shownText).length, letters = Math.max(1, Array.from(shownText).length), bits = total();
      const list = [["sem comprimir", plain, "cp-plain"], ["deflate (o miolo do gzip)", sizes.deflate, "cp-other"],
        ...(sizes.bz2 ? [["bz2", sizes.bz2, "cp-other"], ["xz", sizes.xz, "cp-other"]] : []), ["este modelo", Math.ceil(bits / 8), "cp-model"]];
      const most = Math.max(...list.map(([, size]) => size ?? 0), 1);
      rows.replaceChildren(...list.map(([name, size, look]) => h("li", { class: `cp-row ${look}` }, h("span", { class: "cp-name" }, name),
        h("span", { class: "cp-track" }, h("span", { class: "cp-fill", "--w": (size ?? 0) / most }),
          h("span", { class: "cp-number", "--w": (size ?? 0) / most }, size == null ? "este navegador não comprime" : [h("b", {}, fmtNumber(size)), size === 1 ? " byte" : " bytes", h("small", {}, ` · ${fmtNumber((8 * size) / letters, 2)} bits por letra`)])))));
      count.textContent = `${fmtNumber(plain)} bytes, ${fmtNumber(tokens.length)} ${tokens.length === 1 ? "token" : "tokens"}${cut ? `; ${fmtNumber(cut)} tokens do começo ficaram de fora` : ""}`;
      if (!tokens.length) { said.textContent = "Escreva alguma coisa: um texto vazio não custa nada."; price.textContent = ""; return; }
      const worst = tokens.reduce((a, b) => (b.bits > a.bits ? b : a));
      said.replaceChildren("As surpresas somam ", h("strong", {}, `${fmtNumber(bits, 1)} bits`), ". O token mais caro foi ", h("strong", {}, spoken(worst.text)), `, ${fmtNumber(worst.bits, 1)} bits.`);
      const saved = sizes.deflate == null ? 0 : (sizes.deflate - bits / 8) / plain;
      price.textContent = `Fora da conta fica o modelo, que pesa ${fmtNumber(weigh / 1e6, 1)} MB. `
        + (saved > 0 ? `Economizando o que economizou aqui, só a partir de ${fmtNumber(weigh / saved / 1e6, 1)} MB de texto assim ele se pagaria.` : "Num texto como este ele nem sem essa conta ganha do deflate.");
    }
    function draw() { drawStrip(); drawSizes(); }

    const ask = latest(host, pill);
    async function answer() {
      const now = text.value, mine = ++turn;
      const trace = await ask("trace", { text: now });
      if (!trace || mine !== turn) return;
      // Of a text longer than the context the model saw the end only: the others get the same bytes.
      const all = utf8(now), used = trace.cut ? all.slice(-trace.tokens.slice(1).reduce((sum, token) => sum + bytesOf(token.text), 0)) : all;
      const small = await deflated(used);
      if (mine !== turn) return;
      const ids = trace.tokens.map((token) => token.id), V = trace.logits.length / ids.length, logits = Float32Array.from(trace.logits);
      tokens = trace.tokens.slice(1).map((token, t) => {
        const row = logits.subarray(t * V, (t + 1) * V);
        let top = -Infinity, sum = 0;
        for (const v of row) if (v > top) top = v;
        for (const v of row) sum += Math.exp(v - top);
        return { ...token, bits: Math.max(0, (top + Math.log(sum) - row[token.id]) / Math.LN2) };
      });
      ({ cut } = trace);
      shownText = trace.cut ? new TextDecoder().decode(used) : now;
      sizes = now === model.get("text") ? model.get("sizes") : { deflate: small };
      stale = false;
      el.querySelector(".cp-body").classList.remove("llm-wait");
      draw();
      heard.say(said.textContent);
    }
    const soon = debounce(answer, 60);
    function changed() {
      if (!stale) { stale = true; el.querySelector(".cp-body").classList.add("llm-wait"); }
      soon();
    }

    build(el, null, [
      text, h("div", { class: "llm-under" }, pill.el, count),
      examples.length > 0 && h("p", { class: "cp-examples", role: "group", "aria-label": "Textos para experimentar" }, h("span", {}, "Experimente"),
        examples.map((each) => h("button", { type: "button", class: "llm-link", onclick: () => write(each) }, each.length > 34 ? `${each.slice(0, 32)}…` : each))),
      h("div", { class: "cp-body" }, strip, said, rows, price), heard.el,
    ]);
    draw();
    return () => { soon.cancel(); turn += 1; };
  },
};
