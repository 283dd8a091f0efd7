"""The vector of a word in its sentence: where it is, layer by layer, and how far two of them stand apart.

Works on the states of any model, given as arrays; opens no model and trains nothing.

Legend: T tokens of a text with its mark, L layers, D hidden size, N vectors.
"""

from __future__ import annotations

import unicodedata
from collections.abc import Sequence

import numpy as np


def words(tokens: Sequence[str]) -> list[tuple[int, int, str]]:
    """Tokens as shown, the mark first -> [(first, one past the last, word)] of each word and each sign.

    A word goes on as long as tokens begin with a letter, or are loose bytes (⟨C3⟩); a blank begins another.
    """
    found: list[tuple[int, int, str]] = []
    for at, text in enumerate(tokens):
        if at == 0 or not text.strip():
            continue
        letter = text[0] == "⟨" or unicodedata.category(text[0])[0] in "LM"
        if found and letter and found[-1][1] == at and _is_letter(found[-1][2][-1]):
            start, _, before = found.pop()
            found.append((start, at + 1, before + text))
        else:
            found.append((at, at + 1, text.strip()))
    return found


def _is_letter(sign: str) -> bool:
    return sign == "⟩" or unicodedata.category(sign)[0] in "LM"


def find(tokens: Sequence[str], word: str) -> tuple[int, int]:
    """Where `word` stands first. Raises ValueError where it does not."""
    for start, end, said in words(tokens):
        if said == word:
            return start, end
    raise ValueError(f"A palavra “{word}” não está na frase.")


def vectors(hidden_states: np.ndarray, start: int, end: int) -> np.ndarray:
    """(L+1, T, D) -> (L+1, D): the word's vector in each layer, the mean over its tokens."""
    return hidden_states[:, start:end].mean(axis=1)


def cosine(a: np.ndarray, b: np.ndarray) -> np.ndarray:
    """(…, D) and (…, D) -> (…): from -1 to 1; 1 is the same direction."""
    lengths = np.linalg.norm(a, axis=-1) * np.linalg.norm(b, axis=-1)
    return (a * b).sum(-1) / np.maximum(lengths, 1e-12)


def by_chance(vectors: np.ndarray, groups: Sequence[object], pairs: int = 2000, seed: int = 0) -> np.ndarray:
    """(N, L+1, D) -> (pairs, L+1): cosines of vectors drawn two by two, never two of the same group.

    Their mean is what any two words have in common in a layer: seldom 0 (Ethayarajh, 2019, section 4.1).
    """
    rng = np.random.default_rng(seed)
    names = np.asarray([str(group) for group in groups])
    if len(set(names)) < 2:
        raise ValueError("Para sortear pares são precisos vetores de ao menos dois grupos.")
    found: list[tuple[int, int]] = []
    while len(found) < pairs:
        a, b = rng.integers(len(vectors), size=2)
        if names[a] != names[b]:
            found.append((a, b))
    left, right = np.array(found).T
    return cosine(vectors[left], vectors[right])


def apart(a: np.ndarray, b: np.ndarray, chance: Sequence[float]) -> np.ndarray:
    """Two words' vectors (L+1, D) and the mean cosine by chance (L+1,) -> how far apart they are, (L+1,).

    0: the same vector. 1: as far as two words drawn at random.
    """
    return (1 - cosine(a, b)) / np.maximum(1 - np.asarray(chance), 1e-12)


def plane(vectors: np.ndarray) -> tuple[np.ndarray, np.ndarray, float]:
    """(N, D) -> the mean (D,), the two directions in which the vectors differ most (2, D), and the share of
    their variance that these two keep. PCA, by singular values; each direction's largest number is positive.
    """
    middle = vectors.mean(0)
    _, sizes, directions = np.linalg.svd(vectors - middle, full_matrices=False)
    two = directions[:2]
    two = two * np.sign(two[np.arange(len(two)), np.abs(two).argmax(1)])[:, None]
    return middle, two, float((sizes[:2] ** 2).sum() / max((sizes**2).sum(), 1e-12))
