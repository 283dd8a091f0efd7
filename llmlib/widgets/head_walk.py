"""HeadWalk: one head of attention, walked step by step with its real numbers, any of which may be changed.

Holds the queries, keys and values of one layer for one text; the steps after them (scores, scale, mask,
softmax, weighted sum) are computed where the figure is drawn, so that a changed number moves what follows.
Another text or layer, and what a change does to the model's answer, are asked through `compute`. It may also
be made from small arrays, worked by hand, with no model at all.
"""

from __future__ import annotations

import base64
from collections.abc import Mapping

import numpy as np
import traitlets

from llmlib.scratch.one_head import one_head
from llmlib.widgets import fallback as html
from llmlib.widgets.base import Widget

PARTS = ("q", "k", "v_proj")  # as the engine names them: q and k after the positions are in


def packed(values: object) -> dict:
    """An array for the state: {shape, data}, float32 in base64."""
    array = np.ascontiguousarray(values, dtype="<f4")
    return {"shape": list(array.shape), "data": base64.b64encode(array.tobytes()).decode("ascii")}


def unpacked(part: Mapping[str, object]) -> np.ndarray:
    """The inverse of `packed`."""
    return np.frombuffer(base64.b64decode(part["data"]), dtype="<f4").reshape(part["shape"])


def opening(text: str, at: int) -> str:
    """The text of the token at a place; the mark that opens every text is the one that ends texts."""
    return "início" if at == 0 and text in html.SPECIAL else text


def named(tokens: list[dict], at: int) -> str:
    """A token as a sentence says it."""
    return html.spoken(opening(tokens[at]["text"], at))


class HeadWalk(Widget):
    """The walk of one head at one position.

    Args:
        source: a model (`compute` and `name`, as `LM`), or arrays by hand: {"tokens": T texts, "q", "k",
            "v"}, each array (T, E).
        text: where the figure starts (with a model).
        layer, head: of the model, from 0.
        at: position whose query is walked, from 0 (the document's mark, with a model); −1 is the last.
        examples: texts that the reader may try with one click.
    """

    name = "head-walk"
    text = traitlets.Unicode("").tag(sync=True)
    tokens = traitlets.List(traitlets.Dict()).tag(sync=True)
    layer = traitlets.Int(0).tag(sync=True)
    head = traitlets.Int(0).tag(sync=True)
    layers = traitlets.Int(1).tag(sync=True)
    at = traitlets.Int(0).tag(sync=True)
    arrays = traitlets.Dict().tag(sync=True)  # q (T, H, E), k and v (T, K, E): see `packed`
    examples = traitlets.List(traitlets.Unicode()).tag(sync=True)

    def __init__(
        self,
        source: object,
        text: str = "",
        layer: int = 0,
        head: int = 0,
        at: int = -1,
        examples: list[str] | tuple = (),
    ) -> None:
        by_hand = isinstance(source, Mapping)
        tokens, arrays, layers = _by_hand(source) if by_hand else _recorded(source, text, layer)
        T, H = len(tokens), arrays["q"].shape[1]
        if not 0 <= head < H:
            raise ValueError(f"A cabeça {head} não existe: as desta camada vão de 0 a {H - 1}.")
        if not -T <= at < T:
            raise ValueError(f"A posição {at} não existe: as deste texto vão de 0 a {T - 1}.")
        super().__init__(
            compute=getattr(source, "compute", None),
            model_name=getattr(source, "name", ""),
            text=text,
            tokens=tokens,
            layer=layer,
            head=head,
            layers=layers,
            at=at % T,
            arrays={name: packed(array) for name, array in arrays.items()},
            examples=list(examples),
        )

    def weights(self) -> np.ndarray:
        """The attention map of the head, (T, T)."""
        q, k, v = (unpacked(self.arrays[name]) for name in "qkv")
        key = self.head * k.shape[1] // q.shape[1]  # query heads share key heads
        return one_head(q[:, self.head], k[:, key], v[:, key]).weights

    def summary(self) -> str:
        row = self.weights()[self.at]
        best = int(row.argmax())
        asks, seen = (named(self.tokens, i) for i in (self.at, best))
        where = f"Na cabeça {self.head + 1} da camada {self.layer + 1}, " if self.model_name else ""
        return f"{where}{asks} dá o maior peso a {seen}: {html.percent(float(row[best]))}."

    def fallback(self) -> str:
        row = self.weights()[self.at]
        bars = [
            {"text": opening(each["text"], i), "p": float(p)}
            for i, (each, p) in enumerate(zip(self.tokens[: self.at + 1], row, strict=False))
        ]
        line = html.line(self.text) if self.model_name else ""
        return f'{line}<p class="llm-best">{html.escape(self.summary())}</p>{html.bars(bars[-30:])}'


def _by_hand(source: Mapping) -> tuple[list[dict], dict[str, np.ndarray], int]:
    """Tokens and arrays with one head, from plain (T, E) ones."""
    given = {name: np.asarray(source[name], dtype=np.float32) for name in "qkv"}
    tokens = [{"id": i, "text": text} for i, text in enumerate(source["tokens"])]
    for name, array in given.items():
        if array.ndim != 2 or array.shape[0] != len(tokens):
            raise ValueError(f"{name} deve ter {len(tokens)} linhas, uma por token; veio {array.shape}.")
        if not np.isfinite(array).all():
            raise ValueError(f"{name} tem um valor que não é número.")
    if given["q"].shape != given["k"].shape:
        raise ValueError(f"q e k devem ter o mesmo tamanho; vieram {given['q'].shape} e {given['k'].shape}.")
    return tokens, {name: array[:, None] for name, array in given.items()}, 1


def _recorded(lm: object, text: str, layer: int) -> tuple[list[dict], dict[str, np.ndarray], int]:
    """Tokens and arrays of one layer, and how many layers there are, asked of a model."""
    layers = lm.compute("config", {})["config"]["num_hidden_layers"]
    if not 0 <= layer < layers:
        raise ValueError(f"A camada {layer} não existe: as deste modelo vão de 0 a {layers - 1}.")
    names = {part: f"layers.{layer}.self_attn.{part}" for part in PARTS}
    found = lm.compute("trace", {"text": text, "only": [], "keep": list(names.values())})
    arrays = {
        part[0]: np.asarray(found["activations"][name], dtype=np.float32).reshape(
            found["activations_shapes"][name]
        )
        for part, name in names.items()
    }
    return [{"id": t["id"], "text": t["text"]} for t in found["tokens"]], arrays, layers
