"""Visibility, FillMask, Rewrite: recorded first, then the reader's own words, by mouse and by keyboard."""

from __future__ import annotations

from collections.abc import Callable

import numpy as np
import pytest
from playwright.sync_api import Locator, expect

from llmlib.scratch import visibility as masks
from llmlib.widgets import FillMask, Rewrite, Visibility
from llmlib.widgets.fill_mask import cut
from tests.widgets.fake import FakeLM
from tests.widgets.families import FakeFiller, FakeRewriter, four, served

SENTENCE = "O gato preto dorme no sofá azul."
ORDER = [3, 0, 6, 1, 5, 2, 4]
TASKS = {"corrigir": "corrigir: ", "resumir": "resumir: "}
PROMPTS = [("corrigir", "As menina correu."), ("resumir", "Era uma vez <b>um</b> gato.")]


def hidden_words() -> FillMask:
    return FillMask(SENTENCE, [1, 6], **four(), examples=[("Oi </script> 🐱", [0])])


# ---- Python


def test_visibility_says_what_the_masks_say() -> None:
    widget = Visibility(SENTENCE, at=3, order=ORDER)
    words = SENTENCE.split()
    seen = widget.seen()
    assert seen["decoder"] == words[:3]
    assert seen["encoder"] == words[:3] + words[4:]
    assert seen["encoder_decoder"] == words + words[:3]
    assert seen["permutation"] == []  # the first of the order
    assert "“dorme”" in widget.summary()


@pytest.mark.parametrize(
    ("wrong", "says"),
    [
        ({"text": "  \n "}, "ao menos uma palavra"),
        ({"text": "a b", "at": 2}, "at vai de 0 a 1"),
        ({"text": "a b", "order": [0, 0]}, "cada posição"),
        ({"text": "a b c", "order": [0, 1]}, "2 lugares"),
    ],
)
def test_visibility_refuses(wrong: dict, says: str) -> None:
    with pytest.raises(ValueError, match=says):
        Visibility(**wrong)


def test_words_are_cut_into_letters_digits_and_signs() -> None:
    assert cut("O guarda-chuva, 12 🐱\n fim") == [
        ("", "O"), (" ", "guarda-chuva"), ("", ","), (" ", "1"), ("", "2"), (" ", "🐱"), ("\n ", "fim"),
    ]  # fmt: skip
    assert cut("  \n ") == []
    assert [word for _, word in cut("هذا نص")] == ["هذا", "نص"]


def test_each_family_is_asked_its_own_way() -> None:
    asked = []

    class Heard:
        def __init__(self, model: object) -> None:
            self.name, self.model = model.name, model

        def compute(self, method: str, params: dict) -> object:
            asked.append((self.name, method, params))
            return self.model.compute(method, params)

    widget = FillMask("O gato dorme no sofá azul", [5, 1], **{way: Heard(m) for way, m in four().items()})
    by = {(name, method): params for name, method, params in asked}
    assert by["mini-bert", "fill"]["text"] == "O <|mask|> dorme no sofá <|mask|>"
    assert by["mini-xlnet", "fill"]["order"] == [1, 0]  # the last word was hidden first
    assert by["mini-t5", "rewrite"]["text"] == "O <extra_id_0> dorme no sofá <extra_id_1>"
    lefts = [params["ids"] for name, method, params in asked if (name, method) == ("mini-base", "next")]
    first = widget.recording["answers"][1]["gaps"][0]["tokens"][0]["id"]
    assert len(lefts) == 2
    assert lefts[1][: len(lefts[0]) + 1] == [*lefts[0], first]  # the second gap follows the first one's guess
    assert [answer["passes"] for answer in widget.recording["answers"]] == [1, 2, 2, 6]
    assert "</script>" not in hidden_words().html().split('class="llm-state">')[1].split("</script>")[0]


@pytest.mark.parametrize(
    ("wrong", "says"),
    [
        ({"text": SENTENCE, "hidden": [1]}, "ao menos um modelo"),
        ({"text": SENTENCE, "hidden": [9], "both": FakeFiller()}, "de 0 a 7"),
        ({"text": SENTENCE, "hidden": [1, 1], "both": FakeFiller()}, "lugares diferentes"),
        ({"text": SENTENCE, "hidden": [], "both": FakeFiller()}, "Esconda ao menos uma"),
        ({"text": " ", "hidden": [], "both": FakeFiller()}, "de 1 a 40 palavras"),
        ({"text": "a " * 41, "hidden": [0], "both": FakeFiller()}, "de 1 a 40 palavras"),
    ],
)
def test_fill_mask_refuses(wrong: dict, says: str) -> None:
    with pytest.raises(ValueError, match=says):
        FillMask(**wrong)


def test_one_model_is_enough_and_everything_may_be_hidden() -> None:
    widget = FillMask("gato", [0], both=FakeFiller())
    assert len(widget.recording["answers"]) == 1
    assert widget.summary().startswith("De “gato” escondemos “gato”.")
    alone = FillMask("um gato", [0, 1], left=FakeLM())
    assert alone.recording["answers"][0]["passes"] == 2


def test_rewrite_records_what_was_written_and_where_it_looked() -> None:
    widget = Rewrite(FakeRewriter(), TASKS, PROMPTS)
    first = widget.recordings[0]
    assert [t["text"] for t in first["tokens"]] == [" correu.", " menina", " As", "<|endoftext|>"]
    maps = np.array(first["maps"])
    assert maps.shape == (2, 4, 4)
    assert np.allclose(maps.sum(-1), 1, atol=0.01)
    assert "correu. menina As" in widget.summary()
    with pytest.raises(ValueError, match="prompts"):
        Rewrite(FakeRewriter(), TASKS, [])
    with pytest.raises(ValueError, match="'traduzir' não está"):
        Rewrite(FakeRewriter(), TASKS, [("traduzir", "Oi")])


# ---- in the page


def drawn(root: Locator, family: str) -> np.ndarray:
    """The mask as it is drawn: (rows, columns) bool."""
    cells = root.locator(f".vis-{family} .vis-mask rect:not(.vis-row)").evaluate_all(
        "rects => rects.map((r) => [+r.dataset.i, +r.dataset.j, r.classList.contains('vis-on')])"
    )
    found = np.zeros((max(i for i, _, _ in cells) + 1, max(j for _, j, _ in cells) + 1), bool)
    for i, j, on in cells:
        found[i, j] = on
    return found


def visible(root: Locator, family: str) -> list[str]:
    return root.locator(f".vis-{family} .vis-line").last.locator(".vis-seen").all_inner_texts()


@pytest.mark.parametrize("size", ["celular", "mesa"])
def test_the_masks_in_the_page_are_those_of_the_library(opened: Callable[..., Locator], size: str) -> None:
    root = opened(Visibility(SENTENCE, at=3, order=ORDER), "disco", size=size)
    page = root.visited.page
    assert page.evaluate("document.documentElement.scrollWidth") <= page.viewport_size["width"]
    n = len(SENTENCE.split())
    assert np.array_equal(drawn(root, "decoder"), masks.decoder(n))
    assert np.array_equal(drawn(root, "encoder"), masks.encoder(n))
    assert np.array_equal(drawn(root, "encoder_decoder"), masks.encoder_decoder(n, n))
    assert np.array_equal(drawn(root, "permutation"), masks.permutation(ORDER))
    # another word, by arrow keys
    root.locator('.vis-pick[aria-pressed="true"]').focus()
    page.keyboard.press("ArrowRight")
    expect(root.locator('.vis-pick[aria-pressed="true"]')).to_have_text("no")
    assert visible(root, "decoder") == SENTENCE.split()[:4]
    # another order: by button, by key, by mouse
    root.get_by_role("button", name="da esquerda para a direita").click()
    assert np.array_equal(drawn(root, "permutation"), drawn(root, "decoder"))
    places = root.locator(".vis-place")
    places.first.focus()
    page.keyboard.press("Shift+ArrowRight")
    expect(places.nth(1)).to_be_focused()
    assert np.array_equal(drawn(root, "permutation"), masks.permutation([1, 0, *range(2, n)]))
    places.nth(1).drag_to(places.nth(3))
    assert np.array_equal(drawn(root, "permutation"), masks.permutation([1, 2, 3, 0, *range(4, n)]))
    # a mask's row is a word, too
    root.locator('.vis-decoder .vis-mask rect[data-i="6"]').first.click()
    expect(root.locator('.vis-pick[aria-pressed="true"]')).to_have_text("azul.")


def test_any_sentence_can_be_drawn(opened: Callable[..., Locator]) -> None:
    root = opened(Visibility(SENTENCE, at=6, order=ORDER))
    field, note = root.locator("textarea"), root.locator(".llm-under [role=status]")
    field.fill("   ")
    expect(note).to_contain_text("ao menos uma palavra")
    assert len(drawn(root, "decoder")) == 7  # the last sentence stays
    field.fill("🐱")
    expect(note).to_contain_text("não há nada à volta")
    assert drawn(root, "encoder_decoder").tolist() == [[True, False]]
    field.fill("هذا <b>نص</b> " * 9)
    expect(note).to_contain_text("6 ficaram de fora")
    assert drawn(root, "permutation").sum() == 12 * 11 / 2
    assert root.locator("b:has-text('نص')").count() == 0


@pytest.mark.parametrize("host", ["http", "disco"])
def test_words_are_hidden_and_filled_by_each_family(opened: Callable[..., Locator], host: str) -> None:
    root = opened(hidden_words(), host, spoil=served, size="celular" if host == "disco" else "mesa")
    page = root.visited.page
    assert page.evaluate("document.documentElement.scrollWidth") <= page.viewport_size["width"]
    expect(root).to_have_attribute("data-state", "recorded")
    expect(root.locator('.fm-word[aria-pressed="true"]')).to_have_count(2)
    # one more, by keyboard: all four answer, each as in Python
    root.locator(".fm-word").first.focus()
    page.keyboard.press("ArrowRight")
    page.keyboard.press("ArrowRight")
    page.keyboard.press("ArrowRight")
    page.keyboard.press("Enter")
    expect(root).to_have_attribute("data-state", "live")
    wanted = FillMask(SENTENCE, [1, 6, 3], **four())
    for side, answer in zip(wanted.sides, wanted.recording["answers"], strict=True):
        box = root.locator(f".fm-{side['way']}")
        guesses = [text.replace("✓", "").strip() for text in box.locator(".fm-guess").all_inner_texts()]
        assert guesses == [gap["text"].strip() or "…" for gap in answer["gaps"]]
        expect(box.locator(".fm-end")).to_contain_text(f"{answer['passes']} passada")
    # the bars are of the gap that is chosen
    bars = root.locator(".fm-both .llm-bar-token")
    expect(bars.first).to_contain_text(wanted.recording["answers"][0]["gaps"][1]["top"][0]["text"].strip())
    root.locator(".fm-gaps").get_by_label("gato").check()
    expect(bars.first).to_contain_text(wanted.recording["answers"][0]["gaps"][0]["top"][0]["text"].strip())
    # a gap stays with its word while one types before it
    root.locator("textarea").fill("O meu gato preto dorme no sofá azul.")
    held = root.locator('.fm-word[aria-pressed="true"]').all_inner_texts()
    assert [text.split("\n")[0] for text in held] == ["gato", "dorme", "azul"]
    # nothing hidden, everything hidden, nothing written
    while root.locator('.fm-word[aria-pressed="true"]').count():
        root.locator('.fm-word[aria-pressed="true"]').first.click()
    expect(root.locator(".fm-note")).to_contain_text("Nenhuma palavra está escondida")
    expect(root.locator(".fm-both .fm-line")).to_be_hidden()
    root.locator("textarea").fill("🐱")
    root.locator(".fm-word").click()
    expect(root.locator(".fm-note")).to_contain_text("Tudo está escondido")
    expect(root.locator(".fm-left .fm-guess")).to_have_count(1)
    root.locator("textarea").fill("  ")
    expect(root.locator(".fm-note")).to_contain_text("ao menos uma palavra")
    root.locator("textarea").fill("eu " * 50)
    expect(root.locator(".fm-note")).to_contain_text("ficaram de fora")


def test_a_side_without_its_model_says_so_and_the_others_answer(opened: Callable[..., Locator]) -> None:
    def spoil(static: object) -> None:
        served(static)
        (static / "models" / "mini-xlnet.js").write_text("1")

    root = opened(hidden_words(), spoil=spoil)
    root.locator(".fm-word").nth(3).click()
    expect(root).to_have_attribute("data-state", "live")
    expect(root.locator(".fm-order .fm-end")).to_contain_text("mini-xlnet.js está incompleto")
    expect(root.locator(".fm-spans .fm-guess")).to_have_count(3)


@pytest.mark.parametrize("host", ["http", "disco"])
def test_a_text_is_rewritten_and_every_token_looks(opened: Callable[..., Locator], host: str) -> None:
    widget = Rewrite(FakeRewriter(), TASKS, PROMPTS)
    root = opened(widget, host, spoil=served, size="celular" if host == "disco" else "mesa")
    page = root.visited.page
    assert page.evaluate("document.documentElement.scrollWidth") <= page.viewport_size["width"]
    out, told = root.locator(".rw-out button"), root.locator(".rw-told")
    expect(out).to_have_count(4)
    root.locator("textarea").fill("O gato <b> come")
    expect(root).to_have_attribute("data-state", "live")
    expect(out).to_have_count(5)
    expect(root.locator(".rw-source .llm-token")).to_have_count(5)  # with the task before it
    out.nth(2).focus()
    expect(told).to_contain_text("Ao escrever “gato”")
    expect(told).to_contain_text("39")  # 70 % in one layer, 7,5 % in the other: their mean
    root.get_by_label("camada 1").check()
    expect(told).to_contain_text("70")
    page.locator(".rw-out button").nth(1).hover()
    expect(told).to_contain_text("Ao escrever “<b>”")
    root.locator("select").select_option("resumir")
    expect(root.locator(".rw-source .llm-token").first).to_contain_text("resumir:")
    root.locator("textarea").fill("  ")
    expect(told).to_contain_text("precisa de algo para ler")
    root.get_by_role("button", name="corrigir: As menina").click()
    expect(out).to_have_count(4)
