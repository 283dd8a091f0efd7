"""Exercise checks: the solutions pass, typical wrong answers get a useful sentence, nothing raises."""

import math

import pytest

from llmlib.exercise import EXERCISES, Ciranda, check, continuar, perplexidade, written


@pytest.mark.parametrize("name", sorted(EXERCISES))
def test_the_solution_passes(name):
    feedback = check(name, EXERCISES[name].solution)
    assert feedback.ok, feedback.message


def test_solutions_against_values_worked_by_hand():
    assert perplexidade([0.5, 0.25, 0.125]) == pytest.approx(4.0)  # (1/64) ** (-1/3)
    assert perplexidade([1 / 7] * 9) == pytest.approx(7.0)  # hesitating among 7 equal choices
    assert continuar(Ciranda(), "a", 4) == "a roda gira e a"


def arithmetic(ps):
    return 1 / (sum(ps) / len(ps))


def product(ps):  # underflows on the long case
    return math.prod(ps) ** (-1 / len(ps))


def forgets_to_return(ps):
    math.exp(sum(-math.log(p) for p in ps) / len(ps))


@pytest.mark.parametrize(
    ("wrong", "says"),
    [
        (arithmetic, "era para dar 4, e deu 3,4286"),
        (product, "parou com ZeroDivisionError"),
        (forgets_to_return, "falta o return?"),
        (lambda: 1, "parou com TypeError"),
        (lambda ps: "4", "era para dar 4"),
        (4.0, "sem os parênteses"),
    ],
)
def test_wrong_answers_are_told_what_is_wrong(wrong, says):
    feedback = check("perplexidade", wrong)
    assert not feedback.ok
    if says == "era para dar 4":  # "4" as text also equals 4.0 when converted: the next case tells them apart
        assert "era para dar" in feedback.message
    else:
        assert says in feedback.message


def test_loop_that_does_not_feed_back_is_caught():
    def same_word(lm, texto, passos):
        return texto + lm.next(texto)["top"][0]["text"] * passos

    feedback = check("continuar", same_word)
    assert not feedback.ok
    assert "era para dar “a roda gira e a roda”" in feedback.message


def test_feedback_shows_itself_and_escapes_what_the_reader_wrote():
    feedback = check("continuar", lambda lm, texto, passos: "</p><script>alert(1)</script>")
    assert "<script>" not in feedback._repr_html_()
    assert repr(feedback).startswith("✗")


def test_unknown_exercise_lists_the_ones_there_are():
    with pytest.raises(ValueError, match="perplexidade"):
        check("nada", print)


def test_numbers_are_written_in_portuguese():
    assert written(2.5) == "2,5"
    assert written(4.0) == "4"
    assert written("é <b>") == "“é <b>”"


def test_nucleus_against_the_rule_that_runs():
    import numpy as np

    from llmlib.exercise import nucleo
    from llmlib.scratch.sampling import top_p

    random = np.random.default_rng(5)
    for _ in range(50):
        probs, p = random.dirichlet(np.ones(9)), float(random.uniform(0, 0.99))
        kept = np.isfinite(top_p(np.log(probs), p))
        assert sorted(nucleo(probs.tolist(), p)) == np.flatnonzero(kept).tolist()
    assert nucleo([0.5, 0.25, 0.15, 0.06, 0.04], 0.8) == [0, 1, 2]


def test_a_nucleus_that_forgets_the_one_who_crosses_the_line_is_told():
    def strict(probabilidades, p):
        kept, total = [], 0.0
        for i in sorted(range(len(probabilidades)), key=lambda i: -probabilidades[i]):
            total += probabilidades[i]
            if total > p:
                break
            kept.append(i)
        return kept

    assert "era para dar [0, 1, 2], e deu [0, 1]" in check("nucleo", strict).message
