"""Widgets in a real browser, on a standalone page, from http and from disk, with every other host cut off."""

from __future__ import annotations

import threading
from collections.abc import Callable, Iterator, Sequence
from functools import partial
from http.server import ThreadingHTTPServer
from pathlib import Path

import pytest
from playwright.sync_api import Locator, expect

from llmlib.widgets.base import Widget
from tests.site.conftest import Visit, _Quiet, axe, chromium, visit  # noqa: F401 (fixtures)
from tests.widgets.page import write_page

expect.set_options(timeout=20_000)  # a busy machine is slow, not wrong


@pytest.fixture
def served(tmp_path: Path) -> Iterator[str]:
    server = ThreadingHTTPServer(("127.0.0.1", 0), partial(_Quiet, directory=tmp_path))
    soon = partial(server.serve_forever, poll_interval=0.02)  # how long a test waits for its end
    threading.Thread(target=soon, daemon=True).start()
    yield f"http://127.0.0.1:{server.server_port}"
    server.shutdown()


@pytest.fixture
def opened(served: str, visit: Callable[..., Visit], tmp_path: Path) -> Callable[..., Locator]:  # noqa: F811
    """opened(widget, host="http"|"disco", spoil=folder → None, …) → the widget's root, alive.

    The page closes before its server does, which is asked for first: what a page is still bringing when a
    test ends would be cut off, and counted as its error.
    """

    def go(
        widget: Widget,
        host: str = "http",
        spoil: Callable[[Path], object] | None = None,
        real: str | Sequence[str] = "",
        collections: Sequence[str] = (),
        theme: str = "light",
        **options: object,
    ) -> Locator:
        page = write_page(tmp_path, [widget], theme=theme, real=real, collections=collections)
        if spoil:
            spoil(tmp_path / "_static" / "llm")
        address = f"{served}/index.html" if host == "http" else page.as_uri()
        visited = visit(address, theme=theme, **options)
        root = visited.page.locator(".llm-widget")
        root.locator(".llm-fallback").wait_for(state="detached")
        root.visited = visited
        return root

    return go
