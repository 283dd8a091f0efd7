"""Documents of town halls, shops, clubs and newspapers, written from `data/corpus/registros/`.

`record` invents one thing and some facts of it; `write` says them in the shape of a document (running text, a
table, a list, questions and answers, numbered rules), with sentences around them that say nothing. Every fact
knows which piece of the document states it. The questions put to documents are in `instructions.documents`.
"""

from __future__ import annotations

import random
from dataclasses import dataclass, field
from functools import lru_cache

from builders.corpus.fillers import filler
from builders.corpus.invented import Noun, cap
from builders.corpus.registers_names import SUBJECTS, value
from builders.corpus.relations import Template, compile_template, fill, held_wording
from builders.corpus.values import TABLES


@dataclass(eq=False)
class Fieldname:
    """What can be said of a sort of thing. Answers stand beside their questions."""

    name: str
    value: str
    label: str
    statements: list[Template] = field(default_factory=list)
    bare: list[Template] = field(default_factory=list)
    questions: list[tuple[Template, Template]] = field(default_factory=list)
    situations: list[tuple[Template, Template]] = field(default_factory=list)
    keywords: list[tuple[Template, Template]] = field(default_factory=list)
    clauses: list[Template] = field(default_factory=list)


@dataclass
class Sort:
    """A sort of document: what it is about, how it may be headed, how it is called, what is said of it."""

    name: str
    subject: str
    titles: tuple[str, ...]
    kinds: tuple[Noun, ...] = ()
    fields: list[Fieldname] = field(default_factory=list)


@dataclass(frozen=True)
class Fact:
    """One field of one subject, with its value."""

    field: Fieldname
    subject: Noun
    value: Noun

    def said(self, template: Template, subject: Noun | None = None) -> str:
        """A template about this fact; with another way to name the subject, if given."""
        return fill(template, subject or self.subject, self.value)


@dataclass(frozen=True)
class Record:
    """A subject, the shorter ways to name it, and what is true of it."""

    sort: Sort
    subject: Noun
    shorter: tuple[Noun, ...]
    facts: tuple[Fact, ...]


LISTS = {"=": "statements", "*": "bare", "~": "clauses"}
ASKED = {"?": "questions", "+": "situations", "^": "keywords"}


def parse(text: str, source: str = "registros") -> list[Sort]:
    """Sorts of a table. A line that cannot be read is named with its number."""
    found: list[Sort] = []
    default = "{v}"
    for number, line in enumerate(text.splitlines(), 1):
        line = line.strip()
        if not line or line.startswith("#"):
            continue
        mark, _, rest = line.partition(" ")
        try:
            if mark == "@":
                name, subject, titles = (cell.strip() for cell in rest.split("|"))
                found.append(Sort(name, subject, tuple(t.strip() for t in titles.split(";"))))
            elif mark == "&":
                nouns = [cell.strip().partition(" ") for cell in rest.split(";")]
                found[-1].kinds = tuple(
                    Noun(n, {"o": "m", "a": "f"}[article], True) for article, _, n in nouns
                )
            elif mark in LISTS:
                getattr(found[-1].fields[-1], LISTS[mark]).append(compile_template(rest))
            elif mark in ASKED:
                question, own, answer = rest.partition(" > ")
                pair = compile_template(question), compile_template(answer if own else default)
                getattr(found[-1].fields[-1], ASKED[mark]).append(pair)
            elif mark == ">":
                default = rest
            else:
                name, kind, label = (cell.strip() for cell in line.split("|"))
                found[-1].fields.append(Fieldname(name, kind, label))
                default = "{v}"
        except (ValueError, IndexError, KeyError) as error:
            raise ValueError(
                f"{source}, linha {number}: {line!r} não é uma linha de registro ({error})"
            ) from error
    for each in (f for sort in found for f in sort.fields):
        if len(each.statements) < 3 or not each.bare or len(each.questions) < 2 or not each.situations:
            raise ValueError(
                f"{source}: o campo {each.name} precisa de 3 afirmações, 1 sem sujeito, "
                "2 perguntas e 1 situação"
            )
    return found


@lru_cache(maxsize=1)
def sorts() -> tuple[Sort, ...]:
    """Every sort of the tables, a file each."""
    tables = sorted((TABLES / "registros").glob("*.txt"))
    return tuple(sort for table in tables for sort in parse(table.read_text("utf-8"), table.name))


def worded(wordings: list, name: str, kind: str, split: str) -> list:
    """The wordings of a field that a split may use: training never sees one statement and one question."""
    held = held_wording(name, kind, len(wordings), 3)
    if held is None or split != "train":
        return wordings
    return [w for i, w in enumerate(wordings) if i != held]


def record(
    rng: random.Random,
    split: str,
    sort: Sort,
    size: int,
    fields: list[Fieldname] | None = None,
    subject: Noun | None = None,
) -> Record:
    """Something invented, or the subject given, with `size` facts at most, of the fields given if any are."""
    invented, shorter = SUBJECTS[sort.subject](rng, split)
    if subject:
        shorter = (Noun(subject.text.split()[0], subject.gender, subject.article),)
    subject = subject or invented
    chosen = fields or rng.sample(sort.fields, min(size, len(sort.fields)))
    facts, used = [], {subject.text}
    for each in chosen:
        for _ in range(6):
            made = value(rng, split, each.value, subject.gender)
            if made.text not in used:
                used.add(made.text)
                facts.append(Fact(each, subject, made))
                break
    return Record(sort, subject, shorter, tuple(facts))


Piece = tuple[str, tuple[Fact, ...]]  # a piece of text that stays whole, and the facts that it states


def _sentence(rng: random.Random, split: str, made: Record, fact: Fact, named: bool) -> str:
    """A fact in a sentence: with the subject's name, with a shorter one, or without it, once it was named."""
    statements = worded(fact.field.statements, fact.field.name, "statements", split)
    draw = rng.random()
    if not named or draw < 0.45:
        return cap(fact.said(rng.choice(statements)))
    if draw < 0.65 and made.shorter:
        return cap(fact.said(rng.choice(statements), made.shorter[0]))
    return cap(fact.said(rng.choice(fact.field.bare)))


def _running(rng: random.Random, split: str, made: Record) -> list[Piece]:
    pieces: list[Piece] = []
    for i, fact in enumerate(made.facts):
        pieces.append((_sentence(rng, split, made, fact, i > 0), (fact,)))
        if rng.random() < 0.4:
            pieces.append((filler(rng, split, []), ()))
    if rng.random() < 0.5:
        pieces.insert(0, (filler(rng, split, []), ()))
    return pieces


def _named(made: Record) -> str:
    return made.subject.text


def _table(rng: random.Random, split: str, made: Record) -> list[Piece]:
    """A row a field, under the subject's name."""
    head = (
        f"| {_named(made)} | |\n| --- | --- |"
        if rng.random() < 0.8
        else f"| campo | {_named(made)} |\n| --- | --- |"
    )
    rows = [(f"| {f.field.label} | {_valued(f)} |", (f,)) for f in made.facts]
    before = [(filler(rng, split, []), ())] if rng.random() < 0.3 else []
    return [*before, (head, ()), *rows]


def _valued(fact: Fact) -> str:
    """A value as a table gives it: with its unit, without the preposition of an answer."""
    text = fill(fact.field.questions[0][1], fact.subject, fact.value)
    for lead in ("às ", "no dia ", "na ", "em ", "de ", "como ", "para ", "por ", "sobre "):
        text = text.removeprefix(lead) if not fact.value.text.startswith(lead) else text
    return text


def _list(rng: random.Random, split: str, made: Record) -> list[Piece]:
    """A line a field: labels and values, or short sentences."""
    mark = rng.choice(("- ", "- ", "• "))
    lines = [
        (
            mark
            + (
                f"{cap(f.field.label)}: {_valued(f)}"
                if rng.random() < 0.6
                else cap(f.said(rng.choice(f.field.bare)))
            ),
            (f,),
        )
        for f in made.facts
    ]
    return [(rng.choice(("{}", "{}:", "Sobre {}:")).format(cap(_named(made))), ()), *lines]


def _rules(rng: random.Random, split: str, made: Record) -> list[Piece]:
    """Numbered rules, some of them about nothing asked."""
    said = [(_sentence(rng, split, made, f, i > 0), (f,)) for i, f in enumerate(made.facts)]
    for _ in range(rng.randint(0, 2)):
        said.insert(rng.randint(1, len(said)), (filler(rng, split, []), ()))
    form = rng.choice(("{}. {}", "Art. {}º {}", "{}) {}"))
    return [(form.format(i, text), facts) for i, (text, facts) in enumerate(said, 1)]


def _answers(rng: random.Random, split: str, made: Record) -> list[Piece]:
    """Questions as visitors put them, each with its answer."""
    pieces = []
    for i, fact in enumerate(made.facts):
        question, answer = rng.choice(worded(fact.field.questions, fact.field.name, "questions", split))
        reply = (
            cap(fact.said(answer)) + "."
            if rng.random() < 0.4 and i
            else _sentence(rng, split, made, fact, i > 0)
        )
        pieces.append((f"{cap(fact.said(question))} {reply}", (fact,)))
    return pieces


SHAPES = (_running, _running, _running, _running, _table, _table, _list, _list, _rules, _answers)


def grid(
    rng: random.Random, split: str, sort: Sort, rows: int, columns: int
) -> tuple[list[Piece], list[Record]]:
    """A table of several subjects, a row each, with the same fields in columns."""
    fields = rng.sample(sort.fields, min(columns, len(sort.fields)))
    made: dict[str, Record] = {}
    for _ in range(rows * 3):
        each = record(rng, split, sort, columns, fields)
        if len(each.facts) == len(fields):
            made.setdefault(each.subject.text, each)
        if len(made) == rows:
            break
    head = (
        "| " + " | ".join(["dia" if sort.subject == "dia_de" else "nome", *(f.label for f in fields)]) + " |"
    )
    pieces: list[Piece] = [(head + "\n" + "| --- " * (len(fields) + 1) + "|", ())]
    for each in made.values():
        pieces.append(
            (f"| {each.subject.text} | " + " | ".join(_valued(f) for f in each.facts) + " |", each.facts)
        )
    return pieces, list(made.values())


def write(rng: random.Random, split: str, made: Record) -> list[Piece]:
    """The pieces of a document on a record, in order."""
    return rng.choice(SHAPES)(rng, split, made)


def title(rng: random.Random, made: Record) -> str:
    """A heading for a document: the kind of document, often with what it is about."""
    kind = cap(rng.choice(made.sort.titles))
    return (
        f"{kind}: {_named(made)}" if rng.random() < 0.6 else kind if rng.random() < 0.5 else cap(_named(made))
    )


def joined(pieces: list[Piece]) -> str:
    """The text of pieces: rows, list lines and rules on lines of their own, sentences side by side."""
    text = ""
    for piece, _ in pieces:
        own_line = piece.startswith(("|", "- ", "• ")) or piece[:1].isdigit() or piece.startswith("Art.")
        after_line = text.rsplit("\n", 1)[-1].startswith(("|", "- ", "• "))
        text += ("\n" if own_line or after_line or text.endswith(":") else " " if text else "") + piece
    return text.strip()
