"""Retries: many clients, one server that comes back slowly, and four ways to try again, drawn over time.

The simulation is `llmlib.scratch.retry.simulate`; the page runs its twin, with the same draws, on what the
reader sets. Nothing is asked of a model.
"""

from __future__ import annotations

import traitlets

from llmlib.scratch.retry import RULES, simulate, tally
from llmlib.widgets import fallback as html
from llmlib.widgets.base import Widget


class Retries(Widget):
    """The figure. clients: 2 to 60; capacity: requests that the server answers in a tenth of a second;
    down: seconds at the start in which it answers nobody; tries: attempts before a client gives up."""

    name = "retries"
    clients = traitlets.Int(20).tag(sync=True)
    capacity = traitlets.Int(2).tag(sync=True)
    down = traitlets.Float(1.0).tag(sync=True)
    tries = traitlets.Int(10).tag(sync=True)
    seed = traitlets.Int(0).tag(sync=True)

    def __init__(
        self, clients: int = 20, capacity: int = 2, down: float = 1.0, tries: int = 10, seed: int = 0
    ) -> None:
        for label, value, low, high in (
            ("clients", clients, 2, 60),
            ("capacity", capacity, 1, 10),
            ("down", down, 0, 5),
            ("tries", tries, 1, 15),
        ):
            if not low <= value <= high:
                raise ValueError(f"{label} vai de {low} a {high}; veio {value}.")
        super().__init__(clients=clients, capacity=capacity, down=down, tries=tries, seed=seed)

    def results(self) -> dict[str, dict]:
        """What came of each rule: {requests, failed, answered, last}."""
        asked = {name: getattr(self, name) for name in ("clients", "capacity", "down", "tries", "seed")}
        return {rule: tally(simulate(rule, **asked), self.clients) for rule in RULES}

    def summary(self) -> str:
        found = self.results()
        return (
            f"{self.clients} clientes e um servidor fora do ar por {html.decimal(self.down, 1)} s: "
            "insistindo já, "
            f"{found['já']['answered']} são atendidos; com espera exponencial sorteada, "
            f"{found['sorteada']['answered']}, com {found['sorteada']['requests']} pedidos ao todo."
        )

    def fallback(self) -> str:
        rows = "".join(
            f"<tr><td>{rule}</td><td>{r['requests']}</td><td>{r['answered']} de {self.clients}</td>"
            f"<td>{html.decimal(r['last'], 1) + ' s' if r['last'] is not None else '—'}</td></tr>"
            for rule, r in self.results().items()
        )
        return (
            f"<p>{html.escape(self.summary())}</p><table><thead><tr><th>Espera</th><th>Pedidos</th>"
            f"<th>Atendidos</th><th>Último atendido</th></tr></thead><tbody>{rows}</tbody></table>"
        )
