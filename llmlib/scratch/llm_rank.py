"""A language model as judge of relevance, with no training for it: three ways to ask.

`query_likelihood`: how probable is the query after the text (UPR: Sachan et al. 2022)? `yes_share`: asked
whether the text answers the query, how much more does it bet on yes? `first_choices`: of a numbered list,
which number would it cite? A model is anything with `compute`, `next` and `trace`, as `llmlib.load` gives.
One pass a question; `builders.paper_search` asks many at once. Nothing here finds texts.
"""

from __future__ import annotations

from collections.abc import Sequence

import numpy as np

YES, NO = " Sim", " Não"


def passage_prompt(text: str) -> str:
    """What stands before the query: the text, and the sign that a question follows."""
    return f"Contexto: {text}\nPergunta:"


def yes_prompt(text: str, query: str) -> str:
    """A question on one text and one query."""
    return f"Contexto: {text}\nPergunta: Este texto responde à busca “{query}”? Responda sim ou não."


def list_prompt(titles: Sequence[str], query: str) -> str:
    """A question on a numbered list, in the form in which the course's models learned to cite."""
    lines = "\n".join(f"[{number}] {title}" for number, title in enumerate(titles, start=1))
    return f"Contexto:\n{lines}\nPergunta: {query}"


def query_likelihood(lm: object, text: str, query: str) -> float:
    """Mean log probability (nats a token) of the query after the text: near 0 if it was to be expected.

    The mean, not the sum: a long query is no worse than a short one.
    """
    ids = [t["id"] for t in lm.compute("encode", {"text": passage_prompt(text)})["tokens"]]
    asked = [t["id"] for t in lm.compute("encode", {"text": f" {query}"})["tokens"]]
    trace = lm.trace([*ids, *asked])
    scores = trace.logits[-len(asked) - 1 : -1].astype(np.float64)  # (Q, V): each before a token of the query
    top = scores.max(axis=1, keepdims=True)
    log_p = scores - top - np.log(np.exp(scores - top).sum(axis=1, keepdims=True))
    return float(log_p[np.arange(len(asked)), asked].mean())


def yes_share(lm: object, text: str, query: str) -> float:
    """P(yes) / (P(yes) + P(no)) at the first token of the answer: 0.5 is no opinion."""
    asked = [{"role": "user", "content": yes_prompt(text, query)}]
    chance = {t["text"]: t["p"] for t in lm.compute("next", {"messages": asked, "k": 4000})["top"]}
    return chance[YES] / (chance[YES] + chance[NO])


def first_choices(lm: object, titles: Sequence[str], query: str) -> list[float]:
    """How probable each number is as the source cited, from one pass over the list (Reddy et al. 2024).

    At most nine titles, so that each number is one digit. What stands first may win by its place alone:
    ask again with the list turned around.
    """
    if not 1 <= len(titles) <= 9:
        raise ValueError(f"A lista tem de 1 a 9 títulos; vieram {len(titles)}.")
    asked = [{"role": "user", "content": list_prompt(titles, query)}]
    opened = [t["id"] for t in lm.compute("encode", {"text": " ["})["tokens"]]
    prompt = [t["id"] for t in lm.compute("encode", {"messages": asked})["tokens"]]
    chance = {t["text"]: t["p"] for t in lm.next([*prompt, *opened], k=4000)["top"]}
    return [chance.get(str(number), 0.0) for number in range(1, len(titles) + 1)]
