"""SenseApart, SenseMap, LayerCurves: what they record and refuse, their twins in JavaScript, their life."""

from __future__ import annotations

import json
import subprocess
from collections.abc import Callable
from functools import cache
from pathlib import Path

import numpy as np
import pytest
from playwright.sync_api import Locator, expect

from book import frontend
from llmlib import widgets
from llmlib.scratch import contextual
from llmlib.widgets import LayerCurves, SenseApart, SenseMap
from llmlib.widgets.fallback import percent
from llmlib.widgets.sense_apart import states
from tests.scratch.test_contextual import TOKENS
from tests.widgets import senses
from tests.widgets.page import as_in_the_page

HERE = Path(widgets.__file__).parent
FIRST, SECOND = ("O barco abriu a vela.", "vela"), ("Ela acendeu a vela.", "vela")


@cache
def real() -> object:
    """mini-base with the weights of its page file, so that page and Python must agree."""
    return as_in_the_page("mini-base")


def in_node(*parts: str, expression: str) -> object:
    source = "\n".join((HERE / part).read_text("utf-8") for part in parts)
    script = f"{source}\nprocess.stdout.write(JSON.stringify({expression}));"
    done = subprocess.run([frontend.node()[0], "-e", script], capture_output=True, text=True, check=True)
    return json.loads(done.stdout)


# ---- Python, and its twins


def test_the_page_cuts_words_takes_vectors_and_finds_planes_as_python_does() -> None:
    tokens = [{"text": text} for text in TOKENS]
    rng = np.random.default_rng(0)
    x, states_ = rng.normal(size=(7, 20)) * np.linspace(2, 0.2, 20), rng.normal(size=(2, 5, 3))
    found = in_node(
        "sense_apart.words.js",
        "sense_map.plane.js",
        expression=f"""(() => {{
          const x = {x.tolist()}, {{ place, kept }} = smPlane(x), all = ["a", "b", "a"];
          return {{
            words: ctWords({json.dumps(tokens)}),
            same: ctSame(all.map((text) => ({{ text }})), [1, 4].map((from) => ({{ text: "a", from }})), 2),
            vectors: ctVectors({states_.ravel().tolist()}, [2, 5, 3], 1, 4).map((v) => [...v]),
            cosine: ctCosine(x[0], x[1]),
            plane: {{ kept, places: x.map((v) => [...place(v)]) }},
            one: smPlane([[1, 2], [1, 2], [1, 2]]).kept,
          }};
        }})()""",
    )
    assert [(w["from"], w["to"], w["text"]) for w in found["words"]] == contextual.words(TOKENS)
    assert found["same"]["from"] == 4
    assert np.allclose(found["vectors"], contextual.vectors(states_, 1, 4), atol=1e-6)
    assert found["cosine"] == pytest.approx(contextual.cosine(x[0], x[1]))
    middle, two, kept = contextual.plane(x)
    assert np.allclose(np.abs(found["plane"]["places"]), np.abs((x - middle) @ two.T), atol=1e-6)
    assert found["plane"]["kept"] == pytest.approx(kept)
    assert found["one"] == 1


def test_apart_records_the_distances_of_the_chosen_words() -> None:
    models = senses.three()
    widget = SenseApart(models, *senses.PAIR, senses.chances())
    pair = [states(models["Codificador"].compute, text) for text, _ in senses.PAIR]
    a, b = (contextual.vectors(found, *contextual.find(tokens, "vela")) for tokens, found in pair)
    assert widget.apart()[1] == pytest.approx(contextual.apart(a, b, np.array(senses.CHANCE)), rel=1e-3)
    assert [widget.recording["words"][i][at] for i, at in enumerate(widget.recording["at"])] == [
        "vela",
        "vela",
    ]
    assert [row[0] for row in widget.apart()] == pytest.approx(
        [0, 0, 0], abs=1e-9
    )  # one spelling, one embedding
    assert widget.recording["cosines"][0] != widget.recording["cosines"][1]  # the decoder sees the left alone
    assert percent(widget.apart()[0][-1]) in widget.summary()
    assert widget.fallback().count("<tr>") == 4
    assert len(SenseApart({"um": senses.StatesLM(), "dois": None}, *senses.PAIR, senses.chances()).sides) == 1


@pytest.mark.parametrize(
    ("change", "says"),
    [
        ({"models": {"um": None}}, "ao menos um modelo"),
        ({"first": ("  ", "vela")}, "de 1 a 300"),
        ({"first": ("a vela " * 50, "vela")}, "de 1 a 300"),
        ({"first": ("o barco", "vela")}, "“vela” não está em “o barco”"),
        ({"first": ("as velas", "vela")}, "“vela” não está na frase"),
        ({"chance": {}}, "cossenos do acaso de mini-base"),
        ({"examples": [(("a", "b"), ("b", "b"))]}, "“b” não está em “a”"),
    ],
)
def test_apart_refuses(change: dict, says: str) -> None:
    given = {
        "models": senses.three(),
        "first": senses.PAIR[0],
        "second": senses.PAIR[1],
        "chance": senses.chances(),
    }
    with pytest.raises(ValueError, match=says):
        SenseApart(**(given | change))


def test_the_map_records_a_plane_for_each_layer() -> None:
    models = senses.three()
    widget = SenseMap(models, {"vela": senses.ROWS_OF_VELA}, layer=2)
    places = widget.maps[1][0]
    assert np.shape(places["x"]) == (senses.ROWS, 6)
    assert not np.any(places["x"][0])  # the embedding is one vector for all
    assert places["kept"][0] == 1
    rows = [states(models["Codificador"].compute, row["texto"]) for row in senses.ROWS_OF_VELA]
    at = np.stack([contextual.vectors(found, *contextual.find(tokens, "vela"))[2] for tokens, found in rows])
    assert places["kept"][2] == pytest.approx(contextual.plane(at)[2], rel=1e-3)
    assert max(np.abs([places["x"][2], places["y"][2]]).ravel()) == 1
    assert "6 ocorrências de “vela”" in widget.summary()
    assert widget.fallback().count("<circle") == 6


@pytest.mark.parametrize(
    ("models", "words", "layer", "says"),
    [
        ({}, {"vela": senses.ROWS_OF_VELA}, 0, "ao menos um modelo"),
        ({"um": senses.StatesLM()}, {}, 0, "uma palavra"),
        ({"um": senses.StatesLM()}, {"vela": senses.ROWS_OF_VELA[:3]}, 0, "dois sentidos"),
        ({"um": senses.StatesLM()}, {"vela": senses.ROWS_OF_VELA}, 3, "de 0 a 2"),
    ],
)
def test_the_map_refuses(models: dict, words: dict, layer: int, says: str) -> None:
    with pytest.raises(ValueError, match=says):
        SenseMap(models, words, layer)


def test_curves_tell_their_ends_and_refuse_what_cannot_be_drawn() -> None:
    widget = LayerCurves({"um": "Um", "dois": "Dois"}, senses.GROUPS, "acertos", {"todas": {"o acaso": 0.5}})
    assert widget.summary().startswith("Acertos, todas: Um, de 50")
    assert widget.groups[0]["lines"] == [{"label": "o acaso", "value": 0.5}]
    plain = LayerCurves({"um": "Um"}, senses.GROUPS, "cosseno", percent=False)
    assert "de 0,50 na entrada a 0,90" in plain.summary()
    short = {"todas": senses.GROUPS["todas"] | {"dois": senses.points(0.5)}}
    upside = {"todas": {"um": [{"value": 0.5, "low": 0.6, "high": 0.7}] * 2}}
    for curves, groups, more, says in (
        ({}, senses.GROUPS, {}, "ao menos uma curva"),
        ({"um": "Um", "dois": "Dois"}, short, {}, "um ponto por camada"),
        ({"um": "Um"}, upside, {}, "fora do seu intervalo"),
        ({"um": "Um"}, senses.GROUPS, {"top": 0.0}, "bottom a top"),
        ({"um": "Um"}, senses.GROUPS, {"shown": ["três"]}, "Não conheço a curva “três”"),
    ):
        with pytest.raises(ValueError, match=says):
            LayerCurves(curves, groups, "acertos", **more)


# ---- in a page


def said(root: Locator) -> list[str]:
    return [" ".join(text.split()) for text in root.locator(".sa-said li").all_inner_texts()]


def distances(pair: tuple, layer: int = -1) -> str:
    a, b = (contextual.vectors(found, *contextual.find(tokens, word)) for (tokens, found), word in pair)
    return percent(float(contextual.apart(a, b, np.full(len(a), 0.25))[layer])).replace("\u00a0", " ")


def test_apart_lives(opened: Callable) -> None:
    model = real()
    rows = model.model.config.num_hidden_layers + 1
    widget = SenseApart(
        {"Decodificador": model}, FIRST, SECOND, {"mini-base": [0.25] * rows}, examples=[(SECOND, FIRST)]
    )
    read = {text: states(model.compute, text) for text in (FIRST[0], SECOND[0], "Vi a vela acesa e a vela.")}
    root = opened(widget, real="mini-base")
    assert distances([(read[FIRST[0]], "vela"), (read[SECOND[0]], "vela")]) in said(root)[0]
    assert root.get_attribute("data-state") == "recorded"

    field = root.locator("textarea").nth(1)  # another sentence: the word stays chosen
    field.fill("Vi a vela acesa e a vela.")
    expect(root).to_have_attribute("data-state", "live")
    assert distances([(read[FIRST[0]], "vela"), (read["Vi a vela acesa e a vela."], "vela")]) in said(root)[0]
    strips = root.locator(".sa-strip")
    expect(strips.nth(1).locator('[aria-pressed="true"]')).to_have_text("vela")

    slider = root.locator("input[type=range]")
    slider.focus()
    for _ in range(rows):
        slider.press("ArrowLeft")
    assert said(root)[0].startswith("Decodificador: 0 %")  # one spelling, one embedding
    root.get_by_role("radio", name="1 − cosseno").check()
    assert "0,00" in said(root)[0]
    root.get_by_role("radio", name="sobre o acaso").check()

    first = strips.nth(0).locator("button")  # another word, by keyboard: the other sentence has none like it
    first.last.focus()
    first.last.press("Home")
    first.first.press("ArrowRight")
    first.nth(1).press("Enter")
    expect(strips.nth(0).locator('[aria-pressed="true"]')).to_have_text("barco")
    expect(root.locator(".sa-note")).to_contain_text("não têm a mesma grafia")

    field.fill("   ")
    expect(root.locator(".sa-note")).to_contain_text("Escreva ao menos uma palavra")
    assert said(root) == []
    root.locator(".sa-examples button").last.click()
    expect(root.locator(".sa-said li")).to_have_count(1)
    assert root.locator("textarea").first.input_value() == SECOND[0]
    field.fill("1" * 300)
    field.fill(FIRST[0])
    expect(strips.nth(1).locator('[aria-pressed="true"]')).to_have_text("vela")
    assert root.visited.errors == []


def test_the_map_puts_the_readers_sentence_among_the_others(opened: Callable) -> None:
    model = real()
    rows = [row | {"nome": row["nome"].replace("<b> ", "")} for row in senses.ROWS_OF_VELA]
    root = opened(
        SenseMap({"Decodificador": model}, {"vela": rows}, layer=2), real="mini-base", size="celular"
    )
    expect(root.locator(".sm-point")).to_have_count(6)
    root.locator(".sm-point").first.focus()
    root.locator(".sm-point").first.press("ArrowRight")
    expect(root.locator(".sm-sentence")).to_have_text(f"de cera: {rows[1]['texto']}")
    slider = root.locator("input[type=range]")
    slider.fill("0")
    expect(root.locator(".sm-kept")).to_contain_text("Na entrada")
    slider.fill("5")

    field = root.locator("textarea")
    field.fill("o rio corre")
    expect(root.locator(".llm-pill")).to_contain_text("Escreva uma frase em que apareça “vela”")
    field.fill(rows[4]["texto"])  # one that is there: it must fall on its own point
    expect(root.locator(".sm-own")).to_have_count(1)
    expect(root).to_have_attribute("data-state", "live")
    expect(root.locator(".sm-verdict")).to_contain_text("mais perto de “do barco”")
    star, dot = (
        root.locator(place).evaluate(
            "n => { const b = n.getBBox(); return [b.x + b.width / 2, b.y + b.height / 2] }"
        )
        for place in (".sm-own", '[data-at="4"] .sm-touch')
    )
    assert np.hypot(*(np.array(star) - dot)) < 6
    assert root.visited.errors == []


def test_curves_answer_to_layer_and_group(opened: Callable) -> None:
    widget = LayerCurves({"um": "Um", "dois": "Dois"}, senses.GROUPS, "acertos", {"todas": {"o acaso": 0.5}})
    root = opened(widget, host="disco", size="celular")
    expect(root.locator(".wc-said li")).to_have_count(2)
    expect(root.locator(".lc-level")).to_contain_text("o acaso: 50")
    root.locator("select").select_option("só as <b>")
    expect(root.locator(".wc-said")).to_contain_text("60")
    expect(root.locator(".lc-level")).to_have_count(0)
    root.locator("input[type=range]").fill("1")
    expect(root.locator(".wc-said")).to_contain_text("80")
    root.get_by_role("button", name="Um").click()
    expect(root.locator(".wc-said li")).to_have_count(1)
    root.get_by_role("button", name="Dois").click()  # the last one stays
    expect(root.locator(".wc-said li")).to_have_count(1)
    assert root.visited.errors == []
