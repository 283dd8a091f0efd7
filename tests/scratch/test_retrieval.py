"""BM25, cosine search, fusion and cutting, held to bm25s and to their promises; and the ranking measures."""

from itertools import pairwise

import bm25s
import ir_measures
import numpy as np
import pytest
from ir_measures import AP, RR, P, R, Success, nDCG

from llmlib.data import documents, questions
from llmlib.scratch import ranking_metrics as metrics
from llmlib.scratch.retrieval import (
    BM25,
    best,
    convex_combination,
    fold,
    nearest,
    reciprocal_rank_fusion,
    windows,
    words,
)


def test_bm25_gives_the_scores_of_bm25s():
    texts = [words(each["texto"]) for each in documents("caxinduba")]
    theirs = bm25s.BM25(k1=1.5, b=0.75, method="lucene")
    theirs.index(texts, show_progress=False)
    ours = BM25(texts)
    asked = [words(q["pergunta"]) for q in questions("caxinduba")[::6]] + [["biblioteca", "gato", "gato"]]
    for query in asked:
        known = [word for word in query if word in ours.postings]  # bm25s refuses what it has not seen
        if known:
            np.testing.assert_allclose(ours.scores(query), theirs.get_scores(known), rtol=2e-5, atol=1e-6)


def test_a_rare_word_in_a_short_text_counts_more():
    index = BM25([["gato", "sobe"], ["gato", "gato", "sobe", "no", "muro"], ["sobe"], []])
    assert index.scores(["gato"])[0] > 0 == index.scores(["gato"])[2]
    assert index.scores(["gato", "gato"])[0] == pytest.approx(2 * index.scores(["gato"])[0])
    assert index.idf(1) > index.idf(3) > 0
    assert not BM25([]).scores(["gato"]).size
    assert not BM25([[], []]).scores(["gato"]).any()


def test_words_are_folded_and_stop_words_left_out():
    assert words("A AÇÃO não é de São João, às 8h30…") == ["acao", "joao", "8h30"]
    assert words("o que é e por que há?") == []
    assert fold("ÀÉÎõü") == "aeiou"


@pytest.mark.parametrize(("size", "overlap"), [(1, 0), (7, 3), (60, 15), (500, 499)])
def test_windows_cover_every_word_to_the_letter(size, overlap):
    for document in documents("caxinduba")[::20]:
        text = document["texto"]
        spans, seen = windows(text, size, overlap), set()
        for start, end in spans:
            piece = text[start:end]
            assert piece == piece.strip()
            assert len(piece.split()) <= size
            seen.update(range(start, end))
        assert all(text[i].isspace() for i in set(range(len(text))) - seen)
        for (_, end), (start, _) in pairwise(spans):
            assert len(text[start:end].split()) == overlap
        assert len(spans) == 1 or spans[-2][1] < spans[-1][1]


def test_windows_of_nothing_and_without_a_step():
    assert windows("") == windows(" \n ") == []
    for size, overlap in ((5, 5), (5, 9), (5, -1)):
        with pytest.raises(ValueError, match=r"vai de 0 a 4"):
            windows("a b", size, overlap)


def test_nearest_is_the_order_of_the_cosines():
    rng = np.random.default_rng(0)
    vectors = rng.normal(size=(50, 7))
    vectors /= np.linalg.norm(vectors, axis=1, keepdims=True)
    numbers, cosines = nearest(vectors[3], vectors, 10)
    assert numbers[0] == 3
    assert cosines[0] == pytest.approx(1)
    assert sorted(cosines, reverse=True) == list(cosines)
    np.testing.assert_allclose(cosines, vectors[numbers] @ vectors[3])
    assert best(np.array([1.0, 2, 1, 2]), 4)[0].tolist() == [1, 3, 0, 2]  # ties as they came


def test_fusion_counts_places():
    joined = reciprocal_rank_fusion([["a", "b"], ["b", "c"], ["c"]])
    assert [item for item, _ in joined] == ["b", "c", "a"]
    assert dict(joined)["b"] == pytest.approx(1 / 62 + 1 / 61)
    assert reciprocal_rank_fusion([[], ["x"]]) == [("x", 1 / 61)]


def test_the_combination_keeps_how_far_apart_scores_are():
    words_, vectors = [("a", 9.0), ("b", 8.9), ("c", 1.0)], [("b", 0.6), ("c", 0.59), ("a", 0.1)]
    assert [item for item, _ in convex_combination([words_, vectors])] == ["b", "a", "c"]
    assert dict(convex_combination([words_, vectors]))["c"] == pytest.approx((0 + 0.49 / 0.5) / 2)
    assert convex_combination([[], [("x", 3.0)]]) == [("x", 0.5)]  # one alone is the highest of its list
    assert convex_combination([[("x", 2.0), ("y", 2.0)]]) == [("x", 1.0), ("y", 1.0)]  # ties as they came
    assert convex_combination([]) == []


def test_the_measures_are_those_of_ir_measures():
    rng = np.random.default_rng(1)
    pairs = [
        (metrics.recall, R @ 5, 5), (metrics.precision, P @ 5, 5), (metrics.success, Success @ 3, 3),
        (metrics.ndcg, nDCG @ 10, 10), (metrics.reciprocal_rank, RR, None),
        (metrics.reciprocal_rank, RR @ 4, 4), (metrics.average_precision, AP, None),
    ]  # fmt: skip
    qrels, run, ranked = {}, {}, {}
    for query in map(str, range(12)):
        items = [f"d{i}" for i in rng.permutation(30)]
        count = 0 if query == "3" else int(rng.integers(1, 12))
        qrels[query] = {d: int(rng.integers(0, 4)) for d in items[:count]} | {"d99": int(query == "7")}
        ranked[query] = [f"d{i}" for i in rng.permutation(30)][: int(rng.integers(1, 30))]
        run[query] = {d: 100.0 - place for place, d in enumerate(ranked[query])}
    for ours, theirs, k in pairs:
        for each in ir_measures.iter_calc([theirs], qrels, run):
            asked = (ranked[each.query_id], qrels[each.query_id], *([k] if k else []))
            assert ours(*asked) == pytest.approx(each.value), (theirs, each.query_id)
    assert metrics.recall(["a"], set(), 3) == metrics.ndcg(["a"], {}, 3) == 0
    assert metrics.ndcg(["a", "b"], {"b"}, 5) == metrics.ndcg(["a", "b"], {"b": 1}, 5)
