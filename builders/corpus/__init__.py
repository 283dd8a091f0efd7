"""The closed world the course's models are trained on: tables in `data/corpus`, text made from them.

This file only holds `Document`, the one type every schema module yields. Each schema module has
`documents(rng, split)`, an endless iterator, deterministic for a given `random.Random`.
"""

from dataclasses import dataclass


@dataclass(frozen=True)
class Document:
    """One training text.

    kind: "historia", "dialogo", "descricao", "perguntas", "fatos", "leitura", "copia" …
    text: plain text, paragraphs separated by a newline.
    answers: character spans [start, end) of `text` whose loss is weighted more.
    """

    kind: str
    text: str
    answers: tuple[tuple[int, int], ...] = ()
