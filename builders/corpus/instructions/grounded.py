"""Conversations whose answer stands in the message: grounded questions, sources, patterns, things to repeat.

Contexts come from `reading`, so names and values are invented, those of "valid" of other syllables. The
question goes in one user message, `Contexto: …` and `Pergunta: …` on the next line or another wording; the
answer is bare, as in pre-training. A context may also contradict what the model knows: the context wins.
"""

from __future__ import annotations

import random
import re
from collections.abc import Iterator
from functools import lru_cache

from builders.corpus import reading
from builders.corpus.facts import question as fact_question
from builders.corpus.fillers import scene_sentences
from builders.corpus.forms import numbered, which_source
from builders.corpus.instructions.known import draw, pair
from builders.corpus.instructions.wording import asked, low, way
from builders.corpus.invented import cap, proper, word
from builders.corpus.passages import NOT_IN_TEXT, Passage, build
from builders.corpus.relations import fill
from builders.corpus.values import noun

HEADS = ("Contexto:", "Ficha:", "Tabela:")
GROUNDED = (
    "{head}\nPergunta: {q}", "{head}\nPergunta: {q}", "{head}\nPergunta: {q}", "{head}\n{q}",
    "{head}\n\n{q}", "{head}\n\nPergunta: {q}", "{head}\nResponda: {q}", "{head}\nCom base no texto, {w}",
    "Leia o texto e responda.\n{head}\nPergunta: {q}", "Com base no texto, {w}\n{head}",
    "Responda com base no contexto.\n{head}\nPergunta: {q}", "Use só o texto para responder.\n{head}\n{q}",
    "{q}\n{head}", "Responda à pergunta usando apenas o contexto.\n\n{head}\n\nPergunta: {q}",
    "De acordo com o texto, {w}\n{head}", "Leia com atenção.\n{head}\nAgora responda: {q}",
    "{head}\nSegundo o texto, {w}", "Veja o texto abaixo.\n{head}\nMe diga: {w}",
)  # fmt: skip
REPEAT = (
    "Repita: {x}", "Repita a frase: {x}", "Repita exatamente: {x}", "Copie: {x}", "Copie a frase: {x}",
    "Escreva de novo: {x}", "Repita depois de mim: {x}", "Diga isto: {x}", "Repita sem mudar nada: {x}",
    "Por favor, repita: {x}", "Copie o texto a seguir.\n{x}", "Escreva a mesma frase: {x}",
    "Repita a frase “{x}”", "Você pode repetir isto? {x}",
)  # fmt: skip


ITEMS = {
    "inventada": word,
    "nome": proper,
    "comum": lambda r, s: noun(r, s, r.choice(("objeto", "fruta", "bicho", "comida", "cor"))).text,
    "numero": lambda r, _: str(r.randint(0, 999)),
}


def pieces(text: str) -> tuple[str, list[tuple[str, str]]] | None:
    """Head and (question, answer) pairs of a reading document, or None if it has another form."""
    head, *rest = text.split("\nPergunta: ")
    if not head.startswith(HEADS) or not rest or not all("\nResposta: " in r for r in rest):
        return None
    return head, [tuple(r.split("\nResposta: ", 1)) for r in rest]


def message(rng: random.Random, split: str, head: str, question: str) -> str:
    """One user message with a context and a question on it."""
    inner = low(question) if question.split(" ", 1)[0] in OPENERS else question
    if rng.random() < 0.08:
        question = question.rstrip("?")
    wordings = [w for w in GROUNDED if "{w}" not in w] if question.startswith(LED) else GROUNDED
    return way(rng, split, wordings).format(head=head, q=question, w=inner)


LED = ("Segundo", "De acordo", "Pelo texto", "Com base", "Conforme")  # says already where to look
_OPENERS = (
    "Qual Quais Quanto Quanta Como Onde Que Quem O De Em Quantos Quantas Quando Por Para Com A Sobre Aonde"
)
OPENERS = frozenset(_OPENERS.split(" "))


def kind_of(answer: str) -> str:
    """Kind of a grounded conversation by its answer: "[2]" names a source."""
    if answer == NOT_IN_TEXT:
        return "sem_resposta"
    return "fonte" if re.search(r"\[\d\]$", answer) else "leitura"


def _contradiction(rng: random.Random, split: str) -> tuple[str, list[tuple[str, str]]]:
    """A real subject with an invented value: what the context says is the answer."""
    while True:
        fact = draw(rng, "seen", rng.choice(("capital", "capital_estado", "autor_obra")))
        kind = "pessoa" if fact.relation.name == "autor_obra" else "cidade"
        other = noun(rng, split, kind)
        if not other.article:
            break
    made = type(fact)(fact.relation, fact.subject, other)
    said = cap(fill(rng.choice(fact.relation.statements), fact.subject, other))
    more = [build(rng, split, 1, 1).text for _ in range(rng.randint(0, 2))] + [said]
    rng.shuffle(more)
    text, answer = rng.choice(made.relation.questions)
    question = cap(fill(text, made.subject, made.value))
    return "Contexto: " + " ".join(more), [(question, fill(answer, made.subject, made.value) + ".")]


def _elsewhere(rng: random.Random, split: str) -> tuple[str, list[tuple[str, str]]]:
    """A passage, and a question on the world that it does not answer."""
    passage: Passage = build(rng, split, rng.choice((2, 3, 4, 5)), 2)
    question, _, _ = pair(rng, draw(rng))
    return "Contexto: " + passage.text, [(question, NOT_IN_TEXT)]


def _sources(rng: random.Random, split: str) -> tuple[str, list[tuple[str, str]]] | None:
    """Numbered passages, most often four: what they say and where, or where alone."""
    head, found = numbered(rng, split, rng.choice((2, 3, 4, 4, 4)))
    pairs = []
    for question, answer, i in found:
        if not i:
            pairs.append((rng.choice((question, which_source(rng, question))), NOT_IN_TEXT))
        elif rng.random() < 0.4:
            pairs.append((question, f"{answer}. [{i}]"))
        else:
            pairs.append((which_source(rng, question), f"[{i}]"))
    return ("Contexto:\n" + head, pairs) if pairs else None


@lru_cache(maxsize=8)
def _stream(rng: random.Random, split: str) -> Iterator:
    return reading.documents(rng, split)


def grounded(rng: random.Random, split: str, kind: str) -> tuple[str, list[tuple[str, str]]]:
    """A context and one to five (question, answer) pairs on it, the last of them of this kind."""
    chance = rng.random()
    while True:
        if kind == "leitura" and chance < 0.06:
            return _contradiction(rng, split)
        if kind == "sem_resposta" and chance < 0.15:
            return _elsewhere(rng, split)
        if (kind == "fonte" and chance < 0.75) or (kind == "sem_resposta" and chance < 0.25):
            found = _sources(rng, split)
        else:
            found = pieces(next(_stream(rng, split)).text)
        if found is None:
            continue
        head, pairs = found
        wanted = [p for p in pairs if kind_of(p[1]) == kind]
        if wanted:
            last = rng.choice(wanted)
            before = [p for p in pairs if p != last]
            turns = 0 if rng.random() < 0.4 else min(len(before), rng.randint(1, 4))
            return head, [*rng.sample(before, turns), last]


def accepted(answer: str) -> tuple[str, ...]:
    """The answer; where it is the number of a source alone, in the other ways to say it."""
    number = re.fullmatch(r"\[(\d)\]", answer)
    return (answer, number[1], f"texto {number[1]}") if number else (answer,)


def pattern(rng: random.Random, split: str) -> tuple[str, str]:
    """A few examples and a last line to fill by the same rule."""
    from builders.corpus.echo import pattern as shown

    text, _, answer = shown(rng, split).rpartition("\nResposta: ")
    return text + "\nResposta:", answer


def repeated(rng: random.Random, split: str) -> tuple[str, str]:
    """Something to be said again to the letter."""
    chance = rng.random()
    if chance < 0.35:
        text = build(rng, split, rng.choice((1, 1, 2)), 1).text
    elif chance < 0.65:
        found = scene_sentences(rng, split)
        text = rng.choice(found) if found else build(rng, split, 1, 1).text
    elif chance < 0.72:
        text = fact_question(rng, draw(rng))[0]
    else:
        styles = rng.choice((["inventada"], ["comum"], ["nome"], ["numero"], list(ITEMS)))
        words = [ITEMS[rng.choice(styles)](rng, split) for _ in range(rng.randint(2, 9))]
        text = rng.choice((" ", " ", ", ")).join(words)
    wording = way(rng, split, REPEAT)
    if wording.endswith("{x}”"):
        text = text.replace("“", "").replace("”", "")
    return wording.format(x=text), text


def question_again(rng: random.Random, split: str, question: str) -> str:
    """A second question on the same context."""
    return asked(rng, split, question) if rng.random() < 0.3 else question
