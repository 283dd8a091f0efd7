// How one number of the machine came to be: the numbers before it, the terms of the sum, and our own result beside the
// engine's. Knows the arithmetic of every kind; draws nothing and asks nobody: a product of matrices says which row of
// weights it `wants`, and is explained again with that row.
// at: {kind, l, t, i, h, s}: layer, position, which number; h the head, s the position of a key or value seen from t.
// -> {value (the engine's), ours, terms [{label, a, b, v, to}], heads [a's name, b's name], steps [{label, v, to, text}],
//    groups [{label, v, to}], how, wants {name, row}, turn (RoPE's angle)}
function explain(n, sizes, at, best, row) {
  const { H, K, E, D, M, V, L, eps, theta } = sizes, { kind, l, i } = at, pos = at.s ?? at.t;
  const width = KINDS[kind].size && widthOf(kind, sizes);
  const value = width ? n.of(kind, l)[pos * width + i] : 0;
  // the number that another sum needs: itself, and how to get there
  const part = (kind, i, more = {}) => {
    const to = { kind, l, t: pos, i, ...more };
    return { v: n.of(kind, to.l)[to.t * widthOf(kind, sizes) + i], to };
  };
  const place = (i) => `nº ${i + 1}`, said = (kind, i) => `${KINDS[kind].short} nº ${i + 1}`;
  const step = (label, { v, to }, text) => ({ label, v, to, text });
  const sumOf = (terms) => terms.reduce((sum, term) => sum + term.v, 0);

  // a row of weights times a vector
  const product = (from, size, name, more) => {
    const wants = { name, row: i };
    if (!row) return { value, wants, how: `${fmtNumber(size)} produtos: a linha ${i + 1} da matriz vezes o vetor “${KINDS[from].short}”, número por número, somados.` };
    const terms = Array.from({ length: size }, (_, j) => {
      const { v, to } = part(from, j, more);
      return { label: place(j), a: v, b: row[j], v: v * row[j], to };
    });
    return { value, terms, ours: sumOf(terms), heads: [KINDS[from].short, "peso"], wants,
      how: `${fmtNumber(size)} produtos somados: o vetor “${KINDS[from].short}” vezes a linha ${i + 1} da matriz.` };
  };
  const normed = (from, size, name, first) => {
    const x = part(from, i), at = pos * widthOf(from, sizes) + first, rms = sums.rms(n.of(from, l), at, size, eps), w = n.weight(name)[size === E ? i % E : i];
    return { value, ours: (x.v / rms) * w, how: `O número dividido pela raiz da média dos ${fmtNumber(size)} quadrados, vezes um peso aprendido.`,
      steps: [step(said(from, i), x), { label: `tamanho: √ da média dos ${fmtNumber(size)} quadrados`, v: rms }, { label: "peso aprendido", v: w }],
      formula: (f) => `${f(x.v)} ÷ ${f(rms)} × ${f(w)}` };
  };
  const turned = (from) => {
    const half = E / 2, e = i % E, low = e < half, other = i + (low ? half : -half), a = part(from, i), b = part(from, other);
    const angle = sums.angle(pos, e, E, theta), cos = Math.cos(angle), sin = Math.sin(angle);
    return { value, ours: low ? a.v * cos - b.v * sin : a.v * cos + b.v * sin, turn: { angle, x: low ? a.v : b.v, y: low ? b.v : a.v, low },
      how: `Os números ${(low ? i : other) + 1} e ${(low ? other : i) + 1} são as pontas de uma seta no plano; a posição ${pos} gira a seta.`,
      steps: [step(said(from, i), a), step(said(from, other), b), { label: `ângulo da posição ${pos}`, v: angle, text: `${fmtSig(angle)} radianos` }, { label: "cosseno", v: cos }, { label: "seno", v: sin }],
      formula: (f) => `${f(a.v)} × ${f(cos)} ${low ? "−" : "+"} ${f(b.v)} × ${f(sin)}` };
  };
  const plus = (a, b) => ({ value, ours: a.v + b.v, steps: [step(said(a.to.kind, i), a), step(said(b.to.kind, i), b)], how: "Uma soma só: o que já corria no fluxo, mais o que se escreveu agora.",
    formula: (f) => `${f(a.v)} ${b.v < 0 ? "−" : "+"} ${f(Math.abs(b.v))}` });
  // where a number of the residual stream comes from: the embedding, and what each layer up to here wrote
  const history = (last, half) => [{ label: "embedding", ...part("embed_tokens", i) }, ...Array.from({ length: last + 1 }, (_, m) => [
    { label: `atenção ${m + 1}`, ...part("o_proj", i, { l: m }) }, ...(m < last || !half ? [{ label: `MLP ${m + 1}`, ...part("down_proj", i, { l: m }) }] : [])]).flat()];

  const h = at.h ?? 0, g = groupOf(h, sizes), T = n.tokens().length;
  switch (kind) {
    case "embed_tokens": {
      const { id, text } = n.tokens()[pos];
      const found = { value, wants: { name: "embed_tokens", row: id }, how: `Nenhuma conta: ${spoken(text)} é o token número ${id}, e este é o número ${i + 1} da linha ${id} da tabela de ${fmtNumber(V)} × ${fmtNumber(D)}.` };
      return row ? { ...found, ours: row[i], steps: [{ label: `linha ${id}, coluna ${i + 1} da tabela`, v: row[i] }] } : found;
    }
    case "x": {
      if (!l) return { value, ours: part("embed_tokens", i).v, how: "A primeira camada recebe o embedding, sem mudança.", steps: [step(said("embed_tokens", i), part("embed_tokens", i))] };
      const before = part("resid", i, { l: l - 1 });
      return { value, ours: before.v, how: `É a saída da camada ${l}, sem mudança.`, steps: [step(said("resid", i), before)], groups: history(l - 1) };
    }
    case "mid": return { ...plus(part("x", i), part("o_proj", i)), groups: history(l, true) };
    case "resid": return { ...plus(part("mid", i), part("down_proj", i)), groups: history(l) };
    case "input_layernorm": return normed("x", D, nameOf(kind, l, L), 0);
    case "post_attention_layernorm": return normed("mid", D, nameOf(kind, l, L), 0);
    case "norm": {
      const x = part("resid", i, { l: L - 1 }), rms = sums.rms(n.of("resid", L - 1), pos * D, D, eps), w = n.weight("norm")[i];
      return { value, ours: (x.v / rms) * w, how: `O número dividido pela raiz da média dos ${fmtNumber(D)} quadrados, vezes um peso aprendido.`,
        steps: [step(said("resid", i), x), { label: `tamanho: √ da média dos ${fmtNumber(D)} quadrados`, v: rms }, { label: "peso aprendido", v: w }], formula: (f) => `${f(x.v)} ÷ ${f(rms)} × ${f(w)}` };
    }
    case "q_norm": return normed("q_proj", E, nameOf(kind, l, L), i - (i % E));
    case "k_norm": return normed("k_proj", E, nameOf(kind, l, L), i - (i % E));
    case "q": return turned("q_norm");
    case "k": return turned("k_norm");
    case "q_proj": case "k_proj": case "v_proj": return product("input_layernorm", D, nameOf(kind, l, L));
    case "gate_proj": case "up_proj": return product("post_attention_layernorm", D, nameOf(kind, l, L));
    case "down_proj": return product("act", M, nameOf(kind, l, L));
    case "o_proj": {
      const found = product("z", H * E, nameOf(kind, l, L));
      if (found.terms) found.groups = Array.from({ length: H }, (_, head) => ({ label: `cabeça ${head + 1}`, v: sumOf(found.terms.slice(head * E, (head + 1) * E)), to: { view: "head", l, t: pos, h: head, kind: null, i: null } }));
      return found;
    }
    case "act": {
      const gate = part("gate_proj", i), up = part("up_proj", i), open = sums.sigmoid(gate.v);
      return { value, ours: gate.v * open * up.v, how: "SiLU multiplica a porta por um número de 0 a 1, tanto mais perto de 1 quanto maior a porta; o resultado multiplica a subida.",
        steps: [step(said("gate_proj", i), gate), { label: "1 ÷ (1 + e elevado a −porta)", v: open }, step(said("up_proj", i), up)], formula: (f) => `${f(gate.v)} × ${f(open)} × ${f(up.v)}` };
    }
    case "score": {
      const terms = Array.from({ length: E }, (_, e) => {
        const a = part("q", h * E + e, { h, t: at.t }), b = part("k", g * E + e, { h, t: i });
        return { label: place(e), a: a.v, b: b.v, v: a.v * b.v, to: { ...a.to, t: at.t } };
      });
      const value = sums.scores(n.of("q", l), n.of("k", l), at.t, h, sizes)[i];
      return { value, own: true, terms, ours: sumOf(terms) / Math.sqrt(E), heads: ["consulta", "chave"], after: { text: `÷ √${E}`, by: Math.sqrt(E) },
        how: `${E} produtos somados: a consulta de ${n.word(at.t)} vezes a chave de ${n.word(i)}; a soma é dividida por √${E}.` };
    }
    case "attn": {
      const scores = sums.scores(n.of("q", l), n.of("k", l), at.t, h, sizes), top = Math.max(...scores);
      const terms = Array.from(scores, (v, j) => ({ label: n.word(j), a: v, v: Math.exp(v - top), to: { view: "head", kind: "score", l, h, t: at.t, i: j } })), all = sumOf(terms);
      return { value: n.of("attn", l)[(h * T + at.t) * T + i], ours: terms[i].v / all, terms, exp: true, heads: ["nota", "exponencial"], mine: i,
        how: `Softmax: e elevado à nota de ${n.word(i)}, dividido pela soma do mesmo em todos os tokens até aqui. A maior nota (${fmtSig(top)}) é tirada de todas antes, para a conta não estourar; o quociente é o mesmo.`,
        formula: (f) => `${f(terms[i].v)} ÷ ${f(all)}` };
    }
    case "z": {
      const head = Math.floor(i / E), e = i % E, source = groupOf(head, sizes), map = n.of("attn", l);
      const terms = Array.from({ length: pos + 1 }, (_, j) => {
        const v = part("v_proj", source * E + e, { t: j, h: head }), p = map[(head * T + pos) * T + j];
        return { label: n.word(j), a: p, b: v.v, v: p * v.v, to: { view: "head", kind: "attn", l, h: head, t: pos, i: j } };
      });
      return { value, ours: sumOf(terms), terms, heads: ["peso de atenção", "valor"], how: `O número ${e + 1} do valor de cada token até aqui, vezes o peso que a cabeça ${head + 1} lhe dá, tudo somado.` };
    }
    case "logit": {
      const item = best.top[i], wants = { name: "lm_head", row: item.id };
      const how = `${fmtNumber(D)} produtos somados: a norma final vezes a linha de ${spoken(item.text)} (número ${item.id}) na matriz de saída.`;
      if (!row) return { value: item.logit, wants, how };
      const terms = Array.from({ length: D }, (_, j) => ({ label: place(j), a: part("norm", j).v, b: row[j], v: part("norm", j).v * row[j], to: part("norm", j).to }));
      return { value: item.logit, terms, ours: sumOf(terms), heads: ["norma final", "peso"], how, wants };
    }
    case "p": {
      const top = best.top[0].logit, terms = best.top.map((item, j) => ({ label: spoken(item.text), a: item.logit, v: Math.exp(item.logit - top), to: { kind: "logit", t: pos, i: j } }));
      const all = 1 / best.top[0].p; // e^(the best) over its share: what all V tokens add up to
      return { value: best.top[i].p, ours: terms[i].v / all, terms, exp: true, heads: ["logit", "exponencial"], mine: i, others: { count: V - terms.length, v: all - sumOf(terms) },
        how: `Softmax: e elevado ao logit de ${spoken(best.top[i].text)}, dividido pela soma do mesmo nos ${fmtNumber(V)} tokens do vocabulário. O maior logit (${fmtSig(top)}) é tirado de todos antes; o quociente é o mesmo.`,
        formula: (f) => `${f(terms[i].v)} ÷ ${f(all)}` };
    }
  }
}

// 0,832; 12,3; 4,2 · 10⁻⁵: three significant figures, or more where two results are laid side by side.
const sigs = [];
function fmtSig(x, digits = 3) {
  if (!x) return "0";
  const size = Math.abs(x), [least, most] = [1e-3, 1e5];
  if (size >= least && size < most) return (sigs[digits] ??= new Intl.NumberFormat("pt-BR", { maximumSignificantDigits: digits, minimumSignificantDigits: Math.min(digits, 3) })).format(x).replace("-", "−");
  const [base, power] = x.toExponential(1).split("e");
  return `${base.replace(".", ",").replace("-", "−")} · 10${[...String(+power)].map((c) => "⁰¹²³⁴⁵⁶⁷⁸⁹"[c] ?? "⁻").join("")}`;
}
