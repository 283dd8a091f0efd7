"""Checks for the exercises of code: `check("perplexidade", minha_funcao)` runs it and answers in Portuguese.

An exercise is a name, a solution and the cases on which the two must agree. The solution is ordinary code,
shown in the chapter by `source(...)` behind a fold, and tested. Nothing is sent anywhere; a wrong answer is
never an exception, so that a notebook runs to its end. Exercises on paper need no check and are not here.
"""

from __future__ import annotations

import math
from collections.abc import Callable
from dataclasses import dataclass

from llmlib.cases import EXERCISES, Ciranda
from llmlib.exercise_kind import Exercise
from llmlib.prose import number

__all__ = ["EXERCISES", "Ciranda", "Exercise", "Feedback", "check", "written"]


@dataclass(frozen=True)
class Feedback:
    """What `check` answers: `ok`, and a sentence. Shows itself in a notebook."""

    ok: bool
    message: str

    def __repr__(self) -> str:
        return f"{'✓' if self.ok else '✗'} {self.message}"

    def _repr_html_(self) -> str:
        from llmlib.widgets.fallback import escape

        kind, word = ("ok", "Certo") if self.ok else ("no", "Ainda não")
        look = f"llm-feedback llm-feedback-{kind}"
        return f'<p class="{look}" role="status"><strong>{word}.</strong> {escape(self.message)}</p>'


def written(value: object) -> str:
    """A value as a sentence shows it: numbers in Portuguese, the rest as Python does, cut at 80 letters."""
    if isinstance(value, float) and math.isfinite(value):
        return number(value, 4).rstrip("0").rstrip(",") if abs(value) < 1e6 else f"{value:.4g}"
    if callable(value):
        return "uma função"
    text = f"“{value}”" if isinstance(value, str) else repr(value)
    return text if len(text) <= 80 else text[:79] + "…"


def agree(answer: object, expected: object) -> bool:
    """Equal, or, for numbers, equal to six digits."""
    if isinstance(expected, float):
        try:
            return math.isclose(float(answer), expected, rel_tol=1e-6)
        except (TypeError, ValueError):
            return False
    if isinstance(expected, list) and any(isinstance(each, float) for each in expected):
        return isinstance(answer, list) and len(answer) == len(expected) and all(map(agree, answer, expected))
    return type(answer) is type(expected) and answer == expected


def check(name: str, answer: Callable) -> Feedback:
    """Runs the reader's function on every case. Raises ValueError only for an unknown exercise."""
    if name not in EXERCISES:
        raise ValueError(f"Não há exercício “{name}”. Os que há: {', '.join(sorted(EXERCISES))}.")
    exercise = EXERCISES[name]
    if not callable(answer):
        return Feedback(
            False, f'Passe a função, sem os parênteses: check("{name}", {exercise.solution.__name__}).'
        )
    for arguments in exercise.cases:
        expected = exercise.solution(*arguments())
        case = ", ".join("lm" if hasattr(each, "next") else written(each) for each in arguments())
        try:
            got = answer(*arguments())
        except Exception as error:  # the reader's own code: whatever it raises is part of the lesson
            kind = type(error).__name__
            return Feedback(False, f"Com ({case}), a função parou com {kind}: {error}. {exercise.hint}")
        if got is None:
            return Feedback(False, f"Com ({case}), a função não devolveu nada: falta o return?")
        if not agree(got, expected):
            return Feedback(
                False, f"Com ({case}) era para dar {written(expected)}, e deu {written(got)}. {exercise.hint}"
            )
    return Feedback(True, f"A função concordou com a solução nos {len(exercise.cases)} casos.")


def __getattr__(name: str) -> Callable:
    """`exercise.perplexidade`: the solution of that name, for a chapter to show."""
    if name not in EXERCISES:
        raise AttributeError(
            f"llmlib.exercise has no {name!r}; its exercises are {', '.join(sorted(EXERCISES))}"
        )
    return EXERCISES[name].solution
