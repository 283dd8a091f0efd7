"""EmbeddingMap: a map of word vectors to walk in: neighbours, arithmetic on words, an axis between words.

It gets vectors and flat pictures of them, made elsewhere; the page does the products of vectors by itself
(`embedding_map.space.js`, the twin of `llmlib.scratch.vectors`), so nothing has to be loaded or asked. This
file checks, and squeezes each row into whole numbers of 8 bits. It trains nothing and projects nothing.
"""

from __future__ import annotations

import base64
from collections.abc import Mapping, Sequence

import numpy as np
import traitlets

from llmlib.scratch.vectors import along, analogy, axis, nearest, unit
from llmlib.widgets import fallback as html
from llmlib.widgets.base import Widget

MODES = ("vizinhos", "analogia", "eixo")
MOST_GROUPS = 7  # signs and tones of the figure


def base64_of(array: np.ndarray) -> str:
    return base64.b64encode(np.ascontiguousarray(array).tobytes()).decode("ascii")


def squeezed(vectors: np.ndarray) -> dict:
    """Directions of rows in int8: {shape, data}. The longest number of each row becomes 127."""
    vectors = np.asarray(vectors, dtype=np.float64)
    top = np.maximum(np.abs(vectors).max(1, keepdims=True), 1e-12)
    return {"shape": list(vectors.shape), "data": base64_of(np.rint(vectors / top * 127).astype(np.int8))}


def places(points: np.ndarray) -> str:
    """(V, 2) as int16, the farthest number at 32,000."""
    points = np.asarray(points, dtype=np.float64)
    points = points - (points.max(0) + points.min(0)) / 2
    return base64_of(np.rint(points / max(np.abs(points).max(), 1e-12) * 32_000).astype("<i2"))


def checked(words: Sequence[str], vectors: np.ndarray) -> tuple[list[str], np.ndarray]:
    """Words and their (V, D) vectors, or a ValueError that says what is wrong with them."""
    words, vectors = [str(word) for word in words], np.asarray(vectors, dtype=np.float64)
    if vectors.ndim != 2 or len(vectors) != len(words) or len(words) < 3:
        raise ValueError(
            f"São precisas ao menos 3 palavras, com um vetor cada uma; vieram {len(words)} e {vectors.shape}."
        )
    if not np.isfinite(vectors).all():
        raise ValueError("Há vetores com valores que não são números.")
    if len(set(words)) != len(words):
        raise ValueError("Há palavras repetidas na lista.")
    return words, vectors


class EmbeddingMap(Widget):
    """Words on a plane, and what their vectors, which have more numbers than a plane, say of them.

    Args:
        words: V words, the most important first: those get their name written first.
        vectors: (V, D), in the same order.
        views: label -> (V, 2), the flat pictures that the reader can choose, the first one first.
        groups: name -> words, at most 7, told apart by sign and tone; words that are not there are skipped.
        word: whose neighbours are shown at first.
        analogy: three words, "a is to b as c is to".
        pairs: of the axis: from the mean of the first words to the mean of the second ones.
        marks: words whose names are always written.
        counts: (V,) how often each word occurred: the height in the picture of the axis.
        mode: "vizinhos", "analogia" or "eixo": which of the three is open.
    """

    name = "embedding-map"
    words = traitlets.List(traitlets.Unicode()).tag(sync=True)
    vectors = traitlets.Dict().tag(sync=True)
    views = traitlets.List(traitlets.Dict()).tag(sync=True)  # [{label, places}]
    groups = traitlets.List(traitlets.Dict()).tag(sync=True)  # [{name, ids}]
    heights = traitlets.List(traitlets.Float()).tag(sync=True)  # log10 of the counts
    word = traitlets.Unicode().tag(sync=True)
    analogy = traitlets.List(traitlets.Unicode()).tag(sync=True)
    pairs = traitlets.List(traitlets.List(traitlets.Unicode())).tag(sync=True)
    marks = traitlets.List(traitlets.Unicode()).tag(sync=True)
    mode = traitlets.Enum(MODES, "vizinhos").tag(sync=True)

    def __init__(
        self,
        words: Sequence[str],
        vectors: np.ndarray,
        views: Mapping[str, np.ndarray],
        groups: Mapping[str, Sequence[str]] | None = None,
        word: str = "",
        analogy: Sequence[str] = (),
        pairs: Sequence[Sequence[str]] = (),
        marks: Sequence[str] = (),
        counts: Sequence[int] | None = None,
        mode: str = "vizinhos",
    ) -> None:
        words, vectors = checked(words, vectors)
        number = {each: i for i, each in enumerate(words)}
        if mode not in MODES:
            raise ValueError(f"mode é um de {', '.join(MODES)}; veio {mode!r}.")
        if groups is not None and len(groups) > MOST_GROUPS:
            raise ValueError(f"Cabem {MOST_GROUPS} grupos, e vieram {len(groups)}.")
        if not views or any(np.asarray(each).shape != (len(words), 2) for each in views.values()):
            raise ValueError(f"views precisa de ao menos uma vista, cada uma com ({len(words)}, 2) números.")
        word, analogy = word or words[0], list(analogy) or words[:3]
        pairs = [list(pair) for pair in pairs] or [words[:2]]
        asked = [word, *analogy, *marks, *(each for pair in pairs for each in pair)]
        if missing := [each for each in asked if each not in number]:
            raise ValueError(f"“{missing[0]}” não está entre as {len(words)} palavras do mapa.")
        if len(analogy) != 3 or any(len(pair) != 2 for pair in pairs):
            raise ValueError("Uma analogia tem três palavras, e cada par do eixo, duas.")
        heights = np.log10(np.maximum(counts, 1)) if counts is not None else np.zeros(len(words))
        super().__init__(
            words=words,
            vectors=squeezed(vectors),
            views=[{"label": label, "places": places(each)} for label, each in views.items()],
            groups=[
                {"name": name, "ids": [number[each] for each in members if each in number]}
                for name, members in (groups or {}).items()
            ],
            heights=[round(float(x), 3) for x in heights],
            word=word,
            analogy=analogy,
            pairs=pairs,
            marks=list(marks),
            mode=mode,
        )
        self._unit, self._number = unit(vectors), number

    def message(self) -> tuple[str, list[tuple[str, float]]]:
        """What the open part shows: a sentence, and words with their cosines."""
        n = self._number
        if self.mode == "analogia":
            a, b, c = self.analogy
            found = analogy(self._unit, n[a], n[b], n[c], 5)
            said = f"“{a}” está para “{b}” assim como “{c}” está para “{self.words[found[0][0]]}”"
        elif self.mode == "eixo":
            direction = axis(self._unit, [(n[a], n[b]) for a, b in self.pairs])
            shown = self.marks or [each for pair in self.pairs for each in pair]
            stands = along(self._unit[[n[w] for w in shown]], direction)
            found = sorted(((n[w], float(x)) for w, x in zip(shown, stands, strict=True)), key=lambda x: x[1])
            first, last = (self.words[found[i][0]] for i in (0, -1))
            of, to = self.pairs[0]
            said = f"No eixo de “{of}” a “{to}”, “{first}” fica mais perto do começo, e “{last}”, do fim"
        else:
            at = n[self.word]
            found = nearest(self._unit, self._unit[at], 8, (at,))
            said = f"As palavras de vetor mais parecido com o de “{self.word}” são " + ", ".join(
                f"“{self.words[i]}”" for i, _ in found[:4]
            )
        return f"{said}.", [(self.words[i], x) for i, x in found]

    def summary(self) -> str:
        return self.message()[0]

    def fallback(self) -> str:
        said, found = self.message()
        rows = "".join(f"<tr><td>{html.escape(w)}</td><td>{html.decimal(x, 2)}</td></tr>" for w, x in found)
        return (
            f'<p class="llm-best">{html.escape(said)}</p>{self._picture()}'
            f"<table><thead><tr><th>Palavra</th><th>Cosseno</th></tr></thead><tbody>{rows}</tbody></table>"
        )

    def _picture(self) -> str:
        """The first view as a still picture: a dot a word of a group, and a few names."""
        at = np.frombuffer(base64.b64decode(self.views[0]["places"]), dtype="<i2").reshape(-1, 2) / 32_000
        width, height = 640, 420
        top = np.maximum(np.abs(at).max(0), 1e-9)
        x, y = (
            width / 2 + at[:, 0] / top[0] * (width / 2 - 60),
            height / 2 - at[:, 1] / top[1] * (height / 2 - 20),
        )
        grouped = [i for group in self.groups for i in group["ids"]]
        chosen = (grouped or list(range(len(self.words))))[:: max(1, len(grouped or self.words) // 300)]
        dots = "".join(f"M{x[i]:.0f} {y[i]:.0f}h0" for i in chosen)
        named = sorted(
            {*self._number_of(self.marks), self._number[self.word], *chosen[:: max(1, len(chosen) // 24)]}
        )
        label = '<text x="{:.0f}" y="{:.0f}" fill="currentColor">{}</text>'
        names = "".join(label.format(x[i] + 5, y[i] + 4, html.escape(self.words[i])) for i in named)
        look = 'stroke="var(--llm-muted)" stroke-width="4" stroke-linecap="round" fill="none"'
        return (
            f'<svg viewBox="0 0 {width} {height}" role="img" aria-label="Mapa das palavras" font-size="12">'
            f'<path d="{dots}" {look}/>{names}</svg>'
        )

    def _number_of(self, words: Sequence[str]) -> list[int]:
        return [self._number[word] for word in words]
