# ruff: noqa: E501
"""DNA-like strings with planted regularities, for a chapter on genomes. Bases are written in groups of three.

    complement   "Fita: ATG CCA / Complemento: TAC GGT": A with T, C with G, position by position
    reverse      "Fita / Fita oposta": the complement read backwards
    protein      "DNA: ATG GCC TAA / Proteína: M A fim", by the standard genetic code (`data/corpus/codons.csv`)
    gene         MOTIF (TAT AAT), then GAP groups of any bases, then ATG, 3 to 8 coding groups and a stop group:
                 the start always follows the motif at the same distance, and the coding groups prefer, nine times
                 in ten, the first codon of their amino acid in the table (a codon usage as real genomes have one)
    repeat       a unit of 2 to 4 groups, repeated 3 to 6 times

Plain random strings hold none of it. The part that follows from the first one is a weighted span. One string in
eight, by a hash of its first line's bases, is only in "valid".
"""

import csv
import random
import zlib
from collections.abc import Iterator
from functools import cache

from builders.corpus import Document
from builders.corpus.lexicon import DATA, LexiconError

PAIR = {"A": "T", "T": "A", "C": "G", "G": "C"}
MOTIF = "TAT AAT"
GAP = 2  # groups between the motif and ATG
FAVOURITE = 0.9  # share of the first codon of an amino acid, in genes


@cache
def codons() -> dict[str, str]:
    """Codon -> letter of its amino acid, "fim" for a stop; the 64 of the standard code. Errors name the row."""
    path, found = DATA / "codons.csv", {}
    with path.open(encoding="utf-8", newline="") as file:
        reader = csv.DictReader(file)
        for row in reader:
            codon, letter = row.get("codon") or "", row.get("aminoacido") or ""
            if len(codon) != 3 or set(codon) - set(PAIR) or codon in found or not letter:
                raise LexiconError(
                    f"{path.name}, row {reader.line_num}: a new codon of three bases and its letter"
                )
            found[codon] = letter
    if len(found) != 64:
        raise LexiconError(f"{path.name}: 64 codons are needed, {len(found)} are there")
    return found


@cache
def _by_letter() -> dict[str, tuple[str, ...]]:
    groups: dict[str, list[str]] = {}
    for codon, letter in codons().items():
        groups.setdefault(letter, []).append(codon)
    return {letter: tuple(found) for letter, found in groups.items()}


def _bases(rng: random.Random, groups: int) -> list[str]:
    return ["".join(rng.choice("ACGT") for _ in range(3)) for _ in range(groups)]


def complement(strand: str) -> str:
    """A with T, C with G; spaces stay."""
    return "".join(PAIR.get(base, base) for base in strand)


def translate(strand: str) -> str:
    """Letters of the codons apart by spaces, up to the first stop ("fim") included."""
    letters = []
    for codon in strand.split():
        letters.append(codons()[codon])
        if letters[-1] == "fim":
            break
    return " ".join(letters)


def _coding(rng: random.Random, groups: int) -> list[str]:
    letters = [letter for letter in _by_letter() if letter != "fim"]
    chosen = []
    for _ in range(groups):
        family = _by_letter()[rng.choice(letters)]
        chosen.append(family[0] if rng.random() < FAVOURITE else rng.choice(family))
    return chosen


def _one(rng: random.Random) -> tuple[str, str]:
    """(what is given, what follows from it)"""
    kind = rng.random()
    if kind < 0.25:
        strand = " ".join(_bases(rng, rng.randint(3, 10)))
        return f"Fita: {strand}\nComplemento: ", complement(strand)
    if kind < 0.4:
        strand = " ".join(_bases(rng, rng.randint(3, 8)))
        return f"Fita: {strand}\nFita oposta: ", complement(strand)[::-1]
    if kind < 0.65:
        stop = rng.choice(_by_letter()["fim"])
        strand = " ".join(["ATG", *_coding(rng, rng.randint(2, 9)), stop])
        return f"DNA: {strand}\nProteína: ", translate(strand)
    if kind < 0.9:
        stop = rng.choice(_by_letter()["fim"])
        coding = ["ATG", *_coding(rng, rng.randint(3, 8)), stop]
        before = " ".join([*_bases(rng, rng.randint(2, 8)), MOTIF, *_bases(rng, GAP)])
        return f"Gene: {before} ", " ".join(coding) + " " + " ".join(_bases(rng, rng.randint(2, 5)))
    unit = " ".join(_bases(rng, rng.randint(2, 4)))
    return f"Repetição: {unit} ", " ".join([unit] * rng.randint(2, 5))


def is_held(given: str) -> bool:
    """True for a string of the validation split."""
    return zlib.crc32(given.partition("\n")[0].encode()) % 8 == 0


def documents(rng: random.Random, split: str) -> Iterator[Document]:
    """Endless strings; `split` is "train" or "valid"."""
    while True:
        given, follows = _one(rng)
        if is_held(given) != (split == "valid"):
            continue
        end = len(given) + len(follows)
        if given.startswith("Gene"):  # only the start after the motif is certain
            end = len(given) + 3
        yield Document("dna", given + follows, ((len(given), end),))
