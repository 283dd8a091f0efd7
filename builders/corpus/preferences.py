"""Which of two answers is better, by rules with known truth: what `mini-dpo` is tuned on.

`score` adds up what can be told without a human: right above honest above wrong; finished, unrepeated and in
agreement above broken; a whole sentence above a bare word where a question about the world was asked.
`pairs` sets right answers of a model against wrong ones of its own; `pair` takes the best and the worst where
the difference is one of degree. `made` sets the known answer against a bad one, which `spoiled` makes where a
model gives none: an invention, a value from elsewhere, a text cut short.
It samples nothing: answers come from `builders.dpo`.
"""

from __future__ import annotations

import random
import re
from collections.abc import Sequence
from dataclasses import dataclass

from builders.corpus.agreement import check
from builders.corpus.instructions import Conversation, right
from builders.corpus.instructions.checks import finished, plain, refuses

RIGHT = 3  # least score of a right answer
MARGIN = 0.5  # least distance between the scores of a pair
SENTENCES = ("fato", "vocabulario", "conta", "dialogo")  # a whole sentence is worth more than a word
WORDY = 30  # words above which a short answer has said too much
LONG = ("historia", "continuacao", "descricao")
INVENTIONS = (
    "Brasília.",
    "Em 1950.",
    "No Brasil.",
    "Um mamífero.",
    "Na floresta.",
    "Paris.",
    "Dez.",
    "Sim.",
    "Verde.",
    "Na África.",
    "Um livro.",
    "É um país.",
    "Na escola.",
    "Foi um escritor.",
)


@dataclass(frozen=True)
class Pair:
    """Two answers to one prompt; the first is the better one. `why` says what told them apart."""

    conversation: Conversation
    chosen: str
    rejected: str
    why: str


def repeated(text: str) -> bool:
    """Whether a sentence of at least four words comes twice."""
    sentences = [s.strip() for s in re.split(r"[.!?\n]", text) if s.count(" ") > 3]
    return len(sentences) > len(set(sentences))


def parts(c: Conversation, answer: str) -> dict[str, float]:
    """What the score is made of: points by reason."""
    words, is_right = len(answer.split()), right(c, answer)
    found = {"certa": 3.0 * is_right}
    if not is_right and c.kind != "recusa" and refuses(answer):
        found["honesta"] = 1.0  # not knowing is better than inventing
    if c.kind == "leitura" and not is_right and plain(answer) in plain(c.prompt[-1]["content"]):
        found["do contexto"] = 0.5
    if c.kind not in ("copia", "padrao", "sistema", "lista"):
        found["terminada"] = 0.5 * finished(answer)
    if c.kind in SENTENCES and is_right and words >= 4 and finished(answer):
        found["frase inteira"] = 0.5
    if c.kind not in (*LONG, "copia") and words > WORDY:
        found["comprida"] = -0.5
    if c.kind in LONG:
        found["concordância"] = -0.5 * min(4, len(check(answer)))
        found["repetida"] = -1.0 * repeated(answer)
    return {reason: points for reason, points in found.items() if points}


def score(c: Conversation, answer: str) -> float:
    """How good an answer is; 3 and more is right."""
    return sum(parts(c, answer).values())


def _why(c: Conversation, chosen: str, rejected: str) -> str:
    """The reason that weighs most in the difference."""
    one, other = parts(c, chosen), parts(c, rejected)
    return max(sorted({*one, *other}), key=lambda r: one.get(r, 0) - other.get(r, 0))


def pairs(rng: random.Random, c: Conversation, answers: Sequence[str], most: int = 2) -> list[Pair]:
    """Up to `most` different pairs of a right answer against a wrong one, as often as each was given.

    Both are the model's own, so what tells them apart is what it can already do and does not always do.
    """
    good = [a for a in answers if a.strip() and score(c, a) >= RIGHT]
    bad = [a for a in answers if a.strip() and score(c, a) < RIGHT]
    both = [(a, b) for a in good for b in bad]
    rng.shuffle(both)
    return [Pair(c, a, b, _why(c, a, b)) for a, b in list(dict.fromkeys(both))[:most]]


def pair(c: Conversation, answers: Sequence[str], margin: float = MARGIN) -> Pair | None:
    """Best and worst of the answers, or None where they are too much alike; of equals, the order decides."""
    ranked = sorted(dict.fromkeys(a for a in answers if a.strip()), key=lambda a: score(c, a))
    if len(ranked) < 2 or score(c, ranked[-1]) - score(c, ranked[0]) < margin:
        return None
    return Pair(c, ranked[-1], ranked[0], _why(c, ranked[-1], ranked[0]))


def spoiled(rng: random.Random, c: Conversation) -> str:
    """A bad answer to the conversation, of a kind that models do give."""
    good = c.answer
    if c.kind in ("fato", "dialogo", "vocabulario") and c.truth.get("rivals") and rng.random() < 0.7:
        return rng.choice(c.truth["rivals"]).capitalize() + "."
    if c.kind in ("fato", "leitura", "dialogo") and rng.random() < 0.4:
        return "O texto não diz." if c.kind == "leitura" else "Não sei."
    if c.kind == "recusa":
        return rng.choice(INVENTIONS)
    if c.kind in ("sem_resposta", "leitura"):
        text = re.sub(r"\s+", " ", c.prompt[0]["content"])
        names = re.findall(r"(?<=[a-zà-ÿ] )[A-ZÀ-Ý][\wà-ÿ]+|\d+", text)
        others = [n for n in names if plain(n) not in plain(good)]
        return rng.choice(others) + "." if others else "Não sei."
    if "wrong" in c.truth:
        return c.truth["wrong"][0]
    words = good.split(" ")
    if c.kind in LONG or len(words) > 6:
        return " ".join(words[: max(1, int(len(words) * rng.uniform(0.3, 0.8)))]).rstrip(".!?,")
    return "Não sei." if rng.random() < 0.5 else rng.choice(INVENTIONS)


def made(rng: random.Random, c: Conversation, answers: Sequence[str], margin: float = MARGIN) -> Pair | None:
    """A pair in which the truth stands against a bad answer, the model's own worst one or a spoiled one."""
    worst = min((a for a in answers if a.strip()), key=lambda a: score(c, a), default="")
    bad = worst if worst and score(c, worst) < RIGHT else spoiled(rng, c)
    best = max([*answers, c.answer], key=lambda a: score(c, a))
    if best == bad or score(c, best) - score(c, bad) < margin:
        return None
    return Pair(c, best, bad, _why(c, best, bad))
