"""The builders of word vectors: what they are tried on, the arrays they write, the edits they count."""

from __future__ import annotations

import json
import random
from pathlib import Path

import numpy as np
import pytest

from builders import word_curves, word_vectors
from llmlib.data import root, task
from llmlib.scratch.word2vec import Recipe


def test_groups_share_no_word_and_pairs_differ() -> None:
    groups = word_vectors.groups()
    every = [word for words in groups.values() for word in words]
    assert len(every) == len(set(every)) > 600
    assert "gato" in groups["bichos"]
    assert all(a != b for pairs in word_vectors.relations().values() for a, b in pairs)


def test_slips_are_slips_of_known_words() -> None:
    rng = random.Random(0)
    for kind in {word_vectors.misspelt("coração", rng)[1] for _ in range(60)}:
        assert kind in ("falta", "sobra", "troca", "tecla", "acento")
    words = ["coração", "cachorro", "menina", "janela", "padeiro", "amarelo"]
    word_vectors.TYPOS, before = 12, word_vectors.TYPOS
    try:
        rows = word_vectors.typos(words, set(words))
    finally:
        word_vectors.TYPOS = before
    assert len({row["errada"] for row in rows}) == 12
    for row in rows:
        distance = word_curves.edits(row["errada"], [row["certa"]])[0]
        assert row["errada"] not in words
        assert 1 <= distance <= (2 if row["tipo"] == "acento" else 1)


def test_edits_count_as_the_textbook_does() -> None:
    def slow(a: str, b: str) -> int:
        table = {(-1, -1): 0}
        for i in range(-1, len(a)):
            for j in range(-1, len(b)):
                if i < 0 or j < 0:
                    table[i, j] = i + j + 2
                    continue
                table[i, j] = min(
                    table[i - 1, j] + 1, table[i, j - 1] + 1, table[i - 1, j - 1] + (a[i] != b[j])
                )
                if i and j and a[i] == b[j - 1] and a[i - 1] == b[j]:
                    table[i, j] = min(table[i, j], table[i - 2, j - 2] + 1)
        return table[len(a) - 1, len(b) - 1]

    words = ["gato", "gatinho", "tago", "agto", "", "sofá", "água-viva"]
    for word in ("gato", "gtao", "aguaviva", "x"):
        assert word_curves.edits(word, words).tolist() == [slow(word, other) for other in words]


def test_rows_keep_their_direction_in_eight_bits() -> None:
    table = (
        np.random.default_rng(0).normal(size=(40, 12)).astype(np.float32) * np.logspace(-3, 2, 40)[:, None]
    )
    whole, scale = word_vectors.squeezed(table)
    back = whole * scale[:, None].astype(np.float32)
    cosines = (back * table).sum(1) / np.linalg.norm(back, axis=1) / np.linalg.norm(table, axis=1)
    assert whole.dtype == np.int8
    assert cosines.min() > 0.999


@pytest.fixture
def small(monkeypatch: pytest.MonkeyPatch, tmp_path: Path) -> Path:
    monkeypatch.setattr(word_vectors, "WORK", tmp_path / "work")
    monkeypatch.setattr(word_vectors, "COMMON", 80)
    monkeypatch.setattr(word_vectors, "LEAST", 3)
    monkeypatch.setattr(word_vectors, "TYPOS", 5)
    monkeypatch.setattr(word_vectors, "RECIPE", Recipe(size=6, window=2, epochs=1, min_count=3, batch=512))
    monkeypatch.setattr(word_vectors, "SUBWORDS", Recipe(size=4, window=1, epochs=1, min_count=3, batch=512))
    monkeypatch.setattr(word_vectors, "BUCKETS", 64)
    monkeypatch.setattr(word_vectors, "flat", lambda vectors, seed, init: np.asarray(vectors)[:, :2] + seed)
    return tmp_path


def test_a_small_build_is_whole_and_goes_on(small: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    first = word_vectors.build(0.06, small / "out", small / "task")
    V = len(first["words"])
    assert first["word2vec"].shape == (V, 6)
    assert first["fasttext"].shape == (V, 4)
    assert first["buckets"].shape == (64, 4)
    rows = [json.loads(x) for x in (small / "task" / "erros.jsonl").read_text("utf-8").splitlines()]
    assert len(rows) == 5
    monkeypatch.setattr(word_vectors, "learned", lambda *_: pytest.fail("it is already there"))
    made = (small / "out" / "palavras.safetensors").read_bytes()
    word_vectors.build(0.06, small / "out", small / "task")
    assert (small / "out" / "palavras.safetensors").read_bytes() == made


def test_what_is_bundled_is_whole_and_light() -> None:
    from llmlib.word_vectors import word_vectors as read

    v = read("palavras")
    path = root() / "vetores" / "palavras.safetensors"
    assert path.stat().st_size < 600_000
    assert len(v.words) == len(v.vectors) == len(v.fasttext) == len(v.counts) > 1500
    assert np.isfinite(v.vectors).all()
    assert all(np.abs(view).max() <= 1 for view in v.views.values())
    hidden = [word in v.unseen for word in v.words]
    assert (np.abs(v.fasttext).max(1) == 0).tolist() == hidden
    for name in ("grupos", "analogias", "erros"):
        assert task("palavras", name)
    with pytest.raises(KeyError, match="não está entre"):
        v.row("xyzzy")
    with pytest.raises(KeyError, match="Existem: palavras"):
        read("outra")


def test_measures_go_on_where_they_stopped(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    made = []

    def counted(texts: list[list[str]], seed: int) -> word_curves.Table:
        made.append(seed)
        return word_curves.counted(texts, seed)

    monkeypatch.setattr(word_curves, "METHODS", {"sorteio": word_curves.drawn, "contagem": counted})
    monkeypatch.setattr(word_curves, "replicate", lambda seed, mchars: {"seed": seed, "eolista": 0.1})
    monkeypatch.setattr(word_curves, "letters", lambda: {"typos": {}, "unknown": {}})
    out = tmp_path / "vetores.json"
    first = word_curves.measure(0.05, out)
    random_, counts = first["methods"]
    assert len(random_["groups"]) == len(counts["groups"]) > 20
    assert set(random_["groups"] + counts["kinds"]) <= {"0", "1"}
    assert len(random_["kinds"]) == len(counts["kinds"]) > 100
    assert counts["kinds"].count("1") > random_["kinds"].count("1")
    assert [row["seed"] for row in first["bias"]] == [0, 1]
    assert word_curves.measure(0.05, out) == first
    assert made == [0]
