"""How well a model predicts a text, and how sure we are of it: perplexity, and its interval by bootstrap.

Works on arrays of probabilities that any model gave; knows no model. What is resampled is the document,
because tokens of one document are not independent.
"""

from __future__ import annotations

from collections.abc import Callable, Iterable, Sequence
from typing import NamedTuple

import numpy as np


class Estimate(NamedTuple):
    """A measured value and the ends of its 95 % interval."""

    value: float
    low: float
    high: float


def surprise(logits: np.ndarray, ids: Sequence[int]) -> np.ndarray:
    """Minus the log (nats) of the probability that each token got from the logits before it.

    logits: (T, V), where row t scores token t + 1. ids: T integers. Returns (T - 1,) float64.
    """
    scores = np.asarray(logits, dtype=np.float64)[:-1]  # (T-1, V)
    top = scores.max(axis=1, keepdims=True)
    logsum = top[:, 0] + np.log(np.exp(scores - top).sum(axis=1))  # (T-1,)
    return logsum - scores[np.arange(len(scores)), np.asarray(ids)[1:]]


def perplexity(surprises: Sequence[np.ndarray]) -> float:
    """exp of the mean surprise over all tokens: among how many equal choices the model hesitates."""
    total = sum(float(np.sum(each)) for each in surprises)
    count = sum(len(each) for each in surprises)
    if count == 0:
        raise ValueError("Sem nenhum token não há perplexidade: passe ao menos um documento com dois tokens.")
    return float(np.exp(total / count))


def bootstrap(
    documents: Sequence[np.ndarray],
    statistic: Callable[[list[np.ndarray]], float] = perplexity,
    rounds: int = 1000,
    seed: int = 0,
) -> Estimate:
    """A statistic over documents and its 95 % percentile interval, from `rounds` resamples of them."""
    rng = np.random.default_rng(seed)
    documents = list(documents)
    draws = [
        statistic([documents[i] for i in rng.integers(len(documents), size=len(documents))])
        for _ in range(rounds)
    ]
    low, high = np.percentile(draws, [2.5, 97.5])
    return Estimate(statistic(documents), float(low), float(high))


def average(values: Iterable[float], rounds: int = 1000, seed: int = 0) -> Estimate:
    """The mean of numbers, one a document, and its interval: `bootstrap` of a mean, all draws at once."""
    values = np.asarray(list(values), dtype=np.float64)  # (N,)
    rng = np.random.default_rng(seed)
    draws = values[rng.integers(len(values), size=(rounds, len(values)))].mean(axis=1)  # (rounds,)
    low, high = np.percentile(draws, [2.5, 97.5])
    return Estimate(float(values.mean()), float(low), float(high))


def jackknife(items: Sequence[object], statistic: Callable[[list], float]) -> Estimate:
    """A statistic over items and its 95 % interval, from leaving each item out once (Tukey 1958).

    For what counts different things, as distinct-n does: in the resamples of `bootstrap` items come twice,
    which makes everything look less varied than it is. Needs two items; assumes that errors are about normal.
    """
    items = list(items)
    if len(items) < 2:
        raise ValueError("O jackknife precisa de ao menos dois itens: deixa um de fora por vez.")
    without = np.array([statistic(items[:i] + items[i + 1 :]) for i in range(len(items))])
    spread = 1.959964 * np.sqrt((len(items) - 1) * without.var())
    value = statistic(items)
    return Estimate(value, float(value - spread), float(value + spread))


def share(hits: int, total: int) -> Estimate:
    """A proportion and its 95 % interval by Wilson's score, honest with few cases and near 0 and 1."""
    if total <= 0:
        raise ValueError("Uma proporção precisa de ao menos um caso.")
    z, p = 1.959964, hits / total
    middle, spread = p + z * z / (2 * total), z * np.sqrt(p * (1 - p) / total + z * z / (4 * total * total))
    scale = 1 + z * z / total
    low, high = (middle - spread) / scale, (middle + spread) / scale
    # At none or all the bound is exactly 0 or 1; floats would leave 0.9999999.
    return Estimate(p, float(low) if hits else 0.0, float(high) if hits < total else 1.0)


def answer_probability(lm: object, prompt: str, answer: str) -> float:
    """Probability that `lm` continues `prompt` with exactly `answer`: the product over the answer's tokens.

    `lm`: anything with `compute("encode", …)` and `trace(ids)`, as `llmlib.load` gives.
    """
    before, after = (
        [t["id"] for t in lm.compute("encode", {"text": text})["tokens"]] for text in (prompt, answer)
    )
    trace = lm.trace([*before, *after])
    start = len(trace.ids) - len(after) - 1
    return float(np.exp(-surprise(trace.logits[start:], trace.ids[start:]).sum()))
