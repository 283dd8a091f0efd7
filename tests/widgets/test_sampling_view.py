"""SamplingView: its recording and numbers against llmlib, and the figure in a browser, fake and real."""

from __future__ import annotations

import re
import statistics
from collections.abc import Callable

import numpy as np
import pytest
from playwright.sync_api import Locator, expect

from llmlib.scratch.sampling import Sampling, draw, probabilities, softmax, uniform
from llmlib.widgets import SamplingView
from llmlib.widgets.fallback import percent
from llmlib.widgets.sampling_controls import CONTROLS, note, written
from tests.widgets.fake import FakeLM
from tests.widgets.samples import SAMPLES

MODEL_LOADED = "typeof globalThis.llmEngine !== 'undefined'"
RULES = [
    {"temperature": 0.35},
    {"temperature": 0},
    {"temperature": 2, "top_p": 0.9},
    {"top_k": 5},
    {"top_p": 0},
    {"top_p": 0.8, "min_p": 0.1},
    {"min_p": 1},
    {"frequency_penalty": 2, "presence_penalty": -1},
    {"repetition_penalty": 1.5, "temperature": 1.5, "top_k": 40},
]


@pytest.fixture(scope="module")
def lm():
    """The bundled model with the page's own weights, so that page and Python compute the same scores."""
    from builders.page import quantized_state
    from llmlib import load
    from llmlib.data import model_path

    lm = load("mini-base", device="cpu")
    lm.model.load_state_dict(quantized_state(model_path("mini-base")), strict=False)
    lm.model.tie_weights()
    return lm


def choose(root: Locator, control: str) -> None:
    root.get_by_role("radio", name=re.compile(f"^{CONTROLS[control]['label']}")).check()


def put(root: Locator, control: str, value: float) -> None:
    """Moves a control as a reader does: its chip, then its slider."""
    choose(root, control)
    root.locator("input[name=value]").fill(str(CONTROLS[control]["values"].index(value)))


def numbers(root: Locator) -> list[str]:
    return root.locator(".llm-bar:not(.llm-rest) .llm-number").all_inner_texts()


# ---- the table of controls


def test_every_control_of_the_rules_is_in_the_table() -> None:
    from dataclasses import fields

    assert {f.name for f in fields(Sampling)} | {"max_new_tokens", "stop"} == set(CONTROLS)
    for name, control in CONTROLS.items():
        assert len(control["names"]) == 3
        assert control["when"].endswith(".")
        if name != "stop":
            assert control["off"] in control["values"]
            assert len(set(control["values"])) == len(control["values"])
        if name not in ("stop", "max_new_tokens"):
            for value in control["values"]:
                Sampling(**{name: value})


def test_the_neutral_value_of_each_control_changes_nothing() -> None:
    logits, ids = np.linspace(3, -3, 20), [4, 4, 7]
    rules = {name: c["off"] for name, c in CONTROLS.items() if name not in ("stop", "max_new_tokens")}
    np.testing.assert_allclose(probabilities(logits, Sampling(**rules), ids, ids), softmax(logits))


def test_the_ends_are_explained() -> None:
    for name, values in {
        "temperature": [0, 2], "top_k": [1], "top_p": [0, 1], "min_p": [1], "frequency_penalty": [-2, 2],
        "presence_penalty": [-2, 2], "repetition_penalty": [0.5, 3], "max_new_tokens": [0],
    }.items():  # fmt: skip
        for value in values:
            assert note(name, value), (name, value)
    assert written("top_p", 1) == "desligado"
    assert written("frequency_penalty", -0.5) == "−0,5"
    assert written("stop", ["\n", "fim"]) == "“↵”, “fim”"


# ---- Python's side


@pytest.mark.parametrize("rules", RULES)
def test_the_recording_gives_the_distribution_of_the_model(lm, rules) -> None:
    view = SamplingView(lm, "Era uma vez um", written=6)
    made = [each["id"] for each in view.recording["written"]]
    assert len(made) == 6
    prompt = [lm.bos, *(each["id"] for each in view.recording["tokens"])]
    logits = lm.next_logits([*prompt, *made]).astype(float)
    before, after = softmax(logits), probabilities(logits, Sampling(**rules), prompt, made)
    for token, (b, a) in view.distribution(**rules).items():
        assert b == pytest.approx(before[token], abs=2e-4)
        assert a == pytest.approx(after[token], abs=2e-3)
    listed = sum(count for _, count in view.recording["tail"]) + len(view.recording["entries"])
    assert listed == len(logits)


def test_texts_are_the_generations_of_the_model(lm) -> None:
    view = SamplingView(lm, "Era uma vez um", samples=3, temperature=0.9, seed=5, max_new_tokens=12, stop=".")
    for number, each in enumerate(view.recording["texts"]):
        rules = dict(max_new_tokens=12, temperature=0.9, seed=5 + number, stop=["."])
        assert each["text"] == lm.generate("Era uma vez um", **rules)
        assert each["reason"] in ("stop", "length", "eos")
    assert SamplingView(lm, "Era", samples=3, max_new_tokens=0).recording["texts"] == []


def test_a_vocabulary_larger_than_what_was_listed_keeps_its_mass() -> None:
    lm = FakeLM()
    lm.model = type("M", (), {"config": type("C", (), {"vocab_size": 1000})})
    answer = lm.next("Era", k=10)
    lm.compute = lambda method, params: answer
    view = SamplingView(lm, "Era")
    assert view.recording["tail"][-1][1] == 990
    before = [b for b, _ in view.distribution().values()]
    assert sum(before) == pytest.approx(1 - answer["rest"], abs=1e-4)


@pytest.mark.parametrize(
    ("wrong", "sentence"),
    [
        ({"k": 4}, "k vai de 5 a 40; veio 4"),
        ({"written": 300}, "written vai de 0 a 200; veio 300"),
        ({"samples": 11}, "samples vai de 0 a 10; veio 11"),
        ({"controls": ["calor"]}, "Não há o controle “calor”; há temperature"),
        ({"calor": 1}, "Não há o controle “calor”"),
        ({"top_p": 2}, "top_p deve ficar entre 0 e 1; veio 2"),
        ({"max_new_tokens": -1}, "max_new_tokens deve ser 0 ou mais; veio -1"),
    ],
)
def test_it_refuses_what_it_cannot_draw(wrong: dict, sentence: str) -> None:
    with pytest.raises(ValueError, match=sentence):
        SamplingView(FakeLM(), "Era", **wrong)


def test_the_fallback_says_before_and_after() -> None:
    view = SamplingView(FakeLM(), "O gato", top_k=3)
    still = view.fallback()
    assert still.count("cortado") >= 7
    assert "top-k 3" in still
    assert "<th>Antes</th>" in still
    assert "os controles cortam" in view.summary()


# ---- in the page


@pytest.mark.parametrize("size", ["celular", "mesa"])
@pytest.mark.parametrize("host", ["http", "disco"])
def test_every_control_moves_the_bars_with_no_model(
    host: str, size: str, opened: Callable[..., Locator]
) -> None:
    view = SamplingView(FakeLM(), "O gato subiu no")
    root = opened(view, host, size=size)
    expect(root).to_have_attribute("data-state", "recorded")
    order = sorted(view.distribution().items(), key=lambda item: -item[1][0])[:10]
    for name, value in (("temperature", 0.5), ("top_k", 3), ("top_p", 0.75), ("min_p", 0.5)):
        put(root, name, value)
        after = view.distribution(**{name: value})
        for (token, (b, _)), text in zip(order, numbers(root), strict=False):
            a = after[token][1]
            assert text.startswith(percent(a) if a else "cortado"), (name, token)
            if abs(a - b) > 0.001:
                assert f"(era {percent(b)})" in text
        cut = sum(after[token][1] == 0 for token, _ in order)
        expect(root.locator(".sv-cut")).to_have_count(cut)
        assert (cut > 0) == (name != "temperature")
        put(root, name, CONTROLS[name]["off"])
    expect(root.locator(".sv-cut")).to_have_count(0)
    assert not root.page.evaluate(MODEL_LOADED)
    assert root.page.evaluate("document.documentElement.scrollWidth - innerWidth") <= 0


def test_the_cut_is_blamed_on_the_rule_that_made_it(opened: Callable[..., Locator]) -> None:
    root = opened(SamplingView(FakeLM(), "O gato subiu no", top_k=7, top_p=0.8, min_p=0.5))
    blamed = [re.search(r"cortado: (\S+)", text) for text in numbers(root)]
    seen = [found[1] for found in blamed if found]
    assert set(seen) == {"min-p", "top-p", "top-k"}
    assert seen == sorted(seen, key=["min-p", "top-p", "top-k"].index)  # the best of the cut fall last


def test_the_draw_is_that_of_the_course(opened: Callable[..., Locator]) -> None:
    view = SamplingView(FakeLM(), "O gato subiu no", temperature=1.3)
    root = opened(view)
    for seed in range(5):
        put(root, "seed", seed)
        ids = list(view.distribution())
        p = np.array([a for _, a in view.distribution().values()])
        token = ids[draw(p, uniform(seed, 0))]
        text = next(text for i, text, _ in view.recording["entries"] if i == token)
        expect(root.locator(".llm-chosen .llm-bar-token")).to_have_text(re.compile(re.escape(text.strip())))


def test_the_keyboard_reaches_every_control(opened: Callable[..., Locator]) -> None:
    root = opened(SAMPLES["sampling-view"]())
    root.get_by_role("radio").first.focus()
    for name in list(CONTROLS)[1:]:
        root.page.keyboard.press("ArrowRight")
        expect(root.get_by_role("radio", name=re.compile(f"^{CONTROLS[name]['label']}"))).to_be_checked()
        expect(root.locator(".sv-when")).to_have_text(CONTROLS[name]["when"])
        shown = root.locator(".sv-names").inner_text()
        for system in CONTROLS[name]["names"]:
            assert (system if system != "—" else "não tem") in shown


def test_extremes_are_explained_in_the_page(opened: Callable[..., Locator]) -> None:
    root = opened(SamplingView(FakeLM(), "O gato subiu no"))
    for name, value in (
        ("temperature", 0),
        ("top_p", 0),
        ("min_p", 1),
        ("repetition_penalty", 3),
        ("max_new_tokens", 0),
    ):
        put(root, name, value)
        expect(root.locator(".sv-note")).to_have_text(note(name, value))
        put(root, name, CONTROLS[name]["off"])
    put(root, "frequency_penalty", 2)
    expect(root.locator(".sv-note")).to_contain_text("Nada foi gerado ainda")
    choose(root, "stop")
    root.get_by_role("button", name="Acrescentar", exact=True).click()
    expect(root.locator(".sv-note")).to_contain_text("sequência vazia")
    for raw in ("\\n", "🐱", "<b>fim</b>", "d"):
        root.locator("input[name=stop]").fill(raw)
        root.locator("input[name=stop]").press("Enter")
    assert root.locator(".sv-stop").all_inner_texts() == ["↵ ×", "🐱 ×", "<b>fim</b> ×", "d ×"]
    root.locator("input[name=stop]").fill("quinta")
    root.get_by_role("button", name="Acrescentar", exact=True).click()
    expect(root.locator(".sv-note")).to_contain_text("Quatro é o máximo")
    root.locator(".sv-stop").first.click()
    expect(root.locator(".sv-stop")).to_have_count(3)


def test_steps_count_for_the_penalties(opened: Callable[..., Locator]) -> None:
    view = SamplingView(FakeLM(), "O gato subiu no", temperature=0)
    root = opened(view)
    for _ in range(3):
        before = root.locator(".llm-strip").first.inner_text()
        root.get_by_role("button", name="Passo").click()
        expect(root.locator(".llm-token[data-p]")).not_to_have_count(0)
        expect(root.locator(".llm-strip").first).not_to_have_text(before)
        expect(root).to_have_attribute("data-state", "live")
    expect(root.locator(".llm-token[data-p]")).to_have_count(3)
    root.get_by_role("button", name="Desfazer").click()
    expect(root.locator(".llm-token[data-p]")).to_have_count(2)


def test_without_a_model_the_controls_still_move(opened: Callable[..., Locator]) -> None:
    fake = FakeLM()
    fake.name = "dono/modelo"  # a hub model has no page file
    root = opened(SamplingView(fake, "O gato subiu no"))
    assert root.locator("textarea").get_attribute("readonly") is not None
    assert root.get_by_role("button", name="Passo").count() == 0
    put(root, "top_k", 2)
    expect(root.locator(".sv-cut")).to_have_count(8)


# ---- the real model


@pytest.mark.alone
def test_a_slider_answers_within_a_frame(lm, opened: Callable[..., Locator]) -> None:
    """Processor time of the main thread (script, style, layout, paint): wall time is the machine's.

    The median of five blocks of moves: what else runs may spoil the caches of one block, not of three.
    """
    root = opened(SamplingView(lm, "Era uma vez um", top_p=0.9, min_p=0.01), real="mini-base")
    session = root.page.context.new_cdp_session(root.page)
    session.send("Performance.enable", {"timeDomain": "threadTicks"})

    def spent() -> float:
        metrics = session.send("Performance.getMetrics")["metrics"]
        return next(each["value"] for each in metrics if each["name"] == "TaskDuration")

    moves = """async (root, count) => { const slider = root.querySelector("input[name=value]");
        for (let i = 0; i < count; i++) { slider.value = (7 * i) % 41;
          slider.dispatchEvent(new Event("input")); await new Promise(requestAnimationFrame); } }"""
    root.evaluate(moves, 10)  # until the code is compiled
    blocks = []
    for _ in range(5):
        before = spent()
        root.evaluate(moves, 20)
        blocks.append(1000 * (spent() - before) / 20)
    print("ms a move:", [f"{each:.1f}" for each in blocks])
    assert statistics.median(blocks) < 16


def test_moves_of_one_frame_are_drawn_once_and_the_last_one_counts(opened: Callable[..., Locator]) -> None:
    root = opened(SamplingView(FakeLM(), "O gato subiu no"))
    choose(root, "top_k")
    drawn = root.evaluate(
        """async (root, values) => {
        let count = 0;
        const slider = root.querySelector("input[name=value]");
        const shown = root.querySelector(".sv-slider output");
        new MutationObserver(() => { count += 1; }).observe(shown, { childList: true });
        for (const value of values) {
          slider.value = value;
          slider.dispatchEvent(new Event("input"));
          await null;
        }
        for (let i = 0; i < 2; i++) await new Promise(requestAnimationFrame);
        return count; }""",
        [4, 0, 1, 2, 3],
    )
    assert drawn == 2  # the first at once, the last with the next frame
    kept = CONTROLS["top_k"]["values"][3]
    expect(root.locator(".sv-slider output")).to_have_text(str(kept))
    assert root.locator(".llm-bar:not(.llm-rest):not(.sv-cut)").count() == kept


def test_a_move_makes_no_new_bars(opened: Callable[..., Locator]) -> None:
    root = opened(SamplingView(FakeLM(), "O gato subiu no"))
    made = root.evaluate(
        """async (root) => {
        const slider = root.querySelector("input[name=value]");
        const nodes = () => [...root.querySelectorAll(".llm-bars *, .sv-part, .sv-names *")];
        const moves = async () => {
          for (let i = 0; i < 41; i += 8) {
            slider.value = i;
            slider.dispatchEvent(new Event("input"));
            await new Promise(requestAnimationFrame);
          }
        };
        await moves();
        const before = new Set(nodes());
        await moves();
        return nodes().filter((node) => !before.has(node)).length; }"""
    )
    assert made == 0


def test_texts_in_the_page_are_the_kernels(lm, opened: Callable[..., Locator]) -> None:
    view = SamplingView(lm, "Era uma vez um", samples=2, temperature=0.8, max_new_tokens=16)
    root = opened(view, real="mini-base")
    put(root, "frequency_penalty", 0.8)
    put(root, "top_p", 0.9)
    choose(root, "stop")
    root.get_by_role("button", name="ponto", exact=True).click()
    expect(root.locator(".sv-texts > li")).to_have_count(2)
    expect(root.locator(".sv-texts")).not_to_have_class(re.compile("llm-wait"))
    for number in range(2):
        rules = {"temperature": 0.8, "frequency_penalty": 0.8, "top_p": 0.9, "seed": number}
        expected = [e["token"]["text"] for e in lm.stream("Era uma vez um", 16, stop=["."], **rules)]
        shown = root.locator(".sv-texts > li").nth(number).locator(".llm-token")
        expect(shown).to_have_text([each.replace(" ", "·").replace("\n", "↵") for each in expected])
    put(root, "max_new_tokens", 0)
    expect(root.locator(".sv-texts > li")).to_have_count(0)
    expect(root.locator(".sv-make")).to_contain_text("nada é escrito")
    put(root, "max_new_tokens", 640)
    expect(root.locator(".sv-note")).to_contain_text("só cabem")
