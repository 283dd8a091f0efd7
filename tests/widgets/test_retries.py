"""Retries: the page's simulation is Python's, draw for draw, and the reader can change it."""

from __future__ import annotations

import re
from collections.abc import Callable

import pytest
from playwright.sync_api import Locator, expect

from llmlib.widgets import Retries
from tests.widgets.samples import SAMPLES


def shown(root: Locator) -> list[tuple[int, int]]:
    """(requests, answered) of each rule, as the table says."""
    rows = root.locator(".rt-table tbody tr").all()
    cells = [
        [int(re.match(r"[\d.]+", t)[0].replace(".", "")) for t in r.locator("td").all_inner_texts()[:2]]
        for r in rows
    ]
    return [tuple(each) for each in cells]


def slider(root: Locator, label: str) -> Locator:
    return root.locator("label.llm-range", has_text=label).locator("input")


def expected(widget: Retries) -> list[tuple[int, int]]:
    return [(r["requests"], r["answered"]) for r in widget.results().values()]


@pytest.mark.parametrize(
    ("wrong", "sentence"),
    [
        ({"clients": 1}, "clients vai de 2 a 60; veio 1"),
        ({"tries": 0}, "tries vai de 1 a 15"),
        ({"down": -1}, "down"),
    ],
)
def test_it_refuses_what_it_cannot_draw(wrong: dict, sentence: str) -> None:
    with pytest.raises(ValueError, match=sentence):
        Retries(**wrong)


@pytest.mark.parametrize("size", ["celular", "mesa"])
@pytest.mark.parametrize("host", ["http", "disco"])
def test_the_page_simulates_as_python_does(host: str, size: str, opened: Callable[..., Locator]) -> None:
    root = opened(SAMPLES["retries"](), host, size=size)
    assert shown(root) == expected(SAMPLES["retries"]())
    assert root.page.evaluate("document.documentElement.scrollWidth - innerWidth") <= 0


def test_every_setting_reaches_the_simulation(opened: Callable[..., Locator]) -> None:
    root = opened(SAMPLES["retries"]())
    slider(root, "Clientes").fill("9")
    slider(root, "Atende por 0,1 s").fill("3")
    slider(root, "Fora do ar").fill("0.4")
    slider(root, "Tentativas").fill("5")
    root.get_by_role("button", name="Sortear de novo").click()
    seed = SAMPLES["retries"]().seed + 1
    assert shown(root) == expected(Retries(clients=9, capacity=3, down=0.4, tries=5, seed=seed))


def test_a_rule_is_drawn(opened: Callable[..., Locator]) -> None:
    root = opened(SAMPLES["retries"]())
    for i, label in enumerate(
        ("tentar de novo já", "espera fixa", "espera que dobra", "que dobra, sorteada")
    ):
        root.get_by_label(label, exact=True).check()
        requests, answered = shown(root)[i]
        assert root.locator(".rt-no").count() + root.locator(".rt-ok").count() == requests
        assert root.locator(".rt-ok").count() == answered
        expect(root.locator(".rt-now th")).to_have_text(label)
