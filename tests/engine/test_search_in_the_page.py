"""Search in a browser, from disk: what is attached when, and who is asked."""

from __future__ import annotations

import json

import numpy as np
import pytest

from builders import page_collections as collections
from llmlib import retrieval
from llmlib.widgets import assets
from tests.engine.pages import page_file, random_model, tokenizer_data
from tests.engine.test_in_the_page import ASK, BODY, FILES, PROBE
from tests.retrieval.test_index import TOWN
from tests.site.conftest import chromium, visit  # noqa: F401 (fixtures)

SIZES = dict(hidden_size=24, intermediate_size=32, head_dim=12, max_position_embeddings=120)
HEADS = dict(vocab_size=420, num_hidden_layers=2, num_attention_heads=2, num_key_value_heads=1)


@pytest.fixture(scope="module")
def address(tmp_path_factory, tokenizer) -> str:
    """A page from disk with a small embedder, which is its reranker too, and three documents."""
    base = tmp_path_factory.mktemp("site")
    static = base / "_static" / "llm"
    for path, content in assets().items():
        if path in ("host.js", "engine.js") or path.startswith("engine/"):
            (static / path).parent.mkdir(parents=True, exist_ok=True)
            (static / path).write_text(content, "utf-8")
    (static / "models").mkdir()
    (static / "collections").mkdir()
    (base / "index.html").write_text(
        f'<!doctype html><meta charset="utf-8"><title>teste</title><link rel="icon" href="data:,">{BODY}'
        f'<script>{PROBE}</script><script src="_static/llm/host.js"></script>',
        "utf-8",
    )
    file = page_file(random_model(HEADS | SIZES, 1), tokenizer_data(tokenizer), name="mini-embed")
    for name in ("mini-embed", "mini-rerank"):
        text = f'(globalThis.llmPageFiles ??= {{}})["{name}"] = {json.dumps(file | {"name": name})};'
        (static / "models" / f"{name}.js").write_text(text, "utf-8")

    def write(name: str, shelf: str, body: dict) -> None:
        (static / "collections" / f"{name}.js").write_text(collections.render(shelf, name, body), "utf-8")

    index = retrieval.Index(TOWN, 6, 2, embedder=lambda texts: np.eye(24, dtype=np.float32)[: len(texts)])
    sizes = [{"size": 6, "overlap": 2}, {"size": 5, "overlap": 1}]
    write("vila", "llmCollections", {"documents": TOWN, "sizes": sizes})
    write("vila-6-2", "llmVectors", collections.vectors_of(index, file["sha256"]))
    write("vila-5-1", "llmVectors", collections.vectors_of(index, "0" * 64))  # of a mini-embed that is gone
    return (base / "index.html").as_uri()


@pytest.mark.parametrize("worker", [True, False], ids=["worker", "in the page"])
def test_a_search_brings_what_it_needs_and_no_more(address, visit, worker):  # noqa: F811
    visited = visit(address, before=None if worker else "delete globalThis.Worker")
    shown = visited.page
    shown.wait_for_function("Boolean(globalThis.probe)")
    ask = lambda method, **params: shown.evaluate(ASK, [method, params])  # noqa: E731
    seen: list[str] = []

    def came() -> list[str]:
        """The files that came since the last time, those of models left out."""
        new = [file for file in shown.evaluate(FILES) if file not in seen]
        seen.extend(new)
        return sorted(new)

    vila = {"collection": "vila", "size": 6, "overlap": 2}
    came()
    assert len(ask("chunk", text="um dois três", size=2, overlap=0)["chunks"]) == 2
    assert came() == ["engine/search.js"]
    told = ask("collection", **vila)
    assert (told["documents"], len(told["titles"])) == (3, 3)
    by_words = ask("search", **vila, query="gato na praça", by="bm25")
    theirs = retrieval.Index(TOWN, 6, 2, embedder=None).search("gato na praça", by="bm25")
    assert [(h["document"], h["start"], h["score"]) for h in by_words["hits"]] == [
        (h.document, h.chunk.start, h.score) for h in theirs
    ]
    assert came() == ["collections/vila.js"]  # words need no model

    found = ask("search", **vila, query="gato", k=9)
    assert found["note"] is None
    assert found["events"] == []  # nothing was embedded but the query
    assert {bool(hit["dense"]) for hit in found["hits"]} == {True}
    assert found["ms"]["embed"] > 0
    assert came() == ["collections/vila-6-2.js", "engine.js", "engine/embed.js"]
    again = ask("search", **vila, query="gato", k=9, rerank=3)
    assert [hit["rerank"] is None for hit in again["hits"]] == [False] * 3 + [True] * 6
    scores = ask("rerank", query="gato", texts=["Mercado\nNo mercado, o peixe", "x"])["scores"]
    assert len(scores) == 2
    assert came() == ["engine/rerank.js"]

    stale = ask("search", collection="vila", size=5, overlap=1, query="gato")
    assert "são de outro mini-embed: foram refeitos agora" in stale["note"]
    pieces = ask("collection", collection="vila", size=5, overlap=1)["chunks"]
    assert stale["events"][-1] == {"done": pieces, "total": pieces}
    own = [{"id": "x", "titulo": "", "texto": "Meu texto fala de um gato azul."}]
    mine = ask("search", documents=own, query="gato", by="dense")
    assert [hit["document"] for hit in mine["hits"]] == ["x"]
    assert ask("search", documents=own, query="gato", by="dense")["events"] == []  # kept
    assert came() == ["collections/vila-5-1.js"]
    with pytest.raises(Exception, match=r"collections/outra\.js não foi encontrado"):
        ask("search", collection="outra", query="gato")
    assert [error for error in visited.errors if "FILE_NOT_FOUND" not in error] == []
    visited.errors.clear()  # what the browser says of that file
    with pytest.raises(Exception, match="A busca está vazia"):
        ask("search", **vila, query="  ")
    assert came() == ["collections/outra.js"]
