"""A text classifier out of a language model: mean of the hidden states, and one line of weights on top.

    text -> ids (T) -> layers -> hidden states (T, D) -> their mean (D) -> w · x + b -> probability of "yes"

The ways of training it differ only in where they start and in what learns: the line alone (`fit_head`, on
features computed once), or the line and the layers (`fit`), from pre-trained weights or from random ones, all
of them or through LoRA. It does not load a model or split text into tokens.
B texts, T tokens, D hidden_size, N examples. Every text begins with the beginning-of-text token.
Sources: Howard & Ruder 2018 (arXiv:1801.06146); the line first and then the layers: Kumar et al. 2022
(arXiv:2202.10054).
"""

from __future__ import annotations

import copy
from collections.abc import Iterator, Sequence

import numpy as np
import torch
from torch import Tensor, nn


def first_layers(body: nn.Module, layers: int) -> nn.Module:
    """A copy of a transformers body (without head) that ends after `layers` layers, with no final norm."""
    short = copy.deepcopy(body).float()
    short.layers, short.norm = short.layers[:layers], nn.Identity()
    short.config.num_hidden_layers = layers
    return short


def pool(hidden: Tensor, mask: Tensor) -> Tensor:
    """Mean of a text's hidden states, the first token's left out: (B, T, D), (B, T) -> (B, D)."""
    weight = mask[:, 1:, None].to(hidden.dtype)  # (B, T-1, 1)
    return (hidden[:, 1:] * weight).sum(1) / weight.sum(1).clamp(min=1)


class Classifier(nn.Module):
    """`body` gives hidden states (B, T, D); `mean` and `spread` (D,) put their means on one scale."""

    def __init__(self, body: nn.Module, mean: np.ndarray, spread: np.ndarray):
        super().__init__()
        self.body, size = body, len(mean)
        self.head = nn.Linear(size, 1)
        self.register_buffer("mean", torch.tensor(mean, dtype=torch.float32))
        self.register_buffer("scale", torch.tensor(spread, dtype=torch.float32) * size**0.5)
        nn.init.zeros_(self.head.weight)
        nn.init.zeros_(self.head.bias)

    def forward(self, ids: Tensor, mask: Tensor) -> Tensor:  # (B, T), (B, T) -> (B,) logits of "yes"
        hidden = self.body(input_ids=ids, attention_mask=mask).last_hidden_state  # (B, T, D)
        return self.head((pool(hidden.float(), mask) - self.mean) / self.scale)[:, 0]


def padded(texts: Sequence[Sequence[int]], pad: int = 0) -> tuple[Tensor, Tensor]:
    """Ids of several texts as one table: ids (B, T), and the mask that says which are real (B, T)."""
    width = max(1, *(len(ids) for ids in texts))
    rows = torch.tensor([[*ids, *[pad] * (width - len(ids))] for ids in texts])
    mask = torch.tensor([[1] * len(ids) + [0] * (width - len(ids)) for ids in texts])
    return rows, mask


def by_length(texts: Sequence[Sequence[int]], batch: int) -> Iterator[list[int]]:
    """Places of texts of like length, `batch` at a time: little padding."""
    order = sorted(range(len(texts)), key=lambda i: len(texts[i]))
    for start in range(0, len(order), batch):
        yield order[start : start + batch]


def fit(
    model: Classifier,
    texts: Sequence[Sequence[int]],
    labels: Sequence[int],
    steps: int,
    batch: int = 16,
    lr: float = 5e-4,
    head_lr: float = 1e-2,
    seed: int = 0,
) -> list[float]:
    """Train what has `requires_grad`, by AdamW, with a short warm-up and a linear decay; returns the losses.

    Each pass over the examples has a new order. Raises ValueError without examples.
    """
    if len(texts) != len(labels) or not texts:
        raise ValueError(f"cada texto precisa de um rótulo: {len(texts)} textos, {len(labels)} rótulos.")
    head = list(model.head.parameters())
    rest = [p for p in model.body.parameters() if p.requires_grad]
    groups = [{"params": head, "lr": head_lr}] + ([{"params": rest, "lr": lr}] if rest else [])
    optimizer = torch.optim.AdamW(groups, weight_decay=0.01)
    full = [group["lr"] for group in optimizer.param_groups]
    rng, order, losses = np.random.default_rng(seed), [], []
    model.train()
    for step in range(steps):
        while len(order) < batch:
            order += rng.permutation(len(texts)).tolist()
        chosen, order = order[:batch], order[batch:]
        rate = min(1.0, (step + 1) / max(1, steps // 10)) * (1 - step / steps)
        for group, top in zip(optimizer.param_groups, full, strict=True):
            group["lr"] = top * rate
        ids, mask = padded([texts[i] for i in chosen])
        truth = torch.tensor([float(labels[i]) for i in chosen])
        loss = nn.functional.binary_cross_entropy_with_logits(model(ids, mask).float(), truth)
        optimizer.zero_grad()
        loss.backward()
        nn.utils.clip_grad_norm_([*head, *rest], 1.0)
        optimizer.step()
        losses.append(loss.item())
    model.eval()
    return losses


@torch.no_grad()
def predict(model: Classifier, texts: Sequence[Sequence[int]], batch: int = 64) -> np.ndarray:
    """Probability of "yes" of each text, (N,)."""
    found = np.zeros(len(texts))
    for places in by_length(texts, batch):
        found[places] = torch.sigmoid(model(*padded([texts[i] for i in places])).float()).numpy()
    return found


@torch.no_grad()
def features(body: nn.Module, texts: Sequence[Sequence[int]], batch: int = 64) -> np.ndarray:
    """Pooled hidden states of each text after every layer: (N, L + 1, D); 0 is the embedding."""
    parts = {}
    for places in by_length(texts, batch):
        ids, mask = padded([texts[i] for i in places])
        states = body(input_ids=ids, attention_mask=mask, output_hidden_states=True).hidden_states
        pooled = torch.stack([pool(each.float(), mask) for each in states], 1).numpy()  # (B, L+1, D)
        parts |= dict(zip(places, pooled, strict=True))
    return np.stack([parts[i] for i in range(len(texts))])


def fit_head(
    points: np.ndarray, labels: Sequence[int], decay: float = 3e-3, steps: int = 300
) -> tuple[np.ndarray, float]:
    """Logistic regression on features (N, D): (w (D,), b) of the probability 1 / (1 + exp(-(w·x + b))).

    Minimises the mean cross-entropy plus decay/2 · |w|² by accelerated gradient descent (Nesterov 1983) from
    zero. Its twin in the page (`review_lab.head.js`) takes the same steps.
    """
    x, y = np.asarray(points, dtype=np.float64), np.asarray(labels, dtype=np.float64)
    rate = 1 / (decay + 0.25 * (1 + (x**2).sum(1).mean()))  # a bound of the curvature: it cannot diverge
    w, b = np.zeros(x.shape[1]), 0.0
    ahead_w, ahead_b = w, b
    for step in range(steps):
        gap = (1 / (1 + np.exp(-(x @ ahead_w + ahead_b))) - y) / len(y)  # (N,)
        new_w = ahead_w - rate * (x.T @ gap + decay * ahead_w)
        new_b = ahead_b - rate * gap.sum()
        speed = step / (step + 3)
        ahead_w, ahead_b = new_w + speed * (new_w - w), new_b + speed * (new_b - b)
        w, b = new_w, new_b
    return w, float(b)


def set_head(model: Classifier, w: np.ndarray, b: float) -> None:
    """Start a classifier from a line that `fit_head` found on its standardised features."""
    with torch.no_grad():
        model.head.weight.copy_(torch.tensor(w, dtype=torch.float32)[None])
        model.head.bias.fill_(b)
