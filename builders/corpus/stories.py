"""Stories of 40 to 220 words: plots of `data/corpus/historias`, told with cast and wordings drawn at random.

The reserved names and the reserved pairs of hero and plot (`lexicon.HELD_OUT`) never occur in "train".
"""

import random
from collections.abc import Iterator

from builders.corpus import Document
from builders.corpus.lexicon import HELD_OUT
from builders.corpus.templates import plots, tell


def documents(rng: random.Random, split: str) -> Iterator[Document]:
    """Endless stories; `split` is "train" or "valid"."""
    all_plots = plots("historias")
    while True:
        plot = rng.choice(all_plots)
        if split == "valid" and rng.random() < 0.3:
            hero, name = rng.choice(sorted(HELD_OUT["heroi_enredo"]))
            plot = next(p for p in all_plots if p.name == name)
            yield Document("historia", tell(plot, split, rng, hero))
        else:
            yield Document("historia", tell(plot, split, rng))
