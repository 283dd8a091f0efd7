"""`make data NAME=…` rebuilds one artefact of data/ by the commands that made it; `make family`, every model.

The recipes are those of the artefacts' cards; each builder has its own `--help`. Every step goes on where an
interrupted run of it stopped. `--device cuda` is handed to the steps that train.
"""

from __future__ import annotations

import argparse
import subprocess
import sys

Step = list[str]
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
    "mini-dpo": ["builders.dpo", "--minutes", "6", "--resume"],
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


def everything() -> list[Step]:
    """The steps of all models, each of them once, and the table of the family."""
    steps = [step for name in TRAINING for step in recipe(name)]
    return [step for i, step in enumerate(steps) if step not in steps[:i]] + [["builders.family"]]


RECIPES: dict[str, list[Step]] = {
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
            "100",
            "--out",
            "data/medidas/busca-tamanho.json",
        ]
    ],
    **{name: recipe(name) for name in TRAINING},
    FAMILY: everything(),
}


def main(argv: list[str] | None = None) -> int:
    """Run the steps of a recipe, one process each, and stop at the first that fails."""
    parser = argparse.ArgumentParser(prog="python -m builders", description=__doc__.split("\n")[0])
    parser.add_argument("name", nargs="?", help=f"what to rebuild: {', '.join(sorted(RECIPES))}")
    parser.add_argument("--device", default="cpu", help="cpu or cuda, for the steps that train")
    args = parser.parse_args(argv)
    if args.name not in RECIPES:
        wrong = f"There is no artefact called {args.name!r}. " if args.name else ""
        print(
            f"{wrong}Say which one: make data NAME=…, one of {', '.join(sorted(RECIPES))}.", file=sys.stderr
        )
        return 2
    trains = [step[0] for step in TRAINING.values()]
    for module, *options in RECIPES[args.name]:
        device = ["--device", args.device] if module in trains and args.device != "cpu" else []
        if device and module == "torch.distributed.run":
            options[1] = "gpu"  # a process for each GPU, where the recipe has one for each of two cores
        print(f"» python -m {' '.join([module, *options, *device])}", flush=True)
        if code := subprocess.run([sys.executable, "-m", module, *options, *device]).returncode:
            return code
    return 0


if __name__ == "__main__":
    sys.exit(main())
