"""Which words of a text matter at one of its positions: three measures that do not mean the same.

- attention: how much weight heads give to a word (`weights_on_words`), also followed through the layers
  (`rollout`, Abnar & Zuidema 2020, arXiv:2005.00928);
- ablation: take the word away (`deleted`) or put a neutral vector in its place (`faded`, amount 1), and see
  how much of the prediction changes hands;
- gradient: fade the word by very little and see how fast the prediction begins to change (`rate`), or the
  length of the derivative of one log-probability (`gradient_length`).

A change of prediction is a total variation distance: 0 is none, 1 is all of the probability elsewhere. Jain &
Wallace (2019, arXiv:1902.10186) compare attention with the other two in the same unit. Knows no model: it is
handed a function from embeddings to probabilities.

Legend: T tokens, W words, D hidden_size, V vocabulary, L layers, H heads, B texts at once.
"""

import unicodedata
from collections.abc import Callable, Sequence

import numpy as np
import torch
from torch import Tensor

Predict = Callable[[Tensor], Tensor]  # (B, T, D) embeddings -> (B, T, V) probabilities of the next token
LITTLE = 0.005  # of the way to the neutral vector: small enough for a derivative, large for float32


# ---- words


def in_a_word(text: str) -> bool:
    """Is this token made of letters, digits or loose bytes (⟨C3⟩), after a space that may lead it?"""
    letters = text.removeprefix(" ")
    return bool(letters) and all(
        c.isalnum() or c in "⟨⟩" or unicodedata.category(c)[0] == "M" for c in letters
    )


def words(tokens: Sequence[str]) -> list[list[int]]:
    """Positions of the tokens of each word; marks, spaces and the sign of the document stand alone.

    >>> words(["<|endoftext|>", "O", " ga", "to", "."])
    [[0], [1], [2, 3], [4]]
    """
    groups: list[list[int]] = []
    for at, text in enumerate(tokens):
        goes_on = at > 0 and not text.startswith(" ") and in_a_word(text) and in_a_word(tokens[at - 1])
        if goes_on:
            groups[-1].append(at)
        else:
            groups.append([at])
    return groups


# ---- attention


def weights_on_words(weights: np.ndarray, groups: Sequence[Sequence[int]]) -> np.ndarray:
    """Weights on tokens (..., T) -> weights on words (..., W): those of its tokens, summed."""
    return np.stack([weights[..., list(places)].sum(-1) for places in groups], axis=-1)


def rollout(attentions: np.ndarray) -> np.ndarray:
    """Attention followed through the layers: (L, H, T, T) -> (T, T), rows sum to 1.

    Half of each position goes by the heads (their mean), half stays where it is: the residual connection.
    """
    flow = np.eye(attentions.shape[-1])  # (T, T)
    for layer in attentions.mean(axis=1):  # (T, T)
        flow = (0.5 * layer + 0.5 * np.eye(len(layer))) @ flow  # (T, T)
    return flow


# ---- taking words away


def total_variation(p: Tensor, q: Tensor) -> Tensor:
    """Half the sum of the differences: how much probability changes hands. (..., V), (..., V) -> (...)."""
    return 0.5 * (p - q).abs().sum(-1)


@torch.no_grad()
def faded(
    predict: Predict, x: Tensor, groups: Sequence[Sequence[int]], neutral: Tensor, amount: float = 1.0
) -> Tensor:
    """Each word in turn goes `amount` of the way to the neutral vector. (T, D), (D,) -> changes (W, T)."""
    changed = x.repeat(len(groups), 1, 1)  # (W, T, D)
    for word, places in enumerate(groups):
        changed[word, list(places)] += amount * (neutral - x[list(places)])  # (tokens of the word, D)
    return total_variation(predict(changed), predict(x[None]))  # (W, T)


def rate(predict: Predict, x: Tensor, groups: Sequence[Sequence[int]], neutral: Tensor) -> Tensor:
    """How fast predictions begin to change as each word fades: a directional derivative. Changes (W, T)."""
    return faded(predict, x, groups, neutral, LITTLE) / LITTLE  # (W, T)


@torch.no_grad()
def deleted(predict: Predict, x: Tensor, groups: Sequence[Sequence[int]]) -> Tensor:
    """Each word in turn is left out, and the rest moves up. (T, D) -> changes (W, T); 0 in the word itself.

    The first group, the sign of the document, stays.
    """
    T = len(x)
    before = predict(x[None])[0]  # (T, V)
    changes = before.new_zeros(len(groups), T)
    for word, places in enumerate(groups[1:], start=1):
        kept = [t for t in range(T) if t not in places]
        after = predict(x[kept][None])[0]  # (T - tokens of the word, V)
        changes[word, kept] = total_variation(after, before[kept])
    return changes


def gradient_length(logits: Callable[[Tensor], Tensor], x: Tensor, t: int) -> Tensor:
    """Length of the derivative of the log-probability of the likeliest token at t, by embedding. -> (T,).

    Args: logits: embeddings (1, T, D) -> (1, T, V).
    """
    x = x.detach().clone().requires_grad_()
    scores = logits(x[None])[0, t].log_softmax(-1)  # (V,)
    (slope,) = torch.autograd.grad(scores.max(), x)  # (T, D)
    return slope.norm(dim=-1)  # (T,)


# ---- do they agree?


def agreement(a: np.ndarray, b: np.ndarray) -> float:
    """In how many pairs of words do two measures agree on which weighs more? 1 all, ½ as by chance.

    A pair that one of them cannot tell apart counts half. It is Kendall's tau, as (1 + tau) / 2.
    """
    if len(a) != len(b) or len(a) < 2:
        raise ValueError(
            f"Para comparar é preciso duas listas iguais de ao menos dois; vieram {len(a)} e {len(b)}."
        )
    i, j = np.triu_indices(len(a), k=1)
    signs = np.sign(np.asarray(a)[i] - np.asarray(a)[j]) * np.sign(np.asarray(b)[i] - np.asarray(b)[j])
    return float((1 + signs.mean()) / 2)


def study(
    tokens: Sequence[str], attentions: np.ndarray, predict: Predict, x: Tensor, neutral: Tensor
) -> dict[str, object]:
    """Everything about one text, as plain arrays: `groups`, `attentions` (L, H, T, W), the `rollout` (T, W),
    and changes (W, T) by `faded`, `deleted` and `rate`."""
    groups = words(tokens)
    return {
        "tokens": list(tokens),
        "groups": groups,
        "attentions": weights_on_words(attentions, groups),
        "rollout": weights_on_words(rollout(attentions), groups),
        "faded": faded(predict, x, groups, neutral).numpy(),
        "deleted": deleted(predict, x, groups).numpy(),
        "rate": rate(predict, x, groups, neutral).numpy(),
    }
