"""Where the training loop reads from: rows that all have one length, and the order they come in.

Anything will do that has a `length` (tokens a row, which is how the loop counts) and
`pick(start, count, seed)`, which gives tensors whose first dimension is `count`; what the tensors mean is
between the rows and the loss. `Rows` reads token ids from disk, `Table` holds any tensors in memory.
"""

from __future__ import annotations

from dataclasses import dataclass
from functools import lru_cache
from pathlib import Path
from typing import Protocol

import numpy as np
import torch
from torch import Tensor


class Source(Protocol):
    """What the loop asks of rows."""

    length: int  # tokens a row

    def __len__(self) -> int: ...  # how many rows there are

    def pick(self, start: int, count: int, seed: int) -> tuple[Tensor, ...]: ...  # endless


@lru_cache(maxsize=4)
def _order(rows: int, seed: int, epoch: int) -> np.ndarray:
    return np.random.default_rng([seed, epoch]).permutation(rows) if epoch else np.arange(rows)


def chosen(size: int, start: int, count: int, seed: int) -> list[int]:
    """Numbers of `count` rows of `size`, from `start` on, without end.

    First in their own order, which may go from easy to hard; then shuffled, anew in each epoch.
    """
    return [int(_order(size, seed, i // size)[i % size]) for i in range(start, start + count)]


class Rows:
    """Rows of `length` token ids (uint16) with a loss weight (uint8) each, left on disk, read as needed."""

    def __init__(self, prefix: str | Path, length: int) -> None:
        self.length = length
        self.tokens = np.memmap(f"{prefix}.tokens.bin", np.uint16, "r").reshape(-1, length)
        self.weights = np.memmap(f"{prefix}.weights.bin", np.uint8, "r").reshape(-1, length)

    def __len__(self) -> int:
        return len(self.tokens)

    def pick(self, start: int, count: int, seed: int) -> tuple[Tensor, Tensor]:
        """Ids (count, length) int64 and weights (count, length) float32, in the order of `chosen`."""
        numbers = chosen(len(self), start, count, seed)
        ids, weights = self.tokens[numbers].astype(np.int64), self.weights[numbers].astype(np.float32)
        return torch.from_numpy(ids), torch.from_numpy(weights)


class Table:
    """Rows in memory: tensors of equal first dimension, one a column (ids, labels, masks, …).

    `length` is the width of the first column, unless given.
    """

    def __init__(self, *columns: Tensor, length: int | None = None) -> None:
        if len({len(column) for column in columns}) != 1:
            raise ValueError(f"columns of unequal length: {[len(column) for column in columns]}")
        self.columns, self.length = columns, length or columns[0].shape[1]

    def __len__(self) -> int:
        return len(self.columns[0])

    def pick(self, start: int, count: int, seed: int) -> tuple[Tensor, ...]:
        """`count` rows of every column, in the order of `chosen`."""
        numbers = torch.tensor(chosen(len(self), start, count, seed))
        return tuple(column[numbers] for column in self.columns)


@dataclass(frozen=True)
class Stage:
    """A part of the run: it reads `rows` until this share of the whole run is done."""

    name: str
    rows: Source
    until: float = 1.0
