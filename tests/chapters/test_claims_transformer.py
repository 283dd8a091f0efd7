"""What `transformer` says in words holds for the bundled weights; its numbers are computed on the page."""

from __future__ import annotations

from itertools import combinations

import pytest
import torch

from llmlib import corpus
from llmlib.data import model_path
from llmlib.scratch import counting, lens, patching
from llmlib.scratch.kv_cache import KVCache
from llmlib.scratch.transformer import Transformer


@pytest.fixture(scope="module")
def model() -> Transformer:
    return Transformer.from_folder(model_path("mini-base"))


@pytest.fixture(scope="module")
def lm():
    from llmlib import load

    return load("mini-base", device="cpu")


def ids(lm, text: str) -> torch.Tensor:
    return torch.tensor([[lm.bos, *lm.tokenizer(text, add_special_tokens=False)["input_ids"]]])


@torch.no_grad()
def test_our_code_with_the_bundled_weights_gives_the_librarys_logits(model, lm) -> None:
    for text in ("O gato subiu no telhado da casa", "🙂 مرحبا", " "):
        ours, theirs = model(ids(lm, text)).logits, lm.model(ids(lm, text)).logits
        assert (ours - theirs).abs().max() < 1e-3  # of logits up to 30
        assert ours.argmax(-1).equal(theirs.argmax(-1))


@torch.no_grad()
def test_layers_settle_the_answer_one_after_the_other_and_the_last_settles_many(model, lm) -> None:
    texts = [t for t in corpus("mini", "valid") if len(t) > 200][:6]
    rows = torch.cat([lens.settled(lens.logit_lens(model, ids(lm, t)[:, :64])) for t in texts])
    last = model.config.num_hidden_layers
    assert (rows == last).float().mean() > 0.3  # "o resto a última camada ainda muda"
    assert (rows < last).float().mean() > 0.05
    own = lens.logit_lens(model, ids(lm, texts[0])[:, :64])[0].argmax(-1)
    assert (own == ids(lm, texts[0])[0, :64]).float().mean() > 0.8  # the embedding says the token itself


def two_capitals(lm) -> tuple[torch.Tensor, torch.Tensor, tuple[int, int]]:
    """Two questions of as many tokens whose favourite answers differ: their ids, and the answers."""
    names = ("do Peru", "da Itália", "do Chile", "da França", "do Egito")
    asked = [ids(lm, f"Pergunta: Qual é a capital {name}?\nResposta:") for name in names]
    for one, other in combinations(asked, 2):
        best = tuple(lm.next(each[0].tolist(), k=1)["top"][0]["id"] for each in (one, other))
        if one.shape == other.shape and best[0] != best[1]:
            return one, other, best
    pytest.skip("no two of these questions are as long and answered differently")


def test_the_answer_leaves_the_country_for_the_end_in_the_last_layers(model, lm) -> None:
    one, other, answers = two_capitals(lm)
    moved = patching.effects(model, one, other, answers)
    differ = (one != other)[0].nonzero()[:, 0]
    assert moved[0][differ].max() > 0.3
    assert moved[1, -1] < 0.3
    assert moved[-1, -1] == pytest.approx(1, abs=1e-3)


@torch.no_grad()
def test_reading_checks_what_writing_wrote_and_cannot_write(model, lm) -> None:
    start = ids(lm, "Era uma vez um gato")
    cache, now, written = KVCache(), start, []
    for _ in range(20):
        written.append(model(now, cache).logits[0, -1].argmax().item())
        now = torch.tensor([[written[-1]]])
    whole = torch.cat([start, torch.tensor([written[:-1]])], 1)
    assert model(whole).logits[0].argmax(-1)[-20:].tolist() == written
    blank = torch.cat([start, torch.full((1, 19), lm.tokenizer.pad_token_id)], 1)
    guess = model(blank).logits[0].argmax(-1)[-20:].tolist()
    assert guess[0] == written[0]
    assert sum(a == b for a, b in zip(guess[1:], written[1:], strict=True)) < 10


def test_writing_with_a_cache_is_about_as_much_arithmetic_as_reading(model) -> None:
    read = sum(counting.flops(model.config, 53).values())
    assert 0.8 < counting.writing(model.config, 6, 48) / read < 1.2
    assert counting.writing(model.config, 6, 48, cached=False) > 10 * read
