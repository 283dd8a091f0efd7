"""What a reply looks like: OpenAI's shapes, made from llama.cpp's.

llama.cpp answers completions with the log-probabilities of conversations; the official client expects the
older shape there (`tokens`, `token_logprobs`, `top_logprobs`, `text_offset`). Also takes out what OpenAI has
not (timings), so that code written against this server does not come to depend on it. Pure functions.
"""

from __future__ import annotations

KEPT = ("id", "object", "created", "model", "choices", "usage", "system_fingerprint")


def shaped(reply: dict, k: int | None, legacy: bool, offset: list[int]) -> dict:
    """A reply, or one piece of it, as OpenAI sends it.

    Args:
        k: alternatives asked for beside each token; None for no log-probabilities.
        legacy: the shape of completions rather than that of conversations.
        offset: where each choice's text has got to, in characters; moved forward here.
    """
    out = {key: reply[key] for key in KEPT if key in reply}
    out["choices"] = [choice(each, k, legacy, offset) for each in reply.get("choices", [])]
    return out


def choice(given: dict, k: int | None, legacy: bool, offset: list[int]) -> dict:
    out = dict(given)
    content = (given.get("logprobs") or {}).get("content") or []
    if k is None or not content:
        out["logprobs"] = None
        return out
    rows = [row(each, k) for each in content]
    out["logprobs"] = (
        older(rows, offset, given.get("index", 0)) if legacy else {"content": rows, "refusal": None}
    )
    return out


def turn(given: dict, index: int, chat: bool, where: str) -> dict:
    """llama.cpp's completion as a choice; in a conversation its text stands in `where`: message or delta."""
    out = given | {"index": index}
    if chat and "text" in out:
        said = {"content": out.pop("text")}
        out[where] = {"role": "assistant"} | said if where == "message" else said
    return out


def row(given: dict, k: int) -> dict:
    """One token: {token, logprob, bytes, top_logprobs}."""
    cells = {key: given.get(key) for key in ("token", "logprob", "bytes")}
    others = [{key: each.get(key) for key in cells} for each in given.get("top_logprobs", [])[:k]]
    return cells | {"top_logprobs": others}


def older(rows: list[dict], offset: list[int], index: int) -> dict:
    """The parallel lists of completions; `offset[index]` moves to the end of the last token."""
    while len(offset) <= index:
        offset.append(0)
    places = []
    for each in rows:
        places.append(offset[index])
        offset[index] += len(each["token"])
    return {
        "tokens": [name(each) for each in rows],
        "token_logprobs": [each["logprob"] for each in rows],
        "top_logprobs": [{name(o): o["logprob"] for o in each["top_logprobs"]} for each in rows],
        "text_offset": places,
    }


def name(token: dict) -> str:
    """A token as the key of a dict; parts of a character by their bytes, as OpenAI writes them."""
    text, raw = token["token"], bytes(token.get("bytes") or b"")
    if text.encode("utf-8", "replace") == raw or not raw:
        return text
    try:
        return raw.decode("utf-8")
    except UnicodeDecodeError:
        return "bytes:" + "".join(f"\\x{byte:02x}" for byte in raw)
