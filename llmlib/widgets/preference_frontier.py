"""PreferenceFrontier: reward against distance from the model of the start, for each way to follow the votes.

All of it was measured before (`builders.alignment_curves`); the figure shows one kind of voter and one reward
at a time, walks along a method's points, and puts the answers of the point beside those of the start.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence

import traitlets

from llmlib.widgets import fallback as html
from llmlib.widgets.base import Widget

METHODS = {"bon": "melhor de n", "rloo": "gradiente de política", "dpo": "DPO"}
JUDGES = {"atento": "olha se está certo", "apressado": "gosta da mais comprida"}


class PreferenceFrontier(Widget):
    """Measured points of several methods.

    Args:
        curves: "judge/method/seed" -> points {strength, kl, proxy, true, words, refused, answers?, bound?},
            where kl, proxy and true are {value, low, high}; as `builders.alignment_curves` leaves them.
        questions: of the answers that the points show.
        start: the share of right answers before anything is followed, {value, low, high}.
    """

    name = "preference-frontier"
    curves = traitlets.List(traitlets.Dict()).tag(sync=True)  # {judge, method, label, seed, points}
    judges = traitlets.List(traitlets.Dict()).tag(sync=True)  # {key, label}
    questions = traitlets.List(traitlets.Unicode()).tag(sync=True)
    start = traitlets.Dict().tag(sync=True)

    def __init__(
        self, curves: Mapping[str, Sequence[Mapping]], questions: Sequence[str], start: Mapping[str, float]
    ) -> None:
        found = []
        for name, points in curves.items():
            judge, method, seed = (*name.split("/"), "", "")[:3]
            if judge not in JUDGES or method not in METHODS or not points:
                raise ValueError(f"“{name}” não é uma curva: o nome é votante/método/semente, com pontos.")
            for point in points:
                for key in ("kl", "proxy", "true"):
                    if not point[key]["low"] <= point[key]["value"] <= point[key]["high"]:
                        raise ValueError(f"Em “{name}”, um ponto está fora do seu intervalo.")
            found.append(
                {"judge": judge, "method": method, "label": METHODS[method], "seed": seed}
                | {"points": [dict(p) for p in points]}
            )
        if not found:
            raise ValueError("Passe ao menos uma curva.")
        order = {method: i for i, method in enumerate(METHODS)}
        super().__init__(
            curves=sorted(found, key=lambda c: (c["judge"], order[c["method"]], c["seed"])),
            judges=[{"key": k, "label": v} for k, v in JUDGES.items() if any(c["judge"] == k for c in found)],
            questions=list(questions),
            start=dict(start),
        )

    def summary(self) -> str:
        ends = [c for c in self.curves if c["judge"] == self.judges[-1]["key"]]
        said = "; ".join(
            f"{self._named(c)}, {html.percent(c['points'][-1]['true']['value'])} de certas a "
            f"{html.decimal(c['points'][-1]['kl']['value'], 1)} nats"
            for c in ends
        )
        before = f"Sem seguir voto nenhum, {html.percent(self.start['value'])} de certas."
        return f"{before} Votante que {self.judges[-1]['label']}: {said}."

    def _named(self, curve: Mapping) -> str:
        """The method, and which of its runs where it has several."""
        same = [c for c in self.curves if all(c[key] == curve[key] for key in ("judge", "method"))]
        number = [c["seed"] for c in same].index(curve["seed"]) + 1
        return f"{curve['label']} ({number}ª corrida)" if len(same) > 1 else curve["label"]

    def fallback(self) -> str:
        judges = {judge["key"]: judge["label"] for judge in self.judges}
        rows = "".join(
            f'<tr><th scope="row">{html.escape(judges[c["judge"]])}: {html.escape(self._named(c))}</th>'
            f"<td>{html.decimal(p['kl']['value'], 2)}</td><td>{html.decimal(p['proxy']['value'], 2)}</td>"
            f"<td>{html.percent(p['true']['value'])} ({html.percent(p['true']['low'])} a "
            f"{html.percent(p['true']['high'])})</td></tr>"
            for c in self.curves
            for p in c["points"][-1:]
        )
        return (
            f"<p>{html.escape(self.summary())}</p><table><thead><tr>"
            f"<th scope='col'>Quem vota, e como se segue</th><th scope='col'>KL (nats)</th>"
            f"<th scope='col'>Aprendida (desvios)</th><th scope='col'>Certas no fim (intervalo de 95 %)</th>"
            f"</tr></thead><tbody>{rows}</tbody></table>"
        )
