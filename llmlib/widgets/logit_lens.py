"""LogitLens: after each layer and at each position, the token that the model would say if it stopped there.

The final norm and the head, applied to the residual stream of every layer (nostalgebraist 2020). What is
recorded are the eight likeliest tokens of each place; a new text is answered by `trace` with `lens`. It
computes nothing itself.
"""

from __future__ import annotations

from collections.abc import Callable, Iterable

import traitlets

from llmlib.widgets import fallback as html
from llmlib.widgets.base import Widget

MOST = 8  # tokens kept of each place
COLUMNS = 24  # positions drawn at once


class LogitLens(Widget):
    """The lens over a text that the reader may change.

    Args:
        source: a model (anything with `compute` and `name`, as `LM`), or a recording made by `record`.
        text: where the figure starts; may be empty.
        examples: texts that the reader may try with one click.
    """

    name = "logit-lens"
    text = traitlets.Unicode("").tag(sync=True)
    examples = traitlets.List(traitlets.Unicode()).tag(sync=True)
    recording = traitlets.Dict().tag(sync=True)  # tokens, cut, ids and p (L+1, T, 8) flat, shape, words

    def __init__(self, source: object, text: str = "", examples: list[str] | tuple = ()) -> None:
        recording = source if isinstance(source, dict) else record(source.compute, text)
        rows, positions, k = recording["shape"]
        if len(recording["tokens"]) != positions or len(recording["ids"]) != rows * positions * k:
            raise ValueError(
                f"A lente tem o formato {recording['shape']} (camadas, posições, tokens), "
                f"e o texto tem {len(recording['tokens'])} posições."
            )
        super().__init__(
            compute=getattr(source, "compute", None),
            model_name=getattr(source, "name", ""),
            text=text,
            examples=list(examples),
            recording=recording,
        )

    def best(self, row: int, position: int) -> tuple[str, float]:
        """The favourite token after a row (0 the embedding, L the last layer), and its probability."""
        _, positions, k = self.recording["shape"]
        at = (row * positions + position) * k
        return self.recording["words"][str(self.recording["ids"][at])], self.recording["p"][at]

    def settled(self, position: int) -> int:
        """The first row from which the favourite is the final one."""
        last = self.recording["shape"][0] - 1
        row = last
        while row and self.best(row - 1, position)[0] == self.best(last, position)[0]:
            row -= 1
        return row

    def summary(self) -> str:
        rows, positions, _ = self.recording["shape"]
        late = sum(self.settled(t) == rows - 1 for t in range(positions))
        text, p = self.best(rows - 1, positions - 1)
        return (
            f"Depois de “{self.text}” o modelo diz {html.spoken(text)} ({html.percent(p)}); em {late} de "
            f"{positions} posições a resposta final só aparece na última camada."
        )

    def fallback(self) -> str:
        rows, positions, _ = self.recording["shape"]
        shown = range(max(0, positions - COLUMNS), positions)
        head = "".join(
            f'<th scope="col">{html.token(self.recording["tokens"][t]["text"])}</th>' for t in shown
        )
        body = ""
        for row in range(rows):
            cells = "".join(
                f'<td style="--p:{p:.3g}">{html.token(text)}</td>'
                for text, p in (self.best(row, t) for t in shown)
            )
            body += f'<tr><th scope="row">{layer_name(row, rows)}</th>{cells}</tr>'
        return (
            f"{html.line(self.text)}<p>{html.escape(self.summary())}</p>"
            f'<div class="cg-scroll" tabindex="0"><table class="cg-table ll-table">'
            f"<thead><tr><td></td>{head}</tr></thead><tbody>{body}</tbody></table></div>"
        )


def layer_name(row: int, rows: int) -> str:
    """What a row is called: 'embedding', 'camada 1' … 'camada 5'. Twin of `layerName` in the page."""
    return f"camada {row}" if row else "embedding"


def words(compute: Callable, ids: Iterable[int], known: dict[int, str]) -> dict[int, str]:
    """The text of each id: those of `known`, and the others as the model's own tokenizer shows them.

    Asked of `encode`, which shortens what does not fit into the context: asked again until all are there.
    """
    found = dict(known)
    while missing := sorted(set(ids) - set(found)):
        tokens = compute("encode", {"ids": missing})["tokens"]
        new = {token["id"]: token["text"] for token in tokens}
        if not new.keys() - found.keys():
            raise ValueError(f"O modelo não soube dizer que token é o de número {missing[0]}.")
        found |= new
    return found


def record(compute: Callable, text: str) -> dict:
    """What the figure draws of one text: the lens, rounded, and the text of every token in it."""
    answer = compute("trace", {"text": text, "only": [], "lens": MOST})
    ids = [int(i) for i in answer["lens"]["ids"]]
    said = words(compute, ids, {token["id"]: token["text"] for token in answer["tokens"]})
    return {
        "tokens": [{"id": each["id"], "text": each["text"]} for each in answer["tokens"]],
        "cut": answer["cut"],
        "ids": ids,
        "p": [float(f"{p:.5g}") for p in answer["lens"]["p"]],
        "shape": list(answer["lens_shape"]),
        "words": {str(i): said[i] for i in sorted(set(ids))},
    }
