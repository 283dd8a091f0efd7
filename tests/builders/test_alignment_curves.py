"""The measure of preferences: voters, points by hand, runs that learn what was voted for, resuming."""

from __future__ import annotations

import json
from pathlib import Path

import numpy as np
import pytest
import torch
from transformers import Qwen3ForCausalLM

from builders import alignment_curves as curves
from builders.tokenizer import train_tokenizer, wrap
from llmlib.lm import LM
from llmlib.scratch import preference, sft
from llmlib.widgets import PreferenceFrontier, RewardHacking
from tests.builders.test_pretrain import DOCUMENTS
from tests.conftest import tiny_config


@pytest.fixture(scope="module")
def lm() -> LM:
    """A small random model that chats, badly."""
    tokenizer = wrap(train_tokenizer([d.text for d in DOCUMENTS] * 5 + ["system user assistant\n"] * 20, 420))
    tokenizer.chat_template = sft.CHAT_TEMPLATE
    torch.manual_seed(0)
    model = Qwen3ForCausalLM(tiny_config(vocab_size=420, max_position_embeddings=320, initializer_range=0.02))
    model.generation_config.eos_token_id = [0, 2]
    return LM("mini-instruct", model.eval(), tokenizer)


@pytest.fixture
def small(monkeypatch: pytest.MonkeyPatch, lm: LM) -> None:
    monkeypatch.setattr(curves, "load", lambda name, device: lm)
    monkeypatch.setattr(curves, "digest", lambda name: "abc")
    for name, value in {"ROOM": 5, "ASKED": 4, "SAMPLES": 4, "VOTED": 4, "RATE": 5e-3}.items():
        monkeypatch.setattr(curves, name, value)
    monkeypatch.setattr(curves, "STEPS", {"dpo": 4, "rloo": 4})
    monkeypatch.setattr(curves, "BATCH", {"dpo": 4, "rloo": 2})


def test_questions_differ_and_come_in_turns() -> None:
    for split in ("train", "valid"):
        asked = curves.questions(split, 12)
        assert [c.kind for c in asked] == list(curves.KINDS) * 3
        assert len({c.prompt[0]["content"] for c in asked}) == 12
        assert asked == curves.questions(split, 12)
    assert not {c.prompt[0]["content"] for c in curves.questions("train", 12)} & {
        c.prompt[0]["content"] for c in curves.questions("valid", 12)
    }


def test_the_voters() -> None:
    short_right, long_wrong = (1.0, 1.0), (0.0, 3.0)
    assert curves.worth(*short_right, hurry=0) == curves.RIGHT
    assert curves.worth(*long_wrong, hurry=1) == 3 * curves.LENGTH
    assert curves.vote(short_right, long_wrong, 0.0, u=0.9)
    assert not curves.vote(short_right, long_wrong, 1.0, u=0.1)
    assert curves.vote(long_wrong, long_wrong, 0.5, u=0.4)
    assert not curves.vote(long_wrong, long_wrong, 0.5, u=0.6)


def test_best_of_by_hand() -> None:
    class Bank:
        k, texts = 2, ["Lima.", "Quito.", "Sim.", "Sim."]
        traits = np.array([[1.0, 0, 0, 0, -1], [2.0, 0, 0, 0, -1], [1.0, 0, 0, 0, -2], [1.0, 0, 0, 0, -2]])
        right = np.array([1.0, 0, 1, 1])

    one, two = curves.best_of(Bank, lambda traits: np.asarray(traits)[:, 0])[:2]
    assert (one["strength"], two["strength"]) == (1, 2)
    assert one["kl"]["value"] == 0
    assert one["true"]["value"] == 0.75
    assert two["true"]["value"] == pytest.approx((0.25 + 1) / 2)  # the longer one is kept 3 times of 4
    wanted = (0.75 * np.log(1.5) + 0.25 * np.log(0.5)) / 2  # the second question has one answer: no distance
    assert two["kl"]["value"] == pytest.approx(wanted, abs=1e-4)
    assert two["answers"] == ["Quito.", "Sim."]


def test_a_run_raises_what_was_voted_for(small: None, lm: LM, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(curves, "STEPS", {"dpo": 25, "rloo": 12})
    monkeypatch.setitem(curves.BATCH, "rloo", 4)
    bank = curves.Answers(lm, lm.model, curves.questions("valid", 4), 4, 0)
    seen = curves.Answers(lm, lm.model, curves.questions("train", 8), 4, 50)
    lesson = curves.Lesson(lm, bank, seen, "apressado", 1.0)
    start = lesson.scorer(bank.traits).mean()
    assert start == pytest.approx(0, abs=1e-9)
    before = {k: v.clone() for k, v in lm.model.state_dict().items()}
    for method in ("dpo", "rloo"):
        points = lesson.run(method, 0)
        assert points[-1]["proxy"]["value"] > 0.15, method
        assert points[-1]["kl"]["value"] > 0
        assert len(points) == 3
    assert all(torch.equal(v, before[k]) for k, v in lm.model.state_dict().items())


def test_the_file_is_whole_resumes_and_feeds_the_figures(small: None, tmp_path: Path, monkeypatch) -> None:
    out = tmp_path / "alinhamento.json"
    made = curves.measure(1, 1, out, only=["apressado/dpo/0"])
    assert set(made["curves"]) == {"atento/bon/0", "apressado/bon/0", "apressado/dpo/0"}
    again = curves.measure(1, 1, out)
    assert set(again["curves"]) == set(made["curves"]) | {"atento/dpo/0", "atento/rloo/0", "apressado/rloo/0"}
    assert again["curves"]["apressado/dpo/0"] == made["curves"]["apressado/dpo/0"]
    kept = json.loads(out.read_text("utf-8"))
    assert kept["curves"] == json.loads(json.dumps(again["curves"]))
    monkeypatch.setattr(curves.Lesson, "run", None)  # nothing is left to do
    curves.measure(1, 1, out)
    monkeypatch.setattr(curves, "digest", lambda name: "other weights")
    with pytest.raises(TypeError):
        curves.measure(1, 1, out)
    for entry in kept["bank"]:
        assert sum(a["count"] for a in entry["answers"]) == 4
        assert all(len(a["traits"]) == len(preference.TRAITS) for a in entry["answers"])
    RewardHacking(kept["bank"], votes=20)
    PreferenceFrontier(kept["curves"], [e["question"] for e in kept["bank"]], kept["start"]["true"])


def test_bad_input_is_named(monkeypatch: pytest.MonkeyPatch) -> None:
    for wrong in (["--size", "0"], ["--seeds", "0"]):
        monkeypatch.setattr("sys.argv", ["alignment_curves", *wrong])
        with pytest.raises(SystemExit):
            curves.main()
