"""ReadApart: each passage found is read alone, and what the readings say is added up (`llmlib.rag_apart`).

The recording holds, for a few questions, the passages with the scores of the search and what the model says
of each, so that the sums and the caution move with no model; a question of the reader's own asks for
"search", "encode" and "generate" through `compute`. The sums are repeated in `read_apart.sums.js`, kept equal
by a test. It judges no truth.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import asdict

import traitlets

from llmlib import rag, rag_apart
from llmlib.scratch.marginal import Reading
from llmlib.widgets import fallback as html
from llmlib.widgets.base import Widget
from llmlib.widgets.rag_pipeline import Found, result, said

LIMITS = {"k": (1, 6), "caution": (0, 2), "size": (10, 200), "overlap": (0, 100)}
TOGETHER = 2  # passages of the one prompt that the readings are compared with
SHOWN = ("document", "title", "start", "end", "text", "score")  # of each hit


class ReadApart(Widget):
    """One passage at a time, and the sums of the readings.

    Args:
        source: a model that converses and whose `compute` also knows "search", as `LM`.
        questions: (label, question) pairs; the first is shown, all are recorded.
        collection: a bundled collection of documents.
        k: how many passages are read.
        caution: what the sum of the refusals is multiplied by before it competes.
        size, overlap: of the passages, in words.
        titles: whether the model also reads the title of each passage's document.
    """

    name = "read-apart"
    collection = traitlets.Unicode("").tag(sync=True)
    settings = traitlets.Dict().tag(sync=True)  # {k, caution, size, overlap, titles}
    context = traitlets.Int(512).tag(sync=True)
    recorded = traitlets.List(traitlets.Dict()).tag(sync=True)  # one a question, see record()

    def __init__(
        self,
        source: object,
        questions: Sequence[tuple[str, str]],
        collection: str = "caxinduba",
        k: int = 3,
        caution: float = 0.5,
        size: int = 60,
        overlap: int = 15,
        titles: bool = True,
    ) -> None:
        asked = {"k": k, "caution": caution, "size": size, "overlap": overlap}
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
        made = self.recorded[0]
        hits, titles = made["hits"], self.settings["titles"]
        return rag_apart.joined(
            made["question"],
            [rag.sourced(Found(hit), titles) for hit in hits],
            [Reading(**each) for each in made["readings"]],
            [hit["score"] for hit in hits],
            self.settings["caution"],
        )

    def summary(self) -> str:
        got, caution = self.first(), self.settings["caution"]
        sums = [f"“{value.rstrip('.')}” soma {html.percent(score)}" for value, score in got.sums.answers]
        sums.append(
            f"a recusa, {html.percent(got.sums.refusal)}, vezes a cautela {html.decimal(caution, 2)}, "
            f"fica com {html.percent(caution * got.sums.refusal)}"
        )
        return (
            f"Perguntado “{got.question}”, o modelo leu sozinho cada um dos trechos ({len(got.sources)}). "
            f"Somadas as leituras: {'; '.join(sums)}. Resposta: “{got.text}”. Com os "
            f"{TOGETHER} primeiros trechos juntos num só prompt, ele diz “{self.recorded[0]['together']}”."
        )

    def fallback(self) -> str:
        got = self.first()
        rows = "".join(
            f"<tr><th scope='row'>[{n}] {html.escape(source.title)}</th><td>{html.percent(share)}</td>"
            f"<td>{html.escape(reading.value or rag_apart.REFUSAL)}</td><td>{html.percent(reading.p)}</td>"
            f"<td>{html.percent(reading.refusal)}</td></tr>"
            for n, (source, share, reading) in enumerate(
                zip(got.sources, got.shares, got.readings, strict=True), 1
            )
        )
        names = ("Trecho", "Confiança da busca", "O modelo diz, lendo só ele", "com", "e recusaria com")
        head = "".join(f"<th scope='col'>{name}</th>" for name in names)
        return (
            f"{html.line(got.question)}<table><thead><tr>{head}</tr></thead><tbody>{rows}</tbody></table>"
            f"<p>{html.escape(self.summary())}</p>"
        )


def record(source: object, label: str, question: str, collection: str, asked: dict) -> dict:
    """One question: {label, question, hits, readings, together, fit}; reading n is of hit n.

    `together`: the answer to one prompt with the best passages, of which `fit` had room.
    """
    how = {key: asked[key] for key in ("k", "size", "overlap")} | {"by": "convex", "rerank": 0}
    how["k"] = max(how["k"], TOGETHER)
    found = result(source.compute("search", {"collection": collection, "query": question, **how}))
    sources = [rag.sourced(Found(hit), asked["titles"]) for hit in found["hits"]]
    made = rag.prompt(source, question, sources[:TOGETHER])
    k = asked["k"]
    return {
        "label": label,
        "question": made.question,
        "hits": [{key: hit[key] for key in SHOWN} for hit in found["hits"][:k]],
        "readings": [asdict(rag_apart.read(source, made.question, each)) for each in sources[:k]],
        "together": said(source, made.text)[1],
        "fit": len(made.used),
    }
