"""BPESteps: the page learns what llmlib.scratch.bpe learns, and one can walk through it both ways."""

from __future__ import annotations

import json
import re
import subprocess
from collections.abc import Callable
from pathlib import Path

import pytest
from playwright.sync_api import Locator, expect

from book import frontend
from llmlib import widgets
from llmlib.widgets import BPESteps
from llmlib.widgets.base import engine_parts

HERE = Path(widgets.__file__).parent
VECTORS = json.loads((Path(__file__).parents[1] / "vectors" / "bpe.json").read_text("utf-8"))
TEXT = "o rato roeu a roupa do rei de Roma; a rainha, com raiva, resolveu remendar a roupa do rei"


def in_node(expression: str) -> object:
    """What the learner of the page answers."""
    script = engine_parts("// uses engine: tokenizer") + (HERE / "bpe_steps.learner.js").read_text("utf-8")
    script += f"\nprocess.stdout.write(JSON.stringify({expression}));"
    done = subprocess.run([frontend.node()[0], "-"], input=script, capture_output=True, text=True, check=True)
    return json.loads(done.stdout)


def test_the_page_learns_the_same_merges_ties_included() -> None:
    texts = [case["text"] for case in VECTORS["learned"]]
    learned = in_node(
        f"""{json.dumps(texts)}.map((text) => {{
        const learner = new Learner(LLM.Tokenizer.split(text)), merges = [];
        for (let m; merges.length < 60 && (m = learner.step());)
          merges.push([m.left, m.right, m.count, m.id, m.length]);
        return merges; }})"""
    )
    for case, merges in zip(VECTORS["learned"], learned, strict=True):
        assert merges == case["merges"], case["text"][:60]


def test_the_page_cuts_the_same_words() -> None:
    texts = [case["text"] for case in VECTORS["cut"]]
    words = in_node(f"{json.dumps(texts)}.map((text) => LLM.Tokenizer.split(text.toWellFormed()))")
    assert words == [case["words"] for case in VECTORS["cut"]]


def test_the_candidates_announce_the_next_merge() -> None:
    steps = in_node(
        f"""(() => {{ const learner = new Learner(LLM.Tokenizer.split({json.dumps(TEXT * 3)})), out = [];
        for (;;) {{ const best = learner.best(5), m = learner.step(); if (!m) return out;
        out.push([best[0].left, best[0].right, best[0].count, m.left, m.right, m.count]); }} }})()"""
    )
    assert len(steps) > 30
    assert all(step[:3] == step[3:] for step in steps)


def test_the_still_figure_has_the_first_merges() -> None:
    widget = BPESteps(TEXT)
    assert widget.fallback().count("<tr><td>") == 12
    assert widget.merges()[0]["token"] in TEXT
    assert "<script" not in BPESteps("</script><b>oi</b> </script>").fallback()
    assert "nenhum par" in BPESteps("abc").summary()


@pytest.mark.parametrize("step", [-1, 301])
def test_a_step_that_cannot_be_is_refused(step: int) -> None:
    with pytest.raises(ValueError, match=f"step vai de 0 a 300; veio {step}"):
        BPESteps("a", step)


def tokens(root: Locator) -> list[str]:
    return root.locator(".llm-strip .llm-token").all_inner_texts()


@pytest.mark.parametrize(("host", "size"), [("http", "celular"), ("disco", "mesa")])
def test_forwards_and_backwards(host: str, size: str, opened: Callable[..., Locator]) -> None:
    root = opened(BPESteps(TEXT), host, size=size)
    before = tokens(root)
    assert len(before) == len(TEXT.encode())
    root.get_by_role("button", name="Juntar", exact=True).click()
    expect(root.locator(".bs-told")).to_contain_text("Junção 1")
    first = BPESteps(TEXT).merges()[0]
    expect(root.locator(".bs-told")).to_contain_text(f"lado a lado {first['count']} vezes")
    assert len(tokens(root)) == first["length"]
    assert root.locator(".llm-strip .bs-new").count() == len(before) - first["length"]
    expect(root.locator(".bs-vocabulary .llm-token")).to_have_count(1)
    root.get_by_role("button", name="Voltar").click()
    assert tokens(root) == before
    root.locator("input[type=range]").focus()
    root.page.keyboard.press("End")
    expect(root.get_by_role("button", name="Juntar", exact=True)).to_be_disabled()
    assert len(tokens(root)) < 0.75 * len(before)
    assert root.page.evaluate("document.documentElement.scrollWidth - innerWidth") <= 0


def test_playing_walks_by_itself_and_stops(opened: Callable[..., Locator]) -> None:
    root = opened(BPESteps("ab ab ab cd cd"))
    root.get_by_role("button", name="Tocar").click()
    expect(root.get_by_role("button", name="Pausar")).to_be_visible()
    expect(root.locator(".bs-told")).to_contain_text(re.compile("Junção [2-9]"))
    root.get_by_role("button", name="Início").click()
    expect(root.get_by_role("button", name="Tocar")).to_be_visible()


@pytest.mark.parametrize(
    ("text", "words"),
    [
        ("", "Escreva um texto"),
        ("abc", "Nenhum par de vizinhos"),
        ("\x00\x00\x00 \ud800", "junç"),
        ("👩🏽‍🚀👩🏽‍🚀 שלום שלום é é", "junç"),
        ("<img src=x onerror=alert(1)> <img src=x onerror=alert(1)>", "junç"),
    ],
)
def test_odd_texts_are_only_text(text: str, words: str, opened: Callable[..., Locator]) -> None:
    root = opened(BPESteps(TEXT))
    root.locator("textarea").evaluate("(e, t) => { e.value = t; e.dispatchEvent(new Event('input')); }", text)
    expect(root).to_contain_text(re.compile(words))
    root.locator("input[type=range]").evaluate(
        "e => { e.value = e.max; e.dispatchEvent(new Event('input')); }"
    )
    assert root.locator("img").count() == 0
    joined = "".join(tokens(root))
    if text.isascii() and "\x00" not in text:
        assert re.sub(r"[·↵\s]", "", joined) == re.sub(r"\s", "", text)


def test_a_megabyte_is_cut_short_and_said(opened: Callable[..., Locator]) -> None:
    root = opened(BPESteps(TEXT))
    root.locator("textarea").evaluate(
        "(e, t) => { e.value = t.repeat(12000); e.dispatchEvent(new Event('input')); }", TEXT
    )
    expect(root.locator(".bs-note")).to_contain_text("fiquei com os primeiros 50.000 caracteres")
