"""The word vectors that the course made and bundles (data/vetores), read into numpy.

Finds and widens them; computes nothing with them (`llmlib.scratch.vectors`) and trains nothing
(`builders.word_vectors`).
"""

from __future__ import annotations

import json
from collections.abc import Iterable
from dataclasses import dataclass
from functools import lru_cache

import numpy as np

from llmlib.data import UnknownName, root


@dataclass(frozen=True)
class WordVectors:
    """A table of words. V words, D and E numbers a word.

    Attributes:
        words, counts: V words by falling frequency, and how often each occurred in the texts.
        vectors: (V, D) float32, Word2Vec's.
        fasttext: (V, E) float32, FastText's; rows of zeros for the words of `unseen`, kept from it.
        table: (buckets, E) float32, FastText's rows for runs of letters.
        views: name -> (V, 2) float32 in -1 to 1: "pca", "tsne", "tsne2" (another start), "noise" (t-SNE of
            vectors drawn at random).
        about: how they were made.
    """

    words: tuple[str, ...]
    counts: np.ndarray
    vectors: np.ndarray
    fasttext: np.ndarray
    table: np.ndarray
    views: dict[str, np.ndarray]
    unseen: tuple[str, ...]
    about: dict

    def row(self, word: str) -> int:
        """The place of a word. Raises UnknownName, in Portuguese, for one that is not there."""
        found = _places(self.words).get(word)
        if found is None:
            raise UnknownName(f"A palavra “{word}” não está entre as {len(self.words)} que têm vetor.")
        return found

    def rows(self, words: Iterable[str]) -> list[int]:
        """The places of several words."""
        return [self.row(word) for word in words]

    def __contains__(self, word: str) -> bool:
        return word in _places(self.words)


@lru_cache(maxsize=8)
def _places(words: tuple[str, ...]) -> dict[str, int]:
    return {word: i for i, word in enumerate(words)}


@lru_cache(maxsize=2)
def word_vectors(name: str = "palavras") -> WordVectors:
    """The bundled table of this name. Raises UnknownName listing those there are."""
    folder = root() / "vetores"
    names = sorted(path.stem for path in folder.glob("*.safetensors"))
    if name not in names:
        listed = ", ".join(names) or "nenhuma ainda"
        raise UnknownName(f"Não existe tabela de vetores com o nome {name!r}. Existem: {listed}.")
    from safetensors import safe_open

    with safe_open(folder / f"{name}.safetensors", "numpy") as file:
        about = json.loads(file.metadata()["about"])
        arrays = {key: file.get_tensor(key) for key in file.keys()}  # noqa: SIM118 (no dict)

    def widened(key: str) -> np.ndarray:
        scale = arrays[f"{key}_scale"].astype(np.float32)
        return arrays[key].astype(np.float32) * (scale[:, None] if len(scale) > 1 else scale)

    views = {key: arrays[key].astype(np.float32) / 32_000 for key in ("pca", "tsne", "tsne2", "noise")}
    return WordVectors(
        words=tuple(about.pop("words")),
        counts=arrays["counts"],
        vectors=widened("word2vec"),
        fasttext=widened("fasttext"),
        table=widened("buckets"),
        views=views,
        unseen=tuple(about.pop("unseen")),
        about=about,
    )
