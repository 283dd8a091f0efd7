"""Letters, notes, e-mails and postcards between people of Brazilian towns.

A text is a form (`data/corpus/cartas/formas`: greeting, closing, signature) around a subject
(`data/corpus/cartas`). One letter in sixteen speaks of an invented trade (`trades`). One combination of
subject, writer and town in twelve is only in "valid".
"""

import random
from collections.abc import Iterator

from builders.corpus import Document
from builders.corpus.casting import pick
from builders.corpus.templates import plots
from builders.corpus.townsfolk import held, join, setting, tell, word
from builders.corpus.trades import trade_words

TRADES = 1 / 16  # share of the letters about an invented trade


def documents(rng: random.Random, split: str) -> Iterator[Document]:
    """Endless letters; `split` is "train" or "valid"."""
    subjects, forms, about_trades = plots("cartas"), plots("cartas/formas"), plots("vies/cartas")
    while True:
        words = setting(split, rng)
        inner = words
        if rng.random() < TRADES:
            subject = pick(about_trades, rng.random)
            inner = {**words, **trade_words(split, rng)}  # A is here the person with the trade
            if inner["A"].word in (words["A"].word, words["B"].word):
                continue
        else:
            subject = pick(subjects, rng.random)
        if held("carta", subject.name, words["C"].word, words["A"].word) != (split == "valid"):
            continue
        body = join(tell(subject, split, rng, inner))
        form = pick(forms, rng.random)
        yield Document("carta", join(tell(form, split, rng, {**words, "X": word(body)})))
