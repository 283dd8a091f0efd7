"""What the builders of the other families share: command line, rows, saving, and scores with intervals.

mini-bert, mini-t5 and mini-xlnet read the same corpus and tokenizer as mini-base and go through the same
loop (`llmlib.scratch.train`); each builder brings its model, its loss and its measures. A folder made here
holds config.json, model.safetensors (float16), the tokenizer, and two files for the card:

    training.json     command, note, objective (one sentence in Portuguese), tokens (read), seconds, steps,
                      processes, parameters, batch, precision, curve: [{step, tokens, stage, loss,
                      validation?: {kind: loss}}, …]
    evaluation.json   {"measures": {name: measure}, "samples": [{...}, … 30]}

A measure is a share {"value", "low", "high", "n"} (Wilson, 95 %), a mean {"value", "low", "high", "n"} with
"unit", or a dict of such by kind of text or of case. Samples are the first 30, unedited; every builder says
their fields. The measures are taken with the saved float16 weights, computed in float32.
"""

from __future__ import annotations

import argparse
import copy
import itertools
import json
import math
import os
import random
import shlex
import shutil
import sys
from collections.abc import Callable, Sequence
from pathlib import Path

import torch
from tokenizers.processors import TemplateProcessing
from torch import Tensor, nn
from transformers import AutoTokenizer, PreTrainedModel, PreTrainedTokenizerBase

from builders import shards
from builders.corpus import Document
from builders.pretrain import count, fast_precision, hardware
from llmlib.scratch.train import Rows, Settings, TrainingError, processes

LENGTH = 256  # tokens of a row
PAD, END = shards.PAD, 0
SAMPLES = 30


def parser(name: str, doc: str, tokens: str, batch: int) -> argparse.ArgumentParser:
    """The command line that the three builders have in common."""
    p = argparse.ArgumentParser(prog=f"python -m builders.{name}", description=doc.split("\n")[0])
    p.add_argument("--corpus", type=Path, default=Path("build/corpus"), help="holds texto/")
    p.add_argument("--tokenizer", type=Path, default=Path("build/tokenizer"))
    p.add_argument("--work", type=Path, default=Path(f"build/{name}"), help="rows, log and checkpoint")
    p.add_argument("--out", type=Path, default=Path(f"data/models/mini-{name}"), help="folder to write")
    p.add_argument("--tokens", type=count, default=tokens, help=f"how many to read ({tokens})")
    p.add_argument("--minutes", type=float, help="stop by then at the latest, decay included")
    p.add_argument("--size", type=float, default=1.0, help="times the width of the model (1)")
    p.add_argument("--batch", type=int, default=batch, help=f"rows of {LENGTH} tokens a step ({batch})")
    p.add_argument("--accumulate", type=int, default=1, help="parts in which a step is computed (1)")
    p.add_argument("--precision", choices=["float32", "bfloat16"], help="by default what is fast here")
    p.add_argument("--device", default="cpu", help="cpu or cuda")
    p.add_argument("--threads", type=int, default=1, help="CPU threads; 1 unless the machine is idle")
    p.add_argument("--seed", type=int, default=0)
    p.add_argument("--note", default="", help="a remark on this run, for the card")
    p.add_argument("--resume", action="store_true", help="go on from the checkpoint in --work")
    p.add_argument("--cases", type=int, default=300, help="how many cases a measure has (300)")
    p.add_argument("--measure", action="store_true", help="only measure the folder --out again")
    return p


def start(p: argparse.ArgumentParser) -> tuple[argparse.Namespace, torch.device]:
    """Parsed arguments and device; ends with one sentence where something is missing."""
    args = p.parse_args()
    if args.tokens < args.batch * LENGTH:
        p.error(f"--tokens must be at least one step: {args.batch} rows of {LENGTH} tokens")
    if not args.size > 0:
        p.error("--size must be above 0")
    if not (args.corpus / "texto" / "valid.jsonl").exists():
        p.error(f"no valid.jsonl in {args.corpus / 'texto'}: run python -m builders.corpus --mix texto first")
    if args.measure and not (args.out / "model.safetensors").exists():
        p.error(f"no model in {args.out}: train it first, without --measure")
    if not args.measure and not (args.tokenizer / "tokenizer.json").exists():
        p.error(f"no tokenizer.json in {args.tokenizer}: run python -m builders.tokenizer first")
    torch.set_num_threads(args.threads)
    torch.manual_seed(args.seed)
    device = torch.device(args.device)
    if device.type == "cuda":
        device = torch.device("cuda", int(os.environ.get("LOCAL_RANK", 0)))
        torch.cuda.set_device(device)
    return args, device


def tokenizer_with(folder: Path, special: dict) -> PreTrainedTokenizerBase:
    """The family's tokenizer with special tokens (as `add_special_tokens` takes them) after its own."""
    tokenizer = AutoTokenizer.from_pretrained(folder)
    if not tokenizer.add_special_tokens(special):
        sys.exit(f"{folder} already has {special}: give the tokenizer that builders.tokenizer made.")
    tokenizer.model_max_length = LENGTH
    return tokenizer


def bare(tokenizer: PreTrainedTokenizerBase) -> PreTrainedTokenizerBase:
    """A copy that adds nothing to a text: `shards` puts `<|endoftext|>` before each document itself."""
    copied = copy.deepcopy(tokenizer)
    copied.backend_tokenizer.post_processor = TemplateProcessing(single="$A", special_tokens=[])
    return copied


def train_shards(args: argparse.Namespace) -> list[Path]:
    """As many shards of the training text as the run can read: 4 bytes a token, with room to spare."""
    folder = args.corpus / "texto"
    files = sorted(folder.glob("train-*.jsonl"))
    if not files:
        sys.exit(f"No train-*.jsonl in {folder}: run python -m builders.corpus --mix texto --out {folder}")
    sizes = itertools.accumulate(file.stat().st_size for file in files)
    return files[: 1 + sum(size < 4 * args.tokens for size in sizes)]


def train_rows(args: argparse.Namespace, tokenizer: PreTrainedTokenizerBase, length: int = LENGTH) -> Rows:
    """Rows of `length` tokens of the training text, made on first use, kept in `args.work`."""
    files = train_shards(args)
    prefix = args.work / f"texto-{length}"
    shards.to_rows(files, bare(tokenizer).backend_tokenizer, prefix, length)
    return Rows(prefix, length)


def valid_documents(args: argparse.Namespace) -> dict[str, list[Document]]:
    """The held-out documents by kind."""
    kinds: dict[str, list[Document]] = {}
    for document in shards.read(args.corpus / "texto" / "valid.jsonl"):
        kinds.setdefault(document.kind, []).append(document)
    return dict(sorted(kinds.items()))


def settings(args: argparse.Namespace, device: torch.device, **changed: object) -> Settings:
    """The loop's settings as asked on the command line."""
    return Settings(
        tokens=args.tokens,
        batch=args.batch,
        accumulate=args.accumulate,
        precision=args.precision or fast_precision(device),
        seed=args.seed,
        minutes=args.minutes,
        save_every=50,
        **changed,
    )


def draws(*columns: Tensor) -> torch.Generator:
    """A generator seeded by a batch: the same rows draw the same masks, so that a resumed run is the same."""
    seed = 0
    for column in columns:
        flat = column.flatten().long().cpu()
        seed = (seed * 31 + int((flat * (torch.arange(len(flat)) % 8191 + 1)).sum())) % (1 << 62)
    return torch.Generator().manual_seed(seed)


def document_mask(ids: Tensor) -> Tensor:
    """(B, T) -> (B, T, T), True where two tokens are of one document: `<|endoftext|>` opens the next."""
    number = (ids == END).cumsum(1)
    return number[:, :, None] == number[:, None, :]


def curve(log: list[dict], points: int = 300) -> list[dict]:
    """The log thinned to means over equal stretches, with the validation losses that fall in each."""
    size = max(1, len(log) // points)
    thin = []
    for first in range(0, len(log), size):
        part = log[first : first + size]
        entry = {k: part[-1][k] for k in ("step", "tokens", "stage")}
        entry["loss"] = round(sum(e["loss"] for e in part) / len(part), 4)
        for e in part:
            if "validation" in e:
                entry["validation"] = {k: round(v, 4) for k, v in e["validation"].items()}
        thin.append(entry)
    return thin


def report(
    args: argparse.Namespace, name: str, model: nn.Module, log: list[dict], chosen: Settings, objective: str
) -> dict:
    """What training.json holds."""
    given = sys.argv[1:]
    kept = [a for i, a in enumerate(given) if a not in ("--resume", "--note") and given[i - 1] != "--note"]
    return {
        "command": f"python -m builders.{name} {shlex.join(kept)}".strip(),
        "note": args.note,
        "objective": objective,
        "tokens": log[-1]["tokens"],
        "seconds": round(log[-1]["seconds"]),
        "steps": log[-1]["step"],
        "processes": processes(next(model.parameters()).device)[1],
        "device": hardware(next(model.parameters()).device),
        "parameters": sum(p.numel() for p in model.parameters()),
        "batch": chosen.batch,
        "precision": chosen.precision,
        "curve": curve(log),
    }


def _dump(value: dict, path: Path) -> None:
    path.write_text(json.dumps(value, ensure_ascii=False, indent=1) + "\n", encoding="utf-8")


def save(
    model: PreTrainedModel,
    tokenizer: PreTrainedTokenizerBase,
    training: dict,
    evaluate: Callable[[PreTrainedModel], dict],
    out: Path,
    opens_as: str = "float16",
) -> None:
    """Write the folder aside, measure what was written, swap it in. `evaluate` gets it back in float32.

    `opens_as` is the dtype that `from_pretrained` gives unless asked; the file is float16 in any case.
    """
    partial, old = out.with_name(out.name + ".partial"), out.with_name(out.name + ".old")
    shutil.rmtree(partial, ignore_errors=True)
    device = model.device
    model.to(torch.float16).save_pretrained(partial)
    config = json.loads((partial / "config.json").read_text(encoding="utf-8"))
    _dump(config | {"dtype": opens_as}, partial / "config.json")
    tokenizer.save_pretrained(partial)
    _dump(training, partial / "training.json")
    written = type(model).from_pretrained(partial, dtype=torch.float32).eval().to(device)
    _dump(evaluate(written), partial / "evaluation.json")
    for path in partial.iterdir():
        path.chmod(0o644)
    out.parent.mkdir(parents=True, exist_ok=True)
    shutil.rmtree(old, ignore_errors=True)
    if out.exists():
        if (out / "README.md").exists():
            shutil.copy2(out / "README.md", partial / "README.md")
        out.rename(old)
    partial.rename(out)
    shutil.rmtree(old, ignore_errors=True)


def measure_again(
    out: Path, model_class: type[PreTrainedModel], evaluate: Callable[[PreTrainedModel], dict]
) -> None:
    """Write evaluation.json of a finished folder anew."""
    model = model_class.from_pretrained(out, dtype=torch.float32).eval()
    partial = out / "evaluation.json.partial"
    _dump(evaluate(model), partial)
    partial.replace(out / "evaluation.json")


def run(train: Callable[[], list[dict]]) -> list[dict]:
    """The log of a training run; a TrainingError ends the program with its sentence."""
    try:
        return train()
    except TrainingError as error:
        sys.exit(str(error))


# --- scores --------------------------------------------------------------------------------------------


def share(right: int, total: int) -> dict:
    """A share with its Wilson interval of 95 %."""
    if not total:
        return {"value": 0.0, "low": 0.0, "high": 1.0, "n": 0}
    z, p = 1.959964, right / total
    middle = (p + z * z / (2 * total)) / (1 + z * z / total)
    half = z * math.sqrt(p * (1 - p) / total + z * z / (4 * total * total)) / (1 + z * z / total)
    return {
        "value": round(p, 4),
        "low": round(max(0.0, middle - half), 4),
        "high": round(min(1.0, middle + half), 4),
        "n": total,
    }


def mean(values: Sequence[float], unit: str, seed: int = 0, draws_: int = 1000) -> dict:
    """A mean with its bootstrap interval of 95 %, over documents or cases."""
    if not values:
        return {"value": 0.0, "low": 0.0, "high": 0.0, "n": 0, "unit": unit}
    rng, n = random.Random(seed), len(values)
    means = sorted(sum(rng.choices(values, k=n)) / n for _ in range(draws_))
    return {
        "value": round(sum(values) / n, 4),
        "low": round(means[int(0.025 * draws_)], 4),
        "high": round(means[int(0.975 * draws_)], 4),
        "n": n,
        "unit": unit,
    }
