"""TimeMachine: it records what each moment's model says; the page loads that moment and says the same."""

from __future__ import annotations

import shutil
from collections.abc import Callable
from pathlib import Path

import numpy as np
import pytest
from playwright.sync_api import Locator, expect

from builders import page as model_page
from builders.checkpoints import write_checkpoint
from llmlib import load
from llmlib.measure import surprise
from llmlib.widgets import TimeMachine, assets
from llmlib.widgets.time_machine import LEVELS, MOST, by_chance, flat_map, pack, same_group, sharpest, turned
from tests.conftest import tiny_model

RULES = ["wcag2a", "wcag2aa", "wcag21a", "wcag21aa", "wcag22aa", "best-practice"]
STEPS = (9, 25, 100)
TEXT = "Era uma vez um gato"


@pytest.fixture(scope="module")
def folder(tiny_folder: Path, tmp_path_factory: pytest.TempPathFactory) -> Path:
    """A model folder called mini-base with three checkpoints, each of other weights."""
    folder = Path(shutil.copytree(tiny_folder, tmp_path_factory.mktemp("kept") / "mini-base"))
    for step in STEPS:
        meta = {"step": step, "tokens": step * 1000, "loss": 3.0, "induction": step / 200}
        meta["validation"] = {"historia": 5 - step / 30, "novo </b>": 4 - step / 50}
        write_checkpoint(tiny_model(seed=step), folder / f"checkpoints/step{step}.safetensors", meta)
    return folder


def opener(folder: Path) -> Callable:
    return lambda name: load(str(folder), revision=name, device="cpu")


def words(folder: Path) -> dict[str, list[str]]:
    """Words that are one token in the tiny vocabulary, in two groups, and one that is not."""
    tokenizer = load(str(folder), device="cpu").tokenizer
    single = sorted(
        t[1:] for t in tokenizer.get_vocab() if t.startswith("Ġ") and t[1:].isascii() and t[1:].isalpha()
    )
    return {"uns": [*single[:4], "paralelepípedo"], "outros": single[4:8]}


@pytest.fixture(scope="module")
def figure(folder: Path) -> TimeMachine:
    return TimeMachine(opener(folder), folder, TEXT, words(folder), length=8, temperature=0.7, seed=3)


# ---- Python's side


def test_each_moment_is_its_own_model(figure: TimeMachine, folder: Path) -> None:
    assert [moment["name"] for moment in figure.moments] == ["step9", "step25", "step100"]
    for moment in figure.moments:
        lm = opener(folder)(moment["name"])
        trace = lm.trace(TEXT)
        np.testing.assert_allclose(moment["bits"], surprise(trace.logits, trace.ids) / np.log(2), atol=0.01)
        events = lm.compute("generate", {"text": TEXT, "max_new_tokens": 8, "sampling": figure.sampling})
        assert [token["id"] for token in moment["written"]] == [event["token"]["id"] for event in events]
    assert len({tuple(moment["bits"]) for moment in figure.moments}) == 3
    assert figure.moments[0]["validation"] == {"histórias": 4.7, "novo </b>": 3.82}


def test_the_attention_is_kept_in_one_character_a_weight(figure: TimeMachine, folder: Path) -> None:
    layers, heads = figure.shape
    attentions = opener(folder)("step25").trace(TEXT).attentions
    T = min(MOST, attentions.shape[-1])
    kept = figure.moments[1]["attention"]
    assert len(kept) == layers * heads * T * (T + 1) // 2
    one = T * (T + 1) // 2
    for layer, head, t, j in ((0, 0, 0, 0), (1, 4, T - 1, 2), (layers - 1, heads - 1, 3, 3)):
        level = LEVELS.index(kept[(layer * heads + head) * one + t * (t + 1) // 2 + j])
        assert level / 63 == pytest.approx(attentions[layer, head, t, j], abs=0.009)
    assert len(pack(np.full((1, 1, 90, 90), 0.5))) == MOST * (MOST + 1) // 2


def test_words_of_more_tokens_are_left_out_and_too_few_are_refused(figure: TimeMachine, folder: Path) -> None:
    assert "paralelepípedo" not in [word["text"] for word in figure.words]
    assert len(figure.words) == 8
    with pytest.raises(ValueError, match="seis palavras de um token"):
        TimeMachine(opener(folder), folder, TEXT, {"um": ["paralelepípedo"], "dois": ["extraordinário"]})


def test_a_model_without_checkpoints_is_refused(tiny_folder: Path) -> None:
    with pytest.raises(ValueError, match="não guardou pontos do treino"):
        TimeMachine(opener(tiny_folder), tiny_folder, TEXT, {})


def test_a_question_goes_to_the_moment_it_names(figure: TimeMachine, folder: Path) -> None:
    for step in STEPS:
        answer = figure._answer("next", {"model": f"mini-base@step{step}", "text": TEXT, "k": 1})
        assert answer["top"][0]["p"] == opener(folder)(f"step{step}").next(TEXT, k=1)["top"][0]["p"]
    with pytest.raises(ValueError, match="step7"):
        figure._answer("next", {"model": "mini-base@step7", "text": TEXT})


def test_maps_turn_towards_each_other_and_never_stretch() -> None:
    rng = np.random.default_rng(2)
    points = rng.standard_normal((9, 2))
    angle = 2.2
    away = points @ np.array([[np.cos(angle), -np.sin(angle)], [np.sin(angle), np.cos(angle)]]) * [1, -1]
    np.testing.assert_allclose(turned(away, points), points, atol=1e-9)
    other = rng.standard_normal((9, 2))
    back = turned(other, points)
    assert ((back - points) ** 2).sum() <= ((other - points) ** 2).sum()
    np.testing.assert_allclose(back @ back.T, other @ other.T, atol=1e-9)


def test_groups_that_are_there_are_found() -> None:
    rng = np.random.default_rng(0)
    groups = ["a"] * 5 + ["b"] * 5
    centres = {"a": rng.standard_normal(30) * 5, "b": rng.standard_normal(30) * 5}
    vectors = np.array([centres[g] + rng.standard_normal(30) for g in groups])
    assert same_group(vectors, groups) == 10
    assert by_chance(groups) == pytest.approx(10 * 4 / 9)
    points, share = flat_map(vectors)
    assert points.shape == (10, 2)
    assert 0.3 < share <= 1
    assert np.sqrt((points**2).sum(1).mean()) == pytest.approx(1)


def test_the_sharpest_head_is_the_one_that_looks_at_one_earlier_token() -> None:
    attentions = np.zeros((2, 3, 6, 6))
    attentions[..., 0] = 1  # everyone looks at the start, which does not count
    attentions[1, 2] = 0.2 * np.eye(6) + 0.8 * np.eye(6, k=-1)
    assert sharpest(attentions) == [1, 2]


def test_the_fallback_tells_the_story(figure: TimeMachine) -> None:
    still = figure.fallback()
    assert still.count("<tr>") == 4
    assert "9.000" in still
    assert "Depois de 9.000 tokens" in figure.summary()


# ---- in the page


def with_moments(folder: Path, missing: int | None = None) -> Callable[[Path], None]:
    """Puts the real engine and the moments' page files into a page that was made for the fakes."""

    def spoil(static: Path) -> None:
        (static / "engine.js").write_text(assets()["engine.js"], "utf-8")
        for step in STEPS:
            if step != missing:
                made = model_page.cached(folder, static / "cache", f"step{step}")
                shutil.copy(made, static / "models" / f"mini-base@step{step}.js")

    return spoil


def go(root: Locator, place: int) -> None:
    root.locator("input[name=moment]").fill(str(place))


def continuation(root: Locator, prompt: int) -> str:
    tokens = root.locator(".llm-strip .llm-token").all_inner_texts()
    return "".join(tokens[prompt:])


@pytest.mark.parametrize("host", ["http", "disco"])
def test_the_past_answers_as_python_does(
    host: str, figure: TimeMachine, folder: Path, axe: str, opened: Callable[..., Locator]
) -> None:
    root = opened(figure, host, with_moments(folder), size="celular" if host == "http" else "mesa")
    page = root.page
    assert page.evaluate("document.documentElement.scrollWidth - innerWidth") <= 0
    prompt = len(figure.tokens) - 1
    recorded = {}
    for place in range(3):
        go(root, place)
        recorded[place] = continuation(root, prompt)
        expect(root.locator(".tm-attention rect")).to_have_count(
            len(figure.tokens) * (len(figure.tokens) + 1) // 2
        )
    assert len(set(recorded.values())) == 3
    assert page.evaluate("typeof globalThis.llmEngine") == "undefined"
    root.locator("textarea").fill("O coração da cidade")
    for place in (2, 0):
        go(root, place)
        expect(root).to_have_attribute("data-state", "live")
        lm = opener(folder)(f"step{STEPS[place]}")
        trace = lm.trace("O coração da cidade")
        bits = float((surprise(trace.logits, trace.ids) / np.log(2)).mean())
        expect(root.locator(".llm-best strong").first).to_have_text(f"{bits:.1f} bits".replace(".", ","))
        events = lm.compute(
            "generate", {"text": "O coração da cidade", "max_new_tokens": 8, "sampling": figure.sampling}
        )
        expect(root.locator(".llm-strip .llm-token[data-p]")).to_have_count(len(list(events)))
    root.locator("textarea").fill(TEXT)
    expect(root).to_have_attribute("data-state", "recorded")
    assert continuation(root, prompt) == recorded[0]
    if host == "disco":
        return  # axe reads the style sheet again, which a page on disk may not
    page.add_script_tag(content=axe)
    found = page.evaluate("rules => axe.run('main', {runOnly: rules})", RULES)["violations"]
    assert [(v["id"], [n["html"][:120] for n in v["nodes"]]) for v in found] == []


def test_a_moment_that_is_missing_says_so_and_the_rest_goes_on(
    figure: TimeMachine, folder: Path, opened: Callable[..., Locator]
) -> None:
    root = opened(figure, spoil=with_moments(folder, missing=25))
    root.visited.errors.append("expected: one file is not there")
    root.locator("textarea").fill("O gato")
    expect(root).to_have_attribute("data-state", "live")
    go(root, 1)
    expect(root).to_have_attribute("data-state", "error")
    expect(root.locator(".llm-pill").first).to_contain_text("mini-base@step25.js não foi encontrado")
    go(root, 0)
    expect(root).to_have_attribute("data-state", "live")
    root.visited.errors.clear()


def test_it_plays_by_itself_and_heads_can_be_chosen(
    figure: TimeMachine, opened: Callable[..., Locator]
) -> None:
    root = opened(figure)
    slider = root.locator("input[name=moment]")
    slider.evaluate(
        """node => { globalThis.seen = [];
        new MutationObserver(() => seen.push(node.value)).observe(node, {attributes: true}); }"""
    )
    root.get_by_role("button", name="Tocar").click()
    root.page.wait_for_function("() => globalThis.seen.at(-1) === '2'")
    assert list(dict.fromkeys(root.page.evaluate("globalThis.seen"))) == ["0", "1", "2"]
    expect(root.get_by_role("button", name="Tocar")).to_be_visible()
    before = root.locator(".tm-attention").get_attribute("aria-label")
    root.get_by_role("combobox", name="Cabeça").select_option("0" if figure.start[1] else "1")
    expect(root.locator(".tm-attention")).not_to_have_attribute("aria-label", before)
    places = root.locator(".tm-word").evaluate_all("nodes => nodes.map((n) => n.style.transform)")
    slider.focus()
    root.page.keyboard.press("Home")
    assert root.locator(".tm-word").evaluate_all("nodes => nodes.map((n) => n.style.transform)") != places
