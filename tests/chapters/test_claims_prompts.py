"""What `prompts` says in words holds for the bundled models: steps help, and only known orders are obeyed.

The page computes its numbers; here small samples guard the direction of each claim.
"""

from __future__ import annotations

import json

import pytest

from llmlib.data import model_names, root
from llmlib.scratch import injection as guard
from llmlib.scratch import prompting
from llmlib.widgets.step_sums import WAYS, run, writer


@pytest.fixture(scope="module")
def measured() -> dict:
    return json.loads((root() / "medidas" / "prompts.json").read_text("utf-8"))


@pytest.fixture(scope="module")
def base():
    from llmlib import load

    return load("mini-base", device="cpu")


def test_steps_laid_out_by_the_program_help_and_the_sentence_does_not(base) -> None:
    sums, write = prompting.sums(99, 8, 3), writer(base.compute, base.name)
    right = {
        way: sum(run(write, way, each)["answer"] == sum(each) for each in sums)
        for way in ("direct", "words", "laid")
    }
    assert right["laid"] >= right["direct"] + 3
    assert right["words"] <= right["laid"] - 3


def test_an_order_that_was_learned_is_obeyed_more_than_one_that_was_not(measured) -> None:
    if "mini-instruct" not in model_names():
        pytest.skip("mini-instruct is not bundled yet")
    from llmlib import load

    lm = load("mini-instruct", device="cpu")
    obeyed = {}
    for attack in ("“ignore…”", "“repita…”"):
        added, wanted = measured["models"]["mini-instruct"]["injection"]["attacks"][attack]
        replies = []
        for each in measured["models"]["mini-instruct"]["injection"]["documents"][:6]:
            words = guard.pasted(guard.message(each["question"], each["document"] + added, guard.Defences()))
            replies.append(lm.generate(words, max_new_tokens=16, temperature=0))
        obeyed[attack] = sum(wanted in reply.lower() for reply in replies)
    assert obeyed["“repita…”"] > obeyed["“ignore…”"]


def test_the_measures_have_what_the_page_reads(measured) -> None:
    base = measured["models"]["mini-base"]
    assert {"examples", "labels", "orders", "formats", "parts", "steps"} <= set(base)
    assert set(base["steps"]) == {"2", "3", "4"}
    assert all(set(ways) == set(WAYS) for ways in base["steps"].values())
    assert {"só a entrada", "instrução", "exemplos"} <= set(base["parts"])
    assert {"certas", "trocadas", "de outra tarefa", "sem exemplos"} == set(base["labels"])
    assert {"passado", "classe", "sentimento", "repetir"} <= set(measured["tasks"])
    for task in measured["tasks"].values():
        assert len(task["examples"]) == 8
        assert not {x for x, _ in task["items"]} & {x for x, _ in task["examples"]}
    if "mini-instruct" in measured["models"]:
        found = measured["models"]["mini-instruct"]["injection"]
        assert {"nenhum", "“ignore…”", "“repita…”", "mentira"} <= set(found["measured"])
        assert {"nenhuma", "repetir a pergunta", "+ delimitar", "+ avisar", "todas"} <= set(found["defences"])
        for shares in found["measured"].values():
            for share in shares.values():
                assert share["obedeceu"]["hits"] + share["certa"]["hits"] <= share["certa"]["n"]


def test_examples_help_the_base_model(measured) -> None:
    curve = measured["models"]["mini-base"]["examples"]["all"]
    assert curve["4"]["low"] > curve["0"]["high"]
