"""ContrastSteps: what contrastive training does to vectors, moment by moment.

At each moment: the cosines of pairs that mean the same and of all other pairs, as two histograms; alignment
and uniformity (Wang & Isola 2020); and in how many cases the right text is the nearest. It counts, and trains
nothing.
"""

from __future__ import annotations

from collections.abc import Sequence

import numpy as np
import traitlets

from llmlib.measure import share
from llmlib.scratch.sentence_vectors import alignment, cosines, uniformity
from llmlib.widgets import fallback as html
from llmlib.widgets.base import Widget

BINS = np.linspace(-1, 1, 41)


class ContrastSteps(Widget):
    """A slider over moments of a training.

    Args:
        moments: (name, queries (N, D), texts (N, D)) each; row i of one belongs with row i of the other.
        start: which moment is shown first.
    """

    name = "contrast-steps"
    moments = traitlets.List(traitlets.Dict()).tag(sync=True)
    start = traitlets.Int(0).tag(sync=True)

    def __init__(self, moments: Sequence[tuple[str, np.ndarray, np.ndarray]], start: int = 0) -> None:
        if len(moments) < 2:
            raise ValueError("Passe ao menos dois momentos, para que haja o que comparar.")
        if not 0 <= start < len(moments):
            raise ValueError(f"start vai de 0 a {len(moments) - 1}; veio {start}.")
        super().__init__(moments=[moment(*each) for each in moments], start=start)

    def summary(self) -> str:
        first, last = self.moments[0], self.moments[-1]
        hits = [html.percent(m["hits"] / m["n"]) for m in (first, last)]
        return (
            f"De “{first['name']}” a “{last['name']}”, o texto certo é o mais próximo em {hits[0]} "
            f"dos casos, e depois em {hits[1]}."
        )

    def fallback(self) -> str:
        rows = "".join(
            f'<tr><th scope="row">{html.escape(m["name"])}</th><td>{html.decimal(m["alignment"], 2)}</td>'
            f"<td>−{html.decimal(-m['uniformity'], 2)}</td><td>{html.percent(m['hits'] / m['n'])}</td></tr>"
            for m in self.moments
        )
        head = "".join(
            f'<th scope="col">{t}</th>' for t in ("Momento", "Alinhamento", "Uniformidade", "Acha o certo")
        )
        return f"<table><thead><tr>{head}</tr></thead><tbody>{rows}</tbody></table>"


def moment(name: str, queries: np.ndarray, texts: np.ndarray) -> dict:
    """What the figure draws of one moment; shares of pairs in each of the bins."""
    if np.shape(queries) != np.shape(texts) or len(queries) < 2:
        raise ValueError(
            f"{name}: cada busca tem o seu texto; vieram {np.shape(queries)} e {np.shape(texts)}."
        )
    like = cosines(queries, texts)  # (N, N)
    same, other = np.diag(like), like[~np.eye(len(like), dtype=bool)]
    hits = int((like.argmax(axis=1) == np.arange(len(like))).sum())
    found = share(hits, len(like))

    def histogram(values: np.ndarray) -> list[float]:
        counts, _ = np.histogram(np.clip(values, -1, 1), BINS)
        return [round(float(c) / len(values), 4) for c in counts]

    return {
        "name": name,
        "same": histogram(same),
        "other": histogram(other),
        "means": [float(same.mean()), float(other.mean())],
        "alignment": alignment(queries, texts),
        "uniformity": uniformity(np.concatenate([queries, texts])),
        "hits": hits,
        "n": len(like),
        "low": found.low,
        "high": found.high,
    }
