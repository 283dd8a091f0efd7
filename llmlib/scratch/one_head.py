"""One head of attention, one line a step, in numpy: scores, scale, mask, softmax, weighted sum.

The same sum as `attention` in attention.py, for one head of one text, with every step kept so that it can be
shown, changed and gone on from. Scaled dot-product attention: Vaswani et al. 2017, arXiv:1706.03762, §3.2.1.
Not here: where q, k and v come from (projections, norms, positions: attention.py), batches, several heads.

Legend: T tokens, E size of the head.
"""

from typing import NamedTuple

import numpy as np


class Steps(NamedTuple):
    """Every step of one head: row t is what token t asked, column s is the token that it asked about."""

    scores: np.ndarray  # (T, T) q·kᵀ
    scaled: np.ndarray  # (T, T) divided by √E
    masked: np.ndarray  # (T, T) −∞ where the token comes later
    weights: np.ndarray  # (T, T) each row sums to 1
    z: np.ndarray  # (T, E) each row a mix of values


def score(q: np.ndarray, k: np.ndarray) -> np.ndarray:
    """How well each query fits each key: products, number by number, summed. (T, E), (T, E) -> (T, T)."""
    return q @ k.T


def scale(scores: np.ndarray, size: int) -> np.ndarray:
    """Divided by √E: a sum of E products of numbers about 1 is about √E large, too much for a softmax."""
    return scores / np.sqrt(size)


def hide_future(scores: np.ndarray) -> np.ndarray:
    """−∞ for every token that comes after the one that asks: its exponential is 0."""
    later = np.triu(np.ones(scores.shape, dtype=bool), k=1)  # (T, T)
    return np.where(later, -np.inf, scores)


def softmax(scores: np.ndarray) -> np.ndarray:
    """Each row as shares of 1. The largest is taken away first: the same shares, and no overflow."""
    grown = np.exp(scores - scores.max(axis=-1, keepdims=True))  # (T, T)
    return grown / grown.sum(axis=-1, keepdims=True)


def mix(weights: np.ndarray, v: np.ndarray) -> np.ndarray:
    """The values, each as much as its weight says, summed. (T, T), (T, E) -> (T, E)."""
    return weights @ v


def one_head(q: np.ndarray, k: np.ndarray, v: np.ndarray, mask: bool = True) -> Steps:
    """The whole walk. q, k, v: (T, E) each.

    >>> eye = np.eye(2)
    >>> one_head(eye, eye, np.array([[10.0, 0.0], [0.0, 10.0]])).weights.round(2)
    array([[1.  , 0.  ],
           [0.33, 0.67]])

    Raises: ValueError where q, k and v are not of one shape (T, E).
    """
    if q.ndim != 2 or q.shape != k.shape or k.shape[0] != v.shape[0] or v.ndim != 2:
        raise ValueError(f"q, k e v devem ser (T, E): vieram {q.shape}, {k.shape} e {v.shape}.")
    scores = score(q, k)
    scaled = scale(scores, q.shape[1])
    masked = hide_future(scaled) if mask else scaled
    weights = softmax(masked)
    return Steps(scores, scaled, masked, weights, mix(weights, v))
