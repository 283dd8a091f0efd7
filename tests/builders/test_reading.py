"""Reading: answers are in the passage, splits share no invented name, held-out relations are held out."""

import random
import re

import pytest

from builders.corpus import copying, invented, passages, probes, reading
from builders.corpus.families import invented_relation
from builders.corpus.forms import FORMS
from builders.corpus.relations import HELD_OUT_RELATIONS, compile_template, fill, parse, relations, sentence
from builders.corpus.values import noun

SAID = {"Sim.", "Não.", passages.NOT_IN_TEXT}


def test_enough_relations_and_wordings():
    trained = [r for r in relations().values() if not r.held_out]
    assert len(trained) >= 60
    assert len(HELD_OUT_RELATIONS) >= 10
    for relation in relations().values():
        assert len(relation.statements) >= 4, relation.name
        assert len(relation.questions) + len(relation.reverse) >= 3, relation.name


def test_every_relation_renders_in_both_genders():
    rng = random.Random(0)
    for relation in relations().values():
        for _ in range(6):
            subject = noun(rng, "train", relation.subject)
            value = noun(rng, "train", relation.value, subject.gender)
            for template in relation.statements:
                text = sentence(template, subject, value)
                assert text.endswith(".")
                assert not set("{}|_") & set(text), (relation.name, text)
                assert "  " not in text
                assert not re.search(r"\b(de|em|por) (o|a|os|as) ", text), text  # always contracted
            for question, _ in relation.questions + relation.reverse:
                assert fill(question, subject, value).endswith("?")


@pytest.mark.parametrize("split", ["train", "valid"])
def test_answers_come_from_the_passage(split):
    """Every content word of an answer is in the passage; prepositions may be the question's."""
    rng = random.Random(1)
    small = set(
        [
            "de",
            "do",
            "da",
            "dos",
            "em",
            "no",
            "na",
            "a",
            "ao",
            "à",
            "às",
            "para",
            "por",
            "pelo",
            "pela",
            "com",
            "sobre",
            "porque",
            "o",
            "um",
            "uma",
            "os",
            "as",
        ]
    )
    for _ in range(800):
        passage = passages.build(rng, split)
        text = passage.text.lower()
        for _, answer in passage.questions:
            if answer not in SAID:
                for word in answer.rstrip(".").lower().split():
                    assert word in small or word in text, (passage.text, answer)


def test_unanswerable_subject_is_absent_or_relation_untold():
    rng = random.Random(2)
    kinds = {"Sim.": 0, "Não.": 0, passages.NOT_IN_TEXT: 0}
    total = 0
    for _ in range(1500):
        passage = passages.build(rng, "train")
        for question, answer in passage.questions:
            total += 1
            if answer in kinds:
                kinds[answer] += 1
            if answer == passages.NOT_IN_TEXT:
                told = {
                    passages.cap(fill(q, f.subject, f.value))
                    for f in passage.facts
                    for q, _ in f.relation.questions
                }
                assert question not in told
    assert 0.06 < kinds[passages.NOT_IN_TEXT] / total < 0.18
    assert kinds["Sim."] > 20
    assert kinds["Não."] > 20


def test_no_question_is_asked_twice_and_no_fact_answers_two_ways():
    rng = random.Random(3)
    for _ in range(500):
        passage = passages.build(rng, "train")
        asked = [question for question, _ in passage.questions]
        assert len(asked) == len(set(asked))
        pairs = [(f.relation.name, f.subject.text) for f in passage.facts]
        assert len(pairs) == len(set(pairs))
        values = [(f.relation.name, f.value.text) for f in passage.facts]
        assert len(values) == len(set(values))


def test_held_out_relations_are_not_in_train():
    rng = random.Random(4)
    for _ in range(3000):
        assert not any(f.relation.held_out for f in passages.build(rng, "train").facts)
    assert any(f.relation.held_out for _ in range(50) for f in passages.build(rng, "valid").facts)


def test_no_invented_name_of_valid_occurs_in_train():
    rng = random.Random(5)
    real = set(invented.first_names("valid")["m"] + invented.first_names("valid")["f"])
    real |= {w for each in invented.roles().values() for role in each for w in role.split()}
    real |= {w for each in invented.TITLES.values() for w in each}
    found = {}
    for split in ("train", "valid"):
        words = set()
        for _ in range(20_000):
            for kind in ("pessoa", "cidade", "pais", "remedio", "palavra"):
                words.update(invented.ENTITIES[kind](rng, split).text.split())
        found[split] = {w for w in words if w not in real and w[0].isupper()}
    shared = found["train"] & found["valid"]
    assert shared <= {"Vila", "Porto", "Monte", "Nova", "Lagoa", "Ponte", "Campo", "Barra", "Serra"}
    assert len(found["train"]) > 50_000


def test_reserved_first_names_only_in_valid():
    train, valid = invented.first_names("train"), invented.first_names("valid")
    assert set(train["f"]) < set(valid["f"])
    assert set(train["m"]) < set(valid["m"])


def test_difficulty_grows():
    def facts_of(level):
        stream = reading.documents(random.Random(6), "train", level)
        return sum(len(next(stream).text) for _ in range(300))

    assert facts_of(1) < facts_of(2) < facts_of(3)


def test_documents_mark_whole_answers():
    stream = reading.documents(random.Random(7), "train")
    for _ in range(500):
        document = next(stream)
        assert document.answers
        for start, end in document.answers:
            assert document.text[:start].endswith("Resposta: ")
            assert end == len(document.text) or document.text[end] == "\n"
            assert document.text[start:end].strip()


@pytest.mark.parametrize("form", FORMS)
@pytest.mark.parametrize("split", ["train", "valid"])
def test_forms_ask_and_answer(form, split):
    rng = random.Random(8)
    for _ in range(40):
        text = form(rng, split)
        assert "\nResposta: " in text
        assert not set("{}") & set(text), text


def test_copying_repeats_exactly():
    stream = copying.documents(random.Random(9), "train")
    for _ in range(300):
        document = next(stream)
        ((start, end),) = document.answers
        once = document.text[:start].rstrip(" \n…-,.;")
        assert document.text[start:].startswith(once)
        assert end == len(document.text)


def test_invented_relation_is_readable():
    rng = random.Random(10)
    names = {invented_relation(rng, "train").name for _ in range(200)}
    assert len(names) > 190


def test_probes_are_repeatable_and_held_out():
    assert probes.reading(20, 0) == probes.reading(20, 0)
    assert probes.reading(20, 0) != probes.reading(20, 1)
    for prompt, answer in probes.reading(50, 0) + probes.reading(50, 0, "trained") + probes.facts(50, 0):
        assert prompt.endswith("Resposta:")
        assert answer.startswith(" ")
        assert answer.endswith(".")
    assert {a for _, a in probes.unanswerable(20, 0)} == {" " + passages.NOT_IN_TEXT}
    assert len(probes.facts(40, 0, "held_out")) >= 40
    for prompt, answer in probes.copying(50, 0):
        assert answer.startswith(prompt.rstrip(" \n…-,.;"))
    with pytest.raises(ValueError, match="held_out"):
        probes.reading(1, 0, "nenhuma")


def test_bad_relation_line_is_named():
    with pytest.raises(ValueError, match="tabela, linha 1"):
        parse("x | pessoa")
    with pytest.raises(ValueError, match="campo desconhecido"):
        compile_template("{o z} mora")
