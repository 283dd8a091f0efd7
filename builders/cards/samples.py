"""Thirty outputs as they came: the first 30 seeds, or the first 30 cases, never picked."""

from __future__ import annotations

from builders.cards.words import number, quoted

COUNT = 30
FIELDS = {
    "task": "tarefa",
    "kind": "conjunto",
    "text": "texto",
    "source": "entrada",
    "query": "busca",
    "answer": "certo",
    "target": "certo",
    "output": "modelo",
    "guesses": "palpites",
    "found": "achou",
    "found_by_embed": "mini-embed achou",
    "right": "acertou",
}
NO = {True: "sim", False: "não"}


def _value(value: object) -> str:
    """A field of a sample as text."""
    if isinstance(value, bool):
        return NO[value]
    if isinstance(value, list):
        return "; ".join(
            _value(v) if not isinstance(v, list) else f"{v[0]} {number(100 * v[1])} %" for v in value
        )
    return str(value)


def seeded(samples: list[dict], chat: bool) -> str:
    """Samples of a decoder: seed, what it was given and what it wrote."""
    parts = []
    for s in samples[:COUNT]:
        text = f"pessoa: {s['prompt']}\nmodelo: {s['text']}" if chat else s["prompt"] + s["text"]
        parts.append(f"Semente {s['seed']}:\n\n{quoted(text)}")
    intro = "As sementes 0 a 29, sem escolha, à temperatura 0,7."
    intro += " As dez mensagens se repetem." if chat else " Os três começos se repetem."
    return "\n\n".join(["## Amostras", intro, *parts])


def cases(samples: list[dict]) -> str:
    """Samples of the other families: the first cases of the measures, field by field."""
    parts = []
    for i, sample in enumerate(samples[:COUNT]):
        lines = [f"{FIELDS.get(key, key)}: {_value(value)}" for key, value in sample.items()]
        parts.append(f"Caso {i}:\n\n{quoted(chr(10).join(lines))}")
    return "\n\n".join(["## Amostras", "Os 30 primeiros casos, sem escolha.", *parts])


def section(kind: str, result: dict) -> str:
    """The samples of any model."""
    if kind in ("base", "chat", "dpo"):
        return seeded(result["samples"], kind != "base")
    return cases(result.get("samples") or result["examples"])
