"""Search over documents: chunks, an index by words and by vectors, a store for them, and a reranker.

`index("caxinduba").search("A que horas abre a biblioteca?")` is all a chapter needs to begin. The pieces that
learners read are in `llmlib.scratch.retrieval`; the page has the same in `engine/search.js`, and `answer`
gives a widget what the page would. A name brings its module at its first use.
"""

from importlib import import_module

_HOMES = {
    "Chunk": "texts",
    "Embedder": "encoders",
    "Hit": "hits",
    "Hits": "hits",
    "Index": "indexing",
    "QdrantStore": "stores",
    "Reranker": "encoders",
    "RetrievalError": "texts",
    "SIZES": "bundled",
    "VectorStore": "stores",
    "answer": "answers",
    "chunks": "texts",
    "embedder": "encoders",
    "reranker": "encoders",
}
__all__ = [*_HOMES, "index"]


def index(*args: object, **options: object) -> object:
    """`bundled.index`: a bundled collection, ready to be searched."""
    from llmlib.retrieval.bundled import index as bundled

    return bundled(*args, **options)


def __getattr__(name: str):
    if name not in _HOMES:
        raise AttributeError(f"llmlib.retrieval não tem “{name}”; tem {', '.join(sorted(__all__))}.")
    return getattr(import_module(f"llmlib.retrieval.{_HOMES[name]}"), name)


def __dir__() -> list[str]:
    return sorted({*globals(), *_HOMES})
