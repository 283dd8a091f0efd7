"""A small standalone page around widgets: what a built book page gives them, and nothing else.

`python -m tests.widgets.page FOLDER` writes one for each sample, light and dark, to look at.
"""

from __future__ import annotations

import json
import shutil
import sys
from collections.abc import Sequence
from functools import cache
from pathlib import Path

from builders import page_collections
from builders.page import cached
from llmlib import widgets as widgets_of
from llmlib.widgets import assets, page_files
from llmlib.widgets.base import Widget
from tests.widgets.fake import WORDS

HERE = Path(__file__).parent
MODELS = HERE.parents[1] / "data" / "models"
SEARCHERS = ("mini-embed", "mini-rerank", "mini-instruct")  # that the fake answers for, besides mini-base

PAGE = """<!doctype html>
<html lang="pt-BR" data-theme="{theme}"><head><meta charset="utf-8">
<meta name="viewport" content="width=device-width, initial-scale=1">
<link rel="icon" href="data:,"><title>Página de teste</title>
{files}
<style>
body {{ margin: 0; background: var(--llm-paper); color: var(--llm-ink); font: 17px/1.6 Georgia, serif }}
main {{ max-width: 46rem; margin: 0 auto; padding: 1rem }}
</style>
</head>
<body><main><h1>Página de teste</h1>
{body}
</main></body></html>"""


def tags(body: str) -> str:
    """What the head of a page lists for the widgets of its body, as the book's pages do."""
    style, script = '<link rel="stylesheet" href="{}">', '<script defer src="{}"></script>'
    files = [f"_static/llm/{name}" for name in page_files(body)]
    return "\n".join((style if name.endswith(".css") else script).format(name) for name in files)


def fake_engine() -> str:
    """The fake's worker, with the words of fake.py."""
    return (HERE / "fake_engine.js").read_text("utf-8").replace("/*WORDS*/[]", json.dumps(WORDS))


@cache
def files_of(home: Path, real: bool) -> dict[str, str]:
    """What every page brings from the widgets of `home`, by path: joined once for hundreds of pages."""
    return assets(engine=None if real else fake_engine())


def write_page(
    folder: Path,
    widgets: list[Widget],
    theme: str = "light",
    name: str = "index.html",
    real: str | Sequence[str] = "",
    collections: Sequence[str] = (),
) -> Path:
    """Writes a page with its assets, and returns its path.

    Args:
        real: name of the bundled model to serve with the real engine, or names; otherwise the fake answers.
        collections: bundled collections of documents to serve; to the fake without vectors, which it makes.
    """
    static = folder / "_static" / "llm"
    (static / "models").mkdir(parents=True, exist_ok=True)
    for path, content in files_of(widgets_of.HERE, bool(real)).items():
        (static / path).parent.mkdir(exist_ok=True)
        (static / path).write_text(content, "utf-8")
    for each in [real] if isinstance(real, str) and real else real:
        shutil.copy(cached(MODELS / each), static / "models" / f"{each}.js")
    for each in () if real else ("mini-base", *(SEARCHERS if collections else ())):
        model = f'(globalThis.llmPageFiles ??= {{}})["{each}"] = {{"whole": true}};'
        (static / "models" / f"{each}.js").write_text(model, "utf-8")
    if collections:
        (static / "collections").mkdir(exist_ok=True)
    for each in collections:
        if real:
            for key, path in page_collections.pages([each]).items():
                shutil.copy(path, static / "collections" / f"{key}.js")
        else:
            body = page_collections.documents_of(each) | {"sizes": []}
            text = page_collections.render("llmCollections", each, body)
            (static / "collections" / f"{each}.js").write_text(text, "utf-8")
    page = folder / name
    body = "\n".join(widget.html() for widget in widgets)
    page.write_text(PAGE.format(theme=theme, body=body, files=tags(body)), "utf-8")
    return page


if __name__ == "__main__":
    from tests.widgets.samples import SAMPLES

    for theme in ("light", "dark"):
        for name, make in SAMPLES.items():
            print(write_page(Path(sys.argv[1]), [make()], theme, f"{name}-{theme}.html"))


def as_in_the_page(name: str) -> object:
    """A bundled model with the weights that its page file holds, int8 widened: both must answer alike."""
    from builders.page import quantized_state
    from llmlib import load
    from llmlib.data import model_path

    lm = load(name, device="cpu")
    lm.model.load_state_dict(quantized_state(model_path(name)), strict=False)
    return lm
