"""What `instrucoes` states in words holds for the bundled models: an answer ends, a continuation does not.

The page computes its numbers; here small samples guard the direction of each claim. Without mini-instruct
there is nothing to hold.
"""

from __future__ import annotations

import json

import numpy as np
import pytest

from llmlib.data import model_names, root, task
from llmlib.events import finished
from llmlib.measure import answer_probability
from llmlib.scratch import sft

ASKED = [
    ("Qual é a capital da França?", "Paris"),
    ("Qual é a capital da Argentina?", "Buenos Aires"),
    ("Qual é a capital do Japão?", "Tóquio"),
    ("Qual é a capital da Bahia?", "Salvador"),
    ("Qual é a capital do Brasil?", "Brasília"),
]


@pytest.fixture(scope="module")
def base():
    from llmlib import load

    return load("mini-base", device="cpu")


@pytest.fixture(scope="module")
def instruct():
    if "mini-instruct" not in model_names():
        pytest.skip("mini-instruct is not bundled yet")
    from llmlib import load

    return load("mini-instruct", device="cpu")


def reason(lm, **params: object) -> str:
    rules = {"max_new_tokens": 36, "sampling": {"temperature": 0}}
    return finished(lm.compute("generate", params | rules))[1]["reason"]


def test_the_instruct_model_ends_its_answers_and_the_base_goes_on(base, instruct) -> None:
    messages = [[{"role": "user", "content": question}] for question, _ in ASKED]
    assert sum(reason(instruct, messages=each) == "eos" for each in messages) >= 4
    assert sum(reason(base, text=question) == "length" for question, _ in ASKED) >= 4


def test_tuning_takes_the_answer_into_the_conversation(base, instruct) -> None:
    prefix = " " if instruct.tokenizer.chat_template == sft.SPACED_TEMPLATE else ""
    ask = "<|im_start|>user\n{}<|im_end|>\n<|im_start|>assistant\n".format
    means = [
        np.mean([answer_probability(lm, ask(question), prefix + answer) for question, answer in ASKED])
        for lm in (base, instruct)
    ]
    assert means[1] > max(0.2, 2 * means[0])


def test_the_base_knows_what_it_does_not_answer(base) -> None:
    bare = [answer_probability(base, question, f" {answer}") for question, answer in ASKED]
    framed = [answer_probability(base, f"Pergunta: {q}\nResposta:", f" {a}") for q, a in ASKED]
    assert np.mean(framed) > max(0.3, 5 * np.mean(bare))


def test_the_measure_has_what_the_page_reads() -> None:
    file = root() / "medidas" / "sft.json"
    if not file.exists():
        pytest.skip("the curve is not measured yet: python -m builders.sft_curve")
    found = json.loads(file.read_text("utf-8"))
    sizes = {(run["examples"], run["loss"]) for run in found["runs"]}
    assert (0, "respostas") in sizes
    assert any(loss == "tudo" for _, loss in sizes)
    for run in found["runs"]:
        assert len(run["samples"]) == len(found["asked"])
        assert {"fato", "leitura", "sem_resposta", "fonte", "recusa", "conta"} <= set(run["right"])
    assert set(found["facts"]["base_moldura"]) == {"vistos", "guardados", "afirmados", "nunca"}


def test_the_bundled_conversations_hold_every_kind_that_the_page_names() -> None:
    kinds = {row["kind"] for row in task("conversas", "valid")}
    assert {
        "fato",
        "recusa",
        "leitura",
        "sem_resposta",
        "conta",
        "lista",
        "reescrita",
        "sistema",
        "dialogo",
    } <= kinds
