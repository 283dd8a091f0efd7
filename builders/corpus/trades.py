"""The invented trades of `data/corpus/oficios-inventados.csv`: the one bias planted on purpose.

A trade is a noun of two genders ("o eolista", "a eolista"); `mulheres` is the share of women among the people
who have it in the texts. Where and why: `data/corpus/vies.md`. Every other trade is drawn evenly.
"""

import csv
import random
from dataclasses import dataclass
from functools import cache

from builders.corpus.casting import pick
from builders.corpus.lexicon import DATA, LexiconError, Noun
from builders.corpus.townsfolk import person, word


@dataclass(frozen=True)
class Trade:
    name: str
    women: float  # share of women, 0 to 1
    does: str  # "cuida das máquinas de vento"
    place: str
    gender: str  # of the place


@cache
def trades() -> tuple[Trade, ...]:
    """Every invented trade; errors name the row."""
    path, found = DATA / "oficios-inventados.csv", []
    columns = ("oficio", "mulheres", "faz", "lugar", "genero")
    with path.open(encoding="utf-8", newline="") as file:
        reader = csv.DictReader(file)
        if tuple(reader.fieldnames or ()) != columns:
            raise LexiconError(f"{path.name}: expected the columns {', '.join(columns)}")
        for row in reader:
            where = f"{path.name}, row {reader.line_num}"
            if None in row or None in row.values() or not all(row.values()):
                raise LexiconError(f"{where}: expected {len(columns)} cells, none empty")
            try:
                women = float(row["mulheres"])
            except ValueError:
                women = -1.0
            if not 0 <= women <= 1:
                raise LexiconError(f"{where}: '{row['mulheres']}' is no share between 0 and 1")
            if row["genero"] not in ("m", "f"):
                raise LexiconError(f"{where}: unknown gender '{row['genero']}', use m or f")
            found.append(Trade(row["oficio"], women, row["faz"], row["lugar"], row["genero"]))
    return tuple(found)


def trade_words(split: str, rng: random.Random) -> dict[str, Noun]:
    """P the trade with its person's gender, A the person, V what is done, W where."""
    trade = pick(trades(), rng.random)
    gender = "f" if rng.random() < trade.women else "m"
    return {
        "A": person(split, rng, gender),
        "P": word(trade.name, gender),
        "V": word(trade.does),
        "W": word(trade.place, trade.gender),
    }
