"""The page file: int8 within its bound, tensors where the index says, safe to put in a page, small enough."""

import base64
import hashlib
import json
import re
import shutil
from pathlib import Path

import numpy as np
import pytest
import torch
from transformers import Qwen3ForCausalLM

from builders import page
from builders.tokenizer import train_tokenizer, wrap
from tests.conftest import TEXTS, tiny_config


@pytest.fixture(scope="module")
def folder(tmp_path_factory: pytest.TempPathFactory) -> Path:
    folder = tmp_path_factory.mktemp("models") / "tiny"
    torch.manual_seed(0)
    Qwen3ForCausalLM(tiny_config()).to(torch.float16).save_pretrained(folder)
    wrap(train_tokenizer([*TEXTS, "</script></script>"] * 9, 347)).save_pretrained(folder)
    (folder / "page.js").write_text(page.render(folder, "tiny"), encoding="utf-8")
    return folder


def read_page(path: Path) -> dict:
    """What the page file assigns."""
    text = path.read_text(encoding="utf-8")
    name, body = re.fullmatch(
        r"\(globalThis\.llmPageFiles \?\?= \{\}\)\[(.+?)\] = (.*);\n", text, re.S
    ).groups()
    content = json.loads(body)
    assert content["name"] == json.loads(name)
    return content


def tensors_of(content: dict) -> dict[str, np.ndarray]:
    """The float32 tensors, read by the index alone."""
    data, tensors = base64.b64decode(content["weights"]), {}
    for name, shape, kind, offset in content["tensors"]:
        assert offset % 4 == 0
        size = int(np.prod(shape))
        if kind == "f32":
            tensors[name] = np.frombuffer(data, np.float32, size, offset).reshape(shape)
        else:
            scales = offset + size + -(offset + size) % 4
            scale = np.frombuffer(data, np.float32, shape[0], scales)
            tensors[name] = np.frombuffer(data, np.int8, size, offset).reshape(shape) * scale[:, None]
    return tensors


def test_quantize_bound_and_zero_rows() -> None:
    rng = np.random.default_rng(0)
    matrix = (rng.standard_normal((7, 11)) * rng.uniform(0.01, 9, (7, 1))).astype(np.float32)
    matrix[3] = 0
    quantized, scale = page.quantize(matrix)
    assert quantized.dtype == np.int8
    assert np.all(np.abs(page.widen(quantized, scale) - matrix) <= scale[:, None] * 0.5001)
    assert np.all(page.widen(quantized, scale)[3] == 0)
    assert np.abs(quantized).max(1)[[0, 1, 2, 4, 5, 6]].tolist() == [127] * 6


def test_tensors_are_where_the_index_says(folder: Path) -> None:
    content, exact = read_page(folder / "page.js"), page.weights_of(folder)
    assert content["sha256"] == hashlib.sha256(base64.b64decode(content["weights"])).hexdigest()
    read = tensors_of(content)
    assert read.keys() == exact.keys()
    for name, tensor in exact.items():
        assert read[name].shape == tensor.shape
        bound = np.abs(tensor).max(-1, keepdims=True) / 127 * 0.5001 if tensor.ndim == 2 else 0
        assert np.all(np.abs(read[name] - tensor) <= bound), name


def test_config_and_tokenizer(folder: Path) -> None:
    content = read_page(folder / "page.js")
    assert content["format"] == 1
    for key in ("hidden_size", "num_key_value_heads", "head_dim", "rms_norm_eps"):
        assert content["config"][key] == getattr(tiny_config(), key)
    assert content["config"]["rope_theta"] == 10_000.0
    tokenizer = content["tokenizer"]
    assert len(tokenizer["tokens"]) == len(set(tokenizer["tokens"])) == 347
    assert tokenizer["special"] == {"<|endoftext|>": 0, "<|im_start|>": 1, "<|im_end|>": 2, "<|pad|>": 3}
    assert all(len(merge.split(" ")) == 2 for merge in tokenizer["merges"])


def test_nothing_in_it_closes_a_script(folder: Path) -> None:
    assert "</" not in (folder / "page.js").read_text(encoding="utf-8")
    assert any("</" in token for token in read_page(folder / "page.js")["tokenizer"]["tokens"])


def test_cost_is_small_and_measured(folder: Path) -> None:
    lost = page.cost(folder, TEXTS)
    assert 0 < lost["logit_mean"] < lost["logit_max"] < 2
    assert lost["perplexity_int8"] == pytest.approx(lost["perplexity"], rel=0.05)
    assert lost["perplexity_int8"] != lost["perplexity"]


def test_too_large_is_refused_and_nothing_is_kept(
    folder: Path, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(page, "MOST_BYTES", 1000)
    with pytest.raises(ValueError, match="less than 1,000"):
        page.cached(folder, tmp_path)
    assert not list(tmp_path.iterdir())


def test_made_once_and_again_when_the_model_changes(folder: Path, tmp_path: Path) -> None:
    copy = Path(shutil.copytree(folder, tmp_path / "tiny"))
    first = page.cached(copy, tmp_path / "pages")
    assert first.read_bytes() == (folder / "page.js").read_bytes()
    stamp = first.stat().st_mtime_ns
    assert page.cached(copy, tmp_path / "pages") == first
    assert first.stat().st_mtime_ns == stamp
    model = Qwen3ForCausalLM.from_pretrained(copy)
    model.model.norm.weight.data += 1
    model.save_pretrained(copy)
    assert page.cached(copy, tmp_path / "pages") != first
