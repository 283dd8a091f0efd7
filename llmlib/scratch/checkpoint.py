"""Checkpoints: all that a training run needs to go on as if it had never stopped.

One safetensors file holds the weights, the optimizers' memories, the random state and, as JSON in its
header, the position in the run. It is written beside the old one and takes its place in one move, so that
neither a kill nor a full disk can leave half of one. Tensors plus JSON, no pickle.
"""

from __future__ import annotations

import json
import os
from collections.abc import Iterator, Sequence
from contextlib import contextmanager
from pathlib import Path

import torch
from safetensors import SafetensorError, safe_open
from safetensors.torch import save_file
from torch import nn

from llmlib.scratch.parallel import like, processes, whole


class TrainingError(RuntimeError):
    """Training cannot go on; the message says why and what to do."""


@contextmanager
def writing(path: Path) -> Iterator[None]:
    """Turn a failure to write into one sentence."""
    try:
        yield
    except (OSError, SafetensorError) as error:
        message = (
            f"Não consegui gravar {path} ({error}): libere espaço em disco e retome do último ponto salvo."
        )
        raise TrainingError(message) from error


def save(path: Path, model: nn.Module, chosen: Sequence[torch.optim.Optimizer], position: dict) -> None:
    """Write a checkpoint; every process must call it, the first one writes. TrainingError if it cannot."""
    tensors = {f"model/{k}": whole(v.detach()) for k, v in model.state_dict().items()}
    for i, optimizer in enumerate(chosen):
        for j, state in optimizer.state_dict()["state"].items():
            tensors |= {f"optimizer/{i}/{j}/{k}": whole(v) for k, v in state.items()}
    tensors["rng"] = torch.get_rng_state()
    if processes(next(model.parameters()).device)[0]:
        return
    partial = path.with_suffix(".partial")
    with writing(path):
        try:
            tensors = {name: tensor.clone().contiguous() for name, tensor in tensors.items()}
            save_file(tensors, partial, metadata={"position": json.dumps(position)})
            os.replace(partial, path)
        finally:
            partial.unlink(missing_ok=True)


def restore(path: Path, model: nn.Module, chosen: Sequence[torch.optim.Optimizer]) -> dict:
    """Put a checkpoint of `save` back into the model and its optimizers; returns the saved position.

    TrainingError if the file is damaged, or holds a model of other sizes.
    """
    try:
        with safe_open(path, "pt") as file:
            position = json.loads(file.metadata()["position"])
            tensors = {name: file.get_tensor(name) for name in file.keys()}  # noqa: SIM118 (not a dict)
    except (OSError, SafetensorError, KeyError, TypeError) as error:
        raise TrainingError(f"{path} não é um ponto salvo inteiro ({error}): apague-o e recomece.") from error
    weights = {name[6:]: tensor for name, tensor in tensors.items() if name.startswith("model/")}
    own = model.state_dict()
    if {k: v.shape for k, v in own.items()} != {k: v.shape for k, v in weights.items()}:
        raise TrainingError(f"{path} guarda um modelo de outro tamanho: repita a configuração ou apague-o.")
    model.load_state_dict({name: like(tensor, own[name]) for name, tensor in weights.items()})
    for i, optimizer in enumerate(chosen):
        known, state = optimizer.state_dict(), {}
        params = [p for group in optimizer.param_groups for p in group["params"]]
        for name, tensor in tensors.items():
            if name.startswith(f"optimizer/{i}/"):
                _, _, j, key = name.split("/")
                part = like(tensor, params[int(j)]) if tensor.ndim else tensor
                state.setdefault(int(j), {})[key] = part
        optimizer.load_state_dict({**known, "state": state})
    torch.set_rng_state(tensors["rng"])
    return position
