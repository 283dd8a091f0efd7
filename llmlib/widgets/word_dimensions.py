"""WordDimensions: the words at the two ends of each number of a vector, and a turn of all vectors at once.

A turn (a random rotation) changes every number of every vector and no product between two of them: the
neighbours stay, the ends of each number change. The page turns (`word_dimensions.js`); this file checks.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence

import numpy as np
import traitlets

from llmlib.scratch.vectors import nearest, unit
from llmlib.widgets import fallback as html
from llmlib.widgets.base import Widget
from llmlib.widgets.embedding_map import MOST_GROUPS, checked, squeezed

ENDS = 8  # words at each end


class WordDimensions(Widget):
    """One number of the vectors at a time: which words have the most of it, and which the least.

    Args:
        words: V words.
        vectors: (V, D).
        groups: name -> words, at most 7: told apart by sign and tone.
        word: whose neighbours stand beside it.
        at: the number shown first, from 1 to D.
    """

    name = "word-dimensions"
    words = traitlets.List(traitlets.Unicode()).tag(sync=True)
    vectors = traitlets.Dict().tag(sync=True)
    groups = traitlets.List(traitlets.Dict()).tag(sync=True)
    word = traitlets.Unicode().tag(sync=True)
    at = traitlets.Int(1).tag(sync=True)

    def __init__(
        self,
        words: Sequence[str],
        vectors: np.ndarray,
        groups: Mapping[str, Sequence[str]],
        word: str,
        at: int = 1,
    ) -> None:
        words, vectors = checked(words, vectors)
        number = {each: i for i, each in enumerate(words)}
        if len(groups) > MOST_GROUPS:
            raise ValueError(f"Cabem {MOST_GROUPS} grupos, e vieram {len(groups)}.")
        if word not in number:
            raise ValueError(f"“{word}” não está entre as {len(words)} palavras.")
        if not 1 <= at <= vectors.shape[1]:
            raise ValueError(f"Os números de um vetor vão de 1 a {vectors.shape[1]}; veio {at}.")
        self._unit = unit(vectors)
        super().__init__(
            words=words,
            vectors=squeezed(vectors),
            groups=[
                {"name": name, "ids": [number[each] for each in members if each in number]}
                for name, members in groups.items()
            ],
            word=word,
            at=at,
        )

    def ends(self, at: int) -> tuple[list[str], list[str]]:
        """Words with the most and with the least of number `at` (from 1), of vectors of length 1."""
        order = np.argsort(-self._unit[:, at - 1], kind="stable")
        return [self.words[i] for i in order[:ENDS]], [self.words[i] for i in order[::-1][:ENDS]]

    def summary(self) -> str:
        most, least = self.ends(self.at)
        return (
            f"No número {self.at} dos vetores, os maiores valores são de {', '.join(most[:4])}; "
            f"os menores, de {', '.join(least[:4])}."
        )

    def fallback(self) -> str:
        rows = "".join(
            f"<tr><td>{at}</td><td>{html.escape(', '.join(self.ends(at)[0][:5]))}</td>"
            f"<td>{html.escape(', '.join(self.ends(at)[1][:5]))}</td></tr>"
            for at in range(1, min(7, self._unit.shape[1] + 1))
        )
        n = self.words.index(self.word)
        near = ", ".join(self.words[i] for i, _ in nearest(self._unit, self._unit[n], 5, (n,)))
        return (
            f"<p>{html.escape(self.summary())}</p><table><thead><tr><th>Número</th><th>Mais</th><th>Menos</th>"
            f"</tr></thead><tbody>{rows}</tbody></table>"
            f"<p>Vizinhos de {html.escape(self.word)}: {html.escape(near)}.</p>"
        )
