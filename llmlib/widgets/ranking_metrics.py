"""RankingMetrics: a list of results that the reader puts in another order, and what each metric makes of it.

The list comes from a real search, with the grade of each item; the sums are those of
`llmlib.scratch.ranking_metrics`, which the page's script repeats. It searches nothing.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence

import traitlets

from llmlib.scratch import ranking_metrics as metrics
from llmlib.widgets import fallback as html
from llmlib.widgets.base import Widget

NAMES = {"recall": "recall", "precision": "precisão", "rr": "RR", "ndcg": "nDCG"}


def measured(grades: Sequence[int], absent: Sequence[int], k: int) -> dict[str, float]:
    """The four metrics of a list: grades of its items in order, and of relevant ones that are not in it."""
    graded = dict(enumerate([*grades, *absent]))
    order = range(len(grades))
    return {
        "recall": metrics.recall(order, graded, k),
        "precision": metrics.precision(order, graded, k),
        "rr": metrics.reciprocal_rank(order, graded, k),
        "ndcg": metrics.ndcg(order, graded, k),
    }


class RankingMetrics(Widget):
    """Metrics of a ranking, to be moved.

    Args:
        query: what was searched.
        items: {"title", "grade": 0 to 3, "note": optional} each.
        orders: name -> places of `items`, each once; the first is shown.
        absent: grades of relevant items that the list does not have.
        k: how many results count.
    """

    name = "ranking-metrics"
    query = traitlets.Unicode("").tag(sync=True)
    items = traitlets.List(traitlets.Dict()).tag(sync=True)
    orders = traitlets.List(traitlets.Dict()).tag(sync=True)  # {label, order}
    absent = traitlets.List(traitlets.Int()).tag(sync=True)
    k = traitlets.Int(5).tag(sync=True)

    def __init__(
        self,
        query: str,
        items: Sequence[Mapping[str, object]],
        orders: Mapping[str, Sequence[int]],
        absent: Sequence[int] = (),
        k: int = 5,
    ) -> None:
        if len(items) < 2 or not orders:
            raise ValueError("RankingMetrics precisa de ao menos dois resultados e uma ordem.")
        if not 1 <= k <= len(items):
            raise ValueError(f"k vai de 1 a {len(items)}; veio {k}.")
        for grade in [*(each["grade"] for each in items), *absent]:
            if grade not in range(4):
                raise ValueError(f"A nota de relevância vai de 0 a 3; veio {grade}.")
        for label, order in orders.items():
            if sorted(order) != list(range(len(items))):
                raise ValueError(f"A ordem “{label}” precisa ter cada resultado uma vez.")
        super().__init__(
            query=query,
            items=[{"title": e["title"], "grade": int(e["grade"]), "note": e.get("note", "")} for e in items],
            orders=[{"label": label, "order": list(order)} for label, order in orders.items()],
            absent=[int(grade) for grade in absent],
            k=k,
        )

    def first(self) -> dict[str, float]:
        """The metrics of the order that is shown."""
        return measured([self.items[i]["grade"] for i in self.orders[0]["order"]], self.absent, self.k)

    def summary(self) -> str:
        found = self.first()
        told = ", ".join(f"{NAMES[key]} {html.decimal(value, 2)}" for key, value in found.items())
        return f"Na busca “{self.query}”, com os {self.k} primeiros: {told}."

    def fallback(self) -> str:
        rows = "".join(
            f"<tr><td>{place}</td><td>{html.escape(self.items[i]['title'])}</td>"
            f"<td>{self.items[i]['grade']}</td></tr>"
            for place, i in enumerate(self.orders[0]["order"], 1)
        )
        head = "".join(f"<th scope='col'>{each}</th>" for each in ("Lugar", "Resultado", "Relevância"))
        table = f"<table><thead><tr>{head}</tr></thead><tbody>{rows}</tbody></table>"
        return f"<p>{html.escape(self.summary())}</p>{table}"
