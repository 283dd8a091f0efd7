"""The cache's key, the order of the pages, and what a failing cell is told as."""

from __future__ import annotations

from pathlib import Path

import nbformat
import pytest
from jupyter_cache.executors.utils import single_nb_execution

from book import build, execute


@pytest.fixture
def house(tmp_path: Path) -> Path:
    for name, text in {"llmlib/a.py": "x = 1", "data/facts.csv": "a,b", "chapters/intro.md": "# Oi"}.items():
        (tmp_path / name).parent.mkdir(exist_ok=True)
        (tmp_path / name).write_text(text)
    return tmp_path


def test_key_follows_code_and_data(house: Path) -> None:
    first = execute.key(house)
    assert execute.key(house) == first
    (house / "chapters/intro.md").write_text("# Outro")  # its cells are jupyter-cache's business
    (house / "llmlib/__pycache__").mkdir()
    (house / "llmlib/__pycache__/a.pyc").write_bytes(b"x")
    assert execute.key(house) == first
    seen = {first}
    for name, text in [
        ("llmlib/a.py", "x = 2"),
        ("data/facts.csv", "a,c"),
        ("llmlib/b.js", ""),
        ("data/c", "x"),
    ]:
        (house / name).write_text(text)
        seen.add(execute.key(house))
    (house / "data/c").rename(house / "data/d")
    seen.add(execute.key(house))
    assert len(seen) == 6


def test_key_follows_versions(house: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    first = execute.key(house)
    monkeypatch.setattr(execute, "_version", lambda package: "9.9")
    assert execute.key(house) != first


def test_pages_come_in_the_order_of_the_contents(small_book: Path) -> None:
    assert [page.stem for page in execute.pages(small_book)] == ["intro", "glossario", "referencias"]
    assert all(page.exists() for page in execute.pages(small_book))


def test_a_failing_cell_is_named(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    from myst_nb.core.read import read_myst_markdown_notebook

    for name, value in execute.environment().items():
        monkeypatch.setenv(name, value)
    page = tmp_path / "pagina.md"
    page.write_text(
        "---\nfile_format: mystnb\nkernelspec: {name: python3}\n---\n# Oi\n\n"
        "```{code-cell} ipython3\nx = 1\n```\n\nTexto.\n\n"
        '```{code-cell} ipython3\nraise ValueError(f"faltou {x} ovo")\n```\n'
    )
    notebook = read_myst_markdown_notebook(page.read_text(), add_source_map=True)
    ran = single_nb_execution(nbformat.from_dict(notebook), cwd=str(tmp_path), timeout=60, allow_errors=False)
    failure = execute.explain(page, notebook, ran.exc_string)
    assert (failure.cell, failure.error) == (2, "ValueError: faltou 1 ovo")
    assert failure.line == 13
    assert "nbclient" not in failure.traceback
    assert str(failure) == f"{page}, line 13, code cell 2: ValueError: faltou 1 ovo"


def test_old_caches_are_forgotten(tmp_path: Path) -> None:
    import os

    for age, name in enumerate(["novo", "meio", "velho", "antigo"]):
        (tmp_path / name).mkdir()
        os.utime(tmp_path / name, (1e9 - age, 1e9 - age))
    execute.prune(tmp_path, keep=2)
    assert {path.name for path in tmp_path.iterdir()} == {"novo", "meio"}


def test_a_failed_build_keeps_the_last_good_site(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    site = tmp_path / "html"
    site.mkdir()
    (site / "index.html").write_text("bom")
    failure = execute.Failure(tmp_path / "p.md", 1, 3, "ValueError: não", "traço")
    monkeypatch.setattr(build, "BUILD", tmp_path)
    monkeypatch.setattr(build, "SITE", site)
    monkeypatch.setattr(build, "STAMP", tmp_path / "stamp")
    monkeypatch.setattr(build.frontend, "prepare", lambda say: None)
    monkeypatch.setattr(build.execute, "run", lambda *args: [failure])
    with pytest.raises(SystemExit, match="line 3, code cell 1: ValueError: não"):
        build.build()
    assert (site / "index.html").read_text() == "bom"


def test_swap_replaces_the_whole_site(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(build, "BUILD", tmp_path)
    for name in ("fresh/index.html", "html/old.html", "notebooks/a.ipynb", "fresh/.buildinfo"):
        (tmp_path / name).parent.mkdir(exist_ok=True)
        (tmp_path / name).write_text(name)
    build.swap(tmp_path / "fresh", tmp_path / "html")
    found = {
        str(path.relative_to(tmp_path / "html")) for path in (tmp_path / "html").rglob("*") if path.is_file()
    }
    assert found == {"index.html", "notebooks/a.ipynb", ".nojekyll"}
    assert not (tmp_path / "html.old").exists()


def test_the_offline_copy_is_one_folder(tmp_path: Path) -> None:
    import zipfile

    (tmp_path / "html/chapters").mkdir(parents=True)
    (tmp_path / "html/index.html").write_text("a")
    (tmp_path / "html/chapters/intro.html").write_text("b")
    packed = build.pack(tmp_path / "html", tmp_path / "curso.zip")
    assert zipfile.ZipFile(packed).namelist() == ["curso/chapters/intro.html", "curso/index.html"]
