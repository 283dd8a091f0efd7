"""Sampling against transformers (shared rules), against the formulas, and against the committed vectors."""

import json

import numpy as np
import pytest
import torch
from transformers import (
    MinPLogitsWarper,
    RepetitionPenaltyLogitsProcessor,
    TemperatureLogitsWarper,
    TopKLogitsWarper,
    TopPLogitsWarper,
)

from llmlib.scratch import sampling as S
from tests.vectors import make_sampling

VOCABULARY = 53
random = np.random.default_rng(3)
LOGITS = [random.normal(0, spread, VOCABULARY) for spread in (0.3, 2, 8)]
IDS = [4, 9, 9, 52, 0]


def theirs(processor, logits, ids=IDS):
    return processor(torch.tensor([ids]), torch.tensor(logits)[None])[0].numpy()


@pytest.mark.parametrize("logits", LOGITS)
@pytest.mark.parametrize(
    ("ours", "processor"),
    [
        (lambda x: S.repetition_penalty(x, IDS, 1.3), RepetitionPenaltyLogitsProcessor(1.3)),
        (lambda x: S.repetition_penalty(x, IDS, 0.7), RepetitionPenaltyLogitsProcessor(0.7)),
        (lambda x: S.temperature(x, 0.3), TemperatureLogitsWarper(0.3)),
        (lambda x: S.temperature(x, 2.0), TemperatureLogitsWarper(2.0)),
        (lambda x: S.top_k(x, 1), TopKLogitsWarper(1)),
        (lambda x: S.top_k(x, 7), TopKLogitsWarper(7)),
        (lambda x: S.top_k(x, 99), TopKLogitsWarper(99)),
        (lambda x: S.top_p(x, 0.0), TopPLogitsWarper(0.0)),
        (lambda x: S.top_p(x, 0.01), TopPLogitsWarper(0.01)),
        (lambda x: S.top_p(x, 0.5), TopPLogitsWarper(0.5)),
        (lambda x: S.top_p(x, 0.97), TopPLogitsWarper(0.97)),
        (lambda x: S.min_p(x, 0.05), MinPLogitsWarper(0.05)),
        (lambda x: S.min_p(x, 1.0), MinPLogitsWarper(1.0)),
    ],
)
def test_each_rule_agrees_with_transformers(logits, ours, processor):
    np.testing.assert_allclose(ours(logits), theirs(processor, logits), rtol=1e-12)


def test_ties_at_the_border_of_top_k_all_stay_as_in_transformers():
    logits = np.array([1.0, 3.0, 2.0, 2.0, 0.0])
    np.testing.assert_array_equal(S.top_k(logits, 2), theirs(TopKLogitsWarper(2), logits))
    assert np.isfinite(S.top_k(logits, 2)).tolist() == [False, True, True, True, False]


def test_all_rules_together_agree_with_transformers_chain():
    rules = S.Sampling(temperature=1.4, top_k=20, top_p=0.9, min_p=0.02, repetition_penalty=1.2)
    for logits in LOGITS:
        scores = torch.tensor(logits)[None]
        for processor in (
            RepetitionPenaltyLogitsProcessor(1.2),
            TemperatureLogitsWarper(1.4),
            TopKLogitsWarper(20),
            TopPLogitsWarper(0.9),
            MinPLogitsWarper(0.02),
        ):
            scores = processor(torch.tensor([IDS]), scores)
        expected = scores.softmax(-1)[0].numpy()
        np.testing.assert_allclose(S.probabilities(logits, rules, IDS[:2], IDS[2:]), expected, rtol=1e-10)


def test_the_order_is_that_of_transformers():
    from transformers import GenerationConfig

    from tests.conftest import tiny_model

    settings = dict(temperature=1.4, top_k=20, top_p=0.9, min_p=0.02, repetition_penalty=1.2)
    config = GenerationConfig(do_sample=True, **settings)
    chain = tiny_model()._get_logits_processor(config, input_ids_seq_length=5)
    short = {"LogitsProcessor": "", "LogitsWarper": ""}
    names = []
    for processor in chain:
        name = type(processor).__name__
        for end in short:
            name = name.removesuffix(end)
        names.append("".join(f"_{c.lower()}" if c.isupper() else c for c in name).strip("_"))
    ours = [name for name, _ in S.stages(LOGITS[0], S.Sampling(**settings), IDS)]
    ours.remove("frequency_presence_penalty")  # transformers has none
    assert [name.removesuffix("_penalty") for name in ours] == [n.removesuffix("_penalty") for n in names]


def test_the_order_changes_what_is_left():
    """llama.cpp cuts first and heats last: what a hot temperature brings in, min-p has already cut."""
    logits = np.log([0.7, 0.2, 0.06, 0.04])
    ours = S.probabilities(logits, S.Sampling(temperature=2, min_p=0.2))
    cut_first = S.softmax(S.temperature(S.min_p(logits, 0.2), 2))
    assert (ours > 0).sum() == 4
    assert (cut_first > 0).sum() == 2


def test_stages_end_in_the_distribution():
    rules = S.Sampling(0.7, 9, 0.9, 0.02, 1.2, 0.3, 0.4)
    stages = list(S.stages(LOGITS[1], rules, IDS, [3, 3]))
    assert len(stages) == 6
    np.testing.assert_array_equal(S.softmax(stages[-1][1]), S.probabilities(LOGITS[1], rules, IDS, [3, 3]))
    alive = [int(np.isfinite(scores).sum()) for _, scores in stages]
    assert alive == sorted(alive, reverse=True)


@pytest.mark.parametrize("logits", LOGITS)
@pytest.mark.parametrize(
    "rules",
    [
        {"top_p": 0},
        {"top_p": 0, "temperature": 100},
        {"min_p": 1},
        {"top_k": 1},
        {"temperature": 1e-12},
        {"temperature": 1e-12, "frequency_penalty": -2, "top_p": 0.3},
    ],
)
def test_the_extremes_leave_the_favourite_alone(logits, rules):
    probs = S.probabilities(logits, S.Sampling(**rules))
    assert probs[logits.argmax()] == pytest.approx(1)
    assert (probs > 0).sum() == 1


def test_penalties_at_both_ends_stay_a_distribution():
    for sign in (-1, 1):
        rules = S.Sampling(
            frequency_penalty=2 * sign, presence_penalty=2 * sign, repetition_penalty=10.0**sign
        )
        probs = S.probabilities(LOGITS[2], rules, IDS, [7] * 400)
        assert np.isfinite(probs).all()
        assert probs.sum() == pytest.approx(1)
        assert (probs[7] > 0.5) == (sign < 0)


def test_frequency_and_presence_follow_the_formula_and_ignore_the_prompt():
    logits = LOGITS[1]
    generated = [5, 5, 5, 8]
    out = S.frequency_presence_penalty(logits, generated, 0.4, 1.1)
    for token in range(VOCABULARY):
        count = generated.count(token)
        assert out[token] == pytest.approx(logits[token] - 0.4 * count - 1.1 * (count > 0))
    rules = S.Sampling(frequency_penalty=0.4, presence_penalty=1.1)
    with_prompt = S.probabilities(logits, rules, prompt=[1, 2, 3], generated=generated)
    np.testing.assert_array_equal(with_prompt, S.probabilities(logits, rules, generated=generated))


def test_temperature_zero_puts_all_on_the_first_of_the_best():
    probs = S.probabilities(np.array([0.0, 2.0, 2.0]), S.Sampling(temperature=0))
    assert probs.tolist() == [0, 1, 0]


def test_rules_leave_their_input_alone():
    for logits in LOGITS:
        before = logits.copy()
        S.probabilities(logits, S.Sampling(0.5, 3, 0.5, 0.1, 1.2, 1, 1), IDS, IDS)
        np.testing.assert_array_equal(logits, before)


def test_draw_follows_the_probabilities():
    probs = np.array([0.1, 0.6, 0.0, 0.3])
    draws = [S.draw(probs, S.uniform(0, step)) for step in range(20_000)]
    # four standard errors of a proportion over 20,000 draws
    assert np.abs(np.bincount(draws, minlength=4) / 20_000 - probs).max() < 4 * 0.5 / 20_000**0.5
    assert 2 not in draws


def test_draw_borders():
    probs = np.array([0.25, 0.5, 0.25])
    assert [S.draw(probs, u) for u in (0, 0.4999, 0.5, 0.7499, 0.75, 0.9999)] == [1, 1, 0, 0, 2, 2]
    assert S.draw(np.array([0.3, 0.3, 0.3]), 0.9999) == 2  # the sum may fall short of 1


def test_uniform_is_even_over_steps_and_over_seeds():
    for values in ([S.uniform(9, step) for step in range(10_000)], [S.uniform(s, 0) for s in range(10_000)]):
        counts = np.histogram(values, bins=20, range=(0, 1))[0]
        chi2 = ((counts - 500) ** 2 / 500).sum()
        assert chi2 < 43.8  # 99.9 % quantile, 19 degrees of freedom


def test_stop_is_found_across_token_borders_and_the_earliest_wins():
    assert S.find_stop("era uma vez", ["vez", "uma"]) == 4
    assert S.find_stop("era", ["", "x"]) is None
    pieces = {1: "Fi", 2: "m", 3: ". ", 4: "x"}
    order = [4, 1, 2, 3, 4]
    logits = lambda ids: np.eye(5)[order[len(ids) - 1]]  # noqa: E731
    steps = list(
        S.generate(
            logits,
            [0],
            S.Sampling(temperature=0),
            stop=["Fim."],
            decode=lambda ids: "".join(map(pieces.get, ids)),
        )
    )
    assert [step.id for step in steps] == [4, 1, 2, 3]
    assert steps[-1].reason == "stop"


def loop(pieces: list[bytes], stop: list[str], most: int = 40) -> tuple[str, str]:
    """A model that says the pieces in turn: (text, reason) of its generation."""
    logits = lambda ids: np.eye(len(pieces) + 1)[len(ids)]  # noqa: E731
    decode = lambda ids: b"".join(pieces[i - 1] for i in ids).decode("utf-8", "replace")  # noqa: E731
    rules = S.Sampling(temperature=0)
    steps = list(S.generate(logits, [0], rules, min(most, len(pieces)), stop=stop, decode=decode))
    text = decode([step.id for step in steps])
    return text[: S.find_stop(text, stop)], steps[-1].reason if steps else "length"


@pytest.mark.parametrize(
    ("pieces", "stop", "text", "reason"),
    [
        (["a", "b\n", "c"], ["\n"], "ab", "stop"),
        (["a", "\r", "\n", "c"], ["\r\n"], "a", "stop"),
        (["um ", "gato", "."], ["", "nada"], "um gato.", "length"),
        (["um ", "g", "ato preto", "."], ["gato"], "um ", "stop"),
        (["fim", " FIM"], ["FIM"], "fim ", "stop"),
        (["x"], ["x"], "", "stop"),
    ],
)
def test_stop_sequences_of_every_kind(pieces, stop, text, reason):
    assert loop([piece.encode() for piece in pieces], stop) == (text, reason)


def test_an_emoji_that_spans_tokens_stops_only_when_it_is_whole():
    whole = "oi 🐱 fim".encode()
    pieces = [whole[i : i + 1] for i in range(len(whole))]  # one byte a token: four for the cat
    assert loop(pieces, ["🐱"]) == ("oi ", "stop")
    assert loop(pieces, ["\ufffd"])[1] == "stop"  # half a character is shown as this sign
    family = "👩‍👩‍👧".encode()
    assert loop([family[:5], family[5:9], family[9:]], ["👩‍👩‍👧"]) == ("", "stop")


def test_length_zero_writes_nothing():
    assert loop([b"a"], [], 0) == ("", "length")


@pytest.mark.parametrize(
    "knob",
    [
        {"temperature": -1},
        {"temperature": float("nan")},
        {"top_k": -2},
        {"top_k": 2.5},
        {"top_p": -0.1},
        {"top_p": 1.01},
        {"min_p": 2},
        {"repetition_penalty": 0},
        {"seed": 0.5},
    ],
)
def test_a_knob_out_of_range_is_named(knob):
    name = next(iter(knob)).replace("temperature", "temperatura").replace("seed", "semente")
    with pytest.raises(ValueError, match=name):
        S.Sampling(**knob)


def test_committed_vectors_are_what_the_code_gives():
    committed = json.loads(make_sampling.PATH.read_text(encoding="utf-8"))
    now = json.loads(json.dumps(make_sampling.vectors()))
    assert committed["uniform"] == now["uniform"]
    assert len(committed["loops"]) == len(now["loops"])
    for old, new in zip(committed["rules"], now["rules"], strict=True):
        np.testing.assert_allclose(old.pop("probs"), new.pop("probs"), atol=2e-12)
        assert old == new
    assert committed["loops"] == now["loops"]
