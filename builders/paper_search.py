"""Ways to search 340 abstracts, measured on 50 needs asked in four ways: data/medidas/busca-cientifica.json.

    python -m builders.paper_search

Ways: Boolean queries over descriptors, what was typed mapped to them, BM25, vectors of mini-embed, their
fusion, the fusion's first texts put in a new order by a cross-encoder and by language models
(`llmlib.scratch.llm_rank`), and BM25 with a longer query (`llmlib.scratch.expansion`). Besides: what is
lost when descriptors are missing, where a model looks first in a list, what it says when asked for titles.

Nothing here was adjusted on the queries: constants are those of the papers cited. What models give is kept
with the hash of their weights; started again, the command goes on where it stopped, and measures again only
what changed. Intervals are of 95 %, by bootstrap over needs.
"""

from __future__ import annotations

import argparse
import datetime
import hashlib
import json
import random
from collections.abc import Callable, Sequence
from functools import cache
from pathlib import Path

import numpy as np
import torch
from tqdm import tqdm

from builders import paper_search_models as judge
from builders.documents.science import studies
from builders.files import digest, sign, write
from builders.measures import batch
from llmlib.data import documents, model_names, queries, relevance, root
from llmlib.measure import average
from llmlib.rag_judge import refuses
from llmlib.scratch import expansion
from llmlib.scratch.boolean import BooleanIndex
from llmlib.scratch.ranking_metrics import ndcg, recall, reciprocal_rank
from llmlib.scratch.retrieval import BM25, reciprocal_rank_fusion, words
from llmlib.scratch.vocabulary import Vocabulary, plain

OUT = Path(__file__).resolve().parents[1] / "data" / "medidas" / "busca-cientifica.json"
FORMS = {"especialista": "pergunta", "palavras": "palavras_chave", "leiga": "leiga", "item": "item"}
WHOLE = (160, 0)  # words of a chunk: the longest abstract has fewer
FUSED = 100  # places of each list that are fused
DEPTH = 20  # of the fusion's list, how many texts are put in a new order
LIST = 9  # titles that a model sees at once
KEPT = 40  # places of a ranking that are written
FEEDBACK, TERMS, KEEP = 10, 10, 0.5  # RM3's usual settings (texts, words, weight of the query)
LOST = (0.0, 0.1, 0.2, 0.3, 0.4, 0.6, 0.8)  # shares of descriptors that an indexer might miss
DRAWS = 5
WAYS = {  # key: (name, models that it needs)
    "perita": ("booleana de perito", ()),
    "mapeada": ("mapeada", ()),
    "mapeada-leiga": ("mapeada, com termos leigos", ()),
    "bm25": ("BM25", ()),
    "bm25-campos": ("BM25 com palavras-chave e descritores", ()),
    "vetores": ("vetores", ("mini-embed",)),
    "hibrida": ("híbrida", ("mini-embed",)),
    "rerank": ("híbrida + cross-encoder", ("mini-embed", "mini-rerank")),
    "upr-base": ("híbrida + probabilidade da busca, modelo base", ("mini-embed", "mini-base")),
    "upr": ("híbrida + probabilidade da busca, modelo instruído", ("mini-embed", "mini-instruct")),
    "pontual": ("híbrida + sim ou não", ("mini-embed", "mini-instruct")),
    "lista": ("híbrida + escolha numa lista", ("mini-embed", "mini-instruct")),
    "amplia-vocabulario": ("BM25 ampliado pelo vocabulário", ()),
    "amplia-leigo": ("BM25 ampliado pelo vocabulário com termos leigos", ()),
    "amplia-rm3": ("BM25 ampliado por RM3", ()),
    "amplia-llm": ("BM25 ampliado pelo LLM", ("mini-instruct",)),
}
Rankings = list[list[int]]  # for each need, places of texts, the best first


# ---- what is asked


@cache
def collection() -> list[dict]:
    return documents("ciencia")


def body(document: dict) -> str:
    """What is searched of a text."""
    return bodies()[document["id"]]


@cache
def bodies() -> dict[str, str]:
    """What `llmlib.retrieval` searches, and the page: title and abstract, one chunk each."""
    from llmlib.retrieval import index as bundled

    searched = bundled("ciencia", *WHOLE)
    return {chunk.document: searched.searched(chunk) for chunk in searched.chunks}


@cache
def needs() -> tuple[dict, ...]:
    """The 50 queries of the collection, in three ways each."""
    return tuple(queries("ciencia"))


@cache
def items() -> tuple[dict, ...]:
    """50 searches for one known text, by its place and number of cases: {id, parte, item, booleana, text}.

    Right is the text that has both; only pairs that one text has are asked.
    """
    found, has = [], [f" {plain(body(d))} {plain(' '.join(d['palavras_chave']))} " for d in collection()]
    for place, study in enumerate(studies()):
        spot, number = f" {plain(study.place)} ", f" {study.sample} "
        if [i for i, text in enumerate(has) if spot in text and number in text] != [place]:
            continue
        who = study.population.wordings[0]
        found.append(
            {
                "id": f"i{len(found) + 1:03d}",
                "parte": study.split,
                "item": f"{study.sample} {who}, {study.place}",
                "booleana": f'{study.sample} AND "{study.place}"',
                "text": collection()[place]["id"],
            }
        )
    step = len(found) / len(needs())
    return tuple(found[int(i * step)] for i in range(len(needs())))


def asked(form: str) -> list[str]:
    """What is typed, one text a need."""
    return [each[FORMS[form]] for each in (items() if form == "item" else needs())]


def grades(form: str) -> list[dict[str, int]]:
    """Grades of the texts of each need."""
    if form == "item":
        return [{each["text"]: 3} for each in items()]
    return [relevance("ciencia")[each["id"]] for each in needs()]


# ---- ways that need no model


@cache
def boolean(lay: bool) -> BooleanIndex:
    return BooleanIndex(collection(), Vocabulary.bundled(lay))


@cache
def index(fields: bool = False) -> BM25:
    """BM25 over titles and abstracts, or also over keywords and descriptors."""
    more = lambda d: f" {' '.join(d['palavras_chave'])} {' '.join(d['descritores'])} {d['estudo']}"  # noqa: E731
    return BM25([words(body(d) + (more(d) if fields else "")) for d in collection()])


def ranked(scores: np.ndarray, positive: bool = True) -> list[int]:
    """Places by score, the best first; where `positive`, only those above zero."""
    order = np.argsort(-scores, kind="stable")
    return [int(i) for i in order if not positive or scores[i] > 0]


def best_match(text: str, lay: bool) -> list[int]:
    """What was typed, mapped to descriptors; what it keeps, in BM25's order ("Best Match" begins so)."""
    kept = set(boolean(lay).search(text))
    return [i for i in ranked(index(True).scores(words(text)), False) if i in kept]


def rm3(text: str) -> expansion.Weights:
    """The query with the words of the first texts that BM25 found for it."""
    scores = index().scores(words(text))
    first = [i for i in ranked(scores)[:FEEDBACK]]
    return expansion.rm3(
        words(text), [words(body(collection()[i])) for i in first], [scores[i] for i in first], TERMS, KEEP
    )


def lexical(way: str, form: str) -> Rankings:
    """Rankings of a way without models."""
    if way == "perita":
        written = items() if form == "item" else needs()
        return [boolean(True).search(each["booleana"]) for each in written]
    if way.startswith("mapeada"):
        return [best_match(text, way.endswith("leiga")) for text in asked(form)]
    if way.startswith("bm25"):
        return [ranked(index(way.endswith("campos")).scores(words(t))) for t in asked(form)]
    if way == "amplia-rm3":
        longer = [rm3(text) for text in asked(form)]
    else:
        known = Vocabulary.bundled(lay=way == "amplia-leigo")
        longer = [expansion.by_vocabulary(text, known, KEEP) for text in asked(form)]
    return [ranked(expansion.weighted(index(), weights)) for weights in longer]


# ---- ways with models


class Bench:
    """The models that are there, opened once in a run, and the rankings found so far."""

    def __init__(self, found: dict[str, dict[str, Rankings]]):
        self.found = found

    @cache  # noqa: B019
    def lm(self, name: str) -> object:
        from llmlib import load

        return load(name, device="cpu")

    @cache  # noqa: B019
    def dense(self, form: str) -> Rankings:
        """By vectors, as in the page: one chunk an abstract."""
        from llmlib.retrieval import index as bundled

        at, searched = {d["id"]: i for i, d in enumerate(collection())}, bundled("ciencia", *WHOLE)
        return [[at[h.document] for h in searched.search(t, len(at), "dense")] for t in asked(form)]

    def fused(self, form: str) -> Rankings:
        both = zip(lexical("bm25", form), self.dense(form), strict=True)
        return [[item for item, _ in reciprocal_rank_fusion([x[:FUSED], y[:FUSED]])] for x, y in both]

    def again(self, scored: Callable[..., dict], who: object) -> dict[str, Rankings]:
        """By form: the fusion's list with its first texts in the order of a judge's scores.

        All forms at once, so that each text is read once.
        """
        typed, pairs, lists = [], [], []
        for form in FORMS:
            for text, ranking in zip(asked(form), self.found["hibrida"][form], strict=True):
                pairs += [(len(typed), t) for t in ranking[:DEPTH]]
                typed.append(text)
                lists.append(ranking)
        scores = scored(who, typed, [body(d) for d in collection()], pairs)
        made = [
            sorted(ranking[:DEPTH], key=lambda t, q=q: -scores[q, t]) + ranking[DEPTH:]
            for q, ranking in enumerate(lists)
        ]
        each = len(needs())
        return {form: made[i * each : (i + 1) * each] for i, form in enumerate(FORMS)}

    def listed(self, form: str) -> Rankings:
        """The same by choices from a list of titles, in three orders, which take turns at the first place."""
        lm, lists = self.lm("mini-instruct"), self.found["hibrida"][form]
        made = []
        for text, ranking in zip(asked(form), lists, strict=True):
            first, votes = ranking[:LIST], np.zeros(LIST)
            for order in orders(len(first)):
                p = judge.choices(lm, text, [collection()[first[i]]["titulo"] for i in order])
                votes[order] += p / max(p.sum(), 1e-12)
            made.append([first[i] for i in np.argsort(-votes, kind="stable")] + ranking[LIST:])
        return made

    def written(self, form: str) -> list[str]:
        """What the instruct model writes on each query."""
        told = [[{"role": "user", "content": f"Escreva um texto sobre isto: {t}"}] for t in asked(form)]
        return batch.chat(self.lm("mini-instruct"), told, 48, temperature=0.0)

    def expanded(self, form: str) -> Rankings:
        """BM25 with the words of what the instruct model writes."""
        pairs = zip(asked(form), self.written(form), strict=True)
        longer = [expansion.by_text(words(text), words(more), KEEP) for text, more in pairs]
        return [ranked(expansion.weighted(index(), weights)) for weights in longer]

    def take(self, way: str) -> dict[str, Rankings]:
        """Rankings of any way by form; the fusion must have been found before those that begin with it."""
        if way in ("rerank", "upr"):  # as the page does it
            from llmlib.retrieval.encoders import reranker

            name = "mini-rerank" if way == "rerank" else "mini-instruct"
            return self.again(judge.reranked, reranker(name, "cpu"))
        if way == "upr-base":
            return self.again(judge.likelihoods, self.lm("mini-base"))
        if way == "pontual":
            return self.again(judge.yes_shares, self.lm("mini-instruct"))
        own = {
            "vetores": self.dense,
            "hibrida": self.fused,
            "lista": self.listed,
            "amplia-llm": self.expanded,
        }
        one = own.get(way, lambda form: lexical(way, form))
        return {form: one(form) for form in FORMS}


def orders(size: int) -> list[np.ndarray]:
    """Three orders of a list: as it is, turned around, and with its halves exchanged."""
    plainly = np.arange(size)
    return [plainly, plainly[::-1], np.roll(plainly, size // 2)]


# ---- beside the rankings


def lost_descriptors() -> list[dict]:
    """The Boolean queries of experts when a share of all descriptors is missing: recall and nDCG."""
    found, searcher = [], BooleanIndex(collection(), Vocabulary.bundled())
    asks = [searcher.parse(each["booleana"]) for each in needs()]
    for share in LOST:
        rows = []
        for seed in range(DRAWS if share else 1):
            rng = random.Random(f"perdidos/{share}/{seed}")
            searcher.documents = [
                d | {"descritores": [x for x in d["descritores"] if rng.random() >= share]}
                for d in collection()
            ]
            rows.append(measured([searcher.find(node) for node in asks], grades("especialista")))
        means = {name: np.mean([row[name] for row in rows], axis=0) for name in ("ndcg", "recall")}
        found.append({"lost": share} | {name: estimate(values) for name, values in means.items()})
    return found


def first_look(lm: object) -> dict:
    """Which place of a list a model prefers, whatever stands there: shares of first choices by place."""
    lists = [ranked(index().scores(words(text)))[:LIST] for text in asked("especialista")]
    counts = np.zeros(LIST)
    for text, first in zip(asked("especialista"), lists, strict=True):
        for order in orders(len(first)):
            p = judge.choices(lm, text, [collection()[first[i]]["titulo"] for i in order])
            counts[int(p.argmax())] += 1
    return {"n": int(counts.sum()), "shares": [round(float(c / counts.sum()), 4) for c in counts]}


def from_memory(lm: object) -> dict:
    """Asked for the title of a study, with no search: an existing title, a refusal, or an invention."""
    told = [
        [
            {
                "role": "user",
                "content": f"Diga o título de um artigo científico sobre {each['palavras_chave']}.",
            }
        ]
        for each in needs()
    ]
    said = batch.chat(lm, told, 40, temperature=0.0)
    titles = {plain(d["titulo"]) for d in collection()}
    kinds = ["existe" if plain(s) in titles else "recusa" if refuses(s) else "inventa" for s in said]
    counts = {kind: kinds.count(kind) for kind in ("existe", "recusa", "inventa")}
    shown = [
        {"asked": t[0]["content"], "said": s, "kind": k} for t, s, k in zip(told, said, kinds, strict=True)
    ]
    return {"counts": counts, "n": len(said), "examples": shown[:6]}


# ---- measures


def measured(rankings: Rankings, graded: Sequence[dict[str, int]]) -> dict[str, list[float]]:
    """Of each need: nDCG@10 (all grades), recall@10 of grade 3, 1 / place of the first grade 3, precision.

    precision: of what is shown, ten texts at most, the share of grades 2 and 3; 0 where nothing is shown.
    """
    ids = [d["id"] for d in collection()]
    found: dict[str, list[float]] = {"ndcg": [], "recall": [], "mrr": [], "precision": []}
    for ranking, grade in zip(rankings, graded, strict=True):
        named, full = [ids[i] for i in ranking], {k for k, g in grade.items() if g == 3}
        found["ndcg"].append(round(ndcg(named, grade, 10), 4))
        found["recall"].append(round(recall(named, full, 10), 4))
        found["mrr"].append(round(reciprocal_rank(named, full), 4))
        good = sum(grade.get(name, 0) >= 2 for name in named[:10])
        found["precision"].append(round(good / len(named[:10]), 4) if named else 0.0)
    return found


def estimate(values: Sequence[float]) -> dict:
    """{value, low, high}: a mean over needs and its interval."""
    value, low, high = average(values)
    return {"value": round(value, 4), "low": round(low, 4), "high": round(high, 4)}


def overlap(form: str) -> list[float]:
    """Of the words of each query, the share that some text of grade 2 or 3 has."""
    at = {d["id"]: i for i, d in enumerate(collection())}
    shares = []
    for text, grade in zip(asked(form), grades(form), strict=True):
        typed = set(words(text))
        there = {w for k, g in grade.items() if g >= 2 for w in words(body(collection()[at[k]]))}
        shares.append(round(len(typed & there) / len(typed), 4))
    return shares


# ---- the file


def stamp(way: str) -> str:
    """What changes when a way's rankings would: the texts, what is asked, the vocabulary, the weights."""
    made = hashlib.sha256()
    for part in (
        "documents/ciencia/abstracts.jsonl",
        "documents/ciencia/queries.jsonl",
        "vocabulario/ciencia.json",
    ):
        made.update((root() / part).read_bytes())
    made.update(json.dumps(asked("item")).encode())
    return "+".join([made.hexdigest()[:8], *(digest(name)[:8] for name in WAYS[way][1])])


def there(way: str) -> bool:
    return all(name in model_names() for name in WAYS[way][1])


def measure(out: Path, restart: bool = False, ways: Sequence[str] = tuple(WAYS)) -> dict:
    """Find what is missing, writing after each way, and return everything."""
    old = json.loads(out.read_text("utf-8")) if out.exists() and not restart else {}
    result: dict = {
        "date": old.get("date", ""),
        "depth": DEPTH,
        "forms": {
            form: {
                "asked": asked(form),
                "overlap": overlap(form),
                "ids": [each["id"] for each in (items() if form == "item" else needs())],
                "parts": [each["parte"] for each in (items() if form == "item" else needs())],
            }
            for form in FORMS
        },
        "ways": {},
        "beside": {},
    }
    result["forms"]["item"]["right"] = [each["text"] for each in items()]
    result["forms"]["item"]["boolean"] = [each["booleana"] for each in items()]
    found: dict[str, dict[str, Rankings]] = {}
    bench, new = Bench(found), False
    for way in tqdm([w for w in ways if there(w)], desc="ways", unit="way"):
        mark, known = stamp(way), old.get("ways", {}).get(way, {})
        if known.get("stamp") == mark:
            found[way] = known["rankings"]
        else:
            new = True
            found[way] = {form: [each[:KEPT] for each in lists] for form, lists in bench.take(way).items()}
        result["ways"][way] = {"name": WAYS[way][0], "stamp": mark} | figures(found[way])
        if known.get("stamp") != mark:
            result["date"] = datetime.date.today().isoformat()
            write(out, result | {"beside": old.get("beside", {})})
    tasks = {"lost": ("perita", lambda: lost_descriptors())}
    if "mini-instruct" in model_names():
        tasks["first"] = ("amplia-llm", lambda: first_look(bench.lm("mini-instruct")))
        tasks["memory"] = ("amplia-llm", lambda: from_memory(bench.lm("mini-instruct")))
        tasks["written"] = (
            "amplia-llm",
            lambda: {f: bench.written(f)[:8] for f in ("especialista", "leiga")},
        )
    for name, (way, take) in tasks.items():
        mark, known = stamp(way), old.get("beside", {}).get(name, {})
        same = known.get("stamp") == mark
        new = new or not same
        result["beside"][name] = known if same else {"stamp": mark, "found": take()}
    if new:
        result["date"] = datetime.date.today().isoformat()
    write(out, result)
    return result


def figures(rankings: dict[str, Rankings]) -> dict:
    """By form: the rankings; the measures of each need; those of all, with intervals; how many came empty."""
    each = {form: measured(lists, grades(form)) for form, lists in rankings.items()}
    return {
        "rankings": rankings,
        "each": each,
        "all": {form: {name: estimate(v) for name, v in values.items()} for form, values in each.items()},
        "empty": {form: sum(not ranking for ranking in lists) for form, lists in rankings.items()},
    }


def main() -> None:
    """Command line."""
    parser = argparse.ArgumentParser(
        prog="python -m builders.paper_search", description=__doc__.split("\n")[0]
    )
    parser.add_argument("--out", type=Path, default=OUT, help=f"where to write (data/medidas/{OUT.name})")
    parser.add_argument("--restart", action="store_true", help="measure everything again")
    args = parser.parse_args()
    torch.set_num_threads(1)
    result = measure(args.out, args.restart)
    sign(args.out)
    left_out = ", ".join(way for way in WAYS if way not in result["ways"]) or "none"
    print(f"Wrote {args.out}: {len(result['ways'])} ways; for want of a model: {left_out}")


if __name__ == "__main__":
    main()
