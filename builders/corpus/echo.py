"""In-context forms that ask for what was said or shown: repeat, quote, follow a pattern, sort into groups.

Also the two helpers that every form uses: `ask` writes the questions, `distinct` draws different values.
"""

from __future__ import annotations

import random

from builders.corpus.fillers import scene_sentences
from builders.corpus.invented import Noun, cap, proper, word
from builders.corpus.passages import NOT_IN_TEXT, build
from builders.corpus.values import noun


def ask(rng: random.Random, head: str, pairs: list[tuple[str, str]], most: int = 4) -> str:
    """A head followed by some of the question and answer pairs, in random order."""
    chosen = rng.sample(pairs, min(len(pairs), rng.randint(2, most)))
    return head + "".join(f"\nPergunta: {cap(question)}\nResposta: {answer}" for question, answer in chosen)


def distinct(rng: random.Random, split: str, kind: str, count: int) -> list[Noun]:
    """`count` nouns of one kind with different texts."""
    found: dict[str, Noun] = {}
    while len(found) < count:
        made = noun(rng, split, kind)
        found.setdefault(made.text, made)
    return list(found.values())


def phrase(rng: random.Random, split: str) -> str:
    """Something of 2 to 30 words to be said again: sentences of any kind, lists, words, quotations."""
    draw = rng.random()
    if draw < 0.45:
        text = rng.choice(build(rng, split, rng.choice((1, 1, 2, 3)), 1).text.split(". ")).rstrip(".") + "."
        return text.replace("Contexto: ", "")
    if draw < 0.65:
        sentences = scene_sentences(rng, split)
        if sentences:
            return rng.choice(sentences)
    if draw < 0.72:
        return ". ".join(build(rng, split, 2, 1).text.split(". ")[:2]).rstrip(".") + "."
    if draw < 0.8:
        items = [noun(rng, split, rng.choice(("coisa", "fruta", "nome", "cidade"))).text for _ in range(5)]
        return ", ".join(items[: rng.randint(2, 5)]) + rng.choice((".", "", "!"))
    if draw < 0.86:
        return f"{noun(rng, split, 'nome').text} disse: {noun(rng, split, 'titulo').text}."
    if draw < 0.9:
        kinds = ("telefone", "endereco", "reais", "data_curta", "codigo", "titulo", "quantia", "data")
        return noun(rng, split, rng.choice(kinds)).text
    return " ".join(
        word(rng, split) if rng.random() < 0.6 else noun(rng, split, "objeto").text
        for _ in range(rng.randint(2, 8))
    )


ECHO = ("Repita: {p}", "Repita: {p}", "Repita: {p}", "Copie: {p}", "Repita a frase: {p}", "Diga de novo: {p}")


def repeat(rng: random.Random, split: str) -> str:
    """Sentences or words to be said again, whole; now and then only the first or last word."""
    if rng.random() < 0.85:
        lines = []
        for _ in range(rng.choice((1, 1, 2, 3))):
            text = phrase(rng, split)
            lines.append(f"{rng.choice(ECHO).format(p=text)}\nResposta: {text}")
        return "\n".join(lines)
    words = [
        word(rng, split) if rng.random() < 0.6 else noun(rng, split, "objeto").text
        for _ in range(rng.randint(3, 8))
    ]
    i = rng.randrange(3)
    question, answer = (
        ("Qual é a primeira palavra?", words[0]),
        ("Qual é a última palavra?", words[-1]),
        ("Quais são as duas primeiras palavras?", " ".join(words[:2])),
    )[i]
    words_line = " | ".join(words) if i < 2 else " ".join(w.split()[0] for w in words)
    if i == 2:
        answer = " ".join(words_line.split()[:2])
    return f"Contexto: {words_line}\nPergunta: {question}\nResposta: {answer}"


def pattern(rng: random.Random, split: str) -> str:
    """Few-shot: the examples alone say what is to be done with the next one."""
    rules = (
        lambda w: f"{w} {w}",
        lambda w: cap(w),
        lambda w: f"a palavra {w}",
        lambda w: f"{w}, sim",
        lambda w: f"“{w}”",
        lambda w: f"não {w}",
        lambda w: f"{w} e nada mais",
        lambda w: f"eu vi {w}",
        lambda w: w[0].upper(),
    )
    rule = rng.choice(rules)
    a, b = rng.choice((("Entrada", "Resposta"), ("Palavra", "Resposta"), ("Pergunta", "Resposta")))
    words = [
        word(rng, split) if rng.random() < 0.7 else noun(rng, split, "fruta").text
        for _ in range(rng.randint(3, 6))
    ]
    return "\n".join(f"{a}: {w}\n{b}: {rule(w)}" for w in words)


def classify(rng: random.Random, split: str) -> str:
    """Few-shot labels: each invented word belongs to one of two or three groups named in the examples."""
    labels = [cap(word(rng, split)) for _ in range(rng.choice((2, 2, 3)))]
    members = {label: [n.text for n in distinct(rng, split, "nome", rng.randint(2, 3))] for label in labels}
    lines = [f"{name} é do grupo {label}." for label, names in members.items() for name in names]
    rng.shuffle(lines)
    pairs = [(f"De que grupo é {name}?", f"{label}.") for label, names in members.items() for name in names]
    pairs += [
        (f"Cite um nome do grupo {label}.", f"{names[0]}.")
        for label, names in members.items()
        if len(names) == 1
    ]
    stranger = proper(rng, split)
    pairs.append((f"De que grupo é {stranger}?", NOT_IN_TEXT))
    return ask(rng, "Contexto: " + " ".join(lines), pairs)


def quote(rng: random.Random, split: str) -> str:
    """A description: its first or last sentence said again, or a sentence completed from its beginning."""
    sentences: list[str] = []
    while len(sentences) < 2:
        sentences = list(dict.fromkeys(scene_sentences(rng, split)))[: rng.randint(2, 4)]
    pairs = [
        ("Qual é a primeira frase do texto?", sentences[0]),
        ("Qual é a última frase do texto?", sentences[-1]),
    ]
    for sentence in sentences:
        words = sentence.split(" ")
        cut = rng.randint(2, len(words) - 2)
        beginning = " ".join(words[:cut])
        if sum(other.startswith(beginning) for other in sentences) == 1:
            pairs.append((f"Como continua a frase “{beginning}”?", " ".join(words[cut:])))
    return ask(rng, "Contexto: " + " ".join(sentences), pairs, 3)
