"""GGUF: llama.cpp opens what is written, cuts texts as we do, and continues them as transformers does."""

from __future__ import annotations

import json
import shutil
from pathlib import Path

import pytest

from llmlib import load
from llmlib.data import model_path
from llmlib.gguf import write_gguf

PROMPTS = ("Era uma vez, um unicórnio", "A capital do Brasil", "O gato subiu no telhado e viu 2 pássaros.")


@pytest.fixture(scope="module", params=["mini-base", "mini-instruct"])
def served(request, tmp_path_factory: pytest.TempPathFactory):
    """(model, llama.cpp's server of it)."""
    xllamacpp = pytest.importorskip("xllamacpp")
    path = write_gguf(model_path(request.param), tmp_path_factory.mktemp("gguf") / f"{request.param}.gguf")
    params = xllamacpp.CommonParams()
    params.model.path = str(path)
    params.n_ctx = 256
    params.n_parallel = 1
    params.cpuparams.n_threads = 1
    params.cpuparams_batch.n_threads = 1
    params.warmup = False
    return load(request.param), xllamacpp.Server(params)


@pytest.mark.parametrize("prompt", PROMPTS)
def test_llama_cpp_continues_as_transformers_does(served, prompt: str) -> None:
    lm, server = served
    answer = server.handle_completions(
        {"prompt": prompt, "temperature": 0, "max_tokens": 24, "cache_prompt": False}
    )
    ours = lm.generate(prompt, max_new_tokens=24, temperature=0)
    # its keys and values are kept in float16: two tokens nearly as likely as each other may change places
    theirs = answer["choices"][0]["text"]
    assert theirs[:40] == ours[:40]


def test_another_family_is_refused_by_name(tmp_path: Path) -> None:
    folder = Path(shutil.copytree(model_path("mini-base"), tmp_path / "outro"))
    config = json.loads((folder / "config.json").read_text(encoding="utf-8"))
    config["architectures"] = ["BertForMaskedLM"]
    (folder / "config.json").write_text(json.dumps(config), encoding="utf-8")
    with pytest.raises(ValueError, match="BertForMaskedLM"):
        write_gguf(folder, tmp_path / "outro.gguf")
    assert not list(tmp_path.glob("*.gguf*"))
