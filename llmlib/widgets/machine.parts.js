// The machine's parts: what each vector is called, how wide it is, what makes it and what reads it; and the numbers
// themselves, by the engine's names, given by the engine or worked out of those that were recorded. Draws nothing.
// Letters: T positions, L layers, H heads, K key heads, E size of a head, D width, M width of the MLP, V vocabulary.

// part: the view that shows it. heads: how many rows of E are heads. from, to: its neighbours along the sum.
const KINDS = {
  embed_tokens: { part: "embed", size: "D", short: "embedding", says: "A linha do token na tabela de embeddings.", from: [], to: ["x"] },
  x: { part: "layer", size: "D", short: "entrada", says: "O fluxo residual como chega a esta camada.", from: [], to: ["input_layernorm", "mid"] },
  input_layernorm: { part: "attn", size: "D", short: "norma", says: "A entrada dividida pelo próprio tamanho (RMS), vezes um peso por lugar.", from: ["x"], to: ["q_proj", "k_proj", "v_proj"] },
  q_proj: { part: "attn", size: "Q", heads: "H", hue: "query", short: "consulta (q)", says: "A norma vezes a matriz das consultas: o que este token procura.", from: ["input_layernorm"], to: ["q_norm"] },
  k_proj: { part: "attn", size: "KV", heads: "K", hue: "key", short: "chave (k)", says: "A norma vezes a matriz das chaves: por onde este token pode ser achado.", from: ["input_layernorm"], to: ["k_norm"] },
  v_proj: { part: "attn", size: "KV", heads: "K", hue: "value", short: "valor (v)", says: "A norma vezes a matriz dos valores: o que este token entrega a quem olha para ele.", from: ["input_layernorm"], to: ["z"] },
  q_norm: { part: "attn", size: "Q", heads: "H", hue: "query", short: "q na norma", says: "Cada cabeça da consulta dividida pelo próprio tamanho, vezes um peso por lugar.", from: ["q_proj"], to: ["q"] },
  k_norm: { part: "attn", size: "KV", heads: "K", hue: "key", short: "k na norma", says: "Cada cabeça da chave dividida pelo próprio tamanho, vezes um peso por lugar.", from: ["k_proj"], to: ["k"] },
  q: { part: "attn", size: "Q", heads: "H", hue: "query", short: "q girada (RoPE)", says: "Os pares de números da consulta, girados por um ângulo que depende da posição.", from: ["q_norm"], to: ["score"] },
  k: { part: "attn", size: "KV", heads: "K", hue: "key", short: "k girada (RoPE)", says: "Os pares de números da chave, girados por um ângulo que depende da posição.", from: ["k_norm"], to: ["score"] },
  score: { part: "head", short: "nota", says: "Quanto a consulta deste token combina com a chave de um token anterior.", from: ["q", "k"], to: ["attn"] },
  attn: { part: "head", hue: "attn", short: "peso de atenção", says: "As notas depois da softmax: positivas, e de soma 1.", from: ["score"], to: ["z"] },
  z: { part: "attn", size: "Q", heads: "H", hue: "value", short: "mistura (z)", says: "Os valores dos tokens anteriores, somados com os pesos de atenção de cada cabeça.", from: ["attn", "v_proj"], to: ["o_proj"] },
  o_proj: { part: "attn", size: "D", hue: "attn", short: "a atenção escreve (o)", says: "As misturas de todas as cabeças vezes a matriz de saída: o que a atenção soma ao fluxo.", from: ["z"], to: ["mid"] },
  mid: { part: "layer", size: "D", short: "entrada + atenção", says: "O fluxo residual depois que a atenção escreveu.", from: ["x", "o_proj"], to: ["post_attention_layernorm", "resid"] },
  post_attention_layernorm: { part: "mlp", size: "D", short: "norma", says: "O fluxo dividido pelo próprio tamanho (RMS), vezes um peso por lugar.", from: ["mid"], to: ["gate_proj", "up_proj"] },
  gate_proj: { part: "mlp", size: "M", short: "porta (gate)", says: "A norma vezes a matriz da porta: quanto cada neurônio abre.", from: ["post_attention_layernorm"], to: ["act"] },
  up_proj: { part: "mlp", size: "M", short: "subida (up)", says: "A norma vezes a matriz de subida: o que cada neurônio deixa passar.", from: ["post_attention_layernorm"], to: ["act"] },
  act: { part: "mlp", size: "M", short: "neurônios (act)", says: "SiLU(porta) × subida, neurônio por neurônio.", from: ["gate_proj", "up_proj"], to: ["down_proj"] },
  down_proj: { part: "mlp", size: "D", short: "a MLP escreve (down)", says: "Os neurônios vezes a matriz de descida: o que a MLP soma ao fluxo.", from: ["act"], to: ["resid"] },
  resid: { part: "layer", size: "D", short: "saída", says: "O fluxo residual depois desta camada.", from: ["mid", "down_proj"], to: [] },
  norm: { part: "out", size: "D", short: "norma final", says: "O fluxo da última camada dividido pelo próprio tamanho, vezes um peso por lugar.", from: ["resid"], to: ["logit"] },
  logit: { part: "out", short: "logit", says: "A norma final vezes a linha de um token: quanto ele combina com o que se leu.", from: ["norm"], to: ["p"] },
  p: { part: "out", hue: "prob", short: "probabilidade", says: "Os logits depois da softmax.", from: ["logit"], to: [] },
};
const MLP_KINDS = ["gate_proj", "up_proj", "act", "down_proj"], ATTN_KINDS = ["q_proj", "k_proj", "v_proj", "q_norm", "k_norm", "q", "k", "attn", "z", "o_proj"];

// The engine's name of a kind in layer l. What enters a layer is what left the one below.
function nameOf(kind, l, L) {
  if (kind === "embed_tokens" || kind === "norm") return kind;
  if (kind === "x") return l ? `layers.${l - 1}.resid` : "embed_tokens";
  const path = ATTN_KINDS.includes(kind) ? "self_attn." : MLP_KINDS.includes(kind) ? "mlp." : "";
  return `layers.${Math.min(l, L - 1)}.${path}${kind}`;
}
const widthOf = (kind, { D, H, K, E, M }) => ({ D, Q: H * E, KV: K * E, M })[KINDS[kind].size];
const ofLayers = (kind) => !["embed", "out"].includes(KINDS[kind].part);
const groupOf = (h, { H, K }) => Math.floor((h * K) / H); // the key head that query head h uses

// A token's nodes where nothing else says it: one of spaces alone is also said in words.
const wordNodes = (text) => [...tokenNodes(text), ...(text.trim() ? [] : [h("span", { class: "llm-unseen" }, spoken(text))])];

// All numbers of one text. put() takes the engine's; get(name) gives them, or works them out and keeps them.
function numbersOf(sizes, gains) {
  const { L, K, H, E, D, eps, theta } = sizes;
  const weight = (name) => (gains[name] = Float32Array.from(gains[name]));
  let arrays = new Map(), tokens = [];
  const work = {
    input_layernorm: (get, l, name) => sums.norm(get(nameOf("x", l, L)), weight(name), D, eps),
    q_norm: (get, l, name) => sums.norm(get(nameOf("q_proj", l, L)), weight(name), E, eps),
    k_norm: (get, l, name) => sums.norm(get(nameOf("k_proj", l, L)), weight(name), E, eps),
    q: (get, l) => sums.rotate(get(nameOf("q_norm", l, L)), H, E, theta),
    k: (get, l) => sums.rotate(get(nameOf("k_norm", l, L)), K, E, theta),
    attn(get, l) {
      const { attn, z } = sums.attend(...["q", "k", "v_proj"].map((kind) => get(nameOf(kind, l, L))), sizes, tokens.length);
      if (!arrays.has(nameOf("z", l, L))) arrays.set(nameOf("z", l, L), z);
      return attn;
    },
    z: (get, l) => (get(nameOf("attn", l, L)), arrays.get(nameOf("z", l, L)) ?? sums.attend(...["q", "k", "v_proj"].map((kind) => get(nameOf(kind, l, L))), sizes, tokens.length).z),
    mid: (get, l) => sums.add(get(nameOf("x", l, L)), get(nameOf("o_proj", l, L))),
    post_attention_layernorm: (get, l, name) => sums.norm(get(nameOf("mid", l, L)), weight(name), D, eps),
    act: (get, l) => sums.swiglu(get(nameOf("gate_proj", l, L)), get(nameOf("up_proj", l, L))),
    resid: (get, l) => sums.add(get(nameOf("mid", l, L)), get(nameOf("down_proj", l, L))),
    norm: (get, l, name) => sums.norm(get(nameOf("resid", L - 1, L)), weight(name), D, eps),
  };
  const get = (name) => {
    if (!arrays.has(name)) {
      const [, layer] = name.split("."), kind = name.split(".").at(-1);
      arrays.set(name, work[kind](get, +layer, name));
    }
    return arrays.get(name);
  };
  return {
    reset(next) { tokens = next; arrays = new Map(); },
    tokens: () => tokens,
    word: (t) => (t === 0 && SPECIAL[tokens[0].text] ? "marca de início" : spoken(tokens[t].text)),
    nodes: (t) => (t === 0 && SPECIAL[tokens[0].text] ? [h("i", { class: "llm-special" }, "marca")] : wordNodes(tokens[t].text)),
    put: (name, array) => arrays.set(name, array),
    lacks: (names) => names.filter((name) => !arrays.has(name)),
    get,
    of: (kind, l) => get(nameOf(kind, l, L)),
    weight,
  };
}

// What the recording or a notebook's kernel sends -> Float32Array. Recorded: a scale a row and two characters a number
// (llmlib/widgets/machine.py pack); from a kernel: float32 in base64; from the page's engine: as it is.
const PLACES = new Map([..."0123456789ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz+-"].map((c, i) => [c.charCodeAt(0), i]));
function float32(value) {
  if (value instanceof Float32Array) return value;
  if (typeof value === "string") return new Float32Array(Uint8Array.from(atob(value), (c) => c.charCodeAt(0)).buffer);
  if (!value.data) return Float32Array.from(value);
  const { scale, data } = value, n = data.length / 2 / scale.length, out = new Float32Array(data.length / 2);
  for (let i = 0; i < out.length; i++) {
    const share = (PLACES.get(data.charCodeAt(2 * i)) * 64 + PLACES.get(data.charCodeAt(2 * i + 1)) - 2047) / 2047;
    out[i] = Math.sign(share) * share * share * scale[Math.floor(i / n)];
  }
  return out;
}
