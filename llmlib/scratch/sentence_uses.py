"""Six things to do with a list of vectors, one text each: all of them are a few lines of arithmetic.

    search       nearest(query, vectors, k)              which texts are like this one (`retrieval.py`)
    recommend    profile(liked, disliked), diverse(...)   what else would this reader like
    classify     vote(labelled, labels, query, k)         which label do its neighbours have
    cluster      clusters(vectors, k)                     which texts go together
    anomaly      strangeness(collection, query, k)        how far is it from its neighbours
    diversity    vendi(vectors)                           how many different texts are these, in effect

Does not: make vectors, or know where they came from; a word count, a neural network or a draw will do.
N texts of D numbers, rows of length 1 (`sentence_vectors.unit`). The page has a twin of each function
(`llmlib/widgets/text_uses.math.js`), tested against these.
Sources: the reader's profile, Rocchio 1971; diversity in a ranking, Carbonell & Goldstein 1998; the start of
k-means, Arthur & Vassilvitskii 2007; distance to neighbours, Ramaswamy et al. 2000; the Vendi score, Friedman
& Dieng 2023 (arXiv:2210.02410).
"""

from __future__ import annotations

from collections.abc import Sequence

import numpy as np

from llmlib.scratch.sampling import uniform
from llmlib.scratch.sentence_vectors import unit

DISLIKE = 0.5  # how much a text that the reader did not like weighs against those that were liked


def profile(liked: np.ndarray, disliked: np.ndarray) -> np.ndarray:
    """One vector for a reader: mean of what was liked minus part of the mean of what was not: (D,)."""
    wanted = np.zeros(liked.shape[1] if len(liked) else disliked.shape[1])
    if len(liked):
        wanted += liked.mean(axis=0)
    if len(disliked):
        wanted -= DISLIKE * disliked.mean(axis=0)
    return unit(wanted)


def diverse(collection: np.ndarray, query: np.ndarray, k: int, variety: float) -> list[int]:
    """k places, one at a time: like the query, and unlike what was already chosen.

    variety: 0 keeps the order of likeness alone; 1 only runs away from what was chosen.
    """
    like = collection @ query  # (N,)
    chosen: list[int] = []
    repeated = np.full(len(collection), -1.0)  # likeness to the closest of the chosen
    while len(chosen) < min(k, len(collection)):
        score = (1 - variety) * like - variety * repeated
        score[chosen] = -np.inf
        best = int(np.argmax(score))
        chosen.append(best)
        repeated = np.maximum(repeated, collection @ collection[best])
    return chosen


def vote(labelled: np.ndarray, labels: Sequence[str], query: np.ndarray, k: int) -> dict[str, float]:
    """The share of each label among the k nearest labelled texts, each weighing what it is like the query.

    Labels in order of share; a label with no neighbour is absent.
    """
    like = labelled @ query
    weights: dict[str, float] = {}
    for place in np.argsort(-like, kind="stable")[:k]:
        weights[labels[place]] = weights.get(labels[place], 0.0) + max(float(like[place]), 1e-6)
    total = sum(weights.values())
    return {label: w / total for label, w in sorted(weights.items(), key=lambda item: -item[1])}


def clusters(vectors: np.ndarray, k: int, seed: int = 0, rounds: int = 50) -> np.ndarray:
    """k-means on the sphere: the group (0 to k - 1) of each row, (N,).

    Starts from texts drawn far from each other (k-means++), then repeats: each text goes to the nearest
    centre, each centre to the mean of its texts, until nobody moves.
    """
    if not 1 <= k <= len(vectors):
        raise ValueError(f"O número de grupos vai de 1 ao número de textos, {len(vectors)}; veio {k}.")
    centres = [vectors[int(uniform(seed, 0) * len(vectors))]]
    while len(centres) < k:
        gap = np.maximum(1 - (vectors @ np.array(centres).T).max(axis=1), 0)  # (N,) to the nearest centre
        below = np.cumsum(gap)
        at = int(np.searchsorted(below, uniform(seed, len(centres)) * below[-1], side="right"))
        centres.append(vectors[min(at, len(vectors) - 1)])
    middle, group = np.array(centres), np.full(len(vectors), -1)
    for _ in range(rounds):
        moved = (vectors @ middle.T).argmax(axis=1)
        if (moved == group).all():
            break
        group = moved
        for c in range(k):
            if (group == c).any():  # a centre that lost all its texts stays where it is
                middle[c] = unit(vectors[group == c].mean(axis=0))
    return group


def strangeness(collection: np.ndarray, queries: np.ndarray, k: int, own: bool = False) -> np.ndarray:
    """Mean distance (1 - cosine) of each query (M, D) to its k nearest texts of `collection` (N, D): (M,).

    own: the queries are the collection itself, and nobody is its own neighbour.
    """
    like = queries @ collection.T  # (M, N)
    if own:
        like = np.where(np.eye(len(collection), dtype=bool), -np.inf, like)
    return 1 - -np.sort(-like, axis=1)[:, :k].mean(axis=1)


def vendi(vectors: np.ndarray) -> float:
    """How many different texts there are, in effect: from 1 (all alike) to N (each at right angles to all).

    exp of the entropy of the eigenvalues of the table of cosines, divided by N.
    """
    if not len(vectors):
        raise ValueError("Sem nenhum texto não há diversidade a medir.")
    share = np.linalg.eigvalsh(vectors @ vectors.T / len(vectors))  # (N,), they add up to 1
    share = share[share > 1e-12]
    return float(np.exp(-(share * np.log(share)).sum()))
