"""Preferences by known truth, and the command that makes mini-dpo of them."""

from __future__ import annotations

import hashlib
import json
import random
from pathlib import Path

import numpy as np
import pytest
import torch
from safetensors.numpy import save_file
from transformers import AutoModelForCausalLM, Qwen3ForCausalLM

from builders import dpo as builder
from builders import sft as sft_builder
from builders.corpus import preferences
from builders.corpus.instructions import KINDS, SHARES, Conversation, make
from builders.tokenizer import train_tokenizer, wrap
from llmlib import adapters, load
from llmlib.lm import LM
from llmlib.scratch import dpo, lora, sft
from llmlib.scratch.rows import Table
from tests.builders.test_pretrain import DOCUMENTS
from tests.conftest import tiny_config


def some(kind: str, count: int, split: str = "valid") -> list[Conversation]:
    return [make(random.Random(f"{kind}{i}"), split, kind) for i in range(count)]


@pytest.mark.parametrize("kind", KINDS)
def test_the_truth_is_above_a_spoiled_answer(kind: str) -> None:
    rng, worse = random.Random(0), 0
    for c in some(kind, 25):
        assert preferences.score(c, c.answer) >= 3
        bad = preferences.spoiled(rng, c)
        worse += preferences.score(c, bad) < preferences.score(c, c.answer)
        pair = preferences.made(rng, c, [bad])
        assert pair is None or preferences.score(c, pair.chosen) >= 3 > preferences.score(c, pair.rejected)
    assert worse >= 23


def test_the_order_of_preference() -> None:
    c = Conversation(
        "fato",
        (
            {"role": "user", "content": "Qual é a capital da França?"},
            {"role": "assistant", "content": "Paris."},
        ),
        {"accepted": ("Paris",), "rivals": ("Roma", "Lima")},
    )
    ranked = ["A capital da França é Paris.", "Paris.", "Não sei.", "Roma"]
    scores = [preferences.score(c, a) for a in ranked]
    assert scores == sorted(set(scores), reverse=True)
    pair = preferences.pair(c, ranked)
    assert (pair.chosen, pair.rejected, pair.why) == (ranked[0], "Roma", "certa")
    assert preferences.pair(c, ["Paris.", "Paris."]) is None
    assert preferences.pair(c, ["", " "]) is None
    refusal = some("recusa", 1)[0]
    assert preferences.pair(refusal, ["Não sei.", "Brasília."]).chosen == "Não sei."


def test_own_pairs_set_right_against_wrong() -> None:
    c = some("fato", 1, "train")[0]
    wrong = ["Isso fica na mesa.", "Não sei.", "Isso fica na mesa."]
    made = preferences.pairs(random.Random(0), c, [c.answer, *wrong, " "], most=5)
    assert {(p.chosen, p.rejected) for p in made} == {(c.answer, wrong[0]), (c.answer, wrong[1])}
    assert len(made) == 2
    assert {p.why for p in made} == {"certa"}
    firsts = [
        preferences.pairs(random.Random(i), c, [c.answer, *wrong], most=1)[0].rejected for i in range(90)
    ]
    assert 45 <= firsts.count(wrong[0]) <= 75  # given twice of three times
    assert preferences.pairs(random.Random(0), c, wrong) == []
    assert preferences.pairs(random.Random(0), c, [c.answer] * 3) == []


def test_of_equals_the_order_decides_and_not_the_alphabet() -> None:
    c = some("fato", 1, "train")[0]
    for wrong in (["Zebra.", "Abelha."], ["Abelha.", "Zebra."]):
        assert preferences.pair(c, [c.answer, *wrong]).rejected == wrong[0]


def test_broken_stories_lose() -> None:
    for c in some("historia", 12):
        cut = c.answer[: len(c.answer) // 2].rstrip('.!?”"') + " e"
        assert preferences.score(c, cut) < preferences.score(c, c.answer)
        doubled = c.answer + " " + c.answer
        assert preferences.repeated(doubled)
        assert preferences.score(c, doubled) < preferences.score(c, c.answer)


@pytest.fixture(scope="module")
def base(tmp_path_factory) -> Path:
    """A small random model that chats, badly."""
    folder = tmp_path_factory.mktemp("dpo")
    tokenizer = wrap(train_tokenizer([d.text for d in DOCUMENTS] * 5 + ["system user assistant\n"] * 20, 420))
    tokenizer.chat_template = sft.CHAT_TEMPLATE
    torch.manual_seed(0)
    model = Qwen3ForCausalLM(tiny_config(vocab_size=420, max_position_embeddings=320, initializer_range=0.02))
    model.generation_config.eos_token_id = [0, 2]
    model.save_pretrained(folder / "mini-instruct")
    tokenizer.save_pretrained(folder / "mini-instruct")
    return folder


def easy(seed: int, count: int, base: Path) -> list[Conversation]:
    """No answer of a random model is right, so each pair sets the known answer against a bad one."""
    messages = (
        {"role": "user", "content": "Oi!"},
        {"role": "assistant", "content": "Olá! Como posso ajudar?"},
    )
    return [Conversation("saudacao", messages, {"accepted": ("olá",)})] * count


def test_the_command_raises_what_is_preferred(base: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(builder, "prompts", easy)
    monkeypatch.setattr(builder, "PARTS", (1.0,))  # a random model is right by chance
    given = {"base": base / "mini-instruct", "out": base / "mini-dpo", "work": base / "work", "prompts": 24}
    given |= {
        "samples": 2,
        "batch": 2,
        "epochs": 8,
        "lr": 3e-3,
        "duels": 3,
        "minutes": 2,
        "made": 1,
        "sft": 0,
    }
    monkeypatch.setitem(builder.ROOM, "saudacao", 8)
    arguments = [str(part) for name, value in given.items() for part in (f"--{name}", value)]
    builder.main(arguments)
    training = json.loads((base / "mini-dpo/training.json").read_text())
    assert training["data"]["pairs"] >= 20
    assert training["ranked_right"] > 0.9
    assert training["curve"][0]["loss"] == pytest.approx(0.693, abs=0.05)
    assert training["curve"][-1]["loss"] < 0.6
    assert training["distance"]["answers"] > 0
    assert training["settled"]["share"] == 1.0
    assert set(training["preferred"]) >= {"wins", "losses", "ties", "rate"}
    pairs = [json.loads(line) for line in (base / "work/pairs.jsonl").read_text().splitlines()]
    assert {p["chosen"] for p in pairs} == {"Olá! Como posso ajudar?"}
    file = base / "mini-dpo/adapter_model.safetensors"
    assert file.stat().st_size < (base / "mini-instruct/model.safetensors").stat().st_size
    assert not (base / "mini-dpo/model.safetensors").exists()
    opened = load(str(base / "mini-dpo")).model
    assert opened.generation_config.eos_token_id == [0, 2]
    same_as_peft(opened, base / "mini-dpo")
    before = file.read_bytes()
    monkeypatch.setattr(builder, "respond", None)  # a resumed run samples nothing again
    monkeypatch.setattr(builder, "prompts", easy)
    builder.main([*arguments, "--resume", "--duels", "0"])
    assert file.read_bytes() == before


def same_as_peft(model: torch.nn.Module, folder: Path) -> None:
    """The adapter does here what it does where transformers and peft open it."""
    pytest.importorskip("peft")
    theirs = AutoModelForCausalLM.from_pretrained(folder, dtype=torch.float32).eval()
    ids = torch.arange(4, 24)[None]
    own, base = model(ids).logits, load(str(folder.parent / "mini-instruct")).model(ids).logits
    torch.testing.assert_close(own, theirs(ids).logits, atol=1e-4, rtol=1e-4)
    assert (own - base).abs().max() > 1e-3


def test_an_adapter_without_its_model_or_of_another_says_so(tmp_path: Path) -> None:
    folder, base = tmp_path / "mini-dpo", tmp_path / "mini-instruct/model.safetensors"
    folder.mkdir()
    said = {"base_model_name_or_path": "data/models/mini-instruct", "r": 1, "lora_alpha": 1}
    (folder / "adapter_config.json").write_text(json.dumps(said))
    with pytest.raises(ValueError, match=r"falta .*mini-instruct"):
        adapters.tensors(folder)
    base.parent.mkdir()
    save_file({"a.weight": np.ones((2, 3), np.float32)}, base)
    parts = {f"base_model.model.a.lora_{x}.weight": np.ones(s) for x, s in (("A", (1, 3)), ("B", (2, 1)))}
    known = hashlib.sha256(base.read_bytes()).hexdigest()
    save_file(parts, folder / "adapter_model.safetensors", metadata={adapters.BASE: known})
    assert (adapters.tensors(folder)["a.weight"] == 2).all()
    save_file({"a.weight": np.zeros((2, 3), np.float32)}, base)
    with pytest.raises(ValueError, match="foi feito para outros pesos do mini-instruct"):
        adapters.tensors(folder)


def test_batches_hold_the_same_pairs_with_less_padding() -> None:
    rng = random.Random(0)
    examples = [
        ([5] * rng.randint(2, 40), [6] * rng.randint(1, 9), [7] * rng.randint(1, 9)) for _ in range(43)
    ]
    plain = dpo.preference_rows(examples, 3)
    table = builder.Batches(plain, 8)
    assert len(table) == 40
    torch.manual_seed(0)
    model = Qwen3ForCausalLM(tiny_config()).eval()
    table.weigh(model)
    whole = dpo.with_reference(model, plain).columns[-1]
    assert {tuple(r) for r in table.columns[-1].mul(1e3).round().int().tolist()} <= {
        tuple(r) for r in whole.mul(1e3).round().int().tolist()
    }
    widths, seen = set(), []
    for step in range(5):
        columns = table.pick(step * 8, 8, seed=0)
        assert all(len(c) == 8 for c in columns)
        widths.add(columns[0].shape[1])
        seen += [int((row != 3).sum()) for row in columns[0]]
    assert len(widths) > 1
    assert sorted(seen) == sorted(
        int((row != 3).sum()) for row in table.columns[0]
    )  # an epoch reads all once
    assert table.ranked_right(model) == 0.5  # nothing has moved yet
    assert isinstance(table, Table)


def test_pairs_come_from_the_models_answers_where_they_differ() -> None:
    fact = some("fato", 1, "train")[0]
    invented = "Isso fica na mesa da cozinha."
    made = builder.pairs([(fact, [fact.answer, invented]), (fact, [fact.answer, fact.answer])] * 10, 0)
    own = [p for p in made if p.rejected == invented]
    assert len(own) == 10
    assert all(p.chosen == fact.answer for p in own)
    assert len(made) == 10  # where all answers are alike and right, nothing is to be learned
    wrong = [(fact, [invented, "Não sei."])] * 10
    assert builder.pairs(wrong, 0) == []
    assert [p.chosen for p in builder.pairs(wrong, 0, made=1.0)] == [fact.answer] * 10
    asked = builder.prompts(0, 60, Path("mini-instruct"))
    assert asked == builder.prompts(0, 60, Path("mini-instruct"))
    assert {c.kind for c in asked} <= set(SHARES)


def test_it_goes_back_where_that_answers_better(base: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    model, tokenizer = sft_builder.open_base(base / "mini-instruct", 0)
    lora.add_lora(model, 2)
    lm = LM("tuned", model.eval(), tokenizer)
    probe = next(p for name, p in model.named_parameters() if ".lora_B." in name)  # zero at the start
    other = next(p for name, p in model.named_parameters() if ".lora_A." in name)
    with torch.no_grad():
        probe.add_(1.0)
    before, right = other.clone(), {1.0: 0, 0.6: 1, 0.3: 0}

    def respond(lm: LM, asked: list, *_: object) -> list[list[str]]:
        share = round(probe.mean().item(), 3)
        return [[c.answer if right[share] else ""] for c in asked]

    monkeypatch.setattr(builder, "respond", respond)
    found = builder.settled(lm, 5)
    assert found == {"share": 0.6, "right": {1.0: 0, 0.6: 5, 0.3: 0}, "of": 5}
    torch.testing.assert_close(probe, torch.full_like(probe, 0.6))
    assert torch.equal(other, before)


def test_bad_input_is_named(tmp_path: Path) -> None:
    with pytest.raises(SystemExit, match=r"builders\.sft"):
        builder.main(["--base", str(tmp_path)])
    for wrong in (["--minutes", "0"], ["--samples", "1"], ["--beta", "0"], ["--made", "2"], ["--sft", "-1"]):
        with pytest.raises(SystemExit):
            builder.parse(wrong)
