"""How many parameters a model has, how much arithmetic it does and how much it keeps, part by part, on paper.

Everything follows from the sizes in config.json. Parameters are counted exactly. Operations are those of the
matrix products, 2 for each product and sum, as `torch.utils.flop_counter` counts them: norms, softmax, RoPE
and SiLU cost a few operations a number, not a few hundred, and are left out. Attention is counted over the
whole T x S rectangle that `attention.py` computes, half of which the mask then throws away.
Not here: mixtures of experts, biases, sliding windows, training (about 3 forward passes, see `cost.py`).

Legend: V vocabulary, D hidden_size, M intermediate_size, L layers, H heads, K key/value heads, E head_dim,
T new tokens, S tokens seen when they have been read (S = T without a cache).
"""

from types import SimpleNamespace


def sizes(config: dict | object) -> SimpleNamespace:
    """The sizes under the names of config.json, from a dict or from any object that carries them."""
    values = config if isinstance(config, dict) else vars(config)
    defaults = {"tie_word_embeddings": True}
    if "head_dim" not in values:  # older files leave it to a division
        defaults["head_dim"] = values["hidden_size"] // values["num_attention_heads"]
    return SimpleNamespace(**{**defaults, **values})


def parameters(config: dict | object, qk_norm: bool = True) -> dict[str, int]:
    """How many numbers the training adjusted, by part of the model, in the order in which they are used.

    Args:
        config: a config.json as dict, or any object with its names.
        qk_norm: are queries and keys normed (Qwen3), or not (Llama)?
    """
    c = sizes(config)
    V, D, M, L = c.vocab_size, c.hidden_size, c.intermediate_size, c.num_hidden_layers
    H, K, E = c.num_attention_heads, c.num_key_value_heads, c.head_dim
    return {
        "embedding": V * D,
        "queries": L * D * H * E,
        "keys": L * D * K * E,
        "values": L * D * K * E,
        "output": L * H * E * D,
        "mlp": L * 3 * D * M,  # gate, up and down
        "norms": L * (2 * D + (2 * E if qk_norm else 0)) + D,
        "head": 0 if c.tie_word_embeddings else V * D,  # tied: the embedding, used a second time
    }


def flops(config: dict | object, tokens: int, past: int = 0, scored: int | None = None) -> dict[str, int]:
    """Operations of one forward pass, by part of the model.

    Args:
        tokens: T, how many tokens are read now.
        past: how many were read before, and are in the cache.
        scored: for how many positions the logits are computed; by default all, to write one is enough.
    """
    c = sizes(config)
    V, D, M, L = c.vocab_size, c.hidden_size, c.intermediate_size, c.num_hidden_layers
    H, K, E = c.num_attention_heads, c.num_key_value_heads, c.head_dim
    T, S = tokens, past + tokens
    return {
        "embedding": 0,  # a row is looked up, nothing is multiplied
        "queries": 2 * T * L * D * H * E,
        "keys": 2 * T * L * D * K * E,
        "values": 2 * T * L * D * K * E,
        "scores": 2 * T * S * L * H * E,  # q kᵀ: the only parts where two tokens meet,
        "mix": 2 * T * S * L * H * E,  # and the only ones that grow with the square of the text
        "output": 2 * T * L * H * E * D,
        "mlp": 2 * T * L * 3 * D * M,
        "head": 2 * (T if scored is None else scored) * D * V,
    }


def cache(config: dict | object, tokens: int) -> int:
    """How many numbers the keys and values of `tokens` tokens are: 2 L K E S."""
    c = sizes(config)
    return 2 * c.num_hidden_layers * c.num_key_value_heads * c.head_dim * tokens


def writing(config: dict | object, prompt: int, new: int, cached: bool = True) -> int:
    """Operations to write `new` tokens after `prompt` tokens, one at a time.

    With a cache the prompt is read once and then each token once; without, each token reads everything again.
    The last token written is not read: nobody asks what follows it.
    """
    first = sum(flops(config, prompt, scored=1).values())
    if cached:
        return first + sum(sum(flops(config, 1, prompt + i, scored=1).values()) for i in range(new - 1))
    return sum(sum(flops(config, prompt + i, scored=1).values()) for i in range(new))
