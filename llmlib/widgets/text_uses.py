"""TextUses: six tools over a list of texts, whose vectors a model made: search, recommend, classify, group,
find strangers, measure variety.

The texts' vectors, and those of the examples, are recorded (int8); a text that the reader types is sent to
the model that made the others. Counting words is always there to compare with, and is made in the figure. The
arithmetic is `llmlib.scratch.sentence_uses`, with a twin in `text_uses.math.js`. This file opens no model and
measures nothing.
"""

from __future__ import annotations

from collections import Counter
from collections.abc import Callable, Mapping, Sequence

import numpy as np
import traitlets

from llmlib.scratch import sentence_uses as uses
from llmlib.widgets import fallback as html
from llmlib.widgets.base import Widget
from llmlib.widgets.several import several
from llmlib.widgets.vectors import pack, unpack

MODES = ("search", "recommend", "classify", "cluster", "anomaly", "diversity")
NEIGHBOURS = 5  # twin of the `k` of text_uses.classify.js and text_uses.anomaly.js
WORDS = "contar palavras"
SHOWN = 5  # rows without JavaScript


class TextUses(Widget):
    """One of six tools over the same kind of data.

    Args:
        mode: "search", "recommend", "classify", "cluster", "anomaly" or "diversity".
        sources: models of sentence vectors, the first one chosen: each is called with a list of texts and
            gives (N, D), and has `name` and `compute` ("embed"), as `llmlib.retrieval.Embedder`.
        texts: the collection. labels: one each where the tool needs them; for "anomaly" "" is a text known to
            be usual, "normal" and "intruso" are those of the box. names: how labels are shown.
        text: what is written when the figure opens. examples: texts to try with a click.
        right: for "search", query -> place of the text that answers it; recorded as examples.
        liked: for "recommend", places of texts that the reader already liked.
        test: for "classify", (texts, labels) that nobody labelled in the figure, for its score.
        lists: for "diversity", name -> texts; the first is shown.
        titles: how the sources are called, by name.
    """

    name = "text-uses"
    mode = traitlets.Enum(MODES, default_value="search").tag(sync=True)
    texts = traitlets.List(traitlets.Unicode()).tag(sync=True)
    labels = traitlets.List(traitlets.Unicode()).tag(sync=True)
    names = traitlets.Dict().tag(sync=True)
    systems = traitlets.List(traitlets.Dict()).tag(sync=True)  # {key, title, vectors: packed or null}
    text = traitlets.Unicode("").tag(sync=True)
    recorded = traitlets.List(traitlets.Dict()).tag(sync=True)  # {text, vectors: {key: packed}}
    more = traitlets.Dict().tag(sync=True)  # what one mode alone needs

    def __init__(
        self,
        mode: str,
        sources: Sequence[Callable[[Sequence[str]], np.ndarray]],
        texts: Sequence[str] = (),
        labels: Sequence[str] = (),
        names: Mapping[str, str] | None = None,
        text: str = "",
        examples: Sequence[str] = (),
        right: Mapping[str, int] | None = None,
        liked: Sequence[int] = (),
        test: tuple[Sequence[str], Sequence[str]] | None = None,
        lists: Mapping[str, Sequence[str]] | None = None,
        titles: Mapping[str, str] | None = None,
    ) -> None:
        if mode not in MODES:
            raise ValueError(f"mode é um entre {', '.join(MODES)}; veio {mode!r}.")
        if not sources:
            raise ValueError("Passe ao menos um modelo de vetores em sources.")
        texts, labels, right = list(texts), list(labels), dict(right or {})
        if mode == "diversity":
            if not lists or not all(lists.values()):
                raise ValueError("A diversidade precisa de ao menos uma lista, e nenhuma vazia.")
        elif len(texts) < 2:
            raise ValueError("Passe ao menos dois textos.")
        if mode in ("recommend", "classify", "cluster", "anomaly") and len(labels) != len(texts):
            raise ValueError(f"São {len(texts)} textos e {len(labels)} rótulos: um para cada.")
        if mode == "anomaly" and set(labels) != {"", "normal", "intruso"}:
            raise ValueError("Os rótulos da procura de intrusos são “”, “normal” e “intruso”, os três.")
        if mode == "classify" and (test is None or len(test[0]) != len(test[1]) or not test[0]):
            raise ValueError("A classificação precisa de textos de prova, um rótulo para cada.")
        if wrong := [place for place in (*right.values(), *liked) if not 0 <= place < len(texts)]:
            raise ValueError(f"Os textos vão de 0 a {len(texts) - 1}; veio o lugar {wrong[0]}.")
        titles = {"words": WORDS, **(titles or {})}
        more: dict = {"right": right, "liked": [int(place) for place in liked]}
        if mode == "classify":
            more["test"] = {
                "texts": list(test[0]),
                "labels": list(test[1]),
                "vectors": {source.name: pack(source(list(test[0]))) for source in sources},
            }
        if mode == "diversity":
            more["lists"] = {name: list(given) for name, given in lists.items()}
        asked = [text, *right, *examples, *(t for given in more.get("lists", {}).values() for t in given)]
        asked = list(dict.fromkeys(t for t in asked if t))
        made = {source.name: source(asked) for source in sources} if asked else {}
        super().__init__(
            compute=several(*sources),
            model_name=sources[0].name,
            mode=mode,
            texts=texts,
            labels=[str(label) for label in labels],
            names=dict(names or {}),
            systems=[
                {
                    "key": source.name,
                    "title": titles.get(source.name, source.name),
                    "vectors": pack(source(texts)) if texts else pack(np.zeros((0, 1))),
                }
                for source in sources
            ]
            + [{"key": "words", "title": titles["words"], "vectors": None}],
            text=text,
            recorded=[
                {"text": t, "vectors": {key: pack(rows[i : i + 1]) for key, rows in made.items()}}
                for i, t in enumerate(asked)
            ],
            more=more,
        )

    def vectors(self) -> np.ndarray:
        """What the page reads of the first source: (N, D)."""
        return unpack(self.systems[0]["vectors"])

    def vector(self, text: str) -> np.ndarray:
        """The recorded vector of a text, by the first source: (D,)."""
        found = next(each for each in self.recorded if each["text"] == text)
        return unpack(found["vectors"][self.systems[0]["key"]])[0]

    def said(self, label: str) -> str:
        """A label as it is shown."""
        return self.names.get(label, label)

    def rows(self) -> tuple[str, list[tuple[str, str]]]:
        """What the figure shows as it opens: a heading, and (text, number or label) rows."""
        if self.mode == "diversity":
            return "Textos diferentes, em efeito", [
                (name, f"{html.decimal(self.worth(given), 1)} de {len(given)}")
                for name, given in self.more["lists"].items()
            ]
        every = self.vectors()
        if self.mode in ("search", "classify"):
            like = every @ self.vector(self.text) if self.text else every @ every[0]
            if self.mode == "classify" and self.text:
                votes = uses.vote(every, self.labels, self.vector(self.text), NEIGHBOURS)
                return f"Classe de “{self.text}”", [(self.said(k), html.percent(v)) for k, v in votes.items()]
            best = np.argsort(-like, kind="stable")[:SHOWN]
            return f"Mais parecidos com “{self.text}”", [
                (self.texts[i], html.decimal(float(like[i]), 2)) for i in best
            ]
        if self.mode == "recommend":
            liked = self.more["liked"]
            if not liked:
                return "Textos", [(each, "") for each in self.texts[:SHOWN]]
            left = [i for i in range(len(every)) if i not in liked]
            like = every[left] @ uses.profile(every[liked], every[:0])
            best = np.argsort(-like, kind="stable")[:SHOWN]
            return "Recomendados", [(self.texts[left[i]], html.decimal(float(like[i]), 2)) for i in best]
        if self.mode == "cluster":
            group = uses.clusters(every, len(set(self.labels)))
            counts = Counter(group.tolist()).most_common()
            return "Grupos, com um texto de cada", [
                (self.texts[int(np.argmax(group == g))], f"{n} textos") for g, n in counts
            ]
        usual = np.array([not label for label in self.labels])
        strange = uses.strangeness(every[usual], every[~usual], NEIGHBOURS)
        box = np.flatnonzero(~usual)
        best = np.argsort(-strange, kind="stable")[:SHOWN]
        return "Os mais estranhos", [(self.texts[box[i]], html.decimal(float(strange[i]), 2)) for i in best]

    def worth(self, texts: Sequence[str]) -> float:
        """The Vendi score of recorded texts."""
        return uses.vendi(np.stack([self.vector(text) for text in texts]))

    def summary(self) -> str:
        title, rows = self.rows()
        said = "; ".join(f"{text.rstrip('.')}: {number}" if number else text for text, number in rows[:3])
        return f"{title}: {said}."

    def fallback(self) -> str:
        title, rows = self.rows()
        cells = "".join(
            f'<tr><th scope="row">{html.escape(text)}</th><td>{number}</td></tr>' for text, number in rows
        )
        return f"<table><caption>{html.escape(title)}</caption><tbody>{cells}</tbody></table>"
