"""ReviewLab: type a review and several classifiers answer; label some, and one more trains before the reader.

Two classifiers were trained before: one that counts words, which travels whole, and a head on the hidden
states of a model, which needs the model to answer. The third learns in the figure, from the reader's labels,
on the same states (`review_lab.head.js`, twin of `scratch.classify.fit_head`). This file trains nothing.
"""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence

import numpy as np
import traitlets

from llmlib.widgets import fallback as html
from llmlib.widgets.base import Widget


class ReviewLab(Widget):
    """Classifiers over a text that the reader may change, and one that the reader teaches.

    Args:
        source: a model that knows `trace` (anything with `compute` and `name`, as `LM`), or None.
        text: where the figure starts.
        recorded: {"words": p, "head": p}, what both say about `text`.
        words: word -> (idf, weight), and under "" (0, bias): TF-IDF of single words, normalised, and a line.
        head: {"w": D numbers, "b", "mean": D, "spread": D, "layer": it looks at, "labels": it had,
            "decay": of the reader's own}.
        bank: reviews with no label that the reader may label.
        unseen: {"texto", "rotulo"} of reviews that nobody learned from, to measure the reader's classifier.
        examples: texts that the reader may try with one click.
    """

    name = "review-lab"
    text = traitlets.Unicode("").tag(sync=True)
    recorded = traitlets.Dict().tag(sync=True)
    words = traitlets.Dict().tag(sync=True)
    head = traitlets.Dict().tag(sync=True)
    bank = traitlets.List(traitlets.Unicode()).tag(sync=True)
    unseen = traitlets.List(traitlets.Dict()).tag(sync=True)
    examples = traitlets.List(traitlets.Unicode()).tag(sync=True)

    def __init__(
        self,
        source: object,
        text: str,
        recorded: Mapping[str, float],
        words: Mapping[str, Sequence[float]],
        head: Mapping[str, object],
        bank: Sequence[str],
        unseen: Sequence[Mapping[str, object]],
        examples: Sequence[str] = (),
    ) -> None:
        sizes = {key: len(head[key]) for key in ("w", "mean", "spread")}
        if len(set(sizes.values())) != 1:
            raise ValueError(f"w, mean e spread precisam do mesmo tamanho; vieram {sizes}.")
        if "" not in words:
            raise ValueError("Falta o termo constante da contagem de palavras, na chave vazia.")
        if not all(0 <= recorded[key] <= 1 for key in ("words", "head")):
            raise ValueError("As probabilidades gravadas vão de 0 a 1.")
        if {int(row["rotulo"]) for row in unseen} != {0, 1}:
            raise ValueError("As resenhas da prova precisam dos dois rótulos, 0 e 1.")
        head = {**head, **{key: [float(f"{x:.4g}") for x in head[key]] for key in sizes}}
        super().__init__(
            compute=averaged(source.compute, int(head["layer"])) if hasattr(source, "compute") else None,
            model_name=getattr(source, "name", ""),
            text=text,
            recorded=dict(recorded),
            words={word: [float(f"{x:.4g}") for x in pair] for word, pair in words.items()},
            head=head,
            bank=list(bank),
            unseen=[{"texto": row["texto"], "rotulo": int(row["rotulo"])} for row in unseen],
            examples=list(examples),
        )

    def rows(self) -> list[tuple[str, float]]:
        return [("Contar palavras", self.recorded["words"]), ("Modelo congelado", self.recorded["head"])]

    def summary(self) -> str:
        said = "; ".join(f"{name}, {html.percent(p)}" for name, p in self.rows())
        return f"Chance de “{self.text}” ser positiva: {said}."

    def fallback(self) -> str:
        rows = "".join(
            f'<tr><th scope="row">{name}</th><td>{html.percent(p)}</td></tr>' for name, p in self.rows()
        )
        return (
            f"{html.line(self.text)}<table><thead><tr><th scope='col'>Classificador</th>"
            f"<th scope='col'>Chance de ser positiva</th></tr></thead><tbody>{rows}</tbody></table>"
        )


def averaged(compute: Callable[[str, dict], dict], layer: int) -> Callable[[str, dict], dict]:
    """A `compute` whose trace is only the mean state after `layer`: a kernel need not send every number."""

    def ask(method: str, params: dict) -> dict:
        answer = compute(method, params)
        if method != "trace":
            return answer
        states = np.reshape(answer["hidden_states"], answer["hidden_states_shape"])[layer]  # (T, D)
        return {"features": states[1:].mean(0) if len(states) > 1 else states[0] * 0}

    return ask
