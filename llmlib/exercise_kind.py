"""What an exercise of code is: its solution, the cases on which an answer must agree with it, and a hint."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass


@dataclass(frozen=True)
class Exercise:
    """`cases`: makers of fresh arguments, so that an answer that changes its input spoils no other case."""

    solution: Callable
    cases: tuple[Callable[[], tuple], ...]
    hint: str
