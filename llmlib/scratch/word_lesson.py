"""A run of `word2vec` that can be watched: neighbours of a word, a picture of some groups, a score.

What a figure asks of a kernel, answered as the engine of the page answers it (`llmlib/engine/word2vec.js`):
the same methods, the same events, the same sentences for a text that cannot be learned from. It computes no
gradient (`word2vec.py`) and draws nothing.
"""

import re
import time
from collections.abc import Callable, Generator
from dataclasses import fields

import numpy as np

from llmlib.scratch.vectors import Plane, nearest, same_group
from llmlib.scratch.word2vec import Lesson, Recipe, split

LIMITS = {
    "size": ("O tamanho dos vetores", 2, 128),
    "window": ("A janela", 1, 10),
    "negatives": ("O número de palavras sorteadas", 1, 20),
    "epochs": ("O número de leituras", 1, 40),
    "min_count": ("O mínimo de vezes", 1, 1000),
    "sample": ("O desbaste", 0, 1),
    "rate": ("A taxa de aprendizado", 1e-4, 1),
    "batch": ("O lote", 1, 4096),
    "seed": ("A semente", 0, 10**6),
}
FRACTIONS = ("sample", "rate")
USUAL = Recipe(window=3, epochs=6)
FEWEST_WORDS, MOST_LETTERS = 200, 2_000_000


def decimal(value: float) -> str:
    """0.005 -> '0,005'."""
    return np.format_float_positional(value, trim="-").replace(".", ",")


def choices(params: dict) -> Recipe:
    """The recipe of a request; what it does not say is as usual. Raises ValueError beyond LIMITS."""
    given = {}
    for name, (label, low, high) in LIMITS.items():
        value = given[name] = getattr(USUAL, name) if params.get(name) is None else params[name]
        if not (low <= value <= high and (name in FRACTIONS or value == int(value))):
            raise ValueError(f"{label} vai de {decimal(low)} a {decimal(high)}; veio {decimal(value)}.")
    assert set(given) == {f.name for f in fields(Recipe)}
    return Recipe(**given)


def lesson_of(text: str, recipe: Recipe) -> Lesson:
    """A lesson on a text whose parts are divided by empty lines. Raises ValueError for one too small."""
    texts = [split(part) for part in re.split(r"\n\s*\n", text[:MOST_LETTERS])]
    total = sum(map(len, texts))
    if total < FEWEST_WORDS:
        raise ValueError(
            f"O texto tem {total} palavras, e são precisas pelo menos {FEWEST_WORDS}. Cole um texto maior."
        )
    return Lesson(texts, recipe)


class WordLessons:
    """The runs of a kernel, one at a time: `compute(method, params)`."""

    def __init__(self, text_of: Callable[[str], str]):
        """`text_of`: name of a part of the corpus -> its text."""
        self.text_of, self.running = text_of, {}

    def compute(self, method: str, params: dict) -> dict | Generator[dict, None, dict]:
        """learn_words {run, text or corpus, choices of Recipe, watch, groups, moments}: events {start}, then
        {done, pairs, loss, speed, near, points, shown, score}; without a text it goes on. look_words {run,
        watch, groups}: near, points, shown, score of now."""
        run = params.get("run", "")
        if method == "learn_words":
            return self._learn(run, params)
        if method != "look_words":
            raise ValueError(f"O treino de vetores não sabe “{method}”; sabe learn_words e look_words.")
        if run not in self.running:
            raise ValueError("Estes vetores ainda não começaram a ser treinados.")
        now = self.running[run]
        now["watch"], now["groups"] = params.get("watch", []), params.get("groups", {})
        return self._look(now)

    def _learn(self, run: str, params: dict) -> Generator[dict, None, dict]:
        text = self.text_of(params["corpus"]) if params.get("corpus") else params.get("text")
        if text is not None:
            lesson = lesson_of(text, choices(params))
            now = {"lesson": lesson, "number": {w: i for i, w in enumerate(lesson.vocabulary.words)}}
            now |= {"plane": Plane(lesson.recipe.size), "seconds": 0.0, "told": 0.0}
            now["moments"] = lesson.train(every=20)
            self.running = {run: now}
            words = lesson.vocabulary.words
            yield {
                "start": {
                    "vocabulary": len(words),
                    "words": len(lesson.ids),
                    "cut": max(0, len(text) - MOST_LETTERS),
                    "common": list(words[:200]),
                }
            }
        elif run not in self.running:
            raise ValueError("Estes vetores ainda não começaram a ser treinados.")
        now = self.running[run]
        now["watch"], now["groups"] = params.get("watch", []), params.get("groups", {})
        if text is not None:
            yield {"done": 0.0, "pairs": 0, "loss": None, "speed": 0.0, **self._look(now)}
        share, losses, began = 1 / params.get("moments", 40), [], time.perf_counter()
        for moment in now["moments"]:
            now["seconds"] += time.perf_counter() - began
            losses.append(moment.loss)
            if moment.done == 1 or moment.done - now["told"] >= share:
                speed = moment.pairs / max(now["seconds"], 1e-9)
                loss, losses = float(np.nanmean(losses)), []
                now["told"] = moment.done
                told = {"done": moment.done, "pairs": moment.pairs, "loss": loss, "speed": speed}
                yield told | self._look(now)
            began = time.perf_counter()
        return {"reason": "length", "done": 1}

    def _look(self, now: dict, k: int = 6) -> dict:
        vectors, number, words = now["lesson"].vectors, now["number"], now["lesson"].vocabulary.words
        near = {
            w: [[words[i], x] for i, x in nearest(vectors, vectors[number[w]], k, (number[w],))]
            if w in number
            else None
            for w in now["watch"]
        }
        shown = [(w, name) for name, each in now["groups"].items() for w in each if w in number]
        rows = vectors[[number[w] for w, _ in shown]]
        score = float(same_group(rows, [name for _, name in shown]).mean()) if len(shown) > 1 else None
        points = now["plane"].place(rows) if len(shown) > 2 else []
        return {
            "near": near,
            "points": np.asarray(points).tolist(),
            "shown": [w for w, _ in shown],
            "score": score,
        }
