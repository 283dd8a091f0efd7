"""Arithmetic coding: what goes in comes out, on random data and on a model, as short as theory says."""

import math

import numpy as np
import pytest

from llmlib.scratch.compress import TOTAL, bits, compress, counting, decompress, documents, predictor, slices


def scattered(size: int, seed: int, sharpness: float = 3.0):
    """A predictor whose probabilities jump about with the ids so far, some of them nearly zero."""

    def predict(ids):
        rng = np.random.default_rng([seed, len(ids), *ids[-2:]])
        weights = np.exp(sharpness * rng.standard_normal(size))
        return weights / weights.sum()

    return predict


@pytest.mark.parametrize("seed", range(12))
def test_random_ids_come_back(seed):
    rng = np.random.default_rng(seed)
    size = int(rng.integers(2, 700))
    ids = rng.integers(0, size, int(rng.integers(0, 300))).tolist()
    predict = scattered(size, seed, float(rng.uniform(0, 8)))
    packed = compress(ids, predict)
    assert decompress(packed, predict) == ids


@pytest.mark.parametrize("seed", range(4))
def test_length_is_the_sum_of_surprises(seed):
    """Within two bytes for the ending and the count, and the little that rounding to TOTAL parts costs."""
    predict, rng = scattered(50, seed, 1.5), np.random.default_rng(seed)
    ids: list[int] = []
    for _ in range(400):
        ids.append(int(rng.choice(50, p=predict(ids))))
    ideal = bits(ids, predict).sum()
    coded = 8 * len(compress(ids, predict))
    assert ideal < coded < ideal + 8 * 4 + 0.001 * len(ids)


def test_bytes_of_any_kind_with_a_model_that_learns():
    for data in (b"", b"\0", bytes(range(256)), b"banana" * 40, np.random.default_rng(5).bytes(500)):
        ids = list(data)
        assert bytes(decompress(compress(ids, counting(256)), counting(256))) == data
    assert len(compress(list(b"banana" * 400), counting(256))) < 0.4 * 2400


def test_a_half_a_quarter_and_a_quarter_by_hand():
    def fixed(ids):
        return np.array([0.5, 0.25, 0.25])

    assert bits([0, 1, 2, 0], fixed).tolist() == [1, 2, 2, 1]
    # 6 bits and the ending fit one byte, after the byte that says there are 4 tokens
    assert len(compress([0, 1, 2, 0], fixed)) == 2
    assert compress([0] * 8, fixed) == bytes([8])  # the number 0: nothing to write


def test_impossible_tokens_cost_24_bits_and_sure_ones_nothing():
    def sure(ids):
        return np.eye(7)[3]

    edges = slices(sure([]))
    assert edges[-1] == TOTAL
    assert (np.diff(edges) >= 1).all()
    assert decompress(compress([3] * 500, sure), sure) == [3] * 500
    assert len(compress([3] * 500, sure)) <= 4
    worst = compress([1, 1, 1], sure)
    assert decompress(worst, sure) == [1, 1, 1]
    assert 9 <= len(worst) <= 11  # three times 24 bits, and the count


@pytest.mark.parametrize("wrong", [[0.5, -0.1, 0.6], [0, 0, 0], [math.nan, 1, 0], [math.inf, 1, 0]])
def test_what_is_no_distribution_is_refused(wrong):
    with pytest.raises(ValueError, match="probabilidades"):
        slices(np.array(wrong, dtype=float))


def test_wrong_ids_and_strange_bytes_get_a_sentence():
    with pytest.raises(ValueError, match="id 9 não existe"):
        compress([9], counting(4))
    with pytest.raises(ValueError, match="não vieram de compress"):
        decompress(b"", counting(4))
    with pytest.raises(ValueError, match="não vieram de compress"):
        decompress(b"\xff" * 12, counting(4))


def test_another_model_does_not_give_the_text_back():
    ids = np.random.default_rng(0).integers(0, 30, 80).tolist()
    assert decompress(compress(ids, scattered(30, 1)), scattered(30, 2)) != ids


def test_documents_forget_what_came_before_and_fit_the_context():
    asked = []
    predict = documents(lambda ids: asked.append(list(ids)) or np.ones(9), mark=0, context=8)
    for length in range(30):
        predict([5, 6, 0, *[1 + i % 8 for i in range(length)]])
        assert asked[-1][0] == 0
        assert asked[-1].count(0) == 1
        assert len(asked[-1]) <= 8
        assert asked[-1][1:] == [1 + i % 8 for i in range(length)][length - len(asked[-1]) + 1 :]
        assert len(asked[-1]) > min(length, 3)  # never fewer than half a context is left
    predict([])
    assert asked[-1] == [0]


def test_a_real_model_gives_its_text_back(tiny_lm):
    """The same passes in the same order give the same numbers: what decoding depends on."""
    predict = predictor(tiny_lm)
    texts = ["O coração da cidade", "Era uma vez um gato que morava no telhado da padaria 🙂." * 3]
    ids = [i for text in texts for i in (*tiny_lm.tokenizer.encode(text), tiny_lm.bos)]
    packed = compress(ids, predict)
    assert decompress(packed, predict) == ids
