"""Run the cells of all pages, in parallel, into a cache that Sphinx then reads.

The cache answers to the code and data that made it: a change in `llmlib/`, in `data/`, in Python or in a
package whose numbers a page shows starts a new one, so that no figure outlives what it was computed from. A
page's own cells are jupyter-cache's to compare. Does not render anything.
"""

from __future__ import annotations

import hashlib
import importlib.metadata
import json
import logging
import os
import re
import shutil
import sys
from collections.abc import Iterable
from dataclasses import dataclass
from pathlib import Path

import nbformat
import yaml

ROOT = Path(__file__).parents[1]
BUILD = ROOT / "build"
PACKAGES = ("torch", "transformers", "tokenizers", "numpy", "matplotlib", "anywidget", "ipykernel", "myst-nb")
READER = {"type": "plugin", "name": "myst_nb_md"}
KEEP = 3  # caches kept, so that going back to yesterday's branch is quick
SKIP = {"__pycache__", ".ipynb_checkpoints"}
CELL_FOLLOWS = "An error occurred while executing the following cell:"
ANSI = re.compile(r"\x1b\[[0-9;]*m")


def digest(paths: Iterable[Path], *extra: str) -> str:
    """Hash of files and folders (names and contents) and of any further strings."""
    found = hashlib.sha256("\0".join(extra).encode())
    for path in paths:
        files = sorted(path.rglob("*")) if path.is_dir() else [path]
        for file in files:
            if file.is_file() and not SKIP.intersection(file.parts) and file.suffix != ".pyc":
                found.update(
                    f"\0{file.relative_to(ROOT) if file.is_relative_to(ROOT) else file.name}\0".encode()
                )
                found.update(file.read_bytes())
    return found.hexdigest()[:16]


def key(root: Path = ROOT) -> str:
    """Name of the cache: what the outputs depend on besides the cells themselves."""
    versions = [f"{name}=={_version(name)}" for name in PACKAGES]
    python = f"{sys.version_info.major}.{sys.version_info.minor}"
    return digest([root / "llmlib", root / "data"], python, *versions)


def _version(package: str) -> str:
    try:
        return importlib.metadata.version(package)
    except importlib.metadata.PackageNotFoundError:
        return "-"


def pages(root: Path = ROOT) -> list[Path]:
    """The pages of `_toc.yml`, in order."""
    toc = yaml.safe_load((root / "_toc.yml").read_text("utf-8"))
    entries = [
        toc["root"],
        *(chapter["file"] for part in toc.get("parts", []) for chapter in part["chapters"]),
    ]
    return [root / f"{entry}.md" for entry in entries]


def environment() -> dict[str, str]:
    """What kernels run under: this Python, this llmlib, one thread, no hub, nothing of the user's home."""
    kernels = BUILD / "jupyter" / "kernels" / "python3"
    kernels.mkdir(parents=True, exist_ok=True)
    spec = {
        "argv": [sys.executable, "-m", "ipykernel_launcher", "-f", "{connection_file}", "--log-level=ERROR"],
        "display_name": "Python 3",
        "language": "python",
    }
    (kernels / "kernel.json").write_text(json.dumps(spec))
    return {
        "JUPYTER_PATH": str(BUILD / "jupyter"),
        "JUPYTER_DATA_DIR": str(BUILD / "jupyter"),
        "JUPYTER_CONFIG_DIR": str(BUILD / "jupyter" / "config"),
        "JUPYTER_PREFER_ENV_PATH": "0",
        "IPYTHONDIR": str(BUILD / "jupyter" / "ipython"),
        "PYTHONPATH": os.pathsep.join(filter(None, [str(ROOT), os.environ.get("PYTHONPATH")])),
        "OMP_NUM_THREADS": "1",
        "HF_HUB_OFFLINE": "1",
        "TOKENIZERS_PARALLELISM": "false",
        "PYDEVD_DISABLE_FILE_VALIDATION": "1",
    }


@dataclass(frozen=True)
class Failure:
    """One cell that did not run; `cell` counts code cells from 1; 0: the page itself could not be run."""

    page: Path
    cell: int
    line: int
    error: str
    traceback: str

    def __str__(self) -> str:
        where = self.page.relative_to(ROOT) if self.page.is_relative_to(ROOT) else self.page
        cell = f", line {self.line}, code cell {self.cell}" if self.cell else ""
        return f"{where}{cell}: {self.error}"


def explain(page: Path, notebook: nbformat.NotebookNode, text: str) -> Failure:
    """Which cell of the page a traceback of nbclient speaks of, and its last line."""
    text = ANSI.sub("", text).strip()
    text = text[max(text.find(CELL_FOLLOWS), 0) :]  # what came before is the runner's own stack
    error = text.splitlines()[-1] if text else "no message"
    lines = notebook.metadata.get("source_map", [0] * len(notebook.cells))
    code = [
        (cell, line) for cell, line in zip(notebook.cells, lines, strict=True) if cell.cell_type == "code"
    ]
    for number, (cell, line) in enumerate(code, start=1):
        if cell.source.strip() and f"------------------\n{cell.source}\n------------------" in text:
            return Failure(page, number, line, error, text)
    return Failure(page, 0, 0, error, text)


def run(cache_path: Path, timeout: int, say=print) -> list[Failure]:
    """Execute what the cache does not hold yet; the failures, none when all is well."""
    from jupyter_cache import get_cache
    from jupyter_cache.cache.db import NbProjectRecord
    from jupyter_cache.executors import load_executor
    from myst_nb.core.read import is_myst_markdown_notebook, myst_nb_reader_plugin

    os.environ.update(environment())
    cache = get_cache(str(cache_path))
    todo = {}
    for page in pages():
        if not is_myst_markdown_notebook(page.read_text("utf-8")):
            continue
        notebook = myst_nb_reader_plugin(str(page))
        try:
            cache.match_cache_notebook(notebook)
        except KeyError:
            record = cache.add_nb_to_project(str(page), read_data=READER)
            todo[record.uri] = (record.pk, page, notebook)
    if not todo:
        say("Cells: all in the cache")
        return []
    say(f"Cells: running {', '.join(page.stem for _, page, _ in todo.values())}, {os.cpu_count()} at a time")
    log = logging.getLogger("book.execute")
    log.setLevel(logging.CRITICAL)
    executor = load_executor("local-parallel", cache, logger=log)
    result = executor.run_and_cache(filter_pks=[pk for pk, _, _ in todo.values()], timeout=timeout)
    failures = []
    for uri in result.excepted + result.errored:
        _, page, notebook = todo[uri]
        record = NbProjectRecord.record_from_uri(uri, cache.db)
        failures.append(
            explain(page, notebook, (record and record.traceback) or "the kernel could not be started")
        )
    return failures


def prune(folder: Path, keep: int = KEEP) -> None:
    """Forget the oldest caches."""
    caches = sorted(folder.iterdir(), key=lambda path: path.stat().st_mtime, reverse=True)
    for old in caches[keep:]:
        shutil.rmtree(old)
