"""Searches on pieces of notices: a question, a situation or keywords, and the piece that answers.

The notices are those that `registers` writes. In a batch, near misses are other pieces of the same notice and
pieces of another notice of its sort, about another thing. It is what a search model learns beside `chunks`,
whose documents are shorter of wordings; questions with their answers are in `instructions.filed`.
"""

from __future__ import annotations

import random

from builders.corpus.invented import cap
from builders.corpus.registers import Fact, Piece, Record, Sort, joined, record, sorts, title, worded, write

Search = tuple[str, str, tuple[str, ...]]  # query, text, key


def _query(rng: random.Random, split: str, fact: Fact) -> str:
    """Half of the time in other words than those of the notice."""
    each, draw = fact.field, rng.random()
    if draw < 0.35:
        lines = worded(each.questions, each.name, "questions", split)
    elif draw < 0.85 or not each.keywords:
        lines = worded(each.situations, each.name, "situations", split)
    else:
        lines = each.keywords
    return cap(fact.said(rng.choice(lines)[0]))


def _cut(rng: random.Random, pieces: list[Piece]) -> list[list[Piece]]:
    """A notice in two, where both halves state something."""
    stated = [i for i, (_, facts) in enumerate(pieces) if facts]
    if len(stated) < 3:
        return [pieces]
    at = rng.choice(stated[1:-1])
    return [pieces[:at], pieces[at:]]


def _searches(rng: random.Random, split: str, made: Record) -> list[Search]:
    """The pieces of a notice, each with a query that only it answers."""
    head, found = title(rng, made), []
    if made.subject.text.lower() not in head.lower():
        head = f"{head}: {made.subject.text}"
    for part in _cut(rng, write(rng, split, made)):
        text, stated = joined(part), [fact for _, facts in part for fact in facts]
        if rng.random() < 0.8 or made.subject.text.lower() not in text.lower():
            text = f"{head}. {text}"
        fact = rng.choice(stated)
        found.append((_query(rng, split, fact), text, (fact.field.name, made.subject.text)))
    return found


def _sort(rng: random.Random) -> Sort:
    return rng.choice([each for each in sorts() if len(each.fields) > 3])


def batch(rng: random.Random, split: str, families: int) -> list[Search]:
    """Two notices a family, of one sort and mostly on the same fields; some four searches each family."""
    found: list[Search] = []
    for _ in range(families):
        sort = _sort(rng)
        first = record(rng, split, sort, rng.randint(3, 6))
        fields = [fact.field for fact in first.facts] if rng.random() < 0.7 else None
        second = record(rng, split, sort, rng.randint(3, 6), fields)
        if first.subject.text == second.subject.text:
            continue
        found += _searches(rng, split, first) + _searches(rng, split, second)
    return found
