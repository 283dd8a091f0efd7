"""What learning from votes buys and what it costs, measured: data/medidas/alinhamento.json.

    python -m builders.alignment_curves [--size 1] [--seeds 2]

The world is closed, so two rewards are known for each answer of mini-instruct: the *true* one (is it right,
by `builders.corpus.instructions`) and the *learned* one, fitted by `llmlib.scratch.preference` to simulated
votes. Two kinds of voter vote on the same pairs: an attentive one, who looks at what is right, and a hurried
one, who leans towards the longer answer. For each, three ways to follow what the votes say:

- best of n: from a bank of answers, whose whole distribution is known for every n;
- policy gradient (`llmlib.scratch.policy`): REINFORCE, leave-one-out, with a KL penalty;
- DPO (`llmlib.scratch.dpo`) on the votes themselves, with no learned reward in between.

On questions that were neither voted on nor trained on: both rewards, the KL from mini-instruct, the length of
the answers and how many refuse. Intervals of 95 % by bootstrap over questions. Questions are short (facts,
and what nobody could know). The file is written after each piece; started again, the command goes on where it
stopped, unless weights, size or settings have changed. About 4 minutes of one idle core.
"""

from __future__ import annotations

import argparse
import copy
import datetime
import json
import random
from collections import Counter
from collections.abc import Sequence
from itertools import combinations, cycle, islice
from pathlib import Path

import numpy as np
import torch
from tqdm import tqdm

from builders.corpus import instructions
from builders.files import digest, sign, write
from builders.measures import batch
from llmlib import load
from llmlib.measure import average
from llmlib.scratch import dpo, policy, preference
from llmlib.scratch.sampling import uniform

OUT = Path(__file__).resolve().parents[1] / "data" / "medidas" / "alinhamento.json"
MODEL = "mini-instruct"
KINDS = ("fato", "fato", "fato", "recusa")  # of each four questions
JUDGES = {"atento": 0.0, "apressado": 0.9}  # how hurried: 0 looks at what is right, 1 at the length alone
RIGHT, LENGTH = 4.0, 3.0  # what a right answer, and a doubling of the words, are worth to a voter
ROOM, PAD = 28, 3  # most tokens of an answer
ASKED, SAMPLES = 48, 32  # questions of the measure, answers to each in the bank
VOTED, ANSWERS, PAIRS = 96, 4, 3  # questions voted on, answers to each, votes on each
STEPS = {"dpo": 36, "rloo": 30}
BATCH = {"dpo": 16, "rloo": 12}  # pairs, or questions (with ANSWERS to each), a step
RATE, BETA = 2e-4, {"dpo": 0.1, "rloo": 0.05}
MEASURED, EACH = (0.25, 0.5, 1), 4  # of the steps, where a measure is taken; answers to each question in it
DRAWS = (1, 2, 3, 4, 6, 8, 12, 16, 24, 32)  # n of best-of-n
SHOWN = 8  # questions whose answers go along
SETTINGS = {
    "judges": JUDGES, "value": [RIGHT, LENGTH], "room": ROOM, "asked": [ASKED, SAMPLES],
    "voted": [VOTED, ANSWERS, PAIRS], "steps": STEPS, "batch": BATCH, "rate": RATE, "beta": BETA,
    "measured": [*MEASURED, EACH],
}  # fmt: skip


def some(count: int, scale: float) -> int:
    return max(4, round(count * scale))


def questions(split: str, count: int) -> list[instructions.Conversation]:
    """`count` different single questions, kinds in the order of KINDS."""
    rng, found, seen = random.Random(f"alinhamento/{split}"), [], set()
    for kind in islice(cycle(KINDS), count):
        for _ in range(100):  # until one is new
            c = instructions.make(rng, split, kind)
            if len(c.prompt) == 1 and c.prompt[0]["content"] not in seen:
                seen.add(c.prompt[0]["content"])
                found.append(c)
                break
    return found


class Answers:
    """Answers as they were sampled: text, ids, and what the reference thinks of them.

    Rows come in the order of the questions, `k` rows for each.
    """

    def __init__(self, lm: object, reference: torch.nn.Module, asked: Sequence, k: int, seed: int):
        template = lm.tokenizer.apply_chat_template
        prompts = [template(c.prompt, tokenize=False, add_generation_prompt=True) for c in asked]
        many = [p for p in prompts for _ in range(k)]
        seeds = [seed + i for i in range(len(many))]
        rows = batch.rows(lm, many, ROOM, temperature=1.0, seeds=seeds, add_bos=False)
        self.asked, self.k, self.texts = asked, k, [lm.decode(row.ids).strip() for row in rows]
        self.prompts, self.answers = [row.prompt for row in rows], [row.ids for row in rows]
        self.ids, self.mask = padded(self.prompts, self.answers)
        with torch.no_grad():
            self.reference = dpo.answer_log_probs(reference, self.ids, self.mask)  # (B,)
        confidence = (self.reference / self.mask.sum(1)).tolist()
        whose = [c for c in asked for _ in range(k)]
        self.right = np.array(
            [instructions.right(c, t) for c, t in zip(whose, self.texts, strict=True)], float
        )
        self.traits = np.array([
            preference.traits(c.prompt[0]["content"], t, x)
            for c, t, x in zip(whose, self.texts, confidence, strict=True)
        ])  # (B, F) # fmt: skip


def padded(prompts: list[list[int]], answers: list[list[int]]) -> tuple[torch.Tensor, torch.Tensor]:
    """Ids and answer mask, (B, T), padded on the right."""
    width = max(len(p) + len(a) for p, a in zip(prompts, answers, strict=True))
    ids = torch.full((len(prompts), width), PAD)
    mask = torch.zeros_like(ids)
    for i, (p, a) in enumerate(zip(prompts, answers, strict=True)):
        ids[i, : len(p) + len(a)] = torch.tensor(p + a)
        mask[i, len(p) : len(p) + len(a)] = 1
    return ids, mask


def worth(right: float, length: float, hurry: float) -> float:
    """What an answer is worth to a voter: being right, or being long."""
    return (1 - hurry) * RIGHT * right + hurry * LENGTH * length


def vote(one: tuple[float, float], other: tuple[float, float], hurry: float, u: float) -> bool:
    """Whether the first (right, length) gets the vote; `u`, uniform in 0 to 1, is the voter's mood."""
    gap = worth(*one, hurry) - worth(*other, hurry)
    return bool(u < preference.sigmoid(gap))


def votes(seen: Answers, hurry: float, seed: int) -> list[tuple[int, int]]:
    """(winner, loser) as rows: up to PAIRS pairs of different answers to each question."""
    rng, found = random.Random(f"votos/{seed}"), []
    for q in range(len(seen.asked)):
        rows = range(q * seen.k, (q + 1) * seen.k)
        pairs = [(a, b) for a, b in combinations(rows, 2) if seen.texts[a] != seen.texts[b]]
        for a, b in rng.sample(pairs, min(PAIRS, len(pairs))):
            ends = [(seen.right[i], seen.traits[i, 0]) for i in (a, b)]
            found.append((a, b) if vote(*ends, hurry, uniform(seed, len(found))) else (b, a))
    return found


def estimate(values: Sequence[float]) -> dict:
    """Mean over questions with its interval."""
    found = average(values, 500)
    return {"value": round(found.value, 4), "low": round(found.low, 4), "high": round(found.high, 4)}


def point(
    strength: float, kl: Sequence, traits: np.ndarray, right: np.ndarray, scorer: object, k: int
) -> dict:
    """A measure of answers with equal weights, `k` to each question."""
    by_question = lambda values: np.asarray(values, float).reshape(-1, k).mean(1)  # noqa: E731
    return {
        "strength": strength, "kl": estimate(by_question(kl)), "proxy": estimate(by_question(scorer(traits))),
        "true": estimate(by_question(right)), "words": round(float(np.mean(2 ** traits[:, 0] - 1)), 2),
        "refused": round(float(traits[:, 2].mean()), 4),
    }  # fmt: skip


def best_of(bank: Answers, scorer: object) -> list[dict]:
    """Best-of-n for every n of DRAWS: the bank is taken for the model, so nothing is left to chance."""
    k, found = bank.k, []
    rewards = scorer(bank.traits).reshape(-1, k)
    for n in (n for n in DRAWS if n <= k):
        rows = {"kl": [], "proxy": [], "true": [], "words": [], "refused": []}
        answers = []
        for q, reward in enumerate(rewards):
            part = slice(q * k, (q + 1) * k)
            kept, texts = preference.best_of_n(reward, n), bank.texts[part]
            drawn = Counter(texts)
            mass = {text: sum(w for w, t in zip(kept, texts, strict=True) if t == text) for text in drawn}
            rows["kl"].append(preference.divergence([mass[t] for t in drawn], [drawn[t] / k for t in drawn]))
            rows["proxy"].append(float(kept @ reward))
            rows["true"].append(float(kept @ bank.right[part]))
            rows["words"].append(float(kept @ (2 ** bank.traits[part, 0] - 1)))
            rows["refused"].append(float(kept @ bank.traits[part, 2]))
            answers.append(max(sorted(mass), key=mass.get))
        found.append({
            "strength": n, **{name: estimate(rows[name]) for name in ("kl", "proxy", "true")},
            "words": round(float(np.mean(rows["words"])), 2),
            "refused": round(float(np.mean(rows["refused"])), 4),
            "bound": round(preference.best_of_n_bound(n), 4), "answers": answers[:SHOWN],
        })  # fmt: skip
    return found


class Lesson:
    """One judge: the votes, the reward learned from them, and the runs that follow it."""

    def __init__(self, lm: object, bank: Answers, seen: Answers, judge: str, scale: float):
        self.lm, self.bank, self.seen, self.hurry, self.scale = lm, bank, seen, JUDGES[judge], scale
        self.votes = votes(seen, self.hurry, 0)
        self.reward = preference.fit([seen.traits[a] - seen.traits[b] for a, b in self.votes], size=5)
        start = bank.traits @ self.reward.weights
        middle, spread = start.mean(), start.std()  # a reward has no zero and no unit of its own
        self.scorer = lambda traits: (np.asarray(traits) @ self.reward.weights - middle) / spread

    def report(self) -> dict:
        """The weights with their doubt, and how often the reward ranks unseen answers as the truth does."""
        k, agreed = self.bank.k, []
        scores = self.scorer(self.bank.traits).reshape(-1, k)
        for reward, right in zip(scores, self.bank.right.reshape(-1, k), strict=True):
            pairs = [(a, b) for a, b in combinations(range(k), 2) if right[a] != right[b]]
            gaps = [(reward[a] - reward[b]) * (right[a] - right[b]) for a, b in pairs]
            agreed += [float(np.mean([(g > 0) + (g == 0) / 2 for g in gaps]))] if gaps else []
        return {
            "hurry": self.hurry, "votes": len(self.votes), "traits": list(preference.TRAITS),
            "weights": self.reward.weights.round(4).tolist(),
            "deviations": np.sqrt(np.diag(self.reward.covariance)).round(4).tolist(),
            "agrees_with_truth": estimate(agreed) if agreed else None,
        }  # fmt: skip

    def measured(self, model: torch.nn.Module, step: int, seed: int) -> dict:
        """Both rewards and the distance of a model in training, on the questions of the bank."""
        lm = copy.copy(self.lm)
        lm.model = model.eval()
        made = Answers(lm, self.lm.model, self.bank.asked, EACH, 900_000 + 1000 * seed)
        kl = policy.sequence_kl(model, self.lm.model, made.ids, made.mask)
        found = point(step, kl.tolist(), made.traits, made.right, self.scorer, EACH)
        return found | {"answers": made.texts[::EACH][:SHOWN]}

    def run(self, method: str, seed: int) -> list[dict]:
        """Train a copy of the model by one method; the points measured on the way."""
        torch.manual_seed(seed)
        model = copy.deepcopy(self.lm.model).train()
        optimizer = torch.optim.AdamW(model.parameters(), RATE, (0.9, 0.99), weight_decay=0.0)
        steps = some(STEPS[method], self.scale)
        stops = {max(1, round(steps * share)) for share in MEASURED}
        take = self.climb if method == "rloo" else self.prefer
        found = []
        for number in range(1, steps + 1):
            for group in optimizer.param_groups:
                group["lr"] = RATE * min(1.0, number / 3)
            take(model.train(), optimizer, number, seed)
            if number in stops:
                found.append(self.measured(model, number, seed))
        return found

    def climb(self, model: torch.nn.Module, optimizer: object, number: int, seed: int) -> None:
        """A step of policy gradient: new answers, their learned rewards, RLOO."""
        lm = copy.copy(self.lm)
        lm.model = model.eval()
        size, asked = BATCH["rloo"], self.seen.asked
        part = [asked[(number * size + i) % len(asked)] for i in range(size)]
        made = Answers(lm, self.lm.model, part, ANSWERS, 1_000_000 * (seed + 1) + number * size * ANSWERS)
        rewards = torch.tensor(self.scorer(made.traits), dtype=torch.float32).view(-1, ANSWERS)
        policy.step(model.train(), optimizer, made.ids, made.mask, rewards, made.reference, beta=BETA["rloo"])

    def prefer(self, model: torch.nn.Module, optimizer: object, number: int, seed: int) -> None:
        """A step of DPO on the votes themselves."""
        rng = random.Random(f"dpo/{seed}/{number}")
        pairs = [rng.choice(self.votes) for _ in range(BATCH["dpo"])]
        rows = [row for side in (0, 1) for row in (pair[side] for pair in pairs)]
        ids, mask = padded([self.seen.prompts[r] for r in rows], [self.seen.answers[r] for r in rows])
        chosen, rejected = dpo.answer_log_probs(model, ids, mask).chunk(2)
        before = self.seen.reference[rows].chunk(2)
        losses, _ = dpo.dpo_loss(chosen, rejected, *before, beta=BETA["dpo"])
        optimizer.zero_grad()
        losses.mean().backward()
        torch.nn.utils.clip_grad_norm_(model.parameters(), 1.0)
        optimizer.step()


def shown(bank: Answers) -> list[dict]:
    """The bank as the page needs it: each question with its different answers."""
    found = []
    for q, c in enumerate(bank.asked):
        part = range(q * bank.k, (q + 1) * bank.k)
        counts = Counter(bank.texts[i] for i in part)
        first = {bank.texts[i]: i for i in reversed(part)}
        found.append({
            "kind": c.kind, "question": c.prompt[0]["content"], "answer": c.answer,
            "answers": [
                {"text": text, "count": count, "right": int(bank.right[first[text]]),
                 "traits": bank.traits[first[text]].round(3).tolist()}
                for text, count in counts.most_common()
            ],
        })  # fmt: skip
    return found


def kept(out: Path, head: dict) -> dict:
    """The pieces of an earlier run of the same weights and settings."""
    if out.exists():
        old = json.loads(out.read_text(encoding="utf-8"))
        if {key: old.get(key) for key in head} == head:
            return old
    return {}


def measure(size: float, seeds: int, out: Path, restart: bool = False, only: Sequence[str] = ()) -> dict:
    """Take the measures that are missing, writing after each, and return everything.

    `only`: names of the curves to take; all without it.
    """
    head = {"size": size, "model": MODEL, "weights": digest(MODEL), "settings": SETTINGS}
    old = {} if restart else kept(out, json.loads(json.dumps(head)))
    result = {"date": datetime.date.today().isoformat(), **head, "judges": {}, "curves": {}} | old
    lm = load(MODEL, device="cpu")
    lm.model = lm.model.float().eval()
    bank = Answers(lm, lm.model, questions("valid", some(ASKED, size)), some(SAMPLES, size), 0)
    seen = Answers(lm, lm.model, questions("train", some(VOTED, size)), ANSWERS, 500_000)
    result["bank"] = shown(bank)
    lessons = {judge: Lesson(lm, bank, seen, judge, size) for judge in JUDGES}
    for judge, lesson in lessons.items():
        result["judges"][judge] = lesson.report()
        result["curves"][f"{judge}/bon/0"] = best_of(bank, lesson.scorer)
    result["start"] = point(
        0, np.zeros(len(bank.texts)), bank.traits, bank.right, lessons["atento"].scorer, bank.k
    )
    write(out, result)
    names = [f"{j}/{m}/{s}" for s in range(seeds) for m in ("dpo", "rloo") for j in JUDGES]
    for name in tqdm([n for n in names if n not in result["curves"] and (not only or n in only)], unit="run"):
        judge, method, seed = name.split("/")
        result["curves"][name] = lessons[judge].run(method, int(seed))
        write(out, result)
    return result


def main() -> None:
    """Command line."""
    parser = argparse.ArgumentParser(
        prog="python -m builders.alignment_curves", description=__doc__.split("\n")[0]
    )
    parser.add_argument("--size", type=float, default=1.0, help="share of the usual questions and steps (1)")
    parser.add_argument("--seeds", type=int, default=2, help="runs of each method that trains (2)")
    parser.add_argument(
        "--out", type=Path, default=OUT, help="where to write (data/medidas/alinhamento.json)"
    )
    parser.add_argument("--restart", action="store_true", help="measure everything again")
    parser.add_argument("--only", default="", help="only these curves, separated by commas: atento/dpo/0, …")
    args = parser.parse_args()
    if args.size <= 0 or args.seeds < 1:
        parser.error("--size must be above 0 and --seeds at least 1")
    torch.set_num_threads(1)
    only = list(islice((name for name in args.only.split(",") if name), 99))
    result = measure(args.size, args.seeds, args.out, args.restart, only)
    sign(args.out)
    print(f"Wrote {args.out}: {len(result['bank'])} questions, {len(result['curves'])} curves")


if __name__ == "__main__":
    main()
