"""The built site in a real browser: from http and from disk, with every other host cut off.

`visit` opens a page and keeps what went wrong in it (console errors, requests to other hosts), and each test
ends by asserting that nothing did. The site is built by `make book` (or here, where it is missing).
"""

from __future__ import annotations

import os
import re
import subprocess
import sys
import threading
from collections.abc import Callable, Iterator
from dataclasses import dataclass, field
from functools import partial
from http.server import SimpleHTTPRequestHandler, ThreadingHTTPServer
from pathlib import Path

import pytest
from playwright.sync_api import Browser, Page, Route

from book import frontend
from tests.browser import launch

ROOT = Path(__file__).parents[2]
SIZES = {"celular": (360, 740), "mesa": (1280, 800)}


@pytest.fixture(scope="session")
def site_dir() -> Path:
    site = Path(os.environ.get("LLM_SITE", ROOT / "build" / "html"))
    if not (site / "index.html").exists():
        subprocess.run([sys.executable, "-m", "book.build"], cwd=ROOT, check=True)
    return site


@pytest.fixture(scope="session")
def chapters(site_dir: Path) -> list[str]:
    """The pages written by hand, as paths from the site's root."""
    return sorted(str(page.relative_to(site_dir)) for page in (site_dir / "chapters").glob("*.html"))


class _Quiet(SimpleHTTPRequestHandler):
    def log_message(self, *args: object) -> None:
        pass


@pytest.fixture(scope="session")
def http_site(site_dir: Path) -> Iterator[str]:
    server = ThreadingHTTPServer(("127.0.0.1", 0), partial(_Quiet, directory=site_dir))
    threading.Thread(target=server.serve_forever, daemon=True).start()
    yield f"http://127.0.0.1:{server.server_port}"
    server.shutdown()


@pytest.fixture(scope="session")
def sites(http_site: str, site_dir: Path) -> dict[str, str]:
    return {"http": http_site, "disco": site_dir.resolve().as_uri()}


@pytest.fixture(scope="session")
def chromium() -> Browser:
    return launch()


@dataclass
class Visit:
    """A page and what went wrong in it."""

    page: Page
    errors: list[str] = field(default_factory=list)
    foreign: list[str] = field(default_factory=list)

    def assert_clean(self) -> None:
        assert self.foreign == []
        assert self.errors == []


@pytest.fixture
def visit(chromium: Browser) -> Iterator[Callable[..., Visit]]:
    """visit(url, size="mesa", theme="light", before=None, **options) -> Visit, checked when the test ends."""
    opened: list[Visit] = []

    def go(
        url: str, size: str = "mesa", theme: str = "light", before: str | None = None, **options: object
    ) -> Visit:
        width, height = SIZES[size]
        context = chromium.new_context(
            viewport={"width": width, "height": height}, color_scheme=theme, locale="pt-BR", **options
        )
        context.set_default_timeout(20_000)
        if before:
            context.add_init_script(before)
        visit = Visit(context.new_page())
        origin = re.match(r"http://[^/]+|file://", url).group()

        def gate(route: Route) -> None:
            address = route.request.url
            if address.startswith((origin, "data:", "blob:")):
                return route.continue_()
            visit.foreign.append(address)
            return route.abort()

        context.route("**/*", gate)
        visit.page.on("console", lambda m: visit.errors.append(m.text) if m.type == "error" else None)
        visit.page.on("pageerror", lambda error: visit.errors.append(str(error)))
        visit.page.goto(url)
        opened.append(visit)
        return visit

    yield go
    for each in opened:
        each.page.context.close()
    for each in opened:
        each.assert_clean()


@pytest.fixture(scope="session")
def axe() -> str:
    """axe-core's script, installed from the lock file beside this test."""
    home = ROOT / "build" / "axe"
    frontend.install(Path(__file__).parent, home)
    return (home / "node_modules" / "axe-core" / "axe.min.js").read_text("utf-8")
