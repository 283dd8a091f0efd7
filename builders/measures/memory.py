"""Memorisation: how much of a text the model gives back when shown how it begins.

The beginning of a document is continued greedily; what counts is how many tokens agree with the document
before the first that differs. Text of few moulds is often predictable without having been read, so the same
is done with documents of the validation split: only the difference is memory.
"""

from __future__ import annotations

import json
import random
from itertools import islice
from pathlib import Path

from builders.corpus.__main__ import MIXES, ROOT, shard
from builders.measures import batch, proportion

DOCUMENTS, PROMPT, ROOM = 120, 24, 64
LONG = 32  # tokens given back that count as reproduced
KINDS = ("historia", "descricao", "dialogo", "carta", "noticia")


def training_texts(n: int, corpus: Path = ROOT / "build" / "corpus" / "texto") -> list[str]:
    """Documents of prose that training read: from the corpus on disk, or generated again by its seed."""
    path = corpus / "train-000.jsonl"
    if path.exists():
        with path.open(encoding="utf-8") as file:
            rows = [json.loads(line) for line in islice(file, 20 * n)]
        texts = [row["text"] for row in rows if row["kind"] in KINDS]
    else:
        made = shard("0/texto/train-000.jsonl", "train", MIXES["texto"], 3000 * n, set())
        texts = [d.text for d in made if d.kind in KINDS]
    random.Random("memória").shuffle(texts)
    return texts[:n]


def unseen_texts(n: int) -> list[str]:
    """Documents of the same kinds from the validation split."""
    made = shard("memória", "valid", {k: v for k, v in MIXES["texto"].items() if k in KINDS}, 1500 * n, set())
    return [d.text for d in made][:n]


def written_by_hand(n: int) -> list[str]:
    """Hand-written texts of the training split, [] while the corpus has none."""
    try:
        from builders.corpus import authored
    except ImportError:
        return []
    return [d.text for d in islice(authored.documents(random.Random("memória"), "train"), n)]


def common_prefix(one: list[int], other: list[int]) -> int:
    """How many items agree from the start."""
    for i, (a, b) in enumerate(zip(one, other, strict=False)):
        if a != b:
            return i
    return min(len(one), len(other))


def given_back(lm: object, texts: list[str], prompt: int = PROMPT, room: int = ROOM) -> dict:
    """Of texts long enough: tokens given back after the first `prompt` ones: mean, longest, share of LONG."""
    encoded = [lm.tokenizer.encode(t, add_special_tokens=False) for t in texts]
    long = [ids for ids in encoded if len(ids) >= prompt + LONG]
    if not long:
        return {"texts": 0}
    made = batch.rows(lm, [lm.decode(ids[:prompt]) for ids in long], room)
    kept = [common_prefix(row.ids, ids[prompt:]) for row, ids in zip(made, long, strict=True)]
    best = max(range(len(kept)), key=kept.__getitem__)
    return {
        "texts": len(long),
        "mean": sum(kept) / len(kept),
        "longest": max(kept),
        "longest_text": lm.decode(long[best][prompt : prompt + kept[best]]),
        "long": proportion(sum(k >= LONG for k in kept), len(kept)),
    }


def measure(lm: object, n: int = DOCUMENTS) -> dict:
    """{train, unseen, by_hand: figures of `given_back`, prompt: tokens shown, at_least: tokens of "long"}."""
    return {
        "prompt": PROMPT,
        "at_least": LONG,
        "room": ROOM,
        "train": given_back(lm, training_texts(n)),
        "unseen": given_back(lm, unseen_texts(n)),
        "by_hand": given_back(lm, written_by_hand(n)),
    }
