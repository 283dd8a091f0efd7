"""The timing's bookkeeping, on a clock that counts passes; the claim itself is measured in the chapter."""

import itertools

import torch

from llmlib.scratch.kv_timing import per_token
from llmlib.scratch.transformer import Transformer
from tests.conftest import tiny_config


def test_each_length_reads_one_token_with_the_cache_and_all_without(monkeypatch):
    model = Transformer(tiny_config(num_hidden_layers=1)).eval()
    read, plain = [], model.forward
    monkeypatch.setattr(
        model, "forward", lambda ids, cache=None: read.append(ids.shape[1]) or plain(ids, cache)
    )
    ticks = itertools.count()
    found = per_token(model, [1, 9], tries=2, clock=lambda: next(ticks) / 1000)
    assert read == [1, 1, 1, 1, 1, 8, 9, 1, 9, 1, 9]  # warming up, then in turns
    assert [each["tokens"] for each in found] == [1, 9]
    assert all(abs(each[way] - 1) < 1e-6 for each in found for way in ("cached", "uncached"))


def test_ids_stay_in_the_vocabulary():
    model = Transformer(tiny_config(num_hidden_layers=1, vocab_size=5)).eval()
    assert torch.isfinite(torch.tensor(per_token(model, [12], tries=1)[0]["cached"]))
