"""Load and validate the word tables in `data/corpus`: nouns, adjectives, verbs, names, reserved combinations.

It does not inflect anything (see `morphology`) and makes no text. The tables, all UTF-8 CSV with a header:

    substantivos.csv   palavra, genero (m|f), plural, feminino, feminino_plural, classes (space-separated)
                       `feminino` makes a second, feminine noun with the same classes ("padeiro" -> "padeira")
    adjetivos.csv      masculino, feminino, masculino_plural, feminino_plural, classes
    verbos.csv         infinitivo
    verbos_irregulares.csv  infinitivo; presente, perfeito, imperfeito, futuro (six forms each: eu tu ele nós
                       vós eles), gerundio, participio; an empty cell means "regular"
    nomes.csv          nome, genero, tipo (pessoa|bicho), origem, reservado ("sim": not in the training split)
    acoes.csv          classes (of the subject), verbo, complementos ("|" between alternatives)
    reservados.csv     tipo (heroi_enredo|cena), a, b, c: combinations that never occur in the training split

A row that cannot be used raises `LexiconError` with the file and the row.
"""

import csv
from collections.abc import Iterator
from dataclasses import dataclass
from functools import lru_cache
from pathlib import Path

DATA = Path(__file__).resolve().parents[2] / "data" / "corpus"


class LexiconError(ValueError):
    """A table row that cannot be used; the message names file and row."""


@dataclass(frozen=True)
class Noun:
    word: str
    gender: str  # "m" or "f"
    plural: str
    classes: frozenset[str]


@dataclass(frozen=True)
class Adjective:
    forms: tuple[str, str, str, str]  # masculine, feminine, masculine plural, feminine plural
    classes: frozenset[str]

    def form(self, gender: str, plural: bool = False) -> str:
        return self.forms[(gender == "f") + 2 * plural]


@dataclass(frozen=True)
class Name:
    word: str
    gender: str
    kind: str  # "pessoa" or "bicho"
    origin: str
    reserved: bool


@dataclass(frozen=True)
class Action:
    """What a subject of some class does: a verb and the complements that make sense with it."""

    subjects: tuple[str, ...]
    verb: str
    complements: tuple[str, ...]


@dataclass(frozen=True)
class Lexicon:
    nouns: tuple[Noun, ...]
    adjectives: tuple[Adjective, ...]
    verbs: tuple[str, ...]
    names: tuple[Name, ...]
    actions: tuple[Action, ...]
    by_class: dict[str, tuple[Noun, ...]]
    adjectives_by_class: dict[str, tuple[Adjective, ...]]

    def noun(self, word: str) -> Noun:
        for noun in self.nouns:
            if noun.word == word:
                return noun
        raise KeyError(word)


def _rows(path: Path, columns: tuple[str, ...]) -> Iterator[tuple[str, dict[str, str]]]:
    """Yield ("file, row n", row); complain about a wrong header or a row of the wrong length."""
    with path.open(encoding="utf-8", newline="") as file:
        reader = csv.DictReader(file)
        if tuple(reader.fieldnames or ()) != columns:
            raise LexiconError(f"{path.name}: expected the columns {', '.join(columns)}")
        for row in reader:
            where = f"{path.name}, row {reader.line_num}"
            if None in row or None in row.values():
                raise LexiconError(f"{where}: expected {len(columns)} cells")
            yield where, {key: value.strip() for key, value in row.items()}


def _require(row: dict[str, str], where: str, *columns: str) -> None:
    for column in columns:
        if not row[column]:
            raise LexiconError(f"{where}: '{column}' is empty")


def _gender(row: dict[str, str], where: str) -> str:
    if row["genero"] not in ("m", "f"):
        raise LexiconError(f"{where}: unknown gender '{row['genero']}', use m or f")
    return row["genero"]


def _once(seen: set, key: object, where: str, word: str) -> None:
    if key in seen:
        raise LexiconError(f"{where}: '{word}' is already in the table")
    seen.add(key)


def load_nouns(path: Path = DATA / "substantivos.csv") -> tuple[Noun, ...]:
    nouns, seen = [], set()
    for where, row in _rows(path, ("palavra", "genero", "plural", "feminino", "feminino_plural", "classes")):
        _require(row, where, "palavra", "plural", "classes")
        gender, classes = _gender(row, where), frozenset(row["classes"].split())
        _once(seen, (row["palavra"], gender), where, row["palavra"])
        nouns.append(Noun(row["palavra"], gender, row["plural"], classes))
        if row["feminino"]:
            _require(row, where, "feminino_plural")
            _once(seen, (row["feminino"], "f"), where, row["feminino"])
            nouns.append(Noun(row["feminino"], "f", row["feminino_plural"], classes))
    return tuple(nouns)


def load_adjectives(path: Path = DATA / "adjetivos.csv") -> tuple[Adjective, ...]:
    forms = ("masculino", "feminino", "masculino_plural", "feminino_plural")
    adjectives, seen = [], set()
    for where, row in _rows(path, (*forms, "classes")):
        _require(row, where, *forms, "classes")
        _once(seen, row["masculino"], where, row["masculino"])
        adjectives.append(Adjective(tuple(row[f] for f in forms), frozenset(row["classes"].split())))
    return tuple(adjectives)


def load_verbs(path: Path = DATA / "verbos.csv") -> tuple[str, ...]:
    verbs, seen = [], set()
    for where, row in _rows(path, ("infinitivo",)):
        if not row["infinitivo"].endswith(("ar", "er", "ir", "pôr")):
            raise LexiconError(f"{where}: '{row['infinitivo']}' is not an infinitive")
        _once(seen, row["infinitivo"], where, row["infinitivo"])
        verbs.append(row["infinitivo"])
    return tuple(verbs)


def load_names(path: Path = DATA / "nomes.csv") -> tuple[Name, ...]:
    names, seen = [], set()
    for where, row in _rows(path, ("nome", "genero", "tipo", "origem", "reservado")):
        _require(row, where, "nome", "origem")
        if row["tipo"] not in ("pessoa", "bicho") or row["reservado"] not in ("", "sim"):
            raise LexiconError(f"{where}: tipo is pessoa or bicho, reservado is empty or sim")
        _once(seen, row["nome"], where, row["nome"])
        names.append(
            Name(row["nome"], _gender(row, where), row["tipo"], row["origem"], bool(row["reservado"]))
        )
    return tuple(names)


def load_actions(nouns: tuple[Noun, ...], verbs: tuple[str, ...], path: Path = DATA / "acoes.csv"):
    """Every verb must be in verbos.csv and every subject class must have nouns."""
    classes = {c for noun in nouns for c in noun.classes} | {noun.word for noun in nouns}
    actions, known = [], set(verbs)
    for where, row in _rows(path, ("classes", "verbo", "complementos")):
        _require(row, where, "classes", "verbo")
        if row["verbo"] not in known:
            raise LexiconError(f"{where}: the verb '{row['verbo']}' is not in verbos.csv")
        subjects = tuple(row["classes"].split())
        for subject in subjects:
            if subject not in classes:
                raise LexiconError(f"{where}: no noun has the class '{subject}'")
        complements = tuple(c.strip() for c in row["complementos"].split("|"))
        actions.append(Action(subjects, row["verbo"], complements))
    return tuple(actions)


def load_held_out(path: Path = DATA / "reservados.csv") -> dict[str, frozenset[tuple[str, ...]]]:
    """{"heroi_enredo": {(hero noun, plot)}, "cena": {(subject, verb, other subject)}}."""
    held: dict[str, set[tuple[str, ...]]] = {"heroi_enredo": set(), "cena": set()}
    for where, row in _rows(path, ("tipo", "a", "b", "c")):
        if row["tipo"] not in held:
            raise LexiconError(f"{where}: unknown tipo '{row['tipo']}'")
        key = tuple(row[c] for c in "abc" if row[c])
        _once(held[row["tipo"]], key, where, " + ".join(key))
    return {kind: frozenset(keys) for kind, keys in held.items()}


def _group(items: tuple) -> dict[str, tuple]:
    groups: dict[str, list] = {}
    for item in items:
        for name in sorted(item.classes):
            groups.setdefault(name, []).append(item)
    return {name: tuple(members) for name, members in groups.items()}


@lru_cache(maxsize=1)
def lexicon() -> Lexicon:
    """All tables, read once."""
    nouns, adjectives, verbs = load_nouns(), load_adjectives(), load_verbs()
    return Lexicon(
        nouns, adjectives, verbs, load_names(), load_actions(nouns, verbs), _group(nouns), _group(adjectives)
    )


HELD_OUT = load_held_out()
