"""A model that searches, for the figures on retrieval: Caxinduba by real BM25 and vectors that count letters.

Its answers name the first source; the page's fake engine counts letters and shared words the same way.
"""

from __future__ import annotations

import unicodedata
from collections.abc import Iterator
from functools import cache

import numpy as np

from llmlib.data import documents, questions
from llmlib.retrieval import Index
from llmlib.retrieval.answers import answered
from tests.widgets.fake import FakeLM

QUESTIONS = {row["id"]: row for row in questions("caxinduba")}
HOURS, FINE, PHONE = (QUESTIONS[key] for key in ("q001", "q003", "q013"))
ORDERED = next(each for each in documents("caxinduba") if each.get("injecao"))
ORDERS = [
    {"document": ORDERED["id"], "start": ORDERED["injecao"]["inicio"], "end": ORDERED["injecao"]["fim"]}
]
STRANGE = {
    "id": "estranho",
    "titulo": "Um </script> 🐱",
    "texto": "A feira 🐱 abre às 7h </script>.\n\n| dia | hora |\n| --- | --- |\n| sábado | 9h |\n"
    + "fim " * 40,
}


def letters(texts: list[str]) -> np.ndarray:
    """Vectors of length 1 that count letters."""
    counts = np.full((len(texts), 26), 0.01, np.float32)
    for row, text in enumerate(texts):
        for c in unicodedata.normalize("NFD", text.lower()):
            if "a" <= c <= "z":
                counts[row, ord(c) - 97] += 1
    return counts / np.linalg.norm(counts, axis=1, keepdims=True)


def shared(query: str, texts: list[str]) -> np.ndarray:
    wanted = set(query.lower().split())
    return np.array([sum(w in text.lower() for w in wanted) - len(text) / 1e4 for text in texts], np.float32)


@cache
def index() -> Index:
    return Index(documents("caxinduba"), embedder=letters, reranker=shared)


class SearchedLM(FakeLM):
    """FakeLM with a search; with a context it answers `said`, else that it does not know."""

    context = 255

    def __init__(self, said: str = "8h30. [1]") -> None:
        self.said = said

    def compute(self, method: str, params: dict) -> object:
        if method == "search":
            asked = {key: params[key] for key in ("k", "by", "rerank", "hops") if key in params}
            return answered(index(), params["query"], asked)
        if method == "generate" and "messages" in params:
            words = params["messages"][-1]["content"]
            return self.say(self.said if "\nContexto:\n" in words else "Não sei.")
        return super().compute(method, params)

    def say(self, text: str) -> Iterator[dict]:
        first = {"id": 1, "text": text, "p": 0.5}
        refusal = {"id": 2, "text": "O", "p": 0.3}  # as "O texto não diz." would begin
        yield {"token": first, "top": [first, refusal]}
        return {"ids": [1], "text": text, "reason": "eos", "cut": 0}
