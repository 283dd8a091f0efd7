"""Vectors of sentences and what is done with them, against sentence-transformers and scikit-learn."""

from __future__ import annotations

import numpy as np
import pytest

from llmlib.scratch import sentence_uses as uses
from llmlib.scratch import sentence_vectors as sv

rng = np.random.default_rng(7)
BLOBS = sv.unit(np.repeat(rng.normal(size=(3, 12)), 9, axis=0) * 3 + rng.normal(size=(27, 12)))
TRUTH = np.repeat(np.arange(3), 9)


def test_pooling_leaves_padding_out_and_a_text_of_nothing_stays_at_zero() -> None:
    hidden, mask = rng.normal(size=(3, 5, 4)), np.array([[1, 1, 1, 0, 0], [1] * 5, [0] * 5])
    found = sv.pool(hidden, mask)
    mean = hidden[0, :3].mean(0)
    np.testing.assert_allclose(found[0], mean / np.linalg.norm(mean))
    assert np.linalg.norm(found, axis=1) == pytest.approx([1, 1, 0])


def test_the_loss_is_sentence_transformers_own() -> None:
    torch = pytest.importorskip("torch")
    from sentence_transformers import losses, util

    a, b = rng.normal(size=(6, 8)), rng.normal(size=(6, 8))
    loss = losses.MultipleNegativesRankingLoss(None, scale=20.0, similarity_fct=util.cos_sim)
    theirs = loss.compute_loss_from_embeddings([torch.tensor(a), torch.tensor(b)], None)
    assert sv.contrastive_loss(a, b, 20.0) == pytest.approx(float(theirs))
    same = np.ones((6, 8))
    assert sv.contrastive_loss(same, same) == pytest.approx(np.log(6))


def test_alignment_and_uniformity_at_their_ends() -> None:
    a = rng.normal(size=(40, 30))
    assert sv.alignment(a, 3 * a) == pytest.approx(0)
    assert sv.alignment(a, -a) == pytest.approx(4)
    assert sv.uniformity(np.ones((5, 3))) == pytest.approx(0)
    right_angles = np.eye(6)
    assert sv.uniformity(right_angles) == pytest.approx(-4)  # squared distance 2, t = 2
    assert sv.uniformity(a) < -3
    with pytest.raises(ValueError, match="ao menos dois"):
        sv.uniformity(a[:1])


def test_uniformity_is_that_of_its_authors() -> None:
    torch = pytest.importorskip("torch")
    x = sv.unit(rng.normal(size=(9, 5)))
    theirs = torch.pdist(torch.tensor(x)).pow(2).mul(-2).exp().mean().log()
    assert sv.uniformity(x) == pytest.approx(float(theirs))


def test_groups_that_stand_apart_are_found_and_lose_no_more_than_scikit_learns() -> None:
    from sklearn.cluster import KMeans
    from sklearn.metrics import adjusted_rand_score

    assert adjusted_rand_score(TRUTH, uses.clusters(BLOBS, 3, seed=2)) == 1
    loose = sv.unit(rng.normal(size=(80, 6)))

    def spread(group: np.ndarray) -> float:
        return sum(((loose[group == c] - loose[group == c].mean(0)) ** 2).sum() for c in range(5))

    ours = min(spread(uses.clusters(loose, 5, seed)) for seed in range(8))
    assert ours < 1.03 * spread(KMeans(5, n_init=8, random_state=0).fit_predict(loose))


@pytest.mark.parametrize("k", [1, 27])
def test_any_number_of_groups_up_to_one_a_text(k) -> None:
    assert len(set(uses.clusters(BLOBS, k))) == k


def test_more_groups_than_texts_is_refused_and_copies_are_no_trouble() -> None:
    with pytest.raises(ValueError, match="27; veio 28"):
        uses.clusters(BLOBS, 28)
    assert len(uses.clusters(np.ones((4, 2)) / 2**0.5, 3)) == 4


def test_neighbours_vote_as_scikit_learns_do() -> None:
    from sklearn.neighbors import KNeighborsClassifier

    labels = [f"c{t}" for t in TRUTH]
    theirs = KNeighborsClassifier(5, metric="cosine", weights=lambda d: np.maximum(1 - d, 1e-6)).fit(
        BLOBS, labels
    )
    for x in sv.unit(rng.normal(size=(12, 12))):
        found = uses.vote(BLOBS, labels, x, 5)
        expected = dict(zip(theirs.classes_, theirs.predict_proba(x[None])[0], strict=True))
        assert found == pytest.approx({k: v for k, v in expected.items() if v > 0})
        assert list(found.values()) == sorted(found.values(), reverse=True)


def test_strangeness_is_the_distance_to_neighbours() -> None:
    from sklearn.neighbors import NearestNeighbors

    far = NearestNeighbors(n_neighbors=4, metric="cosine").fit(BLOBS)
    asked = sv.unit(rng.normal(size=(5, 12)))
    np.testing.assert_allclose(uses.strangeness(BLOBS, asked, 4), far.kneighbors(asked)[0].mean(1))
    np.testing.assert_allclose(
        uses.strangeness(BLOBS, BLOBS, 4, own=True), far.kneighbors()[0][:, :4].mean(1)
    )


def test_vendi_counts_what_differs() -> None:
    assert uses.vendi(np.eye(5)) == pytest.approx(5)
    assert uses.vendi(np.ones((7, 3)) / 3**0.5) == pytest.approx(1)
    assert uses.vendi(np.repeat(np.eye(3), 4, axis=0)) == pytest.approx(3)  # copies add nothing
    with pytest.raises(ValueError, match="nenhum texto"):
        uses.vendi(np.zeros((0, 3)))


def test_a_varied_list_avoids_what_it_already_has() -> None:
    collection = sv.unit(np.array([[1, 0.1, 0], [1, 0.11, 0], [1, 0, 0.5], [0, 0, 1.0]]))
    query = np.array([1.0, 0, 0])
    assert uses.diverse(collection, query, 2, 0.0) == [0, 1]
    assert uses.diverse(collection, query, 2, 0.5) == [0, 2]
    assert uses.diverse(collection, query, 9, 0.3) == pytest.approx([0, 2, 3, 1], abs=3)
    assert sorted(uses.diverse(collection, query, 9, 0.3)) == [0, 1, 2, 3]


def test_a_profile_leans_to_the_liked_and_away_from_the_others() -> None:
    liked, other = BLOBS[:2], BLOBS[-2:]
    both = uses.profile(liked, other)
    assert np.linalg.norm(both) == pytest.approx(1)
    assert other.mean(0) @ both < other.mean(0) @ uses.profile(liked, other[:0])
    assert uses.profile(liked[:0], other) @ other[0] < 0
