"""A language model that only counts: how often did each token follow the last few?

An n-gram model looks at the last n-1 tokens and at nothing else. The longer that memory, the fewer contexts
it has ever seen, so the counts of every memory length are mixed, from none up to n-1. The mixture is Witten
and Bell's (1991, doi:10.1109/18.87000), which needs no tuning: a context that was followed by many different
tokens is an unsure one, and leaves more of the probability to the shorter context.

It works on token ids and has the same face as any other model: `logits(ids)` can be given to
`llmlib.scratch.sampling.generate`. Not here: the tokenizer, pruning, and Kneser-Ney's correction of counts.

Legend: V vocabulary size, n order.
"""

from collections import Counter, defaultdict
from collections.abc import Iterable, Sequence

import numpy as np


class NGram:
    """Counts of what followed each context of 0 to n-1 tokens.

    >>> model = NGram(order=2, vocab_size=4)
    >>> model.fit([[0, 1, 2, 1, 3]])
    >>> model.probabilities([0, 1])          # after 1 came 2 once and 3 once
    array([0.05357143, 0.19642857, 0.375     , 0.375     ])
    """

    def __init__(self, order: int, vocab_size: int):
        if order < 1:
            raise ValueError(f"order deve ser pelo menos 1 (1 = nenhuma memória); veio {order}.")
        self.order = order
        self.vocab_size = vocab_size
        # followers[m]: context of m ids -> how often each id came after it
        self.followers: list[dict[tuple[int, ...], Counter]] = [defaultdict(Counter) for _ in range(order)]

    def fit(self, documents: Iterable[Sequence[int]]) -> "NGram":
        """Count. Each document begins with the start id, which is a context and is never predicted itself."""
        for ids in documents:
            ids = tuple(map(int, ids))
            for at in range(1, len(ids)):
                for memory in range(min(self.order, at + 1)):
                    self.followers[memory][ids[at - memory : at]][ids[at]] += 1
        return self

    def _contexts(self, ids: Sequence[int]) -> list[Counter]:
        """What followed the last 0, 1 … n-1 ids, as far as they were ever seen."""
        ids, found = tuple(map(int, ids)), []
        for memory in range(min(self.order, len(ids) + 1)):
            counts = self.followers[memory].get(ids[len(ids) - memory :])
            if counts is None:
                break  # a longer context was not seen either
            found.append(counts)
        return found

    def probabilities(self, ids: Sequence[int]) -> np.ndarray:
        """Distribution of the token after `ids`: (V,) float64, none of them zero, sum 1.

        From the shortest context to the longest, with N its occurrences and U its different followers:

            p(token | context) = (count(context, token) + U * p(token | shorter context)) / (N + U)
        """
        p = np.full(self.vocab_size, 1 / self.vocab_size)  # (V,) before any counting, all are equal
        for counts in self._contexts(ids):
            total, different = counts.total(), len(counts)
            p *= different / (total + different)  # (V,)
            p[list(counts)] += np.array(list(counts.values())) / (total + different)
        return p

    def logits(self, ids: Sequence[int]) -> np.ndarray:
        """Log-probabilities (V,): logits whose softmax is the distribution itself."""
        return np.log(self.probabilities(ids))

    def probability(self, ids: Sequence[int], token: int) -> float:
        """The same as `probabilities(ids)[token]`, without visiting the whole vocabulary."""
        p = 1 / self.vocab_size
        for counts in self._contexts(ids):
            total, different = counts.total(), len(counts)
            p = (counts[token] + different * p) / (total + different)
        return p

    def surprise(self, ids: Sequence[int]) -> np.ndarray:
        """Minus the log (nats) of the probability of each id but the first: (len - 1,)."""
        memory = self.order - 1
        return -np.log(
            [self.probability(ids[max(0, at - memory) : at], ids[at]) for at in range(1, len(ids))]
        )

    def perplexity(self, documents: Iterable[Sequence[int]]) -> float:
        """exp of the mean surprise over all ids of all documents, the start ids left out."""
        surprises = np.concatenate([self.surprise(ids) for ids in documents])
        if len(surprises) == 0:
            raise ValueError("Não há nenhum token para medir: passe um documento com pelo menos dois ids.")
        return float(np.exp(surprises.mean()))
