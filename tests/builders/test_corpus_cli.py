"""The corpus command: shares, whole shards, resume, same bytes for same arguments, the sample."""

import hashlib
import json
import subprocess
import sys

import pytest

from builders.corpus import __main__ as command

KINDS = {"leitura": 3, "fatos": 1, "copia": 1}


def digests(folder):
    return {p.name: hashlib.sha256(p.read_bytes()).hexdigest() for p in folder.glob("*.jsonl")}


@pytest.fixture
def small(monkeypatch):
    monkeypatch.setattr(command, "SHARD", 60_000)
    monkeypatch.setattr(command, "VALID", 30_000)


def test_same_arguments_same_bytes_and_shares(tmp_path, small):
    sizes = command.assemble(tmp_path / "a", KINDS, 0.18, 0, "teste")
    command.assemble(tmp_path / "b", KINDS, 0.18, 0, "teste")
    command.assemble(tmp_path / "c", KINDS, 0.18, 1, "teste")
    assert digests(tmp_path / "a") == digests(tmp_path / "b")
    assert len(digests(tmp_path / "a")) == 4
    assert digests(tmp_path / "a")["train-000.jsonl"] != digests(tmp_path / "c")["train-000.jsonl"]
    assert sizes["leitura"] / sum(sizes.values()) == pytest.approx(0.6, abs=0.03)


def test_no_text_is_repeated_in_a_run(tmp_path, small):
    command.assemble(tmp_path, KINDS, 0.3, 0, "teste")
    texts = [json.loads(line)["text"] for p in tmp_path.glob("*.jsonl") for line in p.open(encoding="utf-8")]
    assert len(texts) == len(set(texts))


def test_resumes_after_a_kill_and_mends_a_broken_shard(tmp_path, small):
    command.assemble(tmp_path, KINDS, 0.18, 0, "teste")
    whole = digests(tmp_path)
    (tmp_path / "train-001.jsonl").write_text("lixo", encoding="utf-8")
    (tmp_path / "train-002.jsonl").unlink()
    first = (tmp_path / "train-000.jsonl").stat().st_mtime_ns
    command.assemble(tmp_path, KINDS, 0.18, 0, "teste")
    assert digests(tmp_path) == whole
    assert (tmp_path / "train-000.jsonl").stat().st_mtime_ns == first
    assert not list(tmp_path.glob("*.tmp"))


def test_fewer_shards_leave_no_old_ones(tmp_path, small):
    command.assemble(tmp_path, KINDS, 0.18, 0, "teste")
    command.assemble(tmp_path, KINDS, 0.06, 0, "teste")
    assert sorted(p.name for p in tmp_path.glob("train-*")) == ["train-000.jsonl"]
    manifest = json.loads((tmp_path / "manifest.json").read_text(encoding="utf-8"))
    assert manifest["sha256"] == digests(tmp_path)


def test_rows_have_kind_text_and_spans(tmp_path, small):
    command.assemble(tmp_path, KINDS, 0.06, 0, "teste")
    for line in (tmp_path / "train-000.jsonl").open(encoding="utf-8"):
        row = json.loads(line)
        assert row["kind"] in KINDS
        for start, end in row["answers"]:
            assert 0 <= start < end <= len(row["text"])


def test_unknown_kind_says_which_exist(tmp_path):
    with pytest.raises(SystemExit) as error:
        command.main(["--kinds", "poema", "--out", str(tmp_path)])
    assert "Existem: historia" in str(error.value)


def test_help_runs():
    out = subprocess.run([sys.executable, "-m", "builders.corpus", "--help"], capture_output=True, text=True)
    assert out.returncode == 0
    assert "--mix" in out.stdout


def test_sample_is_what_the_command_makes():
    same = command.sample_text().encode("utf-8") == command.SAMPLE.read_bytes()
    assert same, "tables or builders changed: run `python -m builders.corpus --sample` and commit the sample"
    assert command.SAMPLE.stat().st_size <= 1_500_000
