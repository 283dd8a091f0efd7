"""In-context learning: how much solved examples help, task by task, with no instruction given.

The item asked is the same for every number of examples, so only they differ. "gain": four examples against
none, counted when the intervals do not touch. Held-out tasks and layouts were never trained as examples.
"""

from __future__ import annotations

from builders.corpus import fewshot
from builders.measures import apart, batch, proportion

SHOTS = (0, 1, 2, 4)
ITEMS = 40
TASKS = (
    "plural", "feminino", "antonimo", "categoria", "lingua", "classe", "passado", "dois", "primeira_letra",
    "soma", "repetir", "depois", "ultima_de_duas", "sentimento", *fewshot.HELD_OUT_TASKS,
)  # fmt: skip


def answered(text: str, answer: str) -> bool:
    """Whether the first line of a continuation is exactly the answer."""
    return text.strip().split("\n")[0].strip(" .") == answer.strip(" .")


def one(lm: object, task: str, shots: int, n: int, held_out_layout: bool = False) -> dict:
    """Exact answers of one task with some examples."""
    items = fewshot.probes(task, shots, n, 0, held_out_layout)
    texts = batch.complete(lm, [prompt for prompt, _ in items], 14, stop=["\n"])
    hits = sum(answered(t, answer) for t, (_, answer) in zip(texts, items, strict=True))
    return proportion(hits, n)


def measure(lm: object, n: int = ITEMS, tasks: tuple[str, ...] = TASKS) -> dict:
    """{tasks: {name: {held_out, shots: {"0": share, …}, gain}}, gains: how many tasks gain, layout: …}."""
    found = {}
    for task in tasks:
        shots = {str(k): one(lm, task, k, n) for k in SHOTS}
        gain = shots["4"]["value"] > shots["0"]["value"] and apart(shots["4"], shots["0"])
        found[task] = {"held_out": task in fewshot.HELD_OUT_TASKS, "shots": shots, "gain": gain}
    usual = [t for t in tasks if t not in fewshot.HELD_OUT_TASKS][:6]
    layout = {
        str(k): proportion(sum(one(lm, t, k, n, True)["hits"] for t in usual), n * len(usual)) for k in (0, 4)
    }
    return {"tasks": found, "gains": sum(t["gain"] for t in found.values()), "unseen_layouts": layout}
