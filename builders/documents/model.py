"""Facts, documents and questions of a collection, and the markup that ties a sentence to a fact.

In the markup of a document, "[abre: A biblioteca abre às #.]" is a sentence that states the fact `abre`; # is
its value, taken from the table. "[abre-: …]" states the value that the table says was overridden,
"[a,b: … # … #]" states two facts in order, and "[!: …]" is a planted instruction. Everything else
states no fact.
"""

from __future__ import annotations

import re
from dataclasses import dataclass, field

from llmlib.rag_judge import normalised as normalised  # how answers are compared, here and by the judge

ONE, TWO, COMPARISON, NONE, CONTRADICTION = (
    "um_fato",
    "dois_documentos",
    "comparacao",
    "sem_resposta",
    "contraditoria",
)
TYPES = (ONE, TWO, COMPARISON, NONE, CONTRADICTION)
SPLITS = ("dev", "teste")
MARKED = re.compile(r"\[([a-z0-9!,\-]+): ?([^\]]*)\]")


class SourceError(ValueError):
    """A table or text that cannot be used; the message says where."""


@dataclass(frozen=True)
class Fact:
    """One row of the tables: what is true (`values[0]`; the rest are other ways to write it) of a subject.

    old: the value that an earlier document gave and a later one overrides.
    """

    key: str
    subject: str
    relation: str
    values: tuple[str, ...]
    split: str
    old: str = ""


@dataclass(frozen=True)
class Evidence:
    """Characters [start, end) of a document that state a fact; its value is in [value_start, value_end)."""

    fact: str
    start: int
    end: int
    value_start: int
    value_end: int
    old: bool = False


@dataclass
class Document:
    """A text with its evidence. `supersedes` and `copy_of` name other documents; `injection` is a span."""

    id: str
    kind: str
    theme: str
    date: str
    title: str
    text: str
    split: str
    evidence: list[Evidence] = field(default_factory=list)
    supersedes: str = ""
    copy_of: str = ""
    injection: tuple[int, int] | None = None
    markup: str = ""


@dataclass
class Question:
    """A question in several wordings; its facts, in the order in which they are needed.

    about: what an unanswerable question asks for, as (subject, relation); marks: beginnings of words without
    which no sentence could state it.
    """

    wordings: list[str]
    type: str
    facts: tuple[str, ...]
    answers: tuple[str, ...]
    split: str
    theme: str
    about: tuple[str, str] = ("", "")
    marks: tuple[str, ...] = ()
    distant: str = ""


@dataclass
class Collection:
    """All of it, by key and id."""

    facts: dict[str, Fact] = field(default_factory=dict)
    documents: dict[str, Document] = field(default_factory=dict)
    questions: list[Question] = field(default_factory=list)

    def add(self, fact: Fact) -> None:
        """A new fact; its key must be new."""
        if fact.key in self.facts:
            raise SourceError(f"o fato {fact.key} está repetido")
        self.facts[fact.key] = fact

    def write(self, document: Document) -> None:
        """A new document from its markup; its id must be new."""
        if document.id in self.documents:
            raise SourceError(f"o documento {document.id} está repetido")
        document.markup = document.text
        document.text, document.evidence, document.injection = render(
            document.markup, self.facts, document.theme, document.id
        )
        for each in document.evidence:
            if self.facts[each.fact].split != document.split:
                raise SourceError(f"{document.id}: o fato {each.fact} é de outra parte")
        self.documents[document.id] = document


def render(
    markup: str, facts: dict[str, Fact], theme: str, where: str
) -> tuple[str, list[Evidence], tuple[int, int] | None]:
    """(plain text, evidence, injected span or None) of a marked text. Keys with no dot belong to `theme`."""
    text, evidence, injection, at = "", [], None, 0
    for match in MARKED.finditer(markup):
        text += markup[at : match.start()]
        at = match.end()
        names, inside = match[1].split(","), match[2]
        start = len(text)
        if names == ["!"]:
            text += inside
            injection = (start, len(text))
            continue
        pieces = inside.split("#")
        if len(pieces) != len(names) + 1:
            raise SourceError(f"{where}: “{inside}” precisa de {len(names)} sinal # para {match[1]}")
        values = []
        for name, piece in zip(names, pieces, strict=False):
            old = name.endswith("-")
            key = name.removesuffix("-")
            key = key if "." in key else f"{theme}.{key}"
            if key not in facts or (old and not facts[key].old):
                raise SourceError(f"{where}: o fato {name} não está na tabela")
            text += piece
            value = facts[key].old if old else facts[key].values[0]
            shown = value[:1].upper() + value[1:] if len(text) == start else value
            values.append((key, len(text), len(text) + len(shown), old))
            text += shown
        text += pieces[-1]
        whole = text[start:]
        first = start + len(whole) - len(whole.lstrip(" -|"))
        last = start + len(whole.rstrip(" |"))
        evidence += [Evidence(key, first, last, v, w, old) for key, v, w, old in values]
    text += markup[at:]
    if re.search(r"[\[\]#]", text):
        raise SourceError(f"{where}: sobrou um sinal do molde em “{text[max(0, text.find('[')) :][:60]}”")
    return text, evidence, injection


def forms(value: str) -> list[str]:
    """Other ways to write a value that are as right: "40 dias" is "40", "R$ 6,00" is "6 reais", and back."""
    found = []
    if counted := re.fullmatch(r"(\d[\d.,]*)( mil)? \D+", value):
        found.append(counted[1] + (counted[2] or ""))
    if plain := re.fullmatch(r"(\d[\d.]*) reais", value):
        found += [f"R$ {plain[1]},00", f"R$ {plain[1]}"]
    if price := re.fullmatch(r"R\$ (\d[\d.]*),(\d\d)", value):
        found += (
            [f"{price[1]} reais", f"R$ {price[1]}"] if price[2] == "00" else [f"{price[1]},{price[2]} reais"]
        )
    if clock := re.fullmatch(r"(\d+)h(\d\d)?", value):
        found.append(f"{clock[1]}:{clock[2] or '00'}")
    return found


def number(value: str) -> float:
    """The first number of a value: "1,8 quilômetro" is 1.8; "12.400 livros" is 12400; "9h30" is 9.5."""
    if clock := re.search(r"\b(\d+)h(\d\d)?\b", value):
        return int(clock[1]) + int(clock[2] or 0) / 60
    found = re.search(r"\d[\d.]*(?:,\d+)?", value)
    if not found:
        raise SourceError(f"“{value}” não tem número")
    return float(found[0].replace(".", "").replace(",", "."))
