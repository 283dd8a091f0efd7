"""What the frames of `data/corpus/frases.txt` are filled with: phrases that know what can be said of them.

Reads the lists of frases.txt (its head explains them) and makes of nouns, names and pronouns a `Phrase` each.
Sense comes from the classes of nouns: a list says which adjectives and verbs go with which class. It draws
nothing (see `sentences`) and compiles no frame (see `frames`).
"""

import random
import re
from dataclasses import dataclass, field
from functools import cache, lru_cache
from pathlib import Path

from builders.corpus.lexicon import DATA, LexiconError, Noun, lexicon
from builders.corpus.morphology import DETERMINERS, ELE, ELES

SETS = "cqekn"  # kinds of adjective: colour, quality ("ser"), state ("estar"), kind of place, size
PRONOUNS = ("ele", "ela", "eles", "elas")
CLITICS = ("o", "a", "os", "as")

Forms = tuple[str, str, str, str]
Predicate = tuple[str, str]  # infinitive, complement with a space before it or ""


@dataclass(frozen=True, eq=False)
class Phrase:
    """Somebody or something with gender, number and person, and what can be said of it."""

    word: str  # as it follows a determiner, or the whole phrase where it takes none
    index: int  # 0 masculine, 1 feminine, 2 masculine plural, 3 feminine plural
    person: int  # 0..5
    key: str  # the noun, or nouns joined by "+"; "" for a pronoun
    bare: bool = False  # takes no article: a pronoun, a name, "o pai e a mãe"
    adjectives: dict[str, tuple[Forms, ...]] = field(default_factory=dict)
    acts: tuple[Predicate, ...] = ()  # what only this noun does
    done: tuple[str, ...] = ()  # verbs one does to it
    nouns: tuple[str, ...] = ()  # what the split is decided by

    def __post_init__(self) -> None:
        object.__setattr__(self, "nouns", tuple(n for n in self.key.split("+") if n not in ("", "eu")))

    @property
    def text(self) -> str:
        return self.word if self.bare else f"{CLITICS[self.index]} {self.word}"


Pools = tuple[tuple[Phrase, ...], ...]  # one for each gender and number


@dataclass
class Lists:
    """What frases.txt says beside its frames."""

    adjectives: dict[str, dict[str, tuple[Forms, ...]]]  # set -> class or word -> forms
    done: dict[str, tuple[str, ...]]  # class or word -> verbs
    bare: tuple[Predicate, ...] = ()
    acts: tuple[Predicate, ...] = ()
    animal: tuple[Predicate, ...] = ()
    human: tuple[str, ...] = ()  # verbs one does to people
    without: frozenset[str] = frozenset()  # nouns that are never drawn


@lru_cache(maxsize=1)
def _adjective_forms() -> dict[str, Forms]:
    return {a.forms[0]: a.forms for a in lexicon().adjectives}


def forms_of(masculine: str, where: str = "frases.txt") -> Forms:
    """The four forms of an adjective of the lexicon, or of a participle or adjective in -o."""
    if masculine in _adjective_forms():
        return _adjective_forms()[masculine]
    if not masculine.endswith("o"):
        raise LexiconError(f"{where}: '{masculine}' is not in adjetivos.csv and does not end in -o")
    return tuple(masculine[:-1] + ending for ending in ("o", "a", "os", "as"))


def read(path: Path) -> tuple[Lists, list[tuple[str, str]]]:
    """The lists, and the frames as (where, line)."""
    lists, frames = Lists({s: {} for s in SETS}, {}), []
    for number, line in enumerate(path.read_text(encoding="utf-8").splitlines(), 1):
        where, line = f"{path.name}, line {number}", line.strip()
        if not line or line[0] == "#":
            continue
        if line[0] in "=!":
            frames.append((where, line))
            continue
        head, _, words = line.partition("|")
        kind, *classes = head.split()
        if not words.strip():
            raise LexiconError(f"{where}: expected ':list classes | words', '= frame' or '! frame'")
        names = [w.replace("_", " ") for w in words.split()]
        if kind[1:] in SETS and kind[0] == ":":
            found = []
            for name in names:
                group = lexicon().adjectives_by_class.get(name[1:], ()) if name[0] == "@" else ()
                found += [a.forms for a in group] or [forms_of(name, where)]
            for name in classes:
                known = lists.adjectives[kind[1:]].get(name, ())
                lists.adjectives[kind[1:]][name] = known + tuple(f for f in found if f not in known)
        elif kind == ":faz":
            for name in classes:
                lists.done[name] = lists.done.get(name, ()) + tuple(names)
        elif kind == ":gesto":
            verb = classes[0]
            lists.acts += tuple((verb, f" {c.strip()}") for c in words.split("|"))
        elif kind in (":verbo", ":bicho"):
            name = "bare" if kind == ":verbo" else "animal"
            setattr(lists, name, getattr(lists, name) + tuple((n, "") for n in names))
        elif kind == ":pessoa":
            lists.human += tuple(names)
        elif kind == ":fora":
            lists.without |= set(names)
        else:
            raise LexiconError(f"{where}: unknown list '{kind}'")
    return lists, frames


_EVERYBODY = frozenset(("crianca", "pai", "mãe", "homem", "mulher", "vizinho", "profissao", "turista"))
_OWN = re.compile(r"\b(seus?|suas?|sozinh\w+|junt[oa]s?|se|conosco|comigo)\b")
_REFLEXIVE = ("espreguiçar", "usar")


@lru_cache(maxsize=1)
def lists() -> Lists:
    """The lists, with the general actions of acoes.csv added to what anybody does."""
    found, _ = read(DATA / "frases.txt")
    for action in lexicon().actions:
        if _EVERYBODY & set(action.subjects) and action.verb not in _REFLEXIVE:
            found.acts += tuple(
                (action.verb, f" {c}") for c in action.complements if c and not _OWN.search(c)
            )
    return found


@lru_cache(maxsize=1)
def _own_acts() -> dict[str, tuple[Predicate, ...]]:
    """What single nouns do, by acoes.csv: the baker bakes."""
    found: dict[str, tuple[Predicate, ...]] = {}
    words = {noun.word for noun in lexicon().nouns}
    for action in lexicon().actions:
        for subject in action.subjects:
            if subject in words and subject not in lexicon().by_class and action.verb not in _REFLEXIVE:
                acts = tuple((action.verb, f" {c}") for c in action.complements if c and not _OWN.search(c))
                found[subject] = found.get(subject, ()) + acts
    return found


@cache
def phrases(noun: Noun) -> tuple[Phrase, Phrase]:
    """A noun in the singular and in the plural."""
    table, names = lists(), (noun.word, *sorted(noun.classes))
    adjectives = {}
    for kind in SETS:
        forms = dict.fromkeys(f for name in names for f in table.adjectives[kind].get(name, ()))
        adjectives[kind] = tuple(forms)
    done = tuple(dict.fromkeys(v for name in names for v in table.done.get(name, ())))
    gender, acts = int(noun.gender == "f"), _own_acts().get(noun.word, ())
    one = Phrase(noun.word, gender, ELE, noun.word, False, adjectives, acts, done)
    return one, Phrase(noun.plural, gender + 2, ELES, noun.word, False, adjectives, acts, done)


def _traits() -> dict[str, tuple[Forms, ...]]:
    return {kind: table.get("pessoa", ()) for kind, table in lists().adjectives.items()}


def names(split: str) -> list[Phrase]:
    found = [n for n in lexicon().names if n.kind == "pessoa" and (split == "valid" or not n.reserved)]
    return [Phrase(n.word, int(n.gender == "f"), ELE, n.word, True, _traits()) for n in found]


def pools(found: list[Phrase]) -> Pools:
    return tuple(tuple(p for p in found if p.index == index) for index in range(4))


@cache
def people(split: str) -> list[Phrase]:
    nouns = [n for n in lexicon().by_class["pessoa"] if n.word not in lists().without]
    common = [n for n in nouns if n.classes & {"crianca", "familia", "grupo_gente"}]  # more often than trades
    return [p for n in nouns + common * 3 for p in phrases(n)]


def _joined(split: str) -> list[Phrase]:
    """Coordinated subjects: "eu e minha irmã", "a Lia e o padeiro", "o pai e as filhas"."""
    rng, traits = random.Random("frases/coordenados"), _traits()
    everybody = people(split) + names(split)
    family = [p for n in lexicon().by_class["familia"] for p in phrases(n)]
    found = []
    for _ in range(400):
        who = rng.choice(family)
        mine = DETERMINERS["meu"][who.index]
        text = rng.choice((f"eu e {mine} {who.word}", f"{mine} {who.word} e eu"))
        found.append(Phrase(text, rng.choice((2, who.index % 2 + 2)), 3, f"eu+{who.key}", True, traits))
    for _ in range(1600):
        one, two = rng.choice(everybody), rng.choice(everybody)
        if one.key != two.key:
            both = 2 + (one.index % 2 and two.index % 2)
            key = "+".join(sorted((one.key, two.key)))
            found.append(Phrase(f"{one.text} e {two.text}", both, ELES, key, True, traits))
    return found


SUBJECTS = {  # how often each sort of subject is drawn where any person will do
    "eu": 0.2, "nós": 0.17, "você": 0.06, "vocês": 0.06, "a gente": 0.07, "pronome": 0.14, "nome": 0.08,
    "coordenado": 0.12, "substantivo": 0.1,
}  # fmt: skip


@cache
def subjects(split: str, adjectives: bool) -> tuple[tuple[float, tuple[Phrase, ...]], ...]:
    """(cumulative share, phrases); "a gente" is left out where an adjective has to agree with it."""
    traits = _traits()

    def pronoun(word: str, index: int, person: int) -> Phrase:
        return Phrase(word, index, person, "", True, traits)

    sorts = {
        "eu": [pronoun("eu", i, 0) for i in (0, 1)],
        "nós": [pronoun("nós", i, 3) for i in (2, 3)],
        "você": [pronoun("você", i, ELE) for i in (0, 1)],
        "vocês": [pronoun("vocês", i, ELES) for i in (2, 3)],
        "a gente": [] if adjectives else [pronoun("a gente", 1, ELE)],
        "pronome": [pronoun(word, i, ELE if i < 2 else ELES) for i, word in enumerate(PRONOUNS)],
        "nome": names(split),
        "coordenado": _joined(split),
        "substantivo": people(split),
    }
    total, shares = 0.0, []
    whole = sum(SUBJECTS[name] for name, found in sorts.items() if found)
    for name, found in sorts.items():
        if found:
            total += SUBJECTS[name] / whole
            shares.append((total, tuple(found)))
    return tuple(shares)
