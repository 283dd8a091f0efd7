"""Portuguese inflection: determiners, contractions and verb conjugation.

Nouns and adjectives carry their own plural and feminine in the tables (`lexicon`); none is guessed.
Verbs: regular -ar, -er, -ir with their spelling changes, and the irregular ones of `verbos_irregulares.csv`.
"""

import csv
from functools import cache, lru_cache

from builders.corpus.lexicon import DATA, LexiconError

# determiner -> (masculine, feminine, masculine plural, feminine plural)
DETERMINERS: dict[str, tuple[str, str, str, str]] = {
    "o": ("o", "a", "os", "as"),
    "um": ("um", "uma", "uns", "umas"),
    "de": ("do", "da", "dos", "das"),
    "em": ("no", "na", "nos", "nas"),
    "a": ("ao", "à", "aos", "às"),
    "por": ("pelo", "pela", "pelos", "pelas"),
    "num": ("num", "numa", "nuns", "numas"),
    "seu": ("seu", "sua", "seus", "suas"),
    "meu": ("meu", "minha", "meus", "minhas"),
    "nosso": ("nosso", "nossa", "nossos", "nossas"),
    "este": ("este", "esta", "estes", "estas"),
    "esse": ("esse", "essa", "esses", "essas"),
    "aquele": ("aquele", "aquela", "aqueles", "aquelas"),
    "nesse": ("nesse", "nessa", "nesses", "nessas"),
    "desse": ("desse", "dessa", "desses", "dessas"),
    "naquele": ("naquele", "naquela", "naqueles", "naquelas"),
    "daquele": ("daquele", "daquela", "daqueles", "daquelas"),
    "outro": ("outro", "outra", "outros", "outras"),
    "algum": ("algum", "alguma", "alguns", "algumas"),
    "nenhum": ("nenhum", "nenhuma", "nenhuns", "nenhumas"),
    "todo": ("todo", "toda", "todos", "todas"),
    "muito": ("muito", "muita", "muitos", "muitas"),
    "quanto": ("quanto", "quanta", "quantos", "quantas"),
    "mesmo": ("mesmo", "mesma", "mesmos", "mesmas"),
    "dois": ("dois", "duas", "dois", "duas"),
}

PERSONS = ("eu", "tu", "ele", "nós", "vós", "eles")
ELE, ELES = 2, 5

_ENDINGS = {
    "presente": {
        "ar": ("o", "as", "a", "amos", "ais", "am"),
        "er": ("o", "es", "e", "emos", "eis", "em"),
        "ir": ("o", "es", "e", "imos", "is", "em"),
    },
    "perfeito": {
        "ar": ("ei", "aste", "ou", "amos", "astes", "aram"),
        "er": ("i", "este", "eu", "emos", "estes", "eram"),
        "ir": ("i", "iste", "iu", "imos", "istes", "iram"),
    },
    "imperfeito": {
        "ar": ("ava", "avas", "ava", "ávamos", "áveis", "avam"),
        "er": ("ia", "ias", "ia", "íamos", "íeis", "iam"),
        "ir": ("ia", "ias", "ia", "íamos", "íeis", "iam"),
    },
}
_FUTURE = ("ei", "ás", "á", "emos", "eis", "ão")
TENSES = ("presente", "perfeito", "imperfeito", "futuro")


def determiner(kind: str, gender: str, plural: bool = False) -> str:
    """`determiner("em", "f")` is "na"; `kind` is a key of DETERMINERS."""
    return DETERMINERS[kind][(gender == "f") + 2 * plural]


def contract(preposition: str, phrase: str) -> str:
    """Join a preposition and a phrase that starts with a definite article or a third person pronoun.

    contract("em", "o rio") is "no rio", contract("de", "ela") "dela", contract("a", "a feira") "à feira".
    A phrase that starts otherwise is only put after the preposition.
    """
    first, _, rest = phrase.partition(" ")
    if first in DETERMINERS["o"] and rest and preposition in ("de", "em", "a", "por"):
        index = DETERMINERS["o"].index(first)
        return f"{DETERMINERS[preposition][index]} {rest}"
    if first in ("ele", "ela", "eles", "elas") and preposition in ("de", "em"):
        return ("d" if preposition == "de" else "n") + phrase
    return f"{preposition} {phrase}"


@lru_cache(maxsize=1)
def _irregular() -> dict[str, dict[str, tuple[str, ...]]]:
    table = {}
    path = DATA / "verbos_irregulares.csv"
    with path.open(encoding="utf-8", newline="") as file:
        reader = csv.DictReader(file)
        for row in reader:
            forms = {k: tuple(v.split()) for k, v in row.items() if k != "infinitivo" and v}
            for key, value in forms.items():
                if len(value) != (6 if key in TENSES else 1):
                    raise LexiconError(f"{path.name}, row {reader.line_num}: '{key}' has {len(value)} forms")
            table[row["infinitivo"]] = forms
    return table


def _spell(stem: str, theme: str, ending: str) -> str:
    """Keep the sound of the stem before another vowel: toc+ei -> toquei, conhec+o -> conheço."""
    if theme == "ar" and ending[0] in "eéê":
        for old, new in (("ç", "c"), ("c", "qu"), ("g", "gu")):
            if stem.endswith(old):
                return stem[: -len(old)] + new + ending
    if theme in ("er", "ir") and ending[0] in "oa":
        for old, new in (("gu", "g"), ("c", "ç"), ("g", "j")):
            if stem.endswith(old):
                return stem[: -len(old)] + new + ending
    return stem + ending


@cache
def conjugate(infinitive: str, tense: str, person: int = ELE) -> str:
    """One form; `tense` in TENSES, `person` 0..5 (eu, tu, ele, nós, vós, eles)."""
    irregular = _irregular().get(infinitive, {})
    if tense in irregular:
        return irregular[tense][person]
    if tense == "futuro":
        return infinitive.replace("ô", "o") + _FUTURE[person]
    stem, theme = infinitive[:-2], infinitive[-2:]
    if theme not in ("ar", "er", "ir"):
        raise ValueError(f"'{infinitive}' is not a regular infinitive")
    if tense == "presente" and infinitive.endswith("ear") and person not in (3, 4):
        stem += "i"  # passear -> passeia, but passeamos
    return _spell(stem, theme, _ENDINGS[tense][theme][person])


@cache
def gerund(infinitive: str) -> str:
    irregular = _irregular().get(infinitive, {})
    return irregular["gerundio"][0] if "gerundio" in irregular else infinitive[:-1] + "ndo"


@cache
def participle(infinitive: str) -> str:
    """Masculine singular."""
    irregular = _irregular().get(infinitive, {})
    if "participio" in irregular:
        return irregular["participio"][0]
    return infinitive[:-2] + ("ado" if infinitive.endswith("ar") else "ido")
