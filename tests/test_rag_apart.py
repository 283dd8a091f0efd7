"""Each passage read alone: which one is cited, when it refuses, and what cannot be asked that way."""

from __future__ import annotations

import pytest

from llmlib import load, rag, rag_apart
from llmlib.retrieval import index
from llmlib.scratch.marginal import Reading

SOURCES = [rag.Source(f"d{n}", "Título", 0, 9, "Um texto.", "Um texto.") for n in range(3)]


@pytest.fixture(scope="module")
def asked() -> tuple[object, rag_apart.Apart]:
    lm = load("mini-instruct", device="cpu")
    return lm, rag_apart.ask(lm, index("caxinduba"), "A que horas abre a Biblioteca Nhá Tiana?")


def test_a_question_is_answered_by_the_sum_of_its_readings(asked) -> None:
    lm, got = asked
    assert got.text == "8h30. [1]"
    assert len(got.sources) == len(got.readings) == len(got.shares) == 3
    assert sum(got.shares) == pytest.approx(1)
    hits = index("caxinduba").search(got.question, k=3, by="convex")
    assert [(s.document, s.start) for s in got.sources] == [(h.chunk.document, h.chunk.start) for h in hits]
    alone = rag.answer(lm, rag.prompt(lm, got.question, [got.sources[0]]))
    assert got.readings[0].value == alone.value
    assert 0 < got.readings[0].p < 1


def test_the_reading_that_weighs_most_is_cited() -> None:
    readings = [Reading("9h", 0.2, 0.1), Reading("10h", 0.5, 0.1), Reading("9h.", 0.9, 0.1)]
    assert rag_apart.joined("?", SOURCES, readings, [0.5, 0.5, 0.5]).text == "9h. [3]"
    assert rag_apart.joined("?", SOURCES, readings, [0.9, 0.5, 0.5]).text == "9h. [1]"
    assert rag_apart.joined("?", SOURCES, readings, [0.5, 0.9, 0.5]).text == "10h. [2]"
    careful = rag_apart.joined("?", SOURCES, readings, [0.5, 0.5, 0.5], caution=9)
    assert careful.text == rag_apart.REFUSAL


def test_a_reading_tells_a_refusal_from_an_answer() -> None:
    first = [{"text": " O", "p": 0.4}, {"text": " ", "p": 0.3}, {"text": " Onde", "p": 0.2}]
    assert rag_apart.reading("O texto não diz.", [0.4, 0.9], first) == Reading("", pytest.approx(0.36), 0.4)
    assert rag_apart.reading("seis reais. [1]", [0.5], first) == Reading("seis reais.", 0.5, 0.4)


def test_no_passage_and_no_question(asked) -> None:
    lm, _ = asked
    assert rag_apart.joined("?", [], [], []).text == rag_apart.REFUSAL
    with pytest.raises(ValueError, match="notas da busca vão de 0 a 1"):
        rag_apart.ask(lm, index("caxinduba"), "Quanto custa?", by="hybrid")
    with pytest.raises(ValueError, match="busca está vazia"):
        rag_apart.ask(lm, index("caxinduba"), "  ")
