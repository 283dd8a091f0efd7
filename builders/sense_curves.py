"""Where in a network two senses of one spelling come apart: data/medidas/sentidos.json.

    python -m builders.sense_curves

On the sentences of `builders.senses`, for a decoder, an encoder and a permutation model, in every layer:

- `chance`: mean cosine of words drawn two by two, whatever they are (anisotropy, Ethayarajh 2019);
- `apart`: how far two occurrences of a word stand apart, 0 the same vector, 1 as far as words drawn by lot
  (`llmlib.scratch.contextual.apart`), for pairs of the same sense, of different senses, and the difference;
- `right`: accuracy of a probe (scikit-learn's logistic regression, one a word and layer, on standardised
  vectors) that says the sense of a test sentence; `shuffled`: the same learned from labels dealt again;
  `end`: the probe reads the last token instead of the word; `untrained`: the same network with weights drawn
  anew, which mixes neighbours and has learned nothing; `words`, by word;
- `bag`: no network: a logistic regression on which other words the sentence has (all, or those on the left);
- `echo`: the decoder reads the sentence twice, the probe the second occurrence of the word, which has all of
  the sentence on its left (Springer et al., 2024).

`chosen` is the layer that 4-fold cross-validation within the training sentences prefers: what the chapter
compares, since the best layer of a test flatters itself. Intervals are of 95 %: Wilson's for shares,
bootstrap for means (over sentences, pairs or, of distances, words); differences are paired. Deterministic;
the file is written after each model; started again, the command goes on where it stopped, unless weights or
sentences have changed.
"""

from __future__ import annotations

import argparse
import datetime
import hashlib
import json
from collections.abc import Callable, Sequence
from itertools import combinations
from pathlib import Path

import numpy as np
import torch
from sklearn.feature_extraction.text import CountVectorizer
from sklearn.linear_model import LogisticRegression
from sklearn.model_selection import cross_val_score
from sklearn.pipeline import Pipeline, make_pipeline
from sklearn.preprocessing import StandardScaler
from tqdm import tqdm

from builders.files import digest, sign, write
from builders.senses import sentences
from llmlib import families, load
from llmlib.data import model_names
from llmlib.measure import share
from llmlib.scratch import contextual

OUT = Path(__file__).resolve().parents[1] / "data" / "medidas" / "sentidos.json"
MODELS = {"mini-base": load, "mini-bert": families.load, "mini-xlnet": families.load}
READ = ("nomes", "classes")  # kinds of words whose two senses the models have read
DEALT = 5  # times that the labels are dealt again
FOLDS = 4
SEED = 0


def probe() -> Pipeline:
    """One word's two senses from its vector."""
    return make_pipeline(StandardScaler(), LogisticRegression(C=1.0, solver="liblinear"))


def states(model: object, text: str) -> tuple[list[str], np.ndarray]:
    """Tokens as shown, and the states (L+1, T, D), of one text."""
    found = model.compute("trace", {"text": text, "only": ["hidden_states"]})
    shape = found["hidden_states_shape"]
    return [token["text"] for token in found["tokens"]], np.asarray(found["hidden_states"]).reshape(shape)


def vectors(model: object, rows: Sequence[dict]) -> tuple[np.ndarray, np.ndarray, np.ndarray, list[str]]:
    """Of the sentences: the word's vectors and the last token's, (N, L+1, D) each; and those of two other
    words of each sentence, drawn by lot, (2N, L+1, D), with these words."""
    rng = np.random.default_rng(SEED)
    at_word, at_end, others, said = [], [], [], []
    for row in tqdm(rows, desc=getattr(model, "name", "")):
        tokens, found = states(model, row["texto"])
        at_word.append(contextual.vectors(found, *contextual.find(tokens, row["palavra"])))
        at_end.append(found[:, -1])
        rest = [w for w in contextual.words(tokens) if w[2] != row["palavra"] and w[2][0].isalpha()]
        for i in rng.choice(len(rest), size=min(2, len(rest)), replace=False):
            others.append(contextual.vectors(found, *rest[i][:2]))
            said.append(rest[i][2].lower())
    return np.stack(at_word), np.stack(at_end), np.stack(others), said


def plain(estimate: tuple[float, float, float]) -> dict:
    return {key: round(float(x), 4) for key, x in zip(("value", "low", "high"), estimate, strict=True)}


def mean_of(values: np.ndarray, rounds: int = 1000) -> dict:
    """The mean of numbers and its 95 % interval, from `rounds` resamples of them."""
    values = np.asarray(values, dtype=float)
    drawn = np.random.default_rng(SEED).integers(len(values), size=(rounds, len(values)))
    low, high = np.percentile(values[drawn].mean(1), [2.5, 97.5])
    return plain((values.mean(), low, high)) | {"n": len(values)}


def share_of(right: np.ndarray) -> dict:
    """The share of ones among zeros and ones, by Wilson's score."""
    return plain(share(int(right.sum()), len(right))) | {"n": len(right)}


def labels(rows: Sequence[dict]) -> np.ndarray:
    return np.array([row["sentido"] == "b" for row in rows])


def by_word(rows: Sequence[dict]) -> dict[str, tuple[np.ndarray, np.ndarray]]:
    """word -> (numbers of its training sentences, of its test sentences)."""
    found = {}
    for word in dict.fromkeys(row["palavra"] for row in rows):
        own = [i for i, row in enumerate(rows) if row["palavra"] == word]
        found[word] = tuple(
            np.array([i for i in own if rows[i]["parte"] == part]) for part in ("train", "test")
        )
    return found


def hits(
    rows: Sequence[dict], features: Callable[[str], np.ndarray], make: Callable = probe, dealt: int = 0
) -> np.ndarray:
    """(N,): 1 where the sense of a test sentence was said right by what was learned from its word's training
    sentences, NaN elsewhere. features(word): (N, D). dealt: a mean over so many deals of the labels."""
    found, truth = np.full(len(rows), np.nan), labels(rows)
    rng = np.random.default_rng(SEED)
    for word, (train, test) in by_word(rows).items():
        x, rounds = features(word), []
        for _ in range(max(1, dealt)):
            y = rng.permutation(truth[train]) if dealt else truth[train]
            rounds.append(make().fit(x[train], y).predict(x[test]) == truth[test])
        found[test] = np.mean(rounds, axis=0)
    return found


def preferred(rows: Sequence[dict], at: np.ndarray) -> int:
    """The layer that cross-validation within the training sentences of the words of READ prefers."""
    truth, scores = labels(rows), []
    words = {w: parts for w, parts in by_word(rows).items() if rows[parts[0][0]]["tipo"] in READ}
    for layer in range(at.shape[1]):
        x = at[:, layer]
        scores.append(
            np.mean([cross_val_score(probe(), x[t], truth[t], cv=FOLDS).mean() for t, _ in words.values()])
        )
    return int(np.argmax(scores))


GROUPS: dict[str, Callable[[dict], bool]] = {
    "lidas": lambda row: row["tipo"] in READ,
    "nomes": lambda row: row["tipo"] == "nomes",
    "classes": lambda row: row["tipo"] == "classes",
    "ausente": lambda row: row["tipo"] == "ausente",
    "antes": lambda row: row["tipo"] == "nomes" and row["lado"] == "antes",
    "depois": lambda row: row["tipo"] == "nomes" and row["lado"] == "depois",
}


def grouped(rows: Sequence[dict], right: np.ndarray) -> dict[str, dict]:
    """Accuracy of each group of test sentences."""
    return {
        name: share_of(right[[i for i, row in enumerate(rows) if row["parte"] == "test" and has(row)]])
        for name, has in GROUPS.items()
    }


def distances(rows: Sequence[dict], at: np.ndarray, chance: np.ndarray) -> dict:
    """{"same", "other"}: per layer, how far apart pairs of a word's occurrences are; interval over words."""
    found: dict[str, list[list[np.ndarray]]] = {"same": [], "other": []}
    for word in dict.fromkeys(row["palavra"] for row in rows if row["tipo"] in READ):
        own = [i for i, row in enumerate(rows) if row["palavra"] == word]
        cells: dict[str, list[np.ndarray]] = {"same": [], "other": []}
        for i, j in combinations(own, 2):
            kind = "same" if rows[i]["sentido"] == rows[j]["sentido"] else "other"
            cells[kind].append(contextual.apart(at[i], at[j], chance))
        for kind, cell in cells.items():
            found[kind].append(np.mean(cell, axis=0))
    by = {kind: np.array(words) for kind, words in found.items()}  # (words, L+1)
    by["gap"] = by["other"] - by["same"]
    return {kind: [mean_of(each[:, layer]) for layer in range(at.shape[1])] for kind, each in by.items()}


def blank(model: object) -> object:
    """The same network with weights drawn anew; changes `model`, and returns it."""
    torch.manual_seed(SEED)
    model.model = type(model.model)(model.model.config).eval()
    return model


def study(model: object, rows: Sequence[dict]) -> dict:
    """Everything about one model."""
    at, end, others, said = vectors(model, rows)
    mixed = vectors(blank(model), rows)[0]
    pairs = contextual.by_chance(others, said, seed=SEED)  # (pairs, L+1)
    layers = range(at.shape[1])
    right = [hits(rows, lambda _, x=at[:, layer]: x) for layer in layers]
    last = [hits(rows, lambda _, x=end[:, layer]: x) for layer in layers]
    dealt = [hits(rows, lambda _, x=at[:, layer]: x, dealt=DEALT) for layer in layers]
    chosen = preferred(rows, at)
    test = {w: t for w, (_, t) in by_word(rows).items()}
    tested = [i for i, row in enumerate(rows) if row["parte"] == "test" and row["tipo"] in READ]
    return {
        "layers": len(layers) - 1,
        "chosen": chosen,
        "chance": [mean_of(pairs[:, layer]) for layer in layers],
        "apart": distances(rows, at, pairs.mean(0)),
        "right": [grouped(rows, each) for each in right],
        "end": [grouped(rows, each) for each in last],
        "untrained": [grouped(rows, hits(rows, lambda _, x=mixed[:, layer]: x)) for layer in layers],
        "shuffled": [mean_of(each[tested]) for each in dealt],
        "words": {word: [share_of(each[numbers]) for each in right] for word, numbers in test.items()},
        "hits": [int(x) for x in right[chosen][[i for i, r in enumerate(rows) if r["parte"] == "test"]]],
    }


def bags(rows: Sequence[dict]) -> dict:
    """What the other words of the sentence tell without a network."""

    def features(left: bool) -> Callable[[str], np.ndarray]:
        def make(word: str) -> np.ndarray:
            train = by_word(rows)[word][0]
            before = [row["texto"][: row["inicio"]] for row in rows]
            after = ["" if left else row["texto"][row["fim"] :] for row in rows]
            texts = [" ".join(pair) for pair in zip(before, after, strict=True)]
            counter = CountVectorizer(binary=True, token_pattern=r"\w+").fit([texts[i] for i in train])
            return counter.transform(texts).toarray().astype(np.float64)

        return make

    simple = lambda: LogisticRegression(C=1.0, solver="liblinear")  # noqa: E731
    right = {name: hits(rows, features(name == "left"), simple) for name in ("all", "left")}
    tested = [i for i, row in enumerate(rows) if row["parte"] == "test"]
    return {name: grouped(rows, each) for name, each in right.items()} | {
        "hits": [int(x) for x in right["all"][tested]]
    }


def echoed(model: object, rows: Sequence[dict]) -> list[dict]:
    """As `right`, of the word's occurrence in the second of two copies of the sentence."""
    found = []
    for row in tqdm(rows, desc="echo"):
        tokens, hidden = states(model, f"{row['texto']} {row['texto']}")
        places = [(start, end) for start, end, said in contextual.words(tokens) if said == row["palavra"]]
        found.append(contextual.vectors(hidden, *places[1]))
    at = np.stack(found)
    return [grouped(rows, hits(rows, lambda _, x=at[:, layer]: x)) for layer in range(at.shape[1])]


def differences(rows: Sequence[dict], found: dict, against: Sequence[int]) -> dict:
    """Paired: each model at its chosen layer minus what is right in `against`, by group of test sentences."""
    tested = [row for row in rows if row["parte"] == "test"]
    return {
        name: {
            group: mean_of((np.array(each["hits"]) - against)[[i for i, r in enumerate(tested) if has(r)]])
            for group, has in GROUPS.items()
        }
        for name, each in found.items()
    }


def measure(out: Path, restart: bool = False) -> dict:
    """Take what is missing, writing after each model, and return everything."""
    rows = sentences()
    about = {"seed": SEED, "sentences": hashlib.sha256(json.dumps(rows).encode()).hexdigest()[:16]}
    old = json.loads(out.read_text("utf-8")) if out.exists() and not restart else {}
    same = all(old.get(key) == value for key, value in about.items())
    result = {"date": old.get("date", ""), **about, "tests": sum(r["parte"] == "test" for r in rows)}
    result |= {"bag": old["bag"] if same and "hits" in old.get("bag", {}) else bags(rows), "models": {}}
    for name, opener in MODELS.items():
        if name not in model_names():
            continue
        weights = digest(name)
        before = old.get("models", {}).get(name, {})
        if same and before.get("weights") == weights:
            result["models"][name] = before
            continue
        model = opener(name, device="cpu")
        model.model.float()
        result["models"][name] = {"weights": weights, **study(model, rows)}
        result["date"] = datetime.date.today().isoformat()
        write(out, result)
    if "mini-base" in result["models"]:
        weights = digest("mini-base")
        kept = old.get("echo", {}) if same else {}
        if kept.get("weights") != weights:
            model = load("mini-base", device="cpu")
            model.model.float()
            kept = {"weights": weights, "right": echoed(model, rows)}
        result["echo"] = kept
        others = {name: each for name, each in result["models"].items() if name != "mini-base"}
        result["against"] = differences(rows, others, result["models"]["mini-base"]["hits"])
    result["against_bag"] = differences(rows, result["models"], result["bag"]["hits"])
    write(out, result)
    return result


def main() -> None:
    """Command line."""
    parser = argparse.ArgumentParser(
        prog="python -m builders.sense_curves", description=__doc__.split("\n")[0]
    )
    parser.add_argument("--out", type=Path, default=OUT, help=f"where to write (data/medidas/{OUT.name})")
    parser.add_argument("--restart", action="store_true", help="measure everything again")
    args = parser.parse_args()
    torch.set_num_threads(1)
    result = measure(args.out, args.restart)
    sign(args.out)
    print(f"Wrote {args.out}: {', '.join(result['models'])}, {result['tests']} test sentences")


if __name__ == "__main__":
    main()
