"""TrainingCost: a calculator of operations, hours, energy, money and CO2, which shows its sums.

Takes the tables of `data/custo-treino` (machines, grids, published trainings, each row with its source). The
arithmetic is `llmlib.scratch.cost`; the page does the same sums on what the reader sets. Where something was
published about a training, it stands beside what the sums give.
"""

from __future__ import annotations

from collections.abc import Iterable

import traitlets

from llmlib.scratch.cost import Cost, Machine, training
from llmlib.widgets import fallback as html
from llmlib.widgets.base import Widget

NUMBERS = {
    "machines": ("tflops", "watts", "dolar_hora", "utilizacao"),
    "grids": ("gco2_kwh",),
    "models": ("parametros", "tokens", "utilizacao", "watts", "pue", "dolar_hora",
               "relatado_horas", "relatado_mwh", "relatado_t", "relatado_dolar"),
}  # fmt: skip
NEEDED = {
    "machines": ("nome", "tflops", "watts", "utilizacao"),
    "grids": ("nome", "gco2_kwh", "link"),
    "models": ("nome", "parametros", "tokens", "maquina", "rede", "pue"),
}


def numbers(kind: str, rows: Iterable[dict]) -> list[dict]:
    """Rows of a table with its numbers as numbers and what is empty as None; ValueError names a bad row."""
    found = []
    for row in rows:
        each = dict(row)
        try:
            for key in NUMBERS[kind]:
                each[key] = float(row[key]) if str(row.get(key) or "").strip() else None
        except ValueError:
            raise ValueError(f"{row.get('nome')}: {key} deveria ser um número, e é “{row[key]}”.") from None
        if missing := [key for key in NEEDED[kind] if each.get(key) in (None, "")]:
            raise ValueError(f"{row.get('nome')}: falta {', '.join(missing)}.")
        found.append(each)
    return found


class TrainingCost(Widget):
    """A calculator of what a training costs.

    Args:
        machines, grids, models: rows of maquinas.csv, redes.csv and modelos.csv.
        start: name of the model that the figure opens with; by default the first.
    """

    name = "training-cost"
    machines = traitlets.List().tag(sync=True)
    grids = traitlets.List().tag(sync=True)
    models = traitlets.List().tag(sync=True)
    start = traitlets.Unicode("").tag(sync=True)

    def __init__(
        self, machines: Iterable[dict], grids: Iterable[dict], models: Iterable[dict], start: str = ""
    ) -> None:
        tables = {
            "machines": numbers("machines", machines),
            "grids": numbers("grids", grids),
            "models": numbers("models", models),
        }
        for key, kind in (("maquina", "machines"), ("rede", "grids")):
            known = [row["nome"] for row in tables[kind]]
            for row in tables["models"]:
                if row[key] not in known:
                    raise ValueError(f"{row['nome']}: não há {key} “{row[key]}”; há {'; '.join(known)}.")
        names = [row["nome"] for row in tables["models"]]
        start = start or names[0]
        if start not in names:
            raise ValueError(f"Não há um treino chamado “{start}”; há {'; '.join(names)}.")
        super().__init__(**tables, start=start)

    def cost(self, name: str) -> Cost:
        """What the sums give for the training of that name, as the page does them."""
        row = next(row for row in self.models if row["nome"] == name)
        machine = next(each for each in self.machines if each["nome"] == row["maquina"])
        grid = next(each for each in self.grids if each["nome"] == row["rede"])
        own = {key: machine[key] if row.get(key) is None else row[key] for key in ("utilizacao", "watts")}
        price = machine["dolar_hora"] if row.get("dolar_hora") is None else row["dolar_hora"]
        built = Machine(machine["tflops"] * 1e12, own["utilizacao"], own["watts"], price or 0)
        return training(row["parametros"], row["tokens"], built, row["pue"], grid["gco2_kwh"])

    def summary(self) -> str:
        cost = self.cost(self.start)
        return (
            f"{self.start}: operações, {scientific(cost.flops)}; horas de processador, {amount(cost.hours)}; "
            f"kWh, {amount(cost.kwh)}; dólares, {amount(cost.dollars)}; quilos de CO₂, {amount(cost.kg)}."
        )

    def fallback(self) -> str:
        rows = ""
        for row in self.models:
            cost = self.cost(row["nome"])
            cells = (scientific(cost.flops), amount(cost.hours), amount(cost.kwh), amount(cost.dollars))
            body = "".join(f"<td>{cell}</td>" for cell in (*cells, amount(cost.kg)))
            rows += f'<tr><th scope="row">{html.escape(row["nome"])}</th>{body}</tr>'
        head = "".join(
            f'<th scope="col">{each}</th>' for each in ("Operações", "Horas", "kWh", "Dólares", "kg de CO₂")
        )
        return (
            f"<p>{html.escape(self.summary())}</p>"
            '<div class="tc-scroll" tabindex="0"><table class="tc-table">'
            f"<thead><tr><td></td>{head}</tr></thead><tbody>{rows}</tbody></table></div>"
        )


def amount(number: float) -> str:
    """12345 -> '12 mil'; 0.00123 -> '0,0012': two or three figures, as a sentence says it."""
    if large := html.scaled(number):
        value, word = large
        return f"{html.decimal(value, 1 if value < 99.95 else 0).removesuffix(',0')} {word}"
    if number >= 999.5:
        return html.count(number)
    if number >= 10 or number == 0:
        return html.decimal(number, 0)
    digits = 1
    while digits < 9 and number < 10 ** (1 - digits):
        digits += 1
    return html.decimal(number, digits)


def scientific(number: float) -> str:
    """3.15e23 -> '3,2 × 10²³'."""
    mantissa, exponent = f"{number:.1e}".split("e")
    power = str(int(exponent)).translate(str.maketrans("-0123456789", "⁻⁰¹²³⁴⁵⁶⁷⁸⁹"))
    return f"{mantissa.replace('.', ',')} × 10{power}"
