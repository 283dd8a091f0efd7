"""Values that a passage can give: words of `data/corpus/valores.txt`, numbers, dates, prices, names."""

from __future__ import annotations

import random
from collections.abc import Callable
from functools import lru_cache
from pathlib import Path

from builders.corpus.invented import ENTITIES, Noun, proper, split_of

TABLES = Path(__file__).resolve().parents[2] / "data" / "corpus"


@lru_cache(maxsize=1)
def _values() -> dict[str, list[tuple[Noun, Noun]]]:
    table: dict[str, list[tuple[Noun, Noun]]] = {}
    for line in (TABLES / "valores.txt").read_text(encoding="utf-8").splitlines():
        if not line.strip() or line.startswith("#"):
            continue
        kind, _, rest = line.partition(":")
        pairs = []
        for cell in rest.split(","):
            male, _, female = cell.strip().partition("|")
            if male.startswith(("o ", "a ")):
                noun = Noun(male[2:], "m" if male[0] == "o" else "f", True)
                pairs.append((noun, noun))
            else:
                pairs.append((Noun(male, "m"), Noun(female or male, "f")))
        table[kind.strip()] = pairs
    return table


_MONTHS = "janeiro fevereiro março abril maio junho julho agosto setembro outubro novembro dezembro"
MONTHS = _MONTHS.split(" ")
WORDS = ["três", "quatro", "cinco", "seis", "sete", "oito", "nove", "dez", "onze", "doze"]


def _hour(rng: random.Random, _: str) -> str:
    return f"{rng.randint(2, 23)}h" + rng.choice(["", "", "30", "15", "45", "10", "20", "50"])


def _price(rng: random.Random, _: str) -> str:
    return (
        f"{rng.randint(2, 99) if rng.random() < 0.6 else rng.randint(1, 90) * 10 + 100} reais"
        + rng.choice(["", "", "", " e 50 centavos", " e 20 centavos"])
    )


def _code(rng: random.Random, split: str) -> str:
    while True:
        text = "".join(rng.choice("ABCDEGHJKLMNPRTVXZ") for _ in range(rng.randint(1, 2))) + str(
            rng.randint(2, 99)
        )
        if split_of(text) == split:
            return text


NUMBERS: dict[str, Callable[[random.Random, str], str]] = {
    "idade": lambda r, _: str(r.randint(4, 95)),
    "numero": lambda r, _: str(r.randint(2, 99)),
    "numero_pequeno": lambda r, _: r.choice(WORDS) if r.random() < 0.4 else str(r.randint(2, 12)),
    "numero_grande": lambda r, _: str(r.randint(100, 999)),
    "milhar": lambda r, _: (
        f"{r.randint(2, 9)}.{r.randint(0, 99) * 10:03d}" if r.random() < 0.6 else f"{r.randint(2, 90)} mil"
    ),
    "altura": lambda r, _: (
        f"{r.randint(1, 8)}.{r.randint(0, 99) * 10:03d}" if r.random() < 0.5 else str(r.randint(120, 999))
    ),
    "ano": lambda r, _: str(r.randint(1500, 2020)),
    "tamanho": lambda r, _: str(r.randint(28, 45)),
    "data": lambda r, _: f"{r.randint(2, 28)} de {r.choice(MONTHS)}",
    "hora": _hour,
    "preco": _price,
    "codigo": _code,
    "dia_sem": lambda r, _: r.choice(
        ["segunda-feira", "terça-feira", "quarta-feira", "quinta-feira", "sexta-feira"]
    ),
    "palavra_aspas": lambda r, s: f"“{proper(r, s).lower()}”",
}


def noun(rng: random.Random, split: str, kind: str, gender: str = "m") -> Noun:
    """A noun of a kind: an invented entity, a number, or a word of the table in this gender."""
    if kind in ENTITIES:
        return ENTITIES[kind](rng, split)
    if kind in NUMBERS:
        return Noun(NUMBERS[kind](rng, split))
    pairs = _values().get(kind)
    if pairs is None:
        raise ValueError(f"tipo de valor desconhecido: {kind!r} (veja data/corpus/valores.txt)")
    return rng.choice(pairs)[0 if gender == "m" else 1]
