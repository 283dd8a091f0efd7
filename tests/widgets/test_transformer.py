"""The figures of the chapter on the whole transformer: what they record, what they refuse, how they live."""

from __future__ import annotations

import json
import re
import subprocess
from collections.abc import Callable
from functools import cache
from pathlib import Path

import pytest
from playwright.sync_api import Locator, expect

from book import frontend
from llmlib import widgets
from llmlib.scratch import counting
from llmlib.widgets import KVCacheCost, LogitLens, ModelParts, Patching
from llmlib.widgets.fallback import percent, spoken
from llmlib.widgets.logit_lens import record as lens_record
from llmlib.widgets.logit_lens import words
from llmlib.widgets.model_parts import row
from llmlib.widgets.patching import LONGEST, problem, too_close
from tests.widgets.page import as_in_the_page
from tests.widgets.traced import CONFIG, CURVES, TracedLM

HERE = Path(widgets.__file__).parent


@cache
def real() -> object:
    """mini-base with the weights of its page file, so that page and Python must agree."""
    return as_in_the_page("mini-base")


def in_node(*parts: str, expression: str) -> object:
    source = "\n".join(
        (HERE / part).read_text("utf-8").replace("export default", "const widget =") for part in parts
    )
    script = f"{source}\nPromise.resolve({expression}).then((x) => process.stdout.write(JSON.stringify(x)));"
    done = subprocess.run([frontend.node()[0], "-e", script], capture_output=True, text=True, check=True)
    return json.loads(done.stdout)


# ---- the lens


def test_the_lens_names_every_token_that_it_shows() -> None:
    widget = LogitLens(TracedLM(), "O gato </script> subiu")
    rows, positions, k = widget.recording["shape"]
    assert (rows, positions, k) == (3, 5, 8)
    assert {str(i) for i in widget.recording["ids"]} == set(widget.recording["words"])
    assert "</script> subiu" not in widget.html().split("</script>", 1)[0]
    assert widget.fallback().count('<th scope="col">') == 5
    assert "última camada" in widget.summary()


def test_the_lens_is_settled_where_nothing_changes_after() -> None:
    recording = {
        "tokens": [{"id": 0, "text": "<|endoftext|>"}, {"id": 1, "text": "a"}],
        "cut": 0,
        "ids": [1, 3, 2, 3, 2, 3],  # rows 0 to 2; position 0 says 1, 2, 2 and position 1 always 3
        "p": [0.5] * 6,
        "shape": [3, 2, 1],
        "words": {"1": "a", "2": "b", "3": "c"},
    }
    widget = LogitLens(recording, "a")
    assert [widget.settled(t) for t in (0, 1)] == [1, 0]
    assert not widget.live
    with pytest.raises(ValueError, match="2 posições"):
        LogitLens(recording | {"shape": [2, 3, 1]}, "a")


def test_names_are_asked_until_all_are_there_and_no_longer() -> None:
    asked = []

    def compute(_: str, params: dict) -> dict:  # a context of two tokens: the end is kept
        asked.append(params["ids"])
        return {"tokens": [{"id": i, "text": f"t{i}"} for i in params["ids"][-2:]]}

    assert words(compute, [7, 5, 6, 9], {5: "cinco"}) == {5: "cinco", 6: "t6", 7: "t7", 9: "t9"}
    assert asked == [[6, 7, 9], [6]]
    with pytest.raises(ValueError, match="número 4"):
        words(lambda *_: {"tokens": []}, [4], {})


# ---- the patches


def test_patching_records_what_any_causal_model_must_give() -> None:
    widget = Patching(TracedLM(), "O gato viu", "O rio viu", ("sol", "lua"))
    moved = widget.recording["moved"]
    same = [[m is None for m in each] for each in moved]
    assert same == [[True, True, False, True], [True, True, False, False], [True, True, False, False]]
    assert moved[0][2] == pytest.approx(1, abs=1e-3)  # the only embedding that differs
    assert moved[-1][2] == pytest.approx(0, abs=1e-3)  # after the last layer only the end is read
    assert moved[-1][3] == pytest.approx(1, abs=1e-3)
    assert set(widget.recording["tops"]) == {f"{r},{t}" for r, t in ((0, 2), (1, 2), (1, 3), (2, 2), (2, 3))}
    assert "·</td>" not in widget.fallback()
    assert "%" in widget.summary()


@pytest.mark.parametrize(
    ("pair", "sentence"),
    [
        (("O gato", "O gato viu"), "a primeira tem 2 e a segunda, 3"),
        (("O gato", "O gato"), "iguais"),
        (("", ""), "vazias"),
        (("gato " * 65, "rio " + "gato " * 64), "até 64 tokens"),
    ],
)
def test_pairs_that_cannot_be_compared_are_refused_in_one_sentence(pair: tuple, sentence: str) -> None:
    with pytest.raises(ValueError, match=sentence):
        Patching(TracedLM(), *pair, ("sol", "lua"))


def test_one_answer_for_both_is_refused() -> None:
    with pytest.raises(ValueError, match="escreva em “respostas”"):
        Patching(TracedLM(), "O gato", "O rio", ("sol", "sol"))


def test_the_page_refuses_in_the_same_words() -> None:
    def tokens(*ids: int) -> list[dict]:
        return [{"id": i, "text": f" t{i}"} for i in ids]

    two, same = tokens(8, 9), tokens(7, 7)
    pairs = [
        ([tokens(1, 2), tokens(1)], two),
        ([[], []], two),
        ([tokens(*range(65)), tokens(*range(1, 66))], two),
        ([tokens(1, 2), tokens(1, 2)], two),
        ([tokens(1, 2), tokens(1, 3)], same),
        ([tokens(1, 2), tokens(1, 3)], two),
    ]
    said = in_node(
        "kit.js",
        "patching.js",
        expression=f"{json.dumps(pairs)}.map(([t, a]) => [patchProblem(t, a, {LONGEST}), tooClose(a)])",
    )
    assert said == [[problem(*each), too_close(each[1])] for each in pairs]
    assert len({sentence for sentence, _ in said}) == 6


# ---- the cache


def test_the_cost_of_the_cache_in_words() -> None:
    widget = KVCacheCost(CURVES, CONFIG)
    assert widget.numbers == 2 * 3 * 2 * 10
    assert widget.ratio() == 13
    assert "13 vezes" in widget.summary()
    assert not widget.live
    assert widget.fallback().count("<tr>") == 4


@pytest.mark.parametrize(
    ("curves", "sentence"),
    [
        (CURVES[:1], "ao menos dois"),
        (CURVES[::-1], "maior que o anterior"),
        ([CURVES[0], CURVES[1] | {"cached": 0}], "11 tokens"),
    ],
)
def test_curves_that_are_none_are_refused(curves: list, sentence: str) -> None:
    with pytest.raises(ValueError, match=sentence):
        KVCacheCost(curves, CONFIG)


def test_the_button_grows_one_text_and_begins_the_others_anew() -> None:
    asked, points = in_node(
        "kv_cache.js",
        expression="""(async () => { const asked = [], points = []; let now = 0;
            await kvMeasure(async (_, { ids }) => { asked.push(ids); now += ids.length; }, [3, 5], 9, 2,
              (point) => points.push(point), () => now);
            return [asked, points]; })()""",
    )
    for n, group in ((3, asked[:5]), (5, asked[5:])):
        warm, first, second, other, another = group
        assert len(warm) == n
        assert (first[:n], second[:-1]) == (warm, first)  # each goes on from the last: one token is new
        assert {other[0], another[0]}.isdisjoint({warm[0]})
        assert other[1:] == another[1:] == warm[1:]
        assert all(0 < token < 9 for each in group for token in each)
    assert points == [{"tokens": 3, "cached": 5, "uncached": 3}, {"tokens": 5, "cached": 7, "uncached": 5}]


# ---- the parts


@pytest.mark.parametrize(
    "changes", [{}, {"tie_word_embeddings": False, "qk_norm": False, "num_key_value_heads": 6}]
)
def test_the_page_counts_as_python_does(changes: dict) -> None:
    model = row({"nome": "x", **CONFIG, **changes})
    calls = "countParameters(c), countFlops(c, 7, 4, 1), countFlops(c, 9), countCache(c, 5)"
    found = in_node("model_parts.sums.js", expression=f"((c) => [{calls}])({json.dumps(model)})")
    assert found == [
        counting.parameters(model, model["qk_norm"]),
        counting.flops(model, 7, 4, 1),
        counting.flops(model, 9),
        counting.cache(model, 5),
    ]


@pytest.mark.parametrize(
    ("changes", "sentence"),
    [
        ({"head_dim": 0}, "head_dim"),
        ({"vocab_size": "muitos"}, "'muitos'"),
        ({"num_key_value_heads": 4}, "não dividem"),
    ],
)
def test_sizes_that_are_none_are_refused(changes: dict, sentence: str) -> None:
    with pytest.raises(ValueError, match=sentence):
        ModelParts([{"nome": "x", **CONFIG, **changes}], tokens=5)


def test_the_parts_need_a_length_that_some_model_has() -> None:
    with pytest.raises(ValueError, match="vai de 1 a 96"):
        ModelParts([{"nome": "x", **CONFIG}], tokens=97)
    assert "8 mil" not in ModelParts([{"nome": "x", **CONFIG}], tokens=96).summary()


def test_moving_the_length_moves_the_parts(opened: Callable[..., Locator]) -> None:
    root = opened(
        ModelParts([{"nome": "x", **CONFIG}, {"nome": "y", **CONFIG, "max_position_embeddings": 9}], tokens=4)
    )
    parts = counting.parameters(CONFIG)
    share = root.locator(".mp-row:not([hidden]) .mp-share")
    expect(share.first).to_have_text(percent(parts["embedding"] / sum(parts.values())))
    root.get_by_label("ler o texto de uma vez").check()
    root.locator("input[name=tokens]").fill("1000")
    done = counting.flops(CONFIG, 96, scored=1)
    scores = root.locator(".mp-row").filter(has_text="notas")
    expect(scores.locator(".mp-share")).to_have_text(percent(done["scores"] / sum(done.values())))
    root.locator("select").select_option("y")
    expect(root.locator(".mp-slider output")).to_have_text("9 tokens")
    assert root.page.evaluate("document.documentElement.scrollWidth - innerWidth") <= 0


# ---- live, on the real engine


def test_the_lens_answers_any_text_as_python_does(opened: Callable[..., Locator]) -> None:
    lm = real()
    root = opened(LogitLens(lm, "Era uma vez"), real="mini-base", size="celular")
    expect(root).to_have_attribute("data-state", "recorded")
    field, cells = root.locator("textarea"), root.locator("tbody td")
    field.fill("O gato subiu no")
    expect(root).to_have_attribute("data-state", "live")
    expect(cells).to_have_count(6 * 5)
    there = LogitLens(lens_record(lm.compute, "O gato subiu no"), "O gato subiu no")
    for r, t in ((0, 1), (3, 2), (5, 4)):
        text, p = there.best(r, t)
        expect(root.locator(f'td[data-at="{r},{t}"]')).to_have_attribute(
            "aria-label", re.compile(re.escape(f"{spoken(text)}, {percent(p)}"))
        )
    root.locator('td[data-at="5,4"]').focus()
    root.page.keyboard.press("ArrowUp")
    root.page.keyboard.press("Home")
    expect(root.locator('td[data-at="4,0"]')).to_be_focused()
    expect(root.locator(".llm-best")).to_contain_text("Camada 4, no início do texto")
    expect(root.locator(".llm-bar")).to_have_count(9)
    for text, positions in (("", 1), ("   ", None), ("🐈‍⬛ مرحبا", None)):
        field.fill(text)
        expected = positions or len(lm.trace(text).ids)
        expect(cells).to_have_count(6 * min(24, expected))
    field.fill("palavra " * 3000)
    expect(root.locator(".nt-cut")).to_contain_text("usei os últimos 511 tokens")
    expect(root.locator(".ll-pager output")).to_have_text("posições 489 a 512 de 512")
    root.get_by_role("button", name="‹ antes").click()
    expect(root.locator(".ll-pager output")).to_have_text("posições 469 a 492 de 512")
    assert root.page.evaluate("document.documentElement.scrollWidth - innerWidth") <= 0


def test_the_patches_are_computed_in_the_page_as_in_python(opened: Callable[..., Locator]) -> None:
    lm = real()
    there = Patching(lm, "A menina perdeu a bola", "O menino perdeu a bola", ("ela", "ele")).recording[
        "moved"
    ]
    root = opened(
        Patching(lm, "A menina abriu a porta da sala", "O menino abriu a porta da sala", ("ela", "ele")),
        real="mini-base",
    )
    assert "·" in root.locator("td[data-at]").all_inner_texts()
    root.locator("td[data-at]:not(.pa-none)").first.click()
    expect(root.locator(".llm-bar")).to_have_count(7)
    fields, wants = root.locator("textarea"), root.locator(".pa-answer")
    wants.nth(0).fill("ela")
    wants.nth(1).fill("ele")
    fields.nth(0).fill("A menina perdeu a bola")
    fields.nth(1).fill("O menino perdeu a bola")
    expect(root.locator("td[data-at]")).to_have_count(6 * 6)
    expect(root.locator(".pa-progress")).to_be_hidden()
    expect(root.locator(".pa-wait")).to_have_count(0)
    for r, each in enumerate(there):
        for t, moved in enumerate(each):
            shown = root.locator(f'td[data-at="{r},{t}"]').inner_text().replace("−", "-")
            assert shown == "·" if moved is None else abs(int(shown) - 100 * moved) < 1.6, (r, t)
    root.get_by_label("Trocar", exact=True).select_option(index=1)
    expect(root.locator("td[data-at]")).to_have_count(5 * 6)
    trouble = root.locator(".pa-trouble")
    for one, other, sentence in (
        ("O gato", "O gato preto", "o mesmo número de tokens"),
        ("O gato", "O gato", "iguais"),
        ("", "", "vazias"),
        ("gato " * 80, "gato " * 40 + "casa " + "gato " * 39, "até 64 tokens"),
    ):
        fields.nth(0).fill(one)
        fields.nth(1).fill(other)
        expect(trouble).to_contain_text(sentence)
    fields.nth(0).fill("🐈 مرحبا")
    fields.nth(1).fill("🐕 مرحبا")
    expect(root.locator(".pa-trouble, .cg-table")).not_to_have_count(0)
    expect(root).to_have_attribute("data-state", "live")


def test_the_button_measures_on_this_machine_and_leaves_the_page_free(opened: Callable[..., Locator]) -> None:
    widget = KVCacheCost(CURVES, CONFIG, TracedLM())
    root = opened(widget)
    expect(root.locator(".kv-sum strong").first).to_have_text("13 vezes")
    root.locator("input[name=tokens]").fill("1")
    expect(root.locator(".kv-sum strong").first).to_have_text("1,0 vez")
    expect(root.locator(".kv-sum dd").last).to_contain_text("120 números")
    root.get_by_role("button", name="Medir nesta máquina").click()
    expect(root.locator(".kv-note")).to_contain_text("Medido agora, no seu navegador")
    expect(root.get_by_role("button", name="Medir nesta máquina")).to_be_visible()
    expect(root.locator(".kv-slider output")).to_have_text("89 tokens")
    expect(root).to_have_attribute("data-state", "live")
