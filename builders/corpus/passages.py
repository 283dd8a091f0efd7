"""Passages of invented facts and the questions on them: the material of `reading`.

`build` chooses facts, words them as a short text and asks several things, so that the answer is always in the
passage, or the passage does not hold it and the answer says so. Formats of documents are in `reading`.
"""

from __future__ import annotations

import random
from collections import defaultdict
from dataclasses import dataclass
from functools import lru_cache
from itertools import pairwise

from builders.corpus.fillers import HEARSAY, SHORT_LINKS, close, filler, fillers
from builders.corpus.generic import from_lexicon, invented_relation
from builders.corpus.invented import ENTITIES, Noun, cap, first_names
from builders.corpus.relations import Relation, Template, fill, relations, sentence, subject_first
from builders.corpus.values import carried, noun

NOT_IN_TEXT = "O texto não diz."
LOOK_BACK = 0.75  # share of the questions of primers and rosters whose answer stands before what they name
PRIMER_VERBS = ("comprou", "vendeu", "achou", "pintou", "escondeu", "lavou", "levou", "pediu")


@dataclass(frozen=True)
class Fact:
    """One statement of a passage: a relation between a subject and a value."""

    relation: Relation
    subject: Noun
    value: Noun


@dataclass(frozen=True)
class Passage:
    """A text and the questions on it: (question, answer) pairs."""

    text: str
    questions: tuple[tuple[str, str], ...]
    facts: tuple[Fact, ...]


@lru_cache(maxsize=9)
def _pool(which: str, wordings: str) -> dict[str, list[Relation]]:
    """Relations by subject kind: "trained", "held_out", or "all"; in the wordings asked."""
    pool: dict[str, list[Relation]] = defaultdict(list)
    for relation in relations().values():
        if which == "all" or relation.held_out == (which == "held_out"):
            worded = relation.worded(wordings)
            if worded is not None:
                pool[relation.subject].append(worded)
    return dict(pool)


GENERIC = 0.4  # share of passages whose relations come from the whole lexicon or are invented


def _relations(rng: random.Random, split: str, pool: str, wordings: str, count: int) -> list[Relation]:
    """Up to `count` different relations of one kind of subject."""
    if rng.random() < GENERIC:
        which = "trained" if pool == "trained" or (pool == "all" and rng.random() < 0.5) else "held_out"
        found: dict[str, Relation] = {}
        subject = ""
        for _ in range(count * 3):
            if pool != "held_out" and rng.random() < 0.45:
                made = invented_relation(rng, split, wordings)
            else:
                made = from_lexicon(rng, which, wordings)
            subject = subject or made.subject
            if made.subject == subject and not any(_alike(made.name, name) for name in found):
                found[made.name] = made
            if len(found) == count:
                break
        return list(found.values())
    table = _pool(pool, wordings)
    count = min(count, max(map(len, table.values())))
    kinds = [kind for kind in table if len(table[kind]) >= count]
    draw = rng.random()
    if "servico" in kinds and draw < 0.12:
        return rng.sample(table["servico"], count)
    if "pessoa" in kinds and draw < 0.5:
        if draw < 0.32:  # the families outnumber the written relations: keep these frequent
            own = [relation for relation in table["pessoa"] if ":" not in relation.name]
            if len(own) >= count:
                return rng.sample(own, count)
        return rng.sample(table["pessoa"], count)
    return rng.sample(table[rng.choice(kinds)], count)


def _alike(one: str, other: str) -> bool:
    """Whether two generic relations share the noun they name ("o destino/nome" and "o destino/cidade")."""
    return one.partition("/")[0] == other.partition("/")[0]


def _fresh(rng: random.Random, split: str, kind: str, used: set[str], gender: str = "m") -> Noun | None:
    """A noun whose text is not in `used`, and neither contains nor is contained in one of them."""
    for _ in range(12):
        made = noun(rng, split, kind, gender)
        if made.text not in used and not any(
            made.text in text or text in made.text for text in used if len(text) > 3
        ):
            used.add(made.text)
            return made
    return None


def _facts(rng: random.Random, split: str, pool: str, wordings: str, size: int) -> list[list[Fact]]:
    """Facts grouped by subject."""
    draw = rng.random()
    per_subject = (
        1 if size <= 2 or draw < 0.4 else rng.randint(2, min(size, 3)) if draw < 0.85 else min(size, 5)
    )
    chosen = _relations(rng, split, pool, wordings, per_subject)
    used: set[str] = set()
    groups: list[list[Fact]] = []
    while sum(map(len, groups)) < size:
        subject = _fresh(rng, split, chosen[0].subject, used)
        if subject is None:
            break
        group = []
        for relation in chosen:
            if group and rng.random() < 0.12:
                continue
            value = _fresh(rng, split, relation.value, used, subject.gender)
            if value is not None:
                group.append(Fact(relation, subject, value))
        if not group:
            break
        groups.append(group)
    return groups


def _gapped(first: Fact, second: Fact) -> str | None:
    """ "Ana mora em X; Rui, em Y.": the second sentence without its verb."""
    template = first.relation.statements[0]
    if len(template) != 4 or not subject_first(template) or template[1].__class__ is not str:
        return None
    words = template[1].split()
    if len(words) > 2 or (len(words) == 2 and words[1] not in SHORT_LINKS) or words[0].startswith("é"):
        return None
    link = words[1] + " " if len(words) == 2 else ""
    start = fill(template, first.subject, first.value).removesuffix(".")
    end = template[3].rstrip(".") if template[3].__class__ is str else ""
    who, what = (fill((part,), second.subject, second.value) for part in (template[0], template[2]))
    return f"{cap(start)}; {who}, {link}{what}{end}."


def _opening(rng: random.Random, fact: Fact) -> str:
    """One statement of a fact, sometimes introduced."""
    template = rng.choice(fact.relation.statements)
    text = fill(template, fact.subject, fact.value)
    if subject_first(template) and rng.random() < 0.12:
        return f"{rng.choice(HEARSAY)} {text}"
    return cap(text)


def _continued(rng: random.Random, before: Fact, said: str, fact: Fact) -> str:
    """A statement on the subject just mentioned, with a pronoun when it cannot be mistaken."""
    template = rng.choice(fact.relation.statements)
    value = before.value
    clear = before.relation.value not in ENTITIES or before.relation.value in {"cidade", "palavra", "nome"}
    clear = clear and (
        not value.article or value.gender != fact.subject.gender or said.startswith(cap(_name(before)))
    )
    if subject_first(template) and clear and rng.random() < 0.75:
        also = rng.choice(["", "", " também"])
        rest = fill(template[1:], fact.subject, fact.value)
        if not rest.startswith(","):
            return cap(("ele" if fact.subject.gender == "m" else "ela") + also + rest)
    return sentence(template, fact.subject, fact.value)


def _wording(rng: random.Random, split: str, groups: list[list[Fact]], words: int | None = None) -> str:
    """The passage: facts group by group or shuffled, now and then joined, with sentences that say nothing."""
    sentences: list[str] = []
    names = [name for group in groups for fact in group for name in (fact.subject.text, fact.value.text)]
    if rng.random() < 0.3 and len(groups) > 1:
        loose = [[fact] for group in groups for fact in group]
        rng.shuffle(loose)
        groups = loose
    i = 0
    while i < len(groups):
        group = groups[i]
        following = groups[i + 1] if i + 1 < len(groups) else []
        if (
            len(group) == 1 == len(following)
            and group[0].relation is following[0].relation
            and rng.random() < 0.3
        ):
            joined = _gapped(group[0], following[0]) if rng.random() < 0.5 else None
            link = rng.choice([", e ", ", enquanto ", ", mas ", "; já "])
            lead = group[0].relation.statements[0]
            if joined is None and subject_first(lead):
                first, second = (fill(lead, f.subject, f.value) for f in (group[0], following[0]))
                joined = f"{cap(first.rstrip('.'))}{link}{second}"
            if joined is not None:
                sentences.append(joined)
                i += 2
                continue
        sentences.append(_opening(rng, group[0]))
        for before, fact in pairwise(group):
            lead = rng.choice(fact.relation.statements)
            if (
                subject_first(lead)
                and rng.random() < 0.2
                and sentences[-1].startswith(cap(_name(fact)))
                and " e " not in sentences[-1]
            ):
                rest = fill(lead[1:], fact.subject, fact.value)
                if not rest.startswith(","):
                    sentences[-1] = f"{sentences[-1].rstrip('.')} e{rest}"
                    continue
            sentences.append(_continued(rng, before, sentences[-1], fact))
        i += 1
    if words:
        length = sum(s.count(" ") + 1 for s in sentences)
        for other in fillers(rng, split, names, words - length):
            sentences.insert(rng.randint(0, len(sentences)), other)
    elif rng.random() < 0.35:
        for _ in range(rng.randint(1, 2)):
            sentences.insert(rng.randint(0, len(sentences)), filler(rng, split, names))
    return " ".join(sentences)


def _name(fact: Fact) -> str:
    return ("o " if fact.subject.gender == "m" else "a ") * fact.subject.article + fact.subject.text


def _ask(
    rng: random.Random, split: str, wordings: str, groups: list[list[Fact]], count: int
) -> list[tuple[str, str]]:
    """Up to `count` different questions on the facts, some of them unanswerable."""
    facts = [fact for group in groups for fact in group]
    asked: dict[str, str] = {}
    for _ in range(count * 3):
        if len(asked) == count:
            break
        question, answer = _question(rng, split, wordings, facts)
        if question:
            asked.setdefault(cap(question), answer)
    return list(asked.items())


def _question(rng: random.Random, split: str, wordings: str, facts: list[Fact]) -> tuple[str, str]:
    fact = rng.choice(facts)
    relation, subject, value = fact.relation, fact.subject, fact.value
    draw = rng.random()
    if draw < 0.21:
        return _unanswerable(rng, split, wordings, facts, fact)
    if draw < 0.26 and relation.yes_no:
        template = rng.choice(relation.yes_no)
        if rng.random() < 0.5:
            return fill(template, subject, value), "Sim."
        others = [f.value for f in facts if f.relation is relation and f.value != value]
        other = rng.choice(others) if others else noun(rng, split, relation.value, subject.gender)
        if other.text == value.text:
            return "", ""
        if others and relation.value in ("profissao", "estado"):
            return "", ""
        return fill(template, subject, other), "Não."
    if draw < 0.45 and relation.reverse:
        question, answer = rng.choice(relation.reverse)
    else:
        question, answer = rng.choice(relation.questions)
    return _led(rng, fill(question, subject, value)), fill(answer, subject, value) + "."


def statement(rng: random.Random, fact: Fact) -> str:
    """One sentence that tells the fact."""
    return sentence(rng.choice(fact.relation.statements), fact.subject, fact.value)


def questions_on(rng: random.Random, fact: Fact) -> tuple[tuple[str, str], ...]:
    """A question on the fact's value and, where there is one, a question on its subject."""
    chosen = [rng.choice(fact.relation.questions)]
    if fact.relation.reverse:
        chosen.append(rng.choice(fact.relation.reverse))
    return tuple(
        (cap(fill(q, fact.subject, fact.value)), fill(a, fact.subject, fact.value) + ".") for q, a in chosen
    )


def _led(rng: random.Random, question: str) -> str:
    """The question, now and then led by "Segundo o texto,"."""
    if rng.random() < 0.1 and question.split(" ", 1)[0] in {
        "Onde",
        "Quem",
        "O",
        "Qual",
        "De",
        "Em",
        "Como",
        "Quando",
        "Que",
    }:
        lead = rng.choice(["Segundo o texto,", "De acordo com o texto,", "Pelo texto,"])
        return f"{lead} {question[0].lower()}{question[1:]}"
    return question


def _near(rng: random.Random, split: str, subject: Noun) -> Noun | None:
    """Another name much like this one: one word of it replaced, or its last syllables."""
    first, _, rest = subject.text.partition(" ")
    other = noun(rng, split, "nome").text
    if rest and rng.random() < 0.6:
        return subject._replace(text=f"{first} {other if rest[0].isupper() else other.lower()}")
    if first[:1].isupper() and len(first) > 4:
        cut = next((i for i in range(3, len(first)) if first[i] in "aeiouáéíóúãê"), 0)
        made = first[:cut] + rng.choice(("ara", "ico", "eta", "ulo", "ina", "ado")) if cut else ""
        # a changed ending must not make a name of the other split
        return subject._replace(text=made) if made and not rest else None
    return None


def _unanswerable(
    rng: random.Random, split: str, wordings: str, facts: list[Fact], fact: Fact
) -> tuple[str, str]:
    """Something that the passage does not hold: a stranger, a name much like one of the passage, or a
    relation that was not told of this subject (told of another one, or of nobody)."""
    relation, subject = fact.relation, fact.subject
    texts = [f.subject.text for f in facts] + [f.value.text for f in facts]
    draw = rng.random()
    if draw < 0.5:
        stranger = _near(rng, split, subject) if draw < 0.15 else noun(rng, split, relation.subject)
        if stranger is None or any(stranger.text in text or text in stranger.text for text in texts):
            return "", ""
        return fill(rng.choice(relation.questions)[0], stranger, fact.value), NOT_IN_TEXT
    told = {f.relation.name for f in facts if f.subject == subject}
    of_others = [f.relation for f in facts if f.relation.name not in told]
    if of_others:
        other = rng.choice(of_others)
    elif ":" in relation.name and relation.name[:4] in ("lex:", "inv:"):
        other = from_lexicon(rng, "trained" if split == "train" else "held_out", wordings)
    else:
        pool = _pool("trained" if split == "train" else "all", wordings)
        other = rng.choice(pool.get(relation.subject, [relation]))
    if other.subject != relation.subject or any(
        other.name == name or close(other.name, name) or _alike(other.name, name) for name in told
    ):
        return "", ""
    return fill(
        rng.choice(other.questions)[0], subject, noun(rng, split, other.value, subject.gender)
    ), NOT_IN_TEXT


def build(
    rng: random.Random,
    split: str,
    size: int | None = None,
    questions: int | None = None,
    pool: str | None = None,
    wordings: str | None = None,
    words: int | None = None,
) -> Passage:
    """A passage of about `size` facts (2 to 8) with up to 8 questions.

    pool: "trained", "held_out" or "all" relations; wordings: likewise; by default what `split` may use.
    words: about how many words long, reached with sentences that say nothing of the facts.
    """
    size = size or rng.randint(2, 8)
    if pool is None:
        pool = "trained" if split == "train" or rng.random() < 0.6 else "held_out"
    if wordings is None:
        wordings = "trained" if split == "train" else "all"
    while True:
        groups = _facts(rng, split, pool, wordings, size)
        if not groups:
            continue
        asked = _ask(rng, split, wordings, groups, questions or rng.randint(3, 8))
        if not asked:
            continue
        facts = tuple(fact for group in groups for fact in group)
        return Passage(_wording(rng, split, groups, words), tuple(asked), facts)


def asks_back(rng: random.Random, template: Template) -> bool:
    """Whether to ask for the subject of what `template` says: mostly when the subject stands first.

    The answer then stands before what the question names. Reading on from a word that was found forms by
    itself; looking back from it took a million tokens of passages where little else is asked.
    """
    first = next(part[1] for part in template if part.__class__ is tuple)
    return (first == 0) == (rng.random() < LOOK_BACK)


def primer(rng: random.Random, size: int, questions: int) -> Passage:
    """The simplest passage that only reading can answer: who did one thing to which of `size` things.

    First names and things that mostly are one token each, a few verbs, four wordings. "Quem comprou o balde?"
    cannot be answered by what follows "balde", so each word has to carry whose it is. Learned here first, it
    carries over to longer names and other relations.
    """
    names, things = first_names("train"), carried()[0]
    relation = relations()[f"objeto:{rng.choice(PRIMER_VERBS)}"]
    template = rng.choice(relation.statements[:4])
    people = [Noun(name, gender) for gender in "mf" for name in names[gender]]
    facts = [
        Fact(relation, subject, value)
        for subject, value in zip(rng.sample(people, size), rng.sample(things, size), strict=True)
    ]
    asked = []
    for fact in facts:
        question, answer = (relation.reverse if asks_back(rng, template) else relation.questions)[0]
        asked.append(
            (cap(fill(question, fact.subject, fact.value)), fill(answer, fact.subject, fact.value) + ".")
        )
    text = " ".join(cap(fill(template, fact.subject, fact.value)) for fact in facts)
    return Passage(text, tuple(rng.sample(asked, min(questions, len(asked)))), tuple(facts))


def roster(rng: random.Random, split: str, size: int, questions: int) -> Passage:
    """One relation said of `size` subjects in one wording: only who is asked about tells the answers apart.

    What teaches a model to bind a name to its value: with many values of one kind at hand, guessing does not
    pay, and nothing else in the passage asks for attention. Some names asked about are not there.
    """
    while True:
        (relation,) = _relations(rng, split, "trained", "trained", 1)
        template = rng.choice(relation.statements)
        used: set[str] = set()
        facts: list[Fact] = []
        while len(facts) < size:
            subject = _fresh(rng, split, relation.subject, used)
            value = subject and _fresh(rng, split, relation.value, used, subject.gender)
            if not value:
                break
            facts.append(Fact(relation, subject, value))
        if len(facts) == size:
            break
    asked: dict[str, str] = {}
    for fact in rng.sample(facts, min(size, questions)):
        reverse = relation.reverse and asks_back(rng, template)
        question, answer = rng.choice(relation.reverse if reverse else relation.questions)
        asked[cap(fill(question, fact.subject, fact.value))] = fill(answer, fact.subject, fact.value) + "."
    if rng.random() < 0.4 and (stranger := _fresh(rng, split, relation.subject, used)):
        question, _ = rng.choice(relation.questions)
        pairs = list(asked.items())
        pairs.insert(rng.randint(0, len(pairs)), (cap(fill(question, stranger, facts[0].value)), NOT_IN_TEXT))
        asked = dict(pairs)
    text = " ".join(cap(fill(template, fact.subject, fact.value)) for fact in facts)
    return Passage(text, tuple(asked.items()), tuple(facts))
