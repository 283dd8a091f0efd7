// The packed maps (packed.py) as BertViz takes them: one array a head, numbers of three places.
function bertvizAttention({ shape: [L, H, T], causal, digits, data }) {
  const alphabet = Array.from({ length: 95 }, (_, i) => String.fromCharCode(32 + i)).filter((c) => !'"\\<>&'.includes(c)).join("");
  const top = alphabet.length ** digits - 1;
  let at = 0;
  const next = () => {
    let step = 0;
    for (let i = 0; i < digits; i++) step = step * alphabet.length + alphabet.indexOf(data[at++]);
    return Math.round(1000 * (step / top) ** 2) / 1000;
  };
  const row = (t) => Array.from({ length: T }, (_, j) => (causal && j > t ? 0 : next()));
  return Array.from({ length: L }, () => Array.from({ length: H }, () => Array.from({ length: T }, (_, t) => row(t))));
}
// The document of the frame. Nothing of a reader's or a model's becomes markup: tokens are data in a script, with no "<".
function bertvizPage(libraries, [markup, script], params, id) {
  const data = JSON.stringify(params).replace(/</g, "\\u003c").replace(/\u2028|\u2029/g, " ");
  const tell = `const tell = () => parent.postMessage({ bertviz: ${JSON.stringify(id)}, height: document.documentElement.scrollHeight }, "*"); new MutationObserver(tell).observe(document.body, { childList: true, subtree: true }); tell();`;
  return `<!doctype html><meta charset="utf-8"><title>BertViz</title><style>body { margin: 4px 8px; background: #fff; color: #000 }</style><body>${libraries}${markup}<script>${tell}</script><script>${script.replace("PYTHON_PARAMS", () => data)}</script>`;
}
