"""Adoption: days from dates, rankings by what was counted, and the three choices of the figure."""

from __future__ import annotations

from collections.abc import Callable

import pytest
from playwright.sync_api import Locator, expect

from llmlib.data import root
from llmlib.widgets import Adoption
from llmlib.widgets.adoption import days, duration
from llmlib.widgets.timeline import read_rows

ROWS = read_rows((root() / "linha-do-tempo" / "adocao.csv").read_text("utf-8"))


def row(name: str) -> dict:
    return next(each for each in ROWS if each["nome"] == name)


def test_days_are_the_difference_of_the_dates_or_what_the_source_says() -> None:
    assert days(row("ChatGPT"), "1m") == 5
    assert days(row("ChatGPT"), "100m") == 62
    assert days(row("TikTok"), "100m") == 270
    assert days(row("Pokémon GO"), "1m") is None


@pytest.mark.parametrize(
    ("count", "words"),
    [
        (1 / 24, "1 hora"),
        (1, "1 dia"),
        (5, "5 dias"),
        (62, "2 meses"),
        (270, "9 meses"),
        (730, "2 anos"),
        (1665, "4,6 anos"),
    ],
)
def test_durations_in_words(count: float, words: str) -> None:
    assert duration(count) == words


def test_the_record_depends_on_what_is_counted() -> None:
    figure = Adoption(ROWS)
    assert figure.ranking("100m")[0]["nome"] == "Threads"
    assert figure.ranking("100m", "usuários ativos")[0]["nome"] == "ChatGPT"
    assert figure.ranking("100m", "usuários ativos")[1]["nome"] == "TikTok"
    assert "ChatGPT" not in [each["nome"] for each in figure.ranking("100m", "downloads")]


def test_the_still_figure_has_every_service_and_caveat() -> None:
    html = Adoption(ROWS).fallback()
    assert all(each["nome"] in html for each in ROWS)
    assert html.count("sem dado") == sum(
        not (r[f"data_{m}"] or r[f"dias_{m}"]) for r in ROWS for m in ("1m", "100m")
    )


def names(widget: Locator) -> list[str]:
    return widget.locator(".llm-adoption-name").all_inner_texts()


@pytest.mark.parametrize("host", ["http", "disco"])
@pytest.mark.parametrize("size", ["celular", "mesa"])
def test_milestone_scale_and_counting(opened: Callable[..., Locator], host: str, size: str) -> None:
    widget = opened(Adoption(ROWS), host, size=size)
    page = widget.visited.page
    assert page.evaluate("document.documentElement.scrollWidth") <= page.viewport_size["width"]
    assert names(widget) == [each["nome"] for each in Adoption(ROWS).ranking("100m")]
    widget.get_by_label("Contando").select_option("usuários ativos")
    assert names(widget)[0] == "ChatGPT"
    bar = widget.locator(".llm-adoption-bar").first
    log = bar.evaluate("node => node.getBoundingClientRect().width / node.parentElement.clientWidth")
    widget.get_by_label("linear").check()
    linear = widget.locator(".llm-adoption-bar").first.evaluate(
        "node => node.getBoundingClientRect().width / node.parentElement.clientWidth"
    )
    assert log > 0.5
    assert linear == pytest.approx(62 / 2200, abs=0.01)
    widget.get_by_label("1 milhão").check()
    expect(widget.locator(".llm-count")).to_contain_text("Nenhum serviço")


def test_a_row_opens_its_caveat_and_source(opened: Callable[..., Locator]) -> None:
    widget = opened(Adoption(ROWS))
    button = widget.get_by_role("button", name="ChatGPT")
    button.focus()
    widget.visited.page.keyboard.press("Enter")
    expect(button).to_have_attribute("aria-expanded", "true")
    expect(button).to_be_focused()
    expect(widget.locator(".llm-card:visible")).to_contain_text("estimativa do UBS")
    assert widget.locator(".llm-card:visible a").get_attribute("href") == row("ChatGPT")["link_100m"]


@pytest.mark.parametrize("theme", ["light", "dark"])
def test_axe_finds_nothing(opened: Callable[..., Locator], axe: str, theme: str) -> None:
    widget = opened(Adoption(ROWS), theme=theme, bypass_csp=True)
    page = widget.visited.page
    page.evaluate(axe)
    found = page.evaluate("axe.run('.llm-widget', {resultTypes: ['violations']})")["violations"]
    assert [(each["id"], each["nodes"][0]["html"][:120]) for each in found] == []
