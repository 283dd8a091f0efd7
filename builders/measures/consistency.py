"""Does a story stay true to itself? Names, kinds and things, checked against how the corpus tells stories.

`problems(text)` reports what a reader would stumble over: somebody or something definite that was never
introduced ("o dragão" out of nowhere), a name that nobody bears or that two kinds share, somebody introduced
twice, "ela" where nobody is feminine, an adjective of the wrong gender beside a name. What counts as an
introduction is learned from stories of the training split, so the checker follows the tables. It knows only
the words of the lexicon: silence is no proof. `builders.measures.stories` tests it on right and spoiled text.
"""

from __future__ import annotations

import random
import re
from collections import Counter
from dataclasses import dataclass, field
from functools import lru_cache
from itertools import islice, pairwise

from builders.corpus import agreement, stories
from builders.corpus.lexicon import Noun, lexicon
from builders.corpus.templates import plots
from builders.measures import wellformed

REFERENCE = 6000  # stories of the training split from which the habits are learned
TOKEN = re.compile(r"\w+(?:-\w+)*|[^\w\s]")
_DEFINITE = "o a do da no na ao à pelo pela este esta esse essa aquele aquela desse dessa"
_INDEFINITE = "um uma num numa outro outra dois duas"
DEFINITE, INDEFINITE = (frozenset(words.split(" ")) for words in (_DEFINITE, _INDEFINITE))
PRONOUNS = {"ele": "m", "ela": "f", "dele": "m", "dela": "f"}
ALWAYS_FREE = 0.3  # a noun first met as definite more often than this needs no introduction


@dataclass
class Character:
    """Somebody introduced in a story; `name` or `kind` may be missing."""

    kind: str | None
    name: str | None
    gender: str


@dataclass
class Cast:
    """What a text has introduced so far."""

    characters: list[Character] = field(default_factory=list)
    seen: set[str] = field(default_factory=set)  # nouns, as their singular

    def named(self, name: str) -> Character | None:
        return next((c for c in self.characters if c.name == name), None)


@dataclass(frozen=True)
class Habits:
    """What the stories of the corpus do."""

    nouns: dict[str, Noun]  # singular or plural -> noun, of every role of every plot
    living: frozenset[str]  # nouns that characters have
    free: frozenset[str]  # nouns that come as definite without introduction
    contexts: frozenset[tuple[str, str]]  # (word before the article, noun) that do so now and then
    openers: frozenset[str]  # words before the article after which any of them may ("sobre o veado")
    loose: frozenset[tuple[str, str]]  # (pronoun, next word) where it may mean a thing ("ela tremeu")
    names: dict[str, str]  # name -> gender
    capitals: frozenset[str]  # other words written with a capital inside a sentence
    adjectives: dict[str, str]  # form -> gender, of forms that have one gender


def tokens(text: str) -> list[str]:
    """Words and marks of a text."""
    return TOKEN.findall(text)


def _first_definites(words: list[str], nouns: dict[str, Noun]) -> list[tuple[str, str, bool]]:
    """(word before the article, noun, definite) of the first mention of each noun."""
    seen, found = set(), []
    for i, word in enumerate(words):
        noun = nouns.get(word.lower())
        if noun is None or noun.word in seen:
            continue
        seen.add(noun.word)
        article = words[i - 1].lower() if i else ""
        before = words[i - 2].lower() if i > 1 else ""
        found.append((before, noun.word, article in DEFINITE and word.lower() == noun.word))
    return found


@lru_cache(maxsize=1)
def habits() -> Habits:
    """Learn from REFERENCE stories; about three seconds."""
    nouns: dict[str, Noun] = {}
    living = set()
    for plot in plots("historias"):
        for _, kind, pools in plot.roles:
            for noun in (n for pool in pools for n in pool if kind != "adj"):
                nouns[noun.word] = noun
                nouns.setdefault(noun.plural, noun)
                if kind == "char":
                    living.add(noun.word)
    names = {n.word: n.gender for n in lexicon().names}
    source = stories.documents(random.Random("coerência"), "train")
    total, definite, contexts = Counter(), Counter(), Counter()
    capitals, loose = set(), set()
    for document in islice(source, REFERENCE):
        words = tokens(document.text)
        for before, noun, is_definite in _first_definites(words, nouns):
            total[noun] += 1
            if is_definite:
                definite[noun] += 1
                contexts[before, noun] += 1
        genders = {nouns[w.lower()].gender for w in words if w.lower() in living}
        genders |= {names[w] for w in words if w in names}
        loose |= {
            (w.lower(), after.lower())
            for w, after in pairwise(words)
            if w.lower() in PRONOUNS and PRONOUNS[w.lower()] not in genders
        }
        inside = (w for w, before in zip(words[1:], words, strict=False) if before.isalpha() or before == ",")
        capitals |= {w for w in inside if w[0].isupper() and w not in names}
    free = {n for n, count in total.items() if definite[n] / count > ALWAYS_FREE and n not in living}
    free |= {n for n in living if total[n] > 20 and definite[n] / total[n] > 0.5}
    adjectives: dict[str, set[str]] = {}
    for adjective in lexicon().adjectives:
        for form, gender in zip(adjective.forms[:2], "mf", strict=True):
            adjectives.setdefault(form, set()).add(gender)
    one_gender = {form: next(iter(g)) for form, g in adjectives.items() if len(g) == 1}
    after = Counter(before for before, noun in contexts if noun in living)
    openers = {before for before, different in after.items() if different > 7 and before.isalpha()}
    return Habits(
        nouns,
        frozenset(living),
        frozenset(free),
        frozenset(contexts),
        frozenset(openers),
        frozenset(loose),
        names,
        frozenset(capitals),
        one_gender,
    )


def _introduction(words: list[str], i: int, known: Habits) -> tuple[str | None, bool]:
    """(kind, introduced) of the name at `i`: "um gato chamado Beto", "Beto, um gato", "o tio Beto" …"""

    def kind_in(span: list[str]) -> str | None:
        return next((w for w in span if w in known.living), None)

    before, after = words[max(0, i - 1) : i], words[i + 1 : i + 4]
    if before and before[0] in ("chamado", "chamada"):
        return kind_in(list(reversed(words[max(0, i - 5) : i]))), True
    if before and before[0].lower() in known.living:
        return before[0].lower(), True
    if after[:1] == [","] and after[1:2] and after[1] in INDEFINITE:
        return kind_in(words[i + 3 : i + 6]), True
    if after[:1] == ["era"] and after[1:2] and after[1] in INDEFINITE:
        return kind_in(words[i + 3 : i + 6]), True
    return None, False


def read(text: str) -> tuple[Cast, list[str]]:
    """Who a text introduces, and what is wrong with it, in order."""
    known, words = habits(), tokens(text)
    cast, wrong = Cast(), []
    for i, word in enumerate(words):
        low, before = word.lower(), words[i - 1].lower() if i else ""
        starts = i == 0 or words[i - 1] in '.!?—:“"…' or words[i - 1] == "\n"
        if word in known.names and words[i - 1] in ("São", "Santa", "Santo"):
            continue
        if word in known.names:
            _name(words, i, cast, wrong, known)
        elif low in known.nouns and (word == low or starts):
            _noun(words, i, cast, wrong, known)
        elif low in PRONOUNS and _stray(words, i, cast, known):
            wrong.append(f"pronome sem ninguém: {word}")
        elif word[0].isupper() and word not in known.capitals:
            inside = not starts and (before.isalpha() or before == ",")
            if inside or low not in wellformed.language().words:
                wrong.append(f"nome desconhecido: {word}")
    for error in agreement.check(text):
        if error.kind == "predicativo" and error.words.split(" ")[0].capitalize() in known.names:
            wrong.append(f"gênero: {error.words}")
    return cast, wrong


def _stray(words: list[str], i: int, cast: Cast, known: Habits) -> bool:
    """Whether a pronoun has nobody of its gender to mean, where the corpus would not mean a thing."""
    gender = PRONOUNS[words[i].lower()]
    living = any(known.nouns[noun].gender == gender for noun in cast.seen if noun in known.living)
    if living or any(c.gender == gender for c in cast.characters):
        return False
    return (words[i].lower(), "".join(words[i + 1 : i + 2]).lower()) not in known.loose


def _name(words: list[str], i: int, cast: Cast, wrong: list[str], known: Habits) -> None:
    """A name: introduced once, by one kind, and not before it was introduced."""
    name = words[i]
    kind, introduced = _introduction(words, i, known)
    bearer = cast.named(name)
    if bearer is None:
        if not introduced:
            wrong.append(f"nome não apresentado: {name}")
        cast.characters.append(Character(kind, name, known.names[name]))
    else:
        by_role = i > 0 and words[i - 1].lower() in known.living  # "o padeiro Davi" may be said again
        if introduced and not by_role:
            wrong.append(f"apresentado de novo: {name}")
        if kind and bearer.kind and kind != bearer.kind:
            wrong.append(f"{name} era {bearer.kind} e virou {kind}")
    if i + 2 < len(words) and words[i + 1] == "," and words[i + 3 : i + 4] and words[i + 3] in ".,!?":
        gender = known.adjectives.get(words[i + 2])
        if gender and gender != known.names[name]:
            wrong.append(f"gênero: {name}, {words[i + 2]}")
    if kind:
        cast.seen.add(kind)


def _noun(words: list[str], i: int, cast: Cast, wrong: list[str], known: Habits) -> None:
    """A noun of the plots: definite only once it was introduced, or where the corpus does so."""
    noun = known.nouns[words[i].lower()]
    if noun.word in cast.seen:
        return
    article = words[i - 1].lower() if i else ""
    before = words[i - 2].lower() if i > 1 else ""
    singular = words[i].lower() == noun.word
    named = i + 1 < len(words) and words[i + 1] in known.names  # "a tia Lia" introduces
    usual = noun.word in known.free or (before, noun.word) in known.contexts or before in known.openers
    if article in DEFINITE and singular and not named and not usual:
        wrong.append(f"sem apresentação: {article} {words[i]}")
    cast.seen.add(noun.word)
    if noun.word in known.living and article in INDEFINITE:
        cast.characters.append(Character(noun.word, None, noun.gender))


def problems(text: str) -> list[str]:
    """What is inconsistent in a story; [] if nothing was found."""
    return read(text)[1]


def hero(text: str) -> Character | None:
    """The first character that a text introduces, with its name if it gets one."""
    characters = read(text)[0].characters
    if not characters:
        return None
    first = characters[0]
    if first.name is None and len(characters) > 1 and characters[1].kind == first.kind:
        return characters[1]  # "um gato chamado Beto": the noun comes first, then the name
    return first


def mentions(who: Character, text: str) -> bool:
    """Whether a text speaks of somebody: by name, kind or pronoun."""
    words = {w.lower() for w in tokens(text)}
    own = {str(who.name).lower(), str(who.kind).lower(), "ele" if who.gender == "m" else "ela"}
    return bool(words & (own | {"dele" if who.gender == "m" else "dela"}))


def things(text: str) -> list[str]:
    """Nouns of the plots, not living, that a text introduces with "um" or "uma"."""
    known, words = habits(), tokens(text)
    found = []
    for i, word in enumerate(words[1:], 1):
        noun = known.nouns.get(word.lower())
        if noun and words[i - 1].lower() in INDEFINITE and noun.word not in known.living | known.free:
            found.append(noun.word)
    return found
