"""The fit finds a law that is there, agrees with scipy's on the real runs, and knows how sure it is."""

import csv

import numpy as np
import pytest

from llmlib.data import root
from llmlib.scratch.scaling import best_size, fit, predict, resampled

LAW = np.array([np.log(400), np.log(2000), np.log(1.7), 0.5, 0.6])


def runs(noise=0.0, seed=0):
    rng = np.random.default_rng(seed)
    grid = [(n, d) for n in (14e3, 4e4, 1e5, 2.8e5, 8e5) for d in (125e3, 25e4, 5e5, 1e6) for _ in range(2)]
    n, d = np.array(grid).T
    return n, d, predict(LAW, n, d) * (1 + noise * rng.standard_normal(len(n)))


def measured():
    with (root() / "scaling" / "runs.csv").open(encoding="utf-8") as file:
        rows = list(csv.DictReader(file))
    return tuple(np.array([float(row[key]) for row in rows]) for key in ("parameters", "tokens", "loss"))


def test_predicts_the_sum_worked_by_hand():
    assert predict([np.log(400), np.log(2000), np.log(1.5), 0.5, 0.5], 1e4, 1e6) == pytest.approx(7.5)


def test_finds_the_law_and_one_odd_run_hardly_moves_it():
    n, d, loss = runs()
    np.testing.assert_allclose(fit(n, d, loss), LAW, rtol=1e-3)
    loss[3] *= 2
    np.testing.assert_allclose(fit(n, d, loss)[3:], LAW[3:], atol=0.05)


def test_as_near_as_scipy_comes():
    from builders.scaling import fit as scipy_fit

    def cost(law, n, d, loss):
        error = np.abs(np.log(predict(law, n, d) / loss))
        return np.where(error < 1e-3, error**2, 2e-3 * error - 1e-6).sum()

    for n, d, loss in (measured(), runs(0.02), runs(0.005, 3)):
        ours, theirs = (cost(f(n, d, loss), n, d, loss) for f in (fit, scipy_fit))
        assert ours <= 1.01 * theirs


def test_a_run_of_weight_zero_is_not_there():
    n, d, loss = runs(0.01)
    weights = np.ones((2, len(n)))
    weights[0, n == n.max()] = 0
    kept = n < n.max()
    without, everything = fit(n, d, loss, weights)
    np.testing.assert_allclose(
        predict(without, n, d), predict(fit(n[kept], d[kept], loss[kept]), n, d), rtol=0.01
    )
    np.testing.assert_allclose(predict(everything, n, d), predict(fit(n, d, loss), n, d), rtol=2e-3)


def test_the_band_holds_the_truth_inside_and_widens_outside():
    n, d, loss = runs(0.01, 2)
    laws = resampled(n, d, loss, 60)
    assert laws.shape == (60, 5)

    def width(at_n, at_d):
        low, high = np.percentile([predict(law, at_n, at_d) for law in laws], [2.5, 97.5])
        assert low * 0.98 <= predict(LAW, at_n, at_d) <= high * 1.02
        return np.log(high / low)

    assert width(1e5, 5e5) < 0.05
    assert width(1e9, 2e10) > 3 * width(1e5, 5e5)


def test_too_few_runs_are_refused():
    n, d, loss = runs()
    with pytest.raises(ValueError, match="seis corridas"):
        fit(n[:9], d[:9], loss[:9])


def test_best_size_is_the_best_of_all_divisions():
    n, d = best_size(LAW, 1e13)
    assert 6 * n * d == pytest.approx(1e13)
    others = [predict(LAW, n * f, d / f) for f in (0.3, 0.8, 1.25, 4)]
    assert predict(LAW, n, d) < min(others)
