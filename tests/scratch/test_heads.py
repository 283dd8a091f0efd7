"""heads: slices of a projection against torch, rules against a hand's, scores against the builders'."""

from __future__ import annotations

import numpy as np
import pytest
import torch

from llmlib.measure import bootstrap
from llmlib.scratch import heads
from tests.widgets.attended import maps


def test_splitting_is_what_torch_does() -> None:
    x = torch.randn(5, 6 * 7)
    ours = heads.split(x.numpy(), 6)
    assert np.array_equal(ours, x.view(5, 6, 7).transpose(0, 1).numpy())
    with pytest.raises(ValueError, match=r"42 números .* 5 cabeças"):
        heads.split(x.numpy(), 5)


def test_neighbours_share_a_key_head() -> None:
    repeated = torch.arange(3).repeat_interleave(2).tolist()  # what transformers' repeat_kv does to the heads
    assert [heads.key_head(h, 6, 3) for h in range(6)] == repeated


def test_what_heads_write_sums_to_the_projection() -> None:
    torch.manual_seed(0)
    z, o_proj = torch.randn(4, 6, 5), torch.randn(11, 30)
    parts = heads.contributions(z.numpy(), o_proj.numpy())
    assert parts.shape == (6, 4, 11)
    whole = torch.nn.functional.linear(z.reshape(4, 30), o_proj)
    torch.testing.assert_close(torch.from_numpy(parts.sum(0)), whole, atol=1e-5, rtol=1e-5)
    silent = torch.from_numpy(heads.without(z.numpy(), [1, 4])).reshape(4, 30)
    expected = torch.from_numpy(parts.sum(0) - parts[1] - parts[4])
    torch.testing.assert_close(torch.nn.functional.linear(silent, o_proj), expected, atol=1e-5, rtol=1e-5)


def test_the_rules_by_hand() -> None:
    assert heads.previous_token(4) == heads.Looks((2, 3), ((1,), (2,)))
    looks = heads.induction([0, 7, 8, 9, 7, 8, 7])
    assert looks.queries == (4, 5, 6)
    assert looks.keys == ((2,), (3,), (2, 5))


@pytest.mark.parametrize(
    ("queries", "keys"), [((), ()), ((2,), ()), ((2,), ((),)), ((2,), ((3,),)), ((2,), ((-1,),))]
)
def test_a_look_that_cannot_be_is_refused(queries: tuple, keys: tuple) -> None:
    with pytest.raises(ValueError, match=r"Looks precisa|não pode olhar"):
        heads.Looks(queries, keys)


def test_scores_are_those_of_the_measure_of_the_builders() -> None:
    from builders.measures.induction import on_the_next

    length = 6
    attentions = maps(2, 3, 1 + 2 * length)
    ids = [0, *range(300, 300 + length), *range(300, 300 + length)]
    ours = heads.score(attentions, heads.induction(ids[:-1]))
    theirs = torch.stack([on_the_next(torch.from_numpy(each[None]), length) for each in attentions])
    assert np.allclose(ours, theirs.numpy(), atol=1e-6)


def test_chance_is_what_a_head_with_no_choice_would_get() -> None:
    uniform = np.tril(np.ones((9, 9))) / np.arange(1, 10)[:, None]
    looks, rng = heads.previous_token(9), np.random.default_rng(0)
    assert np.allclose(
        heads.by_chance(uniform[None, None], looks, rng), heads.score(uniform[None, None], looks)
    )
    resting = np.zeros((1, 1, 9, 9))
    resting[..., 0] = 1  # on the mark: gains nothing by chance
    assert heads.by_chance(resting, looks, rng).max() == 0
    exact = np.eye(9, k=-1)[None, None]
    drawn = [heads.by_chance(exact, looks, rng)[0, 0] for _ in range(200)]
    assert heads.score(exact, looks)[0, 0] == 1
    assert 0.15 < np.mean(drawn) < 0.45


def test_the_interval_is_the_bootstrap_of_the_course() -> None:
    values = np.random.default_rng(1).normal(2, 1, size=(30, 2, 3))
    mean, low, high = heads.interval(values)
    other = bootstrap(list(values[:, 1, 2]), lambda some: float(np.mean(some)))
    assert mean[1, 2] == pytest.approx(other.value)
    assert low[1, 2] == pytest.approx(other.low, abs=0.05)
    assert high[1, 2] == pytest.approx(other.high, abs=0.05)
    with pytest.raises(ValueError, match="Sem nenhum texto"):
        heads.interval(values[:0])


def test_ranks_agree_with_scipy() -> None:
    from scipy.stats import spearmanr

    rng = np.random.default_rng(2)
    a, b = rng.integers(0, 5, (4, 5)), rng.integers(0, 5, (4, 5))
    assert heads.rank_agreement(a, b) == pytest.approx(spearmanr(a.ravel(), b.ravel()).statistic)
    assert heads.rank_agreement(a, np.ones_like(a)) == 0
