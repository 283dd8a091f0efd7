"""What the figures on transfer are given: the shape of `builders.transfer`, with made-up numbers."""

from __future__ import annotations

import numpy as np

from builders.transfer import update

SIZES = [8, 32, 512]
WAYS = {"inteiro": "ajuste inteiro", "lora": "LoRA", "palavras": "contar palavras"}


def points(start: float) -> list[dict]:
    values = [start, start + 0.1, start + 0.2]
    return [{"value": v, "low": v - 0.05, "high": v + 0.05, "seeds": [v - 0.01, v + 0.01]} for v in values]


def groups(*names: str) -> dict:
    return {
        name: {"n": 40 + i, "ways": {key: points(0.5 + 0.05 * i + 0.03 * j) for j, key in enumerate(WAYS)}}
        for i, name in enumerate(names)
    }


PAIRS = [
    {"a": "inteiro", "b": "palavras", "n": 512, "value": 0.1, "low": 0.02, "high": 0.18},
    {"a": "lora", "b": "palavras", "n": 512, "value": 0.01, "low": -0.05, "high": 0.07},
]
RIGHT = {"inteiro": [0, 0.5, 1], "lora": [0, 0, 0], "palavras": [1, 1, 1]}
EXAMPLES = [{"text": "O filme </script> é ótimo.", "label": 1, "right": RIGHT}]


def updates(layers: int = 2) -> dict:
    rng = np.random.default_rng(0)
    made = {}
    for layer in range(layers):
        for part, kind, shape in (("self_attn", "q_proj", (40, 24)), ("mlp", "down_proj", (24, 48))):
            before = rng.normal(size=shape)
            change = rng.normal(size=(shape[0], 2)) @ rng.normal(size=(2, shape[1])) * (0.1 + layer)
            lora = rng.normal(size=(shape[0], 1)) @ rng.normal(size=(1, shape[1])) * 0.05
            made[f"layers.{layer}.{part}.{kind}"] = update(before, before + change, lora)
    return made


CUT = [{"rank": r, "right": 50 + 10 * i, "n": 100} for i, r in enumerate((0, 1, 4))] + [
    {"rank": None, "right": 80, "n": 100}
]
KINDS = {"historia": "histórias", "conta": "contas", "carta": "cartas"}
LOSSES = {
    "ajuste inteiro": {
        "historia": {"before": 1.0, "after": 1.6, "low": 0.4, "high": 0.8},
        "conta": {"before": 1.5, "after": 1.4, "low": -0.2, "high": -0.05},
        "carta": {"before": 2.0, "after": 2.01, "low": -0.1, "high": 0.12},
        "dna": {"before": 2.0, "after": 2.01, "low": -0.1, "high": 0.12},
    },
    "LoRA": {"historia": {"before": 1.0, "after": 1.1, "low": 0.05, "high": 0.15}},
}
LAB = {
    "text": "O filme é ótimo.",
    "recorded": {"words": 0.94, "head": 0.3},
    "words": {"ótimo": [2.0, 3.0], "chato": [2.0, -3.0], "filme": [1.0, 0.1], "": [0.0, 0.0]},
    "head": {"w": [0.5, -0.5], "b": 0.1, "mean": [0.0, 0.0], "spread": [1.0, 1.0],
             "layer": 1, "labels": 512, "decay": 0.003},
    "bank": ["O desenho é lindo.", "A cena </script> é feia.", "A música é boa."],
    "unseen": [{"texto": "Que filme bom!", "rotulo": 1}, {"texto": "Que filme ruim!", "rotulo": 0}],
}  # fmt: skip
