"""What documents state about invented places, events, species …, and how people ask for it.

Parses `buscas.txt` and `situacoes.txt` (relations: statements, questions, keywords, situations, labels) and
`temas.txt` (short documents on a topic and searches for them), and words them. Whole relations, topics and
wordings are kept from "train" by a stable hash of their text. Makes no pairs: that is `paraphrases`.
"""

from __future__ import annotations

import random
import re
from dataclasses import dataclass, field
from functools import lru_cache
from pathlib import Path
from zlib import crc32

from builders.corpus.invented import Noun, cap, cidade, code, proper, word
from builders.corpus.relations import compile_template, fill
from builders.corpus.values import MONTHS, TABLES, noun

RELATION_SHARE, WORDING_SHARE, TOPIC_SHARE = 8, 4, 7  # one in so many belongs to "valid" only
MARKS = {
    "=": "statements", "?": "questions", "k": "keywords", "t": "titles", "d": "situations", "r": "labels",
}  # fmt: skip


def owner(text: str, share: int) -> str:
    """The split that owns a relation, wording or topic."""
    return "valid" if crc32(text.encode()) % share == 0 else "train"


@dataclass
class Wordings:
    """Lines of one relation or topic, each either trained ("train") or held out ("valid")."""

    name: str
    subject: str
    value: str = ""
    statements: list[str] = field(default_factory=list)
    questions: list[str] = field(default_factory=list)
    keywords: list[str] = field(default_factory=list)
    titles: list[str] = field(default_factory=list)
    situations: list[str] = field(default_factory=list)
    labels: list[str] = field(default_factory=list)

    def lines(self, which: str, split: str) -> list[str]:
        """The lines of `which` ("statements", "questions" …) that `split` owns. A relation held out as a
        whole has all its lines in "valid"; the first of any other is always trained."""
        every = getattr(self, which)
        return [
            line
            for i, line in enumerate(every)
            if split == ("train" if i < 1 else owner(line, WORDING_SHARE))
        ]


@dataclass
class Searches:
    """Both tables."""

    heads: dict[str, list[list[Noun]]]
    values: dict[str, list[Noun]]
    relations: dict[str, list[Wordings]]  # by kind of subject
    topics: list[Wordings]
    noise: dict[str, list[str]] = field(default_factory=dict)  # sentences that answer nothing, by kind


def _noun(text: str) -> Noun:
    if text.startswith(("o ", "a ")):
        return Noun(text[2:], "m" if text[0] == "o" else "f", True)
    return Noun(text)


def parse(text: str, source: str, fewest: tuple[int, int]) -> tuple[dict, dict, list[Wordings]]:
    """(heads, lists, blocks) of a table; `fewest` statements and questions a block. Errors name the line.

    "+ name" goes on with a block; lines "~ kind | sentence" come as a list "~kind".
    """
    current: Wordings | None = None
    heads: dict[str, list[list[Noun]]] = {}
    lists: dict[str, list[Noun]] = {}
    blocks: list[Wordings] = []
    for number, line in enumerate(text.splitlines(), 1):
        line, where = line.strip(), f"{source}, linha {number}"
        if not line or line.startswith("# "):
            continue
        mark, _, rest = line.partition(" ")
        if mark == "~":
            kind, _, sentence = rest.partition(" | ")
            lists.setdefault("~" + kind, []).append(sentence)
        elif mark == "+":
            current = next((block for block in blocks if block.name == rest), None)
            if current is None:
                raise ValueError(f"{where}: {rest!r} não é um bloco que já veio")
        elif line[0] in "@#":
            name, _, cells = line[1:].partition(":")
            items = [cell.strip() for cell in cells.split(",")]
            if not all(items) or len(set(items)) != len(items):
                raise ValueError(f"{where}: há um item vazio ou repetido em {name!r}")
            if line[0] == "@":
                heads[name] = [[_noun(form) for form in item.split("/")] for item in items]
                if not all(form.article for group in heads[name] for form in group):
                    raise ValueError(f"{where}: cada palavra precisa começar por o ou a")
            else:
                lists[name] = [_noun(item) for item in items]
        elif mark in MARKS:
            if current is None:
                raise ValueError(f"{where}: a linha vem antes de qualquer bloco")
            lines = getattr(current, MARKS[mark])
            if rest in lines or rest.count("[") != rest.count("]") or rest.count("{") != rest.count("}"):
                raise ValueError(f"{where}: {rest!r} está repetida ou tem colchete ou chave sem par")
            lines.append(rest)
        else:
            cells = [cell.strip() for cell in line.split("|")]
            if len(cells) not in (2, 3) or any(block.name == cells[0] for block in blocks):
                raise ValueError(f"{where}: {line!r} não abre um bloco novo")
            current = Wordings(*cells)
            blocks.append(current)
    for block in blocks:
        if len(block.statements) < fewest[0] or len(block.questions) < fewest[1]:
            raise ValueError(
                f"{source}: {block.name} precisa de {fewest[0]} afirmações e {fewest[1]} perguntas"
            )
    return heads, lists, blocks


def read(folder: Path = TABLES) -> Searches:
    """Both tables of a folder."""
    text = "\n".join((folder / name).read_text(encoding="utf-8") for name in ("buscas.txt", "situacoes.txt"))
    heads, lists, blocks = parse(text, "buscas.txt e situacoes.txt", (4, 3))
    _, _, topics = parse((folder / "temas.txt").read_text(encoding="utf-8"), "temas.txt", (5, 5))
    by_kind: dict[str, list[Wordings]] = {}
    for block in blocks:
        if block.subject not in heads:
            raise ValueError(f"buscas.txt: {block.name} fala de {block.subject!r}, que não tem linha @")
        by_kind.setdefault(block.subject, []).append(block)
    noise = {name[1:]: lists.pop(name) for name in list(lists) if name[0] == "~"}
    return Searches(heads, lists, by_kind, topics, noise)


@lru_cache(maxsize=1)
def tables() -> Searches:
    """Both tables, read once."""
    return read()


def choose(rng: random.Random, text: str) -> str:
    """`text` with one option of every [a|b] drawn."""
    while "[" in text:
        text = re.sub(r"\[([^][]*)\]", lambda match: rng.choice(match[1].split("|")), text)
    return re.sub(r" {2,}", " ", text).strip()


@lru_cache(maxsize=20_000)
def _compiled(text: str) -> tuple:
    return compile_template(text.replace("{O ", "{o ").replace("{A ", "{a "))


def say(rng: random.Random, line: str, subject: Noun, value: Noun) -> str:
    """A line of `buscas.txt` in words."""
    return cap(fill(_compiled(choose(rng, line)), subject, value))


@dataclass(frozen=True)
class Subject:
    """Something invented with its kind, its name and the words that may head it."""

    kind: str
    heads: tuple[Noun, ...]
    name: str
    alone: bool  # whether the name can stand without its head

    def mention(self, rng: random.Random, first: bool = False) -> Noun:
        """The noun it is called by: its first head (always, when `first`), a synonym, or the name alone."""
        draw = rng.random()
        head = self.heads[0] if first or draw < 0.6 else rng.choice(self.heads)
        if not first and draw > 0.85 and self.alone:
            return Noun(self.name, self.heads[0].gender, True)
        return Noun(f"{head.text} {self.name}", head.gender, True)


def subject(rng: random.Random, split: str, kind: str) -> Subject:
    """A new subject of a kind, with a name that `split` owns."""
    heads = tuple(rng.choice(tables().heads[kind]))
    draw = rng.random()
    if kind == "especie":
        return Subject(kind, heads, word(rng, split, heads[0].gender), True)
    if kind == "norma" and draw < 0.4:
        return Subject(kind, heads, code(rng, split), False)
    if kind == "equipamento" and draw < 0.5:
        return Subject(kind, heads, f"{proper(rng, split)} {rng.randint(2, 900)}", True)
    if kind in {"lugar", "evento", "construcao"} and draw < 0.3:
        return Subject(kind, heads, f"de {cidade(rng, split).text}", False)
    if kind in {"lugar", "organizacao", "projeto"} and draw < 0.4:
        return Subject(kind, heads, f"{proper(rng, split)} {proper(rng, split)}", True)
    return Subject(kind, heads, proper(rng, split), True)


def _many(unit: str, low: int, high: int, step: int = 1):
    return lambda rng: f"{rng.randrange(low, high + 1, step)} {unit}"


FREQUENCIES = [
    "toda semana", "uma vez por mês", "a cada três meses", "depois de cada uso", "duas vezes por ano",
    "todos os dias", "a cada dez usos", "uma vez por ano", "a cada quinze dias",
]  # fmt: skip
DOSES = [
    "uma colher", "duas gotas", "cinco gotas", "meio copo", "um comprimido", "dez gramas", "uma medida",
    "três colheres", "um punhado", "meia xícara", "dois sachês", "20 mililitros",
]  # fmt: skip
MEASURES = {
    "telefone": lambda rng: f"{rng.randint(2, 9)}{rng.randint(100, 999)}-{rng.randint(1000, 9999)}",
    "horas": _many("horas", 2, 48),
    "minutos": _many("minutos", 5, 90, 5),
    "meses": _many("meses", 2, 60),
    "dias": _many("dias", 3, 90),
    "ano": lambda rng: str(rng.randint(1880, 2024)),
    "anos": _many("anos", 2, 90),
    "peso": lambda rng: f"{rng.randint(2, 90)}" + rng.choice([" quilos", " kg", ",5 quilos"]),
    "volts": lambda rng: f"{rng.choice([12, 24, 48, 110, 127, 220, 380])} volts",
    "graus": _many("graus", 30, 300, 5),
    "centimetros": _many("centímetros", 2, 240),
    "metros": _many("metros", 40, 9000, 10),
    "milhoes": _many("milhões de reais", 2, 900),
    "mil_reais": _many("mil reais", 5, 900, 5),
    "quilometros_hora": _many("quilômetros por hora", 20, 120, 10),
    "frequencia": lambda rng: rng.choice(FREQUENCIES),
    "dose": lambda rng: rng.choice(DOSES),
}


def value(rng: random.Random, split: str, kind: str, gender: str) -> Noun:
    """A value: from a list of the table, a measure, an address, or a kind of `values`."""
    if kind in tables().values:
        return rng.choice(tables().values[kind])
    if kind in MEASURES:
        return Noun(MEASURES[kind](rng))
    if kind == "endereco":
        street = rng.choice(["rua", "rua", "avenida", "travessa", "alameda"])
        return Noun(f"{street} {proper(rng, split)}, {rng.randint(2, 900)}", "f", True)
    return noun(rng, split, kind, gender)


@dataclass(frozen=True)
class Fact:
    """One relation of a subject with its value."""

    relation: Wordings
    subject: Subject
    value: Noun


def relations_of(kind: str, held: bool) -> list[Wordings]:
    """Relations of a kind of subject: those held out of "train", or the others."""
    return [r for r in tables().relations[kind] if (owner(r.name, RELATION_SHARE) == "valid") == held]


def facts(rng: random.Random, split: str, kind: str, count: int, held: bool = False) -> list[Fact]:
    """`count` facts (or as many as there are relations) of one new subject; `held` puts first those of the
    relations held out of "train"."""
    chosen = relations_of(kind, False)
    chosen = rng.sample(chosen, min(count, len(chosen)))
    if held:
        chosen = (relations_of(kind, True) + chosen)[:count]
    who = subject(rng, split, kind)
    return [Fact(r, who, value(rng, split, r.value, who.heads[0].gender)) for r in chosen]


def line(rng: random.Random, relation: Wordings, which: str, wordings: str) -> str:
    """A line of a relation in the wordings of "train" or "valid" (or, where it has none there, any)."""
    return rng.choice(relation.lines(which, wordings) or getattr(relation, which))


def state(rng: random.Random, fact: Fact, wordings: str, called: Noun | None = None) -> str:
    """A statement of a fact, its subject named as `called` (by default one of its mentions)."""
    called = called or fact.subject.mention(rng)
    return say(rng, line(rng, fact.relation, "statements", wordings), called, fact.value)


def passage(rng: random.Random, told: list[Fact], wordings: str) -> str:
    """Facts of one subject as a passage of a document: named in full once, then also by its head alone."""
    who = told[0].subject
    sentences = [state(rng, told[0], wordings, who.mention(rng, True))]
    for fact in told[1:]:
        bare = Noun(who.heads[0].text, who.heads[0].gender, True)
        sentences.append(state(rng, fact, wordings, bare if rng.random() < 0.5 else None))
    return " ".join(sentences)


def ask(rng: random.Random, fact: Fact, wordings: str) -> str:
    """A question that the fact answers."""
    return say(rng, line(rng, fact.relation, "questions", wordings), fact.subject.mention(rng), fact.value)


def keywords(rng: random.Random, fact: Fact) -> str:
    """A search of a few words."""
    words, name = choose(rng, rng.choice(fact.relation.keywords)), fact.subject.mention(rng).text
    return f"{words} {name}" if rng.random() < 0.6 else f"{name} {words}"


def topics(split: str) -> list[Wordings]:
    """Topics of "train", or those held out."""
    return [t for t in tables().topics if owner(t.name, TOPIC_SHARE) == split]


@dataclass(frozen=True)
class Names:
    """The names of one document of a topic, shared by its sentences and by searches for it."""

    fields: dict[str, str]

    def put(self, rng: random.Random, text: str) -> str:
        """`text` with its fields filled; numbers, hours and prices are drawn anew."""

        def one(match: re.Match) -> str:
            if match[1] == "n":
                return str(rng.randint(2, 90))
            if match[1] == "h":
                return f"{rng.randint(6, 22)}h" + rng.choice(["", "", "30", "15"])
            if match[1] == "r":
                return f"{rng.randint(5, 900)} reais"
            return self.fields[match[1]]

        return cap(re.sub(r"\{(\w)\}", one, choose(rng, text)))


def names(rng: random.Random, split: str) -> Names:
    """Names for a document."""
    people = {"m": "", "f": ""}
    while not all(people.values()):
        person = noun(rng, split, "pessoa")
        if not person.article:
            people[person.gender] = person.text
    people["p"] = people[rng.choice("mf")]
    date = f"{rng.randint(2, 28)} de {rng.choice(MONTHS)}"
    return Names({**people, "l": cidade(rng, split).text, "x": proper(rng, split), "d": date})


def document(rng: random.Random, topic: Wordings, given: Names) -> tuple[str, list[str]]:
    """(document, left out): a title and some sentences of a topic; and its other sentences, unfilled."""
    chosen = rng.sample(topic.statements, rng.randint(3, min(5, len(topic.statements))))
    body = " ".join(given.put(rng, line) for line in topic.statements if line in chosen)
    left = [line for line in topic.statements if line not in chosen]
    return f"{given.put(rng, rng.choice(topic.titles))}. {body}", left
