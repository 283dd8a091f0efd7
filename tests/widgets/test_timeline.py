"""Timeline: the real table drawn, filtered, walked by keyboard; wrong rows refused; text only text."""

from __future__ import annotations

from collections.abc import Callable

import pytest
from playwright.sync_api import Locator, expect

from llmlib.data import root
from llmlib.widgets import Timeline
from llmlib.widgets.timeline import day, read_rows, size

ROWS = read_rows((root() / "linha-do-tempo" / "modelos.csv").read_text("utf-8"))
HOSTILE = "</script><img src=x onerror=alert(1)>"


@pytest.mark.parametrize(
    ("billions", "words"),
    [
        (None, "não divulgado"),
        (0.117, "117 milhões"),
        (0.0015, "1,5 milhão"),
        (1.5, "1,5 bilhão"),
        (7.3, "7,3 bilhões"),
        (175.0, "175 bilhões"),
        (1040.0, "1,04 trilhão"),
        (2800.0, "2,8 trilhões"),
    ],
)
def test_sizes_in_words(billions: float | None, words: str) -> None:
    assert size(billions) == words


def test_dates_in_words() -> None:
    assert day("2022-11-30") == "30 nov. 2022"


def test_a_wrong_category_names_the_row() -> None:
    with pytest.raises(ValueError, match="GPT-2: “aberto”"):
        Timeline([row | {"pesos": "aberto"} if row["nome"] == "GPT-2" else row for row in ROWS])


def test_the_still_figure_has_every_model_and_is_only_text() -> None:
    html = Timeline([*ROWS, ROWS[-1] | {"nome": HOSTILE, "data": "2027-01-01"}]).html()
    assert html.count("<tr>") == len(ROWS) + 2
    assert "<img" not in html
    assert html.count("</script>") == 1


def test_rows_are_put_in_order_of_date() -> None:
    assert Timeline(ROWS[::-1]).rows == Timeline(ROWS).rows


def shown(widget: Locator) -> int:
    return widget.locator(".llm-model:not([hidden])").count()


@pytest.mark.parametrize("host", ["http", "disco"])
@pytest.mark.parametrize("size", ["celular", "mesa"])
def test_filters_agree_in_figure_count_and_table(
    opened: Callable[..., Locator], host: str, size: str
) -> None:
    widget = opened(Timeline(ROWS), host, size=size)
    page = widget.visited.page
    assert page.evaluate("document.documentElement.scrollWidth") <= page.viewport_size["width"]
    assert shown(widget) == len(ROWS)
    widget.get_by_label("fechados").check()
    closed = [row for row in ROWS if row["pesos"] == "fechados"]
    assert shown(widget) == len(closed)
    silent = sum(not row["parametros_bi"] for row in closed)
    expect(widget.locator(".llm-count")).to_have_text(
        f"{len(closed)} modelos; {silent} sem tamanho divulgado."
    )
    widget.locator("summary").click()
    expect(widget.locator("tbody tr")).to_have_count(len(closed))
    widget.get_by_label("Família").select_option("BERT")
    expect(widget.locator(".llm-count")).to_contain_text("Nenhum modelo")
    widget.get_by_label("abertos").check()
    berts = [row["nome"] for row in ROWS if row["familia"] == "BERT" and row["pesos"] == "abertos"]
    assert shown(widget) == len(berts)
    expect(widget.locator(".llm-card strong")).to_have_text(berts[0])
    widget.get_by_role("button", name="seguinte").click()
    expect(widget.locator(".llm-card strong")).to_have_text(berts[1])


def test_keyboard_walks_in_order_of_date(opened: Callable[..., Locator]) -> None:
    widget = opened(Timeline(ROWS))
    assert widget.locator(".llm-model[tabindex='0']").count() == 1
    widget.locator(".llm-model[tabindex='0']").focus()
    press = widget.visited.page.keyboard.press
    press("Home")
    expect(widget.locator(".llm-card strong")).to_have_text(ROWS[0]["nome"])
    press("ArrowRight")
    press("ArrowRight")
    expect(widget.locator(".llm-card strong")).to_have_text(ROWS[2]["nome"])
    press("End")
    expect(widget.locator(".llm-card strong")).to_have_text(ROWS[-1]["nome"])


@pytest.mark.parametrize("theme", ["light", "dark"])
def test_axe_finds_nothing(opened: Callable[..., Locator], axe: str, theme: str) -> None:
    widget = opened(Timeline(ROWS), theme=theme, bypass_csp=True)
    page = widget.visited.page
    page.evaluate(axe)
    found = page.evaluate("axe.run('.llm-widget', {resultTypes: ['violations']})")["violations"]
    assert [(each["id"], each["nodes"][0]["html"][:120]) for each in found] == []
