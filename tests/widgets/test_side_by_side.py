"""SideBySide: what was recorded plays alone; both sides answer a text of the reader's, in the form asked."""

from __future__ import annotations

from collections.abc import Callable

import pytest
from playwright.sync_api import Locator, expect

from llmlib.widgets import SideBySide
from llmlib.widgets.several import several
from tests.widgets.talk import TalkLM

PROMPTS = ["Qual é a capital do Brasil?", "Oi, tudo bem? </script>", "Conte uma história\nsobre um gato."]


def figure(**options: object) -> SideBySide:
    return SideBySide(TalkLM(), TalkLM(), PROMPTS, max_new_tokens=12, **options)


def test_both_forms_of_both_models_are_recorded() -> None:
    widget = figure()
    assert [each["text"] for each in widget.recordings] == PROMPTS
    for recording in widget.recordings:
        for runs in recording["runs"]:
            assert set(runs) == {"text", "chat"}
            assert runs["text"]["tokens"] != runs["chat"]["tokens"]
            for run in runs.values():
                assert len(run["tokens"]) <= 12
                assert (run["reason"] == "eos") == (run["tokens"][-1]["id"] == 2)
                assert all(0 < token["p"] <= 1 for token in run["tokens"])
    assert PROMPTS[0] in widget.summary()
    assert "</script>" not in widget.html().split('class="llm-state">')[1].split("</script>")[0]


@pytest.mark.parametrize(
    ("wrong", "says"),
    [
        ({"forms": ("text",)}, "forms"),
        ({"forms": ("text", "fala")}, "forms"),
        ({"titles": ("um",)}, "titles"),
        ({"max_new_tokens": 3}, "max_new_tokens"),
        ({"temperature": 2.1}, "temperature"),
    ],
)
def test_wrong_arguments_are_refused(wrong: dict, says: str) -> None:
    with pytest.raises(ValueError, match=says):
        SideBySide(TalkLM(), TalkLM(), PROMPTS, **wrong)


def test_no_prompt_is_refused() -> None:
    with pytest.raises(ValueError, match="prompts"):
        SideBySide(TalkLM(), TalkLM(), [])


def test_several_models_behind_one_compute() -> None:
    class Says:
        def __init__(self, name: str) -> None:
            self.name = name

        def compute(self, method: str, params: dict) -> dict:
            return {"who": self.name, "method": method, **params}

    compute = several(Says("a"), Says("b"))
    assert compute("next", {"text": "x"}) == {"who": "a", "method": "next", "text": "x"}
    assert compute("next", {"model": "b", "k": 3}) == {"who": "b", "method": "next", "k": 3}
    with pytest.raises(ValueError, match="não tem o modelo c; tem a, b"):
        compute("next", {"model": "c"})


def strip_of(root: Locator, side: int) -> list[str]:
    return root.locator(".sbs-side").nth(side).locator(".llm-token").all_inner_texts()


@pytest.mark.parametrize("host", ["http", "disco"])
@pytest.mark.parametrize("size", ["celular", "mesa"])
def test_the_readers_text_is_answered_by_both(opened: Callable[..., Locator], host: str, size: str) -> None:
    root = opened(figure(), host, real="mini-base", size=size)
    page = root.visited.page
    assert page.evaluate("document.documentElement.scrollWidth") <= page.viewport_size["width"]
    recorded = strip_of(root, 0)
    root.locator("textarea[name=text]").fill("Era uma vez um gato que")
    expect(root).to_have_attribute("data-state", "live")
    assert len(strip_of(root, 0)) > 0
    assert strip_of(root, 0) != recorded
    as_text, as_message = strip_of(root, 0), strip_of(root, 1)
    assert as_text != as_message  # one model, two forms
    root.locator(".sbs-side").nth(1).get_by_label("texto solto").check()
    expect(root.locator(".sbs-side").nth(1).locator(".llm-token").first).to_have_text(as_text[0])
    expect(root.locator(".sbs-side").nth(1).locator(".sbs-end")).not_to_have_text("Escrevendo…")
    assert strip_of(root, 1) == as_text


def test_a_recorded_prompt_needs_no_model(opened: Callable[..., Locator]) -> None:
    root = opened(figure(), spoil=lambda static: (static / "models" / "mini-base.js").unlink())
    root.get_by_role("button", name="Conte uma").click()
    runs = figure().recordings[2]["runs"]
    assert len(strip_of(root, 0)) == len(runs[0]["text"]["tokens"])
    root.locator(".sbs-side").nth(0).get_by_label("mensagem").check()
    assert len(strip_of(root, 0)) == len(runs[0]["chat"]["tokens"])
    root.page.wait_for_timeout(500)  # longer than the pause after which a typed text asks the models
    expect(root).to_have_attribute("data-state", "recorded")


def test_a_missing_model_is_said_in_a_sentence(opened: Callable[..., Locator]) -> None:
    root = opened(figure(), spoil=lambda static: (static / "models" / "mini-base.js").write_text("1"))
    root.locator("textarea[name=text]").fill("Oi")
    expect(root).to_have_attribute("data-state", "error")
    expect(root.locator(".llm-pill").first).to_contain_text("incompleto ou corrompido")
