"""What `rag` says in words holds for the bundled models and documents: words miss paraphrases, overlap mends
cuts, documents bring right answers.

The page computes its numbers; here small samples guard the direction of each claim.
"""

from __future__ import annotations

import random

import pytest

from llmlib import rag, rag_judge
from llmlib.data import documents, model_names, questions
from llmlib.retrieval import Index, index
from llmlib.widgets.chunk_view import OVERLAPS, SIZES, counted

DEV = questions("caxinduba", "dev")


@pytest.fixture(scope="module")
def by_words() -> Index:
    return Index(documents("caxinduba"), embedder=None)


def worded(name: str) -> list[tuple[str, dict]]:
    return [(j["texto"], q) for q in DEV if q["tipo"] == "um_fato" for j in q["jeitos"] if j["jeito"] == name]


def found(found_by: Index, pairs: list[tuple[str, dict]]) -> float:
    """Share of the questions with a whole supporting sentence among the first three."""
    hits = [
        any(
            hit.chunk.covers(a)
            for hit in found_by.search(text, k=3, by="bm25")
            for a in q["apoios"]
            if a["vale"]
        )
        for text, q in pairs
    ]
    return sum(hits) / len(hits)


def test_words_find_direct_questions_and_miss_distant_ones(by_words: Index) -> None:
    direct, distant = (found(by_words, worded(name)) for name in ("direta", "distante"))
    assert direct > distant + 0.2


def test_overlap_mends_what_a_cut_breaks() -> None:
    grid = counted(documents("caxinduba"), questions("caxinduba"))
    share = lambda size, overlap: grid["kept"][SIZES.index(size)][OVERLAPS.index(overlap)] / grid["spans"]  # noqa: E731
    assert share(20, 0) < share(60, 0) < share(150, 0)
    assert share(60, 0) < share(60, 15) > 0.98


def test_a_second_search_reaches_the_second_document() -> None:
    """And leaves the questions of one document as they were. The figure shows some that it serves."""
    searched = index("caxinduba")

    def complete(row: dict, text: str, hops: int) -> bool:
        hits = searched.search(text, k=2, by="convex", hops=hops)
        keys = ("document", "start", "end")
        read = [dict(zip(keys, (h.document, h.chunk.start, h.chunk.end), strict=True)) for h in hits]
        return rag_judge.evidence(read, row) == 1

    worded_of = lambda row: row["jeitos"][0]["texto"]  # noqa: E731
    linked = [row for row in DEV if row["tipo"] == "dois_documentos"]
    once, twice = (sum(complete(row, worded_of(row), hops) for row in linked) for hops in (1, 2))
    assert twice > once + 0.2 * len(linked)
    plain = [row for row in DEV if row["tipo"] == "um_fato"][::3]
    once, twice = (sum(complete(row, worded_of(row), hops) for row in plain) for hops in (1, 2))
    assert abs(twice - once) <= 0.05 * len(plain)
    shown = {"q647": "direta", "q250": "parafrase", "q528": "parafrase", "q222": "direta"}
    for row in linked:
        for each in row["jeitos"]:
            if shown.get(row["id"]) == each["jeito"]:
                assert complete(row, each["texto"], 2) > complete(row, each["texto"], 1), each
                del shown[row["id"]]
    assert not shown


def test_documents_bring_right_answers_and_a_source() -> None:
    if "mini-instruct" not in model_names():
        pytest.skip("mini-instruct is not bundled yet")
    from llmlib import load

    lm, searched = load("mini-instruct", device="cpu"), index("caxinduba")
    asked = random.Random(6).sample([q for q in DEV if q["tipo"] == "um_fato"], 12)
    right = {True: 0, False: 0}
    for q in asked:
        for with_documents in right:
            hits = searched.search(q["pergunta"], k=3, by="bm25") if with_documents else []
            said = rag.answer(lm, rag.prompt(lm, q["pergunta"], hits, titles=True), max_new_tokens=20)
            sources = [vars(source) for source in said.prompt.used]
            right[with_documents] += rag_judge.judge(said.text, q, sources) == rag_judge.RIGHT
    assert right[False] <= 1, "nobody can know Caxinduba without reading"
    assert right[True] > right[False]
