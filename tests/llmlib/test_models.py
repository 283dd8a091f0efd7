"""load: the three origins, what a wrong name or a damaged folder is told, and the sizes of numbers."""

import json
import os
import shutil
import socket
import subprocess
import sys

import pytest
import torch

from llmlib import load, models
from llmlib.data import model_names, model_path
from tests.conftest import tiny_model, tiny_tokenizer


@pytest.fixture
def folder(tiny_folder, tmp_path):
    """A copy that a test may damage."""
    return shutil.copytree(tiny_folder, tmp_path / "modelo")


def refused(folder, *words):
    with pytest.raises(models.ModelError) as error:
        load(str(folder), device="cpu")
    sentence = str(error.value)
    assert "\n" not in sentence
    for word in words:
        assert word in sentence
    return error.value


def test_a_folder_loads_in_float32_with_attention_maps(tiny_lm):
    assert tiny_lm.model.dtype == torch.float32
    assert tiny_lm.context == 48
    assert tiny_lm.bos == 0
    assert tiny_lm.eos == {0}
    assert not tiny_lm.model.training
    assert "0,1 milhões" in repr(tiny_lm)


def test_half_precision_on_disk_is_widened_on_a_cpu(folder):
    tiny_model().half().save_pretrained(folder)
    assert load(str(folder), device="cpu").model.dtype == torch.float32


CONTINUE = [
    name for name in model_names() if "ForCausalLM" in (model_path(name) / "config.json").read_text("utf-8")
]


@pytest.mark.parametrize("name", CONTINUE)
def test_every_bundled_model_that_continues_texts_loads_by_name(name):
    lm = load(name, device="cpu")
    assert lm.name == name
    assert lm.tokenizer.convert_ids_to_tokens(lm.bos) == "<|endoftext|>"


@pytest.mark.parametrize("name", sorted({*model_names()} - {*CONTINUE}))
def test_a_bundled_model_of_another_family_says_what_it_is(name):
    with pytest.raises(models.ModelError, match=f"^{name} é um (modelo que|codificador|classificador)"):
        load(name, device="cpu")


def test_an_unknown_name_lists_what_exists():
    with pytest.raises(models.ModelError) as error:
        load("mini-bse")
    for name in ["mini-bse", *model_names()]:
        assert name in str(error.value)
    assert error.value._render_traceback_() == [str(error.value)]


def test_a_folder_that_does_not_exist():
    with pytest.raises(models.ModelError, match="não existe"):
        load("./nada/aqui")


@pytest.mark.parametrize("keep", [0, 5, 1000, -1])
def test_truncated_weights_are_named(folder, keep):
    weights = folder / "model.safetensors"
    weights.write_bytes(weights.read_bytes()[:keep])
    refused(folder, "model.safetensors", "incompleto ou corrompido")


@pytest.mark.parametrize("name", ["config.json", "tokenizer.json"])
def test_damaged_json_is_named(folder, name):
    text = (folder / name).read_text()
    (folder / name).write_text(text[: len(text) // 2])
    refused(folder, name, "corrompido")


@pytest.mark.parametrize(
    ("name", "word"), [("config.json", "Falta o arquivo"), ("model.safetensors", "safetensors")]
)
def test_a_missing_file_is_named(folder, name, word):
    (folder / name).unlink()
    refused(folder, name.split(".")[1], word)


def test_missing_weights_are_named(folder):
    from safetensors.torch import load_file, save_file

    weights = load_file(folder / "model.safetensors")
    del weights["model.layers.1.mlp.up_proj.weight"]
    save_file(weights, folder / "model.safetensors", metadata={"format": "pt"})
    refused(folder, "model.layers.1.mlp.up_proj.weight")


def test_a_missing_shard_is_named(folder):
    (folder / "model.safetensors").unlink()
    tiny_model().save_pretrained(folder, max_shard_size="100KB")
    assert load(str(folder), device="cpu").context == 48
    gone = sorted(folder.glob("model-*.safetensors"))[1]
    gone.unlink()
    refused(folder, gone.name, "Falta")


@pytest.mark.parametrize(
    ("architecture", "word"),
    [
        ("BertForMaskedLM", "lacunas"),
        ("T5ForConditionalGeneration", "codificador-decodificador"),
        ("BertModel", "vetores"),
        ("BertForSequenceClassification", "classificador"),
        ("WhateverElse", "WhateverElse"),
    ],
)
def test_another_family_is_told_what_it_is(folder, architecture, word):
    config = json.loads((folder / "config.json").read_text())
    (folder / "config.json").write_text(json.dumps(config | {"architectures": [architecture]}))
    refused(folder, word, architecture)


def test_an_architecture_with_its_own_code_is_refused_and_not_run(folder):
    config = json.loads((folder / "config.json").read_text())
    config |= {"model_type": "other", "auto_map": {"AutoModelForCausalLM": "code.Model"}}
    (folder / "config.json").write_text(json.dumps(config))
    (folder / "code.py").write_text(f"open({str(folder / 'ran')!r}, 'w')")
    refused(folder, "modelo")
    assert not (folder / "ran").exists()


def test_a_bundled_folder_is_compared_with_its_card(folder, monkeypatch):
    import hashlib

    monkeypatch.setattr(models, "model_names", lambda: ["mini-teste"])
    monkeypatch.setattr(models, "model_path", lambda name: folder)
    weights = folder / "model.safetensors"
    digest = hashlib.sha256(weights.read_bytes()).hexdigest()
    (folder / "README.md").write_text(f"sha256: `{digest}`")
    assert load("mini-teste", device="cpu").name == "mini-teste"
    data = bytearray(weights.read_bytes())
    data[-7] ^= 1  # one bit, which no table of contents can notice
    weights.write_bytes(data)
    with pytest.raises(models.ModelError, match="make data NAME=mini-teste"):
        load("mini-teste")


@pytest.mark.skipif(torch.cuda.is_available(), reason="says what a machine without a GPU is told")
def test_cuda_without_a_gpu(tiny_folder):
    with pytest.raises(models.ModelError, match="GPU"):
        load(str(tiny_folder), device="cuda")


def test_an_unknown_device(tiny_folder):
    with pytest.raises(models.ModelError, match="torradeira"):
        load(str(tiny_folder), device="torradeira")


def test_an_untied_model_and_another_architecture_load(folder, tmp_path):
    from transformers import LlamaConfig, LlamaForCausalLM

    tiny_model(tie_word_embeddings=False).save_pretrained(folder)
    assert load(str(folder), device="cpu").next("a")["top"]
    other = tmp_path / "llama"
    config = LlamaConfig(
        vocab_size=347,
        hidden_size=36,
        intermediate_size=50,
        num_hidden_layers=2,
        num_attention_heads=3,
        max_position_embeddings=30,
    )
    LlamaForCausalLM(config).save_pretrained(other)
    tiny_tokenizer().save_pretrained(other)
    assert load(str(other), device="cpu").trace("Era uma vez").attentions.shape[:2] == (2, 3)


CODE = """
import time
import huggingface_hub
from llmlib import load
start = time.time()
try:
    load("dono/modelo")
except Exception as error:
    print(type(error).__name__, "|", error, "|", time.time() - start)
"""


def unreachable(cache, **environment):
    """Load a hub model in a fresh process with this environment: (class, sentence, seconds)."""
    environment = {**os.environ, "HF_HOME": str(cache), "HF_HUB_OFFLINE": "0", **environment}
    run = subprocess.run([sys.executable, "-c", CODE], env=environment, capture_output=True, text=True)
    kind, sentence, seconds = run.stdout.split(" | ")
    return kind, sentence, float(seconds)


def test_a_hub_that_refuses_connections(tmp_path):
    kind, sentence, seconds = unreachable(tmp_path, HF_ENDPOINT="http://127.0.0.1:9")
    assert kind == "ModelUnavailable"
    assert "dono/modelo" in sentence
    assert "Confira a internet" in sentence
    assert "\n" not in sentence
    assert seconds < 10


@pytest.mark.alone
def test_a_hub_that_never_answers_is_given_up_within_ten_seconds(tmp_path):
    with socket.create_server(("127.0.0.1", 0)) as silent:  # accepts, and says nothing
        address = f"http://127.0.0.1:{silent.getsockname()[1]}"
        kind, sentence, seconds = unreachable(tmp_path, HF_ENDPOINT=address)
    assert kind == "ModelUnavailable"
    assert "Confira a internet" in sentence
    assert seconds < 10


def test_offline_mode_says_the_same(tmp_path):
    kind, sentence, _ = unreachable(tmp_path, HF_HUB_OFFLINE="1")
    assert kind == "ModelUnavailable"
    assert "mini-base" in sentence


def test_a_downloaded_hub_model_opens_without_the_network(tiny_folder, tmp_path, monkeypatch):
    import huggingface_hub.constants as constants

    commit = "0123456789abcdef0123456789abcdef01234567"
    repository = tmp_path / "models--dono--modelo"
    shutil.copytree(tiny_folder, repository / "snapshots" / commit)
    (repository / "refs").mkdir()
    (repository / "refs" / "main").write_text(commit)
    monkeypatch.setattr(constants, "HF_HUB_CACHE", str(tmp_path))
    for revision in (None, commit):
        lm = load("dono/modelo", revision=revision, device="cpu")
        assert lm.name == "dono/modelo"
        assert lm.revision == commit


def test_of_a_hub_model_only_what_opens_it_is_downloaded():
    from huggingface_hub.utils import filter_repo_objects

    from llmlib.models import WANTED

    files = ["config.json", "model.safetensors", "1_Pooling/config.json", "2_Dense/model.safetensors"]
    left = ["onnx/config.json", "openvino/openvino_model.xml", "original/params.json", "pytorch_model.bin"]
    assert list(filter_repo_objects(files + left, **WANTED)) == files
