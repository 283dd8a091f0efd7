"""The engine's gradients and AdamW steps against torch, in WebAssembly and in plain JavaScript."""

import random

import numpy as np
import pytest
import torch
from torch.nn.functional import cross_entropy

from llmlib.scratch.transformer import Config, Transformer

# A trainer with given weights; `tokens` decides how many rows go at a time.
MAKE = """const [config, weights, code, tokens] = args;
const trainer = LLM.testing = new LLM.Trainer(config, code ? LLM.bytes(LLM.trainWasm) : null, tokens);
for (const [name, values] of Object.entries(weights)) trainer.weights[name].set(values);
return trainer.kernel.name"""


@pytest.fixture(params=["wasm", "js"])
def host(request):
    return request.param


def random_config(seed: int) -> Config:
    """Nothing agrees by chance: odd head counts, groups of 1 to 3, sizes that are no multiples of four."""
    rng = random.Random(seed)
    groups, kv = rng.choice([1, 2, 3]), rng.choice([1, 2, 3])
    return Config(
        vocab_size=rng.randrange(20, 60),
        hidden_size=rng.randrange(9, 40),
        intermediate_size=rng.randrange(9, 50),
        num_hidden_layers=rng.choice([1, 2, 3]),
        num_attention_heads=groups * kv,
        num_key_value_heads=kv,
        head_dim=2 * rng.randrange(2, 9),
        max_position_embeddings=rng.choice([3, 8, 17, 33, 48]),
        rope_theta=rng.choice([1e4, 1e6]),
    )


def make(node, host, config: Config, seed: int, tokens: int = 256) -> Transformer:
    """A torch model with uneven weights, and a trainer with the same in the engine."""
    torch.manual_seed(seed)
    model = Transformer(config)
    with torch.no_grad():
        for p in model.parameters():
            p.normal_(0, 0.7 / p.shape[-1] ** 0.5) if p.ndim == 2 else p.uniform_(0.5, 1.5)
    weights = {name: p.detach().flatten().tolist() for name, p in model.named_parameters()}
    config = vars(config)
    assert node.run(MAKE, config, weights, host == "wasm", tokens) == host
    return model


def rows(config: Config, count: int, seed: int) -> torch.Tensor:
    shape = (count, config.max_position_embeddings + 1)
    return torch.from_numpy(np.random.default_rng(seed).integers(0, config.vocab_size, shape))


def loss_of(model: Transformer, ids: torch.Tensor) -> torch.Tensor:
    return cross_entropy(model(ids[:, :-1]).logits.flatten(0, 1), ids[:, 1:].flatten())


@pytest.mark.parametrize("seed", range(6))
def test_every_gradient_agrees_with_torch(node, host, seed):
    config = random_config(seed)
    model = make(node, host, config, seed, tokens=2 * config.max_position_embeddings)  # 5 rows: 2, 2, 1
    ids = rows(config, 5, seed)
    ours = node.run(
        "return {loss: LLM.testing.loss(args[0], true), gradients: LLM.testing.gradients}",
        ids.flatten().tolist(),
    )
    loss = loss_of(model, ids)
    loss.backward()
    assert ours["loss"] == pytest.approx(loss.item(), rel=1e-6)
    assert ours["gradients"].keys() == {name for name, _ in model.named_parameters()}
    for name, p in model.named_parameters():
        theirs = p.grad.flatten().numpy()
        np.testing.assert_allclose(
            ours["gradients"][name], theirs, rtol=0, atol=2e-5 * np.abs(theirs).max(), err_msg=name
        )


@pytest.mark.parametrize(("seed", "decay", "clip"), [(1, 0.0, 1.0), (3, 0.1, 0.3), (4, 0.0, 1e9)])
def test_the_losses_of_100_adamw_steps_follow_torch(node, host, seed, decay, clip):
    """Losses, never weights: Adam divides by the gradient's size, so those with a tiny one may differ."""
    config = random_config(seed)
    model = make(node, host, config, seed)
    optimizer = torch.optim.AdamW(model.parameters(), 2e-3, (0.9, 0.95), 1e-8, weight_decay=decay)
    theirs, norms, batches = [], [], []
    for step in range(100):
        batches.append(rows(config, 3, step % 7))  # few batches: the losses fall
        optimizer.param_groups[0]["lr"] = 2e-3 if step < 50 else 1e-3
        optimizer.zero_grad()
        loss = loss_of(model, batches[-1])
        loss.backward()
        norms.append(torch.nn.utils.clip_grad_norm_(model.parameters(), clip).item())
        optimizer.step()
        theirs.append(loss.item())
    ours = node.run(
        """const [batches, decay, clip] = args;
        return batches.map((ids, i) => LLM.testing.step(ids, {rate: i < 50 ? 2e-3 : 1e-3, decay, clip}))""",
        [batch.flatten().tolist() for batch in batches],
        decay,
        clip,
    )
    assert theirs[-1] < theirs[0] - 0.2
    np.testing.assert_allclose([step["loss"] for step in ours], theirs, atol=2e-4)
    np.testing.assert_allclose([step["norm"] for step in ours], norms, rtol=2e-3)


def test_measuring_a_loss_changes_nothing(node, host):
    config = random_config(2)
    make(node, host, config, 2)
    ids = rows(config, 4, 0).flatten().tolist()
    first, second, weights = node.run(
        """const before = LLM.testing.arrays.w.slice(), {gradients} = LLM.testing;
        const losses = [LLM.testing.loss(args[0]), LLM.testing.loss(args[0], true)];
        return [...losses, LLM.testing.arrays.w.every((x, i) => x === before[i])]""",
        ids,
    )
    assert (first, weights) == (second, True)


def test_both_hosts_give_the_same_numbers(node):
    config, losses = random_config(5), {}
    ids = rows(config, 4, 1).flatten().tolist()
    for host in ("wasm", "js"):
        make(node, host, config, 5)
        losses[host] = node.run("return LLM.testing.loss(args[0])", ids)
    assert losses["wasm"] == pytest.approx(losses["js"], rel=1e-6)
    assert losses["wasm"] != losses["js"]  # they are two programs


def test_a_loss_that_is_no_number_is_told(node, host):
    config = random_config(0)
    make(node, host, config, 0)
    ids = rows(config, 2, 0).flatten().tolist()
    loss = node.run(
        "LLM.testing.weights['model.norm.weight'].fill(NaN); return String(LLM.testing.loss(args[0]))", ids
    )
    assert loss == "NaN"
