"""Scaling runs: many small models on growing amounts of text, and the law that their losses follow.

    python -m builders.scaling --corpus build/corpus/texto

Each run trains one size on one number of tokens from one seed, with a rate that falls to zero by its end, and
adds a row to `data/scaling/runs.csv`; runs that are there are not done again, so the command can be killed at
any moment. Then L(N, D) = E + A/N^alpha + B/D^beta is fitted (Hoffmann et al. 2022, approach 3: Huber loss on
the logarithm, from a grid of starts) with bootstrap intervals, into `law.json` and README.md.
N counts weights outside the embedding, D tokens read. The vocabulary is small, and trained here, so that the
embedding does not rule; texts with answers in a context are left out, since that skill comes in a jump.
"""

from __future__ import annotations

import argparse
import csv
import hashlib
import itertools
import json
import os
import sys
import time
from collections.abc import Iterable
from pathlib import Path

import numpy as np
import torch
from scipy.optimize import least_squares
from scipy.special import logsumexp
from tokenizers import Tokenizer
from tqdm import tqdm

from builders import shards
from builders.pretrain import count, fast_precision
from builders.tokenizer import train_tokenizer
from llmlib.scratch.train import Settings, Stage, Table, TrainingError, predict_next, train
from llmlib.scratch.transformer import Config, Transformer

KINDS = {
    *("historia", "descricao", "dialogo", "perguntas", "fatos"),
    *("carta", "noticia", "receita", "instrucoes", "autoral"),
}
SIZES = {
    "24x2": (24, 2),
    "40x2": (40, 2),
    "64x2": (64, 2),
    "88x3": (88, 3),
    "128x4": (128, 4),
}  # width, layers
BUDGETS = ("125k", "250k", "500k", "1M")
VOCABULARY, ROW, BATCH, HEADS = 512, 128, 8, 4
COLUMNS = ("size", "parameters", "tokens", "seed", "loss", "seconds", "flops")
BOOTSTRAP = 200
RATES = (0.2, 0.5, 1.0)  # exponents from which the fit starts


def shape(width: int, layers: int) -> Config:
    """The course's architecture in small: four heads, no shared keys, MLP of 8/3 of the width."""
    return Config(
        vocab_size=VOCABULARY,
        hidden_size=width,
        intermediate_size=8 * round(width / 3),
        num_hidden_layers=layers,
        num_attention_heads=HEADS,
        num_key_value_heads=HEADS,
        head_dim=width // HEADS,
        max_position_embeddings=ROW,
    )


def flops(parameters: int, width: int, layers: int, tokens: int) -> int:
    """Operations of a run: 6 a token for each weight (output too) and each number of its attention."""
    return 6 * tokens * (parameters + VOCABULARY * width + layers * width * ROW)


def table(files: Iterable[Path], tokenizer: Tokenizer, tokens: int) -> Table:
    """Rows of at least `tokens` tokens of KINDS, document after document, in the order of the files."""
    ids: list[int] = []
    for path in files:
        documents = [d for d in shards.read(path) if d.kind in KINDS]
        for encoding in tokenizer.encode_batch([d.text for d in documents]):
            ids += [0, *encoding.ids]
        if len(ids) >= tokens + ROW:
            break
    rows = torch.tensor(ids[: len(ids) // ROW * ROW]).view(-1, ROW)
    return Table(rows, torch.ones(rows.shape))


@torch.no_grad()
def loss_of(model: Transformer, rows: Table) -> float:
    """Mean loss a token over all rows."""
    sums = [predict_next(model, *(c[i : i + 32] for c in rows.columns)) for i in range(0, len(rows), 32)]
    return (sum(s for s, _ in sums) / sum(n for _, n in sums)).item()


def run(size: str, tokens: int, seed: int, rows: Table, valid: Table, work: Path) -> dict:
    """Train one model; returns its row of the table."""
    torch.manual_seed(seed)
    model = Transformer(shape(*SIZES[size]))
    parameters = sum(p.numel() for p in model.model.layers.parameters())
    order = torch.from_numpy(np.random.default_rng(seed).permutation(len(rows)))
    settings = Settings(
        tokens=tokens,
        batch=BATCH,
        warmup=0.05,
        precision=fast_precision(torch.device("cpu")),
        seed=seed,
        save_every=10**9,
    )
    stage = Stage("texto", Table(*(column[order] for column in rows.columns)))
    start = time.process_time()  # of this process alone: other work on the machine does not count
    log = train(model, [stage], settings, work / f"{size}-{tokens}-{seed}")
    seconds = time.process_time() - start
    row = {"size": size, "parameters": parameters, "tokens": log[-1]["tokens"], "seed": seed}
    return row | {
        "loss": round(loss_of(model, valid), 5),
        "seconds": round(seconds, 1),
        "flops": flops(parameters, *SIZES[size], log[-1]["tokens"]),
    }


def read_runs(path: Path) -> list[dict]:
    """The rows of runs.csv; none if it is not there. ValueError names the row that cannot be read."""
    if not path.exists():
        return []
    kinds = dict.fromkeys(COLUMNS, int) | {"size": str, "loss": float, "seconds": float}
    found = []
    with path.open(newline="", encoding="utf-8") as file:
        for number, row in enumerate(csv.DictReader(file), 2):
            try:
                found.append({name: kind(row[name]) for name, kind in kinds.items()})
            except (KeyError, TypeError, ValueError) as error:
                raise ValueError(f"{path}, line {number}: {error}; mend or remove that line.") from error
    return found


def replace(path: Path, text: str) -> None:
    """Write a file beside itself and move it in place."""
    path.parent.mkdir(parents=True, exist_ok=True)
    partial = path.with_name(path.name + ".partial")
    partial.write_text(text, encoding="utf-8")
    os.replace(partial, path)


def write_runs(path: Path, runs: list[dict]) -> None:
    """All rows, ordered by size, tokens and seed."""
    ordered = sorted(runs, key=lambda r: (r["parameters"], r["tokens"], r["seed"]))
    lines = [",".join(COLUMNS), *(",".join(str(r[name]) for name in COLUMNS) for r in ordered)]
    replace(path, "\n".join(lines) + "\n")


def predicted(law: np.ndarray, parameters: np.ndarray, tokens: np.ndarray) -> np.ndarray:
    """log L for law = (log A, log B, log E, alpha, beta)."""
    a, b, e, alpha, beta = law
    terms = [a - alpha * np.log(parameters), b - beta * np.log(tokens), np.full(len(parameters), e)]
    return logsumexp(terms, axis=0)


def fit(
    parameters: np.ndarray, tokens: np.ndarray, loss: np.ndarray, near: np.ndarray | None = None
) -> np.ndarray:
    """The law (log A, log B, log E, alpha, beta) of least Huber loss (δ = 1e-3, of log L).

    Searched from a grid of starts, or from a few around the law `near`. Inside, N and D are counted in their
    geometric means, without which A and alpha could hardly be told apart on the way.
    """
    middle = np.log(parameters).mean(), np.log(tokens).mean()
    n, d = parameters / np.exp(middle[0]), tokens / np.exp(middle[1])

    def residuals(law: np.ndarray) -> np.ndarray:
        return predicted(law, n, d) - np.log(loss)

    def slopes(law: np.ndarray) -> np.ndarray:
        a, b, e, alpha, beta = law
        terms = np.stack([a - alpha * np.log(n), b - beta * np.log(d), np.full(len(loss), e)])
        share = np.exp(terms - logsumexp(terms, axis=0))
        return np.stack([*share, -share[0] * np.log(n), -share[1] * np.log(d)], 1)

    least = float(np.log(loss.min()))
    bounds = ([-20, -20, -10, 0, 0], [5, 5, least, 3, 3])
    starts = [
        [-1, -1, e, alpha, beta]
        for e, alpha, beta in itertools.product((least - 0.1, least - 1), RATES, RATES)
    ]
    if near is not None:
        centred = near - [near[3] * middle[0], near[4] * middle[1], 0, 0, 0]
        starts = [centred, centred * [1, 1, 1, 1.3, 0.8], centred * [1, 1, 1, 0.8, 1.3]]
    tried = [
        least_squares(
            residuals, np.clip(start, *bounds), slopes, bounds, loss="huber", f_scale=1e-3, max_nfev=200
        )
        for start in starts
    ]
    law = min(tried, key=lambda result: result.cost).x
    return law + np.array([law[3] * middle[0], law[4] * middle[1], 0, 0, 0])


def named(law: np.ndarray) -> dict[str, float]:
    """The law under the paper's letters; `exponent`: the best N for a compute C grows as C^exponent."""
    a, b, e, alpha, beta = (float(x) for x in law)
    exponent = beta / (alpha + beta) if alpha + beta else 0.5
    return {
        "E": np.exp(e),
        "A": np.exp(a),
        "B": np.exp(b),
        "alpha": alpha,
        "beta": beta,
        "exponent": exponent,
    }


def law_of(runs: list[dict], samples: int = BOOTSTRAP) -> dict:
    """Fit to all runs, 95 % intervals (from fits to runs drawn anew, with repetition), and its errors."""
    n, d, loss = (np.array([r[k] for r in runs], float) for k in ("parameters", "tokens", "loss"))
    best, rng = fit(n, d, loss), np.random.default_rng(0)
    drawn = []
    for _ in tqdm(range(samples), desc="bootstrap", leave=False):
        chosen = rng.integers(0, len(runs), len(runs))
        drawn.append(named(fit(n[chosen], d[chosen], loss[chosen], best)))
    error = predicted(best, n, d) - np.log(loss)
    law = {}
    for name, value in named(best).items():
        low, high = np.percentile([sample[name] for sample in drawn], [2.5, 97.5])
        law[name] = {"value": float(f"{value:.4g}"), "low": float(f"{low:.4g}"), "high": float(f"{high:.4g}")}
    return {
        "formula": "L(N, D) = E + A / N^alpha + B / D^beta",
        "law": law,
        "runs": len(runs),
        "bootstrap": samples,
        "mean_error": round(float(np.abs(np.expm1(error)).mean()), 5),
        "worst_error": round(float(np.abs(np.expm1(error)).max()), 5),
    }


def whole(number: int) -> str:
    """1024 -> 1.024."""
    return f"{number:,}".replace(",", ".")


def comma(number: float, digits: int) -> str:
    """1.5 -> 1,50."""
    return f"{number:.{digits}f}".replace(".", ",")


INTRO = """\
# Leis de escala: as corridas e a lei

{runs} modelos pequenos com a arquitetura de `llmlib.scratch.transformer`: {sizes} tamanhos, {budgets}
quantidades de texto, {seeds} sementes e a mesma receita para todos (passos de {step} tokens, taxa que cai a
zero no último terço, nenhum texto lido duas vezes). Interrompido, o comando continua da corrida seguinte:

```bash
python -m builders.scaling --corpus build/corpus/texto
```

- `runs.csv`: uma linha por corrida. `parameters` não conta a matriz de tokens (vocabulário de {vocabulary},
  treinado para isto); `loss` é a perda média por token em {validation} tokens de validação; `flops`, as
  operações do treino; `seconds`, o tempo de um núcleo de CPU.
- `law.json`: a lei ajustada, com intervalos de 95 % (bootstrap sobre as corridas).
- `recipe.json`: de que textos.

## Perda por tamanho e quantidade de texto (média das sementes)
"""
LIMITS = """
O expoente é o da melhor divisão de um orçamento de cálculo C entre tamanho e texto: N cresce como C^expoente.

## O que ela não diz

Vale para este texto, este vocabulário e estes tamanhos; fora deles é extrapolação. As taxas e o lote
são os mesmos para todos: ajustados a cada tamanho, dariam outra lei. E é o piso, a perda que nem modelo nem
texto maior tirariam, o que corridas tão pequenas determinam pior.
"""


def report(runs: list[dict], law: dict, recipe: dict) -> str:
    """README.md: what was run, the losses, the law and what it cannot say."""
    sizes = sorted({(r["parameters"], r["size"]) for r in runs})
    budgets = sorted({r["tokens"] for r in runs})
    seeds = {r["seed"] for r in runs}
    intro = INTRO.format(
        runs=len(runs),
        sizes=len(sizes),
        budgets=len(budgets),
        seeds=len(seeds),
        step=whole(BATCH * ROW),
        vocabulary=VOCABULARY,
        validation=whole(recipe["validation"]),
    )
    lines = [intro, f"| parâmetros | {' | '.join(whole(d) + ' tokens' for d in budgets)} |"]
    lines.append("|--:" * (1 + len(budgets)) + "|")
    for parameters, size in sizes:
        cells = []
        for tokens in budgets:
            losses = [r["loss"] for r in runs if (r["size"], r["tokens"]) == (size, tokens)]
            cells.append(comma(float(np.mean(losses)), 3) if losses else "–")
        lines.append(f"| {whole(parameters)} | {' | '.join(cells)} |")
    lines += [
        "",
        "## A lei",
        "",
        "L(N, D) = E + A / N^α + B / D^β",
        "",
        "| | valor | intervalo |",
        "|---|--:|---|",
    ]
    for name, x in law["law"].items():
        title = {"alpha": "α", "beta": "β", "exponent": "expoente"}.get(name, name)
        value, low, high = (comma(x[k], 0 if x["value"] > 100 else 3) for k in ("value", "low", "high"))
        lines.append(f"| {title} | {value} | {low} a {high} |")
    mean, worst = (comma(100 * law[k], 2) for k in ("mean_error", "worst_error"))
    lines += ["", f"A lei erra as perdas medidas em {mean} % na média e {worst} % no pior caso."]
    return "\n".join(lines) + "\n" + LIMITS


def prepare(corpus: Path, work: Path, tokens: int) -> tuple[Table, Table, dict]:
    """Training rows, validation rows and the recipe that says what they were made of."""
    files = sorted(corpus.glob("train-*.jsonl"))
    if not files:
        sys.exit(f"No train-*.jsonl in {corpus}: run python -m builders.corpus --mix texto --out {corpus}")
    path = work / "tokenizer.json"
    if not path.exists():
        texts = (d.text for d in shards.read(files[0]) if d.kind in KINDS)
        tokenizer = train_tokenizer(texts, VOCABULARY)
        replace(path, tokenizer.to_str())
    tokenizer = Tokenizer.from_file(str(path))
    rows, valid = table(files, tokenizer, tokens), table([corpus / "valid.jsonl"], tokenizer, 60_000)
    valid = Table(*(column[: 60_000 // ROW] for column in valid.columns))
    if rows.columns[0].numel() < tokens:
        sys.exit(f"{corpus} holds {rows.columns[0].numel():,} tokens for these runs; {tokens:,} are needed.")
    digest = hashlib.sha256(rows.columns[0].numpy().tobytes() + valid.columns[0].numpy().tobytes())
    return rows, valid, {
        "kinds": sorted(KINDS),
        "vocabulary": VOCABULARY,
        "row": ROW,
        "batch": BATCH,
        "validation": valid.columns[0].numel(),
        "tokens_sha256": digest.hexdigest(),
    }  # fmt: skip


def parse(argv: list[str] | None = None) -> argparse.Namespace:
    """Command line."""
    parser = argparse.ArgumentParser(prog="python -m builders.scaling", description=__doc__.split("\n")[0])
    parser.add_argument("--corpus", type=Path, default=Path("build/corpus/texto"))
    parser.add_argument("--work", type=Path, default=Path("build/scaling"), help="tokenizer and logs")
    parser.add_argument("--out", type=Path, default=Path("data/scaling"))
    parser.add_argument("--sizes", nargs="+", default=list(SIZES), choices=SIZES, metavar="WxL",
                        help=f"widths x layers, of {', '.join(SIZES)}")  # fmt: skip
    parser.add_argument("--budgets", nargs="+", type=count, default=[count(b) for b in BUDGETS],
                        help="tokens, for example 125k 1M")  # fmt: skip
    parser.add_argument("--seeds", type=int, default=2, help="how many seeds")
    parser.add_argument("--threads", type=int, default=1)
    return parser.parse_args(argv)


def main(argv: list[str] | None = None) -> None:
    """Do the runs that are missing, fit, write."""
    args = parse(argv)
    torch.set_num_threads(args.threads)
    rows, valid, recipe = prepare(args.corpus, args.work, max([*args.budgets, *map(count, BUDGETS)]))
    known = args.out / "recipe.json"
    if known.exists() and json.loads(known.read_text()) != recipe:
        sys.exit(f"{args.out} holds runs on other texts: take them away, or give another --out.")
    replace(known, json.dumps(recipe, indent=1) + "\n")
    try:
        runs = read_runs(args.out / "runs.csv")
    except ValueError as error:
        sys.exit(str(error))
    done = {(r["size"], r["tokens"] // (BATCH * ROW), r["seed"]) for r in runs}
    wanted = [
        (size, tokens, seed)
        for seed, tokens, size in itertools.product(range(args.seeds), args.budgets, args.sizes)
        if (size, -(-tokens // (BATCH * ROW)), seed) not in done
    ]
    for size, tokens, seed in tqdm(wanted, desc="runs"):
        try:
            runs.append(run(size, tokens, seed, rows, valid, args.work))
        except TrainingError as error:
            sys.exit(f"{size}, {tokens} tokens, seed {seed}: {error}")
        write_runs(args.out / "runs.csv", runs)
    if len({(r["size"], r["tokens"]) for r in runs}) < 6:
        sys.exit(f"{len(runs)} runs written; a law of 5 numbers needs at least 6 different ones.")
    law = law_of(runs)
    replace(args.out / "law.json", json.dumps(law, indent=1) + "\n")
    replace(args.out / "README.md", report(runs, law, recipe))
    print(json.dumps(law["law"], indent=1))


if __name__ == "__main__":
    main()
