"""Every file of a model's folder but the card, with size and sha256."""

from __future__ import annotations

import hashlib
from pathlib import Path

from builders.cards.words import number, table


def listed(folder: Path) -> list[Path]:
    """Files below the folder, checkpoints too; nothing half-written, hidden or made on the way."""
    found = (p for p in folder.rglob("*") if p.is_file())
    return sorted(
        p
        for p in found
        if p != folder / "README.md"
        and p.suffix not in (".partial", ".tmp")
        and not any(part.startswith((".", "__pycache__")) for part in p.relative_to(folder).parts)
    )


def section(folder: Path) -> str:
    """A table of the files."""
    rows = [
        [
            f"`{p.relative_to(folder).as_posix()}`",
            number(p.stat().st_size),
            f"`{hashlib.sha256(p.read_bytes()).hexdigest()}`",
        ]
        for p in listed(folder)
    ]
    return f"## Arquivos\n\n{table(['arquivo', 'bytes', 'sha256'], rows)}"
