"""SideBySide: the same words given to two models, each as free text or as a message of a conversation.

A few prompts are recorded, in both forms for each model, by the very calls that the figure makes when it is
live; a text of the reader's asks the models through `compute`. It judges nothing: it shows what each wrote,
how probable each token was, and why each stopped.
"""

from __future__ import annotations

from collections.abc import Sequence

import traitlets

from llmlib.events import finished
from llmlib.widgets import fallback as html
from llmlib.widgets.base import Widget
from llmlib.widgets.several import several

FORMS = ("text", "chat")  # the words alone; the words as the user's message, in the chat format
REASONS = {  # twin of REASONS in side_by_side.js
    "eos": "Parou por conta própria.",
    "length": "Não parou: foi cortado no limite.",
    "stop": "Parou na sequência de parada.",
    "context": "Parou porque o contexto acabou.",
    "cancelled": "Interrompido.",
}
TITLES = ("Modelo base", "Modelo instruído")


class SideBySide(Widget):
    """Two models, the same words.

    Args:
        base, instruct: two models: anything with `compute` and `name`, as `LM`. They may be one and the same.
        prompts: texts to record; the first is shown.
        forms: how the words reach each model when the figure opens, "text" or "chat".
        titles: what each side is called.
        max_new_tokens: the longest continuation, 4 to 120.
        temperature, seed: of the draw; at 0 each side writes the most probable tokens.
    """

    name = "side-by-side"
    max_new_tokens = traitlets.Int(40).tag(sync=True)
    sampling = traitlets.Dict().tag(sync=True)
    sides = traitlets.List(traitlets.Dict()).tag(sync=True)  # {model, title, form}
    recordings = traitlets.List(traitlets.Dict()).tag(sync=True)  # {text, runs: [{form: run} a side]}

    def __init__(
        self,
        base: object,
        instruct: object,
        prompts: Sequence[str],
        forms: Sequence[str] = ("text", "chat"),
        titles: Sequence[str] = TITLES,
        max_new_tokens: int = 40,
        temperature: float = 0.0,
        seed: int = 0,
    ) -> None:
        if not prompts:
            raise ValueError("Passe ao menos um texto em prompts.")
        if len(forms) != 2 or any(form not in FORMS for form in forms):
            raise ValueError(f"forms são dois entre {' e '.join(FORMS)}; veio {tuple(forms)}.")
        if len(titles) != 2:
            raise ValueError(f"titles são dois nomes; vieram {len(titles)}.")
        if not 4 <= max_new_tokens <= 120:
            raise ValueError(f"max_new_tokens vai de 4 a 120; veio {max_new_tokens}.")
        if not 0 <= temperature <= 2:
            raise ValueError(f"temperature vai de 0 a 2; veio {temperature}.")
        compute = several(base, instruct)
        sampling = {"temperature": temperature, "seed": seed}
        pair = (base.name, instruct.name)
        super().__init__(
            compute=compute,
            model_name=next((name for name in pair if "/" not in name), pair[0]),
            max_new_tokens=max_new_tokens,
            sampling=sampling,
            sides=[{"model": n, "title": t, "form": f} for n, t, f in zip(pair, titles, forms, strict=True)],
            recordings=[
                {
                    "text": text,
                    "runs": [
                        {form: record(compute, name, form, text, max_new_tokens, sampling) for form in FORMS}
                        for name in pair
                    ],
                }
                for text in prompts
            ],
        )

    def _first(self) -> list[tuple[dict, dict]]:
        runs = self.recordings[0]["runs"]
        return [(side, run[side["form"]]) for side, run in zip(self.sides, runs, strict=True)]

    def summary(self) -> str:
        said = "; ".join(
            f"{side['title']}: “{' '.join(written(run).split())}”" for side, run in self._first()
        )
        return f"Dado “{self.recordings[0]['text']}”, {said}."

    def fallback(self) -> str:
        cells = "".join(
            f'<div class="sbs-side"><p class="sbs-title">{html.escape(side["title"])}</p>'
            f'{html.strip(run["tokens"])}<p class="sbs-end">{REASONS[run["reason"]]}</p></div>'
            for side, run in self._first()
        )
        return f'{html.line(self.recordings[0]["text"])}<div class="sbs-sides">{cells}</div>'


def asked(form: str, text: str) -> dict:
    """The words as `compute` wants them: free text, or the user's message."""
    return {"text": text} if form == "text" else {"messages": [{"role": "user", "content": text}]}


def record(compute: object, model: str, form: str, text: str, length: int, sampling: dict) -> dict:
    """One continuation: {tokens: [{id, text, p}], reason}."""
    params = {"model": model, **asked(form, text), "max_new_tokens": length, "sampling": sampling}
    events, result = finished(compute("generate", params))
    tokens = [{key: event["token"][key] for key in ("id", "text", "p")} for event in events]
    return {"tokens": tokens, "reason": result["reason"]}


def written(run: dict) -> str:
    """The text of a continuation, without the mark that ends it."""
    return "".join(token["text"] for token in run["tokens"] if token["text"] not in html.SPECIAL).strip()
