"""Facts of the tables asked of a base model: asked in training, only stated there, or never there."""

from __future__ import annotations

from builders.corpus import probes
from builders.measures import batch, proportion

FACTS = 200
KINDS = ("seen", "stated", "held_out")


def right(text: str, answer: str) -> bool:
    """Whether the first line of a continuation is the answer, and nothing more."""
    return text.strip().split("\n")[0].strip(" .") == answer.strip(" .")


def answers(lm: object, pairs: list[probes.Probe]) -> dict:
    """Share of (prompt, answer) pairs answered exactly, greedily, to the end of the line."""
    room = [len(lm.tokenizer(answer)["input_ids"]) + 4 for _, answer in pairs]
    texts = batch.complete(lm, [prompt for prompt, _ in pairs], room, stop=["\n"])
    hits = sum(right(text, answer) for text, (_, answer) in zip(texts, pairs, strict=True))
    return proportion(hits, len(pairs))


def measure(lm: object, n: int = FACTS) -> dict:
    """Shares by kind of fact."""
    return {kind: answers(lm, probes.facts(n, 0, kind)) for kind in KINDS}
