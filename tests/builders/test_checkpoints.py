"""Small checkpoints: written and read back within int8's bound, tied weights once, strangers refused."""

from itertools import pairwise
from pathlib import Path

import pytest
import torch
from safetensors import safe_open
from safetensors.torch import save_file

from builders.checkpoints import read_checkpoint, steps, write_checkpoint
from tests.conftest import tiny_model


def test_round_trip(tmp_path: Path) -> None:
    model, path = tiny_model(), tmp_path / "deep/step7.safetensors"
    meta = {"step": 7, "tokens": 4096, "loss": 2.5, "validation": {"história": 1.25}}
    write_checkpoint(model, path, meta)
    state, read = read_checkpoint(path)
    assert read == meta
    assert state["lm_head.weight"].data_ptr() == state["model.embed_tokens.weight"].data_ptr()
    for name, exact in model.state_dict().items():
        assert state[name].dtype == torch.float32
        if exact.ndim == 2:
            bound = exact.abs().amax(1, keepdim=True) / 127 * 0.5001
            assert ((state[name] - exact).abs() <= bound).all(), name
        else:
            torch.testing.assert_close(state[name], exact, atol=1e-3, rtol=1e-3)
    other = tiny_model(seed=1)
    other.load_state_dict(state, strict=True)
    ids = torch.arange(4, 40)[None]
    assert (other(ids).logits - model(ids).logits).abs().mean() < 0.05 * model(ids).logits.abs().mean()
    with safe_open(path, "pt") as file:
        assert file.get_tensor("model.embed_tokens.weight").dtype == torch.int8
        assert file.get_tensor("model.norm.weight").dtype == torch.float16
    parameters = sum(p.numel() for p in model.parameters())
    assert path.stat().st_size < 1.5 * parameters


def test_failed_write_leaves_the_old_one(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    path = tmp_path / "step1.safetensors"
    write_checkpoint(tiny_model(), path, {"step": 1})
    before = path.read_bytes()

    def full(*_: object, **__: object) -> None:
        (tmp_path / "step1.partial").write_bytes(b"half")
        raise OSError("no space left")

    monkeypatch.setattr("builders.checkpoints.save_file", full)
    with pytest.raises(OSError, match="no space"):
        write_checkpoint(tiny_model(seed=1), path, {"step": 2})
    assert path.read_bytes() == before
    assert [p.name for p in tmp_path.iterdir()] == ["step1.safetensors"]


def test_other_files_are_refused(tmp_path: Path) -> None:
    save_file({"a": torch.ones(2)}, tmp_path / "other.safetensors")
    with pytest.raises(ValueError, match="não é um ponto"):
        read_checkpoint(tmp_path / "other.safetensors")


def test_steps_are_evenly_spaced_in_the_logarithm() -> None:
    chosen = steps(11_000, 12)
    assert len(chosen) == 12
    assert (chosen[0], chosen[-1]) == (25, 11_000)
    ratios = [b / a for a, b in pairwise(chosen)]
    assert max(ratios) / min(ratios) < 1.05
    assert steps(10, 12) == [10]
    assert steps(100, 1) == [100]
    assert steps(100, 0) == []
