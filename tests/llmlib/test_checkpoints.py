"""The small checkpoints of a model: listed in order, opened by load and by the page, refused by name."""

from __future__ import annotations

import json
import re
import shutil
from itertools import pairwise
from pathlib import Path

import numpy as np
import pytest
import torch

from builders import page
from builders.checkpoints import write_checkpoint
from llmlib import load
from llmlib.checkpoints import figures, read, steps
from llmlib.data import model_names, model_path
from llmlib.models import ModelError
from tests.builders.test_page import read_page
from tests.conftest import tiny_model

KEPT = [model_path(name) for name in model_names() if steps(model_path(name))]


@pytest.fixture(scope="module")
def folder(tiny_folder: Path, tmp_path_factory: pytest.TempPathFactory) -> Path:
    """A model folder with three checkpoints, each of other weights."""
    folder = Path(shutil.copytree(tiny_folder, tmp_path_factory.mktemp("kept") / "modelo"))
    for step in (100, 9, 25):
        write_checkpoint(
            tiny_model(seed=step), folder / f"checkpoints/step{step}.safetensors", {"step": step}
        )
    return folder


def test_listed_by_number_with_their_figures(folder: Path) -> None:
    assert list(steps(folder)) == ["step9", "step25", "step100"]
    assert [figures(path)["step"] for path in steps(folder).values()] == [9, 25, 100]


def test_load_opens_the_weights_of_that_moment(folder: Path) -> None:
    lm = load(str(folder), revision="step25", device="cpu")
    assert lm.revision == "step25"
    exact = tiny_model(seed=25).state_dict()["model.layers.1.mlp.up_proj.weight"]
    opened = lm.model.state_dict()["model.layers.1.mlp.up_proj.weight"]
    bound = exact.abs().amax(1, keepdim=True) / 127 * 0.5001
    assert ((opened - exact).abs() <= bound).all()
    assert torch.equal(lm.model.lm_head.weight, lm.model.model.embed_tokens.weight)


def test_an_unknown_moment_names_those_that_exist(folder: Path, tiny_folder: Path) -> None:
    with pytest.raises(ModelError, match=re.escape("“step7”. Os que há: step9, step25, step100.")):
        load(str(folder), revision="step7", device="cpu")
    with pytest.raises(ModelError, match="não guardou nenhum"):
        load(str(tiny_folder), revision="step7", device="cpu")


def test_the_page_has_the_same_weights(folder: Path, tmp_path: Path) -> None:
    content = read_page(page.cached(folder, tmp_path, "step25"))
    assert content["name"] == "modelo@step25"
    weights, _ = read(steps(folder)["step25"])
    assert {name for name, *_ in content["tensors"]} == weights.keys() - {"lm_head.weight"}
    assert page.cached(folder, tmp_path, "step25") != page.cached(folder, tmp_path, "step100")


@pytest.mark.parametrize("kept", KEPT, ids=lambda path: path.name)
def test_bundled_ones_are_log_spaced_and_learn(kept: Path) -> None:
    moments = steps(kept)
    numbers = [int(name[4:]) for name in moments]
    assert len(numbers) >= 10
    assert max(b / a for a, b in pairwise(numbers)) < 2.5
    losses = [np.mean(list(figures(path)["validation"].values())) for path in moments.values()]
    assert losses[-1] < 0.4 * losses[0]
    training = json.loads((kept / "training.json").read_text(encoding="utf-8"))
    assert figures(moments[f"step{numbers[-1]}"])["tokens"] == training["tokens"]
