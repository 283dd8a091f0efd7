// The fakes of families.py behind the worker's protocol, after fake_engine.js, whose answers they keep.
{
  const before = self.onmessage, MARK = "<|mask|>";
  let name = "";
  const guesses = (seed, k) => Array.from({ length: k }, (_, r) => ({ id: 3000 + (seed + 5 * r) % 31, text: ` w${(seed + 5 * r) % 31}`, p: 0.5 ** (r + 1) }));
  function fill({ text, k, order }) {
    const count = text.split(MARK).length - 1, seen = [...text.replaceAll(MARK, "")].length, turns = order ?? [...Array(count).keys()];
    return { tokens: piecesOf(text), masked: [...Array(count).keys()], top: Array.from({ length: count }, (_, i) => guesses(seen + 7 * i + 3 * (name === "mini-xlnet" ? turns.indexOf(i) : 0), k)) };
  }
  function rewrite({ text, max_new_tokens }, id) {
    const spans = text.match(/<extra_id_\d+>/g) ?? [], at = text.indexOf(": "), body = (at < 0 ? text : text.slice(at + 2)).split(/\s+/).filter(Boolean);
    const words = spans.length ? spans.flatMap((span, i) => [span, ` s${i}`]) : body.reverse().map((word) => ` ${word}`);
    const out = [...words, "<|endoftext|>"].slice(0, max_new_tokens);
    out.forEach((word, i) => self.postMessage({ id, event: { token: { id: 4000 + i, text: word, p: 0.9 - 0.5 * (i % 2) } } }));
    return { ids: out.map((_, i) => 4000 + i), text: words.join(""), reason: out.at(-1) === "<|endoftext|>" ? "eos" : "length" };
  }
  function trace({ text, target }) {
    const tokens = piecesOf(text), S = tokens.length, maps = [];
    for (const layer of [0, 1]) for (const _ of [0, 1]) for (let u = 0; u < target.length; u++) for (let s = 0; s < S; s++) maps.push(s === (3 * u + layer) % S ? 0.7 : 0.3 / Math.max(1, S - 1));
    return { tokens, cross_attentions: Float32Array.from(maps), cross_attentions_shape: [2, 2, target.length, S] };
  }
  self.onmessage = (event) => {
    const { id, method, params } = event.data;
    if (method === "load" && params.file.whole) name = params.file.name;
    const known = { fill, rewrite, trace }[method];
    if (!known) return before(event);
    if ((method === "fill") !== (name === "mini-bert" || name === "mini-xlnet")) return self.postMessage({ id, error: `${name} não sabe fazer ${method}.` });
    self.postMessage({ id, result: known(params, id) });
  };
}
