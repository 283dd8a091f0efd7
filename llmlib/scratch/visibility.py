"""What each family of transformers has in front of it when it bets on a word: four masks, in NumPy.

One convention for all: row i, column j says whether word j may be seen when word i is predicted. A network
keeps the same thing shifted (in a decoder the position before i makes the bet on i) or with a diagonal, since
a position may always look at itself; what a bet may rest on is what these rows say.

- decoder: GPT (Radford et al. 2018), what stands to the left;
- encoder: BERT (Devlin et al. 2019, arXiv:1810.04805), both sides, but nothing that is hidden;
- encoder_decoder: T5 (Raffel et al. 2020, arXiv:1910.10683), the whole source and what is already written;
- permutation: XLNet (Yang et al. 2019, arXiv:1906.08237), what comes earlier in a chosen order.

Not here: padding, windows, several documents in a row, XLNet's second stream (how a network does this).
"""

from collections.abc import Sequence

import numpy as np


def decoder(length: int) -> np.ndarray:
    """(T, T) bool: word i is predicted from those before it."""
    return np.tril(np.ones((length, length), dtype=bool), k=-1)


def encoder(length: int, hidden: Sequence[int] = ()) -> np.ndarray:
    """(T, T) bool: from all the others, except those that are hidden as well."""
    sees = ~np.eye(length, dtype=bool)
    sees[:, list(hidden)] = False
    return sees


def encoder_decoder(source: int, target: int) -> np.ndarray:
    """(target, source + target) bool: from the whole source, then from what was written before it."""
    return np.hstack([np.ones((target, source), dtype=bool), decoder(target)])


def permutation(order: Sequence[int]) -> np.ndarray:
    """(T, T) bool: from those that come before it in `order`, a list of positions, wherever they stand.

    Raises ValueError when a position is missing or comes twice.
    """
    if sorted(order) != list(range(len(order))):
        raise ValueError(
            f"A ordem precisa ter cada posição de 0 a {len(order) - 1} uma vez; veio {list(order)}."
        )
    turn = np.empty(len(order), dtype=int)
    turn[list(order)] = np.arange(len(order))  # turn[i]: when word i is predicted
    return turn[None, :] < turn[:, None]
