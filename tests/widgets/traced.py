"""A fake whose inside can be looked at: the lens, activations kept and put in, losses, with no model.

The residual stream has three numbers a position. At row 0 they come from the token; each of the two layers
mixes a position with those before it, so that a word's trace moves to the right and the last position ends up
knowing it. The score of a token is a product with three numbers of its own.
"""

from __future__ import annotations

import numpy as np

from tests.widgets.fake import WORDS, FakeLM, tokens

CONFIG = {
    "vocab_size": 347,
    "hidden_size": 44,
    "intermediate_size": 70,
    "num_hidden_layers": 3,
    "num_attention_heads": 6,
    "num_key_value_heads": 2,
    "head_dim": 10,
    "max_position_embeddings": 96,
    "tie_word_embeddings": True,
}
CURVES = [
    {"tokens": 1, "cached": 1.0, "uncached": 1.0},
    {"tokens": 11, "cached": 1.5, "uncached": 6.0},
    {"tokens": 31, "cached": 2.0, "uncached": 26.0},
]
LAYERS, VOCABULARY = 2, 2100
MARK = {"id": 0, "text": "<|endoftext|>"}


def vector(token: int) -> np.ndarray:
    """Three numbers of a token: (3,) float64."""
    return np.sin(token * np.array([1.3, 2.1, 3.7]) + np.array([0.2, 0.5, 0.9]))


VOCAB = np.stack([vector(i) for i in range(VOCABULARY)])  # (V, 3)


class TracedLM(FakeLM):
    """FakeLM that also answers `trace` with `lens`, `keep`, `patch` and `losses`, and names tokens by id."""

    said: dict[int, str]

    def __init__(self, name: str = "mini-base") -> None:
        super().__init__()
        self.name, self.said = name, {0: MARK["text"], **{i: word for i, word in enumerate(WORDS) if i}}

    def compute(self, method: str, params: dict) -> object:
        if method == "encode" and params.get("ids") is not None:
            return {"tokens": [{"id": i, "text": self.named(i)} for i in params["ids"]], "cut": 0}
        if method == "trace":
            return self.trace(**params)
        if method == "next" and params.get("text") is not None:
            self.hear(params["text"])
        return super().compute(method, params)

    def hear(self, text: str) -> list[dict]:
        pieces = tokens(text)
        self.said |= {each["id"]: each["text"] for each in pieces}
        return pieces

    def named(self, token: int) -> str:
        return self.said.get(token, f" t{token}")

    def trace(
        self,
        text: str = "",
        ids: list[int] | None = None,
        only: object = None,
        keep: list[str] | tuple = (),
        patch: list[dict] | tuple = (),
        lens: int = 0,
    ) -> dict:
        heard = [each["id"] for each in self.hear(text)] if ids is None else [int(i) for i in ids]
        every = [0, *heard]
        T, kept, states = len(every), {}, []
        x = VOCAB[every]  # (T, 3)
        for row in range(LAYERS + 1):
            name = f"layers.{row - 1}.resid" if row else "embed_tokens"
            if row:  # each position mixes with those before it
                mix = np.tril(np.ones((T, T))) / np.arange(1, T + 1)[:, None]
                x = 0.5 * x + mix @ x
            x = x.copy()
            for each in patch:
                if each["name"] == name:
                    x[each["position"]] = each["values"]
            kept[name] = x
            states.append(x)
        scores = np.stack(states) @ VOCAB.T  # (L+1, T, V)
        p = np.exp(4 * scores)
        p /= p.sum(-1, keepdims=True)
        answer: dict = {"tokens": [{"id": i, "text": self.named(i)} for i in every], "cut": 0}
        if only == "losses":
            answer["losses"] = [float(-np.log(p[-1, t, every[t + 1]])) for t in range(T - 1)]
        if lens:
            order = np.argsort(-p, axis=-1, kind="stable")[..., :lens]
            answer["lens"] = {"ids": order.ravel(), "p": np.take_along_axis(p, order, -1).ravel()}
            answer["lens_shape"] = [LAYERS + 1, T, lens]
        if keep:
            answer["activations"] = {name: kept[name].ravel() for name in keep}
        return answer
