"""Texts written to order: stories with a hero and a thing, continuations, descriptions, rewritten sentences.

Stories are told by the plots of the corpus; hero and thing are read off the text, so a request never asks for
what the story does not hold. Sentences are rewritten by the morphology, from the table of actions.
"""

from __future__ import annotations

import csv
import random
import re
from collections import defaultdict
from collections.abc import Iterator
from functools import lru_cache
from zlib import crc32

from builders.corpus import stories
from builders.corpus.instructions.known import by_relation, pool
from builders.corpus.instructions.wording import way
from builders.corpus.invented import cap
from builders.corpus.lexicon import DATA, Action, Noun, lexicon
from builders.corpus.morphology import ELE, ELES, conjugate, contract, determiner
from builders.corpus.passages import Fact
from builders.corpus.relations import fill, sentence, subject_first

HERO = re.compile(
    r"\b(?P<art>[Uu]ma?) (?P<noun>[a-zà-ÿ-]+)(?: [a-zà-ÿ-]+)? chamad[oa] (?P<name>[A-ZÀ-Ý][\wà-ÿ]+)"
    r"|(?P<name2>[A-ZÀ-Ý][\wà-ÿ]+)(?: era|,) (?P<art2>uma?) (?P<noun2>[a-zà-ÿ-]+)"
)
THINGS = {"perdivel", "brinquedo", "recipiente", "tesouros", "instrumento", "escolar", "ferramenta", "fruta",
          "doces", "veiculo"}  # fmt: skip
STORY = (
    "Escreva uma história sobre {h}.", "Conte uma história sobre {h}.", "Escreva uma história com {h}.",
    "Me conte uma história sobre {h}.", "Invente uma história sobre {h}.", "Conte uma história de {h}.",
    "Escreva um conto curto sobre {h}.", "Quero ouvir uma história sobre {h}.", "Crie uma história com {h}.",
    "Você pode escrever uma história sobre {h}?", "Faça uma história sobre {h}.",
    "Escreva uma história curta em que aparece {h}.", "Me conta uma história com {h}?",
    "Por favor, escreva uma história sobre {h}.", "conte uma história sobre {h}",
)  # fmt: skip
ANY = (
    "Conte uma história.", "Escreva uma história.", "Me conte uma história.", "Invente uma história.",
    "Conte uma história curta.", "Quero ouvir uma história.", "Me conta uma história?",
    "Escreva um conto para crianças.", "Conte uma história antes de dormir.",
)  # fmt: skip
CONTINUE = (
    "Continue a história: {x}", "Continue o texto: {x}", "Continue: {x}", "Escreva o resto da história: {x}",
    "Como continua esta história? {x}", "Termine a história que começa assim: {x}", "Complete o texto: {x}",
    "O que acontece depois? {x}", "Continue a partir daqui: {x}", "Continue esta história.\n{x}",
)  # fmt: skip
ABOUT = (
    "Fale sobre {o}.",
    "Me fale sobre {o}.",
    "Conte o que você sabe sobre {o}.",
    "O que você sabe sobre {o}?",
    "Escreva um pequeno texto sobre {o}.",
    "Descreva {o}.",
    "Explique o que é {o}.",
    "Quero saber mais sobre {o}.",
    "Me conte um pouco sobre {o}.",
    "Escreva duas ou três frases sobre {o}.",
    "Faça um resumo sobre {o}.",
    "Apresente {o} em poucas frases.",
    "Fale um pouco {do}.",
    "Pode falar sobre {o}?",
)
REWRITE = {
    "plural": (
        "Passe para o plural: {x}",
        "Reescreva no plural: {x}",
        "Coloque a frase no plural: {x}",
        "Como fica no plural? {x}",
        "Ponha no plural: {x}",
        "Escreva no plural: {x}",
    ),
    "singular": (
        "Passe para o singular: {x}",
        "Reescreva no singular: {x}",
        "Coloque no singular: {x}",
        "Como fica no singular? {x}",
        "Escreva no singular: {x}",
    ),
    "feminino": (
        "Passe para o feminino: {x}",
        "Reescreva no feminino: {x}",
        "Coloque no feminino: {x}",
        "Como fica no feminino? {x}",
        "Escreva no feminino: {x}",
    ),
    "masculino": (
        "Passe para o masculino: {x}",
        "Reescreva no masculino: {x}",
        "Coloque no masculino: {x}",
        "Como fica no masculino? {x}",
    ),
    "negativa": (
        "Passe para a negativa: {x}",
        "Reescreva na forma negativa: {x}",
        "Negue a frase: {x}",
        "Coloque na negativa: {x}",
        "Como fica a frase negativa? {x}",
        "Transforme em negativa: {x}",
    ),
    "passado": (
        "Passe para o passado: {x}",
        "Reescreva no passado: {x}",
        "Coloque a frase no passado: {x}",
        "Como fica no passado? {x}",
        "Escreva no passado: {x}",
        "Transforme para o passado: {x}",
    ),
    "futuro": (
        "Passe para o futuro: {x}",
        "Reescreva no futuro: {x}",
        "Coloque a frase no futuro: {x}",
        "Como fica no futuro? {x}",
        "Escreva no futuro: {x}",
    ),
    "pergunta": (
        "Transforme em pergunta: {x}",
        "Faça uma pergunta com a frase: {x}",
        "Vire pergunta: {x}",
        "Passe para a forma de pergunta: {x}",
        "Reescreva como pergunta: {x}",
    ),
}


@lru_cache(maxsize=8)
def _stories(rng: random.Random, split: str) -> Iterator:
    return stories.documents(rng, split)


def hero(text: str) -> tuple[str, str] | None:
    """("um gato", "Mingau") of a story that opens by introducing somebody by name, else None."""
    found = HERO.search(text)
    if found is None or found.start() > 160:
        return None
    noun, name = found["noun"] or found["noun2"], found["name"] or found["name2"]
    known = [n for n in lexicon().nouns if n.word == noun]
    names = {n.word for n in lexicon().names}
    if not known or name not in names:
        return None
    return f"{determiner('um', known[0].gender)} {noun}", name


@lru_cache(maxsize=1)
def _things() -> dict[str, Noun]:
    mass = {"ingrediente", "bebida", "refeicao"}  # nobody asks for "um mel"
    nouns = lexicon().nouns
    return {n.word: n for n in nouns if n.classes & THINGS and not n.classes & mass and " " not in n.word}


def thing(rng: random.Random, text: str) -> Noun | None:
    """Something that the story mentions at least twice."""
    words = re.findall(r"[\wà-ÿ-]+", text.lower())
    found = sorted({w for w in words if w in _things() and words.count(w) > 1})
    return _things()[rng.choice(found)] if found else None


def story(rng: random.Random, split: str) -> tuple[str, str, dict]:
    """A story to order: about a hero, with a thing, or as it comes."""
    while True:
        text = next(_stories(rng, split)).text
        who, what = hero(text), thing(rng, text)
        if who is not None:
            break
    one, name = who
    chance = rng.random()
    if chance < 0.08:
        return way(rng, split, ANY), text, {"must": ()}
    kind = one.split(" ", 1)[1]
    called = f"{one} chamad{'a' if one.startswith('uma') else 'o'} {name}"
    asked, must = (called, [name]) if chance < 0.6 or kind not in text.split(name, 1)[-1] else (one, [kind])
    if what is not None and what.word not in (kind, name.lower()) and rng.random() < 0.6:
        asked += f" e {determiner('um', what.gender)} {what.word}"
        must.append(what.word)
    return way(rng, split, STORY).format(h=asked), text, {"must": tuple(must)}


def continuation(rng: random.Random, split: str) -> tuple[str, str, dict]:
    """The rest of a story after its first one or two sentences."""
    while True:
        text = next(_stories(rng, split)).text
        who = hero(text)
        ends = [m.end() for m in re.finditer(r"[.!?](?= [A-ZÀ-Ý])", text.split("\n")[0])]
        if who is not None and ends:
            cut = ends[min(rng.randrange(2), len(ends) - 1)]
            start, rest = text[:cut], text[cut:].strip()
            if who[1] in start and who[1] in rest and len(rest.split()) > 25:
                return way(rng, split, CONTINUE).format(x=start), rest, {"must": (who[1],), "least": ("20",)}


@lru_cache(maxsize=1)
def _subjects() -> tuple[tuple[Fact, ...], ...]:
    """Subjects with three facts or more, none of them held out."""
    groups: dict = defaultdict(list)
    for each in pool("seen").values():
        for fact in each:
            if fact.relation.subject in ("pais", "estado", "animal", "fruta", "profissao"):
                groups[fact.subject].append(fact)
    return tuple(tuple(each) for each in groups.values() if len({f.value.text for f in each}) > 2)


RIVALS = ("capital", "capital_estado", "continente", "lingua", "classe", "regiao", "planta_fruta")


def description(rng: random.Random, split: str) -> tuple[str, str, dict]:
    """Two to four facts about one subject, in order of importance."""
    subjects = _subjects()
    facts = list({f.value.text: f for f in rng.choice(subjects)}.values())  # "polonês" once
    subject = facts[0].subject
    if subject.text[0].islower() and rng.random() < 0.4 and len(facts) > 3:
        facts = facts[:3]
    rng.shuffle(facts)
    facts = facts[: rng.randint(2, 4)]
    sentences = []
    for i, fact in enumerate(facts):
        template = fact.relation.statements[0] if rng.random() < 0.6 else rng.choice(fact.relation.statements)
        if i and subject_first(template) and subject.article and len(template) > 1 and rng.random() < 0.6:
            pronoun = {"m": "Ele", "f": "Ela", "mp": "Eles", "fp": "Elas"}[subject.gender]
            sentences.append(pronoun + fill(template[1:], subject, fact.value))
        else:
            sentences.append(sentence(template, subject, fact.value))
    told = {f.relation.name for f in by_subject(subject)}
    rivals = {f.value.text for name in RIVALS if name in told for f in by_relation()[name]}
    true = {f.value.text for f in by_subject(subject)}
    article = {"m": "o ", "f": "a ", "mp": "os ", "fp": "as "}[subject.gender] if subject.article else ""
    o = article + subject.text
    text = way(rng, split, ABOUT).format(o=o, do=contract("de", o))
    return (
        text,
        " ".join(sentences),
        {"accepted": tuple(sorted(true)), "rivals": tuple(sorted(rivals - true))},
    )


@lru_cache(maxsize=512)
def by_subject(subject: object) -> tuple[Fact, ...]:
    """Every fact of one subject."""
    return tuple(f for each in by_relation().values() for f in each if f.subject == subject)


@lru_cache(maxsize=1)
def _feminine() -> dict[str, Noun]:
    """Masculine noun -> its feminine, where the table gives one."""
    nouns, pairs = {(n.word, n.gender): n for n in lexicon().nouns}, {}
    with (DATA / "substantivos.csv").open(encoding="utf-8", newline="") as file:
        for row in csv.DictReader(file):
            if row["feminino"]:
                pairs[row["palavra"]] = nouns[row["feminino"].strip(), "f"]
    return pairs


@lru_cache(maxsize=1)
def _scenes() -> tuple[tuple[Noun, Action], ...]:
    """Who does what: every noun of a class with the actions of the class."""
    words, found = lexicon(), []
    for action in words.actions:
        for subject in action.subjects:
            members = words.by_class.get(subject) or [n for n in words.nouns if n.word == subject]
            found += [(noun, action) for noun in members]
    return tuple(found)


def said(noun: Noun, verb: str, complement: str, tense: str = "presente", plural: bool = False) -> str:
    """ "O gato dorme no sofá": no mark at the end."""
    subject = f"{determiner('o', noun.gender, plural)} {noun.plural if plural else noun.word}"
    return cap(f"{subject} {conjugate(verb, tense, ELES if plural else ELE)} {complement}".strip())


def rewritten(rng: random.Random, split: str) -> tuple[str, str, dict]:
    """A sentence and the same one in another form. One scene in eight is kept for "valid"."""
    while True:
        how = rng.choice(tuple(REWRITE))
        noun, action = rng.choice(_scenes())
        complement = rng.choice(action.complements)
        pairs = _feminine()
        if how in ("feminino", "masculino") and (noun.word not in pairs or noun.gender != "m"):
            continue
        if how in ("plural", "singular") and noun.plural == noun.word:
            continue
        held = crc32(f"{noun.word} {action.verb} {complement}".encode()) % 8 == 0
        if held == (split == "valid"):
            break
    verb, plural = action.verb, rng.random() < 0.3
    plain_, other = said(noun, verb, complement, plural=plural), ""
    if how == "plural":
        plain_, other = said(noun, verb, complement), said(noun, verb, complement, plural=True)
    elif how == "singular":
        plain_, other = said(noun, verb, complement, plural=True), said(noun, verb, complement)
    elif how in ("feminino", "masculino"):
        other = said(pairs[noun.word], verb, complement, plural=plural)
        if how == "masculino":
            plain_, other = other, plain_
    elif how == "negativa":
        form = conjugate(verb, "presente", ELES if plural else ELE)
        other = plain_.replace(f" {form} ", f" não {form} ", 1) if f" {form} " in plain_ else ""
        other = other or plain_.removesuffix(form) + f"não {form}"
    elif how == "pergunta":
        other = plain_ + "?"
    else:
        other = said(noun, verb, complement, "perfeito" if how == "passado" else "futuro", plural)
    answer = other if how == "pergunta" else other + "."
    return (
        way(rng, split, REWRITE[how]).format(x=plain_ + "."),
        answer,
        {"accepted": (answer,), "before": (plain_ + ".",)},
    )
