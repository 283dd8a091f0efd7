"""The heavy state of a figure leaves its page for a file of its own, fetched when the reader comes near.

The page keeps the still figure, so that nothing is missing where no script runs. `host.js` fetches the file,
a classic script, because a page opened from disk may not read anything else.
"""

from __future__ import annotations

import hashlib
import re
from pathlib import Path

HEAVY = 40_000  # characters of a state, from which on it has a file
STATE = re.compile(r'<script type="application/json" class="llm-state">(.*?)</script>', re.S)
NAMED = re.compile(r'data-file="(\w+)"')


def apart(body: str, folder: Path) -> str:
    """The page's HTML without its heavy states, each in `folder/<hash>.js` and named where it stood."""

    def moved(found: re.Match) -> str:
        state = found[1]
        if len(state) < HEAVY:
            return found[0]
        key = hashlib.sha256(state.encode()).hexdigest()[:16]
        folder.mkdir(parents=True, exist_ok=True)
        (folder / f"{key}.js").write_text(f'(globalThis.llmStates ??= {{}})["{key}"] = {state};\n', "utf-8")
        return f'<script type="application/json" class="llm-state" data-file="{key}"></script>'

    return STATE.sub(moved, body)


def tidy(site: Path, folder: Path) -> None:
    """Remove the files of states that no page names any more."""
    named = {key for page in site.rglob("*.html") for key in NAMED.findall(page.read_text("utf-8"))}
    for file in folder.glob("*.js"):
        if file.stem not in named:
            file.unlink()
