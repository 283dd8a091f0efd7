"""Inflection against a grammar's forms; the tables and the checker against planted faults."""

import csv
import random
import re

import pytest

from builders.corpus import descriptions, dialogues, stories
from builders.corpus import lexicon as tables
from builders.corpus.agreement import check
from builders.corpus.lexicon import DATA, LexiconError, lexicon
from builders.corpus.morphology import (
    DETERMINERS,
    ELE,
    ELES,
    conjugate,
    contract,
    determiner,
    gerund,
    participle,
)


@pytest.mark.parametrize(
    ("verb", "tense", "forms"),
    [
        ("cantar", "presente", "canto cantas canta cantamos cantais cantam"),
        ("beber", "perfeito", "bebi bebeste bebeu bebemos bebestes beberam"),
        ("partir", "imperfeito", "partia partias partia partíamos partíeis partiam"),
        ("tocar", "perfeito", "toquei tocaste tocou tocamos tocastes tocaram"),
        ("chegar", "perfeito", "cheguei chegaste chegou chegamos chegastes chegaram"),
        ("começar", "perfeito", "comecei começaste começou começamos começastes começaram"),
        ("conhecer", "presente", "conheço conheces conhece conhecemos conheceis conhecem"),
        ("proteger", "presente", "protejo proteges protege protegemos protegeis protegem"),
        ("passear", "presente", "passeio passeias passeia passeamos passeais passeiam"),
        ("ser", "imperfeito", "era eras era éramos éreis eram"),
        ("ir", "perfeito", "fui foste foi fomos fostes foram"),
        ("fazer", "futuro", "farei farás fará faremos fareis farão"),
        ("pôr", "futuro", "porei porás porá poremos poreis porão"),
        ("dormir", "presente", "durmo dormes dorme dormimos dormis dormem"),
        ("seguir", "presente", "sigo segues segue seguimos seguis seguem"),
        ("cair", "perfeito", "caí caíste caiu caímos caístes caíram"),
        ("construir", "presente", "construo constróis constrói construímos construís constroem"),
        ("cantar", "futuro", "cantarei cantarás cantará cantaremos cantareis cantarão"),
    ],
)
def test_conjugation(verb, tense, forms):
    assert [conjugate(verb, tense, person) for person in range(6)] == forms.split()


def test_nominal_forms():
    assert (gerund("ir"), gerund("pôr"), gerund("correr")) == ("indo", "pondo", "correndo")
    assert (participle("ver"), participle("abrir"), participle("cantar")) == ("visto", "aberto", "cantado")


@pytest.mark.parametrize(
    ("preposition", "phrase", "joined"),
    [
        ("em", "o rio", "no rio"),
        ("de", "ela", "dela"),
        ("a", "a feira", "à feira"),
        ("a", "o rio", "ao rio"),
        ("por", "os campos", "pelos campos"),
        ("em", "eles", "neles"),
        ("a", "ela", "a ela"),
        ("de", "Ana", "de Ana"),
        ("com", "o gato", "com o gato"),
    ],
)
def test_contractions(preposition, phrase, joined):
    assert contract(preposition, phrase) == joined


def test_determiners_agree():
    assert determiner("em", "f", plural=True) == "nas"
    assert determiner("aquele", "m") == "aquele"


def test_the_tables_are_big_enough_and_consistent():
    words = lexicon()
    assert len(words.nouns) >= 1200
    assert len(words.adjectives) >= 350
    assert len(words.verbs) >= 400
    people = [n for n in words.names if n.kind == "pessoa"]
    assert len(people) >= 150
    assert sum(n.reserved for n in people) == 20
    women = sum(n.gender == "f" for n in people)
    assert 0.4 < women / len(people) < 0.6
    for kind in ("profissao", "crianca"):
        nouns = words.by_class[kind]
        assert sum(n.gender == "f" for n in nouns) == sum(n.gender == "m" for n in nouns)
    for noun in words.nouns:
        assert noun.plural != noun.word or noun.word.endswith(("s", "x", "z")), noun.word
    held = tables.HELD_OUT
    assert {kind: len(keys) for kind, keys in held.items()} == {"heroi_enredo": 40, "cena": 40}
    assert ("gato", "dormir", "cachorro") in held["cena"]


@pytest.mark.parametrize(
    ("change", "complaint"),
    [
        (lambda row: row.update(genero="x"), "row 3: unknown gender 'x'"),
        (lambda row: row.update(plural=""), "row 3: 'plural' is empty"),
        (lambda row: row.update(palavra="menino", genero="m"), "row 3: 'menino' is already in the table"),
    ],
)
def test_a_bad_row_is_named(tmp_path, change, complaint):
    with (DATA / "substantivos.csv").open(encoding="utf-8", newline="") as file:
        rows = list(csv.DictReader(file))[:4]
    change(rows[1])
    path = tmp_path / "substantivos.csv"
    with path.open("w", encoding="utf-8", newline="") as file:
        writer = csv.DictWriter(file, rows[0])
        writer.writeheader()
        writer.writerows(rows)
    with pytest.raises(LexiconError, match=re.escape(complaint)):
        tables.load_nouns(path)


@pytest.mark.parametrize(
    ("name", "row", "complaint"),
    [
        ("adjetivos.csv", "vermelho,vermelha,vermelhos,vermelhas,cor", "'vermelho' is already in the table"),
        ("adjetivos.csv", "rubro,rubra,,rubras,cor", "'masculino_plural' is empty"),
        ("adjetivos.csv", "rubro,rubra,rubros,rubras", "expected 5 cells"),
        ("nomes.csv", "Zulmira,x,pessoa,comum,", "unknown gender 'x'"),
        ("nomes.csv", "Ana,f,pessoa,comum,", "'Ana' is already in the table"),
        ("nomes.csv", "Zulmira,f,planta,comum,", "tipo is pessoa or bicho"),
        ("verbos.csv", "abraçar", "'abraçar' is already in the table"),
        ("verbos.csv", "azulado", "'azulado' is not an infinitive"),
        ("substantivos.csv", "zebu,m,zebus,zebua,,animal rural", "'feminino_plural' is empty"),
        ("acoes.csv", "gato,teletransportar,no sofá", "the verb 'teletransportar' is not in verbos.csv"),
        ("acoes.csv", "dinossauro,dormir,no sofá", "no noun has the class 'dinossauro'"),
        ("reservados.csv", "heroina,gato,chuva,", "unknown tipo 'heroina'"),
    ],
)
def test_every_table_names_its_bad_row(tmp_path, name, row, complaint):
    lines = (DATA / name).read_text(encoding="utf-8").splitlines()
    path = tmp_path / name
    path.write_text("\n".join([*lines, row]) + "\n", encoding="utf-8")
    words = lexicon()
    load = {
        "substantivos.csv": tables.load_nouns,
        "adjetivos.csv": tables.load_adjectives,
        "nomes.csv": tables.load_names,
        "verbos.csv": tables.load_verbs,
        "acoes.csv": lambda path: tables.load_actions(words.nouns, words.verbs, path),
        "reservados.csv": tables.load_held_out,
    }[name]
    with pytest.raises(LexiconError, match=re.escape(f"{name}, row {len(lines) + 1}: {complaint}")):
        load(path)


def test_no_action_has_a_verb_that_would_be_inflected_wrongly():
    """Verbs of families that are never regular must stand in verbos_irregulares.csv."""
    with (DATA / "verbos_irregulares.csv").open(encoding="utf-8", newline="") as file:
        irregular = {row["infinitivo"] for row in csv.DictReader(file)}
    families = re.compile(r"(por|pôr|uzir|uir|oer|air|cudir|fazer|dizer|pedir|-se)$|^(re|pre|ante)?ver$")
    for verb in {action.verb for action in lexicon().actions} - irregular:
        assert not families.search(verb), verb


@pytest.mark.parametrize(
    ("text", "kind"),
    [
        ("A gato dormia no sofá.", "determinante"),
        ("Os menino correu.", "determinante"),
        ("Ela comprou uma chapéu vermelho.", "determinante"),
        ("Foram até o praça.", "determinante"),
        ("Lia viu o gato preta no muro.", "adjetivo"),
        ("Havia flores amarelos no jardim.", "adjetivo"),
        ("As meninas correu na praça.", "verbo"),
        ("As meninas que moravam perto do rio era corajosas.", "verbo"),
        ("As meninas que moravam perto do rio eram corajosos.", "predicativo"),
        ("O menino estava cansada.", "predicativo"),
        ("Lia estava cansado.", "predicativo"),
        ("Eles estava na feira.", "verbo"),
        ("Enquanto os cachorros dormia, o gato brincava.", "verbo"),
    ],
)
def test_the_checker_sees(text, kind):
    assert [error.kind for error in check(text)] == [kind]


@pytest.mark.parametrize(
    "text",
    [
        "O gato estava dormindo no sofá enquanto o cachorro brincava lá fora.",
        "A menina foi a pé e voltou a cavalo, lado a lado com o avô.",
        "O menino voltou para casa cansado.",
        "Ela ganhou um chapéu de palha amarelo.",
        "Ana e Pedro estavam cansados.",
        "O gato e o cachorro dormiam juntos.",
        "Começou a colher frutas. A cidade cheira a milho.",
    ],
)
def test_the_checker_keeps_silent(text):
    assert check(text) == []


def _texts(count: int, seed: int) -> list[str]:
    sources = [m.documents(random.Random(seed), "train") for m in (stories, descriptions, dialogues)]
    return [next(sources[i % 3]).text for i in range(count)]


def test_no_error_in_generated_text():
    found = [(error, text) for text in _texts(2000, 7) for error in check(text)]
    assert found == []


def _plants(text: str) -> list[str]:
    """Copies of the text, each with one article, adjective or verb in the wrong gender or number."""
    words = lexicon()
    nouns = {}
    for noun in words.nouns:
        nouns.setdefault(noun.word, set()).add((noun.gender == "f") + 0)
        nouns.setdefault(noun.plural, set()).add((noun.gender == "f") + 2)
    fixed = {word: next(iter(forms)) for word, forms in nouns.items() if len(forms) == 1}
    articles = {
        form: (kind, i) for kind in ("o", "um", "de", "em") for i, form in enumerate(DETERMINERS[kind])
    }
    adjectives = {f: a.forms for a in words.adjectives if len(set(a.forms)) == 4 for f in a.forms}
    verbs = {}
    for verb in words.verbs:
        for tense in ("presente", "perfeito", "imperfeito"):
            one, many = conjugate(verb, tense, ELE), conjugate(verb, tense, ELES)
            verbs[one], verbs[many] = many, one
    out = []
    tokens = list(re.finditer(r"\w+(?:-\w+)*", text))
    for det, noun, after in zip(tokens, tokens[1:], tokens[2:], strict=False):
        first, second = det.group().lower(), noun.group()
        if first not in articles or second not in fixed or text[det.end() : noun.start()] != " ":
            continue
        kind, index = articles[first]
        if index != fixed[second]:
            continue  # "a" was a preposition
        for wrong in (index ^ 1, index ^ 2):
            out.append(text[: det.start()] + DETERMINERS[kind][wrong] + text[det.end() :])
        third, opens = after.group(), det.start() == 0 or text[det.start() - 2] in ".!?\n"
        if text[noun.end() : after.start()] != " ":
            continue
        if third in adjectives and third not in nouns and third not in verbs:
            wrong = adjectives[third][index ^ 1]
            out.append(text[: after.start()] + wrong + text[after.end() :])
        elif third in verbs and opens and kind in ("o", "um") and third not in nouns:
            out.append(text[: after.start()] + verbs[third] + text[after.end() :])
    return out


def test_planted_errors_are_found():
    planted = [broken for text in _texts(300, 8) for broken in _plants(text)]
    found = sum(bool(check(text)) for text in planted)
    assert len(planted) > 1000
    assert found / len(planted) > 0.95
