"""Write a model's card, README.md, from what was recorded while it was made and measured.

    python -m builders.card data/models/mini-base

Reads `training.json` (the builder's) and `evaluation.json` (`builders.evaluate`, or the builder's own for the
other families); no figure is typed by hand. The sections are in `builders.cards`. The card is in Portuguese,
for the course's readers, and ends with the sha256 of every file. `--all` writes every card that it can.
"""

from __future__ import annotations

import argparse
import json
from pathlib import Path

from builders.cards import about, files, limits, others, samples, talking, targets, writing

NEEDED = ("training.json", "evaluation.json", "config.json")
FAMILIES = {  # architecture -> kind, but for the decoders
    "ModernBertForMaskedLM": "bert",
    "BertForMaskedLM": "bert",
    "T5ForConditionalGeneration": "t5",
    "XLNetLMHeadModel": "xlnet",
}
LICENCE = "## Licença\n\nPesos, tokenizador e esta ficha: MIT. Nenhum texto de terceiros entrou no treino."


class CardError(ValueError):
    """A folder that no card can be written of; the message says why."""


def kind_of(folder: Path, config: dict, result: dict) -> str:
    """ "base", "chat", "dpo", "bert", "t5", "xlnet", "embed" or "rerank"."""
    architecture = (config.get("architectures") or ["?"])[0]
    if architecture in FAMILIES:
        return FAMILIES[architecture]
    if "search" in result:
        return "embed" if (folder / "modules.json").exists() else "rerank"
    if result.get("kind") == "chat":
        return "dpo" if folder.resolve().name == "mini-dpo" else "chat"
    if result.get("kind") == "base":
        return "base"
    raise CardError(f"{folder} holds a {architecture} whose evaluation.json has no measures known here.")


def read(folder: Path) -> tuple[dict, dict, dict]:
    """(training, evaluation, config) of a model folder."""
    missing = [name for name in NEEDED if not (folder / name).exists()]
    if missing:
        raise CardError(
            f"No {' nor '.join(missing)} in {folder}: run its builder and builders.evaluate first."
        )
    training, result, config = (json.loads((folder / name).read_text(encoding="utf-8")) for name in NEEDED)
    return training, result, config


def render(folder: Path) -> str:
    """The text of the card."""
    training, result, config = read(folder)
    kind, name = kind_of(folder, config, result), folder.resolve().name
    measured = {"base": writing, "chat": talking, "dpo": talking}.get(kind, others)
    parts = [
        about.front(kind),
        f"# {name}",
        about.what(kind, name),
        about.shape(training, config),
        about.made(name, training),
        targets.section(kind, result),
        measured.section(result),
        limits.section(kind, result, config),
        samples.section(kind, result),
        LICENCE,
        files.section(folder),
    ]
    return "\n\n".join(part for part in parts if part) + "\n"


def write(folder: Path) -> Path:
    """Write README.md, whole or not at all."""
    partial = folder / "README.md.partial"
    text = render(folder)
    partial.write_text(text, encoding="utf-8")
    partial.replace(folder / "README.md")
    return folder / "README.md"


def main() -> None:
    """Command line."""
    parser = argparse.ArgumentParser(prog="python -m builders.card", description=__doc__.split("\n")[0])
    parser.add_argument("folder", type=Path, help="model folder, or with --all the folder of all models")
    parser.add_argument("--all", action="store_true", help="every model folder in this one")
    args = parser.parse_args()
    folders = sorted(p.parent for p in args.folder.glob("*/config.json")) if args.all else [args.folder]
    for folder in folders:
        try:
            print(f"Wrote {write(folder)}")
        except CardError as error:
            if not args.all:
                parser.error(str(error))
            print(f"Left out {folder.name}: {error}")


if __name__ == "__main__":
    main()
