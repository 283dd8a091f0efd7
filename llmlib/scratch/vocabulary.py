"""A controlled vocabulary: descriptors, the phrases that lead to each, and which are below which.

The bundled one is in data/vocabulario. It maps phrases to names; it searches nothing.
"""

from __future__ import annotations

import json

from llmlib.scratch.retrieval import WORD, fold, words


def plain(text: str) -> str:
    """Small letters without accents, words apart by one space, nothing else."""
    return " ".join(WORD.findall(fold(text)))


class Vocabulary:
    """Descriptors, what leads to each of them, and which are below which.

    Args:
        rows: {"descriptors": [{name, entries, lay, narrower}], "studies": [{name, entries}]}.
        lay: may a layman's wording lead to a descriptor?
    """

    def __init__(self, rows: dict, lay: bool = True):
        self.narrower = {row["name"]: row["narrower"] for row in rows["descriptors"]}
        self.all = {row["name"]: row["entries"] + row["lay"] for row in rows["descriptors"]}
        self.entries = {
            row["name"]: row["entries"] + (row["lay"] if lay else []) for row in rows["descriptors"]
        }
        self.studies = {row["name"]: row["entries"] for row in rows["studies"]}
        self.by_words: dict[tuple[str, ...], tuple[str, str]] = {}  # content words -> (kind, name)
        for kind, table in (("descriptor", self.entries), ("study", self.studies)):
            for name, entries in table.items():
                for phrase in (name, *entries):
                    self.by_words.setdefault(tuple(words(phrase)), (kind, name))
        self.longest = max(map(len, self.by_words))

    @classmethod
    def bundled(cls, lay: bool = True) -> Vocabulary:
        """That of the collection "ciencia"."""
        from llmlib.data import root

        return cls(json.loads((root() / "vocabulario" / "ciencia.json").read_text("utf-8")), lay)

    def below(self, name: str) -> list[str]:
        """The descriptor itself and those below it."""
        return [name, *(each for child in self.narrower.get(name, []) for each in self.below(child))]

    def match(self, phrase: str) -> tuple[str, str] | None:
        """("descriptor" or "study", its name) that the whole phrase leads to, or None."""
        return self.by_words.get(tuple(words(phrase)))

    def named(self, kind: str, value: str) -> str | None:
        """The name of that kind that is written like `value`, accents and capitals aside."""
        table = self.entries if kind == "descriptor" else self.studies
        return next((name for name in table if plain(name) == plain(value)), None)

    def like(self, kind: str, value: str) -> list[str]:
        """Up to three names of that kind that share a word with `value`; laymen's wordings count here."""
        table, sought = self.all if kind == "descriptor" else self.studies, set(words(value))
        return [n for n, e in table.items() if sought & {w for phrase in (n, *e) for w in words(phrase)}][:3]
