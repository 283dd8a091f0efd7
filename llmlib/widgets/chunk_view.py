"""ChunkView: a document drawn with its chunks, while the reader moves their size and overlap.

A sentence that answers a question is followed through the cut: whole in one chunk, or in pieces. Beside it
stands the same count over a whole collection, for every size and overlap of a grid, made here once. Cutting
needs no model: the page does it at each move of a slider, with the cutter of `engine/search.js`, twin of
`llmlib.scratch.retrieval.windows`.
"""

from __future__ import annotations

from bisect import bisect_left, bisect_right
from collections.abc import Sequence

import traitlets

from llmlib.scratch.retrieval import windows
from llmlib.widgets import fallback as html
from llmlib.widgets.base import Widget

SIZES = tuple(range(10, 160, 10))
OVERLAPS = tuple(range(0, 65, 5))


class ChunkView(Widget):
    """A text and its windows of words.

    Args:
        documents: what may be chosen, {"id", "titulo", "texto"} each; the first is shown.
        questions: rows of `llmlib.data.questions`; those answered in one of the documents can be chosen.
        collection: documents over which the sentences that answer are counted for every size; may be empty.
        size, overlap: words of a chunk, and how many of them the next one repeats: both on the grid.
        own: a text to start from where the reader brings one.
    """

    name = "chunk-view"
    documents = traitlets.List(traitlets.Dict()).tag(
        sync=True
    )  # {title, text, questions: [{text, start, end}]}
    size = traitlets.Int(60).tag(sync=True)
    overlap = traitlets.Int(15).tag(sync=True)
    grid = traitlets.Dict().tag(
        sync=True
    )  # {sizes, overlaps, spans, kept: [[…]], chunks: [[…]]}; {} for none
    own = traitlets.Unicode("").tag(sync=True)

    def __init__(
        self,
        documents: Sequence[dict],
        questions: Sequence[dict] = (),
        collection: Sequence[dict] = (),
        size: int = 60,
        overlap: int = 15,
        own: str = "",
    ) -> None:
        if not documents:
            raise ValueError("ChunkView precisa de ao menos um documento.")
        if size not in SIZES or overlap not in OVERLAPS or overlap >= size:
            raise ValueError(
                f"O tamanho vai de {SIZES[0]} a {SIZES[-1]}, de 10 em 10, e a sobreposição, menor que ele, "
                f"de 5 em 5; vieram {size} e {overlap}."
            )
        super().__init__(
            documents=[
                {
                    "title": each["titulo"],
                    "text": each["texto"],
                    "questions": asked(each["id"], questions),
                }
                for each in documents
            ],
            size=size,
            overlap=overlap,
            grid=counted(collection, questions) if collection else {},
            own=own,
        )

    def chunks(self) -> list[tuple[int, int]]:
        """The windows of the first document."""
        return windows(self.documents[0]["text"], self.size, self.overlap)

    def summary(self) -> str:
        first, cut = self.documents[0], self.chunks()
        said = f"“{first['title']}” em {len(cut)} trechos de {self.size} palavras, {self.overlap} repetidas."
        whole = sum(holds(cut, each["start"], each["end"]) for each in first["questions"])
        if first["questions"]:
            said += (
                f" Das {len(first['questions'])} frases que respondem a perguntas, {whole} ficaram inteiras."
            )
        return said

    def fallback(self) -> str:
        text = self.documents[0]["text"]
        rows = "".join(f"<li><p>{html.escape(text[a:b])}</p></li>" for a, b in self.chunks())
        return f"<p>{html.escape(self.summary())}</p><ol>{rows}</ol>"


def holds(cut: Sequence[tuple[int, int]], start: int, end: int) -> bool:
    """Is [start, end) whole in one of the windows?"""
    return any(a <= start and end <= b for a, b in cut)


def asked(document: str, questions: Sequence[dict]) -> list[dict]:
    """Questions of one fact that a document answers, with the sentence that does: {text, start, end}."""
    return [
        {"text": each["pergunta"], "start": span["inicio"], "end": span["fim"]}
        for each in questions
        if each["tipo"] == "um_fato"
        for span in each["apoios"][:1]
        if span["documento"] == document
    ]


def counted(collection: Sequence[dict], questions: Sequence[dict]) -> dict:
    """For each size and overlap: how many chunks, and how many supporting spans stay whole in one."""
    lengths, spans = [], set()
    wanted: dict[str, set[tuple[int, int]]] = {}
    for each in questions:
        for span in each["apoios"]:
            wanted.setdefault(span["documento"], set()).add((span["inicio"], span["fim"]))
    for each in collection:
        starts = [start for start, _ in windows(each["texto"], 1, 0)]
        lengths.append(len(starts))
        for start, end in wanted.get(each["id"], ()):  # as places of its first and last words
            spans.add(
                (each["id"], bisect_right(starts, start) - 1, bisect_left(starts, end) - 1, len(starts))
            )
    kept, chunks = [], []
    for size in SIZES:
        steps = [size - overlap for overlap in OVERLAPS if overlap < size]
        chunks.append([sum(last(n, size, step) + 1 for n in lengths) for step in steps])
        kept.append(
            [
                sum(b < min(a // step, last(n, size, step)) * step + size for _, a, b, n in spans)
                for step in steps
            ]
        )
    return {
        "sizes": list(SIZES),
        "overlaps": list(OVERLAPS),
        "spans": len(spans),
        "kept": kept,
        "chunks": chunks,
    }


def last(words: int, size: int, step: int) -> int:
    """Number, from 0, of the last window over so many words."""
    return max(0, -(-(words - size) // step))
