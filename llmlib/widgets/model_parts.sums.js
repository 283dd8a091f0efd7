// The sums of llmlib/scratch/counting.py: parameters, operations and cache of a model, part by part, from its sizes.
const numbersOf = (c) => ({
  V: c.vocab_size, D: c.hidden_size, M: c.intermediate_size, L: c.num_hidden_layers, H: c.num_attention_heads, K: c.num_key_value_heads, E: c.head_dim,
});
function countParameters(c) {
  const { V, D, M, L, H, K, E } = numbersOf(c);
  return {
    embedding: V * D, queries: L * D * H * E, keys: L * D * K * E, values: L * D * K * E, output: L * H * E * D, mlp: L * 3 * D * M,
    norms: L * (2 * D + (c.qk_norm ? 2 * E : 0)) + D, head: c.tie_word_embeddings ? 0 : V * D,
  };
}
// T tokens read now after `past`; logits for `scored` positions.
function countFlops(c, T, past = 0, scored = T) {
  const { V, D, M, L, H, K, E } = numbersOf(c), S = past + T;
  return {
    embedding: 0, queries: 2 * T * L * D * H * E, keys: 2 * T * L * D * K * E, values: 2 * T * L * D * K * E, scores: 2 * T * S * L * H * E,
    mix: 2 * T * S * L * H * E, output: 2 * T * L * H * E * D, mlp: 2 * T * L * 3 * D * M, head: 2 * scored * D * V,
  };
}
const countCache = (c, T) => 2 * c.num_hidden_layers * c.num_key_value_heads * c.head_dim * T;
const addUp = (parts) => Object.values(parts).reduce((a, b) => a + b, 0);
