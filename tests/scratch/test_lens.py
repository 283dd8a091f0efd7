"""The logit lens against the definition, and against what the model itself says."""

import pytest
import torch

from llmlib.scratch.lens import logit_lens, settled
from llmlib.scratch.transformer import Transformer
from tests.conftest import tiny_model


@pytest.fixture(scope="module")
def pair():
    theirs = tiny_model(seed=4, tie_word_embeddings=False)
    ours = Transformer(theirs.config).eval()
    ours.load_state_dict(theirs.state_dict(), strict=True)
    return theirs, ours


@torch.no_grad()
def test_each_row_is_the_head_after_a_layer(pair):
    theirs, ours = pair
    ids = torch.randint(347, (1, 9), generator=torch.Generator().manual_seed(1))
    found = logit_lens(ours, ids)
    out = theirs(ids, output_hidden_states=True)
    assert found.shape == (4, 9, 347)
    torch.testing.assert_close(found[-1], out.logits[0].softmax(-1), rtol=1e-5, atol=1e-6)
    for row in range(3):  # theirs[:-1] come before the last norm
        logits = theirs.lm_head(theirs.model.norm(out.hidden_states[row]))[0]
        torch.testing.assert_close(found[row], logits.softmax(-1), rtol=1e-5, atol=1e-6)


def test_settled_is_the_first_row_from_which_nothing_changes():
    best = torch.tensor([[2, 1, 0], [1, 1, 0], [2, 1, 0], [2, 0, 0]])  # (4 rows, 3 positions)
    p = torch.nn.functional.one_hot(best, 3).float()
    assert settled(p).tolist() == [2, 3, 0]
