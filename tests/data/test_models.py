"""Every bundled model: opens with its stock class, and carries card, licence, recipe and the right hashes."""

import hashlib
import json
import re
from pathlib import Path

import numpy as np
import pytest
import torch
import transformers
from safetensors import safe_open
from transformers import AutoTokenizer

from builders import page
from builders.cards.files import listed
from builders.tokenizer import SPECIAL
from llmlib.checkpoints import steps
from llmlib.data import model_names, model_path
from tests.builders.test_page import read_page, tensors_of

# The class of transformers that opens each model, and its architecture.
CLASSES = {
    "mini-base": ("AutoModelForCausalLM", "Qwen3ForCausalLM"),
    "mini-instruct": ("AutoModelForCausalLM", "Qwen3ForCausalLM"),
    "mini-dpo": ("AutoModelForCausalLM", "Qwen3ForCausalLM"),
    "mini-bert": ("AutoModelForMaskedLM", "ModernBertForMaskedLM"),
    "mini-t5": ("AutoModelForSeq2SeqLM", "T5ForConditionalGeneration"),
    "mini-xlnet": ("XLNetLMHeadModel", "XLNetLMHeadModel"),
    "mini-embed": ("AutoModel", "Qwen3Model"),
    "mini-rerank": ("AutoModelForSequenceClassification", "Qwen3ForSequenceClassification"),
}
HEADINGS = ("Tamanho", "Como foi feito", "O que foi medido", "O que ele não sabe fazer", "Arquivos")
CAUSAL = ("mini-base", "mini-instruct", "mini-dpo")

FOLDERS = [model_path(name) for name in model_names()]
each = pytest.mark.parametrize("folder", FOLDERS, ids=lambda folder: folder.name)
generators = pytest.mark.parametrize(
    "folder", [folder for folder in FOLDERS if folder.name in CAUSAL], ids=lambda folder: folder.name
)


def test_the_family_is_known() -> None:
    assert "mini-base" in model_names()
    assert set(model_names()) <= CLASSES.keys()


@each
def test_card_gives_recipe_licence_and_measures(folder: Path) -> None:
    card = (folder / "README.md").read_text(encoding="utf-8")
    assert "license: mit" in card
    training = json.loads((folder / "training.json").read_text(encoding="utf-8"))
    assert training["command"].startswith("python -m builders.")
    assert training["command"] in card
    assert not re.search(r"(^|\s)/", training["command"])  # no path of one machine
    for heading in HEADINGS:
        assert f"## {heading}\n" in card


@each
def test_card_hashes_are_those_of_the_files(folder: Path) -> None:
    card = (folder / "README.md").read_text(encoding="utf-8")
    found = dict(re.findall(r"^\| `([\w./-]+)` \| [\d.]+ \| `([0-9a-f]{64})` \|$", card, re.M))
    actual = {
        p.relative_to(folder).as_posix(): hashlib.sha256(p.read_bytes()).hexdigest() for p in listed(folder)
    }
    assert found == actual


@each
def test_opens_with_stock_classes(folder: Path) -> None:
    auto, architecture = CLASSES[folder.name]
    model, tokenizer = (
        getattr(transformers, auto).from_pretrained(folder),
        AutoTokenizer.from_pretrained(folder),
    )
    assert model.config.architectures == [architecture]
    assert len(tokenizer) == model.config.vocab_size
    assert tokenizer.convert_tokens_to_ids(SPECIAL) == [0, 1, 2, 3]
    ids = torch.tensor([[0, *tokenizer("Era uma vez", add_special_tokens=False)["input_ids"]]])
    extra = {"decoder_input_ids": ids} if model.config.is_encoder_decoder else {}
    assert model.float()(ids, **extra)[0].isfinite().all()


@generators
def test_chat_template_travels_with_the_tokenizer(folder: Path) -> None:
    tokenizer = AutoTokenizer.from_pretrained(folder)
    if folder.name == "mini-base":
        assert tokenizer.chat_template is None
        return
    messages = [{"role": "user", "content": "Oi!"}]
    text = tokenizer.apply_chat_template(messages, tokenize=False, add_generation_prompt=True)
    assert text == "<|endoftext|><|im_start|>user\nOi!<|im_end|>\n<|im_start|>assistant\n"


@each
def test_weights_are_half_precision_safetensors_only(folder: Path) -> None:
    unsafe = {".bin", ".pt", ".pth", ".pkl", ".ckpt", ".js"}
    assert not [p.name for p in folder.rglob("*") if p.suffix in unsafe]
    (weights,) = folder.glob("*.safetensors")
    with safe_open(weights, "pt") as file:
        assert {file.get_slice(name).get_dtype() for name in file.keys()} == {"F16"}  # noqa: SIM118


def test_checkpoints_follow_the_training_of_the_base() -> None:
    kept = [int(name.removeprefix("step")) for name in steps(model_path("mini-base"))]
    assert len(kept) >= 10
    assert kept[-1] > 50 * kept[0]  # spread over the run, most of them early


@generators
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


def test_measures_of_the_base_are_of_a_model_that_learned() -> None:
    result = json.loads((model_path("mini-base") / "evaluation.json").read_text(encoding="utf-8"))
    measures = result["measures"]
    assert result["size"] == 1
    assert measures["loss"]["historia"]["loss"] < 1.2
    assert measures["int8"]["perplexity_int8"] < 1.02 * measures["int8"]["perplexity"]
    assert measures["stories"]["consistent"]["n"] == 200
    assert len(result["continuations"]) == 60
    assert len(result["samples"]) == 30
