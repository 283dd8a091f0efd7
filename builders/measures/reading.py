"""Reading a context, copying and naming the source: what retrieval-augmented answers need, free-running.

Names are never those of training. Cells: relations trained or held out, times wordings trained or held out;
then the hardest cell by number of facts and by length of the context. Answers are exact, to the end of the
line, with the likeliest token at each step. The same probes serve a base model, which continues "Resposta:",
and an instruct model, which is sent one message (`builders.measures.chat`).
"""

from __future__ import annotations

from collections.abc import Callable, Sequence

from builders.corpus import probes
from builders.corpus.passages import NOT_IN_TEXT
from builders.measures import batch, proportion

ITEMS = 150  # of a cell
FACTS, WORDS = (1, 2, 4, 6, 8), (30, 60, 100, 140)
KINDS = ("trained", "held_out")
Answer = Callable[[Sequence[str], Sequence[int]], list[str]]  # prompts, tokens of room -> first lines


def base(lm: object) -> Answer:
    """How a base model answers: it continues the prompt to the end of the line."""

    def answer(prompts: Sequence[str], room: Sequence[int]) -> list[str]:
        return [t.strip() for t in batch.complete(lm, prompts, room, stop=["\n"])]

    return answer


def message(prompt: str) -> str:
    """A prompt of `probes` as a user would send it: without "Resposta:"."""
    return prompt.removesuffix("\nResposta:")


def chat(lm: object) -> Answer:
    """How an instruct model answers: one message of the user, the whole reply counts."""

    def answer(prompts: Sequence[str], room: Sequence[int]) -> list[str]:
        asked = [[{"role": "user", "content": message(prompt)}] for prompt in prompts]
        return batch.chat(lm, asked, room)

    return answer


def same(text: str, answer: str) -> bool:
    """Equal but for the mark at the end and a capital at the start."""
    one, other = text.strip().rstrip(" ."), answer.strip().rstrip(" .")
    return one == other or one[:1].lower() + one[1:] == other[:1].lower() + other[1:]


def score(lm: object, answer: Answer, pairs: Sequence[tuple[str, str | tuple[str, ...]]]) -> dict:
    """Share of (prompt, right answer or answers) pairs answered exactly."""
    options = [(right,) if isinstance(right, str) else right for _, right in pairs]
    room = [max(len(lm.tokenizer(o)["input_ids"]) for o in each) + 6 for each in options]
    texts = answer([prompt for prompt, _ in pairs], room)
    hits = sum(any(same(text, o) for o in each) for text, each in zip(texts, options, strict=True))
    return proportion(hits, len(pairs))


def found_in(lm: object, answer: Answer, pairs: Sequence[tuple[str, tuple[str, ...]]]) -> dict:
    """Share of answers that hold a right value, whatever else they say."""
    texts = answer([prompt for prompt, _ in pairs], [30] * len(pairs))
    hits = sum(
        any(o.strip(" .").lower() in t.lower() for o in each)
        for t, (_, each) in zip(texts, pairs, strict=True)
    )
    return proportion(hits, len(pairs))


def refused(lm: object, answer: Answer, pairs: Sequence[tuple[str, str]]) -> dict:
    """Share of answerable questions that were wrongly refused."""
    texts = answer([prompt for prompt, _ in pairs], [8] * len(pairs))
    return proportion(sum(same(text, NOT_IN_TEXT) for text in texts), len(pairs))


def measure(lm: object, answer: Answer | None = None, n: int = ITEMS) -> dict:
    """Every share of the module's first lines, by name."""
    answer = answer or base(lm)
    cells = {(r, w): probes.reading(n, 0, r, wordings=w) for r in KINDS for w in KINDS}
    hard, few = {"relations": "held_out", "wordings": "held_out"}, max(4, n // 2)
    by_hand = probes.handwritten()
    return {
        "cells": {f"{r}/{w}": score(lm, answer, pairs) for (r, w), pairs in cells.items()},
        "facts": {str(k): score(lm, answer, probes.reading(few, 1, size=k, **hard)) for k in FACTS},
        "words": {str(k): score(lm, answer, probes.reading(few, 2, words=k, **hard)) for k in WORDS},
        "handwritten": score(lm, answer, by_hand),
        "handwritten_found": found_in(lm, answer, by_hand),
        "stories": score(lm, answer, probes.stories(n, 0)),
        "unanswerable": score(lm, answer, probes.unanswerable(n, 0)),
        "unanswerable_held_out": score(lm, answer, probes.unanswerable(n, 0, "held_out", "held_out")),
        "refused_answerable": refused(lm, answer, cells["held_out", "held_out"]),
        "sources": score(lm, answer, probes.sources(n, 0)),
        "cited": score(lm, answer, probes.cited(n, 0)),
        "copying_sentences": score(lm, answer, probes.copying_sentences(n, 0)),
    }


def copying(lm: object, n: int = ITEMS) -> dict:
    """Share of random sequences said again to their end (base models only: there is no question)."""
    return score(lm, base(lm), probes.copying(n, 0))
