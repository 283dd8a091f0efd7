"""ExamplesCurve: how often a model is right by how many examples it had, and what it answers.

All of it was measured before (`builders.sft_curve`, examples of a tuning; `builders.prompt_curves`, examples
in the prompt); the figure only shows it. One curve at a time stands out, with its intervals and one mark a
seed; a slider walks the sizes, and the answers walk with it. `words` says what the examples are.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence

import traitlets

from llmlib.widgets import fallback as html
from llmlib.widgets.base import Widget

WORDS = {  # what the figure says of the examples; `times` are only told where they are given
    "one": "conversa", "many": "conversas", "none": "nenhuma conversa, o modelo base",
    "axis": "conversas diferentes no ajuste", "slider": "Conversas no ajuste", "group": "Prova",
    "key": "Círculo: as sementes somadas, com o intervalo de 95 %. Losangos: cada semente.",
    "head": "Conversas", "start": "sem nenhum exemplo",
}  # fmt: skip


class ExamplesCurve(Widget):
    """Measured shares over numbers of examples.

    Args:
        sizes: numbers of examples, growing; the first is 0, the model before tuning.
        curves: label -> one {"value", "low", "high", "seeds": [shares]} a size; the first stands out.
        answers: prompt -> one answer a size; may be empty.
        times: how often each example was read, one number a size; () where that means nothing.
        words: any of `WORDS`, for examples of another kind.
    """

    name = "examples-curve"
    sizes = traitlets.List(traitlets.Int()).tag(sync=True)
    times = traitlets.List(traitlets.Float()).tag(sync=True)
    curves = traitlets.List(traitlets.Dict()).tag(sync=True)  # {label, points}
    answers = traitlets.List(traitlets.Dict()).tag(sync=True)  # {prompt, texts}
    words = traitlets.Dict().tag(sync=True)

    def __init__(
        self,
        sizes: Sequence[int],
        curves: Mapping[str, Sequence[Mapping[str, object]]],
        answers: Mapping[str, Sequence[str]],
        times: Sequence[float] = (),
        words: Mapping[str, str] | None = None,
    ) -> None:
        sizes = list(sizes)
        if len(sizes) < 2 or sizes != sorted(set(sizes)):
            raise ValueError(f"sizes precisa de ao menos dois números crescentes; veio {sizes}.")
        if not curves:
            raise ValueError("Passe ao menos uma curva.")
        if unknown := set(words or {}) - set(WORDS):
            raise ValueError(f"words não tem “{min(unknown)}”; tem {', '.join(WORDS)}.")
        rows = {**({"times": times} if len(times) else {}), **curves, **answers}
        for name, row in rows.items():
            if len(row) != len(sizes):
                raise ValueError(f"“{name}” tem {len(row)} valores para {len(sizes)} tamanhos.")
        for label, points in curves.items():
            for point in points:
                if not 0 <= point["low"] <= point["value"] <= point["high"] <= 1:
                    raise ValueError(f"Na curva “{label}”, um ponto está fora do seu intervalo ou de 0 a 1.")
        super().__init__(
            sizes=sizes,
            times=[float(each) for each in times],
            curves=[
                {
                    "label": label,
                    "points": [{k: p[k] for k in ("value", "low", "high", "seeds")} for p in points],
                }
                for label, points in curves.items()
            ],
            answers=[{"prompt": prompt, "texts": list(texts)} for prompt, texts in answers.items()],
            words=WORDS | dict(words or {}),
        )

    def summary(self) -> str:
        first = self.curves[0]
        start, end = first["points"][0]["value"], first["points"][-1]["value"]
        return (
            f"{first['label'].capitalize()}: de {html.percent(start)} de acertos {self.words['start']} a "
            f"{html.percent(end)} com {whole(self.sizes[-1])}."
        )

    def fallback(self) -> str:
        head = "".join(f'<th scope="col">{html.escape(each["label"])}</th>' for each in self.curves)
        rows = "".join(
            f'<tr><th scope="row">{whole(size)}</th>'
            + "".join(f"<td>{html.percent(each['points'][i]['value'])}</td>" for each in self.curves)
            + "</tr>"
            for i, size in enumerate(self.sizes)
        )
        return (
            f"<p>{html.escape(self.summary())}</p>"
            f"<table><thead><tr><th scope='col'>{html.escape(self.words['head'])}</th>{head}</tr></thead>"
            f"<tbody>{rows}</tbody></table>"
        )


def whole(number: int) -> str:
    """3000 -> '3.000'."""
    return f"{number:,}".replace(",", ".")
