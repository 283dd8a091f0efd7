"""What documents write about, and what they say of it: a product, a bus line, a club; a price, a person, a place.

Names are invented (`invented`), of the syllables of their split; the words around them are ordinary ones. A
subject comes with the shorter ways to name it. Not here: how documents are written (`registers`).
"""

from __future__ import annotations

import random
from collections.abc import Callable
from functools import lru_cache

from builders.corpus.invented import SURNAMES, Noun, first_names, proper
from builders.corpus.lexicon import lexicon
from builders.corpus.values import AMOUNTS, WORDS, carried, coisa, noun

Names = tuple[Noun, tuple[Noun, ...]]  # the whole name, and shorter ones that may stand for it


def _split(words: str) -> list[tuple[str, str]]:
    """ "o ferro, a batedeira" as (word, gender) pairs."""
    pairs = [" ".join(cell.split()).partition(" ") for cell in words.split(",")]
    return [(text, "m" if article == "o" else "f") for article, _, text in pairs]


PRODUCTS = _split(
    """o ferro, o ventilador, a batedeira, o fogão, a geladeira, o rádio, a lanterna, o guarda-sol, a cadeira, o
    varal, a chaleira, o moedor, a balança, o relógio, a bomba, o aquecedor, a torneira, o colchão, a mesa, o
    tapete, a panela, o filtro, a bicicleta, o carrinho, a rede, o cortador, a furadeira, o liquidificador, o
    forno, a barraca, a mochila, o violão, o abajur, a escada, o espremedor, a sanduicheira, o secador, o regador"""
)
PLACES = _split(
    """a biblioteca, o museu, o clube, a escola, o posto, o cinema, a piscina, o ginásio, a farmácia, a horta, o
    teatro, o viveiro, o mercado, a padaria, o cartório, o aquário, a estação, a pousada, o mirante, a oficina,
    o laboratório, o asilo, a creche, o parque, a livraria, o arquivo, a brinquedoteca, o albergue, o observatório,
    a marcenaria, o orquidário, a ludoteca, a cantina, o depósito, a garagem, a capela"""
)
EVENTS = _split(
    """a festa, o festival, a feira, o concurso, a corrida, a mostra, o torneio, a gincana, o baile, a romaria, o
    desfile, a quermesse, a regata, o sarau, o leilão, a olimpíada, o campeonato, a maratona, o rodeio, a exposição"""
)
GROUPS = _split(
    """a cooperativa, o clube, a associação, o grupo, a banda, o coral, o sindicato, a irmandade, o time, o bloco, a
    companhia, o cineclube, o conselho, a liga, a confraria, a orquestra, o círculo, a brigada"""
)
BUILT = _split(
    """a ponte, o túnel, a torre, o viaduto, a represa, o coreto, a igreja, o mercado, a caixa-d’água, o farol, o
    muro, a praça, a passarela, o cais, a escadaria, o estádio, o moinho, a fonte, o galpão, a muralha"""
)
COURSES = _split(
    """o curso de {a}, a oficina de {a}, a aula de {a}, a turma de {a}, o grupo de {a}, o ateliê de {a}"""
)
ARTS = (
    "violão cerâmica bordado xadrez costura dança teatro pintura marcenaria fotografia canto culinária natação "
    "jardinagem desenho capoeira tricô informática italiano sanfona poesia encadernação flauta crochê"
).split()
PROGRAMMES = _split("o programa, o jornal, a novela, o quadro, a hora, a revista")
ANIMALS = _split(
    """o sapo, a aranha, o lagarto, a borboleta, o besouro, a coruja, o peixe, a cobra, o caranguejo, a formiga, o
    morcego, a tartaruga, o beija-flor, a rã, o tatu, a perereca, o grilo, a abelha, o lobo, a bromélia, a orquídea,
    o cacto, a palmeira, o cipó, o cogumelo, a samambaia, o camarão, a garça, o rato, a libélula, a mariposa, o sabiá"""
)
MARKS = (
    "de-fogo do-brejo da-pedra de-rabo-curto da-serra do-vale de-papo-azul da-noite dourado cinzento de-areia "
    "tinteiro pintado de-cauda-longa da-lua listrado do-telhado cantor de-bigode veloz da-chuva mirim sorriso flautista"
).split()
WORKS = _split(
    """a pintura {do} {x}, o conserto {do} {x}, a reforma {do} {x}, a limpeza {do} {x}, a troca {do} {x}, a compra {do} {x},
    o transporte {do} {x}, a entrega {do} {x}, a poda {do} {x}, o aluguel {do} {x}, a montagem {do} {x}, a mudança {do} {x}"""
)
WORKED = _split(
    """o telhado, a cerca, o muro, o portão, a calçada, o poço, a quadra, o palco, a cozinha, o jardim, a fachada, o
    sino, a bomba, o ônibus, o forno, a lona, o piano, a horta, o letreiro, o relógio, o encanamento, a escada, o barco"""
)
GOODS = _split(
    """o quilo do feijão, o vidro do mel, a dúzia do ovo, o saco da farinha, o litro do azeite, o maço do coentro, o
    quilo do queijo, a garrafa do melado, o pote da geleia, a réstia da cebola, o quilo do camarão, o pacote do café,
    a caixa do tomate, o cacho da banana, o quilo da goma, a peça da linguiça, o quilo do peixe, a bandeja do morango"""
)
TRADES = _split(
    """a pintora, o pedreiro, a costureira, o marceneiro, a jardineira, o eletricista, a cozinheira, o carpinteiro, a
    encanadora, o serralheiro, a vidraceira, o ferreiro, a doceira, o músico, a professora, o cantor, a escritora, o
    maestro, a arquiteta, o mecânico, a barqueira, o tropeiro, a parteira, o padre, a delegada, o caminhoneiro"""
)
FIRMS = _split(
    """a empresa, a oficina, a construtora, a transportadora, o ateliê, a fábrica, a loja, o armazém, a confeitaria,
    o restaurante, a padaria, o sítio, a farmácia, a pousada, o empório, a quitanda, o bazar, a gráfica"""
)
THREATS = (
    "o fogo no capim; a poluição do rio; a caça; o corte da mata; a seca dos poços; o lixo nas praias; o barulho "
    "dos barcos; as redes de pesca; a luz dos postes; o asfalto novo; os gatos soltos; a venda de filhotes; o "
    "veneno das lavouras; o calor; a falta de flores; os cães vadios; as queimadas; a retirada de areia; o gado; "
    "a coleta de raízes; a erosão do barranco; o turismo sem guia; a chegada de peixes de fora; o desmatamento"
).split("; ")
COLLECTED = (
    "selos antigos; tampas de garrafa; botões; chaves sem porta; relógios parados; mapas; caixas de fósforo; conchas; "
    "cartões-postais; apitos; moedas de outros países; discos de vinil; bules; canetas; dedais; pedras de rio; "
    "rótulos; bilhetes de trem; penas; máscaras; rolhas; campainhas; ferraduras; bonecos de barro; xícaras sem asa"
).split("; ")
DISHES = (
    "arroz; feijão; abóbora; couve; farofa; macarrão; sopa de milho; cuscuz; ovo; peixe assado; frango; batata; "
    "mandioca; polenta; carne moída; quiabo; lentilha; tutu; salada; purê; omelete; angu; moqueca; canja"
).split("; ")
EVERYWHERE = (
    "na praça; no salão da igreja; na escola velha; no galpão da estação; na beira do rio; no campo de futebol; na "
    "praia; no coreto; na rua de cima; no pátio do mercado; na quadra; debaixo da ponte; no sítio do moinho; no "
    "clube; na frente do correio; no quintal da vizinha; no cais; na ladeira da matriz; no parque; no cinema antigo"
).split("; ")
HIDDEN = (
    "num galinheiro; no porão; numa caixa de sapatos; atrás do palco; no armário verde; num barril; debaixo da "
    "escada; no sótão; numa mala velha; no barracão; na torre; dentro do piano; no caminhão; no forno; num saco de "
    "estopa; no contêiner azul; na despensa; atrás do altar; no baú da entrada; numa gaveta trancada; no poço seco"
).split("; ")
MEALS = ["segunda-feira", "terça-feira", "quarta-feira", "quinta-feira", "sexta-feira", "sábado", "domingo"]
KNOWN_LINES = range(100, 131)  # numbers of lines that a collection of the course has
SCHOOL = ("sala", "casa", "bloco", "barraca")


@lru_cache(maxsize=1)
def common() -> list[str]:
    """Ordinary nouns of one word, which things are often named after: "o ferro Trovão"."""
    words = lexicon()
    found = {n.word for group in words.by_class.values() for n in group if n.word.isalpha()}
    return sorted(found)


def called(rng: random.Random, split: str) -> str:
    """A name for a thing: an invented word, an ordinary one with a capital, or two."""
    draw = rng.random()
    if draw < 0.5:
        return proper(rng, split)
    first = rng.choice(common()).capitalize()
    if draw < 0.8:
        return first
    return (
        f"{first} {proper(rng, split)}"
        if draw < 0.9
        else f"{rng.choice(('Dona', 'Seu', 'Mestre', 'Tia'))} {proper(rng, split)}"
    )


def person(rng: random.Random, split: str) -> Noun:
    """First name and surname; both, or the surname alone, may be invented."""
    gender = rng.choice("mf")
    first = rng.choice(first_names(split)[gender]) if rng.random() < 0.7 else proper(rng, split)
    last = rng.choice(SURNAMES) if rng.random() < 0.3 else proper(rng, split)
    return Noun(f"{first} {last}", gender)


def _headed(heads: list[tuple[str, str]], pattern: str = "{} {}") -> Callable[[random.Random, str], Names]:
    """A subject of a noun and a name, which may be called by the noun or by the name alone."""

    def make(rng: random.Random, split: str) -> Names:
        head, gender = rng.choice(heads)
        name = called(rng, split)
        whole = Noun(pattern.format(head, name), gender, True)
        return whole, (Noun(head, gender, True), Noun(name, gender, True))

    return make


def _event(rng: random.Random, split: str) -> Names:
    head, gender = rng.choice(EVENTS)
    of = noun(rng, split, rng.choice(("fruta", "bicho", "comida"))) if rng.random() < 0.5 else None
    whole = f"{head} {'do' if of.gender == 'm' else 'da'} {of.text}" if of else f"{head} {called(rng, split)}"
    return Noun(whole, gender, True), (Noun(head, gender, True),)


def _line(rng: random.Random, split: str) -> Names:
    while (number := rng.randint(2, 998)) in KNOWN_LINES:
        pass
    whole = rng.choice((f"linha {number}", f"linha {number}", f"linha {called(rng, split)}"))
    return Noun(whole, "f", True), (Noun("linha", "f", True),)


def _species(rng: random.Random, split: str) -> Names:
    animal, gender = rng.choice(ANIMALS)
    mark = (
        rng.choice(MARKS)
        if rng.random() < 0.5
        else proper(rng, split).lower()
        if rng.random() < 0.6
        else rng.choice(common())
    )
    if gender == "f" and mark.endswith("o") and mark in MARKS:
        mark = mark[:-1] + "a" if "-" not in mark and mark != "sorriso" else mark
    return Noun(f"{animal}-{mark}", gender, True), (Noun(animal, gender, True),)


def _work(rng: random.Random, split: str) -> Names:
    work, gender = rng.choice(WORKS)
    thing, kind = rng.choice(WORKED)
    owner = rng.choice(PLACES)
    text = work.format(do="do" if kind == "m" else "da", x=thing)
    if rng.random() < 0.6:
        text += f" {'do' if owner[1] == 'm' else 'da'} {owner[0]}"
    return Noun(text, gender, True), (Noun(work.split()[0], gender, True),)


def _course(rng: random.Random, split: str) -> Names:
    text, gender = rng.choice(COURSES)
    whole = text.format(a=rng.choice(ARTS))
    if rng.random() < 0.3:
        whole += " " + called(rng, split)
    return Noun(whole, gender, True), (Noun(text.split()[0], gender, True),)


def _somebody(rng: random.Random, split: str) -> Names:
    whole = person(rng, split)
    return whole, (Noun(whole.text.split()[0], whole.gender),)


def _belonging(rng: random.Random, split: str) -> Names:
    thing = coisa(rng, split)
    owner = person(rng, split)
    text = f"{thing.text} de {owner.text}"
    return Noun(text, thing.gender, True), (Noun(thing.text, thing.gender, True),)


def _good(rng: random.Random, split: str) -> Names:
    text, gender = rng.choice(GOODS)
    if rng.random() < 0.7:
        text += f" de {proper(rng, split)}"
    return Noun(text, gender, True), (Noun(text, gender, True),)


def _day(rng: random.Random, _: str) -> Names:
    day = Noun(rng.choice(MEALS))
    return day, (day,)


SUBJECTS: dict[str, Callable[[random.Random, str], Names]] = {
    "produto": _headed(PRODUCTS), "linha": _line, "especie_n": _species, "lugar": _headed(PLACES),
    "evento": _event, "servico_c": _work, "pessoa_n": _somebody, "grupo": _headed(GROUPS),
    "construcao": _headed(BUILT), "coisa_de": _belonging, "curso": _course, "programa": _headed(PROGRAMMES),
    "mercadoria": _good, "dia_de": _day,
}  # fmt: skip


def _one(text: str, gender: str) -> Noun:
    return Noun(("um " if gender == "m" else "uma ") + text, gender)


def _thing(rng: random.Random, split: str) -> Noun:
    made = coisa(rng, split)
    return _one(made.text, made.gender)


def _machine(rng: random.Random, split: str) -> Noun:
    thing = rng.choice(carried()[0])
    use = noun(rng, split, "serventia").text
    return _one(f"{thing.text} {rng.choice(('de', 'para'))} {use}", thing.gender)


def _reais(rng: random.Random, split: str) -> str:
    draw = rng.random()
    if draw < 0.3:
        return f"{rng.randint(2, 99)} reais"
    if draw < 0.4:
        return f"{rng.randint(2, 95)} centavos"
    if draw < 0.55:
        return f"{rng.randint(1, 12)}.{rng.randint(0, 99) * 10:03d} reais"
    return noun(rng, split, "reais").text


def _counted(low: int, high: int, *units: str) -> Callable[[random.Random, str], Noun]:
    def make(rng: random.Random, _: str) -> Noun:
        number = str(rng.randint(low, high)) if high > 12 or rng.random() < 0.6 else rng.choice(WORDS)
        return Noun(f"{number} {rng.choice(units)}")

    return make


def _measured(units: tuple[str, ...]) -> Callable[[random.Random, str], Noun]:
    def make(rng: random.Random, _: str) -> Noun:
        whole = f"{rng.randint(1, 9)},{rng.randint(1, 9)}" if rng.random() < 0.4 else str(rng.randint(2, 95))
        return Noun(f"{whole} {rng.choice(units)}")

    return make


def _with_head(heads: list[tuple[str, str]], name: Callable) -> Callable[[random.Random, str], Noun]:
    def make(rng: random.Random, split: str) -> Noun:
        head, gender = rng.choice(heads)
        return Noun(f"{head} {name(rng, split)}", gender, True)

    return make


def _quarter(rng: random.Random, split: str) -> Noun:
    draw = rng.random()
    if draw < 0.5:
        return Noun(proper(rng, split), "m")
    thing = rng.choice(carried()[0])
    return Noun(thing.text.capitalize(), thing.gender, True)


def _dish(rng: random.Random, _: str) -> Noun:
    chosen = rng.sample(DISHES, rng.choice((1, 2, 2, 3)))
    return Noun(chosen[0] if len(chosen) == 1 else ", ".join(chosen[:-1]) + " e " + chosen[-1])


def _street(rng: random.Random, split: str) -> Noun:
    kind = rng.choice(("rua", "avenida", "travessa", "praça", "ladeira"))
    number = f", {rng.randint(2, 980)}" if rng.random() < 0.6 else ""
    return Noun(f"na {kind} {called(rng, split)}{number}")


def _tonnes(rng: random.Random, _: str) -> Noun:
    unit = rng.choice(("toneladas", "quilos", "sacos", "litros", "caixas"))
    what = rng.choice([item for items in AMOUNTS.values() for item in items])
    return Noun(f"{rng.randint(2, 980)} {unit} de {what}")


def _listed(options: list[str]) -> Callable[[random.Random, str], Noun]:
    return lambda rng, _: Noun(rng.choice(options))


VALUES: dict[str, Callable[[random.Random, str], Noun]] = {
    "reais_ou": lambda r, s: Noun(_reais(r, s)), "peso_coisa": _measured(("quilos", "quilos", "gramas")),
    "meses": _counted(3, 60, "meses"), "watts": _counted(20, 990, "watts"), "litros": _measured(("litros",)),
    "bairro": lambda r, s: Noun(_quarter(r, s).text), "bairro_o": _quarter,
    "pessoa_inteira": person, "minutos": _counted(10, 95, "minutos"), "ameaca": _listed(THREATS),
    "medida": _measured(("centímetros", "centímetros", "metros", "milímetros")),
    "anos_v": _counted(2, 99, "anos"), "rua_n": _street, "onde_fica": _listed(HIDDEN),
    "dias": _counted(2, 45, "dias", "dias", "semanas"), "coisa_um": _thing, "onde_evento": _listed(EVERYWHERE),
    "pessoa_oficio": lambda r, s: (_with_head(TRADES, lambda r, s: person(r, s).text) if r.random() < 0.6 else _with_head(FIRMS, called))(r, s),
    "porcento_e": lambda r, _: Noun(f"{r.randint(2, 40)}{r.choice(('%', ' por cento'))}"),
    "coisa_que": _machine, "nome_proprio": lambda r, s: Noun(called(r, s)), "colecao": _listed(COLLECTED),
    "toneladas": _tonnes, "comercio": _with_head(FIRMS, called),
    "medida_grande": _measured(("metros", "metros", "quilômetros", "palmos")), "prato_n": _dish,
    "sala_n": lambda r, s: Noun(f"{r.choice(SCHOOL)} {r.choice((str(r.randint(2, 40)), proper(r, s)))}"),
}  # fmt: skip


def value(rng: random.Random, split: str, kind: str, gender: str) -> Noun:
    """A value of a kind of `data/corpus/registros.txt`; what is not here is in `values`."""
    return VALUES[kind](rng, split) if kind in VALUES else noun(rng, split, kind, gender)
