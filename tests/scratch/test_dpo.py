"""DPO: the loss as trl computes it, log-probabilities by hand, and preferences that are learned."""

import math
from functools import partial
from pathlib import Path

import pytest
import torch

from llmlib.scratch.dpo import (
    answer_log_probs,
    dpo_loss,
    preference_loss,
    preference_rows,
    ranked_right,
    with_reference,
)
from llmlib.scratch.train import Settings, Stage, train
from tests.conftest import tiny_model, tiny_tokenizer

EXAMPLES = [
    ([0, 9, 8], [20, 21, 2], [30, 2]),
    ([0, 7], [22, 2], [31, 32, 33, 2]),
    ([0, 5, 6, 7, 8], [23, 24, 2], [34, 2]),
]


def test_log_probs_by_hand() -> None:
    model = tiny_model()
    table = preference_rows(EXAMPLES, pad=3)
    found = answer_log_probs(model, *table.columns[:2])
    for (prompt, good, _), value in zip(EXAMPLES, found, strict=True):
        log_p = model(torch.tensor([prompt + good])).logits[0].log_softmax(-1)
        wanted = sum(log_p[len(prompt) + i - 1, token] for i, token in enumerate(good))
        torch.testing.assert_close(value, wanted, atol=1e-4, rtol=1e-5)


def test_loss_at_the_start_is_log_two() -> None:
    model = tiny_model()
    table = with_reference(model, preference_rows(EXAMPLES, pad=3))
    total, size = preference_loss(model, *table.columns)
    assert total.item() / size.item() == pytest.approx(math.log(2), abs=1e-6)
    assert ranked_right(model, table) == 0.5


@pytest.mark.parametrize(("beta", "sft"), [(0.1, 0.0), (0.7, 0.0), (0.1, 0.3)])
def test_agrees_with_trl(tmp_path: Path, beta: float, sft: float) -> None:
    trl, datasets = pytest.importorskip("trl"), pytest.importorskip("datasets")
    texts = {
        "prompt": ["O gato ", "A avó perguntou "],
        "chosen": ["dormia no sofá.", "qual é a capital do Brasil?"],
        "rejected": ["morava em 1960!", "até amanhã."],
    }
    model, reference = tiny_model(seed=1), tiny_model(seed=2)
    config = trl.DPOConfig(
        output_dir=str(tmp_path / "out"),
        per_device_train_batch_size=2,
        beta=beta,
        loss_type=["sigmoid", "sft"] if sft else ["sigmoid"],
        loss_weights=[1.0, sft] if sft else None,
        use_cpu=True,
        bf16=False,
        gradient_checkpointing=False,
        report_to="none",
        disable_tqdm=True,
    )
    trainer = trl.DPOTrainer(
        model=model,
        ref_model=reference,
        args=config,
        train_dataset=datasets.Dataset.from_dict(texts),
        processing_class=tiny_tokenizer(),
    )
    trainer.model.eval()
    batch = next(iter(trainer.get_train_dataloader()))
    wanted = trainer.compute_loss(trainer.model, dict(batch))
    wanted.backward()
    gradient = trainer.model.lm_head.weight.grad.clone()
    trainer.model.zero_grad()

    examples = []
    for ids, mask, valid in zip(
        batch["input_ids"], batch["completion_mask"], batch["attention_mask"], strict=True
    ):
        prompt = ids[(valid == 1) & (mask == 0)].tolist()
        examples.append((prompt, ids[mask == 1].tolist()))
    half = len(examples) // 2
    pairs = [(p, good, bad) for (p, good), (_, bad) in zip(examples[:half], examples[half:], strict=True)]
    table = with_reference(reference, preference_rows(pairs, pad=3))
    total, size = preference_loss(trainer.model, *table.columns, beta=beta, sft=sft)
    (total / size).backward()
    torch.testing.assert_close(total / size, wanted, atol=1e-5, rtol=1e-5)
    torch.testing.assert_close(trainer.model.lm_head.weight.grad, gradient, atol=1e-5, rtol=1e-4)


def test_margin_moves_the_loss_as_the_paper_says() -> None:
    a = torch.tensor([-1.0, -5.0])
    losses, margin = dpo_loss(a, a - 2, a - 1, a, beta=0.5)
    assert margin.tolist() == [1.5, 1.5]
    assert losses[0].item() == pytest.approx(-math.log(1 / (1 + math.exp(-1.5))), abs=1e-6)


def test_preferences_are_learned(tmp_path: Path) -> None:
    model = tiny_model()
    table = with_reference(model, preference_rows(EXAMPLES, pad=3))
    settings = Settings(tokens=30 * 3 * table.length, batch=3, muon_lr=0, adamw_lr=1e-3)
    loss = partial(preference_loss, beta=0.5)
    log = train(model, [Stage("dpo", table)], settings, tmp_path, loss=loss)
    assert log[0]["loss"] == pytest.approx(math.log(2), abs=1e-5)
    assert log[-1]["loss"] < 0.1
    assert ranked_right(model, table) == 1


def test_pairs_without_a_difference_are_refused() -> None:
    with pytest.raises(ValueError, match="exemplo 1: as duas respostas"):
        preference_rows([EXAMPLES[0], ([0], [5], [5])], pad=3)
