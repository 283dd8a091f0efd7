"""NextToken: any text → its tokens, and the distribution of the next one as bars with exact numbers.

The recording holds the 30 most probable tokens, so that the number of bars can change with no model at all.
It computes nothing itself: a model is asked once here, and later, by the reader's changes, through `compute`.
"""

from __future__ import annotations

import traitlets

from llmlib.widgets import fallback as html
from llmlib.widgets.base import Widget

MOST = 30


class NextToken(Widget):
    """The next-token distribution of a text that the reader may change.

    Args:
        source: a model (anything with `compute` and `name`, as `LM`), or what its method `next` answered.
        text: where the figure starts; may be empty.
        k: how many bars, 3 to 30.
        examples: texts that the reader may try with one click.
    """

    name = "next-token"
    text = traitlets.Unicode("").tag(sync=True)
    k = traitlets.Int(10).tag(sync=True)
    examples = traitlets.List(traitlets.Unicode()).tag(sync=True)
    recording = traitlets.Dict().tag(sync=True)  # as `next` returns it: tokens, cut, top, rest, vocab

    def __init__(self, source: object, text: str = "", k: int = 10, examples: list[str] | tuple = ()) -> None:
        if not 3 <= k <= MOST:
            raise ValueError(f"k vai de 3 a {MOST} barras; veio {k}.")
        recording = source if isinstance(source, dict) else source.compute("next", {"text": text, "k": MOST})
        if not recording.get("top"):
            raise ValueError(
                "A gravação não traz nenhum próximo token: passe um modelo ou o resultado de lm.next."
            )
        super().__init__(
            compute=getattr(source, "compute", None),
            model_name=getattr(source, "name", ""),
            text=text,
            k=k,
            examples=list(examples),
            recording=slim(recording),
        )

    def summary(self) -> str:
        best = self.recording["top"][0]
        return (
            f"Mais provável depois de “{self.text}”: {html.spoken(best['text'])}, {html.percent(best['p'])}."
        )

    def fallback(self) -> str:
        top = self.recording["top"][: self.k]
        rest = max(0.0, 1 - sum(row["p"] for row in top))
        best = f'<p class="llm-best">{html.escape(self.summary())}</p>'
        tokens = html.strip(self.recording["tokens"])
        return f"{html.line(self.text)}{tokens}{best}{html.bars(top, rest)}"


def slim(answer: dict) -> dict:
    """What the figure draws of an answer of `next`, the way `compute` gives it."""
    return {
        "tokens": [{"id": each["id"], "text": each["text"]} for each in answer.get("tokens", [])],
        "cut": answer.get("cut", 0),
        "top": [{key: each[key] for key in ("id", "text", "p")} for each in answer["top"][:MOST]],
    }
