"""Time the course's training loop against the Hugging Face Trainer and a plain loop in the manner of nanoGPT.

    python -m builders.bench_training [--compile] [--device cuda]

The same model (mini-base's shape, random weights, the same attention), rows, batch, precision and AdamW for
all three; every round trains each of them for some steps, each round starting with another one. The speed
shown is that of the fastest round, since other work on the machine only ever adds time; who is faster is told
by the median over the rounds, within which both had the same machine, and by how far the rounds are apart.
A fourth row is the loop as the course uses it, with Muon. On one CPU thread the clock is that of the process;
on a GPU it is the wall's, and the share of the chip's arithmetic that a model of 124 M parameters uses (MFU)
is measured too.
"""

from __future__ import annotations

import argparse
import contextlib
import io
import os
import tempfile
import time
from collections.abc import Callable
from pathlib import Path

import numpy as np
import torch
from torch import Tensor, nn
from transformers import Qwen3Config, Qwen3ForCausalLM, Trainer, TrainerCallback, TrainingArguments

from builders.pretrain import fast_precision, sizes
from llmlib.scratch.train import Settings, Stage, Table, predict_next, train

SKIPPED = 3  # first steps of a round, in which things warm up
PEAKS = {"H200": 989e12, "H100": 989e12, "A100": 312e12, "L4": 121e12, "T4": 65e12}  # dense bf16 (T4: fp16)
TITLES = {
    "ours": "our loop",
    "trainer": "Hugging Face Trainer",
    "plain": "plain loop (nanoGPT)",
    "muon": "our loop with Muon, as the course trains",
}


class Case:
    """What all competitors share: a fresh model on demand, rows, sizes, precision and a clock."""

    def __init__(
        self, shape: dict, rows: int, length: int, accumulate: int, steps: int, device: str, compiled: bool
    ) -> None:
        self.shape, self.rows, self.length, self.accumulate = shape, rows, length, accumulate
        self.steps, self.device, self.compiled = steps + SKIPPED, torch.device(device), compiled
        self.half = fast_precision(self.device) == "bfloat16"
        generator = torch.Generator().manual_seed(0)
        self.ids = torch.randint(4, shape["vocab_size"], (8 * rows, length), generator=generator)
        self.times: list[float] = []

    def model(self) -> nn.Module:
        """Random weights from one seed. On a CPU with the attention that trains fastest there."""
        torch.manual_seed(0)
        model = Qwen3ForCausalLM(Qwen3Config(**self.shape, use_cache=False)).to(self.device).train()
        model.set_attn_implementation("causal" if self.device.type == "cpu" else "sdpa")
        return model

    def tick(self) -> None:
        """Mark the start of a step."""
        if self.device.type == "cuda":
            torch.cuda.synchronize()
        self.times.append(time.perf_counter() if self.device.type == "cuda" else time.process_time())

    def speed(self) -> float:
        """Tokens a second, by the median step after the first ones; forgets the marks."""
        step = float(np.median(np.diff(self.times[SKIPPED:])))
        self.times = []
        return self.rows * self.length / step


def ours(case: Case, muon: bool = False) -> None:
    """`llmlib.scratch.train`."""
    model, calls = case.model(), 0

    def loss(forward: Callable, ids: Tensor, weights: Tensor) -> tuple[Tensor, Tensor]:
        nonlocal calls
        if calls % case.accumulate == 0:
            case.tick()
        calls += 1
        return predict_next(forward, ids, weights)

    settings = Settings(
        tokens=case.steps * case.rows * case.length,
        batch=case.rows,
        accumulate=case.accumulate,
        muon_lr=0.02 if muon else 0,
        adamw_lr=1e-3,
        precision="bfloat16" if case.half else "float32",
        save_every=10**9,
    )
    forward = torch.compile(model, dynamic=False) if case.compiled else None
    stage = Stage("bench", Table(case.ids, torch.ones(case.ids.shape)))
    with tempfile.TemporaryDirectory() as folder:
        train(model, [stage], settings, folder, forward=forward, loss=loss)


def trainer(case: Case) -> None:
    """transformers.Trainer."""

    class Clock(TrainerCallback):
        def on_step_begin(self, *_: object, **__: object) -> None:
            case.tick()

    dataset = [{"input_ids": row, "labels": row} for row in case.ids]
    with tempfile.TemporaryDirectory() as folder:
        arguments = TrainingArguments(
            output_dir=folder,
            max_steps=case.steps,
            per_device_train_batch_size=case.rows // case.accumulate,
            gradient_accumulation_steps=case.accumulate,
            learning_rate=1e-3,
            weight_decay=0.0,
            max_grad_norm=1.0,
            bf16=case.half,
            use_cpu=case.device.type == "cpu",
            torch_compile=case.compiled,
            save_strategy="no",
            report_to="none",
            logging_steps=10,
            dataloader_pin_memory=case.device.type == "cuda",
        )
        Trainer(model=case.model(), args=arguments, train_dataset=dataset, callbacks=[Clock()]).train()


def plain(case: Case) -> None:
    """The loop of nanoGPT's train.py: random rows, autocast, accumulation, clipping, fused AdamW."""
    model = case.model()
    forward = torch.compile(model, dynamic=False) if case.compiled else model
    optimizer = torch.optim.AdamW(model.parameters(), 1e-3, betas=(0.9, 0.95), weight_decay=0.0, fused=True)
    context = torch.autocast(case.device.type, torch.bfloat16, enabled=case.half)

    def batch() -> Tensor:
        x = case.ids[torch.randint(len(case.ids), (case.rows // case.accumulate,))]
        return x.pin_memory().to(case.device, non_blocking=True) if case.device.type == "cuda" else x

    x = batch()
    for step in range(case.steps):
        case.tick()
        for _ in range(case.accumulate):
            with context:
                logits = forward(x).logits
                loss = nn.functional.cross_entropy(logits[:, :-1].float().flatten(0, 1), x[:, 1:].flatten())
                loss = loss / case.accumulate
            x = batch()
            loss.backward()
        nn.utils.clip_grad_norm_(model.parameters(), 1.0)
        optimizer.step()
        optimizer.zero_grad(set_to_none=True)
        if step % 10 == 0:
            loss.item()


def measure(case: Case, rounds: int, say: Callable[[str], None] = print) -> dict[str, list[float]]:
    """Tokens a second of each competitor in each round; who comes first changes from round to round."""
    runs = {"ours": ours, "trainer": trainer, "plain": plain, "muon": lambda case: ours(case, muon=True)}
    speeds: dict[str, list[float]] = {name: [] for name in runs}
    for turn in range(rounds):
        first = turn % len(runs)
        for name in [*runs][first:] + [*runs][:first]:
            with contextlib.redirect_stdout(io.StringIO()), contextlib.redirect_stderr(io.StringIO()):
                runs[name](case)
            speeds[name].append(case.speed())
        now = ", ".join(f"{name} {speed[-1]:,.0f}" for name, speed in speeds.items())
        say(f"Training, round {turn + 1} of {rounds}: {now}")
    return speeds


def operations(shape: dict, length: int) -> float:
    """Operations a trained token costs: 6 a weight (tied output once), 6 a number of its attention maps."""
    with torch.device("meta"):
        model = Qwen3ForCausalLM(Qwen3Config(**shape))
    width = shape["num_attention_heads"] * shape["head_dim"]
    weights = sum(p.numel() for p in model.parameters())
    return 6.0 * weights + 6.0 * shape["num_hidden_layers"] * width * length


def mfu(speed: float, shape: dict, length: int, peak: float) -> float:
    """Share of a chip's `peak` operations a second that training at `speed` tokens a second uses."""
    return speed * operations(shape, length) / peak


def large() -> dict:
    """A shape of 124 M parameters, GPT-2's vocabulary rounded up."""
    return sizes(1.0) | {
        "vocab_size": 50304,
        "hidden_size": 768,
        "num_hidden_layers": 12,
        "num_attention_heads": 12,
        "num_key_value_heads": 12,
        "head_dim": 64,
        "intermediate_size": 2048,
        "max_position_embeddings": 1024,
    }


def report(case: Case, speeds: dict[str, list[float]]) -> str:
    """The table in Markdown, from tokens a second per round."""
    how = f"{'compiled' if case.compiled else 'not compiled'}, {'bfloat16' if case.half else 'float32'}"
    lines = [
        f"# Speed of training ({case.device.type}, {how})",
        "",
        f"mini-base's shape, steps of {case.rows} rows of {case.length} tokens in {case.accumulate} parts.",
        "",
        "| | tokens/s, fastest round | our loop is, median | in the rounds |",
        "|---|--:|--:|--:|",
    ]
    for name, speed in speeds.items():
        ratios = np.divide(speeds["ours"], speed)
        spread = f"{ratios.min():.2f} to {ratios.max():.2f}"
        lines.append(f"| {TITLES[name]} | {max(speed):,.0f} | × {np.median(ratios):.2f} | {spread} |")
    return "\n".join(lines) + "\n"


def run(rounds: int, steps: int, device: str, compiled: bool, say: Callable[[str], None] = print) -> str:
    """The comparison, and on a GPU the MFU; returns the report."""
    torch.set_num_threads(1)
    rows, accumulate = (16, 4) if device == "cpu" else (256, 1)
    case = Case(sizes(), rows, 256, accumulate, steps, device, compiled)
    text = report(case, measure(case, rounds, say))
    if case.device.type == "cuda":
        name = torch.cuda.get_device_name()
        peak = next((value for chip, value in PEAKS.items() if chip in name), None)
        case = Case(large(), 32, 1024, 1, steps, device, True)
        ours(case)
        speed = case.speed()
        text += f"\n124 M parameters, rows of 1,024 tokens, {name}: {speed:,.0f} tokens/s"
        text += f", MFU {mfu(speed, large(), 1024, peak):.1%}\n" if peak else " (peak of this chip unknown)\n"
    return text


def main(argv: list[str] | None = None) -> None:
    """Command line."""
    parser = argparse.ArgumentParser(
        prog="python -m builders.bench_training", description=__doc__.split("\n")[0]
    )
    parser.add_argument("--rounds", type=int, default=3, help="how often each competitor runs")
    parser.add_argument("--steps", type=int, default=8, help="timed steps of a round")
    parser.add_argument("--device", default="cuda" if torch.cuda.is_available() else "cpu")
    parser.add_argument("--compile", action="store_true", help="torch.compile for all (minutes to warm up)")
    parser.add_argument("--out", type=Path, default=Path("build/bench-training.md"))
    args = parser.parse_args(argv)
    os.environ.setdefault("OMP_NUM_THREADS", "1")
    text = run(args.rounds, args.steps, args.device, args.compile)
    args.out.parent.mkdir(parents=True, exist_ok=True)
    args.out.write_text(text, encoding="utf-8")
    print(text)


if __name__ == "__main__":
    main()
