"""Build the book: `python -m book.build` runs every page and makes `build/html`.

Front-end files, cells (in parallel, cached), Sphinx with every warning an error, then notebooks. The
site changes hands only when all of it worked: a build that fails leaves the last good one in place.
"""

from __future__ import annotations

import argparse
import fcntl
import os
import shutil
import sys
import time
import zipfile
from contextlib import contextmanager
from pathlib import Path

from book import execute, frontend, notebooks

ROOT = Path(__file__).parents[1]
BUILD = ROOT / "build"
SITE = BUILD / "html"
STAMP = BUILD / "html.stamp"
WORK = BUILD / "sphinx"
ZIP = BUILD / "llms-por-dentro.zip"
TIMEOUT = 180  # seconds a cell may take

started = time.monotonic()


def say(text: str) -> None:
    print(f"» {text}", flush=True)


@contextmanager
def alone():
    """One build at a time: a second one waits for the first."""
    BUILD.mkdir(exist_ok=True)
    with (BUILD / ".lock").open("w") as lock:
        try:
            fcntl.flock(lock, fcntl.LOCK_EX | fcntl.LOCK_NB)
        except BlockingIOError:
            say("Another build is running: waiting for it")
            fcntl.flock(lock, fcntl.LOCK_EX)
        yield


def sources() -> list[Path]:
    names = ("chapters", "book", "_config.yml", "_toc.yml", "references.bib", "requirements.txt")
    return [ROOT / name for name in names]


def build() -> Path:
    """Build the site where anything changed; its folder. Ends the program with a message where it cannot."""
    results = execute.key()
    stamp = execute.digest(sources(), results)
    if SITE.exists() and STAMP.exists() and STAMP.read_text() == stamp:
        say("Site: nothing changed")
        return SITE
    frontend.prepare(say)
    caches = BUILD / "cache" / "cells"
    cache = caches / results
    cache.mkdir(parents=True, exist_ok=True)
    os.utime(cache)
    execute.prune(caches)
    failures = execute.run(cache, TIMEOUT, say)
    if failures:
        for failure in failures:
            print(f"\n{failure.traceback}\n", file=sys.stderr)
        raise SystemExit("\n".join(["The site was not rebuilt: these cells failed.", *map(str, failures)]))
    say("Pages: Sphinx, every warning an error")
    if sphinx(cache, results) != 0:
        # Sphinx keeps pages read with warnings: forget them, or the next build would find nothing wrong.
        shutil.rmtree(WORK / "doctrees", ignore_errors=True)
        raise SystemExit("The site was not rebuilt: Sphinx found the problems above.")
    write_notebooks()
    swap(WORK / "html", SITE)
    STAMP.write_text(stamp)
    return SITE


def sphinx(cache: Path, results: str) -> int:
    from jupyter_book.sphinx import build_sphinx

    settings = {
        "llm_results": results,
        "llm_book": execute.digest([ROOT / "book"]),
        "nb_execution_cache_path": str(cache),
        "nitpicky": True,
        "latex_individualpages": False,
    }
    status = build_sphinx(
        str(ROOT),
        str(WORK / "html"),
        doctreedir=str(WORK / "doctrees"),
        path_config=str(ROOT / "_config.yml"),
        noconfig=True,
        confoverrides=settings,
        quiet=True,
        warningiserror=True,
        keep_going=True,
    )
    return status if isinstance(status, int) else 1


def write_notebooks() -> Path:
    folder = BUILD / "notebooks"
    count = notebooks.write_all(folder)
    say(f"Notebooks: {count} in {folder.relative_to(ROOT)}")
    return folder


def swap(fresh: Path, site: Path) -> None:
    """Put a copy of the fresh site, with its notebooks, where the old one was."""
    new, old = site.with_suffix(".new"), site.with_suffix(".old")
    for leftover in (new, old):
        shutil.rmtree(leftover, ignore_errors=True)
    shutil.copytree(fresh, new, ignore=shutil.ignore_patterns(".buildinfo*", "objects.inv"))
    shutil.copytree(BUILD / "notebooks", new / "notebooks")
    (new / ".nojekyll").touch()
    if site.exists():
        site.rename(old)
    new.rename(site)
    shutil.rmtree(old, ignore_errors=True)


def pack(site: Path, target: Path = ZIP) -> Path:
    """The offline copy: one folder that opens from disk by its `index.html`."""
    draft = target.with_suffix(".tmp")
    with zipfile.ZipFile(draft, "w", zipfile.ZIP_DEFLATED) as archive:
        for file in sorted(site.rglob("*")):
            if file.is_file() and file.name != ".nojekyll":
                archive.write(file, Path(target.stem) / file.relative_to(site))
    draft.replace(target)
    return target


def main() -> None:
    parser = argparse.ArgumentParser(prog="python -m book.build", description=__doc__.split("\n\n")[0])
    parser.add_argument("--zip", action="store_true", help="also pack the offline copy of the site")
    parser.add_argument(
        "--notebooks", action="store_true", help="only the notebooks: no cell is run, no site made"
    )
    options = parser.parse_args()
    with alone():
        if options.notebooks:
            write_notebooks()
            return
        site = build()
        say(f"Site: {(site / 'index.html').relative_to(ROOT)} ({time.monotonic() - started:.0f} s)")
        if options.zip:
            packed = pack(site)
            say(f"Offline copy: {packed.relative_to(ROOT)} ({packed.stat().st_size / 1e6:.1f} MB)")


if __name__ == "__main__":
    main()
