"""Agreement by probability: of two sentences that differ in one word, does the model prefer the right one?

Each pair has a distractor of the other gender, number or person between the word that rules and the word that
agrees: "A bola do menino era vermelha" against "… vermelho". Chance is 50 %. The pairs of "corpus" are unseen
sentences of the corpus in which one form was changed; those of the other types are made here, in
constructions that the corpus hardly has. What a model writes by itself is measured in `stories`.
"""

from __future__ import annotations

import random
import re
from collections.abc import Callable
from functools import lru_cache

from builders.corpus import agreement
from builders.corpus.invented import cap
from builders.corpus.lexicon import Noun, lexicon
from builders.corpus.morphology import ELE, ELES, conjugate, determiner
from builders.corpus.sentences import held
from builders.measures import batch, proportion
from builders.measures.wellformed import PROSE, sentences

PAIRS = 100  # of each type
Pair = tuple[str, str]  # right, wrong
VERBS = ("chegar", "cantar", "correr", "sair", "sorrir", "esperar", "dormir", "voltar", "brincar")


def _nouns(*classes: str) -> dict[str, list[Noun]]:
    found = {"m": [], "f": []}
    for name in classes:
        for noun in lexicon().by_class[name]:
            if noun.word.isalpha() and noun.plural != noun.word:
                found[noun.gender].append(noun)
    return found


def _unseen(rng: random.Random, some: list, others: list) -> tuple:
    """A noun of each, that never stand in one sentence of the training text's kind `frases`."""
    while True:
        one, other = rng.choice(some), rng.choice(others)
        if held("", (one.word, other.word), ""):
            return one, other


def _gender(rng: random.Random) -> Pair:
    """Noun, owner of the other gender, copula, adjective."""
    gender = rng.choice("mf")
    other = "f" if gender == "m" else "m"
    things, owners = _nouns("objeto", "roupa", "brinquedo")[gender], _nouns("crianca", "profissao")[other]
    thing, owner = _unseen(rng, things, owners)
    adjectives = [a for a in lexicon().adjectives_by_class["cor"] if a.forms[0] != a.forms[1]]
    adjective, plural = rng.choice(adjectives), rng.random() < 0.3
    noun = thing.plural if plural else thing.word
    verb = rng.choice(("era", "estava", "ficou"))
    if plural:
        verb = {"era": "eram", "estava": "estavam", "ficou": "ficaram"}[verb]
    begin = f"{determiner('o', gender, plural)} {noun} {determiner('de', other)} {owner.word} {verb}"
    right, wrong = (cap(f"{begin} {adjective.form(g, plural)}.") for g in (gender, other))
    return right, wrong


def _number(rng: random.Random) -> Pair:
    """Subject, place of the other number, verb."""
    plural, verb = rng.random() < 0.5, rng.choice(VERBS)
    people, things = _nouns("pessoa", "profissao"), _nouns("objeto", "movel", "brinquedo")
    who, thing = _unseen(rng, people[rng.choice("mf")], things[rng.choice("mf")])
    subject = f"{determiner('o', who.gender, plural)} {who.plural if plural else who.word}"
    link = rng.choice(("perto", "ao lado", "atrás"))
    near = f"{link} {determiner('de', thing.gender, not plural)} {thing.word if plural else thing.plural}"
    tense = rng.choice(("perfeito", "imperfeito"))
    forms = [conjugate(verb, tense, p) for p in ((ELES, ELE) if plural else (ELE, ELES))]
    right, wrong = (cap(f"{subject} {near} {form}.") for form in forms)
    return right, wrong


def _person(rng: random.Random) -> Pair:
    """First and third person in one sentence: the verb follows its own subject."""
    people = _nouns("crianca", "profissao", "pessoa")
    who, verb, other = rng.choice(people[rng.choice("mf")]), rng.choice(VERBS), rng.choice(VERBS)
    plural = rng.random() < 0.5
    third = f"{determiner('o', who.gender, plural)} {who.plural if plural else who.word}"
    own, person = ("nós", 3) if plural else ("eu", 0)
    one, two = rng.choice((((own, person), (third, ELES if plural else ELE)),
                           ((third, ELES if plural else ELE), (own, person))))  # fmt: skip
    begin = f"quando {one[0]} {conjugate(other, 'perfeito', one[1])}, {two[0]}"
    right, wrong = (cap(f"{begin} {conjugate(verb, 'perfeito', p)}.") for p in (two[1], one[1]))
    return right, wrong


TYPES: dict[str, Callable[[random.Random], Pair]] = {"gênero": _gender, "número": _number, "pessoa": _person}


@lru_cache(maxsize=1)
def _other_forms() -> dict[str, tuple[str, ...]]:
    """Word -> its forms in the other gender or number: adjectives, and verbs in the third person."""
    found: dict[str, set[str]] = {}
    for adjective in lexicon().adjectives:
        for form in adjective.forms:
            found.setdefault(form, set()).update(set(adjective.forms) - {form})
    for verb in lexicon().verbs:
        for tense in ("presente", "perfeito", "imperfeito"):
            one, many = conjugate(verb, tense, ELE), conjugate(verb, tense, ELES)
            found.setdefault(one, set()).add(many)
            found.setdefault(many, set()).add(one)
    return {word: tuple(sorted(forms)) for word, forms in found.items()}


def _forms(word: str) -> set[tuple[str, bool]]:
    """(gender, plural) of a noun of the lexicon."""
    return _noun_forms().get(word, set())


@lru_cache(maxsize=1)
def _noun_forms() -> dict[str, set[tuple[str, bool]]]:
    found: dict[str, set[tuple[str, bool]]] = {}
    for noun in lexicon().nouns:
        found.setdefault(noun.word, set()).add((noun.gender, False))
        found.setdefault(noun.plural, set()).add((noun.gender, True))
    return found


def _spoiled(rng: random.Random, sentence: str) -> Pair | None:
    """A sentence and the same with one form wrong, a distractor before it; None where there is none."""
    places = [m for m in re.finditer(r"[\wÀ-ÿ]+", sentence) if m.group() in _other_forms()]
    rng.shuffle(places)
    for place in places:
        for form in rng.sample(_other_forms()[place.group()], len(_other_forms()[place.group()])):
            wrong = sentence[: place.start()] + form + sentence[place.end() :]
            errors = [e for e in agreement.check(wrong) if e.position == place.start()]
            if not errors:
                continue
            head = errors[0].words.split(" ")[0]
            between = re.findall(r"\w+", sentence[: place.start()].lower())
            between = between[len(between) - 1 - between[::-1].index(head) + 1 :] if head in between else []
            if any(_forms(word) and not _forms(word) & _forms(head) for word in between):
                return sentence, wrong
    return None


def from_corpus(n: int, seed: int = 0) -> list[Pair]:
    """`n` pairs from unseen sentences that have a distractor and no error that the checker sees."""
    rng, found = random.Random(f"concordância/corpus/{seed}"), {}
    sources = [module.documents(random.Random(f"{seed}"), "valid") for module in PROSE.values()]
    while len(found) < n:
        for sentence in sentences(next(rng.choice(sources)).text):
            if not agreement.check(sentence) and (pair := _spoiled(rng, sentence)):
                found.setdefault(pair)
    return list(found)[:n]


def pairs(kind: str, n: int, seed: int = 0) -> list[Pair]:
    """`n` different pairs of one type."""
    rng, found = random.Random(f"concordância/{kind}/{seed}"), {}
    while len(found) < n:
        found.setdefault(TYPES[kind](rng))
    return list(found)


def measure(lm: object, n: int = PAIRS) -> dict:
    """By type and together: share of pairs in which the right sentence is likelier."""
    result, hits = {}, 0
    for kind in ("corpus", *TYPES):
        made = from_corpus(n) if kind == "corpus" else pairs(kind, n)
        scores = batch.scores(lm, [text for pair in made for text in pair])
        right = sum(a > b for a, b in zip(scores[::2], scores[1::2], strict=True))
        result[kind], hits = proportion(right, n), hits + right
    return {**result, "todos": proportion(hits, n * len(result))}
