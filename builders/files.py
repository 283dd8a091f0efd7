"""Files of measures, as `data/medidas` keeps them: written whole or not at all, signed, and of which weights.

What is in them is their builders' business.
"""

from __future__ import annotations

import hashlib
import json
import re
from functools import cache
from pathlib import Path

from llmlib.data import model_path

WIDE = 110  # columns of a line


@cache
def digest(name: str) -> str:
    """What tells the weights of a bundled model from others; an adapter's file names those of its base."""
    adapter = model_path(name) / "adapter_model.safetensors"
    weights = adapter if adapter.exists() else adapter.with_name("model.safetensors")
    return hashlib.sha256(weights.read_bytes()).hexdigest()[:16]


def write(out: Path, result: dict) -> None:
    """The file, whole or not at all."""
    out.parent.mkdir(parents=True, exist_ok=True)
    partial = out.with_suffix(".partial")
    partial.write_text(laid_out(result) + "\n", encoding="utf-8")
    partial.replace(out)


def laid_out(value: object, depth: int = 0) -> str:
    """A value as JSON: what fits stands on one line, as any row of numbers does; the rest an item a line."""
    line = json.dumps(value, ensure_ascii=False)
    numbers = isinstance(value, list) and all(isinstance(each, int | float) for each in value)
    if not isinstance(value, dict | list) or numbers or len(line) + depth <= WIDE:
        return line
    blank, inside = "\n" + " " * (depth + 1), [laid_out(each, depth + 1) for each in value]
    if isinstance(value, dict):
        inside = [
            f"{json.dumps(str(k), ensure_ascii=False)}: {laid_out(v, depth + 1)}" for k, v in value.items()
        ]
    ends = "{}" if isinstance(value, dict) else "[]"
    return ends[0] + blank + f",{blank}".join(inside) + blank[:-1] + ends[1]


def sign(out: Path) -> None:
    """The file's hash in the README beside it, where that has a line for it."""
    readme = out.with_name("README.md")
    if readme.exists():
        line = f"SHA-256 de `{out.name}`: "
        found = hashlib.sha256(out.read_bytes()).hexdigest()
        text = re.sub(rf"(?m)^{re.escape(line)}.*$", f"{line}`{found}`", readme.read_text(encoding="utf-8"))
        readme.write_text(text, encoding="utf-8")
