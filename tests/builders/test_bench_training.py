"""The training benchmark: every competitor really trains the same model, steps are counted, MFU adds up."""

import pytest
import torch

from builders import bench_training
from builders.bench_training import Case, large, mfu, operations
from builders.pretrain import sizes

TINY = sizes() | {
    "vocab_size": 347,
    "hidden_size": 32,
    "num_hidden_layers": 1,
    "num_attention_heads": 2,
    "num_key_value_heads": 1,
    "head_dim": 16,
    "intermediate_size": 48,
}


@pytest.mark.parametrize("accumulate", [1, 2])
def test_every_loop_takes_the_same_steps(monkeypatch: pytest.MonkeyPatch, accumulate: int) -> None:
    case = Case(TINY, 4, 16, accumulate, 3, "cpu", compiled=False)
    start, read = case.model().state_dict(), []
    build = case.model

    def watched() -> torch.nn.Module:
        model = build()
        assert all(torch.equal(tensor, start[name]) for name, tensor in model.state_dict().items())
        model.register_forward_pre_hook(
            lambda _, args, kwargs: read.append(kwargs.get("input_ids", args[0] if args else None).numel()),
            with_kwargs=True,
        )
        trained.append(model)
        return model

    monkeypatch.setattr(case, "model", watched)
    for run in (bench_training.ours, bench_training.trainer, bench_training.plain):
        read.clear()
        trained = []
        run(case)
        assert len(case.times) == case.steps == 6
        assert read == [4 * 16 // accumulate] * (6 * accumulate)
        assert not torch.equal(trained[0].lm_head.weight, start["lm_head.weight"])
        assert case.speed() > 0
        assert case.times == []


def test_report_compares_with_ours() -> None:
    case = Case(TINY, 4, 16, 1, 2, "cpu", compiled=False)
    text = bench_training.report(case, {"ours": [3000.0, 1500, 2000], "trainer": [2000.0, 1000, 1000]})
    assert "| our loop | 3,000 | × 1.00 | 1.00 to 1.00 |" in text
    assert "| Hugging Face Trainer | 2,000 | × 1.50 | 1.50 to 2.00 |" in text


def test_mfu() -> None:
    shape = large()
    assert operations(shape, 1024) == pytest.approx(6 * 124e6 + 6 * 12 * 768 * 1024, rel=0.02)
    assert mfu(1e6, shape, 1024, operations(shape, 1024) * 2e6) == 0.5
