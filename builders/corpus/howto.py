"""Numbered instructions: a goal, what is needed, the steps in order, from `data/corpus/instrucoes`.

In a plot of that folder the first beat is the title and each beat after it one step; `==?` steps are left out
half of the time. Numbers, opening and ending are put here and in `data/corpus/instrucoes/formas`.
One combination of goal, wording of the steps and person in twelve is only in "valid".
"""

import random
from collections.abc import Iterator

from builders.corpus import Document
from builders.corpus.casting import pick
from builders.corpus.templates import plots, polish
from builders.corpus.townsfolk import held, join, setting, tell, word


def documents(rng: random.Random, split: str) -> Iterator[Document]:
    """Endless instructions; `split` is "train" or "valid"."""
    goals, forms = plots("instrucoes"), plots("instrucoes/formas")
    while True:
        goal, words = pick(goals, rng.random), setting(split, rng)
        title, *steps = tell(goal, split, rng, words)
        if held("instrucoes", goal.name, *steps, words["A"].word) != (split == "valid"):
            continue
        listed = "\n".join(f"{number}. {polish(step)}" for number, step in enumerate(steps, 1))
        words |= {"T": word(title), "N": word(str(len(steps))), "X": word(listed)}
        yield Document("instrucoes", join(tell(pick(forms, rng.random), split, rng, words)))
