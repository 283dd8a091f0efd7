"""`make data` and `make family`: the order, what runs side by side, and what a failure stops."""

from __future__ import annotations

import time

import pytest

from builders import __main__ as recipes

FAILS, WELL, LONG = ["no_such_module_here"], ["timeit", "-n", "1", "pass"], ["http.server", "0"]


def test_the_family_makes_each_model_once_after_the_one_it_starts_from() -> None:
    groups = recipes.everything()
    steps = [step for group in groups for chain in group for step in chain]
    assert all(steps.count(step) == 1 for step in steps)
    for name in recipes.TRAINING:
        assert all(step in steps for step in recipes.recipe(name)), name
    group_of = {
        name: next(i for i, g in enumerate(groups) for chain in g if step in chain)
        for name, step in recipes.TRAINING.items()
    }
    for name, base in {"mini-instruct": "mini-base", "mini-embed": "mini-base"}.items():
        assert group_of[base] < group_of[name]
    for name in ("mini-dpo", "mini-rerank"):
        assert group_of["mini-instruct"] < group_of[name]
    for name in ("mini-base", "mini-instruct"):  # both keep two cores busy
        assert len(groups[group_of[name]]) == 1


def test_the_device_goes_to_what_trains_and_to_nothing_else() -> None:
    base = recipes.TRAINING["mini-base"]
    assert recipes.on("cpu", base) == base
    on_gpu = recipes.on("cuda", base)
    assert on_gpu[1:3] == ["--nproc_per_node", "gpu"]
    assert on_gpu[-2:] == ["--device", "cuda"]
    assert recipes.on("cuda", ["builders.card", "x"]) == ["builders.card", "x"]


def test_chains_run_at_the_same_time_and_keep_their_order(tmp_path, capfd) -> None:
    naps = [["timeit", "-n", "1", "-r", "1", "-s", f"import time; {i}", "time.sleep(1)"] for i in range(2)]
    assert recipes.side_by_side([[naps[0]], [naps[1], WELL]], 2, tmp_path / "logs") == 0
    said = capfd.readouterr().out
    assert said.count("done: ") == 3
    assert all(said.index(f"» python -m {' '.join(nap)}") < said.index("done: ") for nap in naps)
    assert said.index(f"done: {' '.join(naps[1])}") < said.index(f"» python -m {' '.join(WELL)}")
    assert "loop" in (tmp_path / "logs" / "timeit--n.log").read_text(encoding="utf-8")


def test_a_chain_that_fails_stops_the_others_and_says_why(tmp_path, capfd) -> None:
    start = time.monotonic()
    assert recipes.side_by_side([[LONG, WELL], [FAILS, WELL]], 2, tmp_path) == 1
    assert time.monotonic() - start < 20  # the server would have gone on for ever
    shown = capfd.readouterr()
    assert "no_such_module_here" in shown.err
    assert "No module named" in shown.err
    assert "done: " not in shown.out
    assert f"» python -m {' '.join(WELL)}" not in shown.out


def test_a_recipe_stops_at_the_first_step_that_fails(monkeypatch, capfd) -> None:
    monkeypatch.setitem(recipes.RECIPES, "conversas", [WELL, FAILS, WELL])
    assert recipes.main(["conversas"]) == 1
    assert capfd.readouterr().out.count("»") == 2
    assert recipes.main(["nada"]) == 2
    assert "family" in capfd.readouterr().err
    with pytest.raises(SystemExit):
        recipes.main(["family", "--jobs", "0"])
