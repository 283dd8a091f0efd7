"""Who and what a text is about: one noun, name or adjective for each role of a plot.

Nothing here knows the wordings. Reserved names are drawn only when the split is "valid".
"""

from collections.abc import Callable
from dataclasses import dataclass
from functools import cache

from builders.corpus.lexicon import Name, Noun, lexicon

Role = tuple[str, str, tuple[tuple, ...]]  # variable, type (char, noun, adj), pools to draw from


@dataclass(frozen=True)
class Character:
    """Somebody in a text; `name` is None for an unnamed animal or being."""

    noun: Noun
    name: str | None
    gender: str
    only_name: bool = False  # another character has the same kind, so "a menina" would be ambiguous


_CONSTANTS = {
    "M": Noun("", "m", "", frozenset()),
    "F": Noun("", "f", "", frozenset()),
}  # {c~F}: "coisa preta"


def pick(options: tuple, random_: Callable[[], float]):
    return options[int(random_() * len(options))]


@cache
def _names(kind: str, gender: str, reserved: bool) -> tuple[Name, ...]:
    return tuple(n for n in lexicon().names if (n.kind, n.gender, n.reserved) == (kind, gender, reserved))


def _character(pools: tuple, split: str, random_: Callable[[], float]) -> Character:
    noun = pick(pick(pools, random_), random_)
    kind = "pessoa" if "pessoa" in noun.classes or random_() < 0.25 else "bicho"
    if kind == "bicho" and random_() < 0.22:
        return Character(noun, None, noun.gender)
    reserved = split == "valid" and kind == "pessoa" and random_() < 0.4
    name = pick(_names(kind, noun.gender, reserved), random_).word
    return Character(noun, name, noun.gender)


def _alike(one: Noun, other: Noun) -> bool:
    """Would "a menina" be ambiguous? "Menina" and "garota" are too close as well."""
    return one.word == other.word or ("crianca" in one.classes & other.classes and one.gender == other.gender)


def cast(roles: tuple[Role, ...], split: str, random_: Callable[[], float], hero: str | None) -> dict:
    """Fill every role, no word or name twice; `hero` fixes the noun of the role h."""
    context: dict = {**_CONSTANTS, "seen": set(), "last": None}
    used: set[str] = set()
    people: list[str] = []
    for variable, kind, pools in roles:
        while True:
            if kind == "char":
                chosen = ((lexicon().noun(hero),),) if hero and variable == "h" else pools
                value = _character(chosen, split, random_)
                words = {value.noun.word, value.name} if "crianca" not in value.noun.classes else {value.name}
                same = [v for v in people if _alike(context[v].noun, value.noun)]
                if same and value.name is None:
                    continue
            else:
                value = pick(pick(pools, random_), random_)
                words = {value.forms[0] if kind == "adj" else value.word}
            if not (words - {None}) & used:
                break
        used |= words - {None}
        if kind == "char":
            if same:
                value = Character(value.noun, value.name, value.gender, True)
                for other in same:
                    o = context[other]
                    context[other] = Character(o.noun, o.name, o.gender, True)
            people.append(variable)
        context[variable] = value
    return context
