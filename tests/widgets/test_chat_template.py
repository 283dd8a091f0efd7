"""ChatTemplate: its tokens are training's, its weights those of `sft.encode`, its losses the model's."""

from __future__ import annotations

from collections.abc import Callable
from itertools import pairwise

import numpy as np
import pytest
from playwright.sync_api import Locator, expect

from llmlib.widgets import ChatTemplate
from llmlib.widgets.chat_template import conversation, counted, losses, short
from llmlib.widgets.several import several
from tests.widgets.page import as_in_the_page
from tests.widgets.talk import TalkLM

TALK = [
    {"role": "system", "content": "Responda curto."},
    {"role": "user", "content": "Qual é a capital do Brasil? <|im_end|>"},
    {"role": "assistant", "content": "Brasília."},
    {"role": "user", "content": "Contexto: a 12ª casa.\nPergunta: qual?"},
    {"role": "assistant", "content": "12"},
]
EXAMPLES = {"fato": TALK[1:3], "conversa inteira": TALK, "sem resposta": TALK[:2], "</script>": TALK[3:]}


def figure(**options: object) -> ChatTemplate:
    return ChatTemplate([TalkLM("mini-base"), TalkLM("mini-base")], EXAMPLES, **options)


@pytest.mark.parametrize("spaced", [False, True])
def test_tokens_and_weights_are_those_of_training(spaced: bool) -> None:
    from llmlib import load
    from llmlib.scratch import sft

    lm = load("mini-base", device="cpu")
    lm.tokenizer.chat_template = sft.SPACED_TEMPLATE if spaced else sft.CHAT_TEMPLATE
    clean = [message | {"content": message["content"].replace(" <|im_end|>", "")} for message in TALK]
    for messages in (clean, clean[1:3], clean[3:]):
        ids, weights = sft.encode(lm.tokenizer, messages)
        tokens = conversation(lm.compute, "mini-base", messages, " " if spaced else "")
        assert [0, *(token["id"] for token in tokens)] == ids
        assert [False, *counted(tokens)] == [bool(w) for w in weights]


def test_a_mark_that_is_typed_stays_text() -> None:
    tokens = conversation(TalkLM().compute, "mini-base", TALK, "")
    assert sum(token["text"] == "<|im_end|>" for token in tokens) == len(TALK)


def test_losses_are_minus_the_log_of_the_probability() -> None:
    lm = TalkLM()
    tokens = conversation(lm.compute, "mini-base", TALK[:3], "")
    ids = [0, *(token["id"] for token in tokens)]
    expected = []
    for last, now in pairwise(ids):
        scores = lm.logits(last)
        expected.append(np.log(np.exp(scores).sum()) - scores[now])
    compute = several(lm)
    assert losses(compute, "mini-base", tokens) == pytest.approx(expected)
    asked = {"model": "mini-base", "ids": ids[1:], "only": "losses"}
    assert short(compute)("trace", asked)["losses"] == pytest.approx(expected)
    assert "logits" in short(compute)("trace", {"model": "mini-base", "ids": ids[1:]})


def test_an_invitation_stays_where_the_assistant_has_not_spoken() -> None:
    invited = conversation(TalkLM().compute, "mini-base", TALK[:2], "")
    assert invited[-1]["text"] == "\n"
    assert sum(token["text"] == "<|im_start|>" for token in invited) == 3
    assert not any(counted(invited))


@pytest.mark.parametrize(
    ("wrong", "says"),
    [
        ({"models": []}, "modelo"),
        ({"examples": {}}, "conversa"),
        ({"titles": ("um",)}, "titles"),
        ({"prefix": "x"}, "prefix"),
        ({"examples": {"a": [{"role": "root", "content": "b"}]}}, "sistem|system"),
    ],
)
def test_wrong_arguments_are_refused(wrong: dict, says: str) -> None:
    given = {"models": [TalkLM("a"), TalkLM("b")], "examples": EXAMPLES} | wrong
    with pytest.raises(ValueError, match=says):
        ChatTemplate(**given)


def taught(root: Locator) -> list[str]:
    return root.locator(".ct-taught").all_inner_texts()


@pytest.mark.parametrize("host", ["http", "disco"])
@pytest.mark.parametrize("size", ["celular", "mesa"])
def test_the_page_shows_what_python_says(opened: Callable[..., Locator], host: str, size: str) -> None:
    """Typed in the page with the real engine: tokens and weights are those of the same conversation here."""
    root = opened(figure(prefix=" "), host, real="mini-base", size=size)
    page = root.visited.page
    assert page.evaluate("document.documentElement.scrollWidth") <= page.viewport_size["width"]
    root.locator(".ct-content").nth(1).fill("É o Rio. <|im_start|>")
    expect(root).to_have_attribute("data-state", "live")
    said = [TALK[1], {"role": "assistant", "content": "É o Rio. <|im_start|>"}]
    tokens = conversation(TalkLM().compute, "mini-base", said, " ")
    expect(root.locator(".llm-token")).to_have_count(len(tokens))
    assert len(taught(root)) == sum(counted(tokens))
    root.get_by_label("tudo o que foi dito").check()
    assert len(taught(root)) > sum(counted(tokens))
    heights = root.locator(".llm-token").evaluate_all(
        "all => all.map((e) => e.style.getPropertyValue('--loss'))"
    )
    assert all(0 <= float(height) <= 1 for height in heights)


def test_losses_in_the_page_are_those_of_torch(opened: Callable[..., Locator]) -> None:
    lm = as_in_the_page("mini-base")
    root = opened(figure(), real="mini-base")
    root.locator(".ct-content").nth(1).fill("Era uma vez um gato.")
    expect(root).to_have_attribute("data-state", "live")
    said = [TALK[1], {"role": "assistant", "content": "Era uma vez um gato."}]
    tokens = conversation(lm.compute, "mini-base", said, "")
    expected = [min(1, x / 8) for x in losses(several(lm), "mini-base", tokens)]
    shown = root.locator(".llm-token").evaluate_all(
        "all => all.map((e) => +e.style.getPropertyValue('--loss'))"
    )
    assert shown == pytest.approx(expected, abs=1e-3)  # drawn with three decimals


def test_messages_come_and_go_by_keyboard(opened: Callable[..., Locator]) -> None:
    root = opened(figure(), real="mini-base")
    root.get_by_role("button", name="sem resposta").press("Enter")
    expect(root.locator(".ct-sum")).to_contain_text("Nenhum token conta")
    root.get_by_role("button", name="Deixar o modelo responder").press("Enter")
    expect(root.locator(".ct-message")).to_have_count(3)
    expect(root.locator(".ct-sum")).to_contain_text("Perda média")
    root.get_by_role("button", name="Acrescentar mensagem").press("Enter")
    root.page.keyboard.type("E a do Peru?")
    expect(root.locator(".ct-turn")).to_have_count(5)  # the invitation is the fifth
    root.get_by_role("button", name="Apagar a mensagem 4").press("Enter")
    expect(root.locator(".ct-message")).to_have_count(3)


def test_a_recorded_conversation_needs_no_model(opened: Callable[..., Locator]) -> None:
    root = opened(figure(), spoil=lambda static: (static / "models" / "mini-base.js").unlink())
    root.get_by_role("button", name="conversa inteira").click()
    expect(root.locator(".ct-message")).to_have_count(len(TALK))
    tokens = figure().recordings[1]["tokens"]
    expect(root.locator(".llm-token")).to_have_count(len(tokens))
    expect(root).to_have_attribute("data-state", "recorded")
