"""Timeline: language models by date and size, filtered by family, by weights and by stage.

Takes the rows of `data/linha-do-tempo/modelos.csv` (dicts of text) and draws them: time across, parameters up
on a log scale, and a band of its own for the models whose size was never published. It computes nothing.
"""

from __future__ import annotations

import csv
import io
from collections.abc import Iterable

import traitlets

from llmlib.widgets.base import Widget
from llmlib.widgets.fallback import decimal, escape

ARCHITECTURES = ("decodificador", "codificador", "codificador-decodificador", "permutação", "não divulgada")
WEIGHTS = ("abertos", "fechados")
STAGES = ("base", "instruído", "base e instruído", "tarefa")
MONTHS = ("jan", "fev", "mar", "abr", "mai", "jun", "jul", "ago", "set", "out", "nov", "dez")


def read_rows(text: str) -> list[dict]:
    """Rows of a CSV text as dicts of text, as `Timeline` and `Adoption` take them."""
    return list(csv.DictReader(io.StringIO(text)))


def day(date: str) -> str:
    """2026-09-03 -> 3 set. 2026."""
    year, month, number = date.split("-")
    return f"{int(number)} {MONTHS[int(month) - 1]}. {year}"


def size(billions: float | None) -> str:
    """Parameters as the book writes them: 117 milhões, 7,3 bilhões, 1,6 trilhão."""
    if billions is None:
        return "não divulgado"
    value, one, many = (
        (billions * 1000, "milhão", "milhões")
        if billions < 1
        else (billions, "bilhão", "bilhões")
        if billions < 1000
        else (billions / 1000, "trilhão", "trilhões")
    )
    digits = 0 if value >= 100 or value == int(value) else 1 if value * 10 == int(value * 10) else 2
    return f"{decimal(value, digits)} {one if value < 2 else many}"


class Timeline(Widget):
    """Language models in time.

    `rows`: dicts with data, nome, organizacao, familia, arquitetura, pesos, etapa, parametros_bi (billions,
    may be empty), link and nota. Raises ValueError naming the row that has a wrong category.
    """

    name = "timeline"
    rows = traitlets.List().tag(sync=True)

    def __init__(self, rows: Iterable[dict]) -> None:
        kept = []
        for row in rows:
            for key, known in (("arquitetura", ARCHITECTURES), ("pesos", WEIGHTS), ("etapa", STAGES)):
                if row[key] not in known:
                    raise ValueError(
                        f"{row['nome']}: “{row[key]}” não é um valor de {key}; use {', '.join(known)}."
                    )
            keys = ("data", "nome", "organizacao", "familia", "arquitetura", "pesos", "etapa", "link", "nota")
            billions = float(row["parametros_bi"]) if row["parametros_bi"] else None
            kept.append(
                {key: row[key] for key in keys}
                | {"dia": day(row["data"]), "bi": billions, "tamanho": size(billions)}
            )
        super().__init__(rows=sorted(kept, key=lambda row: (row["data"], row["nome"])))

    def summary(self) -> str:
        shown = [row for row in self.rows if row["bi"] is not None]
        low, high = min(shown, key=lambda row: row["bi"]), max(shown, key=lambda row: row["bi"])
        first, last, silent = self.rows[0], self.rows[-1], len(self.rows) - len(shown)
        return (
            f"Linha do tempo com {len(self.rows)} modelos, de {first['nome']} ({first['dia']}) "
            f"a {last['nome']} "
            f"({last['dia']}). Tamanhos de {low['tamanho']} ({low['nome']}) a {high['tamanho']} "
            f"({high['nome']}); {silent} não tiveram o tamanho divulgado."
        )

    def fallback(self) -> str:
        heads = ("Data", "Modelo", "Organização", "Família", "Arquitetura", "Pesos", "Etapa", "Parâmetros")
        keys = ("dia", "nome", "organizacao", "familia", "arquitetura", "pesos", "etapa", "tamanho")
        lines = []
        for row in self.rows:
            cells = [escape(row[key]) for key in keys]
            cells[1] = f'<a href="{escape(row["link"])}">{cells[1]}</a>'
            lines.append("<tr>" + "".join(f"<td>{cell}</td>" for cell in cells) + "</tr>")
        head = "".join(f'<th scope="col">{title}</th>' for title in heads)
        return (
            f"<p>{escape(self.summary())}</p>"
            f"<details><summary>Os {len(self.rows)} modelos, em tabela</summary>"
            f'<div class="llm-scroll" tabindex="0" role="region" aria-label="Tabela dos modelos">'
            f'<table class="llm-table">'
            f"<thead><tr>{head}</tr></thead><tbody>{''.join(lines)}</tbody></table></div></details>"
        )
