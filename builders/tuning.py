"""What mini-embed and mini-rerank share when they train: the clock, the guard, the optimizer, the speed.

Both are trained by sentence-transformers' trainers; this file brings them what those lack: Muon beside AdamW,
a run measured by time, resuming only the same recipe, and batches read by length on a CPU.
"""

from __future__ import annotations

import json
import math
import shutil
import time
from collections.abc import Callable, Iterator, Sequence
from contextlib import contextmanager
from pathlib import Path

import torch
import torch.nn.functional as F
from torch import Tensor, nn
from transformers import TrainerCallback

import builders.pretrain  # noqa: F401 - registers the attention "causal"
from llmlib.scratch.muon import Muon

PARTS = 4  # groups of texts of like length that a batch is read in


class BuildError(RuntimeError):
    """The model cannot be made; the message says why and what to do."""


def folder_of(
    path: Path, needed: Sequence[str] = ("config.json", "model.safetensors", "tokenizer.json")
) -> Path:
    """`path`, if it holds a mini-base to start from; BuildError names what is missing or of another kind."""
    missing = [name for name in needed if not (path / name).exists()]
    if missing:
        raise BuildError(
            f"Em {path} falta {', '.join(missing)}: faça o modelo com python -m builders.pretrain."
        )
    kind = json.loads((path / "config.json").read_text(encoding="utf-8")).get("model_type")
    if kind != "qwen3":
        raise BuildError(
            f"{path} guarda um modelo {kind!r}; o ponto de partida precisa ser o mini-base (qwen3)."
        )
    return path


class Watch(TrainerCallback):
    """The clock and the guard of a run: how much is done, by steps or time; a loss that is no number."""

    def __init__(self, minutes: float | None, file: Path, resume: bool) -> None:
        self.minutes, self.file = minutes, file
        self.before = json.loads(file.read_text())["seconds"] if resume and file.exists() else 0.0
        self.began = time.monotonic()
        self.curve: list[dict] = []

    @property
    def seconds(self) -> float:
        """Seconds of training so far, those before a resume included."""
        return self.before + time.monotonic() - self.began

    def done(self, step: int, steps: int) -> float:
        """Share of the run that is done."""
        return max(step / steps, self.seconds / 60 / self.minutes if self.minutes else 0.0)

    def on_step_end(self, args, state, control, **_) -> None:
        if self.done(state.global_step, state.max_steps) >= 1:
            control.should_training_stop = True

    def on_save(self, args, state, control, **_) -> None:
        self.file.write_text(json.dumps({"seconds": self.seconds}))

    def on_log(self, args, state, control, logs=None, **_) -> None:
        loss = (logs or {}).get("loss")
        if loss is None:
            return
        if not math.isfinite(loss):
            raise BuildError(
                f"A perda deixou de ser um número no passo {state.global_step}: use --rate menor e --resume."
            )
        self.curve.append({"step": state.global_step, "loss": round(loss, 4), "seconds": round(self.seconds)})


def prepare(work: Path, recipe: dict, resume: bool) -> bool:
    """Make the folder of checkpoints ready; whether there is one to go on from. Refuses another recipe's."""
    work.mkdir(parents=True, exist_ok=True)
    kept, checkpoints = work / "recipe.json", list(work.glob("checkpoint-*"))
    if resume and checkpoints and kept.exists() and json.loads(kept.read_text()) != recipe:
        raise BuildError(f"{work} guarda outra configuração: repita-a ou apague a pasta.")
    if not resume:
        for old in checkpoints:
            shutil.rmtree(old)
    kept.write_text(json.dumps(recipe))
    return bool(resume and checkpoints)


class Joint(torch.optim.Optimizer):
    """Several optimizers that step as one, for a trainer that takes only one."""

    def __init__(self, parts: Sequence[torch.optim.Optimizer]) -> None:
        super().__init__([p for part in parts for group in part.param_groups for p in group["params"]], {})
        self.parts = parts
        self.param_groups = [group for part in parts for group in part.param_groups]

    def step(self, closure: Callable | None = None) -> None:
        """One step of each."""
        for part in self.parts:
            part.step()

    def state_dict(self) -> dict:
        """The states of the parts, in order."""
        return {"parts": [part.state_dict() for part in self.parts]}

    def load_state_dict(self, state_dict: dict) -> None:
        """Give every part its state back."""
        for part, state in zip(self.parts, state_dict["parts"], strict=True):
            part.load_state_dict(state)
        self.param_groups = [group for part in self.parts for group in part.param_groups]


def optimizer(model: nn.Module, rate: float, watch: Watch, steps: int) -> tuple:
    """(optimizer, schedule): Muon at `rate` for the matrices inside the blocks, AdamW at 8 % of it elsewhere.

    A climb of 20 steps, a plateau, and a straight fall over the last 70 % of the run, which is counted by
    steps or by time, whichever is further.
    """
    named = [(name, p, p.ndim == 2 and "layers" in name) for name, p in model.named_parameters()]
    muon = Muon([p for _, p, inside in named if inside], rate)
    rest = [p for _, p, inside in named if not inside]
    adamw = torch.optim.AdamW(rest, 0.08 * rate, betas=(0.9, 0.98), weight_decay=0.01)

    def share(step: int) -> float:
        return max(0.0, min(1.0, (step + 1) / 20, (1 - watch.done(step, steps)) / 0.7))

    both = Joint([muon, adamw])
    return both, torch.optim.lr_scheduler.LambdaLR(both, share)


@contextmanager
def fast(network: nn.Module) -> Iterator[None]:
    """While training: attention written out, and each batch read in groups of texts of like length, so that
    a CPU computes little padding. Padding must be on the right, where causal attention never sees it."""
    whole, config = network.forward, network.config

    def forward(input_ids: Tensor, attention_mask: Tensor, **rest: object) -> dict[str, Tensor]:
        lengths = attention_mask.sum(1)
        order = lengths.argsort()
        pieces = []
        for rows in order.chunk(PARTS):
            longest = int(lengths[rows].max())
            out = whole(input_ids[rows, :longest], attention_mask=attention_mask[rows, :longest], **rest)
            name = "logits" if "logits" in out else "last_hidden_state"
            missing = input_ids.shape[1] - longest
            pieces.append(F.pad(out[name], (0, 0, 0, missing)) if out[name].ndim == 3 else out[name])
        return {name: torch.cat(pieces)[order.argsort()]}

    before, config.use_cache = config._attn_implementation, False
    network.set_attn_implementation("causal")
    network.forward = forward
    try:
        yield
    finally:
        del network.forward
        network.set_attn_implementation(before)
        config.use_cache = True
