"""`make data NAME=…` rebuilds one artefact of data/ by the commands that made it; `make family`, every model.

The recipes are those of the artefacts' cards; each builder has its own `--help`. Every step goes on where an
interrupted run of it stopped. `--device cuda` is handed to the steps that train.

Most models of the family keep one core busy and do not need each other, so their chains of steps run side by
side, `--jobs` at a time, each writing to its own file in build/family; what keeps all cores busy runs alone.
"""

from __future__ import annotations

import argparse
import subprocess
import sys
import time
from collections.abc import Sequence
from concurrent.futures import ThreadPoolExecutor
from pathlib import Path

Step = list[str]
Chain = list[Step]  # one step after the other
TEXTS: list[Step] = [
    ["builders.corpus", "--mix", "leitura", "--mchars", "45", "--out", "build/corpus/leitura"],
    ["builders.corpus", "--mix", "texto", "--mchars", "125", "--out", "build/corpus/texto"],
    ["builders.tokenizer"],
]
PAIR = ["torch.distributed.run", "--nproc_per_node", "2", "-m"]  # a process for each of two cores
TRAINING: dict[str, Step] = {
    "mini-base": [
        *PAIR, "builders.pretrain", "--tokens", "60M", "--stage1", "0.3", "--stage3", "0.2",
        "--decay", "0.4", "--accumulate", "2", "--compile", "--resume",
    ],
    "mini-instruct": [*PAIR, "builders.sft", "--minutes", "40", "--compile", "--space", "--resume"],
    "mini-dpo": ["builders.dpo", "--minutes", "30", "--resume"],
    "mini-bert": ["builders.bert", "--tokens", "10M", "--resume"],
    "mini-t5": ["builders.t5", "--resume"],
    "mini-xlnet": ["builders.xlnet", "--tokens", "6M", "--resume"],
    "mini-embed": ["builders.embedder", "--resume"],
    "mini-rerank": ["builders.reranker", "--resume"],
}  # fmt: skip
EVALUATED = ("mini-base", "mini-instruct", "mini-dpo")  # the others measure themselves when they are made
FAMILY = "family"
SIZES = "1000,10000,100000,1000000"  # of an index, in chunks


def recipe(name: str) -> list[Step]:
    """The steps that make a model of the family, from the texts on."""
    folder = f"data/models/{name}"
    measured = [["builders.evaluate", folder]] if name in EVALUATED else []
    return [*TEXTS, TRAINING[name], *measured, ["builders.card", folder]]


def everything() -> list[list[Chain]]:
    """All models, each step once, and their table: groups of chains, in the order of who needs whom."""
    made = {name: [step for step in recipe(name) if step not in TEXTS] for name in TRAINING}
    base, instruct = (made.pop(name) for name in ("mini-base", "mini-instruct"))
    later = [made.pop(name) for name in ("mini-dpo", "mini-rerank")]  # they start from mini-instruct
    return [
        [[*TEXTS, base[0]]],
        [base[1:], *made.values()],
        [instruct[:1]],
        [instruct[1:], *later],
        [[["builders.family"]]],
    ]


RECIPES: dict[str, Chain] = {
    "corpus": [["builders.corpus", "--sample"]],
    "conversas": [["builders.conversations"]],
    "sft-curve": [["builders.sft_curve"]],
    "engine": [["builders.kernels"]],
    "custo-tokens": [["builders.token_cost"]],
    "scaling": [TEXTS[1], ["builders.scaling"]],
    "geracao": [["builders.sampling_curves"]],
    "resenhas": [["builders.reviews"]],
    "recados": [["builders.messages"]],
    "documentos": [["builders.documents"]],
    "palavras": [["builders.word_vectors"]],
    "vetores": [["builders.word_vectors"], ["builders.word_curves"]],
    "transfer": [["builders.transfer"]],
    "prompts": [["builders.prompt_curves"]],
    "alinhamento": [["builders.alignment_curves"]],
    "atencao": [["builders.importance"]],
    "cabecas": [["builders.head_jobs"]],
    "familias": [["builders.families_task"]],
    "rag": [["builders.rag_curves"]],
    "sentidos": [["builders.senses"], ["builders.sense_curves"]],
    "vocabulario": [["builders.vocabulary"]],
    "busca-cientifica": [["builders.paper_search"]],
    "busca-tamanho": [
        [
            "builders.bench_retrieval",
            "--sizes",
            SIZES,
            "--patience",
            "20000",
            "--out",
            "data/medidas/busca-tamanho.json",
        ]
    ],
    **{name: recipe(name) for name in TRAINING},
}


def groups(name: str) -> list[list[Chain]]:
    """What to run for an artefact, group after group; the chains of a group may run side by side."""
    return everything() if name == FAMILY else [[RECIPES[name]]]


def on(device: str, step: Step) -> Step:
    """A step with the device, where it trains."""
    module, *options = step
    if device == "cpu" or module not in [each[0] for each in TRAINING.values()]:
        return step
    if module == "torch.distributed.run":
        options[1] = "gpu"  # a process for each GPU, where the recipe has one for each of two cores
    return [module, *options, "--device", device]


def alone(steps: Chain) -> int:
    """Run steps on the screen, and stop at the first that fails: its exit status, or 0."""
    for step in steps:
        print(f"» python -m {' '.join(step)}", flush=True)
        if code := subprocess.run([sys.executable, "-m", *step]).returncode:
            return code
    return 0


def side_by_side(chains: Sequence[Chain], jobs: int, logs: Path) -> int:
    """Run chains `jobs` at a time, each on its own log; where one fails, the others are stopped."""
    logs.mkdir(parents=True, exist_ok=True)
    running: set[subprocess.Popen] = set()
    failed: list[int] = []

    def walk(chain: Chain) -> None:
        for step in chain:
            if failed:
                return
            said, start = " ".join(step), time.monotonic()
            log = logs / f"{'-'.join(step[:2]).replace('/', '-')}.log"
            print(f"» python -m {said} (in {log})", flush=True)
            with log.open("w", encoding="utf-8") as file:
                process = subprocess.Popen([sys.executable, "-m", *step], stdout=file, stderr=file)
                running.add(process)
                if failed:  # meanwhile, and after the others were stopped
                    process.terminate()
                code = process.wait()
                running.discard(process)
            if code and not failed:
                failed.append(code)
                print(f"failed: python -m {said}; its last words:", *ending(log), sep="\n", file=sys.stderr)
                for other in list(running):
                    other.terminate()
            elif not code:
                print(f"done: {said}, {(time.monotonic() - start) / 60:.1f} min", flush=True)

    with ThreadPoolExecutor(jobs) as pool:
        for _ in pool.map(walk, chains):
            pass
    return failed[0] if failed else 0


def ending(log: Path, lines: int = 12) -> list[str]:
    """The last lines of a log, a progress bar being one of them."""
    text = log.read_text(encoding="utf-8", errors="replace")
    return [line.split("\r")[-1] for line in text.splitlines()][-lines:]


def main(argv: list[str] | None = None) -> int:
    """Run what makes an artefact, one process a step, and stop at the first that fails."""
    parser = argparse.ArgumentParser(prog="python -m builders", description=__doc__.split("\n")[0])
    parser.add_argument("name", nargs="?", help=f"what to rebuild: {', '.join(sorted([*RECIPES, FAMILY]))}")
    parser.add_argument("--device", default="cpu", help="cpu or cuda, for the steps that train")
    parser.add_argument("--jobs", type=int, help="chains of the family side by side: 2 on a CPU, 1 elsewhere")
    args = parser.parse_args(argv)
    known = [*RECIPES, FAMILY]
    if args.name not in known:
        wrong = f"There is no artefact called {args.name!r}. " if args.name else ""
        print(f"{wrong}Say which one: make data NAME=…, one of {', '.join(sorted(known))}.", file=sys.stderr)
        return 2
    if args.jobs is not None and args.jobs < 1:
        parser.error("--jobs needs at least 1")
    jobs = args.jobs or (2 if args.device == "cpu" else 1)  # chains on one GPU would wait for each other
    for chains in groups(args.name):
        chains = [[on(args.device, step) for step in chain] for chain in chains]
        if len(chains) == 1 or jobs == 1:
            code = alone([step for chain in chains for step in chain])
        else:
            code = side_by_side(chains, jobs, Path("build/family"))
        if code:
            return code
    return 0


if __name__ == "__main__":
    sys.exit(main())
