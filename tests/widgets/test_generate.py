"""Generate: the recorded run, and the loop in a browser: steps, branches, undo, temperature, playing."""

from __future__ import annotations

from collections.abc import Callable

import pytest
from playwright.sync_api import Locator, expect

from llmlib.widgets import Generate
from tests.widgets.fake import FakeLM, uniform
from tests.widgets.page import as_in_the_page
from tests.widgets.samples import SAMPLES

MODEL_LOADED = "typeof globalThis.llmEngine !== 'undefined'"


def written(root: Locator) -> list[str]:
    return root.locator(".llm-token[data-p]").all_inner_texts()


def press(root: Locator, name: str, times: int = 1) -> None:
    for _ in range(times):
        root.get_by_role("button", name=name, exact=True).click()


def run() -> list[str]:
    """What the recorded run writes, as the strip shows it."""
    return [token["text"].replace(" ", "·") for token in SAMPLES["generate"]().written()]


# ---- Python's side


def test_the_recording_is_the_run_that_the_model_makes() -> None:
    lm = FakeLM()
    widget = Generate(lm, "Era uma vez um gato", temperature=0.8, seed=3)
    ids = [token["id"] for token in widget.recording["tokens"]]
    for number, step in enumerate(widget.recording["steps"]):
        answer = lm.next(ids=ids, k=8, sampling={"temperature": 0.8, "seed": 3}, generated=number)
        assert step["chosen"]["id"] == answer["chosen"]["id"]
        assert step["top"][0]["q"] == pytest.approx(answer["top"][0]["q"], rel=1e-4)
        ids.append(step["chosen"]["id"])


def test_it_stops_at_the_end_of_the_document() -> None:
    texts = [
        step["chosen"]["text"]
        for step in Generate(FakeLM(), "lua", seed=5, max_new_tokens=60).recording["steps"]
    ]
    assert "<|endoftext|>" not in texts[:-1]


@pytest.mark.parametrize(
    ("wrong", "sentence"),
    [
        ({"temperature": 2.5}, "temperature vai de 0 a 2; veio 2.5"),
        ({"max_new_tokens": 0}, "max_new_tokens vai de 1 a 60; veio 0"),
        ({"k": 2}, "k vai de 3 a 12; veio 2"),
    ],
)
def test_it_refuses_what_it_cannot_draw(wrong: dict, sentence: str) -> None:
    with pytest.raises(ValueError, match=sentence):
        Generate(FakeLM(), "Era", **wrong)


def test_other_rules_of_the_draw_are_kept() -> None:
    assert Generate(FakeLM(), "Era", top_p=0.9, seed=7).sampling == {
        "temperature": 0.8,
        "top_p": 0.9,
        "seed": 7,
    }


# ---- in the page


@pytest.mark.parametrize("size", ["celular", "mesa"])
@pytest.mark.parametrize("host", ["http", "disco"])
def test_the_recorded_run_plays_without_a_model(host: str, size: str, opened: Callable[..., Locator]) -> None:
    root = opened(SAMPLES["generate"](), host, size=size)
    expect(root).to_have_attribute("data-state", "recorded")
    press(root, "Passo", 4)
    assert written(root) == run()[:4]
    root.locator("input.gen-pace").fill("10")
    press(root, "Tocar")
    expect(root.get_by_role("button", name="Pausar")).to_be_visible()
    expect(root.locator(".llm-token[data-p]")).to_have_count(len(run()))
    expect(root.get_by_role("button", name="Tocar")).to_be_visible()
    assert written(root) == run()
    assert not root.page.evaluate(MODEL_LOADED)
    expect(root).to_have_attribute("data-state", "recorded")
    assert root.page.evaluate("document.documentElement.scrollWidth - innerWidth") <= 0


def test_the_pin_is_the_number_of_the_draw(opened: Callable[..., Locator]) -> None:
    root = opened(SAMPLES["generate"]())
    press(root, "Passo", 2)
    expect(root.locator(".gen-drawn")).to_contain_text(
        f"O sorteio deu {uniform(13, 2):.2f}".replace(".", ",")
    )
    pin = float(root.locator(".gen-pin").evaluate("e => e.style.getPropertyValue('--from')"))
    assert pin == pytest.approx(uniform(13, 2))
    hit = root.locator(".gen-hit").evaluate(
        "e => [+e.style.getPropertyValue('--from'), +e.style.getPropertyValue('--w')]"
    )
    assert hit[0] <= pin <= hit[0] + hit[1]
    expect(root.locator(".llm-chosen .llm-bar-token")).to_have_text(run()[2])


def test_another_token_makes_a_branch_and_the_old_way_is_kept(opened: Callable[..., Locator]) -> None:
    root = opened(SAMPLES["generate"]())
    press(root, "Passo", 3)
    other = root.locator(".llm-bar:not(.llm-chosen):not(.llm-rest) button").nth(1)
    text = other.locator(".llm-bar-token").inner_text()
    other.click()
    expect(root).to_have_attribute("data-state", "live")
    assert written(root) == [*run()[:3], text]
    press(root, "Passo", 2)
    expect(root.locator(".llm-token[data-p]")).to_have_count(6)
    new_way = written(root)
    root.locator(".gen-branch").first.click()  # the recorded way
    assert written(root) == run()
    press(root, "Desfazer")
    assert written(root) == new_way
    press(root, "Desfazer", 3)
    assert written(root) == run()[:3]


def test_a_written_token_is_a_place_to_return_to(opened: Callable[..., Locator]) -> None:
    root = opened(SAMPLES["generate"]())
    press(root, "Passo", 5)
    root.locator("button.llm-token").nth(1).click()
    assert written(root) == run()[:2]
    press(root, "Recomeçar")
    assert written(root) == []
    expect(root.get_by_role("button", name="Recomeçar")).to_be_disabled()
    press(root, "Desfazer", 2)
    assert written(root) == run()[:5]


def test_temperature_zero_is_the_most_probable(opened: Callable[..., Locator]) -> None:
    root = opened(SAMPLES["generate"]())
    root.locator("input[max='2']").fill("0")
    expect(root.locator(".gen-drawn")).to_contain_text("sem sorteio")
    expect(root.locator(".gen-ruler")).to_be_hidden()
    press(root, "Passo")
    lm = FakeLM()
    best = lm.next("Era uma vez um gato")["top"][0]["text"].replace(" ", "·")
    expect(root.locator(".llm-token[data-p]")).to_have_text([best])


def test_a_new_seed_asks_again(opened: Callable[..., Locator]) -> None:
    root = opened(SAMPLES["generate"]())
    press(root, "Sortear de novo")
    expect(root).to_have_attribute("data-state", "live")
    expect(root.locator(".gen-drawn")).to_contain_text(
        f"O sorteio deu {uniform(14, 0):.2f}".replace(".", ",")
    )


def test_a_new_text_starts_a_new_tree(opened: Callable[..., Locator]) -> None:
    root = opened(SAMPLES["generate"]())
    press(root, "Passo", 2)
    root.locator("textarea[name=text]").fill("O <b>gato</b> azul")
    expect(root.locator(".llm-token")).to_have_count(3)
    assert written(root) == []
    press(root, "Passo")
    expect(root.locator(".llm-token[data-p]")).to_have_count(1)
    expect(root.locator(".gen-branch")).to_have_count(0)


def test_playing_stops_when_the_figure_leaves_the_page(opened: Callable[..., Locator]) -> None:
    root = opened(SAMPLES["generate"]())
    root.locator("input.gen-pace").fill("10")
    press(root, "Tocar")
    element = root.element_handle()
    element.evaluate("e => e.remove()")
    root.page.wait_for_timeout(250)
    before = element.evaluate("e => e.querySelectorAll('.llm-token[data-p]').length")
    root.page.wait_for_timeout(400)
    assert element.evaluate("e => e.querySelectorAll('.llm-token[data-p]').length") == before < len(run())


def test_a_missing_model_keeps_the_recording(opened: Callable[..., Locator]) -> None:
    root = opened(SAMPLES["generate"](), spoil=lambda folder: (folder / "models" / "mini-base.js").unlink())
    press(root, "Passo", 2)
    root.locator(".llm-bar:not(.llm-chosen):not(.llm-rest) button").first.click()
    expect(root).to_have_attribute("data-state", "error")
    assert written(root) == run()[:2]
    press(root, "Passo")
    assert written(root) == run()[:3]
    root.visited.errors.clear()  # the browser itself reports the missing file


def test_the_real_model_writes_the_same_in_python_and_in_the_page(opened: Callable[..., Locator]) -> None:
    lm = as_in_the_page("mini-base")
    root = opened(Generate(lm, "Era uma vez", seed=1, max_new_tokens=3), real="mini-base")
    root.locator("textarea[name=text]").fill("O gato estava")
    expect(root).to_have_attribute("data-state", "live")
    press(root, "Passo", 6)
    expect(root.locator(".llm-token[data-p]")).to_have_count(6)
    text = lm.generate("O gato estava", 6, temperature=0.8, seed=1)
    assert "".join(written(root)).replace("·", " ").replace("↵", "\n") == text
