"""Words and vectors that figures of word vectors are tried on: two clusters, a bridge, and awkward names."""

from __future__ import annotations

import numpy as np

from llmlib.scratch.sampling import uniform

ANIMALS = ("gato", "cachorro", "sapo", "coelho", "pato", "</script>")
PEOPLE = ("menino", "menina", "avó", "padeiro", "padeira", "ela", "ele", "brumista")
WORDS = (*ANIMALS, *PEOPLE, "e", "o", "manga")
GROUPS = {"bichos": ANIMALS, "gente <b>": (*PEOPLE, "não-há")}


def vectors(D: int = 7) -> np.ndarray:
    """(17, D): animals near one corner, people near another, women a step to one side."""
    table = uniform(9, np.arange(len(WORDS) * D, dtype=np.uint64)).reshape(-1, D) - 0.5
    for i, word in enumerate(WORDS):
        table[i, 0] += 2 * (word in ANIMALS)
        table[i, 1] += 2 * (word in PEOPLE)
        table[i, 2] += 1.5 * (word in ("menina", "avó", "padeira", "ela")) - 1.5 * (
            word in ("ele", "brumista")
        )
    return table


def views() -> dict[str, np.ndarray]:
    table = vectors()
    return {"um plano": table[:, :2], "outro plano": table[:, 2:4]}


TEXT = "\n\n".join(
    f"{who} {verb} no {place} . {who} viu {other} ."
    for who in ("gato", "cachorro", "menino", "menina")
    for verb in ("dorme", "come", "corre")
    for place in ("sofá", "quintal")
    for other in ("sapo", "pato")
)
