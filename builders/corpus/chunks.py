"""Chunks of whole documents, as a search index cuts them, and searches for the facts they hold.

A document tells several facts of one subject, sometimes of a second, among sentences that answer nothing, as
prose, articles, a list, questions and answers, a table, a form or minutes. A chunk is a window of 40 to 90
words of it that holds one chosen fact whole, with or without the title. The search for it is a question, a
few words, or a situation, in which the words of the document hardly occur. Facts and wordings are those of
`searches`; which texts compete in a batch is decided in `paraphrases`.
"""

from __future__ import annotations

import random
import re
from collections import Counter
from dataclasses import dataclass, replace
from functools import lru_cache

from builders.corpus import searches
from builders.corpus.invented import SURNAMES, Noun, cap, first_names
from builders.corpus.lexicon import lexicon
from builders.corpus.searches import Fact, Subject
from builders.corpus.values import TABLES, carried

SHORTEST, LONGEST = 40, 90  # words of a chunk
NAME_SHARE = 8  # one name of words of the language in so many belongs to "valid"
TITLES = {
    "prosa": ("{s}", "Notícias {do s}", "Conversa sobre {o s}", "O que há de novo {no s}", "Crônica: {o s}"),
    "artigos": ("Regulamento {do s}", "Normas {do s}", "Termo {do s}"),
    "lista": ("Guia {do s}", "Aviso sobre {o s}", "Folheto {do s}", "{s}: o essencial"),
    "perguntas": ("Dúvidas sobre {o s}", "Perguntas de quem procura {o s}"),
    "tabela": ("Quadro {do s}", "{s}"),
    "ficha": ("Ficha {do s}", "Cadastro {do s}", "{s}"),
    "ata": ("Ata de reunião sobre {o s}", "Reunião: {o s}", "Memória da conversa sobre {o s}"),
}
OPENINGS = {
    "prosa": ("", "Foi numa tarde de vento.", "Quem passa por aqui já sabe.", "A notícia correu depressa."),
    "artigos": ("O conselho aprovou o que segue.", "Ficam estabelecidas as regras abaixo.", ""),
    "lista": ("Recorte e guarde.", "Leia com atenção.", "Para colar na porta da geladeira.", ""),
    "perguntas": ("Respondemos às mais comuns.", ""),
    "tabela": ("Valores conferidos neste ano.", ""),
    "ficha": ("Preenchida à mão.", ""),
    "ata": ("Presentes: doze pessoas e um violão.", "Aberta a sessão, leu-se a pauta.", "Compareceram nove."),
}  # fmt: skip


@lru_cache(maxsize=1)
def _words() -> tuple[list[Noun], dict[str, list[str]]]:
    colours = carried()[1]
    return [Noun(n.word, n.gender, True) for n in lexicon().nouns if " " not in n.word], colours


def name_of_words(rng: random.Random, split: str) -> str:
    """A name made of words of the language, owned by `split`: "Pedra Verde", "Sino de Barro"."""
    nouns, colours = _words()
    while True:
        one, other = rng.choice(nouns), rng.choice(nouns)
        form = rng.random()
        if form < 0.4:
            name = f"{cap(one.text)} {cap(rng.choice(colours[one.gender]))}"
        elif form < 0.7:
            name = f"{cap(one.text)} de {cap(other.text)}"
        elif form < 0.85:
            name = f"{cap(one.text)} com {cap(other.text)}"
        else:
            name = cap(one.text)
        if searches.owner(name, NAME_SHARE) == split:
            return name


def named(rng: random.Random, split: str, who: Subject) -> Subject:
    """The subject under a name of another make now and then: words of the language, a person's, a number."""
    if who.kind == "linha":
        while True:
            number = str(rng.randint(2, 998))
            if searches.owner(number, NAME_SHARE) == split:
                return replace(who, name=number, alone=False)
    if who.kind == "pessoa":
        first = rng.choice(first_names(split)[who.heads[0].gender])
        last = rng.choice(SURNAMES) if rng.random() < 0.4 else who.name
        return replace(who, name=f"{first} {last}")
    if who.kind in {"contrato", "obra"}:
        return replace(who, name=f"d{rng.choice('oa')} {who.name}" if rng.random() < 0.5 else who.name)
    if rng.random() < 0.35:
        return replace(who, name=name_of_words(rng, split))
    return who


@lru_cache(maxsize=1)
def _asides() -> list[str]:
    """Sentences of the texts written by hand, which answer nothing."""
    found = []
    for path in sorted((TABLES / "autorais").glob("*.txt")):
        for sentence in re.split(r"(?<=[.!?])\s+", path.read_text(encoding="utf-8")):
            if 5 <= len(sentence.split()) <= 18 and "\n" not in sentence and sentence[0].isupper():
                found.append(sentence)
    return found


@dataclass(frozen=True)
class Chunk:
    """A window of a document: its text, the facts it tells whole, and the one to be searched."""

    text: str
    facts: tuple[Fact, ...]
    asked: Fact


def _bare(who: Subject) -> Noun:
    return Noun(who.heads[0].text, who.heads[0].gender, True)


def _called(rng: random.Random, who: Subject, first: bool) -> Noun:
    return _bare(who) if not first and rng.random() < 0.35 else who.mention(rng, first)


def _label(rng: random.Random, fact: Fact) -> str:
    return rng.choice(fact.relation.labels or fact.relation.keywords)


def _pieces(rng: random.Random, split: str, form: str, told: list[Fact]) -> list[tuple[str, Fact | None]]:
    """The sentences or rows of a document in order, each with the fact that it tells, or None."""
    pieces: list[tuple[str, Fact | None]] = []
    seen: set[str] = set()
    for fact in told:
        who = fact.subject
        called = _called(rng, who, who.name not in seen)
        seen.add(who.name)
        if form == "tabela":
            text = f"| {cap(searches.choose(rng, _label(rng, fact)))} | {fact.value.text} |"
        elif form == "ficha" and rng.random() < 0.7:
            text = f"{cap(searches.choose(rng, _label(rng, fact)))}: {fact.value.text}"
        else:
            text = searches.state(rng, fact, split, called)
            if form == "perguntas" and rng.random() < 0.5:
                asked = searches.line(rng, fact.relation, "questions", split)
                text = f"{searches.say(rng, asked, _bare(who), fact.value)} {text}"
        pieces.append((text, fact))
    noise = searches.tables().noise.get(told[0].subject.kind, [])
    for _ in range(rng.randint(2, 6)):
        line = rng.choice(noise if noise and rng.random() < 0.4 else _asides())
        place = rng.randint(0, len(pieces))
        pieces.insert(place, (line if form != "tabela" else f"| nota | {line} |", None))
    return pieces


def chunk(rng: random.Random, split: str, told: list[Fact]) -> Chunk:
    """A document on these facts, and a window of it with one of them, drawn."""
    form = rng.choice(list(TITLES))
    who = told[0].subject
    title = searches.say(rng, rng.choice(TITLES[form]), who.mention(rng, True), Noun(""))
    opening = rng.choice(OPENINGS[form])
    pieces = _pieces(rng, split, form, told)
    if opening:
        pieces.insert(0, (opening, None))
    marks = {"artigos": "Art. {}º ", "lista": "- ", "ata": "{}. "}
    if form == "tabela":
        pieces[:0] = [(f"| {who.mention(rng, True).text} | |", None), ("| --- | --- |", None)]
    text, spans = "", []
    for number, (piece, fact) in enumerate(pieces):
        mark = marks.get(form, "").format(number) if number else ""
        gap = "" if not text else "\n" if form in {"tabela", "lista", "ficha"} else rng.choice([" ", "\n\n"])
        text += gap + mark
        spans.append((len(text), len(text) + len(piece), fact))
        text += piece
    asked = rng.choice([span for span in spans if span[2]])
    words = [match.span() for match in re.finditer(r"\S+", text)]
    first = next(i for i, (_, end) in enumerate(words) if end > asked[0])
    last = next(i for i, (_, end) in enumerate(words) if end >= asked[1])
    size = max(rng.randint(SHORTEST, LONGEST), last - first + 1)
    begin = rng.randint(max(0, last + 1 - size), first)
    begin = max(0, min(begin, len(words) - size))
    start, end = words[begin][0], words[min(len(words), begin + size) - 1][1]
    kept = text[start:end]
    if rng.random() < 0.4 or asked[2].subject.name not in kept:
        kept = f"{title}. {kept}" if asked[2].subject is who else f"{asked[2].subject.name}. {kept}"
    inside = tuple(fact for a, b, fact in spans if fact and start <= a and b <= end)
    return Chunk(kept, inside, asked[2])


def family(rng: random.Random, split: str, held: bool = False) -> list[Chunk]:
    """Four chunks that are easily confused: two of one subject with other facts, two of another subject of
    the same kind with the same facts."""
    kinds = [k for k in searches.tables().heads if searches.relations_of(k, held)]
    kind = rng.choice(kinds)
    told = searches.facts(rng, split, kind, rng.randint(4, 7), held)
    who = named(rng, split, told[0].subject)
    other = named(rng, split, searches.subject(rng, split, kind))
    half = (len(told) + 1) // 2 if len(told) > 2 else len(told)
    made = []
    for subject in (who, other):
        facts = [replace(f, subject=subject) for f in told]
        if subject is other:
            facts = [replace(f, value=searches.value(rng, split, f.relation.value, other.heads[0].gender))
                     for f in facts]  # fmt: skip
        for part in (facts[:half], facts[half:]):
            if not part:
                continue
            if rng.random() < 0.25:  # a second subject in passing
                passing = searches.facts(rng, split, rng.choice(kinds), 1)
                part = part + [replace(f, subject=named(rng, split, f.subject)) for f in passing]
            made.append(chunk(rng, split, part))
    return made


ABOUT = (
    "{d} É sobre {o s}.",
    "{O s}: {d}",
    "Sobre {o s}. {d}",
    "{d} Falo {do s}.",
    "Quero saber {do s}: {d}",
)


def situation(rng: random.Random, fact: Fact, split: str, alone: bool) -> str:
    """A question from a situation; `alone` allows it to leave out the name."""
    line = searches.line(rng, fact.relation, "situations", split)
    if "{" in line or (alone and rng.random() < 0.6):
        return searches.say(rng, line, fact.subject.mention(rng), fact.value)
    if alone and rng.random() < 0.4:  # only what it is
        return searches.say(rng, rng.choice(ABOUT).replace("{d}", line), _bare(fact.subject), fact.value)
    return searches.say(rng, rng.choice(ABOUT).replace("{d}", line), fact.subject.mention(rng), fact.value)


def search(rng: random.Random, made: Chunk, split: str, alone: bool, kind: str = "") -> str:
    """A search for the asked fact of a chunk: "pergunta", "situacao", "palavras" or "frase", or drawn."""
    fact = made.asked
    kind = kind or rng.choices(("pergunta", "situacao", "palavras", "frase"), (35, 42, 15, 8))[0]
    if kind == "situacao" and fact.relation.situations:
        return situation(rng, fact, split, alone)
    if kind == "palavras":
        return searches.keywords(rng, fact)
    if kind == "frase":
        return searches.state(rng, fact, split)
    return searches.ask(rng, fact, split)


def batch(rng: random.Random, split: str, families: int, kind: str = "", held: bool = False) -> list[tuple]:
    """(search, text, key) of `families` families of chunks. A search without a name is only for a relation
    that one chunk of the batch tells."""
    made = [each for _ in range(families) for each in family(rng, split, held)]
    told = Counter(name for each in made for name in {f.relation.name for f in each.facts})
    found = []
    for each in made:
        alone = told[each.asked.relation.name] <= 1
        query = search(rng, each, split, alone, kind)
        found.append((query, each.text, (each.asked.relation.name, each.asked.subject.name)))
    return found


def extract(rng: random.Random, text: str) -> tuple[str, str] | None:
    """(search, window): a window of a text and some of the words of one part of it, as a search."""
    words = [match.span() for match in re.finditer(r"\S+", text)]
    if len(words) < 20:
        return None
    size = min(len(words), rng.randint(SHORTEST, LONGEST))
    begin = rng.randint(0, len(words) - size)
    window = text[words[begin][0] : words[begin + size - 1][1]]
    place = rng.randint(0, max(0, size - 14))
    near = re.findall(
        r"[\w-]+", text[words[begin + place][0] : words[min(begin + place + 14, begin + size) - 1][1]]
    )
    content = [word for word in near if len(word) > 3 or word[0].isupper()]
    if len(content) < 3:
        return None
    kept = sorted(rng.sample(range(len(content)), min(len(content), rng.randint(2, 6))))
    if rng.random() < 0.3:
        rng.shuffle(kept)
    query = " ".join(content[i] for i in kept)
    return (query.lower() if rng.random() < 0.5 else query), window
