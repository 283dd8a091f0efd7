"""What a search gives back: chunks with their places, what each way of searching said of them, and times."""

from __future__ import annotations

import time
from collections.abc import Sequence
from dataclasses import dataclass

from llmlib.retrieval.texts import Chunk


@dataclass(frozen=True)
class Place:
    """What one way of searching said of a chunk: its score there, and its rank, from 1."""

    score: float
    rank: int


@dataclass(frozen=True)
class Hit:
    """A chunk that was found.

    Attributes:
        score: the number that it was ordered by: BM25's, the cosine, the fusion's, or the reranker's logit.
        rank: its place in the answer, from 1.
        bm25, dense, rerank: what each way said of it; None where the way was not asked or did not list it.
        bridge: the name with which a second search found it; None where the first did. Score and what each
            way said are then those of the second search.
    """

    chunk: Chunk
    score: float
    rank: int
    bm25: Place | None = None
    dense: Place | None = None
    rerank: Place | None = None
    bridge: str | None = None

    @property
    def text(self) -> str:
        return self.chunk.text

    @property
    def document(self) -> str:
        return self.chunk.document

    @property
    def title(self) -> str:
        return self.chunk.title


class Hits(list):
    """The hits of a search, the best first; `note`: a sentence about what was left out, or None; `ms`: times.

    `ms` has milliseconds by stage: bm25, embed (of the query), dense, rerank; None for a stage not asked.
    """

    def __init__(self, hits: Sequence[Hit] = (), note: str | None = None, ms: dict | None = None):
        super().__init__(hits)
        self.note, self.ms = note, ms or {}

    def __repr__(self) -> str:
        lines = [
            f"{hit.rank}. {hit.title or hit.document}: {' '.join(hit.text.split())[:90]}" for hit in self
        ]
        return "\n".join([*([self.note] if self.note else []), *lines]) or "Nada foi achado."


def ranked(
    numbers: Sequence[int], scores: Sequence[float], kept: Sequence[bool] | None = None
) -> dict[int, Place]:
    """{number: its place}, in the order given; where `kept` is given, only those that it keeps."""
    pairs = [(int(i), float(s)) for i, s in zip(numbers, scores, strict=True)]
    if kept is not None:
        pairs = [pair for pair, good in zip(pairs, kept, strict=True) if good]
    return {number: Place(score, rank) for rank, (number, score) in enumerate(pairs, start=1)}


class stage:
    """Times a block: `with stage(ms, "bm25"):` writes its milliseconds."""

    def __init__(self, ms: dict, name: str):
        self.ms, self.name = ms, name

    def __enter__(self) -> None:
        self.start = time.perf_counter()

    def __exit__(self, *_: object) -> None:
        self.ms[self.name] = (time.perf_counter() - self.start) * 1000
