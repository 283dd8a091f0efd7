"""Honest fakes of an encoder, a permutation model and an encoder-decoder; fake_families.js is their twin.

What they answer depends on what a real one may see, and on nothing else, in a way that a test can foretell.
"""

from __future__ import annotations

import re
from collections.abc import Generator
from pathlib import Path

from tests.widgets.fake import FakeLM, tokens

MASK = "<|mask|>"
HERE = Path(__file__).parent


def guesses(seed: int, k: int) -> list[dict]:
    return [
        {"id": 3000 + (seed + 5 * r) % 31, "text": f" w{(seed + 5 * r) % 31}", "p": 0.5 ** (r + 1)}
        for r in range(k)
    ]


class FakeFiller:
    """Fills masks: an encoder by what stands around them, a permutation model also by its turn."""

    def __init__(self, name: str = "mini-bert") -> None:
        self.name = name

    def compute(self, method: str, params: dict) -> dict:
        text = params["text"]
        if method == "encode":
            return {"tokens": tokens(text), "cut": 0}
        if method != "fill":
            raise ValueError(f"Este modelo de teste não sabe fazer {method!r}.")
        count = text.count(MASK)
        order = params.get("order") or list(range(count))
        turns = [order.index(i) if self.name == "mini-xlnet" else 0 for i in range(count)]
        seen = len(text.replace(MASK, ""))
        return {
            "tokens": tokens(text),
            "masked": list(range(count)),
            "top": [guesses(seen + 7 * i + 3 * turn, params["k"]) for i, turn in enumerate(turns)],
        }


class FakeRewriter:
    """Writes the spans that are asked for, or the words after the task in reverse."""

    name = "mini-t5"

    def compute(self, method: str, params: dict) -> object:
        if method == "rewrite":
            return self.rewrite(params["text"], params["max_new_tokens"])
        if method == "trace":
            source, written = tokens(params["text"]), len(params["target"])
            S = len(source)
            maps = [
                0.7 if s == (3 * u + layer) % S else 0.3 / max(1, S - 1)
                for layer in (0, 1) for _ in (0, 1) for u in range(written) for s in range(S)
            ]  # fmt: skip
            return {"tokens": source, "cross_attentions": maps, "cross_attentions_shape": [2, 2, written, S]}
        raise ValueError(f"Este modelo de teste não sabe fazer {method!r}.")

    def rewrite(self, text: str, room: int) -> Generator[dict, None, dict]:
        spans = re.findall(r"<extra_id_\d+>", text)
        body = text.split(": ", 1)[-1].split()
        words = [p for i, s in enumerate(spans) for p in (s, f" s{i}")] or [f" {w}" for w in reversed(body)]
        out = [*words, "<|endoftext|>"][:room]
        for i, word in enumerate(out):
            yield {"token": {"id": 4000 + i, "text": word, "p": 0.9 - 0.5 * (i % 2)}}
        reason = "eos" if out[-1] == "<|endoftext|>" else "length"
        return {"ids": [4000 + i for i in range(len(out))], "text": "".join(words), "reason": reason}


def four() -> dict[str, object]:
    return {
        "both": FakeFiller(),
        "left": FakeLM(),
        "order": FakeFiller("mini-xlnet"),
        "spans": FakeRewriter(),
    }


def served(static: Path) -> None:
    """Puts the fakes where a page looks for the engine and for the four models."""
    from llmlib.widgets import assets
    from tests.widgets.page import fake_engine

    engine = fake_engine() + (HERE / "fake_families.js").read_text("utf-8")
    (static / "engine.js").write_text(assets(engine=engine)["engine.js"], "utf-8")
    for name in ("mini-base", "mini-bert", "mini-xlnet", "mini-t5"):
        file = f'(globalThis.llmPageFiles ??= {{}})["{name}"] = {{"whole": true, "name": "{name}"}};'
        (static / "models" / f"{name}.js").write_text(file, "utf-8")
