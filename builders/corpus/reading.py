"""Documents that can only be answered by reading them: passages with questions, and other in-context forms.

Every value is invented or drawn at random, so that nothing learned before helps. The answer (after
"Resposta: ", to the end of the line) is marked. The facts and questions are made by `passages`; the other
forms by `forms`.
"""

from __future__ import annotations

import random
from collections.abc import Iterator
from dataclasses import replace

from builders.corpus import Document
from builders.corpus.echo import pattern
from builders.corpus.forms import FORMS
from builders.corpus.passages import Passage, build, primer, roster

ANSWER = "Resposta: "
SIZES = {1: (2, 2, 3), 2: (2, 3, 4, 5), 3: (4, 5, 6, 7, 8)}  # facts of a passage, by difficulty
PRIMERS = {1: 0.3, 2: 0.12, 3: 0.08}  # share of the simplest passages, by difficulty
ROSTERS = {1: 0.7, 2: 0.55, 3: 0.3}  # share of passages with one relation said of many, by difficulty
LONGEST = 150  # words of a passage
# Characters of a document that has two questions already: with them it stays in a row of 256 tokens.
ROOM = 720


def with_answers(kind: str, text: str) -> Document:
    """A document whose every line that begins with "Resposta: " carries an answer."""
    spans = []
    start = 0
    for line in text.split("\n"):
        if line.startswith(ANSWER):
            spans.append((start + len(ANSWER), start + len(line)))
        start += len(line) + 1
    return Document(kind, text, tuple(spans))


def prompt(context: str, question: str) -> str:
    """The text before an answer."""
    return f"{context}\nPergunta: {question}\nResposta:"


def _document(passage: Passage) -> Document:
    text = "Contexto: " + passage.text
    for asked, (question, answer) in enumerate(passage.questions):
        more = f"\nPergunta: {question}\n{ANSWER}{answer}"
        if asked < 2 or len(text) + len(more) <= ROOM:
            text += more
    return with_answers("leitura", text)


def documents(rng: random.Random, split: str, difficulty: int | None = None) -> Iterator[Document]:
    """Endless reading documents. difficulty 0: first names and things; 1: mostly one
    relation in one wording; 2: 2 to 5 facts of any kind; 3: 4 to 8; else 2 or 3."""
    while True:
        level = rng.choice((2, 3)) if difficulty is None else difficulty
        if level == 0 or rng.random() < PRIMERS[level]:
            yield _document(primer(rng, rng.randint(2, 6), 6))
            continue
        if rng.random() < ROSTERS[level]:
            yield _document(roster(rng, split, rng.randint(3, 7), 8))
            continue
        if rng.random() < (0.2 if level == 1 else 0.4):
            form = rng.choice(FORMS)
            document = with_answers("leitura", form(rng, split))
            if form is pattern:  # the first example shows the pattern: nothing tells its answer
                document = replace(document, answers=document.answers[1:])
            yield document
            continue
        words = rng.randint(60, LONGEST) if level == 3 and rng.random() < 0.3 else None
        passage = build(rng, split, rng.choice(SIZES[level]), words=words)
        if passage.text.count(" ") < LONGEST:
            yield _document(passage)
