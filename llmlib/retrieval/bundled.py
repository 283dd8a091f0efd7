"""index: a bundled collection, ready to be searched; its vectors are made once and kept until they are stale.

They are kept in `build/vectors` of the repository, under a name that holds the stamp of the model and of the
texts: with another mini-embed, or another text, the name is another, and they are made again. Where llmlib is
installed as a package there is no such folder, and they last as long as the session.
"""

from __future__ import annotations

import hashlib
import os
from functools import lru_cache
from pathlib import Path

import numpy as np

from llmlib import data
from llmlib.retrieval import encoders
from llmlib.retrieval.indexing import Index
from llmlib.retrieval.texts import OVERLAP, SIZE

# What the pages bring vectors for: (words of a chunk, words that neighbours share).
SIZES = {
    "caxinduba": ((60, 15), (30, 8), (120, 30)),
    "ciencia": ((160, 0),),  # the longest abstract has 156 words: a chunk is a whole one
}


def index(name: str = "caxinduba", size: int = SIZE, overlap: int = OVERLAP, title: bool = True) -> Index:
    """The Index of a bundled collection, the same object each time: `Index.add` would change it for all.

    With the sizes of SIZES its vectors are mostly there already; others are made at the first search.
    Raises `data.UnknownName` for another name, RetrievalError for sizes that cannot be.
    """
    return _made(name, size, overlap, title)


@lru_cache(maxsize=6)
def _made(name: str, size: int, overlap: int, title: bool) -> Index:
    keep = (size, overlap) in SIZES.get(name, ()) and folder()
    how = Kept(f"{name}-{size}-{overlap}", keep) if keep else "mini-embed"
    return Index(data.documents(name), size, overlap, embedder=how, title=title)


class Kept:
    """mini-embed, which keeps what it makes of many texts in a file named by them and by its own stamp."""

    def __init__(self, name: str, where: Path):
        self.name, self.where = name, where

    @property
    def stamp(self) -> str:
        """That of the model."""
        return encoders.stamp("mini-embed")

    def __call__(self, texts: list[str]) -> np.ndarray:
        if len(texts) == 1:  # a query
            return encoders.embedder()(texts)
        digest = hashlib.sha256("\0".join([self.stamp, *texts]).encode("utf-8", "replace")).hexdigest()
        path = self.where / f"{self.name}-{digest[:16]}.npy"
        try:
            return np.load(path, allow_pickle=False)
        except (OSError, ValueError):  # none yet, or a damaged one
            vectors = encoders.embedder()(texts)
        self.where.mkdir(parents=True, exist_ok=True)
        partial = path.with_name(f"{path.name}.{os.getpid()}.npy")
        np.save(partial, vectors)
        partial.replace(path)
        return vectors


def folder() -> Path | None:
    """Where vectors are kept; None where llmlib is not in its repository."""
    repository = data.root().parent
    return repository / "build" / "vectors" if (repository / "pyproject.toml").exists() else None
