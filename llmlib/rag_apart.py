"""RAG that reads each passage found by itself, and adds up what the readings say (`llmlib.scratch.marginal`).

The prompt is that of `llmlib.rag`, with one passage. Scores of the search become shares, so it must be one
whose scores lie between 0 and 1: "convex", "dense". A question that needs two passages at once no such
reading can answer: with a `weight`, one reading more takes part, of what two searches found
(`llmlib.scratch.hops`), in one prompt. The page does the same in `widgets/read_apart.sums.js`, kept equal by
a test.
"""

from __future__ import annotations

import math
from collections.abc import Sequence
from dataclasses import dataclass

from llmlib import rag
from llmlib.events import finished
from llmlib.rag_judge import CITATION, cited, refuses
from llmlib.scratch.marginal import CAUTION, WEIGHT, Reading, Sums, add_up, mixed, same, trust

REFUSAL = "O texto não diz."
CHOICES = 20  # likeliest first tokens among which the beginning of a refusal is looked for
BETWEEN = ("convex", "dense")  # ways of searching whose scores lie between 0 and 1
PAIR = 2  # passages read in one prompt, if any


@dataclass(frozen=True)
class Apart:
    """What came of a question. Reading n is of `sources[n]` and has `shares[n]` of the trust.

    Where passages were read in one prompt too, that reading is the last, and `pair` says which: places in
    `sources`, in the prompt's order. `text` is the answer with the place of the likeliest passage that gave
    it, "seis reais. [2]", or REFUSAL.
    """

    question: str
    sources: tuple[rag.Source, ...]
    readings: tuple[Reading, ...]
    shares: tuple[float, ...]
    sums: Sums
    text: str
    pair: tuple[int, ...] = ()


def ask(
    lm: object,
    index: object,
    question: str,
    k: int = 3,
    by: str = "convex",
    caution: float = CAUTION,
    weight: float = WEIGHT,
    titles: bool = True,
) -> Apart:
    """Answer `question` from the k best passages of `index`, each read alone, and, where `weight` is above 0,
    from the PAIR best of two searches, read together.

    Raises ValueError for a way of searching whose scores cannot be shares, and where `rag.prompt` does.
    """
    if by not in BETWEEN:
        raise ValueError(
            f"Para virar pesos, as notas da busca vão de 0 a 1: by é {' ou '.join(BETWEEN)}; veio {by!r}."
        )
    hits = index.search(question, k=k, by=by)
    sources = [rag.sourced(hit, titles) for hit in hits]
    readings = [read(lm, question, [source]) for source in sources]
    pair = []
    if weight > 0 and hits:
        linked = index.search(question, k=PAIR, by=by, hops=2)
        pair = rag.prompt(lm, question, [rag.sourced(hit, titles) for hit in linked]).used
        readings.append(read(lm, question, pair))
    return joined(question, sources, readings, [hit.score for hit in hits], caution, weight, pair)


def read(lm: object, question: str, sources: Sequence[rag.Source]) -> Reading:
    """What the model says of these passages in one prompt, always with its likeliest token."""
    asked = rag.prompt(lm, question, sources)
    given = {"messages": [{"role": "user", "content": asked.text}], "max_new_tokens": rag.ROOM, "k": CHOICES}
    told, result = finished(lm.compute("generate", given | {"sampling": {"temperature": 0}}))
    return reading(result["text"], [each["token"]["p"] for each in told], told[0]["top"] if told else [])


def reading(text: str, chances: Sequence[float], first: Sequence[dict]) -> Reading:
    """A Reading from a text, its tokens' probabilities, and the likeliest first tokens ({text, p} each)."""
    value = "" if refuses(text) else CITATION.sub("", text).strip()
    refusal = sum(each["p"] for each in first if begins_refusal(each["text"]))
    return Reading(value, math.prod(chances), refusal, next(iter(cited(text)), 0))


def begins_refusal(token: str) -> bool:
    """Whether a refusal may begin with this token."""
    return bool(token.strip()) and REFUSAL.startswith(token.strip())


def joined(
    question: str,
    sources: Sequence[rag.Source],
    readings: Sequence[Reading],
    scores: Sequence[float],
    caution: float = CAUTION,
    weight: float = 0.0,
    pair: Sequence[rag.Source] = (),
) -> Apart:
    """Readings, and the scores that found the passages read alone, made into an answer.

    pair: the passages of the last reading, if it is of several; those not read alone come after `sources`.
    """
    known, linked = numbered(sources, pair)
    shares = mixed(trust(scores), weight) if pair else trust(scores)
    sums = add_up(readings, shares)
    value = sums.decide(caution)
    text = REFUSAL
    if value:
        weighs = lambda n: shares[n] * readings[n].p  # noqa: E731
        said = max((n for n, each in enumerate(readings) if same(each.value) == same(value)), key=weighs)
        text = f"{value.rstrip('.')}. [{place(said, readings[said], linked, len(sources)) + 1}]"
    return Apart(question, tuple(known), tuple(readings), tuple(shares), sums, text, tuple(linked))


def numbered(sources: Sequence[rag.Source], pair: Sequence[rag.Source]) -> tuple[list[rag.Source], list[int]]:
    """All passages, each once, and the places of the pair's among them."""
    spot = lambda each: (each.document, each.start, each.end)  # noqa: E731
    known = list(sources)
    places = {spot(each): n for n, each in enumerate(known)}
    for each in pair:
        if spot(each) not in places:
            places[spot(each)] = len(known)
            known.append(each)
    return known, [places[spot(each)] for each in pair]


def place(n: int, reading: Reading, linked: Sequence[int], alone: int) -> int:
    """The passage that reading n names: its own; of several, the one that it cites, or else the first."""
    if n < alone:
        return n
    return linked[reading.cited - 1] if 1 <= reading.cited <= len(linked) else linked[0]
