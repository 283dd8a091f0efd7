"""source shows the file's own text, escaped and highlighted."""

import html
import inspect
import re
from pathlib import Path

import pytest

from llmlib import source
from llmlib.scratch import kv_cache, sampling
from llmlib.scratch.transformer import Transformer


def test_it_is_the_text_of_the_file():
    shown = source(sampling.top_p)
    assert shown.code == inspect.getsource(sampling.top_p)
    first, last = map(int, re.findall(r"\d+", shown.caption.split("linhas")[1]))
    lines = Path(sampling.__file__).read_text("utf-8").splitlines()
    assert shown.code.splitlines() == lines[first - 1 : last]
    assert shown.caption.startswith("llmlib/scratch/sampling.py, linhas ")
    assert shown.code in repr(shown)


def test_methods_lose_their_indentation_and_modules_are_whole():
    assert source(Transformer.forward).code.startswith("def forward(")
    assert source(Transformer).code.startswith("class Transformer(")
    shown = source(kv_cache)
    assert shown.caption == "llmlib/scratch/kv_cache.py"
    assert shown.code == Path(kv_cache.__file__).read_text("utf-8")


def dangerous():
    return "<img src=x onerror=alert(1)></script>&amp;"


def test_html_holds_the_same_text_and_no_live_markup():
    page = source(dangerous)._repr_html_()
    assert "<img" not in page
    assert "</script" not in page
    assert 'class="k"' in page
    assert "style=" not in page
    text = html.unescape(re.sub(r"<[^>]+>", "", page.split("<pre", 1)[1].split(">", 1)[1]))
    assert text == source(dangerous).code


def test_what_has_no_source_is_refused_with_a_sentence():
    for thing in (len, 3, "texto", dict):
        with pytest.raises(TypeError, match="não tem código Python"):
            source(thing)
