"""Abstracts of invented studies, and searches for them in everyday words.

`leigo.txt` gives, by area, what may be studied: exposures, outcomes and populations, each in two technical
wordings and in everyday ones. An abstract is written in the technical ones; the search uses the others. Of
the pairs of an exposure and an outcome, some are kept from "train" by a stable hash.
"""

from __future__ import annotations

import random
from dataclasses import dataclass, field
from functools import lru_cache
from pathlib import Path

from builders.corpus.invented import Noun, cap, cidade
from builders.corpus.relations import compile_template, fill
from builders.corpus.searches import choose, owner
from builders.corpus.values import TABLES

PAIR_SHARE = 6  # one pair of exposure and outcome in so many belongs to "valid"


@dataclass(frozen=True)
class Concept:
    """Something studied, in technical and in everyday words."""

    technical: tuple[Noun, ...]
    everyday: tuple[Noun, ...]

    @property
    def name(self) -> str:
        """The first technical wording."""
        return self.technical[0].text


@dataclass
class Area:
    """Concepts of one area, by letter: "x" exposures, "o" outcomes, "p" populations."""

    name: str
    concepts: dict[str, list[Concept]] = field(default_factory=lambda: {"x": [], "o": [], "p": []})


def _noun(text: str) -> Noun:
    for article, gender in (("os ", "mp"), ("as ", "fp"), ("o ", "m"), ("a ", "f")):
        if text.startswith(article):
            return Noun(text[len(article) :], gender, True)
    return Noun(text)


def read(path: Path = TABLES / "leigo.txt") -> list[Area]:
    """The table; errors name the line."""
    areas: list[Area] = []
    for number, line in enumerate(path.read_text(encoding="utf-8").splitlines(), 1):
        mark, _, rest = line.strip().partition(" ")
        if not mark or mark == "#":
            continue
        if mark == "@":
            areas.append(Area(rest))
            continue
        technical, bar, everyday = rest.partition(" | ")
        if mark not in "xop" or not bar or not areas:
            raise ValueError(f"leigo.txt, linha {number}: {line!r} não é área nem conceito")
        forms = [
            [_noun(t.strip()) for t in part.split(mark_)]
            for part, mark_ in ((technical, "/"), (everyday, ";"))
        ]
        areas[-1].concepts[mark].append(Concept(*map(tuple, forms)))
    return areas


@lru_cache(maxsize=1)
def areas() -> list[Area]:
    """The table, read once."""
    return read()


TITLES = (
    "{X x} e {o y} em {p}",
    "{o y} diante {do x}: estudo com {p}",
    "Associação entre {o x} e {o y}",
    "{X x} interfere {no y}?",
    "Influência {do x} {no y} de {p}",
    "{o x}: consequências para {o y}",
)
AIMS = (
    "Investigamos se {o x} se relaciona com {o y} em {p}.",
    "Nosso propósito foi medir quanto {o y} varia com {o x}.",
    "Este artigo examina {o x} como fator ligado {ao y} entre {p}.",
    "Testou-se a hipótese de que {o x} altera {o y}.",
    "Propusemo-nos a estimar a influência {do x} {no y} de {p}.",
)
METHODS = (
    "Sorteamos {n} participantes, divididos em dois braços, em {l}.",
    "Acompanharam-se {n} casos por {m} meses em {l}.",
    "Aplicamos questionário único a {n} voluntários de {l}.",
    "Ouvimos {n} relatos em rodas de conversa, em {l}.",
    "Reunimos {n} publicações e combinamos os resultados.",
    "Comparamos registros de {n} semanas, antes e depois, em {l}.",
)
RESULTS = (
    "Verificou-se {v} de {n} % {no y2} onde havia {o x2}.",
    "{X x2} acompanhou-se de {v} {do y2}, sobretudo em {p2}.",
    "Os valores {do y2} não diferiram com {o x2}.",
    "Encontramos {v} {do y2} após {m} meses {do x2}.",
)
NOISE = (
    "A amostra é pequena, e convém cautela.",
    "Não houve conflito de interesses.",
    "Idade e sexo entraram no modelo.",
    "O comitê de ética aprovou o protocolo.",
    "Estudos maiores são necessários.",
    "Os dados estão à disposição de quem os pedir.",
    "Perdas de seguimento foram raras.",
    "O tema interessa a gestores e à população.",
)
CHANGES = ("aumento", "queda", "redução", "piora", "melhora")
EVERYDAY = (
    "{o x} faz diferença para {o y}?",
    "[Existe|Há] ligação entre {o x} e {o y}?",
    "{o x} atrapalha ou ajuda {no y}?",
    "Me disseram que {o x} muda {o y}. Será verdade?",
    "Alguém pesquisou {o x} e {o y}?",
    "{o x} pode causar {o y}?",
    "Tenho dúvida sobre {o x}: acontece o que com {o y}?",
    "{o y} tem relação com {o x}?",
    "{o y} por causa {do x}",
    "{o x} e {o y}: o que a ciência diz?",
    "{o y} melhora ou piora com {o x}?",
    "o que {o x} faz {ao y}",
)
WHO = ("", "", "", ", entre {p}", ", para {p}", " em {p}", " (penso em {p})")


def _say(line: str, fields: dict[str, Noun], rng: random.Random) -> str:
    """A line with its nouns and numbers put in."""
    line = choose(rng, line.replace("{X ", "{o "))
    for letter, each in fields.items():
        line = line.replace("{" + letter + "}", each.text)
    for letter, each in fields.items():
        while f" {letter}}}" in line:
            start = line.rindex("{", 0, line.index(f" {letter}}}"))
            end = line.index("}", start) + 1
            field_ = line[start:end].replace(f" {letter}}}", " s}")
            line = line[:start] + fill(compile_template(field_), each, each) + line[end:]
    return cap(line)


def _drawn(rng: random.Random, x: Concept, y: Concept, p: Concept, everyday: bool) -> dict[str, Noun]:
    one = "everyday" if everyday else "technical"
    return {
        "x": rng.choice(getattr(x, one)), "y": rng.choice(getattr(y, one)), "p": rng.choice(getattr(p, one)),
        "x2": rng.choice(x.technical), "y2": rng.choice(y.technical), "p2": rng.choice(p.technical),
    }  # fmt: skip


def abstract(rng: random.Random, split: str, x: Concept, y: Concept, p: Concept) -> str:
    """An abstract of 40 to 90 words or so, with or without a title."""
    fields = _drawn(rng, x, y, p, False)
    fields |= {"l": Noun(cidade(rng, split).text), "n": Noun(str(rng.randint(12, 900))),
               "m": Noun(str(rng.randint(2, 36))), "v": Noun(rng.choice(CHANGES))}  # fmt: skip
    parts = [_say(rng.choice(lines), fields, rng) for lines in (AIMS, METHODS, RESULTS)]
    for line in rng.sample(NOISE, rng.randint(1, 3)):
        parts.insert(rng.randint(0, 3), line)
    title = _say(rng.choice(TITLES), fields, rng) + ". " if rng.random() < 0.6 else ""
    return title + " ".join(parts)


def query(rng: random.Random, x: Concept, y: Concept, p: Concept, everyday: bool) -> str:
    """A search for studies of an outcome after an exposure."""
    fields = _drawn(rng, x, y, p, everyday)
    line = rng.choice(EVERYDAY)
    if not everyday and rng.random() < 0.4:
        return f"{fields['x'].text} {fields['y'].text}"
    tail = rng.choice(WHO)
    text = _say(line.rstrip("?") + tail + ("?" if line.endswith("?") else ""), fields, rng)
    return text


def split_of(x: Concept, y: Concept) -> str:
    """The split that owns a pair of exposure and outcome."""
    return owner(f"{x.name}|{y.name}", PAIR_SHARE)


def batch(rng: random.Random, split: str, families: int, everyday: float = 0.65) -> list[tuple]:
    """(search, abstract, key): of every area two exposures by two outcomes, as far as `split` owns them."""
    found = []
    for area in rng.sample(areas(), min(families, len(areas()))):
        exposures, outcomes = rng.sample(area.concepts["x"], 2), rng.sample(area.concepts["o"], 2)
        pairs = [(x, y) for x in area.concepts["x"] for y in area.concepts["o"]] if split == "valid" else [
            (x, y) for x in exposures for y in outcomes]  # fmt: skip
        for x, y in pairs:
            if split_of(x, y) != split:
                continue
            p = rng.choice(area.concepts["p"])
            asked = query(rng, x, y, p, rng.random() < everyday)
            found.append((asked, abstract(rng, split, x, y, p), (x.name, y.name)))
    return found


def terms(rng: random.Random, families: int) -> list[tuple]:
    """(everyday, technical, key): the same concept in two wordings, bare or in a short sentence."""
    found = []
    frames = (
        "{o s}",
        "{o s}",
        "Quero ler sobre {o s}.",
        "Falou-se {do s}.",
        "O assunto é {o s}.",
        "E {o s}?",
    )
    for area in rng.sample(areas(), min(families, len(areas()))):
        for letter in "xop":
            for concept in rng.sample(area.concepts[letter], 2):
                words = rng.choice(concept.everyday) if rng.random() < 0.8 else concept.technical[0]
                other = rng.choice(
                    concept.technical[1:] if words == concept.technical[0] else concept.technical
                )
                one, two = (cap(fill(compile_template(rng.choice(frames)), n, n)) for n in (words, other))
                found.append((one, two, (letter, concept.name)))
    return found
