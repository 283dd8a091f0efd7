"""Themes of an invented town: small worlds told by a few documents, from `data/corpus/temas/`.

`draw` draws the names and values of one theme anew and writes its documents; every sentence that states a
fact knows which, and every question its answer. How documents are cut and asked about is decided in
`instructions.towned` and `town_searches`; the format of the tables is in `data/corpus/temas/README.md`.
"""

from __future__ import annotations

import random
import re
from dataclasses import dataclass, field
from functools import lru_cache

from builders.corpus.invented import proper
from builders.corpus.registers_names import DAYS, common, person
from builders.corpus.relations import held_wording
from builders.corpus.values import MONTHS, TABLES, WORDS, noun

MARKED = re.compile(r"\[([a-zà-ú0-9_\-]+): ?([^\[\]]*)\]")
NAMED = re.compile(r"\{([A-Z]\d?)(?:\.([12]))?\}")
COUNTED = re.compile(r"(\d+)\.\.(\d+) (.+?)( f)?$")
NAME_KINDS = ("pessoa", "pessoa_f", "pessoa_m", "nome_m", "nome_f", "rua", "bairro")
ASKED = {"?": "direct", "~": "other", "^": "keywords"}
KINDS = ("hora", "reais", "data", "ano", "dia_semana", "mes", "telefone", "codigo", "porcento", "pessoa",
         "rua", "bairro")  # fmt: skip


class ThemeError(ValueError):
    """A theme that cannot be used; the message says the file and the line."""


@dataclass
class Fact:
    """What is asked: how its value is drawn, and the wordings of the questions."""

    key: str
    value: str
    direct: list[str] = field(default_factory=list)
    other: list[str] = field(default_factory=list)
    keywords: list[str] = field(default_factory=list)


@dataclass
class Paper:
    """A document with marked sentences."""

    kind: str
    title: str
    text: str = ""


@dataclass
class Theme:
    """One file."""

    name: str
    names: dict[str, str] = field(default_factory=dict)
    facts: dict[str, Fact] = field(default_factory=dict)
    chained: list[tuple[str, str, list[str]]] = field(default_factory=list)
    unsaid: list[list[str]] = field(default_factory=list)
    papers: list[Paper] = field(default_factory=list)


def _line(raw: str, made: Theme) -> None:
    mark, _, rest = raw.partition(" ")
    if mark == "@":
        made.name = rest.strip()
    elif mark == "$":
        letter, kind = (cell.strip() for cell in rest.split("|"))
        if not re.fullmatch(r"[A-Z]\d?", letter) or kind not in NAME_KINDS:
            raise ThemeError("um nome é uma letra maiúscula e um tipo conhecido")
        made.names[letter] = kind
    elif mark == "+":
        key, kind = (cell.strip() for cell in rest.split("|"))
        made.facts[key] = Fact(key, kind)
        _known(kind, made)
    elif mark in ASKED:
        key, _, wordings = rest.partition(": ")
        getattr(made.facts[key], ASKED[mark]).extend(_wordings(wordings))
    elif mark == "&":
        keys, _, wordings = rest.partition(": ")
        first, second = (key.strip() for key in keys.split("+"))
        if not {first, second} <= set(made.facts):
            raise ThemeError(f"não há os fatos {first} e {second}")
        made.chained.append((first, second, _wordings(wordings)))
    elif mark == "!":
        made.unsaid.append(_wordings(rest))
    elif raw.strip() and not raw.startswith("#"):
        raise ThemeError("não é uma linha conhecida")


def _wordings(text: str) -> list[str]:
    return [each.strip() for each in text.split(" // ") if each.strip()]


def _known(kind: str, made: Theme) -> None:
    first = kind.split(" ")[0]
    if kind.startswith("$"):
        if kind[1:] not in made.names:
            raise ThemeError(f"o nome {kind} não foi declarado")
    elif ";" in kind:
        if len({each.strip() for each in kind.split(";")}) < 8:
            raise ThemeError("uma lista precisa de 8 valores")
    elif not COUNTED.fullmatch(kind) and first not in KINDS:
        raise ThemeError(f"não conheço o tipo de valor {kind!r}")


def parse(text: str, source: str = "tema") -> Theme:
    """The theme of a table. A line that cannot be used is named with its number."""
    made = Theme("")
    for count, raw in enumerate(text.splitlines(), 1):
        try:
            if raw.startswith("== "):
                kind, title = (cell.strip() for cell in raw[3:].split("|"))
                made.papers.append(Paper(kind, title))
            elif made.papers:
                made.papers[-1].text += raw + "\n"
            else:
                _line(raw, made)
        except (ThemeError, KeyError, ValueError) as error:
            raise ThemeError(f"{source}, linha {count}: {raw[:60]!r}: {error}") from error
    for paper in made.papers:
        paper.text = paper.text.strip()
    _check(made, source)
    return made


def _check(made: Theme, source: str) -> None:
    stated = set()
    for paper in made.papers:
        if re.search(r"\[(?![a-zà-ú0-9_\-]+: )|^\]", MARKED.sub("", paper.text)):
            raise ThemeError(f"{source}: “{paper.title}” tem um colchete que não marca um fato")
        for key, sentences in MARKED.findall(paper.text):
            if key not in made.facts:
                raise ThemeError(f"{source}: “{paper.title}” marca {key}, que não é um fato")
            for each in _wordings(sentences):
                if each.count("#") != 1:
                    raise ThemeError(f"{source}: “{each}” precisa de um sinal #")
            stated.add(key)
    for fact in made.facts.values():
        if fact.key not in stated:
            raise ThemeError(f"{source}: nenhum documento diz {fact.key}")
        if len(fact.direct) < 3 or len(fact.other) < 4:
            raise ThemeError(f"{source}: {fact.key} precisa de 3 perguntas e 4 com outras palavras")
    if len(made.papers) < 3 or not made.unsaid:
        raise ThemeError(f"{source}: um tema precisa de 3 documentos e de perguntas sem resposta")
    texts = [paper.title + paper.text for paper in made.papers]
    texts += [each for fact in made.facts.values() for each in fact.direct + fact.other + fact.keywords]
    texts += [each for _, _, asked in made.chained for each in asked] + [
        w for asked in made.unsaid for w in asked
    ]
    for text in texts:
        unknown = {letter for letter, _ in NAMED.findall(text)} - set(made.names)
        if unknown or "{" in NAMED.sub("", text):
            raise ThemeError(f"{source}: nome não declarado em “{text[:80]}”")


@lru_cache(maxsize=2)
def themes(held: bool = False) -> tuple[Theme, ...]:
    """Every theme, a file each. `held`: those that no training reads; they tell reading from memory."""
    folder = TABLES / "temas" / "guardados" if held else TABLES / "temas"
    return tuple(parse(path.read_text("utf-8"), path.name) for path in sorted(folder.glob("*.txt")))


# ---- drawing


def _proper(rng: random.Random, split: str) -> str:
    draw = rng.random()
    if draw < 0.5:
        return proper(rng, split)
    first = rng.choice(common()).capitalize()
    return first if draw < 0.75 else f"{first} {proper(rng, split)}"


def _street(rng: random.Random, split: str) -> str:
    head = rng.choice(("Rua", "Rua", "Rua", "Travessa", "Avenida", "Ladeira", "Praça"))
    return f"{head} {_proper(rng, split)}"


def named(rng: random.Random, split: str, kind: str) -> str:
    """A name of a kind of NAME_KINDS."""
    if kind.startswith("pessoa"):
        return person(rng, split, kind[-1] if kind[-2] == "_" else "").text
    return _street(rng, split) if kind == "rua" else _proper(rng, split)


def _bounds(kind: str, low: int, high: int) -> tuple[int, int]:
    found = re.search(r"(\d+)\.\.(\d+)", kind)
    return (int(found[1]), int(found[2])) if found else (low, high)


def drawn(rng: random.Random, split: str, kind: str) -> str:
    """A value, as a sentence of the document gives it."""
    if ";" in kind:
        return rng.choice([each.strip() for each in kind.split(";") if each.strip()])
    first = kind.split(" ")[0]
    if first not in KINDS and (counted := COUNTED.fullmatch(kind)):
        number, unit = rng.randint(int(counted[1]), int(counted[2])), counted[3]
        if 3 <= number <= 12 and rng.random() < 0.4:
            return f"{WORDS[number - 3]} {unit}"
        return f"{number:,} {unit}".replace(",", ".") if number > 2100 else f"{number} {unit}"
    if first == "hora":
        low, high = _bounds(kind, 6, 22)
        return f"{rng.randint(max(2, low), high)}h" + rng.choice(["", "", "", "30", "30", "15", "45", "20"])
    if first == "reais":
        low, high = _bounds(kind, 3, 200)
        number = rng.randint(max(2, low), high)
        if rng.random() < 0.3:
            return f"R$ {number},{rng.choice(('00', '50', '90', '75'))}"
        return f"{number} reais" + (
            rng.choice((" e 50 centavos", " e 20 centavos")) if number < 100 and rng.random() < 0.15 else ""
        )
    if first == "ano":
        return str(rng.randint(*_bounds(kind, 1908, 2024)))
    if first == "dia_semana":
        return rng.choice(DAYS)
    if first == "mes":
        return rng.choice(MONTHS)
    if first in ("rua", "bairro"):
        return named(rng, split, first)
    if first == "pessoa":
        return named(rng, split, first)
    return noun(rng, split, first, "m").text


@dataclass(frozen=True)
class Told:
    """A drawn document: its pieces in order, each with the fact that it states, or with ""."""

    kind: str
    title: str
    pieces: tuple[tuple[str, str], ...]

    @property
    def text(self) -> str:
        """All of it."""
        return "".join(text for text, _ in self.pieces)


@dataclass(frozen=True)
class Drawn:
    """A theme with its names and values: documents, the value of each fact, and how it is asked."""

    theme: Theme
    papers: tuple[Told, ...]
    values: dict[str, str]
    names: dict[str, str]

    def said(self, text: str) -> str:
        """A text with the names in place."""
        return NAMED.sub(lambda m: _part(self.names[m[1]], m[2]), text)


def _part(name: str, which: str | None) -> str:
    return name.split(" ")[0 if which == "1" else -1] if which else name


def worded(wordings: list[str], theme: str, key: str, split: str) -> list[str]:
    """The wordings that a split may use: training never sees one in three facts' last one."""
    held = held_wording(theme, key, len(wordings), 3)
    if held is None or split != "train":
        return wordings
    return [each for i, each in enumerate(wordings) if i != held]


def draw(rng: random.Random, split: str, made: Theme) -> Drawn:
    """Names, values and documents, drawn anew. Two facts never have one value."""
    names: dict[str, str] = {}
    for letter, kind in made.names.items():
        while (name := named(rng, split, kind)) in names.values():
            pass
        names[letter] = name
    values: dict[str, str] = {}
    for fact in made.facts.values():
        for _ in range(20):
            value = names[fact.value[1:]] if fact.value.startswith("$") else drawn(rng, split, fact.value)
            if value not in values.values():
                break
        values[fact.key] = value
    told = Drawn(made, (), values, names)
    papers = []
    for paper in made.papers:
        pieces, at = [], 0
        for match in MARKED.finditer(paper.text):
            pieces.append((told.said(paper.text[at : match.start()]), ""))
            value = values[match[1]]
            sentence = told.said(rng.choice(_wordings(match[2])))
            place = sentence.index("#")
            value = value[:1].upper() + value[1:] if place == 0 else value
            pieces.append((sentence.replace("#", value), match[1]))
            at = match.end()
        pieces.append((told.said(paper.text[at:]), ""))
        papers.append(Told(paper.kind, told.said(paper.title), tuple(p for p in pieces if p[0])))
    return Drawn(made, tuple(papers), values, names)
