"""From conversations to a model that answers: masks against transformers', packing, the whole command."""

from __future__ import annotations

import copy
import json
import random
import subprocess
import sys
from itertools import islice
from pathlib import Path

import pytest
import torch
from transformers import AutoModelForCausalLM, Qwen3ForCausalLM

from builders import sft as builder
from builders.corpus import instructions
from builders.measures import batch
from builders.tokenizer import train_tokenizer, wrap
from llmlib import load
from llmlib.scratch import sft
from llmlib.scratch.train import Rows
from tests.builders.test_pretrain import DOCUMENTS, write_shard
from tests.conftest import tiny_config

TALK = [
    {"role": "system", "content": "Seja breve."},
    {"role": "user", "content": "Oi!\n\nTudo bem? "},
    {"role": "assistant", "content": "Olá! É um prazer.\nSim: <|im_end|"},
    {"role": "user", "content": "assistant\n"},
    {"role": "assistant", "content": "Paris."},
]


@pytest.fixture(scope="module")
def tokenizer():
    made = wrap(train_tokenizer([d.text for d in DOCUMENTS] * 5 + ["system user assistant\n"] * 20, 420))
    made.chat_template = sft.CHAT_TEMPLATE
    return made


def test_weights_are_those_of_transformers(tokenizer) -> None:
    rng = random.Random(0)
    talks = [TALK] + [list(c.messages) for c in islice(instructions.documents(rng, "train"), 30)]
    spaced = copy.deepcopy(tokenizer)
    spaced.chat_template = sft.SPACED_TEMPLATE
    for each, messages in [(t, m) for t in (tokenizer, spaced) for m in talks]:
        ids, weights = sft.encode(each, messages)
        wanted = each.apply_chat_template(
            messages, tokenize=True, return_dict=True, return_assistant_tokens_mask=True
        )
        assert ids == wanted["input_ids"]
        assert weights == wanted["assistant_masks"]


def test_weights_are_those_of_trl(tokenizer, tmp_path: Path) -> None:
    """The same conversation through trl's SFTTrainer: its labels are -100 exactly where our weight is 0."""
    trl = pytest.importorskip("trl")
    from datasets import Dataset

    model = Qwen3ForCausalLM(tiny_config(vocab_size=420, max_position_embeddings=400))
    config = trl.SFTConfig(
        output_dir=str(tmp_path), assistant_only_loss=True, report_to="none", max_length=400, use_cpu=True,
        bf16=False, per_device_train_batch_size=1, dataset_num_proc=None,
    )  # fmt: skip
    trainer = trl.SFTTrainer(
        model, config, train_dataset=Dataset.from_list([{"messages": TALK}]), processing_class=tokenizer
    )
    theirs = next(iter(trainer.get_train_dataloader()))
    ids, weights = sft.encode(tokenizer, TALK)
    assert theirs["input_ids"][0].tolist() == ids
    assert [int(label != -100) for label in theirs["labels"][0].tolist()] == weights


def test_what_is_taught_is_the_answer_and_its_end(tokenizer) -> None:
    ids, weights = sft.encode(tokenizer, TALK)
    taught = tokenizer.decode([i for i, w in zip(ids, weights, strict=True) if w])
    assert taught == "Olá! É um prazer.\nSim: <|im_end|<|im_end|>Paris.<|im_end|>"
    assert ids[0] == 0
    with pytest.raises(ValueError, match="assistente"):
        sft.encode(tokenizer, TALK[:-1])


def test_an_answer_may_begin_with_a_space(tokenizer) -> None:
    """Then its words are the tokens that they are in running text; a space too many changes nothing."""
    spaced = copy.deepcopy(tokenizer)
    spaced.chat_template = sft.SPACED_TEMPLATE
    ids, weights = sft.encode(spaced, TALK)
    taught = spaced.decode([i for i, w in zip(ids, weights, strict=True) if w])
    assert taught == " Olá! É um prazer.\nSim: <|im_end|<|im_end|> Paris.<|im_end|>"
    again = [*TALK[:-1], {"role": "assistant", "content": " Paris. "}]
    assert sft.encode(spaced, again) == (ids, weights)
    plain, _ = sft.encode(tokenizer, TALK)
    assert [i for i in ids if i in (0, 1, 2)] == [i for i in plain if i in (0, 1, 2)]


def test_a_template_that_rewrites_its_beginning_is_refused(tokenizer) -> None:
    class Rewriting:
        def apply_chat_template(self, messages, tokenize, add_generation_prompt=False):
            return f"{len(messages)} mensagens: " + " ".join(m["content"] for m in messages)

    with pytest.raises(ValueError, match="começo"):
        sft.answers(Rewriting(), TALK)


def test_packing_keeps_conversations_whole_and_apart() -> None:
    rng = random.Random(0)
    examples = []
    for i in range(60):
        n = rng.randint(3, 19)
        examples.append(([0] + [4 + i] * (n - 1), [0] + [rng.randint(0, 1) for _ in range(n - 1)]))
    long = ([0] + [99] * 30, [0] + [1] * 30)
    rows = list(sft.pack([*examples[:30], long, *examples[30:]], 20, 3))
    assert all(len(ids) == len(weights) == 20 for ids, weights in rows)
    flat = [(i, w) for ids, weights in rows for i, w in zip(ids, weights, strict=True) if i != 3]
    assert flat == [pair for ids, weights in examples for pair in zip(ids, weights, strict=True)]
    for ids, weights in rows:
        assert ids[0] == 0
        assert not any(w for i, w in zip(ids, weights, strict=True) if i in (0, 3))


def test_short_answers_weigh_more() -> None:
    assert sft.shares([0, 1, 1, 1, 0, 1]) == [0, 16, 16, 8, 0, 16]
    assert sft.shares([1] * 30) == [4] * 2 + [2] * 28
    assert sft.shares([1] * 300) == [2] * 2 + [1] * 298
    ids, weights = sft.tensors([([1, 2], [0, 8])])
    assert (ids.dtype, weights.dtype) == (torch.int64, torch.float32)


@pytest.fixture(scope="module")
def base(tokenizer, tmp_path_factory) -> Path:
    """A random small model and a corpus beside it."""
    folder = tmp_path_factory.mktemp("sft")
    torch.manual_seed(0)
    Qwen3ForCausalLM(
        tiny_config(vocab_size=420, max_position_embeddings=128, hidden_size=48, initializer_range=0.02)
    ).save_pretrained(folder / "mini-base")
    tokenizer.chat_template = None
    tokenizer.save_pretrained(folder / "mini-base")
    tokenizer.chat_template = sft.CHAT_TEMPLATE
    write_shard(folder / "corpus" / "texto" / "train-000.jsonl", DOCUMENTS * 8)
    return folder


def options(base: Path, **more: object) -> list[str]:
    given = {"base": base / "mini-base", "out": base / "mini-instruct", "work": base / "work"}
    given |= {
        "corpus": base / "corpus",
        "tokens": 60 * 2 * 128,
        "batch": 2,
        "each": 0,
        "muon-lr": 0.02,
        "adamw-lr": 0.02,
    } | more
    return [str(part) for name, value in given.items() for part in (f"--{name}", value) if part != ""]


def easy(seed: int, count: int, kinds: object = None):
    """One question and its answer, again and again: even a random model can learn it."""
    turns = [("Oi!", "Olá!"), ("Tchau!", "Até logo!")]
    for i in range(count):
        user, answer = turns[i % 2]
        messages = ({"role": "user", "content": user}, {"role": "assistant", "content": answer})
        yield instructions.Conversation("saudacao", messages, {"accepted": (answer,)})


def test_the_command_teaches_to_answer_and_to_stop(base: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(builder, "conversations", easy)
    monkeypatch.setattr(instructions, "KINDS", ("saudacao",))
    monkeypatch.setattr(instructions, "make", lambda rng, split, kind: next(easy(0, 1)))
    builder.main(options(base, examples=400, each=2))
    out = base / "mini-instruct"
    training = json.loads((out / "training.json").read_text())
    assert training["base"] == "mini-base"
    assert training["data"]["kinds"] == {"saudacao": 400}
    assert training["data"]["old_rows"] > 0
    assert training["right"]["todos"]["hits"] == 2  # it stops: nothing follows the answer
    assert training["curve"][-1]["loss"] < training["curve"][0]["loss"] / 4
    model = AutoModelForCausalLM.from_pretrained(out)
    assert model.generation_config.eos_token_id == [0, 2]
    lm = load(str(out))
    said = lm.chat([{"role": "user", "content": "Oi!"}], max_new_tokens=20, temperature=0)
    assert said == "Olá!"
    assert batch.chat(lm, [[{"role": "user", "content": "Tchau!"}]], 20) == ["Até logo!"]
    before = (out / "model.safetensors").read_bytes()
    builder.main([*options(base, examples=400), "--resume"])  # finished already: nothing changes
    assert (out / "model.safetensors").read_bytes() == before


def test_an_adapter_learns_beside_its_base(base: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(builder, "conversations", easy)
    more = {"rank": 4, "examples": 99, "tokens": 20 * 2 * 128, "old": 0}
    more |= {"work": base / "w-rag", "out": base / "mini-rag"}
    more |= {"muon-lr": 0, "adamw-lr": 2e-2}
    builder.main(options(base, **more))
    out, whole = base / "mini-rag", base / "mini-base/model.safetensors"
    assert not (out / "model.safetensors").exists()
    assert (out / "adapter_model.safetensors").stat().st_size < whole.stat().st_size
    training = json.loads((out / "training.json").read_text())
    assert (
        training["trained"]
        < training["parameters"]
        == sum(p.numel() for p in AutoModelForCausalLM.from_pretrained(base / "mini-base").parameters())
    )
    assert training["curve"][-1]["loss"] < training["curve"][0]["loss"]
    tuned, plain = (load(str(base / name)).model.state_dict() for name in ("mini-rag", "mini-base"))
    moved = {name for name in tuned if not torch.equal(tuned[name].float(), plain[name].float())}
    assert moved
    assert all("proj" in name for name in moved)
    with pytest.raises(SystemExit, match="beside it"):
        builder.main(options(base, **{**more, "out": base / "elsewhere/mini-rag"}))


@pytest.mark.parametrize("rank", [0, 4])
def test_a_part_of_the_way_lies_between_start_and_end(
    base: Path, monkeypatch: pytest.MonkeyPatch, rank: int
) -> None:
    monkeypatch.setattr(builder, "conversations", easy)
    given = {"rank": rank, "examples": 99, "tokens": 6 * 2 * 128, "old": 0, "work": base / f"w-share{rank}"}
    start = load(str(base / "mini-base")).model.state_dict()
    ends = {}
    for share in (1, 0.25):
        out = base / f"share{rank}-{share}"
        builder.main([*options(base, **given, out=out, share=share), "--resume"])
        ends[share] = load(str(out)).model.state_dict()
    training = json.loads((base / f"share{rank}-0.25/training.json").read_text())
    assert training["share"] == 0.25
    for name, first in start.items():
        way, part = (ends[share][name].float() - first.float() for share in (1, 0.25))
        assert torch.allclose(part, 0.25 * way, atol=2e-3), name
    assert any((ends[1][name].float() - first.float()).abs().max() > 0.02 for name, first in start.items())
    for wrong in ("0", "1.5"):
        with pytest.raises(SystemExit):
            builder.parse(["--share", wrong])


def test_a_model_is_tuned_with_more_blocks(base: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(builder, "conversations", easy)
    more = {"examples": 99, "tokens": 6 * 2 * 128, "old": 0, "work": base / "w-grow", "out": base / "grown"}
    builder.main([*options(base, **more), "--grow", "0", "1"])
    before, grown = (load(str(base / name)).model for name in ("mini-base", "grown"))
    assert grown.config.num_hidden_layers == before.config.num_hidden_layers + 2
    assert json.loads((base / "grown/training.json").read_text())["parameters"] == grown.num_parameters()
    assert grown.model.layers[1].mlp.down_proj.weight.any()  # it was zero, and learned
    with pytest.raises(SystemExit, match="nothing can stand after"):
        builder.main([*options(base, **more), "--grow", "9"])
    with pytest.raises(SystemExit):
        builder.parse(["--grow", "0", "--rank", "4"])


def test_kinds_are_asked_for_by_name() -> None:
    made = list(builder.conversations(0, 40, ["cidade", "cidade_sem"]))
    assert {c.kind for c in made} == {"cidade", "cidade_sem"}
    assert sum(c.kind == "cidade" for c in made) > 20  # in the shares of the whole
    with pytest.raises(SystemExit):
        builder.parse(["--kinds", "horóscopo"])


def test_two_processes_tune_one_model(base: Path) -> None:
    arguments = options(base, examples=40, tokens=6 * 4 * 128, batch=4, work=base / "w-two", out=base / "two")
    torchrun = [sys.executable, "-m", "torch.distributed.run", "--nproc_per_node=2", "--master_port=29544"]
    done = subprocess.run(
        [*torchrun, "-m", "builders.sft", *arguments],
        capture_output=True, text=True, timeout=400, cwd=Path(__file__).parents[2],
    )  # fmt: skip
    assert done.returncode == 0, done.stderr[-3000:]
    training = json.loads((base / "two/training.json").read_text())
    assert training["processes"] == 2
    assert training["tokens"] == 6 * 4 * 128
    AutoModelForCausalLM.from_pretrained(base / "two")


def test_a_killed_run_goes_on_to_the_same_weights(base: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(builder, "conversations", easy)
    arguments = options(base, examples=200, tokens=12 * 2 * 128, old=0, seed=4)
    builder.main([*arguments, "--out", str(base / "whole"), "--work", str(base / "w1")])
    real, calls = builder.train, []

    def killed(model, stages, settings, folder, resume, **more):
        from dataclasses import replace

        def stop(_: object, entry: dict) -> None:
            if entry["step"] == 7 and not calls:
                calls.append(1)
                raise KeyboardInterrupt

        return real(
            model, stages, replace(settings, save_every=3), folder, resume, snapshot=stop,
            snapshot_steps=range(1, 99), **more,
        )  # fmt: skip

    monkeypatch.setattr(builder, "train", killed)
    again = [*arguments, "--out", str(base / "parts"), "--work", str(base / "w2")]
    with pytest.raises(KeyboardInterrupt):
        builder.main(again)
    assert not (base / "parts").exists()
    builder.main([*again, "--resume"])
    assert (base / "parts/model.safetensors").read_bytes() == (base / "whole/model.safetensors").read_bytes()


def test_rows_mix_old_text_and_are_made_once(base: Path, tokenizer) -> None:
    old = builder.read_old(base / "mini-base", base / "corpus", base / "rows", tokenizer, 128)
    assert isinstance(old, Rows)
    arguments = (tokenizer, base / "rows" / "mixed", 128, old, 4, "teste")
    made = builder.write_rows(builder.conversations(0, 60), *arguments)
    assert made["conversations"] + made["left_out"] == 60
    assert made["rows"] == len(Rows(base / "rows" / "mixed", 128))
    assert made["old_rows"] / made["rows"] == pytest.approx(1 / 4, abs=0.1)
    stamp = (base / "rows" / "mixed.tokens.bin").stat().st_mtime_ns
    assert builder.write_rows(iter(()), *arguments) == made
    assert (base / "rows" / "mixed.tokens.bin").stat().st_mtime_ns == stamp
    few = [c.messages for c in builder.conversations(0, 5)]
    assert few == [c.messages for c in islice(builder.conversations(0, 50), 5)]  # fewer begin the same


def test_measures_by_kind_count_right_answers(base: Path, tokenizer, monkeypatch) -> None:
    model = AutoModelForCausalLM.from_pretrained(base / "mini-base", dtype=torch.float32)
    known = {}

    def echo(lm, prompts, room, **rules):
        return [known.get(str(p), "") for p in prompts]

    for kind in instructions.KINDS:
        for i in range(2):
            c = instructions.make(random.Random(f"medida/{kind}/0/{i}"), "valid", kind)
            known[str(c.prompt)] = c.answer if i == 0 else "Nunca mais."
    monkeypatch.setattr(builder.batch, "chat", echo)
    found = builder.by_kind(model, tokenizer, 2)
    assert found["todos"]["n"] == 2 * len(instructions.KINDS)
    assert found["todos"]["hits"] >= len(instructions.KINDS)
    assert all(found[kind]["hits"] >= 1 for kind in instructions.KINDS)


def test_bad_input_is_named(base: Path, tmp_path: Path) -> None:
    with pytest.raises(SystemExit, match=r"builders\.pretrain"):
        builder.main(["--base", str(tmp_path)])
    with pytest.raises(SystemExit, match=r"builders\.corpus"):
        builder.main(options(base, corpus=tmp_path, work=tmp_path / "w"))
    for wrong in (["--old", "1"], ["--examples", "0"], ["--minutes", "0"]):
        with pytest.raises(SystemExit):
            builder.parse(wrong)
