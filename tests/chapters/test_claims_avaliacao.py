"""What `avaliacao-de-rag` says in words holds: the examples for the judge, the directions of the measures."""

from __future__ import annotations

import json

import pytest

from llmlib import load, rag_apart, rag_judge
from llmlib.data import questions, root
from llmlib.retrieval import index
from llmlib.widgets.rag_curves import WAYS

ROWS = {row["id"]: row for row in questions("caxinduba")}


@pytest.fixture(scope="module")
def measured() -> dict:
    return json.loads((root() / "medidas" / "rag.json").read_text("utf-8"))


def test_the_ready_answers_are_judged_as_their_notes_say() -> None:
    fine, term, year = (ROWS[key] for key in ("q003", "q004", "q014"))
    old, new = (next(a for a in fine["apoios"] if a["vale"] is vale) for vale in (False, True))
    read = [
        {"document": a["documento"], "start": a["inicio"], "end": a["fim"], "text": a["texto"]}
        for a in (old, new)
    ]
    right, was = fine["respostas"][0], fine["superadas"][0]
    expected = {
        f"{right}. [2]": "certa",
        f"A multa é de {right} por dia. [2]": "certa",
        f"{was}. [1]": "superada",
        f"Era {was} e agora é {right}. [1] [2]": "certa",
        f"{was} ou {right}. [1]": "errada",
    }
    assert {reply: rag_judge.judge(reply, fine, read) for reply in expected} == expected
    assert rag_judge.judge("Em 1912. [1]", year, read) == "inventada"
    assert rag_judge.judge("O texto não diz.", year, read) == "recusada"
    (cited,) = rag_judge.attribution(f"{term['respostas'][0]}. [2]", term, read)
    assert cited["kind"] != "sustenta"
    # the exercise: a wrong answer that passes, a right one that does not
    assert rag_judge.judge("40 centavos por hora.", fine, read) == "certa"
    assert rag_judge.judge("Duvido que sejam 40 centavos.", fine, read) == "certa"
    assert rag_judge.judge("quatro décimos de real", fine, read) != "certa"


def test_the_opening_questions_are_what_their_labels_say() -> None:
    assert {each["jeito"] for each in ROWS["q004"]["jeitos"]} >= {"direta", "parafrase"}
    assert ROWS["q250"]["tipo"] == "dois_documentos"
    assert ROWS["q014"]["tipo"] == "sem_resposta"
    assert sum(a["vale"] for a in ROWS["q642"]["apoios"]) >= 2
    assert ROWS["q642"]["parte"] == "dev"


def test_the_measures_have_what_the_page_reads(measured) -> None:
    assert {"by", "hops", "k", "size", "titles", "temperature"} == {
        p for s in measured["settings"] for p in s["sweeps"]
    }
    assert set(measured["chosen"]["setting"]) == {
        "by", "rerank", "hops", "k", "size", "titles", "temperature",
    }  # fmt: skip
    for split in ("dev", "teste"):
        ways = measured["retrieval"][split]["ways"]
        assert set(ways) <= set(WAYS)
        for each in ways.values():
            assert {"recall@3", "MRR", "nDCG@10", "evidence"} <= set(each)
            shares = [each["evidence"][k]["value"] for k in ("1", "2", "3", "8")]
            assert shares == sorted(shares)
    for setting in measured["settings"]:
        assert set(setting["answerable"]) == set(rag_judge.VERDICTS) == set(setting["unanswerable"])
        for part in ("answerable", "unanswerable"):
            assert sum(s["value"] for s in setting[part].values()) == pytest.approx(1, abs=1e-3)
    assert set(measured["final"]["with"]["type"]) == {row["tipo"] for row in ROWS.values()}
    assert set(measured["final"]["with"]["cited"]) <= {
        "sustenta",
        "superada",
        "repete",
        "não diz",
        "não existe",
    }
    listed = [entry for entries in measured["cases"].values() for entry in entries]
    assert all(ROWS[entry["id"]]["parte"] == "dev" for entry in listed)


def test_no_test_question_helped_to_choose(measured) -> None:
    asked = {ROWS[reply[0]]["parte"] for setting in measured["settings"] for reply in setting["replies"]}
    assert asked == {"dev"}


def test_documents_help_and_the_right_ones_help_more(measured) -> None:
    final = measured["final"]
    assert final["with"]["answerable"]["certa"]["low"] > final["without"]["answerable"]["certa"]["high"]
    assert final["oracle"]["answerable"]["certa"]["value"] >= final["with"]["answerable"]["certa"]["value"]
    assert final["differences"]["with-without"]["low"] > 0


def test_a_second_search_brings_the_second_document(measured) -> None:
    """`rag` sends readers here for what it changes; the page says so in numbers."""
    final = measured["final"]
    assert measured["chosen"]["setting"]["hops"] == 2
    linked = {way: final[way]["type"]["dois_documentos"] for way in ("once", "with")}
    assert linked["with"]["found"]["low"] > linked["once"]["found"]["high"]
    assert final["differences"]["with-once-linked"]["low"] > 0
    assert final["differences"]["with-once"]["value"] > 0


def test_the_questions_read_apart_do_what_their_labels_say(measured) -> None:
    """Decided at the page's weight and caution, and turned by others, as the text invites to try."""
    lm, found = load("mini-instruct", device="cpu"), index("caxinduba")
    chosen = measured["apart"]["chosen"]["sums"]

    def said(key: str, worded: str = "direta", **changed: float) -> str:
        asked = next(each["texto"] for each in ROWS[key]["jeitos"] if each["jeito"] == worded)
        return rag_judge.judge(rag_apart.ask(lm, found, asked, **(chosen | changed)).text, ROWS[key])

    assert said("q143") == said("q143", weight=1) == "certa"
    assert said("q143", weight=0) != "certa"
    assert said("q139") == said("q139", weight=0) == "certa"
    assert said("q139", weight=1) != "certa"
    assert said("q139", "parafrase") == "recusada"
    assert said("q139", "parafrase", caution=0) == "certa"
    assert said("q334") != "recusada"
    assert said("q334", caution=2) == "recusada"


def test_the_directions_of_caution(measured) -> None:
    """More caution, fewer right answers and more refusals that are due: what the text says of the figure."""
    grid, chosen = measured["apart"]["dev"], measured["apart"]["chosen"]["sums"]
    for entries in (
        [e for e in grid["sums"] if (e["k"], e["weight"]) == (chosen["k"], chosen["weight"])],
        grid["together"],
    ):
        right, due = ([e[key]["value"] for e in entries] for key in ("right", "unanswerable"))
        assert right == sorted(right, reverse=True)
        assert due == sorted(due)


def test_the_peak_is_in_the_middle_and_no_wider_than_chance(measured) -> None:
    """The text asks to bet whether the best weight lies at an end, and then to look at the scale."""
    chosen, grid = measured["apart"]["chosen"]["sums"], measured["apart"]["dev"]
    assert 0 < chosen["weight"] < 1
    points = [e for e in grid["sums"] if (e["k"], e["caution"]) == (chosen["k"], chosen["caution"])]
    points += [e for e in grid["together"] if e["caution"] == chosen["caution"]]
    for part in ("right", "unanswerable"):
        highest = max((e[part] for e in points), key=lambda share: share["value"])
        assert highest["low"] < min(e[part]["value"] for e in points)
