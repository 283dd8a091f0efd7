"""Numbers in Portuguese, and foreign text that cannot act inside a sentence."""

import pytest

from llmlib.prose import between, number, say, shown


@pytest.mark.parametrize(
    ("value", "digits", "text"),
    [
        (0, 0, "0"),
        (1234.56, 0, "1.235"),
        (1234.56, 1, "1.234,6"),
        (-0.04, 1, "0,0"),
        (-3.25, 1, "−3,3"),
        (2_500_000, 0, "2,5 milhões"),
        (1_600_000_000, 0, "1,6 bilhões"),
        (0.05, 2, "0,05"),
    ],
)
def test_number(value, digits, text):
    assert number(value, digits) == text


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
