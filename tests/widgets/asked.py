"""What the figures about a RAG are tried on: questions with their truth, a model that searches, measures."""

from __future__ import annotations

from collections.abc import Iterator

from llmlib.rag_judge import VERDICTS
from tests.llmlib.judged import BOARD, BOOK, FINE, NOTHING, NOTICE, ORDER, RULES, SALE
from tests.widgets.fake import FakeLM

TITLED = [{**each, "title": f"Documento {i} <b>"} for i, each in enumerate((RULES, NOTICE, BOARD), 1)]
ITEMS = [
    {"title": "Sono </script>", "grade": 3, "note": "2020"}, {"title": "Café", "grade": 0},
    {"title": "Chá", "grade": 1}, {"title": "Leite", "grade": 2}, {"title": "Água", "grade": 0},
]  # fmt: skip
ORDERS = {"por palavras": [1, 2, 0, 4, 3], "a melhor": [0, 3, 2, 1, 4]}
JUDGED = [
    {
        "label": "certa",
        "question": BOOK,
        "sources": TITLED,
        "reply": "O prazo é de 15 dias. [1]",
        "note": "Numa frase.",
    },
    {"label": "superada", "question": FINE, "sources": TITLED, "reply": "1 real. [1]"},
    {"label": "sem resposta", "question": NOTHING, "sources": TITLED, "reply": "1912 </script>"},
]
CASES = [
    {
        "label": "o prazo",
        "question": {
            **BOOK,
            "jeitos": [
                {"jeito": "direta", "texto": BOOK["pergunta"]},
                {"jeito": "busca", "texto": "prazo <b>"},
            ],
        },
        "note": "Veja a [1].",
    },
    {"label": "a multa", "question": FINE},
    {"label": "o ano", "question": NOTHING},
    {"label": "as linhas", "question": SALE},
]


class AskedLM(FakeLM):
    """FakeLM with a search that always finds the same three passages, and one answer to each message."""

    context = 255

    def compute(self, method: str, params: dict) -> object:
        if method == "search":
            return {"hits": TITLED, "ms": {}, "note": None}
        if method == "generate":
            words = params["messages"][-1]["content"]
            return self.say("15 dias. [1]" if "\nContexto:\n" in words else "Não sei.")
        if method == "encode":
            words = params["messages"][-1]["content"].split()
            return {"tokens": [{"id": i, "text": word} for i, word in enumerate(words)], "cut": 0}
        return super().compute(method, params)

    def say(self, text: str) -> Iterator[dict]:
        yield {"token": {"id": 1, "text": text, "p": 0.5}}
        return {"ids": [1], "text": text, "reason": "eos", "cut": 0}


def shares(*values: float, n: int = 40) -> dict:
    """Verdicts in the order of VERDICTS."""
    return {
        verdict: {"value": v, "low": max(0, v - 0.1), "high": min(1, v + 0.1), "n": n}
        for verdict, v in zip(VERDICTS, values, strict=True)
    }


def setting(sweeps: list[str], found: float, right: float, **changed: object) -> dict:
    """A setting as `builders.rag_curves` writes it."""
    whole = {
        "by": "hybrid",
        "rerank": 0,
        "hops": 1,
        "k": 3,
        "size": 60,
        "titles": True,
        "temperature": 0.0,
    } | changed
    return {
        "sweeps": sweeps,
        "setting": whole,
        "answerable": shares(right, 0.05, 0.1, 0.0, round(0.85 - right, 4)),
        "unanswerable": shares(0, 0, 0.25, 0.15, 0.6, n=12),
        "found": {"value": found, "low": found - 0.1, "high": min(1, found + 0.1), "n": 40},
        "replies": [["q1", f"{right} </script>", "certa"], ["q14", "O texto não diz.", "recusada"]],
    }


SETTINGS = [
    setting(["by"], 0.6, 0.4, by="bm25"),
    setting(["by"], 0.5, 0.3, by="dense"),
    setting(["by", "k", "temperature"], 0.7, 0.55),
    setting(["by"], 0.8, 0.6, rerank=10),
    setting(["k"], 0.45, 0.35, k=1),
    setting(["temperature"], 0.7, 0.2, temperature=0.8),
]
ASKED = {"q1": BOOK, "q14": NOTHING}
ORDERED = [ORDER]
