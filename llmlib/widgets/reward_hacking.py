"""RewardHacking: voters more or less hurried, the reward learned from them, and what choosing by it does.

The page does all of it again at every move: it simulates the votes, fits the reward (`preference.js`), and
computes the best of n exactly over a bank of real answers whose truth is known. Votes are cast on one half of
the questions and everything is measured on the other.
"""

from __future__ import annotations

from collections.abc import Sequence

import numpy as np
import traitlets

from llmlib.scratch import preference
from llmlib.scratch.sampling import uniform
from llmlib.widgets import fallback as html
from llmlib.widgets.base import Widget
from llmlib.widgets.votes import checked

DRAWS = (1, 2, 3, 4, 6, 8, 12, 16, 24, 32)
RIGHT, LENGTH = 4.0, 3.0  # of a right answer and of a doubling of the words, to a voter


class RewardHacking(Widget):
    """Two rewards against n.

    Args:
        bank: questions with their different answers, as `builders.alignment_curves` leaves them; 4 or more.
        hurry: 0 votes for what is right, 1 for what is longer.
        votes: how many, 10 to 400.
        n: of the best of n, one of DRAWS.
    """

    name = "reward-hacking"
    bank = traitlets.List(traitlets.Dict()).tag(sync=True)
    traits_names = traitlets.List(traitlets.Unicode()).tag(sync=True)
    draws = traitlets.List(traitlets.Int()).tag(sync=True)
    hurry = traitlets.Float().tag(sync=True)
    votes = traitlets.Int().tag(sync=True)
    n = traitlets.Int().tag(sync=True)

    def __init__(self, bank: Sequence[dict], hurry: float = 0.9, votes: int = 150, n: int = 16) -> None:
        bank = checked(bank)
        if len(bank) < 4:
            raise ValueError(f"São precisas ao menos 4 perguntas; vieram {len(bank)}.")
        if not 0 <= hurry <= 1:
            raise ValueError(f"hurry vai de 0 a 1; veio {hurry}.")
        if not 10 <= votes <= 400:
            raise ValueError(f"votes vai de 10 a 400; veio {votes}.")
        if n not in DRAWS:
            raise ValueError(f"n é um de {', '.join(map(str, DRAWS))}; veio {n}.")
        super().__init__(
            bank=bank, traits_names=list(preference.TRAITS), draws=list(DRAWS), hurry=hurry, votes=votes, n=n
        )

    def points(self, hurry: float, votes: int, seed: int = 0) -> list[dict]:
        """{n, proxy, true, kl, bound} for each n. Twin of `study` in reward_hacking.js."""
        voted, asked = self.bank[::2], self.bank[1::2]
        differences, drawn, limit = [], 0, 20 * votes
        while len(differences) < votes and drawn < limit:
            u = [uniform(seed, 4 * drawn + i) for i in range(4)]
            drawn += 1
            answers = voted[int(u[0] * len(voted))]["answers"]
            one, other = (pick(answers, x) for x in u[1:3])
            if one["text"] == other["text"]:
                continue
            gap = worth(one, hurry) - worth(other, hurry)
            won = u[3] < preference.sigmoid(gap)
            winner, loser = (one, other) if won else (other, one)
            differences.append(np.subtract(winner["traits"], loser["traits"]))
        reward = preference.fit(differences, size=len(preference.TRAITS))
        every = np.concatenate([
            np.repeat(reward.of([a["traits"] for a in q["answers"]]), [a["count"] for a in q["answers"]])
            for q in asked
        ])  # fmt: skip
        middle, spread = every.mean(), every.std() or 1.0
        found = []
        for n in self.draws:
            rows = []
            for q in asked:
                scores = reward.of([a["traits"] for a in q["answers"]])
                counts = [a["count"] for a in q["answers"]]
                spots = np.repeat(np.arange(len(counts)), counts)
                kept = np.bincount(spots, preference.best_of_n(scores[spots], n), len(counts))
                share = np.array(counts) / sum(counts)
                right = np.array([a["right"] for a in q["answers"]])
                rows.append(
                    [(kept @ scores - middle) / spread, kept @ right, preference.divergence(kept, share)]
                )
            proxy, true, kl = np.mean(rows, axis=0)
            found.append(
                {"n": n, "proxy": proxy, "true": true, "kl": kl, "bound": preference.best_of_n_bound(n)}
            )
        return found

    def summary(self) -> str:
        start, *_, end = self.points(self.hurry, self.votes)
        word = "caem" if end["true"] < start["true"] else "sobem"
        rise = html.decimal(end["proxy"] - start["proxy"], 1)
        return (
            f"De n = 1 a n = {end['n']}, a recompensa aprendida sobe {rise} desvios, e as respostas certas "
            f"{word} de {html.percent(start['true'])} a {html.percent(end['true'])}."
        )

    def fallback(self) -> str:
        rows = "".join(
            f'<tr><th scope="row">{p["n"]}</th><td>{html.decimal(p["proxy"], 2)}</td>'
            f"<td>{html.percent(p['true'])}</td></tr>"
            for p in self.points(self.hurry, self.votes)
        )
        return (
            f"<p>{html.escape(self.summary())}</p><table><thead><tr><th scope='col'>n</th><th scope='col'>"
            f"Recompensa aprendida</th><th scope='col'>Certas</th></tr></thead><tbody>{rows}</tbody></table>"
        )


def worth(answer: dict, hurry: float) -> float:
    """What an answer is worth to a voter; as in `builders.alignment_curves`."""
    return (1 - hurry) * RIGHT * answer["right"] + hurry * LENGTH * answer["traits"][0]


def pick(answers: list[dict], u: float) -> dict:
    """One answer, as often as it came."""
    left = u * sum(a["count"] for a in answers)
    for a in answers:
        left -= a["count"]
        if left < 0:
            return a
    return answers[-1]
