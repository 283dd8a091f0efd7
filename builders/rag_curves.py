"""Does retrieval help, and what fails when it does not? Measured on Caxinduba: data/medidas/rag.json.

    python -m builders.rag_curves [--each 400]

The truth of every question is known, so a rule judges each answer (`llmlib.rag_judge`): right, old, wrong,
invented, refused. The prompt is that of `llmlib.rag`, the search that of `llmlib.retrieval`. Sections:

- settings (split "dev"): one thing at a time is changed, around START: how to search, how many times, how
  many chunks, how large, their titles, the temperature; each asks the same questions. From the best of them
  `chosen_of` climbs on, one change at a time, to `chosen`, which no test question helped to choose;
- final (split "teste", opened once, with `chosen`): every question without documents, with what was found,
  with what one search alone found (if `chosen` searches twice), and with the right chunks handed over (what
  the reader would do after a perfect search); by kind of question, by wording, and by the shape of the
  document (sheets, whose shapes training had, or texts);
- apart ("dev", then "teste" with what served best there): each chunk read alone, with the chunks of two
  searches read together or without, and the readings added up (`llmlib.rag_apart`): by how many chunks, by
  the weight of the reading together and by how much caution; and that reading by itself;
- retrieval (both splits): recall, MRR and nDCG over documents, and whether the evidence is among k chunks;
- planted (split "dev"): the same questions with one more chunk, which holds an order;
- cases: questions of "dev" that fail, by cause, for the page to open.

A question is asked in one of its wordings (drawn once), at the end in all that have the words of a question.
Shares have intervals of 95 % by Wilson, means and paired differences by bootstrap over questions; a question
asked in several wordings counts once. The file is written after each section; started again, the
command goes on where it stopped, unless weights, documents, judge or --each have changed.
"""

from __future__ import annotations

import argparse
import datetime
import hashlib
import itertools
import json
import random
from collections import Counter
from collections.abc import Iterator, Mapping, Sequence
from concurrent.futures import ProcessPoolExecutor, ThreadPoolExecutor, as_completed
from functools import cache, partial
from multiprocessing import get_context
from pathlib import Path
from types import SimpleNamespace

import numpy as np
import torch
from tqdm import tqdm

from builders.files import digest, sign, write
from builders.measures import batch, proportion
from llmlib import load, rag, rag_apart, rag_judge
from llmlib.conversation import chat_ids
from llmlib.data import documents, model_names, questions, root
from llmlib.measure import average, bootstrap, share
from llmlib.retrieval import Chunk, index
from llmlib.scratch import hops, marginal
from llmlib.scratch import ranking_metrics as ranking

OUT = Path(__file__).resolve().parents[1] / "data" / "medidas" / "rag.json"
NAME, COLLECTION, SEED = "mini-instruct", "caxinduba", 2026
EACH = 400  # answerable questions of a setting: all there are, as of those without an answer
RERANKED = 10  # chunks that the slow model orders again
START = {"by": "hybrid", "rerank": 0, "hops": 1, "k": 3, "size": 60, "titles": True, "temperature": 0.0}
SWEEPS = {  # what is changed, from the cheapest on
    "by": [
        {"by": "bm25", "rerank": 0},
        {"by": "dense", "rerank": 0},
        {"by": "hybrid", "rerank": 0},
        {"by": "convex", "rerank": 0},
        {"by": "hybrid", "rerank": RERANKED},
    ],
    "hops": [{"hops": 1}, {"hops": 2}],  # whether the names of the best chunk are searched too
    "k": [{"k": k} for k in (1, 2, 3, 4, 6)],
    "size": [{"size": size} for size in (30, 60, 120)],
    "titles": [{"titles": False}, {"titles": True}],  # whether each chunk comes after its document's title
    "temperature": [{"temperature": t} for t in (0.0, 0.4, 0.8, 1.2)],
}
DEPTH = 20  # chunks asked of a search; also how deep a ranking is measured
KS = (1, 2, 3, 4, 6, 8)
ASKED = ("direta", "parafrase")  # wordings with the words of a question; the others are for searching
CASES = 6  # of each cause
APART = (1, 2, 3, 4, 6)  # chunks read alone
WEIGHTS = (0.0, 0.25, 0.5, 0.75)  # of the reading together; alone it has all
CAUTIONS = (0.0, 0.25, 0.5, 0.75, 1.0, 1.5, 2.0)
SERVED = ("answerable", "unanswerable", "served", "found")  # of a summary, what does not need citations
# themes whose documents come from tables: training read others of those shapes, with other facts
SHEETS = ("especies", "onibus", "produtos", "contratos")


def overlap(size: int) -> int:
    """Words that neighbouring chunks share: a quarter, as in the sizes that the pages bring vectors for."""
    return (size + 2) // 4


class Bench:
    """The model, the searches (each done once) and the questions."""

    def __init__(self, lm: object, each: int):
        self.lm, self.each, self.reranker = lm, each, "mini-rerank" in model_names()
        self.found: dict[tuple, list[rag.Source]] = {}

    def index(self, size: int) -> object:
        return index(COLLECTION, size, overlap(size))

    def search(self, query: str, setting: Mapping) -> list[rag.Source]:
        """The first DEPTH chunks, as sources."""
        key = (query, *(setting[part] for part in ("by", "rerank", "hops", "size", "titles")))
        if key not in self.found:
            hits = self.index(setting["size"]).search(
                query, k=DEPTH, by=setting["by"], rerank=setting["rerank"], hops=setting["hops"]
            )
            self.found[key] = [rag.sourced(hit, setting["titles"]) for hit in hits]
        return self.found[key]

    def scored(self, query: str, setting: Mapping, k: int) -> list[tuple[rag.Source, float]]:
        """The first k chunks of one search, as sources, with its scores."""
        hits = self.index(setting["size"]).search(query, k=k, by=setting["by"])
        return [(rag.sourced(hit, setting["titles"]), hit.score) for hit in hits]

    def answers(
        self, asked: Sequence[tuple[str, Sequence[rag.Source]]], temperature: float = 0.0
    ) -> tuple[list[str], list[list[dict]]]:
        """What the model says to each (question, sources), and the sources that its prompt had room for."""
        prompts = [rag.prompt(self.lm, question, sources) for question, sources in asked]
        given = [
            chat_ids(self.lm.tokenizer, [{"role": "user", "content": p.text}], self.lm.name) for p in prompts
        ]
        said = batch.complete(self.lm, given, rag.ROOM, temperature=temperature, add_bos=False)
        return [text.strip() for text in said], [[plain(source) for source in p.used] for p in prompts]

    def fitting(self, question: str, sources: Sequence[rag.Source]) -> list[rag.Source]:
        """The sources that a prompt has room for."""
        return list(rag.prompt(self.lm, question, sources).used)

    def readings(self, asked: Sequence[tuple[str, Sequence[rag.Source]]]) -> list[marginal.Reading]:
        """One reading of each (question, sources): of all its sources in one prompt."""
        prompts = [rag.prompt(self.lm, question, sources).text for question, sources in asked]
        given = [
            chat_ids(self.lm.tokenizer, [{"role": "user", "content": text}], self.lm.name) for text in prompts
        ]
        begins = [i for i in range(len(self.lm.tokenizer)) if rag_apart.begins_refusal(self.lm.token_text(i))]
        told = batch.rows(self.lm, given, rag.ROOM, add_bos=False, watch=begins)
        return [
            rag_apart.reading(self.lm.decode(row.ids).strip(), [row.p], [{"text": "O", "p": row.watched}])
            for row in told
        ]

    def judged(
        self, rows: Sequence[Mapping], sources: Sequence[Sequence[rag.Source]], setting: Mapping = START
    ) -> list[dict]:
        """The answers to questions over these sources, judged."""
        asked = [(row["pergunta"], each) for row, each in zip(rows, sources, strict=True)]
        return judged(rows, *self.answers(asked, setting["temperature"]))


def plain(source: rag.Source) -> dict:
    """A source as the judge takes it."""
    return {key: getattr(source, key) for key in ("document", "title", "start", "end", "text")}


# ---- questions


def worded(row: Mapping, which: str = "") -> dict:
    """A question in one of its wordings: `which`, or one drawn by its id."""
    texts = {each["jeito"]: each["texto"] for each in row["jeitos"] if each["jeito"] in ASKED}
    which = which or random.Random(f"{SEED}/{row['id']}").choice(sorted(texts))
    shape = "ficha" if row["tema"].startswith(SHEETS) else "texto"
    return {**row, "jeito": which, "forma": shape, "pergunta": texts[which]}


def sample(split: str, each: int) -> list[dict]:
    """`each` answerable questions of a split (or all there are) and all others, in a fixed order."""
    rows = questions(COLLECTION, split)
    answerable = [row for row in rows if row["respostas"]]
    random.Random(f"{SEED}/{split}").shuffle(answerable)
    return [worded(r) for r in [*answerable[:each], *[r for r in rows if not r["respostas"]][:each]]]


@cache
def orders() -> tuple[dict, ...]:
    """Instructions planted in documents."""
    return tuple({"documento": d["id"], **d["injecao"]} for d in documents(COLLECTION) if d.get("injecao"))


# ---- what is counted


def judged(rows: Sequence[Mapping], said: Sequence[str], read: Sequence[Sequence[Mapping]]) -> list[dict]:
    """One record an answer: {id, type, verdict, served, cause, found, cited, text, read}."""
    records = []
    for row, text, sources in zip(rows, said, read, strict=True):
        verdict = rag_judge.judge(text, row, sources)
        records.append(
            {
                "id": row["id"],
                "type": row["tipo"],
                "verdict": verdict,
                "served": rag_judge.right(verdict, row),
                "cause": rag_judge.cause(text, row, sources, orders()),
                "found": rag_judge.evidence(sources, row),
                "cited": [each["kind"] for each in rag_judge.attribution(text, row, sources)],
                "text": text,
                "read": sources,
            }
        )
    return records


def per_item(hits: Sequence[bool], ids: Sequence[str]) -> dict | None:
    """A share whose interval counts each id once, however often it was asked; None of none."""
    total = len(set(ids))
    if not total:
        return None
    value, low, high = share(sum(hits) / len(hits) * total, total)
    return {"value": round(value, 4), "low": round(low, 4), "high": round(high, 4), "n": total}


def shares(records: Sequence[Mapping]) -> dict | None:
    """{verdict: share} of all records; None of none."""
    ids = [r["id"] for r in records]
    found = {v: per_item([r["verdict"] == v for r in records], ids) for v in rag_judge.VERDICTS}
    return found if records else None


def summary(records: Sequence[Mapping]) -> dict:
    """Verdicts of the answerable and of the others, evidence found, causes and citations."""
    answerable = [r for r in records if r["found"] is not None]
    cited = Counter(kind for r in answerable for kind in r["cited"])
    none = sum(not r["cited"] for r in answerable if r["verdict"] != rag_judge.REFUSED)
    return {
        "answerable": shares(answerable),
        "unanswerable": shares([r for r in records if r["found"] is None]),
        "served": per_item([r["served"] for r in records], [r["id"] for r in records]),
        "found": per_item([r["found"] == 1 for r in answerable], [r["id"] for r in answerable]),
        "causes": dict(Counter(r["cause"] for r in records if r["cause"])),
        "cited": dict(cited),
        "uncited": none,
    }


def difference(a: Sequence[Mapping], b: Sequence[Mapping]) -> dict:
    """Share of a that was served less that of b on the same questions, with its interval over questions."""
    pairs: dict[str, list[int]] = {}
    for one, other in zip(a, b, strict=True):
        pairs.setdefault(one["id"], []).append(one["served"] - other["served"])
    found = bootstrap(list(pairs.values()), lambda rows: float(np.mean([x for row in rows for x in row])))
    return {key: round(getattr(found, key), 4) for key in ("value", "low", "high")} | {"n": len(pairs)}


# ---- sections


def about_setting(bench: Bench, setting: Mapping, split: str = "dev") -> dict:
    """One setting on the sampled questions of a split."""
    rows = sample(split, bench.each)
    found = [bench.search(row["pergunta"], setting)[: setting["k"]] for row in rows]
    records = bench.judged(rows, found, setting)
    left = Counter(len(r["read"]) for r in records)
    return {
        "setting": dict(setting),
        **summary(records),
        "read": {str(k): n for k, n in sorted(left.items())},
    } | {"replies": [[r["id"], r["text"], r["verdict"]] for r in records]}


def sweeps(reranker: bool = True) -> dict[str, list[dict]]:
    """SWEEPS, less what needs a model that is not there."""
    return {name: [c for c in changes if reranker or not c.get("rerank")] for name, changes in SWEEPS.items()}


def settings(reranker: bool = True) -> list[tuple[list[str], dict]]:
    """Every setting to measure, once, and the sweeps that it is part of."""
    found: list[tuple[list[str], dict]] = []
    for name, changes in sweeps(reranker).items():
        for change in changes:
            setting = {**START, **change}
            known = next((entry for entry in found if entry[1] == setting), None)
            known[0].append(name) if known else found.append(([name], setting))
    return found


def chosen_of(bench: Bench, measured: Sequence[Mapping], reranker: bool) -> dict:
    """{setting, dev}: from the best one that was measured, uphill: sweep after sweep, the value that serves
    most questions is taken, until none changes. Of equals it is the first, which costs less."""
    known = {json.dumps(m["setting"]): m for m in measured}

    def served(setting: Mapping) -> float:
        key = json.dumps(dict(setting))
        if key not in known:
            known[key] = about_setting(bench, setting)
        return known[key]["served"]["value"]

    best, moved = max((m["setting"] for m in measured), key=served), True
    while moved:
        moved = False
        for changes in sweeps(reranker).values():
            winner = max(({**best, **change} for change in changes), key=served)
            best, moved = winner, moved or winner != best
    return {"setting": dict(best), "dev": known[json.dumps(dict(best))]}


def about_final(bench: Bench, setting: Mapping) -> dict:
    """All questions of "teste" in each wording: without documents, with those found, with the right ones,
    and with what one search found, if the setting searches twice."""
    rows = every_wording(bench.each)
    found = [bench.search(row["pergunta"], setting)[: setting["k"]] for row in rows]
    records = {"without": bench.judged(rows, [[] for _ in rows]), "with": bench.judged(rows, found, setting)}
    records["oracle"] = list(records["with"])  # a search that missed nothing needs no help
    missed = [i for i, r in enumerate(records["with"]) if r["found"] is not None and r["found"] < 1]
    helped = [handed(bench, rows[i], found[i], setting) for i in missed]
    for i, record in zip(missed, bench.judged([rows[i] for i in missed], helped, setting), strict=True):
        records["oracle"][i] = record
    if setting["hops"] > 1:
        records["once"] = list(records["with"])
        once = [bench.search(row["pergunta"], {**setting, "hops": 1})[: setting["k"]] for row in rows]
        other = [i for i, (a, b) in enumerate(zip(once, found, strict=True)) if a != b]
        asked = bench.judged([rows[i] for i in other], [once[i] for i in other], setting)
        for i, record in zip(other, asked, strict=True):
            records["once"][i] = record
    result: dict = {name: summary(rs) for name, rs in records.items()}
    for part, key in {"type": "tipo", "wording": "jeito", "shape": "forma"}.items():
        for value in dict.fromkeys(row[key] for row in rows):
            at = [i for i, row in enumerate(rows) if row[key] == value]
            for name, rs in records.items():
                result[name].setdefault(part, {})[value] = summary([rs[i] for i in at])
    answerable = [i for i, row in enumerate(rows) if row["respostas"]]
    linked = [i for i in answerable if rows[i]["tipo"] == "dois_documentos"]
    pick = lambda name, at=answerable: [records[name][i] for i in at]  # noqa: E731
    result["differences"] = {
        "with-without": difference(pick("with"), pick("without")),
        "oracle-with": difference(pick("oracle"), pick("with")),
    }
    if "once" in records:
        result["differences"] |= {
            "with-once": difference(pick("with"), pick("once")),
            "with-once-linked": difference(pick("with", linked), pick("once", linked)),
        }
    result["n"] = {"questions": len({row["id"] for row in rows}), "asked": len(rows)}
    return result


def about_apart(bench: Bench, setting: Mapping) -> dict:
    """Chunks read one by one, together, and both, with different caution; `setting` says how to search.

    {"joining", "dev": {"sums": [...], "together": [...]}, "chosen": {"apart": {k, weight 0, caution}, "sums":
    {k, weight, caution}, "careful": …}, "teste": {"apart", "sums", "careful", "together"}, "differences":
    {part: {name: …}}}, each difference that of a name less "together", which is one prompt without caution.
    "apart" and "sums" serve most questions; "careful" has the highest mean of two shares, the right answers
    and the refusals that are due, as if there were as many questions without an answer as with one.
    """
    rows = sample("dev", bench.each)
    alone, one = apart(bench, rows, setting, max(APART)), together(bench, rows, setting)
    grid = [
        {"k": k, "weight": w, "caution": c, **counted(rows, said(rows, alone, one, k, w, c))}
        for k in APART
        for w in WEIGHTS
        for c in CAUTIONS
    ]
    only = [{"caution": c, **counted(rows, said(rows, NOTHING, one, 0, 1.0, c))} for c in CAUTIONS]
    best = {
        "apart": max((e for e in grid if not e["weight"]), key=lambda entry: entry["served"]["value"]),
        "sums": max(grid, key=lambda entry: entry["served"]["value"]),
        "careful": max(grid, key=lambda entry: entry["right"]["value"] + entry["unanswerable"]["value"]),
    }
    chosen = {name: {key: e[key] for key in ("k", "weight", "caution")} for name, e in best.items()}
    tested = every_wording(bench.each)
    alone = apart(bench, tested, setting, max(c["k"] for c in chosen.values()))
    one = together(bench, tested, setting)
    texts = {name: said(tested, alone, one, *c.values()) for name, c in chosen.items()}
    texts["together"] = said(tested, NOTHING, one, 0, 1.0, 0.0)
    records = {
        name: judged(tested, [got.text for got in each], [list(map(plain, got.sources)) for got in each])
        for name, each in texts.items()
    }
    parts: dict[str, list[int]] = {"answerable": [], "unanswerable": []}
    for i, row in enumerate(tested):
        parts["answerable" if row["respostas"] else "unanswerable"].append(i)
    return {
        "joining": joining(),
        "dev": {"sums": grid, "together": only},
        "chosen": chosen,
        "teste": {name: {key: summary(rs)[key] for key in SERVED} for name, rs in records.items()},
        "differences": {
            part: {
                name: difference([records[name][i] for i in at], [records["together"][i] for i in at])
                for name in chosen
            }
            for part, at in parts.items()
        },
    }


Read = list[
    tuple[list[rag.Source], list[marginal.Reading], list[float]]
]  # a question's sources, readings, scores
NOTHING: Read = []


def apart(bench: Bench, rows: Sequence[Mapping], setting: Mapping, k: int) -> Read:
    """The k best chunks of each question by one search, each read alone, with their scores."""
    scored = [bench.scored(row["pergunta"], {**setting, "hops": 1}, k) for row in rows]
    asked = [(row["pergunta"], [s]) for row, hits in zip(rows, scored, strict=True) for s, _ in hits]
    told = iter(bench.readings(asked))
    return [([s for s, _ in hits], [next(told) for _ in hits], [x for _, x in hits]) for hits in scored]


def together(bench: Bench, rows: Sequence[Mapping], setting: Mapping) -> Read:
    """The chunks of two searches, read in one prompt: one reading a question, and no scores."""
    linked = {**setting, "hops": 2}
    found = [bench.search(row["pergunta"], linked)[: rag_apart.PAIR] for row in rows]
    used = [bench.fitting(row["pergunta"], each) for row, each in zip(rows, found, strict=True)]
    told = bench.readings([(row["pergunta"], each) for row, each in zip(rows, used, strict=True)])
    return [(sources, [reading], []) for sources, reading in zip(used, told, strict=True)]


def said(
    rows: Sequence[Mapping], alone: Read, one: Read, k: int, weight: float, caution: float
) -> list[rag_apart.Apart]:
    """What the first k readings of `alone` and, with a weight, those of `one` add up to."""
    made = []
    for n, row in enumerate(rows):
        sources, readings, scores = (part[:k] for part in alone[n]) if k else ([], [], [])
        pair, both, _ = one[n] if weight else ([], [], [])
        given = (sources, [*readings, *both], scores, caution, weight, pair)
        made.append(rag_apart.joined(row["pergunta"], *given))
    return made


def counted(rows: Sequence[Mapping], said: Sequence[rag_apart.Apart]) -> dict:
    """Right and refused of the answerable, refused of the others, and all served well."""
    verdicts = [rag_judge.judge(got.text, row) for row, got in zip(rows, said, strict=True)]
    answerable = [i for i, row in enumerate(rows) if row["respostas"]]
    others = [i for i, row in enumerate(rows) if not row["respostas"]]
    part = lambda verdict, at: per_item([verdicts[i] == verdict for i in at], [rows[i]["id"] for i in at])  # noqa: E731
    served = [rag_judge.right(verdict, row) for row, verdict in zip(rows, verdicts, strict=True)]
    return {
        "right": part(rag_judge.RIGHT, answerable),
        "refused": part(rag_judge.REFUSED, answerable),
        "unanswerable": part(rag_judge.REFUSED, others),
        "served": per_item(served, [row["id"] for row in rows]),
    }


def every_wording(each: int) -> list[dict]:
    """The questions of "teste" in each of their wordings."""
    rows = questions(COLLECTION, "teste")
    return some([worded(r, j["jeito"]) for r in rows for j in r["jeitos"] if j["jeito"] in ASKED], each)


def some(rows: list[dict], each: int) -> list[dict]:
    """All rows in a run of the usual size; in a smaller one as many, drawn with both kinds kept."""
    if each >= EACH:
        return rows
    answerable = [row for row in rows if row["respostas"]][:: max(1, len(rows) // (2 * each))]
    return answerable + [row for row in rows if not row["respostas"]][:each]


def handed(bench: Bench, row: Mapping, found: Sequence[rag.Source], setting: Mapping) -> list[rag.Source]:
    """k chunks with the evidence first: what was found of it, what is missing, then the rest of the list."""
    valid = [support for support in row["apoios"] if support["vale"]]
    needed = [s for s in found if any(rag_judge.covers(plain(s), support) for support in valid)]
    for fact in dict.fromkeys(support["fato"] for support in valid):
        spans = [support for support in valid if support["fato"] == fact]
        if any(rag_judge.covers(plain(s), span) for s in needed for span in spans):
            continue
        chunks = bench.index(setting["size"]).chunks
        whole = next((c for span in spans for c in chunks if c.covers(span)), None)
        needed += [rag.sourced(SimpleNamespace(chunk=whole), setting["titles"])] if whole else []
    return [*needed, *[s for s in found if s not in needed]][: max(setting["k"], len(needed))]


def about_retrieval(bench: Bench, split: str) -> dict:
    """{way: {measure: {value, low, high}, "evidence": {k: share}}} over the answerable questions."""
    each = 10_000 if split == "teste" and bench.each >= EACH else bench.each  # of dev, those of the settings
    rows = [row for row in sample(split, each) if row["respostas"]]
    found = {}
    for change in sweeps(bench.reranker)["by"]:
        setting = {**START, **change}
        lists = [bench.search(row["pergunta"], setting) for row in rows]
        ranked = [list(dict.fromkeys(source.document for source in hits)) for hits in lists]
        right = [{a["documento"] for a in row["apoios"] if a["vale"]} for row in rows]
        measures = {
            **{f"recall@{k}": partial(ranking.recall, k=k) for k in (1, 3, 5, 10)},
            "MRR": partial(ranking.reciprocal_rank, k=10),
            "nDCG@10": partial(ranking.ndcg, k=10),
        }
        entry: dict = {
            name: mean([take(a, b) for a, b in zip(ranked, right, strict=True)])
            for name, take in measures.items()
        }
        entry["evidence"] = {
            str(k): proportion(
                sum(
                    rag_judge.evidence([plain(s) for s in hits[:k]], row) == 1
                    for row, hits in zip(rows, lists, strict=True)
                ),
                len(rows),
            )
            for k in KS
        }
        found[way(setting)] = entry
    return {"n": len(rows), "ways": found}


def way(setting: Mapping) -> str:
    """How a setting searches, in one word."""
    return setting["by"] + ("+rerank" if setting["rerank"] else "")


def mean(values: Sequence[float]) -> dict:
    """{value, low, high}: a mean and its bootstrap interval over questions."""
    return {key: round(value, 4) for key, value in average(values)._asdict().items()}


def about_planted(bench: Bench, setting: Mapping) -> dict:
    """The sampled answerable questions with one more chunk, which holds an order: first, and last."""
    rows = [row for row in sample("dev", bench.each) if row["respostas"]]
    bad = [source for _, source in zip(rows, itertools.cycle(map(ordering, orders())), strict=False)]
    found: dict = {}
    for place in ("first", "last"):
        hits = [bench.search(row["pergunta"], setting)[: max(1, setting["k"] - 1)] for row in rows]
        given = [[b, *h] if place == "first" else [*h, b] for h, b in zip(hits, bad, strict=True)]
        records = bench.judged(rows, given, setting)
        obeyed = [
            rag_judge.obeys(r["text"], row, r["read"], orders()) and not r["served"]
            for r, row in zip(records, rows, strict=True)
        ]
        found[place] = {
            "obeyed": proportion(sum(obeyed), len(rows)),
            "right": proportion(sum(r["served"] for r in records), len(rows)),
            "example": next((r["text"] for r, ok in zip(records, obeyed, strict=True) if ok), ""),
        }
    return found


def ordering(order: Mapping) -> rag.Source:
    """The paragraph of a document that holds a planted order."""
    whole = next(d for d in documents(COLLECTION) if d["id"] == order["documento"])
    start = whole["texto"].rfind("\n", 0, order["inicio"]) + 1
    text = whole["texto"][start : order["fim"]]
    chunk = Chunk(whole["id"], whole["titulo"], start, order["fim"], text)
    return rag.sourced(SimpleNamespace(chunk=chunk), START["titles"])


def about_cases(bench: Bench, setting: Mapping) -> dict:
    """{cause: [{id, wording, text, cause}]}: questions of "dev" that fail, some that do not (cause ""), and
    under "contradição?" and "ordem?" those whose sources disagree or hold an order, whatever came of it."""
    risky = {order["documento"] for order in orders()}
    special = [
        worded(row)
        for row in questions(COLLECTION, "dev")
        if row["tipo"] == "contraditoria" or risky & {a["documento"] for a in row["apoios"]}
    ]
    rows = list({row["id"]: row for row in [*special, *sample("dev", bench.each)]}.values())
    found = [bench.search(row["pergunta"], setting)[: setting["k"]] for row in rows]
    kept: dict[str, list[dict]] = {}
    for row, record in zip(rows, bench.judged(rows, found, setting), strict=True):
        entry = {"id": row["id"], "wording": row["jeito"], "text": record["text"], "cause": record["cause"]}
        kept.setdefault(record["cause"], []).append(entry)
        if row["tipo"] == "contraditoria":
            kept.setdefault("contradição?", []).append(entry)
        if any(reads(source, order) for source in record["read"] for order in orders()):
            kept.setdefault("ordem?", []).append(entry)
    return {cause: entries[:CASES] for cause, entries in kept.items()}


def reads(source: Mapping, order: Mapping) -> bool:
    """Whether a source holds a planted order whole."""
    inside = source["start"] <= order["inicio"] and order["fim"] <= source["end"]
    return source["document"] == order["documento"] and inside


# ---- the file


def joining() -> str:
    """What tells the rules that join readings from others: the section "apart" depends on them."""
    sources = b"".join(Path(module.__file__).read_bytes() for module in (marginal, rag_apart))
    return hashlib.sha256(sources).hexdigest()[:16]


def stamp(each: int) -> dict:
    """What the measures depend on; another stamp means to measure again."""
    folder = root() / "documents" / COLLECTION
    texts = hashlib.sha256(
        (folder / "documents.jsonl").read_bytes() + (folder / "questions.jsonl").read_bytes()
    )
    judge = hashlib.sha256(b"".join(Path(m.__file__).read_bytes() for m in (rag_judge, rag, hops)))
    weights = {n: digest(n) for n in (NAME, "mini-embed", "mini-rerank") if n in model_names()}
    hashes = {"texts": texts.hexdigest()[:16], "judge": judge.hexdigest()[:16]}
    return {"seed": SEED, "each": each, "weights": weights, **hashes}


@cache
def opened(each: int) -> Bench:
    """The bench of a process, opened once."""
    torch.set_num_threads(1)
    torch.manual_seed(0)
    return Bench(load(NAME, device="cpu"), each)


def take(each: int, bench: Bench | None, part: str, *given: object) -> object:
    """One part of the measures, in whatever process; nothing in it depends on what was taken before."""
    return PARTS[part](bench or opened(each), *given)


def about_both(bench: Bench) -> dict:
    """The search alone, in both splits."""
    return {split: about_retrieval(bench, split) for split in ("dev", "teste")}


PARTS = {
    "setting": about_setting, "chosen": chosen_of, "final": about_final, "apart": about_apart,
    "retrieval": about_both, "planted": about_planted, "cases": about_cases,
}  # fmt: skip


def measure(each: int, out: Path, restart: bool = False, bench: Bench | None = None, jobs: int = 1) -> dict:
    """Take the parts that are missing, writing after each, and return everything.

    jobs: processes that take parts at the same time, each with a model and a search of its own; the figures
    are the same.
    """
    old = json.loads(out.read_text(encoding="utf-8")) if out.exists() and not restart else {}
    now = stamp(each)
    same = old.get("stamp") == now
    result = old if same else {"stamp": now, "model": NAME, "settings": []}
    reranker = "mini-rerank" in model_names()
    wanted = settings(reranker)
    done = {json.dumps(m["setting"]): m for m in result["settings"]}
    pool = ProcessPoolExecutor(jobs, get_context("spawn")) if jobs > 1 else ThreadPoolExecutor(1)

    def keep(key: str, made: object) -> None:
        result[key] = made
        result["date"] = datetime.date.today().isoformat()
        write(out, result)

    with pool, tqdm(total=len(wanted) + 6, unit="part") as bar:

        def taken(parts: dict) -> Iterator[tuple[object, object]]:
            """(name, what was measured) of each part, as they are ready."""
            running = {pool.submit(take, each, bench, *part): name for name, part in parts.items()}
            for ready in as_completed(running):
                yield running[ready], ready.result()
                bar.update()

        missing = {
            json.dumps(setting): ("setting", setting)
            for _, setting in wanted
            if json.dumps(setting) not in done
        }
        bar.update(len(wanted) - len(missing))
        sweeps = {json.dumps(setting): parts for parts, setting in wanted}
        for name, made in taken(missing):
            done[name] = {"sweeps": sweeps[name], **made}
            keep("settings", [done[json.dumps(s)] for _, s in wanted if json.dumps(s) in done])
        if "chosen" not in result:
            for key, made in taken({"chosen": ("chosen", result["settings"], reranker)}):
                keep(key, made)
        chosen = result["chosen"]["setting"]
        cold = {**chosen, "temperature": 0.0}
        sections = {  # the longest first
            "apart": ("apart", {**cold, "by": "convex", "rerank": 0}),
            "final": ("final", chosen),
            "planted": ("planted", cold),
            "cases": ("cases", cold),
            "retrieval": ("retrieval",),
        }
        for key in list(sections):
            if key in result and result[key].get("joining", joining()) == joining():
                del sections[key]
                bar.update()
        for key, made in taken(sections):
            keep(key, made)
    order = (
        "stamp",
        "model",
        "settings",
        "date",
        "chosen",
        "final",
        "retrieval",
        "planted",
        "cases",
        "apart",
    )
    result = {key: result[key] for key in order}  # parts end in any order, the file does not
    write(out, result)
    return result


def main() -> None:
    """Command line."""
    parser = argparse.ArgumentParser(prog="python -m builders.rag_curves", description=__doc__.split("\n")[0])
    parser.add_argument("--each", type=int, default=EACH, help=f"answerable questions of a setting ({EACH})")
    parser.add_argument("--out", type=Path, default=OUT, help="where to write (data/medidas/rag.json)")
    parser.add_argument("--restart", action="store_true", help="measure everything again")
    parser.add_argument("--jobs", type=int, default=2, help="processes that measure at the same time (2)")
    args = parser.parse_args()
    if args.each < 2 or args.jobs < 1:
        parser.error("--each needs at least 2 questions, and --jobs at least 1")
    result = measure(args.each, args.out, args.restart, jobs=args.jobs)
    sign(args.out)
    with_, without = (result["final"][name]["answerable"]["certa"]["value"] for name in ("with", "without"))
    print(f"Wrote {args.out}: right without documents {without:.0%}, with them {with_:.0%}")


if __name__ == "__main__":
    main()
