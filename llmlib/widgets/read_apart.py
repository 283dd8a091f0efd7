"""ReadApart: each passage found is read alone, and what the readings say is added up (`llmlib.rag_apart`).

The recording holds, for a few questions, the passages with the scores of the search, what the model says of
each, and what it says of two of them in one prompt, so that the sums, the caution and the weight of that last
reading move with no model; a question of the reader's own asks for
"search", "encode" and "generate" through `compute`. The sums are repeated in `read_apart.sums.js`, kept equal
by a test. It judges no truth.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import asdict

import traitlets

from llmlib import rag, rag_apart
from llmlib.scratch.marginal import CAUTION, WEIGHT, Reading
from llmlib.widgets import fallback as html
from llmlib.widgets.base import Widget
from llmlib.widgets.rag_pipeline import Found, result

LIMITS = {"k": (1, 6), "caution": (0, 2), "weight": (0, 1), "size": (10, 200), "overlap": (0, 100)}
SHOWN = ("document", "title", "start", "end", "text", "score")  # of each hit


class ReadApart(Widget):
    """One passage at a time, and the sums of the readings.

    Args:
        source: a model that converses and whose `compute` also knows "search", as `LM`.
        questions: (label, question) pairs; the first is shown, all are recorded.
        collection: a bundled collection of documents.
        k: how many passages are read.
        caution: what the sum of the refusals is multiplied by before it competes.
        weight: the trust in the reading of two passages in one prompt, found by two searches.
        size, overlap: of the passages, in words.
        titles: whether the model also reads the title of each passage's document.
    """

    name = "read-apart"
    collection = traitlets.Unicode("").tag(sync=True)
    settings = traitlets.Dict().tag(sync=True)  # {k, caution, weight, size, overlap, titles}
    context = traitlets.Int(512).tag(sync=True)
    recorded = traitlets.List(traitlets.Dict()).tag(sync=True)  # one a question, see record()

    def __init__(
        self,
        source: object,
        questions: Sequence[tuple[str, str]],
        collection: str = "caxinduba",
        k: int = 3,
        caution: float = CAUTION,
        weight: float = WEIGHT,
        size: int = 60,
        overlap: int = 15,
        titles: bool = True,
    ) -> None:
        asked = {"k": k, "caution": caution, "weight": weight, "size": size, "overlap": overlap}
        if not questions:
            raise ValueError("ReadApart precisa de ao menos uma pergunta.")
        for key, (low, high) in LIMITS.items():
            if not low <= asked[key] <= high:
                raise ValueError(f"{key} vai de {low} a {high}; veio {asked[key]}.")
        asked["titles"] = titles
        super().__init__(
            compute=source.compute,
            model_name=source.name,
            collection=collection,
            settings=asked,
            context=source.context,
            recorded=[record(source, label, question, collection, asked) for label, question in questions],
        )

    def first(self) -> rag_apart.Apart:
        """The first recording, with its readings added up again."""
        made, asked = self.recorded[0], self.settings
        source = lambda hit: rag.sourced(Found(hit), asked["titles"])  # noqa: E731
        return rag_apart.joined(
            made["question"],
            [source(hit) for hit in made["hits"]],
            [Reading(**each) for each in (*made["readings"], made["joint"])],
            [hit["score"] for hit in made["hits"]],
            asked["caution"],
            asked["weight"],
            [source(hit) for hit in made["linked"]],
        )

    def summary(self) -> str:
        got, caution = self.first(), self.settings["caution"]
        sums = [f"“{value.rstrip('.')}” soma {html.percent(score)}" for value, score in got.sums.answers]
        sums.append(
            f"a recusa, {html.percent(got.sums.refusal)}, vezes a cautela {html.decimal(caution, 2)}, "
            f"fica com {html.percent(caution * got.sums.refusal)}"
        )
        return (
            f"Perguntado “{got.question}”, o modelo leu sozinho cada um dos trechos "
            f"({len(got.readings) - 1}) e, num prompt só, {together(got.pair)}, com peso "
            f"{html.percent(got.shares[-1])}. Somadas as leituras: {'; '.join(sums)}. Resposta: “{got.text}”."
        )

    def fallback(self) -> str:
        got = self.first()
        named = [f"[{n}] {source.title}" for n, source in enumerate(got.sources, 1)]
        read = [*named[: len(got.readings) - 1], f"{together(got.pair)}, juntos"]
        rows = "".join(
            f"<tr><th scope='row'>{html.escape(name)}</th><td>{html.percent(share)}</td>"
            f"<td>{html.escape(reading.value or rag_apart.REFUSAL)}</td><td>{html.percent(reading.p)}</td>"
            f"<td>{html.percent(reading.refusal)}</td></tr>"
            for name, share, reading in zip(read, got.shares, got.readings, strict=True)
        )
        names = ("O que foi lido", "Peso", "O modelo diz", "com", "e recusaria com")
        head = "".join(f"<th scope='col'>{name}</th>" for name in names)
        return (
            f"{html.line(got.question)}<table><thead><tr>{head}</tr></thead><tbody>{rows}</tbody></table>"
            f"<p>{html.escape(self.summary())}</p>"
        )


def together(pair: Sequence[int]) -> str:
    """ "[1] e [4]" """
    return " e ".join(f"[{n + 1}]" for n in pair)


def record(source: object, label: str, question: str, collection: str, asked: dict) -> dict:
    """One question: {label, question, hits, readings, linked, joint}; reading n is of hit n alone, `joint` of
    the passages in `linked`: the best of two searches, as many as one prompt had room for."""
    how = {key: asked[key] for key in ("k", "size", "overlap")} | {"by": "convex", "rerank": 0}

    def search(**more: int) -> list[dict]:
        return result(source.compute("search", {"collection": collection, "query": question, **how, **more}))[
            "hits"
        ]

    hits, linked = search(), search(k=rag_apart.PAIR, hops=2)
    sources = [rag.sourced(Found(hit), asked["titles"]) for hit in hits]
    made = rag.prompt(source, question, [rag.sourced(Found(hit), asked["titles"]) for hit in linked])
    shown = lambda hit: {key: hit[key] for key in SHOWN}  # noqa: E731
    return {
        "label": label,
        "question": made.question,
        "hits": [shown(hit) for hit in hits],
        "readings": [asdict(rag_apart.read(source, made.question, [each])) for each in sources],
        "linked": [shown(hit) for hit in linked[: len(made.used)]],
        "joint": asdict(rag_apart.read(source, made.question, made.used)),
    }
