"""Every widget of this folder, as it opens and after use: axe-core, visible focus, hit areas, motion."""

from __future__ import annotations

from collections.abc import Callable

import pytest
from playwright.sync_api import Locator, expect

from tests.site.conftest import SIZES
from tests.widgets.samples import SAMPLES

RULES = ["wcag2a", "wcag2aa", "wcag21a", "wcag21aa", "wcag22aa", "best-practice"]
AXE = "rules => axe.run('main', {runOnly: rules})"


USES: dict[str, Callable[[Locator], None]] = {}  # name → what brings it to its fullest state, if need be


def used(name: str) -> Callable:
    """Registers how the widget `name` is brought to its fullest state."""
    return lambda function: USES.setdefault(name, function)


@used("next-token")
def _(root: Locator) -> None:
    root.locator("textarea").fill("Era uma vez um gato")
    expect(root).to_have_attribute("data-state", "live")
    root.locator("summary").click()


@used("generate")
def _(root: Locator) -> None:
    for _ in range(3):
        root.get_by_role("button", name="Passo").click()
    root.locator(".llm-bar:not(.llm-chosen):not(.llm-rest) button").first.click()
    expect(root.locator(".gen-branch")).to_have_count(1)
    expect(root).to_have_attribute("data-state", "live")


@used("sampling-view")
def _(root: Locator) -> None:
    root.get_by_role("radio", name="top-p").check()
    root.locator("input[name=value]").fill("12")
    root.get_by_role("button", name="Passo").click()
    expect(root).to_have_attribute("data-state", "live")
    root.locator("summary").click()
    root.get_by_role("radio", name="parada").check()
    root.locator("input[name=stop]").fill("fim")
    root.get_by_role("button", name="Acrescentar", exact=True).click()


@used("measured-curves")
def _(root: Locator) -> None:
    root.get_by_role("radio", name="frequência").check()
    root.locator("input[name=point]").fill("1")


@used("playground")
def _(root: Locator) -> None:
    root.get_by_role("button", name="Gerar").click()
    expect(root).to_have_attribute("data-state", "live")
    expect(root.get_by_role("button", name="Parar")).to_be_disabled()
    root.get_by_label("dois lado a lado").check()
    for summary in root.locator("summary").all():
        if summary.is_visible():
            summary.click()
    root.locator('.pg-token[tabindex="0"]').first.focus()
    expect(root.locator(".pg-peek").first).to_be_visible()


@used("api-call")
def _(root: Locator) -> None:
    root.locator("textarea[name=text]").fill("O gato")
    root.get_by_role("button", name="Enviar").click()
    expect(root.locator(".api-lines li").last).to_have_text("data: [DONE]")
    root.locator(".llm-strip button.llm-token").first.click()
    root.get_by_role("tab", name="Python").click()


@used("api-cost")
def _(root: Locator) -> None:
    root.get_by_label("pode esperar (lote)").check()
    root.locator(".llm-bar button").nth(1).click()


@used("retries")
def _(root: Locator) -> None:
    root.get_by_label("que dobra, sorteada", exact=True).check()


@used("tokenizer-view")
def _(root: Locator) -> None:
    root.locator("textarea").fill("oi<|endoftext|> 🐈‍⬛")
    root.locator(".llm-token").first.click()


@used("bpe-steps")
def _(root: Locator) -> None:
    root.get_by_role("button", name="Juntar", exact=True).click()


@used("token-cost")
def _(root: Locator) -> None:
    root.locator(".tc-row").first.click()


@used("logit-lens")
def _(root: Locator) -> None:
    root.locator('td[data-at="1,2"]').focus()


@used("patching")
def _(root: Locator) -> None:
    root.locator('td[data-at="1,2"]').click()
    expect(root.locator(".llm-bar").first).to_be_visible()


@used("kv-cache")
def _(root: Locator) -> None:
    root.get_by_role("button", name="Medir nesta máquina").click()
    expect(root).to_have_attribute("data-state", "live")


@used("model-parts")
def _(root: Locator) -> None:
    root.get_by_label("ler o texto de uma vez").check()


@used("machine")
def _(root: Locator) -> None:
    root.locator('.mc-part[data-view="attn"]').first.click()
    root.locator(".mc-map").nth(2).click()
    root.locator(".mc-num").nth(1).click()
    expect(root.locator(".mc-number")).to_be_visible()


@used("rag-pipeline")
def _(root: Locator) -> None:
    root.get_by_role("button", name="Ver a fonte 1").click()
    expect(root.locator(".rag-paper .rag-said")).to_be_visible()
    root.get_by_label("um texto seu").check()
    expect(root).to_have_attribute("data-state", "live")
    expect(root.locator(".llm-wait")).to_have_count(0)
    root.locator("summary").click()


@used("read-apart")
def _(root: Locator) -> None:
    root.get_by_role("button", name="Ver o trecho").click()
    expect(root.locator(".ra-text mark").first).to_be_visible()
    root.get_by_label("Cautela").fill("2")
    expect(root.locator(".ra-answer")).to_have_text("O texto não diz.")


@used("chunk-view")
def _(root: Locator) -> None:
    root.get_by_label("Trecho em destaque").fill("2")


@used("quiz")
def _(root: Locator) -> None:
    for number, answer in enumerate(["A frase inteira", "Escolhe sempre"]):
        root.locator("form").nth(number).get_by_label(answer).check()
        root.locator("form").nth(number).get_by_role("button").first.click()


def use(name: str, root: Locator) -> None:
    if name in USES:
        USES[name](root)


@pytest.mark.parametrize("name", list(SAMPLES))
def test_axe_finds_nothing_and_focus_is_seen(name: str, axe: str, opened: Callable[..., Locator]) -> None:
    root = opened(SAMPLES[name]())
    root.page.add_script_tag(content=axe)

    def check(*where: str) -> None:
        root.page.wait_for_timeout(250)  # let bars and dims settle: axe measures contrast of what it sees
        found = root.page.evaluate(AXE, RULES)["violations"]
        assert [(v["id"], [n["html"][:120] for n in v["nodes"]]) for v in found] == [], where

    if name in USES:
        check("as it opens")
    focus_is_seen(root)
    use(name, root)
    # both sizes and both themes, not each with each: the pages are looked at in both themes too (tests/site)
    for (size, (width, height)), theme in zip(SIZES.items(), ("light", "dark"), strict=True):
        root.page.set_viewport_size({"width": width, "height": height})
        root.page.evaluate("theme => { document.documentElement.dataset.theme = theme; }", theme)
        check("after use", theme, size)


def focus_is_seen(root: Locator) -> None:
    """Tab goes through the widget, and each stop shows where it is."""
    seen = 0
    for _ in range(14):
        root.page.keyboard.press("Tab")
        look = root.page.evaluate(
            """() => { const e = document.activeElement; if (!e.closest(".llm-widget")) return null;
            const s = getComputedStyle(e);
            return [e.className, s.outlineStyle !== "none" || s.boxShadow !== "none"]; }"""
        )
        if look:
            seen += 1
            assert look[1], look[0]
    assert seen >= 3


@pytest.mark.parametrize("name", list(SAMPLES))
def test_every_control_can_be_hit_by_a_thumb(name: str, opened: Callable[..., Locator]) -> None:
    root = opened(SAMPLES[name](), size="celular", has_touch=True, is_mobile=True)
    use(name, root)
    small = root.evaluate(
        """root => [...root.querySelectorAll("button, input:not([type=radio]), summary, textarea, label")]
        .filter((e) => e.offsetParent).map((e) => [e.className || e.tagName, e.getBoundingClientRect()])
        .filter(([, box]) => box.height < 24 || box.width < 12)
        .map(([name, box]) => `${name} ${box.width}x${box.height}`)"""
    )
    assert small == []


def test_no_motion_for_those_who_asked_for_none(opened: Callable[..., Locator]) -> None:
    root = opened(SAMPLES["next-token"](), reduced_motion="reduce")
    assert root.locator(".llm-fill").first.evaluate("e => getComputedStyle(e).transitionDuration") == "0s"
