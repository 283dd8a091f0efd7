"""HeadSwitches: heads go off and on by mouse and keyboard, and what is lost is what Python loses too."""

from __future__ import annotations

from collections.abc import Callable

import numpy as np
import pytest
from playwright.sync_api import Locator, expect

from llmlib.widgets import HeadSwitches
from llmlib.widgets.fallback import decimal
from tests.widgets.attended import measured
from tests.widgets.fake import FakeLM


def words(ids: list[int]) -> list[str]:
    return [f" p{i}" for i in ids]


def figure(source: object | None = None, **options: object) -> HeadSwitches:
    return HeadSwitches(source or FakeLM(), measured(), words, **options)


def test_wrong_arguments_are_refused() -> None:
    with pytest.raises(ValueError, match="ao menos um serviço"):
        HeadSwitches(FakeLM(), {}, words)
    with pytest.raises(ValueError, match="Não há o serviço x; há indução, gênero"):
        figure(job="x")
    jobs = measured()
    jobs["gênero"]["score"]["value"] = [[0.1]]
    with pytest.raises(ValueError, match="mesmas cabeças"):
        HeadSwitches(FakeLM(), jobs, words)
    jobs = measured()
    jobs["indução"]["examples"][0]["start"] = 5
    with pytest.raises(ValueError, match="lugar para a resposta"):
        HeadSwitches(FakeLM(), jobs, words)


def test_the_summary_names_both_heads_and_the_fallback_escapes() -> None:
    widget = figure(job="gênero")
    score = np.array(measured()["gênero"]["score"]["value"])
    layer, head = np.unravel_index(score.argmax(), score.shape)
    assert f"a {head + 1} da camada {layer + 1}" in widget.summary()
    assert "&lt;b&gt;lugar" in widget.fallback()


def test_what_the_page_loses_is_what_python_loses(opened: Callable[..., Locator]) -> None:
    from tests.widgets.page import as_in_the_page

    lm = as_in_the_page("mini-base")
    root = opened(figure(lm), host="disco", real="mini-base", size="celular")
    page, message = root.page, root.locator(".hs-message")
    assert page.evaluate("document.documentElement.scrollWidth") <= page.viewport_size["width"]

    def lost(ablate: list[list[int]]) -> str:
        means = []
        for each in measured()["indução"]["examples"]:
            answer = lm.compute("trace", {"ids": each["ids"], "ablate": ablate, "only": "losses"})
            means.append(np.mean(np.asarray(answer["losses"])[each["start"] - len(each["ids"]) :]))
        return decimal(float(np.mean(means)), 2)

    switches = root.locator(".hs-head")
    assert switches.count() == 30
    switches.nth(8).click()  # layer 2, head 3
    expect(switches.nth(8)).to_have_attribute("aria-pressed", "false")
    expect(message).to_contain_text(f"a {lost([[1, 2]])} (")
    page.keyboard.press("ArrowRight")
    page.keyboard.press("Space")
    expect(switches.nth(9)).to_have_attribute("aria-pressed", "false")
    expect(message).to_contain_text(f"a {lost([[1, 2], [1, 3]])} (")
    expect(message).to_contain_text("5 sorteios")
    root.get_by_role("button", name="todas").click()
    expect(message).to_contain_text(f"a {lost([[i, j] for i in range(5) for j in range(6)])} (")
    expect(message).to_contain_text("Não sobrou nenhuma")
    root.get_by_label("gênero").check()
    expect(message).to_contain_text("Todas ligadas")
    root.get_by_role("button", name="as 3 que mais fazem falta").click()
    expect(message).to_contain_text("A forma certa ainda vence em")
    assert root.locator('.hs-head[aria-pressed="false"]').count() == 3
    root.get_by_role("button", name="religar").click()
    assert root.locator('.hs-head[aria-pressed="false"]').count() == 0


def test_without_a_model_it_shows_what_was_measured(opened: Callable[..., Locator]) -> None:
    widget = figure()
    widget.model_name = ""
    root = opened(widget)
    assert root.locator(".hs-head:disabled").count() == 30
    expect(root.locator(".hs-message")).to_contain_text("medido antes")
