"""Where vectors are kept and the nearest are found: in an array, or in Qdrant. The two have the same methods.

A store numbers its vectors from 0 in the order in which they came, and keeps a key beside each, which says
what it is the vector of; so an index that is opened again knows whether a store's vectors are its own. What
the texts are, and who made the vectors, a store does not know.
"""

from __future__ import annotations

from collections.abc import Sequence
from contextlib import contextmanager

import numpy as np

from llmlib.retrieval.texts import RetrievalError
from llmlib.scratch.retrieval import nearest


def fitting(vectors: np.ndarray, width: int | None, keys: Sequence[str] | None) -> np.ndarray:
    """Vectors (n, D) in float32, found sound: D as in the store, all numbers finite, a key each."""
    vectors = np.asarray(vectors, dtype=np.float32)
    if vectors.ndim != 2:
        raise RetrievalError(
            f"Os vetores formam uma matriz (quantos, de quantos números); veio {vectors.shape}."
        )
    same_width(vectors.shape[1], width)
    if not np.isfinite(vectors).all():
        raise RetrievalError("Há vetores com valores que não são números (NaN, infinito): nada foi guardado.")
    if keys is not None and len(keys) != len(vectors):
        raise RetrievalError(f"Vieram {len(vectors)} vetores e {len(keys)} chaves: é uma para cada um.")
    return vectors


def same_width(given: int, width: int | None) -> None:
    """Refuse vectors of other sizes than the store's: they come from another model."""
    if width is not None and given != width:
        raise RetrievalError(
            f"O vetor tem {given} números, e os deste índice têm {width}: são de modelos diferentes, e não "
            "se comparam. Use o mesmo modelo, ou refaça o índice."
        )


class VectorStore:
    """Vectors in a numpy array: every search compares with all of them. Enough for some 100 000."""

    def __init__(self) -> None:
        self.vectors: np.ndarray | None = None  # (N, D)
        self._keys: list[str] = []

    def __len__(self) -> int:
        return 0 if self.vectors is None else len(self.vectors)

    def add(self, vectors: np.ndarray, keys: Sequence[str] | None = None) -> None:
        """Keep vectors (n, D) of length 1, after those that are there."""
        width = None if self.vectors is None else self.vectors.shape[1]
        vectors = fitting(vectors, width, keys)
        self.vectors = vectors if self.vectors is None else np.concatenate([self.vectors, vectors])
        self._keys += list(keys or [""] * len(vectors))

    def nearest(self, query: np.ndarray, k: int) -> tuple[np.ndarray, np.ndarray]:
        """Numbers and cosines of the k vectors most like `query` (D,), the best first."""
        if self.vectors is None:
            return np.array([], int), np.array([], np.float32)
        same_width(len(query), self.vectors.shape[1])
        return nearest(np.asarray(query, np.float32), self.vectors, k)

    def keys(self) -> list[str]:
        """The key of each vector."""
        return list(self._keys)


class QdrantStore:
    """Vectors in a collection of Qdrant, through qdrant-client.

    Args:
        client: `QdrantClient(":memory:")`, `QdrantClient(path="pasta")`, `QdrantClient("http://host:6333")`
            or that of a cluster: here nothing changes.
        collection: its name there; made at the first vector if it does not exist.
    Raises:
        RetrievalError: a store that does not answer, or vectors of another size; nothing was changed then.
    """

    BATCH = 1000  # vectors sent at once

    def __init__(self, client: object, collection: str = "trechos"):
        self.client, self.collection = client, collection

    def __len__(self) -> int:
        with answering():
            there = self.client.collection_exists(self.collection)
            return self.client.count(self.collection).count if there else 0

    def _width(self) -> int | None:
        """Numbers of each vector there; None where nothing is there yet."""
        if not self.client.collection_exists(self.collection):
            return None
        return self.client.get_collection(self.collection).config.params.vectors.size

    def add(self, vectors: np.ndarray, keys: Sequence[str] | None = None) -> None:
        """As VectorStore.add. If the store fails half-way, what it had taken is taken back."""
        from qdrant_client import models

        with answering():
            width = self._width()
        vectors = fitting(vectors, width, keys)
        first = len(self)
        numbers = range(first, first + len(vectors))
        payloads = [{"chave": key} for key in (keys or [""] * len(vectors))]
        with answering():
            if width is None:
                how = models.VectorParams(size=vectors.shape[1], distance=models.Distance.COSINE)
                self.client.create_collection(self.collection, vectors_config=how)
            try:
                for at in range(0, len(vectors), self.BATCH):
                    part = slice(at, at + self.BATCH)
                    points = models.Batch(
                        ids=list(numbers[part]), vectors=vectors[part].tolist(), payloads=payloads[part]
                    )
                    self.client.upsert(self.collection, points=points, wait=True)
            except Exception:
                self._take_back(list(numbers))
                raise

    def _take_back(self, numbers: list[int]) -> None:
        try:
            self.client.delete(self.collection, points_selector=numbers, wait=True)
        except Exception:  # the store is down: what the index says of it is what counts
            return

    def nearest(self, query: np.ndarray, k: int) -> tuple[np.ndarray, np.ndarray]:
        """As VectorStore.nearest; in a large collection Qdrant answers from a graph, and may miss one."""
        with answering():
            width = self._width()
        if width is None:
            return np.array([], int), np.array([], np.float32)
        same_width(len(query), width)
        with answering():
            found = self.client.query_points(
                self.collection, query=np.asarray(query).tolist(), limit=k
            ).points
        order = sorted(found, key=lambda point: (-point.score, point.id))
        return np.array([p.id for p in order], int), np.array([p.score for p in order], np.float32)

    def keys(self) -> list[str]:
        """The key of each vector, by number."""
        with answering():
            rows = self.client.retrieve(self.collection, ids=list(range(len(self))), with_payload=True)
        return [row.payload["chave"] for row in sorted(rows, key=lambda row: row.id)]


@contextmanager
def answering():
    """Turn whatever a store that is down raises into one sentence."""
    try:
        yield
    except RetrievalError:
        raise
    except Exception as error:  # of httpx, of gRPC, of the operating system: each transport has its own
        first = (str(error).strip() or type(error).__name__).splitlines()[0][:120]
        raise RetrievalError(
            f"O banco de vetores não respondeu ({type(error).__name__}: {first}). Confira se ele está no ar "
            "e o endereço; o índice ficou como estava."
        ) from error
