"""Generated notebooks, as they are, in a fresh environment where pip installed the course.

The environment is outside the checkout: a file missing from the package fails here. The first chapter, the
last and the first page to consult are run, with other packages taken from the tests' own environment; with
NOTEBOOKS=all every page, with every package installed from nothing. The cells are the page's own
(tests/book/test_notebooks.py); the book has just run them all. That packages are declared is tested in
tests/test_floors.py.
"""

from __future__ import annotations

import json
import os
import shutil
import subprocess
import sys
import sysconfig
from concurrent.futures import ThreadPoolExecutor
from pathlib import Path

import pytest
import yaml

ROOT = Path(__file__).parents[2]
ALL = os.environ.get("NOTEBOOKS") == "all"
TOC = yaml.safe_load((ROOT / "_toc.yml").read_text("utf-8"))


def pages() -> list[str]:
    parts = [[chapter["file"] for chapter in part["chapters"]] for part in TOC["parts"]]
    chapters = (
        [file for part in parts for file in part] if ALL else [parts[0][0], parts[-2][-1], parts[-1][0]]
    )
    return [Path(entry).name for entry in (TOC["root"], *chapters)]


@pytest.fixture(scope="session")
def notebooks(tmp_path_factory: pytest.TempPathFactory) -> Path:
    subprocess.run([sys.executable, "-m", "book.build", "--notebooks"], cwd=ROOT, check=True)
    copies = tmp_path_factory.mktemp("cadernos")
    shutil.copytree(ROOT / "build" / "notebooks", copies, dirs_exist_ok=True)
    return copies


@pytest.fixture(scope="session")
def fresh_python(tmp_path_factory: pytest.TempPathFactory) -> Path:
    home = tmp_path_factory.mktemp("ambiente")
    subprocess.run([sys.executable, "-m", "venv", *([] if ALL else ["--without-pip"]), home], check=True)
    python = home / "bin" / "python"
    pip = [python, "-m", "pip", "install", "--quiet", "--disable-pip-version-check"]
    if ALL:
        constraints = [] if shutil.which("nvidia-smi") else ["-c", str(ROOT / "constraints-cpu.txt")]
        subprocess.run([*pip, *constraints, "torch"], check=True)
        subprocess.run([*pip, *constraints, str(ROOT)], check=True)
        return python
    ask = [python, "-c", "import sysconfig; print(sysconfig.get_path('purelib'))"]
    own = Path(subprocess.run(ask, check=True, capture_output=True, text=True).stdout.strip())
    # A path in a .pth file is searched, but its own .pth files are not read: the checkout stays unseen.
    (own / "packages.pth").write_text(sysconfig.get_path("purelib") + "\n")
    subprocess.run([*pip, "--no-deps", str(ROOT)], check=True)
    return python


def test_the_package_carries_its_data(fresh_python: Path, tmp_path: Path) -> None:
    code = (
        "import llmlib; print(llmlib.__file__); print(llmlib.load('mini-base').name);"
        " print(len(llmlib.corpus('mini')) > 0)"
    )
    run = subprocess.run([fresh_python, "-c", code], cwd=tmp_path, capture_output=True, text=True)
    assert run.returncode == 0, run.stderr
    where, name, has_corpus = run.stdout.split()
    assert Path(where).is_relative_to(fresh_python.parents[1])
    assert (name, has_corpus) == ("mini-base", "True")
    listed = subprocess.run(["git", "ls-files", "data", "llmlib"], cwd=ROOT, capture_output=True, text=True)
    places = {"data": Path(where).parent / "_data", "llmlib": Path(where).parent}
    for folder, *rest in (Path(name).parts for name in listed.stdout.splitlines()):
        assert places[folder].joinpath(*rest).exists(), (folder, *rest)


@pytest.fixture(scope="session")
def executed(
    notebooks: Path, fresh_python: Path, tmp_path_factory: pytest.TempPathFactory
) -> dict[str, tuple[subprocess.CompletedProcess, Path]]:
    """Every notebook run in the fresh environment, two at a time: how it ended, and the file with outputs."""
    home = tmp_path_factory.mktemp("executados")
    env = os.environ | {"HF_HUB_OFFLINE": "1", "OMP_NUM_THREADS": "1"}

    def execute(page: str) -> tuple[subprocess.CompletedProcess, Path]:
        ran = home / page / f"{page}.ipynb"
        ran.parent.mkdir()
        shutil.copy(notebooks / ran.name, ran)
        jupyter = [
            fresh_python,
            "-c",
            "from nbclient.cli import main; main()",
            "--inplace",
            "--timeout=180",
            str(ran),
        ]
        return subprocess.run(jupyter, cwd=ran.parent, env=env, capture_output=True, text=True), ran

    return dict(zip(pages(), ThreadPoolExecutor(2).map(execute, pages()), strict=True))


@pytest.mark.parametrize("page", pages())
def test_notebook_runs_as_it_is(page: str, notebooks: Path, executed: dict) -> None:
    before = json.loads((notebooks / f"{page}.ipynb").read_text("utf-8"))
    assert all(cell.get("outputs", []) == [] for cell in before["cells"])
    assert "widgets" not in before["metadata"]
    run, ran = executed[page]
    assert run.returncode == 0, run.stderr[-3000:]
    after = json.loads(ran.read_text("utf-8"))
    errors = [
        out for cell in after["cells"] for out in cell.get("outputs", []) if out["output_type"] == "error"
    ]
    assert errors == []
    # The first code cell installs the course and says nothing; any other has something to show.
    if sum(cell["cell_type"] == "code" for cell in before["cells"]) > 1:
        assert any(cell.get("outputs") for cell in after["cells"])
