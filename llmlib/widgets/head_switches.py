"""HeadSwitches: every head of a model as a switch, and what a job loses when some of them are off.

The measures of `builders.head_jobs` are recorded: where heads look, and what each of them is worth alone. A
switch asks the model: `trace` with `ablate` and `only: "losses"` over the job's examples, and as many heads
drawn by lot, for comparison. It measures nothing itself in Python.
"""

from __future__ import annotations

from collections.abc import Callable, Mapping

import numpy as np
import traitlets

from llmlib.widgets import fallback as html
from llmlib.widgets.base import Widget

DRAWS = 5  # sets of heads drawn by lot


class HeadSwitches(Widget):
    """The heads of a model, and the jobs that some of them do.

    Args:
        source: the model (anything with `compute` and `name`, as `LM`).
        jobs: name -> an entry of `data/medidas/cabecas.json`, with `means`, `score`, `effect` (value (L, H))
            and `examples` ({ids, start, wrong, loss}).
        words: token ids -> their texts, to show the examples (as `[lm.token_text(i) for i in ids]`).
        job: name of the job shown first; by default the first.
        most: how many of a job's examples are used; each costs a pass of the model for each set of heads.
    """

    name = "head-switches"
    jobs = traitlets.List().tag(
        sync=True
    )  # {name, means, scores, effects, examples: [{ids, start, wrong, words, loss}]}
    shape = traitlets.List().tag(sync=True)  # layers, heads
    start = traitlets.Int(0).tag(sync=True)
    draws = traitlets.Int(DRAWS).tag(sync=True)

    def __init__(
        self,
        source: object,
        jobs: Mapping[str, dict],
        words: Callable[[list[int]], list[str]],
        job: str | None = None,
        most: int = 8,
    ) -> None:
        if not jobs:
            raise ValueError("HeadSwitches precisa de ao menos um serviço medido.")
        if job is not None and job not in jobs:
            raise ValueError(f"Não há o serviço {job}; há {', '.join(jobs)}.")
        shapes = {name: np.shape(each["score"]["value"]) for name, each in jobs.items()}
        if len(set(shapes.values())) > 1 or any(len(shape) != 2 for shape in shapes.values()):
            raise ValueError(f"Os serviços não falam das mesmas cabeças: {shapes}.")
        kept = []
        for name, each in jobs.items():
            examples = [
                {
                    "ids": one["ids"],
                    "start": one["start"],
                    "wrong": one["wrong"],
                    "loss": one["loss"],
                    "words": words(one["ids"]),
                }
                for one in each["examples"][:most]
            ]
            if not examples or any(not 1 <= one["start"] < len(one["ids"]) for one in examples):
                raise ValueError(f"O serviço {name} não traz exemplos com um lugar para a resposta certa.")
            kept.append(
                {
                    "name": name,
                    "means": each["means"],
                    "scores": each["score"]["value"],
                    "effects": each["effect"]["value"],
                    "examples": examples,
                }
            )
        super().__init__(
            compute=getattr(source, "compute", None),
            model_name=getattr(source, "name", ""),
            jobs=kept,
            shape=list(shapes[kept[0]["name"]]),
            start=list(jobs).index(job) if job else 0,
        )

    def summary(self) -> str:
        each = self.jobs[self.start]
        scores, effects = np.array(each["scores"]), np.array(each["effects"])
        look, work = (np.unravel_index(a.argmax(), a.shape) for a in (scores, effects))
        return (
            f"Serviço “{each['name']}”: a cabeça que mais olha onde ele pede é a {look[1] + 1} da camada "
            f"{look[0] + 1} ({html.percent(float(scores[look]))} da atenção); a que mais faz falta, a "
            f"{work[1] + 1} da camada {work[0] + 1} "
            f"(sem ela, a perda sobe {html.decimal(float(effects[work]), 2)})."
        )

    def fallback(self) -> str:
        each = self.jobs[self.start]
        heads = "".join(f'<th scope="col">cabeça {j + 1}</th>' for j in range(self.shape[1]))
        rows = "".join(
            f'<tr><th scope="row">camada {i + 1}</th>'
            + "".join(f"<td>{html.percent(v)}</td>" for v in row)
            + "</tr>"
            for i, row in enumerate(each["scores"])
        )
        return (
            f"<p>{html.escape(self.summary())}</p>"
            '<div class="hs-scroll" tabindex="0"><table class="hs-table"><caption>Parte da atenção de cada '
            f"cabeça no lugar que o serviço pede: {html.escape(each['means'])}</caption>"
            f"<thead><tr><td></td>{heads}</tr></thead><tbody>{rows}</tbody></table></div>"
        )
