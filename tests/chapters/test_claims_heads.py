"""What `muitas-cabecas` says in words holds for the measures that it reads; its numbers are computed."""

from __future__ import annotations

import json

import numpy as np
import pytest

from llmlib.data import root

JOBS = ["anterior", "indução", "gênero", "número", "nome"]


@pytest.fixture(scope="module")
def measured() -> dict:
    return json.loads((root() / "medidas" / "cabecas.json").read_text("utf-8"))


@pytest.fixture(scope="module")
def jobs(measured: dict) -> dict:
    return measured["models"]["mini-base"]["jobs"]


def test_the_measures_have_what_the_page_reads(measured: dict, jobs: dict) -> None:
    assert measured["size"] == 1
    assert list(jobs) == JOBS
    for name, job in jobs.items():
        shape = np.shape(job["score"]["value"])
        assert np.shape(job["chance"]["high"]) == np.shape(job["effect"]["value"]) == shape
        assert ("rival" in job) == bool(job["prefers_without"]) == (name in JOBS[2:])
        assert {3, 5} <= set(job["off"]["k"])
        assert job["off"]["k"][-1] == shape[0] * shape[1]
        assert len(job["examples"]) == 8
    history = measured["models"]["mini-base"]["history"]
    assert [h["tokens"] for h in history] == sorted(h["tokens"] for h in history)
    assert set(history[0]["scores"]) == set(JOBS)


def test_there_are_heads_of_the_previous_token_and_of_induction(jobs: dict) -> None:
    for name in ("anterior", "indução"):
        score = np.array(jobs[name]["score"]["value"])
        best = np.unravel_index(score.argmax(), score.shape)
        assert np.array(jobs[name]["score"]["low"])[best] > 3 * np.array(jobs[name]["chance"]["high"])[best]


def test_looking_does_not_decide(jobs: dict) -> None:
    """Were attention the same as use, the myth of the page would be a truth."""
    assert np.mean([job["agreement"] for job in jobs.values()]) < 0.7


def test_nothing_left_is_worse_than_all(jobs: dict) -> None:
    for job in jobs.values():
        assert job["off"]["sorteio"]["value"][-1] > job["off"]["sorteio"]["value"][0]
