"""Questions on what a search found in a town's papers: the form in which the course does RAG.

One user message: the question, the numbered pieces, the question again (`llmlib.rag.message`), and the
answer is the bare value with the number of its piece. A decoder reads from left to right: with the question
in front, the pieces are read knowing what is looked for. Pieces are windows of words with the paper's title,
as an index cuts them; beside the right one stand those that share most words with the question, of this town
or of the one before: a search in many documents finds other matters too. Where the right piece is held back,
or nothing in the town answers, "O texto não diz.".
"""

from __future__ import annotations

import random
from collections.abc import Sequence
from dataclasses import dataclass, field, replace
from weakref import WeakKeyDictionary

from builders.corpus.labels import label_town
from builders.corpus.passages import NOT_IN_TEXT
from builders.corpus.town_tables import any_town
from builders.corpus.towns import Asked, Piece, Town, pieces, stems

ROOM = 1350  # characters of a context, about: some 400 tokens
LABELLED = 0.35  # share of towns in which any word may be a label
HELD_BACK = 0.08  # share of questions whose right piece is not shown
FOLLOWED = 0.85  # share of messages after which more is asked of the same pieces
MORE = 6  # most further questions: reading a piece once and asking it often teaches more a token
EACH = 100  # characters of a further question with its answer, about
SIZES = (25, 40, 40, 60, 60, 60, 60, 80)  # words of a piece
COUNTS = (1, 1, 1, 1, 2, 2, 2, 2, 3, 3)  # pieces of a context


def message(question: str, context: Sequence[str], before: bool = True) -> str:
    """The user's message, as `llmlib.rag.message` writes it; without the question before, as it once did."""
    lines = [f"[{n}] {text}" for n, text in enumerate(context, 1)]
    return "\n".join([f"Pergunta: {question}"] * before + ["Contexto:", *lines, f"Pergunta: {question}"])


def _worded(rng: random.Random, asked: Asked) -> str:
    draw = rng.random()
    wordings = (
        asked.keywords if draw < 0.05 and asked.keywords
        else asked.far if draw < 0.58 and asked.far
        else asked.near
    )  # fmt: skip
    text = rng.choice(wordings)
    return text[:1].upper() + text[1:]


def context_for(
    rng: random.Random, every: Sequence[Piece], asked: Asked, question: str, count: int, shown: bool
) -> list[Piece] | None:
    """`count` pieces in the order of a search, with those that the answer needs if it is to be shown."""
    mine = stems(question)
    likeness = {id(p): len(mine & p.stems) + rng.random() * 2 for p in every}
    needed: list[Piece] = []
    if shown:
        for key in asked.keys:
            if any(key in piece.whole for piece in needed):
                continue
            able = [piece for piece in every if key in piece.whole]
            if not able:
                return None
            needed.append(max(able, key=lambda p: likeness[id(p)]))
    rest = [p for p in every if p not in needed and not p.touched & set(asked.keys)]
    rest.sort(key=lambda p: -likeness[id(p)])
    chosen = needed + rest[: max(0, count - len(needed))]
    while len(chosen) > max(1, len(needed)) and sum(len(p.text) for p in chosen) > ROOM:
        chosen.pop()
    if sum(len(p.text) for p in chosen) > ROOM:
        return None
    bonus = 1.5 if shown else 0
    chosen.sort(key=lambda p: -(likeness[id(p)] + bonus * (p in needed) + rng.random() * 2))
    return chosen


def _answered(asked: Asked, context: Sequence[Piece]) -> str:
    """The answer with its piece, or that it is not there."""
    shown = asked.keys and all(any(key in p.whole for p in context) for key in asked.keys)
    if not shown:
        return NOT_IN_TEXT
    place = next(n for n, p in enumerate(context, 1) if asked.keys[-1] in p.whole)
    return f"{asked.answer}. [{place}]"


@dataclass
class _Visit:
    """A town that several conversations in a row are about: drawing one costs more than asking of it."""

    town: Town
    left: int
    before: Town | None = None
    cuts: dict[tuple[int, bool], list[Piece]] = field(default_factory=dict)

    def cut(self, size: int, titled: bool) -> list[Piece]:
        """All papers in pieces of a size; then those of the town before, which answer nothing here."""
        if (size, titled) not in self.cuts:
            own, other = (_cut(town, size, titled) if town else [] for town in (self.town, self.before))
            nothing: frozenset[str] = frozenset()
            self.cuts[size, titled] = own + [replace(p, whole=nothing, touched=nothing) for p in other]
        return self.cuts[size, titled]


def _cut(town: Town, size: int, titled: bool) -> list[Piece]:
    return [p for paper in town.papers for p in pieces(paper, size, (size + 2) // 4, titled)]


_visits: WeakKeyDictionary[random.Random, _Visit] = WeakKeyDictionary()


def _visit(rng: random.Random, split: str) -> _Visit:
    """The town that this generator is in; a new one after some questions."""
    now = _visits.get(rng)
    if now is None or not now.left:
        town = label_town(rng, split) if rng.random() < LABELLED else any_town(rng, split)
        now = _visits[rng] = _Visit(town, rng.randint(4, 12), now and now.town)
    now.left -= 1
    return now


def conversation(rng: random.Random, split: str) -> tuple[list[tuple[str, str]], str]:
    """(message, answer) pairs on the pieces found for a question; the kind of the last."""
    while True:
        visit = _visit(rng, split)
        town, every = visit.town, visit.cut(rng.choice(SIZES), rng.random() < 0.85)
        asked = rng.choice(town.asked)
        question = _worded(rng, asked)
        shown = rng.random() >= HELD_BACK
        count = rng.choice(COUNTS)
        context = context_for(rng, every, asked, question, count, shown)
        if not context:
            continue
        texts = [piece.text for piece in context]
        turns = [(message(question, texts, rng.random() < 0.85), _answered(asked, context))]
        if rng.random() < FOLLOWED:
            facts = {key for p in context for key in p.whole}
            cut = {key for p in context for key in p.touched} - facts
            more = [a for a in town.asked if a is not asked and a.keys and set(a.keys) <= facts]
            more += [a for a in town.asked if a is not asked and not set(a.keys) & (facts | cut)][
                : len(more) // 3 + 1
            ]
            room = (ROOM - len(turns[0][0])) // EACH
            for each in rng.sample(more, max(0, min(len(more), room, rng.randint(2, MORE)))):
                turns.append((_worded(rng, each), _answered(each, context)))
        last = turns[-1][1]
        return turns, "cidade_sem" if last == NOT_IN_TEXT else "cidade"
