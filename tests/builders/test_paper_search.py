"""The measures of paper search: exact needs, judges that agree with the code shown, a run that goes on."""

from __future__ import annotations

import json

import pytest

from builders import paper_search as papers
from builders import paper_search_models as judge
from builders import vocabulary
from llmlib import load
from llmlib.data import model_names
from llmlib.scratch import llm_rank

TEXTS = ["O gato dorme no sofá da sala.", "A chuva caiu a noite toda sobre a cidade."]
ASKED = ["Onde o gato dorme?", "O que caiu?", "Quem?"]
PAIRS = [(0, 0), (1, 0), (2, 0), (0, 1), (2, 1)]


def test_the_committed_vocabulary_is_what_its_builder_makes() -> None:
    assert vocabulary.OUT.read_text("utf-8") == vocabulary.text()
    made = vocabulary.vocabulary()
    names = {row["name"] for row in made["descriptors"]}
    used = {name for d in papers.collection() for name in d["descritores"]}
    assert used <= names
    assert {d["estudo"] for d in papers.collection()} == {row["name"] for row in made["studies"]}
    assert all(set(row["narrower"]) <= names for row in made["descriptors"])
    assert not any(set(row["entries"]) & set(row["lay"]) for row in made["descriptors"])


def test_one_text_answers_a_search_for_a_known_text() -> None:
    assert len(papers.items()) == len(papers.needs()) == 50
    assert len({each["text"] for each in papers.items()}) == 50
    by_boolean = papers.lexical("perita", "item")
    right = [each["text"] for each in papers.items()]
    assert [[papers.collection()[i]["id"] for i in ranking] for ranking in by_boolean] == [[r] for r in right]


def test_figures_by_hand() -> None:
    ids = [d["id"] for d in papers.collection()]
    found = papers.measured([[3, 0, 1], []], [{ids[0]: 3, ids[1]: 2, ids[5]: 1}] * 2)
    # gains 0, 3, 2 against 3, 2, 1
    assert found["ndcg"] == [round((3 / 1.5849625 + 2 / 2) / (3 + 2 / 1.5849625 + 1 / 2), 4), 0]
    assert found["recall"] == [1.0, 0.0]
    assert found["mrr"] == [0.5, 0.0]
    assert found["precision"] == [round(2 / 3, 4), 0.0]


def test_no_way_reads_the_grades(monkeypatch) -> None:
    def never(*_: object) -> None:
        raise AssertionError("a search read the grades")

    monkeypatch.setattr(papers, "grades", never)
    monkeypatch.setattr(papers, "relevance", never)
    for way in ("bm25", "bm25-campos", "amplia-rm3", "amplia-leigo"):
        assert len(papers.lexical(way, "leiga")) == 50


def test_likelihoods_in_a_batch_are_those_of_the_code_shown() -> None:
    lm = load("mini-base", device="cpu")
    many = judge.likelihoods(lm, ASKED, TEXTS, PAIRS)
    for (q, t), value in many.items():
        assert value == pytest.approx(llm_rank.query_likelihood(lm, TEXTS[t], ASKED[q]), abs=2e-3)
    assert many[0, 0] > many[0, 1]  # the question that the text answers is likelier after it


def test_yes_and_lists_in_a_batch_are_those_of_the_code_shown() -> None:
    if "mini-instruct" not in model_names():
        pytest.skip("mini-instruct is not bundled")
    lm = load("mini-instruct", device="cpu")
    many = judge.yes_shares(lm, ASKED, TEXTS, PAIRS)
    for (q, t), value in many.items():
        assert value == pytest.approx(llm_rank.yes_share(lm, TEXTS[t], ASKED[q]), abs=5e-3)
    listed = judge.choices(lm, ASKED[0], TEXTS)
    assert listed == pytest.approx(llm_rank.first_choices(lm, TEXTS, ASKED[0]), abs=5e-3)
    with pytest.raises(ValueError, match="de 1 a 9 títulos"):
        llm_rank.first_choices(lm, [], "x")


def test_the_reranker_in_a_batch_is_that_of_the_library() -> None:
    from llmlib.retrieval import reranker

    one = reranker("mini-rerank" if "mini-rerank" in model_names() else "mini-base", "cpu")
    many = judge.reranked(one, ASKED, TEXTS, PAIRS)
    for q in (0, 2):
        alone = one(ASKED[q], TEXTS)
        assert many[q, 0] - many[q, 1] == pytest.approx(float(alone[0] - alone[1]), abs=2e-2)


def test_a_list_takes_turns() -> None:
    assert [order.tolist() for order in papers.orders(4)] == [[0, 1, 2, 3], [3, 2, 1, 0], [2, 3, 0, 1]]


def test_it_goes_on_where_it_stopped(tmp_path, monkeypatch) -> None:
    taken = []
    monkeypatch.setattr(papers, "lost_descriptors", lambda: taken.append("lost") or [])
    monkeypatch.setattr(papers, "model_names", list)
    take = papers.Bench.take
    monkeypatch.setattr(papers.Bench, "take", lambda self, way: taken.append(way) or take(self, way))
    out = tmp_path / "busca.json"
    first = papers.measure(out, ways=("perita", "bm25", "vetores"))
    assert taken == ["perita", "bm25", "lost"]  # without a model, no vectors
    assert json.loads(out.read_text("utf-8")) == first
    papers.measure(out, ways=("perita", "bm25"))
    assert taken == ["perita", "bm25", "lost"]
    kept = json.loads(out.read_text("utf-8"))
    kept["ways"]["bm25"]["stamp"] = "other"
    out.write_text(json.dumps(kept), "utf-8")
    again = papers.measure(out, ways=("perita", "bm25"))
    assert taken[3:] == ["bm25"]
    assert again["ways"] == first["ways"]
