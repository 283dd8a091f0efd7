"""What can be done with a table of word vectors: neighbours, arithmetic, an axis between words, a picture.

Everything here is products of vectors whose length was made 1 (cosines), so it serves any table: Word2Vec,
GloVe, FastText, the input of a language model. It trains nothing, and names no word: rows are numbers.

Legend: V words, D numbers a word, n chosen words.
"""

import numpy as np


def unit(vectors: np.ndarray) -> np.ndarray:
    """Each row divided by its length, float64. A row of zeros stays."""
    vectors = np.asarray(vectors, dtype=np.float64)
    lengths = np.linalg.norm(vectors, axis=-1, keepdims=True)
    return vectors / np.where(lengths > 0, lengths, 1)


def nearest(vectors: np.ndarray, query: np.ndarray, k: int = 10, without: tuple[int, ...] = ()) -> list:
    """The k rows of largest cosine with `query` (D,), as (row, cosine); `without`: rows that may not come.

    >>> nearest(np.array([[1, 0], [3, 4], [0, 2]]), np.array([0, 1]), 2)
    [(2, 1.0), (1, 0.8)]
    """
    cosines = unit(vectors) @ unit(query)
    order = [int(i) for i in np.argsort(-cosines, kind="stable") if i not in without]
    return [(i, float(cosines[i])) for i in order[:k]]


def analogy(vectors: np.ndarray, a: int, b: int, c: int, k: int = 5, repeat: bool = False) -> list:
    """ "a is to b as c is to …": the rows nearest to b - a + c, all of length 1 (Mikolov et al. 2013).

    repeat: may the answer be one of the three? In the usual test it may not, and that hides how often the
    nearest word is b or c itself (Linzen 2016).
    """
    u = unit(vectors)
    return nearest(u, u[b] - u[a] + u[c], k, () if repeat else (a, b, c))


def axis(vectors: np.ndarray, pairs: list[tuple[int, int]]) -> np.ndarray:
    """(D,) of length 1: from the first words of the pairs to the second ones, the mean of the differences."""
    u = unit(vectors)
    return unit(np.mean([u[to] - u[of] for of, to in pairs], axis=0))


def along(vectors: np.ndarray, direction: np.ndarray) -> np.ndarray:
    """(V,) the cosine of each row with a direction: where each word stands on an axis."""
    return unit(vectors) @ unit(direction)


def same_group(vectors: np.ndarray, groups: list) -> np.ndarray:
    """(n,) 1 where the nearest other row is of the same group, 0 where it is not: a score without a search
    through the whole vocabulary, and the same for every table that has these words."""
    cosines = unit(vectors) @ unit(vectors).T
    np.fill_diagonal(cosines, -np.inf)
    groups = np.asarray(groups)
    return (groups[cosines.argmax(1)] == groups).astype(float)


class Plane:
    """The two directions along which rows differ most (PCA), found again from where they were.

    `place` makes a few turns of orthogonal iteration, so that a picture drawn at each moment of a training
    moves without jumping: no mirror images, no axes that change names.
    """

    def __init__(self, D: int):
        waves = np.arange(D)[:, None] * np.array([1.0, 2.0]) + 1
        self.axes = _upright(np.sin(waves))  # (D, 2): any start that is not special

    def place(self, vectors: np.ndarray, turns: int = 20) -> np.ndarray:
        """(n, D) -> (n, 2): rows of length 1, minus their mean, along the two axes."""
        x = unit(vectors)
        x = x - x.mean(0)
        for _ in range(turns):
            self.axes = _upright(x.T @ (x @ self.axes))
        return x @ self.axes


def _upright(axes: np.ndarray) -> np.ndarray:
    """The first column of length 1; the second at a right angle to it, of length 1 (Gram-Schmidt)."""
    first = unit(axes[:, 0])
    return np.stack([first, unit(axes[:, 1] - (axes[:, 1] @ first) * first)], axis=1)
