"""The classifier: pooling, features and the cut body against transformers; the line against scikit-learn."""

import copy

import numpy as np
import pytest
import torch
from sklearn.linear_model import LogisticRegression

from llmlib.scratch import classify, lora

TEXTS = [[0, 5, 6, 7], [0, 9], [0, 11, 12, 13, 14, 15, 16]]


@pytest.fixture
def body(tiny_lm):
    return copy.deepcopy(tiny_lm.model.model).float().eval()


def test_features_are_the_means_of_each_layer_without_the_first_token(body) -> None:
    found = classify.features(body, TEXTS, batch=2)
    for row, ids in zip(found, TEXTS, strict=True):
        with torch.no_grad():
            states = body(torch.tensor([ids]), output_hidden_states=True).hidden_states
        for layer, state in enumerate(states):
            np.testing.assert_allclose(row[layer], state[0, 1:].mean(0).numpy(), atol=1e-5)


def test_a_cut_body_ends_where_the_layer_ends(body) -> None:
    short = classify.first_layers(body, 1)
    ids, mask = classify.padded(TEXTS)
    with torch.no_grad():
        state = short(input_ids=ids, attention_mask=mask).last_hidden_state
    expected = classify.features(body, TEXTS)[:, 1]
    np.testing.assert_allclose(classify.pool(state, mask).numpy(), expected, atol=1e-5)
    assert len(body.layers) > 1  # the body that was given keeps its layers


def test_the_line_is_logistic_regression() -> None:
    rng = np.random.default_rng(0)
    x = rng.normal(size=(60, 8))
    y = (x[:, 0] + 0.5 * rng.normal(size=60) > 0).astype(int)
    decay = 0.03
    w, b = classify.fit_head(x, y, decay, steps=3000)
    theirs = LogisticRegression(C=1 / (decay * len(x)), tol=1e-10, max_iter=5000).fit(x, y)
    np.testing.assert_allclose(w, theirs.coef_[0], atol=1e-4)
    assert b == pytest.approx(theirs.intercept_[0], abs=1e-4)


def test_a_line_put_into_a_classifier_gives_the_same_answers(body) -> None:
    states = classify.features(body, TEXTS)[:, 1]
    mean, spread = states.mean(0), states.std(0) + 1e-6
    points = (states - mean) / spread / len(mean) ** 0.5
    w, b = classify.fit_head(points, [0, 1, 1], steps=50)
    model = classify.Classifier(classify.first_layers(body, 1), mean, spread)
    classify.set_head(model, w, b)
    np.testing.assert_allclose(classify.predict(model, TEXTS), 1 / (1 + np.exp(-(points @ w + b))), atol=1e-4)


def test_training_lowers_the_loss_and_moves_only_what_learns(body) -> None:
    states = classify.features(body, TEXTS)[:, 1]
    short = lora.add_lora(classify.first_layers(body, 1), rank=2)
    model = classify.Classifier(short, states.mean(0), states.std(0) + 1e-6)
    before = {n: p.detach().clone() for n, p in model.named_parameters()}
    losses = classify.fit(model, TEXTS, [0, 1, 0], steps=30, batch=3, lr=1e-2)
    assert losses[-1] < 0.8 * losses[0]
    moved = {n for n, p in model.named_parameters() if not torch.equal(p, before[n])}
    assert moved
    assert all("lora_" in n or n.startswith("head") for n in moved)


def test_examples_and_labels_must_match(body) -> None:
    model = classify.Classifier(
        classify.first_layers(body, 1), np.zeros(body.config.hidden_size), np.ones(body.config.hidden_size)
    )
    with pytest.raises(ValueError, match="rótulo"):
        classify.fit(model, TEXTS, [1], steps=1)
