"""Reading what a search found, in towns told by themes that training read, and by themes that none ever did.

Names and values are new in both (split "valid"): what differs is whether the model may know the sentences in
which a theme says things and asks for them. The gap between the two is what was kept, not learned. Each
question comes with one or two windows of 60 words (`instructions.towned`), one of which answers; some come
with windows that do not. Replies are greedy, and judged by the rules of the course's RAG.
Not here: the collection on which the pages measure RAG (`builders.rag_curves`).
"""

from __future__ import annotations

import random
from collections.abc import Iterator

from builders.corpus import themes
from builders.corpus.instructions import towned
from builders.corpus.towns import pieces, theme_town
from builders.measures import batch, proportion
from llmlib.rag_judge import judge, refuses

ITEMS = 200  # questions of a cell
SIZE, OVERLAP = 60, 15  # words of a window, and those that neighbours share
COUNTS = (1, 2)  # windows of a context
A_TOWN = 3  # questions of a cell that one drawn town gives
ROOM = 40  # tokens of a reply
WAYS = ("near", "far")  # with the words of the text, and with others

Item = tuple[str, list[str], str]  # question, windows, answer: "" where they do not give it


def items(n: int, held: bool, way: str, shown: bool = True) -> list[Item]:
    """`n` questions on themes that training read, or on those `held` out; `shown`: with the answer there."""
    rng, found = random.Random(f"temas/{held}/{way}/{shown}"), []
    while len(found) < n:
        found += list(_of_town(rng, held, way, shown))[: n - len(found)]
    return found


def _of_town(rng: random.Random, held: bool, way: str, shown: bool) -> Iterator[Item]:
    town = theme_town(rng, "valid", held=held)
    every = [piece for paper in town.papers for piece in pieces(paper, SIZE, OVERLAP, True)]
    able = [asked for asked in town.asked if len(asked.keys) == 1 and getattr(asked, way)]
    for asked in rng.sample(able, min(A_TOWN, len(able))):
        question = rng.choice(getattr(asked, way))
        question = question[:1].upper() + question[1:]
        context = towned.context_for(rng, every, asked, question, rng.choice(COUNTS), shown)
        if context:
            yield question, [piece.text for piece in context], asked.answer if shown else ""


def replies(lm: object, asked: list[Item]) -> list[str]:
    """The model's answer to each."""
    prompts = [[{"role": "user", "content": towned.message(q, texts)}] for q, texts, _ in asked]
    return batch.chat(lm, prompts, [ROOM] * len(prompts), temperature=0)


def right(item: Item, reply: str) -> bool:
    """Whether a reply gives the answer, or refuses where there is none to give."""
    question, texts, answer = item
    if not answer:
        return refuses(reply)
    row = {"respostas": [answer], "pergunta": question, "tipo": "um_fato"}
    return judge(reply, row, [{"text": text, "title": ""} for text in texts]) == "certa"


def measure(lm: object, n: int = ITEMS) -> dict:
    """{"trained", "held": {"near", "far", "unanswerable": shares that are right,
    "all": of near and far, "themes": how many there are to draw from}}."""
    result: dict[str, dict] = {}
    for name, held in (("trained", False), ("held", True)):
        asked = {way: items(n, held, way) for way in WAYS}
        asked["unanswerable"] = items(max(1, n // 2), held, "near", shown=False)
        flat = [item for some in asked.values() for item in some]
        hits = [right(item, reply) for item, reply in zip(flat, replies(lm, flat), strict=True)]
        cells, at = {}, 0
        for way, some in asked.items():
            cells[way] = proportion(sum(hits[at : at + len(some)]), len(some))
            at += len(some)
        both = [cells[way] for way in WAYS]
        cells["all"] = proportion(sum(c["hits"] for c in both), sum(c["n"] for c in both))
        cells["themes"] = len(themes.themes(held))
        result[name] = cells
    return result
