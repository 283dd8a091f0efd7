"""WaysCurve: how often each way of training is right, by number of labelled examples, on parts of a test.

All of it was measured before (`builders.transfer`); the figure only shows it. The reader chooses which ways
to see, on which part of the test, and a number of labels; with two ways left, the paired difference is told.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence

import traitlets

from llmlib.widgets import fallback as html
from llmlib.widgets.base import Widget


class WaysCurve(Widget):
    """Measured shares of several ways over numbers of labels.

    Args:
        sizes: numbers of labels, growing.
        ways: key -> name of each way, in the order of the buttons.
        groups: name of a part of the test -> {"n": reviews, "ways": {key: one point a size}}; a point is
            {"value", "low", "high", "seeds"}; the first is the whole test.
        pairs: {"a", "b", "n", "value", "low", "high"}: a minus b on the whole test.
        examples: {"text", "label", "right": {key: share of seeds that were right, one a size}}.
        shown: keys of the ways that are drawn at first.
    """

    name = "ways-curve"
    sizes = traitlets.List(traitlets.Int()).tag(sync=True)
    ways = traitlets.List().tag(sync=True)
    groups = traitlets.List(traitlets.Dict()).tag(sync=True)
    pairs = traitlets.List(traitlets.Dict()).tag(sync=True)
    examples = traitlets.List(traitlets.Dict()).tag(sync=True)
    shown = traitlets.List(traitlets.Unicode()).tag(sync=True)

    def __init__(
        self,
        sizes: Sequence[int],
        ways: Mapping[str, str],
        groups: Mapping[str, Mapping[str, object]],
        pairs: Sequence[Mapping[str, object]] = (),
        examples: Sequence[Mapping[str, object]] = (),
        shown: Sequence[str] | None = None,
    ) -> None:
        sizes = list(sizes)
        if len(sizes) < 2 or sizes != sorted(set(sizes)):
            raise ValueError(f"sizes precisa de ao menos dois números crescentes; veio {sizes}.")
        if not ways or not groups:
            raise ValueError("Passe ao menos uma maneira e uma parte da prova.")
        for part, group in groups.items():
            for key in ways:
                points = group["ways"].get(key, [])
                if len(points) != len(sizes):
                    raise ValueError(
                        f"Em “{part}”, “{key}” tem {len(points)} pontos para {len(sizes)} tamanhos."
                    )
                if any(not 0 <= p["low"] <= p["value"] <= p["high"] <= 1 for p in points):
                    raise ValueError(
                        f"Em “{part}”, um ponto de “{key}” está fora do seu intervalo ou de 0 a 1."
                    )
        shown = list(ways) if shown is None else list(shown)
        if unknown := [key for key in shown if key not in ways]:
            raise ValueError(f"Não conheço a maneira “{unknown[0]}”; as que existem são {', '.join(ways)}.")
        super().__init__(
            sizes=sizes,
            ways=[{"key": key, "label": label} for key, label in ways.items()],
            groups=[
                {"label": label, "n": g["n"], "ways": {k: g["ways"][k] for k in ways}}
                for label, g in groups.items()
            ],
            pairs=[dict(pair) for pair in pairs if pair["a"] in ways and pair["b"] in ways],
            examples=[
                {"text": e["text"], "label": int(e["label"]), "right": {k: e["right"][k] for k in ways}}
                for e in examples
            ],
            shown=shown,
        )  # fmt: skip

    def summary(self) -> str:
        last = {w["label"]: self.groups[0]["ways"][w["key"]][-1]["value"] for w in self.ways}
        said = "; ".join(f"{label}, {html.percent(value)}" for label, value in last.items())
        return f"Acertos com {self.sizes[-1]} rótulos: {said}."

    def fallback(self) -> str:
        head = "".join(f'<th scope="col">{html.escape(w["label"])}</th>' for w in self.ways)
        rows = "".join(
            f'<tr><th scope="row">{size}</th>'
            + "".join(
                f"<td>{html.percent(self.groups[0]['ways'][w['key']][i]['value'])}</td>" for w in self.ways
            )
            + "</tr>"
            for i, size in enumerate(self.sizes)
        )
        return (
            f"<p>{html.escape(self.summary())}</p><table><thead><tr><th scope='col'>Rótulos</th>{head}</tr>"
            f"</thead><tbody>{rows}</tbody></table>"
        )
