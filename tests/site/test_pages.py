"""Every page, from http and from disk, on a phone and on a desk: clean, whole, alive, reachable."""

from __future__ import annotations

import json
from collections.abc import Callable
from pathlib import Path
from urllib.parse import urlsplit

import pytest
from playwright.sync_api import Page, expect

from tests.notebooks.test_notebooks import pages
from tests.site.conftest import SIZES, Visit

ROOT = Path(__file__).parents[2]


def wake(tab: Page) -> None:
    """Come near each figure whose state lies in a file of its own, so that it is fetched."""
    for figure in tab.locator(".llm-widget:has(> .llm-state[data-file])").all():
        figure.scroll_into_view_if_needed()
        expect(figure.locator(":scope > .llm-fallback")).to_be_hidden()
    tab.evaluate("scrollTo(0, 0)")


@pytest.mark.parametrize("page", pages())
@pytest.mark.parametrize("host", ["http", "disco"])
@pytest.mark.parametrize("size", list(SIZES))
def test_page_is_whole(
    page: str, host: str, size: str, sites: dict[str, str], visit: Callable[..., Visit]
) -> None:
    tab = visit(f"{sites[host]}/chapters/{page}.html", size).page
    assert tab.evaluate("document.documentElement.lang").replace("_", "-") == "pt-BR"
    wake(tab)
    width = SIZES[size][0]
    assert tab.evaluate("document.documentElement.scrollWidth") <= width, "the page scrolls sideways"
    for widget in tab.locator("[data-widget]").all():
        name = widget.get_attribute("data-widget")
        assert widget.get_attribute("data-state") in {"recorded", "live", "loading"}, name
        # The host draws over the still picture: a widget that never woke up keeps only its fallback.
        expect(widget.locator(":scope > .llm-fallback")).to_be_hidden()
        assert widget.bounding_box()["height"] > 40, name


@pytest.mark.parametrize("page", ["intro", "o-que-e-um-llm"])
@pytest.mark.parametrize("size", list(SIZES))
def test_the_first_figure_is_above_the_fold(
    page: str, size: str, http_site: str, visit: Callable[..., Visit]
) -> None:
    tab = visit(f"{http_site}/chapters/{page}.html", size).page
    # Three bars on screen: the text, its most probable continuation and what competes with it.
    third = tab.locator("[data-widget=next-token] .llm-bar").nth(2).bounding_box()
    assert third["y"] + third["height"] <= SIZES[size][1]


@pytest.mark.parametrize("page", pages())
def test_axe_finds_nothing(page: str, http_site: str, visit: Callable[..., Visit], axe: str) -> None:
    tab = visit(f"{http_site}/chapters/{page}.html", "mesa", bypass_csp=True).page
    tab.wait_for_load_state("load")
    wake(tab)
    tab.evaluate(axe)
    for theme in ("light", "dark"):
        tab.evaluate("theme => { document.documentElement.dataset.theme = theme; }", theme)
        tab.wait_for_timeout(250)  # colours that fade are measured when they have arrived
        report = tab.evaluate("axe.run(document, {resultTypes: ['violations']})")
        found = [(v["id"], [node["target"] for node in v["nodes"]][:4]) for v in report["violations"]]
        assert found == [], theme + json.dumps(found, indent=1, ensure_ascii=False)


@pytest.mark.parametrize("page", pages())
def test_readable_without_javascript(page: str, http_site: str, visit: Callable[..., Visit]) -> None:
    tab = visit(f"{http_site}/chapters/{page}.html", java_script_enabled=False).page
    expect(tab.locator("h1").first).to_be_visible()
    for widget in tab.locator("[data-widget]").all():
        still = widget.locator(":scope > .llm-fallback")
        expect(still).to_be_visible()
        assert still.inner_text().strip(), widget.get_attribute("data-widget")


def test_search_answers_in_portuguese_from_disk(sites: dict[str, str], visit: Callable[..., Visit]) -> None:
    tab = visit(f"{sites['disco']}/search.html?q=token").page
    expect(tab.locator("#search-results")).to_contain_text("Páginas encontradas")
    expect(tab.locator("#search-results li").first).to_be_visible()


def test_root_leads_to_the_course(sites: dict[str, str], visit: Callable[..., Visit]) -> None:
    for site in sites.values():
        tab = visit(f"{site}/index.html").page
        tab.wait_for_url("**/chapters/intro.html")
        expect(tab.locator("[data-widget=next-token]").first).to_be_visible()


def test_a_lost_address_leads_back(http_site: str, visit: Callable[..., Visit]) -> None:
    tab = visit(f"{http_site}/404.html").page
    for link in tab.locator("a").all():
        address = urlsplit(link.get_attribute("href"))
        assert address.scheme == "https"
        assert address.hostname.endswith(".github.io")
    assert tab.get_by_role("heading").inner_text() == "Esta página não existe"


def focused(tab: Page) -> str:
    return tab.evaluate("document.activeElement?.className + ' ' + (document.activeElement?.name ?? '')")


def test_a_reader_with_only_a_keyboard(http_site: str, visit: Callable[..., Visit]) -> None:
    tab = visit(f"{http_site}/chapters/o-que-e-um-llm.html").page
    for _ in range(60):
        tab.keyboard.press("Tab")
        if "text" in focused(tab).split():
            break
    else:
        pytest.fail("Tab never reached the text field")
    widget = tab.locator("[data-widget=next-token]").first
    field = widget.locator("textarea[name=text]")
    tab.keyboard.press("Control+A")
    tab.keyboard.type("Era uma vez")
    expect(widget).to_have_attribute("data-state", "live")
    for _ in range(20):
        tab.keyboard.press("Tab")
        if "llm-row" in focused(tab):
            break
    else:
        pytest.fail("Tab never reached the bars")
    tab.keyboard.press("ArrowDown")
    tab.keyboard.press("Enter")
    expect(field).not_to_have_value("Era uma vez")
