"""The small checkpoints that a bundled model kept along its training: which there are, and their weights.

Each is `checkpoints/step<N>.safetensors` in the model's folder: matrices in int8 with one float32 scale a
row (`<name>.scale`), vectors in float16, and in the header the figures of that moment. Reads them as numpy
arrays; `builders.checkpoints` writes them, `llmlib.load(name, revision="step<N>")` opens one as a model.
"""

from __future__ import annotations

import json
from pathlib import Path

import numpy as np

FORMAT = "llmlib-int8-rows-1"


def steps(folder: Path) -> dict[str, Path]:
    """{"step25": file, …} of the model in `folder`, earliest first; empty if it kept none."""
    files = (folder / "checkpoints").glob("step*.safetensors")
    return {path.stem: path for path in sorted(files, key=lambda path: int(path.stem[4:]))}


def figures(path: Path) -> dict:
    """What was measured when the checkpoint was kept: step, tokens, loss, validation, induction …

    Raises ValueError for a safetensors file of another kind.
    """
    from safetensors import safe_open

    with safe_open(path, "np") as file:
        return json.loads(_header(file, path)["meta"])


def read(path: Path) -> tuple[dict[str, np.ndarray], dict]:
    """(weights by name, float32; the figures of that moment). A tied matrix comes under both of its names.

    Raises ValueError for a safetensors file of another kind.
    """
    from safetensors import safe_open

    with safe_open(path, "np") as file:
        header = _header(file, path)
        stored = {name: file.get_tensor(name) for name in file.keys()}  # noqa: SIM118 (not a dict)
    weights = {}
    for name, array in stored.items():
        if array.dtype == np.int8:
            weights[name] = array.astype(np.float32) * stored[f"{name}.scale"][:, None]
        elif not (name.endswith(".scale") and name.removesuffix(".scale") in stored):
            weights[name] = array.astype(np.float32)
    weights |= {name: weights[other] for name, other in json.loads(header["tied"]).items()}
    return weights, json.loads(header["meta"])


def _header(file: object, path: Path) -> dict:
    header = file.metadata() or {}
    if header.get("format") != FORMAT:
        raise ValueError(f"{path} não é um ponto de treino do curso: o cabeçalho não diz {FORMAT}.")
    return header
