"""ScalingView: measured losses over sizes and amounts of text, the law fitted to them, and how sure it is.

The laws (all runs; then without each size and each amount of text) are fitted here by
`llmlib.scratch.scaling`, each with a band of laws refitted to resampled runs; they travel with the figure,
and the page only evaluates them. So the reader can leave a size out, see what the rest predicts for it, and
then look at what was measured.
"""

from __future__ import annotations

from collections.abc import Iterable

import numpy as np
import traitlets

from llmlib.scratch.scaling import fit, predict
from llmlib.widgets import fallback as html
from llmlib.widgets.base import Widget
from llmlib.widgets.fallback import count

KEYS = ("parameters", "tokens", "loss")


def read_runs(rows: Iterable[dict]) -> list[dict]:
    """Rows of runs.csv with numbers in them; ValueError names a row that has none."""
    found = []
    for number, row in enumerate(rows, 1):
        try:
            sizes = {key: int(float(row[key])) for key in KEYS[:2]}
            found.append(sizes | {"loss": float(row["loss"]), "seed": int(row.get("seed", 0))})
        except (KeyError, TypeError, ValueError):
            raise ValueError(
                f"A corrida {number} não traz {', '.join(KEYS)} como números: {dict(row)}."
            ) from None
    return found


class ScalingView(Widget):
    """Losses of many trainings and their law.

    Args:
        runs: rows of `data/scaling/runs.csv`: parameters, tokens, loss, seed.
        samples: how many resampled laws make each band.
        seed: of the resampling.
    """

    name = "scaling-view"
    runs = traitlets.List().tag(sync=True)
    fits = traitlets.List().tag(sync=True)  # {without: {key, value} or {}, laws: [best, resampled …]}

    def __init__(self, runs: Iterable[dict], samples: int = 80, seed: int = 0) -> None:
        rows = read_runs(runs)
        n, d, loss = (np.array([row[key] for row in rows]) for key in KEYS)
        holds: list[tuple[str, float | None]] = [("", None)]
        for key, values in (("parameters", n), ("tokens", d)):
            for value in sorted(set(values)):
                kept = values != value
                if len({*zip(n[kept], d[kept], strict=True)}) >= 6 and len(set(values)) > 2:
                    holds.append((key, value))
        rng, weights = np.random.default_rng(seed), []
        for key, value in holds:
            kept = np.array([not key or row[key] != value for row in rows], dtype=float)
            drawn = [
                np.bincount(rng.choice(len(rows), int(kept.sum()), p=kept / kept.sum()), minlength=len(rows))
                for _ in range(samples)
            ]
            weights += [kept, *drawn]
        laws = fit(n, d, loss, np.array(weights)).reshape(len(holds), samples + 1, 5)
        fits = [
            {"without": {"key": key, "value": value} if key else {}, "laws": each.tolist()}
            for (key, value), each in zip(holds, laws, strict=True)
        ]
        super().__init__(runs=rows, fits=fits)

    def predicted(self, parameters: float, tokens: float, without: int = 0) -> tuple[float, float, float]:
        """(loss, low, high) by the fit number `without` (0: all runs), as the page evaluates it; 95 %."""
        laws = self.fits[without]["laws"]
        low, high = np.percentile([predict(law, parameters, tokens) for law in laws[1:]], [2.5, 97.5])
        return float(predict(laws[0], parameters, tokens)), float(low), float(high)

    def hidden(self) -> list[dict]:
        """For each fit that left something out: what it predicts for that and what was measured (means)."""
        found = []
        for number, each in enumerate(self.fits[1:], 1):
            key, value = each["without"]["key"], each["without"]["value"]
            other = "tokens" if key == "parameters" else "parameters"
            left_out = [run for run in self.runs if run[key] == value]
            for at in sorted({run[other] for run in left_out}):
                losses = [run["loss"] for run in left_out if run[other] == at]
                where = {key: value, other: at}
                best, low, high = self.predicted(where["parameters"], where["tokens"], number)
                found.append(
                    {"key": key, **where, "predicted": best, "low": low, "high": high}
                    | {"measured": sum(losses) / len(losses)}
                )
        return found

    def summary(self) -> str:
        ends = [f(self.runs, key=lambda run: run["loss"]) for f in (max, min)]
        worst, best = (
            f"{html.decimal(run['loss'], 2)} ({count(run['parameters'], 'parâmetros')}, "
            f"{count(run['tokens'], 'tokens')})"
            for run in ends
        )
        return f"{len(self.runs)} treinos medidos: a perda vai de {worst} a {best}."

    def fallback(self) -> str:
        budgets = sorted({run["tokens"] for run in self.runs})
        head = "".join(f'<th scope="col">{count(d, "tokens")}</th>' for d in budgets)
        rows = []
        for n in sorted({run["parameters"] for run in self.runs}):
            cells = []
            for d in budgets:
                losses = [run["loss"] for run in self.runs if (run["parameters"], run["tokens"]) == (n, d)]
                cells.append(f"<td>{html.decimal(sum(losses) / len(losses), 2) if losses else '–'}</td>")
            rows.append(f'<tr><th scope="row">{count(n)}</th>{"".join(cells)}</tr>')
        return (
            f"<p>{html.escape(self.summary())}</p>"
            '<div class="sc-scroll" tabindex="0"><table class="sc-table"><thead><tr>'
            f'<th scope="col">Parâmetros</th>{head}</tr></thead><tbody>{"".join(rows)}</tbody></table></div>'
        )
