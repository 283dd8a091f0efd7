"""Train mini-rerank, a cross-encoder that reads a search and a passage together, from mini-instruct.

    python -m builders.reranker --minutes 6
    python -m builders.reranker --evaluate-only          # measure again the model that is there

The pair is laid out as mini-instruct learned to read, search, passage, search again, in one message of the
user, by the tokenizer itself, so `CrossEncoder(path).predict([(search, passage)])` is all it takes; the one
logit is read where the answer would begin. It is first fitted to the states that mini-instruct has there,
and then all learn (linear probing, then fine-tuning: Kumar et al. 2022, arXiv:2202.10054). Does this passage
answer? Yes or no, each pair by itself (BinaryCrossEntropyLoss): so a score also says whether any passage
does. Most pairs are of invented towns (`town_searches.judged`); the others are of `paraphrases`, whose wrong
passages are those that BM25 and mini-embed put highest. Killed at any moment, `--resume` goes on.
"""

from __future__ import annotations

import argparse
import json
import os
import random
import shlex
import sys
from collections.abc import Callable, Iterator, Sequence
from pathlib import Path
from tempfile import TemporaryDirectory

import numpy as np
import torch

os.environ.setdefault("HF_HUB_OFFLINE", "1")

from datasets import Dataset
from sentence_transformers import CrossEncoder, SentenceTransformer
from sentence_transformers.cross_encoder import CrossEncoderTrainer, CrossEncoderTrainingArguments
from sentence_transformers.cross_encoder.losses import BinaryCrossEntropyLoss
from sklearn.linear_model import LogisticRegression
from tokenizers import normalizers
from tokenizers.processors import TemplateProcessing
from tqdm.auto import tqdm
from transformers import AutoModelForSequenceClassification, AutoTokenizer, PreTrainedTokenizerFast

from builders import embedder, pretrain, retrieval, tuning
from builders.corpus import paraphrases, town_searches
from builders.tuning import BuildError, Watch

LENGTH = 264  # tokens of a pair, at most, the search counted once: twice a long one still fits 512
WRONG = 4  # wrong passages beside the right one
IN_TOWN = 0.75  # share of the searches that are on papers of invented towns
TOGETHER = 8  # searches on a town, drawn once for all of them
DEPTH = 10  # results that are put in a new order
EXAMPLES = 30
FIT, BATCH = 1200, 48  # pairs of the first fit of the logit, and read at a time for it
Judged = tuple[str, list[str], int]  # a search, passages, and how many of them, the first, answer it


def pair_tokenizer(base: Path) -> PreTrainedTokenizerFast:
    """The tokenizer of `base`, which lays a pair (search, passage) out as a question on a passage."""
    tokenizer = AutoTokenizer.from_pretrained(base)
    pieces = {
        "Pergunta": "<|endoftext|><|im_start|>user\nPergunta:",
        "Contexto": "\nContexto:\n[1]",
        "outra": "\nPergunta:",
        "Resposta": "<|im_end|>\n<|im_start|>assistant\n",
    }
    ids = {name: tokenizer.encode(text, add_special_tokens=False) for name, text in pieces.items()}
    special = [
        {"id": name, "ids": each, "tokens": tokenizer.convert_ids_to_tokens(each)}
        for name, each in ids.items()
    ]
    backend = tokenizer.backend_tokenizer
    backend.normalizer = normalizers.Prepend(" ")  # both texts follow a mark
    backend.post_processor = TemplateProcessing(
        single="Pergunta $A Resposta",
        pair="Pergunta $A Contexto $B outra $A Resposta",
        special_tokens=special,
    )
    tokenizer.padding_side = "right"
    tokenizer.chat_template = None  # with one there, sentence-transformers would lay pairs out by it
    return tokenizer


def start(base: Path, device: str) -> CrossEncoder:
    """An untrained cross-encoder on the weights in `base`, with one new logit."""
    tokenizer = pair_tokenizer(tuning.folder_of(base))
    tokenizer.model_max_length = LENGTH
    network = AutoModelForSequenceClassification.from_pretrained(
        base, num_labels=1, pad_token_id=tokenizer.pad_token_id, dtype=torch.float32
    )
    with TemporaryDirectory() as folder:  # a CrossEncoder opens only folders
        network.save_pretrained(folder)
        tokenizer.save_pretrained(folder)
        return CrossEncoder(folder, max_length=LENGTH, device=device)


def hard(scores: np.ndarray, right: int, count: int, rng: random.Random) -> list[int]:
    """`count` wrong texts among the best of a row of scores, drawn from twice as many."""
    best = [int(i) for i in np.argsort(-scores) if i != right][: 2 * count]
    return rng.sample(best, min(count, len(best)))


def general(rng: random.Random, encode: Callable[[Sequence[str]], np.ndarray]) -> Iterator[Judged]:
    """Searches of all kinds: the right passage, and WRONG wrong ones that mini-embed and BM25 find near."""
    for _, pairs in paraphrases.batches(rng):
        texts = [pair.text for pair in pairs]
        chosen = rng.sample(range(len(pairs)), min(16, len(pairs)))
        queries = [pairs[i].query for i in chosen]
        near, lexical = retrieval.dense(encode)(queries, texts), retrieval.bm25(queries, texts)
        for row, i in enumerate(chosen):
            wrong = set(hard(near[row], i, WRONG - 1, rng)) | set(hard(lexical[row], i, 1, rng))
            yield pairs[i].query, [texts[i], *(texts[j] for j in sorted(wrong)[:WRONG])], 1


def in_town(rng: random.Random) -> Iterator[Judged]:
    """Searches on papers of invented towns, some of which nothing there answers."""
    while True:
        for query, texts, right in town_searches.judged(rng, "train", TOGETHER, WRONG):
            yield paraphrases.informal(rng, query, "train"), texts, right


def data(searches: int, seed: int, encode: Callable[[Sequence[str]], np.ndarray]) -> Dataset:
    """Pairs (query, text) with their label, 1.0 or 0.0: those of `searches` searches."""
    rng = random.Random(seed + 1)
    sources = {True: in_town(rng), False: general(rng, encode)}
    rows: list[dict] = []
    for _ in tqdm(range(searches), unit="search", desc="pairs"):
        query, texts, right = next(sources[rng.random() < IN_TOWN])
        rows += [{"query": query, "text": t, "label": float(i < right)} for i, t in enumerate(texts)]
    return Dataset.from_list(rows)


@torch.no_grad()
def probe(model: CrossEncoder, pairs: Dataset) -> float:
    """Set the new logit's weights by a logistic regression on the last states; its share of right answers."""
    states = []
    for at in range(0, len(pairs), BATCH):
        part = pairs[at : at + BATCH]
        read = model.tokenizer(
            part["query"], part["text"], padding=True, truncation=True, max_length=LENGTH, return_tensors="pt"
        ).to(model.device)
        ends = read["attention_mask"].sum(1) - 1
        every = model.model.base_model(**read).last_hidden_state
        states.append(every[torch.arange(len(ends)), ends].float().cpu())
    found = LogisticRegression(C=0.1, fit_intercept=False, max_iter=500).fit(
        torch.cat(states), pairs["label"]
    )
    model.model.score.weight.copy_(torch.from_numpy(found.coef_))
    return float(found.score(torch.cat(states), pairs["label"]))


def train(model: CrossEncoder, args: argparse.Namespace) -> dict:
    """Train in place; returns what training.json keeps. Checkpoints lie in `args.work`."""
    steps = max(1, round(args.steps * args.size))
    recipe = {
        "steps": steps,
        "seed": args.seed,
        "rate": args.rate,
        "base": str(args.base),
        "batch": args.batch,
    }
    resume = tuning.prepare(args.work, recipe, args.resume)
    finder = SentenceTransformer(str(args.embed), device=args.device)
    dataset = data(steps * args.batch, args.seed, embedder.encoder(finder))
    if not resume:
        print(f"the first fit is right in {probe(model, dataset.select(range(min(FIT, len(dataset))))):.0%}")
    watch = Watch(args.minutes, args.work / "clock.json", resume)
    settings = CrossEncoderTrainingArguments(
        output_dir=str(args.work),
        max_steps=steps,
        per_device_train_batch_size=args.batch * (WRONG + 1),
        learning_rate=args.rate,
        bf16=pretrain.fast_precision(torch.device(args.device)) == "bfloat16",
        use_cpu=args.device == "cpu",
        seed=args.seed,
        logging_steps=10,
        save_steps=200,
        save_total_limit=1,
        report_to="none",
        dataloader_pin_memory=False,
    )
    trainer = CrossEncoderTrainer(
        model=model,
        args=settings,
        train_dataset=dataset,
        loss=BinaryCrossEntropyLoss(model),
        callbacks=[watch],
        optimizers=tuning.optimizer(model, args.rate, watch, steps),
    )
    with tuning.fast(model.model):
        trainer.train(resume_from_checkpoint=resume)
    return {
        "base": args.base.name,
        "steps": trainer.state.global_step,
        "pairs": trainer.state.global_step * args.batch * (WRONG + 1),
        "seconds": round(watch.seconds),
        "parameters": sum(p.numel() for p in model.parameters()),
        "curve": watch.curve,
    }


def reranked(
    model: CrossEncoder, scores: np.ndarray, queries: Sequence[str], texts: Sequence[str], depth: int = DEPTH
) -> np.ndarray:
    """`scores` (queries, texts) with the best `depth` of each row put in the order of the cross-encoder."""
    best = np.argsort(-scores, axis=1, kind="stable")[:, :depth]
    pairs = [(query, texts[j]) for query, row in zip(queries, best, strict=True) for j in row]
    logits = model.predict(pairs, batch_size=64, activation_fn=torch.nn.Identity(), show_progress_bar=False)
    order = retrieval.ranks(scores).astype(float)
    fresh = -order  # the others keep their places below
    np.put_along_axis(fresh, best, 1e3 + logits.reshape(best.shape), 1)
    return fresh


def evaluate(folder: Path, embed: Path, size: int = 200) -> dict:
    """Each first search alone and with its best 10 put in order by the saved mini-rerank, and examples."""
    model = CrossEncoder(str(folder), device="cpu")
    find = retrieval.dense(embedder.encoder(SentenceTransformer(str(embed), device="cpu")))
    buckets = paraphrases.buckets(size=size)
    every: dict[str, dict] = {}
    shown: list[dict] = []
    for bucket in tqdm(buckets, desc="reranking"):
        first = {
            "mini-embed": find(bucket.queries, bucket.texts),
            "BM25": retrieval.bm25(bucket.queries, bucket.texts),
        }
        first["híbrido (RRF)"] = retrieval.fuse(*first.values())
        scores = dict(first)
        for name, matrix in first.items():
            scores[f"{name} + mini-rerank"] = reranked(model, matrix, bucket.queries, bucket.texts)
        for name, matrix in scores.items():
            every.setdefault(name, {})[bucket.name] = retrieval.figures(matrix, bucket.relevant)
        for number in range(-(-EXAMPLES // len(buckets))):
            before, after = (scores[n][number].argmax() for n in ("mini-embed", "mini-embed + mini-rerank"))
            shown.append(
                {
                    "kind": bucket.name,
                    "query": bucket.queries[number],
                    "found_by_embed": bucket.texts[before],
                    "found": bucket.texts[after],
                    "right": int(after) in bucket.relevant[number],
                }
            )
    gain = {
        measure: retrieval.difference(every, "mini-embed + mini-rerank", "mini-embed", measure)
        for measure in ("recall@1", "ndcg@10")
    }
    return {
        "queries": {bucket.name: [len(bucket.queries), len(bucket.texts)] for bucket in buckets},
        "search": retrieval.table(every),
        "gain": gain,  # paired: mini-embed with and without the reranker on the same searches
        "examples": shown[:EXAMPLES],
    }


def parse(arguments: list[str] | None = None) -> argparse.Namespace:
    """Command line."""
    parser = argparse.ArgumentParser(prog="python -m builders.reranker", description=__doc__.split("\n")[0])
    parser.add_argument(
        "--base", type=Path, default=Path("data/models/mini-instruct"), help="model to start from"
    )
    parser.add_argument(
        "--embed", type=Path, default=Path("data/models/mini-embed"), help="finds the negatives"
    )
    parser.add_argument(
        "--out", type=Path, default=Path("data/models/mini-rerank"), help="model folder to write"
    )
    parser.add_argument("--work", type=Path, default=Path("build/reranker"), help="checkpoints")
    parser.add_argument("--steps", type=int, default=600, help="batches of pairs")
    parser.add_argument("--batch", type=int, default=12, help="searches a batch, of five passages each")
    parser.add_argument("--size", type=float, default=1.0, help="factor on --steps")
    parser.add_argument("--minutes", type=float, help="stop by then at the latest, decay included")
    parser.add_argument("--rate", type=float, default=0.002, help="highest learning rate, of Muon")
    parser.add_argument("--device", default="cpu", help="cpu or cuda")
    parser.add_argument("--threads", type=int, default=1, help="CPU threads; 1 unless the machine is idle")
    parser.add_argument("--seed", type=int, default=0)
    parser.add_argument("--queries", type=int, default=200, help="queries in each held-out set")
    parser.add_argument("--resume", action="store_true", help="go on from the checkpoint in --work")
    parser.add_argument("--evaluate-only", action="store_true", help="only measure the model in --out")
    args = parser.parse_args(arguments)
    if min(args.steps, args.batch) < 1 or args.size <= 0 or args.queries < 8 or (args.minutes or 1) <= 0:
        parser.error("--steps, --batch, --size and --minutes must be above 0, and --queries at least 8")
    return args


def main(arguments: list[str] | None = None) -> None:
    """Train, save, measure."""
    args = parse(arguments)
    torch.set_num_threads(args.threads)
    torch.manual_seed(args.seed)
    try:
        tuning.folder_of(args.embed)
        if args.evaluate_only:
            tuning.folder_of(args.out)
        else:
            model = start(args.base, args.device)
            training = train(model, args)
            given = sys.argv[1:] if arguments is None else arguments
            shown = "python -m builders.reranker " + shlex.join(a for a in given if a != "--resume")
            embedder.save(model, {"command": shown, **training}, args.out)
            print(f"Saved in {args.out}")
        figures = evaluate(args.out, args.embed, args.queries)
    except BuildError as error:
        sys.exit(str(error))
    embedder.write_evaluation(args.out, figures)
    print(embedder.report(figures))
    print(f"gain over mini-embed [mean, low, high]: {json.dumps(figures['gain'])}")


if __name__ == "__main__":
    main()
