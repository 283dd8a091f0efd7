"""Bundled data: found by name, unknown names list what exists, nothing heavy is imported."""

import subprocess
import sys

import pytest

from llmlib import data


def test_corpus_has_both_splits_without_shared_texts():
    train, valid = data.corpus(), data.corpus("mini", "valid")
    assert len(train) > 1000
    assert len(valid) > 150
    assert not set(train) & set(valid)
    assert data.corpus(limit=3) == train[:3]
    assert data.corpus(limit=0) == []


@pytest.mark.parametrize(
    ("call", "words"),
    [
        (lambda: data.corpus("grande"), ["grande", "mini"]),
        (lambda: data.corpus("mini", "teste"), ["teste", "train", "valid"]),
        (lambda: data.model_path("gpt-9"), ["gpt-9", "Existem"]),
        (lambda: data.documents("nada"), ["nada", "Existem"]),
        (lambda: data.task("nada"), ["nada", "Existem"]),
    ],
)
def test_unknown_name_lists_what_exists(call, words):
    with pytest.raises(KeyError) as error:
        call()
    assert all(word in str(error.value) for word in words)
    assert not str(error.value).startswith(("'", '"'))


def test_negative_limit():
    with pytest.raises(ValueError, match="limit"):
        data.corpus(limit=-1)


def test_installed_package_uses_its_own_folder(tmp_path, monkeypatch):
    package = tmp_path / "site" / "llmlib"
    model = package / "_data" / "models" / "mini-base"
    model.mkdir(parents=True)
    (model / "config.json").write_text("{}", encoding="utf-8")
    monkeypatch.setattr(data, "PACKAGE", package)
    data.root.cache_clear()
    try:
        assert data.root() == package / "_data"
        assert data.model_names() == ["mini-base"]
        assert data.model_path("mini-base") == model
    finally:
        data.root.cache_clear()


def test_missing_data_says_what_to_do(tmp_path, monkeypatch):
    monkeypatch.setattr(data, "PACKAGE", tmp_path / "llmlib")
    data.root.cache_clear()
    try:
        with pytest.raises(FileNotFoundError, match="instale o pacote"):
            data.root()
    finally:
        data.root.cache_clear()


def test_import_is_light():
    code = (
        "import sys, llmlib.data; print([m for m in ('torch', 'numpy', 'transformers') if m in sys.modules])"
    )
    out = subprocess.run([sys.executable, "-c", code], capture_output=True, text=True, check=True)
    assert out.stdout.strip() == "[]"
