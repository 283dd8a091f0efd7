"""The clean notebook of a page: its setup cell, its ids, its references, and nothing of MyST left in it."""

from __future__ import annotations

import ast
import re
from pathlib import Path

import nbformat
import pytest
import yaml
from myst_nb.core.read import read_myst_markdown_notebook

from book import execute, myst, notebooks

ROOT = Path(__file__).parents[2]


@pytest.fixture
def notebook(small_book: Path) -> nbformat.NotebookNode:
    titles = {"glossario": "Glossário"}
    return notebooks.convert(small_book / "chapters/intro.md", titles, notebooks._entries())


def texts(notebook: nbformat.NotebookNode) -> str:
    return "\n\n".join(cell.source for cell in notebook.cells if cell.cell_type == "markdown")


def test_it_is_valid_clean_and_stable(notebook: nbformat.NotebookNode, small_book: Path) -> None:
    nbformat.validate(notebook)
    assert notebook.metadata.kernelspec.name == "python3"
    assert set(notebook.metadata) == {"kernelspec", "language_info"}
    assert all(cell.get("outputs", []) == [] for cell in notebook.cells)
    ids = [cell.id for cell in notebook.cells]
    assert len(set(ids)) == len(ids)
    again = notebooks.convert(
        small_book / "chapters/intro.md", {"glossario": "Glossário"}, notebooks._entries()
    )
    assert nbformat.writes(again) == nbformat.writes(notebook)


def test_setup_comes_first_and_leaves_colabs_torch_alone(notebook: nbformat.NotebookNode) -> None:
    setup = notebook.cells[0]
    assert setup.cell_type == "code"
    ast.parse(setup.source)
    url = yaml.safe_load((ROOT / "_config.yml").read_text("utf-8"))["repository"]["url"]
    assert f"git+{url}@main" in setup.source
    assert '"--no-deps"' in setup.source
    assert "-U" not in re.findall(r'"([^"]+)"', setup.source)
    needed = ast.literal_eval(re.search(r"NEEDED = (\[.*?\])", setup.source)[1])
    listed = (ROOT / "requirements.txt").read_text("utf-8")
    assert "anywidget" in needed
    assert "jupyter-book" not in needed
    assert all(name in listed for name in needed)


def test_no_myst_is_left(notebook: nbformat.NotebookNode) -> None:
    text = texts(notebook)
    assert not re.search(r"\{[a-z:]+\}`|^:::|^```\{|\)=$", text, re.M)
    assert "> **Atenção**" in text
    assert "**Exercício 1: À mão**" in text
    assert "<summary><b>Solução do exercício 1</b></summary>" in text
    assert "[Glossário](glossario.ipynb)" in text
    assert "$$p_i" in text


def test_citations_and_their_list(notebook: nbformat.NotebookNode) -> None:
    assert "(Vaswani et al., 2017)" in texts(notebook)
    last = notebook.cells[-1].source
    assert last.startswith("## Referências citadas")
    assert last.count("\n- ") == 1
    assert "Attention Is All You Need" in last


def test_the_teachers_notes_come_along(notebook: nbformat.NotebookNode) -> None:
    assert "<summary><b>Para quem ensina</b></summary>" in texts(notebook)
    assert "**Tempo:** 30 minutos" in texts(notebook)


@pytest.mark.parametrize(
    ("role", "keys", "expected"),
    [
        ("cite", "shannon1951", "(Shannon, 1951)"),
        ("cite:p", "shannon1951, vaswani2017", "(Shannon, 1951; Vaswani et al., 2017)"),
        ("cite:t", "vaswani2017", "Vaswani et al. (2017)"),
    ],
)
def test_cited(role: str, keys: str, expected: str) -> None:
    assert notebooks.cited(role, keys, notebooks._entries()) == expected


def test_an_unknown_reference_is_named() -> None:
    with pytest.raises(myst.UnknownMarkup, match="ninguem2030"):
        notebooks.cited("cite", "ninguem2030", notebooks._entries())


@pytest.mark.parametrize("page", execute.pages(), ids=lambda page: page.stem)
def test_every_page_of_the_course_converts(page: Path) -> None:
    titles = {each.stem: notebooks.title(each.read_text("utf-8")) for each in execute.pages()}
    made = notebooks.convert(page, titles, notebooks._entries())
    assert titles[page.stem] in texts(made)
    assert not re.search(r"(?m)\{(?:term|cite|ref|doc|numref)[a-z:]*\}`|^:{3,}\{|^`{3,}\{", texts(made))
    # It runs what the page runs: the cells that the book has executed, some under a title.
    own = [
        c.source for c in read_myst_markdown_notebook(page.read_text("utf-8")).cells if c.cell_type == "code"
    ]
    setup, *found = [cell.source for cell in made.cells if cell.cell_type == "code"]
    assert setup == notebooks.setup_code()
    for code, source in zip(found, own, strict=True):
        title, _, rest = code.partition("\n")
        assert code == source or (title.startswith("# ") and rest == source)


def test_notebooks_of_pages_that_left_are_removed(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    two = execute.pages()[:2]
    monkeypatch.setattr(execute, "pages", lambda: two)
    (tmp_path / "velho.ipynb").write_text("{}")
    count = notebooks.write_all(tmp_path)
    assert count == 2
    assert not (tmp_path / "velho.ipynb").exists()
    assert nbformat.read(tmp_path / "intro.ipynb", 4).cells[0].cell_type == "code"


def test_the_workflow_pushes_to_the_branch_that_colab_opens() -> None:
    branch = notebooks.repository().notebooks_branch
    workflow = (ROOT / ".github/workflows/publish.yml").read_text("utf-8")
    assert f"--initial-branch={branch}" in workflow
    assert f'"  {branch}'.strip('" ') in workflow.split("git push")[1]
    assert f"/blob/{branch}/o-que.ipynb" in notebooks.repository().colab("o-que")
