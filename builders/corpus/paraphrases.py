"""Pairs of texts that mean the same or answer each other: what a search model learns from and is measured on.

A pair is (query, text, key). Within a batch, as within an evaluation set, every other text is wrong for the
query, and many are near misses: the same subject with another relation, the same relation with another
subject, the same scene with one meaning changed. Keys tell the truth: equal keys, and only those, belong
together. Names, wordings, relations, topics, scenes and some pairs of synonyms are kept from training by
stable hashes (see `searches`, `scenes` and `invented`).
"""

from __future__ import annotations

import random
import re
import unicodedata
from collections.abc import Callable, Iterator
from dataclasses import dataclass
from zlib import crc32

from builders.corpus import (
    chunks,
    howto,
    lay,
    letters,
    news,
    notices,
    recipes,
    scenes,
    searches,
    stories,
    town_searches,
)
from builders.corpus import facts as world
from builders.corpus.fillers import close
from builders.corpus.invented import cap
from builders.corpus.relations import Relation, fill, sentence
from builders.corpus.relations import relations as reading_relations
from builders.corpus.values import noun

FAMILY = 4  # near misses come in families of this size


@dataclass(frozen=True)
class Pair:
    """A query and a text that is right for it; `key` names what both are about."""

    query: str
    text: str
    key: tuple[str, ...]


# Ways of leading into a question that starts with a question word.
LEADS = {
    "train": (
        "Gostaria de saber {}.", "Você sabe {}?", "Queria saber {}.", "Me diga {}.", "Preciso saber {}.",
        "Alguém sabe {}?", "Por favor, {}?", "Oi, {}?", "Quero descobrir {}.", "Estou procurando {}.",
        "Poderia informar {}?", "Não achei {}.", "Minha dúvida é {}.", "Bom dia! {}?", "Ei, {}?",
    ),
    "valid": (
        "Teria como me dizer {}?", "Seria possível descobrir {}?", "Ainda não entendi {}.", "Boa tarde, {}?",
        "Pode verificar para mim {}?",
    ),
}  # fmt: skip
QUESTION_WORDS = {
    "onde", "quem", "qual", "quais", "quando", "quanto", "quantos", "quantas", "como", "que", "em", "de", "a",
    "por", "para", "o",
}  # fmt: skip


def informal(rng: random.Random, question: str, split: str) -> str:
    """The question as people type it: now and then led into, in small letters, without accents or mark."""
    draw = rng.random()
    first = question.split(" ", 1)[0].lower()
    if draw < 0.2 and question.endswith("?") and first in QUESTION_WORDS:
        inner = question[:-1]
        return rng.choice(LEADS[split]).format(inner[0].lower() + inner[1:])
    if draw < 0.4:
        question = question.rstrip("?.").lower()
        if draw < 0.24:
            kept = unicodedata.normalize("NFD", question)
            question = "".join(c for c in kept if not unicodedata.combining(c))
    return question


def synonyms(rng: random.Random, split: str, families: int, new: bool = False) -> list[Pair]:
    """Scenes worded twice without a common content word; families of near misses."""
    pairs = []
    for _ in range(families):
        for query, text, scene in scenes.family(rng, split, FAMILY, new):
            pairs.append(Pair(query, text, ("cena", scene)))
    return pairs


def _facts(rng: random.Random, split: str, held: bool, count: int = FAMILY) -> list[searches.Fact]:
    kinds = [k for k in searches.tables().heads if searches.relations_of(k, held)]
    return searches.facts(rng, split, rng.choice(kinds), count, held)


def _key(fact: searches.Fact) -> tuple[str, ...]:
    return (fact.relation.name, fact.subject.heads[0].text, fact.subject.name)


def questions(
    rng: random.Random, split: str, families: int, asked: str = "", said: str = "", held: bool = False
) -> list[Pair]:
    """A question and the statement that answers it, among statements on the same subject.

    `asked` and `said`: whether the question and the statement take wordings of "train" or "valid" (by
    default those of `split`). `held`: only relations that training never sees are asked, and the other
    statements, whose query is "", are there to be confused with.
    """
    asked, said, pairs = asked or split, said or split, []
    while len(pairs) < families * FAMILY:
        told = _facts(rng, split, held)
        if asked == "valid" and not held:
            told = [f for f in told if f.relation.lines("questions", "valid")]
        for fact in told:
            distractor = held and fact.relation not in searches.relations_of(fact.subject.kind, True)
            query = "" if distractor else informal(rng, searches.ask(rng, fact, asked), split)
            pairs.append(Pair(query, searches.state(rng, fact, said), _key(fact)))
    return pairs[: families * FAMILY]


def keywords(rng: random.Random, split: str, families: int) -> list[Pair]:
    """A search of a few words and the statement it is after."""
    pairs = []
    for _ in range(families):
        pairs += [
            Pair(searches.keywords(rng, fact), searches.state(rng, fact, split), _key(fact))
            for fact in _facts(rng, split, False)
        ]
    return pairs


def duplicates(rng: random.Random, split: str, families: int) -> list[Pair]:
    """Two different questions with the same answer."""
    pairs = []
    while len(pairs) < families * FAMILY:
        for fact in _facts(rng, split, False):
            first, second = searches.ask(rng, fact, "train"), searches.ask(rng, fact, split)
            if split == "valid" and not fact.relation.lines("questions", "valid"):
                continue
            if first.lower() != second.lower():
                pairs.append(Pair(informal(rng, second, split), first, _key(fact)))
    return pairs[: families * FAMILY]


def passages(rng: random.Random, split: str, families: int) -> list[Pair]:
    """A question and the passage of three facts that holds the answer; each subject has two passages."""
    pairs = []
    while len(pairs) < families * 2:
        told = _facts(rng, split, False, 6)
        if len(told) < 5:
            continue
        for part in (told[:3], told[3:]):
            fact = rng.choice(part)
            query = informal(rng, searches.ask(rng, fact, split), split)
            pairs.append(Pair(query, searches.passage(rng, part, split), _key(part[0])))
    return pairs[: families * 2]


def topics(rng: random.Random, split: str, families: int) -> list[Pair]:
    """A search for a topic, with or without a name, and a short document on it. No topic comes twice."""
    chosen = (
        searches.topics("train") if split == "train" else searches.topics("valid") + searches.topics("train")
    )
    pairs = []
    for topic in rng.sample(chosen, min(families * FAMILY, len(chosen))):
        names = searches.names(rng, split)
        text, left = searches.document(rng, topic, names)
        query = names.put(rng, searches.line(rng, topic, "questions", split))
        if split == "train" and left and rng.random() < 0.3:
            query = names.put(rng, rng.choice(left))  # a sentence that could have been in the document
        place = next((n for n in (names.fields["l"], names.fields["x"]) if n in text), None)
        if place and rng.random() < 0.3:
            query = f"{query.rstrip('?')} em {place}" + ("?" if query.endswith("?") else "")
        pairs.append(Pair(informal(rng, query, split), text, ("tema", topic.name)))
    return pairs


def _line(rng: random.Random, relation: Relation, which: str, split: str) -> tuple:
    """A wording of a reading relation that `split` owns; the first of each is always trained."""
    every = getattr(relation, which)
    own = [
        each
        for i, each in enumerate(every)
        if split == ("train" if i < 1 or crc32(f"{relation.name}|{which}|{i}".encode()) % 4 else "valid")
    ]
    return rng.choice(own or every)


def readings(rng: random.Random, split: str, families: int) -> list[Pair]:
    """The same with the many relations of the reading tables, most of them about people."""
    pool: dict[str, list[Relation]] = {}
    for relation in reading_relations().values():
        if not relation.held_out:
            pool.setdefault(relation.subject, []).append(relation)
    kinds = [kind for kind in pool if len(pool[kind]) >= FAMILY]
    pairs, used = [], set()
    while len(pairs) < families * FAMILY:
        kind = "pessoa" if rng.random() < 0.5 else rng.choice(kinds)
        who, chosen = noun(rng, split, kind), []
        if who.text in used:
            continue
        used.add(who.text)
        for relation in rng.sample(pool[kind], min(len(pool[kind]), FAMILY * 2)):
            if not any(close(relation.name, other.name) for other in chosen):
                chosen.append(relation)
        for relation in chosen[:FAMILY]:
            value = noun(rng, split, relation.value, who.gender)
            question = cap(fill(_line(rng, relation, "questions", split)[0], who, value))
            text = sentence(_line(rng, relation, "statements", split), who, value)
            pairs.append(Pair(informal(rng, question, split), text, (relation.name, who.text)))
    return pairs[: families * FAMILY]


def truths(rng: random.Random, split: str, families: int) -> list[Pair]:
    """Questions on facts of the world and their statements."""
    pairs: dict[tuple[str, ...], Pair] = {}
    while len(pairs) < families * FAMILY:
        fact = world.draw(rng, split, True)
        question = cap(fill(rng.choice(fact.relation.questions)[0], fact.subject, fact.value))
        key = (fact.relation.name, fact.subject.text)
        pairs.setdefault(key, Pair(informal(rng, question, split), world.say(rng, fact), key))
    return list(pairs.values())


def tales(rng: random.Random, split: str, families: int) -> list[Pair]:
    """A sentence of a story, news item, letter, recipe or instruction, and the rest of it."""
    streams = [kind.documents(rng, split) for kind in (stories, news, letters, recipes, howto)]
    pairs: list[Pair] = []
    while len(pairs) < families * 2:
        text = next(rng.choice(streams)).text
        parts = [part for part in re.split(r"(?<=[.!?])\s+|\n+", text) if len(part) > 12]
        if not 3 <= len(parts) <= 14:
            continue
        taken = rng.randrange(len(parts))
        rest = " ".join(part for i, part in enumerate(parts) if i != taken)
        pairs.append(Pair(parts[taken], rest, ("texto", str(len(pairs)))))
    return pairs


def chunked(rng: random.Random, split: str, families: int, kind: str = "", held: bool = False) -> list[Pair]:
    """A search and the chunk of a document that answers it; `kind` of search as in `chunks.search`."""
    return [
        Pair(informal(rng, query, split) if kind != "situacao" else query, text, key)
        for query, text, key in chunks.batch(rng, split, families, kind, held)
    ]


def noticed(rng: random.Random, split: str, families: int) -> list[Pair]:
    """A search, mostly in other words, and the piece of a notice that answers it."""
    return [
        Pair(informal(rng, query, split), text, key)
        for query, text, key in notices.batch(rng, split, families)
    ]


def towns(rng: random.Random, split: str, families: int) -> list[Pair]:
    """A search, mostly in other words, and the piece of a town's paper that answers it."""
    return [
        Pair(informal(rng, query, split), text, key)
        for query, text, key in town_searches.batch(rng, split, families)
    ]


def abstracts(rng: random.Random, split: str, families: int, everyday: float = 0.65) -> list[Pair]:
    """A search, mostly in everyday words, and the abstract of a study."""
    return [
        Pair(informal(rng, query, split), text, key)
        for query, text, key in lay.batch(rng, split, families, everyday)
    ]


def terms(rng: random.Random, split: str, families: int) -> list[Pair]:
    """What everyone and what specialists call the same."""
    return [Pair(*each) for each in lay.terms(rng, families)]


def extracts(rng: random.Random, split: str, families: int) -> list[Pair]:
    """Some words of a window of a text, and the window."""
    streams = [kind.documents(rng, split) for kind in (stories, news, letters, recipes, howto)]
    pairs: list[Pair] = []
    while len(pairs) < families:
        made = chunks.extract(rng, next(rng.choice(streams)).text)
        if made:
            pairs.append(Pair(*made, ("janela", str(len(pairs)))))
    return pairs


# kind of batch: (maker, families in a batch, share of the batches)
RECIPE: dict[str, tuple[Callable[..., list[Pair]], int, int]] = {
    "sinonimos": (synonyms, 14, 11),
    "perguntas": (questions, 14, 12),
    "palavras-chave": (keywords, 14, 5),
    "duplicadas": (duplicates, 14, 6),
    "trechos": (passages, 14, 5),
    "temas": (topics, 10, 8),
    "leitura": (readings, 14, 5),
    "fatos": (truths, 12, 1),
    "textos": (tales, 12, 3),
    "documentos": (chunked, 12, 20),
    "avisos": (noticed, 12, 20),
    "cidades": (towns, 12, 70),
    "resumos": (abstracts, 12, 9),
    "termos": (terms, 12, 4),
    "janelas": (extracts, 32, 7),
}


def unique(pairs: list[Pair]) -> list[Pair]:
    """The pairs whose key and texts come for the first time."""
    seen: set = set()
    kept = []
    for pair in pairs:
        marks = {pair.key, pair.text} | ({pair.query} if pair.query else set())
        if not marks & seen:
            seen |= marks
            kept.append(pair)
    return kept


def batches(rng: random.Random, split: str = "train") -> Iterator[tuple[str, list[Pair]]]:
    """Endless batches (kind, pairs): within one, each text is right for its own query only."""
    kinds = list(RECIPE)
    shares = [RECIPE[kind][2] for kind in kinds]
    while True:
        kind = rng.choices(kinds, shares)[0]
        maker, families, _ = RECIPE[kind]
        yield kind, unique(maker(rng, split, families))


@dataclass(frozen=True)
class Bucket:
    """An evaluation set: for query i the right texts are those whose index is in relevant[i]."""

    name: str
    queries: list[str]
    texts: list[str]
    relevant: list[set[int]]


def _bucket(name: str, pairs: list[Pair]) -> Bucket:
    by_key: dict[tuple[str, ...], set[int]] = {}
    for i, pair in enumerate(pairs):
        by_key.setdefault(pair.key, set()).add(i)
    asked = [pair for pair in pairs if pair.query]
    return Bucket(name, [p.query for p in asked], [p.text for p in pairs], [by_key[p.key] for p in asked])


def buckets(seed: int = 0, size: int = 400) -> list[Bucket]:
    """The held-out sets, about `size` queries and as many texts each. Every name and scene is unseen; each
    name says what else is."""
    makers: dict[str, Callable[[random.Random, int], list[Pair]]] = {
        "sinônimos": lambda r, n: synonyms(r, "valid", n),
        "sinônimos novos": lambda r, n: synonyms(r, "valid", n, new=True),
        "pergunta, redação conhecida": lambda r, n: questions(r, "valid", n, "train", "train"),
        "pergunta, redação nova": lambda r, n: questions(r, "valid", n),
        "pergunta, relação nova": lambda r, n: questions(r, "valid", n * 2, held=True),
        "pergunta repetida": lambda r, n: duplicates(r, "valid", n),
        "palavras-chave": lambda r, n: keywords(r, "valid", n),
        "trecho de documento": lambda r, n: passages(r, "valid", n * 2),
        "documento, pergunta": lambda r, n: chunked(r, "valid", n, "pergunta"),
        "documento, situação": lambda r, n: chunked(r, "valid", n, "situacao"),
        "documento, palavras": lambda r, n: chunked(r, "valid", n, "palavras"),
        "resumo, em palavras comuns": lambda r, n: abstracts(r, "valid", n, 1.0),
    }
    found = []
    for number, (name, make) in enumerate(makers.items()):
        pairs = unique(make(random.Random(seed * 100 + number), size // FAMILY))
        found.append(_bucket(name, pairs))
    rng, pairs = random.Random(seed * 100 + 99), []
    while len(pairs) < size:
        pairs += topics(rng, "valid", 100)
    found.append(_bucket("tema de documento", pairs[:size]))
    return found
