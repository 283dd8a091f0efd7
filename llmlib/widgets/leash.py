"""Leash: one question's answers, a reward, and beta: how far probabilities may be pulled from the model's.

The best trade of reward for distance has a formula (`llmlib.scratch.preference.tilted`); the page computes it
again at every move. The probabilities of the start are shares of recorded draws of a real model.
"""

from __future__ import annotations

from collections.abc import Sequence

import traitlets

from llmlib.scratch.preference import tilted
from llmlib.widgets import fallback as html
from llmlib.widgets.base import Widget
from llmlib.widgets.votes import checked

REWARDS = ("right", "long", "short")
MOST = 9  # bars


class Leash(Widget):
    """Bars of the answers to one question, before and after.

    Args:
        bank: questions with their different answers, as `builders.alignment_curves` leaves them.
        reward: which one pulls at first: "right", "long" or "short".
        beta: at first, 0.1 to 10.
    """

    name = "leash"
    bank = traitlets.List(traitlets.Dict()).tag(sync=True)
    reward = traitlets.Unicode("right").tag(sync=True)
    beta = traitlets.Float(1.0).tag(sync=True)

    def __init__(self, bank: Sequence[dict], reward: str = "right", beta: float = 1.0) -> None:
        if reward not in REWARDS:
            raise ValueError(f"reward é um de {', '.join(REWARDS)}; veio {reward}.")
        if not 0.1 <= beta <= 10:
            raise ValueError(f"beta vai de 0,1 a 10; veio {beta}.")
        super().__init__(bank=checked(bank), reward=reward, beta=beta)

    def rows(self) -> list[dict]:
        """The bars of the first question: {text, p, q}."""
        answers = self.bank[0]["answers"]
        total = sum(a["count"] for a in answers)
        drawn = [a["count"] / total for a in answers]
        after = tilted(drawn, [worth(a, self.reward) for a in answers], self.beta)
        return [
            {"text": a["text"], "p": p, "q": float(q)} for a, p, q in zip(answers, drawn, after, strict=True)
        ]

    def summary(self) -> str:
        best = max(self.rows(), key=lambda row: row["q"])
        asked, before, after = self.bank[0]["question"], html.percent(best["p"]), html.percent(best["q"])
        beta = html.decimal(self.beta, 1)
        return f"A “{asked}”, com β = {beta}, “{best['text']}” passa de {before} a {after}."

    def fallback(self) -> str:
        rows = sorted(self.rows(), key=lambda row: -row["q"])[:MOST]
        return f"<p>{html.escape(self.summary())}</p>" + html.bars(
            [{"text": r["text"], "p": r["q"]} for r in rows]
        )


def worth(answer: dict, reward: str) -> float:
    """The reward of an answer; its length counts in doublings of the words."""
    return (
        float(answer["right"]) if reward == "right" else answer["traits"][0] * (1 if reward == "long" else -1)
    )
