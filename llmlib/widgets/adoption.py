"""Adoption: days from launch to 1 million and to 100 million users, and what each source counted.

Takes the rows of `data/linha-do-tempo/adocao.csv` and turns dates into days. The figure lets the reader
change the milestone, the scale and the kind of counting: "the fastest in history" depends on all three.
"""

from __future__ import annotations

from collections.abc import Iterable
from datetime import date

import traitlets

from llmlib.widgets.base import Widget
from llmlib.widgets.fallback import decimal, escape

MILESTONES = {"1m": "1 milhão", "100m": "100 milhões"}


def days(row: dict, milestone: str) -> float | None:
    """Days from launch to "1m" or "100m": as the source says, else between the dates; None if unknown."""
    if row[f"dias_{milestone}"]:
        return float(row[f"dias_{milestone}"])
    if not row[f"data_{milestone}"]:
        return None
    return float((date.fromisoformat(row[f"data_{milestone}"]) - date.fromisoformat(row["lancamento"])).days)


def duration(count: float) -> str:
    """Days in words: 1 hora, 5 dias, 9 meses, 4,6 anos."""
    if count < 1:
        hours = round(count * 24)
        return f"{hours} hora{'s' if hours != 1 else ''}"
    if count < 60:
        return f"{count:.0f} dia{'s' if count != 1 else ''}"
    if count < 365:
        months = decimal(count / 30.44, 0 if count > 250 else 1).replace(",0", "")
        return f"{months} meses"
    years = decimal(count / 365.25, 1).replace(",0", "")
    return f"{years} anos"


class Adoption(Widget):
    """Days to a number of users. `rows`: dicts as in adocao.csv (see its README)."""

    name = "adoption"
    rows = traitlets.List().tag(sync=True)

    def __init__(self, rows: Iterable[dict]) -> None:
        kept = []
        for row in rows:
            marks = {}
            for key in MILESTONES:
                count = days(row, key)
                if count is not None:
                    marks[key] = {
                        "dias": count,
                        "texto": duration(count),
                        "conta": row[f"conta_{key}"],
                        "link": row[f"link_{key}"],
                    }
            kept.append(
                {
                    "nome": row["nome"],
                    "ano": row["lancamento"][:4],
                    "ressalva": row["ressalva"],
                    "marcas": marks,
                }
            )
        super().__init__(rows=kept)

    def ranking(self, milestone: str = "100m", counting: str = "") -> list[dict]:
        """Rows with the milestone, fastest first: {nome, dias, texto, conta}; `counting` keeps one kind."""
        found = [
            {"nome": row["nome"], **row["marcas"][milestone]}
            for row in self.rows
            if milestone in row["marcas"]
        ]
        return sorted((row for row in found if counting in ("", row["conta"])), key=lambda row: row["dias"])

    def summary(self) -> str:
        first = self.ranking()
        active = self.ranking("100m", "usuários ativos")
        return (
            f"Do lançamento a 100 milhões: {first[0]['nome']} em {first[0]['texto']} ({first[0]['conta']}). "
            f"Contando só usuários ativos no mês, {active[0]['nome']} em {active[0]['texto']} e "
            f"{active[1]['nome']} em {active[1]['texto']}."
        )

    def fallback(self) -> str:
        lines = []
        for row in self.rows:
            cells = [f'<th scope="row">{escape(row["nome"])} ({row["ano"]})</th>']
            for key in MILESTONES:
                mark = row["marcas"].get(key)
                text = (
                    "sem dado"
                    if mark is None
                    else (f'<a href="{escape(mark["link"])}">{mark["texto"]}</a>, {escape(mark["conta"])}')
                )
                cells.append(f"<td>{text}</td>")
            lines.append(f"<tr>{''.join(cells)}<td>{escape(row['ressalva'])}</td></tr>")
        heads = "".join(
            f'<th scope="col">{text}</th>' for text in ("Serviço", "1 milhão", "100 milhões", "Ressalva")
        )
        return (
            f'<p>{escape(self.summary())}</p><div class="llm-scroll" tabindex="0" role="region" '
            f'aria-label="Tabela dos prazos"><table class="llm-table llm-adoption-table">'
            f"<thead><tr>{heads}</tr></thead>"
            f"<tbody>{''.join(lines)}</tbody></table></div>"
        )
