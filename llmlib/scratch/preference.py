"""What a few votes teach: a reward from readable traits, how sure it is, and what choosing by it does.

Somebody sees two answers to one question and votes for one. Each answer is described by a few traits that
anyone can check (`traits`); the reward is a weighted sum of them, and `fit` finds the weights that make the
votes probable, by the model of Bradley and Terry, with the usual Gaussian caution: a weight stays near zero
until votes move it. The same sum tells how unsure each weight still is (Laplace's approximation; MacKay 1992,
Neural Computation 4, 720-736, for the probability that takes the doubt into account).

`best_of_n` is the simplest use of a reward: draw n answers, keep the one it prefers. Nothing is trained, so
its whole distribution is known, and with it the distance from the model that wrote the answers: at most
log n - (n - 1)/n nats (`best_of_n_bound`; Beirami et al. 2024, arXiv:2401.01879, show why "at most").

The page does the same in `engine/preference.js`, tested against this file. Not here: rewards that read
hidden states (`reward.py`), and models that learn from a reward (`policy.py`, `dpo.py`).

Legend: N votes, F traits, S answers.
"""

from __future__ import annotations

import re
from collections.abc import Sequence
from typing import NamedTuple

import numpy as np

TRAITS = ("comprimento", "frase inteira", "recusa", "retoma a pergunta", "segurança")
SPREAD = 2.0  # standard deviation of a weight before any vote
REFUSALS = ("não sei", "o texto não diz")


def words(text: str) -> list[str]:
    """Runs of letters and digits, in lower case."""
    return re.findall(r"[^\W_]+", text.lower())


def traits(question: str, answer: str, confidence: float) -> list[float]:
    """The F traits of an answer, in the order of TRAITS.

    confidence: mean log-probability (nats, at most 0) of the answer's tokens under the model that wrote it.

    >>> traits("Qual é a capital do Peru?", "A capital do Peru é Lima.", -0.5)
    [2.807..., 1.0, 0.0, 1.0, -0.5]
    """
    said = words(answer)
    about = {word for word in words(question) if len(word) >= 4 and word != "qual"}
    return [
        float(np.log2(1 + len(said))),
        float(len(said) >= 4 and answer.strip().endswith((".", "!", "?", "…"))),
        float(answer.strip().lower().startswith(REFUSALS)),
        len(about & set(said)) / len(about) if about else 0.0,
        float(confidence),
    ]


class Reward(NamedTuple):
    """weights (F,): the most probable ones; covariance (F, F): how unsure they are, and together how."""

    weights: np.ndarray
    covariance: np.ndarray

    def of(self, answers: np.ndarray) -> np.ndarray:
        """Rewards (S,) of answers (S, F). Only differences between answers to one question mean anything."""
        return np.asarray(answers) @ self.weights

    def margin(self, one: np.ndarray, other: np.ndarray) -> tuple[float, float]:
        """How much more the first is worth than the second, and the standard deviation of that."""
        difference = np.asarray(one) - np.asarray(other)  # (F,)
        return float(difference @ self.weights), float(np.sqrt(difference @ self.covariance @ difference))

    def preferred(self, one: np.ndarray, other: np.ndarray) -> float:
        """Probability that the first answer gets the vote, drawn towards 1/2 by the doubt."""
        mean, deviation = self.margin(one, other)
        return float(sigmoid(mean / np.sqrt(1 + np.pi * deviation**2 / 8)))


def sigmoid(x: np.ndarray) -> np.ndarray:
    """1 / (1 + exp(-x)), without overflow."""
    return 0.5 * (1 + np.tanh(np.asarray(x) / 2))


def fit(differences: Sequence[Sequence[float]], spread: float = SPREAD, size: int | None = None) -> Reward:
    """The reward that N votes ask for: Newton's method on a sum that has one summit.

    Args:
        differences: (N, F), traits of the answer that won minus traits of the one that lost.
        size: F, needed when there is no vote yet.
    """
    d = np.asarray(differences, dtype=float).reshape(len(differences), -1 if len(differences) else size)
    weights = np.zeros(d.shape[1])  # (F,)
    for _ in range(50):
        surprise = 1 - sigmoid(d @ weights)  # (N,) of each vote
        gradient = d.T @ surprise - weights / spread**2  # (F,)
        curvature = (d.T * (surprise * (1 - surprise))) @ d + np.eye(len(weights)) / spread**2  # (F, F)
        step = np.linalg.solve(curvature, gradient)
        weights = weights + step * min(1.0, 2.0 / max(1e-12, np.abs(step).max()))  # never a leap
        if np.abs(step).max() < 1e-9:
            break
    return Reward(weights, np.linalg.inv(curvature))


def best_of_n(rewards: Sequence[float], n: int) -> np.ndarray:
    """Chance (S,) that each of S equally likely answers is the one kept of n draws, with replacement.

    The kept one is among the k worst with chance (k/S)^n; answers of equal reward share theirs.

    >>> best_of_n([0.0, 1.0], 2)
    array([0.25, 0.75])
    """
    rewards = np.asarray(rewards, dtype=float)
    if n < 1 or not len(rewards):
        raise ValueError("É preciso ao menos uma resposta e n de 1 em diante.")
    below = (rewards[:, None] > rewards[None]).sum(1)  # (S,) answers that are worse
    upto = (rewards[:, None] >= rewards[None]).sum(1)  # (S,) worse or as good, itself included
    return ((upto / len(rewards)) ** n - (below / len(rewards)) ** n) / (upto - below)


def best_of_n_bound(n: int) -> float:
    """The most that best-of-n can depart from the model, in nats: log n - (n - 1)/n."""
    return float(np.log(n) - (n - 1) / n)


def divergence(kept: Sequence[float], drawn: Sequence[float]) -> float:
    """KL(kept || drawn) in nats, of two distributions over the same answers."""
    q, p = np.asarray(kept, dtype=float), np.asarray(drawn, dtype=float)
    some = q > 0
    return float((q[some] * np.log(q[some] / p[some])).sum())


def tilted(drawn: Sequence[float], rewards: Sequence[float], beta: float) -> np.ndarray:
    """Where reward minus beta × KL is largest: p × exp(reward / beta), made to sum to one. Shape (S,).

    REINFORCE with a KL penalty climbs towards it, and DPO solves for it (Rafailov et al. 2023, equation 4).
    """
    scores = np.log(np.asarray(drawn, dtype=float)) + np.asarray(rewards, dtype=float) / beta
    weights = np.exp(scores - scores.max())
    return weights / weights.sum()
