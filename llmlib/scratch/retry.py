"""Trying again: how long to wait before each new attempt, and what many clients who wait do to one server.

A request to a busy service fails for a while and then works. Who tries again at once adds to the crowd; who
waits twice as long each time lets it pass; who also draws the wait keeps a thousand clients from coming back
together. `waits` is that rule, `patient` uses it around any call, and `simulate` lets many clients meet a
server of limited capacity, so that the three rules can be compared. Nothing here knows HTTP: what may be
tried again is given.

Rule: Marc Brooker, "Exponential Backoff And Jitter", AWS Architecture Blog, 2015 (there called full jitter).
"""

from __future__ import annotations

import heapq
import random
import time
from collections.abc import Callable, Iterator
from dataclasses import dataclass

from llmlib.scratch.sampling import uniform

RULES = ("já", "fixa", "exponencial", "sorteada")


def wait(rule: str, attempt: int, base: float, most: float, u: float) -> float:
    """Seconds to wait after the failed attempt number `attempt` (from 0).

    rule: "já" (at once), "fixa" (base), "exponencial" (base, 2·base, 4·base …, at most `most`), "sorteada" (a
    draw between nothing and the exponential wait). u: a number in [0, 1).
    """
    ceiling = min(most, base * 2**attempt)
    return {"já": 0.0, "fixa": base, "exponencial": ceiling, "sorteada": u * ceiling}[rule]


def waits(
    base: float = 0.5, most: float = 8.0, tries: int = 6, draw: Callable = random.random
) -> Iterator[float]:
    """The drawn waits between `tries` attempts: one fewer than there are attempts."""
    for attempt in range(tries - 1):
        yield wait("sorteada", attempt, base, most, draw())


def patient(
    call: Callable[[], object],
    again: Callable[[Exception], bool],
    tries: int = 6,
    base: float = 0.5,
    most: float = 8.0,
    sleep: Callable[[float], None] = time.sleep,
) -> object:
    """What `call()` returns, trying again after each failure that `again` accepts; the last one is raised.

    A failure that carries `retry_after` (seconds, what the server itself asked for) is waited for that long.
    """
    for pause in waits(base, most, tries):
        try:
            return call()
        except Exception as error:
            if not again(error):
                raise
            sleep(max(pause, getattr(error, "retry_after", 0)))
    return call()


# ---- many clients, one server


@dataclass(frozen=True)
class Attempt:
    """One request: whose, when (seconds), and how it ended."""

    client: int
    at: float
    ok: bool


def simulate(
    rule: str,
    clients: int = 12,
    capacity: int = 2,
    down: float = 1.0,
    base: float = 0.2,
    most: float = 3.0,
    tries: int = 10,
    seed: int = 0,
    spread: float = 0.3,
    window: float = 0.1,
    took: float = 0.05,
) -> list[Attempt]:
    """Every attempt, in order of time.

    The clients start within the first `spread` seconds. The server answers nobody before `down`, and after
    that at most `capacity` requests in each `window` of time; every other request fails. A failed client
    learns it `took` seconds later, waits by `rule`, and comes back, up to `tries` times.
    """
    draws = iter(range(10**9))
    draw = lambda: uniform(seed, next(draws))  # noqa: E731
    queue = [(draw() * spread, client, 0) for client in range(clients)]
    heapq.heapify(queue)
    served: dict[int, int] = {}
    log = []
    while queue:
        at, client, attempt = heapq.heappop(queue)
        slot = int(at / window + 1e-9)
        ok = at >= down and served.get(slot, 0) < capacity
        log.append(Attempt(client, at, ok))
        if ok:
            served[slot] = served.get(slot, 0) + 1
        elif attempt + 1 < tries:
            back = at + took + wait(rule, attempt, base, most, draw())
            heapq.heappush(queue, (back, client, attempt + 1))
    return log


def tally(log: list[Attempt], clients: int) -> dict:
    """{requests, failed, answered, last}: when the last client was answered, None if some never were."""
    answered = [a for a in log if a.ok]
    last = max((a.at for a in answered), default=None) if len(answered) == clients else None
    return {"requests": len(log), "failed": len(log) - len(answered), "answered": len(answered), "last": last}
