"""The n-gram model against its formula, written out the slow way, and against numbers worked by hand."""

from fractions import Fraction

import numpy as np
import pytest

from llmlib.scratch.ngram import NGram
from llmlib.scratch.sampling import Sampling, generate

V = 7
DOCUMENTS = [[0, 1, 2, 1, 3, 1, 2], [0, 4, 1, 2, 5, 5, 5], [0], [0, 2]]


def by_the_formula(order, ids, token):
    """Witten-Bell in exact fractions, counting anew for every context."""
    p = Fraction(1, V)
    for memory in range(min(order, len(ids) + 1)):
        context = ids[len(ids) - memory :]
        after = [
            d[at] for d in DOCUMENTS for at in range(max(memory, 1), len(d)) if d[at - memory : at] == context
        ]
        if not after:
            return p
        p = (after.count(token) + len(set(after)) * p) / (len(after) + len(set(after)))
    return p


@pytest.mark.parametrize("order", [1, 2, 3, 5])
@pytest.mark.parametrize(
    "ids", [[], [0], [1], [6], [3, 1], [6, 1], [0, 1, 2], [5, 5, 5, 5], [0, 4, 1, 2]], ids=str
)
def test_follows_the_formula_and_sums_to_one(order, ids):
    model = NGram(order, V).fit(DOCUMENTS)
    probs = model.probabilities(ids)
    assert probs.sum() == pytest.approx(1)
    assert (probs > 0).all()
    for token in range(V):
        assert probs[token] == pytest.approx(float(by_the_formula(order, ids, token)), rel=1e-12)
        assert model.probability(ids, token) == pytest.approx(probs[token], rel=1e-12)


def test_the_example_of_the_docstring_by_hand():
    probs = NGram(2, 4).fit([[0, 1, 2, 1, 3]]).probabilities([0, 1])
    # alone: 4 tokens, 3 different: p(1) = (2 + 3/4) / 7; after 1: 2 tokens, 2 different
    alone = [3 / 28, 11 / 28, 7 / 28, 7 / 28]
    expected = [2 * alone[0] / 4, 2 * alone[1] / 4, (1 + 2 * alone[2]) / 4, (1 + 2 * alone[3]) / 4]
    np.testing.assert_allclose(probs, expected)


def test_perplexity_is_that_of_the_probabilities():
    model = NGram(3, V).fit(DOCUMENTS)
    held_out = [[0, 1, 2, 6], [0, 5], [0]]
    logs = [np.log(model.probabilities(d[:at])[d[at]]) for d in held_out for at in range(1, len(d))]
    assert model.perplexity(held_out) == pytest.approx(np.exp(-np.mean(logs)))
    assert NGram(3, V).perplexity(held_out) == pytest.approx(V)  # it counted nothing: V equal choices
    with pytest.raises(ValueError, match="token"):
        model.perplexity([[0]])


def test_a_longer_memory_fits_its_own_text_better():
    perplexities = [NGram(order, V).fit(DOCUMENTS).perplexity(DOCUMENTS) for order in (1, 2, 3, 4)]
    assert perplexities == sorted(perplexities, reverse=True)


def test_it_generates_like_any_other_model():
    model = NGram(2, V).fit([[0, 1, 2, 3, 4, 5, 6] * 50])
    steps = generate(model.logits, [0], Sampling(temperature=0), 6)
    assert [step.id for step in steps] == [1, 2, 3, 4, 5, 6]


def test_an_order_of_zero_is_refused():
    with pytest.raises(ValueError, match="order"):
        NGram(0, V)
