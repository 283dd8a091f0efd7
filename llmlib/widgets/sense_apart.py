"""SenseApart: two sentences, one word in each, and how far apart its vectors are after every layer.

Each model reads both sentences once (`trace`); the rest is arithmetic on the states of the chosen words, done
by `llmlib.scratch.contextual` here and by `sense_apart.words.js` in the page. What two words drawn by lot
have in common (`chance`) comes from a measurement: without it a cosine says little. It trains nothing.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence

import numpy as np
import traitlets

from llmlib.scratch import contextual
from llmlib.widgets import fallback as html
from llmlib.widgets.base import Widget
from llmlib.widgets.several import several

MOST = 300  # characters of a sentence


class SenseApart(Widget):
    """Distances between two occurrences of a word, layer by layer, in several models.

    Args:
        models: title -> model (`compute` and `name`, as `LM` or `Family`); None is left out.
        first, second: (sentence, word in it); the word's first occurrence is chosen.
        chance: model name -> mean cosine of words drawn by lot, one number a row of states (L+1).
        examples: other pairs ((sentence, word), (sentence, word)) that the reader may open.
    """

    name = "sense-apart"
    sides = traitlets.List(traitlets.Dict()).tag(sync=True)  # {title, model, chance}
    texts = traitlets.List(traitlets.Unicode()).tag(sync=True)  # the two sentences
    recording = traitlets.Dict().tag(sync=True)  # {words: [of each sentence], at: [2], cosines: [per model]}
    examples = traitlets.List(traitlets.List()).tag(sync=True)

    def __init__(
        self,
        models: Mapping[str, object],
        first: tuple[str, str],
        second: tuple[str, str],
        chance: Mapping[str, Sequence[float]],
        examples: Sequence[tuple[tuple[str, str], tuple[str, str]]] = (),
    ) -> None:
        models = {title: model for title, model in models.items() if model is not None}
        if not models:
            raise ValueError("Passe ao menos um modelo.")
        for text, word in (first, second, *(each for pair in examples for each in pair)):
            if not text.strip() or len(text) > MOST:
                raise ValueError(f"Cada frase precisa ter de 1 a {MOST} letras e sinais.")
            if word not in text:
                raise ValueError(f"A palavra “{word}” não está em “{text}”.")
        texts, found, words, places = (first[0], second[0]), {}, [], []
        for title, model in models.items():
            read = [states(model.compute, text) for text in texts]
            at = [
                contextual.find(tokens, word)
                for (tokens, _), (_, word) in zip(read, (first, second), strict=True)
            ]
            a, b = (contextual.vectors(each, *place) for (_, each), place in zip(read, at, strict=True))
            rows = len(a)
            if len(chance.get(model.name, ())) != rows:
                raise ValueError(f"Faltam os {rows} cossenos do acaso de {model.name}, um por camada.")
            found[title] = contextual.cosine(a, b)
            if not words:
                groups = [contextual.words(tokens) for tokens, _ in read]
                words = [[said for *_, said in each] for each in groups]
                places = [[w[:2] for w in each].index(place) for each, place in zip(groups, at, strict=True)]
        super().__init__(
            compute=several(*models.values()),
            model_name=next(
                (m.name for m in models.values() if "/" not in m.name), next(iter(models.values())).name
            ),
            sides=[{"title": t, "model": m.name, "chance": list(chance[m.name])} for t, m in models.items()],
            texts=list(texts),
            recording={"words": words, "at": places, "cosines": [found[title] for title in models]},
            examples=[[list(each) for each in pair] for pair in examples],
        )

    def apart(self) -> list[list[float]]:
        """Of each model, how far apart the two words are in each layer: 0 the same, 1 as by lot."""
        return [
            [
                0.0 if 1 - c < 1e-6 else (1 - c) / max(1 - by, 1e-12)  # below: one vector, and rounding
                for c, by in zip(cosines, side["chance"], strict=True)
            ]
            for side, cosines in zip(self.sides, self.recording["cosines"], strict=True)
        ]

    def summary(self) -> str:
        words = [said[at] for said, at in zip(self.recording["words"], self.recording["at"], strict=True)]
        ends = "; ".join(
            f"{side['title']}, {html.percent(max(0.0, row[-1]))}"
            for side, row in zip(self.sides, self.apart(), strict=True)
        )
        return (
            f"“{words[0]}” em “{self.texts[0]}” e “{words[1]}” em “{self.texts[1]}”, na última camada. "
            f"Afastamento, em que 100 % é o de duas palavras sorteadas: {ends}."
        )

    def fallback(self) -> str:
        rows = max(len(side["chance"]) for side in self.sides)
        head = "".join(f'<th scope="col">{layer or "entrada"}</th>' for layer in range(rows))
        body = "".join(
            f'<tr><th scope="row">{html.escape(side["title"])}</th>'
            + "".join(f"<td>{html.percent(max(0.0, x))}</td>" for x in row)
            + "</tr>"
            for side, row in zip(self.sides, self.apart(), strict=True)
        )
        return (
            f"{''.join(html.line(text) for text in self.texts)}<p>{html.escape(self.summary())}</p>"
            f'<table><thead><tr><th scope="col">Camada</th>{head}</tr></thead><tbody>{body}</tbody></table>'
        )


def states(compute: object, text: str) -> tuple[list[str], np.ndarray]:
    """A sentence's tokens as shown, and its states (L+1, T, D)."""
    found = compute("trace", {"text": text, "only": ["hidden_states"]})
    shape = found["hidden_states_shape"]
    return [token["text"] for token in found["tokens"]], np.asarray(found["hidden_states"]).reshape(shape)
