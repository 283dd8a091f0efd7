"""What the wordings of all tables share: types, dates, and one of a pool in turn.

In the sentences and questions of `words_*`, {O} {o} {do} {ao} {no} are the noun with its article, {x} without
it; # is the value of a fact (see `model`). Questions come as (near the documents' words, far, keywords).
"""

from __future__ import annotations

import random
from collections.abc import Callable

Asked = tuple[list[str], list[str], str]
Agree = Callable[[str], str]
Row = dict[str, str]
PLANTS = {"bromélia", "ipê", "orquídea", "cipó"}


def elided(sentence: str, agree: Agree, pronoun: bool = False) -> str:
    """A marked sentence that opens with its subject, without it: "Mede #.", with `pronoun` "Ele mede #."."""
    key, _, rest = sentence.partition(": ")
    subject = agree("{O}") + " "
    if not rest.startswith(subject):
        return sentence
    said = rest.removeprefix(subject)
    if pronoun:
        return f"{key}: {'Ele' if subject[0] == 'O' else 'Ela'} {said}"
    return f"{key}: {said[0].upper()}{said[1:]}"


def date(rng: random.Random, first: int, last: int) -> str:
    """A day between two years, as 2024-05-09."""
    return f"{rng.randint(first, last)}-{rng.randint(1, 12):02d}-{rng.randint(1, 28):02d}"


def turn(row: Row, layouts: int, pool: list[str]) -> str:
    """One of a pool, another for each of the documents that share a structure."""
    return pool[int(row["vez"]) // layouts % len(pool)]
