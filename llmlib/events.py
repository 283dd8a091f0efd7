"""Answers that come in pieces: a generator yields events and, at its end, returns the result.

Knows nothing of what the events say.
"""

from __future__ import annotations

from collections.abc import Generator


def finished(answer: Generator[dict, None, dict]) -> tuple[list[dict], dict]:
    """What `compute` answered, run to its end: (events, result)."""
    events = []
    while True:
        try:
            events.append(next(answer))
        except StopIteration as end:
            return events, end.value
