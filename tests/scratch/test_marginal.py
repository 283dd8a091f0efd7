"""Reading apart: shares, sums by hand, who wins, and what cannot be joined."""

import math

import pytest
import torch

from llmlib.scratch.marginal import Reading, Sums, add_up, mixed, same, trust


def test_shares_are_torchs_softmax():
    scores = [0.93, 0.4, 0.77, 0.0]
    right = torch.softmax(10 * torch.tensor(scores, dtype=torch.float64), 0).tolist()
    assert trust(scores) == pytest.approx(right)
    assert trust([2000.0, 1999.0]) == pytest.approx(trust([1.0, 0.0]))  # no overflow
    assert trust([]) == []


def test_the_sum_is_the_papers():
    """p(y|x) = Σ p(z|x) p(y|x,z), over the passages that brought y up."""
    readings = [Reading("8h30.", 0.5, 0.1), Reading("9h", 0.9, 0.05), Reading(" 8H30", 0.6, 0.2)]
    sums = add_up(readings, [0.5, 0.3, 0.2])
    assert [value for value, _ in sums.answers] == ["8h30.", "9h"]
    assert [score for _, score in sums.answers] == pytest.approx([0.5 * 0.5 + 0.2 * 0.6, 0.27])
    assert sums.refusal == pytest.approx(0.5 * 0.1 + 0.3 * 0.05 + 0.2 * 0.2)
    assert sums.decide() == "8h30."
    assert same("Seis  Reais. ") == same("seis reais")


def test_a_weight_takes_its_part_from_all_the_others():
    assert mixed([0.75, 0.25], 0.2) == pytest.approx([0.6, 0.2, 0.2])
    assert mixed([0.75, 0.25], 0) == [0.75, 0.25, 0]
    assert mixed([0.75, 0.25], 1) == [0, 0, 1]
    assert mixed([], 0.3) == [1]  # nothing else was read
    for wrong in (-0.1, 1.1, math.nan):
        with pytest.raises(ValueError, match="vai de 0 a 1"):
            mixed([1.0], wrong)


@pytest.mark.parametrize(("caution", "said"), [(0, "9h"), (0.5, "9h"), (1.1, "")])
def test_caution_decides_between_the_answer_and_the_refusal(caution, said):
    assert Sums((("9h", 0.5),), 0.5).decide(caution) == said


def test_where_every_reading_refused_so_does_the_sum():
    sums = add_up([Reading("", 0.9, 0.9), Reading("", 0.7, 0.7)], trust([1.0, 0.5]))
    assert sums.answers == ()
    assert sums.decide(0) == ""
    assert math.isclose(sums.refusal, 0.9, abs_tol=0.01)


def test_each_reading_needs_its_share():
    with pytest.raises(ValueError, match="um peso para cada leitura"):
        add_up([Reading("9h", 0.5, 0.1)], [0.5, 0.5])
