"""Scenes told twice in other words: who did what to what, where and when, from tables of synonyms.

A scene is drawn as meanings (groups of synonyms of `sinonimos.csv` and `atos.csv`) and only then worded, so
that two wordings of it share no content word, and a scene that differs in one meaning is a near miss.
Some pairs of synonyms and some scenes are kept from "train" by a stable hash. Knows nothing of searching.
"""

from __future__ import annotations

import csv
import random
import re
from collections import defaultdict
from dataclasses import dataclass, replace
from functools import lru_cache
from pathlib import Path
from typing import NamedTuple
from zlib import crc32

from builders.corpus.invented import Noun, cap
from builders.corpus.relations import CONTRACTED, feminine
from builders.corpus.values import TABLES

NOUN_CLASSES = ("pessoa", "grupo", "coisa", "obra", "documento", "evento", "comida", "animal", "problema")
PHRASE_CLASSES = ("lugar", "tempo")
ARTICLES = {"o": "m", "a": "f", "os": "mp", "as": "fp"}
HELD_OUT = 6  # one scene in six belongs to "valid"
HELD_OUT_GROUPS = 3  # one group of synonyms in three, of those with three forms, keeps a pair for "valid"


def held_out(*parts: str) -> bool:
    """Whether a stable hash gives this combination to "valid" only."""
    return crc32("|".join(parts).encode()) % HELD_OUT == 0


class Act(NamedTuple):
    """One verb of a group: past tense, masculine participle, noun of the action with article (or "")."""

    past: str
    participle: str
    noun: str


@dataclass(frozen=True)
class Group:
    """Expressions of one meaning: nouns, phrases or acts."""

    name: str
    forms: tuple

    def pairs(self, split: str) -> list[tuple[int, int]]:
        """Ordered pairs of different forms for two wordings. In some groups the first two forms never meet
        in "train"; a third one links them, so that their likeness can be inferred. "valid" may use all."""
        every = [(i, j) for i in range(len(self.forms)) for j in range(len(self.forms)) if i != j]
        if split == "valid" or len(self.forms) < 3 or crc32(self.name.encode()) % HELD_OUT_GROUPS:
            return every
        return [pair for pair in every if set(pair) != {0, 1}]

    def new_pairs(self) -> list[tuple[int, int]]:
        """The pairs that "train" never shows."""
        return [pair for pair in self.pairs("valid") if pair not in self.pairs("train")]


def _rows(path: Path, columns: tuple[str, ...]) -> list[tuple[str, dict[str, str]]]:
    """("file, linha n", row) of a table; an empty cell, a missing column or a repeated row is named."""
    with path.open(encoding="utf-8", newline="") as file:
        reader = csv.DictReader(file)
        if tuple(reader.fieldnames or ()) != columns:
            raise ValueError(f"{path.name}: as colunas devem ser {','.join(columns)}")
        found, seen = [], set()
        for number, row in enumerate(reader, 2):
            where = f"{path.name}, linha {number}"
            if None in row or not all((row[c] or "").strip() for c in columns):
                raise ValueError(f"{where}: há uma célula vazia ou colunas demais")
            if tuple(row.values()) in seen:
                raise ValueError(f"{where}: a linha está repetida")
            seen.add(tuple(row.values()))
            found.append((where, row))
    return found


def load_synonyms(path: Path = TABLES / "sinonimos.csv") -> dict[str, list[Group]]:
    """Groups by class. Nouns carry their article, which gives gender and number."""
    groups: dict[str, list[Group]] = defaultdict(list)
    for where, row in _rows(path, ("classe", "formas")):
        kind, forms = row["classe"], row["formas"].split("|")
        if kind not in NOUN_CLASSES + PHRASE_CLASSES:
            raise ValueError(f"{where}: classe desconhecida {kind!r}")
        if len(forms) < 2 or len(set(forms)) != len(forms):
            raise ValueError(f"{where}: um grupo precisa de duas formas diferentes")
        made: list[Noun | str] = []
        for form in forms:
            article, _, text = form.partition(" ")
            if kind in NOUN_CLASSES and (article not in ARTICLES or not text):
                raise ValueError(f"{where}: {form!r} precisa começar por o, a, os ou as")
            made.append(Noun(text, ARTICLES[article], True) if kind in NOUN_CLASSES else form)
        groups[kind].append(Group(forms[0], tuple(made)))
    return dict(groups)


@dataclass(frozen=True)
class Deed:
    """A group of verbs with the classes that may do it and undergo it."""

    group: Group
    agents: tuple[str, ...]
    objects: tuple[str, ...]


def load_acts(path: Path = TABLES / "atos.csv") -> list[Deed]:
    """Groups of verbs."""
    deeds = []
    for where, row in _rows(path, ("agente", "objeto", "formas")):
        agents, objects = tuple(row["agente"].split()), tuple(row["objeto"].split())
        unknown = set(agents + objects) - set(NOUN_CLASSES)
        if unknown:
            raise ValueError(f"{where}: classe desconhecida {', '.join(sorted(unknown))}")
        acts = []
        for form in row["formas"].split("|"):
            cells = form.split("/")
            if len(cells) != 3 or not cells[0] or not cells[1]:
                raise ValueError(f"{where}: {form!r} deve ser passado/particípio/substantivo (ou vazio)")
            acts.append(Act(*cells))
        if len(acts) < 2:
            raise ValueError(f"{where}: um grupo precisa de dois verbos")
        deeds.append(Deed(Group(acts[0].past, tuple(acts)), agents, objects))
    return deeds


@lru_cache(maxsize=1)
def tables() -> tuple[dict[str, list[Group]], list[Deed]]:
    """Both tables, read once."""
    return load_synonyms(), load_acts()


@dataclass(frozen=True)
class Scene:
    """What happened, as meanings. Place and time may be missing."""

    agent: Group
    deed: Deed
    object: Group
    place: Group | None
    time: Group | None
    negated: bool = False

    def roles(self) -> dict[str, Group]:
        """The groups that are worded, by role."""
        given = {"A": self.agent, "V": self.deed.group, "O": self.object, "L": self.place, "T": self.time}
        return {role: group for role, group in given.items() if group is not None}

    def key(self) -> str:
        """What names this scene and no other."""
        parts = [f"{role}:{group.name}" for role, group in self.roles().items()]
        return "|".join(parts) + ("|não" if self.negated else "")

    def split(self) -> str:
        """The split that owns this combination of agent, act and object."""
        return "valid" if held_out(self.agent.name, self.deed.group.name, self.object.name) else "train"


def _other(rng: random.Random, groups: list[Group], used: Group | None) -> Group:
    return rng.choice([g for g in groups if g is not used])


def draw(rng: random.Random, split: str) -> Scene:
    """A scene that `split` owns."""
    nouns, deeds = tables()
    while True:
        deed = rng.choice(deeds)
        agent = rng.choice(nouns[rng.choice(deed.agents)])
        obj = _other(rng, nouns[rng.choice(deed.objects)], agent)
        place = rng.choice(nouns["lugar"]) if rng.random() < 0.6 else None
        time = rng.choice(nouns["tempo"]) if rng.random() < 0.6 else None
        scene = Scene(agent, deed, obj, place, time, rng.random() < 0.15)
        if scene.split() == split:
            return scene


def near_miss(rng: random.Random, split: str, scene: Scene) -> Scene:
    """The same scene with one meaning changed: a role, the two people swapped, or its negation."""
    nouns, deeds = tables()
    while True:
        draw_ = rng.random()
        if draw_ < 0.15:
            other = replace(scene, negated=not scene.negated)
        elif draw_ < 0.35 and scene.object in nouns["pessoa"] and scene.agent in nouns["pessoa"]:
            other = replace(scene, agent=scene.object, object=scene.agent)
        elif draw_ < 0.5:
            kind = next(k for k in scene.deed.agents if scene.agent in nouns[k])
            other = replace(scene, agent=_other(rng, nouns[kind], scene.agent))
        elif draw_ < 0.7:
            alike = [
                d for d in deeds
                if d is not scene.deed
                and any(scene.object in nouns[k] for k in d.objects)
                and any(scene.agent in nouns[k] for k in d.agents)
            ]  # fmt: skip
            other = replace(scene, deed=rng.choice(alike)) if alike else scene
        elif draw_ < 0.9:
            kind = next(k for k in scene.deed.objects if scene.object in nouns[k])
            other = replace(scene, object=_other(rng, nouns[kind], scene.object))
        elif scene.place and rng.random() < 0.5:
            other = replace(scene, place=_other(rng, nouns["lugar"], scene.place))
        else:
            other = replace(scene, time=_other(rng, nouns["tempo"], scene.time))
        if other != scene and other.agent is not other.object and other.split() == split:
            return other


# {A} agent, {V} past tense, {O} object, {P} participle, {N} noun of the action, {L} {T} where and when
TEMPLATES = {
    "train": (
        "{A} {V} {O} {L} {T}.",
        "{T}, {A} {V} {O} {L}.",
        "{L}, {A} {V} {O} {T}.",
        "{O} {foi} {P} {por} {L} {T}.",
        "{T}, {O} {foi} {P} {por} {L}.",
        "Foi {A} quem {V} {O} {L} {T}.",
        "{A}, {T}, {V} {O} {L}.",
        "{N} {do} {por} ocorreu {L} {T}.",
        "Houve {n} {do} {por} {L} {T}.",
    ),
    "valid": (
        "{L}, {O} {foi} {P} {por} {T}.",
        "Quem {V} {O} {L} {T} foi {A}.",
        "{T}, {L}, {A} {V} {O}.",
        "Aconteceu {T}: {A} {V} {O} {L}.",
    ),
}


def _with_article(noun: Noun, preposition: str) -> str:
    return CONTRACTED[preposition][noun.gender if noun.article else ""] + noun.text


def _agreed(participle: str, noun: Noun) -> str:
    word = feminine(participle) if noun.gender.startswith("f") else participle
    head, _, tail = word.partition(" ")
    return head + ("s" if noun.gender.endswith("p") else "") + (" " + tail if tail else "")


def tell(rng: random.Random, scene: Scene, forms: dict[str, int], split: str = "train") -> str:
    """The scene in words: `forms` gives the form of each role; the template is one of those of `split`."""
    agent, act, obj = (
        group.forms[forms[role]]
        for role, group in (("A", scene.agent), ("V", scene.deed.group), ("O", scene.object))
    )
    no = "não " if scene.negated else ""
    fields = {
        "A": _with_article(agent, "o"),
        "O": _with_article(obj, "o"),
        "V": no + act.past,
        "P": _agreed(act.participle, obj),
        "foi": no + ("foram" if obj.gender.endswith("p") else "foi"),
        "por": _with_article(agent, "pelo"),
        "do": _with_article(obj, "do"),
        "N": act.noun,
        "n": act.noun.partition(" ")[2],
        "L": scene.place.forms[forms["L"]] if scene.place else "",
        "T": scene.time.forms[forms["T"]] if scene.time else "",
    }
    options = [
        t for t in TEMPLATES[split]
        if not ("{T}," in t or "{T}:" in t) or scene.time
        if "{L}, " not in t or scene.place
        if "{n}" not in t.lower() or (act.noun and not scene.negated)
    ]  # fmt: skip
    text = rng.choice(options).format(**fields)
    return cap(re.sub(r" +([.,:])", r"\1", re.sub(r" {2,}", " ", text)).strip())


def two_forms(rng: random.Random, scene: Scene, split: str, new: bool = False) -> list[dict[str, int]]:
    """Forms for two wordings that share no synonym; `new` prefers pairs that "train" never shows."""
    one, two = {}, {}
    for role, group in scene.roles().items():
        pairs = (group.new_pairs() if new else []) or group.pairs(split)
        one[role], two[role] = rng.choice(pairs)
    return [one, two]


def family(rng: random.Random, split: str, size: int, new: bool = False) -> list[tuple[str, str, str]]:
    """`size` scenes that differ from the first in one meaning each: (wording, other wording, key) of each."""
    scenes = [draw(rng, split)]
    while len(scenes) < size:
        other = near_miss(rng, split, scenes[0])
        if other not in scenes:
            scenes.append(other)
    pairs = []
    for scene in scenes:
        one, two = two_forms(rng, scene, split, new)
        wordings = "train" if split == "train" else rng.choice(("train", "valid"))
        pairs.append((tell(rng, scene, one, wordings), tell(rng, scene, two, wordings), scene.key()))
    return pairs
