"""Search from scratch: cut texts in pieces, find them by words (BM25) and by vectors, and join the two lists.

Four small ideas, each one function or class; `llmlib.retrieval` puts them together, and `engine/search.js`
says the same in JavaScript, number by number. It knows no model: whoever has vectors hands them in.

Legend: N texts (or pieces of texts), D numbers of a vector, k results.
"""

import math
import re
import unicodedata
from collections import Counter
from collections.abc import Hashable, Sequence

import numpy as np

# Words that Portuguese sentences need and that say nothing of what they are about.
SMALL = """
    a o as os um uma uns umas de do da dos das em no na nos nas num numa por pelo pela pelos pelas para
    pra com sem sob sobre entre até e ou mas nem que quem qual quais quando quanto quantos quanta quantas
    onde como se já não sim só também mais muito muita muitos muitas ao aos à às é são era foi foram ser
    sendo está estão estava há tem têm tinha ter pode eu tu você vocês ele ela eles elas nós me te lhe
    lhes meu minha meus minhas seu sua seus suas nosso nossa este esta estes estas esse essa esses essas
    isto isso aquele aquela aquilo ali aqui lá
"""
STOPWORDS = frozenset(SMALL.split())
BETWEEN_BLANKS = re.compile(r"\S+")  # what a chunk counts as a word, with the signs that touch it
WORD = re.compile(r"\w+")  # what a search counts as a word: letters and digits


# ---- cutting a text


def windows(text: str, size: int = 60, overlap: int = 15) -> list[tuple[int, int]]:
    """Where pieces of `size` words begin and end in `text`; neighbours share `overlap` words.

    The last piece may be shorter. `text[start:end]` is the piece, to the letter.

    >>> [text[a:b] for text in ["um dois três quatro cinco"] for a, b in windows(text, 3, 1)]
    ['um dois três', 'três quatro cinco']

    Raises ValueError where `overlap` leaves no step forward.
    """
    if not 0 <= overlap < size:
        raise ValueError(f"A sobreposição vai de 0 a {size - 1}, menos que o tamanho; veio {overlap}.")
    spans = [match.span() for match in BETWEEN_BLANKS.finditer(text)]
    found, first = [], 0
    while spans:
        piece = spans[first : first + size]
        found.append((piece[0][0], piece[-1][1]))
        if first + size >= len(spans):
            break
        first += size - overlap
    return found


# ---- words


def fold(text: str) -> str:
    """Small letters without accents: "AÇÃO" -> "acao". A word written another way must stay the same word."""
    apart = unicodedata.normalize("NFD", text.lower())
    return "".join(letter for letter in apart if unicodedata.category(letter) != "Mn")


FOLDED = frozenset(fold(word) for word in STOPWORDS)


def words(text: str) -> list[str]:
    """What BM25 counts in a text: its words, folded, without stop-words.

    >>> words("A que horas a Biblioteca abre às 8h30?")
    ['horas', 'biblioteca', 'abre', '8h30']
    """
    return [word for word in WORD.findall(fold(text)) if word not in FOLDED]


class BM25:
    """Scores texts by the words that they share with a query (Robertson et al. 1994), as Lucene counts.

    A shared word is worth more if few texts have it (`idf`), more if the text repeats it, but less and less
    (`k1`), and more if the text is short (`b`). Weights are computed once, when the index is made.

    Args:
        texts: the words of each of the N texts.
        k1: how slowly repeating a word stops paying, 0 or more.
        b: how much long texts are held back, 0 to 1.
    """

    def __init__(self, texts: Sequence[Sequence[str]], k1: float = 1.5, b: float = 0.75):
        self.size, self.k1, self.b = len(texts), k1, b
        lengths = np.array([len(text) for text in texts], dtype=np.float64)  # (N,)
        mean = lengths.mean() if lengths.any() else 1.0
        found: dict[str, tuple[list[int], list[int]]] = {}  # word -> (texts that have it, how many times)
        for number, text in enumerate(texts):
            for word, times in Counter(text).items():
                where, counts = found.setdefault(word, ([], []))
                where.append(number)
                counts.append(times)
        self.postings: dict[str, tuple[np.ndarray, np.ndarray]] = {}  # word -> (texts, what each gains)
        for word, (where, counts) in found.items():
            tf = np.array(counts, dtype=np.float64)
            held = k1 * (1 - b + b * lengths[where] / mean)
            self.postings[word] = np.array(where), self.idf(len(where)) * tf / (tf + held)

    def idf(self, texts_with: int) -> float:
        """How rare a word is that `texts_with` of the N texts have."""
        return math.log(1 + (self.size - texts_with + 0.5) / (texts_with + 0.5))

    def scores(self, query: Sequence[str]) -> np.ndarray:
        """Score of every text for the words of a query, (N,) float32; 0 where no word is shared."""
        total = np.zeros(self.size)
        for word in query:
            if word in self.postings:
                where, gains = self.postings[word]
                total[where] += gains
        return total.astype(np.float32)  # the same in every language: the last bits of float64 are not


# ---- vectors


def nearest(query: np.ndarray, vectors: np.ndarray, k: int) -> tuple[np.ndarray, np.ndarray]:
    """The k rows of `vectors` (N, D) most like `query` (D,): their numbers and cosines, the best first.

    All vectors have length 1, so that the cosine is a sum of products. Equal ones keep their order.
    """
    return best(vectors @ query, k)


def best(scores: np.ndarray, k: int) -> tuple[np.ndarray, np.ndarray]:
    """Places and values of the k highest of `scores` (N,), the highest first; equal ones keep their order."""
    places = np.argsort(-scores, kind="stable")[:k]
    return places, scores[places]


# ---- joining lists


def reciprocal_rank_fusion(
    rankings: Sequence[Sequence[Hashable]], constant: int = 60
) -> list[tuple[Hashable, float]]:
    """Several ranked lists -> one list of (item, score), the best first (Cormack, Clarke & Büttcher 2009).

    An item gains 1 / (constant + its rank) in every list that has it, ranks from 1. Scores of different
    searchers cannot be compared; places can. A large `constant` lets many lists outvote one first place.

    >>> [item for item, _ in reciprocal_rank_fusion([["a", "b", "c"], ["c", "b"]])]
    ['c', 'b', 'a']
    """
    scores: dict[Hashable, float] = {}
    for ranking in rankings:
        for rank, item in enumerate(ranking, start=1):
            scores[item] = scores.get(item, 0.0) + 1 / (constant + rank)
    return sorted(scores.items(), key=lambda pair: -pair[1])  # stable: ties as they came


def convex_combination(
    lists: Sequence[Sequence[tuple[Hashable, float]]],
) -> list[tuple[Hashable, float]]:
    """Several lists of (item, score) -> one list, by the mean of the scores (Bruch, Gai & Ingber 2023).

    Scores of different searchers are first put on one ruler: in each list the lowest becomes 0 and the
    highest 1, and an item that is not in it has 0. Unlike places, they still say how far apart two items are.

    >>> convex_combination([[("a", 9.0), ("b", 8.0), ("c", 1.0)], [("b", 0.7), ("a", 0.6), ("d", 0.2)]])
    [('b', 0.9375), ('a', 0.9), ('c', 0.0), ('d', 0.0)]
    """
    means: dict[Hashable, float] = {}
    for scored in lists:
        low, high = (f((score for _, score in scored), default=0.0) for f in (min, max))
        for item, score in scored:
            share = (score - low) / (high - low) if high > low else 1.0
            means[item] = means.get(item, 0.0) + share / len(lists)
    return sorted(means.items(), key=lambda pair: -pair[1])  # stable: ties as they came
