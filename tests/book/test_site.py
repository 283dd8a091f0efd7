"""The theme and the extension, on a small book: what a page loads, says and folds."""

from __future__ import annotations

import json
from pathlib import Path

import pytest
from bs4 import BeautifulSoup

from book import states
from tests.book.pages import english, foreign_loads, parsed

PAGES = ("chapters/intro.html", "chapters/glossario.html", "chapters/referencias.html", "search.html")


def soup(site: Path, page: str) -> BeautifulSoup:
    return parsed((site / page).read_text("utf-8"))


@pytest.mark.parametrize("page", PAGES)
def test_nothing_foreign_and_nothing_english(page: str, small_site: Path) -> None:
    read = soup(small_site, page)
    assert foreign_loads(read) == []
    assert english(read) == []


@pytest.mark.parametrize("page", PAGES)
def test_every_local_address_exists(page: str, small_site: Path) -> None:
    for tag in soup(small_site, page).find_all(["script", "link", "a", "img"]):
        address = tag.get("src") or tag.get("href") or ""
        path = address.split("?")[0].split("#")[0]
        if path and not address.startswith(("http", "data:", "mailto:")) and "notebooks/" not in path:
            assert (small_site / page).parent.joinpath(path).exists(), address


def test_the_page_frame(small_site: Path) -> None:
    page = soup(small_site, "chapters/intro.html")
    assert page.html["lang"] == "pt-BR"
    assert len(page.find_all("h1")) == 1
    assert page.select_one("#sumario [aria-current=page]").get_text() == "Início"
    assert [p.get_text() for p in page.select("#sumario .caption")] == ["Para consultar"]
    assert page.select_one(".turn .next").get_text(" ", strip=True) == "Próxima Glossário"
    assert "uma busca" in page.find("meta", attrs={"name": "description"})["content"]


def test_sections_stand_below_their_page_in_the_contents(small_site: Path) -> None:
    page = soup(small_site, "chapters/glossario.html")
    assert page.select_one("#sumario .current > a").get_text() == "Glossário"
    assert page.select_one("#sumario .current > a")["aria-current"] == "page"


def test_only_pages_with_widgets_load_their_scripts(small_site: Path) -> None:
    loads = [tag["src"] for tag in soup(small_site, "chapters/intro.html").select("script[src*='llm/']")]
    assert [load.split("_static/llm/")[1].split("?")[0] for load in loads] == [
        "widgets/next-token.js",  # the only kind that the page shows
        "host.js",
    ]
    styles = soup(small_site, "chapters/intro.html").select("link[rel=stylesheet][href*='llm/']")
    assert [tag["href"].split("_static/llm/")[1].split("?")[0] for tag in styles] == [
        "widgets.css",
        "widgets/next-token.css",
    ]
    assert "_static/llm" not in (small_site / "chapters/glossario.html").read_text("utf-8")
    for heavy in ("fontawesome", "bootstrap", "thebe", "mathjax", "require"):
        assert not list(small_site.rglob(f"*{heavy}*"))


def test_code_is_folded_under_its_title_unless_it_asks_not_to(small_site: Path) -> None:
    page = soup(small_site, "chapters/intro.html")
    folds = page.select("details.code-fold")
    assert [fold.select_one(".when-closed").get_text() for fold in folds] == ["Código: o próximo token"]
    shown = [pre for pre in page.select(".cell_input pre") if not pre.find_parent("details")]
    assert ["mostrado" in pre.get_text() for pre in shown] == [True]


def test_solutions_and_dropdowns_are_details_without_scripts(small_site: Path) -> None:
    summaries = [
        s.get_text() for s in soup(small_site, "chapters/intro.html").select("details.admonition > summary")
    ]
    assert summaries == ["O que você vai saber fazer", "Solução do exercício 1 (À mão)"]


def test_formulas_are_mathml(small_site: Path) -> None:
    page = soup(small_site, "chapters/intro.html")
    block = page.select_one(".math-block math")
    assert block.find("mfrac") is not None
    assert block["display"] == "block"
    assert not page.find("script", src=lambda address: address and "math" in address.lower())


def test_the_teachers_block_is_text_not_html(small_site: Path) -> None:
    notes = soup(small_site, "chapters/intro.html").select_one(".teacher")
    assert notes.summary.get_text(" ", strip=True) == "Para quem ensina 30 minutos"
    assert "<pronta>" in notes.get_text()
    assert notes.em.get_text() == "Python"


def test_the_buttons_lead_to_the_notebook(small_site: Path) -> None:
    page = soup(small_site, "chapters/intro.html")
    links = {a.get_text(" ", strip=True): a["href"] for a in page.select(".tools a")}
    config = (Path(__file__).parents[2] / "_config.yml").read_text("utf-8")
    repository = config.split("url: https://github.com/")[1].split()[0]
    assert links == {
        "Abrir no Colab Colab": f"https://colab.research.google.com/github/{repository}/blob/notebooks/intro.ipynb",
        "Baixar notebook Notebook": "../notebooks/intro.ipynb",
    }
    assert not soup(small_site, "chapters/glossario.html").select(".tools")


def test_citations_are_portuguese(small_site: Path) -> None:
    assert "(Vaswani et al., 2017)" in soup(small_site, "chapters/intro.html").get_text()
    listed = soup(small_site, "chapters/referencias.html").select_one("article").get_text()
    assert "Kaiser e Illia Polosukhin. Attention Is All You Need. Em Advances" in listed


def test_search_stems_portuguese(small_site: Path) -> None:
    index = (small_site / "searchindex.js").read_text("utf-8")
    terms = json.loads(index.removeprefix("Search.setIndex(").removesuffix(")"))["terms"]
    assert "distribuiçã" in terms or "distribu" in terms
    assert "para" not in terms  # a stop word of Portuguese
    assert "Resultados da Busca" in (small_site / "_static/translations.js").read_text(
        "utf-8"
    ).encode().decode("unicode_escape", "ignore")


def test_type_is_small_and_ours(small_site: Path) -> None:
    fonts = list((small_site / "_static/fonts").glob("*.woff*"))
    assert len(fonts) == 6
    assert sum(font.stat().st_size for font in fonts) < 220_000
    css = (small_site / "_static/book.css").read_text("utf-8")
    for font in fonts:
        assert f"fonts/{font.name}" in css
    assert "http" not in css


def test_the_root_leads_to_the_course(small_site: Path) -> None:
    page = soup(small_site, "index.html")
    assert page.html["lang"] == "pt-BR"
    assert page.a["href"] == "chapters/intro.html"


def test_a_heavy_state_has_a_file_and_only_while_a_page_names_it(tmp_path: Path) -> None:
    light, heavy = '{"text":"oi"}', json.dumps({"text": "o" * states.HEAVY})
    tag = '<script type="application/json" class="llm-state">{}</script>'
    body = states.apart(tag.format(light) + tag.format(heavy), tmp_path / "states")
    assert tag.format(light) in body
    assert len(body) < 300
    (file,) = (tmp_path / "states").iterdir()
    assert f'data-file="{file.stem}"' in body
    assert file.read_text("utf-8").endswith(f'["{file.stem}"] = {heavy};\n')
    (tmp_path / "page.html").write_text(body, "utf-8")
    states.tidy(tmp_path, tmp_path / "states")
    assert file.exists()
    (tmp_path / "page.html").write_text("<p>vazia</p>", "utf-8")
    states.tidy(tmp_path, tmp_path / "states")
    assert not file.exists()


def test_a_table_stands_in_a_box_that_scrolls(small_site: Path) -> None:
    tables = soup(small_site, "chapters/glossario.html").select("table")
    assert tables
    assert all("table-wrap" in table.parent["class"] for table in tables)
