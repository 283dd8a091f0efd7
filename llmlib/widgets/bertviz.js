// BertViz in a frame of its own, made when the reader presses the button. Libraries and script come from one file of the site,
// attached then; in a notebook the script came along, and the libraries are fetched from where BertViz itself has them.
export default {
  render({ model, el }) {
    const kind = model.get("kind"), wide = kind === "model", id = freshId(), title = `BertViz, ${wide ? "model view" : "head view"}`;
    const note = h("p", { class: "bv-note", role: "status" }), place = h("div", { class: "bv-place", tabIndex: 0, role: "region", "aria-label": title, hidden: true });
    const button = h("button", { type: "button", class: "llm-button", onclick: open }, `Abrir o ${title}`);
    let frame;

    const CDN = "https://cdnjs.cloudflare.com/ajax/libs/require.js/2.3.6/require.min.js"; // BertViz's own first address
    const inline = (text) => `<script>${text.replace(/<\/script/gi, "<\\/script")}</script>`;
    function attach() {
      if (globalThis.llmBertViz) return Promise.resolve();
      const host = [...document.scripts].find((script) => /\/llm\/host\.js/.test(script.src));
      return new Promise((resolve, reject) => {
        const tag = h("script", { src: host.src.replace(/host\.js.*$/, "bertviz.js"), onload: resolve });
        tag.onerror = () => reject(new Error("O arquivo bertviz.js não foi encontrado. Para refazer o site: make book."));
        document.head.append(tag);
      });
    }
    async function open() {
      if (frame) { frame.remove(); frame = null; place.hidden = true; note.textContent = ""; button.textContent = `Abrir o ${title}`; return; }
      button.disabled = true;
      note.textContent = "abrindo…";
      try {
        let parts = model.get("parts"), libraries = `<script src="${CDN}" onerror="parent.postMessage({ bertviz: '${id}', missing: true }, '*')"></script>`;
        if (!parts.length) {
          await attach();
          if (!globalThis.llmBertViz) throw new Error("O arquivo bertviz.js está incompleto. Para refazer o site: make book.");
          parts = globalThis.llmBertViz.views[kind];
          libraries = globalThis.llmBertViz.libraries.map(inline).join("");
        }
        const tokens = model.get("tokens"), params = { ...model.get("params") };
        params.attention = [{ ...params.attention[0], attn: bertvizAttention(model.get("maps")), left_text: tokens, right_text: tokens }];
        frame = h("iframe", { class: wide ? "bv-frame bv-wide" : "bv-frame", title, sandbox: "allow-scripts", srcdoc: bertvizPage(libraries, parts, params, id) });
        const [L, H, T] = model.get("maps").shape; // about as tall as it will be, so that the page does not jump
        frame.style.height = `${Math.ceil(wide ? Math.max(L * ((84 * T) / H + 10) + 60, 18 * T + 100) : 22.5 * T + 90)}px`;
        place.replaceChildren(frame);
        place.hidden = false;
        note.textContent = "";
        button.textContent = `Fechar o ${title}`;
      } catch (error) {
        note.textContent = error.message;
      }
      button.disabled = false;
    }
    const heard = ({ data, source }) => {
      if (!frame || source !== frame.contentWindow || data?.bertviz !== id) return;
      if (data.missing) note.textContent = "O BertViz busca três bibliotecas na internet, e elas não chegaram.";
      else frame.style.height = `${Math.min(4000, data.height + 4)}px`;
    };
    addEventListener("message", heard);
    build(el, null, [h("div", { class: "bv-bar" }, button, note), place]);
    return () => removeEventListener("message", heard);
  },
};
