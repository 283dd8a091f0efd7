// Playground, part 4: an answer on the screen. Tokens flow in as they come, tinted by probability; hover or focus shows what else could
// have come, and an alternative, clicked or entered, is a branch. Knows tokens, not models.
const PG_READING = 7; // tokens a second that a reader follows without haste

// Tokens -> text: special tokens say nothing, loose bytes (⟨C3⟩⟨A9⟩) join into characters.
function pgText(tokens) {
  const joined = tokens.map(({ text }) => (SPECIAL[text] ? "" : text)).join("");
  return joined.replace(/(?:⟨[0-9A-F]{2}⟩)+/g, (run) => new TextDecoder().decode(Uint8Array.from(run.match(/[0-9A-F]{2}/g), (byte) => parseInt(byte, 16))));
}
const PG_ENDS = new Set(["<|endoftext|>", "<|im_end|>"]);

// {el, draw(answer, count, asTokens)}: the first `count` tokens of an answer; onbranch(i, item) when an alternative is chosen.
function pgAnswerView({ label, onbranch }) {
  const flow = h("div", { class: "pg-flow", role: "group", "aria-label": label });
  const peekHead = h("p", { class: "pg-peek-head" });
  const bars = tokenBars({ label: "O que mais podia vir aqui", verb: "seguir por aqui", onpick: onbranch && pick });
  const peek = h("div", { class: "pg-peek", role: "group", "aria-label": "Alternativas a este token", hidden: true }, peekHead, bars.el);
  const el = h("div", { class: "pg-answer" }, flow, peek);
  let nodes = [], drawn = null, style = null, at = -1, timer;
  const settle = roving(flow, () => nodes, (node) => show(nodes.indexOf(node)));

  function tokenNode(token, i, asTokens) {
    const said = `${spoken(token.text)}, ${token.forced ? "escolhido por você" : `probabilidade ${fmtPercent(token.p)}`}`;
    return h("span", {
      class: `llm-token pg-token${token.forced ? " pg-forced" : ""}`, role: "button", tabIndex: -1, "data-at": i, "data-p": "", "--p": token.p, "aria-label": said,
    }, asTokens || SPECIAL[token.text] ? tokenNodes(token.text) : token.text);
  }
  function draw(answer, count, asTokens) {
    if (answer !== drawn || style !== asTokens || count < nodes.length) {
      const held = nodes.indexOf(document.activeElement);
      hide();
      flow.replaceChildren();
      nodes = [];
      [drawn, style] = [answer, asTokens];
      flow.classList.toggle("pg-tokens", asTokens);
      if (held >= 0 && count) requestAnimationFrame(() => nodes[Math.min(held, nodes.length - 1)]?.focus());
    }
    if (answer?.done && !answer.tokens.length && answer.text) return void (flow.textContent = answer.text); // from a link
    const fresh = answer ? answer.tokens.slice(nodes.length, count).map((token, i) => tokenNode(token, nodes.length + i, asTokens)) : [];
    if (!fresh.length) return;
    nodes.push(...fresh);
    flow.append(...fresh);
    if (nodes.length === fresh.length) settle();
  }

  function show(i) {
    clearTimeout(timer);
    const token = drawn?.tokens[i];
    if (!token || at === i) return;
    at = i;
    for (const node of nodes) node.classList.toggle("pg-at", node === nodes[i]);
    const changed = Math.abs((token.q ?? token.p) - token.p) > 5e-4;
    peekHead.replaceChildren(h("strong", {}, spoken(token.text)),
      token.forced ? ` · você escolheu; o modelo dava ${fmtPercent(token.p)}` : ` · ${fmtPercent(token.p)} no modelo${changed ? `, ${fmtPercent(token.q)} no sorteio` : ""}`, ` · nº ${token.id}`);
    const rows = (token.top ?? []).map((row) => ({ ...row, chosen: row.id === token.id }));
    if (rows.length && !rows.some((row) => row.chosen)) rows.push({ ...token, chosen: true });
    bars.el.hidden = !rows.length;
    if (rows.length) bars.draw({ items: rows, rest: Math.max(0, 1 - rows.reduce((sum, row) => sum + (row.q ?? row.p), 0)) });
    bars.el.classList.toggle("pg-chose", !!token.forced);
    peek.hidden = false;
    const spot = nodes[i].getClientRects()[0], box = el.getBoundingClientRect();
    peek.style.left = `${Math.max(0, Math.min(spot.left - box.left, box.width - peek.offsetWidth))}px`;
    peek.style.top = `${spot.bottom - box.top + 2}px`;
  }
  function hide() {
    clearTimeout(timer);
    if (at < 0) return;
    nodes[at]?.classList.remove("pg-at");
    at = -1;
    peek.hidden = true;
  }
  function pick(item) {
    const i = at, byKeys = bars.el.querySelector(":focus-visible") !== null;
    hide();
    onbranch(i, item, byKeys);
  }
  const later = (call, ms) => { clearTimeout(timer); timer = setTimeout(call, ms); };
  const indexOf = (target) => +(target.closest?.(".pg-token")?.dataset.at ?? -1);
  flow.addEventListener("pointerover", (event) => {
    const i = indexOf(event.target);
    if (i >= 0 && event.pointerType === "mouse" && !el.contains(document.activeElement)) later(() => show(i), 60);
  });
  flow.addEventListener("click", (event) => nodes[indexOf(event.target)]?.focus()); // also where a tap does not focus
  peek.addEventListener("pointerenter", () => clearTimeout(timer));
  el.addEventListener("pointerleave", () => { if (!el.contains(document.activeElement)) later(hide, 250); });
  el.addEventListener("focusout", (event) => { if (!el.contains(event.relatedTarget)) later(hide, 60); });
  el.addEventListener("keydown", (event) => {
    if (event.key === "Escape" && at >= 0) {
      event.stopPropagation();
      const node = nodes[at];
      if (peek.contains(document.activeElement)) { node.focus(); return; }
      hide();
    } else if ((event.key === "Enter" || event.key === " ") && flow.contains(event.target)) {
      event.preventDefault();
      show(indexOf(event.target));
      peek.querySelector("button:not(:disabled)")?.focus();
    }
  });
  // The tokens from `keep` on are not in the text: they are the stop sequence.
  const cut = (keep) => nodes.forEach((node, i) => node.classList.toggle("pg-cut", i >= keep));
  return { el, draw, cut, focus: (i) => nodes[i]?.focus() };
}

// Reveals an answer while it is written: all that has come, or at reading speed. `tick()` draws; resolves when everything is shown.
function pgReveal(answer, slow, tick, from) {
  let shown = from, begun = null, open = true;
  const done = new Promise((resolve) => {
    function frame(now) {
      begun ??= now;
      const come = answer.tokens.length;
      shown = slow() ? Math.min(come, Math.max(shown, from + Math.floor((now - begun) / 1000 * PG_READING))) : come;
      tick(shown);
      if (!open || (answer.done && shown >= answer.tokens.length)) return resolve(shown);
      document.hidden ? setTimeout(() => frame(performance.now()), 50) : requestAnimationFrame(frame);
    }
    frame(performance.now());
  });
  return { done, stop() { open = false; }, get shown() { return shown; } };
}
