"""Train a language model: the loop that every model of this course goes through.

It reads rows of token ids from files, and at each step predicts every next token, measures the loss,
computes the gradients and moves the weights: by Muon the matrices inside the blocks, by AdamW the rest.
It runs on one process or many (`torchrun`), saves checkpoints, and resumes from them with nothing lost.
It does not make the rows (`builders/pretrain.py` does) and knows nothing of the model except that
`model(ids)` gives logits, or an object that holds them as `.logits`.
"""

from __future__ import annotations

import json
import math
import os
import time
from collections.abc import Callable, Sequence
from contextlib import nullcontext
from dataclasses import asdict, dataclass
from functools import lru_cache
from pathlib import Path

import numpy as np
import torch
import torch.distributed as dist
import torch.nn.functional as F
from torch import Tensor, nn
from tqdm.auto import tqdm

from llmlib.scratch.checkpoint import restore, save
from llmlib.scratch.muon import Muon


class TrainingError(RuntimeError):
    """Training cannot go on; the message says why and what to do."""


@dataclass(frozen=True)
class Settings:
    """How to train. One step reads `batch` rows, shared by the processes, each in `accumulate` parts."""

    tokens: int
    batch: int = 16
    accumulate: int = 1
    muon_lr: float = 0.02
    adamw_lr: float = 3e-3
    warmup: float = 0.01  # share of the run, at its start, during which the rates climb from zero
    decay: float = 1 / 3  # share of the run, at its end, during which the rates fall to zero
    clip: float = 1.0  # longest gradient allowed
    precision: str = "float32"  # or "bfloat16": faster where the processor has it
    seed: int = 0
    minutes: float | None = None  # stop by then, with the decay finished
    save_every: int = 200
    measure_every: int = 250


FREE = ("minutes", "save_every", "measure_every")  # settings that may change when a run is resumed


@lru_cache(maxsize=4)
def _order(rows: int, seed: int, epoch: int) -> np.ndarray:
    return np.random.default_rng([seed, epoch]).permutation(rows) if epoch else np.arange(rows)


class Rows:
    """Rows of `length` token ids (uint16) with a loss weight (uint8) each, left on disk, read as needed."""

    def __init__(self, prefix: str | Path, length: int) -> None:
        self.tokens = np.memmap(f"{prefix}.tokens.bin", np.uint16, "r").reshape(-1, length)
        self.weights = np.memmap(f"{prefix}.weights.bin", np.uint8, "r").reshape(-1, length)

    def pick(self, start: int, count: int, seed: int) -> tuple[Tensor, Tensor]:
        """Rows from `start` on, without end: ids (count, length) int64, weights float32.

        First in the order of the file, which may go from easy to hard; then shuffled, anew in each epoch.
        """
        size = len(self.tokens)
        chosen = [_order(size, seed, i // size)[i % size] for i in range(start, start + count)]
        ids, weights = self.tokens[chosen].astype(np.int64), self.weights[chosen].astype(np.float32)
        return torch.from_numpy(ids), torch.from_numpy(weights)


@dataclass(frozen=True)
class Stage:
    """A part of the run: it reads `rows` until this share of the whole run is done."""

    name: str
    rows: Rows
    until: float = 1.0


def optimizers(model: nn.Module, settings: Settings) -> list[torch.optim.Optimizer]:
    """Muon for the matrices inside the blocks, AdamW for embeddings, output and norms."""
    hidden, rest = [], []
    for name, p in model.named_parameters():
        inside = p.ndim == 2 and "embed" not in name and "lm_head" not in name
        (hidden if inside else rest).append(p)
    chosen: list[torch.optim.Optimizer] = [Muon(hidden, settings.muon_lr)] if hidden else []
    return [*chosen, torch.optim.AdamW(rest, settings.adamw_lr, betas=(0.9, 0.95), weight_decay=0.0)]


def rate(done: float, settings: Settings) -> float:
    """Share of the full learning rate when `done` (0 to 1) of the run is done: climb, plateau, fall."""
    climb = done / settings.warmup if settings.warmup else 1.0
    fall = (1 - done) / settings.decay if settings.decay else 1.0
    return max(0.0, min(1.0, climb, fall))


def next_token_loss(logits: Tensor, ids: Tensor, weights: Tensor) -> Tensor:
    """Sum over rows of -log p(next token) × its weight. logits (B, T, V), ids and weights (B, T)."""
    logits, targets = logits[:, :-1].float(), ids[:, 1:]
    losses = F.cross_entropy(logits.flatten(0, 1), targets.flatten(), reduction="none")
    return (losses * weights[:, 1:].flatten()).sum()


def processes(device: torch.device) -> tuple[int, int]:
    """(number of this process, how many there are); meets the others when started by torchrun."""
    if "WORLD_SIZE" not in os.environ:
        return 0, 1
    if not dist.is_initialized():
        dist.init_process_group("nccl" if device.type == "cuda" else "gloo")
    return dist.get_rank(), dist.get_world_size()


def gradients(
    forward: Callable[[Tensor], object],
    ids: Tensor,
    weights: Tensor,
    settings: Settings,
    device: torch.device,
) -> Tensor:
    """Add the gradients of the weighted mean loss over ids, weights (batch, T); returns that loss."""
    rank, world = processes(device)
    total = weights[:, 1:].sum().clamp(min=1)
    size = settings.batch // world // settings.accumulate
    half = torch.autocast(device.type, torch.bfloat16, enabled=settings.precision == "bfloat16")
    loss = torch.zeros((), device=device)
    for i in range(settings.accumulate):
        part = slice((rank * settings.accumulate + i) * size, (rank * settings.accumulate + i + 1) * size)
        x, w = ids[part].to(device), weights[part].to(device)
        waits = world > 1 and i < settings.accumulate - 1  # only the last part talks to the other processes
        with forward.no_sync() if waits else nullcontext():
            with half:
                out = forward(x)
            share = next_token_loss(getattr(out, "logits", out), x, w) / total
            (share * world).backward()  # the processes' gradients are averaged: × world makes it a sum
        loss += share.detach()
    if world > 1:
        dist.all_reduce(loss)
    return loss


def progress(position: dict, settings: Settings, device: torch.device) -> float:
    """Share of the run that is done, by tokens or time, whichever is further; equal in all processes."""
    done = position["tokens"] / settings.tokens
    if settings.minutes:
        done = max(done, position["seconds"] / 60 / settings.minutes)
    shared = torch.tensor(done, device=device, dtype=torch.float64)
    if processes(device)[1] > 1:
        dist.broadcast(shared, 0)
    return shared.item()


def train(
    model: nn.Module,
    stages: Sequence[Stage],
    settings: Settings,
    folder: str | Path,
    resume: bool = False,
    measure: Callable[[nn.Module], dict] | None = None,
    forward: Callable[[Tensor], object] | None = None,
) -> list[dict]:
    """Train `model` in place; returns the log, one dict a step, also written to `folder/log.jsonl`.

    `folder/checkpoint.safetensors` is what `resume` goes on from. `measure(model)` gives figures to add to
    the log now and then. `forward` is used instead of `model` to compute logits (a compiled version, say).
    Raises TrainingError for a loss that is no number, or a checkpoint made with other settings.
    """
    folder = Path(folder)
    folder.mkdir(parents=True, exist_ok=True)
    checkpoint, log_file = folder / "checkpoint.safetensors", folder / "log.jsonl"
    device = next(model.parameters()).device
    rank, world = processes(device)
    if settings.batch % (world * settings.accumulate):
        raise TrainingError(f"batch={settings.batch} não se divide por {world} processos × accumulate.")
    chosen = optimizers(model, settings)
    rates = [group["lr"] for optimizer in chosen for group in optimizer.param_groups]
    recipe = {k: v for k, v in asdict(settings).items() if k not in FREE}
    position = {"step": 0, "tokens": 0, "seconds": 0.0, "read": [0] * len(stages), "recipe": recipe}
    log: list[dict] = []
    if resume and checkpoint.exists():
        position = restore(checkpoint, model, chosen)
        if position["recipe"] != recipe:
            raise TrainingError(f"{checkpoint} veio de outra configuração: repita-a ou apague o arquivo.")
        log = [json.loads(line) for line in log_file.read_text().splitlines()][: position["step"]]
    if rank == 0:
        log_file.write_text("".join(json.dumps(entry) + "\n" for entry in log))
    if world > 1:
        forward = nn.parallel.DistributedDataParallel(model)
    elif forward is None:
        forward = model
    step_tokens = settings.batch * stages[0].rows.tokens.shape[1]
    bar = tqdm(
        total=settings.tokens, initial=position["tokens"], unit="tok", unit_scale=True, disable=rank > 0
    )
    start = time.monotonic() - position["seconds"]

    while (done := progress(position, settings, device)) < 1:
        number = next(i for i, stage in enumerate(stages) if done < stage.until)
        ids, weights = stages[number].rows.pick(position["read"][number], settings.batch, settings.seed)
        loss = gradients(forward, ids, weights, settings, device).item()
        if not math.isfinite(loss):
            raise TrainingError(
                f"A perda deixou de ser um número no passo {position['step']}: use uma taxa de aprendizado"
                " menor e retome do último ponto salvo."
            )
        norm = nn.utils.clip_grad_norm_(model.parameters(), settings.clip).item()
        for group, full in zip((g for o in chosen for g in o.param_groups), rates, strict=True):
            group["lr"] = full * rate(done, settings)
        for optimizer in chosen:
            optimizer.step()
            optimizer.zero_grad()
        position["step"] += 1
        position["tokens"] += step_tokens
        position["read"][number] += settings.batch
        position["seconds"] = time.monotonic() - start

        entry = {"step": position["step"], "tokens": position["tokens"], "stage": stages[number].name}
        entry |= {"loss": loss, "norm": norm, "rate": rate(done, settings), "seconds": position["seconds"]}
        if measure and rank == 0 and position["step"] % settings.measure_every == 0:
            entry |= measure(model)
        log.append(entry)
        bar.update(step_tokens)
        bar.set_postfix(stage=stages[number].name, loss=f"{loss:.3f}", refresh=False)
        if rank == 0:
            with log_file.open("a") as file:
                file.write(json.dumps(entry) + "\n")
            if position["step"] % settings.save_every == 0:
                save(checkpoint, model, chosen, position)
    if rank == 0:
        save(checkpoint, model, chosen, position)
    bar.close()
    return log
