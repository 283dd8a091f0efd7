"""Reward model: rewards as Qwen3ForSequenceClassification gives them, the loss as trl has it, learning."""

import math
from functools import partial
from pathlib import Path

import numpy as np
import pytest
import torch
from transformers import Qwen3ForSequenceClassification

from llmlib.scratch.dpo import preference_rows
from llmlib.scratch.reward import RewardModel, accuracy, bradley_terry, last_token, reward_loss
from llmlib.scratch.train import Settings, Stage, Table, train
from llmlib.scratch.transformer import Transformer
from tests.conftest import tiny_config, tiny_model, tiny_tokenizer

PAD = 3


def twins() -> tuple[RewardModel, Qwen3ForSequenceClassification]:
    """Ours and Hugging Face's, with the same weights."""
    torch.manual_seed(0)
    theirs = Qwen3ForSequenceClassification(tiny_config(num_labels=1)).eval()
    torch.nn.init.normal_(theirs.score.weight)
    ours = RewardModel(tiny_model())
    ours.backbone.model.load_state_dict(theirs.model.state_dict())
    ours.score.load_state_dict(theirs.score.state_dict())
    return ours.eval(), theirs


def test_last_token() -> None:
    assert last_token(torch.tensor([[5, 6, PAD, PAD], [5, PAD, 7, 8], [9, PAD, PAD, PAD]]), PAD).tolist() == [
        1,
        3,
        0,
    ]


def test_agrees_with_trl(tmp_path: Path) -> None:
    trl, datasets = pytest.importorskip("trl"), pytest.importorskip("datasets")
    ours, theirs = twins()
    texts = {
        "chosen": ["O gato dormia no sofá.", "Brasília, em 1960!"],
        "rejected": ["O gato até amanhã.", "Brasília era uma vez um gato que dormia."],
    }
    config = trl.RewardConfig(
        output_dir=str(tmp_path),
        per_device_train_batch_size=2,
        use_cpu=True,
        bf16=False,
        gradient_checkpointing=False,
        report_to="none",
        disable_tqdm=True,
    )
    trainer = trl.RewardTrainer(
        model=theirs,
        args=config,
        train_dataset=datasets.Dataset.from_dict(texts),
        processing_class=tiny_tokenizer(),
    )
    trainer.model.eval()
    batch = next(iter(trainer.get_train_dataloader()))
    wanted, outputs = trainer.compute_loss(trainer.model, dict(batch), return_outputs=True)
    ids = batch["input_ids"]
    rewards = ours(ids, last_token(ids, PAD))
    torch.testing.assert_close(rewards, outputs.logits[:, 0].float(), atol=1e-5, rtol=1e-5)
    chosen, rejected = ids.chunk(2)
    mask = torch.ones_like(chosen)
    total, size = reward_loss(ours, chosen, mask, rejected, mask, pad=PAD)
    torch.testing.assert_close(total / size, wanted, atol=1e-5, rtol=1e-5)


def test_bradley_terry_on_fixed_features_is_logistic_regression(tmp_path: Path) -> None:
    linear_model = pytest.importorskip("sklearn.linear_model")
    rng = np.random.default_rng(0)
    difference = rng.standard_normal((200, 4))
    won = rng.random(200) < 1 / (1 + np.exp(-difference @ [1.0, -2.0, 0.5, 0.0]))
    signed = torch.tensor(np.where(won[:, None], difference, -difference), dtype=torch.float32)
    both = np.concatenate([signed.numpy(), -signed.numpy()])
    theirs = linear_model.LogisticRegression(C=1e9, fit_intercept=False, tol=1e-9, max_iter=1000)
    theirs.fit(both, [1] * 200 + [0] * 200)
    head = torch.nn.Linear(4, 1, bias=False)

    def loss(forward, chosen: torch.Tensor, rejected: torch.Tensor) -> tuple[torch.Tensor, torch.Tensor]:
        return bradley_terry(forward(chosen)[:, 0], forward(rejected)[:, 0]).sum(), torch.tensor(len(chosen))

    settings = Settings(tokens=600 * 200 * 4, batch=200, muon_lr=0, adamw_lr=0.05, decay=0.9)
    train(head, [Stage("bt", Table(signed, torch.zeros(200, 4)))], settings, tmp_path, loss=loss)
    torch.testing.assert_close(
        head.weight[0].detach().double(), torch.tensor(theirs.coef_[0]).double(), atol=5e-3, rtol=0
    )


def test_preferences_are_learned(tmp_path: Path) -> None:
    """Short answers are preferred: a small model of our own learns that, and it holds for pairs not seen."""
    rng = np.random.default_rng(0)

    def answer(size: int) -> list[int]:
        return [*rng.integers(10, 40, size).tolist(), 2]

    examples = [([0, 5], answer(rng.integers(1, 4)), answer(rng.integers(6, 9))) for _ in range(80)]
    table, unseen = preference_rows(examples[:60], PAD), preference_rows(examples[60:], PAD)
    torch.manual_seed(0)
    model = RewardModel(Transformer(tiny_config()))
    total, size = reward_loss(model, *table.columns, pad=PAD)
    assert total.item() / size.item() == pytest.approx(math.log(2), abs=1e-6)
    assert accuracy(model, table, PAD) == 0.5
    settings = Settings(tokens=20 * 20 * table.length, batch=20, muon_lr=0, adamw_lr=1e-3)
    train(model, [Stage("reward", table)], settings, tmp_path, loss=partial(reward_loss, pad=PAD))
    assert accuracy(model, unseen, PAD) > 0.9
