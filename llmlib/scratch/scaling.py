"""Scaling laws: from the losses of many small trainings to a formula that predicts other sizes.

The loss after training falls with N, the parameters, and with D, the tokens read, and each helps less where
the other is short. The law of Hoffmann et al. 2022 (arXiv:2203.15556, section 3.3) says how:

    L(N, D) = E + A / N^alpha + B / D^beta

E is what no size and no amount of text takes away. `fit` looks for the five numbers whose predictions are
nearest to the measured losses, in the logarithm, with Huber's loss, so that one odd run moves little.
How sure are we? `resampled` fits again to runs drawn anew, with repetition: laws that the same runs allow.
It trains nothing (`builders.scaling` does), and knows nothing of what lies far outside the runs.

Legend: R runs, S laws fitted side by side. A law is (log A, log B, log E, alpha, beta).
"""

from __future__ import annotations

import itertools

import numpy as np

HUBER = 1e-3  # errors of log L below this count squared, above it in proportion (as in the paper)
LOWEST, HIGHEST = np.array([-20.0, -20, -10, 0, 0]), np.array([5.0, 5, 3, 3, 3])  # logs at the runs' middle


def predict(law: np.ndarray, parameters: np.ndarray, tokens: np.ndarray) -> np.ndarray:
    """Loss of models of `parameters` weights after reading `tokens`. Any shapes that go together.

    >>> predict([np.log(400), np.log(2000), np.log(1.5), 0.5, 0.5], 10_000, 1_000_000)
    7.5
    """
    a, b, e, alpha, beta = np.asarray(law, dtype=float)
    return np.exp(e) + np.exp(a - alpha * np.log(parameters)) + np.exp(b - beta * np.log(tokens))


def fit(
    parameters: np.ndarray, tokens: np.ndarray, loss: np.ndarray, weights: np.ndarray | None = None
) -> np.ndarray:
    """The law nearest to the runs; with `weights` (S, R), one law for each row of them: (S, 5).

    A weight says how often a run counts: 0 leaves it out. Searched from many starts, because the valley is
    long and bent. Raises ValueError for fewer than six different runs: five numbers would fit them anyhow.
    """
    n, d, y = (np.log(np.asarray(x, dtype=float)) for x in (parameters, tokens, loss))
    if len({*zip(n, d, strict=True)}) < 6:
        raise ValueError(f"Uma lei de cinco números precisa de ao menos seis corridas; vieram {len(y)}.")
    middle = np.array([n.mean(), d.mean()])  # counted from here, A and alpha can be told apart on the way
    n, d = n - middle[0], d - middle[1]
    e = y.min()
    grid = [[-1, -1, *p] for p in itertools.product((e - 0.1, e - 1), (0.2, 0.5, 1.0), (0.2, 0.5, 1.0))]
    starts, everyone = np.array(grid), np.ones((len(grid), len(y)))
    tried, cost = _descend(starts, n, d, y, everyone, 120)  # (18, 5), (18,)
    best = tried[cost.argmin()][None]
    if weights is not None:
        weights = np.asarray(weights, dtype=float)
        found = [
            _descend(np.repeat(best * shape, len(weights), 0), n, d, y, weights, 60)
            for shape in ([1, 1, 1, 1, 1], [1, 1, 1.3, 1.3, 0.8], [1, 1, 0.7, 0.8, 1.3])
        ]
        laws, costs = (np.stack(part) for part in zip(*found, strict=True))  # (3, S, 5), (3, S)
        best = laws[costs.argmin(0), np.arange(len(weights))]
    best = best + best[:, [3, 4, 2, 3, 4]] * [middle[0], middle[1], 0, 0, 0]  # back to N and D themselves
    return best if weights is not None else best[0]


def _descend(
    law: np.ndarray, n: np.ndarray, d: np.ndarray, y: np.ndarray, weights: np.ndarray, rounds: int
) -> tuple[np.ndarray, np.ndarray]:
    """Levenberg and Marquardt's way down from S laws at once: (S, 5), and what each costs (S,)."""

    def terms(law: np.ndarray) -> tuple[np.ndarray, np.ndarray]:
        a, b, e, alpha, beta = (law[:, i, None] for i in range(5))  # (S, 1)
        parts = np.exp(np.stack([a - alpha * n, b - beta * d, e + 0 * n], -1))  # (S, R, 3)
        return np.log(parts.sum(-1)) - y, parts / parts.sum(-1, keepdims=True)  # (S, R), (S, R, 3)

    def price(error: np.ndarray) -> np.ndarray:
        size = np.abs(error)
        return (weights * np.where(size < HUBER, size**2, 2 * HUBER * size - HUBER**2)).sum(-1)

    law, damping = law.astype(float).copy(), np.full(len(law), 1e-2)
    error, share = terms(law)
    cost = price(error)
    for _ in range(rounds):
        slope = np.concatenate([share, -share[..., :1] * n[:, None], -share[..., 1:2] * d[:, None]], -1)
        pull = weights * np.minimum(1, HUBER / np.maximum(np.abs(error), 1e-12))  # (S, R)
        bend = np.einsum("sr,sri,srj->sij", pull, slope, slope)  # (S, 5, 5)
        fall = np.einsum("sr,sri,sr->si", pull, slope, error)  # (S, 5)
        stiff = damping[:, None, None] * np.eye(5) * bend + 1e-12 * np.eye(5)
        tried = np.clip(law - np.linalg.solve(bend + stiff, fall[..., None])[..., 0], LOWEST, HIGHEST)
        tried_error, tried_share = terms(tried)
        tried_cost = price(tried_error)
        better = tried_cost < cost
        law[better], cost[better] = tried[better], tried_cost[better]
        error[better], share[better] = tried_error[better], tried_share[better]
        damping = np.clip(np.where(better, damping / 3, damping * 4), 1e-9, 1e9)
    return law, cost


def resampled(
    parameters: np.ndarray, tokens: np.ndarray, loss: np.ndarray, samples: int = 100, seed: int = 0
) -> np.ndarray:
    """Laws (samples, 5) of as many runs drawn anew, with repetition: how far chance could move the fit."""
    rng, size = np.random.default_rng(seed), len(loss)
    weights = [np.bincount(rng.integers(0, size, size), minlength=size) for _ in range(samples)]
    return fit(parameters, tokens, loss, np.array(weights))


def best_size(law: np.ndarray, flops: float) -> tuple[float, float]:
    """(N, D) of the lowest loss that `flops` operations can buy, at 6 N D of them a training."""
    a, b, _, alpha, beta = np.asarray(law, dtype=float)
    ratio = np.exp((a - b + np.log(alpha) - np.log(beta)) / (alpha + beta))
    n = ratio * (flops / 6) ** (beta / (alpha + beta))
    return float(n), float(flops / 6 / n)
