"""Checkpoints: all that a training run needs to go on as if it had never stopped.

One safetensors file holds the weights, the optimizers' memories, the random state and, as JSON in its
header, the position in the run. It is written beside the old one and takes its place in one move.
"""

from __future__ import annotations

import json
import os
from collections.abc import Sequence
from pathlib import Path

import torch
from safetensors import safe_open
from safetensors.torch import save_file
from torch import nn


def save(path: Path, model: nn.Module, chosen: Sequence[torch.optim.Optimizer], position: dict) -> None:
    """Write a checkpoint in one move: a kill leaves the old one whole. Tensors plus JSON, no pickle."""
    tensors = {f"model/{k}": v.detach().clone().contiguous() for k, v in model.state_dict().items()}
    for i, optimizer in enumerate(chosen):
        for j, state in optimizer.state_dict()["state"].items():
            tensors |= {f"optimizer/{i}/{j}/{k}": v.clone().contiguous() for k, v in state.items()}
    tensors["rng"] = torch.get_rng_state()
    partial = path.with_suffix(".partial")
    save_file(tensors, partial, metadata={"position": json.dumps(position)})
    os.replace(partial, path)


def restore(path: Path, model: nn.Module, chosen: Sequence[torch.optim.Optimizer]) -> dict:
    """Put a checkpoint of `save` back into the model and its optimizers; returns the saved position."""
    with safe_open(path, "pt") as file:
        position = json.loads(file.metadata()["position"])
        tensors = {name: file.get_tensor(name) for name in file.keys()}  # noqa: SIM118 (not a dict)
    torch.set_rng_state(tensors.pop("rng"))
    model.load_state_dict({k[6:]: v for k, v in tensors.items() if k.startswith("model/")})
    for i, optimizer in enumerate(chosen):
        state = optimizer.state_dict()
        state["state"] = {}
        for name, tensor in tensors.items():
            if name.startswith(f"optimizer/{i}/"):
                _, _, j, key = name.split("/")
                state["state"].setdefault(int(j), {})[key] = tensor
        optimizer.load_state_dict(state)
    return position
