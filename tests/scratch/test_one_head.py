"""One head in numpy against the attention of the course's transformer, which is held to transformers' own."""

import numpy as np
import pytest
import torch

from llmlib.scratch import attention, one_head

RANDOM = np.random.default_rng(4)
Q, K = RANDOM.normal(size=(2, 7, 5))
V = RANDOM.normal(size=(7, 3))


def test_agrees_with_torch() -> None:
    ours = one_head.one_head(Q, K, V)
    theirs, weights = attention.attention(*(torch.tensor(a)[None, None] for a in (Q, K, V)))
    np.testing.assert_allclose(ours.weights, weights[0, 0].numpy(), atol=1e-7)
    np.testing.assert_allclose(ours.z, theirs[0, 0].numpy(), atol=1e-7)


def test_each_step_goes_on_from_the_one_before() -> None:
    steps = one_head.one_head(Q, K, V, mask=False)
    np.testing.assert_allclose(steps.scores, Q @ K.T)
    np.testing.assert_allclose(steps.scaled * np.sqrt(5), steps.scores)
    assert (steps.masked == steps.scaled).all()
    np.testing.assert_allclose(steps.weights.sum(1), 1)
    assert steps.weights[0, -1] > 0
    assert np.isneginf(one_head.one_head(Q, K, V).masked[0, 1:]).all()


def test_the_sum_worked_by_hand_in_the_chapter() -> None:
    q, k, v = [[1, 0], [2, 0], [0, 2]], [[1, 0], [0, 1], [1, 1]], [[1, 0], [0, 10], [5, 5]]
    steps = one_head.one_head(*(np.array(each, dtype=float) for each in (q, k, v)))
    assert steps.weights[2].round(2).tolist() == [0.11, 0.45, 0.45]
    assert steps.z[2].round(2).tolist() == [2.34, 6.69]
    assert steps.weights[1].round(2).tolist() == [0.8, 0.2, 0]
    assert steps.z[1].round(2).tolist() == [0.8, 1.96]
    assert steps.weights[0].tolist() == [1, 0, 0]


def test_huge_scores_do_not_overflow() -> None:
    assert one_head.softmax(np.array([[1e4, 0.0, -np.inf]])).tolist() == [[1, 0, 0]]


@pytest.mark.parametrize("wrong", [(Q, K[:, :2], V), (Q[:3], K, V), (Q, K, V[:4]), (Q, K, V[0])])
def test_other_shapes_are_refused(wrong: tuple) -> None:
    with pytest.raises(ValueError, match="q, k e v"):
        one_head.one_head(*wrong)
