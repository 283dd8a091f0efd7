"""ScalingView: its laws are those of the fit; the page predicts, hides and reveals as Python does."""

from __future__ import annotations

import re
from collections.abc import Callable

import numpy as np
import pytest
from playwright.sync_api import Locator, expect

from llmlib.scratch.scaling import fit, predict
from llmlib.widgets import ScalingView
from llmlib.widgets.scaling_view import count

LAW = [np.log(400), np.log(2000), np.log(1.2), 0.5, 0.5]
RULES = ["wcag2a", "wcag2aa", "wcag21a", "wcag21aa", "wcag22aa", "best-practice"]


def runs() -> list[dict]:
    """Five sizes, three budgets; the last size does better than the law of the others."""
    rng, found = np.random.default_rng(1), []
    for n in (14_000, 38_000, 98_000, 277_000, 800_000):
        for d in (126_000, 400_000, 1_200_000):
            loss = (
                float(predict(LAW, n, d)) * (1 + 0.01 * rng.standard_normal()) * (0.8 if n == 800_000 else 1)
            )
            found.append({"parameters": str(n), "tokens": str(d), "loss": f"{loss:.5f}", "seed": "0"})
    return found


@pytest.fixture(scope="module")
def figure() -> ScalingView:
    return ScalingView(runs(), samples=30)


def test_the_laws_are_those_of_the_fit(figure: ScalingView) -> None:
    rows = figure.runs
    n, d, loss = (np.array([row[key] for row in rows]) for key in ("parameters", "tokens", "loss"))
    best, low, high = figure.predicted(98_000, 400_000)
    assert best == pytest.approx(predict(fit(n, d, loss), 98_000, 400_000), rel=0.01)
    assert low <= best <= high
    assert figure.fits[0]["without"] == {}
    assert len(figure.fits) == 1 + 5 + 3
    kept = n < n.max()
    without = [each["without"].get("value") for each in figure.fits].index(800_000)
    expected = predict(fit(n[kept], d[kept], loss[kept]), 800_000, 1_200_000)
    assert figure.predicted(800_000, 1_200_000, without)[0] == pytest.approx(expected, rel=0.02)


def test_what_was_left_out_is_compared_with_what_was_measured(figure: ScalingView) -> None:
    large = [e for e in figure.hidden() if e["key"] == "parameters" and e["parameters"] == 800_000]
    assert len(large) == 3
    assert all(e["measured"] < e["predicted"] for e in large)  # it was made to do better than the others' law


def test_summary_fallback_and_numbers_in_words(figure: ScalingView) -> None:
    assert figure.summary().startswith("15 treinos medidos: a perda vai de")
    assert figure.fallback().count("<td>") == 15
    assert [count(x) for x in (950, 37_960, 1_000_448, 2_500_000)] == [
        "950",
        "38 mil",
        "1 milhão",
        "2,5 milhões",
    ]
    assert count(1_000_448, "tokens") == "1 milhão de tokens"
    assert count(37_960, "tokens") == "38 mil tokens"


def test_a_row_that_is_no_run_is_named() -> None:
    with pytest.raises(ValueError, match="corrida 2 não traz"):
        ScalingView([*runs()[:1], {"parameters": "muitos"}])


@pytest.mark.parametrize("host", ["http", "disco"])
def test_leave_out_bet_reveal(
    host: str, figure: ScalingView, axe: str, opened: Callable[..., Locator]
) -> None:
    root = opened(figure, host, size="celular" if host == "http" else "mesa")
    page = root.page
    assert page.evaluate("document.documentElement.scrollWidth - innerWidth") <= 0
    expect(root.locator(".sc-run")).to_have_count(15)
    best = figure.predicted(800_000, 1_200_000)[0]
    say = root.locator(".llm-best")
    comma = "{:.2f}".format
    expect(say).to_contain_text(comma(best).replace(".", ","))
    root.locator("select").select_option(label="os modelos de 800 mil parâmetros")
    expect(root.locator(".sc-run")).to_have_count(12)
    expect(say).not_to_contain_text("Medido")
    without = [each["without"].get("value") for each in figure.fits].index(800_000)
    expect(say).to_contain_text(comma(figure.predicted(800_000, 1_200_000, without)[0]).replace(".", ","))
    root.locator("input[name=bet]").fill("40")
    expect(root.locator(".sc-bet")).to_have_count(1)
    root.get_by_role("button", name="Mostrar o medido").click()
    expect(root.locator(".sc-out-run")).to_have_count(3)
    expect(say).to_contain_text(re.compile(r"Medido: .*(dentro|fora) da faixa\. A sua aposta"))
    for axis in ("parâmetros", "operações"):
        root.get_by_label(axis, exact=True).first.check()
        expect(root.locator(".sc-run")).to_have_count(15)
    root.locator("input[name=tokens]").fill("400")
    expect(root.locator(".sc-note").first).to_contain_text("extrapolação")
    if host == "disco":
        return  # axe reads the style sheet again, which a page on disk may not
    page.add_script_tag(content=axe)
    found = page.evaluate("rules => axe.run('main', {runOnly: rules})", RULES)["violations"]
    assert [(v["id"], [n["html"][:120] for n in v["nodes"]]) for v in found] == []
