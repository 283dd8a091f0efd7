"""AttentionView: every layer and head of a text at a glance, and one head large, with arcs or as a matrix.

The maps travel packed (`llmlib.widgets.packed` says what is lost: nothing that the figure shows, unless the
arrays are those of a large model). Text of the reader's is traced by whoever hosts the model, by `trace` with
`only: "attentions"`. Shows where heads look; it does not say what the model does with it.
"""

from __future__ import annotations

from collections.abc import Callable, Sequence

import numpy as np
import traitlets

from llmlib.widgets import fallback as html
from llmlib.widgets.base import Widget
from llmlib.widgets.head_walk import opening
from llmlib.widgets.packed import NO_MAPS, arrays, names, pack, sharpest, unpack


class AttentionView(Widget):
    """The attention maps of one text.

    Args:
        source: a model (anything with `compute` and `name`, as `LM`): then the reader may change the text; a
            `Trace`; or the maps alone, (L, H, T, T) or the `attentions` that a transformers model returns.
        text: what a model is asked to read; may be empty.
        tokens: the T tokens, where `source` is maps alone.
        layer, head: which one is shown large at first, counted from 0 as in the arrays; by default the
            one that looks most clearly at an earlier token.
        examples: texts that the reader may try with one click.
    """

    name = "attention-view"
    text = traitlets.Unicode("").tag(sync=True)
    tokens = traitlets.List().tag(sync=True)  # {id, text}; id -1 where it is not known
    cut = traitlets.Int(0).tag(sync=True)  # tokens left out at the start
    maps = traitlets.Dict().tag(sync=True)  # as `pack` returns it
    start = traitlets.List().tag(sync=True)  # layer, head shown large, from 0
    examples = traitlets.List(traitlets.Unicode()).tag(sync=True)

    def __init__(
        self,
        source: object,
        text: str = "",
        *,
        tokens: Sequence[object] | None = None,
        layer: int | None = None,
        head: int | None = None,
        examples: Sequence[str] = (),
    ) -> None:
        ask = getattr(source, "compute", None)
        if ask is not None:
            answer = traced(ask, {"text": text}, getattr(source, "name", ""))
            maps, tokens, cut = answer["maps"], answer["tokens"], answer["cut"]
            attentions = unpack(maps)
        else:
            attentions = arrays(getattr(source, "attentions", source))
            if tokens is None:
                tokens = getattr(source, "tokens", None)
            if tokens is None:
                raise ValueError("AttentionView: faltam os tokens; passe tokens=[…], um por posição.")
            ids = getattr(source, "ids", None)
            if ids is not None and len(ids) == len(tokens):
                tokens = [{"id": int(i), "text": t} for i, t in zip(ids, tokens, strict=True)]
            tokens, maps, cut = names(tokens, attentions.shape[2]), pack(attentions), 0
        L, H = attentions.shape[:2]
        start = sharpest(attentions)
        for axis, (word, asked, size) in enumerate((("layer", layer, L), ("head", head, H))):
            if asked is not None and not 0 <= asked < size:
                raise ValueError(f"AttentionView: {word} vai de 0 a {size - 1} neste modelo; veio {asked}.")
            if asked is not None:
                start[axis] = int(asked)
        if layer is not None and head is None:
            start[1] = sharpest(attentions[layer : layer + 1])[1]
        if head is not None and layer is None:
            start[0] = sharpest(attentions[:, head : head + 1])[0]
        super().__init__(
            compute=self._answer if ask is not None else None,
            model_name=getattr(source, "name", "") if ask is not None else "",
            text=text,
            tokens=tokens,
            cut=cut,
            maps=maps,
            start=start,
            examples=list(examples),
        )
        self._ask = ask

    def _answer(self, method: str, params: dict) -> dict:
        """A notebook's question: the maps packed, so that a large model's fit through the wire."""
        if method != "trace":
            raise ValueError(f"Esta figura só pede trace; veio {method}.")
        return traced(self._ask, params, self.model_name)

    def attentions(self) -> np.ndarray:
        """(L, H, T, T) float32, as the figure shows them."""
        return unpack(self.maps)

    def summary(self) -> str:
        layer, head = self.start
        weights = self.attentions()[layer, head]  # (T, T)
        where = f"Camada {layer + 1}, cabeça {head + 1}"
        best = strongest(weights)
        if best is None:
            return f"{where}: o texto é curto demais para olhar para trás."
        query, key = best
        return (
            f"{where}: o olhar mais forte para trás é de {said(self.tokens, query)} para "
            f"{said(self.tokens, key)}, {html.percent(float(weights[query, key]))} da atenção."
        )

    def fallback(self) -> str:
        layer, head = self.start
        weights = self.attentions()[layer, head]
        rows = []
        for query in range(len(self.tokens)):
            order = np.argsort(-weights[query], kind="stable")[:3]
            best = ", ".join(
                f"{html.escape(said(self.tokens, int(k)))} {html.percent(float(weights[query, k]))}"
                for k in order
                if weights[query, k] >= 0.005
            )
            rows.append(f"<tr><td>{html.escape(said(self.tokens, query))}</td><td>{best}</td></tr>")
        L, H, _ = self.maps["shape"]
        tokens = [each | {"text": opening(each["text"], i)} for i, each in enumerate(self.tokens)]
        return (
            f"{html.strip(tokens)}<p>{html.escape(self.summary())} São {L} camadas de {H} cabeças.</p>"
            '<div class="av-scroll" tabindex="0"><table class="av-table"><thead><tr><th scope="col">De</th>'
            '<th scope="col">Para onde olha mais</th></tr></thead><tbody>'
            f"{''.join(rows[:40])}</tbody></table></div>"
        )


def traced(compute: Callable[[str, dict], dict], params: dict, name: str = "") -> dict:
    """{tokens, cut, maps} of what a model answers to `trace`; ValueError where it has no maps."""
    answer = compute("trace", {**params, "only": "attentions"})
    found, shape = answer.get("attentions"), answer.get("attentions_shape")
    if found is None or shape is None:
        raise ValueError(NO_MAPS.format(what=name or "O modelo"))
    attentions = arrays(np.asarray(found, dtype=np.float32).reshape(shape))
    tokens = names(answer["tokens"], attentions.shape[2])
    return {"tokens": tokens, "cut": answer.get("cut", 0), "maps": pack(attentions)}


def strongest(weights: np.ndarray) -> tuple[int, int] | None:
    """(query, key) of the strongest look at an earlier token, the mark at 0 left out, or None."""
    T = len(weights)
    if T < 3:
        return None
    earlier = np.where(np.tril(np.ones((T, T), dtype=bool), -1), weights, 0)
    earlier[:, 0] = 0
    query, key = np.unravel_index(earlier.argmax(), earlier.shape)
    return (int(query), int(key)) if earlier[query, key] > 0 else None


def said(tokens: Sequence[dict], place: int) -> str:
    """A token in a sentence; the mark at the start by what it is."""
    text = tokens[place]["text"]
    return "início" if place == 0 and text in html.SPECIAL else html.spoken(text)
