"""What `embeddings-contextuais` says in words holds for what was measured; its numbers are computed there."""

from __future__ import annotations

import json

import pytest

from llmlib.data import root, task

GROUPS = {"lidas", "nomes", "classes", "ausente", "antes", "depois"}


@pytest.fixture(scope="module")
def measured() -> dict:
    file = root() / "medidas" / "sentidos.json"
    if not file.exists():
        pytest.skip("not measured yet: python -m builders.sense_curves")
    return json.loads(file.read_text("utf-8"))


def test_the_measure_has_what_the_page_reads(measured) -> None:
    assert measured["tests"] == len(task("sentidos", "test"))
    assert "mini-base" in measured["models"]
    assert set(measured["bag"]["all"]) == GROUPS
    lengths = {each["layers"] for each in measured["models"].values()}
    assert len(lengths) == 1  # one figure draws them all
    for each in measured["models"].values():
        rows = each["layers"] + 1
        assert 0 < each["chosen"] < rows
        for name in ("chance", "right", "end", "untrained", "shuffled"):
            assert len(each[name]) == rows
        assert all(set(row) == GROUPS for row in each["right"])
        assert {len(each["apart"][kind]) for kind in ("same", "other", "gap")} == {rows}
    assert len(measured["echo"]["right"]) == rows
    assert measured["against_bag"].keys() == measured["models"].keys()
    assert {w for each in measured["models"].values() for w in each["words"]} == {
        row["palavra"] for row in task("sentidos", "test")
    }


def test_at_the_entrance_one_spelling_is_one_vector(measured) -> None:
    for each in measured["models"].values():
        for kind in ("same", "other"):
            assert each["apart"][kind][0]["value"] == pytest.approx(0, abs=1e-3)
        for group in GROUPS:
            assert each["right"][0][group]["value"] == pytest.approx(0.5, abs=0.02)


def test_most_of_the_distance_is_of_the_sentence_and_not_of_the_sense(measured) -> None:
    for each in measured["models"].values():
        assert any(gap["low"] > 0 for gap in each["apart"]["gap"])
        for same, gap in list(zip(each["apart"]["same"], each["apart"]["gap"], strict=True))[1:]:
            assert gap["value"] < same["value"]


def test_words_quite_unlike_have_cosines_well_above_nothing(measured) -> None:
    assert max(row["value"] for each in measured["models"].values() for row in each["chance"][1:]) > 0.3


def test_a_probe_of_dealt_labels_knows_nothing(measured) -> None:
    for each in measured["models"].values():
        assert all(abs(row["value"] - 0.5) < 0.1 for row in each["shuffled"])


def test_a_decoder_does_not_know_what_stands_on_the_right(measured) -> None:
    """By its mask, in every layer: the interval must not leave chance behind."""
    for row in measured["models"]["mini-base"]["right"]:
        assert row["depois"]["low"] < 0.5


def test_noun_or_verb_is_what_small_models_tell_first(measured) -> None:
    """The chapter calls it grammar: easier than two nouns, in every model at its chosen layer."""
    for each in measured["models"].values():
        at = each["right"][each["chosen"]]
        assert at["classes"]["value"] > at["nomes"]["value"]
    base = measured["models"]["mini-base"]
    assert base["right"][base["chosen"]]["classes"]["low"] > 0.5
    blank = base["untrained"][base["chosen"]]["classes"]
    assert base["right"][base["chosen"]]["classes"]["low"] > blank["value"]  # learned, and not only mixed
