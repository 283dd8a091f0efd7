"""Vectors as text that JSON and a page carry: one byte a number, in base64.

Each row is divided by its largest number, so that it uses all of -127 to 127; who reads it gives it length 1
again. Cosines change in the third decimal. `tuUnpack` of text_uses.math.js is its other half.
"""

from __future__ import annotations

import base64

import numpy as np


def pack(vectors: np.ndarray) -> dict:
    """(N, D) -> {shape: [N, D], data: base64 of int8}. A row of zeros stays one."""
    vectors = np.asarray(vectors, dtype=np.float64)
    if vectors.ndim != 2:
        raise ValueError(f"Vetores vêm em duas dimensões, textos por números; vieram {vectors.ndim}.")
    if not np.isfinite(vectors).all():
        raise ValueError("Há um vetor com um valor que não é número.")
    largest = np.abs(vectors).max(axis=1, keepdims=True, initial=0)  # (N, 1)
    steps = np.rint(vectors / np.where(largest > 0, largest, 1) * 127).astype(np.int8)
    return {"shape": list(vectors.shape), "data": base64.b64encode(steps.tobytes()).decode("ascii")}


def unpack(packed: dict) -> np.ndarray:
    """What the page reads: (N, D) float64, rows of length 1."""
    steps = np.frombuffer(base64.b64decode(packed["data"]), dtype=np.int8).reshape(packed["shape"])
    length = np.linalg.norm(steps.astype(np.float64), axis=1, keepdims=True)
    return steps / np.where(length > 0, length, 1)
