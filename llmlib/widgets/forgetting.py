"""Forgetting: the loss of a model on each kind of text it had learned, before and after tuning, way by way.

Measured before (`builders.transfer`); the figure only shows it. One way at a time, kinds in the order of what
was lost.
"""

from __future__ import annotations

from collections.abc import Mapping

import traitlets

from llmlib.widgets import fallback as html
from llmlib.widgets.base import Widget


class Forgetting(Widget):
    """Losses before and after.

    Args:
        ways: name of a way -> kind -> {"before", "after", "low", "high"}: mean losses (nats a token), and the
            interval of their difference.
        kinds: kind -> how the reader calls it; those without an entry are not shown.
    """

    name = "forgetting"
    ways = traitlets.List(traitlets.Dict()).tag(sync=True)

    def __init__(
        self, ways: Mapping[str, Mapping[str, Mapping[str, float]]], kinds: Mapping[str, str]
    ) -> None:
        if not ways:
            raise ValueError("Passe ao menos uma maneira de treinar.")
        made = []
        for label, by_kind in ways.items():
            rows = [{"kind": kinds[kind], **losses} for kind, losses in by_kind.items() if kind in kinds]
            if not rows:
                raise ValueError(f"“{label}” não tem nenhum dos tipos de texto pedidos.")
            if any(not row["low"] <= row["high"] or min(row["before"], row["after"]) < 0 for row in rows):
                raise ValueError(f"Em “{label}”, uma perda é negativa ou um intervalo está invertido.")
            made.append({"label": label, "rows": rows})
        super().__init__(ways=made)

    def summary(self) -> str:
        said = []
        for way in self.ways:
            gaps = [row["after"] - row["before"] for row in way["rows"]]
            said.append(f"{way['label']}, {html.decimal(abs(sum(gaps) / len(gaps)), 2)} nats "
                        f"{'a mais' if sum(gaps) >= 0 else 'a menos'}")  # fmt: skip
        return f"Perda média nos textos que o modelo base já lia: {'; '.join(said)}."

    def fallback(self) -> str:
        head = "".join(f'<th scope="col">{html.escape(way["label"])}</th>' for way in self.ways)
        after = [{row["kind"]: html.decimal(row["after"], 2) for row in way["rows"]} for way in self.ways]
        rows = "".join(
            f'<tr><th scope="row">{html.escape(first["kind"])}</th>'
            f"<td>{html.decimal(first['before'], 2)}</td>"
            + "".join(f"<td>{by_kind.get(first['kind'], '–')}</td>" for by_kind in after)
            + "</tr>"
            for first in self.ways[0]["rows"]
        )
        return (
            f"<p>{html.escape(self.summary())}</p><table><thead><tr><th scope='col'>Tipo de texto</th>"
            f"<th scope='col'>Antes</th>{head}</tr></thead><tbody>{rows}</tbody></table>"
        )
