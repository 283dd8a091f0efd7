"""Train mini-t5: an encoder and a decoder that restore text, then correct, summarise and rewrite it.

    python -m builders.t5 --tokens 8M --minutes 15

`T5ForConditionalGeneration` in its 1.1 shape (gated SiLU, no dropout; input and output embeddings are one
matrix). Three stages: random tokens to copy, ever more of them, from which the decoder learns where to look;
span corruption (Raffel et al., 2020: 15 % of a document's tokens in spans of 3 on average become
`<extra_id_0>`, `<extra_id_1>` …, and the decoder writes them), some copies among them; then four fifths of
pairs of `builders.corpus.rewriting` prefixed ("corrigir: ", "resumir: ", "reescrever no plural: " …) and
one fifth of span corruption. The sentinels are tokens 3,072 to 3,103, after the family's 3,072.

The first stage is needed: after 300 thousand tokens of span corruption alone nothing was copied, while after
as many tokens of copies alone it had begun.

T5 does not divide its attention scores by the root of the head's size: it starts with smaller queries. Muon
moves every matrix by the same amount and saturates such scores within a hundred steps (copying was not
learned at all); so the queries are trained as matrices of usual size and divided by that root when saved.

A row of training holds pairs: source, `<|endoftext|>`, target, `<|endoftext|>`, the next source …

evaluation.json, besides what `builders.families` says of it:
    measures.exact.<task>          share of held-out pairs answered word for word ("corrigir", "resumir",
                                   "reescrever no plural" …; greedy)
    measures.copy.<task>           the same for a model that repeats the source: the floor
    measures.edits                 of "corrigir", by planted change of words: {"precision", "recall", "f0.5"},
                                   shares but for the last
    measures.untouched             share of right sentences that "corrigir" left as they are
    measures.summary               {"names": share of summaries with all names of the true one, "words": mean
                                   F1 of words}
    measures.span_loss.<kind>      mean loss a token (nats) of the spans of held-out documents
    samples                        {task, source, target, output}
"""

from __future__ import annotations

import argparse
import difflib
import hashlib
import itertools
import json
import os
import random
from collections.abc import Callable, Iterator
from pathlib import Path

import numpy as np
import torch
import torch.nn.functional as F
from tokenizers.processors import TemplateProcessing
from torch import Tensor, nn
from torch.nn.utils import parametrize
from tqdm import tqdm
from transformers import AutoTokenizer, PreTrainedTokenizerBase, T5Config, T5ForConditionalGeneration
from transformers.models.t5.modeling_t5 import T5Attention

from builders import families, shards
from builders.corpus import Document, rewriting
from builders.families import END, LENGTH, PAD
from llmlib.scratch.train import Rows, Stage, processes, train

SENTINELS = [f"<extra_id_{i}>" for i in range(32)]
NOISE, SPAN = 0.15, 3  # share of tokens that are hidden, tokens in a span on average
LONGEST = 220  # tokens of a document, so that source and target fit in a row
GROUPS = (24, 40, 72, 128, LENGTH)  # sources of a batch are padded among their like
COPIES = 0.3  # share of pairs in the second stage that copy random tokens
HARDER = 400  # pairs after which copies may be one token longer, from 12 up to 32
SPANS_LATER = 0.2  # share of pairs in the third stage that are span corruption
OBJECTIVE = (
    "primeiro, copiar sequências sem sentido e escrever os trechos apagados de um texto; depois, corrigir,"
    " resumir e reescrever a pedido"
)


def shape(vocabulary: int, size: float = 1.0) -> T5Config:
    """The configuration for a vocabulary with the sentinels in it; `size` is a factor of the width."""
    heads = max(1, round(5 * size))
    return T5Config(
        vocab_size=vocabulary,
        d_model=32 * heads,
        d_kv=32,
        d_ff=max(32, 32 * round(32 * heads * 8 / 3 / 32)),
        num_layers=3,
        num_decoder_layers=3,
        num_heads=heads,
        feed_forward_proj="gated-silu",
        dropout_rate=0.0,
        pad_token_id=PAD,
        eos_token_id=END,
        bos_token_id=END,
        decoder_start_token_id=PAD,
        attn_implementation="eager",
    )


def with_sentinels(folder: Path) -> PreTrainedTokenizerBase:
    """The family's tokenizer with the sentinels; it ends every text with `<|endoftext|>`, as in training."""
    tokenizer = families.tokenizer_with(folder, {"extra_special_tokens": SENTINELS})
    tokenizer.backend_tokenizer.post_processor = TemplateProcessing(
        single="$A <|endoftext|>", pair="$A $B <|endoftext|>", special_tokens=[("<|endoftext|>", END)]
    )
    return tokenizer


class Shrink(nn.Module):
    """A matrix times a factor: `weight` is what the class computes with, its original what is trained."""

    def __init__(self, factor: float) -> None:
        super().__init__()
        self.factor = factor

    def forward(self, matrix: Tensor) -> Tensor:
        """What the class sees."""
        return matrix * self.factor

    def right_inverse(self, seen: Tensor) -> Tensor:
        """What is trained."""
        return seen / self.factor


def _queries(model: T5ForConditionalGeneration) -> list[nn.Linear]:
    return [module.q for module in model.modules() if isinstance(module, T5Attention)]


def shrink(model: T5ForConditionalGeneration) -> None:
    """Train the queries as matrices of usual size."""
    for query in _queries(model):
        parametrize.register_parametrization(query, "weight", Shrink(model.config.d_kv**-0.5))


def restore(model: T5ForConditionalGeneration) -> None:
    """Put the queries back as the class saves them."""
    for query in _queries(model):
        parametrize.remove_parametrizations(query, "weight")


# --- data ----------------------------------------------------------------------------------------------


def corrupt(ids: list[int], first_sentinel: int, rng: np.random.Generator) -> tuple[list[int], list[int]]:
    """(source, target) of span corruption, without the end token: random spans, never touching."""
    hidden = min(max(1, round(len(ids) * NOISE)), len(ids) - 1)
    spans = min(max(1, round(hidden / SPAN)), hidden, len(ids) - hidden, len(SENTINELS))
    lengths = _parts(hidden, spans, rng)
    kept = _parts(len(ids) - hidden, spans, rng)
    source, target, at = [], [], 0
    for i, (before, length) in enumerate(zip(kept, lengths, strict=True)):
        source += [*ids[at : at + before], first_sentinel + i]
        target += [first_sentinel + i, *ids[at + before : at + before + length]]
        at += before + length
    return source, target


def _parts(total: int, count: int, rng: np.random.Generator) -> list[int]:
    """`total` cut at random into `count` parts of at least 1."""
    cuts = np.sort(rng.choice(np.arange(1, total), count - 1, replace=False)) if count > 1 else np.array([])
    edges = [0, *cuts.astype(int).tolist(), total]
    return [b - a for a, b in itertools.pairwise(edges)]


def span_pairs(
    files: list[Path], tokenizer: PreTrainedTokenizerBase, seed: int
) -> Iterator[tuple[list[int], list[int]]]:
    """Span corruption of the documents of the shards, again and again with other spans."""
    rng, backend = np.random.default_rng(seed), tokenizer.backend_tokenizer
    first = tokenizer.convert_tokens_to_ids(SENTINELS[0])
    while True:
        for file in files:
            texts = [document.text for document in shards.read(file)]
            for encoding in backend.encode_batch(texts, add_special_tokens=False):
                if len(encoding.ids) > 3:
                    yield corrupt(encoding.ids[:LONGEST], first, rng)


def task_pairs(tokenizer: PreTrainedTokenizerBase, seed: int) -> Iterator[tuple[list[int], list[int]]]:
    """Pairs of `rewriting`, with the prefix of their task; those too long for a row are left out."""
    stream = rewriting.pairs(random.Random(seed), "train")
    while True:
        batch = [next(stream) for _ in range(1000)]
        sources = tokenizer([rewriting.prompt(task, source) for task, source, _ in batch]).input_ids
        targets = tokenizer([target for _, _, target in batch]).input_ids
        for source, target in zip(sources, targets, strict=True):
            if len(source) + len(target) <= LENGTH:
                yield source[:-1], target[:-1]


def copies(vocabulary: int, seed: int) -> Iterator[tuple[list[int], list[int]]]:
    """Random tokens whose target is the same tokens, first few: only looking at the source can tell them."""
    rng = np.random.default_rng(seed)
    for number in itertools.count():
        longest = min(32, 12 + number // HARDER)
        ids = rng.integers(PAD + 1, vocabulary, rng.integers(4, longest + 1)).tolist()
        yield ids, ids


def mixed(
    first: Iterator[tuple[list[int], list[int]]],
    second: Iterator[tuple[list[int], list[int]]],
    share: float,
    seed: int,
) -> Iterator[tuple[list[int], list[int]]]:
    """Pairs of both streams, `share` of them of the second."""
    rng = random.Random(seed)
    while True:
        yield next(second if rng.random() < share else first)


def write_rows(
    stream: Iterator[tuple[list[int], list[int]]], prefix: Path, tokens: int, made_from: str
) -> None:
    """Pack pairs into rows, `tokens` in all; nothing is done when they are there, made from the same."""
    stamp = prefix.with_suffix(".json")
    if stamp.exists() and json.loads(stamp.read_text()) == {"made_from": made_from}:
        return
    prefix.parent.mkdir(parents=True, exist_ok=True)
    names = [f"{prefix}.tokens.bin", f"{prefix}.weights.bin"]
    pieces = (
        ([*source, END, *target, END], [0] * (len(source) + 1) + [1] * (len(target) + 1))
        for source, target in stream
    )
    rows = shards.pack(pieces, LENGTH)
    with open(names[0] + ".partial", "wb") as ids_file, open(names[1] + ".partial", "wb") as weights_file:
        for _ in tqdm(range(-(-tokens // LENGTH)), desc=prefix.name, unit="row", leave=False):
            ids, weights = next(rows)
            ids_file.write(np.asarray(ids, np.uint16).tobytes())
            weights_file.write(np.asarray(weights, np.uint8).tobytes())
    stamp.unlink(missing_ok=True)
    for name in names:
        os.replace(name + ".partial", name)
    stamp.write_text(json.dumps({"made_from": made_from}))


def prepare(args: argparse.Namespace, tokenizer: PreTrainedTokenizerBase) -> dict[str, Rows]:
    """Rows of the three stages, as many as the run can read, made on first use, kept in `args.work`."""
    files = families.train_shards(args)
    digest = hashlib.sha256(tokenizer.backend_tokenizer.to_str().encode())
    for file in [*files, Path(rewriting.__file__), rewriting.DATA / "resumos.txt"]:
        digest.update(file.read_bytes())
    shares = f"{args.stage1} {args.stage2} {NOISE} {SPAN} {SPANS_LATER} {COPIES} {HARDER}"
    made_from = f"{digest.hexdigest()} {args.seed} {args.tokens} {shares}"
    seeds = range(args.seed * 10, args.seed * 10 + 10)
    sentinel = tokenizer.convert_tokens_to_ids(SENTINELS[0])
    spans = span_pairs(files, tokenizer, seeds[0])
    streams = {
        "copies": (args.stage1, copies(sentinel, seeds[1])),
        "spans": (args.stage2, mixed(spans, copies(sentinel, seeds[2]), COPIES, seeds[3])),
        "tasks": (
            1 - args.stage1 - args.stage2,
            mixed(
                task_pairs(tokenizer, seeds[4]),
                span_pairs(files[::-1], tokenizer, seeds[5]),
                SPANS_LATER,
                seeds[6],
            ),
        ),
    }
    # a run may end by its minutes, in which case a stage reads fewer rows than tokens say, never more
    for name, (share, stream) in streams.items():
        write_rows(stream, args.work / name, int(args.tokens * share), made_from)
    return {name: Rows(args.work / name, LENGTH) for name in streams}


def unpack(ids: Tensor) -> list[tuple[list[int], list[int]]]:
    """The pairs of rows (B, T), each with its end token."""
    pairs = []
    for row in ids.tolist():
        parts, part = [], []
        for token in row:
            part.append(token)
            if token == END:
                parts.append(part)
                part = []
        pairs += zip(parts[::2], parts[1::2], strict=True)
    return pairs


def batches(pairs: list[tuple[list[int], list[int]]]) -> Iterator[tuple[Tensor, Tensor]]:
    """Sources (n, S) and targets (n, U), padded among sources of similar length."""
    low = 0
    for high in GROUPS:
        group = [pair for pair in pairs if low < len(pair[0]) <= high]
        low = high
        if group:
            yield tuple(
                nn.utils.rnn.pad_sequence([torch.tensor(p[side]) for p in group], True, PAD)
                for side in (0, 1)
            )


def pair_loss(model: nn.Module, device: torch.device) -> Callable:
    """The loss that `train` asks for: sum of -log p over target tokens, and how many there are."""

    def loss(forward: nn.Module, ids: Tensor, weights: Tensor) -> tuple[Tensor, Tensor]:
        total, count = torch.zeros((), device=device), 0
        for source, target in batches(unpack(ids.cpu())):
            source, target = source.to(device), target.to(device)
            before = F.pad(target[:, :-1], (1, 0), value=PAD)
            logits = forward(
                input_ids=source, attention_mask=(source != PAD).long(), decoder_input_ids=before
            ).logits
            total = total + F.cross_entropy(
                logits.flatten(0, 1).float(), target.flatten(), ignore_index=PAD, reduction="sum"
            )
            count += (target != PAD).sum()
        return total, count

    return loss


# --- measures ------------------------------------------------------------------------------------------


@torch.no_grad()
def generate(
    model: nn.Module, tokenizer: PreTrainedTokenizerBase, prompts: list[str], batch: int = 24
) -> list[str]:
    """What the model writes for each prompt, greedily, at most 96 tokens and not much more than it read."""
    order, written = sorted(range(len(prompts)), key=lambda i: len(prompts[i])), {}
    for start in range(0, len(order), batch):
        part = order[start : start + batch]
        inputs = tokenizer([prompts[i] for i in part], return_tensors="pt", padding=True)
        out = model.generate(
            input_ids=inputs.input_ids.to(model.device),
            attention_mask=inputs.attention_mask.to(model.device),
            max_new_tokens=min(96, inputs.input_ids.shape[1] + 8),
            do_sample=False,
        )
        written |= dict(zip(part, tokenizer.batch_decode(out, skip_special_tokens=True), strict=True))
    return [written[i].strip() for i in range(len(prompts))]


def edits(before: str, after: str) -> set[tuple[int, int, str]]:
    """The changes of words from one text to another: (first word, last word + 1, what replaces them)."""
    a, b = before.split(), after.split()
    codes = difflib.SequenceMatcher(None, a, b, autojunk=False).get_opcodes()
    found = set()
    for tag, i, j, k, n in codes:
        if tag == "replace" and j - i == n - k:  # word by word, so that two errors side by side are two
            found |= {(i + d, i + d + 1, b[k + d]) for d in range(j - i)}
        elif tag != "equal":
            found.add((i, j, " ".join(b[k:n])))
    return found


def held_out(cases: int) -> dict[str, list[tuple[str, str]]]:
    """{task: [(source, target)]} of the validation split: `cases` corrections, half as many of the others."""
    wanted = {task: cases if task == "corrigir" else cases // 2 for task in rewriting.TASKS}
    found: dict[str, list[tuple[str, str]]] = {task: [] for task in rewriting.TASKS}
    stream = rewriting.pairs(random.Random(0), "valid")
    while any(len(found[task]) < wanted[task] for task in found):
        task, source, target = next(stream)
        if len(found[task]) < wanted[task] and (source, target) not in found[task]:
            found[task].append((source, target))
    return found


def measure_tasks(model: nn.Module, tokenizer: PreTrainedTokenizerBase, cases: int = 300) -> dict:
    """Exact answers by task against the floor of copying, and what is right inside the wrong ones."""
    exact, copy = {}, {}
    measures: dict[str, dict] = {"exact": exact, "copy": copy}
    for task, pairs in held_out(cases).items():
        outputs = generate(model, tokenizer, [rewriting.prompt(task, source) for source, _ in pairs])
        exact[task] = families.share(
            sum(o == t for o, (_, t) in zip(outputs, pairs, strict=True)), len(pairs)
        )
        copy[task] = families.share(sum(s == t for s, t in pairs), len(pairs))
        if task == "corrigir":
            measures |= _corrections(pairs, outputs)
        elif task == "resumir":
            measures["summary"] = _summaries(pairs, outputs)
    return measures


def _corrections(pairs: list[tuple[str, str]], outputs: list[str]) -> dict:
    right = made = planted = left = already = 0
    for (source, target), output in zip(pairs, outputs, strict=True):
        wanted, done = edits(source, target), edits(source, output)
        right, made, planted = right + len(wanted & done), made + len(done), planted + len(wanted)
        if source == target:
            already += 1
            left += output == source
    p, r = right / max(made, 1), right / max(planted, 1)
    f = 1.25 * p * r / (0.25 * p + r) if p + r else 0.0
    scores = {"precision": families.share(right, made), "recall": families.share(right, planted)}
    return {"edits": scores | {"f0.5": round(f, 4)}, "untouched": families.share(left, already)}


def _summaries(pairs: list[tuple[str, str]], outputs: list[str]) -> dict:
    named, scores = 0, []
    for (_, target), output in zip(pairs, outputs, strict=True):
        wanted, said = target.strip(".").split(), output.strip(".").split()
        names = {word.strip(",.") for word in wanted[1:] if word[0].isupper()}
        named += names <= {word.strip(",.") for word in said}
        common = sum(min(wanted.count(w), said.count(w)) for w in set(wanted))
        scores.append(2 * common / (len(wanted) + len(said)) if said else 0.0)
    return {"names": families.share(named, len(pairs)), "words": families.mean(scores, "F1 de palavras")}


@torch.no_grad()
def measure_spans(
    model: nn.Module,
    tokenizer: PreTrainedTokenizerBase,
    documents: dict[str, list[Document]],
    most: int = 60,
) -> dict:
    """Loss a token of the hidden spans of held-out documents, by kind; the same spans every time."""
    first, losses = tokenizer.convert_tokens_to_ids(SENTINELS[0]), {}
    loss = pair_loss(model, model.device)
    for kind, texts in documents.items():
        rng, values = np.random.default_rng(0), []
        for document in texts[:most]:
            ids = tokenizer(document.text, add_special_tokens=False).input_ids[:LONGEST]
            if len(ids) > 3:
                source, target = corrupt(ids, first, rng)
                total, count = loss(model, torch.tensor([[*source, END, *target, END]]), torch.ones(1))
                values.append((total / count).item())
        losses[kind] = families.mean(values, "nats por token")
    return {"span_loss": losses}


def samples(model: nn.Module, tokenizer: PreTrainedTokenizerBase) -> list[dict]:
    """The first 30 held-out pairs of seed 1, as they came, and what the model writes."""
    stream = rewriting.pairs(random.Random(1), "valid")
    pairs = [next(stream) for _ in range(families.SAMPLES)]
    outputs = generate(model, tokenizer, [rewriting.prompt(task, source) for task, source, _ in pairs])
    return [
        {"task": task, "source": source, "target": target, "output": output}
        for (task, source, target), output in zip(pairs, outputs, strict=True)
    ]


def evaluation(
    model: nn.Module, tokenizer: PreTrainedTokenizerBase, documents: dict[str, list[Document]], cases: int
) -> dict:
    """What evaluation.json holds."""
    measures = measure_tasks(model, tokenizer, cases)
    measures |= measure_spans(model, tokenizer, documents, max(1, cases // 5))
    return {"measures": measures, "samples": samples(model, tokenizer)}


def validation(
    tokenizer: PreTrainedTokenizerBase, documents: dict[str, list[Document]]
) -> Callable[[nn.Module], dict]:
    """The figures for the curve: loss of hidden spans by kind, on a few documents, and of the tasks."""
    pairs = held_out(12)

    @torch.no_grad()
    def figures(model: nn.Module) -> dict:
        model.eval()
        found = measure_spans(model, tokenizer, documents, 6)["span_loss"]
        losses = {kind: loss["value"] for kind, loss in found.items()}
        loss = pair_loss(model, model.device)
        for task, items in pairs.items():
            row = []
            for source, target in items:
                prompt = rewriting.prompt(task, source)
                row += [*tokenizer(prompt).input_ids[: LENGTH - 1], *tokenizer(target).input_ids]
            total, count = loss(model, torch.tensor([row]), torch.ones(1))
            losses[task] = (total / count).item()
        model.train()
        return {"validation": losses}

    return figures


def main() -> None:
    """Prepare the pairs, train, measure, save."""
    p = families.parser("t5", __doc__, "8M", 8)
    p.add_argument("--stage1", type=float, default=0.1, help="share of the run in copying (0.1)")
    p.add_argument("--stage2", type=float, default=0.25, help="share of the run in span corruption (0.25)")
    args, device = families.start(p)
    if not (args.stage1 > 0 < args.stage2 and args.stage1 + args.stage2 < 1):
        p.error("--stage1 and --stage2 must be above 0 and leave room for the tasks")
    documents = families.valid_documents(args)
    if args.measure:
        tokenizer = AutoTokenizer.from_pretrained(args.out)
        families.measure_again(
            args.out,
            T5ForConditionalGeneration,
            lambda model: evaluation(model, tokenizer, documents, args.cases),
        )
        return
    tokenizer = with_sentinels(args.tokenizer)
    rows = prepare(args, tokenizer)
    model = T5ForConditionalGeneration(shape(len(tokenizer), args.size)).to(device)
    shrink(model)
    chosen = families.settings(args, device)
    stages = [
        Stage("copies", rows["copies"], args.stage1),
        Stage("spans", rows["spans"], args.stage1 + args.stage2),
        Stage("tasks", rows["tasks"]),
    ]
    figures = validation(tokenizer, documents)
    log = families.run(
        lambda: train(model, stages, chosen, args.work, args.resume, figures, loss=pair_loss(model, device))
    )
    if processes(device)[0] == 0:
        restore(model)
        model.generation_config.max_new_tokens = 96
        training = families.report(args, "t5", model, log, chosen, OBJECTIVE)
        families.save(
            model,
            tokenizer,
            training,
            lambda saved: evaluation(saved, tokenizer, documents, args.cases),
            args.out,
        )
        print(f"Saved in {args.out}")


if __name__ == "__main__":
    main()
