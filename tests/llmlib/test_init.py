"""Importing llmlib is cheap, and its three names are what they say, in whatever order they are imported."""

import subprocess
import sys

import pytest

import llmlib


def fresh(code: str) -> str:
    """What `code` prints in a fresh Python."""
    run = subprocess.run([sys.executable, "-c", code], capture_output=True, text=True, check=True)
    return run.stdout.strip()


def test_import_brings_no_library():
    heavy = "{'torch', 'numpy', 'transformers', 'matplotlib', 'tokenizers', 'anywidget', 'pygments'}"
    assert fresh(f"import sys, llmlib; print(sorted({heavy} & set(sys.modules)))") == "[]"
    code = f"import sys; from llmlib import corpus, source; print(sorted({heavy} & set(sys.modules)))"
    assert fresh(code) == "[]"


def test_import_is_quick():
    # the processor's time, so that a busy machine changes nothing
    code = "import time; start = time.process_time(); import llmlib; print(time.process_time() - start)"
    assert min(float(fresh(code)) for _ in range(3)) < 0.2


@pytest.mark.parametrize("first", ["llmlib.source", "llmlib.models"])
def test_names_are_functions_whatever_was_imported_first(first):
    code = f"import {first}; from llmlib import load, corpus, source; print(load, corpus, source)"
    assert fresh(code).count("<function ") == 3


def test_an_unknown_name_lists_what_exists():
    with pytest.raises(AttributeError, match="corpus, load, source"):
        llmlib.lod  # noqa: B018
    assert {"corpus", "load", "source"} <= set(dir(llmlib))
