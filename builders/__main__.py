"""`make data NAME=...`: rebuilds one artefact of data/ with the commands that made it.

The recipes are the ones of the artefacts' cards; each builder has its own `--help`.
"""

from __future__ import annotations

import subprocess
import sys

RECIPES: dict[str, list[list[str]]] = {
    "corpus": [["builders.corpus", "--sample"]],
    "engine": [["builders.kernels"]],
}


def main(argv: list[str]) -> int:
    if not argv or argv[0] not in RECIPES:
        wrong = f"There is no artefact called {argv[0]!r}. " if argv else ""
        print(f"{wrong}Say which one: make data NAME=…, one of {', '.join(sorted(RECIPES))}.", file=sys.stderr)
        return 2
    for module, *args in RECIPES[argv[0]]:
        print(f"» python -m {module} {' '.join(args)}", flush=True)
        if code := subprocess.run([sys.executable, "-m", module, *args]).returncode:
            return code
    return 0


if __name__ == "__main__":
    sys.exit(main(sys.argv[1:]))
