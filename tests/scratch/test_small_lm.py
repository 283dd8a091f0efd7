"""The small model that trains on any text. tests/engine/test_lesson.py compares its twin in the page."""

import math
from collections import Counter

import numpy as np
import pytest
import torch

from llmlib.scratch.characters import ALPHABET, UNKNOWN, prepare, untrained_losses
from llmlib.scratch.sampling import uniform
from llmlib.scratch.small_lm import Lesson, Recipe

TEXT = "Era uma vez um gato que morava na padaria. O pão saía às sete; o gato acordava às seis.\n" * 12
SMALL = Recipe(layers=1, hidden_size=16, batch=2, context=16)


def test_the_held_out_part_is_the_end_and_never_trained_on():
    text = prepare(TEXT, 16)
    assert text.decode([*text.train, *text.valid]) == TEXT.strip()
    assert len(text.valid) == len(TEXT.strip()) // 10
    lesson = Lesson(TEXT, SMALL)
    seen = set()
    for lesson.step in range(60):
        for row in lesson.rows().tolist():
            assert len(row) == 17
            seen.add(lesson.text.decode(row))
    train = lesson.text.decode(lesson.text.train)
    assert all(each in train for each in seen)
    assert any(train.startswith(each[:5]) for each in seen)


def test_the_vocabulary_is_the_text_s_own_most_frequent_first():
    text = prepare(TEXT, 16)
    counts = Counter(TEXT.strip())
    assert [counts[c] for c in text.vocabulary] == sorted(counts.values(), reverse=True)
    assert text.decode(text.encode("gato 日本 pão")) == "gato  pão"


def test_rare_signs_become_one():
    rare = "".join(map(chr, range(0x4E00, 0x4E00 + 300)))
    text = prepare(rare + TEXT * 60, 16)
    assert len(text.vocabulary) <= ALPHABET
    assert UNKNOWN in text.vocabulary


def test_guessing_without_training_by_hand():
    text = prepare("abcde" * 200 + "aabbccddee" * 20, 8)
    losses = untrained_losses(text)
    assert losses["uniform"] == pytest.approx(math.log(5))
    assert losses["unigram"] == pytest.approx(math.log(5), abs=1e-2)  # all five are equally frequent
    assert losses["bigram"] > 0.5  # the held-out part doubles letters, the rest never does


def test_numbers_of_a_whole_array_are_those_of_each_step():
    several = uniform(5, np.arange(2000, 2050, dtype=np.uint64))
    assert several.tolist() == [uniform(5, step) for step in range(2000, 2050)]


def test_first_weights_have_their_deviation():
    torch.manual_seed(1)
    model = Lesson(TEXT, Recipe(layers=2, seed=3)).model
    layer = model.model.layers[1]
    assert model.model.embed_tokens.weight.std().item() == pytest.approx(0.02, rel=0.05)
    assert layer.mlp.up_proj.weight.std().item() == pytest.approx(64**-0.5, rel=0.05)
    assert layer.self_attn.o_proj.weight.std().item() == pytest.approx(64**-0.5 / 2, rel=0.05)
    assert not torch.equal(model.model.layers[0].mlp.up_proj.weight, layer.mlp.up_proj.weight)
    other = Lesson(TEXT, Recipe(layers=2, seed=4)).model
    assert not torch.equal(other.model.embed_tokens.weight, model.model.embed_tokens.weight)


def test_the_rate_rises_during_the_first_steps_only():
    lesson = Lesson(TEXT, SMALL)
    rates = []
    for _ in range(22):
        lesson.learn()
        rates.append(lesson.optimizer.param_groups[0]["lr"])
    assert rates[:2] == pytest.approx([0.005 / 20, 0.005 * 2 / 20])
    assert rates[19:] == [0.005] * 3


def test_a_run_left_and_taken_up_is_the_same_run():
    whole = [each for event in Lesson(TEXT, SMALL).train(20, every=7, length=5) for each in event["losses"]]
    lesson, parts = Lesson(TEXT, SMALL), []
    for steps in (3, 9, 8):
        parts += [each for event in lesson.train(steps, every=7, length=5) for each in event["losses"]]
    assert parts == whole
    assert len(whole) == 20


def test_weights_that_are_no_numbers_write_nothing():
    lesson = Lesson(TEXT, SMALL)
    torch.nn.init.constant_(lesson.model.model.norm.weight, math.nan)
    assert lesson.write("gato", length=5) == {"prompt": "gato", "text": ""}
    assert math.isnan(lesson.learn()[0])
    assert lesson.diverged()
