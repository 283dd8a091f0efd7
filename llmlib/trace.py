"""Trace: one forward pass of a model, as arrays.

It is the seam between models and figures: `LM.trace` makes it, widgets and plots read it, and nothing in it
knows which library computed it. It holds what happened at every position of one text; it is not a batch.

Legend: T tokens, V vocabulary, L layers, H heads, D hidden_size.
"""

from dataclasses import dataclass

import numpy as np


@dataclass(frozen=True, eq=False)
class Trace:
    """One text through one model. Arrays are numpy; a wrong axis is refused with a sentence that names it.

    Attributes:
        tokens: T strings, as they are shown (bytes that are no character by themselves appear as ⟨C3⟩).
        ids: (T,) int64, positions in the vocabulary.
        logits: (T, V) float32; row t scores the token that follows position t.
        attentions: (L, H, T, T) float32; [l, h, t] is how head h of layer l at position t spreads its
            attention over positions 0 to t. Rows sum to 1.
        hidden_states: (L+1, T, D) float32: the embedding, then the state after each layer, the last normed.
        model: name of the model.
    """

    tokens: list[str]
    ids: np.ndarray
    logits: np.ndarray
    attentions: np.ndarray
    hidden_states: np.ndarray
    model: str = ""

    def __post_init__(self) -> None:
        object.__setattr__(self, "tokens", list(self.tokens))
        object.__setattr__(self, "ids", np.asarray(self.ids, dtype=np.int64))
        for name in ("logits", "attentions", "hidden_states"):
            object.__setattr__(self, name, np.asarray(getattr(self, name), dtype=np.float32))
        T = len(self.tokens)
        if T == 0:
            raise ValueError("Trace: tokens está vazio; um Trace precisa de pelo menos uma posição.")
        _check("ids", self.ids, [("T", T)])
        _check("logits", self.logits, [("T", T), ("V", None)])
        _check("attentions", self.attentions, [("L", None), ("H", None), ("T", T), ("T", T)])
        L = self.attentions.shape[0]
        _check("hidden_states", self.hidden_states, [("L+1", L + 1), ("T", T), ("D", None)])
        if self.ids.min() < 0 or self.ids.max() >= self.logits.shape[1]:
            raise ValueError(
                f"Trace: ids vai de {self.ids.min()} a {self.ids.max()}, "
                f"mas logits só tem {self.logits.shape[1]} tokens no eixo 1 (V)."
            )

    def probabilities(self) -> np.ndarray:
        """Softmax of the logits: (T, V) float32, row t is the distribution of the token after position t."""
        weights = np.exp(self.logits - self.logits.max(axis=1, keepdims=True))  # (T, V)
        return weights / weights.sum(axis=1, keepdims=True)  # (T, V)

    def summary(self) -> str:
        """One Portuguese line: model and sizes."""
        (L, H, T, _), V, D = self.attentions.shape, self.logits.shape[1], self.hidden_states.shape[2]
        of = f" de {self.model}" if self.model else ""
        return f"Trace{of}: {T} tokens, {L} camadas × {H} cabeças, {D} dimensões, vocabulário de {V}."

    def __repr__(self) -> str:
        return self.summary()


def _check(name: str, array: np.ndarray, axes: list[tuple[str, int | None]]) -> None:
    """Refuse an array whose axes are not `axes` [(letter, length or None for any)]."""
    letters = ", ".join(letter for letter, _ in axes)
    if array.ndim != len(axes):
        raise ValueError(f"Trace: {name} deveria ter {len(axes)} eixos ({letters}), mas tem {array.ndim}.")
    for number, ((letter, length), found) in enumerate(zip(axes, array.shape, strict=True)):
        if length is not None and found != length:
            raise ValueError(
                f"Trace: {name} tem {found} no eixo {number} ({letter}), mas deveria ter {length}; "
                f"os eixos são ({letters})."
            )
