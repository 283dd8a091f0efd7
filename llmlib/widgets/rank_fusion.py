"""RankFusion: the reader weighs ranked lists, fuses them, and sees nDCG move on half of the searches.

Takes lists that `builders.paper_search` found; searches nothing. The other half is shown only when asked for,
and each look is counted, so that weights are not chosen on the searches that judge them.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence

import numpy as np
import traitlets

from llmlib.scratch.ranking_metrics import ndcg
from llmlib.widgets import fallback as html
from llmlib.widgets.base import Widget

DIGITS = "0123456789abcdefghijklmnopqrstuvwxyz"
PLACES = 20  # of each list
FORM_NAMES = {
    "especialista": "pergunta de especialista",
    "palavras": "palavras-chave",
    "leiga": "pergunta leiga",
    "item": "um texto exato",
}


def two(number: int) -> str:
    """A place below 1,296 as two digits of base 36."""
    if not 0 <= number < 1296:
        raise ValueError(f"Só cabem lugares de 0 a 1.295; veio {number}.")
    return DIGITS[number // 36] + DIGITS[number % 36]


def packed(ranking: Sequence[int], places: int = PLACES) -> str:
    """Places of texts, the best first, two characters each."""
    return "".join(map(two, ranking[:places]))


def graded(measured: Mapping, form: str, grades: Mapping[str, Mapping[str, int]]) -> list[Mapping[str, int]]:
    """Grades of each search of a form: those of its need, or 3 for the one text that is right."""
    block = measured["forms"][form]
    if "right" in block:
        return [{text: 3} for text in block["right"]]
    return [grades[need] for need in block["ids"]]


class RankFusion(Widget):
    """Weighted reciprocal rank fusion.

    Args:
        measured: data/medidas/busca-cientifica.json.
        grades: {search: {text: 1 to 3}} (`llmlib.data.relevance`).
        ids: of the texts, in the order of the collection.
        ways: which lists may be fused, in order; those that were not measured are left out.
        weights: with which weights the figure opens.
        form: in which words the searches are first asked.
    """

    name = "rank-fusion"
    forms = traitlets.List(traitlets.Dict()).tag(sync=True)
    ways = traitlets.List(traitlets.Dict()).tag(sync=True)
    form = traitlets.Unicode().tag(sync=True)
    weights = traitlets.List(traitlets.Float()).tag(sync=True)

    def __init__(
        self,
        measured: Mapping,
        grades: Mapping[str, Mapping[str, int]],
        ids: Sequence[str],
        ways: Sequence[str] = ("mapeada-leiga", "bm25", "vetores", "rerank", "upr"),
        weights: Mapping[str, float] | None = None,
        form: str = "leiga",
    ) -> None:
        ways = [way for way in ways if way in measured["ways"]]
        if len(ways) < 2:
            raise ValueError("Para fundir são precisas ao menos duas listas medidas.")
        if form not in measured["forms"]:
            raise ValueError(f"Não há buscas do tipo “{form}”; há {', '.join(measured['forms'])}.")
        weights = weights or {"bm25": 1, "vetores": 1}
        at = {name: i for i, name in enumerate(ids)}
        forms = []
        for key in measured["forms"]:
            marks = graded(measured, key, grades)
            forms.append(
                {
                    "key": key,
                    "label": FORM_NAMES[key],
                    "parts": "".join(part[0] for part in measured["forms"][key]["parts"]),
                    "grades": ["".join(two(at[k]) + str(g) for k, g in each.items()) for each in marks],
                    "lists": [
                        [packed(ranking) for ranking in measured["ways"][way]["rankings"][key]]
                        for way in ways
                    ],
                }
            )
        super().__init__(
            forms=forms,
            ways=[{"key": way, "label": measured["ways"][way]["name"]} for way in ways],
            form=form,
            weights=[float(weights.get(way, 0)) for way in ways],
        )  # fmt: skip
        names = list(ids)
        self._alone = {
            way: np.mean(
                [
                    ndcg([names[i] for i in ranking], grade, 10)
                    for ranking, grade, part in zip(
                        measured["ways"][way]["rankings"][form],
                        graded(measured, form, grades),
                        measured["forms"][form]["parts"],
                        strict=True,
                    )
                    if part == "dev"
                ]
            )
            for way in ways
        }

    def summary(self) -> str:
        alone = "; ".join(f"{w['label']}, {html.decimal(float(self._alone[w['key']]), 2)}" for w in self.ways)
        label = FORM_NAMES[self.form]
        return f"nDCG@10 de cada lista sozinha, nas buscas de ajuste ({label}): {alone}."

    def fallback(self) -> str:
        rows = "".join(
            f"<tr><th scope='row'>{html.escape(w['label'])}</th>"
            f"<td>{html.decimal(float(self._alone[w['key']]), 2)}</td></tr>"
            for w in self.ways
        )
        return (
            f"<p>{html.escape(self.summary())}</p><table><thead><tr><th>Lista</th><th>nDCG@10</th></tr></thead>"
            f"<tbody>{rows}</tbody></table>"
        )
