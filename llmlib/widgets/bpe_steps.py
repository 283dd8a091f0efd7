"""BPESteps: byte pair encoding learned from the reader's own text, merge by merge, forwards and backwards.

The page learns by itself (`bpe_steps.learner.js`, the twin of `llmlib.scratch.bpe`), so the figure needs no
model and no kernel. Here the same merges are learned once more, for the picture without JavaScript.
"""

from __future__ import annotations

from collections import Counter
from itertools import islice

import traitlets

from llmlib.scratch.bpe import BYTES, learn, split
from llmlib.tokens import display
from llmlib.widgets import fallback as html
from llmlib.widgets.base import Widget

MOST = 300  # merges that the figure learns at most
STILL = 12  # of them in the still picture


class BPESteps(Widget):
    """The learning of a tokenizer, one merge a step.

    Args:
        text: what is learned from; the reader may change it.
        step: how many merges are done when the figure opens.
        examples: {label: text} that the reader may try with one click.
    """

    name = "bpe-steps"
    text = traitlets.Unicode("").tag(sync=True)
    step = traitlets.Int(0).tag(sync=True)
    most = traitlets.Int(MOST).tag(sync=True)
    examples = traitlets.List(traitlets.List(traitlets.Unicode())).tag(sync=True)  # [[label, text], …]

    def __init__(self, text: str, step: int = 0, examples: dict[str, str] | None = None) -> None:
        if not 0 <= step <= MOST:
            raise ValueError(f"step vai de 0 a {MOST}; veio {step}.")
        super().__init__(text=text, step=step, examples=[list(pair) for pair in (examples or {}).items()])

    def merges(self, most: int = STILL) -> list[dict]:
        """The first merges: {left, right, token, count, length}, tokens as they are shown."""
        tokens = [bytes([byte]) for byte in BYTES]
        found = []
        for merge in islice(learn(Counter(split(self.text)), tokens), most):
            left, right = (display(tokens[i]) for i in merge.pair)
            made = display(tokens[merge.id])
            found.append({"left": left, "right": right, "token": made})
            found[-1] |= {"count": merge.count, "length": merge.length}
        return found

    def summary(self) -> str:
        steps = self.merges()
        if not steps:
            return "Neste texto nenhum par de vizinhos se repete: não há o que juntar."
        first = steps[0]
        return (
            f"O par mais comum, “{first['left']}” e “{first['right']}”, aparece {first['count']} vezes "
            f"e é o primeiro a virar token; depois de {len(steps)} junções são {steps[-1]['length']} tokens."
        )

    def fallback(self) -> str:
        rows = "".join(
            f"<tr><td>{number}ª</td><td>{html.token(each['left'])} + {html.token(each['right'])}</td>"
            f"<td>{each['count']}</td><td>{each['length']}</td></tr>"
            for number, each in enumerate(self.merges(), 1)
        )
        heads = "".join(
            f'<th scope="col">{name}</th>' for name in ("Junção", "Par", "Vezes", "Tokens no texto")
        )
        return (
            f'{html.line(self.text)}<p class="llm-best">{html.escape(self.summary())}</p>'
            f'<table class="bs-table"><thead><tr>{heads}</tr></thead><tbody>{rows}</tbody></table>'
        )
