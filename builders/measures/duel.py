"""Who answers better, by the known truth: two chat models on the same unseen messages, at temperature 0.7.

A model wins where its reply is right and the other's is not. Where both are right or both wrong nobody wins;
the win rate is over the decided ones, with its interval.
"""

from __future__ import annotations

import random
from itertools import islice

from builders.corpus import instructions
from builders.measures import TEMPERATURE, batch, proportion

CONVERSATIONS = 400


def compare(right: list[bool], other_right: list[bool]) -> dict:
    """{wins, losses, ties, rate: share of the decided ones, or None, right, other_right}."""
    wins = sum(a and not b for a, b in zip(right, other_right, strict=True))
    losses = sum(b and not a for a, b in zip(right, other_right, strict=True))
    n = len(right)
    return {
        "wins": wins,
        "losses": losses,
        "ties": n - wins - losses,
        "rate": proportion(wins, wins + losses) if wins + losses else None,
        "right": proportion(sum(right), n),
        "other_right": proportion(sum(other_right), n),
    }


def measure(lm: object, other: object, n: int = CONVERSATIONS) -> dict:
    """`compare` of `lm` against `other`, in the shares of the instruction data."""
    asked = list(islice(instructions.documents(random.Random("duelo"), "valid"), n))
    results = []
    for model in (lm, other):
        texts = batch.chat(model, [c.prompt for c in asked], 160, temperature=TEMPERATURE)
        results.append([instructions.right(c, text) for c, text in zip(asked, texts, strict=True)])
    return compare(*results)
