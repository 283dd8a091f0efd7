"""Texts written by hand: each once, split for good, bad files refused, decent in form."""

import random
import re

import pytest

from builders.corpus import authored
from builders.corpus.lexicon import LexiconError


def test_every_text_once_and_then_the_end():
    every = [d for split in ("train", "valid") for d in authored.documents(random.Random(1), split)]
    assert {d.kind for d in every} == {"autoral"}
    assert sorted(d.text for d in every) == sorted(authored.texts())
    assert len({d.text for d in every}) == len(every) >= 240


def test_about_one_in_ten_is_for_validation():
    valid = list(authored.documents(random.Random(1), "valid"))
    assert 0.06 < len(valid) / len(authored.texts()) < 0.14


def test_the_split_does_not_depend_on_the_spacing_and_stays():
    assert authored.split_of("um  texto\nqualquer") == authored.split_of("um texto qualquer")
    # CRC-32 of the words, modulo 10: pinned, since a change would move texts from validation to training
    assert [authored.split_of(f"texto {i}") for i in range(20)].count("valid") == 3


def test_the_order_is_the_seed_s():
    def order(seed):
        return [d.text for d in authored.documents(random.Random(seed), "train")]

    assert order(1) == order(1) != order(2)


def test_texts_are_short_and_clean():
    for text in authored.texts():
        assert 20 <= len(text.split()) <= 110, text
        assert not re.search(r"  |\t|\n\n|---|[{}\[\]|]| [,.;!?]|\.\.\.|\.\.", text), text
        assert text[-1] in '.!?":', text
        assert text.count('"') % 2 == 0, text


def test_many_genres():
    assert len(list(authored.FOLDER.glob("*.txt"))) >= 12


@pytest.mark.parametrize(
    ("content", "complaint"),
    [
        ("Um texto.\n", "a.txt, line 1: expected metadata"),
        ("# voz: x\nUm texto.\n---\n\n---\nOutro.\n", "a.txt, line 4: an empty text"),
        ("# voz: x\nUm texto.\n---\nUm texto.\n", "a.txt, line 4: this text is already in the file"),
    ],
)
def test_a_bad_file_is_named(tmp_path, content, complaint):
    (tmp_path / "a.txt").write_text(content, encoding="utf-8")
    with pytest.raises(LexiconError, match=re.escape(complaint)):
        authored.texts(tmp_path)


def test_the_same_text_in_two_files_is_refused(tmp_path):
    for name in ("a.txt", "b.txt"):
        (tmp_path / name).write_text("# voz: x\nUm texto só.\n", encoding="utf-8")
    with pytest.raises(LexiconError, match=re.escape("b.txt: a text is already in a.txt")):
        authored.texts(tmp_path)
    with pytest.raises(LexiconError, match="no texts"):
        authored.texts(tmp_path / "vazia")
