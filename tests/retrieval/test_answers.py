"""What a figure in a kernel asks of a search, whoever its model is."""

from types import SimpleNamespace

import numpy as np
import pytest

from llmlib import compute, data
from llmlib.events import finished
from llmlib.retrieval import RetrievalError, answers, encoders, index
from llmlib.retrieval.encoders import Embedder
from llmlib.widgets.several import several
from tests.retrieval.test_index import TOWN, Letters


class Fake(Letters):
    """Letters that answer as an Embedder does."""

    name, methods, compute = "mini-embed", Embedder.methods, Embedder.compute

    def steps(self, texts):
        class Steps:
            def __iter__(steps):
                for done in range(1, len(texts) + 1):
                    yield {"done": done, "total": len(texts)}
                steps.vectors = self(texts)

        return Steps()


@pytest.fixture
def lm(monkeypatch):
    """A model of which nothing is asked but its name; the embedder counts letters."""
    fake = Fake()
    monkeypatch.setattr(encoders, "embedder", lambda name="mini-embed", device=None: fake)
    monkeypatch.setattr(answers, "_own", type(answers._own)())
    return SimpleNamespace(name="mini-instruct", compute=lambda m, p: compute.answer(lm_of[0], m, p)), fake


lm_of = [SimpleNamespace(name="mini-instruct")]


def test_a_readers_documents_are_embedded_once_and_told(lm):
    model, fake = lm
    asked = {"documents": TOWN, "query": "gato", "size": 6, "overlap": 2, "k": 3}
    events, first = finished(model.compute("search", asked))
    assert events[-1]["done"] == events[-1]["total"] == len(fake.seen) - 1
    second = model.compute("search", asked | {"query": "peixe"})
    assert len(fake.seen) == len(events) + 2
    assert [hit["rank"] for hit in second["hits"]] == [1, 2, 3]
    assert first["hits"][0].keys() == {
        "document", "title", "start", "end", "text", "score", "rank", "bm25", "dense", "rerank",
        "bridge",
    }  # fmt: skip
    assert first["ms"].keys() == {"bm25", "embed", "dense", "rerank"}
    by_words = model.compute("search", {"documents": TOWN, "query": "gato", "by": "bm25"})
    assert by_words["hits"][0]["dense"] is None
    many = [[{**TOWN[0], "texto": f"Texto {i}."}] for i in range(9)]
    for documents in many:
        model.compute("search", {"documents": documents, "query": "texto", "by": "bm25"})
    assert len(answers._own) == answers.KEPT
    for bad in ([{"id": "x", "texto": ["a"]}], [3], "abc"):
        with pytest.raises(RetrievalError):
            model.compute("search", {"documents": bad, "query": "gato"})
    with pytest.raises(RetrievalError, match="vazia"):
        model.compute("search", asked | {"size": 5, "query": " "})


def test_chunks_and_collections(lm):
    model, _ = lm
    told = model.compute("collection", {"collection": "caxinduba"})
    assert told["documents"] == len(data.documents("caxinduba")) == len(told["titles"])
    assert told["chunks"] == len(index("caxinduba"))
    assert {"size": 60, "overlap": 15} in told["sizes"]
    whole = model.compute("chunk", {"collection": "ciencia", "document": "c003", "size": 2000})["chunks"]
    assert [piece["text"] for piece in whole] == [data.documents("ciencia")[2]["texto"]]
    assert (
        model.compute("chunk", {"text": "um dois três", "size": 2, "overlap": 0})["chunks"][1]["start"] == 8
    )
    assert len(model.compute("chunk", {"documents": TOWN, "document": "b"})["chunks"]) == 1
    with pytest.raises(RetrievalError, match="Não há um documento “zz”"):
        model.compute("chunk", {"collection": "caxinduba", "document": "zz"})
    with pytest.raises(data.UnknownName):
        model.compute("collection", {"collection": "outra"})


def test_each_method_may_name_its_model(lm, monkeypatch):
    model, fake = lm
    monkeypatch.setattr(
        encoders,
        "reranker",
        lambda *name: SimpleNamespace(
            compute=lambda m, p: {"scores": [len(t) for t in p["texts"]], "of": name}
        ),
    )
    vectors = model.compute("embed", {"texts": ["a", "b"], "model": "mini-embed"})
    assert vectors["vectors_shape"] == [2, 26]
    assert model.compute("rerank", {"query": "x", "texts": ["abc"]}) == {"scores": [3], "of": ()}
    both = several(model, fake)
    np.testing.assert_array_equal(
        both("embed", {"texts": ["a", "b"], "model": "mini-embed"})["vectors"], vectors["vectors"]
    )
    assert (
        both("chunk", {"text": "um dois"})["chunks"] == fake.compute("chunk", {"text": "um dois"})["chunks"]
    )
    with pytest.raises(ValueError, match="mini-embed não sabe next; sabe embed, collection, chunk, search"):
        both("next", {"text": "x", "model": "mini-embed"})
