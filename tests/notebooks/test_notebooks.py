"""Every generated notebook, as it is, in a fresh environment where pip installed the course.

The environment is made from nothing, outside the checkout: a file missing from the package fails here.
"""

from __future__ import annotations

import json
import os
import shutil
import subprocess
import sys
from pathlib import Path

import pytest
import yaml

ROOT = Path(__file__).parents[2]
TOC = yaml.safe_load((ROOT / "_toc.yml").read_text("utf-8"))


def pages() -> list[str]:
    parts = [chapter for part in TOC.get("parts", []) for chapter in part["chapters"]]
    return [
        Path(entry).name for entry in (TOC["root"], *(c["file"] for c in [*TOC.get("chapters", []), *parts]))
    ]


@pytest.fixture(scope="session")
def notebooks(tmp_path_factory: pytest.TempPathFactory) -> Path:
    subprocess.run([sys.executable, "-m", "book.build", "--notebooks"], cwd=ROOT, check=True)
    copies = tmp_path_factory.mktemp("cadernos")
    shutil.copytree(ROOT / "build" / "notebooks", copies, dirs_exist_ok=True)
    return copies


@pytest.fixture(scope="session")
def fresh_python(tmp_path_factory: pytest.TempPathFactory) -> Path:
    home = tmp_path_factory.mktemp("ambiente")
    subprocess.run([sys.executable, "-m", "venv", home], check=True)
    python = home / "bin" / "python"
    constraints = [] if shutil.which("nvidia-smi") else ["-c", str(ROOT / "constraints-cpu.txt")]
    pip = [python, "-m", "pip", "install", "--quiet", "--disable-pip-version-check", *constraints]
    subprocess.run([*pip, "torch"], check=True)
    subprocess.run([*pip, str(ROOT)], check=True)
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


@pytest.mark.parametrize("page", pages())
def test_notebook_runs_as_it_is(page: str, notebooks: Path, fresh_python: Path, tmp_path: Path) -> None:
    source = notebooks / f"{page}.ipynb"
    before = json.loads(source.read_text("utf-8"))
    assert all(cell.get("outputs", []) == [] for cell in before["cells"])
    assert "widgets" not in before["metadata"]
    env = os.environ | {"HF_HUB_OFFLINE": "1", "OMP_NUM_THREADS": "1"}
    ran = tmp_path / f"{page}.ipynb"
    shutil.copy(source, ran)
    jupyter = [fresh_python, "-m", "jupyter", "execute", "--inplace", "--timeout=180", str(ran)]
    run = subprocess.run(jupyter, cwd=tmp_path, env=env, capture_output=True, text=True)
    assert run.returncode == 0, run.stderr[-3000:]
    after = json.loads(ran.read_text("utf-8"))
    errors = [
        out for cell in after["cells"] for out in cell.get("outputs", []) if out["output_type"] == "error"
    ]
    assert errors == []
    # The first code cell installs the course and says nothing; any other has something to show.
    if sum(cell["cell_type"] == "code" for cell in before["cells"]) > 1:
        assert any(cell.get("outputs") for cell in after["cells"])
