"""Film reviews learned in four ways from few labels, and what each way forgets: data/medidas/transfer.json.

    python -m builders.transfer [--seeds 3]

The ways, each with 8 to 512 labelled reviews and several seeds (which reviews, which order, which start):

    zero       layers of the same shape that have read nothing, and the head
    congelado  mini-base as it is; only a head on its mean hidden state learns
    inteiro    the head found by "congelado", and then all of it and of the layers below
    lora       the same, with peft's LoRA on every matrix of the layers
    palavras   no network: TF-IDF of words and pairs of words, logistic regression (scikit-learn)
    maioria    always the same answer

The head looks at a layer in the middle (LAYER); what lies above it takes no part. What a head finds at each
layer of mini-base, with the most labels, is measured on a validation part. Every way answers the same unseen
reviews (see data/tasks/resenhas). Of the largest runs: the loss on unseen texts of each kind that mini-base
learned from, before and after; and, of the first seed, the update of every matrix (singular values, a block
of it, the accuracy when each is cut to rank r). Intervals of 95 % by bootstrap over reviews and seeds, or
over texts. Each run is written when done; started again, the command goes on where it stopped, unless
weights, reviews or recipe have changed.
"""

from __future__ import annotations

import argparse
import base64
import copy
import datetime
import hashlib
import json
import time
import warnings
from collections.abc import Sequence
from contextlib import nullcontext
from itertools import combinations
from pathlib import Path

import numpy as np
import torch
from tqdm import tqdm

from builders.corpus.__main__ import MODULES
from builders.files import sign, write
from builders.measures import loss as losses
from builders.pretrain import fast_precision
from llmlib import load
from llmlib.data import model_path, root, task
from llmlib.scratch import classify
from llmlib.scratch.lora import TARGETS

OUT = Path(__file__).resolve().parents[1] / "data" / "medidas" / "transfer.json"
BASE = "mini-base"
WAYS = ("maioria", "palavras", "zero", "congelado", "lora", "inteiro")
SIZES = (8, 32, 128, 512)
POOL = 800  # training reviews that labels are drawn from
STEPS = {8: 12, 32: 24, 128: 48, 512: 96}
BATCH = 16
LR = {"zero": 1e-3, "inteiro": 3e-4, "lora": 6e-3}
HEAD_LR = {"zero": 1e-2, "inteiro": 3e-3, "lora": 3e-3}
RANK, ALPHA = 8, 16
DECAY = 3e-3  # of the head on frozen features
LAYER = 3  # of 5: below it, too little is left to tune; the last one is turned towards the next token
STATS = 160  # reviews that a fresh model is put on scale with
CUTS = (0, 1, 2, 4, 8, 16)  # ranks that the full update is cut to
TEXTS, LONGEST = 6, 96  # of each kind, and tokens read of each
LAB = "O filme é ótimo, mas a música é chata."  # of the first figure
SIDE, KEPT = 16, 32  # side of the block shown of an update; singular values and directions kept
GROUPS = {
    "todas": lambda row: True,
    "vistas": lambda row: row["grupo"] == "vistas",
    "parentes": lambda row: row["grupo"] == "parentes",
    "novas": lambda row: row["grupo"] == "novas",
    "direta": lambda row: row["nivel"] == "direta",
    "negacao": lambda row: row["nivel"] == "negacao",
    "mista": lambda row: row["nivel"] == "mista",
    "indireta": lambda row: row["nivel"] == "indireta",
}  # fmt: skip


# ---- one run


def drawn(labels: Sequence[int], n: int, seed: int) -> list[int]:
    """Places of `n` training reviews, half of each label; a larger n has all those of a smaller one."""
    rng = np.random.default_rng(seed)
    sides = [rng.permutation([i for i, y in enumerate(labels) if y == label]).tolist() for label in (0, 1)]
    return [i for pair in zip(*sides, strict=False) for i in pair][:n]


def precision() -> object:
    """bfloat16 where this CPU is faster with it."""
    fast = fast_precision(torch.device("cpu")) == "bfloat16"
    return torch.autocast("cpu", dtype=torch.bfloat16) if fast else nullcontext()


def tuned(bench: Bench, way: str, places: Sequence[int], seed: int) -> classify.Classifier:
    """A trained classifier: "zero", "inteiro" or "lora"."""
    torch.manual_seed(seed)
    whole, labels = bench.base.model.model, [bench.labels[i] for i in places]
    if way == "zero":
        fresh = type(whole)(whole.config)
        with precision():
            states = classify.features(fresh, bench.ids[:STATS])[:, bench.layer]
        model = classify.Classifier(classify.first_layers(fresh, bench.layer), *scale(states))
    else:
        body = classify.first_layers(whole, bench.layer)
        if way == "lora":
            from peft import LoraConfig, get_peft_model

            body = get_peft_model(body, LoraConfig(r=RANK, lora_alpha=ALPHA, target_modules=list(TARGETS)))
        model = classify.Classifier(body, bench.mean, bench.spread)
        classify.set_head(model, *classify.fit_head(bench.points["train"][places], labels, DECAY))
    with precision():
        n = len(places)
        texts = [bench.ids[i] for i in places]
        classify.fit(model, texts, labels, STEPS[n], min(BATCH, n), LR[way], HEAD_LR[way], seed)
    return model


def scale(states: np.ndarray) -> tuple[np.ndarray, np.ndarray]:
    """Mean and spread of features (N, D)."""
    return states.mean(0), states.std(0) + 1e-6


def learning(way: str, model: object, base: object) -> int:
    """How many numbers learn."""
    if way in ("maioria", "palavras"):
        return 0
    if way == "congelado":
        return base.model.config.hidden_size + 1
    return sum(p.numel() for p in model.parameters() if p.requires_grad)


def counted_words(texts: Sequence[str], labels: Sequence[int], pairs: int = 2) -> object:
    """TF-IDF of words (and of pairs of them) and logistic regression."""
    from sklearn.feature_extraction.text import TfidfVectorizer
    from sklearn.linear_model import LogisticRegression
    from sklearn.pipeline import make_pipeline

    made = make_pipeline(TfidfVectorizer(ngram_range=(1, pairs)), LogisticRegression(C=10.0, max_iter=500))
    return made.fit(list(texts), list(labels))


class Bench:
    """The model, the reviews as text and as ids, their features, and the layer that the head looks at."""

    def __init__(self, base: object):
        self.base = base
        parts = {
            "train": task("resenhas", "train")[:POOL],
            "valid": task("resenhas", "valid"),
            "test": task("resenhas", "test"),
        }
        self.train, self.test = parts["train"], parts["test"]
        ids = {name: [encoded(base, row["texto"]) for row in rows] for name, rows in parts.items()}
        self.ids, self.asked = ids["train"], ids["test"]
        truth = {name: [row["rotulo"] for row in rows] for name, rows in parts.items()}
        self.labels, self.truth = truth["train"], truth["test"]
        with precision():
            states = {name: classify.features(base.model.model.float(), each) for name, each in ids.items()}
        layers, most = states["train"].shape[1], max(SIZES)
        self.accuracy = []
        for layer in range(layers):
            mean, spread = scale(states["train"][:, layer])
            points = {name: standard(states[name][:, layer], mean, spread) for name in states}
            hits = []
            for seed in range(3):
                places = drawn(self.labels, most, seed)
                w, b = classify.fit_head(points["train"][places], [self.labels[i] for i in places], DECAY)
                hits.append(np.mean((points["valid"] @ w + b > 0) == np.array(truth["valid"])))
            self.accuracy.append(round(float(np.mean(hits)), 4))
        self.layer = min(LAYER, layers - 2)
        self.mean, self.spread = scale(states["train"][:, self.layer])
        self.points = {
            name: standard(each[:, self.layer], self.mean, self.spread) for name, each in states.items()
        }
        self.valid = len(parts["valid"])

    def probabilities(self, way: str, n: int, seed: int) -> tuple[np.ndarray, object]:
        """What a way answers to the test reviews after `n` labels, and its model where it has one."""
        places = drawn(self.labels, n, seed)
        labels = [self.labels[i] for i in places]
        if way == "maioria":  # a tie of labels: the coin of the seed
            return np.full(len(self.test), float(np.random.default_rng(seed).integers(2))), None
        if way == "palavras":
            words = counted_words([self.train[i]["texto"] for i in places], labels)
            return words.predict_proba([r["texto"] for r in self.test])[:, 1], None
        if way == "congelado":
            w, b = classify.fit_head(self.points["train"][places], labels, DECAY)
            return 1 / (1 + np.exp(-(self.points["test"] @ w + b))), None
        model = tuned(self, way, places, seed)
        with precision():
            return classify.predict(model, self.asked), model

    def lab(self) -> dict:
        """What the first figure carries: a counting classifier, a head, and what both say of one review."""
        places = drawn(self.labels, max(SIZES), 0)
        labels = [self.labels[i] for i in places]
        words = counted_words([self.train[i]["texto"] for i in places], labels, pairs=1)
        vector, line = words[0], words[1]
        table = {w: [float(vector.idf_[i]), float(line.coef_[0, i])] for w, i in vector.vocabulary_.items()}
        w, b = classify.fit_head(self.points["train"][places], labels, DECAY)
        with precision():
            state = classify.features(self.base.model.model, [encoded(self.base, LAB)])[0, self.layer]
        said = float(1 / (1 + np.exp(-(standard(state, self.mean, self.spread) @ w + b))))
        short = lambda values: [float(f"{x:.4g}") for x in values]  # noqa: E731
        counted = float(words.predict_proba([LAB])[0, 1])
        return {
            "text": LAB,
            "recorded": {"words": round(counted, 4), "head": round(said, 4)},
            "words": {"": short([0.0, line.intercept_[0]])}
            | {word: short(pair) for word, pair in sorted(table.items())},
            "head": {"w": short(w), "b": float(f"{b:.4g}"), "mean": short(self.mean),
                     "spread": short(self.spread), "decay": DECAY, "labels": max(SIZES), "layer": self.layer},
        }  # fmt: skip


def encoded(base: object, text: str) -> list[int]:
    """Ids of a text, after the beginning-of-text token."""
    return [base.bos, *base.tokenizer.encode(text, add_special_tokens=False)]


def standard(states: np.ndarray, mean: np.ndarray, spread: np.ndarray) -> np.ndarray:
    """Features on one scale, of length about one."""
    return (states - mean) / spread / len(mean) ** 0.5


# ---- what was forgotten


def read_texts(base: object) -> dict[str, list[list[int]]]:
    """Ids of unseen texts of each kind of the pre-training, as the model begins them."""
    found = {}
    for kind in MODULES:
        ids = [base.tokenizer.encode(d.text, add_special_tokens=False) for d in losses.documents(kind, TEXTS)]
        if ids:
            found[kind] = [[base.bos, *each][:LONGEST] for each in ids]
    return found


@torch.no_grad()
def text_losses(base: object, body: object, texts: dict[str, list[list[int]]]) -> dict[str, list]:
    """By kind, [loss summed, tokens] of each text, of a language model whose layers are `body`."""
    model = base.model
    if body is not None:
        model = copy.deepcopy(base.model).float()
        model.model.load_state_dict(body.state_dict(), strict=False)  # the layers above stay
    found = {}
    for kind, rows in texts.items():
        ids, mask = classify.padded(rows)
        with precision():
            logits = model(input_ids=ids, attention_mask=mask, use_cache=False).logits.float()
        each = torch.nn.functional.cross_entropy(logits[:, :-1].transpose(1, 2), ids[:, 1:], reduction="none")
        sums = (each * mask[:, 1:]).sum(1).tolist()
        found[kind] = [[round(s, 2), len(r) - 1] for s, r in zip(sums, rows, strict=True)]
    return found


# ---- the updates


def coded(block: np.ndarray) -> dict:
    """An array as int8 in base64 with one scale."""
    scale = float(np.abs(block).max()) or 1.0
    whole = np.round(block / scale * 127).astype(np.int8)
    return {
        "scale": float(f"{scale:.4g}"),
        "shape": list(block.shape),
        "data": base64.b64encode(whole.tobytes()).decode(),
    }


def update(before: np.ndarray, after: np.ndarray, lora: np.ndarray) -> dict:
    """One matrix: singular values of its full and its LoRA update, and a block of both.

    The block takes the SIDE rows and columns that the full update moved most. `left` (SIDE, KEPT) times
    `right` (KEPT, SIDE), cut to the first r, is the block rebuilt with rank r.
    """
    change = after - before
    u, s, v = np.linalg.svd(change, full_matrices=False)
    rows = np.sort(np.argsort(-np.square(change).sum(1))[:SIDE])
    columns = np.sort(np.argsort(-np.square(change).sum(0))[:SIDE])
    kept = min(KEPT, len(s))
    half = np.sqrt(s[:kept])
    spectrum = lambda values: [float(f"{x:.3g}") for x in values]  # noqa: E731
    return {
        "shape": list(before.shape),
        "weight": float(f"{np.linalg.norm(before):.4g}"),
        "full": {"norm": float(f"{np.linalg.norm(change):.4g}"), "values": spectrum(s[:kept])},
        "lora": {
            "norm": float(f"{np.linalg.norm(lora):.4g}"),
            "values": spectrum(np.linalg.svd(lora, compute_uv=False)[:RANK]),
        },
        "block": coded(change[np.ix_(rows, columns)]),
        "lora_block": coded(lora[np.ix_(rows, columns)]),
        "left": coded(u[rows, :kept] * half),
        "right": coded(half[:, None] * v[:kept, columns]),
    }  # fmt: skip


def matrices(body: object, layers: int) -> dict[str, np.ndarray]:
    """Every matrix of the first layers that LoRA can touch."""
    return {
        name.removesuffix(".weight"): p.detach().float().numpy()
        for name, p in body.named_parameters()
        if name.split(".")[-2] in TARGETS and int(name.split(".")[1]) < layers
    }


def cut_accuracy(bench: Bench, model: classify.Classifier) -> list[dict]:
    """Right answers of the fully tuned model when each matrix keeps only rank r of its update (None: all)."""
    before, after = matrices(bench.base.model.model, bench.layer), matrices(model.body, bench.layer)
    parts = {name: np.linalg.svd(after[name] - before[name], full_matrices=False) for name in before}
    whole, found = copy.deepcopy(model.body.state_dict()), []
    for rank in (*CUTS, None):
        state = dict(whole)
        for name, (u, s, v) in parts.items():
            if rank is not None:
                state[f"{name}.weight"] = torch.tensor(before[name] + (u[:, :rank] * s[:rank]) @ v[:rank])
        model.body.load_state_dict(state)
        with precision():
            right = (classify.predict(model, bench.asked) > 0.5) == np.array(bench.truth)
        found.append({"rank": rank, "right": int(right.sum()), "n": len(right)})
    model.body.load_state_dict(whole)
    return found


# ---- all of it


def curves(runs: Sequence[dict], rows: Sequence[dict]) -> dict:
    """By group and way, one {value, low, high, seeds} a size; and the differences of all pairs of ways."""
    rng = np.random.default_rng(0)
    seeds = sorted({run["seed"] for run in runs})
    bits = {(r["way"], r["n"], r["seed"]): np.array([c == "1" for c in r["right"]]) for r in runs}
    found: dict = {"groups": {}, "pairs": []}
    done = [n for n in SIZES if all((way, n, s) in bits for way in WAYS for s in seeds)]

    def interval(table: np.ndarray) -> dict:  # (seeds, reviews)
        """Mean, and its interval over reviews and, where there are several, over seeds."""
        seeds_drawn = rng.multinomial(len(table), np.full(len(table), 1 / len(table)), size=400)
        rows_drawn = rng.integers(table.shape[1], size=(400, table.shape[1]))
        draws = np.take_along_axis(seeds_drawn @ table.astype(float) / len(table), rows_drawn, 1).mean(1)
        low, high = np.percentile(draws, [2.5, 97.5])
        value = table.mean()
        return {
            "value": round(float(value), 4),
            "low": round(float(min(low, value)), 4),
            "high": round(float(max(high, value)), 4),
        }

    for group, belongs in GROUPS.items():
        places = [i for i, row in enumerate(rows) if belongs(row)]
        found["groups"][group] = {"n": len(places), "ways": {}}
        for way in WAYS:
            tables = [np.stack([bits[way, n, s][places] for s in seeds]) for n in done]
            found["groups"][group]["ways"][way] = [
                interval(t) | {"seeds": [round(float(x), 4) for x in t.mean(1)]} for t in tables
            ]
    for a, b in combinations(WAYS, 2):
        for n in done:
            gap = np.stack([bits[a, n, s].astype(float) - bits[b, n, s] for s in seeds])
            found["pairs"].append({"a": a, "b": b, "n": n} | interval(gap))
    return found | {"sizes": done}


def digest(*paths: Path) -> str:
    return hashlib.sha256(b"".join(path.read_bytes() for path in paths)).hexdigest()[:16]


def recipe() -> dict:
    """What a run depends on besides the seed."""
    return {"steps": {str(n): s for n, s in STEPS.items()}, "batch": BATCH, "lr": LR, "head_lr": HEAD_LR,
            "rank": RANK, "alpha": ALPHA, "decay": DECAY, "pool": POOL}  # fmt: skip


def one(bench: Bench, way: str, n: int, seed: int, texts: dict) -> dict:
    """A run with all that is kept of it."""
    began = time.process_time()
    answers, model = bench.probabilities(way, n, seed)
    right = (answers > 0.5) == np.array(bench.truth)
    found = {"way": way, "n": n, "seed": seed, "right": "".join("01"[int(x)] for x in right),
             "learning": learning(way, model, bench.base)}  # fmt: skip
    if n == max(SIZES) and way in ("inteiro", "lora"):
        if seed == 0 and way == "inteiro":
            found["cut"] = cut_accuracy(bench, model)
        body = model.body if way == "inteiro" else model.body.merge_and_unload()
        found["losses"] = text_losses(bench.base, body, texts)
        if seed == 0:
            found["_matrices"] = matrices(body, bench.layer)
    return found | {"seconds": round(time.process_time() - began, 2)}


def measure(seeds: int, out: Path, restart: bool = False, base: object | None = None) -> dict:
    """Make the runs that are missing, writing after each, and return everything."""
    weights = digest(model_path(BASE) / "model.safetensors") if base is None else "given"
    home = root() / "tasks" / "resenhas"
    head = {
        "weights": weights,
        "reviews": digest(*(home / f"{part}.jsonl" for part in ("train", "valid", "test"))),
        "recipe": recipe(),
    }
    old = json.loads(out.read_text("utf-8")) if out.exists() and not restart else {}
    same = all(old.get(key) == value for key, value in head.items())
    result = {
        **head,
        "date": old.get("date", ""),
        "runs": [],
        "updates": {},
        "base_losses": {},
        "layers": {},
        "lab": {},
    }
    if same:
        result |= {key: old[key] for key in ("runs", "updates", "base_losses", "layers", "lab")}
    done = {(r["way"], r["n"], r["seed"]) for r in result["runs"]}
    todo = [(w, n, s) for s in range(seeds) for n in SIZES[::-1] for w in WAYS if (w, n, s) not in done]
    if not todo:
        return result | summary(result)
    base = base or load(BASE, device="cpu")
    base.model.float()
    bench, texts = Bench(base), read_texts(base)
    result["base_losses"] = result["base_losses"] or text_losses(base, None, texts)
    result["layers"] = {
        "accuracy": bench.accuracy,
        "chosen": bench.layer,
        "labels": max(SIZES),
        "n": bench.valid,
    }
    result["lab"] = bench.lab()
    after: dict[str, dict] = {}
    for way, n, seed in tqdm(todo, desc="transfer", unit="run"):
        run = one(bench, way, n, seed, texts)
        if "_matrices" in run:
            after[way] = run.pop("_matrices")
        result["runs"].append(run)
        if len(after) == 2:
            before = matrices(base.model.model, bench.layer)
            result["updates"] = {
                name: update(before[name], after["inteiro"][name], after["lora"][name] - before[name])
                for name in before
            }
            after = {}
        result["date"] = datetime.date.today().isoformat()
        write(out, result)
    return result | summary(result)


def change(result: dict) -> dict:
    """By way and kind: mean loss before and after (nats a token), with the interval of the difference."""
    rng, found = np.random.default_rng(0), {}
    for way in ("lora", "inteiro"):
        runs = [r["losses"] for r in result["runs"] if r["way"] == way and "losses" in r]
        if not runs:
            continue
        found[way] = {}
        for kind, before in result["base_losses"].items():
            sums = np.mean([[s for s, _ in run[kind]] for run in runs], axis=0)
            old, tokens = np.array(before).T
            draws = []
            for _ in range(400):
                i = rng.integers(len(old), size=len(old))
                draws.append((sums[i] - old[i]).sum() / tokens[i].sum())
            low, high = np.percentile(draws, [2.5, 97.5])
            each = old.sum() / tokens.sum(), sums.sum() / tokens.sum(), low, high
            names = ("before", "after", "low", "high")
            found[way][kind] = {name: round(float(x), 4) for name, x in zip(names, each, strict=True)}
    return found


def summary(result: dict) -> dict:
    """What the chapter reads, computed from the runs."""
    return {"curves": curves(result["runs"], task("resenhas", "test")), "forgetting": change(result)}


def main() -> None:
    """Command line."""
    parser = argparse.ArgumentParser(prog="python -m builders.transfer", description=__doc__.split("\n")[0])
    parser.add_argument("--seeds", type=int, default=3, help="how many seeds (3)")
    parser.add_argument("--out", type=Path, default=OUT, help="where to write (data/medidas/transfer.json)")
    parser.add_argument("--restart", action="store_true", help="measure everything again")
    args = parser.parse_args()
    warnings.filterwarnings("ignore", category=UserWarning)
    torch.set_num_threads(1)
    result = measure(args.seeds, args.out, args.restart)
    write(args.out, result)
    sign(args.out)
    seconds = sum(run["seconds"] for run in result["runs"])
    print(f"Wrote {args.out}: {len(result['runs'])} runs, {seconds:.0f} seconds of one core.")


if __name__ == "__main__":
    main()
