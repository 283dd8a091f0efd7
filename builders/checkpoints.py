"""Small checkpoints of a model along its training, for looking back at how it learned.

One safetensors file each: matrices in int8 with one float32 scale a row (`<name>.scale`), as in the page
file; vectors (norms, biases) in float16; the figures of that moment as JSON in the header. A matrix that
serves under two names (tied embedding and output) is kept once. They cannot be trained on: the optimizers'
memories are in `llmlib.scratch.checkpoint`'s file.
"""

from __future__ import annotations

import json
import os
from pathlib import Path

import numpy as np
import torch
from safetensors.torch import save_file
from torch import Tensor, nn

from builders.page import quantize
from llmlib.checkpoints import FORMAT, read
from llmlib.scratch.parallel import whole


def steps(total: int, count: int, first: int = 25) -> list[int]:
    """`count` step numbers from `first` to `total`, evenly spaced in their logarithm, none twice."""
    if count < 1:
        return []
    spaced = np.geomspace(min(first, total), total, count) if count > 1 else [total]
    return sorted({round(float(step)) for step in spaced})


def write_checkpoint(model: nn.Module, path: Path | None, meta: dict) -> None:
    """Write the weights of `model` and `meta` (step, tokens, loss, …; anything JSON holds) to `path`.

    Written aside and moved in place. With weights divided among processes, all of them must call it; a
    process that is not the first gives `path` None and writes nothing.
    """
    tensors: dict[str, Tensor] = {}
    tied: dict[str, str] = {}
    names: dict[int, str] = {}
    for name, part in model.state_dict(keep_vars=True).items():
        if (first := names.setdefault(id(part), name)) != name:
            tied[name] = first
            continue
        tensor = whole(part.detach()).float().cpu()
        if tensor.ndim == 2:
            matrix, scale = quantize(tensor.numpy())
            tensors[name], tensors[f"{name}.scale"] = torch.from_numpy(matrix), torch.from_numpy(scale)
        else:
            tensors[name] = tensor.half()
    if path is None:
        return
    path.parent.mkdir(parents=True, exist_ok=True)
    partial = path.with_suffix(".partial")
    header = {"format": FORMAT, "meta": json.dumps(meta, ensure_ascii=False), "tied": json.dumps(tied)}
    try:
        save_file(tensors, partial, metadata=header)
        os.replace(partial, path)
    finally:
        partial.unlink(missing_ok=True)


def read_checkpoint(path: Path) -> tuple[dict[str, Tensor], dict]:
    """The weights in float32, ready for `load_state_dict(strict=True)`, and the figures saved with them.

    Raises ValueError for a safetensors file of another kind.
    """
    weights, meta = read(path)
    return {name: torch.from_numpy(array) for name, array in weights.items()}, meta
