"""ApiCost: the sums of Python and of the page agree, and the table is dated and sourced."""

from __future__ import annotations

import csv
import re
from collections.abc import Callable

import pytest
from playwright.sync_api import Locator, expect
from pybtex.database import parse_file

from llmlib.data import root as data_root
from llmlib.widgets.api_cost import ApiCost, cost, prices
from tests.widgets.samples import PRICES, SAMPLES

BAD = [
    ({"entrada": "x"}, "entrada deveria ser um número"),
    ({"saida": ""}, "falta saida"),
    ({"moeda": "EUR"}, "a moeda é USD ou BRL"),
]


def table() -> list[dict]:
    with (data_root() / "precos-api" / "precos.csv").open(encoding="utf-8", newline="") as file:
        return list(csv.DictReader(file))


def test_the_table_is_dated_and_sourced() -> None:
    citations = parse_file(str(data_root().parent / "references.bib")).entries
    for row in prices(table()):
        assert re.fullmatch(r"20\d\d-\d\d-\d\d", row["data"])
        assert row["citacao"] in citations, row["nome"]
        assert row["link"].startswith("https://")
        assert row["cache"] is None or row["cache"] <= row["entrada"] <= row["saida"]
        assert row["nota"].endswith(".")


def test_a_sum_by_hand() -> None:
    row = prices([PRICES[0]])[0]  # 2 in, 0.5 again, 10 out
    assert cost(row, 1000, 100, 1000) == pytest.approx(2 + 1)
    assert cost(row, 1000, 100, 1000, cached=0.5) == pytest.approx(1 + 0.25 + 1)
    assert cost(row, 1000, 100, 1000, batch=True) == pytest.approx(1.5)
    plain = prices([PRICES[1]])[0]  # no cache price, no batch
    assert cost(plain, 1000, 100, 1000, cached=0.5, batch=True) == cost(plain, 1000, 100, 1000)


@pytest.mark.parametrize(("wrong", "sentence"), BAD, ids=str)
def test_a_bad_row_is_named(wrong: dict, sentence: str) -> None:
    with pytest.raises(ValueError, match=f"{PRICES[0]['nome']}: {sentence}"):
        prices([PRICES[0] | wrong])


@pytest.mark.parametrize("wrong", [{"read": 0}, {"calls": 10**8}, {"rate": 0}])
def test_it_refuses_what_it_cannot_draw(wrong: dict) -> None:
    with pytest.raises(ValueError, match="vai de"):
        ApiCost(PRICES, **wrong)


def number(text: str) -> float:
    return float(re.search(r"[\d.]+(?:,\d+)?", text)[0].replace(".", "").replace(",", "."))


@pytest.mark.parametrize("size", ["celular", "mesa"])
@pytest.mark.parametrize("host", ["http", "disco"])
def test_the_page_sums_as_python_does(host: str, size: str, opened: Callable[..., Locator]) -> None:
    root = opened(SAMPLES["api-cost"](), host, size=size)
    widget = SAMPLES["api-cost"]()
    shown = {
        bar.locator(".llm-bar-token").inner_text(): number(bar.locator(".llm-number").inner_text())
        for bar in root.locator(".llm-bar").all()
    }
    assert list(shown) == sorted(shown, key=shown.get)
    for name, value in shown.items():
        assert value == pytest.approx(widget.reais(name), rel=0.01)
    assert root.page.evaluate("document.documentElement.scrollWidth - innerWidth") <= 0


def test_the_reader_changes_the_job(opened: Callable[..., Locator]) -> None:
    root = opened(SAMPLES["api-cost"]())
    name = PRICES[0]["nome"]
    bar = root.locator(".llm-bar").filter(has_text=name)
    bar.get_by_role("button").click()
    before = number(bar.locator(".llm-number").inner_text())
    root.get_by_label("1 dólar = R$").fill("10.4")
    assert number(bar.locator(".llm-number").inner_text()) == pytest.approx(2 * before, rel=0.01)
    root.get_by_label("pode esperar (lote)").check()
    assert number(bar.locator(".llm-number").inner_text()) == pytest.approx(before, rel=0.01)
    root.get_by_label("Lidos de novo (cache)").fill("0.5")
    assert number(bar.locator(".llm-number").inner_text()) < before
    expect(root.locator(".ac-sum")).to_contain_text(name)
    expect(root.locator(".ac-sum")).to_contain_text("÷ 1 milhão")
    expect(root.locator(".ac-note a")).to_have_attribute("href", PRICES[0]["link"])


def test_a_rate_that_is_no_rate_is_said(opened: Callable[..., Locator]) -> None:
    root = opened(SAMPLES["api-cost"]())
    before = root.locator(".llm-number").all_inner_texts()
    root.get_by_label("1 dólar = R$").fill("-3")
    expect(root.locator(".ac-bad")).to_be_visible()
    assert root.locator(".llm-number").all_inner_texts() == before
    root.get_by_label("1 dólar = R$").fill("6")
    expect(root.locator(".ac-bad")).to_be_hidden()


def test_arrows_walk_the_bars(opened: Callable[..., Locator]) -> None:
    root = opened(SAMPLES["api-cost"]())
    root.locator(".llm-bar button").first.focus()
    root.page.keyboard.press("ArrowDown")
    root.page.keyboard.press("Enter")
    expect(root.locator(".llm-bar button").nth(1)).to_have_attribute("aria-pressed", "true")
