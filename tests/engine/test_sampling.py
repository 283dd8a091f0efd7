"""The page's sampling against the vectors that llmlib.scratch.sampling made, and against transformers."""

import json
from pathlib import Path

import numpy as np
import pytest
import torch
from transformers import (
    LogitsProcessorList,
    MinPLogitsWarper,
    RepetitionPenaltyLogitsProcessor,
    TemperatureLogitsWarper,
    TopKLogitsWarper,
    TopPLogitsWarper,
)

from llmlib.scratch.sampling import Sampling, draw, probabilities, uniform
from tests.engine.node import EngineError

VECTORS = json.loads((Path(__file__).parents[1] / "vectors" / "sampling.json").read_text("utf-8"))
RULE = """const [logits, ids, generated, s] = args;
return LLM.distribution(logits, ids, generated, LLM.settings(s))"""


def test_the_same_seed_gives_the_same_number(node):
    pairs = [(case["seed"], case["step"]) for case in VECTORS["uniform"]]
    ours = node.run("return args[0].map(([seed, step]) => LLM.uniform(seed, step))", pairs)
    assert ours == [case["u"] for case in VECTORS["uniform"]]
    many = [(seed * 77_777_777 % 2**32, step) for seed in range(40) for step in range(40)]
    ours = node.run("return args[0].map(([seed, step]) => LLM.uniform(seed, step))", many)
    assert ours == [uniform(*pair) for pair in many]
    assert abs(np.mean(ours) - 0.5) < 0.03


@pytest.mark.parametrize("case", VECTORS["rules"], ids=range(len(VECTORS["rules"])))
def test_rules_agree_with_the_shared_vectors(node, case):
    ids = case["prompt"] + case["generated"]
    ours = node.run(RULE, case["logits"], ids, len(case["generated"]), case["sampling"])
    np.testing.assert_allclose(ours, case["probs"], rtol=0, atol=1e-11)
    chosen = node.run(
        "return LLM.draw(args[0], LLM.uniform(...args[1]))", ours, [case["sampling"]["seed"], case["step"]]
    )
    assert chosen == case["chosen"]


def test_two_thousand_random_rules_choose_as_python_does(node):
    rng = np.random.default_rng(9)
    cases, theirs = [], []
    for _ in range(2000):
        size = int(rng.integers(1, 90))
        logits = np.round(rng.normal(0, 4, size), int(rng.integers(0, 6))).tolist()
        ids, generated = rng.integers(0, size, 12).tolist(), int(rng.integers(0, 10))
        rule = {
            "temperature": float(rng.choice([0, 1e-9, 0.3, 0.7, 1, 1.9])),
            "top_k": int(rng.choice([0, 1, 3, 40, 1000])),
            "top_p": float(rng.choice([0, 0.01, 0.5, 0.9, 1])),
            "min_p": float(rng.choice([0, 0.05, 0.5, 1])),
            "repetition_penalty": float(rng.choice([0.7, 1, 1.3])),
            "frequency_penalty": float(rng.choice([-0.5, 0, 0.8])),
            "presence_penalty": float(rng.choice([-0.5, 0, 0.8])),
            "seed": int(rng.integers(0, 2**32)),
        }
        cases.append([logits, ids, generated, rule])
        split = len(ids) - generated
        probs = probabilities(np.array(logits), Sampling(**rule), ids[:split], ids[split:])
        theirs.append((draw(probs, uniform(rule["seed"], generated)), probs))
    ours = node.run(
        """return args[0].map(([logits, ids, generated, s]) => {
          const p = LLM.distribution(logits, ids, generated, LLM.settings(s));
          return [LLM.draw(p, LLM.uniform(s.seed, generated)), p];
        })""",
        cases,
    )
    for (chosen, p), (wanted, probs) in zip(ours, theirs, strict=True):
        np.testing.assert_allclose(p, probs, rtol=0, atol=1e-12)
        assert chosen == wanted


@pytest.mark.parametrize("top_k", [0, 7])
@pytest.mark.parametrize("top_p", [1, 0.8])
@pytest.mark.parametrize("min_p", [0, 0.04])
@pytest.mark.parametrize("temperature", [0.6, 1.7])
def test_the_shared_rules_agree_with_transformers(node, top_k, top_p, min_p, temperature):
    rng = np.random.default_rng(2)
    logits, ids = rng.normal(0, 3, 211), rng.integers(0, 211, 15).tolist()
    chain = LogitsProcessorList(
        [RepetitionPenaltyLogitsProcessor(1.25), TemperatureLogitsWarper(temperature)]
    )
    if top_k:
        chain.append(TopKLogitsWarper(top_k))
    if top_p < 1:
        chain.append(TopPLogitsWarper(top_p))
    if min_p:
        chain.append(MinPLogitsWarper(min_p))
    theirs = chain(torch.tensor([ids]), torch.tensor(logits[None])).softmax(-1)[0].numpy()
    rule = dict(top_k=top_k, top_p=top_p, min_p=min_p, temperature=temperature, repetition_penalty=1.25)
    np.testing.assert_allclose(node.run(RULE, logits.tolist(), ids, 0, rule), theirs, rtol=0, atol=1e-12)


def test_the_order_is_by_probability_then_by_id(node):
    p = np.round(np.random.default_rng(0).dirichlet(np.full(500, 0.03)), 4)
    ours = node.run("return [...LLM.descending(Float64Array.from(args[0]))]", p.tolist())
    order = np.argsort(-p, kind="stable")
    assert ours == order[p[order] > 0].tolist()


@pytest.mark.parametrize(
    ("rule", "sentence"),
    [
        ({"temperature": -1}, "temperature deve ficar entre 0 e 100; veio -1."),
        ({"top_k": -2}, "top_k deve ficar entre 0 e"),
        ({"top_p": -0.01}, "top_p deve ficar entre"),
        ({"top_k": 2.5}, "top_k é um número inteiro; veio 2.5."),
        ({"seed": 0.5}, "seed é um número inteiro; veio 0.5."),
        ({"top_p": 1.2}, "top_p deve ficar entre"),
        ({"min_p": -0.1}, "min_p deve ficar entre 0 e 1; veio -0.1."),
        ({"repetition_penalty": 0}, "repetition_penalty deve ficar entre"),
        ({"temperature": "muita"}, "temperature deve ficar entre 0 e 100; veio muita."),
        ({"temperatura": 1}, "temperatura não é um controle"),
    ],
)
def test_settings_without_meaning_are_named(node, rule, sentence):
    with pytest.raises(EngineError, match=sentence):
        node.run("return LLM.settings(args[0])", rule)
