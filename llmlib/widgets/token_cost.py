"""TokenCost: what the same sentences cost in two languages, tokenizer by tokenizer, with intervals.

It draws counts that were recorded (data/tasks/custo-tokens) or made by the cell that calls it, and cuts
nothing itself. The intervals, for all sentences and for each register, are computed here by resampling pairs.
"""

from __future__ import annotations

import numpy as np
import traitlets

from llmlib.prose import number
from llmlib.widgets import fallback as html
from llmlib.widgets.base import Widget

ALL = "todos"
ROUNDS = 1000


class TokenCost(Widget):
    """Tokens in Portuguese for each token in English, one row a tokenizer.

    Args:
        pairs: matched sentences, [{registro, pt, en}].
        tokenizers: [{name, vocabulary, counts: [(pt, en), …], course: bool}], counts in the order of `pairs`.
    """

    name = "token-cost"
    pairs = traitlets.List(traitlets.Dict()).tag(sync=True)
    registers = traitlets.List(traitlets.Unicode()).tag(sync=True)
    rows = traitlets.List(traitlets.Dict()).tag(sync=True)  # {name, vocabulary, course, counts, ratios}

    def __init__(self, pairs: list[dict], tokenizers: list[dict]) -> None:
        if not pairs or not tokenizers:
            raise ValueError("Passe ao menos um par de frases e um tokenizador.")
        registers = [ALL, *dict.fromkeys(pair["registro"] for pair in pairs)]
        rows = []
        for each in tokenizers:
            counts = np.array(each["counts"])  # (pairs, 2)
            if counts.shape != (len(pairs), 2) or counts.min() < 1:
                raise ValueError(
                    f"{each['name']} precisa de duas contagens para cada um dos {len(pairs)} pares."
                )
            chosen = {
                r: [i for i, pair in enumerate(pairs) if r in (ALL, pair["registro"])] for r in registers
            }
            rows.append(
                {
                    "name": each["name"],
                    "vocabulary": int(each["vocabulary"]),
                    "course": bool(each.get("course")),
                    "counts": counts.tolist(),
                    "ratios": {r: interval(counts[places]) for r, places in chosen.items()},
                }
            )
        slim = [{key: pair[key] for key in ("registro", "pt", "en")} for pair in pairs]
        super().__init__(pairs=slim, registers=registers, rows=rows)

    def summary(self) -> str:
        ordered = sorted(self.rows, key=lambda row: row["ratios"][ALL][0])
        least, most = ((row["name"], number(row["ratios"][ALL][0], 2)) for row in (ordered[0], ordered[-1]))
        return (
            f"Tokens em português para cada um em inglês: o mínimo é {least[1]}, {least[0]}; "
            f"o máximo, {most[1]}, {most[0]}."
        )

    def fallback(self) -> str:
        cells = "".join(
            f"<tr><td>{html.escape(row['name'])}</td><td>{number(row['vocabulary'])}</td>"
            + "".join(f"<td>{number(value, 2)}</td>" for value in row["ratios"][ALL])
            + "</tr>"
            for row in self.rows
        )
        names = ("Tokenizador", "Vocabulário", "Razão", "de (95 %)", "a (95 %)")
        heads = "".join(f'<th scope="col">{name}</th>' for name in names)
        return (
            f'<p class="llm-best">{html.escape(self.summary())}</p>'
            f'<table class="bs-table"><thead><tr>{heads}</tr></thead><tbody>{cells}</tbody></table>'
        )


def interval(counts: np.ndarray, seed: int = 0) -> list[float]:
    """[ratio, low, high] of counts (pairs, 2): sums divided, and the 95 % percentile interval over pairs."""
    rng = np.random.default_rng(seed)
    drawn = counts[rng.integers(len(counts), size=(ROUNDS, len(counts)))].sum(axis=1)  # (rounds, 2)
    low, high = np.percentile(drawn[:, 0] / drawn[:, 1], [2.5, 97.5])
    whole = counts.sum(axis=0)  # (2,)
    return [float(whole[0] / whole[1]), float(low), float(high)]
