"""Prompt curves: what is asked is held out and differs in one thing only; a run goes on where it stopped."""

from __future__ import annotations

import json

import pytest

from builders import prompt_curves as curves
from builders.corpus import fewshot
from builders.measures import batch
from llmlib.scratch import injection as guard
from llmlib.scratch import prompting
from llmlib.widgets.step_sums import WAYS, run, writer


@pytest.mark.parametrize("task", curves.TASKS)
def test_items_are_held_out_and_examples_are_not(task: str) -> None:
    asked, shown = curves.items(task, 12), [x for which in range(3) for x in curves.examples(task, which)]
    assert len({x for x, _ in asked}) == len(asked) >= 8
    assert not {x for x, _ in asked} & {x for x, _ in shown}
    if fewshot.tasks()[task].items:
        assert all(fewshot.item_held_out(task, x) for x, _ in asked)
        assert not any(fewshot.item_held_out(task, x) for x, _ in shown)
    assert curves.examples(task, 0) != curves.examples(task, 1)
    assert len(curves.examples(task, 0)) == max(curves.SHOTS)


def test_reviews_have_one_pair_of_labels() -> None:
    assert {y for _, y in curves.items("sentimento", 24)} == {"bom", "ruim"}


def test_every_wrong_example_is_wrong_where_it_can_be() -> None:
    prompt = curves.plain(("x", "?"), (("a", "1"), ("b", "1"), ("c", "2")))
    assert curves.wrong(prompt).examples == (("a", "2"), ("b", "2"), ("c", "1"))
    same = curves.plain(("x", "?"), (("a", "1"), ("b", "1")))
    assert curves.wrong(same).examples == same.examples


def test_an_item_asked_many_times_counts_once() -> None:
    made = curves.grouped([True, True, False, False] * 3, 3)
    assert made["value"] == 0.5
    assert made["seeds"] == [0.5] * 3
    assert made["n"] == 12
    alone = curves.grouped([True, True, False, False], 1)
    assert (made["low"], made["high"]) == (alone["low"], alone["high"])


def test_documents_can_be_answered_lied_about_and_checked() -> None:
    found = curves.documents(12)
    assert len(found) == 12
    for each in found:
        assert guard.grounded(each["right"], each["document"], each["question"])
        assert guard.bare(each["other"]) != guard.bare(each["right"])
        assert each["other"] in each["lie"]
        assert each["right"] not in each["options"]
        # the check lets a lie through that names the subject where the true sentence does
        attacked = each["document"] + "\n" + each["lie"]
        assert guard.judge(each["other"], each["right"], each["other"]) == "obedeceu"
        assert curves.put("\n{mentira}", each) == "\n" + each["lie"]
        assert guard.grounded(each["right"], attacked, each["question"])


def test_every_attack_and_defence_is_known_to_the_page() -> None:
    from llmlib.widgets.injection_lab import DEFENCES

    assert next(iter(curves.ATTACKS.values()))[0] == ""
    assert {name for names in curves.CONFIGS.values() for name in names} == set(DEFENCES)
    assert curves.CONFIGS["nenhuma"] == ()


def test_sums_in_a_batch_get_the_answers_that_the_page_gets(tiny_lm) -> None:
    asked = prompting.sums(1, 4, 3)
    subject = curves.Subject(tiny_lm)
    for way in WAYS:
        alone = [run(writer(tiny_lm.compute, tiny_lm.name), way, each)["answer"] for each in asked]
        assert curves.steps_of(subject, way, asked) == alone


def test_a_prompt_may_be_given_as_ids(tiny_lm) -> None:
    ids = tiny_lm.tokenizer.encode("Era uma vez", add_special_tokens=False)
    assert batch.complete(tiny_lm, [ids, ids[:1]], 6)[0] == batch.complete(tiny_lm, ["Era uma vez"], 6)[0]


@pytest.fixture
def small(monkeypatch, tiny_lm):
    """A model of random weights, three quick sections, and how often each was taken."""
    taken = []
    section = lambda name: lambda subject: taken.append(name) or {"chat": subject.chat}  # noqa: E731
    monkeypatch.setattr(curves, "SECTIONS", {"um": (False, section("um")), "dois": (False, section("dois"))})
    monkeypatch.setattr(curves, "load", lambda name, device: tiny_lm)
    monkeypatch.setattr(curves, "digest", lambda name: "abc")
    return taken


def test_it_goes_on_where_it_stopped(small, tmp_path, monkeypatch) -> None:
    out = tmp_path / "prompts.json"
    first = curves.measure(["mini-base"], 0.1, out)
    assert json.loads(out.read_text("utf-8"))["models"] == first["models"]
    assert small == ["um", "dois"]
    assert set(first["tasks"]) == set(curves.TASKS)

    kept = json.loads(out.read_text("utf-8"))
    del kept["models"]["mini-base"]["dois"]
    out.write_text(json.dumps(kept), "utf-8")
    curves.measure(["mini-base"], 0.1, out)
    assert small == ["um", "dois", "dois"]

    monkeypatch.setattr(curves, "digest", lambda name: "other")
    curves.measure(["mini-base"], 0.1, out)
    assert small[3:] == ["um", "dois"]
    curves.measure(["mini-base"], 0.2, out)
    assert small[5:] == ["um", "dois"]
