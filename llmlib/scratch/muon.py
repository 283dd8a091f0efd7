"""Muon: gradient descent for matrices, with every step made orthogonal.

A plain gradient step moves a matrix mostly along a few directions. Muon keeps a running mean of the
gradients, as momentum does, and then evens out its singular values, so that rare directions move too.
It is meant for the matrices inside the blocks; embeddings and norms stay with AdamW (`train.py`).
Source: Jordan et al., 2024, https://kellerjordan.github.io/posts/muon/
"""

from __future__ import annotations

from collections.abc import Iterable

import torch
from torch import Tensor, nn


class Muon(torch.optim.Optimizer):
    """Momentum whose step is made orthogonal: every direction of a matrix moves by the same amount."""

    def __init__(self, params: Iterable[nn.Parameter], lr: float = 0.02, momentum: float = 0.95) -> None:
        super().__init__(params, {"lr": lr, "momentum": momentum})

    @torch.no_grad()
    def step(self) -> None:
        """Move every matrix that has a gradient."""
        for group in self.param_groups:
            for p in group["params"]:
                if p.grad is None:
                    continue
                state = self.state[p]
                momentum = state.setdefault("momentum", torch.zeros_like(p))
                momentum.lerp_(p.grad, 1 - group["momentum"])
                direction = orthogonal(p.grad.lerp(momentum, group["momentum"]))
                tall = max(1.0, p.shape[0] / p.shape[1]) ** 0.5
                p.add_(direction.to(p.dtype), alpha=-group["lr"] * tall)


def orthogonal(matrix: Tensor, steps: int = 5) -> Tensor:
    """The (rows, columns) matrix with its singular values brought near 1, by Newton–Schulz in bfloat16."""
    a, b, c = 3.4445, -4.7750, 2.0315
    x = matrix.bfloat16()
    if matrix.shape[0] > matrix.shape[1]:
        x = x.T
    x = x / x.norm().clamp(min=1e-7)
    for _ in range(steps):
        xx = x @ x.T
        x = a * x + (b * xx + c * xx @ xx) @ x
    return x.T if matrix.shape[0] > matrix.shape[1] else x
