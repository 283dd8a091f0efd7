"""ExamplesCurve: what was measured is what is shown, at every size and for every curve."""

from __future__ import annotations

from collections.abc import Callable

import pytest
from playwright.sync_api import Locator, expect

from llmlib.widgets import ExamplesCurve

SIZES = [0, 30, 300, 3000]


def points(shift: float = 0.0) -> list[dict]:
    shares = [0.02, 0.2, 0.44, 0.6]
    return [
        {
            "value": v + shift,
            "low": max(0, v + shift - 0.1),
            "high": v + shift + 0.1,
            "seeds": [v, v + 2 * shift],
        }
        for v in shares
    ]


ANSWERS = {
    "Qual é a capital?": ["Qual é", "Lima </script>", "Brasília.", ""],
    "Oi!\nTudo?": ["a", "b", "c", "d"],
}


def figure(**changed: object) -> ExamplesCurve:
    given = {"sizes": SIZES, "curves": {"todos os tipos": points(), "recusar": points(0.1)}}
    given |= {"answers": ANSWERS, "times": [0, 95.2, 9.5, 0.9]} | changed
    return ExamplesCurve(**given)


@pytest.mark.parametrize(
    ("wrong", "says"),
    [
        ({"sizes": [0]}, "sizes"),
        ({"sizes": [0, 300, 30, 3000]}, "sizes"),
        ({"curves": {}}, "curva"),
        ({"curves": {"curta": points()[:2]}}, "curta"),
        ({"times": [1]}, "times"),
        ({"curves": {"torta": [p | {"low": 0.9} for p in points()]}}, "torta"),
    ],
)
def test_wrong_arguments_are_refused(wrong: dict, says: str) -> None:
    with pytest.raises(ValueError, match=says):
        figure(**wrong)


def test_without_javascript_there_is_a_table() -> None:
    html = figure().fallback()
    assert html.count("<tr>") == 1 + len(SIZES)
    assert "3.000" in html
    assert "60\u00a0%" in html
    assert "</script>" not in figure().html().split('class="llm-state">')[1].split("</script>")[0]


@pytest.mark.parametrize("size", ["celular", "mesa"])
def test_the_slider_walks_sizes_and_answers(opened: Callable[..., Locator], size: str) -> None:
    root = opened(figure(), size=size)
    page = root.visited.page
    assert page.evaluate("document.documentElement.scrollWidth") <= page.viewport_size["width"]
    expect(root.locator(".exc-said strong")).to_have_text("60\u00a0%")
    expect(root.locator("dd").first).to_have_text("(nada)")
    root.get_by_role("slider").press("Home")
    expect(root.locator(".exc-said")).to_contain_text("nenhuma conversa, o modelo base")
    root.get_by_role("slider").press("ArrowRight")
    expect(root.locator(".exc-said")).to_contain_text("30 conversas, cada uma lida 95 vezes: 20\u00a0%")
    expect(root.locator("dd").first).to_have_text("Lima </script>")
    root.get_by_role("button", name="recusar").press("Enter")
    expect(root.locator(".exc-said strong")).to_have_text("30\u00a0%")
    assert root.locator(".exc-seed").count() == 2 * len(SIZES)
