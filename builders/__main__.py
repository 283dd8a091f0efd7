"""`make data NAME=...`: rebuilds one artefact of data/ with the commands that made it.

The recipes are the ones of the artefacts' cards; each builder has its own `--help`.
"""

from __future__ import annotations

import subprocess
import sys

FOLDER = "data/models/mini-base"
RECIPES: dict[str, list[list[str]]] = {
    "corpus": [["builders.corpus", "--sample"]],
    "engine": [["builders.kernels"]],
    "page": [["builders.page", FOLDER]],
    "mini-base": [
        ["builders.corpus", "--mix", "leitura", "--mchars", "60", "--out", "build/corpus/leitura"],
        ["builders.corpus", "--mix", "texto", "--mchars", "100", "--out", "build/corpus/texto"],
        ["builders.tokenizer"],
        [
            "builders.pretrain",
            "--tokens",
            "45M",
            "--stage1",
            "0.35",
            "--accumulate",
            "4",
            "--compile",
            "--resume",
        ],
        ["builders.evaluate", FOLDER],
        ["builders.card", FOLDER],
    ],
}


def main(argv: list[str]) -> int:
    if not argv or argv[0] not in RECIPES:
        wrong = f"There is no artefact called {argv[0]!r}. " if argv else ""
        print(
            f"{wrong}Say which one: make data NAME=…, one of {', '.join(sorted(RECIPES))}.", file=sys.stderr
        )
        return 2
    for module, *args in RECIPES[argv[0]]:
        print(f"» python -m {module} {' '.join(args)}", flush=True)
        if code := subprocess.run([sys.executable, "-m", module, *args]).returncode:
            return code
    return 0


if __name__ == "__main__":
    sys.exit(main(sys.argv[1:]))
