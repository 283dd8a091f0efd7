"""Votes: the reader prefers one of two answers; a reward learns from that and chooses among new ones.

Everything that learns is arithmetic of the page (`engine/preference.js`, the twin of
`llmlib.scratch.preference`). The pairs and the answers to choose from are recorded answers of a real model; a
question of the reader's asks it for more through `compute`. It knows whether a recorded answer is right, and
says so only after the choice: the reward never sees it.
"""

from __future__ import annotations

from collections.abc import Sequence

import traitlets

from llmlib.scratch.preference import TRAITS
from llmlib.widgets import fallback as html
from llmlib.widgets.base import Widget


def checked(bank: Sequence[dict]) -> list[dict]:
    """The bank of `builders.alignment_curves`, as widgets send it: questions with their different answers.

    Each answer: {text, count (how often it was drawn), right (0 or 1), traits (one number each)}.
    """
    found = []
    for entry in bank:
        answers = [{k: a[k] for k in ("text", "count", "right", "traits")} for a in entry["answers"]]
        for a in answers:
            if len(a["traits"]) != len(TRAITS) or a["count"] < 1:
                raise ValueError(
                    f"A resposta “{a['text']}” precisa de {len(TRAITS)} traços e de uma contagem."
                )
        if answers:
            found.append({"question": entry["question"], "answers": answers})
    if not found:
        raise ValueError("Passe ao menos uma pergunta com respostas.")
    return found


class Votes(Widget):
    """Pairs to vote on, what was learned, and the best of n by it.

    Args:
        lm: the model that wrote the answers: anything with `compute` and `name`, as `LM`.
        pairs: questions with at least two different answers each; the reader compares the first two.
        bank: questions with the answers among which the learned reward chooses.
        n: among how many it chooses at first, 1 to 32.
    """

    name = "votes"
    traits_names = traitlets.List(traitlets.Unicode()).tag(sync=True)
    pairs = traitlets.List(traitlets.Dict()).tag(sync=True)
    bank = traitlets.List(traitlets.Dict()).tag(sync=True)
    n = traitlets.Int(8).tag(sync=True)

    def __init__(self, lm: object, pairs: Sequence[dict], bank: Sequence[dict], n: int = 8) -> None:
        pairs = [{**p, "answers": p["answers"][:2]} for p in checked(pairs)]
        if any(len(p["answers"]) < 2 for p in pairs):
            raise ValueError("Cada par precisa de duas respostas diferentes.")
        if not 1 <= n <= 32:
            raise ValueError(f"n vai de 1 a 32; veio {n}.")
        super().__init__(
            compute=getattr(lm, "compute", None),
            model_name=getattr(lm, "name", ""),
            traits_names=list(TRAITS),
            pairs=pairs,
            bank=checked(bank),
            n=n,
        )

    def summary(self) -> str:
        first = self.pairs[0]
        one, other = (a["text"] for a in first["answers"])
        return f"A “{first['question']}”, o modelo respondeu “{one}” e “{other}”. Qual você prefere?"

    def fallback(self) -> str:
        rows = "".join(
            f'<tr><th scope="row">{html.escape(p["question"])}</th>'
            + "".join(f"<td>{html.escape(a['text'])}</td>" for a in p["answers"])
            + "</tr>"
            for p in self.pairs
        )
        return (
            f"<p>{html.escape(self.summary())}</p><table><thead><tr><th scope='col'>Pergunta</th>"
            f"<th scope='col'>Resposta A</th><th scope='col'>Resposta B</th></tr></thead>"
            f"<tbody>{rows}</tbody></table>"
        )
