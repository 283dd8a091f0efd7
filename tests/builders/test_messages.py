"""The messages to a town hall: the tables make the files, and what is held out is in no training message."""

import re
from collections import Counter

import pytest

from builders import messages
from llmlib.data import task


@pytest.fixture(scope="module")
def rows():
    return {split: task("recados", split) for split in ("train", "test", "fora")}


def test_the_files_are_what_the_tables_make(rows) -> None:
    assert rows == messages.messages() | {"fora": messages.strangers()}


def test_every_subject_has_as_many_of_each(rows) -> None:
    for split in ("train", "test"):
        counts = Counter((r["assunto"], r["grupo"]) for r in rows[split])
        assert {key for key, _ in counts} == set(messages.subjects())
        assert len({n for (_, group), n in counts.items() if group != "novas"}) == 1
        assert len({r["texto"] for r in rows[split]}) == len(rows[split])


def test_what_is_held_out_is_held_out(rows) -> None:
    asked = {(r["assunto"], r["pedido"]) for r in rows["train"]}
    for row in rows["test"]:
        assert ((row["assunto"], row["pedido"]) in asked) == (row["grupo"] == "vistas")
    assert not {r["texto"] for r in rows["train"]} & {r["texto"] for r in rows["test"] + rows["fora"]}


def test_places_and_times_tell_no_subject(rows) -> None:
    texts = [(row["texto"], row["assunto"]) for row in rows["train"] + rows["test"]]
    for detail in (each for group in messages.details().values() for each in group):
        seen = [subject for text, subject in texts if detail in text]
        assert len(set(seen)) >= min(3, len(seen) - 1), detail


def test_no_slot_is_left_and_sentences_end(rows) -> None:
    for row in rows["train"] + rows["test"]:
        assert not re.search(r"[{}]|  ", row["texto"]), row
        assert row["texto"][0].isupper()
        assert row["texto"][-1] in ".?!"


def test_an_unknown_slot_is_named() -> None:
    with pytest.raises(ValueError, match="ninguem"):
        messages.fill("Aqui mora {ninguem}.")
