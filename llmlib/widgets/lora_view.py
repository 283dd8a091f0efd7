"""LoraView: what tuning changed in each matrix of a model, and how few numbers rebuild the change.

The changes are real and were recorded before (`builders.transfer`): of every matrix its size, its singular
values, and a small block with the directions that rebuild it. The figure only multiplies those.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence

import traitlets

from llmlib.widgets import fallback as html
from llmlib.widgets.base import Widget

KINDS = ("q_proj", "k_proj", "v_proj", "o_proj", "gate_proj", "up_proj", "down_proj")


class LoraView(Widget):
    """Updates of all matrices, one chosen, cut to a rank that the reader moves.

    Args:
        updates: "layers.0.self_attn.q_proj" -> as `builders.transfer.update` writes it.
        cut: {"rank", "right", "n"}: right answers when every matrix keeps that rank of its update, None: all.
        rank: where the slider starts.
    """

    name = "lora-view"
    matrices = traitlets.List(traitlets.Dict()).tag(sync=True)
    cut = traitlets.List(traitlets.Dict()).tag(sync=True)
    rank = traitlets.Int(4).tag(sync=True)

    def __init__(
        self,
        updates: Mapping[str, Mapping[str, object]],
        cut: Sequence[Mapping[str, object]] = (),
        rank: int = 4,
    ) -> None:
        if not updates:
            raise ValueError("Não há nenhuma matriz para mostrar.")
        rows = []
        for name, update in updates.items():
            parts = name.split(".")
            if len(parts) < 3 or parts[-1] not in KINDS or not parts[1].isdigit():
                raise ValueError(f"“{name}” não é o nome de uma matriz de uma camada.")
            rows.append({"name": name, "layer": int(parts[1]), "kind": parts[-1], **update})
        if not 0 <= rank <= len(rows[0]["full"]["values"]):
            raise ValueError(f"rank vai de 0 a {len(rows[0]['full']['values'])}; veio {rank}.")
        super().__init__(matrices=rows, cut=[dict(each) for each in cut], rank=rank)

    def energy(self, row: Mapping[str, object], rank: int) -> float:
        """Share of the squared size of the full update that its first `rank` directions hold."""
        full = row["full"]
        return min(1.0, sum(s * s for s in full["values"][:rank]) / (full["norm"] ** 2 or 1.0))

    def summary(self) -> str:
        mean = sum(self.energy(row, self.rank) for row in self.matrices) / len(self.matrices)
        return (
            f"Com rank {self.rank}, reconstrói-se em média {html.percent(mean)} da mudança que o ajuste "
            f"inteiro fez em {len(self.matrices)} matrizes."
        )

    def fallback(self) -> str:
        rows = "".join(
            f'<tr><th scope="row">{html.escape(row["kind"])}, camada {row["layer"] + 1}</th>'
            f"<td>{html.percent(row['full']['norm'] / row['weight'])}</td>"
            f"<td>{html.percent(row['lora']['norm'] / row['weight'])}</td>"
            f"<td>{html.percent(self.energy(row, self.rank))}</td></tr>"
            for row in self.matrices
        )
        return (
            f"<p>{html.escape(self.summary())}</p><table><thead><tr><th scope='col'>Matriz</th>"
            f"<th scope='col'>Mudança do ajuste inteiro</th><th scope='col'>Mudança do LoRA</th>"
            f"<th scope='col'>Com rank {self.rank}</th></tr></thead><tbody>{rows}</tbody></table>"
        )
