"""Train mini-embed, a bi-encoder that turns a text into a vector, from the weights of mini-base.

    python -m builders.embedder --minutes 6
    python -m builders.embedder --evaluate-only          # measure again the model that is there

The transformer is mini-base's own, causal as it was trained. A text is tokenised as it is, with no mark
before or after it; its vector is the mean over all its tokens of the hidden states after the last norm,
divided by its length (192 numbers). Training is sentence-transformers' own: its Trainer and its
MultipleNegativesSymmetricRankingLoss, where every other text of the batch is a wrong answer to a query, and
every other query a wrong question to a text; the batches of `corpus.paraphrases` hold the near misses.
Killed at any moment, `--resume` goes on.
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
from sentence_transformers.models import Normalize, Pooling, Transformer  # where 5 and 6 both have them
from sentence_transformers.sampler import DefaultBatchSampler

from builders import page, pretrain, retrieval, tuning
from builders.corpus import paraphrases
from builders.tuning import BuildError, Watch, folder_of

LENGTH = 256  # tokens read of a text, at most
SCALE = 20.0  # cosines are multiplied by this before the softmax
EXAMPLES = 30


def start(base: Path, device: str) -> SentenceTransformer:
    """An untrained bi-encoder on mini-base's weights: transformer, mean of the tokens, length 1."""
    transformer = Transformer(str(folder_of(base)), max_seq_length=LENGTH)
    transformer.auto_model.float()
    transformer.tokenizer.padding_side = "right"  # so that causal attention never sees the padding
    pooling = Pooling(transformer.auto_model.config.hidden_size, pooling_mode="mean")
    return SentenceTransformer(modules=[transformer, pooling, Normalize()], device=device)


def earlier(base: Path) -> dict:
    """What `base` was trained for before, if it is a bi-encoder: its own base, and the runs that made it."""
    kept = base / "training.json"
    if not (base / "modules.json").exists() or not kept.exists():
        return {"base": base.name}
    before = json.loads(kept.read_text(encoding="utf-8"))
    run = {name: before[name] for name in ("command", "steps", "pairs", "seconds") if name in before}
    return {"base": before["base"], "earlier": [*before.get("earlier", []), run]}


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


class Trainer(SentenceTransformerTrainer):
    """sentence-transformers' trainer on batches made beforehand, of these sizes."""

    sizes: Sequence[int] = ()

    def get_batch_sampler(self, dataset: Dataset, batch_size: int, drop_last: bool, **kwargs) -> Batches:
        """The batches as they were made."""
        sampler = Batches(dataset, batch_size, drop_last, **kwargs)
        sampler.sizes = self.sizes
        return sampler


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


def train(model: SentenceTransformer, args: argparse.Namespace) -> dict:
    """Train in place; returns what training.json keeps. Checkpoints lie in `args.work`."""
    steps = max(1, round(args.steps * args.size))
    recipe = {"steps": steps, "seed": args.seed, "rate": args.rate, "base": str(args.base)}
    resume = tuning.prepare(args.work, recipe, args.resume)
    dataset, sizes = data(steps, args.seed)
    watch = Watch(args.minutes, args.work / "clock.json", resume)
    settings = SentenceTransformerTrainingArguments(
        output_dir=str(args.work),
        max_steps=steps,
        per_device_train_batch_size=max(sizes),
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
    Trainer.sizes = sizes  # before it is made: it asks for its sampler at once
    trainer = Trainer(
        model=model,
        args=settings,
        train_dataset=dataset,
        loss=losses.MultipleNegativesSymmetricRankingLoss(model, scale=SCALE),
        callbacks=[watch],
        optimizers=tuning.optimizer(model, args.rate, watch, steps),
    )
    with tuning.fast(model[0].auto_model):
        trainer.train(resume_from_checkpoint=resume)
    done = trainer.state.global_step
    return {
        **earlier(args.base),
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
    seconds = time.perf_counter() - seconds
    return {
        "queries": {bucket.name: [len(bucket.queries), len(bucket.texts)] for bucket in buckets},
        "search": table,
        # paired, on the same searches: how much recall@1 of mini-embed is above each other's
        "gain": {name: retrieval.difference(every, "mini-embed", name, "recall@1") for name in others},
        "int8": {"cosine_mean": round(float(cosines.mean()), 5), "cosine_min": round(float(cosines.min()), 5),
                 "recall@1": int8["recall@1"]},
        "ms_per_text": round(seconds * 5, 2),
        "collections": {part: apart(exact, part) for part in ("dev", "teste")},
        "examples": examples(buckets, retrieval.dense(exact)),
    }  # fmt: skip


def apart(encode: Callable[[Sequence[str]], np.ndarray], part: str) -> dict:
    """recall@5 on a part of the bundled collections, way of asking by way of asking, and how much that of
    mini-embed and of the fusion is above BM25's."""
    kept: dict[tuple[str, ...], np.ndarray] = {}

    def once(texts: Sequence[str]) -> np.ndarray:
        if tuple(texts) not in kept:
            kept[tuple(texts)] = encode(texts)
        return kept[tuple(texts)]

    searchers = {"mini-embed": retrieval.dense(once), "BM25": retrieval.bm25, "TF-IDF": retrieval.tfidf}
    every: dict = {"gain": {}}
    for bucket in retrieval.collections(part):
        found = retrieval.measure([bucket], searchers, {"híbrido (RRF)": ("mini-embed", "BM25")})
        every[bucket.name] = {
            name: {"recall@5": by[bucket.name]["recall@5"]} for name, by in retrieval.table(found).items()
        }
        every["gain"][bucket.name] = {
            name: retrieval.difference(found, name, "BM25", "recall@5")
            for name in ("mini-embed", "híbrido (RRF)")
        }
    return every


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
    parser.add_argument("--steps", type=int, default=2400, help="batches of about 50 pairs")
    parser.add_argument("--size", type=float, default=1.0, help="factor on --steps")
    parser.add_argument("--minutes", type=float, help="stop by then at the latest, decay included")
    parser.add_argument("--rate", type=float, default=0.01, help="highest learning rate, of Muon")
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
