"""head_jobs: cases point at the right words, heads are switched off as `trace` does, and a run goes on."""

from __future__ import annotations

import json

import numpy as np
import pytest

from builders import head_jobs
from llmlib.scratch import heads


@pytest.fixture(scope="module")
def lm():
    from llmlib import load

    return load("mini-base", device="cpu")


def words(lm: object, case: head_jobs.Case, looks: heads.Looks) -> str:
    return lm.decode([case.ids[i] for i in looks.keys[0]]).strip()


def test_agreement_looks_at_the_noun_and_the_rival_is_the_other(lm: object) -> None:
    for kind in ("gênero", "número"):
        for case in head_jobs.agreeing(lm, kind, 4):
            sentence = lm.decode(case.ids).split()
            assert words(lm, case, case.looks) == sentence[1]
            rival = words(lm, case, case.rivals)
            assert rival in sentence[2:-1]
            assert rival != sentence[1]
            begin = lm.decode(case.ids[: case.start])
            right, wrong = lm.decode(case.ids[case.start :]), lm.decode(case.wrong)
            assert right != wrong
            assert f"{begin}{right}" == " ".join(sentence)
            assert case.looks.queries == (case.start - 1,)


def test_names_were_said_before_by_somebody_else_too(lm: object) -> None:
    found = head_jobs.named(lm, 3)
    assert len(found) == 3
    for case in found:
        name = lm.decode(case.ids[case.start :]).strip()
        assert words(lm, case, case.looks).startswith(name)
        assert lm.decode(case.wrong).strip() != name
        assert name in lm.decode(case.ids[: case.start])


def test_repeated_words_and_the_previous_token(lm: object) -> None:
    (case,) = head_jobs.repeated(lm, 1)
    half = head_jobs.WORDS
    assert case.ids[1 : half + 1] == case.ids[half + 1 :]
    for query, keys in zip(case.looks.queries, case.looks.keys, strict=True):
        assert case.ids[keys[0]] == case.ids[query + 1]  # the key holds what comes next
    (text,) = head_jobs.previous(lm, 1)
    assert all(keys == (q - 1,) for q, keys in zip(text.looks.queries, text.looks.keys, strict=True))


def test_switching_off_is_what_trace_does(lm: object) -> None:
    cases = head_jobs.agreeing(lm, "gênero", 2)
    off = [(0, 3), (0, 5), (4, 1)]
    with head_jobs.switched_off(lm.model, off):
        ours = head_jobs.losses(lm, cases)
    after = head_jobs.losses(lm, cases)
    for case, loss, whole in zip(cases, ours, after, strict=True):
        for ablate, value in ((off, loss), ([], whole)):
            ask = {"ids": case.ids, "ablate": [list(each) for each in ablate], "only": "losses"}
            losses = np.asarray(lm.compute("trace", ask)["losses"])[case.start - len(case.ids) :]
            assert losses.mean() == pytest.approx(value, abs=1e-3)


def cases(n: int, wrong: bool) -> list[head_jobs.Case]:
    rng = np.random.default_rng(5)
    made = []
    for _ in range(n):
        ids = [0, *rng.integers(260, 340, 9).tolist()]
        pair = {"wrong": [270, 271], "rivals": heads.Looks((7,), ((5,),))} if wrong else {}
        made.append(head_jobs.Case(ids, heads.Looks((7,), ((3, 4),)), 8, **pair))
    return made


def test_a_run_writes_goes_on_and_measures_again_what_changed(tiny_lm, tmp_path, monkeypatch) -> None:
    made = {"anterior": cases(3, False), "nome": cases(4, True)}
    monkeypatch.setattr(head_jobs, "jobs", lambda lm, n: made)
    monkeypatch.setattr(head_jobs, "MEANS", {name: "…" for name in made})
    monkeypatch.setattr(head_jobs, "load", lambda name, device: tiny_lm)
    monkeypatch.setattr(head_jobs, "digest", lambda name: "abc")
    monkeypatch.setattr(head_jobs, "model_path", lambda name: tmp_path)
    monkeypatch.setattr(head_jobs, "ORDERS", 2)
    out = tmp_path / "cabecas.json"
    result = head_jobs.measure(["tiny"], 1, out)
    job = result["models"]["tiny"]["jobs"]["nome"]
    assert np.shape(job["score"]["value"]) == np.shape(job["effect"]["low"]) == (3, 6)
    assert job["off"]["k"][-1] == 18
    assert job["off"]["atenção"]["value"][0] == pytest.approx(job["loss"]["value"], abs=1e-3)
    ends = {
        tuple(job["off"][order]["value"][i] for i in (0, -1)) for order in ("atenção", "efeito", "sorteio")
    }
    assert len(ends) == 1  # none off and all off are the same in any order
    assert 0 <= job["prefers"] <= 1
    assert np.shape(job["prefers_without"]) == (3, 6)
    assert "rival" not in result["models"]["tiny"]["jobs"]["anterior"]
    assert json.loads(out.read_text("utf-8")) == result

    called = []
    monkeypatch.setattr(head_jobs, "measure_job", lambda lm, name, cases: called.append(name) or job)
    assert head_jobs.measure(["tiny"], 1, out) == result
    assert called == []
    kept = json.loads(out.read_text("utf-8"))
    del kept["models"]["tiny"]["jobs"]["nome"]
    out.write_text(json.dumps(kept), "utf-8")
    head_jobs.measure(["tiny"], 1, out)
    assert called == ["nome"]
    monkeypatch.setattr(head_jobs, "digest", lambda name: "other")
    head_jobs.measure(["tiny"], 1, out)
    assert called == ["nome", "anterior", "nome"]
