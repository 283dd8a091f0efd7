"""What a training costs, from its size: operations, hours, energy, money and CO2.

Reading one token forward takes about 2 operations a parameter (a product and a sum), and going back with the
gradients about 4: 6 N D for N parameters and D tokens (Kaplan et al. 2020, arXiv:2001.08361, section 2.1).
The rest is division and multiplication. Left out: attention's own work, which grows with the context; runs
that failed or were only tried; the preparation of the text; and all the use that the model is put to later.
"""

from __future__ import annotations

from dataclasses import dataclass


@dataclass(frozen=True)
class Machine:
    """One processor. `peak`: operations a second that it promises; `utilisation`: the share it delivers."""

    peak: float  # FLOP/s
    utilisation: float  # 0 to 1
    watts: float
    price: float = 0.0  # dollars an hour


@dataclass(frozen=True)
class Cost:
    """What one training takes."""

    flops: float
    hours: float  # of one processor; on n of them the clock shows an n-th of it, or somewhat more
    kwh: float  # the building's cooling and losses included
    dollars: float  # rent of the processors; it usually includes the power
    kg: float  # CO2


def training(parameters: float, tokens: float, machine: Machine, pue: float, grid: float) -> Cost:
    """The cost of reading `tokens` once with a model of `parameters`.

    Args:
        pue: energy of the whole building for each unit that reaches the machines, 1 or more.
        grid: grams of CO2 for each kWh of the grid that feeds them.
    Raises ValueError for what cannot be.

    >>> training(1e9, 20e9, Machine(peak=1e15, utilisation=0.4, watts=700, price=3), 1.2, 100).hours
    83.33333333333333
    """
    if min(parameters, tokens, machine.peak) <= 0 or not 0 < machine.utilisation <= 1:
        raise ValueError(
            "Parâmetros, tokens e operações por segundo são maiores que zero, e o aproveitamento vai até 1."
        )
    if pue < 1 or min(machine.watts, machine.price, grid) < 0:
        raise ValueError("O PUE é 1 ou mais, e potência, preço e emissões não são negativos.")
    flops = 6 * parameters * tokens
    hours = flops / (machine.peak * machine.utilisation) / 3600
    kwh = hours * machine.watts / 1000 * pue
    return Cost(flops, hours, kwh, hours * machine.price, kwh * grid / 1000)
