"""What `parametros-de-geracao` says in words holds for the bundled model: no new weights may belie it.

The page computes the numbers; here smaller samples only guard the direction of each claim.
"""

from __future__ import annotations

import re

import numpy as np
import pytest

from llmlib.data import corpus
from llmlib.scratch import sampling as S


@pytest.fixture(scope="module")
def lm():
    from llmlib import load

    return load("mini-base", device="cpu")


def rows(lm, text: str) -> np.ndarray:
    """Logits (T, V) after each token of a text."""
    return lm.trace(text).logits.astype(float)


def test_repetition_feeds_itself(lm) -> None:
    pattern = r"[A-ZÀ-Ú][^.!?\n:]+\."
    found = [f for text in corpus("mini", "valid", limit=150) for f in re.findall(pattern, text)]
    short = list(dict.fromkeys(f for f in found if 5 <= len(f.split()) <= 9))[:8]

    def chance(sentence: str, times: int) -> float:
        size = len(lm.compute("encode", {"text": " " + sentence})["tokens"])
        trace = lm.trace(" ".join([sentence] * (times + 1)))
        before = trace.logits[-size - 1 : -1].astype(float)
        return np.mean([S.softmax(z)[i] for z, i in zip(before, trace.ids[-size:], strict=True)])

    once, often = (np.mean([chance(f, times) for f in short]) for times in (0, 5))
    assert len(short) == 8
    assert often > once + 0.15


def test_top_p_and_min_p_follow_the_doubt_of_the_model(lm) -> None:
    logits = rows(
        lm, "Era uma vez um gato que morava no quintal. A capital da França é Paris. Um dia, o gato"
    )
    for rule in (S.Sampling(top_p=0.9), S.Sampling(min_p=0.1)):
        alive = [(S.probabilities(row, rule) > 0).sum() for row in logits]
        assert max(alive) >= 10 * min(alive)


def test_the_order_of_cut_and_heat_matters(lm) -> None:
    for row in rows(lm, "No quintal da avó, o gato"):
        heated = np.isfinite(S.top_p(S.temperature(row, 2), 0.9)).sum()
        assert heated >= np.isfinite(S.top_p(row, 0.9)).sum()


def test_the_tail_is_met_within_a_text(lm) -> None:
    masses = []
    for text in corpus("mini", "valid", limit=20):
        shares = np.array([S.softmax(row) for row in rows(lm, text)])
        masses.append(np.where(shares < 0.001, shares, 0).sum(1))
    assert 1 - np.prod(1 - np.concatenate(masses).mean()) ** 50 > 0.05


def test_heat_makes_texts_vary(lm) -> None:
    def different(temperature: float) -> int:
        rules = {"max_new_tokens": 12, "temperature": temperature}
        return len({lm.generate("Era uma vez um", seed=s, **rules) for s in range(6)})

    assert different(0) == 1
    assert different(1) >= 5
