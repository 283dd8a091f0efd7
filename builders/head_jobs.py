"""Which head does what, and what is lost without it: data/medidas/cabecas.json.

    python -m builders.head_jobs [--models mini-base] [--size 1]

Five jobs, each on texts that training has not seen: the previous token (natural text), induction (random
tokens, read twice: `measures.induction`), agreement in gender and in number (the place where the adjective or
verb is predicted looks at the noun, not at the distractor: `measures.pairs`), and the name of a character
of a story where somebody speaks. For every head and job:

- `score`: mean share of its attention on the job's places, `chance`: the same with keys dealt again
  (`llmlib.scratch.heads`), `rival`: the share on the distractor, where there is one;
- `effect`: how much the loss of the right tokens rises when that head alone is switched off (zero ablation).

Then heads are switched off together, in the order of attention, in the order of effect and by lot. Intervals
are of 95 %, bootstrap over texts. `history` has the scores along the training checkpoints. Deterministic;
the file is written after each job; started again, the command goes on where it stopped, unless weights or
size have changed.
"""

from __future__ import annotations

import argparse
import datetime
import json
import random
import re
from collections.abc import Iterator, Sequence
from contextlib import contextmanager
from dataclasses import dataclass, field
from pathlib import Path

import numpy as np
import torch
from tqdm import tqdm

from builders.files import digest, sign, write
from builders.measures import consistency, pairs, stories
from builders.measures.induction import sequences
from llmlib import load
from llmlib.checkpoints import read, steps
from llmlib.data import corpus, model_names, model_path
from llmlib.scratch import heads

OUT = Path(__file__).resolve().parents[1] / "data" / "medidas" / "cabecas.json"
CASES = 40  # of each job
SHOWN = 8  # of each job, in the page
WORDS = 24  # random tokens, then the same again
ORDERS = 8  # random orders of switching off
ALONG = 12  # cases of each job, at each checkpoint
MEANS = {
    "anterior": "olhar para o token logo atrás",
    "indução": "achar o que veio depois deste token, da outra vez",
    "gênero": "onde se decide o adjetivo, olhar para o substantivo que manda",
    "número": "onde se decide o verbo, olhar para o sujeito",
    "nome": "onde alguém fala numa história, olhar para o nome já dito",
}


@dataclass
class Case:
    """One text of a job: the right tokens are ids[start:]; in a minimal pair, `wrong` stands there."""

    ids: list[int]
    looks: heads.Looks
    start: int
    wrong: list[int] = field(default_factory=list)
    rivals: heads.Looks | None = None


# ---- the cases


class Text:
    """A text with its ids, mark first, and where its characters lie among them."""

    def __init__(self, lm: object, text: str):
        made = lm.tokenizer(text, add_special_tokens=False, return_offsets_mapping=True)
        self.text, self.ids = text, [lm.bos, *made["input_ids"]]
        self._spans = made["offset_mapping"]

    def places(self, start: int, end: int) -> tuple[int, ...]:
        """Positions of the tokens that hold the characters from start to end, spaces apart."""
        return tuple(
            i + 1 for i, (a, b) in enumerate(self._spans)
            if max(a, start) < min(b, end) and self.text[max(a, start) : min(b, end)].strip()
        )  # fmt: skip


def previous(lm: object, n: int) -> list[Case]:
    found = []
    for text in corpus("mini", "valid"):
        ids = Text(lm, text).ids[:40]
        if len(ids) == 40:
            found.append(Case(ids, heads.previous_token(len(ids)), 2))
        if len(found) == n:
            return found
    return found


def repeated(lm: object, n: int) -> list[Case]:
    rows = sequences(lm.model.config.vocab_size, n, WORDS, shuffled=False, seed=5)
    return [Case(row, heads.induction(row[:-1]), WORDS + 2) for row in rows.tolist()]


def agreeing(lm: object, kind: str, n: int) -> list[Case]:
    """Minimal pairs: «The noun of the other VERB right.» looks at the noun; the rival is the other."""
    found = []
    for right, wrong in pairs.pairs(kind, 3 * n, seed=1):
        begin, word = right[:-1].rsplit(" ", 1)
        text, words = Text(lm, begin), re.findall(r"[\wÀ-ÿ]+", begin)
        noun, other = words[1], words[3] if kind == "gênero" else words[-1]
        at, of = begin.index(noun), begin.rindex(other)
        keys, rivals = text.places(at, at + len(noun)), text.places(of, of + len(other))
        after, instead = (
            lm.tokenizer.encode(f" {w}", add_special_tokens=False)
            for w in (word, wrong[:-1].rsplit(" ", 1)[1])
        )
        last = len(text.ids) - 1
        looks, rival = heads.Looks((last,), (keys,)), heads.Looks((last,), (rivals,))
        found.append(Case([*text.ids, *after], looks, last + 1, instead, rival))
        if len(found) == n:
            break
    return found


SPEAKS = re.compile(
    r"— (?:disse|perguntou|respondeu|gritou|falou|contou|pediu|explicou|sorriu) ([A-ZÀ-Ý][a-zà-ÿ]+)\b"
)


def named(lm: object, n: int) -> list[Case]:
    """In a story: who speaks, where the name was said before and somebody else's was too."""
    found = []
    for opening, rest in stories.openings(6 * n, seed=2):
        whole, hero = opening + rest, consistency.hero(opening)
        for match in SPEAKS.finditer(whole):
            name, begin = match[1], whole[: match.start(1)].rstrip(" ")
            others = {o for o in re.findall(r"chamad[oa] ([A-ZÀ-Ý][a-zà-ÿ]+)", begin)} | {hero.name}
            others = {o for o in others if o and o != name}
            before = [m.start() for m in re.finditer(rf"\b{name}\b", begin)]
            text = Text(lm, begin)
            if not before or not others or len(text.ids) > 120:
                continue
            after = lm.tokenizer.encode(f" {name}", add_special_tokens=False)
            keys = tuple(sorted({i for at in before for i in text.places(at, at + len(name))}))
            rivals = {
                i
                for o in others
                for m in re.finditer(rf"\b{o}\b", begin)
                for i in text.places(m.start(), m.end())
            }
            instead = lm.tokenizer.encode(f" {min(others)}", add_special_tokens=False)
            last = len(text.ids) - 1
            rival = heads.Looks((last,), (tuple(sorted(rivals)),))
            found.append(Case([*text.ids, *after], heads.Looks((last,), (keys,)), last + 1, instead, rival))
            break
        if len(found) == n:
            break
    return found


def jobs(lm: object, n: int) -> dict[str, list[Case]]:
    return {
        "anterior": previous(lm, n),
        "indução": repeated(lm, n),
        "gênero": agreeing(lm, "gênero", n),
        "número": agreeing(lm, "número", n),
        "nome": named(lm, n),
    }


# ---- the model


@contextmanager
def switched_off(model: object, off: Sequence[tuple[int, int]]) -> Iterator[None]:
    """Inside, the output of these (layer, head) is zero before `o_proj`."""
    E, hooks = model.config.head_dim, []
    for layer in {place[0] for place in off}:
        mute = [h for at, h in off if at == layer]

        def silence(_: object, args: tuple, mute: list[int] = mute) -> tuple:
            z = args[0].clone()  # (B, T, H * E)
            for h in mute:
                z[..., h * E : (h + 1) * E] = 0
            return (z,)

        hooks.append(model.model.layers[layer].self_attn.o_proj.register_forward_pre_hook(silence))
    try:
        yield
    finally:
        for hook in hooks:
            hook.remove()


@torch.no_grad()
def losses(lm: object, cases: Sequence[Case], wrong: bool = False) -> np.ndarray:
    """(N,) mean loss (nats a token) of each case's right tokens, or the sum over those of `wrong`."""
    rows = [[*c.ids[: c.start], *c.wrong] if wrong else c.ids for c in cases]
    width = max(map(len, rows))
    ids = torch.tensor([row + [0] * (width - len(row)) for row in rows])  # (N, T), padded at the end: causal
    logits = lm.model(input_ids=ids, use_cache=False).logits[:, :-1]  # (N, T-1, V)
    each = torch.nn.functional.cross_entropy(logits.transpose(1, 2), ids[:, 1:], reduction="none").numpy()
    parts = [each[i, c.start - 1 : len(row) - 1] for i, (c, row) in enumerate(zip(cases, rows, strict=True))]
    return np.array([p.sum() if wrong else p.mean() for p in parts])


def prefers(lm: object, cases: Sequence[Case], right: np.ndarray) -> float | None:
    """Share of minimal pairs where the right word is likelier than the wrong one; None without pairs."""
    if not cases[0].wrong:
        return None
    sizes = np.array([len(c.ids) - c.start for c in cases])
    return float((right * sizes < losses(lm, cases, wrong=True)).mean())


@torch.no_grad()
def attention_scores(lm: object, cases: Sequence[Case], seed: int = 0) -> dict[str, np.ndarray]:
    """{score, chance, rival?}: (N, L, H) each."""
    rng, found = np.random.default_rng(seed), {"score": [], "chance": [], "rival": []}
    for case in cases:
        out = lm.model(input_ids=torch.tensor([case.ids]), output_attentions=True, use_cache=False)
        attentions = torch.stack([a[0] for a in out.attentions]).float().numpy()  # (L, H, T, T)
        found["score"].append(heads.score(attentions, case.looks))
        found["chance"].append(np.mean([heads.by_chance(attentions, case.looks, rng) for _ in range(4)], 0))
        if case.rivals:
            found["rival"].append(heads.score(attentions, case.rivals))
    return {name: np.stack(values) for name, values in found.items() if values}


def rounded(array: np.ndarray, digits: int = 4) -> object:
    return np.round(np.asarray(array, dtype=np.float64), digits).tolist()


def estimate(values: np.ndarray) -> dict:
    mean, low, high = heads.interval(values)
    return {"value": rounded(mean), "low": rounded(low), "high": rounded(high)}


def together(lm: object, cases: Sequence[Case], scores: np.ndarray, effects: np.ndarray) -> dict:
    """Loss with k heads off, for some k: by attention, by effect (most first), by lot (mean and range)."""
    L, H = scores.shape
    every = [(i, j) for i in range(L) for j in range(H)]
    counts = [k for k in (0, 1, 2, 3, 5, 8, 12, 20) if k < len(every)] + [len(every)]
    rng = random.Random(11)
    orders = {
        "atenção": [sorted(every, key=lambda p: -scores[p])],
        "efeito": [sorted(every, key=lambda p: -effects[p])],
        "sorteio": [rng.sample(every, len(every)) for _ in range(ORDERS)],
    }

    def loss(off: Sequence[tuple[int, int]]) -> float:
        with switched_off(lm.model, off):
            return float(losses(lm, cases).mean())

    none, nothing_left = loss([]), loss(every)
    found: dict = {"k": counts}
    for name, some in orders.items():
        rows = [[none, *(loss(order[:k]) for k in counts[1:-1]), nothing_left] for order in some]
        found[name] = {"value": rounded(np.mean(rows, 0))}
        if len(rows) > 1:
            low, high = np.percentile(rows, [5, 95], axis=0)
            found[name] |= {"low": rounded(low), "high": rounded(high)}
    return found


def measure_job(lm: object, name: str, cases: list[Case]) -> dict:
    L, H = lm.model.config.num_hidden_layers, lm.model.config.num_attention_heads
    found = {kind: estimate(values) for kind, values in attention_scores(lm, cases).items()}
    base = losses(lm, cases)
    found |= {
        "means": MEANS[name],
        "n": len(cases),
        "loss": estimate(base),
        "prefers": prefers(lm, cases, base),
    }
    effects = np.zeros((len(cases), L, H))
    preferred: list[list[float]] | None = [[0.0] * H for _ in range(L)] if cases[0].wrong else None
    for i in range(L):
        for j in range(H):
            with switched_off(lm.model, [(i, j)]):
                now = losses(lm, cases)
                if preferred:
                    preferred[i][j] = round(prefers(lm, cases, now), 4)
            effects[:, i, j] = now - base
    found |= {"effect": estimate(effects), "prefers_without": preferred}
    score, effect = np.array(found["score"]["value"]), np.array(found["effect"]["value"])
    found["agreement"] = round(heads.rank_agreement(score, effect), 3)
    found["off"] = together(lm, cases, score, effect)
    found["examples"] = [
        {"ids": c.ids, "start": c.start, "wrong": c.wrong, "loss": round(float(loss), 4)}
        for c, loss in zip(cases[:SHOWN], base, strict=False)
    ]
    return found


def history(lm: object, folder: Path, made: dict[str, list[Case]]) -> list[dict]:
    """[{step, tokens, scores: {job: (L, H)}}] along the checkpoints; the model gets its weights back."""
    found, own = [], {name: t.clone() for name, t in lm.model.state_dict().items()}
    try:
        for path in tqdm(steps(folder).values(), desc="checkpoints"):
            weights, meta = read(path)
            lm.model.load_state_dict({part: torch.from_numpy(array) for part, array in weights.items()})
            scores = {
                name: rounded(attention_scores(lm, cases[:ALONG])["score"].mean(0), 3)
                for name, cases in made.items()
            }
            found.append({"step": path.stem, "tokens": meta.get("tokens", 0), "scores": scores})
    finally:
        lm.model.load_state_dict(own)
    return found


def measure(names: Sequence[str], size: float, out: Path, restart: bool = False) -> dict:
    """Measure the models that are missing or changed, writing after each, and return everything."""
    old = json.loads(out.read_text("utf-8")) if out.exists() and not restart else {}
    old = old if old.get("size") == size else {}
    result = {"date": old.get("date", ""), "size": size, "models": {}}
    for name in names:
        before = old.get("models", {}).get(name, {})
        entry = before if before.get("weights") == digest(name) else {"weights": digest(name), "jobs": {}}
        result["models"][name] = entry
        if set(entry["jobs"]) == set(MEANS) and "history" in entry:
            continue
        lm = load(name, device="cpu")
        made = jobs(lm, max(3, round(CASES * size)))
        for job, cases in tqdm(made.items(), desc=name, unit="job"):
            if job not in entry["jobs"]:
                entry["jobs"][job] = measure_job(lm, job, cases)
                result["date"] = datetime.date.today().isoformat()
                write(out, result)
        entry["history"] = history(lm, model_path(name), made)
        write(out, result)
    write(out, result)
    return result


def main() -> None:
    """Command line."""
    parser = argparse.ArgumentParser(prog="python -m builders.head_jobs", description=__doc__.split("\n")[0])
    parser.add_argument("--models", default="mini-base", help="separated by commas (mini-base)")
    parser.add_argument("--size", type=float, default=1.0, help="share of the usual number of cases (1)")
    parser.add_argument("--out", type=Path, default=OUT, help=f"where to write (data/medidas/{OUT.name})")
    parser.add_argument("--restart", action="store_true", help="measure everything again")
    args = parser.parse_args()
    names = [name for name in args.models.split(",") if name]
    if unknown := [name for name in names if name not in model_names()]:
        parser.error(f"there is no model {unknown[0]!r}; there are {', '.join(model_names())}")
    torch.set_num_threads(1)
    measure(names, args.size, args.out, args.restart)
    sign(args.out)
    print(f"Wrote {args.out}")


if __name__ == "__main__":
    main()
