"""Questions on facts of the world, and questions that nobody who knows only this world can answer.

Facts come from the tables through `facts`. Some that pre-training both states and asks are guarded: they
never occur in instructions of the training split, so that one can measure what instruction tuning alone did
not teach. What is unknown: invented names (of the syllables of the split), people, things outside the tables,
and whatever only the reader could know. The refusal always opens with "Não sei.".
"""

from __future__ import annotations

import random
from collections import defaultdict
from functools import lru_cache
from zlib import crc32

from builders.corpus import facts
from builders.corpus.instructions.wording import asked, low, way
from builders.corpus.invented import Noun, cap, first_names, word
from builders.corpus.morphology import contract
from builders.corpus.passages import Fact
from builders.corpus.relations import Template, compile_template, fill, sentence
from builders.corpus.values import noun

GUARDED = 15  # of 100 facts, never in instructions of "train"
VOCABULARY = ("contrario", "plural", "feminino")
SENTENCE = 0.2  # of the answers are whole sentences
FOLLOWED = 0.35  # of the refusals say more than "Não sei."
# real, but in no table: filtered against the tables, which may grow
STRANGE_COUNTRIES = (
    ("Liechtenstein", "m", False), ("Andorra", "f", False), ("San Marino", "m", False),
    ("Malta", "f", False), ("Tuvalu", "m", False), ("Vanuatu", "m", False), ("Brunei", "m", False),
    ("Butão", "m", True), ("Lesoto", "m", True), ("Burundi", "m", True), ("Djibuti", "m", True),
    ("Palau", "m", False), ("Kiribati", "m", False), ("Quirguistão", "m", True), ("Gabão", "m", True),
)  # fmt: skip
PERSONAL = (
    "Qual é o meu nome?", "Quantos anos eu tenho?", "Onde eu moro?", "O que eu comi no almoço?",
    "Qual é a minha cor preferida?", "Como se chama o meu cachorro?", "Que nota eu tirei na prova?",
    "O que eu fiz ontem?", "Qual é o meu time?", "Quem é o meu melhor amigo?", "Onde deixei minha chave?",
    "Em que escola eu estudo?", "Qual é o nome da minha mãe?", "O que eu ganhei de presente?",
    "Quando é o meu aniversário?", "Que livro eu estou lendo?", "Qual é a minha comida preferida?",
)  # fmt: skip
NOW = (
    "Que horas são?", "Como está o tempo hoje?", "Que dia é hoje?", "Vai chover amanhã?",
    "Quem ganhou o jogo ontem?", "O que passou na televisão ontem?", "Quanto custa o pão hoje?",
    "Está fazendo frio aí?", "Qual foi a notícia de hoje?", "Quem vai ganhar o campeonato?",
    "Quanto está o dólar?", "Que filme está no cinema?", "O ônibus já passou?", "Em que ano estamos?",
)  # fmt: skip
SCIENCE = (
    "Por que o céu é azul?", "O que é a fotossíntese?", "Como se forma o arco-íris?", "Por que o gelo boia?",
    "O que é um buraco negro?", "Como funciona um motor?", "O que é um átomo?", "Quem inventou a roda?",
    "Quem descobriu a penicilina?", "O que é inflação?", "Como funciona a internet?",
    "Quem inventou o telefone?", "Qual é a raiz quadrada de 1.764?", "O que é o DNA?", "Quem foi Einstein?",
    "Quem descobriu a gravidade?", "O que é a teoria da relatividade?", "Quantos ossos tem o corpo humano?",
    "Qual é a distância da Terra à Lua?", "Quando o homem chegou à Lua?", "Quem escreveu a Ilíada?",
    "Qual é o elemento químico do ouro?", "Quem ganhou a Copa de 1970?", "O que é uma proteína?",
)  # fmt: skip
ATTRIBUTES = {
    "pais": (
        "Qual é a população {do s}?", "Quem é o presidente {do s}?", "Quantos habitantes {tem s} {o s}?",
        "Qual é o hino {do s}?", "Quem descobriu {o s}?", "Qual é a moeda {do s}?",
        "Quantas ilhas {tem s} {o s}?", "Qual é o tamanho {do s}?", "Qual é o prato mais famoso {do s}?",
    ),
    "estado": (
        "Quem é o governador {do s}?", "Quantas cidades {tem s} {o s}?", "Qual é a população {do s}?",
        "Qual é o tamanho {do s}?", "Quem fundou {o s}?",
    ),
    "animal": (
        "Quanto pesa {o s}?", "Quantos anos vive {o s}?", "Qual é o nome científico {do s}?",
        "A que velocidade corre {o s}?", "Quantos filhotes tem {o s}?", "Quanto dorme {o s}?",
        "Quanto mede {o s}?",
    ),
    "fruta": (
        "Quantas calorias tem {o s}?", "Quem trouxe {o s} para o Brasil?", "Quanto pesa {o s}?",
        "Que vitaminas tem {o s}?",
    ),
    "profissao": ("Quanto ganha {o s}?", "Quantas horas trabalha {o s}?", "Que curso faz {o s}?"),
    "obra": ("Em que ano saiu {o s}?", "Quantas páginas tem {o s}?", "Qual é o final {do s}?"),
}  # fmt: skip
PEOPLE = (
    "Quem foi {o s}?", "Quem é {o s}?", "Onde mora {o s}?", "Quantos anos tem {o s}?",
    "O que {o s} inventou?", "Onde nasceu {o s}?", "Qual é a profissão {do s}?", "Do que {o s} gosta?",
    "Qual é o apelido {do s}?", "O que {o s} faz?", "Por que {o s} ficou {famoso s}?",
    "De que fruta {o s} gosta?", "Quando nasceu {o s}?", "Que livro {o s} escreveu?",
)  # fmt: skip
THINGS = (
    "Quanto custa {um s}?", "Quanto pesa {o s}?", "Quem inventou {o s}?", "Onde se compra {um s}?",
    "Quem precisa {do s}?", "De que é feito {o s}?", "Quando surgiu {o s}?", "Qual é o peso {do s}?",
)  # fmt: skip
MORE = (
    "Não conheço {x}.", "Nunca ouvi falar {dx}.", "Não aprendi nada sobre {x}.",
    "Não encontrei {x} no que aprendi.",
)  # fmt: skip
MORE_FACT = (
    "Isso não está entre as coisas que aprendi.", "Sou um modelo pequeno e não aprendi isso.",
    "Prefiro não inventar.", "É melhor procurar num livro ou perguntar a uma professora.",
)  # fmt: skip
MORE_PERSONAL = (
    "Você ainda não me contou.",
    "Só você pode me dizer.",
    "Se você me contar, eu uso na conversa.",
)
MORE_NOW = ("Não vejo o que acontece agora.", "Não tenho relógio nem janela.", "Só conheço o texto que li.")


def guarded(fact: Fact) -> bool:
    """Whether the training split of the instructions never speaks of this fact."""
    if fact.relation.name == "quantos" or fact.subject.text in facts.ALWAYS:
        return False
    return crc32(f"instruções|{fact.relation.name}|{fact.subject.text}".encode()) % 100 < GUARDED


@lru_cache(maxsize=4)
def pool(which: str = "seen") -> dict[str, tuple[Fact, ...]]:
    """Facts by relation: "seen" in instructions, "guarded" (asked in pre-training), "stated" (only said)."""
    found: dict[str, list[Fact]] = defaultdict(list)
    for fact in facts.all_facts():
        held = facts.held_out(fact)
        kind = "stated" if held == "stated" else "" if held else "guarded" if guarded(fact) else "seen"
        if kind == which:
            found[fact.relation.name].append(fact)
    return {name: tuple(each) for name, each in found.items()}


def draw(rng: random.Random, which: str = "seen", name: str | None = None) -> Fact:
    """A fact; by default all kinds of fact alike, geography and animals somewhat oftener."""
    known = pool(which)
    if name is None:
        often = ["capital", "capital", "capital_estado", "continente", "lingua", "classe", "habitat_animal"]
        rest = [n for n in known if n not in VOCABULARY]
        name = rng.choice([n for n in often if n in known] if rng.random() < 0.35 else rest)
    return rng.choice(known[name])


def about(template: Template) -> int:
    """What an answer names: 1 the value, 0 the subject (a reversed question)."""
    return max((part[1] for part in template if not isinstance(part, str)), default=1)


@lru_cache(maxsize=1)
def by_relation() -> dict[str, tuple[Fact, ...]]:
    """Every fact of the tables by relation, held out or not: rivals are drawn from all."""
    found: dict[str, list[Fact]] = defaultdict(list)
    for fact in facts.all_facts():
        found[fact.relation.name].append(fact)
    return {name: tuple(each) for name, each in found.items()}


def truth(fact: Fact, answer: Template) -> dict[str, tuple[str, ...]]:
    """What a right answer holds, and what it must not hold."""
    every = by_relation()[fact.relation.name]
    if about(answer):
        accepted = {f.value.text for f in every if f.subject == fact.subject}
        rivals = {f.value.text for f in every} - accepted
    else:
        accepted = {f.subject.text for f in every if f.value.text == fact.value.text}
        rivals = {f.subject.text for f in every} - accepted
    return {
        "accepted": tuple(sorted(accepted)),
        "rivals": tuple(sorted(rivals)),
        "relation": (fact.relation.name,),
    }


def pair(rng: random.Random, fact: Fact) -> tuple[str, str, Template]:
    """A question on a fact, its short answer with a capital, and the answer's template."""
    reverse = fact.relation.reverse if facts.unique_value(fact) else []
    text, answer = rng.choice(reverse if reverse and rng.random() < 0.2 else fact.relation.questions)
    question, said = (fill(t, fact.subject, fact.value) for t in (text, answer))
    return cap(question), cap(said) + ".", answer


def statement(rng: random.Random, fact: Fact) -> str:
    """The fact as a whole sentence, mostly in its first wording."""
    wordings = fact.relation.statements
    return sentence(wordings[0] if rng.random() < 0.7 else rng.choice(wordings[:3]), fact.subject, fact.value)


def known(
    rng: random.Random, split: str, which: str = "seen", name: str | None = None
) -> tuple[str, str, dict]:
    """(question, answer, truth) on one fact of the tables."""
    fact = draw(rng, which, name)
    question, answer, template = pair(rng, fact)
    if rng.random() < SENTENCE:
        answer = statement(rng, fact)
    return asked(rng, split, question), answer, truth(fact, template)


def _stranger(rng: random.Random, split: str, fact: Fact) -> Noun | None:
    """An invented noun that could stand in place of the subject; None where an invention would be silly."""
    kind = fact.relation.subject
    if kind == "pais":
        rows = {f.subject.text for f in by_relation()["capital"]}
        real = [Noun(*c) for c in STRANGE_COUNTRIES if c[0] not in rows]
        return rng.choice(real) if real and rng.random() < 0.2 else noun(rng, split, "pais")
    if kind == "estado":
        return noun(rng, split, "cidade") if rng.random() < 0.5 else noun(rng, split, "pais")
    if kind in ("animal", "fruta", "prato", "ritmo", "profissao"):
        return noun(rng, split, "especie")
    if kind == "obra":
        return noun(rng, split, "livro")
    if kind == "palavra":
        return Noun(word(rng, split, rng.choice("mf")))
    if kind == "festa":
        return noun(rng, split, "festa")
    if kind == "rio":
        return noun(rng, split, "rio")
    if kind in ("lugar", "planeta"):
        return noun(rng, split, "montanha" if kind == "lugar" else "planeta")
    return None


def _invented(rng: random.Random, split: str) -> tuple[str, str]:
    """(question, what is unknown) on an invented thing, in the very wordings of the known ones."""
    while True:
        relation_name = None if rng.random() < 0.85 else "contrario"
        fact = draw(rng, "seen", relation_name)
        if fact.relation.name in ("capital", "capital_estado") and rng.random() < 0.25:
            text, _ = rng.choice(fact.relation.reverse)
            town = noun(rng, split, "cidade")
            return fill(text, fact.subject, town), town.text
        stranger = _stranger(rng, split, fact)
        if stranger is not None:
            text, _ = rng.choice(fact.relation.questions)
            article = ("o " if stranger.gender == "m" else "a ") if stranger.article else ""
            return fill(text, stranger, fact.value), article + stranger.text


def _person(rng: random.Random, split: str) -> tuple[str, str]:
    gender = rng.choice("mf")
    if rng.random() < 0.3:
        who = Noun(rng.choice(first_names(split)[gender]), gender)
    else:
        who = noun(rng, split, "pessoa")
    text = compile_template(way(rng, split, PEOPLE))
    return fill(text, who, who), (("o " if who.gender == "m" else "a ") if who.article else "") + who.text


def _attribute(rng: random.Random, split: str) -> str:
    """Something that no table tells about a thing that the tables know."""
    kind = rng.choice(list(ATTRIBUTES))
    name = {"pais": "continente", "estado": "regiao", "animal": "classe", "fruta": "sabor",
            "profissao": "lugar_profissao", "obra": "autor_obra"}[kind]  # fmt: skip
    subject = draw(rng, "seen", name).subject
    return fill(compile_template(way(rng, split, ATTRIBUTES[kind])), subject, subject)


def _thing(rng: random.Random, split: str) -> str:
    """What no table tells about an everyday thing."""
    found = noun(rng, split, rng.choice(("objeto", "objeto", "instrumento", "roupa", "comida")))
    text = way(rng, split, THINGS).replace("De que é feito", "De que é {feito s}")
    return fill(compile_template(text), found._replace(article=True), found)


def unknown(rng: random.Random, split: str) -> tuple[str, str]:
    """(question, refusal)."""
    chance, more = rng.random(), ""
    if chance < 0.5:
        question, what = _invented(rng, split)
        more = way(rng, split, MORE).format(x=what, dx=contract("de", what))
    elif chance < 0.68:
        question, what = _person(rng, split)
        more = way(rng, split, MORE).format(x=what, dx=contract("de", what))
    elif chance < 0.8:
        question, more = _attribute(rng, split), rng.choice(MORE_FACT)
    elif chance < 0.85:
        question, more = _thing(rng, split), rng.choice(MORE_FACT)
    elif chance < 0.9:
        question, more = way(rng, split, SCIENCE), rng.choice(MORE_FACT)
    elif chance < 0.95:
        question, more = way(rng, split, PERSONAL), rng.choice(MORE_PERSONAL)
    else:
        question, more = way(rng, split, NOW), rng.choice(MORE_NOW)
    answer = "Não sei. " + more if rng.random() < FOLLOWED else "Não sei."
    return asked(rng, split, cap(question)), answer


def elliptic(fact: Fact, template: Template) -> str | None:
    """The subject as the question has it: "do Japão", "no Japão", "o gato"; None if it opens otherwise."""
    parts = [part for part in template if not isinstance(part, str) and part[1] == 0]
    pieces = [part[0](fact.subject) for part in parts]
    pieces = [p for p in pieces if p.endswith(fact.subject.text)]
    return low(pieces[0]) if len(pieces) == 1 else None
