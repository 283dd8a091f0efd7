"""Models kept as a LoRA adapter over another of the course: their weights, put together again.

Such a folder holds `adapter_config.json` and `adapter_model.safetensors`, as Hugging Face's peft writes them,
and, in place of `model.safetensors`, an index that points to the other model's, its neighbour: transformers
opens it too, where peft is installed. What a detour is, `llmlib.scratch.lora` shows; here the sum
W + (alpha / r) · B A is only computed. Reads numpy arrays and opens no model (see `models`).
"""

from __future__ import annotations

import hashlib
import json
from pathlib import Path

import numpy as np

PREFIX = "base_model.model."  # what peft puts before every name
BASE = "base_sha256"  # in the adapter's header: of the weights that it was made for


def base_of(folder: Path) -> Path | None:
    """The folder of the model that an adapter changes, its neighbour; None if `folder` has no adapter.

    Raises ValueError, in Portuguese, where that model is not there.
    """
    file = folder / "adapter_config.json"
    if not file.exists():
        return None
    name = Path(json.loads(file.read_text(encoding="utf-8"))["base_model_name_or_path"]).name
    base = folder.resolve().parent / name
    if not (base / "model.safetensors").exists():
        raise ValueError(f"{folder.name} é um adaptador do {name}, e falta {base / 'model.safetensors'}.")
    return base


def tensors(folder: Path) -> dict[str, np.ndarray]:
    """All weights of the model in `folder` by name, as its file keeps them; with an adapter, in float32.

    Raises ValueError where the adapter was made for other weights than those that are there.
    """
    from safetensors import safe_open
    from safetensors.numpy import load_file

    base = base_of(folder)
    if base is None:
        return load_file(folder / "model.safetensors")
    config = json.loads((folder / "adapter_config.json").read_text(encoding="utf-8"))
    weights = base / "model.safetensors"
    with safe_open(folder / "adapter_model.safetensors", "np") as file:
        parts = {name: file.get_tensor(name).astype(np.float32) for name in file.keys()}  # noqa: SIM118
        known = (file.metadata() or {}).get(BASE)
    if known != hashlib.sha256(weights.read_bytes()).hexdigest():
        raise ValueError(
            f"O adaptador de {folder.name} foi feito para outros pesos do {base.name}: refaça-o com "
            f"make data NAME={folder.name}."
        )
    found = {name: array.astype(np.float32) for name, array in load_file(weights).items()}
    for name, b in parts.items():
        if ".lora_B." in name:
            a = parts[name.replace(".lora_B.", ".lora_A.")]
            target = name.removeprefix(PREFIX).replace(".lora_B.", ".")
            found[target] += config["lora_alpha"] / config["r"] * b @ a
    return found
