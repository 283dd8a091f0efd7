"""The figures of sentence vectors: the page counts as the library does; a reader uses each of six tools."""

from __future__ import annotations

import json
import re
import subprocess
from collections.abc import Callable
from pathlib import Path

import numpy as np
import pytest
from playwright.sync_api import Locator, expect

from book import frontend
from llmlib.scratch import retrieval
from llmlib.scratch import sentence_uses as uses
from llmlib.scratch import sentence_vectors as sv
from llmlib.widgets import ContrastSteps, Similarity, TextUses
from llmlib.widgets.base import HERE, engine_parts
from llmlib.widgets.contrast_steps import moment
from llmlib.widgets.text_uses import MODES
from llmlib.widgets.vectors import pack, unpack
from tests.widgets.page import write_page
from tests.widgets.seen import fits
from tests.widgets.sentences import LABELS, TEXTS, FakeEmbedder, moments, tool
from tests.widgets.test_access import AXE, RULES

rng = np.random.default_rng(12)
X = unpack(pack(rng.normal(size=(19, 7))))  # as the page reads them


# ---- data


def test_packed_vectors_keep_their_cosines() -> None:
    vectors = rng.normal(size=(30, 192)) * rng.uniform(0.01, 9, (30, 1))
    assert np.abs(sv.cosines(unpack(pack(vectors)), vectors).diagonal() - 1).max() < 5e-4
    assert unpack(pack(np.zeros((2, 3)))).tolist() == [[0, 0, 0]] * 2
    with pytest.raises(ValueError, match="duas dimensões"):
        pack(np.zeros(4))
    with pytest.raises(ValueError, match="não é número"):
        pack(np.array([[1.0, np.nan]]))


@pytest.mark.parametrize(
    ("make", "says"),
    [
        (lambda: TextUses(**(tool("search") | {"mode": "magia"})), "magia"),
        (lambda: TextUses(**tool("search", sources=[])), "ao menos um modelo"),
        (lambda: TextUses(**tool("search", texts=TEXTS[:1], right={})), "dois textos"),
        (lambda: TextUses(**tool("search", right={"x": 99})), "lugar 99"),
        (lambda: TextUses(**tool("recommend", labels=LABELS[:3])), "3 rótulos"),
        (lambda: TextUses(**tool("classify", test=(TEXTS[:2], LABELS[:1]))), "prova"),
        (lambda: TextUses(**tool("anomaly", labels=[""] * 8)), "intruso"),
        (lambda: TextUses(**tool("diversity", lists={"a": []})), "vazia"),
        (lambda: Similarity([FakeEmbedder()], TEXTS[:1]), "de 2 a 8"),
        (lambda: Similarity([FakeEmbedder()], TEXTS[:3], {"x": TEXTS * 2}), "vieram 16"),
        (lambda: ContrastSteps(moments()[:1]), "dois momentos"),
        (lambda: ContrastSteps(moments(), start=3), "0 a 2"),
        (lambda: moment("um", X[:4], X[:5]), "cada busca"),
    ],
)
def test_wrong_arguments_are_refused(make: Callable, says: str) -> None:
    with pytest.raises(ValueError, match=says):
        make()


def test_without_javascript_there_are_tables() -> None:
    every = [TextUses(**tool(mode)) for mode in MODES]
    for widget in (*every, Similarity([FakeEmbedder()], TEXTS[:4]), ContrastSteps(moments())):
        assert "<table>" in widget.fallback()
        assert "<b>" not in widget.fallback()
        assert widget.summary().endswith(".")
        assert widget.html().count("</script>") == 1


def test_a_kernel_answers_for_the_model_that_is_named() -> None:
    widget = Similarity([FakeEmbedder(), FakeEmbedder("mini-base")], TEXTS[:3])
    answer = widget._compute("embed", {"texts": ["Falta água"], "model": "mini-base"})
    np.testing.assert_allclose(answer["vectors"], FakeEmbedder("mini-base")(["Falta água"])[0])


def test_a_moment_counts_what_the_library_measures() -> None:
    _, a, b = moments()[2]
    found = moment("depois", a, b)
    assert found["alignment"] == pytest.approx(sv.alignment(a, b))
    assert found["hits"] == 12
    assert sum(found["same"]) == pytest.approx(1, abs=1e-3)
    assert sum(found["other"]) == pytest.approx(1, abs=4e-3)


# ---- the twins in JavaScript


def in_node(expression: str, **values: object) -> object:
    script = engine_parts("// uses engine: search\n// uses engine: sampling\n")
    script += (HERE / "text_uses.math.js").read_text("utf-8")
    script += "".join(f"const {name} = {json.dumps(value)};\n" for name, value in values.items())
    script += f"process.stdout.write(JSON.stringify({expression}));"
    done = subprocess.run([frontend.node()[0], "-"], input=script, capture_output=True, text=True, check=True)
    return json.loads(done.stdout)


def test_the_page_counts_as_the_library_does() -> None:
    labels = [f"c{i % 3}" for i in range(len(X))]
    found = in_node(
        """(() => { const X = tuUnpack(packed), q = X[0], rest = X.slice(1), L = labels.slice(1); return {
        rows: X.map((v) => [...v]), vote: tuVote(rest, L, q, 5), strange: tuStrangeness(rest, q, 4),
        own: tuStrangeness(X, q, 4, 0), vendi: tuVendi(X), copies: tuVendi([q, q, q]),
        diverse: [0, 0.4, 1].map((v) => tuDiverse(rest, q, 6, v)),
        clusters: [1, 4, 9].map((k) => tuClusters(X, k, 3).group),
        profile: [...tuProfile([X[1], X[2]], [X[3]])], away: [...tuProfile([], [X[3]])],
        agreement: tuAgreement(labels, labels.map((l, i) => (i % 4 ? l : "z"))),
        same: tuAgreement(labels, labels) };
        })()""",
        packed=pack(X),
        labels=labels,
    )
    from sklearn.metrics import adjusted_rand_score

    q, rest = X[0], X[1:]
    np.testing.assert_allclose(found["rows"], X, atol=1e-6)
    vote = uses.vote(rest, labels[1:], q, 5)
    assert dict(map(tuple, found["vote"])) == pytest.approx(vote, abs=1e-5)
    assert found["strange"] == pytest.approx(uses.strangeness(rest, q[None], 4)[0], abs=1e-5)
    assert found["own"] == pytest.approx(uses.strangeness(X, X, 4, own=True)[0], abs=1e-5)
    assert found["vendi"] == pytest.approx(uses.vendi(X), rel=1e-4)
    assert found["copies"] == pytest.approx(1, abs=1e-4)
    assert found["diverse"] == [uses.diverse(rest, q, 6, v) for v in (0, 0.4, 1)]
    assert found["clusters"] == [uses.clusters(X, k, 3).tolist() for k in (1, 4, 9)]
    np.testing.assert_allclose(found["profile"], uses.profile(X[1:3], X[3:4]), atol=1e-6)
    np.testing.assert_allclose(found["away"], uses.profile(X[:0], X[3:4]), atol=1e-6)
    other = [label if i % 4 else "z" for i, label in enumerate(labels)]
    assert found["agreement"] == pytest.approx(adjusted_rand_score(labels, other))
    assert found["same"] == 1


def test_the_pages_count_of_words_is_scikit_learns() -> None:
    from sklearn.feature_extraction.text import TfidfVectorizer

    theirs = TfidfVectorizer(analyzer=retrieval.words, sublinear_tf=True).fit(TEXTS)
    asked = [*TEXTS, "Água, água! E a rua?", "constructor", ""]
    found = in_node(
        """(() => { const count = tuWords(texts);
        return asked.map((text) => count.vectors.map((v) => tuDot(v, count.encode(text)))); })()""",
        texts=TEXTS,
        asked=asked,
    )
    expected = (theirs.transform(asked) @ theirs.transform(TEXTS).T).toarray()
    np.testing.assert_allclose(found, expected, atol=1e-6)


# ---- in the browser, with the model that the page has


@pytest.fixture(scope="module")
def mini() -> Callable:
    from llmlib.retrieval import embedder

    return embedder("mini-embed", "cpu")


@pytest.mark.parametrize(("host", "size"), [("http", "celular"), ("disco", "mesa")])
def test_a_typed_sentence_is_compared(
    opened: Callable[..., Locator], mini: Callable, host: str, size: str
) -> None:
    root = opened(
        Similarity([mini], TEXTS[:4], {"duas": TEXTS[4:6]}), host=host, size=size, real="mini-embed"
    )
    fits(root)
    cells = root.locator("button.sim-cell")
    expect(cells).to_have_count(6)
    expect(root).to_have_attribute("data-state", "recorded")
    root.get_by_role("textbox", name="Frase 2").fill("A torneira está seca.")
    expect(root.get_by_role("button", name="Frases 1 e 2: 1,00")).to_be_visible()
    expect(root).to_have_attribute("data-state", "recorded")  # that sentence was recorded: nobody was asked
    text = "Aqui não chega água </script>."
    root.get_by_role("textbox", name="Frase 2").fill(text)
    expect(root).to_have_attribute("data-state", "live")
    expect(root.locator("button.sim-cell").first).not_to_have_text("1,00")
    vectors = mini([TEXTS[0], text])
    expect(root.locator(".sim-said")).to_contain_text("Frases 1 e 2")
    shown = root.locator("button.sim-cell").first.text_content().replace("−", "-").replace(",", ".")
    assert float(shown) == pytest.approx(float(vectors[0] @ vectors[1]), abs=0.03)  # int8 in the page
    root.get_by_role("radio", name="contar palavras").check()
    expect(root.locator(".sim-said")).to_contain_text("contar palavras")
    root.locator("button.sim-cell").first.focus()
    root.page.keyboard.press("ArrowRight")
    expect(root.locator("button.sim-now")).to_have_count(1)
    root.get_by_role("button", name="Tirar a frase 4").click()
    expect(root.locator("button.sim-cell")).to_have_count(3)
    root.get_by_role("button", name="+ mais uma frase").click()
    expect(root.get_by_role("textbox", name="Frase 4")).to_be_focused()
    root.get_by_role("radio", name="mini-embed").check()
    expect(root.locator("button.sim-cell").last).to_have_text(
        "–"
    )  # an empty sentence is compared with nothing
    root.get_by_role("button", name="duas").click()
    expect(root.locator("button.sim-cell")).to_have_count(1)


def test_each_tool_is_used(served: str, visit: Callable, tmp_path: Path, mini: Callable, axe: str) -> None:
    write_page(tmp_path, [TextUses(**tool(mode, sources=[mini])) for mode in MODES], real="mini-embed")
    view = visit(f"{served}/index.html").page
    inside = (view.locator(f'[data-mode="{mode}"]') for mode in MODES)
    search, recommend, classify, cluster, anomaly, diversity = (
        view.locator(".llm-widget").filter(has=each) for each in inside
    )

    expect(search.locator(".tu-column").last).to_contain_text("✓ é esta")
    expect(search.locator(".tu-verdict")).to_contain_text("em 1º lugar para contar palavras")
    search.locator("textarea").fill("Cadê o ônibus?")
    expect(search).to_have_attribute("data-state", "live")
    expect(search.locator(".tu-verdict")).to_have_text("")
    assert search.locator("u.tu-same").first.text_content().lower() == "ônibus"
    search.locator("textarea").fill(" ")
    expect(search.locator(".tu-column").first).to_contain_text("Escreva uma pergunta.")

    before = recommend.locator(".tu-cards li").count()
    recommend.get_by_role("button", name="Não gostei").first.click()
    expect(recommend.locator(".tu-shelf li")).to_have_count(2)
    assert before == 6
    recommend.locator(".tu-shelf button").first.press("Enter")
    recommend.locator(".tu-shelf button").first.press("Enter")
    expect(recommend.locator(".tu-verdict")).to_contain_text("Diga de que você gosta")
    recommend.locator("textarea").fill("água")
    expect(recommend.locator(".tu-cards li")).to_have_count(6)

    expect(classify.locator(".tu-verdict strong")).to_have_text(re.compile(r"^\d de 5$"))
    classify.get_by_role("slider").press("Home")
    expect(classify.get_by_label("Vizinhos que votaram").locator("li")).to_have_count(1)
    classify.get_by_role("radio", name="contar palavras").check()
    classify.locator("textarea").fill("ônibus")
    expect(classify.locator(".tu-bars")).to_contain_text("100")

    expect(cluster.locator(".tu-group")).to_have_count(2)
    cluster.get_by_role("slider").press("ArrowRight")
    expect(cluster.locator(".tu-group")).to_have_count(3)
    cluster.get_by_label("mostrar os tipos").check()
    expect(cluster.locator(".tu-verdict")).to_contain_text("Acordo dos grupos com os tipos")
    expect(cluster.locator(".tu-square")).to_have_count(8)
    cluster.locator("textarea").fill("O ônibus atrasou")
    expect(cluster.locator(".tu-mine")).to_have_count(1)

    anomaly.get_by_label("mostrar os intrusos").check()
    expect(anomaly.locator(".tu-verdict")).to_contain_text("dos 2 intrusos")
    expect(anomaly.locator(".tu-dot")).to_have_count(5)
    anomaly.locator("textarea").fill("ACGT")
    expect(anomaly.locator(".tu-verdict")).to_contain_text("O seu texto é mais estranho que")

    expect(diversity.locator(".tu-verdict")).to_contain_text("valem por 1,0 diferentes")
    diversity.locator("textarea").fill("A torneira está seca.\n\nO gato dormiu.")
    expect(diversity.locator(".tu-verdict")).to_contain_text(re.compile(r"estes 2 textos valem por [12],\d"))
    expect(diversity.locator(".tu-adds li")).to_have_count(2)
    diversity.locator("textarea").fill("")
    expect(diversity.locator(".tu-verdict")).to_have_text("Escreva um texto por linha.")
    view.add_script_tag(content=axe)
    for width, theme in ((360, "light"), (1280, "dark")):
        view.set_viewport_size({"width": width, "height": 800})
        view.evaluate("theme => { document.documentElement.dataset.theme = theme; }", theme)
        assert view.evaluate("document.documentElement.scrollWidth") <= width
        found = view.evaluate(AXE, RULES)["violations"]
        assert [(v["id"], [n["html"][:120] for n in v["nodes"]]) for v in found] == [], theme


def test_the_training_is_walked_step_by_step(opened: Callable[..., Locator]) -> None:
    root = opened(ContrastSteps(moments()), size="celular")
    fits(root)
    first = root.locator(".tu-verdict").text_content()
    root.get_by_role("slider").press("End")
    expect(root.locator(".tu-verdict")).to_contain_text("depois: o texto certo é o mais próximo em 12 de 12")
    assert first.startswith("antes")
    expect(root.locator("circle.cs-now")).to_have_count(1)
    assert root.get_by_role("slider").get_attribute("aria-valuetext") == "depois"


@pytest.mark.alone
def test_a_typed_sentence_is_answered_in_a_tenth_of_a_second(
    opened: Callable[..., Locator], mini: Callable
) -> None:
    root = opened(Similarity([mini], TEXTS[:5]), real="mini-embed")
    field = root.get_by_role("textbox", name="Frase 1")
    field.fill("Para acordar o modelo.")
    expect(root).to_have_attribute("data-state", "live")
    took = root.evaluate(
        """async (root) => {
        const times = [], field = root.querySelector("input");
        const cell = () => root.querySelector("button.sim-cell");
        for (let i = 0; i < 15; i++) { const before = cell(), begin = performance.now();
          field.value = `Não sai água da torneira desde ontem, e já é a vez número ${i}.`;
          field.dispatchEvent(new Event("input", { bubbles: true }));
          while (cell() === before) await new Promise((go) => setTimeout(go, 1));
          times.push(performance.now() - begin); }
        return times.sort((a, b) => a - b)[7]; }"""
    )
    assert took < 100  # with the wait of 50 ms for the next key
