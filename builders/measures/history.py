"""How a model learned: induction heads, copying, reading, agreement and a story's beginning, by checkpoint.

Every checkpoint of `<folder>/checkpoints` is put into the model in turn (its weights are int8, as in a page);
the model gets its own weights back at the end.
"""

from __future__ import annotations

from pathlib import Path

from builders import checkpoints
from builders.corpus import probes
from builders.measures import TEMPERATURE, batch, induction, pairs, proportion, reading

ITEMS = 40
PROMPT = "Era uma vez"


def step_of(path: Path) -> int:
    """step1000.safetensors -> 1000."""
    return int(path.stem.removeprefix("step"))


def paths(folder: Path) -> list[Path]:
    """The checkpoints of a model folder, in order; [] without any."""
    return sorted((folder / "checkpoints").glob("step*.safetensors"), key=step_of)


def one(lm: object, n: int = ITEMS) -> dict:
    """The figures of the weights that the model has now."""
    right, wrong = zip(*pairs.from_corpus(n), strict=True)
    scores = batch.scores(lm, [*right, *wrong])
    answer, hard = reading.base(lm), {"relations": "held_out", "wordings": "held_out"}
    text = batch.complete(lm, [PROMPT], 60, TEMPERATURE, seeds=[0])[0]
    return {
        "heads": induction.heads(lm.model),
        "reading": reading.score(lm, answer, probes.reading(n, 3, "trained")),
        "reading_held_out": reading.score(lm, answer, probes.reading(n, 3, **hard)),
        "copying": reading.score(lm, answer, probes.copying_sentences(n, 3)),
        "agreement": proportion(sum(a > b for a, b in zip(scores[:n], scores[n:], strict=True)), n),
        "text": PROMPT + text,
    }


def measure(lm: object, folder: Path, n: int = ITEMS) -> list[dict]:
    """[{step, tokens, loss, …, figures of `one`}] of every checkpoint, in order."""
    found, own = [], {name: t.clone() for name, t in lm.model.state_dict().items()}
    try:
        for path in paths(folder):
            weights, meta = checkpoints.read_checkpoint(path)
            lm.model.load_state_dict(weights)
            kept = {k: v for k, v in meta.items() if k in ("tokens", "loss", "validation", "stage")}
            found.append({"step": step_of(path), **kept, **one(lm, n)})
    finally:
        lm.model.load_state_dict(own)
    return found
