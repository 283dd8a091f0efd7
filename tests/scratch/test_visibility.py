"""The masks are those of the real models: changing a word changes exactly the bets that may see it."""

from __future__ import annotations

from pathlib import Path

import numpy as np
import pytest
import torch
from transformers import ModernBertForMaskedLM, T5ForConditionalGeneration, XLNetLMHeadModel

from builders import bert, t5, xlnet
from builders.families import END
from llmlib.scratch import visibility

BASE = Path(__file__).resolve().parents[2] / "data" / "models" / "mini-base"
T = 6


def test_the_decoder_is_the_permutation_from_left_to_right() -> None:
    assert np.array_equal(visibility.decoder(T), visibility.permutation(range(T)))
    assert visibility.decoder(T).sum() == T * (T - 1) / 2
    assert visibility.encoder(T).sum() == T * (T - 1)
    assert visibility.encoder_decoder(4, 3).sum() == 12 + 3


def test_every_order_has_as_many_pairs_as_the_decoder() -> None:
    rng = np.random.default_rng(0)
    for _ in range(20):
        order = rng.permutation(T)
        sees = visibility.permutation(order)
        assert sees.sum() == T * (T - 1) / 2
        assert not (sees & sees.T).any()  # of two words, one sees the other
        assert sees[order[-1]].sum() == T - 1


@pytest.mark.parametrize("order", [[0, 0, 1], [1, 2], [0, 1, 3]])
def test_an_order_that_is_none_is_refused(order: list[int]) -> None:
    with pytest.raises(ValueError, match="cada posição"):
        visibility.permutation(order)


def moved(logits: object, ids: torch.Tensor, bets: list[int]) -> np.ndarray:
    """(bets, T) bool: which bets change when token j becomes another. `logits(ids, bet)` is a row (V,)."""
    with torch.no_grad():
        before = [logits(ids, bet) for bet in bets]
        rows = []
        for j in range(ids.shape[1]):
            other = ids.clone()
            other[0, j] = 700 + j
            after = [logits(other, bet) for bet in bets]
            rows.append([not torch.allclose(a, b, atol=1e-6) for a, b in zip(before, after, strict=True)])
    return np.array(rows).T


@pytest.fixture(scope="module")
def ids() -> torch.Tensor:
    return torch.tensor([[END, *range(100, 100 + T)]])  # the mark of the document is seen by all


def test_a_real_decoder_sees_this(ids: torch.Tensor) -> None:
    from transformers import Qwen3Config, Qwen3ForCausalLM

    torch.manual_seed(0)
    config = Qwen3Config(
        vocab_size=3072, hidden_size=32, num_hidden_layers=2, num_attention_heads=2, num_key_value_heads=1,
        head_dim=16, intermediate_size=32, attn_implementation="eager",
    )  # fmt: skip
    model = Qwen3ForCausalLM(config).eval()
    found = moved(lambda x, bet: model(x).logits[0, bet], ids, range(T))  # the position before makes the bet
    assert np.array_equal(found[:, 1:], visibility.decoder(T))


def test_a_real_encoder_sees_this(ids: torch.Tensor) -> None:
    torch.manual_seed(0)
    tokenizer = bert.with_mask(BASE)
    model = ModernBertForMaskedLM(bert.shape(len(tokenizer), 0.3)).eval()
    hidden = [1, 4]

    def bet(x: torch.Tensor, place: int) -> torch.Tensor:
        shown = x.clone()
        shown[0, [1 + place, *(1 + h for h in hidden)]] = tokenizer.mask_token_id
        return model(shown).logits[0, 1 + place]

    assert np.array_equal(moved(bet, ids, range(T))[:, 1:], visibility.encoder(T, hidden))


def test_a_real_encoder_decoder_sees_this(ids: torch.Tensor) -> None:
    torch.manual_seed(0)
    model = T5ForConditionalGeneration(t5.shape(3104, 0.4)).eval()
    target = torch.tensor([[200, 201, 202]])

    def from_source(x: torch.Tensor, place: int) -> torch.Tensor:
        return model(input_ids=x, decoder_input_ids=torch.cat([torch.tensor([[1]]), target], 1)).logits[
            0, place
        ]

    def from_target(x: torch.Tensor, place: int) -> torch.Tensor:
        return model(input_ids=ids, decoder_input_ids=torch.cat([torch.tensor([[1]]), x], 1)).logits[0, place]

    found = np.hstack([moved(from_source, ids, range(3)), moved(from_target, target, range(3))])
    assert np.array_equal(found, visibility.encoder_decoder(T + 1, 3))


def test_a_real_xlnet_sees_this_in_any_order(ids: torch.Tensor) -> None:
    torch.manual_seed(0)
    model = XLNetLMHeadModel(xlnet.shape(3072, 0.4)).eval()
    order = [3, 0, 5, 1, 4, 2]
    rank = torch.zeros(1, T + 1)
    rank[0, [1 + place for place in order]] = torch.arange(1.0, T + 1)

    def bet(x: torch.Tensor, place: int) -> torch.Tensor:
        return xlnet.order_loss(model, x, xlnet.eligible(ids), rank)[1][place]

    assert np.array_equal(moved(bet, ids, range(T))[:, 1:], visibility.permutation(order))
