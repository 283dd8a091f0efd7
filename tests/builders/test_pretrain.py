"""From shards to rows to a saved model: weights on answers, packing, attention, and the whole command."""

import json
import os
import subprocess
import sys
from itertools import pairwise
from pathlib import Path

import numpy as np
import pytest
import torch
from transformers import AutoModelForCausalLM, AutoTokenizer, Qwen3Config, Qwen3ForCausalLM

from builders import pretrain, shards
from builders.checkpoints import read_checkpoint
from builders.corpus import Document
from builders.pretrain import count, curve, induction, loss_of
from builders.tokenizer import train_tokenizer, wrap
from llmlib.scratch.train import Rows
from tests.conftest import TEXTS, tiny_config

PASSAGE = "Contexto: Zuba mora em Neru {}.\nPergunta: Onde mora Zuba?\nResposta: em Neru."
DOCUMENTS = [
    *(
        Document("leitura", PASSAGE.format(i), ((len(PASSAGE.format(i)) - 8, len(PASSAGE.format(i)) - 1),))
        for i in range(30)
    ),
    *(Document("historia", text) for text in TEXTS),
]


def write_shard(path: Path, documents: list[Document]) -> Path:
    path.parent.mkdir(parents=True, exist_ok=True)
    rows = [{"kind": d.kind, "text": d.text, "answers": d.answers} for d in documents]
    path.write_text("".join(json.dumps(row, ensure_ascii=False) + "\n" for row in rows), encoding="utf-8")
    return path


@pytest.fixture(scope="module")
def tokenizer():
    return train_tokenizer([d.text for d in DOCUMENTS] * 5, 347)


def test_answers_weigh_more(tokenizer) -> None:
    document = DOCUMENTS[0]
    (ids, weights), *_ = shards.encode([document], tokenizer)
    start, end = document.answers[0]
    assert ids[0] == 0
    assert weights[0] == 1
    heavy = tokenizer.decode([i for i, w in zip(ids, weights, strict=True) if w > 1])
    assert heavy.strip() == document.text[start:end].strip() == "em Neru"
    first, rest = [shards.FIRST_WEIGHT] * shards.FIRST, [shards.ANSWER_WEIGHT]
    assert [w for w in weights if w > 1] == (first + rest * len(weights))[: sum(w > 1 for w in weights)]
    longer = Document("leitura", "Resposta: em Neru, perto do rio, com a avó", ((10, 42),))
    (_, weights), *_ = shards.encode([longer], tokenizer)
    assert [w for w in weights if w > 1][: len(first) + 2] == first + rest * 2


def test_packing_loses_nothing_and_cuts_only_long_documents() -> None:
    rng = np.random.default_rng(0)
    pieces = [([0] + [int(rng.integers(4, 90))] * int(rng.integers(1, 19)), None) for _ in range(200)]
    pieces = [(ids, [1] * len(ids)) for ids, _ in pieces]
    long = ([0] + [99] * 44, [1] * 45)
    rows = list(shards.pack([*pieces, long], 20))
    assert all(len(ids) == len(weights) == 20 for ids, weights in rows)
    flat = [i for ids, weights in rows for i, w in zip(ids, weights, strict=True) if w]
    assert len(flat) == sum(len(ids) for ids, _ in pieces) + 45
    documents = {tuple(ids) for ids, _ in pieces}
    for ids, weights in rows:
        kept = [i for i, w in zip(ids, weights, strict=True) if w]
        if 99 in kept:
            continue
        starts = [n for n, i in enumerate(kept) if i == 0] + [len(kept)]
        assert all(tuple(kept[a:b]) in documents for a, b in pairwise(starts))
    assert len(flat) / (20 * len(rows)) > 0.9  # little is wasted on padding


def test_rows_are_made_once(tokenizer, tmp_path: Path) -> None:
    shard = write_shard(tmp_path / "train-000.jsonl", DOCUMENTS)
    made = shards.to_rows([shard], tokenizer, tmp_path / "rows", 64)
    stamp = (tmp_path / "rows.tokens.bin").stat().st_mtime_ns
    assert shards.to_rows([shard], tokenizer, tmp_path / "rows", 64) == made
    assert (tmp_path / "rows.tokens.bin").stat().st_mtime_ns == stamp
    assert len(Rows(tmp_path / "rows", 64).tokens) == made
    fewer = shards.to_rows([shard], tokenizer, tmp_path / "rows", 64, kind="historia")
    assert 0 < fewer < made
    write_shard(shard, DOCUMENTS[:5])
    assert shards.to_rows([shard], tokenizer, tmp_path / "rows", 64) < made


def test_repeats_are_learned_only_by_looking_back() -> None:
    rng = np.random.default_rng(0)
    for _ in range(50):
        ids, weights = shards.repeats(rng, 300, 64)
        assert len(ids) == len(weights) == 64
        assert ids[0] == 0
        assert min(ids[1:]) > shards.PAD
        span = weights.count(0) - 1
        assert 8 <= span < 32
        assert all(ids[i] == ids[i - span] for i in range(1 + span, 64))
        assert weights == sorted(weights)


def test_repeats_are_mixed_into_training_rows(tokenizer, tmp_path: Path) -> None:
    shard = write_shard(tmp_path / "train-000.jsonl", DOCUMENTS * 4)
    plain = shards.to_rows([shard], tokenizer, tmp_path / "rows", 64)
    mixed = shards.to_rows([shard], tokenizer, tmp_path / "rows", 64, with_repeats=True)
    silent = (Rows(tmp_path / "rows", 64).weights[:, 1:9] == 0).all(1)
    assert silent.sum() == mixed - plain == mixed // shards.REPEAT_EVERY


@pytest.mark.parametrize("length", [29, 128, 300])
def test_training_attention_is_causal_attention(length: int) -> None:
    torch.manual_seed(0)
    model, ids = Qwen3ForCausalLM(tiny_config()), torch.randint(4, 347, (3, length))
    model.set_attn_implementation("eager")
    wanted = model(ids).logits
    wanted.square().sum().backward()
    gradients = {name: p.grad.clone() for name, p in model.named_parameters()}
    model.zero_grad()
    model.set_attn_implementation("causal")
    found = model(ids).logits
    found.square().sum().backward()
    torch.testing.assert_close(found, wanted, atol=1e-5, rtol=1e-5)
    for name, p in model.named_parameters():
        torch.testing.assert_close(p.grad, gradients[name], atol=1e-3, rtol=1e-4)


def test_measures_of_an_untrained_model(tokenizer, tmp_path: Path) -> None:
    torch.manual_seed(0)
    model = Qwen3ForCausalLM(tiny_config(initializer_range=0.001))
    shards.to_rows([write_shard(tmp_path / "valid.jsonl", DOCUMENTS)], tokenizer, tmp_path / "rows", 40)
    assert loss_of(model, Rows(tmp_path / "rows", 40)) == pytest.approx(np.log(347), abs=0.05)
    assert induction(model, 347, length=20) < 0.2


class Copycat(torch.nn.Module):
    """Predicts what followed the last occurrence of the present token: induction itself."""

    def __init__(self) -> None:
        super().__init__()
        self.anchor = torch.nn.Parameter(torch.zeros(1))

    def forward(self, ids: torch.Tensor) -> object:
        logits = torch.zeros(*ids.shape, 500)
        for b, row in enumerate(ids.tolist()):
            for t in range(len(row)):
                earlier = [i for i in range(t) if row[i] == row[t]]
                if earlier:
                    logits[b, t, row[earlier[-1] + 1]] = 9.0
        return type("Output", (), {"logits": logits})


def test_induction_sees_a_copier() -> None:
    assert induction(Copycat(), 500, length=12, samples=4) > 0.9


def test_counts_and_curve() -> None:
    assert [count(t) for t in ("14M", "500k", "1.5B", "12")] == [14_000_000, 500_000, 1_500_000_000, 12]
    log = [{"step": i, "tokens": 10 * i, "stage": "a", "loss": float(i)} for i in range(1, 101)]
    log[49] |= {"validation": {"historia": 1.23456}, "induction": 0.5}
    thin = curve(log, points=10)
    assert len(thin) == 10
    assert thin[0]["loss"] == 5.5
    assert thin[4]["validation"] == {"historia": 1.2346}


def run(monkeypatch: pytest.MonkeyPatch, **options: object) -> None:
    """The command, in this process."""
    arguments = [str(part) for name, value in options.items() for part in (f"--{name}", value) if part != ""]
    monkeypatch.setattr(sys, "argv", ["pretrain", *arguments])
    pretrain.main()


def test_command_from_shards_to_a_model_that_opens(
    tokenizer, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    for mix in ("leitura", "texto"):
        write_shard(tmp_path / "corpus" / mix / "train-000.jsonl", DOCUMENTS)
        write_shard(tmp_path / "corpus" / mix / "valid.jsonl", DOCUMENTS[-12:])
    wrap(tokenizer).save_pretrained(tmp_path / "tokenizer")
    options = {name: tmp_path / name for name in ("corpus", "tokenizer", "work")}
    options |= {"tokens": "12k", "batch": 4, "snapshots": 3, "out": tmp_path / "mini-test"}
    run(monkeypatch, **options)
    folder = tmp_path / "mini-test"
    model = AutoModelForCausalLM.from_pretrained(folder)
    assert model.dtype == torch.float16
    assert model.config.use_cache
    assert AutoTokenizer.from_pretrained(folder)("Oi")["input_ids"]
    training = json.loads((folder / "training.json").read_text())
    assert training["tokens"] == 12 * 1024
    assert [point["stage"] for point in training["curve"]] == (
        ["leitura"] * 4 + ["texto"] * 5 + ["texto-longo"] * 3
    )
    assert not (folder / "page.js").exists()
    kept = sorted((folder / "checkpoints").iterdir())
    assert [p.name for p in kept] == ["step12.safetensors"]
    state, meta = read_checkpoint(kept[0])
    assert meta["step"] == 12
    assert {"tokens", "loss", "induction", "validation"} <= meta.keys()
    model = model.float()
    model.load_state_dict(state, strict=True)
    before = (folder / "model.safetensors").read_bytes()
    run(monkeypatch, **options, resume="")  # finished already: nothing changes
    assert (folder / "model.safetensors").read_bytes() == before
    assert sorted((folder / "checkpoints").iterdir()) == kept
    assert [p.name for p in tmp_path.glob("mini-test*")] == ["mini-test"]
    with pytest.raises(SystemExit, match=r"outra configuração.*batch: 4, agora 2"):
        run(monkeypatch, **{**options, "batch": 2}, resume="")


def test_training_goes_on_from_given_weights(
    tokenizer, tmp_path: Path, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture
) -> None:
    for mix in ("leitura", "texto"):
        write_shard(tmp_path / "corpus" / mix / "train-000.jsonl", DOCUMENTS)
        write_shard(tmp_path / "corpus" / mix / "valid.jsonl", DOCUMENTS[-12:])
    wrap(tokenizer).save_pretrained(tmp_path / "tokenizer")
    options = {name: tmp_path / name for name in ("corpus", "tokenizer")}
    options |= {"tokens": "12k", "batch": 4, "snapshots": 0, "size": 0.1}
    first, further = tmp_path / "first", tmp_path / "further"
    run(monkeypatch, **options, work=tmp_path / "one", out=first)
    again = options | {"tokens": "3k", "decay": 0.9, "init": first}
    run(monkeypatch, **again, work=tmp_path / "two", out=further)
    start, more = (json.loads((folder / "training.json").read_text())["curve"] for folder in (first, further))
    assert more[0]["loss"] < start[0]["loss"] - 0.5  # it does not begin from nothing
    with pytest.raises(SystemExit, match="of the same shape"):
        run(monkeypatch, **again | {"size": 0.2}, work=tmp_path / "three", out=further)
    for wrong in ({"decay": 2}, {"init": tmp_path / "nowhere"}):
        with pytest.raises(SystemExit):
            run(monkeypatch, **again | wrong, work=tmp_path / "four", out=further)
    told = capsys.readouterr().err
    assert "--decay is a share of the run" in told
    assert "no model there" in told


def test_command_names_what_is_missing(tokenizer, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    wrap(tokenizer).save_pretrained(tmp_path / "tokenizer")
    with pytest.raises(SystemExit, match=r"python -m builders\.corpus"):
        run(monkeypatch, corpus=tmp_path, tokenizer=tmp_path / "tokenizer")


def test_sizes_grow_as_asked() -> None:
    def inner(factor: float) -> int:
        with torch.device("meta"):
            model = Qwen3ForCausalLM(Qwen3Config(**pretrain.sizes(factor)))
        return sum(p.numel() for p in model.model.layers.parameters())

    assert pretrain.sizes() == pretrain.SHAPE
    for factor in (0.1, 0.3, 3, 50):
        assert factor / 1.5 < inner(factor) / inner(1) < factor * 1.5
        assert Qwen3Config(**pretrain.sizes(factor)).num_attention_heads % 2 == 0


def test_two_processes_with_divided_weights(tokenizer, tmp_path: Path) -> None:
    for mix in ("leitura", "texto"):
        write_shard(tmp_path / "corpus" / mix / "train-000.jsonl", DOCUMENTS)
        write_shard(tmp_path / "corpus" / mix / "valid.jsonl", DOCUMENTS[-12:])
    wrap(tokenizer).save_pretrained(tmp_path / "tokenizer")
    paths = {f"--{name}": tmp_path / name for name in ("corpus", "tokenizer", "work", "out")}
    command = [
        *(sys.executable, "-m", "torch.distributed.run", "--nproc_per_node=2", "--master_port=29543"),
        *("-m", "builders.pretrain", "--fsdp", "--tokens", "6k", "--batch", "4", "--size", "0.1"),
        *(str(part) for pair in paths.items() for part in pair),
    ]
    done = subprocess.run(
        command, capture_output=True, text=True, timeout=400, cwd=Path(__file__).parents[2], env=os.environ
    )
    assert done.returncode == 0, done.stderr[-3000:]
    model = AutoModelForCausalLM.from_pretrained(tmp_path / "out")
    training = json.loads((tmp_path / "out/training.json").read_text())
    assert training["processes"] == 2
    assert training["parameters"] == sum(p.numel() for p in model.parameters())
    state, meta = read_checkpoint(tmp_path / "out/checkpoints/step6.safetensors")
    assert meta["tokens"] == training["tokens"] == 6 * 1024
    for name, tensor in model.float().state_dict().items():
        torch.testing.assert_close(state[name], tensor, atol=5e-3, rtol=1e-2)
