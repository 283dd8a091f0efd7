"""Held-out probes: (prompt, answer) pairs that measure reading, facts and copying.

Nothing here is in the training split: names come from the syllables of "valid", relations and facts from
those held out unless asked otherwise. A prompt ends where the answer begins; the answer begins with a space
when the prompt ends without one.
"""

from __future__ import annotations

import json
import random
from functools import lru_cache

from builders.corpus import copying as copies
from builders.corpus import facts as world
from builders.corpus.echo import phrase
from builders.corpus.forms import numbered, which_source
from builders.corpus.passages import NOT_IN_TEXT, build
from builders.corpus.prose import tell
from builders.corpus.reading import prompt
from builders.corpus.values import TABLES

Probe = tuple[str, str]


KINDS = ("trained", "held_out")


def _check(**given: str) -> None:
    for name, value in given.items():
        if value not in KINDS:
            raise ValueError(f"{name} precisa ser 'trained' ou 'held_out', não {value!r}")


def reading(
    n: int,
    seed: int,
    relations: str = "held_out",
    size: int | None = None,
    wordings: str = "trained",
    words: int | None = None,
) -> list[Probe]:
    """`n` questions on passages of unseen names. Yes/no and unanswerable questions are left out (see
    `unanswerable`).

    relations, wordings: "trained" or "held_out", the four cells of the table. Held-out wordings are
    statements and questions that no training text of that relation uses.
    size: facts of a passage (default 2 to 8). words: about how many words of context, at most 150.
    """
    _check(relations=relations, wordings=wordings)
    rng = random.Random(f"leitura/{relations}/{wordings}/{seed}")
    found: list[Probe] = []
    while len(found) < n:
        passage = build(rng, "valid", size, 4, relations, wordings, words)
        if passage.text.count(" ") >= 150:
            continue
        pairs = [(q, a) for q, a in passage.questions if a not in {"Sim.", "Não.", NOT_IN_TEXT}]
        if pairs:
            question, answer = rng.choice(pairs)
            found.append((prompt("Contexto: " + passage.text, question), " " + answer))
    return found


def unanswerable(n: int, seed: int, relations: str = "trained", wordings: str = "trained") -> list[Probe]:
    """`n` questions that the passage does not answer; the right answer says so."""
    _check(relations=relations, wordings=wordings)
    rng = random.Random(f"sem-resposta/{relations}/{wordings}/{seed}")
    found: list[Probe] = []
    while len(found) < n:
        passage = build(rng, "valid", None, 4, relations, wordings)
        for question, answer in passage.questions:
            if answer == NOT_IN_TEXT and len(found) < n:
                found.append((prompt("Contexto: " + passage.text, question), " " + answer))
                break
    return found


def sources(n: int, seed: int, count: int = 4) -> list[Probe]:
    """`n` questions on which of `count` numbered passages answers a question: the answer is " [3]"."""
    rng = random.Random(f"fontes/{seed}")
    found: list[Probe] = []
    while len(found) < n:
        head, made = numbered(rng, "valid", count)
        pairs = [(question, i) for question, _, i in made if i]
        if pairs:
            question, i = rng.choice(pairs)
            found.append((prompt("Contexto:\n" + head, which_source(rng, question)), f" [{i}]"))
    return found


def cited(n: int, seed: int, count: int = 4) -> list[Probe]:
    """`n` questions on `count` numbered passages: the answer is followed by its source, " Trelan. [2]"."""
    rng = random.Random(f"citadas/{seed}")
    found: list[Probe] = []
    while len(found) < n:
        head, made = numbered(rng, "valid", count)
        pairs = [each for each in made if each[2]]
        if pairs:
            question, answer, i = rng.choice(pairs)
            found.append((prompt("Contexto:\n" + head, question), f" {answer}. [{i}]"))
    return found


def stories(n: int, seed: int) -> list[Probe]:
    """`n` questions on short stories with unseen names (the stories' wordings are those of training)."""
    rng = random.Random(f"historias/{seed}")
    found = []
    for _ in range(n):
        text, pairs, _ = tell(rng, "valid")
        question, answer = rng.choice(pairs)
        found.append((prompt("Contexto: " + text, question), " " + answer))
    return found


@lru_cache(maxsize=1)
def _contexts() -> tuple[dict, ...]:
    lines = (TABLES / "contextos.jsonl").read_text(encoding="utf-8").splitlines()
    return tuple(json.loads(line) for line in lines if line.strip())


def handwritten() -> list[tuple[str, tuple[str, ...]]]:
    """Contexts written by hand, never in training: (prompt, the answers that count as right).

    Each answer begins with a space. Compare a model's answer with all of them.
    """
    return [
        (prompt("Contexto: " + row["context"], row["question"]), tuple(" " + a for a in row["answers"]))
        for row in _contexts()
    ]


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


def copying_sentences(n: int, seed: int) -> list[Probe]:
    """`n` whole sentences of 5 to 30 words to be said again, with unseen names."""
    rng = random.Random(f"frases/{seed}")
    found: list[Probe] = []
    while len(found) < n:
        text = phrase(rng, "valid")
        if 5 <= len(text.split()) <= 30 and text.endswith((".", "!")):
            found.append((f"Repita: {text}\nResposta:", " " + text))
    return found


def copying(n: int, seed: int) -> list[Probe]:
    """`n` sequences of unseen words: the prompt is the first time and the separator."""
    rng = random.Random(f"copia/{seed}")
    found = []
    for _ in range(n):
        text, start = copies.sequence(rng, "valid")
        found.append((text[:start], text[start:]))
    return found
