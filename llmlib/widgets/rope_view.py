"""RopeView: what position does to one query and one key, pair of numbers by pair, and to their score.

Holds queries and keys of one layer before the positions are put in; turning them (RoPE, Su et al. 2021,
arXiv:2104.09864) is a sum that the figure makes at every move of a slider. Another text or layer is asked
through `compute`.
"""

from __future__ import annotations

import numpy as np
import traitlets

from llmlib.widgets import fallback as html
from llmlib.widgets.base import Widget
from llmlib.widgets.head_walk import named, packed, unpacked

FARTHEST = 64


class RopeView(Widget):
    """One query and one key of a text, and a slider for the distance between them.

    Args:
        lm: a model (`compute` and `name`, as `LM`), with RMS-normed queries and keys and rotary positions.
        text: where the queries and keys come from.
        layer, head: from 0.
        query, key: positions in the text, 0 is the document's mark; by default the last token and the mark.
    """

    name = "rope-view"
    text = traitlets.Unicode("").tag(sync=True)
    tokens = traitlets.List(traitlets.Dict()).tag(sync=True)
    layer = traitlets.Int(0).tag(sync=True)
    head = traitlets.Int(0).tag(sync=True)
    layers = traitlets.Int(1).tag(sync=True)
    query = traitlets.Int(0).tag(sync=True)
    key = traitlets.Int(0).tag(sync=True)
    theta = traitlets.Float(1e4).tag(sync=True)
    arrays = traitlets.Dict().tag(sync=True)  # q (T, H, E) and k (T, K, E), before rotation

    def __init__(
        self, lm: object, text: str, layer: int = 0, head: int = 0, query: int = -1, key: int = 0
    ) -> None:
        config = lm.compute("config", {})["config"]
        layers, heads = config["num_hidden_layers"], config["num_attention_heads"]
        if not 0 <= layer < layers or not 0 <= head < heads:
            raise ValueError(
                f"Este modelo tem {layers} camadas e {heads} cabeças, de 0 em diante; veio {layer}, {head}."
            )
        names = {part: f"layers.{layer}.self_attn.{part}_norm" for part in "qk"}
        found = lm.compute("trace", {"text": text, "only": [], "keep": list(names.values())})
        tokens = [{"id": t["id"], "text": t["text"]} for t in found["tokens"]]
        for place in (query, key):
            if not -len(tokens) <= place < len(tokens):
                raise ValueError(
                    f"A posição {place} não existe: as deste texto vão de 0 a {len(tokens) - 1}."
                )
        arrays = {
            part: np.asarray(found["activations"][name], dtype=np.float32).reshape(
                found["activations_shapes"][name]
            )
            for part, name in names.items()
        }
        super().__init__(
            compute=lm.compute,
            model_name=lm.name,
            text=text,
            tokens=tokens,
            layer=layer,
            head=head,
            layers=layers,
            query=query % len(tokens),
            key=key % len(tokens),
            theta=float(config["rope_theta"]),
            arrays={part: packed(array) for part, array in arrays.items()},
        )

    def scores(self) -> np.ndarray:
        """q·k/√E of the query and the key at distances 0 to FARTHEST."""
        q, k = unpacked(self.arrays["q"]), unpacked(self.arrays["k"])
        own = self.head * k.shape[1] // q.shape[1]
        half = q.shape[2] // 2
        a, b = q[self.query, self.head].astype(float), k[self.key, own].astype(float)
        pairs_q, pairs_k = a[:half] + 1j * a[half:], b[:half] + 1j * b[half:]  # (E/2,)
        speed = self.theta ** (-np.arange(half) / half)  # (E/2,) radians per position
        turns = np.exp(1j * np.outer(np.arange(FARTHEST + 1), speed))  # (65, E/2)
        return (turns * (pairs_q * pairs_k.conj())).real.sum(1) / np.sqrt(2 * half)

    def summary(self) -> str:
        asks, seen = (named(self.tokens, i) for i in (self.query, self.key))
        scores = self.scores()
        return (
            f"A mesma consulta, de {asks}, e a mesma chave, de {seen}: lado a lado a nota é "
            f"{html.decimal(scores[1], 2)}; a {FARTHEST} tokens de distância, {html.decimal(scores[-1], 2)}."
        ).replace("-", "−")

    def fallback(self) -> str:
        scores = self.scores()
        rows = "".join(
            f"<tr><td>{d}</td><td>{html.decimal(float(scores[d]), 2)}</td></tr>"
            for d in (0, 1, 2, 4, 8, 16, 32, FARTHEST)
        ).replace("-", "−")
        return (
            f'{html.line(self.text)}<p class="llm-best">{html.escape(self.summary())}</p>'
            '<table><thead><tr><th scope="col">Distância</th><th scope="col">Nota</th></tr></thead>'
            f"<tbody>{rows}</tbody></table>"
        )
