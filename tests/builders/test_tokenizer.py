"""The tokenizer: nothing is lost, digits stand alone, no token crosses words, special ids as agreed."""

import random
import re
import sys
import unicodedata
from pathlib import Path

import pytest
from tokenizers import Tokenizer
from transformers import AutoTokenizer

from builders.tokenizer import PATTERN, SPECIAL, main, tokens_per_word, train_tokenizer, wrap
from llmlib.data import model_path

TEXTS = [
    "Era uma vez uma onça chamada Brisa, que morava perto do rio.",
    "— Quanto custam as jabuticabas? — perguntou a avó.\n— Sete reais e 50 centavos.",
    "Qual é a capital do Brasil?\nQuantas patas tem a anta?",
] * 20


@pytest.fixture(scope="module")
def fresh() -> Tokenizer:
    return train_tokenizer(TEXTS, 400)


@pytest.fixture(scope="module")
def bundled() -> Tokenizer:
    return AutoTokenizer.from_pretrained(model_path("mini-base")).backend_tokenizer


RANGES = [
    *[(0, 0x7F), (0x80, 0x24F), (0x300, 0x36F), (0x400, 0x52F), (0x590, 0x6FF), (0x2000, 0x206F)],
    *[(0x3040, 0x30FF), (0x4E00, 0x9FFF), (0xE000, 0xF8FF), (0x1F300, 0x1FAFF), (0x20000, 0x2A6DF)],
]


def random_text(rng: random.Random) -> str:
    """Up to 40 characters of any kind: letters, marks, emoji, controls, private use, astral planes."""
    return "".join(chr(rng.randint(*rng.choice(RANGES))) for _ in range(rng.randint(0, 40)))


@pytest.mark.parametrize("which", ["fresh", "bundled"])
def test_every_string_comes_back(which: str, request: pytest.FixtureRequest) -> None:
    tokenizer, rng = request.getfixturevalue(which), random.Random(0)
    for _ in range(2000):
        text = random_text(rng)
        assert tokenizer.decode(tokenizer.encode(text).ids, skip_special_tokens=False) == text


@pytest.mark.parametrize("which", ["fresh", "bundled"])
def test_special_tokens_have_the_agreed_ids(which: str, request: pytest.FixtureRequest) -> None:
    tokenizer = request.getfixturevalue(which)
    assert [tokenizer.token_to_id(t) for t in SPECIAL] == [0, 1, 2, 3]
    assert tokenizer.encode("Oi").ids[0] > 3  # nothing is added on its own


def test_bundled_vocabulary(bundled: Tokenizer) -> None:
    assert bundled.get_vocab_size() == 3072
    assert sorted(bundled.get_vocab().values()) == list(range(3072))


def test_digits_one_by_one_and_no_token_crosses_words(bundled: Tokenizer) -> None:
    encoding = bundled.encode("Em 1960, havia 2048 gatos.")
    pieces = ["Em 1960, havia 2048 gatos."[a:b] for a, b in encoding.offsets]
    assert [p for p in pieces if any(c.isdigit() for c in p)] == list("19602048")
    for token in bundled.get_vocab():
        assert not re.search(r"[^Ġ]Ġ.*[a-z]", token) or token in SPECIAL


def test_no_normalisation(bundled: Tokenizer) -> None:
    for form in ("NFC", "NFD"):
        text = unicodedata.normalize(form, "maçã")
        assert bundled.decode(bundled.encode(text).ids) == text


def test_pattern_covers_everything_and_is_plain() -> None:
    assert "(?<" not in PATTERN  # no lookbehind, and no possessive quantifier: JavaScript has to read it too
    assert not re.search(r"[+*?]\+", PATTERN)
    tokenizer = train_tokenizer(TEXTS, 300)
    text = "Oi,  mundo!\n\n  3x é\u0301 …"
    spans = [span for _, span in tokenizer.pre_tokenizer.pre_tokenize_str(text)]
    assert "".join(text[a:b] for a, b in spans) == text


def test_tokens_per_word(fresh: Tokenizer) -> None:
    assert 1 < tokens_per_word(fresh, TEXTS[:3]) < 2


def test_wrapped_folder_opens_the_same(fresh: Tokenizer, tmp_path: Path) -> None:
    wrap(fresh).save_pretrained(tmp_path)
    opened = AutoTokenizer.from_pretrained(tmp_path)
    assert opened("Oi, onça 12!")["input_ids"] == fresh.encode("Oi, onça 12!").ids
    assert (opened.bos_token_id, opened.eos_token_id, opened.pad_token_id) == (0, 0, 3)


def test_command_names_what_is_missing(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    monkeypatch.setattr(sys, "argv", ["tokenizer", "--corpus", str(tmp_path)])
    with pytest.raises(SystemExit):
        main()
    assert "no train-*.jsonl" in capsys.readouterr().err
