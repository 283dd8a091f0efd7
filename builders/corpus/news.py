"""Short local news: what, who, where, when, a quote, from the plots of `data/corpus/noticias`.

One text in ten is about an invented trade; there, and in one letter in sixteen, the planted bias lives
(`trades`, `data/corpus/vies.md`). One combination of event, town and person in twelve is only in "valid".
"""

import random
from collections.abc import Iterator

from builders.corpus import Document
from builders.corpus.casting import pick
from builders.corpus.templates import plots
from builders.corpus.townsfolk import held, join, setting, tell
from builders.corpus.trades import trade_words

TRADES = 0.10  # share of the texts about an invented trade


def documents(rng: random.Random, split: str) -> Iterator[Document]:
    """Endless news; `split` is "train" or "valid"."""
    events, about_trades = plots("noticias"), plots("vies/noticias")
    while True:
        words = setting(split, rng)
        if rng.random() < TRADES:
            plot = pick(about_trades, rng.random)
            words |= trade_words(split, rng)
        else:
            plot = pick(events, rng.random)
        if held("noticia", plot.name, words["C"].word, words["A"].word) == (split == "valid"):
            yield Document("noticia", join(tell(plot, split, rng, words)))
