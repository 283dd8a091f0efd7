"""Search over a bucket of held-out queries, and how good it is: BM25, TF-IDF, vectors, their fusion.

A searcher gives, for queries and texts, a matrix of scores (queries, texts). From it come the rank of the
right text and recall@1, recall@5, MRR and nDCG@10, each with a 95 % bootstrap interval. Knows no model.
"""

from __future__ import annotations

import re
import unicodedata
from collections.abc import Callable, Sequence

import bm25s
import numpy as np
from sklearn.feature_extraction.text import TfidfVectorizer

from builders.corpus.paraphrases import Bucket
from llmlib import data
from llmlib.retrieval.texts import chunks

Searcher = Callable[[Sequence[str], Sequence[str]], np.ndarray]
STOPWORDS = frozenset(
    re.findall(
        r"\w+",
        """a o as os um uma uns umas de do da dos das em no na nos nas por pelo pela pelos pelas para com sem
        e ou que quem qual quais quando onde como se ao aos é foi são ser está há já não sim eu me seu sua ele
        ela este esta esse essa isto isso mais muito também só até entre sobre""",
    )
)
CHUNK = (60, 15)  # words of a chunk of the collections, and how many its neighbours share
WAYS = {
    "caxinduba": ("direta", "parafrase", "distante", "busca"),
    "ciencia": ("pergunta", "leiga", "palavras_chave"),
}
DEPTH = 10  # nDCG is counted over so many results
FUSION = 60  # the constant of reciprocal rank fusion (Cormack et al., 2009)


def words(text: str) -> list[str]:
    """Words of a text in small letters, without accents and without Portuguese stop-words."""
    kept = [w for w in re.findall(r"\w+", text.lower()) if w not in STOPWORDS]
    plain = unicodedata.normalize("NFD", " ".join(kept))
    return "".join(c for c in plain if not unicodedata.combining(c)).split()


def bm25(queries: Sequence[str], texts: Sequence[str]) -> np.ndarray:
    """Scores of BM25 (Lucene's variant, k1 1.5, b 0.75)."""
    index = bm25s.BM25()
    index.index([words(text) or [""] for text in texts], show_progress=False)
    return np.stack([index.get_scores(words(q)) if words(q) else np.zeros(len(texts)) for q in queries])


def tfidf(queries: Sequence[str], texts: Sequence[str]) -> np.ndarray:
    """Cosines of TF-IDF vectors of words."""
    index = TfidfVectorizer(analyzer=words, sublinear_tf=True)
    matrix = index.fit_transform(texts)
    return (index.transform(queries) @ matrix.T).toarray()


def tfidf_letters(queries: Sequence[str], texts: Sequence[str]) -> np.ndarray:
    """Cosines of TF-IDF vectors of 3 to 5 letters inside words, which forgive inflection and typing."""
    index = TfidfVectorizer(
        analyzer="char_wb", ngram_range=(3, 5), sublinear_tf=True, strip_accents="unicode"
    )
    matrix = index.fit_transform(texts)
    return (index.transform(queries) @ matrix.T).toarray()


def dense(encode: Callable[[Sequence[str]], np.ndarray]) -> Searcher:
    """Searcher by the cosine of the vectors that `encode` gives, (texts, dimensions), of length 1."""
    return lambda queries, texts: encode(queries) @ encode(texts).T


def ranks(scores: np.ndarray) -> np.ndarray:
    """Place of every text for every query, 0 the best; equal scores keep the order of the texts."""
    order = np.argsort(-scores, axis=1, kind="stable")
    places = np.empty_like(order)
    np.put_along_axis(places, order, np.arange(scores.shape[1])[None].repeat(len(scores), 0), 1)
    return places


def fuse(*scores: np.ndarray) -> np.ndarray:
    """Reciprocal rank fusion of several searchers' scores."""
    return sum(1 / (FUSION + 1 + ranks(each)) for each in scores)


def figures(scores: np.ndarray, relevant: Sequence[set[int]]) -> dict[str, np.ndarray]:
    """Measures of each query, arrays (queries,).

    recall@k: 1 if a right text is among the first k (with one right text this is recall itself).
    mrr: 1 / place of the first right text. ndcg@10: gains of all right texts, discounted, over the ideal.
    """
    places = ranks(scores)
    first = np.array([min(places[i, j] for j in right) for i, right in enumerate(relevant)])
    discount = 1 / np.log2(np.arange(DEPTH) + 2)
    gained = np.zeros(len(relevant))
    for i, right in enumerate(relevant):
        found = [places[i, j] for j in right if places[i, j] < DEPTH]
        gained[i] = discount[found].sum() / discount[: min(DEPTH, len(right))].sum()
    return {"recall@1": first < 1, "recall@5": first < 5, "mrr": 1 / (1 + first), "ndcg@10": gained}


def interval(groups: Sequence[np.ndarray], draws: int = 1000, seed: int = 0) -> list[float]:
    """[mean, low, high]: mean of the groups' means with its 95 % bootstrap interval over queries."""
    rng = np.random.default_rng(seed)
    resampled = np.zeros(draws)
    for group in groups:
        group = np.asarray(group, float)
        resampled += group[rng.integers(0, len(group), (draws, len(group)))].mean(1) / len(groups)
    low, high = np.quantile(resampled, [0.025, 0.975])
    mean = float(np.mean([np.mean(group) for group in groups]))
    return [round(float(x), 4) for x in (mean, low, high)]


def collections(part: str) -> list[Bucket]:
    """The bundled collections as buckets, one for each way of asking; nothing of them is ever trained on.

    Of caxinduba the questions of one fact, and its chunks: right is a chunk that holds a whole supporting
    span that still counts. Of ciencia whole abstracts: right is one of grade 2 or 3. Every text comes after
    the title of its document, as `llmlib.retrieval` searches it.
    """
    found = []
    pieces = [
        piece
        for each in data.documents("caxinduba")
        for piece in chunks(each["texto"], *CHUNK, document=each["id"], title=each["titulo"])
    ]
    texts = [f"{piece.title}. {piece.text}" for piece in pieces]
    asked: dict[str, list[tuple[str, set[int]]]] = {way: [] for way in WAYS["caxinduba"]}
    for question in data.questions("caxinduba", part):
        spans = [span for span in question["apoios"] if span["vale"]]
        right = {i for i, piece in enumerate(pieces) if any(piece.covers(span) for span in spans)}
        if question["tipo"] == "um_fato" and right:
            for way in question["jeitos"]:
                asked[way["jeito"]].append((way["texto"], right))
    for way, rows in asked.items():
        found.append(Bucket(f"caxinduba, {way}", [q for q, _ in rows], texts, [r for _, r in rows]))
    papers, grades = data.documents("ciencia"), data.relevance("ciencia")
    texts = [f"{paper['titulo']}. {paper['texto']}" for paper in papers]
    queries = [query for query in data.queries("ciencia") if query["parte"] == part]
    right = [
        {i for i, paper in enumerate(papers) if grades[query["id"]].get(paper["id"], 0) >= 2}
        for query in queries
    ]
    for way in WAYS["ciencia"]:
        kept = [(query[way], each) for query, each in zip(queries, right, strict=True) if each]
        found.append(Bucket(f"ciencia, {way}", [q for q, _ in kept], texts, [r for _, r in kept]))
    return found


Measured = dict[str, dict[str, dict[str, np.ndarray]]]  # searcher, bucket, measure -> a figure a query


def measure(
    buckets: Sequence[Bucket], searchers: dict[str, Searcher], fusions: dict[str, tuple[str, ...]]
) -> Measured:
    """Every measure of every query; `fusions` names searchers that fuse others."""
    every: Measured = {}
    for bucket in buckets:
        scores = {name: search(bucket.queries, bucket.texts) for name, search in searchers.items()}
        scores |= {name: fuse(*(scores[part] for part in parts)) for name, parts in fusions.items()}
        for name, matrix in scores.items():
            every.setdefault(name, {})[bucket.name] = figures(matrix, bucket.relevant)
    return every


def table(every: Measured) -> dict:
    """{searcher: {bucket or "todos": {measure: [mean, low, high]}}}; "todos" is the mean of the buckets."""
    found: dict = {}
    for name, by_bucket in every.items():
        found[name] = {b: {m: interval([each]) for m, each in one.items()} for b, one in by_bucket.items()}
        measures = next(iter(by_bucket.values()))
        found[name]["todos"] = {m: interval([one[m] for one in by_bucket.values()]) for m in measures}
    return found


def difference(every: Measured, one: str, other: str, which: str) -> list[float]:
    """[mean, low, high] of how much `one` is above `other` on the same queries."""
    return interval(
        [every[one][b][which].astype(float) - every[other][b][which].astype(float) for b in every[one]]
    )
