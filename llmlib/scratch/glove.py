"""GloVe: vectors whose products are the logarithms of how often words stand near each other.

Pennington, Socher and Manning 2014 (doi:10.3115/v1/D14-1162). The text is read once, to count; after that
only the counts are looked at. Two vectors and two numbers a word are moved until w·c + b + b' is near ln x,
where x is the count of the pair; rare pairs weigh less. What is kept is the sum of a word's two vectors.

No maintained package computes it, so this is the course's own; the counts and the gradient are tested by
hand and against torch's. Not here: the authors' program's shuffling of counts on disk, and its threads.

Legend: V words, D numbers a word, N words of text, P pairs that occurred, B pairs a step.
"""

from collections.abc import Iterator
from dataclasses import dataclass

import numpy as np
import torch
from torch import Tensor

from llmlib.scratch.sampling import uniform

FIRST, ORDER = range(2)  # streams of draws


@dataclass(frozen=True)
class Counts:
    """How often word `row[i]` stood near word `column[i]`: `times[i]`, each time weighted by 1/distance."""

    row: np.ndarray  # (P,) int64
    column: np.ndarray  # (P,) int64
    times: np.ndarray  # (P,) float64


def count(ids: np.ndarray, texts: np.ndarray, V: int, window: int = 5) -> Counts:
    """Count neighbours up to `window` words away, in the same text, on both sides.

    ids, texts: (N,) as `Vocabulary.encode` gives them.

    >>> c = count(np.array([0, 1, 0]), np.array([0, 0, 0]), V=2)
    >>> list(zip(c.row.tolist(), c.column.tolist(), c.times.tolist()))
    [(0, 0, 1.0), (0, 1, 2.0), (1, 0, 2.0)]
    """
    keys, weights = [], []
    for d in range(1, min(window, len(ids) - 1) + 1):
        same = texts[:-d] == texts[d:]
        left, right = ids[:-d][same], ids[d:][same]
        keys += [left * V + right, right * V + left]
        weights += [np.full(2 * len(left), 1 / d)]
    if not keys:
        raise ValueError("Com menos de duas palavras não há vizinhança para contar.")
    found, place = np.unique(np.concatenate(keys), return_inverse=True)
    times = np.bincount(place, weights=np.concatenate(weights))
    return Counts(found // V, found % V, times)


def weight(times: np.ndarray | Tensor, top: float = 20, power: float = 0.75) -> np.ndarray | Tensor:
    """How much a pair counts: from 0 for one that never occurred to 1 from `top` times on.

    The authors' `top` is 100, for texts of billions of words; the default is for texts as small as ours.
    """
    return (times / top).clip(0, 1) ** power


class GloVe:
    """Two vectors and two numbers a word, in tables with the number as the last column: (V, D + 1)."""

    def __init__(self, V: int, D: int, seed: int = 0):
        u = uniform(2 * seed + FIRST, np.arange(2 * V * (D + 1), dtype=np.uint64))
        both = torch.tensor((u - 0.5) / D, dtype=torch.float32).view(2, V, D + 1)
        self.words, self.contexts = both[0].clone(), both[1].clone()
        self.squares = torch.ones(2, V, D + 1)  # AdaGrad's: the sum of squared gradients so far

    def step(self, row: Tensor, column: Tensor, times: Tensor, rate: float) -> float:
        """One step of AdaGrad on B pairs; the mean weighted squared error before it.

        row, column: (B,) int64; times: (B,) float32.
        """
        w, c = self.words[row], self.contexts[column]  # (B, D+1)
        product = (w[:, :-1] * c[:, :-1]).sum(1) + w[:, -1] + c[:, -1]
        error = product - torch.log(times)  # (B,)
        pull = (weight(times) * error)[:, None]  # (B, 1): half the gradient of the product
        ones = torch.ones_like(pull)
        for table, squares, at, other in (
            (self.words, self.squares[0], row, c),
            (self.contexts, self.squares[1], column, w),
        ):
            gradient = pull * torch.cat([other[:, :-1], ones], 1)  # (B, D+1)
            table.index_add_(0, at, -rate * gradient / squares[at].sqrt())
            squares.index_add_(0, at, gradient**2)
        return float((weight(times) * error**2).mean())

    @property
    def vectors(self) -> np.ndarray:
        """(V, D) float32: the sum of a word's two vectors, as the authors do."""
        return (self.words + self.contexts)[:, :-1].numpy()


def train(
    counts: Counts,
    V: int,
    D: int = 48,
    epochs: int = 20,
    rate: float = 0.05,
    batch: int = 4096,
    seed: int = 0,
) -> Iterator[tuple[int, float, GloVe]]:
    """After each time through the counts, in a new order: (epoch, mean error, the model)."""
    model, P = GloVe(V, D, seed), len(counts.times)
    row, column = torch.from_numpy(counts.row), torch.from_numpy(counts.column)
    times = torch.tensor(counts.times, dtype=torch.float32)
    for epoch in range(epochs):
        order = np.argsort(
            uniform(2 * seed + ORDER, np.arange(epoch * P, (epoch + 1) * P, dtype=np.uint64)), kind="stable"
        )
        errors = []
        for start in range(0, P, batch):
            at = torch.from_numpy(order[start : start + batch])
            errors.append(model.step(row[at], column[at], times[at], rate))
        yield epoch + 1, float(np.mean(errors)), model
