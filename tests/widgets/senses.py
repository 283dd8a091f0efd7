"""A fake whose states can be read: what a word's vector is depends on the word and on what it may see.

Row 0 is the token alone; each of the two layers mixes in the mean of what the position sees, all tokens or
only those on the left.
"""

from __future__ import annotations

import numpy as np

from tests.widgets.fake import tokens

ROWS, D = 3, 4
MARK = {"id": 0, "text": "<|endoftext|>"}
CHANCE = [0.1, 0.3, 0.2]


def vector(token: int) -> np.ndarray:
    return np.sin(token * np.array([1.3, 2.1, 3.7, 0.9]) + np.array([0.2, 0.5, 0.9, 1.4]))


class StatesLM:
    """`trace` with `only: ["hidden_states"]`, as every model of the course answers it."""

    def __init__(self, name: str = "mini-base", both: bool = False) -> None:
        self.name, self.both = name, both

    def compute(self, method: str, params: dict) -> dict:
        if method != "trace":
            raise ValueError(f"Este modelo de teste não sabe fazer {method!r}.")
        said = [MARK, *tokens(params["text"])]
        x = np.stack([vector(each["id"]) for each in said])
        T, rows = len(said), [x]
        seen = np.ones((T, T)) if self.both else np.tril(np.ones((T, T)))
        seen /= seen.sum(1, keepdims=True)
        for _ in range(ROWS - 1):
            rows.append(0.5 * rows[-1] + seen @ rows[-1])
        return {
            "tokens": said,
            "cut": 0,
            "hidden_states": np.stack(rows).ravel(),
            "hidden_states_shape": [ROWS, T, D],
        }


def three() -> dict[str, StatesLM]:
    """One of each family."""
    return {
        "Decodificador": StatesLM(),
        "Codificador": StatesLM("mini-bert", both=True),
        "Permutação": StatesLM("mini-xlnet", both=True),
    }


def chances() -> dict[str, list[float]]:
    return {model.name: CHANCE for model in three().values()}


PAIR = (("o barco abriu a vela <b> azul", "vela"), ("a luz da vela no escuro </script>", "vela"))
ROWS_OF_VELA = [
    {"texto": text, "sentido": sense, "nome": "de cera" if sense == "a" else "do <b> barco"}
    for text, sense in (
        ("acendi a vela no escuro", "a"),
        ("a vela do bolo apagou", "a"),
        ("soprei a vela </script>", "a"),
        ("o barco abriu a vela branca", "b"),
        ("o vento rasgou a vela do navio", "b"),
        ("a vela levou a jangada", "b"),
    )
]


def points(*values: float) -> list[dict]:
    return [{"value": v, "low": max(0, v - 0.1), "high": min(1, v + 0.08)} for v in values]


GROUPS = {
    "todas": {"um": points(0.5, 0.7, 0.9), "dois": points(0.5, 0.6, 0.55)},
    "só as <b>": {"um": points(0.5, 0.52, 0.6), "dois": points(0.5, 0.8, 0.85)},
}
