"""WordTrainer: word vectors that the reader trains in the page, and watches neighbours gather.

The recording is a run really made when the figure is made, by `llmlib.scratch.word2vec`; the page's engine
(`llmlib/engine/word2vec.js`) makes the same one when the reader presses, with the same seed, and any other
that the reader chooses. This file records and checks. It computes no gradient and draws nothing; the text
travels in a file of its own, attached when asked for (`assets`).
"""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence

import traitlets

from llmlib.data import corpus
from llmlib.widgets import fallback as html
from llmlib.widgets.base import Widget
from llmlib.widgets.embedding_map import MOST_GROUPS

PROSE = ("historia", "descricao", "fatos", "dialogo", "noticia", "carta", "receita", "instrucoes", "frases")
TEXT = "prosa"  # its name among the texts of the site


def prose() -> str:
    """The prose of the bundled sample, text by text, an empty line between two; none inside a text."""
    texts = [text for kind in PROSE for text in corpus(kind=kind)]
    return "\n\n".join("\n".join(line for line in text.split("\n") if line.strip()) for text in texts)


def text_of(name: str) -> str:
    if name != TEXT:
        raise ValueError(f"Não existe o texto {name!r}. Existe: {TEXT}.")
    return prose()


class WordTrainer(Widget):
    """Train word vectors, and watch the neighbours of some words and the picture of some groups.

    Args:
        groups: name -> words, at most 7; they are drawn, and the score is how many of them have a word of
            their own group as nearest neighbour.
        watch: words whose neighbours are listed, at most 3.
        moments: of the recording, about; each keeps a picture.
        window, epochs, size, rate, seed: as `word2vec.Recipe` has them.
        text: a text of the author's own instead of the course's prose.
        compute: who trains, `(method, params) -> …`; by default this Python, by torch.
        record: an earlier recording, to be drawn instead of making one now.
    """

    name = "word-trainer"
    corpus = traitlets.Unicode(TEXT).tag(sync=True)  # "" when the text is the author's own
    text = traitlets.Unicode("").tag(sync=True)
    groups = traitlets.Dict().tag(sync=True)
    watch = traitlets.List(traitlets.Unicode()).tag(sync=True)
    recipe = traitlets.Dict().tag(sync=True)
    # {start, moments: [{done, pairs, loss, near, points, score}], shown}
    recording = traitlets.Dict().tag(sync=True)

    def __init__(
        self,
        groups: Mapping[str, Sequence[str]],
        watch: Sequence[str],
        moments: int = 12,
        window: int = 3,
        epochs: int = 6,
        size: int = 48,
        rate: float = 0.05,
        seed: int = 0,
        text: str = "",
        compute: Callable[[str, dict], object] | None = None,
        record: dict | None = None,
    ) -> None:
        if not 1 <= len(groups) <= MOST_GROUPS:
            raise ValueError(f"Cabem de 1 a {MOST_GROUPS} grupos, e vieram {len(groups)}.")
        if not 1 <= len(watch) <= 3:
            raise ValueError(f"Dá para seguir de 1 a 3 palavras, e vieram {len(watch)}.")
        if compute is None:
            from llmlib.scratch.word_lesson import WordLessons  # torch, only where something is trained

            compute = WordLessons(text_of).compute
        groups = {name: list(words) for name, words in groups.items()}
        recipe = {"window": window, "epochs": epochs, "size": size, "rate": rate, "seed": seed}
        source = {"text": text} if text else {"corpus": TEXT}
        asked = {**source, **recipe, "groups": groups, "watch": list(watch), "moments": moments}
        super().__init__(
            compute=compute,
            corpus="" if text else TEXT,
            text=text,
            groups=groups,
            watch=list(watch),
            recipe=recipe,
            recording=record if record is not None else recorded(compute, asked),
        )

    def summary(self) -> str:
        first, last = self.recording["moments"][0], self.recording["moments"][-1]
        return (
            f"Em {html.count(last['pairs'], 'pares de palavras')}, a parte das palavras cujo vizinho mais "
            f"próximo é do mesmo grupo foi de {html.percent(first['score'])} a {html.percent(last['score'])}."
        )

    def fallback(self) -> str:
        word = self.watch[0]
        rows = "".join(
            f"<tr><td>{html.percent(m['done'])}</td><td>{html.percent(m['score'])}</td>"
            f"<td>{html.escape(', '.join(w for w, _ in (m['near'].get(word) or [])[:4]))}</td></tr>"
            for m in self.recording["moments"]
        )
        return (
            f"<p>{self.summary()}</p><table><thead><tr><th>Do treino</th><th>Vizinho do mesmo grupo</th>"
            f"<th>Vizinhos de {html.escape(word)}</th></tr></thead><tbody>{rows}</tbody></table>"
        )

    def html(self) -> str:
        """As any widget, with the mark by which the page gives it a worker that trains."""
        return super().html().replace(' data-model=""', ' data-model="" data-trains', 1)


def recorded(compute: Callable[[str, dict], object], params: dict) -> dict:
    """Make a run to its end, and keep what the figure draws."""
    kept: dict = {"start": None, "moments": [], "shown": []}
    for event in compute("learn_words", {"run": "gravação", **params}):
        if "start" in event:
            kept["start"] = {key: value for key, value in event["start"].items() if key != "common"}
            continue
        kept["shown"] = event["shown"]
        moment = {key: event[key] for key in ("done", "pairs", "loss", "score")}
        moment["near"] = {w: [[v, round(x, 2)] for v, x in each or []] for w, each in event["near"].items()}
        moment["points"] = [[round(x, 3) for x in point] for point in event["points"]]
        kept["moments"].append(moment)
    return kept
