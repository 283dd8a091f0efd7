"""A model that talks, for the widgets of conversations: the real tokenizer, and numbers that are nobody's.

It speaks the protocol of `LM.compute` (encode, generate, trace) without torch. Its distribution depends only
on the last token, so that a test can compute what a figure must show.
"""

from __future__ import annotations

import re
from collections.abc import Iterator

import numpy as np
from tokenizers import Tokenizer

from llmlib.data import model_path

END = 2


class TalkLM:
    """`compute` as LM has it; `name` as given."""

    def __init__(self, name: str = "mini-base") -> None:
        self.name = name
        self.tokenizer = Tokenizer.from_file(str(model_path("mini-base") / "tokenizer.json"))
        self.size = self.tokenizer.get_vocab_size()

    def text(self, i: int) -> str:
        return self.tokenizer.decode([i], skip_special_tokens=False)

    def plain(self, text: str) -> list[int]:
        """Ids of a text in which nothing is a special token."""
        pieces = re.split(r"(<\|)", text)  # no special name survives being cut in two
        return [i for piece in pieces for i in self.tokenizer.encode(piece, add_special_tokens=False).ids]

    def ids(self, params: dict) -> list[int]:
        if params.get("messages") is None:
            return params.get("ids") or self.tokenizer.encode(params["text"], add_special_tokens=False).ids
        found = []
        for message in params["messages"]:
            found += [1, *self.plain(f"{message['role']}\n{message['content']}"), 2, *self.plain("\n")]
        return [*found, 1, *self.plain("assistant\n")]

    def logits(self, last: int) -> np.ndarray:
        return np.random.default_rng(last).normal(0, 3, self.size)

    def compute(self, method: str, params: dict) -> object:
        ids = self.ids(params)
        shown = [{"id": i, "text": self.text(i)} for i in ids]
        if method == "encode":
            return {"tokens": shown, "cut": 0}
        if method == "generate":
            return self.written(ids, params["max_new_tokens"])
        if method == "trace":
            rows = np.stack([self.logits(i) for i in [0, *ids]])
            whole = [{"id": 0, "text": "<|endoftext|>"}, *shown]
            return {"tokens": whole, "cut": 0, "logits": rows.ravel(), "logits_shape": list(rows.shape)}
        raise ValueError(f"Este modelo de teste não sabe fazer {method!r}.")

    def written(self, ids: list[int], length: int) -> Iterator[dict]:
        out, last = [], ids[-1] if ids else 0
        reason = "length"
        while len(out) < length and reason == "length":
            scores = self.logits(last)
            last = END if len(out) == 6 and len(ids) % 2 else int(scores.argmax())
            p = float(np.exp(scores[last] - scores.max()) / np.exp(scores - scores.max()).sum())
            out.append(last)
            yield {"token": {"id": last, "text": self.text(last), "p": p, "logit": 0.0, "q": p}}
            reason = "eos" if last == END else "length"
        text = self.tokenizer.decode([i for i in out if i > 3])
        return {"ids": out, "text": text, "reason": reason, "cut": 0}
