"""Any text, made ready for a model that reads one character at a time.

The vocabulary is the text's own characters, the most frequent first. The last tenth is held out. Two ways of
guessing that need no training are measured on it, to compare a model with: every character alike, and each
as often as it came (with and without a look at the character before).
It refuses, in a sentence, what could teach nothing: a text too short, and one with more signs than a small
model can tell apart. Not here: subwords (see `bpe.py`). `llmlib/engine/lesson.js` does the same in the page.

Legend: V vocabulary.
"""

import math
import re
import unicodedata
from collections import Counter
from dataclasses import dataclass
from itertools import pairwise

import numpy as np

from llmlib.scratch.ngram import NGram
from llmlib.tokens import well_formed

LEAST, MOST = 500, 300_000  # characters of a text
FEWEST, ALPHABET = 5, 200  # different characters
RARE = 0.01  # share of the text that may be in characters beyond ALPHABET; they all become �
HELD_OUT = 0.1  # share of the text kept apart
UNKNOWN = "\ufffd"


@dataclass(frozen=True)
class Characters:
    """A text as ids. `vocabulary[i]` is the character of id i."""

    vocabulary: list[str]
    train: np.ndarray  # (characters,) int64
    valid: np.ndarray  # (characters,) int64
    cut: int  # characters left out because the text was longer than MOST

    def encode(self, text: str) -> list[int]:
        """Ids of `text`; a character that the text did not have is left out."""
        ids = {character: i for i, character in enumerate(self.vocabulary)}
        return [ids[c] for c in clean(text) if c in ids]

    def decode(self, ids: list[int]) -> str:
        return "".join(self.vocabulary[i] for i in ids)


def clean(text: str) -> str:
    """One code for each character (NFC), one kind of line break, no control characters."""
    text = unicodedata.normalize("NFC", well_formed(text))
    return re.sub("[\x00-\x08\x0b-\x1f\x7f\ufeff]", "", re.sub("\r\n?", "\n", text)).replace("\t", " ")


def prepare(text: str, context: int) -> Characters:
    """Make `text` ready for windows of `context` characters. Raises ValueError if it could teach nothing."""
    text = clean(text).strip(" \n")
    least, dots = max(LEAST, 4 * (context + 1)), lambda n: f"{n:,}".replace(",", ".")
    if len(text) < least:
        raise ValueError(
            f"O texto tem {dots(len(text))} caracteres, e o treino precisa de pelo menos {dots(least)}: "
            "uma parte fica guardada para a prova. Cole um texto maior."
        )
    cut, text = max(0, len(text) - MOST), text[:MOST]
    counts = Counter(text)
    if len(counts) > ALPHABET:
        kept = set(ranked(counts)[: ALPHABET - 1])
        rare = sum(n for c, n in counts.items() if c not in kept)
        if rare > RARE * len(text):
            raise ValueError(
                f"O texto usa {dots(len(counts))} caracteres diferentes, e este modelo lê um caractere "
                f"por vez e distingue até {ALPHABET}. Alfabetos como o latino, o grego, o cirílico e o árabe "
                "cabem; escritas com milhares de sinais pedem outro tokenizador."
            )
        text = "".join(c if c in kept else UNKNOWN for c in text)
        counts = Counter(text)
    if len(counts) < FEWEST:
        raise ValueError(f"O texto só tem {len(counts)} caracteres diferentes: não há o que aprender nele.")
    vocabulary = ranked(counts)
    ids = {character: i for i, character in enumerate(vocabulary)}
    array = np.array([ids[c] for c in text], dtype=np.int64)  # (characters,)
    held = max(int(HELD_OUT * len(text)), context + 1)
    return Characters(vocabulary, array[:-held], array[-held:], cut)


def ranked(counts: Counter) -> list[str]:
    """Characters, the most frequent first, ties by code."""
    return sorted(counts, key=lambda c: (-counts[c], ord(c)))


def untrained_losses(text: Characters) -> dict[str, float]:
    """Mean -ln p of the held-out characters (nats) for three ways of guessing.

    uniform: all alike; unigram: as often as they came; bigram: as often as they came after the one before.
    The counts are smoothed as `ngram.py` does.
    """
    V, valid = len(text.vocabulary), text.valid.tolist()
    losses = {"uniform": math.log(V)}
    for name, order in (("unigram", 1), ("bigram", 2)):
        counts = NGram(order, V).fit([text.train.tolist()])
        chances = [counts.probability([a], b) for a, b in pairwise(valid)]  # (characters - 1,)
        losses[name] = -sum(map(math.log, chances)) / len(chances)
    return losses
