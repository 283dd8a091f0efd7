"""What `embeddings-de-palavras` states in words holds for the vectors and the measures that are bundled.

The page computes its numbers; here the direction of each claim is guarded.
"""

from __future__ import annotations

import json

import numpy as np
import pytest

from llmlib.data import root, task
from llmlib.scratch.vectors import along, axis, same_group, unit
from llmlib.word_vectors import WordVectors, word_vectors

FILE = root() / "medidas" / "vetores.json"


@pytest.fixture(scope="module")
def v() -> WordVectors:
    return word_vectors("palavras")


@pytest.fixture(scope="module")
def scores() -> dict[str, dict[str, float]]:
    """Task -> way of making vectors -> share right (first seed)."""
    rows = [row for row in json.loads(FILE.read_text("utf-8"))["methods"] if row["seed"] == 0]
    mean = lambda text: np.mean([int(c) for c in text])  # noqa: E731
    return {
        "groups": {row["method"]: mean(row["groups"]) for row in rows},
        "feminino": {row["method"]: mean(row["analogies"]["feminino"]["usual"]) for row in rows},
        "kinds": {row["method"]: mean(row["kinds"]) for row in rows},
    }


def test_ours_is_of_gensims_kind_and_far_better_than_chance(scores: dict) -> None:
    groups = scores["groups"]
    assert abs(groups["Word2Vec"] - groups["Word2Vec do gensim"]) < 0.1
    assert groups["Word2Vec"] > groups["sorteio"] + 0.4


def test_pieces_cost_in_groups_and_pay_in_feminines(scores: dict) -> None:
    assert scores["groups"]["FastText"] < scores["groups"]["Word2Vec"]
    assert scores["feminino"]["FastText"] > scores["feminino"]["Word2Vec"]


def test_no_table_is_the_best_at_everything(scores: dict) -> None:
    best = {max((x, name) for name, x in of.items() if name != "sorteio")[1] for of in scores.values()}
    assert len(best) > 1


def test_the_plane_keeps_neighbours_by_tsne_and_large_distances_by_neither(v: WordVectors) -> None:
    from sklearn.manifold import trustworthiness

    u, some = unit(v.vectors), np.random.default_rng(3).choice(len(v.words), 500, replace=False)
    kept = {name: trustworthiness(u[some], v.views[name][some], n_neighbors=10) for name in v.views}
    assert kept["tsne"] > kept["pca"] + 0.03
    assert abs(kept["tsne"] - kept["tsne2"]) < 0.05
    assert kept["noise"] < 0.7
    one, other = np.random.default_rng(1).choice(len(u), (2, 3000))
    far = lambda x: np.linalg.norm(x[one] - x[other], axis=1)  # noqa: E731
    for name in ("pca", "tsne"):
        assert np.corrcoef(far(u).argsort().argsort(), far(v.views[name]).argsort().argsort())[0, 1] < 0.6


def test_leaving_the_three_words_out_flatters_analogies(v: WordVectors) -> None:
    u = unit(v.vectors)
    rows = [row for row in task("palavras", "analogias") if row["relacao"] == "feminino"]
    a, b, c, d = np.array([v.rows([row[k] for k in "abcd"]) for row in rows]).T
    score = (u[b] - u[a] + u[c]) @ u.T
    repeated = np.mean(score.argmax(1) == d)
    for each in (a, b, c):
        score[np.arange(len(rows)), each] = -np.inf
    assert np.mean(score.argmax(1) == d) > repeated + 0.1


def test_planted_trades_stand_on_their_sides_of_the_control(v: WordVectors) -> None:
    pairs = [("ele", "ela"), ("menino", "menina"), ("homem", "mulher"), ("pai", "mãe"), ("irmão", "irmã")]
    direction = axis(v.vectors, [(v.row(a), v.row(b)) for a, b in pairs])
    she, he, control = along(v.vectors[v.rows(["eolista", "brumista", "marelista"])], direction)
    assert he < control < she
    bias = json.loads(FILE.read_text("utf-8"))["bias"]
    assert np.mean([row["eolista"] - row["marelista"] for row in bias]) > 0
    assert np.mean([row["brumista"] - row["marelista"] for row in bias]) < 0


def test_a_concept_is_a_direction_and_not_a_number(v: WordVectors) -> None:
    group = {row["palavra"]: row["grupo"] for row in task("palavras", "grupos")}
    rows = [i for i, word in enumerate(v.words) if word in group]
    names = np.array([group[v.words[i]] for i in rows])
    u = unit(v.vectors[rows])
    u = u - u.mean(0)

    def purity(direction: np.ndarray) -> float:
        order = np.argsort(u @ direction)
        return np.mean(
            [max(np.unique(names[e], return_counts=True)[1]) / 10 for e in (order[:10], order[-10:])]
        )

    D = u.shape[1]
    numbers = np.mean([purity(e) for e in np.eye(D)])
    drawn = np.mean([purity(e) for e in np.random.default_rng(0).normal(size=(100, D))])
    towards = [purity(u[names == g].mean(0)) for g in set(names) if (names == g).sum() >= 12]
    assert abs(numbers - drawn) < 0.1
    assert np.mean(towards) > numbers + 0.1


def test_what_pieces_can_and_cannot_do(v: WordVectors) -> None:
    group = {row["palavra"]: row["grupo"] for row in task("palavras", "grupos")}
    known = [w for w in v.words if w in group and w not in v.unseen]
    assert same_group(v.fasttext[v.rows(known)], [group[w] for w in known]).mean() > 0.5
