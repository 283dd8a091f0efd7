"""NextToken: what it records and refuses, and the live figure, on the fake model and on the real one."""

from __future__ import annotations

import re
from collections.abc import Callable
from pathlib import Path

import pytest
from playwright.sync_api import Locator, expect

from llmlib.widgets import NextToken
from tests.widgets.fake import FakeLM
from tests.widgets.samples import SAMPLES

HOSTS = ["http", "disco"]


def numbers(root: Locator) -> list[str]:
    return root.locator(".llm-number").all_inner_texts()


def write(root: Locator, text: str, state: str = "live") -> None:
    root.locator("textarea[name=text]").fill(text)
    expect(root).to_have_attribute("data-state", state)


# ---- Python's side


def test_it_records_thirty_tokens_and_no_logits() -> None:
    recording = NextToken(FakeLM(), "O gato subiu no", k=4).recording
    assert len(recording["top"]) == 30
    assert set(recording["top"][0]) == {"id", "text", "p"}
    assert [each["text"] for each in recording["tokens"]] == ["O", " gato", " subiu", " no"]


def test_it_takes_a_recording() -> None:
    widget = NextToken(FakeLM().next("Era", k=5), "Era")
    assert not widget.live
    assert widget.model_name == ""


@pytest.mark.parametrize("k", [2, 31])
def test_it_refuses_too_few_and_too_many_bars(k: int) -> None:
    with pytest.raises(ValueError, match=f"k vai de 3 a 30 barras; veio {k}"):
        NextToken(FakeLM(), "x", k=k)


def test_the_fallback_is_the_whole_figure() -> None:
    widget = NextToken(FakeLM(), "O gato", k=4)
    still = widget.fallback()
    assert still.count('<li class="llm-bar') == 5
    assert still.count('class="llm-token"') == 2
    assert "Mais provável" in still
    assert "\u00a0%" in still


# ---- in the page


@pytest.mark.parametrize("size", ["celular", "mesa"])
@pytest.mark.parametrize("host", HOSTS)
def test_recorded_at_once_and_live_when_the_text_changes(
    host: str, size: str, opened: Callable[..., Locator]
) -> None:
    root = opened(SAMPLES["next-token"](), host, size=size)
    expect(root).to_have_attribute("data-state", "recorded")
    recorded = numbers(root)
    assert len(recorded) == 11
    assert (
        root.page.evaluate("typeof globalThis.llmEngine") == "undefined"
    )  # nothing is loaded before it is needed
    write(root, "Era uma vez um unicórnio")
    expect(root.locator(".llm-token")).to_have_count(5)
    expect(root.locator(".llm-pill").first).to_contain_text("ao vivo")
    top = FakeLM().next("Era uma vez um unicórnio", k=1)["top"][0]
    expect(root.locator(".llm-best strong")).to_have_text(f"“{top['text'].strip()}”")
    width = root.page.evaluate("document.documentElement.scrollWidth - innerWidth")
    assert width <= 0


def test_a_bar_is_appended_by_mouse_and_by_keyboard(opened: Callable[..., Locator]) -> None:
    root = opened(SAMPLES["next-token"]())
    field = root.locator("textarea[name=text]")
    bars = [row["text"] for row in FakeLM().next("O gato subiu no")["top"]]
    typable = [i for i, text in enumerate(bars) if text not in ("<|endoftext|>", " ⟨C3⟩")]
    root.locator(".llm-bar button").nth(typable[1]).click()
    expect(field).to_have_value("O gato subiu no" + bars[typable[1]])
    expect(root).to_have_attribute("data-state", "live")
    root.locator(".llm-bar button:not(:disabled)").first.focus()
    chosen = root.locator(".llm-bar button:not(:disabled)").nth(2)
    expect(chosen).to_have_accessible_name(re.compile(r"^\S+ [\d,<> ]+\s% acrescentar$"))
    root.page.keyboard.press("ArrowDown")
    root.page.keyboard.press("ArrowDown")
    root.page.keyboard.press("Enter")
    expect(root.locator(".llm-token")).to_have_count(6)


def test_one_tab_stop_for_all_bars_and_all_tokens(opened: Callable[..., Locator]) -> None:
    root = opened(SAMPLES["next-token"]())
    assert root.locator(".llm-bar button[tabindex='0']").count() == 1
    tokens = root.locator(".llm-token")
    assert root.locator(".llm-token[tabindex='0']").count() == 1
    tokens.first.focus()
    root.page.keyboard.press("End")
    expect(tokens.nth(3)).to_be_focused()
    assert "token número" in tokens.nth(3).get_attribute("aria-label")


def test_special_tokens_and_loose_bytes_cannot_be_typed(opened: Callable[..., Locator]) -> None:
    root = opened(NextToken(FakeLM(), "O gato subiu no", k=30))
    rows = root.locator(".llm-bar")
    for text in ("fim do texto", "⟨C3⟩"):
        expect(rows.filter(has_text=text).locator("button")).to_be_disabled()


def test_the_number_of_bars_and_the_table_follow_the_slider(opened: Callable[..., Locator]) -> None:
    root = opened(SAMPLES["next-token"]())
    root.locator("summary").click()
    root.locator("input[type=range]").fill("5")
    expect(root.locator(".llm-bar")).to_have_count(6)
    expect(root.locator("tbody tr")).to_have_count(5)
    assert root.locator("tbody td:last-child").all_inner_texts() == numbers(root)[:5]


@pytest.mark.parametrize(
    "text",
    [
        "",
        "   \n ",
        "avó 🐈‍⬛ 👩🏽‍🚀",
        "<img src=x onerror=alert(1)>",
        "</script><script>alert(1)</script>",
        "مرحبا",
    ],
)
def test_odd_text_is_only_text(text: str, opened: Callable[..., Locator]) -> None:
    root = opened(SAMPLES["next-token"]())
    count = len(FakeLM().next(text)["tokens"])
    before = 1 if count != 1 else 2  # another length, so that the answer to `text` can be told from this one
    write(root, " ".join(["Era"] * before))
    expect(root.locator(".llm-token")).to_have_count(before)
    write(root, text)
    expect(root.locator(".llm-token")).to_have_count(count)
    assert root.locator("img, script:not(.llm-state)").count() == 0
    shown = "".join(root.locator(".llm-token").all_inner_texts())
    assert re.sub(r"[·↵]", "", shown) == re.sub(r"\s", "", text)


def test_a_hundred_thousand_characters_hang_nothing(opened: Callable[..., Locator]) -> None:
    root = opened(SAMPLES["next-token"]())
    write(root, "palavra " * 12_500)
    expect(root.locator(".nt-cut")).to_have_text(
        "O texto não cabe inteiro: usei os últimos 255 tokens; 12.246 ficaram de fora."
    )
    expect(root.locator(".llm-token")).to_have_count(120)
    expect(root.locator(".llm-more")).to_have_text("… +135")
    write(root, "Era")
    expect(root.locator(".nt-cut")).to_be_hidden()


def test_the_newest_text_wins(opened: Callable[..., Locator]) -> None:
    root = opened(SAMPLES["next-token"]())
    root.locator("textarea").press_sequentially(" era uma vez um gato azul", delay=8)
    text = root.locator("textarea").input_value()
    expect(root.locator(".llm-token")).to_have_count(len(FakeLM().next(text)["tokens"]))
    expect(root.locator(".llm-hear")).to_contain_text("Mais provável")


def test_examples_fill_the_text(opened: Callable[..., Locator]) -> None:
    root = opened(SAMPLES["next-token"]())
    root.get_by_role("button", name="Era uma vez", exact=True).click()
    expect(root.locator("textarea")).to_have_value("Era uma vez")
    expect(root.locator(".llm-token")).to_have_count(3)


def test_without_a_model_nothing_invites_a_change(opened: Callable[..., Locator]) -> None:
    root = opened(NextToken(FakeLM().next("O gato subiu no", k=30), "O gato subiu no", examples=["Era"]))
    assert root.locator("textarea").get_attribute("readonly") is not None
    expect(root.locator(".nt-examples")).to_have_count(0)
    assert root.locator(".llm-bar button:not(:disabled)").count() == 0
    root.locator("input[type=range]").fill("20")
    expect(root.locator(".llm-bar")).to_have_count(21)


# ---- what may break


def truncate(folder: Path) -> None:
    (folder / "models" / "mini-base.js").write_text(
        '(globalThis.llmPageFiles ??= {})["mini-base"] = {"whole": fal'
    )


def spoil(folder: Path) -> None:
    (folder / "models" / "mini-base.js").write_text(
        '(globalThis.llmPageFiles ??= {})["mini-base"] = {"format": 1};'
    )


@pytest.mark.parametrize("host", HOSTS)
@pytest.mark.parametrize(
    ("how", "sentence"),
    [
        (
            lambda folder: (folder / "models" / "mini-base.js").unlink(),
            "models/mini-base.js não foi encontrado",
        ),
        (lambda folder: (folder / "engine.js").unlink(), "engine.js não foi encontrado"),
        (truncate, "models/mini-base.js está incompleto ou corrompido"),
        (spoil, "mini-base está incompleto ou corrompido"),
    ],
    ids=["model missing", "engine missing", "model truncated", "model spoilt"],
)
def test_a_broken_file_is_named_and_the_recording_stays(
    how: Callable[[Path], None], sentence: str, host: str, opened: Callable[..., Locator]
) -> None:
    root = opened(SAMPLES["next-token"](), host, spoil=how)
    before = numbers(root)
    write(root, "Era uma vez", "error")
    expect(root.locator(".llm-pill").first).to_contain_text(sentence)
    expect(root.locator(".llm-pill").first).to_contain_text("make ")
    assert numbers(root) == before
    root.visited.errors.clear()  # the browser itself reports the broken file


@pytest.mark.parametrize(
    "break_it",
    ["delete globalThis.Worker;", "globalThis.Worker = class { constructor() { throw Error('no'); } };"],
)
def test_without_a_worker_the_page_itself_computes(break_it: str, opened: Callable[..., Locator]) -> None:
    root = opened(SAMPLES["next-token"](), before=break_it)
    write(root, "Era uma vez")
    expect(root.locator(".llm-token")).to_have_count(3)


def test_a_corrupt_widget_keeps_the_still_figure(
    opened: Callable[..., Locator], visit: Callable, tmp_path: Path
) -> None:
    from tests.widgets.page import write_page

    page = write_page(tmp_path, [SAMPLES["next-token"]()])
    page.write_text(
        page.read_text("utf-8").replace('data-widget="next-token"', 'data-widget="nenhum"'), "utf-8"
    )
    root = visit(page.as_uri()).page.locator(".llm-widget")
    expect(root).to_have_attribute("data-state", "error")
    expect(root.locator(".llm-fallback .llm-bar")).to_have_count(11)
    expect(root.locator(".llm-pill")).to_contain_text("Vale o que foi gravado")


def test_javascript_off_shows_the_figure(visit: Callable, tmp_path: Path) -> None:
    from tests.widgets.page import write_page

    page = visit(write_page(tmp_path, [SAMPLES["next-token"]()]).as_uri(), java_script_enabled=False).page
    expect(page.locator(".llm-fallback .llm-bar")).to_have_count(11)
    assert page.locator(".llm-fallback .llm-fill").first.bounding_box()["width"] > 50


# ---- the real model


@pytest.mark.parametrize("host", HOSTS)
def test_the_real_engine_answers_in_the_page(host: str, opened: Callable[..., Locator]) -> None:
    from llmlib import load

    lm = load("mini-base")
    root = opened(NextToken(lm, "O gato"), host, real="mini-base")
    text = "Era uma vez, um unicórnio"
    write(root, text)
    expected = lm.next(text, k=10)
    expect(root.locator(".llm-token")).to_have_count(len(expected["tokens"]))
    expect(root.locator(".llm-bar-token").first).to_have_text(expected["top"][0]["text"].replace(" ", "·"))
    write(root, "")
    expect(root.locator(".llm-token")).to_have_count(0)
    write(root, "palavra " * 12_500)
    expect(root.locator(".nt-cut")).to_contain_text("usei os últimos 511 tokens")
