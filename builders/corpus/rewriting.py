"""Pairs of texts for a model that rewrites: correction, summary, and change of number, gender or tense.

    pairs(rng, split) yields (task, source, target); prompt(task, source) is what a model is given.

The truth is known because nothing is guessed: a sentence is built twice from the same parts (`Clause`), or
an error is planted in a right one, or a story is told together with its own summary. Errors are planted
only where a reader could undo them: one word against two or more that agree, a determiner against a noun
that has one gender, a spelling that is no word. Targets are split by a stable hash, so that no target of
"valid" is ever one of "train". Not natural learner errors: these are rules, and the cards say so.
"""

from __future__ import annotations

import csv
import random
import re
import unicodedata
import zlib
from collections.abc import Callable, Iterator
from dataclasses import dataclass, replace
from functools import cache, lru_cache

from builders.corpus import Document, descriptions, stories
from builders.corpus.casting import Character, pick
from builders.corpus.lexicon import DATA, Action, Adjective, LexiconError, Noun, lexicon
from builders.corpus.morphology import (
    DETERMINERS,
    ELE,
    ELES,
    TENSES,
    conjugate,
    determiner,
    gerund,
)
from builders.corpus.templates import Plot, Render, compile_line, plots, polish, tell

Pair = tuple[str, str, str]  # task, source, target

CHANGES = ("plural", "singular", "feminino", "masculino", "passado", "presente", "futuro")
REWRITES = tuple(f"reescrever no {change}" for change in CHANGES)
TASKS = ("corrigir", "resumir", *REWRITES)
LONGEST = 800  # characters of a text to summarise
VALID_SHARE = 10  # one target in so many belongs to "valid"


def prompt(task: str, source: str) -> str:
    """What a model reads: "corrigir: As menina correu."."""
    return f"{task}: {source}"


def belongs(target: str, split: str) -> bool:
    """Is a target of this split? By a stable hash, equal on every machine."""
    return (zlib.crc32(target.encode()) % VALID_SHARE == 0) == (split == "valid")


# --- sentences built from parts -----------------------------------------------------------------------


@dataclass(frozen=True)
class Clause:
    """Subject, verb and complement; `wrong` says which part to write out of agreement."""

    noun: Noun
    adjective: Adjective | None
    verb: str
    tense: str  # a tense of `conjugate`, or "está", "estava", "estará" for the progressive
    complement: str
    plural: bool = False

    def write(self, wrong: str = "") -> str:
        """`wrong` is "", number:det, number:noun, number:adj, number:verb, gender:det or gender:adj."""

        def number(here: str) -> bool:
            return self.plural != (wrong == f"number:{here}")

        def gender(here: str) -> str:
            return _other(self.noun.gender) if wrong == f"gender:{here}" else self.noun.gender

        noun = self.noun
        words = [
            determiner("o", gender("det"), number("det")),
            noun.plural if number("noun") else noun.word,
        ]
        if self.adjective:
            words.append(self.adjective.form(gender("adj"), number("adj")))
        words += [_verb(self.verb, self.tense, number("verb")), self.complement]
        return " ".join(words).strip()


PROGRESSIVE = {"está": "presente", "estava": "imperfeito", "estará": "futuro"}
PAST = {"presente": "perfeito", "está": "estava", "futuro": "perfeito", "estará": "estava"}
PRESENT = {"perfeito": "presente", "imperfeito": "presente", "estava": "está", "futuro": "presente"}
FUTURE = {"presente": "futuro", "perfeito": "futuro", "está": "estará", "imperfeito": "futuro"}


def _other(gender: str) -> str:
    return "m" if gender == "f" else "f"


def _verb(verb: str, tense: str, plural: bool) -> str:
    person = ELES if plural else ELE
    if tense in PROGRESSIVE:
        return f"{conjugate('estar', PROGRESSIVE[tense], person)} {gerund(verb)}"
    return conjugate(verb, tense, person)


@lru_cache(maxsize=1)
def counterparts() -> dict[tuple[str, str], Noun]:
    """{(word, gender): the noun of the other gender} for "padeiro" and "padeira"."""
    known = {(noun.word, noun.gender): noun for noun in lexicon().nouns}
    table = {}
    with (DATA / "substantivos.csv").open(encoding="utf-8", newline="") as file:
        for row in csv.DictReader(file):
            if row["feminino"] and row["genero"] == "m":
                he, she = known[row["palavra"], "m"], known[row["feminino"], "f"]
                table[he.word, "m"], table[she.word, "f"] = she, he
    return table


@lru_cache(maxsize=1)
def _both_genders() -> frozenset[str]:
    """Words that are masculine and feminine without a change ("estudante")."""
    seen: dict[str, set[str]] = {}
    for noun in lexicon().nouns:
        seen.setdefault(noun.word, set()).add(noun.gender)
    return frozenset(word for word, genders in seen.items() if len(genders) > 1)


def _clause(random_, tense: str, counterpart: bool = False) -> Clause:
    """A clause drawn at random; with `counterpart`, of a subject that has another gender."""
    while True:
        noun, actions = pick(_actors(), random_)
        if counterpart and ((noun.word, noun.gender) not in counterparts() or noun.word in _both_genders()):
            continue
        action: Action = pick(actions, random_)
        adjective = None
        if random_() < 0.45:
            kind = "bicho" if "animal" in noun.classes else "carater"
            adjective = pick(lexicon().adjectives_by_class[kind], random_)
        return Clause(noun, adjective, action.verb, tense, pick(action.complements, random_), random_() < 0.5)


@lru_cache(maxsize=1)
def _actors() -> tuple[tuple[Noun, tuple[Action, ...]], ...]:
    """Every noun that can act, with what it can do."""
    table: dict[Noun, list[Action]] = {}
    for action in lexicon().actions:
        for subject in action.subjects:
            members = lexicon().by_class.get(subject) or [n for n in lexicon().nouns if n.word == subject]
            for noun in members:
                table.setdefault(noun, []).append(action)
    return tuple((noun, tuple(actions)) for noun, actions in table.items())


def _clauses(random_, tense: str, counterpart: bool = False) -> tuple[Clause, ...]:
    """One clause, or two of different subjects."""
    first = _clause(random_, tense, counterpart)
    while random_() < 0.3:
        second = _clause(random_, tense, counterpart)
        if second.noun.word != first.noun.word and second.verb != first.verb:
            return first, second
    return (first,)


def _join(parts: list[str]) -> str:
    return polish(" enquanto ".join(parts) + ".")


def rewriting(random_) -> Pair:
    """The same sentence in another number, gender or tense."""
    change = pick(CHANGES, random_)
    tense = pick(("presente", "perfeito", "imperfeito", "está", "estava"), random_)
    if change == "passado":
        tense = pick(("presente", "presente", "está", "futuro"), random_)
    elif change == "presente":
        tense = pick(("perfeito", "perfeito", "estava", "futuro"), random_)
    elif change == "futuro":
        tense = pick(("presente", "perfeito", "está"), random_)
    clauses = _clauses(random_, tense, change in ("feminino", "masculino"))
    if change in ("plural", "singular"):
        clauses = tuple(replace(c, plural=change == "singular") for c in clauses)
        after = tuple(replace(c, plural=change == "plural") for c in clauses)
    elif change in ("feminino", "masculino"):
        source, wanted = ("m", "f") if change == "feminino" else ("f", "m")
        pairs_ = counterparts()
        clauses = tuple(
            c if c.noun.gender == source else replace(c, noun=pairs_[c.noun.word, wanted]) for c in clauses
        )
        after = tuple(replace(c, noun=pairs_[c.noun.word, source]) for c in clauses)
    else:
        to = {"passado": PAST, "presente": PRESENT, "futuro": FUTURE}[change][tense]
        after = tuple(replace(c, tense=to) for c in clauses)
    source, target = (_join([c.write() for c in each]) for each in (clauses, after))
    return f"reescrever no {change}", source, target


# --- errors planted in right text ---------------------------------------------------------------------


def _agreement_error(random_) -> tuple[str, str] | None:
    """A sentence from the tables with one word out of agreement, and the right one."""
    tense = pick(("presente", "presente", "perfeito", "imperfeito", "está", "estava"), random_)
    clauses = list(_clauses(random_, tense))
    right = _join([c.write() for c in clauses])
    at = int(random_() * len(clauses))
    clause = clauses[at]
    kinds = ["number:det", "number:noun", "number:verb", "number:verb"]
    if clause.adjective:
        kinds.append("number:adj")
    if clause.noun.word not in _both_genders():
        if clause.adjective:
            kinds += ["gender:det", "gender:adj"]
        elif (clause.noun.word, clause.noun.gender) not in counterparts():
            kinds.append("gender:det")
    written = [c.write(pick(tuple(kinds), random_) if i == at else "") for i, c in enumerate(clauses)]
    wrong = _join(written)
    return None if wrong == right else (wrong, right)


_WORD = re.compile(r"[^\W\d_]+(?:-[^\W\d_]+)*")
# Accents that tell two words apart: a reader could not always put them back.
_AMBIGUOUS = frozenset(
    ("é", "está", "à", "às", "avó", "avô", "avós", "avôs", "dá", "pôr", "pôde", "país", "lá")
)
# Confusions of Brazilian spelling: what is right, what is often written.
_CONFUSIONS = (
    ("ç", "ss"), ("ss", "ç"), ("ss", "s"), ("rr", "r"), ("z", "s"), ("ch", "x"), ("x", "ch"), ("je", "ge"),
    ("ji", "gi"),
    ("lh", "li"), ("nh", "ni"), ("qu", "k"), ("mp", "np"), ("mb", "nb"), ("ão", "am"), ("sc", "s"),
    ("ou", "o"), ("ei", "e"),
)  # fmt: skip


@lru_cache(maxsize=1)
def _known() -> frozenset[str]:
    """Every form of the tables: a planted misspelling must be none of them."""
    words: set[str] = {w for forms in DETERMINERS.values() for w in forms}
    for noun in lexicon().nouns:
        words |= {noun.word, noun.plural}
    for adjective in lexicon().adjectives:
        words |= set(adjective.forms)
    for verb in lexicon().verbs:
        words.add(verb)
        words |= {conjugate(verb, tense, person) for tense in TENSES for person in range(6)}
    return frozenset(words) | {name.word.lower() for name in lexicon().names}


@lru_cache(maxsize=1)
def _other_number() -> dict[str, str]:
    """Third person of the other number, for forms that tell it: "correu" -> "correram"."""
    table: dict[str, set[str]] = {}
    for verb in lexicon().verbs:
        for tense in ("presente", "perfeito", "imperfeito"):
            one, many = conjugate(verb, tense, ELE), conjugate(verb, tense, ELES)
            table.setdefault(one, set()).add(many)
            table.setdefault(many, set()).add(one)
    nouns = {n.word for n in lexicon().nouns} | {n.plural for n in lexicon().nouns}
    return {a: next(iter(b)) for a, b in table.items() if len(b) == 1 and a not in nouns and a not in b}


@lru_cache(maxsize=1)
def _fixed_gender() -> dict[str, tuple[str, bool]]:
    """{noun form: (gender, plural)} of nouns that have one gender and are no other noun's form."""
    forms: dict[str, set[tuple[str, bool]]] = {}
    for noun in lexicon().nouns:
        forms.setdefault(noun.word, set()).add((noun.gender, False))
        forms.setdefault(noun.plural, set()).add((noun.gender, True))
    paired = {n.word for n in counterparts().values()} | {n.plural for n in counterparts().values()}
    return {w: next(iter(f)) for w, f in forms.items() if len(f) == 1 and w not in paired}


@lru_cache(maxsize=1)
def _swapped_determiner() -> dict[str, dict[tuple[str, bool], str]]:
    """{determiner: {(its gender, plural): the other gender's}}, only unmistakable ones ("num", not "a")."""
    table: dict[str, dict[tuple[str, bool], str]] = {}
    for forms in (DETERMINERS[k] for k in ("o", "um", "de", "em", "por", "este", "esse", "aquele", "seu")):
        for i, word in enumerate(forms):
            gender, plural = "mf"[i % 2], i >= 2
            table.setdefault(word, {})[gender, plural] = forms[i ^ 1]
    return table


def unaccented(word: str) -> str:
    """The word without accents and cedilla: "maçã" -> "maca"."""
    return "".join(c for c in unicodedata.normalize("NFD", word) if not unicodedata.combining(c))


_PRONOUNS = frozenset(("ele", "ela", "eles", "elas"))


@dataclass(frozen=True)
class Slip:
    """One planted error: the characters [start, end) become `text`."""

    kind: str  # "acento", "grafia", "artigo" or "verbo"
    start: int
    end: int
    text: str


def slips(sentence: str) -> list[Slip]:
    """Every error that could be planted in this sentence."""
    found = []
    spans = [(m.group(), m.start(), m.end()) for m in _WORD.finditer(sentence)]
    names = {name.word for name in lexicon().names}
    for i, (word, start, end) in enumerate(spans):
        lower = word.lower()
        before = spans[i - 1] if i and sentence[spans[i - 1][2] : start] == " " else None
        if word in names or (i and word[0].isupper()):
            continue
        bare = unaccented(word)
        if bare != word and lower not in _AMBIGUOUS and bare.lower() not in _known():
            found.append(Slip("acento", start, end, bare))
        if len(word) > 3:
            for right, wrong in _CONFUSIONS:
                at = word.find(right, 1)
                slip = word[:at] + wrong + word[at + len(right) :]
                if at > 0 and slip.lower() not in _known():
                    found.append(Slip("grafia", start, end, slip))
        if lower.startswith("h") and len(word) > 2 and lower[1:] not in _known():
            found.append(Slip("grafia", start, end, word[1:]))
        if before and lower in _fixed_gender():
            article, a, b = before
            swap = _swapped_determiner().get(article.lower(), {}).get(_fixed_gender()[lower])
            if swap:
                found.append(Slip("artigo", a, b, swap.capitalize() if article[0].isupper() else swap))
        if before and lower in _other_number() and (before[0].lower() in _PRONOUNS or before[0] in names):
            two = i > 1 and spans[i - 2][0] in ("e", "de", "da", "do", "com")
            if not two:
                found.append(Slip("verbo", start, end, _other_number()[lower]))
    return found


def corrupt(sentence: str, random_) -> str:
    """The sentence with one to three errors in different places; unchanged when none can be planted."""
    options = slips(sentence)
    by_kind: dict[str, list[Slip]] = {}
    for slip in options:
        by_kind.setdefault(slip.kind, []).append(slip)
    chosen: list[Slip] = []
    for _ in range(1 + (random_() < 0.4) + (random_() < 0.15)):
        free = {
            kind: [s for s in group if all(s.end <= c.start or s.start >= c.end for c in chosen)]
            for kind, group in by_kind.items()
        }
        kinds = tuple(sorted(kind for kind, group in free.items() if group))
        if kinds:
            chosen.append(pick(tuple(free[pick(kinds, random_)]), random_))
    for slip in sorted(chosen, key=lambda s: -s.start):
        sentence = sentence[: slip.start] + slip.text + sentence[slip.end :]
    return sentence


_BREAK = re.compile(r"(?<=[.!?]) (?=[A-ZÀ-Ý])")


def _sentences(texts: Iterator[Document]) -> Iterator[str]:
    """Sentences of running text, without dialogue, of 20 to 160 characters."""
    for document in texts:
        for paragraph in document.text.split("\n"):
            if "—" in paragraph or ":" in paragraph:
                continue
            for sentence in _BREAK.split(paragraph):
                if 20 <= len(sentence) <= 160 and sentence[-1:] in ".!?":
                    yield sentence


def correction(random_, sentences: Iterator[str]) -> Pair:
    """A sentence with planted errors, now and then with none, and the right one."""
    while True:
        if random_() < 0.5:
            made = _agreement_error(random_)
            if made is None:
                continue
            wrong, right = made
            if random_() < 0.25:
                wrong = corrupt(wrong, random_)
        else:
            right = next(sentences)
            if random_() < 0.6:
                wrong = corrupt(right, random_)
                if wrong == right:
                    continue
            else:
                wrong = corrupt(corrupt(right, random_), random_)
                if random_() < 0.3:
                    wrong = right  # nothing to correct
        return "corrigir", wrong, right


# --- stories with their own summary -------------------------------------------------------------------


@dataclass(frozen=True)
class Summary:
    """One row of `resumos.txt`: the sentence that sums up a story of the plot that `holds` what it must."""

    holds: re.Pattern[str]
    roles: frozenset[str]  # the roles it names
    render: Render


_ROLE = re.compile(r"\{(?:[^{}:~]*[:~])*(\w+)\}")


@cache
def summaries() -> dict[str, tuple[Summary, ...]]:
    """{plot: its rows} of `data/corpus/resumos.txt`: "plot | pattern | sentence".

    A bar inside a pattern is written with a backslash before it.
    """
    path, names = DATA / "resumos.txt", {plot.name for plot in plots("historias")}
    table: dict[str, list[Summary]] = {}
    for number, line in enumerate(path.read_text(encoding="utf-8").splitlines(), 1):
        if not line.strip() or line.startswith("#"):
            continue
        where = f"{path.name}, row {number}"
        cells = [cell.strip().replace("\\|", "|") for cell in re.split(r"(?<!\\)\|", line)]
        if len(cells) != 3 or not cells[2]:
            raise LexiconError(f"{where}: expected 'plot | pattern | sentence'")
        name, pattern, text = cells
        if name not in names:
            raise LexiconError(f"{where}: there is no plot '{name}' in historias/")
        roles = frozenset("".join(_ROLE.findall(text)))
        row = Summary(re.compile(pattern), roles, compile_line(text, where))
        if any(row.holds.pattern == other.holds.pattern for other in table.get(name, [])):
            raise LexiconError(f"{where}: '{name}' already has a row for '{pattern}'")
        table.setdefault(name, []).append(row)
    return {name: tuple(rows) for name, rows in table.items()}


def _told(value: object, story: str) -> bool:
    """Does the story name this noun, adjective or character?"""
    if isinstance(value, Adjective):
        return any(form in story for form in value.forms)
    if isinstance(value, Character):
        return (value.name is None or value.name in story) and value.noun.word in story.lower()
    return value.word in story or value.plural in story


def summary(rng: random.Random, split: str) -> Pair:
    """A story of at most LONGEST characters and the one sentence that says what happened to whom.

    A summary that would name somebody or something that this wording of the story leaves out is not used.
    """
    chosen = tuple(plot for plot in plots("historias") if plot.name in summaries())
    while True:
        plot, cast = pick(chosen, rng.random), {}

        def remember(context: dict, random_: Callable[[], float], cast: dict = cast) -> str:
            """A first beat that says nothing and keeps who is who."""
            cast.update(context)
            return ""

        story = tell(Plot(plot.name, plot.roles, ((1, (remember,)), *plot.beats)), split, rng)
        row = next((r for r in summaries()[plot.name] if r.holds.search(story)), None)
        if len(story) > LONGEST or row is None or not all(_told(cast[r], story) for r in row.roles):
            continue
        context = {**cast, "seen": set(), "last": None}
        return "resumir", story, polish(row.render(context, random.Random(0).random))


SHARES = {"corrigir": 0.4, "reescrever": 0.35, "resumir": 0.25}


def pairs(rng: random.Random, split: str) -> Iterator[Pair]:
    """Endless (task, source, target) of all tasks; `split` is "train" or "valid". No target is in both."""
    if split not in ("train", "valid"):
        raise ValueError(f"split is 'train' or 'valid', not {split!r}")
    random_ = rng.random
    texts = [m.documents(random.Random(rng.getrandbits(64)), split) for m in (stories, descriptions)]
    sentences = [_sentences(text) for text in texts]
    while True:
        kind = rng.choices(list(SHARES), SHARES.values())[0]
        while True:
            if kind == "corrigir":
                pair = correction(random_, sentences[random_() < 0.4])
            elif kind == "reescrever":
                pair = rewriting(random_)
            else:
                pair = summary(rng, split)
            if belongs(pair[2], split):
                break
        yield pair
