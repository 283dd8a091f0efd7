"""SenseMap: every labelled occurrence of a word as a point, in the plane where a layer's vectors differ most.

The places are principal components of the word's vectors, one plane a model and layer, fixed when the figure
is made (`llmlib.scratch.contextual.plane`). A sentence of the reader's is put into the same plane: the host
reads all sentences of the word once more, and the page does the sums (`sense_map.plane.js`).
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence

import numpy as np
import traitlets

from llmlib.scratch import contextual
from llmlib.widgets import fallback as html
from llmlib.widgets.base import Widget
from llmlib.widgets.sense_apart import states
from llmlib.widgets.several import several


class SenseMap(Widget):
    """Maps of words' occurrences, layer by layer.

    Args:
        models: title -> model (`compute` and `name`); None is left out.
        words: word -> rows {"texto", "sentido": "a" or "b", "nome": what that sense is called}.
        layer: the row of states shown first (0 is the embedding).
    """

    name = "sense-map"
    sides = traitlets.List(traitlets.Dict()).tag(sync=True)  # {title, model}
    words = traitlets.List(traitlets.Dict()).tag(sync=True)  # {word, names: {a, b}, texts, senses}
    maps = traitlets.List(traitlets.List()).tag(sync=True)  # [side][word]: {x: [L+1][N], y, kept: [L+1]}
    layer = traitlets.Int(0).tag(sync=True)

    def __init__(
        self, models: Mapping[str, object], words: Mapping[str, Sequence[Mapping]], layer: int = 0
    ) -> None:
        models = {title: model for title, model in models.items() if model is not None}
        if not models or not words:
            raise ValueError("Passe ao menos um modelo e uma palavra.")
        for word, rows in words.items():
            if len(rows) < 3 or {row["sentido"] for row in rows} != {"a", "b"}:
                raise ValueError(f"“{word}” precisa de ao menos três frases, de dois sentidos, “a” e “b”.")
        maps = [
            [planes(model.compute, word, rows) for word, rows in words.items()] for model in models.values()
        ]
        layers = {len(each["kept"]) for side in maps for each in side}
        if len(layers) > 1:
            raise ValueError("Os modelos da figura precisam ter o mesmo número de camadas.")
        if not 0 <= layer < min(layers):
            raise ValueError(f"layer vai de 0 a {min(layers) - 1}; veio {layer}.")
        super().__init__(
            compute=several(*models.values()),
            model_name=next(
                (m.name for m in models.values() if "/" not in m.name), next(iter(models.values())).name
            ),
            sides=[{"title": title, "model": model.name} for title, model in models.items()],
            words=[
                {
                    "word": word,
                    "names": {row["sentido"]: row["nome"] for row in rows},
                    "texts": [row["texto"] for row in rows],
                    "senses": [row["sentido"] for row in rows],
                }
                for word, rows in words.items()
            ],
            maps=maps,
            layer=layer,
        )

    def summary(self) -> str:
        word = self.words[0]
        kept = self.maps[0][0]["kept"]
        where = f"na camada {self.layer}" if self.layer else "na entrada"
        return (
            f"{len(word['texts'])} ocorrências de “{word['word']}” ({word['names']['a']} e "
            f"{word['names']['b']}) no {self.sides[0]['model']}: {where}, o plano guarda "
            f"{html.percent(kept[self.layer])} da variação."
        )

    def fallback(self) -> str:
        word, places = self.words[0], self.maps[0][0]
        x, y = (np.array(places[axis][self.layer], dtype=float) for axis in "xy")
        size = max(float(np.abs([x, y]).max()), 1e-9)
        dots = "".join(
            f'<circle cx="{200 + 180 * a / size:.0f}" cy="{150 - 130 * b / size:.0f}" r="4" '
            f'fill="{"currentColor" if sense == "a" else "none"}" stroke="currentColor"/>'
            for a, b, sense in zip(x, y, word["senses"], strict=True)
        )
        alt = html.escape(self.summary())
        return (
            f"<p>{alt} Cheios: {html.escape(word['names']['a'])}; vazios: "
            f"{html.escape(word['names']['b'])}.</p>"
            f'<svg viewBox="0 0 400 300" width="400" role="img" aria-label="{alt}">{dots}</svg>'
        )


def planes(compute: object, word: str, rows: Sequence[Mapping]) -> dict:
    """The occurrences' places in the plane of each layer: {x, y: [L+1][N], kept: [L+1]}, three digits."""
    found = []
    for row in rows:
        tokens, hidden = states(compute, row["texto"])
        found.append(contextual.vectors(hidden, *contextual.find(tokens, word)))
    at = np.stack(found, axis=1).astype(np.float64)  # (L+1, N, D)
    xs, ys, kept = [], [], []
    for layer in at:
        middle, two, share = contextual.plane(layer)
        places = (layer - middle) @ two.T  # (N, 2)
        size = max(float(np.abs(places).max()), 1e-9)
        flat = np.ptp(layer, axis=0).max() < 1e-5  # the embedding: one vector for all
        places = places * 0 if flat else places / size
        xs.append([round(float(v), 3) for v in places[:, 0]])
        ys.append([round(float(v), 3) for v in places[:, 1]])
        kept.append(1.0 if flat else share)
    return {"x": xs, "y": ys, "kept": kept}
