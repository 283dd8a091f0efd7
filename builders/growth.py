"""Depth growth: more blocks for a trained decoder, which at first change nothing.

    deepen(model, after=[1, 2, 3])

Each new block stands after one that was there. It is a copy of it, except that the two matrices that write
into the residual stream are zero: until it is trained, what enters it leaves it. So a longer training begins
from what the shallower model knows, and not from nothing (block expansion: Wu et al. 2024, LLaMA Pro, section
3.2, where only the new blocks are trained; here whoever trains chooses). It makes nothing wider, and needs a
decoder of the Llama and Qwen kind, whose config counts its blocks.
"""

from __future__ import annotations

import copy
from collections.abc import Sequence

import torch
from torch import nn
from transformers import PreTrainedModel

WRITING = ("self_attn.o_proj", "mlp.down_proj")  # what adds to the residual stream


def order(layers: int, after: Sequence[int]) -> list[tuple[int, bool]]:
    """The blocks of the deeper model, first to last: (the block it comes from, whether it is new).

    `after` holds blocks of the model as it is, from 0; one named twice gets two new ones.
    """
    wrong = sorted({block for block in after if not 0 <= block < layers})
    if wrong:
        raise ValueError(f"the model has blocks 0 to {layers - 1}: nothing can stand after {wrong}")
    return [(block, new) for block in range(layers) for new in [False] + [True] * list(after).count(block)]


@torch.no_grad()
def deepen(model: PreTrainedModel, after: Sequence[int]) -> PreTrainedModel:
    """The same model with a new block after each of `after`: same logits, more to train. Changes `model`."""
    blocks, stack = model.model.layers, []
    made = order(len(blocks), after)
    for index, (source, new) in enumerate(made):
        block = copy.deepcopy(blocks[source]) if new else blocks[source]
        for name in WRITING if new else ():
            block.get_submodule(name).weight.zero_()
        block.self_attn.layer_idx = index  # its place in the cache of keys and values
        stack.append(block)
    model.model.layers = nn.ModuleList(stack)
    model.config.num_hidden_layers = len(stack)
    if getattr(model.config, "layer_types", None):
        kinds = model.config.layer_types
        model.config.layer_types = [kinds[source] for source, _ in made]
    return model
