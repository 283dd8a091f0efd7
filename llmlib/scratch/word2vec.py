"""Word2Vec: vectors learned by telling the real neighbours of a word from drawn ones.

Skip-gram with negative sampling (Mikolov et al. 2013, arXiv:1310.4546). Every word has two vectors: one for
when it stands in the centre, one for when it is a neighbour. A step takes pairs that stood side by side in
the text, and for each some words drawn at random; it moves the vectors so that true pairs have a large
product and drawn ones a small one. What is kept at the end is the centre's vector.

Draws come from `sampling.uniform`, which numbers them, so that the page (`llmlib/engine/word2vec.js`) makes
the same run. Not here: subwords (`subwords.py`), counts instead of windows (`glove.py`), what to do with the
vectors (`vectors.py`), and the speed of gensim's threads.

Legend: V words, D numbers a word, B pairs a step, K drawn words a pair, N words of text.
"""

import re
import unicodedata
from collections import Counter
from collections.abc import Iterable, Iterator
from dataclasses import dataclass

import numpy as np
import torch
from torch import Tensor

from llmlib.scratch.sampling import uniform

WORD = re.compile(r"[^\W\d_]+(?:-[^\W\d_]+)*")
FIRST, KEEP, REACH, NOISE = range(4)  # streams of draws
STREAMS = 4


def split(text: str) -> list[str]:
    """The words of a text in small letters, without signs and digits.

    >>> split("O beija-flor pesa 6 g, Ana!")
    ['o', 'beija-flor', 'pesa', 'g', 'ana']
    """
    return WORD.findall(unicodedata.normalize("NFC", text).lower())


@dataclass(frozen=True)
class Vocabulary:
    """Words by falling frequency (ties in the order of their letters' codes), and how often each occurs."""

    words: tuple[str, ...]
    counts: np.ndarray  # (V,) int64

    @classmethod
    def of(cls, texts: Iterable[list[str]], min_count: int = 5) -> "Vocabulary":
        """Of texts cut into words; one that comes fewer than `min_count` times is left out."""
        counts = Counter(word for words in texts for word in words)
        kept = sorted((w for w, n in counts.items() if n >= min_count), key=lambda w: (-counts[w], w))
        if len(kept) < 2:
            raise ValueError(f"Menos de duas palavras aparecem {min_count} vezes: não há o que comparar.")
        return cls(tuple(kept), np.array([counts[w] for w in kept], dtype=np.int64))

    def encode(self, texts: Iterable[list[str]]) -> tuple[np.ndarray, np.ndarray]:
        """(N,) the number of each known word, texts one after the other, and (N,) the number of its text."""
        number = {word: i for i, word in enumerate(self.words)}
        known = [[number[w] for w in words if w in number] for words in texts]
        ids = np.array([i for text in known for i in text], dtype=np.int64)
        return ids, np.repeat(np.arange(len(known)), [len(text) for text in known])


def keep_probability(counts: np.ndarray, sample: float) -> np.ndarray:
    """(V,) the chance that an occurrence of a word is kept: frequent words say little, and are thinned.

    √(t/f) + t/f, with f the word's share of the text and t = `sample`, as in the authors' program.
    """
    ratio = sample / (counts / counts.sum())
    return np.minimum(1.0, np.sqrt(ratio) + ratio)


def noise(counts: np.ndarray, power: float = 0.75) -> np.ndarray:
    """(V,) running sum of the chances of being drawn as a false neighbour: frequency to the power of ¾."""
    weights = np.cumsum(counts.astype(np.float64) ** power)
    return weights / weights[-1]


def pairs(ids: np.ndarray, texts: np.ndarray, reach: np.ndarray) -> tuple[np.ndarray, np.ndarray]:
    """(P,) centres and (P,) neighbours, in the order of the text; each centre sees `reach` words either side.

    ids, texts, reach: (N,). A neighbour is of the same text.

    >>> pairs(np.array([7, 8, 9]), np.array([0, 0, 1]), np.array([1, 2, 2]))
    (array([7, 8]), array([8, 7]))
    """
    most = int(reach.max(initial=0))
    steps = np.array([s for d in range(1, most + 1) for s in (-d, d)], dtype=np.int64)  # -1, 1, -2, 2 …
    there = np.arange(len(ids))[:, None] + steps  # (N, 2·most)
    inside = (there >= 0) & (there < len(ids)) & (np.abs(steps) <= reach[:, None])
    there = np.where(inside, there, 0)
    centre, place = np.nonzero(inside & (texts[there] == texts[:, None]))
    return ids[centre], ids[there[centre, place]]


class SkipGram:
    """The two tables of vectors. `words`: (V, D) centres, kept; `contexts`: (V, D) neighbours."""

    def __init__(self, V: int, D: int, seed: int = 0):
        u = uniform(STREAMS * seed + FIRST, np.arange(V * D, dtype=np.uint64))
        self.words = torch.tensor((u - 0.5) / D, dtype=torch.float32).view(V, D)
        self.contexts = torch.zeros(V, D)

    def step(self, centres: Tensor, neighbours: Tensor, drawn: Tensor, rate: float) -> float:
        """One step of gradient descent on B pairs; the mean loss of a pair before it, in nats.

        centres, neighbours: (B,) int64; drawn: (B, K), where a drawn word that is the neighbour itself does
        not count. The loss of a pair is -ln σ(w·c) - Σ ln σ(-w·c'): a yes or no question for each word.
        """
        w = self.words[centres]  # (B, D)
        other = torch.cat([neighbours[:, None], drawn], 1)  # (B, 1+K)
        c = self.contexts[other]  # (B, 1+K, D)
        score = torch.einsum("bd,bkd->bk", w, c)
        truth = torch.zeros_like(score)
        truth[:, 0] = 1
        counts = torch.ones_like(score)
        counts[:, 1:] = (drawn != neighbours[:, None]).float()
        loss = -(counts * torch.nn.functional.logsigmoid((2 * truth - 1) * score)).sum() / len(centres)

        error = rate * counts * (truth - torch.sigmoid(score))  # (B, 1+K): minus the gradient of the score
        self.words.index_add_(0, centres, torch.einsum("bk,bkd->bd", error, c))
        self.contexts.index_add_(0, other.flatten(), (error[..., None] * w[:, None]).flatten(0, 1))
        return float(loss)


@dataclass(frozen=True)
class Recipe:
    """The choices. `sample`: 0 keeps every occurrence; `batch`: pairs a step, their gradients summed."""

    size: int = 48  # D
    window: int = 5
    negatives: int = 5  # K
    epochs: int = 10
    min_count: int = 5
    sample: float = 1e-3
    rate: float = 0.05  # falls in a straight line to a hundredth of itself
    batch: int = 256  # B
    seed: int = 0


@dataclass(frozen=True)
class Moment:
    """Where a run is: `done` of its way (0 to 1), pairs seen, mean loss since the last moment."""

    done: float
    pairs: int
    loss: float


class Lesson:
    """A run over texts. `train` tells how it goes, and can be left and taken up again."""

    def __init__(self, texts: Iterable[list[str]], recipe: Recipe | None = None):
        """texts: each cut into words (`split`). Raises ValueError where too few words repeat."""
        self.recipe = r = recipe or Recipe()
        texts = list(texts)
        self.vocabulary = Vocabulary.of(texts, r.min_count)
        self.ids, self.texts = self.vocabulary.encode(texts)
        self.model = SkipGram(len(self.vocabulary.words), r.size, r.seed)
        self.noise = noise(self.vocabulary.counts)
        chance = keep_probability(self.vocabulary.counts, r.sample) if r.sample else np.ones(len(self.noise))
        self.chance = chance[self.ids]  # (N,)

    @property
    def vectors(self) -> np.ndarray:
        """(V, D) float32, in the order of `vocabulary.words`; grows with the run."""
        return self.model.words.numpy()

    def epoch(self, number: int) -> tuple[np.ndarray, np.ndarray]:
        """The pairs of one reading of the text: occurrences kept and reaches are drawn anew each time."""
        r, N = self.recipe, len(self.ids)
        draw = np.arange(number * N, (number + 1) * N, dtype=np.uint64)
        kept = uniform(STREAMS * r.seed + KEEP, draw) < self.chance
        reach = 1 + np.floor(r.window * uniform(STREAMS * r.seed + REACH, draw)).astype(np.int64)
        return pairs(self.ids[kept], self.texts[kept], reach[kept])

    def train(self, every: int = 100) -> Iterator[Moment]:
        """Runs to the end; a `Moment` every so many steps, and a last one."""
        r, seen, losses = self.recipe, 0, []
        for number in range(r.epochs):
            centres, neighbours = self.epoch(number)
            for start in range(0, len(centres), r.batch):
                w, c = (torch.from_numpy(x[start : start + r.batch]) for x in (centres, neighbours))
                draw = np.arange(seen * r.negatives, (seen + len(w)) * r.negatives, dtype=np.uint64)
                u = uniform(STREAMS * r.seed + NOISE, draw)
                drawn = torch.from_numpy(np.searchsorted(self.noise, u, "right")).view(len(w), r.negatives)
                done = (number + start / len(centres)) / r.epochs
                losses.append(self.model.step(w, c, drawn, r.rate * max(0.01, 1 - done)))
                seen += len(w)
                if len(losses) == every:
                    yield Moment(done, seen, float(np.mean(losses)))
                    losses = []
        yield Moment(1.0, seen, float(np.mean(losses)) if losses else float("nan"))


def train(texts: Iterable[str], recipe: Recipe | None = None) -> tuple[tuple[str, ...], np.ndarray]:
    """The words of some texts and their vectors, (V, D) float32, after a whole run."""
    lesson = Lesson([split(text) for text in texts], recipe)
    for _ in lesson.train():
        pass
    return lesson.vocabulary.words, lesson.vectors
