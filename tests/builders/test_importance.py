"""The measure of attention: heads changed as the engine changes them, cases as they should be, resuming."""

from __future__ import annotations

import json
from pathlib import Path

import numpy as np
import pytest
import torch
from transformers import Qwen3ForCausalLM

from builders import importance as builder
from builders.tokenizer import train_tokenizer, wrap
from llmlib.lm import LM
from llmlib.scratch import importance
from tests.builders.test_pretrain import DOCUMENTS
from tests.conftest import tiny_config


@pytest.fixture(scope="module")
def lm() -> LM:
    """A small random model that reads whole sentences."""
    tokenizer = wrap(train_tokenizer([d.text for d in DOCUMENTS] * 5, 420))
    torch.manual_seed(0)
    config = tiny_config(vocab_size=420, max_position_embeddings=160)
    config._attn_implementation = "eager"
    return LM("mini-base", Qwen3ForCausalLM(config).eval(), tokenizer)


def test_sentences_are_held_out_and_drawn_once() -> None:
    some = builder.sentences(12)
    assert some == builder.sentences(12)
    assert len(set(some)) == 12
    assert all(7 <= len(s.split()) <= 16 for s in some)


def test_frames_differ_in_where_the_subject_stands() -> None:
    every = list(builder.frames(9))
    assert len(every) == 18
    for structure, text, subject, other in every:
        nearer = text.index(f" {subject}") > text.index(f" {other}")
        assert nearer == (structure == "perto")
        assert subject != other
        assert text.split()[-1] in builder.VERBS


@torch.no_grad()
def test_a_swapped_head_is_what_putting_its_mix_in_gives(lm: LM) -> None:
    neutral = lm.model.get_input_embeddings().weight.detach().mean(0)
    text = "O gato dormia no sofá da cidade"
    study, t = builder.Study(lm, neutral, text), 5
    found = builder.swapped(study, t, np.random.default_rng(0))["equal"]
    layer, head, E = 2, 4, 10
    names = [f"layers.{layer}.self_attn.{part}" for part in ("z", "v_proj")]
    kept = lm.compute("trace", {"text": text, "only": [], "keep": names})["activations"]
    T = len(study.trace.ids)
    z, v = np.array(kept[names[0]]).reshape(T, 6, E)[t], np.array(kept[names[1]]).reshape(T, 2, E)
    z[head] = v[: t + 1, head // 3].mean(0)
    after = lm.compute(
        "trace",
        {"text": text, "only": "logits", "patch": [{"name": names[0], "position": t, "values": z.ravel()}]},
    )
    p, r = (
        torch.tensor(np.array(x).reshape(T, -1)[t]).softmax(-1) for x in (study.trace.logits, after["logits"])
    )
    assert found[layer * 6 + head] == pytest.approx(float(importance.total_variation(p, r)), abs=1e-4)
    assert found.shape == (18,)


def test_everything_is_measured_and_kept(lm: LM, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(builder, "load", lambda *_, **__: lm)
    monkeypatch.setattr(builder, "digest", lambda _: "0123")
    monkeypatch.setattr(builder, "ANIMALS", ("gato", "cachorro", "pato"))
    out = tmp_path / "atencao.json"
    made = builder.measure("mini-base", 0.02, out)
    assert made == json.loads(out.read_text("utf-8"))
    assert made["sentences"] == made["frames_each"] == 3
    assert len(made["agreement"]) == 36
    for estimate in made["agreement"].values():
        assert 0 <= estimate["low"] <= estimate["value"] <= estimate["high"] <= 1
    assert made["removal"]["worst"]["first"]["value"] == 1
    worst = made["removal"]["worst"]["change"]["value"]
    assert all(each["change"]["value"] <= worst for each in made["removal"].values())
    assert made["frames"]["perto"]["near"]["subject"]["value"] == 1
    assert made["frames"]["longe"]["near"]["subject"]["value"] == 0
    assert len(made["profile"]["attention"]["distance"]) == builder.FAR + 1
    monkeypatch.setattr(builder, "about_agreement", None)  # what is there is not measured again
    assert builder.measure("mini-base", 0.02, out) == made
    monkeypatch.setattr(builder, "digest", lambda _: "other")
    with pytest.raises(TypeError):
        builder.measure("mini-base", 0.02, out)
