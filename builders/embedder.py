"""Train mini-embed, a bi-encoder that turns a text into a vector, from the weights of mini-base.

    python -m builders.embedder --minutes 6
    python -m builders.embedder --evaluate-only          # measure again the model that is there

The transformer is mini-base's own, causal as it was trained. A text is tokenised as it is, with no mark
before or after it; its vector is the mean over all its tokens of the hidden states after the last norm,
divided by its length (192 numbers). Training is sentence-transformers' own: its Trainer and its
MultipleNegativesRankingLoss, where every other text of the batch is a wrong answer; the batches of
`corpus.paraphrases` hold the near misses. Killed at any moment, `--resume` goes on.
"""

from __future__ import annotations

import argparse
import json
import math
import os
import random
import shlex
import shutil
import sys
import time
from collections.abc import Callable, Iterator, Sequence
from pathlib import Path

import numpy as np
import torch

os.environ.setdefault("HF_HUB_OFFLINE", "1")

from datasets import Dataset
from sentence_transformers import (
    CrossEncoder,
    SentenceTransformer,
    SentenceTransformerTrainer,
    SentenceTransformerTrainingArguments,
    losses,
)
from sentence_transformers.base.sampler import DefaultBatchSampler
from sentence_transformers.models import Normalize, Pooling, Transformer  # where 5 and 6 both have them
from transformers import TrainerCallback

from builders import page, pretrain, retrieval
from builders.corpus import paraphrases

LENGTH = 256  # tokens read of a text, at most
SCALE = 20.0  # cosines are multiplied by this before the softmax
EXAMPLES = 30


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


def start(base: Path, device: str) -> SentenceTransformer:
    """An untrained bi-encoder on mini-base's weights: transformer, mean of the tokens, length 1."""
    transformer = Transformer(
        str(folder_of(base)), max_seq_length=LENGTH, model_kwargs={"dtype": torch.float32}
    )
    if os.environ.get("VARIANT") == "B":
        from tokenizers import normalizers

        transformer.tokenizer.backend_tokenizer.normalizer = normalizers.Sequence(
            [normalizers.Lowercase(), normalizers.Prepend(" ")]
        )
    transformer.tokenizer.padding_side = "right"  # so that causal attention never sees the padding
    pooling = Pooling(transformer.get_embedding_dimension(), pooling_mode="mean")
    return SentenceTransformer(modules=[transformer, pooling, Normalize()], device=device)


class Batches(DefaultBatchSampler):
    """The batches in the order and of the sizes in which they were made."""

    sizes: Sequence[int] = ()

    def __iter__(self) -> Iterator[list[int]]:
        position = 0
        for size in self.sizes:
            yield list(range(position, position + size))
            position += size

    def __len__(self) -> int:
        return len(self.sizes)


def data(batches: int, seed: int) -> tuple[Dataset, list[int]]:
    """Training pairs in a row, and the sizes of the batches that they form."""
    made = paraphrases.batches(random.Random(seed))
    columns: dict[str, list[str]] = {"anchor": [], "positive": []}
    sizes = []
    for _, (_, pairs) in zip(range(batches), made, strict=False):
        columns["anchor"] += [pair.query for pair in pairs]
        columns["positive"] += [pair.text for pair in pairs]
        sizes.append(len(pairs))
    return Dataset.from_dict(columns), sizes


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


def optimizer(model: torch.nn.Module, rate: float, watch: Watch, steps: int) -> tuple:
    """AdamW and its schedule: a climb of 30 steps, a plateau, and a straight fall over the last 70 % of the
    run, which is counted by steps or by time, whichever is further."""
    adamw = torch.optim.AdamW(model.parameters(), rate, betas=(0.9, 0.98), weight_decay=0.01)

    def share(step: int) -> float:
        return max(0.0, min(1.0, (step + 1) / 30, (1 - watch.done(step, steps)) / 0.7))

    return adamw, torch.optim.lr_scheduler.LambdaLR(adamw, share)


def train(model: SentenceTransformer, args: argparse.Namespace) -> dict:
    """Train in place; returns what training.json keeps. Checkpoints lie in `args.work`."""
    steps = max(1, round(args.steps * args.size))
    recipe = {"steps": steps, "seed": args.seed, "rate": args.rate, "base": str(args.base)}
    resume = prepare(args.work, recipe, args.resume)
    dataset, sizes = data(steps, args.seed)
    model[0].auto_model.set_attn_implementation("causal")  # twice as fast on a CPU; padding is on the right
    model[0].auto_model.config.use_cache = False
    watch = Watch(args.minutes, args.work / "clock.json", resume)
    settings = SentenceTransformerTrainingArguments(
        output_dir=str(args.work),
        max_steps=steps,
        per_device_train_batch_size=max(sizes),
        batch_sampler=type("Made", (Batches,), {"sizes": sizes}),
        learning_rate=args.rate,
        bf16=pretrain.fast_precision(torch.device(args.device)) == "bfloat16",
        use_cpu=args.device == "cpu",
        seed=args.seed,
        logging_steps=10,
        save_steps=200,
        save_total_limit=1,
        report_to="none",
        dataloader_pin_memory=False,
        logging_strategy="steps",
    )
    trainer = SentenceTransformerTrainer(
        model=model,
        args=settings,
        train_dataset=dataset,
        loss=losses.MultipleNegativesRankingLoss(model, scale=SCALE),
        callbacks=[watch],
        optimizers=optimizer(model, args.rate, watch, steps),
    )
    trainer.train(resume_from_checkpoint=resume)
    model[0].auto_model.set_attn_implementation("sdpa")
    model[0].auto_model.config.use_cache = True
    done = trainer.state.global_step
    return {
        "base": args.base.name,
        "steps": done,
        "pairs": sum(sizes[:done]),
        "seconds": round(watch.seconds),
        "parameters": sum(p.numel() for p in model.parameters()),
        "curve": watch.curve,
    }


def encoder(model: SentenceTransformer) -> Callable[[Sequence[str]], np.ndarray]:
    """Texts to vectors (texts, 192), float32, of length 1."""
    return lambda texts: model.encode(list(texts), batch_size=64, show_progress_bar=False)


def lighten(model: SentenceTransformer) -> None:
    """Give the model, in place, the weights as the page has them: int8 per row of every matrix."""
    state = model[0].auto_model.state_dict()
    for name, tensor in state.items():
        if tensor.ndim == 2:
            state[name] = torch.from_numpy(page.widen(*page.quantize(tensor.float().numpy())))
    model[0].auto_model.load_state_dict(state)


def evaluate(folder: Path, size: int = 400, base: Path | None = None) -> dict:
    """Every measure of a saved mini-embed: against BM25, TF-IDF and fusion by bucket, int8, examples.

    With `base`, also the same bi-encoder before training.
    """
    model = SentenceTransformer(str(folder), device="cpu")
    exact = encoder(model)
    buckets = paraphrases.buckets(size=size)
    searchers = {
        "mini-embed": retrieval.dense(exact),
        "BM25": retrieval.bm25,
        "TF-IDF": retrieval.tfidf,
        "TF-IDF de letras": retrieval.tfidf_letters,
    }
    if base:
        searchers["sem treino"] = retrieval.dense(encoder(start(base, "cpu")))
    every = retrieval.measure(buckets, searchers, {"híbrido (RRF)": ("mini-embed", "BM25")})
    table = retrieval.table(every)
    others = [name for name in every if name != "mini-embed"]
    light = SentenceTransformer(str(folder), device="cpu")
    lighten(light)
    texts = [text for bucket in buckets for text in bucket.texts[:50]]
    cosines = (exact(texts) * encoder(light)(texts)).sum(1)
    lighter = retrieval.measure(buckets, {"int8": retrieval.dense(encoder(light))}, {})
    int8 = retrieval.table(lighter)["int8"]["todos"]
    seconds = time.perf_counter()
    exact(texts[:200])
    return {
        "queries": {bucket.name: [len(bucket.queries), len(bucket.texts)] for bucket in buckets},
        "search": table,
        # paired, on the same searches: how much recall@1 of mini-embed is above each other's
        "gain": {name: retrieval.difference(every, "mini-embed", name, "recall@1") for name in others},
        "int8": {"cosine_mean": round(float(cosines.mean()), 5), "cosine_min": round(float(cosines.min()), 5),
                 "recall@1": int8["recall@1"]},
        "ms_per_text": round((time.perf_counter() - seconds) * 5, 2),
        "examples": examples(buckets, retrieval.dense(exact)),
    }  # fmt: skip


def examples(buckets: Sequence[paraphrases.Bucket], search: retrieval.Searcher) -> list[dict]:
    """The first searches of every bucket in turn, EXAMPLES in all: asked, found, whether right."""
    shown = []
    for number in range(math.ceil(EXAMPLES / len(buckets))):
        for bucket in buckets:
            found = int(search(bucket.queries[number : number + 1], bucket.texts)[0].argmax())
            shown.append(
                {
                    "kind": bucket.name,
                    "query": bucket.queries[number],
                    "found": bucket.texts[found],
                    "right": found in bucket.relevant[number],
                }
            )
    return shown[:EXAMPLES]


# Where sentence-transformers 5 and 6 both find the modules: the folder opens with either.
MODULES = {
    "Transformer": "sentence_transformers.models.Transformer",
    "Pooling": "sentence_transformers.models.Pooling",
    "Normalize": "sentence_transformers.models.Normalize",
}


def settle(folder: Path) -> None:
    """Rewrite the settings of a saved bi-encoder in the form that older sentence-transformers read too."""
    modules = json.loads((folder / "modules.json").read_text(encoding="utf-8"))
    for module in modules:
        module["type"] = MODULES[module["type"].rsplit(".", 1)[-1]]
    width = json.loads((folder / "config.json").read_text(encoding="utf-8"))["hidden_size"]
    pooling = {
        "word_embedding_dimension": width,
        "pooling_mode_cls_token": False,
        "pooling_mode_mean_tokens": True,
    }
    for name, value in (
        ("modules.json", modules),
        ("1_Pooling/config.json", pooling),
        ("sentence_bert_config.json", {"max_seq_length": LENGTH, "do_lower_case": False}),
    ):
        (folder / name).write_text(json.dumps(value, indent=2) + "\n", encoding="utf-8")


def save(model: SentenceTransformer | CrossEncoder, training: dict, out: Path) -> None:
    """Write the model folder aside (float16 weights that open as float32), then swap it in."""
    partial, old = out.with_name(out.name + ".partial"), out.with_name(out.name + ".old")
    shutil.rmtree(partial, ignore_errors=True)
    model.cpu().half().save_pretrained(str(partial), create_model_card=False)
    if isinstance(model, SentenceTransformer):
        settle(partial)
    config = json.loads((partial / "config.json").read_text(encoding="utf-8"))
    config["dtype"] = "float32"  # halves are only for storage: a CPU computes faster and finer in float32
    (partial / "config.json").write_text(json.dumps(config, indent=2) + "\n", encoding="utf-8")
    text = json.dumps(training, ensure_ascii=False, indent=1) + "\n"
    (partial / "training.json").write_text(text, encoding="utf-8")
    for path in partial.rglob("*"):
        if path.is_file():
            path.chmod(0o644)
    out.parent.mkdir(parents=True, exist_ok=True)
    shutil.rmtree(old, ignore_errors=True)
    if out.exists():
        out.rename(old)
    partial.rename(out)
    shutil.rmtree(old, ignore_errors=True)
    model.float()


def write_evaluation(out: Path, figures: dict) -> None:
    """evaluation.json, whole or not at all."""
    partial = out / "evaluation.json.partial"
    partial.write_text(json.dumps(figures, ensure_ascii=False, indent=1) + "\n", encoding="utf-8")
    partial.replace(out / "evaluation.json")


def report(figures: dict) -> str:
    """recall@1 of every searcher by bucket, as a table for the terminal."""
    names = list(figures["search"])
    lines = [f"{'recall@1':30}" + "".join(f"{name:>18}" for name in names)]
    for bucket in figures["search"][names[0]]:
        cells = [figures["search"][name][bucket]["recall@1"][0] for name in names]
        lines.append(f"{bucket:30}" + "".join(f"{cell:18.3f}" for cell in cells))
    return "\n".join(lines)


def parse(arguments: list[str] | None = None) -> argparse.Namespace:
    """Command line."""
    parser = argparse.ArgumentParser(prog="python -m builders.embedder", description=__doc__.split("\n")[0])
    parser.add_argument(
        "--base", type=Path, default=Path("data/models/mini-base"), help="model to start from"
    )
    parser.add_argument(
        "--out", type=Path, default=Path("data/models/mini-embed"), help="model folder to write"
    )
    parser.add_argument("--work", type=Path, default=Path("build/embedder"), help="checkpoints")
    parser.add_argument("--steps", type=int, default=1200, help="batches of about 55 pairs")
    parser.add_argument("--size", type=float, default=1.0, help="factor on --steps")
    parser.add_argument("--minutes", type=float, help="stop by then at the latest, decay included")
    parser.add_argument("--rate", type=float, default=8e-4, help="highest learning rate")
    parser.add_argument("--device", default="cpu", help="cpu or cuda")
    parser.add_argument("--threads", type=int, default=1, help="CPU threads; 1 unless the machine is idle")
    parser.add_argument("--seed", type=int, default=0)
    parser.add_argument("--queries", type=int, default=400, help="queries in each held-out set")
    parser.add_argument("--resume", action="store_true", help="go on from the checkpoint in --work")
    parser.add_argument("--evaluate-only", action="store_true", help="only measure the model in --out")
    args = parser.parse_args(arguments)
    if (
        args.steps < 1
        or args.size <= 0
        or args.queries < 8
        or (args.minutes is not None and args.minutes <= 0)
    ):
        parser.error("--steps, --size and --minutes must be above 0, and --queries at least 8")
    return args


def command(arguments: list[str]) -> str:
    """The command line as the card shows it."""
    return "python -m builders.embedder " + shlex.join(a for a in arguments if a != "--resume")


def main(arguments: list[str] | None = None) -> None:
    """Train, save, measure."""
    args = parse(arguments)
    torch.set_num_threads(args.threads)
    torch.manual_seed(args.seed)
    try:
        if args.evaluate_only:
            folder_of(args.out)
        else:
            model = start(args.base, args.device)
            training = train(model, args)
            given = sys.argv[1:] if arguments is None else arguments
            save(model, {"command": command(given), **training}, args.out)
            print(f"Saved in {args.out}")
        figures = evaluate(args.out, args.queries, args.base if args.base.exists() else None)
    except BuildError as error:
        sys.exit(str(error))
    write_evaluation(args.out, figures)
    print(report(figures))


if __name__ == "__main__":
    main()
