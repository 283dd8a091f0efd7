"""What each parameter of generation does to texts and to facts, measured: data/medidas/geracao.json.

    python -m builders.sampling_curves [--models mini-base,mini-instruct] [--size 1]

One parameter at a time is swept, from temperature 1 (the cuts) or from temperature 0 (the penalties, whose
work is to break loops); a grid moves temperature and top-p together. For each setting, with fixed seeds:

- diversity: distinct-2 of many texts from one beginning (Li et al. 2016, arXiv:1510.03055), and how many of
  them are different; not where the temperature is 0, which gives one text;
- repetition: the share of a text's 4-grams that it has said before (Welleck et al. 2020, arXiv:1908.04319),
  and texts that say some six words twice;
- quality: broken sentences, by `measures.wellformed`;
- facts: questions of the closed world whose answer is known, each asked with two seeds: right, the value of
  another question, or neither; and whether the two answers were the same.

Intervals are of 95 %: Wilson for shares, jackknife over texts for the rest. The file is written after each
setting; started again, the command goes on where it stopped, unless weights, size or settings have changed.
"""

from __future__ import annotations

import argparse
import datetime
import json
from functools import cache
from pathlib import Path

import torch
from tqdm import tqdm

from builders.corpus import instructions, probes
from builders.files import digest, sign, write
from builders.measures import batch, chat, diversity, facts, proportion, stories, wellformed
from llmlib import load
from llmlib.data import model_names
from llmlib.measure import jackknife
from llmlib.scratch.sampling import Sampling

OUT = Path(__file__).resolve().parents[1] / "data" / "medidas" / "geracao.json"
MODELS = ("mini-base", "mini-instruct")  # those that exist are measured
SWEEPS: dict[str, tuple[dict, list[float]]] = {  # parameter: (the others, its values)
    "temperature": ({}, [0, 0.3, 0.5, 0.7, 1, 1.3, 1.6, 2]),
    "top_k": ({}, [1, 2, 5, 20, 100, 0]),
    "top_p": ({}, [0, 0.3, 0.6, 0.8, 0.9, 0.95, 1]),
    "min_p": ({}, [0, 0.01, 0.03, 0.1, 0.3, 1]),
    "frequency_penalty": ({"temperature": 0}, [-0.5, 0, 0.2, 0.5, 1, 2]),
    "presence_penalty": ({"temperature": 0}, [-0.5, 0, 0.2, 0.5, 1, 2]),
    "repetition_penalty": ({"temperature": 0}, [0.9, 1, 1.05, 1.15, 1.3, 1.6, 2]),
}
GRID = ([0.3, 0.7, 1, 1.3, 1.6], [0.5, 0.8, 0.95, 1])  # temperature × top-p
TEXTS, TOKENS = 24, 40  # from one beginning
OPENINGS, ROOM = 24, 80  # one text each
QUESTIONS = 120
START = {"base": "Era uma vez", "chat": "Conte uma história."}


def settings() -> list[dict]:
    """Every setting once: {"sweeps": [names], "rules": {…}}."""
    wanted = [(name, {**others, name: v}) for name, (others, values) in SWEEPS.items() for v in values]
    wanted += [("grid", {"temperature": t, "top_p": p}) for t in GRID[0] for p in GRID[1]]
    found: dict[Sampling, dict] = {}
    for sweep, rules in wanted:  # 1 and 1.0, or a rule that is off and one not given, are the same setting
        known = found.setdefault(Sampling(**rules), {"sweeps": [], "rules": rules})
        known["sweeps"].append(sweep)
    return list(found.values())


def words(text: str) -> list[str]:
    return [w.lower() for w in wellformed.TOKEN.findall(text)]


def estimate(texts: list[list[str]], statistic: object) -> dict:
    """{value, low, high} of a statistic over texts that lies between 0 and 1."""
    value, low, high = (round(min(max(x, 0.0), 1.0), 4) for x in jackknife(texts, statistic))
    return {"value": value, "low": low, "high": high}


def said_before(texts: list[list[str]], n: int = 4) -> float:
    """Mean share of a text's n-grams that it has said before."""
    shares = [1 - len(set(g)) / len(g) for g in (diversity.ngrams(t, n) for t in texts) if g]
    return sum(shares) / len(shares) if shares else 0.0


class Subject:
    """A model with what it is asked: prompts as text, and who judges an answer."""

    def __init__(self, lm: object, size: float):
        self.lm, self.chat = lm, bool(getattr(lm.tokenizer, "chat_template", None))
        some = lambda n: max(2, round(n * size))  # noqa: E731
        self.beginnings = [self.turn(START["chat"]) if self.chat else START["base"]] * some(TEXTS)
        if self.chat:
            asked = chat.conversations("historia", some(OPENINGS))
            self.openings = [self.template(c.prompt) for c in asked]
            self.questions = chat.conversations("fato", some(QUESTIONS))
            self.prompts = [self.template(c.prompt) for c in self.questions]
            self.unknowable = chat.conversations("recusa", some(QUESTIONS // 2))
        else:
            self.openings = [opening for opening, _ in stories.openings(some(OPENINGS))]
            self.questions = probes.facts(some(QUESTIONS), 0, "seen")
            self.prompts = [prompt for prompt, _ in self.questions]
            self.unknowable = []

    def template(self, messages: list[dict]) -> str:
        return self.lm.tokenizer.apply_chat_template(messages, tokenize=False, add_generation_prompt=True)

    def turn(self, text: str) -> str:
        return self.template([{"role": "user", "content": text}])

    def write(self, prompts: list[str], room: int, rules: Sampling, first: int = 0, **more: object) -> list:
        seeds = [first + i for i in range(len(prompts))]
        return batch.complete(self.lm, prompts, room, seeds=seeds, rules=rules, add_bos=not self.chat, **more)

    def right(self, place: int, answer: str) -> bool:
        asked = self.questions[place]
        return instructions.right(asked, answer) if self.chat else facts.right(answer, asked[1])


@cache
def values() -> frozenset[str]:
    """Every value that some fact of the world has."""
    return frozenset(answer.strip(" .") for _, answer in probes.facts(100_000, 0, "seen"))


def about_texts(subject: Subject, rules: Sampling) -> dict:
    """Diversity (None where nothing is drawn), repetition and quality."""
    found: dict = {"diversity": None, "different": None}
    if rules.temperature:
        many = subject.write(subject.beginnings, TOKENS, rules)
        found["diversity"] = estimate([words(t) for t in many], lambda ts: diversity.distinct(ts, 2))
        found["different"] = proportion(len(set(many)), len(many))
    long = subject.write(subject.openings, ROOM, rules, first=1000)
    said = [words(text) for text in long]
    starts = [""] * len(long) if subject.chat else subject.openings
    whole = wellformed.count([a + b for a, b in zip(starts, long, strict=True)], whole=False)
    return {
        **found,
        "repetition": estimate(said, said_before),
        "loops": proportion(sum(map(diversity.repeats, said)), len(said)),
        "broken": proportion(whole["broken"], whole["sentences"]),
    }


def about_facts(subject: Subject, rules: Sampling) -> dict:
    """Answers to questions of known truth; of a model that converses, also to those nobody could know."""
    stop = [] if subject.chat else ["\n"]
    asked = [subject.write(subject.prompts, 24, rules, first=s, stop=stop) for s in (5000, 9000)]
    n = len(subject.prompts)
    right = [[subject.right(i, text) for i, text in enumerate(texts)] for texts in asked]
    first = [text.strip(" .\n") for text in asked[0]]
    found = {"right": proportion(sum(right[0]), n)}
    found["same"] = proportion(sum(a.strip() == b.strip() for a, b in zip(*asked, strict=True)), n)
    if not subject.chat:
        other = sum(not ok and text in values() for ok, text in zip(right[0], first, strict=True))
        found["other_value"] = proportion(other, n)
        found["neither"] = proportion(n - sum(right[0]) - other, n)
    if subject.unknowable:
        replies = subject.write([subject.template(c.prompt) for c in subject.unknowable], 40, rules, 7000)
        refused = sum(instructions.right(c, r) for c, r in zip(subject.unknowable, replies, strict=True))
        found["refused"] = proportion(refused, len(replies))
    return found


def kept(out: Path, size: float) -> dict:
    """What an earlier run of the same size left."""
    if out.exists():
        old = json.loads(out.read_text(encoding="utf-8"))
        if old.get("size") == size:
            return old["models"]
    return {}


def measure(names: list[str], size: float, out: Path, restart: bool = False) -> dict:
    """Take the measures that are missing, writing after each, and return everything."""
    old = {} if restart else kept(out, size)
    result = {"size": size, "date": "", "models": {}}
    for name in names:
        weights = digest(name)
        same = name in old and old[name]["weights"] == weights
        done = {json.dumps(e["rules"]): e for e in old[name]["settings"]} if same else {}
        entry = result["models"][name] = {"weights": weights, "settings": []}
        subject = None
        for each in tqdm(settings(), desc=name, unit="setting"):
            if made := done.get(json.dumps(each["rules"])):
                entry["settings"].append(made | each)
                continue
            subject = subject or Subject(load(name, device="cpu"), size)
            rules = Sampling(**each["rules"])
            entry["settings"].append(each | about_texts(subject, rules) | about_facts(subject, rules))
            result["date"] = datetime.date.today().isoformat()
            write(out, result)
    result["date"] = result["date"] or json.loads(out.read_text(encoding="utf-8"))["date"]
    write(out, result)
    return result


def arguments(program: str, about: str, out: Path) -> argparse.Namespace:
    """The command line of a builder that measures the bundled models that talk: models, size, out, restart.

    `models` becomes a list of names; a name that is not bundled ends the program.
    """
    parser = argparse.ArgumentParser(prog=program, description=about)
    there = [name for name in MODELS if name in model_names()]
    parser.add_argument("--models", default=",".join(there), help=f"separated by commas ({','.join(there)})")
    parser.add_argument("--size", type=float, default=1.0, help="share of the usual number of cases (1)")
    parser.add_argument("--out", type=Path, default=out, help=f"where to write (data/medidas/{out.name})")
    parser.add_argument("--restart", action="store_true", help="measure everything again")
    args = parser.parse_args()
    args.models = [name for name in args.models.split(",") if name]
    if unknown := [name for name in args.models if name not in model_names()]:
        parser.error(f"there is no model {unknown[0]!r}; there are {', '.join(model_names())}")
    return args


def main() -> None:
    """Command line."""
    args = arguments("python -m builders.sampling_curves", __doc__.split("\n")[0], OUT)
    torch.set_num_threads(1)
    result = measure(args.models, args.size, args.out, args.restart)
    sign(args.out)
    counts = {name: len(entry["settings"]) for name, entry in result["models"].items()}
    print(f"Wrote {args.out}: {counts}")


if __name__ == "__main__":
    main()
