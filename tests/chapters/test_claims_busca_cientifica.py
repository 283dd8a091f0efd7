"""What `busca-cientifica` says in words holds in its measures; what weights may turn is computed there.

Directions that follow from how searches work are held here; who wins by how much is the page's to say.
"""

from __future__ import annotations

import json

import pytest

from builders import paper_search
from llmlib.data import root
from llmlib.measure import bootstrap


@pytest.fixture(scope="module")
def measured() -> dict:
    return json.loads((root() / "medidas" / "busca-cientifica.json").read_text("utf-8"))


def gap(measured: dict, a: str, b: str, form: str) -> object:
    one, other = (measured["ways"][way]["each"][form]["ndcg"] for way in (a, b))
    pairs = list(zip(one, other, strict=True))
    return bootstrap(pairs, lambda drawn: sum(x - y for x, y in drawn) / len(drawn))


def test_words_find_an_exact_text_and_vectors_do_not(measured) -> None:
    assert gap(measured, "bm25", "vetores", "item").low > 0


def test_whole_questions_come_back_empty_from_a_mapped_search(measured) -> None:
    empty = measured["ways"]["mapeada"]["empty"]
    assert empty["leiga"] > empty["especialista"] > empty["palavras"]


def test_laymen_are_helped_by_laymen_s_terms(measured) -> None:
    assert gap(measured, "amplia-leigo", "bm25", "leiga").low > 0
    assert gap(measured, "mapeada-leiga", "mapeada", "leiga").low > 0


def test_the_expert_s_boolean_search_looks_different_by_each_measure(measured) -> None:
    expert, words = (measured["ways"][way]["all"]["especialista"] for way in ("perita", "bm25-campos"))
    assert expert["ndcg"]["high"] < words["ndcg"]["low"]
    assert expert["precision"]["low"] > words["precision"]["high"]


def test_missing_descriptors_cost_recall_step_by_step(measured) -> None:
    recall = [each["recall"]["value"] for each in measured["beside"]["lost"]["found"]]
    assert recall == sorted(recall, reverse=True)
    assert recall[0] - recall[-1] > 0.3


def test_some_lay_questions_share_no_word_with_what_matters(measured) -> None:
    assert min(measured["forms"]["leiga"]["overlap"]) < 0.2
    assert min(measured["forms"]["palavras"]["overlap"]) > 0.5


def test_the_measures_are_of_these_queries_and_have_what_the_page_reads(measured) -> None:
    for form in paper_search.FORMS:
        assert measured["forms"][form]["asked"] == paper_search.asked(form)
        assert sorted(set(measured["forms"][form]["parts"])) == ["dev", "teste"]
    assert {"perita", "mapeada", "mapeada-leiga", "bm25", "bm25-campos", "vetores", "hibrida"} <= set(
        measured["ways"]
    )
    for row in measured["ways"].values():
        for form in paper_search.FORMS:
            assert len(row["rankings"][form]) == len(row["each"][form]["ndcg"]) == 50
            for each in row["all"][form].values():
                assert each["low"] <= each["value"] <= each["high"]
    assert measured["beside"]["lost"]["found"][0]["lost"] == 0
