"""RankLists: one question, the same passages, and the place that each way of searching gives them.

The recording holds a few questions with what words (BM25), vectors, both joined, and a second reading put
first; a question of the reader's own asks `compute("search")` once for each way. It shows how two lists are
joined, by reciprocal ranks or by scores on one ruler, and joins none itself.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence

import traitlets

from llmlib import rag
from llmlib.widgets import fallback as html
from llmlib.widgets.base import Widget
from llmlib.widgets.rag_pipeline import result

WAYS = {
    "bm25": "palavras",
    "dense": "vetores",
    "hybrid": "por lugares",
    "convex": "por notas",
    "rerank": "relidas",
}
RERANKED = 10  # how many of the joined list are read again


class RankLists(Widget):
    """Ranked lists side by side.

    Args:
        source: whoever answers "search": anything with `compute` and `name`, as `LM`.
        questions: rows of `llmlib.data.questions`, or {"pergunta": …} alone; the first is shown.
        labels: a few words for each question.
        collection, size, overlap: what is searched.
        depth: how many places of each list are shown, 3 to 10.
        rerank: is there a model that reads again?
    """

    name = "rank-lists"
    collection = traitlets.Unicode("").tag(sync=True)
    settings = traitlets.Dict().tag(sync=True)  # {size, overlap, depth, rerank}
    ways = traitlets.List(traitlets.List()).tag(sync=True)  # [key, label] of each column
    passages = traitlets.Dict().tag(sync=True)  # key -> {title, text}
    recorded = traitlets.List(traitlets.Dict()).tag(sync=True)  # see record(), and label

    def __init__(
        self,
        source: object,
        questions: Sequence[Mapping],
        labels: Sequence[str],
        collection: str = "caxinduba",
        size: int = 60,
        overlap: int = 15,
        depth: int = 6,
        rerank: bool = True,
    ) -> None:
        if not questions or len(questions) != len(labels):
            raise ValueError(f"É um rótulo para cada pergunta: vieram {len(questions)} e {len(labels)}.")
        if not 3 <= depth <= 10:
            raise ValueError(f"depth vai de 3 a 10; veio {depth}.")
        ways = [[key, label] for key, label in WAYS.items() if rerank or key != "rerank"]
        passages: dict[str, dict] = {}
        how = {"collection": collection, "size": size, "overlap": overlap, "k": depth}
        made = [
            {"label": label, **record(source, row, how, [key for key, _ in ways], passages)}
            for label, row in zip(labels, questions, strict=True)
        ]
        super().__init__(
            compute=source.compute,
            model_name=source.name,
            collection=collection,
            settings={"size": size, "overlap": overlap, "depth": depth, "rerank": RERANKED},
            ways=ways,
            passages=passages,
            recorded=made,
        )

    def summary(self) -> str:
        made = self.recorded[0]
        places = {
            label: next((n for n, key in enumerate(made["lists"][way], 1) if key in made["answers"]), 0)
            for way, label in self.ways
        }
        out = f"fora dos {self.settings['depth']} primeiros"
        said = "; ".join(f"{label}, {f'{n}º lugar' if n else out}" for label, n in places.items())
        return f"Perguntado “{made['question']}”, o primeiro trecho que tem a resposta ficou assim: {said}."

    def fallback(self) -> str:
        made = self.recorded[0]
        head = "".join(f"<th scope='col'>{label}</th>" for _, label in self.ways)
        rows = "".join(
            f"<tr><th scope='row'>{n + 1}º</th>"
            + "".join(self._cell(made, way, n) for way, _ in self.ways)
            + "</tr>"
            for n in range(self.settings["depth"])
        )
        return (
            f"<p>{html.escape(self.summary())}</p><table><thead><tr><th></th>{head}</tr></thead>"
            f"<tbody>{rows}</tbody></table>"
        )

    def _cell(self, made: dict, way: str, n: int) -> str:
        keys = made["lists"][way]
        if n >= len(keys):
            return "<td></td>"
        mark = "✓ " if keys[n] in made["answers"] else ""
        return f"<td>{mark}{html.escape(self.passages[keys[n]]['title'])}</td>"


def record(source: object, row: Mapping, how: dict, ways: Sequence[str], passages: dict) -> dict:
    """{question, lists: way -> keys, ranks: key -> {bm25, dense}, scores: key -> mean score, answers: keys}.

    Fills `passages` with what it meets.
    """
    lists, ranks, scores, answers = {}, {}, {}, set()
    for way in ways:
        by = {"by": "hybrid", "rerank": RERANKED} if way == "rerank" else {"by": way, "rerank": 0}
        hits = result(source.compute("search", {**how, **by, "query": row["pergunta"]}))["hits"]
        lists[way] = [f"{hit['document']}:{hit['start']}" for hit in hits]
        for key, hit in zip(lists[way], hits, strict=True):
            passages[key] = {"title": hit["title"], "text": rag.flat(hit["text"])}
            found = ranks.setdefault(key, {})
            found |= {each: hit[each]["rank"] for each in ("bm25", "dense") if hit.get(each)}
            if way == "convex":
                scores[key] = round(hit["score"], 4)
            if any(covers(hit, span) for span in row.get("apoios", ()) if span["vale"]):
                answers.add(key)
    found = {"lists": lists, "ranks": ranks, "scores": scores, "answers": sorted(answers)}
    return {"question": row["pergunta"], **found}


def covers(hit: Mapping, span: Mapping) -> bool:
    """Does the passage hold the whole of a supporting span?"""
    inside = hit["start"] <= span["inicio"] and span["fim"] <= hit["end"]
    return hit["document"] == span["documento"] and inside
