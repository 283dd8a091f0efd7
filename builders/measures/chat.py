"""An instruct model in conversation: does it answer, follow instructions, refuse what nobody could know?

Conversations come from the "valid" split of `builders.corpus.instructions`, whose `right` knows the truth.
Replies run free: greedy where one answer is right, at temperature 0.7 where the text is open.
"""

from __future__ import annotations

import random

from builders.corpus import instructions
from builders.corpus.instructions.checks import finished, refuses
from builders.measures import TEMPERATURE, batch, proportion, questions

ITEMS = 60  # conversations of each kind
MORE = {"fato": 150, "recusa": 150, "fato_guardado": 100, "fato_afirmado": 100}
OPEN = ("historia", "continuacao", "descricao", "saudacao", "dialogo")
ROOM = {"historia": 220, "continuacao": 220}
SAMPLES = 30
ASKED = (
    "Qual é a capital do Brasil?",
    "Conte uma história sobre um unicórnio.",
    "Qual é o plural de papel?",
    "O que o padeiro faz?",
    "Oi, tudo bem?",
    "Quem é você?",
    "Liste três frutas.",
    "Quanto é 7 mais 5?",
    "Contexto: O relógio de Nurati está na gaveta do quarto azul.\nPergunta: Onde está o relógio de Nurati?",
    "Qual é a capital de Trapaluz?",
)


def conversations(kind: str, n: int, seed: int = 0) -> list[instructions.Conversation]:
    """`n` unseen conversations of a kind, with different last messages of the user."""
    rng, found = random.Random(f"conversas/{kind}/{seed}"), {}
    for _ in range(50 * n):
        made = instructions.make(rng, "valid", kind)
        found.setdefault(made.prompt[-1]["content"], made)
        if len(found) == n:
            break
    return list(found.values())


def replies(lm: object, asked: list[instructions.Conversation]) -> list[str]:
    """The model's next turn in each conversation."""
    found: dict[int, str] = {}
    for is_open in (False, True):
        places = [i for i, c in enumerate(asked) if (c.kind in OPEN) == is_open]
        room = [ROOM.get(asked[i].kind, 100) for i in places]
        made = batch.chat(lm, [asked[i].prompt for i in places], room, temperature=TEMPERATURE * is_open)
        found |= dict(zip(places, made, strict=True))
    return [found[i] for i in range(len(asked))]


def following(lm: object, n: int = ITEMS) -> dict:
    """{right: {kind: share}, refuses: {kind: share that refuse}} over every kind of conversation."""
    asked = [
        c
        for kind in instructions.KINDS
        for c in conversations(kind, max(1, MORE.get(kind, ITEMS) * n // ITEMS))
    ]
    right: dict[str, list[bool]] = {}
    refusals: dict[str, list[bool]] = {}
    for conversation, reply in zip(asked, replies(lm, asked), strict=True):
        right.setdefault(conversation.kind, []).append(instructions.right(conversation, reply))
        refusals.setdefault(conversation.kind, []).append(refuses(reply))
    every = [hit for kind in instructions.SHARES for hit in right[kind]]
    shares = {kind: proportion(sum(hits), len(hits)) for kind, hits in right.items()}
    refused = {
        kind: proportion(sum(refusals[kind]), len(refusals[kind]))
        for kind in ("fato", "fato_guardado", "fato_afirmado", "recusa", "leitura")
    }
    return {"right": {**shares, "todos": proportion(sum(every), len(every))}, "refuses": refused}


def answers(lm: object, n: int = questions.PROMPTS) -> dict:
    """Share of bare questions that get an answer: a reply that is finished and is not a question."""
    texts = batch.chat(
        lm, [[{"role": "user", "content": q}] for q in questions.bare(n)], 60, temperature=TEMPERATURE
    )
    return proportion(sum(bool(t) and finished(t) and not questions.asks_on(t) for t in texts), n)


def samples(lm: object, n: int = SAMPLES) -> list[dict]:
    """Replies to the ten messages of ASKED in turn, seeds 0 to n - 1."""
    asked = [ASKED[seed % len(ASKED)] for seed in range(n)]
    texts = batch.chat(lm, [[{"role": "user", "content": q}] for q in asked], 160, temperature=TEMPERATURE)
    return [{"seed": i, "prompt": q, "text": t} for i, (q, t) in enumerate(zip(asked, texts, strict=True))]
