"""ReadApart: what is recorded; the page adds up as Python; caution, weight, passages, questions move it."""

from __future__ import annotations

import json
import random
import subprocess
from collections.abc import Callable
from dataclasses import asdict
from pathlib import Path

import pytest
from playwright.sync_api import Locator, expect

from book import frontend
from llmlib import rag, rag_apart, widgets
from llmlib.scratch.marginal import Reading, Sums, mixed, same, trust
from llmlib.widgets import ReadApart, fallback
from tests.widgets.searched import FINE, HOURS, PHONE, SearchedLM, index
from tests.widgets.seen import fits, settled

HERE = Path(widgets.__file__).parent
ASKED = [("horário", HOURS["pergunta"]), ("multa", FINE["pergunta"]), ("telefone", PHONE["pergunta"])]
OWN = "Quanto custa a aula de sanfona?"


class Fluent(SearchedLM):
    """Its search is SearchedLM's; it speaks as FakeLM does, and so as the page's fake engine."""

    def compute(self, method: str, params: dict) -> object:
        if method == "generate":
            return self.generate(**params)
        return super().compute(method, params)


def apart(**options: object) -> ReadApart:
    return ReadApart(SearchedLM(), ASKED, **options)


def percent(p: float) -> str:
    return fallback.percent(p).replace("\u00a0", " ")


# ---- in Python


def test_each_passage_of_each_question_is_read_alone() -> None:
    widget = apart()
    for (label, question), made in zip(ASKED, widget.recorded, strict=True):
        hits = index().search(question, k=3, by="convex")
        assert (made["label"], made["question"]) == (label, question)
        assert [hit["text"] for hit in made["hits"]] == [hit.text for hit in hits]
        assert [hit["score"] for hit in made["hits"]] == pytest.approx([hit.score for hit in hits], rel=1e-4)
        said = {"value": "8h30.", "p": 0.5, "refusal": 0.3, "cited": 1}
        assert made["readings"] == [said] * 3
        assert made["joint"] == said
        linked = index().search(question, k=2, by="convex", hops=2)
        assert [hit["text"] for hit in made["linked"]] == [hit.text for hit in linked]
    assert set(widget.recorded[0]["hits"][0]) == {"document", "title", "start", "end", "text", "score"}
    got = widget.first()
    whole = rag_apart.ask(SearchedLM(), index(), ASKED[0][1], k=3)
    assert (got.text, got.sources) == (whole.text, whole.sources)
    assert got.pair == whole.pair
    assert got.text == "8h30. [1]"
    assert got.shares == pytest.approx(whole.shares, rel=1e-3)
    assert len(widget.html()) < 20_000


def test_the_model_reads_one_passage_a_prompt_and_two_in_the_last() -> None:
    read = []

    class Noting(SearchedLM):
        def compute(self, method: str, params: dict) -> object:
            read.extend([params["messages"][0]["content"]] if method == "generate" else [])
            return super().compute(method, params)

    ReadApart(Noting(), ASKED[:1], k=3, titles=False)
    hits = index().search(ASKED[0][1], k=3, by="convex")
    wanted = [rag.message(ASKED[0][1], [rag.sourced(hit)]) for hit in hits]
    linked = index().search(ASKED[0][1], k=2, by="convex", hops=2)
    both = rag.message(ASKED[0][1], [rag.sourced(hit) for hit in linked])
    assert sorted(read) == sorted([*wanted, both])


def test_the_still_figure_says_the_numbers() -> None:
    widget = apart()
    assert "“8h30” soma 50\u00a0%" in widget.summary()
    assert "vezes a cautela 0,25, fica com 7,5\u00a0%" in widget.summary()
    assert "num prompt só, [1] e [2], com peso 50\u00a0%" in widget.summary()
    assert "Resposta: “8h30. [1]”" in widget.summary()
    assert widget.fallback().count("<tr>") == 1 + 3 + 1
    refused = ReadApart(SearchedLM("O texto não diz."), ASKED[:1], k=1)
    assert refused.first().text == rag_apart.REFUSAL
    assert "Resposta: “O texto não diz.”" in refused.summary()


def test_what_cannot_be_read_is_refused_with_a_sentence() -> None:
    for wrong, sentence in (
        ({"k": 0}, "k vai de 1 a 6; veio 0"),
        ({"k": 7}, "k vai de 1 a 6; veio 7"),
        ({"caution": 2.1}, "caution vai de 0 a 2; veio 2.1"),
        ({"caution": float("nan")}, "caution vai de 0 a 2"),
        ({"weight": -0.1}, "weight vai de 0 a 1; veio -0.1"),
        ({"weight": 1.5}, "weight vai de 0 a 1; veio 1.5"),
        ({"size": 5}, "size vai de 10 a 200"),
        ({"overlap": -1}, "overlap vai de 0 a 100"),
    ):
        with pytest.raises(ValueError, match=sentence):
            apart(**wrong)
    with pytest.raises(ValueError, match="ao menos uma pergunta"):
        ReadApart(SearchedLM(), [])
    with pytest.raises(ValueError):
        ReadApart(SearchedLM(), [("nada", " ")])


# ---- the twin

VALUES = [
    "Seis reais",
    " seis  reais. ",
    "SEIS REAIS",
    "",
    " . ",
    "às 8h30",
    "ÀS 8H30.",
    "🐱 </b>",
    "...",
    "avó",
]
TEXTS = [
    "8h30. [1]", "O texto não diz. [2]", "", " [1] ", "Não sei. É às 9h [1, 2].", "não consta",
    "são 15 dias [1; 2] ou mais [10]", "Os documentos não dizem.\n\nNão sei.", "🐱 [1]",
]  # fmt: skip
FIRST = ["O", " O", "O texto não diz.", "Os", "", " ", "\n", "o", "O texto", "é", "O ", "não"]


Case = tuple[list[dict], list[float], float, float, list[int]]


def cases() -> list[Case]:
    """Readings, scores, caution, weight, and which passages the last reading is of: n-th of those read alone,
    or, beyond them, others."""
    draw = random.Random(7)
    made: list[Case] = [([], [], 0.5, 0, []), ([asdict(Reading("", 0.9, 0.4))], [0.3], 0, 0, [])]
    tied = [asdict(Reading("a", 0.5, 0.5)), asdict(Reading("b", 0.5, 0.5))]
    made += [(tied, [1, 1], caution, 0, []) for caution in (0, 1, 2)]  # equal answers, and an equal refusal
    made += [([tied[0], tied[0] | {"value": "A."}], [0.4, 0.4], 2, 0, [])]
    made += [([tied[0]], [], 0.5, 0.3, [0]), ([*tied, tied[0]], [0.5, 0.5], 0, 0.2, [3, 1])]
    for n in range(18):
        alone = 1 + n % 6
        readings = [
            asdict(Reading(draw.choice(VALUES), draw.random(), draw.random(), draw.randrange(4)))
            for _ in range(alone + n % 2)
        ]
        pair = draw.sample(range(alone + 2), 1 + n % 3) if n % 2 else []
        scores = [draw.random() for _ in range(alone)]
        made.append((readings, scores, (0, 0.5, 2)[n % 3], (0, 0.35, 1)[n % 4 - 1] if pair else 0, pair))
    return made


def in_node(expression: str) -> object:
    parts = ("answer_judge.rules.js", "read_apart.sums.js")
    script = "".join((HERE / name).read_text("utf-8") for name in parts)
    script += f"\nprocess.stdout.write(JSON.stringify({expression}));"
    done = subprocess.run([frontend.node()[0], "-"], input=script, capture_output=True, text=True, check=True)
    return json.loads(done.stdout)


def test_the_page_adds_up_and_decides_the_same() -> None:
    made = cases()
    sames, found = in_node(
        f"""[{json.dumps(VALUES)}.map(raSame), {json.dumps(made)}.map((each) => {{
          const [readings, scores, caution, weight, pair] = each;
          const passage = (n) => ({{ document: `d${{n}}`, start: n, end: 9 }});
          const {{ known, linked }} = raNumbered(scores.map((_, n) => passage(n)), pair.map(passage));
          return {{ ...raJoined(readings, scores, caution, weight, linked), known, linked }};
        }})]"""
    )
    assert sames == [same(value) for value in VALUES]
    sources = [rag.Source(f"d{n}", "", n, 9, "x", "x") for n in range(9)]
    for (readings, scores, caution, weight, pair), theirs in zip(made, found, strict=True):
        told = [Reading(**each) for each in readings]
        alone, linked = sources[: len(scores)], [sources[n] for n in pair]
        mine = rag_apart.joined("", alone, told, scores, caution, weight, linked)
        assert theirs["shares"] == pytest.approx(list(mine.shares))
        assert theirs["linked"] == list(mine.pair)
        assert [each["document"] for each in theirs["known"]] == [each.document for each in mine.sources]
        assert [value for value, _ in theirs["sums"]["answers"]] == [value for value, _ in mine.sums.answers]
        assert [p for _, p in theirs["sums"]["answers"]] == pytest.approx([p for _, p in mine.sums.answers])
        assert theirs["sums"]["refusal"] == pytest.approx(mine.sums.refusal)
        assert (theirs["value"], theirs["text"]) == (mine.sums.decide(caution), mine.text)
        assert theirs["source"] == (int(mine.text.split("[")[-1][:-1]) if theirs["value"] else 0)
    sums = [Sums(((("x", 0.5),)), 0.25), Sums((), 0.1)]
    given = [[asdict(each), caution] for each in sums for caution in (0, 2, 2.1)]
    assert in_node(f"{json.dumps(given)}.map((c) => raDecide(...c))") == [
        each.decide(caution) for each in sums for caution in (0, 2, 2.1)
    ]


def test_the_page_makes_the_same_reading_of_a_text() -> None:
    draw = random.Random(3)
    given = []
    for text in TEXTS:
        first = [{"text": each, "p": draw.random() / 20} for each in draw.sample(FIRST, draw.randrange(9))]
        given.append([text, [draw.random() for _ in range(draw.randrange(5))], first])
    found = in_node(f"{json.dumps(given)}.map((c) => raReading(...c))")
    for case, theirs in zip(given, found, strict=True):
        mine = asdict(rag_apart.reading(*case))
        assert (theirs["value"], theirs["cited"]) == (mine["value"], mine["cited"]), case
        assert (theirs["p"], theirs["refusal"]) == pytest.approx((mine["p"], mine["refusal"]))


# ---- in the page


@pytest.mark.parametrize("host", ["http", "disco"])
def test_a_recording_opens_and_caution_decides_with_no_model(
    host: str, opened: Callable[..., Locator]
) -> None:
    widget = apart()
    root = opened(widget, host, size="celular", spoil=lambda static: (static / "engine.js").unlink())
    fits(root)
    answer, winner, caution = (
        root.locator(".ra-answer"),
        root.locator(".ra-sum[data-wins]"),
        root.get_by_label("Cautela"),
    )
    alone, numbers = root.locator(".ra-row:not(.ra-together)"), root.locator(".ra-row .llm-number")
    expect(alone).to_have_count(3)
    expect(numbers).to_have_text([percent(share) for share in widget.first().shares])
    expect(root.locator(".ra-said").first).to_contain_text("8h30. com 50 %")
    expect(root.locator(".ra-refusal").first).to_have_text("chance de recusar: 30 %")
    expect(root.locator(".ra-together")).to_contain_text("[1] e [2] juntos, num prompt só")
    expect(answer).to_have_text("8h30. [1]")
    expect(winner).to_contain_text("8h30")
    expect(winner.locator(".ra-verdict")).to_have_text("vence")
    caution.fill("2")
    expect(answer).to_have_text("O texto não diz.")
    expect(winner).to_contain_text("recusa × cautela60 % vence")
    expect(root.locator(".llm-hear")).to_contain_text("Decisão: O texto não diz.")
    caution.fill("0")
    expect(answer).to_have_text("8h30. [1]")
    scores = [hit["score"] for hit in widget.recorded[0]["hits"]]
    for weight, count in ((0, 3), (1, 3), (0.2, 2)):
        root.get_by_label("Peso dos juntos").fill(str(weight))
        root.get_by_label("Trechos lidos").fill(str(count))
        expect(alone).to_have_count(count)
        expect(numbers).to_have_text([percent(share) for share in mixed(trust(scores[:count]), weight)])
    root.get_by_role("button", name="Ver o trecho 1").click()
    expect(root.locator(".ra-text").first).to_be_visible()
    expect(root.locator(".ra-passage summary").first).to_be_focused()
    root.get_by_role("button", name="multa").click()
    expect(root.get_by_label("Pergunta", exact=True)).to_have_value(FINE["pergunta"])
    expect(root.locator(".ra-passage summary").first).to_contain_text(widget.recorded[1]["hits"][0]["title"])
    expect(root).to_have_attribute("data-state", "recorded")
    fits(root)


def expected(question: str, k: int) -> rag_apart.Apart:
    return rag_apart.ask(Fluent(), index(), question, k=k)


def agrees(root: Locator, got: rag_apart.Apart) -> None:
    count = len(got.readings) - 1
    expect(root.locator(".ra-row")).to_have_count(len(got.sources) + 1)
    rows = root.locator(".ra-row").all()
    for row, source in zip(rows, got.sources, strict=False):
        expect(row.locator("summary")).to_contain_text(source.title)
    for row in rows[count:-1]:
        expect(row).to_contain_text("só lido junto")
    for row, share, reading in zip([*rows[:count], rows[-1]], got.shares, got.readings, strict=True):
        expect(row.locator(".llm-number")).to_have_text(percent(share))
        expect(row.locator("q")).to_have_text(reading.value or rag_apart.REFUSAL)
        expect(row.locator(".ra-refusal")).to_have_text(f"chance de recusar: {percent(reading.refusal)}")
    expect(rows[-1]).to_contain_text(" e ".join(f"[{n + 1}]" for n in got.pair))
    expect(root.locator(".ra-answer")).to_have_text(got.text)


@pytest.mark.parametrize("host", ["http", "disco"])
def test_a_question_of_ones_own_and_more_passages_ask_the_model(
    host: str, opened: Callable[..., Locator]
) -> None:
    root = opened(ReadApart(Fluent(), ASKED[:2], k=2), host, collections=["caxinduba"])
    agrees(root, expected(ASKED[0][1], 2))
    root.get_by_label("Trechos lidos").fill("4")
    settled(root)
    agrees(root, expected(ASKED[0][1], 4))
    root.get_by_label("Pergunta", exact=True).fill(f" {OWN} ")
    settled(root)
    agrees(root, expected(OWN, 4))
    root.get_by_role("button", name="multa").click()
    settled(root)
    agrees(root, expected(FINE["pergunta"], 4))
    root.get_by_label("Trechos lidos").fill("1")
    settled(root)
    assert len(expected(FINE["pergunta"], 1).sources) == 2  # one of them in the pair alone
    agrees(root, expected(FINE["pergunta"], 1))


def test_what_goes_wrong_is_said_and_nothing_is_lost(opened: Callable[..., Locator]) -> None:
    root = opened(
        apart(),
        collections=["caxinduba"],
        spoil=lambda static: (static / "models" / "mini-base.js").unlink(),
    )
    note, question, answer = root.locator(".rag-note"), root.get_by_label("Pergunta", exact=True), "8h30. [1]"
    for asked, sentence in {" ": "Escreva uma pergunta", OWN: "não foi encontrado"}.items():
        question.fill(asked)
        expect(note).to_contain_text(sentence)
        expect(root).to_have_attribute("data-state", "error")
        expect(root.locator(".ra-answer")).to_have_text(answer)
        expect(question).to_have_value(asked)
    root.get_by_role("button", name="horário").click()
    settled(root, "recorded")
    expect(note).to_be_empty()
    root.get_by_label("Trechos lidos").fill("6")
    expect(note).to_contain_text("não foi encontrado")
    expect(root.locator(".ra-row")).to_have_count(3 + 1)
    expect(root.locator(".ra-answer")).to_have_text(answer)
    root.get_by_label("Trechos lidos").fill("2")
    settled(root, "recorded")
    expect(note).to_be_empty()
    root.visited.errors.clear()  # the file that was taken away
