"""Documents of towns that do not exist, with questions: what reading and searching are trained on.

A `Town` is a few papers, the spans of them that state a fact, and questions with their answers. `theme_town`
draws one from the themes written by hand (`themes`); `town_tables` makes others out of tables. `pieces` cuts
papers as an index does. How they are asked about is decided in `instructions.towned` and `town_searches`.
"""

from __future__ import annotations

import random
import re
from dataclasses import dataclass

from builders.corpus import themes
from llmlib.rag import flat
from llmlib.scratch.retrieval import windows


@dataclass(frozen=True)
class Paper:
    """A document. `stated`: (fact, start, end) of each span of the text that states one."""

    title: str
    text: str
    stated: tuple[tuple[str, int, int], ...]


@dataclass(frozen=True)
class Asked:
    """A question in several wordings: with the words of the papers, with others, in key words.

    keys: the facts that it needs, in order; none: nothing answers it.
    """

    near: tuple[str, ...]
    far: tuple[str, ...]
    keywords: tuple[str, ...]
    keys: tuple[str, ...]
    answer: str = ""


@dataclass(frozen=True)
class Town:
    """Papers and what can be asked of them."""

    papers: tuple[Paper, ...]
    asked: tuple[Asked, ...]


def theme_town(rng: random.Random, split: str, number: int | None = None, held: bool = False) -> Town:
    """One theme, its names and values drawn anew; `held`: one that no training reads."""
    every = themes.themes(held)
    made = themes.draw(rng, split, every[number] if number is not None else rng.choice(every))
    papers, name = [], made.theme.name
    for told in made.papers:
        at, stated = 0, []
        for text, key in told.pieces:
            if key:
                stated.append((key, at, at + len(text)))
            at += len(text)
        papers.append(Paper(told.title, told.text, tuple(stated)))

    def said(wordings: list[str], key: str) -> tuple[str, ...]:
        return tuple(made.said(each) for each in themes.worded(wordings, name, key, split))

    asked = [
        Asked(said(f.direct, f.key), said(f.other, f.key + "~"), said(f.keywords, f.key + "^"), (f.key,),
              made.values[f.key])
        for f in made.theme.facts.values()
    ]  # fmt: skip
    asked += [
        Asked(tuple(map(made.said, wordings)), (), (), (first, second), made.values[second])
        for first, second, wordings in made.theme.chained
    ]
    asked += [Asked(tuple(map(made.said, wordings)), (), (), ()) for wordings in made.theme.unsaid]
    return Town(tuple(papers), tuple(asked))


@dataclass(frozen=True)
class Piece:
    """A window of a paper: as the model reads it, the facts that it states whole, and those it cuts."""

    text: str
    whole: frozenset[str]
    touched: frozenset[str]
    stems: frozenset[str]


def stems(text: str) -> frozenset[str]:
    """Beginnings of the words that count, to tell which pieces resemble a question."""
    return frozenset(word[:5] for word in re.findall(r"\w+", text.lower()) if len(word) > 3)


def pieces(paper: Paper, size: int, overlap: int, titled: bool) -> list[Piece]:
    """The windows of a paper, as an index cuts them: `size` words, `overlap` shared with the next."""
    found = []
    for start, end in windows(paper.text, size, overlap):
        text = flat(paper.text[start:end])
        if titled:
            text = flat(paper.title).rstrip(".") + (":\n" if text[:1] == "|" else ". ") + text
        whole = frozenset(key for key, a, b in paper.stated if start <= a and b <= end)
        touched = frozenset(key for key, a, b in paper.stated if a < end and start < b)
        found.append(Piece(text, whole, touched, stems(text)))
    return found
