"""The labelled sentences: what is committed is what the builder makes, and train says nothing of test."""

from __future__ import annotations

import re
from collections import Counter

import numpy as np
import pytest

from builders import sense_curves, senses
from llmlib.data import task

ROWS = senses.sentences()
MADE = "== x | nomes | um | dois\n-- a <\no gato viu *x*\n!depois *x* sumiu\n-- b >\n*x* é azul\n!um *x* só"


def test_what_is_committed_is_what_the_command_writes() -> None:
    for name, text in senses.files(ROWS).items():
        assert (senses.HOME / name).read_text("utf-8") == text, name
    assert len(task("sentidos", "train")) + len(task("sentidos", "test")) == len(ROWS)


def test_every_sense_has_its_sentences() -> None:
    by = Counter((r["palavra"], r["sentido"], r["parte"]) for r in ROWS)
    assert len({r["palavra"] for r in ROWS}) >= 8
    assert set(by.values()) == {16, 8}
    sides = Counter(
        (r["palavra"], r["sentido"], r["parte"], r["lado"]) for r in ROWS if r["tipo"] != "classes"
    )
    assert set(sides.values()) == {8, 4}
    for row in ROWS:
        assert row["texto"][row["inicio"] : row["fim"]] == row["palavra"]
        assert re.match(r"[A-ZÀ-Ý].*[.!?]$", row["texto"]), row["texto"]


def test_no_sentence_of_the_test_repeats_one_of_training() -> None:
    """No four words in a row in common, and never half of the words."""
    assert len({r["texto"] for r in ROWS}) == len(ROWS)
    for row in (r for r in ROWS if r["parte"] == "test"):
        mine = re.findall(r"\w+", row["texto"].lower())
        for other in (r for r in ROWS if r["parte"] == "train" and r["palavra"] == row["palavra"]):
            theirs = re.findall(r"\w+", other["texto"].lower())
            common = {tuple(mine[i : i + 4]) for i in range(len(mine) - 3)} & {
                tuple(theirs[i : i + 4]) for i in range(len(theirs) - 3)
            }
            shared = len(set(mine) & set(theirs)) / len(set(mine) | set(theirs))
            assert not common, (row["texto"], other["texto"])
            assert shared < 0.5, (row["texto"], other["texto"])


@pytest.mark.parametrize(
    ("wrong", "line"),
    [
        ("== x | verbos | um | dois", 1),
        ("== x | nomes | um", 1),
        ("-- a <", 1),
        (MADE.replace("-- b >", "-- c >"), 5),
        (MADE.replace("*x* sumiu", "*y* sumiu"), 4),
        (MADE.replace("viu *x*", "viu x e *x*"), 3),
        ("== x | nomes | um | dois\no *x*", 2),
    ],
)
def test_a_line_that_cannot_be_used_is_named(wrong: str, line: int) -> None:
    with pytest.raises(ValueError, match=rf"linha {line}:"):
        senses.read(wrong)


def test_marks_say_part_and_side() -> None:
    made = senses.read(MADE)
    assert [(r["parte"], r["sentido"], r["lado"]) for r in made] == [
        ("train", "a", "antes"), ("test", "a", "antes"), ("train", "b", "depois"), ("test", "b", "depois"),
    ]  # fmt: skip


def test_the_probe_finds_what_is_there_and_nothing_where_there_is_nothing() -> None:
    """Vectors that hold the sense, vectors that hold none, and labels dealt again."""
    rng = np.random.default_rng(0)
    noise = rng.normal(size=(len(ROWS), 6))
    known = noise.copy()
    known[:, 2] += 6 * sense_curves.labels(ROWS)
    test = [i for i, row in enumerate(ROWS) if row["parte"] == "test"]
    right = sense_curves.hits(ROWS, lambda _: known)
    assert np.isnan(np.delete(right, test)).all()
    assert right[test].mean() > 0.95
    assert abs(sense_curves.hits(ROWS, lambda _: noise)[test].mean() - 0.5) < 0.15
    assert abs(sense_curves.hits(ROWS, lambda _: known, dealt=3)[test].mean() - 0.5) < 0.15
    same = np.ones((len(ROWS), 6))  # the embedding: one vector for both senses
    assert sense_curves.hits(ROWS, lambda _: same)[test].mean() == 0.5


def test_words_on_the_left_do_not_tell_what_comes_after() -> None:
    found = sense_curves.bags(ROWS)
    assert found["all"]["lidas"]["value"] > 0.65
    assert found["left"]["depois"]["low"] < 0.5 < found["all"]["depois"]["low"] + 0.2
