"""What counting.py says on paper against what torch counts, and against what model cards publish."""

import csv
import re

import pytest
import torch
from torch.utils.flop_counter import FlopCounterMode

from llmlib.data import root
from llmlib.scratch import counting
from llmlib.scratch.kv_cache import KVCache
from llmlib.scratch.transformer import Transformer
from llmlib.widgets.model_parts import row
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


def published():
    with (root() / "tamanhos" / "modelos.csv").open(encoding="utf-8", newline="") as file:
        return [row(each) | {"total": each["parametros"]} for each in csv.DictReader(file)]


@pytest.mark.parametrize("model", published(), ids=lambda each: each["nome"])
def test_published_totals(model):
    total = sum(counting.parameters(model, model["qk_norm"]).values())
    if model["total"]:
        assert total == int(model["total"])
    size, unit = re.search(r"([\d.]+)([mMB])", model["nome"].replace("3.1 ", "")).groups()
    assert total == pytest.approx(float(size) * {"m": 1e6, "M": 1e6, "B": 1e9}[unit], rel=0.03)


def test_old_files_leave_the_size_of_a_head_to_a_division():
    sizes = {"hidden_size": 12, "num_attention_heads": 3}
    assert counting.sizes(sizes).head_dim == 4
    assert counting.sizes({**sizes, "head_dim": 7}).head_dim == 7
