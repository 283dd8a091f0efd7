"""What words attend to, and whether it matters: data/medidas/atencao.json.

    python -m builders.importance [--model mini-base] [--size 1]

At the end of every word of held-out sentences, three kinds of measure of each earlier word
(`llmlib.scratch.importance`): attention, ablation, gradient. Sections:

- profile: the mean of each measure by distance in words, which is what place alone would make one expect;
- agreement: in how many pairs of earlier words two measures say the same, for every two of them, and for two
  rankings that know nothing of the words: the nearer the more, and drawn at random (Jain & Wallace 2019,
  arXiv:1902.10186, did this with classifiers and Kendall's tau);
- removal: what happens to the prediction when the word that a measure puts first is left out;
- swapped: the weights of one head at one position dealt out anew, and how much of the prediction changes
  hands (their second test, one head at a time; Wiegreffe & Pinter 2019, arXiv:1908.04626, say what it lacks);
- frames: sentences with two nouns of which one is the subject of the verb, near it or far from it.

The sign of the document and the word itself are left out of every comparison. Intervals are of 95 %, by
bootstrap over sentences. Written after each section; started again, it goes on where it stopped, unless
weights or size have changed.
"""

from __future__ import annotations

import argparse
import datetime
import itertools
import json
import random
import re
from collections.abc import Callable, Iterator
from functools import cached_property
from pathlib import Path

import numpy as np
import torch
from tqdm import tqdm

from builders.files import digest, sign, write
from llmlib import corpus, load
from llmlib.data import model_names
from llmlib.measure import Estimate, bootstrap
from llmlib.scratch import importance

OUT = Path(__file__).resolve().parents[1] / "data" / "medidas" / "atencao.json"
SEED = 2026
SENTENCES, FRAMES = 96, 40
LEAST = 4  # earlier words, for a comparison of orders to mean something
FAR = 12  # the last class of distances holds all that is farther
ANIMALS = ("gato", "cachorro", "cavalo", "coelho", "pato", "macaco", "rato", "porco")
VERBS = ("brincava", "dormia", "comia", "corria", "cantava")
STRUCTURES = {  # the verb ends the text: it is the position that is studied
    "perto": "O {a} estava dormindo no sofá enquanto o {b} {v}",  # b is the subject, and nearer
    "longe": "O {b} que viu o {a} {v}",  # b is the subject, and a stands between
}
ATTENTION = ("attention", "best", "rollout")
MEASURES = (*ATTENTION, "faded", "deleted", "rate", "length")
KNOW_NOTHING = ("near", "drawn")


class Study:
    """One sentence through the model, with every measure at hand; what is not asked for is not computed."""

    def __init__(self, lm: object, neutral: torch.Tensor, text: str):
        self.lm, self.trace, self.neutral = lm, lm.trace(text), neutral
        self.x = lm.model.get_input_embeddings().weight.detach()[torch.tensor(self.trace.ids)].float()
        self.groups = importance.words(self.trace.tokens)
        self.words = ["".join(self.trace.tokens[t] for t in places) for places in self.groups]

    def predict(self, x: torch.Tensor) -> torch.Tensor:
        return self.lm.model(inputs_embeds=x).logits.softmax(-1)

    @cached_property
    def on_words(self) -> np.ndarray:  # (L, H, T, W)
        return importance.weights_on_words(self.trace.attentions, self.groups)

    @cached_property
    def flow(self) -> np.ndarray:  # (T, W)
        return importance.weights_on_words(importance.rollout(self.trace.attentions), self.groups)

    @cached_property
    def faded(self) -> np.ndarray:  # (W, T), as the two below
        return importance.faded(self.predict, self.x, self.groups, self.neutral).numpy()

    @cached_property
    def deleted(self) -> np.ndarray:
        return importance.deleted(self.predict, self.x, self.groups).numpy()

    @cached_property
    def rate(self) -> np.ndarray:
        with torch.no_grad():
            return importance.rate(self.predict, self.x, self.groups, self.neutral).numpy()

    def at(self, word: int, names: tuple[str, ...] = MEASURES) -> dict[str, np.ndarray]:
        """Each measure of words 0 to `word`, as seen from the end of `word`."""
        t, upto = self.groups[word][-1], slice(0, word + 1)
        makers: dict[str, Callable[[], np.ndarray]] = {
            "attention": lambda: self.on_words[:, :, t, upto].mean((0, 1)),
            "best": lambda: self.on_words[:, :, t, upto].max((0, 1)),
            "rollout": lambda: self.flow[t, upto],
            "faded": lambda: self.faded[upto, t],
            "deleted": lambda: self.deleted[upto, t],
            "rate": lambda: self.rate[upto, t],
            "length": lambda: self.lengths(t)[upto],
        }
        return {name: makers[name]() for name in names}

    def lengths(self, t: int) -> np.ndarray:
        found = importance.gradient_length(lambda x: self.lm.model(inputs_embeds=x).logits, self.x, t).numpy()
        return np.array([np.linalg.norm(found[places]) for places in self.groups])

    def targets(self, rng: random.Random, most: int) -> list[int]:
        """Words with enough words before them, `most` at most."""
        able = list(range(1 + LEAST, len(self.groups)))
        return sorted(rng.sample(able, min(most, len(able))))


def sentences(n: int) -> list[str]:
    """`n` held-out sentences of 7 to 16 words, in an order of its own."""
    found = {
        s.strip()
        for text in corpus("mini", "valid")
        for s in re.findall(r"[A-ZÁÉÍÓÚÂÊÔÃÕ][^.!?:\n]{30,110}[.!?]", text)
        if 7 <= len(s.split()) <= 16
    }
    return random.Random(f"atencao/{SEED}").sample(sorted(found), n)


def plain(estimate: Estimate) -> dict:
    return {key: round(float(x), 4) for key, x in estimate._asdict().items()}


def mean_of(groups: list[list[float]]) -> dict:
    """The mean over all, its interval from resampled sentences; each sentence counts by its cases."""
    sums = [(sum(cases), len(cases)) for cases in groups if cases]
    return plain(bootstrap(sums, lambda drawn: sum(s for s, _ in drawn) / sum(n for _, n in drawn)))


def about_profile(studies: list[Study]) -> dict:
    """What place alone makes one expect: {measure: {mark, by distance in words 0 to FAR}}."""
    names = ("attention", "best", "faded", "deleted", "rate")
    sums = {name: np.zeros((FAR + 2, 2)) for name in names}  # row 0 the mark, row 1 + distance the words
    for study in studies:
        for word in range(1, len(study.groups)):
            for name, values in study.at(word, names).items():
                for other, value in enumerate(values):
                    row = 0 if other == 0 else 1 + min(word - other, FAR)
                    sums[name][row] += value, 1
    means = {
        name: (total[:, 0] / np.maximum(total[:, 1], 1)).round(5).tolist() for name, total in sums.items()
    }
    return {name: {"mark": row[0], "distance": row[1:]} for name, row in means.items()}


def about_agreement(studies: list[Study]) -> dict:
    """For every two rankings, the share of pairs of words on which they agree."""
    names = (*MEASURES, *KNOW_NOTHING)
    found = {pair: [] for pair in itertools.combinations(names, 2)}
    rng = np.random.default_rng(SEED)
    for study, chosen in each(studies, "concordância"):
        for cell in found.values():
            cell.append([])
        for word in chosen:
            seen = {name: values[1:word] for name, values in study.at(word).items()}
            seen |= {"near": np.arange(word - 1), "drawn": rng.permutation(word - 1)}
            for a, b in found:
                found[a, b][-1].append(importance.agreement(seen[a], seen[b]))
    return {"|".join(pair): mean_of(cases) for pair, cases in found.items()}


def about_removal(studies: list[Study]) -> dict:
    """The change when the first word by each ranking is left out, and how often none changes more."""
    names = ("attention", "best", "rollout", "rate", "near", "any", "worst")
    change, first = ({name: [] for name in names} for _ in range(2))
    for study, chosen in each(studies, "retirada"):
        for name in names:
            change[name].append([])
            first[name].append([])
        for word in chosen:
            effect = study.at(word, ("deleted",))["deleted"][1:word]
            seen = {n: v[1:word] for n, v in study.at(word, ("attention", "best", "rollout", "rate")).items()}
            for name, values in {**seen, "near": np.arange(word - 1), "worst": effect}.items():
                change[name][-1].append(float(effect[values.argmax()]))
                first[name][-1].append(float(values.argmax() == effect.argmax()))
            change["any"][-1].append(float(effect.mean()))
            first["any"][-1].append(1 / len(effect))
    return {name: {"change": mean_of(change[name]), "first": mean_of(first[name])} for name in names}


def about_swapped(studies: list[Study]) -> dict:
    """One head, one position: its weights over what it sees dealt out anew, or made equal."""
    rng = np.random.default_rng(SEED)
    moved: dict[str, list[list[float]]] = {"dealt": [], "equal": []}
    for study, chosen in each(studies, "troca"):
        for cases in moved.values():
            cases.append([])
        for word in chosen[:2]:
            for name, changes in swapped(study, study.groups[word][-1], rng).items():
                moved[name][-1].extend(changes.tolist())
    summary = {}
    for name, cases in moved.items():
        little = [[float(x < 0.05) for x in each] for each in cases]
        most = float(np.quantile(list(itertools.chain(*cases)), 0.95))
        summary[name] = {"change": mean_of(cases), "little": mean_of(little), "high": round(most, 4)}
    return summary


@torch.no_grad()
def swapped(study: Study, t: int, rng: np.random.Generator) -> dict[str, np.ndarray]:
    """Changes (L * H,) of the prediction at t when one head's weights there are dealt anew, or equal."""
    layers, attentions = study.lm.model.model.layers, torch.tensor(study.trace.attentions)
    L, H = attentions.shape[:2]
    values: list[torch.Tensor] = []
    hooks = [
        each.self_attn.v_proj.register_forward_hook(lambda _, __, out: values.append(out)) for each in layers
    ]
    before = study.predict(study.x[None])[0, t]  # (V,)
    for hook in hooks:
        hook.remove()
    dealt, equal = np.stack([rng.permutation(t + 1) for _ in range(L * H)]), np.full(t + 1, 1 / (t + 1))

    def run(row_of: Callable[[int, int], torch.Tensor]) -> np.ndarray:
        """A text for each head, that head alone changed."""

        def changing(layer: int) -> Callable:
            def change(_: object, given: tuple[torch.Tensor]) -> tuple[torch.Tensor]:
                z = given[0].clone()  # (L * H, T, H * E)
                E, group = z.shape[-1] // H, H * values[layer].shape[-1] // z.shape[-1]
                per_key = H // group
                for head in range(H):
                    v = values[layer][0, : t + 1].view(t + 1, group, E)[:, head // per_key]  # (t + 1, E)
                    z[layer * H + head, t, head * E : (head + 1) * E] = row_of(layer, head) @ v
                return (z,)

            return change

        hooks = [
            each.self_attn.o_proj.register_forward_pre_hook(changing(i)) for i, each in enumerate(layers)
        ]
        after = study.predict(study.x.repeat(L * H, 1, 1))[:, t]  # (L * H, V)
        for hook in hooks:
            hook.remove()
        return importance.total_variation(after, before).numpy()

    return {
        "dealt": run(lambda l, h: attentions[l, h, t, : t + 1][dealt[l * H + h]]),  # noqa: E741
        "equal": run(lambda *_: torch.tensor(equal, dtype=torch.float32)),
    }


def frames(n: int) -> Iterator[tuple[str, str, str, str]]:
    """(structure, text, subject, other noun), `n` of each structure."""
    rng = random.Random(f"atencao/molduras/{SEED}")
    every = list(itertools.product(itertools.permutations(ANIMALS, 2), VERBS))
    for structure, form in STRUCTURES.items():
        for (a, b), v in rng.sample(every, n):
            yield structure, form.format(a=a, b=b, v=v), b, a


def about_frames(lm: object, neutral: torch.Tensor, n: int) -> dict:
    """Of what a measure gives to the two nouns, the subject's part; and what both get of all words."""
    part = {s: {name: [] for name in (*MEASURES, "near")} for s in STRUCTURES}
    both = {s: {name: [] for name in MEASURES} for s in STRUCTURES}
    for structure, text, subject, other in tqdm(list(frames(n)), desc="molduras"):
        study = Study(lm, neutral, text)
        places = [study.words.index(f" {noun}") for noun in (subject, other)]
        for name, values in study.at(len(study.groups) - 1).items():
            mine, its = (float(values[place]) for place in places)
            part[structure][name].append([mine / max(mine + its, 1e-12)])
            both[structure][name].append([(mine + its) / max(float(values[1:-1].sum()), 1e-12)])
        part[structure]["near"].append([float(places[0] > places[1])])
    return {
        s: {
            name: {"subject": mean_of(cases)} | ({"both": mean_of(both[s][name])} if name in both[s] else {})
            for name, cases in part[s].items()
        }
        for s in STRUCTURES
    }


def each(studies: list[Study], what: str, most: int = 4) -> Iterator[tuple[Study, list[int]]]:
    """Every sentence, with the words at which it is studied: the same ones in every section."""
    for number, study in enumerate(tqdm(studies, desc=what)):
        yield study, study.targets(random.Random(f"atencao/alvos/{SEED}/{number}"), most)


def measure(name: str, size: float, out: Path, restart: bool = False) -> dict:
    """Take the sections that are missing, writing after each, and return everything."""
    old = json.loads(out.read_text("utf-8")) if out.exists() and not restart else {}
    about = {"model": name, "weights": digest(name), "size": size, "seed": SEED}
    same = all(old.get(key) == value for key, value in about.items())
    some = lambda n: max(3, round(n * size))  # noqa: E731
    result = {"date": old.get("date", ""), **about, "sentences": some(SENTENCES), "frames_each": some(FRAMES)}
    lm = load(name, device="cpu")
    lm.model.float()
    neutral = lm.model.get_input_embeddings().weight.detach().mean(0)  # (D,)
    studies = [Study(lm, neutral, text) for text in sentences(some(SENTENCES))]
    sections = {
        "profile": lambda: about_profile(studies),
        "agreement": lambda: about_agreement(studies),
        "removal": lambda: about_removal(studies),
        "swapped": lambda: about_swapped(studies),
        "frames": lambda: about_frames(lm, neutral, some(FRAMES)),
    }
    for section, make in sections.items():
        if same and section in old:
            result[section] = old[section]
            continue
        result[section] = make()
        result["date"] = datetime.date.today().isoformat()
        write(out, result)
    write(out, result)
    return result


def main() -> None:
    """Command line."""
    parser = argparse.ArgumentParser(prog="python -m builders.importance", description=__doc__.split("\n")[0])
    parser.add_argument("--model", default="mini-base", choices=model_names(), help="a bundled model")
    parser.add_argument("--size", type=float, default=1.0, help="share of the usual number of cases (1)")
    parser.add_argument("--out", type=Path, default=OUT, help=f"where to write (data/medidas/{OUT.name})")
    parser.add_argument("--restart", action="store_true", help="measure everything again")
    args = parser.parse_args()
    torch.set_num_threads(1)
    result = measure(args.model, args.size, args.out, args.restart)
    sign(args.out)
    print(f"Wrote {args.out}: {result['sentences']} sentences, {len(result['agreement'])} pairs of measures")


if __name__ == "__main__":
    main()
