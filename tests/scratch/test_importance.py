"""Measures of what matters: against torch's own derivatives, and against what taking a word away must do."""

import numpy as np
import pytest
import torch

from llmlib.scratch import importance
from tests.conftest import tiny_model

TOKENS = ["<|endoftext|>", "O", " ga", "to", " dor", "me", ",", " na", "⟨C3⟩", "\n", " casa"]
GROUPS = [[0], [1], [2, 3], [4, 5], [6], [7, 8], [9], [10]]


@pytest.fixture(scope="module")
def text() -> tuple:
    """(predict, logits, embeddings, neutral) of a tiny model on eleven tokens, in float64."""
    model = tiny_model(seed=3).double()
    table = model.get_input_embeddings().weight.detach()
    ids = torch.randint(4, len(table), (len(TOKENS),), generator=torch.Generator().manual_seed(2))
    logits = lambda x: model(inputs_embeds=x).logits  # noqa: E731
    return lambda x: logits(x).softmax(-1), logits, table[ids], table.mean(0)


def test_words_are_joined_and_signs_stand_alone() -> None:
    assert importance.words(TOKENS) == GROUPS
    assert importance.words(["<|endoftext|>"]) == [[0]]
    assert importance.words(["<|endoftext|>", "     ", "🐈", "م", "ر"]) == [[0], [1], [2], [3, 4]]


def test_rollout_keeps_a_whole_and_sees_no_future() -> None:
    attentions = np.tril(np.random.default_rng(0).random((3, 2, 5, 5)))
    attentions /= attentions.sum(-1, keepdims=True)
    flow = importance.rollout(attentions)
    np.testing.assert_allclose(flow.sum(1), 1)
    assert np.triu(flow, 1).max() == 0
    only_itself = np.broadcast_to(np.eye(4), (3, 2, 4, 4))
    np.testing.assert_allclose(importance.rollout(only_itself), np.eye(4))


def test_weights_on_words_are_summed() -> None:
    weights = np.random.default_rng(1).random((2, 3, 11, 11))
    on_words = importance.weights_on_words(weights, GROUPS)
    assert on_words.shape == (2, 3, 11, 8)
    np.testing.assert_allclose(on_words[..., 2], weights[..., 2] + weights[..., 3])
    np.testing.assert_allclose(on_words.sum(-1), weights.sum(-1))


def test_rate_is_the_derivative_in_that_direction(text: tuple) -> None:
    predict, _, x, neutral = text
    found = importance.rate(predict, x, GROUPS, neutral)
    for word in (2, 5):
        toward = torch.zeros_like(x)
        toward[GROUPS[word]] = neutral - x[GROUPS[word]]
        _, slope = torch.func.jvp(lambda e: predict(e[None])[0], (x,), (toward,))
        torch.testing.assert_close(found[word], 0.5 * slope.abs().sum(-1), rtol=0.05, atol=1e-3)


def test_fading_changes_nothing_before_the_word_and_nothing_by_zero(text: tuple) -> None:
    predict, _, x, neutral = text
    found = importance.faded(predict, x, GROUPS, neutral)
    for word, places in enumerate(GROUPS):
        assert found[word, : places[0]].abs().max() < 1e-12 if places[0] else True
        assert found[word, places[-1]] > 1e-3
    assert (found <= 1 + 1e-9).all()
    assert importance.faded(predict, x, GROUPS, neutral, 0.0).max() < 1e-12


def test_deleting_is_predicting_from_the_rest(text: tuple) -> None:
    predict, _, x, _ = text
    found = importance.deleted(predict, x, GROUPS)
    rest = torch.cat([x[:2], x[4:]])
    expected = importance.total_variation(predict(rest[None])[0, -1], predict(x[None])[0, -1])
    torch.testing.assert_close(found[2, -1], expected.detach())
    assert found[0].abs().max() == 0
    assert found[2, [2, 3]].abs().max() == 0


def test_gradient_length_is_that_of_autograd(text: tuple) -> None:
    _, logits, x, _ = text
    found = importance.gradient_length(logits, x, 6)
    assert found.shape == (len(TOKENS),)
    assert found[7:].max() == 0  # what comes later has no say
    step, place = 1e-6 * torch.randn(x.shape[1], dtype=x.dtype, generator=torch.Generator().manual_seed(1)), 4
    moved = x.clone()
    moved[place] += step
    with torch.no_grad():
        best = logits(x[None])[0, 6].argmax()
        rise = logits(moved[None])[0, 6].log_softmax(-1)[best] - logits(x[None])[0, 6].log_softmax(-1)[best]
    assert abs(float(rise)) <= float(found[place] * step.norm()) * (1 + 1e-3)


def test_agreement_is_kendalls() -> None:
    assert importance.agreement([1, 2, 3], [10, 20, 30]) == 1
    assert importance.agreement([1, 2, 3], [3, 2, 1]) == 0
    assert importance.agreement([1, 1], [1, 2]) == 0.5
    assert importance.agreement([1, 2, 3], [1, 3, 2]) == pytest.approx(2 / 3)
    with pytest.raises(ValueError, match="duas listas"):
        importance.agreement([1], [1])


def test_a_study_has_a_row_for_each_word(text: tuple) -> None:
    predict, _, x, neutral = text
    attentions = np.tril(np.ones((3, 6, 11, 11)))
    attentions /= attentions.sum(-1, keepdims=True)
    with torch.no_grad():
        found = importance.study(TOKENS, attentions, predict, x, neutral)
    assert found["groups"] == GROUPS
    assert found["attentions"].shape == (3, 6, 11, 8)
    assert found["rollout"].shape == (11, 8)
    assert {found[name].shape for name in ("faded", "deleted", "rate")} == {(8, 11)}
