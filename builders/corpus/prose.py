"""Short plain stories with real or invented names, and questions on who, what, where, when and why.

A story is an opening, one or two middles and an ending drawn independently; each beat says a few things in
one of its wordings and brings the questions that it answers. Names come from the split that asks. Held-out
prose for measures is written by hand in `data/corpus/contextos.jsonl`.
"""

from __future__ import annotations

import random

from builders.corpus.invented import Noun, cap, cidade, first_names, word
from builders.corpus.values import noun

Beat = tuple[tuple[str, ...], tuple[tuple[str, str], ...]]

RELATIVES = [
    "primo prima",
    "irmão irmã",
    "tio tia",
    "avô avó",
    "vizinho vizinha",
    "amigo amiga",
    "padrinho madrinha",
]
PLACES = [
    "praia",
    "feira",
    "biblioteca",
    "fazenda",
    "praça",
    "escola",
    "estação",
    "cachoeira",
    "horta",
    "padaria",
    "quadra",
    "lagoa",
    "oficina",
    "ponte",
]
PURPOSES = [
    "comprar peixe",
    "vender bolos",
    "soltar pipa",
    "ver um eclipse",
    "colher mangas",
    "buscar uma encomenda",
    "tirar fotos",
    "jogar bola",
    "ensaiar uma peça",
    "plantar mudas",
    "procurar o cachorro",
    "desenhar o pôr do sol",
    "trocar figurinhas",
    "ouvir uma roda de choro",
    "consertar o rádio",
    "encontrar os colegas",
    "andar de bicicleta",
    "visitar uma exposição",
]
DAYS = ["No sábado", "No domingo", "Na segunda-feira", "Na quarta-feira", "Na sexta-feira", "Na quinta-feira"]
FEARS = [
    "um trovão",
    "um mugido",
    "um assobio",
    "um estalo no telhado",
    "passos na escada",
    "um tambor ao longe",
    "um zumbido",
    "uma buzina",
    "um latido rouco",
    "um sino",
]
WEATHERS = [
    "começou a chover",
    "o vento ficou forte",
    "faltou luz",
    "o pneu furou",
    "a ponte fechou",
    "a neblina desceu",
]
HIDINGS = [
    "debaixo da marquise",
    "dentro de um galpão",
    "na casa de um vizinho",
    "sob uma mangueira",
    "na sala dos fundos",
    "num ponto de ônibus",
    "atrás do balcão",
    "na varanda da igreja",
]
SPOTS = [
    "debaixo do banco",
    "dentro de um vaso",
    "atrás do muro",
    "no alto da mangueira",
    "perto do poço",
    "no bolso do casaco",
    "embaixo da ponte",
    "no meio das folhas",
    "ao lado do portão",
    "sobre a janela",
    "no fundo do balde",
    "entre duas pedras",
]
FEELINGS = ["feliz", "aliviado", "cansado", "orgulhoso", "com fome", "com saudade", "surpreso", "animado"]
PROMISES = [
    "voltar no mês seguinte",
    "nunca mais mentir",
    "escrever uma carta",
    "ensinar a receita",
    "cuidar do jardim",
    "devolver o dinheiro",
    "contar tudo ao avô",
    "estudar mais",
    "fazer um bolo",
    "pintar o portão",
]

# {h} hero with article or not, {c} companion, {K} companion's tie, {ele} {o_a} the hero's gender
OPENINGS: tuple[Beat, ...] = (
    (
        (
            "{day}, {h} foi {a_place} com {o_kin} {c} para {purpose}.",
            "{h} acordou cedo. {day}, foi {a_place} com {o_kin} {c} para {purpose}.",
            "{day}, {h} e {o_kin} {c} foram {a_place} para {purpose}.",
            "{day}, para {purpose}, {h} levou {o_kin} {c} {a_place}.",
        ),
        (
            ("Com quem {h} foi {a_place}?", "com {o_kin} {c}"),
            ("Para que {h} foi {a_place}?", "para {purpose}"),
            ("Quem foi {a_place} com {c}?", "{h}"),
        ),
    ),
    (
        (
            "{h} mora em {town} e trabalha como {job}.",
            "Em {town}, onde mora, {h} trabalha como {job}.",
            "{h}, que mora em {town}, trabalha como {job}.",
            "{h} tem uma casa em {town}, onde mora, e trabalha como {job}.",
        ),
        (
            ("Onde {h} mora?", "em {town}"),
            ("{h} trabalha como o quê?", "como {job}"),
            ("Em que cidade mora {h}?", "em {town}"),
            ("Quem trabalha como {job}?", "{h}"),
        ),
    ),
    (
        (
            "{day}, {h} ganhou {um_gift} de {c}, {seu} {kin}.",
            "{c}, {kin} de {h}, deu {um_gift} a {h}.",
            "{day}, {c} chegou com um embrulho. Era {um_gift} para {h}.",
            "Foi {um_gift} o presente que {h} recebeu de {c}.",
        ),
        (
            ("O que {h} ganhou?", "{um_gift}"),
            ("De quem {h} ganhou o presente?", "de {c}"),
            ("Que presente {h} recebeu?", "{um_gift}"),
            ("Quem deu o presente a {h}?", "{c}"),
        ),
    ),
)
MIDDLES: tuple[Beat, ...] = (
    (
        (
            "No caminho, {weather}, e {ele} se abrigou {hiding}.",
            "De repente, {weather}. {h} correu e se abrigou {hiding}.",
            "Como {weather}, {h} teve de se abrigar {hiding}.",
        ),
        (
            ("Onde {h} se abrigou?", "{hiding}"),
            ("Por que {h} se abrigou?", "porque {weather}"),
            ("Em que lugar {h} se abrigou?", "{hiding}"),
        ),
    ),
    (
        (
            "Foi então que {h} viu que tinha perdido {o_thing}. Quem encontrou {o_thing} foi {x}, {spot}.",
            "{h} perdeu {o_thing}, procurou por toda parte e chorou. {x} achou tudo {spot}.",
            "Na pressa, {h} deixou cair {o_thing}. Horas depois, {x} encontrou {o_thing} {spot}.",
        ),
        (
            ("O que {h} perdeu?", "{o_thing}"),
            ("Onde estava {o_thing}?", "{spot}"),
            ("Quem encontrou {o_thing}?", "{x}"),
            ("Quem achou {o_thing}?", "{x}"),
            ("O que {x} encontrou?", "{o_thing}"),
        ),
    ),
    (
        (
            "À noite, {ele} ouviu {fear} e chamou {x}.",
            "Ao ouvir {fear}, {h} chamou {x} na mesma hora.",
            "Todos estavam quietos quando {h} ouviu {fear}. Assustou-se e chamou {x}.",
        ),
        (
            ("O que {h} ouviu?", "{fear}"),
            ("Quem {h} chamou?", "{x}"),
            ("Por quem {h} chamou?", "por {x}"),
        ),
    ),
    (
        (
            "Por {price}, {x} vendeu {um_gift2} a {h}.",
            "{h} comprou {um_gift2} de {x} e pagou {price}.",
            "Na barraca de {x}, {h} viu {um_gift2}. Custava {price}, e {ele} comprou.",
        ),
        (
            ("Quanto {h} pagou?", "{price}"),
            ("O que {h} comprou?", "{um_gift2}"),
            ("De quem {h} comprou {o_gift2}?", "de {x}"),
            ("Quanto custou {o_gift2}?", "{price}"),
        ),
    ),
    (
        (
            "Às {hour}, apareceu {x} com notícias de {town2}.",
            "{x} chegou de {town2} às {hour}, sem avisar.",
            "Eram {hour} quando {x}, que vinha de {town2}, bateu à porta.",
        ),
        (
            ("A que horas {x} chegou?", "às {hour}"),
            ("De onde vinha {x}?", "de {town2}"),
            ("Quem chegou às {hour}?", "{x}"),
        ),
    ),
)
ENDINGS: tuple[Beat, ...] = (
    (
        (
            "No fim, {h} prometeu {promise}.",
            "Antes de dormir, {h} fez uma promessa: {promise}.",
            "“Prometo {promise}”, disse {h} no fim do dia.",
        ),
        (
            ("O que {h} prometeu?", "{promise}"),
            ("Qual foi a promessa de {h}?", "{promise}"),
            ("Quem prometeu {promise}?", "{h}"),
        ),
    ),
    (
        (
            "No fim do dia, {h} estava {feeling}.",
            "{h} voltou para casa {feeling}.",
            "Quando tudo acabou, {h} ficou {feeling}.",
        ),
        (
            ("Como {h} ficou no fim?", "{feeling}"),
            ("Como estava {h} no fim da história?", "{feeling}"),
        ),
    ),
    (
        (
            "Anos depois, {h} escreveu um livro sobre isso: {title}.",
            "Dessa aventura nasceu {title}, o livro de {h}.",
            "{h} contou tudo em um livro chamado {title}.",
        ),
        (
            ("Como se chama o livro de {h}?", "{title}"),
            ("Qual é o título do livro de {h}?", "{title}"),
            ("Quem escreveu {title}?", "{h}"),
        ),
    ),
    (
        (
            "Depois disso, ninguém mais falou no assunto.",
            "E assim terminou aquele dia.",
            "Foi um dia e tanto.",
        ),
        (),
    ),
)
NEVER_TOLD = (
    "Qual é o sobrenome de {h}?",
    "Quantos anos tem {h}?",
    "Qual é a cor dos olhos de {h}?",
    "Como se chama a mãe de {h}?",
    "Em que rua {h} nasceu?",
    "O que {h} comeu no jantar?",
    "Quanto {h} mede?",
    "Qual é o telefone de {h}?",
    "Qual é o time de {h}?",
)


def _name(rng: random.Random, split: str, used: set[str], gender: str) -> str:
    while True:
        made = rng.choice(first_names(split)[gender]) if rng.random() < 0.5 else cap(word(rng, split, gender))
        if not any(made in other or other in made for other in used):
            used.add(made)
            return made


def _slots(rng: random.Random, split: str) -> dict[str, str]:
    """Every slot of a story drawn once, so that all its beats agree."""
    used: set[str] = set()
    gender, other = rng.choice("mf"), rng.choice("mf")
    hero, companion = _name(rng, split, used, gender), _name(rng, split, used, other)
    helper = _name(rng, split, used, rng.choice("mf"))
    kin = rng.choice(RELATIVES).split()[other == "f"]
    place = rng.choice(PLACES)
    gifts: list[Noun] = []
    while len(gifts) < 3:
        made = noun(rng, split, rng.choice(("coisa", "coisa", "objeto", "instrumento")))
        if not any(made.text in g.text or g.text in made.text for g in gifts):
            gifts.append(made)
    feeling = rng.choice(FEELINGS)
    if gender == "f" and feeling.endswith("o"):
        feeling = feeling[:-1] + "a"

    def a(n: Noun) -> str:
        return ("um " if n.gender == "m" else "uma ") + n.text

    def the(n: Noun) -> str:
        return ("o " if n.gender == "m" else "a ") + n.text

    towns = [cidade(rng, split).text for _ in range(2)]
    return {
        "h": hero, "c": companion, "x": helper, "kin": kin, "o_kin": ("o " if other == "m" else "a ") + kin,
        "seu": "seu" if other == "m" else "sua", "ele": "ele" if gender == "m" else "ela",
        "day": rng.choice(DAYS), "a_place": "à " + place, "purpose": rng.choice(PURPOSES), "town": towns[0],
        "town2": towns[1], "job": noun(rng, split, "profissao", gender).text, "um_gift": a(gifts[0]),
        "um_gift2": a(gifts[1]), "o_gift2": the(gifts[1]), "o_thing": the(gifts[2]),
        "weather": rng.choice(WEATHERS), "hiding": rng.choice(HIDINGS), "spot": rng.choice(SPOTS),
        "fear": rng.choice(FEARS), "hour": f"{rng.randint(2, 12)} horas",
        "price": noun(rng, split, "reais").text,
        "promise": rng.choice(PROMISES), "feeling": feeling, "title": noun(rng, split, "titulo").text,
    }  # fmt: skip


def tell(rng: random.Random, split: str) -> tuple[str, list[tuple[str, str]], list[str]]:
    """A story: its text, its (question, answer) pairs, and questions that it does not answer."""
    slots = _slots(rng, split)
    middles = rng.sample(MIDDLES, rng.choice((1, 1, 2)))
    # only one beat may bring the helper, so that "who" has one answer
    if len(middles) == 2 and MIDDLES[0] not in middles:
        middles[rng.randrange(2)] = MIDDLES[0]
    beats = [rng.choice(OPENINGS), *middles, rng.choice(ENDINGS)]
    text = " ".join(cap(rng.choice(wordings).format(**slots)) for wordings, _ in beats)
    pairs = [(cap(q.format(**slots)), a.format(**slots) + ".") for _, each in beats for q, a in each]
    told = {id(beat) for beat in beats}
    absent = [q.format(**slots) for q in NEVER_TOLD]
    asked = {q for q, _ in pairs}
    for beat in (*MIDDLES, *ENDINGS):
        if id(beat) not in told:
            absent += [
                cap(q.format(**slots))
                for q, _ in beat[1]
                if "{x}" not in q and "{o_" not in q and q not in asked
            ][:1]
    return text, pairs, absent


def story(rng: random.Random, split: str) -> str:
    """A document: the story and two to four questions, now and then one that it does not answer."""
    text, pairs, absent = tell(rng, split)
    chosen = rng.sample(pairs, min(len(pairs), rng.randint(2, 4)))
    if rng.random() < 0.45:
        chosen.insert(rng.randint(0, len(chosen)), (rng.choice(absent), "O texto não diz."))
    return "Contexto: " + text + "".join(f"\nPergunta: {q}\nResposta: {a}" for q, a in chosen)
