"""How people ask: one question in many forms, some wordings kept for "valid" only.

Nothing here knows the answers. A wording is a `str.format` text; which of them are reserved is told by a
stable hash, so that instructions can be measured in words that training never used.
"""

from __future__ import annotations

import random
import unicodedata
from collections.abc import Sequence
from functools import lru_cache
from zlib import crc32

RESERVED = 12  # of 100 wordings, kept for "valid"
_WH = "qual quais quanto como onde que quem o de em quantos quantas quando por para com a"
WH_WORDS = frozenset(_WH.split(" "))
BEFORE = (
    "Me diga: {q}",
    "Por favor, me diga: {q}",
    "Oi! {Q}",
    "Olá! {Q}",
    "Bom dia! {Q}",
    "Boa tarde. {Q}",
    "Responda: {q}",
    "Uma pergunta: {q}",
    "Tenho uma dúvida: {q}",
    "Me ajude com uma coisa: {q}",
    "Preciso saber uma coisa. {Q}",
    "{Q} Obrigado!",
    "{Q} Por favor.",
    "{Q} Você sabe?",
    "Estou estudando para a prova. {Q}",
    "Minha professora perguntou: {q}",
    "Pergunta: {q}",
    "Você pode me ajudar? {Q}",
    "Responda, por favor: {q}",
    "Então, {q}",
    "Gente, {q}",
    "Diga lá: {q}",
)
INDIRECT = (
    "Me diga {q}.",
    "Quero saber {q}.",
    "Você sabe {q}?",
    "Sabe {q}?",
    "Você pode me dizer {q}?",
    "Gostaria de saber {q}.",
    "Me conte {q}.",
    "Pode me dizer {q}, por favor?",
    "Não lembro {q}. Você lembra?",
    "Diga {q}.",
    "Eu queria saber {q}.",
    "Me explique {q}.",
)


@lru_cache(maxsize=4096)
def reserved(wording: str) -> bool:
    """Whether a wording belongs to "valid"."""
    return crc32(wording.encode()) % 100 < RESERVED


def way(rng: random.Random, split: str, wordings: Sequence[str]) -> str:
    """One of the wordings that `split` may use."""
    allowed = wordings if split == "valid" else [w for w in wordings if not reserved(w)]
    return rng.choice(allowed or wordings)


def low(text: str) -> str:
    """First letter in lower case."""
    return text[:1].lower() + text[1:]


def bare(text: str) -> str:
    """Without accents: what hurried fingers type."""
    decomposed = unicodedata.normalize("NFD", text)
    return unicodedata.normalize("NFC", "".join(c for c in decomposed if c not in "\u0300\u0301\u0302\u0303"))


def asked(rng: random.Random, split: str, question: str) -> str:
    """The question as somebody might type it: politely, indirectly, in lower case, without its mark."""
    draw = rng.random()
    first = question.split(" ", 1)[0].lower()
    if draw < 0.42:
        return question
    if draw < 0.64:
        inner = low(question) if first in WH_WORDS else question
        return way(rng, split, BEFORE).format(q=inner, Q=question)
    if draw < 0.8 and first in WH_WORDS and "?" not in question[:-1]:
        return way(rng, split, INDIRECT).format(q=low(question).rstrip("?"))
    if draw < 0.88 and question.startswith("Qual é "):
        topic = question.removeprefix("Qual é ").rstrip("?")
        return rng.choice((f"{topic[:1].upper()}{topic[1:]}?", f"Me diga {topic}.", f"Qual {topic}?",
                           f"Diga {topic}, por favor."))  # fmt: skip
    if draw < 0.93:
        return question.rstrip("?") if rng.random() < 0.5 else low(question).rstrip("?")
    if draw < 0.97:
        return question.lower().rstrip("?") + rng.choice(("", "?", "??"))
    return bare(question.lower()).rstrip("?")


def listed(items: Sequence[str]) -> str:
    """ "a", "a e b", "a, b e c"."""
    return items[0] if len(items) == 1 else f"{', '.join(items[:-1])} e {items[-1]}"
