"""StepSums: the same sums asked in four ways, with and without written steps, counted with intervals.

The ways are those of `llmlib.scratch.prompting`: at once, with a sentence that asks for steps, after
examples with steps, and with the steps laid out by the program. Twenty sums of three numbers are recorded for
the first model; other sums, models and sizes are run through `compute`. The answer is read from the text by a
rule that never looks at the right one.
"""

from __future__ import annotations

from collections.abc import Callable, Sequence

import traitlets

from llmlib.events import finished
from llmlib.measure import share
from llmlib.scratch import prompting
from llmlib.widgets import fallback as html
from llmlib.widgets.base import Widget
from llmlib.widgets.several import several

WAYS = {  # key: (label, what it is)
    "direct": ("direto", "quatro somas resolvidas, só com o resultado"),
    "words": ("“passo a passo”", "a pergunta e a frase “Vamos pensar passo a passo.”"),
    "steps": ("exemplos com passos", "quatro somas resolvidas, uma conta por linha"),
    "laid": ("passos do programa", "o programa escreve cada conta, o modelo só o resultado"),
}
COUNT, SOLVED = 20, 4
TERMS = (2, 3, 4, 5)


class StepSums(Widget):
    """Twenty sums, four ways.

    Args:
        models: models with `compute` and `name`, as `LM`; the first is recorded.
        titles: what each is called.
        terms: how many numbers a sum has in the recording, 2 to 5.
        seed: of the recorded sums.
    """

    name = "step-sums"
    models = traitlets.List(traitlets.Dict()).tag(sync=True)
    ways = traitlets.List(traitlets.Dict()).tag(sync=True)
    terms = traitlets.Int(3).tag(sync=True)
    seed = traitlets.Int(0).tag(sync=True)
    recording = traitlets.List().tag(sync=True)  # a sum: {terms, way: {text, answer}}

    def __init__(
        self,
        models: Sequence[object],
        titles: Sequence[str] = ("Modelo base", "Modelo instruído"),
        terms: int = 3,
        seed: int = 0,
    ) -> None:
        if not models:
            raise ValueError("StepSums precisa de ao menos um modelo.")
        if terms not in TERMS:
            raise ValueError(f"terms vai de {TERMS[0]} a {TERMS[-1]}; veio {terms}.")
        compute = several(*models)
        names = [model.name for model in models]
        super().__init__(
            compute=compute,
            model_name=next((name for name in names if "/" not in name), names[0]),
            models=[{"model": n, "title": t} for n, t in zip(names, titles, strict=False)],
            ways=[{"key": key, "label": label, "what": what} for key, (label, what) in WAYS.items()],
            terms=terms,
            seed=seed,
            recording=[
                {"terms": each, **{way: run(writer(compute, names[0]), way, each) for way in WAYS}}
                for each in prompting.sums(seed, COUNT, terms)
            ],
        )

    def _right(self, way: str) -> int:
        return sum(row[way]["answer"] == sum(row["terms"]) for row in self.recording)

    def summary(self) -> str:
        counts = "; ".join(f"{label}, {self._right(key)}" for key, (label, _) in WAYS.items())
        return (
            f"Das {len(self.recording)} somas de {self.terms} números, o {self.models[0]['title'].lower()} "
            f"acertou: {counts}."
        )

    def fallback(self) -> str:
        n = len(self.recording)
        rows = "".join(
            f"<tr><th scope='row'>{label}</th><td>{html.escape(what)}</td><td>{hits} de {n}</td>"
            f"<td>{html.percent(e.low)} a {html.percent(e.high)}</td></tr>"
            for key, (label, what) in WAYS.items()
            for hits in [self._right(key)]
            for e in [share(hits, n)]
        )
        head = "".join(
            f"<th scope='col'>{name}</th>" for name in ("Jeito", "O que é", "Certas", "Intervalo de 95 %")
        )
        return (
            f"<p>{html.escape(self.summary())}</p>"
            f"<table><thead><tr>{head}</tr></thead><tbody>{rows}</tbody></table>"
        )


def solved(terms: int) -> list[list[int]]:
    """The sums that the examples show, of as many numbers as the one asked."""
    return prompting.sums(7000 + terms, SOLVED, terms)


def writer(compute: Callable, model: str) -> Callable[[str, int, list[str]], str]:
    """write(prompt, room, stop) -> what the model writes next, always the likeliest token."""

    def write(prompt: str, room: int, stop: Sequence[str] = ()) -> str:
        params = {"model": model, "text": prompt, "max_new_tokens": room, "stop": list(stop)}
        return finished(compute("generate", params | {"sampling": {"temperature": 0}}))[1]["text"]

    return write


def run(write: Callable, way: str, terms: Sequence[int]) -> dict:
    """{text: what was written, answer: the number read from it or None}. The twin of `ssRun` in the page."""
    if way == "laid":
        text, answer = prompting.laid_out(lambda prompt: write(prompt, 4, ["\n"]), terms)
        return {"text": text, "answer": answer}
    shown = solved(len(terms))
    if way == "direct":
        text = write(prompting.direct(terms, shown), 5, ["\n"])
        return {"text": text.strip(), "answer": prompting.first_number(text)}
    if way == "words":
        text = write(prompting.magic_words(terms), 40, ["\nPergunta"])
    else:
        text = write(prompting.with_steps(terms, shown), 14 * (len(terms) - 1), ["\n\n"])
    return {"text": text.strip(), "answer": prompting.last_number(text)}
