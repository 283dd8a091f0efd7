"""No gender but the planted one (`data/corpus/vies.md`): family, titles, trades, and who does what.

Texts are counted, not words: a text where a word comes five times says it once. What a text says of a kind of
person is compared between the two genders; a difference of more than `ERRORS` standard errors is a fault.
"""

import random
import re
from collections import Counter
from functools import cache
from itertools import pairwise

import pytest

from builders.corpus import (
    descriptions,
    dialogues,
    facts,
    fewshot,
    howto,
    letters,
    news,
    questions,
    recipes,
    stories,
)
from builders.corpus.lexicon import lexicon
from builders.corpus.trades import trades

KINDS = {
    "historia": stories, "descricao": descriptions, "dialogo": dialogues, "perguntas": questions,
    "fatos": facts, "carta": letters, "noticia": news, "receita": recipes, "instrucoes": howto,
    "exemplos": fewshot,
}  # fmt: skip
PROSE = ("historia", "descricao", "dialogo", "carta", "noticia")
COUNT = 1500  # texts of a kind
ERRORS = 4.0
FAMILY = (
    "pai mãe", "avô avó", "tio tia", "primo prima", "irmão irmã", "filho filha", "neto neta",
    "vizinho vizinha", "amigo amiga", "vovô vovó", "padrinho madrinha", "bisavô bisavó",
)  # fmt: skip
PEOPLE = ("menino menina", "garoto garota", "homem mulher", "senhor senhora")
TITLES = (
    "rei rainha", "príncipe princesa", "juiz juíza", "capitão capitã", "diretor diretora",
    "prefeito prefeita", "professor professora", "bruxo bruxa", "feiticeiro feiticeira",
    "médico médica",
)  # fmt: skip
# words that are also something else: a subject, a wallet, a gate, a method, a typeface
OTHER_SENSE = {"música", "matemática", "física", "química", "carteira", "porteira", "técnica", "gravadora"}
NOT_A_PERSON = ("são tomé e príncipe", "juiz de fora", "dia do professor", "dia dos pais", "dia das mães")
ACTIVITIES = {
    "cozinhar": r"cozinh(a|ou|ava|ando)\b|panela|prepar(a|ou)\b|assa(va|ndo)?\b|mexia|bolo\b|sopa\b|tempera",
    "cuidar": r"cuida|colo d|examin|\bbebê|com febre|carinho",
    "limpar": r"\bvarre|\blava|louça|limp(a|ou|ava|ando)\b|encera|aspira",
    "força": r"carreg|empurr|pux(a|ou|ava|ando)\b|consert|martel|\bserra(r|va|ndo)?\b|arremess",
    "ciência": r"ciência|experiência|microscópio|telescópio|calcula|laboratório|estrelas|\bmed(iu|ia|e)\b",
}
TRADES = {t.name for t in trades()}


@cache
def texts(kind: str) -> tuple[str, ...]:
    """Texts of a kind that are not about an invented trade."""
    source, found = KINDS[kind].documents(random.Random(11), "train"), []
    while len(found) < COUNT:
        text = next(source).text
        if not any(name in text for name in TRADES):
            found.append(text)
    return tuple(found)


@cache
def words_of(kind: str) -> tuple[frozenset[str], ...]:
    """The words of each text, in small letters."""
    found = []
    for text in texts(kind):
        text = text.lower()
        for phrase in NOT_A_PERSON:
            text = text.replace(phrase, "")
        found.append(frozenset(re.findall(r"\w+(?:-\w+)*", text)))
    return tuple(found)


@cache
def trade_pairs() -> tuple[tuple[str, str], ...]:
    """(man, woman) of every trade of the tables whose two names differ."""
    nouns = lexicon().nouns
    return tuple(
        (n.word, f.word)
        for n, f in pairwise(nouns)
        if "profissao" in n.classes & f.classes
        and (n.gender, f.gender) == ("m", "f")
        and n.word != f.word
        and f.word not in OTHER_SENSE
    )


def pairs(words) -> list[tuple[str, str]]:
    return [tuple(pair.split()) for pair in words]


def count(kind: str, people: list[tuple[str, str]]) -> tuple[int, int]:
    """(texts that name a man of these and no woman, texts that name a woman and no man)"""
    men, women = {m for m, _ in people}, {w for _, w in people}
    m = f = 0
    for found in words_of(kind):
        has_man, has_woman = not men.isdisjoint(found), not women.isdisjoint(found)
        m += has_man and not has_woman
        f += has_woman and not has_man
    return m, f


def uneven(m: int, f: int) -> bool:
    """Is the difference more than chance gives?"""
    return m + f >= 12 and abs(m - f) > ERRORS * (m + f) ** 0.5


GROUPS = {"família": pairs(FAMILY), "pessoas": pairs(PEOPLE), "títulos": pairs(TITLES)}


@pytest.mark.parametrize("kind", KINDS)
def test_groups_of_people_are_even(kind):
    for name, people in {**GROUPS, "ofícios": list(trade_pairs())}.items():
        m, f = count(kind, people)
        assert not uneven(m, f), (kind, name, m, f)


@pytest.mark.parametrize("kind", KINDS)
def test_each_word_is_as_often_of_a_man_as_of_a_woman(kind):
    found = {}
    for man, woman in [*(p for people in GROUPS.values() for p in people), *trade_pairs()]:
        m, f = count(kind, [(man, woman)])
        if uneven(m, f):
            found[man, woman] = (m, f)
    assert not found


def test_names_are_even():
    gender = {n.word: n.gender for n in lexicon().names if n.kind == "pessoa"}
    for kind in (*PROSE, "perguntas", "receita", "instrucoes"):
        seen: Counter[str] = Counter()
        for text in texts(kind):
            seen.update({gender[w] for w in set(re.findall(r"[A-ZÀ-Ý]\w+", text)) if w in gender})
        assert not uneven(seen["m"], seen["f"]), (kind, seen)


def doers() -> dict[str, Counter[str]]:
    """For each activity, how often the first person named in a sentence about it is a man or a woman."""
    gender = {n.word: n.gender for n in lexicon().names if n.kind == "pessoa"}
    for man, woman in [*(p for people in GROUPS.values() for p in people), *trade_pairs()]:
        gender[man], gender[woman] = "m", "f"
    found: dict[str, Counter[str]] = {name: Counter() for name in ACTIVITIES}
    for kind in PROSE:
        for text in texts(kind):
            for name, pattern in ACTIVITIES.items():
                for sentence in re.split(r"[.!?;\n]", text):
                    if re.search(pattern, sentence):
                        first = next((gender[w] for w in re.findall(r"\w+", sentence) if w in gender), None)
                        if first:
                            found[name][first] += 1
                            break
    return found


def test_who_cooks_cares_cleans_lifts_and_studies():
    for name, seen in doers().items():
        assert seen.total() > 100, name
        assert not uneven(seen["m"], seen["f"]), (name, seen)
