"""What `embeddings-de-frases` says in words and works out by hand; what it measures is computed there."""

from __future__ import annotations

import math
from collections import Counter

import numpy as np
import pytest

from llmlib.data import documents, questions, task
from llmlib.scratch import sentence_uses as uses
from llmlib.scratch import sentence_vectors as sv


def test_the_sums_by_hand() -> None:
    two = sv.pool(np.array([[[2.0, 0], [0, 2.0]]]), np.ones((1, 2)))[0]
    assert two == pytest.approx([0.71, 0.71], abs=0.005)
    assert float(two @ [1, 0]) == pytest.approx(0.71, abs=0.005)
    right = math.exp(9) / (math.exp(9) + math.exp(7))
    assert right == pytest.approx(0.88, abs=0.005)
    assert -math.log(right) == pytest.approx(0.13, abs=0.005)
    assert math.log(2) == pytest.approx(0.69, abs=0.005)


@pytest.mark.parametrize(("scale", "share", "loss"), [(1, 0.38, 0.97), (20, 0.96, 0.04)])
def test_the_batch_of_three(scale: float, share: float, loss: float) -> None:
    found = math.exp(scale * 0.8) / (math.exp(scale * 0.8) + 2 * math.exp(scale * 0.6))
    assert found == pytest.approx(share, abs=0.005)
    assert -math.log(found) == pytest.approx(loss, abs=0.006)


def test_vendi_at_its_ends() -> None:
    assert uses.vendi(np.array([[1.0, 0], [1, 0]])) == pytest.approx(1)
    assert uses.vendi(np.eye(2)) == pytest.approx(2)


def test_the_messages_are_as_many_as_the_page_says() -> None:
    rows = task("recados", "train") + task("recados", "test")
    assert len(rows) == 288 == 8 * 6 * 6
    assert len({r["assunto"] for r in rows}) == 8
    assert set(Counter((r["assunto"], r["pedido"]) for r in rows).values()) == {6}


def test_the_exam_asks_about_facts_that_the_training_does_not_have() -> None:
    facts = {
        part: {s["fato"] for q in questions("caxinduba", part) for s in q["apoios"]}
        for part in ("dev", "teste")
    }
    assert not facts["dev"] & facts["teste"]
    for part in ("dev", "teste"):
        for q in questions("caxinduba", part):
            assert {"direta", "parafrase"} <= {j["jeito"] for j in q["jeitos"]}


def test_the_shelf_has_themes_to_choose_from() -> None:
    themes = Counter(
        d["tema"].removesuffix("-a").removesuffix("-b")
        for d in documents("caxinduba")
        if not d.get("copia_de")
    )
    assert sum(n for n in themes.values() if n in (5, 6)) >= 40
