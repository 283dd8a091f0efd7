"""Scaling runs: the fit finds a law that is there, runs resume one by one, the table is guarded."""

import json
from pathlib import Path

import numpy as np
import pytest
import torch

from builders import scaling
from builders.corpus import Document
from builders.scaling import fit, law_of, named, predicted, read_runs, write_runs
from llmlib.scratch.transformer import Transformer
from tests.builders.test_pretrain import write_shard
from tests.conftest import TEXTS

LAW = np.array([np.log(400), np.log(2000), np.log(1.7), 0.5, 0.6])


def runs_of(law: np.ndarray, noise: float = 0.0, seed: int = 0) -> list[dict]:
    """Rows as if every run obeyed `law`, losses off by about `noise` of themselves."""
    rng, rows = np.random.default_rng(seed), []
    for n in (14_000, 40_000, 100_000, 280_000, 800_000):
        for d in (125_000, 250_000, 500_000, 1_000_000):
            for s in (0, 1):
                loss = float(np.exp(predicted(law, np.array([n]), np.array([d]))[0]))
                loss *= 1 + noise * rng.standard_normal()
                rows.append({"size": str(n), "parameters": n, "tokens": d, "seed": s, "loss": loss,
                             "seconds": 1.0, "flops": 6 * n * d})  # fmt: skip
    return rows


def test_fit_finds_the_law() -> None:
    n, d, loss = (np.array([r[k] for r in runs_of(LAW)], float) for k in ("parameters", "tokens", "loss"))
    np.testing.assert_allclose(fit(n, d, loss), LAW, rtol=1e-3)
    assert named(LAW)["exponent"] == pytest.approx(0.6 / 1.1)
    loss[3] *= 2  # one run gone wrong hardly moves a robust fit
    np.testing.assert_allclose(fit(n, d, loss)[3:], LAW[3:], atol=0.05)


def test_intervals_hold_the_truth_and_grow_with_noise() -> None:
    def width(noise: float) -> float:
        law = law_of(runs_of(LAW, noise), samples=25)["law"]
        assert law["alpha"]["low"] <= law["alpha"]["value"] <= law["alpha"]["high"]
        return law["alpha"]["high"] - law["alpha"]["low"]

    quiet = law_of(runs_of(LAW, 0.003), samples=25)
    assert quiet["law"]["alpha"]["low"] - 0.05 < 0.5 < quiet["law"]["alpha"]["high"] + 0.05
    assert quiet["mean_error"] < 0.01
    assert width(0.02) > 2 * width(0.001)


def test_sizes_span_what_they_say() -> None:
    sizes = [
        sum(p.numel() for p in Transformer(scaling.shape(*shape)).model.layers.parameters())
        for shape in scaling.SIZES.values()
    ]
    assert len(sizes) >= 5
    assert sizes == sorted(sizes)
    assert sizes[0] < 16_000
    assert sizes[-1] > 700_000


def test_table_survives_and_names_a_broken_line(tmp_path: Path) -> None:
    path = tmp_path / "runs.csv"
    assert read_runs(path) == []
    write_runs(path, runs_of(LAW)[::-1])
    assert read_runs(path) == runs_of(LAW)
    path.write_text(path.read_text().replace("250000", "muitos", 1))
    with pytest.raises(ValueError, match=r"runs\.csv, line 4: .*muitos"):
        read_runs(path)


@pytest.fixture
def corpus(tmp_path: Path) -> Path:
    documents = [Document("historia", f"{text} {i} {text}") for i in range(60) for text in TEXTS]
    write_shard(tmp_path / "corpus/train-000.jsonl", [*documents, Document("leitura", "Zuba " * 500)])
    write_shard(tmp_path / "corpus/valid.jsonl", documents[:30])
    return tmp_path / "corpus"


def test_runs_are_done_once_each(
    tmp_path: Path, corpus: Path, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture
) -> None:
    monkeypatch.setattr(scaling, "BUDGETS", ("2k", "4k", "8k"))
    monkeypatch.setattr(scaling, "law_of", lambda runs: law_of(runs, samples=3))
    out = tmp_path / "out"
    common = ["--corpus", str(corpus), "--work", str(tmp_path / "work"), "--out", str(out), "--sizes", "24x2"]
    with pytest.raises(SystemExit, match="2 runs written; a law of 5 numbers"):
        scaling.main([*common, "--budgets", "2k", "--seeds", "2"])
    first = read_runs(out / "runs.csv")
    assert [(r["size"], r["tokens"], r["seed"]) for r in first] == [("24x2", 2048, 0), ("24x2", 2048, 1)]
    assert first[0]["loss"] != first[1]["loss"]
    assert first[0]["loss"] < np.log(512) + 0.1
    started = []
    run = scaling.run
    monkeypatch.setattr(scaling, "run", lambda *a: started.append(a[:3]) or run(*a))
    scaling.main([*common[:-1], "24x2", "40x2", "--budgets", "2k", "4k", "8k", "--seeds", "1"])
    assert len(started) == 5
    assert ("24x2", 2000, 0) not in started
    losses = {(r["size"], r["tokens"]): r["loss"] for r in read_runs(out / "runs.csv") if not r["seed"]}
    assert losses["24x2", 8192] < losses["24x2", 2048]
    law = json.loads((out / "law.json").read_text())
    assert law["runs"] == 7
    assert set(law["law"]) == {"E", "A", "B", "alpha", "beta", "exponent"}
    readme = (out / "README.md").read_text()
    assert "| 13.944 |" in readme
    assert "4.096 tokens" in readme
    (corpus / "train-000.jsonl").write_text((corpus / "train-000.jsonl").read_text().replace("gato", "pato"))
    with pytest.raises(SystemExit, match="runs on other texts"):
        scaling.main(common)


def test_missing_corpus_is_named(tmp_path: Path) -> None:
    with pytest.raises(SystemExit, match=r"python -m builders\.corpus"):
        scaling.main(["--corpus", str(tmp_path), "--work", str(tmp_path / "w"), "--out", str(tmp_path / "o")])


def test_loss_is_the_mean_over_tokens() -> None:
    torch.manual_seed(0)
    model = Transformer(scaling.shape(24, 2))
    rows = scaling.Table(torch.randint(0, 512, (70, 16)), torch.ones(70, 16))
    logits = model(rows.columns[0]).logits[:, :-1]
    wanted = torch.nn.functional.cross_entropy(logits.flatten(0, 1), rows.columns[0][:, 1:].flatten())
    assert scaling.loss_of(model, rows) == pytest.approx(wanted.item(), abs=1e-5)
