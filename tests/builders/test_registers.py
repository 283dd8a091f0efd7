"""Documents about invented things and questions on them: the truth is in the text, the fiction is not."""

import random
import re

import pytest

from builders.corpus import registers
from builders.corpus.instructions import filed, make, right
from builders.corpus.passages import NOT_IN_TEXT
from builders.documents.model import normalised
from llmlib.data import documents, questions

LEADS = r"^(como|para|por|sobre|até as|(no )?dia|na|no|de|em) ((o|a) )?"  # from the question


@pytest.fixture(scope="module")
def drawn():
    rng = random.Random("registros")
    return [filed.conversation(rng, "train") for _ in range(400)]


def test_every_sort_can_be_written_and_states_its_facts():
    rng = random.Random(0)
    for sort in registers.sorts():
        for _ in range(6):
            made = registers.record(rng, "train", sort, 4)
            pieces = registers.write(rng, "train", made)
            assert {f for _, facts in pieces for f in facts} == set(made.facts)
            for text, facts in pieces:
                assert all(f.value.text.lower() in text.lower() for f in facts), (text, facts)
                assert not re.search(r"\{|  ", text), text


def test_answers_stand_in_the_piece_that_they_name(drawn):
    cited = 0
    for turns, _ in drawn:
        context = turns[0][0]
        pieces = dict(re.findall(r"(?ms)^\[(\d)\] (.*?)(?=^\[\d\] |\Z)", context))
        for _, answer in turns:
            found = re.fullmatch(r"(.*)\. \[(\d)\]", answer)
            if answer == NOT_IN_TEXT:
                continue
            said = normalised(pieces[found[2]] if found else context)
            words = re.findall(r"[\w,]+", re.sub(LEADS, "", normalised(found[1] if found else answer)))
            assert all(word in said for word in words), (context, answer)
            cited += bool(found)
    assert cited > 200


def test_unanswerable_questions_and_long_contexts_keep_their_shares(drawn):
    answers = [answer for turns, _ in drawn for _, answer in turns]
    assert 0.2 < sum(a == NOT_IN_TEXT for a in answers) / len(answers) < 0.45
    assert {kind for _, kind in drawn} == {"documento", "documento_sem"}
    assert max(len(turns[0][0]) for turns, _ in drawn) < filed.ROOM + 400


def test_nothing_of_the_collection_that_measures_retrieval_is_in_training(drawn):
    told = " ".join(text for turns, _ in drawn for turn in turns for text in turn).lower()
    whole = r"(?<=[a-zà-ú] )[A-ZÀ-Ú][a-zà-ú]{2,}(?: [A-ZÀ-Ú][a-zà-ú]{2,})+"  # two words with capitals
    names = {
        name.lower() for document in documents("caxinduba") for name in re.findall(whole, document["texto"])
    }
    assert len(names) > 80
    assert not {name for name in names if re.search(rf"\b{re.escape(name)}\b", told)}
    asked = {way["texto"].lower() for q in questions("caxinduba") for way in q["jeitos"]}
    assert not {q for turns, _ in drawn for q, _ in turns} & asked


def test_the_right_answer_is_accepted_and_another_is_not():
    for kind in ("documento", "documento_sem"):
        for i in range(20):
            conversation = make(random.Random(f"{kind}{i}"), "valid", kind)
            assert right(conversation, conversation.answer)
            assert not right(conversation, "Talvez amanhã.")


def test_a_correction_wins_over_what_it_corrects():
    rng = random.Random(3)
    sort = registers.sorts()[0]
    made = registers.record(rng, "train", sort, 3)
    text, (changed,) = filed._correction(rng, "train", made, made.facts[0])
    assert changed.value.text in text
    assert changed.value.text != made.facts[0].value.text
    assert changed.subject == made.facts[0].subject


def test_a_comparison_is_decided_by_the_numbers():
    rng = random.Random(1)
    sort = next(s for s in registers.sorts() if s.name == "grupo")
    fields = [f for f in sort.fields if f.name == "socios"]
    one, other = (registers.record(rng, "train", sort, 1, fields) for _ in range(2))
    question, answer, fact = filed._compared(rng, [one, other], {*one.facts, *other.facts})
    more = max((one, other), key=lambda r: int(r.facts[0].value.text))
    assert answer.endswith(more.subject.text)
    assert fact.subject == more.subject
    assert all(r.subject.text in question for r in (one, other))


@pytest.mark.parametrize(
    ("line", "said"),
    [
        ("x", "linha 2"),
        ("= {o z} é {v}.", "linha 2"),
        ("@ só um", "linha 2"),
        ("nome | reais_ou | preço", "precisa de"),
    ],
)
def test_a_bad_table_names_its_line(line, said):
    with pytest.raises(ValueError, match=said):
        registers.parse("@ produto | produto | catálogo\n" + line)
