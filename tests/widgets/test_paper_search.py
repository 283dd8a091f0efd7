"""PaperSearch, QueryDuel and RankFusion: what they take, and what a reader does with them."""

from __future__ import annotations

import re
from collections.abc import Callable

import pytest
from playwright.sync_api import Locator, expect

from llmlib.scratch.ranking_metrics import ndcg
from llmlib.widgets import PaperSearch, QueryDuel, RankFusion
from llmlib.widgets import fallback as html
from llmlib.widgets.rank_fusion import packed, two
from tests.widgets import papers
from tests.widgets.samples import SAMPLES

MEASURED = papers.measured()


def test_paper_search_refuses_what_it_cannot_open() -> None:
    with pytest.raises(ValueError, match="ao menos um exemplo"):
        PaperSearch(papers.DOCUMENTS, papers.VOCABULARY, [])
    with pytest.raises(ValueError, match="Não conheço a busca “magia”"):
        PaperSearch(papers.DOCUMENTS, papers.VOCABULARY, papers.EXAMPLES, ways=["magia"])
    with pytest.raises(ValueError, match="O exemplo “soneca\\[descritor\\]” não é uma busca"):
        PaperSearch(papers.DOCUMENTS, papers.VOCABULARY, papers.EXAMPLES[2:])


def test_the_still_figures_say_the_numbers() -> None:
    made = PaperSearch(papers.DOCUMENTS, papers.VOCABULARY, papers.EXAMPLES)
    grades = papers.GRADES["b01"]
    by_words = html.decimal(ndcg(["p0", "p3", "p1"], grades, 10), 2)
    assert (
        f"a booleana guarda 1 de 5 resumos. nDCG@10: booleana, {html.decimal(ndcg(['p0'], grades, 10), 2)}"
        in made.summary()
    )
    assert f"BM25, {by_words}" in made.summary()
    assert "</script>" not in made.fallback()
    duel = QueryDuel(MEASURED, papers.GRADES, papers.DOCUMENTS, papers.QUERIES)
    assert duel.summary() == (
        "Em 4 buscas (pergunta leiga), bm25 tem nDCG@10 maior que vetores em 3, menor em 0 e igual em 1."
    )
    fusion = RankFusion(MEASURED, papers.GRADES, papers.IDS)
    assert fusion.fallback().count("<tr><th scope='row'>") == 3  # the lists that were measured, of five


def test_fusion_and_duel_refuse_what_was_not_measured() -> None:
    with pytest.raises(ValueError, match="ao menos duas listas"):
        RankFusion(MEASURED, papers.GRADES, papers.IDS, ways=["bm25", "upr"])
    with pytest.raises(ValueError, match="Não há buscas do tipo “vocal”"):
        RankFusion(MEASURED, papers.GRADES, papers.IDS, form="vocal")
    with pytest.raises(ValueError, match="“upr” não foi medida"):
        QueryDuel(MEASURED, papers.GRADES, papers.DOCUMENTS, papers.QUERIES, pair=("bm25", "upr"))
    assert packed([0, 35, 36, 339]) == "000z109f"
    with pytest.raises(ValueError, match="lugares de 0 a"):
        two(1296)


@pytest.mark.parametrize("size", ["celular", "mesa"])
def test_a_search_is_read_as_it_is_typed(size: str, opened: Callable[..., Locator]) -> None:
    root = opened(
        SAMPLES["paper-search"](), "disco" if size == "mesa" else "http", size=size, collections=["ciencia"]
    )
    tree, wrong, booleana = (
        root.locator(".ps-tree"),
        root.locator(".ps-wrong"),
        root.locator(".ps-score").first,
    )
    expect(booleana).to_contain_text("1 de 5")
    field = root.locator("textarea[name=text]")
    field.fill("soneca OU mel NÃO 2020[ano]")
    expect(tree.locator(".ps-op").first).to_have_text("NÃO")  # from left to right: the last one is outermost
    expect(booleana).to_have_text("1 de 5")
    expect(root.locator(".ps-read")).to_have_text("Lida como: ((soneca OR mel) NOT 2020:2020[ano])")
    root.get_by_label("o vocabulário conhece termos leigos").check()
    expect(booleana).to_have_text("3 de 5")  # soneca leads to Cochilo
    field.fill("(soneca E")
    expect(wrong).to_contain_text("Falta um termo depois de E.")
    expect(wrong.locator("mark")).to_have_text("E")
    expect(booleana).to_have_text("não foi lida")
    expect(field).to_have_attribute("aria-invalid", "true")
    field.fill("Sono[descritor]")
    expect(tree).to_contain_text("descritor Sono e os 2 abaixo dele")
    expect(tree.locator(".ps-count").first).to_have_text("2 resumos")
    expect(wrong).to_be_empty()
    root.locator(".ps-column").first.locator(".ps-hit").first.click()
    expect(root.locator(".ps-detail")).to_contain_text("Ensaio, 2018. Descritores: Ruído, Cochilo.")
    expect(root.locator(".ps-detail mark").first).to_have_text(re.compile("sono", re.IGNORECASE))
    if size == "celular":
        expect(root.locator(".ps-column:visible")).to_have_count(1)
        root.get_by_role("radio", name="vetores").check()
        expect(root.locator(".ps-column:visible .ps-name")).to_have_text("vetores")
    assert root.page.evaluate("document.documentElement.scrollWidth - innerWidth") <= 0


def test_other_ways_ask_the_collection_that_comes_with_the_page(opened: Callable[..., Locator]) -> None:
    root = opened(SAMPLES["paper-search"](), collections=["ciencia"])
    expect(root.locator(".ps-column").nth(1)).to_contain_text(
        html.decimal(ndcg(["p0", "p3", "p1"], papers.GRADES["b01"], 10), 2)
    )
    root.get_by_role("button", name="E", exact=True).click()  # a sign put where the caret stands
    expect(root.locator("textarea[name=text]")).to_have_value(re.compile(" AND $"))
    expect(root.locator(".ps-wrong")).to_contain_text("Falta um termo depois de AND.")


def test_the_reader_walks_from_one_side_to_the_other(opened: Callable[..., Locator]) -> None:
    root = opened(SAMPLES["query-duel"]())
    expect(root.locator(".qd-said")).to_contain_text("▲ vence em 3, ▼ em 0, empate em 1")
    expect(root.locator(".qd-bar")).to_have_count(4)
    first = root.locator(".qd-text").inner_text()
    root.locator("input[name=search]").focus()
    root.page.keyboard.press("End")
    expect(root.locator("output")).to_have_text("4 de 4")
    expect(root.locator(".qd-text")).not_to_have_text(first)
    root.locator(".qd-b select").select_option("mapeada leiga")
    root.locator(".qd-hit").nth(0).click(force=True)
    expect(root.locator(".qd-why")).to_contain_text("A busca mapeada leiga não trouxe nada")
    expect(root.locator(".qd-why")).to_contain_text("A busca exige mais do que o assunto: idoso.")
    root.locator(".qd-a select").select_option("mapeada leiga")
    expect(root.locator(".qd-said")).to_contain_text("É a mesma busca dos dois lados")


def test_weights_move_the_fusion_and_looks_are_counted(opened: Callable[..., Locator]) -> None:
    root = opened(SAMPLES["rank-fusion"](), size="celular")
    said = root.locator(".rf-said")
    alone = (
        ndcg(["p0", "p3", "p1"], papers.GRADES["b01"], 10) + 1
    ) / 2  # BM25 on the two searches of “ajuste”
    root.locator("input[name=w2]").fill("0")  # the vectors out: BM25 alone
    expect(said).to_contain_text(f"Sua fusão: {html.decimal(alone, 2)}")
    expect(said).to_contain_text("em 2 buscas de ajuste")
    root.get_by_role("button", name="Conferir no teste").click()
    expect(root.locator(".rf-log tbody tr")).to_have_count(1)
    expect(root.locator(".rf-picture rect")).to_have_count(1)
    root.get_by_role("button", name="Achar os melhores pesos").click()
    expect(said).to_contain_text("Sua fusão: 1,00")  # p0, p2, p3 in order, and p4 first
    for i in range(3):
        root.locator(f"input[name=w{i}]").fill("0")
    expect(said).to_contain_text("suba ao menos um")
    expect(root.get_by_role("button", name="Conferir no teste")).to_be_disabled()
    assert root.page.evaluate("document.documentElement.scrollWidth - innerWidth") <= 0
