"""Towns of sheets, timetables, catalogues and contracts: the tables of Caxinduba with other rows.

`builders.documents.tables` writes the documents; names, numbers, people and places are drawn here (lists in
`data/corpus/cidades-inventadas.txt`), and what a row says of its subject beside its facts is borrowed from
the part of Caxinduba that is for trying things. Nothing that the other part states is among it. So the
collection that measures RAG has documents of known shapes (its sheets), with facts never seen, and
documents of shapes never seen (what was written for it alone), and the measures tell them apart.
"""

from __future__ import annotations

import csv
import random
import re
import tempfile
from functools import lru_cache
from pathlib import Path

from builders.corpus.invented import SURNAMES, first_names, proper
from builders.corpus.registers_names import KNOWN_LINES
from builders.corpus.themes import drawn, named
from builders.corpus.towns import Asked, Paper, Town, theme_town
from builders.corpus.values import TABLES
from builders.documents import tables, words_products
from builders.documents.collection import HOME
from builders.documents.model import NONE, Collection, render
from builders.documents.words import PLANTS

Row = dict[str, str]
TABLED = 0.3  # share of towns of sheets and timetables
TOWNS = 700  # they are few and used again; a town of a theme is drawn anew each time
FIXED = ("Caxinduba", "Brivela", "BRIVELA", "Urutim", "Tapuruna", "TAPURUNA", "Candonga")
UNITS = ("centímetros", "centímetros", "centímetros", "milímetros", "metros")
PLAIN = "[A-Z][a-z]+"  # one word without accents: what the tables make keys of


@lru_cache(maxsize=1)
def _lists() -> dict[str, list[str]]:
    lines = (TABLES / "cidades-inventadas.txt").read_text(encoding="utf-8").splitlines()
    rows = [line.split(": ", 1) for line in lines if line and not line.startswith("#")]
    return {name: cells.split("; ") for name, cells in rows}


def _one(rng: random.Random, kind: str) -> str:
    return rng.choice(_lists()[kind])


def _own(name: str) -> list[Row]:
    """Rows of the part of Caxinduba that is for trying things: their remarks are borrowed."""
    return [row for row in tables.rows(HOME / "fontes", name) if row["parte"] == "dev"]


def _name(rng: random.Random, split: str) -> str:
    return named(rng, split, "nome_m")


def _plain_names(rng: random.Random, split: str, count: int) -> list[str]:
    found: set[str] = set()
    while len(found) < count:
        if re.fullmatch(PLAIN, name := _name(rng, split)):
            found.add(name)
    return sorted(found)


def _people(rng: random.Random, split: str) -> list[Row]:
    made: list[Row] = []
    while len(made) < 3:
        gender = rng.choice("mf")
        first = rng.choice(first_names(split)[gender])
        if not re.fullmatch(PLAIN, first) or any(row["nome"].split()[0] == first for row in made):
            continue
        last = rng.choice(SURNAMES) if rng.random() < 0.3 else proper(rng, split)
        habit = rng.choice(_own("pesquisadores"))["mania"]
        since = str(rng.randint(1991, 2023))
        row = {"nome": f"{first} {last}", "g": gender, "cidade": _name(rng, split), "mania": habit}
        made.append({**row, "desde": since})
    return made


def _young(rng: random.Random, kind: str) -> str:
    if kind in PLANTS:
        return f"{rng.randint(2, 90) * 10} {rng.choice(('sementes', 'sementes', 'mudas'))}"
    if kind == "cogumelo":
        return f"{rng.randint(2, 90)} mil esporos"
    if rng.random() < 0.5:
        return f"{rng.randint(3, 400)} ovos"
    return f"{rng.choice(('dois', 'três', 'quatro', 'cinco', 'seis', 'sete'))} filhotes"


def _species(rng: random.Random, split: str, people: list[Row]) -> list[Row]:
    made: list[Row] = []
    remarks, others = rng.sample(_own("especies"), 8), rng.sample(_own("especies"), 8)
    for i, (borrowed, other) in enumerate(zip(remarks, others, strict=True)):
        beast, sort = _one(rng, "bicho").split(", ")
        article, kind = beast.split(" ")
        tail = _name(rng, split)
        name = kind + rng.choice(
            (f"-de-{tail.split()[0].lower()}", f"-{tail.split()[0].lower()}", f" {tail}")
        )
        if any(row["nome"] == name for row in made):
            continue
        made.append(
            {
                "slug": f"e{i}-{rng.randrange(10**6)}",
                "nome": name,
                "g": "f" if article == "a" else "m",
                "grupo": kind,
                "latim": f"{proper(rng, split)} {proper(rng, split).lower()}",
                "mede": f"{rng.randint(2, 95)} {rng.choice(UNITS)}",
                "come": _one(rng, "alimento"),
                "vive": _one(rng, "casa"),
                "filhotes": _young(rng, kind),
                "perigo": _one(rng, "ameaça"),
                "horas": _one(rng, "quando"),
                "quem": rng.choice(people)["nome"],
                # what it is known for is another's, told of this sort of thing
                "descricao": re.sub(r"^[oa] \S+", sort, borrowed["descricao"]),
                "nota": borrowed["nota"],
                "nota2": other["nota2"],
            }
        )
    return made


def _lines(rng: random.Random, split: str, taken: set[str]) -> list[Row]:
    made: list[Row] = []
    stops = [stop for row in _own("linhas") for stop in row["via"].split(", ")]
    while len(made) < 6:
        number = str(rng.choice((rng.randint(2, 99), rng.randint(131, 999), rng.randint(131, 999))))
        place = _name(rng, split)
        if number in taken or int(number) in KNOWN_LINES or any(place in row["destino"] for row in made):
            continue
        taken.add(number)
        art = rng.choice("mf")
        made.append(
            {
                "numero": number,
                "nome": place,
                "destino": f"{'a' if art == 'f' else 'o'} {place}",
                "art": art,
                "via": ", ".join(rng.sample(stops, 3)),
                "primeira": drawn(rng, split, "hora 4..7"),
                "ultima": drawn(rng, split, "hora 18..23"),
                "intervalo": f"{rng.randint(2, 18) * 5} minutos",
                "tarifa": f"R$ {rng.randint(2, 9)},{rng.choice((10, 20, 30, 50, 60, 80, 90))}",
                "duracao": f"{rng.randint(11, 95)} minutos",
                "cor": _one(rng, "cor"),
                "motorista": _name(rng, split).split()[0],
                "antiga": "",
                "nota": rng.choice(_own("linhas"))["nota"],
            }
        )
    return made


def _places(rng: random.Random, split: str, lines: list[Row]) -> list[Row]:
    made = []
    for spot, row in zip(rng.sample(_lists()["lugar"], 5), rng.sample(lines, 5), strict=True):
        place = f"{spot} {rng.choice(('', '', 'de '))}{_name(rng, split)}"
        said = f"{place[0].upper()}{place[1:]} fica {'na' if row['art'] == 'f' else 'no'} #"
        made.append({"lugar": place, "linha": row["numero"], "frase": said})
    return made


def _weight(rng: random.Random) -> str:
    return rng.choice(
        (
            f"{rng.randint(12, 98) * 10} gramas",
            f"{rng.randint(1, 60)},{rng.randint(1, 9)} quilos",
            f"{rng.randint(2, 80)} quilos",
        )
    )


def _products(rng: random.Random, split: str, units: list[Row]) -> list[Row]:
    made, notes = [], _own("produtos")
    manuals = [row["slug"] for row in notes if row["slug"] in words_products.MANUAL_PARTS]
    for i in range(8):
        article, machine = _one(rng, "aparelho").split(" ")
        note, other = rng.choice(notes), rng.choice(notes)
        letters = rng.choice("ACDEFHJ") + rng.choice("KLMNPT")
        made.append(
            {
                "slug": f"{rng.choice(manuals)}-{i}{rng.randrange(10**5)}",
                "nome": f"{machine} {_name(rng, split)}",
                "g": "f" if article == "a" else "m",
                "modelo": f"{letters}-{rng.randint(10, 99)}",
                "peso": _weight(rng),
                "volts": note["volts"],
                "preco": f"R$ {rng.randint(19, 990)},{rng.choice(('00', '90', '50'))}",
                "garantia": f"{rng.randint(3, 48)} meses",
                "luz": _one(rng, "luz"),
                "unidade": rng.choice(units)["unidade"],
                "nunca": _one(rng, "nunca"),
                "limpeza": _one(rng, "limpeza"),
                "antiga": "",
                "uso": other["uso"],
                "nota": note["nota"],
            }
        )
    return made


def _contracts(rng: random.Random, split: str) -> list[Row]:
    made: dict[str, Row] = {}
    clauses = _own("contratos")
    for i in range(5):
        job = f"{_one(rng, 'trabalho')} {_one(rng, 'de onde')}"
        client = f"{rng.choice(('a Escola', 'o Clube', 'a Cooperativa', 'o Hotel'))} {_name(rng, split)}"
        firm = rng.choice(
            (
                f"a {rng.choice(('empresa', 'oficina', 'firma'))} {_name(rng, split)}",
                f"o {rng.choice(('mestre', 'pedreiro', 'senhor'))} {named(rng, split, 'pessoa_m')}",
                f"a {rng.choice(('técnica', 'artista', 'senhora'))} {named(rng, split, 'pessoa_f')}",
            )
        )
        made[job] = {
            "slug": f"c{i}-{rng.randrange(10**6)}",
            "contratante": client,
            "contratada": firm,
            "objeto": job,
            "preco": f"{rng.randint(12, 98) * 10} reais",
            "prazo": drawn(rng, split, "2..90 dias"),
            "multa": f"{rng.randint(1, 40)} por cento",
            "assinatura": drawn(rng, split, "data"),
            "extra": rng.choice(clauses)["extra"],
            "extra2": rng.choice(clauses)["extra2"],
        }
    return list(made.values())


def _rows(rng: random.Random, split: str, taken: set[str]) -> dict[str, list[Row]]:
    """The tables of one part of a town."""
    people, lines = _people(rng, split), _lines(rng, split, taken)
    phrases = rng.sample(_own("unidades"), 3)
    units = [
        {"unidade": name, "gerente": named(rng, split, "pessoa"), "frase": row["frase"]}
        for name, row in zip(_plain_names(rng, split, 3), phrases, strict=True)
    ]
    return {
        "especies": _species(rng, split, people),
        "linhas": lines,
        "produtos": _products(rng, split, units),
        "contratos": _contracts(rng, split),
        "pesquisadores": people,
        "unidades": units,
        "bairros": _places(rng, split, lines),
    }


def _collection(rng: random.Random, split: str) -> Collection:
    """Both parts, as the makers of documents want them."""
    taken: set[str] = set()
    parts = {part: _rows(rng, split, taken) for part in ("dev", "teste")}
    into = Collection()
    with tempfile.TemporaryDirectory() as name:
        folder = Path(name)
        for table in parts["dev"]:
            rows = [{**row, "parte": part} for part in parts for row in parts[part][table]]
            with (folder / f"{table}.csv").open("w", encoding="utf-8", newline="") as file:
                writer = csv.DictWriter(file, list(rows[0]), delimiter="|")
                writer.writeheader()
                writer.writerows(rows)
        for step in (tables.species, tables.buses, tables.products, tables.contracts):
            step(folder, into)
    return into


@lru_cache(maxsize=TOWNS)
def table_town(number: int, split: str) -> tuple[Town, ...]:
    """The sheets, timetables, catalogues and contracts of town `number`: a Town of each sort."""
    rng = random.Random(f"cidade/{split}/{number}")
    into = _collection(rng, split)
    swap = {name: proper(rng, split) for name in FIXED}
    swap = {name: other.upper() if name.isupper() else other for name, other in swap.items()}

    def clean(text: str) -> str:
        return re.sub("|".join(swap), lambda found: swap[found[0]], text)

    found = []
    for sort in ("especies", "onibus", "produtos", "contratos"):
        theme = f"{sort}-a"  # the other part has pages of its own, which are not read in training
        papers = []
        for document in into.documents.values():
            if document.theme == theme:
                text, evidence, _ = render(clean(document.markup), into.facts, theme, document.id)
                stated = tuple((each.fact, each.start, each.end) for each in evidence)
                papers.append(Paper(clean(document.title), text, stated))
        asked = []
        for question in into.questions:
            if question.theme == theme:
                said = [clean(each) for each in question.wordings]
                answer = question.answers[0] if question.type != NONE else ""
                asked.append(Asked((said[0],), (said[1],), tuple(said[2:3]), question.facts, answer))
        found.append(Town(tuple(papers), tuple(asked)))
    return tuple(found)


def any_town(rng: random.Random, split: str) -> Town:
    """A town of sheets and timetables, or, more often, one told by hand."""
    tabled = rng.random() < TABLED
    return rng.choice(table_town(rng.randrange(TOWNS), split)) if tabled else theme_town(rng, split)
