"""Word vectors from scratch against gensim, torch's own gradients and sums by hand."""

from __future__ import annotations

import numpy as np
import pytest
import torch

from llmlib.scratch import glove, subwords, vectors, word2vec
from llmlib.scratch.sampling import uniform

TEXTS = [
    word2vec.split(text)
    for text in (
        "O gato dorme no sofá. O cachorro dorme no tapete.",
        "A gata come peixe e o gato come ração; o cachorro come osso.",
        "Água-viva não é peixe, Ana? É bicho do mar.",
    )
    * 4
]


@pytest.fixture(scope="module")
def trained():
    """gensim's tables for the same words: (Word2Vec, FastText)."""
    models = pytest.importorskip("gensim.models")
    shared = {"vector_size": 6, "min_count": 4, "sg": 1, "negative": 2, "workers": 1, "epochs": 2, "seed": 1}
    return models.Word2Vec(TEXTS, sample=0.01, **shared), models.FastText(
        TEXTS, bucket=97, min_n=3, max_n=5, **shared
    )


def test_words_keep_their_accents_and_hyphens() -> None:
    assert word2vec.split("O BEIJA-flor (2 g) _é_ a\u0301gua²") == ["o", "beija-flor", "g", "é", "água²"]
    assert word2vec.split("") == []


def test_vocabulary_and_tables_are_those_of_gensim(trained) -> None:
    wv = trained[0].wv
    ours = word2vec.Vocabulary.of(TEXTS, 4)
    assert set(ours.words) == set(wv.index_to_key)
    assert list(ours.counts) == sorted(ours.counts, reverse=True)
    chance = word2vec.keep_probability(ours.counts, 0.01)
    theirs = [wv.get_vecattr(word, "sample_int") / 2**32 for word in ours.words]
    assert np.allclose(chance, np.minimum(theirs, 1), atol=1e-3)
    mass = dict(zip(wv.index_to_key, np.diff(trained[0].cum_table, prepend=0) / 2**31, strict=True))
    assert np.allclose(
        np.diff(word2vec.noise(ours.counts), prepend=0), [mass[w] for w in ours.words], atol=1e-4
    )


def test_too_few_words_are_refused() -> None:
    with pytest.raises(ValueError, match="Menos de duas palavras aparecem 5 vezes"):
        word2vec.Vocabulary.of([["um", "dois"]])


def test_pairs_are_all_neighbours_within_reach_of_the_same_text() -> None:
    rng = np.random.default_rng(0)
    ids, texts = rng.integers(9, size=40), np.repeat([0, 1, 2], [11, 1, 28])
    reach = rng.integers(1, 4, size=40)
    expected = [
        (ids[i], ids[j])
        for i in range(40)
        for d in range(1, reach[i] + 1)
        for j in (i - d, i + d)
        if 0 <= j < 40 and texts[i] == texts[j]
    ]
    centres, neighbours = word2vec.pairs(ids, texts, reach)
    assert list(zip(centres, neighbours, strict=True)) == expected


def test_a_step_goes_down_the_gradient_that_torch_computes() -> None:
    model = word2vec.SkipGram(7, 5, seed=2)
    model.contexts += torch.randn(7, 5, generator=torch.Generator().manual_seed(0)) * 0.3
    centres, neighbours = torch.tensor([0, 3, 0]), torch.tensor([1, 2, 6])
    drawn = torch.tensor([[4, 1], [2, 2], [5, 0]])  # 1 and 2 are the neighbours themselves
    w, c = model.words.clone().requires_grad_(), model.contexts.clone().requires_grad_()
    sigmoid = torch.nn.functional.logsigmoid
    loss = -sum(
        sigmoid(w[a] @ c[b]) + sum(sigmoid(-(w[a] @ c[n])) for n in ns if n != b)
        for a, b, ns in zip(centres, neighbours, drawn, strict=True)
    )
    loss.backward()
    told = model.step(centres, neighbours, drawn, rate=0.1)
    assert told == pytest.approx(loss.item() / 3, abs=1e-6)
    assert torch.allclose(model.words, w.detach() - 0.1 * w.grad, atol=1e-6)
    assert torch.allclose(model.contexts, c.detach() - 0.1 * c.grad, atol=1e-6)


def test_a_run_is_the_same_twice_and_learns() -> None:
    recipe = word2vec.Recipe(size=4, window=2, epochs=30, min_count=4, batch=16, rate=0.2, seed=5)
    runs = [word2vec.Lesson(TEXTS, recipe) for _ in range(2)]
    moments = [list(run.train(every=10)) for run in runs]
    assert moments[0] == moments[1]
    assert np.array_equal(runs[0].vectors, runs[1].vectors)
    assert moments[0][-1].done == 1
    assert moments[0][-2].loss < 0.9 * moments[0][0].loss
    words, table = word2vec.train([" ".join(text) for text in TEXTS], recipe)
    assert (words, table.shape) == (runs[0].vocabulary.words, (len(words), 4))


def test_runs_of_letters_and_their_rows_are_those_of_gensim(trained) -> None:
    from gensim.models.fasttext_inner import compute_ngrams, ft_hash_bytes

    for word in ("gato", "pé", "ação", "água-viva", "x", ""):
        assert sorted(subwords.runs(word)) == sorted(compute_ngrams(word, 3, 5))
        for run in subwords.runs(word):
            assert subwords.row(run, 4096) == ft_hash_bytes(run.encode()) % 4096


def test_words_are_composed_as_gensim_composes_them(trained) -> None:
    wv = trained[1].wv
    for word in ("gatinho", "caçhorro"):
        assert word not in wv.key_to_index
        assert np.allclose(subwords.composed(word, wv.vectors_ngrams), wv.get_vector(word), atol=1e-6)
    own = wv.vectors_vocab[wv.key_to_index["gato"]]
    assert np.allclose(subwords.composed("gato", wv.vectors_ngrams, own), wv["gato"], atol=1e-6)
    assert not subwords.composed("", wv.vectors_ngrams[:0].reshape(0, 6)).any()


def test_pieces_learn_and_words_stay_the_mean_of_their_pieces() -> None:
    lesson = subwords.SubwordLesson(
        TEXTS, word2vec.Recipe(size=4, window=2, epochs=4, min_count=4, batch=8), 53
    )
    before = lesson.table.copy()
    list(lesson.train())
    assert not np.allclose(lesson.table, before)
    rows, words = lesson.model.rows.numpy(), lesson.vocabulary.words
    for i, word in enumerate(words):
        assert np.allclose(lesson.vectors[i], subwords.composed(word, lesson.table, rows[i]), atol=1e-5)


def test_counts_of_neighbours_weigh_by_distance() -> None:
    found = glove.count(np.array([0, 1, 2, 0, 2]), np.array([0, 0, 0, 0, 1]), V=3, window=3)
    pairs = dict(zip(zip(found.row.tolist(), found.column.tolist(), strict=True), found.times, strict=True))
    assert pairs == pytest.approx(
        {(0, 1): 1.5, (1, 0): 1.5, (0, 2): 1.5, (2, 0): 1.5, (1, 2): 1, (2, 1): 1, (0, 0): 2 / 3}
    )
    with pytest.raises(ValueError, match="não há vizinhança"):
        glove.count(np.array([3]), np.array([0]), V=4)


def test_glove_goes_down_its_own_objective_and_fits_the_counts() -> None:
    model = glove.GloVe(5, 3, seed=1)
    row, column, times = torch.tensor([0, 1]), torch.tensor([2, 4]), torch.tensor([3.0, 50.0])
    w, c = model.words.clone().requires_grad_(), model.contexts.clone().requires_grad_()
    product = (w[row, :-1] * c[column, :-1]).sum(1) + w[row, -1] + c[column, -1]
    (glove.weight(times) * (product - times.log()) ** 2).sum().backward()
    model.step(
        row, column, times, rate=0.1
    )  # AdaGrad begins at 1: the first step is plain descent by half of it
    assert torch.allclose(model.words, w.detach() - 0.05 * w.grad, atol=1e-6)
    assert torch.allclose(model.contexts, c.detach() - 0.05 * c.grad, atol=1e-6)
    assert glove.weight(np.array([0, 20, 400])).tolist() == [0, 1, 1]

    vocabulary = word2vec.Vocabulary.of(TEXTS, 4)
    counts = glove.count(*vocabulary.encode(TEXTS), len(vocabulary.words))
    errors = [error for _, error, _ in glove.train(counts, len(vocabulary.words), 8, 40, batch=32)]
    assert errors[-1] < 0.2 * errors[0]


def test_neighbours_and_analogies_are_those_of_gensim(trained) -> None:
    wv = trained[0].wv
    table, number = wv.vectors, wv.key_to_index
    at = number["gato"]
    ours = [(wv.index_to_key[i], x) for i, x in vectors.nearest(table, table[at], 5, (at,))]
    theirs = wv.most_similar("gato", topn=5)
    assert [w for w, _ in ours] == [w for w, _ in theirs]
    assert np.allclose([x for _, x in ours], [x for _, x in theirs], atol=1e-5)
    a, b, c = (number[w] for w in ("gato", "dorme", "cachorro"))
    expected = [w for w, _ in wv.most_similar(positive=["dorme", "cachorro"], negative=["gato"], topn=3)]
    assert [wv.index_to_key[i] for i, _ in vectors.analogy(table, a, b, c, 3)] == expected
    assert vectors.analogy(table, a, b, a, 1, repeat=True)[0][0] == b  # a is to b as a is to b


def test_an_axis_and_groups() -> None:
    table = np.array([[1.0, 0], [0, 2], [3, 3], [0, 0], [-1, 0.1]])
    direction = vectors.axis(table, [(0, 1)])
    stands = vectors.along(table, direction)
    assert stands[1] == pytest.approx(-stands[0])
    assert abs(stands[2]) < 1e-12
    assert stands[3] == 0
    assert vectors.same_group(table[[0, 2, 4]], ["x", "x", "y"]).tolist() == [1, 1, 0]


def test_the_plane_is_that_of_pca_and_moves_without_jumping() -> None:
    from sklearn.decomposition import PCA

    u = uniform(3, np.arange(600, dtype=np.uint64)).reshape(60, 10) - 0.5
    u[:, 0] *= 4
    u[:, 1] *= 2
    plane = vectors.Plane(10)
    found = plane.place(u, 60)
    theirs = PCA(2).fit_transform(vectors.unit(u))
    assert np.allclose(np.abs(found), np.abs(theirs), atol=1e-3)
    assert np.allclose(plane.place(u + 1e-3), found, atol=0.05)
    assert np.allclose(plane.axes.T @ plane.axes, np.eye(2), atol=1e-9)
