// A piece of the engine: one vector for each of some texts. Does not: compare them, or train.
// texts -> vectors (texts, D): mean over a text's tokens, without mark, of the hidden states after the final norm,
// divided by its length. The name of a special token in a text is text. A text of no tokens stays at zero; of one too long
// the beginning is read.
engine.methods.embed = ({ texts = [] }) => {
  const { model, tokenizer } = engine;
  const { hidden_size: D, max_position_embeddings, max_seq_length = max_position_embeddings } = model.config;
  const vectors = new Float32Array(texts.length * D);
  texts.forEach((text, row) => {
    const ids = tokenizer.encode(String(text), false).slice(0, max_seq_length), sum = vectors.subarray(row * D, (row + 1) * D);
    if (!ids.length) return;
    const hook = (name, array) => name === "norm" && array.forEach((v, i) => { sum[i % D] += v; });
    model.forward(ids, { hook });
    const length = Math.hypot(...sum);
    sum.forEach((v, i) => { sum[i] = v / length; });
  });
  return { vectors, vectors_shape: [texts.length, D] };
};
