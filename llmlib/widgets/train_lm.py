"""TrainLM: a language model of about a hundred thousand weights that the reader trains in the page.

The recording is a short run really made when the figure is made, by `llmlib.scratch.small_lm`; the page's
engine makes the same one when the reader presses, with the same seed, and any other that the reader chooses.
This file records and checks. It computes no gradient and draws nothing; parts of the corpus travel in files
of their own, attached when asked for (`assets`).
"""

from __future__ import annotations

from collections.abc import Callable

import traitlets

from llmlib.data import corpus
from llmlib.events import finished
from llmlib.widgets import fallback as html
from llmlib.widgets.base import Widget

SLICES = {  # name: (kind of text in the corpus, as the reader chooses it)
    "historias": ("historia", "histórias"),
    "dialogos": ("dialogo", "diálogos"),
    "fatos": ("fatos", "fatos"),
    "descricoes": ("descricao", "descrições"),
}
LENGTH = 150_000  # characters of a slice


def slice_of(name: str) -> str:
    """The text of a slice. Raises ValueError listing those there are."""
    if name not in SLICES:
        raise ValueError(f"Não existe a parte do corpus {name!r}. Existem: {', '.join(SLICES)}.")
    return "\n\n".join(corpus(kind=SLICES[name][0]))[:LENGTH]


def number(value: float, digits: int = 2) -> str:
    """1234.5 -> '1.234,50'."""
    return f"{value:,.{digits}f}".translate(str.maketrans(",.", ".,"))


class TrainLM(Widget):
    """Train a small language model, and watch its loss and what it writes.

    Args:
        text: a slice of the corpus by its name ("historias", "dialogos", "fatos", "descricoes"), or a text.
        layers, hidden_size, learning_rate, batch, context, seed: as `small_lm.Recipe` has them.
        steps: of the recorded run, made now: about 40 a second on a free core.
        live_steps: of a run that the reader starts; it can be continued.
        every: steps between two measures of the held-out loss, with a sample.
        compute: who trains, `(method, params) -> …`; by default this Python, by torch.
    """

    name = "train-lm"
    corpus = traitlets.Unicode("historias").tag(sync=True)  # "" when the text is the author's own
    text = traitlets.Unicode("").tag(sync=True)
    slices = traitlets.Dict().tag(sync=True)  # {name: label}
    recipe = traitlets.Dict().tag(sync=True)
    steps = traitlets.Int(2000).tag(sync=True)  # of a live run
    every = traitlets.Int(25).tag(sync=True)
    # {start, losses: one a step, validations: [[step, loss]], samples: [[step, text]], speed, reason}
    recording = traitlets.Dict().tag(sync=True)

    def __init__(
        self,
        text: str = "historias",
        layers: int = 2,
        hidden_size: int = 64,
        learning_rate: float = 5e-3,
        batch: int = 8,
        context: int = 64,
        seed: int = 0,
        steps: int = 400,
        live_steps: int = 2000,
        every: int = 25,
        compute: Callable[[str, dict], object] | None = None,
    ) -> None:
        for label, value in (("steps", steps), ("live_steps", live_steps), ("every", every)):
            if not 1 <= value <= 20_000:
                raise ValueError(f"{label} vai de 1 a 20000; veio {value}.")
        if compute is None:
            from llmlib.scratch.small_lm import Lessons  # torch, only where something is trained

            compute = Lessons(slice_of).compute
        named = text in SLICES
        recipe = {
            "layers": layers,
            "hidden_size": hidden_size,
            "learning_rate": learning_rate,
            "batch": batch,
            "context": context,
            "seed": seed,
        }
        source = {"corpus": text} if named else {"text": text}
        recording = record(compute, {**source, **recipe, "steps": steps, "every": max(every, steps // 16)})
        super().__init__(
            compute=compute,
            corpus=text if named else "",
            text="" if named else text,
            slices={name: label for name, (_, label) in SLICES.items()},
            recipe=recipe,
            steps=live_steps,
            every=every,
            recording=recording,
        )

    def summary(self) -> str:
        (_, first), (last, now) = self.recording["validations"][0], self.recording["validations"][-1]
        if now is None:
            return f"O treino parou no passo {last}: a perda deixou de cair."
        return (
            f"Em {number(last, 0)} passos, a perda no texto guardado foi de {number(first)} a {number(now)} "
            "nats por caractere; quem só sabe a frequência dos caracteres fica em "
            f"{number(self.recording['start']['unigram'])}."
        )

    def fallback(self) -> str:
        losses, samples = dict(map(tuple, self.recording["validations"])), self.recording["samples"]
        rows = "".join(
            f"<tr><td>{number(step, 0)}</td><td>{number(losses[step]) if losses[step] else '–'}</td>"
            f"<td>{html.escape(text[:90])}</td></tr>"
            for step, text in samples[:: max(1, len(samples) // 6)]
        )
        return (
            f"<p>{self.summary()}</p><table><thead><tr><th>Passo</th><th>Perda na prova</th>"
            f"<th>O que o modelo escreve</th></tr></thead><tbody>{rows}</tbody></table>"
        )

    def html(self) -> str:
        """As any widget, with the mark by which the page gives it a worker that trains."""
        return super().html().replace(' data-model=""', ' data-model="" data-trains', 1)


def record(compute: Callable[[str, dict], object], params: dict) -> dict:
    """Make a run to its end, and keep what the figure draws."""
    kept: dict = {"start": None, "losses": [], "validations": [], "samples": [], "speed": 0}
    events, result = finished(compute("train", {"run": "gravação", **params}))
    for event in events:
        if "start" in event:
            kept["start"] = event["start"]
            continue
        kept["losses"] += [round(loss, 3) for loss in event["losses"]]
        kept["speed"] = event["speed"]
        if "sample" in event:
            kept["validations"].append([event["step"], event["validation"]])
            kept["samples"].append([event["step"], event["sample"]])
    return kept | {"reason": result["reason"]}
