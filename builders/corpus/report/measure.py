"""Read the shards of a corpus and count: sizes, words, lemmas, n-grams, readability, duplicates, overlap.

Nothing here writes. Words are runs of letters, hyphens inside kept. Kinds in `CODES` (repeated random tokens,
DNA-like strings, programs, sums) count for sizes and duplicates, not for lexicon, n-grams and readability.
"""

from __future__ import annotations

import json
import re
from collections import Counter
from collections.abc import Callable, Iterable, Iterator
from dataclasses import dataclass, field
from hashlib import blake2b
from pathlib import Path

import numpy as np

from builders.corpus.lexicon import lexicon
from builders.corpus.morphology import TENSES, conjugate, gerund, participle
from builders.corpus.report.syllables import flesch, syllables

CODES = frozenset({"copia", "dna", "codigo", "conta"})
NOT_SENTENCES = frozenset({"exemplos"})  # "gato -> gatos": words, but nothing to read
AUTHORED = "autoral"
CHUNK = 100_000  # words of a chunk in which n-grams are counted
SHINGLE = 8  # words of the overlap of validation with training
NEAR_WORDS, NEAR_THRESHOLD, NEAR_PERMUTATIONS = 5, 0.8, 64
_WORD = re.compile(r"[^\W\d_]+(?:-[^\W\d_]+)*")
_SENTENCE_END = re.compile(r"[.!?…]+|\n")


class ReportError(ValueError):
    """A folder that holds no corpus, or a shard that cannot be read."""


@dataclass
class Size:
    """Totals of one kind in one split."""

    documents: int = 0
    characters: int = 0
    words: int = 0
    tokens: int = 0

    def __iadd__(self, other: Size) -> Size:
        for name in ("documents", "characters", "words", "tokens"):
            setattr(self, name, getattr(self, name) + getattr(other, name))
        return self


@dataclass
class Counts:
    """What one pass over the shards leaves behind."""

    sizes: dict[tuple[str, str], Size] = field(default_factory=dict)  # (kind, split)
    vocabulary: dict[str, Counter[str]] = field(default_factory=dict)  # kind -> words as written
    sentences: Counter[str] = field(default_factory=Counter)  # kind -> sentences
    chunks: list[list[list[str]]] = field(default_factory=list)  # documents of about 100 k words each
    repeated: int = 0  # texts that stand more than once in training
    shared: int = 0  # whole texts of validation that stand in training too
    overlap: float = 0.0  # share of validation's runs of 8 words that stand in training too
    near_sample: list[list[str]] = field(default_factory=list)  # words of training texts

    @property
    def kinds(self) -> list[str]:
        return sorted({kind for kind, _ in self.sizes})

    def total(self, split: str | None = None, kind: str | None = None) -> Size:
        """Sum over the kinds and splits asked."""
        result = Size()
        for (k, s), size in self.sizes.items():
            if kind in (None, k) and split in (None, s):
                result += size
        return result


def words_of(text: str) -> list[str]:
    return _WORD.findall(text)


def shards(folder: Path) -> tuple[Path, list[Path]]:
    """(valid.jsonl, the training shards) of a folder made by `python -m builders.corpus`."""
    valid, train = folder / "valid.jsonl", sorted(folder.glob("train-*.jsonl"))
    if not valid.is_file() or not train:
        raise ReportError(
            f"{folder} não tem valid.jsonl e train-*.jsonl: gere o corpus com "
            f"python -m builders.corpus --mix texto --out {folder}"
        )
    return valid, train


def read(path: Path) -> Iterator[tuple[str, str]]:
    """(kind, text) of every line."""
    with path.open(encoding="utf-8") as file:
        for number, line in enumerate(file, 1):
            try:
                row = json.loads(line)
                yield row["kind"], row["text"]
            except (json.JSONDecodeError, KeyError, TypeError) as error:
                raise ReportError(
                    f"{path.name}, linha {number}: não é um texto do corpus ({error})"
                ) from error


class _Shingles:
    """64-bit hashes of the runs of 8 words of documents, by a polynomial over word numbers."""

    def __init__(self) -> None:
        self._numbers: dict[str, int] = {}
        self._powers = np.array(
            [pow(0x9E3779B97F4A7C15, i, 1 << 64) for i in range(SHINGLE)], dtype=np.uint64
        )

    def __call__(self, words: list[str]) -> np.ndarray:
        """Hashes, uint64, one for each run; none for a text of fewer than 8 words."""
        if len(words) < SHINGLE:
            return np.empty(0, dtype=np.uint64)
        known = self._numbers
        ids = np.array([known.setdefault(w.lower(), len(known) + 1) for w in words], dtype=np.uint64)
        ids *= np.uint64(0xD6E8FEB86659FD93)  # wraps around on purpose
        ids ^= ids >> np.uint64(32)
        windows = np.lib.stride_tricks.sliding_window_view(ids, SHINGLE)
        return (windows * self._powers).sum(axis=1, dtype=np.uint64)


def count(
    folder: Path,
    count_tokens: Callable[[list[str]], int] | None = None,
    near_sample: int = 5000,
    progress: Callable[[Iterable[Path]], Iterable[Path]] = iter,
) -> Counts:
    """One pass over all shards; `count_tokens` gives the tokens of a list of texts."""
    valid, train = shards(folder)
    found, hashes, seen = Counts(), _Shingles(), set()
    valid_texts: set[bytes] = set()
    valid_runs = np.empty(0, dtype=np.uint64)
    matched = np.empty(0, dtype=bool)
    # each file gives an equal part of the sample for near duplicates
    quota = -(-near_sample // len(train))
    chunk: list[list[str]] = []
    chunk_words = 0
    for path in progress([valid, *train]):
        split = "valid" if path == valid else "train"
        batch: dict[str, list[str]] = {}
        runs: list[np.ndarray] = []
        sampled = 0
        for kind, text in read(path):
            batch.setdefault(kind, []).append(text)
            words = words_of(text)
            size = found.sizes.setdefault((kind, split), Size())
            size += Size(1, len(text), len(words))
            key = blake2b(text.encode(), digest_size=12).digest()
            if split == "valid":
                valid_texts.add(key)
            else:
                found.repeated += key in seen
                found.shared += key in valid_texts
                seen.add(key)
            if kind in CODES:
                continue
            runs.append(hashes(words))
            found.vocabulary.setdefault(kind, Counter()).update(words)
            found.sentences[kind] += sum(bool(_WORD.search(part)) for part in _SENTENCE_END.split(text))
            if split == "train":
                if sampled < quota and len(found.near_sample) < near_sample:
                    found.near_sample.append(words)
                    sampled += 1
                if len(found.chunks) < 10:
                    chunk.append(words)
                    chunk_words += len(words)
                    if chunk_words >= CHUNK:
                        found.chunks.append(chunk)
                        chunk, chunk_words = [], 0
        if count_tokens:
            for kind, texts in batch.items():
                found.sizes[kind, split].tokens += count_tokens(texts)
        joined = np.concatenate(runs) if runs else np.empty(0, dtype=np.uint64)
        if split == "valid":
            valid_runs = np.unique(joined)
            matched = np.zeros(len(valid_runs), dtype=bool)
        else:
            matched |= np.isin(valid_runs, joined)
    if not found.chunks and chunk:
        found.chunks.append(chunk)
    found.overlap = float(matched.mean()) if len(matched) else 0.0
    return found


def all_words(found: Counts) -> Counter[str]:
    return sum(found.vocabulary.values(), Counter())


def table_lemmas(vocabulary: Counter[str]) -> dict[str, int]:
    """Lemmas of the tables with some form in the text: {"substantivos": …, "adjetivos": …, "verbos": …}.

    The forms are the tables' own: both numbers of a noun, four forms of an adjective, every person of the
    tenses `morphology` makes, gerund, participle and infinitive of a verb. A form of two lemmas counts
    for both.
    """
    tables, seen = lexicon(), {word.lower() for word in vocabulary}

    def present(forms: Iterable[str]) -> bool:
        return any(all(part in seen for part in words_of(form.lower())) for form in forms)

    nouns = {n.word for n in tables.nouns if present((n.word, n.plural))}
    adjectives = {a.forms[0] for a in tables.adjectives if present(a.forms)}
    verbs = set()
    for verb in tables.verbs:
        forms = [conjugate(verb, tense, person) for tense in TENSES for person in range(6)]
        if present([verb, gerund(verb), participle(verb), *forms]):
            verbs.add(verb)
    return {"substantivos": len(nouns), "adjetivos": len(adjectives), "verbos": len(verbs)}


def lemmas(vocabulary: Counter[str], at_least: int = 3) -> int:
    """Lemmas of the whole text by simplemma's Portuguese dictionary.

    Only words it knows and only those written in small letters, so that neither names nor invented words
    count; a lemma counts when its forms occur `at_least` times together.
    """
    import simplemma

    found: Counter[str] = Counter()
    for word, times in vocabulary.items():
        if word.islower() and len(word) > 1 and simplemma.is_known(word, lang="pt"):
            found[simplemma.lemmatize(word, lang="pt").lower()] += times
    return sum(times >= at_least for times in found.values())


def distinct_ngrams(found: Counts, size: int) -> float:
    """Distinct n-grams per 100 k words, the mean of up to ten chunks of training text.

    An n-gram lies inside one document and small and capital letters are one. A corpus of less than one chunk
    is scaled up, which flatters it.
    """
    figures = []
    for chunk in found.chunks:
        grams: set[tuple[str, ...]] = set()
        total = 0
        for words in chunk:
            low = [word.lower() for word in words]
            grams.update(zip(*(low[i:] for i in range(size)), strict=False))
            total += len(low)
        figures.append(len(grams) * CHUNK / total)
    return sum(figures) / len(figures) if figures else 0.0


def readability(found: Counts, kind: str) -> float | None:
    """Flesch index of one kind (see `syllables.flesch`), None where it says nothing."""
    vocabulary = found.vocabulary.get(kind)
    if kind in NOT_SENTENCES or not vocabulary or not found.sentences[kind]:
        return None
    count_ = sum(times * syllables(word) for word, times in vocabulary.items())
    return flesch(sum(vocabulary.values()), found.sentences[kind], count_)


def near_duplicates(sample: list[list[str]]) -> float:
    """Share of the sampled texts with another one of Jaccard >= 0.8 over runs of 5 words (MinHash, LSH)."""
    from datasketch import MinHash, MinHashLSH

    index = MinHashLSH(threshold=NEAR_THRESHOLD, num_perm=NEAR_PERMUTATIONS)
    prints = []
    for i, words in enumerate(sample):
        low = [word.lower() for word in words]
        runs = {" ".join(low[j : j + NEAR_WORDS]) for j in range(max(1, len(low) - NEAR_WORDS + 1))}
        mark = MinHash(num_perm=NEAR_PERMUTATIONS, seed=1)
        mark.update_batch([run.encode() for run in runs])
        index.insert(str(i), mark)
        prints.append(mark)
    close = 0
    for i, mark in enumerate(prints):
        others = (prints[int(key)] for key in index.query(mark) if key != str(i))
        close += any(mark.jaccard(other) >= NEAR_THRESHOLD for other in others)
    return close / len(sample) if sample else 0.0
