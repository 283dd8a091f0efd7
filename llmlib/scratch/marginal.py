"""Read passages alone, and together, and add up: the answer behind which most of the trust stands.

A prompt with k passages asks the model to find the right one and to read it, both at once. Here it reads one
at a time, and what the readings say is joined afterwards (RAG-Sequence: Lewis et al. 2020, section 2.1):

    p(answer | question) = Σ over passages of  p(passage | question) · p(answer | question, passage)

p(passage | question) is a softmax of the search's scores, p(answer | …) the product of the model's
probabilities, token by token. As in the paper's fast decoding, an answer counts only for the passages that
brought it up. What the paper has not: each reading also says how likely a refusal was, and a refusal wins
where its sum, times `caution`, is the largest; and one reading more, of several passages in one prompt, may
have a part `w` of the trust, for the answers that no passage gives alone:

    w · p(answer | question, several)  +  (1 − w) · the sum above

It searches nothing and asks no model.

Legend: k passages.
"""

import math
from collections.abc import Sequence
from dataclasses import dataclass

SHARPNESS = 10.0  # of the softmax over scores that lie between 0 and 1
CAUTION = 0.25
WEIGHT = 0.5  # the trust in the reading of several passages in one prompt


@dataclass(frozen=True)
class Reading:
    """What the model said of one prompt.

    Attributes:
        value: the answer, without its source; "" where it refused.
        p: probability of that answer, 0 to 1: the product over its tokens.
        refusal: probability that the answer would have begun as a refusal begins, 0 to 1.
        cited: number of the first source that it named, in its prompt; 0 for none.
    """

    value: str
    p: float
    refusal: float
    cited: int = 1


@dataclass(frozen=True)
class Sums:
    """`answers`: (value, score) pairs, the best first; `refusal`: the refusal's score. All lie in 0 to 1."""

    answers: tuple[tuple[str, float], ...]
    refusal: float

    def decide(self, caution: float = CAUTION) -> str:
        """The best answer, or "" for a refusal: no reading has one, or caution × refusal is above it."""
        if not self.answers or caution * self.refusal > self.answers[0][1]:
            return ""
        return self.answers[0][0]


def trust(scores: Sequence[float], sharpness: float = SHARPNESS) -> list[float]:
    """Shares of the passages, k numbers that add up to 1: a softmax of sharpness × score.

    >>> [round(share, 2) for share in trust([1.0, 0.9, 0.5])]
    [0.73, 0.27, 0.0]
    """
    top = max(scores, default=0.0)
    raised = [math.exp(sharpness * (score - top)) for score in scores]
    return [each / sum(raised) for each in raised]


def mixed(shares: Sequence[float], weight: float = WEIGHT) -> list[float]:
    """k shares of passages read alone and, last, that of the reading of several: k + 1 numbers, sum 1.

    >>> mixed([0.75, 0.25], 0.5)
    [0.375, 0.125, 0.5]

    With no passage read alone the last one has all. Raises ValueError for a weight outside 0 to 1.
    """
    if not 0 <= weight <= 1:
        raise ValueError(f"O peso da leitura conjunta vai de 0 a 1; veio {weight}.")
    if not shares:
        return [1.0]
    return [(1 - weight) * share for share in shares] + [float(weight)]


def same(value: str) -> str:
    """What equal answers share: small letters, one blank between words, no point at the end."""
    return " ".join(value.lower().split()).strip(" .")


def add_up(readings: Sequence[Reading], shares: Sequence[float]) -> Sums:
    """The sums over k readings, each with the share of its passage. Equal ones keep their order.

    >>> low, high = Reading("Seis reais", 0.4, 0.5), Reading("seis reais", 0.8, 0.1)
    >>> other = Reading("nove reais", 0.9, 0.05)
    >>> [(value, round(score, 2)) for value, score in add_up([low, other, high], [0.3, 0.3, 0.4]).answers]
    [('Seis reais', 0.44), ('nove reais', 0.27)]

    Raises ValueError where readings and shares are not as many.
    """
    if len(readings) != len(shares):
        raise ValueError(f"São {len(readings)} leituras e {len(shares)} pesos: é um peso para cada leitura.")
    sums: dict[str, float] = {}
    first: dict[str, str] = {}
    for reading, share in zip(readings, shares, strict=True):
        if key := same(reading.value):
            sums[key] = sums.get(key, 0.0) + share * reading.p
            first.setdefault(key, reading.value)
    ranked = sorted(sums.items(), key=lambda pair: -pair[1])
    refusal = sum(share * reading.refusal for reading, share in zip(readings, shares, strict=True))
    return Sums(tuple((first[key], score) for key, score in ranked), refusal)
