"""Relations that a passage can state and ask: tables of `data/corpus` parsed and compiled to fast templates.

A template is Portuguese with fields in braces, a word and the noun it agrees with ("s" subject, "v" value):
`{s}` bare, `{o s}` with definite article where the noun takes one, `{do s}`, `{no s}`, `{ao s}`, `{pelo s}`
contracted, `{um s}`, `{ele s}`, `{no_dia v}`, and any masculine word `{nascido s}` put into its gender.
"""

from __future__ import annotations

import re
from collections.abc import Callable
from dataclasses import dataclass, field, replace
from functools import cache, lru_cache
from zlib import crc32

from builders.corpus.invented import Noun, cap
from builders.corpus.values import TABLES

HELD_OUT_RELATIONS = frozenset(
    {
        "ensina",
        "cuida",
        "cuida_de",
        "guarda_onde",
        "remedio_cura",
        "robo_faz",
        "foge",
        "fala_sobre",
        "capitao",
        "parte_hora",
        "hora:janta",
        "com:dançou",
        "objeto:consertou",
        "objeto:rasgou",
        "pessoa:elogiou",
        "atributo:o código",
        "s_ingresso",
        "s_vagas",
        "s_responsavel",
    }
)
IRREGULAR = {
    "irmão": "irmã",
    "um_irmão": "uma irmã",
    "um_vizinho": "uma vizinha",
    "o_melhor": "a melhor",
    "o_prefeito": "a prefeita",
    "o_diretor": "a diretora",
    "o_autor": "a autora",
    "o_rei": "a rainha",
    "cantor": "cantora",
    "quantos": "quantas",
}
# with article by gender and number; "" without article
CONTRACTED = {
    "o": {"m": "o ", "f": "a ", "mp": "os ", "fp": "as ", "": ""},
    "do": {"m": "do ", "f": "da ", "mp": "dos ", "fp": "das ", "": "de "},
    "no": {"m": "no ", "f": "na ", "mp": "nos ", "fp": "nas ", "": "em "},
    "ao": {"m": "ao ", "f": "à ", "mp": "aos ", "fp": "às ", "": "a "},
    "pelo": {"m": "pelo ", "f": "pela ", "mp": "pelos ", "fp": "pelas ", "": "por "},
}
PLURAL_VERBS = {"fica": "ficam", "tem": "têm", "é": "são", "está": "estão", "faz": "fazem"}
Part = str | tuple[Callable[[Noun], str], int]
Template = tuple[Part, ...]


def feminine(text: str) -> str:
    """Feminine of a masculine adjective or participle, of the kinds used in templates."""
    if text in IRREGULAR:
        return IRREGULAR[text]
    head, _, tail = text.partition(" ")
    return (head[:-1] + "a" if head.endswith("o") else head) + (" " + tail if tail else "")


@cache
def _form(name: str) -> Callable[[Noun], str]:
    if name == "":
        return lambda n: n.text
    if name in CONTRACTED:
        forms = CONTRACTED[name]
        return lambda n: forms[n.gender if n.article else ""] + n.text
    if name == "um":
        return lambda n: ("um " if n.gender == "m" else "uma ") + n.text
    if name == "ele":
        return lambda n: "ele" if n.gender == "m" else "ela"
    if name == "dele":
        return lambda n: "dele" if n.gender == "m" else "dela"
    if name == "num":
        return lambda n: ("num " if n.gender == "m" else "numa ") + n.text
    if name in PLURAL_VERBS:
        return lambda n: PLURAL_VERBS[name] if n.gender in {"mp", "fp"} else name
    if name == "no_dia":
        return lambda n: ("na " if n.text.endswith("feira") else "no ") + n.text
    his, hers = name.replace("_", " "), feminine(name).replace("_", " ")
    return lambda n: his if n.gender in {"m", "mp"} else hers


def compile_template(text: str) -> Template:
    """Parts of a template: literal strings, and (form, 0 for subject or 1 for value)."""
    parts: list[Part] = []
    for piece in re.split(r"(\{[^}]+\})", text):
        if piece.startswith("{"):
            name, _, noun = piece[1:-1].rpartition(" ")
            if noun not in {"s", "v"}:
                raise ValueError(f"campo desconhecido {piece!r} em {text!r}: use s ou v")
            parts.append((_form(name), 0 if noun == "s" else 1))
        elif piece:
            parts.append(piece)
    return tuple(parts)


def fill(template: Template, subject: Noun, value: Noun) -> str:
    """Text of a template; the first letter is left as it is."""
    nouns = (subject, value)
    return "".join([part if part.__class__ is str else part[0](nouns[part[1]]) for part in template])


@dataclass
class Relation:
    """One relation: what it is about, and its wordings compiled."""

    name: str
    subject: str
    value: str
    statements: list[Template] = field(default_factory=list)
    questions: list[tuple[Template, Template]] = field(default_factory=list)  # (question, short answer)
    reverse: list[tuple[Template, Template]] = field(default_factory=list)
    yes_no: list[Template] = field(default_factory=list)

    @property
    def held_out(self) -> bool:
        """Whether it never occurs in the training split."""
        return self.name in HELD_OUT_RELATIONS

    def worded(self, which: str) -> Relation | None:
        """The same relation in "trained" wordings only, or only in those "held_out" from training, or "all".

        One statement and one question of three relations in five are held out, and one question on the
        subject where there are several: chosen by a stable hash of the name. None if it has none of them.
        """
        if which == "all":
            return self
        lists = {
            "statements": (self.statements, 4),
            "questions": (self.questions, 2),
            "reverse": (self.reverse, 2),
        }
        kept: dict[str, list] = {}
        for name, (wordings, least) in lists.items():
            held = held_wording(self.name, name, len(wordings), least)
            kept[name] = [w for i, w in enumerate(wordings) if (i == held) == (which == "held_out")]
        if not kept["statements"] or not kept["questions"]:
            return None
        return replace(self, **kept, yes_no=self.yes_no if which == "trained" else [])


def held_wording(relation: str, kind: str, count: int, least: int) -> int | None:
    """Which of `count` wordings of a relation training never shows; None where there are under `least`."""
    if count < least or crc32(relation.encode()) % 5 < 2:
        return None
    return 1 + crc32(f"{kind}/{relation}".encode()) % (count - 1)


def subject_first(template: Template) -> bool:
    """Whether the statement opens with its subject: such sentences can be joined and pronominalised."""
    return template[0].__class__ is tuple and template[0] == (_form("o"), 0)


# An answer takes the preposition its question opens with: first matching opening wins.
OPENINGS = (
    ("Por quem", "{pelo x}"),
    ("De quem", "{do x}"),
    ("A quem", "{ao x}"),
    ("Com quem", "com {o x}"),
    ("Sobre o que", "sobre {o x}"),
    ("Para que serve", "para {x}"),
    ("Para que se usa", "para {x}"),
    ("Para que foi", "para {x}"),
    ("De que é feito", "de {x}"),
    ("De que material", "de {x}"),
    ("Para onde", "para {x}"),
    ("Aonde", "para {x}"),
)
PLACE_OPENINGS = ("Onde ", "Em que ")
SOURCE_OPENINGS = ("De onde ", "De que lugar", "De que reino")


def short_answer(question: str, noun: str, kind: str, default: str) -> str:
    """Template of the short answer to `question`, whose answer is noun "s" or "v" of this kind."""
    for opening, answer in OPENINGS:
        if question.startswith(opening):
            return answer.replace("x}", noun + "}")
    if noun == "v" and kind == "cidade" and question.startswith(("Onde ", "Em que cidade")):
        return "em {v}"
    if noun == "s" and question.startswith(PLACE_OPENINGS):
        return "{no s}"
    if noun == "s" and (question.startswith(SOURCE_OPENINGS) or question.endswith("de que lugar?")):
        return "{do s}"
    return default


def _with_answer(rest: str, noun: str, kind: str, default: str) -> tuple[Template, Template]:
    question, explicit, answer = rest.partition(" > ")
    answer = answer if explicit else short_answer(question, noun, kind, default)
    return compile_template(question), compile_template(answer)


KEYS = {"=": "statements", "~": "yes_no"}


def parse(text: str, source: str = "tabela") -> list[Relation]:
    """Relations of one table. A line that cannot be read is named with its number."""
    found: list[Relation] = []
    default = "{v}"
    for number, line in enumerate(text.splitlines(), 1):
        line = line.strip()
        if not line or line.startswith("#"):
            continue
        mark, _, rest = line.partition(" ")
        try:
            if mark in KEYS:
                getattr(found[-1], KEYS[mark]).append(compile_template(rest))
            elif mark == ">":
                default = rest
            elif mark == "?":
                found[-1].questions.append(_with_answer(rest, "v", found[-1].value, default))
            elif mark == "!":
                found[-1].reverse.append(_with_answer(rest, "s", found[-1].subject, "{o s}"))
            else:
                name, subject, value = (cell.strip() for cell in line.split("|"))
                found.append(Relation(name, subject, value))
                default = "{v}"
        except (ValueError, IndexError) as error:
            raise ValueError(
                f"{source}, linha {number}: {line!r} não é uma linha de relação ({error})"
            ) from error
    for relation in found:
        if len(relation.statements) < 4 or len(relation.questions) < 2:
            raise ValueError(f"{source}: a relação {relation.name} precisa de 4 afirmações e 2 perguntas")
    return found


@lru_cache(maxsize=1)
def relations() -> dict[str, Relation]:
    """Every relation by name, from the four tables."""
    from builders.corpus.families import family  # families are made of relations

    found: list[Relation] = []
    for table in ("relacoes-pessoas.txt", "relacoes-coisas.txt", "relacoes-servicos.txt"):
        found += parse((TABLES / table).read_text(encoding="utf-8"), table)
    for line in (TABLES / "relacoes-verbos.txt").read_text(encoding="utf-8").splitlines():
        if line.strip() and not line.startswith("#"):
            found.append(family(line))
    named = {relation.name: relation for relation in found}
    if len(named) != len(found):
        raise ValueError("relação repetida nas tabelas de data/corpus")
    unknown = HELD_OUT_RELATIONS - named.keys()
    if unknown:
        raise ValueError(f"relações reservadas que não existem: {', '.join(sorted(unknown))}")
    return named


def sentence(template: Template, subject: Noun, value: Noun) -> str:
    """A filled template with a capital first letter."""
    return cap(fill(template, subject, value))
