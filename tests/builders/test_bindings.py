"""Passages about random tokens: answers are in the passage, only answers weigh, rows hold passages whole."""

import random

import pytest
from tokenizers import Tokenizer

from builders import bindings
from builders.corpus.__main__ import ROOT


@pytest.fixture(scope="module")
def tokenizer() -> Tokenizer:
    return Tokenizer.from_file(str(ROOT / "data/models/mini-base/tokenizer.json"))


def found(ids: list[int], inside: list[int]) -> bool:
    return any(inside[i : i + len(ids)] == ids for i in range(len(inside) - len(ids) + 1))


def test_answers_come_from_the_passage_and_alone_weigh(tokenizer: Tokenizer) -> None:
    asks = tokenizer.encode("\nPergunta:", add_special_tokens=False).ids
    held = whole = 0
    for seed in range(60):
        ids, weights = bindings.binding(random.Random(seed), tokenizer, 5, 15)
        assert len(ids) == len(weights)
        assert ids.index(0) == 0
        assert ids.count(0) == 1
        begin = next(i for i in range(len(ids)) if ids[i : i + len(asks)] == asks)
        assert not any(weights[:begin])
        assert {0, 15} <= set(weights) <= {0, 5, 15}
        answers, now = [], []
        for i, weight in zip(ids, weights, strict=True):
            if weight:
                now.append(i)
            elif now:
                answers, now = [*answers, now], []
        for answer in [*answers, now]:
            # without the full stop; an article may stand before the name in the answer alone
            held += any(found(answer[skip:-1], ids[:begin]) for skip in (0, 1, 2) if answer[skip:-1])
            whole += 1
    assert held / whole > 0.97


def test_a_row_is_full_of_whole_passages_and_repeatable(tokenizer: Tokenizer) -> None:
    rows = [bindings.row(random.Random(7), tokenizer, 256, 5, 15) for _ in range(2)]
    assert rows[0] == rows[1]
    ids, weights = rows[0]
    assert 100 < len(ids) == len(weights) <= 256
    assert ids[0] == 0
    assert weights[-1]  # ends with an answer


def test_any_token_of_letters_is_a_name_some_day(tokenizer: Tokenizer) -> None:
    """The first word of an answer, over many passages, is seldom the same twice."""
    rng, seen = random.Random(1), []
    for _ in range(300):
        ids, weights = bindings.binding(rng, tokenizer, 5, 15)
        seen.append(next(i for i, weight in zip(ids, weights, strict=True) if weight))
    assert len(set(seen)) > 150


def test_rows_too_short_for_any_passage_are_refused(tokenizer: Tokenizer) -> None:
    with pytest.raises(ValueError, match="in 8 tokens"):
        bindings.row(random.Random(0), tokenizer, 8, 5, 15)
