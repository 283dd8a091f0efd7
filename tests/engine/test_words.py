"""Word vectors of the page against llmlib.scratch.word2vec: the same pairs, draws and vectors."""

from __future__ import annotations

import math

import numpy as np
import pytest

from llmlib.data import corpus
from llmlib.scratch.word_lesson import WordLessons
from tests.engine.node import EngineError, Node

TEXT = "\n\n".join(corpus(kind="historia", limit=40)) + "\n\nÇa a\u0301gua-viva x² 12 MÃE_pai"
GROUPS = {"bichos": ["gato", "cachorro", "sapo", "coelho"], "gente": ["menino", "menina", "avó", "vizinho"]}
ASKED = {"groups": GROUPS, "watch": ["menino", "nunca-vi"], "epochs": 2, "size": 6, "min_count": 3, "seed": 3}


def final(answer: dict) -> dict:
    return answer["events"][-1]


@pytest.fixture(scope="module")
def ours() -> list[dict]:
    events = WordLessons(str).compute("learn_words", {"text": TEXT, **ASKED})
    return list(events)


@pytest.fixture(scope="module")
def theirs(node: Node) -> dict:
    return node.ask("learn_words", run="a", text=TEXT, **ASKED)


def test_the_same_words_in_the_same_order(ours: list[dict], theirs: dict) -> None:
    assert theirs["events"][0]["start"] == ours[0]["start"]
    assert ours[0]["start"]["common"][0] == "a"


def test_before_the_first_step_the_same_vectors(ours: list[dict], theirs: dict) -> None:
    first, other = ours[1], theirs["events"][1]
    assert (first["done"], first["pairs"]) == (other["done"], other["pairs"]) == (0, 0)
    assert [w for w, _ in first["near"]["menino"]] == [w for w, _ in other["near"]["menino"]]
    assert np.allclose(first["points"], other["points"], atol=1e-5)
    assert first["score"] == pytest.approx(other["score"])


def test_after_a_run_the_same_vectors(ours: list[dict], theirs: dict) -> None:
    last, other = ours[-1], final(theirs)
    assert theirs["reason"] == "length"
    assert other["pairs"] == last["pairs"] > 3000
    assert other["near"]["nunca-vi"] is last["near"]["nunca-vi"] is None
    near, told = dict(last["near"]["menino"]), dict(other["near"]["menino"])
    assert len(near.keys() & told.keys()) >= 5
    for word in near.keys() & told.keys():
        assert near[word] == pytest.approx(told[word], abs=2e-3)
    assert other["score"] == pytest.approx(last["score"])
    a, b = (np.array(each["points"]) for each in (last, other))
    apart = lambda x: np.linalg.norm(x[:, None] - x[None], axis=-1)  # noqa: E731
    assert np.allclose(apart(a), apart(b), atol=0.02)
    assert other["shown"] == last["shown"]


def test_the_loss_falls_to_below_what_drawing_blindly_gives(theirs: dict) -> None:
    losses = [event["loss"] for event in theirs["events"] if event.get("loss") is not None]
    assert losses[-1] < 0.97 * 6 * math.log(2)


def test_a_pause_keeps_the_vectors_and_a_continuation_ends_alike(node: Node, theirs: dict) -> None:
    cut = node.run(
        "let n = 0; const first = await ask('learn_words', args[0], (event, id) => {"
        " if (!event.start && ++n === 2) send({ cancel: id }); });"
        " const look = await ask('look_words', { run: 'b', watch: ['menina'], groups: {} });"
        " const rest = await ask('learn_words', { run: 'b', watch: ['menino'], groups: args[0].groups });"
        " return { first, look, rest };",
        {"run": "b", "text": TEXT, **ASKED},
    )
    assert cut["first"]["reason"] == "cancelled"
    assert len(cut["look"]["near"]["menina"]) == 6
    assert cut["look"]["score"] is None
    assert final(cut["rest"])["near"]["menino"] == final(theirs)["near"]["menino"]


@pytest.mark.parametrize(
    ("params", "words"),
    [
        ({"text": ""}, "O texto tem 0 palavras"),
        ({"text": "um dois três " * 10}, "O texto tem 30 palavras"),
        ({"text": "único " * 300}, "Menos de duas palavras"),
        ({"text": TEXT, "window": 0}, "A janela vai de 1 a 10; veio 0."),
        ({"text": TEXT, "size": 2.5}, "O tamanho dos vetores vai de 2 a 128; veio 2,5."),
        ({"run": "ninguém"}, "ainda não começaram"),
    ],
)
def test_both_say_the_same_of_what_cannot_be(node: Node, params: dict, words: str) -> None:
    with pytest.raises(ValueError, match=words) as mine:
        list(WordLessons(str).compute("learn_words", params))
    with pytest.raises(EngineError) as other:
        node.ask("learn_words", **params)
    assert str(mine.value) == str(other.value)
