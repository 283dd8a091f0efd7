"""TokenCost: ratios and intervals as the course measures them, and the figure that shows them."""

from __future__ import annotations

from collections.abc import Callable

import numpy as np
import pytest
from playwright.sync_api import Locator, expect

from llmlib.measure import bootstrap
from llmlib.widgets import TokenCost
from llmlib.widgets.token_cost import interval

PAIRS = [
    {"registro": register, "pt": f"frase número {i} <b>", "en": f"sentence number {i}"}
    for register in ("conversa", "direito")
    for i in range(8)
]
rng = np.random.default_rng(4)
DEAR = [(int(a) + 14, int(a) + 6) for a in rng.integers(0, 6, size=16)]
EVEN = [(10, 10)] * 15 + [(10, 11)]
CHEAP = [(5 + i % 3, 12 + i % 2) for i in range(16)]


def figure() -> TokenCost:
    return TokenCost(
        PAIRS,
        [
            {"name": "caro", "vocabulary": 50_257, "counts": DEAR},
            {"name": "igual", "vocabulary": 32_000, "counts": EVEN},
            {"name": "do curso", "vocabulary": 3_072, "counts": CHEAP, "course": True},
        ],
    )


@pytest.mark.parametrize("counts", [DEAR, EVEN, CHEAP])
def test_the_interval_is_the_bootstrap_of_the_course(counts: list) -> None:
    ratio = lambda cases: sum(a for a, _ in cases) / sum(b for _, b in cases)  # noqa: E731
    expected = bootstrap(counts, ratio)
    assert interval(np.array(counts)) == pytest.approx(list(expected), abs=0.02)
    assert interval(np.array(counts))[0] == expected.value


def test_registers_have_their_own_ratios() -> None:
    row = figure().rows[0]
    assert set(row["ratios"]) == {"todos", "conversa", "direito"}
    half = DEAR[8:]
    assert row["ratios"]["direito"][0] == pytest.approx(
        sum(a for a, _ in half) / sum(b for _, b in half), rel=1e-4
    )


@pytest.mark.parametrize("counts", [[(1, 1)], [(1, 1)] * 15 + [(0, 1)]])
def test_missing_or_impossible_counts_are_refused(counts: list) -> None:
    with pytest.raises(ValueError, match="duas contagens"):
        TokenCost(PAIRS, [{"name": "x", "vocabulary": 1, "counts": counts}])


def test_the_still_figure_has_every_tokenizer() -> None:
    still = figure().fallback()
    assert all(name in still for name in ("caro", "igual", "do curso", "50.257"))


@pytest.mark.parametrize(("host", "size"), [("http", "celular"), ("disco", "mesa")])
def test_registers_order_and_sentences(host: str, size: str, opened: Callable[..., Locator]) -> None:
    widget = opened(figure(), host, size=size)
    expect(widget.locator(".llm-best")).to_contain_text("Em 1 de 3 o português custa mais; em 1, menos")
    widget.get_by_label("Ordem").select_option("do mais barato")
    assert widget.locator(".tc-name").all_inner_texts() == ["do curso", "igual", "caro"]
    widget.get_by_label("Registro").select_option("direito")
    first = widget.locator(".tc-row").first
    first.focus()
    widget.page.keyboard.press("Enter")
    expect(first).to_have_attribute("aria-expanded", "true")
    expect(widget.locator(".tc-pair")).to_have_count(8)
    assert widget.locator("b").count() == 0
    assert widget.page.evaluate("document.documentElement.scrollWidth - innerWidth") <= 0
