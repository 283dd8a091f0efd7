"""Trace: what it accepts, and that a wrong axis is named."""

import re

import numpy as np
import pytest

from llmlib.trace import Trace

T, V, L, H, D = 4, 11, 3, 2, 5
RIGHT = {
    "tokens": ["<|endoftext|>", "A", " avó", "</script>"],
    "ids": [0, 3, 10, 4],
    "logits": np.zeros((T, V)),
    "attentions": np.zeros((L, H, T, T)),
    "hidden_states": np.zeros((L + 1, T, D)),
}


def test_a_right_one_keeps_its_numbers_in_float32():
    trace = Trace(**RIGHT, model="mini-base")
    assert trace.logits.dtype == trace.attentions.dtype == trace.hidden_states.dtype == np.float32
    assert trace.ids.dtype == np.int64
    assert repr(trace) == (
        "Trace de mini-base: 4 tokens, 3 camadas × 2 cabeças, 5 dimensões, vocabulário de 11."
    )


@pytest.mark.parametrize(
    ("name", "shape", "words"),
    [
        ("ids", (5,), "ids tem 5 no eixo 0 (T), mas deveria ter 4"),
        ("logits", (V, T), "logits tem 11 no eixo 0 (T), mas deveria ter 4"),
        ("logits", (1, T, V), "logits deveria ter 2 eixos (T, V), mas tem 3"),
        ("attentions", (L, H, T, 7), "attentions tem 7 no eixo 3 (T), mas deveria ter 4"),
        ("attentions", (L, H, 7, T), "attentions tem 7 no eixo 2 (T), mas deveria ter 4"),
        ("hidden_states", (L, T, D), "hidden_states tem 3 no eixo 0 (L+1), mas deveria ter 4"),
        ("hidden_states", (L + 1, D, T), "hidden_states tem 5 no eixo 1 (T), mas deveria ter 4"),
    ],
)
def test_a_wrong_axis_is_named(name, shape, words):
    with pytest.raises(ValueError, match=re.escape(words)):
        Trace(**{**RIGHT, name: np.zeros(shape)})


def test_an_id_outside_the_vocabulary_and_no_tokens_at_all():
    with pytest.raises(ValueError, match="só tem 11"):
        Trace(**{**RIGHT, "ids": [0, 1, 2, 11]})
    with pytest.raises(ValueError, match="vazio"):
        Trace(**{**RIGHT, "tokens": []})


def test_probabilities_are_the_softmax_of_each_row():
    logits = np.random.default_rng(0).normal(0, 50, (T, V))
    probs = Trace(**{**RIGHT, "logits": logits}).probabilities()
    exact = np.exp(logits - logits.max(1, keepdims=True))
    np.testing.assert_allclose(probs, exact / exact.sum(1, keepdims=True), atol=1e-5)
