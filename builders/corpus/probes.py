"""Held-out probes: (prompt, answer) pairs that measure reading, facts and copying.

Nothing here is in the training split: names come from the syllables of "valid", relations and facts from
those held out unless asked otherwise. A prompt ends where the answer begins; the answer begins with a space
when the prompt ends without one.
"""

from __future__ import annotations

import random

from builders.corpus import copying as copies
from builders.corpus import facts as world
from builders.corpus.passages import NOT_IN_TEXT, build
from builders.corpus.reading import prompt

Probe = tuple[str, str]


def reading(n: int, seed: int, relations: str = "held_out", size: int | None = None) -> list[Probe]:
    """`n` questions on passages of unseen names; `relations` "held_out" or "trained". Yes/no and
    unanswerable questions are left out (see `unanswerable`). size: facts of a passage (default 2 to 8)."""
    if relations not in {"held_out", "trained"}:
        raise ValueError(f"relations precisa ser 'held_out' ou 'trained', não {relations!r}")
    rng = random.Random(f"leitura/{relations}/{seed}")
    found: list[Probe] = []
    while len(found) < n:
        passage = build(rng, "valid", size, 4, relations)
        pairs = [(q, a) for q, a in passage.questions if a not in {"Sim.", "Não.", NOT_IN_TEXT}]
        if pairs:
            question, answer = rng.choice(pairs)
            found.append((prompt("Contexto: " + passage.text, question), " " + answer))
    return found


def unanswerable(n: int, seed: int, relations: str = "trained") -> list[Probe]:
    """`n` questions that the passage does not answer; the right answer says so."""
    rng = random.Random(f"sem-resposta/{relations}/{seed}")
    found: list[Probe] = []
    while len(found) < n:
        passage = build(rng, "valid", None, 4, relations)
        for question, answer in passage.questions:
            if answer == NOT_IN_TEXT and len(found) < n:
                found.append((prompt("Contexto: " + passage.text, question), " " + answer))
                break
    return found


def facts(n: int, seed: int, kind: str = "seen") -> list[Probe]:
    """Up to `n` different facts asked: "seen" (asked in training), "stated" (there only as statements) or
    "held_out" (never in training). The first wording of each kind of fact is used."""
    wanted = {"seen": "", "stated": "stated", "held_out": "never"}
    if kind not in wanted:
        raise ValueError(f"kind precisa ser um de {', '.join(wanted)}, não {kind!r}")
    rng = random.Random(f"fatos/{kind}/{seed}")
    found = []
    for fact in world.all_facts():
        if world.held_out(fact) == wanted[kind]:
            question, answer = fact.relation.questions[0]
            text = world.cap(world.fill(question, fact.subject, fact.value))
            found.append(
                (f"Pergunta: {text}\nResposta:", f" {world.fill(answer, fact.subject, fact.value)}.")
            )
    rng.shuffle(found)
    return found[:n]


def copying(n: int, seed: int) -> list[Probe]:
    """`n` sequences of unseen words: the prompt is the first time and the separator."""
    rng = random.Random(f"copia/{seed}")
    found = []
    for _ in range(n):
        text, start = copies.sequence(rng, "valid")
        found.append((text[:start], text[start:]))
    return found
