"""FastText: the vector of a word is made of those of its pieces, so a word that was never seen has one too.

Bojanowski et al. 2017 (arXiv:1607.04606): a word is its own vector and those of its runs of 3 to 5 letters,
with marks for its beginning and end; the sum is divided by how many there are. Runs share a table of
`buckets` rows: which row is told by a hash, so two of them may collide. Training is `word2vec`'s, but a step
moves all pieces of the centre word.

The runs and the hash are those of gensim (`compute_ngrams`, `ft_hash_bytes`), and the page's twin is in
`llmlib/widgets/subwords.js`. Not here: drawing, windows, vocabulary (`word2vec.py`), and gensim's speed.

Legend: V words, D numbers a row, M most pieces of a word.
"""

import numpy as np
import torch
from torch import Tensor

from llmlib.scratch.sampling import uniform
from llmlib.scratch.word2vec import FIRST, STREAMS, Lesson, Recipe, SkipGram

SHORTEST, LONGEST = 3, 5


def runs(word: str, shortest: int = SHORTEST, longest: int = LONGEST) -> list[str]:
    """The runs of letters of a word between its marks, short ones first.

    >>> runs("gato", 3, 4)
    ['<ga', 'gat', 'ato', 'to>', '<gat', 'gato', 'ato>']
    """
    marked = f"<{word}>"
    ends = range(shortest, min(len(marked), longest) + 1)
    return [marked[i : i + n] for n in ends for i in range(len(marked) - n + 1)]


def row(run: str, buckets: int) -> int:
    """Which row of the table a run of letters uses: FNV-1a of its bytes, each read as a signed number.

    >>> row("gat", 4096) == row("gat", 4096)
    True
    """
    code = 2166136261
    for byte in run.encode():
        signed = byte - 256 if byte > 127 else byte
        code = (code ^ (signed & 0xFFFFFFFF)) * 16777619 & 0xFFFFFFFF
    return code % buckets


def composed(word: str, table: np.ndarray, own: np.ndarray | None = None) -> np.ndarray:
    """(D,) the vector of a word: the mean of the rows of its runs and, if it was in the training, its own.

    table: (buckets, D). A word of no run (the empty one) has a vector of zeros.
    """
    parts = [table[row(run, len(table))] for run in runs(word)]
    parts += [] if own is None else [own]
    return np.mean(parts, axis=0) if parts else np.zeros(table.shape[1])


class SubwordSkipGram(SkipGram):
    """`SkipGram` whose centre is a mean of rows. `rows`: (V + buckets, D); `bags`: (V, M), padded by -1."""

    def __init__(self, words: tuple[str, ...], D: int, buckets: int, seed: int = 0):
        V = len(words)
        super().__init__(V, D, seed)
        u = uniform(STREAMS * seed + FIRST, np.arange((V + buckets) * D, dtype=np.uint64))
        self.rows = torch.tensor((u - 0.5) / D, dtype=torch.float32).view(V + buckets, D)
        bags = [[i, *(V + row(run, buckets) for run in runs(word))] for i, word in enumerate(words)]
        M = max(map(len, bags))
        self.bags = torch.tensor([bag + [-1] * (M - len(bag)) for bag in bags])
        self.sizes = torch.tensor([len(bag) for bag in bags], dtype=torch.float32)
        self.compose(torch.arange(V))

    def compose(self, words: Tensor) -> None:
        """Bring the vectors of these words, (n,), up to date with their pieces."""
        bags = self.bags[words]  # (n, M)
        parts = self.rows[bags.clamp(min=0)] * (bags >= 0)[..., None]
        self.words[words] = parts.sum(1) / self.sizes[words, None]

    def step(self, centres: Tensor, neighbours: Tensor, drawn: Tensor, rate: float) -> float:
        """As `SkipGram.step`; then each piece of a centre moves by that centre's whole change.

        The gradient would say a part of it, one by the number of pieces; the authors' program does this.
        """
        met = centres.unique()
        self.compose(met)
        before = self.words[met]
        loss = super().step(centres, neighbours, drawn, rate)
        change = self.words[met] - before  # (n, D)
        bags = self.bags[met]
        word, place = torch.nonzero(bags >= 0, as_tuple=True)
        self.rows.index_add_(0, bags[word, place], change[word])
        return loss


class SubwordLesson(Lesson):
    """A run of `word2vec` in which words are made of pieces; keep its `vectors` and its `table`."""

    def __init__(self, texts: list[list[str]], recipe: Recipe | None = None, buckets: int = 4096):
        super().__init__(texts, recipe)
        self.model = SubwordSkipGram(self.vocabulary.words, self.recipe.size, buckets, self.recipe.seed)

    @property
    def vectors(self) -> np.ndarray:
        """(V, D) float32: each word composed of its pieces."""
        self.model.compose(torch.arange(len(self.vocabulary.words)))
        return self.model.words.numpy()

    @property
    def table(self) -> np.ndarray:
        """(buckets, D) float32: the rows that runs of letters share."""
        return self.model.rows[len(self.vocabulary.words) :].numpy()
