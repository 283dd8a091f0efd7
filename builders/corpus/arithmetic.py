# ruff: noqa: E501
"""Sums with small numbers: bare, asked, in words, in word problems; every answer is a weighted span.

Sums and differences go to 99, products to 10 x 10, exact divisions come from the same table. A pair of numbers
of an operation (in either order for sums and products) belongs to "valid" for one hash in eight: neither it nor
its mirror is ever in "train". Problems are in `data/corpus/contas.txt`.
"""

import random
import zlib
from collections.abc import Iterator
from functools import cache
from pathlib import Path

from builders.corpus import Document
from builders.corpus.casting import pick
from builders.corpus.lexicon import DATA, LexiconError, lexicon
from builders.corpus.templates import Render, compile_line, polish
from builders.corpus.townsfolk import setting, word

SIGNS = {"+": "mais", "-": "menos", "x": "vezes", ":": "dividido por"}
_THINGS = ("fruta", "brinquedo", "escolar", "doces")
_ASKED = ("Quanto é {0}?", "Quanto dá {0}?", "Qual é o resultado de {0}?", "Calcule {0}.", "{0} é quanto?",
          "Você sabe quanto é {0}?")  # fmt: skip


def result(sign: str, a: int, b: int) -> int:
    """The right answer; divisions are exact by construction."""
    return {"+": a + b, "-": a - b, "x": a * b, ":": a // b if b else 0}[sign]


def is_held(sign: str, a: int, b: int) -> bool:
    """True for a sum of the validation split. a - b follows a + b's table, a : b the products'."""
    if sign == "-":
        sign, a = "+", a - b
    if sign == ":":
        sign, a = "x", a // b
    low, high = sorted((a, b))
    return zlib.crc32(f"{sign}{low},{high}".encode()) % 8 == 0


def draw(split: str, rng: random.Random, sign: str | None = None, least: int = 0) -> tuple[str, int, int]:
    """An operation of the split: two thirds of the sums and differences within 20."""
    sign = sign or rng.choice("++--x:")
    while True:
        top = 10 if rng.random() < 0.67 else 50
        a, b = (rng.randint(least, top), rng.randint(least, top))
        if sign in "x:":
            a, b = rng.randint(max(1, least), 10), rng.randint(max(1, least), 10)
        a = a + b if sign == "-" else a * b if sign == ":" else a
        if is_held(sign, a, b) == (split == "valid"):
            return sign, a, b


class _Text:
    """Text that grows and remembers where its answers are."""

    def __init__(self) -> None:
        self.text, self.answers = "", []

    def add(self, text: str, answer: object = None) -> None:
        self.text += text
        if answer is not None:
            start = len(self.text)
            self.text += str(answer)
            self.answers.append((start, len(self.text)))

    def document(self) -> Document:
        return Document("conta", self.text, tuple(self.answers))


@cache
def problems(path: Path = DATA / "contas.txt") -> dict[str, tuple[tuple[Render, Render], ...]]:
    """Sign -> (problem and question, answer up to the number); errors name the line."""
    found: dict[str, list] = {}
    for number, line in enumerate(path.read_text(encoding="utf-8").splitlines(), 1):
        where, line = f"{path.name}, line {number}", line.strip()
        if not line or line.startswith("#"):
            continue
        sign, _, rest = line.partition(" ")
        question, arrow, answer = rest.partition(" > ")
        if sign not in SIGNS or not arrow or "{r}" not in answer:
            raise LexiconError(
                f"{where}: expected 'sign problem > answer with {{r}}', sign one of {' '.join(SIGNS)}"
            )
        before, _, after = answer.partition("{r}")
        found.setdefault(sign, []).append(
            (compile_line(question, where), compile_line(before, where), compile_line(after, where))
        )
    if set(found) != set(SIGNS):
        raise LexiconError(f"{path.name}: every sign of {' '.join(SIGNS)} needs a problem")
    return {sign: tuple(lines) for sign, lines in found.items()}


def _problem(split: str, rng: random.Random, made: _Text) -> None:
    sign, a, b = draw(split, rng, least=2)
    while sign == "-" and a - b < 2:
        sign, a, b = draw(split, rng, "-", least=2)
    nouns = lexicon().by_class
    thing = pick(pick(tuple(nouns[c] for c in _THINGS), rng.random), rng.random)
    context = {
        **setting(split, rng),
        "x": thing,
        "a": word(str(a)),
        "b": word(str(b)),
        "seen": set(),
        "last": None,
    }
    question, before, after = (p(context, rng.random) for p in pick(problems()[sign], rng.random))
    shown = f" {a} {sign} {b} = " if rng.random() < 0.5 else ""
    value = result(sign, a, b)
    made.add(polish(question) + "\n")
    if shown:
        made.add("Conta:" + shown, value)
        made.add(". ")
    before = before.lstrip()
    made.add(before[:1].upper() + before[1:], value)
    made.add(after)


def _asked(split: str, rng: random.Random, made: _Text) -> None:
    sign, a, b = draw(split, rng)
    said = f"{a} {SIGNS[sign]} {b}" if rng.random() < 0.4 else f"{a} {sign} {b}"
    question = rng.choice(_ASKED).format(said)
    answer = result(sign, a, b)
    if rng.random() < 0.6:
        made.add(f"Pergunta: {question}\nResposta: ", answer)
    elif rng.random() < 0.5:
        made.add(f"{question}\n{said} = " if sign in said else f"{question}\n{said} é ", answer)
        made.add(".")
    else:
        made.add(f"— {question}\n— ", answer)
        made.add(".")


def _list(split: str, rng: random.Random, made: _Text) -> None:
    same = rng.choice(list(SIGNS)) if rng.random() < 0.5 else None
    for i in range(rng.randint(4, 9)):
        sign, a, b = draw(split, rng, same)
        made.add(f"{chr(10) if i else ''}{a} {sign} {b} = ", result(sign, a, b))


def _compare(split: str, rng: random.Random, made: _Text) -> None:
    a, b = rng.sample(range(100), 2)
    while is_held("+", a, b) != (split == "valid"):
        a, b = rng.sample(range(100), 2)
    more = rng.random() < 0.5
    made.add(f"Qual é o {'maior' if more else 'menor'}: {a} ou {b}? ", max(a, b) if more else min(a, b))
    made.add(".")


def documents(rng: random.Random, split: str) -> Iterator[Document]:
    """Endless sums; `split` is "train" or "valid"."""
    while True:
        made = _Text()
        kind = rng.random()
        if kind < 0.45:
            _problem(split, rng, made)
        elif kind < 0.75:
            _list(split, rng, made)
        else:
            for i in range(rng.randint(2, 4)):
                made.add("\n" if i else "")
                (_asked if rng.random() < 0.8 else _compare)(split, rng, made)
        yield made.document()
