"""Figures of word vectors: the page's products and pieces are Python's, and each figure can be used."""

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
from llmlib import widgets
from llmlib.scratch import subwords
from llmlib.scratch import vectors as space
from llmlib.widgets import EmbeddingMap, SubwordLab, WordDimensions, WordTrainer, assets
from llmlib.widgets.embedding_map import squeezed
from tests.widgets.samples import SAMPLES
from tests.widgets.worded import ANIMALS, GROUPS, TEXT, WORDS, vectors, views

HERE = Path(widgets.__file__).parent
N = {word: i for i, word in enumerate(WORDS)}


def in_node(expression: str) -> object:
    script = "".join(
        (HERE / f"{name}.js").read_text("utf-8") for name in ("embedding_map.space", "subword_lab.pieces")
    )
    made = f"const space = wordSpace({json.dumps(WORDS)}, {json.dumps(squeezed(vectors()))});\n"
    script += made + f"process.stdout.write(JSON.stringify({expression}));"
    done = subprocess.run([frontend.node()[0], "-"], input=script, capture_output=True, text=True, check=True)
    return json.loads(done.stdout)


def test_the_page_multiplies_as_python_does() -> None:
    table = vectors()
    pairs = [(N["ele"], N["ela"]), (N["menino"], N["menina"])]
    a, b, c = N["ele"], N["ela"], N["padeiro"]
    near, one, other, along = in_node(
        f"[space.neighbours({N['gato']}, 5), space.analogy({a}, {b}, {c}, 4), "
        f"space.analogy({a}, {b}, {c}, 4, true), [...space.along(space.axis({json.dumps(pairs)}))]]"
    )
    expected = [
        space.nearest(table, table[N["gato"]], 5, (N["gato"],)),
        space.analogy(table, a, b, c, 4),
        space.analogy(table, a, b, c, 4, repeat=True),
    ]
    for ours, theirs in zip((near, one, other), expected, strict=True):
        assert [i for i, _ in ours] == [i for i, _ in theirs]
        assert np.allclose([x for _, x in ours], [x for _, x in theirs], atol=0.01)
    assert np.allclose(along, space.along(table, space.axis(table, pairs)), atol=0.01)


def test_the_page_cuts_and_hashes_as_python_does() -> None:
    words = ["gato", "pé", "ação", "água-viva", "a", "🐱o", ""]
    found = in_node(f"{json.dumps(words)}.map((w) => pieceRuns(w).map((r) => [r, pieceRow(r, 4096)]))")
    assert found == [[[run, subwords.row(run, 4096)] for run in subwords.runs(word)] for word in words]
    table = np.rint(vectors(5) * 20)
    ours = in_node(f"[...pieceTable({json.dumps(squeezed_table(table))})('gatinho').vector]")
    assert np.allclose(ours, subwords.composed("gatinho", table), atol=1e-9)


def squeezed_table(table: np.ndarray) -> dict:
    from llmlib.widgets.embedding_map import base64_of

    return {"shape": list(table.shape), "data": base64_of(table.astype(np.int8))}


@pytest.mark.parametrize("name", ["embedding-map", "word-trainer", "subword-lab", "word-dimensions"])
def test_still_figures_say_something_and_escape_it(name: str) -> None:
    widget = SAMPLES[name]()
    html = widget.html()
    assert len(widget.summary()) > 40
    assert "<b>" not in html
    assert html.count("</script>") == 1
    assert "<table>" in html


@pytest.mark.parametrize("mode", ["vizinhos", "analogia", "eixo"])
def test_the_still_map_has_the_message_of_its_part(mode: str) -> None:
    widget = EmbeddingMap(
        WORDS, vectors(), views(), analogy=("ele", "ela", "padeiro"), pairs=[("ele", "ela")], mode=mode
    )
    words = {
        "vizinhos": "parecido",
        "analogia": "assim como “padeiro” está para “",
        "eixo": "No eixo de “ele” a “ela”",
    }
    assert words[mode] in widget.summary()


@pytest.mark.parametrize(
    ("make", "words"),
    [
        (lambda: EmbeddingMap(WORDS, vectors()[:-1], views()), "um vetor cada uma"),
        (lambda: EmbeddingMap(WORDS, vectors() * np.nan, views()), "não são números"),
        (lambda: EmbeddingMap(["a", "a", "b"], np.eye(3), {"x": np.eye(3)[:, :2]}), "repetidas"),
        (lambda: EmbeddingMap(WORDS, vectors(), {"x": vectors()}), "views precisa"),
        (lambda: EmbeddingMap(WORDS, vectors(), views(), word="xis"), "“xis” não está entre"),
        (lambda: EmbeddingMap(WORDS, vectors(), views(), mode="voo"), "mode é um de"),
        (lambda: SubwordLab(WORDS, vectors(5), vectors(4), "gato"), "5 números por linha"),
        (lambda: WordDimensions(WORDS, vectors(), GROUPS, "gato", at=8), "vão de 1 a 7"),
        (lambda: WordTrainer({}, ["gato"]), "de 1 a 7 grupos"),
        (lambda: WordTrainer(GROUPS, []), "de 1 a 3 palavras"),
        (lambda: WordTrainer(GROUPS, ["gato"], text="curto demais"), "O texto tem 2 palavras"),
    ],
)
def test_what_cannot_be_drawn_is_refused(make: Callable[[], object], words: str) -> None:
    with pytest.raises(ValueError, match=words):
        make()


@pytest.mark.parametrize(("host", "size"), [("http", "mesa"), ("disco", "celular")])
def test_the_map_is_searched_walked_and_summed(host: str, size: str, opened: Callable[..., Locator]) -> None:
    root = opened(SAMPLES["embedding-map"](), host, size=size)
    page, field, said = root.page, root.get_by_label("Procurar uma palavra"), root.locator(".em-said")
    bars = root.locator(".llm-bar-token")
    expect(said).to_contain_text("vizinhos de “gato”")
    assert bars.first.inner_text() in ANIMALS
    field.fill("Padeira")
    expect(said).to_contain_text("“padeira”")
    field.fill("padx")
    expect(root.locator(".em-hint")).to_contain_text(
        "“padx” não está entre as 17 palavras do mapa. Estão: padeiro"
    )
    field.fill("gato")

    plane = root.locator(".em-map")
    plane.focus()
    page.keyboard.press("ArrowRight")
    expect(said).not_to_contain_text("“gato”")
    drawn = root.locator(".em-names")
    before = drawn.inner_html()
    page.keyboard.press("+")
    page.keyboard.press("Shift+ArrowLeft")
    expect(drawn).not_to_have_text("")
    assert page.wait_for_function("([n, b]) => n.innerHTML !== b", arg=[drawn.element_handle(), before])
    page.keyboard.press("0")

    root.get_by_role("button", name="Analogia").click()
    result = space.analogy(vectors(), N["ele"], N["ela"], N["padeiro"], 1)[0][0]
    expect(said).to_contain_text(f"“padeiro” está para “{WORDS[result]}”")
    expect(root.locator(".em-arrow")).to_have_count(2)
    root.get_by_label("aceitar de volta uma das três").check()
    root.get_by_role("button", name="Eixo").click()
    expect(root.locator(".em-guide")).to_have_count(1)
    expect(said).to_contain_text("“brumista” em −" if "−" in said.inner_text() else "“brumista” em -")
    root.get_by_label("Outro lado do eixo").fill("manga")
    expect(root.locator(".em-end").last).to_contain_text("manga")
    root.get_by_label("Como pôr no plano").select_option("1")
    expect(root.locator(".em-guide")).to_have_count(0)
    group = root.get_by_role("button", name="gente <b>")
    group.click()
    expect(group).to_have_attribute("aria-pressed", "true")
    assert page.evaluate("document.documentElement.scrollWidth - innerWidth") <= 0


def test_two_thousand_words_are_moved_smoothly(opened: Callable[..., Locator]) -> None:
    table = np.random.default_rng(0).normal(size=(2000, 12))
    root = opened(EmbeddingMap([f"palavra{i}" for i in range(2000)], table, {"plano": table[:, :2]}))
    box = root.locator(".em-map").bounding_box()
    at = (box["x"] + 300, box["y"] + 200)
    root.page.mouse.move(*at)
    root.page.mouse.down()
    root.page.mouse.move(at[0] + 60, at[1] + 40, steps=5)
    root.page.mouse.up()
    nodes = root.locator(".em-picture *").count()
    assert nodes < 200  # dots are a few paths, whatever their number: that is what makes it smooth
    expect(root.locator(".em-said")).to_contain_text("“palavra0”")  # a drag chooses nothing


def test_pieces_of_typed_words(opened: Callable[..., Locator]) -> None:
    root = opened(SAMPLES["subword-lab"]())
    text, told = root.locator("textarea"), root.locator(".sl-told")
    expect(told).to_contain_text("“gatinho” não está entre as 17 conhecidas")
    assert root.locator(".sl-chips li").all_inner_texts() == subwords.runs("gatinho")
    near = space.nearest(vectors(5), subwords.composed("gatinho", vectors(5)[::-1]), 1)[0][0]
    assert root.locator(".llm-bar-token").first.inner_text().startswith(WORDS[near][:5])
    text.fill("GATO")
    expect(root.locator(".sl-whole")).to_contain_text("linha própria")
    text.fill("12 !!")
    expect(told).to_contain_text("não tem letras")
    text.fill("<img src=x> " + "a" * 90)
    expect(told).to_contain_text("Só a primeira palavra conta")
    assert root.locator("img").count() == 0


def test_a_turn_changes_every_number_and_no_neighbour(opened: Callable[..., Locator]) -> None:
    root = opened(SAMPLES["word-dimensions"](), size="celular")
    near, ends = root.locator(".wd-near"), root.locator(".wd-end").first
    before = near.inner_text(), ends.inner_text()
    assert SAMPLES["word-dimensions"]().ends(2)[0][0] in before[1]
    root.get_by_role("button", name="Girar tudo").click()
    expect(root.locator(".em-said")).to_contain_text("Depois de 1 giro")
    assert near.inner_text() == before[0]
    assert ends.inner_text() != before[1]
    root.get_by_role("button", name="Desfazer").click()
    assert ends.inner_text() == before[1]
    root.get_by_label("Qual dos 7 números").fill("5")
    expect(root.locator("output")).to_have_text("5 de 7")
    assert root.page.evaluate("document.documentElement.scrollWidth - innerWidth") <= 0


def engine(folder: Path) -> None:
    """Puts the real engine where the fake one was."""
    (folder / "engine.js").write_text(assets()["engine.js"], "utf-8")


@pytest.mark.parametrize(("host", "size"), [("http", "mesa"), ("disco", "celular")])
def test_vectors_are_trained_in_the_page_as_they_were_recorded(
    host: str, size: str, opened: Callable[..., Locator]
) -> None:
    widget = SAMPLES["word-trainer"]()
    root = opened(widget, host, spoil=engine, size=size)
    said, lists = root.locator(".em-said"), root.locator(".wt-near").first
    expect(said).to_contain_text("100 % do treino")
    recorded = lists.locator("li > span:first-of-type").all_inner_texts()
    root.get_by_role("button", name="Treinar").click()
    expect(root.get_by_role("button", name="Recomeçar")).to_be_visible()
    expect(root).to_have_attribute("data-state", "live")
    assert lists.locator("li > span:first-of-type").all_inner_texts()[:3] == recorded[:3]
    root.get_by_label("Palavras a seguir, até três").fill("sapo, xis")
    root.page.keyboard.press("Enter")
    expect(root.locator(".wt-lists")).to_contain_text("Perto de “sapo”")
    expect(root.locator(".wt-lists")).to_contain_text("não tem esta palavra")

    root.locator("summary").click()
    root.locator("select[name=source]").select_option("seu")
    root.get_by_label("Seu texto").fill("poucas palavras")
    root.get_by_role("button", name=re.compile("Treinar|Recomeçar")).first.click()
    expect(root.get_by_role("alert")).to_contain_text("O texto tem 2 palavras")
    assert root.page.evaluate("document.documentElement.scrollWidth - innerWidth") <= 0


def test_the_prose_of_the_site_is_the_text_that_python_trains_on() -> None:
    from llmlib.widgets.word_trainer import prose

    script = assets(engine="")["texts/prosa.js"]
    assert json.loads(script[script.index("=", script.index("]")) + 1 :].rstrip().rstrip(";")) == prose()
    assert len(prose()) > 500_000
    assert (
        WordTrainer({"a": ["gato"]}, ["gato"], record={"start": None, "moments": [], "shown": []}).text == ""
    )
    assert TEXT.count("\n\n") == 47
