"""Invented names and small values: what only reading a passage can tell.

Words are built of syllables by several grammars. Whether a word may be used in "train" or in "valid" is
decided by a stable hash of its beginning, so that no name of the validation split occurs in training.
Knows nothing of sentences: those are in `relations` and `reading`.
"""

from __future__ import annotations

import csv
import random
import re
from collections.abc import Callable
from functools import lru_cache
from pathlib import Path
from typing import NamedTuple
from zlib import crc32

VALID_SHARE = 8  # one beginning in eight belongs to "valid"


class Noun(NamedTuple):
    """A noun phrase without its article: text, gender ("m" or "f"), whether it takes a definite article."""

    text: str
    gender: str = "m"
    article: bool = False


SIMPLE = list("bcdfgjlmnprstvzbcdflmnprstv")
CLUSTERS = "x x ch ch lh nh qu gu br cr dr fr gr pr tr vr bl cl fl gl pl"
ONSETS = SIMPLE * 3 + CLUSTERS.split(" ")
FIRST_ONSETS = [o for o in ONSETS if o not in {"lh", "nh"}] + ["", "", "", "h"]
VOWELS = list("aaaaeeeiiooouu")
CODAS = [""] * 11 + ["l", "r", "s", "n", "i", "u"]
MASCULINE = "o o o el ino eu or im ão udo ério aldo ico ão i ir ul us az ando ôncio"
FEMININE = "a a a ia ina ela ira ice ura élia inha ana eta isa osa é anda uca iana"
ENDINGS = {"m": MASCULINE.split(" "), "f": FEMININE.split(" ")}
PLACES = "aí uba ópolis eira ema ã inas ília ândia burgo oca aru iri ara im osa ópolis esa ora ui"
PLACE_ENDINGS = PLACES.split(" ")


@lru_cache(maxsize=200_000)
def split_of(beginning: str) -> str:
    """The split that owns every word with this beginning (to the onset of its second syllable)."""
    return "valid" if crc32(beginning.encode()) % VALID_SHARE == 0 else "train"


def _syllable(rng: random.Random, first: bool = False, closed: bool = True, simple: bool = False) -> str:
    onset = rng.choice(SIMPLE if simple else FIRST_ONSETS if first else ONSETS)
    vowel = rng.choice(VOWELS)
    if onset in {"qu", "gu"}:
        vowel = "a" if vowel in "ou" else vowel
    coda = rng.choice(CODAS) if closed else ""
    return onset + vowel + ("" if coda == vowel or (coda and coda in "iu" and vowel in "iu") else coda)


def _beginning(rng: random.Random, split: str) -> str:
    """Two syllables owned by `split`; now and then the same syllable twice."""
    while True:
        one = _syllable(rng, first=True)
        closed = one[-1] in "lrsniu"
        if rng.random() < 0.14 and len(one) == 2 and one[0] not in "aeiouh":
            two = one
        else:
            two = _syllable(rng, closed=not closed, simple=closed)
        if closed and (two[0] in "rl" or (one[-1] == "s" and two[0] in "sz")):
            continue
        # what the suffixes of `_join` never change: the first syllable and the onset of the second
        lasting = _spelled(one + two[: min(two.index(v) for v in "aeiou" if v in two)])
        if split_of(lasting) == split:
            return _spelled(one + two)


def _spelled(text: str) -> str:
    """Portuguese spelling at syllable joints: m before p and b, no doubled consonants."""
    for wrong, right in (
        ("np", "mp"),
        ("nb", "mb"),
        ("ss", "s"),
        ("rr", "r"),
        ("ll", "l"),
        ("nn", "n"),
        ("sz", "z"),
    ):
        text = text.replace(wrong, right)
    return text


def _join(start: str, ending: str) -> str:
    """`start` with a suffix: a final vowel gives way to the suffix's; a consonant meets a vowel."""
    opens = ending[0] in "aeiouãáâéêíóôú"
    if start[-1] in "aeiou":
        if opens:
            cut = start.rstrip("aeiou")
            start = cut if len(cut) > 2 and cut[-1] not in "gcq" else start + "l"
    elif not opens:
        start = start + "a" if start[-1] in "rsl" else start[:-1]
    return _spelled(start + ending)


# Pieces of words that make a class laugh, or worse: no invented word holds one.
UNFIT = re.compile(
    r"^cus?$|bost|buce|bund|boiol|cac[aá]|cacet|cag|cuz|estup|fod|merd|mij|nazi|peid|pic[ao]|pint[ao]|porr"
    r"|put[ao]|rol[ao]|trol|viad|xerec|xot|xox"
)


def word(rng: random.Random, split: str, gender: str | None = None) -> str:
    """A lower-case invented word of 2 to 5 syllables; with `gender`, an ending of that gender."""
    while UNFIT.search(made := _word(rng, split, gender)):
        pass
    return made


def _word(rng: random.Random, split: str, gender: str | None) -> str:
    start = _beginning(rng, split)
    draw = rng.random()
    if draw < 0.09 and start[-1] in "aeiou" and start[-2] not in "aeiouhu":
        start += start[-2:]
        if gender is not None and draw < 0.04 and start[-1] == ("a" if gender == "f" else "o"):
            return start  # "Lalala", "Tutucaca"
    elif draw < 0.3 and start[-1] in "aeiou":
        start += _syllable(rng, closed=False)
    if gender is None:
        return start + rng.choice(["l", "r", "z", "s"]) if draw > 0.9 and start[-1] in "aeo" else start
    return _join(start, rng.choice(ENDINGS[gender]))


TABLES = Path(__file__).resolve().parents[2] / "data" / "corpus"


@lru_cache(maxsize=2)
def first_names(split: str) -> dict[str, list[str]]:
    """Real first names by gender; those reserved in the table only in "valid"."""
    names: dict[str, list[str]] = {"m": [], "f": []}
    with (TABLES / "nomes.csv").open(encoding="utf-8", newline="") as file:
        for row in csv.DictReader(file):
            if row["tipo"] == "pessoa" and (split == "valid" or row["reservado"] != "sim"):
                names[row["genero"]].append(row["nome"])
    return names


TITLES = {
    "m": ["seu", "doutor", "professor", "tio", "mestre", "capitão"],
    "f": ["dona", "doutora", "professora", "tia", "mestra", "capitã"],
}


SURNAMES = [
    "Silva",
    "Souza",
    "Santos",
    "Oliveira",
    "Pereira",
    "Lima",
    "Gomes",
    "Costa",
    "Ribeiro",
    "Martins",
    "Almeida",
    "Barbosa",
    "Rocha",
    "Dias",
    "Moura",
    "Nascimento",
    "Araújo",
    "Cardoso",
    "Teixeira",
    "Moreira",
    "Correia",
    "Melo",
    "Barros",
    "Freitas",
    "Batista",
    "Campos",
    "Nunes",
    "Vieira",
    "Pinto",
    "Monteiro",
    "Guajajara",
    "Tanaka",
    "Nakamura",
    "Haddad",
    "Schmidt",
    "Rossi",
    "Xavier",
    "Queiroz",
    "Duarte",
    "Siqueira",
]
LINKS = {"Silva": "da ", "Costa": "da ", "Rocha": "da ", "Souza": "de ", "Oliveira": "de ", "Santos": "dos "}


@lru_cache(maxsize=1)
def roles() -> dict[str, list[str]]:
    """Roles that name a person in a passage ("o padeiro"), by gender."""
    with (TABLES / "papeis.csv").open(encoding="utf-8", newline="") as file:
        rows = list(csv.DictReader(file))
    return {"m": [row["masculino"] for row in rows], "f": [row["feminino"] for row in rows]}


def cap(text: str) -> str:
    """First letter upper case, the rest unchanged."""
    return text[:1].upper() + text[1:]


def pessoa(rng: random.Random, split: str) -> Noun:
    """A person: a role, a real first name, an invented name, two names, or a title and a name."""
    gender = rng.choice("mf")
    draw = rng.random()
    if draw < 0.08:
        return Noun(rng.choice(roles()[gender]), gender, True)
    if draw < 0.28:
        return Noun(rng.choice(first_names(split)[gender]), gender)
    if draw < 0.36:
        names = first_names(split)[gender]
        middle = rng.choice(names) + " " if draw < 0.3 else ""
        last = rng.choice(SURNAMES)
        link = LINKS.get(last, "") if rng.random() < 0.5 else ""
        first = rng.choice(names)
        return Noun(f"{first} {middle if first not in middle else ''}{link}{last}", gender)
    name = cap(word(rng, split, gender))
    if draw < 0.72:
        return Noun(name, gender)
    if draw < 0.82:
        last = " " + rng.choice(SURNAMES) if draw < 0.74 else ""
        return Noun(rng.choice(first_names(split)[gender]) + " " + cap(word(rng, split)) + last, gender)
    if draw < 0.9:
        return Noun(name + " " + cap(word(rng, split)), gender)
    title = rng.choice(TITLES[gender])
    return Noun(f"{title} {name}", gender, title[:2] not in {"se", "ti", "do"} or title.startswith("dout"))


def cidade(rng: random.Random, split: str) -> Noun:
    """A town or village, which takes no article."""
    draw = rng.random()
    if draw < 0.45:
        name = cap(_join(_beginning(rng, split), rng.choice(PLACE_ENDINGS)))
    else:
        name = cap(word(rng, split))
    if draw > 0.72:
        prefix = rng.choice(
            ["Vila", "Porto", "Monte", "Nova", "Lagoa de", "Ponte de", "Campo", "Barra do", "Serra do"]
        )
        name = f"{prefix} {name}"
    return Noun(name, "f")


def pais(rng: random.Random, split: str) -> Noun:
    """A country or island realm, with its article."""
    gender = rng.choice("mff")
    if gender == "m":
        return Noun(cap(word(rng, split, "m")), "m", True)
    endings = ["ânia", "ávia", "ésia", "lândia", "ória", "úrcia", "ônia", "ência"]
    return Noun(cap(_join(_beginning(rng, split), rng.choice(endings))), "f", True)


def _named(
    head: str, gender: str, name: Callable[[random.Random, str], str]
) -> Callable[[random.Random, str], Noun]:
    def make(rng: random.Random, split: str) -> Noun:
        return Noun(f"{head} {name(rng, split)}", gender, True)

    return make


IMPROPER = re.compile(r"porn|put[ao]|merd|fod[ae]|cag[ao]|bund|pic[ao]|rol[ao]|xana|xot|viad|nazi|estupr|cu$")


def proper(rng: random.Random, split: str) -> str:
    """A capitalised invented word, fit for a class of 14-year-olds."""
    while IMPROPER.match(made := word(rng, split)):
        pass
    return cap(made)


def code(rng: random.Random, split: str) -> str:
    """A number or letter-number code owned by `split`."""
    while True:
        number = rng.randint(2, 999)
        text = rng.choice([str(number), str(number), f"{rng.choice('ABCDEGHJKLMPRTVXZ')}-{number}"])
        if split_of(text) == split:
            return text


SHIPS = ("{}", "{}", "{}", "Estrela de {}", "{} do Norte", "{} do Sul", "Rainha de {}", "Flor de {}", "{} II")


def _ship(rng: random.Random, split: str) -> str:
    return rng.choice(SHIPS).format(proper(rng, split))


def _medicine(rng: random.Random, split: str) -> str:
    return cap(
        _join(_beginning(rng, split), rng.choice(["ol", "ina", "ix", "cilina", "amida", "ex", "alma", "ax"]))
    )


def _model(rng: random.Random, split: str) -> str:
    draw = rng.random()
    if draw < 0.3:
        return code(rng, split)
    return proper(rng, split) + (f" {rng.randint(2, 9)}" if draw < 0.45 else "")


def especie(rng: random.Random, split: str) -> Noun:
    """An invented common noun (animal, plant, thing) with its article: "o tuvalo"."""
    gender = rng.choice("mf")
    text = word(rng, split, gender)
    if rng.random() < 0.12:
        extra = [
            "azul",
            "veloz",
            "gigante",
            "da noite",
            "do campo",
            "da serra",
            "listrad" + ("o" if gender == "m" else "a"),
        ]
        text += " " + rng.choice(extra)
    return Noun(text, gender, True)


def palavra(rng: random.Random, split: str) -> Noun:
    """An invented word as a value."""
    return Noun(word(rng, split))


def nome(rng: random.Random, split: str) -> Noun:
    """A capitalised invented name as a value, no article."""
    return Noun(proper(rng, split))


SERVICES = [
    "a biblioteca",
    "o museu",
    "o clube",
    "a escola",
    "o posto de saúde",
    "o cinema",
    "a piscina",
    "o ginásio",
    "a farmácia",
    "a prefeitura",
    "o correio",
    "o zoológico",
    "o teatro",
    "a academia",
    "o parque",
    "o acampamento",
    "o mercado",
    "a padaria",
    "o cartório",
    "o aquário",
    "a estação",
    "o hotel",
    "o restaurante",
    "a oficina",
    "a lanchonete",
    "o laboratório",
    "a secretaria",
    "o centro cultural",
    "a papelaria",
    "o estacionamento",
    "o refeitório",
    "a creche",
    "o estádio",
    "a rodoviária",
    "a livraria",
    "o hospital",
    "a lavanderia",
    "o planetário",
    "a sorveteria",
    "a feira",
]


def servico(rng: random.Random, split: str) -> Noun:
    """A public place or service with its article, often with a name: "a biblioteca de Jambu"."""
    article, _, text = rng.choice(SERVICES).partition(" ")
    draw = rng.random()
    if draw < 0.25:
        text += " de " + proper(rng, split)
    elif draw < 0.4:
        text += " " + proper(rng, split)
    elif draw < 0.5:
        text += " " + rng.choice(["municipal", "do bairro", "da vila", "do centro"])
    return Noun(text, "m" if article == "o" else "f", True)


ENTITIES: dict[str, Callable[[random.Random, str], Noun]] = {
    "pessoa": pessoa,
    "cidade": cidade,
    "pais": pais,
    "especie": especie,
    "palavra": palavra,
    "nome": nome,
    "servico": servico,
    "rio": _named("rio", "m", proper),
    "barco": _named("barco", "m", _ship),
    "navio": _named("navio", "m", _ship),
    "empresa": _named("empresa", "f", proper),
    "loja": _named("loja", "f", proper),
    "escola": _named("escola", "f", proper),
    "fabrica": _named("fábrica", "f", proper),
    "remedio": _named("remédio", "m", _medicine),
    "maquina": _named("máquina", "f", _model),
    "robo": _named("robô", "m", _model),
    "planeta": _named("planeta", "m", _model),
    "livro": _named("livro", "m", lambda r, s: f"“{_ship(r, s)}”"),
    "festa": _named("festa", "f", lambda r, s: "de " + proper(r, s)),
    "time": _named("time", "m", proper),
    "ilha": _named("ilha", "f", lambda r, s: r.choice(["", "de "]) + proper(r, s)),
    "estacao": _named("estação", "f", _model),
    "hotel": _named("hotel", "m", proper),
    "museu": _named("museu", "m", lambda r, s: "de " + proper(r, s)),
    "fazenda": _named("fazenda", "f", proper),
    "trem": _named("trem", "m", _model),
    "sala": _named("sala", "f", code),
    "caixa": _named("caixa", "f", code),
    "rua": _named("rua", "f", proper),
    "banda": _named("banda", "f", proper),
    "reino": _named("reino", "m", lambda r, s: "de " + proper(r, s)),
    "montanha": _named("montanha", "f", proper),
    "biblioteca": _named("biblioteca", "f", lambda r, s: "de " + proper(r, s)),
}
