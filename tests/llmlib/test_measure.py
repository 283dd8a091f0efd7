"""Perplexity against values worked by hand and against torch; intervals against what they must cover."""

import numpy as np
import pytest

from llmlib.measure import average, bootstrap, jackknife, perplexity, share, surprise


def test_surprise_equals_cross_entropy_of_torch():
    torch = pytest.importorskip("torch")
    rng = np.random.default_rng(3)
    logits, ids = rng.normal(size=(7, 11)).astype(np.float32) * 5, rng.integers(11, size=7)
    expected = torch.nn.functional.cross_entropy(
        torch.tensor(logits[:-1]), torch.tensor(ids[1:]), reduction="none"
    )
    np.testing.assert_allclose(surprise(logits, ids), expected.numpy(), rtol=1e-5)


def test_perplexity_of_equal_choices_is_their_number():
    uniform = np.zeros((6, 13))
    assert perplexity([surprise(uniform, [0, 5, 2, 2, 1, 12])]) == pytest.approx(13.0)


def test_perplexity_weighs_tokens_not_documents():
    long, short = np.full(9, np.log(2.0)), np.full(1, np.log(200.0))
    assert perplexity([long, short]) == pytest.approx(np.exp((9 * np.log(2) + np.log(200)) / 10))


def test_perplexity_of_nothing_says_so():
    with pytest.raises(ValueError, match="ao menos um documento"):
        perplexity([])


def test_bootstrap_covers_the_truth_about_as_often_as_it_says():
    rng = np.random.default_rng(0)
    hits = 0
    for seed in range(60):
        documents = [np.array([value]) for value in rng.normal(1.0, 0.4, size=40)]
        estimate = bootstrap(documents, rounds=200, seed=seed)
        assert estimate.low <= estimate.value <= estimate.high
        hits += estimate.low <= np.e <= estimate.high
    assert hits >= 50  # 95 % of 60 is 57; 50 would happen by chance once in thousands of runs


def test_the_average_is_the_bootstrap_of_a_mean():
    values = list(np.random.default_rng(3).normal(size=25))
    same = bootstrap(values, lambda rows: float(np.mean(rows)), 300, seed=4)
    assert average(iter(values), 300, seed=4) == pytest.approx(same)


def test_jackknife_of_a_mean_is_the_textbook_interval():
    values = np.random.default_rng(1).normal(size=30)
    estimate = jackknife(list(values), lambda v: float(np.mean(v)))
    half = 1.959964 * values.std(ddof=1) / np.sqrt(30)
    assert estimate == pytest.approx((values.mean(), values.mean() - half, values.mean() + half))


def test_jackknife_holds_what_resampling_misses():
    """Share of different items: with repeats among the resamples, the bootstrap's interval is too low."""
    rng, different = np.random.default_rng(2), lambda items: len(set(items)) / len(items)
    items = list(rng.integers(200, size=80))
    low, high = bootstrap(items, different)[1:]
    assert not low <= different(items) <= high
    estimate = jackknife(items, different)
    assert estimate.low < different(items) < estimate.high
    hits = 0
    for _ in range(60):
        drawn = jackknife(list(rng.integers(200, size=80)), different)
        hits += drawn.low <= 200 * (1 - (1 - 1 / 200) ** 80) / 80 <= drawn.high
    assert hits >= 50


def test_jackknife_of_one_item_says_so():
    with pytest.raises(ValueError, match="ao menos dois itens"):
        jackknife([1.0], sum)


def test_wilson_interval_against_known_values():
    # Newcombe (1998), case 81 of 263: 0.2553 to 0.3662; and 0 of 20: 0 to 0.1611
    assert share(81, 263)[1:] == pytest.approx((0.2553, 0.3662), abs=1e-4)
    assert share(0, 20)[1:] == pytest.approx((0.0, 0.1611), abs=1e-4)
