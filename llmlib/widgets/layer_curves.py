"""LayerCurves: something measured after every layer, as curves with their intervals, by group of cases.

All of it was measured before; the reader chooses the group, the curves and the layer whose numbers are told.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence

import traitlets

from llmlib.widgets import fallback as html
from llmlib.widgets.base import Widget


class LayerCurves(Widget):
    """Measured curves over layers (0 is the embedding).

    Args:
        curves: key -> name of each curve, in the order of the buttons.
        groups: name -> {key: one point a layer}, the first shown first; a point: {"value", "low", "high"}.
        what: what the numbers are, for the sentences ("acertos").
        lines: group -> {name: value}: level lines, of what needs no layer ("acaso": 0.5).
        bottom, top: ends of the scale; percent: numbers are shares, shown as percentages (else two decimals).
        shown: keys drawn at first; without it all.
        ask: what the choice among groups is called.
    """

    name = "layer-curves"
    curves = traitlets.List(traitlets.Dict()).tag(sync=True)
    groups = traitlets.List(traitlets.Dict()).tag(sync=True)
    what = traitlets.Unicode("").tag(sync=True)
    ask = traitlets.Unicode("Casos").tag(sync=True)
    percent = traitlets.Bool(True).tag(sync=True)
    bottom = traitlets.Float(0.0).tag(sync=True)
    top = traitlets.Float(1.0).tag(sync=True)
    shown = traitlets.List(traitlets.Unicode()).tag(sync=True)

    def __init__(
        self,
        curves: Mapping[str, str],
        groups: Mapping[str, Mapping[str, Sequence[Mapping[str, float]]]],
        what: str,
        lines: Mapping[str, Mapping[str, float]] | None = None,
        bottom: float = 0.0,
        top: float = 1.0,
        shown: Sequence[str] | None = None,
        percent: bool = True,
        ask: str = "Casos",
    ) -> None:
        if not curves or not groups:
            raise ValueError("Passe ao menos uma curva e um grupo de casos.")
        lengths = {len(group.get(key, ())) for group in groups.values() for key in curves}
        if len(lengths) > 1 or max(lengths) < 2:
            raise ValueError("Cada curva precisa de um ponto por camada, e de tantos quantos têm as outras.")
        for label, group in groups.items():
            if any(not p["low"] <= p["value"] <= p["high"] for key in curves for p in group[key]):
                raise ValueError(f"Em “{label}”, um ponto está fora do seu intervalo.")
        if not bottom < top:
            raise ValueError(f"A escala vai de bottom a top; veio {bottom} a {top}.")
        shown = list(curves) if shown is None else list(shown)
        if unknown := [key for key in shown if key not in curves]:
            raise ValueError(f"Não conheço a curva “{unknown[0]}”; as que existem são {', '.join(curves)}.")
        super().__init__(
            curves=[{"key": key, "label": label} for key, label in curves.items()],
            groups=[
                {
                    "label": label,
                    "curves": {
                        key: [{end: p[end] for end in ("value", "low", "high")} for p in group[key]]
                        for key in curves
                    },
                    "lines": [{"label": n, "value": v} for n, v in (lines or {}).get(label, {}).items()],
                }
                for label, group in groups.items()
            ],
            what=what,
            ask=ask,
            percent=percent,
            bottom=float(bottom),
            top=float(top),
            shown=shown,
        )

    def said(self, value: float) -> str:
        """A number as the figure shows it."""
        return html.percent(max(0.0, value)) if self.percent else html.decimal(max(0.0, value), 2)

    def summary(self) -> str:
        group = self.groups[0]
        said = "; ".join(
            f"{curve['label']}, de {self.said(points[0]['value'])} na entrada a "
            f"{self.said(points[-1]['value'])}"
            for curve in self.curves
            if (points := group["curves"][curve["key"]])
        )
        return f"{self.what[:1].upper()}{self.what[1:]}, {group['label']}: {said} na última camada."

    def fallback(self) -> str:
        layers = range(len(self.groups[0]["curves"][self.curves[0]["key"]]))
        head = "".join(f'<th scope="col">{layer or "entrada"}</th>' for layer in layers)
        body = "".join(
            f'<tr><th scope="row">{html.escape(curve["label"])}</th>'
            + "".join(f"<td>{self.said(p['value'])}</td>" for p in self.groups[0]["curves"][curve["key"]])
            + "</tr>"
            for curve in self.curves
        )
        return (
            f"<p>{html.escape(self.summary())}</p><table><thead><tr><th scope='col'>Camada</th>{head}</tr>"
            f"</thead><tbody>{body}</tbody></table>"
        )
