"""Short exchanges between named people, from `data/corpus/dialogos`, with dashes or as "Nome: fala"."""

import random
from collections.abc import Iterator

from builders.corpus import Document
from builders.corpus.templates import plots, tell


def documents(rng: random.Random, split: str) -> Iterator[Document]:
    """Endless dialogues; `split` is "train" or "valid"."""
    all_plots = plots("dialogos")
    while True:
        yield Document("dialogo", tell(rng.choice(all_plots), split, rng))
