"""What `transfer-learning` says in words holds for what was measured; its numbers are computed there."""

from __future__ import annotations

import json

import numpy as np
import pytest

from llmlib.data import root, task

WAYS = {"maioria", "palavras", "zero", "congelado", "lora", "inteiro"}


@pytest.fixture(scope="module")
def measured() -> dict:
    file = root() / "medidas" / "transfer.json"
    if not file.exists():
        pytest.skip("not measured yet: python -m builders.transfer")
    return json.loads(file.read_text("utf-8"))


def test_the_measure_has_what_the_page_reads(measured) -> None:
    curves, prova = measured["curves"], task("resenhas", "test")
    assert len(curves["sizes"]) >= 3
    assert curves["groups"]["todas"]["n"] == len(prova)
    for group in curves["groups"].values():
        assert set(group["ways"]) == WAYS
    assert all(len(run["right"]) == len(prova) for run in measured["runs"])
    assert any("cut" in run for run in measured["runs"])
    assert set(measured["forgetting"]) == {"lora", "inteiro"}
    head = measured["lab"]["head"]
    assert len(head["w"]) == len(head["mean"]) == len(head["spread"])
    assert measured["layers"]["chosen"] == head["layer"]


def test_always_the_same_answer_is_right_half_of_the_time(measured) -> None:
    points = measured["curves"]["groups"]["todas"]["ways"]["maioria"]
    assert all(point["value"] == pytest.approx(0.5) for point in points)


def test_counting_words_cannot_know_words_it_never_counted(measured) -> None:
    ways = measured["curves"]["groups"]
    assert ways["vistas"]["ways"]["palavras"][-1]["value"] > 0.7
    assert ways["novas"]["ways"]["palavras"][-1]["value"] < 0.65


def test_lora_learns_far_fewer_numbers_and_changes_matrices_by_its_rank(measured) -> None:
    learning = {run["way"]: run["learning"] for run in measured["runs"]}
    assert learning["congelado"] < learning["lora"] < learning["inteiro"] / 5
    for each in measured["updates"].values():
        assert len(each["lora"]["values"]) == measured["recipe"]["rank"]
        kept = np.square(each["lora"]["values"]).sum()
        assert kept == pytest.approx(each["lora"]["norm"] ** 2, rel=0.02)  # nothing beyond its rank


def test_the_figure_fits_a_page(measured) -> None:
    assert len(json.dumps(measured["updates"])) < 90_000
    assert len(json.dumps(measured["lab"])) < 45_000
