"""Train a language model: the loop that every model of this course goes through.

At each step it reads rows (`rows.py`), asks a loss function how wrong the model is on them, computes the
gradients and moves the weights: by Muon the matrices inside the blocks, by AdamW the rest. The default loss
is that of predicting every next token; masked models, translation, SFT and DPO bring their own.
It runs on one process or many (`torchrun`), saves checkpoints, and resumes from them with nothing lost.
It does not make the rows (`builders/` does) and knows nothing of the model except what the loss asks of it.
"""

from __future__ import annotations

import json
import math
import time
from collections.abc import Callable, Sequence
from contextlib import nullcontext
from dataclasses import asdict, dataclass
from pathlib import Path

import torch
import torch.distributed as dist
import torch.nn.functional as F
from torch import Tensor, nn
from tqdm.auto import tqdm

from llmlib.scratch.checkpoint import TrainingError, restore, save, writing
from llmlib.scratch.muon import Muon
from llmlib.scratch.parallel import processes, together, whole
from llmlib.scratch.rows import Rows, Stage, Table

__all__ = ["Rows", "Settings", "Stage", "Table", "TrainingError", "next_token_loss", "predict_next", "train"]


@dataclass(frozen=True)
class Settings:
    """How to train. One step reads `batch` rows, shared by the processes, each in `accumulate` parts.

    `batch` counts rows of the first stage; a stage of longer rows reads as many tokens in fewer rows.
    """

    tokens: int
    batch: int = 16
    accumulate: int = 1
    muon_lr: float = 0.02  # 0: AdamW alone, for every weight
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
Loss = Callable[..., tuple[Tensor, Tensor]]  # loss(forward, *rows) -> sum of losses, sum of their weights


def optimizers(model: nn.Module, settings: Settings) -> list[torch.optim.Optimizer]:
    """Muon for the matrices inside the blocks, AdamW for embeddings, output and norms."""
    tables = {id(p) for m in model.modules() if isinstance(m, nn.Embedding) for p in m.parameters()}
    hidden, rest = [], []
    for name, p in model.named_parameters():
        outside = id(p) in tables or any(part in name for part in ("embed", "lm_head", "score", "classifier"))
        if p.requires_grad:
            (hidden if settings.muon_lr and p.ndim == 2 and not outside else rest).append(p)
    chosen: list[torch.optim.Optimizer] = [Muon(hidden, settings.muon_lr)] if hidden else []
    if rest:
        chosen.append(torch.optim.AdamW(rest, settings.adamw_lr, (0.9, 0.95), weight_decay=0.0, fused=True))
    return chosen


def rate(done: float, settings: Settings) -> float:
    """Share of the full learning rate when `done` (0 to 1) of the run is done: climb, plateau, fall."""
    climb = done / settings.warmup if settings.warmup else 1.0
    fall = (1 - done) / settings.decay if settings.decay else 1.0
    return max(0.0, min(1.0, climb, fall))


def next_token_loss(logits: Tensor, ids: Tensor, weights: Tensor) -> Tensor:
    """Sum over rows of -log p(next token) × its weight. logits (B, T, V), ids and weights (B, T)."""
    targets = F.pad(ids[:, 1:], (0, 1))  # shifting these is cheaper than cutting the last logits off
    losses = F.cross_entropy(logits.float().flatten(0, 1), targets.flatten(), reduction="none")
    return (losses.view_as(ids)[:, :-1] * weights[:, 1:]).sum()


def predict_next(forward: Callable[[Tensor], object], ids: Tensor, weights: Tensor) -> tuple[Tensor, Tensor]:
    """The default loss: `forward(ids)` gives logits (B, T, V), or an object that holds them as `.logits`."""
    out = forward(ids)
    return next_token_loss(getattr(out, "logits", out), ids, weights), weights[:, 1:].sum()


def gradients(
    model: nn.Module, forward: Callable, rows: Sequence[Tensor], loss: Loss, settings: Settings
) -> float:
    """Give the weights the gradients of the weighted mean loss over `rows`; returns that loss."""
    device = next(model.parameters()).device
    rank, world = processes(device)
    size = len(rows[0]) // world // settings.accumulate
    half = torch.autocast(device.type, torch.bfloat16, enabled=settings.precision == "bfloat16")
    sums = torch.zeros(2, device=device)  # of losses and of weights
    for i in range(settings.accumulate):
        part = slice((rank * settings.accumulate + i) * size, (rank * settings.accumulate + i + 1) * size)
        waits = i < settings.accumulate - 1  # only the last part talks to the other processes
        with forward.no_sync() if waits and hasattr(forward, "no_sync") else nullcontext():
            with half:
                total, weight = loss(forward, *(column[part].to(device) for column in rows))
            total.backward()
        sums += torch.stack([total.detach().float(), weight.detach().float()])
    if world > 1:
        dist.all_reduce(sums)
    weight = sums[1].clamp(min=1e-9).item()
    for p in model.parameters():
        if p.grad is not None:
            p.grad.mul_(world / weight)  # × world: the processes' gradients come averaged, not summed
    return sums[0].item() / weight


def progress(position: dict, settings: Settings, device: torch.device) -> float:
    """Share of the run that is done, by tokens or time, whichever is further; equal in all processes."""
    done = position["tokens"] / settings.tokens
    if settings.minutes:
        done = max(done, position["seconds"] / 60 / settings.minutes)
    shared = torch.tensor(done, device=device, dtype=torch.float64)
    if processes(device)[1] > 1:
        dist.broadcast(shared, 0)
    return shared.item()


def rows_a_step(stages: Sequence[Stage], settings: Settings, world: int) -> list[int]:
    """How many rows a step reads in each stage, so that every step has the same number of tokens."""
    tokens = settings.batch * stages[0].rows.length
    counts = [tokens // stage.rows.length for stage in stages]
    for stage, count in zip(stages, counts, strict=True):
        if tokens % stage.rows.length or not count or count % (world * settings.accumulate):
            raise TrainingError(
                f"batch={settings.batch}: na etapa {stage.name} seriam {tokens / stage.rows.length:g} linhas"
                f" por passo, que não se dividem por {world} processos × accumulate={settings.accumulate}."
            )
    return counts


def train(
    model: nn.Module,
    stages: Sequence[Stage],
    settings: Settings,
    folder: str | Path,
    resume: bool = False,
    measure: Callable[[nn.Module], dict] | None = None,
    forward: Callable | None = None,
    loss: Loss = predict_next,
    snapshot: Callable[[nn.Module, dict], None] | None = None,
    snapshot_steps: Sequence[int] = (),
) -> list[dict]:
    """Train `model` in place; returns the log, one dict a step, also written to `folder/log.jsonl`.

    `folder/checkpoint.safetensors` is what `resume` goes on from. `measure(model)` gives figures to add to
    the log now and then. `forward` is used instead of `model` inside the loss (a compiled version, say).
    `snapshot(model, entry)` is called after the steps of `snapshot_steps`, `entry` being the log's last.
    Raises TrainingError for a loss that is no number, a checkpoint made with other settings, a full disk.
    """
    folder = Path(folder)
    folder.mkdir(parents=True, exist_ok=True)
    checkpoint, log_file = folder / "checkpoint.safetensors", folder / "log.jsonl"
    device = next(model.parameters()).device
    rank, world = processes(device)
    counts = rows_a_step(stages, settings, world)
    chosen = optimizers(model, settings)
    rates = [group["lr"] for optimizer in chosen for group in optimizer.param_groups]
    recipe = {k: v for k, v in asdict(settings).items() if k not in FREE}
    recipe["stages"] = [[s.name, s.until, s.rows.length, len(s.rows)] for s in stages]
    position = {"step": 0, "tokens": 0, "seconds": 0.0, "read": [0] * len(stages), "recipe": recipe}
    log: list[dict] = []
    if resume and checkpoint.exists():
        position = restore(checkpoint, model, chosen)
        if changed := [k for k in recipe if position["recipe"].get(k) != recipe[k]]:
            what = "; ".join(f"{k}: {position['recipe'].get(k)}, agora {recipe[k]}" for k in changed)
            raise TrainingError(f"{checkpoint} veio de outra configuração ({what}): repita-a ou apague-o.")
        log = [json.loads(line) for line in log_file.read_text().splitlines()[: position["step"]]]
    if rank == 0:
        log_file.write_text("".join(json.dumps(entry) + "\n" for entry in log))
    forward = together(model, forward)
    step_tokens = settings.batch * stages[0].rows.length
    bar = tqdm(
        total=settings.tokens, initial=position["tokens"], unit="tok", unit_scale=True, disable=rank > 0
    )
    start = time.monotonic() - position["seconds"]

    while (done := progress(position, settings, device)) < 1:
        number = next(i for i, stage in enumerate(stages) if done < stage.until)
        rows = stages[number].rows.pick(position["read"][number], counts[number], settings.seed)
        mean = gradients(model, forward, rows, loss, settings)
        if not math.isfinite(mean):
            raise TrainingError(
                f"A perda deixou de ser um número no passo {position['step']}: use uma taxa de aprendizado"
                " menor e retome do último ponto salvo."
            )
        norm = whole(nn.utils.clip_grad_norm_(model.parameters(), settings.clip)).item()
        for group, full in zip((g for o in chosen for g in o.param_groups), rates, strict=True):
            group["lr"] = full * rate(done, settings)
        for optimizer in chosen:
            optimizer.step()
            optimizer.zero_grad()
        position["step"] += 1
        position["tokens"] += step_tokens
        position["read"][number] += counts[number]
        position["seconds"] = time.monotonic() - start

        entry = {"step": position["step"], "tokens": position["tokens"], "stage": stages[number].name}
        entry |= {"loss": mean, "norm": norm, "rate": rate(done, settings), "seconds": position["seconds"]}
        if measure and position["step"] % settings.measure_every == 0:
            entry |= measure(model)
        log.append(entry)
        bar.update(step_tokens)
        bar.set_postfix(stage=stages[number].name, loss=f"{mean:.3f}", refresh=False)
        if rank == 0:
            with writing(log_file), log_file.open("a") as file:
                file.write(json.dumps(entry) + "\n")
        if snapshot and position["step"] in snapshot_steps:
            with writing(folder):
                snapshot(model, entry)
        if position["step"] % settings.save_every == 0:
            save(checkpoint, model, chosen, position)
    save(checkpoint, model, chosen, position)
    bar.close()
    return log
