"""TrainingCost: the page's sums are those of `llmlib.scratch.cost`; bad tables are named."""

from __future__ import annotations

import csv
from collections.abc import Callable

import pytest
from playwright.sync_api import Locator, expect

from llmlib.data import root as data_root
from llmlib.widgets import TrainingCost
from llmlib.widgets.training_cost import amount, scientific

RULES = ["wcag2a", "wcag2aa", "wcag21a", "wcag21aa", "wcag22aa", "best-practice"]


def rows(name: str) -> list[dict]:
    with (data_root() / "custo-treino" / f"{name}.csv").open(encoding="utf-8") as file:
        return list(csv.DictReader(file))


def figure(start: str = "BLOOM") -> TrainingCost:
    return TrainingCost(rows("maquinas"), rows("redes"), rows("modelos"), start=start)


def test_numbers_in_words() -> None:
    written = [amount(x) for x in (0, 0.0123, 3.14, 48, 994.27, 12_345, 1_000_000, 3.6e6, 2e9)]
    assert written == ["0", "0,012", "3,1", "48", "994", "12 mil", "1 milhão", "3,6 milhões", "2 bilhões"]
    assert scientific(3.18e23) == "3,2 × 10²³"


def test_bad_tables_are_named() -> None:
    machines, grids, models = rows("maquinas"), rows("redes"), rows("modelos")
    with pytest.raises(ValueError, match="tflops deveria ser um número"):
        TrainingCost([machines[0] | {"tflops": "muitos"}], grids, models)
    with pytest.raises(ValueError, match="falta watts"):
        TrainingCost([machines[0] | {"watts": ""}], grids, models)
    with pytest.raises(ValueError, match="não há maquina “Z80”"):
        TrainingCost(machines, grids, [models[0] | {"maquina": "Z80"}])
    with pytest.raises(ValueError, match="Não há um treino chamado “X”"):
        TrainingCost(machines, grids, models, start="X")


def test_the_fallback_has_every_training() -> None:
    still = figure().fallback()
    assert still.count("<tr>") == 1 + len(rows("modelos"))
    assert "kg de CO₂" in still


def test_the_verdict_of_the_chapter_holds() -> None:
    """Of “2 billion parameters cost 1.6 million dollars”: not even twenty of the longer trainings do."""
    widget = figure()
    assert 20 * widget.cost("2 bilhões, 1.000 tokens por parâmetro").dollars < 1.6e6
    assert 100 * widget.cost("2 bilhões, 20 tokens por parâmetro").dollars < 1.6e6


@pytest.mark.parametrize("host", ["http", "disco"])
def test_the_page_does_the_same_sums(host: str, axe: str, opened: Callable[..., Locator]) -> None:
    widget = figure()
    root = opened(widget, host, size="celular" if host == "http" else "mesa")
    assert root.page.evaluate("document.documentElement.scrollWidth - innerWidth") <= 0
    results = root.locator(".tc-sum strong")
    for name in [row["nome"] for row in rows("modelos")]:
        root.get_by_label("Treino", exact=True).select_option(name)
        cost = widget.cost(name)
        shown = results.all_inner_texts()
        assert shown[1].removesuffix(" h") == amount(cost.hours), name
        assert shown[4] == f"US$ {amount(cost.dollars)}", name
    root.get_by_label("Treino", exact=True).select_option("BLOOM")
    expect(root.locator(".tc-beside")).to_contain_text("Foi publicado")
    before = results.nth(5).inner_text()
    root.get_by_label("Rede elétrica").select_option("Índia, ciclo de vida")
    expect(results.nth(5)).not_to_have_text(before)
    root.get_by_label("Parâmetros").fill("0")
    expect(results.first).to_contain_text("10¹⁸")
    expect(root.locator(".tc-beside")).to_be_empty()  # what was published was about another size
    if host == "disco":
        return  # axe reads the style sheet again, which a page on disk may not
    root.page.add_script_tag(content=axe)
    found = root.page.evaluate("rules => axe.run('main', {runOnly: rules})", RULES)["violations"]
    assert [(v["id"], [n["html"][:120] for n in v["nodes"]]) for v in found] == []
