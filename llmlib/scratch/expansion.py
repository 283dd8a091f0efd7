"""Query expansion: a search of few words becomes a search of more words, each with a weight.

Three sources of new words: a controlled vocabulary, the first texts that the search itself found (RM3), and a
text that a language model writes. All give {word: weight}, which `weighted` scores with the BM25 of
`llmlib.scratch.retrieval`. The words of the query keep most of the weight: what is added may be wrong.
"""

from __future__ import annotations

from collections import Counter
from collections.abc import Mapping, Sequence

import numpy as np

from llmlib.scratch.retrieval import BM25, words
from llmlib.scratch.vocabulary import Vocabulary

Weights = dict[str, float]


def shares(counted: Mapping[str, float]) -> Weights:
    """Weights that add up to 1."""
    total = sum(counted.values()) or 1.0
    return {word: weight / total for word, weight in counted.items()}


def mix(query: Sequence[str], added: Mapping[str, float], keep: float) -> Weights:
    """The query's words with `keep` of the weight and the added ones with the rest; all if none is added."""
    own = shares(Counter(query))
    if not added:
        return own
    other = shares(added)
    return {w: keep * own.get(w, 0) + (1 - keep) * other.get(w, 0) for w in [*own, *(set(other) - set(own))]}


def weighted(index: BM25, weights: Mapping[str, float]) -> np.ndarray:
    """BM25 of every text, (N,): each word counts by its weight instead of once."""
    return sum((w * index.scores([word]) for word, w in weights.items()), np.zeros(index.size))


def by_vocabulary(query: str, vocabulary: Vocabulary, keep: float = 0.6) -> Weights:
    """Adds, for each part of the query that leads to a descriptor, its name and the other ways to say it."""
    typed, added, at = words(query), Counter(), 0
    while at < len(typed):
        for size in range(min(vocabulary.longest, len(typed) - at), 0, -1):
            if found := vocabulary.by_words.get(tuple(typed[at : at + size])):
                kind, name = found
                entries = vocabulary.entries[name] if kind == "descriptor" else vocabulary.studies[name]
                for word in {word for phrase in (name, *entries) for word in words(phrase)}:
                    added[word] += 1
                at += size - 1
                break
        at += 1
    return mix(typed, added, keep)


def rm3(
    query: Sequence[str],
    texts: Sequence[Sequence[str]],
    scores: Sequence[float],
    terms: int = 10,
    keep: float = 0.6,
) -> Weights:
    """Adds the words that are frequent in the first texts found (Abdul-Jaleel et al. 2004).

    Nobody says that those texts are right: hence "pseudo" relevance feedback. Where they are wrong, the
    search drifts.

    Args:
        query: its words.
        texts: words of the first texts, the best first.
        scores: their scores, which say how much each text is trusted.
        terms: how many words to add.
        keep: part of the weight that stays with the query.
    """
    trust = shares(dict(enumerate(scores)))
    model: Counter = Counter()  # P(word) in the texts found, each weighed by its trust
    for number, text in enumerate(texts):
        for word, share in shares(Counter(text)).items():
            model[word] += trust[number] * share
    best = sorted(model.items(), key=lambda pair: (-pair[1], pair[0]))[:terms]
    return mix(query, dict(best), keep)


def by_text(query: Sequence[str], written: Sequence[str], keep: float = 0.6) -> Weights:
    """Adds the words of a text that a model wrote on the query (query2doc: Wang et al. 2023)."""
    return mix(query, Counter(written), keep)
