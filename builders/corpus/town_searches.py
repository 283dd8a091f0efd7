"""Searches on the papers of invented towns, and the piece that answers: what a search model learns.

In a batch, near misses are the other pieces of the same town, which speak of the same things. `judged` is for
a model that reads a search and a piece together: does this piece answer? Questions on what a search found are
in `instructions.towned`.
"""

from __future__ import annotations

import random
from collections import Counter

from builders.corpus.town_tables import any_town
from builders.corpus.towns import Asked, Town, pieces, stems

Search = tuple[str, str, tuple[str, ...]]  # query, text, key


def _query(rng: random.Random, asked: Asked) -> str:
    """Mostly in other words than those of the paper."""
    draw = rng.random()
    wordings = (
        asked.keywords
        if draw > 0.88 and asked.keywords
        else asked.far
        if draw > 0.3 and asked.far
        else asked.near
    )
    text = rng.choice(wordings)
    return text[:1].upper() + text[1:]


def _searches(rng: random.Random, town: Town, mark: str, most: int) -> list[Search]:
    """Pieces of a town that do not overlap, each with a query on a fact that no other piece states."""
    size, titled = rng.choice((30, 45, 60, 60, 60, 80)), rng.random() < 0.85
    cut = [piece for paper in town.papers for piece in pieces(paper, size, 0, titled)]
    told = Counter(key for piece in cut for key in piece.touched)
    asked = {a.keys[0]: a for a in town.asked if len(a.keys) == 1}
    found = []
    for piece in cut:
        alone = sorted(key for key in piece.whole if told[key] == 1 and key in asked)
        if alone:
            key = rng.choice(alone)
            found.append((_query(rng, asked[key]), piece.text, (mark, key)))
    rng.shuffle(found)
    return found[:most]


def batch(rng: random.Random, split: str, families: int) -> list[Search]:
    """Some four searches a family: two families a town."""
    found: list[Search] = []
    for i in range((families + 1) // 2):
        found += _searches(rng, any_town(rng, split), str(i), 8)
    return found


def judged(rng: random.Random, split: str, searches: int, wrong: int) -> list[tuple[str, list[str], int]]:
    """`searches` on one town: the query, pieces, and how many of them, the first, hold what it asks.

    None does where nothing in the town answers, or where the piece that does is held back. The others share
    the most words with the query, or were drawn.
    """
    town = any_town(rng, split)
    size, titled = rng.choice((30, 45, 60, 60, 60, 60, 80)), rng.random() < 0.85
    cut = [piece for paper in town.papers for piece in pieces(paper, size, size // 4, titled)]
    found = []
    for asked in rng.sample(town.asked, min(searches, len(town.asked))):
        query, keys = _query(rng, asked), set(asked.keys)
        right = [piece for piece in cut if keys & piece.whole]
        right = [rng.choice(right)] if right and rng.random() < 0.92 else []
        mine, rest = stems(query), [piece for piece in cut if not keys & piece.touched]
        likeness = {id(piece): len(mine & piece.stems) + rng.random() * 2 for piece in rest}
        rest.sort(key=lambda piece: -likeness[id(piece)])
        near = rng.sample(rest[: 2 * wrong], min(wrong, len(rest)))
        if right or near:
            found.append((query, [piece.text for piece in right + near], len(right)))
    return found
