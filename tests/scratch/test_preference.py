"""Preferences from few votes: logistic regression as sklearn has it, best-of-n by drawing, KL by hand."""

import numpy as np
import pytest
from scipy.stats import norm

from llmlib.scratch import preference
from llmlib.scratch.preference import best_of_n, best_of_n_bound, divergence, fit, tilted, traits

RNG = np.random.default_rng(3)


def test_traits_by_hand() -> None:
    question = "Qual é a capital do Peru?"
    assert traits(question, "Lima.", -0.25) == [1.0, 0.0, 0.0, 0.0, -0.25]
    assert traits(question, "Não sei. Nunca ouvi falar do Peru.", -1) == [3.0, 1.0, 1.0, 0.5, -1.0]
    assert traits(question, "A capital do Peru é Lima", -1)[1] == 0  # no mark at the end
    assert traits("Quê?", "", 0) == [0, 0, 0, 0, 0]
    assert len(preference.TRAITS) == 5


def test_weights_agree_with_sklearn() -> None:
    linear_model = pytest.importorskip("sklearn.linear_model")
    d = RNG.standard_normal((60, 4))
    d *= np.where(RNG.random(60) < preference.sigmoid(d @ [2.0, -1.0, 0.5, 0.0]), 1, -1)[:, None]
    ours = fit(d, spread=1.5)
    theirs = linear_model.LogisticRegression(C=1.5**2, fit_intercept=False, tol=1e-10, max_iter=5000)
    both, labels = np.concatenate([d, -d]), [1] * 60 + [0] * 60
    theirs.fit(both, labels, sample_weight=[0.5] * 120)  # each vote once, seen from both sides
    np.testing.assert_allclose(ours.weights, theirs.coef_[0], atol=1e-4)


def test_doubt_is_the_curvature_and_falls_with_votes() -> None:
    d = RNG.standard_normal((12, 3))
    found = fit(d, spread=2.0)

    def log_posterior(w: np.ndarray) -> float:
        return float(np.log(preference.sigmoid(d @ w)).sum() - w @ w / 8)

    h, w = 1e-4, found.weights
    bend = [[0.0] * 3 for _ in range(3)]
    for i, a in enumerate(h * np.eye(3)):
        for j, b in enumerate(h * np.eye(3)):
            ends = [log_posterior(w + s * a + t * b) * s * t for s in (1, -1) for t in (1, -1)]
            bend[i][j] = sum(ends) / (4 * h * h)
    np.testing.assert_allclose(np.linalg.inv(-np.array(bend)), found.covariance, rtol=1e-3, atol=1e-4)
    nothing = fit([], size=3)
    assert nothing.weights.tolist() == [0, 0, 0]
    np.testing.assert_allclose(nothing.covariance, 4 * np.eye(3))
    assert nothing.preferred([1, 0, 0], [0, 1, 0]) == 0.5
    assert (np.diag(fit(np.tile(d, (5, 1))).covariance) < np.diag(found.covariance)).all()


def test_the_predicted_vote_averages_over_the_doubt() -> None:
    found = fit([[1.0, 0.2], [0.8, -0.4], [1.2, 0.1]])
    one, other = np.array([1.5, 0.0]), np.array([0.0, 0.5])
    mean, deviation = found.margin(one, other)
    grid = norm(mean, deviation).ppf((np.arange(20_000) + 0.5) / 20_000)
    assert found.preferred(one, other) == pytest.approx(preference.sigmoid(grid).mean(), abs=0.01)
    assert 0.5 < found.preferred(one, other) < preference.sigmoid(mean)


def test_votes_that_never_end_and_contradict_do_not_break_it() -> None:
    same = fit([[9.0, 0.0]] * 500)  # separable: without the prior the weight would have no end
    assert np.isfinite(same.weights).all()
    assert fit([[1.0, 2.0], [-1.0, -2.0]]).weights == pytest.approx([0, 0], abs=1e-9)


@pytest.mark.parametrize("n", [1, 2, 5, 40])
def test_best_of_n_is_what_drawing_gives(n: int) -> None:
    rewards = np.array([0.3, -1.0, 0.3, 2.0, 0.0, -1.0, 0.3])
    chances = best_of_n(rewards, n)
    assert chances.sum() == pytest.approx(1)
    drawn = RNG.integers(len(rewards), size=(40_000, n))
    at = (rewards[drawn] + 1e-9 * RNG.random(drawn.shape)).argmax(1)  # ties are broken by chance
    kept = drawn[np.arange(len(drawn)), at]
    np.testing.assert_allclose(np.bincount(kept, minlength=7) / len(kept), chances, atol=0.012)


def test_the_bound_is_reached_without_ties_and_not_passed_with_them() -> None:
    rewards = RNG.standard_normal(4000)
    for n in (2, 4, 16):
        uniform = np.full(4000, 1 / 4000)
        assert divergence(best_of_n(rewards, n), uniform) == pytest.approx(best_of_n_bound(n), abs=0.01)
        coarse = np.round(rewards)
        assert divergence(best_of_n(coarse, n), uniform) < best_of_n_bound(n)
    assert best_of_n_bound(1) == 0


def test_the_tilt_is_the_best_trade() -> None:
    drawn, rewards, beta = np.array([0.5, 0.3, 0.2]), np.array([0.0, 1.0, 3.0]), 0.7
    best = tilted(drawn, rewards, beta)
    value = lambda q: q @ rewards - beta * divergence(q, drawn)  # noqa: E731
    for _ in range(200):
        q = RNG.dirichlet([1, 1, 1])
        assert value(q) <= value(best) + 1e-12
    np.testing.assert_allclose(tilted(drawn, rewards, 1e6), drawn, atol=1e-5)
    np.testing.assert_allclose(tilted(drawn, rewards, 1e-3), [0, 0, 1], atol=1e-9)


def test_bad_input() -> None:
    for rewards, n in (([], 2), ([1.0], 0)):
        with pytest.raises(ValueError, match="n de 1"):
            best_of_n(rewards, n)
