"""Reading: answers are in the passage, splits share no invented name, held-out relations are held out."""

import random
import re

import pytest

from builders.corpus import copying, generic, invented, passages, probes, prose, reading
from builders.corpus.forms import FORMS
from builders.corpus.generic import invented_relation
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
    assert 0.1 < kinds[passages.NOT_IN_TEXT] / total < 0.22
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
    real |= set(invented.SURNAMES)
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
    def of(level, measure):
        stream = reading.documents(random.Random(6), "train", level)
        return sum(measure(next(stream).text.split("\nPergunta")[0].split()) for _ in range(300))

    def new_words(words):
        return len(set(words)) / len(words)

    assert of(1, new_words) < of(2, new_words)  # easy: the same sentence said of many
    assert of(2, len) < of(3, len)


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


def _statements(relation):
    return set(map(id, relation.statements)), {id(q) for q, _ in relation.questions + relation.reverse}


def test_held_out_wordings_are_not_among_the_trained():
    """Of each relation, the two sets of wordings share nothing and make the whole."""
    held = 0
    for relation in relations().values():
        trained, kept = relation.worded("trained"), relation.worded("held_out")
        assert len(trained.statements) >= 3
        assert trained.questions
        if kept is None:
            continue
        held += 1
        for mine, other, every in zip(
            _statements(trained), _statements(kept), _statements(relation), strict=True
        ):
            assert not mine & other
            assert mine | other == every
    assert held > 100


def test_passages_of_train_use_trained_wordings_only():
    """No question of a held-out wording of a table relation is asked in the training split."""
    rng = random.Random(11)
    for _ in range(1500):
        passage = passages.build(rng, "train")
        for fact in passage.facts:
            whole = relations().get(fact.relation.name)
            kept = whole.worded("held_out") if whole else None
            if kept is not None:
                for question, _ in kept.questions + kept.reverse:
                    text = passages.cap(fill(question, fact.subject, fact.value))
                    assert text not in [q for q, _ in passage.questions]
                for template in kept.statements:
                    # a statement may still be what a kept one says after "Dizem que"
                    assert sentence(template, fact.subject, fact.value) not in passage.text


def test_lexicon_relations_are_many_and_split():
    table = generic._choices()
    trained = {name for which in ("trained", "nouns trained") for name, *_ in table[which]}
    held = {name for which in ("held_out", "nouns held_out") for name, *_ in table[which]}
    assert len(trained) > 400
    assert len(held) > 15
    assert not trained & held
    rng = random.Random(12)
    for _ in range(2000):
        assert generic.from_lexicon(rng).name in trained


@pytest.mark.parametrize("which", ["trained", "held_out"])
def test_each_question_has_one_answer(which):
    """Nothing asked on a passage has two facts of the same relation that could answer it."""
    rng = random.Random(13)
    for _ in range(400):
        passage = passages.build(rng, "valid", pool=which)
        for question, answer in passage.questions:
            if answer in SAID:
                continue
            answers = set()
            for fact in passage.facts:
                for q, a in fact.relation.questions + fact.relation.reverse:
                    text = passages.cap(fill(q, fact.subject, fact.value))
                    if question.endswith((text, text[0].lower() + text[1:])):
                        answers.add(fill(a, fact.subject, fact.value) + ".")
            assert len(answers) <= 1, (passage.text, question, answers)


def test_stories_answer_from_their_text():
    rng = random.Random(14)
    for _ in range(400):
        text, pairs, absent = prose.tell(rng, "train")
        answers = {}
        for question, answer in pairs:
            assert answers.setdefault(question, answer) == answer
            bare = re.sub(r"^(de|em|com|como|por|porque|para|às) ", "", answer.rstrip("."))
            assert bare.lower() in text.lower(), (text, question, answer)
        assert not set(absent) & set(answers)
        assert not set("{}") & set(text)


def test_sources_name_the_passage_that_answers():
    for prompt, answer in probes.sources(60, 0):
        lines = prompt.split("\n")
        assert sum(line.startswith("[") for line in lines) == 4
        assert re.fullmatch(r" \[[1-4]\]", answer)
    for prompt, answer in probes.cited(60, 0):
        value, number = re.fullmatch(r" (.+)\. \[([1-4])\]", answer).groups()
        line = next(line for line in prompt.split("\n") if line.startswith(f"[{number}]"))
        words = [w for w in value.lower().split() if len(w) > 3]
        assert all(w in line.lower() or w in {"para", "pela", "pelo", "porque"} for w in words), (value, line)


def test_probes_cover_the_four_cells_and_reach_150_words():
    seen = set()
    for which in ("trained", "held_out"):
        for wordings in ("trained", "held_out"):
            pairs = probes.reading(30, 0, which, wordings=wordings)
            assert len(pairs) == 30
            seen.add(tuple(pairs))
    assert len(seen) == 4
    long = [len(p.split("\n")[0].split()) for p, _ in probes.reading(20, 0, words=140)]
    assert all(90 <= n <= 152 for n in long), long
    for prompt, answer in probes.copying_sentences(80, 0):
        assert answer.strip() in prompt
        assert 5 <= len(answer.split()) <= 30


def test_handwritten_contexts_hold_their_answers_and_stay_out_of_training():
    rows = probes.handwritten()
    assert len(rows) >= 40
    stream = reading.documents(random.Random(15), "train")
    trained = "\n".join(next(stream).text for _ in range(500))
    for prompt, answers in rows:
        context = prompt.split("\nPergunta:")[0].removeprefix("Contexto: ")
        assert len(context.split()) <= 150
        assert context not in trained
        if answers[0].strip() != passages.NOT_IN_TEXT:
            assert any(a.strip().rstrip(".").lower() in context.lower() for a in answers), prompt


def test_documents_fit_the_context():
    stream = reading.documents(random.Random(16), "train")
    lengths = sorted(len(next(stream).text) for _ in range(1500))
    assert lengths[-1] <= 1600
    assert lengths[len(lengths) * 3 // 4] <= 700


def test_no_invented_word_is_unfit_for_a_class():
    rng = random.Random(12)
    made = [invented.word(rng, "train", gender) for gender in ("m", "f", None) for _ in range(20_000)]
    assert not [word for word in made if invented.UNFIT.search(word)]
    raw = [invented._word(rng, "train", "f") for _ in range(20_000)]
    assert [word for word in raw if invented.UNFIT.search(word)]  # they do occur, and are thrown away
