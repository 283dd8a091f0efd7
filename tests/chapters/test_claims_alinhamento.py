"""What `alinhamento` states in words holds for the measures that are bundled, whatever the weights were.

The page computes its numbers; here the direction of each claim is guarded. Without the measures there is
nothing to hold.
"""

from __future__ import annotations

import json

import pytest

from llmlib.data import root
from llmlib.scratch import preference
from llmlib.widgets import PreferenceFrontier, RewardHacking

FILE = root() / "medidas" / "alinhamento.json"


@pytest.fixture(scope="module")
def measured() -> dict:
    if not FILE.exists():
        pytest.skip("data/medidas/alinhamento.json is not made yet")
    return json.loads(FILE.read_text("utf-8"))


def test_there_is_enough_to_vote_on_and_to_show(measured: dict) -> None:
    assert sum(len(entry["answers"]) > 1 for entry in measured["bank"]) >= 12
    PreferenceFrontier(
        measured["curves"], [e["question"] for e in measured["bank"]], measured["start"]["true"]
    )


def test_obeying_raises_what_is_obeyed(measured: dict) -> None:
    for name, points in measured["curves"].items():
        if "/bon/" in name:
            proxies = [p["proxy"]["value"] for p in points]
            assert proxies == sorted(proxies), name


def test_the_formula_is_a_ceiling(measured: dict) -> None:
    for judge in measured["judges"]:
        for point in measured["curves"][f"{judge}/bon/0"]:
            assert point["kl"]["value"] <= point["bound"] + 1e-3
            assert point["bound"] == pytest.approx(preference.best_of_n_bound(point["strength"]), abs=1e-3)


def test_hurried_votes_cost_truth(measured: dict) -> None:
    figure = RewardHacking(measured["bank"])
    some, rushed = (figure.points(hurry, 150) for hurry in (0.25, 1.0))
    assert rushed[-1]["true"] < rushed[0]["true"] - 0.02
    assert rushed[-1]["proxy"] > rushed[0]["proxy"] + 0.5
    assert max(p["true"] for p in some) > max(p["true"] for p in rushed) + 0.01
    ends = [measured["curves"][f"{judge}/bon/0"][-1] for judge in ("atento", "apressado")]
    assert ends[1]["true"]["value"] < ends[0]["true"]["value"]
    assert ends[1]["words"] > ends[0]["words"]
