"""Who, where and when of the texts about towns: people, towns, days, and plots told with them.

Letters, news, instructions and recipes share this. A plot is a file of the template language (`templates`);
besides the roles it casts itself it may use these words, always with a form (`{-:A}`, `{em:D}`, `{o/a:B}`):

    A B  people, by name      C G  towns ("em {-:C}")      S  the state's letters ("PE")
    D O  two days of the week  H    an hour ("às 9 horas")  K  a number from 3 to 60
    L    a place of a town ("a praça", with its gender)    J  a day of a month ("12 de maio")

`held` says which combinations belong to the validation split. No wording lives here.
"""

import csv
import random
import zlib
from functools import cache

from builders.corpus.casting import cast, pick
from builders.corpus.lexicon import DATA, LexiconError, Noun, lexicon
from builders.corpus.templates import Plot, polish

SHARE = 12  # one combination in twelve belongs to the validation split

_DAYS = (("sábado", "m"), ("domingo", "m"), ("segunda-feira", "f"), ("terça-feira", "f"),
         ("quarta-feira", "f"),          ("quinta-feira", "f"), ("sexta-feira", "f"))  # fmt: skip
_MONTHS = "janeiro fevereiro março abril maio junho julho agosto setembro outubro novembro dezembro".split()  # noqa: SIM905
_HOURS = ("às 8 horas", "às 9 horas", "às 10 horas", "às 2 da tarde", "às 3 da tarde", "às 4 da tarde",
          "às 5 da tarde", "às 6 da tarde", "às 7 da noite", "às 8 da noite")  # fmt: skip
_PLACES = (("praça", "f"), ("escola", "f"), ("biblioteca", "f"), ("feira", "f"), ("quadra", "f"),
           ("rodoviária", "f"),            ("igreja", "f"), ("ginásio", "m"), ("clube", "m"),
           ("centro cultural", "m"), ("mercado", "m"),
           ("parque", "m"), ("coreto", "m"), ("museu", "m"))  # fmt: skip


def held(*parts: str) -> bool:
    """True where this combination is of the validation split: a stable hash, the same on every machine."""
    return zlib.crc32("/".join(parts).encode()) % SHARE == 0


def word(text: str, gender: str = "m", plural: str = "") -> Noun:
    """Any text as a noun of the template language."""
    return Noun(text, gender, plural or text, frozenset())


@cache
def towns() -> tuple[tuple[str, str], ...]:
    """(town, letters of its state) of `cidades.csv`; errors name the row."""
    found: list[tuple[str, str]] = []
    path = DATA / "cidades.csv"
    with path.open(encoding="utf-8", newline="") as file:
        reader = csv.DictReader(file)
        if tuple(reader.fieldnames or ()) != ("cidade", "sigla"):
            raise LexiconError(f"{path.name}: expected the columns cidade, sigla")
        for row in reader:
            where = f"{path.name}, row {reader.line_num}"
            if None in row or not row["cidade"] or len(row["sigla"] or "") != 2:
                raise LexiconError(f"{where}: a town and the two letters of its state are needed")
            if any(row["cidade"] == town for town, _ in found):
                raise LexiconError(f"{where}: '{row['cidade']}' is already in the table")
            found.append((row["cidade"], row["sigla"]))
    return tuple(found)


@cache
def _people(gender: str, reserved: bool) -> tuple[str, ...]:
    return tuple(
        n.word for n in lexicon().names if (n.kind, n.gender, n.reserved) == ("pessoa", gender, reserved)
    )


def person(split: str, rng: random.Random, gender: str | None = None, avoid: tuple[str, ...] = ()) -> Noun:
    """A name of either gender, as often one as the other; reserved names only in "valid"."""
    while True:
        drawn = gender or ("f" if rng.random() < 0.5 else "m")
        name = pick(_people(drawn, split == "valid" and rng.random() < 0.4), rng.random)
        if name not in avoid:
            return word(name, drawn)


def setting(split: str, rng: random.Random) -> dict[str, Noun]:
    """The words every plot of a town may use."""
    one = person(split, rng)
    town, letters = pick(towns(), rng.random)
    other = town
    while other == town:
        other = pick(towns(), rng.random)[0]
    (day, later), place = rng.sample(_DAYS, 2), pick(_PLACES, rng.random)
    return {
        "A": one,
        "B": person(split, rng, avoid=(one.word,)),
        "C": word(town),
        "G": word(other),
        "S": word(letters),
        "D": word(*day),
        "O": word(*later),
        "H": word(pick(_HOURS, rng.random)),
        "K": word(str(rng.randint(3, 60))),
        "L": word(*place),
        "J": word(f"{rng.randint(2, 28)} de {pick(tuple(_MONTHS), rng.random)}"),
    }


def tell(plot: Plot, split: str, rng: random.Random, words: dict[str, Noun]) -> list[str]:
    """The plot's beats, in order, each a text: one wording, two, or none."""
    context = {**cast(plot.roles, split, rng.random, None), **words}
    told = []
    for count, wordings in plot.beats:
        if count == 0 and rng.random() < 0.5:
            continue
        for wording in [pick(wordings, rng.random)] if count < 2 else rng.sample(wordings, count):
            context["last"] = None  # pronouns are written out in these plots
            told.append(wording(context, rng.random).strip(" "))
    return told


def join(parts: list[str]) -> str:
    """Parts with a space between, none beside a new line; capitals at the start of sentences."""
    text = ""
    for part in parts:
        gap = "" if not text or text.endswith("\n") or part.startswith("\n") else " "
        text += gap + part
    return polish(text.strip())
