"""How good word vectors are, made in several ways from one text: data/medidas/vetores.json.

    python -m builders.word_curves [--size 1]

Sections:

- methods: vectors drawn at random, counts (PPMI, Levy & Goldberg 2014), the course's Word2Vec, FastText and
  GloVe, and gensim's Word2Vec and FastText with the same settings, all from the prose of the bundled sample
  (the text that the page trains on); and the course's Word2Vec with one setting changed at a time. Of each:
  whether the nearest neighbour of a word is of its group, analogies with and without the three words
  themselves among the answers, and the kind of a held-out text told from the mean of its first words;
- bias: the planted trades (`data/corpus/vies.md`) on the axis from "ele" to "ela", in vectors of as many
  corpora, each generated from a seed of its own: what varies between them is all that chance decides;
- letters: FastText of data/vetores on misspelt words and on words kept from it, against the word of fewest
  edits.

Everything per word or per text is kept, so that the page makes intervals of what it compares. Written after
each part; started again, it goes on where it stopped, unless the texts, the words or the size have changed.
"""

from __future__ import annotations

import argparse
import datetime
import hashlib
import json
import time
from collections.abc import Callable
from pathlib import Path

import numpy as np
from tqdm import tqdm

from builders.files import sign, write
from builders.word_vectors import TASK, TRADES, texts
from llmlib.data import corpus, root, task
from llmlib.scratch import glove, subwords
from llmlib.scratch.vectors import along, axis, same_group, unit
from llmlib.scratch.word2vec import Lesson, Recipe, Vocabulary, split
from llmlib.widgets.word_trainer import PROSE, prose
from llmlib.word_vectors import word_vectors

OUT = Path(__file__).resolve().parents[1] / "data" / "medidas" / "vetores.json"
USUAL = Recipe(window=3, epochs=4, batch=512)
VARIANTS = {"janela 1": {"window": 1}, "uma leitura": {"epochs": 1}, "4 números": {"size": 4}}
REPLICATES, REPLICATE_MCHARS = 5, 0.8
WITH_TRADES = {"noticia": 40, "carta": 20, "historia": 25, "descricao": 15}  # the trades are in the first two
GENDER = (
    ("ele", "ela"), ("menino", "menina"), ("garoto", "garota"), ("homem", "mulher"), ("pai", "mãe"),
    ("irmão", "irmã"), ("filho", "filha"), ("avô", "avó"), ("tio", "tia"), ("vizinho", "vizinha"),
)  # fmt: skip
FIRST_WORDS = 15  # of a text, for telling its kind
Table = tuple[tuple[str, ...], np.ndarray]


def documents() -> list[list[str]]:
    return [split(text) for text in prose().split("\n\n")]


# ---- ways to make vectors


def drawn(texts: list[list[str]], seed: int) -> Table:
    words = Vocabulary.of(texts, USUAL.min_count).words
    return words, np.random.default_rng(seed).normal(size=(len(words), USUAL.size))


def counted(texts: list[list[str]], seed: int) -> Table:
    """PPMI: for each pair how much more often than by chance it stands together, in nats, never below 0."""
    vocabulary = Vocabulary.of(texts, USUAL.min_count)
    found = glove.count(*vocabulary.encode(texts), len(vocabulary.words), USUAL.window)
    V = len(vocabulary.words)
    table = np.zeros((V, V), dtype=np.float32)
    table[found.row, found.column] = found.times
    context = table.sum(0) ** 0.75  # smoothed, as Levy and Goldberg do
    with np.errstate(divide="ignore"):
        pmi = np.log(table) - np.log(table.sum(1, keepdims=True)) - np.log(context / context.sum())
    return vocabulary.words, np.maximum(pmi, 0)


def ours(**changes: object) -> Callable[[list[list[str]], int], Table]:
    def make(texts: list[list[str]], seed: int) -> Table:
        lesson = Lesson(texts, Recipe(**(USUAL.__dict__ | changes | {"seed": seed})))
        for _ in lesson.train():
            pass
        return lesson.vocabulary.words, lesson.vectors

    return make


def fasttext(texts: list[list[str]], seed: int) -> Table:
    lesson = subwords.SubwordLesson(texts, Recipe(**(USUAL.__dict__ | {"seed": seed})))
    for _ in lesson.train():
        pass
    return lesson.vocabulary.words, lesson.vectors


def by_counts(texts: list[list[str]], seed: int) -> Table:
    vocabulary = Vocabulary.of(texts, USUAL.min_count)
    V = len(vocabulary.words)
    counts = glove.count(*vocabulary.encode(texts), V, 5)
    *_, (_, _, model) = glove.train(counts, V, USUAL.size, 12, seed=seed)
    return vocabulary.words, model.vectors


def gensim(kind: str) -> Callable[[list[list[str]], int], Table]:
    def make(texts: list[list[str]], seed: int) -> Table:
        import gensim.models

        more = {"bucket": 4096, "max_n": 5} if kind == "FastText" else {}
        model = getattr(gensim.models, kind)(
            texts, vector_size=USUAL.size, window=USUAL.window, min_count=USUAL.min_count, sg=1, workers=1,
            negative=USUAL.negatives, sample=USUAL.sample, alpha=USUAL.rate, min_alpha=USUAL.rate / 100,
            epochs=USUAL.epochs, seed=seed + 1, **more,
        )  # fmt: skip
        return tuple(model.wv.index_to_key), model.wv.vectors

    return make


METHODS: dict[str, Callable[[list[list[str]], int], Table]] = {
    "sorteio": drawn,
    "contagem": counted,
    "Word2Vec": ours(),
    "Word2Vec do gensim": gensim("Word2Vec"),
    "FastText": fasttext,
    "FastText do gensim": gensim("FastText"),
    "GloVe": by_counts,
    **{name: ours(**changes) for name, changes in VARIANTS.items()},
}
SEEDS = 1  # runs of each


# ---- what they are tried on


def bits(right: np.ndarray) -> str:
    """A 0 or a 1 for each item, as one text."""
    return "".join(str(int(x)) for x in right)


def tried(table: Table) -> dict:
    """The scores of a table of vectors, item by item."""
    words, vectors = table
    number, u = {word: i for i, word in enumerate(words)}, unit(vectors)
    grouped = [row for row in task("palavras", "grupos") if row["palavra"] in number]
    at = [number[row["palavra"]] for row in grouped]
    found = {"groups": bits(same_group(u[at], [row["grupo"] for row in grouped])), "analogies": {}}
    known = [r for r in task("palavras", "analogias") if all(r[k] in number for k in "abcd")]
    for name in dict.fromkeys(row["relacao"] for row in known):
        rows = np.array([[number[r[k]] for k in "abcd"] for r in known if r["relacao"] == name])
        a, b, c, d = rows.T
        scores = (u[b] - u[a] + u[c]) @ u.T
        repeated = scores.argmax(1) == d
        for each in (a, b, c):
            scores[np.arange(len(rows)), each] = -np.inf
        found["analogies"][name] = {"usual": bits(scores.argmax(1) == d), "repeated": bits(repeated)}
    found["kinds"] = bits(kinds(number, u))
    if "gato" in number and "cachorro" in number:
        found["cosine"] = round(float(u[number["gato"]] @ u[number["cachorro"]]), 4)
    return found


def kinds(number: dict[str, int], u: np.ndarray) -> np.ndarray:
    """1 for each held-out text whose kind a straight line tells from the mean vector of its first words."""
    from sklearn.linear_model import LogisticRegression

    def read(part: str) -> tuple[np.ndarray, list[str]]:
        rows, names = [], []
        for kind in PROSE:
            for text in corpus(split=part, kind=kind, limit=120):
                at = [number[w] for w in split(text)[:FIRST_WORDS] if w in number]
                rows.append(u[at].mean(0) if at else np.zeros(u.shape[1]))
                names.append(kind)
        return unit(np.array(rows)), names

    (x, y), (seen, truth) = read("train"), read("valid")
    line = LogisticRegression(C=30, max_iter=500).fit(x, y)
    return line.predict(seen) == np.array(truth)


def replicate(seed: int, mchars: float) -> dict:
    """Where the planted trades stand, in vectors of a corpus of its own."""
    lesson = Lesson(
        texts(mchars, seed + 100, WITH_TRADES), Recipe(window=3, epochs=4, min_count=15, batch=512, seed=seed)
    )
    for _ in lesson.train():
        pass
    number = {word: i for i, word in enumerate(lesson.vocabulary.words)}
    pairs = [(number[a], number[b]) for a, b in GENDER if a in number and b in number]
    stands = along(lesson.vectors, axis(lesson.vectors, pairs))
    return {"seed": seed, **{w: round(float(stands[number[w]]), 4) for w in TRADES if w in number}}


def edits(word: str, words: list[str]) -> np.ndarray:
    """(n,) how many letters to change, drop, add, or swap with the next, from `word` to each of `words`."""
    width = max(map(len, words))
    letters = np.array([[ord(c) for c in w.ljust(width, "\0")] for w in words])  # (n, width)
    rows = [np.tile(np.arange(width + 1), (len(words), 1))]
    for i, c in enumerate(word, 1):
        row = np.full((len(words), width + 1), i)
        for j in range(1, width + 1):
            same = letters[:, j - 1] == ord(c)
            row[:, j] = np.minimum(np.minimum(rows[-1][:, j], row[:, j - 1]) + 1, rows[-1][:, j - 1] + ~same)
            if i > 1 and j > 1:
                swapped = same_swap(letters, j, word, i)
                row[:, j] = np.where(swapped, np.minimum(row[:, j], rows[-2][:, j - 2] + 1), row[:, j])
        rows.append(row)
    return rows[-1][np.arange(len(words)), [len(w) for w in words]]


def same_swap(letters: np.ndarray, j: int, word: str, i: int) -> np.ndarray:
    """Are the two letters that end here those of the word, the other way round?"""
    return (letters[:, j - 1] == ord(word[i - 2])) & (letters[:, j - 2] == ord(word[i - 1]))


def letters() -> dict:
    """FastText against the word of fewest edits: misspelt words, and words that it never saw."""
    v = word_vectors()
    seen = [i for i, word in enumerate(v.words) if np.abs(v.fasttext[i]).max() > 0]
    words, u = [v.words[i] for i in seen], unit(v.fasttext[seen])
    number, common = {w: i for i, w in enumerate(words)}, -v.counts[seen].astype(float)

    def ranked(word: str) -> tuple[np.ndarray, np.ndarray]:
        """The places of the known words, the nearest first: by pieces, and by edits (ties: the commoner)."""
        return np.argsort(-(u @ unit(subwords.composed(word, v.table)))), np.lexsort(
            (common, edits(word, words))
        )

    rows = task("palavras", "erros")
    orders = [ranked(row["errada"]) for row in tqdm(rows, "erros")]
    at = [number[row["certa"]] for row in rows]
    typos = {
        f"{way}{k}": bits([a in order[i][:k] for a, order in zip(at, orders, strict=True)])
        for i, way in enumerate(("fasttext", "edits"))
        for k in (1, 5)
    }
    typos["kinds"] = [row["tipo"] for row in rows]
    group = {row["palavra"]: row["grupo"] for row in task("palavras", "grupos")}
    known = np.array([group.get(w, "") for w in words])
    asked = [w for w in v.unseen if w in group]
    unknown: dict = {"words": asked, "groups": [group[w] for w in asked], "fasttext": [], "edits": []}
    for word in tqdm(asked, "desconhecidas"):
        for way, order in zip(("fasttext", "edits"), ranked(word), strict=True):
            unknown[way].append(str(next(known[i] for i in order if known[i])))
    unknown["common"] = max(set(known) - {""}, key=lambda g: int((known == g).sum()))
    return {"typos": typos, "unknown": unknown}


def stamp(*paths: Path) -> str:
    """A name for what is in these files and in the text."""
    digest = hashlib.sha256(prose().encode())
    for path in paths:
        digest.update(path.read_bytes())
    return digest.hexdigest()[:16]


def measure(size: float, out: Path) -> dict:
    """Take the measures that are missing, writing after each; returns all. size: part of the text."""
    result = json.loads(out.read_text("utf-8")) if out.exists() else {}
    key = {"stamp": stamp(TASK / "grupos.jsonl", TASK / "analogias.jsonl"), "size": size}
    if {name: result.get(name) for name in key} != key:
        result = {**key, "methods": [], "bias": []}
    result["date"] = datetime.date.today().isoformat()
    read = documents()
    read = read[: max(40, round(size * len(read)))]
    result["words"] = sum(map(len, read))
    done = {(row["method"], row["seed"]) for row in result["methods"]}
    for name, make in METHODS.items():
        for seed in range(SEEDS):
            if (name, seed) in done:
                continue
            began = time.perf_counter()
            result["methods"].append({"method": name, "seed": seed, **tried(make(read, seed))})
            write(out, result)
            print(f"{name}, seed {seed}: {time.perf_counter() - began:.1f} s", flush=True)
    for seed in range(len(result["bias"]), max(2, round(REPLICATES * size))):
        result["bias"].append(replicate(seed, REPLICATE_MCHARS * size))
        write(out, result)
        print(f"bias: {result['bias'][-1]}", flush=True)
    vectors = stamp(root() / "vetores" / "palavras.safetensors", TASK / "erros.jsonl")
    if result.get("letters", {}).get("stamp") != vectors:
        result["letters"] = {"stamp": vectors, **letters()}
        write(out, result)
    sign(out)
    return result


def main(argv: list[str] | None = None) -> None:
    parser = argparse.ArgumentParser(description=__doc__.split("\n")[0])
    parser.add_argument("--size", type=float, default=1, help="part of the text, to try the program")
    parser.add_argument("--out", type=Path, default=OUT)
    args = parser.parse_args(argv)
    measure(args.size, args.out)


if __name__ == "__main__":
    main()
