"""A bare question: a base model goes on with more questions, an instruct model answers."""

from __future__ import annotations

import random
import re

from builders.corpus import questions
from builders.measures import TEMPERATURE, batch, proportion

PROMPTS = 200


def bare(n: int = PROMPTS) -> list[str]:
    """`n` different unseen questions, in order."""
    source, asked = questions.documents(random.Random("avaliação"), "valid"), set()
    while len(asked) < n:
        asked.add(re.search(r"[A-ZÀ-Ü][^.!?]*\?", next(source).text).group())
    return sorted(asked)


def asks_on(text: str) -> bool:
    """Whether the first sentence of a continuation is a question."""
    end = re.search(r"[.!?]", re.sub(r"^\s*\d+\.", "", text))  # "2." numbers the next question
    return bool(end) and end.group() == "?"


def measure(lm: object, n: int = PROMPTS) -> dict:
    """Share of bare questions after which the next sentence is another question."""
    texts = batch.complete(lm, bare(n), 40, TEMPERATURE)
    return proportion(sum(map(asks_on, texts)), n)
