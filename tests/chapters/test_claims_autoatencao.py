"""What `autoatencao` states in words holds for the measures and the model that are bundled.

The page computes its numbers; here the direction of each claim is guarded.
"""

from __future__ import annotations

import json

import pytest

from llmlib.data import root
from llmlib.scratch import importance


@pytest.fixture(scope="module")
def measured() -> dict:
    return json.loads((root() / "medidas" / "atencao.json").read_text("utf-8"))


def test_attention_says_more_than_chance_and_than_distance(measured: dict) -> None:
    agreement = measured["agreement"]
    assert agreement["attention|deleted"]["low"] > agreement["deleted|near"]["high"]
    assert agreement["attention|deleted"]["low"] > 0.5
    assert agreement["deleted|drawn"]["low"] < 0.5 < agreement["deleted|drawn"]["high"]
    assert agreement["faded|deleted"]["high"] < 0.95  # two ways to take a word away are not one


def test_the_most_attended_word_matters_and_is_often_not_the_one_that_matters_most(measured: dict) -> None:
    removal = measured["removal"]
    assert removal["attention"]["change"]["low"] > removal["any"]["change"]["high"]
    assert removal["attention"]["first"]["low"] > removal["any"]["first"]["high"]
    assert removal["attention"]["first"]["high"] < 0.9


def test_with_the_subject_far_the_map_points_elsewhere_than_removal(measured: dict) -> None:
    far, near = measured["frames"]["longe"], measured["frames"]["perto"]
    assert far["attention"]["subject"]["high"] < 0.5 < near["attention"]["subject"]["low"]
    assert far["attention"]["subject"]["high"] < far["deleted"]["subject"]["low"]


def test_other_weights_sometimes_give_the_same_answer_and_sometimes_not(measured: dict) -> None:
    dealt = measured["swapped"]["dealt"]
    assert 0.05 < dealt["little"]["value"] < 0.95
    assert dealt["high"] > 0.2


def test_near_words_get_more_of_everything(measured: dict) -> None:
    for name in ("attention", "deleted", "rate"):
        by_distance = measured["profile"][name]["distance"]
        assert by_distance[1] > by_distance[6]


def test_the_verb_of_the_example_does_not_look_most_at_its_subject() -> None:
    from llmlib import load

    trace = load("mini-base").trace("O gato estava dormindo no sofá enquanto o cachorro brincava lá fora")
    groups = importance.words(trace.tokens)
    names = ["".join(trace.tokens[t] for t in places).strip() for places in groups]
    verb = names.index("brincava")
    on_words = importance.weights_on_words(trace.attentions, groups)[:, :, groups[verb][-1]].mean((0, 1))
    assert names[1 + on_words[1:verb].argmax()] != "cachorro"
    sleeping, sofa = groups[names.index("dormindo")][-1], groups[names.index("sofá")]
    assert trace.attentions[:, :, sleeping, sofa].max() == 0
