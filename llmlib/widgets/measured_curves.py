"""MeasuredCurves: what was measured of texts against each parameter of generation, one parameter at a time.

Takes the settings that `builders.sampling_curves` wrote (data/medidas/geracao.json); measures nothing. Every
point carries its 95 % interval, drawn as a band and read out in numbers for the point that the reader picks.
"""

from __future__ import annotations

import traitlets

from llmlib.prose import day
from llmlib.widgets import fallback as html
from llmlib.widgets.base import Widget
from llmlib.widgets.sampling_controls import CONTROLS, written

SERIES = {  # measure: (name, colour of the course, what it is)
    "diversity": ("variedade", "prob", "pares de palavras diferentes em muitos textos com o mesmo começo"),
    "repetition": ("repetição", "attn", "grupos de quatro palavras que o mesmo texto já tinha dito"),
    "broken": ("frases quebradas", "loss", "frases com palavra que não existe, mal ligadas ou sem fim"),
    "right": ("fatos certos", "right", "perguntas de resposta conhecida que o modelo acertou"),
}


class MeasuredCurves(Widget):
    """Curves of four measures against each control.

    Args:
        settings: [{"sweeps": [control, …], "rules": {…}, "diversity": {"value", "low", "high"} or None, …}].
        model: what was measured, for the caption; date: when, "2026-11-21".
        controls: which controls to offer, in order; by default all that were swept.
    """

    name = "measured-curves"
    curves = traitlets.List(traitlets.Dict()).tag(sync=True)
    series = traitlets.List(traitlets.Dict()).tag(sync=True)
    caption = traitlets.Unicode("").tag(sync=True)

    def __init__(
        self, settings: list[dict], model: str = "", date: str = "", controls: list[str] | tuple = ()
    ) -> None:
        swept = [name for name in CONTROLS if any(name in each["sweeps"] for each in settings)]
        for name in controls:
            if name not in swept:
                raise ValueError(f"O controle “{name}” não foi medido; há {', '.join(swept)}.")
        if not swept:
            raise ValueError("As medidas não têm nenhum controle: refaça-as com make data NAME=geracao.")
        super().__init__(
            curves=[curve(settings, name) for name in controls or swept],
            series=[{"name": n, "label": s[0], "colour": s[1], "what": s[2]} for n, s in SERIES.items()],
            caption=f"Medido no {model} em {day(date)}. As faixas são intervalos de 95 %." if model else "",
        )

    def summary(self) -> str:
        first = self.curves[0]
        ends = []
        for series in self.series:
            known = [p[series["name"]] for p in first["points"] if p[series["name"]]]
            if known:
                a, b = (html.percent(p["value"]) for p in (known[0], known[-1]))
                ends.append(f"{series['label']} de {a} a {b}")
        low, high = (first["points"][i]["text"] for i in (0, -1))
        return f"Quando {first['label']} vai de {low} a {high}: {'; '.join(ends)}."

    def fallback(self) -> str:
        tables = []
        for each in self.curves:
            head = "".join(f"<th>{s['label']}</th>" for s in self.series)
            rows = "".join(
                f"<tr><td>{html.escape(p['text'])}</td>"
                + "".join(
                    f"<td>{html.percent(p[s['name']]['value']) if p[s['name']] else '–'}</td>"
                    for s in self.series
                )
                + "</tr>"
                for p in each["points"]
            )
            top = f"<thead><tr><th>{html.escape(each['label'])}</th>{head}</tr></thead>"
            tables.append(f"<table>{top}<tbody>{rows}</tbody></table>")
        return f"<p>{html.escape(self.summary())} {html.escape(self.caption)}</p>{''.join(tables)}"


def curve(settings: list[dict], name: str) -> dict:
    """{name, label, off (index of the neutral value or None), points: [{text, measure: estimate}]}."""
    neutral = CONTROLS[name]["off"]
    found = [(each["rules"].get(name, neutral), each) for each in settings if name in each["sweeps"]]
    # top-k 0 is off: no cut at all, so it stands after the widest one
    found.sort(key=lambda pair: (name == "top_k" and pair[0] == 0, pair[0]))
    points = [
        {"text": written(name, value), **{measure: short(each.get(measure)) for measure in SERIES}}
        for value, each in found
    ]
    off = next((i for i, (value, _) in enumerate(found) if value == neutral), None)
    others = {k: v for k, v in found[0][1]["rules"].items() if k != name} if found else {}
    fixed = ", ".join(f"{CONTROLS[k]['label']} {written(k, v)}" for k, v in others.items())
    return {"name": name, "label": CONTROLS[name]["label"], "off": off, "fixed": fixed, "points": points}


def short(estimate: dict | None) -> dict | None:
    return {key: round(estimate[key], 4) for key in ("value", "low", "high")} if estimate else None
