"""BertViz (Vig 2019) on the arrays of a Trace: its head view and its model view, in page and notebook.

BertViz writes a page that asks another host for three libraries, and holds every number twice, with all its
digits. `template` is that page without the numbers; the figure fills it in when the reader asks, from the
packed maps, inside a frame of its own. In the site the libraries are local copies (`book.bertviz`); in a
notebook they come from where BertViz says. `whole` is BertViz's own page, untouched, to be compared with.
It changes nothing in how BertViz draws.
"""

from __future__ import annotations

import json
import re
from functools import cache

import numpy as np
import traitlets

from llmlib.widgets import fallback as html
from llmlib.widgets.base import Widget
from llmlib.widgets.packed import arrays, names, pack

KINDS = {"head": "head view", "model": "model view"}
MARKER = "PYTHON_PARAMS"  # BertViz's own: it replaces every one, also the one in the comment beside it
MISSING = "Falta o pacote bertviz neste Python: instale-o com pip install bertviz e execute a célula de novo."


def bertviz_view(trace: object, kind: str = "head", layer: int = 0) -> BertViz:
    """A view of BertViz over a `Trace`: kind "head" (one layer, all its heads) or "model" (everything)."""
    return BertViz(trace, kind, layer)


class BertViz(Widget):
    """BertViz's own figure, opened when the reader asks for it.

    Args:
        trace: what has `tokens` and `attentions` (L, H, T, T), as a `Trace`.
        kind: "head" or "model".
        layer: the layer that the head view shows first, counted from 0.
    Raises ValueError for another kind or layer, for wrong arrays, and where bertviz is not installed.
    """

    name = "bertviz"
    kind = traitlets.Unicode("head").tag(sync=True)
    tokens = traitlets.List(traitlets.Unicode()).tag(sync=True)
    maps = traitlets.Dict().tag(sync=True)  # as `pack` returns it
    params = traitlets.Dict().tag(sync=True)  # BertViz's, without the numbers
    parts = traitlets.List(traitlets.Unicode()).tag(sync=True)  # the markup and the script; empty in the page

    def __init__(self, trace: object, kind: str = "head", layer: int = 0) -> None:
        if kind not in KINDS:
            raise ValueError(f"O BertViz daqui tem as vistas head e model; veio {kind}.")
        attentions = arrays(trace.attentions, "BertViz")
        L, H, T, _ = attentions.shape
        if not 0 <= layer < L:
            raise ValueError(f"BertViz: layer vai de 0 a {L - 1} neste modelo; veio {layer}.")
        markup, script, params = template(kind, L, H)
        params = params | ({"layer": layer} if kind == "head" else {})
        shown = [each["text"] for each in names(trace.tokens, T, "BertViz")]
        if shown[0] in html.SPECIAL:
            shown[0] = "início"
        super().__init__(
            kind=kind, tokens=shown, maps=pack(attentions), params=params, parts=[markup, script]
        )

    def state(self) -> dict:
        return super().state() | {"parts": []}  # the site has them in one file, read when asked for

    def summary(self) -> str:
        L, H, T = self.maps["shape"]
        return f"BertViz, {KINDS[self.kind]}: {L} camadas de {H} cabeças sobre {T} tokens."

    def fallback(self) -> str:
        return f"<p>{html.escape(self.summary())} A figura precisa de JavaScript.</p>"


def whole(trace: object, kind: str = "head", digits: int | None = None) -> str:
    """The page that BertViz writes by itself for these arrays (`html_action="return"`).

    `digits`: round the weights to so many places first; None leaves them as they are.
    """
    attentions = arrays(trace.attentions, "BertViz")
    return _returned(kind, attentions, list(trace.tokens), digits)


def _returned(kind: str, attentions: np.ndarray, tokens: list[str], digits: int | None = None) -> str:
    """BertViz's HTML for arrays (L, H, T, T)."""
    try:
        import bertviz
        from bertviz.util import torch  # its own: this module knows no torch
    except ImportError:
        raise ValueError(MISSING) from None
    exact = attentions.astype(np.float64).round(digits) if digits is not None else attentions
    layers = [torch.from_numpy(np.array(each)[None]) for each in exact]  # (1, H, T, T) each
    view = {"head": bertviz.head_view, "model": bertviz.model_view}[kind]
    return view(attention=layers, tokens=tokens, html_action="return").data


@cache
def template(kind: str, layers: int, heads: int) -> tuple[str, str, dict]:
    """(markup, script, params) of what BertViz writes: the script has MARKER where the numbers go."""
    text = _returned(kind, np.zeros((layers, heads, 1, 1), dtype=np.float32), ["·"])
    found = re.search(
        r"<script[^>]*>(?P<before>.*?const params = )(?P<params>\{.*?\});[^\n]*\n(?P<after>.*)</script>",
        text[text.index("<div") :],
        re.S,
    )
    if not found:
        raise ValueError("Esta versão do bertviz escreve uma página que o curso não conhece; use a 1.4.1.")
    params = json.loads(found["params"])
    markup = text[text.index("<div") : text.rindex("<script")].strip()
    root = params.pop("root_div_id")
    script = f"{found['before']}{MARKER};\n{found['after']}"
    return markup.replace(root, "bertviz"), script.strip(), params | {"root_div_id": "bertviz"}
