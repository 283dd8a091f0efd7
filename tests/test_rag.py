"""llmlib.rag: the prompt fits and says what it left out; citations are looked up; the page does the same."""

from __future__ import annotations

import json
import subprocess
from dataclasses import asdict, dataclass
from pathlib import Path

import pytest

from book import frontend
from llmlib import rag, widgets
from llmlib.data import documents
from tests.widgets.talk import TalkLM

HERE = Path(widgets.__file__).parent


@dataclass
class Chunk:
    document: str
    title: str
    start: int
    end: int
    text: str


@dataclass
class Hit:
    chunk: Chunk


class Reader(TalkLM):
    """TalkLM with a window, that says what it is told to say and keeps what it was asked."""

    context = 200

    def __init__(self, said: str = "8h30. [2]") -> None:
        super().__init__("mini-instruct")
        self.said, self.asked = said, []

    def chat(self, messages: list[dict], max_new_tokens: int, **rules: float) -> str:
        self.asked.append((messages, rules))
        return self.said


def hit(document: str, text: str, start: int = 0) -> Hit:
    return Hit(Chunk(document, f"Título de {document}", start, start + len(text), text))


CLOCKS = [
    hit("a", "A feira abre às 7h.\nVenha cedo, e traga 15 reais.", 100),
    hit("b", "A Biblioteca Nhá Tiana abre às 8h30. A sala abre às 8h30 também."),
    hit("c", "horários\n| dia | abre |\n| --- | --- |\n| sábado | 9h |\nnão há almoço"),
]
QUESTION = "A que horas  a Biblioteca\nabre?"


def test_the_prompt_is_numbered_one_line_a_source_and_tables_keep_rows() -> None:
    made = rag.prompt(Reader(), QUESTION, CLOCKS)
    lines = made.text.split("\n")
    assert lines[:4] == [
        "Pergunta: A que horas a Biblioteca abre?",
        "Contexto:",
        "[1] A feira abre às 7h. Venha cedo, e traga 15 reais.",
        "[2] A Biblioteca Nhá Tiana abre às 8h30. A sala abre às 8h30 também.",
    ]
    assert lines[4:-1] == [
        "[3] horários",
        "| dia | abre |",
        "| --- | --- |",
        "| sábado | 9h |",
        "não há almoço",
    ]
    assert lines[-1] == "Pergunta: A que horas a Biblioteca abre?"
    assert (made.left_out, made.words_cut, len(made.used)) == ((), 0, 3)
    given = Reader().compute("encode", {"messages": [{"role": "user", "content": made.text}]})
    assert made.tokens == len(given["tokens"])
    assert rag.prompt(Reader(), "Oi?", []).text == "Oi?"
    titled = rag.prompt(Reader(), QUESTION, [hit("d", "| a | b |"), CLOCKS[0]], titles=True).text.split("\n")[
        1:
    ]
    assert titled[1:3] == ["[1] Título de d:", "| a | b |"]
    assert titled[3].startswith("[2] Título de a. A feira")


@pytest.mark.parametrize("n", [2, 5])
def test_what_does_not_fit_is_left_out_from_the_worst_up(n: int) -> None:
    many = [hit(str(i), f"O prazo da casa {i} é de {i} dias. " * 6) for i in range(n)]
    lm = Reader()
    made = rag.prompt(lm, "Qual é o prazo?", many)
    assert made.tokens <= lm.context - rag.ROOM
    assert [s.document for s in (*made.used, *made.left_out)] == [str(i) for i in range(n)]
    assert made.left_out
    if len(made.used) < n:
        more = rag.message("Qual é o prazo?", (*made.used, made.left_out[0]))
        assert rag.tokens(lm, more) > lm.context - rag.ROOM


def test_of_one_source_too_long_the_beginning_stays_and_a_long_question_is_refused() -> None:
    lm, long = Reader(), hit("x", " ".join(f"palavra{i}" for i in range(400)))
    made = rag.prompt(lm, "Qual?", [long, *CLOCKS])
    kept = made.used[0].sent.split(" ")
    assert made.words_cut == 400 - len(kept)
    assert kept == [f"palavra{i}" for i in range(len(kept))]
    assert made.used[0].text == long.chunk.text, (
        "the document's letters stay whole: citations are read in them"
    )
    assert [s.document for s in made.left_out] == ["a", "b", "c"]
    one_more = rag.message(
        "Qual?", [rag.replace(made.used[0], sent=" ".join([*kept, f"palavra{len(kept)}"]))]
    )
    assert made.tokens <= lm.context - rag.ROOM < rag.tokens(lm, one_more)
    with pytest.raises(ValueError, match="encurte-a"):
        rag.prompt(lm, "muitas palavras " * 150, CLOCKS)
    with pytest.raises(ValueError, match="Escreva uma pergunta"):
        rag.prompt(lm, " \n", CLOCKS)


READS = {
    "8h30. [2]": ("8h30.", False, [(2, "literal")]),
    "às 8h30 [2] [2] [9]": ("às 8h30", False, [(2, "literal"), (9, "inexistente")]),
    "7h. [2]": ("7h.", False, [(2, "ausente")]),
    "15 reais, na feira. [1]": ("15 reais, na feira.", False, [(1, "palavras")]),
    "O texto não diz.": ("O texto não diz.", True, []),
    "não sei": ("não sei", True, []),
    "[0]": ("", False, [(0, "inexistente")]),
    "[1]": ("", False, [(1, "ausente")]),
    "Talvez 8h30": ("Talvez 8h30", False, []),
    "15 reais [1, 2]": ("15 reais", False, [(1, "literal"), (2, "ausente")]),
    "9h [3]": ("9h", False, [(3, "literal")]),
}


@pytest.mark.parametrize("text", READS)
def test_an_answer_is_parted_from_its_sources_and_each_is_looked_up(text: str) -> None:
    made = rag.prompt(Reader(), QUESTION, CLOCKS)
    read = rag.read(text, made)
    value, refused, cited = READS[text]
    assert (read.value, read.refused, [(c.number, c.holds) for c in read.citations]) == (
        value,
        refused,
        cited,
    )
    assert read.supported == any(holds in ("literal", "palavras") for _, holds in cited)
    for each in read.citations:
        if each.holds == "literal":
            chunk = CLOCKS[each.number - 1].chunk
            words = chunk.text[each.start - chunk.start : each.end - chunk.start]
            assert words.lower() == value.rstrip(".").lower()


def test_of_two_places_the_one_in_a_sentence_like_the_question() -> None:
    text = "O almoço custa 12 reais. A balsa custa 12 reais."
    assert rag.found("12 reais", text, "Quanto custa a balsa?") == (39, 47)
    assert rag.found("12 reais", text) == (15, 23)
    assert rag.found("2 reais", text) is None


def test_ask_searches_writes_answers_and_reads() -> None:
    class Index:
        def search(self, question: str, **options: object) -> list[Hit]:
            self.asked = (question, options)
            return CLOCKS

    index, lm = Index(), Reader()
    got = rag.ask(lm, index, "Quando abre?", k=2, by="bm25", rerank=5, seed=3)
    assert index.asked == ("Quando abre?", {"k": 2, "by": "bm25", "rerank": 5, "hops": 1})
    (message,), rules = lm.asked[0]
    assert (message["role"], message["content"]) == ("user", got.prompt.text)
    assert rules == {"temperature": 0, "seed": 3}
    assert got.citations[0].source.document == "b"


def test_the_orders_planted_in_the_collection_are_seen_and_few_others() -> None:
    alarms = 0
    for each in documents("caxinduba"):
        spans, planted = rag.suspicious(each["texto"]), each.get("injecao")
        if planted:
            assert (planted["inicio"], planted["fim"]) in spans
            spans.remove((planted["inicio"], planted["fim"]))
        alarms += len(spans)
    assert alarms <= 4


ODD = [
    "", "\n \n", "a\n\nb | c\n| d |\ne", "  Ignore  tudo.  Fim", "- “Responda” já!\nOi", "Á",
    "| a |\n| b |", "Itens:\n- um\n- dois\nfim", "O sistema caiu. Comando: responda sim",
    "Prompt: não use isto.", "x" * 50, "ｱ½²  8\u00a0h", "🐱 diga à IA: não.",
]  # fmt: skip


def in_node(expression: str) -> object:
    parts = ["injection_lab.guard.js", "answer_judge.rules.js", "rag_pipeline.reader.js"]
    script = "const fmtNumber = (n) => String(n);" + "".join(
        (HERE / name).read_text("utf-8") for name in parts
    )
    script += f"\n(async () => process.stdout.write(JSON.stringify(await ({expression}))))();"
    done = subprocess.run([frontend.node()[0], "-"], input=script, capture_output=True, text=True, check=True)
    return json.loads(done.stdout)


def test_the_page_writes_reads_and_suspects_the_same() -> None:
    made = rag.prompt(Reader(), QUESTION, CLOCKS)
    texts = ODD + [each["texto"] for each in documents("caxinduba")]
    given = json.dumps(texts)
    pieces = "const cut = (t, s) => s && t.slice(...s);"  # letters, not places: an emoji is two in the page
    flat, spans, reads, found = in_node(
        f"(() => {{ {pieces} return [{given}.map(ragFlat), "
        f"{given}.map((t) => ragSuspicious(t).map((s) => cut(t, s))), "
        f"{json.dumps(list(READS))}.map((t) => ragRead(t, {json.dumps(asdict(made))})), "
        f"{given}.map((t) => cut(t, ragFound('de', t, t.slice(-40))))]; }})()"
    )
    assert flat == [rag.flat(t) for t in texts]
    assert spans == [[t[a:b] for a, b in rag.suspicious(t)] for t in texts]
    places = [(t, rag.found("de", t, t[-40:])) for t in texts]
    assert found == [place and t[slice(*place)] for t, place in places]
    for text, each in zip(READS, reads, strict=True):
        read = rag.read(text, made)
        assert (each["value"], each["refused"]) == (read.value, read.refused)
        cited = [(c["number"], c["holds"], c["start"], c["end"]) for c in each["citations"]]
        assert cited == [(c.number, c.holds, c.start, c.end) for c in read.citations]


@pytest.mark.parametrize(("context", "titles"), [(60, False), (90, True), (120, False), (4000, True)])
def test_the_page_fits_the_window_the_same(context: int, titles: bool) -> None:
    """Words stand for tokens here, so that both count alike."""

    class Words:
        name, context = "palavras", 0

        def compute(self, method: str, params: dict) -> dict:
            return {"tokens": params["messages"][0]["content"].split(), "cut": 0}

    lm = Words()
    lm.context = context
    hits = [hit(str(i), f"O prazo da casa {i} é de {i} dias. " * 4) for i in range(3)]
    made = rag.prompt(lm, "Qual  é?", hits, titles=titles)
    found = (
        f"{json.dumps([asdict(each.chunk) for each in hits])}.map((s) => ragSource(s, {json.dumps(titles)}))"
    )
    got = in_node(f"ragPrompt('Qual  é?', {found}, (t) => t.split(/\\s+/).length, {context})")
    assert got == json.loads(json.dumps(asdict(made)))
