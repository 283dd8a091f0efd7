"""The figures of transfer: what was measured is what is shown; the page's classifier is the library's."""

from __future__ import annotations

import json
import subprocess
from collections.abc import Callable

import numpy as np
import pytest
from playwright.sync_api import Locator, expect

from book import frontend
from llmlib.data import task
from llmlib.scratch import classify
from llmlib.widgets import Forgetting, LoraView, ReviewLab, WaysCurve
from llmlib.widgets.base import HERE
from tests.widgets import tuned


class Traced:
    """A model whose hidden states say how many letters and how many words a text has."""

    name = "mini-base"

    def compute(self, method: str, params: dict) -> dict:
        tokens = params["text"].split()
        states = np.array([[[9.0, 9.0], *[[len(t), 1.0] for t in tokens]]] * 3)  # (L+1, T, 2)
        return {"hidden_states": states.ravel(), "hidden_states_shape": list(states.shape), "logits": [0.0]}


def lab(**changed: object) -> ReviewLab:
    return ReviewLab(Traced(), **(tuned.LAB | changed))


def ways(**changed: object) -> WaysCurve:
    given = {"sizes": tuned.SIZES, "ways": tuned.WAYS, "groups": tuned.groups("prova inteira", "diretas")}
    return WaysCurve(**(given | {"pairs": tuned.PAIRS, "examples": tuned.EXAMPLES} | changed))


def view(**changed: object) -> LoraView:
    return LoraView(**({"updates": tuned.updates(), "cut": tuned.CUT, "rank": 1} | changed))


# ---- data


@pytest.mark.parametrize(
    ("make", "says"),
    [
        (lambda: lab(head=tuned.LAB["head"] | {"w": [1.0]}), "mesmo tamanho"),
        (lambda: lab(words={"bom": [1.0, 1.0]}), "chave vazia"),
        (lambda: lab(unseen=tuned.LAB["unseen"][:1]), "dois rótulos"),
        (lambda: lab(recorded={"words": 1.2, "head": 0.1}), "0 a 1"),
        (lambda: ways(sizes=[8]), "sizes"),
        (lambda: ways(sizes=[8, 32]), "3 pontos para 2"),
        (lambda: ways(shown=["magia"]), "magia"),
        (lambda: view(updates={}), "nenhuma matriz"),
        (lambda: view(updates={"lm_head": {}}), "lm_head"),
        (lambda: view(rank=99), "rank vai de"),
        (lambda: Forgetting({}, tuned.KINDS), "maneira"),
        (lambda: Forgetting(tuned.LOSSES, {}), "nenhum dos tipos"),
    ],
)
def test_wrong_arguments_are_refused(make: Callable, says: str) -> None:
    with pytest.raises(ValueError, match=says):
        make()


def test_without_javascript_there_are_tables() -> None:
    for widget in (lab(), ways(), view(), Forgetting(tuned.LOSSES, tuned.KINDS)):
        assert "<table>" in widget.fallback()
        assert widget.summary().endswith((".", "%."))
        assert widget.html().count("</script>") == 1


def test_a_kernel_sends_the_mean_alone() -> None:
    answer = lab()._compute("trace", {"text": "um filme bom"})
    assert list(answer) == ["features"]
    np.testing.assert_allclose(answer["features"], [(2 + 5 + 3) / 3, 1])
    np.testing.assert_allclose(lab()._compute("trace", {"text": ""})["features"], [0, 0])


def test_half_of_the_blocks_energy_is_where_the_rank_says() -> None:
    row = view().matrices[0]
    assert view().energy(row, 2) == pytest.approx(1, abs=0.01)  # made of two directions
    assert 0 < view().energy(row, 1) < 1


# ---- the twins in JavaScript


def in_node(expression: str, **values: object) -> object:
    names = "".join(f"const {name} = {json.dumps(value)};\n" for name, value in values.items())
    script = (HERE / "review_lab.head.js").read_text("utf-8") + names
    script += f"process.stdout.write(JSON.stringify({expression}));"
    done = subprocess.run([frontend.node()[0], "-e", script], capture_output=True, text=True, check=True)
    return json.loads(done.stdout)


def test_the_pages_head_takes_the_librarys_steps() -> None:
    rng = np.random.default_rng(3)
    points, labels = rng.normal(size=(9, 5)) / 2, [0, 1, 1, 0, 1, 0, 0, 1, 1]
    found = in_node(
        "(({w, b}) => [...w, b])(fitHead(points, labels, 0.003))", points=points.tolist(), labels=labels
    )
    w, b = classify.fit_head(points, labels, 0.003)
    np.testing.assert_allclose(found, [*w, b], rtol=1e-9)


def test_the_pages_features_are_the_librarys() -> None:
    states = np.random.default_rng(1).normal(size=(3, 4, 2))
    trace = {"hidden_states": states.ravel().tolist(), "hidden_states_shape": [3, 4, 2]}
    found = in_node("[...featuresOf(trace, 2)]", trace=trace)
    np.testing.assert_allclose(found, states[2, 1:].mean(0))


def test_the_pages_count_is_scikit_learns() -> None:
    from sklearn.feature_extraction.text import TfidfVectorizer
    from sklearn.linear_model import LogisticRegression

    rows = task("resenhas", "train")[:80]
    texts = [row["texto"] for row in rows]
    vector = TfidfVectorizer().fit(texts)
    line = LogisticRegression(C=10).fit(vector.transform(texts), [row["rotulo"] for row in rows])
    words = {w: [vector.idf_[i], line.coef_[0, i]] for w, i in vector.vocabulary_.items()} | {
        "": [0, line.intercept_[0]]
    }
    asked = [row["texto"] for row in task("resenhas", "test")[:20]] + [
        "",
        "Palavra-inédita, ÓTIMO! constructor",
    ]
    found = in_node("asked.map((text) => countWords(text, words).p)", asked=asked, words=words)
    np.testing.assert_allclose(found, line.predict_proba(vector.transform(asked))[:, 1], atol=1e-9)


# ---- in the browser


def wide(root: Locator) -> None:
    page = root.visited.page
    assert page.evaluate("document.documentElement.scrollWidth") <= page.viewport_size["width"]


@pytest.mark.parametrize(("host", "size"), [("http", "mesa"), ("disco", "celular")])
def test_a_reader_teaches_a_classifier(opened: Callable[..., Locator], host: str, size: str) -> None:
    prova = task("resenhas", "test")
    unseen = [row for row in prova if row["grupo"] == "vistas"][:12]
    bank = [row["texto"] for row in task("resenhas", "train")[-6:]]
    D = 192
    head = {
        "w": [0.0] * D,
        "b": 0.0,
        "mean": [0.0] * D,
        "spread": [1.0] * D,
        "layer": 3,
        "labels": 512,
        "decay": 0.003,
    }
    root = opened(lab(head=head, bank=bank, unseen=unseen), host=host, size=size, real="mini-base")
    wide(root)
    expect(root.locator(".rl-row").nth(0)).to_contain_text("positiva, 94\u00a0%")
    root.locator("textarea").fill("O filme é chato.")
    expect(root).to_have_attribute("data-state", "live")
    expect(root.locator(".rl-row").nth(1)).to_contain_text("positiva, 50\u00a0%")  # a line of zeros
    expect(root.locator(".rl-known")).to_contain_text("chato −")
    root.get_by_role("group", name="Rotular a resenha escrita acima").get_by_text("negativa").click()
    expect(root.locator(".rl-score")).to_contain_text("Falta ao menos uma positiva")
    pile = root.get_by_role("group", name="Rotular a resenha da pilha")
    expect(root.locator(".rl-card")).to_have_text(bank[0])
    pile.get_by_text("Positiva").press("Enter")
    expect(root.locator(".rl-score strong")).to_contain_text("de 12")
    expect(root.locator(".rl-card")).to_have_text(bank[1])
    expect(root.locator(".rl-row").nth(2)).to_contain_text("negativa")  # it has seen this very text
    assert root.locator(".rl-given li").count() == 2
    root.locator(".rl-given button").last.click()
    expect(root.locator(".rl-score")).to_contain_text("Falta ao menos uma positiva")
    root.locator("textarea").fill("  ")
    expect(root.locator(".rl-row").nth(0)).to_contain_text("escreva uma resenha")


@pytest.mark.parametrize("size", ["celular", "mesa"])
def test_ways_sizes_and_parts_are_chosen(opened: Callable[..., Locator], size: str) -> None:
    root = opened(ways(), size=size)
    wide(root)
    expect(root.locator(".wc-said li")).to_have_count(3)
    expect(root.locator(".wc-gap")).to_contain_text("Deixe só duas")
    root.get_by_role("button", name="LoRA").press("Enter")
    expect(root.locator(".wc-gap")).to_contain_text(
        "ajuste inteiro menos contar palavras, com 512 rótulos: +10,0 pontos"
    )
    expect(root.locator(".wc-gap")).to_contain_text("acerta mais")
    root.get_by_role("button", name="LoRA").click()
    root.get_by_role("button", name="ajuste inteiro").click()
    expect(root.locator(".wc-gap")).to_contain_text("o intervalo inclui o zero")
    root.get_by_role("slider").press("Home")
    expect(root.locator(".wc-said")).to_contain_text("LoRA: 53\u00a0%")
    root.get_by_role("combobox").select_option(index=1)
    expect(root.locator(".wc-said")).to_contain_text("LoRA: 58\u00a0%")
    root.locator("summary").click()
    expect(root.locator(".wc-examples")).to_contain_text("</script>")
    expect(root.locator(".wc-answer[data-word=acerta]")).to_have_count(1)


@pytest.mark.parametrize("size", ["celular", "mesa"])
def test_a_rank_rebuilds_a_block(opened: Callable[..., Locator], size: str) -> None:
    root = opened(view(), size=size)
    wide(root)
    expect(root.locator(".lv-lead")).to_contain_text("camada 2")  # the one that moved most
    slider = root.get_by_role("slider")
    slider.press("Home")
    expect(root.locator(".lv-said").first).to_contain_text("Rank 0 não guarda nada")
    for _ in range(2):
        slider.press("ArrowRight")
    ink = (
        root.locator(".lv-panels svg")
        .nth(2)
        .evaluate("s => Math.max(...[...s.children].map((r) => +r.getAttribute('fill-opacity')))")
    )
    assert ink < 0.1  # two directions rebuild what was made of two
    expect(root.locator(".lv-said").nth(1)).to_contain_text("rank 1, o modelo ajustado acerta 60 de 100")
    root.locator(".lv-cell").first.click()
    expect(root.locator(".lv-lead")).to_contain_text("consulta (q), camada 1: 40 × 24")


def test_what_was_forgotten_goes_with_the_way(opened: Callable[..., Locator]) -> None:
    root = opened(Forgetting(tuned.LOSSES, tuned.KINDS), size="celular")
    wide(root)
    expect(root.locator(".fg-row")).to_have_count(3)
    expect(root.locator(".fg-row").first).to_contain_text("histórias")
    expect(root.locator(".fg-said")).to_contain_text("subiu em 1 dos 3 tipos, desceu em 1")
    root.get_by_role("button", name="LoRA").press("Enter")
    expect(root.locator(".fg-row")).to_have_count(1)
    expect(root.locator(".fg-row")).to_contain_text("+0,10")
