"""Vectors of whole texts: how one is made of its tokens' vectors, how two are compared, what training moves.

    text -> tokens (T) -> hidden states (T, D) -> their mean, of length 1 (D) -> cosines with other texts

Does: mean pooling, cosines, the contrastive loss over a batch of pairs, and the two numbers that say where
vectors lie on their sphere, alignment and uniformity. Does not: load a model, or train one; that is
sentence-transformers' work, and the loss here is held equal to its own.
N texts, T tokens, D dimensions. Vectors called "unit" have length 1, so that a dot product is a cosine.
Sources: mean pooling and siamese training, Reimers & Gurevych 2019 (arXiv:1908.10084); in-batch negatives,
Henderson et al. 2017 (arXiv:1705.00652); alignment and uniformity, Wang & Isola 2020 (arXiv:2005.10242).
"""

from __future__ import annotations

import numpy as np


def unit(vectors: np.ndarray) -> np.ndarray:
    """Each row divided by its length: (N, D) -> (N, D) float64. A row of zeros stays at zero."""
    vectors = np.asarray(vectors, dtype=np.float64)
    length = np.linalg.norm(vectors, axis=-1, keepdims=True)  # (N, 1)
    return vectors / np.where(length > 0, length, 1)


def pool(hidden: np.ndarray, mask: np.ndarray) -> np.ndarray:
    """The vector of each text: the mean of its tokens' states, of length 1. (N, T, D), (N, T) -> (N, D).

    mask: 1 for a token of the text, 0 for padding. A text of no tokens gets zeros.
    """
    kept = np.asarray(mask, dtype=np.float64)[:, :, None]  # (N, T, 1)
    total = (np.asarray(hidden, dtype=np.float64) * kept).sum(1)  # (N, D)
    return unit(total)  # the mean and the sum point the same way


def cosines(a: np.ndarray, b: np.ndarray) -> np.ndarray:
    """Cosine of each row of `a` with each row of `b`: (N, D), (M, D) -> (N, M), from -1 to 1."""
    return unit(a) @ unit(b).T


def contrastive_loss(queries: np.ndarray, texts: np.ndarray, scale: float = 20.0) -> float:
    """How surprised a query is by its own text among all texts of the batch, in nats, on average.

    queries, texts: (N, D); row i of one belongs with row i of the other, and every other text is a wrong
    answer to it. `scale` multiplies the cosines before the softmax: a temperature of 1 / scale.
    Guessing blindly costs log(N).
    """
    scores = scale * cosines(queries, texts)  # (N, N)
    top = scores.max(axis=1, keepdims=True)  # (N, 1)
    log_total = top[:, 0] + np.log(np.exp(scores - top).sum(axis=1))  # (N,)
    return float((log_total - np.diag(scores)).mean())


def alignment(a: np.ndarray, b: np.ndarray) -> float:
    """Mean squared distance between the two texts of each pair, both (N, D): 0 at best, 4 at worst."""
    return float(((unit(a) - unit(b)) ** 2).sum(axis=1).mean())


def uniformity(vectors: np.ndarray, t: float = 2.0) -> float:
    """Log of the mean of exp(-t · squared distance) over pairs of different rows of (N, D).

    0 if all vectors are the same; the lower, the more evenly they fill the sphere.
    """
    vectors = unit(vectors)
    if len(vectors) < 2:
        raise ValueError("A uniformidade compara textos entre si: passe ao menos dois.")
    squared = 2 - 2 * vectors @ vectors.T  # (N, N)
    different = ~np.eye(len(vectors), dtype=bool)
    return float(np.log(np.exp(-t * squared[different]).mean()))
