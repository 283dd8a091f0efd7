"""The walk of a head, tied words and turning pairs: what is shown is what the sums give, live as recorded."""

from __future__ import annotations

from collections.abc import Callable

import numpy as np
import pytest
import torch
from playwright.sync_api import Locator, expect

from llmlib.scratch import attention, importance
from llmlib.scratch.one_head import one_head
from llmlib.widgets import HeadWalk, RopeView, TiedWords
from llmlib.widgets.fallback import percent
from llmlib.widgets.head_walk import packed, unpacked
from llmlib.widgets.tied_words import squeezed, unsqueezed, whole
from tests.widgets.inside import InsideLM, study
from tests.widgets.page import as_in_the_page
from tests.widgets.samples import SAMPLES

TEXT = "O gato viu o </script> e dormiu"
HAND = {
    "tokens": ["o", " gato", " dorme"],
    "q": [[1, 0], [2, 0], [0, 2]],
    "k": [[1, 0], [0, 1], [1, 1]],
    "v": [[1, 0], [0, 10], [5, 5]],
}

# ---- data


@pytest.mark.parametrize(
    ("make", "says"),
    [
        (lambda: HeadWalk(InsideLM(), TEXT, layer=2), "camada 2 não existe"),
        (lambda: HeadWalk(InsideLM(), TEXT, head=4), "cabeça 4 não existe"),
        (lambda: HeadWalk(InsideLM(), TEXT, at=40), "posição 40"),
        (lambda: HeadWalk(HAND | {"v": [[1, 2]]}), "v deve ter 3 linhas"),
        (lambda: HeadWalk(HAND | {"k": [[1, 2, 3]] * 3}), "q e k"),
        (lambda: HeadWalk(HAND | {"q": [[1, float("nan")]] * 3}), "não é número"),
        (lambda: RopeView(InsideLM(), TEXT, layer=5), "2 camadas"),
        (lambda: RopeView(InsideLM(), TEXT, key=99), "posição 99"),
        (lambda: TiedWords(None, []), "nenhum texto"),
        (lambda: TiedWords(None, [study()], word="cão"), "não é uma palavra"),
        (lambda: TiedWords(None, [study() | {"attentions": np.ones((2, 3, 4))}]), "attentions"),
        (lambda: TiedWords(None, [study() | {"rate": np.full((6, 9), np.nan)}]), "rate"),
    ],
)
def test_wrong_arguments_are_refused(make: Callable, says: str) -> None:
    with pytest.raises(ValueError, match=says):
        make()


def test_what_is_packed_comes_back() -> None:
    array = np.random.default_rng(0).normal(size=(3, 2, 5)).astype(np.float32)
    assert (unpacked(packed(array)) == array).all()
    some = np.abs(array) * 7
    np.testing.assert_allclose(unsqueezed(squeezed(some)), some, atol=some.max() / 65535)
    assert unsqueezed(squeezed(np.zeros((2, 2)))).max() == 0


def test_without_javascript_there_is_a_figure() -> None:
    for widget in (
        HeadWalk(InsideLM(), TEXT),
        HeadWalk(HAND),
        RopeView(InsideLM(), TEXT),
        TiedWords(None, [study()]),
    ):
        assert widget.summary().endswith(".")
        assert "<table>" in widget.fallback() or "llm-bars" in widget.fallback()
        assert widget.html().count("</script>") == 1


def test_heads_share_keys_as_in_the_model() -> None:
    walk = HeadWalk(InsideLM(), TEXT, layer=1, head=3)
    q, k, v = (unpacked(walk.arrays[name]) for name in "qkv")
    expected = one_head(q[:, 3], k[:, 1], v[:, 1]).weights
    np.testing.assert_allclose(walk.weights(), expected)


def test_turned_scores_are_those_of_the_library() -> None:
    view = RopeView(InsideLM(), TEXT, layer=1, head=2, query=4, key=1)
    q, k = (torch.tensor(unpacked(view.arrays[name]).copy()) for name in "qk")
    for distance in (0, 1, 9, 64):
        turned = attention.rotate(
            q[4, 2][None], *attention.rotary_angles(torch.tensor([distance + 30]), 6, 1e4)
        )
        fixed = attention.rotate(k[1, 1][None], *attention.rotary_angles(torch.tensor([30]), 6, 1e4))
        assert view.scores()[distance] == pytest.approx(float(turned[0] @ fixed[0]) / 6**0.5, abs=1e-4)


def test_letters_cut_into_bytes_are_whole_in_a_word() -> None:
    assert whole(" ca⟨C3⟩⟨A7⟩a") == " caça"
    assert whole("⟨C3⟩x⟨A7⟩") == "⟨C3⟩x⟨A7⟩"


def test_tied_words_keep_the_measures_at_the_end_of_each_word() -> None:
    given = study()
    widget = TiedWords(None, [given], word="viu")
    found, ends = widget.measures(0, widget.at), [places[-1] for places in given["groups"]]
    t, upto = ends[widget.at], widget.at + 1
    np.testing.assert_allclose(
        found["attention"], given["attentions"][:, :, t, :upto].mean((0, 1)), atol=1e-4
    )
    np.testing.assert_allclose(found["deleted"], given["deleted"][:upto, t], atol=1e-4)
    assert widget.strongest("rate") == 1 + given["rate"][1 : widget.at, t].argmax()


# ---- in a browser


def weights_shown(root: Locator) -> list[str]:
    return root.locator(".hw-weight").all_inner_texts()


def test_one_number_moves_what_follows_and_nothing_else(opened: Callable[..., Locator]) -> None:
    root = opened(HeadWalk(HAND), "disco", size="celular")
    page = root.visited.page
    assert page.evaluate("document.documentElement.scrollWidth") <= page.viewport_size["width"]
    arrays = {name: np.array(HAND[name], dtype=float) for name in "qkv"}
    assert weights_shown(root) == [percent(w) for w in one_head(**arrays).weights[2]]
    root.get_by_label("O que mudar").select_option("k")
    root.get_by_label("De que token").select_option("1")
    root.get_by_label("Que número do vetor").fill("2")
    root.get_by_label("Valor novo, por extenso").fill("2.5")
    root.get_by_label("Valor novo, por extenso").press("Enter")
    changed = arrays["k"].copy()
    changed[1, 1] = 2.5
    assert weights_shown(root) == [percent(w) for w in one_head(arrays["q"], changed, arrays["v"]).weights[2]]
    scores = root.locator("button.hw-score").all_inner_texts()
    assert scores == ["0,00", "5,00", "2,00"]
    root.get_by_role("button", name="desfazer (era 1,00)").click()
    assert weights_shown(root) == [percent(w) for w in one_head(**arrays).weights[2]]
    root.get_by_label("O que mudar").select_option("weight")
    root.get_by_label("Valor novo, por extenso").fill("0.9")
    root.get_by_label("Valor novo, por extenso").press("Enter")
    expect(root.locator(".hw-total")).to_have_class("hw-total hw-wrong")  # no longer a whole
    root.get_by_role("button", name="desfazer (").click()
    root.locator(".hw-token").nth(0).click()  # the first token sees itself alone
    assert weights_shown(root) == ["100\u00a0%", "0\u00a0%", "0\u00a0%"]
    root.get_by_role("checkbox", name="máscara").uncheck()
    free = one_head(**arrays, mask=False).weights[0]
    assert weights_shown(root) == [percent(w) for w in free]
    root.locator(".hw-token").nth(0).focus()
    page.keyboard.press("ArrowRight")
    assert root.locator(".hw-token[aria-pressed=true]").inner_text().endswith("gato")


@pytest.fixture(scope="module")
def lm() -> object:
    return as_in_the_page("mini-base")


def test_the_readers_text_is_walked_and_a_change_reaches_the_bet(
    lm: object, opened: Callable[..., Locator]
) -> None:
    root = opened(HeadWalk(lm, "O gato dorme", layer=1, head=4), real="mini-base")
    text = "As meninas que viram"
    root.locator("textarea").fill(text)
    expect(root).to_have_attribute("data-state", "live")
    trace = lm.trace(text)
    expect(root.locator(".hw-token").last).to_contain_text(trace.tokens[-1].strip())
    shown = [each.replace("\u00a0%", "").replace(",", ".") for each in weights_shown(root)]
    for said, weight in zip(shown, trace.attentions[1, 4, -1], strict=True):
        assert said.startswith(("<", ">")) or float(said) == pytest.approx(100 * weight, abs=0.51)
    expect(root.locator(".hw-note").last).to_contain_text("diferem no máximo em")
    root.get_by_label("O que mudar").select_option("v")
    root.get_by_label("Valor novo, por extenso").fill("9")
    root.get_by_label("Valor novo, por extenso").press("Enter")
    expect(root.locator(".hw-bet .llm-bar").first).to_be_visible()
    name, T = "layers.1.self_attn.z", len(trace.ids)
    kept = lm.compute("trace", {"text": text, "only": [], "keep": [name, "layers.1.self_attn.v_proj"]})[
        "activations"
    ]
    z = np.array(kept[name]).reshape(T, 6, 32)[-1]
    row = int(root.get_by_label("De que token").input_value())
    v = np.array(kept["layers.1.self_attn.v_proj"]).reshape(T, 3, 32)[row, 2, 0]
    z[4, 0] += trace.attentions[1, 4, -1, row] * (9 - v)
    after = lm.compute(
        "trace",
        {"text": text, "only": "logits", "patch": [{"name": name, "position": T - 1, "values": z.ravel()}]},
    )
    p, r = (
        torch.tensor(np.array(each).reshape(T, -1)[-1]).softmax(-1)
        for each in (trace.logits, after["logits"])
    )
    expect(root.locator(".hw-bet .llm-best")).to_contain_text(
        percent(float(importance.total_variation(p, r)))
    )


def test_a_text_of_the_readers_is_measured_as_the_library_does(
    lm: object, opened: Callable[..., Locator]
) -> None:
    table = lm.model.float().get_input_embeddings().weight.detach()
    neutral = table.mean(0)
    predict = lambda x: lm.model(inputs_embeds=x).logits.softmax(-1)  # noqa: E731

    def measured(text: str) -> dict:
        t = lm.trace(text)
        with torch.no_grad():
            found = importance.study(t.tokens, t.attentions, predict, table[torch.tensor(t.ids)], neutral)
        return {"text": text, **found}

    root = opened(
        TiedWords(lm, [measured("O gato dorme"), measured("Oi")], neutral.tolist()), real="mini-base"
    )
    text = "O cachorro, que viu"
    root.locator("textarea").fill(text)
    expect(root).to_have_attribute("data-state", "live")
    expected = TiedWords(None, [measured(text)])
    assert [w.strip() for w in expected.recordings[0]["words"]][1:] == ["O", "cachorro", ",", "que", "viu"]
    found = expected.measures(0, expected.at)
    numbers = root.locator(".tw-rows .tw-number").all_inner_texts()
    rows = [numbers[i : i + 3] for i in range(0, len(numbers), 3)]

    def near(said: str, value: float, scale: int) -> bool:
        read = float(said.replace("\u00a0%", "").replace(",", "."))
        return read == pytest.approx(scale * value, abs=0.6 if scale > 1 else 0.012)

    for word in range(1, expected.at):
        assert near(rows[word][0], found["attention"][word], 100)
        assert near(rows[word][1], found["deleted"][word], 100)
        assert near(rows[word][2], found["rate"][word], 1)
    assert rows[0][1] == rows[-1][1] == "–"
    root.get_by_label("Como tirar a palavra").select_option("faded")
    faded = unsqueezed(expected.recordings[0]["faded"])[1, expected.at]
    assert near(root.locator(".tw-rows .tw-number").nth(4).inner_text(), faded, 100)
    root.locator(".tw-token").nth(1).click()
    expect(root.locator(".tw-said").first).to_contain_text("não há nenhuma palavra")
    root.get_by_role("button", name="O gato dorme").click()
    expect(root).to_have_attribute("data-state", "recorded")
    expect(root.locator(".tw-token").last).to_contain_text("dorme")


def test_distance_moves_the_score_and_place_does_not(opened: Callable[..., Locator]) -> None:
    widget = RopeView(InsideLM(), TEXT, layer=1, head=2, query=4, key=1)
    root = opened(widget, "disco", size="celular")
    page = root.visited.page
    assert page.evaluate("document.documentElement.scrollWidth") <= page.viewport_size["width"]
    said = lambda d: f"{widget.scores()[d]:.2f}".replace(".", ",").replace("-", "−")  # noqa: E731
    lead = root.locator(".llm-best")
    expect(lead).to_contain_text(f"nota {said(3)}")
    far, both = (root.locator("input[type=range]").nth(i) for i in (0, 1))
    far.fill("17")
    expect(lead).to_contain_text(f"nota {said(17)}")
    turned = root.locator(".rv-q").first.get_attribute("x2")
    both.fill("100")
    expect(root.locator(".rv-note").last).to_contain_text("na posição 117")
    expect(lead).to_contain_text(f"nota {said(17)}")
    assert root.locator(".rv-q").first.get_attribute("x2") != turned


def test_a_model_that_is_missing_is_said_in_a_sentence(opened: Callable[..., Locator]) -> None:
    root = opened(
        HeadWalk(InsideLM(), TEXT), spoil=lambda static: (static / "models" / "mini-base.js").write_text("1")
    )
    root.locator("textarea").fill("Oi")
    expect(root).to_have_attribute("data-state", "error")
    expect(root.locator(".llm-pill").first).to_contain_text("incompleto ou corrompido")
    assert len(weights_shown(root)) == len(InsideLM().tokens(TEXT))  # what was recorded is still there


def test_the_walk_goes_by_keyboard_and_keeps_the_focus(opened: Callable[..., Locator]) -> None:
    root = opened(SAMPLES["head-walk"]())
    tokens = root.locator(".hw-token")
    last = tokens.count() - 1
    root.locator(".hw-token[aria-pressed=true]").focus()
    expect(root.locator(".hw-token[tabindex='0']")).to_have_count(1)
    root.page.keyboard.press("End")
    for at in (last, last - 1):
        expect(tokens.nth(at)).to_be_focused()
        expect(tokens.nth(at)).to_have_attribute("aria-pressed", "true")
        root.page.keyboard.press("ArrowLeft")
