"""Values that a passage can give: words of `data/corpus/valores.txt`, numbers, dates, prices, names."""

from __future__ import annotations

import random
from collections.abc import Callable
from functools import lru_cache
from pathlib import Path

from builders.corpus.invented import ENTITIES, SURNAMES, Noun, cap, proper, split_of
from builders.corpus.lexicon import lexicon

TABLES = Path(__file__).resolve().parents[2] / "data" / "corpus"


@lru_cache(maxsize=1)
def _values() -> dict[str, list[tuple[Noun, Noun]]]:
    table: dict[str, list[tuple[Noun, Noun]]] = {}
    for line in (TABLES / "valores.txt").read_text(encoding="utf-8").splitlines():
        if not line.strip() or line.startswith("#"):
            continue
        kind, _, rest = line.partition(":")
        pairs = []
        for cell in rest.split(","):
            male, _, female = cell.strip().partition("|")
            if male.startswith(("o ", "a ")):
                noun = Noun(male[2:], "m" if male[0] == "o" else "f", True)
                pairs.append((noun, noun))
            else:
                pairs.append((Noun(male, "m"), Noun(female or male, "f")))
        table[kind.strip()] = pairs
    return table


_MONTHS = "janeiro fevereiro março abril maio junho julho agosto setembro outubro novembro dezembro"
MONTHS = _MONTHS.split(" ")
WORDS = ["três", "quatro", "cinco", "seis", "sete", "oito", "nove", "dez", "onze", "doze"]


def _hour(rng: random.Random, _: str) -> str:
    return f"{rng.randint(2, 23)}h" + rng.choice(["", "", "30", "15", "45", "10", "20", "50"])


def _price(rng: random.Random, _: str) -> str:
    return (
        f"{rng.randint(2, 99) if rng.random() < 0.6 else rng.randint(1, 90) * 10 + 100} reais"
        + rng.choice(["", "", "", " e 50 centavos", " e 20 centavos"])
    )


def _code(rng: random.Random, split: str) -> str:
    while True:
        text = "".join(rng.choice("ABCDEGHJKLMNPRTVXZ") for _ in range(rng.randint(1, 2))) + str(
            rng.randint(2, 99)
        )
        if split_of(text) == split:
            return text


def _reais(rng: random.Random, _: str) -> str:
    whole = rng.randint(1, 60) if rng.random() < 0.6 else rng.randint(7, 90) * 10
    return f"R$ {whole},{rng.choice(('00', '00', '50', '90', '25', '75'))}"


THINGS = ["objeto", "roupa", "ferramenta", "brinquedo", "movel", "utensilio", "recipiente", "instrumento"]


FIXED = {"parede", "porta", "janela", "teto", "chão", "telhado", "muro"}  # nobody carries these


@lru_cache(maxsize=1)
def carried() -> tuple[list[Noun], dict[str, list[str]], list[str]]:
    """Things of the lexicon that can be carried or named, colours by gender, and materials."""
    words = lexicon()
    found = {n.word: n for kind in THINGS for n in words.by_class.get(kind, ()) if " " not in n.word}
    colours = {g: [a.form(g) for a in words.adjectives_by_class["cor"]] for g in "mf"}
    materials = [
        "madeira",
        "pano",
        "vidro",
        "couro",
        "papelão",
        "ferro",
        "palha",
        "barro",
        "plástico",
        "lata",
    ]
    return [Noun(n.word, n.gender, True) for n in found.values() if n.word not in FIXED], colours, materials


def coisa(rng: random.Random, split: str) -> Noun:
    """A thing of the lexicon, often with a colour or a material: "o balde amarelo", "a caixa de lata"."""
    things, colours, materials = carried()
    made = rng.choice(things)
    draw = rng.random()
    if draw < 0.3:
        return Noun(f"{made.text} {rng.choice(colours[made.gender])}", made.gender, True)
    if draw < 0.45:
        return Noun(f"{made.text} de {rng.choice(materials)}", made.gender, True)
    if draw < 0.52:
        return Noun(
            f"{made.text} {rng.choice(colours[made.gender])} de {rng.choice(materials)}", made.gender, True
        )
    return made


TITLE_FORMS = ("{c} e {d}", "O segredo {dc}", "{c} sem dono", "A noite {dc}", "{c} de {n}", "Adeus, {n}",
               "As viagens de {n}", "Onde está {oc}?", "{n} e {oc}", "Três dias em {n}", "O último {m}",
               "{n}", "Canção para {n}", "A volta de {n}")  # fmt: skip


def _title(rng: random.Random, split: str) -> str:
    """A title in quotes."""
    things = carried()[0]
    one, other = rng.choice(things), rng.choice(things)
    form = rng.choice(TITLE_FORMS)
    of, the = ("do ", "o ") if one.gender == "m" else ("da ", "a ")
    last = one.text if one.gender == "m" else "trem"
    text = form.format(c=cap(the + one.text), d=("o " if other.gender == "m" else "a ") + other.text,
                       dc=of + one.text, oc=the + one.text, m=last, n=proper(rng, split))  # fmt: skip
    return f"“{text}”"


STREETS = ["rua", "rua", "avenida", "travessa", "praça", "alameda"]


def _address(rng: random.Random, split: str) -> str:
    name = proper(rng, split) if rng.random() < 0.6 else rng.choice(SURNAMES)
    return f"{rng.choice(STREETS)} {name}, {rng.randint(2, 980)}"


AMOUNTS = {
    "sacos": ("farinha", "feijão", "areia", "arroz", "milho", "cimento"),
    "litros": ("leite", "suco", "tinta", "azeite", "água"),
    "metros": ("pano", "corda", "fita", "arame"),
    "potes": ("mel", "cola", "doce de leite", "pimenta"),
    "caixas": ("sabão", "lápis", "tomate", "velas", "ferramentas"),
    "colheres": ("açúcar", "sal", "fermento", "manteiga"),
    "pacotes": ("biscoito", "café", "sementes", "papel"),
}


def _amount(rng: random.Random, _: str) -> str:
    unit = rng.choice(list(AMOUNTS))
    return f"{rng.choice(WORDS)} {unit} de {rng.choice(AMOUNTS[unit])}"


def _duration(rng: random.Random, _: str) -> str:
    unit = rng.choice(["dias", "meses", "anos", "minutos"])
    return f"{rng.choice(WORDS) if rng.random() < 0.5 else rng.randint(2, 60)} {unit}"


NUMBERS: dict[str, Callable[[random.Random, str], str]] = {
    "idade": lambda r, _: str(r.randint(4, 95)),
    "numero": lambda r, _: str(r.randint(2, 99)),
    "numero_pequeno": lambda r, _: r.choice(WORDS) if r.random() < 0.4 else str(r.randint(2, 12)),
    "numero_grande": lambda r, _: str(r.randint(100, 999)),
    "milhar": lambda r, _: (
        f"{r.randint(2, 9)}.{r.randint(0, 99) * 10:03d}" if r.random() < 0.6 else f"{r.randint(2, 90)} mil"
    ),
    "altura": lambda r, _: (
        f"{r.randint(1, 8)}.{r.randint(0, 99) * 10:03d}" if r.random() < 0.5 else str(r.randint(120, 999))
    ),
    "ano": lambda r, _: str(r.randint(1500, 2020)),
    "tamanho": lambda r, _: str(r.randint(28, 45)),
    "data": lambda r, _: f"{r.randint(2, 28)} de {r.choice(MONTHS)}",
    "hora": _hour,
    "preco": _price,
    "codigo": _code,
    "dia_sem": lambda r, _: r.choice(
        ["segunda-feira", "terça-feira", "quarta-feira", "quinta-feira", "sexta-feira"]
    ),
    "reais": _reais,
    "titulo": _title,
    "endereco": _address,
    "quantia": _amount,
    "duracao": _duration,
    "telefone": lambda r, _: f"{r.randint(2300, 9899)}-{r.randint(1000, 9999)}",
    "data_curta": lambda r, _: f"{r.randint(1, 28):02d}/{r.randint(1, 12):02d}/{r.randint(1990, 2026)}",
    "porcento": lambda r, _: f"{r.randint(2, 98)}%",
    "distancia": lambda r, _: f"{r.randint(2, 900)} {r.choice(('metros', 'quilômetros', 'passos'))}",
    "peso": lambda r, _: f"{r.randint(2, 90)}{r.choice(('', ',5'))} quilos",
    "temperatura": lambda r, _: f"{r.randint(2, 42)} graus",
    "palavra_aspas": lambda r, s: f"“{proper(r, s).lower()}”",
}


def noun(rng: random.Random, split: str, kind: str, gender: str = "m") -> Noun:
    """A noun of a kind: an invented entity, a number, or a word of the table in this gender."""
    if kind == "coisa":
        return coisa(rng, split)
    if kind in ENTITIES:
        return ENTITIES[kind](rng, split)
    if kind in NUMBERS:
        return Noun(NUMBERS[kind](rng, split))
    pairs = _values().get(kind)
    if pairs is None:
        raise ValueError(f"tipo de valor desconhecido: {kind!r} (veja data/corpus/valores.txt)")
    return rng.choice(pairs)[0 if gender == "m" else 1]
