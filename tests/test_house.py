"""What README and CONTRIBUTING promise is there; and what must stand in one place only does."""

from __future__ import annotations

import re
import subprocess
import sys
from pathlib import Path

import yaml

from builders.__main__ import FAMILY, RECIPES, groups

ROOT = Path(__file__).parents[1]
TRACKED = subprocess.run(
    ["git", "ls-files", "-z"], cwd=ROOT, capture_output=True, text=True, check=True
).stdout.split("\0")[:-1]
TEXTS = [
    path
    for path in TRACKED
    if path.endswith((".md", ".py", ".js", ".css", ".yml", ".toml", ".txt", "Makefile"))
]


def read(path: str) -> str:
    return (ROOT / path).read_text("utf-8")


def test_every_make_command_named_anywhere_exists() -> None:
    targets = set(re.findall(r"^([a-z]+):", read("Makefile"), re.M))
    for path in TEXTS:
        for command in re.findall(r"`make ([a-z]+)", read(path)):
            assert command in targets, f"{path} names make {command}"


def test_every_artefact_named_anywhere_has_a_recipe() -> None:
    for path in (path for path in TEXTS if not path.startswith("tests/")):
        for name in re.findall(r"make data NAME=([\w-]+)", read(path)):
            assert name in {*RECIPES, FAMILY}, f"{path} names make data NAME={name}"


# All in one process: what they import is imported once.
EXPLAIN = """
import contextlib, io, runpy, sys
for module in sys.argv[1:]:
    said, sys.argv = io.StringIO(), [module, "--help"]
    try:
        with contextlib.redirect_stdout(said):
            runpy.run_module(module, run_name="__main__", alter_sys=True)
    except SystemExit as end:
        assert not end.code, f"{module} --help ends with {end.code}"
    assert "usage" in said.getvalue().lower(), f"{module} --help explains nothing"
    print(module)
"""


def test_recipes_call_commands_that_explain_themselves() -> None:
    chains = [chain for name in (*RECIPES, FAMILY) for group in groups(name) for chain in group]
    modules = sorted({step[0] for chain in chains for step in chain})
    command = [sys.executable, "-c", EXPLAIN, *modules]
    run = subprocess.run(command, cwd=ROOT, capture_output=True, text=True)
    assert run.returncode == 0, run.stderr
    assert run.stdout.split() == modules


def test_links_of_the_guides_lead_somewhere() -> None:
    for guide in ("README.md", "CONTRIBUTING.md"):
        for target in re.findall(r"\]\((?!https?:)([^)#]+)\)", read(guide)):
            assert (ROOT / target).exists(), f"{guide} links to {target}"


def test_the_repository_address_is_in_one_place() -> None:
    address = yaml.safe_load(read("_config.yml"))["repository"]["url"]
    assert [path for path in TEXTS if address.removeprefix("https://") in read(path)] == ["_config.yml"]


def test_nothing_heavy_or_made_is_committed() -> None:
    sizes = {path: (ROOT / path).stat().st_size for path in TRACKED if (ROOT / path).exists()}
    assert sum(sizes.values()) < 80e6
    for path in sizes:
        assert not path.endswith((".ipynb", ".whl", ".pyc", ".bin", ".pt", ".pkl")), path
        assert "node_modules" not in path
