"""Facts of the real world from the tables: statements, small encyclopedic paragraphs, questions with answers.

Some facts are held out of "train" by a stable hash: a few never occur there, others occur there only as
statements and are asked only in "valid". `pairs_of` tells which; `probes` measures them.
"""

from __future__ import annotations

import csv
import random
from collections import defaultdict
from collections.abc import Iterator
from functools import cache, lru_cache
from zlib import crc32

from builders.corpus import Document
from builders.corpus.invented import Noun, cap
from builders.corpus.passages import Fact
from builders.corpus.reading import ANSWER, with_answers
from builders.corpus.relations import Relation, fill, parse, sentence, subject_first
from builders.corpus.values import TABLES

NEVER, STATED_ONLY = 4, 12  # of 100: below 4 never in train, below 12 in train only as a statement
ALWAYS = {
    "Brasil",
    "Portugal",
    "França",
    "Argentina",
    "Japão",
    "São Paulo",
    "Rio de Janeiro",
    "Bahia",
    "gato",
    "cachorro",
}
WITH_ARTICLE = {"Rio de Janeiro": "m", "Cairo": "m"}  # cities named with an article
FEMININE_COUNTS = ("horas", "letras", "estações", "cores", "patas")
TO_TEN = "zero um dois três quatro cinco seis sete oito nove dez"
TO_TWENTY = "onze doze treze catorze quinze dezesseis dezessete dezoito dezenove vinte"
NUMBERS = [*TO_TEN.split(" "), *TO_TWENTY.split(" ")]


def rows(name: str) -> list[dict[str, str]]:
    """Rows of one table; an empty obligatory cell or a duplicate is named with file and row."""
    with (TABLES / name).open(encoding="utf-8", newline="") as file:
        found = list(csv.DictReader(file))
    seen: set[tuple[str, ...]] = set()
    for number, row in enumerate(found, 2):
        for column, cell in row.items():
            if column is None or cell is None or (not cell.strip() and column != "artigo"):
                raise ValueError(
                    f"{name}, linha {number}: a coluna {column!r} está vazia ou há colunas demais"
                )
        if row.get("genero", "m") not in {"m", "f"}:
            raise ValueError(f"{name}, linha {number}: gênero {row['genero']!r}; use m ou f")
        if row.get("artigo", "") not in {"", "o", "a", "os", "as"}:
            raise ValueError(f"{name}, linha {number}: artigo {row['artigo']!r}; use o, a, os, as ou nada")
        key = tuple(row.values())[:2]
        if key in seen:
            raise ValueError(f"{name}, linha {number}: {' | '.join(key)} está repetido")
        seen.add(key)
    return found


def place(name: str, article: str) -> Noun:
    """A country or state with its article ("", "o", "a", "os", "as")."""
    gender = {"o": "m", "os": "mp", "a": "f", "as": "fp", "": "m"}[article]
    return Noun(name, gender, bool(article))


def city(name: str) -> Noun:
    """A city, with an article where its name takes one."""
    if name.startswith("Cidade d"):
        return Noun(name, "f", True)
    return Noun(name, WITH_ARTICLE.get(name, "f"), name in WITH_ARTICLE)


@lru_cache(maxsize=1)
def relations() -> dict[str, Relation]:
    """Wordings of every kind of fact."""
    return {r.name: r for r in parse((TABLES / "fatos.txt").read_text(encoding="utf-8"), "fatos.txt")}


@lru_cache(maxsize=1)
def all_facts() -> tuple[Fact, ...]:
    """Every fact of the tables."""
    say = relations()
    found: list[Fact] = []

    def add(name: str, subject: Noun, value: Noun) -> None:
        found.append(Fact(say[name], subject, value))

    for r in rows("paises.csv"):
        subject = place(r["pais"], r["artigo"])
        add("capital", subject, city(r["capital"]))
        add("continente", subject, Noun(r["continente"], "f", True))
        add("lingua", subject, Noun(r["lingua"], "m", True))
        add("gentilico", subject, Noun(r["gentilico_m"]))
    states = {r["estado"]: place(r["estado"], r["artigo"]) for r in rows("estados.csv")}
    for r in rows("estados.csv"):
        subject = states[r["estado"]]
        if r["sigla"] != "DF":  # Brasília is the capital of the country, not of a state
            add("capital_estado", subject, city(r["capital"]))
        add("sigla", subject, Noun(r["sigla"]))
        add("regiao", subject, Noun(r["regiao"]))
        add("gentilico_estado", subject, Noun(r["gentilico_m"]))
    for r in rows("animais.csv"):
        subject = Noun(r["animal"], r["genero"], True)
        add("classe", subject, Noun(r["classe"], "f" if r["classe"] == "ave" else "m", True))
        add("come_animal", subject, Noun(r["comida"]))
        add("habitat_animal", subject, Noun(r["habitat"]))
        add("corpo", subject, Noun(r["corpo"]))
        if r["patas"] != "0":
            add("patas_animal", subject, Noun(r["patas"]))
    for r in rows("profissoes.csv"):
        for subject in {Noun(r["masculino"], "m", True), Noun(r["feminino"], "f", True)}:
            tool = r["ferramenta"]
            add("ferramenta", subject, Noun(tool[2:], "m" if tool.startswith("o ") else "f", True))
            add("lugar_profissao", subject, Noun(r["lugar"]))
            add("faz_profissao", subject, Noun(r["faz"]))
    for r in rows("plantas.csv"):
        subject = Noun(r["fruta"], r["genero"], True)
        add("cor_fruta", subject, Noun(r["cor"]))
        add("planta_fruta", subject, Noun(r["planta"], "f" if r["planta"].endswith("a") else "m", True))
        add("sabor", subject, Noun(r["sabor"]))
    for r in rows("cultura.csv"):
        value = states.get(r["valor"]) if r["relacao"].endswith("_estado") else Noun(r["valor"])
        if r["relacao"] == "rio_lugar":
            value = city(r["valor"])
        if value is None:
            raise ValueError(f"cultura.csv: o estado {r['valor']!r} não está em estados.csv")
        add(r["relacao"], Noun(r["sujeito"], r["genero"], True), value)
    for r in rows("palavras.csv"):
        add(r["relacao"], Noun(r["palavra"]), Noun(r["valor"]))
    for r in rows("ceu-e-tempo.csv"):
        many = r["relacao"] == "quantos"
        gender = "fp" if r["sujeito"].startswith(FEMININE_COUNTS) else "mp"
        subject = Noun(r["sujeito"], gender, True) if many else Noun(r["sujeito"])
        if r["sujeito"] == "Terra":
            subject = Noun("Terra", "f", True)
        add(r["relacao"], subject, Noun(r["valor"]))
    return tuple(sorted(found, key=lambda f: (f.relation.name, f.subject.text, f.subject.gender)))


def held_out(fact: Fact) -> str:
    """ "never", "stated" (in train only as a statement) or "" of a fact."""
    if fact.relation.name == "quantos" or fact.subject.text in ALWAYS:
        return ""
    rest = crc32(f"{fact.relation.name}|{fact.subject.text}".encode()) % 100
    return "never" if rest < NEVER else "stated" if rest < STATED_ONLY else ""


@lru_cache(maxsize=4)
def pool(split: str, asked: bool) -> dict[str, tuple[Fact, ...]]:
    """Facts by relation that `split` may state, or (`asked`) may ask."""
    banned = set() if split == "valid" else {"never", "stated"} if asked else {"never"}
    found: dict[str, list[Fact]] = defaultdict(list)
    for fact in all_facts():
        if held_out(fact) not in banned:
            found[fact.relation.name].append(fact)
    return {name: tuple(each) for name, each in found.items()}


@lru_cache(maxsize=2)
def _by_subject(split: str) -> list[tuple[Fact, ...]]:
    groups: dict[Noun, list[Fact]] = defaultdict(list)
    for each in pool(split, False).values():
        for fact in each:
            if fact.subject.article or fact.subject.text[:1].isupper() or len(groups[fact.subject]):
                groups[fact.subject].append(fact)
    return [tuple(each) for each in groups.values() if len(each) > 2]


def draw(rng: random.Random, split: str, asked: bool, name: str | None = None) -> Fact:
    """A fact: geography, then animals, oftener than the small tables."""
    facts = pool(split, asked)
    if name is None:
        draw_ = rng.random()
        if draw_ < 0.3:
            name = rng.choice(["capital", "capital", "capital", "continente", "lingua", "gentilico"])
        elif draw_ < 0.42:
            name = rng.choice(["capital_estado", "capital_estado", "sigla", "regiao", "gentilico_estado"])
        elif draw_ < 0.6:
            name = rng.choice(["classe", "come_animal", "habitat_animal", "patas_animal", "corpo"])
        else:
            name = rng.choice(list(facts))
    return rng.choice(facts[name])


def question(rng: random.Random, fact: Fact) -> tuple[str, str]:
    """One question on a fact and its short answer."""
    reverse = fact.relation.reverse if unique_value(fact) else []
    share = 0.5 if fact.relation.name == "feminino" else 0.25  # the masculine asks as often as it answers
    text, answer = rng.choice(reverse if reverse and rng.random() < share else fact.relation.questions)
    return cap(fill(text, fact.subject, fact.value)), fill(answer, fact.subject, fact.value) + "."


@cache
def _value_counts() -> dict[tuple[str, str], int]:
    counts: dict[tuple[str, str], int] = defaultdict(int)
    for fact in all_facts():
        if not (fact.relation.subject == "profissao" and fact.subject.gender == "f"):
            counts[fact.relation.name, fact.value.text] += 1
    return counts


def unique_value(fact: Fact) -> bool:
    """Whether only this subject has this value, so that the reverse question has one answer."""
    return _value_counts()[fact.relation.name, fact.value.text] == 1


def say(rng: random.Random, fact: Fact) -> str:
    """A statement of a fact."""
    return sentence(rng.choice(fact.relation.statements), fact.subject, fact.value)


def sums(rng: random.Random, split: str) -> tuple[str, str, str]:
    """A sum, difference or double to 20: (statement, question, answer), in words or digits."""
    while True:
        a, b = rng.randint(0, 20), rng.randint(1, 20)
        sign, result = rng.choice((("mais", a + b), ("menos", a - b), ("vezes", a * b)))
        if 0 <= result <= 20 and (split == "valid" or crc32(f"{a} {sign} {b}".encode()) % 100 >= STATED_ONLY):
            break
    x, y, z = (NUMBERS[n] for n in (a, b, result)) if rng.random() < 0.5 else (str(a), str(b), str(result))
    is_, sum_ = "são" if result > 1 else "é", f"{x} {sign} {y}"
    statement = rng.choice((f"{sum_} é igual a {z}.", f"{sum_} {is_} {z}.", f"A conta {sum_} dá {z}."))
    asked = rng.choice(
        (f"Quanto é {x} {sign} {y}?", f"Qual é o resultado de {x} {sign} {y}?", f"{x} {sign} {y} é quanto?")
    )
    return cap(statement), cap(asked), z + "."


def paragraph(rng: random.Random, split: str) -> str:
    """Several facts about one subject, as a small encyclopedia entry."""
    facts = list(rng.choice(_by_subject(split)))
    rng.shuffle(facts)
    sentences = []
    for i, fact in enumerate(facts[: rng.randint(2, 5)]):
        template = rng.choice(fact.relation.statements)
        if i and subject_first(template) and fact.subject.article and rng.random() < 0.7:
            rest = fill(template[1:], fact.subject, fact.value)
            pronoun = {"m": "Ele", "f": "Ela", "mp": "Eles", "fp": "Elas"}[fact.subject.gender]
            sentences.append(pronoun + rest)
        else:
            sentences.append(sentence(template, fact.subject, fact.value))
    return " ".join(sentences)


def statements(rng: random.Random, split: str) -> str:
    """Facts of one kind or mixed, one a line or in a paragraph."""
    first = draw(rng, split, False)
    same = rng.random() < 0.6
    count = rng.randint(3, 7)
    found = [first] + [
        draw(rng, split, False, first.relation.name if same else None) for _ in range(count - 1)
    ]
    sentences = list(dict.fromkeys(say(rng, fact) for fact in found))
    if rng.random() < 0.08:
        sentences = [sums(rng, split)[0] for _ in range(count)]
    return rng.choice(("\n", " ", " ")).join(sentences)


def asked(rng: random.Random, split: str) -> str:
    """Questions with their answers."""
    name = draw(rng, split, True).relation.name if rng.random() < 0.4 else None
    lines: dict[str, str] = {}
    for _ in range(rng.randint(1, 6)):
        if rng.random() < 0.1 and name is None:
            _, text, answer = sums(rng, split)
        else:
            text, answer = question(rng, draw(rng, split, True, name))
        lines.setdefault(text, answer)
    return "\n".join(f"Pergunta: {text}\n{ANSWER}{answer}" for text, answer in lines.items())


def told(rng: random.Random, split: str) -> str:
    """A statement followed by the question on it: the bridge from what is said to what is asked."""
    facts = [draw(rng, split, True) for _ in range(rng.randint(1, 3))]
    lines = [" ".join(say(rng, fact) for fact in facts)]
    for fact in facts:
        text, answer = question(rng, fact)
        lines += [f"Pergunta: {text}", ANSWER + answer]
    return "\n".join(lines)


def documents(rng: random.Random, split: str) -> Iterator[Document]:
    """Endless documents of facts."""
    makers = (paragraph, paragraph, statements, statements, asked, asked, told)
    while True:
        yield with_answers("fatos", rng.choice(makers)(rng, split))
