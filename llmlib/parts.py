"""How an answer is asked for in parts, and how its arrays travel: flat, with the shape beside them.

Standard library and numpy; what the arrays mean is the business of who computes them.
"""

from __future__ import annotations

from collections.abc import Sequence

import numpy as np


def must_say(text: str, what: str) -> None:
    """Refuse a text of only spaces; `what` tells the reader what to do."""
    if not str(text).strip():
        raise ValueError(f"O texto está vazio: {what}.")


def wanted(only: str | Sequence[str] | None, usual: Sequence[str], every: Sequence[str]) -> set[str]:
    """The parts that `only` asks for, of `every`; without it the `usual` ones."""
    asked = list(usual) if only is None else [only] if isinstance(only, str) else list(only)
    if wrong := [part for part in asked if part not in every]:
        raise ValueError(f"A resposta não tem a parte “{wrong[0]}”; tem {', '.join(every)}.")
    return set(asked)


def stack(tensors: Sequence) -> np.ndarray:
    """(1, …) torch tensors of a pass -> one float32 array, the batch left out."""
    return np.stack([each[0].float().cpu().numpy() for each in tensors])


def flat(name: str, array: np.ndarray) -> dict:
    """{name: all its numbers in a row, name_shape: [sizes]}."""
    return {name: array.ravel(), f"{name}_shape": list(array.shape)}
