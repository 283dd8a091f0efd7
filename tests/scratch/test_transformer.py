"""Our transformer against transformers' Qwen3ForCausalLM, weights copied, on random tiny configurations."""

import pytest
import torch

from llmlib.scratch.attention import attention, rotary_angles, rotate
from llmlib.scratch.kv_cache import KVCache
from llmlib.scratch.transformer import Config, Transformer
from tests.conftest import tiny_model

CONFIGURATIONS = {
    "tied, grouped": {},
    "untied": {"tie_word_embeddings": False},
    "one key head for all": {"num_key_value_heads": 1},
    "one key head each": {"num_key_value_heads": 6, "num_hidden_layers": 2},
    "far positions turn slowly": {"rope_parameters": {"rope_type": "default", "rope_theta": 1e6}},
    "heads wider than the model": {"hidden_size": 26, "head_dim": 14, "rms_norm_eps": 1e-3},
    "odd heads in odd groups, untied": {
        "num_attention_heads": 9,
        "num_key_value_heads": 3,
        "tie_word_embeddings": False,
    },
    "five heads, each its own key": {"num_attention_heads": 5, "num_key_value_heads": 5, "head_dim": 6},
    "one layer": {"num_hidden_layers": 1, "intermediate_size": 5, "vocab_size": 11},
}


@pytest.fixture(params=CONFIGURATIONS, ids=str)
def pair(request):
    """(theirs, ours) with the same weights, loaded by name without a mapper."""
    theirs = tiny_model(seed=len(request.param), **CONFIGURATIONS[request.param])
    ours = Transformer(theirs.config).eval()
    ours.load_state_dict(theirs.state_dict(), strict=True)
    return theirs, ours


def close(ours, theirs):
    torch.testing.assert_close(ours, theirs, rtol=1e-5, atol=1e-5)


@torch.no_grad()
def test_agrees_with_transformers(pair):
    theirs, ours = pair
    ids = torch.randint(theirs.config.vocab_size, (2, 17), generator=torch.Generator().manual_seed(5))
    a = theirs(ids, output_attentions=True, output_hidden_states=True)
    b = ours(ids, output_attentions=True, output_hidden_states=True)
    close(b.logits, a.logits)
    assert len(a.attentions) == len(b.attentions)
    assert len(a.hidden_states) == len(b.hidden_states)
    for x, y in zip(b.attentions + b.hidden_states, a.attentions + a.hidden_states, strict=True):
        close(x, y)


@torch.no_grad()
@pytest.mark.parametrize("pieces", [[1] * 9, [4, 5], [6, 1, 2], [9]], ids=str)
def test_cached_equals_uncached(pair, pieces):
    ours = pair[1]
    ids = torch.randint(ours.config.vocab_size, (2, 9), generator=torch.Generator().manual_seed(6))
    whole = ours(ids, output_attentions=True)
    cache, start = KVCache(), 0
    for size in pieces:
        part = ours(ids[:, start : start + size], cache, output_attentions=True)
        close(part.logits, whole.logits[:, start : start + size])
        for x, y in zip(part.attentions, whole.attentions, strict=True):
            close(x, y[:, :, start : start + size, : start + size])
        start += size
        assert len(cache) == start
    c = ours.config
    numbers = 2 * 2 * c.num_hidden_layers * c.num_key_value_heads * c.head_dim * 9
    assert cache.nbytes() == 4 * numbers


@torch.no_grad()
def test_a_cropped_cache_goes_back(pair):
    ours = pair[1]
    ids = torch.randint(ours.config.vocab_size, (1, 8), generator=torch.Generator().manual_seed(7))
    cache = KVCache()
    ours(ids.flip(1), cache)
    cache.crop(0)
    ours(ids[:, :6], cache)
    cache.crop(4)
    close(ours(ids[:, 4:], cache).logits, ours(ids).logits[:, 4:])


@torch.no_grad()
def test_the_future_changes_nothing(pair):
    ours = pair[1]
    ids = torch.randint(ours.config.vocab_size, (1, 8), generator=torch.Generator().manual_seed(8))
    other = ids.clone()
    other[:, 5:] = (other[:, 5:] + 1) % ours.config.vocab_size
    close(ours(other).logits[:, :5], ours(ids).logits[:, :5])


def test_gradients_agree_with_transformers(pair):
    theirs, ours = pair
    ids = torch.randint(theirs.config.vocab_size, (2, 9), generator=torch.Generator().manual_seed(9))
    ids[ids == theirs.config.pad_token_id] += 1  # transformers gives the padding row no gradient
    theirs(ids, labels=ids).loss.backward()
    logits = ours(ids).logits[:, :-1]
    torch.nn.functional.cross_entropy(logits.flatten(0, 1), ids[:, 1:].flatten()).backward()
    for (name, p), (their_name, q) in zip(ours.named_parameters(), theirs.named_parameters(), strict=True):
        assert name == their_name
        torch.testing.assert_close(p.grad, q.grad, rtol=1e-4, atol=1e-5)


@torch.no_grad()
def test_from_folder(tiny_folder, tiny_lm):
    ours = Transformer.from_folder(tiny_folder)
    ids = torch.arange(12)[None]
    close(ours(ids).logits, tiny_lm.model(ids).logits)


def test_attention_rows_sum_to_one_and_follow_the_definition():
    q, k, v = (torch.randn(1, 2, t, 4, generator=torch.Generator().manual_seed(t)) for t in (3, 5, 6))
    v = v[:, :, :5]
    mixed, weights = attention(q, k, v)
    torch.testing.assert_close(weights.sum(-1), torch.ones(1, 2, 3))
    # the second of three queries over five keys stands at position 3, and sees keys 0 to 3
    expected = (k[0, 1, :4] @ q[0, 1, 1] / 2).softmax(0) @ v[0, 1, :4]
    torch.testing.assert_close(mixed[0, 1, 1], expected)


def test_rotation_keeps_length_and_depends_on_distance_only():
    q, k = torch.randn(2, 10, generator=torch.Generator().manual_seed(0), dtype=torch.float64)
    cos, sin = (t.double() for t in rotary_angles(torch.arange(40), 10, 100.0))
    at = lambda x, position: rotate(x[None], cos[position], sin[position])[0]  # noqa: E731
    torch.testing.assert_close(at(q, 17).norm(), q.norm())
    torch.testing.assert_close(at(q, 9) @ at(k, 4), at(q, 35) @ at(k, 30), rtol=1e-5, atol=1e-5)


def test_config_reads_both_places_of_rope_theta():
    sizes = {
        "vocab_size": 9,
        "hidden_size": 4,
        "intermediate_size": 6,
        "num_hidden_layers": 1,
        "num_attention_heads": 2,
        "num_key_value_heads": 1,
        "head_dim": 2,
    }
    assert Config.of({**sizes, "rope_theta": 7.0, "model_type": "qwen3"}).rope_theta == 7.0
    assert Config.of({**sizes, "rope_parameters": {"rope_theta": 8.0}}).rope_theta == 8.0
