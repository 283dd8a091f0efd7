"""A reward model: a number for how good an answer is, learned from which of two answers people preferred.

The language model reads prompt and answer; one linear layer turns its last hidden state, at the last token,
into the reward. By the model of Bradley and Terry, the chance that answer a is preferred to answer b is
σ(reward a - reward b), and training makes the preferences seen as likely as it can.
Sources: Bradley & Terry 1952; for language models Ouyang et al. 2022, arXiv:2203.02155, equation 1.

    reward = RewardModel(lm.model)
    train(reward, [Stage("reward", preference_rows(examples, pad=3))], settings, folder,
          loss=partial(reward_loss, pad=3))

The rows are those of `dpo.py`, which does without such a model. Not here: PPO, which would use it.

Legend: N examples, B of them in a batch, T tokens a row, D hidden size.
"""

from __future__ import annotations

from collections.abc import Callable

import torch
import torch.nn.functional as F
from torch import Tensor, nn

from llmlib.scratch.rows import Table


class RewardModel(nn.Module):
    """`backbone` (any causal model that returns hidden states) with a head that scores a text.

    The head starts at zero: at first every answer is worth the same. `score` is Hugging Face's name for it.
    """

    def __init__(self, backbone: nn.Module):
        super().__init__()
        self.backbone = backbone
        self.score = nn.Linear(backbone.config.hidden_size, 1, bias=False)  # D -> 1
        nn.init.zeros_(self.score.weight)

    def forward(self, ids: Tensor, last: Tensor) -> Tensor:
        """Rewards (B,) of texts: ids (B, T) padded on the right; last (B,): where the last real token is."""
        hidden = self.backbone(ids, output_hidden_states=True).hidden_states[-1]  # (B, T, D)
        at_end = hidden[torch.arange(len(ids), device=ids.device), last]  # (B, D)
        return self.score(at_end).squeeze(-1).float()  # (B,)


def last_token(ids: Tensor, pad: int) -> Tensor:
    """Place of the last token that is not padding: (B, T) -> (B,)."""
    places = torch.arange(ids.shape[1], device=ids.device)  # (T,)
    return (places * (ids != pad)).argmax(1)  # (B,)


def bradley_terry(chosen: Tensor, rejected: Tensor) -> Tensor:
    """-log p(chosen is preferred) = -log σ(reward of chosen - reward of rejected), each (B,)."""
    return -F.logsigmoid(chosen - rejected)


def both_rewards(forward: Callable, chosen: Tensor, rejected: Tensor, pad: int) -> tuple[Tensor, Tensor]:
    """Rewards (B,) of the chosen and (B,) of the rejected texts, read in one batch."""
    ids = torch.cat([chosen, rejected])  # (2B, T)
    first, second = forward(ids, last_token(ids, pad)).chunk(2)
    return first, second


def reward_loss(
    forward: Callable, chosen: Tensor, _: Tensor, rejected: Tensor, *__: Tensor, pad: int
) -> tuple[Tensor, Tensor]:
    """The loss for `train`, over the columns of `dpo.preference_rows`: its sum over a batch, and the size."""
    losses = bradley_terry(*both_rewards(forward, chosen, rejected, pad))
    return losses.sum(), torch.tensor(float(len(losses)), device=losses.device)


@torch.no_grad()
def accuracy(model: RewardModel, table: Table, pad: int, batch: int = 16) -> float:
    """Share of the pairs in which the chosen answer has the higher reward; a tie counts half."""
    device, training = next(model.parameters()).device, model.training
    model.eval()
    right = 0.0
    for start in range(0, len(table), batch):
        chosen, _, rejected, *_ = (column[start : start + batch].to(device) for column in table.columns)
        good, bad = both_rewards(model, chosen, rejected, pad)
        right += ((good > bad).float() + (good == bad).float() / 2).sum().item()
    model.train(training)
    return right / len(table)
