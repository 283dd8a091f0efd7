"""Quiz: what an author may not write, and the questions in a browser and without JavaScript."""

from __future__ import annotations

import copy
from collections.abc import Callable
from pathlib import Path

import pytest
from playwright.sync_api import Locator, expect

from llmlib.widgets import Quiz
from tests.widgets.page import write_page
from tests.widgets.samples import QUESTIONS, SAMPLES


def wrong(change: Callable[[dict], object]) -> list[dict]:
    questions = copy.deepcopy(QUESTIONS)
    change(questions[1])
    return questions


@pytest.mark.parametrize(
    ("questions", "sentence"),
    [
        ([], "pelo menos uma pergunta"),
        (wrong(lambda q: q.pop("pergunta")), "Pergunta 2 do quiz: falta o texto"),
        (wrong(lambda q: q["opcoes"].pop()), "pelo menos duas opções; há 1"),
        (
            wrong(lambda q: q["opcoes"][1].update(certa=True)),
            "exatamente uma opção deve ter certa=True; há 2",
        ),
        (
            wrong(lambda q: q["opcoes"][0].update(certa=False)),
            "exatamente uma opção deve ter certa=True; há 0",
        ),
        (wrong(lambda q: q["opcoes"][0].update(retorno=" ")), "toda opção precisa de “retorno”"),
        (wrong(lambda q: q["opcoes"][0].pop("texto")), "toda opção precisa de “texto”"),
    ],
)
def test_a_question_that_is_not_whole_is_refused(questions: list[dict], sentence: str) -> None:
    with pytest.raises(ValueError, match=sentence):
        Quiz(questions)


def question(root: Locator, number: int) -> Locator:
    return root.locator("form").nth(number)


@pytest.mark.parametrize("size", ["celular", "mesa"])
@pytest.mark.parametrize("host", ["http", "disco"])
def test_a_wrong_answer_then_the_right_one(host: str, size: str, opened: Callable[..., Locator]) -> None:
    root = opened(SAMPLES["quiz"](), host, size=size)
    first = question(root, 0)
    said = first.locator(".quiz-said")
    first.get_by_role("button", name="Conferir").click()
    expect(said).to_have_text("Escolha uma opção antes de conferir.")
    first.get_by_label("A frase inteira").check()
    first.get_by_role("button", name="Conferir").click()
    expect(said).to_have_text("Ainda não. Ele escreve um token por vez.")
    expect(root.locator(".quiz-progress")).to_have_text("Você acertou 0 de 2.")
    first.get_by_label("Uma probabilidade").check()
    expect(said).to_have_text("")
    first.get_by_role("button", name="Conferir").click()
    expect(said).to_contain_text("Certo. Depois sorteia um")
    expect(root.locator(".quiz-progress")).to_have_text("Você acertou 1 de 2.")
    first.get_by_role("button", name="Tentar de novo").click()
    expect(root.locator(".quiz-progress")).to_have_text("Você acertou 0 de 2.")
    assert first.locator("input:checked").count() == 0
    assert root.page.evaluate("document.documentElement.scrollWidth - innerWidth") <= 0


def test_by_keyboard_alone(opened: Callable[..., Locator]) -> None:
    root = opened(SAMPLES["quiz"]())
    keys = root.page.keyboard
    question(root, 0).locator("input").first.focus()
    keys.press("Space")
    keys.press("ArrowDown")
    keys.press("Enter")
    expect(question(root, 0).locator(".quiz-said")).to_contain_text("Certo.")
    expect(question(root, 0).get_by_role("button", name="Tentar de novo")).to_be_visible()


def test_it_speaks_and_groups(opened: Callable[..., Locator]) -> None:
    root = opened(SAMPLES["quiz"]())
    expect(root.get_by_role("group", name="O que um LLM calcula a cada passo?")).to_have_count(1)
    expect(question(root, 0).locator("[aria-live=polite]")).to_have_count(1)
    expect(root.locator("legend code")).to_have_text("temperature=0")
    assert root.locator("b").count() == 0  # the question's <b> is text


def test_without_javascript_the_answers_are_in_details(visit: Callable, tmp_path: Path) -> None:
    page = visit(write_page(tmp_path, [SAMPLES["quiz"]()]).as_uri(), java_script_enabled=False).page
    expect(page.locator(".quiz-still > li")).to_have_count(2)
    answer = page.locator("details").first
    expect(answer.get_by_text("Depois sorteia um")).to_be_hidden()
    answer.locator("summary").click()
    expect(answer.get_by_text("Depois sorteia um")).to_be_visible()
