"""Tune mini-base into mini-instruct: conversations in, a model that answers out.

    python -m builders.sft --base data/models/mini-base --out data/models/mini-instruct --minutes 10
    torchrun --nproc_per_node 2 -m builders.sft --minutes 10

Conversations come from `builders.corpus.instructions`, become rows by `llmlib.scratch.sft` (the loss counts
the answers alone) and are read by the loop of `llmlib.scratch.train`, at lower rates than pre-training's.
One row in eight is pre-training text, so that the model keeps what it knew. `--examples` trains on fewer
conversations, read again and again: how much does each thousand teach? Killed at any moment, `--resume` goes
on. `--rank` trains a LoRA adapter alone (`llmlib.scratch.lora`), and `--kinds` on some kinds of conversation:
a model for one task, kept as some hundred thousand numbers beside the weights of --base. `--grow` gives the
model more blocks before (`builders.growth`). `--share` keeps a part of the way from --base only, which may
serve better on texts unlike those of the training. The chat template travels in the tokenizer, and generation
ends at `<|endoftext|>` or `<|im_end|>`.
"""

from __future__ import annotations

import argparse
import hashlib
import json
import os
import random
import sys
from collections import Counter
from collections.abc import Callable, Iterator, Sequence
from itertools import islice
from pathlib import Path

import numpy as np
import torch
import torch.distributed as dist
from safetensors import safe_open
from safetensors.torch import save_file
from tqdm import tqdm
from transformers import AutoModelForCausalLM, AutoTokenizer, PreTrainedTokenizerBase

from builders import growth, pretrain, shards
from builders.corpus import instructions
from builders.measures import batch, proportion
from llmlib import adapters
from llmlib.lm import LM
from llmlib.scratch import lora, sft
from llmlib.scratch.parallel import processes
from llmlib.scratch.train import Rows, Settings, Stage, TrainingError, train

ROW = 512  # tokens of a row, or the model's context where that is shorter
OLD = 8  # one row in so many is pre-training text
TOKENS_A_CONVERSATION = 110  # about, to know how many to make for a run
SPEED = 7_000  # tokens a second that one CPU core reads at most: conversations are made for that
ALPHA = 2  # of a LoRA detour, over its rank
ENDS = [0, 2]  # <|endoftext|>, <|im_end|>


def conversations(
    seed: int, count: int, kinds: Sequence[str] | None = None
) -> Iterator[instructions.Conversation]:
    """The first `count` conversations of the training split: fewer are always the beginning of more."""
    return islice(instructions.documents(random.Random(f"sft/{seed}"), "train", kinds), count)


def read_old(base: Path, corpus: Path, work: Path, tokenizer: PreTrainedTokenizerBase, length: int) -> Rows:
    """Rows of pre-training text, made from the last shards of the corpus."""
    files = sorted((corpus / "texto").glob("train-*.jsonl"))[-2:]
    if not files:
        sys.exit(f"No train-*.jsonl in {corpus / 'texto'}: run python -m builders.corpus --mix texto, "
                 f"or give --old 0 to tune {base.name} on conversations alone.")  # fmt: skip
    shards.to_rows(files, tokenizer.backend_tokenizer, work / "old", length)
    return Rows(work / "old", length)


def write_rows(
    made: Iterator[instructions.Conversation],
    tokenizer: PreTrainedTokenizerBase,
    prefix: Path,
    length: int,
    old: Rows | None,
    every: int,
    how: str,
) -> dict:
    """Write packed rows to `prefix.tokens.bin` and `prefix.weights.bin`; the counts of what went in.

    Nothing is done again when the files are there, made in the same way (`how`).
    """
    digest = hashlib.sha256(f"{how} {length} {tokenizer.backend_tokenizer.to_str()}".encode()).hexdigest()
    stamp = prefix.with_suffix(".json")
    if stamp.exists() and (known := json.loads(stamp.read_text()))["sha256"] == digest:
        return known
    prefix.parent.mkdir(parents=True, exist_ok=True)
    kinds: Counter[str] = Counter()
    left_out = taught = 0

    def encoded() -> Iterator[sft.Example]:
        nonlocal left_out, taught
        for conversation in tqdm(made, desc="conversations", unit="", leave=False):
            ids, weights = sft.encode(tokenizer, conversation.messages)
            if len(ids) > length:
                left_out += 1
                continue
            kinds[conversation.kind] += 1
            taught += sum(weights)
            yield ids, sft.shares(weights)

    names, count, from_old = [f"{prefix}.tokens.bin", f"{prefix}.weights.bin"], 0, 0
    with open(names[0] + ".partial", "wb") as tokens, open(names[1] + ".partial", "wb") as marks:
        for ids, weights in sft.pack(encoded(), length, shards.PAD):
            rows = [(np.asarray(ids), np.asarray(weights))]
            if old is not None and count % every == every - 2:
                rows.append((old.tokens[from_old % len(old)], old.weights[from_old % len(old)]))
                from_old += 1
            for row, its_weights in rows:
                tokens.write(row.astype(np.uint16).tobytes())
                marks.write(its_weights.astype(np.uint8).tobytes())
                count += 1
    stamp.unlink(missing_ok=True)
    for name in names:
        os.replace(name + ".partial", name)
    known = {
        "sha256": digest, "rows": count, "old_rows": from_old, "conversations": sum(kinds.values()),
        "left_out": left_out, "answer_tokens": taught, "kinds": dict(kinds.most_common()),
    }  # fmt: skip
    stamp.write_text(json.dumps(known))
    return known


def sample(
    model: object, tokenizer: object, made: list[instructions.Conversation], **rules: object
) -> list[str]:
    """What the model answers in each conversation, running free."""
    room = [230 if c.kind in ("historia", "continuacao") else 80 for c in made]
    return batch.chat(LM("sft", model, tokenizer), [c.prompt for c in made], room, **rules)


def by_kind(model: object, tokenizer: object, each: int, seed: int = 0) -> dict[str, dict]:
    """Share of right answers on `each` unseen conversations of every kind, and of all kinds together."""
    made = [
        instructions.make(random.Random(f"medida/{kind}/{seed}/{i}"), "valid", kind)
        for kind in instructions.KINDS
        for i in range(each)
    ]
    model.eval()
    answers = sample(model, tokenizer, made)
    hits: Counter[str] = Counter()
    for conversation, answer in zip(made, answers, strict=True):
        hits[conversation.kind] += instructions.right(conversation, answer)
    found = {kind: proportion(hits[kind], each) for kind in instructions.KINDS}
    return found | {"todos": proportion(sum(hits.values()), len(made))}


def open_base(folder: Path, seed: int, template: str | None = None) -> tuple[object, PreTrainedTokenizerBase]:
    """The model, ready to be trained, and its tokenizer; with a template, that is how it will chat."""
    if not (folder / "config.json").exists():
        sys.exit(f"There is no model in {folder}: make it with python -m builders.pretrain, or give --base.")
    torch.manual_seed(seed)
    tokenizer = AutoTokenizer.from_pretrained(folder)
    tokenizer.chat_template = template or tokenizer.chat_template
    if not tokenizer.chat_template:
        sys.exit(f"The model in {folder} has no chat template: tune it with python -m builders.sft first.")
    model = AutoModelForCausalLM.from_pretrained(folder, dtype=torch.float32)
    model.config.use_cache = False
    model.generation_config.eos_token_id, model.generation_config.pad_token_id = ENDS, shards.PAD
    return model, tokenizer


def arguments(program: str, description: str, base: str, out: str, minutes: float) -> argparse.ArgumentParser:
    """The options that tuning builders share."""
    parser = argparse.ArgumentParser(prog=program, description=description)
    parser.add_argument("--base", type=Path, default=Path(base), help="model folder to start from")
    parser.add_argument("--out", type=Path, default=Path(out), help="model folder to write")
    parser.add_argument("--minutes", type=float, default=minutes, help=f"of training ({minutes:g})")
    parser.add_argument("--precision", choices=["float32", "bfloat16"], help="by default what is fast here")
    parser.add_argument("--device", default="cpu", help="cpu or cuda")
    parser.add_argument("--threads", type=int, default=1, help="CPU threads; 1 unless the machine is idle")
    parser.add_argument("--seed", type=int, default=0)
    parser.add_argument("--note", default="", help="a remark on this run, for the card")
    parser.add_argument("--resume", action="store_true", help="go on from the checkpoint in --work")
    return parser


def standing(model: torch.nn.Module) -> dict[str, torch.Tensor]:
    """Where the weights that learn stand now; of a LoRA detour B alone, as the way goes by B · A."""
    return {
        name: p.detach().clone()
        for name, p in model.named_parameters()
        if p.requires_grad and ".lora_A." not in name
    }


@torch.no_grad()
def go_back(model: torch.nn.Module, start: dict[str, torch.Tensor], share: float) -> None:
    """Leave the weights at `share` of the way from `start`, a straight line of working models.

    Source: Wortsman et al. 2022, "Robust fine-tuning of zero-shot models", arXiv:2109.01903.
    """
    for name, p in model.named_parameters():
        if name in start:
            p.copy_(start[name].to(p.device).lerp(p, share))


def beside(args: argparse.Namespace) -> None:
    """An adapter needs its base for a neighbour: leave with a sentence where it would not be one."""
    if args.base.resolve().parent != args.out.resolve().parent:
        sys.exit(f"{args.out} will need the weights in {args.base}: give --out a folder beside it.")


def finish_adapter(model: object, tokenizer: object, training: dict, args: argparse.Namespace) -> None:
    """Write the folder aside and swap it in: the adapter, as peft keeps one, and all that is not weights.

    An index says that the other weights are those of --base, so transformers opens the folder like any other
    (with peft there to apply the adapter). The adapter keeps the sha256 of the weights that it was made for.
    """
    whole = args.base / "model.safetensors"
    header = {adapters.BASE: hashlib.sha256(whole.read_bytes()).hexdigest()}  # more keys come in any order
    with safe_open(whole, "pt") as file:
        index = dict.fromkeys(file.keys(), f"../{args.base.name}/{whole.name}")
    parts = {name: p.half().cpu().contiguous() for name, p in lora.adapter(model).items()}
    config = {
        "peft_type": "LORA", "task_type": "CAUSAL_LM", "base_model_name_or_path": str(args.base),
        "r": args.rank, "lora_alpha": ALPHA * args.rank, "lora_dropout": 0.0, "bias": "none",
        "target_modules": list(lora.TARGETS), "inference_mode": True,
    }  # fmt: skip

    def write(folder: Path) -> None:
        (folder / "model.safetensors").unlink()
        save_file(parts, folder / "adapter_model.safetensors", metadata=header)
        described = {
            "adapter_config.json": config,
            f"{whole.name}.index.json": {"metadata": {}, "weight_map": index},
        }
        for name, said in described.items():
            (folder / name).write_text(json.dumps(said, indent=1) + "\n", encoding="utf-8")

    finish(lora.merge(model), tokenizer, training, args.out, write)


def parse(argv: list[str] | None = None) -> argparse.Namespace:
    """Command line."""
    parser = arguments(
        "python -m builders.sft", __doc__.split("\n")[0],
        "data/models/mini-base", "data/models/mini-instruct", 10,
    )  # fmt: skip
    parser.add_argument("--work", type=Path, default=Path("build/sft"), help="rows, log and checkpoint")
    parser.add_argument("--corpus", type=Path, default=Path("build/corpus"), help="holds texto/")
    parser.add_argument(
        "--examples", type=pretrain.count, help="train on so many conversations only: 500, 8k"
    )
    parser.add_argument("--kinds", nargs="+", choices=list(instructions.SHARES), help="of conversation, only")
    parser.add_argument(
        "--rank", type=int, default=0, help="train a LoRA adapter of this rank; 0: all weights"
    )
    parser.add_argument(
        "--grow", type=int, nargs="+", metavar="BLOCK", help="a new block after each of these, counted from 0"
    )
    parser.add_argument("--share", type=float, default=1.0, help="of the way from --base that is kept (1)")
    parser.add_argument("--tokens", type=pretrain.count, help="stop after so many: 3M, 200k")
    parser.add_argument("--old", type=int, default=OLD, help="one row in so many is old text; 0 for none")
    parser.add_argument("--batch", type=int, default=4, help="rows a step")
    parser.add_argument("--muon-lr", type=float, default=0.01)
    parser.add_argument("--adamw-lr", type=float, default=1.5e-3)
    parser.add_argument(
        "--compile",
        action="store_true",
        help="torch.compile: needs a C++ compiler and a minute, then is faster",
    )
    parser.add_argument(
        "--space", action="store_true", help="answers begin with a space, as words in running text do"
    )
    parser.add_argument(
        "--each", type=int, default=20, help="unseen conversations a kind, at the end; 0: none"
    )
    args = parser.parse_args(argv)
    if args.old == 1 or args.old < 0:
        parser.error("--old is one row in so many: 2 or more, or 0 for none")
    if args.examples is not None and args.examples < 1:
        parser.error("--examples must be at least 1")
    if args.minutes <= 0 or args.rank < 0:
        parser.error("--minutes must be above 0, and --rank not below 0")
    if args.grow and args.rank:
        parser.error("--grow changes what --base is, which an adapter stands beside: give one of the two")
    if not 0 < args.share <= 1:
        parser.error("--share is above 0, and 1 at most")
    return args


def command(module: str, argv: list[str]) -> str:
    """The command line as the card shows it: without what only resumed or annotated the run."""
    return pretrain.command(argv).replace("builders.pretrain", module, 1) if argv else f"python -m {module}"


def finish(
    model: object,
    tokenizer: PreTrainedTokenizerBase,
    training: dict,
    out: Path,
    change: Callable[[Path], None] | None = None,
) -> None:
    """Write the folder aside, let `change` alter it, and swap it in."""
    pretrain.save(model, tokenizer, training, out, change=change)
    print(f"Saved in {out}")


def main(argv: list[str] | None = None) -> None:
    """Make the rows, train, measure, save."""
    args = parse(argv)
    torch.set_num_threads(args.threads)
    device = torch.device(args.device)
    if device.type == "cuda":
        device = torch.device("cuda", int(os.environ.get("LOCAL_RANK", 0)))
    rank, world = processes(device)
    template = sft.SPACED_TEMPLATE if args.space else sft.CHAT_TEMPLATE
    model, tokenizer = open_base(args.base, args.seed, template)
    if args.grow:
        try:
            growth.deepen(model, args.grow)
        except ValueError as error:
            sys.exit(f"--grow: {error}.")
    parameters = sum(p.numel() for p in model.parameters())
    if args.rank:
        beside(args)
        lora.add_lora(model, args.rank, ALPHA * args.rank)
    length = min(ROW, model.config.max_position_embeddings)
    tokens = args.tokens or int(args.minutes * 60 * SPEED * world)
    if args.device != "cpu":
        tokens = args.tokens or 60_000_000
    count = args.examples or tokens // TOKENS_A_CONVERSATION + 1
    if rank:
        dist.barrier()  # the first process makes the rows, the others find them made
    old = read_old(args.base, args.corpus, args.work, tokenizer, length) if args.old else None
    how = f"{args.seed} {count} {args.old} {args.space} {args.kinds} {instructions_hash()}"
    made = write_rows(
        conversations(args.seed, count, args.kinds), tokenizer, args.work / "rows", length, old, args.old, how
    )
    if world > 1 and not rank:
        dist.barrier()
    print(f"{made['conversations']} conversations in {made['rows'] - made['old_rows']} rows of {length}, "
          f"{made['old_rows']} rows of old text; {made['left_out']} conversations were too long")  # fmt: skip
    model.to(device)
    if device.type == "cpu":
        model.set_attn_implementation("causal")
    settings = Settings(
        tokens=tokens, batch=args.batch, muon_lr=args.muon_lr, adamw_lr=args.adamw_lr, warmup=0.03, decay=0.6,
        precision=args.precision or pretrain.fast_precision(device), seed=args.seed, minutes=args.minutes,
    )  # fmt: skip
    forward = torch.compile(model, dynamic=False) if args.compile else None
    start = standing(model)
    try:
        stage = Stage("conversas", Rows(args.work / "rows", length))
        log = train(model, [stage], settings, args.work, args.resume, forward=forward)
    except TrainingError as error:
        sys.exit(str(error))
    if world > 1:
        dist.destroy_process_group()
    if rank:
        return
    training = {
        "command": command("builders.sft", sys.argv[1:] if argv is None else argv),
        "note": args.note,
        "base": args.base.name,
        "tokens": log[-1]["tokens"],
        "seconds": round(log[-1]["seconds"]),
        "processes": world,
        "parameters": parameters,
        "data": {k: v for k, v in made.items() if k != "sha256"},
        "epochs": round(log[-1]["tokens"] / (made["rows"] * length), 2),
        "curve": pretrain.curve(log),
    }
    model.set_attn_implementation("sdpa")
    go_back(model, start, args.share)
    if args.share < 1:
        training["share"] = args.share
    if args.rank:
        training["trained"] = lora.trainable(model)[0]
    if args.each:
        training["right"] = by_kind(model, tokenizer, args.each, args.seed)
        print("Right answers, unseen conversations:",
              ", ".join(f"{k} {v['hits']}/{v['n']}" for k, v in training["right"].items()))  # fmt: skip
    if args.rank:
        finish_adapter(model, tokenizer, training, args)
    else:
        finish(model, tokenizer, training, args.out)


def instructions_hash() -> str:
    """sha256 of what conversations depend on: rows made from other code or tables are made again."""
    from builders.corpus.__main__ import source_hash

    digest = hashlib.sha256(source_hash().encode())
    for path in sorted(Path(instructions.__file__).parent.glob("*.py")):
        digest.update(path.read_bytes())
    return digest.hexdigest()


if __name__ == "__main__":
    main()
