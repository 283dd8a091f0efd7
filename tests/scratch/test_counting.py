"""What counting.py says on paper against what torch counts, and against what model cards publish."""

import pytest
import torch
from torch.utils.flop_counter import FlopCounterMode

from llmlib.scratch import counting
from llmlib.scratch.kv_cache import KVCache
from llmlib.scratch.transformer import Transformer
from tests.conftest import tiny_config
from tests.scratch.test_transformer import CONFIGURATIONS


@pytest.fixture(params=CONFIGURATIONS, ids=str)
def model(request):
    return Transformer(tiny_config(**CONFIGURATIONS[request.param])).eval()


@torch.no_grad()
def counted(model, *arguments):
    """{module: operations} as torch counts them."""
    with FlopCounterMode(display=False, depth=9) as counter:
        model(*arguments)
    return {name: sum(each.values()) for name, each in counter.get_flop_counts().items()}


def test_parameters_part_by_part(model):
    parts = counting.parameters(model.config)
    named = dict(model.named_parameters())  # a tied head is not listed twice
    size = lambda *ends: sum(p.numel() for n, p in named.items() if n.endswith(ends))  # noqa: E731
    assert parts["embedding"] == size("embed_tokens.weight")
    assert parts["queries"] == size("q_proj.weight")
    assert parts["keys"] == size("k_proj.weight")
    assert parts["values"] == size("v_proj.weight")
    assert parts["output"] == size("o_proj.weight")
    assert parts["mlp"] == size("gate_proj.weight", "up_proj.weight", "down_proj.weight")
    assert parts["norms"] == size("norm.weight")
    assert parts["head"] == size("lm_head.weight")
    assert sum(parts.values()) == sum(p.numel() for p in model.parameters())


@pytest.mark.parametrize("tokens", [1, 7])
def test_operations_part_by_part(model, tokens):
    parts = counting.flops(model.config, tokens)
    seen = counted(model, torch.zeros(1, tokens, dtype=torch.long))
    assert sum(parts.values()) == seen["Global"]
    part = lambda *ends: sum(n for name, n in seen.items() if name.endswith(ends))  # noqa: E731
    assert parts["mlp"] == part(".mlp")
    attention = ("queries", "keys", "values", "scores", "mix", "output")
    assert sum(parts[each] for each in attention) == part(".self_attn")
    assert parts["head"] == part(".lm_head")


def test_operations_with_a_cache(model):
    cache = KVCache()
    with torch.no_grad():
        model(torch.zeros(1, 5, dtype=torch.long), cache)
    seen = counted(model, torch.zeros(1, 3, dtype=torch.long), cache)
    assert sum(counting.flops(model.config, 3, past=5).values()) == seen["Global"]
    numbers = sum(t.numel() for pair in cache.layers for t in pair)
    assert counting.cache(model.config, 8) == numbers


def test_writing_is_the_sum_of_its_passes(model):
    c = model.config
    one = lambda n, past=0: sum(counting.flops(c, n, past, scored=1).values())  # noqa: E731
    assert counting.writing(c, 4, 3, cached=False) == one(4) + one(5) + one(6)
    assert counting.writing(c, 4, 3) == one(4) + one(1, 4) + one(1, 5)
    assert counting.writing(c, 4, 1) == counting.writing(c, 4, 1, cached=False)


PUBLISHED = {  # as their cards say; sizes of their config.json
    "Tucano-160m": (162_417_408, False, (32_000, 768, 3072, 12, 12, 12, 64), False),
    "Tucano2-qwen-0.5B": (490_799_104, True, (49_152, 1024, 3072, 28, 16, 8, 128), True),
    "Llama 3 8B": (8_030_261_248, False, (128_256, 4096, 14_336, 32, 32, 8, 128), False),
}


@pytest.mark.parametrize("name", PUBLISHED)
def test_published_totals(name):
    total, qk_norm, (V, D, M, L, H, K, E), tied = PUBLISHED[name]
    sizes = {
        "vocab_size": V,
        "hidden_size": D,
        "intermediate_size": M,
        "num_hidden_layers": L,
        "num_attention_heads": H,
        "num_key_value_heads": K,
        "head_dim": E,
        "tie_word_embeddings": tied,
    }
    assert sum(counting.parameters(sizes, qk_norm=qk_norm).values()) == total
