"""Documents made of the rows of `fontes/*.csv`: species, bus lines, products and contracts.

Every kind has several structures and every fact several sentences, drawn by a generator seeded with the row's
name, so that a new row changes no other document. The rows also hold sentences written for them alone.
"""

from __future__ import annotations

import csv
import random
from itertools import pairwise
from pathlib import Path

from builders.documents import words, words_buses, words_contracts, words_products, words_species
from builders.documents.model import (
    COMPARISON,
    NONE,
    ONE,
    TWO,
    Collection,
    Document,
    Fact,
    Question,
    number,
)
from builders.documents.source import retyped

Row = dict[str, str]


def rows(folder: Path, name: str) -> list[Row]:
    """Rows of a table, cells split at "|", with their place as "vez". A row of another length is an error."""
    with (folder / f"{name}.csv").open(encoding="utf-8", newline="") as file:
        found = list(csv.DictReader(file, delimiter="|"))
    for line, row in enumerate(found, 2):
        if None in row or None in row.values():
            raise ValueError(f"{name}.csv, linha {line}: o número de células não é o do cabeçalho")
        row["vez"] = str(line - 2)
    return found


def themed(kind: str, row: Row) -> str:
    """The theme of a row: one for each split, so that no question mixes them."""
    return f"{kind}-{'a' if row['parte'] == 'dev' else 'b'}"


def agreed(text: str, name: str, gender: str) -> str:
    """A template with {O} {o} {do} {ao} and {x} put for a noun: "{do}" is "do sapo" or "da rã"."""
    a = "a" if gender == "f" else "o"
    forms = {"O": a.upper(), "o": a, "do": f"d{a}", "ao": "à" if gender == "f" else "ao", "no": f"n{a}"}
    for form, article in forms.items():
        text = text.replace(f"{{{form}}}", f"{article} {name}")
    return text.replace("{x}", name).replace("(o)", a)


def ask(
    into: Collection,
    rng: random.Random,
    theme: str,
    split: str,
    fact: Fact,
    templates: words.Asked,
    *noun: str,
) -> None:
    """One question on a fact, in a wording near the documents, one far from them, and keywords."""
    near, far, keywords = templates
    told = [agreed(rng.choice(near), *noun), agreed(rng.choice(far), *noun), agreed(keywords, *noun)]
    told = [text[0].upper() + text[1:] if i < 2 else text for i, text in enumerate(told)]
    into.questions.append(retyped(Question(told, ONE, (fact.key,), fact.values, split, theme), into))


def unanswerable(
    into: Collection, theme: str, split: str, subject: str, asked: tuple[str, str, str, str], *noun: str
) -> None:
    """A question on a relation that no table has."""
    relation, marks, *told = asked
    told = [text[0].upper() + text[1:] for text in (agreed(t, *noun) for t in told)]
    into.questions.append(
        Question(told, NONE, (), (), split, theme, (subject, relation), tuple(marks.split(",")))
    )


def comparisons(
    into: Collection,
    theme: str,
    split: str,
    pairs: list[tuple[Fact, Fact, str, str]],
    templates: list[tuple[str, str, bool]],
) -> None:
    """Questions that compare two facts: templates with {a} and {b}, and whether the larger answers."""
    for count, (one, other, a, b) in enumerate(pairs):
        first, second, larger = templates[count % len(templates)]
        bigger = number(one.values[0]) > number(other.values[0])
        name, fact = (a, one) if bigger == larger else (b, other)
        told = [text.replace("{a}", a).replace("{b}", b) for text in (first, second)]
        short = name.removeprefix("o ").removeprefix("a ")
        keys = (other.key, one.key) if fact is one else (one.key, other.key)
        into.questions.append(Question(told, COMPARISON, keys, (name, short), split, theme))


def species(folder: Path, into: Collection) -> None:
    """Sheets of the research station, and who described what."""
    table = rows(folder, "especies")
    for count, row in enumerate(table):
        theme, split = themed("especies", row), row["parte"]
        rng = random.Random(f"especie/{row['slug']}")
        noun = (row["nome"], row["g"])
        subject = agreed("{o}", *noun)
        told: dict[str, str] = {}
        kept = [*rng.sample(["mede", "come", "vive", "filhotes", "perigo", "horas"], 4), "quem"]
        for name in kept:
            fact = Fact(f"{theme}.{row['slug']}-{name}", subject, name, (row[name],), split)
            into.add(fact)
            told[name] = (
                f"[{row['slug']}-{name}: {agreed(words_species.species_sentence(rng, name, row), *noun)}]"
            )
            asked = words_species.species_question(name, row)
            if rng.random() < 0.85:
                ask(into, rng, theme, split, fact, asked, *noun)
        layout = words_species.SPECIES_LAYOUTS[count % len(words_species.SPECIES_LAYOUTS)]
        title, text = layout(rng, row, told, lambda t, noun=noun: agreed(t, *noun))
        into.write(
            Document(
                f"{theme}-{row['slug']}",
                "especie",
                theme,
                words.date(rng, 2021, 2025),
                title,
                text,
                split,
            )
        )
        if count % 3 == 0:
            unanswerable(into, theme, split, subject, words_species.SPECIES_UNKNOWN[count // 3 % 3], *noun)
    people = rows(folder, "pesquisadores")
    for split in ("dev", "teste"):
        mine = [row for row in people if row["parte"] == split]
        theme = themed("especies", {"parte": split})
        for row in mine:
            slug = row["nome"].split()[0].lower().replace("ê", "e")
            fact = Fact(f"{theme}.{slug}-cidade", row["nome"], "onde nasceu", (row["cidade"],), split)
            into.add(fact)
            ask(into, random.Random(slug), theme, split, fact, words_species.BORN, row["nome"], row["g"])
            for each in [r for r in table if r["parte"] == split and r["quem"] == row["nome"]][:4]:
                keys = (f"{theme}.{each['slug']}-quem", fact.key)
                noun = (each["nome"], each["g"])
                article, _, known_for = each["descricao"].partition(" ")
                a = "à" if article == "a" else "ao"
                told = [
                    agreed("Onde nasceu quem descreveu {o}?", *noun),
                    f"De que cidade veio quem deu nome científico {a} {known_for}?",
                ]
                into.questions.append(Question(told, TWO, keys, fact.values, split, theme))
        title, text = words_species.people_page(split, mine)
        into.write(Document(f"{theme}-equipe", "perfil", theme, "2025-02-15", title, text, split))
        sized = [f for f in into.facts.values() if f.key.startswith(theme) and f.relation == "mede"]
        same = [f for f in sized if f.values[0].endswith("centímetros")]
        pairs = [(a, b, a.subject, b.subject) for a, b in pairwise(same) if a.values != b.values][:5]
        comparisons(into, theme, split, pairs, words_species.COMPARE_SIZE)


def buses(folder: Path, into: Collection) -> None:
    """Timetables of the lines, notices that change them, and which line goes to which place."""
    table = rows(folder, "linhas")
    for count, row in enumerate(table):
        theme, split, line = themed("onibus", row), row["parte"], row["numero"]
        rng = random.Random(f"linha/{line}")
        changed = "tarifa" if "R$" in row["antiga"] else "primeira"
        subject = f"a linha {line}"
        told: dict[str, str] = {}
        names = [
            "primeira",
            "tarifa",
            *rng.sample(["ultima", "intervalo", "duracao", "cor", "motorista"], 3),
        ]
        for name in names:
            old = row["antiga"] if name == changed else ""
            fact = Fact(f"{theme}.{line}-{name}", subject, name, (row[name],), split, old)
            into.add(fact)
            told[name] = f"{line}-{name}{'-' if old else ''}"
            if name not in ("cor",) or rng.random() < 0.5:
                ask(into, rng, theme, split, fact, words_buses.BUS_QUESTIONS[name], f"linha {line}", "f")
        goes = Fact(
            f"{theme}.{line}-destino",
            row["destino"],
            "linha que vai para lá",
            (line, f"linha {line}"),
            split,
        )
        into.add(goes)
        title, text = words_buses.BUS_LAYOUTS[count % len(words_buses.BUS_LAYOUTS)](rng, row, told)
        day = words.date(rng, 2023, 2023)
        into.write(Document(f"{theme}-{line}", "horario", theme, day, title, text, split))
        if row["antiga"]:
            title, text = words_buses.BUS_NOTICES[line]
            options = Document(f"{theme}-{line}-aviso", "aviso", theme, "2025-03-10", title, text, split)
            options.supersedes = f"{theme}-{line}"
            into.write(options)
        if count % 3 == 1:
            unanswerable(
                into, theme, split, subject, words_buses.BUS_UNKNOWN[count // 3 % 2], f"linha {line}", "f"
            )
    for split in ("dev", "teste"):
        theme = themed("onibus", {"parte": split})
        places = [row for row in rows(folder, "bairros") if row["parte"] == split]
        lines = []
        for row in places:
            line = next(each for each in table if each["numero"] == row["linha"])
            key = f"lugar-{row['linha']}"
            fact = Fact(
                f"{theme}.{key}", row["lugar"], "onde fica", (line["destino"].split(" ", 1)[1],), split
            )
            into.add(fact)
            lines.append(f"[{key}: {row['frase']}.]")
            article, _, name = row["lugar"].partition(" ")
            keys = (fact.key, f"{theme}.{row['linha']}-destino")
            told = [
                f"Que linha de ônibus vai para o bairro d{article} {name}?",
                f"Quero conhecer {row['lugar']} sem carro. Que ônibus devo tomar?",
            ]
            into.questions.append(Question(told, TWO, keys, into.facts[keys[1]].values, split, theme))
            asked = words_buses.PLACE
            ask(into, random.Random(key), theme, split, fact, asked, name, "f" if article == "a" else "m")
        title, text = words_buses.places_page(split, lines)
        into.write(Document(f"{theme}-lugares", "manual", theme, "2024-11-11", title, text, split))
        for name, templates in (
            ("primeira", words_buses.COMPARE_FIRST),
            ("tarifa", words_buses.COMPARE_FARE),
        ):
            said = [f for f in into.facts.values() if f.key.startswith(theme) and f.relation == name]
            said = [f for f in said if not f.old]
            pairs = [(a, b, a.subject, b.subject) for a, b in pairwise(said)]
            pairs = [p for p in pairs if p[0].values != p[1].values][:3]
            comparisons(into, theme, split, pairs, templates)


def products(folder: Path, into: Collection) -> None:
    """Product sheets and manuals of a factory, its notices on warranties, and who manages each unit."""
    table = rows(folder, "produtos")
    for count, row in enumerate(table):
        theme, split, slug = themed("produtos", row), row["parte"], row["slug"]
        rng = random.Random(f"produto/{slug}")
        noun = (row["nome"], row["g"])
        subject = agreed("{o}", *noun)
        names = [
            "peso",
            "preco",
            "garantia",
            "unidade",
            *(rng.sample(["luz", "nunca", "limpeza"], 2) if count % 2 == 0 else []),
        ]
        told: dict[str, str] = {}
        for name in names:
            old = row["antiga"] if name == "garantia" else ""
            fact = Fact(
                f"{theme}.{slug}-{name}", subject, name, words_products.product_values(name, row), split, old
            )
            into.add(fact)
            sentence = agreed(rng.choice(words_products.PRODUCT_SENTENCES[name]), *noun)
            told[name] = f"[{slug}-{name}{'-' if old else ''}: {sentence}]"
            if rng.random() < 0.8 or old:
                ask(into, rng, theme, split, fact, words_products.PRODUCT_QUESTIONS[name], *noun)
        layout = words_products.PRODUCT_LAYOUTS[count % len(words_products.PRODUCT_LAYOUTS)]
        title, text = layout(rng, row, told, lambda t, noun=noun: agreed(t, *noun))
        day = words.date(rng, 2022, 2023)
        into.write(Document(f"{theme}-{slug}", "produto", theme, day, title, text, split))
        if count % 2 == 0:
            layout = words_products.MANUAL_LAYOUTS[count // 2 % len(words_products.MANUAL_LAYOUTS)]
            title, text = layout(rng, row, told, lambda t, noun=noun: agreed(t, *noun))
            day = words.date(rng, 2022, 2023)
            into.write(Document(f"{theme}-{slug}-manual", "manual", theme, day, title, text, split))
        if row["antiga"]:
            title, text = words_products.PRODUCT_NOTICES[slug]
            notice = Document(f"{theme}-{slug}-aviso", "aviso", theme, "2025-01-15", title, text, split)
            notice.supersedes = f"{theme}-{slug}"
            into.write(notice)
        if count % 3 == 2:
            unanswerable(into, theme, split, subject, words_products.PRODUCT_UNKNOWN[count // 3 % 3], *noun)
    units = rows(folder, "unidades")
    for split in ("dev", "teste"):
        theme = themed("produtos", {"parte": split})
        lines = []
        for row in [unit for unit in units if unit["parte"] == split]:
            slug = "unidade-" + row["unidade"].lower().replace("é", "e")
            fact = Fact(f"{theme}.{slug}", f"a unidade {row['unidade']}", "gerente", (row["gerente"],), split)
            into.add(fact)
            lines.append((f"[{slug}: A unidade {row['unidade']} é gerenciada por #.]", row["frase"]))
            ask(
                into,
                random.Random(slug),
                theme,
                split,
                fact,
                words_products.UNIT,
                f"unidade {row['unidade']}",
                "f",
            )
            for each in [r for r in table if r["unidade"] == row["unidade"]][:3]:
                keys = (f"{theme}.{each['slug']}-unidade", fact.key)
                name = agreed("{o}", each["nome"], each["g"])
                told = [
                    f"Quem gerencia a unidade que fabrica {name}?",
                    words_products.complaint(each, name),
                ]
                into.questions.append(Question(told, TWO, keys, fact.values, split, theme))
        title, text = words_products.units_page(split, lines)
        into.write(Document(f"{theme}-unidades", "relatorio", theme, "2024-07-01", title, text, split))
        for name, templates in (
            ("preco", words_products.COMPARE_PRICE),
            ("garantia", words_products.COMPARE_WARRANTY),
        ):
            said = [
                f for f in into.facts.values() if f.key.startswith(theme) and f.relation == name and not f.old
            ]
            pairs = [(a, b, a.subject, b.subject) for a, b in pairwise(said) if a.values[0] != b.values[0]][
                ::2
            ]
            comparisons(into, theme, split, pairs[:4], templates)


def contracts(folder: Path, into: Collection) -> None:
    """Contracts between the town's people."""
    for count, row in enumerate(rows(folder, "contratos")):
        theme, split, slug = themed("contratos", row), row["parte"], row["slug"]
        rng = random.Random(f"contrato/{slug}")
        article, _, thing = row["objeto"].partition(" ")
        noun = (thing, "f" if article == "a" else "m")
        told = {}
        for name in ("preco", "prazo", "multa", "contratada"):
            fact = Fact(f"{theme}.{slug}-{name}", row["objeto"], name, (row[name],), split)
            into.add(fact)
            sentence = rng.choice(words_contracts.CONTRACT_SENTENCES[name])
            told[name] = f"[{slug}-{name}: {agreed(sentence, *noun)}]"
            ask(into, rng, theme, split, fact, words_contracts.CONTRACT_QUESTIONS[name], *noun)
        title, text = words_contracts.CONTRACT_LAYOUTS[count % len(words_contracts.CONTRACT_LAYOUTS)](
            row, told
        )
        day = words.date(rng, 2024, 2025)
        into.write(Document(f"{theme}-{slug}", "contrato", theme, day, title, text, split))
        if count % 2:
            unanswerable(into, theme, split, row["objeto"], words_contracts.CONTRACT_UNKNOWN, *noun)


def copies(folder: Path, into: Collection) -> None:
    """Near duplicates: a document again under another title, with a line more and a sentence less."""
    for row in rows(folder, "copias"):
        first = into.documents[row["original"]]
        markup = first.markup
        if row["tira"]:
            if markup.count(row["tira"]) != 1:
                raise ValueError(f"copias.csv: “{row['tira']}” não está uma vez em {first.id}")
            markup = markup.replace(" " + row["tira"], "").replace(row["tira"], "")
        markup = f"{row['antes']}\n\n{markup}"
        copy = Document(
            f"{first.id}-copia", first.kind, first.theme, row["data"], row["titulo"], markup, first.split
        )
        copy.copy_of = first.id
        into.write(copy)
