"""A model of random numbers whose inside can be asked for: `trace` with `keep`, `encode` and `config`.

It splits a text at spaces and after three letters, so that words have several tokens, and every array depends
only on the text. It speaks `compute` as `LM` does, without torch.
"""

from __future__ import annotations

import re

import numpy as np

SIZES = {
    "num_hidden_layers": 2,
    "num_attention_heads": 4,
    "num_key_value_heads": 2,
    "head_dim": 6,
    "rope_theta": 1e4,
}


class InsideLM:
    """L = 2, H = 4, K = 2, E = 6, D = 5, V = 11."""

    name = "mini-base"

    def tokens(self, text: str) -> list[dict]:
        pieces = ["<|endoftext|>", *re.findall(r" ?[^ ]{1,3}", text)]
        return [{"id": sum(map(ord, piece)) % 2000, "text": piece} for piece in pieces]

    def compute(self, method: str, params: dict) -> dict:
        if method == "config":
            return {"config": SIZES}
        tokens = self.tokens(params["text"])
        T, rng = len(tokens), np.random.default_rng(sum(map(ord, params["text"])))
        made = {"tokens": tokens, "cut": 0, "activations": {}, "activations_shapes": {}}
        for name in params.get("keep", []):
            heads = SIZES["num_attention_heads" if ".q" in name else "num_key_value_heads"]
            array = rng.normal(size=(T, heads, SIZES["head_dim"])).astype(np.float32)
            made["activations"][name] = array.ravel()
            made["activations_shapes"][name] = list(array.shape)
        return made


def study(text: str = "O gato viu </script> <b>") -> dict:
    """A text with measures that are nobody's, of the shapes that `importance.study` gives."""
    tokens = [each["text"] for each in InsideLM().tokens(text)]
    groups: list[list[int]] = []
    for at, token in enumerate(tokens):
        if at > 1 and not token.startswith(" "):
            groups[-1].append(at)
        else:
            groups.append([at])
    T, W, rng = len(tokens), len(groups), np.random.default_rng(len(text))
    attentions = np.tril(rng.random((3, 2, T, T)))
    attentions /= attentions.sum(-1, keepdims=True)
    on_words = np.stack([attentions[..., places].sum(-1) for places in groups], axis=-1)
    later = np.array([[t >= places[-1] for t in range(T)] for places in groups])
    changes = {name: rng.random((W, T)) * later for name in ("faded", "deleted", "rate")}
    return {"text": text, "tokens": tokens, "groups": groups, "attentions": on_words,
            "rollout": on_words.mean((0, 1)), **changes}  # fmt: skip
