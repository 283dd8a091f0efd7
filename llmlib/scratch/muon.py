"""Muon: gradient descent for matrices, with every step made orthogonal.

A plain gradient step moves a matrix mostly along a few directions. Muon keeps a running mean of the
gradients, as momentum does, and then evens out its singular values, so that rare directions move too.
It is meant for the matrices inside the blocks; embeddings and norms stay with AdamW (`train.py`).
Source: Jordan et al., 2024, https://kellerjordan.github.io/posts/muon/
"""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Iterable

import torch
from torch import Tensor, nn

from llmlib.scratch.parallel import like, whole


class Muon(torch.optim.Optimizer):
    """Momentum whose step is made orthogonal: every direction of a matrix moves by the same amount."""

    def __init__(self, params: Iterable[nn.Parameter], lr: float = 0.02, momentum: float = 0.95) -> None:
        super().__init__(params, {"lr": lr, "momentum": momentum})

    @torch.no_grad()
    def step(self) -> None:
        """Move every matrix that has a gradient; those of one shape are made orthogonal together."""
        for group in self.param_groups:
            alike = defaultdict(list)
            for p in group["params"]:
                if p.grad is not None:
                    momentum = self.state[p].setdefault("momentum", torch.zeros_like(p))
                    momentum.lerp_(p.grad, 1 - group["momentum"])
                    alike[p.shape].append((p, p.grad.lerp(momentum, group["momentum"])))
            for (rows, columns), pairs in alike.items():
                directions = orthogonal(torch.stack([whole(direction) for _, direction in pairs]))
                tall = max(1.0, rows / columns) ** 0.5
                for (p, _), direction in zip(pairs, directions, strict=True):
                    p.add_(like(direction.to(p.dtype), p), alpha=-group["lr"] * tall)


def orthogonal(matrices: Tensor, steps: int = 5) -> Tensor:
    """(n, rows, columns) -> the same matrices with singular values near 1, by Newton–Schulz in bfloat16."""
    a, b, c = 3.4445, -4.7750, 2.0315
    tall = matrices.shape[1] > matrices.shape[2]
    x = (matrices.mT if tall else matrices).bfloat16()
    x = x / x.norm(dim=(1, 2), keepdim=True).clamp(min=1e-7)
    for _ in range(steps):
        xx = x @ x.mT
        bend = torch.baddbmm(xx, xx, xx, beta=b, alpha=c)  # b·xx + c·xx·xx, in one go
        x = torch.baddbmm(x, bend, x, beta=a)  # a·x + bend·x
    return x.mT if tall else x
