"""Every bundled model: opens with stock classes, and carries card, licence, recipe and the right hashes."""

import hashlib
import json
import re
from pathlib import Path

import numpy as np
import pytest
import torch
from safetensors import safe_open
from transformers import AutoModelForCausalLM, AutoTokenizer

from builders import page
from builders.tokenizer import SPECIAL
from llmlib.data import model_names, model_path
from tests.builders.test_page import read_page, tensors_of

FOLDERS = [model_path(name) for name in model_names()]
each = pytest.mark.parametrize("folder", FOLDERS, ids=lambda folder: folder.name)


def test_there_is_a_model() -> None:
    assert "mini-base" in model_names()


@each
def test_card_gives_recipe_licence_and_measures(folder: Path) -> None:
    card = (folder / "README.md").read_text(encoding="utf-8")
    assert "license: mit" in card
    assert "python -m builders.pretrain " in card
    for heading in ("Tamanho", "Como foi feito", "O que foi medido", "O que ele não sabe fazer", "Amostras"):
        assert f"## {heading}\n" in card
    assert "{" not in card
    training = json.loads((folder / "training.json").read_text(encoding="utf-8"))
    assert training["command"].startswith("python -m builders.pretrain ")
    assert not re.search(r"(^|\s)/", training["command"])  # no path of one machine


@each
def test_card_hashes_are_those_of_the_files(folder: Path) -> None:
    card = (folder / "README.md").read_text(encoding="utf-8")
    listed = dict(re.findall(r"^\| `([\w.-]+)` \| [\d.]+ \| `([0-9a-f]{64})` \|$", card, re.M))
    actual = {
        p.name: hashlib.sha256(p.read_bytes()).hexdigest() for p in folder.iterdir() if p.name != "README.md"
    }
    assert listed == actual


@each
def test_opens_with_stock_classes(folder: Path) -> None:
    model, tokenizer = AutoModelForCausalLM.from_pretrained(folder), AutoTokenizer.from_pretrained(folder)
    assert model.config.architectures == ["Qwen3ForCausalLM"]
    assert model.config.use_cache
    assert len(tokenizer) == model.config.vocab_size
    assert tokenizer.convert_tokens_to_ids(SPECIAL) == [0, 1, 2, 3]
    logits = model.float()(torch.tensor([[0, *tokenizer("Era uma vez")["input_ids"]]])).logits
    assert logits.isfinite().all()


@each
def test_weights_are_half_precision_safetensors_only(folder: Path) -> None:
    assert not [p.name for p in folder.iterdir() if p.suffix in {".bin", ".pt", ".pth", ".pkl", ".ckpt"}]
    with safe_open(folder / "model.safetensors", "pt") as file:
        assert {file.get_slice(name).get_dtype() for name in file.keys()} == {"F16"}  # noqa: SIM118


@each
def test_page_file_holds_the_same_model(folder: Path) -> None:
    file = page.cached(folder)
    assert file.stat().st_size < 4_000_000
    content, exact = read_page(file), page.weights_of(folder)
    read = tensors_of(content)
    assert read.keys() == exact.keys()
    for name, tensor in exact.items():
        bound = np.abs(tensor).max(-1, keepdims=True) / 127 * 0.5001 if tensor.ndim == 2 else 0
        assert np.all(np.abs(read[name] - tensor) <= bound), name
    assert content["tokenizer"] == page.tokenizer_of(folder)


@each
def test_measures_are_of_a_model_that_learned(folder: Path) -> None:
    result = json.loads((folder / "evaluation.json").read_text(encoding="utf-8"))
    assert result["losses"]["historia"]["loss"] < 1
    assert result["int8"]["perplexity_int8"] < 1.02 * result["int8"]["perplexity"]
    assert result["agreement"]["model"]["sentences"] == 200
    assert len(result["continuations"]) == 60
