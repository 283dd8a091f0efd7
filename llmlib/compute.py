"""What a widget asks of a model, answered as the engine in the page answers it: plain data, the same names.

A widget sends a method and its parameters and does not know who computes. Here a `LM` does. Nothing is drawn
and nothing is kept.
"""

from __future__ import annotations

from collections.abc import Generator
from typing import TYPE_CHECKING

from llmlib.conversation import chat_ids

if TYPE_CHECKING:
    from llmlib.lm import LM


def answer(lm: LM, method: str, params: dict) -> dict | Generator[dict, None, dict]:
    """The answer to "encode", "next", "generate" (a generator of events and then the result) or "trace".

    The text comes as `text`, `ids` or `messages`. Raises ValueError for another method.
    """
    text = params.get("text", "") if params.get("ids") is None else params["ids"]
    if params.get("messages") is not None:
        text = chat_ids(lm.tokenizer, params["messages"], lm.name)
        params = params | {"add_bos": text[:1] == [lm.bos]}

    def given(*keys: str) -> dict:
        return {key: params[key] for key in keys if params.get(key) is not None}

    if method == "encode":
        ids, cut = lm._ids(text) if len(text) or lm.bos is not None else ([], 0)
        return {"tokens": lm._tokens(ids), "cut": cut}
    if method == "next":
        return lm.next(text, **given("k", "sampling", "generated", "add_bos"))
    if method == "generate":
        return lm._events(text, **given("max_new_tokens", "sampling", "stop", "k", "add_bos", "written"))
    if method == "trace":
        ids, cut = lm._ids(text)
        trace = lm.trace(ids)
        tokens = [{"id": int(i), "text": t} for i, t in zip(trace.ids, trace.tokens, strict=True)]
        found = {"tokens": tokens, "cut": cut}
        for name in ("logits", "attentions", "hidden_states"):  # flat, with the shape beside it
            array = getattr(trace, name)
            found |= {name: array.ravel(), f"{name}_shape": list(array.shape)}
        return found
    raise ValueError(f"O modelo não sabe “{method}”; sabe encode, next, generate e trace.")
