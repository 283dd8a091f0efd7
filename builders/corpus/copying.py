"""Sequences of random words said again: what makes a model form induction heads.

Nothing here means anything: the second time can only be told by looking back at the first, which is why
everything after the first time is marked as the answer.
"""

from __future__ import annotations

import random
from collections.abc import Iterator

from builders.corpus import Document
from builders.corpus.invented import proper, word
from builders.corpus.values import noun

COMMON = (
    "objeto",
    "fruta",
    "bicho",
    "comida",
    "cor",
    "material",
    "profissao",
    "instrumento",
    "planta",
    "dia",
    "mes",
)


def _item(rng: random.Random, split: str, style: str) -> str:
    if style == "mistura":
        style = rng.choice(("inventada", "comum", "numero"))
    if style == "inventada":
        return word(rng, split)
    if style == "nome":
        return proper(rng, split)
    if style == "numero":
        return str(rng.randint(0, 999))
    return noun(rng, split, rng.choice(COMMON)).text.split()[0]


def sequence(rng: random.Random, split: str) -> tuple[str, int]:
    """A repeated sequence, and the character at which its second time begins."""
    style = rng.choice(
        ("inventada", "inventada", "inventada", "comum", "nome", "mistura", "numero", "silabas")
    )
    length = rng.choice((3, 4, 5, 6, 8, 10, 14, 20))
    times = rng.randint(2, 4 if length < 10 else 2)
    if style == "silabas":
        letters = "".join(rng.choice("abcdefghijlmnopqrstuvxz") + rng.choice("aeiou") for _ in range(length))
        items = [letters[i : i + 2] for i in range(0, len(letters), 2)]
    else:
        items = [_item(rng, split, style) for _ in range(length)]
    inner = rng.choice((" ", " ", " ", ", ", "\n", " - "))
    outer = inner if inner != ", " else rng.choice((", ", ". ", "; "))
    outer = rng.choice((outer, outer, "\n", " … ")) if inner != "\n" else "\n"
    once = inner.join(items)
    return outer.join([once] * times), len(once) + len(outer)


def documents(rng: random.Random, split: str) -> Iterator[Document]:
    """Endless repeated sequences; the answer is everything from the second time on."""
    while True:
        text, start = sequence(rng, split)
        yield Document("copia", text, ((start, len(text)),))
