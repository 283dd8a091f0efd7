"""Abstracts in the manner of scientific ones, and searches with graded relevance, from the table of areas.

Every study is one row drawn from the table: area, exposure, main outcome, maybe a second outcome, population,
kind of study, direction and size of the effect. The abstract is worded from the row, and relevance is
read off the rows by `grade`, so it is exact. All of it is invented: no study was made, no number measured.
"""

from __future__ import annotations

import random
from dataclasses import dataclass, field
from functools import cache
from itertools import product
from pathlib import Path

from builders.documents.model import SourceError

HOME = Path(__file__).resolve().parents[2] / "data" / "documents" / "ciencia"
PER_AREA, QUERIES_PER_AREA = 34, 5
KINDS = {
    "ensaio": "Ensaio Controlado Aleatorizado",
    "coorte": "Estudo de Coorte",
    "transversal": "Estudo Transversal",
    "serie": "Série Temporal",
    "revisao": "Revisão Sistemática",
    "qualitativo": "Pesquisa Qualitativa",
}
SITES = (
    "abelhas",
    "rios",
    "lavoura",
    "fauna",
    "mosquito",
)  # areas that count places or colonies, not people
PLACES = (
    "Caxinduba",
    "Monte Aruá",
    "Santa Iria do Tapuruna",
    "Porto Zabelê",
    "Ribeirão das Lontras",
    "Pedra Furtada",
    "Vila do Cipó",
    "Barra do Urutim",
)


@dataclass(frozen=True)
class Concept:
    """An exposure, outcome or population: its descriptor and its wordings, the last as laymen say it."""

    area: str
    descriptor: str
    wordings: tuple[str, ...]
    good: bool = True
    unit: str = ""
    sizes: tuple[int, int] = (0, 0)
    background: str = ""
    manner: str = ""


@dataclass
class Area:
    """A row of the table of areas with its concepts."""

    name: str
    split: str
    populations: list[Concept] = field(default_factory=list)
    exposures: list[Concept] = field(default_factory=list)
    outcomes: list[Concept] = field(default_factory=list)


@dataclass(frozen=True)
class Study:
    """What a study says.

    effect: +1 the outcome rose, -1 it fell, 0 no difference was seen. adjusted: another exposure of the area,
    which the text names and the study was not about.
    """

    id: str
    area: str
    split: str
    exposure: Concept
    outcome: Concept
    second: Concept | None
    population: Concept
    kind: str
    effect: int
    size: int
    sample: int
    year: int
    place: str
    adjusted: Concept | None


@dataclass(frozen=True)
class Search:
    """A query: what a study must be about, and, if not None, in whom and how it must have been made."""

    id: str
    area: str
    split: str
    exposure: Concept
    outcome: Concept
    population: Concept | None
    kind: str | None


@cache
def areas(path: Path = HOME / "fontes" / "areas.txt") -> tuple[Area, ...]:
    """The table. Errors name the line."""
    found: list[Area] = []
    for count, line in enumerate(path.read_text(encoding="utf-8").splitlines(), 1):
        if not line.strip() or line.startswith("%"):
            continue
        mark, rest = line.split(" ", 1)
        cells = [cell.strip() for cell in rest.split("|")]
        try:
            if mark == "@":
                found.append(Area(cells[0], cells[1]))
                continue
            wordings = tuple(w.strip() for w in cells[1].split(" / "))
            if len(wordings) != 3:
                raise ValueError("são precisos três jeitos de dizer")
            here = found[-1]
            if mark == "p":
                here.populations.append(Concept(here.name, cells[0], wordings))
            elif mark in ("x+", "x-"):
                here.exposures.append(
                    Concept(
                        here.name, cells[0], wordings, mark[1] == "+", background=cells[2], manner=cells[3]
                    )
                )
            elif mark in ("o+", "o-"):
                low, high = cells[3].split("-")
                sizes = (int(low), int(high))
                here.outcomes.append(
                    Concept(
                        here.name, cells[0], wordings, mark[1] == "+", cells[2], sizes, cells[4], cells[5]
                    )
                )
            else:
                raise ValueError(f"marca desconhecida {mark}")
        except (IndexError, ValueError) as error:
            raise SourceError(f"{path.name}, linha {count}: {error}") from error
    return tuple(found)


@cache
def studies() -> tuple[Study, ...]:
    """All studies. Each pair of exposure and outcome of an area has two or three, of different kinds."""
    found = []
    for area in areas():
        rng = random.Random(f"estudos/{area.name}")
        pairs = list(product(area.exposures, area.outcomes))
        rng.shuffle(pairs)
        for count in range(PER_AREA):
            exposure, outcome = pairs[count % len(pairs)]
            others = [o for o in area.outcomes if o is not outcome]
            none = rng.random() < 0.2
            effect = 0 if none else 1 if exposure.good == outcome.good else -1
            kind = list(KINDS)[(count // len(pairs) * 2 + rng.randrange(2) + count) % len(KINDS)]
            if kind == "ensaio" and not exposure.good:  # nobody draws lots for a harm
                kind = rng.choice(("coorte", "transversal"))
            others_x = [x for x in area.exposures if x is not exposure]
            people = area.name not in SITES
            found.append(
                Study(
                    f"c{len(found) + 1:03d}",
                    area.name,
                    area.split,
                    exposure,
                    outcome,
                    rng.choice(others) if rng.random() < 0.35 else None,
                    area.populations[(count + count // len(pairs)) % 3],
                    kind,
                    effect,
                    rng.randint(*outcome.sizes),
                    {"revisao": rng.randint(9, 41), "qualitativo": rng.randint(14, 46)}.get(
                        kind, rng.randint(6, 60) * 8 if people else rng.randint(6, 42) * 2
                    ),
                    rng.randint(2009, 2025),
                    rng.choice(PLACES),
                    (
                        rng.choice(others_x)
                        if kind in ("coorte", "transversal", "serie") and rng.random() < 0.4
                        else None
                    ),
                )
            )
    return tuple(found)


def searches() -> list[Search]:
    """The queries: pairs of exposure and outcome, some with a population or a kind of study."""
    found = []
    for area in areas():
        rng = random.Random(f"buscas/{area.name}")
        mine = [s for s in studies() if s.area == area.name]
        pairs = list(product(area.exposures, area.outcomes))
        rng.shuffle(pairs)
        for count, (exposure, outcome) in enumerate(pairs[:QUERIES_PER_AREA]):
            about = [s for s in mine if s.exposure is exposure and s.outcome is outcome]
            one = rng.choice(about)
            population = one.population if count in (1, 4) else None
            kind = one.kind if count in (2, 4) else None
            found.append(
                Search(f"b{len(found) + 1:02d}", area.name, area.split, exposure, outcome, population, kind)
            )
    return found


def grade(search: Search, study: Study) -> int:
    """How relevant a study is to a query.

    3: its exposure, its main outcome and every condition asked. 2: exposure and outcome, but the outcome is
    secondary or a condition fails. 1: the exposure with another outcome, or the other way round.
    """
    exposure = study.exposure is search.exposure
    main = study.outcome is search.outcome
    told = main or study.second is search.outcome
    if exposure and told:
        fits = search.population in (None, study.population) and search.kind in (None, study.kind)
        return 3 if main and fits else 2
    return 1 if exposure or told else 0


def judgements() -> list[tuple[str, str, int]]:
    """(query, study, grade) of every pair that is not irrelevant."""
    return [
        (search.id, study.id, mark)
        for search in searches()
        for study in studies()
        if (mark := grade(search, study))
    ]
