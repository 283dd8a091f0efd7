"""Rewrite: a task and a sentence for an encoder-decoder, what it writes token by token, and where it looks.

The cross-attention of every written token over the source is recorded, and asked again for a text of the
reader's, as a mean over the heads of each layer. It shows weights, not reasons.
"""

from __future__ import annotations

from collections.abc import Callable, Sequence

import numpy as np
import traitlets

from llmlib.events import finished
from llmlib.widgets import fallback as html
from llmlib.widgets.base import Widget

ROOM = 96  # most tokens written
REASONS = {
    "eos": "Parou por conta própria.",
    "length": "Foi cortado no limite.",
    "cancelled": "Interrompido.",
}


class Rewrite(Widget):
    """A text rewritten by an encoder-decoder.

    Args:
        lm: the model: `compute` ("rewrite" and "trace") and `name`.
        tasks: {what the reader chooses: the prefix that the model knows}, as {"corrigir": "corrigir: "}.
        prompts: (task, text) pairs to record; the first is shown.
    """

    name = "rewrite"
    tasks = traitlets.Dict().tag(sync=True)
    recordings = traitlets.List(traitlets.Dict()).tag(sync=True)  # {task, text, source, tokens, reason, maps}

    def __init__(self, lm: object, tasks: dict[str, str], prompts: Sequence[tuple[str, str]]) -> None:
        if not prompts:
            raise ValueError("Passe ao menos um par (tarefa, texto) em prompts.")
        if unknown := [task for task, _ in prompts if task not in tasks]:
            raise ValueError(f"A tarefa {unknown[0]!r} não está em tasks, que tem {', '.join(tasks)}.")
        super().__init__(
            compute=lm.compute,
            model_name=lm.name,
            tasks=dict(tasks),
            recordings=[
                {"task": task, "text": text, **record(lm.compute, tasks[task] + text)}
                for task, text in prompts
            ],
        )

    def summary(self) -> str:
        first = self.recordings[0]
        return f"Pedido: {first['task']}. De “{first['text']}”, o modelo escreveu “{written(first)}”."

    def fallback(self) -> str:
        first = self.recordings[0]
        end = REASONS.get(first["reason"], "")
        return (
            f'<p class="rw-task">{html.escape(first["task"])}</p>{html.line(first["text"])}'
            f'{html.strip(first["tokens"])}<p class="rw-end">{end}</p>'
        )


def record(compute: Callable, text: str) -> dict:
    """{source tokens, written tokens with p, reason, maps: a mean map (U, S) a layer}."""
    events, result = finished(compute("rewrite", {"text": text, "max_new_tokens": ROOM}))
    tokens = [{key: event["token"][key] for key in ("id", "text", "p")} for event in events]
    source, maps = look(compute, text, [token["id"] for token in tokens]) if tokens else ([], [])
    return {"source": source, "tokens": tokens, "reason": result["reason"], "maps": maps}


def look(compute: Callable, text: str, written_ids: list[int]) -> tuple[list[dict], list]:
    """The source's tokens, and one cross-attention map a layer (mean over heads): (layers, U, S), rounded."""
    found = compute("trace", {"text": text, "target": written_ids, "only": "cross_attentions"})
    maps = np.asarray(found["cross_attentions"], float).reshape(
        found["cross_attentions_shape"]
    )  # (L, H, U, S)
    source = [{"id": each["id"], "text": each["text"]} for each in found["tokens"]]
    return source, np.round(maps.mean(1), 3).tolist()


def written(recording: dict) -> str:
    """The text that was written, without the mark that ends it."""
    return "".join(t["text"] for t in recording["tokens"] if t["text"] not in html.SPECIAL).strip()
