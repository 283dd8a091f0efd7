"""The checkpoints of mini-base: they open as models, get better along the way, end near the final weights."""

from __future__ import annotations

import json
import re
from itertools import pairwise

import pytest

from builders import page
from llmlib import load
from llmlib.checkpoints import figures, steps
from llmlib.data import model_path
from llmlib.models import ModelError
from tests.builders.test_page import read_page

FOLDER = model_path("mini-base")
TEXT = "Era uma vez um menino que morava numa casa perto do rio. Um dia, ele encontrou um gato."


def test_at_least_ten_log_spaced() -> None:
    numbers = [int(name[4:]) for name in steps(FOLDER)]
    assert len(numbers) >= 10
    assert numbers == sorted(set(numbers))
    ratios = [b / a for a, b in pairwise(numbers)]
    assert max(ratios[:-1]) < 1.3 * min(ratios[:-1])


def test_they_learn() -> None:
    first, *_, last = steps(FOLDER)
    early, late, final = (
        load("mini-base", revision=first),
        load("mini-base", revision=last),
        load("mini-base"),
    )
    assert early.perplexity(TEXT) > 5 * late.perplexity(TEXT)
    assert late.perplexity(TEXT) == pytest.approx(final.perplexity(TEXT), rel=0.05)
    assert early.revision == first
    seen = [figures(path)["tokens"] for path in steps(FOLDER).values()]
    assert seen == sorted(seen)
    training = json.loads((FOLDER / "training.json").read_text(encoding="utf-8"))
    assert seen[-1] == training["tokens"]


def test_an_unknown_moment_names_those_that_exist() -> None:
    first = next(iter(steps(FOLDER)))
    with pytest.raises(ModelError, match=re.escape(f"“step7”. Os que há: {first}, ")):
        load("mini-base", revision="step7")


def test_the_page_has_each_of_them() -> None:
    name = f"mini-base@{next(iter(steps(FOLDER)))}"
    files = page.pages()
    assert len([n for n in files if n.startswith("mini-base@")]) == len(steps(FOLDER))
    content = read_page(files[name])
    assert content["name"] == name
    assert [t[0] for t in content["tensors"]] == [t[0] for t in read_page(files["mini-base"])["tensors"]]
