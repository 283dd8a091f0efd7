"""Compressor: bits are those of the model, sizes those of real compressors, here and in the page."""

from __future__ import annotations

import zlib
from collections.abc import Callable
from pathlib import Path

import numpy as np
import pytest
from playwright.sync_api import Locator, expect

from builders.page import cached
from llmlib.measure import surprise
from llmlib.widgets import Compressor, assets
from llmlib.widgets.compressor import sizes

RULES = ["wcag2a", "wcag2aa", "wcag21a", "wcag21aa", "wcag22aa", "best-practice"]
TEXT = "O gato dormia no sofá."


@pytest.fixture(scope="module")
def figure(tiny_lm) -> Compressor:
    widget = Compressor(tiny_lm, TEXT, 100_000, ["Era uma vez", "ba ba ba ba"])
    widget.model_name = "mini-base"
    return widget


def bits_of(lm, text: str) -> float:
    trace = lm.trace(text)
    return float(surprise(trace.logits, trace.ids).sum() / np.log(2))


def test_bits_are_the_models(figure: Compressor, tiny_lm) -> None:
    assert figure.total() == pytest.approx(bits_of(tiny_lm, TEXT), rel=1e-4)
    assert "".join(token["text"] for token in figure.tokens).startswith("O gato")


def test_sizes_are_those_of_files_that_open_again() -> None:
    data = ("banana e maçã. " * 30).encode()
    found = sizes(data)
    packed = zlib.compressobj(9, wbits=-15)
    raw = packed.compress(data) + packed.flush()
    assert zlib.decompress(raw, wbits=-15) == data
    assert found["deflate"] == len(raw)
    assert all(0 < size < len(data) / 3 for size in found.values())


def test_an_empty_text_is_refused_and_the_fallback_is_whole(figure: Compressor, tiny_lm) -> None:
    with pytest.raises(ValueError, match="não seja vazio"):
        Compressor(tiny_lm, "  ", 1)
    with pytest.raises(ValueError, match="não cabe no contexto"):
        Compressor(tiny_lm, "O gato dormia. " * 40, 1)
    still = figure.fallback()
    assert still.count("<tr>") == 6
    assert still.count('class="llm-token"') == len(figure.tokens)


def engine_and_model(folder: Path, name: str = "mini-base") -> Callable[[Path], None]:
    """Puts the real engine and the tiny model into a page that was made for the fakes."""

    def spoil(static: Path) -> None:
        (static / "engine.js").write_text(assets()["engine.js"], "utf-8")
        text = (
            cached(folder, static / "cache")
            .read_text("utf-8")
            .replace(f'["{folder.name}"]', f'["{name}"]', 1)
        )
        (static / "models" / f"{name}.js").write_text(text, "utf-8")

    return spoil


@pytest.mark.parametrize("host", ["http", "disco"])
def test_live_bits_and_deflate(
    host: str, figure: Compressor, tiny_folder: Path, tiny_lm, axe: str, opened: Callable[..., Locator]
) -> None:
    root = opened(figure, host, engine_and_model(tiny_folder), size="celular" if host == "http" else "mesa")
    page = root.page
    assert page.evaluate("document.documentElement.scrollWidth - innerWidth") <= 0
    expect(root.locator(".cp-row")).to_have_count(5)
    for text in ("Era uma vez um gato que morava", "</script><b>🙂 " + "ba " * 8):
        root.locator("textarea").fill(text)
        expect(root).to_have_attribute("data-state", "live")
        expect(root.locator(".cp-row")).to_have_count(3)  # bz2 and xz were recorded for another text
        said = root.locator(".llm-best strong").first
        ours = bits_of(tiny_lm, text)
        page.wait_for_function(
            """x => { const said = document.querySelector(".llm-best strong").textContent;
            return Math.abs(parseFloat(said.replace(".", "").replace(",", ".")) - x) < 0.03 * x + 0.5; }""",
            arg=ours,
        )
        assert said.inner_text().endswith("bits")
        deflate = root.locator(".cp-row").nth(1).locator("b")
        expect(deflate).to_have_text(str(sizes(text.encode())["deflate"]))
    root.locator("textarea").fill("ba be " * 90)  # longer than the context: all are given the same end of it
    expect(root.locator(".llm-pill").nth(1)).to_contain_text("ficaram de fora")
    said = root.locator(".llm-pill").nth(1).inner_text()
    shown = int(said.split(" bytes")[0])
    assert shown < 540
    assert int(root.locator(".cp-row b").first.inner_text()) == shown
    root.locator("textarea").fill("")
    expect(root.locator(".llm-best")).to_contain_text("texto vazio")
    root.locator("textarea").fill(TEXT)
    expect(root.locator(".cp-row")).to_have_count(5)
    if host == "disco":
        return  # axe reads the style sheet again, which a page on disk may not
    page.add_script_tag(content=axe)
    found = page.evaluate("rules => axe.run('main', {runOnly: rules})", RULES)["violations"]
    assert [(v["id"], [n["html"][:120] for n in v["nodes"]]) for v in found] == []
