// A piece of the engine: what a model multiplies by, for one who does a sum again by hand: rows of a weight, and the sizes of the model.
// Names are those of the activations that a weight makes: `layers.0.mlp.up_proj`, `norm`, `embed_tokens`, `lm_head`.
// Does not: change a weight, or know what the numbers are for.

const { methods } = engine;

// rows: their numbers; none for all of a norm -> values (rows, columns), in the order asked.
methods.weights = ({ name = "", rows = [] }) => {
  const { arrays, config: c } = engine.model, path = name === "lm_head" ? "lm_head.weight" : `model.${name}.weight`;
  const weight = arrays[path] ?? (name === "lm_head" && arrays["model.embed_tokens.weight"]); // a tied head
  if (!weight) throw Error(`O modelo não tem um peso chamado ${name}.`);
  if (name.endsWith("norm")) return { values: weight.slice(), values_shape: [weight.length] };
  const inside = { o_proj: c.num_attention_heads * c.head_dim, down_proj: c.intermediate_size };
  const n = inside[name.split(".").at(-1)] ?? c.hidden_size, values = new Float32Array(rows.length * n), most = weight.length / n;
  rows.forEach((row, i) => {
    if (!(row >>> 0 === row && row < most)) throw Error(`O peso ${name} tem linhas de 0 a ${most - 1}; veio ${row}.`);
    values.set(weight.subarray(row * n, (row + 1) * n), i * n);
  });
  return { values, values_shape: [rows.length, n] };
};

methods.config = () => ({ config: engine.model.config });
