"""Policy gradient: the mean step is the exact gradient of reward - beta × KL, over every answer there is."""

import itertools

import pytest
import torch
from torch import nn

from llmlib.scratch.dpo import answer_log_probs
from llmlib.scratch.policy import leave_one_out, penalised, policy_loss, sequence_kl, step
from tests.conftest import tiny_model

ANSWERS = list(itertools.product(range(3), repeat=2))  # every answer of two tokens over a vocabulary of three
BETA = 0.4


class Bigram(nn.Module):
    """Logits of the next token by the last one: small enough to add up everything."""

    def __init__(self, seed: int):
        super().__init__()
        torch.manual_seed(seed)
        self.table = nn.Parameter(torch.randn(4, 3, dtype=torch.float64))

    def forward(self, ids: torch.Tensor) -> torch.Tensor:
        return self.table[ids]


def every() -> tuple[torch.Tensor, torch.Tensor]:
    ids = torch.tensor([[3, *answer] for answer in ANSWERS])
    return ids, torch.tensor([[0, 1, 1]] * len(ids))


REWARDS = torch.tensor([0.0, 1.0, -2.0, 0.5, 3.0, 0.0, 0.2, -1.0, 1.5], dtype=torch.float64)


def test_advantages_by_hand() -> None:
    found = leave_one_out(torch.tensor([[3.0, 1.0, 2.0], [5.0, 5.0, 5.0]]))
    assert found.tolist() == [[1.5, -1.5, 0.0], [0.0, 0.0, 0.0]]
    with pytest.raises(ValueError, match="ao menos duas respostas"):
        leave_one_out(torch.zeros(4, 1))


def test_the_mean_step_is_the_exact_gradient() -> None:
    model, reference = Bigram(0), Bigram(1)
    ids, mask = every()
    before = answer_log_probs(reference, ids, mask).detach().double()
    log_p = answer_log_probs(model, ids, mask)  # float32 inside: tolerances are its own
    p = log_p.exp()
    objective = (p * REWARDS).sum() - BETA * (p * (log_p - before)).sum()
    (wanted,) = torch.autograd.grad(objective, model.table)

    found = torch.zeros_like(wanted)
    for i, j in itertools.product(range(9), repeat=2):  # every pair of answers that could be drawn
        both = torch.tensor([i, j])
        log_p = answer_log_probs(model, ids[both], mask[both])
        worth = penalised(REWARDS[both], log_p, before[both], BETA).view(1, 2)
        (gradient,) = torch.autograd.grad(policy_loss(log_p, leave_one_out(worth).flatten()), model.table)
        found -= gradient * (p[i] * p[j]).detach()  # the loss descends, the objective climbs
    torch.testing.assert_close(found, wanted, atol=1e-5, rtol=1e-4)


def test_kl_agrees_with_the_sum_over_every_answer() -> None:
    model, reference = Bigram(0), Bigram(1)
    ids, mask = every()
    new, old = (answer_log_probs(m, ids, mask).detach() for m in (model, reference))
    wanted = (new.exp() * (new - old)).sum()
    found = (new.exp() * sequence_kl(model, reference, ids, mask)).sum()
    torch.testing.assert_close(found, wanted, atol=1e-5, rtol=1e-4)
    assert sequence_kl(model, model, ids, mask).abs().max() < 1e-6


def climb(beta: float, rounds: int = 60) -> tuple[float, float]:
    """Share of rewarded tokens and the distance, after climbing: the reward likes token 7."""
    model, reference = tiny_model(), tiny_model()
    optimizer = torch.optim.Adam(model.parameters(), 3e-3)
    generator = torch.Generator().manual_seed(0)
    mask = torch.tensor([[0, 1]] * 32)
    for _ in range(rounds):
        with torch.no_grad():
            p = model(torch.tensor([[5]])).logits[0, -1].softmax(-1)
        drawn = torch.multinomial(p, 32, replacement=True, generator=generator)
        ids = torch.stack([torch.full((32,), 5), drawn], 1)
        rewards = torch.isin(drawn, torch.arange(100)).float().view(8, 4)
        before = answer_log_probs(reference, ids, mask).detach()
        told = step(model, optimizer, ids, mask, rewards, before, beta=beta)
    assert set(told) == {"reward", "distance", "norm"}
    kl = sequence_kl(model, reference, ids[:1], mask[:1]).item()
    with torch.no_grad():
        return model(torch.tensor([[5]])).logits[0, -1].softmax(-1)[:100].sum().item(), kl


def test_the_reward_is_climbed_and_beta_holds_back() -> None:
    start = tiny_model()(torch.tensor([[5]])).logits[0, -1].softmax(-1)[:100].sum().item()
    free, far = climb(beta=0.0)
    held, near = climb(beta=3.0)
    assert free > max(0.9, start + 0.1)
    assert near < far / 3
    assert held < free
