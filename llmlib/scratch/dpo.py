"""DPO: teach a model which of two answers is better, without a reward model and without sampling.

For each prompt there is a chosen and a rejected answer. The model learned by SFT is kept as the reference;
the one in training is asked to raise the probability of the chosen answer and lower that of the rejected one
relative to it. How far it may drift is set by beta: the smaller, the farther.
Source: Rafailov et al. 2023, "Direct Preference Optimization", arXiv:2305.18290, equation 7.

    table = with_reference(model, preference_rows(examples, pad=3))
    train(model, [Stage("dpo", table)], settings, folder, loss=preference_loss)

Not here: where preferences come from (`builders/corpus/preferences.py`) and the loop (`train.py`).

Legend: N examples, B of them in a batch, T tokens a row, V vocabulary.
"""

from __future__ import annotations

from collections.abc import Callable, Sequence

import torch
import torch.nn.functional as F
from torch import Tensor, nn

from llmlib.scratch.rows import Table


def answer_log_probs(forward: Callable, ids: Tensor, mask: Tensor) -> Tensor:
    """log p(answer | prompt) of each row: the sum over the tokens that `mask` marks.

    Args: ids (B, T) integers, padded on the right; mask (B, T), 1 on the answer's tokens. Returns (B,).
    """
    out = forward(ids)
    logits = getattr(out, "logits", out)[:, :-1].float()  # (B, T-1, V)
    log_p = -F.cross_entropy(logits.transpose(1, 2), ids[:, 1:], reduction="none")  # (B, T-1)
    return (log_p * mask[:, 1:]).sum(1)  # (B,)


def dpo_loss(
    chosen: Tensor, rejected: Tensor, reference_chosen: Tensor, reference_rejected: Tensor, beta: float = 0.1
) -> tuple[Tensor, Tensor]:
    """-log σ(margin), where margin = beta × (how much more the chosen answer rose than the rejected one).

    Args: log-probabilities (B,) of both answers under the model in training and under the reference.
    Returns: the losses (B,) and the margins (B,); a margin above zero is a pair ranked right.
    """
    risen = chosen - reference_chosen  # (B,) implicit reward of the chosen answer, over beta
    fallen = rejected - reference_rejected  # (B,)
    margin = beta * (risen - fallen)  # (B,)
    return -F.logsigmoid(margin), margin


def preference_loss(
    forward: Callable,
    chosen: Tensor,
    chosen_mask: Tensor,
    rejected: Tensor,
    rejected_mask: Tensor,
    reference: Tensor,
    beta: float = 0.1,
    sft: float = 0.0,
) -> tuple[Tensor, Tensor]:
    """The loss for `train`: sum of `dpo_loss` over a batch, and its size. Another beta: functools.partial.

    DPO asks only that the chosen answer rise more than the rejected one: both may fall, and what rises in
    their place was never judged. `sft` adds that share of the ordinary loss on the chosen answer, which holds
    it up (Pang et al. 2024, arXiv:2404.19733).
    Args: ids and masks (B, T) of `preference_rows`; reference (B, 2) of `with_reference`.
    """
    both = answer_log_probs(forward, torch.cat([chosen, rejected]), torch.cat([chosen_mask, rejected_mask]))
    good, bad = both.chunk(2)  # (B,) each
    losses, _ = dpo_loss(good, bad, *reference.unbind(1), beta=beta)  # (B,)
    losses = losses - sft * good.sum() / chosen_mask.sum()  # the second term: a mean over tokens
    return losses.sum(), torch.tensor(float(len(losses)), device=losses.device)


def preference_rows(examples: Sequence[tuple[list[int], list[int], list[int]]], pad: int) -> Table:
    """Rows of (prompt, chosen answer, rejected answer), each a list of token ids.

    Columns: ids and answer mask of the chosen text, ids and mask of the rejected one, all (N, T), where T is
    the longest text. Raises ValueError for a pair with an empty or twice the same answer.
    """
    longest = max(len(prompt) + max(len(good), len(bad)) for prompt, good, bad in examples)
    columns = [torch.full((len(examples), longest), pad) for _ in range(4)]
    for mask in columns[1::2]:
        mask.zero_()
    for i, (prompt, good, bad) in enumerate(examples):
        if not good or not bad or good == bad:
            raise ValueError(f"exemplo {i}: as duas respostas devem existir e ser diferentes.")
        for ids, mask, answer in ((*columns[:2], good), (*columns[2:], bad)):
            ids[i, : len(prompt) + len(answer)] = torch.tensor(prompt + answer)
            mask[i, len(prompt) : len(prompt) + len(answer)] = 1
    return Table(*columns, length=2 * longest)


@torch.no_grad()
def with_reference(model: nn.Module, table: Table, batch: int = 16) -> Table:
    """The table with one more column (N, 2): log p of both answers under `model` as it is now.

    The reference never changes, so its answers are weighed once, before training.
    """
    device, training = next(model.parameters()).device, model.training
    model.eval()
    found = []
    for start in range(0, len(table), batch):
        good, good_mask, bad, bad_mask = (c[start : start + batch].to(device) for c in table.columns)
        pair = [answer_log_probs(model, good, good_mask), answer_log_probs(model, bad, bad_mask)]
        found.append(torch.stack(pair, 1).cpu())
    model.train(training)
    return Table(*table.columns, torch.cat(found), length=table.length)


@torch.no_grad()
def ranked_right(model: nn.Module, table: Table, beta: float = 0.1, batch: int = 16) -> float:
    """Share of the pairs in which the chosen answer rose more than the rejected one (0.5 at the start)."""
    now, before = with_reference(model, Table(*table.columns[:4]), batch).columns[4], table.columns[4]
    _, margin = dpo_loss(now[:, 0], now[:, 1], before[:, 0], before[:, 1], beta)
    return ((margin > 0).float() + (margin == 0).float() / 2).mean().item()
