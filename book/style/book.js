// What the frame of a page does with JavaScript on: theme, code switch, contents on a phone, copying, where one is.
// The page reads well without it. Choices are kept in this browser only.
(() => {
  const html = document.documentElement;
  const keep = (key, value) => {
    try { localStorage.setItem(key, value); } catch { /* private mode: the choice lasts for this page */ }
  };

  // Theme: the system's until the reader chooses.
  const theme = document.getElementById("tema");
  const system = matchMedia("(prefers-color-scheme: dark)");
  const setTheme = (name) => {
    html.dataset.theme = name;
    theme.lastElementChild.textContent = name === "dark" ? "Tema claro" : "Tema escuro";
  };
  setTheme(html.dataset.theme ?? "light");
  theme.addEventListener("click", () => {
    setTheme(html.dataset.theme === "dark" ? "light" : "dark");
    keep("llm-tema", html.dataset.theme);
  });
  system.addEventListener("change", () => {
    let chosen = null;
    try { chosen = localStorage.getItem("llm-tema"); } catch { /* none kept */ }
    if (!chosen) setTheme(system.matches ? "dark" : "light");
  });

  // One switch for all the code of the page, and of the next ones.
  const code = document.getElementById("codigo");
  const showCode = (open) => {
    for (const fold of document.querySelectorAll("details.code-fold")) fold.open = open;
    if (!code) return;
    code.setAttribute("aria-checked", String(open));
  };
  if (html.classList.contains("code-open")) showCode(true);
  code?.addEventListener("click", () => {
    const open = code.getAttribute("aria-checked") !== "true";
    showCode(open);
    keep("llm-codigo", open ? "aberto" : "fechado");
  });

  // Contents on a narrow screen: a drawer, closed by its button, by Escape, by a click outside or by following a link.
  const side = document.getElementById("sumario");
  const opener = document.getElementById("abrir-sumario");
  const menu = (open) => {
    html.classList.toggle("menu", open);
    if (open) side.querySelector("#fechar-sumario").focus();
    else if (side.contains(document.activeElement)) opener.focus();
  };
  opener.addEventListener("click", (event) => { event.preventDefault(); menu(true); });
  document.getElementById("fechar-sumario").addEventListener("click", (event) => { event.preventDefault(); menu(false); });
  document.addEventListener("keydown", (event) => {
    if (!html.classList.contains("menu")) return;
    if (event.key === "Escape") menu(false);
    if (event.key !== "Tab") return;
    const stops = [...side.querySelectorAll("a, button, input")].filter((stop) => stop.offsetParent);
    const edge = event.shiftKey ? stops[0] : stops.at(-1);
    if (document.activeElement === edge) { event.preventDefault(); (event.shiftKey ? stops.at(-1) : stops[0]).focus(); }
  });
  document.addEventListener("click", (event) => {
    if (!html.classList.contains("menu")) return;
    const link = event.target.closest?.("#sumario a");
    if (link || (!side.contains(event.target) && !opener.contains(event.target))) html.classList.remove("menu");
  });

  // "/" goes to the search field, as in many sites.
  document.addEventListener("keydown", (event) => {
    if (event.key !== "/" || event.ctrlKey || event.metaKey || event.target.closest?.("input, textarea, select, [contenteditable]")) return;
    const field = document.querySelector(".find input");
    if (!field?.offsetParent) return;
    event.preventDefault();
    field.focus();
  });

  for (const block of document.querySelectorAll("div.highlight")) {
    const button = document.createElement("button");
    button.type = "button";
    button.className = "copy";
    button.textContent = "Copiar";
    button.addEventListener("click", async () => {
      try {
        await navigator.clipboard.writeText(block.querySelector("pre").textContent);
        button.textContent = "Copiado";
      } catch {
        getSelection().selectAllChildren(block.querySelector("pre"));
        button.textContent = "Selecionado: use Ctrl+C";
      }
      setTimeout(() => { button.textContent = "Copiar"; }, 2000);
    });
    block.append(button);
  }

  // What scrolls sideways can be scrolled by keyboard.
  const reachable = () => {
    for (const box of document.querySelectorAll("pre, article table")) {
      if (box.scrollWidth > box.clientWidth || box.scrollHeight > box.clientHeight) box.tabIndex = 0;
    }
  };
  addEventListener("load", reachable);
  document.addEventListener("toggle", reachable, true);

  // The section being read, marked in the contents.
  const links = new Map();
  for (const link of side.querySelectorAll(".current li a[href*='#']")) {
    const section = document.getElementById(decodeURIComponent(link.hash.slice(1)));
    if (section) links.set(section, link);
  }
  if (links.size) {
    const mark = () => {
      let here = null;
      for (const [section, link] of links) if (section.getBoundingClientRect().top < innerHeight * 0.35) here = link;
      for (const link of links.values()) link.classList.toggle("here", link === here);
    };
    addEventListener("scroll", () => requestAnimationFrame(mark), { passive: true });
    mark();
  }
})();
