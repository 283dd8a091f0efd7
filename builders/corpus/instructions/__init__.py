"""Conversations with known truth, generated from the world's tables: what `mini-instruct` is tuned on.

`documents(rng, split)` yields `Conversation`s without end, of the kinds and in the shares of SHARES; the last
message is the assistant's. `right(conversation, answer)` tells whether another answer could stand there, so
that instruction following is measured, by kind, on what a model freely writes.

Held out of "train": the syllables of "valid" for invented names, one wording in eight, facts that are guarded
(`known`), scenes and sums by a stable hash. Everything is drawn from the random generator given.
"""

from __future__ import annotations

import random
from collections.abc import Callable, Iterator, Sequence
from dataclasses import dataclass, field
from types import ModuleType

from builders.corpus.instructions import filed, grounded, known, talk, towned, words, writing
from builders.corpus.instructions.checks import right

__all__ = ["KINDS", "SHARES", "Conversation", "documents", "make", "right"]


@dataclass(frozen=True)
class Conversation:
    """Messages whose last one is the assistant's.

    kind: a key of SHARES, or "fato_guardado" or "fato_afirmado", which only "valid" asks.
    messages: {"role": "system" | "user" | "assistant", "content": text}, in order.
    truth: what `right` needs: "accepted", "rivals", "members", "must" …, tuples of texts.
    """

    kind: str
    messages: tuple[dict[str, str], ...]
    truth: dict[str, tuple[str, ...]] = field(default_factory=dict)

    @property
    def prompt(self) -> list[dict[str, str]]:
        """All messages but the last."""
        return list(self.messages[:-1])

    @property
    def answer(self) -> str:
        """The last message."""
        return self.messages[-1]["content"]


def _messages(turns: Sequence[tuple[str, str]], system: str = "") -> tuple[dict[str, str], ...]:
    found = [{"role": "system", "content": system}] if system else []
    for user, assistant in turns:
        found += [{"role": "user", "content": user}, {"role": "assistant", "content": assistant}]
    return tuple(found)


def _neutral(rng: random.Random, turns: Sequence[tuple[str, str]]) -> tuple[dict[str, str], ...]:
    """The turns, now and then under a system message that asks for nothing in particular."""
    return _messages(turns, rng.choice(talk.NEUTRAL) if rng.random() < 0.05 else "")


def _simple(maker: Callable, kind: str) -> Callable[[random.Random, str], Conversation]:
    """A kind made by a function of one question, one answer and their truth."""

    def make_one(rng: random.Random, split: str) -> Conversation:
        question, answer, *truth = maker(rng, split)
        held = truth[0] if truth else {"accepted": (answer,)}
        return Conversation(kind, _neutral(rng, [(question, answer)]), held)

    return make_one


def _fact(which: str, kind: str) -> Callable[[random.Random, str], Conversation]:
    return _simple(lambda rng, split: known.known(rng, split, which), kind)


def _grounded(wanted: str) -> Callable[[random.Random, str], Conversation]:
    def make_one(rng: random.Random, split: str) -> Conversation:
        head, pairs = grounded.grounded(rng, split, wanted)
        (question, answer), *rest = pairs
        turns = [(grounded.message(rng, split, head, question), answer)]
        turns += [(grounded.question_again(rng, split, q), a) for q, a in rest]
        return Conversation(wanted, _neutral(rng, turns), {"accepted": grounded.accepted(turns[-1][1])})

    return make_one


def _searched(source: ModuleType, wanted: str) -> Callable[[random.Random, str], Conversation]:
    """What a search found: in `filed` or in `towned`."""

    def make_one(rng: random.Random, split: str) -> Conversation:
        while True:
            turns, kind = source.conversation(rng, split)
            if kind == wanted:
                return Conversation(
                    wanted, _neutral(rng, turns), {"accepted": grounded.accepted(turns[-1][1])}
                )

    return make_one


def _dialogue(rng: random.Random, split: str) -> Conversation:
    turns, truth = talk.dialogue(rng, split)
    return Conversation("dialogo", _neutral(rng, turns), truth)


def _greeting(rng: random.Random, split: str) -> Conversation:
    turns, truth = talk.greeting(rng, split)
    return Conversation("saudacao", _neutral(rng, turns), truth)


def _system(rng: random.Random, split: str) -> Conversation:
    order, question, answer, truth = talk.system(rng, split)
    if rng.random() < 0.25:  # the order may stand in the message itself
        return Conversation("sistema", _messages([(f"{order} {question}", answer)]), truth)
    return Conversation("sistema", _messages([(question, answer)], order), truth)


MAKERS: dict[str, Callable[[random.Random, str], Conversation]] = {
    "fato": _fact("seen", "fato"),
    "fato_guardado": _fact("guarded", "fato_guardado"),
    "fato_afirmado": _fact("stated", "fato_afirmado"),
    "recusa": _simple(known.unknown, "recusa"),
    "leitura": _grounded("leitura"),
    "sem_resposta": _grounded("sem_resposta"),
    "fonte": _grounded("fonte"),
    "documento": _searched(filed, "documento"),
    "documento_sem": _searched(filed, "documento_sem"),
    "cidade": _searched(towned, "cidade"),
    "cidade_sem": _searched(towned, "cidade_sem"),
    "padrao": _simple(grounded.pattern, "padrao"),
    "copia": _simple(grounded.repeated, "copia"),
    "lista": _simple(words.some, "lista"),
    "vocabulario": _simple(words.vocabulary, "vocabulario"),
    "conta": _simple(words.sum_, "conta"),
    "classificacao": _simple(words.classified, "classificacao"),
    "historia": _simple(writing.story, "historia"),
    "continuacao": _simple(writing.continuation, "continuacao"),
    "descricao": _simple(writing.description, "descricao"),
    "reescrita": _simple(writing.rewritten, "reescrita"),
    "identidade": _simple(talk.identity, "identidade"),
    "saudacao": _greeting,
    "dialogo": _dialogue,
    "sistema": _system,
}
# conversations of each kind, in parts
SHARES = {
    "fato": 32, "recusa": 12, "leitura": 36, "sem_resposta": 10, "fonte": 13, "documento": 8,
    "documento_sem": 3, "cidade": 62, "cidade_sem": 20, "padrao": 5, "copia": 16, "lista": 12,
    "vocabulario": 8, "conta": 10, "classificacao": 8, "historia": 8, "continuacao": 4, "descricao": 6,
    "reescrita": 10, "identidade": 5, "saudacao": 3, "dialogo": 13, "sistema": 12,
}  # fmt: skip
KINDS = tuple(MAKERS)


def make(rng: random.Random, split: str, kind: str) -> Conversation:
    """One conversation of a kind; "fato_guardado" and "fato_afirmado" only in "valid"."""
    if kind not in MAKERS:
        raise ValueError(f"tipo de conversa desconhecido: {kind!r}; existem {', '.join(MAKERS)}")
    if split == "train" and kind not in SHARES:
        raise ValueError(f"{kind} é guardado para a validação: não entra no treino")
    return MAKERS[kind](rng, split)


def documents(rng: random.Random, split: str, kinds: Sequence[str] | None = None) -> Iterator[Conversation]:
    """Endless conversations in the shares of SHARES; `kinds` asks for some of them only."""
    names = list(kinds or SHARES)
    weights = [SHARES[name] for name in names]
    while True:
        yield make(rng, split, rng.choices(names, weights)[0])
