"""Attention heads one by one: how a projection is cut into heads, and how to find the heads that have a job.

A job is a rule that says, for some places of a text, where a head that did it would look: `Looks` holds those
places. The score of a head is the share of its attention that falls there; the baseline deals the same keys
again among the places that each query can see. Both are numpy over the arrays of a `Trace`, for any model.
It runs no model. A score says where a head looks, not what the model loses without it: `without` is what
switching a head off does, and the two often disagree.

Legend: L layers, H heads (queries), K key/value heads, E size of a head, D hidden_size, T tokens, N texts.
Position 0 is the mark at the start of the document.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

import numpy as np

# ---- one projection, many heads


def split(x: np.ndarray, heads: int) -> np.ndarray:
    """(T, heads * E) -> (heads, T, E): a projection's output, cut into heads. Nothing is computed."""
    T, width = x.shape
    if width % heads:
        raise ValueError(f"{width} números por posição não se dividem em {heads} cabeças iguais.")
    return x.reshape(T, heads, width // heads).transpose(1, 0, 2)


def key_head(head: int, heads: int, key_heads: int) -> int:
    """Which key/value head a query head reads: groups of neighbours share one.

    Grouped-query attention, Ainslie et al. 2023 (arXiv:2305.13245), section 2.2.

    >>> [key_head(h, 6, 3) for h in range(6)]
    [0, 0, 1, 1, 2, 2]
    """
    return head // (heads // key_heads)


def contributions(z: np.ndarray, o_proj: np.ndarray) -> np.ndarray:
    """What each head adds to the residual stream: (T, H, E) and o_proj (D, H * E) -> (H, T, D).

    Their sum over heads is the layer's output: joining the heads and projecting once is the same sum.
    """
    _, H, E = z.shape
    slices = o_proj.reshape(-1, H, E)  # (D, H, E): the columns that read each head
    return np.einsum("the,dhe->htd", z, slices)  # (H, T, D)


def without(z: np.ndarray, heads: Sequence[int]) -> np.ndarray:
    """z (T, H, E) of one layer with some heads switched off: zeros where they spoke (zero ablation)."""
    silent = z.copy()
    silent[:, list(heads)] = 0
    return silent


# ---- jobs: where a head that does it would look


@dataclass(frozen=True)
class Looks:
    """The places of one text where a job can be seen.

    queries: Q positions that look; keys: for each of them, the positions where the job wants them to look.
    """

    queries: tuple[int, ...]
    keys: tuple[tuple[int, ...], ...]

    def __post_init__(self) -> None:
        if not self.queries or len(self.queries) != len(self.keys):
            raise ValueError(
                f"Looks precisa de uma lista de chaves para cada consulta; vieram {len(self.queries)} "
                f"consultas e {len(self.keys)} listas."
            )
        for query, keys in zip(self.queries, self.keys, strict=True):
            if not keys or min(keys) < 0 or max(keys) > query:
                raise ValueError(
                    f"A posição {query} não pode olhar para {list(keys)}: só para si e para trás."
                )


def previous_token(length: int) -> Looks:
    """Each token looks at the one before it. The first is left out: before it there is only the mark."""
    queries = range(2, length)
    return Looks(tuple(queries), tuple((q - 1,) for q in queries))


def induction(ids: Sequence[int]) -> Looks:
    """A token that was read before looks at what came after it then: [A] [B] … [A] → [B].

    Olsson et al. 2022 (arXiv:2209.11895), "prefix matching". With several earlier times, all of them count.
    """
    queries, keys = [], []
    for q in range(1, len(ids)):
        after = tuple(i + 1 for i in range(1, q) if ids[i] == ids[q])
        if after:
            queries.append(q)
            keys.append(after)
    return Looks(tuple(queries), tuple(keys))


# ---- scores


def score(attentions: np.ndarray, looks: Looks) -> np.ndarray:
    """attentions (L, H, T, T) of one text -> (L, H): mean over queries of the weight on their keys."""
    weights = [
        attentions[:, :, q, list(keys)].sum(-1) for q, keys in zip(looks.queries, looks.keys, strict=True)
    ]
    return np.mean(weights, axis=0)


def by_chance(attentions: np.ndarray, looks: Looks, rng: np.random.Generator) -> np.ndarray:
    """The same with the keys dealt again: as many as before, drawn from all that each query can see.

    The mark at position 0 is not dealt, so a head that rests there gains nothing. (L, H).
    """
    dealt = []
    for q, keys in zip(looks.queries, looks.keys, strict=True):
        seen = np.arange(1, q + 1)
        dealt.append(tuple(int(k) for k in rng.choice(seen, min(len(keys), len(seen)), replace=False)))
    return score(attentions, Looks(looks.queries, tuple(dealt)))


def interval(
    values: np.ndarray, rounds: int = 1000, seed: int = 0
) -> tuple[np.ndarray, np.ndarray, np.ndarray]:
    """values (N, …), one row a text -> mean, low, high: 95 % percentile bootstrap over texts."""
    values = np.asarray(values, dtype=np.float64)
    N = len(values)
    if N == 0:
        raise ValueError("Sem nenhum texto não há média.")
    drawn = np.random.default_rng(seed).integers(N, size=(rounds, N))  # (rounds, N)
    counts = np.stack([np.bincount(row, minlength=N) for row in drawn]) / N  # (rounds, N)
    means = counts @ values.reshape(N, -1)  # (rounds, …)
    low, high = np.percentile(means, [2.5, 97.5], axis=0).reshape(2, *values.shape[1:])
    return values.mean(0), low, high


def rank_agreement(a: np.ndarray, b: np.ndarray) -> float:
    """Spearman's correlation between two scores of the same heads: 1 same order, 0 unrelated, -1 reversed."""

    def ranks(x: np.ndarray) -> np.ndarray:
        x = np.ravel(x)
        return np.array([(x < v).sum() + ((x == v).sum() - 1) / 2 for v in x])

    ra, rb = ranks(a), ranks(b)
    if ra.std() == 0 or rb.std() == 0:
        return 0.0
    return float(np.corrcoef(ra, rb)[0, 1])
