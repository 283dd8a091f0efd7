"""Relations that a passage can state and ask: tables of `data/corpus` parsed and compiled to fast templates.

A template is Portuguese with fields in braces, a word and the noun it agrees with ("s" subject, "v" value):
`{s}` bare, `{o s}` with definite article where the noun takes one, `{do s}`, `{no s}`, `{ao s}`, `{pelo s}`
contracted, `{um s}`, `{ele s}`, `{no_dia v}`, and any masculine word `{nascido s}`, put into the noun's gender.
"""

from __future__ import annotations

import random
import re
from collections.abc import Callable
from dataclasses import dataclass, field
from functools import lru_cache
from pathlib import Path

from builders.corpus.invented import ENTITIES, Noun, cap, proper, split_of, word

TABLES = Path(__file__).resolve().parents[2] / "data" / "corpus"
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


@lru_cache(maxsize=None)
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


OBJECT = """{name} | pessoa | objeto
= {{o s}} {past} {{um v}}.
= {{o v}} foi {{{part} v}} {{pelo s}}.
= Quem {past} {{o v}} foi {{o s}}.
= Ontem, {{o s}} {past} {{o v}}.
= Foi {{um v}} o que {{o s}} {past}.
= {{o s}} foi ao centro e {past} {{um v}}.
> {{um v}}
? O que {{o s}} {past}?
? O que foi {part} {{pelo s}}?
? Que coisa {{o s}} {past}?
! Quem {past} {{o v}}?
! Por quem {{o v}} foi {{{part} v}}?
~ {{o s}} {past} {{um v}}?
"""
PERSON = """{name} | pessoa | pessoa
= {{o s}} {past} {{o v}}.
= {{o v}} foi {{{part} v}} {{pelo s}}.
= Quem {past} {{o v}} foi {{o s}}.
= Naquele dia, {{o s}} {past} {{o v}}.
= Foi {{o s}} quem {past} {{o v}}.
> {{o v}}
? Quem foi {part} {{pelo s}}?
? Quem é que {{o s}} {past}?
? {{o s}} {past} quem?
! Quem {past} {{o v}}?
! Por quem {{o v}} foi {{{part} v}}?
~ {{o s}} {past} {{o v}}?
"""
ATTRIBUTE = """{name} | pessoa | {kind}
= {art} {noun} {{do s}} é {{o v}}.
= {{o v}} é {art} {noun} {{do s}}.
= {{o s}} tem um segredo: {art} {noun} {dele} é {{o v}}.
= Todos sabem que {art} {noun} {{do s}} é {{o v}}.
= Quanto {a_art} {noun}, {o_de} {{do s}} é {{o v}}.
> {{o v}}
? Qual é {art} {noun} {{do s}}?
? {art} {noun} {{do s}} é qual?
? Você sabe qual é {art} {noun} {{do s}}?
! De quem {art} {noun} é {{o v}}?
~ {art} {noun} {{do s}} é {{o v}}?
"""
PLACE = """{name} | pessoa | {kind}
= {{o s}} {verb} {{v}}.
= {was} {{v}} que {{o s}} {verb}.
= {{v}}, {{o s}} {verb}.
= Todos sabem: {{o s}} {verb} {{v}}.
? Onde {{o s}} {verb}?
? Em que lugar {{o s}} {verb}?
? {{o s}} {verb} onde?
! Quem {verb} {{v}}?
! Quem é que {verb} {{v}}?
~ {{o s}} {verb} {{v}}?
"""
HOUR = """{name} | pessoa | {kind}
= {{o s}} {verb} às {{v}}.
= Às {{v}}, {{o s}} {verb}.
= É às {{v}} que {{o s}} {verb}.
= Todos os dias, {{o s}} {verb} às {{v}}.
> às {{v}}
? A que horas {{o s}} {verb}?
? Quando {{o s}} {verb}?
? {{o s}} {verb} a que horas?
! Quem {verb} às {{v}}?
~ {{o s}} {verb} às {{v}}?
"""
WITH = """{name} | pessoa | {kind}
= {{o s}} {verb} com {{o v}}.
= Foi com {{o v}} que {{o s}} {verb}.
= Com {{o v}}, {{o s}} {verb}.
= Ontem, {{o s}} {verb} com {{o v}}.
> com {{o v}}
? Com quem {{o s}} {verb}?
? {{o s}} {verb} com quem?
! Quem {verb} com {{o v}}?
~ {{o s}} {verb} com {{o v}}?
"""
TO = """{name} | pessoa | pessoa
= {{o s}} {verb} {{ao v}}.
= Foi {{ao v}} que {{o s}} {verb}.
= {{o v}} foi a pessoa a quem {{o s}} {verb}.
= Ontem, {{o s}} {verb} {{ao v}}.
> {{ao v}}
? A quem {{o s}} {verb}?
? {{o s}} {verb} a quem?
! Quem {verb} {{ao v}}?
~ {{o s}} {verb} {{ao v}}?
"""
COUNT = """{name} | pessoa | numero
= {{o s}} {verb} {{v}} {kind}.
= Foram {{v}} {kind} que {{o s}} {verb}.
= Ao todo, {{o s}} {verb} {{v}} {kind}.
= Ontem, {{o s}} {verb} {{v}} {kind}.
> {{v}} {kind}
? {many} {kind} {{o s}} {verb}?
? {{o s}} {verb} {many_} {kind}?
! Quem {verb} {{v}} {kind}?
~ {{o s}} {verb} {{v}} {kind}?
"""
FAMILIES = {"lugar": PLACE, "hora": HOUR, "com": WITH, "para": TO, "conta": COUNT}


def _family(line: str) -> Relation:
    kind, _, rest = line.partition(":")
    first, second = (cell.strip() for cell in rest.split("|"))
    name = f"{kind}:{first}"
    if kind == "atributo":
        art, _, noun = first.partition(" ")
        text = ATTRIBUTE.format(name=name, kind=second, art=art, noun=noun, dele="{dele s}",
                                a_art="ao" if art == "o" else "à", o_de=art)  # fmt: skip
    elif kind in FAMILIES:
        was = "Foi" if first.split()[0].endswith(("ou", "eu", "ôs")) else "É"
        many = "Quantas" if second.endswith("as") or second == "árvores" else "Quantos"
        text = FAMILIES[kind].format(
            name=name, verb=first, kind=second, many=many, many_=many.lower(), was=was
        )
    elif kind in {"objeto", "pessoa"}:
        text = (OBJECT if kind == "objeto" else PERSON).format(name=name, past=first, part=second)
    else:
        raise ValueError(f"relacoes-verbos.txt: família desconhecida em {line!r}")
    return parse(text, f"relacoes-verbos.txt: {line}")[0]


@lru_cache(maxsize=1)
def relations() -> dict[str, Relation]:
    """Every relation by name, from the three tables."""
    found: list[Relation] = []
    for table in ("relacoes-pessoas.txt", "relacoes-coisas.txt"):
        found += parse((TABLES / table).read_text(encoding="utf-8"), table)
    for line in (TABLES / "relacoes-verbos.txt").read_text(encoding="utf-8").splitlines():
        if line.strip() and not line.startswith("#"):
            found.append(_family(line))
    named = {relation.name: relation for relation in found}
    if len(named) != len(found):
        raise ValueError("relação repetida nas tabelas de data/corpus")
    unknown = HELD_OUT_RELATIONS - named.keys()
    if unknown:
        raise ValueError(f"relações reservadas que não existem: {', '.join(sorted(unknown))}")
    return named


def invented_relation(rng: random.Random, split: str) -> Relation:
    """A relation whose verb or noun is itself invented: only the passage tells what is asked."""
    if rng.random() < 0.5:
        verb = word(rng, split, "m")
        stem = verb.rstrip("aeiouãêéôóáíúlrszmn") or "tal"
        family = rng.choice(["objeto", "pessoa", "lugar", "hora", "com", "conta"])
        second = {"lugar": "lugar_vila", "hora": "hora", "com": "pessoa", "conta": "pontos"}.get(
            family, f"{stem}ado"
        )
        return _family(f"{family}:{stem}{'a' if family in {'lugar', 'hora'} else 'ou'} | {second}")
    gender = rng.choice("mf")
    noun = ("o " if gender == "m" else "a ") + word(rng, split, gender)
    kind = rng.choice(["palavra", "nome", "numero", "cor", "codigo", "fruta", "bicho", "cidade", "dia"])
    return _family(f"atributo:{noun} | {kind}")


@lru_cache(maxsize=1)
def _values() -> dict[str, list[tuple[Noun, Noun]]]:
    table: dict[str, list[tuple[Noun, Noun]]] = {}
    for line in (TABLES / "valores.txt").read_text(encoding="utf-8").splitlines():
        if not line.strip() or line.startswith("#"):
            continue
        kind, _, rest = line.partition(":")
        pairs = []
        for cell in rest.split(","):
            male, _, female = cell.strip().partition("|")
            if male.startswith(("o ", "a ")):
                noun = Noun(male[2:], "m" if male[0] == "o" else "f", True)
                pairs.append((noun, noun))
            else:
                pairs.append((Noun(male, "m"), Noun(female or male, "f")))
        table[kind.strip()] = pairs
    return table


MONTHS = "janeiro fevereiro março abril maio junho julho agosto setembro outubro novembro dezembro".split()
WORDS = "três quatro cinco seis sete oito nove dez onze doze".split()


def _hour(rng: random.Random, _: str) -> str:
    return f"{rng.randint(2, 23)}h" + rng.choice(["", "", "30", "15", "45", "10", "20", "50"])


def _price(rng: random.Random, _: str) -> str:
    return (
        f"{rng.randint(2, 99) if rng.random() < 0.6 else rng.randint(1, 90) * 10 + 100} reais"
        + rng.choice(["", "", "", " e 50 centavos", " e 20 centavos"])
    )


def _code(rng: random.Random, split: str) -> str:
    while True:
        text = "".join(rng.choice("ABCDEGHJKLMNPRTVXZ") for _ in range(rng.randint(1, 2))) + str(
            rng.randint(2, 99)
        )
        if split_of(text) == split:
            return text


NUMBERS: dict[str, Callable[[random.Random, str], str]] = {
    "idade": lambda r, _: str(r.randint(4, 95)),
    "numero": lambda r, _: str(r.randint(2, 99)),
    "numero_pequeno": lambda r, _: r.choice(WORDS) if r.random() < 0.4 else str(r.randint(2, 12)),
    "numero_grande": lambda r, _: str(r.randint(100, 999)),
    "milhar": lambda r, _: (
        f"{r.randint(2, 9)}.{r.randint(0, 99) * 10:03d}" if r.random() < 0.6 else f"{r.randint(2, 90)} mil"
    ),
    "altura": lambda r, _: (
        f"{r.randint(1, 8)}.{r.randint(0, 99) * 10:03d}" if r.random() < 0.5 else str(r.randint(120, 999))
    ),
    "ano": lambda r, _: str(r.randint(1500, 2020)),
    "tamanho": lambda r, _: str(r.randint(28, 45)),
    "data": lambda r, _: f"{r.randint(2, 28)} de {r.choice(MONTHS)}",
    "hora": _hour,
    "preco": _price,
    "codigo": _code,
    "dia_sem": lambda r, _: r.choice(
        ["segunda-feira", "terça-feira", "quarta-feira", "quinta-feira", "sexta-feira"]
    ),
    "palavra_aspas": lambda r, s: f"“{proper(r, s).lower()}”",
}


def noun(rng: random.Random, split: str, kind: str, gender: str = "m") -> Noun:
    """A noun of a kind: an invented entity, a number, or a value of the table, agreeing with `gender` if it can."""
    if kind in ENTITIES:
        return ENTITIES[kind](rng, split)
    if kind in NUMBERS:
        return Noun(NUMBERS[kind](rng, split))
    pairs = _values().get(kind)
    if pairs is None:
        raise ValueError(f"tipo de valor desconhecido: {kind!r} (veja data/corpus/valores.txt)")
    return rng.choice(pairs)[0 if gender == "m" else 1]


def sentence(template: Template, subject: Noun, value: Noun) -> str:
    """A filled template with a capital first letter."""
    return cap(fill(template, subject, value))
