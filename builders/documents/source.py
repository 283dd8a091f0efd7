"""Read the written themes of `data/documents/caxinduba/fontes/*.txt`: facts, questions and documents by hand.

A line a fact or question, then the documents (the markup of their text is in `model`):

    @ theme | dev                                     which split all of it belongs to
    + key | subject | relation | value ; other ways
    - key | value that an earlier document gave
    ? key: wording // wording
    & key + key: wording // wording                   the first fact leads to the second, whose value answers
    < key < key = answer ; other ways | label: wording // wording     the first number is the smaller
    ! subject | relation | marks: wording // wording  nothing says it
    ~ theme.key: wording                              another wording, far from the documents' words
    == kind | date | title | substitui=id             then the text, to the next ==
"""

from __future__ import annotations

import re
from pathlib import Path

from builders.documents.model import (
    COMPARISON,
    CONTRADICTION,
    NONE,
    ONE,
    TWO,
    Collection,
    Document,
    Fact,
    Question,
    SourceError,
    number,
)


def _parts(text: str, mark: str) -> list[str]:
    return [part.strip() for part in text.split(mark)]


def _wordings(text: str) -> list[str]:
    found = _parts(text, " // ")
    if len(found) < 2 or len(set(found)) != len(found):
        raise SourceError("uma pergunta precisa de dois jeitos diferentes")
    return found


def read(path: Path, into: Collection) -> None:
    """Add a theme to a collection. Errors name the file and the line."""
    theme = split = ""
    documents: list[Document] = []
    asked: list[Question] = []
    for count, raw in enumerate(path.read_text(encoding="utf-8").splitlines(), 1):
        try:
            if raw.startswith("== "):
                documents.append(_heading(raw[3:], theme, split, len(documents) + 1))
            elif documents:
                documents[-1].text += raw + "\n"
            elif raw.startswith("@ "):
                theme, split = _parts(raw[2:], "|")
                split = {"dev": "dev", "test": "teste"}[split]
            elif raw.startswith("+ "):
                key, subject, relation, values = _parts(raw[2:], "|")
                into.add(Fact(f"{theme}.{key}", subject, relation, tuple(_parts(values, ";")), split))
            elif raw.startswith("- "):
                key, old = _parts(raw[2:], "|")
                fact = into.facts[f"{theme}.{key}"]
                into.facts[fact.key] = Fact(*[*vars(fact).values()][:5], old=old)
            elif raw.startswith("~ "):
                key, wording = raw[2:].split(": ", 1)
                _asking(key, into).distant = wording
            elif raw[:2] in ("? ", "& ", "< ", "! "):
                asked.append(_question(raw, theme, split, into))
            elif raw.strip() and not raw.startswith("%"):
                raise SourceError("não é uma linha conhecida")
        except (SourceError, ValueError, KeyError) as error:
            raise SourceError(f"{path.name}, linha {count}: {error}") from error
    for document in documents:
        document.text = document.text.strip()
        into.write(document)
    into.questions += [retyped(question, into) for question in asked]


def _asking(key: str, into: Collection) -> Question:
    """The question on this one fact."""
    for question in into.questions:
        if question.facts == (key,):
            return question
    raise SourceError(f"nenhuma pergunta é só sobre {key}")


def retyped(question: Question, into: Collection) -> Question:
    """A question on one fact that two documents tell differently is of its own type."""
    if question.type == ONE and into.facts[question.facts[0]].old:
        question.type = CONTRADICTION
    return question


def _heading(text: str, theme: str, split: str, count: int) -> Document:
    kind, date, title, *options = _parts(text, "|")
    document = Document(f"{theme}-{count}", kind, theme, date, title, "", split)
    for option in options:
        name, _, value = option.partition("=")
        if name != "substitui":
            raise SourceError(f"opção desconhecida: {option}")
        document.supersedes = value
    return document


def _question(raw: str, theme: str, split: str, into: Collection) -> Question:
    head, wordings = re.split(r": ", raw[2:], maxsplit=1)
    told = _wordings(wordings)
    if raw[0] == "?":
        fact = into.facts[f"{theme}.{head}"]
        return Question(told, ONE, (fact.key,), fact.values, split, theme)
    if raw[0] == "&":
        keys = tuple(f"{theme}.{part}" for part in _parts(head, "+"))
        return Question(told, TWO, keys, into.facts[keys[-1]].values, split, theme)
    if raw[0] == "<":
        compared, _, rest = head.partition("=")
        answers = tuple(_parts(rest.partition("|")[0], ";"))
        keys = tuple(f"{theme}.{part}" for part in _parts(compared, "<"))
        low, high = (number(into.facts[key].values[0]) for key in keys)
        if not low < high:
            raise SourceError(f"{keys[0]} não é menor que {keys[1]}")
        return Question(told, COMPARISON, keys, answers, split, theme)
    subject, relation, marks = _parts(head, "|")
    return Question(told, NONE, (), (), split, theme, (subject, relation), tuple(marks.split(",")))
