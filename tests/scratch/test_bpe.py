"""Our BPE against Hugging Face `tokenizers`: the same merges, the same ids, ties and oddities included."""

import json
import random
from collections import Counter
from itertools import islice

import pytest
from tokenizers import Tokenizer

from builders.tokenizer import PATTERN, SPECIAL, train_tokenizer
from llmlib.data import corpus, model_path
from llmlib.scratch import bpe
from llmlib.tokens import well_formed
from tests.engine.test_tokenizer import random_text
from tests.vectors import make_bpe

ALPHABETS = ["ab", "abc", "ab c", "aã b", "abcdefgh ", "0a. \n", "ação não "]


def small_corpus(seed: int) -> tuple[list[str], int]:
    """A few short texts of few letters, and a vocabulary: ties and repeated letters everywhere."""
    rng = random.Random(seed)
    letters = rng.choice(ALPHABETS)
    texts = ["".join(rng.choices(letters, k=rng.randint(1, 60))) for _ in range(rng.randint(1, 12))]
    return texts, 260 + rng.randint(0, 60)


def same(texts: list[str], vocabulary: int) -> tuple[bpe.BPE, Tokenizer]:
    """Trains both; raises if a merge, its rank or an id differs."""
    theirs = train_tokenizer(texts, vocabulary)
    ours = bpe.train(texts, vocabulary, SPECIAL)
    read = bpe.from_file(json.loads(theirs.to_str()))
    assert list(ours.merges.items()) == list(read.merges.items())
    assert ours.tokens == read.tokens
    return ours, theirs


def test_two_hundred_small_corpora_ties_included():
    ties = 0
    for seed in range(200):
        texts, vocabulary = small_corpus(seed)
        ours, theirs = same(texts, vocabulary)
        words = Counter(word for text in texts for word in bpe.split(text))
        counts = [m.count for m in islice(bpe.learn(words, [bytes([b]) for b in bpe.BYTES]), 40)]
        ties += len(counts) > len(set(counts))
        for text in texts:
            assert ours.encode(text) == theirs.encode(text).ids
    assert ties > 100, "these corpora should have ties"


@pytest.fixture(scope="module")
def pair() -> tuple[bpe.BPE, Tokenizer]:
    return same(corpus("mini", limit=120), 900)


def test_real_text_gives_the_same_tokenizer_and_the_same_ids(pair):
    ours, theirs = pair
    for text in corpus("mini", "valid", limit=60):
        assert ours.encode(text) == theirs.encode(text).ids


def test_a_thousand_random_texts_are_cut_alike_and_come_back(pair):
    ours, theirs = pair
    rng = random.Random(9)
    for _ in range(1000):
        text = random_text(rng)
        ids = ours.encode(text)
        assert ids == theirs.encode(well_formed(text)).ids, repr(text)
        assert ours.decode(ids) == theirs.decode(ids, skip_special_tokens=True)
        if not any(name in text for name in SPECIAL):
            assert ours.decode(ids) == well_formed(text)


def test_the_bundled_tokenizer_is_read_from_its_file():
    path = model_path("mini-base") / "tokenizer.json"
    theirs = Tokenizer.from_file(str(path))
    ours = bpe.from_file(json.loads(path.read_text("utf-8")))
    assert len(ours.tokens) == theirs.get_vocab_size()
    for text in [*corpus("mini", "valid", limit=40), "<|im_start|>user\nOi 👩‍🚀<|im_end|>"]:
        assert ours.encode(text) == theirs.encode(text).ids


def test_a_bare_list_of_merges_is_enough():
    trained = bpe.train(corpus("mini", limit=20), 400, SPECIAL)
    assert bpe.from_merges(list(trained.merges), SPECIAL) == trained


def test_split_is_the_pattern_of_the_builder(pair):
    _, theirs = pair
    spelt = bpe.SPLIT.pattern.replace(r"\p{White_Space}", r"\s").replace(r"\P{White_Space}", r"\S")
    assert spelt == PATTERN
    for text in make_bpe.PROSE:
        spans = [span for _, span in theirs.pre_tokenizer.pre_tokenize_str(well_formed(text))]
        assert bpe.split(text) == [well_formed(text)[a:b] for a, b in spans]


def test_first_forgets_what_came_later(pair):
    ours, _ = pair
    texts = corpus("mini", limit=120)
    for size in (260, 300, 611):
        assert ours.first(size) == bpe.train(texts, size, SPECIAL)
    lengths = [sum(len(ours.first(size).encode(text)) for text in texts) for size in (260, 400, 900)]
    assert lengths == sorted(lengths, reverse=True)


def test_length_is_how_many_tokens_the_corpus_has():
    texts = corpus("mini", limit=30)
    words = Counter(word for text in texts for word in bpe.split(text))
    tokens = [name.encode() for name in SPECIAL] + [bytes([byte]) for byte in bpe.BYTES]
    last = list(islice(bpe.learn(words, tokens), 150))[-1]
    trained = bpe.train(texts, 260 + 150, SPECIAL)
    assert last.length == sum(len(trained.encode(text)) for text in texts)


@pytest.mark.parametrize("texts", [[], [""], ["a"], ["\x00"], ["\ud800"]])
def test_texts_with_nothing_to_learn(texts):
    trained = bpe.train(texts, 400, SPECIAL)
    assert len(trained.tokens) == 260
    assert trained.encode("é\x00") == trained.encode("é\x00".encode().decode())
    assert trained.decode(trained.encode("é\x00")) == "é\x00"


def test_a_vocabulary_without_room_for_the_bytes_is_refused():
    with pytest.raises(ValueError, match="pelo menos 260 tokens; veio 259"):
        bpe.train(["a"], 259, SPECIAL)


def test_the_vectors_are_of_today():
    assert json.loads(make_bpe.PATH.read_text("utf-8")) == json.loads(json.dumps(make_bpe.vectors()))


def test_doctests():
    import doctest

    assert doctest.testmod(bpe).failed == 0
