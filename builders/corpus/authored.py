"""Short texts written by hand, from `data/corpus/autorais`: each is yielded once, then the stream ends.

One file a genre: the first line is metadata (`# voz: …`), a line `---` stands between two texts. A text
belongs to "valid" or "train" by a stable hash of its words (1 in 10 is "valid"), whatever file holds it.
"""

import random
import zlib
from collections.abc import Iterator
from functools import lru_cache
from pathlib import Path

from builders.corpus import Document
from builders.corpus.lexicon import DATA, LexiconError

FOLDER = DATA / "autorais"
VALID_ONE_IN = 10


def split_of(text: str) -> str:
    """ "train" or "valid", the same on every machine and however the text is spaced."""
    digest = zlib.crc32(" ".join(text.split()).encode("utf-8"))
    return "valid" if digest % VALID_ONE_IN == 0 else "train"


def read(path: Path) -> tuple[str, ...]:
    """The texts of one file; an empty or repeated text and a missing first line are refused."""
    lines = path.read_text(encoding="utf-8").splitlines()
    if not lines or not lines[0].startswith("# "):
        raise LexiconError(f"{path.name}, line 1: expected metadata such as '# voz: diário'")
    texts: list[str] = []
    block: list[str] = []
    start = 2
    for number, line in enumerate([*lines[1:], "---"], start=2):
        if line.strip() != "---":
            block.append(line.rstrip())
            continue
        text = "\n".join(block).strip("\n")
        if not text:
            raise LexiconError(f"{path.name}, line {start}: an empty text")
        if text in texts:
            raise LexiconError(f"{path.name}, line {start}: this text is already in the file")
        texts.append(text)
        block, start = [], number + 1
    return tuple(texts)


@lru_cache(maxsize=4)
def texts(folder: Path = FOLDER) -> tuple[str, ...]:
    """All texts of a folder, by file and order; a text that stands in two files is refused."""
    found: dict[str, str] = {}
    for path in sorted(folder.glob("*.txt")):
        for text in read(path):
            if text in found:
                raise LexiconError(f"{path.name}: a text is already in {found[text]}: '{text[:40]}'")
            found[text] = path.name
    if not found:
        raise LexiconError(f"{folder}: no texts")
    return tuple(found)


def documents(rng: random.Random, split: str) -> Iterator[Document]:
    """Every text of `split` ("train" or "valid") once, in random order; the stream then ends."""
    own = [text for text in texts() if split_of(text) == split]
    rng.shuffle(own)
    for text in own:
        yield Document("autoral", text)
