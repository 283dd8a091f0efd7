"""Attention maps and measures of heads for tests: no two sizes agree, and the tokens are awkward."""

from __future__ import annotations

import numpy as np

TOKENS = ["<|endoftext|>", "O", " gato", " </script>", " 🐱", " שלום", "\n", " ção"]


def maps(layers: int = 3, heads: int = 5, size: int = len(TOKENS), causal: bool = True) -> np.ndarray:
    """(L, H, T, T) float32, rows of softmax, different everywhere."""
    scores = 2 * np.random.default_rng(layers * 100 + size).normal(size=(layers, heads, size, size))
    if causal:
        scores = np.where(np.tril(np.ones((size, size), dtype=bool)), scores, -np.inf)
    weights = np.exp(scores - scores.max(-1, keepdims=True))
    return (weights / weights.sum(-1, keepdims=True)).astype(np.float32)


class Traced:
    """What a Trace has of it."""

    def __init__(self, attentions: np.ndarray | None = None, tokens: list[str] | None = None):
        self.tokens = tokens or TOKENS
        self.attentions = maps() if attentions is None else attentions
        self.ids = np.arange(len(self.tokens)) + 40


def measured(layers: int = 5, heads: int = 6) -> dict[str, dict]:
    """Two jobs as `builders.head_jobs` writes them, with examples of the bundled vocabulary."""
    rng = np.random.default_rng(3)
    job = lambda wrong: {  # noqa: E731
        "means": "olhar para o <b>lugar</b> certo",
        "score": {"value": rng.random((layers, heads)).round(3).tolist()},
        "effect": {"value": (rng.random((layers, heads)) - 0.2).round(3).tolist()},
        "examples": [
            {"ids": [0, 300 + i, 301 + i, 302 + i, 303 + i], "start": 3, "wrong": wrong, "loss": 2.0 + i / 10}
            for i in range(2)
        ],
    }
    return {"indução": job([]), "gênero": job([900, 901])}
