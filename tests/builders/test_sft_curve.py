"""The curve of instruction tuning: weights, groups of facts, and a whole tiny run that is not done again."""

from __future__ import annotations

import argparse
import hashlib
import json
import random
from itertools import islice
from pathlib import Path

import pytest
from transformers import Qwen3ForCausalLM

from builders import conversations, pretrain, sft_curve
from builders.corpus import facts, instructions
from builders.corpus.instructions import known
from builders.tokenizer import train_tokenizer, wrap
from llmlib.scratch import sft
from tests.builders.test_pretrain import DOCUMENTS
from tests.conftest import tiny_config


@pytest.fixture(scope="module")
def tokenizer():
    made = wrap(train_tokenizer([d.text for d in DOCUMENTS] * 5 + ["system user assistant\n"] * 20, 420))
    made.chat_template = sft.SPACED_TEMPLATE
    return made


def test_spoken_is_what_stands_between_the_headers_and_the_marks(tokenizer) -> None:
    messages = [
        {"role": "system", "content": "Seja breve."},
        {"role": "user", "content": "Oi!\nTudo bem?"},
        {"role": "assistant", "content": "Olá!"},
    ]
    ids, answer = sft.encode(tokenizer, messages)
    weights = sft_curve.spoken(tokenizer, ids)
    said = tokenizer.decode([i for i, w in zip(ids, weights, strict=True) if w])
    assert said == "Seja breve.<|im_end|>Oi!\nTudo bem?<|im_end|> Olá!<|im_end|>"
    assert all(w for w, a in zip(weights, answer, strict=True) if a)


def test_answers_weigh_the_same_whatever_else_counts(tokenizer) -> None:
    made = list(islice(instructions.documents(random.Random(1), "train"), 40))
    pairs = zip(
        sft_curve.examples(tokenizer, made, False), sft_curve.examples(tokenizer, made, True), strict=True
    )
    for (ids, answers), (same, everything) in pairs:
        assert ids == same
        assert all(b == a for a, b in zip(answers, everything, strict=True) if a)
        assert sum(everything) > sum(answers)


def test_groups_of_facts_do_not_meet() -> None:
    asked = sft_curve.asked_facts(25)
    texts = {group: {question for question, _ in pairs} for group, pairs in asked.items()}
    assert list(texts) == list(sft_curve.GROUPS)
    assert all(len(found) >= 20 for found in texts.values())
    seen = set.union(*texts.values())
    assert len(seen) == sum(map(len, texts.values()))
    taught = {(f.relation.name, f.subject.text) for each in known.pool("seen").values() for f in each}
    never = {(f.relation.name, f.subject.text) for f in facts.all_facts() if facts.held_out(f) == "never"}
    assert not taught & never
    for pairs in asked.values():  # each conversation's own answer is right by its own rule
        assert all(instructions.right(c, c.answer) for _, c in pairs)


def test_a_whole_tiny_run_and_its_resuming(tokenizer, tmp_path: Path, monkeypatch) -> None:
    model = Qwen3ForCausalLM(tiny_config(vocab_size=420, max_position_embeddings=256))
    pretrain.save(model, tokenizer, {}, tmp_path / "base")
    options = [
        "--base",
        str(tmp_path / "base"),
        "--out",
        str(tmp_path / "out"),
        "--work",
        str(tmp_path / "work"),
    ]
    options += ["--instruct", str(tmp_path / "none"), "--tokens", "2k", "--most", "30"]
    options += ["--seeds", "1", "--each", "1", "--facts", "1"]
    monkeypatch.setattr(sft_curve, "KINDS", ("fato", "recusa"))
    sft_curve.main(options)
    found = json.loads((tmp_path / "out" / "sft.json").read_text("utf-8"))
    assert [(run["examples"], run["loss"]) for run in found["runs"]] == [
        (0, "respostas"), (30, "respostas"), (30, "tudo"),
    ]  # fmt: skip
    for run in found["runs"]:
        assert set(run["right"]) == {"fato", "recusa"}
        assert set(run["facts"]) == set(sft_curve.GROUPS)
        assert len(run["samples"]) == len(found["asked"])
        assert min(run["loss_of"].values()) > 0
    assert "30 | tudo" in (tmp_path / "out" / "sft.md").read_text("utf-8")

    def again(*_: object) -> None:
        raise AssertionError("a finished run was done again")

    monkeypatch.setattr(sft_curve, "tune", again)
    sft_curve.main(options)
    with pytest.raises(AssertionError, match="done again"):  # another recipe: nothing is mixed in
        sft_curve.main([*options, "--facts", "2"])


def test_wrong_options_are_named(tmp_path: Path, capsys) -> None:
    for options, says in ((["--seeds", "0"], "--seeds"), (["--base", str(tmp_path)], "no model")):
        with pytest.raises(SystemExit):
            sft_curve.parse(options)
        assert says in capsys.readouterr().err


def test_runs_begin_with_the_base_and_end_with_everything() -> None:
    runs = sft_curve.plan(argparse.Namespace(most=3000, seeds=2))
    assert runs[0] == {"examples": 0, "seed": 0, "loss": "respostas"}
    assert sum(run["examples"] == 0 for run in runs) == 1
    assert [run["examples"] for run in runs if run["loss"] == "tudo"] == [1000, 1000]


def test_bundled_conversations_are_whole_and_of_known_kinds() -> None:
    folder = conversations.ROOT / "data" / "tasks" / "conversas"
    readme = (folder / "README.md").read_text("utf-8")
    for split, count in conversations.SIZES.items():
        data = (folder / f"{split}.jsonl").read_bytes()
        assert hashlib.sha256(data).hexdigest() in readme
        rows = [json.loads(line) for line in data.decode("utf-8").splitlines()]
        assert len(rows) == count
        assert len({json.dumps(row["messages"]) for row in rows}) == count
        assert all(row["messages"][-1]["role"] == "assistant" for row in rows)
        assert {row["kind"] for row in rows} <= set(conversations.ABOUT)
    assert set(conversations.ABOUT) == set(instructions.SHARES)


def test_conversations_are_drawn_the_same_twice(tmp_path: Path) -> None:
    small = {"train": 6, "valid": 5}
    for folder in ("a", "b"):
        conversations.write(tmp_path / folder, small)
    for name in ("train.jsonl", "valid.jsonl", "README.md"):
        assert (tmp_path / "a" / name).read_bytes() == (tmp_path / "b" / name).read_bytes()
    assert len((tmp_path / "a" / "valid.jsonl").read_text("utf-8").splitlines()) == 5
