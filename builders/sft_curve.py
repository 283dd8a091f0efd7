"""How much does each example teach? Tune mini-base on more and more conversations, and measure.

    python -m builders.sft_curve --base data/models/mini-base

Every run reads the same number of tokens, so few conversations are read many times and many only once. The
loss counts the answers alone; besides, at one size, runs whose loss counts what the user says too. Each model
answers the same unseen conversations, and the same facts in four groups: spoken of in the instructions,
guarded from them, only stated in pre-training, never seen. Results go into `data/medidas/sft.json` and
`sft.md`. A run that is done is kept (in --work) and not done again: the command can be killed at any moment.
About 12 minutes of one idle CPU core. It does not make mini-instruct (`builders.sft` does).
"""

from __future__ import annotations

import argparse
import datetime
import hashlib
import json
import random
import shutil
import sys
import time
from collections.abc import Sequence
from pathlib import Path

import torch
from tqdm import tqdm

from builders import sft as builder
from builders import shards
from builders.corpus import facts, instructions
from builders.corpus.instructions import known
from builders.corpus.instructions.checks import CHECKS
from builders.corpus.invented import cap
from builders.corpus.relations import fill
from builders.measures import batch, proportion
from builders.pretrain import count, fast_precision
from llmlib.lm import LM
from llmlib.prose import number, percent
from llmlib.scratch import sft
from llmlib.scratch.train import Settings, Stage, Table, predict_next, train

ROOT = Path(__file__).resolve().parents[1]
EXAMPLES = (0, 30, 100, 300, 1000, 3000)
EVERYTHING = 1000  # examples of the runs whose loss counts every message
LONG = ("historia", "continuacao")  # texts of 200 tokens: left out, for time
KINDS = tuple(kind for kind in instructions.KINDS if kind not in LONG)
GROUPS = ("vistos", "guardados", "afirmados", "nunca")
ROW, BATCH = 512, 4
ASKED = (
    "Qual é a capital do Brasil?",
    "Quanto é 7 mais 5?",
    "Oi, tudo bem?",
    "Liste três frutas.",
    "Qual é a capital de Trapaluz?",
    "Contexto: O relógio de Nurati está na gaveta do quarto azul.\nPergunta: Onde está o relógio de Nurati?",
)


def spoken(tokenizer: object, ids: Sequence[int]) -> list[int]:
    """Weights 1 for what anybody says in a conversation and for the mark that ends it, 0 for the rest.

    The header of a turn (mark, name, line break) weighs nothing, as in `sft.encode`; the marks are ids 1, 2.
    """
    (line_break,) = tokenizer.encode("\n", add_special_tokens=False)
    weights, state = [0] * len(ids), "outside"
    for i, token in enumerate(ids):
        if state == "said":
            weights[i] = 1
        if token == 1:
            state = "header"
        elif token == 2:
            state = "outside"
        elif state == "header" and token == line_break:
            state = "said"
    return weights


def examples(tokenizer: object, made: Sequence[object], all_: bool) -> list[sft.Example]:
    """Ids and loss weights of conversations: each message that counts has its share (`sft.shares`)."""
    found = []
    for conversation in made:
        ids, weights = sft.encode(tokenizer, conversation.messages)
        found.append((ids, sft.shares(spoken(tokenizer, ids) if all_ else weights)))
    return found


def held_out(each: int) -> list[instructions.Conversation]:
    """`each` unseen conversations of every kind: the same for all models."""
    return [
        instructions.make(random.Random(f"curva/{kind}/{i}"), "valid", kind)
        for kind in KINDS
        for i in range(each)
    ]


def asked_facts(n: int) -> dict[str, list[tuple[str, instructions.Conversation]]]:
    """Up to `n` facts a group, in their first wording: (question, conversation that knows the truth)."""
    pools = {
        "vistos": known.pool("seen"),
        "guardados": known.pool("guarded"),
        "afirmados": known.pool("stated"),
    }
    groups = {name: [f for each in pool.values() for f in each] for name, pool in pools.items()}
    groups["nunca"] = [f for f in facts.all_facts() if facts.held_out(f) == "never"]
    found = {}
    for name in GROUPS:
        kept = [f for f in groups[name] if f.relation.name not in known.VOCABULARY]
        random.Random(f"fatos/{name}").shuffle(kept)
        found[name] = []
        for fact in kept[:n]:
            question, answer = fact.relation.questions[0]
            text = cap(fill(question, fact.subject, fact.value))
            said = {"role": "assistant", "content": cap(fill(answer, fact.subject, fact.value)) + "."}
            messages = ({"role": "user", "content": text}, said)
            found[name].append((text, instructions.Conversation("fato", messages, known.truth(fact, answer))))
    return found


def frame(question: str) -> str:
    """The question where pre-training answered questions."""
    return f"Pergunta: {question}\nResposta:"


def facts_right(lm: LM, asked: dict, how: str) -> dict:
    """Share of right answers by group: in conversation ("conversa") or in the frame of pre-training
    ("moldura"), greedily."""
    flat = [(group, *each) for group in GROUPS for each in asked[group]]
    if how == "conversa":
        said = batch.chat(lm, [c.prompt for _, _, c in flat], 24)
    else:
        said = batch.complete(lm, [frame(question) for _, question, _ in flat], 24, stop=["\n"])
    hits = {group: [0, 0] for group in GROUPS}
    for (group, _, conversation), answer in zip(flat, said, strict=True):
        hits[group][0] += CHECKS["fato"](conversation, answer.strip())
        hits[group][1] += 1
    return {group: proportion(right, n) for group, (right, n) in hits.items()}


@torch.no_grad()
def losses(model: object, tokenizer: object, made: Sequence[object]) -> dict[str, float]:
    """Mean loss (nats a token) on the answers and on what users say, over whole conversations."""
    sums = {"respostas": [0.0, 0.0], "perguntas": [0.0, 0.0]}
    for conversation in made:
        ids, answer = sft.encode(tokenizer, conversation.messages)
        other = [a and not b for a, b in zip(spoken(tokenizer, ids), answer, strict=True)]
        row = torch.tensor([ids])
        for name, weights in (("respostas", answer), ("perguntas", other)):
            total, weight = predict_next(model, row, torch.tensor([weights], dtype=torch.float32))
            sums[name][0] += total.item()
            sums[name][1] += weight.item()
    return {name: round(total / weight, 4) for name, (total, weight) in sums.items()}


def measure(model: object, tokenizer: object, made: list, asked: dict) -> dict:
    """All that is measured of one model: by kind, facts, losses, sample answers."""
    model.eval()
    model.set_attn_implementation("sdpa")
    lm = LM("sft-curve", model, tokenizer)
    answers = batch.chat(lm, [c.prompt for c in made], 80)
    right = {kind: [] for kind in KINDS}
    for conversation, answer in zip(made, answers, strict=True):
        right[conversation.kind].append(instructions.right(conversation, answer))
    shown = batch.chat(lm, [[{"role": "user", "content": text}] for text in ASKED], 60)
    return {
        "right": {kind: [sum(hits), len(hits)] for kind, hits in right.items()},
        "facts": facts_right(lm, asked, "conversa"),
        "loss": losses(model, tokenizer, made),
        "samples": shown,
    }


def tune(
    args: argparse.Namespace, size: int, seed: int, all_: bool, work: Path
) -> tuple[object, object, dict]:
    """mini-base after `args.tokens` tokens of `size` conversations; what the run was."""
    model, tokenizer = builder.open_base(args.base, seed, sft.SPACED_TEMPLATE)
    if not size:
        return model, tokenizer, {"tokens": 0, "epochs": 0.0, "seconds": 0.0}
    length = min(ROW, model.config.max_position_embeddings)
    made = list(builder.conversations(seed, size))
    rows = list(sft.pack(examples(tokenizer, made, all_), length, shards.PAD))
    device = torch.device(args.device)
    model.to(device)
    if device.type == "cpu":
        model.set_attn_implementation("causal")
    settings = Settings(
        tokens=args.tokens, batch=BATCH, muon_lr=0.01, adamw_lr=1.5e-3, warmup=0.03, decay=0.6, seed=seed,
        precision=fast_precision(device), save_every=10**9,
    )  # fmt: skip
    began = time.process_time()  # of this process alone: other work on the machine does not count
    log = train(model, [Stage("conversas", Table(*sft.tensors(rows)))], settings, work)
    told = {
        "tokens": log[-1]["tokens"],
        "epochs": round(log[-1]["tokens"] / (len(rows) * length), 2),
        "seconds": round(time.process_time() - began, 1),
    }
    shutil.rmtree(work)
    return model.cpu(), tokenizer, told


def plan(args: argparse.Namespace) -> list[dict]:
    """The runs: sizes and seeds, then those whose loss counts everything. The base itself has no seed."""
    sizes = [size for size in EXAMPLES if size <= args.most]
    runs = [
        {"examples": n, "seed": s, "loss": "respostas"} for n in sizes for s in range(args.seeds if n else 1)
    ]
    whole = max(n for n in sizes if n <= EVERYTHING)
    return runs + [{"examples": whole, "seed": s, "loss": "tudo"} for s in range(args.seeds) if whole]


def recipe_of(args: argparse.Namespace) -> tuple[dict, str]:
    """What the results depend on, and its digest: results of another recipe are not mixed in."""
    weights = hashlib.sha256((args.base / "model.safetensors").read_bytes()).hexdigest()
    recipe = {
        "base": args.base.name,
        "sha256": weights,
        "tokens": args.tokens,
        "each": args.each,
        "facts": args.facts,
    }
    said = json.dumps([recipe, builder.instructions_hash()])
    return recipe, hashlib.sha256(said.encode()).hexdigest()[:16]


def done_or(work: Path, name: str, make: object) -> dict:
    """The result kept under `name`, or the one that `make()` gives, kept."""
    kept = work / f"{name}.json"
    if not kept.exists():
        work.mkdir(parents=True, exist_ok=True)
        text = json.dumps(make(), ensure_ascii=False)
        kept.with_suffix(".partial").write_text(text, "utf-8")
        kept.with_suffix(".partial").replace(kept)
    return json.loads(kept.read_text("utf-8"))


def pooled(runs: list[dict], key: str) -> dict:
    """Hits and cases of several runs added up by kind or group: {name: [hits, n]}."""
    total: dict[str, list[int]] = {}
    for run in runs:
        for name, cell in run[key].items():
            hits, n = (cell["hits"], cell["n"]) if isinstance(cell, dict) else cell
            old = total.setdefault(name, [0, 0])
            total[name] = [old[0] + hits, old[1] + n]
    return total


def page(found: dict) -> str:
    """The README of the measure."""
    recipe = found["recipe"]
    lines = [
        "# Quanto ensina cada exemplo: o ajuste por instruções medido",
        "",
        f"`{found['command']}`, em {found['date']}. Ponto de partida: `{recipe['base']}` (sha256",
        f"`{recipe['sha256'][:16]}…`). Sementes: {len(found['seeds'])}. Cada corrida lê",
        f"{number(recipe['tokens'])} tokens, com as conversas repetidas quantas vezes for preciso.",
        "",
        f"`sft.json` guarda cada corrida: acertos em {recipe['each']} conversas nunca vistas de cada tipo",
        "(as mesmas para todas; histórias ficam de fora), fatos em quatro grupos, perda nas respostas e nas",
        "perguntas, respostas a seis pedidos fixos. Intervalos de 95 % por Wilson, sementes somadas.",
        "",
        "| conversas | perda em | épocas | acertos | perda por token de resposta, por semente |",
        "|--:|---|--:|---|---|",
    ]
    for loss, size in sorted({(run["loss"], run["examples"]) for run in found["runs"]}):
        same = [run for run in found["runs"] if (run["loss"], run["examples"]) == (loss, size)]
        cells = pooled(same, "right").values()
        right = proportion(sum(hits for hits, _ in cells), sum(n for _, n in cells))
        of_answers = " / ".join(number(run["loss_of"]["respostas"], 2) for run in same)
        lines.append(
            f"| {number(size)} | {loss} | {number(same[0]['epochs'], 1)} | {percent(right['value'])} "
            f"({percent(right['low'])} a {percent(right['high'])}) | {of_answers} |"
        )
    return "\n".join([*lines, ""])


def parse(argv: list[str] | None = None) -> argparse.Namespace:
    """Command line."""
    parser = argparse.ArgumentParser(prog="python -m builders.sft_curve", description=__doc__.split("\n")[0])
    parser.add_argument("--base", type=Path, default=ROOT / "data" / "models" / "mini-base")
    parser.add_argument("--instruct", type=Path, default=ROOT / "data" / "models" / "mini-instruct",
                        help="also ask this model the facts, if it is there")  # fmt: skip
    parser.add_argument("--out", type=Path, default=ROOT / "data" / "medidas", help="sft.json and sft.md")
    parser.add_argument("--work", type=Path, default=ROOT / "build" / "sft-curve", help="finished runs")
    parser.add_argument("--tokens", type=count, default=210_000, help="read by every run (210k)")
    parser.add_argument("--most", type=int, default=EXAMPLES[-1], help="no run of more examples")
    parser.add_argument("--seeds", type=int, default=2)
    parser.add_argument("--each", type=int, default=6, help="unseen conversations a kind")
    parser.add_argument("--facts", type=int, default=40, help="facts a group")
    parser.add_argument("--device", default="cpu", help="cpu or cuda")
    args = parser.parse_args(argv)
    if min(args.seeds, args.each, args.facts, args.tokens) < 1 or args.most < EXAMPLES[1]:
        parser.error(f"--seeds, --each, --facts and --tokens are 1 or more, --most {EXAMPLES[1]} or more")
    if not (args.base / "config.json").exists():
        parser.error(f"there is no model in {args.base}")
    return args


def main(argv: list[str] | None = None) -> None:
    """Run what is missing, and write the results."""
    args = parse(argv)
    torch.set_num_threads(1)
    recipe, digest = recipe_of(args)
    work = args.work / digest
    made, asked = held_out(args.each), asked_facts(args.facts)
    runs = []
    for each in tqdm(plan(args), desc="runs"):
        name = f"{each['examples']}-{each['loss']}-{each['seed']}"

        def make(each: dict = each, name: str = name) -> dict:
            model, tokenizer, told = tune(
                args, each["examples"], each["seed"], each["loss"] == "tudo", work / f"{name}.train"
            )
            measured = measure(model, tokenizer, made, asked)
            measured["loss_of"] = measured.pop("loss")
            return each | told | measured

        runs.append(done_or(work, name, make))

    def framed() -> dict:
        model, tokenizer = builder.open_base(args.base, 0, sft.SPACED_TEMPLATE)
        return facts_right(LM("base", model.eval(), tokenizer), asked, "moldura")

    def instructed() -> dict:
        model, tokenizer = builder.open_base(args.instruct, 0)
        return facts_right(LM("instruct", model.eval(), tokenizer), asked, "conversa")

    told = {"base_moldura": done_or(work, "base", framed)}
    if (args.instruct / "model.safetensors").exists():
        weights = hashlib.sha256((args.instruct / "model.safetensors").read_bytes()).hexdigest()[:16]
        told["instruct_conversa"] = done_or(work, f"instruct-{weights}", instructed)
    found = {
        "command": " ".join(["python -m builders.sft_curve", *(sys.argv[1:] if argv is None else argv)]),
        "date": datetime.date.today().isoformat(), "recipe": recipe, "seeds": list(range(args.seeds)),
        "asked": list(ASKED), "facts": told, "runs": runs,
    }  # fmt: skip
    args.out.mkdir(parents=True, exist_ok=True)
    (args.out / "sft.json").write_text(json.dumps(found, ensure_ascii=False, indent=1) + "\n", "utf-8")
    (args.out / "sft.md").write_text(page(found), "utf-8")
    print(
        f"{args.out / 'sft.json'}: {len(runs)} runs, {sum(run['seconds'] for run in runs):.0f} s of training"
    )


if __name__ == "__main__":
    main()
