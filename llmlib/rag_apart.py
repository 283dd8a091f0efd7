"""RAG that reads each passage found by itself, and adds up what the readings say (`llmlib.scratch.marginal`).

The prompt is that of `llmlib.rag`, with one passage. Scores of the search become shares, so it must be one
whose scores lie between 0 and 1: "convex", "dense". Questions that need two passages at once it cannot
answer. The page does the same in `widgets/read_apart.sums.js`, kept equal by a test.
"""

from __future__ import annotations

import math
from collections.abc import Sequence
from dataclasses import dataclass

from llmlib import rag
from llmlib.events import finished
from llmlib.rag_judge import CITATION, refuses
from llmlib.scratch.marginal import CAUTION, Reading, Sums, add_up, same, trust

REFUSAL = "O texto não diz."
CHOICES = 20  # likeliest first tokens among which the beginning of a refusal is looked for
BETWEEN = ("convex", "dense")  # ways of searching whose scores lie between 0 and 1


@dataclass(frozen=True)
class Apart:
    """What came of a question. Reading n is of `sources[n]`, which has `shares[n]` of the search's trust.

    `text` is the answer with the place of the likeliest passage that gave it, "seis reais. [2]", or REFUSAL.
    """

    question: str
    sources: tuple[rag.Source, ...]
    readings: tuple[Reading, ...]
    shares: tuple[float, ...]
    sums: Sums
    text: str


def ask(
    lm: object,
    index: object,
    question: str,
    k: int = 3,
    by: str = "convex",
    caution: float = CAUTION,
    titles: bool = True,
) -> Apart:
    """Answer `question` from the k best passages of `index`, each read alone.

    Raises ValueError for a way of searching whose scores cannot be shares, and where `rag.prompt` does.
    """
    if by not in BETWEEN:
        raise ValueError(
            f"Para virar pesos, as notas da busca vão de 0 a 1: by é {' ou '.join(BETWEEN)}; veio {by!r}."
        )
    hits = index.search(question, k=k, by=by)
    sources = [rag.sourced(hit, titles) for hit in hits]
    readings = [read(lm, question, source) for source in sources]
    return joined(question, sources, readings, [hit.score for hit in hits], caution)


def read(lm: object, question: str, source: rag.Source) -> Reading:
    """What the model says of one passage, always with its likeliest token."""
    asked = rag.prompt(lm, question, [source])
    given = {"messages": [{"role": "user", "content": asked.text}], "max_new_tokens": rag.ROOM, "k": CHOICES}
    told, result = finished(lm.compute("generate", given | {"sampling": {"temperature": 0}}))
    return reading(result["text"], [each["token"]["p"] for each in told], told[0]["top"] if told else [])


def reading(text: str, chances: Sequence[float], first: Sequence[dict]) -> Reading:
    """A Reading from a text, its tokens' probabilities, and the likeliest first tokens ({text, p} each)."""
    value = "" if refuses(text) else CITATION.sub("", text).strip()
    return Reading(
        value, math.prod(chances), sum(each["p"] for each in first if begins_refusal(each["text"]))
    )


def begins_refusal(token: str) -> bool:
    """Whether a refusal may begin with this token."""
    return bool(token.strip()) and REFUSAL.startswith(token.strip())


def joined(
    question: str,
    sources: Sequence[rag.Source],
    readings: Sequence[Reading],
    scores: Sequence[float],
    caution: float = CAUTION,
) -> Apart:
    """Readings and the scores that found their passages, made into an answer."""
    shares = trust(scores)
    sums = add_up(readings, shares)
    value = sums.decide(caution)
    text = REFUSAL
    if value:
        weight = lambda n: shares[n] * readings[n].p  # noqa: E731
        places = [n for n, each in enumerate(readings) if same(each.value) == same(value)]
        text = f"{value.rstrip('.')}. [{max(places, key=weight) + 1}]"
    return Apart(question, tuple(sources), tuple(readings), tuple(shares), sums, text)
