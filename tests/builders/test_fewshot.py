"""Tasks shown by examples: true answers, marked where the examples tell them, held out where measured."""

import random
from itertools import islice

import pytest

from builders.corpus import fewshot


def made(split: str, count: int = 1500) -> list:
    return list(islice(fewshot.documents(random.Random(3), split), count))


def test_the_same_seed_gives_the_same_documents() -> None:
    assert made("train", 50) == made("train", 50)


def test_spans_are_outputs_of_the_tasks() -> None:
    for document in made("train"):
        assert document.kind == "exemplos"
        for start, end in document.answers:
            assert 0 < start < end <= len(document.text)
            assert document.text[start - 1] == " "
            assert document.text[end : end + 1] in ("", "\n", ",", ";", ".")


@pytest.mark.parametrize(
    ("task", "x", "y"),
    [
        ("plural", "avião", "aviões"),
        ("feminino", "padeiro", "padeira"),
        ("masculino", "rainha", "rei"),
        ("diminutivo", "faca", "faquinha"),
        ("categoria", "girassol", "flor"),
        ("lingua", "Honduras", "espanhol"),
        ("letras", "casa", "4"),
        ("soma", "3 + 9", "12"),
        ("passado", "fazer", "fez"),
        ("dois", "bota", "duas botas"),
        ("cobertura", "papagaio", "penas"),
        ("quem_faz", "faz pão", "padeiro"),
    ],
)
def test_answers_are_true(task: str, x: str, y: str) -> None:
    assert dict(fewshot.tasks()[task].items)[x] == y


def test_an_input_has_one_output() -> None:
    for task in fewshot.tasks().values():
        assert len(dict(task.items)) == len(task.items)


def test_training_never_shows_what_is_held_out() -> None:
    layouts = [form[1] for form in fewshot.HELD_OUT_LAYOUTS]
    for name in fewshot.HELD_OUT_TASKS:
        assert name in fewshot.tasks()
    for document in made("train"):
        assert not any(between in document.text for between in layouts)
    for name, task in fewshot.tasks().items():
        if task.items and name not in fewshot.HELD_OUT_TASKS:
            drawn = [
                item for seed in range(20) for item in fewshot.draw(random.Random(seed), "train", name, 6)
            ]
            assert not any(fewshot.item_held_out(name, x) for x, _ in drawn)
            last = fewshot.draw(random.Random(0), "valid", name, 5)[-1]
            assert fewshot.item_held_out(name, last[0])


def test_the_first_output_is_marked_only_after_an_instruction() -> None:
    items = [("gato", "gatos"), ("flor", "flores")]
    text, spans = fewshot.render(items, ("", " -> ", "\n"))
    assert text == "gato -> gatos\nflor -> flores"
    assert [text[a:b] for a, b in fewshot._marked(fewshot.tasks()["plural"], items, spans)] == ["flores"]


def test_a_label_is_marked_only_once_it_was_shown() -> None:
    items = [("a", "A"), ("b", "B"), ("c", "A")]
    _, spans = fewshot.render(items, ("", ": ", "\n"))
    assert fewshot._marked(fewshot.tasks()["grupos"], items, spans) == (spans[2],)


def test_a_question_by_itself_is_good_portuguese() -> None:
    tasks = fewshot.tasks()
    assert tasks["capital"].ask("Panamá") == "a capital do Panamá"
    assert tasks["capital"].ask("Portugal") == "a capital de Portugal"
    assert tasks["cor"].ask("manga") == "a cor da manga"


def test_probes_differ_in_their_examples_alone() -> None:
    none, four = fewshot.probes("plural", 0, 20, 1), fewshot.probes("plural", 4, 20, 1)
    for (short, answer), (long, same) in zip(none, four, strict=True):
        assert long.endswith(short)
        assert answer == same
        assert answer.startswith(" ")
        assert not short.endswith(" ")
