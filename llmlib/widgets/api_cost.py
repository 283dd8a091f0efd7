"""ApiCost: what a job costs on the APIs of today, from its tokens in and out, with the sum written out.

Takes the rows of `data/precos-api/precos.csv`, each with its date and its source. Prices in dollars and in
reais stand side by side by a rate that the reader sets. It counts no tokens itself.
"""

from __future__ import annotations

from collections.abc import Iterable

import traitlets

from llmlib.widgets import fallback as html
from llmlib.widgets.base import Widget

NUMBERS = ("entrada", "cache", "saida", "lote")


def prices(rows: Iterable[dict]) -> list[dict]:
    """Rows with numbers as numbers and what is empty as None; ValueError names a bad row."""
    found = []
    for row in rows:
        each = dict(row)
        for key in NUMBERS:
            try:
                each[key] = float(row[key]) if str(row.get(key) or "").strip() else None
            except ValueError:
                raise ValueError(
                    f"{row.get('nome')}: {key} deveria ser um número, e é “{row[key]}”."
                ) from None
        missing = [
            k for k in ("nome", "moeda", "entrada", "saida", "data", "link") if each.get(k) in (None, "")
        ]
        if missing:
            raise ValueError(f"{row.get('nome')}: falta {', '.join(missing)}.")
        if each["moeda"] not in ("USD", "BRL"):
            raise ValueError(f"{each['nome']}: a moeda é USD ou BRL; veio {each['moeda']}.")
        found.append(each)
    if not found:
        raise ValueError("A tabela de preços está vazia.")
    return found


def cost(
    row: dict, read: int, written: int, calls: int = 1, cached: float = 0.0, batch: bool = False
) -> float:
    """What `calls` requests of `read` and `written` tokens cost, in the row's own currency.

    cached: share of the tokens read that the provider had already; batch: work that may wait, where offered.
    """
    again = row["cache"] if row["cache"] is not None else row["entrada"]
    one = read * ((1 - cached) * row["entrada"] + cached * again) + written * row["saida"]
    return calls * one / 1e6 * (row["lote"] if batch and row["lote"] is not None else 1)


def _whole(number: int) -> str:
    """100000 -> '100.000'."""
    return f"{number:,}".replace(",", ".")


def _day(iso: str) -> str:
    """'2026-11-21' -> '21/11/2026'."""
    return "/".join(reversed(iso.split("-")))


class ApiCost(Widget):
    """The calculator. rows: of precos.csv; read, written: tokens of one request; calls: how many requests;
    rate: reais for a dollar (the reader changes it)."""

    name = "api-cost"
    rows = traitlets.List().tag(sync=True)
    read = traitlets.Int(300).tag(sync=True)
    written = traitlets.Int(100).tag(sync=True)
    calls = traitlets.Int(1000).tag(sync=True)
    rate = traitlets.Float(5.0).tag(sync=True)

    def __init__(
        self, rows: Iterable[dict], read: int = 300, written: int = 100, calls: int = 1000, rate: float = 5.0
    ) -> None:
        for label, value, high in (
            ("read", read, 10**6),
            ("written", written, 10**5),
            ("calls", calls, 10**7),
        ):
            if not 1 <= value <= high:
                raise ValueError(f"{label} vai de 1 a {high}; veio {value}.")
        if not 0.1 <= rate <= 100:
            raise ValueError(f"rate vai de 0,1 a 100 reais por dólar; veio {rate}.")
        super().__init__(rows=prices(rows), read=read, written=written, calls=calls, rate=rate)

    def reais(self, name: str) -> float:
        """The cost in reais with the numbers that the figure opens with."""
        row = next(row for row in self.rows if row["nome"] == name)
        value = cost(row, self.read, self.written, self.calls)
        return value * (self.rate if row["moeda"] == "USD" else 1)

    def summary(self) -> str:
        order = sorted((self.reais(row["nome"]), row["nome"]) for row in self.rows)
        (low, cheap), (high, dear) = order[0], order[-1]
        return (
            f"{_whole(self.calls)} pedidos de {_whole(self.read)} tokens lidos e {_whole(self.written)} "
            f"escritos custam de R$ {html.decimal(low, 2)} ({cheap}) a R$ {html.decimal(high, 2)} ({dear}), "
            f"com o dólar a R$ {html.decimal(self.rate, 2)}."
        )

    def fallback(self) -> str:
        rows = "".join(
            f"<tr><td>{html.escape(row['nome'])}</td><td>{row['moeda']}</td>"
            f"<td>{html.decimal(row['entrada'], 2)}</td><td>{html.decimal(row['saida'], 2)}</td>"
            f"<td>R$ {html.decimal(self.reais(row['nome']), 2)}</td>"
            f"<td>{html.escape(_day(row['data']))}</td></tr>"
            for row in self.rows
        )
        heads = (
            "Modelo",
            "Moeda",
            "Milhão de tokens lidos",
            "Milhão escritos",
            "Este trabalho",
            "Preço de",
        )
        return (
            f'<p>{html.escape(self.summary())}</p><div class="llm-scroll"><table><thead><tr>'
            + "".join(f"<th>{each}</th>" for each in heads)
            + f"</tr></thead><tbody>{rows}</tbody></table></div>"
        )
