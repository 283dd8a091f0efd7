"""Everyday scenes: who does what while somebody else does something else; places, animals, trades.

Two sources: the action table (`acoes.csv`), from which sentences are put together in several tenses, and
the scene templates of `data/corpus/descricoes`. Pairs of actions in HELD_OUT["cena"] occur only in "valid".
"""

import random
from collections.abc import Iterator
from functools import lru_cache

from builders.corpus import Document
from builders.corpus.casting import pick
from builders.corpus.lexicon import HELD_OUT, Action, Noun, lexicon
from builders.corpus.morphology import ELE, ELES, conjugate, determiner, gerund
from builders.corpus.templates import plots, polish, tell

_JUMPERS = ("pet", "mato", "rural")
_OVER = (("pular", "sobre"), ("pular", "por cima de"), ("saltar", "sobre"), ("correr", "atrás de"))
_OVER += (("passar", "ao lado de"), ("andar", "em volta de"), ("dormir", "ao lado de"))
_OVER += (("parar", "diante de"), ("correr", "em volta de"), ("sentar", "perto de"), ("caminhar", "atrás de"))


@lru_cache(maxsize=1)
def _actions_of() -> tuple[tuple[Noun, tuple[Action, ...]], ...]:
    """Every noun that can act, with what it can do."""
    table: dict[Noun, list[Action]] = {}
    words = lexicon()
    for action in words.actions:
        for subject in action.subjects:
            members = words.by_class.get(subject) or [n for n in words.nouns if n.word == subject]
            for noun in members:
                table.setdefault(noun, []).append(action)
    return tuple((noun, tuple(actions)) for noun, actions in table.items())


Scene = tuple[Noun, str, str]  # subject, verb, complement


@lru_cache(maxsize=1)
def _common() -> tuple[tuple[Noun, tuple[Action, ...]], ...]:
    """Cats, dogs, children and grandparents act more often than librarians do."""
    words = {"gato", "cachorro", "gata", "menino", "menina", "garoto", "garota", "avó", "avô", "mãe", "pai"}
    return tuple(entry for entry in _actions_of() if entry[0].word in words)


def _scene(random_) -> Scene:
    noun, actions = pick(_common() if random_() < 0.25 else _actions_of(), random_)
    action = pick(actions, random_)
    return noun, action.verb, pick(action.complements, random_)


def _reserved(a: Scene, b: Scene) -> bool:
    held = HELD_OUT["cena"]
    return (a[0].word, a[1], b[0].word) in held or (b[0].word, b[1], a[0].word) in held


def _pair(random_, split: str) -> tuple[Scene, Scene]:
    """Two actions of different subjects; in "valid" a third of them are reserved ones."""
    if split == "valid" and random_() < 0.33:
        first, verb, second = pick(tuple(sorted(HELD_OUT["cena"])), random_)
        table = {noun.word: (noun, actions) for noun, actions in _actions_of()}
        noun, actions = table[first]
        action = next(a for a in actions if a.verb == verb)
        other, others = table[second]
        act = pick(others, random_)
        return (noun, verb, pick(action.complements, random_)), (
            other,
            act.verb,
            pick(act.complements, random_),
        )
    while True:
        a, b = _scene(random_), _scene(random_)
        same = a[0].word == b[0].word or a[1] == b[1] or (a[2] and a[2] == b[2])
        if not same and not (split == "train" and _reserved(a, b)):
            return a, b


_TENSES = ("estava", "estava", "está", "imperfeito", "imperfeito", "presente")


def _verb(verb: str, tense: str, plural: bool = False) -> str:
    """ "estava" and "está" make the progressive; the other names are tenses of `conjugate`."""
    person = ELES if plural else ELE
    if tense in ("estava", "está"):
        return (
            f"{conjugate('estar', 'imperfeito' if tense == 'estava' else 'presente', person)} {gerund(verb)}"
        )
    return conjugate(verb, tense, person)


def _subject(noun: Noun, random_, plural: bool = False) -> str:
    """The noun with its article; now and then with an adjective or a relative clause as a distractor."""
    text = f"{determiner('o', noun.gender, plural)} {noun.plural if plural else noun.word}"
    if random_() < 0.22:
        kind = "bicho" if "animal" in noun.classes else "carater"
        if random_() < 0.3 and "animal" in noun.classes:
            kind = "pelagem"
        text += " " + pick(lexicon().adjectives_by_class[kind], random_).form(noun.gender, plural)
    return text


def _does(scene: Scene, tense: str, random_, plural: bool = False) -> str:
    return f"{_subject(scene[0], random_, plural)} {_verb(scene[1], tense, plural)} {scene[2]}".rstrip()


def _simultaneous(random_, split: str) -> str:
    a, b = _pair(random_, split)
    tense = pick(_TENSES, random_)
    second = tense if random_() < 0.4 else {"estava": "imperfeito", "está": "presente"}.get(tense, tense)
    one, two = _does(a, tense, random_), _does(b, second, random_)
    form = random_()
    if form < 0.5:
        return f"{one}{',' if random_() < 0.2 else ''} enquanto {two}."
    if form < 0.65:
        return f"enquanto {two}, {one}."
    if form < 0.8:
        return f"{one}, e {two}."
    if form < 0.9:
        return f"{one}. Ao mesmo tempo, {two}."
    return f"{one}; {two}."


def _motion(random_) -> str:
    """The family of "A raposa marrom pula sobre o cachorro preguiçoso."."""
    words = lexicon()
    animals = [n for c in _JUMPERS for n in words.by_class[c]]
    while True:
        a, b = pick(animals, random_), pick(animals, random_)
        if a.word != b.word:
            break
    verb, preposition = pick(_OVER, random_)
    tense = pick(("presente", "presente", "perfeito", "imperfeito"), random_)
    first = f"{determiner('o', a.gender)} {a.word} {_quality(a, random_, False, ('pelagem',))}"
    adjective = pick(words.adjectives_by_class["bicho"], random_).form(b.gender)
    if preposition.endswith(" de"):
        target = f"{preposition[:-2]}{determiner('de', b.gender)} {b.word} {adjective}"
    else:
        target = f"{preposition} {determiner('o', b.gender)} {b.word} {adjective}"
    return f"{first} {conjugate(verb, tense)} {target}."


_WHEN = {
    "presente": (
        "todos os dias",
        "de manhã",
        "aos domingos",
        "à tarde",
        "quando chove",
        "no verão",
        "à noite",
    ),
    "perfeito": ("ontem", "ontem à tarde", "de repente", "no domingo", "naquela manhã", "depois do almoço"),
    "imperfeito": ("naquele tempo", "todas as tardes", "naquela manhã", "antigamente", "aos sábados"),
}


def _alone(random_) -> str:
    """One action, singular or plural, with or without a time."""
    tense, plural = (
        pick(("presente", "perfeito", "perfeito", "imperfeito", "estava"), random_),
        random_() < 0.45,
    )
    when = pick(_WHEN[tense], random_) + ", " if tense in _WHEN and random_() < 0.4 else ""
    return f"{when}{_does(_scene(random_), tense, random_, plural)}."


def _quality(noun: Noun, random_, plural: bool, kinds: tuple[str, ...]) -> str:
    return pick(lexicon().adjectives_by_class[pick(kinds, random_)], random_).form(noun.gender, plural)


def _relative(random_) -> str:
    """Agreement over a distance: "As meninas que moravam perto do rio eram corajosas."."""
    scene, plural = _scene(random_), random_() < 0.6
    noun = scene[0]
    subject = f"{determiner('o', noun.gender, plural)} {noun.plural if plural else noun.word}"
    tense = pick(("imperfeito", "presente"), random_)
    copula = pick(("ser", "estar", "parecer"), random_)
    kinds = (
        ("sentimento",) if copula == "estar" else ("carater",) if "pessoa" in noun.classes else ("indole",)
    )
    person = ELES if plural else ELE
    relative = f"que {_verb(scene[1], tense, plural)} {scene[2]}"
    if random_() < 0.25:
        relative = f", que {_verb(scene[1], tense, plural)} {scene[2]},"
    verb, quality = conjugate(copula, tense, person), _quality(noun, random_, plural, kinds)
    return f"{subject} {relative} {verb} {quality}."


def _comparison(random_) -> str:
    one, two = _scene(random_)[0], _scene(random_)[0]
    if one.word == two.word:
        return _relative(random_)
    first, second = _quality(one, random_, False, ("carater",)), _quality(two, random_, False, ("carater",))
    a, b = f"{determiner('o', one.gender)} {one.word}", f"{determiner('o', two.gender)} {two.word}"
    if random_() < 0.5:
        return f"{a} é mais {first} do que {b}."
    return f"{a} é {first}, e {b} é {second}."


def _denial(random_) -> str:
    """A question and its answer, or what is not the case and what is."""
    scene = _scene(random_)
    noun, actions = scene[0], dict(_actions_of())[scene[0]]
    action = pick(actions, random_)
    subject = f"{determiner('o', noun.gender)} {noun.word}"
    if action.verb == scene[1]:
        return f"— O que {subject} está fazendo?\n— Está {gerund(scene[1])} {scene[2]}.\n"
    second = f"{gerund(action.verb)} {pick(action.complements, random_)}"
    return f"{subject} não estava {gerund(scene[1])} {scene[2]}: estava {second}."


_LISTS = (
    ("em cima da mesa", "utensilio"),
    ("na cesta", "fruta"),
    ("na mochila", "escolar"),
    ("no pátio", "brinquedo"),
)
_LISTS += (
    ("no quintal", "arvores"),
    ("no jardim", "flores"),
    ("na oficina", "ferramenta"),
    ("na vitrine", "roupa"),
)
_LISTS += (
    ("na bandeja", "bandeja"),
    ("no palco", "instrumento"),
    ("na barraca", "salgado"),
    ("na sala", "sala_de_estar"),
)


def _list(random_) -> str:
    """Several things in one place, each with its article and some with a colour."""
    where, kind = pick(_LISTS, random_)
    found: list[Noun] = []
    while len(found) < 3:
        noun = pick(lexicon().by_class[kind], random_)
        if noun not in found:
            found.append(noun)
    plural = random_() < 0.4
    phrases = [n.plural if plural else f"{determiner('um', n.gender)} {n.word}" for n in found]
    if kind in ("roupa", "escolar", "brinquedo"):
        i = int(random_() * 3)
        phrases[i] += " " + _quality(found[i], random_, plural, ("cor",))
    verb = pick(("há", "havia"), random_)
    return f"{where} {verb} {phrases[0]}, {phrases[1]} e {phrases[2]}."


def _frames(random_, split: str) -> str:
    """One to five sentences from the action table."""
    text = []
    for _ in range(1 + int(random_() * 5)):
        draw = random_()
        if draw < 0.4:
            text.append(_simultaneous(random_, split))
        elif draw < 0.52:
            text.append(_motion(random_))
        elif draw < 0.7:
            text.append(_alone(random_))
        elif draw < 0.82:
            text.append(_relative(random_))
        elif draw < 0.88:
            text.append(_comparison(random_))
        elif draw < 0.94:
            text.append(_denial(random_))
        else:
            text.append(_list(random_))
    return polish(" ".join(text).replace("\n ", "\n").replace(" —", "\n—").strip())


def documents(rng: random.Random, split: str) -> Iterator[Document]:
    """Endless descriptions; `split` is "train" or "valid"."""
    scenes = plots("descricoes")
    while True:
        text = (
            tell(rng.choice(scenes), split, rng)
            if scenes and rng.random() < 0.6
            else _frames(rng.random, split)
        )
        yield Document("descricao", text)
