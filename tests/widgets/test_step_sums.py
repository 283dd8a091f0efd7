"""StepSums: the page asks and reads sums as Python does; twenty sums run, are counted, and can be stopped."""

from __future__ import annotations

import json
import subprocess
from collections.abc import Callable
from pathlib import Path

import pytest
from playwright.sync_api import Locator, expect

from book import frontend
from llmlib import widgets
from llmlib.scratch import prompting
from llmlib.widgets import StepSums
from llmlib.widgets.base import engine_parts
from llmlib.widgets.step_sums import WAYS, run, solved
from tests.widgets.talk import TalkLM

HERE = Path(widgets.__file__).parent


def reply(prompt: str) -> str:
    """A writer that adds the last two numbers, and is off by one where they pass ten."""
    a, b = ([int(n) for n in prompt.replace("\n", " ").split() if n.isdigit()] or [0, 0])[-2:]
    total = a + b
    return f" {total + (total > 10)}, ou {total}"


JS_REPLY = """async (prompt) => {
  const words = prompt.replaceAll("\\n", " ").split(" ");
  const [a, b] = words.filter((n) => /^[0-9]+$/.test(n)).map(Number).slice(-2);
  return ` ${a + b + (a + b > 10)}, ou ${a + b}`;
}"""


def in_node(body: str) -> object:
    script = engine_parts("// uses engine: sampling") + (HERE / "step_sums.ways.js").read_text("utf-8")
    script += f"\n(async () => {{ {body} }})().then((made) => process.stdout.write(JSON.stringify(made)));"
    done = subprocess.run([frontend.node()[0], "-"], input=script, capture_output=True, text=True, check=True)
    return json.loads(done.stdout)


def test_the_page_draws_the_same_sums_and_writes_the_same_prompts() -> None:
    for terms in (2, 3, 5):
        sums = prompting.sums(11, 20, terms)
        assert in_node(f"return ssSums(11, 20, {terms})") == sums
        assert in_node(f"return ssSolved({terms})") == solved(terms)
        shown = solved(terms)
        each_way = f"(t) => Object.values(ssPrompts).map((f) => f(t, ssSolved({terms})))"
        made = in_node(f"return {json.dumps(sums[:3])}.map({each_way})")
        for each, prompts in zip(sums, made, strict=False):
            assert prompts == [
                prompting.direct(each, shown), prompting.magic_words(each), prompting.with_steps(each, shown),
            ]  # fmt: skip


def test_the_page_reads_the_same_answers() -> None:
    sums = prompting.sums(5, 6, 3)
    for way in WAYS:
        expected = [run(lambda prompt, *_: reply(prompt), way, each) for each in sums]
        run_all = f"Promise.all({json.dumps(sums)}.map((t) => ssRun({JS_REPLY}, '{way}', t)))"
        assert in_node(f"return {run_all}") == expected
    silent = [run(lambda *_: "nada", way, sums[0]) for way in WAYS]
    mute = f"(w) => ssRun(async () => 'nada', w, {json.dumps(sums[0])})"
    asked = in_node(f"return Promise.all({json.dumps(list(WAYS))}.map({mute}))")
    assert asked == silent
    assert all(each["answer"] is None for each in silent)


def test_what_is_recorded_is_counted() -> None:
    widget = StepSums([TalkLM()], seed=4)
    assert len(widget.recording) == 20
    assert [row["terms"] for row in widget.recording] == prompting.sums(4, 20, 3)
    assert widget.fallback().count("<tr>") == 1 + len(WAYS)
    for label, _ in WAYS.values():
        assert label in widget.summary()
    with pytest.raises(ValueError, match="terms vai de 2 a 5"):
        StepSums([TalkLM()], terms=6)
    with pytest.raises(ValueError, match="modelo"):
        StepSums([])


@pytest.mark.parametrize("host", ["http", "disco"])
@pytest.mark.parametrize("size", ["celular", "mesa"])
def test_twenty_sums_run_in_the_page(opened: Callable[..., Locator], host: str, size: str) -> None:
    root = opened(StepSums([TalkLM()]), host, real="mini-base", size=size)
    page = root.visited.page
    assert page.evaluate("document.documentElement.scrollWidth") <= page.viewport_size["width"]
    first = root.locator("tbody th").first.inner_text()
    root.get_by_role("button", name="Rodar outras 20 somas").click()
    expect(root).to_have_attribute("data-state", "live")
    expect(root.get_by_role("button", name="Rodar outras 20 somas")).to_be_visible(timeout=60_000)
    expect(root.locator("tbody tr")).to_have_count(20)
    assert root.locator("tbody th").first.inner_text() != first
    for way in range(len(WAYS)):
        cells = root.locator(f"tbody td:nth-child({way + 2})").all_inner_texts()
        hits = sum("✓" in cell for cell in cells)
        expect(root.locator(".ss-number").nth(way)).to_contain_text(f"{hits} de 20")
        for row, cell in zip(root.locator("tbody tr").all()[:4], cells, strict=False):
            total = sum(int(n) for n in row.locator("th").inner_text().split(" + "))
            assert ("✓" in cell) == (cell.split()[0] == str(total))


def test_an_answer_opens_what_was_written_by_key(opened: Callable[..., Locator]) -> None:
    root = opened(StepSums([TalkLM()]), real="mini-base")
    button = root.locator(".ss-cell").first
    button.focus()
    button.press("ArrowRight")
    focused = root.locator(".ss-cell:focus")
    expect(focused).to_have_attribute(
        "aria-label", root.locator(".ss-cell").nth(1).get_attribute("aria-label")
    )
    focused.press("Enter")
    expect(root.locator(".ss-detail strong")).to_contain_text("“passo a passo”")
    expect(root.locator(".ss-detail pre")).to_contain_text("Vamos pensar passo a passo.")


def test_stopping_keeps_only_whole_rows_and_a_missing_model_is_said(opened: Callable[..., Locator]) -> None:
    spoil = lambda static: (static / "models" / "mini-base.js").write_text("1")  # noqa: E731
    root = opened(StepSums([TalkLM()]), spoil=spoil)
    root.get_by_role("button", name="Rodar outras 20 somas").click()
    expect(root).to_have_attribute("data-state", "error")
    expect(root.locator(".llm-pill").first).to_contain_text("incompleto ou corrompido")
    expect(root.locator("tbody tr")).to_have_count(20)  # what was recorded comes back
