"""From corpus shards (JSON lines) to rows of tokens on disk, as `llmlib.scratch.train.Rows` reads them.

Each document is one `<|endoftext|>` and its tokens. Documents are placed whole into rows, so that a passage
and the questions on it are never parted; only a document longer than a row is cut.
"""

from __future__ import annotations

import hashlib
import json
import os
import random
from collections.abc import Iterable, Iterator
from pathlib import Path

import numpy as np
from tokenizers import Tokenizer
from tqdm import tqdm

from builders.bindings import row as binding_row
from builders.corpus import Document

ANSWER_WEIGHT = 5  # how many times more the answers to questions count in the loss
# Their first tokens count more still: with these right the rest is copying, and finding them is the skill.
FIRST_WEIGHT, FIRST = 15, 2
OPEN_ROWS = 32  # rows that wait for a document that fits
PAD = 3
REPEAT_EVERY = 11  # one row in so many repeats random tokens
REPEAT_WEIGHT = 2


def read(path: Path) -> Iterator[Document]:
    """The documents of one shard."""
    with path.open(encoding="utf-8") as file:
        for line in file:
            row = json.loads(line)
            yield Document(row["kind"], row["text"], tuple(map(tuple, row["answers"])))


def encode(documents: list[Document], tokenizer: Tokenizer) -> Iterator[tuple[list[int], list[int]]]:
    """(ids, loss weights) of each document, `<|endoftext|>` first: 1, or more inside an answer."""
    for document, encoding in zip(
        documents, tokenizer.encode_batch([d.text for d in documents]), strict=True
    ):
        weights = [1] * len(encoding.ids)
        for start, end in document.answers:
            inside = [i for i, (a, b) in enumerate(encoding.offsets) if a < end and b > start]
            for order, i in enumerate(inside):
                weights[i] = FIRST_WEIGHT if order < FIRST else ANSWER_WEIGHT
        yield [0, *encoding.ids], [1, *weights]


def pack(pieces: Iterable[tuple[list[int], list[int]]], length: int) -> Iterator[tuple[list[int], list[int]]]:
    """Rows of `length` ids and weights: each piece goes to the fullest open row where it fits."""
    rows: list[tuple[list[int], list[int]]] = []
    for ids, weights in pieces:
        for start in range(0, len(ids), length):
            part, its_weights = ids[start : start + length], weights[start : start + length]
            room = [(length - len(row[0]), row) for row in rows if length - len(row[0]) >= len(part)]
            if room:
                row = min(room, key=lambda pair: pair[0])[1]
                row[0].extend(part)
                row[1].extend(its_weights)
            else:
                rows.append((part, its_weights))
            if len(rows) > OPEN_ROWS:
                yield _filled(rows.pop(max(range(len(rows)), key=lambda i: len(rows[i][0]))), length)
    yield from (_filled(row, length) for row in rows)


def _filled(row: tuple[list[int], list[int]], length: int) -> tuple[list[int], list[int]]:
    """The row with padding, which weighs nothing, up to `length`."""
    missing = length - len(row[0])
    return row[0] + [PAD] * missing, row[1] + [0] * missing


def repeats(rng: np.random.Generator, vocabulary: int, length: int) -> tuple[list[int], list[int]]:
    """A row that repeats random tokens. The first time weighs nothing: only looking back can be learned."""
    span = int(rng.integers(8, length // 2))
    ids = [0, *np.resize(rng.integers(PAD + 1, vocabulary, span), length - 1).tolist()]
    return ids, [0] * (1 + span) + [REPEAT_WEIGHT] * (length - 1 - span)


def to_rows(
    shards: list[Path],
    tokenizer: Tokenizer,
    prefix: Path,
    length: int,
    kind: str | None = None,
    with_repeats: bool = False,
    binding_every: int = 0,
) -> int:
    """Write `prefix.tokens.bin` and `prefix.weights.bin` from the shards; returns the number of rows.

    With `kind`, only the documents of that kind; `with_repeats` adds rows of repeated random tokens;
    `binding_every` makes one row in so many (0: none) of passages whose names are random tokens.
    Nothing is done again when both files are there, made from the same shards in the same way.
    """
    weights = (ANSWER_WEIGHT, FIRST_WEIGHT, FIRST, with_repeats, REPEAT_EVERY, REPEAT_WEIGHT)
    how = f"{tokenizer.to_str()} {length} {kind} {weights} {binding_every}"
    digest = hashlib.sha256(how.encode())
    for shard in shards:
        digest.update(shard.read_bytes())
    stamp = prefix.with_suffix(".json")
    if stamp.exists() and (known := json.loads(stamp.read_text()))["sha256"] == digest.hexdigest():
        return known["rows"]
    prefix.parent.mkdir(parents=True, exist_ok=True)
    count = read_rows = 0
    rng, names_rng = np.random.default_rng(0), random.Random(0)
    names = [f"{prefix}.tokens.bin", f"{prefix}.weights.bin"]
    with open(names[0] + ".partial", "wb") as tokens, open(names[1] + ".partial", "wb") as weights:
        for shard in tqdm(shards, desc=prefix.name, unit="shard", leave=False):
            documents = [d for d in read(shard) if kind in (None, d.kind)]
            for row in pack(encode(documents, tokenizer), length):
                added = [row]
                read_rows += 1
                if with_repeats and read_rows % (REPEAT_EVERY - 1) == 0:
                    added.append(repeats(rng, tokenizer.get_vocab_size(), length))
                if binding_every and read_rows % (binding_every - 1) == 0:
                    made = binding_row(names_rng, tokenizer, length, ANSWER_WEIGHT, FIRST_WEIGHT)
                    added.append(_filled(made, length))
                for ids, its_weights in added:
                    tokens.write(np.asarray(ids, np.uint16).tobytes())
                    weights.write(np.asarray(its_weights, np.uint8).tobytes())
                    count += 1
    stamp.unlink(missing_ok=True)
    for name in names:
        os.replace(name + ".partial", name)
    stamp.write_text(json.dumps({"sha256": digest.hexdigest(), "rows": count}))
    return count
