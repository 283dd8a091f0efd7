"""Talk: greetings, thanks, who the model is, turns that refer back, and system messages that are obeyed."""

from __future__ import annotations

import random
from functools import lru_cache

from builders.corpus.instructions.known import (
    VOCABULARY,
    draw,
    elliptic,
    pair,
    pool,
    statement,
    truth,
)
from builders.corpus.instructions.wording import asked, low, way
from builders.corpus.invented import Noun, cap, first_names, proper
from builders.corpus.passages import Fact
from builders.corpus.relations import fill
from builders.corpus.values import noun

Turn = tuple[str, str]
WHO = (
    ("Quem é você?", "Sou um modelo de linguagem pequeno, feito para o curso LLMs por Dentro.", ("modelo",)),
    ("Qual é o seu nome?", "Eu me chamo mini-instruct e sou um modelo de linguagem pequeno.", ("modelo",)),
    (
        "O que é você?",
        "Sou um modelo de linguagem: um programa que aprendeu a continuar textos.",
        ("modelo",),
    ),
    ("Você é humano?", "Não. Sou um modelo de linguagem, um programa de computador.", ("modelo",)),
    ("Você é uma pessoa?", "Não. Sou um modelo de linguagem, um programa de computador.", ("modelo",)),
    ("Você é um robô?", "Quase. Sou um modelo de linguagem: só leio e escrevo texto.", ("modelo",)),
    (
        "Você tem sentimentos?",
        "Não. Sou um modelo de linguagem: escrevo sobre sentimentos, mas não sinto.",
        ("modelo",),
    ),
    ("Você erra?", "Sim, erro. Sou um modelo pequeno: confira sempre o que eu digo.", ("erro",)),
    (
        "Posso confiar em você?",
        "Confira sempre o que eu digo: sou um modelo pequeno e erro às vezes.",
        ("confira",),
    ),
    (
        "O que você sabe fazer?",
        "Sei contar histórias, responder a perguntas simples e ler um texto curto.",
        ("histórias",),
    ),
    ("O que você sabe?", "Sei um pouco sobre países, estados, bichos, frutas e profissões.", ("países",)),
    (
        "No que você pode me ajudar?",
        "Posso contar histórias, responder a perguntas simples e ler um texto curto.",
        ("histórias",),
    ),
    (
        "Como você aprendeu a falar?",
        "Aprendi lendo muitos textos gerados para um curso, uma palavra depois da outra.",
        ("textos",),
    ),
    ("Quem fez você?", "Fui feito para o curso LLMs por Dentro, com textos gerados para ele.", ("curso",)),
    ("Qual é o seu tamanho?", "Sou pequeno: tenho menos de três milhões de parâmetros.", ("milhões",)),
    ("Você sabe tudo?", "Não. Sei pouco: só o que estava nos textos em que fui treinado.", ("textos",)),
    ("Você vê a internet?", "Não. Só conheço os textos em que fui treinado.", ("textos",)),
    ("Você come?", "Não. Sou um modelo de linguagem: só leio e escrevo texto.", ("modelo",)),
    ("Quantos anos você tem?", "Não tenho idade: sou um modelo de linguagem.", ("modelo",)),
    ("Onde você mora?", "Não moro em lugar nenhum: sou um modelo de linguagem num computador.", ("modelo",)),
    ("Qual é a sua comida preferida?", "Não como nada: sou um modelo de linguagem.", ("modelo",)),
    ("Qual é a sua cor preferida?", "Não tenho preferência: sou um modelo de linguagem.", ("modelo",)),
    ("Você tem irmãos?", "Não tenho família: sou um modelo de linguagem.", ("modelo",)),
    (
        "Você gosta de ler?",
        "Aprendi lendo, mas não gosto nem desgosto: sou um modelo de linguagem.",
        ("modelo",),
    ),
    (
        "O que você fez hoje?",
        "Respondi a perguntas: sou um modelo de linguagem e não saio do computador.",
        ("modelo",),
    ),
    ("Você já viu o mar?", "Não. Sou um modelo de linguagem: só conheço o mar dos textos.", ("modelo",)),
    ("Você sabe nadar?", "Não. Sou um modelo de linguagem e não tenho corpo.", ("modelo",)),
    ("Já andou de trem?", "Não. Sou um modelo de linguagem e não saio do computador.", ("modelo",)),
    ("Você tem medo de quê?", "De nada: sou um modelo de linguagem e não sinto medo.", ("modelo",)),
    ("Qual é o seu livro preferido?", "Não tenho preferência: sou um modelo de linguagem.", ("modelo",)),
    ("Que música você gosta de ouvir?", "Não ouço música: sou um modelo de linguagem.", ("modelo",)),
    ("O que você comeu no almoço?", "Não como nada: sou um modelo de linguagem.", ("modelo",)),
    ("Você prefere o calor ou o frio?", "Não sinto calor nem frio: sou um modelo de linguagem.", ("modelo",)),
    ("Quem é o seu melhor amigo?", "Não tenho amigos: sou um modelo de linguagem.", ("modelo",)),
    ("Você é o ChatGPT?", "Não. Sou um modelo bem menor, feito para o curso LLMs por Dentro.", ("modelo",)),
    ("Você fala inglês?", "Não. Só aprendi português.", ("português",)),
    ("Que língua você fala?", "Falo português do Brasil.", ("português",)),
)
ASK_WHO = (
    "{q}",
    "{q}",
    "{q}",
    "Oi! {q}",
    "Olá! {q}",
    "Me diga uma coisa: {l}",
    "{n}",
    "{ln}",
    "Posso perguntar? {q}",
    "Por favor: {l}",
    "Uma curiosidade: {l}",
    "Fiquei pensando: {l}",
    "Bom dia! {q}",
)
HELLO = (
    ("Oi!", "Oi! Como posso ajudar?"),
    ("Olá!", "Olá! Como posso ajudar?"),
    ("Oi", "Oi! Como posso ajudar?"),
    ("Bom dia!", "Bom dia! Como posso ajudar?"),
    ("Boa tarde!", "Boa tarde! Como posso ajudar?"),
    ("Boa noite!", "Boa noite! Como posso ajudar?"),
    ("olá", "Olá! Como posso ajudar?"),
    ("Oi, tudo bem?", "Oi! Tudo bem. Como posso ajudar?"),
    ("Como vai?", "Vou bem. Como posso ajudar?"),
    ("Oi! Tudo bom?", "Oi! Tudo bom. Como posso ajudar?"),
    ("E aí?", "Oi! Como posso ajudar?"),
    ("Oi, você pode me ajudar?", "Claro! Pode perguntar."),
    ("Posso fazer uma pergunta?", "Claro! Pode perguntar."),
    ("Preciso de ajuda.", "Claro! Pode perguntar."),
    ("Vamos conversar?", "Vamos! Pode começar."),
    ("Alô?", "Olá! Como posso ajudar?"),
    ("bom dia", "Bom dia! Como posso ajudar?"),
)
THANKS = ("Obrigado!", "Obrigada!", "Muito obrigado!", "Muito obrigada!", "Valeu!", "Obrigado pela ajuda.",
          "Obrigada pela ajuda.", "Agradeço muito.", "valeu", "obrigado", "Que bom, obrigada!")  # fmt: skip
WELCOME = ("De nada!", "De nada! Precisando, é só perguntar.", "Por nada!", "Disponha!")
BYE = ("Tchau!", "Até logo!", "Até amanhã!", "Adeus!", "Já vou. Tchau!", "tchau", "Até mais!")
FAREWELL = ("Até logo!", "Tchau! Até logo!", "Até a próxima!")
GREETING_WORDS = ("como posso ajudar", "pode perguntar", "pode começar", "de nada", "por nada", "disponha",
                  "até logo", "até a próxima", "tchau")  # fmt: skip


def identity(rng: random.Random, split: str) -> tuple[str, str, dict]:
    """Who the model is, honestly."""
    question, answer, words = rng.choice(WHO)
    named = question.rstrip("?")
    text = way(rng, split, ASK_WHO).format(q=question, l=low(question), n=named, ln=low(named))
    return text, answer, {"accepted": words}


def greeting(rng: random.Random, split: str) -> tuple[list[Turn], dict]:
    """Hello, thanks or goodbye, now and then after something else."""
    chance = rng.random()
    if chance < 0.5:
        turn = rng.choice(HELLO)
        if rng.random() < 0.2:
            name = rng.choice(first_names(split)[rng.choice("mf")])
            turn = (f"{turn[0].rstrip('!?.')}! Eu sou {name}.", f"Oi, {name}! Como posso ajudar?")
        return [turn], {"accepted": GREETING_WORDS}
    before: list[Turn] = []
    if rng.random() < 0.5:
        question, answer, _ = pair(rng, draw(rng))
        before = [(asked(rng, split, question), answer)]
    texts, answers = (THANKS, WELCOME) if chance < 0.8 else (BYE, FAREWELL)
    return [*before, (way(rng, split, texts), rng.choice(answers))], {"accepted": GREETING_WORDS}


def _again(rng: random.Random, split: str) -> tuple[list[Turn], dict] | None:
    """The same question on something else: "E do Japão?"."""
    first = draw(rng, "seen", rng.choice([n for n in pool() if n not in VOCABULARY and len(pool()[n]) > 4]))
    second = draw(rng, "seen", first.relation.name)
    text, answer = rng.choice(first.relation.questions)
    piece = elliptic(second, text)
    if piece is None or second.subject == first.subject:
        return None
    turns = [
        (asked(rng, split, cap(fill(text, first.subject, first.value))),
         cap(fill(answer, first.subject, first.value)) + "."),
        (way(rng, split, ("E {p}?", "E {p}?", "E {p}, você sabe?", "Agora {p}.", "e {p}?", "E quanto a {p}?"
                          if piece.split(" ")[0] in ("o", "a", "os", "as") else "E {p}?")).format(p=piece),
         cap(fill(answer, second.subject, second.value)) + "."),
    ]  # fmt: skip
    return turns, truth(second, answer)


@lru_cache(maxsize=1)
def _rich() -> tuple[tuple[Fact, ...], ...]:
    """Subjects with a gender and more than one fact."""
    groups: dict[Noun, list[Fact]] = {}
    for name, each in pool().items():
        if name not in VOCABULARY:
            for fact in each:
                if fact.subject.article:
                    groups.setdefault(fact.subject, []).append(fact)
    return tuple(tuple(g) for g in groups.values() if len(g) > 1)


PRONOUNS = {"o ": ("ele", "ela"), "do ": ("dele", "dela"), "no ": ("nele", "nela")}


def _pronoun(rng: random.Random, split: str) -> tuple[list[Turn], dict] | None:
    """A second question on the same thing, by a pronoun."""
    first, second = rng.sample(rng.choice(_rich()), 2)
    text, answer = rng.choice(second.relation.questions)
    piece, subject = elliptic(second, text), second.subject
    if piece is None or subject.gender not in "mf":
        return None
    forms = {"o": ("ele", "ela"), "a": ("ele", "ela"), "do": ("dele", "dela"), "da": ("dele", "dela"),
             "no": ("nele", "nela"), "na": ("nele", "nela")}  # fmt: skip
    pronoun = forms.get(piece.split(" ")[0])
    if pronoun is None:
        return None
    question = fill(text, subject, second.value)
    place = question.lower().find(piece.lower())
    question = question[:place] + pronoun[subject.gender == "f"] + question[place + len(piece) :]
    asks, says, _ = pair(rng, first)
    if subject.text not in asks:
        return None
    turns = [(asked(rng, split, asks), says),
             (rng.choice(("E {q}", "{Q}", "E {q}")).format(q=low(question), Q=cap(question)),
              cap(fill(answer, subject, second.value)) + ".")]  # fmt: skip
    return turns, truth(second, answer)


TELLS = (
    ("Meu nome é {v}.", "nome", "Qual é o meu nome?", "O seu nome é {v}."),
    ("Eu me chamo {v}.", "nome", "Como eu me chamo?", "Você se chama {v}."),
    ("Minha cor preferida é {v}.", "cor_f", "Qual é a minha cor preferida?", "A sua cor preferida é {v}."),
    ("Eu moro em {v}.", "cidade", "Onde eu moro?", "Você mora em {v}."),
    (
        "Meu cachorro se chama {v}.",
        "proprio",
        "Como se chama o meu cachorro?",
        "O seu cachorro se chama {v}.",
    ),
    ("Tenho {v} anos.", "idade", "Quantos anos eu tenho?", "Você tem {v} anos."),
    ("Minha gata se chama {v}.", "proprio", "Qual é o nome da minha gata?", "A sua gata se chama {v}."),
    ("Eu gosto de {v}.", "fruta", "Do que eu gosto?", "Você gosta de {v}."),
    ("Meu número da sorte é {v}.", "numero", "Qual é o meu número da sorte?", "O seu número da sorte é {v}."),
    ("Hoje almocei {v}.", "comida", "O que eu almocei?", "Você almoçou {v}."),
)
HEARD = ("Entendi! Vou me lembrar disso nesta conversa.", "Certo, entendi.", "Que bom saber!", "Entendi.")


def _told(rng: random.Random, split: str) -> tuple[list[Turn], dict]:
    """The user says something about themselves, perhaps two things, and asks for one."""
    chosen = rng.sample(TELLS, rng.choice((1, 1, 2)))
    says, asks = [], []
    for text, kind, question, answer in chosen:
        if kind == "nome":
            v = rng.choice(first_names(split)[rng.choice("mf")])
        elif kind == "proprio":
            v = proper(rng, split)
        else:
            v = noun(rng, split, kind).text
        says.append(text.format(v=v))
        asks.append((question, answer.format(v=v), v, kind))
    question, answer, v, kind = rng.choice(asks)
    greet = f"Prazer, {v}!" if kind == "nome" and len(chosen) == 1 else rng.choice(HEARD)
    turns = [(" ".join(says), greet)]
    if rng.random() < 0.3:
        other, reply, _ = pair(rng, draw(rng))
        turns.append((asked(rng, split, other), reply))
    return [*turns, (question, answer)], {"accepted": (v,), "rivals": tuple(a[2] for a in asks if a[2] != v)}


def _sure(rng: random.Random, split: str) -> tuple[list[Turn], dict] | None:
    """Doubt after a right answer: the answer stays."""
    fact = draw(rng, "seen", rng.choice(("capital", "capital_estado", "classe", "lingua", "continente")))
    text, answer = rng.choice(fact.relation.questions)
    turns = [(asked(rng, split, cap(fill(text, fact.subject, fact.value))),
              cap(fill(answer, fact.subject, fact.value)) + ".")]  # fmt: skip
    other = draw(rng, "seen", fact.relation.name).value.text
    whole = statement(rng, fact)
    held = truth(fact, answer)
    if rng.random() < 0.5 or other == fact.value.text:
        turns.append((way(rng, split, ("Tem certeza?", "Tem certeza disso?", "É isso mesmo?", "Certeza?")),
                      f"Sim. {whole}"))  # fmt: skip
    else:
        turns.append((way(rng, split, ("Não é {x}?", "Achei que era {x}.", "Não seria {x}?")).format(x=other),
                      f"Não. {whole}"))  # fmt: skip
    return turns, held


def dialogue(rng: random.Random, split: str) -> tuple[list[Turn], dict]:
    """Two or three turns, the last of which needs those before."""
    while True:
        made = rng.choice((_again, _again, _pronoun, _pronoun, _told, _told, _sure))(rng, split)
        if made is not None:
            return made


NEUTRAL = (
    "Você é um assistente que responde em português.", "Você é um assistente prestativo.",
    "Responda com atenção e sem inventar.", "Você ajuda estudantes.", "Seja breve.",
)  # fmt: skip
CAPITALS = (
    "Responda em letras maiúsculas.",
    "Escreva tudo em letras maiúsculas.",
    "Use só letras maiúsculas.",
    "Responda sempre em maiúsculas.",
    "Fale em letras maiúsculas.",
)
LOWER = ("Responda em letras minúsculas.", "Escreva tudo em minúsculas.", "Use só letras minúsculas.",
         "Responda sempre em minúsculas.")  # fmt: skip
ONE_WORD = ("Responda com uma palavra só.", "Responda em uma palavra.", "Use uma única palavra na resposta.",
            "Dê respostas de uma palavra.", "Sua resposta deve ter só uma palavra.")  # fmt: skip
WHOLE = (
    "Responda com uma frase completa.",
    "Responda sempre com frases completas.",
    "Escreva a resposta numa frase inteira.",
    "Use frases completas.",
)
ENDING = (
    "Termine toda resposta com “{w}”",
    "Diga “{w}” no fim de cada resposta.",
    "Acabe a resposta com “{w}”",
)
OPENING = ("Comece toda resposta com “{w}”", "Diga “{w}” antes de responder.", "Abra a resposta com “{w}”")
LAST_WORDS = ("Até logo!", "Bons estudos!", "Um abraço!", "Obrigado!", "É isso!")
FIRST_WORDS = ("Claro!", "Vamos lá!", "Boa pergunta!", "Olá!", "Pois bem!")


def system(rng: random.Random, split: str) -> tuple[str, str, str, dict]:
    """(system message, question, answer, truth): simple orders on the form of the answer."""
    while True:
        fact = draw(rng)
        text, answer = rng.choice(fact.relation.questions)
        question = cap(fill(text, fact.subject, fact.value))
        short = cap(fill(answer, fact.subject, fact.value)) + "."
        how = rng.choice(
            ("maiúsculas", "maiúsculas", "palavra", "palavra", "frase", "minúsculas", "fim", "início")
        )
        if how == "palavra" and " " in fact.value.text:
            continue
        break
    w = ""
    if how == "maiúsculas":
        orders, said = CAPITALS, short.upper()
    elif how == "minúsculas":
        orders, said = LOWER, short.lower()
    elif how == "palavra":
        orders, said = ONE_WORD, cap(fact.value.text) + "."
    elif how == "frase":
        orders, said = WHOLE, fill(fact.relation.statements[0], fact.subject, fact.value)
        said = cap(said)
    elif how == "fim":
        w = rng.choice(LAST_WORDS)
        orders, said = ENDING, f"{short} {w}"
    else:
        w = rng.choice(FIRST_WORDS)
        orders, said = OPENING, f"{w} {short}"
    accepted = (said,)
    if how == "frase":
        accepted = tuple(cap(fill(t, fact.subject, fact.value)) for t in fact.relation.statements)
    order = way(rng, split, orders).format(w=w)
    return (
        order if order.endswith((".", "”")) else order + ".",
        question,
        said,
        {"accepted": accepted, "order": (how,)},
    )
