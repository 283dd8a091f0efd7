"""The floors of the house: who may import whom, read from the source.

0 data, text and errors · 1 scratch (torch, no transformers) · 2 models and families (only they import
transformers) and, beside them, widgets and plots (no torch) · 3 the package's front door. A module imports
its own floor or below.
"""

import ast
import re
import sys
from contextlib import suppress
from importlib.metadata import PackageNotFoundError, packages_distributions, requires
from pathlib import Path

import pytest

ROOT = Path(__file__).parents[1]
OPTIONAL = {"xllamacpp"}  # the server says how to install it
FILES = sorted((ROOT / "llmlib").rglob("*.py"))

FLOOR_0 = {
    "adapters",
    "cases",
    "cases_meaning",
    "checkpoints",
    "data",
    "engine",
    "events",
    "exercise_kind",
    "gguf",
    "measure",
    "parts",
    "rag_judge",
    "skip",
    "solutions",
    "source",
    "tokens",
    "trace",
    "word_vectors",
}
FIGURES = {"exercise", "plots", "prose", "widgets"}  # 2': data in, pictures out
MODELS = {"compute", "conversation", "families", "lm", "models", "passes", "retrieval", "serve"}  # 2
OPENERS = {"families", "models", "retrieval"}  # of these, the ones that open folders with transformers


def place(name: str) -> str:
    """The part of llmlib that a module name belongs to: llmlib.scratch.ngram -> scratch."""
    return [*name.split("."), "__init__"][1]


def floor(part: str) -> int:
    if part in FLOOR_0:
        return 0
    if part in {"rag", "rag_apart", "scratch"}:  # they join words, and ask the model that they are handed
        return 1
    if part in FIGURES | MODELS:
        return 2
    assert part == "__init__", f"llmlib/{part} has no floor: give it one in tests/test_floors.py"
    return 3


def imports(path: Path) -> list[tuple[str, bool]]:
    """(module, at import time?) of every import of a file, those inside functions and type checks too."""
    tree = ast.parse(path.read_text(encoding="utf-8"))
    inside = {
        id(node)
        for outer in ast.walk(tree)
        if isinstance(outer, (ast.FunctionDef, ast.AsyncFunctionDef, ast.Lambda))
        or (isinstance(outer, ast.If) and ast.unparse(outer.test) == "TYPE_CHECKING")
        for node in ast.walk(outer)
    }
    found = []
    for node in ast.walk(tree):
        if isinstance(node, ast.Import):
            found += [(alias.name, id(node) not in inside) for alias in node.names]
        elif isinstance(node, ast.ImportFrom):
            assert node.level == 0, f"{path}: relative import"
            names = [node.module]
            if node.module in ("llmlib", "llmlib.scratch", "llmlib.widgets"):  # from package import module
                names = [f"{node.module}.{alias.name}" for alias in node.names]
            found += [(name, id(node) not in inside) for name in names]
    return found


def module(path: Path) -> str:
    return ".".join(path.relative_to(ROOT).with_suffix("").parts).removesuffix(".__init__")


@pytest.mark.parametrize("path", FILES, ids=lambda p: str(p.relative_to(ROOT)))
def test_imports_go_downwards(path):
    here = place(module(path))
    for name, now in imports(path):
        package = name.split(".")[0]
        if package == "llmlib":
            there = place(name)
            assert floor(there) <= floor(here), f"{here} (floor {floor(here)}) imports {name}, above it"
            if here in FIGURES:
                assert there not in MODELS, f"{here} imports {name}: figures take data, never models"
            if floor(here) == 2 and here in MODELS:
                assert there not in FIGURES, f"{here} imports {name}: models know no figures"
        if package == "transformers":
            assert here in OPENERS, f"{here} imports transformers; only {OPENERS} do"
            assert not now, f"{here} imports transformers inside load, so that importing it is cheap"
        if package == "torch":
            assert here in {"scratch", "lm", "passes"} | OPENERS, f"{here} imports torch"
        assert package not in {"builders", "book", "tests"}, f"{here} imports {name}, above the library"


def installed(names: list[str]) -> set[str]:
    """What pip installs for these requirements: they and, in turn, what they require without being asked."""
    found: set[str] = set()
    while names:
        name = re.match(r"[\w.-]+", names.pop())[0].lower().replace("_", "-")
        if name not in found:
            found.add(name)
            with suppress(PackageNotFoundError):
                names += [line for line in requires(name) or () if "extra ==" not in line]
    return found


def test_what_the_library_imports_is_required():
    """requirements.txt brings the owner of every package that llmlib imports and cannot do without."""
    lines = (ROOT / "requirements.txt").read_text("utf-8").splitlines()
    brought = installed([line for line in lines if line[:1].isalpha()])
    owners = packages_distributions()
    missing = {
        f"{path.name}: {name}"
        for path in FILES
        for name in {full.partition(".")[0] for full, _ in imports(path)}
        if name not in sys.stdlib_module_names | {"llmlib"} | OPTIONAL
        and not brought & {owner.lower().replace("_", "-") for owner in owners.get(name, [name])}
    }
    assert missing == set()


def test_nothing_reads_pickles_or_runs_code_of_models():
    for path in [*FILES, *sorted((ROOT / "builders").rglob("*.py"))]:
        for name, _ in imports(path):
            assert name.split(".")[0] not in {"pickle", "joblib", "dill"}, path
        text = path.read_text(encoding="utf-8")
        assert "trust_remote_code=True" not in text, path
        assert "torch.load(" not in text, path


def test_scratch_stays_short_enough_to_read():
    for path in FILES:
        limit = 250 if place(module(path)) == "scratch" else 350
        lines = len(path.read_text(encoding="utf-8").splitlines())
        assert lines <= limit, f"{path.relative_to(ROOT)} has {lines} lines; the limit there is {limit}"


def test_every_module_opens_with_a_docstring():
    for path in FILES:
        text = path.read_text(encoding="utf-8")
        assert not text.strip() or ast.get_docstring(ast.parse(text)), path
