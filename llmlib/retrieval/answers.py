"""What a widget asks of a search, answered as `engine/search.js` answers it in the page: plain data.

The methods are "collection", "chunk" and "search"; "embed" and "rerank" are answered by the models
(`encoders`). Where chunks have no vectors yet, those of a reader's documents or of an unusual size, a
widget gets events {done, total} while they are embedded; the index is kept for the next question. Places in
a text are counted as JavaScript counts them.
"""

from __future__ import annotations

import json
from collections import OrderedDict
from collections.abc import Generator
from itertools import pairwise

import numpy as np

from llmlib import data
from llmlib.retrieval import encoders
from llmlib.retrieval.bundled import SIZES, index
from llmlib.retrieval.hits import Hit, Hits, Place
from llmlib.retrieval.indexing import Index
from llmlib.retrieval.texts import OVERLAP, SIZE, Chunk, RetrievalError, checked, chunks, cut_query

METHODS = ("collection", "chunk", "search")
_own: OrderedDict[str, Index] = OrderedDict()  # the last indexes of readers' documents
KEPT = 4


def answer(method: str, params: dict) -> dict | Generator[dict, None, dict]:
    """The answer to "collection", "chunk" or "search"; a generator of events where texts must be embedded.

    Raises RetrievalError (or `data.UnknownName`) with a sentence for what cannot be answered.
    """
    if method == "collection":
        return collection(params)
    if method == "chunk":
        return {"chunks": [shown(piece, whole) for piece, whole in cut(params)]}
    if method == "search":
        return search(params)
    raise ValueError(f"A busca não sabe “{method}”; sabe {', '.join(METHODS)}.")


def sizes(params: dict) -> tuple[int, int]:
    """(size, overlap) asked; without them, the usual ones."""
    size = params.get("size")
    overlap = params.get("overlap")
    if size is None:
        return SIZE, OVERLAP if overlap is None else overlap
    return size, min(OVERLAP, size // 4) if overlap is None else overlap


def collection(params: dict) -> dict:
    """How large a collection is, and the sizes of chunk whose vectors come with the page."""
    name = params.get("collection", "caxinduba")
    documents, (size, overlap) = data.documents(name), sizes(params)
    return {
        "collection": name,
        "documents": len(documents),
        "chunks": sum(len(chunks(each["texto"], size, overlap)) for each in documents),
        "sizes": [{"size": size, "overlap": overlap} for size, overlap in SIZES.get(name, ())],
        "titles": [{"id": each["id"], "titulo": each["titulo"]} for each in documents],
    }


def cut(params: dict) -> list[tuple[Chunk, str]]:
    """Chunks of a text, of given documents, or of a collection or one document of it; each with its whole."""
    size, overlap = sizes(params)
    if params.get("text") is not None:
        text = str(params["text"])
        return [(piece, text) for piece in chunks(text, size, overlap)]
    if params.get("documents") is not None:
        documents = checked(params["documents"], "texto", {})
    else:
        documents = data.documents(params.get("collection", "caxinduba"))
    wanted = params.get("document")
    if wanted is not None and not any(each["id"] == wanted for each in documents):
        raise RetrievalError(f"Não há um documento “{wanted}” nesta coleção.")
    return [
        (piece, each["texto"])
        for each in documents
        if wanted in (None, each["id"])
        for piece in chunks(each["texto"], size, overlap, each["id"], each["titulo"])
    ]


def search(params: dict) -> dict | Generator[dict, None, dict]:
    """Hits with the score and rank of each way, milliseconds by stage, and a note or None."""
    size, overlap = sizes(params)
    if params.get("documents") is None:
        name = params.get("collection", "caxinduba")
        found, made = index(name, size, overlap), (size, overlap) in SIZES.get(name, ())
    else:
        found, made = own_index(params["documents"], size, overlap), False
    asked = {"k": params.get("k", 5), "by": params.get("by", "hybrid"), "rerank": params.get("rerank", 0)}
    asked |= {"reranker": params.get("reranker"), "hops": params.get("hops", 1)}
    query = params.get("query", "")
    if asked["by"] != "bm25" and found.missing and not made:
        cut_query(query)  # a bad query is refused before the work
        return live(found, query, asked)
    return answered(found, query, asked)


def own_index(documents: list[dict], size: int, overlap: int) -> Index:
    """The index of a reader's documents, made at the first question about them."""
    if not isinstance(documents, list):
        raise RetrievalError("Passe uma lista de documentos, cada um com “id”, “titulo” e “texto”.")
    key = json.dumps([size, overlap, documents], default=str)
    if key not in _own:
        _own[key] = Index(documents, size, overlap)
        while len(_own) > KEPT:
            _own.popitem(last=False)
    _own.move_to_end(key)
    return _own[key]


def live(found: Index, query: str, asked: dict) -> Generator[dict, None, dict]:
    """Embed what is missing, telling how far it is; then search."""
    steps = encoders.embedder().steps([found.searched(chunk) for chunk in found.missing])
    yield from steps
    found.prepare(steps.vectors)
    return answered(found, query, asked)


def answered(found: Index, query: str, asked: dict) -> dict:
    """A search as plain data."""
    texts = {each["id"]: each["texto"] for each in found.documents}
    hits: Hits = found.search(query, **asked)
    return {
        "hits": [plain(hit, texts[hit.document]) for hit in hits],
        "ms": hits.ms,
        "note": hits.note,
        "notes": list(found.notes),
    }


def plain(hit: Hit, whole: str) -> dict:
    """A hit as the page has it."""
    ways = {name: place(getattr(hit, name)) for name in ("bm25", "dense", "rerank")}
    return shown(hit.chunk, whole) | {"score": hit.score, "rank": hit.rank, "bridge": hit.bridge} | ways


def place(said: Place | None) -> dict | None:
    """Score and rank, or None."""
    return None if said is None else {"score": said.score, "rank": said.rank}


def shown(chunk: Chunk, whole: str) -> dict:
    """A chunk as the page has it; JavaScript counts a character beyond U+FFFF as two."""
    start, end = chunk.start, chunk.end
    if not whole.isascii() and max(whole) > "\uffff":
        ends = (0, start, end)
        start, end = np.cumsum([len(whole[a:b].encode("utf-16-le")) // 2 for a, b in pairwise(ends)]).tolist()
    return {"document": chunk.document, "title": chunk.title, "start": start, "end": end, "text": chunk.text}
