"""Rag curves: a perfect reader gets what the search gives it; what is counted adds up; a run goes on."""

from __future__ import annotations

import json

import pytest

from builders import rag_curves as curves
from llmlib import load, rag, rag_apart, rag_judge
from llmlib.data import questions
from llmlib.retrieval import chunks
from llmlib.scratch.marginal import Reading

ROWS = questions("caxinduba")
BY_WORDS = {each["texto"]: row for row in ROWS for each in row["jeitos"]}


class FakeBench(curves.Bench):
    """A bench whose search finds the evidence of every second question, and whose model never misreads."""

    def __init__(self, each: int):
        self.lm, self.each, self.reranker, self.found, self.asked = None, each, False, {}, 0
        texts = {d["id"]: d for d in curves.documents(curves.COLLECTION)}
        self.cut = {d["id"]: chunks(d["texto"], 60, 15, d["id"], d["titulo"]) for d in texts.values()}
        self.chunks = [c for each in self.cut.values() for c in each]

    def index(self, size: int) -> FakeBench:
        return self

    def search(self, query: str, setting: dict) -> list[rag.Source]:
        row = BY_WORDS[query]
        spans = [a for a in row["apoios"] if a["vale"]] if int(row["id"][1:]) % 2 else []
        held = [next(c for c in self.cut[a["documento"]] if c.covers(a)) for a in spans]
        if setting["by"] == "bm25":
            held = []  # the one way that finds nothing
        if setting["hops"] == 1 and (row["tipo"] == "dois_documentos" or int(row["id"][1:]) % 4 == 1):
            held = []  # what one search alone does not find
        filler = [c for c in self.chunks[:20] if not any(c.covers(a) for a in row["apoios"])][:3]
        return [rag.Source(c.document, c.title, c.start, c.end, c.text, c.text) for c in [*held, *filler]]

    def answers(self, asked: list, temperature: float = 0.0) -> tuple[list[str], list[list[dict]]]:
        self.asked += len(asked)
        said, read = [], []
        for query, sources in asked:
            row, plain = BY_WORDS[query], [curves.plain(s) for s in sources]
            valid = [a for a in row["apoios"] if a["vale"]]
            at = [n for n, s in enumerate(plain, 1) if any(rag_judge.covers(s, a) for a in valid)]
            whole = rag_judge.evidence(plain, row) == 1
            said.append(f"{row['respostas'][0]}. [{at[-1]}]" if whole else "O texto não diz.")
            read.append(plain)
        return said, read

    def fitting(self, question: str, sources: list) -> list:
        return sources

    def scored(self, query: str, setting: dict, k: int) -> list[tuple[rag.Source, float]]:
        return [(s, 1 - 0.1 * n) for n, s in enumerate(self.search(query, setting)[:k])]

    def readings(self, asked: list) -> list[Reading]:
        """Sure of what it says, and of what the text does not say; a filler misleads it a little."""
        said, _ = self.answers(asked)
        value = [rag_judge.CITATION.sub("", text).rstrip(".") for text in said]
        return [
            Reading("talvez 99", 0.2, 0.6) if text == "O texto não diz" else Reading(text, 0.9, 0.05)
            for text in value
        ]


@pytest.fixture
def bare(monkeypatch) -> None:
    """No weights to hash, no reranker."""
    monkeypatch.setattr(curves, "model_names", lambda: [])


@pytest.fixture(scope="module")
def small_reader() -> object:
    return load("mini-instruct", device="cpu")


@pytest.fixture(scope="module")
def run(tmp_path_factory) -> tuple[dict, FakeBench]:
    with pytest.MonkeyPatch.context() as patch:
        patch.setattr(curves, "model_names", lambda: [])
        bench = FakeBench(8)
        return curves.measure(8, tmp_path_factory.mktemp("rag") / "rag.json", bench=bench), bench


def test_questions_are_of_the_split_and_both_kinds() -> None:
    rows = curves.sample("dev", 10)
    assert rows == curves.sample("dev", 10)
    assert {row["parte"] for row in rows} == {"dev"}
    assert sum(bool(row["respostas"]) for row in rows) == 10 == sum(not row["respostas"] for row in rows)
    assert {row["jeito"] for row in rows} == set(curves.ASKED)
    whole = curves.sample("teste", 10_000)
    assert len({row["id"] for row in whole}) == len(whole) == sum(row["parte"] == "teste" for row in ROWS)


def test_every_setting_differs_from_the_start_in_one_thing() -> None:
    for parts, setting in curves.settings():
        changed = {key for key in setting if setting[key] != curves.START[key]} - {"rerank"}
        assert len(changed) <= 1
        assert parts
    assert sum(s == curves.START for _, s in curves.settings()) == 1
    assert not any(s["rerank"] for _, s in curves.settings(reranker=False))


def test_a_perfect_reader_gets_what_the_search_gives(run) -> None:
    result, _ = run
    final = result["final"]
    assert final["without"]["answerable"]["recusada"]["value"] == 1
    assert final["with"]["answerable"]["certa"]["value"] == final["with"]["found"]["value"]
    assert 0 < final["with"]["found"]["value"] < 1
    assert final["oracle"]["answerable"]["certa"]["value"] == 1
    assert final["with"]["unanswerable"]["recusada"]["value"] == 1
    assert set(final["with"]["causes"]) == {"não achado"}
    assert set(final["with"]["cited"]) == {"sustenta"}
    assert final["differences"]["with-without"]["value"] == pytest.approx(
        final["with"]["found"]["value"], abs=1e-3
    )
    differences = final["differences"]
    assert differences["with-once"]["low"] > 0
    linked = (final[way]["type"]["dois_documentos"]["found"]["value"] for way in ("with", "once"))
    assert differences["with-once-linked"]["value"] == pytest.approx(next(linked) - next(linked), abs=1e-3)
    assert final["once"]["found"]["value"] < final["with"]["found"]["value"]
    for name in ("without", "with", "once", "oracle"):
        for shares in (final[name]["answerable"], final[name]["unanswerable"]):
            assert sum(s["value"] for s in shares.values()) == pytest.approx(1, abs=1e-3)
            assert all(s["low"] <= s["value"] <= s["high"] for s in shares.values())


def test_the_choice_is_the_best_of_dev_and_the_cheaper_of_equals(run) -> None:
    result, _ = run
    by = {m["setting"]["by"]: m["served"]["value"] for m in result["settings"] if "by" in m["sweeps"]}
    assert by["bm25"] < by["dense"] == by["hybrid"]
    assert result["chosen"]["setting"]["by"] == "dense"
    assert result["chosen"]["setting"]["hops"] == 2
    assert result["chosen"]["setting"]["size"] == 30  # all alike
    assert not result["chosen"]["setting"]["titles"]
    assert result["retrieval"]["dev"]["ways"]["bm25"]["recall@5"]["value"] < 0.2
    assert result["retrieval"]["dev"]["ways"]["dense"]["evidence"]["3"]["value"] > 0.3


def test_readings_are_added_up_and_caution_refuses(run) -> None:
    result, _ = run
    made = result["apart"]
    assert {(e["k"], e["weight"], e["caution"]) for e in made["dev"]["sums"]} == {
        (k, w, c) for k in curves.APART for w in curves.WEIGHTS for c in curves.CAUTIONS
    }
    assert [e["caution"] for e in made["dev"]["together"]] == list(curves.CAUTIONS)
    bold, careful = (
        next(e for e in made["dev"]["sums"] if (e["k"], e["weight"], e["caution"]) == (3, 0.0, c))
        for c in (0.0, 1.0)
    )
    assert bold["unanswerable"]["value"] == 0  # the filler's guess is all there is
    assert careful["unanswerable"]["value"] == 1
    assert careful["right"]["value"] > 0
    chosen, tested = made["chosen"], made["teste"]
    assert chosen["apart"]["weight"] == 0
    assert chosen["apart"]["caution"] >= 0.5
    assert tested["apart"]["unanswerable"]["recusada"]["value"] == 1
    for part, differences in made["differences"].items():
        n = tested["apart"][part]["recusada"]["n"]
        assert {name: d["n"] for name, d in differences.items()} == {"apart": n, "sums": n, "careful": n}
    assert tested["sums"]["served"]["value"] >= tested["apart"]["served"]["value"]
    both = [e["right"]["value"] + e["unanswerable"]["value"] for e in made["dev"]["sums"]]
    at = next(
        i
        for i, e in enumerate(made["dev"]["sums"])
        if {k: e[k] for k in chosen["careful"]} == chosen["careful"]
    )
    assert both[at] == max(both)


def test_readings_are_those_that_the_course_makes(small_reader) -> None:
    """The builder's batch says what `rag_apart` says, of chunks read alone and of those read together."""
    bench = curves.Bench(small_reader, 4)
    row = curves.sample("dev", 4)[0]
    setting = {**curves.START, "by": "convex"}
    got = rag_apart.ask(small_reader, bench.index(setting["size"]), row["pergunta"], k=2, weight=0.4)
    (mine,) = curves.said(
        [row], curves.apart(bench, [row], setting, 3), curves.together(bench, [row], setting), 2, 0.4, 0.25
    )
    assert mine.sources == got.sources
    assert mine.pair == got.pair
    assert mine.shares == pytest.approx(got.shares)
    assert [each.value for each in mine.readings] == [each.value for each in got.readings]
    for batched, alone in zip(mine.readings, got.readings, strict=True):
        assert (batched.p, batched.refusal) == pytest.approx((alone.p, alone.refusal), rel=1e-3, abs=1e-3)
    assert mine.text == got.text


def test_an_order_that_is_not_obeyed_is_not_counted(run) -> None:
    result, _ = run
    assert {m["obeyed"]["hits"] for m in result["planted"].values()} == {0}
    assert all(
        entry["cause"] in rag_judge.CAUSES for entries in result["cases"].values() for entry in entries
    )
    assert result["cases"][""]
    assert result["cases"]["contradição?"]


def test_the_right_chunks_are_handed_over_once_and_first() -> None:
    bench, setting = FakeBench(4), {**curves.START, "k": 3}
    row = next(r for r in ROWS if r["tipo"] == "dois_documentos" and int(r["id"][1:]) % 2 == 0)
    given = curves.handed(bench, row, bench.search(row["pergunta"], setting)[:3], setting)
    assert len(given) == len({(s.document, s.start) for s in given}) == 3
    assert rag_judge.evidence([curves.plain(s) for s in given[:2]], row) == 1


def test_it_goes_on_where_it_stopped(bare, tmp_path) -> None:
    out, bench = tmp_path / "rag.json", FakeBench(3)
    first = curves.measure(3, out, bench=bench)
    assert json.loads(out.read_text("utf-8")) == first
    once = bench.asked
    assert curves.measure(3, out, bench=bench) == first
    assert bench.asked == once
    assert curves.measure(3, tmp_path / "two.json", bench=bench, jobs=2) == first  # in processes of their own
    assert list(json.loads((tmp_path / "two.json").read_text("utf-8"))) == list(first)
    kept = {key: value for key, value in first.items() if key != "planted"}
    out.write_text(json.dumps(kept), "utf-8")
    assert curves.measure(3, out, bench=bench)["planted"] == first["planted"]
    assert 0 < bench.asked - once < once / 3
    again = bench.asked
    curves.measure(4, out, bench=FakeBench(4))
    assert json.loads(out.read_text("utf-8"))["stamp"]["each"] == 4
    assert bench.asked == again
