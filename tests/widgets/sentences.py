"""A model of sentence vectors for tests, which needs no weights: words of a text, thrown into a few boxes."""

from __future__ import annotations

from collections.abc import Sequence
from zlib import crc32

import numpy as np

from llmlib.scratch.sentence_vectors import unit

D = 16
TEXTS = [
    "A torneira está seca.",
    "Falta água na rua <b>.",
    "O ônibus atrasou </script>.",
    "A condução demora, e chove.",
    "Não há água na torneira.",
    "O ônibus não veio 🐱.",
    "A rua está sem água.",
    "O ônibus passou direto.",
]
LABELS = ["agua", "agua", "onibus", "onibus", "agua", "onibus", "agua", "onibus"]
NAMES = {"agua": "água", "onibus": "ônibus"}


class FakeEmbedder:
    """As `llmlib.retrieval.Embedder`: called with texts it gives (N, D); knows "embed"."""

    def __init__(self, name: str = "mini-embed"):
        self.name = name

    def __call__(self, texts: Sequence[str]) -> np.ndarray:
        found = np.zeros((len(texts), D))
        for row, text in zip(found, texts, strict=True):
            for word in text.lower().split():
                row[crc32(f"{self.name}{word[:5]}".encode()) % D] += 1
        return unit(found)

    def compute(self, method: str, params: dict) -> dict:
        vectors = self(params["texts"])
        return {"vectors": vectors.ravel(), "vectors_shape": list(vectors.shape)}


def tool(mode: str, **changed: object) -> dict:
    """Arguments of TextUses for a mode."""
    given: dict = {
        "mode": mode,
        "sources": [FakeEmbedder()],
        "texts": TEXTS,
        "labels": LABELS,
        "names": NAMES,
    }
    given |= {
        "search": {"text": "Não sai água", "right": {"Não sai água": 4, "ônibus cheio": 7}},
        "recommend": {"liked": [0]},
        "classify": {"text": "A água acabou", "test": (TEXTS[::-1][:5], LABELS[::-1][:5])},
        "cluster": {},
        "anomaly": {"labels": ["", "", "", "normal", "normal", "intruso", "normal", "intruso"]},
        "diversity": {"lists": {"iguais": TEXTS[:1] * 3, "diferentes": TEXTS[:4]}},
    }[mode]
    return given | changed


def moments() -> list[tuple[str, np.ndarray, np.ndarray]]:
    """Pairs that come together over three moments."""
    rng = np.random.default_rng(4)
    a, b = rng.normal(size=(2, 12, 6))
    return [
        (name, a, (1 - near) * b + near * a)
        for name, near in (("antes", 0), ("meio <b>", 0.4), ("depois", 0.9))
    ]
