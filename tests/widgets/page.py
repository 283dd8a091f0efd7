"""A small standalone page around widgets: what a built book page gives them, and nothing else.

`python -m tests.widgets.page FOLDER` writes one with every widget, to look at.
"""

from __future__ import annotations

import json
import sys
from pathlib import Path

from llmlib.widgets import assets
from tests.widgets.fake import WORDS

HERE = Path(__file__).parent

PAGE = """<!doctype html>
<html lang="pt-BR" data-theme="{theme}"><head><meta charset="utf-8"><meta name="viewport" content="width=device-width, initial-scale=1">
<link rel="icon" href="data:,"><title>Página de teste</title>
<link rel="stylesheet" href="_static/llm/widgets.css">
<style>body{{margin:0;background:var(--llm-paper);color:var(--llm-ink);font:17px/1.6 "Source Serif 4",Georgia,serif}}
main{{max-width:46rem;margin:0 auto;padding:1rem}}</style>
<script defer src="_static/llm/host.js"></script></head>
<body><main><h1>Página de teste</h1>
{body}
</main></body></html>"""


def fake_engine() -> str:
    """engine.js with the fake in the place of the engine."""
    source = (HERE / "fake_engine.js").read_text("utf-8").replace("/*WORDS*/[]", json.dumps(WORDS))
    return f"globalThis.llmEngine = {json.dumps(source)};\n"


def write_page(
    folder: Path, widgets: list, theme: str = "light", whole: bool = True, name: str = "index.html"
) -> Path:
    """Writes the page, its assets with the fake engine, and the fake's page file; returns the page's path."""
    static = folder / "_static" / "llm"
    (static / "models").mkdir(parents=True, exist_ok=True)
    for path, content in assets(engine="").items():
        (static / path).write_text(content, "utf-8")
    (static / "engine.js").write_text(fake_engine(), "utf-8")
    flag = json.dumps({"format": 1, "name": "mini-base", "whole": whole})
    model = f'(globalThis.llmPageFiles ??= {{}})["mini-base"] = {flag};'
    (static / "models" / "mini-base.js").write_text(model, "utf-8")
    page = folder / name
    body = "\n".join(widget.html() for widget in widgets)
    page.write_text(PAGE.format(theme=theme, body=body), "utf-8")
    return page


if __name__ == "__main__":
    from tests.widgets.samples import SAMPLES

    folder = Path(sys.argv[1])
    for theme in ("light", "dark"):
        for name, make in SAMPLES.items():
            print(write_page(folder, [make()], theme=theme, name=f"{name}-{theme}.html"))
