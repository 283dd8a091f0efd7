"""Train mini-base from nothing: corpus shards and a tokenizer in, a Hugging Face model folder out.

    python -m builders.pretrain --tokens 45M --accumulate 4 --compile
    torchrun --nproc_per_node 8 -m builders.pretrain --tokens 1000M --batch 512 --device cuda
    torchrun --nproc_per_node 8 -m builders.pretrain --size 50 --tokens 3B --batch 512 --device cuda --fsdp

Three stages: first text where only reading can answer (easy passages before hard ones), in which looking
back at the context forms; then ordinary text with some of it kept, in rows of 256 tokens; at the end the same
in rows of 512, read from the last shard backwards. One row in 11 repeats random tokens, and some rows hold
passages about random tokens (`bindings`). Along the way it keeps small int8 checkpoints, log-spaced in steps.
Killed at any moment, `--resume` goes on.
The loop is `llmlib.scratch.train`; this file brings it the data, the model and the measures along the way.
"""

from __future__ import annotations

import argparse
import json
import os
import shlex
import shutil
import sys
from collections.abc import Callable
from pathlib import Path

import torch
import torch.distributed as dist
from torch import Tensor, nn
from torch.distributed.fsdp import FSDPModule
from transformers import (
    AttentionInterface,
    AutoTokenizer,
    PreTrainedTokenizerBase,
    Qwen3Config,
    Qwen3ForCausalLM,
)

from builders import checkpoints, shards
from llmlib.scratch.parallel import processes, shard, whole
from llmlib.scratch.train import Rows, Settings, Stage, TrainingError, next_token_loss, train

SHORT, CONTEXT = 256, 512  # tokens a row in most of the run, and at its end
BINDING = {"leitura": 3, "texto": 12}  # one row in so many has passages whose names are random tokens
BLOCK = 128  # queries that attend together on a CPU
SHAPE = {
    "vocab_size": 3072,
    "hidden_size": 192,
    "num_hidden_layers": 5,
    "num_attention_heads": 6,
    "num_key_value_heads": 3,
    "head_dim": 32,
    "intermediate_size": 512,
    "max_position_embeddings": CONTEXT,
    "tie_word_embeddings": True,
    "rms_norm_eps": 1e-6,
    "rope_parameters": {"rope_type": "default", "rope_theta": 1e4},
    "bos_token_id": 0,
    "eos_token_id": 0,
    "pad_token_id": shards.PAD,
}


def count(text: str) -> int:
    """14M -> 14,000,000."""
    factor = {"k": 10**3, "M": 10**6, "B": 10**9}.get(text[-1:], 1)
    return int(float(text.rstrip("kMB")) * factor)


def sizes(factor: float = 1.0) -> dict:
    """SHAPE with about `factor` times the weights in its blocks: most of it in width, the rest in depth."""
    if factor == 1:
        return SHAPE
    heads = max(2, 2 * round(SHAPE["num_attention_heads"] * factor**0.375 / 2))  # even: two share a key
    return SHAPE | {
        "hidden_size": heads * SHAPE["head_dim"],
        "num_hidden_layers": max(1, round(SHAPE["num_hidden_layers"] * factor**0.25)),
        "num_attention_heads": heads,
        "num_key_value_heads": heads // 2,
        "intermediate_size": max(64, 64 * round(heads * SHAPE["head_dim"] * 8 / 3 / 64)),
    }


def causal(
    module: nn.Module,
    query: Tensor,
    key: Tensor,
    value: Tensor,
    mask: Tensor | None,
    scaling: float,
    **_: object,
) -> tuple[Tensor, None]:
    """Attention written out: on a CPU twice as fast to train as the fused kernel. query (B, H, T, E).

    The heads that share a key go through one product, and queries go in blocks: most of the future, whose
    weights would be zero, is never computed.
    """
    (batch, heads, length, size), shared = query.shape, key.shape[1]
    query = query.view(batch, shared, heads // shared, length, size)
    mixed = []
    for start in range(0, length, BLOCK):
        end = min(start + BLOCK, length)
        asked = query[:, :, :, start:end].reshape(batch, shared, -1, size)  # (B, K, H/K × block, E)
        scores = (asked @ key[:, :, :end].transpose(2, 3) * scaling).unflatten(2, (-1, end - start))
        future = torch.ones(end - start, end, dtype=torch.bool, device=query.device).triu(start + 1)
        weights = torch.softmax(scores.masked_fill(future, -1e4), -1).flatten(2, 3)
        mixed.append((weights @ value[:, :, :end]).view(batch, heads, end - start, size))
    return torch.cat(mixed, 2).transpose(1, 2).contiguous(), None


AttentionInterface.register("causal", causal)


def fast_precision(device: torch.device) -> str:
    """bfloat16 where the processor computes in it; float32 on a T4 and on older CPUs."""
    if device.type == "cuda":
        able = torch.cuda.is_bf16_supported(including_emulation=False)
    else:
        features = getattr(torch.cpu, "get_capabilities", dict)()
        able = any(present for name, present in features.items() if name.endswith("bf16"))
    return "bfloat16" if able else "float32"


def hardware(device: torch.device) -> str:
    """What the weights were made on, for the card: "CPU", or the name of the GPU."""
    return f"GPU {torch.cuda.get_device_name(device)}" if device.type == "cuda" else "CPU"


def prepare(args: argparse.Namespace, tokenizer: PreTrainedTokenizerBase) -> dict[str, Rows]:
    """Rows of each stage and of the validation text by kind, made on first use, kept in `args.work`."""
    backend, rows = tokenizer.backend_tokenizer, {}
    for mix in ("leitura", "texto"):
        folder = args.corpus / mix
        files = sorted(folder.glob("train-*.jsonl"))
        if not files:
            sys.exit(
                f"No train-*.jsonl in {folder}: run python -m builders.corpus --mix {mix} --out {folder}"
            )
        shards.to_rows(files, backend, args.work / mix, SHORT, with_repeats=True, binding_every=BINDING[mix])
        rows[mix] = Rows(args.work / mix, SHORT)
    longer = args.work / f"texto-{CONTEXT}"
    shards.to_rows(files[::-1], backend, longer, CONTEXT, with_repeats=True, binding_every=BINDING["texto"])
    rows["texto-longo"] = Rows(longer, CONTEXT)
    valid = args.corpus / "texto" / "valid.jsonl"
    for kind in sorted({d.kind for d in shards.read(valid)}):
        shards.to_rows([valid], backend, args.work / f"valid-{kind}", SHORT, kind)
        rows[f"valid-{kind}"] = Rows(args.work / f"valid-{kind}", SHORT)
    return rows


@torch.no_grad()
def loss_of(model: nn.Module, rows: Rows, most: int = 12) -> float:
    """Mean loss a token, every token alike, over the first `most` rows."""
    device = next(model.parameters()).device
    total = tokens = 0.0
    for start in range(0, min(most, len(rows.tokens)), 12):
        ids, weights = rows.pick(start, min(12, most - start, len(rows.tokens) - start), 0)
        ids, weights = ids.to(device), (weights > 0).float().to(device)
        total += next_token_loss(model(ids).logits, ids, weights).item()
        tokens += weights[:, 1:].sum().item()
    return total / tokens


@torch.no_grad()
def induction(model: nn.Module, vocabulary: int, length: int = 48, samples: int = 16) -> float:
    """Share of tokens got right in the second copy of a random sequence: only looking back can tell them."""
    ids = torch.randint(260, vocabulary, (samples, length), generator=torch.Generator().manual_seed(0))
    ids = torch.cat([torch.zeros(samples, 1, dtype=torch.long), ids, ids], 1).to(
        next(model.parameters()).device
    )
    guesses = model(ids).logits[:, length + 1 : -1].argmax(-1)
    return (guesses == ids[:, length + 2 :]).float().mean().item()


def measure(rows: dict[str, Rows]) -> Callable[[nn.Module], dict]:
    """The function that `train` calls now and then: validation loss by kind, and induction."""

    def figures(model: nn.Module) -> dict:
        model.eval()
        losses = {name[6:]: loss_of(model, r) for name, r in rows.items() if name.startswith("valid-")}
        result = {"validation": losses, "induction": induction(model, model.config.vocab_size)}
        model.train()
        return result

    return figures


def keep(
    folder: Path, figures: Callable[[nn.Module], dict], rank: int = 0
) -> Callable[[nn.Module, dict], None]:
    """The function that `train` calls at chosen steps: writes `folder/step<N>.safetensors`."""

    def snapshot(model: nn.Module, entry: dict) -> None:
        meta = {k: entry[k] for k in ("step", "tokens", "stage", "loss", "seconds")} | figures(model)
        path = folder / f"step{entry['step']}.safetensors"
        checkpoints.write_checkpoint(model, None if rank else path, meta)

    return snapshot


def curve(log: list[dict], points: int = 300) -> list[dict]:
    """The log thinned to means over equal stretches, with the measures that fall in each."""
    size = max(1, len(log) // points)
    thin = []
    for start in range(0, len(log), size):
        part = log[start : start + size]
        entry = {k: part[-1][k] for k in ("step", "tokens", "stage")}
        entry["loss"] = round(sum(e["loss"] for e in part) / len(part), 4)
        for e in part:
            if "validation" in e:
                entry["validation"] = {k: round(v, 4) for k, v in e["validation"].items()}
                entry["induction"] = round(e["induction"], 4)
        thin.append(entry)
    return thin


def save(
    model: Qwen3ForCausalLM,
    tokenizer: PreTrainedTokenizerBase,
    training: dict,
    out: Path,
    snapshots: Path | None = None,
    change: Callable[[Path], None] | None = None,
) -> None:
    """Write the model folder (float16 weights, tokenizer, log, checkpoints) aside, then swap it in.

    change: what still alters the folder before it is swapped in.
    """
    partial, old = out.with_name(out.name + ".partial"), out.with_name(out.name + ".old")
    shutil.rmtree(partial, ignore_errors=True)
    model.config.use_cache = model.generation_config.use_cache = True  # off only while training
    model.to(torch.float16).save_pretrained(partial)
    tokenizer.save_pretrained(partial)
    (partial / "training.json").write_text(json.dumps(training, ensure_ascii=False, indent=1) + "\n")
    if snapshots and snapshots.exists():
        shutil.copytree(snapshots, partial / "checkpoints", ignore=shutil.ignore_patterns("*.partial"))
    if change:
        change(partial)
    for path in partial.rglob("*.*"):
        path.chmod(0o644)
    out.parent.mkdir(parents=True, exist_ok=True)
    shutil.rmtree(old, ignore_errors=True)
    if out.exists():
        out.rename(old)
    partial.rename(out)
    shutil.rmtree(old, ignore_errors=True)


def gathered(model: Qwen3ForCausalLM) -> Qwen3ForCausalLM:
    """The model with all its weights in this process, where FSDP had divided them; else the model itself."""
    if not isinstance(model, FSDPModule):
        return model
    state = {name: whole(part).cpu() for name, part in model.state_dict().items()}
    copy = Qwen3ForCausalLM(model.config)
    copy.load_state_dict(state)
    return copy


def begun(folder: Path, config: Qwen3Config) -> Qwen3ForCausalLM:
    """The model in `folder`, in float32, to be trained further; exits if it is of another shape."""
    model = Qwen3ForCausalLM.from_pretrained(folder, dtype=torch.float32)
    if changed := [k for k in SHAPE if getattr(model.config, k) != getattr(config, k)]:
        sys.exit(f"{folder} has another {', '.join(changed)}: --init needs a model of the same shape.")
    model.config.use_cache = False
    return model


def command(arguments: list[str]) -> str:
    """The command line as the card shows it: without what only resumed or annotated the run."""
    kept = [
        a for i, a in enumerate(arguments) if a not in ("--resume", "--note") and arguments[i - 1] != "--note"
    ]
    return "python -m builders.pretrain " + shlex.join(kept)


def parse() -> argparse.Namespace:
    """Command line."""
    parser = argparse.ArgumentParser(prog="python -m builders.pretrain", description=__doc__.split("\n")[0])
    parser.add_argument("--corpus", type=Path, default=Path("build/corpus"), help="holds leitura/ and texto/")
    parser.add_argument("--tokenizer", type=Path, default=Path("build/tokenizer"))
    parser.add_argument("--work", type=Path, default=Path("build/pretrain"), help="rows, log and checkpoint")
    parser.add_argument(
        "--out", type=Path, default=Path("data/models/mini-base"), help="model folder to write"
    )
    parser.add_argument("--tokens", type=count, default="14M", help="how many to read: 14M, 500k")
    parser.add_argument("--minutes", type=float, help="stop by then at the latest, decay included")
    parser.add_argument("--stage1", type=float, default=0.3, help="share of the run in the reading stage")
    parser.add_argument(
        "--stage3", type=float, default=0.25, help="share of the run, at its end, in rows of 512 tokens"
    )
    parser.add_argument(
        "--decay", type=float, default=1 / 3, help="share of the run, at its end, while the rates fall"
    )
    parser.add_argument("--init", type=Path, help="model folder to go on from, instead of random weights")
    parser.add_argument("--size", type=float, default=1.0, help="times the weights of mini-base, about")
    parser.add_argument("--snapshots", type=int, default=12, help="small checkpoints to keep, log-spaced")
    parser.add_argument(
        "--batch", type=int, default=16, help="rows of 256 tokens a step, all processes together"
    )
    parser.add_argument(
        "--accumulate", type=int, default=1, help="parts in which each process reads its rows"
    )
    parser.add_argument("--precision", choices=["float32", "bfloat16"], help="by default what is fast here")
    parser.add_argument("--device", default="cpu", help="cpu or cuda")
    parser.add_argument("--threads", type=int, default=1, help="CPU threads; 1 unless the machine is idle")
    parser.add_argument(
        "--compile",
        action="store_true",
        help="torch.compile: needs a C++ compiler and a minute, then is faster",
    )
    parser.add_argument(
        "--fsdp", action="store_true", help="divide the weights among the processes of torchrun"
    )
    parser.add_argument("--seed", type=int, default=0)
    parser.add_argument("--note", default="", help="a remark on this run, for the card")
    parser.add_argument("--resume", action="store_true", help="go on from the checkpoint in --work")
    args = parser.parse_args()
    if not 0 < args.stage1 < 1 - args.stage3 <= 1:
        parser.error("--stage1 must be above 0 and leave room for the text before --stage3")
    if not 0 <= args.decay <= 1:
        parser.error(f"--decay is a share of the run, from 0 to 1; {args.decay:g} is not")
    if args.init and not (args.init / "config.json").exists():
        parser.error(f"--init {args.init}: no model there (config.json is missing)")
    if args.tokens < args.batch * SHORT:
        parser.error(f"--tokens must be at least one step: {args.batch} rows of {SHORT} tokens")
    return args


def main() -> None:
    """Prepare the data, train, save."""
    args = parse()
    torch.set_num_threads(args.threads)
    torch.manual_seed(args.seed)
    device = torch.device(args.device)
    if device.type == "cuda":
        device = torch.device("cuda", int(os.environ.get("LOCAL_RANK", 0)))
        torch.cuda.set_device(device)
    rank, world = processes(device)
    tokenizer = AutoTokenizer.from_pretrained(args.tokenizer)
    if rank == 0:
        prepare(args, tokenizer)
    if world > 1:
        dist.barrier()
    rows = prepare(args, tokenizer)
    config = Qwen3Config(**sizes(args.size) | {"vocab_size": len(tokenizer)}, use_cache=False)
    model = (begun(args.init, config) if args.init else Qwen3ForCausalLM(config)).to(device)
    if device.type == "cpu":
        model.set_attn_implementation("causal")
    if args.fsdp and world > 1:
        shard(model, list(model.model.layers))
    stages = [
        Stage("leitura", rows["leitura"], args.stage1),
        Stage("texto", rows["texto"], 1 - args.stage3),
        Stage("texto-longo", rows["texto-longo"]),
    ]
    settings = Settings(
        tokens=args.tokens,
        batch=args.batch,
        accumulate=args.accumulate,
        decay=args.decay,
        precision=args.precision or fast_precision(device),
        seed=args.seed,
        minutes=args.minutes,
    )
    forward = torch.compile(model, dynamic=False) if args.compile else None
    figures, kept = measure(rows), args.work / "checkpoints"
    if rank == 0 and not (args.resume and (args.work / "checkpoint.safetensors").exists()):
        shutil.rmtree(kept, ignore_errors=True)  # those of an earlier run
    snapshot = keep(kept, figures, rank)
    total = -(-args.tokens // (args.batch * SHORT))
    due = checkpoints.steps(total, args.snapshots)
    try:
        log = train(
            model, stages, settings, args.work, args.resume, figures, forward,
            snapshot=snapshot, snapshot_steps=due,
        )  # fmt: skip
    except TrainingError as error:
        sys.exit(str(error))
    if args.snapshots and log[-1]["step"] not in due:  # stopped by --minutes: the end is worth one too
        snapshot(model, log[-1])
    training = {
        "command": command(sys.argv[1:]),
        "note": args.note,
        "tokens": log[-1]["tokens"],
        "seconds": round(log[-1]["seconds"]),
        "processes": world,
        "device": hardware(device),
        "parameters": sum(p.numel() for p in model.parameters()),
        "validation": figures(model),
        "curve": curve(log),
    }
    model = gathered(model)
    if rank == 0:
        save(model, tokenizer, training, args.out, kept)
        print(f"Saved in {args.out}")
    if world > 1:
        dist.destroy_process_group()


if __name__ == "__main__":
    main()
