"""Each passage read alone: which one is cited, when it refuses, and what cannot be asked that way."""

from __future__ import annotations

import pytest

from llmlib import load, rag, rag_apart
from llmlib.retrieval import index
from llmlib.scratch import marginal
from llmlib.scratch.marginal import Reading

SOURCES = [rag.Source(f"d{n}", "Título", 0, 9, "Um texto.", "Um texto.") for n in range(3)]


@pytest.fixture(scope="module")
def asked() -> tuple[object, rag_apart.Apart]:
    lm = load("mini-instruct", device="cpu")
    return lm, rag_apart.ask(lm, index("caxinduba"), "A que horas abre a Biblioteca Nhá Tiana?")


def test_a_question_is_answered_by_the_sum_of_its_readings(asked) -> None:
    lm, got = asked
    assert got.text == "8h30. [1]"
    assert len(got.readings) == len(got.shares) == 4
    assert sum(got.shares) == pytest.approx(1)
    assert got.shares[3] == marginal.WEIGHT
    place = lambda hit: (hit.chunk.document, hit.chunk.start)  # noqa: E731
    hits = index("caxinduba").search(got.question, k=3, by="convex")
    linked = index("caxinduba").search(got.question, k=2, by="convex", hops=2)
    at = [(s.document, s.start) for s in got.sources]
    assert at[:3] == [place(hit) for hit in hits]
    assert [at[n] for n in got.pair] == [place(hit) for hit in linked]
    assert len(set(at)) == len(at)
    for sources, reading in (([got.sources[0]], 0), ([got.sources[n] for n in got.pair], 3)):
        said = rag.answer(lm, rag.prompt(lm, got.question, sources))
        assert got.readings[reading].value == said.value
        assert 0 < got.readings[reading].p < 1


def test_without_weight_nothing_is_read_together(asked) -> None:
    lm, whole = asked
    got = rag_apart.ask(lm, index("caxinduba"), whole.question, weight=0)
    assert (got.readings, got.pair, len(got.sources)) == (whole.readings[:3], (), 3)
    assert sum(got.shares) == pytest.approx(1)


def test_the_reading_that_weighs_most_is_cited() -> None:
    readings = [Reading("9h", 0.2, 0.1), Reading("10h", 0.5, 0.1), Reading("9h.", 0.9, 0.1)]
    assert rag_apart.joined("?", SOURCES, readings, [0.5, 0.5, 0.5]).text == "9h. [3]"
    assert rag_apart.joined("?", SOURCES, readings, [0.9, 0.5, 0.5]).text == "9h. [1]"
    assert rag_apart.joined("?", SOURCES, readings, [0.5, 0.9, 0.5]).text == "10h. [2]"
    careful = rag_apart.joined("?", SOURCES, readings, [0.5, 0.5, 0.5], caution=9)
    assert careful.text == rag_apart.REFUSAL


def test_what_was_read_together_weighs_and_is_cited_by_its_place() -> None:
    far = rag.Source("outro", "Título", 3, 9, "Um texto.", "Um texto.")
    alone = [Reading("9h", 0.5, 0.1), Reading("10h", 0.4, 0.1)]

    def said(cited: int, weight: float, pair: list) -> rag_apart.Apart:
        readings = [*alone, Reading("11h", 0.6, 0.1, cited)]
        return rag_apart.joined("?", SOURCES[:2], readings, [0.5, 0.5], 0.5, weight, pair)

    got = said(2, 0.6, [SOURCES[1], far])
    assert (got.text, got.pair, got.sources[2]) == ("11h. [3]", (1, 2), far)
    assert got.shares == pytest.approx((0.2, 0.2, 0.6))
    assert said(1, 0.6, [SOURCES[1], far]).text == "11h. [2]"
    for unknown in (0, 3):  # a source that its prompt had not: the first is named
        assert said(unknown, 0.6, [far, SOURCES[0]]).text == "11h. [3]"
    assert said(2, 0.1, [SOURCES[1], far]).text == "9h. [1]"
    assert rag_apart.joined("?", [], [Reading("11h", 0.6, 0.1)], [], 0.5, 0.5, [far]).text == "11h. [1]"
    both = [*alone, Reading("10h", 0.6, 0.1, 1)]
    agreed = rag_apart.joined("?", SOURCES[:2], both, [0.5, 0.5], 0.5, 0.3, [far, SOURCES[0]])
    assert agreed.text == "10h. [3]"  # of those that say it, the one that weighs most


def test_a_reading_tells_a_refusal_from_an_answer() -> None:
    first = [{"text": " O", "p": 0.4}, {"text": " ", "p": 0.3}, {"text": " Onde", "p": 0.2}]
    refused = rag_apart.reading("O texto não diz.", [0.4, 0.9], first)
    assert refused == Reading("", pytest.approx(0.36), 0.4, cited=0)
    assert rag_apart.reading("seis reais. [2]", [0.5], first) == Reading("seis reais.", 0.5, 0.4, cited=2)


def test_no_passage_and_no_question(asked) -> None:
    lm, _ = asked
    assert rag_apart.joined("?", [], [], []).text == rag_apart.REFUSAL
    with pytest.raises(ValueError, match="notas da busca vão de 0 a 1"):
        rag_apart.ask(lm, index("caxinduba"), "Quanto custa?", by="hybrid")
    with pytest.raises(ValueError, match="busca está vazia"):
        rag_apart.ask(lm, index("caxinduba"), "  ")
