"""Towns in which any word may be the label of a fact: "o zelador é …", "a balança custa …".

A reader that met few roles and few things looks for those. One that met every noun and verb of the lexicon
has to find the word of the question, whatever it is, and what is said of it. Nouns, verbs and values are
drawn anew; the facts of a paper are of few kinds, so that values alike must be told apart by their words.
Questions have the words of the text. Other words for the same are what themes written by hand bring
(`themes`). What is said here makes little sense of the world, on purpose.
"""

from __future__ import annotations

import random
from dataclasses import dataclass
from functools import cache

from builders.corpus.lexicon import Noun, lexicon
from builders.corpus.morphology import conjugate, participle
from builders.corpus.registers_names import person
from builders.corpus.themes import drawn, named
from builders.corpus.towns import Asked, Paper, Town

FACTS, A_PAPER, SORTS = (8, 12), (3, 5), (2, 4)  # facts of a town, of a paper; kinds of fact in a town
UNSAID = 2  # questions that no paper answers
FILLED = 0.5  # share of facts with a sentence before them that says nothing of use
PLACES = ["Casa", "Oficina", "Escola", "Fazenda", "Loja", "Usina", "Vila", "Associação", "Fábrica", "Pensão"]
PAPERS = [
    "Regulamento",
    "Aviso",
    "Relatório",
    "Ficha",
    "Carta",
    "Notícia",
    "Ata",
    "Lista",
    "Quadro",
    "Manual",
]
PEOPLE = {"profissao", "pessoa"}  # classes of the lexicon
THINGS = {
    *("objeto", "movel", "ferramenta", "utensilio", "recipiente", "instrumento", "roupa", "brinquedo"),
    *("veiculo", "comida", "doces", "fruta", "bebida", "domestico", "tecnologia", "escolar", "urbano"),
    *("planta", "flores"),
}
UNITS = {
    "mede": ("metros", "centímetros"),
    "pesa": ("quilos", "gramas"),
    "dura": ("dias", "minutos", "horas"),
    "comporta": ("pessoas", "litros", "caixas"),
}
HAPPENS = ["começa", "abre", "sai", "chega", "termina", "fecha", "volta", "acaba"]
FILLERS = (
    "O portão fica fechado em dia de chuva.",
    "Perguntas são respondidas no balcão.",
    "Nada disso muda no feriado.",
    "Quem chega cedo espera no pátio.",
    "Traga um documento com foto.",
    "O resto se combina na hora.",
    "A lista foi conferida duas vezes.",
    "Os vizinhos ajudaram na limpeza.",
    "Não é preciso marcar hora.",
    "A reunião seguinte ainda não tem data.",
    "O assunto volta à pauta no fim do mês.",
    "As fotos estão no mural.",
    "Todos assinaram o livro de presença.",
    "Pede-se silêncio no corredor.",
    "As crianças entram acompanhadas.",
    "Houve elogios e uma reclamação.",
    "Uma cópia deste papel fica na secretaria.",
    "O café é servido depois.",
)


@dataclass(frozen=True)
class Sort:
    """A kind of fact: how a paper states it (# is the value), and how it is asked."""

    stated: tuple[str, ...]
    asked: tuple[str, ...]


# {n} the noun, {o} {do} {pelo} its articles, {ns} its plural, {e} the place, {did} {done} {verb} the verb
SORTS_OF: dict[str, Sort] = {
    "role": Sort(
        (
            "{O} {n} é #.",
            "# é {o} {n}.",
            "Quem trabalha como {n} é #.",
            "#, {n} da casa, assina embaixo.",
            "O nome {do} {n} é #.",
            "{O} {n}, #, mora perto.",
            "Responde como {n} #.",
            "| {n} | # |",
            "{N}: #.",
            "Fale com #, que é {o} {n}.",
            "Há anos {o} {n} é #.",
            "Neste lugar {o} {n} se chama #.",
        ),
        ("Quem é {o} {n} da {e}?", "Como se chama {o} {n} da {e}?", "Qual é o nome {do} {n} da {e}?"),
    ),
    "did": Sort(
        (
            "# {did} {o} {n}.",
            "{O} {n} foi {done} por #.",
            "Foi # quem {did} {o} {n}.",
            "Quem {did} {o} {n} foi #.",
            "| {o} {n} foi {done} por | # |",
            "No começo da semana, # {did} {o} {n}.",
            "{O} {n}, {done} por #, está na sala.",
        ),
        (
            "Quem {did} {o} {n} da {e}?",
            "Por quem foi {done} {o} {n} da {e}?",
            "{O} {n} da {e} foi {done} por quem?",
        ),
    ),
    "count": Sort(
        (
            "Há # na {e}.",
            "A {e} tem #.",
            "São # ao todo.",
            "{NS}: #.",
            "Foram contad{a}s #.",
            "| {ns} | # |",
            "Somando tudo, são #.",
            "A {e} guarda #.",
        ),
        ("{quantos} {ns} há na {e}?", "Qual é o número de {ns} da {e}?", "{quantos} {ns} tem a {e}?"),
    ),
    "price": Sort(
        (
            "{O} {n} custa #.",
            "Pagam-se # {pelo} {n}.",
            "Por # leva-se {o} {n}.",
            "{N}: #.",
            "| {n} | # |",
            "{O} {n} sai por #.",
            "O preço {do} {n} é de #.",
            "São # {pelo} {n}.",
        ),
        (
            "Quanto custa {o} {n} da {e}?",
            "Qual é o preço {do} {n} da {e}?",
            "Por quanto sai {o} {n} da {e}?",
        ),
    ),
    "hour": Sort(
        (
            "{O} {n} {verb} às #.",
            "Às # {verb} {o} {n}.",
            "| {o} {n} {verb} às | # |",
            "É às # que {o} {n} {verb}.",
            "{O} {n}, como sempre, {verb} às #.",
            "Todo dia {o} {n} {verb} às #.",
        ),
        ("A que horas {verb} {o} {n} da {e}?", "{O} {n} da {e} {verb} a que horas?"),
    ),
    "day": Sort(
        (
            "{O} {n} {verb} em um dia só: #.",
            "Dia em que {verb} {o} {n}: #.",
            "| dia em que {verb} {o} {n} | # |",
            "Para ver {o} {n}, que {verb} uma vez por semana, o dia é #.",
        ),
        ("Em que dia da semana {verb} {o} {n} da {e}?", "{O} {n} da {e} {verb} em que dia?"),
    ),
    "size": Sort(
        (
            "{O} {n} {verb} #.",
            "| {o} {n} {verb} | # |",
            "Segundo a ficha, {o} {n} {verb} #.",
            "Com #, que é o que {verb}, {o} {n} impressiona.",
            "Conferimos: {o} {n} {verb} #.",
        ),
        ("Quanto {verb} {o} {n} da {e}?", "{O} {n} da {e} {verb} quanto?"),
    ),
    "where": Sort(
        (
            "{O} {n} fica em #.",
            "Em # fica {o} {n}.",
            "| {n} | # |",
            "É em # que está {o} {n}.",
            "{N}: #.",
            "Quem procura {o} {n} deve ir a #.",
        ),
        ("Onde fica {o} {n} da {e}?", "Em que lugar fica {o} {n} da {e}?", "{O} {n} da {e} fica onde?"),
    ),
    "year": Sort(
        (
            "{O} {n} foi {done} em #.",
            "Em # foi {done} {o} {n}.",
            "| ano em que foi {done} {o} {n} | # |",
            "Foi no ano de # que {o} {n} foi {done}.",
        ),
        (
            "Em que ano foi {done} {o} {n} da {e}?",
            "Quando foi {done} {o} {n} da {e}?",
            "{O} {n} da {e} foi {done} em que ano?",
        ),
    ),
}


@dataclass(frozen=True)
class Fact:
    """One fact: its sort, the words of its templates, its value."""

    sort: str
    words: dict[str, str]
    value: str


@cache
def _lexicon() -> tuple[tuple[Noun, ...], tuple[Noun, ...], tuple[str, ...]]:
    """(people, things, verbs) of one word each."""
    words = lexicon()
    one = [noun for noun in words.nouns if " " not in noun.word]
    people, things = (tuple(n for n in one if n.classes & classes) for classes in (PEOPLE, THINGS))
    return people, things, tuple(verb for verb in words.verbs if verb[-2:] in ("ar", "er", "ir"))


def _forms(noun: Noun) -> dict[str, str]:
    """A noun with its articles, as the templates ask for them."""
    male = noun.gender == "m"
    o, do, pelo = ("o", "do", "pelo") if male else ("a", "da", "pela")
    return {
        "n": noun.word, "N": noun.word.capitalize(), "ns": noun.plural, "NS": noun.plural.capitalize(),
        "o": o, "O": o.upper(), "a": o, "do": do, "pelo": pelo, "quantos": "Quantos" if male else "Quantas",
    }  # fmt: skip


def _verb(rng: random.Random, sort: str) -> str:
    """A verb for a fact that has one."""
    if sort in ("did", "year"):
        return rng.choice(_lexicon()[2])
    return rng.choice({"hour": HAPPENS, "day": HAPPENS, "size": list(UNITS)}.get(sort, [""]))


def _fact(rng: random.Random, split: str, sort: str, noun: Noun, verb: str) -> Fact:
    words = _forms(noun) | {"verb": verb}
    if sort in ("did", "year"):
        words |= {"did": conjugate(verb, "perfeito"), "done": participle(verb)[:-1] + words["o"]}
    if sort in ("role", "did"):
        return Fact(sort, words, person(rng, split, noun.gender if sort == "role" else "").text)
    if sort == "where":
        return Fact(sort, words, named(rng, split, "rua"))
    kind = {
        "count": f"3..400 {noun.plural}", "price": "reais 3..300", "hour": "hora", "day": "dia_semana",
        "size": f"2..90 {rng.choice(UNITS.get(verb, ('',)))}", "year": "ano 1930..2024",
    }[sort]  # fmt: skip
    return Fact(sort, words, drawn(rng, split, kind))


def label_town(rng: random.Random, split: str) -> Town:
    """A town of facts on words drawn from the whole lexicon: papers, and questions in their words."""
    people, things, _ = _lexicon()
    place = {"e": f"{rng.choice(PLACES)} {named(rng, split, 'nome_f')}"}
    count = rng.randint(*FACTS)
    sorts, some = rng.sample(list(SORTS_OF), rng.randint(*SORTS)), rng.sample(things, count)
    facts: dict[tuple[str, str, str], Fact] = {}
    values: set[str] = set()
    while len(facts) < count:
        sort = rng.choice(sorts)
        noun = rng.choice(people if sort == "role" else some)
        key = (sort, noun.word, _verb(rng, sort))
        fact = _fact(rng, split, sort, noun, key[2])
        if key in facts or (fact.value in values and sort != "day"):
            continue
        facts[key] = Fact(sort, fact.words | place, fact.value)
        values.add(fact.value)
    named_facts = [(f"f{i}", fact) for i, fact in enumerate(facts.values())]
    asked = [
        Asked(
            tuple(filled(each, fact.words) for each in SORTS_OF[fact.sort].asked), (), (), (key,), fact.value
        )
        for key, fact in named_facts
    ]
    rng.shuffle(named_facts)
    papers = []
    while named_facts:
        size = rng.randint(*A_PAPER)
        papers.append(_paper(rng, place["e"], named_facts[:size]))
        named_facts = named_facts[size:]
    known = {word for _, word, _ in facts}
    return Town(tuple(papers), (*asked, *(_unsaid(rng, place, known) for _ in range(UNSAID))))


def filled(template: str, words: dict[str, str]) -> str:
    """A template with its words, and a capital at its beginning."""
    text = template.format(**words)
    return text[:1].upper() + text[1:]


def _questions(sort: str, words: dict[str, str]) -> tuple[str, ...]:
    return tuple(filled(each, words) for each in SORTS_OF[sort].asked)


def _paper(rng: random.Random, place: str, facts: list[tuple[str, Fact]]) -> Paper:
    """The facts in sentences and lines of tables, other sentences between them."""
    text, stated = "", []
    for key, fact in facts:
        if rng.random() < FILLED:
            text += rng.choice(FILLERS) + " "
        said = filled(rng.choice(SORTS_OF[fact.sort].stated), fact.words).replace("#", fact.value)
        said = said[:1].upper() + said[1:]
        line = said.startswith("|")
        if line and text:
            text = text.rstrip() + "\n"
        stated.append((key, len(text), len(text) + len(said)))
        text += said + ("\n" if line else " ")
    return Paper(f"{rng.choice(PAPERS)} da {place}", (text + rng.choice(FILLERS)).rstrip(), tuple(stated))


def _unsaid(rng: random.Random, place: dict[str, str], known: set[str]) -> Asked:
    """A question on a word that no paper has."""
    sort = rng.choice(("role", "price", "where", "count"))
    people, things, _ = _lexicon()
    noun = rng.choice([n for n in (people if sort == "role" else things) if n.word not in known])
    return Asked(_questions(sort, _forms(noun) | place), (), (), ())
