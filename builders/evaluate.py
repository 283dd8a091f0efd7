"""Measure a model of the family: what it predicts, how it writes, what it reads, copies, knows and remembers.

    python -m builders.evaluate data/models/mini-base

Which measures apply follows from the model: a base model continues text, one with a chat template is talked
to, and mini-dpo is also compared with mini-instruct. Everything is measured on text that was never trained
on. Writes `evaluation.json` into the model's folder; `builders.card` makes the card of it. Each measure is
kept as soon as it is ready: `--resume` goes on after an interruption, `--only` takes some of them again.
The encoders and the T5 are measured by their own builders (`python -m builders.bert --measure` …).
"""

from __future__ import annotations

import argparse
import json
import time
from collections.abc import Callable
from pathlib import Path

import torch
from tqdm import tqdm

from builders import page
from builders.corpus import agreement
from builders.measures import (
    TEMPERATURE,
    batch,
    chat,
    diversity,
    duel,
    facts,
    fewshot,
    history,
    induction,
    kinds,
    loss,
    memory,
    pairs,
    questions,
    reading,
    stories,
    towns,
)
from llmlib import load

PROMPTS = (
    "Era uma vez, um unicórnio",
    "O gato estava dormindo no sofá enquanto o cachorro",
    "Qual é a capital do Brasil?",
)
SEEDS = 20  # of each prompt, 40 tokens: what the first page shows
SAMPLES, SAMPLE_TOKENS = 30, 120
SIBLING = {"mini-dpo": "mini-instruct"}
Measure = Callable[[object, Path, float], object]  # model, folder, share of the usual number of cases


def some(count: int, size: float) -> int:
    """A number of cases, scaled, at least one."""
    return max(1, round(count * size))


def continuations(lm: object, seeds: int = SEEDS) -> list[dict]:
    """The three prompts of the first page, `seeds` times each: 40 tokens and their agreement errors."""
    asked = [(prompt, seed) for prompt in PROMPTS for seed in range(seeds)]
    texts = batch.complete(lm, [p for p, _ in asked], 40, TEMPERATURE, [s for _, s in asked])
    return [
        {"prompt": p, "seed": s, "text": t, "errors": [e.words for e in agreement.check(p + t)]}
        for (p, s), t in zip(asked, texts, strict=True)
    ]


def samples(lm: object, n: int = SAMPLES) -> list[dict]:
    """Seeds 0 to n - 1, the three prompts in turn, as they come."""
    asked = [PROMPTS[seed % len(PROMPTS)] for seed in range(n)]
    texts = batch.complete(lm, asked, SAMPLE_TOKENS, TEMPERATURE)
    return [{"seed": i, "prompt": p, "text": t} for i, (p, t) in enumerate(zip(asked, texts, strict=True))]


def int8(lm: object, folder: Path, size: float) -> dict:
    """What the page's weights lose, on unseen texts of every kind."""
    texts = [d.text for kind in loss.MODULES for d in loss.documents(kind, some(20, size))]
    return page.cost(folder, texts)


BASE: dict[str, Measure] = {
    "loss": lambda lm, folder, size: loss.measure(lm, some(loss.TEXTS, size)),
    "agreement": lambda lm, folder, size: pairs.measure(lm, some(pairs.PAIRS, size)),
    "stories": lambda lm, folder, size: stories.measure(lm, some(stories.STORIES, size)),
    "facts": lambda lm, folder, size: facts.measure(lm, some(facts.FACTS, size)),
    "reading": lambda lm, folder, size: reading.measure(lm, None, some(reading.ITEMS, size)),
    "copying": lambda lm, folder, size: reading.copying(lm, some(reading.ITEMS, size)),
    "fewshot": lambda lm, folder, size: fewshot.measure(lm, some(fewshot.ITEMS, size)),
    "induction": lambda lm, folder, size: induction.heads(lm.model),
    "history": lambda lm, folder, size: history.measure(lm, folder, some(history.ITEMS, size)),
    "questions": lambda lm, folder, size: questions.measure(lm, some(questions.PROMPTS, size)),
    "kinds": lambda lm, folder, size: kinds.measure(lm, some(kinds.ITEMS, size)),
    "memory": lambda lm, folder, size: memory.measure(lm, some(memory.DOCUMENTS, size)),
    "diversity": lambda lm, folder, size: diversity.measure(lm, some(diversity.TEXTS, size)),
    "int8": int8,
    "continuations": lambda lm, folder, size: continuations(lm, some(SEEDS, size)),
    "samples": lambda lm, folder, size: samples(lm, some(SAMPLES, size)),
}
CHAT: dict[str, Measure] = {
    "following": lambda lm, folder, size: chat.following(lm, some(chat.ITEMS, size)),
    "answers": lambda lm, folder, size: chat.answers(lm, some(questions.PROMPTS, size)),
    "reading": lambda lm, folder, size: reading.measure(lm, reading.chat(lm), some(reading.ITEMS, size)),
    "towns": lambda lm, folder, size: towns.measure(lm, some(towns.ITEMS, size)),
    "int8": int8,
    "samples": lambda lm, folder, size: chat.samples(lm, some(SAMPLES, size)),
}


def against(lm: object, folder: Path, size: float) -> dict | None:
    """The duel with the sibling model, None while there is none beside this folder."""
    other = folder.parent / SIBLING[folder.name]
    if not (other / "config.json").exists():
        return None
    found = duel.measure(lm, load(f"{other.resolve()}"), some(duel.CONVERSATIONS, size))
    return {"other": other.name, **found}


def fitting(folder: Path) -> tuple[str, dict[str, Measure]]:
    """("base" or "chat", measures) of the model in a folder. Raises ValueError for another family."""
    path = folder / "config.json"
    if not path.exists():
        raise ValueError(f"There is no model in {folder}: config.json is missing.")
    architecture = (json.loads(path.read_text(encoding="utf-8")).get("architectures") or ["?"])[0]
    if not architecture.endswith("ForCausalLM"):
        raise ValueError(f"{folder.name} is a {architecture}: its own builder measures it (see its --help).")
    settings = json.loads((folder / "tokenizer_config.json").read_text(encoding="utf-8"))
    if "chat_template" not in settings and not (folder / "chat_template.jinja").exists():
        return "base", BASE
    return "chat", CHAT | ({"duel": against} if folder.name in SIBLING else {})


def write(folder: Path, result: dict) -> None:
    """evaluation.json, whole or not at all."""
    partial = folder / "evaluation.json.partial"
    partial.write_text(json.dumps(result, ensure_ascii=False, indent=1) + "\n", encoding="utf-8")
    partial.replace(folder / "evaluation.json")


def evaluate(folder: Path, size: float = 1.0, only: list[str] | None = None, resume: bool = False) -> dict:
    """Take the measures (all, those in `only`, or those missing) and write evaluation.json after each.

    Result: {"kind", "size", "seconds": {measure: s}, "measures": {…}, "samples", "continuations"?}.
    """
    kind, every = fitting(folder)
    if unknown := [name for name in only or [] if name not in every]:
        raise ValueError(
            f"No measure is called {unknown[0]!r} for {folder.name}; there are {', '.join(every)}."
        )
    lm = load(f"{folder.resolve()}")
    old = folder / "evaluation.json"
    kept = json.loads(old.read_text(encoding="utf-8")) if (only or resume) and old.exists() else {}
    if kept.get("kind") != kind or kept.get("size", size) != size:
        kept = {}
    result = {
        "kind": kind,
        "size": size,
        "seconds": kept.get("seconds", {}),
        "measures": kept.get("measures", {}),
    }
    result |= {k: kept[k] for k in ("samples", "continuations") if k in kept}
    wanted = only or [name for name in every if not (resume and name in result["seconds"])]
    for name in tqdm(wanted, desc=folder.name, unit="measure"):
        start = time.perf_counter()
        found = every[name](lm, folder, size)
        if name in ("samples", "continuations"):
            result[name] = found
        else:
            result["measures"][name] = found
        result["seconds"][name] = round(time.perf_counter() - start, 1)
        write(folder, result)
    return result


def main() -> None:
    """Command line."""
    parser = argparse.ArgumentParser(prog="python -m builders.evaluate", description=__doc__.split("\n")[0])
    parser.add_argument("folder", type=Path, help="model folder, for example data/models/mini-base")
    parser.add_argument("--size", type=float, default=1.0, help="share of the usual number of cases (1)")
    parser.add_argument("--only", help="take these measures again, separated by commas")
    parser.add_argument("--resume", action="store_true", help="take only the measures that are missing")
    parser.add_argument("--threads", type=int, default=1, help="CPU threads (1)")
    args = parser.parse_args()
    torch.set_num_threads(args.threads)
    try:
        result = evaluate(args.folder, args.size, args.only.split(",") if args.only else None, args.resume)
    except ValueError as error:
        parser.error(str(error))
    print(json.dumps(result["seconds"], indent=1))
    print(f"Wrote {args.folder / 'evaluation.json'}: {sum(result['seconds'].values()):.0f} s")


if __name__ == "__main__":
    main()
