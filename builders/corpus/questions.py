"""Lists of bare questions, never answered: a base model that reads a question goes on with more questions."""

from __future__ import annotations

import random
from collections.abc import Iterator

from builders.corpus import Document
from builders.corpus.facts import draw, pool, question, sums
from builders.corpus.invented import cap, first_names
from builders.corpus.values import noun

OPEN = (
    "O que você fez hoje?",
    "Qual é o seu nome?",
    "Quantos anos você tem?",
    "Onde você mora?",
    "Qual é a sua comida preferida?",
    "Você gosta de ler?",
    "Qual é o seu livro preferido?",
    "Que música você gosta de ouvir?",
    "Você tem irmãos?",
    "O que você quer ser quando crescer?",
    "Você já viu o mar?",
    "Como está o tempo hoje?",
    "Que horas são?",
    "Quem é o seu melhor amigo?",
    "Quem é a sua melhor amiga?",
    "Você prefere o calor ou o frio?",
    "O que você comeu no almoço?",
    "Qual é a sua cor preferida?",
    "Você sabe nadar?",
    "Já andou de trem?",
    "De que brincadeira você mais gosta?",
    "Onde você passou as férias?",
    "Qual foi o dia mais feliz da sua vida?",
    "Você tem medo de quê?",
    "Por que o céu é azul?",
    "Por que a Lua muda de forma?",
    "Como nascem as plantas?",
    "Por que chove?",
    "De onde vem o mel?",
    "Como as aves voam?",
    "Para que servem as raízes?",
    "Por que os peixes não se afogam?",
    "O que é a fotossíntese?",
    "O que é um vulcão?",
    "Como se forma o arco-íris?",
    "Por que o gelo boia?",
    "O que faz o coração?",
    "Para que serve o esqueleto?",
    "O que é um verbo?",
    "O que é um substantivo?",
    "O que é uma rima?",
    "Quem escreve os livros?",
    "Como se faz pão?",
    "Quem inventou a roda?",
    "O que é a amizade?",
)
ABOUT_WORD = (
    "Como se escreve a palavra {x}?",
    "Quantas letras tem a palavra {x}?",
    "Quantas sílabas tem a palavra {x}?",
    "A palavra {x} é masculina ou feminina?",
    "Qual é o plural de {x}?",
)
ABOUT_ANY = ("O que é {um}?", "Onde se encontra {um}?", "De que cor é {o}?", "Você já viu {um}?")
ABOUT_TOOL = (
    "Para que serve {o}?",
    "Quem precisa de {um}?",
    "Como se usa {um}?",
    "Quanto custa {um}?",
    "Você tem {um}?",
    "De que é feito {o}?",
)
ABOUT_FOOD = ("Quanto custa {um}?", "Como se guarda {um}?", "Você gosta de {x}?", "Que gosto tem {o}?")
ABOUT_LIVING = ("Como nasce {um}?", "De que precisa {um} para viver?", "Como se cuida de {um}?")
ABOUT = {
    "objeto": ABOUT_WORD + ABOUT_ANY + ABOUT_TOOL,
    "instrumento": ABOUT_WORD + ABOUT_ANY + ABOUT_TOOL,
    "fruta": ABOUT_WORD + ABOUT_ANY + ABOUT_FOOD,
    "comida": ABOUT_WORD + ABOUT_ANY + ABOUT_FOOD,
    "bicho": ABOUT_WORD + ABOUT_ANY + ABOUT_LIVING,
    "planta": ABOUT_WORD + ABOUT_ANY + ABOUT_LIVING,
}
PROBLEMS = (
    "{n} tem {a} {c} e ganha mais {b}. Com quantas {c} fica?",
    "{n} comprou {a} {c} e deu {b}. Quantas {c} sobraram?",
    "Em uma caixa há {a} {c}. Quantas {c} há em {b} caixas?",
    "{n} reparte {a} {c} entre {b} pessoas. Quantas {c} recebe cada uma?",
    "{n} e {m} colheram {a} {c} {j}. Quantas {c} colheu cada {u}?",
)
_THINGS = "balas mangas laranjas pipas figurinhas conchas bananas canetas maçãs flores moedas goiabas"
THINGS = _THINGS.split(" ")
TITLES = (
    "Perguntas",
    "Prova",
    "Exercícios",
    "Questionário",
    "Responda",
    "Perguntas para a turma",
    "Desafio",
    "Revisão",
)


def _problem(rng: random.Random, split: str) -> str:
    names = first_names(split)
    n, m = rng.sample(names["m"] + names["f"], 2)
    women = n in names["f"] and m in names["f"]
    b = rng.randint(2, 6)
    return rng.choice(PROBLEMS).format(
        n=n,
        m=m,
        a=b * rng.randint(2, 5),
        b=b,
        c=rng.choice(THINGS),
        j="juntas" if women else "juntos",
        u="uma" if women else "um",
    )


def _thing(rng: random.Random, split: str) -> str:
    kind = rng.choice(("objeto", *ABOUT))
    thing = noun(rng, split, kind)
    um, o = ("um", "o") if thing.gender == "m" else ("uma", "a")
    text = rng.choice(ABOUT[kind])
    if thing.gender == "f":
        text = text.replace("feito {o}", "feita {o}")
    return text.format(um=f"{um} {thing.text}", o=f"{o} {thing.text}", x=thing.text)


def _one(rng: random.Random, split: str, theme: str) -> str:
    if theme == "contas":
        return sums(rng, split)[1] if rng.random() < 0.6 else _problem(rng, split)
    if theme == "pessoais":
        return rng.choice(OPEN)
    if theme == "coisas":
        return _thing(rng, split)
    if theme == "misto":
        kind = rng.choice(("fatos", "fatos", "fatos", "fatos", "coisas", "pessoais", "contas"))
        return question(rng, draw(rng, split, True))[0] if kind == "fatos" else _one(rng, split, kind)
    return question(rng, draw(rng, split, True, theme))[0]


def listing(rng: random.Random, split: str) -> str:
    """4 to 14 questions on one theme or mixed, one a line, numbered, or in a paragraph."""
    chance = rng.random()
    if chance < 0.4:
        theme = "misto"
    elif chance < 0.55:
        theme = rng.choice(("capital", "capital", "capital_estado"))
    elif chance < 0.75:
        theme = rng.choice(list(pool(split, True)))
    else:
        theme = rng.choice(("contas", "pessoais", "coisas"))
    wanted = rng.randint(4, 14)
    found = dict.fromkeys(_one(rng, split, theme) for _ in range(wanted))
    while len(found) < 4:
        found[_one(rng, split, "misto")] = None
    texts = list(found)
    style = rng.random()
    if style < 0.4:
        return " ".join(texts)
    if style < 0.8:
        return "\n".join(texts)
    mark = rng.choice(("{}. ", "{}) ", "Questão {}: ", "- "))
    body = "\n".join(mark.format(i) + cap(text) for i, text in enumerate(texts, 1))
    return f"{rng.choice(TITLES)}:\n{body}" if rng.random() < 0.5 else body


def documents(rng: random.Random, split: str) -> Iterator[Document]:
    """Endless lists of questions."""
    while True:
        yield Document("perguntas", listing(rng, split))
