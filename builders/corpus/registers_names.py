"""What documents write about, and what they say of it: a product, a bus line; a price, a person, a place.

Names are invented (`invented`), of the syllables of their split; the words around them are ordinary ones. A
subject comes with the shorter ways to name it. Not here: how documents are written (`registers`).
"""

from __future__ import annotations

import random
import re
from collections.abc import Callable
from functools import lru_cache

from builders.corpus.invented import SURNAMES, Noun, first_names, proper
from builders.corpus.lexicon import lexicon
from builders.corpus.values import AMOUNTS, TABLES, WORDS, carried, coisa, noun

Names = tuple[Noun, tuple[Noun, ...]]  # the whole name, and shorter ones that may stand for it


@lru_cache(maxsize=1)
def _tables() -> dict[str, list]:
    """The lists of `registros-nomes.txt`: (noun, gender) pairs, or words as they are."""
    table: dict[str, list] = {}
    for line in (TABLES / "registros-nomes.txt").read_text("utf-8").splitlines():
        if line.startswith("#") or not line.strip():
            continue
        kind, mark, rest = re.match(r"(\w+)([:=]) (.*)", line).groups()
        cells = [cell.strip() for cell in rest.split(";")]
        table[kind] = [(c[2:], "m" if c[0] == "o" else "f") for c in cells] if mark == ":" else cells
    return table


def _words(kind: str) -> list:
    return _tables()[kind]


DAYS = ["segunda-feira", "terça-feira", "quarta-feira", "quinta-feira", "sexta-feira", "sábado", "domingo"]
KNOWN_LINES = {*range(100, 131), *range(200, 231)}  # numbers of lines that a collection of the course has
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
    if draw < 0.9:
        return f"{first} {proper(rng, split)}"
    return f"{rng.choice(('Dona', 'Seu', 'Mestre', 'Tia'))} {proper(rng, split)}"


def person(rng: random.Random, split: str, gender: str = "") -> Noun:
    """First name and surname; both, or the surname alone, may be invented. gender: "m", "f" or either."""
    gender = gender or rng.choice("mf")
    first = rng.choice(first_names(split)[gender]) if rng.random() < 0.7 else proper(rng, split)
    last = rng.choice(SURNAMES) if rng.random() < 0.3 else proper(rng, split)
    return Noun(f"{first} {last}", gender)


def _headed(kind: str) -> Callable[[random.Random, str], Names]:
    """A subject of a noun and a name, which may be called by the noun or by the name alone."""

    def make(rng: random.Random, split: str) -> Names:
        head, gender = rng.choice(_words(kind))
        name = called(rng, split)
        whole = Noun(f"{head} {name}", gender, True)
        return whole, (Noun(head, gender, True), Noun(name, gender, True))

    return make


def _event(rng: random.Random, split: str) -> Names:
    head, gender = rng.choice(_words("eventos"))
    of = noun(rng, split, rng.choice(("fruta", "bicho", "comida"))) if rng.random() < 0.5 else None
    whole = f"{head} {'do' if of.gender == 'm' else 'da'} {of.text}" if of else f"{head} {called(rng, split)}"
    return Noun(whole, gender, True), (Noun(head, gender, True),)


def _line(rng: random.Random, split: str) -> Names:
    while (number := rng.randint(2, 998)) in KNOWN_LINES:
        pass
    whole = rng.choice((f"linha {number}", f"linha {number}", f"linha {called(rng, split)}"))
    return Noun(whole, "f", True), (Noun("linha", "f", True),)


def _species(rng: random.Random, split: str) -> Names:
    animal, gender = rng.choice(_words("bichos"))
    draw = rng.random()
    if draw < 0.5:
        mark = rng.choice(_words("marcas"))
        if gender == "f" and "-" not in mark and mark.endswith(("ado", "ento")):
            mark = mark[:-1] + "a"
    else:
        mark = proper(rng, split).lower() if draw < 0.8 else rng.choice(common())
    return Noun(f"{animal}-{mark}", gender, True), (Noun(animal, gender, True),)


def _work(rng: random.Random, split: str) -> Names:
    work, gender = rng.choice(_words("obras"))
    thing, kind = rng.choice(_words("partes"))
    owner = rng.choice(_words("lugares"))
    text = work.format(do="do" if kind == "m" else "da", x=thing)
    if rng.random() < 0.6:
        text += f" {'do' if owner[1] == 'm' else 'da'} {owner[0]}"
    return Noun(text, gender, True), (Noun(work.split()[0], gender, True),)


def _course(rng: random.Random, split: str) -> Names:
    text, gender = rng.choice(_words("cursos"))
    whole = text.format(a=rng.choice(_words("artes")))
    if rng.random() < 0.3:
        whole += " " + called(rng, split)
    return Noun(whole, gender, True), (Noun(text.split()[0], gender, True),)


def _somebody(rng: random.Random, split: str) -> Names:
    whole = person(rng, split)
    return whole, (Noun(whole.text.split()[0], whole.gender),)


def _belonging(rng: random.Random, split: str) -> Names:
    """A thing and its owner; without a colour, which is told apart."""
    thing = rng.choice(carried()[0])
    owner = person(rng, split)
    text = f"{thing.text} de {owner.text}"
    return Noun(text, thing.gender, True), (Noun(thing.text, thing.gender, True),)


def _good(rng: random.Random, split: str) -> Names:
    text, gender = rng.choice(_words("mercadorias"))
    if rng.random() < 0.7:
        text += f" de {proper(rng, split)}"
    return Noun(text, gender, True), (Noun(text, gender, True),)


def _film(rng: random.Random, split: str) -> Names:
    head, gender = rng.choice(_words("filmes"))
    return Noun(f"{head} {noun(rng, split, 'titulo').text}", gender, True), (Noun(head, gender, True),)


def _decree(rng: random.Random, split: str) -> Names:
    """A rule named by what it is about, sometimes with its town: "a lei das calçadas de …"."""
    head, gender = rng.choice(_words("normas"))
    whole = f"{head} {rng.choice(_words('temas_norma'))}"
    if rng.random() < 0.4:
        whole += f" de {proper(rng, split)}"
    return Noun(whole, gender, True), (Noun(head, gender, True),)


def _job(rng: random.Random, split: str) -> Names:
    """A job on offer: "vaga de padeiro", sometimes with the firm that offers it."""
    head, gender = rng.choice(_words("vagas"))
    whole = f"{head} de {rng.choice(_words('empregos'))}"
    if rng.random() < 0.5:
        firm, kind = rng.choice(_words("firmas"))
        whole += f" {'no' if kind == 'm' else 'na'} {firm} {called(rng, split)}"
    return Noun(whole, gender, True), (Noun(head, gender, True),)


def _day(rng: random.Random, _: str) -> Names:
    day = Noun(rng.choice(DAYS))
    return day, (day,)


def _match(rng: random.Random, split: str) -> Names:
    head, gender = rng.choice(_words("jogos"))
    cup, kind = rng.choice(_words("tacas"))
    whole = f"{head} {'do' if kind == 'm' else 'da'} {cup} {called(rng, split)}"
    return Noun(whole, gender, True), (Noun(head, gender, True),)


def _book(rng: random.Random, split: str) -> Names:
    head, gender = rng.choice(_words("livros"))
    whole = f"{head} {noun(rng, split, 'titulo').text}"
    return Noun(whole, gender, True), (Noun(head, gender, True),)


SUBJECTS: dict[str, Callable[[random.Random, str], Names]] = {
    "produto": _headed("produtos"), "linha": _line, "especie_n": _species, "lugar": _headed("lugares"),
    "evento": _event, "servico_c": _work, "pessoa_n": _somebody, "grupo": _headed("grupos"),
    "construcao": _headed("construcoes"), "coisa_de": _belonging, "curso": _course,
    "programa": _headed("programas"), "mercadoria": _good, "dia_de": _day,
    "vaga": _job,
    "predio_n": _headed("predios"), "sitio_n": _headed("sitios"), "filme_n": _film,
    "viagem_n": _headed("veiculos"), "norma": _decree, "posto_n": _headed("postos"),
    "animal_n": _headed("animais"),
    "jogo": _match, "receita_n": _headed("pratos_forno"),
    "imovel": _headed("imoveis"), "livro_t": _book, "passeio": _headed("passeios"),
    "remedio_r": _headed("remedios"), "barco_r": _headed("barcos"),
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


def _with_head(kind: str, name: Callable) -> Callable[[random.Random, str], Noun]:
    def make(rng: random.Random, split: str) -> Noun:
        head, gender = rng.choice(_words(kind))
        return Noun(f"{head} {name(rng, split)}", gender, True)

    return make


def _quarter(rng: random.Random, split: str) -> Noun:
    draw = rng.random()
    if draw < 0.5:
        return Noun(proper(rng, split), "m")
    thing = rng.choice(carried()[0])
    return Noun(thing.text.capitalize(), thing.gender, True)


def _dish(rng: random.Random, _: str) -> Noun:
    chosen = rng.sample(_words("pratos"), rng.choice((1, 2, 2, 3)))
    return Noun(chosen[0] if len(chosen) == 1 else ", ".join(chosen[:-1]) + " e " + chosen[-1])


def _street(rng: random.Random, split: str) -> Noun:
    kind = rng.choice(("rua", "avenida", "travessa", "praça", "ladeira"))
    number = f", {rng.randint(2, 980)}" if rng.random() < 0.6 else ""
    return Noun(f"na {kind} {called(rng, split)}{number}")


def _tonnes(rng: random.Random, _: str) -> Noun:
    unit = rng.choice(("toneladas", "quilos", "sacos", "litros", "caixas"))
    what = rng.choice([item for items in AMOUNTS.values() for item in items])
    return Noun(f"{rng.randint(2, 980)} {unit} de {what}")


def _worker(rng: random.Random, split: str) -> Noun:
    """Who does a piece of work: "a pintora" and her name, or a firm."""
    if rng.random() < 0.6:
        return _with_head("oficios", lambda r, s: person(r, s).text)(rng, split)
    return _with_head("firmas", called)(rng, split)


def _house_price(rng: random.Random, _: str) -> Noun:
    thousands = rng.randint(6, 98) * 10
    return Noun(rng.choice((f"{thousands} mil reais", f"R$ {thousands}.000")))


def _shelf(rng: random.Random, split: str) -> Noun:
    place = rng.choice(("na estante", "na prateleira", "no armário"))
    mark = str(rng.randint(2, 40)) if rng.random() < 0.5 else noun(rng, split, "codigo").text
    return Noun(f"{place} {mark}")


def _foreign(rng: random.Random, split: str) -> Noun:
    while (found := noun(rng, split, "idioma")).text == "português":
        pass
    return found


def _seasoning(rng: random.Random, split: str) -> Noun:
    while (found := noun(rng, split, "ingrediente")).text in {"farinha", "fubá", "ovo"}:
        pass
    return found


def _outing(rng: random.Random, _: str) -> Noun:
    """How long a walk takes."""
    hours = rng.choice(WORDS[:6])
    return Noun(rng.choice((f"{hours} horas", f"{hours} horas e meia", f"{rng.randint(5, 22) * 10} minutos")))


def _hour_between(first: int, last: int) -> Callable[[random.Random, str], Noun]:
    return lambda rng, _: Noun(f"{rng.randint(first, last)}h{rng.choice(('', '', '30', '15', '45'))}")


def _office(rng: random.Random, _: str) -> Noun:
    return Noun(*rng.choice(_words("orgaos")), True)


def _wage(rng: random.Random, _: str) -> Noun:
    whole = f"{rng.randint(1, 6)}.{rng.randint(0, 99) * 10:03d}"
    return Noun(rng.choice((f"{whole} reais", f"{whole} reais", f"R$ {whole},00")))


def _room(rng: random.Random, split: str) -> Noun:
    head = rng.choice(SCHOOL)
    name = rng.choice((str(rng.randint(2, 40)), proper(rng, split)))
    return Noun(f"{head} {name}", "m" if head == "bloco" else "f", True)


def _pen(rng: random.Random, _: str) -> Noun:
    head, gender = rng.choice(_words("recintos"))
    return Noun(f"{head} {rng.randint(2, 40)}", gender, True)


def _platform(rng: random.Random, _: str) -> Noun:
    head, gender = rng.choice(_words("embarques"))
    return Noun(f"{head} {rng.choice((str(rng.randint(1, 14)), rng.choice('ABCDEFG')))}", gender, True)


def _listed(kind: str) -> Callable[[random.Random, str], Noun]:
    return lambda rng, _: Noun(rng.choice(_words(kind)))


def _threat(rng: random.Random, _: str) -> Noun:
    """What endangers a species; several things take a verb in the plural."""
    text = rng.choice(_words("ameacas"))
    return Noun(text, "mp" if text.startswith(("os ", "as ")) else "m")


VALUES: dict[str, Callable[[random.Random, str], Noun]] = {
    "reais_ou": lambda r, s: Noun(_reais(r, s)), "peso_coisa": _measured(("quilos", "quilos", "gramas")),
    "meses": _counted(3, 60, "meses"), "watts": _counted(20, 990, "watts"), "litros": _measured(("litros",)),
    "bairro": lambda r, s: Noun(_quarter(r, s).text), "bairro_o": _quarter,
    "pessoa_inteira": person, "minutos": _counted(10, 95, "minutos"), "ameaca": _threat,
    "medida": _measured(("centímetros", "centímetros", "metros", "milímetros")),
    "anos_v": _counted(2, 99, "anos"), "rua_n": _street, "onde_fica": _listed("escondido"),
    "garantia_v": _counted(2, 12, "meses", "meses", "anos"),
    "dias": _counted(2, 45, "dias", "dias", "semanas"), "coisa_um": _thing, "onde_evento": _listed("onde"),
    "pessoa_oficio": _worker,
    "porcento_e": lambda r, _: Noun(f"{r.randint(2, 40)}{r.choice(('%', ' por cento'))}"),
    "coisa_que": _machine, "nome_proprio": lambda r, s: Noun(called(r, s)), "colecao": _listed("colecoes"),
    "toneladas": _tonnes, "comercio": _with_head("firmas", called),
    "medida_grande": _measured(("metros", "metros", "quilômetros", "palmos")), "prato_n": _dish,
    "ano_recente": lambda r, _: Noun(str(r.randint(1908, 2024))), "idioma_fora": _foreign,
    "placar": lambda r, _: Noun(f"{r.randint(3, 9)} a {r.randint(0, 2)}"), "xicaras": _listed("xicaras"),
    "tempero_n": _seasoning,
    "graus_forno": lambda r, _: Noun(f"{r.randint(14, 25) * 10} graus"),
    "preco_casa": _house_price, "taxa_v": lambda r, _: Noun(f"{r.randint(9, 99) * 10} reais"),
    "area_m": lambda r, _: Noun(f"{r.randint(28, 480)} metros quadrados"),
    "paginas_n": lambda r, _: Noun(str(r.randint(48, 960))), "estante_n": _shelf,
    "editora_n": _with_head("editoras", called), "ervas": _listed("ervas"), "doses": _listed("doses"),
    "vezes_dia": _listed("vezes_dia"), "conserva": _listed("conserva"), "efeitos": _listed("efeitos"),
    "idade_min": lambda r, _: Noun(f"{r.randint(4, 21)} anos"), "dificuldade": _listed("dificuldade"),
    "levar": _listed("levar"), "horas_v": _outing, "cascos": _listed("cascos"),
    "km_v": lambda r, _: Noun(f"{r.randint(2, 38)}{r.choice(('', '', ',5'))} quilômetros"),
    "nos_v": lambda r, _: Noun(f"{r.randint(4, 45)} nós"),
    "metros_b": lambda r, _: Noun(f"{r.randint(4, 48)}{r.choice(('', '', ',5', ',2'))} metros"),
    "preco_baixo": lambda r, _: Noun(f"{r.randint(4, 85)} reais{r.choice(('', '', ' e 50 centavos'))}"),
    "horas_jejum": _counted(4, 12, "horas"), "idade_anos": _counted(2, 45, "anos"), "recinto": _pen,
    "peso_coisa_mala": _counted(13, 60, "quilos"), "peso_bicho": _counted(13, 480, "quilos"),
    "plataforma_v": _platform,
    "terra": _counted(3, 95, "hectares", "alqueires"), "hora_noite": _hour_between(19, 23),
    "hora_cedo": _hour_between(5, 11), "hora_tarde": _hour_between(13, 18), "lavoura": _listed("lavouras"),
    "agua_de": _listed("aguas"), "praga": _listed("pragas"), "enredo": _listed("enredos"),
    "sala_cinema": _with_head("cines", called), "orgao": _office, "recorre": _listed("balcoes"),
    "idade_minima": lambda r, _: Noun(f"{r.choice((6, 8, 10, 12, 14, 16, 18))} anos"),
    "numero_lei": lambda r, _: Noun(f"{r.randint(12, 998)}/{r.randint(1985, 2025)}"),
    "hora_almoco": _hour_between(10, 14),
    "sala_n": _room, "salario": _wage, "horas_sem": _counted(13, 44, "horas"),
    "requisito": _listed("requisitos"), "beneficio": _listed("beneficios"),
    "sinal": _listed("sinais"),
}  # fmt: skip


def value(rng: random.Random, split: str, kind: str, gender: str) -> Noun:
    """A value of a kind of `data/corpus/registros/`; what is not here is in `values`."""
    return VALUES[kind](rng, split) if kind in VALUES else noun(rng, split, kind, gender)
