"""Numbers in Portuguese, and foreign text that cannot act inside a sentence."""

import pytest

from llmlib.prose import between, day, number, say, shown


@pytest.mark.parametrize(
    ("value", "digits", "text"),
    [
        (0, 0, "0"),
        (1234.56, 0, "1.235"),
        (1234.56, 1, "1.234,6"),
        (-0.04, 1, "0,0"),
        (-3.25, 1, "−3,3"),
        (2_500_000, 0, "2,5 milhões"),
        (1_600_000_000, 0, "1,6 bilhão"),
        (1_000_448, 0, "1 milhão"),
        (-2_000_000, 1, "−2 milhões"),
        (7e12, 0, "7 trilhões"),
        (0.05, 2, "0,05"),
    ],
)
def test_number(value, digits, text):
    assert number(value, digits) == text


def test_a_noun_joins_large_numbers_by_de():
    assert number(3072, what="tokens") == "3.072 tokens"
    assert number(1_000_448, what="tokens") == "1 milhão de tokens"
    assert number(1.5, 1, what="bits") == "1,5 bits"


def test_day():
    assert day("2026-11-21") == "21/11/2026"


def test_interval():
    assert between(3.16, 4.1) == "entre 3,2 e 4,1"


def test_shown_text_cannot_act():
    text = shown("<img src=x onerror=alert(1)> **a** `b` $c$ [d](e)\n\nf")
    assert not set("<>*`$[]") & set(text)
    assert "↵" in text
    assert text[0] == "“"
    assert text[-1] == "”"


def test_say_is_markdown():
    assert say("um", "dois").data == "um\n\ndois"
