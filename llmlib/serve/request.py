"""What a request may say: each field's name, kind and limits, and what llama.cpp is asked in its place.

A field that nobody reads is the worst kind of error, because nothing shows it: `temprature: 0` would be
drawn at temperature 1. So every unknown field is refused by name, with the nearest known one. Defaults are
OpenAI's (temperature 1, top_p 1, 16 tokens of completion), not llama.cpp's, and the rules of the draw stand
in the order of the course: penalties, temperature, top-k, top-p, min-p. Pure functions on plain data.
Fields: https://platform.openai.com/docs/api-reference (completions, chat), read in November 2026.
"""

from __future__ import annotations

import difflib
import json
from collections.abc import Callable
from numbers import Real

from llmlib.serve.errors import RequestError

SAMPLERS = ["penalties", "temperature", "top_k", "top_p", "min_p"]
UNHEARD = {
    "user",
    "metadata",
    "store",
    "service_tier",
    "safety_identifier",
    "prompt_cache_key",
}  # no effect here
REFUSED = {"echo", "suffix", "best_of", "functions", "function_call", "audio", "modalities"}


def number(low: float, high: float, whole: bool = False, open_low: bool = False) -> Callable:
    """A check: a number in [low, high]."""

    def check(name: str, value: object) -> object:
        kind = int if whole else Real
        fits = isinstance(value, kind) and not isinstance(value, bool)
        if not fits or not (low < value if open_low else low <= value) or not value <= high:
            what = "um inteiro" if whole else "um número"
            span = f"maior que {low} e até {high}" if open_low else f"de {low} a {high}"
            raise RequestError(f"{name} é {what} {span}; veio {_shown(value)}.", name)
        return value

    return check


def kind(type_: type, what: str) -> Callable:
    """A check: a value of one type."""

    def check(name: str, value: object) -> object:
        if not isinstance(value, type_):
            raise RequestError(f"{name} é {what}; veio {_shown(value)}.", name)
        return value

    return check


def _shown(value: object) -> str:
    text = json.dumps(value, ensure_ascii=False)
    return text if len(text) <= 60 else text[:59] + "…"


def stop_texts(name: str, value: object) -> list[str]:
    texts = [value] if isinstance(value, str) else value
    if not isinstance(texts, list) or not all(isinstance(t, str) for t in texts) or len(texts) > 16:
        raise RequestError(f"stop é um texto, ou uma lista de até 16; veio {_shown(value)}.", name)
    if "" in texts:
        raise RequestError("stop não pode ter um texto vazio: ele pararia antes do primeiro token.", name)
    return texts


def biases(name: str, value: object) -> list[list]:
    wrong = RequestError(
        f'logit_bias é um objeto de id de token para um número de -100 a 100, como {{"319": -100}}; '
        f"veio {_shown(value)}.",
        name,
    )
    if not isinstance(value, dict):
        raise wrong
    for token, bias in value.items():
        fits = isinstance(bias, Real) and not isinstance(bias, bool) and -100 <= bias <= 100
        if not token.isascii() or not token.isdecimal() or not fits:
            raise wrong
    return [[int(token), float(bias)] for token, bias in value.items()]


def messages(name: str, value: object) -> list[dict]:
    if not isinstance(value, list) or not value:
        raise RequestError("messages é uma lista com pelo menos uma mensagem.", name)
    for i, each in enumerate(value):
        at = f"messages[{i}]"
        if not isinstance(each, dict):
            raise RequestError(f"{at} é um objeto com role e content; veio {_shown(each)}.", at)
        roles = ("system", "developer", "user", "assistant", "tool")
        if each.get("role") not in roles:
            raise RequestError(f"{at}.role é um de {', '.join(roles)}; veio {_shown(each.get('role'))}.", at)
        text = each.get("content")
        if isinstance(text, list) and not all(isinstance(p, dict) and p.get("type") == "text" for p in text):
            raise RequestError(f"{at}.content: este servidor só lê texto.", at)
        if not isinstance(text, str | list) and not (text is None and each.get("tool_calls")):
            raise RequestError(f"{at}.content é um texto; veio {_shown(text)}.", at)
    return value


def prompts(name: str, value: object) -> list:
    """A text, a list of texts, a list of ids, or a list of those -> a list of prompts."""
    one = isinstance(value, str) or _ids(value)
    many = [value] if one else value
    if not isinstance(many, list) or not many or not all(isinstance(p, str) or _ids(p) for p in many):
        raise RequestError(f"prompt é um texto ou uma lista de textos; veio {_shown(value)}.", name)
    return many


def _ids(value: object) -> bool:
    return isinstance(value, list) and bool(value) and all(type(i) is int and i >= 0 for i in value)


def schema(name: str, value: object) -> dict | None:
    """The JSON schema that the answer must follow; {} for any object, None for free text."""
    form = value.get("type") if isinstance(value, dict) else None
    if form == "text":
        return None
    if form == "json_object":
        return {"type": "object"}
    if form == "json_schema":
        found = (value.get("json_schema") or {}).get("schema")
        if isinstance(found, dict) and found.get("type") == "object":
            return found
        raise RequestError(
            "response_format.json_schema precisa de name e de schema, e o schema, de type: object.", name
        )
    raise RequestError("response_format.type é text, json_object ou json_schema.", name)


COMMON = {
    "model": kind(str, "um texto"),
    "stream": kind(bool, "true ou false"),
    "stream_options": kind(dict, "um objeto"),
    "max_tokens": number(1, 1_000_000, whole=True),
    "temperature": number(0, 2),
    "top_p": number(0, 1, open_low=True),
    "n": number(1, 8, whole=True),
    "stop": stop_texts,
    "seed": number(-(2**63), 2**63 - 1, whole=True),
    "frequency_penalty": number(-2, 2),
    "presence_penalty": number(-2, 2),
    "logit_bias": biases,
    "response_format": schema,
    # not OpenAI's, but vLLM's and llama.cpp's; with the official client they go in extra_body
    "top_k": number(0, 1_000_000, whole=True),
    "min_p": number(0, 1),
    "repetition_penalty": number(0, 100, open_low=True),
}
FIELDS = {
    "completions": COMMON | {"prompt": prompts, "logprobs": number(0, 20, whole=True)},
    "chat/completions": COMMON
    | {
        "messages": messages,
        "logprobs": kind(bool, "true ou false"),
        "top_logprobs": number(0, 20, whole=True),
        "max_completion_tokens": number(1, 1_000_000, whole=True),
        "tools": kind(list, "uma lista"),
        "tool_choice": kind((str, dict), "um texto ou um objeto"),
        "parallel_tool_calls": kind(bool, "true ou false"),
    },
    "embeddings": {
        "model": COMMON["model"],
        "input": prompts,
        "encoding_format": kind(str, "“float” ou “base64”"),
    },
}
NEEDED = {"completions": "prompt", "chat/completions": "messages", "embeddings": "input"}


def read(endpoint: str, given: object) -> dict:
    """The fields of a request, checked; null counts as not given. Raises RequestError."""
    if not isinstance(given, dict):
        raise RequestError('O pedido é um objeto JSON: {"model": …}.')
    known, asked = FIELDS[endpoint], {}
    for name, value in given.items():
        if name in UNHEARD or value is None:
            continue
        if name in REFUSED:
            raise RequestError(f"Este servidor não faz {name}.", name, "unsupported_parameter")
        if name not in known:
            near = difflib.get_close_matches(name, known, 1)
            hint = f" Você quis dizer {near[0]}?" if near else f" Os que existem: {', '.join(sorted(known))}."
            raise RequestError(f"Não conheço o campo {name}.{hint}", name, "unknown_parameter")
        asked[name] = known[name](name, value)
    if NEEDED[endpoint] not in asked:
        raise RequestError(
            f"Falta {NEEDED[endpoint]} no pedido.", NEEDED[endpoint], "missing_required_parameter"
        )
    if asked.get("tools") and "response_format" in asked:
        raise RequestError(
            "tools e response_format não se combinam neste servidor: use um de cada vez.", "tools"
        )
    penalised = asked.get("frequency_penalty") or asked.get("presence_penalty")
    for name in ("response_format", "tools", "repetition_penalty"):
        if penalised and asked.get(name) not in (None, 1):
            raise RequestError(
                f"frequency_penalty e presence_penalty não se combinam com {name} neste servidor.", name
            )
    return asked


def for_llama(asked: dict, context: int, grammar_of: Callable[[dict], str], turns: bool) -> dict:
    """The same request in llama.cpp's words.

    turns: to its conversations, which know tools; else to completions, whose prompt the caller adds.
    """
    body = {
        "temperature": asked.get("temperature", 1.0),
        "top_p": asked.get("top_p", 1.0),
        "top_k": asked.get("top_k", 0),
        "min_p": asked.get("min_p", 0.0),
        "repeat_penalty": asked.get("repetition_penalty", 1.0),
        "repeat_last_n": context,  # the whole text, as the paper has it
        "samplers": SAMPLERS,
    }
    tokens = asked.get("max_completion_tokens", asked.get("max_tokens"))
    if tokens is None and "prompt" in asked:
        tokens = 16
    if tokens is not None:
        body["max_tokens"] = tokens
    body |= {
        name: asked[name] for name in ("stop", "logit_bias", "stream", "stream_options") if name in asked
    }
    if "seed" in asked:
        body["seed"] = asked["seed"] % 2**32
    if (form := asked.get("response_format")) is not None:
        body["grammar"] = grammar_of(compact(form))
    if (k := top(asked)) is not None:
        body |= {"logprobs": True, "top_logprobs": max(1, k)} if turns else {"logprobs": max(1, k)}
    if turns:
        body |= {
            n: asked[n] for n in ("messages", "tools", "tool_choice", "parallel_tool_calls") if n in asked
        }
    return body


def top(asked: dict) -> int | None:
    """How many alternatives to list beside each token; None where no log-probabilities are asked for."""
    wish = asked.get("logprobs")
    if isinstance(wish, bool):
        return asked.get("top_logprobs", 0) if wish else None
    return wish


def compact(schema: dict) -> dict:
    """A JSON schema whose answers have no optional blanks (llguidance reads `x-guidance`).

    A small model that is not sure of the next letter may choose a blank for ever; without them it cannot.
    """
    return schema | {
        "x-guidance": {"whitespace_flexible": False, "item_separator": ", ", "key_separator": ": "}
    }
