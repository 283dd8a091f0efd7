"""PromptBench: a prompt in parts, that the reader switches, edits and reorders, and what each part is worth.

For the prompt as it stands: the tokens that the model gets, coloured by part, its answer, and the probability
of the right answer; for each change of one part (`llmlib.scratch.prompting.variants`) the same probability.
The first state of every task is recorded for every model; any change asks the model through `compute`.
It measures one item at a time: the curves of many items are another figure's.
"""

from __future__ import annotations

import math
from collections.abc import Callable, Mapping, Sequence

import traitlets

from llmlib.events import finished
from llmlib.scratch.prompting import LAYOUTS, Prompt, variants
from llmlib.widgets import fallback as html
from llmlib.widgets.base import Widget
from llmlib.widgets.chat_template import losses, short
from llmlib.widgets.several import several

FORMS = {"text": "texto solto", "chat": "mensagem"}
MOST = 8  # examples


class PromptBench(Widget):
    """A workbench for one prompt.

    Args:
        models: models with `compute` and `name`, as `LM`; the first is chosen.
        tasks: label -> (prompt, right answer); the first is shown. A layout must be one of `LAYOUTS`.
        forms: how the prompt reaches each model: "text" (the words alone) or "chat" (a user's message).
        titles: what each model is called.
        prefix: what an answer begins with after a chat's invitation: " " where the template is spaced.
        room: the longest answer, in tokens.
    """

    name = "prompt-bench"
    models = traitlets.List(traitlets.Dict()).tag(sync=True)  # {model, title, form}
    tasks = traitlets.List(traitlets.Dict()).tag(sync=True)  # a prompt's parts, its answer, {model: record}
    layouts = traitlets.List(traitlets.Dict()).tag(sync=True)
    prefix = traitlets.Unicode("").tag(sync=True)
    room = traitlets.Int(14).tag(sync=True)

    def __init__(
        self,
        models: Sequence[object],
        tasks: Mapping[str, tuple[Prompt, str]],
        forms: Sequence[str] = ("text", "chat"),
        titles: Sequence[str] = ("Modelo base", "Modelo instruído"),
        prefix: str = "",
        room: int = 14,
    ) -> None:
        if not models or not tasks:
            raise ValueError("PromptBench precisa de ao menos um modelo e uma tarefa.")
        if len(forms) < len(models) or any(form not in FORMS for form in forms):
            raise ValueError(f"forms diz, de cada modelo, {' ou '.join(FORMS)}; veio {tuple(forms)}.")
        for label, (prompt, answer) in tasks.items():
            if prompt.layout not in LAYOUTS.values():
                raise ValueError(f"O formato da tarefa “{label}” não é um dos de LAYOUTS.")
            if len(prompt.examples) > MOST:
                raise ValueError(f"A tarefa “{label}” tem {len(prompt.examples)} exemplos; cabem {MOST}.")
            if not answer.strip():
                raise ValueError(f"A tarefa “{label}” precisa da resposta certa.")
        compute = several(*models)
        sides = [
            {"model": model.name, "title": title, "form": form}
            for model, title, form in zip(models, titles, forms, strict=False)
        ]
        names = [side["model"] for side in sides]
        super().__init__(
            compute=short(compute),
            model_name=next((name for name in names if "/" not in name), names[0]),
            models=sides,
            layouts=[{"label": label, "parts": list(parts)} for label, parts in LAYOUTS.items()],
            prefix=prefix,
            room=room,
            tasks=[
                {
                    "label": label,
                    "prompt": plain(prompt),
                    "answer": answer,
                    "records": [record(compute, side, prompt, answer, prefix, room) for side in sides],
                }
                for label, (prompt, answer) in tasks.items()
            ],
        )

    def summary(self) -> str:
        task, side = self.tasks[0], self.models[0]
        made = task["records"][0]
        worth = "; ".join(f"{name}, {html.percent(p)}" for name, p in made["worth"].items())
        return (
            f"{task['label']}: o {side['title'].lower()} responde “{made['text']}”. Probabilidade da "
            f"resposta certa, “{task['answer']}”: {worth}."
        )

    def fallback(self) -> str:
        made = self.tasks[0]["records"][0]
        rows = "".join(
            f"<tr><th scope='row'>{html.escape(name)}</th><td>{html.percent(p)}</td></tr>"
            for name, p in made["worth"].items()
        )
        head = "<tr><th scope='col'>Prompt</th><th scope='col'>Probabilidade da certa</th></tr>"
        return (
            f"{html.strip(made['tokens'])}<p>{html.escape(self.summary())}</p>"
            f"<table><thead>{head}</thead><tbody>{rows}</tbody></table>"
        )


def plain(prompt: Prompt) -> dict:
    """A prompt as JSON: the twin of the state in prompt_bench.js."""
    layout = next(label for label, parts in LAYOUTS.items() if parts == prompt.layout)
    return {
        "role": prompt.role, "instruction": prompt.instruction, "context": prompt.context,
        "examples": [list(pair) for pair in prompt.examples], "item": prompt.item, "layout": layout,
        "cue": prompt.cue,
    }  # fmt: skip


def asked(form: str, text: str) -> dict:
    """The words as `compute` wants them."""
    return {"messages": [{"role": "user", "content": text}]} if form == "chat" else {"text": text}


def begun(prompt: Prompt, form: str, answer: str, prefix: str) -> str:
    """The right answer as it would stand right after the prompt."""
    if form == "chat":
        return prefix + answer
    return ("" if prompt.text().endswith("\n") else " ") + answer


def probability(
    compute: Callable, side: dict, prompt: Prompt, answer: str, prefix: str
) -> tuple[float, list]:
    """(probability that the model goes on with exactly this answer, tokens of what it was given)."""
    tokens = compute("encode", {"model": side["model"], **asked(side["form"], prompt.text())})["tokens"]
    wanted = {"text": begun(prompt, side["form"], answer, prefix)}
    after = compute("encode", {"model": side["model"], **wanted})["tokens"]
    lost = losses(compute, side["model"], [*tokens, *after])[-len(after) :]
    return math.exp(-sum(lost)), tokens


def record(compute: Callable, side: dict, prompt: Prompt, answer: str, prefix: str, room: int) -> dict:
    """{tokens, text, written: [{id, text, p}], worth: {variant: probability}} of one prompt and one model."""
    worth, tokens = {}, []
    for name, changed in variants(prompt).items():
        p, given = probability(compute, side, changed, answer, prefix)
        worth[name] = p
        tokens = tokens or [{"id": t["id"], "text": t["text"]} for t in given]
    params = {"model": side["model"], **asked(side["form"], prompt.text()), "max_new_tokens": room}
    events, result = finished(compute("generate", params | {"stop": ["\n"], "sampling": {"temperature": 0}}))
    written = [{key: event["token"][key] for key in ("id", "text", "p")} for event in events]
    return {"tokens": tokens, "text": result["text"].strip(), "written": written, "worth": worth}
