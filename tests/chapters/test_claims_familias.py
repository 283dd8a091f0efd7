"""What `familias` says in words holds for the bundled models, and the measure has what the page reads.

The page chooses its words by the computed values; here the direction of what it says without a number is
guarded, on small samples. A model that is not bundled yet has nothing to hold.
"""

from __future__ import annotations

import json
import re

import numpy as np
import pytest

from llmlib.data import model_names, root
from llmlib.measure import surprise

ARTICLES = ("O", "A", "Os", "As")
SENTENCES = [
    ("As", " meninas estavam cansadas."),
    ("O", " gato preto dormiu."),
    ("A", " menina estava cansada."),
    ("Os", " meninos estavam na sala."),
]


@pytest.fixture(scope="module")
def measured() -> dict:
    file = root() / "medidas" / "familias.json"
    if not file.exists():
        pytest.skip("the families are not measured yet: make data NAME=familias")
    return json.loads(file.read_text("utf-8"))


@pytest.fixture(scope="module")
def bert():
    if "mini-bert" not in model_names():
        pytest.skip("mini-bert is not bundled yet")
    from llmlib import families

    return families.load("mini-bert", device="cpu")


def test_the_whole_sentence_tells_the_decoder_what_the_left_does_not() -> None:
    from llmlib import load

    lm = load("mini-base", device="cpu")
    left, whole = [], []
    for right, rest in SENTENCES:
        notes = {}
        for article in ARTICLES:
            trace = lm.trace(article + rest)
            notes[article] = -surprise(trace.logits, trace.ids)
        left.append(max(notes, key=lambda a: notes[a][0]) == right)
        whole.append(max(notes, key=lambda a: notes[a].sum()) == right)
    assert sum(left) == 1  # nothing to the left: always the same answer
    assert sum(whole) >= 3


def test_the_encoder_sees_what_follows(bert) -> None:
    guesses = [bert.fill(f"<|mask|>{rest}", k=1)["top"][0][0]["text"] for _, rest in SENTENCES]
    assert sum(guess == right for guess, (right, _) in zip(guesses, SENTENCES, strict=True)) >= 3


def test_the_measure_has_what_the_page_reads(measured: dict) -> None:
    page = (root().parent / "chapters" / "familias.md").read_text("utf-8")
    asked = set(re.findall(r'do_arquivo\("(\w+)"\)', page))
    assert asked == set(measured) - {"size", "weights", "date", "models"}
    assert measured["size"] == 1
    for name in ("fill", "determiner", "reviews"):
        for each in (*measured[name]["ways"].values(), *measured[name]["differences"].values()):
            assert each["low"] <= each["value"] <= each["high"]
    assert set(measured["several"]["nats"]["ways"]) == set(measured["several"]["agreement"]["ways"])


def test_what_the_page_says_without_a_number(measured: dict) -> None:
    left = measured["determiner"]["differences"]["mini-base, esquerda"]
    assert left["high"] < 0  # “qual dos quatro não tem como saber”
    agreement = measured["several"]["agreement"]
    assert agreement["differences"]["mini-bert, uma a uma"]["value"] > 0  # o resumo: de uma vez, discordam
    assert np.isclose(measured["fill"]["passes"]["mini-base, frase inteira"], 51)
    assert measured["cost"]["positions"]["mini-bert"] > 10 * measured["cost"]["positions"]["mini-base"]
