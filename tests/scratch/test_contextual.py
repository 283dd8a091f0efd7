"""The vector of a word in its sentence, on arrays small enough to redo by hand, and against scikit-learn."""

from __future__ import annotations

import numpy as np
import pytest
from sklearn.decomposition import PCA
from sklearn.metrics.pairwise import cosine_similarity

from llmlib.scratch import contextual

TOKENS = [
    "<|endoftext|>",
    "A",
    " co",
    "bra",
    ",",
    " so",
    "lta",
    "-se",
    "\n",
    "J",
    "⟨C3⟩",
    "⟨A1⟩",
    " 12",
    "3",
    " ",
]


def test_tokens_become_words_and_signs() -> None:
    assert contextual.words(TOKENS) == [
        (1, 2, "A"), (2, 4, "cobra"), (4, 5, ","), (5, 7, "solta"), (7, 8, "-se"),
        (9, 12, "J⟨C3⟩⟨A1⟩"), (12, 13, "12"), (13, 14, "3"),
    ]  # fmt: skip
    assert contextual.words(["<|endoftext|>"]) == []
    assert contextual.find(TOKENS, "cobra") == (2, 4)
    with pytest.raises(ValueError, match="“cob” não está"):
        contextual.find(TOKENS, "cob")


def test_a_word_of_several_tokens_is_their_mean() -> None:
    states = np.arange(2 * 4 * 3, dtype=np.float32).reshape(2, 4, 3)  # (L+1, T, D)
    found = contextual.vectors(states, 1, 3)
    assert found.tolist() == [[4.5, 5.5, 6.5], [16.5, 17.5, 18.5]]


def test_cosines_are_those_of_sklearn() -> None:
    a, b = np.random.default_rng(0).normal(size=(2, 6, 9))
    assert np.allclose(contextual.cosine(a, b), np.diag(cosine_similarity(a, b)))
    assert contextual.cosine(np.zeros(3), np.ones(3)) == 0


def test_apart_is_nothing_for_the_same_vector_and_one_at_chance() -> None:
    a, b = np.array([[1.0, 0.0]]), np.array([[0.6, 0.8]])  # cosine 0.6
    assert contextual.apart(a, a, np.array([0.2])) == pytest.approx([0])
    assert contextual.apart(a, b, np.array([0.6])) == pytest.approx([1])
    assert contextual.apart(a, b, np.array([0.2])) == pytest.approx([0.5])


def test_chance_never_pairs_a_group_with_itself() -> None:
    far = np.stack([np.eye(3)[[i, i]] for i in (0, 1, 2)])  # three words, the same vector in two layers
    twice = np.concatenate([far, far])
    drawn = contextual.by_chance(twice, ["a", "b", "c", "a", "b", "c"], pairs=200)
    assert drawn.shape == (200, 2)
    assert not drawn.any()
    with pytest.raises(ValueError, match="ao menos dois grupos"):
        contextual.by_chance(far, ["a", "a", "a"])


def test_the_plane_is_that_of_pca() -> None:
    x = np.random.default_rng(1).normal(size=(12, 40)) * np.linspace(3, 0.1, 40)
    middle, two, kept = contextual.plane(x)
    pca = PCA(2).fit(x)
    assert np.allclose(np.abs((x - middle) @ two.T), np.abs(pca.transform(x)), atol=1e-8)
    assert kept == pytest.approx(pca.explained_variance_ratio_.sum())
    assert (two[np.arange(2), np.abs(two).argmax(1)] > 0).all()
