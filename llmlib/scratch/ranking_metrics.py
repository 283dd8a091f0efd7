"""How good a ranked list is, when it is known what should have been found: recall, MRR, nDCG and their kin.

Each function measures one query: `ranked` is what the search gave, the best first, each item once; `grades`
says how relevant an item is (1, 2, 3 …; an item that is not there, or has 0, is not relevant). A set of
relevant items will do where there are no grades. The definitions are those of trec_eval, and the tests hold
them to `ir_measures`. Intervals over queries are in `llmlib.measure`.
"""

import math
from collections.abc import Collection, Hashable, Mapping, Sequence

Grades = Mapping[Hashable, int] | Collection[Hashable]


def relevant(grades: Grades) -> set[Hashable]:
    """The items that count as found."""
    if isinstance(grades, Mapping):
        return {item for item, grade in grades.items() if grade > 0}
    return set(grades)


def recall(ranked: Sequence[Hashable], grades: Grades, k: int) -> float:
    """Of all that is relevant, the part that is among the first k. 0 where nothing is relevant.

    >>> recall(["b", "a", "c"], {"a", "z"}, k=2)
    0.5
    """
    right = relevant(grades)
    return len(right.intersection(ranked[:k])) / len(right) if right else 0.0


def precision(ranked: Sequence[Hashable], grades: Grades, k: int) -> float:
    """Of the first k places, the part that is relevant; an empty place counts as wrong."""
    return len(relevant(grades).intersection(ranked[:k])) / k


def success(ranked: Sequence[Hashable], grades: Grades, k: int) -> float:
    """1 if anything relevant is among the first k, else 0."""
    return float(bool(relevant(grades).intersection(ranked[:k])))


def reciprocal_rank(ranked: Sequence[Hashable], grades: Grades, k: int | None = None) -> float:
    """1 over the place of the first relevant item (of the first k); 0 if there is none. Its mean is the MRR.

    >>> reciprocal_rank(["b", "a", "c"], {"a"})
    0.5
    """
    right = relevant(grades)
    return next((1 / place for place, item in enumerate(ranked[:k], start=1) if item in right), 0.0)


def average_precision(ranked: Sequence[Hashable], grades: Grades) -> float:
    """Mean over the relevant items of the precision down to each; one that was not found counts 0."""
    right = relevant(grades)
    found, total = 0, 0.0
    for place, item in enumerate(ranked, start=1):
        if item in right:
            found += 1
            total += found / place
    return total / len(right) if right else 0.0


def dcg(gains: Sequence[float]) -> float:
    """Discounted cumulative gain: the gain at place i (from 1) divided by log2(i + 1)."""
    return sum(gain / math.log2(place + 1) for place, gain in enumerate(gains, start=1))


def ndcg(ranked: Sequence[Hashable], grades: Grades, k: int) -> float:
    """DCG of the first k over that of the best possible order (Järvelin & Kekäläinen 2002); 0 to 1.

    The gain is the grade itself; some write 2**grade - 1, which gives more weight to the highest.

    >>> round(ndcg(["b", "a"], {"a": 3, "b": 1}, k=10), 3)
    0.797
    """
    graded = grades if isinstance(grades, Mapping) else dict.fromkeys(grades, 1)
    gains = [max(0, graded.get(item, 0)) for item in ranked[:k]]
    ideal = sorted((max(0, grade) for grade in graded.values()), reverse=True)[:k]
    return dcg(gains) / dcg(ideal) if any(ideal) else 0.0
