"""Query expansion: weights that add up to one, words from where they should come, scores as BM25's."""

from __future__ import annotations

import numpy as np
import pytest

from llmlib.scratch import expansion
from llmlib.scratch.retrieval import BM25, words
from llmlib.scratch.vocabulary import Vocabulary

ROWS = {
    "descriptors": [{"name": "Cochilo", "entries": ["repouso diurno"], "lay": ["soneca"], "narrower": []}],
    "studies": [{"name": "Estudo de Coorte", "entries": ["acompanhamento"]}],
}


def test_equal_weights_order_as_bm25_does() -> None:
    texts = [words(t) for t in ("o gato dorme", "o cão late para o gato", "o rio corre", "gato gato")]
    index, asked = BM25(texts), ["gato", "late"]
    np.testing.assert_allclose(
        expansion.weighted(index, {"gato": 1, "late": 1}), index.scores(asked), rtol=1e-6
    )
    assert expansion.weighted(index, {"baleia": 1}).tolist() == [0, 0, 0, 0]


def test_the_query_keeps_its_part() -> None:
    assert expansion.mix(["a", "a", "b"], {}, 0.5) == {"a": 2 / 3, "b": 1 / 3}
    made = expansion.mix(["a", "b"], {"b": 3, "c": 1}, 0.5)
    assert made == pytest.approx({"a": 0.25, "b": 0.25 + 0.375, "c": 0.125})
    assert next(iter(expansion.by_text(["a"], ["c", "b", "c"], 0.6))) == "a"
    assert sum(expansion.by_text(["a"], ["c", "b", "c"], 0.6).values()) == pytest.approx(1)


def test_rm3_by_hand() -> None:
    made = expansion.rm3(["sono"], [["cochilo", "tarde"], ["cochilo", "sono"]], [3.0, 1.0], terms=2, keep=0.5)
    # P(cochilo) = 3/4 · 1/2 + 1/4 · 1/2 = 1/2; P(tarde) = 3/8; "sono", 1/8, is the third and stays out
    assert made == pytest.approx({"sono": 0.5, "cochilo": 0.5 * 4 / 7, "tarde": 0.5 * 3 / 7})
    assert expansion.rm3(["sono"], [], []) == {"sono": 1.0}


def test_the_vocabulary_adds_what_it_knows() -> None:
    with_lay = expansion.by_vocabulary("Será que a soneca ajuda?", Vocabulary(ROWS), 0.6)
    assert set(with_lay) == {"sera", "soneca", "ajuda", "cochilo", "repouso", "diurno"}
    assert with_lay["soneca"] > with_lay["ajuda"] > with_lay["cochilo"]
    assert set(expansion.by_vocabulary("a soneca", Vocabulary(ROWS, lay=False))) == {"soneca"}
    assert "acompanhamento" in expansion.by_vocabulary("estudo de coorte", Vocabulary(ROWS))
    assert sum(with_lay.values()) == pytest.approx(1)
