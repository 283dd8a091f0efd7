"""SubwordLab: type any word, known or not, and see the pieces that FastText makes its vector of.

It gets the vectors of known words and the table of rows that runs of letters share; the page cuts, hashes and
adds (`subword_lab.js`, the twin of `llmlib.scratch.subwords`). This file checks and squeezes; it trains
nothing.
"""

from __future__ import annotations

from collections.abc import Sequence

import numpy as np
import traitlets

from llmlib.scratch.vectors import nearest, unit
from llmlib.widgets import fallback as html
from llmlib.widgets.base import Widget
from llmlib.widgets.embedding_map import base64_of, checked, squeezed


def composed(word: str, table: np.ndarray) -> np.ndarray:
    """As `llmlib.scratch.subwords.composed` (which imports torch), for a word of no vector of its own."""
    from llmlib.scratch import subwords  # only where a figure is made

    return subwords.composed(word, table)


class SubwordLab(Widget):
    """A word that the reader types, its runs of letters, and the known words nearest to what they add up to.

    Args:
        words: V known words.
        vectors: (V, D), theirs, each composed of its pieces.
        table: (buckets, D), the rows that runs of letters share.
        word: what stands in the field at first.
        examples: other words to try.
    """

    name = "subword-lab"
    words = traitlets.List(traitlets.Unicode()).tag(sync=True)
    vectors = traitlets.Dict().tag(sync=True)
    table = traitlets.Dict().tag(sync=True)
    word = traitlets.Unicode().tag(sync=True)
    examples = traitlets.List(traitlets.Unicode()).tag(sync=True)

    def __init__(
        self,
        words: Sequence[str],
        vectors: np.ndarray,
        table: np.ndarray,
        word: str,
        examples: Sequence[str] = (),
    ) -> None:
        words, vectors = checked(words, vectors)
        table = np.asarray(table, dtype=np.float64)
        if table.ndim != 2 or table.shape[1] != vectors.shape[1] or not np.isfinite(table).all():
            raise ValueError(
                f"A tabela deveria ter {vectors.shape[1]} números por linha, como os vetores; "
                f"é {table.shape}."
            )
        # one scale for all rows: they are added to each other
        whole = np.rint(table / max(np.abs(table).max(), 1e-12) * 127).astype(np.int8)
        super().__init__(
            words=words,
            vectors=squeezed(vectors),
            table={"shape": list(table.shape), "data": base64_of(whole)},
            word=word,
            examples=list(examples),
        )
        found = [(w, x) for w, x in nearest(unit(vectors), composed(word, table), 7) if words[w] != word]
        self._near = [(words[i], x) for i, x in found[:6]]

    def summary(self) -> str:
        known = "está" if self.word in self.words else "não está"
        near = ", ".join(f"“{w}”" for w, _ in self._near[:3])
        return f"“{self.word}” {known} no vocabulário; pelos seus pedaços, fica perto de {near}."

    def fallback(self) -> str:
        rows = "".join(
            f"<tr><td>{html.escape(w)}</td><td>{html.decimal(x, 2)}</td></tr>" for w, x in self._near
        )
        return (
            f'{html.line(self.word)}<p class="llm-best">{html.escape(self.summary())}</p>'
            f"<table><thead><tr><th>Vizinha</th><th>Cosseno</th></tr></thead><tbody>{rows}</tbody></table>"
        )
