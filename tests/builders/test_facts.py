"""Facts: tables are whole, articles right, held-out facts never said or asked in "train"."""

import random

import pytest

from builders.corpus import facts, questions, values
from builders.corpus.facts import all_facts, held_out, question, relations, rows, say


def fact(relation, subject):
    return next(f for f in all_facts() if f.relation.name == relation and f.subject.text == subject)


@pytest.mark.parametrize(
    ("subject", "expected"),
    [
        ("Brasil", "A capital do Brasil é Brasília."),
        ("França", "A capital da França é Paris."),
        ("Portugal", "A capital de Portugal é Lisboa."),
        ("Estados Unidos", "A capital dos Estados Unidos é Washington."),
        ("Filipinas", "A capital das Filipinas é Manila."),
        ("Cuba", "A capital de Cuba é Havana."),
        ("Egito", "A capital do Egito é o Cairo."),
        ("México", "A capital do México é a Cidade do México."),
    ],
)
def test_articles_of_countries(subject, expected):
    f = fact("capital", subject)
    assert facts.sentence(f.relation.statements[0], f.subject, f.value) == expected


def test_plural_country_agrees():
    f = fact("continente", "Estados Unidos")
    said = {facts.sentence(t, f.subject, f.value) for t in f.relation.statements}
    assert "Os Estados Unidos ficam na América do Norte." in said
    assert not any("Unidos fica " in text for text in said)


def test_sizes_and_wordings():
    assert len(rows("paises.csv")) >= 110
    assert len(rows("estados.csv")) == 27
    assert len(rows("animais.csv")) >= 120
    assert len(rows("profissoes.csv")) >= 40
    assert len(rows("cultura.csv")) >= 60
    for relation in relations().values():
        assert len(relation.statements) >= 4, relation.name
        assert len(relation.questions) >= 2, relation.name


def test_every_fact_renders_without_leftovers():
    for f in all_facts():
        for template in f.relation.statements:
            text = facts.sentence(template, f.subject, f.value)
            assert text[0] == text[0].upper()
            assert text.endswith(".")
            assert not set("{}|") & set(text), text
            assert "  " not in text


def test_held_out_shares_are_near_what_is_said():
    kinds = [held_out(f) for f in all_facts()]
    assert 0.02 < kinds.count("never") / len(kinds) < 0.06
    assert 0.06 < kinds.count("stated") / len(kinds) < 0.11
    assert held_out(fact("capital", "Brasil")) == ""


def test_never_facts_are_not_drawn_in_train_and_stated_ones_not_asked():
    rng = random.Random(0)
    for asked, banned in ((False, {"never"}), (True, {"never", "stated"})):
        for _ in range(5000):
            assert held_out(facts.draw(rng, "train", asked)) not in banned


def test_held_out_capital_questions_are_not_in_train_documents():
    banned = {
        facts.cap(facts.fill(text, f.subject, f.value))
        for f in all_facts()
        if held_out(f) and f.relation.name == "capital"
        for text, _ in f.relation.questions
    }
    rng = random.Random(1)
    streams = [facts.documents(rng, "train"), questions.documents(rng, "train")]
    for stream in streams:
        for _ in range(3000):
            text = next(stream).text
            assert not any(asked in text for asked in banned), text


def test_reverse_question_only_when_the_value_is_of_one_subject():
    spanish = [f for f in all_facts() if f.relation.name == "faz_profissao" and f.subject.text == "pescador"]
    assert facts.unique_value(spanish[0])
    rng = random.Random(2)
    for f in all_facts():
        if f.relation.reverse and not facts.unique_value(f):
            text, _ = question(rng, f)
            reversed_ = {facts.cap(facts.fill(q, f.subject, f.value)) for q, _ in f.relation.reverse}
            assert text not in reversed_


def test_answers_are_marked():
    stream = facts.documents(random.Random(3), "train")
    marked = 0
    for _ in range(300):
        document = next(stream)
        assert document.kind == "fatos"
        for start, end in document.answers:
            assert document.text[:start].endswith("Resposta: ")
            assert document.text[start:end].endswith(".")
            assert end == len(document.text) or document.text[end] == "\n"
            marked += 1
    assert marked > 100


def test_sums_are_right():
    rng = random.Random(4)
    by_word = {word: n for n, word in enumerate(facts.NUMBERS)}
    operations = {"mais": int.__add__, "menos": int.__sub__, "vezes": int.__mul__}
    for _ in range(500):
        statement, _, answer = facts.sums(rng, "train")
        tokens = statement.removeprefix("A conta ").rstrip(".").lower().split()

        def number(token):
            return by_word[token] if token in by_word else int(token)

        result = operations[tokens[1]](number(tokens[0]), number(tokens[2]))
        assert result == number(tokens[-1]) == number(answer.rstrip("."))


def test_lists_of_questions_hold_only_questions():
    stream = questions.documents(random.Random(5), "train")
    for _ in range(300):
        text = next(stream).text
        assert "Resposta" not in text
        assert text.count("?") >= 4 or "Responda" in text
        assert text.endswith("?")


@pytest.mark.parametrize(
    ("content", "message"),
    [
        ("fruta,genero,cor\nuva,x,roxa\n", "linha 2: gênero"),
        ("fruta,genero,cor\nuva,f,\n", "linha 2: a coluna 'cor'"),
        ("fruta,genero,cor\nuva,f,roxa\nuva,f,verde\n", "linha 3: uva | f está repetido"),
    ],
)
def test_bad_table_is_named_with_its_row(tmp_path, monkeypatch, content, message):
    (tmp_path / "plantas.csv").write_text(content, encoding="utf-8")
    monkeypatch.setattr(facts, "TABLES", tmp_path)
    with pytest.raises(ValueError, match=r"plantas\.csv") as error:
        rows("plantas.csv")
    assert message in str(error.value)
    assert values.TABLES.exists()


def test_say_uses_different_wordings():
    f = fact("capital", "França")
    assert len({say(random.Random(i), f) for i in range(60)}) >= 5
