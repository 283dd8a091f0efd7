"""AttentionView: what travels, what it refuses, and the figure: recorded, live and at GPT-2's size."""

from __future__ import annotations

import json
import statistics
from collections.abc import Callable

import numpy as np
import pytest
from playwright.sync_api import Locator, expect

from llmlib.widgets import AttentionView
from llmlib.widgets.fallback import percent
from llmlib.widgets.packed import pack, sharpest, unpack
from tests.widgets.attended import TOKENS, Traced, maps


@pytest.mark.parametrize("causal", [True, False])
def test_small_maps_come_back_almost_exact(causal: bool) -> None:
    attentions = maps(causal=causal)
    packed = pack(attentions)
    assert packed["digits"] == 2
    assert packed["causal"] is causal
    assert np.abs(unpack(packed) - attentions).max() <= 0.00013


def test_a_large_models_maps_fit_and_lose_what_the_docstring_says() -> None:
    attentions = maps(12, 12, 128)
    widget = AttentionView(attentions, tokens=[f" t{i}" for i in range(128)])
    assert len(json.dumps(widget.state())) < 1.3e6
    assert len(widget.html()) < 1.3e6  # nothing in it is escaped
    found = widget.attentions()
    assert np.abs(found - attentions).max() < 0.02
    assert np.abs(found - attentions)[attentions < 0.01].max() < 0.002
    assert np.allclose(found.sum(-1), 1, atol=1e-5)


def test_what_a_transformers_model_returns_is_read() -> None:
    import torch

    attentions = maps()
    layers = tuple(torch.from_numpy(each[None]).to(torch.bfloat16).requires_grad_() for each in attentions)
    widget = AttentionView(layers, tokens=TOKENS, layer=2)
    assert widget.start[0] == 2
    assert np.abs(widget.attentions() - attentions).max() < 0.005
    assert widget.maps["shape"] == [3, 5, len(TOKENS)]


def spoiled(value: float) -> np.ndarray:
    attentions = maps()
    attentions[1, 2, 4, 3] = value
    return attentions


@pytest.mark.parametrize(
    ("attentions", "says"),
    [
        (None, r'attn_implementation="eager"'),
        ((None, None), r'attn_implementation="eager"'),
        (maps()[0], "4 eixos .*mas tem 3"),
        (maps()[:, :, :, :-1], r"7 no eixo 3 .*8 no eixo 2"),
        (maps()[:0], r"vazio no eixo 0 \(L, camadas\)"),
        (
            spoiled(np.nan),
            r"camada 1 \(eixo 0\), cabeça 2 \(eixo 1\), posição 4 \(eixo 2\), para 3 \(eixo 3\)",
        ),
        (spoiled(7.0), "depois da softmax"),
        ([maps(1)[0][None].repeat(2, 0)], r"2 textos no eixo 0 \(lote\)"),
        ([maps(1)[0], maps(1, 4)[0]], "formas diferentes"),
        ("mapas", "array de números"),
    ],
)
def test_wrong_arrays_are_refused_with_the_axis(attentions: object, says: str) -> None:
    with pytest.raises(ValueError, match=says):
        AttentionView(attentions, tokens=TOKENS)


@pytest.mark.parametrize(
    ("options", "says"),
    [
        ({"tokens": TOKENS[:-1]}, r"8 posições no eixo 2 .*7 tokens"),
        ({}, "faltam os tokens"),
        ({"tokens": TOKENS, "layer": 3}, "layer vai de 0 a 2"),
        ({"tokens": TOKENS, "head": -1}, "head vai de 0 a 4"),
    ],
)
def test_wrong_arguments_are_refused(options: dict, says: str) -> None:
    with pytest.raises(ValueError, match=says):
        AttentionView(maps(), **options)


class Silent:
    """A model whose passes bring no maps."""

    name = "mini-base"

    def compute(self, method: str, params: dict) -> dict:
        return {"tokens": [], "cut": 0}


def test_a_model_without_maps_says_how_to_load_it() -> None:
    with pytest.raises(ValueError, match=r'mini-base não trouxe mapas .*attn_implementation="eager"'):
        AttentionView(Silent(), "Oi")


def test_the_fallback_says_what_the_figure_says_and_escapes() -> None:
    widget = AttentionView(Traced(), layer=1, head=3)
    html = widget.html()
    assert "</script>" not in html.split('class="llm-state">')[1].split("</script>")[0]
    assert "Camada 2, cabeça 4" in widget.summary()
    assert "&lt;/script&gt;" in widget.fallback()
    one = AttentionView(np.ones((2, 3, 1, 1), dtype=np.float32), tokens=TOKENS[:1])
    assert "curto demais" in one.summary()


def test_recorded_maps_are_read_by_mouse_and_keyboard(opened: Callable[..., Locator]) -> None:
    attentions = maps()
    root = opened(AttentionView(Traced(attentions), layer=1, head=3), host="disco", size="celular")
    page, said = root.page, root.locator(".av-said")
    assert page.evaluate("document.documentElement.scrollWidth") <= page.viewport_size["width"]
    assert root.locator(".av-head").count() == 15
    expect(root.locator(".av-title")).to_have_text("Camada 2, cabeça 4")
    root.locator(".llm-token").nth(5).hover()
    best = int(attentions[1, 3, 5].argmax())
    expect(said).to_contain_text(percent(float(attentions[1, 3, 5, best])))
    expect(said).to_contain_text("שלום")
    root.locator(".av-head[aria-pressed=true]").focus()
    page.keyboard.press("ArrowDown")
    page.keyboard.press("ArrowLeft")
    expect(root.locator(".av-title")).to_have_text("Camada 3, cabeça 3")
    page.keyboard.press("ArrowDown")  # there is no layer below
    expect(root.locator(".av-title")).to_have_text("Camada 3, cabeça 3")
    mark = float(attentions[2, 2, 1:, 0].mean())
    expect(root.locator(".av-note").last).to_contain_text(percent(mark))
    # the first position dealt among the others: a row of the matrix still sums to one, without it
    root.get_by_label("Primeira posição").select_option("deal")
    root.locator(".llm-token").nth(4).click()
    row = attentions[2, 2, 4].copy()
    row[0] = 0
    expect(said).to_contain_text(percent(float(row.max() / row.sum())))
    root.get_by_label("Primeira posição").select_option("hide")
    expect(said).to_contain_text(percent(float(row.max())))
    root.get_by_label("Mostrar").select_option("to")
    expect(said).to_contain_text("olham")


def test_any_text_is_traced_in_the_page(opened: Callable[..., Locator]) -> None:
    from tests.widgets.page import as_in_the_page

    lm = as_in_the_page("mini-base")
    root = opened(AttentionView(lm, "O gato subiu no", layer=0, head=0), real="mini-base")
    text = root.locator("textarea")
    for written in ("A menina 🐱 مرحبا dormia.", "   ", "gato " * 700, ""):
        text.fill(written)
        expect(root).to_have_attribute("data-state", "live")
        answer = lm.trace(lm._ids(written)[0])
        size = len(answer.tokens)
        expect(root.locator(".llm-pill").last).to_have_text("1 posição" if size == 1 else f"{size} posições")
        expect(root.locator(".av-note").first).to_be_visible(visible=len(written) > 3000)
        if 2 < size < 60:
            root.locator(".llm-token").nth(size - 1).hover()
            weights = answer.attentions[0, 0, size - 1]
            expect(root.locator(".av-said")).to_contain_text(percent(float(weights.max())))
    expect(root.locator(".av-said")).to_contain_text("Só há a marca do início")


@pytest.mark.alone
def test_a_hover_fits_in_a_frame_at_gpt2s_size(opened: Callable[..., Locator]) -> None:
    root = opened(AttentionView(maps(12, 12, 128), tokens=[f" t{i}" for i in range(128)]))
    session = root.page.context.new_cdp_session(root.page)
    session.send("Performance.enable", {"timeDomain": "threadTicks"})

    def worked() -> float:  # seconds of the page's own thread, whoever else uses the machine
        metrics = session.send("Performance.getMetrics")["metrics"]
        return next(each["value"] for each in metrics if each["name"] == "TaskDuration")

    hover = """async (root, count) => {
      const tokens = root.querySelectorAll(".llm-token");
      for (let i = 0; i < count; i++) {
        tokens[(37 * i) % tokens.length].dispatchEvent(new PointerEvent("pointerover", { bubbles: true }));
        await new Promise(requestAnimationFrame);
      }
    }"""
    blocks = []
    for _ in range(5):
        before = worked()
        root.evaluate(hover, 20)
        blocks.append((worked() - before) / 20)
    print("hover at 12 × 12 × 128:", [f"{1000 * each:.1f} ms" for each in blocks])
    assert statistics.median(blocks) < 0.016


@pytest.mark.alone
def test_a_sentence_is_drawn_soon_after_typing(opened: Callable[..., Locator]) -> None:
    from llmlib import load

    lm = load("mini-base", device="cpu")
    words = "A menina que brincava com os cachorros estava cansada e o gato dormia no sofá da casa. " * 3
    root = opened(AttentionView(lm, "Oi"), real="mini-base")
    root.locator("textarea").fill("Era")
    expect(root).to_have_attribute("data-state", "live")
    spent = root.evaluate(
        """async (root, words) => {
        const area = root.querySelector("textarea"), strip = root.querySelector(".llm-strip"), times = [];
        for (let i = 0; i < 5; i++) {
          area.value = words.slice(0, words.length - 3 * i);
          const drawn = new Promise((resolve) => {
            const seen = new MutationObserver(() => { seen.disconnect(); resolve(performance.now()); });
            seen.observe(root.querySelector(".av-frame canvas"), { attributes: true });
          });
          const from = performance.now();
          area.dispatchEvent(new Event("input"));
          times.push((await drawn) - from);
          await new Promise(requestAnimationFrame);
        }
        return [Math.min(...times), strip.children.length];
      }""",
        words,
    )
    print(f"{spent[1]} tokens, from typing to the maps: {spent[0]:.0f} ms")
    assert spent[1] >= 56
    assert spent[0] < 200


def test_the_sharpest_head_is_found() -> None:
    attentions = np.zeros((2, 3, 4, 4), dtype=np.float32)
    attentions[..., 0] = 1
    attentions[1, 2] = np.eye(4, k=-1)
    attentions[1, 2, 0, 0] = 1
    assert sharpest(attentions) == [1, 2]
