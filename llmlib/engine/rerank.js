// A piece of the engine: one score for each pair of a query and a text; higher is more relevant. Scores compare texts for
// one query, and are no probabilities of being right. Two kinds of model answer, each in its way:
// - a cross-encoder with one label (Qwen3ForSequenceClassification): the logit at the last token. The page file says how a
//   pair is laid out: config.pair, a list of ids and of "A" (the query) and "B" (the text), config.prepend what is put
//   before each of the two, config.max_pair_length how many tokens are read;
// - a model that continues texts: how likely it is, having read the text, to ask this query (sum of log-probabilities of the
//   query's tokens, in nats; Sachan et al. 2022). The same as llmlib.retrieval.encoders.
const BEFORE = "<|endoftext|><|im_start|>user\nContexto:", BETWEEN = "\nPergunta:", MOST_TEXT = 200, MOST_QUERY = 48;

engine.methods.rerank = ({ query = "", texts = [] }) => {
  const score = engine.model.config.pair ? pairScore : likelihood, asked = String(query);
  if (!texts.length) return { scores: new Float32Array() };
  return { scores: Float32Array.from(texts, (text) => score(asked, String(text))) };
};

function likelihood(query, text) {
  const { model, tokenizer } = engine, { hidden_size: D, vocab_size: V } = model.config, plain = (part) => tokenizer.encode(part, false);
  const asked = plain(` ${query}`).slice(0, MOST_QUERY), N = asked.length;
  const ids = [...tokenizer.encode(BEFORE), ...plain(` ${text}`).slice(0, MOST_TEXT), ...plain(BETWEEN), ...asked], T = ids.length;
  let states; // after the last norm, of the N positions that say what the query's tokens are
  model.forward(ids, { hook: (name, array) => { if (name === "norm") states = array.subarray((T - N - 1) * D, (T - 1) * D); } });
  const { logits } = model.arrays;
  model.kernel.matmul(logits, states, model.head, N, D, V, D);
  return asked.reduce((sum, id, i) => {
    const row = logits.subarray(i * V, (i + 1) * V);
    let top = -Infinity, rest = 0;
    for (let j = 0; j < V; j++) if (row[j] > top) top = row[j];
    for (let j = 0; j < V; j++) rest += Math.exp(row[j] - top);
    return sum + row[id] - top - Math.log(rest);
  }, 0);
}

function pairScore(query, text) {
  const { model, tokenizer } = engine, { pair, prepend = "", max_pair_length: most, hidden_size: D } = model.config;
  const read = (part) => (part ? tokenizer.encode(prepend + part, false) : []), asked = read(query), told = read(text);
  const fixed = pair.reduce((sum, part) => sum + (Array.isArray(part) ? part.length : 0), 0);
  const [a, b] = room(asked.length, told.length, most - fixed), head = model.arrays["score.weight"];
  const ids = pair.flatMap((part) => (part === "A" ? asked.slice(0, a) : part === "B" ? told.slice(0, b) : part));
  let score = 0;
  const hook = (name, array) => { if (name === "norm") for (let i = 0, at = array.length - D; i < D; i++) score += array[at + i] * head[i]; };
  model.forward(ids, { hook });
  return score;
}
// How many tokens of each of the two are kept when they do not fit: the longer is cut first, as `tokenizers` cuts.
function room(a, b, most) {
  if (a + b <= most) return [a, b];
  let short = Math.min(a, b), long = short > most ? short : Math.max(short, most - short);
  if (short + long > most) {
    short = Math.floor(most / 2);
    long = short + most % 2;
  }
  return a <= b ? [short, long] : [long, short];
}
