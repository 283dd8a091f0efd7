"""What the course measures of its models: one idea a module, each a function that returns plain data.

Shares are dicts {hits, n, value, low, high} with a 95 % interval by Wilson (`proportion`). Text is
generated freely, as a user would: temperature 0.7 for open text, greedy where one answer is exact, by
`batch.complete`. `builders.evaluate` chooses which measures fit a model; `builders.card` words them.
"""

from __future__ import annotations

from llmlib.measure import share

TEMPERATURE = 0.7  # of open text, here and in the pages


def proportion(hits: int, total: int) -> dict:
    """{hits, n, value, low, high}: a share with its 95 % interval."""
    value, low, high = share(hits, total)
    return {"hits": int(hits), "n": int(total), "value": value, "low": low, "high": high}


def apart(one: dict, other: dict) -> bool:
    """Whether the intervals of two shares do not touch."""
    return one["low"] > other["high"] or other["low"] > one["high"]
