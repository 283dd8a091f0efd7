"""The judge of answers: accepted forms, old values, values in a sentence, refusals, citations."""

from __future__ import annotations

import pytest

from builders.documents import model
from llmlib import rag_judge
from llmlib.data import questions
from tests.llmlib.judged import BOOK, CAUSES, CITED, FINE, NOTHING, ORDER, RULES, SALE, SOURCES, VERDICTS


@pytest.mark.parametrize(("reply", "question", "sources", "verdict"), VERDICTS)
def test_verdict(reply: str, question: dict, sources: list, verdict: str) -> None:
    assert rag_judge.judge(reply, question, sources) == verdict
    assert verdict in rag_judge.VERDICTS


@pytest.mark.parametrize(("reply", "question", "sources", "cause"), CAUSES)
def test_cause(reply: str, question: dict, sources: list, cause: str) -> None:
    assert rag_judge.cause(reply, question, sources, [ORDER]) == cause
    assert cause in rag_judge.CAUSES


@pytest.mark.parametrize(("reply", "question", "sources", "kinds"), CITED)
def test_each_cited_source_is_checked(reply: str, question: dict, sources: list, kinds: list) -> None:
    found = rag_judge.attribution(reply, question, sources)
    assert [(each["number"], each["kind"]) for each in found] == kinds


def test_the_span_that_sustains_is_the_one_of_the_data() -> None:
    (found,) = rag_judge.attribution("15 dias. [1]", BOOK, SOURCES)
    assert RULES["text"][found["start"] : found["end"]] == BOOK["apoios"][0]["texto"]
    (found,) = rag_judge.attribution("230 sócios. [1]", FINE, SOURCES)
    assert RULES["text"][found["start"] : found["end"]] == "Sócios: 230."
    assert found["kind"] == "repete"


def test_evidence_counts_facts_and_old_spans_state_none() -> None:
    assert rag_judge.evidence([RULES], BOOK) == 1
    assert rag_judge.evidence([RULES], FINE) == 0
    assert rag_judge.evidence(SOURCES, FINE) == 1
    assert rag_judge.evidence([{**RULES, "end": 50}], BOOK) == 0  # the window cuts the sentence
    half = {"document": "l-205", "start": 0, "end": 60, "text": ""}
    assert rag_judge.evidence([half], SALE) == 0.5
    assert rag_judge.evidence(SOURCES, NOTHING) is None


def test_who_was_well_served() -> None:
    assert rag_judge.right("certa", BOOK)
    assert rag_judge.right("recusada", NOTHING)
    assert not rag_judge.right("recusada", BOOK)
    assert not rag_judge.right("certa", NOTHING)


@pytest.mark.parametrize("kind", model.TYPES)
def test_every_question_of_the_collection_is_judged_by_its_own_answers(kind: str) -> None:
    rows = [row for row in questions("caxinduba") if row["tipo"] == kind]
    wrong = []
    for row in rows:
        right = [f"{form}. [1]" for form in row["respostas"]] + [f"É {f}." for f in row["respostas"][:1]]
        if kind == "um_fato":  # the very sentences that state it
            right += [support["texto"] for support in row["apoios"]]
        wrong += [(row["id"], said) for said in right if rag_judge.judge(said, row) != "certa"]
        olds = row.get("superadas", [])
        wrong += [(row["id"], said) for said in olds if rag_judge.judge(said, row) != "superada"]
        if rag_judge.judge("O texto não diz.", row) != "recusada":
            wrong.append((row["id"], "O texto não diz."))
    assert len(rows) > 20
    assert wrong == []


def test_the_builder_of_the_documents_compares_with_the_same_function() -> None:
    assert model.normalised is rag_judge.normalised
