"""MeasuredCurves: what it takes from the measures, and the figure in a browser."""

from __future__ import annotations

import re
from collections.abc import Callable

import pytest
from playwright.sync_api import Locator, expect

from llmlib.widgets import MeasuredCurves
from llmlib.widgets.fallback import percent
from tests.widgets.samples import SAMPLES, SETTINGS


def test_points_are_in_order_and_off_is_known() -> None:
    curves = {each["name"]: each for each in MeasuredCurves(SETTINGS).curves}
    assert [p["text"] for p in curves["temperature"]["points"]] == ["0", "0,7", "1", "2"]
    assert curves["temperature"]["off"] == 2
    assert [p["text"] for p in curves["top_k"]["points"]] == ["1", "20", "desligado"]  # no cut is the widest
    assert curves["frequency_penalty"]["fixed"] == "temperatura 0"
    assert curves["temperature"]["points"][0]["diversity"] is None


def test_it_refuses_what_was_not_measured() -> None:
    with pytest.raises(ValueError, match="O controle “min_p” não foi medido; há temperature, top_k"):
        MeasuredCurves(SETTINGS, controls=["min_p"])
    with pytest.raises(ValueError, match="make data NAME=geracao"):
        MeasuredCurves([])


def test_the_fallback_is_every_number() -> None:
    still = MeasuredCurves(SETTINGS, "mini-base", "2026-11-21").fallback()
    assert still.count("<table>") == 3
    assert "Medido no mini-base em 21/11/2026" in still
    assert percent(0.61) in still


@pytest.mark.parametrize("size", ["celular", "mesa"])
@pytest.mark.parametrize("host", ["http", "disco"])
def test_the_reader_picks_control_and_point(host: str, size: str, opened: Callable[..., Locator]) -> None:
    root = opened(SAMPLES["measured-curves"](), host, size=size)
    expect(root.locator("polyline")).to_have_count(4)
    expect(root.locator("polygon")).to_have_count(4)
    root.locator("input[name=point]").fill("0")
    expect(root.locator("tbody tr").first).to_contain_text("sem sorteio")
    root.locator("input[name=point]").fill("3")
    expect(root.locator("tbody tr").last).to_contain_text(percent(0.61))
    root.get_by_role("radio", name="frequência").check()
    expect(root.locator("polyline")).to_have_count(3)  # no diversity without a draw
    expect(root.locator(".mc-small")).to_contain_text("Com temperatura 0")
    assert root.page.evaluate("document.documentElement.scrollWidth - innerWidth") <= 0


def test_the_keyboard_walks_the_curve(opened: Callable[..., Locator]) -> None:
    root = opened(SAMPLES["measured-curves"]())
    root.locator("input[name=point]").focus()
    root.page.keyboard.press("Home")
    expect(root.locator("output")).to_have_text("0")
    root.page.keyboard.press("ArrowRight")
    expect(root.locator("output")).to_have_text("0,7")
    expect(root.locator(".llm-hear")).to_have_text(re.compile("temperatura 0,7: variedade"))
