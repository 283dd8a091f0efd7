"""What each family of models does best, on the same held-out items: data/medidas/familias.json.

    python -m builders.families_task [--size 1]

mini-base (decoder), mini-bert (encoder), mini-t5 (encoder-decoder) and mini-xlnet (permutation) share corpus
and tokenizer. Sections, each on items that no model was trained on:

- fill: a word of one token hidden in a sentence; an answer is right when it is that very word. The decoder
  answers from the left, and again by proposing its 50 best and scoring the whole sentence with each;
- determiner: "{} menina estava cansada": which of two articles, where only what follows tells;
- next: the token after a beginning; nats, and how often the first guess is right;
- rewrite: mini-t5 and mini-instruct on the same pairs of `corpus.rewriting`; mini-instruct was taught changes
  of number, gender and tense, and never correction or summary;
- several: three neighbouring words hidden; nats of the true ones, all at once or one after the other; and
  article and noun hidden: the chance that they agree in gender and number, drawn at once or in order;
- reviews: a line of weights on the mean of the last states, learned from 400 labels (`data/tasks/resenhas`);
- cost: seconds of a gap and of writing 96 tokens, medians, the only figures that another run may change; and
  how many positions the network works out to write them.

Intervals are of 95 %, by bootstrap over documents or items; comparisons are paired. The file is written after
each section; started again, the command goes on where it stopped, unless weights or size have changed.
"""

from __future__ import annotations

import argparse
import datetime
import hashlib
import json
import random
import re
import statistics
import time
from collections.abc import Callable, Sequence
from dataclasses import replace
from pathlib import Path

import numpy as np
import torch
from tqdm import tqdm

from builders import bert, t5
from builders import families_ways as ways
from builders.corpus import agreement, rewriting
from builders.families_ways import NAMES, Family
from builders.files import sign, write
from builders.measures import batch
from llmlib.data import corpus, model_names, model_path, task
from llmlib.measure import share

OUT = Path(__file__).resolve().parents[1] / "data" / "medidas" / "familias.json"
PROSE = ("historia", "descricao", "noticia", "carta", "instrucoes", "receita")
CANDIDATES = 50  # that the decoder scores in whole sentences
ROUNDS = 1000
LABELS = 400
WRITTEN = 96  # tokens, to time a text
ARTICLES = ("O", "A", "Os", "As")
ONCE = {"mini-bert": "mini-bert, de uma vez", "mini-xlnet": "mini-xlnet, de uma vez", "mini-base": ""}
ORDER = {
    "mini-bert": "mini-bert, uma a uma",
    "mini-xlnet": "mini-xlnet, em ordem",
    "mini-base": "mini-base, esquerda",
}
CHANGES = {f"reescrever no {change}": f"Passe para o {change}: " for change in rewriting.CHANGES}
REQUESTS = {"corrigir": "Corrija a frase: ", "resumir": "Resuma a história em uma frase: ", **CHANGES}
TAUGHT = tuple(name for name in CHANGES if name != "reescrever no presente")  # to mini-instruct


# ---- numbers with their intervals


def estimate(groups: Sequence[Sequence[float]], shares: bool = True) -> dict:
    """{value, low, high, n}: the mean over all numbers, resampled by group (a document, or an item alone).

    A share of none or of all has Wilson's interval, unless `shares` is False.
    """
    sums = np.array([[sum(g), len(g)] for g in groups], float)
    rng = np.random.default_rng(0)
    picks = rng.integers(len(sums), size=(ROUNDS, len(sums)))
    drawn = sums[picks].sum(1)
    low, high = np.percentile(drawn[:, 0] / drawn[:, 1], [2.5, 97.5])
    value, total = sums[:, 0].sum() / sums[:, 1].sum(), int(sums[:, 1].sum())
    if (
        shares
        and value in (0, 1)
        and {float(x) for g in groups for x in g}
        <= {
            0.0,
            1.0,
        }
    ):  # resamples would all be alike
        _, low, high = share(int(value * total), total)
    return {
        "value": round(value, 4),
        "low": round(low, 4),
        "high": round(high, 4),
        "n": total,
    }


def difference(one: Sequence[Sequence[float]], other: Sequence[Sequence[float]]) -> dict:
    """The paired difference of two such lists, item by item."""
    return estimate(
        [[a - b for a, b in zip(x, y, strict=True)] for x, y in zip(one, other, strict=True)], shares=False
    )


def compared(found: dict[str, list], against: str) -> dict:
    """{"ways": {way: estimate}, "against": way, "differences": {way: way less `against`}}."""
    return {
        "ways": {way: estimate(groups) for way, groups in found.items()},
        "against": against,
        "differences": {w: difference(groups, found[against]) for w, groups in found.items() if w != against},
    }


# ---- items


def sentences(each: int = 2) -> list[list[str]]:
    """Held-out sentences of 6 to 30 words without dialogue, by document, at most `each` of one."""
    rng, found = random.Random(0), []
    for kind in PROSE:
        for text in corpus("mini", "valid", kind=kind):
            parts = [p for line in text.split("\n") for p in re.split(r"(?<=[.!?]) (?=[A-ZÀ-Ý])", line)]
            parts = [p for p in parts if 6 <= len(p.split()) <= 30 and p[-1:] in ".!?" and "—" not in p]
            if parts:
                found.append(rng.sample(parts, min(each, len(parts))))
    rng.shuffle(found)
    return found


def gap_items(family: Family, documents: list[list[str]]) -> list[list[tuple[list[int], int]]]:
    """(ids, place of a word that is one token, neither the first nor the last), by document."""
    rng, glue = random.Random(1), bert.joins(family.base.tokenizer)
    items = []

    def is_word(token: int) -> bool:
        piece = family.text([token])
        return piece.startswith(" ") and piece[1:].isalpha()

    for texts in documents:
        found = []
        for text in texts:
            ids = family.ids(text)
            words = bert.words_of(torch.tensor([ids]), glue)[0]
            alone = [p for p in range(2, len(ids) - 2) if (words == words[p]).sum() == 1 and is_word(ids[p])]
            if alone:
                found.append((ids, rng.choice(alone)))
        if found:
            items.append(found)
    return items


# ---- sections: each takes the family and how many items, and returns plain data


def fill(family: Family, size: float) -> dict:
    """One hidden word, both sides known."""
    items = gap_items(family, sentences()[: some(200, size)])
    flat = [(d, ids, place) for d, group in enumerate(items) for ids, place in group]
    spans = ways.t5_spans(family, [(ids, [place]) for _, ids, place in flat])
    right: dict[str, list[list[float]]] = {}
    examples, proposed = [], [[] for _ in items]
    for (d, ids, place), span in zip(flat, spans, strict=True):
        left = ways.base_left(family, ids, [place])[0]
        candidates = left.topk(CANDIDATES).indices.tolist()
        whole = ways.base_whole(family, ids, place, candidates)
        guesses = {
            "mini-bert": [int(ways.bert_gaps(family, ids, [place])[0].argmax())],
            "mini-xlnet": [int(ways.xlnet_gaps(family, ids, [place])[0].argmax())],
            "mini-base, esquerda": [candidates[0]],
            "mini-base, frase inteira": [candidates[int(np.argmax(whole))]],
            "mini-t5": span,
        }
        for way, guess in guesses.items():
            right.setdefault(way, [[] for _ in items])[d].append(float(guess == [ids[place]]))
        proposed[d].append(float(ids[place] in candidates))
        if len(examples) < 8:
            examples.append(
                {
                    "before": family.text(ids[1:place]),
                    "word": family.text([ids[place]]).strip(),
                    "after": family.text(ids[place + 1 :]),
                    "guesses": {way: family.text(guess).strip() for way, guess in guesses.items()},
                }
            )
    passes = {
        "mini-bert": 1,
        "mini-xlnet": 1,
        "mini-base, esquerda": 1,
        "mini-base, frase inteira": 1 + CANDIDATES,
    }
    return {
        **compared(right, "mini-bert"),
        "passes": passes,
        "proposed": estimate(proposed),  # how often the word is among the decoder's candidates at all
        "documents": len(items),
        "examples": examples,
    }


def determiner(family: Family, size: float) -> dict:
    """Two articles before a noun: only what follows tells."""
    items = bert.agreement_items(random.Random(1), some(200, size))["determinante"]
    chosen: dict[str, list[list[float]]] = {}
    for text, yes, no in items:
        forms = [family.ids(text.replace("{}", w.capitalize())) for w in (yes, no)]
        if len(forms[0]) != len(forms[1]) or forms[0][2:] != forms[1][2:]:
            continue
        a, b = forms[0][1], forms[1][1]
        left = ways.base_left(family, forms[0], [1])[0]
        whole = ways.row_scores(family.base, forms)
        logs = {
            "mini-bert": ways.bert_gaps(family, forms[0], [1])[0],
            "mini-xlnet": ways.xlnet_gaps(family, forms[0], [1])[0],
            "mini-base, esquerda": left,
        }
        for way, log in logs.items():
            chosen.setdefault(way, []).append([float(log[a] > log[b])])
        chosen.setdefault("mini-base, frase inteira", []).append([float(whole[0] > whole[1])])
    return compared(chosen, "mini-bert")


def next_token(family: Family, size: float) -> dict:
    """The token after a beginning of at least 8: nats, and the share of first guesses that are right."""
    rng, nats, right = random.Random(2), {}, {}
    documents = [t for kind in PROSE for t in corpus("mini", "valid", kind=kind)]
    rng.shuffle(documents)
    documents = documents[: some(120, size)]
    for d, text in enumerate(documents):
        ids = family.ids(text)[:100]
        for cut in sorted(rng.sample(range(8, len(ids)), min(3, len(ids) - 8))) if len(ids) > 8 else []:
            for name, log in ways.nexts(family, ids[:cut]).items():
                for table, value in ((nats, -log[ids[cut]].item()), (right, float(log.argmax() == ids[cut]))):
                    table.setdefault(name, {}).setdefault(d, []).append(value)
    lists = [{name: list(groups.values()) for name, groups in table.items()} for table in (nats, right)]
    return {"nats": compared(lists[0], "mini-base"), "right": compared(lists[1], "mini-base")}


def rewrite(family: Family, size: float) -> dict:
    """Held-out pairs, answered word for word; and the floor: repeating the source."""
    found = {}
    for name, pairs in t5.held_out(some(100, size)).items():
        sources, targets = [s for s, _ in pairs], [t for _, t in pairs]
        said = {
            "mini-t5": ways.rewrites(family, [rewriting.prompt(name, s) for s in sources]),
            "mini-instruct": ways.answers(family, [REQUESTS[name] + s for s in sources]),
            "copiar": sources,
        }
        right = {w: [[float(o == t)] for o, t in zip(out, targets, strict=True)] for w, out in said.items()}
        examples = [
            {"source": s, "target": t, **{w: said[w][i] for w in ("mini-t5", "mini-instruct")}}
            for i, (s, t) in enumerate(pairs[:3])
        ]
        found[name] = {**compared(right, "mini-t5"), "taught": name in TAUGHT, "examples": examples}
    return found


def several(family: Family, size: float) -> dict:
    """Three neighbouring words hidden: nats of the true ones; article and noun hidden: do they agree?"""
    return {"nats": _joint(family, size), "agreement": _together(family, size)}


def _joint(family: Family, size: float) -> dict:
    rng, glue, nats = random.Random(3), bert.joins(family.base.tokenizer), {}
    documents = sentences()[: some(150, size)]
    for d, texts in enumerate(documents):
        for text in texts:
            ids = family.ids(text)
            words = bert.words_of(torch.tensor([ids]), glue)[0].tolist()
            first = rng.randrange(2, max(3, words[-1] - 3))
            places = [p for p, w in enumerate(words) if first <= w < first + 3]
            true = [ids[p] for p in places]
            once = ways.bert_gaps(family, ids, places)
            steps = [ways.bert_gaps(family, ids, places[i:])[0] for i in range(len(places))]
            logs = {
                "mini-bert, de uma vez": once,
                "mini-bert, uma a uma": torch.stack(steps),
                "mini-xlnet, de uma vez": ways.xlnet_gaps(family, ids, places),
                "mini-xlnet, em ordem": ways.xlnet_gaps(family, ids, places, in_order=True),
                "mini-base, esquerda": ways.base_left(family, ids, places),
            }
            for way, log in logs.items():
                value = -sum(log[i, t].item() for i, t in enumerate(true))
                nats.setdefault(way, [[] for _ in documents])[d].append(value)
    nats = {way: [g for g in groups if g] for way, groups in nats.items()}
    return compared(nats, "mini-bert, de uma vez")


def candidates(family: Family) -> tuple[list[int], list[int], np.ndarray]:
    """Ids of the articles that open a sentence, of the nouns of one token, and which agree: (A, N) 0 or 1."""
    table, articles, nouns = agreement._words(), [], {}
    for word, forms in table.nouns.items():
        ids = family.ids(f"O {word} dorme")
        if len(ids) == len(family.ids("O gato dorme")):
            nouns[ids[2]] = forms
    articles = {family.ids(f"{word} gato")[1]: table.determiners[word.lower()] for word in ARTICLES}
    agree = np.array([[bool(one & other) for other in nouns.values()] for one in articles.values()], float)
    return list(articles), list(nouns), agree


def _together(family: Family, size: float) -> dict:
    """Article and noun of "O gato dorme …" hidden: the chance that they agree when both are drawn.

    Drawn among the four articles and the nouns of one token, by the model's probabilities: at once, each from
    its own distribution; or in order, the noun knowing the article. The chance is exact: nothing is drawn.
    """
    articles, nouns, agree = candidates(family)
    rng, items = random.Random(4), []
    while len(items) < some(150, size):
        clause = replace(rewriting._clause(rng.random, "presente"), adjective=None)
        ids = family.ids(rewriting._join([clause.write()]))
        alone = ids[1] in articles and ids[2] in nouns and family.text([ids[3]]).startswith(" ")
        if alone and ids not in items:
            items.append(ids)

    def among(log: torch.Tensor, ids: list[int]) -> np.ndarray:
        return log[ids].softmax(-1).double().numpy()

    def spread(gaps: Callable, ids: list[int]) -> tuple[np.ndarray, np.ndarray, np.ndarray]:
        """Probabilities of the articles (A,), of the nouns (N,), of the nouns after each article (A, N)."""
        both = gaps(family, ids, [1, 2])
        after = [among(gaps(family, [ids[0], a, *ids[2:]], [2])[0], nouns) for a in articles]
        return among(both[0], articles), among(both[1], nouns), np.stack(after)

    chances: dict[str, list[list[float]]] = {}
    examples: list[dict] = []
    for ids in items:
        said = {"true": family.text(ids[1:3])}
        for name, gaps in (
            ("mini-bert", ways.bert_gaps),
            ("mini-xlnet", ways.xlnet_gaps),
            ("mini-base", ways.base_left),
        ):
            p, q, after = spread(gaps, ids)
            made = {
                ONCE[name]: (p @ agree @ q, int(q.argmax())),
                ORDER[name]: ((p[:, None] * after * agree).sum(), int(after[p.argmax()].argmax())),
            }
            made.pop("", None)  # a decoder has no way of filling both at once
            for way, (chance, noun) in made.items():
                chances.setdefault(way, []).append([float(chance)])
                said[way] = family.text([articles[int(p.argmax())], nouns[noun]])
        if len(examples) < 6:
            examples.append(said | {"rest": family.text(ids[3:])})
    return {
        **compared(chances, ONCE["mini-bert"]),
        "passes": {way: 1 if way in ONCE.values() else 2 for way in chances},
        "nouns": len(nouns),
        "examples": examples,
    }


def reviews(family: Family, size: float) -> dict:
    """Right answers on held-out reviews, of a logistic regression on each model's mean state."""
    from sklearn.linear_model import LogisticRegression
    from sklearn.preprocessing import StandardScaler

    parts = {"train": task("resenhas", "train")[: some(LABELS, size)]}
    parts["valid"] = task("resenhas", "valid")[: some(120, size)]
    parts["test"] = task("resenhas", "test")[: some(292, size)]
    x, y = {}, {part: np.array([row["rotulo"] for row in rows]) for part, rows in parts.items()}
    for part, rows in parts.items():
        for row in rows:
            for name, state in ways.features(family, family.ids(row["texto"])[:128]).items():
                x.setdefault(name, {}).setdefault(part, []).append(state.numpy())
    right = {}
    for name, states in x.items():
        scale = StandardScaler().fit(states["train"])
        z = {part: scale.transform(rows) for part, rows in states.items()}
        lines = [
            LogisticRegression(C=c, max_iter=2000).fit(z["train"], y["train"]) for c in (1e-3, 1e-2, 0.1, 1.0)
        ]
        best = max(lines, key=lambda line: line.score(z["valid"], y["valid"]))
        right[name] = [[float(hit)] for hit in best.predict(z["test"]) == y["test"]]
    return {**compared(right, "mini-bert"), "labels": len(y["train"])}


def cost(family: Family, size: float) -> dict:
    """Seconds of one gap in a sentence of usual length, and of writing 96 tokens: medians of several runs."""
    (ids, place), runs = gap_items(family, sentences())[0][0], max(3, some(9, size))
    choices = list(range(100, 100 + CANDIDATES))
    begin = list(ids[:8])

    def seconds(call: Callable[[], object], times_: int = runs) -> float:
        call()
        times = []
        for _ in range(times_):
            start = time.perf_counter()
            call()
            times.append(time.perf_counter() - start)
        return statistics.median(times)

    def grow(gaps: Callable) -> None:
        text = list(begin)
        for _ in range(WRITTEN):
            text.append(int(gaps(family, [*text, 0], [len(text)])[0].argmax()))

    gap = {
        "mini-bert": seconds(lambda: ways.bert_gaps(family, ids, [place])),
        "mini-xlnet": seconds(lambda: ways.xlnet_gaps(family, ids, [place])),
        "mini-base, esquerda": seconds(lambda: ways.base_left(family, ids, [place])),
        "mini-base, frase inteira": seconds(
            lambda: (ways.base_left(family, ids, [place]), ways.base_whole(family, ids, place, choices))
        ),
        "mini-t5": seconds(lambda: ways.t5_spans(family, [(ids, [place])])),
    }
    text = {
        "mini-base": seconds(lambda: batch.rows(family.base, [begin], WRITTEN, add_bos=False), 3),
        "mini-bert": seconds(lambda: grow(ways.bert_gaps), 3),
        "mini-xlnet": seconds(lambda: grow(ways.xlnet_gaps), 3),
    }
    again = sum(len(begin) + i + 1 for i in range(WRITTEN))  # the text so far, and the open place
    return {
        "tokens": len(ids),
        "written": WRITTEN,
        "positions": {"mini-base": len(begin) + WRITTEN - 1, "mini-bert": again, "mini-xlnet": again},
        "gap": {way: round(s, 5) for way, s in gap.items()},
        "text": {way: round(s, 5) for way, s in text.items()},
    }


FOUR = ("mini-base", "mini-bert", "mini-t5", "mini-xlnet")
THREE = ("mini-base", "mini-bert", "mini-xlnet")
SECTIONS: dict[str, tuple[Callable[[Family, float], dict], tuple[str, ...]]] = {  # and the models it asks
    "rewrite": (rewrite, ("mini-instruct", "mini-t5")),
    "fill": (fill, FOUR),
    "determiner": (determiner, THREE),
    "next": (next_token, FOUR),
    "several": (several, THREE),
    "reviews": (reviews, FOUR),
    "cost": (cost, FOUR),
}


# ---- the file


def some(count: int, size: float) -> int:
    return max(4, round(count * size))


def about(family: Family) -> dict:
    """{model: its parameters, and the tokens it read in training where its folder says so}."""
    found = {}
    for name, folder in family.folders.items():
        file = folder / "training.json"
        read = json.loads(file.read_text(encoding="utf-8")).get("tokens") if file.exists() else None
        found[name] = {"parameters": sum(p.numel() for p in family.module(name).parameters()), "tokens": read}
    return found


def weights(folders: dict[str, Path]) -> dict[str, str]:
    """{model: start of the SHA-256 of its weights}."""
    return {
        name: hashlib.sha256((folder / "model.safetensors").read_bytes()).hexdigest()[:16]
        for name, folder in folders.items()
    }


def measure(family: Family, size: float, out: Path, restart: bool = False) -> dict:
    """Take the sections that are missing, writing after each, and return everything.

    A section is kept while size and the weights that it asked are the same, and left out while one of its
    models is not there.
    """
    now = weights(family.folders)
    old = json.loads(out.read_text(encoding="utf-8")) if out.exists() and not restart else {}

    def fresh(name: str) -> bool:
        was, asks = old.get("weights", {}), SECTIONS[name][1]
        return name in old and old.get("size") == size and all(was.get(m) == now.get(m) for m in asks)

    result = {"size": size, "weights": now, "date": old.get("date", ""), "models": about(family)}
    result |= {name: old[name] for name in SECTIONS if fresh(name)}
    for name, (section, asks) in tqdm(SECTIONS.items(), unit="section"):
        if name in result or not set(asks) <= set(family.folders):
            continue
        result[name] = section(family, size)
        result["date"] = datetime.date.today().isoformat()
        write(out, result)
    write(out, result)
    return result


def main() -> None:
    """Command line."""
    parser = argparse.ArgumentParser(
        prog="python -m builders.families_task", description=__doc__.split("\n")[0]
    )
    parser.add_argument("--size", type=float, default=1.0, help="share of the usual number of items (1)")
    parser.add_argument("--out", type=Path, default=OUT, help=f"where to write (data/medidas/{OUT.name})")
    parser.add_argument("--folder", type=Path, help="where else to look for a model that is not bundled")
    parser.add_argument("--restart", action="store_true", help="measure everything again")
    args = parser.parse_args()
    folders = {name: model_path(name) for name in NAMES if name in model_names()}
    folders |= {name: args.folder / name for name in NAMES if args.folder and (args.folder / name).exists()}
    torch.set_num_threads(1)
    result = measure(ways.opened(folders), args.size, args.out, args.restart)
    sign(args.out)
    left = [name for name in SECTIONS if name not in result]
    missing = [name for name in NAMES if name not in folders]
    print(f"Wrote {args.out}" + (f" without {', '.join(left)}: no {', '.join(missing)}" if left else ""))


if __name__ == "__main__":
    main()
