"""Policy gradient: a model writes, a reward marks what it wrote, and what was marked above average is raised.

REINFORCE (Williams 1992, Machine Learning 8, 229-256), with two additions that made it the workhorse for
language models. The average to beat is that of the *other* answers to the same prompt (RLOO: Kool et al.
2019; Ahmadian et al. 2024, arXiv:2402.14740): no second network has to guess it. And each answer pays for
having become more probable than under the reference model (Ouyang et al. 2022, arXiv:2203.02155, equation 2):
beta times log p - log p_reference, whose mean is the distance KL(model || reference).

What is climbed is therefore   mean reward - beta × KL,   and `step` follows its gradient without bias.

Not here: who samples (`builders/alignment_curves.py` does, in batches), who rewards (`preference.py`,
`reward.py`), and the clipped, repeated steps of PPO.

Legend: P prompts, K answers to each, B = P × K rows, T tokens a row, V vocabulary.
"""

from __future__ import annotations

from collections.abc import Callable

import torch
from torch import Tensor, nn

from llmlib.scratch.dpo import answer_log_probs


def penalised(rewards: Tensor, log_p: Tensor, reference: Tensor, beta: float) -> Tensor:
    """Rewards (B,) minus what each answer pays for its distance: beta × (log p - log p_reference)."""
    return rewards - beta * (log_p.detach() - reference)


def leave_one_out(rewards: Tensor) -> Tensor:
    """How much better each answer is than the mean of the others to the same prompt: (P, K) -> (P, K).

    >>> leave_one_out(torch.tensor([[1.0, 0.0, 0.0]]))
    tensor([[ 1.0000, -0.5000, -0.5000]])
    """
    K = rewards.shape[1]
    if K < 2:
        raise ValueError("É preciso ao menos duas respostas a cada pergunta: cada uma se mede pelas outras.")
    others = (rewards.sum(1, keepdim=True) - rewards) / (K - 1)  # (P, K)
    return rewards - others


def policy_loss(log_p: Tensor, advantages: Tensor) -> Tensor:
    """Its gradient raises log p of an answer in proportion to its advantage. Both (B,); returns a scalar."""
    return -(advantages.detach() * log_p).mean()


def step(
    model: nn.Module,
    optimizer: torch.optim.Optimizer,
    ids: Tensor,
    mask: Tensor,
    rewards: Tensor,
    reference: Tensor,
    beta: float = 0.05,
    clip: float = 1.0,
) -> dict[str, float]:
    """One step on answers that `model` has just written.

    Args:
        ids, mask: (B, T), padded on the right; the mask marks answers. K rows of one prompt, then the next.
        rewards: (P, K). reference: (B,) log p of the answers under the model of the start.
    Returns: mean reward, mean log p - log p_reference (an estimate of the KL) and the gradient's length.
    """
    log_p = answer_log_probs(model, ids, mask)  # (B,)
    worth = penalised(rewards.flatten(), log_p, reference, beta).view_as(rewards)  # (P, K)
    loss = policy_loss(log_p, leave_one_out(worth).flatten())
    optimizer.zero_grad()
    loss.backward()
    norm = nn.utils.clip_grad_norm_(model.parameters(), clip)
    optimizer.step()
    distance = (log_p.detach() - reference).mean()
    return {"reward": rewards.mean().item(), "distance": distance.item(), "norm": norm.item()}


@torch.no_grad()
def sequence_kl(model: Callable, reference: Callable, ids: Tensor, mask: Tensor) -> Tensor:
    """How far `model` went, in nats, along each answer that it wrote: (B,).

    At every token of the answer the two next-token distributions are compared whole, so the mean over answers
    is KL(model || reference), with far less noise than the mean of log p - log p_reference has.
    """
    new, old = (getattr(out, "logits", out)[:, :-1].float() for out in (model(ids), reference(ids)))
    new, old = new.log_softmax(-1), old.log_softmax(-1)  # (B, T-1, V)
    gaps = (new.exp() * (new - old)).sum(-1)  # (B, T-1)
    return (gaps * mask[:, 1:]).sum(1)  # (B,)
