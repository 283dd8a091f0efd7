"""Make tests/vectors/bpe.json: corpora whose merges the Python and the JavaScript learner must both find.

Run `python -m tests.vectors.make_bpe` after a change of the rules. A test makes them again and compares.

Format: `learned` [{text, merges: [[left, right, count, id, length], …]}], ids as without special tokens (the
256 bytes first); `cut` [{text, words}] for the pre-tokenisation.
"""

import json
import random
from collections import Counter
from itertools import islice
from pathlib import Path

from llmlib.scratch import bpe

PATH = Path(__file__).with_name("bpe.json")
MOST = 60  # merges of each corpus

PROSE = [
    "o rato roeu a roupa do rei de Roma; a rainha, com raiva, resolveu remendar",
    "A avó e o avô comeram pão com maçã. O pão e a maçã eram da avó.\nO avô não comeu o limão.",
    "for i in range(10):\n    print(i, i * i)\nfor j in range(20):\n    print(j)\n",
    "👍🏽👍🏽 😀😀😀 café cafe\u0301 cafe\u0301 שלום שלום \t\t\n\n\n 2024 2025 2026 \x00\x00 \ud800",
    "",
    "   ",
    "aaaaaaaaaaaaaaaa",
]
ALPHABETS = ["ab", "abc", "ab ", "aã b", "abcdefgh ", "0a. \n"]


def corpora() -> list[str]:
    """Prose, odd text, and small alphabets: there ties and overlaps abound."""
    rng = random.Random(16)
    drawn = [
        "\n".join("".join(rng.choices(letters, k=rng.randint(2, 70))) for _ in range(rng.randint(1, 8)))
        for letters in ALPHABETS
        for _ in range(6)
    ]
    return PROSE + drawn


def learned(text: str) -> list[list[int]]:
    tokens = [bytes([byte]) for byte in bpe.BYTES]
    steps = islice(bpe.learn(Counter(bpe.split(text)), tokens), MOST)
    return [[*each.pair, each.count, each.id, each.length] for each in steps]


def vectors() -> dict:
    """All the cases, as plain JSON data."""
    return {
        "learned": [{"text": text, "merges": learned(text)} for text in corpora()],
        "cut": [{"text": text, "words": bpe.split(text)} for text in PROSE],
    }


if __name__ == "__main__":
    PATH.write_text(json.dumps(vectors(), separators=(",", ":")) + "\n", encoding="utf-8")
    print(f"{PATH.name}: {PATH.stat().st_size} bytes")
