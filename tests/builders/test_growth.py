"""A deeper model says the same until it is trained; then its new blocks learn."""

from __future__ import annotations

import pytest
import torch
from transformers import AutoModelForCausalLM, Qwen3Config, Qwen3ForCausalLM

from builders import growth


def small() -> Qwen3ForCausalLM:
    torch.manual_seed(0)
    config = Qwen3Config(
        vocab_size=50, hidden_size=16, intermediate_size=24, num_hidden_layers=3, num_attention_heads=2,
        num_key_value_heads=1, head_dim=8, max_position_embeddings=64, tie_word_embeddings=True,
    )  # fmt: skip
    return Qwen3ForCausalLM(config).eval()


def test_a_deeper_model_says_the_same_and_opens_again(tmp_path):
    model, ids = small(), torch.randint(0, 50, (2, 12))
    before = model(ids).logits
    deeper = growth.deepen(model, [0, 1, 1])
    assert deeper.config.num_hidden_layers == len(deeper.config.layer_types) == 6
    assert torch.equal(deeper(ids).logits, before)
    deeper.save_pretrained(tmp_path)
    again = AutoModelForCausalLM.from_pretrained(tmp_path).eval()
    assert torch.equal(again(ids).logits, before)
    # the cache has one place for each block: writing token by token gives the same as reading all at once
    said = again.generate(ids[:1], max_new_tokens=5, do_sample=False, use_cache=True)
    plain = again.generate(ids[:1], max_new_tokens=5, do_sample=False, use_cache=False)
    assert torch.equal(said, plain)


def test_the_new_blocks_learn():
    model, ids = growth.deepen(small(), [1]).train(), torch.randint(0, 50, (4, 12))
    new = model.model.layers[2]
    assert not new.mlp.down_proj.weight.any()
    step = torch.optim.SGD(model.parameters(), lr=0.5)
    for _ in range(2):  # the first moves what writes, the second reaches what reads
        step.zero_grad()
        model(ids, labels=ids).loss.backward()
        step.step()
    assert new.mlp.down_proj.weight.any()
    assert new.self_attn.o_proj.weight.any()
    assert new.self_attn.q_proj.weight.grad.abs().sum() > 0
    assert not torch.equal(new.mlp.up_proj.weight, model.model.layers[1].mlp.up_proj.weight)


def test_a_block_that_is_not_there():
    with pytest.raises(ValueError, match=r"blocks 0 to 2: nothing can stand after \[3, 7\]"):
        growth.deepen(small(), [7, 1, 3])
