"""Names that a passage brings, and the searches made of them."""

from __future__ import annotations

import pytest

from llmlib.data import questions
from llmlib.scratch import hops

ASKED = "Qual era a profissão de quem doou a coleção de cordéis à biblioteca?"


@pytest.mark.parametrize(
    ("sentence", "found"),
    [
        ("A coleção de cordéis foi doada por Firmino Taperê.", ["Firmino Taperê"]),
        ("A Lira Caxindubense abre a festa.", ["Lira Caxindubense"]),  # without the article
        ("Gervásio rege a banda.", []),  # a lone word that opens a sentence says nothing
        ("Rege a banda Gervásio.", ["Gervásio"]),
        ("A rua do Sabiá e a Vila da Pedra.", ["Sabiá", "Vila da Pedra"]),
        ("Ana, Bia e Caio vieram.", ["Bia e Caio"]),  # "e" may stand in a name; a comma may not
        ("Foi na Escola de da Vila.", ["Escola", "Vila"]),  # two small words stand in no name
        ("Fica no Barro  Branco.", ["Barro", "Branco"]),
        ("Fica na Beira-Linha, na Beira-Linha.", ["Beira-Linha"]),  # once
        ("o Largo d'Água", ["Largo"]),
        ("Não. Sim.", []),
        ("", []),
    ],
)
def test_names_are_runs_of_capitals(sentence, found):
    assert hops.names(sentence) == found


def test_a_name_that_was_asked_for_brings_nothing():
    sentence = "Quem dirige a Biblioteca Nhá Tiana é Zulmira Brandel."
    assert hops.names(sentence, "Quem dirige a biblioteca Nha Tiana?") == ["Zulmira Brandel"]
    assert hops.names(sentence, "Quem é Zulmira?") == ["Biblioteca Nhá Tiana", "Zulmira Brandel"]


def test_the_closest_sentence_has_most_of_the_words():
    passage = "Havia chuva. A coleção de cordéis da biblioteca foi doada por Firmino. Em 1999, a biblioteca."
    assert hops.closest(ASKED, passage) == "A coleção de cordéis da biblioteca foi doada por Firmino."
    assert hops.closest("gato", "Um. Dois.") == "Um."
    assert hops.closest(ASKED, "") == ""


def test_queries_ask_again_with_the_name_at_hand():
    passage = "Havia chuva. A coleção de cordéis da biblioteca foi doada por Firmino Taperê, de Santa Iria."
    made = hops.queries(ASKED, passage)
    assert made == [(name, f"{ASKED} {name}") for name in ("Firmino Taperê", "Santa Iria")]
    assert hops.queries(ASKED, "nada aqui") == []


def test_a_text_speaks_of_a_name_in_whole_words():
    assert hops.speaks_of("Eu, FIRMINO TAPERE, trabalhei.", "Firmino Taperê")
    assert not hops.speaks_of("Firmino foi a Taperê.", "Firmino Taperê")
    assert not hops.speaks_of("A Anastácia veio.", "Ana")


def test_most_questions_over_two_documents_lead_from_one_to_the_other():
    """In the collection of the chapters: the first support brings a name, and the second has it."""
    led = asked = 0
    for row in questions("caxinduba"):
        if row["tipo"] != "dois_documentos":
            continue
        valid = [support for support in row["apoios"] if support["vale"]]
        pairs = [(a["texto"], b["texto"]) for a in valid for b in valid if a["fato"] != b["fato"]]
        asked += 1
        led += any(
            hops.speaks_of(there, name) for here, there in pairs for name in hops.names(here, row["pergunta"])
        )
    assert asked > 60
    assert led / asked > 0.8
