"""Curves of the parameters of generation: settings, known values, resuming, and the rules of a batch."""

import json

import pytest

from builders import sampling_curves as curves
from builders.measures import batch
from llmlib.scratch.sampling import Sampling


def test_every_setting_is_measured_once_and_every_sweep_is_whole():
    made = curves.settings()
    rules = [Sampling(**each["rules"]) for each in made]
    assert len(set(rules)) == len(rules)
    for name, (_, values) in curves.SWEEPS.items():
        assert sum(name in each["sweeps"] for each in made) == len(values)
    assert sum("grid" in each["sweeps"] for each in made) == len(curves.GRID[0]) * len(curves.GRID[1])
    plain = next(each for each in made if Sampling(**each["rules"]) == Sampling())
    assert {"temperature", "top_k", "top_p", "min_p", "grid"} <= set(plain["sweeps"])


def test_what_was_said_before_by_hand():
    assert curves.said_before([list("abcdabcd")]) == pytest.approx(1 / 5)  # of five groups, one comes again
    assert curves.said_before([list("abcde"), list("xxxxx")]) == pytest.approx(0.25)
    assert curves.said_before([["a"]]) == 0


RULES = [
    {"temperature": 0, "frequency_penalty": 0.8},
    {"temperature": 1.2, "top_p": 0.8, "repetition_penalty": 1.3},
    {"top_k": 5, "presence_penalty": 1.0},
    {"temperature": 1.5, "min_p": 0.2},
]


@pytest.mark.parametrize("rules", RULES)
def test_a_batch_follows_the_rules_as_one_text_does(tiny_lm, rules):
    prompts = ["Era uma vez", "O gato dormia no sofá", "O"]
    made = batch.complete(tiny_lm, prompts, 8, seeds=[4, 5, 6], rules=Sampling(**rules))
    assert made == [tiny_lm.generate(p, 8, seed=s, **rules) for p, s in zip(prompts, [4, 5, 6], strict=True)]


@pytest.fixture
def small(monkeypatch, tiny_lm):
    """Two sweeps, a model of random weights, and how often it was asked to write."""
    calls = []
    complete = batch.complete
    monkeypatch.setattr(curves, "SWEEPS", {"temperature": ({}, [0, 1]), "top_p": ({}, [0.5, 1])})
    monkeypatch.setattr(curves, "GRID", ([1], [0.5, 1]))
    monkeypatch.setattr(curves, "TOKENS", 4)
    monkeypatch.setattr(curves, "ROOM", 4)
    monkeypatch.setattr(curves, "load", lambda name, device: tiny_lm)
    monkeypatch.setattr(curves, "digest", lambda name: "abc")
    monkeypatch.setattr(
        curves.wellformed, "count", lambda texts, whole: {"broken": 1, "sentences": len(texts)}
    )
    monkeypatch.setattr(curves.stories, "openings", lambda n: [(f"Era uma vez {i}", "") for i in range(n)])
    monkeypatch.setattr(
        curves.batch, "complete", lambda *args, **rules: calls.append(1) or complete(*args, **rules)
    )
    return calls


def test_it_goes_on_where_it_stopped_and_starts_again_with_other_weights(small, tmp_path, monkeypatch):
    out = tmp_path / "geracao.json"
    result = curves.measure(["mini-base"], 0.05, out)
    assert json.loads(out.read_text("utf-8")) == result
    points = result["models"]["mini-base"]["settings"]
    assert [each["sweeps"] for each in points] == [
        ["temperature"],
        ["temperature", "top_p", "grid"],
        ["top_p", "grid"],
    ]
    greedy, plain = points[:2]
    assert greedy["diversity"] is None
    assert plain["diversity"]["low"] <= plain["diversity"]["value"] <= plain["diversity"]["high"]
    for each in points:
        shares = [each[name]["value"] for name in ("right", "other_value", "neither")]
        assert sum(shares) == pytest.approx(1)
        assert each["same"]["n"] == each["right"]["n"] == 6
    assert greedy["same"]["value"] == 1  # no draw: two seeds, one answer
    first = len(small)

    damaged = json.loads(out.read_text("utf-8"))
    damaged["models"]["mini-base"]["settings"].pop()
    out.write_text(json.dumps(damaged), "utf-8")
    assert curves.measure(["mini-base"], 0.05, out)["models"] == result["models"]
    assert len(small) - first == first // 3 + (first % 3 > 0)  # only the setting that was missing

    monkeypatch.setattr(curves, "digest", lambda name: "other")
    before = len(small)
    curves.measure(["mini-base"], 0.05, out)
    assert len(small) - before == first
