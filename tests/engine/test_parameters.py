"""Page and kernel write the same tokens for the same seed and settings, with every parameter of generation.

The model is the bundled one with the weights that the page has (int8, widened): both sides compute the
same function: what could differ is the rules, the draw, the stops and the loop.
"""

import json

import pytest
import torch

from builders.page import cached, quantized_state
from llmlib import load
from llmlib.data import model_path
from llmlib.events import finished
from tests.engine.node import Node

PROMPTS = ["Era uma vez um", "Pergunta: Qual é a capital do Chile?\nResposta:", "", "🐱 Ação:\n"]
SETTINGS = {
    "nothing": {},
    "temperature 0": {"temperature": 0},
    "temperature nearly 0": {"temperature": 1e-7},
    "temperature 0.4": {"temperature": 0.4},
    "temperature 2": {"temperature": 2},
    "top-k 1": {"top_k": 1},
    "top-k 7": {"top_k": 7, "temperature": 1.5},
    "top-k past the vocabulary": {"top_k": 100_000},
    "top-p 0": {"top_p": 0, "temperature": 1.5},
    "top-p 0.8": {"top_p": 0.8},
    "top-p 1": {"top_p": 1},
    "min-p 0.1": {"min_p": 0.1, "temperature": 1.5},
    "min-p 1": {"min_p": 1},
    "frequency 2": {"frequency_penalty": 2},
    "frequency -2": {"frequency_penalty": -2},
    "presence 2": {"presence_penalty": 2},
    "presence -2": {"presence_penalty": -2},
    "repetition 1.5": {"repetition_penalty": 1.5},
    "repetition 0.5": {"repetition_penalty": 0.5},
    "penalised greedy": {"temperature": 0, "frequency_penalty": 0.7, "repetition_penalty": 1.2},
    "all at once": {
        "temperature": 1.3, "top_k": 50, "top_p": 0.92, "min_p": 0.02, "repetition_penalty": 1.1,
        "frequency_penalty": 0.4, "presence_penalty": 0.3,
    },
}  # fmt: skip
STOPS = [[], ["."], ["\n"], ["", "um"], [". ", "🐱", "o g"], ["ção"]]
LENGTHS = [0, 1, 24]


@pytest.fixture(scope="module")
def lm():
    lm = load("mini-base", device="cpu")
    lm.model.load_state_dict(quantized_state(model_path("mini-base")), strict=False)
    lm.model.tie_weights()
    return lm


@pytest.fixture(scope="module")
def page():
    text = cached(model_path("mini-base")).read_text("utf-8")
    node = Node()
    node.ask("load", file=json.loads(text[text.index("] = {") + 4 :].rstrip().rstrip(";")))
    yield node
    node.close()


def kernel(lm, params: dict) -> tuple[list[dict], dict]:
    """(events, result) of the Python side."""
    return finished(lm.compute("generate", params))


def agree(lm, page, params: dict) -> dict:
    events, theirs = kernel(lm, params)
    ours = page.ask("generate", **params)
    assert {key: ours[key] for key in theirs} == theirs, params
    assert [e["token"]["id"] for e in ours["events"]] == theirs["ids"]
    for a, b in zip(ours["events"], events, strict=True):
        assert a["token"]["q"] == pytest.approx(b["token"]["q"], abs=2e-4)
    return theirs


@pytest.mark.parametrize("name", SETTINGS)
def test_the_same_tokens_with_every_parameter(lm, page, name):
    for seed, prompt in enumerate(PROMPTS):
        rules = {**SETTINGS[name], "seed": 11 * seed}
        agree(lm, page, {"text": prompt, "max_new_tokens": 24, "sampling": rules})


@pytest.mark.parametrize("stop", STOPS, ids=map(repr, STOPS))
def test_the_same_stops(lm, page, stop):
    for seed in range(3):
        for most in LENGTHS:
            params = {
                "text": "Era uma vez um",
                "max_new_tokens": most,
                "stop": stop,
                "sampling": {"seed": seed},
            }
            result = agree(lm, page, params)
            assert not any(s in result["text"] for s in stop if s)
            assert most or result["reason"] == "length"


def test_a_length_past_the_context_ends_at_the_context(lm, page):
    start = lm.context - 9
    ids = [x["id"] for x in lm.compute("encode", {"text": "O gato e o rato. " * lm.context})["tokens"]][
        :start
    ]
    params = {"ids": ids, "max_new_tokens": 10_000, "sampling": {"temperature": 1.2, "seed": 2}}
    result = agree(lm, page, params)
    assert result["reason"] in ("context", "eos")
    if result["reason"] == "context":
        assert len(result["ids"]) == 9


def test_each_parameter_changes_something(lm):
    """A test of equality proves nothing of a parameter that nobody reads."""
    plain = [kernel(lm, {"text": p, "max_new_tokens": 24, "sampling": {"seed": 11 * i}})[1]["ids"]
             for i, p in enumerate(PROMPTS)]  # fmt: skip
    neutral = {"nothing", "top-k past the vocabulary", "top-p 1"}
    for name, rules in SETTINGS.items():
        made = [
            kernel(lm, {"text": p, "max_new_tokens": 24, "sampling": {**rules, "seed": 11 * i}})[1]["ids"]
            for i, p in enumerate(PROMPTS)
        ]
        assert (made == plain) == (name in neutral), name


def test_weights_are_those_of_the_page(lm):
    kept = quantized_state(model_path("mini-base"))
    name = "model.layers.0.mlp.up_proj.weight"
    assert torch.equal(lm.model.state_dict()[name], kept[name])
