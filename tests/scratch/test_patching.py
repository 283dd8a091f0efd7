"""Activation patching: what must hold for any model, on a random tiny one."""

import pytest
import torch

from llmlib.scratch.patching import effects, patched, stream
from llmlib.scratch.transformer import Transformer
from tests.conftest import tiny_model

SOURCE, TARGET = (
    torch.tensor([[0, 7, 31, 5, 11]]),
    torch.tensor([[0, 7, 90, 5, 11]]),
)  # they differ at position 2


@pytest.fixture(scope="module")
def model():
    theirs = tiny_model(seed=2)
    ours = Transformer(theirs.config).eval()
    ours.load_state_dict(theirs.state_dict(), strict=True)
    return ours


@torch.no_grad()
def test_the_stream_is_what_transformers_calls_hidden_states(model):
    kept = stream(model, SOURCE)
    states = model(SOURCE, output_hidden_states=True).hidden_states
    for x, y in zip(kept[:-1], states[:-1], strict=True):
        torch.testing.assert_close(x, y[0])
    torch.testing.assert_close(model.model.norm(kept[-1]), states[-1][0])


@torch.no_grad()
def test_patching_with_its_own_vector_changes_nothing_and_leaves_no_hook(model):
    plain = model(TARGET).logits[0, -1].log_softmax(-1)
    kept = stream(model, TARGET)
    for row in range(4):
        torch.testing.assert_close(patched(model, TARGET, row, 2, kept[row][2]), plain)
    patched(model, TARGET, 1, 2, torch.ones(44))
    torch.testing.assert_close(model(TARGET).logits[0, -1].log_softmax(-1), plain)


def test_a_word_is_carried_first_by_its_own_position_and_last_by_the_last(model):
    best = [model(ids).logits[0, -1].argmax().item() for ids in (SOURCE, TARGET)]
    moved = effects(model, SOURCE, TARGET, (best[0], best[1]))
    assert moved.shape == (4, 5)
    assert moved[:, :2].abs().max() == 0  # before the difference both runs are the same
    assert moved[0].tolist() == pytest.approx([0, 0, 1, 0, 0], abs=1e-4)  # the only embedding that differs
    assert moved[-1].tolist() == pytest.approx(
        [0, 0, 0, 0, 1], abs=1e-4
    )  # after the last layer, only the end counts
    assert not torch.allclose(moved[1], moved[0])


@pytest.mark.parametrize(
    ("target", "answers", "sentence"),
    [
        (TARGET[:, 1:], (1, 2), "5 e 4 tokens"),
        (SOURCE, (1, 2), "mesma vantagem"),
        (TARGET, (3, 3), "mesma vantagem"),
    ],
)
def test_refusals(model, target, answers, sentence):
    with pytest.raises(ValueError, match=sentence):
        effects(model, SOURCE, target, answers)
