"""Every built page, as text: nothing loaded from other hosts, no English of the tools, within its budget."""

from __future__ import annotations

import gzip
from functools import cache
from pathlib import Path

from bs4 import BeautifulSoup

from tests.book.pages import english, foreign_loads, parsed


def test_nothing_foreign_and_nothing_english(site_dir: Path) -> None:
    pages = sorted(site_dir.rglob("*.html"))
    assert len(pages) >= 6
    for page in pages:
        soup = parsed(page.read_text("utf-8"))
        assert foreign_loads(soup) == [], page
        assert english(soup) == [], page


# Pages that open more than others: the whole model, a search and what follows it, thousands of vectors.
MOST_LIFE = dict.fromkeys(("transformer", "rag"), 70_000) | dict.fromkeys(
    ("embeddings-de-palavras", "embeddings-de-frases"), 53_000
)  # bytes of what brings its figures to life; 45,000
MOST_LIFE["avaliacao-de-rag"] = 62_000


@cache
def compressed(file: Path) -> int:
    """Bytes of a file as a server sends it; most files serve every page."""
    return len(gzip.compress(file.read_bytes()))


def test_a_page_is_light_until_the_model_is_asked(site_dir: Path) -> None:
    """Page, styles, scripts and all of the type, as a server sends them (text compressed): under 430 KB.

    Of these 202 KB are type, which the reader loads once; what brings the figures to life is under 45 KB. The
    pages of MOST_LIFE are allowed more of that. What is heavy in a figure lies in a file of its own.
    """
    fonts = sum(font.stat().st_size for font in (site_dir / "_static/fonts").iterdir())
    for page in (site_dir / "chapters").glob("*.html"):
        soup = BeautifulSoup(page.read_text("utf-8"), "html.parser")
        loads = [
            tag.get("src") or tag.get("href") for tag in soup.select("script[src], link[rel=stylesheet]")
        ]
        files = [page, *(page.parent / load.split("?")[0] for load in loads)]
        sent = {file: compressed(file.resolve()) for file in files}
        assert fonts + sum(sent.values()) < 430_000, page
        life = sum(size for file, size in sent.items() if "llm" in file.parts)
        assert life < MOST_LIFE.get(page.stem, 45_000), page


def test_every_model_page_file_is_there(site_dir: Path) -> None:
    for built in (site_dir / "_static/llm/models").glob("*.js"):
        assert built.stat().st_size < 4_000_000
    assert (site_dir / "_static/llm/models/mini-base.js").exists()
