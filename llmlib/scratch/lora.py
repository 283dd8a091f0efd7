"""LoRA: adapt a large model by training a small addition to some of its matrices.

The matrix W stays as it is; beside it runs a detour through a narrow waist of `rank` numbers:

    y = W x + (alpha / rank) · B (A x)        A: rank × in, B: out × rank

Only A and B learn. B starts at zero, so that the model starts as it was; when training is done, B·A can be
added into W (`merge`), and the detour costs nothing.
Source: Hu et al. 2021, "LoRA: Low-Rank Adaptation of Large Language Models", arXiv:2106.09685.

    add_lora(model, rank=8)
    train(model, stages, Settings(..., muon_lr=0, adamw_lr=1e-3), folder)
    merge(model)

Names are those of Hugging Face's peft, so adapters go from one to the other (`adapter` and `load_adapter`).
"""

from __future__ import annotations

import math
from collections.abc import Mapping, Sequence

import torch
from torch import Tensor, nn

TARGETS = ("q_proj", "k_proj", "v_proj", "o_proj", "gate_proj", "up_proj", "down_proj")
PREFIX = "base_model.model."  # what peft puts before every name in its files


class LoRALinear(nn.Module):
    """A linear layer, frozen, with a trainable detour of low rank."""

    def __init__(self, base_layer: nn.Linear, rank: int, alpha: float):
        super().__init__()
        weight = base_layer.weight  # (out, in)
        self.base_layer = base_layer.requires_grad_(False)
        self.lora_A = nn.Linear(base_layer.in_features, rank, bias=False)  # in -> rank
        self.lora_B = nn.Linear(rank, base_layer.out_features, bias=False)  # rank -> out
        self.scaling = alpha / rank
        nn.init.kaiming_uniform_(self.lora_A.weight, a=math.sqrt(5))
        nn.init.zeros_(self.lora_B.weight)
        self.lora_A.to(weight.device, weight.dtype)
        self.lora_B.to(weight.device, weight.dtype)

    def forward(self, x: Tensor) -> Tensor:  # (..., in) -> (..., out)
        return self.base_layer(x) + self.scaling * self.lora_B(self.lora_A(x))

    @torch.no_grad()
    def merged(self) -> nn.Linear:
        """The plain layer that computes the same: W + scaling · B A."""
        self.base_layer.weight += self.scaling * self.lora_B.weight @ self.lora_A.weight  # (out, in)
        return self.base_layer.requires_grad_(True)


def add_lora(
    model: nn.Module, rank: int = 8, alpha: float = 16, targets: Sequence[str] = TARGETS
) -> nn.Module:
    """Freeze `model` and give the linear layers named in `targets` a detour, in place; returns the model.

    Raises ValueError if no layer has such a name, or the model has detours already.
    """
    if any(isinstance(module, LoRALinear) for module in model.modules()):
        raise ValueError("o modelo já tem LoRA: use merge antes de acrescentar outro.")
    model.requires_grad_(False)
    found = 0
    for parent in list(model.modules()):
        for name, layer in list(parent.named_children()):
            if name in targets and isinstance(layer, nn.Linear):
                setattr(parent, name, LoRALinear(layer, rank, alpha))
                found += 1
    if not found:
        raise ValueError(f"nenhuma camada linear se chama {', '.join(targets)}.")
    return model


def merge(model: nn.Module) -> nn.Module:
    """Add every detour into its matrix and take it away, in place; all weights can learn again."""
    for parent in list(model.modules()):
        for name, layer in list(parent.named_children()):
            if isinstance(layer, LoRALinear):
                setattr(parent, name, layer.merged())
    return model.requires_grad_(True)


def trainable(model: nn.Module) -> tuple[int, int]:
    """(how many weights learn, how many there are)."""
    sizes = [(p.numel(), p.requires_grad) for p in model.parameters()]
    return sum(size for size, learns in sizes if learns), sum(size for size, _ in sizes)


def adapter(model: nn.Module) -> dict[str, Tensor]:
    """A and B of every detour, named as in peft's adapter_model.safetensors."""
    return {PREFIX + name: p.detach() for name, p in model.named_parameters() if "lora_" in name}


def load_adapter(model: nn.Module, weights: Mapping[str, Tensor]) -> None:
    """Put A and B of `adapter`, or of a peft file, into a model that `add_lora` prepared.

    Raises ValueError if the names or sizes are not those of this model.
    """
    own = {name: p.shape for name, p in adapter(model).items()}
    if own != {name: tensor.shape for name, tensor in weights.items()}:
        raise ValueError("o adaptador é de outro modelo, ou foi feito com outro rank ou outras camadas.")
    model.load_state_dict({name.removeprefix(PREFIX): t for name, t in weights.items()}, strict=False)
