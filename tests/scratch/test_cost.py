"""What a training costs: sums worked by hand, and what was published about real ones."""

import csv

import pytest

from llmlib.data import root
from llmlib.scratch.cost import Machine, training


def table(name):
    with (root() / "custo-treino" / f"{name}.csv").open(encoding="utf-8") as file:
        return list(csv.DictReader(file))


def test_the_sum_worked_by_hand():
    cost = training(1e9, 20e9, Machine(peak=1e15, utilisation=0.4, watts=500, price=3), pue=1.2, grid=100)
    assert cost.flops == 1.2e20
    assert cost.hours == pytest.approx(1.2e20 / 4e14 / 3600)
    assert cost.kwh == pytest.approx(cost.hours * 0.5 * 1.2)
    assert cost.dollars == pytest.approx(3 * cost.hours)
    assert cost.kg == pytest.approx(cost.kwh / 10)


def test_near_what_was_published():
    """The presets are inputs and outputs of the same trainings: the formula joins them within 20 %."""
    machines = {row["nome"]: row for row in table("maquinas")}
    grids = {row["nome"]: float(row["gco2_kwh"]) for row in table("redes")}
    checked = 0
    for row in table("modelos"):
        machine = machines[row["maquina"]]
        own = {key: float(row[key] or machine[key]) for key in ("utilizacao", "watts", "dolar_hora")}
        built = Machine(float(machine["tflops"]) * 1e12, own["utilizacao"], own["watts"], own["dolar_hora"])
        cost = training(
            float(row["parametros"]), float(row["tokens"]), built, float(row["pue"]), grids[row["rede"]]
        )
        for key, ours in (("horas", cost.hours), ("mwh", cost.kwh / 1e3), ("t", cost.kg / 1e3),
                          ("dolar", cost.dollars)):  # fmt: skip
            if given := row[f"relatado_{key}"]:
                assert ours == pytest.approx(float(given), rel=0.2), (row["nome"], key)
                checked += 1
    assert checked >= 8


def test_sources_exist_and_every_key_is_cited():
    bib = (root().parent / "references.bib").read_text("utf-8")
    for name in ("maquinas", "redes", "modelos"):
        for row in table(name):
            for key in ("fonte", "fonte_preco"):
                assert key not in row or f"{{{row[key]}," in bib, row["nome"]
            assert row["link"].startswith("https://"), row["nome"]


@pytest.mark.parametrize(
    "wrong",
    [{"parameters": 0}, {"tokens": -1}, {"pue": 0.9}, {"grid": -1}, {"utilisation": 1.2}, {"watts": -5}],
)
def test_what_cannot_be_is_refused(wrong):
    given = {"parameters": 1e6, "tokens": 1e6, "pue": 1, "grid": 1, "utilisation": 0.5, "watts": 1} | wrong
    machine = Machine(1e12, given.pop("utilisation"), given.pop("watts"))
    with pytest.raises(ValueError, match=r"\."):
        training(machine=machine, **given)
