"""Frequency and presence penalties as OpenAI counts them: what was generated counts, the prompt does not.

llama.cpp counts the prompt too, and the two give different texts whenever the prompt repeats itself. Here
the text is made one token a call: the penalties so far go into `logit_bias`, llama.cpp draws one token, the
counts change. What was read stays in llama.cpp's cache, so a step of a small model costs a millisecond.
Formula: OpenAI's API reference, "frequency and presence penalties"; `frequency_presence_penalty` of
`llmlib.scratch.sampling` is the same in numpy, and the tests hold the two together.
"""

from __future__ import annotations

import codecs
import random
import time
from collections import Counter
from collections.abc import Callable, Iterator


def biased(counts: Counter, frequency: float, presence: float, asked: dict[int, float]) -> list[list]:
    """The biases of one step: [[id, bias]], the reader's own added in."""
    total = dict(asked)
    for token, count in counts.items():
        total[token] = total.get(token, 0.0) - frequency * count - presence
    return [[token, bias] for token, bias in total.items()]


def held(text: str, stops: list[str]) -> int:
    """How many characters at the end of `text` may be the beginning of a stop text."""
    longest = max((len(s) for s in stops), default=1) - 1
    return next(
        (n for n in range(min(longest, len(text)), 0, -1) if any(s.startswith(text[-n:]) for s in stops)), 0
    )


def pieces(complete: Callable, ids: list[int], asked: dict, body: dict, context: int) -> Iterator[dict]:
    """Pieces of one answer: {text, rows, finish}; the last one has a finish, "stop" or "length".

    Args:
        complete: body -> llama.cpp's answer.
        ids: the prompt.
        asked: the checked request; body: the same in llama.cpp's words.
    """
    stops, limit = asked.get("stop", []), body.get("max_tokens", context)
    frequency, presence = asked.get("frequency_penalty", 0), asked.get("presence_penalty", 0)
    wanted = {token: bias for token, bias in body.get("logit_bias", [])}
    step_body = {
        k: v
        for k, v in body.items()
        if k not in ("stop", "stream", "stream_options", "messages", "top_logprobs")
    }
    k = body.get("logprobs", 1)  # one at least: its bytes are the token's
    draws = random.Random(body.get("seed"))
    decoder = codecs.getincrementaldecoder("utf-8")("replace")
    counts, written, waiting, rows = Counter(), [], "", []
    while True:
        step_body |= {
            "prompt": [*ids, *written],
            "max_tokens": 1,
            "logit_bias": biased(counts, frequency, presence, wanted),
            "seed": draws.randrange(2**32),
            "logprobs": k,
            "cache_prompt": True,
        }
        answer = complete(step_body)["choices"][0]
        content = (answer.get("logprobs") or {}).get("content") or []
        ended = answer["finish_reason"] == "stop" or not content
        if not ended:
            token = content[0]
            written.append(token["id"])
            counts[token["id"]] += 1
            rows.append(token)
            waiting += decoder.decode(bytes(token["bytes"]))
        finish = (
            "stop"
            if ended
            else "length"
            if len(written) >= limit or len(ids) + len(written) >= context
            else None
        )
        if finish:
            waiting += decoder.decode(b"", final=True)
        places = [at for s in stops if (at := waiting.find(s)) >= 0]
        if places:
            waiting, finish = waiting[: min(places)], "stop"
        keep = 0 if finish else held(waiting, stops)
        ready, waiting = waiting[: len(waiting) - keep], waiting[len(waiting) - keep :]
        if ready or finish:
            yield {"text": ready, "rows": rows, "finish": finish, "tokens": len(written)}
            rows = []
        if finish:
            return


def choice(piece: dict, index: int, chat: bool) -> dict:
    """A piece as a choice of the stream."""
    part = {"delta": {"content": piece["text"]}} if chat else {"text": piece["text"]}
    logprobs = {"content": piece["rows"]} if piece["rows"] else None
    return part | {"index": index, "logprobs": logprobs, "finish_reason": piece["finish"]}


def whole(all_pieces: list[dict], index: int, chat: bool) -> dict:
    """A choice of an answer that is not streamed."""
    text = "".join(each["text"] for each in all_pieces)
    part = {"message": {"role": "assistant", "content": text}} if chat else {"text": text}
    rows = [r for each in all_pieces for r in each["rows"]]
    return part | {"index": index, "logprobs": {"content": rows}, "finish_reason": all_pieces[-1]["finish"]}


def heading(model: str, chat: bool) -> dict:
    """What every piece of one answer has in common."""
    kind = "chatcmpl" if chat else "cmpl"
    return {"id": f"{kind}-{random.getrandbits(128):032x}", "created": int(time.time()), "model": model}
