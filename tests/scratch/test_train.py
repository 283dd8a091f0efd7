"""The training loop: schedule, weights, Muon, resuming, several processes, clear errors."""

import itertools
import json
import subprocess
import sys
from dataclasses import replace
from pathlib import Path
from types import SimpleNamespace

import numpy as np
import pytest
import torch
import torch.nn.functional as F
from safetensors.torch import load_file

from llmlib.scratch import checkpoint as checkpoints
from llmlib.scratch.muon import Muon, orthogonal
from llmlib.scratch.train import (
    Rows,
    Settings,
    Stage,
    Table,
    TrainingError,
    next_token_loss,
    predict_next,
    rate,
    train,
)
from llmlib.scratch.transformer import Config, Transformer

LENGTH, VOCABULARY = 10, 23
CONFIG = Config(
    vocab_size=VOCABULARY,
    hidden_size=12,
    intermediate_size=20,
    num_hidden_layers=3,
    num_attention_heads=4,
    num_key_value_heads=2,
    head_dim=6,
)
SETTINGS = Settings(tokens=20 * 4 * LENGTH, batch=4, save_every=5, warmup=0.1)


def write_rows(prefix: Path, count: int = 30, seed: int = 0, length: int = LENGTH) -> Rows:
    """Rows that repeat a short random pattern, so that there is something to learn."""
    rng = np.random.default_rng(seed)
    rows = np.tile(rng.integers(0, VOCABULARY, (count, 3)), length)[:, :length].astype(np.uint16)
    weights = rng.integers(0, 6, (count, length)).astype(np.uint8)
    rows.tofile(f"{prefix}.tokens.bin")
    weights.tofile(f"{prefix}.weights.bin")
    return Rows(prefix, length)


def model(seed: int = 0) -> Transformer:
    torch.manual_seed(seed)
    return Transformer(CONFIG)


def rows_of(folder: Path, write: bool = True) -> list[Stage]:
    """Two stages over the rows in `folder`, written there first."""
    if write:
        write_rows(folder / "a", 30)
        write_rows(folder / "b", 7, seed=1)
    first, second = Rows(folder / "a", LENGTH), Rows(folder / "b", LENGTH)
    return [Stage("easy", first, 0.4), Stage("rest", second)]


@pytest.fixture
def stages(tmp_path: Path) -> list[Stage]:
    return rows_of(tmp_path)


def test_rate_climbs_stays_and_falls() -> None:
    settings = Settings(tokens=1, warmup=0.1, decay=0.4)
    assert [round(rate(d, settings), 6) for d in (0, 0.05, 0.1, 0.5, 0.6, 0.8, 1)] == [
        0,
        0.5,
        1,
        1,
        1,
        0.5,
        0,
    ]


def test_loss_is_weighted_cross_entropy() -> None:
    torch.manual_seed(0)
    logits, ids = torch.randn(2, 5, 7), torch.randint(0, 7, (2, 5))
    weights = torch.tensor([[9.0, 1, 0, 5, 0], [9, 0, 2, 0, 1]])
    log_p = logits.log_softmax(-1)
    wanted = -sum(weights[b, t] * log_p[b, t - 1, ids[b, t]] for b in range(2) for t in range(1, 5))
    torch.testing.assert_close(next_token_loss(logits, ids, weights), wanted)
    plain = next_token_loss(logits, ids, torch.ones(2, 5)) / 8
    torch.testing.assert_close(plain, F.cross_entropy(logits[:, :-1].flatten(0, 1), ids[:, 1:].flatten()))


def test_rows_come_in_file_order_then_shuffled_each_once(tmp_path: Path) -> None:
    rows = write_rows(tmp_path / "rows", 7)
    first, _ = rows.pick(0, 7, seed=3)
    assert np.array_equal(first.numpy(), rows.tokens)
    second, weights = rows.pick(7, 7, seed=3)
    assert not np.array_equal(second.numpy(), rows.tokens)
    assert sorted(map(tuple, second.tolist())) == sorted(map(tuple, rows.tokens.tolist()))
    assert weights.dtype == torch.float32
    assert not torch.equal(second, rows.pick(7, 7, seed=4)[0])


@pytest.mark.parametrize("shape", [(3, 8, 20), (2, 20, 8), (1, 9, 9)])
def test_orthogonal_evens_out_singular_values(shape: tuple[int, int, int]) -> None:
    torch.manual_seed(0)
    values = torch.linalg.svdvals(orthogonal(torch.randn(shape)).float())
    assert values.min() > 0.4
    assert values.max() < 1.4


@pytest.mark.skipif(not hasattr(torch.optim, "Muon"), reason="this torch has no Muon to compare with")
def test_muon_agrees_with_torch() -> None:
    torch.manual_seed(0)
    ours = [torch.nn.Parameter(torch.randn(s)) for s in ((6, 10), (10, 6), (6, 10))]
    theirs = [torch.nn.Parameter(p.detach().clone()) for p in ours]
    mine = Muon(ours, lr=0.02)
    authority = torch.optim.Muon(theirs, lr=0.02, weight_decay=0.0, momentum=0.95)
    for _ in range(5):
        for a, b in zip(ours, theirs, strict=True):
            a.grad = torch.randn_like(a)
            b.grad = a.grad.clone()
        mine.step()
        authority.step()
    for a, b in zip(ours, theirs, strict=True):
        torch.testing.assert_close(a, b, atol=2e-3, rtol=0)  # both compute the step in bfloat16


def test_learns_and_logs(tmp_path: Path, stages: list[Stage]) -> None:
    settings = replace(SETTINGS, tokens=120 * 4 * LENGTH)
    log = train(model(), stages, settings, tmp_path / "run")
    assert [entry["step"] for entry in log] == list(range(1, 121))
    assert np.mean([e["loss"] for e in log[-10:]]) < log[0]["loss"] - 0.5
    assert {e["stage"] for e in log[:48]} == {"easy"}
    assert {e["stage"] for e in log[48:]} == {"rest"}
    assert [json.loads(line) for line in (tmp_path / "run/log.jsonl").read_text().splitlines()] == log


def test_accumulation_changes_nothing(tmp_path: Path, stages: list[Stage]) -> None:
    whole = train(model(), stages, SETTINGS, tmp_path / "whole")
    parts = train(model(), stages, replace(SETTINGS, accumulate=2), tmp_path / "parts")
    assert np.allclose([e["loss"] for e in whole[:8]], [e["loss"] for e in parts[:8]], atol=1e-3)


def test_killed_run_resumes_exactly(tmp_path: Path, stages: list[Stage]) -> None:
    straight = model()
    wanted = train(straight, stages, SETTINGS, tmp_path / "straight")

    def die(_: torch.nn.Module) -> dict:
        raise KeyboardInterrupt

    with pytest.raises(KeyboardInterrupt):
        train(model(), stages, replace(SETTINGS, measure_every=13), tmp_path / "killed", measure=die)
    resumed = model(seed=1)
    log = train(resumed, stages, SETTINGS, tmp_path / "killed", resume=True)
    keys = ("step", "tokens", "stage", "loss", "norm", "rate")
    assert [[e[k] for k in keys] for e in log] == [[e[k] for k in keys] for e in wanted]
    for a, b in zip(straight.parameters(), resumed.parameters(), strict=True):
        assert torch.equal(a, b)


def test_half_written_checkpoint_never_replaces_a_good_one(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    path, one = tmp_path / "checkpoint.safetensors", model()
    checkpoints.save(path, one, [], {"step": 1})

    def full_disk(*_: object, **__: object) -> None:
        (tmp_path / "checkpoint.partial").write_bytes(b"half")
        raise OSError("no space left")

    monkeypatch.setattr(checkpoints, "save_file", full_disk)
    with pytest.raises(TrainingError, match=r"no space.*libere espaço"):
        checkpoints.save(path, one, [], {"step": 2})
    assert checkpoints.restore(path, one, [])["step"] == 1
    assert not (tmp_path / "checkpoint.partial").exists()


def test_other_settings_are_refused(tmp_path: Path, stages: list[Stage]) -> None:
    train(model(), stages, SETTINGS, tmp_path / "run")
    with pytest.raises(TrainingError, match="outra configuração"):
        train(model(), stages, replace(SETTINGS, muon_lr=0.1), tmp_path / "run", resume=True)


def test_other_stages_are_refused(tmp_path: Path, stages: list[Stage]) -> None:
    train(model(), stages, SETTINGS, tmp_path / "run")
    other = [stages[0], Stage("rest", write_rows(tmp_path / "c", 8))]
    with pytest.raises(TrainingError, match=r"outra configuração \(stages: "):
        train(model(), other, SETTINGS, tmp_path / "run", resume=True)


def test_checkpoint_of_another_model_or_cut_short_is_refused(tmp_path: Path, stages: list[Stage]) -> None:
    train(model(), stages, SETTINGS, tmp_path / "run")
    larger = Transformer(replace(CONFIG, hidden_size=24))
    with pytest.raises(TrainingError, match="outro tamanho"):
        train(larger, stages, SETTINGS, tmp_path / "run", resume=True)
    path = tmp_path / "run/checkpoint.safetensors"
    path.write_bytes(path.read_bytes()[:-100])
    with pytest.raises(TrainingError, match="não é um ponto salvo inteiro"):
        train(model(), stages, SETTINGS, tmp_path / "run", resume=True)


def test_stage_of_longer_rows_reads_as_many_tokens(tmp_path: Path) -> None:
    short, long = write_rows(tmp_path / "a", 30), write_rows(tmp_path / "b", 9, length=2 * LENGTH)
    stages = [Stage("short", short, 0.5), Stage("long", long)]
    seen = []

    def loss(forward, ids: torch.Tensor, weights: torch.Tensor) -> tuple[torch.Tensor, torch.Tensor]:
        seen.append(tuple(ids.shape))
        return predict_next(forward, ids, weights)

    log = train(model(), stages, SETTINGS, tmp_path / "run", loss=loss)
    assert seen == [(4, LENGTH)] * 10 + [(2, 2 * LENGTH)] * 10
    assert [e["tokens"] for e in log] == [4 * LENGTH * i for i in range(1, 21)]
    odd = [stages[0], Stage("long", write_rows(tmp_path / "c", 9, length=3 * LENGTH))]
    with pytest.raises(TrainingError, match=r"na etapa long seriam 1\.33333 linhas"):
        train(model(), odd, SETTINGS, tmp_path / "odd")


def test_another_loss_over_other_columns(tmp_path: Path) -> None:
    """Least squares by the loop equals least squares by algebra, in parts or whole."""
    torch.manual_seed(0)
    x, weights = torch.randn(64, 5), torch.rand(64)
    y = x @ torch.arange(1.0, 6.0)

    def loss(forward, x, y, weights) -> tuple[torch.Tensor, torch.Tensor]:
        return ((forward(x)[:, 0] - y).square() * weights).sum(), weights.sum()

    linear = torch.nn.Linear(5, 1, bias=False)
    settings = Settings(tokens=400 * 64 * 5, batch=64, accumulate=4, muon_lr=0, adamw_lr=0.1, decay=0.9)
    train(linear, [Stage("all", Table(x, y, weights))], settings, tmp_path / "run", loss=loss)
    torch.testing.assert_close(linear.weight[0], torch.arange(1.0, 6.0), atol=1e-3, rtol=0)
    with pytest.raises(ValueError, match="unequal length"):
        Table(x, y[:5])


def test_snapshots_are_the_same_after_a_resume(tmp_path: Path, stages: list[Stage]) -> None:
    def watch(kept: dict):
        def snapshot(model: torch.nn.Module, entry: dict) -> None:
            kept[entry["step"]] = model.lm_head.weight.detach().clone()
            if kept.get("die") == entry["step"]:
                raise KeyboardInterrupt

        return {"snapshot": snapshot, "snapshot_steps": (1, 4, 13, 20)}

    wanted, kept = {}, {"die": 13}
    train(model(), stages, SETTINGS, tmp_path / "straight", **watch(wanted))
    with pytest.raises(KeyboardInterrupt):
        train(model(), stages, SETTINGS, tmp_path / "killed", **watch(kept))
    del kept["die"], kept[13]
    train(model(seed=1), stages, SETTINGS, tmp_path / "killed", resume=True, **watch(kept))
    assert kept.keys() == wanted.keys() == {1, 4, 13, 20}
    assert all(torch.equal(kept[step], wanted[step]) for step in wanted)


def test_full_disk_is_one_sentence(tmp_path: Path, stages: list[Stage]) -> None:
    def full(*_: object) -> None:
        raise OSError(28, "No space left on device")

    with pytest.raises(TrainingError, match=r"No space left.*libere espaço em disco e retome"):
        train(model(), stages, SETTINGS, tmp_path / "run", snapshot=full, snapshot_steps=[7])


def test_loss_that_is_no_number_stops(tmp_path: Path, stages: list[Stage]) -> None:
    broken = model()
    with torch.no_grad():
        broken.model.norm.weight.fill_(float("nan"))
    with pytest.raises(TrainingError, match="passo 0"):
        train(broken, stages, SETTINGS, tmp_path / "run")


def test_batch_that_does_not_divide_is_refused(tmp_path: Path, stages: list[Stage]) -> None:
    with pytest.raises(TrainingError, match="batch=4"):
        train(model(), stages, replace(SETTINGS, accumulate=3), tmp_path / "run")


def test_time_limit_ends_the_run_decayed(
    tmp_path: Path, stages: list[Stage], monkeypatch: pytest.MonkeyPatch
) -> None:
    """Its own clock, a second a look: on a busy machine one step may outlast any limit worth waiting for."""
    ticks = itertools.count()
    clock = SimpleNamespace(monotonic=lambda: float(next(ticks)))
    monkeypatch.setattr(sys.modules["llmlib.scratch.train"], "time", clock)
    settings = replace(SETTINGS, tokens=10**9, minutes=0.5)
    log = train(model(), stages, settings, tmp_path / "run")
    assert [entry["seconds"] for entry in log] == [float(n) for n in range(1, 31)]
    assert log[-1]["rate"] < 0.3
    assert {entry["stage"] for entry in log} == {"easy", "rest"}


@pytest.fixture(scope="module")
def two_processes(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """Two processes train on the rows of `stages`, stopped in the middle and resumed: with whole copies of
    the weights in the folder "two-False", with divided ones in "two-True". They start once: it is slow."""
    folder = tmp_path_factory.mktemp("dois")
    rows_of(folder)
    script = folder / "two.py"
    script.write_text(
        "import sys, pathlib, dataclasses, torch, torch.distributed as dist\n"
        "from tests.scratch.test_train import SETTINGS, model, rows_of, train\n"
        "from llmlib.scratch.parallel import processes, shard\n"
        "folder = pathlib.Path(sys.argv[1])\n"
        "processes(torch.device('cpu'))\n"
        "stages = rows_of(folder, write=False)\n"
        "def die(model):\n"
        "    raise KeyboardInterrupt\n"
        "for fsdp in (False, True):\n"
        "    for resume in (False, True):\n"
        "        one = model(seed=int(resume))\n"
        "        if fsdp:\n"
        "            shard(one, list(one.model.layers))\n"
        "        settings = dataclasses.replace(SETTINGS, measure_every=9**9 if resume else 13)\n"
        "        try:\n"
        "            train(one, stages, settings, folder / f'two-{fsdp}', resume=resume, measure=die)\n"
        "        except KeyboardInterrupt:\n"
        "            assert not resume\n"
        "dist.destroy_process_group()\n"
    )
    command = [sys.executable, "-m", "torch.distributed.run", "--nproc_per_node=2", "--master_port=29541"]
    done = subprocess.run(
        [*command, str(script), str(folder)],
        capture_output=True,
        text=True,
        timeout=240,
        env={"PYTHONPATH": str(Path(__file__).parents[2]), "OMP_NUM_THREADS": "1", "PATH": "/usr/bin:/bin"},
    )
    assert done.returncode == 0, done.stderr[-3000:]
    return folder


@pytest.mark.parametrize("fsdp", [False, True])
def test_two_processes_train_as_one(
    tmp_path: Path, stages: list[Stage], two_processes: Path, fsdp: bool
) -> None:
    folder = two_processes / f"two-{fsdp}"
    straight = model()
    alone = train(straight, stages, SETTINGS, tmp_path / "alone")
    together = [json.loads(line) for line in (folder / "log.jsonl").read_text().splitlines()]
    assert [e["step"] for e in together] == list(range(1, 21))
    assert np.allclose([e["loss"] for e in together[:8]], [e["loss"] for e in alone[:8]], atol=1e-3)
    assert np.allclose([e["norm"] for e in together[:3]], [e["norm"] for e in alone[:3]], rtol=1e-2)
    assert np.allclose([e["loss"] for e in together[8:]], [e["loss"] for e in alone[8:]], atol=5e-2)
    weights = load_file(folder / "checkpoint.safetensors")
    for name, tensor in straight.state_dict().items():
        assert weights[f"model/{name}"].shape == tensor.shape
