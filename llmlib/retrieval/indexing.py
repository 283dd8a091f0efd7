"""Index: documents that can be searched, by words (BM25), by vectors, by both, and read again by a reranker.

It puts together what `llmlib.scratch.retrieval` shows in pieces. Vectors are made at the first search that
needs them (at once, where a store is given), and what cannot be indexed is refused before anything changes.
"""

from __future__ import annotations

import hashlib
from collections.abc import Callable, Sequence
from dataclasses import replace

import numpy as np

from llmlib.retrieval import encoders
from llmlib.retrieval.hits import Hit, Hits, Place, ranked, stage
from llmlib.retrieval.stores import VectorStore, fitting
from llmlib.retrieval.texts import (
    OVERLAP,
    SIZE,
    Chunk,
    RetrievalError,
    checked,
    chunks,
    cut_query,
    language_note,
)
from llmlib.scratch import hops as bridging
from llmlib.scratch.retrieval import BM25, best, convex_combination, reciprocal_rank_fusion, words

JOINED = ("hybrid", "convex")  # the lists of the other two, by places and by scores
WAYS = (*JOINED, "bm25", "dense")
DEPTH = 100  # of each way's list, how many places count when they are joined
REACH = 10  # places of a second search among which a document that has the name is looked for


class Index:
    """Documents cut in chunks and searched.

    Args:
        documents: dicts with `id`, `titulo` (shown, and searched with each chunk) and the text.
        size, overlap: words of a chunk, and how many of them its neighbours share.
        embedder: name of a model ("mini-embed", or one of the hub), a function from texts to vectors (n, D)
            of length 1, or None: then only BM25 searches.
        text: the field that holds the text ("texto", "resumo" …).
        store: where vectors are kept: `VectorStore()`, or `QdrantStore(client)`. One that has these very
            vectors already is used as it is.
        reranker: name of a cross-encoder, or a function (query, texts) -> scores.
        title: whether a chunk is searched with its document's title before it.
        vectors: those of the chunks, if they are there already.
    Attributes: `documents`, `chunks`, `notes`: a sentence for each document that is not in Portuguese.
    Raises:
        RetrievalError: an empty, binary or repeated document, sizes that cannot be, vectors of another
            width, or a store that is down. One sentence in Portuguese; the index stays as it was.
    """

    def __init__(
        self,
        documents: Sequence[dict] = (),
        size: int = SIZE,
        overlap: int = OVERLAP,
        embedder: str | Callable | None = "mini-embed",
        text: str = "texto",
        store: object | None = None,
        reranker: str | Callable = "mini-rerank",
        title: bool = True,
        vectors: np.ndarray | None = None,
    ):
        chunks("", size, overlap)  # refuses sizes that cannot be, even of no document
        self.size, self.overlap, self.field, self.title = size, overlap, text, title
        self._embedder, self._reranker = embedder, reranker
        self._at_once = store is not None
        self.store = VectorStore() if store is None else store
        self.documents: list[dict] = []
        self.chunks: list[Chunk] = []
        self.notes: list[str] = []
        self._words: list[list[str]] = []
        self._bm25 = BM25([])
        self._embedded = 0  # chunks whose vectors are in the store
        self.add(documents, vectors)

    def __len__(self) -> int:
        return len(self.chunks)

    def __repr__(self) -> str:
        pieces = f"{len(self.chunks)} trechos de até {self.size} palavras"
        return f"Index: {len(self.documents)} documentos em {pieces}."

    # ---- what is in it

    def add(self, documents: Sequence[dict], vectors: np.ndarray | None = None) -> None:
        """Put more documents in. All of them or, where one is refused, none."""
        known = {each["id"]: each["texto"] for each in self.documents}
        new = checked(documents, self.field, known)
        cut = [
            chunk
            for each in new
            for chunk in chunks(each["texto"], self.size, self.overlap, each["id"], each["titulo"])
        ]
        if vectors is not None and len(vectors) != len(cut):
            raise RetrievalError(f"Vieram {len(vectors)} vetores para {len(cut)} trechos: é um para cada um.")
        if vectors is not None:
            self._embed()  # those of before, so that these are all that is missing
        before = self.chunks
        self.chunks = before + cut
        try:
            if cut and (vectors is not None or self._at_once or self._embedded):
                self._embed(vectors)
        except BaseException:
            self.chunks = before
            raise
        self.documents += new
        self.notes += [note for each in new if (note := language_note(each))]
        self._words += [words(self.searched(chunk)) for chunk in cut]
        self._bm25 = BM25(self._words)

    def searched(self, chunk: Chunk) -> str:
        """The text by which a chunk is found: its own, with the document's title before it."""
        return f"{chunk.title}. {chunk.text}" if self.title and chunk.title else chunk.text

    def embedder(self) -> Callable:
        """The function from texts to vectors, opened at its first use."""
        if isinstance(self._embedder, str):
            self._embedder = encoders.embedder(self._embedder)
        if self._embedder is None:
            raise RetrievalError(
                "Este índice foi feito sem modelo de embeddings: busque com by='bm25', ou refaça o índice "
                "com embedder='mini-embed'."
            )
        return self._embedder

    def _embed(self, vectors: np.ndarray | None = None) -> None:
        """Give the store the vectors of the chunks that have none there yet; `vectors`, if they are known."""
        texts = [self.searched(chunk) for chunk in self.missing]
        if not texts:
            return
        stamp = self._stamp()
        keys = [key(stamp, text) for text in texts]
        if not self._already_there(keys):
            vectors = self.embedder()(texts) if vectors is None else vectors
            self.store.add(fitting(vectors, None, keys), keys)
        self._embedded = len(self.chunks)

    def _stamp(self) -> str:
        """What says which model the vectors are of."""
        if isinstance(self._embedder, str):
            return encoders.stamp(self._embedder)
        return getattr(self._embedder, "stamp", "")

    def _already_there(self, keys: list[str]) -> bool:
        """Has a store that was kept these very vectors? Raises RetrievalError where it has others."""
        if self._embedded or not self._at_once or not len(self.store):
            return False
        if self.store.keys() != keys:
            raise RetrievalError(
                "O banco já tem vetores, e não são os destes documentos com este modelo: use outro nome de "
                "coleção, ou apague a que está lá."
            )
        return True

    @property
    def missing(self) -> list[Chunk]:
        """The chunks that have no vector yet."""
        return self.chunks[self._embedded :]

    def prepare(self, vectors: np.ndarray | None = None) -> Index:
        """Make the vectors that are missing now, and not at the first search, or take those given."""
        self._embed(vectors)
        return self

    # ---- searching

    def search(
        self,
        query: str,
        k: int = 5,
        by: str = "hybrid",
        rerank: int = 0,
        reranker: str | None = None,
        hops: int = 1,
    ) -> Hits:
        """The k chunks that answer best, as Hits (a list of Hit with `note` and `ms`).

        Args:
            query: at most 256 words are used; `note` says so where there were more.
            by: "bm25" (shared words), "dense" (cosine of vectors), or both lists, of 100 places each, joined:
                "hybrid" by reciprocal rank fusion, "convex" by the mean of their scores. A joined search of
                stop-words only goes by vectors alone, and `note` says so. A chunk that shares no word with
                the query is not in BM25's list.
            rerank: how many of the best the reranker reads again and puts in order; 0: none.
            reranker: name of another one than the index's: "mini-instruct" puts texts in order by how likely
                it is to ask this query of them.
            hops: 2 searches again with the names that the best chunk brings (`llmlib.scratch.hops`), and what
                that finds in another document takes the second place, if k has one.
        Raises:
            RetrievalError: an empty query, one of stop-words only for BM25, an unknown `by`, a `k` below 1,
                `hops` that are not 1 or 2.
        """
        query, note = cut_query(query)
        if by not in WAYS:
            raise RetrievalError(f"Busca-se por {', '.join(WAYS)}; veio {by!r}.")
        if not isinstance(k, int) or k < 1 or not isinstance(rerank, int) or rerank < 0:
            raise RetrievalError("k é um número inteiro de 1 em diante, e rerank, de 0 em diante.")
        if hops not in (1, 2):
            raise RetrievalError(f"hops é o número de buscas, 1 ou 2; veio {hops!r}.")
        if not self.chunks:
            raise RetrievalError("O índice está vazio: ponha documentos nele antes de buscar.")
        ms: dict[str, float | None] = dict.fromkeys(("bm25", "embed", "dense", "rerank"))
        asked, depth = words(query), max(DEPTH, k, rerank)
        if not asked and by == "bm25":
            raise RetrievalError(
                f"A busca “{query.strip()}” só tem palavras vazias, que estão em quase todo texto: escreva "
                "também do que se trata."
            )
        if not asked and by in JOINED:
            note = (
                note or "A busca só tem palavras vazias: o BM25 não conta nenhuma, e só os vetores valeram."
            )
        lists: dict[str, dict[int, Place]] = {}
        if by != "dense":
            with stage(ms, "bm25"):
                places, scores = best(self._bm25.scores(asked), depth)
                lists["bm25"] = ranked(places, scores, scores > 0)
            if not lists["bm25"] and asked:
                note = note or "Nenhuma palavra da busca está nos documentos."
        if by != "bm25":
            lists["dense"] = self._dense(query, depth, ms)
        if by == "hybrid":
            order = reciprocal_rank_fusion([list(each) for each in lists.values()])
        elif by == "convex":
            scored = [[(number, place.score) for number, place in each.items()] for each in lists.values()]
            order = convex_combination(scored)
        else:
            order = [(number, place.score) for number, place in lists[by].items()]
        again: dict[int, Place] = {}
        if rerank and order:
            judge = self._judge(reranker)  # opened before the clock starts
            with stage(ms, "rerank"):
                order, again = self._reranked(query, order, rerank, judge)
        hits = [
            Hit(
                self.chunks[number],
                score,
                rank,
                bm25=lists.get("bm25", {}).get(number),
                dense=lists.get("dense", {}).get(number),
                rerank=again.get(number),
            )
            for rank, (number, score) in enumerate(order[:k], start=1)
        ]
        found = Hits(hits, note, ms)
        return self._bridged(query, found, by) if hops == 2 and len(hits) > 1 else found

    def _bridged(self, query: str, first: Hits, by: str) -> Hits:
        """The hits of a first search, with the best of the second ones in the second place."""
        anchor, second = first[0], None
        for name, asked in bridging.queries(query, anchor.text):
            again = self.search(asked, k=REACH, by=by)
            for part, took in again.ms.items():
                if took is not None:
                    first.ms[part] = (first.ms[part] or 0) + took
            able = (
                hit
                for hit in again
                if hit.document != anchor.document and bridging.speaks_of(self.searched(hit.chunk), name)
            )
            hit = next(able, None)
            if hit and (second is None or hit.score > second.score):
                second = replace(hit, bridge=name)
        if second is None:
            return first
        rest = [hit for hit in first[1:] if hit.chunk != second.chunk]
        order = [anchor, second, *rest][: len(first)]
        return Hits([replace(hit, rank=n) for n, hit in enumerate(order, start=1)], first.note, first.ms)

    def _dense(self, query: str, depth: int, ms: dict) -> dict[int, Place]:
        self._embed()
        encode = self.embedder()  # opened before the clock starts
        with stage(ms, "embed"):
            vector = np.asarray(encode([query]), np.float32)[0]
        with stage(ms, "dense"):
            places, cosines = self.store.nearest(vector, depth)
        return ranked(places, cosines)

    def _judge(self, name: str | None) -> Callable:
        if name is not None:
            return encoders.reranker(name)
        if isinstance(self._reranker, str):
            self._reranker = encoders.reranker(self._reranker)
        return self._reranker

    def _reranked(
        self, query: str, order: list[tuple[int, float]], count: int, judge: Callable
    ) -> tuple[list[tuple[int, float]], dict[int, Place]]:
        """The first `count` put in the reranker's order, and what it said of them; the others stay below."""
        numbers = [number for number, _ in order[:count]]
        scores = np.asarray(judge(query, [self.searched(self.chunks[i]) for i in numbers]))
        places, values = best(scores, len(numbers))
        again = ranked([numbers[i] for i in places], values)
        return [(i, place.score) for i, place in again.items()] + order[count:], again


def key(stamp: str, text: str) -> str:
    """What a vector is of: the model's stamp and the text."""
    return hashlib.sha1(f"{stamp}\n{text}".encode("utf-8", "replace")).hexdigest()[:20]
