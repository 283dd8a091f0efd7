"""Similarity: sentences that the reader writes, and how much each is like each, by one model or another.

The first sentences are recorded for every model; those that the reader writes are sent to it. Counting words
is there too, made in the figure. It knows cosines, and no model.
"""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence

import numpy as np
import traitlets

from llmlib.widgets import fallback as html
from llmlib.widgets.base import Widget
from llmlib.widgets.several import several
from llmlib.widgets.text_uses import WORDS
from llmlib.widgets.vectors import pack, unpack

MOST = 8  # sentences; twin of SIM_MOST in similarity.js


class Similarity(Widget):
    """A table of cosines between sentences.

    Args:
        sources: models of sentence vectors, the first one chosen (see `TextUses`).
        texts: two to eight sentences. examples: name -> other sentences to open, recorded too.
        titles: how the sources are called, by name.
    """

    name = "similarity"
    texts = traitlets.List(traitlets.Unicode()).tag(sync=True)
    examples = traitlets.Dict().tag(sync=True)
    systems = traitlets.List(traitlets.Dict()).tag(sync=True)  # {key, title}
    recorded = traitlets.List(traitlets.Dict()).tag(sync=True)  # {text, vectors: {key: packed}}

    def __init__(
        self,
        sources: Sequence[Callable[[Sequence[str]], np.ndarray]],
        texts: Sequence[str],
        examples: Mapping[str, Sequence[str]] | None = None,
        titles: Mapping[str, str] | None = None,
    ) -> None:
        if not sources:
            raise ValueError("Passe ao menos um modelo de vetores em sources.")
        examples = {name: list(given) for name, given in (examples or {}).items()}
        for given in (texts, *examples.values()):
            if not 2 <= len(given) <= MOST:
                raise ValueError(f"São de 2 a {MOST} frases; vieram {len(given)}.")
        titles = {"words": WORDS, **(titles or {})}
        asked = list(dict.fromkeys([*texts, *(t for given in examples.values() for t in given)]))
        made = {source.name: source(asked) for source in sources}
        super().__init__(
            compute=several(*sources),
            model_name=sources[0].name,
            texts=list(texts),
            examples=examples,
            systems=[{"key": s.name, "title": titles.get(s.name, s.name)} for s in sources]
            + [{"key": "words", "title": titles["words"]}],
            recorded=[
                {"text": t, "vectors": {key: pack(rows[i : i + 1]) for key, rows in made.items()}}
                for i, t in enumerate(asked)
            ],
        )

    def cosines(self) -> np.ndarray:
        """(N, N) of the first sentences, by the first source."""
        key = self.systems[0]["key"]
        known = {each["text"]: unpack(each["vectors"][key])[0] for each in self.recorded}
        vectors = np.stack([known[text] for text in self.texts])
        return vectors @ vectors.T

    def summary(self) -> str:
        table = self.cosines() - 2 * np.eye(len(self.texts))
        i, j = sorted(divmod(int(table.argmax()), len(table)))
        return (
            f"Das {len(table)} frases, as mais parecidas para o {self.systems[0]['title']} são "
            f"“{self.texts[i]}” e “{self.texts[j]}”: cosseno {html.decimal(float(table[i, j]), 2)}."
        )

    def fallback(self) -> str:
        def cell(x: float) -> str:
            return f"<td>{'−' if x < -0.005 else ''}{html.decimal(abs(float(x)), 2)}</td>"

        rows = "".join(
            f'<tr><th scope="row">{i + 1}. {html.escape(text)}</th>{"".join(map(cell, line))}</tr>'
            for i, (text, line) in enumerate(zip(self.texts, self.cosines(), strict=True))
        )
        head = "".join(f'<th scope="col">{i + 1}</th>' for i in range(len(self.texts)))
        return f"<table><thead><tr><td></td>{head}</tr></thead><tbody>{rows}</tbody></table>"
