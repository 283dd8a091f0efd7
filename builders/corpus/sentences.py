"""Short sentences in which gender, number and person agree over a distractor: "As chaves do armário sumiram".

The frames are in `data/corpus/frases.txt`, compiled by `frames`, filled with `phrases`; here they are cast:
whoever is named second is mostly of another gender or number than the first. It makes no stories: the
sentences of a document do not belong together.

One combination in ten is only for "valid", by a stable hash: nouns wherever they meet, one noun in a
frame, or a sentence without nouns. Frames that begin with `!` are for "valid" as a whole.
"""

import random
import re
from collections.abc import Iterator
from zlib import crc32

from builders.corpus import Document
from builders.corpus.casting import pick
from builders.corpus.frames import Frame, Random, frames
from builders.corpus.phrases import PRONOUNS, Phrase, Pools

HELD_SHARE = 10  # one combination in so many is for "valid" only
OTHER = 0.8  # how often a second noun is of another gender or number than the first
PLURAL = 0.42
_START = re.compile(r"^“?\w|(?<=[.?!] )\w")


def held(frame: str, keys: tuple[str, ...], text: str) -> bool:
    """Is this combination only for "valid"? Two nouns or more decide wherever they meet."""
    if len(keys) > 1:
        what = "|".join(sorted(keys))
    else:
        what = f"{frame}|{keys[0]}" if keys else text
    return crc32(what.encode()) % HELD_SHARE == 0


def _draw(pools: Pools, first: Phrase | None, plural: float, random_: Random) -> Phrase:
    """Gender and number first, so that rare ones are not rare; then the word."""
    index = int(random_() * 2) + 2 * (random_() < plural)
    if first is not None and index == first.index and random_() < OTHER:
        index = (index ^ 1, index ^ 2, index ^ 3)[int(random_() * 3)]
    pool = pools[index] or pools[index ^ 2] or pools[index ^ 1] or pools[index ^ 3]
    return pick(pool, random_)


def _any_person(shares: tuple, random_: Random) -> Phrase:
    draw = random_()
    for share, found in shares:
        if draw < share:
            return pick(found, random_)
    return pick(shares[-1][1], random_)


def _speaks(who: Phrase) -> bool:
    return who.person in (0, 3) or who.word == "a gente"


def _clash(one: Phrase, other: Phrase) -> bool:
    """May both mean the same one? "ele" after "o menino", "a gente" after "nós"."""
    if (one.key[:3] == "eu+" or other.key[:3] == "eu+") and _speaks(one) and _speaks(other):
        return True
    if one.key and other.key:
        return one.key == other.key
    if one.word == other.word or {one.word, other.word} in ({"nós", "a gente"}, {"eu", "a gente"}):
        return True
    same = one.person == other.person and one.index == other.index
    return same and (one.word in PRONOUNS or other.word in PRONOUNS)


def _cast(frame: Frame, random_: Random) -> dict | None:
    """Somebody for every role, nobody twice; None where two roles would be one."""
    context: dict = {"verbs": (), "tense": "pffiiv"[int(random_() * 6)]}
    first, used = None, []
    for var, pools in frame.roles:
        if var in "su":
            who = _any_person(pools, random_)
            if first is not None and who.person == first.person and random_() < OTHER:
                who = _any_person(pools, random_)
        else:
            who = _draw(pools, first, 0.2 if var in "lz" else PLURAL, random_)
        first = first or who
        for other in used:
            if _clash(who, other):
                return None
        used.append(who)
        context[var] = who
    context["keys"] = tuple([key for who in used for key in who.nouns])
    return context


def sentence(frame: Frame, split: str, random_: Random) -> str:
    """One sentence of the frame that belongs to the split."""
    while True:
        context = _cast(frame, random_)
        if context is None:
            continue
        keys = context["keys"]
        if len(keys) and not (frame.only_valid or held(frame.name, keys, "") == (split == "valid")):
            continue
        text = "".join([p if p.__class__ is str else p(context, random_) for p in frame.parts])
        if frame.capitals:
            text = _START.sub(lambda m: m.group().upper(), text)
        else:
            text = text[0].upper() + text[1:]
        if keys or frame.only_valid or held(frame.name, keys, text) == (split == "valid"):
            return text


def documents(rng: random.Random, split: str) -> Iterator[Document]:
    """Endless documents of 3 to 8 sentences, sometimes one alone; `split` is "train" or "valid"."""
    random_ = rng.random
    everything = frames(split)
    only = tuple(f for f in everything if f.only_valid)
    while True:
        text, frame = [], None
        for _ in range(1 if random_() < 0.12 else 3 + int(random_() * 6)):
            if frame is None or random_() > 0.3:  # else: the same frame again, with other words
                frame = pick(only if only and random_() < 0.3 else everything, random_)
            made = sentence(frame, split, random_)
            if made not in text:
                text.append(made)
        yield Document("frases", " ".join(text))
