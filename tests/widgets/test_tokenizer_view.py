"""TokenizerView: the cut of the page is the tokenizer's, whatever the text; a huge one holds nothing up."""

from __future__ import annotations

import json
import re
from collections.abc import Callable

import pytest
from playwright.sync_api import Locator, expect

from llmlib.data import corpus, model_path, root
from llmlib.scratch import bpe
from llmlib.tokens import display
from llmlib.widgets import TokenizerView
from tests.widgets.fake import FakeLM

OURS = bpe.from_file(json.loads((model_path("mini-base") / "tokenizer.json").read_text("utf-8")))
ENGLISH = bpe.from_merges(
    **json.loads((root() / "tasks" / "custo-tokens" / "matched.json").read_text("utf-8"))["en"]
)
TEXT = "Não é fácil: 2 gatos 👩🏽‍🚀."


def figure(text: str = TEXT, **options: object) -> TokenizerView:
    return TokenizerView({"deste curso": OURS, "de inglês": ENGLISH}, text, examples={"vazio": ""}, **options)


def put(widget: Locator, text: str) -> None:
    """Sets the field's value as a paste would, lone surrogates and NUL included."""
    widget.locator("textarea").evaluate(
        "(e, t) => { e.value = JSON.parse(t); e.dispatchEvent(new Event('input', { bubbles: true })); }",
        json.dumps(text),
    )


def ids(widget: Locator) -> list[int]:
    return [
        int(each.split()[1])
        for each in widget.locator(".llm-token").evaluate_all("all => all.map((e) => e.dataset.tag)")
    ]


# ---- Python's side


def test_the_still_figure_shows_tokens_and_numbers() -> None:
    still = figure("O gato").fallback()
    for i in OURS.encode("O gato"):
        assert f"<td>{i}</td>" in still
    assert "<img" not in figure("<img src=x onerror=alert(1)>").html()


def test_the_vocabulary_travels_in_little() -> None:
    assert len(figure().html()) < 110_000
    (first, _) = figure().tokenizers
    assert len(first["merges"]) == 2 * len(OURS.merges)


def test_other_kinds_of_tokenizer_are_refused() -> None:
    with pytest.raises(ValueError, match="corta o texto de outro modo"):
        TokenizerView(FakeLM(), "Oi")
    with pytest.raises(ValueError, match="ao menos um"):
        TokenizerView({}, "Oi")
    with pytest.raises(ValueError, match="below"):
        figure(below="cor")


def test_the_bundled_model_can_be_given() -> None:
    from llmlib import load

    widget = TokenizerView(load("mini-base"), "O gato")
    assert [each["id"] for each in widget.tokens()] == OURS.encode("O gato")


# ---- in the page


@pytest.mark.parametrize(("host", "size"), [("http", "celular"), ("disco", "mesa")])
def test_any_text_is_cut_as_the_tokenizer_cuts_it(
    host: str, size: str, opened: Callable[..., Locator]
) -> None:
    widget = opened(figure(), host, size=size)
    assert ids(widget) == OURS.encode(TEXT)
    for text in [
        *corpus("mini", "valid", limit=3),
        "שלום عربي",
        "e\u0301\u0323 \u200d\x00",
        "a<|im_end|>\n",
        "\ud83d!",
        "",
    ]:
        put(widget, text)
        expect(widget.locator(".tv-back")).to_contain_text("Ida e volta exata" if text else "Texto vazio")
        assert ids(widget) == OURS.encode(text)[:240], text
    expect(widget.locator(".tv-odd:visible")).to_have_count(0)
    assert widget.page.evaluate("document.documentElement.scrollWidth - innerWidth") <= 0


def test_odd_characters_are_named_and_said(opened: Callable[..., Locator]) -> None:
    widget = opened(figure("a\x00b"))
    expect(widget.locator(".tv-odd:visible")).to_contain_text("1 caractere nulo")
    assert "⟨U+0000⟩" in "".join(widget.locator(".llm-token").all_inner_texts())
    put(widget, "oi \ud83d")
    expect(widget.locator(".tv-odd:visible")).to_contain_text("substituto sem par")
    expect(widget.locator(".tv-back")).to_contain_text("Ida e volta exata")
    put(widget, "oi<|endoftext|>")
    expect(widget.locator(".tv-odd:visible")).to_contain_text("1 token especial")
    put(widget, "<img src=x onerror=alert(1)></script>")
    assert widget.locator("img").count() == 0


def test_the_other_tokenizer_and_what_stands_below(opened: Callable[..., Locator]) -> None:
    widget = opened(figure())
    widget.get_by_label(re.compile("de inglês")).check()
    assert ids(widget) == ENGLISH.encode(TEXT)
    expect(widget.locator(".tv-rival output").nth(1)).to_have_text(f"{len(ENGLISH.encode(TEXT))} tokens")
    widget.get_by_label("bytes", exact=True).check()
    low = widget.locator(".llm-token").evaluate_all("all => all.map((e) => e.dataset.low).join(' ')")
    assert bytes.fromhex(low) == TEXT.encode()


def test_a_token_tells_its_bytes_and_its_birth_by_keyboard(opened: Callable[..., Locator]) -> None:
    widget = opened(figure("gatos 👩🏽‍🚀"))
    widget.locator(".llm-token").first.focus()
    first = OURS.encode("gatos 👩🏽‍🚀")[0]
    expect(widget.locator(".tv-card")).to_contain_text(str(first))
    expect(widget.locator(".tv-card")).to_contain_text(display(OURS.tokens[first]))
    widget.page.keyboard.press("End")
    expect(widget.locator(".tv-card")).to_contain_text("só uma parte: 1 byte dos 4 de “🚀”")


@pytest.mark.parametrize("text", ["palavra ação " * 80_000, "a" * 1_000_000], ids=["prose", "letters"])
def test_a_megabyte_is_counted_whole_and_the_field_stays_small(
    text: str, opened: Callable[..., Locator]
) -> None:
    widget = opened(figure())
    put(widget, text)
    count = f"{len(OURS.encode(text)) if text[0] == 'p' else 1_000_000:,}".replace(",", ".")
    unit = "tokens" if text[0] == "p" else "caracteres"
    expect(widget.locator(".llm-under")).to_contain_text(f"{count} {unit}", timeout=120_000)
    expect(widget.locator(".tv-back")).to_contain_text("Ida e volta exata")
    assert len(widget.locator("textarea").input_value()) < 3_000
    expect(widget.locator(".llm-token")).to_have_count(240)
    widget.get_by_role("button", name="Seguintes").click()
    expect(widget.locator(".tv-pager")).to_contain_text("tokens 241 a 480")
    widget.get_by_role("button", name="Limpar e escrever outro").click()
    expect(widget.locator("textarea")).to_be_editable()
    expect(widget.locator(".tv-back")).to_contain_text("Texto vazio")
