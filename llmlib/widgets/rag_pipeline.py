"""RagPipeline: question, passages found, prompt, answer with sources; each stage on the page, each editable.

The recording holds a few questions with what every stage made of them, so that the figure opens with no
model. A change asks for the search and the model through `compute` ("search", "chunk", "encode", "generate").
What joins the stages is `llmlib.rag`, which the page's script repeats. It finds nothing by itself and judges
no truth.
"""

from __future__ import annotations

from collections.abc import Sequence
from types import SimpleNamespace

import traitlets

from llmlib import rag
from llmlib.data import model_names
from llmlib.events import finished
from llmlib.widgets import fallback as html
from llmlib.widgets.base import Widget

WAYS = {
    "bm25": "palavras (BM25)",
    "dense": "vetores",
    "hybrid": "as duas, por lugares",
    "convex": "as duas, por notas",
}
HOLDS = {
    "literal": "o trecho diz isso, com estas palavras",
    "palavras": "as palavras estão no trecho, mas não seguidas",
    "ausente": "o trecho não traz essas palavras",
    "inexistente": "não há trecho com esse número",
}
RERANKER = "mini-rerank"  # the cross-encoder; where it is not bundled, the answering model orders again
LIMITS = {"k": (1, 8), "size": (10, 200), "overlap": (0, 100), "rerank": (0, 50), "hops": (1, 2)}


class RagPipeline(Widget):
    """From a question to an answer with its sources.

    Args:
        source: a model that converses and whose `compute` also knows "search" and "chunk", as `LM`.
        questions: (label, question) pairs; the first is shown, all are recorded.
        collection: a bundled collection of documents.
        k, by, rerank, size, overlap, hops: of the search, as `llmlib.retrieval` names them. Who orders
            again is said by `settings["reranker"]`: mini-rerank, or the answering model where there is none.
        titles: whether the prompt says the title of each passage's document.
        sizes: (size, overlap) pairs that the reader may choose.
        orders: planted instructions to mark, {document, start, end}.
        own: a text to start from where the reader brings documents of their own.
    """

    name = "rag-pipeline"
    collection = traitlets.Unicode("").tag(sync=True)
    settings = traitlets.Dict().tag(sync=True)  # of the search, and {reranker, titles, sizes, ways}
    context = traitlets.Int(512).tag(sync=True)
    recorded = traitlets.List(traitlets.Dict()).tag(sync=True)  # one a question, see record()
    documents = traitlets.Dict().tag(sync=True)  # id -> {title, text} of those that the recordings cite
    orders = traitlets.List(traitlets.Dict()).tag(sync=True)
    own = traitlets.Unicode("").tag(sync=True)

    def __init__(
        self,
        source: object,
        questions: Sequence[tuple[str, str]],
        collection: str = "caxinduba",
        k: int = 3,
        by: str = "hybrid",
        rerank: int = 0,
        size: int = 60,
        overlap: int = 15,
        titles: bool = False,
        sizes: Sequence[tuple[int, int]] = ((60, 15),),
        orders: Sequence[dict] = (),
        own: str = "",
        hops: int = 1,
    ) -> None:
        asked = {"k": k, "by": by, "rerank": rerank, "size": size, "overlap": overlap, "hops": hops}
        if not questions:
            raise ValueError("RagPipeline precisa de ao menos uma pergunta.")
        if by not in WAYS:
            raise ValueError(f"by é um de {', '.join(WAYS)}; veio {by}.")
        for key, (low, high) in LIMITS.items():
            if not low <= asked[key] <= high:
                raise ValueError(f"{key} vai de {low} a {high}; veio {asked[key]}.")
        if (size, overlap) not in [tuple(pair) for pair in sizes]:
            sizes = [(size, overlap), *sizes]
        asked["reranker"] = RERANKER if RERANKER in model_names() else source.name
        made = [record(source, label, question, collection, asked, titles) for label, question in questions]
        super().__init__(
            compute=source.compute,
            model_name=source.name,
            collection=collection,
            settings={
                **asked,
                "titles": titles,
                "sizes": [list(pair) for pair in sizes],
                "ways": list(map(list, WAYS.items())),
            },
            context=source.context,
            recorded=made,
            documents=whole(source, collection, {hit["document"] for each in made for hit in each["hits"]}),
            orders=[{key: each[key] for key in ("document", "start", "end")} for each in orders],
            own=own,
        )

    def first(self) -> rag.Answer:
        """The first recording's answer, read back."""
        made = self.recorded[0]
        sources = [_source(hit) for hit in made["hits"]][: len(made["weights"]) - 1]
        return rag.read(made["text"], rag.Prompt(made["question"], made["prompt"], tuple(sources), (), 0, 0))

    def summary(self) -> str:
        made, got = self.recorded[0], self.first()
        found = ", ".join(f"“{hit['title']}”" for hit in made["hits"])
        checks = "".join(f" A fonte [{c.number}]: {HOLDS[c.holds]}." for c in got.citations)
        return (
            f"Perguntado “{made['question']}”, o programa achou {found}; o modelo leu os trechos e respondeu "
            f"“{made['text']}”.{checks} Sem documentos, ele diz “{made['bare']}”."
        )

    def fallback(self) -> str:
        made = self.recorded[0]
        rows = "".join(
            f"<tr><th scope='row'>[{n}] {html.escape(hit['title'])}</th>"
            f"<td>{html.escape(hit['text'])}</td></tr>"
            for n, hit in enumerate(made["hits"], 1)
        )
        head = "<tr><th scope='col'>Trecho</th><th scope='col'>Texto</th></tr>"
        return (
            f"{html.line(made['question'])}<table><thead>{head}</thead><tbody>{rows}</tbody></table>"
            f"<p>{html.escape(self.summary())}</p>"
        )


def record(source: object, label: str, question: str, collection: str, asked: dict, titles: bool) -> dict:
    """Every stage of one question: {label, question, hits, prompt, weights, text, tokens, bare}.

    `weights`: tokens of the form and the question, and then of each source used.
    """
    found = result(source.compute("search", {"collection": collection, "query": question, **asked}))
    hits = [slim(hit) for hit in found["hits"]]
    made = rag.prompt(source, question, [_source(hit, titles) for hit in hits])
    sizes = [
        rag.tokens(source, rag.message(made.question, made.used[:n])) for n in range(1, len(made.used) + 1)
    ]
    bare = rag.tokens(source, made.question)
    events, answer = said(source, made.text)
    return {
        "label": label,
        "question": made.question,
        "hits": hits,
        "prompt": made.text,
        "weights": [bare, *(b - a for a, b in zip([bare, *sizes], sizes, strict=False))],
        "text": answer,
        "tokens": [
            {"id": e["token"]["id"], "text": e["token"]["text"], "p": e["token"]["p"]} for e in events
        ],
        "bare": said(source, made.question)[1],
    }


def said(source: object, words: str) -> tuple[list[dict], str]:
    """What the model answers to one message, always the most probable token: (events, text)."""
    request = {"messages": [{"role": "user", "content": words}], "max_new_tokens": rag.ROOM}
    events, answer = finished(source.compute("generate", request | {"sampling": {"temperature": 0}}))
    return events, answer["text"].strip()


def result(answer: object) -> dict:
    """What `compute` answered, run to its end where it tells its progress."""
    return answer if isinstance(answer, dict) else finished(answer)[1]


def slim(hit: dict) -> dict:
    """Of a hit what the figure shows: where it is, what it says, its place by each way, and the name that
    brought it, if that was a second search."""
    kept = {key: hit[key] for key in ("document", "title", "start", "end", "text")}
    ranks = {way: hit[way]["rank"] for way in ("bm25", "dense", "rerank") if hit.get(way)}
    return {**kept, "ranks": ranks, "bridge": hit.get("bridge")}


def whole(source: object, collection: str, wanted: set[str]) -> dict[str, dict]:
    """{id: {title, text}} of documents of a collection, from its bundled file."""
    from llmlib.data import documents

    rows = {row["id"]: row for row in documents(collection)}
    return {
        key: {"title": rows[key]["titulo"], "text": rows[key].get("texto") or rows[key]["resumo"]}
        for key in sorted(wanted)
    }


def _source(hit: dict, titles: bool = False) -> rag.Source:
    return rag.sourced(Found(hit), titles)


class Found:
    """A hit as `compute` gives it, as `llmlib.rag` takes one."""

    def __init__(self, hit: dict):
        self.chunk = SimpleNamespace(
            **{key: hit[key] for key in ("document", "title", "start", "end", "text")}
        )
