"""An honest fake of a model for the widgets' own tests: a tiny deterministic distribution over words.

It splits text at spaces, as a tokenizer would, and gives probabilities that depend only on the last token.
The same fake in JavaScript (fake_engine.js) speaks the worker's protocol: host and widgets run as they are.
"""

from __future__ import annotations

import math
import re
from collections.abc import Generator

END = "<|endoftext|>"
WORDS = [
    " telhado",
    " muro",
    " sofá",
    " galho",
    " colo",
    " quintal",
    " <b>",
    "\n",
    ",",
    ".",
    " e",
    " dormiu",
    " viu",
    " um",
]
WORDS += [
    " cachorro",
    " passarinho",
    " na",
    " no",
    " da",
    " janela",
    "<|endoftext|>",
    " ⟨C3⟩",
    " unicórnio",
    " azul",
]
WORDS += [
    " correu",
    " depressa",
    " então",
    " sorriu",
    " menina",
    " pão",
    " chuva",
    " rio",
    " 🐱",
    " </script>",
    " lua",
    " sol",
]
CONTEXT = 255


def tokens(text: str) -> list[dict]:
    pieces = re.findall(r" ?[^ \n]+|\n| ", text)
    return [{"id": (sum(map(ord, piece)) * 7) % 2000 + 40, "text": piece} for piece in pieces]


class FakeLM:
    """`next` as LM has it: tokens, cut, top, rest."""

    name = "mini-base"

    def next(
        self,
        text: str = "",
        k: int = 10,
        sampling: dict | None = None,
        ids: list[int] | None = None,
        generated: int = 0,
    ) -> dict:
        pieces = tokens(text)
        seed = (pieces[-1]["id"] if pieces else 3) if ids is None else (ids[-1] if ids else 3)
        order = sorted(range(len(WORDS)), key=lambda i: ((i + 1) * (seed + 13) * 2654435761) % 4093)
        weights = [0.62**rank for rank in range(len(order))]
        total = sum(weights)
        top = [
            {"id": i, "text": WORDS[i], "p": w / total, "logit": 3 + math.log(w)}
            for i, w in zip(order, weights, strict=True)
        ]
        top = top[:k]
        cut = max(0, len(pieces) - CONTEXT)
        answer = {"tokens": pieces[-CONTEXT:], "cut": cut, "top": top, "rest": 1 - sum(t["p"] for t in top)}
        if sampling is not None:
            answer["chosen"] = sample(order, weights, sampling, generated, top)
        return answer

    def compute(self, method: str, params: dict) -> object:
        if method == "encode":
            pieces = tokens(said(params))
            return {"tokens": pieces[-CONTEXT:], "cut": max(0, len(pieces) - CONTEXT)}
        if method == "generate":
            return self.generate(**params)
        if method != "next":
            raise ValueError(f"Este modelo de teste não sabe fazer {method!r}.")
        return self.next(**params)

    def generate(
        self,
        max_new_tokens: int = 40,
        k: int = 0,
        sampling: dict | None = None,
        stop: list[str] | tuple = (),
        written: list[int] | tuple = (),
        **request: object,
    ) -> Generator[dict, None, dict]:
        """The loop as LM has it: yields {token, top}, returns {ids, text, reason, cut}."""
        ids, reason = list(written), "length"
        start = [token["id"] for token in tokens(said(request))]
        for _ in range(max_new_tokens):
            answer = self.next(ids=[*start, *ids], k=max(k, 1), sampling=sampling or {}, generated=len(ids))
            ids.append(answer["chosen"]["id"])
            yield {"token": answer["chosen"], "top": answer["top"]}
            text = "".join(WORDS[i] for i in ids if i < len(WORDS) and WORDS[i] != END)
            ended = [text.index(each) for each in stop if each in text]
            reason = "eos" if answer["chosen"]["text"] == END else "stop" if ended else reason
            if reason != "length":
                break
        text = "".join(WORDS[i] for i in ids if i < len(WORDS) and WORDS[i] != END)
        cut = min([len(text), *(text.index(each) for each in stop if each in text)])
        return {"ids": ids, "text": text[:cut], "reason": reason, "cut": 0}


def said(request: dict) -> str:
    """What a request says, messages one after the other."""
    messages = request.get("messages")
    return request.get("text", "") if messages is None else " ".join(m["content"] for m in messages)


def uniform(seed: int, step: int) -> float:
    """The course's counter-based draw (mulberry-like finaliser), as llmlib.scratch.sampling has it."""
    x = (seed + 0x9E3779B9 * (step + 1)) & 0xFFFFFFFF
    x ^= x >> 16
    x = x * 0x21F0AAAD & 0xFFFFFFFF
    x ^= x >> 15
    x = x * 0x735A2D97 & 0xFFFFFFFF
    x ^= x >> 15
    return x / 2**32


def sample(order: list[int], weights: list[float], sampling: dict, step: int, top: list[dict]) -> dict:
    """Adds q to `top`, and draws."""
    heat = max(sampling.get("temperature", 1.0), 1e-3)
    q = [w ** (1 / heat) for w in weights]
    q = [each / sum(q) for each in q]
    for row, each in zip(top, q, strict=False):
        row["q"] = each
    u, reached, rank = uniform(sampling.get("seed", 0), step), 0.0, 0
    for rank, each in enumerate(q):  # noqa: B007
        reached += each
        if reached > u:
            break
    return {"id": order[rank], "text": WORDS[order[rank]], "p": weights[rank] / sum(weights), "q": q[rank]}
