"""Passages whose names and values are random tokens: who did what, asked in both directions.

The step between first names, which are one token each, and invented names of several. What a model learns
from a closed list of names (carry the name's vector with the value) need not hold for any other token; here
every token of the vocabulary is a name some day, as in the rows of repeated tokens of `shards`.
Sentences and questions are those of `builders.corpus.passages`. Made as tokens: as text they would not
survive the tokenizer. Knows nothing of rows on disk: that is `shards`.
"""

from __future__ import annotations

import random
import re
from functools import lru_cache

from tokenizers import Tokenizer

from builders.corpus.invented import Noun, cap
from builders.corpus.passages import asks_back
from builders.corpus.relations import Relation, fill, relations, sentence

TRIES = 500  # passages drawn for a row, at most
# Each subject and value is written as one private character, and replaced by its tokens.
SUBJECTS, VALUES = 0xE000, 0xE100
PLACE = re.compile(f"( ?[{chr(SUBJECTS)}-{chr(VALUES + 0xFF)}])")


@lru_cache(maxsize=2)
def _pieces(tokenizer: Tokenizer) -> tuple[list[int], list[int]]:
    """Ids of the tokens of letters that begin a word (after a space), and of those that go on with one."""
    words, rest = [], []
    for token, i in tokenizer.get_vocab().items():
        text = tokenizer.decode([i])
        if text.strip().isalpha():
            (words if token.startswith("Ġ") else rest).append(i)
    return sorted(words), sorted(rest)


@lru_cache(maxsize=1)
def _relations() -> list[Relation]:
    """What the training split may say, in its wordings."""
    trained = (r.worded("trained") for r in relations().values() if not r.held_out)
    return [r for r in trained if r]


@lru_cache(maxsize=50_000)
def _encode(tokenizer: Tokenizer, text: str) -> tuple[int, ...]:
    return tuple(tokenizer.encode(text, add_special_tokens=False).ids)


def binding(rng: random.Random, tokenizer: Tokenizer, answer: int, first: int) -> tuple[list[int], list[int]]:
    """One passage and the questions on it: ids, `<|endoftext|>` first, and loss weights.

    answer, first: the weights of an answer's tokens, and of its first two. The passage itself weighs
    nothing: its names are drawn, so there is nothing to learn in it.
    """
    size = rng.randint(2, 6)
    subjects = [Noun(chr(SUBJECTS + i), rng.choice("mf")) for i in range(size)]
    values = [Noun(chr(VALUES + i), rng.choice("mf")) for i in range(size)]
    relation = rng.choice(_relations())
    template = rng.choice(relation.statements)
    told = " ".join(sentence(template, *pair) for pair in zip(subjects, values, strict=True))
    starts, rest = _pieces(tokenizer)
    most = rng.choice((1, 2, 3))
    names = {
        noun.text: [rng.choice(starts), *rng.choices(rest, k=rng.randint(1, most) - 1)]
        for noun in subjects + values
    }

    def tokens(text: str) -> list[int]:
        ids: list[int] = []
        for part in PLACE.split(text):
            ids += names.get(part.strip(" ")) or _encode(tokenizer, part)
        return ids

    ids, weights = [0, *tokens("Contexto: " + told)], []
    weights += [0] * len(ids)
    for pair in rng.sample(list(zip(subjects, values, strict=True)), rng.randint(2, size)):
        back = relation.reverse and asks_back(rng, template)
        question, reply = rng.choice(relation.reverse if back else relation.questions)
        ids += tokens(f"\nPergunta: {cap(fill(question, *pair))}\nResposta:")
        weights += [0] * (len(ids) - len(weights))
        ids += tokens(f" {fill(reply, *pair)}.")
        weights += [first] * 2 + [answer] * (len(ids) - len(weights) - 2)
    return ids, weights


def row(
    rng: random.Random, tokenizer: Tokenizer, length: int, answer: int, first: int
) -> tuple[list[int], list[int]]:
    """Passages one after another, while they fit in `length` tokens; not padded. Raises if none ever fits."""
    ids: list[int] = []
    weights: list[int] = []
    for _ in range(TRIES):
        more, its_weights = binding(rng, tokenizer, answer, first)
        if len(ids) + len(more) <= length:
            ids += more
            weights += its_weights
        elif ids:
            return ids, weights
    raise ValueError(f"in {TRIES} tries no passage fitted in {length} tokens: ask for longer rows")
