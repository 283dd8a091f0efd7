"""Byte pair encoding: how a tokenizer is learned, and how it cuts a text.

Learning starts from single bytes and does one thing again and again: find the pair of neighbours that occurs
most often, and join it into a new token (Sennrich et al. 2016, arXiv:1508.07909; on bytes, as GPT-2 did).
Encoding replays those joins in the order in which they were learned.

It agrees with Hugging Face `tokenizers`, ties included: the same corpus gives the same merges and the same
ids. Not here: normalisation of the text, dropout of merges, and speed (the library is about 50 times faster).

Legend: an id is the number of a token; a word is a list of ids; a pair is two ids that stand side by side.
"""

import heapq
import re
from collections import Counter, defaultdict
from collections.abc import Iterable, Iterator, Sequence
from dataclasses import dataclass
from itertools import pairwise

import regex

from llmlib.tokens import byte_alphabet, well_formed

Pair = tuple[int, int]

# Where a text is cut before anything is counted, so that no token crosses two words. In this order:
# letters with one space or sign in front · one digit · signs · line breaks · spaces.
SPLIT = regex.compile(
    r"[^\r\n\p{L}\p{M}\p{N}]?[\p{L}\p{M}]+|\p{N}| ?[^\p{White_Space}\p{L}\p{M}\p{N}]+[\r\n]*"
    r"|\p{White_Space}*[\r\n]+|\p{White_Space}+(?!\P{White_Space})|\p{White_Space}+"
)
BYTES = list(byte_alphabet().values())  # the 256 bytes, in the order in which vocabularies number them


def split(text: str) -> list[str]:
    """The words of a text; joined, they are the text again.

    >>> split("O gato pesa 12 kg.")
    ['O', ' gato', ' pesa', ' ', '1', '2', ' kg', '.']
    """
    return SPLIT.findall(well_formed(text))


def join(word: list[int], pair: Pair, new: int) -> list[tuple[Pair, int]]:
    """Replace every `pair` in `word` by `new`, from left to right, in place.

    Returns: the pairs that this broke (-1) and made (+1). The joined pair itself is not among them.

    >>> word = [7, 1, 2, 8]
    >>> join(word, (1, 2), 9)
    [((7, 1), -1), ((7, 9), 1), ((2, 8), -1), ((9, 8), 1)]
    >>> word
    [7, 9, 8]
    """
    changes, at = [], 0
    while at + 1 < len(word):
        if (word[at], word[at + 1]) == pair:
            if at > 0:
                changes += [((word[at - 1], pair[0]), -1), ((word[at - 1], new), 1)]
            word[at : at + 2] = [new]
            if at + 1 < len(word):
                changes += [((pair[1], word[at + 1]), -1), ((new, word[at + 1]), 1)]
        at += 1
    return changes


@dataclass(frozen=True)
class Merge:
    """One thing learned: `pair`, seen `count` times, became token `id`; the corpus has now `length` tokens.

    `count` is of neighbours: "aaa" holds the pair "aa" twice, and only one of the two can be joined.
    """

    pair: Pair
    count: int
    id: int
    length: int


def learn(words: Counter[str], tokens: list[bytes], min_frequency: int = 2) -> Iterator[Merge]:
    """Learn merges from words and how often each occurs, one at a time, for as long as the caller asks.

    Args:
        words: as `split` cuts them, with their counts.
        tokens: the vocabulary to begin with, by id, all 256 bytes among them; grows in place.
        min_frequency: a pair rarer than this is never joined.

    The most frequent pair is joined; of equals, the one with the smallest ids. Counts are corrected by what
    each merge broke and made, and not recounted, so a merge costs no more than the words that it touches.
    All occurrences of a pair appear at once, with the younger of its two tokens; later they only get fewer.
    """
    ids = {token: number for number, token in enumerate(tokens)}
    cut = [[ids[bytes([byte])] for byte in word.encode()] for word in words]
    times = list(words.values())
    length = sum(len(word) * n for word, n in zip(cut, times, strict=True))

    counts: Counter[Pair] = Counter()
    where: dict[Pair, set[int]] = defaultdict(set)  # pair -> places in `cut`
    for place, word in enumerate(cut):
        for pair in pairwise(word):
            counts[pair] += times[place]
            where[pair].add(place)

    # The queue gives the greatest count first; between equals the smallest pair. An entry may be out of date.
    queue = [(-counts[pair], pair, sorted(places)) for pair, places in where.items()]
    heapq.heapify(queue)
    while queue:
        negative, pair, places = heapq.heappop(queue)
        if -negative != counts[pair]:  # other merges took some of its occurrences: back, with today's count
            heapq.heappush(queue, (-counts[pair], pair, places))
            continue
        if counts[pair] < max(1, min_frequency):
            return

        new = len(tokens)
        tokens.append(tokens[pair[0]] + tokens[pair[1]])
        where = defaultdict(set)
        for place in places:
            before = len(cut[place])
            for changed, sign in join(cut[place], pair, new):
                counts[changed] += sign * times[place]
                if sign > 0:
                    where[changed].add(place)
            length -= (before - len(cut[place])) * times[place]
        for changed, found in where.items():
            if counts[changed] > 0:
                heapq.heappush(queue, (-counts[changed], changed, sorted(found)))
        yield Merge(pair, -negative, new, length)


@dataclass(frozen=True)
class BPE:
    """A tokenizer.

    Attributes:
        tokens: the bytes of each token, by id; of a special token, its name.
        merges: pair -> id of what it becomes, in the order learned (the place in the dict is the rank).
        special: names that are one token each wherever they occur in a text, and never cut; ids 0, 1 …
    """

    tokens: list[bytes]
    merges: dict[Pair, int]
    special: tuple[str, ...] = ()

    def __post_init__(self) -> None:
        ids = {token: number for number, token in reversed(list(enumerate(self.tokens)))}
        object.__setattr__(self, "_byte", [ids[bytes([byte])] for byte in range(256)])
        object.__setattr__(self, "_rank", {pair: rank for rank, pair in enumerate(self.merges)})
        object.__setattr__(self, "_known", {})  # word -> ids: texts repeat their words

    def word(self, word: str) -> list[int]:
        """The ids of one word: of all pairs that have a merge, join the one learned first; again until none.

        Quadratic in the length of the word, which is short.
        """
        ids = [self._byte[byte] for byte in word.encode()]
        never = len(self._rank)
        while len(ids) > 1:
            ranks = [self._rank.get(pair, never) for pair in pairwise(ids)]
            best = min(ranks)
            if best == never:
                break
            at = ranks.index(best)  # the leftmost
            ids[at : at + 2] = [self.merges[ids[at], ids[at + 1]]]
        return ids

    def encode(self, text: str) -> list[int]:
        """Text -> ids. Nothing is lost: `decode` gives the text back (a lone surrogate becomes U+FFFD)."""
        ids: list[int] = []
        names = "|".join(map(re.escape, self.special))
        for part in re.split(f"({names})", text) if names else [text]:
            if part in self.special:
                ids.append(self.special.index(part))
                continue
            for word in split(part):
                if word not in self._known:
                    self._known[word] = self.word(word)
                ids += self._known[word]
        return ids

    def decode(self, ids: Sequence[int]) -> str:
        """Ids -> text, special tokens left out. Bytes that are no whole character become U+FFFD."""
        kept = [self.tokens[i] for i in ids if i >= len(self.special)]
        return b"".join(kept).decode("utf-8", "replace")

    def first(self, vocab_size: int) -> "BPE":
        """The tokenizer as it was when its vocabulary had `vocab_size` tokens; later merges are forgotten."""
        merges = {pair: new for pair, new in self.merges.items() if new < vocab_size}
        return BPE(self.tokens[:vocab_size], merges, self.special)


def train(
    texts: Iterable[str],
    vocab_size: int,
    special: Sequence[str] = (),
    min_frequency: int = 2,
) -> BPE:
    """Learn a tokenizer of at most `vocab_size` tokens: special ones first, then the 256 bytes, then merges.

    >>> bpe = train(["o rato roeu a roupa"], 260)
    >>> [bpe.tokens[i] for i in bpe.encode("o rato")]
    [b'o', b' r', b'a', b't', b'o']
    """
    tokens = [name.encode() for name in special] + [bytes([byte]) for byte in BYTES]
    if vocab_size < len(tokens):
        raise ValueError(f"O vocabulário precisa de pelo menos {len(tokens)} tokens; veio {vocab_size}.")
    words = Counter(word for text in texts for word in split(text))
    learned, merges = learn(words, tokens, min_frequency), {}
    while len(tokens) < vocab_size and (merge := next(learned, None)):
        merges[merge.pair] = merge.id
    return BPE(tokens, merges, tuple(special))


def from_merges(merges: Iterable[Sequence[int]], special: Sequence[str] = (), **_: object) -> BPE:
    """The tokenizer of a bare list of pairs: each made the next id, after the special ones and the bytes."""
    tokens, made = [name.encode() for name in special] + [bytes([byte]) for byte in BYTES], {}
    for left, right in merges:
        made[left, right] = len(tokens)
        tokens.append(tokens[left] + tokens[right])
    return BPE(tokens, made, tuple(special))


def from_file(content: dict) -> BPE:
    """The tokenizer of a parsed `tokenizer.json`: byte-level BPE with the SPLIT above, as this course's."""
    alphabet = byte_alphabet()
    special = tuple(each["content"] for each in sorted(content["added_tokens"], key=lambda each: each["id"]))
    vocabulary = content["model"]["vocab"]
    tokens = [b""] * len(vocabulary)
    for text, number in vocabulary.items():
        tokens[number] = text.encode() if text in special else bytes(alphabet[c] for c in text)
    pairs = [each if isinstance(each, list) else each.split(" ") for each in content["model"]["merges"]]
    return BPE(tokens, {(vocabulary[a], vocabulary[b]): vocabulary[a + b] for a, b in pairs}, special)
