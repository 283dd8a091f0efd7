"""The page's tokenizer against `tokenizers`: the same ids for anything a reader can type."""

import random
import time
import unicodedata
from pathlib import Path

import pytest
from tokenizers import Tokenizer

from tests.engine.pages import TEXT, tokenizer_data, well_formed

MODELS = Path(__file__).parents[2] / "data" / "models"
# Known to this Python's Unicode: a newer letter may be a letter in one library and not yet in another.
ASSIGNED = [c for c in map(chr, range(0x110000)) if unicodedata.category(c) not in ("Cn", "Cs", "Co")]
PIECES = [
    *("👍🏽", "👩‍👩‍👧‍👦", "🇧🇷", "❤️", "e\u0301", "ç", "a\u0303\u0323", "\u200d", "\u200f", "\ufeff", "\x85"),
    *("\xa0", "\u2028", "\u3000", "\x00", "\x1b", "\t", "\r\n", "\n\n", "\ud800", "\udfff", "\ud83d\ud83d"),
    *("\udc00\ud800", "שלום", "عربي", "٣٤", "½", "²", " não", "você", "<|endoftext|>", "<|im_end|>", "<|"),
    *("</script>", "'", '"', "''", "..."),
    *[" " * n for n in range(1, 9)],
    *["\n" * n for n in range(1, 5)],
]


def random_text(rng: random.Random) -> str:
    """Up to 60 pieces: words, any code point, controls, digits, runs of spaces, lone surrogates."""
    words = " ".join(TEXT).split(" ")
    kinds = [
        lambda: rng.choice(PIECES),
        lambda: rng.choice(ASSIGNED),
        lambda: chr(rng.randrange(0x250)),
        lambda: chr(rng.randrange(0xD800, 0xE000)),
        lambda: " " + rng.choice(words),
        lambda: rng.choice(words)[: rng.randrange(1, 6)],
        lambda: str(rng.randrange(10 ** rng.randrange(1, 9))),
        lambda: rng.choice(" \t\n\r.,;!?—-'(") * rng.randrange(1, 12),
    ]
    return "".join(rng.choice(kinds)() for _ in range(rng.randrange(60)))


@pytest.fixture(scope="module", params=["trained here", "mini-base"])
def pair(request, node, tokenizer):
    """(tokenizer of the library, function texts -> ids in JavaScript)."""
    if request.param == "mini-base":
        tokenizer = Tokenizer.from_file(str(MODELS / "mini-base" / "tokenizer.json"))
    node.run("LLM.testing = new LLM.Tokenizer(args[0])", tokenizer_data(tokenizer))
    return tokenizer, lambda texts: node.run("return args[0].map((t) => LLM.testing.encode(t))", texts)


def test_ten_thousand_random_texts(pair, node):
    tokenizer, encode = pair
    rng = random.Random(20_26)
    texts = [random_text(rng) for _ in range(10_000)]
    ours = encode(texts)
    theirs = [e.ids for e in tokenizer.encode_batch([well_formed(t) for t in texts])]
    wrong = [text for text, a, b in zip(texts, ours, theirs, strict=True) if a != b]
    assert not wrong, f"{len(wrong)} differ, the first is {wrong[0]!r}"

    decoded = node.run("return args[0].map((ids) => LLM.testing.decode(ids))", ours)
    assert decoded == [tokenizer.decode(ids, skip_special_tokens=True) for ids in theirs]


@pytest.mark.parametrize(
    "text",
    {
        "letters": "a" * 100_000,
        "spaces": " " * 100_000,
        "line breaks": "\n" * 100_000,
        "words": "ação " * 20_000,
        "accents": "é" * 100_000,
        "signs": "!" * 99_999 + "a",
        "emoji": "👍🏽" * 25_000,
    }.values(),
    ids=lambda text: repr(text[:2]),
)
def test_long_texts_take_no_square_time(pair, text):
    tokenizer, encode = pair
    start = time.perf_counter()
    ours = encode([text])[0]
    assert time.perf_counter() - start < 5  # a quadratic merge needs minutes
    assert ours == tokenizer.encode(text).ids


def test_random_letters_in_one_long_word(pair):
    tokenizer, encode = pair
    rng = random.Random(5)
    text = "".join(rng.choice("aeiousrntdlmpc") for _ in range(100_000))
    assert encode([text])[0] == tokenizer.encode(text).ids


def test_broken_utf8_decodes_as_the_library_does(pair, node):
    tokenizer, _ = pair
    rng = random.Random(8)
    samples = [[rng.randrange(tokenizer.get_vocab_size()) for _ in range(30)] for _ in range(300)]
    ours = node.run("return args[0].map((ids) => LLM.testing.decode(ids))", samples)
    assert ours == [tokenizer.decode(ids, skip_special_tokens=True) for ids in samples]


def test_a_token_shows_its_lone_bytes_in_hexadecimal(node, tokenizer):
    node.run("LLM.testing = new LLM.Tokenizer(args[0])", tokenizer_data(tokenizer))
    show = lambda text: node.run(  # noqa: E731
        "return LLM.testing.encode(args[0]).map((id) => LLM.testing.text(id))", text
    )
    assert show("€") == ["⟨E2⟩", "⟨82⟩", "⟨AC⟩"]
    assert show("ação\ufeff<|im_end|>\n") == ["ação", "⟨EF⟩", "⟨BB⟩", "⟨BF⟩", "<|im_end|>", "\n"]
    assert show("") == []
