"""What a figure in a page is asked by several tests: whether its answer is there, and whether it fits."""

from __future__ import annotations

from playwright.sync_api import Locator, expect


def settled(root: Locator, state: str = "live") -> None:
    """Nothing is being computed any more, and the figure says where its answer is from."""
    expect(root).to_have_attribute("data-state", state)
    expect(root.locator(".llm-wait")).to_have_count(0)


def fits(root: Locator) -> None:
    """The page is no wider than its window."""
    page = root.page
    assert page.evaluate("document.documentElement.scrollWidth") <= page.viewport_size["width"]
