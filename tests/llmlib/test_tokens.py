"""Tokens as text, against the tokenizers library and Python's own codec."""

import random

from tokenizers.pre_tokenizers import ByteLevel

from llmlib.tokens import byte_alphabet, display, token_bytes, well_formed


def test_alphabet_is_that_of_tokenizers():
    alphabet = byte_alphabet()
    assert sorted(alphabet) == sorted(ByteLevel.alphabet())
    assert sorted(alphabet.values()) == list(range(256))
    for text in ("coração", " \n\t", "🙂", "\x00\x7f\xad"):
        ((piece, _),) = ByteLevel(add_prefix_space=False, use_regex=False).pre_tokenize_str(text)
        assert token_bytes(piece, byte_level=True) == text.encode()


def test_sentencepiece_entries():
    assert token_bytes("▁café", byte_level=False) == " café".encode()
    assert token_bytes("<0xC3>", byte_level=False) == b"\xc3"
    assert token_bytes("<0xC3", byte_level=False) == b"<0xC3"


def test_display_shows_what_is_a_character_and_spells_the_rest():
    assert display("ção 🙂".encode()) == "ção 🙂"
    assert display(b" caf\xc3") == " caf⟨C3⟩"
    assert display(b"\xa9!") == "⟨A9⟩!"
    assert display("🙂".encode()[:3] + b"a") == "⟨F0⟩⟨9F⟩⟨99⟩a"
    assert display(b"\xed\xa0\x80") == "⟨ED⟩⟨A0⟩⟨80⟩"  # a surrogate, which UTF-8 forbids


def test_display_loses_nothing():
    rng = random.Random(0)
    for _ in range(500):
        data = bytes(rng.choice([0x41, 0xC3, 0xA7, 0xF0, 0x9F, 0x99, 0x82, 0xFF]) for _ in range(6))
        back, rest = b"", display(data)
        while rest:
            if rest[0] == "⟨":
                back, rest = back + bytes.fromhex(rest[1:3]), rest[4:]
            else:
                back, rest = back + rest[0].encode(), rest[1:]
        assert back == data


def test_well_formed_replaces_only_lone_surrogates():
    assert well_formed("a\ud83db\udc00") == "a\ufffdb\ufffd"
    assert well_formed("🙂é") == "🙂é"
    assert well_formed("\ud83d\ude42") == "🙂"  # a pair, as JavaScript writes it, is a character
