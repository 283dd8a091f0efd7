"""Quiz: questions with one right option and feedback for every option, checked in the page.

Validates what the author wrote; does not grade, count, store or send anything.
"""

from __future__ import annotations

import re

import traitlets

from llmlib.widgets.base import Widget
from llmlib.widgets.fallback import escape


class Quiz(Widget):
    """Multiple-choice questions.

    Args:
        questions: dicts {pergunta, opcoes: [{texto, certa, retorno}]}: exactly one option has `certa=True`,
            and each has a `retorno`, what the reader is told after choosing it. Backticks set code.
    """

    name = "quiz"
    questions = traitlets.List(traitlets.Dict()).tag(sync=True)

    def __init__(self, questions: list[dict]) -> None:
        if not questions:
            raise ValueError("O quiz precisa de pelo menos uma pergunta.")
        super().__init__(questions=[checked(number, each) for number, each in enumerate(questions, start=1)])

    def summary(self) -> str:
        many = len(self.questions)
        return f"Quiz com {many} {'pergunta' if many == 1 else 'perguntas'}: {self.questions[0]['pergunta']}"

    def fallback(self) -> str:
        return f'<ol class="quiz-still">{"".join(map(_still, self.questions))}</ol>'


def checked(number: int, question: dict) -> dict:
    """The question with only the known fields; ValueError, one sentence, where it is not whole."""
    where = f"Pergunta {number} do quiz"
    text, options = question.get("pergunta", ""), question.get("opcoes", [])
    if not text.strip():
        raise ValueError(f"{where}: falta o texto em “pergunta”.")
    if len(options) < 2:
        raise ValueError(f"{where}: são precisas pelo menos duas opções; há {len(options)}.")
    for option in options:
        for field in ("texto", "retorno"):
            if not str(option.get(field, "")).strip():
                raise ValueError(f"{where}: toda opção precisa de “{field}”; falta em {option!r}.")
    right = sum(option.get("certa") is True for option in options)
    if right != 1:
        raise ValueError(f"{where}: exatamente uma opção deve ter certa=True; há {right}.")
    keep = [{"texto": o["texto"], "certa": o.get("certa") is True, "retorno": o["retorno"]} for o in options]
    return {"pergunta": text, "opcoes": keep}


def _code(text: str) -> str:
    return re.sub(r"`([^`]+)`", r"<code>\1</code>", escape(text))


def _still(question: dict) -> str:
    options, answers = [], []
    for option in question["opcoes"]:
        sign, text = "✓" if option["certa"] else "✗", _code(option["texto"])
        options.append(f"<li>{text}</li>")
        answers.append(f"<li>{sign} <strong>{text}</strong>: {_code(option['retorno'])}</li>")
    return (
        f'<li><p>{_code(question["pergunta"])}</p><ul class="quiz-list">{"".join(options)}</ul>'
        f"<details><summary>Ver a resposta</summary><ul>{''.join(answers)}</ul></details></li>"
    )
