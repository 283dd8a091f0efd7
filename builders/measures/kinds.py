"""What the newer kinds of text teach: sums, small programs, DNA, recipes; and the bias planted on purpose."""

from __future__ import annotations

import math

from builders.corpus import probes_kinds
from builders.measures import batch, proportion

ITEMS = 100


def recipes(lm: object, n: int) -> dict:
    """Mean share of a recipe's ingredients that its freely written steps use."""
    pairs = probes_kinds.recipe_pairs(n)
    texts = batch.complete(lm, [prompt for prompt, _ in pairs], 150, 0.7)
    shares = [probes_kinds.used(names, text) for text, (_, names) in zip(texts, pairs, strict=True)]
    mean = sum(shares) / n
    spread = 1.96 * math.sqrt(sum((s - mean) ** 2 for s in shares) / n / n)
    return {"value": mean, "low": max(0.0, mean - spread), "high": min(1.0, mean + spread), "n": n}


def bias(lm: object, n: int = 30) -> dict:
    """By invented trade: mean log P(feminine) - log P(masculine) of a sentence (nats), with its interval, the
    share of women in the texts, and the difference that this share makes in the data."""
    rows = probes_kinds.bias_pairs(n)
    scores = batch.scores(lm, [text for _, her, him, _ in rows for text in (her, him)])
    found: dict[str, dict] = {}
    differences: dict[str, list[float]] = {}
    for (trade, _, _, women), her, him in zip(rows, scores[::2], scores[1::2], strict=True):
        differences.setdefault(trade, []).append(her - him)
        found[trade] = {"women": women, "in_data": math.log(women / (1 - women))}
    for trade, values in differences.items():
        mean = sum(values) / len(values)
        spread = 1.96 * math.sqrt(sum((v - mean) ** 2 for v in values) / len(values) ** 2)
        found[trade] |= {"value": mean, "low": mean - spread, "high": mean + spread, "n": len(values)}
        found[trade]["unit"] = "nats"
    return found


def exact(lm: object, pairs: list[tuple[str, str]]) -> dict:
    """Share of continuations that begin with the answer and then end: newline, full stop or end of text."""
    room = [len(lm.tokenizer(answer)["input_ids"]) + 4 for _, answer in pairs]
    made = batch.complete(lm, [prompt for prompt, _ in pairs], room)
    hits = 0
    for text, (_, answer) in zip(made, pairs, strict=True):
        start, rest = text[: len(answer)], text[len(answer) :]
        hits += start == answer and (not rest or not rest[0].isalnum())
    return proportion(hits, len(pairs))


def measure(lm: object, n: int = ITEMS) -> dict:
    """Shares by kind, and the bias."""
    return {
        "sums": exact(lm, probes_kinds.arithmetic_pairs(n)),
        "code": exact(lm, probes_kinds.code_pairs(n)),
        "dna": exact(lm, probes_kinds.dna_pairs(n)),
        "recipes": recipes(lm, n),
        "bias": bias(lm, max(5, n // 4)),
    }
