"""The model in the page: it answers to any text; when it cannot, it says so and keeps the figure."""

from __future__ import annotations

from collections.abc import Callable
from pathlib import Path

import pytest
from playwright.sync_api import Locator, expect

from llmlib.widgets.fallback import percent
from tests.site.conftest import SIZES, Visit

CHAPTER = "chapters/o-que-e-um-llm.html"
BREAKS_WORKER = "delete globalThis.Worker;"
BREAKS_WASM = "delete globalThis.WebAssembly;"
ODD = {
    "vazio": "",
    "espaços": "   \n  ",
    "emoji": "O gato 🐈‍⬛ viu a 👩🏽‍🚀",
    "html": "<img src=x onerror=alert(1)>",
    "script": "</script><script>alert(1)</script>",
    "direita para a esquerda": "مرحبا بالعالم",
}


def next_token(visited: Visit) -> Locator:
    return visited.page.locator("[data-widget=next-token]").first


def probabilities(widget: Locator) -> list[str]:
    return widget.locator(".llm-bar .llm-number").all_inner_texts()


def type_and_wait(widget: Locator, text: str) -> None:
    widget.locator("textarea[name=text]").fill(text)
    expect(widget).to_have_attribute("data-state", "live")


@pytest.mark.parametrize("host", ["http", "disco"])
@pytest.mark.parametrize("size", list(SIZES))
def test_it_answers_what_the_reader_types(
    host: str, size: str, sites: dict[str, str], visit: Callable[..., Visit]
) -> None:
    widget = next_token(visit(f"{sites[host]}/{CHAPTER}", size))
    recorded = probabilities(widget)
    assert len(recorded) > 3
    type_and_wait(widget, "Qual é a capital do")
    expect(widget.locator(".llm-bar .llm-number").first).not_to_have_text(recorded[0])
    first = widget.locator(".llm-bar-token").first.inner_text()
    type_and_wait(widget, "Era uma vez um")
    expect(widget.locator(".llm-bar-token").first).not_to_have_text(first)


def test_the_page_agrees_with_the_library(http_site: str, visit: Callable[..., Visit]) -> None:
    from builders.page import quantized_state
    from llmlib import load
    from llmlib.data import model_path

    widget = next_token(visit(f"{http_site}/{CHAPTER}"))
    text = "O menino abriu a porta e"
    type_and_wait(widget, text)
    lm = load("mini-base", device="cpu")
    lm.model.load_state_dict(quantized_state(model_path("mini-base")), strict=False)  # the page's int8
    expected = [percent(each["p"]) for each in lm.next(text, k=5)["top"]]
    assert probabilities(widget)[:5] == expected


@pytest.mark.parametrize("name", list(ODD))
def test_odd_text_is_only_text(name: str, http_site: str, visit: Callable[..., Visit]) -> None:
    visited = visit(f"{http_site}/{CHAPTER}")
    alerts: list[str] = []
    visited.page.on("dialog", lambda dialog: (alerts.append(dialog.message), dialog.dismiss()))
    widget = next_token(visited)
    type_and_wait(widget, "Era")  # so that an odd text that gets no answer would not pass as live
    before = widget.locator(".llm-best").inner_text()
    widget.locator("textarea[name=text]").fill(ODD[name])
    expect(widget.locator(".llm-best")).not_to_have_text(before)
    assert alerts == []
    assert widget.locator("img").count() == 0


def test_a_very_long_text_is_cut_and_says_so(http_site: str, visit: Callable[..., Visit]) -> None:
    widget = next_token(visit(f"{http_site}/{CHAPTER}"))
    type_and_wait(widget, "O gato subiu no telhado. " * 4000)
    note = widget.locator(".nt-cut")
    expect(note).to_be_visible()
    expect(note).to_contain_text("ficaram de fora")
    type_and_wait(widget, "O gato")
    expect(note).to_be_hidden()


@pytest.mark.parametrize("missing", [BREAKS_WORKER, BREAKS_WASM, BREAKS_WORKER + BREAKS_WASM])
@pytest.mark.parametrize("host", ["http", "disco"])
def test_without_worker_or_webassembly(
    missing: str, host: str, sites: dict[str, str], visit: Callable[..., Visit]
) -> None:
    widget = next_token(visit(f"{sites[host]}/{CHAPTER}", before=missing))
    type_and_wait(widget, "A menina abriu a")
    assert len(probabilities(widget)) > 3


@pytest.mark.parametrize("damage", ["missing", "truncated", "altered"])
def test_a_damaged_model_keeps_the_recorded_figure(
    damage: str, http_site: str, site_dir: Path, visit: Callable[..., Visit]
) -> None:
    whole = (site_dir / "_static/llm/models/mini-base.js").read_text("utf-8")
    middle = len(whole) // 2
    body = {"truncated": whole[:middle], "altered": whole[:middle] + "AAAAAAAA" + whole[middle + 8 :]}.get(
        damage
    )
    visited = visit(f"{http_site}/{CHAPTER}")
    visited.page.route(
        "**/mini-base.js",
        lambda route: (
            route.fulfill(body=body, content_type="text/javascript") if body else route.fulfill(status=404)
        ),
    )
    widget = next_token(visited)
    recorded = probabilities(widget)
    widget.locator("textarea[name=text]").fill("Outro texto")
    expect(widget).to_have_attribute("data-state", "error")
    expect(widget).to_contain_text("mini-base")
    assert probabilities(widget) == recorded
    assert visited.foreign == []
    visited.errors.clear()  # the browser itself reports the file we broke


def test_generate_plays_branches_and_undoes(sites: dict[str, str], visit: Callable[..., Visit]) -> None:
    for site in sites.values():
        tab = visit(f"{site}/{CHAPTER}").page
        widget = tab.locator("[data-widget=generate]").first
        tokens = widget.locator(".llm-token")
        step = widget.get_by_role("button", name="Passo", exact=False)
        undo = widget.get_by_role("button", name="Desfazer")
        before = tokens.count()
        step.click()
        expect(tokens).to_have_count(before + 1)
        # Another token than the recorded one: only the model can go on.
        widget.locator(".llm-bar:not(.llm-chosen) .llm-row").nth(2).click()
        expect(tokens).to_have_count(before + 2)
        expect(widget).to_have_attribute("data-state", "live")
        step.click()
        expect(tokens).to_have_count(before + 3)
        undo.click()
        undo.click()
        undo.click()
        expect(tokens).to_have_count(before)
